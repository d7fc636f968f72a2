"""The builtin types, as in MLIR: integers, floats, index, complex, tuples, functions, tensors, memrefs and vectors.

Dimensions: `dims` is a tuple of int, with None for one that is not known before the program runs (`?` in the text).
`shape` is the same for a static type, and an error for a dynamic one, so that nobody computes with a size that is not
there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeAlias

from couloir.ir.attribute import Attribute, Type
from couloir.ir.errors import Error, nearest
from couloir.ir.floats import FLOATS, float_dtype
from couloir.ir.integers import whole

if TYPE_CHECKING:
    import numpy as np

    from couloir.ir.affine import AffineMap
    from couloir.ir.text.attribute_printer import AttributePrinter

Dim: TypeAlias = "int | None"
Signedness: TypeAlias = Literal["signless", "signed", "unsigned"]

MAX_RANK: Final = 1024
MAX_DIM: Final = 2**63 - 1


class IntegerType(Type):
    """An integer of `width` bits: `i32` (signless), `si32`, `ui32`. Source: MLIR builtin dialect, IntegerType."""

    width: int
    signedness: Signedness = "signless"

    _PREFIX: ClassVar = {"signless": "i", "signed": "si", "unsigned": "ui"}

    def verify_parameters(self) -> None:
        if not 0 <= self.width < 2**24:
            raise Error(f"an integer type has 0 to {2**24 - 1} bits, not {self.width}")
        if self.signedness not in self._PREFIX:
            raise Error(f"signedness is signless, signed or unsigned, not `{self.signedness}`")

    @property
    def is_signed(self) -> bool:
        """Whether values are read as two's complement: everything but `ui` (StableHLO's reading of signless)."""
        return self.signedness != "unsigned"

    @property
    def minimum(self) -> int:
        """The least value: 0 for unsigned types and i1."""
        return -(1 << (self.width - 1)) if self._has_sign_bit else 0

    @property
    def maximum(self) -> int:
        """The greatest value: 1 for i1."""
        return (1 << (self.width - 1 if self._has_sign_bit else self.width)) - 1

    @property
    def _has_sign_bit(self) -> bool:
        """Whether the highest bit counts negative. The bit of `i1` is a truth value; the bit of `si1` is 0 or -1."""
        return self.is_signed and self.width > (0 if self.signedness == "signed" else 1)

    def print(self, p: AttributePrinter) -> None:
        p.write(f"{self._PREFIX[self.signedness]}{self.width}")


class FloatType(Type):
    """A float type by its MLIR name: `f32`, `bf16`, `f8E4M3FN`. Source: MLIR builtin dialect, Float*Type."""

    kind: str

    def verify_parameters(self) -> None:
        if self.kind not in FLOATS:
            raise Error(f"there is no float type `{self.kind}`", hint=nearest(self.kind, list(FLOATS)))

    @property
    def width(self) -> int:
        """Bits of a value."""
        return FLOATS[self.kind][0]

    def print(self, p: AttributePrinter) -> None:
        p.write(self.kind)


class IndexType(Type):
    """An integer of the machine's width, for sizes and positions: `index`."""

    def print(self, p: AttributePrinter) -> None:
        p.write("index")


class NoneType(Type):
    """The type with one value: `none`."""

    def print(self, p: AttributePrinter) -> None:
        p.write("none")


class ComplexType(Type):
    """A complex number: `complex<f32>`."""

    element_type: Type

    def print(self, p: AttributePrinter) -> None:
        p.write("complex<")
        p.attribute(self.element_type)
        p.write(">")


class TupleType(Type):
    """A fixed list of types: `tuple<i32, f32>`."""

    types: tuple[Type, ...]

    @classmethod
    def normalize(cls, types: Sequence[Type]) -> tuple[Any, ...]:
        return (tuple(types),)

    def print(self, p: AttributePrinter) -> None:
        p.write("tuple<")
        p.list(self.types)
        p.write(">")


class FunctionType(Type):
    """From inputs to results: `(i32, f32) -> i1`."""

    inputs: Sequence[Type]
    results: Sequence[Type]

    @classmethod
    def normalize(cls, inputs: Sequence[Type], results: Sequence[Type]) -> tuple[Any, ...]:
        return tuple(inputs), tuple(results)

    def print(self, p: AttributePrinter) -> None:
        p.write("(")
        p.list(self.inputs)
        p.write(") -> ")
        p.result_types(self.results)


class UnknownShape(Error):
    """A shape is asked for that is known only when the program runs. A rule that asks does not apply there."""

    @property
    def reason(self) -> str:
        """Why not, as `NoMatch` has it."""
        return self.message


class ShapedType(Type):
    """Base of the types with dimensions and an element type."""

    dims: tuple[Dim, ...]
    element_type: Type

    @property
    def rank(self) -> int:
        """Number of dimensions."""
        return len(self.dims)

    @property
    def is_static(self) -> bool:
        """Whether every dimension is known."""
        return None not in self.dims

    @property
    def shape(self) -> tuple[int, ...]:
        """The dimensions of a static type. Raises `couloir.Error` for a dynamic one."""
        if None in self.dims:
            raise UnknownShape(
                f"the shape of `{self}` is not known before it runs", hint="use `dims`, or bind the dynamic dimensions"
            )
        return self.dims  # pyright: ignore[reportReturnType] -- None is excluded above

    @property
    def size(self) -> int:
        """Number of elements of a static type."""
        count = 1
        for dim in self.shape:
            count *= dim
        return count

    def with_dims(self, dims: Sequence[Dim]) -> Any:
        """The same type with other dimensions."""
        values: dict[str, Any] = {p: getattr(self, p) for p in type(self).parameters}
        values["dims"] = tuple(dims)
        return type(self)(**values)

    def with_element_type(self, element_type: Type) -> Any:
        """The same type with another element type."""
        values: dict[str, Any] = {p: getattr(self, p) for p in type(self).parameters}
        values["element_type"] = element_type
        return type(self)(**values)

    def verify_parameters(self) -> None:
        if len(self.dims) > MAX_RANK:
            raise Error(f"rank {len(self.dims)} is more than {MAX_RANK}")
        for dim in self.dims:
            if dim is not None and not 0 <= dim <= MAX_DIM:
                raise Error(f"a dimension is 0 to 2^63-1, or None for a dynamic one, not {dim}")
        if not isinstance(self.element_type, Type):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers err
            raise Error(f"the element type is a type, not {self.element_type!r}")
        verify_dims = getattr(self.element_type, "verify_dims", None)
        if verify_dims is not None:  # quantized along a dimension
            verify_dims(self.dims)

    def print_dims(self, p: AttributePrinter) -> None:
        """Writes `2x?x`."""
        p.write("".join("?x" if dim is None else f"{dim}x" for dim in self.dims))


def _dims(dims: Sequence[Dim]) -> tuple[Dim, ...]:
    try:
        return tuple([dim if dim is None or dim.__class__ is int else whole(dim) for dim in dims])
    except TypeError:
        raise Error(f"the sizes of a shape are whole numbers or None, not {dims!r}") from None


class TensorEncoding(Attribute):
    """Base of the encodings that speak of the tensor's dimensions. Source: MLIR, VerifiableTensorEncoding."""

    def verify_dims(self, dims: Sequence[Dim]) -> None:
        """Raises `couloir.Error` unless a tensor type with these dimensions can have this encoding."""

    def admits(self, dims: Sequence[Dim]) -> bool:
        """Whether a value of such a type could also have a type with these dimensions; there are as many."""
        return True

    def merged(self, others: Sequence[Attribute | None], dims: Sequence[Dim]) -> Attribute | None:
        """What is known from this encoding and those of compatible types together, for a type with these dimensions."""
        return None


class TensorType(ShapedType):
    """A ranked tensor: `tensor<2x?xf32>`, with an optional encoding. Source: MLIR RankedTensorType."""

    encoding: Attribute | None = None

    def with_dims(self, dims: Sequence[Dim]) -> TensorType:
        """The same type with other dimensions; an encoding that speaks of the old ones is dropped."""
        encoding = None if isinstance(self.encoding, TensorEncoding) else self.encoding
        return TensorType(tuple(dims), self.element_type, encoding)

    def verify_parameters(self) -> None:
        super().verify_parameters()
        if isinstance(self.encoding, TensorEncoding):
            self.encoding.verify_dims(self.dims)

    @classmethod
    def normalize(cls, dims: Sequence[Dim], element_type: Type, encoding: Attribute | None) -> tuple[Any, ...]:
        return _dims(dims), element_type, encoding

    def print(self, p: AttributePrinter) -> None:
        p.write("tensor<")
        self.print_dims(p)
        p.attribute(self.element_type)
        if self.encoding is not None:
            p.write(", ")
            p.attribute(self.encoding)
        p.write(">")


class UnrankedTensorType(Type):
    """A tensor of unknown rank: `tensor<*xf32>`."""

    element_type: Type

    def print(self, p: AttributePrinter) -> None:
        p.write("tensor<*x")
        p.attribute(self.element_type)
        p.write(">")


class VectorType(ShapedType):
    """A vector of fixed sizes: `vector<4x8xf32>`; `scalable` marks the dimensions in brackets, `vector<[4]xf32>`."""

    scalable: tuple[bool, ...] = ()

    @classmethod
    def normalize(cls, dims: Sequence[Dim], element_type: Type, scalable: Sequence[bool]) -> tuple[Any, ...]:
        flags = tuple(scalable)
        return _dims(dims), element_type, flags if any(flags) else ()

    def verify_parameters(self) -> None:
        super().verify_parameters()
        if not self.is_static or 0 in self.dims:
            raise Error(f"the dimensions of a vector are positive numbers, not {self.dims}")
        if not isinstance(self.element_type, IntegerType | IndexType | FloatType):
            raise Error(f"the elements of a vector are integers, indices or floats, not `{self.element_type}`")
        if self.scalable and len(self.scalable) != len(self.dims):
            raise Error("`scalable` has one flag for each dimension")

    def print(self, p: AttributePrinter) -> None:
        flags = self.scalable or (False,) * self.rank
        p.write("vector<")
        for dim, flag in zip(self.dims, flags, strict=True):
            p.write(f"[{dim}]x" if flag else f"{dim}x")
        p.attribute(self.element_type)
        p.write(">")


class StridedLayoutAttr(Attribute):
    """How the elements of a memref lie: `strided<[16, 1], offset: 4>`, in elements; None is a dynamic one (`?`)."""

    strides: tuple[int | None, ...]
    offset: int | None = 0

    @classmethod
    def normalize(cls, strides: Sequence[int | None], offset: int | None) -> tuple[Any, ...]:
        return tuple(strides), offset

    def print(self, p: AttributePrinter) -> None:
        p.write("strided<[" + ", ".join("?" if s is None else str(s) for s in self.strides) + "]")
        if self.offset != 0:
            p.write(f", offset: {'?' if self.offset is None else self.offset}")
        p.write(">")


class AffineMapAttr(Attribute):
    """An affine map: `affine_map<(d0, d1) -> (d1, d0)>`."""

    map: AffineMap

    def print(self, p: AttributePrinter) -> None:
        p.write(f"affine_map<{self.map}>")


class MemRefType(ShapedType):
    """A buffer: `memref<2x3xf32, strided<[6, 1]>, 1>`: dimensions, element type, layout, memory space."""

    layout: Attribute | None = None
    memory_space: Attribute | None = None

    @classmethod
    def normalize(
        cls, dims: Sequence[Dim], element_type: Type, layout: Attribute | None, memory_space: Attribute | None
    ) -> tuple[Any, ...]:
        if isinstance(layout, AffineMapAttr) and layout.map.is_identity:
            layout = None
        return _dims(dims), element_type, layout, memory_space

    def print(self, p: AttributePrinter) -> None:
        p.write("memref<")
        self.print_dims(p)
        p.attribute(self.element_type)
        for extra in (self.layout, self.memory_space):
            if extra is not None:
                p.write(", ")
                p.attribute(extra, in_list=True)
        p.write(">")


class UnrankedMemRefType(Type):
    """A buffer of unknown rank: `memref<*xf32>`."""

    element_type: Type
    memory_space: Attribute | None = None

    def print(self, p: AttributePrinter) -> None:
        p.write("memref<*x")
        p.attribute(self.element_type)
        if self.memory_space is not None:
            p.write(", ")
            p.attribute(self.memory_space, in_list=True)
        p.write(">")


i1: Final = IntegerType(1)
i8: Final = IntegerType(8)
i16: Final = IntegerType(16)
i32: Final = IntegerType(32)
i64: Final = IntegerType(64)
ui8: Final = IntegerType(8, "unsigned")
ui16: Final = IntegerType(16, "unsigned")
ui32: Final = IntegerType(32, "unsigned")
ui64: Final = IntegerType(64, "unsigned")
f16: Final = FloatType("f16")
bf16: Final = FloatType("bf16")
f32: Final = FloatType("f32")
f64: Final = FloatType("f64")
index: Final = IndexType()
none: Final = NoneType()


def bit_width(type: Type) -> int:
    """Bits of one element: 64 for `index`, the sum of both parts for complex."""
    match type:
        case IntegerType() | FloatType():
            return type.width
        case IndexType():
            return 64
        case ComplexType():
            return 2 * bit_width(type.element_type)
        case _:
            raise Error(f"`{type}` has no bit width")


def dtype_of(type: Type) -> np.dtype[Any]:
    """The NumPy dtype that holds elements of `type`: `i1` is bool, `index` int64, narrow types come from ml_dtypes.

    Signless integers are signed, as in StableHLO. Raises `couloir.Error` for a type that no dtype holds.
    """
    found = _DTYPES.get(type)
    if found is None:
        found = _DTYPES[type] = _make_dtype(type)
    return found


_DTYPES: Final[dict[Type, Any]] = {}


def _make_dtype(type: Type) -> np.dtype[Any]:
    import ml_dtypes
    import numpy as np

    match type:
        case IndexType():
            return np.dtype(np.int64)
        case IntegerType(width=1):
            return np.dtype(np.bool_)
        case IntegerType(width=8 | 16 | 32 | 64 as width):
            return np.dtype(f"{'int' if type.is_signed else 'uint'}{width}")
        case IntegerType(width=2 | 4 as width):
            return np.dtype(getattr(ml_dtypes, f"{'int' if type.is_signed else 'uint'}{width}"))
        case FloatType(kind=kind) if (dtype := float_dtype(kind)) is not None:
            return dtype
        case ComplexType(element_type=FloatType(kind="f32")):
            return np.dtype(np.complex64)
        case ComplexType(element_type=FloatType(kind="f64")):
            return np.dtype(np.complex128)
        case Type(storage_type=IntegerType() as storage):  # quantized
            return dtype_of(storage)
        case _:
            raise Error(f"no NumPy dtype holds elements of type `{type}`")


def type_of_dtype(dtype: Any) -> Type:
    """The element type for a NumPy dtype: the inverse of `dtype_of`, with int64 as `i64`."""
    import numpy as np

    name = np.dtype(dtype).name
    if name == "bool":
        return i1
    if name in ("complex64", "complex128"):
        return ComplexType(f32 if name == "complex64" else f64)
    if name.startswith("uint"):
        return IntegerType(int(name[4:]), "unsigned")
    if name.startswith("int"):
        return IntegerType(int(name[3:]))
    for kind, (_, candidate) in FLOATS.items():
        if candidate == name:
            return FloatType(kind)
    raise Error(f"there is no element type for NumPy arrays of dtype `{name}`")
