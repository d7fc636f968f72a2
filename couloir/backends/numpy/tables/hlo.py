"""StableHLO: from ops and their attributes to the functions of `couloir.backends.numpy.tensor`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from couloir.backends.numpy import bodies, tensor
from couloir.backends.numpy.constants import constant_array
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array, DType, is_discrete
from couloir.backends.numpy.indexing import scatter_places, selected_places
from couloir.backends.numpy.meanings import SAME_FOR_SCALARS, Call, Run, Steps, meaning
from couloir.backends.numpy.normalization import batch_norm_grad, batch_norm_training
from couloir.backends.numpy.precision import reduce_precision
from couloir.backends.numpy.sorting import sort_last
from couloir.backends.numpy.tables import (
    hlo_collectives,
    hlo_custom_calls,
    hlo_deprecated,
    hlo_lapack,
    hlo_numerics,
    hlo_quantized,
)
from couloir.backends.numpy.tables.hlo_quantized import number_type, to_destination_type
from couloir.backends.numpy.windows import window_elements
from couloir.dialects import hlo
from couloir.dialects.hlo.window import WindowDimension
from couloir.dialects.shapes import same_dims
from couloir.ir.attribute import Attribute
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.types import IntegerType, TensorType, dtype_of

__all__ = [
    "ELEMENTWISE",
    "hlo_collectives",
    "hlo_custom_calls",
    "hlo_deprecated",
    "hlo_lapack",
    "hlo_numerics",
    "hlo_quantized",
    "without_op",
]

ELEMENTWISE: Final[dict[type[Operation], Callable[..., Array]]] = {
    hlo.Abs: tensor.abs,
    hlo.Add: tensor.add,
    hlo.And: tensor.and_,
    hlo.Atan2: tensor.atan2,
    hlo.Cbrt: tensor.cbrt,
    hlo.Ceil: tensor.ceil,
    hlo.Clamp: tensor.clamp,
    hlo.Complex: tensor.complex,
    hlo.Cosine: tensor.cosine,
    hlo.CountLeadingZeros: tensor.count_leading_zeros,
    hlo.Divide: tensor.divide,
    hlo.Exponential: tensor.exponential,
    hlo.ExponentialMinusOne: tensor.exponential_minus_one,
    hlo.Floor: tensor.floor,
    hlo.Imag: tensor.imag,
    hlo.IsFinite: tensor.is_finite,
    hlo.Log: tensor.log,
    hlo.LogPlusOne: tensor.log_plus_one,
    hlo.Logistic: tensor.logistic,
    hlo.Maximum: tensor.maximum,
    hlo.Minimum: tensor.minimum,
    hlo.Multiply: tensor.multiply,
    hlo.Negate: tensor.negate,
    hlo.Not: tensor.not_,
    hlo.Or: tensor.or_,
    hlo.PopulationCount: tensor.popcnt,
    hlo.Power: tensor.power,
    hlo.Real: tensor.real,
    hlo.Remainder: tensor.remainder,
    hlo.RoundNearestAfz: tensor.round_nearest_afz,
    hlo.RoundNearestEven: tensor.round_nearest_even,
    hlo.Rsqrt: tensor.rsqrt,
    hlo.Select: tensor.select,
    hlo.ShiftLeft: tensor.shift_left,
    hlo.ShiftRightArithmetic: tensor.shift_right_arithmetic,
    hlo.ShiftRightLogical: tensor.shift_right_logical,
    hlo.Sign: tensor.sign,
    hlo.Sine: tensor.sine,
    hlo.Sqrt: tensor.sqrt,
    hlo.Subtract: tensor.subtract,
    hlo.Tan: tensor.tan,
    hlo.Tanh: tensor.tanh,
    hlo.Xor: tensor.xor,
}
"""The ops without attributes that matter."""


def without_op(function: Callable[..., Array]) -> Callable[..., Array]:
    """The meaning of an op of which only the operands matter."""

    def of_operands(xp: ArrayNamespace, op: Operation, *operands: Array) -> Array:
        return function(xp, *operands)

    return of_operands


for _cls, _function in ELEMENTWISE.items():
    meaning(_cls)(without_op(_function))


def _dtype(value: Value[TensorType]) -> DType:
    return dtype_of(value.type.element_type)


def _numbers(attribute: Attribute) -> dict[str, Any]:
    """The parameters of an attribute such as `ConvDimensionNumbers` under their names."""
    return {name: getattr(attribute, name) for name in attribute.parameters}


# -- elementwise, with attributes -----------------------------------------------------------------------------------


@meaning(hlo.Compare)
def _compare(xp: ArrayNamespace, op: hlo.Compare, lhs: Array, rhs: Array) -> Array:
    kind = op.compare_type
    if kind is hlo.ComparisonType.NOTYPE or isinstance(op.lhs.type.element_type, IntegerType):
        kind = None  # integers have one order
    return tensor.compare(
        xp,
        lhs,
        rhs,
        comparison_direction=op.comparison_direction.value,
        compare_type=None if kind is None else kind.value,
    )


@meaning(hlo.Convert)
def _convert(xp: ArrayNamespace, op: hlo.Convert, operand: Array) -> Array:
    return tensor.convert(xp, operand, xp.carrier(_dtype(op.result)))


@meaning(hlo.BitcastConvert)
def _bitcast_convert(xp: ArrayNamespace, op: hlo.BitcastConvert, operand: Array) -> Array:
    return tensor.bitcast_convert(xp, operand, _dtype(op.result))


@meaning(hlo.ReducePrecision)
def _reduce_precision(xp: ArrayNamespace, op: hlo.ReducePrecision, operand: Array) -> Array:
    return reduce_precision(xp, operand, exponent_bits=op.exponent_bits, mantissa_bits=op.mantissa_bits)


@meaning(hlo.Map)
def _map(xp: ArrayNamespace, op: hlo.Map, *inputs: Array) -> Steps:
    return (yield from bodies.apply(xp, op.computation, *inputs))


# -- constants and moving elements ----------------------------------------------------------------------------------


@meaning(hlo.Constant)
def _constant(xp: ArrayNamespace, op: hlo.Constant) -> Array:
    return xp.array(constant_array(op.value))


@meaning(hlo.Iota)
def _iota(xp: ArrayNamespace, op: hlo.Iota) -> Array:
    return tensor.iota(xp, dtype=_dtype(op.output), shape=op.output.type.shape, iota_dimension=op.iota_dimension)


@meaning(hlo.BroadcastInDim)
def _broadcast_in_dim(xp: ArrayNamespace, op: hlo.BroadcastInDim, operand: Array) -> Array:
    shape, dimensions = op.result.type.shape, op.broadcast_dimensions
    return tensor.broadcast_in_dim(xp, operand, shape=shape, broadcast_dimensions=dimensions)


@meaning(hlo.Reshape)
def _reshape(xp: ArrayNamespace, op: hlo.Reshape, operand: Array) -> Array:
    return tensor.reshape(xp, operand, shape=op.result.type.shape)


@meaning(hlo.Transpose)
def _transpose(xp: ArrayNamespace, op: hlo.Transpose, operand: Array) -> Array:
    return tensor.transpose(xp, operand, permutation=op.permutation)


@meaning(hlo.Reverse)
def _reverse(xp: ArrayNamespace, op: hlo.Reverse, operand: Array) -> Array:
    return tensor.reverse(xp, operand, dimensions=op.dimensions)


@meaning(hlo.Slice)
def _slice(xp: ArrayNamespace, op: hlo.Slice, operand: Array) -> Array:
    return tensor.slice(xp, operand, start_indices=op.start_indices, limit_indices=op.limit_indices, strides=op.strides)


@meaning(hlo.Pad)
def _pad(xp: ArrayNamespace, op: hlo.Pad, operand: Array, padding_value: Array) -> Array:
    return tensor.pad(
        xp,
        operand,
        padding_value,
        edge_padding_low=op.edge_padding_low,
        edge_padding_high=op.edge_padding_high,
        interior_padding=op.interior_padding,
    )


@meaning(hlo.Concatenate)
def _concatenate(xp: ArrayNamespace, op: hlo.Concatenate, *inputs: Array) -> Array:
    return tensor.concatenate(xp, inputs, dimension=op.dimension)


@meaning(hlo.GetDimensionSize)
def _get_dimension_size(xp: ArrayNamespace, op: hlo.GetDimensionSize, operand: Array) -> Array:
    return np.asarray(operand.shape[op.dimension], dtype=np.int32)


@meaning(hlo.DynamicSlice)
def _dynamic_slice(xp: ArrayNamespace, op: hlo.DynamicSlice, operand: Array, *starts: Array) -> Array:
    return tensor.dynamic_slice(xp, operand, starts, slice_sizes=op.slice_sizes)


@meaning(hlo.DynamicUpdateSlice)
def _dynamic_update_slice(
    xp: ArrayNamespace, op: hlo.DynamicUpdateSlice, operand: Array, update: Array, *starts: Array
) -> Array:
    return tensor.dynamic_update_slice(xp, operand, update, starts)


@meaning(hlo.Gather)
def _gather(xp: ArrayNamespace, op: hlo.Gather, operand: Array, starts: Array) -> Array:
    return tensor.gather(xp, operand, starts, slice_sizes=op.slice_sizes, **_numbers(op.dimension_numbers))


SAME_FOR_SCALARS.update((hlo.BroadcastInDim, hlo.OptimizationBarrier, hlo.Reshape, hlo.Reverse, hlo.Transpose))


# -- the same, with shapes that are operands -------------------------------------------------------------------------


def _whole(values: Array) -> tuple[int, ...]:
    """Sizes or bounds as numbers."""
    return tuple(int(value) for value in values)


def _sizes(op: Operation, values: Array) -> tuple[int, ...]:
    """The shape of a result, which its type must allow."""
    found, type = _whole(values), op.results[0].type
    assert isinstance(type, TensorType)
    if not same_dims(type.dims, found) or min(found, default=0) < 0:
        raise Error(f"`{op.name}` is told to give the shape {found}; its type is `{type}`")
    return found


def _of_its_type(op: Operation, result: Array) -> Array:
    """A result whose shape depends on values, if its type allows it."""
    _sizes(op, np.array(result.shape, np.int64))
    return result


@meaning(hlo.DynamicReshape)
def _dynamic_reshape(xp: ArrayNamespace, op: hlo.DynamicReshape, operand: Array, output_shape: Array) -> Array:
    return tensor.reshape(xp, operand, shape=_sizes(op, output_shape))


@meaning(hlo.DynamicBroadcastInDim)
def _dynamic_broadcast_in_dim(
    xp: ArrayNamespace, op: hlo.DynamicBroadcastInDim, operand: Array, output_dimensions: Array
) -> Array:
    shape, dimensions = _sizes(op, output_dimensions), op.broadcast_dimensions
    return tensor.broadcast_in_dim(xp, operand, shape=shape, broadcast_dimensions=dimensions)


@meaning(hlo.DynamicIota)
def _dynamic_iota(xp: ArrayNamespace, op: hlo.DynamicIota, output_shape: Array) -> Array:
    shape = _sizes(op, output_shape)
    return tensor.iota(xp, dtype=_dtype(op.result), shape=shape, iota_dimension=op.iota_dimension)


@meaning(hlo.DynamicPad)
def _dynamic_pad(
    xp: ArrayNamespace, op: hlo.DynamicPad, operand: Array, value: Array, low: Array, high: Array, interior: Array
) -> Array:
    result = tensor.pad(
        xp,
        operand,
        value,
        edge_padding_low=_whole(low),
        edge_padding_high=_whole(high),
        interior_padding=_whole(interior),
    )
    return _of_its_type(op, result)


@meaning(hlo.RealDynamicSlice)
def _real_dynamic_slice(
    xp: ArrayNamespace, op: hlo.RealDynamicSlice, operand: Array, starts: Array, limits: Array, strides: Array
) -> Array:
    bounds = [_whole(values) for values in (starts, limits, strides)]
    for axis, (start, limit, stride) in enumerate(zip(*bounds, strict=True)):
        if not 0 <= start <= limit <= operand.shape[axis] or stride < 1:
            raise Error(
                f"`{op.name}` cuts dimension {axis} of size {operand.shape[axis]} from {start} to {limit} by {stride}"
            )
    result = tensor.slice(xp, operand, start_indices=bounds[0], limit_indices=bounds[1], strides=bounds[2])
    return _of_its_type(op, result)


@meaning(hlo.DynamicGather)
def _dynamic_gather(
    xp: ArrayNamespace, op: hlo.DynamicGather, operand: Array, starts: Array, slice_sizes: Array
) -> Array:
    sizes = _whole(slice_sizes)
    return _of_its_type(op, tensor.gather(xp, operand, starts, slice_sizes=sizes, **_numbers(op.dimension_numbers)))


# -- contractions and normalisation ---------------------------------------------------------------------------------


@meaning(hlo.DotGeneral)
def _dot_general(xp: ArrayNamespace, op: hlo.DotGeneral, lhs: Array, rhs: Array) -> Array:
    dtype = number_type(op.result.type)
    return tensor.dot_general(xp, lhs, rhs, dtype=dtype, **_numbers(op.dot_dimension_numbers))


@meaning(hlo.Convolution)
def _convolution(xp: ArrayNamespace, op: hlo.Convolution, lhs: Array, rhs: Array) -> Array:
    return _convolved(xp, op, op.window, lhs, rhs)


@meaning(hlo.DynamicConv)
def _dynamic_conv(xp: ArrayNamespace, op: hlo.DynamicConv, lhs: Array, rhs: Array, padding: Array) -> Array:
    window = op.window([(int(low), int(high)) for low, high in padding])
    return _of_its_type(op, _convolved(xp, op, window, lhs, rhs))


def _convolved(
    xp: ArrayNamespace,
    op: hlo.Convolution | hlo.DynamicConv,
    window: tuple[WindowDimension, ...],
    lhs: Array,
    rhs: Array,
) -> Array:
    return tensor.convolution(
        xp,
        lhs,
        rhs,
        window_strides=[w.stride for w in window],
        padding=_padding(window),
        lhs_dilation=[w.base_dilation for w in window],
        rhs_dilation=[w.window_dilation for w in window],
        window_reversal=[w.reversal for w in window],
        feature_group_count=op.feature_group_count,
        batch_group_count=op.batch_group_count,
        dtype=number_type(op.result.type),
        **_numbers(op.dimension_numbers),
    )


def _padding(window: tuple[WindowDimension, ...]) -> list[tuple[int, int]]:
    return [(w.padding_low, w.padding_high) for w in window]


@meaning(hlo.BatchNormInference)
def _batch_norm_inference(xp: ArrayNamespace, op: hlo.BatchNormInference, *operands: Array) -> Array:
    return tensor.batch_norm_inference(xp, *operands, epsilon=op.epsilon, feature_index=op.feature_index)


@meaning(hlo.BatchNormTraining)
def _batch_norm_training(xp: ArrayNamespace, op: hlo.BatchNormTraining, *operands: Array) -> tuple[Array, ...]:
    return batch_norm_training(xp, *operands, epsilon=op.epsilon, feature_index=op.feature_index)


@meaning(hlo.BatchNormGrad)
def _batch_norm_grad(xp: ArrayNamespace, op: hlo.BatchNormGrad, *operands: Array) -> tuple[Array, ...]:
    return batch_norm_grad(xp, *operands, epsilon=op.epsilon, feature_index=op.feature_index)


# -- ops with a body ------------------------------------------------------------------------------------------------


def _accumulators(xp: ArrayNamespace, op: hlo.Reduce | hlo.ReduceWindow, operands: tuple[Array, ...]) -> list[Array]:
    """Inputs and initial values in the element types of the results."""
    return [_like_result(xp, op, number, operands) for number in range(len(operands))]


def _like_result(
    xp: ArrayNamespace, op: Operation, number: int, operands: Sequence[Array], result: int | None = None
) -> Array:
    """An operand in the element type of the result that it goes into: the one of its own number, counted round."""
    target = op.results[number % len(op.results) if result is None else result].type
    assert isinstance(target, TensorType)
    return to_destination_type(xp, op, operands[number], op.operands[number].type, target)


@meaning(hlo.Reduce)
def _reduce(xp: ArrayNamespace, op: hlo.Reduce, *operands: Array) -> Steps:
    """By NumPy for a monoid; any other body combines neighbours, two and two, until one is left."""
    values, count = _accumulators(xp, op, operands), len(op.outputs)
    monoid = bodies.monoid_of(op.body)
    if monoid is not None:
        return tensor.reduce(xp, values[0], values[1], dimensions=op.dimensions, monoid=monoid)
    reduced = sorted(op.dimensions)
    kept = [axis for axis in range(values[0].ndim) if axis not in reduced]
    shape = [values[0].shape[axis] for axis in kept]
    length = int(np.prod([values[0].shape[axis] for axis in reduced], dtype=np.int64))
    merged = [value.transpose([*reduced, *kept]).reshape([length, *shape]) for value in values[:count]]
    return (yield from bodies.reduce_first(xp, op.body, merged, values[count:]))


@meaning(hlo.ReduceWindow)
def _reduce_window(xp: ArrayNamespace, op: hlo.ReduceWindow, *operands: Array) -> Steps:
    """By sliding monoids; any other body combines the first elements of all windows, then the second, and so on."""
    values, count, window = _accumulators(xp, op, operands), len(op.outputs), op.window
    monoid = bodies.monoid_of(op.body)
    if monoid is not None:
        return tensor.reduce_window(
            xp,
            *values,
            window_dimensions=op.window_dimensions,
            window_strides=[w.stride for w in window],
            base_dilations=[w.base_dilation for w in window],
            window_dilations=[w.window_dilation for w in window],
            padding=_padding(window),
            monoid=monoid,
        )
    inits = values[count:]
    sizes = [w.count(size) or 0 for w, size in zip(window, values[0].shape, strict=True)]
    results = [np.broadcast_to(init, sizes) for init in inits]
    if 0 in sizes:
        return results
    padded = [_padded(xp, value, init, window) for value, init in zip(values[:count], inits, strict=True)]
    strides, dilations = [w.stride for w in window], [w.window_dilation for w in window]
    for parts in window_elements(padded, sizes, op.window_dimensions, strides, dilations):
        results = yield from bodies.apply(xp, op.body, *results, *parts)
    return results


def _padded(xp: ArrayNamespace, operand: Array, value: Array, window: tuple[WindowDimension, ...]) -> Array:
    return tensor.pad(
        xp,
        operand,
        value,
        edge_padding_low=[w.padding_low for w in window],
        edge_padding_high=[w.padding_high for w in window],
        interior_padding=[w.base_dilation - 1 for w in window],
    )


@meaning(hlo.Sort)
def _sort(xp: ArrayNamespace, op: hlo.Sort, *inputs: Array) -> Steps:
    axis = op.dimension
    results = yield from sort_last(xp, op.comparator, [np.moveaxis(value, axis, -1) for value in inputs])
    return [np.moveaxis(result, -1, axis) for result in results]


@meaning(hlo.Scatter)
def _scatter(xp: ArrayNamespace, op: hlo.Scatter, *operands: Array) -> Steps:
    """Each update goes to its place; those that fall outside are dropped, one by one."""
    count = len(op.outputs)
    inputs = [_like_result(xp, op, number, operands) for number in range(count)]
    updates = [_like_result(xp, op, count + 1 + number, operands, number) for number in range(count)]
    shape = inputs[0].shape
    places, inside = scatter_places(shape, operands[count], updates[0].shape, **_numbers(op.scatter_dimension_numbers))
    results = yield from bodies.scatter(
        xp,
        op.update_computation,
        [value.reshape(-1) for value in inputs],
        places,
        [update[inside] for update in updates],
    )
    return [result.reshape(shape) for result in results]


@meaning(hlo.SelectAndScatter)
def _select_and_scatter(
    xp: ArrayNamespace, op: hlo.SelectAndScatter, operand: Array, source: Array, init_value: Array
) -> Steps:
    places, chosen = yield from selected_places(xp, op.select, operand, source.shape, op.window)
    operands = operand, source, init_value
    sources, init = (_like_result(xp, op, number, operands) for number in (1, 2))
    start = np.full(operand.size, init)
    (result,) = yield from bodies.scatter(xp, op.scatter, [start], places, [sources[chosen]])
    return result.reshape(operand.shape)


# -- control flow ---------------------------------------------------------------------------------------------------


@meaning(hlo.If)
def _if(xp: ArrayNamespace, op: hlo.If, pred: Array) -> Steps:
    """In a body that is run on arrays (see `bodies.works_on_arrays`), and where a domain does not know the predicate, both
    branches are run, and elements chosen from them."""
    if not pred.ndim and pred.dtype == np.bool_:
        return (yield Run(op.true_branch if pred else op.false_branch))
    on_true, on_false = (yield Run(op.true_branch)), (yield Run(op.false_branch))
    return [xp.select(pred, a, b) for a, b in zip(on_true, on_false, strict=True)]


@meaning(hlo.Case)
def _case(xp: ArrayNamespace, op: hlo.Case, index: Array) -> Steps:
    if not index.ndim and is_discrete(index.dtype):
        number = int(index)
        return (yield Run(op.branches[number if 0 <= number < len(op.branches) else -1]))
    results: Sequence[Array] = yield Run(op.branches[-1])
    for number, branch in enumerate(op.branches[:-1]):
        found = yield Run(branch)
        chosen = xp.apply("compare EQ", index, np.full(index.shape, number, np.int32))
        results = [xp.select(chosen, a, b) for a, b in zip(found, results, strict=True)]
    return results


@meaning(hlo.While)
def _while(xp: ArrayNamespace, op: hlo.While, *state: Array) -> Steps:
    while True:
        (go_on,) = yield Run(op.cond, state)
        if not (go_on.any() if go_on.ndim else go_on):
            return state
        after = yield Run(op.body, state)
        if go_on.ndim:  # in a body that is run on arrays: elements that are done stay as they are
            after = tuple([xp.select(go_on, new, old) for new, old in zip(after, state, strict=True)])
        state = after


@meaning(hlo.Composite)
def _composite(xp: ArrayNamespace, op: hlo.Composite, *inputs: Array) -> Steps:
    return (yield Call(op.decomposition, inputs))


@meaning(hlo.OptimizationBarrier)
def _optimization_barrier(xp: ArrayNamespace, op: hlo.OptimizationBarrier, *operands: Array) -> tuple[Array, ...]:
    return operands


@meaning(hlo.Tuple)
def _tuple(xp: ArrayNamespace, op: hlo.Tuple, *values: Array) -> tuple[Any]:
    return (values,)


@meaning(hlo.GetTupleElement)
def _get_tuple_element(xp: ArrayNamespace, op: hlo.GetTupleElement, operand: tuple[Array, ...]) -> tuple[Array]:
    return (operand[op.index],)


@meaning(hlo.AfterAll, hlo.CreateToken)
def _token(xp: ArrayNamespace, op: Operation, *inputs: Array) -> Array:
    """Ops run in order anyway: a token holds nothing."""
    return np.zeros(0, dtype=np.bool_)


hlo_quantized.declare(
    {
        **{cls: without_op(f) for cls, f in ELEMENTWISE.items()},
        hlo.Compare: _compare,
        hlo.ReducePrecision: _reduce_precision,
        hlo.DotGeneral: _dot_general,
        hlo.Dot: hlo_deprecated.dot,
        hlo.Convolution: _convolution,
        hlo.DynamicConv: _dynamic_conv,
        hlo.BatchNormInference: _batch_norm_inference,
        hlo.BatchNormTraining: _batch_norm_training,
        hlo.BatchNormGrad: _batch_norm_grad,
        hlo.Cholesky: hlo_numerics.cholesky,
        hlo.TriangularSolve: hlo_numerics.solve,
    }
)
