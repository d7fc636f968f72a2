"""Implementations that go wrong in every way, for tests/testing/test_peers.py. Each runs in a process of its own."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from couloir.api import parse, run
from couloir.ir.errors import Error
from couloir.testing.peers.table import Refused, Run


def start(how: str) -> Run:
    """An implementation that fails `how`."""
    if how == "absent":
        raise ImportError("No module named 'nothing'")
    if how == "dead from the start":
        os._exit(3)

    def go_wrong(module: str, arrays: Sequence[Any]) -> Sequence[Any]:
        right = [np.asarray(result) for result in run(parse(module), *arrays)]
        match how:
            case "crash":
                sys.stderr.write("free(): invalid pointer\n")
                sys.stderr.flush()
                ctypes.string_at(0)
            case "hang":
                time.sleep(1000)
            case "hang in C":
                ctypes.CDLL(None).pause()
            case "eat memory":
                return [np.zeros(1 << 40, np.uint8)]
            case "value":
                return [
                    right[0] * np.where(np.arange(right[0].size).reshape(right[0].shape) == 1, 1.001, 1).astype("f")
                ]
            case "prints":
                print("hello from a library")
                os.write(1, b"and from C\n")
            case "garbage":
                for number in range(3, 20):
                    try:
                        os.write(number, b"\xff" * 64)
                    except OSError:
                        continue
            case "raise":
                raise ZeroDivisionError("by zero")
            case "error":
                raise Error("there is no answer")
            case "refuse":
                raise Refused("no such program")
            case _:
                pass
        return right

    return go_wrong
