"""Sort."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.dialects.hlo import ComparisonDirection, ComparisonType
from couloir.ir.rewriting import Rewrite, Rule, guard
from couloir.ir.types import IntegerType
from couloir.passes.simplification.axes import is_number
from couloir.passes.simplification.examples import program
from couloir.passes.simplification.iota import whole_numbers

_UPWARDS: Final = (ComparisonDirection.LT, ComparisonDirection.LE)
_DOWNWARDS: Final = (ComparisonDirection.GT, ComparisonDirection.GE)


def _comparison(op):
    """The comparison whose result a comparator gives; None without one."""
    made = op.comparator.block.last_op.operands[0].defining_op
    return made if isinstance(made, hlo.Compare) else None


def _direction(op):
    """The direction by which a comparator compares its first two arguments, when it does nothing else; None otherwise."""
    compare = _comparison(op)
    if compare is None or list(compare.operands) != op.comparator.block.arguments[:2]:
        return None
    return compare.comparison_direction


def _is_total(op):
    """Whether a comparator of one input tells all elements apart that differ in their bits."""
    element = op.inputs[0].type.element_type
    compare = _comparison(op)
    return isinstance(element, IntegerType) or (
        compare is not None and compare.compare_type is ComparisonType.TOTALORDER
    )


class SortOfOne(Rule):
    """sort(x, y, ...)  =>  x, y, ..., along a dimension of size 1 or 0"""

    examples = (
        program(
            "%x: tensor<1x3xf32>",
            """
            %r = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
            %z = compare LT, %a0, %b0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<1x3xf32>) -> tensor<1x3xf32>""",
        ),
    )

    def pattern(xs, d, stable):
        return hlo.Sort([*xs], d, stable)

    def where(xs, d):
        return guard(xs[0].type.dims[d] in (0, 1), "there are several elements")

    def rewrite(xs):
        return xs


class SortOfSplat(Rule):
    """sort(constant with one value)  =>  that constant"""

    examples = (
        program(
            "",
            """
            %0 = constant dense<1.5> : tensor<4xf32>
            %r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
            %z = compare LT, %a0, %b0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<4xf32>) -> tensor<4xf32>""",
        ),
    )

    def pattern(x, d, stable):
        return hlo.Sort([x], d, stable)

    def where(x):
        return is_number(x)

    def rewrite(x):
        return x


class SortOfBroadcast(Rule):
    """sort(broadcast_in_dim(x, p))  =>  broadcast_in_dim(x, p), along a dimension that only repeats"""

    examples = (
        program(
            "%x: tensor<3xf32>",
            """
            %0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<4x3xf32>
            %r = "stablehlo.sort"(%0) <{dimension = -2 : i64, is_stable = true}> ({
            ^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
            %z = compare GT, %a0, %b0 : (tensor<f32>, tensor<f32>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<4x3xf32>) -> tensor<4x3xf32>""",
        ),
    )

    allow_shared = True

    def pattern(x, p, d, stable):
        return hlo.Sort([hlo.BroadcastInDim(x, p)], d, stable)

    def where(p, d, op):
        return guard(d % op.inputs[0].type.rank not in p, "the elements differ")

    def rewrite(op):
        return op.inputs[0]


class SortOfIota(Rule):
    """sort(iota) upwards  =>  iota"""

    examples = (
        program(
            "",
            """
            %0 = iota dim = 0 : tensor<4x3xi32>
            %r = "stablehlo.sort"(%0) <{dimension = -2 : i64, is_stable = true}> ({
            ^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
            %z = compare LE, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<4x3xi32>) -> tensor<4x3xi32>""",
        ),
        program(
            "",
            """
            %0 = iota dim = 0 : tensor<2x3xi2>
            %r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a0: tensor<i2>, %b0: tensor<i2>):
            %z = compare LT, %a0, %b0 : (tensor<i2>, tensor<i2>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<2x3xi2>) -> tensor<2x3xi2>""",
        ),
        program(
            "",
            """
            %0 = iota dim = 0 : tensor<2x2xi2>
            %1 = iota dim = 0 : tensor<3x2xi2>
            %2 = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a: tensor<i2>, %b: tensor<i2>):
            %z = compare LT, %a, %b : (tensor<i2>, tensor<i2>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<2x2xi2>) -> tensor<2x2xi2>
            %3 = "stablehlo.sort"(%1) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a: tensor<i2>, %b: tensor<i2>):
            %z = compare LT, %a, %b : (tensor<i2>, tensor<i2>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<3x2xi2>) -> tensor<3x2xi2>
            %4 = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a: tensor<i2>, %b: tensor<i2>):
            %y = compare LT, %b, %a : (tensor<i2>, tensor<i2>) -> tensor<i1>
            %z = not %y : tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<2x2xi2>) -> tensor<2x2xi2>
            %r = concatenate %2, %3, %4, dim = 0 : (tensor<2x2xi2>, tensor<3x2xi2>, tensor<2x2xi2>) -> tensor<7x2xi2>""",
        ),
    )

    allow_shared = True

    def pattern(a, d, stable):
        return hlo.Sort([hlo.Iota(a)], d, stable)

    def where(a, op):
        type = op.inputs[0].type
        return guard(_direction(op) in _UPWARDS, "it does not sort upwards") & guard(
            type.dims[a] <= whole_numbers(type.element_type), "the type does not have all the numbers"
        )

    def rewrite(op):
        return op.inputs[0]


class SortOfSort(Rule):
    """sort(sort(x, d), d)  =>  sort(x, d), when both sort upwards, or both downwards, by a total order"""

    examples = (
        program(
            "%x: tensor<4x3xi32>",
            """
            %0 = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
            %z = compare GE, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<4x3xi32>) -> tensor<4x3xi32>
            %r = "stablehlo.sort"(%0) <{dimension = -2 : i64, is_stable = true}> ({
            ^bb0(%a0: tensor<i32>, %b0: tensor<i32>):
            %z = compare GT, %a0, %b0 : (tensor<i32>, tensor<i32>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<4x3xi32>) -> tensor<4x3xi32>""",
        ),
        program(
            "%x: tensor<4x3xf32>",
            """
            %0 = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
            %z = compare LT, %a0, %b0, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<4x3xf32>) -> tensor<4x3xf32>
            %r = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a0: tensor<f32>, %b0: tensor<f32>):
            %z = compare LT, %a0, %b0, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<4x3xf32>) -> tensor<4x3xf32>""",
        ),
        program(
            "%x: tensor<4xf32>, %w: tensor<4xf32>",
            """
            %0 = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            %z = compare LT, %a, %b, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<4xf32>) -> tensor<4xf32>
            %1 = "stablehlo.sort"(%0) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            %z = compare LT, %a, %b, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<4xf32>) -> tensor<4xf32>
            %2 = "stablehlo.sort"(%w) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            %y = compare LT, %b, %a, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
            %z = not %y : tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<4xf32>) -> tensor<4xf32>
            %3 = "stablehlo.sort"(%2) <{dimension = 0 : i64, is_stable = true}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            %y = compare LT, %b, %a, TOTALORDER : (tensor<f32>, tensor<f32>) -> tensor<i1>
            %z = not %y : tensor<i1>
            stablehlo.return %z : tensor<i1>
            }) : (tensor<4xf32>) -> tensor<4xf32>
            %r = add %1, %3 : tensor<4xf32>""",
        ),
    )

    allow_shared = True

    def pattern(x, d, stable, e, stable2):
        return hlo.Sort([hlo.Sort([x], d, stable)], e, stable2)

    def where(x, d, e, op):
        inner = op.inputs[0].defining_op
        directions = (_direction(inner), _direction(op))
        return (
            guard(d % x.type.rank == e % x.type.rank, "they sort along different dimensions")
            & guard(
                any(all(each in way for each in directions) for way in (_UPWARDS, _DOWNWARDS)), "they sort differently"
            )
            & guard(_is_total(inner) and _is_total(op), "the order leaves different elements in any order")
        )

    def rewrite(op):
        return op.inputs[0]


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    SortOfOne,
    SortOfSplat,
    SortOfBroadcast,
    SortOfIota,
    SortOfSort,
)
