"""How much an untrusted input may ask for: one table of bounds that every way in obeys (ONNX files, IR text, jaxprs).

A file of a hundred bytes can ask for terabytes. Readers therefore compute sizes in Python integers and compare them
with these bounds *before* they allocate, and look at the clock in their loops. Every bound can be raised by the caller:

    couloir.load("huge.onnx", limits=Limits(constant_bytes=64 << 30, deadline_seconds=None))
"""

from __future__ import annotations

import time
from typing import Any

import attrs

from couloir.ir.errors import Error

NUMPY_MAX_RANK = 64
"""NumPy 2 makes no arrays of more dimensions than this."""


def _positive(_: object, field: attrs.Attribute[Any], value: float | None) -> None:
    if field.name == "deadline_seconds" and value is None:
        return
    expected = (int, float) if field.name == "deadline_seconds" else (int,)
    if isinstance(value, bool) or not isinstance(value, expected) or not value > 0:
        raise Error(f"the limit `{field.name}` must be a positive number, got {value!r}", where="Limits")


def _positive_rank(instance: object, field: attrs.Attribute[Any], value: int) -> None:
    _positive(instance, field, value)
    if value > NUMPY_MAX_RANK:
        raise Error(
            f"the limit `rank` can be at most {NUMPY_MAX_RANK}, the most dimensions a NumPy array has; got {value}",
            where="Limits",
        )


@attrs.frozen(kw_only=True)
class Limits:
    """Bounds on what a reader accepts. The defaults let through every real model known to us and stop bombs.

    Raises:
        Error: if a bound is not a positive number.
    """

    bytes: int = attrs.field(default=(1 << 31) - 1, validator=_positive)
    """Length of the input itself. The default is also the most that protobuf can read."""
    nodes: int = attrs.field(default=1_000_000, validator=_positive)
    """Operations, counted over all nested regions and functions, as written."""
    expanded_nodes: int = attrs.field(default=1_000_000, validator=_positive)
    """Operations after every call of a model-local function has been expanded in place."""
    fields: int = attrs.field(default=50_000_000, validator=_positive)
    """Items of the encoding: protobuf fields (a message counts as all the fields it could have), text tokens. Bounds
    the memory of a parser, whatever the items say; 50 million take about 1 GB."""
    depth: int = attrs.field(default=20_000, validator=_positive)
    """Levels of nesting: regions in regions, types in types. (Protobuf's own limit is 100 messages.)"""
    rank: int = attrs.field(default=32, validator=_positive_rank)
    """Dimensions of one tensor."""
    elements: int = attrs.field(default=1 << 33, validator=_positive)
    """Elements of one tensor."""
    constant_bytes: int = attrs.field(default=1 << 33, validator=_positive)
    """Bytes of all constants of one input together, unpacked to arrays."""
    name_length: int = attrs.field(default=4096, validator=_positive)
    """Characters of one name (value, node, operator, dimension, attribute)."""
    attribute_items: int = attrs.field(default=1_000_000, validator=_positive)
    """Items of one list-valued attribute (ints, floats, strings, tensors, ...), and operands or results of one op."""
    deadline_seconds: float | None = attrs.field(default=120.0, validator=_positive)
    """Wall-clock time for one reading, or None for no deadline."""

    def exceeded(self, limit: str, value: object, *, what: str, where: object | None = None) -> Error:
        """The error for a bound that the input exceeds.

        Args:
            limit: The name of the field of this class.
            value: What the input asks for.
            what: What is being bounded, as the subject of the sentence: `"the tensor"`.
            where: The place in the input.
        """
        bound: object = getattr(self, limit)
        return Error(
            f"{what} has {value} {_UNITS[limit]}, more than the limit of {bound}",
            where=where,
            hint=f"if you trust this input, raise the limit: `limits=Limits({limit}=...)`",
        )

    def start(self) -> Deadline:
        """The clock of one reading, running from now."""
        return Deadline(self.deadline_seconds)


_UNITS = {
    "bytes": "bytes",
    "nodes": "operations",
    "expanded_nodes": "operations once its functions are expanded",
    "fields": "encoded fields",
    "depth": "levels of nesting",
    "rank": "dimensions",
    "elements": "elements",
    "constant_bytes": "bytes of constants",
    "name_length": "characters",
    "attribute_items": "items",
}


class Deadline:
    """A point in time after which a reader gives up. Loops call `check` now and then."""

    __slots__ = ("_end", "_seconds")

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    def check(self, what: str, *, where: object | None = None) -> None:
        """Raises `Error` if the time is up; `what` names the work: `"reading the file"`."""
        if self._end is not None and time.monotonic() > self._end:
            raise Error(
                f"{what} took longer than the deadline of {self._seconds:g} s",
                where=where,
                hint="if you trust this input, raise the limit: `limits=Limits(deadline_seconds=...)`",
            )


def quoted(text: str, limit: int = 80) -> str:
    """A name from an untrusted input, fit for a message: in quotes, control characters escaped, cut after `limit`."""
    if len(text) > limit:
        return f"{text[:limit]!r}... ({len(text)} characters)"
    return repr(text)
