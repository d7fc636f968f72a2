"""Scalar questions about few bits, decided by trying all values: of one 16-bit float, two bytes, four i4. About more bits some
values are tried.

What is computed is the meaning of the NumPy back end, so that formats of floats take part that no SMT solver knows. Functions whose
rounding is left open (exp, tanh) do not: what NumPy makes of them proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from couloir.backends.numpy.domains import floats
from couloir.backends.numpy.element_types import Array, DType, from_bits, kind, to_bits, width
from couloir.backends.numpy.elementwise import bitcast_convert
from couloir.testing.proofs.laws import PREDICATES
from couloir.testing.proofs.questions import Outcome, Proved, Refuted
from couloir.testing.proofs.terms import UNBOUNDED, Term, postorder

MAX_BITS: Final = 16
"""Of all variables together."""
SAMPLES: Final = 2000
_DETERMINED: Final = PREDICATES | {
    *("abs", "add", "and", "bitcast_convert", "ceil", "constant", "convert", "count_leading_zeros", "divide", "floor"),
    *(
        "imag",
        "maximum",
        "minimum",
        "multiply",
        "negate",
        "not",
        "or",
        "popcnt",
        "real",
        "remainder",
        "round_nearest_afz",
    ),
    *("round_nearest_even", "select", "shift_left", "shift_right_arithmetic", "shift_right_logical", "sign", "sqrt"),
    *("subtract", "total_order", "xor"),
}
"""Ops with one right result."""
_LEAVES: Final = ("variable", "read")


def decide(premises: Sequence[Term], goal: Term) -> Outcome | None:
    """Whether a boolean term holds for all values for which the premises do; None for too many values, or unknown functions."""
    leaves = _leaves([*premises, goal])
    if leaves is None or sum(width(leaf.dtype) for leaf in leaves) > MAX_BITS:
        return None
    numbers, place = np.arange(1 << sum(width(leaf.dtype) for leaf in leaves), dtype=np.uint64), 0
    values: dict[Term, Array] = {}
    for leaf in leaves:
        size = width(leaf.dtype)
        values[leaf] = from_bits((numbers >> np.uint64(place)) & np.uint64((1 << size) - 1), leaf.dtype)
        place += size
    return _counterexample(premises, goal, values, numbers.shape) or Proved()


def refute(premises: Sequence[Term], goal: Term) -> Refuted | None:
    """Values for which a boolean term does not hold, though the premises do: among ends of the range, small numbers, any."""
    leaves = _leaves([*premises, goal])
    if leaves is None:
        return None
    generator = np.random.default_rng(len(leaves))
    values = {leaf: _samples(leaf.dtype, generator) for leaf in leaves}
    return _counterexample(premises, goal, values, (SAMPLES,))


def _samples(dtype: DType, generator: np.random.Generator) -> Array:
    size = width(dtype)
    ends = [0, 1, 2, 3, (1 << size - 1) - 1, 1 << size - 1, (1 << size - 1) + 1, (1 << size) - 1]
    if kind(dtype) == "float":
        with np.errstate(all="ignore"):
            numbers = np.array([1, -1, 0.5, 3, np.inf, -np.inf, np.nan, 1e-3]).astype(dtype)
        ends += to_bits(numbers).tolist()
    patterns = generator.integers(0, 1 << min(size, 63), SAMPLES, dtype=np.uint64)
    if size == 64:
        patterns = patterns << np.uint64(1) | generator.integers(0, 2, SAMPLES, dtype=np.uint64)
    few = np.array([end & ((1 << size) - 1) for end in ends], np.uint64)
    return from_bits(np.where(generator.random(SAMPLES) < 0.6, generator.choice(few, SAMPLES), patterns), dtype)


def _leaves(roots: Sequence[Term]) -> list[Term] | None:
    """The variables and reads of terms; None where NumPy cannot compute what the terms are."""
    order = list(postorder(roots))
    if any(term.dtype == UNBOUNDED or kind(term.dtype) == "complex" for term in order):
        return None
    if any(term.op not in _LEAVES and not _is_determined(term) for term in order):
        return None
    return [term for term in order if term.op in _LEAVES]


def _counterexample(
    premises: Sequence[Term], goal: Term, values: Mapping[Term, Array], shape: tuple[int, ...]
) -> Refuted | None:
    results = values_of([*premises, goal], values)
    allowed = np.ones(shape, np.bool_)
    for result in results[:-1]:
        allowed = allowed & result
    wrong = np.flatnonzero(allowed & ~np.broadcast_to(results[-1], shape))
    return Refuted({leaf: array[wrong[0]] for leaf, array in values.items()}, certain=True) if wrong.size else None


def _is_determined(term: Term) -> bool:
    if term.op == "power":
        return kind(term.dtype) in ("signed", "unsigned")
    return term.op in _DETERMINED and (term.data is None or term.is_constant)


def values_of(roots: Sequence[Term], values: Mapping[Term, Array]) -> list[Array]:
    """What terms are for arrays of values of their leaves, as the NumPy back end computes it."""
    known = dict(values)
    for term in postorder(roots):
        if term not in known:
            known[term] = np.asarray(_value(term, [known[operand] for operand in term.operands]))
    return [known[root] for root in roots]


def _value(term: Term, operands: Sequence[Array]) -> Any:
    match term.op:
        case "constant":
            return term.value
        case "select":
            return np.where(operands[0], operands[1], operands[2])
        case "convert":
            return floats.convert(operands[0], term.dtype)
        case "bitcast_convert":
            return bitcast_convert(floats, operands[0], term.dtype)
        case "same":
            return same(operands[0], operands[1])
        case op:
            return floats.apply(op, *operands)


def same(a: Array, b: Array) -> Array:
    """Where two arrays of one element type have equal bits, or are both NaN."""
    if kind(a.dtype) == "complex":
        return same(np.real(a), np.real(b)) & same(np.imag(a), np.imag(b))
    a, b = (np.ascontiguousarray(array) for array in np.broadcast_arrays(a, b))
    found = np.asarray(to_bits(a) == to_bits(b))
    if kind(a.dtype) != "float":
        return found
    with np.errstate(invalid="ignore"):
        return found | ((a != a) & (b != b))
