"""The builtin attributes, as in MLIR: unit, integers, floats, strings, arrays, dictionaries, symbols and constants.

Op definitions read and write them as Python values (`op.axis == 1`); these classes are how they are stored, typed and
printed.
"""

from __future__ import annotations

import enum
import hashlib
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from couloir.ir.affine import IntegerSet
from couloir.ir.attribute import Attribute, Type
from couloir.ir.errors import Error
from couloir.ir.floats import round_float
from couloir.ir.integers import TracedInteger
from couloir.ir.types import (
    FloatType,
    IndexType,
    IntegerType,
    ShapedType,
    TensorType,
    dtype_of,
    f64,
    i1,
    i64,
    type_of_dtype,
)

if TYPE_CHECKING:
    import numpy as np

    from couloir.ir.text.attribute_printer import AttributePrinter

    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]


class UnitAttr(Attribute):
    """Says something by being there: `unit`, or a bare name in a dictionary."""

    is_unit: ClassVar = True

    def print(self, p: AttributePrinter) -> None:
        p.write("unit")


class IntegerAttr(Attribute):
    """An integer with its type: `3 : i64`, `true`. The value is kept as the type reads it: `255 : i8` is -1."""

    value: int
    type: Type = i64

    @classmethod
    def normalize(cls, value: int, type: Type) -> tuple[Any, ...]:
        if value.__class__ is not int and not isinstance(value, TracedInteger):
            value = int(value)
        if isinstance(type, IntegerType):
            width, minimum, maximum = type.width, type.minimum, type.maximum
        else:
            width, minimum, maximum = 64, -(1 << 63), (1 << 63) - 1
        if not minimum <= value <= maximum:
            signless = isinstance(type, IntegerType) and type.signedness == "signless"
            if not signless or not -(1 << max(width - 1, 0)) <= value < 1 << width:
                raise Error(f"the number does not fit into the {width} bits of `{type}`")
            value &= (1 << width) - 1  # a signless type has both readings of its bits
            if value > maximum:
                value -= 1 << width
        return value, type

    def verify_parameters(self) -> None:
        if not isinstance(self.type, IntegerType | IndexType):
            raise Error(f"an integer attribute has an integer or index type, not `{self.type}`")

    def print(self, p: AttributePrinter) -> None:
        if self.type is i1:
            p.write("true" if self.value else "false")
            return
        p.write(p.integer_text(self.value) + " : ")
        p.attribute(self.type)

    def print_in_list(self, p: AttributePrinter) -> None:
        if self.type is i64:
            p.write(p.integer_text(self.value))
        else:
            self.print(p)


class FloatAttr(Attribute):
    """A float with its type: `1.5 : f32`. The value is rounded to the type: equal attributes are equal numbers."""

    value: float
    type: Type = f64

    @classmethod
    def normalize(cls, value: float, type: Type) -> tuple[Any, ...]:
        if not isinstance(type, FloatType):
            raise Error(f"a float attribute has a float type, not `{type}`")
        return round_float(float(value), type.kind), type

    @classmethod
    def intern_key(cls, value: float, type: Type) -> object:
        return struct.pack("<d", value), type  # by bits: -0.0 is not 0.0, and a NaN is itself

    def print(self, p: AttributePrinter) -> None:
        p.write(p.float_text(self.value, self.type) + " : ")
        p.attribute(self.type)

    def print_in_list(self, p: AttributePrinter) -> None:
        if self.type is f64 and math.isfinite(self.value) and "." in (text := p.float_text(self.value, f64)):
            p.write(text)
        else:  # bits in hexadecimal would read as an integer
            self.print(p)


class StringAttr(Attribute):
    """A text: `"relu"`, perhaps with a type. Text that is not valid UTF-8 is kept with surrogate escapes."""

    value: str
    type: Type | None = None

    def print(self, p: AttributePrinter) -> None:
        p.string(self.value)
        if self.type is not None:
            p.write(" : ")
            p.attribute(self.type)


class ArrayAttr(Attribute):
    """A list of attributes: `[1, "a"]`. Iterates over them."""

    elements: tuple[Attribute, ...]

    @classmethod
    def normalize(cls, elements: Sequence[Attribute]) -> tuple[Any, ...]:
        return (tuple(elements),)

    def __iter__(self) -> Iterator[Attribute]:
        return iter(self.elements)

    def __len__(self) -> int:
        return len(self.elements)

    def __getitem__(self, index: int) -> Attribute:
        return self.elements[index]

    def print(self, p: AttributePrinter) -> None:
        p.write("[")
        p.list(self.elements)
        p.write("]")


class DictionaryAttr(Attribute):
    """Names to attributes, sorted by name: `{a = 1, b}`."""

    entries: tuple[tuple[str, Attribute], ...]

    @classmethod
    def normalize(cls, entries: Mapping[str, Attribute] | Sequence[tuple[str, Attribute]]) -> tuple[Any, ...]:
        pairs = entries.items() if isinstance(entries, Mapping) else entries
        return (tuple(sorted(pairs, key=lambda entry: entry[0])),)

    def get(self, key: str) -> Attribute | None:
        """The attribute called `key`, or None."""
        return next((value for name, value in self.entries if name == key), None)

    def as_dict(self) -> dict[str, Attribute]:
        """A fresh dict of the entries."""
        return dict(self.entries)

    def print(self, p: AttributePrinter) -> None:
        p.dictionary(dict(self.entries))


class SymbolRefAttr(Attribute):
    """The name of a symbol, perhaps nested: `@main`, `@kernels::@conv`."""

    root: str
    nested: tuple[str, ...] = ()

    @property
    def leaf(self) -> str:
        """The last name."""
        return self.nested[-1] if self.nested else self.root

    def print(self, p: AttributePrinter) -> None:
        p.symbol(self.root)
        for name in self.nested:
            p.write("::")
            p.symbol(name)


class DistinctAttr(Attribute):
    """An attribute that equals no other, whatever they refer to: `distinct[0]<"x">`. Texts number them as they come.

    `DistinctAttr(attribute)` makes a new one each time.
    """

    referenced: Attribute
    identity: object = None

    @classmethod
    def normalize(cls, referenced: Attribute, identity: object) -> tuple[Any, ...]:
        return referenced, object() if identity is None else identity

    def print(self, p: AttributePrinter) -> None:
        p.write(f"distinct[{p.distinct_number(self)}]<")
        if not isinstance(self.referenced, UnitAttr):
            p.attribute(self.referenced)
        p.write(">")


class IntegerSetAttr(Attribute):
    """An integer set: `affine_set<(d0) : (d0 >= 0)>`."""

    set: IntegerSet

    def print(self, p: AttributePrinter) -> None:
        p.write(f"affine_set<{self.set}>")


class DenseArrayAttr(Attribute):
    """A flat list of integers, bools or floats of one type: `array<i64: 1, 2>`. Iterates over Python numbers."""

    element_type: Type
    values: tuple[Any, ...]

    @classmethod
    def normalize(cls, element_type: Type, values: Sequence[Any]) -> tuple[Any, ...]:
        if isinstance(element_type, FloatType):
            return element_type, tuple(round_float(float(v), element_type.kind) for v in values)
        if element_type is i1:
            return element_type, tuple(map(bool, values))
        return element_type, tuple([v if isinstance(v, TracedInteger) else int(v) for v in values])

    @classmethod
    def intern_key(cls, element_type: Type, values: tuple[Any, ...]) -> object:
        is_float = isinstance(element_type, FloatType)
        return element_type, struct.pack(f"<{len(values)}d", *values) if is_float else values

    def verify_parameters(self) -> None:
        if not isinstance(self.element_type, IntegerType | FloatType):
            raise Error(f"`array<...>` holds integers or floats, not `{self.element_type}`")
        width = self.element_type.width
        if (width % 8 and width != 1) or not width:
            raise Error(f"`array<...>` holds numbers of whole bytes, or bits, not `{self.element_type}`")
        if isinstance(self.element_type, IntegerType):
            for value in self.values:
                if not self.element_type.minimum <= value <= self.element_type.maximum:
                    raise Error(f"{value} does not fit into `{self.element_type}`")

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def print(self, p: AttributePrinter) -> None:
        p.write("array<")
        p.attribute(self.element_type)
        if self.values:
            p.write(": ")
        if isinstance(self.element_type, FloatType):
            p.write(", ".join(p.float_text(v, self.element_type) for v in self.values))
        else:
            p.write(", ".join(str(v).lower() for v in self.values))
        p.write(">")


class DenseElementsAttr(Attribute):
    """A constant tensor or vector: `dense<[1, 2]> : tensor<2xi32>`.

    `array` is a read-only NumPy array of the type's shape and of `dtype_of(type.element_type)`. A splat, one value for
    every element, is stored as one element with strides of zero, whatever the size. Two constants with the same bits
    are the same object.
    """

    type: Type
    array: Array

    @classmethod
    def normalize(cls, type: Type, array: Any) -> tuple[Any, ...]:
        import numpy as np

        if not isinstance(type, ShapedType):
            raise Error(f"`dense<...>` has a tensor, vector or memref type, not `{type}`")
        dtype = dtype_of(type.element_type)
        data: Array = np.asarray(array) if hasattr(array, "dtype") else np.asarray(array, dtype=dtype)
        if data.dtype != dtype:
            raise Error(f"the elements of `{type}` are `{dtype}`, not `{data.dtype}`")
        if data.shape != tuple(map(int, type.shape)):
            raise Error(f"`{type}` needs an array of shape {type.shape}, not {data.shape}")
        if data.size > 1 and (not any(data.strides) or _same_everywhere(data)):
            data = np.broadcast_to(data[(0,) * data.ndim], data.shape)
        elif data.flags.writeable or not data.flags.c_contiguous:
            data = np.array(data, order="C")  # a private copy: nobody can change it from outside
        data.flags.writeable = False
        return type, data

    @classmethod
    def intern_key(cls, type: Type, array: Array) -> object:
        if array.size > 1 and not any(array.strides):
            return type, "splat", array[(0,) * array.ndim].tobytes()
        if array.nbytes <= 64:
            return type, array.tobytes()
        return type, hashlib.blake2b(array.reshape(-1).view("u1").data, digest_size=20).digest()

    @classmethod
    def from_numpy(cls, array: Any, element_type: Type | None = None) -> DenseElementsAttr:
        """The constant tensor with the elements of `array`; the element type follows from the dtype unless given."""
        import numpy as np

        data = np.asarray(array)
        return cls(TensorType(data.shape, element_type or type_of_dtype(data.dtype)), data)

    @classmethod
    def splat(cls, type: Type, value: Any) -> DenseElementsAttr:
        """A tensor whose elements are all `value`; needs no memory for them."""
        import numpy as np

        if not isinstance(type, ShapedType):
            raise Error(f"a splat has a tensor or vector type, not `{type}`")
        scalar = np.asarray(value).astype(dtype_of(type.element_type))
        return cls(type, np.broadcast_to(scalar, tuple(map(int, type.shape))))

    @property
    def is_splat(self) -> bool:
        """Whether it is stored as one value for all elements (a single element counts)."""
        return self.array.size == 1 or (self.array.size > 1 and not any(self.array.strides))

    def print(self, p: AttributePrinter) -> None:
        p.dense_elements(self)


class DenseObjectElementsAttr(Attribute):
    """A constant whose elements no NumPy dtype holds: strings, and integers of other widths than NumPy's.

    `values` has the elements in order, as str or int; one value stands for all of them.
    """

    type: Type
    values: tuple[Any, ...]

    @classmethod
    def normalize(cls, type: Type, values: Sequence[Any]) -> tuple[Any, ...]:
        if not isinstance(type, ShapedType):
            raise Error(f"`dense<...>` has a tensor, vector or memref type, not `{type}`")
        kept = tuple(values)
        if len(kept) not in (type.size, 1) or not (kept or type.size == 0):
            raise Error(f"`{type}` has {type.size} elements, not {len(kept)}")
        return type, kept[:1] if kept and kept.count(kept[0]) == len(kept) else kept

    def verify_parameters(self) -> None:
        element: Type = self.type.element_type  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        kind = int if isinstance(element, IntegerType) else str
        for value in self.values:
            if not isinstance(value, kind):
                raise Error(f"`{value!r}` is no element of `{self.type}`")
            if isinstance(element, IntegerType) and not element.minimum <= value <= element.maximum:  # pyright: ignore[reportOperatorIssue]
                raise Error(f"{value} does not fit into `{element}`")

    @property
    def is_splat(self) -> bool:
        """Whether one value stands for all elements."""
        return len(self.values) == 1

    def print(self, p: AttributePrinter) -> None:
        p.dense_objects(self)


def _same_everywhere(array: Array) -> bool:
    """Whether all elements have the same bits."""
    if array[(0,) * array.ndim].tobytes() != array[(-1,) * array.ndim].tobytes():  # most constants end here
        return False
    data = array if array.flags.c_contiguous else array.copy(order="C")
    rows = data.reshape(-1).view("u1").reshape(array.size, -1)
    return bool((rows == rows[0]).all())


class DenseResourceAttr(Attribute):
    """A constant whose bytes stand beside the text: `dense_resource<weights> : tensor<64x3x7x7xf32>`."""

    key: str
    type: Type
    array: Array | None = None
    """The elements, when the text came with the resource."""
    alignment: int | None = None
    """What the text says of the address of its bytes; None for the size of an element."""

    @classmethod
    def intern_key(cls, key: str, type: Type, array: Array | None, alignment: int | None) -> object:
        data = None if array is None else hashlib.blake2b(array.tobytes(), digest_size=20).digest()
        return key, type, data, alignment

    def print(self, p: AttributePrinter) -> None:
        p.resource(self)
        p.write(" : ")
        p.attribute(self.type)


class SparseElementsAttr(Attribute):
    """A constant tensor given by its nonzero elements: `sparse<[[0, 0]], [1.0]> : tensor<2x2xf32>`."""

    type: Type
    indices: DenseElementsAttr
    values: DenseElementsAttr

    def print(self, p: AttributePrinter) -> None:
        p.write("sparse<")
        if self.values.array.size:
            p.dense_literal(self.indices)
            p.write(", ")
            p.dense_literal(self.values)
        p.write("> : ")
        p.attribute(self.type)


class EnumAttr(Attribute):
    """A member of a Python enum as an attribute: `#stablehlo<comparison_direction LT>`.

    The enum class says how it is written: decorate it with `enum_attribute`. The text of a member is its value.
    """

    member: enum.Enum

    def print(self, p: AttributePrinter) -> None:
        p.write(ENUM_SYNTAX[type(self.member)].text(str(self.member.value)))


class EnumSyntax:
    """How the members of an enum are written."""

    __slots__ = ("bracketed", "dialect", "mnemonic")

    def __init__(self, name: str, bracketed: bool) -> None:
        self.dialect, _, self.mnemonic = name.partition(".")
        self.bracketed = bracketed

    def text(self, value: str) -> str:
        """The attribute's text for a member's value."""
        inside = f"<{value}>" if self.bracketed else f" {value}"
        return (
            f"#{self.dialect}.{self.mnemonic}{inside}"
            if self.bracketed
            else f"#{self.dialect}<{self.mnemonic}{inside}>"
        )


ENUM_SYNTAX: Final[dict[type[enum.Enum], EnumSyntax]] = {}
ENUMS: Final[dict[str, type[enum.Enum]]] = {}


def enum_attribute(name: str, *, bracketed: bool = True) -> Any:
    """Class decorator: members of this enum are attributes called `name`.

    Bracketed they are written `#arith.fastmath<fast>`, otherwise `#stablehlo<comparison_direction LT>`.
    """

    def register(cls: type[enum.Enum]) -> type[enum.Enum]:
        ENUM_SYNTAX[cls] = EnumSyntax(name, bracketed)
        ENUMS[name] = cls
        return cls

    return register


UNIT: Final = UnitAttr()
TRUE: Final = IntegerAttr(1, i1)
FALSE: Final = IntegerAttr(0, i1)
