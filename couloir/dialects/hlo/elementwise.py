"""StableHLO: ops that compute each element of the result from the elements at the same place.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from couloir.dialects.hlo.attributes import ComparisonDirection, ComparisonType, ResultAccuracy
from couloir.dialects.hlo.elements import (
    ANY,
    ANY_OR_PER_AXIS,
    COMPLEX,
    FLOAT,
    FLOAT_ONLY,
    FLOAT_OR_COMPLEX,
    INTEGER,
    NON_QUANTIZED,
    NUMBER,
    PRED,
    PRED_OR_INTEGER,
    SIGNED_FLOAT_OR_COMPLEX,
    SameBaselineElementType,
    expressed_type,
    is_per_axis_quantized,
    is_quantized,
    quantization_dimension,
)
from couloir.dialects.quant import UniformType
from couloir.dialects.shapes import as_tensor, same_dims
from couloir.ir import fields
from couloir.ir.constraints import Holds, Infers, SameShape, SameType, most_specific, one_of
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Result, attr, attr_optional, result
from couloir.ir.operation import Operation, Value
from couloir.ir.traits import Associative, Commutative, Elementwise, Idempotent, Involution, Pure
from couloir.ir.types import ComplexType, FloatType, IntegerType, TensorType, Type, f32, f64, i1, i32


class Unary(Operation, traits=(Pure, Elementwise)):
    """Base of the ops of one tensor whose result has the same type."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    result: Result[TensorType] = result()

    constraints = (SameType("operand", "result", id="C1"),)
    assembly_format = "$operand attr-dict `:` custom<SameTypes1>(type($operand), type($result))"


class FloatUnary(Unary):
    """Base of the ops of a float tensor."""

    operand: Operand[TensorType] = fields.operand(elements=FLOAT)


class Transcendental(Unary):
    """Base of the ops of a float or complex tensor whose accuracy can be asked for."""

    operand: Operand[TensorType] = fields.operand(elements=FLOAT_OR_COMPLEX)
    result_accuracy: ResultAccuracy | None = attr_optional(default=None)


class IntegerUnary(Unary):
    """Base of the ops of an integer tensor."""

    operand: Operand[TensorType] = fields.operand(elements=INTEGER)


class Negate(Unary, name="stablehlo.negate", traits=(Involution,)):
    """`-x`; unsigned integers wrap. Source: StableHLO specification, `negate`."""

    operand: Operand[TensorType] = fields.operand(elements=NUMBER)


class Sign(Unary, name="stablehlo.sign", traits=(Idempotent,)):
    """-1, 0 or 1; NaN for NaN; `x / abs(x)` for complex numbers, 0 at 0. Source: StableHLO specification, `sign`."""

    operand: Operand[TensorType] = fields.operand(elements=SIGNED_FLOAT_OR_COMPLEX)


class Not(Unary, name="stablehlo.not", traits=(Involution,)):
    """Logical NOT of booleans, bitwise NOT of integers. Source: StableHLO specification, `not`."""

    operand: Operand[TensorType] = fields.operand(elements=PRED_OR_INTEGER)


class PopulationCount(IntegerUnary, name="stablehlo.popcnt"):
    """The number of bits that are set. Source: StableHLO specification, `popcnt`."""


class CountLeadingZeros(IntegerUnary, name="stablehlo.count_leading_zeros"):
    """The number of zero bits before the first that is set. Source: StableHLO specification, `count_leading_zeros`."""


class Ceil(FloatUnary, name="stablehlo.ceil", traits=(Idempotent,)):
    """Rounds up (IEEE-754 roundToIntegralTowardPositive). Source: StableHLO specification, `ceil`."""


class Floor(FloatUnary, name="stablehlo.floor", traits=(Idempotent,)):
    """Rounds down (IEEE-754 roundToIntegralTowardNegative). Source: StableHLO specification, `floor`."""


class RoundNearestAfz(FloatUnary, name="stablehlo.round_nearest_afz", traits=(Idempotent,)):
    """Rounds to the nearest integer, ties away from zero. Source: StableHLO specification, `round_nearest_afz`."""


class RoundNearestEven(FloatUnary, name="stablehlo.round_nearest_even", traits=(Idempotent,)):
    """Rounds to the nearest integer, ties to the even one. Source: StableHLO specification, `round_nearest_even`."""


class Exponential(Transcendental, name="stablehlo.exponential"):
    """`e ** x`. Source: StableHLO specification, `exponential`."""


class ExponentialMinusOne(Transcendental, name="stablehlo.exponential_minus_one"):
    """`e ** x - 1`, accurate near 0. Source: StableHLO specification, `exponential_minus_one`."""


class Log(Transcendental, name="stablehlo.log"):
    """The natural logarithm; for complex numbers its principal value. Source: StableHLO specification, `log`."""


class LogPlusOne(Transcendental, name="stablehlo.log_plus_one"):
    """`log(1 + x)`, accurate near 0. Source: StableHLO specification, `log_plus_one`."""


class Logistic(Transcendental, name="stablehlo.logistic"):
    """`1 / (1 + e ** -x)`. Source: StableHLO specification, `logistic`."""


class Tanh(Transcendental, name="stablehlo.tanh"):
    """The hyperbolic tangent. Source: StableHLO specification, `tanh`."""


class Tan(Transcendental, name="stablehlo.tan"):
    """The tangent. Source: StableHLO specification, `tan`."""


class Sine(Transcendental, name="stablehlo.sine"):
    """The sine. Source: StableHLO specification, `sine`."""


class Cosine(Transcendental, name="stablehlo.cosine"):
    """The cosine. Source: StableHLO specification, `cosine`."""


class Sqrt(Transcendental, name="stablehlo.sqrt"):
    """The square root. Source: StableHLO specification, `sqrt`."""


class Rsqrt(Transcendental, name="stablehlo.rsqrt"):
    """`1 / sqrt(x)`. Source: StableHLO specification, `rsqrt`."""


class Cbrt(Transcendental, name="stablehlo.cbrt"):
    """The cube root. Source: StableHLO specification, `cbrt`."""


def real_type(type: TensorType) -> TensorType:
    """The type of the real parts: a complex element type becomes that of its parts."""
    element = type.element_type
    return type.with_element_type(element.element_type) if isinstance(element, ComplexType) else type


class _Part(Operation, traits=(Pure, Elementwise)):
    """Base of the ops that give a real tensor for a complex one."""

    operand: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY | COMPLEX)
    result: Result[TensorType] = result()

    constraints = (SameShape("operand", "result", id="C1"), Infers("C2"))
    assembly_format = "$operand attr-dict `:` custom<SameTypes1>(type($operand), type($result))"

    def infer(self) -> Type:
        return real_type(self.operand.type)


class Abs(_Part, name="stablehlo.abs", traits=(Idempotent,)):
    """The absolute value; for complex numbers the modulus. Source: StableHLO specification, `abs`."""

    operand: Operand[TensorType] = fields.operand(elements=SIGNED_FLOAT_OR_COMPLEX)


class Real(_Part, name="stablehlo.real"):
    """The real part. Source: StableHLO specification, `real`."""


class Imag(_Part, name="stablehlo.imag"):
    """The imaginary part; 0 for real numbers. Source: StableHLO specification, `imag`."""


class IsFinite(Operation, name="stablehlo.is_finite", traits=(Pure, Elementwise)):
    """Whether it is neither infinite nor NaN. Source: StableHLO specification, `is_finite`."""

    x: Operand[TensorType] = fields.operand(elements=FLOAT)
    y: Result[TensorType] = result(elements=PRED)

    constraints = (SameShape("x", "y", id="C1"),)
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        return self.x.type.with_element_type(i1)


class ReducePrecision(Operation, name="stablehlo.reduce_precision", traits=(Pure, Elementwise, Idempotent)):
    """Rounds to what a float with so many exponent and mantissa bits can hold; the type stays.

    Source: StableHLO specification, `reduce_precision`.
    """

    operand: Operand[TensorType] = fields.operand(elements=FLOAT)
    exponent_bits: int = attr(codec=i32)
    mantissa_bits: int = attr(codec=i32)
    output: Result[TensorType] = result()

    constraints = (
        SameType("operand", "output", id="C1"),
        Holds("`exponent_bits` is at least 1", lambda op: op.exponent_bits >= 1, id="C2"),
        Holds("`mantissa_bits` is at least 0", lambda op: op.mantissa_bits >= 0, id="C3"),
    )
    assembly_format = (
        "$operand `,` `format` `=` custom<ExponentMantissa>($exponent_bits, $mantissa_bits)"
        " attr-dict `:` custom<SameTypes1>(type($operand), type($output))"
    )


class Convert(Operation, name="stablehlo.convert", traits=(Pure, Elementwise)):
    """Converts to another element type; `convert(x, f32)` says which. Floats go to integers by truncation.

    Source: StableHLO specification, `convert`.
    """

    operand: Operand[TensorType] = fields.operand(elements=NON_QUANTIZED)
    result: Result[TensorType] = result(elements=NON_QUANTIZED)

    constraints = (SameShape("operand", "result", id="C1"),)
    assembly_format = "$operand attr-dict `:` custom<SameTypes1>(type($operand), type($result))"


def convert(operand: Value[TensorType] | Operation, element_type: Type) -> Convert:
    """Converts a tensor to `element_type`."""
    value = as_tensor(operand)
    return Convert(value, result_types=[value.type.with_element_type(element_type)])


class Binary(Operation, traits=(Pure, Elementwise)):
    """Base of the ops of two tensors whose types are the result's as well."""

    lhs: Operand[TensorType] = fields.operand(elements=ANY)
    rhs: Operand[TensorType] = fields.operand(elements=ANY)
    result: Result[TensorType] = result()

    assembly_format = "$lhs `,` $rhs attr-dict `:` custom<SameTypes2>(type($lhs), type($rhs), type($result))"


class SameTypeBinary(Binary):
    """Base of the ops of two tensors of one type, which is the result's as well."""

    constraints = (SameType("lhs", "rhs", "result", id="C1"),)


class NumberBinary(SameTypeBinary):
    """Base of the ops of two tensors of numbers: no booleans."""

    lhs: Operand[TensorType] = fields.operand(elements=NUMBER)
    rhs: Operand[TensorType] = fields.operand(elements=NUMBER)


class IntegerBinary(SameTypeBinary):
    """Base of the ops of two integer tensors."""

    lhs: Operand[TensorType] = fields.operand(elements=INTEGER)
    rhs: Operand[TensorType] = fields.operand(elements=INTEGER)


class LogicalBinary(SameTypeBinary, traits=(Commutative, Associative)):
    """Base of the ops of two tensors of booleans (logical) or integers (bitwise)."""

    lhs: Operand[TensorType] = fields.operand(elements=PRED_OR_INTEGER)
    rhs: Operand[TensorType] = fields.operand(elements=PRED_OR_INTEGER)


@attrs.frozen(init=False)
class _SumTypes(SameType):
    """One type; of quantized tensors only one shape, the rest is said by constraints of their own."""

    def check(self, op: Any) -> str | None:
        if not any(map(is_quantized, _elements(op))):
            return super().check(op)
        return SameShape(*self.fields, id=self.id).check(op)

    def infer(self, op: Any, result: str) -> Type | None:
        lhs, rhs = op.lhs.type.element_type, op.rhs.type.element_type
        if not is_quantized(lhs):
            return super().infer(op, result)
        return _one_shape(op, self.id).with_element_type(rhs if is_per_axis_quantized(rhs) else lhs)


def _one_shape(op: Any, id: str) -> TensorType:
    """The type of `lhs`, with what `rhs` says of the shape. Raises `couloir.Error` when they have not one shape."""
    differ = SameShape("lhs", "rhs", id=id).check(op)
    if differ is not None:
        raise Error(differ)
    type = most_specific([op.lhs.type, op.rhs.type])
    assert isinstance(type, TensorType)
    return type


def _storage(type: Type) -> tuple[Any, ...]:
    return (type.storage_type, type.storage_min, type.storage_max) if isinstance(type, UniformType) else (type,)


def _elements(op: Any) -> list[Type]:
    """The element types of operands and results."""
    return [value.type.element_type for value in (*op.operands, *op.results)]


def _alike(id: str, sentence: str, holds: Callable[[list[Type]], bool]) -> Holds:
    """Of a sum of quantized tensors: what holds of the element types of `lhs`, `rhs` and `result`."""

    def predicate(op: Any) -> bool | str:
        elements = _elements(op)
        return not any(map(is_quantized, elements)) or holds(elements) or ", ".join(f"`{type}`" for type in elements)

    return Holds(sentence, predicate, id=id, verify_only=True)


def _along_the_same_dimension(id: str, name: str, position: int) -> Holds:
    def holds(elements: list[Type]) -> bool:
        dimension = quantization_dimension(elements[position])
        return dimension is None or dimension == quantization_dimension(elements[-1])

    return _alike(id, f"the result is quantized along the dimension of `{name}`", holds)


class Add(Binary, name="stablehlo.add", traits=(Commutative, Associative)):
    """Sum; logical OR of booleans; integers wrap. Source: StableHLO specification, `add`."""

    lhs: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    rhs: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)

    constraints = (
        _SumTypes("lhs", "rhs", "result", id="C1"),
        _alike(
            "C2", "operands and result are quantized, or none of them is", lambda types: all(map(is_quantized, types))
        ),
        _alike("C3", "the storage types are the same", lambda types: len(set(map(_storage, types))) == 1),
        _alike("C4", "the expressed types are the same", lambda types: len(set(map(expressed_type, types))) == 1),
        _alike(
            "C5",
            "the result is quantized per axis when an operand is, and only then",
            lambda types: any(map(is_per_axis_quantized, types[:2])) == is_per_axis_quantized(types[2]),
        ),
        _along_the_same_dimension("C6", "lhs", 0),
        _along_the_same_dimension("C7", "rhs", 1),
    )


class Subtract(NumberBinary, name="stablehlo.subtract"):
    """Difference; integers wrap. Source: StableHLO specification, `subtract`."""


class Multiply(SameTypeBinary, name="stablehlo.multiply", traits=(Commutative, Associative)):
    """Product; logical AND of booleans; integers wrap. Source: StableHLO specification, `multiply`."""


class Divide(NumberBinary, name="stablehlo.divide"):
    """Quotient; of integers, with the fraction dropped. Source: StableHLO specification, `divide`."""


class Remainder(NumberBinary, name="stablehlo.remainder"):
    """What division towards zero leaves: it has the sign of `lhs`. Source: StableHLO specification, `remainder`."""


class Power(NumberBinary, name="stablehlo.power"):
    """`lhs ** rhs`. Source: StableHLO specification, `power`."""


class Maximum(SameTypeBinary, name="stablehlo.maximum", traits=(Commutative, Associative, Idempotent)):
    """The larger one; NaN if either is NaN; logical OR of booleans; complex numbers by real, then imaginary part.

    Source: StableHLO specification, `maximum`.
    """


class Minimum(SameTypeBinary, name="stablehlo.minimum", traits=(Commutative, Associative, Idempotent)):
    """The smaller one; NaN if either is NaN; logical AND of booleans; complex numbers by real, then imaginary part.

    Source: StableHLO specification, `minimum`.
    """


class Atan2(SameTypeBinary, name="stablehlo.atan2"):
    """The angle of the point (`rhs`, `lhs`). Source: StableHLO specification, `atan2`."""

    lhs: Operand[TensorType] = fields.operand(elements=FLOAT_OR_COMPLEX)
    rhs: Operand[TensorType] = fields.operand(elements=FLOAT_OR_COMPLEX)


class And(LogicalBinary, name="stablehlo.and", traits=(Idempotent,)):
    """AND. Source: StableHLO specification, `and`."""


class Or(LogicalBinary, name="stablehlo.or", traits=(Idempotent,)):
    """OR. Source: StableHLO specification, `or`."""


class Xor(LogicalBinary, name="stablehlo.xor"):
    """XOR. Source: StableHLO specification, `xor`."""


class ShiftLeft(IntegerBinary, name="stablehlo.shift_left"):
    """`lhs << rhs`; 0 when all bits are shifted out. Source: StableHLO specification, `shift_left`."""


class ShiftRightArithmetic(IntegerBinary, name="stablehlo.shift_right_arithmetic"):
    """`lhs >> rhs`, filled with the sign bit. Source: StableHLO specification, `shift_right_arithmetic`."""


class ShiftRightLogical(IntegerBinary, name="stablehlo.shift_right_logical"):
    """`lhs >> rhs`, filled with zeros. Source: StableHLO specification, `shift_right_logical`."""


class Complex(Operation, name="stablehlo.complex", traits=(Pure, Elementwise)):
    """The complex numbers with real part `lhs` and imaginary part `rhs`. Source: StableHLO specification, `complex`."""

    lhs: Operand[TensorType] = fields.operand(elements=one_of("f32 or f64", (f32, f64)))
    rhs: Operand[TensorType] = fields.operand(elements=one_of("f32 or f64", (f32, f64)))
    result: Result[TensorType] = result()

    constraints = (SameType("lhs", "rhs", id="C1"), SameShape("lhs", "result", id="C2"), Infers("C3"))
    assembly_format = "operands attr-dict `:` custom<ComplexOpType>(type($lhs), type($rhs), type($result))"

    def infer(self) -> Type:
        type = most_specific([self.lhs.type, self.rhs.type])
        assert isinstance(type, TensorType)
        return type.with_element_type(ComplexType(type.element_type))


def _type_fits_comparison(op: Compare) -> bool | str:
    element, kind = op.lhs.type.element_type, op.compare_type
    if kind in (None, ComparisonType.NOTYPE) or is_quantized(element):
        return True
    if isinstance(element, IntegerType):
        wanted = (ComparisonType.SIGNED if element.is_signed and element is not i1 else ComparisonType.UNSIGNED,)
        if element is not i1:
            wanted += (
                ComparisonType.TOTALORDER,
            )  # the specification has it for floats alone; programs have it here too
    elif isinstance(element, FloatType):
        wanted = (ComparisonType.FLOAT, ComparisonType.TOTALORDER)
    else:
        wanted = (ComparisonType.FLOAT,)
    return kind in wanted or f"{kind.value} does not compare `{element}`, {wanted[0].value} does"


class Compare(Operation, name="stablehlo.compare", traits=(Pure, Elementwise)):
    """Compares two tensors: `Compare(x, y, ComparisonDirection.LT)`. False is less than true.

    Complex numbers compare by real, then imaginary part. Without `compare_type` the one that belongs to the element
    type is meant; TOTALORDER is IEEE-754 totalOrder.

    Source: StableHLO specification, `compare`.
    """

    lhs: Operand[TensorType] = fields.operand(elements=ANY)
    rhs: Operand[TensorType] = fields.operand(elements=ANY)
    comparison_direction: ComparisonDirection = attr()
    compare_type: ComparisonType | None = attr_optional(default=None)
    result: Result[TensorType] = result(elements=PRED)

    constraints = (
        SameBaselineElementType("lhs", "rhs", id="C1"),
        SameShape("lhs", "rhs", "result", id="C2"),
        Holds("`compare_type` fits the element type", _type_fits_comparison, id="C3"),
    )
    assembly_format = (
        "$comparison_direction `,` $lhs `,` $rhs (`,` $compare_type^)? attr-dict `:` functional-type(operands, results)"
    )

    def infer(self) -> Type:
        return _one_shape(self, "C2").with_element_type(i1)


class Select(Operation, name="stablehlo.select", traits=(Pure,)):
    """Elements of `on_true` where `pred` holds, of `on_false` elsewhere. A `pred` of rank 0 chooses for all.

    Source: StableHLO specification, `select`.
    """

    pred: Operand[TensorType] = fields.operand(elements=PRED)
    on_true: Operand[TensorType] = fields.operand(elements=ANY)
    on_false: Operand[TensorType] = fields.operand(elements=ANY)
    result: Result[TensorType] = result()

    constraints = (
        Holds(
            "`pred` is a scalar or has the shape of `on_true`",
            lambda op: op.pred.type.rank == 0 or same_dims(op.pred.type.dims, op.on_true.type.dims),
            id="C1",
        ),
        SameType("on_true", "on_false", "result", id="C2"),
    )
    assembly_format = (
        "operands attr-dict `:` custom<SelectOpType>(type($pred), type($on_true), type($on_false), type($result))"
    )


def _scalar_or_same_shape(name: str) -> Holds:
    def predicate(op: Clamp) -> bool:
        bound: Value[TensorType] = getattr(op, name)
        return bound.type.rank == 0 or same_dims(bound.type.dims, op.operand.type.dims)

    return Holds(f"`{name}` is a scalar or has the shape of `operand`", predicate, id={"min": "C1", "max": "C2"}[name])


class Clamp(Operation, name="stablehlo.clamp", traits=(Pure,)):
    """`minimum(maximum(operand, min), max)`; bounds of rank 0 hold for all elements.

    Source: StableHLO specification, `clamp`.
    """

    min: Operand[TensorType] = fields.operand(elements=ANY)
    operand: Operand[TensorType] = fields.operand(elements=ANY)
    max: Operand[TensorType] = fields.operand(elements=ANY)
    result: Result[TensorType] = result()

    constraints = (
        _scalar_or_same_shape("min"),
        _scalar_or_same_shape("max"),
        SameBaselineElementType("min", "operand", "max", id="C3"),
        SameType("operand", "result", id="C4"),
    )
    assembly_format = (
        "$min `,` $operand `,` $max attr-dict"
        " `:` custom<SameTypes3>(type($min), type($operand), type($max), type($result))"
    )
