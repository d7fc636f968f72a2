"""Elementwise ops and movement of elements.

Ops that work element by element are computed before their operands are moved, repeated and padded; scalars stay scalars.
"""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from couloir.dialects import hlo
from couloir.dialects.hlo.elements import is_quantized
from couloir.ir.operation import Operation, Value
from couloir.ir.rewriting import NoMatch, Rewrite, Rewriter, Rule, is_splat, rule
from couloir.ir.types import TensorType
from couloir.passes.simplification.axes import like, spread
from couloir.passes.simplification.examples import program

Elementwise: TypeAlias = (
    hlo.Abs | hlo.Add | hlo.And | hlo.Atan2 | hlo.Cbrt | hlo.Ceil | hlo.Compare | hlo.Complex | hlo.Convert | hlo.Cosine
    | hlo.CountLeadingZeros | hlo.Divide | hlo.Exponential | hlo.ExponentialMinusOne | hlo.Floor | hlo.Imag | hlo.IsFinite
    | hlo.Log | hlo.LogPlusOne | hlo.Logistic | hlo.Maximum | hlo.Minimum | hlo.Multiply | hlo.Negate | hlo.Not | hlo.Or
    | hlo.PopulationCount | hlo.Power | hlo.Real | hlo.ReducePrecision | hlo.Remainder | hlo.RoundNearestAfz
    | hlo.RoundNearestEven | hlo.Rsqrt | hlo.Select | hlo.ShiftLeft | hlo.ShiftRightArithmetic | hlo.ShiftRightLogical
    | hlo.Sign | hlo.Sine | hlo.Sqrt | hlo.Subtract | hlo.Tan | hlo.Tanh | hlo.Xor
)  # fmt: skip


def _computed_before(
    op: Any,
    rewriter: Rewriter,
    move: type[Operation],
    moved: Callable[[Any, Value[Any]], Operation],
    alike: Callable[[Any, Any], bool],
) -> str | None:
    """f(move(x), move(y), constants)  =>  move(f(x, y, constants)), for moves that are alike.

    Args:
        op: f.
        rewriter: What edits.
        move: The class of the ops that move.
        moved: Moves another value, as an op of that class does.
        alike: Whether two ops of the class move alike.
    """
    type = op.results[0].type
    found = [value.defining_op for value in op.operands if isinstance(value.defining_op, move)]
    if not found:
        return f"no operand comes from `{move.name}`"
    first: Any = found[0]
    if not all(isinstance(value.defining_op, move) or is_splat(value) for value in op.operands):
        return "an operand is neither moved nor the same everywhere"
    if any(value.type.dims != type.dims for value in op.operands):
        return "an operand is a scalar"
    if not all(alike(first, other) for other in found):
        return "the operands are moved in different ways"
    if any(user is not op for other in found for user in other.results[0].users):
        return "what is moved is also used elsewhere"
    if any(is_quantized(value.type.element_type) for value in (*op.operands, *op.results)):
        return "an operand is quantized"
    before: TensorType = first.operand.type
    if not before.is_static or not type.is_static:
        return "a size is not known"
    operands: Sequence[Value[Any]] = [
        value.defining_op.operand
        if isinstance(value.defining_op, move)
        else spread(value, before.with_element_type(value.type.element_type)).output
        for value in op.operands
    ]
    computed = like(op, operands, before.with_element_type(type.element_type))
    rewriter.replace(op, moved(first, computed.results[0]))
    return None


@rule
def elementwise_of_transposes(op: Elementwise, rewriter: Rewriter) -> str | None:
    """f(transpose(x, p), transpose(y, p))  =>  transpose(f(x, y), p)"""

    def moved(first: hlo.Transpose, value: Value[Any]) -> Operation:
        return hlo.Transpose(value, first.permutation)

    return _computed_before(op, rewriter, hlo.Transpose, moved, lambda a, b: a.permutation == b.permutation)


@rule
def elementwise_of_reshapes(op: Elementwise, rewriter: Rewriter) -> str | None:
    """f(reshape(x), reshape(y))  =>  reshape(f(x, y)), when x and y have one shape"""

    def moved(first: hlo.Reshape, value: Value[Any]) -> Operation:
        return hlo.reshape(value, first.result.type.shape)

    return _computed_before(op, rewriter, hlo.Reshape, moved, lambda a, b: a.operand.type.dims == b.operand.type.dims)


@rule
def elementwise_of_reverses(op: Elementwise, rewriter: Rewriter) -> str | None:
    """f(reverse(x, d), reverse(y, d))  =>  reverse(f(x, y), d)"""

    def moved(first: hlo.Reverse, value: Value[Any]) -> Operation:
        return hlo.Reverse(value, first.dimensions)

    return _computed_before(op, rewriter, hlo.Reverse, moved, lambda a, b: a.dimensions == b.dimensions)


@rule(
    examples=(
        program(
            "%x: tensor<3xf32>, %y: tensor<3xf32>",
            """
            %0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
            %1 = broadcast_in_dim %y, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
            %r = subtract %0, %1 : tensor<2x3xf32>""",
        ),
        program(
            "%p: tensor<i1>, %x: tensor<f32>, %y: tensor<f32>",
            """
            %0 = broadcast_in_dim %p, dims = [] : (tensor<i1>) -> tensor<i1>
            %1 = broadcast_in_dim %x, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
            %2 = broadcast_in_dim %y, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
            %3 = select %0, %1, %2 : tensor<i1>, tensor<2x3xf32>
            %4 = broadcast_in_dim %y, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
            %5 = abs %4 : tensor<2x3xf32>
            %r = add %3, %5 : tensor<2x3xf32>""",
        ),
    )
)
def elementwise_of_broadcasts(op: Elementwise, rewriter: Rewriter) -> str | None:
    """f(broadcast_in_dim(x, d), broadcast_in_dim(y, d))  =>  broadcast_in_dim(f(x, y), d), when x and y have one shape"""

    def moved(first: hlo.BroadcastInDim, value: Value[Any]) -> Operation:
        return hlo.broadcast_in_dim(value, first.result.type.shape, first.broadcast_dimensions)

    def alike(a: hlo.BroadcastInDim, b: hlo.BroadcastInDim) -> bool:
        return a.operand.type.dims == b.operand.type.dims and a.broadcast_dimensions == b.broadcast_dimensions

    return _computed_before(op, rewriter, hlo.BroadcastInDim, moved, alike)


@rule(
    examples=(
        program(
            "%x: tensor<2xi32>, %v: tensor<i32>",
            """
            %0 = pad %x, %v, low = [1], high = [-1], interior = [1] : (tensor<2xi32>, tensor<i32>) -> tensor<3xi32>
            %r = convert %0 : (tensor<3xi32>) -> tensor<3xf32>""",
        ),
    )
)
def unary_of_pad(op: Elementwise, rewriter: Rewriter) -> str | None:
    """f(pad(x, v))  =>  pad(f(x), f(v))"""
    pad = op.operands[0].defining_op
    if len(op.operands) != 1 or not isinstance(pad, hlo.Pad):
        return "it is no f(pad(x, v))"
    if any(user is not op for user in pad.result.users):
        return "what is padded is also used elsewhere"
    element = op.results[0].type.element_type
    x, v = (
        like(op, [value], value.type.with_element_type(element)).results[0]
        for value in (pad.operand, pad.padding_value)
    )
    made = hlo.Pad(x, v, pad.edge_padding_low, pad.edge_padding_high, pad.interior_padding)
    if made.result.type is not op.results[0].type:
        raise NoMatch("the shapes are declared differently")
    rewriter.replace(op, made)
    return None


class ClampByScalars(Rule):
    """clamp(broadcast_in_dim(a), x, broadcast_in_dim(b))  =>  clamp(a, x, b), when a and b are scalars"""

    allow_shared = True

    def pattern(a, x, b):
        return hlo.Clamp(hlo.BroadcastInDim(a, ()), x, hlo.BroadcastInDim(b, ()))

    def rewrite(a, x, b):
        return hlo.Clamp(a, x, b)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    ClampByScalars,
    elementwise_of_transposes,
    elementwise_of_reshapes,
    elementwise_of_reverses,
    elementwise_of_broadcasts,
    unary_of_pad,
)
