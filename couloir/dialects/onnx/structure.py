"""The ops of the dialect that are no operators of ONNX: they stand for other parts of a model. Their names carry no
version."""

from __future__ import annotations

from typing import Any

from couloir.dialects.onnx.codecs import TENSOR
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import SymbolRefAttr
from couloir.ir.fields import Operands, Result, Results, attr, attr_optional, result
from couloir.ir.operation import Operation
from couloir.ir.traits import ConstantLike, IsTerminator, Pure, ReturnLike
from couloir.ir.types import i64


class Initializer(Operation, name="onnx.Initializer", traits=(Pure, ConstantLike)):
    """A constant that a graph of the model lists as an initializer; its location has its name.

    Source: onnx.proto3, GraphProto.initializer and sparse_initializer.
    """

    value: Attribute = attr(codec=TENSOR)
    input_index: int | None = attr_optional(codec=i64)
    """The position among the inputs of the graph, when it is listed there, too: its value is then a default, which a
    caller of
    the ONNX model could replace. Before IR version 4 every initializer had to be listed so."""
    result: Result[Any] = result()

    def infer(self) -> Any:
        return getattr(self.value, "type")  # noqa: B009 -- the codec lets only attributes pass that have a type


class Return(Operation, name="onnx.Return", traits=(Pure, ReturnLike, IsTerminator)):
    """Ends a graph inside a node, such as a branch of an `If`: its operands are the graph's outputs."""

    outputs: Operands[Any]


class Call(Operation, name="onnx.Call"):
    """Calls a model-local function, of which `callee` is the body for these operand types and attribute values."""

    callee: SymbolRefAttr
    inputs: Operands[Any]
    outputs: Results[Any] = result()
