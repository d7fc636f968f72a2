"""The ops that have a kernel of their own: what builds its loops, and what the lowering must know about it.

A kernel is declared where it is written:

    @kernel_of(hlo.Pad, reads="once")
    def pad_kernel(kernel: Kernel, op: hlo.Pad, roots: Sequence[Value[Any]]) -> None: ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import attrs

from couloir.ir.operation import Operation, Value

if TYPE_CHECKING:
    from couloir.passes.hlo_to_loops.kernels import Kernel

Build: TypeAlias = "Callable[[Kernel, Any, Sequence[Value[Any]]], None]"
"""Fills a kernel with the loops of an op. The values are the stored ones: a value that elementwise ops make of the
op's result, if they are finished in its loops, else the results that have buffers."""

Reads: TypeAlias = Literal["once", "often", "whole"]
"""How a kernel reads its operands: each element once, so that it may be computed there; element by element, but
repeatedly, so that only constants are computed there; or from a buffer."""

Check: TypeAlias = "Callable[[Any], str | None]"
"""Why an op has no loops, or None when it has."""


@attrs.frozen
class KernelRule:
    """What the lowering knows about the kernels of one class of ops."""

    build: Build
    reads: Reads = "whole"
    finishes: bool = False
    """Whether the elementwise ops that follow are computed in its loops."""
    updates: bool = False
    """Whether its results are its first operands with some elements changed, which may be done in their buffers."""
    check: Check | None = None


KERNELS: Final[dict[type[Operation], KernelRule]] = {}


def kernel_of(
    *classes: type[Operation],
    reads: Reads = "whole",
    finishes: bool = False,
    updates: bool = False,
    check: Check | None = None,
) -> Callable[[Build], Build]:
    """Decorator: this function builds the kernels of these ops."""

    def register(function: Build) -> Build:
        for cls in classes:
            KERNELS[cls] = KernelRule(function, reads, finishes, updates, check)
        return function

    return register
