from __future__ import annotations

import math
import struct

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.ir.errors import Error
from couloir.ir.floats import FLOATS, float_bits, float_dtype, float_from_bits, float_text, round_float

KINDS = list(FLOATS)
NARROW = [kind for kind, (bits, _) in FLOATS.items() if bits <= 8]


def same(a: float, b: float) -> bool:
    return struct.pack("<d", a) == struct.pack("<d", b)


@pytest.mark.parametrize("kind", NARROW)
def test_every_narrow_number_comes_back_from_its_bits(kind: str) -> None:
    dtype = float_dtype(kind)
    assert dtype is not None
    for bits in range(1 << FLOATS[kind][0]):
        value = float_from_bits(bits, kind)
        expected = np.array([bits], np.uint8).view(dtype).astype(np.float64)[0]
        assert value == expected or (math.isnan(value) and math.isnan(expected))
        if not math.isnan(value):
            assert float_bits(value, kind) == bits
            text = float_text(value, kind)
            assert text.startswith("0x") == (not math.isfinite(value))
            assert text.startswith("0x") or round_float(float(text), kind) == value


@given(st.sampled_from(KINDS), st.floats())
def test_rounding_is_that_of_the_dtype_and_rounding_again_changes_nothing(kind: str, value: float) -> None:
    found = round_float(value, kind)
    assert same(round_float(found, kind), found)
    dtype = float_dtype(kind)
    if dtype is not None and not math.isnan(value):
        with np.errstate(all="ignore"):
            expected = float(np.float64(value).astype(dtype))
        assert same(found, expected) or (math.isnan(found) and math.isnan(expected))


@given(st.sampled_from(KINDS), st.floats())
def test_text_reads_back_as_the_same_number(kind: str, value: float) -> None:
    number = round_float(value, kind)
    text = float_text(number, kind)
    if text.startswith("0x"):
        assert same(float_from_bits(int(text, 16), kind), number)
    else:
        assert same(round_float(float(text), kind), number)


@given(st.floats(allow_nan=False))
def test_tf32_rounds_to_ten_bits(value: float) -> None:
    found = round_float(value, "tf32")
    single = round_float(value, "f32")
    if math.isfinite(found) and abs(single) > 1e-30:
        assert abs(found - single) <= abs(single) * 2.0**-11
        assert (found / 2.0 ** math.floor(math.log2(abs(found))) * 2**10).is_integer()


@given(st.floats(allow_nan=False))
def test_wide_formats_against_their_definition(value: float) -> None:
    for kind, fraction, explicit in (("f80", 63, 1), ("f128", 112, 0)):
        bits = float_bits(value, kind)
        assert same(float_from_bits(bits, kind), value)
        if math.isfinite(value) and value:
            significand = bits & ((1 << (fraction + explicit)) - 1) | 1 << fraction
            exponent = (bits >> (fraction + explicit) & 0x7FFF) - 16383 - fraction
            numerator, denominator = abs(value).as_integer_ratio()
            assert significand * denominator == numerator * 2**-exponent if exponent < 0 else True
            assert bits >> (fraction + explicit + 15) == (value < 0)


def test_wide_numbers_beyond_doubles_are_refused() -> None:
    with pytest.raises(Error, match="kept as doubles"):
        float_from_bits((0x7FFE << 64) | (1 << 63), "f80")
    with pytest.raises(Error, match="kept as doubles"):
        float_from_bits((16383 << 112) | 1, "f128")


@pytest.mark.parametrize(
    ("kind", "bits"), [("f32", 0x7F800001), ("f32", 0xFFC12345), ("bf16", 0x7F81), ("f16", 0xFC01)]
)
def test_nans_keep_their_payload(kind: str, bits: int) -> None:
    value = float_from_bits(bits, kind)
    assert math.isnan(value)
    assert float_bits(round_float(value, kind), kind) == bits
    assert float_text(value, kind) == f"0x{bits:X}"


def test_a_nan_of_python_is_the_quiet_one() -> None:
    assert float_text(round_float(math.nan, "f32"), "f32") == "0x7FC00000"
    assert float_bits(math.nan, "bf16") == int(np.array(math.nan).astype(ml_dtypes.bfloat16).view(np.uint16))
