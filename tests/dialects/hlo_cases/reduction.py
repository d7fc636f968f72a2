"""Reductions: what breaks each constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from couloir.dialects import hlo
from couloir.ir.types import ComplexType, TensorType, f32, f64, i8, i16, i32, i64
from tests.dialects.hlo_cases import accepts, breaks, quantized, returning, scalar

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


def reduces(body: Any = None, element: Any = f32, result: Any = None) -> Callable[[Any], Any]:
    return lambda b: hlo.Reduce(
        [b.tensor(2, of=element)],
        [b.tensor(of=element)],
        (0,),
        hlo.reducer("add", [body or element]),
        result_types=None if result is None else [TensorType((), result)],
    )


def windows(body: Any, element: Any) -> Callable[[Any], Any]:
    return lambda b: hlo.ReduceWindow(
        [b.tensor(4, of=element)], [b.tensor(of=element)], (2,), body=hlo.reducer("add", [body])
    )


breaks("reduce", "C7, C8")(reduces(f64, f32, f32))
breaks("reduce_window", "C14, C15, C16")(
    lambda b: hlo.ReduceWindow(
        [b.tensor(4)], [b.tensor()], (2,), body=hlo.reducer("add", [f32]), result_types=[TensorType((4,), f32)]
    )
)
NARROWED = (
    (i32, i8),
    (f64, f32),
    (quantized(storage=i16), quantized()),
    (quantized(), quantized(expressed=f64)),
    (f32, i64),
)
"""(element type, one that a reduction cannot compute with)."""
WIDENED = ((i8, i32), (f32, f64), (quantized(), quantized(storage=i16)), (ComplexType(f32), ComplexType(f64)))
for _element, _body in WIDENED:
    accepts(reduces(_body, _element))
    accepts(windows(_body, _element))
accepts(pool())
