"""Reading constants: `dense<[[1, 2], [3, 4]]>`, `dense<"0x0A00...">`, `sparse<...>`, `array<i64: 1, 2>`, resources.

Lists of numbers are read as a whole, never element by element in Python and never recursively: brackets and commas, all
else removed, must be exactly those that the type's shape asks for; then the numbers stand between commas.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.ir.attributes import DenseArrayAttr, DenseElementsAttr, DenseObjectElementsAttr, SparseElementsAttr
from couloir.ir.errors import Error
from couloir.ir.floats import float_dtype, float_from_bits
from couloir.ir.limits import NUMPY_MAX_RANK
from couloir.ir.text.lexer import STRING
from couloir.ir.types import (
    ComplexType,
    FloatType,
    IndexType,
    IntegerType,
    ShapedType,
    TensorType,
    dtype_of,
    i1,
    i64,
)

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np

    from couloir.ir.attribute import Type
    from couloir.ir.text.attribute_parser import AttributeParser

    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

_BODY: Final = re.compile(r'(?:[^<>"/@#!%^={}]++|//[^\n]*+)*+')
_BODY_WITH_STRINGS: Final = re.compile(rf'(?:[^<>"/@#!%^={{}}]++|//[^\n]*+|{STRING})*+')
_STRING: Final = re.compile(STRING)
_STRING_OR_COMMENT: Final = re.compile(rf"{STRING}|//[^\n]*")
_NUMPY_WIDTHS: Final = (1, 2, 4, 8, 16, 32, 64)
_COMMENT: Final = re.compile(r"//[^\n]*")
_HEX: Final = re.compile(r"0x[0-9A-Fa-f]*+")
_INTEGER: Final = re.compile(rb"\s*(-?)\s*(0x[0-9A-Fa-f]+|[0-9]+)\s*")
_FLOAT: Final = re.compile(rb"\s*(-?)\s*(?:(0x[0-9A-Fa-f]+)|([0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?))\s*")
_COMPLEX: Final = re.compile(rb"\(([^(),;]*),([^(),;]*)\)")
_ELEMENT: Final = re.compile(r"\([^()]*\)|[^\s,\[\]()][^,\[\]()]*")
_MISPLACED: Final = re.compile(rb"[^\s\[,]\s*+\[|\]\s*+[^\s\],]")
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[],"))
_BRACKETS_TO_SPACES: Final = bytes.maketrans(b"[]", b"  ")
_NOT_DECIMAL: Final = re.compile(r"[^0-9.eE+\-,\[\]() \t\r\n]")
_MAX_BYTES: Final = 1 << 62


@attrs.frozen
class Literal:
    """What stands between `<` and `>` of a constant, and where it begins; `strings` if strings are among it."""

    text: str
    start: int
    strings: bool = False

    def error(self, p: AttributeParser, message: str, index: int | None = None, hint: str | None = None) -> Error:
        """An error at the literal, or at its element number `index`."""
        at = self.start
        if index is not None and "//" not in self.text and not self.strings:
            for number, found in enumerate(_ELEMENT.finditer(self.text)):
                if number == index:
                    at += found.start()
                    break
        return p.error(message, at=at, hint=hint)


def parse_dense(p: AttributeParser, expected: Type | None) -> DenseElementsAttr | DenseObjectElementsAttr:
    """Reads `<...> : type` after the word `dense`."""
    p.expect("<")
    literal = read_literal(p)
    p.expect(">")
    type = shaped_type(p, expected)
    if not isinstance(type.element_type, IntegerType | FloatType | IndexType | ComplexType):
        strings = p.checked(literal.start, lambda: _string_values(p, literal, type))
        return p.checked(literal.start, lambda: DenseObjectElementsAttr(type, tuple(strings)))
    element = type.element_type
    if isinstance(element, IntegerType) and element.width not in _NUMPY_WIDTHS:
        numbers = p.checked(literal.start, _wide_values, p, literal, type, element)
        return p.checked(literal.start, lambda: DenseObjectElementsAttr(type, tuple(numbers)))
    array = p.checked(literal.start, lambda: literal_array(p, literal, type))
    return p.checked(literal.start, lambda: DenseElementsAttr(type, array))


def shaped_type(p: AttributeParser, expected: Type | None) -> ShapedType:
    """Reads `: type` of a constant unless the type is known, and checks that it has a shape that memory can hold."""
    start = p.position
    if expected is None:
        p.expect(":")
        start = p.position
        expected = p.type()
    if not isinstance(expected, ShapedType):
        raise p.error(f"a constant has a tensor, vector or memref type, not `{expected}`", at=start)
    if not expected.is_static:
        raise p.error(f"a constant has a static shape, not `{expected}`", at=start)
    if expected.rank > NUMPY_MAX_RANK:
        raise p.error(f"a constant has at most {NUMPY_MAX_RANK} dimensions, not {expected.rank}", at=start)
    return expected


def read_literal(p: AttributeParser) -> Literal:
    """Reads up to the `>` of a constant, without looking inside."""
    start = p.position
    found = _BODY.match(p.text, start, p.length)
    text = found[0] if found else ""
    if p.text[start + len(text)] == '"':
        found = _BODY_WITH_STRINGS.match(p.text, start, p.length)
        text = found[0] if found else ""
        p.skip_to(start + len(text))
        return Literal(text.strip(), start, strings=True)
    p.skip_to(start + len(text))
    return Literal(_COMMENT.sub("", text) if "//" in text else text, start)


def _blob(p: AttributeParser, literal: Literal) -> bytes | None:
    """The bytes of a literal that is one string of hexadecimal digits; None for one without strings."""
    if not literal.strings:
        return None
    digits = literal.text[1:-1]
    if not _HEX.fullmatch(digits) or len(digits) % 2:
        raise literal.error(p, "the string of a constant of numbers is `0x` and an even number of hexadecimal digits")
    return bytes.fromhex(digits[2:])


def _string_values(p: AttributeParser, literal: Literal, type: ShapedType) -> list[str]:
    """The elements of a constant of strings; one for a splat."""
    text = _STRING_OR_COMMENT.sub(lambda part: part[0] if part[0][0] == '"' else "", literal.text)
    found = _STRING.findall(text)
    outside = _STRING.sub('"', text)
    if outside.strip('"[], \t\r\n'):
        raise literal.error(p, f"the elements of `{type}` are strings")
    values = [p.unquoted(part, literal.start) for part in found]
    if len(values) == 1 and outside.strip() == '"':
        return values if type.size else []
    data = outside.strip().replace('"', "0").encode("ascii")
    if data or type.size:
        _check_brackets(p, literal, data, type.shape)
    return values


def _wide_values(p: AttributeParser, literal: Literal, type: ShapedType, element: IntegerType) -> list[int]:
    """The elements of a constant of integers that no dtype holds; one for a splat."""
    blob = _blob(p, literal)
    if blob is not None:
        size = (element.width + 7) // 8
        if not size or len(blob) not in (size, size * type.size):
            raise literal.error(p, f"`{type}` has {type.size} elements of {size} bytes, not {len(blob)} bytes")
        high = 1 << element.width
        found = [int.from_bytes(blob[i : i + size], "little") % high for i in range(0, len(blob), size)]
        return [value - high if value > element.maximum else value for value in found]
    data = _bytes(p, literal)
    if not data:
        if type.size:
            raise literal.error(p, f"no elements are given, but `{type}` has {type.size}")
        return []
    if b"[" not in data and b"]" not in data:
        if b"," in data:
            raise literal.error(p, "one element or a list in brackets is expected")
        return _integer_values(p, literal, [data], element) if type.size else []
    _check_brackets(p, literal, data, type.shape)
    return _integer_values(p, literal, data.translate(_BRACKETS_TO_SPACES).split(b","), element) if type.size else []


def literal_array(p: AttributeParser, literal: Literal, type: ShapedType) -> Array:
    """The elements of a literal in the shape of `type`; a splat is one element with strides of zero."""
    import numpy as np

    dtype = dtype_of(type.element_type)
    size = type.size
    if math.prod(max(dim, 1) for dim in type.shape) * dtype.itemsize > _MAX_BYTES:  # NumPy's own bound, zeros left out
        raise literal.error(p, f"no memory holds a constant of type `{type}`")
    empty = (
        np.broadcast_to(np.zeros((), dtype), type.shape) if size == 0 else None
    )  # `np.empty((0, 2**40))` is 2^40 bytes
    blob = _blob(p, literal)
    if blob is not None:
        return blob_array(blob, type)
    data = _bytes(p, literal)
    if not data:
        if empty is None:
            raise literal.error(p, f"no elements are given, but `{type}` has {size}")
        return empty
    if isinstance(type.element_type, ComplexType):
        data = _COMPLEX.sub(rb"\1;\2", data)
    if b"[" not in data and b"]" not in data:
        scalar = _numbers(p, literal, data.split(b","), type.element_type)
        if scalar.size != 1:
            raise literal.error(p, "one element or a list in brackets is expected")
        return np.broadcast_to(scalar[0], type.shape)
    _check_brackets(p, literal, data, type.shape)
    if empty is not None:
        return empty
    parts = data.translate(_BRACKETS_TO_SPACES).split(b",")
    return _numbers(p, literal, parts, type.element_type).reshape(type.shape)


def blob_array(blob: bytes, type: ShapedType) -> Array:
    """The elements from little-endian bytes, one byte at least for each: all of them, or one for all.

    Raises:
        Error: if there are more or fewer bytes.
    """
    import numpy as np

    dtype = dtype_of(type.element_type)
    size = type.size
    if len(blob) not in (size * dtype.itemsize, dtype.itemsize):
        raise Error(
            f"`{type}` has {size * dtype.itemsize} bytes of data, or {dtype.itemsize} for a splat, not {len(blob)}"
        )
    narrow = _width(type.element_type)
    if dtype.name == "bool":
        flat = np.frombuffer(blob, "u1") != 0
    elif narrow < 8 and isinstance(type.element_type, IntegerType):
        low = np.frombuffer(blob, "u1") & ((1 << narrow) - 1)
        sign = 1 << (narrow - 1) if type.element_type.is_signed else 0
        flat = ((low ^ sign).astype("i1") - np.int8(sign)).astype(dtype)
    elif narrow < 8:
        flat = (np.frombuffer(blob, "u1") & np.uint8((1 << narrow) - 1)).view(dtype)
    else:
        flat = np.frombuffer(blob, dtype if dtype.isbuiltin != 1 else dtype.newbyteorder("<"))
        flat = flat.astype(dtype, copy=False)
    if flat.size == 1 and size != 1:
        return np.broadcast_to(flat[0], type.shape)
    return flat.reshape(type.shape)


def parse_dense_array(p: AttributeParser) -> DenseArrayAttr:
    """Reads `<i64: 1, 2>` after the word `array`."""
    p.expect("<")
    start = p.position
    element_type = p.type()
    if not isinstance(element_type, IntegerType | FloatType):
        raise p.error(f"`array<...>` holds integers or floats, not `{element_type}`", at=start)
    values: list[Any] = []
    if p.optional(":"):
        literal = read_literal(p)
        data = _bytes(p, literal)
        if b"[" in data or b"]" in data or literal.strings:
            raise literal.error(p, "the elements of `array<...>` are a flat list of numbers")
        if data:
            parts = data.split(b",")
            if isinstance(element_type, FloatType):
                values = _float_values(p, literal, parts, element_type)[0]
            else:
                values = _integer_values(p, literal, parts, element_type)
    p.expect(">")
    return p.checked(start, lambda: DenseArrayAttr(element_type, tuple(values)))


def parse_sparse(p: AttributeParser, expected: Type | None) -> SparseElementsAttr:
    """Reads `<indices, values> : type` after the word `sparse`."""
    p.expect("<")
    literal = read_literal(p)
    p.expect(">")
    type = shaped_type(p, expected)
    if not type.rank:
        raise literal.error(p, f"`{type}` has no dimensions to index")
    cut = _first_list_end(literal.text)
    left, comma, right = literal.text[:cut], literal.text[cut : cut + 1], literal.text[cut + 1 :]
    if literal.strings or (not comma and left.strip()):
        raise literal.error(p, "`sparse<...>` is a list of indices, a comma, and a list of values")
    indices = _sparse_part(p, Literal(left, literal.start), i64, (1, type.rank), (0, type.rank))
    values = _sparse_part(p, Literal(right, literal.start + cut + 1), type.element_type, (indices.type.dims[0],), (0,))
    flat = indices.type.shape == values.type.shape and type.rank == 1
    if not flat and indices.type.shape != (*values.type.shape, type.rank):
        raise literal.error(
            p, f"indices of shape {indices.type.shape} do not address {values.type.shape[0]} elements of `{type}`"
        )
    bounds = type.shape if not flat else type.shape[0]
    if (indices.array < 0).any() or (indices.array >= bounds).any():
        raise literal.error(p, f"an index lies outside of `{type}`")
    return p.checked(literal.start, lambda: SparseElementsAttr(type, indices, values))


def _first_list_end(text: str) -> int:
    """Offset of the comma after the first element or nested list."""
    depth = 0
    for found in re.finditer(r"[\[\](),]", text):
        if found[0] in "[(":
            depth += 1
        elif found[0] in "])":
            depth -= 1
        elif depth == 0:
            return found.start()
    return len(text)


def _sparse_part(p: AttributeParser, literal: Literal, element_type: Type, scalar_shape: Any, empty_shape: Any) -> Any:
    data = _bytes(p, literal)
    if isinstance(element_type, ComplexType):
        data = _COMPLEX.sub(rb"0", data)
    shape = _list_shape(data.translate(None, _NOT_BRACKETS)) if b"[" in data else scalar_shape
    if shape is None:
        raise literal.error(p, "the lists of this literal differ in length or are not closed")
    if data in (b"", b"[]"):
        shape = empty_shape
        literal = attrs.evolve(literal, text="")
    type = TensorType(shape, element_type)
    return DenseElementsAttr(type, p.checked(literal.start, lambda: literal_array(p, literal, type)))


# -- structure


def _bytes(p: AttributeParser, literal: Literal) -> bytes:
    try:
        return literal.text.strip().encode("ascii")
    except UnicodeEncodeError as error:
        raise p.error("this character cannot stand in a constant", at=literal.start + error.start) from None


def _check_brackets(p: AttributeParser, literal: Literal, data: bytes, shape: tuple[int, ...]) -> None:
    skeleton = data.translate(None, _NOT_BRACKETS)
    if 0 in shape:  # nothing is nested in an empty list, however long the dimensions after it
        shape = shape[: shape.index(0) + 1]
    if _skeleton_length(shape) != len(skeleton) or _skeleton(shape) != skeleton:
        found = _list_shape(skeleton)
        what = "the lists of this literal differ in length or are not closed" if found is None else ""
        raise literal.error(p, what or f"the literal has shape {list(found or ())}, its type has {list(shape)}")
    if _MISPLACED.search(data) or (0 in shape and data.translate(None, b"[], \t\r\n")):
        raise literal.error(p, "commas are missing between the elements of this literal")


def _skeleton_length(shape: tuple[int, ...]) -> int:
    length = 0
    for dim in reversed(shape):
        length = dim * length + max(dim - 1, 0) + 2
    return length


def _skeleton(shape: tuple[int, ...]) -> bytes:
    """The brackets and commas of a nested list: `[[,],[,]]` for shape (2, 2)."""
    text = b""
    for dim in reversed(shape):
        text = b"[" + b",".join([text] * dim) + b"]"
    return text


def _list_shape(skeleton: bytes) -> tuple[int, ...] | None:
    """The shape of a nested list by its brackets and commas; None when it is not regular."""
    dims: list[int] = []
    opening = len(skeleton) - len(skeleton.lstrip(b"["))
    if opening > NUMPY_MAX_RANK:
        return None
    text = skeleton
    for _ in range(opening):
        inner = text[text.rfind(b"[", 0, text.find(b"]")) : text.find(b"]") + 1]
        if not inner:
            return None
        # An empty list and a list of one element look alike here; only one at the end can be empty.
        dims.append(len(inner) - 1)
        text = text.replace(inner, b"")
    return tuple(reversed(dims)) if not text else None


# -- numbers


def _width(type: Type) -> int:
    return type.width if isinstance(type, IntegerType | FloatType) else 64


def _numbers(p: AttributeParser, literal: Literal, parts: list[bytes], type: Type) -> Array:
    """The elements, one-dimensional, in the dtype of `type`."""
    import numpy as np

    dtype = dtype_of(type)
    match type:
        case IntegerType() | IndexType():
            values = _integer_values(p, literal, parts, type)
            return np.array(values, np.int64 if 1 < _width(type) < 8 else dtype).astype(dtype, copy=False)
        case FloatType():
            return _float_array(p, literal, parts, type)
        case ComplexType(element_type=FloatType() as part):
            pairs = [number for element in parts for number in element.split(b";")]
            if len(pairs) != 2 * len(parts) or any(element.count(b";") != 1 for element in parts):
                raise literal.error(p, f"an element of `{type}` is written `(real, imaginary)`")
            return _float_array(p, literal, pairs, part).view(dtype)
        case _:
            raise literal.error(p, f"constants of `{type}` are not supported")


def _integer_values(
    p: AttributeParser, literal: Literal, parts: list[bytes], type: IntegerType | IndexType
) -> list[int]:
    try:
        values = list(map(int, parts))
    except ValueError:
        values = [_integer(p, literal, part, index, type) for index, part in enumerate(parts)]
    else:
        if any(sign in literal.text for sign in "+_"):  # Python reads them, MLIR does not
            values = [_integer(p, literal, part, index, type) for index, part in enumerate(parts)]
    low, high = _bounds(type)
    if min(values) < low or max(values) > high:
        index = next(i for i, value in enumerate(values) if not low <= value <= high)
        raise literal.error(p, f"this number does not fit into `{type}`", index)
    signed_high = type.maximum if isinstance(type, IntegerType) else (1 << 63) - 1
    if max(values) > signed_high or (type is i1 and min(values) < 0):
        width = _width(type)
        values = [
            value - (1 << width) if value > signed_high else value & 1 if type is i1 else value for value in values
        ]
    return values


def _bounds(type: IntegerType | IndexType) -> tuple[int, int]:
    """The numbers that may be written: signless types take both readings of their bits."""
    if isinstance(type, IndexType):
        return -(1 << 63), (1 << 63) - 1
    if type.signedness != "signless":
        return type.minimum, type.maximum
    width = _width(type)
    return -(1 << max(width - 1, 0)) if width else 0, (1 << width) - 1


def _integer(p: AttributeParser, literal: Literal, part: bytes, index: int, type: Type) -> int:
    word = part.strip()
    if isinstance(type, IntegerType) and type.width == 1 and word in (b"true", b"false"):
        return (type.minimum or type.maximum) if word == b"true" else 0  # true is -1 in `si1`
    found = _INTEGER.fullmatch(part)
    if found is None:
        shown = part.strip().decode()[:40]
        raise literal.error(p, f"expected an integer, found `{shown}`" if shown else "an element is missing", index)
    value = p.integer_value(found[2].decode(), literal.start)
    return -value if found[1] else value


def _float_array(p: AttributeParser, literal: Literal, parts: list[bytes], type: FloatType) -> Array:
    import numpy as np

    values, patches = _float_values(p, literal, parts, type)
    dtype = dtype_of(type)
    with np.errstate(all="ignore"):
        array = np.array(values, np.float64).astype(dtype)
    for index, bits in patches.items():  # as bits: a NaN keeps its payload
        array[index : index + 1] = np.frombuffer(bits.to_bytes(dtype.itemsize, "little"), dtype)
    return array


def _float_values(
    p: AttributeParser, literal: Literal, parts: list[bytes], type: FloatType
) -> tuple[list[float], dict[int, int]]:
    """The numbers, and the bits of those that are given as bits."""
    text = literal.text
    if text.count(".") == len(parts) and not _NOT_DECIMAL.search(text):
        try:
            return list(map(float, parts)), {}
        except ValueError:
            pass
    values: list[float] = []
    patches: dict[int, int] = {}
    for index, part in enumerate(parts):
        found = _FLOAT.fullmatch(part)
        if found is None:
            raise _float_error(p, literal, part, index)
        if found[2]:
            bits = int(found[2], 16)
            if found[1] or bits >> type.width:
                raise literal.error(p, f"`{type}` has {type.width} bits, and no sign before them", index)
            patches[index] = bits
            values.append(p.checked(literal.start, float_from_bits, bits, type.kind))
        else:
            values.append(-float(found[3]) if found[1] else float(found[3]))
    return values, patches if float_dtype(type.kind) is not None else {}


def _float_error(p: AttributeParser, literal: Literal, part: bytes, index: int) -> Error:
    shown = part.strip().decode()[:40]
    hint = f"write `{shown}.0`" if re.fullmatch(r"-?[0-9]+", shown) else None
    return literal.error(p, f"expected a float, found `{shown}`" if shown else "an element is missing", index, hint)
