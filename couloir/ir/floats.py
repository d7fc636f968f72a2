"""Float formats by their MLIR names: their bits, rounding to them, and their numbers as MLIR writes them."""

from __future__ import annotations

import functools
import math
import struct
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.errors import Error

if TYPE_CHECKING:
    import numpy as np

#: Name of each float type -> (bits, name of its NumPy dtype; None where neither NumPy nor ml_dtypes has one).
FLOATS: Final[dict[str, tuple[int, str | None]]] = {
    "f4E2M1FN": (4, "float4_e2m1fn"),
    "f6E2M3FN": (6, "float6_e2m3fn"),
    "f6E3M2FN": (6, "float6_e3m2fn"),
    "f8E3M4": (8, "float8_e3m4"),
    "f8E4M3": (8, "float8_e4m3"),
    "f8E4M3FN": (8, "float8_e4m3fn"),
    "f8E4M3FNUZ": (8, "float8_e4m3fnuz"),
    "f8E4M3B11FNUZ": (8, "float8_e4m3b11fnuz"),
    "f8E5M2": (8, "float8_e5m2"),
    "f8E5M2FNUZ": (8, "float8_e5m2fnuz"),
    "f8E8M0FNU": (8, "float8_e8m0fnu"),
    "f16": (16, "float16"),
    "bf16": (16, "bfloat16"),
    "tf32": (19, None),
    "f32": (32, "float32"),
    "f64": (64, "float64"),
    "f80": (80, None),
    "f128": (128, None),
}

#: Bits of the significand, the hidden one included, of the formats in which six digits may be too few.
_PRECISION: Final = {"f16": 11, "bf16": 8, "tf32": 11, "f32": 24, "f64": 53, "f80": 64, "f128": 113}
_WIDER_THAN_DOUBLE: Final = frozenset(("f80", "f128"))
#: Formats with infinities and NaNs like a double's: bits of the fraction. A NaN's payload is what fits of it.
_FRACTION: Final = {"f8E3M4": 4, "f8E4M3": 3, "f8E5M2": 2, "f16": 10, "bf16": 7, "tf32": 10, "f32": 23}
_DOUBLE_MANTISSA: Final = 52


@functools.cache
def float_dtype(kind: str) -> np.dtype[Any] | None:
    """The NumPy dtype of a float type, or None for `tf32`, `f80` and `f128`."""
    import numpy as np

    name = FLOATS[kind][1]
    if name is None:
        return None
    if kind in ("f16", "f32", "f64"):
        return np.dtype(name)
    import ml_dtypes

    return np.dtype(getattr(ml_dtypes, name))


def round_float(value: float, kind: str) -> float:
    """The number of the format that is nearest to `value`, ties to even. `f80` and `f128` hold every double."""
    if kind == "f64":
        return value
    if value != value:
        return float_from_bits(float_bits(value, kind), kind)
    dtype = float_dtype(kind)
    if dtype is not None:
        import numpy as np

        with np.errstate(all="ignore"):
            return float(np.asarray(value, dtype=np.float64).astype(dtype))
    if kind == "tf32":  # the 32-bit float with 13 bits of its significand rounded away
        bits = float_bits(round_float(value, "f32"), "f32")
        if math.isfinite(value):
            bits = (bits + 0xFFF + (bits >> 13 & 1)) & ~0x1FFF
        return float_from_bits(bits & 0xFFFF_FFFF, "f32")
    return value


def float_bits(value: float, kind: str) -> int:
    """The bit pattern of a number that the format holds."""
    if kind == "f64":
        return struct.unpack("<Q", struct.pack("<d", value))[0]
    if value != value and kind in _FRACTION:
        return _nan_bits(value, FLOATS[kind][0], _FRACTION[kind])
    if kind == "tf32":
        return float_bits(value, "f32") >> 13
    dtype = float_dtype(kind)
    if dtype is not None:
        import numpy as np

        with np.errstate(all="ignore"):
            return int.from_bytes(np.asarray(value, dtype=np.float64).astype(dtype).tobytes(), "little")
    return _wide_bits(value, fraction=112 if kind == "f128" else 63, explicit=kind == "f80")


def float_from_bits(bits: int, kind: str) -> float:
    """The number with this bit pattern.

    Raises:
        Error: for an `f80` or `f128` that no double equals: values are kept as doubles.
    """
    if kind == "f64":
        return struct.unpack("<d", struct.pack("<Q", bits))[0]
    if kind in _FRACTION:
        fraction = _FRACTION[kind]
        ones = (1 << (FLOATS[kind][0] - 1 - fraction)) - 1
        payload = bits & ((1 << fraction) - 1)
        if bits >> fraction & ones == ones and payload:  # not by conversion, which would make it a quiet NaN
            sign = bits >> (FLOATS[kind][0] - 1)
            return float_from_bits(sign << 63 | 0x7FF << 52 | payload << (_DOUBLE_MANTISSA - fraction), "f64")
    if kind == "tf32":
        return float_from_bits(bits << 13, "f32")
    dtype = float_dtype(kind)
    if dtype is not None:
        import numpy as np

        with np.errstate(all="ignore"):
            raw = np.frombuffer(bits.to_bytes(dtype.itemsize, "little"), dtype=dtype)
            return float(raw[0].astype(np.float64))
    value = _wide_value(bits, fraction=112 if kind == "f128" else 63, explicit=kind == "f80")
    if float_bits(value, kind) != bits:
        raise Error(f"this `{kind}` is not a double, and values are kept as doubles")
    return value


def _nan_bits(value: float, width: int, fraction: int) -> int:
    double = float_bits(value, "f64")
    payload = (double & ((1 << _DOUBLE_MANTISSA) - 1)) >> (_DOUBLE_MANTISSA - fraction) or 1 << (fraction - 1)
    exponent = ((1 << (width - 1 - fraction)) - 1) << fraction
    return double >> 63 << (width - 1) | exponent | payload


def _wide_bits(value: float, *, fraction: int, explicit: bool) -> int:
    """A double in a format of 15 exponent bits, with the leading bit written (`f80`) or not (`f128`)."""
    double = float_bits(value, "f64")
    sign, exponent, mantissa = double >> 63, double >> _DOUBLE_MANTISSA & 0x7FF, double & ((1 << _DOUBLE_MANTISSA) - 1)
    if exponent == 0 and mantissa:  # subnormal as a double, normal here
        shift = _DOUBLE_MANTISSA + 1 - mantissa.bit_length()
        exponent, mantissa = 1 - shift, (mantissa << shift) & ((1 << _DOUBLE_MANTISSA) - 1)
    elif exponent == 0:
        return sign << (15 + fraction + explicit)
    biased = 0x7FFF if exponent == 0x7FF else exponent - 1023 + 16383
    leading = 1 << fraction if explicit else 0
    top = (sign << 15 | biased) << (fraction + explicit)
    return top | leading | mantissa << (fraction - _DOUBLE_MANTISSA)


def _wide_value(bits: int, *, fraction: int, explicit: bool) -> float:
    sign = -1.0 if bits >> (15 + fraction + explicit) & 1 else 1.0
    biased = bits >> (fraction + explicit) & 0x7FFF
    mantissa = bits & ((1 << (fraction + explicit)) - 1)
    if biased == 0x7FFF:
        payload = (mantissa & ((1 << fraction) - 1)) >> (fraction - _DOUBLE_MANTISSA)
        return float_from_bits((sign < 0) << 63 | 0x7FF << _DOUBLE_MANTISSA | payload, "f64")
    if not explicit and biased:
        mantissa |= 1 << fraction
    exponent = max(biased, 1) - 16383 - fraction
    try:
        return sign * (
            float(mantissa << exponent) if exponent >= 0 else mantissa / (1 << -exponent)
        )  # int / int rounds right
    except OverflowError:
        return sign * math.inf


def float_text(value: float, kind: str) -> str:
    """A number as MLIR writes it: six digits if they read back as the same number, else more, else the bits in hex."""
    if math.isfinite(value):
        text = _six_digits(value)
        exact = Fraction(text) == Fraction(value) if kind in _WIDER_THAN_DOUBLE else None
        if round_float(float(text), kind) == value if exact is None else exact:
            return text
        text = _natural(value, 2 + _PRECISION.get(kind, 8) * 59 // 196)
        if "." in text:
            return text
    return f"0x{float_bits(value, kind):X}"


def _six_digits(value: float) -> str:
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if value == 0:
        return sign + "0.000000e+00"
    digits, exponent = _decimal(value, 6)
    power = exponent + len(digits) - 1
    return f"{sign}{digits[0]}.{digits[1:]:0<6}e{'-' if power < 0 else '+'}{abs(power):02}"


def _decimal(value: float, precision: int) -> tuple[str, int]:
    """Digits without zeros at the end, at most `precision` of them, and the power of ten of the last digit.

    LLVM's rounding, for the same text: it cuts the exact value to about `precision` digits, sometimes to just as many,
    and rounds the rest half up. Source: LLVM, `APFloat.cpp`, `toString` and `AdjustToPrecision`.
    """
    numerator, denominator = abs(value).as_integer_ratio()
    exponent = 1 - denominator.bit_length()
    significand = numerator * 5**-exponent
    excess = significand.bit_length() - (precision * 196 + 58) // 59
    cut = max(excess, 0) * 59 // 196
    digits = str(significand // 10**cut)
    exponent += cut + max(len(digits) - precision, 0)
    if len(digits) > precision:
        up = digits[precision] >= "5"
        digits = str(int(digits[:precision]) + up)
    stripped = digits.rstrip("0")
    return stripped, exponent + len(digits) - len(stripped)


def _natural(value: float, precision: int) -> str:
    """LLVM's `APFloat::toString` with its default arguments: plain digits near 1, otherwise `1.2E-7`."""
    sign = "-" if value < 0 else ""
    digits, exponent = _decimal(value, precision)
    power = exponent + len(digits) - 1
    if exponent >= 0:
        scientific = exponent > 3 or len(digits) + exponent > precision
    else:
        scientific = power < -3
    if scientific:
        return f"{sign}{digits[0]}.{digits[1:] or '0'}E{'-' if power < 0 else '+'}{abs(power)}"
    if exponent >= 0:
        return sign + digits + "0" * exponent
    if power >= 0:
        return f"{sign}{digits[: power + 1]}.{digits[power + 1 :]}"
    return f"{sign}0.{'0' * (-power - 1)}{digits}"
