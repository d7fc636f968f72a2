"""Small ONNX models for the tests of the way in and the way out."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
LENET = Path(__file__).parents[3] / "labs" / "data" / "lenet.onnx"


def value(name: str, dims: Sequence[Any] | None, element: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, element, dims)


def untyped(name: str) -> onnx.ValueInfoProto:
    return onnx.ValueInfoProto(name=name)


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    *,
    initializers: dict[str, np.ndarray] | None = None,
    opset: int = 18,
    ir_version: int = 8,
    functions: Sequence[onnx.FunctionProto] = (),
    domains: dict[str, int] | None = None,
    **graph: Any,
) -> onnx.ModelProto:
    tensors = [onnx.numpy_helper.from_array(array, name) for name, array in (initializers or {}).items()]
    made = helper.make_graph(nodes, "graph", inputs, outputs, initializer=tensors, **graph)
    imports = [helper.make_opsetid("", opset)]
    imports += [helper.make_opsetid(domain, version) for domain, version in (domains or {}).items()]
    return helper.make_model(made, ir_version=ir_version, opset_imports=imports, functions=functions)


def node(operator: str, inputs: Sequence[str], outputs: Sequence[str], name: str = "", **attributes: Any):
    return helper.make_node(operator, inputs, outputs, name=name or None, **attributes)


def nested_ifs(depth: int) -> onnx.ModelProto:
    """An `If` in the then-branch of an `If`, and so on; built message by message, since a file cannot hold many."""
    made = onnx.ModelProto(ir_version=8)
    made.opset_import.add(domain="", version=18)
    graph = made.graph
    graph.name = "nest"
    graph.input.extend([value("c", [], BOOL), value("x", [2])])
    graph.output.append(untyped("y0"))
    for level in range(depth):
        outer = graph.node.add(op_type="If", input=["c"], output=[f"y{level}"])
        other = outer.attribute.add(name="else_branch", type=onnx.AttributeProto.GRAPH).g
        other.name = "else"
        other.node.add(op_type="Neg", input=["x"], output=[f"e{level}"])
        other.output.add(name=f"e{level}")
        graph = outer.attribute.add(name="then_branch", type=onnx.AttributeProto.GRAPH).g
        graph.name = "then"
        graph.output.add(name=f"y{level + 1}")
    graph.node.add(op_type="Abs", input=["x"], output=[f"y{depth}"])
    return made


@functools.cache
def node_tests() -> dict[str, Any]:
    """The node tests of onnx's backend suite, by name, without the few that are older than opset 7."""
    import warnings

    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {case.name: case for case in collect_testcases(None)}
    return {name: case for name, case in found.items() if _opset(case.model) >= 7}


def _opset(model: onnx.ModelProto) -> int:
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=99)


def evaluate(model: onnx.ModelProto, feeds: dict[str, Any]) -> list[Any]:
    """The outputs of a model by onnx's reference evaluator."""
    import warnings

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return list(ReferenceEvaluator(model).run(None, feeds))


def feeds_of(case: Any, number: int = 0) -> dict[str, Any]:
    """The inputs of one data set of a node test."""
    inputs = case.data_sets[number][0]
    arrays = [onnx.numpy_helper.to_array(item) if isinstance(item, TensorProto) else item for item in inputs]
    return dict(zip([info.name for info in case.model.graph.input], arrays, strict=True))


def same(a: Any, b: Any) -> bool:
    """Whether two outputs have the same bits."""
    if isinstance(a, list | tuple):
        return isinstance(b, list | tuple) and len(a) == len(b) and all(map(same, a, b))
    if a is None or b is None:
        return a is b
    first, second = np.asarray(a), np.asarray(b)
    if first.dtype != second.dtype or first.shape != second.shape:
        return False
    return bool((first == second).all()) if first.dtype == object else first.tobytes() == second.tobytes()
