"""Reductions: what breaks each constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from couloir.dialects import hlo
from couloir.ir.types import i32
from tests.dialects.hlo_cases import accepts, breaks, returning, scalar

# reduce, reduce_window


def two(b: Any, second: Any = (2, 3)) -> tuple[list[Any], list[Any]]:
    return [b.tensor(2, 3), b.tensor(*second)], [b.tensor(), b.tensor()]


breaks("reduce", "C3")(lambda b: hlo.reduce([], [], (0,), "add"))
breaks("reduce", "C1")(lambda b: hlo.reduce(*two(b, (2, 4)), (0,), "add"))
breaks("reduce", "C2")(lambda b: hlo.reduce(b.tensor(2), b.tensor(of=i32), (0,), "add"))
breaks("reduce", "C4")(lambda b: hlo.reduce(b.tensor(2), b.tensor(), (1,), "add"))
breaks("reduce", "C5")(lambda b: hlo.reduce(b.tensor(2), b.tensor(), (0, 0), "add"))
breaks("reduce", "C6")(lambda b: hlo.Reduce([b.tensor(2)], [b.tensor()], (0,), returning([scalar()], 0)))
breaks("reduce_window", "C1")(lambda b: hlo.reduce_window([], [], "add", window_dimensions=()))
breaks("reduce_window", "C2")(lambda b: hlo.reduce_window(*two(b, (2, 4)), "add", window_dimensions=(1, 1)))


def pool(**more: Any) -> Callable[[Any], Any]:
    options: dict[str, Any] = {"window_dimensions": (2, 2), **more}
    return lambda b: hlo.reduce_window(b.tensor(4, 4), b.tensor(), "add", **options)


breaks("reduce_window", "C3")(lambda b: hlo.reduce_window(b.tensor(4), b.tensor(of=i32), "add", window_dimensions=(2,)))
breaks("reduce_window", "C4")(pool(window_dimensions=(2,)))
breaks("reduce_window", "C5")(pool(window_dimensions=(2, 0)))
breaks("reduce_window", "C6")(pool(window_strides=(2,)))
breaks("reduce_window", "C7")(pool(window_strides=(2, 0)))
breaks("reduce_window", "C8")(pool(base_dilations=(2,)))
breaks("reduce_window", "C9")(pool(base_dilations=(2, 0)))
breaks("reduce_window", "C10")(pool(window_dilations=(2,)))
breaks("reduce_window", "C11")(pool(window_dilations=(2, 0)))
breaks("reduce_window", "C12")(pool(padding=((1, 1),)))
breaks("reduce_window", "C13")(
    lambda b: hlo.ReduceWindow([b.tensor(4)], [b.tensor()], (2,), body=returning([scalar()] * 2, 0, 1))
)

accepts(pool())
