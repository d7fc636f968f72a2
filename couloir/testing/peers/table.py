"""Which other implementations of programs there are, and what each promises."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import attrs

from couloir.backends.numpy.element_types import Array
from couloir.ir.conversion.report import ConversionError
from couloir.ir.errors import Error, nearest
from couloir.testing.rewrites.inputs import PROFILES, Profile

Run: TypeAlias = Callable[[str, Sequence[Array]], Sequence[Any]]
"""Runs the first public function of a module, given as MLIR text, on arrays. Made by the function `start` of a peer's module."""


MAX_REASON: Final = 400
"""Characters."""


class Refused(Exception):
    """A peer does not take this program; says why."""


def reason(error: Error) -> str:
    """What an error says, in one line: of a conversion, about the first kind of op."""
    if isinstance(error, ConversionError) and error.entries:
        return f"`{error.entries[0].op}`: {error.entries[0].reason}"
    return first_line(error.message)


def first_line(text: str) -> str:
    """The first line of a text, if it is long its beginning."""
    return text.strip().split("\n")[0][:MAX_REASON]


@attrs.frozen
class Peer:
    """Another implementation of what programs mean.

    Attributes:
        name: What it is called.
        what: What it is, for people.
        home: The module that runs it: its function `start(*arguments)` gives a `Run`, in a process of its own.
        arguments: Of `start`.
        needs: The package that must be installed.
        extra: The extra of Couloir that brings that package.
        dialect: Of which dialect the modules that it takes are; empty when it takes all that lowers to C.
        profiles: The kinds of numbers on which it promises what the specification says.
        flushes: Whether it takes numbers below the normal ones for zeros.
        ours: Whether it is part of Couloir, so that an error of it is a fault.
    """

    name: str
    what: str
    home: str
    arguments: tuple[Any, ...] = ()
    needs: str = ""
    extra: str = ""
    dialect: str = ""
    profiles: tuple[Profile, ...] = PROFILES
    flushes: bool = False
    ours: bool = False

    @property
    def absence(self) -> str | None:
        """Why it cannot be used here; None when it can."""
        package = self.needs.partition(".")[0]
        if package and importlib.util.find_spec(package) is None:
            return f"not installed: pip install couloir[{self.extra}]"
        return None


_HERE: Final = "couloir.testing.peers."
_ROUNDED: Final[tuple[Profile, ...]] = ("whole", "ordinary")

PEERS: Final[dict[str, Peer]] = {
    peer.name: peer
    for peer in (
        Peer("c", "the C backend", f"{_HERE}c", ours=True),
        Peer("c-O0", "the C backend, not optimized by the C compiler", f"{_HERE}c", arguments=(0,), ours=True),
        Peer("numpy", "the NumPy backend, in a process of its own", f"{_HERE}numpy", ours=True),
        Peer("xla", "XLA on the CPU", f"{_HERE}xla", (), "jaxlib", "jax", "stablehlo", flushes=True),
        Peer("interpreter", "StableHLO's interpreter", f"{_HERE}interpreter", (), "jaxlib", "jax", "stablehlo"),
        Peer("onnx", "ONNX's reference evaluator", f"{_HERE}onnx_reference", (), "onnx", "", "onnx", _ROUNDED),
        Peer("onnxruntime", "ONNX Runtime", f"{_HERE}onnxruntime", (), "onnxruntime", "onnxruntime", "onnx", _ROUNDED),
    )
}


def find_peer(name: str | Peer) -> Peer:
    """The peer of a name; one that is given is it. Raises `couloir.Error` where there is none."""
    if isinstance(name, Peer):
        return name
    if name not in PEERS:
        raise Error(f"there is no peer `{name}`", hint=nearest(name, list(PEERS)) or "there are: " + ", ".join(PEERS))
    return PEERS[name]
