"""The process of a peer: reads programs and arrays, answers with arrays or an error, until nobody asks any more."""

from __future__ import annotations

import json
import os
import queue
import resource
import signal
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from couloir.ir.errors import Error
from couloir.testing.peers.frames import LENGTHS, packed, unpacked
from couloir.testing.peers.table import Refused, first_line, reason

Request = tuple[bytes, bytes]
NO_LIMIT: Final = -1


def main() -> None:
    """Runs the peer that standard input names first."""
    signal.signal(signal.SIGTERM, _end)  # what it has started, a compiler perhaps, ends with it
    incoming = os.fdopen(os.dup(0), "rb")
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    order: dict[str, Any] = json.loads(incoming.readline())
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(incoming, requests), daemon=True).start()
    try:
        run = import_module(order["home"]).start(*order["arguments"])
    except (Error, ImportError) as error:
        _say(outgoing, packed({"absent": _text(error)}))
        return
    _limit_memory(order["memory"])
    _say(outgoing, packed({}))
    while True:
        text, data = requests.get()
        _say(outgoing, _answer(run, text, data))


def _read(incoming: BinaryIO, requests: queue.SimpleQueue[Request]) -> None:
    """Reads requests; when whoever asks is gone, the process ends, whatever it is doing."""
    while True:
        lengths = incoming.read(LENGTHS.size)
        if len(lengths) < LENGTHS.size:
            os._exit(0)
        first, second = LENGTHS.unpack(lengths)
        requests.put((incoming.read(first), incoming.read(second)))


def _say(outgoing: BinaryIO, message: bytes) -> None:
    outgoing.write(message)
    outgoing.flush()


def _answer(run: Any, text: bytes, data: bytes) -> bytes:
    try:
        content, arrays = unpacked(text, data)
        with np.errstate(all="ignore"):
            found = [np.asarray(result) for result in run(content["module"], arrays)]
        return packed({}, found)
    except Refused as error:
        return packed({"refused": str(error)})
    except MemoryError:
        return packed({"failed": "it ran out of memory"})
    except Exception as error:  # noqa: BLE001 -- whatever another implementation raises is its answer
        return packed({"failed": _text(error)})


def _text(error: Exception) -> str:
    return reason(error) if isinstance(error, Error) else f"{type(error).__name__}: {first_line(str(error))}"


def _limit_memory(more: int) -> None:
    """Lets the process take so many bytes more than it has taken by now."""
    if more == NO_LIMIT:
        return
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:  # no Linux: what is reserved is not known
        return
    limit = pages * resource.getpagesize() + more
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _end(*_: object) -> None:
    sys.exit()
