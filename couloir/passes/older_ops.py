"""Rules for ops that are not in the StableHLO specification any more, and for those of CHLO that broadcast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from couloir.dialects import chlo, chlo_broadcasting, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, ComparisonType, GatherDimensionNumbers
from couloir.dialects.hlo.building import compare, convert, full
from couloir.dialects.shapes import constant_integers
from couloir.ir.attributes import FloatAttr, IntegerAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.rewriting import NoMatch, Rewriter, rule
from couloir.ir.types import IndexType, TensorType, i1, i64
from couloir.passes.einsum import sum_of_products

Tensor: TypeAlias = "Value[TensorType]"

_OPEN: Final = "a size is not known"


@rule
def broadcast_to_dimensions(op: hlo.Broadcast, rewriter: Rewriter) -> str | None:
    """broadcast(x, sizes)  =>  broadcast_in_dim(x)"""
    type = op.result.type
    added = len(op.broadcast_sizes)
    rewriter.replace(op, hlo.broadcast_in_dim(op.operand, type.shape, tuple(range(added, type.rank))))
    return None


_INDEX_SELECT_AS_GATHER: Final = """
func.func @main(%x: tensor<2x3x4x5xf32>, %i: tensor<2x3xi32>, %j: tensor<4xi32>) -> (tensor<2x3x3x5xf32>, tensor<2x4x4x5xf32>) {
  %0 = "stablehlo.torch_index_select"(%x, %i) <{dim = 2 : i64, batch_dims = 1 : i64}>
    : (tensor<2x3x4x5xf32>, tensor<2x3xi32>) -> tensor<2x3x3x5xf32>
  %1 = "stablehlo.torch_index_select"(%x, %j) <{dim = 1 : i64, batch_dims = 0 : i64}>
    : (tensor<2x3x4x5xf32>, tensor<4xi32>) -> tensor<2x4x4x5xf32>
  return %0, %1 : tensor<2x3x3x5xf32>, tensor<2x4x4x5xf32>
}
"""


@rule(examples=(_INDEX_SELECT_AS_GATHER,))
def index_select_as_gather(op: hlo.TorchIndexSelect, rewriter: Rewriter) -> str | None:
    """torch_index_select(x, index)  =>  gather(x, index)"""
    shape, index = op.operand.type, op.index.type
    axis, batch = op.dim, op.batch_dims
    if not shape.size:
        return "there is nothing to select from"
    new = index.rank - batch
    numbers = GatherDimensionNumbers(
        (*range(batch, axis), *range(axis + new, shape.rank - 1 + new)),
        (axis,),
        tuple(range(batch)),
        tuple(range(batch)),
        (axis,),
        index.rank,
    )
    sizes = tuple(1 if d < batch or d == axis else size for d, size in enumerate(shape.shape))
    rewriter.replace(op, hlo.Gather(op.operand, op.index, numbers, sizes))
    return None


_EINSUM_AS_PRODUCTS_1: Final = """
func.func @main(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) -> tensor<4x2xf32> {
  %0 = "stablehlo.einsum"(%x, %y) <{einsum_config = "ab,bc->ca"}> : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}
"""
_EINSUM_AS_PRODUCTS_2: Final = """
func.func @main(%x: tensor<2x3xf32>) -> tensor<3xf32> {
  %0 = "stablehlo.unary_einsum"(%x) <{einsum_config = "ab->b"}> : (tensor<2x3xf32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}
"""


@rule(examples=(_EINSUM_AS_PRODUCTS_1, _EINSUM_AS_PRODUCTS_2))
def einsum_as_products(op: hlo.Einsum | hlo.UnaryEinsum, rewriter: Rewriter) -> str | None:
    """einsum(x, y)  =>  dot_general, reduce and transpose"""
    operands: list[Tensor] = list(op.operands)
    if not all(value.type.is_static for value in operands):
        return _OPEN
    element = op.result.type.element_type
    rewriter.replace(op, sum_of_products([convert(x, element) for x in operands], op.einsum_config))
    return None


_COUNTED_ELEMENTS: Final = """
func.func @main(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {
  %0 = stablehlo.constant dense<2> : tensor<i32>
  %1 = stablehlo.set_dimension_size %x, %0, dim = 1 : (tensor<3x4xf32>, tensor<i32>) -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}
"""


@rule(examples=(_COUNTED_ELEMENTS,))
def counted_elements(op: hlo.SetDimensionSize, rewriter: Rewriter) -> str | None:
    """set_dimension_size(x, constant)  =>  slice(x), where the size is that of the result"""
    source, target = op.operand.type, op.result.type
    if constant_integers(op.size) != target.shape[op.dimension]:
        return "the size is not that of the result"
    rewriter.replace(op, hlo.Slice(op.operand, (0,) * source.rank, target.shape, (1,) * source.rank))
    return None


_SIZE_OF_THE_RESULT_1: Final = """
func.func @main(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %0 = stablehlo.constant dense<[3, 2]> : tensor<2xi32>
  %1 = stablehlo.dynamic_reshape %x, %0 : (tensor<2x3xf32>, tensor<2xi32>) -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}
"""
_SIZE_OF_THE_RESULT_2: Final = """
func.func @main(%x: tensor<3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = stablehlo.constant dense<[2, 3]> : tensor<2xi32>
  %1 = stablehlo.dynamic_broadcast_in_dim %x, %0, dims = [1] : (tensor<3xf32>, tensor<2xi32>) -> tensor<2x3xf32>
  %2 = stablehlo.dynamic_iota %0, dim = 1 : (tensor<2xi32>) -> tensor<2x3xf32>
  return %1, %2 : tensor<2x3xf32>, tensor<2x3xf32>
}
"""
_SIZE_OF_THE_RESULT_3: Final = """
func.func @main(%x: tensor<4x5xf32>, %n: tensor<3x1xi32>) -> tensor<3x2xf32> {
  %0 = stablehlo.constant dense<[1, 2]> : tensor<2xi32>
  %1 = "stablehlo.dynamic_gather"(%x, %n, %0) <{dimension_numbers = #stablehlo.gather<offset_dims = [1],
    collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>}>
    : (tensor<4x5xf32>, tensor<3x1xi32>, tensor<2xi32>) -> tensor<3x2xf32>
  return %1 : tensor<3x2xf32>
}
"""


@rule(examples=(_SIZE_OF_THE_RESULT_1, _SIZE_OF_THE_RESULT_2, _SIZE_OF_THE_RESULT_3))
def size_of_the_result(
    op: hlo.DynamicReshape | hlo.DynamicBroadcastInDim | hlo.DynamicIota | hlo.DynamicGather, rewriter: Rewriter
) -> str | None:
    """dynamic_reshape(x, sizes) to a known shape  =>  reshape(x): the sizes can only be those of the result"""
    type = op.result.type
    if not isinstance(op, hlo.DynamicIota) and not op.operand.type.is_static:
        return _OPEN
    match op:
        case hlo.DynamicReshape():
            made: Operation = hlo.reshape(op.operand, type.shape)
        case hlo.DynamicBroadcastInDim():
            made = hlo.broadcast_in_dim(op.operand, type.shape, op.broadcast_dimensions)
        case hlo.DynamicIota():
            made = hlo.iota(type.shape, type.element_type, op.iota_dimension)
        case _:
            numbers = op.dimension_numbers
            offsets = iter(type.shape[axis] for axis in numbers.offset_dims)
            alone = (*numbers.collapsed_slice_dims, *numbers.operand_batching_dims)
            sizes = tuple(1 if axis in alone else next(offsets) for axis in range(op.operand.type.rank))
            try:
                made = hlo.Gather(op.operand, op.start_indices, numbers, sizes, op.indices_are_sorted)
            except Error as error:  # more is declared than there is
                raise NoMatch(error.message) from error
    rewriter.replace(op, made)
    return None


_PADDING_AT_RUN_TIME: Final = """
func.func @main(%x: tensor<3x2xf32>, %v: tensor<f32>) -> tensor<8x3xf32> {
  %0 = stablehlo.constant dense<[1, -1]> : tensor<2xi32>
  %1 = stablehlo.constant dense<[2, 2]> : tensor<2xi32>
  %2 = stablehlo.constant dense<[1, 0]> : tensor<2xi32>
  %3 = stablehlo.dynamic_pad %x, %v, %0, %1, %2
    : (tensor<3x2xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<8x3xf32>
  return %3 : tensor<8x3xf32>
}
"""
_PADDING_AT_BOTH_ENDS: Final = """
func.func @main(%x: tensor<3x2xf32>, %v: tensor<f32>) -> tensor<7x7xf32> {
  %0 = stablehlo.constant dense<[1, 3]> : tensor<2xi32>
  %1 = stablehlo.constant dense<[3, 1]> : tensor<2xi32>
  %2 = stablehlo.constant dense<[0, 1]> : tensor<2xi32>
  %3 = stablehlo.dynamic_pad %x, %v, %0, %1, %2
    : (tensor<3x2xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<7x7xf32>
  return %3 : tensor<7x7xf32>
}
"""
_PADDING_BY_INDICES: Final = """
func.func @main(%x: tensor<3xf32>, %v: tensor<f32>, %n: tensor<1xindex>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = stablehlo.constant dense<1> : tensor<1xi32>
  %1 = stablehlo.constant dense<0> : tensor<1xi32>
  %2 = stablehlo.dynamic_pad %x, %v, %0, %1, %1
    : (tensor<3xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<4xf32>
  %3 = stablehlo.dynamic_pad %x, %v, %n, %n, %n
    : (tensor<3xf32>, tensor<f32>, tensor<1xindex>, tensor<1xindex>, tensor<1xindex>) -> tensor<4xf32>
  return %2, %3 : tensor<4xf32>, tensor<4xf32>
}
"""


@rule(examples=(_PADDING_AT_RUN_TIME, _PADDING_AT_BOTH_ENDS, _PADDING_BY_INDICES))
def padding_at_run_time(op: hlo.DynamicPad, rewriter: Rewriter) -> str | None:
    """dynamic_pad(x)  =>  gather(x) at computed places, where there is an element, and the padding elsewhere"""
    target = op.result.type
    low, interior = (
        [_number_of(v, axis) for axis in range(target.rank)] for v in (op.edge_padding_low, op.interior_padding)
    )
    rewriter.replace(op, _padded(op.operand, op.padding_value, low, interior, target.shape))
    return None


_CONVOLUTION_PADDED_AT_RUN_TIME: Final = """
func.func @main(%x: tensor<1x5x2xf32>, %w: tensor<3x2x1xf32>) -> tensor<1x6x1xf32> {
  %0 = stablehlo.constant dense<[[1, 2]]> : tensor<1x2xi32>
  %1 = "stablehlo.dynamic_conv"(%x, %w, %0) <{batch_group_count = 1 : i64, feature_group_count = 1 : i64,
    dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>}>
    : (tensor<1x5x2xf32>, tensor<3x2x1xf32>, tensor<1x2xi32>) -> tensor<1x6x1xf32>
  return %1 : tensor<1x6x1xf32>
}
"""
_CONVOLUTION_OF_EVERYTHING: Final = """
func.func @main(%x: tensor<2x5x4x2xf32>, %w: tensor<3x2x2x3xf32>) -> tensor<2x3x4x3xf32> {
  %0 = stablehlo.constant dense<[[1, -2], [2, 0]]> : tensor<2x2xi32>
  %1 = "stablehlo.dynamic_conv"(%x, %w, %0) <{batch_group_count = 1 : i64, feature_group_count = 1 : i64,
    window_strides = array<i64: 2, 1>, lhs_dilation = array<i64: 2, 1>, rhs_dilation = array<i64: 1, 2>,
    dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>}>
    : (tensor<2x5x4x2xf32>, tensor<3x2x2x3xf32>, tensor<2x2xi32>) -> tensor<2x3x4x3xf32>
  return %1 : tensor<2x3x4x3xf32>
}
"""


@rule(examples=(_CONVOLUTION_PADDED_AT_RUN_TIME, _CONVOLUTION_OF_EVERYTHING))
def convolution_padded_at_run_time(op: hlo.DynamicConv, rewriter: Rewriter) -> str | None:
    """dynamic_conv(x)  =>  convolution(x, padded at computed places)"""
    lhs, result, numbers = op.lhs.type, op.result.type, op.dimension_numbers
    zero, shape = hlo.constant(0, i64).output, list(lhs.shape)
    low: list[Tensor] = [zero] * lhs.rank
    interior: list[Tensor] = [zero] * lhs.rank
    for number, axis in enumerate(numbers.input_spatial_dimensions):
        taps = op.rhs.type.shape[numbers.kernel_spatial_dimensions[number]]
        windows = result.shape[numbers.output_spatial_dimensions[number]]
        stride, dilation = (values[number] if values else 1 for values in (op.window_strides, op.rhs_dilation))
        shape[axis] = max(0, (windows - 1) * stride + (taps - 1) * dilation + 1)  # what windows reach
        low[axis] = _number_of(hlo.reshape(op.padding, (2 * len(numbers.input_spatial_dimensions),)).result, 2 * number)
        interior[axis] = hlo.constant((op.lhs_dilation[number] if op.lhs_dilation else 1) - 1, i64).output
    padded = _padded(op.lhs, hlo.constant(0, lhs.element_type).output, low, interior, shape)
    kept = ("window_strides", "rhs_dilation", "window_reversal", "dimension_numbers", "feature_group_count")
    options: dict[str, Any] = {name: getattr(op, name) for name in (*kept, "batch_group_count", "precision_config")}
    rewriter.replace(op, hlo.Convolution(padded, op.rhs, **options, result_types=[result]))
    return None


def _padded(
    x: Tensor, padding: Tensor, low: Sequence[Tensor], interior: Sequence[Tensor], shape: Sequence[int]
) -> Tensor:
    """`x` in a shape, `low` places from the start, with `interior` places between elements; these are numbers of type i64."""
    everywhere = hlo.broadcast_in_dim(padding, shape, ()).result
    if not x.type.size or not everywhere.type.size:
        return everywhere
    places: list[Tensor] = []
    exists: Tensor = hlo.constant(True, i1, shape=shape).output
    for axis, size in enumerate(x.type.shape):
        first, between = (hlo.broadcast_in_dim(numbers[axis], shape, ()).result for numbers in (low, interior))
        step = hlo.Add(between, full(1, shape, i64)).result
        distance = hlo.Subtract(hlo.iota(shape, i64, axis), first).result
        place = hlo.Divide(distance, step).result
        whole = compare(hlo.Multiply(place, step).result, distance, ComparisonDirection.EQ)
        inside = hlo.And(compare(distance, 0, ComparisonDirection.GE), compare(place, size, ComparisonDirection.LT))
        exists = hlo.And(exists, hlo.And(whole, inside)).result
        places.append(place)
    return hlo.Select(exists, _at_places(x, places) if places else x, everywhere).result


_SLICE_AT_RUN_TIME: Final = """
func.func @main(%x: tensor<7x5xf32>) -> tensor<3x4xf32> {
  %0 = stablehlo.constant dense<[1, 1]> : tensor<2xi32>
  %1 = stablehlo.constant dense<[6, 5]> : tensor<2xi32>
  %2 = stablehlo.constant dense<[2, 1]> : tensor<2xi32>
  %3 = stablehlo.real_dynamic_slice %x, %0, %1, %2
    : (tensor<7x5xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<3x4xf32>
  return %3 : tensor<3x4xf32>
}
"""
_SLICE_OF_NOTHING: Final = """
func.func @main(%x: tensor<2x0xf32>, %y: tensor<5xi32>, %n: tensor<1xindex>) -> (tensor<1x0xf32>, tensor<2xi32>, tensor<2xi32>) {
  %0 = stablehlo.constant dense<[1, 0]> : tensor<2xi32>
  %1 = stablehlo.constant dense<[2, 0]> : tensor<2xi32>
  %2 = stablehlo.constant dense<1> : tensor<2xi32>
  %3 = stablehlo.real_dynamic_slice %x, %0, %1, %2
    : (tensor<2x0xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<1x0xf32>
  %4 = stablehlo.constant dense<1> : tensor<1xi32>
  %5 = stablehlo.constant dense<5> : tensor<1xi32>
  %6 = stablehlo.constant dense<3> : tensor<1xi32>
  %7 = stablehlo.real_dynamic_slice %y, %4, %5, %6
    : (tensor<5xi32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
  %8 = stablehlo.real_dynamic_slice %y, %n, %n, %n
    : (tensor<5xi32>, tensor<1xindex>, tensor<1xindex>, tensor<1xindex>) -> tensor<2xi32>
  return %3, %7, %8 : tensor<1x0xf32>, tensor<2xi32>, tensor<2xi32>
}
"""


@rule(examples=(_SLICE_AT_RUN_TIME, _SLICE_OF_NOTHING))
def slice_at_run_time(op: hlo.RealDynamicSlice, rewriter: Rewriter) -> str | None:
    """real_dynamic_slice(x, start)  =>  gather(x) at start + i * stride"""
    source, target = op.operand.type, op.result.type
    if not source.size or not target.size:
        rewriter.replace(op, full(0, target.shape, target.element_type))
        return None
    places: list[Tensor] = []
    for axis in range(source.rank):
        numbers = (_number_of(sizes, axis) for sizes in (op.start_indices, op.strides))
        start, stride = (hlo.broadcast_in_dim(number, target.shape, ()).result for number in numbers)
        steps = hlo.Multiply(hlo.iota(target.shape, i64, axis), stride).result
        places.append(hlo.Add(start, steps).result)
    rewriter.replace(op, _at_places(op.operand, places) if places else op.operand)
    return None


def _number_of(sizes: Tensor, place: int) -> Tensor:
    """One of the numbers in a list, as i64."""
    if isinstance(sizes.type.element_type, IndexType):
        raise NoMatch("StableHLO does not compute with numbers of type index")
    return convert(hlo.reshape(hlo.Slice(sizes, (place,), (place + 1,), (1,)).result, ()).result, i64)


def _at_places(x: Tensor, places: Sequence[Tensor]) -> Tensor:
    """The elements of `x` at places given by a tensor for each dimension."""
    shape, rank = places[0].type.shape, len(places)
    vectors = hlo.Concatenate([hlo.reshape(place, (*shape, 1)).result for place in places], len(shape)).result
    axes = tuple(range(rank))
    return hlo.Gather(x, vectors, GatherDimensionNumbers((), axes, (), (), axes, len(shape)), (1,) * rank).result


def _spread(value: Tensor, shape: Sequence[int], dimensions: Sequence[int]) -> Tensor:
    same = value.type.shape == tuple(shape)
    return value if same else hlo.broadcast_in_dim(value, shape, tuple(dimensions)).result


_BROADCAST_APART: Final = """
func.func @main(%x: tensor<2x3xf32>, %y: tensor<3xf32>) -> (tensor<2x3xi1>, tensor<2x3xi1>, tensor<2x3xf32>) {
  %0 = chlo.broadcast_compare %x, %y {compare_type = #chlo<comparison_type FLOAT>,
    comparison_direction = #chlo<comparison_direction LT>} : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xi1>
  %1 = chlo.broadcast_compare %y, %x {compare_type = #chlo<comparison_type TOTALORDER>,
    comparison_direction = #chlo<comparison_direction GE>} : (tensor<3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>
  %2 = chlo.broadcast_subtract %y, %x : (tensor<3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0, %1, %2 : tensor<2x3xi1>, tensor<2x3xi1>, tensor<2x3xf32>
}
"""


@rule(examples=(_BROADCAST_APART,))
def broadcast_apart(
    op: chlo.BroadcastAdd
    | chlo.BroadcastAnd
    | chlo.BroadcastAtan2
    | chlo.BroadcastCompare
    | chlo.BroadcastComplex
    | chlo.BroadcastDivide
    | chlo.BroadcastMaximum
    | chlo.BroadcastMinimum
    | chlo.BroadcastMultiply
    | chlo.BroadcastNextAfter
    | chlo.BroadcastOr
    | chlo.BroadcastPolygamma
    | chlo.BroadcastPower
    | chlo.BroadcastRemainder
    | chlo.BroadcastShiftLeft
    | chlo.BroadcastShiftRightArithmetic
    | chlo.BroadcastShiftRightLogical
    | chlo.BroadcastSubtract
    | chlo.BroadcastXor
    | chlo.BroadcastZeta,
    rewriter: Rewriter,
) -> str | None:
    """chlo.broadcast_add(x, y)  =>  add(broadcast_in_dim(x), broadcast_in_dim(y)), and so on"""
    if isinstance(op, chlo.BroadcastCompare):
        kind = None if op.compare_type is None else ComparisonType[op.compare_type.name]
        direction = ComparisonDirection[op.comparison_direction.name]
        a, b = _both_spread(op)
        try:
            rewriter.replace(op, hlo.Compare(a, b, direction, compare_type=kind))
        except Error as error:  # CHLO does not say which types of comparison fit which elements
            raise NoMatch(error.message) from error
        return None
    plain: Any = chlo.WITHOUT_BROADCASTING[type(op)]
    elements = plain.definition.operands[0].spec.elements
    if not elements.contains(op.lhs.type.element_type):
        return f"`{plain.name}` takes {elements.what} elements"
    rewriter.replace(op, plain(*_both_spread(op)))
    return None


def _both_spread(op: Any) -> list[Value[TensorType]]:
    """The operands of a binary op of CHLO, broadcast to the shape of its result."""
    pairs = zip((op.lhs, op.rhs), chlo_broadcasting.places(op), strict=True)
    return [_spread(value, op.result.type.shape, dimensions) for value, dimensions in pairs]


@rule
def broadcast_select_apart(op: chlo.BroadcastSelect, rewriter: Rewriter) -> str | None:
    """chlo.broadcast_select(p, x, y)  =>  select of all three, broadcast"""
    type = op.result.type
    values = [_spread(v, type.shape, range(type.rank - v.type.rank, type.rank)) for v in op.operands]
    rewriter.replace(op, hlo.Select(*values))
    return None


@rule
def constant_of_a_shape(op: chlo.ConstantLike, rewriter: Rewriter) -> str | None:
    """chlo.constant_like(x)  =>  constant"""
    type = op.result.type
    if isinstance(type.element_type, IndexType):
        return "constants of indices are those of another dialect"
    assert isinstance(op.value, IntegerAttr | FloatAttr), "the op is verified"
    rewriter.replace(op, full(op.value.value, type.shape, type.element_type))
    return None


OLDER: Final[Sequence[Any]] = (
    broadcast_to_dimensions,
    index_select_as_gather,
    einsum_as_products,
    counted_elements,
    size_of_the_result,
    padding_at_run_time,
    convolution_padded_at_run_time,
    slice_at_run_time,
    broadcast_apart,
    broadcast_select_apart,
    constant_of_a_shape,
)
