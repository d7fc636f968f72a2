"""Work in a forked process, which is stopped at a deadline: rules are any Python, and some never end.

Rules are closures and local classes, which no process but a copy of this one knows: so the worker is forked. It tells what it does
by lines of JSON through a pipe. Its own clock interrupts Python code that goes on for too long, as `TimeUp`; what does not listen
to that is killed from outside, with all that it has started.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Generator, Mapping
from time import monotonic
from types import FrameType
from typing import Any, Final, NoReturn, TypeAlias

import attrs

from couloir.ir.errors import Error

Message: TypeAlias = "Mapping[str, Any]"
Tell: TypeAlias = "Callable[[Message], None]"
Work: TypeAlias = "Callable[[Tell], str]"
"""What is done there: it may tell how far it is, and gives its result as text."""

GRACE: Final = 1.0
"""Seconds after the deadline until the worker is killed."""
AGAIN: Final = 0.2
"""Seconds until `TimeUp` is raised once more: Python drops what is raised in a callback of the garbage collector."""
FORKS: Final = hasattr(os, "fork") and hasattr(signal, "setitimer")


class TimeUp(BaseException):
    """Raised inside the worker, wherever it is, when its time is over. No rule catches it by accident."""


@attrs.frozen
class Ending:
    """How the work ended.

    Attributes:
        result: What it gave; None when it did not come to an end.
        cause: Why it did not: `time`, when it was stopped; `died`, when the process ended by itself.
        how: In words: `by the signal SIGSEGV`.
    """

    result: str | None
    cause: str = ""
    how: str = ""


def run(work: Work, *, deadline: float, memory: int, tell: Tell, longest: float | None = None) -> Ending:
    """Does some work in a worker.

    Args:
        work: It is called in a copy of this process. What it changes is not seen here.
        deadline: By `time.monotonic()`, when it is to be done, unless it has told of another time: `{"until": ...}`.
        longest: When it is interrupted in any case; by default at the deadline.
        memory: How many bytes the worker may take beyond what this process has.
        tell: Called here with each message of the worker.

    Raises:
        Error: What the work raised.
    """
    for stream in (sys.stdout, sys.stderr):  # else the worker would write out once more what is waiting here
        if stream is not None:
            stream.flush()
    reading, writing = os.pipe()
    pid = _fork()
    if not pid:
        _work_and_leave(work, writing, longest or deadline, memory)
    os.close(writing)
    status: int | None = None
    try:
        result, timely = _listen(reading, deadline, longest or deadline, tell)
    except BaseException:  # by the reader of messages, or Control-C
        _kill(pid)
        raise
    else:
        if not timely:
            _kill(pid)
            return Ending(None, "time")
        _, status = os.waitpid(pid, 0)
        _kill_group(pid)  # what it has started and left behind
    finally:
        os.close(reading)
    if result is not None:
        return Ending(result)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return Ending(None, "died", f"by the signal {signal.Signals(number).name}")
    return Ending(None, "died", f"with the exit code {os.waitstatus_to_exitcode(status)}")


def _fork() -> int:
    with warnings.catch_warnings():
        # Python and JAX warn that locks of other threads stay locked in the worker. One that waits for them is killed.
        warnings.filterwarnings("ignore", message=".*fork", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*fork", category=RuntimeWarning)
        return os.fork()


def _listen(reading: int, until: float, longest: float, tell: Tell) -> tuple[str | None, bool]:
    """The result, once there is one, and whether the other end was closed in time."""
    waiting = b""
    result: str | None = None
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, until + GRACE - monotonic()))
        if not ready:
            return result, False
        received = os.read(reading, 1 << 16)
        if not received:
            return result, True
        *lines, waiting = (waiting + received).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "result" in message:
                result = message["result"]
            elif "error" in message:
                raise Error(message["error"], **message["details"])
            else:
                until = min(message.get("until", until), longest)
                tell(message)


def _kill(pid: int) -> None:
    _kill_group(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


# -- in the worker -----------------------------------------------------------------------------------------------------------


def _work_and_leave(work: Work, writing: int, deadline: float, memory: int) -> NoReturn:
    code = 1
    try:
        os.setsid()
        _set_up(deadline, memory)

        def tell(message: Message) -> None:
            _write(writing, message)

        try:
            outcome: Message = {"result": work(tell)}
        except Error as error:
            details = {"where": error.where, "hint": error.hint, "excerpt": error.excerpt, "notes": error.notes}
            outcome = {"error": error.message, "details": details}
        except TimeUp:
            outcome = {"error": "the check did not come to an end in time", "details": {}}
        except Exception as error:  # noqa: BLE001 -- it cannot go up into code that does not know that it has been forked
            notes = traceback.format_exc().split("\n")
            outcome = {"error": f"the check has failed: {type(error).__name__}: {error}", "details": {"notes": notes}}
        signal.setitimer(signal.ITIMER_REAL, 0)
        _write(writing, outcome)
        code = 0
    finally:
        for stream in (sys.stdout, sys.stderr):  # what a rule has printed
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(code)


def _write(writing: int, message: Message) -> None:
    content = json.dumps(message).encode() + b"\n"
    while content:
        content = content[os.write(writing, content) :]


def _set_up(deadline: float, memory: int) -> None:
    """Clocks and limits; nothing that this process has set up for itself goes on in the worker."""
    import faulthandler
    import resource

    faulthandler.disable()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, _time_is_up)
    signal.signal(signal.SIGPROF, _time_is_up)
    seconds = max(deadline - monotonic(), 0.001)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)  # a rule that asks for input gets none
    os.close(null)
    with contextlib.suppress(OSError, ValueError):  # where there are no such limits
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        # Should nobody be there any more who kills it.
        resource.setrlimit(resource.RLIMIT_CPU, (int(2 * seconds) + 5, resource.getrlimit(resource.RLIMIT_CPU)[1]))
        taken = _address_space()
        if taken is not None:
            resource.setrlimit(resource.RLIMIT_AS, (taken + memory, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _address_space() -> int | None:
    """Bytes of address space that this process has, where the system tells."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return None


def _time_is_up(number: int, frame: FrameType | None) -> None:
    raise TimeUp


@contextlib.contextmanager
def limited(cpu_seconds: float, *, watched: bool) -> Generator[None]:
    """Inside a worker (`watched`): raises `TimeUp` when what is inside takes more time of the processor than that."""
    if not watched:
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, cpu_seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@contextlib.contextmanager
def until(deadline: float, *, watched: bool) -> Generator[None]:
    """Inside a worker (`watched`): raises `TimeUp` when what is inside is not done at a time of `time.monotonic()`."""
    if not watched:
        yield
        return
    last = monotonic() + signal.getitimer(signal.ITIMER_REAL)[0]
    signal.setitimer(signal.ITIMER_REAL, max(min(deadline, last) - monotonic(), 0.001), AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, max(last - monotonic(), 0.001))
