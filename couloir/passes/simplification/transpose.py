"""Transpose.

Transposes move towards results, where they meet other transposes, and products and reductions that take them in.
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
from couloir.passes.simplification.axes import inverse, is_number, is_static, picked, spread


class DoubleTranspose(Rule):
    """transpose(transpose(x, p), q)  =>  transpose(x, p after q)"""

    def pattern(x, p, q):
        return hlo.Transpose(hlo.Transpose(x, p), q)

    def rewrite(x, p, q):
        return hlo.Transpose(x, tuple(p[axis] for axis in q))


class IdentityTranspose(Rule):
    """transpose(x, 0 1 2 ...)  =>  x"""

    def pattern(x, p):
        return hlo.Transpose(x, p)

    def where(p):
        return guard(tuple(p) == tuple(range(len(p))), f"the permutation {p} moves something")

    def rewrite(x):
        return x


class TransposeOfOnes(Rule):
    """transpose(x, p)  =>  reshape(x), when only dimensions of size 1 pass others"""

    def pattern(x, p):
        return hlo.Transpose(x, p)

    def where(x, p):
        moved = [axis for axis in p if x.type.dims[axis] != 1]
        return is_static(x) & guard(moved == sorted(moved), f"the permutation {p} moves elements")

    def rewrite(x, op):
        return hlo.Reshape(x, result_types=[op.result.type])


class TransposeOfBroadcast(Rule):
    """transpose(broadcast_in_dim(x, d), p)  =>  broadcast_in_dim(x, where p puts d)"""

    def pattern(x, d, p):
        return hlo.Transpose(hlo.BroadcastInDim(x, d), p)

    def rewrite(x, d, p, op):
        return hlo.BroadcastInDim(x, picked(inverse(p), d), result_types=[op.result.type])


class TransposeOfSplat(Rule):
    """transpose(constant with one value)  =>  constant with one value"""

    def pattern(x, p):
        return hlo.Transpose(x, p)

    def where(x):
        return is_number(x)

    def rewrite(x, op):
        return spread(x, op.result.type)


class TransposeOfIota(Rule):
    """transpose(iota(d), p)  =>  iota(where p puts d)"""

    def pattern(d, p):
        return hlo.Transpose(hlo.Iota(d), p)

    def rewrite(d, p, op):
        return hlo.Iota(p.index(d), result_types=[op.result.type])


class TransposeOfPad(Rule):
    """transpose(pad(x, v, amounts), p)  =>  pad(transpose(x, p), v, amounts of p)"""

    def pattern(x, v, low, high, inner, p):
        return hlo.Transpose(hlo.Pad(x, v, low, high, inner), p)

    def rewrite(x, v, low, high, inner, p):
        return hlo.Pad(hlo.Transpose(x, p), v, picked(low, p), picked(high, p), picked(inner, p))


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DoubleTranspose,
    IdentityTranspose,
    TransposeOfSplat,
    TransposeOfIota,
    TransposeOfBroadcast,
    TransposeOfPad,
    TransposeOfOnes,
)
