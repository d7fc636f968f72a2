"""Pools: the greatest element or the mean of each window."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.hlo.building import (
    Size,
    Tensor,
    accumulator,
    broadcast_along,
    compare,
    convert,
    full,
    full_like,
    iota,
    is_float,
    lowest,
    reshape,
    scalar,
    sizes_of,
    slice_range,
    static_sizes,
    with_ones,
)
from couloir.dialects.hlo.reduction import Body
from couloir.dialects.hlo.scans import mean
from couloir.frontends.torch.aten.convolution import each
from couloir.frontends.torch.node import Lowered, Node, NotLowered, lowers
from couloir.ir.operation import Operation
from couloir.ir.types import i64


class _Windows:
    """How windows move over the last dimensions of a tensor."""

    def __init__(
        self,
        node: Node,
        x: Tensor,
        kernel: Sequence[int],
        stride: Sequence[int],
        padding: Sequence[int],
        dilation: Sequence[int],
        ceil_mode: bool,
    ) -> None:
        self.rank = rank = len(kernel)
        self.kernel = tuple(kernel)
        self.strides = each(stride, rank) if stride else self.kernel
        self.pads = each(padding, rank)
        self.dilations = each(dilation, rank)
        self.ceil_mode = ceil_mode
        outer = x.type.rank - rank
        counts = node.sizes[outer:]
        sizes = x.type.dims[outer:]
        self.high = tuple(
            self._high(size, count, axis) for axis, (size, count) in enumerate(zip(sizes, counts, strict=True))
        )
        self.ones = (1,) * outer
        self.none = ((0, 0),) * outer

    def _high(self, size: int | None, count: Size, axis: int) -> int:
        """Padding at the end with which there are as many windows as PyTorch counts."""
        if not self.ceil_mode:
            return self.pads[axis]
        if size is None or not isinstance(count, int):
            raise NotLowered("it has `ceil_mode`, and its sizes are not known")
        span = (self.kernel[axis] - 1) * self.dilations[axis] + 1
        return max((count - 1) * self.strides[axis] + span - size - self.pads[axis], 0)

    def reduce(self, inputs: Sequence[Tensor], inits: Sequence[Tensor], body: Body) -> list[Tensor]:
        """Combines the elements of each window."""
        padding = tuple(zip(self.pads, self.high, strict=True))
        made = hlo.reduce_window(
            inputs,
            inits,
            body,
            window_dimensions=(*self.ones, *self.kernel),
            window_strides=(*self.ones, *self.strides),
            window_dilations=(*self.ones, *self.dilations),
            padding=(*self.none, *padding),
        )
        return list(made.outputs)


@lowers("aten.max_pool2d_with_indices", "aten.max_pool3d_with_indices")
def max_pool_with_indices(
    node: Node,
    x: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    dilation: Sequence[int] = (1,),
    ceil_mode: bool = False,
) -> Lowered:
    """The greatest element of each window, and where it is among all positions."""
    rank = 2 if "2d" in node.target else 3
    windows = _Windows(node, x, each(kernel, rank), stride, padding, dilation, ceil_mode)
    element = x.type.element_type
    start = scalar(lowest(element), element)
    if not node.used(1):
        return [windows.reduce([x], [start], "maximum")[0], None]
    spatial = sizes_of(x)[-rank:]
    numbers = static_sizes(spatial)
    if numbers is None:
        raise NotLowered("its indices are used, and its sizes are not known")
    places, count = _positions(x, numbers)
    return windows.reduce([x, places], [start, scalar(count, i64)], _greater)


def _positions(x: Tensor, numbers: tuple[int, ...]) -> tuple[Tensor, int]:
    """The position of each element among all of the last dimensions, whose sizes are known; and how many there are."""
    count = math.prod(numbers)
    positions = reshape(iota((count,), i64, 0), numbers)
    return broadcast_along(positions, sizes_of(x), range(x.type.rank - len(numbers), x.type.rank)), count


def _greater(a: Tensor, i: Tensor, b: Tensor, j: Tensor) -> list[Tensor | Operation]:
    """The first of the greatest of two with their positions; a NaN is greater than every number."""
    takes = compare(b, a, hlo.ComparisonDirection.GT)
    if is_float(a.type.element_type):
        takes = hlo.Or(takes, compare(b, b, hlo.ComparisonDirection.NE)).result
    same = compare(a, b, hlo.ComparisonDirection.EQ)
    earlier = hlo.And(same, compare(j, i, hlo.ComparisonDirection.LT))
    chosen = hlo.Or(takes, earlier).result
    return [hlo.Select(chosen, b, a), hlo.Select(chosen, j, i)]


@lowers("aten.avg_pool1d", "aten.avg_pool2d", "aten.avg_pool3d")
def avg_pool(
    node: Node,
    x: Tensor,
    kernel: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Lowered:
    """The sum of each window by the number of its elements that count."""
    rank = int(node.target[len("aten.avg_pool")])
    windows = _Windows(node, x, each(kernel, rank), stride, padding, (1,), ceil_mode)
    wide = convert(x, accumulator(x.type.element_type))
    element = wide.type.element_type
    zero = scalar(0, element)
    total = windows.reduce([wide], [zero], "add")[0]
    if divisor_override is not None:
        divisor = full_like(total, divisor_override)
    elif not ceil_mode and (count_include_pad or not any(windows.pads)):
        size = 1
        for count in windows.kernel:
            size *= count
        divisor = full_like(total, size)
    else:
        divisor = _counts(x, windows, count_include_pad, zero)
    return convert(hlo.Divide(total, divisor), x.type.element_type)


def _counts(x: Tensor, windows: _Windows, with_padding: bool, zero: Tensor) -> Tensor:
    """How many elements of each window count: constants of the shape, summed like the elements."""
    element = zero.type.element_type
    ones = full(1, sizes_of(x), element)
    if not with_padding:
        return windows.reduce([ones], [zero], "add")[0]
    outer = (0,) * len(windows.ones)
    pads = (*outer, *windows.pads)
    padded = hlo.Pad(ones, scalar(1, element), pads, pads, (0,) * x.type.rank).result
    rest = _Rest(windows)
    return rest.reduce([padded], [zero], "add")[0]


class _Rest(_Windows):
    """The same windows over what is padded already."""

    def __init__(self, windows: _Windows) -> None:
        self.__dict__.update(windows.__dict__)
        self.high = tuple(max(high - pad, 0) for high, pad in zip(windows.high, windows.pads, strict=True))
        self.pads = (0,) * windows.rank


@lowers("aten._adaptive_avg_pool2d", "aten._adaptive_avg_pool3d", "aten.adaptive_avg_pool1d")
def adaptive_avg_pool(node: Node, x: Tensor, size: Sequence[int]) -> Lowered:
    """The mean of as many windows as are asked for, which may overlap: a product with a matrix of weights."""
    wide = convert(x, accumulator(x.type.element_type))
    element = wide.type.element_type
    rank = len(size)
    for number, wanted in enumerate(size):
        axis = x.type.rank - rank + number
        found = wide.type.dims[axis]
        if wanted == 1:
            kept = [1 if place == axis else item for place, item in enumerate(sizes_of(wide))]
            wide = reshape(mean(wide, [axis]), kept)
            continue
        if found is None:
            raise NotLowered("the sizes that it pools are not known")
        if found == wanted:
            continue
        weights = np.zeros((found, wanted))
        for place in range(wanted):
            start, stop = place * found // wanted, -(-(place + 1) * found // wanted)
            weights[start:stop, place] = 1 / (stop - start)
        matrix = hlo.constant(weights, element).output
        numbers = hlo.DotDimensionNumbers((), (), (axis,), (0,))
        product = hlo.DotGeneral(wide, matrix, numbers).result
        order = [*range(axis), x.type.rank - 1, *range(axis, x.type.rank - 1)]
        wide = hlo.Transpose(product, tuple(order)).result
    return convert(wide, x.type.element_type)


@lowers("aten.adaptive_max_pool2d", "aten.adaptive_max_pool3d")
def adaptive_max_pool(node: Node, x: Tensor, size: Sequence[int]) -> Lowered:
    """The greatest element of as many windows as are asked for, one dimension after the other, and where it is."""
    rank = len(size)
    numbers = static_sizes(sizes_of(x)[-rank:])
    if numbers is None:
        raise NotLowered("the sizes that it pools are not known")
    element = x.type.element_type
    found, starts = [x], [scalar(lowest(element), element)]
    if node.used(1):
        places, count = _positions(x, numbers)
        found, starts = [x, places], [*starts, scalar(count, i64)]
    for number, (extent, wanted) in enumerate(zip(numbers, size, strict=True)):
        axis = x.type.rank - rank + number
        columns: list[list[Tensor]] = []
        for place in range(wanted):
            start, stop = place * extent // wanted, -(-(place + 1) * extent // wanted)
            parts = [slice_range(value, axis, start, stop) for value in found]
            greatest = hlo.reduce(parts, starts, [axis], "maximum" if len(parts) == 1 else _greater).outputs
            columns.append([reshape(value, with_ones(sizes_of(parts[0]), [axis])) for value in greatest])
        found = [
            rows[0] if wanted == 1 else hlo.Concatenate(rows, axis).result
            for rows in map(list, zip(*columns, strict=True))
        ]
    return [*found, None][:2]
