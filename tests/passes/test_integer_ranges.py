"""Ranges of integers: every number that a run computes lies in the range that was found; and how near the ranges are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import couloir
from couloir.backends.numpy import evaluate as evaluation
from couloir.dialects import arith
from couloir.ir.analysis.dataflow.ranges import ANY, Interval, bounds_of, wrapped
from couloir.ir.attributes import IntegerAttr
from couloir.ir.types import IntegerType, TensorType, i1, i8, i32, index
from couloir.passes.integer_ranges import TRANSFERS, IntRangeOptimizations, _refined, integer_ranges
from tests.passes.programs import after, check, hlo_programs, loop_programs, outcomes, same


@pytest.fixture
def seen(monkeypatch):
    """The values that runs compute, with all their elements."""
    found: dict[object, list] = {}
    store, enter = evaluation._store, evaluation._Evaluation._enter

    def note(values, arrays) -> None:
        for value, array in zip(values, arrays, strict=True):
            if isinstance(array, np.ndarray | np.generic) and array.dtype.kind in "biu":
                found.setdefault(value, []).extend(np.asarray(array).reshape(-1).tolist())

    def noting_store(frame, step, outcome):
        if outcome is not None:
            note(step.op.results, outcome if isinstance(outcome, tuple | list) else [outcome])
        return store(frame, step, outcome)

    def noting_enter(self, frame, block, arguments):
        note(block.arguments, arguments)
        return enter(self, frame, block, arguments)

    monkeypatch.setattr(evaluation, "_store", noting_store)
    monkeypatch.setattr(evaluation._Evaluation, "_enter", noting_enter)
    return found


def check_observed(module, seen) -> None:
    seen.clear()
    facts = integer_ranges(module)
    outcomes(module)
    assert seen
    for value, numbers in seen.items():
        fact = facts[value]
        assert fact is not None, f"{value!r} of {value.defining_op} is computed"
        if isinstance(fact, Interval):
            assert all(int(n) in fact for n in numbers), f"{value.defining_op}: {sorted(set(numbers))} not in {fact}"


@pytest.mark.parametrize("kind", ["loops", "tensors"])
def test_observed_values_lie_in_their_ranges(kind, seen) -> None:
    @given(loop_programs() if kind == "loops" else hlo_programs())
    def check_one(text) -> None:
        check_observed(couloir.parse(text), seen)

    check_one()


@given(loop_programs())
def test_programs_of_loops_compute_the_same(text) -> None:
    check(text, IntRangeOptimizations())


@given(hlo_programs())
def test_programs_of_tensors_compute_the_same(text) -> None:
    check(text, IntRangeOptimizations())


# -- each op by itself, on all numbers of small ranges -------------------------------------------------------------------------

BINARY = [
    cls
    for cls in TRANSFERS
    if cls.name.startswith("arith.") and cls.definition.operands and [f.name for f in cls.definition.operands] == ["lhs", "rhs"]
    and cls is not arith.CmpI
]  # fmt: skip
small = st.tuples(st.integers(-128, 127), st.integers(0, 6)).map(lambda t: Interval(t[0], min(t[0] + t[1], 127)))
ends = st.sampled_from([Interval(-128, -126), Interval(125, 127), Interval(-2, 2), Interval(0, 3), Interval(-1, 8)])


@pytest.mark.parametrize("cls", BINARY, ids=lambda cls: cls.name)
@given(a=small | ends, b=small | ends)
def test_ops_on_bytes_stay_in_their_range(cls, a, b) -> None:
    op = cls(arith.constant(0, i8), arith.constant(0, i8))
    found = TRANSFERS[cls](op, a, b)
    result = bounds_of(i8) if found is None else wrapped(found, bounds_of(i8))
    pairs = np.array(list(itertools.product(range(a.low, a.high + 1), range(b.low, b.high + 1))), np.int8)
    with np.errstate(all="ignore"):
        (numbers,) = evaluation.evaluate_op(op, pairs[:, 0].copy(), pairs[:, 1].copy())
    assert all(int(n) in result for n in numbers), (result, sorted(set(numbers.tolist())))


@pytest.mark.parametrize("predicate", list(arith.CmpIPredicate))
@given(a=small | ends, b=small | ends)
def test_comparisons_of_bytes(predicate, a, b) -> None:
    op = arith.CmpI(predicate, arith.constant(0, i8), arith.constant(0, i8))
    result = TRANSFERS[arith.CmpI](op, a, b)
    pairs = np.array(list(itertools.product(range(a.low, a.high + 1), range(b.low, b.high + 1))), np.int8)
    (numbers,) = evaluation.evaluate_op(op, pairs[:, 0].copy(), pairs[:, 1].copy())
    assert all(int(n) in result for n in numbers)
    if predicate.name[0] != "U":
        assert (result.single is not None) == (len(set(numbers.tolist())) == 1) or predicate.name in ("EQ", "NE")


NUMPY = {
    "EQ": np.equal,
    "NE": np.not_equal,
    "LT": np.less,
    "LE": np.less_equal,
    "GT": np.greater,
    "GE": np.greater_equal,
}


@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("predicate", list(arith.CmpIPredicate))
@given(a=small | ends, b=small | ends)
@settings(max_examples=20)
def test_what_a_comparison_tells_of_an_operand(predicate, side, holds, a, b) -> None:
    """All that the operand can be, given how the comparison came out, lies in the range; and nothing is forgotten."""
    op = arith.CmpI(predicate, arith.constant(0, i8), arith.constant(0, i8))
    value = op.operands[side]
    found = _refined(op, value, a, holds, lambda other: b)
    left, right = np.meshgrid(np.arange(a.low, a.high + 1), np.arange(b.low, b.high + 1))
    x, y = (left, right) if side == 0 else (right, left)
    if predicate.name[0] == "U":
        x, y = x.astype(np.int8).view(np.uint8), y.astype(np.int8).view(np.uint8)
    possible = left[NUMPY[predicate.name[-2:]](x, y) == holds].tolist()
    assert all(n in found for n in possible) if found is not None else not possible
    exact = predicate.name[0] == "S" or (predicate.name[0] == "U" and a.low >= 0 and b.low >= 0)
    if exact:
        assert found == (Interval.of(*possible) if possible else None)


@pytest.mark.parametrize("cls", [arith.AndI, arith.OrI, arith.XOrI, arith.AddI, arith.DivSI, arith.MaxSI, arith.RemSI])
def test_ops_on_bits(cls) -> None:
    op = cls(arith.constant(0, i1), arith.constant(0, i1))
    for a, b in itertools.product([Interval(0, 0), Interval(1, 1), Interval(0, 1)], repeat=2):
        found = TRANSFERS[cls](op, a, b) or Interval(0, 1)
        for x, y in itertools.product(range(a.low, a.high + 1), range(b.low, b.high + 1)):
            with np.errstate(all="ignore"):
                (number,) = evaluation.evaluate_op(op, np.bool_(x), np.bool_(y))
            assert int(number) in found


@pytest.mark.parametrize("predicate", list(arith.CmpIPredicate))
def test_comparisons_of_bits(predicate) -> None:
    op = arith.CmpI(predicate, arith.constant(0, i1), arith.constant(0, i1))
    for x, y in itertools.product((0, 1), repeat=2):
        (number,) = evaluation.evaluate_op(op, np.bool_(x), np.bool_(y))
        assert int(number) in TRANSFERS[arith.CmpI](op, Interval(x, x), Interval(y, y))


@pytest.mark.parametrize("cls", [arith.ShLI, arith.ShRSI, arith.ShRUI])
@pytest.mark.parametrize("by", [Interval(-3, 1), Interval(6, 9), Interval(0, 200)])
def test_shifts_by_what_is_no_place_of_a_byte(cls, by) -> None:
    op = cls(arith.constant(0, i8), arith.constant(0, i8))
    assert TRANSFERS[cls](op, Interval(1, 3), by) is None


@given(st.integers(-600, 600), st.integers(0, 300))
def test_what_wraps_is_what_the_bits_say(low, size) -> None:
    bounds = Interval(-128, 127)
    found = wrapped(Interval(low, low + size), bounds)
    numbers = np.arange(low, low + size + 1).astype(np.int8)
    assert all(int(n) in found for n in numbers)
    if int(numbers[-1]) - int(numbers[0]) == size:
        assert found == Interval(int(numbers[0]), int(numbers[-1]))


def test_bounds_of_types() -> None:
    assert bounds_of(i1) == Interval(0, 1) == bounds_of(TensorType((2,), i1))
    assert bounds_of(IntegerType(8, "unsigned")) == Interval(0, 255)
    assert bounds_of(index) == Interval(-(2**63), 2**63 - 1)
    assert (
        bounds_of(TensorType((2,), couloir.parse("func.func private @f(f32)").functions[0].function_type.inputs[0]))
        is None
    )


# -- how near they are ---------------------------------------------------------------------------------------------------------


def ranges_of(text: str) -> list:
    """The ranges of what the first function returns."""
    module = couloir.parse(text)
    facts = integer_ranges(module)
    found = [facts[v] for v in module.functions[0].body.last_block.last_op.operands]
    return [(f.low, f.high) if isinstance(f, Interval) else f for f in found]


def test_loop_variables() -> None:
    assert ranges_of("""
    func.func @f(%n: index, %k: index) -> (index, index, index, index) {
      %c0 = arith.constant 0 : index
      %c3 = arith.constant 3 : index
      %c10 = arith.constant 10 : index
      %a = scf.for %i = %c0 to %c10 step %c3 iter_args(%x = %c0) -> (index) { scf.yield %i : index }
      %b = affine.for %j = 2 to 11 step 4 iter_args(%y = %c3) -> (index) {
        %z = affine.apply affine_map<(d0) -> (d0 * 2 + 1)>(%j)
        affine.yield %z : index
      }
      %c = scf.for %i = %c10 to %c3 step %c3 iter_args(%x = %c0) -> (index) { scf.yield %i : index }
      %d = scf.for %i = %n to %c10 step %c3 iter_args(%x = %c0) -> (index) { scf.yield %i : index }
      return %a, %b, %c, %d : index, index, index, index
    }""") == [(0, 9), (5, 21), (0, 0), (-(2**63), 9)]


def test_truth_values_and_their_sign() -> None:
    assert ranges_of("""
    func.func @f(%p: i1) -> (i32, i32, index, i1) {
      %0 = arith.extsi %p : i1 to i32
      %1 = arith.extui %p : i1 to i32
      %2 = arith.index_cast %p : i1 to index
      %t = arith.constant true
      %3 = arith.xori %t, %t : i1
      return %0, %1, %2, %3 : i32, i32, index, i1
    }""") == [(-1, 0), (0, 1), (-1, 0), (0, 0)]


def test_a_conversion_to_a_narrower_type_is_known_only_where_it_fits() -> None:
    assert ranges_of("""
    func.func @f() -> (tensor<300xi8>, tensor<300xi16>, tensor<300xi1>) {
      %0 = stablehlo.iota dim = 0 : tensor<300xi32>
      %1 = stablehlo.convert %0 : (tensor<300xi32>) -> tensor<300xi8>
      %2 = stablehlo.convert %0 : (tensor<300xi32>) -> tensor<300xi16>
      %3 = stablehlo.convert %0 : (tensor<300xi32>) -> tensor<300xi1>
      return %1, %2, %3 : tensor<300xi8>, tensor<300xi16>, tensor<300xi1>
    }""") == [ANY, (0, 299), (0, 1)]


def test_bounds_without_sign_are_known_only_where_both_readings_are_one() -> None:
    text = """
    func.func @f(%x: i8) -> i8 {{
      %lo = arith.constant {0} : i8
      %hi = arith.constant {1} : i8
      %st = arith.constant 1 : i8
      %r = scf.for unsigned %i = %lo to %hi step %st iter_args(%a = %lo) -> (i8) : i8 {{
        scf.yield %i : i8
      }}
      return %r : i8
    }}"""
    assert ranges_of(text.format(3, 9)) == [(3, 8)]
    assert ranges_of(text.format(100, -100)) == [(-128, 127)]  # 100 to 156


def test_variables_of_parallel_loops() -> None:
    module = couloir.parse("""
    func.func @f(%n: index, %m: memref<8x8xindex>) {
      %c3 = arith.constant 3 : index
      affine.parallel (%i, %j) = (0, 1) to (%c3, min(8, 6)) step (1, 2) {
        %k = affine.apply affine_map<(d0, d1) -> (d0 - d1)>(%i, %j)
        affine.store %k, %m[%i, %j] : memref<8x8xindex>
      }
      affine.parallel (%i) = (0) to (%n) {
        affine.store %i, %m[%i, 0] : memref<8x8xindex>
      }
      return
    }""")
    facts = integer_ranges(module)
    first, second = (op for op in module.walk() if op.name == "affine.parallel")
    assert [facts[v] for v in first.variables] == [Interval(0, 2), Interval(1, 5)]
    assert facts[first.body.block.first_op.result] == Interval(-5, 1)
    assert facts[second.variables[0]] == Interval(0, 2**63 - 2)


def test_a_counter_in_a_while_loop_is_bounded_by_its_condition() -> None:
    assert ranges_of("""
    func.func @f(%t: tensor<i32>) -> (tensor<i32>, tensor<i32>) {
      %0 = stablehlo.constant dense<0> : tensor<i32>
      %1 = stablehlo.constant dense<1> : tensor<i32>
      %n = stablehlo.constant dense<100> : tensor<i32>
      %r:2 = stablehlo.while(%i = %0, %last = %0) : tensor<i32>, tensor<i32>
        cond {
          %p = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
          stablehlo.return %p : tensor<i1>
        } do {
          %k = stablehlo.add %i, %1 : tensor<i32>
          stablehlo.return %k, %i : tensor<i32>, tensor<i32>
        }
      return %r#0, %r#1 : tensor<i32>, tensor<i32>
    }""") == [(100, 100), (0, 99)]
    assert ranges_of("""
    func.func @f() -> (i32, i32) {
      %0 = arith.constant 0 : i32
      %1 = arith.constant 1 : i32
      %n = arith.constant 100 : i32
      %r:2 = scf.while (%i = %0, %last = %0) : (i32, i32) -> (i32, i32) {
        %p = arith.cmpi slt, %i, %n : i32
        scf.condition(%p) %i, %last : i32, i32
      } do {
      ^bb0(%a: i32, %b: i32):
        %k = arith.addi %a, %1 : i32
        scf.yield %k, %a : i32, i32
      }
      return %r#0, %r#1 : i32, i32
    }""") == [(100, 100), (0, 99)]


def test_a_truth_value_that_is_carried_is_not_the_condition() -> None:
    (found,) = ranges_of("""
    func.func @f(%p: tensor<i1>, %q: tensor<i1>, %x: tensor<i32>) -> tensor<i32> {
      %n = stablehlo.constant dense<5> : tensor<i32>
      %r:2 = stablehlo.while(%t = %p, %i = %n) : tensor<i1>, tensor<i32>
        cond {
          stablehlo.return %q : tensor<i1>
        } do {
          %k = stablehlo.add %i, %n : tensor<i32>
          %c = stablehlo.compare LT, %k, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
          stablehlo.return %c, %k : tensor<i1>, tensor<i32>
        }
      return %r#1 : tensor<i32>
    }""")
    assert found == (-(2**31), 2**31 - 1)


def test_choices_and_joins() -> None:
    assert ranges_of("""
    func.func @f(%p: i1, %x: tensor<2xi8>) -> (i32, tensor<4xi8>, tensor<4xi8>) {
      %a = arith.constant 3 : i32
      %b = arith.constant 9 : i32
      %0 = arith.select %p, %a, %b : i32
      %k = stablehlo.constant dense<7> : tensor<2xi8>
      %l = stablehlo.constant dense<[1, -2]> : tensor<2xi8>
      %1 = stablehlo.concatenate %k, %l, dim = 0 : (tensor<2xi8>, tensor<2xi8>) -> tensor<4xi8>
      %2 = stablehlo.concatenate %k, %x, dim = 0 : (tensor<2xi8>, tensor<2xi8>) -> tensor<4xi8>
      return %0, %1, %2 : i32, tensor<4xi8>, tensor<4xi8>
    }""") == [(3, 9), (-2, 7), (-128, 127)]


def test_a_branch_with_one_target_decides_nothing() -> None:
    assert ranges_of("""
    func.func @f(%x: i32) -> i32 {
      %0 = arith.constant 0 : i32
      %p = arith.cmpi slt, %x, %0 : i32
      cf.cond_br %p, ^a(%x : i32), ^a(%x : i32)
    ^a(%y: i32):
      return %y : i32
    }""") == [(-(2**31), 2**31 - 1)]


def test_what_a_branch_has_decided() -> None:
    assert ranges_of("""
    func.func @f(%x: i32) -> (i32, i32) {
      %0 = arith.constant 0 : i32
      %9 = arith.constant 9 : i32
      %p = arith.cmpi sge, %x, %0 : i32
      %q = arith.cmpi sle, %x, %9 : i32
      %r = arith.andi %p, %q : i1
      cf.cond_br %r, ^in(%x : i32), ^out(%0 : i32)
    ^in(%a: i32):
      %d = arith.divsi %9, %a : i32
      cf.br ^out(%a : i32)
    ^out(%b: i32):
      %c = arith.addi %b, %9 : i32
      return %b, %c : i32, i32
    }""") == [(0, 9), (9, 18)]


def test_what_is_never_run_has_no_range() -> None:
    assert ranges_of("""
    func.func @f(%x: i32) -> i32 {
      %0 = arith.constant 0 : i32
      %1 = arith.constant 1 : i32
      %p = arith.cmpi slt, %1, %0 : i32
      cf.cond_br %p, ^no, ^end(%1 : i32)
    ^no:
      %k = arith.addi %x, %x : i32
      cf.br ^end(%k : i32)
    ^end(%b: i32):
      return %b : i32
    }""") == [(1, 1)]


def test_calls_and_unknown_values() -> None:
    assert ranges_of("""
    func.func @f(%x: i8, %y: f32) -> (i32, i32, f32) {
      %0 = arith.extsi %x : i8 to i32
      %1 = func.call @g(%0) : (i32) -> i32
      %2 = arith.extui %x : i8 to i32
      return %1, %2, %y : i32, i32, f32
    }
    func.func private @g(%x: i32) -> i32 {
      %0 = arith.muli %x, %x : i32
      return %0 : i32
    }""") == [(-16256, 16384), (0, 255), ANY]


def test_comparisons_that_always_come_out_the_same_go() -> None:
    same(
        after(
            """
            func.func @f(%x: i8, %n: tensor<4xi32>) -> (i1, tensor<4xi1>) {
              %0 = arith.extsi %x : i8 to i32
              %c = arith.constant 200 : i32
              %1 = arith.cmpi slt, %0, %c : i32
              %i = stablehlo.iota dim = 0 : tensor<4xi32>
              %k = stablehlo.constant dense<4> : tensor<4xi32>
              %2 = stablehlo.compare LT, %i, %k : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi1>
              return %1, %2 : i1, tensor<4xi1>
            }""",
            IntRangeOptimizations(),
        ),
        """
        func.func @f(%x: i8, %n: tensor<4xi32>) -> (i1, tensor<4xi1>) {
          %0 = arith.extsi %x : i8 to i32
          %c = arith.constant 200 : i32
          %1 = arith.constant true
          %i = stablehlo.iota dim = 0 : tensor<4xi32>
          %k = stablehlo.constant dense<4> : tensor<4xi32>
          %2 = stablehlo.constant dense<true> : tensor<4xi1>
          return %1, %2 : i1, tensor<4xi1>
        }""",
    )


def test_a_loop_that_grows_for_ever_comes_to_an_end() -> None:
    found = ranges_of("""
    func.func @f() -> i32 {
      %1 = arith.constant 1 : i32
      cf.br ^loop(%1 : i32)
    ^loop(%x: i32):
      %y = arith.muli %x, %1 : i32
      %z = arith.addi %y, %1 : i32
      %p = arith.cmpi eq, %z, %1 : i32
      cf.cond_br %p, ^end, ^loop(%z : i32)
    ^end:
      return %z : i32
    }""")
    assert found == [(-(2**31), 2**31 - 1)]
    assert IntegerAttr(1, i32).value == 1
