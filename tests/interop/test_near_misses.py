"""Texts in which one size, number or element type is another: we and upstream agree on what is valid, and on what it is.

Where the specification numbers a constraint we may refuse what upstream does not look at.
"""

from __future__ import annotations

import functools
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from tests.interop.test_portable_artifacts import programs
from tests.interop.upstream import Refused, Upstream

ELEMENTS = (
    "i1", "i2", "i4", "i7", "i8", "i16", "i32", "i64", "i128", "ui1", "ui2", "ui4", "ui8", "ui16", "ui32", "ui64", "si8",
    "f4E2M1FN", "f6E2M3FN", "f6E3M2FN", "f8E3M4", "f8E4M3", "f8E4M3FN", "f8E4M3FNUZ", "f8E4M3B11FNUZ", "f8E5M2",
    "f8E5M2FNUZ", "f8E8M0FNU", "bf16", "f16", "f32", "f64", "tf32", "f80", "f128", "index", "none",
    "complex<f32>", "complex<f64>", "complex<f16>", "complex<i32>", "!quant.uniform<i8:f32, 5.000000e-01:3>",
    "!quant.uniform<ui8:f32, 5.000000e-01:3>", "!quant.uniform<i8:f32:0, {5.000000e-01}>", "!quant.any<i8>", "tuple<>",
    "!stablehlo.token",
)  # fmt: skip
NUMBERS = ("?", "-1", "0", "1", "2", "3", "4", "7")
ELEMENT = re.compile(r"(tensor<(?:[\d?]+x)*)([\w!.]+(?:<[^<>]*(?:<[^<>]*>[^<>]*)?>)?)(?=[>,])")
NUMBER = re.compile(r"(?<=<)\d+(?=x)|(?<=x)\d+(?=x)|(?<=x)\?|(?<=[\[, ])-?\d+(?=[\],: >])|(?<=:)\d+(?=[:\],])")
NUMBERED = re.compile(r"\(C\d+")

WE_REFUSE_MORE = {
    r"`stablehlo.torch_index_select`": "upstream looks at nothing but ranks",
    r"of `stablehlo.torch_index_select` ": "the same",
    r"`stablehlo.cross-replica-sum`: no process": "upstream does not look at the groups",
    r"operand `scatter_indices` of `stablehlo.scatter`": "indices are integers of StableHLO",
    r"mesh": "a mesh has at least one device on each axis, and each device once",
}
"""Our error, and why we refuse what upstream reads."""
WE_READ_MORE = {
    r"'stablehlo.triangular_solve' op operand": "the specification takes quantized tensors",
    r"unregistered operation": "newer than this upstream",
    r"collective_broadcast' op requires": "of several tensors, or from a root that is computed: newer than this upstream",
}
"""Upstream's error, and why we read what it refuses."""


@functools.cache
def texts() -> list[str]:
    return [text for _, text in programs()]


@st.composite
def near_misses(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(texts()))
    if draw(st.booleans()):
        places = sorted({found[2] for found in ELEMENT.finditer(text)})
        if not places:
            return text
        old, new = draw(st.sampled_from(places)), draw(st.sampled_from(ELEMENTS))
        return ELEMENT.sub(lambda found: found[1] + (new if found[2] == old else found[2]), text)
    places = list(NUMBER.finditer(text))
    if not places:
        return text
    place = draw(st.sampled_from(places))
    return text[: place.start()] + draw(st.sampled_from(NUMBERS)) + text[place.end() :]


def matches(table: dict[str, str], message: str) -> bool:
    return any(re.search(pattern, message) for pattern in table)


@settings(max_examples=200)
@given(text=near_misses())
def test_near_misses_are_valid_for_us_when_they_are_for_upstream(jaxlib: Upstream, iree: Upstream, text: str):
    upstream = iree if "quant" in text else jaxlib  # jaxlib has no quant dialect
    module: Operation | None = None
    try:
        module, ours = parse_module_op(text, verify=True), ""
    except Error as error:
        ours = str(error)
    try:
        wanted = upstream.text(text)
    except Refused as error:
        assert module is None or matches(WE_READ_MORE, str(error)), error
        return
    if module is None:
        assert NUMBERED.search(ours) or matches(WE_REFUSE_MORE, ours), ours
    else:
        assert operation_text(module, generic=True) + "\n" == wanted
