"""The words of an op definition.

    class Transpose(Operation, name="stablehlo.transpose", traits=(Pure,)):
        \"\"\"Permutes the dimensions. Source: StableHLO specification, `transpose`.\"\"\"
        operand: Operand[TensorType]
        permutation: tuple[int, ...]
        result: Result[TensorType] = result()

The annotations are the definition: `Operand`, `OptionalOperand` and `Operands` (variadic) take values, `Result`,
`OptionalResult` and `Results` give them, `Region` and `Successor` (and `Regions`, `Successors`) stand for themselves,
and every other annotation is an attribute, read and written as a Python value. Type checkers see a constructor
`Transpose(x, permutation=(1, 0))` whose `op.result.type.shape` is known to exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar, overload

import attrs

from couloir.ir.attribute import Type

if TYPE_CHECKING:
    from couloir.ir.codecs import Codec
    from couloir.ir.constraints import ElementTypes
    from couloir.ir.operation import Operation, OpResult, Value

T = TypeVar("T", bound=Type, covariant=True)


class Operand(Generic[T]):
    """One value. Reads as `Value[T]`; takes a value, or an op with one result."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Operand[T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Value[T]: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Value[Any] | Operation) -> None: ...


class OptionalOperand(Generic[T]):
    """A value or None."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> OptionalOperand[T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Value[T] | None: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Value[Any] | Operation | None) -> None: ...


class Operands(Generic[T]):
    """Any number of values."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Operands[T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Sequence[Value[T]]: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: Sequence[Value[Any] | Operation]) -> None: ...


class Result(Generic[T]):
    """One result."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Result[T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> OpResult[T]: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...


class OptionalResult(Generic[T]):
    """A result or None."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> OptionalResult[T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> OpResult[T] | None: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...


class Results(Generic[T]):
    """Any number of results."""

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Results[T]: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> Sequence[OpResult[T]]: ...
        def __get__(self, instance: object | None, owner: Any) -> Any: ...


class _Missing:
    def __repr__(self) -> str:
        return "<required>"


MISSING: Final = _Missing()


@attrs.frozen
class Spec:
    """What a field specifier says about its field."""

    role: Literal["value", "attribute", "region", "successor"]
    elements: ElementTypes | None = None
    rank: int | tuple[int, int] | None = None
    default: Any = MISSING
    key: str | None = None
    codec: Codec | Type | None = None
    optional: bool = False
    printed: bool = False
    blocks: Literal["any", "one", "some"] = "any"
    terminated: bool = True
    examples: tuple[Any, ...] = ()


def operand(*, elements: ElementTypes | None = None, rank: int | tuple[int, int] | None = None) -> Any:
    """What an operand's type must be: its element type one of `elements`, its rank `rank` or within `(least, most)`."""
    return Spec("value", elements=elements, rank=rank)


def optional_operand(
    *, elements: ElementTypes | None = None, rank: int | tuple[int, int] | None = None, default: Any = None
) -> Any:
    """As `operand`, for an operand that may be absent."""
    return Spec("value", elements=elements, rank=rank, default=default)


def operands(
    *, elements: ElementTypes | None = None, rank: int | tuple[int, int] | None = None, default: Any = ()
) -> Any:
    """As `operand`, for each value of a variadic operand."""
    return Spec("value", elements=elements, rank=rank, default=default)


def result(
    *,
    elements: ElementTypes | None = None,
    rank: int | tuple[int, int] | None = None,
    init: Literal[False] = False,
) -> Any:
    """Marks a result: it is not a parameter of the constructor. `elements` and `rank` as for `operand`."""
    return Spec("value", elements=elements, rank=rank)


def attr(
    *,
    key: str | None = None,
    codec: Codec | Type | None = None,
    examples: Sequence[Any] = (),
    kw_only: bool = False,
) -> Any:
    """A required attribute.

    `kw_only` tells type checkers that it is given by name, which it must be when it follows optional fields.
    `key` is its name in the IR where that differs from the field's; `codec` says how it is stored when the annotation alone does
    not: a type for numbers (`attr(codec=i32)`), or a `couloir.ir.codecs.Codec`. `examples` are values for generators of programs,
    where the annotation says little about what is legal: formulas, for instance.
    """
    return Spec("attribute", key=key, codec=codec, examples=tuple(examples))


def attr_default(
    default: Any, *, key: str | None = None, codec: Codec | Type | None = None, printed: bool = False
) -> Any:
    """An attribute that is stored with this value unless another is given. Not None: see `attr_optional`.

    `printed`: the pretty form shows the default too, because upstream knows no default for it.
    """
    return Spec("attribute", default=default, key=key, codec=codec, printed=printed)


def attr_optional(*, default: Any = None, key: str | None = None, codec: Codec | Type | None = None) -> Any:
    """An attribute that may be absent; then it reads as `default`."""
    return Spec("attribute", default=default, key=key, codec=codec, optional=True)


def region(*, blocks: Literal["any", "one", "some"] = "any", terminated: bool = True, default: Any = None) -> Any:
    """A region: with exactly one block, at least one, or any number. Without a value given it starts empty."""
    return Spec("region", default=default, blocks=blocks, terminated=terminated)


def successor(*, kw_only: bool = False) -> Any:
    """A block to which control may go on. `kw_only` as for `attr`."""
    return Spec("successor")


def keyword(*, default: Any = None, kw_only: Literal[True] = True) -> Any:
    """A parameter of every op's constructor that is not a field of the definition."""
    return default


def slot(*, init: Literal[False] = False) -> Any:
    """A plain attribute of the Python object, not a field of the definition."""
