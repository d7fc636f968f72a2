"""Pad.

Paddings move towards results; negative ones become slices, which move towards operands.
"""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, guard
from couloir.passes.simplification.axes import is_empty, is_number, same_numbers, spread


class NoPadding(Rule):
    """pad(x) by nothing  =>  x"""

    def pattern(x, v, low, high, inner):
        return hlo.Pad(x, v, low, high, inner)

    def where(low, high, inner):
        return guard(not any((*low, *high, *inner)), "it pads")

    def rewrite(x):
        return x


class PadBetweenNothing(Rule):
    """pad(x)  =>  pad(x) without padding between elements where there are less than two"""

    def pattern(x, v, low, high, inner):
        return hlo.Pad(x, v, low, high, inner)

    def where(x, inner):
        useless = [size in (0, 1) and between > 0 for size, between in zip(x.type.dims, inner, strict=True)]
        return guard(any(useless), "there are elements to pad between")

    def rewrite(x, v, low, high, inner):
        useful = tuple(0 if size in (0, 1) else between for size, between in zip(x.type.dims, inner, strict=True))
        return hlo.Pad(x, v, low, high, useful)


class NegativePad(Rule):
    """pad(x) by negative amounts  =>  pad(slice(x))"""

    examples = (
        """
func.func @main(%x: tensor<5x4xf32>, %v: tensor<f32>) -> tensor<5x3xf32> {
  %r = stablehlo.pad %x, %v, low = [-1, 0], high = [1, -1], interior = [0, 0] : (tensor<5x4xf32>, tensor<f32>) -> tensor<5x3xf32>
  return %r : tensor<5x3xf32>
}
""",
    )

    def pattern(x, v, low, high, inner):
        return hlo.Pad(x, v, low, high, inner)

    def where(x, low, high, inner):
        amounts = zip(x.type.shape, low, high, inner, strict=True)
        cuts = [(size, max(-a, 0) + max(-b, 0), between) for size, a, b, between in amounts]
        return (
            guard(any(cut > 0 for _, cut, _ in cuts), "it cuts nothing off")
            & guard(all(cut == 0 or between == 0 for _, cut, between in cuts), "padding between elements is cut off")
            & guard(all(cut <= size for size, cut, _ in cuts), "padding is cut off")
        )

    def rewrite(x, v, low, high, inner):
        start = tuple(max(-amount, 0) for amount in low)
        limit = tuple(size - max(-amount, 0) for size, amount in zip(x.type.dims, high, strict=True))
        part = hlo.Slice(x, start, limit, (1,) * len(start))
        return hlo.Pad(part, v, tuple(max(a, 0) for a in low), tuple(max(a, 0) for a in high), inner)


class DoublePad(Rule):
    """pad(pad(x, v, a), v, b)  =>  pad(x, v, a + b), when b neither pads between elements nor puts back what a cuts off"""

    def pattern(x, v, low, high, inner, low2, high2, inner2):
        return hlo.Pad(hlo.Pad(x, v, low, high, inner), v, low2, high2, inner2)

    def where(low, high, low2, high2, inner2):
        pairs = zip((*low, *high), (*low2, *high2), strict=True)
        return guard(not any(inner2), "it pads between elements") & guard(
            all(first >= 0 or second <= 0 for first, second in pairs), "it puts back what was cut off"
        )

    def rewrite(x, v, low, high, inner, low2, high2):
        before = tuple(a + b for a, b in zip(low, low2, strict=True))
        behind = tuple(a + b for a, b in zip(high, high2, strict=True))
        return hlo.Pad(x, v, before, behind, inner)


class PadOfSplat(Rule):
    """pad(constant c, constant c)  =>  constant c"""

    def pattern(x, v, low, high, inner):
        return hlo.Pad(x, v, low, high, inner)

    def where(x, v):
        return is_number(v) & same_numbers(x, v)

    def rewrite(v, op):
        return spread(v, op.result.type)


class PadOfBroadcast(Rule):
    """pad(broadcast_in_dim(v), v)  =>  broadcast_in_dim(v)"""

    allow_shared = True

    def pattern(v, low, high, inner):
        return hlo.Pad(hlo.BroadcastInDim(v, ()), v, low, high, inner)

    def rewrite(v, op):
        return hlo.BroadcastInDim(v, (), result_types=[op.result.type])


class PadOfNothing(Rule):
    """pad(x, v)  =>  broadcast_in_dim(v), when x has no elements"""

    examples = (
        """
func.func @main(%x: tensor<0x4xf32>, %v: tensor<f32>) -> tensor<3x5xf32> {
  %r = stablehlo.pad %x, %v, low = [1, 0], high = [2, 1], interior = [0, 0] : (tensor<0x4xf32>, tensor<f32>) -> tensor<3x5xf32>
  return %r : tensor<3x5xf32>
}
""",
    )

    def pattern(x, v, low, high, inner):
        return hlo.Pad(x, v, low, high, inner)

    def where(x):
        return is_empty(x)

    def rewrite(v, op):
        return hlo.BroadcastInDim(v, (), result_types=[op.result.type])


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    NoPadding,
    PadOfNothing,
    PadBetweenNothing,
    NegativePad,
    DoublePad,
    PadOfSplat,
    PadOfBroadcast,
)
