"""From a path, bytes or a stream to a checked ModelProto: nothing here runs code of the model or trusts its numbers."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, cast

import attrs
import onnx
from google.protobuf.message import DecodeError

from couloir.frontends.onnx.checking import check_model
from couloir.frontends.onnx.external import FILE_FLAGS, kind_of_file
from couloir.frontends.onnx.formats import explain
from couloir.frontends.onnx.tensors import TensorReader
from couloir.frontends.onnx.wire import check_text, scan
from couloir.ir.errors import Error
from couloir.ir.limits import Deadline, Limits, quoted

_CHUNK = 1 << 24


@attrs.frozen
class ReadModel:
    """A model whose structure has been checked; its tensors' data has not been looked at yet."""

    proto: onnx.ModelProto
    """The model. If the caller gave a ModelProto, that very object."""
    base: Path | None
    """Directory of the external data; None if it is not known."""
    name: str
    """What to call the model in messages: the path, or `<bytes>`, `<stream>`, `<ModelProto>`."""
    limits: Limits
    deadline: Deadline
    """The clock that started when reading began."""

    def tensors(self) -> TensorReader:
        """A reader for the tensors of this model, under the same limits and the same clock."""
        return TensorReader(self.base, limits=self.limits, deadline=self.deadline)


def read_model(
    source: str | Path | bytes | BinaryIO | onnx.ModelProto,
    *,
    base: str | Path | None = None,
    limits: Limits | None = None,
) -> ReadModel:
    """Reads an ONNX model from an untrusted source.

    Args:
        source: A path, the bytes of a file, an open binary stream, or a ModelProto (which is checked, not copied).
        base: Directory of the external data. By default the directory of the path; unknown for the other sources.
        limits: Bounds on what the model may ask for.

    Raises:
        Error: if the source cannot be read, is no ONNX model, breaks ONNX's rules or exceeds a limit. `VerifyError` (a
            subclass) lists all faults of structure at once.
    """
    limits = Limits() if limits is None else limits
    deadline = limits.start()
    directory = None if base is None else Path(base)
    if isinstance(source, onnx.ModelProto):
        name, proto = "<ModelProto>", source
        check_text(proto, deadline=deadline, where=name)
    else:
        if isinstance(source, (str, Path)):
            name = str(source)
            data = _read_file(source, limits, deadline)
            directory = Path(source).parent if directory is None else directory
        elif isinstance(source, (bytes, bytearray, memoryview)):
            name, data = "<bytes>", bytes(source)
            if len(data) > limits.bytes:
                raise limits.exceeded("bytes", len(data), what="the model", where=name)
        elif callable(getattr(source, "read", None)):
            name = "<stream>"
            data = _read_stream(source, name, limits, deadline)
        else:
            raise Error(
                f"cannot read a model from an object of type {type(source).__name__}",
                hint="pass a path, bytes, an open binary file or an onnx.ModelProto",
            )
        proto = _parse(data, name, limits, deadline)
    check_model(proto, limits=limits, deadline=deadline, where=name)
    return ReadModel(proto, directory, name, limits, deadline)


def _parse(data: bytes, name: str, limits: Limits, deadline: Deadline) -> onnx.ModelProto:
    problem = explain(data, where=name)
    if problem is not None:
        raise problem
    scan(data, limits=limits, deadline=deadline, where=name)
    proto = onnx.ModelProto()
    try:
        proto.ParseFromString(data)
    except DecodeError as error:
        raise Error(f"not a well-formed ONNX file: {error}", where=name, hint="the file is damaged") from error
    return proto


def _read_file(path: str | Path, limits: Limits, deadline: Deadline) -> bytes:
    """The contents of a regular file; never waits for a pipe or device."""
    name = quoted(str(path), 200)
    try:
        descriptor = os.open(path, FILE_FLAGS)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Error(f"cannot open the model {name}: {reason}", hint=_missing_file_hint(path)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Error(
                f"cannot read a model from {name}: it is {kind_of_file(status.st_mode)}",
                hint="pass the path of the .onnx file; from a pipe, pass the open stream",
            )
        if status.st_size > limits.bytes:
            raise limits.exceeded("bytes", status.st_size, what="the file", where=str(path))
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            return _read_stream(file, str(path), limits, deadline)
    finally:
        os.close(descriptor)


def _missing_file_hint(path: str | Path) -> str | None:
    """Names the deepest directory on the way that does exist, when one is missing."""
    try:
        parent = Path(path).parent
        return None if parent.is_dir() else f"there is no directory {quoted(str(parent), 200)}"
    except (OSError, ValueError):
        return None


def _read_stream(stream: BinaryIO, name: str, limits: Limits, deadline: Deadline) -> bytes:
    """All that a stream gives, up to the limit."""
    chunks: list[bytes] = []
    length = 0
    while True:
        deadline.check("reading the file", where=name)
        try:
            chunk = cast("object", stream.read(_CHUNK))  # what callers pass for a binary stream may be none
        except (OSError, ValueError) as error:
            raise Error(f"cannot read the model: {error}", where=name) from error
        if not isinstance(chunk, bytes):
            raise Error(
                f"the stream gives {type(chunk).__name__}, not bytes",
                where=name,
                hint="open the file in binary mode: `open(path, 'rb')`",
            )
        if not chunk:
            return b"".join(chunks)
        if not chunks and (problem := explain(chunk, where=name)) is not None:
            raise problem  # before reading gigabytes of /dev/zero
        chunks.append(chunk)
        length += len(chunk)
        if length > limits.bytes:
            raise limits.exceeded("bytes", f"at least {length}", what="the model", where=name)
