"""Types and attributes as MLIR text.

Each type and attribute writes itself with the methods of `AttributePrinter`. This module knows none of their classes
(they import it), only what it is given: strings, numbers, arrays.
"""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.affine import AffineMap, IntegerSet
from couloir.ir.floats import float_text

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np

    from couloir.ir.attribute import Attribute, Type
    from couloir.ir.attributes import (
        DenseElementsAttr,
        DenseObjectElementsAttr,
        DenseResourceAttr,
        DistinctAttr,
    )
    from couloir.ir.location import Location

    ResourceSection: TypeAlias = Mapping[str, Mapping[str, str | bool]]
    """Who the entries are for (a dialect, a tool), to their keys, to what they say."""

MAX_NESTING: Final = 80
"""Types in types, attributes in attributes, locations in locations: more levels are not read."""

_BARE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$.]*")
_ESCAPED: Final = re.compile(rb"[^ !#-\[\]-~]")


def attribute_text(attribute: Attribute) -> str:
    """The text of a type or attribute, constants in full. Never raises."""
    printer = AttributePrinter()
    printer.attribute(attribute)
    return printer.text()


def is_bare_name(name: str) -> bool:
    """Whether a name needs no quotes, as a key or after `@`."""
    return _BARE_NAME.fullmatch(name) is not None


def quoted_string(text: str) -> str:
    """A string in quotes with MLIR's escapes: everything but printable ASCII as `\\xx`, in UTF-8."""
    try:
        encoded = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte
        encoded = text.encode("utf-8", "surrogatepass")
    escaped = _ESCAPED.sub(lambda found: b"\\\\" if found[0] == b"\\" else b"\\%02X" % found[0][0], encoded)
    return f'"{escaped.decode("ascii")}"'


class AttributePrinter:
    """Collects text; what types and attributes write themselves with.

    Args:
        elide_above: Constants of more elements are written as `dense_resource<__elided__>`; None writes all.
        hex_above: Constants of more elements are written as hexadecimal bytes, as upstream does.

    Attributes:
        resources: The constants that stand beside the text, met so far: what `file_metadata` writes at its end.
    """

    def __init__(self, *, elide_above: int | None = None, hex_above: int = 100) -> None:
        self.elide_above = elide_above
        self.hex_above = hex_above
        self.resources: dict[str, DenseResourceAttr] = {}
        self.parts: list[str] = []
        self._texts: dict[Attribute, str] = {}
        self._distinct: dict[Attribute, int] = {}
        self._depth = 0

    def write(self, *text: str) -> None:
        """Adds text as it is."""
        self.parts += text

    def text(self) -> str:
        """Everything written so far."""
        return "".join(self.parts)

    # -- attributes

    def alias(self, attribute: Attribute) -> str | None:
        """The alias to write instead, such as `#map`; a subclass with a table of aliases overrides this."""
        return None

    def attribute(self, attribute: Attribute | None, *, in_list: bool = False) -> None:
        """Writes a type or attribute. `in_list` leaves out `: i64` and `: f64`, as upstream does inside `[...]`."""
        known = self._texts.get(attribute) if attribute is not None else None
        if known is not None:
            self.parts.append(known)
            return
        if attribute is None:
            self.write("<<no attribute>>")
            return
        if self._depth >= MAX_NESTING + 20:  # what can be read can be written, leaves included
            self.write("<<nested too deeply>>")
            return
        self._depth += 1
        start = len(self.parts)
        try:
            self._attribute(attribute, in_list)
        except Exception as error:  # noqa: BLE001 -- a printer that raises cannot show what is wrong
            del self.parts[start:]
            self.write(f"<<{type(attribute).__name__}: {_one_line(error)}>>")
        finally:
            self._depth -= 1

    def _attribute(self, attribute: Attribute, in_list: bool) -> None:
        alias = self.alias(attribute)
        if alias is not None:
            self.write(alias)
        elif attribute.sigil == "!":
            start = len(self.parts)
            attribute.print(self)
            text = self._texts[attribute] = "".join(self.parts[start:])
            self.parts[start:] = [text]
        elif in_list:
            attribute.print_in_list(self)
        else:
            attribute.print(self)

    def location(self, location: Location) -> None:
        """Writes what stands in `loc(...)`; a subclass with a table of aliases overrides this."""
        location.print_inner(self)

    def distinct_number(self, attribute: DistinctAttr) -> str:
        """The number of a distinct attribute in this text."""
        return str(self._distinct.setdefault(attribute, len(self._distinct)))

    def list(self, attributes: Iterable[Attribute]) -> None:
        """Writes types or attributes with commas between them."""
        for index, attribute in enumerate(attributes):
            if index:
                self.parts.append(", ")
            self.attribute(attribute, in_list=True)

    def dictionary(self, entries: Mapping[str, Attribute]) -> None:
        """Writes `{a = 1 : i64, b}`: sorted by key; an attribute that is only there to be there is its key alone."""
        self.write("{")
        for index, key in enumerate(sorted(entries)):
            if index:
                self.write(", ")
            self.write(self.key(key))
            value = entries[key]
            if getattr(value, "is_unit", False) is not True:
                self.write(" = ")
                self.attribute(value)
        self.write("}")

    def result_types(self, types: Sequence[Type]) -> None:
        """Writes the types after `->`: in parentheses unless there is exactly one that is not a function type."""
        start = len(self.parts)
        self.list(types)
        if len(types) != 1 or "".join(self.parts[start:]).startswith("("):
            self.parts.insert(start, "(")
            self.parts.append(")")

    def parameter(self, value: object) -> None:
        """Writes a parameter of an attribute without a form of its own; None is `_`."""
        match value:
            case None:
                self.write("_")
            case bool():
                self.write("true" if value else "false")
            case int():
                self.write(integer_text(value))
            case float():
                self.write(float_text(value, "f64"))
            case str():
                self.string(value)
            case enum.Enum():
                self.string(str(value.value))
            case tuple():
                self.write("[")
                for index, item in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
                    if index:
                        self.write(", ")
                    self.parameter(item)  # pyright: ignore[reportUnknownArgumentType]
                self.write("]")
            case AffineMap():
                self.write(f"affine_map<{value}>")
            case IntegerSet():
                self.write(f"affine_set<{value}>")
            case _ if hasattr(value, "print_parameters"):
                self.attribute(value)  # pyright: ignore[reportArgumentType] -- only attributes have that method
            case _:
                self.write(str(value))

    # -- words and numbers

    def string(self, text: str) -> None:
        """Writes a string in quotes, with MLIR's escapes."""
        self.write(quoted_string(text))

    def symbol(self, name: str) -> None:
        """Writes `@name`, or `@"a name"` when it is not a bare one."""
        self.write("@" + self.key(name))

    def key(self, name: str) -> str:
        """A name as a key: bare where possible, otherwise in quotes."""
        return name if is_bare_name(name) else quoted_string(name)

    def float_text(self, value: float, type: Any) -> str:
        """A number of a float type as upstream writes it: `1.000000e+00`; NaN and infinities as their bits."""
        return float_text(value, type.kind)

    def integer_text(self, value: int) -> str:
        """An integer in decimal; in hexadecimal where Python refuses decimal, beyond 4300 digits."""
        return integer_text(value)

    # -- constants

    def dense_elements(self, attribute: DenseElementsAttr) -> None:
        """Writes `dense<...> : type`, elided or in hexadecimal where the options ask for it."""
        array = attribute.array
        if self.elide_above is not None and not attribute.is_splat and array.size > self.elide_above:
            self.write("dense_resource<__elided__>")
        else:
            self.write("dense<")
            if not attribute.is_splat and array.size > self.hex_above:
                self.write(f'"0x{blob(array).hex().upper()}"')
            else:
                self.dense_literal(attribute)
            self.write(">")
        self.write(" : ")
        self.attribute(attribute.type)

    def dense_objects(self, attribute: DenseObjectElementsAttr) -> None:
        """Writes `dense<...> : type` with strings, or with integers of widths of their own."""
        values = attribute.values
        type: Any = attribute.type
        width: int | None = getattr(type.element_type, "width", None)
        if self.elide_above is not None and len(values) > self.elide_above:
            self.write("dense_resource<__elided__>")
        elif width is not None and len(values) > self.hex_above:
            size = (width + 7) // 8
            data = b"".join([(value & ((1 << width) - 1)).to_bytes(size, "little") for value in values])
            self.write(f'dense<"0x{data.hex().upper()}">')
        else:
            texts = [quoted_string(v) if isinstance(v, str) else integer_text(v) for v in values]
            self.write("dense<", texts[0] if len(texts) == 1 else _nested(texts, type.shape), ">")
        self.write(" : ")
        self.attribute(attribute.type)

    def dense_literal(self, attribute: DenseElementsAttr) -> None:
        """Writes the elements as nested lists; one element for a splat, nothing when there are none."""
        array = attribute.array
        if array.size == 0:
            return
        if attribute.is_splat:
            self.write(_element_texts(array[(0,) * array.ndim].reshape(1), attribute)[0])
            return
        self.write(_nested(_element_texts(array.reshape(-1), attribute), array.shape))

    def resource(self, attribute: DenseResourceAttr) -> None:
        """Writes `dense_resource<key>`, and remembers the array for `file_metadata`."""
        key = attribute.key
        if attribute.array is not None:
            number = 0
            while self.resources.get(key, attribute).array is not attribute.array:  # another array has this name
                number += 1
                key = f"{attribute.key}_{number}"
            self.resources[key] = attribute
        self.write(f"dense_resource<{self.key(key)}>")

    def file_metadata(self, external: ResourceSection | None = None) -> None:
        """Writes `{-# ... #-}`: the resources met so far, and `external` ones; nothing if there are none of either."""
        blobs: dict[str, str | bool] = {}
        for key, attribute in self.resources.items():
            array = attribute.array
            if array is not None:
                alignment = attribute.alignment or array.dtype.itemsize
                if array.size > 1 and not any(array.strides):  # one element for all
                    array = array[(0,) * array.ndim].reshape(1)
                blobs[key] = "0x" + (alignment.to_bytes(4, "little") + blob(array)).hex().upper()
        sections: dict[str, ResourceSection] = {"dialect": {"builtin": blobs}, "external": external or {}}
        texts: list[str] = []
        for kind, owners in sections.items():
            parts = [self._resources_of(owner, entries) for owner, entries in owners.items() if entries]
            if parts:
                texts.append(f"  {kind}_resources: {{\n" + ",\n".join(parts) + "\n  }")
        if texts:
            self.write("{-#\n", ",\n".join(texts), "\n#-}\n")

    def _resources_of(self, owner: str, entries: Mapping[str, str | bool]) -> str:
        lines: list[str] = []
        for key, value in entries.items():
            text = ("true" if value else "false") if isinstance(value, bool) else quoted_string(value)
            lines.append(f"      {self.key(key)}: {text}")
        return f"    {self.key(owner)}: {{\n" + ",\n".join(lines) + "\n    }"


def integer_text(value: int) -> str:
    """An integer in decimal; in hexadecimal where Python refuses decimal, beyond 4300 digits."""
    try:
        return str(value)
    except ValueError:
        return hex(value)


def blob(array: np.ndarray[Any, np.dtype[Any]]) -> bytes:
    """The elements as little-endian bytes, one byte at least for each; `i4` in the low bits."""
    if array.dtype.name in ("int4", "int2", "uint4", "uint2"):
        width = int(array.dtype.name[-1])
        return (array.astype("i1") & ((1 << width) - 1)).astype("u1").tobytes()
    return array.astype(array.dtype.newbyteorder("<")).tobytes() if array.dtype.byteorder == ">" else array.tobytes()


def _nested(texts: list[str], shape: Sequence[int]) -> str:
    """Elements as nested lists; nothing when there are none."""
    if not texts:
        return ""
    for size in reversed(shape):
        texts = ["[" + ", ".join(texts[i : i + size]) + "]" for i in range(0, len(texts), size)]
    return texts[0]


def _element_texts(flat: np.ndarray[Any, np.dtype[Any]], attribute: DenseElementsAttr) -> list[str]:
    element_type: Any = getattr(attribute.type, "element_type", None)
    if flat.dtype.kind == "c":
        part: str = element_type.element_type.kind
        return [f"({float_text(v.real, part)},{float_text(v.imag, part)})" for v in flat.tolist()]
    if flat.dtype.kind == "b":
        return ["true" if v else "false" for v in flat.tolist()]
    kind: str | None = getattr(element_type, "kind", None)
    if kind is None:
        return [str(int(v)) for v in flat.tolist()]
    import numpy as np

    with np.errstate(all="ignore"):  # signalling NaNs
        values = flat.astype("f8").tolist()
    texts = [float_text(v, kind) for v in values]
    for index, value in enumerate(values):
        if not math.isfinite(value):  # the bits as they are: a NaN keeps its payload
            texts[index] = f"0x{int.from_bytes(blob(flat[index : index + 1]), 'little'):X}"
    return texts


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
