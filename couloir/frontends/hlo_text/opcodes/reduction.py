"""Opcodes that apply a computation to many elements: reductions, pooling, maps and scans."""

from __future__ import annotations

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.building import Tensor, convert
from couloir.frontends.hlo_text.node import Lowered, Node, lowers
from couloir.frontends.hlo_text.windows import read_window
from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.errors import Error
from couloir.ir.types import i32


def _inputs_and_inits(node: Node) -> tuple[list[Tensor], list[Tensor]]:
    operands = node.tensors()
    count = len(operands) // 2
    if len(operands) != 2 * count:
        raise Error(f"`{node.opcode}` has an initial value for each array")
    inits = [convert(init, x.type.element_type) for x, init in zip(operands[:count], operands[count:], strict=True)]
    return operands[:count], inits


@lowers("reduce", named="stablehlo.reduce")
def reduce(node: Node) -> Lowered:
    """Combines the elements along dimensions."""
    inputs, inits = _inputs_and_inits(node)
    return hlo.Reduce(inputs, inits, node.numbers("dimensions"), node.region()).results


@lowers("reduce-window", named="stablehlo.reduce_window")
def reduce_window(node: Node) -> Lowered:
    """Combines the elements of each window."""
    inputs, inits = _inputs_and_inits(node)
    window = read_window(node.text("window", "{}"))
    if window.sizes is None and inputs and inputs[0].type.rank:
        raise Error("the window of `reduce-window` has sizes")
    return hlo.ReduceWindow(
        inputs,
        inits,
        window.sizes or (),
        window.strides,
        window.lhs_dilation,
        window.rhs_dilation,
        window.padding,
        node.region(),
    ).results


@lowers("select-and-scatter", named="stablehlo.select_and_scatter")
def select_and_scatter(node: Node) -> Lowered:
    """The gradient of pooling."""
    window = read_window(node.text("window", "{}"))
    if window.lhs_dilation or window.rhs_dilation:
        raise Error("the window of `select-and-scatter` is not dilated in StableHLO")
    select, scatter = node.region("select"), node.region("scatter")
    x, source, init = node.tensors(3)
    return hlo.SelectAndScatter(x, source, init, window.sizes, window.strides, window.padding, select, scatter)


@lowers("map", named="stablehlo.map")
def map_rule(node: Node) -> Lowered:
    """Applies a computation to the elements at each place."""
    operands = node.tensors()
    rank = operands[0].type.rank if operands else 0
    return hlo.Map(operands, node.numbers("dimensions", tuple(range(rank))), node.region())


@lowers("scan", named="chlo.scan")
def scan(node: Node) -> Lowered:
    """Applies a computation to one slice after the other, and to what it carries on."""
    operands, dimensions, count = node.tensors(), node.numbers("dimensions"), node.number("num_carries")
    if len(dimensions) != 1 or not 0 <= count <= len(operands):
        raise Error("`scan` goes along one dimension, and its last operands are carried")
    first = len(operands) - count
    results = len(node.types) - count
    associative = node.flag("is_associative") if node.has("is_associative") else None
    made = chlo.Scan(
        operands[:first],
        operands[first:],
        dimensions[0],
        is_reverse=node.flag("is_reverse"),
        is_associative=associative,
        body=node.region(),
        result_types=node.types,
    )
    made.attributes["resultSegmentSizes"] = DenseArrayAttr(i32, (results, count))
    return made.results
