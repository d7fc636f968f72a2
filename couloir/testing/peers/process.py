"""A peer in a process of its own, with limits of time and memory: it may crash, hang, or take all memory."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import IO, Any, Final, cast

from couloir.backends.numpy.element_types import Array
from couloir.testing.peers.frames import LENGTHS, Damaged, packed, unpacked
from couloir.testing.peers.table import Peer, Refused

SECONDS: Final = 10.0
"""For one program."""
STARTING: Final = 60.0
"""Seconds, on a machine that does other things too."""
ENDING: Final = 1.0
MEMORY: Final = 4 << 30
"""Bytes, beside what it takes to start."""
_CHUNK: Final = 1 << 20
_LAST_WORDS: Final = 2000


class Absent(Exception):
    """A peer cannot be used here; says why."""


class Failed(Exception):
    """A peer fails on a program: it raises an error, crashes, or does not end; says which."""


class PeerProcess:
    """Runs programs, one after the other, in a process that starts at the first one, and again after a crash.

    Args:
        peer: Which implementation.
        seconds: How long it may take for a program.
        memory: How many bytes it may take.
    """

    def __init__(self, peer: Peer, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self.peer = peer
        self.seconds = seconds
        self.memory = memory
        self._child: subprocess.Popen[bytes] | None = None
        self._directory: tempfile.TemporaryDirectory[str] | None = None

    def run(self, module: str, arrays: Sequence[Array]) -> list[Array]:
        """The results of the first public function of a module, given as MLIR text.

        Raises:
            Absent: The peer is not installed, or does not start.
            Refused: It does not take such programs.
            Failed: It raises an error, crashes, does not end in time, or runs out of memory.
        """
        if self._child is None:
            self._start()
        return self._asked(packed({"module": module}, arrays), self.seconds)

    def close(self) -> None:
        """Ends the process, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            with child:
                child.terminate()
                try:
                    child.wait(ENDING)
                except subprocess.TimeoutExpired:  # it is in code that is not Python
                    child.kill()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def _start(self) -> None:
        absence = self.peer.absence
        if absence is not None:
            raise Absent(absence)
        self._directory = tempfile.TemporaryDirectory(prefix="couloir-peer-", ignore_cleanup_errors=True)
        path = [entry or os.getcwd() for entry in sys.path]  # it runs elsewhere
        code = f"import sys; sys.path[:] = {path!r}; from couloir.testing.peers.worker import main; main()"
        with self._last_words.open("wb") as errors:
            self._child = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=self._directory.name,
                start_new_session=True,  # an interrupt at the keyboard is for whoever asks
            )
        for stream in (self._child.stdin, self._child.stdout):
            os.set_blocking(cast("IO[bytes]", stream).fileno(), False)
        order = {"home": self.peer.home, "arguments": self.peer.arguments, "memory": self.memory}
        try:
            self._asked(json.dumps(order).encode() + b"\n", STARTING)
        except Failed as error:
            raise Absent(f"it does not start: {error}") from error

    @property
    def _last_words(self) -> Path:
        assert self._directory is not None, "the process has been started"
        return Path(self._directory.name, "stderr")

    def _asked(self, message: bytes, seconds: float) -> list[Array]:
        try:
            content, arrays = self._exchange(message, monotonic() + seconds)
        except TimeoutError:
            self.close()
            raise Failed(f"it did not end within {seconds:g} s and was stopped") from None
        except (Damaged, EOFError):
            raise Failed(self._death()) from None
        if "absent" in content:
            self.close()
            raise Absent(content["absent"])
        if "refused" in content:
            raise Refused(content["refused"])
        if "failed" in content:
            raise Failed(content["failed"])
        return arrays

    def _exchange(self, message: bytes, deadline: float) -> tuple[dict[str, Any], list[Array]]:
        """Writes a message and reads the answer. TimeoutError at the deadline, EOFError when the process ends."""
        assert self._child is not None
        to, back = cast("IO[bytes]", self._child.stdin), cast("IO[bytes]", self._child.stdout)
        left = memoryview(message)
        said = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(to, selectors.EVENT_WRITE)
            selector.register(back, selectors.EVENT_READ)
            while True:
                ready = selector.select(max(0.0, deadline - monotonic()))
                if not ready:
                    raise TimeoutError
                for key, _ in ready:
                    if key.fileobj is to:
                        with suppress(BrokenPipeError):  # its end is read below
                            left = left[os.write(to.fileno(), left[:_CHUNK]) :]
                        if not left:
                            selector.unregister(to)
                    else:
                        chunk = os.read(back.fileno(), _CHUNK)
                        if not chunk:
                            raise EOFError
                        said += chunk
                if len(said) >= LENGTHS.size:
                    first, second = LENGTHS.unpack_from(said)
                    if len(said) > LENGTHS.size + first + second or first + second > self.memory:
                        raise Damaged
                    if len(said) == LENGTHS.size + first + second:
                        return unpacked(bytes(said[LENGTHS.size :][:first]), bytes(said[LENGTHS.size + first :]))

    def _death(self) -> str:
        """How the process ended, and the last thing that it said."""
        assert self._child is not None
        try:
            status = self._child.wait(ENDING)
        except subprocess.TimeoutExpired:
            status = None
        words = self._last_words.read_bytes()[-_LAST_WORDS:].decode("utf-8", "replace").strip().split("\n")[-1]
        self.close()
        told = f": {words[:300]}" if words else ""
        if status is None:
            return f"it gave a damaged answer{told}"
        return (f"it died by {_signal(-status)}" if status < 0 else f"it ended with {status}") + told


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
