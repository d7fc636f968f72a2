"""CHLO, and what StableHLO's reference interpreter does not run, against XLA: many ops in each module, as XLA compiles slowly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from couloir.backends.numpy import run
from couloir.backends.numpy.ulps import ulp_distance
from couloir.dialects import chlo, hlo
from couloir.dialects.hlo import ComparisonDirection
from couloir.dialects.hlo.attributes import FftType, RngAlgorithm, Transposition
from couloir.dialects.hlo.linear_algebra import Cholesky, Fft, TriangularSolve
from couloir.dialects.hlo.random import RngBitGenerator
from couloir.ir.attributes import FloatAttr
from couloir.ir.registry import REGISTRY
from couloir.ir.types import IntegerType, TensorType, f32
from tests.backends.numpy.differential import moderate
from tests.backends.numpy.programs import numbers, program
from tests.backends.numpy.xla import run_on_xla

#: How many units in the last place XLA's f32 (or f64) is off: it adds up series in the type itself, and CHLO's functions are
#: several of StableHLO's. Ours are computed in f64 and rounded once. Complex results are measured by their modulus.
ULPS: Final[dict[type[Any], int]] = {
    **dict.fromkeys((chlo.Conj, chlo.IsInf, chlo.IsPosInf, chlo.IsNegInf), 0),
    **dict.fromkeys((chlo.Acos, chlo.Acosh, chlo.Asin, chlo.Asinh, chlo.Atan, chlo.Cosh, chlo.Sinh), 16),
    **dict.fromkeys((chlo.Erf, chlo.Erfc, chlo.Tan, chlo.BesselI1e), 8),
    **dict.fromkeys((chlo.Digamma, chlo.ErfInv, chlo.Lgamma), 64),
    **dict.fromkeys((chlo.Square,), 2),
    **dict.fromkeys((chlo.Polygamma, chlo.Zeta), 512),
    **dict.fromkeys((chlo.NextAfter, chlo.Mulhi, chlo.TopK), 0),
    chlo.Atanh: 128,
    chlo.AsinAcosKernel: 16,
}
INSIDE: Final = (chlo.Acos, chlo.Asin, chlo.Atanh, chlo.ErfInv)
"""Functions of numbers between -1 and 1."""
BEYOND: Final = (chlo.Acosh, chlo.Zeta, chlo.Polygamma, chlo.Digamma, chlo.Lgamma)
"""Functions of numbers above 1."""
COMPLEX: Final = (
    *(chlo.Acos, chlo.Acosh, chlo.Asin, chlo.Asinh, chlo.Atan, chlo.Atanh, chlo.Cosh, chlo.Sinh, chlo.Tan),
    *(chlo.Conj, chlo.Square, chlo.AsinAcosKernel),
)
BROADCASTING: Final = (
    *(chlo.BroadcastAdd, chlo.BroadcastSubtract, chlo.BroadcastMultiply, chlo.BroadcastMaximum, chlo.BroadcastMinimum),
    *(chlo.BroadcastAnd, chlo.BroadcastOr, chlo.BroadcastXor, chlo.BroadcastDivide, chlo.BroadcastRemainder),
    *(
        chlo.BroadcastShiftLeft,
        chlo.BroadcastShiftRightArithmetic,
        chlo.BroadcastShiftRightLogical,
        chlo.BroadcastPower,
    ),
)
OF_FLOATS: Final = (chlo.BroadcastAtan2, chlo.BroadcastNextAfter, chlo.BroadcastZeta, chlo.BroadcastPolygamma)
EXCEPTIONS: Final = {
    chlo.RaggedDot: "XLA's CPU client does not compile it: test_evaluate_chlo.py",
    chlo.Scan: "XLA's CPU client does not compile it: test_evaluate_chlo.py",
    chlo.Constant: "test_the_rest_of_chlo has it",
    chlo.ConstantLike: "test_the_rest_of_chlo has it",
    chlo.BroadcastCompare: "test_the_rest_of_chlo has it",
    chlo.BroadcastComplex: "test_the_rest_of_chlo has it",
    chlo.BroadcastSelect: "test_the_rest_of_chlo has it",
}


def test_every_op_of_chlo_has_a_case_or_a_reason() -> None:
    assert set(REGISTRY.operations("chlo")) == {*ULPS, *BROADCASTING, *OF_FLOATS, *EXCEPTIONS}


def check(ours: Any, theirs: Any, ulps: int, what: object) -> None:
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype), what
    if ours.dtype.kind == "c":
        bound = ulps * np.finfo(ours.dtype).eps * np.abs(theirs) + np.finfo(ours.dtype).tiny
        assert (np.abs(ours - theirs) <= bound).all(), (what, ours, theirs)
    elif ours.dtype.kind == "f" and ulps:
        near_zero = np.abs(ours - theirs) <= ulps * np.finfo(ours.dtype).eps / 4  # lgamma and digamma cross it
        assert (near_zero | (ulp_distance(ours, theirs) <= ulps)).all(), (
            what,
            ours,
            theirs,
            ulp_distance(ours, theirs),
        )
    else:
        np.testing.assert_array_equal(ours, theirs, err_msg=str(what))


def agree(body: Callable[..., Any], arrays: Any, ulps: list[int] | int = 0) -> None:
    module = program(arrays, body)
    ours, theirs = run(module, *arrays), run_on_xla(module, *arrays)
    assert len(ours) == len(theirs)
    for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
        check(mine, other, ulps if isinstance(ulps, int) else ulps[number], number)


UNARY: Final = [cls for cls in ULPS if cls not in (chlo.Polygamma, chlo.Zeta, chlo.NextAfter, chlo.Mulhi, chlo.TopK)]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_functions_of_reals(dtype: str) -> None:
    rng = np.random.default_rng(0)
    anywhere, inside, beyond = (rng.uniform(*ends, 64).astype(dtype) for ends in ((-3, 3), (-1, 1), (1, 9)))
    classes = [cls for cls in UNARY if cls not in (chlo.Conj, chlo.AsinAcosKernel)]

    def body(x: Any, i: Any, b: Any) -> list[Any]:
        made = [cls(i if cls in INSIDE else b if cls in BEYOND else x) for cls in classes]
        return [*made, chlo.Zeta(b, b), chlo.NextAfter(x, b), chlo.TopK(x, 5)]

    ulps = [ULPS[cls] for cls in (*classes, chlo.Zeta, chlo.NextAfter)]
    agree(body, [anywhere, inside, beyond], [*ulps, 0, 0])


@pytest.mark.parametrize("dtype", ["c8", "c16"])
def test_functions_of_complex_numbers(dtype: str) -> None:
    z = moderate((64,), np.dtype(dtype), 0)
    agree(lambda v: [cls(v) for cls in COMPLEX], [z], [ULPS[cls] for cls in COMPLEX])


def test_polygamma_of_every_order() -> None:
    orders, x = (a.reshape(-1).astype("f8") for a in np.meshgrid(np.arange(5), np.linspace(1, 9, 9)))
    agree(chlo.Polygamma, [orders, x], 4096)


@given(seed=st.integers(0, 999), dtype=st.sampled_from(["i4", "u4", "i8", "u8", "i1"]))
@settings(max_examples=3)
def test_broadcasting_integers(seed: int, dtype: str) -> None:
    x, y = numbers((2, 1, 3), dtype, seed), np.abs(numbers((4, 1), dtype, seed + 1)) + np.ones((), dtype)
    agree(lambda a, b: [cls(a, b) for cls in (*BROADCASTING, chlo.BroadcastMaximum)], [x, y.astype(dtype)])
    agree(lambda a, b: chlo.Mulhi(a, b), [x[0, 0], np.full(3, 7, dtype)])


def test_broadcasting_floats() -> None:
    x, y = np.random.default_rng(0).uniform(1, 4, (2, 1, 3)), np.array([[1.0], [2.0], [5.0]])
    agree(lambda a, b: [cls(a, b) for cls in OF_FLOATS[:3]], [x, y], [8, 0, 512])
    agree(lambda a, b: chlo.BroadcastPolygamma(b, a), [x, y], 4096)


def test_the_rest_of_chlo() -> None:
    x, y, p = numbers((2, 3), "f4"), numbers((3,), "f4", 1), numbers((2, 3), "?")

    def body(a: Any, b: Any, q: Any) -> list[Any]:
        return [
            chlo.BroadcastCompare(a, b, comparison_direction=chlo.ComparisonDirection.GE),
            chlo.BroadcastComplex(a, b),
            chlo.BroadcastSelect(q, a, a),
            chlo.ConstantLike(a, FloatAttr(3.0, f32)),
        ]

    agree(body, [x, y, p])


# -- what the reference interpreter does not run ------------------------------------------------------------------------


@given(data=st.data(), seed=st.integers(0, 999))
@settings(max_examples=3)
def test_fourier_transforms(data: Any, seed: int) -> None:
    """Errors grow with the logarithm of the length, and are relative to the largest result."""
    shape = (2, data.draw(st.integers(1, 6)), data.draw(st.integers(1, 9)))
    dtype = data.draw(st.sampled_from(["f4", "f8"]))
    rank = data.draw(st.integers(1, 2))
    x = moderate(shape, np.dtype(dtype), seed)
    z = x.astype(np.result_type(dtype, np.complex64))
    half = np.fft.rfft(x).astype(z.dtype)
    lengths = shape[-rank:]

    def body(v: Any, w: Any, h: Any) -> list[Any]:
        forms = ((v, FftType.RFFT), (w, FftType.FFT), (w, FftType.IFFT), (h, FftType.IRFFT))
        return [Fft(value, form, lengths) for value, form in forms]

    module = program([x, z, half], body)
    for ours, theirs in zip(run(module, x, z, half), run_on_xla(module, x, z, half), strict=True):
        assert ours.dtype == theirs.dtype
        bound = 16 * np.finfo(dtype).eps * np.abs(theirs).max() * np.log2(2 + x.size)
        assert (np.abs(ours - theirs) <= bound).all()


@pytest.mark.parametrize("dtype", ["f4", "f8", "c8", "c16"])
def test_triangular_systems_and_factors(dtype: str) -> None:
    a = moderate((2, 3, 3), np.dtype(dtype), 0) / 4 + 2 * np.eye(3, dtype=dtype)
    a, b, c = a.astype(dtype), moderate((2, 3, 2), np.dtype(dtype), 1), moderate((2, 2, 3), np.dtype(dtype), 2)
    positive = (a @ a.conj().swapaxes(1, 2)).astype(dtype)
    forms = (Transposition.NO_TRANSPOSE, Transposition.TRANSPOSE, Transposition.ADJOINT)
    options = [(lower, unit, form) for lower in (True, False) for unit in (True, False) for form in forms]

    def body(x: Any, y: Any, z: Any, s: Any) -> list[Any]:
        solved = [TriangularSolve(x, y, True, *option) for option in options]
        solved += [TriangularSolve(x, z, False, *option) for option in options]
        return [*solved, Cholesky(s, True), Cholesky(s, False)]

    module = program([a, b, c, positive], body)
    arrays = (a, b, c, positive)
    pairs = list(zip(run(module, *arrays), run_on_xla(module, *arrays), strict=True))
    bound = 64 * np.finfo(dtype).eps
    for number, (ours, theirs) in enumerate(pairs):
        if number == len(pairs) - 2:  # XLA leaves the other triangle as it was
            ours, theirs = np.tril(ours), np.tril(theirs)
        if number == len(pairs) - 1:
            ours, theirs = np.triu(ours), np.triu(theirs)
        np.testing.assert_allclose(ours, theirs, rtol=bound, atol=bound * np.abs(theirs).max(), err_msg=str(number))


SHAPES = st.lists(st.integers(1, 9), max_size=3).map(tuple)


@given(data=st.data())
@settings(max_examples=3)
def test_random_bits_are_those_of_xla(data: Any) -> None:
    algorithm = data.draw(st.sampled_from(RngAlgorithm))
    words = 2 if algorithm is RngAlgorithm.THREE_FRY else data.draw(st.sampled_from([2, 3]))
    state = np.random.default_rng(data.draw(st.integers(0, 999))).integers(0, 2**64, words, dtype=np.uint64)
    shapes = [data.draw(SHAPES), (3, 5, 2)]
    elements = [*(IntegerType(width, "unsigned") for width in (8, 32, 64)), f32]
    if data.draw(st.booleans()):
        state[1] = 2**64 - 1  # the counter carries

    def body(s: Any) -> list[Any]:
        results: list[Any] = []
        for shape in shapes:
            for element in elements:
                types = [TensorType((words,), IntegerType(64, "unsigned")), TensorType(shape, element)]
                made = RngBitGenerator(algorithm, s, result_types=types)
                bits = [TensorType(shape, elements[1])]
                is_float = element is f32
                results += [
                    made.output_state,
                    hlo.BitcastConvert(made.output, result_types=bits) if is_float else made.output,
                ]
        return results

    agree(body, [state])


def test_comparisons_by_total_order() -> None:
    bits = np.array([0xFFC00000, 0xFF800000, 0xBF800000, 0x80000000, 0, 1, 0x3F800000, 0x7F800000, 0x7FC00000], "u4")
    x, y = (a.reshape(-1) for a in np.meshgrid(bits.view("f4"), bits.view("f4")))
    agree(lambda a, b: [hlo.Compare(a, b, d, hlo.ComparisonType.TOTALORDER) for d in ComparisonDirection], [x, y])
