"""The meaning of arith, math, affine, memref, scf, tensor and vector ops, and of loops that StableHLO is lowered to."""

from __future__ import annotations

import math as python_math
import operator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import couloir
from couloir.backends.numpy import NotInDomain, evaluate_op, integers, rationals, residues, run
from couloir.dialects import arith, hlo, math, vector
from couloir.dialects.arith import CmpFPredicate, CmpIPredicate
from couloir.ir.errors import Error
from couloir.ir.types import IndexType, TensorType, f16, f32, f64, i1, i8, i16, i32, i64, index
from tests.backends.numpy.programs import numbers, program

WIDTHS = [i1, i8, i16, i32, i64, index]


def bits_of(type: Any) -> int:
    return 64 if isinstance(type, IndexType) else type.width


def constant(value: int, type: Any) -> Any:
    return arith.constant(value, type)


def number(value: Any, bits: int, *, signed: bool) -> int:
    """The low bits of a number, read with or without sign."""
    low = int(value) & ((1 << bits) - 1)
    return low - (1 << bits) if signed and low >> (bits - 1) else low


def one(op: Any, *arrays: Any) -> Any:
    (result,) = evaluate_op(op, *arrays)
    return result


# -- integers against Python's --------------------------------------------------------------------------------------


def truncated(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


SIGNED: dict[Any, Any] = {
    arith.AddI: operator.add,
    arith.SubI: operator.sub,
    arith.MulI: operator.mul,
    arith.DivSI: truncated,
    arith.CeilDivSI: lambda a, b: -(-a // b),
    arith.FloorDivSI: operator.floordiv,
    arith.RemSI: lambda a, b: a - b * truncated(a, b),
    arith.MinSI: min,
    arith.MaxSI: max,
}
UNSIGNED: dict[Any, Any] = {
    arith.DivUI: operator.floordiv,
    arith.CeilDivUI: lambda a, b: -(-a // b),
    arith.RemUI: operator.mod,
    arith.AndI: operator.and_,
    arith.OrI: operator.or_,
    arith.XOrI: operator.xor,
    arith.MinUI: min,
    arith.MaxUI: max,
}
DIVISIONS = (arith.DivSI, arith.CeilDivSI, arith.FloorDivSI, arith.RemSI, arith.DivUI, arith.CeilDivUI, arith.RemUI)


@pytest.mark.parametrize("cls", [*SIGNED, *UNSIGNED], ids=lambda cls: cls.__name__)
@given(data=st.data(), type=st.sampled_from(WIDTHS))
@settings(max_examples=20)
def test_integers(cls: Any, data: Any, type: Any) -> None:
    bits, signed = bits_of(type), cls in SIGNED
    drawn = st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    a, b = (number(data.draw(drawn), bits, signed=signed) for _ in range(2))
    if cls in DIVISIONS and (b == 0 or (signed and b == -1 and a == -(1 << (bits - 1)))):
        return  # undefined
    op = cls(*(constant(number(v, bits, signed=True), type) for v in (a, b)))
    result = run_scalars(op)
    expected = (SIGNED | UNSIGNED)[cls](a, b)
    assert number(result, bits, signed=True) == number(expected, bits, signed=True)


def run_scalars(op: Any) -> Any:
    """The result of an op whose operands are constants."""
    values = [evaluate_op(value.defining_op)[0] for value in op.operands]
    return one(op, *values)


@given(a=st.integers(-128, 127), shift=st.integers(0, 7))
def test_shifts(a: int, shift: int) -> None:
    lhs, rhs = constant(a, i8), constant(shift, i8)
    assert int(run_scalars(arith.ShLI(lhs, rhs))) == number(a << shift, 8, signed=True)
    assert int(run_scalars(arith.ShRSI(lhs, rhs))) == a >> shift
    assert int(run_scalars(arith.ShRUI(lhs, rhs))) == number(number(a, 8, signed=False) >> shift, 8, signed=True)


@given(data=st.data(), type=st.sampled_from(WIDTHS), predicate=st.sampled_from(CmpIPredicate))
def test_comparisons_of_integers(data: Any, type: Any, predicate: CmpIPredicate) -> None:
    bits = bits_of(type)
    drawn = st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
    a, b = data.draw(drawn), data.draw(drawn)
    relation = getattr(operator, predicate.value[-2:])
    read = [number(v, bits, signed=predicate.value[0] != "u") for v in (a, b)]
    result = run_scalars(arith.CmpI(predicate, constant(a, type), constant(b, type)))
    assert bool(result) == relation(*read)


@given(data=st.data(), source=st.sampled_from([i1, i8, i16]), target=st.sampled_from([i32, i64]))
def test_conversions_of_integers(data: Any, source: Any, target: Any) -> None:
    bits = bits_of(source)
    a = data.draw(st.integers(-(1 << (bits - 1)), (1 << (bits - 1)) - 1))
    low = number(a, bits, signed=False)
    value = constant(a, source)
    assert int(run_scalars(arith.ExtSI(value, result_types=[target]))) == a
    assert int(run_scalars(arith.ExtUI(value, result_types=[target]))) == low
    assert int(run_scalars(arith.IndexCast(value, result_types=[index]))) == a
    assert int(run_scalars(arith.IndexCastUI(value, result_types=[index]))) == low
    assert float(run_scalars(arith.SIToFP(value, result_types=[f32]))) == a
    assert float(run_scalars(arith.UIToFP(value, result_types=[f32]))) == low
    wide = constant(a * 3, target)
    assert number(run_scalars(arith.TruncI(wide, result_types=[source])), bits, signed=True) == number(
        a * 3, bits, signed=True
    )
    if bits > 1:
        assert int(run_scalars(arith.FPToSI(constant(a, f32), result_types=[source]))) == a
        unsigned = run_scalars(arith.FPToUI(constant(low, f32), result_types=[source]))
        assert number(unsigned, bits, signed=False) == low


@given(a=st.integers(-128, 127))
def test_functions_of_integers(a: int) -> None:
    value, low = constant(a, i8), number(a, 8, signed=False)
    assert number(run_scalars(math.AbsI(value)), 8, signed=False) == abs(a)
    assert int(run_scalars(math.CtPop(value))) == low.bit_count()
    assert int(run_scalars(math.CountLeadingZeros(value))) == 8 - low.bit_length()
    assert int(run_scalars(math.CountTrailingZeros(value))) == (8 if a == 0 else (low & -low).bit_length() - 1)
    power = run_scalars(math.IPowI(value, constant(3, i8)))
    assert int(power) == number(a**3, 8, signed=True)


@pytest.mark.parametrize("value", [0, 1])
def test_functions_of_single_bits(value: int) -> None:
    for cls in (math.CountLeadingZeros, math.CountTrailingZeros):
        assert bool(run_scalars(cls(constant(value, i1)))) == (value == 0)


# -- floats -----------------------------------------------------------------------------------------------------------

SPECIAL = [0.0, -0.0, 1.0, -2.5, float("inf"), float("-inf"), float("nan")]


@pytest.mark.parametrize("predicate", CmpFPredicate)
def test_comparisons_of_floats(predicate: CmpFPredicate) -> None:
    names = {"eq": operator.eq, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
    for a in SPECIAL:
        for b in SPECIAL:
            unordered = a != a or b != b
            match predicate.value:
                case "false" | "true":
                    expected = predicate.value == "true"
                case "ord" | "uno":
                    expected = unordered == (predicate.value == "uno")
                case name:
                    relation = names.get(name[1:], operator.ne)
                    expected = name[0] == "u" if unordered else relation(a, b)
            result = run_scalars(arith.CmpF(predicate, constant(a, f32), constant(b, f32)))
            assert bool(result) == expected, (a, b)


@pytest.mark.parametrize(
    ("cls", "function"),
    [
        (arith.AddF, np.add),
        (arith.SubF, np.subtract),
        (arith.MulF, np.multiply),
        (arith.DivF, np.divide),
        (arith.RemF, np.fmod),
        (arith.MinimumF, np.minimum),
        (arith.MaximumF, np.maximum),
        (arith.MinNumF, np.fmin),
        (arith.MaxNumF, np.fmax),
    ],
)
def test_floats(cls: Any, function: Any) -> None:
    a, b = (np.ascontiguousarray(v.reshape(-1)) for v in np.meshgrid(*[np.array(SPECIAL, np.float32)] * 2))
    module = program([a, b], cls)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(run(module, a, b)[0], function(a, b))


def test_floats_of_other_kinds() -> None:
    x = np.array(SPECIAL, np.float32)
    ops = [arith.NegF, math.IsNaN, math.IsInf, math.IsFinite]
    results = run(program([x], lambda v: [op(v) for op in ops]), x)
    for result, function in zip(results, [np.negative, np.isnan, np.isinf, np.isfinite], strict=True):
        np.testing.assert_array_equal(result, function(x))
    wide = np.array([1 + 2**-20, 70000.0])
    narrow = run(program([wide], lambda v: arith.TruncF(v, result_types=[TensorType((2,), f16)])), wide)[0]
    np.testing.assert_array_equal(narrow, np.array([1, np.inf], np.float16))
    back = run(program([narrow], lambda v: arith.ExtF(v, result_types=[TensorType((2,), f64)])), narrow)[0]
    np.testing.assert_array_equal(back, [1, np.inf])
    bits = one(arith.Bitcast(constant(1.0, f32), result_types=[i32]), np.float32(1))
    assert int(bits) == 0x3F800000


def test_rounding_modes_that_cannot_be_evaluated_are_refused() -> None:
    op = arith.AddF(constant(1.0, f32), constant(2.0, f32), roundingmode=arith.RoundingMode.UPWARD)
    with pytest.raises(Error, match="rounds upward"):
        run_scalars(op)


def test_select() -> None:
    x, y, p = numbers((4,), "f4", 1), numbers((4,), "f4", 2), np.array([True, False, True, False])
    np.testing.assert_array_equal(run(program([p, x, y], arith.Select), p, x, y)[0], np.where(p, x, y))
    q = np.asarray(False)
    module = program([i1, TensorType((4,), f32), TensorType((4,), f32)], arith.Select)
    np.testing.assert_array_equal(run(module, q, x, y)[0], y)


FUNCTIONS: dict[Any, Any] = {
    **{getattr(math, name): getattr(np, name.lower()) for name in ("Cosh", "Sinh", "Tanh", "Cos", "Sin", "Tan", "Exp")},
    **{getattr(math, name): getattr(np, name.lower()) for name in ("Exp2", "ExpM1", "Floor", "Ceil", "Trunc")},
    math.AbsF: np.abs,
    math.Asinh: np.arcsinh,
    math.Atan: np.arctan,
    math.Cbrt: np.cbrt,
    math.RoundEven: np.rint,
    math.Erf: np.vectorize(python_math.erf),
}
OF_POSITIVE: dict[Any, Any] = {
    **{getattr(math, name): getattr(np, name.lower()) for name in ("Log", "Log10", "Log1p", "Log2", "Sqrt")},
    math.Rsqrt: lambda x: 1 / np.sqrt(x),
}


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_functions_of_floats(dtype: str) -> None:
    x = np.random.default_rng(0).uniform(-2, 2, 50).astype(dtype)
    results = run(program([x], lambda v: [cls(v) for cls in FUNCTIONS]), x)
    positive = run(program([x], lambda v: [cls(math.AbsF(v)) for cls in OF_POSITIVE]), x)
    pairs = [*zip(FUNCTIONS.values(), results, strict=True)]
    pairs += [(lambda v, f=f: f(np.abs(v)), r) for f, r in zip(OF_POSITIVE.values(), positive, strict=True)]
    for function, result in pairs:
        expected = function(x.astype("f8"))
        assert result.dtype == dtype
        bound = 4 * float(np.finfo(dtype).eps)
        np.testing.assert_allclose(result, expected, rtol=bound, atol=bound)
    small = x / np.asarray(4, dtype)
    for cls, function in {math.Acos: np.arccos, math.Asin: np.arcsin, math.Atanh: np.arctanh}.items():
        result = run(program([small], cls), small)[0]
        np.testing.assert_allclose(result, function(small.astype("f8")), rtol=4 * float(np.finfo(dtype).eps))


def test_functions_of_two_floats() -> None:
    x, y = numbers((30,), "f4", 1), numbers((30,), "f4", 2)
    results = run(
        program([x, y], lambda a, b: [math.Atan2(a, b), math.CopySign(a, b), math.PowF(math.AbsF(a), b)]), x, y
    )
    with np.errstate(all="ignore"):
        expected = [np.arctan2(x, y), np.copysign(x, y), np.power(np.abs(x), y)]
    for result, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(result, wanted, rtol=1e-6)
    exponents = np.array([-2, 0, 3], np.int32)
    bases = np.array([2, 5, -3], np.float32)
    np.testing.assert_array_equal(run(program([bases, exponents], math.FPowI), bases, exponents)[0], [0.25, 1, -27])


def test_functions_that_only_floats_have() -> None:
    op = math.Log2(constant(1.0, f32))
    with pytest.raises(NotInDomain, match=r"`math\.log2` is not in the domain rationals"):
        evaluate_op(op, np.float32(1), domain=rationals)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
@given(seed=st.integers(0, 9999))
@settings(max_examples=20)
def test_fma_rounds_once(dtype: str, seed: int) -> None:
    """Against exact fractions, with products that nearly cancel the third operand."""
    rng = np.random.default_rng(seed)
    a, b = (rng.uniform(1, 2, 50).astype(dtype) for _ in range(2))
    c = -(a * b) * np.asarray(rng.choice([1, 1, 0.5, 2**-12, 2**-30], 50)).astype(dtype)
    result = run(program([a, b, c], math.Fma), a, b, c)[0]
    exact = [Fraction(float(x)) * Fraction(float(y)) + Fraction(float(z)) for x, y, z in zip(a, b, c, strict=True)]
    for ours, value in zip(result, exact, strict=True):
        error = abs(Fraction(float(ours)) - value)
        for neighbour in (
            np.nextafter(ours, np.asarray(np.inf, dtype)),
            np.nextafter(ours, np.asarray(-np.inf, dtype)),
        ):
            if np.isfinite(neighbour):
                assert error <= abs(Fraction(float(neighbour)) - value)


def test_fma_of_infinities_and_in_other_domains() -> None:
    x = np.array([np.inf, 1, 1e300], np.float64)
    y = np.array([2, np.inf, 1e300], np.float64)
    z = np.array([1, 1, -np.inf], np.float64)
    np.testing.assert_array_equal(run(program([x, y, z], math.Fma), x, y, z)[0], [np.inf, np.inf, -np.inf])
    a = np.full(1, 3, np.float32)
    module = program([a, a, a], math.Fma)
    assert run(module, a, a, a, domain=integers)[0].tolist() == [12]
    assert residues.to_residues(run(module, a, a, a, domain=residues)[0]).tolist() == [12]


# -- loops and buffers ------------------------------------------------------------------------------------------------

MATMUL = """
#row = affine_map<(d0, d1, d2) -> (d0, d2)>
func.func @main(%a: memref<3x4xf32>, %b: memref<4x2xf32>, %c: memref<3x2xf32>) attributes {couloir.inputs = 2 : i64} {
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 3 {
    affine.for %j = 0 to 2 {
      %sum = affine.for %k = 0 to 4 iter_args(%s = %zero) -> (f32) {
        %x = affine.load %a[%i, %k] : memref<3x4xf32>
        %y = affine.load %b[%k, %j] : memref<4x2xf32>
        %p = arith.mulf %x, %y : f32
        %t = arith.addf %s, %p : f32
        affine.yield %t : f32
      }
      affine.store %sum, %c[%i, %j] : memref<3x2xf32>
    }
  }
  return
}
"""


def test_loops_over_buffers() -> None:
    a, b = numbers((3, 4), "f4", 1), numbers((4, 2), "f4", 2)
    module = couloir.parse(MATMUL)
    (c,) = run(module, a, b)
    np.testing.assert_array_equal(c, a @ b)
    (exact,) = run(module, a, b, domain=rationals)
    np.testing.assert_array_equal(exact.astype(float), a @ b)
    (field,) = run(module, a, b, domain=residues)
    np.testing.assert_array_equal(residues.to_residues(field), (a @ b).astype(int) % (2**31 - 1))


def test_without_a_count_of_inputs_buffers_are_written_in_place() -> None:
    a, b, c = numbers((3, 4), "f4", 1), numbers((4, 2), "f4", 2), np.zeros((3, 2), np.float32)
    module = couloir.parse(MATMUL.replace("attributes {couloir.inputs = 2 : i64}", ""))
    assert run(module, a, b, c) == ()
    np.testing.assert_array_equal(c, a @ b)
    c.flags.writeable = False
    with pytest.raises(Error, match="read-only"):
        run(module, a, b, c)


@pytest.mark.parametrize("count", ['"two"', "9 : i64", "-1 : i64"])
def test_a_count_of_inputs_that_makes_no_sense(count: str) -> None:
    with pytest.raises(Error, match=r"`couloir\.inputs` of @main is a number from 0 to 3"):
        run(couloir.parse(MATMUL.replace("2 : i64", count)))


def test_loads_are_copies() -> None:
    module = couloir.parse("""
        func.func @main(%b: memref<2xf32>, %v: vector<2xf32>) -> (f32, vector<2xf32>, f32) {
          %i = arith.constant 0 : index
          %x = memref.load %b[%i] : memref<2xf32>
          %w = vector.load %b[%i] : memref<2xf32>, vector<2xf32>
          vector.store %v, %b[%i] : memref<2xf32>, vector<2xf32>
          %y = affine.load %b[0] : memref<2xf32>
          return %x, %w, %y : f32, vector<2xf32>, f32
        }""")
    buffer = np.array([1, 2], np.float32)
    for domain in (None, residues):
        options = {} if domain is None else {"domain": domain}
        x, w, y = run(module, buffer.copy(), np.array([3, 4], np.float32), **options)
        if domain is not None:
            x, w, y = (domain.to_residues(v) for v in (x, w, y))
        assert (float(x), w.tolist(), float(y)) == (1, [1, 2], 3)


@pytest.mark.parametrize("place", [-1, 3, 4])
@pytest.mark.parametrize(
    "access",
    [
        "%x = memref.load %b[%i] : memref<4xf32>",
        "memref.store %z, %b[%i] : memref<4xf32>",
        "%x = affine.load %b[symbol(%i)] : memref<4xf32>",
        "%x = vector.load %b[%i] : memref<4xf32>, vector<2xf32>",
        "vector.store %v, %b[%i] : memref<4xf32>, vector<2xf32>",
    ],
)
def test_indices_outside_of_a_buffer(access: str, place: int) -> None:
    module = couloir.parse(f"""
        func.func @main(%b: memref<4xf32>, %i: index, %v: vector<2xf32>) {{
          %z = arith.constant 0.0 : f32
          {access}
          return
        }}""")
    arguments = np.zeros(4, np.float32), np.asarray(place), np.zeros(2, np.float32)
    if place == 3 and "vector." not in access:
        run(module, *arguments)
    else:
        with pytest.raises(Error, match="lies outside of dimension 0 of a buffer of shape"):
            run(module, *arguments)


def test_affine_bounds_conditions_and_numbers() -> None:
    module = couloir.parse("""
        #lower = affine_map<(d0) -> (d0, 2)>
        #upper = affine_map<(d0)[s0] -> (d0 * 2 + 1, s0)>
        #set = affine_set<(d0) : (d0 mod 2 == 0, d0 - 4 >= 0)>
        func.func @main(%n: index, %m: index) -> (index, index, index, index, index) {
          %zero = arith.constant 0 : index
          %sum = affine.for %i = max #lower(%n) to min #upper(%n)[%m] step 3 iter_args(%s = %zero) -> (index) {
            %t = arith.addi %s, %i : index
            affine.yield %t : index
          }
          %a = affine.apply affine_map<(d0)[s0] -> (d0 * 3 - s0 floordiv 2)>(%n)[%m]
          %b = affine.min affine_map<(d0)[s0] -> (d0, s0)>(%n)[%m]
          %c = affine.max affine_map<(d0)[s0] -> (d0, s0)>(%n)[%m]
          %d = affine.if #set(%n) -> index { affine.yield %n : index } else { affine.yield %m : index }
          return %sum, %a, %b, %c, %d : index, index, index, index, index
        }""")
    for n, m in [(4, 100), (5, 7), (1, 3), (6, -3)]:
        expected = [
            sum(range(max(n, 2), min(2 * n + 1, m), 3)),
            3 * n - m // 2,
            min(n, m),
            max(n, m),
            n if n % 2 == 0 and n >= 4 else m,
        ]
        assert [int(v) for v in run(module, np.asarray(n), np.asarray(m))] == expected


def test_an_affine_if_without_else() -> None:
    module = couloir.parse("""
        func.func @main(%b: memref<1xi32>, %n: index) {
          %one = arith.constant 1 : i32
          affine.if affine_set<(d0) : (d0 >= 0)>(%n) { affine.store %one, %b[0] : memref<1xi32> }
          return
        }""")
    for n, expected in [(3, 1), (-3, 0)]:
        buffer = np.zeros(1, np.int32)
        run(module, buffer, np.asarray(n))
        assert buffer[0] == expected


def test_parallel_loops_and_their_reductions() -> None:
    module = couloir.parse("""
        func.func @main(%n: index) -> (f32, i32, i32) {
          %one = arith.constant 1.0 : f32
          %r:3 = affine.parallel (%i, %j) = (0, max(1, 2)) to (%n, min(7, 5)) step (1, 2)
              reduce ("addf", "maxs", "minu") -> (f32, i32, i32) {
            %k = arith.muli %i, %j : index
            %a = arith.index_cast %k : index to i32
            affine.yield %one, %a, %a : f32, i32, i32
          }
          return %r#0, %r#1, %r#2 : f32, i32, i32
        }""")
    assert [float(v) for v in run(module, np.asarray(4))] == [8, 12, 0]
    assert [int(v) for v in run(module, np.asarray(0))] == [0, -(2**31), -1]


def test_buffers_of_a_module() -> None:
    """A constant is what it was in each run; a variable lives for one evaluation, and its calls share it."""
    module = couloir.parse("""
        memref.global "private" constant @weights : memref<2xf32> = dense<[3.0, 4.0]>
        memref.global "private" @count : memref<1xi32> = dense<0>
        func.func private @next() -> i32 {
          %i = arith.constant 0 : index
          %one = arith.constant 1 : i32
          %c = memref.get_global @count : memref<1xi32>
          %x = memref.load %c[%i] : memref<1xi32>
          %y = arith.addi %x, %one : i32
          memref.store %y, %c[%i] : memref<1xi32>
          return %y : i32
        }
        func.func @main() -> (i32, i32, f32) {
          %a = func.call @next() : () -> i32
          %b = func.call @next() : () -> i32
          %i = arith.constant 1 : index
          %w = memref.get_global @weights : memref<2xf32>
          %v = memref.load %w[%i] : memref<2xf32>
          return %a, %b, %v : i32, i32, f32
        }
        func.func @spoil() {
          %i = arith.constant 1 : index
          %z = arith.constant 0.0 : f32
          %w = memref.get_global @weights : memref<2xf32>
          memref.store %z, %w[%i] : memref<2xf32>
          return
        }""")
    for _ in range(2):
        assert [float(v) for v in run(module)] == [1, 2, 4]
    with pytest.raises(Error, match="read-only"):
        run(module, function="spoil")


def test_making_copying_and_viewing_buffers() -> None:
    module = couloir.parse("""
        memref.global "private" @scratch : memref<2xf32> = uninitialized
        func.func @main(%x: memref<2x6xf32>, %n: index) -> (memref<2x?xf32>, memref<2x2xf32, strided<[3, 6], offset: 1>>, index) {
          %axis = arith.constant 1 : index
          %y = memref.alloc(%n) : memref<2x?xf32>
          %z = memref.cast %x : memref<2x6xf32> to memref<2x?xf32>
          memref.copy %z, %y : memref<2x?xf32> to memref<2x?xf32>
          %v = memref.reinterpret_cast %x to offset: [1], sizes: [2, 2], strides: [3, 6]
               : memref<2x6xf32> to memref<2x2xf32, strided<[3, 6], offset: 1>>
          %d = memref.dim %y, %axis : memref<2x?xf32>
          %s = memref.alloca() : memref<4xf32>
          %g = memref.get_global @scratch : memref<2xf32>
          return %y, %v, %d : memref<2x?xf32>, memref<2x2xf32, strided<[3, 6], offset: 1>>, index
        }""")
    x = numbers((2, 6), "f4")
    y, v, d = run(module, x, np.asarray(6))
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(v, x.reshape(-1)[[[1, 7], [4, 10]]])
    assert int(d) == 6
    assert not np.may_share_memory(y, x)
    assert np.may_share_memory(v, x)
    with pytest.raises(Error, match="is copied to one of shape"):
        run(module, x, np.asarray(5))


def view(text: str, shape: tuple[int, ...] = (4, 6)) -> Any:
    """The result of an op that views a buffer of counted numbers."""
    dims = "x".join(map(str, shape))
    type = text.rsplit("to ", 1)[1]
    module = couloir.parse(f"""
        func.func @main(%x: memref<{dims}xf32>, %i: index) -> {type} {{
          %v = {text}
          return %v : {type}
        }}""")
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    (result,) = run(module, x, np.asarray(1))
    assert np.may_share_memory(result, x)
    return result.tolist()


def test_views_of_buffers() -> None:
    x = np.arange(24).reshape(4, 6)
    cast = "memref.reinterpret_cast %x to offset: [2], sizes: [3, 2], strides: [6, 2] : memref<4x6xf32>"
    assert view(f"{cast} to memref<3x2xf32, strided<[6, 2], offset: 2>>") == x[:3, 2:6:2].tolist()
    part = "memref.subview %x[%i, 2] [2, 2] [2, 3] : memref<4x6xf32>"
    assert view(f"{part} to memref<2x2xf32, strided<[12, 3], offset: ?>>") == x[1::2, 2::3].tolist()
    row = "memref.subview %x[2, 0] [1, 6] [1, 1] : memref<4x6xf32>"
    assert view(f"{row} to memref<6xf32, strided<[1], offset: 12>>") == x[2].tolist()
    column = "memref.subview %x[1, 3] [2, 1] [1, 1] : memref<4x6xf32>"
    assert view(f"{column} to memref<2xf32, strided<[6], offset: 9>>") == x[1:3, 3].tolist()
    expanded = "memref.expand_shape %x [[0, 1], [2]] output_shape [2, 2, 6] : memref<4x6xf32>"
    assert view(f"{expanded} into memref<2x2x6xf32>") == x.reshape(2, 2, 6).tolist()
    assert view("memref.collapse_shape %x [[0, 1]] : memref<4x6xf32> into memref<24xf32>") == x.reshape(-1).tolist()


def test_views_that_reach_outside() -> None:
    cast = "memref.reinterpret_cast %x to offset: [2], sizes: [4, 2], strides: [6, 4] : memref<4x6xf32>"
    with pytest.raises(Error, match="elements 2 to 24 are reached in a buffer of 24"):
        view(f"{cast} to memref<4x2xf32, strided<[6, 4], offset: 2>>")
    part = "memref.subview %x[%i, 2] [4, 2] [1, 1] : memref<4x6xf32>"
    with pytest.raises(Error, match="elements 1 to 4 are taken of dimension 0 of size 4"):
        view(f"{part} to memref<4x2xf32, strided<[6, 1], offset: ?>>")


# -- scf, tensor and vector -------------------------------------------------------------------------------------------


def test_structured_loops() -> None:
    module = couloir.parse("""
        func.func @main(%n: i32) -> (i32, i32) {
          %zero = arith.constant 0 : i32
          %one = arith.constant 1 : i32
          %two = arith.constant 2 : i32
          %sum = scf.for %i = %zero to %n step %two iter_args(%s = %zero) -> (i32) : i32 {
            %t = arith.addi %s, %i : i32
            scf.yield %t : i32
          }
          %log:2 = scf.while (%x = %n, %c = %zero) : (i32, i32) -> (i32, i32) {
            %go = arith.cmpi sgt, %x, %one : i32
            scf.condition(%go) %x, %c : i32, i32
          } do {
          ^bb0(%x: i32, %c: i32):
            %y = arith.divsi %x, %two : i32
            %d = arith.addi %c, %one : i32
            scf.yield %y, %d : i32, i32
          }
          return %sum, %log#1 : i32, i32
        }""")
    for n in (0, 1, 9, 100):
        total, log = run(module, np.int32(n))
        assert (int(total), int(log)) == (sum(range(0, n, 2)), max(n, 1).bit_length() - 1)


def test_an_unsigned_loop_and_a_step_of_zero() -> None:
    text = """
        func.func @main(%a: i8, %b: i8, %s: i8) -> i32 {
          %zero = arith.constant 0 : i32
          %one = arith.constant 1 : i32
          %n = scf.for unsigned %i = %a to %b step %s iter_args(%c = %zero) -> (i32) : i8 {
            %d = arith.addi %c, %one : i32
            scf.yield %d : i32
          }
          return %n : i32
        }"""
    assert run(couloir.parse(text), np.int8(100), np.int8(-100), np.int8(1))[0] == 56
    assert run(couloir.parse(text.replace("unsigned ", "")), np.int8(100), np.int8(-100), np.int8(1))[0] == 0
    with pytest.raises(Error, match="the step of a loop is positive, not 0"):
        run(couloir.parse(text), np.int8(0), np.int8(1), np.int8(0))


def test_tensors() -> None:
    module = couloir.parse("""
        func.func @main(%x: tensor<2x3xf32>, %i: index, %n: index)
            -> (f32, tensor<2x3xf32>, index, tensor<?x3xf32>, tensor<3xf32>, tensor<?x2xf32>, tensor<2x?xf32>) {
          %one = arith.constant 1 : index
          %a = tensor.extract %x[%one, %i] : tensor<2x3xf32>
          %b = tensor.insert %a into %x[%one, %one] : tensor<2x3xf32>
          %c = tensor.dim %x, %one : tensor<2x3xf32>
          %d = tensor.cast %x : tensor<2x3xf32> to tensor<?x3xf32>
          %e = tensor.from_elements %a, %a, %a : tensor<3xf32>
          %f = tensor.splat %a[%n] : tensor<?x2xf32>
          %g = tensor.empty(%n) : tensor<2x?xf32>
          return %a, %b, %c, %d, %e, %f, %g
            : f32, tensor<2x3xf32>, index, tensor<?x3xf32>, tensor<3xf32>, tensor<?x2xf32>, tensor<2x?xf32>
        }""")
    x = numbers((2, 3), "f4")
    kept = x.copy()
    a, b, c, d, e, f, g = run(module, x, np.asarray(2), np.asarray(4))
    np.testing.assert_array_equal(x, kept)
    assert float(a) == x[1, 2]
    kept[1, 1] = x[1, 2]
    np.testing.assert_array_equal(b, kept)
    assert int(c) == 3
    np.testing.assert_array_equal(d, x)
    np.testing.assert_array_equal(e, [x[1, 2]] * 3)
    np.testing.assert_array_equal(f, np.full((4, 2), x[1, 2]))
    assert g.shape == (2, 4)
    for place in (-1, 3):
        with pytest.raises(Error, match="lies outside of dimension 1"):
            run(module, x, np.asarray(place), np.asarray(4))


def test_casts_to_dimensions_that_are_not_there() -> None:
    text = """func.func @main(%x: tensor<?xf32>, %i: index) -> tensor<3xf32> {
          %n = tensor.dim %x, %i : tensor<?xf32>
          %d = tensor.cast %x : tensor<?xf32> to tensor<3xf32>
          return %d : tensor<3xf32>
        }"""
    with pytest.raises(Error, match=r"an array of shape \[2\] is cast to `tensor<3xf32>`"):
        run(couloir.parse(text), np.zeros(2, np.float32), np.asarray(0))
    with pytest.raises(Error, match="there is no dimension 1"):
        run(couloir.parse(text), np.zeros(3, np.float32), np.asarray(1))


def test_vectors() -> None:
    module = couloir.parse("""
        func.func @main(%v: vector<2x3xf32>, %s: f32, %i: index)
            -> (vector<2x3xf32>, f32, vector<3xf32>, vector<2x3xf32>, vector<2x3xf32>, vector<6xf32>, vector<3x2xf32>, vector<2x6xf16>) {
          %a = vector.broadcast %s : f32 to vector<2x3xf32>
          %b = vector.extract %v[%i, 2] : f32 from vector<2x3xf32>
          %c = vector.extract %v[1] : vector<3xf32> from vector<2x3xf32>
          %d = vector.insert %s, %v[%i, 0] : f32 into vector<2x3xf32>
          %e = vector.fma %v, %a, %v : vector<2x3xf32>
          %f = vector.shape_cast %v : vector<2x3xf32> to vector<6xf32>
          %g = vector.transpose %v, [1, 0] : vector<2x3xf32> to vector<3x2xf32>
          %h = vector.bitcast %v : vector<2x3xf32> to vector<2x6xf16>
          return %a, %b, %c, %d, %e, %f, %g, %h
            : vector<2x3xf32>, f32, vector<3xf32>, vector<2x3xf32>, vector<2x3xf32>, vector<6xf32>, vector<3x2xf32>, vector<2x6xf16>
        }""")
    v = numbers((2, 3), "f4")
    a, b, c, d, e, f, g, h = run(module, v, np.float32(7), np.asarray(1))
    np.testing.assert_array_equal(a, np.full((2, 3), 7))
    assert float(b) == v[1, 2]
    np.testing.assert_array_equal(c, v[1])
    replaced = v.copy()
    replaced[1, 0] = 7
    np.testing.assert_array_equal(d, replaced)
    np.testing.assert_array_equal(e, v * 8)
    np.testing.assert_array_equal(f, v.reshape(-1))
    np.testing.assert_array_equal(g, v.T)
    np.testing.assert_array_equal(h, v.view(np.float16))
    with pytest.raises(Error, match=r"the position \[2, 2\] lies outside"):
        run(module, v, np.float32(7), np.asarray(2))


def test_bitcasts_of_vectors_to_wider_elements() -> None:
    module = couloir.parse("""func.func @main(%v: vector<2x4xi16>) -> vector<2x2xi32> {
          %0 = vector.bitcast %v : vector<2x4xi16> to vector<2x2xi32>
          return %0 : vector<2x2xi32>
        }""")
    v = np.arange(8, dtype=np.int16).reshape(2, 4)
    np.testing.assert_array_equal(run(module, v)[0], v.view(np.int32))


@pytest.mark.parametrize(
    ("kind", "element", "expected"),
    [
        ("add", "f32", 5.0),
        ("mul", "f32", -12.0),
        ("minnumf", "f32", -2.0),
        ("maximumf", "f32", 6.0),
        ("add", "i32", 5),
        ("minsi", "i32", -2),
        ("minui", "i32", 1),
        ("maxui", "i32", -2),
        ("or", "i32", -1),
    ],
)
@pytest.mark.parametrize("acc", [False, True])
def test_reductions_of_vectors(kind: str, element: str, expected: float, acc: bool) -> None:
    extra = ", %a" if acc else ""
    module = couloir.parse(f"""func.func @main(%v: vector<3x{element}>, %a: {element}) -> {element} {{
          %0 = vector.reduction <{kind}>, %v{extra} : vector<3x{element}> into {element}
          return %0 : {element}
        }}""")
    dtype = {"f32": np.float32, "i32": np.int32}[element]
    neutral = {"add": 0, "mul": 1, "or": 0}.get(kind, 1)
    assert float(run(module, np.array([-2, 6, 1], dtype), np.asarray(neutral, dtype))[0]) == expected


def test_reductions_that_do_not_fit_the_elements() -> None:
    module = couloir.parse("""func.func @main(%v: vector<3xf32>) -> f32 {
          %0 = vector.reduction <mul>, %v : vector<3xf32> into f32
          return %0 : f32
        }""")
    (op,) = [op for op in module.walk() if isinstance(op, vector.Reduction)]
    op.kind = type(op.kind).OR  # the verifier would refuse it
    with pytest.raises(Error, match="`or` does not combine elements"):
        run(module, np.zeros(3, np.float32))


def test_casts_of_an_unfinished_conversion() -> None:
    text = """func.func @main(%x: tensor<2xf32>) -> memref<2xf32> {{
          %0 = builtin.unrealized_conversion_cast %x{0} : tensor<2xf32>{1} to memref<2xf32>
          return %0 : memref<2xf32>
        }}"""
    assert run(couloir.parse(text.format("", "")), np.ones(2, np.float32))[0].tolist() == [1, 1]
    with pytest.raises(Error, match="it makes 1 values of 2"):
        run(couloir.parse(text.format(", %x", ", tensor<2xf32>")), np.ones(2, np.float32))


# -- what StableHLO is lowered to -------------------------------------------------------------------------------------


def small_network(x: Any, w: Any, b: Any) -> Any:
    made = hlo.Convolution(
        x, w, (2, 1), ((1, 0), (1, 1)), dimension_numbers=hlo.ConvDimensionNumbers.of("bf01", "oi01", "bf01")
    )
    shape = made.result.type.shape
    shifted = hlo.Add(made, hlo.broadcast_in_dim(b, shape, [1]))
    active = hlo.Maximum(shifted, hlo.constant(0.0, f32, shape=shape))
    pooled = hlo.reduce_window(
        active, hlo.constant(float("-inf"), f32), "maximum", window_dimensions=(1, 1, 2, 2), window_strides=(1, 1, 1, 2)
    )
    return [hlo.reduce(pooled.outputs[0], hlo.constant(0.0, f32), [2, 3], "add"), pooled]


@given(seed=st.integers(0, 999))
@settings(max_examples=3)
def test_loops_compute_what_stablehlo_says(seed: int) -> None:
    x, w, b = numbers((1, 2, 5, 6), "f4", seed), numbers((3, 2, 2, 3), "f4", seed + 1), numbers((3,), "f4", seed + 2)
    module = program([x, w, b], small_network)
    lowered = couloir.lower(module, "loops")
    expected, found = run(module, x, w, b), run(lowered, x, w, b)
    for result, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(result, wanted)
