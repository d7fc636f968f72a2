"""What is different between two sequences of lines: patience diff, which keeps what is unique in both in its place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, pairwise
from typing import Final, TypeAlias

Change: TypeAlias = "tuple[int, int, int, int]"
"""Items `a[i1:i2]` became `b[j1:j2]`: (i1, i2, j1, j2); one of the two may be empty."""

MAX_DEPTH: Final = 30
MAX_PAIRS: Final = 40_000
"""Stretches without a unique common line are compared closely up to this product of their lengths; the rest is replaced whole."""


def changes(a: Sequence[Hashable], b: Sequence[Hashable]) -> list[Change]:
    """The changes that make `b` of `a`, in order; what is between them is equal. Takes about linear time."""
    found: list[Change] = []
    todo: list[tuple[int, int, int, int, int]] = [(0, len(a), 0, len(b), 0)]
    while todo:
        i1, i2, j1, j2, depth = todo.pop()
        while i1 < i2 and j1 < j2 and a[i1] == b[j1]:
            i1, j1 = i1 + 1, j1 + 1
        while i1 < i2 and j1 < j2 and a[i2 - 1] == b[j2 - 1]:
            i2, j2 = i2 - 1, j2 - 1
        if i1 == i2 or j1 == j2:
            if i1 < i2 or j1 < j2:
                _add(found, (i1, i2, j1, j2))
            continue
        anchors = _anchors(a, b, i1, i2, j1, j2) if depth < MAX_DEPTH else []
        if anchors:
            edges = [(i1 - 1, j1 - 1), *anchors, (i2, j2)]
            gaps = [(p + 1, q, r + 1, s, depth + 1) for (p, r), (q, s) in pairwise(edges)]
            todo += reversed(gaps)
        elif (i2 - i1) * (j2 - j1) <= MAX_PAIRS:
            matcher = SequenceMatcher(None, a[i1:i2], b[j1:j2], autojunk=False)
            for tag, p, q, r, s in matcher.get_opcodes():
                if tag != "equal":
                    _add(found, (i1 + p, i1 + q, j1 + r, j1 + s))
        else:
            _add(found, (i1, i2, j1, j2))
    return found


def _add(found: list[Change], change: Change) -> None:
    """Adds a change, joined with the one before when nothing equal is between."""
    if found and found[-1][1] == change[0] and found[-1][3] == change[2]:
        i1, _, j1, _ = found.pop()
        change = (i1, change[1], j1, change[3])
    found.append(change)


def _anchors(a: Sequence[Hashable], b: Sequence[Hashable], i1: int, i2: int, j1: int, j2: int) -> list[tuple[int, int]]:
    """The longest row of pairs of equal items, in order on both sides, of those that are unique on both."""
    in_a, in_b = _unique(a, i1, i2), _unique(b, j1, j2)
    pairs = [(i, in_b[item]) for item, i in in_a.items() if i >= 0 and in_b.get(item, -1) >= 0]
    ends: list[int] = []  # the least end of a rising row of each length
    last: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(j)
            last.append(index)
        else:
            ends[length], last[length] = j, index
    row: list[tuple[int, int]] = []
    index = last[-1] if last else -1
    while index >= 0:
        row.append(pairs[index])
        index = before[index]
    return row[::-1]


def _unique(items: Sequence[Hashable], start: int, end: int) -> dict[Hashable, int]:
    """Where each item is, in order; -1 for one that is there more than once."""
    found: dict[Hashable, int] = {}
    for index in range(start, end):
        found[items[index]] = -1 if items[index] in found else index
    return found


def split_by(change: Change, a: Callable[[int], str], b: Callable[[int], str]) -> Iterator[Change]:
    """Divides a change at what belongs together on both sides: `a(i)` and `b(j)` tell where an item comes from.

    A lowering replaces every line; so divided, each op stands beside what became of it.
    """
    i1, i2, j1, j2 = change
    if i1 == i2 or j1 == j2:
        yield change
        return
    olds = [(key, len(list(items))) for key, items in groupby(range(i1, i2), a)]
    news = [(key, len(list(items))) for key, items in groupby(range(j1, j2), b)]
    old_keys, new_keys = [key for key, _ in olds], [key for key, _ in news]
    cuts = [
        (p, r) for p, q, r, s in _equal_runs(old_keys, new_keys) for p, r in zip(range(p, q), range(r, s), strict=True)
    ]
    old_starts, new_starts = _starts(olds, i1), _starts(news, j1)
    i, j = i1, j1
    for p, r in cuts:
        if not old_keys[p]:
            continue  # of unknown origin
        if (i, j) != (old_starts[p], new_starts[r]):
            yield i, old_starts[p], j, new_starts[r]
        i, j = old_starts[p + 1], new_starts[r + 1]
        yield old_starts[p], i, new_starts[r], j
    if (i, j) != (i2, j2):
        yield i, i2, j, j2


def _starts(runs: Sequence[tuple[str, int]], start: int) -> list[int]:
    starts = [start]
    for _, count in runs:
        starts.append(starts[-1] + count)
    return starts


def _equal_runs(a: Sequence[str], b: Sequence[str]) -> Iterator[Change]:
    i = j = 0
    for i1, i2, j1, j2 in changes(a, b):
        yield i, i1, j, j1
        i, j = i2, j2
    yield i, len(a), j, len(b)
