"""Quantized element types: what they are made of, and what the specification refuses."""

from __future__ import annotations

import pytest

from couloir.dialects.hlo.elements import QUANTIZED
from couloir.dialects.quant import AnyQuantizedType, CalibratedType, SubChannelType, UniformType
from couloir.ir.errors import Error, ParseError
from couloir.ir.text.attribute_parser import AttributeParser
from couloir.ir.text.parser import parse_module_op
from couloir.ir.types import IntegerType, TensorType, f16, f32, i8


def test_bounds_that_are_not_given_are_those_of_the_storage_type():
    assert UniformType(i8, f32, (0.5,)) is UniformType(i8, f32, (0.5,), (0,), None, -128, 127)
    unsigned = UniformType(IntegerType(8, "unsigned"), f32, (0.5,), (255,))
    assert (unsigned.storage_min, unsigned.storage_max) == (0, 255)


@pytest.mark.parametrize(
    ("parameters", "id"),
    [
        ((i8, f32, (0.5,), (0,), None, -129, 127), "C3"),
        ((i8, f32, (0.5,), (0,), None, 5, 5), "C3"),
        ((i8, f32, (1e39,)), "C4"),
        ((i8, f16, (1e-8,)), "C4"),
        ((i8, f32, (0.0,)), "C5"),
        ((i8, f32, (float("nan"),)), "C5"),
        ((i8, f32, (float("inf"),)), "C6"),
        ((i8, f32, (0.5,), (128,)), "C7"),
        ((i8, f32, (0.5,), (-128,), None, -127, 127), "C7"),
        ((i8, f32, (0.5, 0.5), (0,), 0), "C9"),
        ((i8, f32, (0.5, 0.5), (0, 0)), "C10"),
        ((i8, f32, (0.5, 0.5), (0, 0), -1), "C11"),
    ],
)
def test_each_constraint_of_the_specification_is_named(parameters, id):
    with pytest.raises(Error, match=rf"\({id}\)"):
        UniformType(*parameters)


@pytest.mark.parametrize("storage", [IntegerType(33), IntegerType(0)])
def test_the_storage_type_has_at_most_32_bits(storage):
    with pytest.raises(Error, match="1 to 32 bits"):
        UniformType(storage, f32, (0.5,))


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
        "<i8:f32:{0:2}, 0.5>",
        "<i8:f32:{0:2}, {}>",
        "<i8:f32:{0}, {0.5}>",
        "<i8:f32:{0:0}, {0.5}>",
        "<i8:f32:{-1:2}, {0.5}>",
        "<i8:f32:{0:2, 1:2}, {{0.5, 1.0}, {0.5}}>",
        "<i8:f32:{0:2, 1:2}, {0.5, {0.5}}>",
        "<i8:f32:{0:2}, {0.5, 0.25",
    ],
)
def test_malformed_text_is_refused(text):
    with pytest.raises(ParseError):
        parse_module_op(f"func.func private @f(tensor<2x!quant.uniform{text}>)")


@pytest.mark.parametrize(
    ("text", "type"),
    [
        (
            "!quant.uniform<i8:f32:{0:2, 1:3}, {{1.000000e+00, 2.000000e+00:1}, {3.000000e+00, 4.000000e+00}}>",
            SubChannelType(i8, f32, (1.0, 2.0, 3.0, 4.0), (0, 1, 0, 0), (2, 2), ((0, 2), (1, 3))),
        ),
        ("!quant.uniform<i8:f32:{}, {1.000000e+00}>", SubChannelType(i8, f32, (1.0,), (0,), (1,), ())),
        ("!quant.any<i8>", AnyQuantizedType(i8)),
        ("!quant.any<ui8<0:7>:f32>", AnyQuantizedType(IntegerType(8, "unsigned"), f32, 0, 7)),
        ("!quant.calibrated<f32<-0.998:1.232100e+00>>", CalibratedType(f32, -0.998, 1.2321)),
        ("!quant.uniform<i1:f32, 1.000000e+00:-1>", UniformType(IntegerType(1), f32, (1.0,), (-1,))),
    ],
)
def test_types_that_no_op_takes_are_read_and_written_too(text, type):
    assert str(type) == text
    assert AttributeParser(text).type() is type
    assert AttributeParser(f"tensor<2x{text}>").type() is TensorType((2,), type)


@pytest.mark.parametrize(
    "text",
    [
        "!quant.any<i8<7:7>>",
        "!quant.any<i8:i32>",
        "!quant.any",
        "!quant.calibrated<f32>",
        "!quant.calibrated<i32<0.0:1.0>>",
        "!quant.calibrated<f32<1.0:1.0>>",
        "!quant.calibrated<f32<0:1>>",
        "!quant.histogram<i8>",
    ],
)
def test_malformed_text_of_the_other_types_is_refused(text):
    with pytest.raises(ParseError):
        AttributeParser(text).type()


def test_unsigned_integers_have_two_names():
    assert (
        AttributeParser("!quant.uniform<ui8:f32, 0.5>").type() is AttributeParser("!quant.uniform<u8:f32, 0.5>").type()
    )


@pytest.mark.parametrize("storage", ["si8", "i7"])
def test_types_stored_as_integers_that_stablehlo_does_not_have_are_types_but_no_elements(storage):
    element = AttributeParser(f"!quant.uniform<{storage}:f32, 0.5>").type()
    assert str(element).startswith(f"!quant.uniform<{storage}:f32")
    assert not QUANTIZED.contains(element)


def test_types_are_compatible_up_to_scales_and_zero_points():
    type = UniformType(i8, f32, (0.5,))
    assert type.compatible_with(UniformType(i8, f32, (0.25,), (3,)))
    for other in (
        f32,
        UniformType(IntegerType(4), f32, (0.5,)),
        UniformType(i8, f16, (0.5,)),
        UniformType(i8, f32, (0.5,), (0,), None, -127, 127),
        UniformType(i8, f32, (0.5,), (0,), 0),
    ):
        assert not type.compatible_with(other)
        assert not other.compatible_with(type)
