"""Groups of processes as HLO writes them: `{{0,1},{2,3}}`, `[2,2]<=[4]`, or axes of a mesh, `mesh['a'=2,'b'=2] {'b'}`."""

from __future__ import annotations

import re
from math import prod
from typing import Any, Final

import numpy as np

from couloir.ir.errors import Error
from couloir.ir.limits import NUMPY_MAX_RANK

_NUMBERS: Final = r"\[([0-9, ]+)\]"
_ORDER: Final = r"\s*(?:T\s*\(([0-9, ]+)\))?"
_COUNTED: Final = re.compile(rf"{_NUMBERS}\s*<=\s*{_NUMBERS}{_ORDER}")
_MESH: Final = re.compile(
    rf"mesh\[([^\]]*)\](?:\s*,\s*device_ids\s*=\s*\({_NUMBERS}{_ORDER}\))?\s*\{{([^}}]*)\}}", re.DOTALL
)
_AXIS: Final = re.compile(r"'([^']*)'\s*=\s*([1-9][0-9]{0,8})(?![0-9])")
_PART: Final = re.compile(r"'([^']*)'(?:\s*:\s*\(([1-9][0-9]{0,8})\)([1-9][0-9]{0,8}))?")

Processes = np.ndarray[Any, np.dtype[np.int64]]


def counted_groups(text: str, limit: int) -> Processes:
    """Reads `[2,4]<=[4,2]T(1,0)`: all numbers in the second shape, transposed, then in the first one.

    Raises:
        Error: The text is something else, or names more than `limit` processes.
    """
    found = _COUNTED.fullmatch(text)
    if found is None:
        raise Error(f"`{text[:40]}` is no list of groups", hint="`{{0,1},{2,3}}` or `[2,2]<=[4]`")
    groups = _list(found[1])
    processes = _count(found[2], found[3], limit)
    if len(groups) != 2 or prod(groups) != processes.size:
        raise Error(f"`{text[:40]}` does not name each process once")
    return processes.reshape(groups)


def _count(dims: str, order: str | None, limit: int) -> Processes:
    """The numbers from 0 on in a shape whose dimensions are then put in another order."""
    sizes = _list(dims)
    permutation = _list(order or "") or list(range(len(sizes)))
    if prod(sizes) > limit or len(sizes) > NUMPY_MAX_RANK or sorted(permutation) != list(range(len(sizes))):
        raise Error(f"`[{dims[:40]}]` does not count processes")
    return np.arange(prod(sizes), dtype=np.int64).reshape(sizes).transpose(permutation).reshape(-1)


def _list(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(len(part) < 19 and part.isdecimal() for part in parts):
        raise Error(f"`{text[:40]}` is no list of numbers")
    return list(map(int, parts))


def mesh_groups(text: str, limit: int) -> Processes:
    """Reads `mesh['a'=2,'b'=4] {'a','b':(1)2}`: a group has the processes that differ along these axes, or parts of axes, only.

    The part `(k)n` of an axis is of size n, behind parts of size k together.

    Raises:
        Error: The text is something else, or names more than `limit` processes.
    """
    found = _MESH.fullmatch(text)
    if found is None:
        raise Error(f"`{text[:40]}` is no list of groups", hint="such as `mesh['a'=2,'b'=2] {'a'}`")
    axes = {axis[1]: int(axis[2]) for axis in _AXIS.finditer(found[1])}
    parts: list[tuple[str, int, int]] = []
    for part in _PART.finditer(found[4]):
        if part[1] not in axes:
            raise Error(f"the mesh has no axis `{part[1][:40]}`")
        parts.append((part[1], int(part[2] or 1), int(part[3] or axes[part[1]])))
    count = prod(axes.values())
    if count > limit or len(axes) + 2 * len(parts) > NUMPY_MAX_RANK:
        raise Error(f"`{text[:40]}` is a mesh of too many processes or axes")
    processes = np.arange(count, dtype=np.int64)
    if found[2] is not None:
        processes = _count(found[2], found[3], limit)
    sizes, places = _cut(axes, parts)
    if processes.size != count or len(places) != len(parts):
        raise Error(f"`{text[:40]}` does not name each process once")
    chosen = [places[name, before] for name, before, _ in parts]
    rest = [axis for axis in range(len(sizes)) if axis not in chosen]
    together = prod(sizes[axis] for axis in chosen)
    return processes.reshape(sizes).transpose([*rest, *chosen]).reshape(-1, together)


def _cut(axes: dict[str, int], parts: list[tuple[str, int, int]]) -> tuple[list[int], dict[tuple[str, int], int]]:
    """The sizes of the mesh when each axis is cut where its parts begin and end, and which of them is which part."""
    sizes: list[int] = []
    places: dict[tuple[str, int], int] = {}
    for name, size in axes.items():
        before = 1
        for _, start, length in sorted(part for part in parts if part[0] == name):
            if start % before or size % (start * length):
                raise Error(
                    f"a part of size {length} behind {start} does not fit into the axis `{name[:40]}` of {size}"
                )
            sizes.append(start // before)
            places[name, start] = len(sizes)
            sizes.append(length)
            before = start * length
        sizes.append(size // before)
    return sizes, places
