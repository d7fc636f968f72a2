"""Several devices: what collectives give, and what is said of programs whose devices wait in vain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from couloir.backends.numpy import run, run_devices
from couloir.ir.errors import Error
from couloir.ir.text.parser import parse_module_op

CHANNEL = "channel_handle = #stablehlo.channel_handle<handle = 1, type = 1>"


def groups(*rows: Any) -> str:
    return f"replica_groups = dense<{[list(row) for row in rows]}> : tensor<{len(rows)}x{len(rows[0])}xi64>"


def pairs(*rows: Any) -> str:
    return f"source_target_pairs = dense<{[list(row) for row in rows]}> : tensor<{len(rows)}x2xi64>"


def collective(name: str, attributes: str, source: str, target: str, body: str = "") -> Any:
    region = ""
    if body:
        scalar = "tensor<" + source.rpartition("x")[2] + ">"
        region = f"""({{
        ^bb0(%a: {scalar}, %b: {scalar}):
          %z = stablehlo.{body} %a, %b : {scalar}
          stablehlo.return %z : {scalar}
        }})"""
    return parse_module_op(f"""
    func.func @main(%x: tensor<{source}>) -> tensor<{target}> {{
      %0 = "stablehlo.{name}"(%x) <{{{attributes}}}> {region} : (tensor<{source}>) -> tensor<{target}>
      return %0 : tensor<{target}>
    }}""")


def on(count: int, shape: Any = (4, 2)) -> list[Any]:
    size = int(np.prod(shape))
    return [np.arange(size, dtype="f4").reshape(shape) + 100 * device for device in range(count)]


def devices(module: Any, values: list[Any], partitions: int = 1) -> list[Any]:
    return [result for (result,) in run_devices(module, [[value] for value in values], partitions=partitions)]


def test_all_reduce_adds_within_each_group():
    x = on(4)
    found = devices(collective("all_reduce", groups((0, 2), (1, 3)), "4x2xf32", "4x2xf32", "add"), x)
    np.testing.assert_array_equal(found, [x[0] + x[2], x[1] + x[3], x[0] + x[2], x[1] + x[3]])


def test_groups_may_go_along_the_axes_of_a_mesh():
    x = on(4)
    mesh = '#stablehlo.mesh<axes=[<name = "a", size = 2>, <name = "b", size = 2>]>'
    for axis, rows in {"a": ((0, 2), (1, 3)), "b": ((0, 1), (2, 3))}.items():
        along = f'#stablehlo.replica_group_mesh_axes<mesh = {mesh}, axes = [#stablehlo.axis_ref<name = "{axis}">]>'
        found = devices(collective("all_reduce", f"replica_groups = {along}", "4x2xf32", "4x2xf32", "add"), x)
        np.testing.assert_array_equal(
            found, devices(collective("all_reduce", groups(*rows), "4x2xf32", "4x2xf32", "add"), x)
        )
    along = "#stablehlo.replica_group_mesh_axes<mesh = @m, axes = []>"
    with pytest.raises(Error, match="is not known here"):
        run(
            parse_module_op(f"""
            func.func private @m()
            func.func @main(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {{
              %0 = "stablehlo.collective_broadcast"(%x) <{{replica_groups = {along}}}> : (tensor<4x2xf32>) -> tensor<4x2xf32>
              return %0 : tensor<4x2xf32>
            }}"""),
            x[0],
        )


def test_groups_are_of_replicas_of_both_or_of_devices():
    """Two replicas of two partitions: devices 0, 1 and 2, 3."""
    x = on(4)

    def reduced(attributes: str) -> list[Any]:
        return devices(collective("all_reduce", attributes, "4x2xf32", "4x2xf32", "add"), x, partitions=2)

    np.testing.assert_array_equal(reduced(groups((0, 1))), [x[0] + x[2], x[1] + x[3]] * 2)
    np.testing.assert_array_equal(reduced(f"{groups((0, 1))}, {CHANNEL}"), [sum(x)] * 4)
    flat = reduced(f"{groups((0, 3), (1, 2))}, {CHANNEL}, use_global_device_ids")
    np.testing.assert_array_equal(flat, [x[0] + x[3], x[1] + x[2], x[1] + x[2], x[0] + x[3]])
    permuted = collective("collective_permute", f"{pairs((0, 1), (1, 0))}, {CHANNEL}", "4x2xf32", "4x2xf32")
    np.testing.assert_array_equal(devices(permuted, x, partitions=2), [x[1], x[0], x[3], x[2]])


def test_the_order_of_a_reduction_is_that_of_the_group():
    x = [np.array(value, "f4") for value in (1e8, 1.0, -1e8)]
    for order, wanted in (((0, 1, 2), 0.0), ((0, 2, 1), 1.0)):
        module = collective("all_reduce", groups(order), "f32", "f32", "add")
        assert [float(v) for v in devices(module, x)] == [wanted] * 3


def test_gathering_scattering_and_exchanging():
    x = on(2)
    gathered = devices(collective("all_gather", f"all_gather_dim = 1 : i64, {groups((1, 0))}", "4x2xf32", "4x4xf32"), x)
    np.testing.assert_array_equal(gathered, [np.hstack([x[1], x[0]])] * 2)
    scattered = devices(
        collective("reduce_scatter", f"scatter_dimension = 0 : i64, {groups((0, 1))}", "4x2xf32", "2x2xf32", "maximum"),
        x,
    )
    np.testing.assert_array_equal(scattered, [x[1][:2], x[1][2:]])
    options = f"split_dimension = 0 : i64, concat_dimension = 1 : i64, split_count = 2 : i64, {groups((0, 1))}"
    exchanged = devices(collective("all_to_all", options, "4x2xf32", "2x4xf32"), x)
    np.testing.assert_array_equal(exchanged, [np.hstack([x[0][part], x[1][part]]) for part in (slice(2), slice(2, 4))])


def test_who_gets_nothing_gets_zeros():
    x = on(3)
    spread = devices(collective("collective_broadcast", groups((1, 0)), "4x2xf32", "4x2xf32"), x)
    np.testing.assert_array_equal(spread, [x[1], x[1], np.zeros((4, 2))])
    moved = devices(collective("collective_permute", pairs((0, 1), (1, 2)), "4x2xf32", "4x2xf32"), x)
    np.testing.assert_array_equal(moved, [np.zeros((4, 2)), x[0], x[1]])


def test_who_gets_nothing_gets_the_integer_that_stands_for_zero():
    element = "!quant.uniform<i8:f32, 0.5:3>"
    module = collective("collective_permute", pairs((0, 1)), f"2x{element}", f"2x{element}")
    values = [np.array([1, 2], "i1"), np.array([4, 5], "i1")]
    assert [found.tolist() for found in devices(module, values)] == [[3, 3], [1, 2]]


def test_collective_reduce_gives_the_root_what_all_bring():
    x = on(4)
    zeros = np.zeros((4, 2))
    found = devices(collective("collective_reduce", groups((2, 0), (1, 3)), "4x2xf32", "4x2xf32", "add"), x)
    np.testing.assert_array_equal(found, [zeros, x[1] + x[3], x[0] + x[2], zeros])
    found = devices(collective("collective_reduce", groups((0, 1)), "4x2xf32", "4x2xf32", "multiply"), x)
    np.testing.assert_array_equal(found, [x[0] * x[1], zeros, zeros, zeros])


def rooted(roots: list[int]) -> Any:
    return parse_module_op(f"""
    func.func @main(%x: tensor<2xi32>) -> (tensor<2xi32>, tensor<2xi32>) {{
      %r = stablehlo.constant dense<{roots}> : tensor<2xi32>
      %0:2 = "stablehlo.collective_reduce"(%x, %x, %r) <{{{groups((1, 0))}, has_dynamic_root}}> ({{
        ^bb0(%a: tensor<i32>, %b: tensor<i32>):
          %z = stablehlo.add %a, %b : tensor<i32>
          stablehlo.return %z : tensor<i32>
      }}) : (tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> (tensor<2xi32>, tensor<2xi32>)
      return %0#0, %0#1 : tensor<2xi32>, tensor<2xi32>
    }}""")


def test_a_root_may_be_an_operand():
    x = [np.array([1, 2], "i4"), np.array([10, 20], "i4")]
    found = run_devices(rooted([1, 0]), [[value] for value in x])  # places in the group (1, 0)
    np.testing.assert_array_equal(found, [([11, 22], [0, 0]), ([0, 0], [11, 22])])
    with pytest.raises(Error, match=r"root 2 \(C6\), in a group of 2"):
        run_devices(rooted([1, 2]), [[value] for value in x])


def test_numbers_of_replicas_and_partitions():
    module = parse_module_op("""
    func.func @main() -> (tensor<ui32>, tensor<ui32>) {
      %0 = stablehlo.replica_id : tensor<ui32>
      %1 = stablehlo.partition_id : tensor<ui32>
      return %0, %1 : tensor<ui32>, tensor<ui32>
    }""")
    found = run_devices(module, [[]] * 6, partitions=3)
    assert [(int(r), int(p)) for r, p in found] == [(r, p) for r in range(2) for p in range(3)]
    assert [int(value) for value in run(module)] == [0, 0]


def test_a_program_for_one_device_runs_alone():
    (x,) = on(1)
    np.testing.assert_array_equal(run(collective("all_reduce", groups((0,)), "4x2xf32", "4x2xf32", "add"), x)[0], x)
    with pytest.raises(Error, match="names replica 1, but the program runs on 1"):
        run(collective("all_reduce", groups((0, 1)), "4x2xf32", "4x2xf32", "add"), x)


TRANSFER = """
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %t = stablehlo.create_token : !stablehlo.token
  %r = stablehlo.replica_id : tensor<ui32>
  %c = stablehlo.constant dense<0> : tensor<ui32>
  %p = stablehlo.compare EQ, %r, %c : (tensor<ui32>, tensor<ui32>) -> tensor<i1>
  %0 = "stablehlo.if"(%p) ({
    SEND
    stablehlo.return %x : tensor<2xf32>
  }, {
    RECV
    stablehlo.return %v : tensor<2xf32>
  }) : (tensor<i1>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
"""
HANDLE = "channel_handle = #stablehlo.channel_handle<handle = 0, type = 1>, source_target_pairs = dense<[[0, 1]]> : tensor<1x2xi64>"
SEND = f'%s = "stablehlo.send"(%x, %t) <{{{HANDLE}}}> : (tensor<2xf32>, !stablehlo.token) -> !stablehlo.token'
RECV = f'%v, %u = "stablehlo.recv"(%t) <{{{HANDLE}}}> : (!stablehlo.token) -> (tensor<2xf32>, !stablehlo.token)'
ZEROS = "%v = stablehlo.constant dense<0.0> : tensor<2xf32>"


def transfer(send: str, recv: str) -> Any:
    return parse_module_op(TRANSFER.replace("SEND", send).replace("RECV", recv))


def test_what_one_device_sends_another_receives():
    x = on(2, (2,))
    np.testing.assert_array_equal(devices(transfer(SEND, RECV), x), [x[0], x[0]])


def test_a_message_that_nobody_sends_is_a_deadlock():
    with pytest.raises(Error, match=r"deadlock: replica 1 waits in `stablehlo.recv`") as caught:
        devices(transfer("", RECV), on(2, (2,)))
    assert "replica 0 has ended" in caught.value.notes


def test_a_message_that_nobody_receives_is_an_error():
    with pytest.raises(Error, match="replica 1 never receives what replica 0 sends"):
        devices(transfer(SEND, ZEROS), on(2, (2,)))


def test_devices_that_wait_in_different_places_are_a_deadlock():
    def reduce(name: str, body: str) -> str:
        return f"""%{name} = "stablehlo.all_reduce"(%x) <{{{groups((0, 1))}}}> ({{
        ^bb0(%a: tensor<f32>, %b: tensor<f32>):
          %z = stablehlo.{body} %a, %b : tensor<f32>
          stablehlo.return %z : tensor<f32>
        }}) : (tensor<2xf32>) -> tensor<2xf32>"""

    with pytest.raises(Error, match=r"deadlock: replica 0 waits in `stablehlo.all_reduce`") as caught:
        devices(transfer(reduce("v", "add"), reduce("v", "maximum")), on(2, (2,)))
    assert len(caught.value.notes) == 2


def test_what_devices_bring_must_fit_together():
    module = collective("all_reduce", groups((0, 1)), "?xf32", "?xf32", "add")
    with pytest.raises(Error, match=r"replica 0 brings \[\(2,\)\], replica 1 \[\(3,\)\]"):
        devices(module, [np.zeros(2, "f4"), np.zeros(3, "f4")])


def test_arguments_and_devices_are_checked():
    module = collective("all_reduce", groups((0, 1)), "2xf32", "2xf32", "add")
    with pytest.raises(Error, match="device 1: the arguments of @main do not fit"):
        devices(module, [np.zeros(2, "f4"), np.zeros(3, "f4")])
    with pytest.raises(Error, match="3 devices cannot be replicas of 2 partitions"):
        devices(module, on(3, (2,)), partitions=2)


def test_a_process_of_no_group_is_an_error():
    with pytest.raises(Error, match="in none of its groups"):
        devices(collective("all_reduce", groups((0, 1)), "4x2xf32", "4x2xf32", "add"), on(3))


FEEDS = """
func.func @main() -> tensor<2xf32> {
  %t = stablehlo.create_token : !stablehlo.token
  %0, %1 = "stablehlo.infeed"(%t) : (!stablehlo.token) -> (tensor<2xf32>, !stablehlo.token)
  %2 = stablehlo.negate %0 : tensor<2xf32>
  %3 = "stablehlo.outfeed"(%2, %1) : (tensor<2xf32>, !stablehlo.token) -> !stablehlo.token
  return %0 : tensor<2xf32>
}
"""


def test_feeds():
    module, x, out = parse_module_op(FEEDS), np.array([1, 2], "f4"), []
    ((found,),) = run_devices(
        module, [[]], infeed=[[[x]]], outfeed=lambda device, values: out.append((device, *values))
    )
    np.testing.assert_array_equal(found, x)
    np.testing.assert_array_equal(out[0][1], -x)
    with pytest.raises(Error, match="there is nothing in the infeed"):
        run(module)
    with pytest.raises(Error, match="there is no outfeed"):
        run_devices(module, [[]], infeed=[[[x]]])
    with pytest.raises(Error, match=r"gets \(float32 \(3,\)\)"):
        run_devices(module, [[]], infeed=[[[np.zeros(3, "f4")]]])


def test_what_starts_asynchronously_and_the_deprecated_sum():
    module = parse_module_op(f"""
    func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {{
      %0 = "stablehlo.async_start"(%x) ({{
      ^bb0(%a: tensor<2xf32>):
        %z = "stablehlo.collective_permute"(%a) <{{{pairs((0, 1), (1, 0))}}}> : (tensor<2xf32>) -> tensor<2xf32>
        stablehlo.return %z : tensor<2xf32>
      }}) : (tensor<2xf32>) -> !stablehlo.future<tensor<2xf32>>
      %1 = "stablehlo.async_done"(%0) : (!stablehlo.future<tensor<2xf32>>) -> tensor<2xf32>
      %2 = "stablehlo.cross-replica-sum"(%x) <{{{groups((0, 1))}}}> : (tensor<2xf32>) -> tensor<2xf32>
      return %1, %2 : tensor<2xf32>, tensor<2xf32>
    }}""")
    x = on(2, (2,))
    found = run_devices(module, [[value] for value in x])
    np.testing.assert_array_equal([first for first, _ in found], [x[1], x[0]])
    np.testing.assert_array_equal([second for _, second in found], [x[0] + x[1]] * 2)
