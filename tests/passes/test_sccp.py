"""Sparse conditional constant propagation: before and after, and on random programs."""

from __future__ import annotations

from hypothesis import given

import couloir
from couloir.passes.sccp import Sccp
from tests.passes.programs import after, check, hlo_programs, loop_programs, same


@given(loop_programs())
def test_programs_of_loops_compute_the_same(text) -> None:
    check(text, Sccp())


@given(hlo_programs())
def test_programs_of_tensors_compute_the_same(text) -> None:
    check(text, Sccp())


def becomes(text: str, expected: str, **options) -> None:
    same(after(text, Sccp(**options)), expected)


def test_a_loop_whose_branch_is_never_taken() -> None:
    """The example of Wegman and Zadeck: the value is 1 for ever, because the branch that changes it is never taken."""
    becomes(
        """
        func.func @f(%p: i1) -> i32 {
          %1 = arith.constant 1 : i32
          %2 = arith.constant 2 : i32
          cf.br ^loop(%1 : i32)
        ^loop(%a: i32):
          %q = arith.cmpi ne, %a, %1 : i32
          cf.cond_br %q, ^change, ^next(%a : i32)
        ^change:
          cf.br ^next(%2 : i32)
        ^next(%b: i32):
          cf.cond_br %p, ^loop(%b : i32), ^end
        ^end:
          return %b : i32
        }""",
        """
        func.func @f(%p: i1) -> i32 {
          %1 = arith.constant 1 : i32
          %2 = arith.constant 2 : i32
          cf.br ^loop(%1 : i32)
        ^loop(%a: i32):
          %a1 = arith.constant 1 : i32
          %q = arith.constant false
          cf.cond_br %q, ^change, ^next(%a1 : i32)
        ^change:
          cf.br ^next(%2 : i32)
        ^next(%b: i32):
          %b1 = arith.constant 1 : i32
          cf.cond_br %p, ^loop(%b1 : i32), ^end
        ^end:
          return %b1 : i32
        }""",
    )


def test_arguments_of_private_functions_and_their_results() -> None:
    text = """
    func.func @main(%x: i32) -> i32 {{
      %1 = arith.constant 1 : i32
      %0 = func.call @g(%1) : (i32) -> i32
      return %0 : i32
    }}
    func.func {0} @g(%y: i32) -> i32 {{
      %0 = arith.addi %y, %y : i32
      return %0 : i32
    }}"""
    becomes(
        text.format("private"),
        """
    func.func @main(%x: i32) -> i32 {
      %1 = arith.constant 1 : i32
      %2 = arith.constant 2 : i32
      %0 = func.call @g(%1) : (i32) -> i32
      return %2 : i32
    }
    func.func private @g(%y: i32) -> i32 {
      %1 = arith.constant 1 : i32
      %0 = arith.constant 2 : i32
      return %0 : i32
    }""",
    )
    becomes(text.format(""), text.format(""))  # others may call it with anything


def test_constants_are_of_the_dialect_that_uses_them() -> None:
    becomes(
        """
        func.func @f(%x: tensor<2xi32>) -> (tensor<2xi32>, tensor<2xi32>) {
          %0 = arith.constant dense<3> : tensor<2xi32>
          %1 = arith.addi %0, %0 : tensor<2xi32>
          %2 = stablehlo.multiply %0, %0 : tensor<2xi32>
          return %1, %2 : tensor<2xi32>, tensor<2xi32>
        }""",
        """
        func.func @f(%x: tensor<2xi32>) -> (tensor<2xi32>, tensor<2xi32>) {
          %0 = arith.constant dense<3> : tensor<2xi32>
          %1 = arith.constant dense<6> : tensor<2xi32>
          %2 = stablehlo.constant dense<9> : tensor<2xi32>
          return %1, %2 : tensor<2xi32>, tensor<2xi32>
        }""",
    )


def test_a_choice_is_known_from_its_condition() -> None:
    becomes(
        """
        func.func @f(%x: tensor<2xi32>, %p: tensor<2xi1>) -> (tensor<2xi32>, tensor<2xi32>) {
          %t = stablehlo.constant dense<true> : tensor<i1>
          %k = stablehlo.constant dense<3> : tensor<2xi32>
          %0 = stablehlo.select %t, %k, %x : tensor<i1>, tensor<2xi32>
          %1 = stablehlo.select %p, %k, %x : tensor<2xi1>, tensor<2xi32>
          return %0, %1 : tensor<2xi32>, tensor<2xi32>
        }""",
        """
        func.func @f(%x: tensor<2xi32>, %p: tensor<2xi1>) -> (tensor<2xi32>, tensor<2xi32>) {
          %t = stablehlo.constant dense<true> : tensor<i1>
          %k = stablehlo.constant dense<3> : tensor<2xi32>
          %0 = stablehlo.constant dense<3> : tensor<2xi32>
          %1 = stablehlo.select %p, %k, %x : tensor<2xi1>, tensor<2xi32>
          return %0, %1 : tensor<2xi32>, tensor<2xi32>
        }""",
    )


def test_large_tensors_are_not_computed() -> None:
    text = """
    func.func @f() -> tensor<100xi32> {
      %0 = stablehlo.iota dim = 0 : tensor<100xi32>
      %k = stablehlo.constant dense<3> : tensor<100xi32>
      %1 = stablehlo.add %k, %k : tensor<100xi32>
      return %1 : tensor<100xi32>
    }"""
    becomes(text, text, max_elements=99)
    assert "dense<6>" in after(text, Sccp(max_elements=100))


def test_what_cannot_be_computed_stays() -> None:
    text = """
    func.func @f() -> f32 {
      %0 = arith.constant 3.0 : f32
      %1 = arith.addf %0, %0 upward : f32
      return %1 : f32
    }"""
    becomes(text, text)


def test_what_is_constant_or_unused_already_stays_as_it_is() -> None:
    module = couloir.parse("""
    func.func @f() -> i32 {
      %1 = arith.constant 1 : i32
      %0 = func.call @g() : () -> i32
      return %1 : i32
    }
    func.func private @g() -> i32 {
      %1 = arith.constant 2 : i32
      return %1 : i32
    }""")
    before, ops = str(module), list(module.walk())
    Sccp().run(module, couloir.PassContext())
    assert str(module) == before and list(module.walk()) == ops


def test_a_constant_of_another_type_does_not_fit() -> None:
    text = """
    func.func @f(%p: tensor<i1>) -> tensor<?xi32> {
      %0 = "stablehlo.if"(%p) ({
        %1 = stablehlo.constant dense<3> : tensor<2xi32>
        stablehlo.return %1 : tensor<2xi32>
      }, {
        %1 = stablehlo.constant dense<3> : tensor<2xi32>
        stablehlo.return %1 : tensor<2xi32>
      }) : (tensor<i1>) -> tensor<?xi32>
      return %0 : tensor<?xi32>
    }"""
    becomes(text, text)


def test_what_a_loop_carries_past_its_condition_is_seen_again() -> None:
    text = """
    func.func @f(%p: tensor<i1>) -> tensor<i32> {
      %1 = stablehlo.constant dense<1> : tensor<i32>
      %2 = stablehlo.constant dense<2> : tensor<i32>
      %r = stablehlo.while(%j = %1) : tensor<i32>
        cond { stablehlo.return %p : tensor<i1> }
        do { stablehlo.return %2 : tensor<i32> }
      return %r : tensor<i32>
    }"""
    becomes(text, text)


def test_effects_are_not_folded_away() -> None:
    text = """
    func.func @f() -> i32 {
      %0 = "my.effect"() : () -> i32
      %1 = arith.constant 3 : i32
      %2 = "my.other"(%1) : (i32) -> i32
      return %2 : i32
    }"""
    module = couloir.parse(text, allow_unregistered=True)
    before = str(module)
    Sccp().run(module, couloir.PassContext())
    assert str(module) == before
