"""Places in texts: kept as numbers, given as locations."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.ir import location
from couloir.ir.location import FileLineColLoc, packed, unpacked


def placed(file: str, line: int, column: int) -> FileLineColLoc:
    place = packed(file, line, column)
    found = unpacked(place) if isinstance(place, int) else place
    assert isinstance(found, FileLineColLoc)
    return found


@given(st.sampled_from(["a.mlir", "b.mlir", ""]), st.integers(0, 1 << 40), st.integers(0, 1 << 24))
def test_a_place_comes_back(file: str, line: int, column: int) -> None:
    assert placed(file, line, column) is FileLineColLoc(file, line, column)


def test_more_files_than_are_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(location, "MAX_FILES", len(location._FILES))
    assert placed("one too many.mlir", 3, 7) is FileLineColLoc("one too many.mlir", 3, 7)


def test_threads_give_each_file_its_own_number() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        names = [f"thread-{number}.mlir" for number in range(300)]
        with ThreadPoolExecutor(8) as pool:
            places = list(pool.map(lambda name: placed(name, 1, 1).file, names * 4))
    finally:
        sys.setswitchinterval(interval)
    assert places == names * 4
