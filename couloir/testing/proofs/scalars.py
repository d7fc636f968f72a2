"""What ops on scalars mean to an SMT solver: one table per family of element types.

Booleans are `Bool`; integers bit-vectors of their width, which wrap; floats that are encoded as IEEE-754 has it `FloatingPoint`,
rounded to nearest even, with one NaN; unbounded integers `Int`. Other element types (floats without infinities, complex numbers)
are sorts of which nothing is known. What each op means is what the NumPy back end computes; what has no meaning in these
theories (exp, tanh, ...) is a function of which nothing is known but that it is one.
Sources: SMT-LIB theories FixedSizeBitVectors, FloatingPoint (Brain, Tinelli, Rümmer, Wahl, 2015) and Ints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np

from couloir.backends.numpy.element_types import DType, from_bits, integer_range, kind, width
from couloir.testing.proofs.terms import BOOLEAN, UNBOUNDED, Term

#: Makes SMT-LIB text of the texts of operands. Operands are names or literals: using one twice costs nothing.
Meaning: TypeAlias = Callable[..., str]

FLOAT_FORMATS: Final[Mapping[str, tuple[int, int]]] = {
    "float16": (5, 11),
    "bfloat16": (8, 8),
    "float32": (8, 24),
    "float64": (11, 53),
    "float8_e5m2": (5, 3),
    "float8_e4m3": (4, 4),
    "float8_e3m4": (3, 5),
}
"""Bits of the exponent, and of the significand with its hidden bit, of the floats that are encoded as IEEE-754 has it."""


def has_meaning(dtype: DType) -> bool:
    """Whether a solver knows elements of a type, and not only that they are some."""
    return dtype == UNBOUNDED or kind(dtype) in ("bool", "signed", "unsigned") or dtype.name in FLOAT_FORMATS


def sort(dtype: DType) -> str:
    """The SMT-LIB sort of an element type; one that has to be declared where `has_meaning` says no."""
    if dtype == UNBOUNDED:
        return "Int"
    if dtype == BOOLEAN:
        return "Bool"
    if kind(dtype) in ("signed", "unsigned"):
        return f"(_ BitVec {width(dtype)})"
    if dtype.name in FLOAT_FORMATS:
        return "(_ FloatingPoint {} {})".format(*FLOAT_FORMATS[dtype.name])
    return f"Opaque_{dtype.name}"


# -- literals ------------------------------------------------------------------------------------------------------------


def whole(number: int) -> str:
    """An `Int`."""
    return str(number) if number >= 0 else f"(- {-number})"


def bits(number: int, dtype: DType) -> str:
    """A bit-vector of the width of an element type."""
    size = width(dtype)
    return f"#b{number & ((1 << size) - 1):0{size}b}"


def literal(term: Term) -> str | None:
    """A constant; None where its type has no literals."""
    if term.dtype == UNBOUNDED:
        return whole(term.value)
    if term.dtype == BOOLEAN:
        return "true" if term.value else "false"
    if kind(term.dtype) in ("signed", "unsigned"):
        return bits(int(term.value), term.dtype)
    if term.dtype.name not in FLOAT_FORMATS or not isinstance(term.data, int):
        return None
    exponent, significand = FLOAT_FORMATS[term.dtype.name]
    if term.value != term.value:
        return f"(_ NaN {exponent} {significand})"
    text = f"{term.data:0{exponent + significand}b}"
    return f"(fp #b{text[0]} #b{text[1 : exponent + 1]} #b{text[exponent + 1 :]})"


def value(found: bool | int | str, dtype: DType) -> object:
    """What the solver says of a constant, as a NumPy scalar, or as an int where that is unbounded."""
    if dtype == UNBOUNDED:
        return found
    if found == "NaN":
        return np.array(np.nan).astype(dtype)[()]
    return from_bits(np.array(int(found), np.uint64), dtype)[()]


def _number(real: str, dtype: DType) -> str:
    """A decimal as the nearest float."""
    return "((_ to_fp {} {}) RNE {})".format(*FLOAT_FORMATS[dtype.name], real)


# -- booleans ------------------------------------------------------------------------------------------------------------


def _form(text: str) -> Meaning:
    """A meaning that is written down: `{0}` and `{1}` are the operands."""
    return text.format


_BOOLEANS: Final[Mapping[str, Meaning]] = {
    **dict.fromkeys(("and", "multiply", "minimum"), _form("(and {} {})")),
    **dict.fromkeys(("or", "add", "maximum"), _form("(or {} {})")),
    "xor": _form("(xor {} {})"),
    "not": _form("(not {})"),
    "compare EQ": _form("(= {} {})"),
    "compare NE": _form("(xor {} {})"),
    "compare GT": _form("(and {0} (not {1}))"),
    "compare GE": _form("(or {0} (not {1}))"),
    "compare LT": _form("(and (not {0}) {1})"),
    "compare LE": _form("(or (not {0}) {1})"),
}

# -- unbounded integers --------------------------------------------------------------------------------------------------

_FLOOR: Final = "(ite (> {1} 0) (div {0} {1}) (div (- {0}) (- {1})))"
_CEILING: Final = "(- (ite (> {1} 0) (div (- {0}) {1}) (div {0} (- {1}))))"
_TRUNCATING: Final = "(ite (>= {0} 0) (div {0} {1}) (- (div (- {0}) {1})))"
_UNBOUNDED: Final[Mapping[str, Meaning]] = {
    "add": _form("(+ {} {})"),
    "subtract": _form("(- {} {})"),
    "multiply": _form("(* {} {})"),
    "negate": _form("(- {})"),
    "abs": _form("(abs {})"),
    "maximum": _form("(ite (>= {0} {1}) {0} {1})"),
    "minimum": _form("(ite (<= {0} {1}) {0} {1})"),
    "compare EQ": _form("(= {} {})"),
    "compare NE": _form("(distinct {} {})"),
    "compare GT": _form("(> {} {})"),
    "compare GE": _form("(>= {} {})"),
    "compare LT": _form("(< {} {})"),
    "compare LE": _form("(<= {} {})"),
    "euclidean divide": _form("(div {} {})"),
    "euclidean remainder": _form("(mod {} {})"),
    "floor divide": _form(_FLOOR),
    "floor remainder": _form(f"(- {{0}} (* {{1}} {_FLOOR}))"),
    "ceiling divide": _form(_CEILING),
    "truncating divide": _form(_TRUNCATING),
    "truncating remainder": _form(f"(- {{0}} (* {{1}} {_TRUNCATING}))"),
}
_BY_POSITIVE: Final[Mapping[str, Meaning]] = {
    "floor divide": _form("(div {} {})"),
    "floor remainder": _form("(mod {} {})"),
    "ceiling divide": _form("(- (div (- {}) {}))"),
}
"""The same, for divisors that are positive constants: what the solver knows as linear arithmetic."""

# -- bounded integers ----------------------------------------------------------------------------------------------------


def _integer(op: str, dtype: DType, operands: Sequence[Term]) -> Meaning | None:
    found = (_SIGNED if kind(dtype) == "signed" else _UNSIGNED).get(op) or _BIT_VECTORS.get(op)
    if found is not None:
        return found
    zero, one, ones = (bits(number, dtype) for number in (0, 1, -1))
    is_signed = kind(dtype) == "signed"
    if op == "divide":  # of signed ones; SMT-LIB has no single result for divisors of zero
        return _form(f"(ite (= {{1}} {zero}) {ones} (bvsdiv {{0}} {{1}}))")
    if op == "abs":
        return _form(f"(ite (bvslt {{0}} {zero}) (bvneg {{0}}) {{0}})")
    if op == "sign":
        positive = f"(ite (= {{0}} {zero}) {zero} {one})"
        return _form(f"(ite (bvslt {{0}} {zero}) {ones} {positive})" if is_signed else positive)
    if op == "popcnt":
        return _form(_sum_of_bits("{0}", dtype))
    if op == "count_leading_zeros":
        return _form(_leading_zeros("{0}", dtype))
    if op == "power" and operands[1].is_constant:
        return _power(int(operands[1].value), dtype)
    return None


_BIT_VECTORS: Final[Mapping[str, Meaning]] = {
    "add": _form("(bvadd {} {})"),
    "subtract": _form("(bvsub {} {})"),
    "multiply": _form("(bvmul {} {})"),
    "negate": _form("(bvneg {})"),
    "and": _form("(bvand {} {})"),
    "or": _form("(bvor {} {})"),
    "xor": _form("(bvxor {} {})"),
    "not": _form("(bvnot {})"),
    "compare EQ": _form("(= {} {})"),
    "compare NE": _form("(distinct {} {})"),
    # Shifts by the width or more give what SMT-LIB gives: zero, or the sign everywhere.
    "shift_left": _form("(bvshl {} {})"),
    "shift_right_logical": _form("(bvlshr {} {})"),
    "shift_right_arithmetic": _form("(bvashr {} {})"),
}
_SIGNED: Final[Mapping[str, Meaning]] = {
    "remainder": _form("(bvsrem {} {})"),
    "maximum": _form("(ite (bvsge {0} {1}) {0} {1})"),
    "minimum": _form("(ite (bvsle {0} {1}) {0} {1})"),
    "compare GT": _form("(bvsgt {} {})"),
    "compare GE": _form("(bvsge {} {})"),
    "compare LT": _form("(bvslt {} {})"),
    "compare LE": _form("(bvsle {} {})"),
}
_UNSIGNED: Final[Mapping[str, Meaning]] = {
    # Division by zero gives all ones, its remainder the dividend: SMT-LIB and XLA agree.
    "divide": _form("(bvudiv {} {})"),
    "remainder": _form("(bvurem {} {})"),
    "maximum": _form("(ite (bvuge {0} {1}) {0} {1})"),
    "minimum": _form("(ite (bvule {0} {1}) {0} {1})"),
    "abs": _form("{}"),
    "compare GT": _form("(bvugt {} {})"),
    "compare GE": _form("(bvuge {} {})"),
    "compare LT": _form("(bvult {} {})"),
    "compare LE": _form("(bvule {} {})"),
}


def _bit(x: str, place: int) -> str:
    return f"((_ extract {place} {place}) {x})"


def _sum_of_bits(x: str, dtype: DType) -> str:
    """Sums of neighbouring bits, of pairs, of fours, ... side by side in one word (Knuth, TAOCP 7.1.3)."""
    size, field = width(dtype), 1
    while field < size:
        mask = bits(sum(((1 << field) - 1) << start for start in range(0, size, 2 * field)), dtype)
        shifted = f"(bvlshr v {bits(field, dtype)})"
        x = f"(let ((v {x})) (bvadd (bvand v {mask}) (bvand {shifted} {mask})))"
        field *= 2
    return x


def _leading_zeros(x: str, dtype: DType) -> str:
    size = width(dtype)
    text = bits(size, dtype)
    for place in range(size):
        text = f"(ite (= {_bit(x, place)} #b1) {bits(size - 1 - place, dtype)} {text})"
    return text


_MOST_FACTORS: Final = 64


def _power(exponent: int, dtype: DType) -> Meaning | None:
    """A constant power as a product. Of negative ones only those of 1 and -1 are not 0."""
    one = bits(1, dtype)
    if exponent < 0:
        minus = bits(-1, dtype)
        odd = minus if exponent % 2 else one
        return _form(f"(ite (= {{0}} {one}) {one} (ite (= {{0}} {minus}) {odd} {bits(0, dtype)}))")
    if exponent > _MOST_FACTORS:
        return None
    if exponent < 2:
        return _form(one if exponent == 0 else "{0}")
    return _form(f"(bvmul {' '.join(['{0}'] * exponent)})")


# -- floats --------------------------------------------------------------------------------------------------------------

_FLOATS: Final[Mapping[str, Meaning]] = {
    "abs": _form("(fp.abs {})"),
    "add": _form("(fp.add RNE {} {})"),
    "ceil": _form("(fp.roundToIntegral RTP {})"),
    "compare EQ": _form("(fp.eq {} {})"),
    "compare NE": _form("(not (fp.eq {} {}))"),
    "compare GT": _form("(fp.gt {} {})"),
    "compare GE": _form("(fp.geq {} {})"),
    "compare LT": _form("(fp.lt {} {})"),
    "compare LE": _form("(fp.leq {} {})"),
    "divide": _form("(fp.div RNE {} {})"),
    "floor": _form("(fp.roundToIntegral RTN {})"),
    "fma": _form("(fp.fma RNE {} {} {})"),
    "is_finite": _form("(not (or (fp.isNaN {0}) (fp.isInfinite {0})))"),
    "multiply": _form("(fp.mul RNE {} {})"),
    "negate": _form("(fp.neg {})"),
    "round_nearest_afz": _form("(fp.roundToIntegral RNA {})"),
    "round_nearest_even": _form("(fp.roundToIntegral RNE {})"),
    "sqrt": _form("(fp.sqrt RNE {})"),
    "subtract": _form("(fp.sub RNE {} {})"),
    # SMT-LIB leaves the sign of a zero open that `fp.max` chooses among two: here +0 is the greater.
    "maximum": _form(
        "(ite (fp.isNaN {0}) {0} (ite (fp.isNaN {1}) {1} (ite (and (fp.isZero {0}) (fp.isZero {1}))"
        " (ite (fp.isPositive {0}) {0} {1}) (ite (fp.gt {0} {1}) {0} {1}))))"
    ),
    "minimum": _form(
        "(ite (fp.isNaN {0}) {0} (ite (fp.isNaN {1}) {1} (ite (and (fp.isZero {0}) (fp.isZero {1}))"
        " (ite (fp.isNegative {0}) {0} {1}) (ite (fp.lt {0} {1}) {0} {1}))))"
    ),
}


def _float(op: str, dtype: DType) -> Meaning | None:
    if op == "sign":
        one = _number("1.0", dtype)
        return _form(
            f"(ite (or (fp.isNaN {{0}}) (fp.isZero {{0}})) {{0}} (ite (fp.isNegative {{0}}) (fp.neg {one}) {one}))"
        )
    exponent, significand = FLOAT_FORMATS[dtype.name]
    if exponent > significand and op in ("add", "subtract"):
        # z3 does not add floats of such formats. In f32, which is wide enough for the second rounding to do no harm, it does.
        return _form(
            f"((_ to_fp {exponent} {significand}) RNE (fp.{op[:3]} RNE ((_ to_fp 8 24) RNE {{0}}) ((_ to_fp 8 24) RNE {{1}})))"
        )
    return None if exponent > significand and op == "fma" else _FLOATS.get(op)


# -- conversions ---------------------------------------------------------------------------------------------------------


def _conversion(source: DType, target: DType) -> Meaning | None:
    families = kind(source), kind(target)
    if source == UNBOUNDED or target == UNBOUNDED:
        return _unbounded_conversion(source, target)
    discrete = ("signed", "unsigned")
    match families:
        case ("bool", "signed" | "unsigned"):
            return _form(f"(ite {{}} {bits(1, target)} {bits(0, target)})")
        case ("bool", "float") if target.name in FLOAT_FORMATS:
            return _form(f"(ite {{}} {_number('1.0', target)} {_number('0.0', target)})")
        case ("signed" | "unsigned", "bool"):
            return _form(f"(distinct {{}} {bits(0, source)})")
        case ("float", "bool") if source.name in FLOAT_FORMATS:
            return _form("(not (fp.isZero {}))")
        case (first, second) if first in discrete and second in discrete:
            return _resized(source, target)
        case (first, "float") if first in discrete and target.name in FLOAT_FORMATS:
            name = "to_fp" if first == "signed" else "to_fp_unsigned"
            exponent, significand = FLOAT_FORMATS[target.name]
            return _form(f"((_ {name} {exponent} {significand}) RNE {{}})")
        case ("float", "float") if source.name in FLOAT_FORMATS and target.name in FLOAT_FORMATS:
            return _form("((_ to_fp {} {}) RNE {{}})".format(*FLOAT_FORMATS[target.name]))
        case ("float", second) if second in discrete and source.name in FLOAT_FORMATS:
            return _truncated(source, target)
        case _:
            return None


def _unbounded_conversion(source: DType, target: DType) -> Meaning | None:
    if source == BOOLEAN:
        return _form("(ite {} 1 0)")
    if target == BOOLEAN:
        return _form("(distinct {} 0)")
    if kind(source) in ("signed", "unsigned"):
        return _form("(sbv_to_int {})" if kind(source) == "signed" else "(ubv_to_int {})")
    if kind(target) in ("signed", "unsigned"):
        return _form(f"((_ int_to_bv {width(target)}) {{}})")
    return None


def _resized(source: DType, target: DType) -> Meaning:
    more = width(target) - width(source)
    if more <= 0:
        return _form(f"((_ extract {width(target) - 1} 0) {{}})" if more else "{}")
    return _form(f"((_ {'sign' if kind(source) == 'signed' else 'zero'}_extend {more}) {{}})")


def _truncated(source: DType, target: DType) -> Meaning:
    """Towards zero; what is out of range becomes the nearest bound, NaN 0."""
    low, high = integer_range(target)
    least, beyond = _number(f"(- {-low}.0)" if low else "0.0", source), _number(f"{high + 1}.0", source)
    cast = "fp.to_sbv" if low else "fp.to_ubv"
    return _form(
        f"(ite (fp.isNaN {{0}}) {bits(0, target)} (ite (fp.leq {{0}} {least}) {bits(low, target)}"
        f" (ite (fp.geq {{0}} {beyond}) {bits(high, target)} ((_ {cast} {width(target)}) RTZ {{0}}))))"
    )


def _reinterpretation(source: DType, target: DType) -> Meaning | None:
    """The same bits. What the bits of a NaN are SMT-LIB does not say, so floats have none."""
    if width(source) != width(target) or kind(source) not in ("signed", "unsigned"):
        return None
    if kind(target) in ("signed", "unsigned"):
        return _form("{}")
    return _form("((_ to_fp {} {}) {{}})".format(*FLOAT_FORMATS[target.name])) if target.name in FLOAT_FORMATS else None


# -- functions of which little is known ----------------------------------------------------------------------------------

_NAN_FOR_NAN: Final = "(= (fp.isNaN {0}) (fp.isNaN {1}))"
_UNIT: Final = "(or (fp.isNaN {0}) (fp.leq (fp.abs {0}) %s))"
_FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "exponential": (_NAN_FOR_NAN, "(not (fp.isNegative {0}))"),
    "logistic": (_NAN_FOR_NAN, "(not (fp.isNegative {0}))", _UNIT),
    "tanh": (_NAN_FOR_NAN, _UNIT),
    "sine": (_UNIT,),
    "cosine": (_UNIT,),
}
"""Of functions of floats, whatever their rounding, given a result and its operand."""


def facts(term: Term, name: str, operand: str) -> list[str]:
    """What is known of a function without a meaning."""
    if term.dtype.name not in FLOAT_FORMATS:
        return []
    one = _number("1.0", term.dtype)
    return [fact.replace("%s", one).format(name, operand) for fact in _FACTS.get(term.op, ())]


# -- all of them ---------------------------------------------------------------------------------------------------------


def meaning(term: Term) -> Meaning | None:
    """What the op of a term means, as text of its operands; None where it is an unknown function."""
    if term.data is not None or not term.operands:
        return None
    op, source = term.op, term.operands[-1].dtype
    match op:
        case "select":
            return _form("(ite {} {} {})") if term.operands[0].dtype == BOOLEAN else None
        case "convert":
            return _conversion(source, term.dtype)
        case "same":
            return _form("(= {} {})")
        case "bitcast_convert":
            return _reinterpretation(source, term.dtype)
        case _:
            pass
    if source == UNBOUNDED:
        positive = len(term.operands) == 2 and term.operands[1].is_constant and term.operands[1].value > 0
        return (_BY_POSITIVE.get(op) if positive else None) or _UNBOUNDED.get(op)
    if source == BOOLEAN:
        return _BOOLEANS.get(op)
    if kind(source) in ("signed", "unsigned"):
        return _integer(op, source, term.operands)
    if source.name not in FLOAT_FORMATS:
        return None
    if op == "divide" and term.operands[0] is term.operands[1]:  # what the solver finds hard to see
        nan = "(_ NaN {} {})".format(*FLOAT_FORMATS[source.name])
        odd = "(or (fp.isNaN {0}) (fp.isInfinite {0}) (fp.isZero {0}))"
        return _form(f"(ite {odd} {nan} {_number('1.0', source)})")
    return _float(op, source)
