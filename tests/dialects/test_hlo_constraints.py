"""Every constraint of the StableHLO ops: a module that breaks it, and no other, is refused with the constraint's sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from couloir.dialects import hlo
from couloir.dialects.quant import UniformType
from couloir.dialects.shapes import inside
from couloir.ir.attributes import ArrayAttr, DictionaryAttr
from couloir.ir.constraints import Holds
from couloir.ir.operation import Block, Region
from couloir.ir.registry import REGISTRY
from couloir.ir.types import ComplexType, TensorType, f16, f32, i1, i8, i16, i32, i64

CASES: dict[tuple[str, str], Callable[[Any], Any]] = {}
"""(op, id or sentence of the constraint) -> what breaks it."""


def breaks(op: str, id: str) -> Callable[[Callable[[Any], Any]], None]:
    def add(build: Callable[[Any], Any]) -> None:
        CASES[f"stablehlo.{op}", id] = build

    return add


def returning(arguments: Any, *values: Any) -> Region:
    """A region whose block takes `arguments` and returns `values`; an int stands for the argument of that number."""
    block = Block(arguments)
    with inside(block):
        hlo.Return([block.arguments[value] if isinstance(value, int) else value for value in values])
    return Region([block])


def scalar(element: Any = f32) -> TensorType:
    return TensorType((), element)


# elementwise

breaks("reduce_precision", "C2")(lambda b: hlo.ReducePrecision(b.tensor(2), 0, 3))
breaks("reduce_precision", "C3")(lambda b: hlo.ReducePrecision(b.tensor(2), 5, -1))
breaks("compare", "C3")(
    lambda b: hlo.Compare(b.tensor(2), b.tensor(2), hlo.ComparisonDirection.LT, hlo.ComparisonType.SIGNED)
)
breaks("select", "C1")(lambda b: hlo.Select(b.tensor(3, of=i1), b.tensor(2), b.tensor(2)))
breaks("clamp", "C1")(lambda b: hlo.Clamp(b.tensor(3), b.tensor(2), b.tensor()))
breaks("clamp", "C2")(lambda b: hlo.Clamp(b.tensor(), b.tensor(2), b.tensor(3)))

# shape

breaks("iota", "C1")(lambda b: hlo.iota((2, 3), f32, 2))
breaks("broadcast_in_dim", "C2")(lambda b: hlo.broadcast_in_dim(b.tensor(3), (2, 3), ()))
breaks("broadcast_in_dim", "C3")(lambda b: hlo.broadcast_in_dim(b.tensor(3), (2, 3), (2,)))
breaks("broadcast_in_dim", "C4")(lambda b: hlo.broadcast_in_dim(b.tensor(3, 3), (2, 3), (1, 1)))
breaks("broadcast_in_dim", "C5")(lambda b: hlo.broadcast_in_dim(b.tensor(2), (2, 3), (1,)))
breaks("reshape", "C2")(lambda b: hlo.reshape(b.tensor(2, 3), (5,)))
breaks("transpose", "C2")(lambda b: hlo.Transpose(b.tensor(2, 3), (0, 0)))
breaks("reverse", "C2")(lambda b: hlo.Reverse(b.tensor(2, 3), (0, 0)))
breaks("reverse", "C3")(lambda b: hlo.Reverse(b.tensor(2, 3), (2,)))
breaks("slice", "C2")(lambda b: hlo.Slice(b.tensor(2, 3), (0, 0), (1, 1), (1,)))
breaks("slice", "C3")(lambda b: hlo.Slice(b.tensor(2, 3), (0, 0), (1, 4), (1, 1)))
breaks("slice", "C4")(lambda b: hlo.Slice(b.tensor(2, 3), (0, 0), (1, 1), (1, 0)))
breaks("pad", "C2")(lambda b: hlo.Pad(b.tensor(2, 3), b.tensor(), (0, 0), (0, 0), (0,)))
breaks("pad", "C3")(lambda b: hlo.Pad(b.tensor(2), b.tensor(), (5,), (0,), (-1,)))
breaks("pad", "C4")(lambda b: hlo.Pad(b.tensor(2), b.tensor(), (-2,), (-1,), (0,)))
breaks("concatenate", "C2")(lambda b: hlo.Concatenate([b.tensor(2, 3), b.tensor(2, 4)], dimension=0))
breaks("concatenate", "C3")(lambda b: hlo.Concatenate([], dimension=0))
breaks("concatenate", "C4")(lambda b: hlo.Concatenate([b.tensor(2, 3)], dimension=2))
breaks("bitcast_convert", "C1")(lambda b: hlo.BitcastConvert(b.tensor(2, 3), result_types=[TensorType((2, 3), i8)]))
breaks("bitcast_convert", "C2")(
    lambda b: hlo.BitcastConvert(b.tensor(3, of=ComplexType(f32)), result_types=[TensorType((3,), i64)])
)
breaks("get_dimension_size", "C1")(lambda b: hlo.GetDimensionSize(b.tensor(2), 1))

# dot_general: batch 2, contraction 4

DOT = {
    "lhs_batching_dimensions": (0,),
    "rhs_batching_dimensions": (0,),
    "lhs_contracting_dimensions": (2,),
    "rhs_contracting_dimensions": (1,),
}


def dot(lhs: Any = (2, 3, 4), rhs: Any = (2, 4, 5), more: Any = None, **numbers: Any) -> Callable[[Any], Any]:
    return lambda b: hlo.DotGeneral(
        b.tensor(*lhs), b.tensor(*rhs), hlo.DotDimensionNumbers(**{**DOT, **numbers}), **(more or {})
    )


breaks("dot_general", "C1")(dot(lhs_batching_dimensions=()))
breaks("dot_general", "C2")(dot(lhs_contracting_dimensions=()))
breaks("dot_general", "C3")(dot(lhs_contracting_dimensions=(0,)))
breaks("dot_general", "C4")(dot(rhs_contracting_dimensions=(0,)))
breaks("dot_general", "C5")(dot(lhs_batching_dimensions=(3,)))
breaks("dot_general", "C6")(dot(lhs_contracting_dimensions=(3,)))
breaks("dot_general", "C7")(dot(rhs_batching_dimensions=(-1,)))
breaks("dot_general", "C8")(dot(rhs_contracting_dimensions=(3,)))
breaks("dot_general", "C9")(dot(lhs=(3, 3, 4)))
breaks("dot_general", "C10")(dot(lhs=(2, 3, 5)))
breaks("dot_general", "C11")(dot(more={"precision_config": (hlo.Precision.HIGH,)}))
breaks("dot_general", "C21")(
    dot(more={"precision_config": (hlo.Precision.HIGH,) * 2, "algorithm": hlo.DotAlgorithm(f32, f32, f32)})
)

# convolution

CONV = {
    "input_batch_dimension": 0,
    "input_feature_dimension": 1,
    "input_spatial_dimensions": (2, 3),
    "kernel_input_feature_dimension": 1,
    "kernel_output_feature_dimension": 0,
    "kernel_spatial_dimensions": (2, 3),
    "output_batch_dimension": 0,
    "output_feature_dimension": 1,
    "output_spatial_dimensions": (2, 3),
}


def conv(lhs: Any = (2, 4, 8, 8), rhs: Any = (6, 4, 3, 3), numbers: Any = None, **more: Any) -> Callable[[Any], Any]:
    def build(b: Any) -> Any:
        layout = hlo.ConvDimensionNumbers(**{**CONV, **(numbers or {})})
        return hlo.Convolution(b.tensor(*lhs), b.tensor(*rhs), dimension_numbers=layout, **more)

    return build


def dynamic_conv(padding: Any = (2, 2), lhs: Any = (2, 4, 8, 8), rhs: Any = (6, 4, 3, 3), **more: Any) -> Any:
    types = [TensorType(more.pop("result", (2, 6, None, None)), f32)]
    numbers = more.pop("numbers", {})

    def build(b: Any) -> Any:
        layout = hlo.ConvDimensionNumbers(**{**CONV, **numbers})
        operands = b.tensor(*lhs), b.tensor(*rhs), b.tensor(*padding, of=i64)
        return hlo.DynamicConv(*operands, dimension_numbers=layout, **more, result_types=types)

    return build


CONV_CASES: dict[str, dict[str, Any]] = {
    "C1": {"rhs": (6, 4, 3)},
    "C2": {"window_strides": (1,)},
    "C3": {"window_strides": (1, 0)},
    "C5": {"lhs_dilation": (1,)},
    "C6": {"lhs_dilation": (1, 0)},
    "C7": {"rhs_dilation": (1,)},
    "C8": {"rhs_dilation": (1, 0)},
    "C9": {"window_reversal": (True,)},
    "C10": {"lhs": (3, 4, 8, 8), "batch_group_count": 2},
    "C11": {"lhs": (2, 5, 8, 8), "feature_group_count": 2},
    "C12": {"numbers": {"input_spatial_dimensions": (2,)}},
    "C13": {"numbers": {"input_spatial_dimensions": (2, 2)}},
    "C14": {"rhs": (6, 3, 3, 3)},
    "C15": {"rhs": (5, 4, 3, 3), "batch_group_count": 2},
    "C16": {"rhs": (5, 2, 3, 3), "feature_group_count": 2},
    "C17": {"numbers": {"kernel_spatial_dimensions": (2,)}},
    "C18": {"numbers": {"kernel_spatial_dimensions": (2, 4)}},
    "C19": {"numbers": {"output_spatial_dimensions": (2,)}},
    "C20": {"numbers": {"output_batch_dimension": 1}},
    "C21": {"feature_group_count": 0},
    "C22": {"batch_group_count": -1},
    "C23": {"rhs": (6, 2, 3, 3), "feature_group_count": 2, "batch_group_count": 2},
    "C24": {"precision_config": (hlo.Precision.HIGH,)},
}
for _id, _case in CONV_CASES.items():
    breaks("convolution", _id)(conv(**_case))
    breaks("dynamic_conv", _id)(dynamic_conv(**_case))
breaks("convolution", "C4")(conv(padding=((0, 0),)))
breaks("dynamic_conv", "C4")(dynamic_conv(padding=(1, 2)))
breaks("dynamic_conv", "C25")(dynamic_conv(result=(2, 5, None, None)))

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

# normalisation


def features(b: Any, wrong: int, count: int = 4) -> list[Any]:
    return [b.tensor(4 if number == wrong else 3) for number in range(count)]


for _name, _make, _count in (
    ("inference", hlo.BatchNormInference, 4),
    ("training", hlo.BatchNormTraining, 2),
):
    breaks(f"batch_norm_{_name}", "C1")(
        lambda b, make=_make, count=_count: make(b.tensor(2, 3), *features(b, -1, count), epsilon=0.1, feature_index=2)
    )
    for _wrong in range(_count):
        breaks(f"batch_norm_{_name}", f"C{3 + _wrong}")(
            lambda b, make=_make, count=_count, wrong=_wrong: make(
                b.tensor(2, 3), *features(b, wrong, count), epsilon=0.1, feature_index=1
            )
        )


def batch_norm_grad(index: int, size: int) -> Callable[[Any], Any]:
    def build(b: Any) -> Any:
        x = b.tensor(2, 3)
        return hlo.BatchNormGrad(x, *(b.tensor(size) for _ in range(3)), x, epsilon=0.1, feature_index=index)

    return build


breaks("batch_norm_grad", "C1")(batch_norm_grad(2, 3))
breaks("batch_norm_grad", "C5")(batch_norm_grad(1, 4))

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

# control flow

breaks("if", "C1")(lambda b: hlo.If(b.tensor(of=i1), returning([scalar()]), returning([]), result_types=[]))
breaks("if", "C2")(
    lambda b: hlo.If(b.tensor(of=i1), returning([], x := b.tensor()), returning([]), result_types=[x.type])
)
breaks("case", "C1")(lambda b: hlo.Case(b.tensor(of=i32), (), result_types=[]))
breaks("case", "C2")(lambda b: hlo.Case(b.tensor(of=i32), (returning([scalar()]),)))
breaks("case", "C3")(lambda b: hlo.Case(b.tensor(of=i32), (returning([], b.tensor()), returning([]))))
breaks("while", "C1")(lambda b: hlo.While([x := b.tensor()], returning([x.type], 0), returning([x.type], 0)))
breaks("while", "C2")(lambda b: hlo.While([x := b.tensor(of=i1)], returning([x.type], 0), returning([x.type], 0, 0)))
breaks("get_tuple_element", "C1")(lambda b: hlo.GetTupleElement(hlo.Tuple([b.tensor()]), 1))
breaks("custom_call", "`operand_layouts` and `result_layouts` are given together")(
    lambda b: hlo.CustomCall([], "f", operand_layouts=ArrayAttr(()), result_types=[])
)
breaks("custom_call", "`backend_config` is a dictionary for `API_VERSION_TYPED_FFI`, a string for the others")(
    lambda b: hlo.CustomCall(
        [],
        "f",
        backend_config=DictionaryAttr({}),
        api_version=hlo.CustomCallApiVersion.API_VERSION_STATUS_RETURNING,
        result_types=[],
    )
)
breaks("composite", "C1")(lambda b: hlo.Composite([], "plain", decomposition="f", result_types=[]))

# shapes that are operands


def bounds(b: Any, *counts: int) -> list[Any]:
    return [b.tensor(count, of=i32) for count in counts]


def dynamic_broadcast(
    operand: Any, dims: Any, broadcast: Any, *, entries: int = 2, expanding: Any = None, fixed: Any = None
) -> Any:
    return lambda b: hlo.dynamic_broadcast_in_dim(
        b.tensor(*operand),
        *bounds(b, entries),
        broadcast,
        dims=dims,
        known_expanding_dimensions=expanding,
        known_nonexpanding_dimensions=fixed,
    )


breaks("dynamic_reshape", "C2")(lambda b: hlo.dynamic_reshape(b.tensor(2, 3), *bounds(b, 1), dims=(5,)))
breaks("dynamic_reshape", "C4")(lambda b: hlo.dynamic_reshape(b.tensor(2, 3), *bounds(b, 2), dims=(None,)))
breaks("dynamic_broadcast_in_dim", "C2")(dynamic_broadcast((3,), (2, 3), ()))
breaks("dynamic_broadcast_in_dim", "C3")(dynamic_broadcast((3,), (2, 3), (2,)))
breaks("dynamic_broadcast_in_dim", "C4")(dynamic_broadcast((3, 3), (2, 3), (1, 1)))
breaks("dynamic_broadcast_in_dim", "C5")(dynamic_broadcast((2,), (None, 3), (1,)))
breaks("dynamic_broadcast_in_dim", "C7")(dynamic_broadcast((3,), (2, 3), (1,), entries=3))
breaks("dynamic_broadcast_in_dim", "C8")(dynamic_broadcast((1,), (2, 3), (1,), expanding=(0,), fixed=(0,)))
breaks("dynamic_broadcast_in_dim", "C9")(dynamic_broadcast((1,), (2, 3), (1,), expanding=(1,)))
breaks("dynamic_broadcast_in_dim", "C10")(dynamic_broadcast((1,), (2, 3), (1,), fixed=(1,)))
breaks("dynamic_iota", "C1")(lambda b: hlo.dynamic_iota(*bounds(b, 2), f32, 2, dims=(None, 3)))
breaks("dynamic_iota", "C2")(lambda b: hlo.dynamic_iota(*bounds(b, 3), f32, 1, dims=(None, 3)))
breaks("dynamic_pad", "the result has the rank of `operand`")(
    lambda b: hlo.dynamic_pad(b.tensor(2), b.tensor(), *bounds(b, 1, 1, 1), dims=(None, None))
)
breaks("dynamic_pad", "C2")(lambda b: hlo.dynamic_pad(b.tensor(2), b.tensor(), *bounds(b, 1, 2, 1), dims=(None,)))
breaks("real_dynamic_slice", "the result has the rank of `operand`")(
    lambda b: hlo.real_dynamic_slice(b.tensor(2), *bounds(b, 1, 1, 1), dims=(None, None))
)
breaks("real_dynamic_slice", "`start_indices`, `limit_indices`, `strides`: one entry for each dimension of `operand`")(
    lambda b: hlo.real_dynamic_slice(b.tensor(2), *bounds(b, 1, 1, 2), dims=(None,))
)
breaks("dynamic_gather", "C20")(
    lambda b: hlo.DynamicGather(
        b.tensor(2, 3),
        b.tensor(4, 1, of=i32),
        *bounds(b, 1),
        hlo.GatherDimensionNumbers((1,), (0,), (), (), (0,), 1),
        result_types=[TensorType((4, None), f32)],
    )
)

# linear algebra, random numbers

breaks("cholesky", "C2")(lambda b: hlo.Cholesky(b.tensor(3)))
breaks("cholesky", "C3")(lambda b: hlo.Cholesky(b.tensor(2, 3)))


def solve(a: Any, b: Any, transpose: Any = hlo.Transposition.NO_TRANSPOSE) -> Any:
    return lambda bench: hlo.TriangularSolve(bench.tensor(*a), bench.tensor(*b), True, True, True, transpose)


breaks("triangular_solve", "`transpose_a` says what to do")(solve((3, 3), (3, 2), hlo.Transposition.TRANSPOSE_INVALID))
breaks("triangular_solve", "C2")(solve((3,), (3,)))
breaks("triangular_solve", "C3")(solve((3, 3), (4, 2)))
breaks("fft", "C1, C3")(lambda b: hlo.Fft(b.tensor(3, of=ComplexType(f32)), hlo.FftType.FFT, (3, 3)))
breaks("fft", "C2")(lambda b: hlo.Fft(b.tensor(3), hlo.FftType.FFT, (3,)))
breaks("fft", "C4, C5")(lambda b: hlo.Fft(b.tensor(3), hlo.FftType.RFFT, (4,)))
breaks("rng", "C2")(
    lambda b: hlo.Rng(
        *b.scalars(2, i32), b.tensor(1, of=i64), hlo.RngDistribution.NORMAL, result_types=[TensorType((3,), i32)]
    )
)
breaks("rng_bit_generator", "C2")(
    lambda b: hlo.RngBitGenerator(
        hlo.RngAlgorithm.THREE_FRY,
        state := b.tensor(3, of=i64),
        result_types=[state.type, TensorType((3,), i32)],
    )
)


# collectives

GROUPS = ((0, 1),)


def adds(b: Any, element: Any = f32) -> Region:
    return hlo.reducer("add", [element])


def gathers(result: Any = (4, 2), **more: Any) -> Callable[[Any], Any]:
    options = {"all_gather_dim": 0, "replica_groups": GROUPS, **more}
    return lambda b: hlo.AllGather([b.tensor(2, 2)], **options, result_types=[TensorType(result, f32)])


def all_reduces(computation: Any = adds, **more: Any) -> Callable[[Any], Any]:
    options = {"replica_groups": GROUPS, **more}
    return lambda b: hlo.AllReduce([b.tensor(2, 2)], **options, computation=computation(b))


def reduce_scatters(result: Any = (2, 2), dims: Any = (4, 2), computation: Any = adds, **more: Any) -> Any:
    options = {"scatter_dimension": 0, "replica_groups": GROUPS, **more}
    types = [result if isinstance(result, TensorType) else TensorType(result, f32)]
    return lambda b: hlo.ReduceScatter(b.tensor(*dims), **options, computation=computation(b), result_types=types)


def exchanges(**more: Any) -> Callable[[Any], Any]:
    options = {"split_dimension": 0, "concat_dimension": 1, "split_count": 2, "replica_groups": GROUPS, **more}
    return lambda b: hlo.AllToAll([b.tensor(4, 2)], **options)


def takes_one(b: Any) -> Region:
    return returning([scalar()], 0)


MATRIX = "`replica_groups` is a matrix"
for _op, _build in {
    "all_gather": gathers,
    "all_reduce": all_reduces,
    "reduce_scatter": reduce_scatters,
    "all_to_all": exchanges,
}.items():
    breaks(_op, MATRIX)(_build(replica_groups=(0, 1)))
breaks("collective_broadcast", MATRIX)(lambda b: hlo.CollectiveBroadcast(b.tensor(2), (0, 1)))
breaks("cross-replica-sum", MATRIX)(lambda b: hlo.CrossReplicaSum(b.tensor(2), (0, 1)))
breaks("cross-replica-sum", "no process is twice in `replica_groups`")(
    lambda b: hlo.CrossReplicaSum(b.tensor(2), ((0, 0),))
)
breaks("all_gather", "C1")(gathers(all_gather_dim=2))
breaks("all_gather", "C2")(gathers(replica_groups=((0, 0),)))
breaks("all_gather", "C4")(gathers(replica_groups=((0, -1),)))
breaks("all_gather", "C5")(gathers(use_global_device_ids=True))
breaks("all_gather", "C6")(gathers(result=(6, 2)))
breaks("all_reduce", "C1")(all_reduces(replica_groups=((0, 0),)))
breaks("all_reduce", "C3")(all_reduces(replica_groups=((0, -2),)))
breaks("all_reduce", "C4")(all_reduces(use_global_device_ids=True))
breaks("all_reduce", "C5")(all_reduces(takes_one))
breaks("reduce_scatter", "C1")(reduce_scatters(dims=(3, 2)))
breaks("reduce_scatter", "C2")(reduce_scatters(scatter_dimension=-1))
breaks("reduce_scatter", "C3")(reduce_scatters(replica_groups=((0, 0),)))
breaks("reduce_scatter", "C5")(reduce_scatters(replica_groups=((0, -1),)))
breaks("reduce_scatter", "C6")(reduce_scatters(use_global_device_ids=True))
breaks("reduce_scatter", "C7")(reduce_scatters(computation=takes_one))
breaks("reduce_scatter", "C8")(reduce_scatters((4, 2)))
breaks("reduce_scatter", "C9")(reduce_scatters(TensorType((2, 2), f16)))
breaks("all_to_all", "C1")(exchanges(split_dimension=2))
breaks("all_to_all", "C2")(exchanges(split_count=3))
breaks("all_to_all", "C3")(exchanges(concat_dimension=2))
breaks("all_to_all", "C4")(exchanges(split_count=0))
breaks("all_to_all", "C5")(exchanges(replica_groups=((0, 0),)))
breaks("all_to_all", "C7")(exchanges(replica_groups=((0, -1),)))
breaks("all_to_all", "C8")(exchanges(replica_groups=((0, 1, 2),)))
breaks("collective_broadcast", "C1")(lambda b: hlo.CollectiveBroadcast(b.tensor(2), ((0, 0),)))
breaks("collective_broadcast", "C2")(lambda b: hlo.CollectiveBroadcast(b.tensor(2), ((0, -1),)))


def sends(pairs: Any = ((0, 1),), kind: int = 1) -> Callable[[Any], Any]:
    return lambda b: hlo.Send(
        [b.tensor(2)], b.value(hlo.Token()), hlo.ChannelHandle(1, kind), source_target_pairs=pairs
    )


VALUE_AND_TOKEN = (scalar(), hlo.Token())


def receives(pairs: Any = ((0, 1),), kind: int = 1, results: Any = VALUE_AND_TOKEN) -> Callable[[Any], Any]:
    return lambda b: hlo.Recv(
        b.value(hlo.Token()), hlo.ChannelHandle(1, kind), source_target_pairs=pairs, result_types=list(results)
    )


for _id, _pairs in {"C1": ((0, 1, 2),), "C2": ((0, 1), (0, 2)), "C3": ((0, 1), (2, 1)), "C4": ((0, -1),)}.items():
    breaks("send", _id)(sends(_pairs))
    breaks("recv", _id)(receives(_pairs))
    breaks("collective_permute", _id)(lambda b, pairs=_pairs: hlo.CollectivePermute(b.tensor(2), pairs))
breaks("send", "C5")(sends(kind=2))
breaks("recv", "C5")(receives(kind=3))
breaks("recv", "C6")(receives(results=()))
breaks("recv", "C7")(receives(results=(hlo.Token(), hlo.Token())))
breaks("recv", "C8")(receives(results=(scalar(), scalar())))
for _id, _results in {"C1": (), "C2": (hlo.Token(), hlo.Token()), "C3": (scalar(),)}.items():
    breaks("infeed", _id)(lambda b, results=_results: hlo.Infeed(b.value(hlo.Token()), result_types=list(results)))


def permutes(arguments: int = 1, again: bool = False, **more: Any) -> Callable[[Any], Any]:
    def build(b: Any) -> Any:
        block = Block([scalar()] * arguments)
        with inside(block):
            made = hlo.CollectivePermute(block.arguments[0], ((0, 1),))
            hlo.Return([hlo.Negate(made) if again else made])
        return hlo.AsyncStart([b.tensor()], Region([block]), **more)

    return build


breaks("async_start", "`body` takes the operands")(permutes(2))
breaks("async_start", "`body` is one collective or slicing op")(permutes(again=True))
breaks("async_start", "the future is of what `body` returns")(permutes(result_types=[hlo.Future((scalar(f16),))]))

# dynamic and deprecated ones


breaks("set_dimension_size", "`dimension` is a dimension of `operand`")(
    lambda b: hlo.SetDimensionSize(b.tensor(2), b.tensor(of=i32), 1)
)
breaks("dot", "`lhs` and `rhs` are vectors or matrices that fit")(lambda b: hlo.Dot(b.tensor(2, 3), b.tensor(4)))
breaks("dot", "`precision_config` has an entry for each operand")(
    lambda b: hlo.Dot(b.tensor(2), b.tensor(2), (hlo.Precision.HIGH,))
)
breaks("broadcast", "`broadcast_sizes` are not negative")(lambda b: hlo.Broadcast(b.tensor(2), (-1,)))
breaks("torch_index_select", "`dim` is a dimension of `operand`, behind the batch dimensions")(
    lambda b: hlo.TorchIndexSelect(b.tensor(2, 3), b.tensor(2, of=i32), 0, 1)
)
breaks("torch_index_select", "batch dimensions have the same sizes")(
    lambda b: hlo.TorchIndexSelect(b.tensor(2, 3), b.tensor(3, of=i32), 1, 1)
)
breaks("einsum", "`einsum_config` fits the operands")(lambda b: hlo.Einsum(b.tensor(2, 3), b.tensor(4), "ab,b->a"))
breaks("unary_einsum", "`einsum_config` fits the operand")(lambda b: hlo.UnaryEinsum(b.tensor(2, 3), "a->a"))


breaks("uniform_quantize", "C2")(
    lambda b: hlo.UniformQuantize(b.tensor(2, of=f16), result_types=[TensorType((2,), UniformType(i8, f32, (0.5,)))])
)


@pytest.mark.parametrize("numbers", [0, (), (0, 1), (((0, 1),),)])
def test_numbers_of_processes_in_another_shape_are_refused(complaint, numbers):
    assert "is a matrix" in complaint(all_reduces(replica_groups=numbers))
    assert "has pairs" in complaint(sends(numbers))


def holds() -> dict[tuple[str, str], Holds]:
    """Every `Holds` of the StableHLO ops."""
    found: dict[tuple[str, str], Holds] = {}
    for cls in REGISTRY.operations("stablehlo"):
        for relation in cls.definition.relations:
            if isinstance(relation, Holds):
                found[cls.name, relation.id or relation.sentence] = relation
    return found


def test_every_constraint_has_a_case_and_every_case_a_constraint():
    assert sorted(CASES) == sorted(holds())


@pytest.mark.parametrize(("op", "id"), sorted(CASES), ids=lambda part: part.removeprefix("stablehlo."))
def test_what_breaks_a_constraint_is_refused_with_its_sentence(complaint, op, id):
    relation = holds()[op, id]
    said = complaint(CASES[op, id])
    assert f"`{op}`: {relation.sentence}" in said
    if relation.id:
        assert f"({relation.id})" in said


@pytest.mark.parametrize(
    "build",
    [
        dot(),
        conv(),
        dynamic_conv(),
        gathers(),
        all_reduces(),
        reduce_scatters(),
        exchanges(),
        sends(),
        receives(),
        permutes(),
        conv(rhs=(6, 2, 3, 3), feature_group_count=2),
        gather(),
        scatter(),
        pool(),
        pool_gradient(),
        lambda b: hlo.Sort([b.tensor(2)], comparator=select()),
        lambda b: hlo.BatchNormInference(b.tensor(2, 3), *features(b, -1), epsilon=0.1, feature_index=1),
        batch_norm_grad(1, 3),
        solve((3, 3), (3, 2)),
        lambda b: hlo.While([x := b.tensor(of=i1)], returning([x.type], 0), returning([x.type], 0)),
    ],
)
def test_the_modules_that_the_cases_vary_are_in_order(complaint, build):
    assert complaint(build) == ""


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda b: hlo.Add(b.tensor(2), b.tensor(3)), "the same type"),
        (lambda b: hlo.Add(b.tensor(2), b.tensor(2, of=f16)), "the same type"),
        (lambda b: hlo.Exponential(b.tensor(2, of=i32)), "elements of float or complex"),
        (lambda b: hlo.Not(b.tensor(2)), "elements of i1 or integer"),
        (lambda b: hlo.ShiftLeft(b.tensor(2, of=i1), b.tensor(2, of=i1)), "elements of"),
        (lambda b: hlo.Subtract(b.tensor(2, of=i1), b.tensor(2, of=i1)), "elements of"),
        (lambda b: hlo.Complex(b.tensor(2, of=f16), b.tensor(2, of=f16)), "f32 or f64"),
        (lambda b: hlo.Compare(b.tensor(2), b.tensor(2, of=i16), hlo.ComparisonDirection.LT), "same element type"),
        (lambda b: hlo.Compare(b.tensor(2), b.tensor(3), hlo.ComparisonDirection.LT), "same shape"),
        (lambda b: hlo.Clamp(b.tensor(of=i32), b.tensor(2), b.tensor()), "same element type"),
        (lambda b: hlo.Pad(b.tensor(2), b.tensor(of=i32), (0,), (0,), (0,)), "same element type"),
        (lambda b: hlo.Pad(b.tensor(2), b.tensor(1), (0,), (0,), (0,)), "rank 0"),
        (lambda b: hlo.Concatenate([b.tensor(2), b.tensor(2, of=i32)], dimension=0), "same element type"),
        (lambda b: hlo.Convert(b.tensor(2), result_types=[TensorType((3,), i32)]), "same shape"),
        (lambda b: hlo.Abs(b.tensor(2), result_types=[TensorType((2,), i32)]), "`tensor<2xf32>` by its operands"),
        (
            lambda b: hlo.Transpose(b.tensor(2, 3), (1, 0), result_types=[TensorType((2, 3), f32)]),
            "`tensor<3x2xf32>` by its operands",
        ),
        (lambda b: hlo.Add(b.buffer(2), b.buffer(2)), "is a TensorType"),
        (lambda b: hlo.Compare(b.tensor(2), b.tensor(2), "LESS"), "'LESS' is not one of EQ, NE"),
    ],
)
def test_types_that_do_not_fit_are_refused(complaint, build, message):
    assert message in complaint(build)
