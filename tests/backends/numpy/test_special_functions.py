"""Special functions, Fourier transforms, triangular systems and random bits, against SciPy, XLA and the specification."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from couloir.backends.numpy import NotInDomain, evaluate_op, rationals, run
from couloir.dialects import chlo, hlo
from couloir.dialects.hlo import attributes, linear_algebra, random
from couloir.ir import types as t
from couloir.ir.errors import Error
from couloir.ir.types import ComplexType, TensorType
from tests.backends.numpy.programs import numbers, program
from tests.backends.numpy.xla import run_on_xla

few = settings(max_examples=3)  # each example is a compilation by XLA


def of(cls: Any, *arrays: Any, **options: Any) -> Any:
    """The result of one op on arrays."""
    (result,) = evaluate_op(cls(*map(hlo.constant, arrays), **options), *arrays)
    return result


def points(low: float, high: float) -> Any:
    return np.linspace(low, high, 2001)


CASES: dict[str, tuple[Any, Any, Any]] = {
    "lgamma": (chlo.Lgamma, points(-9.7, 170), "gammaln"),
    "digamma": (chlo.Digamma, points(-9.7, 90), "digamma"),
    "erf": (chlo.Erf, points(-4, 4), "erf"),
    "erfc": (chlo.Erfc, points(-4, 26), "erfc"),
    "erf_inv": (
        chlo.ErfInv,
        np.concatenate([points(-1 + 1e-9, 1 - 1e-9), 1 - 0.1 ** np.arange(1, 16), 0.1 ** np.arange(1, 30)]),
        "erfinv",
    ),
    "bessel_i1e": (chlo.BesselI1e, points(-300, 300), "i1e"),
}


@pytest.mark.parametrize("name", CASES)
def test_functions_of_one_number(name: str) -> None:
    special: Any = pytest.importorskip("scipy.special")
    cls, x, theirs = CASES[name]
    expected = getattr(special, theirs)(x)
    # Near a zero of the function only the absolute error is small.
    np.testing.assert_allclose(of(cls, x), expected, rtol=5e-12, atol=5e-13 if "gamma" in name else 0)
    for dtype in ("f4", "f2"):
        narrow = x.astype(dtype)
        result = of(cls, narrow)
        assert result.dtype == dtype
        with np.errstate(over="ignore"):
            wanted = getattr(special, theirs)(narrow.astype("f8")).astype(dtype)
        np.testing.assert_allclose(result, wanted, rtol=2 * float(np.finfo(dtype).eps), atol=1e-6)


def test_functions_of_one_number_at_poles_and_infinities() -> None:
    x = np.array([0.0, -1.0, -7.0, np.inf, np.nan])
    np.testing.assert_array_equal(of(chlo.Lgamma, x), [np.inf, np.inf, np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(of(chlo.Digamma, x), [np.nan, np.nan, np.nan, np.inf, np.nan])
    x = np.array([-1.0, 1.0, 1.5, np.nan])
    np.testing.assert_array_equal(of(chlo.ErfInv, x), [-np.inf, np.inf, np.nan, np.nan])
    x = np.array([np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(of(chlo.Erfc, x), [0, 2, np.nan])


def test_zeta_and_polygamma() -> None:
    special: Any = pytest.importorskip("scipy.special")
    rng = np.random.default_rng(0)
    x, q = rng.uniform(1.001, 300, 2000), rng.uniform(1e-3, 200, 2000)
    expected = special.zeta(x, q)
    ours = of(chlo.Zeta, x, q)
    regular = (expected > 1e-290) & np.isfinite(expected)
    np.testing.assert_allclose(ours[regular], expected[regular], rtol=1e-12)
    np.testing.assert_array_equal(
        of(chlo.Zeta, np.array([1.0, 0.5, 2.0]), np.array([2.0, 2.0, -3.0])), [np.inf, np.nan, np.inf]
    )
    n, x = rng.integers(0, 9, 2000), rng.uniform(0.01, 40, 2000)
    np.testing.assert_allclose(of(chlo.Polygamma, n.astype("f8"), x), special.polygamma(n, x), rtol=1e-11, atol=1e-12)
    assert np.isnan(of(chlo.Polygamma, np.array([-1.0, 0.5]), np.array([2.0, 2.0]))).all()


def test_questions_and_neighbours() -> None:
    x = np.array([np.inf, -np.inf, np.nan, 1.0], np.float32)
    np.testing.assert_array_equal(of(chlo.IsInf, x), [True, True, False, False])
    np.testing.assert_array_equal(of(chlo.IsPosInf, x), [True, False, False, False])
    np.testing.assert_array_equal(of(chlo.IsNegInf, x), [False, True, False, False])
    np.testing.assert_array_equal(of(chlo.NextAfter, x, np.zeros_like(x)), np.nextafter(x, np.float32(0)))
    np.testing.assert_array_equal(of(chlo.Square, x), x * x)


@given(seed=st.integers(0, 999), dtype=st.sampled_from(["i1", "u1", "i4", "u4", "i8", "u8"]))
def test_mulhi_is_the_high_half_of_the_product_of_python(seed: int, dtype: str) -> None:
    info = np.iinfo(dtype)
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(info.min, info.max, 20, dtype=dtype, endpoint=True) for _ in range(2))
    a[:2], b[:3] = info.min, info.max
    expected = [int(x) * int(y) >> info.bits for x, y in zip(a, b, strict=True)]
    np.testing.assert_array_equal(of(chlo.Mulhi, a, b), np.array(expected, dtype))


@given(seed=st.integers(0, 999), k=st.integers(0, 6))
def test_top_k_takes_the_first_of_equals(seed: int, k: int) -> None:
    x = numbers((3, 6), "f4", seed)
    values, indices = evaluate_op(chlo.TopK(hlo.constant(x), k), x)
    order = np.argsort(-x, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(indices, order)
    np.testing.assert_array_equal(values, np.take_along_axis(x, order, 1))


@pytest.mark.parametrize("form", ["NO_TRANSPOSE", "TRANSPOSE", "ADJOINT"])
@pytest.mark.parametrize("left_side", [True, False])
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("unit_diagonal", [True, False])
def test_triangular_systems_are_solved(form: str, left_side: bool, lower: bool, unit_diagonal: bool) -> None:
    """Put back into the equation; of the other triangle, and of a diagonal of ones, nothing is read."""
    rng = np.random.default_rng(0)
    a = rng.uniform(1, 2, (2, 4, 4)) + 1j * rng.uniform(1, 2, (2, 4, 4))
    b = rng.uniform(-1, 1, (2, 4, 3) if left_side else (2, 3, 4)).astype(complex)
    transposition = attributes.Transposition[form]
    x = of(
        linear_algebra.TriangularSolve,
        a,
        b,
        left_side=left_side,
        lower=lower,
        unit_diagonal=unit_diagonal,
        transpose_a=transposition,
    )
    read = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        read[:, range(4), range(4)] = 1
    matrix = {"NO_TRANSPOSE": read, "TRANSPOSE": read.swapaxes(1, 2), "ADJOINT": read.conj().swapaxes(1, 2)}[form]
    np.testing.assert_allclose(matrix @ x if left_side else x @ matrix, b, atol=1e-10)


def test_triangular_systems_are_solved_exactly_in_fractions() -> None:
    a, b = np.array([[3, 0], [1, 7]], np.float32), np.array([[1], [2]], np.float32)
    op = linear_algebra.TriangularSolve(
        hlo.constant(a), hlo.constant(b), True, True, False, attributes.Transposition.NO_TRANSPOSE
    )
    (x,) = evaluate_op(op, a, b, domain=rationals)
    assert x.reshape(-1).tolist() == [Fraction(1, 3), Fraction(5, 21)]


@pytest.mark.parametrize("lower", [True, False])
def test_cholesky(lower: bool) -> None:
    root = np.random.default_rng(0).uniform(-1, 1, (2, 3, 3)) + 1j
    a = root @ root.conj().swapaxes(1, 2) + np.eye(3)
    other = np.triu(a, 1) if lower else np.tril(a, -1)  # what is not read
    factor = of(linear_algebra.Cholesky, a - other + 7 * (other != 0), lower=lower)
    dagger = factor.conj().swapaxes(1, 2)
    np.testing.assert_allclose(factor @ dagger if lower else dagger @ factor, a, atol=1e-12)
    assert not (np.triu(factor, 1) if lower else np.tril(factor, -1)).any()
    mixed = of(linear_algebra.Cholesky, np.stack([a[0], -a[0]]), lower=lower)  # the second is not positive definite
    np.testing.assert_array_equal(mixed[0], of(linear_algebra.Cholesky, a[0], lower=lower))
    assert np.isnan(mixed[1]).all()
    with pytest.raises(NotInDomain):
        evaluate_op(linear_algebra.Cholesky(hlo.constant(np.eye(2))), np.eye(2), domain=rationals)


@pytest.mark.parametrize("kind", ["FFT", "IFFT", "RFFT", "IRFFT"])
def test_fourier_transforms(kind: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (2, 4, 6)).astype(np.float32)
    if kind != "RFFT":
        x = (x[..., :4] if kind == "IRFFT" else x) + np.complex64(1j)
    length = (4, 6)
    element = t.f32 if kind == "IRFFT" else ComplexType(t.f32)
    dims = (2, 4, {"RFFT": 4}.get(kind, 6))
    module = program(
        [x],
        lambda v: linear_algebra.Fft(v, attributes.FftType[kind], length, result_types=[TensorType(dims, element)]),
    )
    (ours,), (theirs,) = run(module, x), run_on_xla(module, x)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    np.testing.assert_allclose(ours, theirs, atol=24 * 8 * float(np.finfo(np.float32).eps))


def bits(algorithm: str, state: Any, type: TensorType) -> Any:
    value = hlo.constant(np.array(state, np.uint64))
    op = random.RngBitGenerator(
        attributes.RngAlgorithm[algorithm], value, result_types=[TensorType((len(state),), t.ui64), type]
    )
    return evaluate_op(op, np.array(state, np.uint64))


def test_three_fry_gives_the_numbers_of_the_specification() -> None:
    state, output = bits("THREE_FRY", [1, 2], TensorType((2, 2), t.ui64))
    assert state.tolist() == [1, 6]
    assert output.tolist() == [
        [9236835810183407956, 16087790271692313299],
        [18212823393184779219, 2658481902456610144],
    ]


def test_philox_gives_the_numbers_of_its_authors() -> None:
    """The known answers of Random123 for philox4x32, ten rounds, with a counter and a key of zeros, and of ones."""
    _, zeros = bits("PHILOX", [0, 0, 0], TensorType((4,), t.ui32))
    assert [hex(word) for word in zeros] == ["0x6627e8d5", "0xe169c58d", "0xbc57ac4c", "0x9b00dbd8"]
    most = 2**64 - 1
    _, ones = bits("PHILOX", [most, most, most], TensorType((4,), t.ui32))
    assert [hex(word) for word in ones] == ["0x408f276d", "0x41c83b0e", "0xa20bc7c6", "0x6d5451fd"]


def test_the_counter_goes_on_and_carries() -> None:
    most = 2**64 - 1
    state, together = bits("PHILOX", [5, most, 8], TensorType((8,), t.ui32))
    assert state.tolist() == [5, 1, 9]
    middle, first = bits("PHILOX", [5, most, 8], TensorType((4,), t.ui32))
    assert middle.tolist() == [5, 0, 9]
    _, second = bits("PHILOX", middle.tolist(), TensorType((4,), t.ui32))
    np.testing.assert_array_equal(together, np.concatenate([first, second]))


@pytest.mark.parametrize("element", [t.i8, t.ui8, t.i32, t.ui64, t.f32, t.i1])
def test_random_bits_of_every_width(element: Any) -> None:
    _, output = bits("DEFAULT", [1, 2], TensorType((5, 7), element))
    assert output.shape == (5, 7)
    assert len(set(output.reshape(-1).view(f"u{output.dtype.itemsize}").tolist())) > (1 if element is t.i1 else 20)


def test_random_numbers_lie_where_they_are_asked_for() -> None:
    def drawn(element: Any, low: float, high: float, kind: str) -> Any:
        a, b = hlo.constant(low, element), hlo.constant(high, element)
        shape = hlo.constant(np.array([40, 50]))
        type = TensorType((40, 50), element)
        op = random.Rng(a, b, shape, attributes.RngDistribution[kind], result_types=[type])
        (result,) = evaluate_op(op, a.value.array, b.value.array, shape.value.array)
        assert result.shape == (40, 50)
        return result

    integers = drawn(t.i32, -3, 4, "UNIFORM")
    assert set(integers.reshape(-1).tolist()) == set(range(-3, 4))
    uniform = drawn(t.f32, 2, 3, "UNIFORM")
    assert 2 <= uniform.min() < uniform.max() <= 3
    normal = drawn(t.f32, 5, 2, "NORMAL")
    assert abs(normal.mean() - 5) < 0.3
    assert abs(normal.std() - 2) < 0.3
    with pytest.raises(Error, match="no number from 3"):
        drawn(t.i32, 3, 3, "UNIFORM")


@pytest.mark.parametrize("cls", [chlo.Acos, chlo.Cosh, chlo.Erf, chlo.Erfc, chlo.ErfInv, chlo.Lgamma, chlo.Square])
def test_a_signalling_nan_is_a_nan_and_no_warning(cls: Any) -> None:
    x = np.array([0x7F800001, 0xFF800001], "u4").view("f4")
    assert np.isnan(run(program([x], cls), x)[0]).all()
