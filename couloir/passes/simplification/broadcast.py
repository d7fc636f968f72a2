"""Broadcast in dimensions.

What is the same everywhere is repeated as late as possible: other ops then work on fewer elements.
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
from couloir.passes.simplification.axes import aligned, as_many, inverse, is_number, is_static, picked, spread
from couloir.passes.simplification.examples import program
from couloir.passes.simplification.guards import same_size


class IdentityBroadcast(Rule):
    """broadcast_in_dim(x, 0 1 2 ...) to the type of x  =>  x"""

    def pattern(x, d):
        return hlo.BroadcastInDim(x, d)

    def where(x, d, op):
        return same_size(x, op.result) & guard(d == tuple(range(len(d))), "dimensions are exchanged")

    def rewrite(x):
        return x


class DoubleBroadcast(Rule):
    """broadcast_in_dim(broadcast_in_dim(x, p), q)  =>  broadcast_in_dim(x, q after p)"""

    allow_shared = True

    def pattern(x, p, q):
        return hlo.BroadcastInDim(hlo.BroadcastInDim(x, p), q)

    def rewrite(x, p, q, op):
        return hlo.BroadcastInDim(x, picked(q, p), result_types=[op.result.type])


class BroadcastOfSplat(Rule):
    """broadcast_in_dim(constant with one value)  =>  constant with one value"""

    def pattern(x, d):
        return hlo.BroadcastInDim(x, d)

    def where(x):
        return is_number(x)

    def rewrite(x, op):
        return spread(x, op.result.type)


class BroadcastIsReshape(Rule):
    """broadcast_in_dim(x, d)  =>  reshape(x), when nothing is repeated and nothing moved"""

    def pattern(x, d):
        return hlo.BroadcastInDim(x, d)

    def where(x, d, op):
        moved = [target for target, size in zip(d, x.type.dims, strict=True) if size != 1]
        return as_many(x, op.result) & guard(moved == sorted(moved), "dimensions are exchanged")

    def rewrite(x, op):
        return hlo.Reshape(x, result_types=[op.result.type])


class BroadcastIsTranspose(Rule):
    """broadcast_in_dim(x, d)  =>  transpose(x), when nothing is repeated and no dimension added"""

    def pattern(x, d):
        return hlo.BroadcastInDim(x, d)

    def where(x, d, op):
        same = len(d) == op.result.type.rank and x.type.dims == picked(op.result.type.dims, d)
        return is_static(x) & guard(same, "something is repeated or added")

    def rewrite(x, d, op):
        return hlo.Transpose(x, inverse(d), result_types=[op.result.type])


class BroadcastOfTranspose(Rule):
    """broadcast_in_dim(transpose(x, p), d)  =>  broadcast_in_dim(x, d after p)"""

    allow_shared = True

    def pattern(x, p, d):
        return hlo.BroadcastInDim(hlo.Transpose(x, p), d)

    def rewrite(x, p, d, op):
        return hlo.BroadcastInDim(x, picked(d, inverse(p)), result_types=[op.result.type])


class BroadcastOfReshape(Rule):
    """broadcast_in_dim(reshape(x), d)  =>  broadcast_in_dim(x, d'), when the reshape only adds dimensions of size 1"""

    allow_shared = True

    def pattern(x, d):
        return hlo.BroadcastInDim(hlo.Reshape(x), d)

    def where(x, op):
        places = aligned(x.type.dims, op.operand.type.dims)
        return guard(places is not None and None not in places, "the reshape does more than add dimensions of size 1")

    def rewrite(x, d, op):
        places = aligned(x.type.dims, op.operand.type.dims)
        return hlo.BroadcastInDim(x, picked(d, places), result_types=[op.result.type])


class BroadcastOfIota(Rule):
    """broadcast_in_dim(iota(a), d)  =>  iota(where d puts a), when it is not repeated along a"""

    examples = (
        program(
            "",
            """
            %0 = iota dim = 0 : tensor<4x1xi32>
            %1 = iota dim = 0 : tensor<1x1xi32>
            %2 = broadcast_in_dim %0, dims = [1, 2] : (tensor<4x1xi32>) -> tensor<1x4x1xi32>
            %3 = broadcast_in_dim %1, dims = [1, 2] : (tensor<1x1xi32>) -> tensor<1x4x1xi32>
            %r = add %2, %3 : tensor<1x4x1xi32>""",
        ),
    )

    def pattern(a, d):
        return hlo.BroadcastInDim(hlo.Iota(a), d)

    def where(a, d, op):
        return guard(op.operand.type.dims[a] == op.result.type.dims[d[a]], "the numbers are repeated")

    def rewrite(a, d, op):
        return hlo.Iota(d[a], result_types=[op.result.type])


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    IdentityBroadcast,
    DoubleBroadcast,
    BroadcastOfSplat,
    BroadcastOfTranspose,
    BroadcastOfReshape,
    BroadcastOfIota,
    BroadcastIsReshape,
    BroadcastIsTranspose,
)
