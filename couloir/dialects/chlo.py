"""The chlo dialect: functions that JAX and others print beside StableHLO, which stand for sums of its ops.

Names and semantics are upstream's (openxla/stablehlo, stablehlo/dialect/ChloOps.td).
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from couloir.dialects import hlo
from couloir.dialects.chlo_broadcasting import BroadcastAdd as BroadcastAdd
from couloir.dialects.chlo_broadcasting import BroadcastAnd as BroadcastAnd
from couloir.dialects.chlo_broadcasting import BroadcastAtan2 as BroadcastAtan2
from couloir.dialects.chlo_broadcasting import BroadcastBinary as BroadcastBinary
from couloir.dialects.chlo_broadcasting import BroadcastCompare as BroadcastCompare
from couloir.dialects.chlo_broadcasting import BroadcastComplex as BroadcastComplex
from couloir.dialects.chlo_broadcasting import BroadcastDivide as BroadcastDivide
from couloir.dialects.chlo_broadcasting import BroadcastMaximum as BroadcastMaximum
from couloir.dialects.chlo_broadcasting import BroadcastMinimum as BroadcastMinimum
from couloir.dialects.chlo_broadcasting import BroadcastMultiply as BroadcastMultiply
from couloir.dialects.chlo_broadcasting import BroadcastNextAfter as BroadcastNextAfter
from couloir.dialects.chlo_broadcasting import BroadcastOr as BroadcastOr
from couloir.dialects.chlo_broadcasting import BroadcastPolygamma as BroadcastPolygamma
from couloir.dialects.chlo_broadcasting import BroadcastPower as BroadcastPower
from couloir.dialects.chlo_broadcasting import BroadcastRemainder as BroadcastRemainder
from couloir.dialects.chlo_broadcasting import BroadcastSelect as BroadcastSelect
from couloir.dialects.chlo_broadcasting import BroadcastShiftLeft as BroadcastShiftLeft
from couloir.dialects.chlo_broadcasting import BroadcastShiftRightArithmetic as BroadcastShiftRightArithmetic
from couloir.dialects.chlo_broadcasting import BroadcastShiftRightLogical as BroadcastShiftRightLogical
from couloir.dialects.chlo_broadcasting import BroadcastSubtract as BroadcastSubtract
from couloir.dialects.chlo_broadcasting import BroadcastXor as BroadcastXor
from couloir.dialects.chlo_broadcasting import BroadcastZeta as BroadcastZeta
from couloir.dialects.chlo_broadcasting import ComparisonDirection as ComparisonDirection
from couloir.dialects.chlo_broadcasting import ComparisonType as ComparisonType
from couloir.dialects.hlo.attributes import Struct
from couloir.dialects.hlo.calls import ANY_ATTRIBUTE
from couloir.dialects.hlo.contraction import precisions
from couloir.dialects.hlo.elements import ANY, COMPLEX, FLOAT_ONLY, INTEGER
from couloir.dialects.hlo.shape import ELEMENTS
from couloir.dialects.shapes import Dims, entry_types, returned_types, same_dim, same_dims, unique, within
from couloir.ir import fields, traits
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import (
    DenseArrayAttr,
    DenseElementsAttr,
    DenseResourceAttr,
    FloatAttr,
    IntegerAttr,
    enum_attribute,
)
from couloir.ir.constraints import Holds, SameShape, SameType, compatible
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Operands, Result, Results, attr, attr_optional, region, result
from couloir.ir.operation import Operation, Region
from couloir.ir.traits import Commutative, Elementwise, Pure, RecursiveMemoryEffects, SingleBlock
from couloir.ir.types import TensorType, Type, i1, i32, i64

if TYPE_CHECKING:
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer
    from couloir.ir.text.scopes import OperationReader


class Constant(Operation, name="chlo.constant", traits=(Pure, traits.ConstantLike)):
    """A constant tensor."""

    value: DenseElementsAttr | DenseResourceAttr = attr(codec=ELEMENTS)
    output: Result[TensorType] = result()

    assembly_format = "attr-dict $value"

    def infer(self) -> Type:
        return self.value.type


class Unary(Operation, traits=(Pure, Elementwise)):
    """Base of the functions of one tensor."""

    operand: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY | COMPLEX)
    result: Result[TensorType] = result()

    constraints = (SameType("operand", "result"),)
    assembly_format = "$operand attr-dict `:` type($operand) `->` type($result)"


class FloatUnary(Unary):
    """Base of the functions of one tensor of real numbers."""

    operand: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY)


class Acos(Unary, name="chlo.acos"):
    """The arc cosine."""


class Acosh(Unary, name="chlo.acosh"):
    """The inverse hyperbolic cosine."""


class Asin(Unary, name="chlo.asin"):
    """The arc sine."""


class Asinh(Unary, name="chlo.asinh"):
    """The inverse hyperbolic sine."""


class Atan(Unary, name="chlo.atan"):
    """The arc tangent."""


class Atanh(Unary, name="chlo.atanh"):
    """The inverse hyperbolic tangent."""


class BesselI1e(Unary, name="chlo.bessel_i1e"):
    """The exponentially scaled modified Bessel function of order 1."""


class Conj(Unary, name="chlo.conj"):
    """The complex conjugate."""


class Cosh(Unary, name="chlo.cosh"):
    """The hyperbolic cosine."""


class Sinh(Unary, name="chlo.sinh"):
    """The hyperbolic sine."""


class Square(Unary, name="chlo.square"):
    """`x * x`."""


class Tan(Unary, name="chlo.tan"):
    """The tangent."""


class Digamma(FloatUnary, name="chlo.digamma"):
    """The derivative of `lgamma`."""


class Erf(FloatUnary, name="chlo.erf"):
    """The error function."""


class ErfInv(FloatUnary, name="chlo.erf_inv"):
    """The inverse of the error function."""


class Erfc(FloatUnary, name="chlo.erfc"):
    """`1 - erf(x)`, accurate for large x."""


class Lgamma(FloatUnary, name="chlo.lgamma"):
    """The logarithm of the absolute value of the gamma function."""


class _Test(Operation, traits=(Pure, Elementwise)):
    """Base of the questions about each element."""

    operand: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY)
    result: Result[TensorType] = result()

    constraints = (SameShape("operand", "result"),)
    assembly_format = "$operand attr-dict `:` type($operand) `->` type($result)"

    def infer(self) -> Type:
        return self.operand.type.with_element_type(i1)


class IsInf(_Test, name="chlo.is_inf"):
    """Whether it is infinite."""


class IsPosInf(_Test, name="chlo.is_pos_inf"):
    """Whether it is positive infinity."""


class IsNegInf(_Test, name="chlo.is_neg_inf"):
    """Whether it is negative infinity."""


class NextAfter(Operation, name="chlo.next_after", traits=(Pure, Elementwise)):
    """The next float after `x` in the direction of `y`."""

    x: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY)
    y: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY)
    result: Result[TensorType] = result()

    constraints = (SameType("x", "y", "result"),)
    assembly_format = "$x `,` $y attr-dict `:` type($x) `,` type($y) `->` type(results)"


class Polygamma(Operation, name="chlo.polygamma", traits=(Pure, Elementwise)):
    """The `n`-th derivative of the digamma function at `x`."""

    n: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY)
    x: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY)
    result: Result[TensorType] = result()

    constraints = (SameType("n", "x", "result"),)
    assembly_format = "$n `,` $x attr-dict `:` type($n) `,` type($x) `->` type(results)"


class Zeta(Operation, name="chlo.zeta", traits=(Pure, Elementwise)):
    """The Hurwitz zeta function."""

    x: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY)
    q: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY)
    result: Result[TensorType] = result()

    constraints = (SameType("x", "q", "result"),)
    assembly_format = "$x `,` $q attr-dict `:` type($x) `,` type($q) `->` type(results)"


class Mulhi(Operation, name="chlo.mulhi", traits=(Pure, Elementwise, Commutative)):
    """The high half of the product of two integers."""

    lhs: Operand[TensorType] = fields.operand(elements=INTEGER)
    rhs: Operand[TensorType] = fields.operand(elements=INTEGER)
    result: Result[TensorType] = result()

    constraints = (SameType("lhs", "rhs", "result"),)
    assembly_format = "$lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)"


def _has_k(op: TopK) -> bool | str:
    type = op.operand.type
    if type.rank == 0:
        return "`operand` is a scalar"
    size = type.dims[-1]
    return (op.k >= 0 and (size is None or op.k <= size)) or f"{op.k} of {size}"


class TopK(Operation, name="chlo.top_k", traits=(Pure,)):
    """The `k` largest elements along the last dimension, largest first, and their positions."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    k: int
    values: Result[TensorType] = fields.result()
    indices: Result[TensorType] = fields.result()

    constraints = (Holds("the last dimension has at least `k` elements", _has_k),)
    assembly_format = (
        "`(` $operand `,` `k` `=` $k `)` attr-dict `:` type($operand) `->` `(` type($values) `,` type($indices) `)`"
    )

    def infer(self) -> list[Type]:
        type = self.operand.type
        dims = (*type.dims[:-1], self.k)
        return [type.with_dims(dims), TensorType(dims, i32)]


class AsinAcosKernel(Operation, name="chlo._asin_acos_kernel", traits=(Pure, Elementwise)):
    """What the arc sine and the arc cosine of complex numbers have in common."""

    operand: Operand[TensorType] = fields.operand(elements=COMPLEX)
    result: Result[TensorType] = fields.result()

    constraints = (SameType("operand", "result"),)
    assembly_format = "$operand attr-dict `:` type($operand) `->` type($result)"


class ConstantLike(Operation, name="chlo.constant_like", traits=(Pure,)):
    """A tensor of the shape of `operand`, all elements of which are `value`."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    value: Attribute = attr(codec=ANY_ATTRIBUTE)
    result: Result[TensorType] = fields.result()

    constraints = (
        Holds("`value` is a number with a type", lambda op: isinstance(op.value, IntegerAttr | FloatAttr)),
        SameShape("operand", "result"),
    )

    def infer(self) -> Type:
        if not isinstance(self.value, IntegerAttr | FloatAttr):
            raise Error(f"`value` of `{self.name}` is a number with a type, not `{self.value}`")
        return self.operand.type.with_element_type(self.value.type)


@enum_attribute("chlo.precision", bracketed=False)
class Precision(enum.Enum):
    """How exact products and sums are: what the values mean depends on the device."""

    DEFAULT = "DEFAULT"
    HIGH = "HIGH"
    HIGHEST = "HIGHEST"


class RaggedDotDimensionNumbers(Struct, name="chlo.ragged_dot"):
    """Which dimensions of a ragged dot product are batches, summed over, ragged, and which counts groups."""

    lhs_batching_dimensions: tuple[int, ...] = ()
    rhs_batching_dimensions: tuple[int, ...] = ()
    lhs_contracting_dimensions: tuple[int, ...] = ()
    rhs_contracting_dimensions: tuple[int, ...] = ()
    lhs_ragged_dimensions: tuple[int, ...] = ()
    rhs_group_dimensions: tuple[int, ...] = ()

    @classmethod
    def examples(cls) -> list[RaggedDotDimensionNumbers]:
        """A matrix product with a ragged dimension of rows, summed over, or of batches, for generators of programs."""
        return [
            cls((), (), (1,), (1,), (0,), (0,)),
            cls((), (), (1,), (0,), (1,), ()),
            cls((0,), (0,), (2,), (1,), (0,), ()),
        ]


def _ragged_numbers_fit(op: RaggedDot) -> bool | str:
    numbers = op.ragged_dot_dimension_numbers
    lhs = numbers.lhs_batching_dimensions + numbers.lhs_contracting_dimensions
    rhs = numbers.rhs_batching_dimensions + numbers.rhs_contracting_dimensions
    if len(numbers.lhs_ragged_dimensions) != 1 or not within(numbers.lhs_ragged_dimensions, op.lhs.type.rank):
        return "there is one ragged dimension"
    grouped = numbers.lhs_ragged_dimensions[0] not in lhs
    if len(numbers.rhs_group_dimensions) != grouped:
        return "there is a group dimension when the ragged one is neither batch nor contracted, and only then"
    rhs_used = rhs + numbers.rhs_group_dimensions
    fits = unique(lhs) and unique(rhs_used) and within(lhs, op.lhs.type.rank) and within(rhs_used, op.rhs.type.rank)
    if not fits or len(lhs) != len(rhs) or len(numbers.lhs_batching_dimensions) != len(numbers.rhs_batching_dimensions):
        return "they are different dimensions of the operands, as many of each"
    sizes = [(op.lhs.type.dims[a], op.rhs.type.dims[b]) for a, b in zip(lhs, rhs, strict=True)]
    return all(same_dim(a, b) for a, b in sizes) or "batch and contracting dimensions have the same sizes"


def outer_dimensions(op: RaggedDot) -> tuple[int, ...]:
    """The dimensions of `lhs` that may have group sizes of their own: those before the ragged one, of its kind or batches."""
    numbers, (ragged,) = op.ragged_dot_dimension_numbers, op.ragged_dot_dimension_numbers.lhs_ragged_dimensions
    batching, contracting = numbers.lhs_batching_dimensions, numbers.lhs_contracting_dimensions
    if ragged in batching:
        return batching[: batching.index(ragged)]
    if ragged in contracting:
        return (*batching, *contracting[: contracting.index(ragged)])
    return (*batching, *(axis for axis in range(ragged) if axis not in batching + contracting))


def _group_sizes_fit(op: RaggedDot) -> bool | str:
    *outer, groups = op.group_sizes.type.dims
    wanted = [op.lhs.type.dims[axis] for axis in outer_dimensions(op)]
    if outer and not same_dims(outer, wanted):
        return f"it has the outer dimensions {outer}, not {wanted}"
    for axis in op.ragged_dot_dimension_numbers.rhs_group_dimensions:
        if not same_dim(op.rhs.type.dims[axis], groups):
            return f"it has {groups} groups, dimension {axis} of `rhs` has {op.rhs.type.dims[axis]}"
    return True


class RaggedDot(Operation, name="chlo.ragged_dot", traits=(Pure,)):
    """Dot products of groups of a ragged dimension, each with a matrix of its own; `group_sizes` says how large they are."""

    lhs: Operand[TensorType] = fields.operand(elements=ANY)
    rhs: Operand[TensorType] = fields.operand(elements=ANY)
    group_sizes: Operand[TensorType] = fields.operand(elements=INTEGER)
    ragged_dot_dimension_numbers: RaggedDotDimensionNumbers = attr()
    precision_config: tuple[Precision, ...] | None = attr_optional(default=None)
    result: Result[TensorType] = fields.result(elements=ANY)

    constraints = (
        Holds("`group_sizes` has dimensions", lambda op: op.group_sizes.type.rank > 0),
        Holds("`ragged_dot_dimension_numbers` fit the operands", _ragged_numbers_fit),
        Holds(
            "`group_sizes` has a size for each group, and the dimensions before the ragged one or none",
            _group_sizes_fit,
        ),
        precisions(""),
        Holds(
            "the result has the dimensions that the operands give it",
            lambda op: same_dims(op.result.type.dims, ragged_dims(op)),
            verify_only=True,
        ),
    )


def ragged_dims(op: RaggedDot) -> Dims:
    """The dimensions of the result: groups, if the ragged dimension is contracted, batches, what is left of each."""
    numbers, lhs, rhs = op.ragged_dot_dimension_numbers, op.lhs.type.dims, op.rhs.type.dims
    lhs_used = numbers.lhs_batching_dimensions + numbers.lhs_contracting_dimensions
    rhs_used = numbers.rhs_batching_dimensions + numbers.rhs_contracting_dimensions + numbers.rhs_group_dimensions
    contracted = numbers.lhs_ragged_dimensions[0] in numbers.lhs_contracting_dimensions
    return (
        *((op.group_sizes.type.dims[-1],) if contracted else ()),
        *(lhs[axis] for axis in numbers.lhs_batching_dimensions),
        *(size for axis, size in enumerate(lhs) if axis not in lhs_used),
        *(size for axis, size in enumerate(rhs) if axis not in rhs_used),
    )


def _scan_sizes_fit(op: Scan) -> bool | str:
    sizes = [value.type.dims[op.dimension] for value in (*op.inputs, *op.outputs)]
    known = {size for size in (*sizes, op.scan_dim_size) if size is not None}
    return len(known) <= 1 or f"{sorted(known)}"


def _scan_body_fits(op: Scan) -> bool | str:
    wanted = [_without(value.type, op.dimension) for value in op.inputs] + [value.type for value in op.inits]
    taken, given = entry_types(op.body), returned_types(op.body) or []
    if len(taken) != len(wanted) or not all(map(compatible, taken, wanted)):
        return f"it takes ({', '.join(map(str, taken))}), not ({', '.join(map(str, wanted))})"
    results = [_without(value.type, op.dimension) for value in op.outputs] + [value.type for value in op.carries]
    fits = len(given) == len(results) and all(map(compatible, given, results))
    return fits or f"it returns ({', '.join(map(str, given))}), not ({', '.join(map(str, results))})"


def _without(type: TensorType, axis: int) -> TensorType:
    return type.with_dims((*type.dims[:axis], *type.dims[axis + 1 :]))


class Scan(Operation, name="chlo.scan", traits=(RecursiveMemoryEffects, SingleBlock)):
    """Runs `body` on one slice of `inputs` along `dimension` after the other, and on what it carries from each to the next.

    The body returns a slice of each of `outputs`, and what is carried on; `carries` is what is carried at the end.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    inits: Operands[TensorType] = fields.operands(elements=ANY)
    dimension: int
    scan_dim_size: int | None = attr_optional(default=None)
    is_reverse: bool | None = attr_optional(default=None)
    is_associative: bool | None = attr_optional(default=None)
    body: Region = region(blocks="one", default=None)
    outputs: Results[TensorType] = fields.result()
    carries: Results[TensorType] = fields.result()

    constraints = (
        Holds(
            "`dimension` is a dimension of the inputs and outputs",
            lambda op: all(0 <= op.dimension < v.type.rank for v in (*op.inputs, *op.outputs)),
            verify_only=True,
        ),
        Holds("inputs and outputs have the same size along `dimension`", _scan_sizes_fit, verify_only=True),
        Holds("`body` takes and returns slices, and what is carried", _scan_body_fits, verify_only=True),
    )

    def print(self, p: Printer) -> None:
        p.write("(")
        p.operands(self.inputs)
        p.write(") inits (")
        p.operands(self.inits)
        p.write(f") dimension={self.dimension} ")
        p.attr_dict(self, elided=("dimension",), with_keyword=True)
        p.write(" ")
        p.region(self.body, print_entry_args=True)
        p.write(" : ")
        p.functional_type([value.type for value in self.operands], [value.type for value in self.results])

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        inputs = p.comma_separated(p.operand_name, "(", ")")
        p.expect_keyword("inits")
        inits = p.comma_separated(p.operand_name, "(", ")")
        p.expect_keyword("dimension")
        p.expect("=")
        dimension = IntegerAttr(p.integer("a dimension"), i64)
        attributes = p.attr_dict_with_keyword()
        body = yield p.region_request()
        p.expect(":")
        at = p.position
        type = p.functional_type()
        if len(type.results) < len(inits):
            raise p.error(f"expected a result for each of {len(inits)} initial values", at=at)
        sizes = {
            "operandSegmentSizes": (len(inputs), len(inits)),
            "resultSegmentSizes": (len(type.results) - len(inits), len(inits)),
        }
        stored = {name: DenseArrayAttr(i32, counts) for name, counts in sizes.items()}
        operands = p.resolve_all([*inputs, *inits], type.inputs, at=at)
        return p.build(
            cls, operands, {**attributes, "dimension": dimension, **stored}, [body], result_types=type.results
        )


WITHOUT_BROADCASTING: Final[dict[type[Operation], type[Operation]]] = {
    BroadcastAdd: hlo.Add,
    BroadcastAnd: hlo.And,
    BroadcastAtan2: hlo.Atan2,
    BroadcastComplex: hlo.Complex,
    BroadcastDivide: hlo.Divide,
    BroadcastMaximum: hlo.Maximum,
    BroadcastMinimum: hlo.Minimum,
    BroadcastMultiply: hlo.Multiply,
    BroadcastNextAfter: NextAfter,
    BroadcastOr: hlo.Or,
    BroadcastPolygamma: Polygamma,
    BroadcastPower: hlo.Power,
    BroadcastRemainder: hlo.Remainder,
    BroadcastShiftLeft: hlo.ShiftLeft,
    BroadcastShiftRightArithmetic: hlo.ShiftRightArithmetic,
    BroadcastShiftRightLogical: hlo.ShiftRightLogical,
    BroadcastSubtract: hlo.Subtract,
    BroadcastXor: hlo.Xor,
    BroadcastZeta: Zeta,
}
"""What each binary op that broadcasts is on operands of one shape; `broadcast_compare` has options of its own."""
