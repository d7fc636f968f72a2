"""A directory of built things, keyed by what they were built from.

What a cache may promise is a matter of who can write to it: a shared library that is loaded from it runs with the
user's rights. So the directory belongs to the user alone (checked, not assumed), an entry is used only if its whole key
is the one asked for and every file has the content that was stored, and metadata is JSON, never code.

One entry, made in a directory of its own and published by one rename:

    <sha-256 of the key>/entry.json    the key, and size and SHA-256 of each file
    <sha-256 of the key>/files/...     what the builder wrote

Nothing here depends on a clean end: locks are `flock`s, which vanish with their process, and whoever next holds the
lock of a key may remove what was left half-built under it. A file torn by a power failure fails its checksum, so that
nothing needs `fsync`. POSIX only (Linux, macOS).
"""

from __future__ import annotations

import atexit
import errno
import fcntl
import hashlib
import json
import math
import os
import re
import shutil
import stat
import tempfile
import time
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from attrs import frozen

from couloir.backends.c.toolchain import user_cache_directory
from couloir.ir.errors import Error

Builder = Callable[[Path], None]

_FORMAT = 1  # of the key text and of entry.json: a new one sees no old entries
_MAX_METADATA = 1 << 22
_CHUNK = 1 << 20
_POLL_SECONDS = 0.02
_LOW_DISK = 64 << 20
_DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
_REMOVABLE = re.compile(r"(?:build|trash)-([0-9a-f]{64})|([0-9a-f]{64})\.lock")
_ENTRY = re.compile(r"[0-9a-f]{64}")


class CacheWarning(UserWarning):
    """Nothing is kept: the cache directory cannot be used. The text says why and what to do."""


class _Unusable(Exception):
    """The directory of a store fails (read-only, full, gone, locked for too long). Never leaves this module."""


class Cache:
    """Built things by key, kept between processes.

    Safe with any number of processes and threads at once: one builds a key, the others wait for it. Where the directory
    cannot be written (read-only, full), things are built in a private temporary directory, once per process, and a
    `CacheWarning` says so.

    Args:
        directory: Where to keep things; made if missing (mode 0700). None: `couloir` in the platform's directory for
            caches, or, if that may not be used, a private temporary directory with a `CacheWarning`.
        max_bytes: Size beyond which the entries used longest ago are removed.
        lock_timeout: Seconds to wait for another process that builds the same key, before building privately.
        grace_period: Seconds after its last use during which no entry is removed: a path that was just handed out stays
            valid until it is opened. (A library that is loaded stays loaded whatever happens to its file.)

    Raises:
        Error: `directory` cannot be made, is not a directory, belongs to somebody else, or others can write to it.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        max_bytes: int = 2 << 30,
        lock_timeout: float = 600.0,
        grace_period: float = 600.0,
    ) -> None:
        if max_bytes < 0 or lock_timeout < 0 or grace_period < 0:
            raise Error("sizes and times are not negative", where="Cache")
        self._max_bytes = max_bytes
        self._lock_timeout = lock_timeout
        self._grace_period = grace_period
        self._private: _Store | None = None
        if directory is not None:
            self._store = self._open(private_directory(directory))
            return
        try:
            self._store = self._open(private_directory(user_cache_directory() / "couloir"))
        except Error as error:
            self._store = self._fall_back(str(error))

    @property
    def directory(self) -> Path:
        """The directory that is used."""
        return self._store.root

    def get_or_build(self, key: Mapping[str, str], build: Builder) -> Path:
        """The directory of what `build` makes from `key`: from the cache, or built now.

        Args:
            key: All that the result depends on, by name.
            build: Writes files (plain files, no directories) to the empty directory that it is given. What it raises
                is passed on, and nothing is kept.

        Returns:
            A directory with the files, whose content has been checked. Not to be written to.

        Raises:
            Error: The key is empty or is not text, `build` made no plain files, or there is no place to build at all.
        """
        if not key or not all(isinstance(part, str) for item in key.items() for part in item):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise Error("the key of a cache entry is a non-empty mapping of text to text", where="Cache.get_or_build")
        text = json.dumps({"cache": _FORMAT, "key": dict(key)}, sort_keys=True)
        if self._private:  # the directory has failed before; what was built since is here
            found = self._private.lookup(text)
            if found:
                return found
        try:
            return self._store.get_or_build(text, build)
        except _Unusable as problem:
            private = self._private or self._fall_back(f"the cache {self._store.root} cannot be used: {problem}")
        try:
            return private.get_or_build(text, build)
        except _Unusable as problem:
            if isinstance(problem.__cause__, Error):  # the builder's own
                raise problem.__cause__ from None
            raise Error(
                f"there is no place to build: {problem}",
                where=str(private.root),
                hint="free some space in the temporary directory",
            ) from problem

    def trim(self) -> None:
        """Remove what killed processes left, and the entries used longest ago until the rest fits `max_bytes`.

        `get_or_build` does so after each build. What is locked, or was used within the grace period, stays.
        """
        self._store.trim()

    def _open(self, root: Path) -> _Store:
        return _Store(root, self._max_bytes, self._lock_timeout, self._grace_period)

    def _fall_back(self, reason: str) -> _Store:
        """The private store, made on first use; with a warning."""
        try:
            root = Path(tempfile.mkdtemp(prefix="couloir-cache-"))
        except OSError as error:
            raise Error(f"there is no place to build: {error}", notes=[reason]) from error
        atexit.register(_remove_if_mine, root, os.getpid())
        warnings.warn(f"{reason}\ncompiled code is kept for this process only, in {root}", CacheWarning, stacklevel=3)
        self._private = self._open(root)
        return self._private


def _remove_if_mine(root: Path, owner: int) -> None:
    if os.getpid() == owner:  # a forked child does not clear up after its parent
        shutil.rmtree(root, ignore_errors=True)


# ------------------------------------------------------------------------------------------- the directory


def private_directory(directory: Path) -> Path:
    """Make `directory` (mode 0700) unless it exists, and check that only this user can write to it.

    Raises:
        Error: It cannot be made; it is a link or no directory; it belongs to somebody else; its group or others can
            write to it; or others can replace it, since a directory above it is open to all.
    """
    where = str(directory)
    try:
        for missing in [path for path in (directory, *directory.parents) if not os.path.lexists(path)][::-1]:
            with suppress(FileExistsError):  # another process made it just now; it is looked at below
                missing.mkdir(mode=0o700)
        found = directory.lstat()
        root = directory.resolve(strict=True)
        above = [(parent, parent.stat()) for parent in root.parents]
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise Error(
            f"the cache directory cannot be used: {error}", where=where, hint="name a directory that you can write to"
        ) from error
    if not stat.S_ISDIR(found.st_mode):
        what = "a symbolic link" if stat.S_ISLNK(found.st_mode) else "not a directory"
        raise Error(f"the cache directory is {what}", where=where, hint="name the directory itself")
    if found.st_uid != os.geteuid():
        raise Error(
            f"the cache directory belongs to user {found.st_uid}, not to you ({os.geteuid()})",
            where=where,
            hint="code is loaded from it: use a directory of your own",
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Error(
            f"others can write to the cache directory (mode {stat.S_IMODE(found.st_mode):04o})",
            where=where,
            hint="code is loaded from it: `chmod 700` it, after a look at what is in it",
        )
    for parent, status in above:
        if status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
            raise Error(
                f"others can replace the cache directory: {parent} is open to all (mode "
                f"{stat.S_IMODE(status.st_mode):04o})",
                where=where,
                hint="code is loaded from it: use a directory that only you can reach",
            )
    return root


@frozen
class _Store:
    """The entries in one directory that is known to be private.

    Its methods raise `_Unusable` where the directory fails, and let through what a builder raises.
    """

    root: Path
    max_bytes: int
    lock_timeout: float
    grace_period: float

    def get_or_build(self, text: str, build: Builder) -> Path:
        name = _name(text)
        found = self.lookup(text)
        if found:
            return found
        with self._locked(name, self.lock_timeout):
            found = self.lookup(text)  # another process may have built it meanwhile
            if not found:
                found = self._build(name, text, build)
        self.trim(keep=name)
        return found

    # -- reading

    def lookup(self, text: str) -> Path | None:
        """The files of an entry whose key is `text` and whose content is what was stored, else None.

        Takes no lock: a published entry changes only by being renamed away, after which its files cannot be opened.
        """
        entry = self.root / _name(text)
        try:
            digests = _read_digests(entry / "entry.json", text)
            if not digests:
                return None
            with suppress(OSError):  # a cache that cannot be written can still be read
                os.utime(entry / "entry.json")  # before reading, so that it is not removed in between
            files = entry / "files"
            if {file.name for file in files.iterdir()} != set(digests):
                return None
            for file, digest in digests.items():
                if _digest(files / file) != digest:
                    return None
        except OSError:
            return None
        return files

    # -- writing; the lock of the key is held

    def _build(self, name: str, text: str, build: Builder) -> Path:
        entry, work, trash = self.root / name, self.root / f"build-{name}", self.root / f"trash-{name}"
        with _failures_of_the_directory():
            for leftover in (work, trash):
                if os.path.lexists(leftover):  # of a process that was killed
                    _delete(leftover)
            (work / "files").mkdir(parents=True, mode=0o700)
        try:
            self._run_builder(build, work / "files")
            with _failures_of_the_directory():
                _write_metadata(work / "entry.json", text)
                if os.path.lexists(entry):
                    os.rename(entry, trash)  # it was looked at and found wrong
                os.rename(work, entry)
        finally:
            for leftover in (work, trash):
                with suppress(OSError):
                    _delete(leftover)
        return entry / "files"

    def _run_builder(self, build: Builder, files: Path) -> None:
        try:
            build(files)
        except Exception as error:
            full = isinstance(error, OSError) and error.errno in _DISK_ERRORS
            if full or _free_bytes(self.root) < _LOW_DISK:  # a compiler reports a full disk in words
                raise _Unusable(str(error)) from error
            raise
        with _failures_of_the_directory():
            made = list(files.iterdir())
            if not made or not all(stat.S_ISREG(file.lstat().st_mode) for file in made):
                raise Error("the builder of a cache entry made no files, or something else than plain files")

    # -- clearing up

    def trim(self, keep: str | None = None) -> None:
        """See `Cache.trim`; `keep` names an entry that stays."""
        entries: list[tuple[float, int, str]] = []
        with suppress(OSError):  # a directory that fails now will say so when it is needed
            for found in sorted(os.listdir(self.root)):
                leftover = _REMOVABLE.fullmatch(found)
                if leftover:
                    self._remove(leftover.group(1) or leftover.group(2), found)
                elif _ENTRY.fullmatch(found) and found != keep:
                    with suppress(OSError):
                        entries.append((*self._last_use_and_size(found), found))
            size = sum(entry[1] for entry in entries)
            if keep is not None:
                size += self._last_use_and_size(keep)[1]
            for last_use, entry_size, found in sorted(entries):
                if size <= self.max_bytes or last_use > time.time() - self.grace_period:
                    break
                if self._remove(found, found, unless_used_after=last_use):
                    size -= entry_size

    def _last_use_and_size(self, name: str) -> tuple[float, int]:
        entry = self.root / name
        size = sum(file.lstat().st_size for file in (entry / "files").iterdir())
        return (entry / "entry.json").stat().st_mtime, size

    def _remove(self, name: str, found: str, unless_used_after: float = math.inf) -> bool:
        """Remove the entry `name`, or `found`, a leftover of it, unless its lock is held; whether it was removed."""
        try:
            with self._locked(name, timeout=0):
                if not found.endswith(".lock"):  # the lock removes its own file
                    trash = self.root / f"trash-{name}"
                    if found == name:
                        if self._last_use_and_size(name)[0] > unless_used_after:
                            return False
                        with suppress(FileNotFoundError):
                            _delete(trash)
                        os.rename(self.root / found, trash)  # at once: nobody finds half an entry
                        found = trash.name
                    _delete(self.root / found)
            return True
        except (OSError, _Unusable):
            return False

    @contextmanager
    def _locked(self, name: str, timeout: float) -> Generator[None]:
        """Hold the lock of a key. Its file exists only while somebody holds it or waits for it."""
        path = self.root / f"{name}.lock"
        deadline = time.monotonic() + timeout
        with _failures_of_the_directory():
            lock = _try_lock(path)
            while lock is None:
                if time.monotonic() >= deadline:
                    raise _Unusable(f"another process has been building the same thing for {timeout:g} s")
                time.sleep(_POLL_SECONDS)
                lock = _try_lock(path)
        try:
            yield
        finally:
            with suppress(OSError):
                path.unlink()
            os.close(lock)


def _try_lock(path: Path) -> int | None:
    """An open file that holds the lock at `path`; None while somebody else does."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it removed its file: a lock counts only on the file that the next one will open.
        if os.path.samestat(os.fstat(file), os.stat(path, follow_symlinks=False)):
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(file)
        raise
    os.close(file)
    return None


def _delete(path: Path) -> None:
    """Remove a directory with all that is in it, or whatever else is found in its place."""
    if stat.S_ISDIR(path.lstat().st_mode):
        shutil.rmtree(path)
    else:
        path.unlink()


@contextmanager
def _failures_of_the_directory() -> Generator[None]:
    """An OSError inside is a failure of the store's directory."""
    try:
        yield
    except OSError as error:
        raise _Unusable(str(error)) from error


def _free_bytes(directory: Path) -> int:
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return 0


# ------------------------------------------------------------------------------------------- the metadata


def _name(text: str) -> str:
    """The name of the entry for a key text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _write_metadata(path: Path, text: str) -> None:
    digests = {file.name: _digest(file) for file in sorted((path.parent / "files").iterdir())}
    path.write_text(json.dumps({"key": text, "sha256": digests}, indent=1), encoding="ascii")


def _read_digests(path: Path, text: str) -> Mapping[str, object]:
    """The digests that `_write_metadata` wrote beside the key `text`; none if the file holds anything else."""
    with open(path, "rb") as stream:
        raw = stream.read(_MAX_METADATA)
    try:
        found: object = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    entry = cast("dict[str, object]", found)
    digests = entry.get("sha256")
    if set(entry) != {"key", "sha256"} or entry["key"] != text or not isinstance(digests, dict):
        return {}
    return cast("dict[str, object]", digests)


def _digest(path: Path) -> str:
    """SHA-256 of a plain file, as hex; OSError for a link."""
    digest = hashlib.sha256()
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)  # a FIFO would block
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "not a plain file", str(path))
        while chunk := os.read(file, _CHUNK):
            digest.update(chunk)
    finally:
        os.close(file)
    return digest.hexdigest()
