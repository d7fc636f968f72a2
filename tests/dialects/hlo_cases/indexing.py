"""Slices, gather, scatter, sort and map: what breaks each constraint."""

from __future__ import annotations

from typing import Any

from couloir.dialects import hlo
from couloir.dialects.shapes import inside
from couloir.ir.operation import Block, Region
from couloir.ir.types import TensorType, f32, i32
from tests.dialects.hlo_cases import accepts, breaks, returning, scalar

# dynamic slices

breaks("dynamic_slice", "C2")(lambda b: hlo.DynamicSlice(b.tensor(4, 4), b.scalars(1, i32), slice_sizes=(1, 1)))
breaks("dynamic_slice", "C4")(lambda b: hlo.DynamicSlice(b.tensor(4), b.scalars(1, i32), slice_sizes=(5,)))
breaks("dynamic_update_slice", "C3")(lambda b: hlo.DynamicUpdateSlice(b.tensor(4), b.tensor(1, 1), b.scalars(1, i32)))
breaks("dynamic_update_slice", "C4")(lambda b: hlo.DynamicUpdateSlice(b.tensor(4), b.tensor(1), b.scalars(2, i32)))
breaks("dynamic_update_slice", "C6")(lambda b: hlo.DynamicUpdateSlice(b.tensor(4), b.tensor(5), b.scalars(1, i32)))

# gather: operand [2 batches, 10, 4, 6], indices [2 batches, 5, 2]

GATHER = {
    "offset_dims": (2,),
    "collapsed_slice_dims": (1, 2),
    "operand_batching_dims": (0,),
    "start_indices_batching_dims": (0,),
    "start_index_map": (1, 2),
    "index_vector_dim": 2,
}


def gather(sizes: Any = (1, 1, 1, 6), operand: Any = (2, 10, 4, 6), indices: Any = (2, 5, 2), **numbers: Any) -> Any:
    return lambda b: hlo.Gather(
        b.tensor(*operand), b.tensor(*indices, of=i32), hlo.GatherDimensionNumbers(**{**GATHER, **numbers}), sizes
    )


def dynamic_gather(operand: Any = (2, 10, 4, 6), indices: Any = (2, 5, 2), **numbers: Any) -> Any:
    return lambda b: hlo.DynamicGather(
        b.tensor(*operand),
        b.tensor(*indices, of=i32),
        b.tensor(len(operand), of=i32),
        hlo.GatherDimensionNumbers(**{**GATHER, **numbers}),
        result_types=[TensorType((2, 5, 6), f32)],
    )


def breaks_gather(id: str, **changes: Any) -> None:
    """A case for `gather`, and the same for `dynamic_gather`."""
    breaks("gather", id)(gather(**changes))
    breaks("dynamic_gather", id)(dynamic_gather(**changes))


breaks_gather("C1", collapsed_slice_dims=(1,))
breaks_gather("C2", index_vector_dim=4)
breaks_gather("C3", start_index_map=(1,))
breaks_gather("C4", offset_dims=(2, 1), collapsed_slice_dims=(1,))
breaks_gather("C5", offset_dims=(3,))
breaks_gather("C6", collapsed_slice_dims=(0, 1))
breaks_gather("C7", collapsed_slice_dims=(2, 1))
breaks_gather("C8", collapsed_slice_dims=(1, 4))
breaks("gather", "C9")(gather(sizes=(1, 2, 1, 6)))
breaks_gather("C10", collapsed_slice_dims=(2,), operand_batching_dims=(1, 0), start_indices_batching_dims=(1, 0))
breaks_gather("C11", operand_batching_dims=(4,))
breaks("gather", "C12")(gather(sizes=(2, 1, 1, 6)))
breaks_gather(
    "C13",
    collapsed_slice_dims=(2,),
    operand_batching_dims=(0, 1),
    start_indices_batching_dims=(0, 0),
    operand=(2, 2, 4, 6),
)
breaks_gather("C14", start_indices_batching_dims=(3,))
breaks_gather("C15", start_indices_batching_dims=(2,))
breaks_gather("C16", start_indices_batching_dims=(0, 1))
breaks_gather("C17", indices=(3, 5, 2))
breaks_gather("C18", start_index_map=(1, 0))
breaks_gather("C19", start_index_map=(1, 4))
breaks("gather", "C20")(gather(sizes=(1, 1, 1)))
breaks("gather", "C21")(gather(sizes=(1, 1, 1, 7)))

# scatter: the same the other way round

SCATTER = {
    "update_window_dims": (2,),
    "inserted_window_dims": (1, 2),
    "input_batching_dims": (0,),
    "scatter_indices_batching_dims": (0,),
    "scatter_dims_to_operand_dims": (1, 2),
    "index_vector_dim": 2,
}


def scatter(
    inputs: Any = ((2, 10, 4, 6),),
    updates: Any = ((2, 5, 6),),
    indices: Any = (2, 5, 2),
    body: Any = None,
    of: Any = f32,
    **numbers: Any,
) -> Any:
    return lambda b: hlo.Scatter(
        [b.tensor(*shape) for shape in inputs],
        b.tensor(*indices, of=i32),
        [b.tensor(*shape, of=of) for shape in updates],
        hlo.ScatterDimensionNumbers(**{**SCATTER, **numbers}),
        update_computation=body() if body else hlo.reducer("add", [f32] * len(inputs)),
    )


breaks("scatter", "C1")(scatter(inputs=((2, 10, 4, 6), (2, 11, 4, 6)), updates=((2, 5, 6), (2, 5, 6))))
breaks("scatter", "C2")(scatter(inserted_window_dims=(1,)))
breaks("scatter", "C3")(scatter(inputs=((2, 10, 4, 6),) * 2, updates=((2, 5, 6), (2, 5, 5))))
breaks("scatter", "C4")(scatter(updates=((2, 5, 7),)))
breaks("scatter", "C5")(scatter(inputs=(), updates=()))
breaks("scatter", "C6")(scatter(of=i32))
breaks("scatter", "C7")(scatter(update_window_dims=(2, 1), inserted_window_dims=(1,)))
breaks("scatter", "C8")(scatter(update_window_dims=(3,)))
breaks("scatter", "C9")(scatter(inserted_window_dims=(0, 1)))
breaks("scatter", "C10")(scatter(inserted_window_dims=(2, 1)))
breaks("scatter", "C11")(scatter(inserted_window_dims=(1, 4)))
breaks("scatter", "C12")(
    scatter(inserted_window_dims=(2,), input_batching_dims=(1, 0), scatter_indices_batching_dims=(1, 0))
)
breaks("scatter", "C13")(scatter(input_batching_dims=(4,)))
breaks("scatter", "C14")(
    scatter(
        inserted_window_dims=(2,),
        input_batching_dims=(0, 1),
        scatter_indices_batching_dims=(0, 0),
        inputs=((2, 2, 4, 6),),
    )
)
breaks("scatter", "C15")(scatter(scatter_indices_batching_dims=(3,)))
breaks("scatter", "C16")(scatter(scatter_indices_batching_dims=(2,)))
breaks("scatter", "C17")(scatter(scatter_indices_batching_dims=(0, 1)))
breaks("scatter", "C18")(scatter(indices=(3, 5, 2), updates=((3, 5, 6),)))
breaks("scatter", "C19")(scatter(scatter_dims_to_operand_dims=(1,)))
breaks("scatter", "C20")(scatter(scatter_dims_to_operand_dims=(1, 0)))
breaks("scatter", "C21")(scatter(scatter_dims_to_operand_dims=(1, 4)))
breaks("scatter", "C22")(scatter(index_vector_dim=4))
breaks("scatter", "C23")(scatter(body=lambda: returning([scalar()], 0)))

# select_and_scatter, sort, map


def select(choice: bool = True) -> Region:
    block = Block([scalar(), scalar()])
    with inside(block):
        if choice:
            hlo.Return([hlo.Compare(*block.arguments, hlo.ComparisonDirection.GE)])
        else:
            hlo.Return(block.arguments[:1])
    return Region([block])


def pool_gradient(
    source: Any = (2, 2), window: Any = (2, 2), strides: Any = (2, 2), choice: bool = True, combine: Any = None
) -> Any:
    return lambda b: hlo.SelectAndScatter(
        b.tensor(4, 4),
        b.tensor(*source),
        b.tensor(),
        window,
        strides,
        select=select(choice),
        scatter=combine() if combine else hlo.reducer("add", [f32]),
    )


breaks("select_and_scatter", "C4, C6, C8")(pool_gradient(strides=(2,)))
breaks("select_and_scatter", "C5, C7")(pool_gradient(strides=(2, 0)))
breaks("select_and_scatter", "C2")(pool_gradient(source=(2, 3)))
breaks("select_and_scatter", "C9")(pool_gradient(choice=False))
breaks("select_and_scatter", "C10")(pool_gradient(combine=lambda: returning([scalar()], 0)))
breaks("sort", "C1")(lambda b: hlo.Sort([], comparator=select()))
breaks("sort", "C4")(lambda b: hlo.Sort([b.tensor(2)], dimension=-2, comparator=select()))
breaks("sort", "C5")(lambda b: hlo.Sort([b.tensor(2)], comparator=select(False)))
breaks("map", "C2")(lambda b: hlo.Map([], (), returning([])))
breaks("map", "C3")(lambda b: hlo.Map([b.tensor(2, 3)], (1, 0), returning([scalar()], 0)))
breaks("map", "C4")(lambda b: hlo.Map([b.tensor(2)], (0,), returning([scalar(i32)], 0)))

accepts(gather())
accepts(scatter())
accepts(pool_gradient())
accepts(lambda b: hlo.Sort([b.tensor(2)], comparator=select()))
