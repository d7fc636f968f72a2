"""The costs of StableHLO ops, as XLA's HloCostAnalysis counts them.

Its rules are known by what `jax.jit(f).lower(x).cost_analysis()` says of each op; the tests compare. Ops that are not here
count by their traits: elementwise ops 1 flop for each element, whatever the type of the elements.
"""

from __future__ import annotations

from math import prod

from couloir.costs.cost import ONCE, Cost, bytes_of, elements, moving
from couloir.costs.marks import marked_trip_count
from couloir.costs.table import UNCOUNTED, Runs, cost_of
from couloir.costs.tables.common import elementwise, moves, nothing, transcendental
from couloir.costs.trip_count import trip_count
from couloir.costs.windows import valid_positions
from couloir.dialects import hlo
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.rewriting.guards import constant_attribute

# -- one element at a time -----------------------------------------------------------------------------------------------

cost_of(hlo.Transcendental, hlo.Power, hlo.Atan2, hlo.Rng, hlo.RngBitGenerator)(transcendental)

cost_of(hlo.BitcastConvert, hlo.Clamp, hlo.CrossReplicaSum, hlo.Select, hlo.UniformDequantize, hlo.UniformQuantize)(
    elementwise
)

# XLA counts nothing for batch normalization, which it takes apart before it compiles.
cost_of(
    hlo.BatchNormGrad,
    hlo.BatchNormInference,
    hlo.BatchNormTraining,
    hlo.Broadcast,
    hlo.BroadcastInDim,
    hlo.Concatenate,
    hlo.DynamicBroadcastInDim,
    hlo.DynamicIota,
    hlo.DynamicPad,
    hlo.DynamicReshape,
    hlo.Iota,
    hlo.OptimizationBarrier,
    hlo.Pad,
    hlo.Reshape,
    hlo.Reverse,
    hlo.SetDimensionSize,
    hlo.TorchIndexSelect,
    hlo.Transpose,
    hlo.AllGather,
    hlo.AllToAll,
    hlo.CollectiveBroadcast,
    hlo.CollectivePermute,
    hlo.Infeed,
    hlo.Outfeed,
    hlo.PartitionId,
    hlo.Recv,
    hlo.ReplicaId,
    hlo.Send,
)(moves)

cost_of(hlo.AfterAll, hlo.AsyncDone, hlo.CreateToken, hlo.GetDimensionSize, hlo.GetTupleElement, hlo.Tuple)(nothing)


@cost_of(hlo.CustomCall)
def custom_call(op: hlo.CustomCall) -> Cost:
    """Only the callee knows."""
    raise Error(f"what the custom call @{op.call_target_name} costs is not known")


# -- parts of tensors ----------------------------------------------------------------------------------------------------


@cost_of(hlo.Slice, hlo.RealDynamicSlice)
def part(op: Operation) -> Cost:
    """Only what is taken is read."""
    return Cost(bytes_accessed=2 * bytes_of(op.results[0]))


@cost_of(hlo.DynamicSlice)
def dynamic_slice(op: hlo.DynamicSlice) -> Cost:
    """As `slice`, and one index."""
    return Cost(bytes_accessed=2 * bytes_of(op.result) + sum(map(bytes_of, op.start_indices[:1])))


@cost_of(hlo.DynamicUpdateSlice)
def dynamic_update_slice(op: hlo.DynamicUpdateSlice) -> Cost:
    """In place: the update is read and written, and one index read."""
    return Cost(bytes_accessed=2 * bytes_of(op.update) + sum(map(bytes_of, op.start_indices[:1])))


@cost_of(hlo.Gather, hlo.DynamicGather)
def gather(op: hlo.Gather | hlo.DynamicGather) -> Cost:
    """What is taken is read and written, and the indices read."""
    return Cost(bytes_accessed=2 * bytes_of(op.result) + bytes_of(op.start_indices))


@cost_of(hlo.Scatter)
def scatter(op: hlo.Scatter, body: Cost) -> Cost:
    """In place: elements and updates are read, combined by the body, and written."""
    moved = 3 * sum(map(bytes_of, op.updates)) + bytes_of(op.scatter_indices)
    return Cost(bytes_accessed=moved) + body.arithmetic * elements(op.updates[0])


# -- regions that say how to combine elements ------------------------------------------------------------------------------


@cost_of(hlo.Map)
def map_(op: hlo.Map, body: Cost) -> Cost:
    """The body for each element."""
    return moving(op) + body.arithmetic * elements(op.result)


@cost_of(hlo.Reduce)
def reduce(op: hlo.Reduce, body: Cost) -> Cost:
    """The body for each element, less one for each result."""
    return moving(op) + body.arithmetic * max(0, elements(op.inputs[0]) - elements(op.outputs[0]))


@cost_of(hlo.ReduceWindow)
def reduce_window(op: hlo.ReduceWindow, body: Cost) -> Cost:
    """The body for each element of each window but one; padding counts."""
    return moving(op) + body.arithmetic * (elements(op.outputs[0]) * max(0, prod(op.window_dimensions) - 1))


@cost_of(hlo.SelectAndScatter)
def select_and_scatter(op: hlo.SelectAndScatter, select: Cost, combine: Cost) -> Cost:
    """In each window all elements but one are compared, and one is combined."""
    compared = max(0, prod(op.window_dimensions or ()) - 1)
    return moving(op) + (select.arithmetic * compared + combine.arithmetic) * elements(op.source)


@cost_of(hlo.Sort)
def sort(op: hlo.Sort, comparator: Cost) -> Cost:
    """`n log2 n` comparisons of one flop, `n` being all elements of the first operand."""
    count = elements(op.inputs[0])
    return moving(op, flops=count * max(0, count - 1).bit_length())


@cost_of(hlo.AllReduce, hlo.CollectiveReduce)
def all_reduce(op: hlo.AllReduce | hlo.CollectiveReduce, body: Cost) -> Cost:
    """A flop for each element of the results, as if there were two processes."""
    return moving(op, flops=sum(map(elements, op.results)))


@cost_of(hlo.ReduceScatter)
def reduce_scatter(op: hlo.ReduceScatter, body: Cost) -> Cost:
    """No flops, as XLA has it."""
    return moving(op)


# -- contractions and linear algebra -----------------------------------------------------------------------------------------


@cost_of(hlo.DotGeneral)
def dot_general(op: hlo.DotGeneral) -> Cost:
    """A multiplication and an addition for each element of the result and each contracted index."""
    sizes = op.lhs.type.shape
    summed = prod(sizes[axis] for axis in op.dot_dimension_numbers.lhs_contracting_dimensions)
    return moving(op, flops=2 * elements(op.result) * summed)


@cost_of(hlo.Dot)
def dot(op: hlo.Dot) -> Cost:
    """As `dot_general`, over the last dimension of the left side."""
    return moving(op, flops=2 * elements(op.result) * op.lhs.type.shape[-1])


@cost_of(hlo.Einsum)
def einsum(op: hlo.Einsum) -> Cost:
    """A multiplication and an addition for each combination of indices."""
    labels, _, _ = op.einsum_config.partition("->")
    first, _, second = labels.replace(" ", "").partition(",")
    if "." in labels:
        raise Error(f"`{op.einsum_config}` does not name all dimensions")
    sizes = dict(zip(first + second, (*op.lhs.type.shape, *op.rhs.type.shape), strict=True))
    return moving(op, flops=2 * prod(sizes.values()))


@cost_of(hlo.UnaryEinsum)
def unary_einsum(op: hlo.UnaryEinsum) -> Cost:
    """An addition for each element, less one for each result."""
    return moving(op, flops=max(0, elements(op.operand) - elements(op.result)))


@cost_of(hlo.Convolution)
def convolution(op: hlo.Convolution) -> Cost:
    """A multiplication and an addition where a window meets an element of the input, padding not counted."""
    return _convolved(op, op.window)


@cost_of(hlo.DynamicConv)
def dynamic_conv(op: hlo.DynamicConv) -> Cost:
    """As `convolution`, with padding that is a constant."""
    stored = constant_attribute(op.padding)
    if not isinstance(stored, DenseElementsAttr):
        raise Error("the padding of the convolution is not known before it runs")
    return _convolved(op, op.window([(int(low), int(high)) for low, high in stored.array]))


def _convolved(op: hlo.Convolution | hlo.DynamicConv, windows: tuple[hlo.WindowDimension, ...]) -> Cost:
    numbers, sizes, result = op.dimension_numbers, op.lhs.type.shape, op.result.type.shape
    spatial = zip(windows, numbers.input_spatial_dimensions, numbers.output_spatial_dimensions, strict=True)
    met = prod(valid_positions(window, sizes[source], result[target]) for window, source, target in spatial)
    batch = sizes[numbers.input_batch_dimension] // op.batch_group_count
    inputs = sizes[numbers.input_feature_dimension] // op.feature_group_count
    return moving(op, flops=2 * batch * inputs * result[numbers.output_feature_dimension] * met)


@cost_of(hlo.Fft)
def fft(op: hlo.Fft) -> Cost:
    """`n log2 n` complex multiplications and additions: 8 flops for each element and factor of the product of the logarithms."""
    factors = prod(max(length.bit_length() - 1, 0) for length in op.fft_length)
    return moving(op, flops=8 * factors * elements(op.operand))


@cost_of(hlo.Cholesky)
def cholesky(op: hlo.Cholesky) -> Cost:
    """`n³ / 3` for each matrix of n × n, of which one triangle is read and one written."""
    return Cost(flops=elements(op.a) * op.a.type.shape[-1] // 3, bytes_accessed=bytes_of(op.a))


@cost_of(hlo.TriangularSolve)
def triangular_solve(op: hlo.TriangularSolve) -> Cost:
    """A multiplication and an addition for each element of `b` and of a row; one triangle is read."""
    moved = bytes_of(op.a) // 2 + bytes_of(op.b) + bytes_of(op.result)
    return Cost(flops=2 * elements(op.b) * op.a.type.shape[-1], bytes_accessed=moved)


# -- control -----------------------------------------------------------------------------------------------------------------


@cost_of(hlo.While)
def while_(op: hlo.While, condition: Cost, body: Cost) -> Runs:
    """The condition once more than the body. Both count once where it is not known how often they run, as in XLA."""
    count = trip_count(op)
    if count is None:
        count = marked_trip_count(op)
    if count is None:
        return Runs((1, 1), assumed=UNCOUNTED)
    return Runs((count + 1, count))


@cost_of(hlo.AsyncStart)
def async_start(op: hlo.AsyncStart, *regions: Cost) -> Runs:
    """What it starts."""
    return Runs([ONCE] * len(regions))
