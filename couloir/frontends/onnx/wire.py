"""What an ONNX file is made of, seen before protobuf parses it.

Protobuf turns two bytes of input into a hundred bytes of objects, and says little when it fails. `scan` walks the wire
format with a stack of its own, skips over the weights, and enforces the limits while nothing has been allocated yet.
Which fields are messages, strings or numbers is read from the installed `onnx` schema, so that the walk follows onnx's
versions by itself; fields that the schema does not know are skipped, as protobuf does.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import cache
from typing import Protocol, cast

import attrs
import numpy as np
import onnx
from google.protobuf.message import Message

from couloir.ir.errors import Error
from couloir.ir.limits import Deadline, Limits

PROTOBUF_DEPTH = 100
"""Protobuf itself refuses messages nested deeper than this."""

_VARINT, _FIXED64, _LENGTH, _GROUP_START, _GROUP_END, _FIXED32 = range(6)
_WIRE_TYPE_BITS = 3
_MAX_VARINT_BYTES = 10
_MAX_FIELD_NUMBER = (1 << 29) - 1
_CLOCK_INTERVAL = 1 << 14  # fields between two looks at the clock


class _Content(IntEnum):
    """What the payload of a length-delimited field holds."""

    MESSAGE = 0
    STRING = 1
    VARINTS = 2
    DATA = 3


class _FieldDescriptor(Protocol):
    name: str
    number: int
    type: int
    message_type: _Descriptor | None


class _Descriptor(Protocol):
    """The part of `google.protobuf.descriptor.Descriptor` (which carries no types) that is used here."""

    name: str
    full_name: str
    fields: list[_FieldDescriptor]


@attrs.define(eq=False)
class _Layout:
    """One message type: its length-delimited fields, keyed by their tag."""

    name: str
    weight: int
    """How many fields it declares: protobuf reserves memory for all of them, present or not."""
    fields: dict[int, _Field] = attrs.field(factory=dict)


@attrs.frozen(eq=False)
class _Field:
    name: str
    content: _Content
    message: _Layout
    """The message inside, for MESSAGE; the message around it, otherwise."""


# FieldDescriptor.TYPE_*: numbers of the protobuf specification (descriptor.proto).
_TYPE_STRING, _TYPE_MESSAGE, _TYPE_BYTES = 9, 11, 12
_FIXED_WIDTH_TYPES = frozenset({1, 2, 6, 7, 15, 16})  # double, float, fixed64, fixed32, sfixed32, sfixed64


@cache
def _model_layout() -> _Layout:
    """The layout of ModelProto, with those of all messages that it can reach (the graph of types has cycles)."""
    root = cast("_Descriptor", onnx.ModelProto.DESCRIPTOR)
    layouts = {root.full_name: _Layout(root.name, len(root.fields))}
    todo = [root]
    while todo:
        descriptor = todo.pop()
        layout = layouts[descriptor.full_name]
        for field in descriptor.fields:
            inner = field.message_type if field.type == _TYPE_MESSAGE else None
            if inner is not None and inner.full_name not in layouts:
                layouts[inner.full_name] = _Layout(inner.name, len(inner.fields))
                todo.append(inner)
            if inner is not None:
                entry = _Field(field.name, _Content.MESSAGE, layouts[inner.full_name])
            else:
                entry = _Field(field.name, _content_of(field.type), layout)
            layout.fields[field.number << _WIRE_TYPE_BITS | _LENGTH] = entry
    return layouts[root.full_name]


def _content_of(field_type: int) -> _Content:
    if field_type == _TYPE_STRING:
        return _Content.STRING
    if field_type == _TYPE_BYTES or field_type in _FIXED_WIDTH_TYPES:
        return _Content.DATA
    return _Content.VARINTS


def scan(data: bytes, *, limits: Limits, deadline: Deadline, where: str) -> None:
    """Checks that `data` is the encoding of a message within `limits`; reads it once, front to back.

    Enforced: lengths stay inside the enclosing message, varints have at most 10 bytes, strings are UTF-8, nesting stays
    below `limits.depth` (and protobuf's own limit), and the numbers of nodes, of fields (a message counts as all the
    fields that it could have) and of bytes of numeric data stay within limits. Groups, a form that no ONNX file has
    ever used, are refused.

    Raises:
        Error: naming the offset and the message types around it.
    """
    _Scanner(data, limits, deadline, where).run()


def check_text(model: onnx.ModelProto, *, deadline: Deadline, where: str) -> None:
    """Checks that all strings of a model that did not come through `scan` are UTF-8; others would surface as `bytes`.

    Raises:
        Error: naming the field.
    """
    todo: list[Message] = [model]
    visited = 0
    while todo:
        visited += 1
        if not visited % _CLOCK_INTERVAL:
            deadline.check("checking the model", where=where)
        message = todo.pop()
        for field, value in message.ListFields():
            if field.type == _TYPE_STRING:
                texts: Iterable[object] = (value,) if isinstance(value, (str, bytes)) else value
                if any(isinstance(text, bytes) for text in texts):
                    raise Error(f"the text of `{field.name}` in a {message.DESCRIPTOR.name} is not UTF-8", where=where)
            elif field.type == _TYPE_MESSAGE:
                if isinstance(value, Message):
                    todo.append(value)
                else:
                    todo.extend(value)


class _Scanner:
    """The state of one scan. `_stack` holds the ends and layouts of the messages around the current one."""

    def __init__(self, data: bytes, limits: Limits, deadline: Deadline, where: str) -> None:
        self._data = data
        self._limits = limits
        self._deadline = deadline
        self._where = where
        self._max_depth = min(limits.depth, PROTOBUF_DEPTH)
        self._stack: list[tuple[int, _Layout]] = []
        self._nodes = 0
        self._constant_bytes = 0

    def run(self) -> None:
        data, stack, layout = self._data, self._stack, _model_layout()
        max_fields = self._limits.fields
        fields, next_look = 0, min(_CLOCK_INTERVAL, max_fields + 1)
        position, end = 0, len(data)
        while True:
            if position == end:
                if not stack:
                    return
                end, layout = stack.pop()
                continue
            fields += 1
            if fields >= next_look:
                if fields > max_fields:
                    raise self._limits.exceeded("fields", f"at least {fields}", what="the file", where=self._where)
                self._deadline.check("scanning the file", where=self._where)
                next_look = min(fields + _CLOCK_INTERVAL, max_fields + 1)

            start = position
            tag = data[position]
            position += 1
            if tag > 0x7F:
                tag, position = self._varint(start, end, layout)
            if tag & 7 != _LENGTH:
                position = self._skip_scalar(tag, start, position, end, layout)
                continue

            if position == end:
                raise self._malformed(start, layout, "it is cut off inside a field")
            size = data[position]
            position += 1
            if size > 0x7F:
                size, position = self._varint(position - 1, end, layout)
            if size > end - position:
                raise self._malformed(
                    start, layout, f"a field claims {size} bytes, but only {end - position} are left for it"
                )
            field = layout.fields.get(tag)
            if field is None:
                self._check_tag(tag, start, layout)
                position += size
            elif field.content is _Content.MESSAGE:
                stack.append((end, layout))
                end, layout = position + size, field.message
                fields += layout.weight
                self._enter(layout, start)
            else:
                self._check_payload(field, position, size)
                position += size

    def _enter(self, layout: _Layout, start: int) -> None:
        """Counts a message that begins."""
        if len(self._stack) > self._max_depth:
            if self._max_depth == PROTOBUF_DEPTH:
                raise self._malformed(start, layout, f"more than {PROTOBUF_DEPTH} messages nested in each other")
            raise self._limits.exceeded("depth", len(self._stack), what="the file", where=self._where)
        if layout.name == "NodeProto":
            self._nodes += 1
            if self._nodes > self._limits.nodes:
                raise self._limits.exceeded("nodes", f"at least {self._nodes}", what="the model", where=self._where)

    def _check_payload(self, field: _Field, position: int, size: int) -> None:
        """Looks into a payload that is no message: text must be UTF-8, numbers count as constants."""
        if field.content is _Content.STRING:
            try:
                self._data[position : position + size].decode()
            except UnicodeDecodeError as error:
                raise self._malformed(
                    position, field.message, f"the text of `{field.name}` is not UTF-8 ({error.reason})"
                ) from None
            return
        if field.content is _Content.VARINTS:
            # One byte on the wire can become eight in memory. Each varint ends with a byte below 0x80.
            payload = np.frombuffer(self._data, np.uint8, size, position)
            size = 8 * int(np.count_nonzero(payload < 0x80))
        self._constant_bytes += size
        if self._constant_bytes > self._limits.constant_bytes:
            raise self._limits.exceeded(
                "constant_bytes", f"at least {self._constant_bytes}", what="the file", where=self._where
            )

    def _skip_scalar(self, tag: int, start: int, position: int, end: int, layout: _Layout) -> int:
        """The position after a field that holds one number."""
        self._check_tag(tag, start, layout)
        wire_type = tag & 7
        if wire_type == _VARINT:
            if position < end and self._data[position] < 0x80:
                return position + 1
            _, position = self._varint(position, end, layout)
        elif wire_type == _FIXED64:
            position += 8
        elif wire_type == _FIXED32:
            position += 4
        elif wire_type in (_GROUP_START, _GROUP_END):
            raise self._malformed(start, layout, "a protobuf group, a form that ONNX does not use")
        else:
            raise self._malformed(start, layout, f"a field of unknown wire type {wire_type}")
        if position > end:
            raise self._malformed(start, layout, "it is cut off inside a field")
        return position

    def _check_tag(self, tag: int, start: int, layout: _Layout) -> None:
        if not 0 < tag >> _WIRE_TYPE_BITS <= _MAX_FIELD_NUMBER:
            raise self._malformed(start, layout, f"a field with the illegal number {tag >> _WIRE_TYPE_BITS}")

    def _varint(self, position: int, end: int, layout: _Layout) -> tuple[int, int]:
        """A number of several bytes, least significant seven bits first: its value and the position after it."""
        data, value = self._data, 0
        for index in range(_MAX_VARINT_BYTES):
            if position + index >= end:
                raise self._malformed(position, layout, "it is cut off inside a field")
            byte = data[position + index]
            value |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                return value, position + index + 1
        raise self._malformed(position, layout, "a number takes more than 10 bytes")

    def _malformed(self, position: int, layout: _Layout, problem: str) -> Error:
        names = [*(outer.name for _, outer in self._stack), layout.name]
        shown = names if len(names) <= 8 else [*names[:4], "...", *names[-3:]]
        return Error(
            f"not a well-formed ONNX file: {problem} (at byte {position}, in {' > '.join(shown)})",
            where=self._where,
            hint="the file is damaged, cut off, or no ONNX model; compare its size with the original, fetch it again",
        )
