"""What reads and writes bits, as shifts: against the NumPy backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from couloir.dialects import chlo, hlo
from couloir.ir.types import IntegerType, f32, f64, i8, i16, i32, i64, ui8, ui16, ui32, ui64
from tests.passes.loop_programs import agree, joined, program

RNG = np.random.default_rng(0)


def random_bits(dtype: Any, shape: tuple[int, ...]) -> Any:
    return RNG.integers(0, 256, (*shape, np.dtype(dtype).itemsize), np.uint8).view(dtype).reshape(shape)


def test_bit_casts_between_widths(tmp_path: Path) -> None:
    finite = RNG.standard_normal((3, 2)).astype(np.float32)
    cases = [
        ([random_bits(np.uint32, (4,))], lambda x: hlo.bitcast_convert(hlo.reshape(x, (2, 2)).result, ui64)),
        ([random_bits(np.uint64, (2, 3))], lambda x: [hlo.bitcast_convert(x, e) for e in (ui32, i16, ui8, i64)]),
        ([random_bits(np.int8, (2, 4))], lambda x: hlo.bitcast_convert(x, i32)),
        (
            [random_bits(np.int16, (2, 4))],
            lambda x: [hlo.bitcast_convert(x, e) for e in (i64, IntegerType(4, "unsigned"), i8)],
        ),
        ([finite], lambda x: [hlo.bitcast_convert(x, e) for e in (ui16, i8)]),
        ([RNG.standard_normal((2,))], lambda x: [hlo.bitcast_convert(x, i32), hlo.bitcast_convert(x, ui8)]),
        (
            [finite.view(np.uint16).reshape(3, 2, 2)],
            lambda x: [hlo.bitcast_convert(x, f32), hlo.bitcast_convert(hlo.bitcast_convert(x, f32), f64)],
        ),
    ]
    arrays, body = joined(cases)
    agree(program(arrays, body), arrays, tmp_path)


def test_high_halves_of_products(tmp_path: Path) -> None:
    dtypes = (np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64)
    cases: Any = []
    for dtype in dtypes:
        ends = np.array([np.iinfo(dtype).min, np.iinfo(dtype).max, 0, 1], dtype)
        a, b = np.meshgrid(
            np.concatenate([ends, random_bits(dtype, (3,))]), np.concatenate([ends, random_bits(dtype, (3,))])
        )
        cases.append(([a.ravel(), b.ravel()], chlo.Mulhi))
    arrays, body = joined(cases)
    results = agree(program(arrays, body), arrays, tmp_path)
    for (a, b), found in zip((case[0] for case in cases), results, strict=True):
        bits = 8 * a.dtype.itemsize
        assert [int(x) * int(y) >> bits for x, y in zip(a, b, strict=True)] == found.tolist()


def test_next_floats(tmp_path: Path) -> None:
    cases: Any = []
    for dtype in (np.float32, np.float64, np.float16, ml_dtypes.bfloat16):
        info = ml_dtypes.finfo(dtype)
        tiny = info.smallest_subnormal
        ends = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, info.max, info.min, tiny, -tiny], dtype)
        a, b = np.meshgrid(ends, ends)
        cases.append(([a.ravel(), b.ravel()], chlo.NextAfter))
    arrays, body = joined(cases)
    agree(program(arrays, body), arrays, tmp_path)
