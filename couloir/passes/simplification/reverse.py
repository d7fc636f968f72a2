"""Reverse.

Reversals move towards results, before transposes and paddings.
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
from couloir.passes.simplification.axes import is_number, picked, spread
from couloir.passes.simplification.examples import program


class DoubleReverse(Rule):
    """reverse(reverse(x, d), d)  =>  x"""

    def pattern(x, d):
        return hlo.Reverse(hlo.Reverse(x, d), d)

    def rewrite(x):
        return x


class ReverseOfReverse(Rule):
    """reverse(reverse(x, a), b)  =>  reverse(x, a or b but not both)"""

    def pattern(x, a, b):
        return hlo.Reverse(hlo.Reverse(x, a), b)

    def rewrite(x, a, b):
        once = [axis for axis in a if axis not in b] + [axis for axis in b if axis not in a]
        return hlo.Reverse(x, tuple(once))


class ReverseOfNothing(Rule):
    """reverse(x, d)  =>  x, when each dimension of d has size 1 or 0"""

    def pattern(x, d):
        return hlo.Reverse(x, d)

    def where(x, d):
        return guard(all(size in (0, 1) for size in picked(x.type.dims, d)), "it moves something")

    def rewrite(x):
        return x


class ReverseWithoutOnes(Rule):
    """reverse(x, d)  =>  reverse(x, d without dimensions of size 1)"""

    def pattern(x, d):
        return hlo.Reverse(x, d)

    def where(x, d):
        return guard(1 in picked(x.type.dims, d), "no dimension has size 1")

    def rewrite(x, d):
        return hlo.Reverse(x, tuple(axis for axis in d if x.type.dims[axis] != 1))


class ReverseOfSplat(Rule):
    """reverse(constant with one value)  =>  that constant"""

    def pattern(x, d):
        return hlo.Reverse(x, d)

    def where(x):
        return is_number(x)

    def rewrite(x, op):
        return spread(x, op.result.type)


class ReverseOfBroadcast(Rule):
    """reverse(broadcast_in_dim(x, d), r)  =>  broadcast_in_dim(reverse(x, what r has of x), d)"""

    def pattern(x, d, r):
        return hlo.Reverse(hlo.BroadcastInDim(x, d), r)

    def rewrite(x, d, r, op):
        turned = tuple(axis for axis, target in enumerate(d) if target in r)
        return hlo.BroadcastInDim(hlo.Reverse(x, turned) if turned else x, d, result_types=[op.result.type])


class ReverseOfIota(Rule):
    """reverse(iota(a), r)  =>  iota(a), when r does not have a"""

    def pattern(a, r):
        return hlo.Reverse(hlo.Iota(a), r)

    def where(a, r):
        return guard(a not in r, "the numbers are reversed")

    def rewrite(a, op):
        return hlo.Iota(a, result_types=[op.result.type])


class ReverseOfConcatenate(Rule):
    """reverse(concatenate(a, b, ..., d), d)  =>  concatenate(..., b, a, d), when all have size 1 along d"""

    examples = (
        program(
            "%x: tensor<2x1xf32>, %y: tensor<2x1xf32>",
            """
            %0 = concatenate %x, %y, dim = 1 : (tensor<2x1xf32>, tensor<2x1xf32>) -> tensor<2x2xf32>
            %r = reverse %0, dims = [1] : tensor<2x2xf32>""",
        ),
    )

    def pattern(xs, d, r):
        return hlo.Reverse(hlo.Concatenate([*xs], d), r)

    def where(xs, d, r):
        return guard(r == (d,), "other dimensions are reversed") & guard(
            all(x.type.dims[d] == 1 for x in xs), "an operand is itself reversed"
        )

    def rewrite(xs, d):
        return hlo.Concatenate(list(reversed(xs)), d)


class ReverseOfTranspose(Rule):
    """reverse(transpose(x, p), r)  =>  transpose(reverse(x, where r comes from), p)"""

    def pattern(x, p, r):
        return hlo.Reverse(hlo.Transpose(x, p), r)

    def rewrite(x, p, r):
        return hlo.Transpose(hlo.Reverse(x, picked(p, r)), p)


class ReverseOfPad(Rule):
    """reverse(pad(x, v, low, high), r)  =>  pad(reverse(x, r), v), with low and high exchanged along r"""

    def pattern(x, v, low, high, inner, r):
        return hlo.Reverse(hlo.Pad(x, v, low, high, inner), r)

    def rewrite(x, v, low, high, inner, r):
        before = tuple(high[axis] if axis in r else low[axis] for axis in range(len(low)))
        behind = tuple(low[axis] if axis in r else high[axis] for axis in range(len(low)))
        return hlo.Pad(hlo.Reverse(x, r), v, before, behind, inner)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DoubleReverse,
    ReverseOfReverse,
    ReverseOfNothing,
    ReverseWithoutOnes,
    ReverseOfSplat,
    ReverseOfBroadcast,
    ReverseOfIota,
    ReverseOfConcatenate,
    ReverseOfTranspose,
    ReverseOfPad,
)
