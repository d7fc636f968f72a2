"""Decompositions, Fourier transforms, random numbers: what breaks each constraint."""

from __future__ import annotations

from typing import Any

from couloir.dialects import hlo
from couloir.ir.types import ComplexType, TensorType, f32, i32, i64
from tests.dialects.hlo_cases import accepts, breaks

# linear algebra, random numbers

breaks("cholesky", "C2")(lambda b: hlo.Cholesky(b.tensor(3)))
breaks("cholesky", "C3")(lambda b: hlo.Cholesky(b.tensor(2, 3)))


def solve(a: Any, b: Any, transpose: Any = hlo.Transposition.NO_TRANSPOSE) -> Any:
    return lambda bench: hlo.TriangularSolve(bench.tensor(*a), bench.tensor(*b), True, True, True, transpose)


breaks("triangular_solve", "`transpose_a` says what to do")(solve((3, 3), (3, 2), hlo.Transposition.TRANSPOSE_INVALID))
breaks("triangular_solve", "C2")(solve((3,), (3,)))
breaks("triangular_solve", "C3")(solve((3, 3), (4, 2)))
breaks("fft", "C1, C3")(lambda b: hlo.Fft(b.tensor(3, of=ComplexType(f32)), hlo.FftType.FFT, (3, 3)))
breaks("fft", "C2")(lambda b: hlo.Fft(b.tensor(3), hlo.FftType.FFT, (3,)))
breaks("fft", "C4, C5")(lambda b: hlo.Fft(b.tensor(3), hlo.FftType.RFFT, (4,)))
breaks("rng", "C2")(
    lambda b: hlo.Rng(
        *b.scalars(2, i32), b.tensor(1, of=i64), hlo.RngDistribution.NORMAL, result_types=[TensorType((3,), i32)]
    )
)
breaks("rng_bit_generator", "C2")(
    lambda b: hlo.RngBitGenerator(
        hlo.RngAlgorithm.THREE_FRY,
        state := b.tensor(3, of=i64),
        result_types=[state.type, TensorType((3,), i32)],
    )
)

accepts(solve((3, 3), (3, 2)))
