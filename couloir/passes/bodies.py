"""Rules for ops with bodies: `map` as its body, `select_and_scatter` of complex numbers, reductions in a wider type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, ScatterDimensionNumbers
from couloir.dialects.hlo.building import compare
from couloir.dialects.quant import UniformType
from couloir.dialects.shapes import entry_types, inside
from couloir.ir.constraints import element_type
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.traits import Elementwise
from couloir.ir.types import ComplexType, TensorType, i64

_OPEN = "a size is not known"


@rule
def map_as_its_body(op: hlo.Map, rewriter: Rewriter) -> str | None:
    """map(x, y) by f  =>  f(x, y), when every op of f works element by element"""
    *body, last = op.computation.block.ops
    other = next((inner.name for inner in body if not _is_elementwise(inner)), None)
    if other is not None:
        return f"its body has `{other}`"
    if any(result.type.rank for inner in body for result in inner.results):
        return "its body has tensors that are no scalars"
    shape = op.result.type.shape
    made = Block([value.type for value in op.inputs])
    whole: dict[Value[Any], Value[Any]] = dict(zip(op.computation.block.arguments, made.arguments, strict=True))

    def spread(value: Value[Any]) -> Value[Any]:
        if value not in whole:  # it comes from outside
            whole[value] = hlo.broadcast_in_dim(value, shape, ()).result
        return whole[value]

    with inside(made):
        for inner in body:
            if isinstance(inner, hlo.Constant):
                whole[inner.output] = hlo.broadcast_in_dim(hlo.Constant(inner.value).output, shape, ()).result
                continue
            operands = [spread(value) for value in inner.operands]
            types = [TensorType(shape, result.type.element_type) for result in inner.results]
            spread_op = type(inner).create(operands, types, dict(inner.attributes), location=op.location)
            made.append(spread_op)
            whole.update(zip(inner.results, spread_op.results, strict=True))
        results = [spread(value) for value in last.operands]
    taken: dict[Value[Any], Value[Any]] = dict(zip(made.arguments, op.inputs, strict=True))
    rewriter.inline_block(made, op, op.inputs)
    rewriter.replace(op, *(taken.get(value, value) for value in results))
    return None


def _is_elementwise(op: Operation) -> bool:
    return op.has_trait(Elementwise) or isinstance(op, hlo.Select | hlo.Clamp | hlo.Constant)


_COMPLEX_SELECT_AND_SCATTER: Final = """
func.func @main(%x: tensor<4x5xcomplex<f32>>, %y: tensor<2x2xcomplex<f32>>, %i: tensor<complex<f32>>) -> tensor<4x5xcomplex<f32>> {
  %0 = "stablehlo.select_and_scatter"(%x, %y, %i) <{window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 3>}> ({
  ^bb0(%a: tensor<complex<f32>>, %b: tensor<complex<f32>>):
    %1 = stablehlo.compare GE, %a, %b : (tensor<complex<f32>>, tensor<complex<f32>>) -> tensor<i1>
    stablehlo.return %1 : tensor<i1>
  }, {
  ^bb0(%a: tensor<complex<f32>>, %b: tensor<complex<f32>>):
    %1 = stablehlo.add %a, %b : tensor<complex<f32>>
    stablehlo.return %1 : tensor<complex<f32>>
  }) : (tensor<4x5xcomplex<f32>>, tensor<2x2xcomplex<f32>>, tensor<complex<f32>>) -> tensor<4x5xcomplex<f32>>
  return %0 : tensor<4x5xcomplex<f32>>
}
"""


@rule(examples=(_COMPLEX_SELECT_AND_SCATTER,))
def complex_select_and_scatter(op: hlo.SelectAndScatter, rewriter: Rewriter) -> str | None:
    """select_and_scatter(complex)  =>  the place that each window selects, by reduce_window, and scatter to there"""
    type, source = op.operand.type, op.source.type
    if not isinstance(type.element_type, ComplexType):
        return "it is not complex"
    places = hlo.reshape(hlo.iota((type.size,), i64, 0).output, type.shape).result
    outside = hlo.constant(-1, i64).output
    number, place = TensorType((), type.element_type), TensorType((), i64)
    body, ones = Block([number, place, number, place]), (1,) * type.rank
    kept, kept_place, new, new_place = body.arguments
    with inside(body):
        (keeps,) = _copied(op.select.block, [kept, new], body)
        has_one = compare(kept_place, 0, ComparisonDirection.GE)
        stays = hlo.Or(compare(new_place, 0, ComparisonDirection.LT), hlo.And(has_one, keeps)).result
        hlo.Return([hlo.Select(stays, kept, new).result, hlo.Select(stays, kept_place, new_place).result])
    _, chosen = hlo.ReduceWindow(
        [op.operand, places],
        [op.init_value, outside],
        op.window_dimensions or ones,
        op.window_strides,
        None,
        None,
        op.padding,
        Region([body]),
    ).outputs
    combine = Block([number, number])
    with inside(combine):
        hlo.Return(_copied(op.scatter.block, combine.arguments, combine))
    made = hlo.Scatter(
        [hlo.broadcast_in_dim(op.init_value, (type.size,), ()).result],
        hlo.reshape(chosen, (source.size, 1)).result,
        [hlo.reshape(op.source, (source.size,)).result],
        ScatterDimensionNumbers((), (0,), (), (), (0,), 1),
        update_computation=Region([combine]),
    )
    rewriter.replace(op, hlo.reshape(made.outputs[0], type.shape))
    return None


_REDUCTION_IN_A_WIDER_TYPE_1: Final = """
func.func @main(%x: tensor<2x3xf16>, %i: tensor<f16>) -> tensor<2xf32> {
  %0 = "stablehlo.reduce"(%x, %i) <{dimensions = array<i64: 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %1 = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }) : (tensor<2x3xf16>, tensor<f16>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
"""
_REDUCTION_IN_A_WIDER_TYPE_2: Final = """
func.func @main(%x: tensor<2x3xf16>, %i: tensor<f16>) -> tensor<2x2xf32> {
  %0 = "stablehlo.reduce_window"(%x, %i) <{window_dimensions = array<i64: 1, 2>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %1 = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }) : (tensor<2x3xf16>, tensor<f16>) -> tensor<2x2xf32>
  return %0 : tensor<2x2xf32>
}
"""
_REDUCTION_OF_TWO: Final = """
func.func @main(%x: tensor<2x3xf16>, %y: tensor<2x3xi32>, %i: tensor<f16>, %j: tensor<i32>) -> (tensor<2xf32>, tensor<2xi32>) {
  %0:2 = "stablehlo.reduce"(%x, %y, %i, %j) <{dimensions = array<i64: 1>}> ({
  ^bb0(%a: tensor<f32>, %n: tensor<i32>, %b: tensor<f32>, %m: tensor<i32>):
    %1 = stablehlo.add %a, %b : tensor<f32>
    %2 = stablehlo.add %n, %m : tensor<i32>
    stablehlo.return %1, %2 : tensor<f32>, tensor<i32>
  }) : (tensor<2x3xf16>, tensor<2x3xi32>, tensor<f16>, tensor<i32>) -> (tensor<2xf32>, tensor<2xi32>)
  return %0#0, %0#1 : tensor<2xf32>, tensor<2xi32>
}
"""
_REDUCTION_IN_A_WIDER_TYPE_3: Final = """
func.func @main(%x: tensor<5xf16>, %n: tensor<3x1xi32>, %y: tensor<3xf16>) -> tensor<5xf32> {
  %0 = "stablehlo.scatter"(%x, %n, %y) <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0],
      scatter_dims_to_operand_dims = [0], index_vector_dim = 1>, unique_indices = false}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %1 = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }) : (tensor<5xf16>, tensor<3x1xi32>, tensor<3xf16>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}
"""


@rule(
    examples=(
        _REDUCTION_IN_A_WIDER_TYPE_1,
        _REDUCTION_IN_A_WIDER_TYPE_2,
        _REDUCTION_IN_A_WIDER_TYPE_3,
        _REDUCTION_OF_TWO,
    )
)
def reduction_in_a_wider_type(op: hlo.Reduce | hlo.ReduceWindow | hlo.Scatter, rewriter: Rewriter) -> str | None:
    """reduce(x, init) by a body of wider elements  =>  reduce(convert(x), convert(init)); windows and scatters, too"""
    body = op.update_computation if isinstance(op, hlo.Scatter) else op.body
    wanted = [element_type(type) for type in entry_types(body)[: len(op.inputs)]]
    if all(value.type.element_type is element for value, element in zip(op.inputs, wanted, strict=True)):
        return "the body computes with the elements as they are"
    if any(isinstance(value.type.element_type, UniformType) for value in op.inputs):
        return "they are quantized"
    added = op.updates if isinstance(op, hlo.Scatter) else op.init_values
    indices = [op.scatter_indices] if isinstance(op, hlo.Scatter) else []
    inputs, others = (
        [hlo.convert(value, element).result for value, element in zip(values, wanted, strict=True)]
        for values in (op.inputs, added)
    )
    op.set_operands([*inputs, *indices, *others])
    rewriter.changed(op)
    return None


_SELECT_AND_SCATTER_IN_A_WIDER_TYPE: Final = """
func.func @main(%x: tensor<4x5xf16>, %y: tensor<2x2xf16>, %i: tensor<f16>) -> tensor<4x5xf32> {
  %0 = "stablehlo.select_and_scatter"(%x, %y, %i) <{window_dimensions = array<i64: 2, 2>, window_strides = array<i64: 2, 3>}> ({
  ^bb0(%a: tensor<f16>, %b: tensor<f16>):
    %1 = stablehlo.compare GE, %a, %b : (tensor<f16>, tensor<f16>) -> tensor<i1>
    stablehlo.return %1 : tensor<i1>
  }, {
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %1 = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %1 : tensor<f32>
  }) : (tensor<4x5xf16>, tensor<2x2xf16>, tensor<f16>) -> tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}
"""


@rule(examples=(_SELECT_AND_SCATTER_IN_A_WIDER_TYPE,))
def select_and_scatter_in_a_wider_type(op: hlo.SelectAndScatter, rewriter: Rewriter) -> str | None:
    """select_and_scatter(x, y, init) that scatters wider elements  =>  the same of convert(x), convert(y), convert(init)"""
    narrow, wide = op.operand.type.element_type, op.result.type.element_type
    if wide is narrow:
        return "it scatters the elements as they are"
    if isinstance(narrow, UniformType):
        return "they are quantized"
    select, scatter = (Block([TensorType((), wide)] * 2) for _ in range(2))
    with inside(select):
        narrowed = [hlo.convert(argument, narrow).result for argument in select.arguments]  # nothing is lost
        hlo.Return(_copied(op.select.block, narrowed, select))
    with inside(scatter):
        hlo.Return(_copied(op.scatter.block, scatter.arguments, scatter))
    made = hlo.SelectAndScatter(
        hlo.convert(op.operand, wide),
        hlo.convert(op.source, wide),
        hlo.convert(op.init_value, wide),
        op.window_dimensions,
        op.window_strides,
        op.padding,
        Region([select]),
        Region([scatter]),
    )
    rewriter.replace(op, made)
    return None


_SCAN_AS_LOOP_1: Final = """
func.func @main(%x: tensor<2x3xf32>, %z: tensor<2xf32>) -> (tensor<2x3xf32>, tensor<2xf32>) {
  %y, %last = "chlo.scan"(%x, %z) <{dimension = 1 : i64, is_reverse = true,
      operandSegmentSizes = array<i32: 1, 1>, resultSegmentSizes = array<i32: 1, 1>}> ({
  ^bb0(%a: tensor<2xf32>, %c: tensor<2xf32>):
    %s = stablehlo.add %a, %c : tensor<2xf32>
    %t = stablehlo.negate %s : tensor<2xf32>
    stablehlo.return %t, %s : tensor<2xf32>, tensor<2xf32>
  }) : (tensor<2x3xf32>, tensor<2xf32>) -> (tensor<2x3xf32>, tensor<2xf32>)
  return %y, %last : tensor<2x3xf32>, tensor<2xf32>
}
"""
_SCAN_AS_LOOP_2: Final = """
func.func @main(%x: tensor<4x3xi32>, %z: tensor<3xi32>) -> (tensor<4x3xi32>, tensor<3xi32>) {
  %y, %last = "chlo.scan"(%x, %z) <{dimension = 0 : i64, is_reverse = false,
      operandSegmentSizes = array<i32: 1, 1>, resultSegmentSizes = array<i32: 1, 1>}> ({
  ^bb0(%a: tensor<3xi32>, %c: tensor<3xi32>):
    %s = stablehlo.subtract %a, %c : tensor<3xi32>
    stablehlo.return %a, %s : tensor<3xi32>, tensor<3xi32>
  }) : (tensor<4x3xi32>, tensor<3xi32>) -> (tensor<4x3xi32>, tensor<3xi32>)
  return %y, %last : tensor<4x3xi32>, tensor<3xi32>
}
"""
_SCAN_OF_NOTHING: Final = """
func.func @main(%x: tensor<0x2xi32>, %z: tensor<2xi32>) -> (tensor<0x2xi32>, tensor<2xi32>) {
  %y, %last = "chlo.scan"(%x, %z) <{dimension = 0 : i64,
      operandSegmentSizes = array<i32: 1, 1>, resultSegmentSizes = array<i32: 1, 1>}> ({
  ^bb0(%a: tensor<2xi32>, %c: tensor<2xi32>):
    stablehlo.return %c, %a : tensor<2xi32>, tensor<2xi32>
  }) : (tensor<0x2xi32>, tensor<2xi32>) -> (tensor<0x2xi32>, tensor<2xi32>)
  return %y, %last : tensor<0x2xi32>, tensor<2xi32>
}
"""
_SCAN_AS_LOOP_3: Final = """
func.func @main(%z: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %0 = "chlo.scan"(%z) <{dimension = 0 : i64, scan_dim_size = 3 : i64,
      operandSegmentSizes = array<i32: 0, 1>, resultSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%c: tensor<2xf32>):
    %s = stablehlo.add %c, %c : tensor<2xf32>
    stablehlo.return %s : tensor<2xf32>
  }) : (tensor<2xf32>) -> tensor<2xf32>
  %1 = "chlo.scan"(%z) <{dimension = 0 : i64, operandSegmentSizes = array<i32: 0, 1>, resultSegmentSizes = array<i32: 0, 1>}> ({
  ^bb0(%c: tensor<2xf32>):
    stablehlo.return %c : tensor<2xf32>
  }) : (tensor<2xf32>) -> tensor<2xf32>
  return %0, %1 : tensor<2xf32>, tensor<2xf32>
}
"""


@rule(examples=(_SCAN_AS_LOOP_1, _SCAN_AS_LOOP_2, _SCAN_AS_LOOP_3, _SCAN_OF_NOTHING))
def scan_as_loop(op: chlo.Scan, rewriter: Rewriter) -> str | None:
    """chlo.scan(x) by f  =>  while i < n { f(slice i of x) }"""
    values: list[Value[TensorType]] = [*op.operands, *op.results]
    if not all(value.type.is_static for value in values):
        return _OPEN
    axis = op.dimension
    length = op.inputs[0].type.shape[axis] if op.inputs else op.scan_dim_size
    if length is None:
        return "how often it runs is not known"
    made = [hlo.constant(0, v.type.element_type, shape=v.type.shape).output for v in op.outputs]
    if not length:
        rewriter.replace(op, *made, *op.inits)
        return None
    inits = [hlo.constant(0, i64).output, *op.inits, *made]
    condition, body = (Block([value.type for value in inits]) for _ in range(2))
    with inside(condition):
        hlo.Return([compare(condition.arguments[0], length, ComparisonDirection.LT)])
    with inside(body):
        count, *state = body.arguments
        carried, outputs = state[: len(op.inits)], state[len(op.inits) :]
        at: Value[Any] = count
        if op.is_reverse:
            at = hlo.Subtract(hlo.constant(length - 1, i64), count).result
        slices = [_slice_at(value, axis, at) for value in op.inputs]
        results = _copied(op.body.block, [*slices, *carried], body)
        kept = [_with_slice(all_, new, axis, at) for all_, new in zip(outputs, results, strict=False)]
        following = hlo.Add(count, hlo.constant(1, i64)).result
        hlo.Return([following, *results[len(outputs) :], *kept])
    _, *state = hlo.While(inits, Region([condition]), Region([body])).results
    rewriter.replace(op, *state[len(op.inits) :], *state[: len(op.inits)])
    return None


def _starts(type: TensorType, axis: int, at: Value[Any]) -> list[Value[Any]]:
    zero = hlo.constant(0, i64).output
    return [at if dimension == axis else zero for dimension in range(type.rank)]


def _slice_at(value: Value[TensorType], axis: int, at: Value[Any]) -> Value[TensorType]:
    sizes = tuple(1 if d == axis else size for d, size in enumerate(value.type.shape))
    part = hlo.DynamicSlice(value, _starts(value.type, axis, at), sizes).result
    return hlo.reshape(part, (*sizes[:axis], *sizes[axis + 1 :])).result


def _with_slice(value: Value[TensorType], new: Value[TensorType], axis: int, at: Value[Any]) -> Value[TensorType]:
    sizes = new.type.shape
    part = hlo.reshape(new, (*sizes[:axis], 1, *sizes[axis:])).result
    return hlo.DynamicUpdateSlice(value, part, _starts(value.type, axis, at)).result


_ASYNC_AS_SYNC: Final = """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = "stablehlo.async_start"(%x) ({
  ^bb0(%a: tensor<2x3xf32>):
    %1 = "stablehlo.all_gather"(%a) <{all_gather_dim = 0 : i64, replica_groups = dense<0> : tensor<1x1xi64>}>
      : (tensor<2x3xf32>) -> tensor<2x3xf32>
    stablehlo.return %1 : tensor<2x3xf32>
  }) : (tensor<2x3xf32>) -> !stablehlo.future<tensor<2x3xf32>>
  %2 = "stablehlo.async_done"(%0) : (!stablehlo.future<tensor<2x3xf32>>) -> tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}
"""


@rule(examples=(_ASYNC_AS_SYNC,))
def async_as_sync(op: hlo.AsyncDone, rewriter: Rewriter) -> str | None:
    """async_done(async_start(x) by f)  =>  f(x)"""
    start = op.operand.defining_op
    if not isinstance(start, hlo.AsyncStart):
        return "what it waits for is not started here"
    block = Block([value.type for value in start.inputs])
    results = _copied(start.body.block, block.arguments, block)
    rewriter.inline_block(block, op, start.inputs)
    rewriter.replace(op, *results)
    if not start.result.has_uses:
        rewriter.erase(start)
    return None


def _copied(block: Block, arguments: Sequence[Value[Any]], target: Block) -> list[Value[Any]]:
    """What a block returns for some arguments, by copies of its ops at the end of `target`."""
    values: dict[Value[Any], Value[Any]] = dict(zip(block.arguments, arguments, strict=True))
    *body, last = block.ops
    for op in body:
        target.append(op.clone(values))
    return [values.get(value, value) for value in last.operands]
