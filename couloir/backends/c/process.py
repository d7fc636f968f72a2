"""Running another program with a deadline and with a bound on what it may say."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from attrs import frozen

from couloir.ir.errors import Error

_CHUNK = 1 << 16


@frozen
class Finished:
    """How a program ended. `status` is its exit status, negative for a signal; `output` is the beginning of what it
    wrote to standard output and standard error."""

    status: int
    output: str


def run(
    command: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    timeout: float,
    output_limit: int = 1 << 18,
) -> Finished:
    """Run `command` (an argument list; no shell reads it) and wait for its end.

    The program runs in a session of its own, so that at the deadline, or on an interrupt here, whatever it started
    ends with it.

    Args:
        command: The program and its arguments.
        directory: Its working directory.
        environment: Its whole environment.
        timeout: Seconds that it may take.
        output_limit: Bytes of output that are kept; the rest is read and dropped, so that the program never blocks.

    Raises:
        Error: The program cannot be started, or was still running at the deadline.
    """
    deadline = time.monotonic() + timeout
    try:
        process = subprocess.Popen(
            list(command),
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL in an argument
        raise Error(
            f"cannot start {command[0]!r}: {error}", hint="name a program that exists and is executable"
        ) from error
    with process:
        try:
            output = _read(cast(IO[bytes], process.stdout), deadline, output_limit)
            status = process.wait(max(0.0, deadline - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            raise Error(f"`{command[0]}` did not end within {timeout:g} s and was stopped") from error
        finally:
            _end_session(process)
    return Finished(status, output.decode("utf-8", "replace"))


def _read(stream: IO[bytes], deadline: float, limit: int) -> bytes:
    """The first `limit` bytes of `stream`, which is read to its end; TimeoutError at the deadline."""
    kept = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not selector.select(left):  # a program that never stops writing is always ready to be read
                raise TimeoutError
            chunk = os.read(stream.fileno(), _CHUNK)
            if not chunk:
                return bytes(kept)
            kept += chunk[: limit - len(kept)]


def _end_session(process: subprocess.Popen[bytes]) -> None:
    """End the process, unless it ended by itself, and all that it started in its session."""
    if process.returncode is not None:  # waited for: its number may by now belong to somebody else
        return
    with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def inherited_environment() -> dict[str, str]:
    """A copy of this process's environment, to be handed on to a child or asked for a platform's conventions.

    The one place that reads it: nothing in Couloir is configured by environment variables.
    """
    return dict(os.environ)  # noqa: TID251 - handed on, not an API
