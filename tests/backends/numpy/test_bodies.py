"""Bodies that call functions, branch and loop: run on whole arrays, with what Python gives for one element after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import couloir.backends.numpy.tables.hlo  # noqa: F401 -- says which ops are the same for scalars
from couloir.backends.numpy import bodies, run, run_devices
from couloir.ir.errors import Error
from couloir.ir.text.parser import parse_module_op

T = "tensor<f32>"
FUNCTIONS = f"""
func.func private @larger(%a: {T}, %b: {T}) -> {T} {{
  %0 = stablehlo.maximum %a, %b : {T}
  return %0 : {T}
}}
func.func private @again(%a: {T}, %b: {T}) -> {T} {{
  %0 = call @again(%a, %b) : ({T}, {T}) -> {T}
  return %0 : {T}
}}"""
CALL = f"%z = func.call @larger(%a, %b) : ({T}, {T}) -> {T}"
IF = f"""
  %p = stablehlo.compare LT, %a, %b : ({T}, {T}) -> tensor<i1>
  %z = "stablehlo.if"(%p) ({{ stablehlo.return %b : {T} }}, {{ {CALL.replace("%z", "%y")} stablehlo.return %y : {T} }})
    : (tensor<i1>) -> {T}"""
CASE = f"""
  %i = stablehlo.convert %a : ({T}) -> tensor<i32>
  %n = stablehlo.negate %b : {T}
  %z = "stablehlo.case"(%i) ({{ stablehlo.return %b : {T} }}, {{ stablehlo.return %n : {T} }}, {{ stablehlo.return %a : {T} }})
    : (tensor<i32>) -> {T}"""
#: Halves the larger number until it is below the other one plus 1.
WHILE = f"""
  %one = stablehlo.constant dense<1.0> : {T}
  %half = stablehlo.constant dense<0.5> : {T}
  %limit = stablehlo.add %b, %one : {T}
  %z = stablehlo.while(%x = %a) : {T} cond {{
    %go = stablehlo.compare GE, %x, %limit : ({T}, {T}) -> tensor<i1>
    stablehlo.return %go : tensor<i1>
  }} do {{
    %next = stablehlo.multiply %x, %half : {T}
    stablehlo.return %next : {T}
  }}"""


def halved(a: float, b: float) -> float:
    while a >= b + 1:
        a *= 0.5
    return a


MOVES = f"""
  %r = stablehlo.reshape %a : ({T}) -> {T}
  %s = stablehlo.broadcast_in_dim %b, dims = [] : ({T}) -> {T}
  %t = stablehlo.optimization_barrier %r : {T}
  %z = stablehlo.subtract %t, %s : {T}"""
BODIES: dict[str, tuple[str, Any]] = {
    "moves": (MOVES, lambda a, b: a - b),
    "call": (CALL, max),
    "if": (IF, max),
    "case": (CASE, lambda a, b: (b, -b, a)[int(a) if 0 <= int(a) < 3 else -1]),
    "while": (WHILE, halved),
}


def mapped(body: str) -> Any:
    many = "tensor<64xf32>"
    return parse_module_op(f"""
    {FUNCTIONS}
    func.func @main(%u: {many}, %v: {many}) -> {many} {{
      %0 = "stablehlo.map"(%u, %v) ({{
        ^bb0(%a: {T}, %b: {T}):
          {body}
          stablehlo.return %z : {T}
      }}) {{dimensions = array<i64: 0>}} : ({many}, {many}) -> {many}
      return %0 : {many}
    }}""")


@pytest.mark.parametrize("name", BODIES)
def test_a_body_is_run_on_all_elements_at_once(name: str) -> None:
    text, of_numbers = BODIES[name]
    rng = np.random.default_rng(0)
    a, b = rng.integers(-2, 40, 64).astype("f4"), rng.integers(0, 6, 64).astype("f4")
    module = mapped(text)
    assert all(
        bodies.works_on_arrays(op)
        for op in next(op for op in module.walk() if op.name == "stablehlo.map").regions[0].ops
    )
    (found,) = run(module, a, b, function="main")
    np.testing.assert_array_equal(found, [of_numbers(x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True)])


def test_a_reduction_may_call_a_function() -> None:
    module = parse_module_op(f"""
    {FUNCTIONS}
    func.func @main(%x: tensor<5x7xf32>, %i: {T}) -> tensor<5xf32> {{
      %0 = "stablehlo.reduce"(%x, %i) ({{
        ^bb0(%a: {T}, %b: {T}):
          {CALL}
          stablehlo.return %z : {T}
      }}) {{dimensions = array<i64: 1>}} : (tensor<5x7xf32>, {T}) -> tensor<5xf32>
      return %0 : tensor<5xf32>
    }}""")
    x = np.random.default_rng(0).standard_normal((5, 7)).astype("f4")
    np.testing.assert_array_equal(run(module, x, np.asarray(0, "f4"), function="main")[0], np.maximum(x.max(1), 0))


GUARDED = IF.replace("stablehlo.return %b", WHILE.replace("%z", "%y") + " stablehlo.return %y")


@pytest.mark.parametrize("body", [GUARDED, CALL.replace("@larger", "@again")], ids=["a loop in a branch", "recursion"])
def test_what_must_not_run_for_every_element_does_not(body: str) -> None:
    module = mapped(body)
    region = next(op for op in module.walk() if op.name == "stablehlo.map").regions[0]
    assert not all(bodies.works_on_arrays(op) for op in region.ops)


def test_a_loop_in_a_branch_is_run_for_the_elements_of_that_branch() -> None:
    a, b = np.arange(64, dtype="f4"), np.full(64, 3, "f4")
    (found,) = run(mapped(GUARDED), a, b, function="main")
    np.testing.assert_array_equal(found, [halved(x, 3) if x < 3 else x for x in a.tolist()])


def test_a_program_that_never_ends_can_be_given_up() -> None:
    module = parse_module_op("""
    func.func @main(%x: tensor<i32>) -> tensor<i32> {
      %0 = stablehlo.while(%i = %x) : tensor<i32> cond {
        %go = stablehlo.constant dense<true> : tensor<i1>
        stablehlo.return %go : tensor<i1>
      } do {
        stablehlo.return %i : tensor<i32>
      }
      return %0 : tensor<i32>
    }""")
    with pytest.raises(Error, match="more regions than `max_runs`"):
        run(module, np.asarray(1, "i4"), max_runs=1000)
    with pytest.raises(Error, match="more regions than `max_runs`"):
        run_devices(module, [[np.asarray(1, "i4")]] * 2, max_runs=1000)
    jumps = parse_module_op("""
    func.func @main() {
      cf.br ^bb1
    ^bb1:
      cf.br ^bb1
    }""")
    with pytest.raises(Error, match="more regions than `max_runs`"):
        run(jumps, max_runs=1000)
    (found,) = run(mapped(WHILE), np.full(64, 9, "f4"), np.zeros(64, "f4"), function="main", max_runs=100)
    assert (found == halved(9, 0)).all()
