"""What a field of an op may hold: candidates, drawn from what is about.

A number in an attribute is seldom any number: it is an axis, a size, or a small constant. So candidates come from the
types that the op's other fields hold, and from changes to what the field holds now.
"""

from __future__ import annotations

import enum
import typing
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import attrs

from couloir.ir.affine import AffineMap, IntegerSet, dims, symbols
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import (
    UNIT,
    ArrayAttr,
    DenseElementsAttr,
    DictionaryAttr,
    FloatAttr,
    IntegerAttr,
    StringAttr,
)
from couloir.ir.constraints import ElementTypes, ValueTypes, check_value_type
from couloir.ir.definition import Field
from couloir.ir.errors import Error
from couloir.ir.types import (
    ComplexType,
    FloatType,
    IndexType,
    IntegerType,
    MemRefType,
    ShapedType,
    TensorType,
    TupleType,
    VectorType,
    dtype_of,
    f32,
    f64,
    i1,
    i32,
    i64,
    index,
)

_GENERAL: Final = (ArrayAttr, DenseElementsAttr, DictionaryAttr, FloatAttr, IntegerAttr, StringAttr)
"""Attributes that say nothing by themselves: what fits is found by trying."""
MAX_LENGTH: Final = 6
"""Of a tuple in an attribute."""
_SHAPED: Final = (TensorType, MemRefType, VectorType)


@attrs.frozen
class Types:
    """Which types new values may have.

    Args:
        elements: Element types; None for whatever a field admits.
        ranks: Ranks of tensors.
        sizes: Sizes of dimensions; those that come first are taken more often.
        strict: Whether there are no other element types even where a field admits none of these.
    """

    elements: tuple[Type, ...] | None = None
    ranks: tuple[int, ...] = (2, 1, 3, 0, 4)
    sizes: tuple[int, ...] = (2, 3, 1, 5, 4, 0, 7)
    strict: bool = True

    def element(self, rng: Random, admitted: ElementTypes | None) -> Type | None:
        """An element type that a field admits."""
        wanted = self.elements
        if admitted is None or isinstance(admitted, ValueTypes):
            return early(rng, wanted or (f32, f64, i32, i64, i1))
        if wanted is not None:
            wanted = tuple(type for type in wanted if admitted.contains(type)) or (() if self.strict else None)
        found = wanted
        if found is None:
            found = [type for type in admitted.examples if has_dtype(type)] or admitted.examples
        return early(rng, sorted(found, key=_unusual)) if found else None

    def dims(self, rng: Random, rank: int | tuple[int, int] | None) -> tuple[int, ...]:
        """A shape of an admitted rank."""
        low, high = (rank, rank) if isinstance(rank, int) else rank or (0, max(self.ranks, default=0))
        ranks = [r for r in self.ranks if low <= r <= high] or [low]
        return tuple(early(rng, self.sizes) for _ in range(early(rng, ranks)))


def has_dtype(type: Type) -> bool:
    """Whether there can be arrays of it: not of f80 and f128."""
    try:
        dtype_of(type)
    except Error:
        return False
    return True


def early(rng: Random, items: Sequence[Any]) -> Any:
    """One of several, the first ones more often."""
    return items[min(rng.randrange(len(items)), rng.randrange(len(items)))]


def _unusual(type: Type) -> int:
    """Sorts element types: those that every backend has come first."""
    usual = (f32, i32, f64, i64, i1)
    return usual.index(type) if type in usual else len(usual)


@attrs.define
class Surroundings:
    """What candidates are drawn from.

    Attributes:
        rng: Decides.
        types: Which types new values may have.
        near: The types that the op's fields have, and those of values that could be operands.
        lists: Lists of numbers that other attributes hold, of this op and of those before it.
    """

    rng: Random
    types: Types
    near: Sequence[Type]
    lists: Sequence[tuple[int, ...]] = ()

    def number(self) -> int:
        """An axis, a size, or a small constant."""
        rng = self.rng
        kind = rng.randrange(4)
        if kind == 0 or not self.near:
            return rng.choice((0, 1, 2, 3, -1))
        type = rng.choice(self.near)
        dims = type.dims if isinstance(type, ShapedType) else ()
        if kind == 1:
            return len(dims)
        if kind == 2 and dims:
            return rng.randrange(len(dims))
        size = rng.choice(dims) if dims else None
        return 1 if size is None else size

    def numbers(self, now: Sequence[int] = ()) -> tuple[int, ...]:
        """Axes, a permutation, a shape, positions in a shape, or constants; or a change to those that there are."""
        rng = self.rng
        shapes = [type.dims for type in self.near if isinstance(type, ShapedType)]
        dims = tuple(1 if size is None else size for size in rng.choice(shapes)) if shapes else ()
        rank = len(dims)
        if self.lists and rng.random() < 0.2:  # the same as elsewhere, or one that begins there
            numbers = rng.choice(self.lists)
            other = rng.choice((dims, *self.lists)) if rng.random() < 0.5 else ()
            return tuple(a + b for a, b in zip(numbers, other, strict=True)) if len(other) == len(numbers) else numbers
        match rng.randrange(10):
            case 0:
                return dims
            case 1:  # what exchanges nothing hides much, so it is rare
                turn = rng.randrange(rank) if rank and rng.random() < 0.7 else 0
                return (*range(turn, rank), *range(turn))
            case 2:
                return tuple(rng.sample(range(rank), rank))
            case 3:
                return tuple(sorted(rng.sample(range(rank), rng.randint(0, rank))))
            case 4:
                return tuple(rng.sample(range(rank), rng.randint(0, rank)))
            case 5:
                return (rng.choice((0, 1, 1, 2)),) * rng.choice((rank, rank, max(rank - 1, 0), max(rank - 2, 0), 1, 2))
            case 6:
                return tuple(rng.randint(0, size) for size in dims)
            case 7:
                return tuple(rng.choice((0, 0, 1, 2, -1)) for _ in dims)
            case _:
                return self._changed(list(now))

    def _changed(self, items: list[int]) -> tuple[int, ...]:
        rng = self.rng
        kind = rng.randrange(4)
        if kind == 0 or not items:
            items.insert(rng.randint(0, len(items)), self.number())
        elif kind == 1:
            del items[rng.randrange(len(items))]
        elif kind == 2:
            items[rng.randrange(len(items))] = self.number()
        else:
            items[rng.randrange(len(items))] += rng.choice((-1, 1))
        return tuple(items[:MAX_LENGTH])

    def value(self, form: Any, now: Any = None) -> Any:
        """A Python value of an annotation; `now` is what the field holds."""
        rng = self.rng
        if form is bool:
            return rng.random() < 0.5
        if form is int:
            return self.number()
        if form is float:
            return rng.choice((0.0, 1.0, 0.5, 1e-5, -1.0, 2.0))
        if form is str:
            return rng.choice(("", "a", "b"))
        if isinstance(form, type) and issubclass(form, enum.Enum):
            return rng.choice(list(form))
        if typing.get_origin(form) is tuple:
            return self._tuple(typing.get_args(form)[0], now or ())
        if isinstance(form, type) and issubclass(form, Type):
            return self.type((form,), None, None)
        if form is AffineMap:
            return self._affine_map()
        if form is IntegerSet:
            made = self._affine_map()
            demands = tuple((expression, rng.random() < 0.3) for expression in made.results)
            return IntegerSet(made.dim_count, made.symbol_count, demands) if demands else None
        if isinstance(form, type) and issubclass(form, Attribute):
            return self._structure(form, now)
        return None

    def _affine_map(self) -> AffineMap:
        """An access or a bound: of indices, numbers and their sums."""
        rng = self.rng
        dim_count, symbol_count = rng.choice((0, 1, 1, 2, 3)), rng.choice((0, 0, 1))
        inputs = (*dims(dim_count), *symbols(symbol_count))
        results: list[Any] = list(inputs[:dim_count])
        if rng.random() < 0.7:
            count = rng.choice((1, 1, *(len(t.dims) for t in self.near if isinstance(t, ShapedType))))
            results = [
                (rng.choice(inputs) * rng.choice((1, 1, 2)) if inputs and rng.random() < 0.7 else 0)
                + rng.choice((0, 0, 1, 4))
                for _ in range(count)
            ]
        return AffineMap.from_callable(lambda *_: results, dim_count, symbol_count)

    def _tuple(self, item: Any, now: tuple[Any, ...]) -> tuple[Any, ...]:
        if item is int:
            return self.numbers(now)
        count = len(now) if now and self.rng.random() < 0.7 else len(self.numbers())
        if now and count == len(now) and self.rng.random() < 0.5:  # another one of them
            place = self.rng.randrange(count)
            return (*now[:place], self.value(item, now[place]), *now[place + 1 :])
        if typing.get_origin(item) is tuple and typing.get_args(item)[0] is int:  # pairs of padding, mostly, or groups
            if self.rng.random() < 0.3:
                return self.rng.choice((((0,),), ((0, 1),), ((0,), (1,)), ((0, 1), (2, 3)), ()))
            return tuple((self.rng.choice((0, 0, 1, 2, -1)), self.rng.choice((0, 0, 1, 2))) for _ in range(count))
        return tuple(self.value(item) for _ in range(count))

    def _structure(self, cls: type[Attribute], now: Any) -> Any:
        """An attribute with parameters: a new one, or a change to one parameter of that which there is."""
        if issubclass(cls, DenseElementsAttr):
            return self.constant()
        if cls in (Attribute, Type):  # which one is not said
            return None
        if not cls.parameters:
            return cls()
        examples: Any = getattr(cls, "examples", None)
        if examples is not None and self.rng.random() < 0.6:
            return self.rng.choice(examples())
        hints = _hints_of(cls)
        if isinstance(now, cls):
            held: Any = {name: getattr(now, name) for name in cls.parameters}
            name = self.rng.choice(cls.parameters)
            held[name] = self.value(hints.get(name), held[name])
        else:
            held = {} if self.rng.random() < 0.5 else {name: self.value(hints.get(name)) for name in cls.parameters}
        try:
            return cls(**held)
        except (Error, TypeError, ValueError, AttributeError):  # they do not fit together, or not all have a default
            return now

    def constant(self) -> DenseElementsAttr | None:
        """A constant tensor of few different numbers."""
        type = self.type((TensorType,), None, None)
        if not isinstance(type, TensorType) or not type.is_static or not has_dtype(type.element_type):
            return None
        return DenseElementsAttr(type, elements(self.rng, type))

    def type(
        self,
        classes: tuple[type[Type], ...],
        admitted: ElementTypes | None,
        rank: int | tuple[int, int] | None,
        *,
        any_size: bool = False,
    ) -> Type | None:
        """A type that a field admits: one that is near, one that differs a little from it, or a new one.

        `any_size`: also with sizes that stand in no other type, as results have.
        """
        rng = self.rng
        kind = rng.randrange(5)
        fitting = [t for t in self.near if check_value_type(t, classes, admitted, rank) is None]
        if fitting and kind < 3:
            return rng.choice(fitting)
        shaped = [t for t in self.near if isinstance(t, ShapedType)]
        if shaped and kind < 4:
            varied = self._varied(rng.choice(shaped), classes, admitted, any_size)
            if varied is not None and check_value_type(varied, classes, admitted, rank) is None:
                return varied
        return self._new_type(classes, admitted, rank) or (rng.choice(fitting) if fitting else None)

    def _varied(
        self, type: ShapedType, classes: tuple[type[Type], ...], admitted: ElementTypes | None, any_size: bool
    ) -> Type | None:
        rng = self.rng
        dims = list(type.dims)
        element: Type | None = type.element_type
        kind = rng.randrange(6)
        elements = None if isinstance(admitted, ValueTypes) else admitted
        if kind == 0 or not (elements is None or elements.contains(type.element_type)):
            element = self.types.element(rng, admitted)
        if kind == 1 and dims:
            del dims[rng.randrange(len(dims))]
        elif kind == 2 and len(dims) < max(self.types.ranks, default=0):
            dims.insert(rng.randint(0, len(dims)), early(rng, self.types.sizes))
        elif kind == 3 and dims:
            dims[rng.randrange(len(dims))] = early(rng, self.types.sizes)
        elif kind == 4:
            rng.shuffle(dims)
        elif kind == 5:
            dims = list(self.numbers())
            known = {*self.types.sizes, *(size for t in self.near if isinstance(t, ShapedType) for size in t.dims)}
            if min(dims, default=0) < 0 or not (any_size or known.issuperset(dims)):
                return None
        return None if element is None else _shaped(type, classes, tuple(dims), element)

    def _new_type(
        self, classes: tuple[type[Type], ...], admitted: ElementTypes | None, rank: int | tuple[int, int] | None
    ) -> Type | None:
        rng = self.rng
        element = self.types.element(rng, admitted)
        for cls in rng.sample(classes, len(classes)):
            if issubclass(cls, _SHAPED) and element is not None:
                try:
                    return cls(self.types.dims(rng, rank), element)
                except Error:
                    continue
            if element is not None and (cls is Type or isinstance(element, cls)):
                return (
                    TensorType(self.types.dims(rng, rank), element) if cls is Type and rng.random() < 0.7 else element
                )
            if cls is IndexType:
                return index
            if cls is TupleType:
                parts = (
                    TensorType(self.types.dims(rng, None), self.types.element(rng, None) or f32)
                    for _ in range(rng.randint(1, 3))
                )
                return TupleType(tuple(parts))
            if not issubclass(cls, ShapedType) and cls is not Type:
                made = next((made for _ in range(4) if (made := self._structure(cls, None)) is not None), None)
                if made is not None:
                    return made
        return None


def _shaped(type: ShapedType, classes: tuple[type[Type], ...], dims: tuple[Any, ...], element: Type) -> Type | None:
    """A type like another, of a class that is wanted."""
    cls = next((c for c in classes if issubclass(c, _SHAPED)), TensorType if Type in classes else None)
    if cls is None:
        return element if isinstance(element, classes) else None
    try:
        return cls(dims, element)
    except Error:
        return None


def _hints_of(cls: type[Attribute]) -> dict[str, Any]:
    """The annotations of the parameters; none of them where one names what is there for type checkers alone."""
    found = _HINTS.get(cls)
    if found is None:
        try:
            found = {name: _plain(hint) for name, hint in typing.get_type_hints(cls).items()}
        except NameError:
            found = {}
        _HINTS[cls] = found
    return found


_HINTS: Final[dict[type[Attribute], dict[str, Any]]] = {}


def _plain(annotation: Any) -> Any:
    """An annotation without `| None`."""
    rest = [part for part in typing.get_args(annotation) if part is not type(None)]
    return rest[0] if type(None) in typing.get_args(annotation) and len(rest) == 1 else annotation


def attribute_of(field: Field, around: Surroundings, now: Any) -> Any:
    """A candidate for an attribute: a Python value, or an attribute where the field says no form; None for none at all."""
    codec = field.codec
    assert codec is not None, "an attribute has a codec"
    form = codec.form
    if field.spec.examples and around.rng.random() < 0.8:
        return around.rng.choice(field.spec.examples)
    if form is not None and not (isinstance(form, type) and issubclass(form, _GENERAL)):
        return around.value(form, now)
    rng = around.rng
    tensor = around.constant()
    pairs = TensorType((rng.choice((2, 2, 1, 3)), 2), i64)
    guesses: list[Attribute | None] = [
        tensor,
        IntegerAttr(around.number(), i64),
        IntegerAttr(rng.randint(0, 1), rng.choice((i1, i32, index))),
        FloatAttr(rng.choice((0.0, 1.0, 0.5)), rng.choice((f32, f64))),
        StringAttr("a"),
        ArrayAttr(()),
        DictionaryAttr(()),
        UNIT,
        DenseElementsAttr(pairs, elements(rng, pairs)),
    ]
    kept = [guess for guess in guesses if guess is not None and codec.check(guess)]
    return rng.choice(kept) if kept else None


def elements(rng: Random, type: Type) -> Any:
    """An array of small numbers for a type of static shape; now and then with one number everywhere.

    Raises `couloir.Error` for types of which there are no arrays.
    """
    import numpy as np

    shape, of = (type.shape, type.element_type) if isinstance(type, ShapedType) else ((), type)
    dtype = dtype_of(of)
    generator = np.random.default_rng(rng.randrange(1 << 30))
    if rng.random() < 0.4:
        return np.full(shape, rng.choice((0, 1, 1, 2)), np.float64).astype(dtype)
    low, high = (0, 2) if of is i1 else (0, 4) if _is_unsigned(of) else (-2, 3)
    whole = generator.integers(low, high, shape)
    return np.asarray(whole, np.complex128 if isinstance(of, ComplexType) else np.float64).astype(dtype)


def _is_unsigned(type: Type) -> bool:
    return not isinstance(type, FloatType) and isinstance(type, IntegerType) and not type.is_signed
