"""What an op demands of its operands, stated once for three readers: the verifier, type inference, and generators of modules.

`ElementTypes` says which element types a value may have. A `Relation` ties several fields together; a relation such as
`SameType("lhs", "rhs", "result")` also tells the result's type. What no relation expresses is a `Holds`: a predicate
with its sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.ir.attribute import Type
from couloir.ir.errors import Error
from couloir.ir.types import (
    FLOATS,
    ComplexType,
    FloatType,
    IntegerType,
    ShapedType,
    TensorEncoding,
    TensorType,
    UnrankedMemRefType,
    UnrankedTensorType,
    VectorType,
    f32,
    f64,
    i1,
    index,
)

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Value


@attrs.frozen
class ElementTypes:
    """A set of element types with a name. `examples` lists members, for generators; `contains` is the test."""

    what: str
    contains: Callable[[Type], bool]
    examples: tuple[Type, ...] = ()

    def __or__(self, other: ElementTypes) -> ElementTypes:
        return ElementTypes(
            f"{self.what} or {other.what}",
            lambda t: self.contains(t) or other.contains(t),
            tuple(dict.fromkeys((*self.examples, *other.examples))),
        )


class ValueTypes(ElementTypes):
    """A set of types of values, where not all are tensors: `contains` tests the whole type, not its elements."""


def one_of(what: str, types: Iterable[Type]) -> ElementTypes:
    """Exactly these types."""
    members = tuple(types)
    return ElementTypes(what, lambda t: t in members, members)


FLOAT: Final = ElementTypes("float", lambda t: isinstance(t, FloatType), tuple(FloatType(k) for k in FLOATS))
SIGNED: Final = ElementTypes(
    "signed integer",
    lambda t: isinstance(t, IntegerType) and t.is_signed and t.width > 1,
    tuple(IntegerType(w) for w in (2, 4, 8, 16, 32, 64)),
)
UNSIGNED: Final = ElementTypes(
    "unsigned integer",
    lambda t: isinstance(t, IntegerType) and not t.is_signed,
    tuple(IntegerType(w, "unsigned") for w in (2, 4, 8, 16, 32, 64)),
)
SIGNLESS: Final = ElementTypes(
    "signless integer",
    lambda t: isinstance(t, IntegerType) and t.signedness == "signless",
    (i1, *(IntegerType(w) for w in (8, 16, 32, 64))),
)
BOOLEAN: Final = one_of("i1", (i1,))
INDEX: Final = one_of("index", (index,))
INTEGER: Final = ElementTypes(
    "integer", lambda t: SIGNED.contains(t) or UNSIGNED.contains(t), SIGNED.examples + UNSIGNED.examples
)
COMPLEX: Final = one_of("complex", (ComplexType(f32), ComplexType(f64)))
ANY_ELEMENT: Final = ElementTypes(
    "any type", lambda t: True, (f32, *FLOAT.examples, *INTEGER.examples, i1, *COMPLEX.examples)
)


def element_type(type: Type) -> Type:
    """The element type of a tensor, memref or vector; any other type is its own."""
    return type.element_type if isinstance(type, ShapedType | UnrankedTensorType | UnrankedMemRefType) else type


def compatible(a: Type, b: Type) -> bool:
    """Whether a value could have both types: equal, or tensors that differ only in dimensions one of which is not known.

    Element types are compatible by their `Type.compatible_with`.
    """
    if a is b:
        return True
    if isinstance(a, TensorType) and isinstance(b, TensorType):
        return (
            (a.element_type is b.element_type or a.element_type.compatible_with(b.element_type))
            and len(a.dims) == len(b.dims)
            and all(x is None or y is None or x == y for x, y in zip(a.dims, b.dims, strict=True))
            and (not isinstance(a.encoding, TensorEncoding) or a.encoding.admits(b.dims))
            and (not isinstance(b.encoding, TensorEncoding) or b.encoding.admits(a.dims))
        )
    if isinstance(a, VectorType) and isinstance(
        b, VectorType
    ):  # equal ones are one object, unless their sizes are traced
        return a.element_type is b.element_type and a.scalable == b.scalable and a.dims == b.dims
    pair = (a, b) if isinstance(a, UnrankedTensorType) else (b, a)
    return isinstance(pair[0], UnrankedTensorType) and element_type(pair[1]) is pair[0].element_type


def most_specific(types: Sequence[Type]) -> Type:
    """Of compatible types the one that says most: of `tensor<?x3xf32>` and `tensor<2x?xf32>`, `tensor<2x3xf32>`."""
    first = types[0]
    if not isinstance(first, TensorType) or first.is_static:
        return first
    dims = first.dims
    others = [other for other in types[1:] if isinstance(other, TensorType) and len(other.dims) == len(dims)]
    for other in others:
        dims = tuple(b if a is None else a for a, b in zip(dims, other.dims, strict=True))
    encodings = [type.encoding for type in (first, *others)]
    for number, encoding in enumerate(encodings):
        if isinstance(encoding, TensorEncoding):
            merged = encoding.merged([*encodings[:number], *encodings[number + 1 :]], dims)
            return TensorType(dims, first.element_type, merged)
    return first.with_dims(dims)


def types_of(op: Operation, field: str) -> list[Type]:
    """The types of a field's values: none, one or several."""
    value: Value[Any] | Sequence[Value[Any]] | None = getattr(op, field)
    if value is None:
        return []
    return [v.type for v in value] if isinstance(value, Sequence) else [value.type]


@attrs.frozen
class Relation:
    """Base: ties fields together. An `id` is its number in the specification, or several, separated by commas."""

    def check(self, op: Operation) -> str | None:
        """What is wrong, as a sentence, or None."""
        return None

    def infer(self, op: Operation, result: str) -> Type | None:
        """The type of the result field `result` as far as this relation tells it."""
        return None

    def examples(self, field: str, known: Mapping[str, Sequence[Type]]) -> Sequence[Type]:
        """Types that the values of a field may have, given those of other fields; for generators. Empty when it cannot tell."""
        return ()

    def mentions(self, fields: Iterable[str]) -> bool:
        """Whether it looks at one of these fields."""
        return not set(fields).isdisjoint(getattr(self, "fields", ()))


def _mark(id: str) -> str:
    return f" ({id})" if id else ""


@attrs.frozen(init=False)
class _Same(Relation):
    """Base of the relations that say that fields have something in common. `id` is their number in the specification."""

    fields: tuple[str, ...]
    id: str = ""

    def __init__(self, *fields: str, id: str = "") -> None:
        self.__attrs_init__(fields, id)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] -- attrs writes it

    def _differ(self, a: str, b: str, what: str, first: Any, second: Any) -> str:
        return f"`{a}` and `{b}` have the same {what}, but they are {first} and {second}" + _mark(self.id)


@attrs.frozen(init=False)
class SameType(_Same):
    """All values of these fields have one type (dimensions that are not known agree with any)."""

    def check(self, op: Operation) -> str | None:
        found = [(field, t) for field in self.fields for t in types_of(op, field)]
        if not found:
            return None
        known = found[0][1]
        for field, type in found[1:]:
            if not compatible(known, type):
                return self._differ(found[0][0], field, "type", f"`{known}`", f"`{type}`")
            known = known if known is type else most_specific([known, type])
        return None

    def infer(self, op: Operation, result: str) -> Type | None:
        if result not in self.fields:
            return None
        results = op.definition.result_names
        found = [t for field in self.fields if field not in results for t in types_of(op, field)]
        if not found:
            return None
        for other in found:
            if not compatible(found[0], other):
                mark = f" ({self.id})" if self.id else ""
                raise Error(
                    f"{_listed(self.fields)} have the same type{mark}, but there are `{found[0]}` and `{other}`"
                )
        return most_specific(found)


def _listed(fields: Sequence[str]) -> str:
    """`a`, `b` and `c`."""
    *head, last = (f"`{field}`" for field in fields)
    return f"{', '.join(head)} and {last}" if head else last


@attrs.frozen(init=False)
class SameShape(_Same):
    """All values of these fields have one shape; scalars have none, and agree with scalars alone."""

    def check(self, op: Operation) -> str | None:
        found = [(f, t.dims if isinstance(t, ShapedType) else ()) for f in self.fields for t in types_of(op, f)]
        if not found:
            return None
        known = found[0][1]
        for field, dims in found[1:]:
            if len(known) != len(dims) or any(
                x is not None and y is not None and x != y for x, y in zip(known, dims, strict=True)
            ):
                return self._differ(found[0][0], field, "shape", known, dims)
            known = tuple(y if x is None else x for x, y in zip(known, dims, strict=True))
        return None


@attrs.frozen(init=False)
class SameElementType(_Same):
    """All values of these fields have one element type."""

    def agree(self, a: Type, b: Type) -> bool:
        """Whether two element types count as one."""
        return a is b

    def check(self, op: Operation) -> str | None:
        found = [(field, element_type(t)) for field in self.fields for t in types_of(op, field)]
        for field, type in found[1:]:
            if not self.agree(type, found[0][1]):
                return self._differ(found[0][0], field, "element type", f"`{found[0][1]}`", f"`{type}`")
        return None


@attrs.frozen(init=False)
class ElementOf(Relation):
    """The values of all fields but the last are elements of it: they have its element type, and no shape."""

    fields: tuple[str, ...]

    def __init__(self, *fields: str) -> None:
        self.__attrs_init__(fields)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] -- attrs writes it

    def check(self, op: Operation) -> str | None:
        whole = types_of(op, self.fields[-1])
        for field in self.fields[:-1]:
            for type in types_of(op, field):
                if whole and type is not element_type(whole[0]):
                    return f"`{field}` is an element of `{self.fields[-1]}`, but they are `{type}` and `{whole[0]}`"
        return None


@attrs.frozen
class Holds(Relation):
    """A predicate over the op, with the sentence that it stands for and, where there is one, its number in the specification.

    `predicate` gives True when it holds; a string says what is wrong in more detail than the sentence. It may rely on the
    relations listed before it. Of an op with an `infer` method they are checked before that runs, unless `verify_only`, which a
    predicate says that looks at results, or at regions that are filled after the op is made.
    """

    sentence: str
    predicate: Callable[[Any], bool | str]
    id: str = ""
    verify_only: bool = False

    def mentions(self, fields: Iterable[str]) -> bool:
        return self.verify_only

    def check(self, op: Operation) -> str | None:
        outcome = self.predicate(op)
        if outcome is True:
            return None
        return f"{self.sentence}{_mark(self.id)}" + (f": {outcome}" if isinstance(outcome, str) else "")


@attrs.frozen
class Infers(Relation):
    """What `infer` upholds: the numbers, in the specification, of the constraints that say which types the results have."""

    id: str

    def mentions(self, fields: Iterable[str]) -> bool:
        return True  # of results


def check_value_type(
    type: Type,
    wanted: type[Type] | tuple[type[Type], ...],
    elements: ElementTypes | None,
    rank: int | tuple[int, int] | None,
) -> str | None:
    """What is wrong with a value's type, as a clause after "`lhs` ", or None."""
    if not isinstance(type, wanted):
        names = " or ".join(w.__name__ for w in (wanted if isinstance(wanted, tuple) else (wanted,)))
        return f"is a {names}, not `{type}`"
    if isinstance(elements, ValueTypes):
        if not elements.contains(type):
            return f"is {elements.what}, not `{type}`"
    elif elements is not None and not elements.contains(element_type(type)):
        return f"has elements of {elements.what}, not `{type}`"
    if rank is not None and isinstance(type, ShapedType):
        low, high = (rank, rank) if isinstance(rank, int) else rank
        if not low <= type.rank <= high:
            wanted_rank = str(low) if low == high else f"{low} to {high}"
            return f"has rank {wanted_rank}, not {type.rank}: `{type}`"
    return None


__all__ = [
    "ANY_ELEMENT", "BOOLEAN", "COMPLEX", "FLOAT", "INDEX", "INTEGER", "SIGNED", "SIGNLESS", "UNSIGNED",
    "ElementOf", "ElementTypes", "Holds", "Infers", "Relation", "SameElementType", "SameShape", "SameType", "ValueTypes",
    "check_value_type", "compatible", "element_type", "most_specific", "one_of", "types_of",
]  # fmt: skip
