"""Sums, and reductions in another order.

Sums of what repeats are products. Floats may be summed up in another order where that is assumed.
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
from couloir.ir.rewriting import Rewrite, Rule, guard
from couloir.passes.simplification.axes import has_floats, has_integers, picked
from couloir.passes.simplification.examples import program
from couloir.passes.simplification.reduction import (
    flat_axes,
    in_order,
    is_flat,
    is_sum,
    joins_along,
    order_rounds,
    reduced_again,
    reduced_apart,
    reduced_once,
    reduced_reversed,
    reduced_transposed,
    repeated_axes,
    repeats,
    starts_anew,
)


class SumOfBroadcast(Rule):
    """reduce(broadcast_in_dim(x)) with add  =>  n * reduce(broadcast_in_dim(x)), without what repeats n times, for integers"""

    examples = (
        program(
            "%x: tensor<3xi8>",
            """
            %c = constant dense<0> : tensor<i8>
            %0 = broadcast_in_dim %x, dims = [1] : (tensor<3xi8>) -> tensor<2x3x5xi8>
            %r = reduce(%0 init: %c) applies add across dimensions = [0, 2] : (tensor<2x3x5xi8>, tensor<i8>)
              -> tensor<3xi8>""",
        ),
    )

    def pattern(x, d, init, axes):
        return hlo.Reduce([hlo.BroadcastInDim(x, d)], [init], axes)

    def where(x, d, axes, op):
        return is_sum(op) & repeats(op, d, axes) & has_integers(x)

    def rewrite(x, d, init, axes, op):
        type = op.outputs[0].type
        count = prod(picked(op.inputs[0].type.dims, repeated_axes(op, d, axes)))
        return hlo.Multiply(
            reduced_once(op, x, init, d, axes), hlo.constant(count, type.element_type, shape=type.shape)
        )


class SumOfBroadcastRounded(Rule):
    """reduce(broadcast_in_dim(x)) with add  =>  n * reduce(broadcast_in_dim(x)), without what repeats n times, for floats"""

    examples = (
        program(
            "%x: tensor<3xf32>",
            """
            %c = constant dense<0.0> : tensor<f32>
            %0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
            %r = reduce(%0 init: %c) applies add across dimensions = [0] : (tensor<2x3xf32>, tensor<f32>)
              -> tensor<3xf32>""",
        ),
    )

    assumes = ("reassociation", "no signed zeros", "no overflow")

    def pattern(x, d, init, axes):
        return hlo.Reduce([hlo.BroadcastInDim(x, d)], [init], axes)

    def where(x, d, axes, op):
        return is_sum(op) & repeats(op, d, axes) & has_floats(x)

    def rewrite(x, d, init, axes, op):
        type = op.outputs[0].type
        count = prod(picked(op.inputs[0].type.dims, repeated_axes(op, d, axes)))
        return hlo.Multiply(
            reduced_once(op, x, init, d, axes), hlo.constant(count, type.element_type, shape=type.shape)
        )


class SumOfNegate(Rule):
    """reduce(-x) with add  =>  -reduce(x)"""

    examples = (
        program(
            "%x: tensor<2x3xf32>",
            """
            %c = constant dense<0.0> : tensor<f32>
            %0 = negate %x : tensor<2x3xf32>
            %r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>)
              -> tensor<2xf32>""",
        ),
    )

    assumes = ("no signed zeros",)

    def pattern(x, init, axes):
        return hlo.Reduce([hlo.Negate(x)], [init], axes)

    def where(op):
        return is_sum(op)

    def rewrite(x, init, axes, op):
        return hlo.Negate(reduced_again(op, x, init, axes))


class SumOfScaled(Rule):
    """reduce(x * broadcast_in_dim(s)) with add  =>  reduce(x) * broadcast_in_dim(s), for integers and a scalar s"""

    examples = (
        program(
            "%x: tensor<2x3xi32>, %s: tensor<i32>",
            """
            %c = constant dense<0> : tensor<i32>
            %0 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<2x3xi32>
            %1 = multiply %0, %x : tensor<2x3xi32>
            %r = reduce(%1 init: %c) applies add across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>)
              -> tensor<2xi32>""",
        ),
    )

    def pattern(x, s, init, axes):
        return hlo.Reduce([hlo.Multiply(x, hlo.BroadcastInDim(s, ()))], [init], axes)

    def where(x, op):
        return is_sum(op) & has_integers(x)

    def rewrite(x, s, init, axes, op):
        return hlo.Multiply(
            reduced_again(op, x, init, axes), hlo.BroadcastInDim(s, (), result_types=[op.outputs[0].type])
        )


class SumOfScaledRounded(Rule):
    """reduce(x * broadcast_in_dim(s)) with add  =>  reduce(x) * broadcast_in_dim(s), for floats and a scalar s"""

    examples = (
        program(
            "%x: tensor<2x3xf32>, %s: tensor<f32>",
            """
            %c = constant dense<0.0> : tensor<f32>
            %0 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
            %1 = multiply %x, %0 : tensor<2x3xf32>
            %r = reduce(%1 init: %c) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>)
              -> tensor<2xf32>""",
        ),
    )

    assumes = ("reassociation", "no NaN", "no infinities", "no signed zeros", "no overflow")

    def pattern(x, s, init, axes):
        return hlo.Reduce([hlo.Multiply(x, hlo.BroadcastInDim(s, ()))], [init], axes)

    def where(x, op):
        return is_sum(op) & has_floats(x)

    def rewrite(x, s, init, axes, op):
        return hlo.Multiply(
            reduced_again(op, x, init, axes), hlo.BroadcastInDim(s, (), result_types=[op.outputs[0].type])
        )


class ReduceOfReduceRounded(Rule):
    """reduce(reduce(x, d), e)  =>  reduce(x, d and e), for sums and products of floats"""

    examples = (
        program(
            "%x: tensor<2x3x4xf32>",
            """
            %c = constant dense<0.0> : tensor<f32>
            %0 = reduce(%x init: %c) applies add across dimensions = [0] : (tensor<2x3x4xf32>, tensor<f32>)
              -> tensor<3x4xf32>
            %r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<3x4xf32>, tensor<f32>)
              -> tensor<3xf32>""",
        ),
        program(
            "%x: tensor<2x3x4xf32>",
            """
            %c = constant dense<-0.0> : tensor<f32>
            %0 = reduce(%x init: %c) applies add across dimensions = [0] : (tensor<2x3x4xf32>, tensor<f32>)
              -> tensor<3x4xf32>
            %r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<3x4xf32>, tensor<f32>)
              -> tensor<3xf32>""",
        ),
        program(
            "%x: tensor<2x3x4xf32>, %v: tensor<f32>",
            """
            %c = constant dense<-0.0> : tensor<f32>
            %0 = reduce(%x init: %c) applies add across dimensions = [0] : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<3x4xf32>
            %1 = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<3x4xf32>, tensor<f32>) -> tensor<3xf32>
            %2 = reduce(%x init: %v) applies add across dimensions = [0] : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<3x4xf32>
            %3 = reduce(%2 init: %c) applies add across dimensions = [1] : (tensor<3x4xf32>, tensor<f32>) -> tensor<3xf32>
            %r = add %1, %3 : tensor<3xf32>""",
        ),
    )

    assumes = ("reassociation", "no overflow")

    def pattern(x, init, d, init2, e):
        return hlo.Reduce([hlo.Reduce([x], [init], d)], [init2], e)

    def where(init, init2, op):
        return order_rounds(op) and is_flat(op, init, init2)

    def rewrite(x, d, init2, e, op):
        return reduced_again(op, x, init2, flat_axes(x, d, e))


class ReduceOfTransposeRounded(Rule):
    """reduce(transpose(x, p), d)  =>  transpose(reduce(x, where d comes from)), for sums and products of floats"""

    assumes = ("reassociation", "no overflow")
    examples = (
        program(
            "%x: tensor<2x3xf32>, %v: tensor<f32>",
            """
            %0 = transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
            %r = reduce(%0 init: %v) applies add across dimensions = [0, 1] : (tensor<3x2xf32>, tensor<f32>) -> tensor<f32>""",
        ),
    )

    def pattern(x, p, init, d):
        return hlo.Reduce([hlo.Transpose(x, p)], [init], d)

    def where(p, d, op):
        return order_rounds(op) & guard(not in_order(p, d), "the order stays")

    def rewrite(x, p, init, d, op):
        return reduced_transposed(op, x, p, init, d)


class ReduceOfReverseRounded(Rule):
    """reduce(reverse(x, r), d)  =>  reverse(reduce(x, d), what r has beside d), for sums and products of floats"""

    assumes = ("reassociation", "no overflow")
    examples = (
        program(
            "%x: tensor<2x3x4xf32>, %v: tensor<f32>",
            """
            %0 = reverse %x, dims = [1, 2] : tensor<2x3x4xf32>
            %r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x3x4xf32>, tensor<f32>)
              -> tensor<2x4xf32>""",
        ),
    )

    def pattern(x, r, init, d):
        return hlo.Reduce([hlo.Reverse(x, r)], [init], d)

    def where(op):
        return order_rounds(op)

    def rewrite(x, r, init, d, op):
        return reduced_reversed(op, x, r, init, d)


class ReduceOfConcatenateRounded(Rule):
    """reduce(concatenate(x, y, ..., d), d) with f  =>  f(reduce(x, d), reduce(y, d), ...), for sums and products of floats"""

    examples = (
        program(
            "%x: tensor<2x3xf32>, %y: tensor<2x4xf32>",
            """
            %c = constant dense<0.0> : tensor<f32>
            %0 = concatenate %x, %y, dim = 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
            %r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<2x7xf32>, tensor<f32>)
              -> tensor<2xf32>""",
        ),
    )

    assumes = ("reassociation", "no overflow")

    def pattern(xs, d, init, axes):
        return hlo.Reduce([hlo.Concatenate([*xs], d)], [init], axes)

    def where(d, init, axes, op):
        return (joins_along(d, axes) & order_rounds(op)) and starts_anew(init, op)

    def rewrite(xs, init, axes, op):
        return reduced_apart(op, xs, init, axes)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    SumOfBroadcast,
    SumOfBroadcastRounded,
    SumOfNegate,
    SumOfScaled,
    SumOfScaledRounded,
    ReduceOfReduceRounded,
    ReduceOfTransposeRounded,
    ReduceOfReverseRounded,
    ReduceOfConcatenateRounded,
)
