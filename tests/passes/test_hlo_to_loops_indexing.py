"""Ops that read and write at places from data, and sorting: loops and C give what StableHLO says, for any indices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import (
    ComparisonDirection,
    GatherDimensionNumbers,
    ScatterDimensionNumbers,
)
from couloir.dialects.hlo.reduction import reducer
from couloir.dialects.shapes import inside
from couloir.ir.operation import Block, Region
from couloir.ir.types import TensorType, f32, i32
from tests.passes.loop_programs import agree, joined, program, run_sanitized

CASES = 8
"""Programs in one C compilation."""

INTEGERS = (np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def elements(draw: Any, shape: Any) -> Any:
    seed = draw(st.integers(0, 99))
    return np.random.default_rng(seed).integers(-9, 10, shape).astype(np.float32)


def indices(draw: Any, shape: Any) -> Any:
    """Mostly near the borders, sometimes the extremes of their type."""
    dtype = draw(st.sampled_from(INTEGERS))
    info = np.iinfo(dtype)
    near = st.integers(max(-2, info.min), 6)
    count = int(np.prod(shape, dtype=int))
    numbers = draw(st.lists(near | st.sampled_from([info.min, info.max]), min_size=count, max_size=count))
    return np.array(numbers, dtype).reshape(shape)


@st.composite
def gathers(draw: Any) -> Any:
    """A gather with all its dimension numbers, or a dynamic slice."""
    shape = draw(st.lists(st.integers(1, 4), min_size=0, max_size=3))
    rank = len(shape)
    if draw(st.booleans()):
        sizes = tuple(draw(st.integers(0, size)) for size in shape)
        starts = indices(draw, (rank,))

        def slice_body(x: Any, *at: Any) -> Any:
            return hlo.DynamicSlice(x, list(at), sizes).result

        return [elements(draw, shape), *(np.asarray(s) for s in starts)], slice_body
    operand, places, numbers, sizes, _ = draw_numbers(draw, shape)

    def body(x: Any, at: Any) -> Any:
        return hlo.Gather(x, at, GatherDimensionNumbers(*numbers), sizes).result

    return [operand, places], body


def draw_numbers(draw: Any, shape: list[int]) -> Any:
    """Operand, indices, dimension numbers, sizes of a slice, and the shape of the result of a gather."""
    rank = len(shape)
    order = draw(st.permutations(range(rank)))
    batching = tuple(sorted(order[: draw(st.integers(0, min(1, rank)))]))
    others = [d for d in order if d not in batching]
    mapped = tuple(others[: draw(st.integers(0, len(others)))])
    collapsed = tuple(sorted(d for d in others if draw(st.booleans())))
    sizes = tuple(
        1 if d in (*collapsed, *batching) else draw(st.integers(0 if draw(st.booleans()) else 1, size))
        for d, size in enumerate(shape)
    )
    batch = [shape[d] for d in batching] + draw(st.lists(st.integers(1, 3), max_size=2))
    order_of_batch = draw(st.permutations(range(len(batch))))
    batch = [batch[i] for i in order_of_batch]
    vector = draw(st.integers(0, len(batch)))
    if len(mapped) == 1 and draw(st.booleans()):
        vector, places = len(batch), list(batch)
    else:
        places = [*batch[:vector], len(mapped), *batch[vector:]]
    partners = tuple(
        (p := order_of_batch.index(i)) + (p >= vector and len(places) > len(batch)) for i in range(len(batching))
    )
    kept = rank - len(batching) - len(collapsed)
    offsets = tuple(sorted(draw(st.permutations(range(len(batch) + kept)))[:kept]))
    kept_sizes = iter([s for d, s in enumerate(sizes) if d not in (*batching, *collapsed)])
    batches = iter(batch)
    result = [next(kept_sizes) if d in offsets else next(batches) for d in range(len(batch) + kept)]
    numbers = (offsets, collapsed, batching, partners, mapped, vector)
    return elements(draw, shape), indices(draw, places), numbers, sizes, result


@st.composite
def scatters(draw: Any) -> Any:
    """A scatter with all its dimension numbers, of one or two tensors, or a dynamic update of a slice."""
    shape = draw(st.lists(st.integers(1, 4), min_size=0, max_size=3))
    if draw(st.booleans()):
        update = elements(draw, [draw(st.integers(0, size)) for size in shape])
        starts = [np.asarray(s) for s in indices(draw, (len(shape),))]
        return [elements(draw, shape), update, *starts], lambda x, u, *at: hlo.DynamicUpdateSlice(x, u, list(at)).result
    operand, places, numbers, _, result = draw_numbers(draw, shape)
    count = draw(st.integers(1, 2))
    combiner = draw(st.sampled_from(["add", "maximum", "second", "both"]))
    updates = [elements(draw, result) for _ in range(count)]

    def combine(*arguments: Any) -> Any:
        old, new = arguments[:count], arguments[count:]
        if combiner == "second":
            return list(new)
        if combiner == "both":  # not commutative; each result depends on all arguments
            return [hlo.Subtract(hlo.Add(old[0], old[-1]), n).result for n in new]
        return [(hlo.Add if combiner == "add" else hlo.Maximum)(o, n).result for o, n in zip(old, new, strict=True)]

    def body(*values: Any) -> Any:
        made = hlo.Scatter(
            list(values[:count]), values[count], list(values[count + 1 :]), ScatterDimensionNumbers(*numbers),
            update_computation=reducer(combine, [f32] * count),
        )  # fmt: skip
        return list(made.outputs)

    return [operand, *(elements(draw, shape) for _ in range(count - 1)), places, *updates], body


@settings(max_examples=5)
@given(st.lists(gathers(), min_size=CASES, max_size=CASES))
def test_gather_and_dynamic_slices(cache: Path, cases: Any) -> None:
    arrays, body = joined(cases)
    agree(program(arrays, body), arrays, cache)


@settings(max_examples=5)
@given(st.lists(scatters(), min_size=CASES, max_size=CASES))
def test_scatter_and_dynamic_updates(cache: Path, cases: Any) -> None:
    arrays, body = joined(cases)
    agree(program(arrays, body), arrays, cache)


def comparator(count: int, directions: list[ComparisonDirection]) -> Region:
    """Compares by the last tensor that has a direction, equal ones by the one before."""
    block = Block([TensorType((), f32)] * (2 * count))
    with inside(block):
        result: Any = None
        for number, direction in enumerate(directions):
            left, right = block.arguments[2 * number : 2 * number + 2]
            less = hlo.Compare(left, right, direction).result
            if result is None:
                result = less
            else:
                result = hlo.Select(hlo.Compare(left, right, ComparisonDirection.EQ), result, less).result
        hlo.Return([result])
    return Region([block])


@st.composite
def sorts(draw: Any) -> Any:
    shape = draw(st.lists(st.integers(0, 7), min_size=1, max_size=3))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    count = draw(st.integers(1, 3))
    directions = [
        draw(st.sampled_from([ComparisonDirection.LT, ComparisonDirection.GT]))
        for _ in range(draw(st.integers(1, count)))
    ]
    arrays = [np.round(elements(draw, shape) / 4) for _ in range(count)]  # with equals

    def body(*values: Any) -> Any:
        made = hlo.Sort(list(values), axis, True, comparator(count, directions))
        return list(made.outputs)

    return arrays, body


@settings(max_examples=5)
@given(st.lists(sorts(), min_size=CASES, max_size=CASES))
def test_sorting_is_stable_along_any_dimension(cache: Path, cases: Any) -> None:
    arrays, body = joined(cases)
    agree(program(arrays, body), arrays, cache)


@pytest.mark.parametrize("length", [2, 3, 31, 32, 33])
def test_sorting_gives_the_order_of_the_keys(cache: Path, length: int) -> None:
    keys = np.random.default_rng(length).integers(0, 9, (3, length)).astype(np.float32)
    places = np.broadcast_to(np.arange(length, dtype=np.float32), keys.shape).copy()

    def body(x: Any, y: Any) -> Any:
        return list(hlo.Sort([x, y], 1, True, comparator(2, [ComparisonDirection.LT])).outputs)

    found = agree(program([keys, places], body), [keys, places], cache)
    np.testing.assert_array_equal(found[1], np.argsort(keys, axis=1, kind="stable"))


def test_a_comparator_that_contradicts_itself_loses_no_element(tmp_path: Path) -> None:
    keys = np.random.default_rng(0).permutation(37).astype(np.float32)
    block = Block([TensorType((), f32)] * 2)
    with inside(block):
        hlo.Return([hlo.Compare(block.arguments[0], block.arguments[0], ComparisonDirection.EQ).result])  # always
    module = program([keys], lambda x: list(hlo.Sort([x], 0, True, Region([block])).outputs))
    (found,) = run_sanitized(module, [keys], tmp_path)
    assert sorted(found.tolist()) == list(range(37))


@st.composite
def selections(draw: Any) -> Any:
    """A select_and_scatter with windows that may stand over the border."""
    rank = draw(st.integers(1, 3))
    shape = [draw(st.integers(1, 5)) for _ in range(rank)]
    window = [draw(st.integers(1, 3)) for _ in range(rank)]
    strides = [draw(st.integers(1, 3)) for _ in range(rank)]
    padding = [(draw(st.integers(0, w - 1)), draw(st.integers(0, w - 1))) for w in window]
    spans = [s + low + high - w for s, w, (low, high) in zip(shape, window, padding, strict=True)]
    counts = [max(0, span // stride + 1) for span, stride in zip(spans, strides, strict=True)]
    direction = draw(st.sampled_from([ComparisonDirection.GE, ComparisonDirection.LT]))

    def body(x: Any, s: Any) -> Any:
        select = Block([TensorType((), f32)] * 2)
        with inside(select):
            hlo.Return([hlo.Compare(*select.arguments, direction).result])
        return hlo.SelectAndScatter(
            x, s, hlo.constant(1.0, f32), tuple(window), tuple(strides), tuple(padding),
            select=Region([select]), scatter=reducer("add", [f32]),
        ).result  # fmt: skip

    return [elements(draw, shape), elements(draw, counts)], body


@settings(max_examples=5)
@given(st.lists(selections(), min_size=CASES, max_size=CASES))
def test_the_gradient_of_pools(cache: Path, cases: Any) -> None:
    arrays, body = joined(cases)
    agree(program(arrays, body), arrays, cache)


def test_map_applies_its_body_to_each_element(cache: Path) -> None:
    x, y = (np.random.default_rng(s).integers(-4, 5, (3, 4)).astype(np.int32) for s in (0, 1))

    def body(a: Any, b: Any) -> Any:
        block = Block([TensorType((), i32)] * 2)
        with inside(block):
            hlo.Return([hlo.Subtract(hlo.Multiply(*block.arguments), block.arguments[1]).result])
        return hlo.Map([a, b], (0, 1), Region([block])).result

    (found,) = agree(program([x, y], body), [x, y], cache)
    np.testing.assert_array_equal(found, x * y - y)


def test_no_index_from_data_leaves_the_arrays(tmp_path: Path) -> None:
    """Address and undefined-behaviour sanitizers watch; the indices are the extremes of each type."""
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    cases: list[Any] = []
    for dtype in INTEGERS:
        info = np.iinfo(dtype)
        places = np.array([info.min, info.max, 0, 2, 3, info.max - 1, info.max // 2 + 1], dtype)
        pairs = np.stack([places, places[::-1]], 1)
        gathered = GatherDimensionNumbers((1, 2), (), (), (), (0, 1), 1)
        scattered = ScatterDimensionNumbers((1, 2), (), (), (), (0, 1), 1)
        updates = np.ones((7, 2, 3), np.float32)
        cases += [
            ([x, pairs], lambda v, at, n=gathered: hlo.Gather(v, at, n, (2, 3)).result),
            ([x, places[1]], lambda v, at: hlo.DynamicSlice(v, [at, at], (2, 3)).result),
            (
                [x, places[0]],
                lambda v, at: hlo.DynamicUpdateSlice(v, hlo.Slice(v, (0, 0), (2, 2), (1, 1)), [at, at]).result,
            ),
            (
                [x, pairs, updates],
                lambda v, at, u, n=scattered: list(
                    hlo.Scatter([v], at, [u], n, update_computation=reducer("add", [f32])).outputs
                ),
            ),
        ]
    arrays, body = joined(cases)
    module = program(arrays, body)
    from couloir.backends.numpy.evaluate import evaluate

    for found, expected in zip(run_sanitized(module, arrays, tmp_path), evaluate(module, *arrays), strict=True):
        np.testing.assert_array_equal(found, expected)
