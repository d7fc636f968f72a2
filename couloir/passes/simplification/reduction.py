"""Reduce.

Reductions of what is the same everywhere, of paddings and of joined tensors are reductions of the parts.
"""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from functools import reduce as fold
from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Guard, Rewrite, Rule, guard, is_splat
from couloir.ir.types import IntegerType, TensorType
from couloir.passes.simplification.axes import is_empty, is_static, kept, only_adds_ones, picked
from couloir.passes.simplification.examples import program
from couloir.passes.simplification.reducers import (
    IDEMPOTENT,
    NO_REDUCER,
    ORDERLESS,
    copy_of_body,
    is_neutral,
    is_zero_like,
    reducer_of,
)


def _reduces(op) -> Guard:
    """Whether a reduction applies one op that is commutative and associative."""
    return guard(reducer_of(op) is not None, NO_REDUCER)


def any_order(op) -> Guard:
    """Whether a reduction gives the same bits in any order."""
    integers = isinstance(op.inputs[0].type.element_type, IntegerType)
    return _reduces(op) and guard(integers or reducer_of(op) in ORDERLESS, "another order rounds otherwise")


def order_rounds(op) -> Guard:
    """Whether the bits that a reduction gives may depend on the order."""
    return _reduces(op) and guard(not any_order(op), "the order does not matter")


def is_sum(op) -> Guard:
    """Whether a reduction sums up, starting from 0."""
    return guard(reducer_of(op) is hlo.Add, "it is no sum") and (
        is_splat(op.init_values[0], 0) | is_splat(op.init_values[0], -0.0)
    )


def reduced_again(op, x, init, dimensions):
    """The same reduction of another tensor."""
    return hlo.Reduce([x], [init], dimensions, copy_of_body(op.body)).outputs[0]


class ReduceOfNothing(Rule):
    """reduce(x, init)  =>  broadcast_in_dim(init), when x has no elements"""

    examples = (
        program(
            "%x: tensor<2x0xf32>, %v: tensor<f32>",
            """
            %r = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x0xf32>, tensor<f32>)
              -> tensor<2xf32>""",
        ),
        program(
            "%x: tensor<2x0xf32>, %v: tensor<f32>",
            """
            %0 = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x0xf32>, tensor<f32>) -> tensor<2xf32>
            %1 = stablehlo.reduce(%x init: %v) across dimensions = [1] : (tensor<2x0xf32>, tensor<f32>) -> tensor<2xf64>
            reducer(%a: tensor<f64>, %b: tensor<f64>) {
            %z = add %a, %b : tensor<f64>
            stablehlo.return %z : tensor<f64>
            }
            %2 = convert %1 : (tensor<2xf64>) -> tensor<2xf32>
            %r = add %0, %2 : tensor<2xf32>""",
        ),
    )

    def pattern(x, init, d):
        return hlo.Reduce([x], [init], d)

    def where(x, init, op):
        return is_empty(x) & guard(
            op.outputs[0].type.element_type is init.type.element_type, "the element type changes"
        )

    def rewrite(init, op):
        return hlo.BroadcastInDim(init, (), result_types=[op.outputs[0].type])


class ReduceOverOnes(Rule):
    """reduce(x, init)  =>  reshape(x), over dimensions of size 1 or none, when init is the neutral number"""

    examples = (
        program(
            "%x: tensor<2x1xf32>",
            """
            %c = constant dense<-0.0> : tensor<f32>
            %r = reduce(%x init: %c) applies add across dimensions = [1] : (tensor<2x1xf32>, tensor<f32>)
              -> tensor<2xf32>""",
        ),
        program(
            "%x: tensor<2x1xf32>",
            """
            %c = constant dense<0xFF800000> : tensor<f32>
            %r = reduce(%x init: %c) applies maximum across dimensions = [1] : (tensor<2x1xf32>, tensor<f32>)
              -> tensor<2xf32>""",
        ),
        program(
            "%x: tensor<2x1xf32>, %y: tensor<2x0xf32>",
            """
            %c = constant dense<-0.0> : tensor<f32>
            %0 = reduce(%x init: %c) applies add across dimensions = [1] : (tensor<2x1xf32>, tensor<f32>) -> tensor<2xf32>
            %1 = reduce(%y init: %c) applies add across dimensions = [1] : (tensor<2x0xf32>, tensor<f32>) -> tensor<2xf32>
            %r = add %0, %1 : tensor<2xf32>""",
        ),
    )

    def pattern(x, init, d):
        return hlo.Reduce([x], [init], d)

    def where(x, init, d, op):
        return guard(all(size == 1 for size in picked(x.type.dims, d)), "it combines elements") & is_neutral(
            init, reducer_of(op)
        )

    def rewrite(x, op):
        return hlo.Reshape(x, result_types=[op.outputs[0].type])


class ReduceOverOnesFromInit(Rule):
    """reduce(x, init) with f  =>  f(init, reshape(x)), over dimensions of size 1 or none"""

    examples = (
        program(
            "%x: tensor<2x1xf32>, %v: tensor<f32>",
            """
            %r = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x1xf32>, tensor<f32>)
              -> tensor<2xf32>""",
        ),
        program(
            "%x: tensor<2x1xf32>, %y: tensor<2x0xf32>, %v: tensor<f32>",
            """
            %0 = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x1xf32>, tensor<f32>) -> tensor<2xf32>
            %1 = reduce(%y init: %v) applies add across dimensions = [1] : (tensor<2x0xf32>, tensor<f32>) -> tensor<2xf32>
            %r = add %0, %1 : tensor<2xf32>""",
        ),
    )

    def pattern(x, init, d):
        return hlo.Reduce([x], [init], d)

    def where(x, d, op):
        return guard(all(size == 1 for size in picked(x.type.dims, d)), "it combines elements") & _reduces(op)

    def rewrite(x, init, op):
        types = [op.outputs[0].type]
        return reducer_of(op)(hlo.BroadcastInDim(init, (), result_types=types), hlo.Reshape(x, result_types=types))


def is_flat(op, init, init2) -> Guard:
    """Whether a reduction of a reduction does the same with what the inner one has started from."""
    inner = op.inputs[0].defining_op
    return guard(reducer_of(inner) is reducer_of(op), "the inner reduction does something else") and (
        is_neutral(init, reducer_of(op))
        | (guard(init is init2, "they start from different numbers") & is_zero_like(init, reducer_of(op)))
    )


def flat_axes(x, d, d2):
    """The dimensions that are reduced first or second."""
    return tuple(sorted((*d, *picked(kept(x.type.rank, d), d2))))


class ReduceOfReduce(Rule):
    """reduce(reduce(x, d), e)  =>  reduce(x, d and e), with the same f, in which the order does not matter"""

    examples = (
        program(
            "%x: tensor<2x3x4xi32>, %v: tensor<i32>",
            """
            %c = constant dense<0> : tensor<i32>
            %0 = reduce(%x init: %c) applies add across dimensions = [1] : (tensor<2x3x4xi32>, tensor<i32>)
              -> tensor<2x4xi32>
            %r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x4xi32>, tensor<i32>)
              -> tensor<2xi32>""",
        ),
        program(
            "%x: tensor<2x3x4xf32>, %v: tensor<f32>",
            """
            %0 = reduce(%x init: %v) applies maximum across dimensions = [0] : (tensor<2x3x4xf32>, tensor<f32>)
              -> tensor<3x4xf32>
            %r = reduce(%0 init: %v) applies maximum across dimensions = [0] : (tensor<3x4xf32>, tensor<f32>)
              -> tensor<4xf32>""",
        ),
        program(
            "%x: tensor<2x3x4xi32>, %v: tensor<i32>",
            """
            %0 = reduce(%x init: %v) applies minimum across dimensions = [0] : (tensor<2x3x4xi32>, tensor<i32>)
              -> tensor<3x4xi32>
            %r = reduce(%0 init: %v) applies minimum across dimensions = [1] : (tensor<3x4xi32>, tensor<i32>)
              -> tensor<3xi32>""",
        ),
        program(
            "%x: tensor<2x3x4xi32>, %v: tensor<i32>",
            """
            %0 = reduce(%x init: %v) applies maximum across dimensions = [0] : (tensor<2x3x4xi32>, tensor<i32>) -> tensor<3x4xi32>
            %1 = reduce(%0 init: %v) applies maximum across dimensions = [0] : (tensor<3x4xi32>, tensor<i32>) -> tensor<4xi32>
            %2 = reduce(%x init: %v) applies add across dimensions = [0] : (tensor<2x3x4xi32>, tensor<i32>) -> tensor<3x4xi32>
            %3 = reduce(%2 init: %v) applies add across dimensions = [0] : (tensor<3x4xi32>, tensor<i32>) -> tensor<4xi32>
            %r = add %1, %3 : tensor<4xi32>""",
        ),
        program(
            "%x: tensor<2x3x4xi32>, %v: tensor<i32>",
            """
            %c = constant dense<0> : tensor<i32>
            %0 = reduce(%x init: %c) applies add across dimensions = [0] : (tensor<2x3x4xi32>, tensor<i32>) -> tensor<3x4xi32>
            %1 = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<3x4xi32>, tensor<i32>) -> tensor<3xi32>
            %2 = reduce(%x init: %v) applies add across dimensions = [0] : (tensor<2x3x4xi32>, tensor<i32>) -> tensor<3x4xi32>
            %3 = reduce(%2 init: %c) applies add across dimensions = [1] : (tensor<3x4xi32>, tensor<i32>) -> tensor<3xi32>
            %r = add %1, %3 : tensor<3xi32>""",
        ),
    )

    def pattern(x, init, d, init2, e):
        return hlo.Reduce([hlo.Reduce([x], [init], d)], [init2], e)

    def where(init, init2, op):
        return any_order(op) and is_flat(op, init, init2)

    def rewrite(x, d, init2, e, op):
        return reduced_again(op, x, init2, flat_axes(x, d, e))


class ReduceOfTranspose(Rule):
    """reduce(transpose(x, p), d)  =>  transpose(reduce(x, where d comes from)), when the order stays or does not matter"""

    examples = (
        program(
            "%x: tensor<2x3x4xi32>, %v: tensor<i32>",
            """
            %0 = transpose %x, dims = [2, 0, 1] : (tensor<2x3x4xi32>) -> tensor<4x2x3xi32>
            %r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<4x2x3xi32>, tensor<i32>)
              -> tensor<4x3xi32>""",
        ),
    )

    def pattern(x, p, init, d):
        return hlo.Reduce([hlo.Transpose(x, p)], [init], d)

    def where(p, d, op):
        return any_order(op) | guard(in_order(p, d), "another order rounds otherwise")

    def rewrite(x, p, init, d, op):
        return reduced_transposed(op, x, p, init, d)


def in_order(p, d) -> bool:
    """Whether the reduced dimensions follow each other as they did before the transpose."""
    sources = picked(p, sorted(d))
    return sources == tuple(sorted(sources))


def reduced_transposed(op, x, p, init, d):
    """The transpose of a reduction, for the reduction of a transpose."""
    sources = picked(p, kept(len(p), d))
    reduced = reduced_again(op, x, init, tuple(sorted(picked(p, d))))
    return hlo.Transpose(reduced, tuple(sorted(sources).index(axis) for axis in sources))


class ReduceOfReverse(Rule):
    """reduce(reverse(x, r), d)  =>  reverse(reduce(x, d), what r has beside d), when the order does not matter"""

    examples = (
        program(
            "%x: tensor<2x3x4xi32>, %v: tensor<i32>",
            """
            %0 = reverse %x, dims = [1, 2] : tensor<2x3x4xi32>
            %r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x3x4xi32>, tensor<i32>)
              -> tensor<2x4xi32>""",
        ),
    )

    def pattern(x, r, init, d):
        return hlo.Reduce([hlo.Reverse(x, r)], [init], d)

    def where(op):
        return any_order(op)

    def rewrite(x, r, init, d, op):
        return reduced_reversed(op, x, r, init, d)


def reduced_reversed(op, x, r, init, d):
    """The reverse of a reduction, for the reduction of what is reversed."""
    left = kept(x.type.rank, d)
    return hlo.Reverse(reduced_again(op, x, init, d), tuple(place for place, axis in enumerate(left) if axis in r))


class ReduceOfReshape(Rule):
    """reduce(reshape(x), d)  =>  reshape(reduce(x, d')), when the reshape only adds dimensions of size 1"""

    examples = (
        program(
            "%x: tensor<2x3xf32>, %v: tensor<f32>",
            """
            %0 = reshape %x : (tensor<2x3xf32>) -> tensor<1x2x1x3xf32>
            %r = reduce(%0 init: %v) applies add across dimensions = [1, 2] : (tensor<1x2x1x3xf32>, tensor<f32>)
              -> tensor<1x3xf32>""",
        ),
    )

    def pattern(x, init, d):
        return hlo.Reduce([hlo.Reshape(x)], [init], d)

    def where(x, op):
        places = only_adds_ones(x.type.dims, op.inputs[0].type.dims)
        return guard(places is not None, "the reshape does more than add dimensions of size 1") & is_static(x)

    def rewrite(x, init, d, op):
        places = only_adds_ones(x.type.dims, op.inputs[0].type.dims)
        reduced = reduced_again(op, x, init, tuple(axis for axis, place in enumerate(places) if place in d))
        return hlo.Reshape(reduced, result_types=[op.outputs[0].type])


def repeated_axes(op, d, axes):
    """The dimensions of a broadcast that are reduced, and along which it repeats all of its operand."""
    return tuple(axis for axis in axes if axis not in d)


def repeats(op, d, axes) -> Guard:
    """Whether a reduction of a broadcast reduces dimensions that only repeat, none of size 0."""
    sizes = picked(op.inputs[0].type.shape, repeated_axes(op, d, axes))
    return guard(len(sizes) > 0, "it reduces nothing that is repeated") & guard(0 not in sizes, "it reduces nothing")


def reduced_once(op, x, init, d, axes):
    """The same reduction of a broadcast without the dimensions that only repeat."""
    type = op.inputs[0].type
    left = kept(type.rank, repeated_axes(op, d, axes))
    narrower = TensorType(picked(type.dims, left), type.element_type)
    once = hlo.BroadcastInDim(x, tuple(left.index(target) for target in d), result_types=[narrower])
    return reduced_again(op, once.result, init, tuple(left.index(axis) for axis in axes if axis in left))


class ReduceOfBroadcast(Rule):
    """reduce(broadcast_in_dim(x))  =>  reduce(broadcast_in_dim(x)), without what repeats, when f(x, x) is x"""

    examples = (
        program(
            "%x: tensor<3xf32>, %v: tensor<f32>",
            """
            %0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3x4xf32>
            %r = reduce(%0 init: %v) applies maximum across dimensions = [0, 1] : (tensor<2x3x4xf32>, tensor<f32>)
              -> tensor<4xf32>""",
        ),
        program(
            "%x: tensor<3xf32>, %v: tensor<f32>",
            """
            %0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
            %1 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<0x3xf32>
            %2 = reduce(%0 init: %v) applies maximum across dimensions = [0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>
            %3 = reduce(%1 init: %v) applies maximum across dimensions = [0] : (tensor<0x3xf32>, tensor<f32>) -> tensor<3xf32>
            %r = add %2, %3 : tensor<3xf32>""",
        ),
    )

    def pattern(x, d, init, axes):
        return hlo.Reduce([hlo.BroadcastInDim(x, d)], [init], axes)

    def where(d, axes, op):
        return repeats(op, d, axes) & guard(reducer_of(op) in IDEMPOTENT, "repetition counts")

    def rewrite(x, d, init, axes, op):
        return reduced_once(op, x, init, d, axes)


def joins_along(d, axes) -> Guard:
    """Whether the dimension along which tensors are joined is reduced."""
    return guard(d in axes, "the dimension is not reduced")


def starts_anew(init, op) -> Guard:
    """Whether starting several times from the same number is starting from it once."""
    return is_neutral(init, reducer_of(op)) | is_zero_like(init, reducer_of(op))


def reduced_apart(op, xs, init, axes):
    """The reductions of several tensors, combined."""
    return fold(reducer_of(op), [reduced_again(op, x, init, axes) for x in xs])


class ReduceOfConcatenate(Rule):
    """reduce(concatenate(x, y, ..., d), d) with f  =>  f(reduce(x, d), reduce(y, d), ...), in any order"""

    examples = (
        program(
            "%x: tensor<2x3xf32>, %y: tensor<2x4xf32>, %v: tensor<f32>",
            """
            %0 = concatenate %x, %y, dim = 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
            %r = reduce(%0 init: %v) applies maximum across dimensions = [1] : (tensor<2x7xf32>, tensor<f32>)
              -> tensor<2xf32>""",
        ),
    )

    def pattern(xs, d, init, axes):
        return hlo.Reduce([hlo.Concatenate([*xs], d)], [init], axes)

    def where(d, init, axes, op):
        return (joins_along(d, axes) & any_order(op)) and starts_anew(init, op)

    def rewrite(xs, init, axes, op):
        return reduced_apart(op, xs, init, axes)


def _pads_only(axes, low, high, inner) -> Guard:
    """Whether a padding adds only, and only along some dimensions."""
    beside = [(low[axis], high[axis], inner[axis]) for axis in range(len(low)) if axis not in axes]
    return guard(not any(map(any, beside)), "it pads along a dimension that stays") & guard(
        min((0, *low, *high)) == 0, "it cuts off"
    )


class ReduceOfPad(Rule):
    """reduce(pad(x, v), init)  =>  reduce(x, init), when v is the neutral number and only what is reduced is padded"""

    examples = (
        program(
            "%x: tensor<2x3xf32>, %v: tensor<f32>",
            """
            %c = constant dense<-0.0> : tensor<f32>
            %0 = pad %x, %c, low = [0, 1], high = [0, 2], interior = [0, 1] : (tensor<2x3xf32>, tensor<f32>)
              -> tensor<2x8xf32>
            %r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x8xf32>, tensor<f32>)
              -> tensor<2xf32>""",
        ),
        program(
            "%x: tensor<2x4xi32>, %v: tensor<i32>",
            """
            %c = constant dense<0> : tensor<i32>
            %0 = pad %x, %c, low = [0, 1], high = [0, 0], interior = [0, 0] : (tensor<2x4xi32>, tensor<i32>)
              -> tensor<2x5xi32>
            %r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x5xi32>, tensor<i32>)
              -> tensor<2xi32>""",
        ),
        program(
            "%x: tensor<2x4xi32>, %v: tensor<i32>",
            """
            %c = constant dense<0> : tensor<i32>
            %0 = pad %x, %c, low = [0, 1], high = [0, 0], interior = [0, 0] : (tensor<2x4xi32>, tensor<i32>) -> tensor<2x5xi32>
            %1 = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x5xi32>, tensor<i32>) -> tensor<2xi32>
            %2 = pad %x, %c, low = [0, -1], high = [0, 0], interior = [0, 0] : (tensor<2x4xi32>, tensor<i32>) -> tensor<2x3xi32>
            %3 = reduce(%2 init: %v) applies add across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>
            %r = add %1, %3 : tensor<2xi32>""",
        ),
    )

    def pattern(x, v, low, high, inner, init, axes):
        return hlo.Reduce([hlo.Pad(x, v, low, high, inner)], [init], axes)

    def where(v, low, high, inner, axes, op):
        return _pads_only(axes, low, high, inner) & is_neutral(v, reducer_of(op))

    def rewrite(x, init, axes, op):
        return reduced_again(op, x, init, axes)


class ReduceOfPadByInit(Rule):
    """reduce(pad(x, v), v)  =>  reduce(x, v), when f(v, v) is v and only what is reduced is padded"""

    examples = (
        program(
            "%x: tensor<2x3xf32>, %v: tensor<f32>",
            """
            %0 = pad %x, %v, low = [0, 1], high = [0, 2], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>)
              -> tensor<2x6xf32>
            %r = reduce(%0 init: %v) applies minimum across dimensions = [1] : (tensor<2x6xf32>, tensor<f32>)
              -> tensor<2xf32>""",
        ),
        program(
            "%x: tensor<2x3xf32>",
            """
            %c = constant dense<0.0> : tensor<f32>
            %0 = pad %x, %c, low = [0, 1], high = [0, 2], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>)
              -> tensor<2x6xf32>
            %r = reduce(%0 init: %c) applies add across dimensions = [0, 1] : (tensor<2x6xf32>, tensor<f32>)
              -> tensor<f32>""",
        ),
        program(
            "%x: tensor<2x4xi32>, %v: tensor<i32>",
            """
            %0 = pad %x, %v, low = [0, 1], high = [0, 0], interior = [0, 0] : (tensor<2x4xi32>, tensor<i32>)
              -> tensor<2x5xi32>
            %r = reduce(%0 init: %v) applies maximum across dimensions = [1] : (tensor<2x5xi32>, tensor<i32>)
              -> tensor<2xi32>""",
        ),
    )

    def pattern(x, v, low, high, inner, axes):
        return hlo.Reduce([hlo.Pad(x, v, low, high, inner)], [v], axes)

    def where(v, low, high, inner, axes, op):
        return _pads_only(axes, low, high, inner) & is_zero_like(v, reducer_of(op))

    def rewrite(x, v, axes, op):
        return reduced_again(op, x, v, axes)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    ReduceOfNothing,
    ReduceOverOnes,
    ReduceOverOnesFromInit,
    ReduceOfReduce,
    ReduceOfReshape,
    ReduceOfTranspose,
    ReduceOfReverse,
    ReduceOfBroadcast,
    ReduceOfPad,
    ReduceOfPadByInit,
    ReduceOfConcatenate,
)
