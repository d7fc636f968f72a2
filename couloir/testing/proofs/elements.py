"""Elements of tensors as terms: scalar terms with leaves of their own, which name what they mean by indices.

A leaf holds polynomials as its data:

* `read`: the element of a tensor at some indices;
* `where`: whether a fact about indices and sizes holds;
* `number`: an index or a size, as an element of some type;
* `fold`: the elements of a term for all values of some indices, combined with an initial value.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np

from couloir.backends.numpy.element_types import DType, integer_range, kind, width
from couloir.ir.attribute import Attribute
from couloir.testing.proofs.expressions import ZERO, Atom, Polynomial, index, of
from couloir.testing.proofs.facts import Fact
from couloir.testing.proofs.laws import apply, rebuilt
from couloir.testing.proofs.terms import BOOLEAN, FALSE, TRUE, Term, constant

Indices = tuple[Polynomial, ...]


@attrs.frozen
class Read:
    """Which element of what."""

    source: Hashable
    indices: Indices

    def __repr__(self) -> str:
        match self.source:
            case int(number):
                name = f"arg{number}"
            case Attribute():
                name = "constant"
            case tuple():
                name = "an argument of a region"
            case other:
                name = repr(other)
        return f"{name}[{', '.join(map(str, self.indices))}]"


@attrs.frozen
class Fold:
    """By what, and for which indices."""

    kind: Hashable
    indices: tuple[Atom, ...]
    result: int

    def __repr__(self) -> str:
        return f"{self.kind if isinstance(self.kind, str) else 'a body'} over {', '.join(map(repr, self.indices))}"


def read(source: Hashable, indices: Sequence[Polynomial], dtype: DType) -> Term:
    """An element of a tensor of which nothing more is known."""
    return Term.of("read", (), dtype, Read(source, tuple(indices)))


def where(fact: Fact) -> Term:
    """Whether a fact holds."""
    known = fact.known
    if known is not None:
        return TRUE if known else FALSE
    return Term.of("where", (), BOOLEAN, fact)


def choice(facts: Sequence[Fact], then: Callable[[], Term], otherwise: Callable[[], Term]) -> Term:
    """One term if all facts hold, and else another. What cannot be the case is not made."""
    conditions = [where(fact) for fact in facts]
    if FALSE in conditions:
        return otherwise()
    term = then()
    for condition in reversed(conditions):
        if condition is not TRUE:
            term = apply("select", condition, term, otherwise())
    return term


def number(value: Polynomial, dtype: DType) -> Term:
    """A whole number as an element of a type; what does not fit wraps, or is rounded, as the type has it."""
    known = value.constant
    if known is not None and kind(dtype) in ("signed", "unsigned"):
        low, high = integer_range(dtype)
        if low <= known <= high:
            return constant(known, dtype)
    if known is not None and kind(dtype) == "float" and float(np.asarray(known).astype(dtype)) == known:
        return constant(known, dtype)
    return Term.of("number", (), dtype, value)


def converted(term: Term, dtype: DType) -> Term:
    """A term as an element of another type."""
    integers = all(kind(each) in ("signed", "unsigned") for each in (term.dtype, dtype))
    if term.op == "number" and isinstance(term.data, Polynomial) and integers and width(dtype) <= width(term.dtype):
        return number(term.data, dtype)  # what wraps twice wraps once
    return apply("convert", term, dtype=dtype)


def fold(
    kind: Hashable, indices: Sequence[Atom], inits: Sequence[Term], bodies: Sequence[Term], result: int = 0
) -> Term:
    """All elements of bodies combined, from initial values. What starts from a fold of the same kind is combined in one go.

    Args:
        kind: By what: one of `KINDS`, in any order; or anything else, in the order of the indices.
        indices: For which values.
        inits: A term for each body.
        bodies: Terms in the indices.
        result: Which of the combined values, as many as there are bodies.
    """
    used = list(indices)
    if any(atom.bound == ZERO for atom in used):
        return inits[result]
    if kind in KINDS:
        (init,), (body,) = inits, bodies
        if not used:
            return apply(str(kind), init, body)
        inner = body.data
        if (
            body.op == "fold"
            and isinstance(inner, Fold)
            and inner.kind == kind
            and is_neutral(str(kind), body.operands[0])
        ):
            used += inner.indices
            bodies = body.operands[1:]
    return Term.of("fold", (*inits, *bodies), inits[result].dtype, Fold(kind, tuple(used), result))


def is_neutral(kind: str, term: Term) -> bool:
    """Whether a constant changes nothing, but perhaps the sign of a zero."""
    if not term.is_constant or kind not in _NEUTRAL:
        return False
    return bool(term.value == _NEUTRAL[kind](term.dtype))


def _least(dtype: DType) -> Any:
    if kind(dtype) in ("signed", "unsigned"):
        return integer_range(dtype)[0]
    return False if kind(dtype) == "bool" else -np.inf


def _greatest(dtype: DType) -> Any:
    if kind(dtype) in ("signed", "unsigned"):
        return integer_range(dtype)[1]
    return True if kind(dtype) == "bool" else np.inf


_NEUTRAL: Final[Mapping[str, Callable[[DType], Any]]] = {
    "add": lambda dtype: 0,
    "multiply": lambda dtype: 1,
    "maximum": _least,
    "minimum": _greatest,
    "and": lambda dtype: (
        True if kind(dtype) == "bool" else integer_range(dtype)[1] if kind(dtype) == "unsigned" else -1
    ),
    "or": lambda dtype: 0,
    "xor": lambda dtype: 0,
}
KINDS: Final = frozenset(_NEUTRAL)
"""What can be folded in any order: associative and commutative, but for rounding."""


def with_indices(term: Term, mapping: Mapping[Atom, Polynomial]) -> Term:
    """A term with polynomials in the place of indices."""
    if not mapping:
        return term

    def change(old: Term, operands: Sequence[Term]) -> Term:
        match old.data:
            case Read(source, indices):
                return read(source, [index.substitute(mapping) for index in indices], old.dtype)
            case Fact():
                return where(old.data.substitute(mapping))
            case Polynomial():
                return number(old.data.substitute(mapping), old.dtype)
            case Fold():
                return _with_bounds(old.data, operands, mapping)
            case _:
                return apply(old.op, *operands, dtype=old.dtype, data=old.data) if operands else old

    return rebuilt([term], change)[0]


def _with_bounds(folded: Fold, operands: Sequence[Term], mapping: Mapping[Atom, Polynomial]) -> Term:
    """A fold whose indices have the bounds that come of a change."""
    inits, bodies = operands[: len(operands) // 2], operands[len(operands) // 2 :]
    new: list[Atom] = []
    renamed: dict[Atom, Polynomial] = {}
    for old in folded.indices:
        assert old.bound is not None
        bound = old.bound.substitute(mapping)
        new.append(old if bound == old.bound else index(bound, "k"))
        if new[-1] is not old:
            renamed[old] = of(new[-1])
    return fold(folded.kind, new, inits, [with_indices(body, renamed) for body in bodies], folded.result)
