"""Bounds of dynamic dimensions go from operands to results, as upstream infers them (infer_stablehlo.mlir, infer_chlo.mlir)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.bounds import bounded
from couloir.ir.builder import at_end
from couloir.ir.types import ComplexType, Type, f32, i1, i32
from tests.dialects.hlo_cases import returning


def tensor(*sizes: int | str | None, of: Type = f32) -> Any:
    """A type; `"<4"` is a dimension that is not known, but at most 4."""
    dims = [size if isinstance(size, int) else None for size in sizes]
    bounds = [int(size[1:]) if isinstance(size, str) else None for size in sizes]
    return bounded(dims, bounds, of)


C64 = ComplexType(f32)
CONV = hlo.ConvDimensionNumbers.of("bf0", "oi0", "bf0")
DOT = hlo.DotDimensionNumbers((0,), (0,), (2,), (1,))
Build = Callable[[Any, Callable[..., Any]], Any]
CASES: dict[str, tuple[Build, list[Any]]] = {
    "dot_general": (
        lambda b, x: hlo.DotGeneral(x("<8", 3, 4), x("<6", 4, "<5"), DOT),
        [tensor("<6", 3, "<5")],
    ),
    "convolution": (
        lambda b, x: hlo.Convolution(x("<8", 4, "<10"), x(6, 4, 3), dimension_numbers=CONV),
        [tensor("<8", 6, "<8")],
    ),
    "reduce": (
        lambda b, x: hlo.reduce(x("<3", "<7", 5), b.tensor(), (0,), "add"),
        [tensor("<7", 5)],
    ),
    "reduce of everything": (lambda b, x: hlo.reduce(x("<3"), b.tensor(), (0,), "add"), [tensor()]),
    "reduce_window": (
        lambda b, x: hlo.reduce_window(
            x(4, None, "<4", "<2"),
            b.tensor(),
            "add",
            window_dimensions=(1, 1, 5, 1),
            window_strides=(1, 1, 3, 1),
            padding=((0, 0), (0, 0), (2, 2), (0, 0)),
        ),
        [tensor(4, None, "<2", "<2")],
    ),
    "all_to_all": (
        lambda b, x: hlo.AllToAll([x(16, "<5")], 0, 1, 4, ((0, 1, 2, 3),)),
        [tensor(4, "<20")],
    ),
    "batch_norm_training": (
        lambda b, x: hlo.BatchNormTraining(x(2, "<64"), x("<64"), x("<64"), epsilon=0.1, feature_index=1),
        [tensor(2, "<64"), tensor("<64"), tensor("<64")],
    ),
    "rfft": (
        lambda b, x: hlo.Fft(x(3, "<3", 9), hlo.FftType.RFFT, (9,)),
        [tensor(3, "<3", 5, of=C64)],
    ),
    "irfft": (
        lambda b, x: hlo.Fft(x(3, "<3", 9, of=C64), hlo.FftType.IRFFT, (16,)),
        [tensor(3, "<3", 16)],
    ),
    "if": (
        lambda b, x: hlo.If(
            b.tensor(of=i1),
            returning([], x(2, 3, 4, None, None, "<6")),
            returning([], x(2, None, "<4", None, "<5", "<7")),
        ),
        [tensor(2, None, "<4", None, None, "<7")],
    ),
    "case": (
        lambda b, x: hlo.Case(b.tensor(of=i32), tuple(returning([], x(size)) for size in (2, 2, "<3"))),
        [tensor("<3")],
    ),
    "rng": (
        lambda b, x: hlo.Rng(*b.scalars(2), hlo.constant([2, 3, 5], i32), hlo.RngDistribution.UNIFORM),
        [tensor(2, 3, 5)],
    ),
    "rng with sizes that are computed": (
        lambda b, x: hlo.Rng(*b.scalars(2), b.tensor(2, of=i32), hlo.RngDistribution.UNIFORM),
        [tensor(None, None)],
    ),
    "broadcast_add": (lambda b, x: chlo.BroadcastAdd(x("<10"), b.tensor()), [tensor("<10")]),
    "broadcast_add, two bounds": (lambda b, x: chlo.BroadcastAdd(x("<10", 1), x("<4", "<3")), [tensor("<10", "<3")]),
    "broadcast_add, no bound": (lambda b, x: chlo.BroadcastAdd(x("<10"), x(None)), [tensor(None)]),
    "broadcast_select": (
        lambda b, x: chlo.BroadcastSelect(b.tensor(of=i1), x("<10"), x("<10")),
        [tensor("<10")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_results_have_the_bounds_that_follow(bench, name) -> None:
    build, types = CASES[name]

    def value(*sizes: Any, of: Type = f32) -> Any:
        return bench.value(tensor(*sizes, of=of))

    with at_end(bench.block):
        made = build(bench, value)
    assert [result.type for result in made.results] == types
    assert bench.faults() == []
