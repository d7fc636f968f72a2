"""Applying ops to terms, in a light normal form.

    apply("add", x, apply("negate", x))        # stays: it is NaN for an infinite x
    apply("subtract", i, i)                    # 0 for integers

Each law holds bit for bit for every element type that it is applied to, the signs of zeros included; of a NaN only that it is
one. What holds only when rounding is ignored is not here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from couloir.backends.numpy.domains import NotInDomain, floats
from couloir.backends.numpy.element_types import DType, integer_range, kind, width
from couloir.backends.numpy.elementwise import bitcast_convert
from couloir.backends.numpy.precision import bit_counts
from couloir.ir.errors import Error
from couloir.testing.proofs.terms import BOOLEAN, FALSE, TRUE, UNBOUNDED, Term, constant, postorder

COMMUTATIVE: Final = frozenset(
    ("add", "multiply", "maximum", "minimum", "and", "or", "xor", "compare EQ", "compare NE", "same")
)
"""Ops of two operands that may change places: for floats too, NaN and zeros included. Complex numbers have no maximum that does."""
PREDICATES: Final = frozenset(
    ("is_finite", "same", *(f"compare {name}" for name in ("EQ", "NE", "GE", "GT", "LE", "LT")))
)
"""Ops whose results are booleans, whatever they are applied to."""


def _floor(a: int, b: int) -> int:
    return a // b


def _truncating(a: int, b: int) -> int:
    quotient = abs(a) // abs(b)
    return quotient if (a < 0) == (b < 0) else -quotient


def _truncating_remainder(a: int, b: int) -> int:
    return a - b * _truncating(a, b)


def _ceiling(a: int, b: int) -> int:
    return -(-a // b)


def _euclidean(a: int, b: int) -> int:
    return a // b if b > 0 else -(a // -b)


def _euclidean_remainder(a: int, b: int) -> int:
    return a % abs(b)


DIVISIONS: Final[Mapping[str, Callable[[int, int], int]]] = {
    "floor divide": _floor,
    "floor remainder": operator.mod,
    "ceiling divide": _ceiling,
    "truncating divide": _truncating,
    "truncating remainder": _truncating_remainder,
    "euclidean divide": _euclidean,
    "euclidean remainder": _euclidean_remainder,
}
"""The divisions and remainders of unbounded integers: Python's round down (floor), those of C, StableHLO and ONNX towards zero
(truncating), those of SMT solvers leave a remainder that is not negative (Euclidean). A divisor of zero has no meaning.
"""

_UNBOUNDED: Final[Mapping[str, Callable[..., Any]]] = {
    **DIVISIONS,
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "negate": operator.neg,
    "abs": abs,
    "maximum": max,
    "minimum": min,
    "compare EQ": operator.eq,
    "compare NE": operator.ne,
    "compare GE": operator.ge,
    "compare GT": operator.gt,
    "compare LE": operator.le,
    "compare LT": operator.lt,
}


def apply(op: str, *operands: Term, dtype: DType | None = None, data: Hashable = None) -> Term:
    """An op on terms, in normal form.

    Args:
        op: Its name, as domains apply it; on unbounded integers divisions are those of `DIVISIONS`. Beside those there is
            `same`: whether two elements have the same bits or are both NaN.
        operands: Terms of one element type; of `select` the first is a boolean.
        dtype: The element type of the result: by default that of the last operand, booleans of comparisons.
        data: What else belongs to the op.
    """
    if dtype is None:
        dtype = BOOLEAN if op in PREDICATES else operands[-1].dtype
    if op in ("compare GT", "compare GE"):
        op, operands = "compare LT" if op == "compare GT" else "compare LE", operands[::-1]
    if operands and all(operand.is_constant for operand in operands) and data is None:
        folded = _folded(op, operands, dtype)
        if folded is not None:
            return folded
    if op in COMMUTATIVE and len(operands) == 2 and not (op in ("maximum", "minimum") and kind(dtype) == "complex"):
        operands = in_order(operands)
    law = _LAWS.get(op)
    found = None if law is None else law(operands, dtype)
    return Term.of(op, operands, dtype, data) if found is None else found


def in_order(operands: Sequence[Term]) -> tuple[Term, ...]:
    """Operands that may change places: constants last, else by key."""
    return tuple(sorted(operands, key=lambda term: (term.is_constant, term.key)))


def rebuilt(
    roots: Sequence[Term], change: Callable[[Term, Sequence[Term]], Term], known: Mapping[Term, Term] | None = None
) -> list[Term]:
    """Graphs made anew from the leaves: `change` is given each term and its new operands, and says what takes its place.

    `known` says it for some terms beforehand.
    """
    new: dict[Term, Term] = dict(known or {})
    for term in postorder(roots):
        if term not in new:
            new[term] = change(term, [new[operand] for operand in term.operands])
    return [new[root] for root in roots]


def again(term: Term, operands: Sequence[Term], dtype: DType | None = None) -> Term:
    """The op of a term on other operands, in normal form; of another element type where one is given."""
    if dtype is not None and dtype != term.dtype:
        leaf = not term.operands
        return (
            Term.of(term.op, operands, dtype, term.data)
            if leaf
            else apply(term.op, *operands, dtype=dtype, data=term.data)
        )
    if all(new is old for new, old in zip(operands, term.operands, strict=True)):
        return term
    return apply(term.op, *operands, dtype=term.dtype, data=term.data)


def substituted(roots: Sequence[Term], values: Mapping[Term, Term]) -> list[Term]:
    """Graphs in which some terms are replaced, in normal form."""
    return rebuilt(roots, again, values)


# -- constants -----------------------------------------------------------------------------------------------------------


def _folded(op: str, operands: Sequence[Term], dtype: DType) -> Term | None:
    """What an op makes of constants, computed as the NumPy back end does; None where it has no meaning there."""
    if operands[-1].dtype == UNBOUNDED or dtype == UNBOUNDED:
        return _folded_unbounded(op, operands, dtype)
    arrays: list[Any] = [np.asarray(operand.value) for operand in operands]
    try:
        match op:
            case "select":
                return operands[1] if operands[0] is TRUE else operands[2]
            case "convert":
                result = floats.convert(arrays[0], dtype)
            case "bitcast_convert":
                result = bitcast_convert(floats, arrays[0], dtype)
                if any(kind(array.dtype) == "float" and bool(np.isnan(array)) for array in (arrays[0], result)):
                    return None  # as a constant a NaN forgets its bits
            case _:
                result = floats.apply(op, *arrays)
    except (NotInDomain, Error):
        return None
    return constant(result, dtype) if result.dtype == dtype and not result.ndim else None


def _folded_unbounded(op: str, operands: Sequence[Term], dtype: DType) -> Term | None:
    if op == "select":
        return operands[1] if operands[0] is TRUE else operands[2]
    if op == "convert":
        value = operands[0].value
        low, high = (value, value) if dtype == UNBOUNDED else integer_range(dtype)
        return constant(int(value), dtype) if low <= value <= high else None
    function: Any = _UNBOUNDED.get(op)
    if function is None or (op in DIVISIONS and operands[1].data == 0):
        return None
    return constant(function(*(operand.value for operand in operands)), dtype)


# -- laws ----------------------------------------------------------------------------------------------------------------


def is_integer(dtype: DType) -> bool:
    """Whether elements are integers, bounded or not."""
    return dtype == UNBOUNDED or kind(dtype) in ("signed", "unsigned")


def is_float(dtype: DType) -> bool:
    """Whether elements are floats of a format with signs and NaN, of which the laws of IEEE-754 hold."""
    return kind(dtype) == "float" and dtype.name not in _WITHOUT_NAN_OR_SIGN


_WITHOUT_NAN_OR_SIGN: Final = ("float4_e2m1fn", "float6_e2m3fn", "float6_e3m2fn", "float8_e8m0fnu")


def _is(term: Term, number: int) -> bool:
    """Whether a term is a whole number; of floats -0.0 is not 0."""
    if not term.is_constant:
        return False
    value = term.value
    return bool(value == number) and not (number == 0 and kind(term.dtype) == "float" and bool(np.signbit(value)))


def _is_negative_zero(term: Term) -> bool:
    return term.is_constant and kind(term.dtype) == "float" and bool(term.value == 0) and bool(np.signbit(term.value))


def _all_ones(term: Term) -> bool:
    """Whether all bits of a boolean or bounded integer are one."""
    if not term.is_constant or term.dtype == UNBOUNDED:
        return False
    return apply("not", term) is constant(0, term.dtype)


def _add(operands: Sequence[Term], dtype: DType) -> Term | None:
    x, y = operands
    if dtype == BOOLEAN:
        return apply("or", x, y)
    if is_integer(dtype):
        return x if _is(y, 0) else None
    if x.op == "add" and x.operands[1] is y and y.is_constant and bool(y.value == 0):  # what the first changes, it has
        return x
    if is_float(dtype):
        if _is_negative_zero(y):
            return x
        if x is y:  # both double the significand, and overflow together
            return apply("multiply", x, constant(2, dtype))
    if kind(dtype) == "complex" and y is constant(complex(-0.0, -0.0), dtype):
        return x
    return None


def _subtract(operands: Sequence[Term], dtype: DType) -> Term | None:
    x, y = operands
    if is_integer(dtype) and x is y:
        return constant(0, dtype)
    if is_integer(dtype) or is_float(dtype) or kind(dtype) == "complex":
        return apply("add", x, apply("negate", y))
    return None


def _multiply(operands: Sequence[Term], dtype: DType) -> Term | None:
    x, y = operands
    if dtype == BOOLEAN:
        return apply("and", x, y)
    if _is(y, 1) and kind(dtype) != "complex":
        return x
    if not is_integer(dtype) and not is_float(dtype):
        return None
    if is_integer(dtype) and _is(y, 0):
        return y
    if y.is_constant and y is constant(-1, dtype) and y is not constant(1, dtype):
        return apply("negate", x)
    signs = [term.op == "negate" for term in operands]
    if any(signs):  # rounding to nearest does not look at the sign
        bare = apply("multiply", *(t.operands[0] if minus else t for t, minus in zip(operands, signs, strict=True)))
        return bare if all(signs) else apply("negate", bare)
    if is_float(dtype) and x.op == y.op == "abs":
        return apply("abs", apply("multiply", x.operands[0], y.operands[0]))
    return None


def _divide(operands: Sequence[Term], dtype: DType) -> Term | None:
    x, y = operands
    if _is(y, 1) and kind(dtype) != "complex":
        return x
    if not is_float(dtype):
        return None
    signs = [term.op == "negate" for term in operands]
    if any(signs):
        bare = apply("divide", *(t.operands[0] if minus else t for t, minus in zip(operands, signs, strict=True)))
        return bare if all(signs) else apply("negate", bare)
    if x.op == y.op == "abs":
        return apply("abs", apply("divide", x.operands[0], y.operands[0]))
    if y.is_constant:
        inverse = apply("divide", constant(1, dtype), y)
        exact = abs(float(inverse.value)) * abs(float(y.value)) == 1.0 and _is_power_of_two(float(y.value))
        if exact:  # the product is the same number, rounded once as the quotient is
            return apply("multiply", x, inverse)
    return None


def _rounded(op: str) -> Callable[[Sequence[Term], DType], Term | None]:
    """Rounding to whole numbers: once is enough, and away from one sign is towards the other."""
    mirrored = {"floor": "ceil", "ceil": "floor"}.get(op, op)

    def law(operands: Sequence[Term], dtype: DType) -> Term | None:
        (x,) = operands
        if x.op in ("floor", "ceil", "round_nearest_afz", "round_nearest_even") and is_float(dtype):
            return x
        if x.op == "negate" and is_float(dtype):
            return apply("negate", apply(mirrored, x.operands[0]))
        return None

    return law


def _power(operands: Sequence[Term], dtype: DType) -> Term | None:
    """What is so of NaN and infinities, too, as C has it."""
    x, y = operands
    if kind(dtype) == "complex":
        return None
    if _is(y, 1):
        return x
    return (
        constant(1, dtype)
        if _is(x, 1) or (y.is_constant and bool(y.value == 0) and dtype.name not in _WITHOUT_ZERO)
        else None
    )


def _odd(op: str) -> Callable[[Sequence[Term], DType], Term | None]:
    """Functions that turn the sign of their (first) operand into that of the result, however they are rounded.

    Where zeros have no signs, that is so if zero gives zero.
    """

    def law(operands: Sequence[Term], dtype: DType) -> Term | None:
        x, *rest = operands
        if x.op == "negate" and kind(dtype) == "complex" and op in ("tan", "tanh"):
            return apply("negate", apply(op, x.operands[0]))
        if x.op != "negate" or not is_float(dtype) or (rest and constant(-0.0, dtype) is constant(0.0, dtype)):
            return None
        return apply("negate", apply(op, x.operands[0], *rest))

    return law


def _cosine(operands: Sequence[Term], dtype: DType) -> Term | None:
    (x,) = operands
    return apply("cosine", x.operands[0]) if x.op in ("negate", "abs") and is_float(dtype) else None


def _remainder(operands: Sequence[Term], dtype: DType) -> Term | None:
    x, y = operands
    if kind(dtype) != "signed" and not is_float(dtype):
        return None
    positive = y.operands[0] if y.op in ("negate", "abs") else apply("abs", y) if y.is_constant else y
    if positive is not y:  # only the dividend gives it its sign
        return apply("remainder", x, positive)
    if x.op == "remainder" and x.operands[1] is y:
        return x
    return apply("negate", apply("remainder", x.operands[0], y)) if x.op == "negate" and is_float(dtype) else None


def _is_power_of_two(value: float) -> bool:
    return bool(np.isfinite(value)) and abs(float(np.frexp(value)[0])) == 0.5


def _negate(operands: Sequence[Term], dtype: DType) -> Term | None:
    (x,) = operands
    if x.op == "complex":
        return apply("complex", *(apply("negate", part) for part in x.operands), dtype=dtype)
    return x.operands[0] if x.op == "negate" else None


def _abs(operands: Sequence[Term], dtype: DType) -> Term | None:
    (x,) = operands
    if kind(dtype) == "unsigned" or dtype.name == "float8_e8m0fnu":  # which have no sign
        return x
    if x.op == "negate":
        return apply("abs", x.operands[0], dtype=dtype)
    if x.op in ("multiply", "divide") and is_float(dtype):
        bare = [part.operands[0] if part.op in ("negate", "abs") else part for part in x.operands]
        if bare != list(x.operands):  # rounding to nearest does not look at the sign
            return apply("abs", apply(x.op, *bare))
    if x.op == "complex":
        bare = [part.operands[0] if part.op in ("negate", "abs") else part for part in x.operands]
        if bare != list(x.operands):  # the modulus does not look at signs
            return apply("abs", apply("complex", *bare, dtype=x.dtype), dtype=dtype)
        zeros = [part.is_constant and bool(part.value == 0) for part in x.operands]
        if any(zeros):
            return apply("abs", x.operands[0 if zeros[1] else 1])
    return x if x.op in _NEVER_NEGATIVE and x.dtype == dtype else None


_NEVER_NEGATIVE: Final = ("abs", "exponential", "logistic")
"""Functions of real numbers whose results are NaN or have no sign, however they are rounded."""


def _is_finite(operands: Sequence[Term], dtype: DType) -> Term | None:
    """A cube root is as finite as the number is, and exact where that is not: it is smaller, if not below 1."""
    (x,) = operands
    return apply("is_finite", x.operands[0]) if x.op == "cbrt" and is_float(x.dtype) else None


class _Format(NamedTuple):
    exponent_bits: int
    mantissa_bits: int


def reduced_precision(x: Term, exponent_bits: int, mantissa_bits: int) -> Term:
    """A float rounded to so many bits, as `reduce_precision` does it. What has no more stays as it is."""
    if is_float(x.dtype):
        own_mantissa, own_exponent = bit_counts(x.dtype)
        if mantissa_bits >= max(own_mantissa, 1) and exponent_bits >= own_exponent:
            return x
        before = x.data if isinstance(x.data, _Format) else None
        if before and before.exponent_bits <= exponent_bits and before.mantissa_bits <= mantissa_bits:
            return x
    return Term.of("reduce_precision", [x], x.dtype, _Format(exponent_bits, mantissa_bits))


def _is_at_most_zero(term: Term) -> bool:
    return term.is_constant and not np.isnan(term.value) and bool(term.value <= 0)


def _extremum(op: str) -> Callable[[Sequence[Term], DType], Term | None]:
    """Of booleans the greater is OR, the lesser AND; one number is its own maximum."""

    def law(operands: Sequence[Term], dtype: DType) -> Term | None:
        x, y = operands
        if dtype == BOOLEAN:
            return apply("or" if op == "maximum" else "and", x, y)
        if op == "maximum" and x.op in _NEVER_NEGATIVE and is_float(dtype) and _is_at_most_zero(y):
            return x
        return x if x is y else None

    return law


def _and(operands: Sequence[Term], dtype: DType) -> Term | None:
    x, y = operands
    if x is y or _all_ones(y):
        return x
    if _is(y, 0):
        return y
    return constant(0, dtype) if _opposite(x, y) else None


def _or(operands: Sequence[Term], dtype: DType) -> Term | None:
    x, y = operands
    if x is y or _is(y, 0):
        return x
    if _all_ones(y):
        return y
    return apply("not", constant(0, dtype)) if _opposite(x, y) else None


def _xor(operands: Sequence[Term], dtype: DType) -> Term | None:
    x, y = operands
    if x is y:
        return constant(0, dtype)
    if _is(y, 0):
        return x
    return apply("not", x) if _all_ones(y) else None


def _not(operands: Sequence[Term], dtype: DType) -> Term | None:
    (x,) = operands
    if x.op == "not":
        return x.operands[0]
    if x.op in _NEGATED and is_integer(x.operands[0].dtype):  # of floats neither holds of a NaN
        return apply(_NEGATED[x.op], *x.operands)
    if x.op in ("compare EQ", "compare NE"):
        return apply(_NEGATED[x.op], *x.operands)
    return None


_NEGATED: Final = {
    "compare EQ": "compare NE",
    "compare NE": "compare EQ",
    "compare LT": "compare GE",
    "compare LE": "compare GT",
}


def _opposite(x: Term, y: Term) -> bool:
    return (x.op == "not" and x.operands[0] is y) or (y.op == "not" and y.operands[0] is x)


def _are_compared(condition: Term, x: Term, y: Term) -> bool:
    """Whether all bits of two terms are compared, so that equal is identical."""
    sides = condition.operands
    if all(side.op == "total_order" for side in sides):
        sides = tuple(side.operands[0] for side in sides)
    elif not is_integer(x.dtype) and x.dtype != BOOLEAN:
        return False
    return sides in ((x, y), (y, x))


def _select(operands: Sequence[Term], dtype: DType) -> Term | None:
    condition, x, y = operands
    if condition is TRUE or x is y:
        return x
    if condition is FALSE:
        return y
    if condition.op == "not":
        return apply("select", condition.operands[0], y, x)
    if condition.op == "compare EQ" and _are_compared(condition, x, y):
        return y
    if condition.op == "compare NE" and _are_compared(condition, x, y):
        return x
    if dtype == BOOLEAN:
        if x is TRUE:
            return apply("or", condition, y)
        if x is FALSE:
            return apply("and", apply("not", condition), y)
        if y is TRUE:
            return apply("or", apply("not", condition), x)
        if y is FALSE:
            return apply("and", condition, x)
    return None


def _compare(op: str, of_equal: bool) -> Callable[[Sequence[Term], DType], Term | None]:
    """What a relation says of a number and itself; NaN equals nothing, and no complex numbers are looked at."""

    def law(operands: Sequence[Term], dtype: DType) -> Term | None:
        x, y = operands
        if x is y and (x.dtype == BOOLEAN or is_integer(x.dtype)):
            return TRUE if of_equal else FALSE
        if x is y and op == "LT" and kind(x.dtype) == "float":
            return FALSE
        if x.dtype == BOOLEAN and op in ("EQ", "NE") and y.is_constant:
            return x if (y is TRUE) == (op == "EQ") else apply("not", x)
        return None

    return law


def _same(operands: Sequence[Term], dtype: DType) -> Term | None:
    """Whether two elements are one: the same bits, or both NaN. Constants are if their terms are."""
    x, y = operands
    if x is y:
        return TRUE
    if x.is_constant and y.is_constant:
        return FALSE
    return apply("compare EQ", x, y) if x.dtype == BOOLEAN or is_integer(x.dtype) else None


def _convert(operands: Sequence[Term], dtype: DType) -> Term | None:
    (x,) = operands
    if x.dtype == dtype:
        return x
    if x.op == "convert":
        (inner,) = x.operands
        if holds(inner.dtype, x.dtype) or _keeps_low_bits(inner.dtype, x.dtype, dtype):
            return apply("convert", inner, dtype=dtype)
    return None


def _keeps_low_bits(source: DType, middle: DType, target: DType) -> bool:
    """Whether all are bounded integers, and the one in the middle has all bits that are asked for: integers wrap."""
    families = {kind(source), kind(middle), kind(target)}
    return families <= {"signed", "unsigned"} and width(target) <= min(width(source), width(middle))


def holds(source: DType, target: DType) -> bool:
    """Whether numbers of one type all are numbers of another, so that converting on from there is converting at once.

    Booleans become the numbers 0 and 1 in all types; but what converts to booleans asks whether it is zero, as the number does.
    """
    if UNBOUNDED in (source, target):
        return target == UNBOUNDED and is_integer(source)
    families = kind(source), kind(target)
    if families[0] == "bool":
        return families[1] in ("signed", "unsigned", "float") and target.name not in _WITHOUT_ZERO
    if all(family in ("signed", "unsigned") for family in families):
        low, high = integer_range(source)
        least, most = integer_range(target)
        return least <= low and high <= most
    return families == ("float", "float") and (source.name, target.name) in _WIDER


_WITHOUT_ZERO: Final = ("float8_e8m0fnu",)
_WIDER: Final = frozenset(
    (a, b)
    for a, larger in {
        "float16": ("float32", "float64"),
        "bfloat16": ("float32", "float64"),
        "float32": ("float64",),
    }.items()
    for b in larger
)


def _bitcast_convert(operands: Sequence[Term], dtype: DType) -> Term | None:
    (x,) = operands
    if x.dtype == dtype:
        return x
    return x.operands[0] if x.op == "bitcast_convert" and x.operands[0].dtype == dtype else None


def _part(op: str) -> Callable[[Sequence[Term], DType], Term | None]:
    """The real or the imaginary part: what is added, subtracted and negated part by part is so afterwards, too."""

    def law(operands: Sequence[Term], dtype: DType) -> Term | None:
        (x,) = operands
        if kind(x.dtype) == "float":
            return x if op == "real" else constant(0, dtype)
        if x.op == "complex":
            return x.operands[0 if op == "real" else 1]
        if x.op in ("add", "negate"):
            return apply(x.op, *(apply(op, part, dtype=dtype) for part in x.operands))
        return None

    return law


def _complex(operands: Sequence[Term], dtype: DType) -> Term | None:
    x, y = operands
    if (x.op, y.op) == ("real", "imag") and x.operands == y.operands and x.operands[0].dtype == dtype:
        return x.operands[0]
    if x.op == y.op == "negate":
        bare = apply("complex", x.operands[0], y.operands[0], dtype=dtype)
        return None if bare.op == "complex" else apply("negate", bare)
    return None


_LAWS: Final[Mapping[str, Callable[[Sequence[Term], DType], Term | None]]] = {
    "abs": _abs,
    "add": _add,
    "and": _and,
    "bitcast_convert": _bitcast_convert,
    "compare EQ": _compare("EQ", True),
    "compare LE": _compare("LE", True),
    "compare LT": _compare("LT", False),
    "compare NE": _compare("NE", False),
    "complex": _complex,
    "convert": _convert,
    "divide": _divide,
    "imag": _part("imag"),
    "is_finite": _is_finite,
    "maximum": _extremum("maximum"),
    "minimum": _extremum("minimum"),
    "multiply": _multiply,
    "negate": _negate,
    "not": _not,
    "or": _or,
    "real": _part("real"),
    "remainder": _remainder,
    **{op: _rounded(op) for op in ("floor", "ceil", "round_nearest_afz", "round_nearest_even")},
    **{op: _odd(op) for op in ("atan2", "cbrt", "erf", "sine", "tan", "tanh")},
    "cosine": _cosine,
    "power": _power,
    "same": _same,
    "select": _select,
    "subtract": _subtract,
    "xor": _xor,
}
