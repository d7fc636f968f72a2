"""CHLO: the functions that JAX has beyond StableHLO."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from couloir.backends.numpy import special_functions, tensor
from couloir.backends.numpy.complex_functions import asin_acos_kernel, rounded_once, square
from couloir.backends.numpy.constants import constant_array
from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain
from couloir.backends.numpy.element_types import Array, kind, width
from couloir.backends.numpy.meanings import Run, Steps, meaning
from couloir.backends.numpy.tables.hlo import ELEMENTWISE
from couloir.backends.numpy.tables.math import erfc, in_every_domain, of_floats
from couloir.dialects import chlo
from couloir.dialects.chlo import outer_dimensions
from couloir.dialects.chlo_broadcasting import places
from couloir.ir.attributes import FloatAttr, IntegerAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.types import dtype_of

_DOUBLE: Final = np.dtype(np.float64)

for _cls, _name in ((chlo.Erf, "erf"), (chlo.Tan, "tan")):
    meaning(_cls)(in_every_domain(_name))
for _cls, _function in (
    *((chlo.Acos, np.arccos), (chlo.Acosh, np.arccosh), (chlo.Asin, np.arcsin), (chlo.Asinh, np.arcsinh)),
    *((chlo.Atan, np.arctan), (chlo.Atanh, np.arctanh), (chlo.Cosh, np.cosh), (chlo.Sinh, np.sinh)),
    (chlo.Conj, np.conj),
):
    meaning(_cls)(of_floats(_function))

IN_DOUBLE: Final[dict[type[Operation], Callable[..., Array]]] = {
    chlo.BesselI1e: special_functions.bessel_i1e,
    chlo.Digamma: special_functions.digamma,
    chlo.Lgamma: special_functions.lgamma,
    chlo.Polygamma: special_functions.polygamma,
    chlo.Zeta: special_functions.zeta,
}
"""Functions that are computed in f64 and rounded once."""


@meaning(*IN_DOUBLE)
def _in_double(xp: ArrayNamespace, op: Operation, *operands: Array) -> Array:
    dtype = operands[0].dtype
    _check_real(xp, op, operands[0])
    with np.errstate(all="ignore"):
        wide = IN_DOUBLE[type(op)](*(operand.astype(_DOUBLE) for operand in operands))
    return xp.convert(np.asarray(wide), dtype)


def _check_real(xp: ArrayNamespace, op: Operation, operand: Array) -> None:
    if kind(operand.dtype) != "float":
        raise NotInDomain(op.name, xp.name)


@meaning(chlo.Erfc)
def _erfc_of(xp: ArrayNamespace, op: chlo.Erfc, operand: Array) -> Array:
    _check_real(xp, op, operand)
    with np.errstate(all="ignore"):
        return xp.convert(erfc(xp, operand.astype(_DOUBLE)), operand.dtype)


@meaning(chlo.ErfInv)
def _erf_inv(xp: ArrayNamespace, op: chlo.ErfInv, operand: Array) -> Array:
    """Halley's method from an approximation; infinite at -1 and 1, NaN beyond."""
    _check_real(xp, op, operand)
    with np.errstate(all="ignore"):
        x = operand.astype(_DOUBLE)
        y = special_functions.erf_inv_start(x)
        for _ in range(8):  # at the last number before 1 the approximation is a tenth off
            y = special_functions.erf_inv_step(x, y, xp.apply("erf", y), erfc(xp, np.abs(y)))
        y = np.where(np.abs(x) == 1, np.copysign(np.inf, x), np.where(np.abs(x) > 1, np.nan, y))
    return xp.convert(y, operand.dtype)


@meaning(chlo.Constant)
def _constant(xp: ArrayNamespace, op: chlo.Constant) -> Array:
    return xp.array(constant_array(op.value))


@meaning(chlo.Square)
def _square(xp: ArrayNamespace, op: chlo.Square, operand: Array) -> Array:
    if kind(operand.dtype) == "complex":
        with np.errstate(all="ignore"):
            return rounded_once(square)(operand)
    return xp.apply("multiply", operand, operand)


@meaning(chlo.IsInf, chlo.IsPosInf, chlo.IsNegInf)
def _is_inf(xp: ArrayNamespace, op: chlo.IsInf | chlo.IsPosInf | chlo.IsNegInf, operand: Array) -> Array:
    infinite = xp.apply(
        "and", xp.apply("not", xp.apply("is_finite", operand)), xp.apply("compare EQ", operand, operand)
    )
    if isinstance(op, chlo.IsInf):
        return infinite
    relation = "compare GT" if isinstance(op, chlo.IsPosInf) else "compare LT"
    return xp.apply("and", infinite, xp.apply(relation, operand, np.zeros(operand.shape, operand.dtype)))


@meaning(chlo.AsinAcosKernel)
def _asin_acos_kernel(xp: ArrayNamespace, op: chlo.AsinAcosKernel, operand: Array) -> Array:
    if kind(operand.dtype) != "complex":
        raise NotInDomain(op.name, xp.name)
    with np.errstate(all="ignore"):
        return rounded_once(asin_acos_kernel)(operand)


@meaning(chlo.NextAfter)
def _next_after(xp: ArrayNamespace, op: chlo.NextAfter, x: Array, y: Array) -> Array:
    _check_real(xp, op, x)
    return _next(x, y)


def _next(x: Array, y: Array) -> Array:
    """`y` where they are equal, as in C: NumPy gives `x` of halves, which may be the zero of the other sign."""
    with np.errstate(all="ignore"):  # after the largest number comes infinity
        return np.where(x == y, y, np.nextafter(x, y))


@meaning(chlo.Mulhi)
def _mulhi(xp: ArrayNamespace, op: chlo.Mulhi, lhs: Array, rhs: Array) -> Array:
    """The product in twice the bits; of 64-bit numbers from the products of their halves."""
    bits, dtype = width(lhs.dtype), lhs.dtype
    signed = kind(dtype) == "signed"
    if bits <= 32:
        wide = np.int64 if signed else np.uint64
        product = lhs.astype(wide) * rhs.astype(wide)
        return (product >> wide(bits)).astype(dtype)
    a, b, low, half = lhs.view(np.uint64), rhs.view(np.uint64), np.uint64(2**32 - 1), np.uint64(32)
    middle = (a >> half) * (b & low) + ((a & low) * (b & low) >> half)
    cross = (a & low) * (b >> half) + (middle & low)
    high = (a >> half) * (b >> half) + (middle >> half) + (cross >> half)
    if signed:  # -1 was read as 2^64 - 1
        high = high - np.where(lhs < 0, b, np.uint64(0)) - np.where(rhs < 0, a, np.uint64(0))
    return high.view(dtype)


@meaning(chlo.TopK)
def _top_k(xp: ArrayNamespace, op: chlo.TopK, operand: Array) -> tuple[Array, Array]:
    """The largest first, of equal ones the first; NaN counts as larger than all numbers."""
    ordered = xp.apply("total_order", operand) if kind(operand.dtype) == "float" else operand
    backwards = ordered[..., ::-1]  # so that a stable sort puts the first of equals last
    order = operand.shape[-1] - 1 - np.argsort(backwards, axis=-1, kind="stable")[..., ::-1][..., : op.k]
    return np.take_along_axis(operand, order, axis=-1), order.astype(np.int32)


# -- what broadcasts: the meaning of the op that does not, on operands of one shape -----------------------------------

_OF_STABLEHLO: Final = {cls: plain for cls, plain in chlo.WITHOUT_BROADCASTING.items() if plain in ELEMENTWISE}


def _together(op: chlo.BroadcastBinary, *operands: Array) -> list[Array]:
    rank = max(operand.ndim for operand in operands)
    spread = [_spread(operand, where, rank) for operand, where in zip(operands, places(op), strict=True)]
    return list(np.broadcast_arrays(*spread))


def _spread(operand: Array, axes: tuple[int, ...], rank: int) -> Array:
    """An array with these dimensions of `rank` as one that broadcasts along the others."""
    shape = [1] * rank
    for axis, size in zip(axes, operand.shape, strict=True):
        shape[axis] = size
    return operand.transpose(np.argsort(axes)).reshape(shape)


@meaning(*_OF_STABLEHLO)
def _broadcasting(xp: ArrayNamespace, op: chlo.BroadcastBinary, lhs: Array, rhs: Array) -> Array:
    return ELEMENTWISE[_OF_STABLEHLO[type(op)]](xp, *_together(op, lhs, rhs))


@meaning(chlo.BroadcastNextAfter)
def _broadcast_next_after(xp: ArrayNamespace, op: chlo.BroadcastNextAfter, lhs: Array, rhs: Array) -> Array:
    _check_real(xp, op, lhs)
    return _next(*_together(op, lhs, rhs))


@meaning(chlo.BroadcastPolygamma, chlo.BroadcastZeta)
def _broadcast_in_double(xp: ArrayNamespace, op: chlo.BroadcastBinary, lhs: Array, rhs: Array) -> Array:
    _check_real(xp, op, lhs)
    is_zeta = isinstance(op, chlo.BroadcastZeta)
    function = special_functions.zeta if is_zeta else special_functions.polygamma
    with np.errstate(all="ignore"):
        wide = function(*(operand.astype(_DOUBLE) for operand in _together(op, lhs, rhs)))
    return xp.convert(np.asarray(wide), lhs.dtype)


@meaning(chlo.BroadcastCompare)
def _broadcast_compare(xp: ArrayNamespace, op: chlo.BroadcastCompare, lhs: Array, rhs: Array) -> Array:
    kind = op.compare_type
    return tensor.compare(
        xp,
        *_together(op, lhs, rhs),
        comparison_direction=op.comparison_direction.value,
        compare_type=None if kind is None or kind is chlo.ComparisonType.NOTYPE else kind.value,
    )


@meaning(chlo.BroadcastSelect)
def _broadcast_select(xp: ArrayNamespace, op: chlo.BroadcastSelect, *operands: Array) -> Array:
    return tensor.select(xp, *np.broadcast_arrays(*operands))


@meaning(chlo.ConstantLike)
def _constant_like(xp: ArrayNamespace, op: chlo.ConstantLike, operand: Array) -> Array:
    assert isinstance(op.value, IntegerAttr | FloatAttr)
    return xp.array(np.full(operand.shape, op.value.value, dtype_of(op.value.type)))


@meaning(chlo.Scan)
def _scan(xp: ArrayNamespace, op: chlo.Scan, *operands: Array) -> Steps:
    """One slice after the other; without inputs as many as `scan_dim_size` says."""
    axis, count, made = op.dimension, len(op.inputs), len(op.outputs)
    inputs, carried = [np.moveaxis(value, axis, 0) for value in operands[:count]], list(operands[count:])
    length = inputs[0].shape[0] if inputs else op.scan_dim_size
    if length is None:
        raise Error("`chlo.scan` has no inputs and no `scan_dim_size`: how often it runs is not known")
    rows: dict[int, list[Array]] = {}
    for step in range(length)[:: -1 if op.is_reverse else 1]:
        found = yield Run(op.body, [*(np.asarray(value[step]) for value in inputs), *carried])
        rows[step], carried = list(found[:made]), list(found[made:])
    outputs: list[Array] = []
    for number, result in enumerate(op.outputs):
        if length:
            outputs.append(np.stack([rows[step][number] for step in range(length)], axis=axis))
        else:
            shape = [size or 0 for size in result.type.dims]
            outputs.append(np.zeros(shape, xp.carrier(dtype_of(result.type.element_type))))
    return [*outputs, *carried]


@meaning(chlo.RaggedDot)
def _ragged_dot(xp: ArrayNamespace, op: chlo.RaggedDot, lhs: Array, rhs: Array, group_sizes: Array) -> Array:
    """A dot product for each group, of the rows that belong to it; rows behind the last group give 0."""
    numbers = op.ragged_dot_dimension_numbers
    (axis,) = numbers.lhs_ragged_dimensions
    if group_sizes.size and (group_sizes.min() < 0 or group_sizes.sum(-1).max() > lhs.shape[axis]):
        raise Error(f"`chlo.ragged_dot`: groups of {group_sizes.tolist()} in a dimension of size {lhs.shape[axis]}")
    if group_sizes.ndim != 1 or axis in numbers.lhs_batching_dimensions:
        return _ragged_dot_by_masks(xp, op, lhs, rhs, group_sizes)
    sizes: list[int] = group_sizes.tolist()
    contracted = axis in numbers.lhs_contracting_dimensions
    shape = [size or 0 for size in op.result.type.dims]
    dtype = dtype_of(op.result.type.element_type)
    result = np.zeros(shape, xp.carrier(dtype))
    used = numbers.lhs_batching_dimensions + numbers.lhs_contracting_dimensions
    row = len(numbers.lhs_batching_dimensions) + sum(other not in used for other in range(axis))
    start = 0
    for number, size in enumerate(sizes):
        rows = range(start, start + size)
        start += size
        if contracted:
            other = dict(zip(numbers.lhs_contracting_dimensions, numbers.rhs_contracting_dimensions, strict=True))[axis]
            sides, target = (lhs.take(rows, axis), rhs.take(rows, other)), (number,)
            rhs_batch, rhs_sum = numbers.rhs_batching_dimensions, numbers.rhs_contracting_dimensions
        else:
            (group,) = numbers.rhs_group_dimensions
            sides, target = (
                (lhs.take(rows, axis), rhs.take(number, group)),
                (*(slice(None),) * row, slice(start - size, start)),
            )
            rhs_batch, rhs_sum = (
                tuple(axis - (axis > group) for axis in axes)
                for axes in (numbers.rhs_batching_dimensions, numbers.rhs_contracting_dimensions)
            )
        result[target] = tensor.dot_general(
            xp,
            *sides,
            lhs_batching_dimensions=numbers.lhs_batching_dimensions,
            rhs_batching_dimensions=rhs_batch,
            lhs_contracting_dimensions=numbers.lhs_contracting_dimensions,
            rhs_contracting_dimensions=rhs_sum,
            dtype=dtype,
        )
    return result


def _ragged_dot_by_masks(xp: ArrayNamespace, op: chlo.RaggedDot, lhs: Array, rhs: Array, group_sizes: Array) -> Array:
    """For groups whose sizes differ along other dimensions, or that are of a batch dimension.

    A dot product of everything for each group, of which those elements count that are of the group. In a batch
    dimension groups make no difference, as in JAX.
    """
    numbers = op.ragged_dot_dimension_numbers
    (ragged,) = numbers.lhs_ragged_dimensions
    batch, summed = numbers.lhs_batching_dimensions, numbers.lhs_contracting_dimensions
    rhs_batch, rhs_summed = numbers.rhs_batching_dimensions, numbers.rhs_contracting_dimensions
    dtype = dtype_of(op.result.type.element_type)

    def product(x: Array, y: Array, y_batch: tuple[int, ...], y_summed: tuple[int, ...]) -> Array:
        return tensor.dot_general(
            xp,
            x,
            y,
            lhs_batching_dimensions=batch,
            rhs_batching_dimensions=y_batch,
            lhs_contracting_dimensions=summed,
            rhs_contracting_dimensions=y_summed,
            dtype=dtype,
        )

    if ragged in batch:
        return product(lhs, rhs, rhs_batch, rhs_summed)
    axes = (*outer_dimensions(op)[: group_sizes.ndim - 1], ragged)
    size: int = lhs.shape[ragged]
    ends, places = np.cumsum(group_sizes, -1), np.arange(size)
    inside = np.asarray((ends - group_sizes)[..., None] <= places) & np.asarray(places < ends[..., None])
    masks: list[Array] = list(np.moveaxis(inside, -2, 0))
    if ragged in summed:
        partner = dict(zip(batch + summed, rhs_batch + rhs_summed, strict=True))
        rhs_axes = tuple(partner[axis] for axis in axes)
        parts = [
            product(_masked(lhs, mask, axes), _masked(rhs, mask, rhs_axes), rhs_batch, rhs_summed) for mask in masks
        ]
        return np.stack(parts)
    order = [*batch, *(axis for axis in range(lhs.ndim) if axis not in batch + summed)]
    in_result = tuple(order.index(axis) for axis in axes)
    (group,) = numbers.rhs_group_dimensions
    y_batch, y_summed = (tuple(axis - (axis > group) for axis in each) for each in (rhs_batch, rhs_summed))
    result = np.zeros([size or 0 for size in op.result.type.dims], xp.carrier(dtype))
    for number, mask in enumerate(masks):
        part = product(lhs, rhs.take(number, group), y_batch, y_summed)
        result = np.where(_spread(mask, in_result, part.ndim), part, result)
    return result


def _masked(x: Array, mask: Array, axes: tuple[int, ...]) -> Array:
    """`x` where the mask over these dimensions of it holds, 0 elsewhere."""
    return np.where(_spread(mask, axes, x.ndim), x, np.zeros((), x.dtype))
