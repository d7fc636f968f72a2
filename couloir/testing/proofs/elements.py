"""Elements of tensors as terms: scalar terms with leaves of their own, which name what they mean by indices.

A leaf holds polynomials as its data:

* `read`: the element of a tensor at some indices;
* `where`: whether a fact about indices and sizes holds;
* `number`: an index or a size, as an element of some type;
* `fold`: the elements of a term for all values of some indices, combined with an initial value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np

from couloir.backends.numpy.element_types import DType, integer_range, kind, width
from couloir.ir.attribute import Attribute
from couloir.testing.proofs.expressions import ZERO, Atom, Polynomial, index, of
from couloir.testing.proofs.facts import Fact
from couloir.testing.proofs.laws import apply, rebuilt
from couloir.testing.proofs.terms import BOOLEAN, FALSE, TRUE, Term, constant, postorder

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
        inner = body.data
        if body.op == "fold" and isinstance(inner, Fold) and inner.kind == kind:
            start = body.operands[0]
            if kind in IDEMPOTENT and start is init and not used:
                return body
            if _adds_nothing(str(kind), init, start) or (kind in IDEMPOTENT and start is init):
                used += inner.indices
                bodies = body.operands[1:]
        if not used:
            return apply(str(kind), init, body)
        found = _taken_out(str(kind), used, init, bodies[0])
        if found is not None:
            return found
    return Term.of("fold", (*inits, *bodies), inits[result].dtype, Fold(kind, tuple(used), result))


_OF_BOOLEANS: Final[Mapping[str, str]] = {"maximum": "or", "minimum": "and"}
"""What ops on booleans are to terms."""


def _taken_out(kind: str, indices: Sequence[Atom], init: Term, body: Term) -> Term | None:
    """What is combined without its neutral elements; of a sum of integers also without a sign or factors that all summands have.

    A sum of booleans is their disjunction.
    """
    dtype = body.dtype
    if _adds_nothing(kind, init, body):
        return init
    if kind == "add" and body.op == "add" and _adds_nothing(kind, init, body.operands[1]):
        return fold(kind, indices, [init], body.operands[:1])
    name = _OF_BOOLEANS.get(kind, kind) if dtype == BOOLEAN else kind
    if kind in IDEMPOTENT and body.op == name and init in body.operands:  # what it starts from is in it anyway
        (other,) = [operand for operand in body.operands if operand is not init]
        return fold(kind, indices, [init], [other])
    multiply, is_sum = ("and", kind in ("add", "or")) if dtype == BOOLEAN else ("multiply", kind == "add")
    if not is_sum or not _is_no_float(dtype):
        return None

    def rest(term: Term) -> Term:
        return fold(kind, indices, [constant(0, dtype)], [term])

    if body.op == "negate":
        return apply("add", init, apply("negate", rest(body.operands[0])))
    factors = _factors(body, multiply)
    taken = [factor for factor in factors if not depends_on(factor, indices)]
    if not taken or len(taken) == len(factors):
        return None
    inside = _product(multiply, [factor for factor in factors if factor not in taken])
    return apply("add", init, apply(multiply, _product(multiply, taken), rest(inside)))


def _factors(term: Term, multiply: str) -> list[Term]:
    """What is multiplied in a term, in any order."""
    found: list[Term] = []
    todo = [term]
    while todo:
        part = todo.pop()
        if part.op == multiply and part.dtype == term.dtype:
            todo += part.operands
        else:
            found.append(part)
    return found


def _product(multiply: str, factors: Sequence[Term]) -> Term:
    """The product of some factors, at least one, in an order that does not depend on where they stood."""
    first, *others = sorted(factors, key=lambda term: term.key)
    for other in others:
        first = apply(multiply, first, other)
    return first


def _is_no_float(dtype: DType) -> bool:
    return kind(dtype) in ("signed", "unsigned", "bool")


def _adds_nothing(kind: str, init: Term, term: Term) -> bool:
    """Whether a constant makes no difference among what is combined, from an initial value on; a zero not to a sign either."""
    if not is_neutral(kind, term):
        return False
    if kind != "add" or _is_no_float(term.dtype):
        return True
    return all(np.signbit(zero) or (start == 0 and not np.signbit(start)) for zero, start in _parts(term, init))


def _parts(zero: Term, init: Term) -> list[tuple[Any, Any]]:
    """The real parts of a constant and an initial value, and the imaginary ones; NaN for what is not known."""
    start = init.value if init.is_constant else zero.value * np.nan
    if kind(zero.dtype) != "complex":
        return [(zero.value, start)]
    return [(zero.value.real, start.real), (zero.value.imag, start.imag)]


def depends_on(term: Term, indices: Collection[Atom]) -> bool:
    """Whether some index stands in a term."""
    for part in postorder([term]):
        match part.data:
            case Read(_, places):
                items: Sequence[Polynomial] = places
            case Fact():
                items = part.data.items
            case Polynomial():
                items = [part.data]
            case Fold():
                items = [atom.bound for atom in part.data.indices if atom.bound is not None]
            case _:
                continue
        if any(not item.atoms().keys().isdisjoint(indices) for item in items):
            return True
    return False


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


IDEMPOTENT: Final = frozenset(("maximum", "minimum", "and", "or"))
"""Of these x and x are x."""


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
