"""Model-local functions: one body for each way in which a function is called.

The meaning of a function's body depends on its call: attributes of nodes may refer to attributes of the call, and types
follow from the types of the operands. A call with new types or attributes therefore makes a new instance.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import attrs
import onnx
from onnx import AttributeProto, FunctionProto, GraphProto, NodeProto

from couloir.frontends.onnx.checking import FunctionKey, function_key
from couloir.frontends.onnx.walking import walk_nodes
from couloir.ir.attribute import Type

_ILLEGAL = re.compile(r"[^A-Za-z0-9_]")


@attrs.define(eq=False)
class Instance:
    """A function as it is called with certain operand types and attributes."""

    proto: FunctionProto
    symbol: str
    """The name of the `func.func`."""
    inputs: Mapping[str, Type]
    """The types of the inputs that are given, by name."""
    body: GraphProto
    """The body as a graph; attributes that referred to the call's are replaced by these."""
    results: Sequence[Type] = ()
    """The types of the outputs, when the body has been imported."""

    @property
    def label(self) -> str:
        """What to call it in messages and locations."""
        return f"function {':'.join(part for part in function_key(self.proto) if part)}"


class Instances:
    """The functions of a model and the instances of them that calls ask for."""

    def __init__(self, functions: Iterable[FunctionProto], *, taken: str) -> None:
        self._functions = {function_key(function): function for function in functions}
        self._found: dict[object, Instance] = {}
        self._symbols = {taken}
        self.keys: frozenset[FunctionKey] = frozenset(self._functions)
        """The functions that there are."""

    def find(self, node: NodeProto, types: Sequence[Type | None]) -> tuple[Instance, bool]:
        """The instance for a call with operands of these types (None for one that is not given), and whether it is a
        new one."""
        key = function_key(node)
        given = list(types)
        while given and given[-1] is None:
            given.pop()
        attributes = sorted(attribute.SerializeToString(deterministic=True) for attribute in node.attribute)
        call = (key, tuple(given), tuple(attributes))
        found = self._found.get(call)
        if found is not None:
            return found, False
        found = self._found[call] = self._make(self._functions[key], node, given)
        return found, True

    def _make(self, function: FunctionProto, node: NodeProto, types: Sequence[Type | None]) -> Instance:
        inputs = {name: type for name, type in zip(function.input, types, strict=False) if type is not None}
        graph = GraphProto(name=function.name, value_info=function.value_info, node=function.node)
        graph.output.extend(onnx.ValueInfoProto(name=name) for name in function.output)
        given = {default.name: default for default in function.attribute_proto}
        given |= {attribute.name: attribute for attribute in node.attribute}
        for inner in walk_nodes(graph.node):
            _substitute(inner, given)
        return Instance(function, self._symbol(function), inputs, graph)

    def _symbol(self, function: FunctionProto) -> str:
        """A new symbol that looks like the function's name."""
        stem = _ILLEGAL.sub("_", function.name)[:80] or "function"
        stem = f"_{stem}" if stem[0].isdigit() else stem
        symbol, number = stem, 1
        while symbol in self._symbols:
            number += 1
            symbol = f"{stem}_{number}"
        self._symbols.add(symbol)
        return symbol


def _substitute(node: NodeProto, given: Mapping[str, AttributeProto]) -> None:
    """Replaces attributes that refer to attributes of the call; one that the call does not give is left out."""
    if not any(attribute.ref_attr_name for attribute in node.attribute):
        return
    kept: list[AttributeProto] = []
    for attribute in node.attribute:
        if attribute.ref_attr_name:
            source = given.get(attribute.ref_attr_name)
            if source is None:
                continue
            copy = AttributeProto()
            copy.CopyFrom(source)
            copy.name = attribute.name
            kept.append(copy)
        else:
            kept.append(attribute)
    del node.attribute[:]
    node.attribute.extend(kept)
