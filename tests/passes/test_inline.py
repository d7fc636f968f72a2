"""Calls become bodies: before and after, what is left alone, and on random programs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

import couloir
from couloir.ir.location import CallSiteLoc
from couloir.passes.inline import MAX_DEPTH, Inline
from couloir.passes.pipelines import HLO_TO_LOOPS
from couloir.passes.symbol_dce import SymbolDce
from tests.passes.programs import after, check, loop_programs, same


@given(loop_programs())
def test_programs_compute_the_same(text) -> None:
    check(text, Inline(), SymbolDce())


def becomes(text: str, expected: str, **options) -> None:
    same(after(text, Inline(**options)), expected)


def stays(text: str, **options) -> None:
    becomes(text, text, **options)


MAIN = """
func.func @main(%x: i32) -> i32 {
  %0 = func.call @g(%x) : (i32) -> i32
  %1 = arith.addi %0, %x : i32
  return %1 : i32
}"""
G = """
func.func private @g(%y: i32) -> i32 {
  %0 = arith.muli %y, %y : i32
  return %0 : i32
}"""


def test_a_call_becomes_the_body() -> None:
    expected = """
    func.func @main(%x: i32) -> i32 {
      %0 = arith.muli %x, %x : i32
      %1 = arith.addi %0, %x : i32
      return %1 : i32
    }"""
    becomes(MAIN + G, expected + G)
    same(after(MAIN + G, Inline(), SymbolDce()), expected)


def test_a_function_that_gives_its_argument() -> None:
    becomes(
        MAIN + "func.func private @g(%y: i32) -> i32 { return %y : i32 }",
        "func.func @main(%x: i32) -> i32 { %1 = arith.addi %x, %x : i32 return %1 : i32 }"
        "func.func private @g(%y: i32) -> i32 { return %y : i32 }",
    )


BRANCHING = """
func.func private @g(%y: i32) -> i32 {
  %c = arith.constant 3 : i32
  %p = arith.cmpi slt, %y, %c : i32
  cf.cond_br %p, ^less, ^more(%c : i32)
^less:
  return %c : i32
^more(%z: i32):
  %0 = arith.muli %y, %z : i32
  return %0 : i32
}"""


def test_a_function_of_several_blocks() -> None:
    becomes(
        MAIN + BRANCHING,
        """
        func.func @main(%x: i32) -> i32 {
          %c = arith.constant 3 : i32
          %p = arith.cmpi slt, %x, %c : i32
          cf.cond_br %p, ^less, ^more(%c : i32)
        ^less:
          cf.br ^rest(%c : i32)
        ^more(%z: i32):
          %0 = arith.muli %x, %z : i32
          cf.br ^rest(%0 : i32)
        ^rest(%r: i32):
          %1 = arith.addi %r, %x : i32
          return %1 : i32
        }"""
        + BRANCHING,
    )


def test_blocks_do_not_go_where_one_is_allowed() -> None:
    stays(
        """
        func.func @main(%x: i32, %p: i1) -> i32 {
          %0 = scf.if %p -> (i32) {
            %1 = func.call @g(%x) : (i32) -> i32
            scf.yield %1 : i32
          } else { scf.yield %x : i32 }
          return %0 : i32
        }"""
        + BRANCHING
    )


def test_callees_come_before_callers() -> None:
    twice = "func.func private @g(%y: i32) -> i32 { %0 = func.call @h(%y) : (i32) -> i32 return %0 : i32 }"
    text = after(MAIN + twice + G.replace("@g", "@h"), Inline(), SymbolDce())
    same(text, after(MAIN + G, Inline(), SymbolDce()))


def test_functions_that_call_themselves_stay() -> None:
    again = "func.func private @{0}(%y: i32) -> i32 {{ %0 = func.call @{1}(%y) : (i32) -> i32 %1 = arith.muli %0, %y : i32 return %1 : i32 }}"
    stays(MAIN + again.format("g", "g"))
    stays(MAIN + again.format("g", "h") + again.format("h", "g"))


def test_declarations_stay() -> None:
    stays(MAIN + "func.func private @g(i32) -> i32")


@pytest.mark.parametrize("where", ["call", "function"])
def test_what_says_no(where) -> None:
    if where == "call":
        stays(MAIN.replace("@g(%x) :", "@g(%x) {no_inline} :") + G)
    else:
        stays(MAIN + G.replace("-> i32 {", "-> i32 attributes {no_inline} {"))


def test_large_functions_stay() -> None:
    stays(MAIN + G, max_ops=2)
    assert "call" not in after(MAIN + G, Inline(max_ops=3))


def test_growth_has_a_limit() -> None:
    """Each function calls the next one twice: inlined wholly they would be 2**60 ops."""
    lines = [MAIN.replace("@g", "@f0")]
    for n in range(60):
        call = f"func.call @f{n + 1}"
        lines.append(
            f"func.func private @f{n}(%x: i32) -> i32 {{ %0 = {call}(%x) : (i32) -> i32 %1 = {call}(%0) : (i32) -> i32 return %1 : i32 }}"
        )
    lines.append(G.replace("@g", "@f60"))
    module = couloir.parse("\n".join(lines))
    Inline(max_growth=2000).run(module, couloir.PassContext())
    couloir.verify(module)
    assert sum(1 for _ in module.walk()) < 4000


def test_symbols_of_another_table_would_mean_others() -> None:
    stays(f"""
    {G.replace("arith.muli %y, %y : i32", "func.call @k(%y) : (i32) -> i32")}
    func.func private @k(i32) -> i32
    module @inner {{
      func.func private @k(i32) -> i32
      {MAIN}
    }}""")


def test_a_body_that_ends_in_an_unknown_way_stays() -> None:
    module = couloir.parse(
        MAIN + 'func.func private @g(%y: i32) -> i32 { "my.exit"(%y) : (i32) -> () }', allow_unregistered=True
    )
    before = str(module)
    Inline().run(module, couloir.PassContext())
    assert str(module) == before


def test_a_call_outside_of_the_op_at_hand_is_left_alone() -> None:
    module = couloir.parse(MAIN + G)
    before = str(module)
    Inline().run(module.functions[0], couloir.PassContext())
    assert str(module) == before


def test_places_are_those_of_the_function_seen_from_the_call() -> None:
    text = (
        (MAIN + G)
        .replace("(%x) : (i32) -> i32", '(%x) : (i32) -> i32 loc("there")')
        .replace("%y, %y : i32", '%y, %y : i32 loc("here")')
    )
    module = couloir.parse(text)
    Inline().run(module, couloir.PassContext())
    location = module.functions[0].entry.first_op.location
    assert isinstance(location, CallSiteLoc) and location.label == "here called at there"


def test_places_do_not_nest_without_end() -> None:
    n = 10 * MAX_DEPTH
    lines = [
        f'func.func @f{k}(%x: i32) -> i32 {{ %0 = func.call @f{k + 1}(%x) : (i32) -> i32 loc("c{k}") return %0 : i32 }}'
        for k in range(n)
    ]
    lines.append(G.replace("private @g", f"@f{n}").replace("%y, %y : i32", '%y, %y : i32 loc("here")'))
    module = couloir.parse("\n".join(lines))
    Inline().run(module, couloir.PassContext())
    location, depth = module.functions[0].entry.first_op.location, 0
    while isinstance(location, CallSiteLoc):
        location, depth = location.callee, depth + 1
    assert depth == MAX_DEPTH


def test_a_private_function_can_be_compiled_by_name() -> None:
    module = couloir.parse("""
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }
    func.func private @twice(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = stablehlo.add %x, %x : tensor<2xf32>
      return %0 : tensor<2xf32>
    }""")
    (y,) = couloir.compile(module, function="twice")(np.array([1, -2], np.float32))
    assert y.tolist() == [2, -4]
    assert module.symbols["twice"].is_private


def test_functions_on_tensors_that_call_each_other_become_loops() -> None:
    module = couloir.parse("""
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = func.call @square(%x) : (tensor<4xf32>) -> tensor<4xf32>
      %1 = stablehlo.add %0, %x : tensor<4xf32>
      %2 = func.call @square(%1) : (tensor<4xf32>) -> tensor<4xf32>
      return %2 : tensor<4xf32>
    }
    func.func private @square(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = stablehlo.multiply %x, %x : tensor<4xf32>
      return %0 : tensor<4xf32>
    }""")
    x = np.array([1, 2, -3, 0.5], np.float32)
    HLO_TO_LOOPS.run(module)
    (y,) = couloir.run(module, x)
    assert y.tolist() == ((x * x + x) ** 2).tolist()
