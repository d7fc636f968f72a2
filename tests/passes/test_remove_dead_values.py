"""Values on which nothing depends: before and after, and on random programs."""

from __future__ import annotations

from hypothesis import given

import couloir
from couloir.dialects import arith, cf, func, scf
from couloir.ir.fields import Results, region, result
from couloir.ir.operation import Block, Operation, Region, UnregisteredOp
from couloir.ir.traits import RecursiveMemoryEffects
from couloir.ir.types import Type, i32
from couloir.ir.verify import verify
from couloir.passes.remove_dead_values import RemoveDeadValues
from tests.passes.programs import after, check, hlo_programs, loop_programs, same


@given(loop_programs())
def test_programs_of_loops_compute_the_same(text) -> None:
    check(text, RemoveDeadValues())


@given(hlo_programs())
def test_programs_of_tensors_compute_the_same(text) -> None:
    check(text, RemoveDeadValues())


def becomes(text: str, expected: str) -> None:
    same(after(text, RemoveDeadValues()), expected)


def test_what_is_carried_between_blocks_and_only_computes_itself() -> None:
    becomes(
        """
        func.func @f(%x: i32, %p: i1) -> i32 {
          cf.br ^loop(%x, %x : i32, i32)
        ^loop(%a: i32, %b: i32):
          %c = arith.addi %a, %x : i32
          %d = arith.muli %b, %x : i32
          cf.cond_br %p, ^loop(%c, %d : i32, i32), ^end(%d, %a : i32, i32)
        ^end(%e: i32, %g: i32):
          return %e : i32
        }""",
        """
        func.func @f(%x: i32, %p: i1) -> i32 {
          cf.br ^loop(%x : i32)
        ^loop(%b: i32):
          %d = arith.muli %b, %x : i32
          cf.cond_br %p, ^loop(%d : i32), ^end(%d : i32)
        ^end(%e: i32):
          return %e : i32
        }""",
    )


def test_a_switch_keeps_its_cases() -> None:
    becomes(
        """
        func.func @f(%x: i32) -> i32 {
          cf.switch %x : i32, [default: ^a(%x, %x : i32, i32), 3: ^a(%x, %x : i32, i32), 4: ^b(%x : i32)]
        ^a(%c: i32, %d: i32):
          return %d : i32
        ^b(%e: i32):
          return %x : i32
        }""",
        """
        func.func @f(%x: i32) -> i32 {
          cf.switch %x : i32, [default: ^a(%x : i32), 3: ^a(%x : i32), 4: ^b]
        ^a(%d: i32):
          return %d : i32
        ^b:
          return %x : i32
        }""",
    )


def test_dead_results_of_a_branch_and_of_loops() -> None:
    becomes(
        """
        func.func @f(%x: i32, %p: i1, %m: memref<i32>) -> i32 {
          %r:2 = scf.if %p -> (i32, i32) {
            memref.store %x, %m[] : memref<i32>
            %k = arith.muli %x, %x : i32
            scf.yield %k, %x : i32, i32
          } else { scf.yield %x, %x : i32, i32 }
          affine.for %i = 0 to 8 {
            %l = arith.addi %x, %x : i32
          }
          %w = scf.while (%a = %x) : (i32) -> i32 {
            memref.store %a, %m[] : memref<i32>
            scf.condition(%p) %a : i32
          } do {
          ^bb0(%b: i32):
            %c = arith.addi %b, %x : i32
            scf.yield %c : i32
          }
          return %r#1 : i32
        }""",
        """
        func.func @f(%x: i32, %p: i1, %m: memref<i32>) -> i32 {
          %r = scf.if %p -> (i32) {
            memref.store %x, %m[] : memref<i32>
            scf.yield %x : i32
          } else { scf.yield %x : i32 }
          %w = scf.while (%a = %x) : (i32) -> i32 {
            memref.store %a, %m[] : memref<i32>
            scf.condition(%p) %a : i32
          } do {
          ^bb0(%b: i32):
            %c = arith.addi %b, %x : i32
            scf.yield %c : i32
          }
          return %r : i32
        }""",
    )


def test_effects_stay_and_so_does_what_decides_about_them() -> None:
    text = """
    func.func @f(%x: i32, %p: i1, %q: i1, %m: memref<i32>) {
      %k = arith.ori %p, %q : i1
      scf.if %k { memref.store %x, %m[] : memref<i32> }
      %0 = func.call @g(%x) : (i32) -> i32
      cf.assert %q, "no"
      return
    }
    func.func private @g(%x: i32) -> i32 { return %x : i32 }"""
    becomes(text, text)


def test_arguments_of_a_function_stay() -> None:
    text = "func.func @f(%x: i32, %y: i32) -> i32 {\ncf.br ^a\n^a:\n return %x : i32\n}"
    becomes(text, text)


def test_what_decides_between_blocks_stays() -> None:
    text = """
    func.func @f(%x: i32, %m: memref<i32>) {
      %k = arith.addi %x, %x : i32
      %p = arith.cmpi slt, %k, %x : i32
      cf.cond_br %p, ^a, ^b
    ^a:
      memref.store %x, %m[] : memref<i32>
      cf.br ^b
    ^b:
      return
    }"""
    becomes(text, text)


class Blocks(Operation, name="test.blocks", traits=(RecursiveMemoryEffects,)):
    """Runs its blocks; what they yield is its results."""

    body: Region = region()
    outputs: Results[Type] = result()


def test_what_decides_between_blocks_of_an_op_without_effects_stays() -> None:
    function = func.FuncOp.build("f", [i32], [i32])
    x = function.arguments[0]
    first, then, otherwise = Block(), Block(), Block()
    first.append(smaller := arith.CmpI(arith.CmpIPredicate.SLT, x, x))
    then.append(scf.Yield([x]))
    otherwise.append(double := arith.AddI(x, x))
    otherwise.append(scf.Yield([double]))
    function.entry.append(op := Blocks(Region([first, then, otherwise]), result_types=[i32]))
    function.entry.append(func.Return(op.results))
    first.append(cf.CondBranch(smaller, true_dest=then, false_dest=otherwise))
    verify(function)
    before = str(function)
    RemoveDeadValues().run(function, couloir.PassContext())
    assert str(function) == before


def test_what_decides_how_often_a_loop_with_effects_runs_stays() -> None:
    text = """
    func.func @f(%x: i32, %m: memref<i32>) {
      %w = scf.while (%a = %x) : (i32) -> i32 {
        %c = arith.cmpi slt, %a, %x : i32
        scf.condition(%c) %a : i32
      } do {
      ^bb0(%b: i32):
        memref.store %x, %m[] : memref<i32>
        %d = arith.addi %b, %x : i32
        scf.yield %d : i32
      }
      return
    }"""
    becomes(text, text)


def test_arguments_of_calls_stay_though_the_function_needs_none() -> None:
    text = """
    func.func @f(%x: i32) -> i32 {
      %0 = arith.addi %x, %x : i32
      %1 = func.call @g(%0) : (i32) -> i32
      return %1 : i32
    }
    func.func private @g(%y: i32) -> i32 {
      %c = arith.constant 3 : i32
      return %c : i32
    }"""
    becomes(text, text)


def test_arguments_of_blocks_to_which_others_branch_stay() -> None:
    function = func.FuncOp.build("f", [i32], [i32])
    second = function.body.add_block([i32])
    x = function.arguments[0]
    function.entry.append(UnregisteredOp.make("my.br", [x], successors=[second]))
    second.append(func.Return([x]))
    third = function.body.add_block()
    third.append(unused := arith.AddI(x, x))
    third.append(cf.Branch.to(second, [unused]))
    verify(function)
    before = str(function)
    RemoveDeadValues().run(function, couloir.PassContext())
    assert str(function) == before
