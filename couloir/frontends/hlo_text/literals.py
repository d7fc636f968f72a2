"""The values of constants: `1.5`, `{ {1, 2}, {3, 4} }`, `(1, -2)`, `{true, nan}`.

Source: XLA, `HloParserImpl::ParseLiteral`.
"""

from __future__ import annotations

import re
from math import prod
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.attributes import DenseElementsAttr, DenseResourceAttr
from couloir.ir.errors import Error
from couloir.ir.types import ComplexType, FloatType, IntegerType, TensorType, dtype_of

if TYPE_CHECKING:
    import numpy as np

ELIDED: Final = "__elided__"
"""The key of a resource whose elements were left out of the text, as MLIR's printer writes it."""

_COMMENT: Final = re.compile(r"/\*(?:[^*]|\*(?!/))*+\*/|//[^\n]*+")
_FLOAT: Final = r"-?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?|-?inf|-?nan(?:\(0x[0-9a-fA-F]++\))?"
_NUMBERS: Final = {
    "integer": re.compile(r"-?[0-9]{1,25}"),
    "truth": re.compile(r"true|false|[01]"),
    "float": re.compile(_FLOAT),
    "complex": re.compile(rf"\(\s*+(?:{_FLOAT})\s*+,\s*+(?:{_FLOAT})\s*+\)"),
}
_LEFT_OUT: Final = re.compile(r"[\s{]*+\.\.\.[\s}]*+")
_BRACKET: Final = re.compile(r"[(){},]")
_PAIR: Final = re.compile(r"\(([^(),]++),([^(),]++)\)")
_PAYLOAD: Final = re.compile(r"\(0x([0-9a-fA-F]++)\)")
_FRACTION_BITS: Final = {"f16": 10, "bf16": 7, "f32": 23, "f64": 52}
"""Of the floats whose NaNs have a payload: `nan(0x400)`."""
_NOT_STRUCTURE: Final = re.compile(r"[^{},]++")


def split_tuple(text: str) -> list[str] | None:
    """The parts of `(a, {b, c}, (d, e))`; None if a bracket does not close."""
    inside = _COMMENT.sub(" ", text).strip()
    if not (inside.startswith("(") and inside.endswith(")")):
        return None
    parts: list[str] = []
    depth, start = 0, 1
    for found in _BRACKET.finditer(inside):
        depth += 1 if found[0] in "({" else -1 if found[0] in ")}" else 0
        if (found[0] == "," and depth == 1) or (found[0] == ")" and depth == 0):
            parts.append(inside[start : found.start()].strip())
            start = found.end()
    if depth or start != len(inside):
        return None
    return [] if parts == [""] else parts


def read_literal(text: str, type: TensorType) -> DenseElementsAttr | DenseResourceAttr:
    """The constant of a type that a text stands for. Raises `Error` where it stands for none.

    For `{...}`, with which XLA leaves out the elements of large constants, it is a resource without elements.
    """
    import numpy as np

    plain = _COMMENT.sub(" ", text)
    if _LEFT_OUT.fullmatch(plain):
        return DenseResourceAttr(ELIDED, type)
    items = _items(plain, type)
    element = type.element_type
    kind = _kind(element)
    _check(items, kind, type)
    match kind:
        case "truth":
            values: Any = np.array([item in ("true", "1") for item in items], bool)
        case "integer":
            values = _integers(items, element)
        case "float":
            values = _floats(items, element)
        case _:
            pairs = [_PAIR.fullmatch(item) for item in items]
            parts = [[found[part].strip() for found in pairs if found] for part in (1, 2)]
            assert isinstance(element, ComplexType)
            real, imaginary = (_floats(part, element.element_type) for part in parts)
            values = np.empty(len(items), dtype_of(element))
            values.real, values.imag = real, imaginary
    return DenseElementsAttr(type, values.reshape(type.shape))


def _kind(element: object) -> str:
    if isinstance(element, ComplexType):
        return "complex"
    if isinstance(element, IntegerType):
        return "truth" if element.width == 1 else "integer"
    return "float"


def _items(text: str, type: TensorType) -> list[str]:
    """The numbers of a literal, whose brackets must be those of the type's shape."""
    inside = text.strip()
    size = prod(type.shape)
    if isinstance(type.element_type, ComplexType):
        items = [found[0] for found in _PAIR.finditer(inside)]
        structure = _PAIR.sub("0", inside)
    else:
        structure = _PAYLOAD.sub("", inside)
        items = [item.strip() for item in inside.replace("{", " ").replace("}", " ").split(",")]
        if size == 0:
            items = [item for item in items if item]
    scalar = size == 1 and structure.strip(" \t\r\n") and "{" not in structure
    if scalar and len(items) == 1:
        return items  # XLA writes and reads it for one element, whatever the rank
    if len(items) != size or not _has_shape(_NOT_STRUCTURE.sub("", structure), type.shape):
        raise Error(f"the constant does not have the shape {list(type.shape)}")
    return items


def _has_shape(structure: str, shape: tuple[int, ...]) -> bool:
    """Whether brackets and commas are those of a literal of a shape. Dimensions within an empty one are not written."""
    expected = ""
    known = shape[: shape.index(0) + 1] if 0 in shape else shape
    for size in reversed(known):
        if size > len(structure) or size * len(expected) > len(structure):
            return False
        expected = "{" + ",".join([expected] * size) + "}"
    return structure == expected


def _check(items: list[str], kind: str, type: TensorType) -> None:
    pattern = _NUMBERS[kind]
    for item in items:
        if not pattern.fullmatch(item):
            raise Error(f"`{item[:40]}` is no element of type `{type.element_type}`")


def _integers(items: list[str], element: Any) -> np.ndarray[Any, Any]:
    import numpy as np

    numbers = [int(item) for item in items]
    if numbers and not (element.minimum <= min(numbers) and max(numbers) <= element.maximum):
        wrong = next(n for n in numbers if not element.minimum <= n <= element.maximum)
        raise Error(f"{wrong} does not fit into `{element}`")
    wide = np.uint64 if element.minimum == 0 else np.int64
    return np.array(numbers, wide).astype(dtype_of(element))


def _floats(items: list[str], element: Any) -> np.ndarray[Any, Any]:
    import numpy as np

    assert isinstance(element, FloatType)
    plain = [_PAYLOAD.sub("", item) if "(" in item else item for item in items]
    exact = np.array([float(item) for item in plain], np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        values = exact.astype(dtype_of(element))
        back = values.astype(np.float64)
    for position in np.flatnonzero(~np.isfinite(back)):
        if "nan" not in plain[position] and not ("inf" in plain[position] and np.isinf(back[position])):
            raise Error(f"{items[position][:40]} does not fit into `{element}`")
        if "(" in items[position]:
            _set_payload(values, int(position), items[position], element)
    return values


def _set_payload(values: np.ndarray[Any, Any], position: int, item: str, element: FloatType) -> None:
    """Gives a NaN the fraction that the text says."""
    import numpy as np

    found = _PAYLOAD.search(item)
    bits = _FRACTION_BITS.get(element.kind, 0)
    payload = int(found[1], 16) if found and len(found[1]) <= 16 else 0
    if not 0 < payload < 1 << bits:
        raise Error(f"{item[:40]} does not fit into `{element}`")
    whole = values.view(np.dtype(f"u{values.dtype.itemsize}"))
    whole[position] = whole[position] >> bits << bits | payload
