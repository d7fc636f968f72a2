"""What is matched: all of what is the same, and all but the change where something is changed."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.comparison import remainders
from couloir.comparison.flow import flow_of
from couloir.comparison.labels import Labels
from tests.comparison.programs import BINARY, UNARY, main_of, random_program, rearranged

ROOT = Path(__file__).resolve().parents[2]
seeds = st.integers(0, 2**20)


def as_networkx(module):
    """The flow as a graph of networkx, for its own isomorphism test."""
    flow = flow_of(main_of(module), Labels())
    graph = networkx.MultiDiGraph()
    for node in flow.nodes:
        graph.add_node(node.number, label=(node.name, tuple(map(str, node.label.types)), str(node.label.attributes)))
        for place, (source, _) in enumerate(node.operands):
            graph.add_edge(source.number, node.number, place=-1 if node.label.commutative else place)
    return graph


def assert_consistent(comparison) -> None:
    """Each pair of ops without differences takes partners, in the same places but for commutative ops."""
    partner = comparison.matching.partner
    assert len(partner) == 2 * len(comparison.pairs)
    for pair in comparison.pairs:
        if pair.differences:
            continue
        ours = [(partner.get(source), number) for source, number in pair.first.operands]
        theirs = list(pair.second.operands)
        if pair.first.label.commutative:
            assert Counter(s for s, _ in ours if s) == Counter(s for s, _ in theirs if s in partner)
        else:
            assert all(a == b or a[0] is None or b[0] not in partner for a, b in zip(ours, theirs, strict=True))


@given(seeds, st.integers(1, 40), seeds)
def test_order_names_and_calls_do_not_count(seed, size, other) -> None:
    module = random_program(seed, size)
    comparison = couloir.compare(module, rearranged(module, other))
    assert not comparison.changed and not any(comparison.alone) and not comparison
    assert_consistent(comparison)


@given(seeds, st.integers(3, 30), seeds)
def test_one_op_of_another_kind_is_found(seed, size, choice) -> None:
    module = random_program(seed, size)
    changed = rearranged(module, choice)
    rng = random.Random(choice)
    op = rng.choice([op for op in changed.walk() if isinstance(op, (*UNARY, *BINARY))])
    kinds = UNARY if isinstance(op, UNARY) else BINARY
    new = rng.choice([cls for cls in kinds if not isinstance(op, cls)]).create(op.operands, [op.results[0].type])
    op.parent.insert_before(op, new)
    op.replace_all_uses_with(new)
    op.erase()
    comparison = couloir.compare(module, changed)
    assert_consistent(comparison)
    count = len(comparison.first.flow.nodes)
    if comparison:  # else the new op has made the program what it was
        assert len(comparison.alone[0]) + len(comparison.changed) >= 1
    else:
        assert len(comparison.pairs) == count


@given(seeds, seeds, st.integers(1, 12))
def test_two_programs_are_equal_exactly_if_they_are_isomorphic(a, b, size) -> None:
    """networkx's VF2 decides, on programs so small that some are."""
    first, second = random_program(a % 40, size, 1), random_program(b % 40, size, 1)
    one, two = as_networkx(first), as_networkx(second)
    isomorphic = networkx.is_isomorphic(
        one,
        two,
        node_match=lambda x, y: x["label"] == y["label"],
        edge_match=lambda x, y: Counter(e["place"] for e in x.values()) == Counter(e["place"] for e in y.values()),
    )
    assert bool(couloir.compare(first, second)) != isomorphic


CHAIN = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {{
  %0 = stablehlo.exponential %x : tensor<4xf32>
  %1 = stablehlo.negate %0 : tensor<4xf32>
  %2 = {op}
  %3 = stablehlo.tanh %2 : tensor<4xf32>
  %4 = stablehlo.multiply %3, %0 : tensor<4xf32>
  return %4 : tensor<4xf32>
}}
"""
PLAIN = CHAIN.format(op="stablehlo.abs %1 : tensor<4xf32>")


def names(nodes) -> list[str]:
    return [node.name for node in nodes]


def test_an_op_that_takes_the_place_of_another() -> None:
    comparison = couloir.compare(
        couloir.parse(PLAIN), couloir.parse(CHAIN.format(op="stablehlo.sqrt %1 : tensor<4xf32>"))
    )
    assert [(a.name, b.name) for a, b in comparison.replaced] == [("stablehlo.abs", "stablehlo.sqrt")]
    assert len(comparison.pairs) == 6 and not comparison.changed
    assert "replaced (1):" in str(comparison)


def test_an_op_that_is_only_on_one_side() -> None:
    more = PLAIN.replace("%3 = stablehlo.tanh %2", "%5 = stablehlo.floor %2 : tensor<4xf32>\n  %3 = stablehlo.tanh %5")
    comparison = couloir.compare(couloir.parse(PLAIN), couloir.parse(more))
    assert names(comparison.alone[0]) == [] and names(comparison.alone[1]) == ["stablehlo.floor"]
    assert not comparison.changed and len(comparison.pairs) == 7
    assert [region.size for region in comparison.regions] == [6] or sum(r.size for r in comparison.regions) == 6


def test_an_operand_from_elsewhere_is_told() -> None:
    other = PLAIN.replace("tanh %2", "tanh %1")
    comparison = couloir.compare(couloir.parse(PLAIN), couloir.parse(other))
    assert [pair.differences for pair in comparison.changed] == [("operand 0 comes from elsewhere",)]


def differences(first: str, second: str) -> list[tuple[str, ...]]:
    comparison = couloir.compare(couloir.parse(first), couloir.parse(second))
    assert comparison, "they differ"
    return [pair.differences for pair in comparison.changed]


def test_equal_constants_do_not_hide_another_constant() -> None:
    """Each side has both constants, twice the one and once the other, so that one of each is left over."""
    text = """
    func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {{
      %a = stablehlo.constant dense<{0}> : tensor<4xf32>
      %b = stablehlo.constant dense<1.0> : tensor<4xf32>
      %c = stablehlo.constant dense<2.0> : tensor<4xf32>
      %0 = stablehlo.subtract %x, %a : tensor<4xf32>
      %1 = stablehlo.divide %x, %b : tensor<4xf32>
      %2 = stablehlo.power %x, %c : tensor<4xf32>
      return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
    }}"""
    assert differences(text.format(1.0), text.format(2.0))


def test_an_operand_that_is_taken_twice() -> None:
    text = """
    func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {{
      %0 = stablehlo.add {0} : tensor<4xf32>
      %1 = stablehlo.subtract %x, %y : tensor<4xf32>
      return %0, %1 : tensor<4xf32>, tensor<4xf32>
    }}"""
    assert differences(text.format("%x, %x"), text.format("%x, %y")) == [("operand 1 comes from elsewhere",)]
    assert differences(text.format("%x, %y"), text.format("%x, %x")) == [("operand 1 comes from elsewhere",)]
    assert not couloir.compare(couloir.parse(text.format("%x, %y")), couloir.parse(text.format("%y, %x")))


CARRIES = """
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>, %n: tensor<i32>) -> tensor<4xf32> {{
  %r:3 = stablehlo.while(%i = %n, %a = %x, %b = %y) : tensor<i32>, tensor<4xf32>, tensor<4xf32>
  cond {{
    %limit = stablehlo.constant dense<3> : tensor<i32>
    %p = stablehlo.compare LT, %i, %limit : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }} do {{
    %c = stablehlo.constant dense<1> : tensor<i32>
    %k = stablehlo.add %i, %c : tensor<i32>
    stablehlo.return %k, {0} : tensor<i32>, tensor<4xf32>, tensor<4xf32>
  }}
  return %r#1 : tensor<4xf32>
}}
"""


def test_what_a_loop_carries_counts_by_its_place() -> None:
    assert differences(CARRIES.format("%a, %b"), CARRIES.format("%b, %a"))


def test_what_a_loop_carries_along_unchanged_is_a_value_from_outside() -> None:
    """JAX carries the weights of a scan along; here they are taken from outside."""
    head = "func.func @main(%x: tensor<4xf32>, %w: tensor<4xf32>, %n: tensor<i32>) -> (tensor<4xf32>, tensor<4xf32>) {"
    cond = """%limit = stablehlo.constant dense<3> : tensor<i32>
        %p = stablehlo.compare LT, %i, %limit : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %p : tensor<i1>"""
    step = """%c = stablehlo.constant dense<1> : tensor<i32>
        %k = stablehlo.add %i, %c : tensor<i32>
        %m = stablehlo.subtract %y, {0} : tensor<4xf32>"""
    plain = f"""{head}
      %r:2 = stablehlo.while(%i = %n, %y = %x) : tensor<i32>, tensor<4xf32>
      cond {{ {cond} }} do {{ {step.format("%w")}
        stablehlo.return %k, %m : tensor<i32>, tensor<4xf32>
      }}
      %z = stablehlo.negate %w : tensor<4xf32>
      return %r#1, %z : tensor<4xf32>, tensor<4xf32>
    }}"""
    carried = f"""{head}
      %r:3 = stablehlo.while(%v = %w, %i = %n, %y = %x) : tensor<4xf32>, tensor<i32>, tensor<4xf32>
      cond {{ {cond} }} do {{ {step.format("%v")}
        stablehlo.return %v, %k, %m : tensor<4xf32>, tensor<i32>, tensor<4xf32>
      }}
      %z = stablehlo.negate %r#0 : tensor<4xf32>
      return %r#2, %z : tensor<4xf32>, tensor<4xf32>
    }}"""
    for first, second in ((plain, carried), (carried, plain), (carried, carried)):
        comparison = couloir.compare(couloir.parse(first), couloir.parse(second), values=True)
        assert not comparison and comparison.values.compared == 3
    assert differences(plain, carried.replace("subtract %y, %v", "subtract %v, %y"))
    assert differences(plain, carried.replace("return %v, %k", "return %y, %k"))


def test_branches_that_are_exchanged_and_ops_that_are_moved_out() -> None:
    text = """
    func.func @main(%p: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {{
      {0}
      %r = "stablehlo.if"(%p) ({{
        {1}
      }}, {{
        {2}
      }}) : (tensor<i1>) -> tensor<4xf32>
      return %r : tensor<4xf32>
    }}"""
    exp = "%e = stablehlo.exponential %x : tensor<4xf32>"
    tanh = "%t = stablehlo.tanh %x : tensor<4xf32>\n stablehlo.return %t : tensor<4xf32>"
    give = "stablehlo.return %e : tensor<4xf32>"
    inside = text.format("", f"{exp}\n{give}", tanh)
    assert differences(inside, text.format("", tanh, f"{exp}\n{give}"))
    assert ("it stands in another loop or branch",) in differences(inside, text.format(exp, give, tanh))


def test_attributes_and_types_that_differ_are_told() -> None:
    text = """
    func.func @main(%x: tensor<2x{n}xf32>, %i: tensor<f32>) -> tensor<2xf32> {{
      %0 = stablehlo.{op} %x : tensor<2x{n}xf32>
      %1 = stablehlo.reduce(%0 init: %i) applies stablehlo.{body} across dimensions = [1] : (tensor<2x{n}xf32>, tensor<f32>) -> tensor<2xf32>
      return %1 : tensor<2xf32>
    }}"""
    first = couloir.parse(text.format(n=3, op="negate", body="add"))
    types = couloir.compare(first, couloir.parse(text.format(n=5, op="negate", body="add")))
    assert [pair.differences for pair in types.changed] == [("type `tensor<2x3xf32>` -> `tensor<2x5xf32>`",)] * 2
    body = couloir.compare(first, couloir.parse(text.format(n=3, op="negate", body="maximum")))
    assert [pair.differences for pair in body.changed] == [("another body",)]
    slices = """
    func.func @main(%x: tensor<6xf32>) -> tensor<2xf32> {{
      %0 = stablehlo.slice %x [{slice}] : (tensor<6xf32>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    }}"""
    moved = couloir.compare(couloir.parse(slices.format(slice="0:2")), couloir.parse(slices.format(slice="1:3")))
    assert [pair.differences for pair in moved.changed] == [
        ("`limit_indices` array<i64: 2> -> array<i64: 3>", "`start_indices` array<i64: 0> -> array<i64: 1>")
    ]


def test_arguments_count_by_number_where_both_take_the_same() -> None:
    text = """
    func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {{
      %0 = stablehlo.subtract {operands} : tensor<4xf32>
      return %0 : tensor<4xf32>
    }}"""
    straight, crossed = (couloir.parse(text.format(operands=o)) for o in ("%x, %y", "%y, %x"))
    assert couloir.compare(straight, crossed)
    assert not couloir.compare(straight, straight.clone())


def test_arguments_count_by_name_where_one_side_has_more_of_them() -> None:
    """An argument that nothing uses is dropped on the way, as `jax.jit` does, and names are written in two ways."""
    first = couloir.parse("""
    func.func @main(%a: tensor<4xf32> {onnx.name = "p.b.0"}, %b: tensor<4xf32> {onnx.name = "p.w"}, %c: tensor<4xf32> {onnx.name = "x"}) -> tensor<4xf32> {
      %0 = stablehlo.subtract %b, %c : tensor<4xf32>
      return %0 : tensor<4xf32>
    }""")
    text = """
    func.func @main(%b: tensor<4xf32> {{onnx.name = "p['w']"}}, %c: tensor<4xf32> {{onnx.name = "x"}}) -> tensor<4xf32> {{
      %0 = stablehlo.subtract {operands} : tensor<4xf32>
      return %0 : tensor<4xf32>
    }}"""
    same = couloir.compare(first, couloir.parse(text.format(operands="%b, %c")), values=True)
    assert names(same.alone[0]) == ["argument"] and not same.changed and not same.values
    crossed = couloir.compare(first, couloir.parse(text.format(operands="%c, %b")), values=True)
    assert crossed.changed and crossed.values.results_differ


def test_what_is_by_default_and_where_ops_come_from_do_not_count() -> None:
    text = """
    func.func @main(%x: tensor<1x8x8x3xf32>, %w: tensor<3x3x3x4xf32>) -> tensor<1x6x6x4xf32> {{
      %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f], window = {{{window}}}
        {{batch_group_count = 1 : i64, feature_group_count = 1 : i64{more}}} : (tensor<1x8x8x3xf32>, tensor<3x3x3x4xf32>) -> tensor<1x6x6x4xf32>
      return %0 : tensor<1x6x6x4xf32>
    }}"""
    written = (
        "stride = [1, 1], pad = [[0, 0], [0, 0]], lhs_dilate = [1, 1], rhs_dilate = [1, 1], reverse = [false, false]"
    )
    precise = ', precision_config = [#stablehlo<precision DEFAULT>, #stablehlo<precision DEFAULT>], mhlo.sharding = "x"'
    short, long = text.format(window="", more=""), text.format(window=written, more=precise)
    assert not couloir.compare(couloir.parse(short), couloir.parse(long))
    highest = precise.replace("DEFAULT", "HIGHEST")
    assert couloir.compare(couloir.parse(short), couloir.parse(text.format(window="", more=highest)))


def test_dimensions_of_size_one_and_broadcast_numbers_are_looked_through() -> None:
    """What JAX, XLA and ONNX write for one and the same: `x * s + 1`, with `s` along a dimension."""
    text = """
    func.func @main(%x: tensor<1x8x5xf32>, %s: tensor<8xf32>) -> tensor<1x8x5xf32> {{
      {forms}
      %m = stablehlo.multiply %x, %b : tensor<1x8x5xf32>
      %r = stablehlo.add %m, %one : tensor<1x8x5xf32>
      return %r : tensor<1x8x5xf32>
    }}"""
    onnx = """%b = stablehlo.broadcast_in_dim %s, dims = [1] : (tensor<8xf32>) -> tensor<1x8x5xf32>
      %one = stablehlo.constant dense<1.0> : tensor<1x8x5xf32>"""
    jax = """%0 = stablehlo.broadcast_in_dim %s, dims = [0] : (tensor<8xf32>) -> tensor<8x1xf32>
      %1 = stablehlo.broadcast_in_dim %0, dims = [1, 2] : (tensor<8x1xf32>) -> tensor<1x8x1xf32>
      %b = stablehlo.broadcast_in_dim %1, dims = [0, 1, 2] : (tensor<1x8x1xf32>) -> tensor<1x8x5xf32>
      %c = stablehlo.constant dense<1.0> : tensor<f32>
      %one = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<f32>) -> tensor<1x8x5xf32>"""
    xla = """%0 = stablehlo.reshape %s : (tensor<8xf32>) -> tensor<1x8xf32>
      %b = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<1x8xf32>) -> tensor<1x8x5xf32>
      %one = stablehlo.constant dense<1.0> : tensor<1x8x5xf32>"""
    folded = """%s1 = stablehlo.constant dense<1.0> : tensor<1x1x1xf32>
      %b = stablehlo.broadcast_in_dim %s, dims = [1] : (tensor<8xf32>) -> tensor<1x8x5xf32>
      %one = stablehlo.broadcast_in_dim %s1, dims = [0, 1, 2] : (tensor<1x1x1xf32>) -> tensor<1x8x5xf32>"""
    programs = [couloir.parse(text.format(forms=forms)) for forms in (onnx, jax, xla, folded)]
    for first in programs:
        for second in programs:
            comparison = couloir.compare(first, second, values=True)
            assert not comparison and comparison.values.compared == 3
    two = couloir.parse(text.format(forms=jax.replace("dense<1.0>", "dense<2.0>")))
    (constant,) = couloir.compare(programs[0], two).changed
    assert constant.first.is_constant and "`value`" in constant.differences[0]


def test_constants_are_the_same_whatever_their_dimensions_of_size_one() -> None:
    text = """
    func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {{
      %c = stablehlo.constant dense<{value}> : tensor<{shape}xf32>
      %b = stablehlo.broadcast_in_dim %c, dims = [{dims}] : (tensor<{shape}xf32>) -> tensor<2x3xf32>
      %r = stablehlo.multiply %x, %b : tensor<2x3xf32>
      return %r : tensor<2x3xf32>
    }}"""
    flat = couloir.parse(text.format(value=[1.0, 2.0, 3.0], shape="3", dims="1"))
    row = couloir.parse(text.format(value=[[1.0, 2.0, 3.0]], shape="1x3", dims="0, 1"))
    other = couloir.parse(text.format(value=[[1.0, 2.0, 4.0]], shape="1x3", dims="0, 1"))
    assert not couloir.compare(flat, row, values=True)
    assert couloir.compare(flat, other)


def test_a_shape_of_the_results_counts() -> None:
    text = """
    func.func @main(%x: tensor<4xf32>) -> tensor<{shape}xf32> {{
      %0 = stablehlo.tanh %x : tensor<4xf32>
      %1 = stablehlo.reshape %0 : (tensor<4xf32>) -> tensor<{shape}xf32>
      return %1 : tensor<{shape}xf32>
    }}"""
    comparison = couloir.compare(couloir.parse(text.format(shape="1x4")), couloir.parse(text.format(shape="4x1")))
    assert [pair.differences for pair in comparison.changed] == [("type `tensor<1x4xf32>` -> `tensor<4x1xf32>`",)]


def test_reshapes_that_move_elements_are_ops() -> None:
    text = """
    func.func @main(%x: tensor<2x3xf32>) -> tensor<{shape}xf32> {{
      %1 = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<{shape}xf32>
      return %1 : tensor<{shape}xf32>
    }}"""
    comparison = couloir.compare(couloir.parse(text.format(shape="6")), couloir.parse(text.format(shape="3x2")))
    assert [pair.first.name for pair in comparison.changed] == ["stablehlo.reshape", "func.return"]


LOOP = """
func.func @main(%x: tensor<4xf32>, %n: tensor<i32>) -> tensor<4xf32> {{
  %c = stablehlo.constant dense<1> : tensor<i32>
  %r:2 = stablehlo.while(%i = %n, %y = %x) : tensor<i32>, tensor<4xf32>
  cond {{
    %limit = stablehlo.constant dense<3> : tensor<i32>
    %p = stablehlo.compare LT, %i, %limit : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }} do {{
    %a = stablehlo.add %i, %c : tensor<i32>
    %b = stablehlo.{op} %y : tensor<4xf32>
    stablehlo.return %a, %b : tensor<i32>, tensor<4xf32>
  }}
  return %r#1 : tensor<4xf32>
}}
"""


def test_loops_are_looked_into() -> None:
    loop = couloir.parse(LOOP.format(op="tanh"))
    assert not couloir.compare(loop, loop.clone())
    comparison = couloir.compare(loop, couloir.parse(LOOP.format(op="abs")))
    assert [(a.name, b.name) for a, b in comparison.replaced] == [("stablehlo.tanh", "stablehlo.abs")]
    assert len(comparison.pairs) == len(comparison.first.flow.nodes) - 1


def test_calls_that_cannot_be_looked_through_stay_calls() -> None:
    module = couloir.parse("""
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = call @elsewhere(%x) : (tensor<4xf32>) -> tensor<4xf32>
      %1 = call @main(%0) : (tensor<4xf32>) -> tensor<4xf32>
      %2 = call @branching(%1) : (tensor<4xf32>) -> tensor<4xf32>
      return %2 : tensor<4xf32>
    }
    func.func private @elsewhere(tensor<4xf32>) -> tensor<4xf32>
    func.func private @branching(%x: tensor<4xf32>) -> tensor<4xf32> {
      cf.br ^end(%x : tensor<4xf32>)
    ^end(%y: tensor<4xf32>):
      return %y : tensor<4xf32>
    }""")
    comparison = couloir.compare(module, module.clone())
    assert not comparison
    assert "3 calls of first are not looked through" in comparison.not_searched[0]


def test_other_public_functions_are_said_to_be_left_out() -> None:
    two = couloir.parse(PLAIN + PLAIN.replace("@main", "@other"))
    comparison = couloir.compare(two, couloir.parse(PLAIN))
    assert not comparison
    assert comparison.not_searched == ["of first only @main is compared, not the public functions @other"]
    assert couloir.compare(two, two, functions=("other", None)).first.flow.function.sym_name == "other"


def test_functions_of_several_blocks() -> None:
    text = """
    func.func @main(%x: i32, %p: i1) -> i32 {{
      cf.cond_br %p, ^a, ^b(%x : i32)
    ^a:
      %0 = arith.{op} %x, %x : i32
      cf.br ^b(%0 : i32)
    ^b(%y: i32):
      return %y : i32
    }}"""
    first = couloir.parse(text.format(op="addi"))
    assert not couloir.compare(first, first.clone())
    assert len(couloir.compare(first, couloir.parse(text.format(op="muli"))).replaced) == 1


# -- size ----------------------------------------------------------------------------------------------------------------------


def repeated(count: int, op: str = "add %0, %x") -> str:
    lines = [f"%{n + 1} = stablehlo.{op.replace('%0', f'%{n}')} : tensor<4xf32>" for n in range(count)]
    body = "\n".join(["%0 = stablehlo.negate %x : tensor<4xf32>", *lines, f"return %{count} : tensor<4xf32>"])
    return f"func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {{\n{body}\n}}"


def test_thousands_of_equal_ops_in_a_row() -> None:
    first, second = couloir.parse(repeated(1000)), couloir.parse(repeated(990))
    comparison = couloir.compare(first, second)
    assert len(comparison.pairs) == len(comparison.second.flow.nodes)
    assert names(comparison.alone[0]) == ["stablehlo.add"] * 10


def test_thousands_of_equal_ops_beside_each_other() -> None:
    def wide(count: int) -> str:
        lines = [f"%{n} = stablehlo.exponential %x : tensor<4xf32>" for n in range(count)]
        results, types = ", ".join(f"%{n}" for n in range(count)), ", ".join(["tensor<4xf32>"] * count)
        return (
            f"func.func @main(%x: tensor<4xf32>) -> ({types}) {{\n"
            + "\n".join(lines)
            + f"\nreturn {results} : {types}\n}}"
        )

    comparison = couloir.compare(couloir.parse(wide(3000)), couloir.parse(wide(2990)))
    assert len(comparison.pairs) >= 2990


def test_a_search_that_takes_too_long_is_given_up_and_said(monkeypatch) -> None:
    """Two remainders of one form, and a budget that does not suffice."""

    def tail(op: str) -> str:
        body = "\n".join(
            [
                f"%a{n} = stablehlo.tan %{op} : tensor<4xf32>\n%b{n} = stablehlo.cbrt %a{n} : tensor<4xf32>"
                for n in range(3)
            ]
        )
        return f"""
        func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {{
          {body}
          return %b0, %b1, %b2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
        }}"""

    first = flow_of(main_of(couloir.parse(tail("x"))), Labels())
    second = flow_of(main_of(couloir.parse(tail("y"))), Labels())
    found: list[tuple[object, object]] = []
    assert remainders.match_remainders(first, second, {}, lambda a, b: found.append((a, b))) == []
    assert len(found) == len(first.nodes) - 1  # all but the other argument
    monkeypatch.setattr(remainders, "MAX_STEPS", 3)
    assert "given up after 3 steps" in remainders.match_remainders(first, second, {}, lambda a, b: None)[0]
    monkeypatch.setattr(remainders, "MAX_PIECE", 3)
    assert "not searched" in remainders.match_remainders(first, second, {}, lambda a, b: None)[0]


def test_the_same_in_every_process(tmp_path) -> None:
    """What is paired does not depend on addresses or on how Python hashes."""
    code = (
        "import json, couloir\nfrom tests.comparison.programs import random_program, rearranged\n"
        "a, b = random_program(7, 60), rearranged(random_program(8, 60), 3)\n"
        "print(json.dumps(couloir.compare(a, b).to_json()))"
    )
    outputs = set()
    for seed in ("1", "2"):
        command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"]
        run = subprocess.run(
            command, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}, cwd=tmp_path
        )
        outputs.add(run.stdout)
    assert len(outputs) == 1


@pytest.mark.parametrize("side", [0, 1])
def test_a_program_without_a_function(side) -> None:
    programs = [couloir.parse(PLAIN), couloir.parse("module {}")]
    with pytest.raises(couloir.Error, match="no public function"):
        couloir.compare(programs[side], programs[1 - side])


def test_an_empty_function() -> None:
    empty = couloir.parse("func.func @main() { return }")
    assert not couloir.compare(empty, empty.clone())
    assert couloir.compare(empty, couloir.parse(PLAIN))
