"""Rules for what nodes and values carry: attributes, tensors and types, each on its own."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import onnx
from onnx import AttributeProto, SparseTensorProto, TensorProto, TypeProto, ValueInfoProto

from couloir.frontends.onnx.faults import Faults
from couloir.frontends.onnx.tensors import element_count, element_type, tensor_header
from couloir.ir.errors import Error
from couloir.ir.limits import Limits, quoted

_FIELD_OF_TYPE = {
    AttributeProto.FLOAT: "f",
    AttributeProto.INT: "i",
    AttributeProto.STRING: "s",
    AttributeProto.TENSOR: "t",
    AttributeProto.GRAPH: "g",
    AttributeProto.SPARSE_TENSOR: "sparse_tensor",
    AttributeProto.TYPE_PROTO: "tp",
    AttributeProto.FLOATS: "floats",
    AttributeProto.INTS: "ints",
    AttributeProto.STRINGS: "strings",
    AttributeProto.TENSORS: "tensors",
    AttributeProto.GRAPHS: "graphs",
    AttributeProto.SPARSE_TENSORS: "sparse_tensors",
    AttributeProto.TYPE_PROTOS: "type_protos",
}
_DATA_FIELDS = frozenset(_FIELD_OF_TYPE.values())
_LISTS = frozenset({"floats", "ints", "strings", "tensors", "graphs", "sparse_tensors", "type_protos"})
# Writers of proto3 leave out a number 0 and an empty string, and empty lists are never written.
_MAY_BE_ABSENT = _LISTS | {"f", "i", "s"}


@attrs.frozen
class ContentChecker:
    """Checks attributes, tensors and types; notes what is wrong in `faults`."""

    limits: Limits
    faults: Faults

    def attribute(
        self, attribute: AttributeProto, *, parameters: frozenset[str] | None, where: str
    ) -> list[onnx.GraphProto]:
        """Checks an attribute; gives the graphs in it, which are the caller's to check.

        Args:
            attribute: The attribute of a node, or the default of a function's attribute.
            parameters: Names of the function's attributes that it may refer to; None outside of functions.
            where: The node.
        """
        add = self.faults.add
        if not attribute.name:
            add("an attribute has no name", where=where)
        self.faults.check_name(attribute.name, "the attribute", limits=self.limits, where=where)
        name = quoted(attribute.name)
        present = _data_fields(attribute)
        if attribute.ref_attr_name:
            self._reference(attribute, present, parameters, where=where)
            return []
        expected = _FIELD_OF_TYPE.get(attribute.type)
        if expected is None:
            add(f"attribute {name} has {_type_in_words(attribute.type)}", where=where)
            return []
        wrong = present - {expected}
        if wrong:
            type_name = AttributeProto.AttributeType.Name(attribute.type)
            add(f"attribute {name} has type {type_name}, but holds data in {', '.join(sorted(wrong))}", where=where)
        elif not present and expected not in _MAY_BE_ABSENT:
            add(f"attribute {name} has no value", where=where)
        return self._contents(attribute, expected, where=where) if not wrong and present else []

    def _reference(
        self, attribute: AttributeProto, present: set[str], parameters: frozenset[str] | None, *, where: str
    ) -> None:
        """An attribute whose value is that of an attribute of the function around it."""
        name, target = quoted(attribute.name), quoted(attribute.ref_attr_name)
        if present:
            self.faults.add(f"attribute {name} refers to {target} and has a value of its own, too", where=where)
        if parameters is None:
            self.faults.add(f"attribute {name} refers to {target}, but is not inside a function", where=where)
        elif attribute.ref_attr_name not in parameters:
            self.faults.add(f"attribute {name} refers to {target}, which is no attribute of the function", where=where)

    def _contents(self, attribute: AttributeProto, field: str, *, where: str) -> list[onnx.GraphProto]:
        here = f"{where}, attribute {quoted(attribute.name)}"
        if field in _LISTS:
            count = _list_length(attribute, field)
            if count > self.limits.attribute_items:
                self.faults.append(self.limits.exceeded("attribute_items", count, what="the attribute", where=here))
                return []
        for tensor in _tensors(attribute, field):
            self.tensor(tensor, where=here)
        for sparse in _sparse_tensors(attribute, field):
            self.sparse_tensor(sparse, where=here)
        if field == "tp":
            self.type(attribute.tp, required=True, where=here)
        elif field == "type_protos":
            for type_ in attribute.type_protos:
                self.type(type_, required=True, where=here)
        elif field == "g":
            return [attribute.g]
        elif field == "graphs":
            return list(attribute.graphs)
        return []

    def tensor(self, tensor: TensorProto, *, where: str) -> None:
        """Element type and shape; the data is checked when it is read."""
        self.faults.check_name(tensor.name, "the tensor", limits=self.limits, where=where)
        try:
            tensor_header(tensor, limits=self.limits, where=where)
        except Error as fault:
            self.faults.append(fault)

    def sparse_tensor(self, sparse: SparseTensorProto, *, where: str) -> None:
        """Element types and shapes of the tensor and of its two parts."""
        self.tensor(sparse.values, where=f"{where}, values")
        self.tensor(sparse.indices, where=f"{where}, indices")
        try:
            element_count(sparse.dims, limits=self.limits, where=where)
        except Error as fault:
            self.faults.append(fault)

    def value(self, info: ValueInfoProto, *, required: bool, where: str) -> None:
        """The type of a named value; `required` demands that there is one."""
        here = f"{where}, value {quoted(info.name)}"
        if info.HasField("type"):
            self.type(info.type, required=required, where=here)
        elif required:
            self.faults.add("the value has no type", where=here, hint="inputs of the model need an element type")

    def type(self, type_: TypeProto, *, required: bool, where: str) -> None:
        """A type, however deeply nested. Where a type is not `required`, an element type may be left open.

        A dimension of -1 passes, although ONNX has no such thing: real models have it, and mean an unknown size.
        """
        depth = 0
        while True:
            kind = type_.WhichOneof("value")
            if kind in ("tensor_type", "sparse_tensor_type"):
                self._tensor_type(type_, required=required, where=where)
                return
            if kind == "map_type":
                self._element_type(type_.map_type.key_type, where=where)
                type_ = type_.map_type.value_type
            elif kind == "sequence_type":
                type_ = type_.sequence_type.elem_type
            elif kind == "optional_type":
                type_ = type_.optional_type.elem_type
            else:
                if kind is None and (required or depth):
                    self.faults.add("the type is empty", where=where)
                return
            depth += 1
            if depth > self.limits.depth:
                self.faults.append(self.limits.exceeded("depth", f"over {depth - 1}", what="the type", where=where))
                return

    def _tensor_type(self, type_: TypeProto, *, required: bool, where: str) -> None:
        tensor = type_.tensor_type if type_.HasField("tensor_type") else type_.sparse_tensor_type
        if tensor.elem_type or required:
            self._element_type(tensor.elem_type, where=where)
        dims = tensor.shape.dim
        if len(dims) > self.limits.rank:
            self.faults.append(self.limits.exceeded("rank", len(dims), what="the type", where=where))
            return
        for dim in dims:
            if dim.dim_value < -1:  # PaddlePaddle and others write -1 for a size that is not known
                self.faults.add(
                    f"the type has a negative dimension, {dim.dim_value}",
                    where=where,
                    hint="a size that is not known is written as a name (see onnx.tools.update_model_dims) or as -1",
                )
            self.faults.check_name(dim.dim_param, "the dimension", limits=self.limits, where=where)

    def _element_type(self, number: int, *, where: str) -> None:
        try:
            element_type(number, where=where)
        except Error as fault:
            self.faults.append(fault)


def _data_fields(attribute: AttributeProto) -> set[str]:
    names: set[str] = {descriptor.name for descriptor, _ in attribute.ListFields()}
    return names & _DATA_FIELDS


def _type_in_words(number: int) -> str:
    return "no type" if number == AttributeProto.UNDEFINED else f"the unknown type {number}"


def _list_length(attribute: AttributeProto, field: str) -> int:
    items: list[object] = getattr(attribute, field)
    return len(items)


def _tensors(attribute: AttributeProto, field: str) -> Iterator[TensorProto]:
    if field == "t":
        yield attribute.t
    elif field == "tensors":
        yield from attribute.tensors


def _sparse_tensors(attribute: AttributeProto, field: str) -> Iterator[SparseTensorProto]:
    if field == "sparse_tensor":
        yield attribute.sparse_tensor
    elif field == "sparse_tensors":
        yield from attribute.sparse_tensors
