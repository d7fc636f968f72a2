"""Quantized element types: what they are made of, and what the specification refuses."""

from __future__ import annotations

import pytest

from couloir.dialects.quant import UniformType
from couloir.ir.errors import Error, ParseError
from couloir.ir.text.parser import parse_module_op
from couloir.ir.types import IntegerType, TensorType, bf16, f16, f32, i8


def test_bounds_that_are_not_given_are_those_of_the_storage_type():
    assert UniformType(i8, f32, (0.5,)) is UniformType(i8, f32, (0.5,), (0,), None, -128, 127)
    unsigned = UniformType(IntegerType(8, "unsigned"), f32, (0.5,), (255,))
    assert (unsigned.storage_min, unsigned.storage_max) == (0, 255)


@pytest.mark.parametrize(
    ("parameters", "id"),
    [
        ((IntegerType(16), f16, (0.5,)), "C1"),
        ((IntegerType(16), bf16, (0.5,)), "C1"),
        ((IntegerType(8, "signed"), f32, (0.5,)), "C1"),
        ((i8, f32, (0.5,), (0,), None, -129, 127), "C4"),
        ((i8, f32, (0.5,), (0,), None, 5, 5), "C4"),
        ((i8, f32, (0.0,)), "C6"),
        ((i8, f32, (float("nan"),)), "C6"),
        ((i8, f32, (float("inf"),)), "C7"),
        ((i8, f32, (0.5,), (128,)), "C8"),
        ((i8, f32, (0.5,), (-128,), None, -127, 127), "C8"),
        ((i8, f32, (0.5, 0.5), (0,), 0), "C10"),
        ((i8, f32, (0.5, 0.5), (0, 0)), "C11"),
        ((i8, f32, (0.5, 0.5), (0, 0), -1), "C12"),
    ],
)
def test_each_constraint_of_the_specification_is_named(parameters, id):
    with pytest.raises(Error, match=rf"\({id}\)"):
        UniformType(*parameters)


@pytest.mark.parametrize(("dims", "id"), [((2,), "C12"), ((2, 4), "C13")])
def test_the_axis_is_one_of_the_tensor_with_a_scale_for_each_index(dims, id):
    element = UniformType(i8, f32, (0.5, 0.25, 1.0), (0, 0, 0), 1)
    with pytest.raises(Error, match=rf"\({id}\)"):
        TensorType(dims, element)
    assert TensorType((2, 3), element).rank == TensorType((2, None), element).rank


@pytest.mark.parametrize(
    "text",
    [
        "<x8:f32, 0.5>",
        "<i8:i32, 0.5>",
        "<i8:f32>",
        "<i8:f32, 0.5:>",
        "<i8<1>:f32, 0.5>",
        "<i8:f32:0, 0.5>",
        "<i8:f32, {0.5}>",
        "<i8:f32:0, {}>",
        "<i8:f32, 0.5:1.5>",
        "<i999:f32, 0.5>",
    ],
)
def test_malformed_text_is_refused(text):
    with pytest.raises((Error, ParseError)):
        parse_module_op(f"func.func private @f(tensor<2x!quant.uniform{text}>)")
