"""StableHLO: decompositions of matrices, linear systems and Fourier transforms.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

from couloir.dialects.hlo.attributes import FftType, Transposition
from couloir.dialects.hlo.bounds import bounded, bounds_of
from couloir.dialects.hlo.elements import COMPLEX, FLOAT_ONLY, FLOAT_OR_COMPLEX, SameBaselineElementType
from couloir.dialects.shapes import Dims, same_dim, same_dims
from couloir.ir import fields
from couloir.ir.constraints import Holds, Infers, SameType
from couloir.ir.fields import Operand, Result, attr, attr_optional
from couloir.ir.operation import Operation
from couloir.ir.traits import Pure
from couloir.ir.types import ComplexType, TensorType, Type


class Cholesky(Operation, name="stablehlo.cholesky", traits=(Pure,)):
    """The Cholesky decomposition of each matrix of a batch: lower triangular, or upper if `lower` is not set.

    Source: StableHLO specification, `cholesky`.
    """

    a: Operand[TensorType] = fields.operand(elements=FLOAT_OR_COMPLEX)
    lower: bool = attr_optional(default=False)
    result: Result[TensorType] = fields.result()

    constraints = (
        SameType("a", "result", id="C1"),
        Holds("`a` has at least two dimensions", lambda op: op.a.type.rank >= 2, id="C2"),
        Holds("the matrices are square", lambda op: same_dim(*op.a.type.dims[-2:]), id="C3"),
    )
    assembly_format = "$a (`,` `lower` `=` $lower^)? attr-dict `:` custom<SameTypes1>(type($a), type($result))"

    def infer(self) -> Type:
        return self.a.type


def _systems_fit(op: TriangularSolve) -> bool | str:
    a, b = op.a.type.dims, op.b.type.dims
    side = b[-2] if op.left_side else b[-1]
    fits = same_dims(a[:-2], b[:-2]) and same_dim(a[-2], a[-1]) and same_dim(a[-1], side)
    return fits or f"`{op.a.type}` and `{op.b.type}`"


class TriangularSolve(Operation, name="stablehlo.triangular_solve", traits=(Pure,)):
    """Solves `op(a) * x = b`, or `x * op(a) = b`, for triangular matrices `a`.

    Source: StableHLO specification, `triangular_solve`.
    """

    a: Operand[TensorType] = fields.operand(elements=FLOAT_OR_COMPLEX)
    b: Operand[TensorType] = fields.operand(elements=FLOAT_OR_COMPLEX)
    left_side: bool = attr()
    lower: bool = attr()
    unit_diagonal: bool = attr()
    transpose_a: Transposition = attr()
    result: Result[TensorType] = fields.result()

    constraints = (
        SameBaselineElementType("a", "b", id="C1"),
        Holds("`transpose_a` says what to do", lambda op: op.transpose_a is not Transposition.TRANSPOSE_INVALID),
        Holds("`a` and `b` have the same rank, at least 2", lambda op: op.a.type.rank == op.b.type.rank >= 2, id="C2"),
        Holds("the matrices are square and fit the right-hand sides", _systems_fit, id="C3"),
        Infers("C4"),
    )

    def infer(self) -> Type:
        return self.b.type


def _transformed(op: Fft) -> TensorType:
    type, length = op.operand.type, op.fft_length
    element, bounds = type.element_type, (*bounds_of(type)[:-1], None)
    if op.fft_type is FftType.RFFT and not isinstance(element, ComplexType):
        last = length[-1] // 2 + 1 if length and length[-1] else 0
        return bounded((*type.dims[:-1], last), bounds, ComplexType(element))
    if op.fft_type is FftType.IRFFT and isinstance(element, ComplexType):
        return bounded((*type.dims[:-1], *length[-1:]), bounds, element.element_type)
    return type


def _element_fits(op: Fft) -> bool:
    return isinstance(op.operand.type.element_type, ComplexType) != (op.fft_type is FftType.RFFT)


def _last_dims(op: Fft) -> Dims:
    return op.operand.type.dims[op.operand.type.rank - len(op.fft_length) :]


def _real_length_fits(op: Fft) -> bool | str:
    last = _last_dims(op)
    if op.fft_type is not FftType.RFFT:
        return True  # of IRFFT, it is the result that has this length
    return same_dims(last, op.fft_length) or f"the last dimensions are {last}, not {op.fft_length}"


def _half_length_fits(op: Fft) -> bool | str:
    if op.fft_type is not FftType.IRFFT:
        return True
    *outer, length = op.fft_length
    wanted = (*outer, length // 2 + 1 if length else 0)
    return same_dims(_last_dims(op), wanted) or f"the last dimensions are {_last_dims(op)}, not {wanted}"


class Fft(Operation, name="stablehlo.fft", traits=(Pure,)):
    """A discrete Fourier transform over the last one to three dimensions. Source: StableHLO specification, `fft`."""

    operand: Operand[TensorType] = fields.operand(elements=FLOAT_ONLY | COMPLEX)
    fft_type: FftType
    fft_length: tuple[int, ...] = attr()
    result: Result[TensorType] = fields.result(elements=FLOAT_ONLY | COMPLEX)

    constraints = (
        Holds("`fft_length` has 1 to 3 lengths", lambda op: 1 <= len(op.fft_length) <= 3, id="C3"),
        Holds(
            "`operand` has at least as many dimensions as `fft_length` has lengths",
            lambda op: len(op.fft_length) <= op.operand.type.rank,
            id="C1",
        ),
        Holds("RFFT takes real numbers, the others complex ones", _element_fits, id="C2"),
        Holds("`fft_length` is the shape of the last dimensions of the real tensor", _real_length_fits, id="C4"),
        Holds("IRFFT takes half of what it gives, and one", _half_length_fits, id="C5"),
        Infers("C2, C4, C5"),
    )
    assembly_format = (
        "$operand `,` `type` `=` $fft_type `,` `length` `=` $fft_length attr-dict"
        " `:` functional-type(operands, results)"
    )

    def infer(self) -> Type:
        return _transformed(self)
