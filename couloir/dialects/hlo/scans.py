"""Short ways to StableHLO, continued: positions of extremes, running sums, statistics along dimensions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.building import (
    Size,
    Tensor,
    compare,
    expand_like,
    full_like,
    iota,
    is_float,
    reduce,
    scalar,
    size_of,
    sizes_of,
    slice_range,
)
from couloir.dialects.hlo.elementwise import Add, Divide, Multiply, Or, Select, Sqrt, Subtract, convert
from couloir.dialects.hlo.shape import Pad
from couloir.ir.types import i64


def extreme_position(x: Tensor, axis: int, body: str, *, last: bool = False) -> Tensor:
    """Where along an axis the extreme is, the first or the last one of equal ones, as i64; a NaN counts as the extreme.

    Args:
        x: The tensor.
        axis: The dimension that goes. Its size is known.
        body: `maximum` or `minimum`; for booleans `or` or `and`.
        last: Of equal ones, take the last.
    """
    sizes = sizes_of(x)
    extreme = expand_like(reduce(x, [axis], body), sizes, [axis])
    found = compare(x, extreme, ComparisonDirection.EQ)
    if is_float(x.type.element_type):
        found = Or(found, compare(x, x, ComparisonDirection.NE)).result
    positions = iota(sizes, i64, axis)
    none = full_like(positions, -1 if last else x.type.shape[axis] if x.type.is_static else (1 << 62))
    return reduce(Select(found, positions, none).result, [axis], "maximum" if last else "minimum")


def scan(x: Tensor, axis: int, combine: Callable[[Tensor, Tensor], Tensor], neutral: float) -> Tensor:
    """Combines each element with all before it along a dimension of known size.

    In log2(size) steps, each with what is twice as far away.
    """
    distance, size = 1, x.type.dims[axis] or 0
    while distance < size:
        x = combine(x, moved(x, axis, distance, neutral))
        distance *= 2
    return x


def moved(x: Tensor, axis: int, distance: int, fill: float) -> Tensor:
    """The elements further back by `distance`, with `fill` in front, along a dimension of known size."""
    size = x.type.dims[axis] or 0
    step = min(distance, size)
    kept = slice_range(x, axis, 0, size - step)
    low, zeros = [0] * x.type.rank, (0,) * x.type.rank
    low[axis] = step
    return Pad(kept, scalar(fill, x.type.element_type), tuple(low), zeros, zeros).result


def divide_by_count(total: Tensor, counts: Sequence[Size]) -> Tensor:
    """A sum divided by the product of sizes."""
    number, values = 1, [count for count in counts if not isinstance(count, int)]
    for count in counts:
        number *= count if isinstance(count, int) else 1
    divisor = full_like(total, number)
    for value in values:
        factor = convert(value, total.type.element_type).result
        divisor = Multiply(divisor, expand_like(factor, sizes_of(total), range(total.type.rank))).result
    return Divide(total, divisor).result


def mean(x: Tensor, axes: Sequence[int]) -> Tensor:
    """The mean along `axes`, which go."""
    return divide_by_count(reduce(x, axes, "add"), [size_of(x, axis) for axis in axes])


def statistics(x: Tensor, axes: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Mean and (biased) variance along `axes`, which go."""
    middle = mean(x, axes)
    centred = Subtract(x, expand_like(middle, sizes_of(x), axes)).result
    return middle, mean(Multiply(centred, centred).result, axes)


def inverse_deviation(variance: Tensor, epsilon: float) -> Tensor:
    """`1 / sqrt(variance + epsilon)`."""
    deviation = Sqrt(Add(variance, full_like(variance, epsilon)))
    return Divide(full_like(variance, 1), deviation).result


def normalized(x: Tensor, axes: Sequence[int], epsilon: float) -> tuple[Tensor, Tensor, Tensor]:
    """`(x - mean) / sqrt(variance + epsilon)` along `axes`, the mean, and the inverse deviation."""
    middle, variance = statistics(x, axes)
    inverse = inverse_deviation(variance, epsilon)
    sizes = sizes_of(x)
    centred = Subtract(x, expand_like(middle, sizes, axes))
    return Multiply(centred, expand_like(inverse, sizes, axes)).result, middle, inverse
