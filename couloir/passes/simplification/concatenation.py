"""Concatenate.

What is done to all operands alike is done once, to what they are joined to.
"""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from itertools import pairwise
from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Guard, Rewrite, Rule, guard
from couloir.ir.traits import Elementwise
from couloir.passes.simplification.axes import is_number, like, same_numbers, spread
from couloir.passes.simplification.examples import program


def _all_are(xs, cls) -> Guard:
    """Whether values are all results of one class of ops, and used here only."""
    return guard(all(isinstance(x.defining_op, cls) for x in xs), "not all operands come from the same op") & guard(
        all(len(set(x.users)) == 1 for x in xs), "an operand is also used elsewhere"
    )


class SingleConcatenate(Rule):
    """concatenate(x)  =>  x"""

    def pattern(x, d):
        return hlo.Concatenate([x], d)

    def rewrite(x):
        return x


class ConcatenateWithNothing(Rule):
    """concatenate(x, y, ...)  =>  concatenate(x, ...), when y has size 0 along the dimension"""

    examples = (
        program(
            "%x: tensor<2x0xf32>, %y: tensor<2x3xf32>",
            """
            %r = concatenate %x, %y, %x, dim = 1 : (tensor<2x0xf32>, tensor<2x3xf32>, tensor<2x0xf32>)
              -> tensor<2x3xf32>""",
        ),
    )

    def pattern(xs, d):
        return hlo.Concatenate([*xs], d)

    def where(xs, d):
        return guard(len(xs) > 1, "there is one operand") & guard(
            any(x.type.dims[d] == 0 for x in xs), "each operand has elements along the dimension"
        )

    def rewrite(xs, d):
        filled = [x for x in xs if x.type.dims[d] != 0]
        return hlo.Concatenate(filled or [xs[0]], d)


class NestedConcatenate(Rule):
    """concatenate(x, concatenate(y, z), ...)  =>  concatenate(x, y, z, ...), along one dimension"""

    def pattern(xs, d):
        return hlo.Concatenate([*xs], d)

    def where(xs, d):
        return guard(any(_is_joined(x, d) for x in xs), "no operand is joined along the dimension")

    def rewrite(xs, d):
        return hlo.Concatenate([y for x in xs for y in (x.defining_op.inputs if _is_joined(x, d) else [x])], d)


def _is_joined(x, d):
    inner = x.defining_op
    return isinstance(inner, hlo.Concatenate) and inner.dimension == d


class ConcatenateOfSlices(Rule):
    """concatenate(slice(x) from a to b, slice(x) from b to c, ...)  =>  concatenate(slice(x) from a to c, ...)"""

    examples = (
        """
func.func @main(%x: tensor<4x5xf32>, %y: tensor<1x5xf32>) -> tensor<4x5xf32> {
  %a = stablehlo.slice %x [0:2, 0:5] : (tensor<4x5xf32>) -> tensor<2x5xf32>
  %b = stablehlo.slice %x [2:3, 0:5] : (tensor<4x5xf32>) -> tensor<1x5xf32>
  %r = stablehlo.concatenate %a, %b, %y, dim = 0 : (tensor<2x5xf32>, tensor<1x5xf32>, tensor<1x5xf32>) -> tensor<4x5xf32>
  return %r : tensor<4x5xf32>
}
""",
        program(
            "%x: tensor<4xf32>, %y: tensor<1xf32>",
            """
            %a = slice %x [0:2] : (tensor<4xf32>) -> tensor<2xf32>
            %b = slice %x [2:3] : (tensor<4xf32>) -> tensor<1xf32>
            %r = concatenate %y, %a, %b, dim = 0 : (tensor<1xf32>, tensor<2xf32>, tensor<1xf32>) -> tensor<4xf32>""",
        ),
        program(
            "%x: tensor<4xf32>",
            """
            %a = slice %x [0:2] : (tensor<4xf32>) -> tensor<2xf32>
            %b = slice %x [2:3] : (tensor<4xf32>) -> tensor<1xf32>
            %r = concatenate %b, %a, %b, %a, dim = 0
              : (tensor<1xf32>, tensor<2xf32>, tensor<1xf32>, tensor<2xf32>) -> tensor<6xf32>""",
        ),
        program(
            "%x: tensor<4x5xf32>",
            """
            %a = slice %x [0:2, 0:2] : (tensor<4x5xf32>) -> tensor<2x2xf32>
            %b = slice %x [0:2, 2:3] : (tensor<4x5xf32>) -> tensor<2x1xf32>
            %0 = concatenate %a, %b, dim = 1 : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
            %c = slice %x [0:2, 0:3:2] : (tensor<4x5xf32>) -> tensor<2x2xf32>
            %d = slice %x [0:2, 3:5:2] : (tensor<4x5xf32>) -> tensor<2x1xf32>
            %1 = concatenate %c, %d, dim = 1 : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
            %e = slice %x [2:4, 2:3] : (tensor<4x5xf32>) -> tensor<2x1xf32>
            %2 = concatenate %a, %e, dim = 1 : (tensor<2x2xf32>, tensor<2x1xf32>) -> tensor<2x3xf32>
            %r = concatenate %0, %1, %2, dim = 0 : (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<6x3xf32>""",
        ),
    )

    def pattern(xs, d):
        return hlo.Concatenate([*xs], d)

    def where(xs, d):
        return guard(any(_adjoin(a, b, d) for a, b in pairwise(xs)), "no two operands are neighbours")

    def rewrite(xs, d):
        at = next(i for i in range(1, len(xs)) if _adjoin(xs[i - 1], xs[i], d))
        first, second = xs[at - 1].defining_op, xs[at].defining_op
        limit = (*first.limit_indices[:d], second.limit_indices[d], *first.limit_indices[d + 1 :])
        both = hlo.Slice(first.operand, first.start_indices, limit, first.strides).result
        return hlo.Concatenate([*xs[: at - 1], both, *xs[at + 1 :]], d)


def _adjoin(a, b, d):
    """Whether b takes the elements of the same tensor along d that follow those that a takes."""
    first, second = a.defining_op, b.defining_op
    if not isinstance(first, hlo.Slice) or not isinstance(second, hlo.Slice) or first.operand is not second.operand:
        return False
    ranges = zip(first.start_indices, first.limit_indices, second.start_indices, second.limit_indices, strict=True)
    return (
        first.strides == second.strides
        and first.strides[d] == 1
        and all(
            limit == start2 if axis == d else (start, limit) == (start2, limit2)
            for axis, (start, limit, start2, limit2) in enumerate(ranges)
        )
    )


class ConcatenateOfSplats(Rule):
    """concatenate(constant c, constant c, ...)  =>  constant c"""

    examples = (
        program(
            "",
            """
            %0 = constant dense<0.0> : tensor<2xf32>
            %1 = constant dense<0.0> : tensor<3xf32>
            %r = concatenate %0, %1, dim = 0 : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>""",
        ),
    )

    def pattern(xs, d):
        return hlo.Concatenate([*xs], d)

    def where(xs):
        return is_number(xs[0]) & guard(all(same_numbers(xs[0], x) for x in xs), "the operands differ")

    def rewrite(xs, op):
        return spread(xs[0], op.result.type)


class ConcatenateOfBroadcasts(Rule):
    """concatenate(broadcast_in_dim(x, p), ...)  =>  broadcast_in_dim(x, p), when all repeat the same x along the dimension"""

    examples = (
        """
func.func @main(%x: tensor<3xf32>) -> tensor<5x3xf32> {
  %a = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
  %b = stablehlo.broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<3x3xf32>
  %r = stablehlo.concatenate %a, %b, dim = 0 : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<5x3xf32>
  return %r : tensor<5x3xf32>
}
""",
        program(
            "%x: tensor<3xf32>",
            """
            %a = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
            %r = concatenate %a, dim = 0 : (tensor<2x3xf32>) -> tensor<2x3xf32>""",
        ),
        program(
            "%x: tensor<3xf32>, %y: tensor<2xf32>",
            """
            %0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
            %1 = concatenate %0, %0, dim = 0 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
            %2 = broadcast_in_dim %y, dims = [1] : (tensor<2xf32>) -> tensor<4x2xf32>
            %3 = concatenate %2, %2, dim = 1 : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x4xf32>
            %r = concatenate %1, %3, dim = 1 : (tensor<4x3xf32>, tensor<4x4xf32>) -> tensor<4x7xf32>""",
        ),
    )

    def pattern(xs, d):
        return hlo.Concatenate([*xs], d)

    def where(xs, d, op):
        if not all(isinstance(x.defining_op, hlo.BroadcastInDim) for x in xs):
            return guard(False, "not all operands are broadcasts")
        first = xs[0].defining_op
        same = all(
            x.defining_op.operand is first.operand and x.defining_op.broadcast_dimensions == first.broadcast_dimensions
            for x in xs
        )
        sizes = dict(zip(first.broadcast_dimensions, first.operand.type.dims, strict=True))
        return guard(same, "different tensors are repeated") & guard(
            sizes.get(d, 1) == 1, "it is not repeated along the dimension"
        )

    def rewrite(xs, op):
        first = xs[0].defining_op
        return hlo.BroadcastInDim(first.operand, first.broadcast_dimensions, result_types=[op.result.type])


class ConcatenateOfItself(Rule):
    """concatenate(x, x, ...)  =>  broadcast_in_dim(x), when x has size 1 along the dimension"""

    examples = (
        """
func.func @main(%x: tensor<1x3xf32>) -> tensor<3x3xf32> {
  %r = stablehlo.concatenate %x, %x, %x, dim = 0 : (tensor<1x3xf32>, tensor<1x3xf32>, tensor<1x3xf32>) -> tensor<3x3xf32>
  return %r : tensor<3x3xf32>
}
""",
    )

    def pattern(xs, d):
        return hlo.Concatenate([*xs], d)

    def where(xs, d, op):
        return (
            guard(len(xs) > 1, "there is one operand")
            & guard(all(x is xs[0] for x in xs), "the operands differ")
            & guard(xs[0].type.dims[d] == 1, "it has more than one element along the dimension")
        )

    def rewrite(xs, op):
        return hlo.BroadcastInDim(xs[0], tuple(range(xs[0].type.rank)), result_types=[op.result.type])


class ConcatenateOfTransposes(Rule):
    """concatenate(transpose(x, p), transpose(y, p), ...)  =>  transpose(concatenate(x, y, ...), p)"""

    examples = (
        """
func.func @main(%x: tensor<3x2x4xf32>, %y: tensor<3x2x5xf32>) -> tensor<9x3x2xf32> {
  %a = stablehlo.transpose %x, dims = [2, 0, 1] : (tensor<3x2x4xf32>) -> tensor<4x3x2xf32>
  %b = stablehlo.transpose %y, dims = [2, 0, 1] : (tensor<3x2x5xf32>) -> tensor<5x3x2xf32>
  %r = stablehlo.concatenate %a, %b, dim = 0 : (tensor<4x3x2xf32>, tensor<5x3x2xf32>) -> tensor<9x3x2xf32>
  return %r : tensor<9x3x2xf32>
}
""",
    )

    def pattern(xs, d):
        return hlo.Concatenate([*xs], d)

    def where(xs):
        alike = _all_are(xs, hlo.Transpose)
        return alike and guard(len({x.defining_op.permutation for x in xs}) == 1, "the permutations differ")

    def rewrite(xs, d):
        p = xs[0].defining_op.permutation
        return hlo.Transpose(hlo.Concatenate([x.defining_op.operand for x in xs], p[d]), p)


class ConcatenateOfReverses(Rule):
    """concatenate(reverse(x, r), reverse(y, r), ...)  =>  reverse(concatenate(x, y, ...), r), when r does not have the dimension"""

    examples = (
        """
func.func @main(%x: tensor<2x3xf32>, %y: tensor<1x3xf32>) -> tensor<3x3xf32> {
  %a = stablehlo.reverse %x, dims = [1] : tensor<2x3xf32>
  %b = stablehlo.reverse %y, dims = [1] : tensor<1x3xf32>
  %r = stablehlo.concatenate %a, %b, dim = 0 : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<3x3xf32>
  return %r : tensor<3x3xf32>
}
""",
    )

    def pattern(xs, d):
        return hlo.Concatenate([*xs], d)

    def where(xs, d):
        alike = _all_are(xs, hlo.Reverse)
        return alike and (
            guard(len({x.defining_op.dimensions for x in xs}) == 1, "they are reversed along different dimensions")
            & guard(d not in xs[0].defining_op.dimensions, "they are reversed along the dimension")
        )

    def rewrite(xs, d):
        return hlo.Reverse(hlo.Concatenate([x.defining_op.operand for x in xs], d), xs[0].defining_op.dimensions)


class ConcatenateOfUnary(Rule):
    """concatenate(f(x), f(y), ...)  =>  f(concatenate(x, y, ...)), when f works element by element"""

    examples = (
        """
func.func @main(%x: tensor<2x3xf32>, %y: tensor<1x3xf32>) -> tensor<3x3xf32> {
  %a = stablehlo.negate %x : tensor<2x3xf32>
  %b = stablehlo.negate %y : tensor<1x3xf32>
  %r = stablehlo.concatenate %a, %b, dim = 0 : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<3x3xf32>
  return %r : tensor<3x3xf32>
}
""",
    )

    def pattern(xs, d):
        return hlo.Concatenate([*xs], d)

    def where(xs):
        first = xs[0].defining_op
        if first is None or not first.has_trait(Elementwise) or len(first.operands) != 1:
            return guard(False, "the first operand is no such f(x)")
        alike = _all_are(xs, type(first))
        return alike and guard(
            all(
                dict(x.defining_op.attributes) == dict(first.attributes)
                and x.defining_op.operands[0].type.element_type is first.operands[0].type.element_type
                for x in xs
            ),
            "attributes or element types differ",
        )

    def rewrite(xs, d, op):
        joined = hlo.Concatenate([x.defining_op.operands[0] for x in xs], d).result
        return like(xs[0].defining_op, [joined], op.result.type)


class ConcatenateIsPadHigh(Rule):
    """concatenate(x, broadcast_in_dim(v))  =>  pad(x, v, high), when v is a scalar"""

    def pattern(x, v, d):
        return hlo.Concatenate([x, hlo.BroadcastInDim(v, ())], d)

    def rewrite(x, v, d, op):
        zeros = (0,) * x.type.rank
        high = tuple(op.inputs[1].type.shape[d] if axis == d else 0 for axis in range(x.type.rank))
        return hlo.Pad(x, v, zeros, high, zeros)


class ConcatenateIsPadLow(Rule):
    """concatenate(broadcast_in_dim(v), x)  =>  pad(x, v, low), when v is a scalar"""

    def pattern(x, v, d):
        return hlo.Concatenate([hlo.BroadcastInDim(v, ()), x], d)

    def rewrite(x, v, d, op):
        zeros = (0,) * x.type.rank
        low = tuple(op.inputs[0].type.shape[d] if axis == d else 0 for axis in range(x.type.rank))
        return hlo.Pad(x, v, low, zeros, zeros)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    SingleConcatenate,
    ConcatenateWithNothing,
    NestedConcatenate,
    ConcatenateOfSlices,
    ConcatenateOfSplats,
    ConcatenateOfBroadcasts,
    ConcatenateOfItself,
    ConcatenateOfTransposes,
    ConcatenateOfReverses,
    ConcatenateOfUnary,
    ConcatenateIsPadHigh,
    ConcatenateIsPadLow,
)
