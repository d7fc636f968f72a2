"""Instructions that XLA does not run on CPUs, and those that no program can run: what they become, and what they compute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import couloir
from couloir.dialects import hlo
from couloir.frontends.hlo_text import parse
from couloir.ir.attributes import StringAttr

ADD = """
add { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT c = f32[] add(a, b) }
"""


def entry(body: str, computations: str = ADD) -> couloir.Module:
    return parse(f"HloModule m\n{computations}\nENTRY main {{\n{body}\n}}\n")


def run(body: str, *arrays: Any, computations: str = ADD) -> tuple[np.ndarray, ...]:
    return couloir.run(entry(body, computations), *arrays)


def ops(module: couloir.Module) -> list[str]:
    return [op.name for op in module.functions[0].entry.ops]


@pytest.mark.parametrize(
    ("opcode", "function"),
    [
        ("acos", np.arccos),
        ("acosh", lambda x: np.arccosh(x + 1)),
        ("asin", np.arcsin),
        ("asinh", np.arcsinh),
        ("atanh", np.arctanh),
        ("cosh", np.cosh),
        ("sinh", np.sinh),
    ],
)
def test_inverse_and_hyperbolic_functions(opcode: str, function: Any) -> None:
    x = np.array([0.1, 0.5, 0.9], np.float64)
    given = x + 1 if opcode == "acosh" else x
    (found,) = run(f"x = f64[3] parameter(0)\nROOT r = f64[3] {opcode}(x)", given)
    np.testing.assert_allclose(found, function(x), rtol=1e-14)


def test_high_half_of_products() -> None:
    a, b = np.array([2**31 - 1, -5], np.int32), np.array([2**30, 2**31 - 1], np.int32)
    (found,) = run("x = s32[2] parameter(0)\ny = s32[2] parameter(1)\nROOT r = s32[2] mulhi(x, y)", a, b)
    assert found.tolist() == [(int(p) * int(q)) >> 32 for p, q in zip(a, b, strict=True)]


def test_stochastic_convert_rounds_up_by_chance() -> None:
    x = np.array([1.25, -1.25, 2.0, 1e20, -1e20, np.nan, np.inf], np.float32)
    body = "x = f32[7] parameter(0)\ny = u32[7] parameter(1)\nROOT r = s32[7] stochastic-convert(x, y)"
    (low,) = run(body, x, np.full(7, 2**30 - 1, np.uint32))
    (high,) = run(body, x, np.full(7, 2**30, np.uint32))
    largest, least = 2**31 - 1, -(2**31)
    assert low.tolist() == [2, -2, 2, largest, least, 0, largest]
    assert high.tolist() == [1, -1, 2, largest, least, 0, largest]


def test_copies_beside_the_program() -> None:
    body = """x = f32[2,3]{1,0} parameter(0)
      s = (f32[2,3]{0,1}, f32[2,3]{1,0}, u32[]) copy-start(x)
      ROOT d = f32[2,3]{0,1} copy-done(s)"""
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    module = entry(body)
    assert (couloir.run(module, x)[0] == x).all()
    copy = module.functions[0].entry.first_op
    assert copy is not None
    assert str(copy.attributes["xla.opcode"]) == '"copy-start"'


def test_instructions_beside_the_program() -> None:
    body = """x = f32[4] parameter(0)
      s = ((f32[4]), f32[2], s32[]) slice-start(x), slice={[1:3]}
      u = ((f32[4]), f32[2], s32[]) slice-update(s)
      a = f32[2] slice-done(u)
      t = ((f32[2], f32[2]), f32[2], u32[]) async-start(a, a), calls=wrapped
      v = ((f32[2], f32[2]), f32[2], u32[]) async-update(t)
      ROOT r = f32[2] async-done(v)"""
    wrapped = """wrapped { a = f32[2] parameter(0)
      b = f32[2] parameter(1)
      ROOT c = f32[2] add(a, b) }, execution_thread="other" """
    (found,) = run(body, np.arange(4, dtype=np.float32), computations=wrapped)
    assert found.tolist() == [2, 4]


def test_tuples_that_are_chosen_and_marked() -> None:
    body = """p = pred[] parameter(0)
      x = f32[2] parameter(1)
      y = f32[2] negate(x)
      t = (f32[2], f32[2]) tuple(x, y)
      u = (f32[2], f32[2]) tuple(y, x)
      d = (f32[2], f32[2]) domain(t), domain={kind="sharding", entry={}, exit={}}
      s = (f32[2], f32[2]) tuple-select(p, d, u)
      o = (f32[2], f32[2]) opt-barrier(s)
      ROOT r = f32[2] get-tuple-element(o), index=1"""
    x = np.array([1, 2], np.float32)
    assert run(body, np.bool_(True), x)[0].tolist() == [-1, -2]
    assert run(body, np.bool_(False), x)[0].tolist() == [1, 2]


def test_positions_in_one_list_as_older_texts_have_them() -> None:
    body = """x = f32[3,4] parameter(0)
      i = s32[2] parameter(1)
      s = f32[1,2] dynamic-slice(f32[3,4] x, s32[2] i), dynamic_slice_sizes={1,2}
      ROOT r = f32[3,4] dynamic-update-slice(x, s, i)"""
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert (run(body, x, np.array([1, 2], np.int32))[0] == x).all()


def test_sizes_that_are_operands() -> None:
    module = entry(
        """x = f32[6] parameter(0)
      n = s32[] parameter(1)
      d = f32[<=6] set-dimension-size(x, n), dimensions={0}
      e = f32[<=6] add(d, d)
      ROOT r = f32[<=2,3] dynamic-reshape(d, n, n)"""
    )
    assert ops(module) == [
        "stablehlo.set_dimension_size",
        "stablehlo.add",
        "stablehlo.reshape",
        "stablehlo.reshape",
        "stablehlo.concatenate",
        "stablehlo.dynamic_reshape",
        "func.return",
    ]
    assert "tensor<?x3xf32, #stablehlo.bounds<2, ?>>" in str(module.functions[0].function_type)


def test_scan_runs_backwards() -> None:
    running = """running { x = f32[] parameter(0)
      c = f32[] parameter(1)
      n = f32[] add(x, c)
      ROOT t = (f32[], f32[]) tuple(n, n) }"""
    body = """x = f32[4] parameter(0)
      c = f32[] constant(1)
      ROOT s = (f32[4], f32[]) scan(x, c), dimensions={0}, num_carries=1, is_reverse=true, to_apply=running"""
    found, carried = run(body, np.arange(4, dtype=np.float32), computations=running)
    assert found.tolist() == [7, 7, 6, 4]
    assert carried == 7


def test_ragged_dot() -> None:
    body = """x = f32[4,2] parameter(0)
      w = f32[2,2,3] parameter(1)
      n = s32[2] constant({1, 3})
      ROOT r = f32[4,3] ragged-dot(x, w, n), lhs_contracting_dims={1}, rhs_contracting_dims={1}, lhs_ragged_dims={0}, rhs_group_dims={0}"""
    x = np.arange(8, dtype=np.float32).reshape(4, 2)
    w = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
    (found,) = run(body, x, w)
    assert (found == np.concatenate([x[:1] @ w[0], x[1:] @ w[1]])).all()


# -- several devices -----------------------------------------------------------------------------------------------------


def run_devices(body: str, inputs: Sequence[np.ndarray], **more: Any) -> list[np.ndarray]:
    from couloir.backends.numpy import run_devices

    return [results[0] for results in run_devices(entry(body), [[array] for array in inputs], **more)]


INPUTS = [np.arange(4, dtype=np.float32), np.arange(4, dtype=np.float32) + 10]


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("f32[4] all-reduce(x), replica_groups={}, to_apply=add", [[10, 12, 14, 16]] * 2),
        ("f32[4] all-reduce(x), replica_groups={{0,1}}, to_apply=add", [[10, 12, 14, 16]] * 2),
        ("f32[4] all-reduce(x), replica_groups=[1,2]<=[2], to_apply=add", [[10, 12, 14, 16]] * 2),
        ("f32[4] all-reduce(x), replica_groups=[2,1]<=[2]T(0), to_apply=add", [[0, 1, 2, 3], [10, 11, 12, 13]]),
        ("f32[8] all-gather(x), replica_groups={{1,0}}, dimensions={0}", [[10, 11, 12, 13, 0, 1, 2, 3]] * 2),
        ("f32[2] reduce-scatter(x), replica_groups={{0,1}}, dimensions={0}, to_apply=add", [[10, 12], [14, 16]]),
        ("f32[4] all-to-all(x), replica_groups={{0,1}}, dimensions={0}", [[0, 1, 10, 11], [2, 3, 12, 13]]),
        ("f32[4] collective-permute(x), source_target_pairs={{0,1}}", [[0, 0, 0, 0], [0, 1, 2, 3]]),
        ("f32[4] collective-broadcast(x), replica_groups={{1,0}}", [[10, 11, 12, 13]] * 2),
        ("u32[] replica-id()", [0, 1]),
        ("u32[] partition-id()", [0, 0]),
    ],
)
def test_collectives(instruction: str, expected: list[Any]) -> None:
    found = run_devices(f"x = f32[4] parameter(0)\nROOT r = {instruction}", INPUTS)
    assert [array.tolist() for array in found] == expected


@pytest.mark.parametrize(
    "groups",
    [
        "[1,3]<=[2]",
        "[2]<=[2]",
        "[1,2]<=[2]T(1)",
        "[1,2]<=",
        "[1,2]<=[2,x]",
        "[1,1]<=[" + "1," * 70 + "1]",
        "[1,9999999]<=[9999999]",
        "mesh['a'=2] {'b'}",
        "{{" + ",".join(map(str, range(2000))) + "}" + "".join(f",{{{n}}}" for n in range(2000, 3000)) + "}",
        "mesh['a'=2]",
        "mesh['a'=2], device_ids=([3]) {'a'}",
        "mesh['a'=8] {'a':(3)2}",
        "mesh['a'=8] {'a':(1)2,'a':(1)2}",
        "mesh['a'=8] {'a':(1)4,'a':(2)2}",
        "mesh['a'=99999999] {'a'}",
    ],
)
def test_groups_that_name_no_processes(groups: str) -> None:
    with pytest.raises(couloir.Error):
        entry(f"x = f32[4] parameter(0)\nROOT r = f32[4] all-reduce(x), replica_groups={groups}, to_apply=add")


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ("mesh['a'=2,'b'=3] {'a'}", [[0, 3], [1, 4], [2, 5]]),
        ("mesh['a'=2,'b'=3] {'b'}", [[0, 1, 2], [3, 4, 5]]),
        ("mesh['a'=2,'b'=3] {'b','a'}", [[0, 3, 1, 4, 2, 5]]),
        ("mesh['a'=2,'b'=3], device_ids=([3,2]T(1,0)) {'a'}", [[0, 1], [2, 3], [4, 5]]),
        ("mesh['a'=8] {'a':(1)2}", [[0, 4], [1, 5], [2, 6], [3, 7]]),
        ("mesh['a'=8] {'a':(2)2}", [[0, 2], [1, 3], [4, 6], [5, 7]]),
        ("mesh['a'=8] {'a':(4)2,'a':(1)2}", [[0, 4, 1, 5], [2, 6, 3, 7]]),
        ("[3,2]<=[2,3]T(1,0)", [[0, 3], [1, 4], [2, 5]]),
        ("{{0,2},{1}}", [[0, 2], [1, -1]]),
    ],
)
def test_groups_of_every_form(groups: str, expected: list[list[int]]) -> None:
    module = entry(f"x = f32[4] parameter(0)\nROOT r = f32[4] all-reduce(x), replica_groups={groups}, to_apply=add")
    op = module.functions[0].entry.first_op
    assert isinstance(op, hlo.AllReduce)
    assert [list(group) for group in op.replica_groups] == expected


def test_collectives_beside_the_program() -> None:
    body = """x = f32[4] parameter(0)
      a = f32[4] all-reduce-start(x), replica_groups={{0,1}}, to_apply=add
      b = f32[4] all-reduce-done(a)
      c = (f32[4], f32[4], u32[], u32[]) collective-permute-start(b), source_target_pairs={{0,1},{1,0}}
      d = f32[4] collective-permute-done(c)
      e = (f32[4], f32[8]) all-gather-start(d), replica_groups={{0,1}}, dimensions={0}
      ROOT f = f32[8] all-gather-done(e)"""
    assert [array.tolist() for array in run_devices(body, INPUTS)] == [[10, 12, 14, 16] * 2] * 2


def test_reduce_scatter_of_several_values() -> None:
    body = """x = f32[4] parameter(0)
      y = f32[4] negate(x)
      t = (f32[2], f32[2]) reduce-scatter(x, y), replica_groups={{0,1}}, dimensions={0}, to_apply=add
      ROOT r = f32[2] get-tuple-element(t), index=1"""
    assert [array.tolist() for array in run_devices(body, INPUTS)] == [[-10, -12], [-14, -16]]


def test_all_to_all_of_several_values() -> None:
    body = """x = f32[4] parameter(0)
      y = f32[4] negate(x)
      t = (f32[4], f32[4]) all-to-all(x, y), replica_groups={{0,1}}
      ROOT r = f32[4] get-tuple-element(t), index=1"""
    assert [array.tolist() for array in run_devices(body, INPUTS)] == [[10, 11, 12, 13], [-10, -11, -12, -13]]


def test_what_goes_in_and_out() -> None:
    module = entry(
        """x = f32[4] parameter(0)
      t = token[] after-all()
      i = ((f32[3], s32[2]), token[]) infeed(t), infeed_config="first"
      j = (f32[3], s32[2]) get-tuple-element(i), index=0
      k = s32[2] get-tuple-element(j), index=1
      l = token[] get-tuple-element(i), index=1
      o = token[] outfeed(x, l), outfeed_shape=f32[4], outfeed_config="\\303\\251"
      s = (f32[4], u32[], token[]) send(x, o), channel_id=5, is_host_transfer=true
      d = token[] send-done(s), channel_id=5, is_host_transfer=true
      r = (f32[4], u32[], token[]) recv(d), channel_id=6, is_host_transfer=true
      e = (f32[4], token[]) recv-done(r), channel_id=6, is_host_transfer=true
      f = f32[4] get-tuple-element(e), index=0
      ROOT z = (f32[4], s32[2]) tuple(f, k)"""
    )
    made = [op for op in module.walk() if isinstance(op, hlo.Infeed | hlo.Outfeed | hlo.Send | hlo.Recv)]
    assert [op.name for op in made] == ["stablehlo.infeed", "stablehlo.outfeed", "stablehlo.send", "stablehlo.recv"]
    assert isinstance(made[1], hlo.Outfeed)
    assert made[1].outfeed_config == "é"


# -- foreign functions ---------------------------------------------------------------------------------------------------


def test_custom_call_keeps_what_xla_says_of_it() -> None:
    module = entry(
        """x = f32[4,2]{0,1} parameter(0)
      c = (f32[4,2]{0,1}, s32[4]{0}) custom-call(x), custom_call_target="foo", operand_layout_constraints={f32[4,2]{0,1}},
        custom_call_has_side_effect=true, output_to_operand_aliasing={{0}: (0, {})}, api_version=API_VERSION_TYPED_FFI,
        called_computations={add}, frontend_attributes={a="b"}, backend_config={s = "q\\22x", x = 1 : i64}
      ROOT r = s32[4]{0} get-tuple-element(c), index=1"""
    )
    call = next(op for op in module.walk() if isinstance(op, hlo.CustomCall))
    assert str(call).split(" ", 2)[2] == (
        'stablehlo.custom_call @foo(%arg0) {api_version = 4 : i32, backend_config = {s = "q\\22x", x = 1 : i64}, '
        'called_computations = [@add], has_side_effect = true, mhlo.frontend_attributes = {a = "b"}, '
        "operand_layouts = [dense<[0, 1]> : tensor<2xindex>], "
        "output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [0], operand_index = 0, "
        "operand_tuple_indices = []>], "
        "result_layouts = [dense<[0, 1]> : tensor<2xindex>, dense<0> : tensor<1xindex>], "
        'xla.layout = ["{0,1}", ""]} : (tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4xi32>)'
    )


@pytest.mark.parametrize("opcode", ["rng-get-and-update-state", "scaled-dot", "ragged-all-to-all"])
def test_what_stablehlo_cannot_say_is_a_foreign_function(opcode: str) -> None:
    module = entry(f"x = f32[2] parameter(0)\nROOT r = f32[2] {opcode}(x)")
    assert f"stablehlo.custom_call @xla.{opcode}(%arg0)" in str(module).replace('"', "")
    with pytest.raises(couloir.Error, match=opcode):
        couloir.run(module, np.zeros(2, np.float32))


def test_permutes_into_parts_of_buffers_are_foreign() -> None:
    body = """x = f32[4] parameter(0)
      y = f32[8] parameter(1)
      i = s32[] constant(0)
      t = (s32[]) tuple(i)
      ROOT r = f32[8] collective-permute(x, y, t, t), source_target_pairs={{0,1}}, slice_sizes={{4}}"""
    assert "stablehlo.custom_call @xla.collective-permute" in str(entry(body)).replace('"', "")


@pytest.mark.parametrize("config", ['"text"', '{"a":[1]}', "{}", "{a = 1 : i64}"])
@pytest.mark.parametrize("version", ["API_VERSION_ORIGINAL", "API_VERSION_TYPED_FFI"])
def test_configurations_of_any_form_are_kept(config: str, version: str) -> None:
    module = entry(
        f"""x = f32[4] parameter(0)
      ROOT r = f32[4] custom-call(x), custom_call_target="foo", api_version={version}, backend_config={config}"""
    )
    call = module.functions[0].entry.first_op
    assert call is not None
    kept = call.attributes.get("backend_config", call.attributes.get("xla.backend_config"))
    assert kept is not None
    if version == "API_VERSION_TYPED_FFI" and "=" in config:
        assert str(kept) == config
    else:
        assert str(kept) in (config, str(StringAttr(config.strip('"'))))


def test_floats_of_two_kinds_are_computed_in_that_of_the_result() -> None:
    body = """x = f32[2] parameter(0)
      h = bf16[2] convert(x)
      a = bf16[2] add(x, h)
      p = pred[2] compare(x, h), direction=GE
      s = f32[2] select(p, x, h)
      z = bf16[] constant(0)
      r = bf16[] reduce(x, z), dimensions={0}, to_apply=add
      ROOT t = (bf16[2], pred[2], f32[2], bf16[]) tuple(a, p, s, r)"""
    x = np.array([1.00390625, -2], np.float32)
    a, p, s, r = run(body, x)
    assert a.astype(np.float32).tolist() == [2, -4]  # 1.00390625 is 1 in bf16
    assert p.tolist() == [True, True]
    assert s.tolist() == x.tolist()
    assert r.astype(np.float32) == -0.99609375


def test_fp8_dots_take_the_types_of_their_operands() -> None:
    body = """x = f8e4m3fn[2,2] parameter(0)
      ROOT r = f32[2,2] dot(x, x), lhs_contracting_dims={1}, rhs_contracting_dims={0}, algorithm=dot_any_f8_any_f8_f32"""
    dot = entry(body).functions[0].entry.first_op
    assert isinstance(dot, hlo.DotGeneral)
    assert dot.algorithm is not None
    assert str(dot.algorithm.lhs_precision_type) == "f8E4M3FN"
    x = np.array([[1, 2], [0.5, -1]], ml_dtypes.float8_e4m3fn)
    assert (run(body, x)[0] == x.astype(np.float32) @ x.astype(np.float32)).all()
