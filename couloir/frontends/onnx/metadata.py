"""What a model says about itself, its values and its nodes, as attributes and locations."""

from __future__ import annotations

from collections.abc import Sequence

import onnx

from couloir.frontends.onnx.checking import canonical_domain
from couloir.frontends.onnx.walking import dimensions, walk_graphs
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import ArrayAttr, DictionaryAttr, IntegerAttr, StringAttr
from couloir.ir.location import FusedLoc, Location
from couloir.ir.types import TensorType


def dictionary(entries: dict[str, Attribute]) -> DictionaryAttr:
    """A dictionary attribute."""
    return DictionaryAttr(tuple(entries.items()))


def module_attributes(proto: onnx.ModelProto) -> dict[str, Attribute]:
    """Versions, producer, documentation and metadata of a model, as attributes of the module."""
    found: dict[str, Attribute] = {
        "onnx.opset_import": opset_import(proto.opset_import),
        "onnx.ir_version": IntegerAttr(proto.ir_version),
    }
    texts = {
        "onnx.producer_name": proto.producer_name,
        "onnx.producer_version": proto.producer_version,
        "onnx.domain": proto.domain,
        "onnx.doc": proto.doc_string,
    }
    found.update({key: StringAttr(text) for key, text in texts.items() if text})
    if proto.model_version:
        found["onnx.model_version"] = IntegerAttr(proto.model_version)
    return {**found, **metadata(proto.metadata_props)}


def opset_import(entries: Sequence[onnx.OperatorSetIdProto]) -> DictionaryAttr:
    """The versions of operator sets; the default domain is called `ai.onnx`."""
    return dictionary({canonical_domain(e.domain) or "ai.onnx": IntegerAttr(e.version) for e in entries})


def metadata(entries: Sequence[onnx.StringStringEntryProto]) -> dict[str, Attribute]:
    """Metadata properties, as one attribute if there are any."""
    if not entries:
        return {}
    return {"onnx.metadata": dictionary({entry.key: StringAttr(entry.value) for entry in entries})}


def value_attributes(value: onnx.ValueInfoProto, type: Type) -> DictionaryAttr:
    """Name, symbolic dimensions, documentation and metadata of an input or output.

    Args:
        value: What the model says.
        type: The type that it has in the module. Names are kept of dimensions that are open there.
    """
    entries: dict[str, Attribute] = {"onnx.name": StringAttr(value.name)}
    declared = dimensions(value.type)
    if isinstance(type, TensorType) and len(type.dims) == len(declared):
        names = [said.dim_param if dim is None else "" for dim, said in zip(type.dims, declared, strict=True)]
        if any(names):
            entries["onnx.dims"] = ArrayAttr(tuple(StringAttr(name) for name in names))
    if value.doc_string:
        entries["onnx.doc"] = StringAttr(value.doc_string)
    return dictionary({**entries, **metadata(value.metadata_props)})


def documented(location: Location, text: str) -> Location:
    """The location with documentation, if there is any."""
    return FusedLoc((location,), StringAttr(text)) if text else location


def symbolic_dims(graph: onnx.GraphProto) -> list[str]:
    """The names of symbolic dimensions, those of the inputs first."""
    names: dict[str, None] = {}
    for inner in walk_graphs(graph):
        for value in (*inner.input, *inner.output, *inner.value_info):
            for dim in dimensions(value.type):
                if dim.dim_param:
                    names[dim.dim_param] = None
    return list(names)
