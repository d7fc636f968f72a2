"""Rules for ops with bodies: `map` as its body, `select_and_scatter` of complex numbers, reductions in a wider type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    if not op.result.type.is_static:
        return _OPEN
    *body, last = op.computation.block.ops
    other = next((inner.name for inner in body if not _is_elementwise(inner)), None)
    if other is not None:
        return f"its body has `{other}`"
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


@rule
def complex_select_and_scatter(op: hlo.SelectAndScatter, rewriter: Rewriter) -> str | None:
    """select_and_scatter(complex)  =>  the place that each window selects, by reduce_window, and scatter to there"""
    type, source = op.operand.type, op.source.type
    if not isinstance(type.element_type, ComplexType):
        return "it is not complex"
    if not type.is_static or not source.is_static:
        return _OPEN
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


@rule
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


@rule
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


@rule
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


@rule
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
