"""Slices, gather, scatter, sort and map: what breaks each constraint."""

from __future__ import annotations

from typing import Any

from couloir.dialects import hlo
from couloir.dialects.shapes import inside
from couloir.ir.operation import Block, Region
from couloir.ir.types import TensorType, f16, f32, f64, i32, i64
from tests.dialects.hlo_cases import accepts, breaks, returning, scalar

# dynamic slices

breaks("dynamic_slice", "C2")(lambda b: hlo.DynamicSlice(b.tensor(4, 4), b.scalars(1, i32), slice_sizes=(1, 1)))
breaks("dynamic_slice", "C4")(lambda b: hlo.DynamicSlice(b.tensor(4), b.scalars(1, i32), slice_sizes=(5,)))
breaks("dynamic_update_slice", "C3")(lambda b: hlo.DynamicUpdateSlice(b.tensor(4), b.tensor(1, 1), b.scalars(1, i32)))
breaks("dynamic_update_slice", "C4")(lambda b: hlo.DynamicUpdateSlice(b.tensor(4), b.tensor(1), b.scalars(2, i32)))
breaks("dynamic_update_slice", "C6")(lambda b: hlo.DynamicUpdateSlice(b.tensor(4), b.tensor(5), b.scalars(1, i32)))

breaks("dynamic_slice", "C1")(
    lambda b: hlo.DynamicSlice(b.tensor(4), b.scalars(1, i32), slice_sizes=(2,), result_types=[TensorType((2,), f16)])
)
breaks("dynamic_slice", "C3")(
    lambda b: hlo.DynamicSlice(b.tensor(4, 4), [b.tensor(of=i32), b.tensor(of=i64)], slice_sizes=(1, 1))
)
breaks("dynamic_slice", "C5")(
    lambda b: hlo.DynamicSlice(b.tensor(4), b.scalars(1, i32), slice_sizes=(2,), result_types=[TensorType((3,), f32)])
)
breaks("dynamic_update_slice", "C1")(
    lambda b: hlo.DynamicUpdateSlice(b.tensor(4), b.tensor(2), b.scalars(1, i32), result_types=[TensorType((2,), f32)])
)
breaks("dynamic_update_slice", "C2")(
    lambda b: hlo.DynamicUpdateSlice(b.tensor(4), b.tensor(1, of=f16), b.scalars(1, i32))
)
breaks("dynamic_update_slice", "C5")(
    lambda b: hlo.DynamicUpdateSlice(b.tensor(4, 4), b.tensor(1, 1), [b.tensor(of=i32), b.tensor(of=i64)])
)

# gather: operand [2 batches, 10, 4, 6], indices [2 batches, 5, 2]

GATHER = {
    "offset_dims": (2,),
    "collapsed_slice_dims": (1, 2),
    "operand_batching_dims": (0,),
    "start_indices_batching_dims": (0,),
    "start_index_map": (1, 2),
    "index_vector_dim": 2,
}


def gather(
    sizes: Any = (1, 1, 1, 6),
    operand: Any = (2, 10, 4, 6),
    indices: Any = (2, 5, 2),
    result: Any = None,
    of: Any = f32,
    **numbers: Any,
) -> Any:
    return lambda b: hlo.Gather(
        b.tensor(*operand),
        b.tensor(*indices, of=i32),
        hlo.GatherDimensionNumbers(**{**GATHER, **numbers}),
        sizes,
        result_types=None if result is None else [TensorType(result, of)],
    )


def dynamic_gather(
    sizes: Any = None,
    operand: Any = (2, 10, 4, 6),
    indices: Any = (2, 5, 2),
    result: Any = (2, 5, 6),
    of: Any = f32,
    **numbers: Any,
) -> Any:
    def build(b: Any) -> Any:
        known = b.tensor(len(operand), of=i32) if sizes is None else hlo.constant(sizes, i32)
        return hlo.DynamicGather(
            b.tensor(*operand),
            b.tensor(*indices, of=i32),
            known,
            hlo.GatherDimensionNumbers(**{**GATHER, **numbers}),
            result_types=[TensorType(result, of)],
        )

    return build


GATHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "C1": ("C1", {"collapsed_slice_dims": (1,)}),
    "C2": ("C2", {"index_vector_dim": 4}),
    "C3": ("C3", {"start_index_map": (1,)}),
    "C4": ("C4", {"offset_dims": (2, 1), "collapsed_slice_dims": (1,)}),
    "C5": ("C5", {"offset_dims": (3,)}),
    "C6": ("`collapsed_slice_dims` and `operand_batching_dims` are different", {"collapsed_slice_dims": (0, 1)}),
    "C7": ("C6", {"collapsed_slice_dims": (2, 1)}),
    "C8": ("C7", {"collapsed_slice_dims": (1, 4)}),
    "C9": ("C8", {"sizes": (1, 2, 1, 6)}),
    "C10": (
        "`operand_batching_dims` ascend",
        {"collapsed_slice_dims": (2,), "operand_batching_dims": (1, 0), "start_indices_batching_dims": (1, 0)},
    ),
    "C11": ("`operand_batching_dims` are dimensions of the operand", {"operand_batching_dims": (4,)}),
    "C12": ("`slice_sizes` is at most 1 in `operand_batching_dims`", {"sizes": (2, 1, 1, 6)}),
    "C13": (
        "`start_indices_batching_dims` are different",
        {
            "collapsed_slice_dims": (2,),
            "operand_batching_dims": (0, 1),
            "start_indices_batching_dims": (0, 0),
            "operand": (2, 2, 4, 6),
        },
    ),
    "C14": ("`start_indices_batching_dims` are dimensions of the indices", {"start_indices_batching_dims": (3,)}),
    "C15": ("`index_vector_dim` is not one of `start_indices_batching_dims`", {"start_indices_batching_dims": (2,)}),
    "C16": (
        "`operand_batching_dims` and `start_indices_batching_dims` are as many",
        {"start_indices_batching_dims": (0, 1)},
    ),
    "C17": ("batching dimensions have the same sizes", {"indices": (3, 5, 2)}),
    "C18": ("`start_index_map` and `operand_batching_dims` are different", {"start_index_map": (1, 0)}),
    "C19": ("C10", {"start_index_map": (1, 4)}),
    "C20": ("C11", {"sizes": (1, 1, 1)}),
    "C21": ("C12", {"sizes": (1, 1, 1, 7)}),
    "C22": ("C13", {"result": (2, 4, 6)}),
    "C23": ("C14", {"result": (2, 5, 6), "of": f16}),
}
"""The number of the constraint for `gather` -> that of `dynamic_gather`, or its sentence where it has none; what breaks it."""
for _id, (_other, _changes) in GATHERS.items():
    breaks("gather", _id)(gather(**_changes))
    breaks("dynamic_gather", _other)(dynamic_gather(**_changes))
breaks("dynamic_gather", "C9")(dynamic_gather(start_index_map=(1, 1)))
breaks("dynamic_gather", "the number of entries of `slice_sizes` is known")(
    lambda b: hlo.DynamicGather(
        b.tensor(2, 3),
        b.tensor(4, 1, of=i32),
        b.tensor(None, of=i32),
        hlo.GatherDimensionNumbers((1,), (0,), (), (), (0,), 1),
        result_types=[TensorType((4, None), f32)],
    )
)
accepts(dynamic_gather())
accepts(dynamic_gather(sizes=(1, 1, 1, 6)))
accepts(dynamic_gather(sizes=(1, 1, 1, 4), result=(2, 5, None)))

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
breaks("scatter", "C23")(scatter(body=lambda: hlo.reducer("add", [f16])))
breaks("scatter", "C24, C25")(
    lambda b: hlo.Scatter(
        [x := b.tensor(4)],
        b.tensor(1, of=i32),
        [b.tensor(2)],
        hlo.ScatterDimensionNumbers((0,), (), (), (), (0,), 0),
        update_computation=hlo.reducer("add", [f64]),
        result_types=[x.type],
    )
)

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
    source: Any = (2, 2),
    window: Any = (2, 2),
    strides: Any = (2, 2),
    padding: Any = None,
    choice: bool = True,
    combine: Any = None,
    of: Any = (f32, f32),
    result: Any = None,
) -> Any:
    return lambda b: hlo.SelectAndScatter(
        b.tensor(4, 4),
        b.tensor(*source, of=of[0]),
        b.tensor(of=of[1]),
        window,
        strides,
        padding,
        select=select(choice),
        scatter=combine() if combine else hlo.reducer("add", [f32]),
        result_types=None if result is None else [TensorType(result, f32)],
    )


breaks("select_and_scatter", "C1")(pool_gradient(of=(f16, f32)))
breaks("select_and_scatter", "C2")(pool_gradient(source=(2, 3)))
breaks("select_and_scatter", "C3")(pool_gradient(of=(f32, f16)))
breaks("select_and_scatter", "C4")(pool_gradient(window=None, source=(4, 4), strides=None))
breaks("select_and_scatter", "C5")(pool_gradient(window=(2, 0)))
breaks("select_and_scatter", "C6")(pool_gradient(strides=(2,)))
breaks("select_and_scatter", "C7")(pool_gradient(strides=(2, 0)))
breaks("select_and_scatter", "C8")(pool_gradient(padding=((0, 0),)))
breaks("select_and_scatter", "C9")(pool_gradient(choice=False))
breaks("select_and_scatter", "C10")(pool_gradient(combine=lambda: hlo.reducer("add", [f16])))
breaks("select_and_scatter", "C11, C12")(pool_gradient(combine=lambda: hlo.reducer("add", [f64]), result=(4, 4)))
breaks("sort", "C2")(lambda b: hlo.Sort([b.tensor(2)], comparator=select(), result_types=[TensorType((2,), f16)]))
breaks("sort", "C3")(lambda b: hlo.Sort([b.tensor(2)], comparator=select(), result_types=[TensorType((3,), f32)]))
breaks("map", "C1")(lambda b: hlo.Map([b.tensor(2), b.tensor(3)], (0,), returning([scalar()] * 2, 0)))
breaks("sort", "C1")(lambda b: hlo.Sort([], comparator=select()))
breaks("sort", "C4")(lambda b: hlo.Sort([b.tensor(2)], dimension=-2, comparator=select()))
breaks("sort", "C5")(lambda b: hlo.Sort([b.tensor(2)], comparator=select(False)))
breaks("map", "C2")(lambda b: hlo.Map([], (), returning([])))
breaks("map", "C3")(lambda b: hlo.Map([b.tensor(2, 3)], (1, 0), returning([scalar()], 0)))
breaks("map", "C4")(lambda b: hlo.Map([b.tensor(2)], (0,), returning([scalar(i32)], 0)))
accepts(lambda b: hlo.Map([b.tensor(2, 3)], (0, 1), returning([scalar()], 0)))

accepts(gather())
accepts(scatter())
accepts(pool_gradient())
accepts(lambda b: hlo.Sort([b.tensor(2)], comparator=select()))
