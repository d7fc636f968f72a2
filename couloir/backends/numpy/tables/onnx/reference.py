"""ONNX operators by the reference implementation in the installed onnx package.

An op becomes a model of one node, whose evaluator is kept for the next time. The opset of the model is the version of the
op, and defaults of attributes are those of that version.
"""

from __future__ import annotations

import functools
from typing import Any, Final, cast

import numpy as np
import onnx
from onnx import helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import RuntimeContextError

from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain, floats
from couloir.backends.numpy.element_types import Array, kind
from couloir.dialects.onnx.base import OnnxOp, schema_class
from couloir.dialects.onnx.inference import node_of, positions
from couloir.dialects.onnx.protos import type_to_proto
from couloir.ir.constraints import element_type
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.types import ComplexType, FloatType, ShapedType

#: Operators that only move elements: NumPy does that with elements of any kind.
MOVING: Final = frozenset(
    {
        *("Compress", "DepthToSpace", "Expand", "Gather", "GatherElements", "GatherND", "ReverseSequence", "Slice"),
        *("SpaceToDepth", "Split", "Squeeze", "Tile", "Unsqueeze", "Where"),
    }
)
#: What the implementations raise: they check little, and NumPy complains in its own ways.
_FAILURES: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


@functools.cache
def is_known(cls: type[OnnxOp]) -> bool:
    """Whether the onnx package computes the operator in this version."""
    if any(field.spec.blocks == "one" for field in cls.definition.regions):  # a graph that has to be there
        return False
    try:
        ReferenceEvaluator(_bare_model(cls))
    except RuntimeContextError:
        schema: Any = cls.schema()
        return schema.has_context_dependent_function
    except _FAILURES as error:
        # Other failures come from the attributes that a bare node lacks, after an implementation was found.
        return not isinstance(error, NotImplementedError) and "implementation" not in str(error)
    return True


def _bare_model(cls: type[OnnxOp]) -> onnx.ModelProto:
    node = onnx.NodeProto(op_type=cls.operator, domain=cls.domain)
    return _model(node, helper.make_graph([node], "op", [], []), cls)


def compute(xp: ArrayNamespace, op: Operation, *operands: Any) -> list[Any]:
    """The results of an op by the onnx package.

    Raises:
        NotInDomain: for floats outside of the domain `floats`, unless the operator only moves elements.
        Error: when the onnx package cannot compute it.
    """
    cls = schema_class(op)
    if xp is not floats and cls.operator not in MOVING and any(_is_real(value.type) for value in op.operands):
        raise NotInDomain(f"onnx.{cls.operator}", xp.name)
    if any(not region.is_empty for region in op.regions):
        raise Error(f"`{op.name}` with graphs as attributes cannot be evaluated")
    evaluator: Any = _evaluator(_model_of(op, cls).SerializeToString(deterministic=True))
    names = [name for name in evaluator.input_names if name]
    try:
        with np.errstate(all="ignore"):
            found = evaluator.run(None, dict(zip(names, operands, strict=True)))
    except _FAILURES as error:
        raise Error(f"the onnx package cannot compute `{op.name}`: {error}") from error
    return [_in_domain(xp, value) for value in found]


@functools.lru_cache(maxsize=1024)
def _evaluator(model: bytes) -> ReferenceEvaluator:
    return ReferenceEvaluator(onnx.ModelProto.FromString(model))


def _model_of(op: Operation, cls: type[OnnxOp]) -> onnx.ModelProto:
    inputs = ["" if number is None else f"i{number}" for number in positions(op, "operand")]
    outputs = ["" if number is None else f"o{number}" for number in positions(op, "result")]
    node = node_of(op, inputs, outputs)
    given = {attribute.name for attribute in node.attribute}
    # An implementation may take absent attributes to have the defaults of the newest version.
    newest = onnx.defs.get_schema(cls.operator, cls.domain).attributes
    for name, attribute in cls.schema().attributes.items():
        default = attribute.default_value
        if name not in given and name in newest and default.type and default != newest[name].default_value:
            node.attribute.append(default)
    types = {f"i{number}": value.type for number, value in enumerate(op.operands)}
    graph = helper.make_graph(
        [node],
        "op",
        [helper.make_value_info(name, type_to_proto(type)) for name, type in types.items()],
        [helper.make_value_info(name, type_to_proto(op.results[int(name[1:])].type)) for name in outputs if name],
    )
    return _model(node, graph, cls)


def _model(node: onnx.NodeProto, graph: onnx.GraphProto, cls: type[OnnxOp]) -> onnx.ModelProto:
    opsets = [helper.make_opsetid(cls.domain, cls.since_version)]
    return helper.make_model(graph, opset_imports=opsets)


def _is_real(type: Any) -> bool:
    return isinstance(type, ShapedType) and isinstance(element_type(type), FloatType | ComplexType)


def _in_domain(xp: ArrayNamespace, value: Any) -> Any:
    """Strings as objects, and floats as what the domain has for them."""
    if not isinstance(value, np.ndarray | np.generic):
        return value
    array: Array = np.asarray(cast(Any, value))
    if array.dtype.kind in "US":
        return array.astype(object)
    return array if kind(array.dtype) == "other" else xp.array(array)
