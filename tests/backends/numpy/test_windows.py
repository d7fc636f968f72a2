"""Reductions and windows, against JAX and against the specification written out."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from couloir.backends.numpy import tensor
from couloir.backends.numpy.domains import NotInDomain, floats, integers, rationals, residues
from couloir.ir.errors import Error

MONOIDS = {"add": "add", "multiply": "mul", "maximum": "max", "minimum": "min"}
BITWISE = {"and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor"}
INTEGERS = [np.dtype(t) for t in ("i1", "u1", "i4", "u8", ml_dtypes.int4)]

sizes = st.integers(0, 4)


def drawn(shape: Any, dtype: Any, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    if dtype == np.bool_:
        return rng.integers(0, 2, shape).astype(bool)
    low = 0 if dtype.kind == "u" else -4
    return rng.integers(low, 5, shape).astype(dtype)


@given(
    data=st.data(),
    shape=st.lists(sizes, max_size=4),
    monoid=st.sampled_from([*MONOIDS, *BITWISE]),
    seed=st.integers(0, 99),
)
def test_reduce_of_integers_is_that_of_numpy_on_big_integers(data: Any, shape: Any, monoid: Any, seed: int) -> None:
    """Python's integers, wrapped at the end, for every element type."""
    dtype = data.draw(st.sampled_from(INTEGERS))
    operand = drawn(shape, dtype, seed)
    axes = data.draw(st.lists(st.sampled_from(range(len(shape))), unique=True)) if shape else []
    init = drawn((), dtype, seed + 1)
    result = tensor.reduce(floats, operand, init, dimensions=axes, monoid=monoid)
    ufunc = {**{k: getattr(np, k) for k in MONOIDS}, **{k: getattr(np, v) for k, v in BITWISE.items()}}[monoid]
    expected = np.broadcast_to(np.array(int(init), object), [s for d, s in enumerate(shape) if d not in axes])
    for index in itertools.product(*(range(shape[d]) for d in axes)):
        place = tuple(index[axes.index(d)] if d in axes else slice(None) for d in range(len(shape)))
        expected = ufunc(expected, operand.astype(int).astype(object)[(*place, ...)])
    assert result.dtype == dtype
    wrapped = np.asarray(np.asarray(expected, dtype=object) & ((1 << 64) - 1), dtype=np.uint64).astype(dtype)
    assert (result.astype(np.int64) == wrapped.astype(np.int64)).all()


@given(data=st.data(), shape=st.lists(sizes, max_size=4), seed=st.integers(0, 99))
def test_reduce_of_booleans(data: Any, shape: Any, seed: int) -> None:
    operand = drawn(shape, np.dtype(bool), seed)
    axes = tuple(data.draw(st.lists(st.sampled_from(range(len(shape))), unique=True))) if shape else ()
    for monoid, init, expected in (
        ("and", True, operand.all(axis=axes)),
        ("or", False, operand.any(axis=axes)),
        ("add", False, operand.any(axis=axes)),
        ("multiply", True, operand.all(axis=axes)),
        ("maximum", False, operand.any(axis=axes)),
        ("minimum", True, operand.all(axis=axes)),
        ("xor", False, operand.sum(axis=axes) % 2 == 1),
    ):
        result = tensor.reduce(floats, operand, np.array(init), dimensions=axes, monoid=monoid)
        assert result.dtype == bool
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("dtype", ["f4", "f8", "f2", ml_dtypes.bfloat16])
@given(seed=st.integers(0, 99), length=st.integers(1, 300))
def test_sums_of_floats_stay_within_the_bound_of_their_length(
    dtype: Any, assert_within: Any, seed: int, length: int
) -> None:
    values = np.random.default_rng(seed).standard_normal((3, length)).astype(dtype)
    result = tensor.reduce(floats, values, np.zeros((), dtype), dimensions=[1], monoid="add")
    assert result.dtype == values.dtype
    exact = values.astype(np.float64).sum(axis=1)
    # gamma_n of the accumulating type, and half a unit for the rounding at the end.
    unit = 2.0**-53 if dtype == "f8" else 2.0**-24
    final = float(ml_dtypes.finfo(values.dtype).eps) / 2
    magnitude = np.abs(values.astype(np.float64)).sum(axis=1)
    assert_within(result, exact, (length + 1) * unit * magnitude * 1.001 + final * np.abs(exact) * 1.01)


def test_the_greatest_of_zeros_and_nan() -> None:
    values = np.array([[-0.0, 0.0], [-0.0, -0.0], [np.nan, 1.0], [-np.inf, -1.0]], dtype=np.float32)
    low, high = (np.array(v, dtype=np.float32) for v in (-np.inf, np.inf))
    greatest = tensor.reduce(floats, values, low, dimensions=[1], monoid="maximum")
    least = tensor.reduce(floats, values, high, dimensions=[1], monoid="minimum")
    np.testing.assert_array_equal(greatest, [0.0, 0.0, np.nan, -1.0])
    np.testing.assert_array_equal(least, [0.0, 0.0, np.nan, -np.inf])
    assert np.signbit(greatest[:2]).tolist() == [False, True]
    assert np.signbit(least[:2]).tolist() == [True, True]
    # The same in the order that NumPy's loops do not get right by accident.
    reverse = tensor.reduce(floats, values[:, ::-1], low, dimensions=[1], monoid="maximum")
    assert np.signbit(reverse[:2]).tolist() == [False, True]


def test_reducing_nothing_gives_the_init_value() -> None:
    operand = np.zeros((2, 0, 3), dtype=np.float32)
    init = np.array(-0.0, dtype=np.float32)
    result = tensor.reduce(floats, operand, init, dimensions=[1], monoid="add")
    assert result.shape == (2, 3) and np.signbit(result).all()
    assert tensor.reduce(floats, operand, init, dimensions=[0], monoid="maximum").shape == (0, 3)
    assert tensor.reduce(floats, np.float32(2) + init, init, dimensions=[], monoid="add").tolist() == 2.0


@st.composite
def windows(draw: Any) -> Any:
    """(shape, parameters) of `reduce_window`, with windows that may be larger than what they slide over."""
    count = draw(st.integers(0, 3))
    shape = [draw(st.integers(0, 6)) for _ in range(count)]
    each = functools.partial(st.lists, min_size=count, max_size=count)
    dilations = draw(each(st.integers(1, 3)))
    padding = []
    for size, dilation in zip(shape, dilations, strict=True):
        spread = (size - 1) * dilation + 1 if size else 0
        low = draw(st.integers(-min(spread, 2), 3))
        padding.append((low, draw(st.integers(-min(max(spread + low, 0), 2), 3))))
    return shape, {
        "window_dimensions": draw(each(st.integers(1, 3))),
        "window_strides": draw(each(st.integers(1, 3))),
        "base_dilations": dilations,
        "window_dilations": draw(each(st.integers(1, 2))),
        "padding": padding,
    }


@given(
    case=windows(), monoid=st.sampled_from(list(MONOIDS)), seed=st.integers(0, 99), dtype=st.sampled_from(["i4", "f4"])
)
def test_reduce_window_is_that_of_xla(
    case: Any, monoid: Any, seed: int, dtype: Any, lax: Any, assert_same: Any
) -> None:
    """Small integers as floats: every result is exact, so that the order does not matter."""
    shape, parameters = case
    # XLA aborts the process for windows of one element in an operand of which negative padding cuts off some.
    assume(max(parameters["window_dimensions"], default=2) > 1 or min(map(min, parameters["padding"])) >= 0)
    operand = drawn(shape, np.dtype(dtype), seed)
    identity = {"add": 0, "multiply": 1, "maximum": -99, "minimum": 99}[monoid]
    init = np.array(identity, dtype)
    result = tensor.reduce_window(floats, operand, init, **parameters, monoid=monoid)
    theirs = {"padding": parameters["padding"], **{
        theirs: parameters[ours] for ours, theirs in
        (("window_dimensions", "window_dimensions"), ("window_strides", "window_strides"),
         ("base_dilations", "base_dilation"), ("window_dilations", "window_dilation"))
    }}  # fmt: skip
    expected = lax.reduce_window(operand, init, getattr(lax, MONOIDS[monoid]), **theirs)
    # NumPy and XLA differ in the sign of 0 * -1; the specification does not say in which order factors come.
    assert_same(np.asarray(result + np.array(0, dtype)), np.asarray(expected) + np.array(0, dtype))


def reduce_window_spelled_out(operand: Any, init: Any, p: dict[str, Any], combine: Any) -> Any:
    """The specification, one element at a time."""
    rank = operand.ndim
    low, high = [a for a, _ in p["padding"]], [b for _, b in p["padding"]]
    spread = [(s - 1) * d + 1 if s else 0 for s, d in zip(operand.shape, p["base_dilations"], strict=True)]
    padded = [a + s + b for a, s, b in zip(low, spread, high, strict=True)]
    reach = [(w - 1) * d + 1 for w, d in zip(p["window_dimensions"], p["window_dilations"], strict=True)]
    out = [
        0 if n == 0 or r > n else (n - r) // s + 1 for n, r, s in zip(padded, reach, p["window_strides"], strict=True)
    ]
    result = np.empty(out, dtype=object)
    for place in np.ndindex(*out):
        total = init
        for offset in np.ndindex(*p["window_dimensions"]):
            at = [
                place[d] * p["window_strides"][d] + offset[d] * p["window_dilations"][d] - low[d] for d in range(rank)
            ]
            inside = all(0 <= a < s and a % b == 0 for a, s, b in zip(at, spread, p["base_dilations"], strict=True))
            element = operand[tuple(a // b for a, b in zip(at, p["base_dilations"], strict=True))] if inside else init
            total = combine(total, element)
        result[place] = total
    return result


@given(case=windows(), seed=st.integers(0, 99))
def test_reduce_window_is_the_specification_in_exact_domains(case: Any, seed: int) -> None:
    shape, parameters = case
    operand = drawn(shape, np.dtype("f4"), seed)
    for xp in (integers, rationals):
        init, carried = xp.array(np.array(0, "f4")), xp.array(operand)
        total = tensor.reduce_window(xp, carried, init, **parameters, monoid="add")
        assert (total == reduce_window_spelled_out(carried, 0, parameters, lambda a, b: a + b)).all()
        low = xp.array(np.array(-np.inf, "f4"))
        greatest = tensor.reduce_window(xp, carried, low, **parameters, monoid="maximum")
        assert (greatest == reduce_window_spelled_out(carried, -np.inf, parameters, max)).all()
        assert greatest.dtype == object
    total = tensor.reduce_window(
        residues, residues.array(operand), residues.array(init_zero()), **parameters, monoid="add"
    )
    plain = tensor.reduce_window(floats, operand, init_zero(), **parameters, monoid="add")
    assert (total == residues.array(plain)).all()


def init_zero() -> Any:
    return np.array(0, "f4")


X = np.zeros((2, 3), "f4")
WINDOW: dict[str, Any] = {
    "window_dimensions": [1, 2],
    "window_strides": [1, 1],
    "base_dilations": [1, 1],
    "window_dilations": [1, 1],
    "padding": [(0, 0), (0, 0)],
    "monoid": "add",
}


def window_x(**changed: Any) -> Any:
    return tensor.reduce_window(floats, X, init_zero(), **{**WINDOW, **changed})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tensor.reduce(floats, X, init_zero(), dimensions=[0, 0], monoid="add"), "different numbers"),
        (lambda: tensor.reduce(floats, X, init_zero(), dimensions=[2], monoid="add"), "different numbers from 0 to 1"),
        (lambda: tensor.reduce(floats, X, init_zero(), dimensions=[0], monoid="plus"), "no monoid `plus`"),
        (lambda: tensor.reduce(floats, X, np.array(0.0), dimensions=[0], monoid="add"), "init value of `reduce`"),
        (lambda: tensor.reduce(floats, X, X, dimensions=[0], monoid="add"), "init value of `reduce`"),
        (lambda: tensor.reduce(floats, X, init_zero(), dimensions=[0], monoid="or"), "not in the domain floats"),
        (lambda: window_x(window_dimensions=[1]), "one entry for each of 2"),
        (lambda: window_x(padding=[(0, 0)]), "one entry for each of 2"),
        (lambda: window_x(window_dimensions=[0, 1]), "1 or more"),
        (lambda: window_x(window_strides=[0, 1]), "1 or more"),
        (lambda: window_x(base_dilations=[0, 1]), "1 or more"),
        (lambda: window_x(window_dilations=[1, 0]), "1 or more"),
        (lambda: window_x(monoid="maximal"), "no monoid `maximal`"),
    ],
)  # fmt: skip
def test_bad_parameters_are_told_apart(call: Any, message: str) -> None:
    with pytest.raises(Error, match=message):
        call()


def test_padding_that_cuts_off_more_than_all_leaves_no_window() -> None:
    assert window_x(padding=[(-5, 0), (0, 0)]).shape == (0, 2)


def test_a_finite_field_has_no_greatest_element() -> None:
    with pytest.raises(NotInDomain, match="`reduce by maximum` is not in the domain GF"):
        tensor.reduce(residues, residues.array(X), residues.array(init_zero()), dimensions=[0], monoid="maximum")
