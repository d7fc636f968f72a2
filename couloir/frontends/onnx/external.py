"""The files beside a model that hold its weights: the one way by which a model makes this program open a file.

A model is untrusted, so the paths in it are too. They are followed one component at a time below the model's
directory, never through a link, and the opened file itself is checked (regular, one name, long enough) rather than its
path, so that nothing can be exchanged between check and use. The contents are mapped read-only, on demand.

Background: CVE-2022-25882, CVE-2024-27318, CVE-2026-27489, CVE-2026-34446, CVE-2026-34447, GHSA-538c-55jv-c5g9.
"""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import attrs
import numpy as np
from numpy.typing import NDArray

from couloir.ir.errors import Error, nearest
from couloir.ir.limits import Deadline, Limits, quoted

_KEYS = ("location", "offset", "length", "checksum", "basepath")
_DECIMAL = re.compile(r"[0-9]{1,19}")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_DRIVE = re.compile(r"[A-Za-z]:")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")
_HASH_CHUNK = 1 << 24

_DIRECTORY_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
# Opening a FIFO without O_NONBLOCK would wait for a writer for ever.
FILE_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


class _Entry(Protocol):
    """`onnx.StringStringEntryProto`."""

    @property
    def key(self) -> str: ...
    @property
    def value(self) -> str: ...


@attrs.frozen
class ExternalReference:
    """Where a tensor says that its data lies; checked for form, not yet for existence."""

    location: tuple[str, ...]
    """The path below the model's directory, by component."""
    offset: int = 0
    length: int | None = None
    """Bytes, or None: up to the end of the file."""
    sha1: str | None = None
    """Digest of the whole file, lower-case hexadecimal."""

    @classmethod
    def parse(cls, entries: Iterable[_Entry], *, where: str) -> ExternalReference:
        """Reads `TensorProto.external_data`.

        Raises:
            Error: for keys that are unknown, missing or there twice, paths that could leave the directory, and numbers
                that are none.
        """
        given: dict[str, str] = {}
        for entry in entries:
            if entry.key not in _KEYS:
                raise Error(
                    f"unknown key {quoted(entry.key)} in the tensor's external data",
                    where=where,
                    hint=nearest(entry.key[:80], _KEYS) or f"known keys: {', '.join(_KEYS)}",
                )
            if entry.key in given:
                raise Error(f"the key `{entry.key}` occurs twice in the tensor's external data", where=where)
            given[entry.key] = entry.value
        # `basepath` is written by old versions of onnx; it names the author's directory, and is never followed.
        sha1 = given.get("checksum")
        if sha1 is not None and not _SHA1.fullmatch(sha1):
            raise Error(f"the checksum {quoted(sha1)} is not a SHA-1 digest of 40 hexadecimal digits", where=where)
        length = given.get("length")
        return cls(
            _components(given.get("location", ""), where=where),
            _number("offset", given.get("offset", "0"), where=where),
            None if length is None else _number("length", length, where=where),
            None if sha1 is None else sha1.lower(),
        )


def _number(key: str, text: str, *, where: str) -> int:
    if not _DECIMAL.fullmatch(text):
        raise Error(f"the {key} {quoted(text)} of the tensor's external data is not a number of bytes", where=where)
    return int(text)


def _components(location: str, *, where: str) -> tuple[str, ...]:
    """The parts of a relative POSIX path that stays below its directory."""
    problem = None
    if not location:
        problem = "is missing"
    elif "\0" in location:
        problem = "contains a NUL character"
    elif _URL.match(location):
        problem = "is a URL; models are never read from the network"
    elif _DRIVE.match(location) or "\\" in location:
        problem = "is a Windows path, not a POSIX path relative to the model"
    elif location.startswith("/"):
        problem = "is an absolute path"
    parts = tuple(part for part in location.split("/") if part not in ("", "."))
    if problem is None and ".." in parts:
        problem = "contains `..`, which could leave the directory of the model"
    elif problem is None and not parts:
        problem = "names a directory"
    if problem is not None:
        raise Error(
            f"the location {quoted(location)} of the tensor's external data {problem}",
            where=where,
            hint="external data must lie beside the model or in a directory below it",
        )
    return parts


@attrs.define(eq=False)
class _MappedFile:
    data: NDArray[np.uint8]
    sha1: str | None = None
    """Computed when a tensor first gives a checksum."""


class ExternalFiles:
    """The files below one directory, opened on demand and kept mapped while arrays over them are alive.

    Args:
        base: The directory of the model, chosen by the caller (links in this path itself are followed), or None if
            there is none: then every reference is an error.
        limits: Bounds on the length of paths.
        deadline: Looked at while checksums are computed.

    The mapping shows the file as it is on disk: a file that someone *truncates in place* while it is in use makes the
    operating system stop the process, as with every memory map. Replacing the file by renaming is harmless.
    """

    def __init__(self, base: Path | None, *, limits: Limits, deadline: Deadline) -> None:
        self._base = base
        self._limits = limits
        self._deadline = deadline
        self._files: dict[tuple[str, ...], _MappedFile] = {}

    def read(self, reference: ExternalReference, size: int, *, where: str) -> NDArray[np.uint8]:
        """The `size` bytes that a tensor needs: a read-only array over the mapped file.

        Raises:
            Error: if the file cannot be reached safely, is too short, if `size` is not the length that the reference
                gives, or if the checksum differs.
        """
        name = "/".join(reference.location)
        file = self._files.get(reference.location)
        if file is None:
            file = _MappedFile(self._map(reference.location, where=where))
            self._files[reference.location] = file
        available = len(file.data)
        if reference.offset > available:
            raise Error(f"offset {reference.offset} is past the end of {quoted(name)} ({available} bytes)", where=where)
        length = available - reference.offset if reference.length is None else reference.length
        if length > available - reference.offset:
            raise Error(
                f"{length} bytes at offset {reference.offset} reach past the end of {quoted(name)} ({available} bytes)",
                where=where,
                hint="the data file is cut off or belongs to another model",
            )
        if length != size:
            raise Error(
                f"the tensor takes {size} bytes, but its external data in {quoted(name)} has {length}", where=where
            )
        if reference.sha1 is not None and reference.sha1 != self._digest(file, where=where):
            raise Error(
                f"the file {quoted(name)} does not have the SHA-1 checksum {reference.sha1} that the model gives",
                where=where,
                hint="the data file was changed, damaged, or belongs to another model",
            )
        return file.data[reference.offset : reference.offset + length]

    def _digest(self, file: _MappedFile, *, where: str) -> str:
        if file.sha1 is None:
            digest = hashlib.sha1(usedforsecurity=False)
            for start in range(0, len(file.data), _HASH_CHUNK):
                self._deadline.check("computing the checksum of the external data", where=where)
                digest.update(file.data[start : start + _HASH_CHUNK].data)
            file.sha1 = digest.hexdigest()
        return file.sha1

    def _map(self, parts: tuple[str, ...], *, where: str) -> NDArray[np.uint8]:
        descriptor = self._open(parts, where=where)
        try:
            size = _check_plain_file(descriptor, "/".join(parts), where=where)
            if size == 0:  # nothing can be mapped
                return np.zeros(0, np.uint8)
            return np.frombuffer(mmap.mmap(descriptor, size, access=mmap.ACCESS_READ), np.uint8)
        except OSError as error:
            raise _cannot_open("/".join(parts), error, where=where) from error
        finally:
            os.close(descriptor)

    def _open(self, parts: tuple[str, ...], *, where: str) -> int:
        """A descriptor of the file, reached from the base directory without following any link."""
        name = "/".join(parts)
        if len(name) > self._limits.name_length:
            raise self._limits.exceeded("name_length", len(name), what="the path of the external data", where=where)
        if self._base is None:
            raise Error(
                f"the tensor's data is in another file, {quoted(name)}, but the directory of the model is not known",
                where=where,
                hint="load the model by its path, or name the directory of its data with `base=`",
            )
        if os.open not in os.supports_dir_fd:
            raise Error(
                "external data cannot be opened safely on this operating system (no `openat`)",
                where=where,
                hint="load the model with its data by `onnx.load(path)` and pass the ModelProto",
            )
        try:
            reached = os.open(self._base, _DIRECTORY_FLAGS)
        except (OSError, ValueError) as error:
            raise _cannot_open(str(self._base), error, where=where) from error
        try:
            for part in parts[:-1]:
                outer, reached = reached, _open_below(reached, part, _DIRECTORY_FLAGS, name, where=where)
                os.close(outer)
            return _open_below(reached, parts[-1], FILE_FLAGS, name, where=where)
        finally:
            os.close(reached)


def _open_below(directory: int, part: str, flags: int, name: str, *, where: str) -> int:
    """Opens one component of the path `name`; a link is an error wherever it leads."""
    try:
        return os.open(part, flags | _NO_LINK, dir_fd=directory)
    except (OSError, ValueError) as error:
        if _is_link(directory, part):
            raise Error(
                f"the external data {quoted(name)} is reached through a symbolic link, {quoted(part)}",
                where=where,
                hint="links could lead outside the model's directory; put the file itself there",
            ) from error
        raise _cannot_open(name, error, where=where) from error


def _is_link(directory: int, part: str) -> bool:
    """Only words the message: the refusal itself is O_NOFOLLOW's."""
    try:
        return stat.S_ISLNK(os.stat(part, dir_fd=directory, follow_symlinks=False).st_mode)
    except (OSError, ValueError):
        return False


def _check_plain_file(descriptor: int, name: str, *, where: str) -> int:
    """The size of the open file, which must be a regular one with a single name."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise Error(
            f"the external data {quoted(name)} is {kind_of_file(status.st_mode)}, not a regular file", where=where
        )
    if status.st_nlink != 1:
        raise Error(
            f"the external data {quoted(name)} has {status.st_nlink} names (hard links)",
            where=where,
            hint="another name could lie outside the model's directory; put a copy of the file there",
        )
    return status.st_size


def kind_of_file(mode: int) -> str:
    """What a mode of `os.stat` stands for, in words with their article: `"a directory"`."""
    for test, words in (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a pipe"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if test(mode):
            return words
    return "a special file"


def _cannot_open(name: str, error: OSError | ValueError, *, where: str) -> Error:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    missing = isinstance(error, OSError) and error.errno == errno.ENOENT
    return Error(
        f"cannot open the external data {quoted(name)}: {reason}",
        where=where,
        hint="the model comes with this file: put it into the directory of the model" if missing else None,
    )
