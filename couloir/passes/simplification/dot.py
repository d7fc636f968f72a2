"""Dot products.

Products take in transposes of their operands; what repeats along a dimension that stays is repeated afterwards.
"""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from math import prod
from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Guard, Rewrite, Rule, guard, is_splat
from couloir.ir.types import TensorType
from couloir.passes.simplification.axes import has_floats, has_integers, keeps_elements, kept, picked
from couloir.passes.simplification.examples import program
from couloir.passes.simplification.guards import is_zero


def _free(rank, batching, contracting):
    """The dimensions of an operand that stay."""
    return kept(rank, (*batching, *contracting))


def _free_left(op):
    numbers = op.dot_dimension_numbers
    return _free(op.lhs.type.rank, numbers.lhs_batching_dimensions, numbers.lhs_contracting_dimensions)


def _free_right(op):
    numbers = op.dot_dimension_numbers
    return _free(op.rhs.type.rank, numbers.rhs_batching_dimensions, numbers.rhs_contracting_dimensions)


def _with_left(numbers, batching, contracting):
    return hlo.DotDimensionNumbers(
        batching, numbers.rhs_batching_dimensions, contracting, numbers.rhs_contracting_dimensions
    )


def _with_right(numbers, batching, contracting):
    return hlo.DotDimensionNumbers(
        numbers.lhs_batching_dimensions, batching, numbers.lhs_contracting_dimensions, contracting
    )


def _zeros(type):
    return hlo.constant(0, type.element_type, shape=type.shape)


class DotOfTransposedLeft(Rule):
    """dot_general(transpose(x, p), y)  =>  dot_general(x, y), when dimensions that stay keep their order"""

    allow_shared = True

    def pattern(x, p, y, numbers, precision):
        return hlo.DotGeneral(hlo.Transpose(x, p), y, numbers, precision)

    def where(p, op):
        sources = picked(p, _free_left(op))
        return guard(sources == tuple(sorted(sources)), "dimensions that stay are exchanged")

    def rewrite(x, p, y, numbers, precision, op):
        batching, contracting = (
            picked(p, axes) for axes in (numbers.lhs_batching_dimensions, numbers.lhs_contracting_dimensions)
        )
        new = _with_left(numbers, batching, contracting)
        return hlo.DotGeneral(x, y, new, precision, result_types=[op.result.type])


class DotOfTransposedRight(Rule):
    """dot_general(x, transpose(y, p))  =>  dot_general(x, y), when dimensions that stay keep their order"""

    allow_shared = True

    def pattern(x, y, p, numbers, precision):
        return hlo.DotGeneral(x, hlo.Transpose(y, p), numbers, precision)

    def where(y, p, op):
        sources = picked(p, _free_right(op))
        return guard(sources == tuple(sorted(sources)), "dimensions that stay are exchanged")

    def rewrite(x, y, p, numbers, precision, op):
        batching, contracting = (
            picked(p, axes) for axes in (numbers.rhs_batching_dimensions, numbers.rhs_contracting_dimensions)
        )
        new = _with_right(numbers, batching, contracting)
        return hlo.DotGeneral(x, y, new, precision, result_types=[op.result.type])


class TransposeOfDot(Rule):
    """transpose(dot_general(x, y), p)  =>  dot_general(y, x), when p exchanges what stays of x and of y"""

    examples = (
        program(
            "%x: tensor<2x4xf32>, %y: tensor<4x3xf32>",
            """
            %0 = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
            %1 = transpose %0, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
            %2 = uniform_quantize %y : (tensor<4x3xf32>) -> tensor<4x3x!quant.uniform<i8:f32, 0.5>>
            %3 = dot_general %x, %2, contracting_dims = [1] x [0]
              : (tensor<2x4xf32>, tensor<4x3x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x3xf32>
            %4 = transpose %3, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
            %r = add %1, %4 : tensor<3x2xf32>""",
        ),
    )

    def pattern(x, y, numbers, precision, p):
        return hlo.Transpose(hlo.DotGeneral(x, y, numbers, precision), p)

    def where(x, y, p, op):
        dot = op.operand.defining_op
        batches, left = len(dot.dot_dimension_numbers.lhs_batching_dimensions), len(_free_left(dot))
        exchanged = (*range(batches), *range(batches + left, len(p)), *range(batches, batches + left))
        return guard(p == exchanged, "it moves other dimensions") & guard(
            x.type.element_type is y.type.element_type, "one is quantized"
        )

    def rewrite(x, y, numbers, precision, op):
        new = hlo.DotDimensionNumbers(
            numbers.rhs_batching_dimensions,
            numbers.lhs_batching_dimensions,
            numbers.rhs_contracting_dimensions,
            numbers.lhs_contracting_dimensions,
        )
        return hlo.DotGeneral(y, x, new, precision and precision[::-1], result_types=[op.result.type])


class DotOfNothing(Rule):
    """dot_general(x, y)  =>  0, when there is nothing to sum up"""

    examples = (
        program(
            "%x: tensor<2x0xf32>, %y: tensor<0x3xf32>",
            """
            %0 = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x0xf32>, tensor<0x3xf32>) -> tensor<2x3xf32>
            %1 = uniform_quantize %x : (tensor<2x0xf32>) -> tensor<2x0x!quant.uniform<i8:f32, 0.5>>
            %2 = uniform_quantize %y : (tensor<0x3xf32>) -> tensor<0x3x!quant.uniform<i8:f32, 0.5>>
            %3 = dot_general %1, %2, contracting_dims = [1] x [0]
              : (tensor<2x0x!quant.uniform<i8:f32, 0.5>>, tensor<0x3x!quant.uniform<i8:f32, 0.5>>)
              -> tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>
            %4 = uniform_dequantize %3 : (tensor<2x3x!quant.uniform<i8:f32, 0.5:3>>) -> tensor<2x3xf32>
            %r = add %0, %4 : tensor<2x3xf32>""",
        ),
    )

    def pattern(x, y, numbers, precision):
        return hlo.DotGeneral(x, y, numbers, precision)

    def where(x, numbers, op):
        return guard(
            0 in picked(x.type.dims, numbers.lhs_contracting_dimensions), "there is something to sum up"
        ) & keeps_elements(op)

    def rewrite(op):
        return _zeros(op.result.type)


def _has_one_product(op) -> Guard:
    """Whether each sum has one product."""
    sizes = picked(op.lhs.type.dims, op.dot_dimension_numbers.lhs_contracting_dimensions)
    return guard(all(size == 1 for size in sizes), "there is more to sum up") & keeps_elements(op)


def _product(op):
    """What each element of `lhs` is multiplied with in `rhs`, when each sum has one product."""
    type, batches, left = op.result.type, op.dot_dimension_numbers.lhs_batching_dimensions, _free_left(op)
    of_left = {axis: place for place, axis in enumerate((*batches, *left))}
    of_right = {axis: place for place, axis in enumerate(op.dot_dimension_numbers.rhs_batching_dimensions)} | {
        axis: place for place, axis in enumerate(_free_right(op), len(of_left))
    }
    return hlo.Multiply(_spread(op.lhs, of_left, type), _spread(op.rhs, of_right, type))


class DotOfOneProduct(Rule):
    """dot_general(x, y)  =>  broadcast_in_dim(x) * broadcast_in_dim(y), when each sum has one product, of integers"""

    examples = (
        program(
            "%x: tensor<2x1x1xi32>, %y: tensor<1x1x3xi32>, %z: tensor<2x1x4xi32>, %w: tensor<1x4x3xi32>",
            """
            %0 = dot_general %x, %y, contracting_dims = [1, 2] x [0, 1] : (tensor<2x1x1xi32>, tensor<1x1x3xi32>) -> tensor<2x3xi32>
            %1 = dot_general %z, %w, contracting_dims = [1, 2] x [0, 1] : (tensor<2x1x4xi32>, tensor<1x4x3xi32>) -> tensor<2x3xi32>
            %r = add %0, %1 : tensor<2x3xi32>""",
        ),
    )

    def pattern(x, y, numbers, precision):
        return hlo.DotGeneral(x, y, numbers, precision)

    def where(x, op):
        return _has_one_product(op) & has_integers(x)

    def rewrite(op):
        return _product(op)


class DotOfOneProductRounded(Rule):
    """dot_general(x, y)  =>  broadcast_in_dim(x) * broadcast_in_dim(y), when each sum has one product, of floats"""

    examples = (
        program(
            "%x: tensor<2x1x1xf32>, %y: tensor<1x1x3xf32>, %z: tensor<2x1x4xf32>, %w: tensor<1x4x3xf32>",
            """
            %0 = dot_general %x, %y, contracting_dims = [1, 2] x [0, 1] : (tensor<2x1x1xf32>, tensor<1x1x3xf32>) -> tensor<2x3xf32>
            %1 = dot_general %z, %w, contracting_dims = [1, 2] x [0, 1] : (tensor<2x1x4xf32>, tensor<1x4x3xf32>) -> tensor<2x3xf32>
            %r = add %0, %1 : tensor<2x3xf32>""",
        ),
    )

    assumes = ("no signed zeros",)  # a sum starts from 0.0, which makes 0.0 of -0.0

    def pattern(x, y, numbers, precision):
        return hlo.DotGeneral(x, y, numbers, precision)

    def where(x, op):
        return _has_one_product(op) & has_floats(x)

    def rewrite(op):
        return _product(op)


def _spread(x, places, type):
    """x along the dimensions of a type that have places in it, which are all but some of size 1."""
    targets = tuple(places[axis] for axis in sorted(places))
    narrower = hlo.Reshape(x, result_types=[TensorType(picked(type.shape, targets), type.element_type)])
    return hlo.BroadcastInDim(narrower, targets, result_types=[type])


class DotOfOneBatch(Rule):
    """dot_general(x, y)  =>  reshape(dot_general(x, y)), with batching dimensions of size 1 contracted"""

    examples = (
        program(
            "%x: tensor<1x5x2x4xi32>, %y: tensor<1x5x4x3xi32>",
            """
            %r = dot_general %x, %y, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2]
              : (tensor<1x5x2x4xi32>, tensor<1x5x4x3xi32>) -> tensor<1x5x2x3xi32>""",
        ),
    )

    def pattern(x, y, numbers, precision):
        return hlo.DotGeneral(x, y, numbers, precision)

    def where(x, numbers):
        return guard(1 in picked(x.type.dims, numbers.lhs_batching_dimensions), "no batching dimension has size 1")

    def rewrite(x, y, numbers, precision, op):
        sizes = picked(x.type.dims, numbers.lhs_batching_dimensions)
        one = tuple(place for place, size in enumerate(sizes) if size == 1)
        many = kept(len(sizes), one)
        new = hlo.DotDimensionNumbers(
            picked(numbers.lhs_batching_dimensions, many),
            picked(numbers.rhs_batching_dimensions, many),
            (*picked(numbers.lhs_batching_dimensions, one), *numbers.lhs_contracting_dimensions),
            (*picked(numbers.rhs_batching_dimensions, one), *numbers.rhs_contracting_dimensions),
        )
        type = op.result.type
        narrower = type.with_dims(picked(type.dims, kept(type.rank, one)))
        dot = hlo.DotGeneral(x, y, new, precision, result_types=[narrower])
        return hlo.Reshape(dot, result_types=[type])


def _narrower(x, d, repeated, axes):
    """A broadcast without the dimensions that only repeat, and where its dimensions are now."""
    left = kept(repeated.type.rank, axes)
    type = repeated.type.with_dims(picked(repeated.type.dims, left))
    return hlo.BroadcastInDim(x, picked(_places(left), d), result_types=[type]), _places(left)


def _places(axes):
    return {axis: place for place, axis in enumerate(axes)}


class DotOfBroadcastLeft(Rule):
    """dot_general(broadcast_in_dim(x), y)  =>  broadcast_in_dim(dot_general(x, y)), for dimensions that stay and only repeat"""

    def pattern(x, d, y, numbers, precision):
        return hlo.DotGeneral(hlo.BroadcastInDim(x, d), y, numbers, precision)

    def where(d, op):
        return guard(any(axis not in d for axis in _free_left(op)), "no dimension that stays only repeats")

    def rewrite(x, d, y, numbers, precision, op):
        free = _free_left(op)
        gone = tuple(axis for axis in free if axis not in d)
        once, places = _narrower(x, d, op.lhs, gone)
        new = _with_left(
            numbers,
            picked(places, numbers.lhs_batching_dimensions),
            picked(places, numbers.lhs_contracting_dimensions),
        )
        batches, type = len(numbers.lhs_batching_dimensions), op.result.type
        stay = kept(type.rank, tuple(batches + free.index(axis) for axis in gone))
        dot = hlo.DotGeneral(once, y, new, precision, result_types=[type.with_dims(picked(type.shape, stay))])
        return hlo.BroadcastInDim(dot, stay, result_types=[type])


class DotOfBroadcastRight(Rule):
    """dot_general(x, broadcast_in_dim(y))  =>  broadcast_in_dim(dot_general(x, y)), for dimensions that stay and only repeat"""

    def pattern(x, y, d, numbers, precision):
        return hlo.DotGeneral(x, hlo.BroadcastInDim(y, d), numbers, precision)

    def where(d, op):
        return guard(any(axis not in d for axis in _free_right(op)), "no dimension that stays only repeats")

    def rewrite(x, y, d, numbers, precision, op):
        free = _free_right(op)
        gone = tuple(axis for axis in free if axis not in d)
        once, places = _narrower(y, d, op.rhs, gone)
        new = _with_right(
            numbers,
            picked(places, numbers.rhs_batching_dimensions),
            picked(places, numbers.rhs_contracting_dimensions),
        )
        type = op.result.type
        before = type.rank - len(free)
        stay = kept(type.rank, tuple(before + free.index(axis) for axis in gone))
        dot = hlo.DotGeneral(x, once, new, precision, result_types=[type.with_dims(picked(type.shape, stay))])
        return hlo.BroadcastInDim(dot, stay, result_types=[type])


class DotOfNegates(Rule):
    """dot_general(-x, -y)  =>  dot_general(x, y)"""

    examples = (
        program(
            "%x: tensor<2x4xi8>, %y: tensor<4x3xi8>",
            """
            %0 = negate %x : tensor<2x4xi8>
            %1 = negate %y : tensor<4x3xi8>
            %r = dot_general %0, %1, contracting_dims = [1] x [0] : (tensor<2x4xi8>, tensor<4x3xi8>) -> tensor<2x3xi8>""",
        ),
    )

    def pattern(x, y, numbers, precision):
        return hlo.DotGeneral(hlo.Negate(x), hlo.Negate(y), numbers, precision)

    def where(op):  # -x of the least integer is x, but not in wider ones
        return keeps_elements(op)

    def rewrite(x, y, numbers, precision, op):
        return hlo.DotGeneral(x, y, numbers, precision, result_types=[op.result.type])


class DotOfReverses(Rule):
    """dot_general(reverse(x, a), reverse(y, b))  =>  dot_general(x, y), when a and b are contracted with each other"""

    def pattern(x, a, y, b, numbers, precision):
        return hlo.DotGeneral(hlo.Reverse(x, a), hlo.Reverse(y, b), numbers, precision)

    def where(a, b, numbers):
        of_left, of_right = _places(numbers.lhs_contracting_dimensions), _places(numbers.rhs_contracting_dimensions)
        return guard(
            all(axis in of_left for axis in a) and all(axis in of_right for axis in b),
            "a dimension that stays is reversed",
        ) and guard(
            sorted(picked(of_left, a)) == sorted(picked(of_right, b)), "what is contracted is reversed on one side only"
        )

    def rewrite(x, y, numbers, precision, op):
        return hlo.DotGeneral(x, y, numbers, precision, result_types=[op.result.type])


class DotOfZeros(Rule):
    """dot_general(x, 0)  =>  0, for integers, and on either side"""

    examples = (
        program(
            "%x: tensor<2x4xi32>",
            """
            %0 = constant dense<0> : tensor<4x3xi32>
            %r = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        ),
        program(
            "%y: tensor<4x3xi32>",
            """
            %0 = constant dense<0> : tensor<2x4xi32>
            %r = dot_general %0, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        ),
        program(
            "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>",
            """
            %0 = constant dense<0> : tensor<4x3xi32>
            %1 = constant dense<-1> : tensor<2x4xi32>
            %2 = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
            %3 = dot_general %1, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
            %r = add %2, %3 : tensor<2x3xi32>""",
        ),
        program(
            "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>",
            """
            %0 = constant dense<0> : tensor<2x4xi32>
            %1 = constant dense<-1> : tensor<4x3xi32>
            %2 = dot_general %0, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
            %3 = dot_general %x, %1, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
            %r = add %2, %3 : tensor<2x3xi32>""",
        ),
    )

    def pattern(x, y, numbers, precision):
        return hlo.DotGeneral(x, y, numbers, precision)

    def where(x, y):
        return (is_splat(x, 0) | is_splat(y, 0)) & has_integers(x)

    def rewrite(op):
        return _zeros(op.result.type)


class DotOfZerosRounded(Rule):
    """dot_general(x, 0)  =>  0, for floats, and on either side"""

    assumes = ("no NaN", "no infinities", "no signed zeros")

    def pattern(x, y, numbers, precision):
        return hlo.DotGeneral(x, y, numbers, precision)

    def where(x, y):
        return (is_zero(x) | is_zero(y)) & has_floats(x)

    def rewrite(op):
        return _zeros(op.result.type)


def _is_cheaper(x, op) -> Guard:
    """Whether the result has at most as many elements as an operand."""
    return guard(prod(op.result.type.shape) <= prod(x.type.shape), "the result has more elements")


def _scaled(x, y, s, numbers, precision, op):
    dot = hlo.DotGeneral(x, y, numbers, precision, result_types=[op.result.type])
    return hlo.Multiply(dot, hlo.BroadcastInDim(s, (), result_types=[op.result.type]))


class DotOfScaledLeft(Rule):
    """dot_general(x * broadcast_in_dim(s), y)  =>  dot_general(x, y) * broadcast_in_dim(s), for integers and a scalar s"""

    def pattern(x, s, y, numbers, precision):
        return hlo.DotGeneral(hlo.Multiply(x, hlo.BroadcastInDim(s, ())), y, numbers, precision)

    def where(x, op):
        return _is_cheaper(x, op) & keeps_elements(op) & has_integers(x)

    def rewrite(x, s, y, numbers, precision, op):
        return _scaled(x, y, s, numbers, precision, op)


class DotOfScaledRight(Rule):
    """dot_general(x, y * broadcast_in_dim(s))  =>  dot_general(x, y) * broadcast_in_dim(s), for integers and a scalar s"""

    def pattern(x, s, y, numbers, precision):
        return hlo.DotGeneral(x, hlo.Multiply(y, hlo.BroadcastInDim(s, ())), numbers, precision)

    def where(y, op):
        return _is_cheaper(y, op) & keeps_elements(op) & has_integers(y)

    def rewrite(x, s, y, numbers, precision, op):
        return _scaled(x, y, s, numbers, precision, op)


class DotOfScaledLeftRounded(Rule):
    """dot_general(x * broadcast_in_dim(s), y)  =>  dot_general(x, y) * broadcast_in_dim(s), for floats and a scalar s"""

    assumes = ("reassociation", "no NaN", "no infinities", "no signed zeros", "no overflow")

    def pattern(x, s, y, numbers, precision):
        return hlo.DotGeneral(hlo.Multiply(x, hlo.BroadcastInDim(s, ())), y, numbers, precision)

    def where(x, op):
        return _is_cheaper(x, op) & keeps_elements(op) & has_floats(x)

    def rewrite(x, s, y, numbers, precision, op):
        return _scaled(x, y, s, numbers, precision, op)


class DotOfScaledRightRounded(Rule):
    """dot_general(x, y * broadcast_in_dim(s))  =>  dot_general(x, y) * broadcast_in_dim(s), for floats and a scalar s"""

    assumes = ("reassociation", "no NaN", "no infinities", "no signed zeros", "no overflow")

    def pattern(x, s, y, numbers, precision):
        return hlo.DotGeneral(x, hlo.Multiply(y, hlo.BroadcastInDim(s, ())), numbers, precision)

    def where(y, op):
        return _is_cheaper(y, op) & keeps_elements(op) & has_floats(y)

    def rewrite(x, s, y, numbers, precision, op):
        return _scaled(x, y, s, numbers, precision, op)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DotOfNothing,
    DotOfZeros,
    DotOfZerosRounded,
    DotOfTransposedLeft,
    DotOfTransposedRight,
    TransposeOfDot,
    DotOfBroadcastLeft,
    DotOfBroadcastRight,
    DotOfOneProduct,
    DotOfOneProductRounded,
    DotOfOneBatch,
    DotOfNegates,
    DotOfReverses,
    DotOfScaledLeft,
    DotOfScaledRight,
    DotOfScaledLeftRounded,
    DotOfScaledRightRounded,
)
