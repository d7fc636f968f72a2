"""Types around graphs inside nodes: what the arguments of a body are, and what the node gives when its bodies are
known.

Source: https://onnx.ai/onnx/operators/ (If, Loop, Scan, SequenceMap).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from onnx import NodeProto

from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.types import SequenceType, unknown
from couloir.frontends.onnx.sizes import attribute, integer_attribute
from couloir.frontends.onnx.typing_rules import axis_size, join, with_axis, without_axis, without_shape
from couloir.ir.attribute import Type
from couloir.ir.types import TensorType, i1, i64

Types: TypeAlias = "Sequence[Type]"

_BATCHED_SCAN: Final = 8
"""The version of Scan that has a batch axis in front of everything."""


def argument_types(cls: type[OnnxOp], node: NodeProto, operands: Sequence[Type | None]) -> list[Type]:
    """The types of a body's arguments as they follow from the node's operands (None for one that is not given)."""
    given = [unknown if type is None else type for type in operands]
    if cls.operator == "Loop":
        return [TensorType((), i64), TensorType((), i1), *(without_shape(type) for type in given[2:])]
    if cls.operator == "Scan":
        states, scans = _scan_operands(cls, node, given)
        axes = _axes(node, "scan_input_axes", len(scans))
        if cls.since_version == _BATCHED_SCAN:
            return [*(without_axis(t, 0) for t in states), *(without_axis(without_axis(t, 0), 0) for t in scans)]
        return [*states, *(without_axis(type, axis) for type, axis in zip(scans, axes, strict=True))]
    if cls.operator == "SequenceMap":
        return [type.element_type if isinstance(type, SequenceType) else type for type in given]
    return []


def result_types(
    cls: type[OnnxOp], node: NodeProto, operands: Sequence[Type | None], bodies: Sequence[Types]
) -> list[Type]:
    """The types of a node's outputs, from the types of its operands and of the outputs of its bodies."""
    given = [unknown if type is None else type for type in operands]
    if cls.operator == "If" and len(bodies) == 2:
        return [join(a, b) for a, b in zip(*bodies, strict=False)]
    if cls.operator == "Loop" and bodies:
        carried = given[2:]
        outputs = bodies[0][1:]
        states = [join(before, after) for before, after in zip(carried, outputs, strict=False)]
        return [*states, *(with_axis(type, 0, None) for type in outputs[len(carried) :])]
    if cls.operator == "Scan" and bodies:
        return _scan_results(cls, node, given, bodies[0])
    if cls.operator == "SequenceMap" and bodies:
        return [SequenceType(type) for type in bodies[0]]
    return []


def _scan_operands(cls: type[OnnxOp], node: NodeProto, operands: Types) -> tuple[Types, Types]:
    """The state variables and the scanned operands."""
    values = operands[1:] if cls.since_version == _BATCHED_SCAN else operands
    count = min(max(integer_attribute(node, "num_scan_inputs", 0), 0), len(values))
    return values[: len(values) - count], values[len(values) - count :]


def _scan_results(cls: type[OnnxOp], node: NodeProto, operands: Types, body: Types) -> list[Type]:
    states, scans = _scan_operands(cls, node, operands)
    stacked = body[len(states) :]
    if cls.since_version == _BATCHED_SCAN:
        batch = axis_size(scans[0], 0) if scans else None
        length = axis_size(scans[0], 1) if scans else None
        first = [join(before, with_axis(after, 0, batch)) for before, after in zip(states, body, strict=False)]
        return [*first, *(with_axis(with_axis(type, 0, length), 0, batch) for type in stacked)]
    axes = _axes(node, "scan_input_axes", len(scans))
    length = axis_size(scans[0], axes[0]) if scans else None
    final = [join(before, after) for before, after in zip(states, body, strict=False)]
    out = _axes(node, "scan_output_axes", len(stacked))
    return [*final, *(with_axis(type, axis, length) for type, axis in zip(stacked, out, strict=True))]


def _axes(node: NodeProto, name: str, count: int) -> list[int]:
    found = attribute(node, name)
    given = [] if found is None else list(found.ints)
    return given if len(given) == count else [0] * count
