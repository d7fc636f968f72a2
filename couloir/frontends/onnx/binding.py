"""Sizes that the caller gives for dimensions that the model leaves open."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import onnx

from couloir.frontends.onnx.metadata import symbolic_dims
from couloir.ir.attribute import Type
from couloir.ir.errors import Error, nearest
from couloir.ir.limits import quoted
from couloir.ir.types import TensorType

_POSITION = re.compile(r"(.*)\[([0-9]{1,4})\]", re.DOTALL)


class Binding:
    """Sizes of symbolic dimensions by name, `{"N": 1}`, and of single dimensions of inputs by place, `{"image[0]": 1}`.

    Args:
        dims: The sizes.
        graph: The main graph.
        inputs: Its inputs, without those that have a value in the model.
        where: The name of the model.

    Raises:
        Error: for a name or place that the model does not have, a dimension that has another size already, or what is
        no size.
    """

    def __init__(
        self, dims: Mapping[str, int], graph: onnx.GraphProto, inputs: Sequence[onnx.ValueInfoProto], *, where: str
    ) -> None:
        self.names: dict[str, int] = {}
        """The sizes of symbolic dimensions."""
        self._places: dict[str, dict[int, int]] = {}
        self._where = where
        if not dims:
            return
        known = symbolic_dims(graph)
        given = [value.name for value in inputs]
        given_dims: Any = dims
        if not isinstance(given_dims, Mapping):
            raise Error(f"`dims` maps names to sizes, it is not {dims!r}", where=where)
        for key, size in dims.items():
            _check_size(key, size, where)
            place = _POSITION.fullmatch(key)
            if key in known:
                self.names[key] = size
            elif place is not None and place[1] in given:
                self._places.setdefault(place[1], {})[int(place[2])] = size
            else:
                raise _unknown(key, known, given, where)

    def apply(self, name: str, type: Type) -> Type:
        """The type of an input with the sizes that were given for its places."""
        places = self._places.get(name, {})
        for axis, size in places.items():
            place = f"{name}[{axis}]"
            if not isinstance(type, TensorType) or axis >= len(type.dims):
                raise Error(f"`dims` gives a size for {quoted(place)}, but the input is `{type}`", where=self._where)
            old = type.dims[axis]
            if old not in (None, size):
                raise Error(f"`dims` makes {quoted(place)} {size}, but the model fixes it to {old}", where=self._where)
            type = TensorType((*type.dims[:axis], size, *type.dims[axis + 1 :]), type.element_type, type.encoding)
        return type


def _check_size(key: object, size: object, where: str) -> None:
    if not isinstance(key, str):
        raise Error(f"`dims` maps names to sizes; {key!r} is no name", where=where)
    if isinstance(size, bool) or not isinstance(size, int) or not 0 <= size < 1 << 63:
        raise Error(f"`dims` gives {quoted(key)} the size {size!r}; a size is an integer from 0 to 2^63-1", where=where)


def _unknown(key: str, known: Sequence[str], inputs: Sequence[str], where: str) -> Error:
    names = ", ".join(quoted(name) for name in known)
    example = f"`dims={{{f'{inputs[0]}[0]'!r}: 1}}`" if inputs else None
    hint = f"it has {names}" if known else "all its dimensions are fixed or nameless"
    return Error(
        f"the model has no symbolic dimension {quoted(key)}",
        where=where,
        hint=hint + (f"; one without a name is bound by its place: {example}" if example else ""),
        notes=[near] if (near := nearest(key, known)) else (),
    )
