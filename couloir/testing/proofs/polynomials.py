"""Terms as polynomials: the normal form in which the order of sums and products does not matter.

For integers, which wrap, that is exact: a bounded one is a polynomial over the integers modulo 2^width. For floats it holds in
exact arithmetic only; where it is used, `Normal.needs` says which assumptions that takes, beside that rounding may change:

* a summand that goes away (x - x): NaN and infinities do not occur, and the sign of a zero does not matter. (The zero of x + 0
  stays, as it makes +0 of -0.)
* a product with a sum multiplied out: infinities do not occur, and the sign of a zero does not matter;
* a factor that goes away (x / x): NaN does not occur.

What is associative for floats too (maximum, minimum, and, or, xor) is a set of operands.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from typing import Any, Final, TypeAlias

import attrs
import numpy as np

from couloir.backends.numpy.element_types import DType, kind, width
from couloir.testing.proofs.domain import PRODUCT, SUM
from couloir.testing.proofs.laws import again, apply, is_float, is_integer
from couloir.testing.proofs.terms import BOOLEAN, UNBOUNDED, Term, constant, postorder

Number: TypeAlias = int | Fraction
#: Atoms with their exponents, in order.
Monomial: TypeAlias = tuple[tuple[Term, int], ...]
Polynomial: TypeAlias = dict[Monomial, Number]

MAX_MONOMIALS: Final = 2000
"""Products that would have more are left as they are."""
_SETS: Final = frozenset(("maximum", "minimum", "and", "or", "xor"))
_ARITHMETIC: Final = frozenset(("add", "subtract", "multiply", "negate", "divide", "fma", SUM, PRODUCT))
_OF_INTEGERS: Final = frozenset(("add", "subtract", "multiply", "negate", "not", "remainder", "shift_left", "convert"))

NO_NAN, NO_INFINITIES, NO_SIGNED_ZEROS = "no NaN", "no infinities", "no signed zeros"
CANCELLING: Final = frozenset((NO_NAN, NO_INFINITIES, NO_SIGNED_ZEROS))
"""What has to be assumed for x - x and 0 x to be 0."""


@attrs.define
class Normal:
    """Normal forms of some terms.

    Attributes:
        terms: One for each: equal where the terms are.
        needs: The assumptions that this takes beside those that were made.
    """

    terms: list[Term]
    needs: set[str]


def normal(roots: Sequence[Term], real: Collection[Term] = (), assumes: Collection[str] = ()) -> Normal:
    """The normal forms of terms.

    Args:
        roots: The terms.
        real: The arithmetic of floats in which rounding does not matter.
        assumes: What is assumed anyway.
    """
    normalizer = _Normalizer(real, assumes)
    found = normalizer.run(roots)
    return Normal(found, normalizer.needs - set(assumes))


def open_regions(roots: Sequence[Term]) -> Collection[Term]:
    """The arithmetic of floats that is connected with a sum whose order is open: rounding does not matter there."""
    parents: dict[Term, Term] = {}

    def representative(term: Term) -> Term:
        while parents[term] is not term:
            parents[term] = parents[parents[term]]
            term = parents[term]
        return term

    order = [term for term in postorder(roots) if term.op in _ARITHMETIC and is_float(term.dtype)]
    for term in order:
        parents[term] = term
    for term in order:
        for operand in term.operands:
            if operand in parents:
                parents[representative(operand)] = representative(term)
    are_open = {representative(term) for term in order if term.op in (SUM, PRODUCT)}
    return {term for term in order if representative(term) in are_open}


class _TooLarge(Exception):
    """A product has too many monomials."""


class _Normalizer:
    def __init__(self, real: Collection[Term], assumes: Collection[str]) -> None:
        self.real = real
        self.needs: set[str] = set()
        self.zeros_have_signs = NO_SIGNED_ZEROS not in assumes
        self.zeros_matter = not set(assumes) >= CANCELLING
        """Whether a product with a zero may be something else."""
        self.polynomials: dict[Term, Polynomial] = {}
        """Of normal forms that are more than an atom."""

    def run(self, roots: Sequence[Term]) -> list[Term]:
        new: dict[Term, Term] = {}
        for term in postorder(roots):
            new[term] = self._changed(term, [new[operand] for operand in term.operands])
        return [new[root] for root in roots]

    def _changed(self, term: Term, operands: list[Term]) -> Term:
        dtype = term.dtype
        polynomial: Polynomial | None = None
        try:
            if is_integer(dtype) and term.op in _OF_INTEGERS:
                polynomial = self._of_integers(term, operands)
            elif is_float(dtype) and term.op in _ARITHMETIC and term in self.real:
                polynomial = self._of_floats(term, operands)
        except _TooLarge:
            pass
        if polynomial is not None:
            return self._as_term(polynomial, dtype)
        if term.op in _SETS and len(operands) == 2 and kind(dtype) != "complex":
            return _as_set(term.op, operands, dtype)
        return Term.of(term.op, operands, dtype, term.data) if term.op in (SUM, PRODUCT) else again(term, operands)

    # -- polynomials -----------------------------------------------------------------------------------------------------

    def _polynomial(self, term: Term) -> Polynomial:
        found = self.polynomials.get(term)
        if found is not None:
            return found
        number = _number(term)
        if number is None:
            return {((term, 1),): 1}
        if number == 0 and is_float(term.dtype) and self.zeros_matter:
            return {((constant(0, term.dtype), 1),): -1 if np.signbit(term.value) else 1}
        return {(): number} if number else {}

    def _as_term(self, polynomial: Polynomial, dtype: DType) -> Term:
        """The term that stands for a polynomial: an atom or a constant where it is one."""
        items = [(monomial, coefficient) for monomial, coefficient in polynomial.items() if coefficient]
        if not items:
            return constant(0, dtype)
        if len(items) == 1:
            ((monomial, coefficient),) = items
            if coefficient == 1 and len(monomial) == 1 and monomial[0][1] == 1:
                return monomial[0][0]
            if _is_zero(monomial):
                return constant(-0.0, dtype)
            if not monomial and is_integer(dtype):
                return _whole(int(coefficient), dtype)
            if not monomial and _number(rounded := constant(float(coefficient), dtype)) == coefficient:
                return rounded
        atoms = sorted({atom for monomial, _ in items for atom, _ in monomial}, key=lambda atom: atom.key)
        places = {atom: place for place, atom in enumerate(atoms)}
        data = tuple(
            sorted(
                (tuple((places[atom], power) for atom, power in monomial), coefficient)
                for monomial, coefficient in items
            )
        )
        made = Term.of("polynomial", atoms, dtype, data)
        self.polynomials[made] = dict(items)
        return made

    def _of_integers(self, term: Term, operands: list[Term]) -> Polynomial | None:
        bits = None if term.dtype == UNBOUNDED else width(term.dtype)
        modulus = None if bits is None else 1 << bits
        match term.op:
            case "convert":
                source = operands[0].dtype
                if bits is None or not is_integer(source) or (source != UNBOUNDED and width(source) < bits):
                    return None
                result: Polynomial = {}  # taking the low bits keeps sums and products
                for monomial, coefficient in self._polynomial(operands[0]).items():
                    atoms = sorted(
                        ((apply("convert", atom, dtype=term.dtype), power) for atom, power in monomial),
                        key=lambda pair: pair[0].key,
                    )
                    factors: Polynomial = {(): coefficient}
                    for atom, power in atoms:
                        factors = _product(factors, _power(self._polynomial(atom), power))
                    result = _sum([result, factors])
            case "remainder":  # what a quotient leaves, also one by zero, or of the least number by -1
                if bits is None:
                    return None
                quotient: Polynomial = {((apply("divide", *operands), 1),): 1}
                result = _sum(
                    [self._polynomial(operands[0]), _scaled(_product(self._polynomial(operands[1]), quotient), -1)]
                )
            case "not":
                result = _sum([_scaled(self._polynomial(operands[0]), -1), {(): -1}])
            case "shift_left":
                count = _number(operands[1])
                if count is None or bits is None:
                    return None
                count = int(count) % (1 << bits)
                result = _scaled(self._polynomial(operands[0]), 1 << count) if count < bits else {}
            case op:
                result = self._arithmetic(op, [self._polynomial(operand) for operand in operands])
        if modulus is not None:
            result = {monomial: coefficient % modulus for monomial, coefficient in result.items()}
        return {monomial: coefficient for monomial, coefficient in result.items() if coefficient}

    def _of_floats(self, term: Term, operands: list[Term]) -> Polynomial | None:
        if any(operand.is_constant and _number(operand) is None for operand in operands):
            return None  # an infinity, or NaN
        polynomials = [self._polynomial(operand) for operand in operands]
        match term.op:
            case "divide":
                divisor = self._inverse(operands[1], polynomials[1])
                if divisor is None:
                    return None
                return self._multiplied(polynomials[0], divisor)
            case "fma":
                return self._added([self._multiplied(polynomials[0], polynomials[1]), polynomials[2]])
            case op:
                return self._real_arithmetic(op, polynomials)

    def _arithmetic(self, op: str, operands: Sequence[Polynomial]) -> Polynomial:
        match op:
            case "add":
                return _sum(operands)
            case "subtract":
                return _sum([operands[0], _scaled(operands[1], -1)])
            case "negate":
                return _scaled(operands[0], -1)
            case _:
                return _product(*operands)

    def _real_arithmetic(self, op: str, operands: Sequence[Polynomial]) -> Polynomial:
        match op:
            case "add" | "sum":
                return self._added(operands)
            case "subtract":
                return self._added([operands[0], self._negated(operands[1])])
            case "negate":
                return self._negated(operands[0])
            case _:
                result = operands[0]
                for other in operands[1:]:
                    result = self._multiplied(result, other)
                return result

    def _added(self, operands: Sequence[Polynomial]) -> Polynomial:
        signs: dict[Monomial, bool] = {}
        for operand in operands:
            for monomial, coefficient in operand.items():
                if (
                    signs.setdefault(monomial, coefficient > 0) != (coefficient > 0)
                    and monomial
                    and not _is_zero(monomial)
                ):
                    self.needs |= CANCELLING
        zeros = [coefficient for operand in operands for monomial, coefficient in operand.items() if _is_zero(monomial)]
        result = _sum([_without_zero(operand) for operand in operands])
        if zeros and (not result or (max(zeros) > 0 and () not in result and self.zeros_have_signs)):
            # Beside other summands -0 makes no difference, and +0 only where they are -0.
            result[next(filter(_is_zero, signs))] = 1 if max(zeros) > 0 else -1
        return _with_signs(result)

    def _negated(self, operand: Polynomial) -> Polynomial:
        return _scaled(operand if len(operand) == 1 else self._without_zero(operand), -1)

    def _without_zero(self, operand: Polynomial) -> Polynomial:
        rest = _without_zero(operand)
        if len(rest) < len(operand):
            self.needs.add(NO_SIGNED_ZEROS)
        return rest

    def _multiplied(self, lhs: Polynomial, rhs: Polynomial) -> Polynomial:
        lhs, rhs = (side if len(side) == 1 else self._without_zero(side) for side in (lhs, rhs))
        if not lhs or not rhs:
            self.needs |= CANCELLING
        for one, other in ((lhs, rhs), (rhs, lhs)):
            if len(one) > 1 and not (len(other) == 1 and abs(next(iter(other.values()))) == 1 and () in other):
                self.needs |= {NO_INFINITIES, NO_SIGNED_ZEROS}
        result = _with_signs(_product(lhs, rhs))
        before = {atom for polynomial in (lhs, rhs) for monomial in polynomial for atom, _ in monomial}
        if result and before - {atom for monomial in result for atom, _ in monomial}:
            self.needs.add(NO_NAN)
        return result

    def _inverse(self, term: Term, polynomial: Polynomial) -> Polynomial | None:
        polynomial = polynomial if len(polynomial) == 1 else self._without_zero(polynomial)
        if len(polynomial) != 1:
            return {((term, -1),): 1} if polynomial else None
        ((monomial, coefficient),) = polynomial.items()
        return {tuple((atom, -power) for atom, power in monomial): Fraction(1) / coefficient}


def _is_zero(monomial: Monomial) -> bool:
    """Whether a monomial is a zero, which makes a difference to the sign of other zeros."""
    return len(monomial) == 1 and monomial[0][0].is_constant and monomial[0][1] == 1


def _without_zero(polynomial: Polynomial) -> Polynomial:
    return {monomial: coefficient for monomial, coefficient in polynomial.items() if not _is_zero(monomial)}


def _with_signs(polynomial: Polynomial) -> Polynomial:
    """Of a product with a zero the coefficient is a sign."""
    return {
        monomial: (1 if coefficient > 0 else -1) if any(atom.is_constant for atom, _ in monomial) else coefficient
        for monomial, coefficient in polynomial.items()
    }


def _number(term: Term) -> Number | None:
    """The value of a constant, if it is a number."""
    if not term.is_constant or term.dtype == BOOLEAN:
        return None
    if is_integer(term.dtype):
        return int(term.value)
    if kind(term.dtype) != "float" or not np.isfinite(term.value):
        return None
    return Fraction(float(term.value))


def _whole(number: int, dtype: DType) -> Term:
    """An integer of a type, from any number that stands for it modulo its range."""
    if dtype == UNBOUNDED:
        return constant(number, dtype)
    number %= 1 << width(dtype)
    signed = kind(dtype) == "signed" and number >> (width(dtype) - 1)
    return constant(number - (1 << width(dtype)) if signed else number, dtype)


def _sum(polynomials: Sequence[Polynomial]) -> Polynomial:
    result: Polynomial = {}
    for polynomial in polynomials:
        for monomial, coefficient in polynomial.items():
            total = result.get(monomial, 0) + coefficient
            if total:
                result[monomial] = total
            else:
                result.pop(monomial, None)
    return result


def _scaled(polynomial: Polynomial, factor: Number) -> Polynomial:
    return {monomial: coefficient * factor for monomial, coefficient in polynomial.items()}


def _product(lhs: Polynomial, rhs: Polynomial) -> Polynomial:
    result: Polynomial = {}
    for left, a in lhs.items():
        for right, b in rhs.items():
            monomial = _joined(left, right)
            result[monomial] = result.get(monomial, 0) + a * b
        if len(result) > MAX_MONOMIALS:
            raise _TooLarge
    return {monomial: coefficient for monomial, coefficient in result.items() if coefficient}


def _joined(left: Monomial, right: Monomial) -> Monomial:
    if not left or not right:
        return left or right
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(((a, p) for a, p in powers.items() if p), key=lambda pair: pair[0].key))


def _power(polynomial: Polynomial, exponent: int) -> Polynomial:
    result: Polynomial = {(): 1}
    for _ in range(exponent):
        result = _product(result, polynomial)
    return result


def _as_set(op: str, operands: Sequence[Term], dtype: DType) -> Term:
    """An associative op on all the operands of nested ones: each once, or of `xor` those that are there an odd number of times."""
    members: dict[Term, int] = {}
    for operand in operands:
        for member in operand.operands if operand.op == op and operand.dtype == dtype else (operand,):
            members[member] = members.get(member, 0) + 1
    kept = [member for member, count in members.items() if op != "xor" or count % 2]
    if not kept:
        return constant(0, dtype)
    if len(kept) == 1:
        return kept[0]
    if len(kept) == 2:
        return apply(op, *kept)
    return Term.of(op, sorted(kept, key=lambda term: term.key), dtype)


def nearly_equal(a: Term, b: Term, roundoff: float) -> bool:
    """Whether two polynomials of floats differ in coefficients alone, and in these as little as rounding explains."""
    if a is b:
        return True
    if a.op != "polynomial" or b.op != "polynomial" or a.operands != b.operands or not is_float(a.dtype):
        return False
    left: Any = a.data
    right: Any = b.data
    return [monomial for monomial, _ in left] == [monomial for monomial, _ in right] and all(
        abs(x - y) <= 4 * roundoff * max(abs(x), abs(y)) for (_, x), (_, y) in zip(left, right, strict=True)
    )
