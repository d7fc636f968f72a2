"""Terms: interned, in a normal form whose every law holds bit for bit in NumPy."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.backends.numpy.domains import NotInDomain, floats
from couloir.backends.numpy.element_types import NARROW_FLOATS, NARROW_INTEGERS, from_bits, kind, to_bits, width
from couloir.backends.numpy.elementwise import bitcast_convert
from couloir.backends.numpy.precision import reduce_precision
from couloir.ir.errors import Error
from couloir.testing.proofs.laws import COMMUTATIVE, DIVISIONS, PREDICATES, apply, reduced_precision, substituted
from couloir.testing.proofs.terms import BOOLEAN, UNBOUNDED, Term, constant, postorder, read, text, variable

DTYPES = [
    *(np.dtype(name) for name in ("bool", "int8", "uint8", "int16", "uint32", "int64", "uint64")),
    *(np.dtype(name) for name in ("float32", "float64", "complex64")),
    *sorted(NARROW_FLOATS, key=str),
    *sorted(NARROW_INTEGERS, key=str),
]
FUNCTIONS = (
    "sine",
    "cosine",
    "tan",
    "tanh",
    "cbrt",
    "erf",
    "ceil",
    "floor",
    "round_nearest_afz",
    "round_nearest_even",
    "sqrt",
    "exponential",
    "logistic",
    "is_finite",
)
UNARY = ("abs", "negate", "not", "real", "imag", "sign", "floor", "sqrt", "is_finite", "popcnt", "total_order")
BINARY = (
    *sorted(COMMUTATIVE),
    *(
        "subtract",
        "divide",
        "remainder",
        "power",
        "atan2",
        "shift_left",
        "shift_right_logical",
        "shift_right_arithmetic",
    ),
    *("compare GE", "compare GT", "compare LE", "compare LT"),
)


def value_of(term: Term, values: dict[Term, Any]) -> Any:
    """What a term is for the given variables, by NumPy."""
    known = dict(values)
    for part in postorder([term]):
        if part not in known:
            known[part] = computed(part, [known[operand] for operand in part.operands])
    return known[term]


def computed(term: Term, operands: Sequence[Any]) -> Any:
    match term.op:
        case "constant":
            return np.asarray(term.value)
        case "select":
            return np.where(*operands)
        case "convert":
            return floats.convert(operands[0], term.dtype)
        case "bitcast_convert":
            return bitcast_convert(floats, operands[0], term.dtype)
        case "same":
            return same(*operands)
        case op:
            return floats.apply(op, *operands)


def same(a: Any, b: Any) -> Any:
    """Where two arrays have equal bits, or are both NaN."""
    a, b = np.broadcast_arrays(a, b)
    if kind(a.dtype) == "complex":
        return same(a.real, b.real) & same(a.imag, b.imag)
    found = to_bits(np.ascontiguousarray(a)) == to_bits(np.ascontiguousarray(b))
    with np.errstate(invalid="ignore"):
        return found | (a != a) & (b != b)


@cache
def interesting(dtype: np.dtype[Any], most: int = 1 << 16) -> Any:
    """Values of an element type, all of them where there are at most `most`, else those near the ends of things."""
    if kind(dtype) == "complex":
        parts = np.array([0.0, -0.0, 1.0, -2.0, np.inf, np.nan], np.float32)
        found = np.zeros((len(parts), len(parts)), dtype)
        found.real, found.imag = parts[:, np.newaxis], parts
        return found.reshape(-1)
    bits = width(dtype)
    if 1 << bits <= most:
        patterns = list(range(1 << bits))
    else:
        edges = {0, 1, 2, 3, 1 << (bits - 1), (1 << (bits - 1)) - 1, (1 << bits) - 1}
        if kind(dtype) == "float":
            with np.errstate(all="ignore"):
                numbers = np.array([1, 2, 0.5, 1.5, 3, np.inf, np.nan, 1e-3, 255]).astype(dtype)
            edges |= {int(n) for n in numbers.view(f"u{dtype.itemsize}")}
        patterns = sorted({edge ^ sign for edge in edges for sign in (0, 1 << (bits - 1))})
    return from_bits(np.array(patterns, np.uint64), dtype)


def pairs(dtype: np.dtype[Any], most: int) -> list[Any]:
    values = interesting(dtype, most)
    return [np.repeat(values, len(values)), np.tile(values, len(values))]


def lawful(
    make: Callable[[Callable[..., Term], Sequence[Term]], Term], dtype: np.dtype[Any], values: Sequence[Any]
) -> None:
    """A term made with `apply` has, for given values of its variables, the value of the term made without any laws."""
    x, y = (variable(name, dtype) for name in "xy")
    known = dict(zip((x, y), values, strict=True))

    def plain(op: str, *operands: Term, dtype: Any = None) -> Term:
        if dtype is None:
            dtype = BOOLEAN if op in PREDICATES else operands[-1].dtype
        return Term.of(op, operands, dtype)

    try:
        expected = value_of(make(plain, (x, y)), known)
    except (NotInDomain, Error):
        return
    found = value_of(make(apply, (x, y)), known)
    assert found.dtype == expected.dtype
    assert same(found, expected).all(), f"{make(apply, (x, y))} is not {make(plain, (x, y))}"


@st.composite
def programs(draw: Any) -> tuple[list[tuple[str, tuple[int, ...], Any]], Any, list[Any]]:
    """A few ops, each on earlier values; 0 and 1 are the variables, then come some constants."""
    dtype = draw(st.sampled_from(DTYPES))
    values = [draw(st.sampled_from(interesting(dtype))) for _ in range(2)]
    steps: list[tuple[str, tuple[int, ...], Any]] = []
    count = 2
    for _ in range(draw(st.integers(1, 6))):
        choice = draw(st.integers(0, 9))
        pick = st.integers(0, count - 1)
        if choice <= 1:
            steps.append(("constant", (), draw(st.sampled_from(interesting(dtype)))))
        elif choice <= 3:
            steps.append((draw(st.sampled_from(UNARY)), (draw(pick),), None))
        elif choice <= 7:
            steps.append((draw(st.sampled_from(BINARY)), (draw(pick), draw(pick)), None))
        elif choice == 8:
            steps.append(("select", (draw(pick), draw(pick), draw(pick)), None))
        else:
            steps.append(
                (draw(st.sampled_from(["convert", "bitcast_convert"])), (draw(pick),), draw(st.sampled_from(DTYPES)))
            )
        count += 1
    return steps, dtype, values


@given(programs())
def test_normal_forms_keep_every_bit(drawn: Any) -> None:
    steps, dtype, values = drawn

    def make(build: Callable[..., Term], leaves: Sequence[Term]) -> Term:
        made = list(leaves)
        for op, places, data in steps:
            operands = [made[place] for place in places]
            types = {operand.dtype for operand in operands}
            if op == "constant":
                made.append(constant(data, data.dtype))
            elif op == "convert" or (op == "bitcast_convert" and width(operands[0].dtype) == width(data)):
                made.append(build(op, *operands, dtype=data))
            elif op == "select" and operands[0].dtype == BOOLEAN and operands[1].dtype == operands[2].dtype:
                made.append(build(op, *operands))
            elif op in (*UNARY, *BINARY) and len(types) == 1:
                made.append(build(op, *operands, dtype=np.dtype(f"i{dtype.itemsize}") if op == "total_order" else None))
            else:  # it does not fit
                made.append(operands[0])
        return made[-1]

    lawful(make, dtype, values)


@pytest.mark.parametrize("number", [0.0, -0.0, 2.0, np.inf, np.nan])
def test_laws_of_complex_numbers_keep_every_bit(number: float) -> None:
    """A variable z, its parts, and numbers made of parts and of a constant."""
    dtype, part = np.dtype(np.complex64), np.dtype(np.float32)

    def made(f: Callable[..., Term], leaves: Sequence[Term]) -> list[Term]:
        z, w = leaves
        real, imag = f("real", z, dtype=part), f("imag", z, dtype=part)
        minus, c = f("negate", imag), constant(number, part)
        joined = [
            f("complex", a, b, dtype=dtype)
            for a, b in (
                (real, imag),
                (real, minus),
                (f("negate", real), minus),
                (real, c),
                (c, imag),
                (c, minus),
                (minus, imag),
            )
        ]
        parts = [
            f(op, x, dtype=part)
            for op in ("real", "imag", "abs")
            for x in (*joined, f("add", z, w), f("negate", z), f("negate", joined[0]), f("negate", joined[-1]))
        ]
        return [*joined, *parts, f("imag", real, dtype=part), f("abs", f("negate", joined[1]), dtype=part)]

    for place in range(42):
        lawful(lambda f, leaves, place=place: made(f, leaves)[place], dtype, pairs(dtype, 16))


IDENTITIES: list[tuple[str, Callable[..., Any]]] = [
    ("x op y", lambda f, x, y, op: f(op, x, y)),
    ("x op x", lambda f, x, y, op: f(op, x, x)),
    ("-x op y", lambda f, x, y, op: f(op, f("negate", x), y)),
    ("(x op y) op y", lambda f, x, y, op: f(op, f(op, x, y) if op not in PREDICATES else x, y)),
    ("|x| op |y|", lambda f, x, y, op: f(op, f("abs", x), f("abs", y))),
    ("x op |y|", lambda f, x, y, op: f(op, x, f("abs", y))),
    ("x op -y", lambda f, x, y, op: f(op, x, f("negate", y))),
    ("-x op -y", lambda f, x, y, op: f(op, f("negate", x), f("negate", y))),
    ("x op ~x", lambda f, x, y, op: f(op, x, f("not", x))),
    ("|x op |y||", lambda f, x, y, op: f("abs", f(op, x, f("abs", y))) if op not in PREDICATES else x),
    ("~(x op y)", lambda f, x, y, op: f("not", f(op, x, y))),
]


def test_equal_terms_are_one() -> None:
    x, y = variable("x", np.dtype(np.float32)), variable("y", np.dtype(np.float32))
    assert apply("add", x, y) is apply("add", y, x)
    assert apply("compare GT", x, y) is apply("compare LT", y, x)
    assert apply("subtract", x, y) is apply("add", x, apply("negate", y))
    assert variable("x", np.dtype(np.float64)) is not x
    assert constant(0.0, x.dtype) is not constant(-0.0, x.dtype)
    assert constant(np.float32("nan"), x.dtype) is constant(-np.float32("nan"), x.dtype)
    assert constant(1, BOOLEAN) is not constant(1, UNBOUNDED)


def test_what_rounding_breaks_is_no_law() -> None:
    x, y, zero = (*(variable(name, np.dtype(np.float32)) for name in "xy"), constant(0, np.dtype(np.float32)))
    assert apply("add", x, zero) is not x
    assert apply("multiply", x, zero) is not zero
    assert apply("subtract", x, x) is not zero
    assert apply("divide", x, x).op == "divide"
    assert apply("subtract", apply("add", x, y), y) is not x
    assert apply("divide", x, constant(3, x.dtype)).op == "divide"
    assert apply("compare EQ", x, x).op == "compare EQ"


def test_order_is_the_same_in_every_process() -> None:
    code = (
        "import numpy as np; from couloir.testing.proofs.laws import apply;"
        "from couloir.testing.proofs.terms import variable;"
        "print(apply('add', variable('a', np.dtype('f4')), apply('sine', variable('b', np.dtype('f4')))).key)"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(keys) == 1


def test_terms_that_nobody_uses_are_forgotten() -> None:
    x = variable("forgotten", np.dtype(np.float32))
    deep = x
    for _ in range(20_000):
        deep = apply("sine", deep)
    assert len(text([deep])) < 10_000
    (changed,) = substituted([deep], {x: variable("remembered", x.dtype)})
    assert changed is not deep
    remembered = weakref.ref(deep)
    del deep, changed
    gc.collect()
    assert remembered() is None


@pytest.mark.parametrize("name", DIVISIONS)
def test_divisions_of_unbounded_integers(name: str) -> None:
    """Each by its definition: a = q b + r, with q rounded as the name says."""
    for a, b in product(range(-9, 10), [n for n in range(-5, 6) if n]):
        quotient = {
            "floor": a // b,
            "ceiling": -(-a // b),
            "truncating": int(a / b),
            "euclidean": next(q for q in range(-50, 51) if 0 <= a - q * b < abs(b)),
        }[name.split()[0]]
        expected = quotient if name.endswith("divide") else a - quotient * b
        assert apply(name, constant(a, UNBOUNDED), constant(b, UNBOUNDED)).value == expected
    assert apply(name, constant(1, UNBOUNDED), constant(0, UNBOUNDED)).op == name


def test_text_names_what_is_shared() -> None:
    x = read("x", [constant(1, UNBOUNDED), constant(0, UNBOUNDED)], np.dtype(np.float32))
    shared = apply("exponential", x)
    assert text([apply("divide", shared, apply("add", shared, constant(1, x.dtype)))]) == (
        "%0 = exponential(x[1, 0])\ndivide(%0, add(%0, 1.0))"
    )


@pytest.mark.parametrize("most", [16, pytest.param(256, marks=pytest.mark.slow)])
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_laws_of_two_operands_keep_every_bit(dtype: Any, most: int) -> None:
    for (name, identity), op in product(IDENTITIES, BINARY):
        if kind(dtype) == "complex" and "|" in name:
            continue  # it is a float
        lawful(lambda f, leaves, op=op, identity=identity: identity(f, *leaves, op), dtype, pairs(dtype, most))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_laws_of_functions_keep_every_bit(dtype: Any) -> None:
    values = interesting(dtype)
    for inner, outer in product(("abs", "negate", *FUNCTIONS), ("abs", *FUNCTIONS)):
        if inner == "is_finite" or (outer == "abs" and kind(dtype) == "complex"):
            continue  # the results are of another type
        lawful(lambda f, leaves, g=inner, h=outer: f(h, f(g, leaves[0])), dtype, (values, values))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_laws_of_constants_keep_every_bit(dtype: Any) -> None:
    values = interesting(dtype, 256)
    with np.errstate(all="ignore"):
        numbers = [np.asarray(n).astype(np.float32).astype(dtype) for n in (0, 1, -1, 2, 4, 0.5, 3, -0.0)]
    for op, number in product(BINARY, numbers):
        lawful(lambda f, leaves, op=op, c=number: f(op, leaves[0], constant(c, c.dtype)), dtype, (values, values))
        lawful(lambda f, leaves, op=op, c=number: f(op, constant(c, c.dtype), leaves[0]), dtype, (values, values))
        if op in ("add", "maximum"):
            c = constant(number, number.dtype)
            lawful(lambda f, leaves, op=op, c=c: f(op, f(op, leaves[0], c), c), dtype, (values, values))


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_a_choice_between_what_is_compared(dtype: Any) -> None:
    def ordered(f: Callable[..., Term], term: Term) -> Term:
        return f("total_order", term, dtype=np.dtype(f"i{dtype.itemsize}"))

    for relation in ("EQ", "NE", "LE"):
        lawful(lambda f, v, r=relation: f("select", f(f"compare {r}", *v), *v), dtype, pairs(dtype, 16))
        lawful(lambda f, v, r=relation: f("select", f(f"compare {r}", *v), *v[::-1]), dtype, pairs(dtype, 16))
        if kind(dtype) == "float":
            lawful(
                lambda f, v, r=relation: f("select", f(f"compare {r}", ordered(f, v[0]), ordered(f, v[1])), *v),
                dtype,
                pairs(dtype, 16),
            )


@pytest.mark.parametrize("number", [0.0, -0.0, -1.0, 0.5, -np.inf, np.nan])
@pytest.mark.parametrize("dtype", [dtype for dtype in DTYPES if kind(dtype) == "float"], ids=str)
def test_maximum_of_what_is_never_negative(dtype: Any, number: float) -> None:
    with np.errstate(all="ignore"):
        c = constant(np.asarray(number).astype(dtype), dtype)
    for op, function in product(("maximum", "minimum"), ("exponential", "logistic", "abs", "sine")):
        values = interesting(dtype, 256)
        lawful(lambda f, leaves, op=op, g=function: f(op, f(g, leaves[0]), c), dtype, (values, values))


@pytest.mark.parametrize("number", [complex(-0.0, -0.0), complex(0.0, -0.0), complex(-0.0, 0.0), 0, 1])
def test_sums_of_complex_numbers_and_constants_keep_every_bit(number: complex) -> None:
    dtype = np.dtype(np.complex64)
    for op in ("add", "subtract", "multiply"):
        for times in (1, 2):

            def made(f: Callable[..., Term], leaves: Sequence[Term], op: str = op, times: int = times) -> Term:
                term = leaves[0]
                for _ in range(times):
                    term = f(op, term, constant(number, dtype))
                return term

            lawful(made, dtype, pairs(dtype, 16))


@pytest.mark.parametrize("dtype", sorted(NARROW_FLOATS, key=str), ids=str)
def test_reduced_precision_keeps_every_bit(dtype: Any) -> None:
    """Of a number, and of one of reduced precision, whatever the bits are."""
    values, x = interesting(dtype), variable("x", dtype)
    bits = list(product((1, 2, 4, 5, 8, 9), (0, 1, 2, 3, 7, 10)))
    for first in bits:
        once = reduce_precision(floats, values, exponent_bits=first[0], mantissa_bits=first[1])
        if reduced_precision(x, *first) is x:
            assert same(once, values).all(), first
        for second in bits:
            made = reduced_precision(reduced_precision(x, *first), *second)
            if made is reduced_precision(x, *first):
                twice = reduce_precision(floats, once, exponent_bits=second[0], mantissa_bits=second[1])
                assert same(once, twice).all(), (first, second)
    assert reduced_precision(reduced_precision(x, 4, 1), 4, 0) is not reduced_precision(x, 4, 1)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_converting_by_way_of_another_type_keeps_every_bit(dtype: Any) -> None:
    values = interesting(dtype, 256)
    for middle, last in product(DTYPES, DTYPES):
        lawful(
            lambda f, leaves, m=middle, t=last: f("convert", f("convert", leaves[0], dtype=m), dtype=t),
            dtype,
            (values, values),
        )
