"""`Pad`, with a constant or with elements of the tensor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from couloir.dialects import hlo
from couloir.ir.errors import Error
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers, normal_axis
from couloir.passes.onnx_to_hlo.shape import take_range, take_ranges
from couloir.passes.onnx_to_hlo.tensors import reshape, scalar
from couloir.passes.onnx_to_hlo.windows import pairs

_MODES: Final[dict[str, Literal["reflect", "edge", "wrap"]]] = {"reflect": "reflect", "edge": "edge", "wrap": "wrap"}
MAX_PIECES: Final = 1024
"""A padding that repeats the tensor more often is refused."""


@lowers("Pad")
def pad(node: Node) -> Lowered:
    """`Pad` since 2 (attributes), 11 (inputs), 13, 18 (axes), 19 (wrap), 21, 23, 24, 25. Negative pads cut off."""
    x = node[0]
    pads = _pads(node)
    mode = node.string("mode", "constant")
    if mode == "constant":
        low, high = tuple(a for a, _ in pads), tuple(b for _, b in pads)
        return hlo.Pad(x, _fill(node), low, high, (0,) * len(pads))
    if mode not in _MODES:
        raise NotLowered(f"the mode `{mode}` is not lowered")
    for axis, (low, high) in enumerate(pads):
        if low or high:
            x = _take(x, axis, _positions(x.type.shape[axis], low, high, _MODES[mode]))
    return x


def _pads(node: Node) -> list[tuple[int, int]]:
    """Low and high padding of each dimension."""
    rank = node[0].type.rank
    flat = node.constant_integers(1, "pads") if node.version >= 11 else node.integers("pads") or ()
    axes = node.constant_integers(3, "axes") if node.has(3) else range(rank)
    if len(flat) != 2 * len(axes):
        raise Error(f"`pads` has {len(flat)} entries for {len(axes)} dimensions")
    found = [(0, 0)] * rank
    for axis, pair in zip(axes, pairs(flat), strict=True):
        found[normal_axis(axis, rank)] = pair
    return found


def _fill(node: Node) -> Tensor:
    element = node[0].type.element_type
    if node.version < 11:
        return scalar(node.number("value"), element)
    value = node.optional(2)
    return scalar(0, element) if value is None else reshape(value, ())


def _positions(size: int, low: int, high: int, mode: Literal["reflect", "edge", "wrap"]) -> list[int]:
    """Which element of the tensor stands at each place of the result."""
    begin, end = max(-low, 0), size - max(-high, 0)
    cut = np.arange(size)[begin : max(end, begin)]
    return np.pad(cut, (max(low, 0), max(high, 0)), mode=mode).tolist()


def _take(x: Tensor, axis: int, positions: Sequence[int]) -> Tensor:
    """The elements at these positions along an axis, put together from slices."""
    runs = _runs(positions)
    if len(runs) > MAX_PIECES:
        raise NotLowered(f"the padding repeats the tensor {len(runs)} times")
    parts = [_piece(x, axis, run) for run in runs]
    return parts[0] if len(parts) == 1 else hlo.Concatenate(parts, axis).result


def _runs(positions: Sequence[int]) -> list[list[int]]:
    """Cuts a list where its steps change; steps within a run are all 1, all -1 or all 0."""
    runs: list[list[int]] = []
    for position in positions:
        run = runs[-1] if runs else []
        step = position - run[-1] if run else 2
        if abs(step) <= 1 and (len(run) == 1 or step == run[-1] - run[-2]):
            run.append(position)
        else:
            runs.append([position])
    return runs


def _piece(x: Tensor, axis: int, run: Sequence[int]) -> Tensor:
    first, count = run[0], len(run)
    step = next((b - a for a, b in pairwise(run)), 1)
    if step == 0:
        one = take_range(x, axis, first, first + 1)
        shape = [count if number == axis else size for number, size in enumerate(x.type.shape)]
        return hlo.broadcast_in_dim(one, shape, range(x.type.rank)).result
    ranges = [range(size) for size in x.type.shape]
    ranges[axis] = range(first, first + step * count, step)
    return take_ranges(x, ranges)
