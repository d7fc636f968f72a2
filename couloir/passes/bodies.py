"""Ops whose bodies are written into the program around them: rules for `map`, and for `select_and_scatter` of complex numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, ScatterDimensionNumbers
from couloir.dialects.hlo.building import compare
from couloir.dialects.shapes import inside
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


def _copied(block: Block, arguments: Sequence[Value[Any]], target: Block) -> list[Value[Any]]:
    """What a block returns for some arguments, by copies of its ops at the end of `target`."""
    values: dict[Value[Any], Value[Any]] = dict(zip(block.arguments, arguments, strict=True))
    *body, last = block.ops
    for op in body:
        target.append(op.clone(values))
    return [values.get(value, value) for value in last.operands]
