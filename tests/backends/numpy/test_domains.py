"""The domains: exact arithmetic against Python's, what each lacks, and one program that means the same in all."""

from __future__ import annotations

import operator
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.backends.numpy import tensor
from couloir.backends.numpy.domains import DOMAINS, NotInDomain, floats, integers, rationals, residues
from couloir.backends.numpy.element_types import integer_range, to_bits
from couloir.ir.errors import Error

P = 2**31 - 1
FLOAT = np.dtype("f4")

numbers = st.floats(allow_nan=False, allow_infinity=False, width=32)
elements = st.integers(0, P - 1)
EDGES = [0, 1, 2, P - 1, P - 2, 1 << 30, 1 << 16, 65535]


def residue(value: Fraction | int) -> int:
    """A rational number modulo p, by Python's own arithmetic."""
    value = Fraction(value)
    return value.numerator * pow(value.denominator, -1, P) % P


def in_field(*values: int) -> Any:
    return residues.from_residues(np.array(values))


@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=5))
def test_floats_enter_exact_domains_as_the_numbers_that_they_are(values: list[float]) -> None:
    operand = np.array(values, dtype=np.float64)
    assert rationals.array(operand).tolist() == [Fraction(value) for value in values]
    entered = residues.to_residues(residues.array(operand)).tolist()
    assert entered == [residue(Fraction(value)) for value in values]


@pytest.mark.parametrize("dtype", ["f2", "f4", ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.float4_e2m1fn])
def test_narrow_floats_enter_exactly(dtype: Any) -> None:
    operand = np.array([0.5, -1.5, 3.0]).astype(dtype)
    assert rationals.array(operand).tolist() == [Fraction(1, 2), Fraction(-3, 2), 3]
    assert residues.to_residues(residues.array(operand)).tolist() == [residue(Fraction(v)) for v in (0.5, -1.5, 3.0)]
    assert integers.array(operand[2:]).tolist() == [3]


def test_integers_enter_as_they_are_and_convert_exactly() -> None:
    for dtype in ("i8", "u8", "i1", ml_dtypes.int4, "?"):
        operand = np.array([1, 0]).astype(dtype)
        for xp in DOMAINS.values():
            assert xp.array(operand) is operand
            assert (xp.convert(operand, FLOAT) == xp.array(np.array([1, 0], "f4"))).all()
    extremes = np.array([2**64 - 1, 2**63], dtype=np.uint64)
    assert rationals.convert(extremes, FLOAT).tolist() == [2**64 - 1, 2**63]
    assert residues.to_residues(residues.convert(extremes, FLOAT)).tolist() == [(2**64 - 1) % P, 2**63 % P]
    least = np.array([-(2**63), -1])
    assert residues.to_residues(residues.convert(least, FLOAT)).tolist() == [-(2**63) % P, P - 1]


@given(a=elements | st.sampled_from(EDGES), b=elements | st.sampled_from(EDGES))
def test_field_arithmetic_is_that_of_python_modulo_p(a: int, b: int) -> None:
    x, y = in_field(a), in_field(b)
    for op, expected in {
        "add": (a + b) % P,
        "subtract": (a - b) % P,
        "multiply": a * b % P,
        "divide": a * pow(b, -1, P) % P if b else None,
    }.items():
        if expected is not None:
            assert residues.to_residues(getattr(tensor, op)(residues, x, y)).tolist() == [expected]
    assert residues.to_residues(tensor.negate(residues, x)).tolist() == [-a % P]
    assert tensor.compare(residues, x, y, comparison_direction="EQ").tolist() == [a == b]
    assert tensor.compare(residues, x, y, comparison_direction="NE").tolist() == [a != b]


@given(values=st.lists(elements, min_size=1, max_size=40))
def test_sums_and_products_in_the_field(values: list[int]) -> None:
    operand, zero, one = in_field(*values), in_field(0)[0:1].reshape(()), in_field(1).reshape(())
    total = tensor.reduce(residues, operand, zero, dimensions=[0], monoid="add")
    assert residues.to_residues(total).tolist() == sum(values) % P
    product = tensor.reduce(residues, operand, one, dimensions=[0], monoid="multiply")
    expected = 1
    for value in values:
        expected = expected * value % P
    assert residues.to_residues(product).tolist() == expected


PYTHON = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "maximum": max,
    "minimum": min,
}


@given(a=st.fractions(max_denominator=1000), b=st.fractions(max_denominator=1000))
def test_arithmetic_of_fractions_is_that_of_python(a: Fraction, b: Fraction) -> None:
    x, y = np.array([a], dtype=object), np.array([b], dtype=object)
    for op, exact in PYTHON.items():
        assert getattr(tensor, op)(rationals, x, y).tolist() == [exact(a, b)]
    if b:
        assert tensor.divide(rationals, x, y).tolist() == [a / b]
        rest = tensor.remainder(rationals, x, y)[0]
        assert abs(rest) < abs(b) and (a - rest) / b == int(a / b)
    for direction, compare in (("LT", operator.lt), ("GE", operator.ge), ("EQ", operator.eq)):
        result = tensor.compare(rationals, x, y, comparison_direction=direction)
        assert result.dtype == bool and result.tolist() == [compare(a, b)]
    unary = {
        "abs": abs(a),
        "negate": -a,
        "sign": (a > 0) - (a < 0),
        "floor": a // 1,
        "ceil": -(-a // 1),
        "round_nearest_even": round(a),
    }
    for op, expected in unary.items():
        assert getattr(tensor, op)(rationals, x).tolist() == [expected]
    assert tensor.sqrt(rationals, np.array([a * a], dtype=object)).tolist() == [abs(a)]
    if a:
        assert tensor.rsqrt(rationals, np.array([a * a], dtype=object)).tolist() == [1 / abs(a)]


def test_rounding_powers_and_conversion_of_fractions() -> None:
    halves = np.array([Fraction(n, 2) for n in (-5, -3, -1, 1, 3, 5)], dtype=object)
    assert tensor.round_nearest_afz(rationals, halves).tolist() == [-3, -2, -1, 1, 2, 3]
    assert tensor.round_nearest_even(rationals, halves).tolist() == [-2, -2, 0, 0, 2, 2]
    assert tensor.convert(rationals, halves, np.dtype("i4")).tolist() == [-2, -1, 0, 0, 1, 2]
    assert tensor.convert(rationals, halves, np.dtype("u1")).tolist() == [0, 0, 0, 0, 1, 2]
    assert tensor.convert(rationals, halves, np.dtype("?")).all()
    assert tensor.convert(rationals, halves, np.dtype("f2")) is halves
    huge = np.array([Fraction(10**30), Fraction(-(10**30)), float("inf")], dtype=object)
    assert tensor.convert(rationals, huge, np.dtype("i1")).tolist() == [127, -128, 127]
    base, exponent = np.array([Fraction(2, 3)] * 3, dtype=object), np.array([2, -1, 0], dtype=object)
    assert tensor.power(rationals, base, exponent).tolist() == [Fraction(4, 9), Fraction(3, 2), 1]
    assert tensor.power(integers, np.array([-3], object), np.array([3], object)).tolist() == [-27]


@given(left=st.lists(st.integers(-(2**70), 2**70), min_size=6, max_size=6), scale=st.sampled_from([1, 2**40, 2**70]))
def test_integers_have_no_bound(left: list[int], scale: int) -> None:
    lhs = np.array([v % scale for v in left], dtype=object).reshape(2, 3)
    product = integers.matmul(lhs, lhs.T)
    assert (product == lhs @ lhs.T).all()
    assert all(type(value) is int for value in product.flat)
    squared = tensor.multiply(integers, lhs, lhs)
    assert squared.tolist() == [[v * v for v in row] for row in lhs.tolist()]


def test_infinities_take_part_in_order_but_not_in_arithmetic_that_loses_them() -> None:
    bounds = np.array([np.inf, -np.inf], dtype="f4")
    for xp in (integers, rationals):
        carried, two = xp.array(bounds), xp.array(np.array([2, 2], "f4"))
        assert tensor.maximum(xp, carried, two).tolist() == [np.inf, 2]
        assert tensor.add(xp, carried, two).tolist() == [np.inf, -np.inf]
        assert tensor.divide(xp, two, carried).tolist() == [0, 0]
        assert all(type(value) is int for value in tensor.divide(xp, two, carried).flat)
        assert tensor.is_finite(xp, carried).tolist() == [False, False]
        assert tensor.floor(xp, carried).tolist() == [np.inf, -np.inf]
        for call in (
            lambda xp=xp, x=carried: tensor.subtract(xp, x, x),
            lambda xp=xp, x=carried: tensor.divide(xp, x, x),
            lambda xp=xp, x=carried: tensor.multiply(xp, x, np.zeros(2, object)),
            lambda xp=xp, x=carried: tensor.remainder(xp, x, x),
            lambda xp=xp, x=carried: tensor.power(xp, x, x),
            lambda xp=xp, x=carried: tensor.sqrt(xp, x),
            lambda xp=xp, x=carried: xp.matmul(x.reshape(1, 2), x.reshape(2, 1)),
            lambda xp=xp, x=carried: tensor.reduce(xp, x, np.zeros((), object), dimensions=[0], monoid="add"),
            lambda xp=xp, x=carried: tensor.add(xp, x, np.array([10**400, 0], object)),
        ):
            with pytest.raises(NotInDomain):
                call()


ZERO = np.array(0, object)


def ints(*values: int) -> Any:
    return np.array(values, object)


def half(xp: Any) -> Any:
    return xp.array(np.array([0.5, 2.0], "f4"))


@pytest.mark.parametrize(
    ("xp", "call", "op", "why"),
    [
        (rationals, lambda xp: tensor.exponential(xp, half(xp)), "exponential", None),
        (rationals, lambda xp: tensor.sqrt(xp, half(xp)), "sqrt", "no rational square root"),
        (rationals, lambda xp: tensor.sqrt(xp, tensor.negate(xp, half(xp))), "sqrt", "negative"),
        (rationals, lambda xp: tensor.divide(xp, half(xp), np.zeros(2, object)), "divide", "Fraction"),
        (rationals, lambda xp: tensor.remainder(xp, half(xp), np.zeros(2, object)), "remainder", "Fraction"),
        (rationals, lambda xp: tensor.power(xp, half(xp), half(xp)), "power", "not an integer"),
        (rationals, lambda xp: tensor.power(xp, half(xp), np.full(2, 10**9, object)), "power", "larger than 4096"),
        (rationals, lambda xp: tensor.reduce(xp, half(xp), ZERO, dimensions=[0], monoid="xor"), "reduce by xor", None),
        (rationals, lambda xp: xp.array(np.array([np.nan])), "convert", "NaN"),
        (rationals, lambda xp: xp.array(np.array([1j])), "an element of complex128", None),
        (rationals, lambda xp: xp.convert(half(xp), np.dtype("c8")), "an element of complex64", None),
        (rationals, lambda xp: tensor.complex(xp, half(xp), half(xp)), "complex", None),
        (rationals, lambda xp: tensor.bitcast_convert(xp, half(xp), np.dtype("i4")), "bitcast_convert", "no bits"),
        (rationals, lambda xp: tensor.bitcast_convert(xp, np.zeros(2, "i4"), FLOAT), "bitcast_convert", "no bits"),
        (integers, lambda xp: half(xp), "convert", "0.5 is not an integer"),
        (integers, lambda xp: tensor.divide(xp, ints(3), ints(2)), "divide", "3 / 2 is not"),
        (integers, lambda xp: tensor.power(xp, ints(2), ints(-1)), "power", "not an integer"),
        (integers, lambda xp: tensor.rsqrt(xp, ints(4)), "rsqrt", None),
        (residues, lambda xp: tensor.maximum(xp, half(xp), half(xp)), "maximum", None),
        (residues, lambda xp: tensor.compare(xp, half(xp), half(xp), comparison_direction="LT"), "compare LT", None),
        (residues, lambda xp: tensor.divide(xp, half(xp), in_field(0, 1)), "divide", "0 has no inverse"),
        (residues, lambda xp: tensor.convert(xp, half(xp), np.dtype("i4")), "convert to int32", "no magnitude"),
        (residues, lambda xp: xp.array(np.array([np.inf])), "convert", "infinities and NaN"),
        (residues, lambda xp: xp.convert(half(xp), np.dtype("c8")), "an element of complex64", None),
        (floats, lambda xp: tensor.and_(xp, half(xp), half(xp)), "and", None),
    ],
)  # fmt: skip
def test_what_a_domain_lacks_is_named(xp: Any, call: Any, op: str, why: str | None) -> None:
    with pytest.raises(NotInDomain, match=why) as caught:
        call(xp)
    assert isinstance(caught.value, Error)
    assert (caught.value.op, caught.value.domain) == (op, xp.name)
    assert f"`{op}` is not in the domain {xp.name}" in str(caught.value)
    assert "another domain" in str(caught.value)


def small_network(xp: Any, x: Any, w: Any, b: Any) -> Any:
    """A polynomial program: a convolution, a bias, a square, a sum over windows, a dot."""
    layout = {
        f"{name}_{role}_dimension{plural}": place
        for name, first, second in (
            ("input", "batch", "feature"),
            ("kernel", "output_feature", "input_feature"),
            ("output", "batch", "feature"),
        )
        for role, plural, place in ((first, "", 0), (second, "", 1), ("spatial", "s", [2, 3]))
    }
    y = tensor.convolution(
        xp, x, w, window_strides=[1, 1], padding=[(1, 1)] * 2, lhs_dilation=[1, 1], rhs_dilation=[1, 1],
        window_reversal=[False] * 2, **layout,
    )  # fmt: skip
    y = tensor.add(xp, y, tensor.broadcast_in_dim(xp, b, shape=y.shape, broadcast_dimensions=[1]))
    y = tensor.multiply(xp, y, y)
    zero = xp.convert(np.zeros((), "i4"), FLOAT)
    y = tensor.reduce_window(
        xp, y, xp.convert(zero, y.dtype), window_dimensions=[1, 1, 2, 2], window_strides=[1, 1, 2, 2],
        base_dilations=[1] * 4, window_dilations=[1] * 4, padding=[(0, 0)] * 4, monoid="add",
    )  # fmt: skip
    y = tensor.reshape(xp, y, shape=[y.shape[0], y.size // y.shape[0]])
    return tensor.dot_general(xp, y, y, lhs_contracting_dimensions=[1], rhs_contracting_dimensions=[1])


@pytest.mark.parametrize("xp", DOMAINS.values(), ids=list(DOMAINS))
def test_one_program_means_the_same_in_every_domain(xp: Any) -> None:
    rng = np.random.default_rng(0)
    x, w, b = (rng.integers(-2, 3, shape).astype("f8") for shape in ((2, 3, 6, 6), (4, 3, 3, 3), (4,)))
    exact = small_network(floats, x, w, b)
    assert np.abs(exact).max() < 2**53
    assert (small_network(xp, *map(xp.array, (x, w, b))) == xp.array(exact)).all()


def normalized(xp: Any, x: Any, scale: Any, offset: Any, mean: Any, variance: Any, epsilon: float) -> Any:
    return tensor.batch_norm_inference(xp, x, scale, offset, mean, variance, epsilon=epsilon, feature_index=1)


def test_batch_norm_folds_into_scale_and_offset_exactly() -> None:
    """With a variance + epsilon whose root is rational; in floats within the roundings of four operations."""
    rng = np.random.default_rng(0)
    x = rng.integers(-9, 10, (2, 3, 4)).astype("f4")
    scale, offset, mean = (rng.integers(1, 9, 3).astype("f4") for _ in range(3))
    variance, epsilon = np.array([0.25, 2.25, 9.0], "f4") - np.float32(0.125), 0.125
    carried = [rationals.array(v) for v in (x, scale, offset, mean, variance)]
    result = normalized(rationals, *carried, epsilon)
    root = [Fraction(1, 2), Fraction(3, 2), Fraction(3)]
    for n, c, i in np.ndindex(*x.shape):
        s, o, m = (Fraction(float(v[c])) for v in (scale, offset, mean))
        assert result[n, c, i] == (Fraction(float(x[n, c, i])) - m) / root[c] * s + o
    plain = normalized(floats, x, scale, offset, mean, variance, epsilon)
    assert plain.dtype == np.float32
    magnitude = (np.abs(x) + mean[:, None]) * (scale / np.sqrt(variance + 0.125))[:, None] + offset[:, None]
    assert (np.abs(plain - result.astype(float)) <= 5 * 2.0**-24 * magnitude).all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"feature_index": 3}, "feature index of `batch_norm_inference` is from 0 to 2, not 3"),
        ({"scale": np.ones(2, "f4")}, "`scale` of `batch_norm_inference` is float32.3., not float32.2."),
        ({"variance": np.ones(3, "f8")}, "`variance` of `batch_norm_inference` is float32.3., not float64.3."),
    ],
)
def test_bad_parameters_of_batch_norm_are_told_apart(changed: Any, message: str) -> None:
    ones = np.ones(3, "f4")
    arguments: dict[str, Any] = dict.fromkeys(("scale", "offset", "mean", "variance"), ones)
    arguments |= {"epsilon": 0.0, "feature_index": 1, **changed}
    with pytest.raises(Error, match=message):
        tensor.batch_norm_inference(floats, np.ones((2, 3, 4), "f4"), **arguments)


def test_a_carrier_is_never_taken_for_a_tensor_of_integers() -> None:
    x = residues.array(np.array([1.0]))
    assert x.dtype == residues.carrier(FLOAT) != np.dtype("i8")
    with pytest.raises(TypeError):
        np.add(x, x)


def test_carriers_convert_to_themselves() -> None:
    """All floats of a program have one carrier in an exact domain: narrowing is no operation there."""
    for xp in (integers, rationals, residues):
        x = xp.array(np.array([3.0]))
        assert xp.convert(x, np.dtype("f2")) is x
        assert xp.convert(x, xp.carrier(FLOAT)) is x


def test_reductions_in_exact_domains() -> None:
    values = np.array([[0.5, -1.5, 4.0], [1.0, 2.0, 3.0]])
    x, zero = rationals.array(values), rationals.array(np.array(0.0))
    total = tensor.reduce(rationals, x, zero, dimensions=[0, 1], monoid="add")
    assert total.tolist() == 9
    assert tensor.reduce(rationals, x, zero, dimensions=[1], monoid="maximum").tolist() == [4, 3]
    assert tensor.reduce(rationals, x, rationals.array(np.array(1.0)), dimensions=[1], monoid="multiply").tolist() == [
        -3,
        6,
    ]
    for xp, operand in ((floats, values), (rationals, x), (floats, np.arange(3)), (floats, values > 0)):
        with pytest.raises(NotInDomain, match="reduce by median"):
            xp.reduce("median", operand, (0,))


def test_infinity_over_a_number_keeps_its_sign() -> None:
    infinite, number = np.array([np.inf, np.inf], object), np.array([Fraction(1, 2), -3], object)
    assert tensor.divide(rationals, infinite, number).tolist() == [np.inf, -np.inf]


def test_bits_and_ranges_are_asked_only_of_types_that_have_them() -> None:
    with pytest.raises(Error, match="`float32` is not an integer"):
        integer_range(FLOAT)
    with pytest.raises(Error, match="bits of a `complex64`"):
        to_bits(np.zeros(2, "c8"))


def test_rank_0_stays_an_array_in_every_domain() -> None:
    for xp in DOMAINS.values():
        four = xp.array(np.array(4.0, "f4"))
        one = xp.array(np.array(1.0, "f4"))
        results = [
            tensor.add(xp, four, four), tensor.multiply(xp, four, four), tensor.divide(xp, four, one),
            tensor.negate(xp, four), tensor.select(xp, np.array(True), four, one),
            tensor.reduce(xp, four, one, dimensions=[], monoid="add"),
            tensor.dot_general(xp, four, four, lhs_contracting_dimensions=[], rhs_contracting_dimensions=[]),
            tensor.reshape(xp, four, shape=[]), tensor.reverse(xp, four, dimensions=[]),
            tensor.gather(xp, four, np.zeros(0, int), offset_dims=[], collapsed_slice_dims=[], start_index_map=[],
                          index_vector_dim=0, slice_sizes=[]),
            tensor.convert(xp, np.array(3), FLOAT),
        ]  # fmt: skip
        for result in results:
            assert isinstance(result, np.ndarray)
            assert (result.shape, result.dtype) == ((), xp.carrier(FLOAT))
        equal = tensor.compare(xp, four, one, comparison_direction="EQ")
        assert isinstance(equal, np.ndarray) and equal.dtype == bool
