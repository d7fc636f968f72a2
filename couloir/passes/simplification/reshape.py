"""Reshape.

Reshapes move towards results. Those that only add or drop dimensions of size 1 go into the ops that can do without them.
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
from couloir.passes.simplification.axes import aligned, is_number, picked, spread


class IdentityReshape(Rule):
    """reshape(x) to the shape of x  =>  x"""

    def pattern(x):
        return hlo.Reshape(x)

    def where(x, op):
        return guard(x.type is op.result.type, "the shape changes")

    def rewrite(x):
        return x


class DoubleReshape(Rule):
    """reshape(reshape(x))  =>  reshape(x)"""

    allow_shared = True

    def pattern(x):
        return hlo.Reshape(hlo.Reshape(x))

    def rewrite(x, op):
        return hlo.Reshape(x, result_types=[op.result.type])


class ReshapeOfSplat(Rule):
    """reshape(constant with one value)  =>  constant with one value"""

    def pattern(x):
        return hlo.Reshape(x)

    def where(x, op):
        return is_number(x) & guard(op.result.type.is_static, "a size is not known")

    def rewrite(x, op):
        return spread(x, op.result.type)


class ReshapeOfBroadcastScalar(Rule):
    """reshape(broadcast_in_dim(x))  =>  broadcast_in_dim(x), when x is a scalar"""

    def pattern(x):
        return hlo.Reshape(hlo.BroadcastInDim(x, ()))

    def rewrite(x, op):
        return hlo.BroadcastInDim(x, (), result_types=[op.result.type])


class ReshapeOfBroadcast(Rule):
    """reshape(broadcast_in_dim(x, d))  =>  broadcast_in_dim(x, d'), when only dimensions of size 1 come and go, none of x's"""

    def pattern(x, d):
        return hlo.Reshape(hlo.BroadcastInDim(x, d))

    def where(d, op):
        places = aligned(op.operand.type.dims, op.result.type.dims)
        return guard(places is not None and None not in picked(places, d), "elements or dimensions of x change places")

    def rewrite(x, d, op):
        places = aligned(op.operand.type.dims, op.result.type.dims)
        return hlo.BroadcastInDim(x, picked(places, d), result_types=[op.result.type])


class ReshapeOfIota(Rule):
    """reshape(iota(d))  =>  iota(d'), when only dimensions of size 1 come and go, not d"""

    def pattern(d):
        return hlo.Reshape(hlo.Iota(d))

    def where(d, op):
        places = aligned(op.operand.type.dims, op.result.type.dims)
        return guard(places is not None and places[d] is not None, "elements change places")

    def rewrite(d, op):
        places = aligned(op.operand.type.dims, op.result.type.dims)
        return hlo.Iota(places[d], result_types=[op.result.type])


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    IdentityReshape,
    DoubleReshape,
    ReshapeOfSplat,
    ReshapeOfBroadcastScalar,
    ReshapeOfBroadcast,
    ReshapeOfIota,
)
