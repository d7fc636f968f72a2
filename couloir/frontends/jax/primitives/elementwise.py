"""Primitives that compute each element from the elements at the same place."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, ComparisonType
from couloir.dialects.hlo.building import Tensor, broadcast, compare, convert, full_like
from couloir.frontends.jax.equation import Equation, Lowered, lowers
from couloir.ir.operation import Operation
from couloir.ir.types import ComplexType, FloatType, IntegerType, Type, i1

OPS: Final[dict[str, Callable[..., Operation]]] = {
    "acos": chlo.Acos,
    "acosh": chlo.Acosh,
    "add": hlo.Add,
    "add_any": hlo.Add,
    "and": hlo.And,
    "asin": chlo.Asin,
    "asinh": chlo.Asinh,
    "atan": chlo.Atan,
    "atan2": hlo.Atan2,
    "atanh": chlo.Atanh,
    "bessel_i1e": chlo.BesselI1e,
    "cbrt": hlo.Cbrt,
    "ceil": hlo.Ceil,
    "clz": hlo.CountLeadingZeros,
    "complex": hlo.Complex,
    "cos": hlo.Cosine,
    "cosh": chlo.Cosh,
    "digamma": chlo.Digamma,
    "div": hlo.Divide,
    "erf": chlo.Erf,
    "erf_inv": chlo.ErfInv,
    "erfc": chlo.Erfc,
    "exp": hlo.Exponential,
    "expm1": hlo.ExponentialMinusOne,
    "floor": hlo.Floor,
    "imag": hlo.Imag,
    "is_finite": hlo.IsFinite,
    "lgamma": chlo.Lgamma,
    "log": hlo.Log,
    "log1p": hlo.LogPlusOne,
    "logistic": hlo.Logistic,
    "max": hlo.Maximum,
    "min": hlo.Minimum,
    "mul": hlo.Multiply,
    "mulhi": chlo.Mulhi,
    "neg": hlo.Negate,
    "nextafter": chlo.NextAfter,
    "not": hlo.Not,
    "or": hlo.Or,
    "polygamma": chlo.Polygamma,
    "population_count": hlo.PopulationCount,
    "real": hlo.Real,
    "rem": hlo.Remainder,
    "rsqrt": hlo.Rsqrt,
    "shift_left": hlo.ShiftLeft,
    "shift_right_arithmetic": hlo.ShiftRightArithmetic,
    "shift_right_logical": hlo.ShiftRightLogical,
    "sin": hlo.Sine,
    "sinh": chlo.Sinh,
    "sqrt": hlo.Sqrt,
    "sub": hlo.Subtract,
    "tan": hlo.Tan,
    "tanh": hlo.Tanh,
    "xor": hlo.Xor,
    "zeta": chlo.Zeta,
}
"""Primitives that are one op."""


def spread(eqn: Equation, operands: Sequence[Tensor]) -> list[Tensor]:
    """Operands with the shape of the result: JAX leaves scalars and dimensions of size 1 as they are."""
    dims = eqn.type.dims  # two sizes that are not known are the same one
    return [operand if operand.type.dims == dims else broadcast(operand, eqn.sizes) for operand in operands]


COMPARISONS: Final = {direction.value.lower(): direction for direction in ComparisonDirection}
"""Primitives that compare."""

TOTAL_ORDERS: Final = {
    "eq_to": ComparisonDirection.EQ,
    "le_to": ComparisonDirection.LE,
    "lt_to": ComparisonDirection.LT,
}
"""Primitives that compare in the order in which JAX sorts."""


@lowers(*OPS)
def one_op(eqn: Equation, *operands: Tensor) -> Lowered:
    """What is one op."""
    return OPS[eqn.name](*spread(eqn, operands))


@lowers(*COMPARISONS)
def comparison(eqn: Equation, a: Tensor, b: Tensor) -> Lowered:
    """A comparison."""
    a, b = spread(eqn, (a, b))
    return hlo.Compare(a, b, COMPARISONS[eqn.name])


@lowers(*TOTAL_ORDERS)
def total_comparison(eqn: Equation, a: Tensor, b: Tensor) -> Lowered:
    """A comparison in a total order."""
    a, b = spread(eqn, (a, b))
    return total_order(a, b, TOTAL_ORDERS[eqn.name])


def total_order(a: Tensor, b: Tensor, direction: ComparisonDirection) -> Tensor:
    """Compares in the order in which JAX sorts: floats by IEEE-754 totalOrder, so that NaN has a place."""
    kind = ComparisonType.TOTALORDER if isinstance(a.type.element_type, FloatType) else None
    return hlo.Compare(a, b, direction, kind).result


def is_unsigned(element: Type) -> bool:
    """Whether it is an unsigned integer type or i1, where an absolute value changes nothing."""
    return isinstance(element, IntegerType) and (not element.is_signed or element is i1)


@lowers(
    "accum_grad_in_ref",
    "assert_consumed_value",
    "consume",
    "copy",
    "copy_p",
    "device_put",
    "layout_constraint",
    "name",
    "optimization_barrier",
    "pvary",
    "reshard",
    "shard_alike",
    "sharding_constraint",
    "stage",
    "stop_gradient",
    "with_memory_space_constraint",
    "xla_metadata_value",
)
def identity(eqn: Equation, *operands: Tensor) -> Lowered:
    """What changes no value: how devices share it, and when it is computed, is not for here."""
    return operands


@lowers("tie")
def tie(eqn: Equation, x: Tensor, y: Tensor) -> Lowered:
    """The second operand, which is not computed before the first."""
    return y


@lowers("dce_sink")
def dce_sink(eqn: Equation, x: Tensor) -> Lowered:
    """A use of a value, for JAX."""
    return []


@lowers("abs")
def absolute(eqn: Equation, x: Tensor) -> Lowered:
    """The absolute value; unsigned integers have it already."""
    return x if is_unsigned(x.type.element_type) else hlo.Abs(x)


@lowers("sign")
def sign(eqn: Equation, x: Tensor) -> Lowered:
    """The sign; 0 or 1 for unsigned integers."""
    if is_unsigned(x.type.element_type):
        return convert(compare(x, 0, ComparisonDirection.NE), x.type.element_type)
    return hlo.Sign(x)


@lowers("conj")
def conj(eqn: Equation, x: Tensor) -> Lowered:
    """The complex conjugate, also of a real number."""
    if isinstance(x.type.element_type, ComplexType):
        return hlo.Complex(hlo.Real(x).result, hlo.Negate(hlo.Imag(x).result).result)
    return hlo.Complex(x, full_like(x, 0))


@lowers("square")
def square(eqn: Equation, x: Tensor) -> Lowered:
    """`x * x`."""
    return hlo.Multiply(x, x)


@lowers("exp2")
def exp2(eqn: Equation, x: Tensor) -> Lowered:
    """`2 ** x`, by way of e as JAX does it."""
    return hlo.Exponential(hlo.Multiply(x, full_like(x, math.log(2))).result)


@lowers("round")
def round(eqn: Equation, x: Tensor) -> Lowered:
    """Rounds to an integer, ties away from zero or to even."""
    away = int(eqn.params["rounding_method"]) == 0
    return hlo.RoundNearestAfz(x) if away else hlo.RoundNearestEven(x)


@lowers("reduce_precision")
def reduce_precision(eqn: Equation, x: Tensor) -> Lowered:
    """Rounds to fewer bits."""
    return hlo.ReducePrecision(x, int(eqn.params["exponent_bits"]), int(eqn.params["mantissa_bits"]))


@lowers("integer_pow")
def integer_pow(eqn: Equation, x: Tensor) -> Lowered:
    """A power by squaring."""
    exponent = int(eqn.params["y"])
    if exponent == 0:
        return full_like(x, 1)
    power, remaining, result = x, abs(exponent), None
    while remaining:
        if remaining & 1:
            result = power if result is None else hlo.Multiply(result, power).result
        remaining >>= 1
        if remaining:
            power = hlo.Multiply(power, power).result
    assert result is not None
    return hlo.Divide(full_like(x, 1), result) if exponent < 0 else result


@lowers("pow")
def power(eqn: Equation, x: Tensor, y: Tensor) -> Lowered:
    """A power; a whole exponent gets the type of the base."""
    base, exponent = spread(eqn, (x, y))
    return hlo.Power(base, convert(exponent, x.type.element_type))


@lowers("select_n")
def select_n(eqn: Equation, which: Tensor, *cases: Tensor) -> Lowered:
    """The case whose number stands in `which`."""
    cases = tuple(spread(eqn, cases))
    if len(cases) == 1:
        return cases[0]
    if which.type.element_type is i1:
        return hlo.Select(which, cases[1], cases[0])
    result = cases[-1]
    for number in reversed(range(len(cases) - 1)):
        result = hlo.Select(compare(which, number + 1, ComparisonDirection.LT), cases[number], result).result
    return result


@lowers("clamp")
def clamp(eqn: Equation, low: Tensor, x: Tensor, high: Tensor) -> Lowered:
    """Between two bounds."""
    return hlo.Clamp(low, x, high)


@lowers("convert_element_type")
def convert_element_type(eqn: Equation, x: Tensor) -> Lowered:
    """Another element type: of complex numbers the real part, booleans say what is not zero."""
    element = x.type.element_type
    if isinstance(element, ComplexType) and not isinstance(eqn.element, ComplexType) and eqn.element is not i1:
        return convert(hlo.Real(x), eqn.element)
    if eqn.element is i1 and element is not i1:
        return hlo.Compare(x, full_like(x, 0), ComparisonDirection.NE)
    return convert(x, eqn.element)


@lowers("bitcast_convert_type")
def bitcast_convert_type(eqn: Equation, x: Tensor) -> Lowered:
    """The same bits as another element type."""
    return hlo.bitcast_convert(x, eqn.element)
