"""Attributes and constants of a model as attributes of the IR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import AttributeProto, GraphProto, NodeProto, SparseTensorProto, TensorProto

from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.protos import type_from_proto
from couloir.dialects.onnx.schemas import attribute_kinds
from couloir.dialects.onnx.types import StringsAttr, string
from couloir.frontends.onnx.faults import Faults
from couloir.frontends.onnx.tensors import TensorReader
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import (
    ArrayAttr,
    DenseArrayAttr,
    DenseElementsAttr,
    FloatAttr,
    IntegerAttr,
    SparseElementsAttr,
    StringAttr,
)
from couloir.ir.errors import Error, nearest
from couloir.ir.limits import quoted
from couloir.ir.types import TensorType, f32, i64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


class AttributeReader:
    """Reads attributes of nodes and constants of graphs; notes in `faults` what is wrong with constants."""

    def __init__(self, tensors: TensorReader, faults: Faults) -> None:
        self._tensors = tensors
        self._faults = faults

    def attributes(self, cls: type[OnnxOp], node: NodeProto) -> tuple[dict[str, Attribute], dict[str, GraphProto]]:
        """The attributes of a node, and its graphs by the name of their region.

        Raises:
            Error: for an attribute that the operator does not have, or of the wrong type.
        """
        kinds = attribute_kinds(cls)
        definition = cls.definition
        keys = {field.key: field.name for field in definition.regions}
        found: dict[str, Attribute] = {}
        graphs: dict[str, GraphProto] = {}
        for attribute in node.attribute:
            expected = kinds.get(attribute.name)
            if expected is None:
                raise Error(
                    f"{cls.operator} of version {cls.since_version} has no attribute {quoted(attribute.name)}",
                    hint=nearest(attribute.name, list(kinds)) or _known(list(kinds)),
                )
            actual = AttributeProto.AttributeType.Name(attribute.type)
            if actual != expected:
                raise Error(f"the attribute {quoted(attribute.name)} is of type {expected}, not {actual}")
            if attribute.type == AttributeProto.GRAPH:
                graphs[keys[attribute.name]] = attribute.g
            else:
                found[attribute.name] = self._value(attribute)
        return found, graphs

    def _value(self, attribute: AttributeProto) -> Attribute:
        where = f"attribute {quoted(attribute.name)}"
        kind = attribute.type
        if kind == AttributeProto.INT:
            return IntegerAttr(attribute.i)
        if kind == AttributeProto.FLOAT:
            return FloatAttr(attribute.f, f32)
        if kind == AttributeProto.STRING:
            return _text(attribute.s)
        if kind == AttributeProto.INTS:
            return DenseArrayAttr(i64, tuple(attribute.ints))
        if kind == AttributeProto.FLOATS:
            return DenseArrayAttr(f32, tuple(attribute.floats))
        if kind == AttributeProto.STRINGS:
            return ArrayAttr(tuple(_text(item) for item in attribute.strings))
        if kind == AttributeProto.TENSOR:
            return self._dense(attribute.t, where)
        if kind == AttributeProto.SPARSE_TENSOR:
            return self._sparse(attribute.sparse_tensor, where)
        if kind == AttributeProto.TYPE_PROTO:
            return type_from_proto(attribute.tp)
        raise Error(f"attributes of type {AttributeProto.AttributeType.Name(kind)} are not supported", where=where)

    def constant(self, tensor: TensorProto | SparseTensorProto, *, where: str) -> Attribute | None:
        """The constant tensor of an initializer; None after noting a fault."""
        try:
            return self._dense(tensor, where) if isinstance(tensor, TensorProto) else self._sparse(tensor, where)
        except Error as fault:
            self._faults.append(fault)
            return None

    def _dense(self, tensor: TensorProto, where: str) -> Attribute:
        return _constant(self._tensors.read(tensor, where=where))

    def _sparse(self, sparse: SparseTensorProto, where: str) -> Attribute:
        self._tensors.read_sparse(sparse, where=where)  # checks the indices
        values = _constant(self._tensors.read(sparse.values, where=where))
        places = self._tensors.read(sparse.indices, where=where)
        if places.ndim == 1:  # MLIR has coordinates only
            places = np.stack(np.unravel_index(places, tuple(sparse.dims)), axis=-1).astype(np.int64)
        indices = DenseElementsAttr.from_numpy(places)
        if not isinstance(values, DenseElementsAttr):
            raise Error("sparse tensors of strings are not supported", where=where)
        element: Any = getattr(values.type, "element_type")  # noqa: B009 -- a tensor's
        return SparseElementsAttr(TensorType(tuple(sparse.dims), element), indices, values)


def _constant(array: Array) -> Attribute:
    if array.dtype == np.object_:
        return StringsAttr(TensorType(array.shape, string), tuple(array.reshape(-1)))
    return DenseElementsAttr.from_numpy(array)


def _text(data: bytes) -> StringAttr:
    return StringAttr(data.decode("utf-8", "surrogateescape"))


def _known(names: list[str]) -> str:
    return f"its attributes are {', '.join(names)}" if names else "it has no attributes"
