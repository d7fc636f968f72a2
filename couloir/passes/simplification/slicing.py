"""Slices.

Slices move towards operands: what is not taken need not be computed.
"""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from itertools import accumulate
from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, guard, has_one_use
from couloir.ir.traits import Elementwise
from couloir.passes.simplification.axes import (
    inverse,
    is_number,
    kept,
    like,
    only_adds_ones,
    picked,
    spread,
)
from couloir.passes.simplification.examples import program
from couloir.passes.simplification.guards import same_size
from couloir.passes.simplification.reducers import copy_of_body


class FullSlice(Rule):
    """slice(x) of all elements  =>  x"""

    examples = (
        program(
            "%x: tensor<2x3xf32>",
            """
            %r = slice %x [0:2, 0:3] : (tensor<2x3xf32>) -> tensor<2x3xf32>""",
        ),
    )

    def pattern(x, start, limit, stride):
        return hlo.Slice(x, start, limit, stride)

    def where(x, op):
        return same_size(x, op.result)

    def rewrite(x):
        return x


class DoubleSlice(Rule):
    """slice(slice(x, s), t)  =>  slice(x, s of t)"""

    examples = (
        program(
            "%x: tensor<20x9xf32>",
            """
            %0 = slice %x [3:20:2, 1:8] : (tensor<20x9xf32>) -> tensor<9x7xf32>
            %r = slice %0 [1:9:3, 2:4] : (tensor<9x7xf32>) -> tensor<3x2xf32>""",
        ),
    )

    allow_shared = True

    def pattern(x, start, limit, stride, start2, limit2, stride2):
        return hlo.Slice(hlo.Slice(x, start, limit, stride), start2, limit2, stride2)

    def rewrite(x, start, limit, stride, start2, limit2, stride2):
        limits = tuple(min(b, a + d * s) for a, b, s, d in zip(start, limit, stride, limit2, strict=True))
        starts = tuple(min(b, a + c * s) for a, b, s, c in zip(start, limits, stride, start2, strict=True))
        return hlo.Slice(x, starts, limits, tuple(s * t for s, t in zip(stride, stride2, strict=True)))


class SliceOfOneElement(Rule):
    """slice(x)  =>  slice(x) with stride 1 along dimensions of which it takes one element or none"""

    examples = (
        program(
            "%x: tensor<9x9xf32>",
            """
            %r = slice %x [2:4:3, 0:9:2] : (tensor<9x9xf32>) -> tensor<1x5xf32>""",
        ),
    )

    def pattern(x, start, limit, stride):
        return hlo.Slice(x, start, limit, stride)

    def where(stride, op):
        few = [size for size, step in zip(op.result.type.dims, stride, strict=True) if step != 1]
        return guard(any(size in (0, 1) for size in few), "strides along dimensions of one element are 1")

    def rewrite(x, start, limit, stride, op):
        few = tuple(size in (0, 1) for size in op.result.type.dims)
        limits = tuple(a + n if one else b for a, b, n, one in zip(start, limit, op.result.type.dims, few, strict=True))
        return hlo.Slice(x, start, limits, tuple(1 if one else step for step, one in zip(stride, few, strict=True)))


class SliceOfPad(Rule):
    """slice(pad(x))  =>  slice(x), when it takes nothing that was padded"""

    examples = (
        program(
            "%x: tensor<5x4xf32>, %v: tensor<f32>",
            """
            %0 = pad %x, %v, low = [2, -1], high = [3, 0], interior = [0, 0] : (tensor<5x4xf32>, tensor<f32>)
              -> tensor<10x3xf32>
            %r = slice %0 [2:7:2, 1:3] : (tensor<10x3xf32>) -> tensor<3x2xf32>""",
        ),
        program(
            "%x: tensor<5xf32>, %v: tensor<f32>",
            """
            %0 = pad %x, %v, low = [2], high = [0], interior = [0] : (tensor<5xf32>, tensor<f32>) -> tensor<7xf32>
            %r = slice %0 [2:6] : (tensor<7xf32>) -> tensor<4xf32>""",
        ),
    )

    allow_shared = True

    def pattern(x, v, low, high, inner, start, limit, stride):
        return hlo.Slice(hlo.Pad(x, v, low, high, inner), start, limit, stride)

    def where(x, low, inner, start, limit):
        ranges = zip(start, limit, low, x.type.shape, strict=True)
        return guard(not any(inner), "there is padding between elements") & guard(
            all(before <= first and last <= before + size for first, last, before, size in ranges), "it takes padding"
        )

    def rewrite(x, low, start, limit, stride):
        starts = tuple(first - before for first, before in zip(start, low, strict=True))
        limits = tuple(last - before for last, before in zip(limit, low, strict=True))
        return hlo.Slice(x, starts, limits, stride)


class SliceOfPadding(Rule):
    """slice(pad(x, v))  =>  broadcast_in_dim(v), when along a dimension it takes only what was padded"""

    examples = (
        program(
            "%x: tensor<5x4xf32>, %v: tensor<f32>",
            """
            %0 = pad %x, %v, low = [0, 0], high = [3, 0], interior = [0, 1] : (tensor<5x4xf32>, tensor<f32>)
              -> tensor<8x7xf32>
            %r = slice %0 [5:8, 0:7:3] : (tensor<8x7xf32>) -> tensor<3x3xf32>""",
        ),
        program(
            "%x: tensor<5xf32>, %v: tensor<f32>",
            """
            %0 = pad %x, %v, low = [2], high = [0], interior = [0] : (tensor<5xf32>, tensor<f32>) -> tensor<7xf32>
            %r = slice %0 [0:2] : (tensor<7xf32>) -> tensor<2xf32>""",
        ),
    )

    allow_shared = True

    def pattern(x, v, low, high, inner, start, limit, stride):
        return hlo.Slice(hlo.Pad(x, v, low, high, inner), start, limit, stride)

    def where(low, high, start, limit, op):
        ranges = zip(start, limit, low, high, op.operand.type.shape, strict=True)
        return guard(
            any(last <= before or first >= size - behind for first, last, before, behind, size in ranges),
            "it may take elements of x",
        )

    def rewrite(v, op):
        return hlo.BroadcastInDim(v, (), result_types=[op.result.type])


class SliceOfConcatenate(Rule):
    """slice(concatenate(xs, d))  =>  slice(concatenate(those that it takes elements of, d))"""

    examples = (
        program(
            "%x: tensor<2x3xf32>, %y: tensor<2x4xf32>, %z: tensor<2x5xf32>, %w: tensor<2x2xf32>",
            """
            %0 = concatenate %x, %y, %z, %w, dim = 1
              : (tensor<2x3xf32>, tensor<2x4xf32>, tensor<2x5xf32>, tensor<2x2xf32>) -> tensor<2x14xf32>
            %1 = slice %0 [0:2, 4:9] : (tensor<2x14xf32>) -> tensor<2x5xf32>
            %2 = slice %0 [0:2, 8:12:2] : (tensor<2x14xf32>) -> tensor<2x2xf32>
            %3 = slice %0 [0:2, 0:3] : (tensor<2x14xf32>) -> tensor<2x3xf32>
            %4 = slice %0 [0:2, 3:7] : (tensor<2x14xf32>) -> tensor<2x4xf32>
            %5 = slice %0 [0:2, 12:14] : (tensor<2x14xf32>) -> tensor<2x2xf32>
            %r = concatenate %1, %2, %3, %4, %5, dim = 1
              : (tensor<2x5xf32>, tensor<2x2xf32>, tensor<2x3xf32>, tensor<2x4xf32>, tensor<2x2xf32>) -> tensor<2x16xf32>""",
        ),
        program(
            "%x: tensor<2x3xf32>, %y: tensor<2x4xf32>, %z: tensor<2x5xf32>, %w: tensor<2x2xf32>",
            """
            %0 = concatenate %x, %y, %z, %w, dim = 1
              : (tensor<2x3xf32>, tensor<2x4xf32>, tensor<2x5xf32>, tensor<2x2xf32>) -> tensor<2x14xf32>
            %r = slice %0 [1:2, 8:12] : (tensor<2x14xf32>) -> tensor<1x4xf32>""",
        ),
    )

    allow_shared = True

    def pattern(xs, d, start, limit, stride):
        return hlo.Slice(hlo.Concatenate([*xs], d), start, limit, stride)

    def where(xs, d, start, limit):
        return guard(_takes_less(xs, d, start[d], limit[d]), "it takes elements of each operand")

    def rewrite(xs, d, start, limit, stride):
        first, last = _touched(xs, d, start[d], limit[d])
        before = sum(x.type.shape[d] for x in xs[:first])
        joined = hlo.Concatenate(list(xs[first:last]), d)
        starts = tuple(at - before if axis == d else at for axis, at in enumerate(start))
        limits = tuple(at - before if axis == d else at for axis, at in enumerate(limit))
        return hlo.Slice(joined, starts, limits, stride)


def _touched(xs, d, start, limit):
    """The operands, from the first up to but without the last, of which elements from start up to limit are; at least one."""
    ends = list(accumulate(x.type.shape[d] for x in xs))
    first = 0
    while first < len(xs) - 1 and ends[first] <= start:
        first += 1
    last = first + 1
    while last < len(xs) and ends[last - 1] < limit:
        last += 1
    return first, last


def _takes_less(xs, d, start, limit):
    first, last = _touched(xs, d, start, limit)
    return last - first < len(xs)


class SliceOfBroadcast(Rule):
    """slice(broadcast_in_dim(x, d))  =>  broadcast_in_dim(slice(x), d)"""

    def pattern(x, d, start, limit, stride):
        return hlo.Slice(hlo.BroadcastInDim(x, d), start, limit, stride)

    def rewrite(x, d, start, limit, stride, op):
        repeated = tuple(size == 1 for size in x.type.shape)
        starts, limits, strides = (
            tuple(whole if once else amounts[target] for once, target, whole in zip(repeated, d, ones, strict=True))
            for amounts, ones in ((start, (0,) * len(d)), (limit, (1,) * len(d)), (stride, (1,) * len(d)))
        )
        part = hlo.Slice(x, starts, limits, strides)
        return hlo.BroadcastInDim(part, d, result_types=[op.result.type])


class SliceOfIota(Rule):
    """slice(iota(a))  =>  iota(a), when it takes the first numbers"""

    examples = (
        program(
            "",
            """
            %0 = iota dim = 1 : tensor<5x7xi32>
            %r = slice %0 [1:5:2, 0:3] : (tensor<5x7xi32>) -> tensor<2x3xi32>""",
        ),
    )

    def pattern(a, start, limit, stride):
        return hlo.Slice(hlo.Iota(a), start, limit, stride)

    def where(a, start, stride):
        return guard(start[a] == 0, "it does not start at 0") & guard(stride[a] == 1, "it leaves numbers out")

    def rewrite(a, op):
        return hlo.Iota(a, result_types=[op.result.type])


class SliceOfSplat(Rule):
    """slice(constant with one value)  =>  constant with one value"""

    def pattern(x, start, limit, stride):
        return hlo.Slice(x, start, limit, stride)

    def where(x):
        return is_number(x)

    def rewrite(x, op):
        return spread(x, op.result.type)


class SliceOfReverse(Rule):
    """slice(reverse(x, r))  =>  reverse(slice(x, from the other end along r), r)"""

    def pattern(x, r, start, limit, stride):
        return hlo.Slice(hlo.Reverse(x, r), start, limit, stride)

    def rewrite(x, r, start, limit, stride, op):
        ranges = [
            (size - 1 - first - step * (count - 1), size - first) if axis in r and count else (first, last)
            for axis, (size, first, last, step, count) in enumerate(
                zip(x.type.shape, start, limit, stride, op.result.type.dims, strict=True)
            )
        ]
        part = hlo.Slice(x, tuple(first for first, _ in ranges), tuple(last for _, last in ranges), stride)
        return hlo.Reverse(part, r)


class SliceOfTranspose(Rule):
    """slice(transpose(x, p))  =>  transpose(slice(x), p)"""

    def pattern(x, p, start, limit, stride):
        return hlo.Slice(hlo.Transpose(x, p), start, limit, stride)

    def rewrite(x, p, start, limit, stride):
        back = inverse(p)
        return hlo.Transpose(hlo.Slice(x, picked(start, back), picked(limit, back), picked(stride, back)), p)


class SliceOfReshape(Rule):
    """slice(reshape(x))  =>  reshape(slice(x)), when the reshape only adds dimensions of size 1, and the slice keeps them"""

    examples = (
        program(
            "%x: tensor<3xf32>",
            """
            %0 = reshape %x : (tensor<3xf32>) -> tensor<3x1xf32>
            %1 = slice %0 [0:2, 0:1] : (tensor<3x1xf32>) -> tensor<2x1xf32>
            %2 = reshape %x : (tensor<3xf32>) -> tensor<3x1xf32>
            %3 = slice %2 [0:2, 0:0] : (tensor<3x1xf32>) -> tensor<2x0xf32>
            %r = concatenate %1, %3, dim = 1 : (tensor<2x1xf32>, tensor<2x0xf32>) -> tensor<2x1xf32>""",
        ),
    )

    def pattern(x, start, limit, stride):
        return hlo.Slice(hlo.Reshape(x), start, limit, stride)

    def where(x, op):
        places = only_adds_ones(x.type.dims, op.operand.type.dims)
        if places is None:
            return guard(False, "the reshape does more than add dimensions of size 1")
        added = picked(op.result.type.dims, kept(op.result.type.rank, places))
        return guard(all(size == 1 for size in added), "nothing is taken along a dimension that was added")

    def rewrite(x, start, limit, stride, op):
        places = only_adds_ones(x.type.dims, op.operand.type.dims)
        part = hlo.Slice(x, picked(start, places), picked(limit, places), picked(stride, places))
        return hlo.Reshape(part, result_types=[op.result.type])


class SliceOfUnary(Rule):
    """slice(f(x))  =>  f(slice(x)), when f works element by element and nothing else takes f(x)"""

    examples = (
        program(
            "%x: tensor<4x5xi32>",
            """
            %0 = convert %x : (tensor<4x5xi32>) -> tensor<4x5xf32>
            %r = slice %0 [1:3, 0:5:2] : (tensor<4x5xf32>) -> tensor<2x3xf32>""",
        ),
    )

    def pattern(y: Elementwise, start, limit, stride):
        return hlo.Slice(y, start, limit, stride)

    def where(y):
        return guard(len(y.defining_op.operands) == 1, "f takes several operands") & has_one_use(y)

    def rewrite(y, start, limit, stride, op):
        f = y.defining_op
        return like(f, [hlo.Slice(f.operands[0], start, limit, stride).result], op.result.type)


class SliceOfReduce(Rule):
    """slice(reduce(x, dimensions))  =>  reduce(slice(x), dimensions)"""

    examples = (
        program(
            "%x: tensor<4x5x6xi32>, %v: tensor<i32>",
            """
            %0 = reduce(%x init: %v) applies stablehlo.add across dimensions = [1]
              : (tensor<4x5x6xi32>, tensor<i32>) -> tensor<4x6xi32>
            %r = slice %0 [1:3, 0:5:2] : (tensor<4x6xi32>) -> tensor<2x3xi32>""",
        ),
    )

    def pattern(x, init, dimensions, start, limit, stride):
        return hlo.Slice(hlo.Reduce([x], [init], dimensions), start, limit, stride)

    def rewrite(x, init, dimensions, start, limit, stride, op):
        places = kept(x.type.rank, dimensions)
        starts, limits, strides = [0] * x.type.rank, list(x.type.shape), [1] * x.type.rank
        for place, axis in enumerate(places):
            starts[axis], limits[axis], strides[axis] = start[place], limit[place], stride[place]
        part = hlo.Slice(x, tuple(starts), tuple(limits), tuple(strides))
        return hlo.Reduce([part], [init], dimensions, copy_of_body(op.operand.defining_op.body))


class SliceOfDot(Rule):
    """slice(dot_general(x, y))  =>  dot_general(slice(x), slice(y))"""

    def pattern(x, y, numbers, precision, start, limit, stride):
        return hlo.Slice(hlo.DotGeneral(x, y, numbers, precision), start, limit, stride)

    def where(x, y):
        return guard(x.type.element_type is y.type.element_type, "one is quantized")

    def rewrite(x, y, numbers, precision, start, limit, stride, op):
        left = numbers.lhs_batching_dimensions + kept(
            x.type.rank, numbers.lhs_batching_dimensions + numbers.lhs_contracting_dimensions
        )
        right = kept(y.type.rank, numbers.rhs_batching_dimensions + numbers.rhs_contracting_dimensions)
        batches = len(numbers.lhs_batching_dimensions)
        of_left = dict(zip(left, range(len(left)), strict=True))
        of_right = dict(zip(numbers.rhs_batching_dimensions, range(batches), strict=True)) | dict(
            zip(right, range(len(left), len(left) + len(right)), strict=True)
        )
        parts = [_part(v, of, start, limit, stride) for v, of in ((x, of_left), (y, of_right))]
        return hlo.DotGeneral(*parts, numbers, precision, result_types=[op.result.type])


def _part(x, places, start, limit, stride):
    """The slice of x that has these places in the result; dimensions without a place stay whole."""
    axes = range(x.type.rank)
    return hlo.Slice(
        x,
        tuple(start[places[axis]] if axis in places else 0 for axis in axes),
        tuple(limit[places[axis]] if axis in places else x.type.shape[axis] for axis in axes),
        tuple(stride[places[axis]] if axis in places else 1 for axis in axes),
    )


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    FullSlice,
    DoubleSlice,
    SliceOfOneElement,
    SliceOfSplat,
    SliceOfIota,
    SliceOfPad,
    SliceOfPadding,
    SliceOfConcatenate,
    SliceOfBroadcast,
    SliceOfReverse,
    SliceOfTranspose,
    SliceOfReshape,
    SliceOfUnary,
    SliceOfReduce,
    SliceOfDot,
)
