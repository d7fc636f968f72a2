"""Fourier transforms as dot products, against NumPy's in f64."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from couloir.backends.c.cache import Cache
from couloir.backends.c.program import CProgram, compile_program
from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects import hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo.attributes import FftType
from couloir.ir.passes import PassPipeline
from couloir.passes.decompose import Decompose
from couloir.passes.fourier import radices_of
from tests.passes.loop_programs import OPTIONS, agree, lowered, program, run_sanitized


def numbers(shape: Sequence[int], seed: int = 0, dtype: Any = np.complex64) -> Any:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(dtype)


def decomposed(module: ModuleOp) -> ModuleOp:
    copy = module.clone()
    PassPipeline.of(Decompose()).run(copy, verify_each=True)
    assert not any(isinstance(op, hlo.Fft) for op in copy.walk())
    return copy


def test_radices_multiply_to_the_length() -> None:
    for length in range(1, 400):
        radices = radices_of(length)
        if radices is None:
            assert any(length % p == 0 for p in range(67, length + 1))
        else:
            assert math.prod(radices) == length
            assert max(radices, default=1) <= 61


LENGTHS = [*range(1, 33), 47, 60, 64, 67, 97, 100, 101, 128, 134, 243, 256, 720, 1009, 1024]


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_any_length(dtype: Any) -> None:
    """As arithmetic of StableHLO. The error of a step is a few units in the last place, of the norm; there are at most
    log2(4 n) of them three times over."""
    eps = float(np.finfo(dtype).eps)
    for length in LENGTHS:
        x = numbers((2, length), length, dtype)
        module = program([x], lambda a, n=length: [hlo.Fft(a, kind, (n,)) for kind in (FftType.FFT, FftType.IFFT)])
        there, back = evaluate(decomposed(module), x)
        exact = np.fft.fft(x.astype(np.complex128)), np.fft.ifft(x.astype(np.complex128))
        for found, wanted in zip((there, back), exact, strict=True):
            assert found.dtype == dtype
            norm = np.linalg.norm(wanted) / math.sqrt(wanted.size)
            assert np.abs(found - wanted).max() <= 12 * eps * math.log2(4 * length) * norm


def cases(c: Any, r: Any, h: Any) -> list[Any]:
    return [
        hlo.Fft(c, FftType.FFT, (7,)),
        hlo.Fft(c, FftType.IFFT, (6, 7)),
        hlo.Fft(c, FftType.FFT, (2, 6, 7)),
        hlo.Fft(r, FftType.RFFT, (6,)),
        hlo.Fft(r, FftType.RFFT, (5, 6)),
        hlo.Fft(r, FftType.RFFT, (3, 5, 6)),
        hlo.Fft(h, FftType.IRFFT, (6,)),
        hlo.Fft(h, FftType.IRFFT, (7,)),
        hlo.Fft(h, FftType.IRFFT, (5, 6)),
        hlo.Fft(h, FftType.IRFFT, (3, 5, 7)),
    ]


def arrays() -> list[Any]:
    return [numbers((2, 6, 7)), numbers((3, 5, 6), 1).real.copy(), numbers((3, 5, 4), 2)]


def test_all_types_and_ranks_in_c(tmp_path: Path) -> None:
    agree(program(arrays(), cases), arrays(), tmp_path, tolerance=32 * 2.0**-23)


def test_long_and_prime_lengths_in_c(tmp_path: Path) -> None:
    given = [numbers((1024,)), numbers((67, 2), 1)]
    turned = program(
        given,
        lambda a, b: [hlo.Fft(a, FftType.FFT, (1024,)), hlo.Fft(hlo.Transpose(b, (1, 0)).result, FftType.IFFT, (67,))],
    )
    compiled = compile_program(CProgram.of(lowered(turned)), options=OPTIONS, cache=Cache(tmp_path))(*given)
    for found, wanted in zip(compiled, evaluate(turned, *given), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=64 * 2.0**-23 * np.abs(wanted).max())


def test_sanitizers_find_nothing(tmp_path: Path) -> None:
    module = program(arrays(), cases)
    for found, wanted in zip(run_sanitized(module, arrays(), tmp_path), evaluate(module, *arrays()), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=32 * 2.0**-23 * np.abs(wanted).max())


def test_nothing_to_transform() -> None:
    given = [numbers((0, 4)), numbers((3, 0)).real.copy()]
    module = program(given, lambda a, b: [hlo.Fft(a, FftType.FFT, (4,)), hlo.Fft(b, FftType.RFFT, (0,))])
    for found, wanted in zip(evaluate(decomposed(module), *given), evaluate(module, *given), strict=True):
        assert found.shape == wanted.shape
        assert found.dtype == wanted.dtype
