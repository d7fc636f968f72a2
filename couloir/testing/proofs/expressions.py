"""Whole numbers as expressions in normal form: polynomials over sizes, integer attributes, indices, and quotients of these.

Two expressions with one normal form are equal for all values of their atoms; that decides most of what a proof about shapes needs.
Division is Python's, towards minus infinity; the remainder is what it leaves: `a - b * (a // b)`.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["size", "number", "index", "quotient"]
"""`size`: at least 0; `number`: any; `index`: from 0 up to but without `bound`; `quotient`: of two polynomials, rounded down."""

_NUMBERS: Final = itertools.count()
_ATOMS: Final[weakref.WeakValueDictionary[tuple[object, ...], Atom]] = weakref.WeakValueDictionary()


class Atom:
    """What a polynomial is made of. Equal ones are one object."""

    __slots__ = ("__weakref__", "bound", "denominator", "kind", "name", "number", "numerator")

    def __init__(self, kind: Kind, name: str) -> None:
        self.kind: Kind = kind
        self.name = name
        self.number = next(_NUMBERS)
        self.bound: Polynomial | None = None
        self.numerator: Polynomial | None = None
        self.denominator: Polynomial | None = None

    def __repr__(self) -> str:
        if self.kind == "quotient":
            return f"({self.numerator} // {self.denominator})"
        return self.name

    @property
    def parts(self) -> tuple[Polynomial, ...]:
        """Numerator and denominator; nothing for an atom that is not a quotient."""
        if self.numerator is None or self.denominator is None:
            return ()
        return self.numerator, self.denominator


def symbol(name: str, kind: Literal["size", "number"] = "size") -> Atom:
    """The size, or integer attribute, called `name`."""
    key = (kind, name)
    found = _ATOMS.get(key)
    if found is None:
        found = _ATOMS[key] = Atom(kind, name)
    return found


def index(bound: Polynomial, name: str = "i") -> Atom:
    """A new index that runs from 0 up to but without `bound`."""
    made = Atom("index", name)
    made.name = f"{name}{made.number}"
    made.bound = bound
    return made


Monomial: TypeAlias = "tuple[Atom, ...]"
"""A product, its factors in order of their numbers; empty for 1."""


class Polynomial:
    """A sum of products with integer coefficients, in normal form: equal ones have the same `terms`, in some order."""

    __slots__ = ("_hash", "_set", "terms")

    def __init__(self, terms: tuple[tuple[Monomial, int], ...]) -> None:
        self.terms = terms
        self._set = frozenset(terms)
        self._hash = hash(self._set)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self._hash == other._hash and self._set == other._set

    @property
    def constant(self) -> int | None:
        """The number that it is, or None."""
        terms = self.terms
        if not terms:
            return 0
        return terms[0][1] if len(terms) == 1 and not terms[0][0] else None

    def __add__(self, other: Polynomial) -> Polynomial:
        if not other.terms:
            return self
        sums = dict(self.terms)
        for monomial, factor in other.terms:
            sums[monomial] = sums.get(monomial, 0) + factor
        return _from(sums)

    def __neg__(self) -> Polynomial:
        return Polynomial(tuple((monomial, -factor) for monomial, factor in self.terms))

    def __sub__(self, other: Polynomial) -> Polynomial:
        return self + -other

    def __mul__(self, other: Polynomial) -> Polynomial:
        sums: dict[Monomial, int] = {}
        for left, a in self.terms:
            for right, b in other.terms:
                product = tuple(sorted((*left, *right), key=_number)) if left and right else left or right
                sums[product] = sums.get(product, 0) + a * b
        return _from(sums)

    def __floordiv__(self, other: Polynomial) -> Polynomial:
        quotient, rest = _divided(self, other)
        if not rest.terms or (nonnegative(rest) and nonnegative(other - rest - ONE)):
            return quotient
        a, b = rest.constant, other.constant
        if b == 0:
            raise ZeroDivisionError
        if a is not None and b is not None:
            return quotient + constant(a // b)
        return quotient + of(_quotient(rest, other))

    def __mod__(self, other: Polynomial) -> Polynomial:
        return self - other * (self // other)

    def atoms(self) -> Mapping[Atom, None]:
        """All atoms, those inside quotients included: the keys of a table, whose order is the same in each process."""
        found: dict[Atom, None] = {}
        todo: list[Polynomial] = [self]
        while todo:
            for monomial, _ in todo.pop().terms:
                for atom in monomial:
                    if atom not in found:
                        found[atom] = None
                        todo += atom.parts
        return found

    def value(self, values: Mapping[Atom, int]) -> int:
        """What it is when the atoms have these values. Raises ZeroDivisionError where a quotient has none."""
        total = 0
        for monomial, factor in self.terms:
            for atom in monomial:
                known = values.get(atom)
                if known is None:
                    numerator, denominator = atom.parts
                    known = numerator.value(values) // denominator.value(values)
                factor *= known
            total += factor
        return total

    def substitute(self, mapping: Mapping[Atom, Polynomial]) -> Polynomial:
        """The polynomial with others in the place of some atoms, quotients that arise included."""
        if not mapping or not self.terms:
            return self
        total = ZERO
        for monomial, factor in self.terms:
            product = constant(factor)
            for atom in monomial:
                product = product * _replaced(atom, mapping)
            total = total + product
        return total

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        text = ""
        for monomial, factor in sorted(self.terms, key=lambda term: (not term[0], _order(term))):
            sign = "-" if factor < 0 else "+"
            names = " * ".join(map(repr, monomial))
            number = str(abs(factor)) if not monomial or abs(factor) != 1 else ""
            part = " * ".join(item for item in (number, names) if item)
            text += f" {sign} {part}" if text else f"-{part}" if factor < 0 else part
        return text

    __repr__ = __str__


def _number(atom: Atom) -> int:
    return atom.number


def _order(term: tuple[Monomial, int]) -> tuple[int, ...]:
    return tuple(atom.number for atom in term[0])


def _from(sums: Mapping[Monomial, int]) -> Polynomial:
    return Polynomial(tuple([term for term in sums.items() if term[1]]))


def constant(number: int) -> Polynomial:
    """A number."""
    return Polynomial((((), int(number)),)) if number else ZERO


def of(atom: Atom) -> Polynomial:
    """An atom alone."""
    return Polynomial((((atom,), 1),))


ZERO: Final = Polynomial(())
ONE: Final = Polynomial((((), 1),))


def product(items: Iterable[Polynomial]) -> Polynomial:
    """The product of all."""
    result = ONE
    for item in items:
        result = result * item
    return result


def _quotient(numerator: Polynomial, denominator: Polynomial) -> Atom:
    key = ("quotient", numerator, denominator)
    found = _ATOMS.get(key)
    if found is None:
        found = _ATOMS[key] = Atom("quotient", "")
        found.name = f"q{found.number}"
        found.numerator, found.denominator = numerator, denominator
    return found


def _replaced(atom: Atom, mapping: Mapping[Atom, Polynomial]) -> Polynomial:
    found = mapping.get(atom)
    if found is not None:
        return found
    if atom.kind != "quotient":
        return of(atom)
    numerator, denominator = (part.substitute(mapping) for part in atom.parts)
    if not denominator.terms:  # no numbers are like that; whatever says so has to say it of some atom
        return of(_quotient(numerator, denominator))
    made = numerator // denominator
    # A quotient that arises may be one that something stands for, too.
    again = {a: mapping[a] for monomial, _ in made.terms for a in monomial if a.kind == "quotient" and a in mapping}
    return made.substitute(again) if again else made


def _divided(whole: Polynomial, by: Polynomial) -> tuple[Polynomial, Polynomial]:
    """A part that `by` divides for certain, as its quotient, and the rest."""
    if not by.terms:
        return ZERO, whole
    single = len(by.terms) == 1
    leading, factor = by.terms[0] if single else max(by.terms, key=_order)
    quotient, rest = ZERO, whole
    for monomial, times in whole.terms if single else sorted(whole.terms, key=_order, reverse=True):
        left = _without(monomial, leading)
        if left is None or times // factor == 0 or (times % factor and not single):
            continue
        part = Polynomial(((left, times // factor),))
        changed = rest - part * by
        if single or len(changed.terms) < len(rest.terms):
            quotient, rest = quotient + part, changed
    return quotient, rest


def _without(monomial: Monomial, factors: Monomial) -> Monomial | None:
    """A product divided by another, or None."""
    rest = list(monomial)
    for atom in factors:
        if atom not in rest:
            return None
        rest.remove(atom)
    return tuple(rest)


def nonnegative(item: Polynomial) -> bool:
    """Whether it is at least 0 for a reason that is easy to see. False says nothing."""
    for candidate in _lower_bounds(item):
        if all(factor > 0 and all(map(_is_natural, monomial)) for monomial, factor in candidate.terms):
            return True
    return False


def _is_natural(atom: Atom) -> bool:
    if atom.kind == "quotient":
        return all(map(nonnegative, atom.parts))
    return atom.kind != "number"


def _lower_bounds(item: Polynomial) -> Iterator[Polynomial]:
    """The polynomial, and one that is at most as large: indices that are subtracted are put at their ends."""
    yield item
    for _ in range(8):
        ends: dict[Monomial, Polynomial] = {}
        for monomial, factor in item.terms:
            if factor < 0 and all(map(_is_natural, monomial)):
                atom = next((a for a in monomial if _greatest(a) is not None), None)
                if atom is not None:
                    end = _greatest(atom)
                    assert end is not None
                    left = _without(monomial, (atom,))
                    assert left is not None
                    ends[monomial] = Polynomial(((left, factor),)) * end
        if not ends:
            return
        item = sum(ends.values(), Polynomial(tuple(term for term in item.terms if term[0] not in ends)))
        yield item


def _greatest(atom: Atom) -> Polynomial | None:
    """The largest value that an index takes, or a quotient where it is easy to see."""
    if atom.bound is not None:
        return atom.bound - ONE
    if atom.kind == "quotient":
        numerator, denominator = atom.parts
        if nonnegative(denominator):
            for low in itertools.islice(_lower_bounds(-numerator), 1, None):
                found, rest = _divided(-low, denominator)
                if rest == -ONE:  # what divides is at least 1
                    return found - ONE
                if nonnegative(rest) and nonnegative(denominator - rest - ONE):
                    return found
    return None
