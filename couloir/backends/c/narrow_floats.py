"""Floats of less than 16 bits in C: tables of what they are as `float`, and of where rounding to them changes.

All follow from the formats of ml_dtypes, so there is no arithmetic of exponents here. A number is rounded by counting the
bounds that it reaches: bound k is the least number that is rounded to the k-th positive one or more.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from couloir.ir.types import FloatType, dtype_of


def to_f32(type: FloatType) -> tuple[str, str]:
    """Name and source of the function from a number, kept as its bits, to `float`."""
    name = f"{type.kind}_to_f32"
    values = _values(type)
    rows = ", ".join(_bits(value) for value in values)
    source = (
        f"static inline float {name}(uint8_t h)\n{{\n"
        f"    static const uint32_t table[{len(values)}] = {{{rows}}};\n"
        f"    union {{ uint32_t u; float f; }} r = {{ table[h & {len(values) - 1}] }};\n    return r.f;\n}}\n"
    )
    return name, source


def from_f32(type: FloatType) -> tuple[str, str]:
    """Name and source of the function that rounds a `float`: ties go to even, what is too large as in ml_dtypes."""
    name = f"f32_to_{type.kind}"
    bounds, codes, negative_codes, nan = _rounding(type)
    text = (
        f"static inline uint8_t {name}(float x)\n{{\n"
        f"    static const uint32_t bounds[{len(bounds)}] = {{{', '.join(map(str, bounds))}}};\n"
        f"    static const uint8_t codes[2][{len(codes)}] = {{{{{', '.join(map(str, codes))}}}, "
        f"{{{', '.join(map(str, negative_codes))}}}}};\n"
        "    union { float f; uint32_t u; } v = { x };\n"
        "    const uint32_t a = v.u & 0x7fffffffu;\n"
        f"    if (a > 0x7f800000u) return v.u >> 31 ? {nan[1]} : {nan[0]};\n"
        f"    int low = 0, high = {len(bounds)};\n"
        "    while (low < high) {\n"
        "        const int middle = (low + high) / 2;\n"
        "        if (a >= bounds[middle]) low = middle + 1;\n"
        "        else high = middle;\n"
        "    }\n"
        "    return codes[v.u >> 31][low];\n}\n"
    )
    return name, text


def _values(type: FloatType) -> Any:
    codes = np.arange(1 << type.width, dtype=np.uint8)
    with np.errstate(all="ignore"):
        return codes.view(dtype_of(type)).astype(np.float32)


def _bits(value: Any) -> str:
    return f"0x{int(np.float32(value).view(np.uint32)):08x}u"


@functools.cache
def _rounding(type: FloatType) -> tuple[list[int], list[int], list[int], tuple[int, int]]:
    """Bounds as bits of positive floats; codes of what lies between them, for positive and negative; two NaNs."""
    dtype = dtype_of(type)

    def code(bits: int, sign: int = 0) -> int:
        with np.errstate(all="ignore"):
            number = np.uint32(bits | sign << 31).view(np.float32)
            return int(np.asarray(number).astype(dtype).view(np.uint8))

    infinity = 0x7F800000
    bounds: list[int] = []
    codes = [code(0)]
    position = 0
    while codes[-1] != code(infinity) or (
        position == 0 and code(1) != codes[0]
    ):  # the next bits at which the code changes, by bisection: rounding is monotonous
        low, high = position, infinity
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if code(middle) == codes[-1] else (low, middle)
        position = high
        bounds.append(position)
        codes.append(code(position))
    starts = [0, *bounds]
    nan = 0x7FC00000
    return bounds, codes, [code(start, 1) for start in starts], (code(nan), code(nan, 1))
