"""Dot products and convolutions: what breaks each constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from couloir.dialects import hlo
from couloir.ir.types import FloatType, TensorType, bf16, f16, f32, f64, i8, i16, i32, i64
from tests.dialects.hlo_cases import accepts, breaks, quantized

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
breaks("dot_general", "C11")(dot(more={"precision_config": (hlo.Precision.HIGH,) * 3}))
breaks("dot_general", "C21")(
    dot(more={"precision_config": (hlo.Precision.HIGH,) * 2, "algorithm": hlo.DotAlgorithm(f32, f32, f32)})
)


def dot_of(lhs: Any, rhs: Any, result: Any, dims: Any = (2, 3, 5)) -> Callable[[Any], Any]:
    return lambda b: hlo.DotGeneral(
        b.tensor(2, 3, 4, of=lhs),
        b.tensor(2, 4, 5, of=rhs),
        hlo.DotDimensionNumbers(**DOT),
        result_types=[TensorType(dims, result)],
    )


PER_AXIS_SCALES = (0.5, 0.25, 0.5, 0.25, 0.5)
breaks("dot_general", "C12")(dot_of(f32, f32, f32, (2, 3, 4)))
breaks("dot_general", "C13")(dot_of(f32, f16, f32))
breaks("dot_general", "C14")(dot_of(quantized(), quantized(), f32))
breaks("dot_general", "C15")(dot_of(quantized(), quantized(zero_point=3), quantized()))
breaks("dot_general", "C16")(dot_of(quantized(), quantized(PER_AXIS_SCALES[:4], axis=1), quantized()))
breaks("dot_general", "C17")(dot_of(quantized(), quantized(storage=i16), quantized()))
breaks("dot_general", "C18")(dot_of(quantized(), quantized(expressed=f64), quantized()))
breaks("dot_general", "C19")(dot_of(quantized(), quantized(), quantized(PER_AXIS_SCALES, axis=2)))
breaks("dot_general", "C20")(dot_of(f32, quantized(), f64))
accepts(dot_of(quantized(), quantized(PER_AXIS_SCALES, axis=2), quantized(PER_AXIS_SCALES, axis=2)))
accepts(dot_of(quantized(zero_point=3), quantized(), quantized(2.0, 5)))
accepts(dot_of(f32, quantized(), f32))
accepts(dot_of(i8, i8, i32))


def algorithm(*types: Any, **more: Any) -> Callable[[Any], Any]:
    return dot(more={"algorithm": hlo.DotAlgorithm(*types, **more)})


KNOWN = "`algorithm` is known to be supported by some hardware"
tf32 = FloatType("tf32")
breaks("dot_general", "C22")(algorithm(f32, f32, f32, lhs_component_count=0))
breaks("dot_general", "C23")(algorithm(f32, f32, f32, rhs_component_count=0))
breaks("dot_general", "C24")(algorithm(f32, f32, f32, num_primitive_operations=0))
breaks("dot_general", KNOWN)(algorithm(f16, bf16, f32))
accepts(algorithm(FloatType("f8E5M2"), FloatType("f8E4M3FN"), f32, allow_imprecise_accumulation=True))
accepts(algorithm(bf16, bf16, f32, 3, 3, 6), unlike_upstream="it is an example of the specification")
accepts(algorithm(tf32, tf32, f32, num_primitive_operations=3))
UNKNOWN = (
    algorithm(f32, f32, f32, num_primitive_operations=3),
    algorithm(f32, f32, f32, allow_imprecise_accumulation=True),
    algorithm(bf16, bf16, f32, 2, 1, 3),
    algorithm(bf16, bf16, f32, 4, 4, 9),
    algorithm(FloatType("f8E8M0FNU"), FloatType("f8E8M0FNU"), f32),
    algorithm(tf32, tf32, tf32),
    algorithm(i8, i8, i32),
)
"""Algorithms that no hardware is known to have."""

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


def conv_of(lhs: Any, rhs: Any, result: Any, dims: Any = (2, 6, 6, 6)) -> Callable[[Any], Any]:
    return lambda b: hlo.Convolution(
        b.tensor(2, 4, 8, 8, of=lhs),
        b.tensor(6, 4, 3, 3, of=rhs),
        dimension_numbers=hlo.ConvDimensionNumbers(**CONV),
        result_types=[TensorType(dims, result)],
    )


def dynamic_conv_of(lhs: Any, rhs: Any, result: Any) -> Callable[[Any], Any]:
    return lambda b: hlo.DynamicConv(
        b.tensor(2, 4, 8, 8, of=lhs),
        b.tensor(6, 4, 3, 3, of=rhs),
        b.tensor(2, 2, of=i64),
        dimension_numbers=hlo.ConvDimensionNumbers(**CONV),
        result_types=[TensorType((2, 6, None, None), result)],
    )


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
    "C24": {"precision_config": (hlo.Precision.HIGH,) * 3},
}
for _id, _case in CONV_CASES.items():
    breaks("convolution", _id)(conv(**_case))
    breaks("dynamic_conv", _id)(dynamic_conv(**_case))
breaks("convolution", "C4")(conv(padding=((0, 0),)))
breaks("dynamic_conv", "C4")(dynamic_conv(padding=(1, 2)))
CONV_ELEMENTS: dict[str, tuple[Any, Any, Any]] = {
    "C27": (f32, f16, f32),
    "C28": (quantized(), f32, quantized()),
    "C29": (quantized(), quantized((0.5, 0.25, 0.5, 0.5), axis=1), quantized()),
    "C30": (quantized(), quantized((0.5,) * 6, axis=0), quantized((0.5, 0.25), axis=0)),
    "C31": (quantized(), quantized(storage=i16), quantized()),
    "C32": (quantized(), quantized(), quantized(expressed=f64)),
    "C33": (quantized(), quantized(), quantized((0.5,) * 6, axis=1)),
    "C34": (f32, quantized(expressed=f64), f32),
}
for _id, _elements in CONV_ELEMENTS.items():
    breaks("convolution", _id)(conv_of(*_elements))
    breaks("dynamic_conv", _id)(dynamic_conv_of(*_elements))
breaks("convolution", "C25, C26")(conv_of(f32, f32, f32, (2, 6, 6, 7)))
accepts(conv_of(i8, i8, i32))
accepts(conv_of(f32, quantized(), f32))
accepts(conv_of(quantized(zero_point=3), quantized((0.5,) * 6, axis=0), quantized((0.5,) * 6, axis=1)))
breaks("dynamic_conv", "C25, C26")(dynamic_conv(result=(2, 5, None, None)))

accepts(dot())
accepts(conv())
accepts(dynamic_conv())
accepts(conv(rhs=(6, 2, 3, 3), feature_group_count=2))
