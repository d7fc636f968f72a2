"""The attributes of StableHLO: enums, dimension numbers, accuracies. Texts are upstream's."""

from __future__ import annotations

import enum
from itertools import compress
from typing import TYPE_CHECKING, Any, Final, Self

from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import DenseElementsAttr, EnumAttr, enum_attribute
from couloir.ir.codecs import Codec, dense_elements
from couloir.ir.errors import Error, nearest
from couloir.ir.types import TensorType, f64, i64

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from couloir.ir.text.attribute_parser import AttributeParser
    from couloir.ir.text.attribute_printer import AttributePrinter


@enum_attribute("stablehlo.comparison_direction", bracketed=False)
class ComparisonDirection(enum.Enum):
    """What a comparison asks."""

    EQ = "EQ"
    NE = "NE"
    GE = "GE"
    GT = "GT"
    LE = "LE"
    LT = "LT"


@enum_attribute("stablehlo.comparison_type", bracketed=False)
class ComparisonType(enum.Enum):
    """As what a comparison reads the elements."""

    NOTYPE = "NOTYPE"
    FLOAT = "FLOAT"
    TOTALORDER = "TOTALORDER"
    SIGNED = "SIGNED"
    UNSIGNED = "UNSIGNED"


@enum_attribute("stablehlo.precision", bracketed=False)
class Precision(enum.Enum):
    """How exact products and sums of a convolution or dot product are: what the values mean depends on the device."""

    DEFAULT = "DEFAULT"
    HIGH = "HIGH"
    HIGHEST = "HIGHEST"


@enum_attribute("stablehlo.transpose", bracketed=False)
class Transposition(enum.Enum):
    """Which form of a matrix is meant."""

    TRANSPOSE_INVALID = "TRANSPOSE_INVALID"
    NO_TRANSPOSE = "NO_TRANSPOSE"
    TRANSPOSE = "TRANSPOSE"
    ADJOINT = "ADJOINT"


@enum_attribute("stablehlo.fft_type", bracketed=False)
class FftType(enum.Enum):
    """Which Fourier transform."""

    FFT = "FFT"
    IFFT = "IFFT"
    RFFT = "RFFT"
    IRFFT = "IRFFT"


@enum_attribute("stablehlo.rng_distribution", bracketed=False)
class RngDistribution(enum.Enum):
    """The distribution of random numbers."""

    UNIFORM = "UNIFORM"
    NORMAL = "NORMAL"


@enum_attribute("stablehlo.rng_algorithm", bracketed=False)
class RngAlgorithm(enum.Enum):
    """How random bits are made."""

    DEFAULT = "DEFAULT"
    THREE_FRY = "THREE_FRY"
    PHILOX = "PHILOX"


@enum_attribute("stablehlo.result_accuracy_mode")
class ResultAccuracyMode(enum.Enum):
    """Which accuracy is asked for."""

    DEFAULT = "DEFAULT"
    HIGHEST = "HIGHEST"
    TOLERANCE = "TOLERANCE"


class CustomCallApiVersion(enum.Enum):
    """How the called function takes its arguments; stored as the number."""

    API_VERSION_UNSPECIFIED = 0
    API_VERSION_ORIGINAL = 1
    API_VERSION_STATUS_RETURNING = 2
    API_VERSION_STATUS_RETURNING_UNIFIED = 3
    API_VERSION_TYPED_FFI = 4


class Token(Type, name="stablehlo.token"):
    """What orders ops with side effects: `!stablehlo.token`."""


class Future(Type, name="stablehlo.future"):
    """The results of an op that has started: `!stablehlo.future<tensor<2xf32>>`."""

    types: tuple[Type, ...]

    @classmethod
    def normalize(cls, types: Sequence[Type]) -> tuple[Any, ...]:
        return (tuple(types),)

    def verify_parameters(self) -> None:
        for type in self.types:
            if not isinstance(type, TensorType):
                raise Error(f"a future is of tensors, not of `{type}`")

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write("<")
        p.list(self.types)
        p.write(">")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> Future:
        return cls(tuple(p.comma_separated(p.type, "<", ">")))


class ResultAccuracy(Attribute, name="stablehlo.result_accuracy"):
    """The accuracy asked of a transcendental op: a mode, or tolerances."""

    atol: float = 0.0
    rtol: float = 0.0
    ulps: int = 0
    mode: ResultAccuracyMode = ResultAccuracyMode.DEFAULT

    def verify_parameters(self) -> None:
        if min(self.atol, self.rtol, self.ulps) < 0:
            raise Error("the tolerances of `result_accuracy` are not negative")
        if (self.atol, self.rtol, self.ulps) != (0, 0, 0) and self.mode is not ResultAccuracyMode.TOLERANCE:
            raise Error("tolerances in `result_accuracy` need the mode TOLERANCE")

    def print_parameters(self, p: AttributePrinter) -> None:
        tolerances = (("atol", self.atol), ("rtol", self.rtol))
        parts = [f"{name} = {p.float_text(value, f64)}" for name, value in tolerances if value]
        parts += [f"ulps = {self.ulps}"] if self.ulps else []
        parts.append(f"mode = #stablehlo.result_accuracy_mode<{self.mode.value}>")
        p.write("<" + ", ".join(parts) + ">")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> ResultAccuracy:
        found: dict[str, Any] = {}

        def entry() -> None:
            name = parse_key(p, cls.parameters, found)
            if name == "mode":
                at = p.position
                mode = p.attribute()
                if not isinstance(mode, EnumAttr) or not isinstance(mode.member, ResultAccuracyMode):
                    raise p.error(f"expected a `#stablehlo.result_accuracy_mode<...>`, found `{mode}`", at=at)
                found[name] = mode.member
            else:
                found[name] = parse_number(p) if name == "ulps" else p.float_literal()

        p.comma_separated(entry, "<", ">")
        return cls(**found)


class ChannelHandle(Attribute, name="stablehlo.channel_handle"):
    """The channel of a message between devices."""

    handle: int
    type: int

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write(f"<handle = {self.handle}, type = {self.type}>")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> ChannelHandle:
        return cls(**parse_fields(p, cls, lambda name: parse_number(p)))


def parse_number(p: AttributeParser) -> int:
    """Reads an integer of 64 bits."""
    at = p.position
    number = p.integer()
    if not -(2**63) <= number < 2**63:
        raise p.error("the number does not fit into 64 bits", at=at)
    return number


def parse_numbers(p: AttributeParser) -> tuple[int, ...]:
    """Reads `[1, 2]`."""
    return tuple(p.comma_separated(lambda: parse_number(p), "[", "]"))


def parse_key(p: AttributeParser, known: Sequence[str], found: Container[str]) -> str:
    """Reads `name =`. Raises `ParseError` for a name that is not known, or was found before."""
    at = p.position
    name = p.identifier()
    if name in found:
        raise p.error(f"`{name}` stands here twice", at=at)
    if name not in known:
        hint = nearest(name, known) or f"there are {', '.join(known)}"
        raise p.error(f"`{name}` does not stand here", at=at, hint=hint)
    p.expect("=")
    return name


def parse_struct(p: AttributeParser, lists: Sequence[str], numbers: Sequence[str]) -> dict[str, Any]:
    """Reads `name = [1, 2], name = 3>`: the fields that are there, in any order; a comma may stand at the end."""
    found: dict[str, Any] = {}
    while not p.optional(">"):
        name = parse_key(p, [*lists, *numbers], found)
        found[name] = parse_numbers(p) if name in lists else parse_number(p)
        if not p.optional(","):
            p.expect(">")
            break
    return found


def struct_texts(attribute: Attribute) -> list[str]:
    """`name = value` for each parameter of an attribute, numbers and lists of numbers."""
    values: list[tuple[str, Any]] = [(name, getattr(attribute, name)) for name in type(attribute).parameters]
    return [f"{name} = {value if isinstance(value, int) else list(value)}" for name, value in values]


def parse_fields(p: AttributeParser, cls: type[Attribute], read: Callable[[str], Any]) -> dict[str, Any]:
    """Reads `<name = value, ...>`: every field of a class once, in any order; `read` reads the value of a name."""
    found: dict[str, Any] = {}

    def entry() -> None:
        name = parse_key(p, cls.parameters, found)
        found[name] = read(name)

    at = p.position
    p.comma_separated(entry, "<", ">")
    missing = [name for name in cls.parameters if name not in found]
    if missing:
        raise p.error(f"`#{cls.name}` also has {', '.join(missing)}", at=at)
    return found


class Struct(Attribute):
    """Base of attributes that print as `<name = value, ...>`, without the fields that are empty or 0."""

    @classmethod
    def normalize(cls, *values: Any) -> tuple[Any, ...]:
        return tuple(int(value) if isinstance(value, int) else tuple(value) for value in values)

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> Self:
        numbers = [name for name in cls.parameters if name == "index_vector_dim"]
        p.expect("<")
        return cls(**parse_struct(p, [name for name in cls.parameters if name not in numbers], numbers))

    def print_parameters(self, p: AttributePrinter) -> None:
        kept = [bool(getattr(self, name)) for name in type(self).parameters]
        p.write("<" + ", ".join(compress(struct_texts(self), kept)) + ">")


class DotDimensionNumbers(Struct, name="stablehlo.dot"):
    """Which dimensions of a dot product are batches and which are summed over."""

    lhs_batching_dimensions: tuple[int, ...] = ()
    rhs_batching_dimensions: tuple[int, ...] = ()
    lhs_contracting_dimensions: tuple[int, ...] = ()
    rhs_contracting_dimensions: tuple[int, ...] = ()

    @classmethod
    def examples(cls) -> list[DotDimensionNumbers]:
        """Products of vectors and matrices, plain, transposed, in batches, and outer ones, for generators of programs."""
        return [
            cls((), (), (1,), (0,)),
            cls((0,), (0,), (2,), (1,)),
            cls((), (), (0,), (0,)),
            cls((), (), (1,), (1,)),
            cls((0,), (0,), (1,), (2,)),
            cls((0, 1), (0, 1), (3,), (2,)),
            cls((), (), (0, 1), (1, 0)),
            cls(),
        ]


class GatherDimensionNumbers(Struct, name="stablehlo.gather"):
    """How the dimensions of a gather's operand, indices and result belong together.

    Source: StableHLO specification, `gather`.
    """

    offset_dims: tuple[int, ...] = ()
    collapsed_slice_dims: tuple[int, ...] = ()
    operand_batching_dims: tuple[int, ...] = ()
    start_indices_batching_dims: tuple[int, ...] = ()
    start_index_map: tuple[int, ...] = ()
    index_vector_dim: int = 0


class ScatterDimensionNumbers(Struct, name="stablehlo.scatter"):
    """How the dimensions of a scatter's inputs, indices and updates belong together.

    Source: StableHLO specification, `scatter`.
    """

    update_window_dims: tuple[int, ...] = ()
    inserted_window_dims: tuple[int, ...] = ()
    input_batching_dims: tuple[int, ...] = ()
    scatter_indices_batching_dims: tuple[int, ...] = ()
    scatter_dims_to_operand_dims: tuple[int, ...] = ()
    index_vector_dim: int = 0


class OutputOperandAlias(Attribute, name="stablehlo.output_operand_alias"):
    """Says that a result of a custom call is an operand overwritten. The indices lead into tuples."""

    output_tuple_indices: tuple[int, ...]
    operand_index: int
    operand_tuple_indices: tuple[int, ...]

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write(f"<output_tuple_indices = {list(self.output_tuple_indices)}, operand_index = {self.operand_index}, ")
        p.write(f"operand_tuple_indices = {list(self.operand_tuple_indices)}>")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> OutputOperandAlias:
        def read(name: str) -> Any:
            return parse_number(p) if name == "operand_index" else parse_numbers(p)

        return cls(**parse_fields(p, cls, read))


class DotAlgorithm(Attribute, name="stablehlo.dot_algorithm"):
    """The arithmetic that a dot product is to use."""

    lhs_precision_type: Type
    rhs_precision_type: Type
    accumulation_type: Type
    lhs_component_count: int = 1
    rhs_component_count: int = 1
    num_primitive_operations: int = 1
    allow_imprecise_accumulation: bool = False

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write("<")
        for index, name in enumerate(type(self).parameters):
            p.write(", " if index else "", name, " = ")
            p.parameter(getattr(self, name))
        p.write(">")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> DotAlgorithm:
        def read(name: str) -> Any:
            if name.endswith("type"):
                return p.type()
            return _parse_truth(p) if name.endswith("accumulation") else parse_number(p)

        return cls(**parse_fields(p, cls, read))


def _parse_truth(p: AttributeParser) -> bool:
    if p.optional_keyword("true"):
        return True
    p.expect_keyword("false")
    return False


class ConvDimensionNumbers(Attribute, name="stablehlo.conv"):
    """Which dimension of a convolution's operands and result is what.

    Made from letters it is shortest: `ConvDimensionNumbers.of("bf01", "oi01", "bf01")`. Prints as
    `#stablehlo.conv<[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]>`; numbers that do not label dimensions print by name, as
    `#stablehlo.conv<raw input_batch_dimension = 7, ...>`.
    """

    input_batch_dimension: int
    input_feature_dimension: int
    input_spatial_dimensions: tuple[int, ...]
    kernel_input_feature_dimension: int
    kernel_output_feature_dimension: int
    kernel_spatial_dimensions: tuple[int, ...]
    output_batch_dimension: int
    output_feature_dimension: int
    output_spatial_dimensions: tuple[int, ...]

    @classmethod
    def normalize(cls, *values: Any) -> tuple[Any, ...]:
        return tuple(value if isinstance(value, int) else tuple(value) for value in values)

    @classmethod
    def of(cls, lhs: Sequence[str], rhs: Sequence[str], result: Sequence[str]) -> ConvDimensionNumbers:
        """From one label a dimension: `b` batch, `f` feature, `i` and `o` a kernel's features, `0`, `1`, ... space."""
        return cls(
            *_positions(lhs, "b", "f"),
            *_positions(rhs, "i", "o"),
            *_positions(result, "b", "f"),
        )

    @classmethod
    def examples(cls) -> list[ConvDimensionNumbers]:
        """Layouts that are in use, of one to three dimensions of space, for generators of programs."""
        layouts = ("bf0 oi0 bf0", "bf01 oi01 bf01", "b01f 01io b01f", "0fb i0o f0b", "b012f 012io b012f", "bf io bf")
        return [cls.of(*layout.split()) for layout in layouts]

    @property
    def groups(self) -> tuple[list[str], list[str], list[str]]:
        """The labels of the dimensions of `lhs`, `rhs` and the result, if they have labels: the inverse of `of`."""
        return (
            _labels(self.input_spatial_dimensions, b=self.input_batch_dimension, f=self.input_feature_dimension),
            _labels(
                self.kernel_spatial_dimensions,
                i=self.kernel_input_feature_dimension,
                o=self.kernel_output_feature_dimension,
            ),
            _labels(self.output_spatial_dimensions, b=self.output_batch_dimension, f=self.output_feature_dimension),
        )

    def print_parameters(self, p: AttributePrinter) -> None:
        p.write("<" + self.text + ">")

    @classmethod
    def parse_parameters(cls, p: AttributeParser) -> ConvDimensionNumbers:
        p.expect("<")
        if p.optional_keyword("raw"):
            lists = [name for name in cls.parameters if name.endswith("spatial_dimensions")]
            numbers = [name for name in cls.parameters if name not in lists]
            absent: dict[str, Any] = {**dict.fromkeys(numbers, 0), **dict.fromkeys(lists, ())}
            return cls(**{**absent, **parse_struct(p, lists, numbers)})
        found = cls.parse_text(p)
        p.expect(">")
        return found

    @property
    def labels_dimensions(self) -> bool:
        """Whether each dimension has one label."""
        groups = (
            (self.input_batch_dimension, self.input_feature_dimension, *self.input_spatial_dimensions),
            (
                self.kernel_input_feature_dimension,
                self.kernel_output_feature_dimension,
                *self.kernel_spatial_dimensions,
            ),
            (self.output_batch_dimension, self.output_feature_dimension, *self.output_spatial_dimensions),
        )
        return all(sorted(group) == list(range(len(group))) for group in groups)

    @classmethod
    def parse_text(cls, p: AttributeParser) -> ConvDimensionNumbers:
        """Reads `[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]`."""
        at = p.position
        lhs = p.comma_separated(lambda: _parse_label(p), "[", "]")
        p.expect_keyword("x")
        rhs = p.comma_separated(lambda: _parse_label(p), "[", "]")
        p.expect("->")
        result = p.comma_separated(lambda: _parse_label(p), "[", "]")
        return p.checked(at, cls.of, lhs, rhs, result)

    @property
    def text(self) -> str:
        """What stands between the angle brackets."""
        if not self.labels_dimensions:
            return "raw " + ", ".join(struct_texts(self))
        lhs, rhs, result = (f"[{', '.join(labels)}]" for labels in self.groups)
        return f"{lhs}x{rhs}->{result}"


def _parse_label(p: AttributeParser) -> str:
    number = p.optional_integer()
    return p.identifier("a dimension: `b`, `f`, `i`, `o` or a number") if number is None else str(number)


def _positions(labels: Sequence[str], first: str, second: str) -> tuple[int, int, tuple[int, ...]]:
    found = {label: position for position, label in enumerate(labels)}
    spatial = [str(number) for number in range(len(labels) - 2)]
    missing = [label for label in (first, second) if label not in found]
    extra = [label for label in found if label not in (first, second) and not label.isdecimal()]
    count = sum(label.isdecimal() for label in found)
    if missing or extra or len(found) != len(labels):
        raise Error(
            f"`{', '.join(labels)}` does not label dimensions with `{first}`, `{second}` and 0, 1, ..., each once",
            hint=f"for two spatial dimensions: [{first}, {second}, {', '.join(spatial[:2]) or '0, 1'}], in any order",
        )
    try:
        return found[first], found[second], tuple(found[str(number)] for number in range(count))
    except KeyError as error:
        raise Error(f"`{', '.join(labels)}` has {count} spatial dimensions, but no {error.args[0]}") from None


def _labels(spatial: Sequence[int], **others: int) -> list[str]:
    named = {**{position: str(number) for number, position in enumerate(spatial)}, **{p: k for k, p in others.items()}}
    return [named[position] for position in range(len(named))]


def _encode_padding(value: Any) -> Attribute:
    import numpy as np

    array = np.asarray(value, dtype=np.int64).reshape(-1, 2)
    if array.size and (array == array[0, 0]).all():  # as upstream stores it: one number for all
        array = np.broadcast_to(array[0, 0], array.shape)
    return DenseElementsAttr(TensorType(array.shape, i64), array)


PADDING: Final = Codec(
    "pairs of low and high padding, `dense<...> : tensor<Nx2xi64>`",
    _encode_padding,
    dense_elements(i64).decode,
    dense_elements(i64).check,
)
"""Pairs of numbers stored as `dense<[[1, 1], [0, 0]]> : tensor<2x2xi64>`."""
