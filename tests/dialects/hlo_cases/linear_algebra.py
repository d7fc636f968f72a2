"""Decompositions, Fourier transforms, random numbers: what breaks each constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from couloir.dialects import hlo
from couloir.ir.types import ComplexType, TensorType, f32, f64, i32, i64
from tests.dialects.hlo_cases import accepts, breaks, quantized

# linear algebra, random numbers

breaks("cholesky", "C2")(lambda b: hlo.Cholesky(b.tensor(3)))
breaks("cholesky", "C3")(lambda b: hlo.Cholesky(b.tensor(2, 3)))


def solve(a: Any, b: Any, transpose: Any = hlo.Transposition.NO_TRANSPOSE) -> Any:
    return lambda bench: hlo.TriangularSolve(bench.tensor(*a), bench.tensor(*b), True, True, True, transpose)


breaks("triangular_solve", "`transpose_a` says what to do")(solve((3, 3), (3, 2), hlo.Transposition.TRANSPOSE_INVALID))
breaks("triangular_solve", "C2")(solve((3,), (3,)))
breaks("triangular_solve", "C3")(solve((3, 3), (4, 2)))

COMPLEX = ComplexType(f32)


def transforms(kind: hlo.FftType, length: Any, of: Any = COMPLEX, result: Any = None) -> Callable[[Any], Any]:
    return lambda b: hlo.Fft(b.tensor(3, of=of), kind, length, result_types=result)


breaks("cholesky", "C1")(lambda b: hlo.Cholesky(b.tensor(3, 3), result_types=[TensorType((3, 3), f64)]))
breaks("triangular_solve", "C1")(
    lambda b: hlo.TriangularSolve(b.tensor(3, 3), b.tensor(3, 2, of=f64), True, True, True, hlo.Transposition.TRANSPOSE)
)
breaks("triangular_solve", "C4")(
    lambda b: hlo.TriangularSolve(
        b.tensor(3, 3),
        b.tensor(3, 2),
        True,
        True,
        True,
        hlo.Transposition.TRANSPOSE,
        result_types=[TensorType((3, 3), f32)],
    )
)
breaks("fft", "C1")(transforms(hlo.FftType.FFT, (3, 3)))
breaks("fft", "C2")(transforms(hlo.FftType.FFT, (3,), f32))
breaks("fft", "C3")(transforms(hlo.FftType.FFT, ()))
breaks("fft", "C4")(transforms(hlo.FftType.RFFT, (4,), f32))
breaks("fft", "C5")(transforms(hlo.FftType.IRFFT, (3,)))
breaks("fft", "C2, C4, C5")(transforms(hlo.FftType.IRFFT, (4,), result=[TensorType((5,), f32)]))
accepts(
    lambda b: hlo.TriangularSolve(
        b.tensor(3, 3, of=quantized()),
        b.tensor(3, 2, of=quantized(0.25)),
        True,
        True,
        True,
        hlo.Transposition.TRANSPOSE,
    ),
    unlike_upstream="the operands may be quantized (I1, I2)",
)
accepts(transforms(hlo.FftType.RFFT, (3,), f32))
accepts(transforms(hlo.FftType.IRFFT, (5,)))
accepts(transforms(hlo.FftType.IFFT, (7,)))
breaks("rng", "C2")(
    lambda b: hlo.Rng(
        *b.scalars(2, i32), b.tensor(1, of=i64), hlo.RngDistribution.NORMAL, result_types=[TensorType((3,), i32)]
    )
)
breaks("rng", "C1")(
    lambda b: hlo.Rng(b.tensor(), b.tensor(of=f64), hlo.constant([4], i64), hlo.RngDistribution.UNIFORM)
)
breaks("rng", "C1, C3")(
    lambda b: hlo.Rng(
        *b.scalars(2),
        hlo.constant([4], i64),
        hlo.RngDistribution.UNIFORM,
        result_types=[TensorType((3,), f32)],
    )
)


def rng_of_another_rank(b: Any) -> Any:
    return hlo.Rng(
        *b.scalars(2), b.tensor(2, of=i64), hlo.RngDistribution.UNIFORM, result_types=[TensorType((3,), f32)]
    )


breaks("rng_bit_generator", "C1")(
    lambda b: hlo.RngBitGenerator(
        hlo.RngAlgorithm.DEFAULT,
        b.tensor(2, of=i64),
        result_types=[TensorType((3,), i64), TensorType((3,), i32)],
    )
)
breaks("rng_bit_generator", "`output` has a static shape")(
    lambda b: hlo.RngBitGenerator(
        hlo.RngAlgorithm.DEFAULT,
        state := b.tensor(2, of=i64),
        result_types=[state.type, TensorType((None,), i32)],
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
