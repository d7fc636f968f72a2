"""The attributes of StableHLO: text, checks, short ways to make them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import PADDING
from couloir.ir.attribute import Attribute
from couloir.ir.constraints import compatible, most_specific
from couloir.ir.errors import Error, ParseError
from couloir.ir.text.attribute_parser import AttributeParser
from couloir.ir.types import TensorType, f32

ATTRIBUTES = {
    "#stablehlo.conv<[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]>": hlo.ConvDimensionNumbers.of("bf01", "oi01", "bf01"),
    "#stablehlo.conv<[f, b]x[i, o]->[b, f]>": hlo.ConvDimensionNumbers.of("fb", "io", "bf"),
    "#stablehlo.conv<raw input_batch_dimension = 7, input_feature_dimension = 1, input_spatial_dimensions = [], "
    "kernel_input_feature_dimension = 0, kernel_output_feature_dimension = 1, kernel_spatial_dimensions = [], "
    "output_batch_dimension = 0, output_feature_dimension = 1, output_spatial_dimensions = [2]>": (
        hlo.ConvDimensionNumbers(7, 1, (), 0, 1, (), 0, 1, (2,))
    ),
    "#stablehlo.conv<[1, b, f, 0]x[o, 0, i, 1]->[b, 1, f, 0]>": hlo.ConvDimensionNumbers(
        1, 2, (3, 0), 2, 0, (1, 3), 0, 2, (3, 1)
    ),
    "#stablehlo.dot<lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [0]>": hlo.DotDimensionNumbers(
        lhs_contracting_dimensions=(1,), rhs_contracting_dimensions=(0,)
    ),
    "#stablehlo.dot<>": hlo.DotDimensionNumbers(),
    "#stablehlo.gather<offset_dims = [1], index_vector_dim = 1>": hlo.GatherDimensionNumbers(
        offset_dims=(1,), index_vector_dim=1
    ),
    "#stablehlo.scatter<update_window_dims = [1, 2]>": hlo.ScatterDimensionNumbers(update_window_dims=(1, 2)),
    "#stablehlo.channel_handle<handle = 1, type = 2>": hlo.ChannelHandle(1, 2),
    "#stablehlo.bounds<4, ?>": hlo.TypeExtensions((4, None)),
    "#stablehlo.output_operand_alias<output_tuple_indices = [0], operand_index = 1, operand_tuple_indices = []>": (
        hlo.OutputOperandAlias((0,), 1, ())
    ),
    "#stablehlo.result_accuracy<mode = #stablehlo.result_accuracy_mode<HIGHEST>>": hlo.ResultAccuracy(
        mode=hlo.ResultAccuracyMode.HIGHEST
    ),
    "#stablehlo.result_accuracy<atol = 5.000000e-01, ulps = 3, mode = #stablehlo.result_accuracy_mode<TOLERANCE>>": (
        hlo.ResultAccuracy(0.5, 0.0, 3, hlo.ResultAccuracyMode.TOLERANCE)
    ),
    "#stablehlo.dot_algorithm<lhs_precision_type = f32, rhs_precision_type = f32, accumulation_type = f32, "
    "lhs_component_count = 3, rhs_component_count = 3, num_primitive_operations = 6, "
    "allow_imprecise_accumulation = true>": hlo.DotAlgorithm(f32, f32, f32, 3, 3, 6, True),
}


@pytest.mark.parametrize("text", ATTRIBUTES)
def test_texts(text):
    assert str(ATTRIBUTES[text]) == text
    assert AttributeParser(text).attribute() is ATTRIBUTES[text]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("#stablehlo.conv<raw input_feature_dimension = 1, output_feature_dimension = 1, kernel_output_feature_dimension = 1>",
         hlo.ConvDimensionNumbers.of("bf", "io", "bf")),
        ("#stablehlo.gather<index_vector_dim = 1, offset_dims = [1],>", hlo.GatherDimensionNumbers((1,), index_vector_dim=1)),
        ("#stablehlo.scatter<index_vector_dim = 1,\n>", hlo.ScatterDimensionNumbers(index_vector_dim=1)),
        ("#stablehlo.dot<lhs_batching_dimensions = [0],>", hlo.DotDimensionNumbers((0,))),
        ("#stablehlo.type_extensions<bounds = [4, ?]>", hlo.TypeExtensions((4, None))),
    ],
)  # fmt: skip
def test_other_texts_for_the_same(text, made):
    assert AttributeParser(text).attribute() is made


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tensor<3xf32, #stablehlo.bounds<4>>", "dimension 0 has the size 3, so it has no bound"),
        ("tensor<?xf32, #stablehlo.bounds<4, 4>>", "2 bounds for 1 dimensions"),
        ("tensor<?xf32, #stablehlo.bounds<-4>>", "not negative"),
        ("!stablehlo.future<f32>", "a future is of tensors, not of `f32`"),
        ("!stablehlo.future<tensor<f32>, !stablehlo.token>", "not of `!stablehlo.token`"),
        ("!stablehlo.buffer", "defines no `!stablehlo.buffer`"),
    ],
)
def test_types_that_are_wrong(text, message):
    with pytest.raises(ParseError) as caught:
        AttributeParser(text).type()
    assert message in str(caught.value)


def test_a_dimension_fits_its_bound():
    bounded = TensorType((None, 8), f32, hlo.TypeExtensions((4, None)))
    assert compatible(bounded, TensorType((4, 8), f32))
    assert compatible(TensorType((None, None), f32), bounded)
    assert not compatible(bounded, TensorType((5, 8), f32))
    assert not compatible(TensorType((5, 8), f32), bounded)
    tighter = TensorType((None, None), f32, hlo.TypeExtensions((3, 9)))
    assert most_specific([bounded, tighter]) is TensorType((None, 8), f32, hlo.TypeExtensions((3, None)))
    assert most_specific([tighter, TensorType((2, 8), f32)]) is TensorType((2, 8), f32)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#stablehlo.dot<lhs_batch = [0]>", "`lhs_batch` does not stand here"),
        ("#stablehlo.gather<index_vector_dim = 1, index_vector_dim = 1>", "`index_vector_dim` stands here twice"),
        ("#stablehlo.dot<lhs_batching_dimensions = [0] rhs_batching_dimensions = [0]>", "expected `>`"),
        ("#stablehlo.dot<,>", "expected a name"),
        ("#stablehlo.dot<lhs_batching_dimensions = [0,]>", "expected an integer"),
        ("#stablehlo.gather<index_vector_dim = [1]>", "expected an integer"),
        ("#stablehlo.gather<offset_dims = [9223372036854775808]>", "does not fit into 64 bits"),
        ("#stablehlo.channel_handle<handle = -9223372036854775809, type = 0>", "does not fit into 64 bits"),
        ("#stablehlo.conv<raw input_batch_dimensions = 0>", "`input_batch_dimensions` does not stand here"),
        ("#stablehlo.conv<[b, ?, f]x[o, i]->[b, f]>", "expected a dimension"),
        ("#stablehlo.type_extensions<bounds = [x]>", "expected a bound"),
        ("#stablehlo<>", "defines no `#stablehlo.`"),
        ("#stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, 0]>", "does not label dimensions"),
        ("#stablehlo.conv<[b, f, 1]x[o, i, 0]->[b, f, 0]>", "1 spatial dimensions, but no 0"),
        ("#stablehlo.conv<[b, f, b]x[o, i, 0]->[b, f, 0]>", "does not label dimensions"),
        ("#stablehlo.channel_handle<handle = 1>", "also has type"),
        ("#stablehlo.output_operand_alias<operand_index = 1>", "also has output_tuple_indices, operand_tuple_indices"),
        ("#stablehlo.dot_algorithm<lhs_precision_type = f32>", "also has rhs_precision_type"),
        ("#stablehlo.result_accuracy<mode = 1 : i32>", "result_accuracy_mode"),
    ],
)
def test_texts_that_are_wrong(text, message):
    with pytest.raises(ParseError) as caught:
        AttributeParser(text).attribute()
    assert message in str(caught.value)


def test_labels_come_back():
    numbers = hlo.ConvDimensionNumbers.of("b01f", "01io", "b01f")
    assert ["".join(labels) for labels in numbers.groups] == ["b01f", "01io", "b01f"]
    with pytest.raises(Error, match="does not label dimensions"):
        hlo.ConvDimensionNumbers.of("nchw", "oi01", "bf01")


def test_tolerances_are_not_negative_and_need_their_mode():
    with pytest.raises(Error, match="not negative"):
        hlo.ResultAccuracy(-1.0, 0.0, 0, hlo.ResultAccuracyMode.TOLERANCE)
    with pytest.raises(Error, match="need the mode TOLERANCE"):
        hlo.ResultAccuracy(1.0)


@pytest.mark.parametrize("pairs", [(), ((0, 0), (0, 0)), ((1, 2), (3, 4)), ((1, 1),)])
def test_padding_is_stored_as_pairs_and_equal_numbers_once(pairs):
    stored = PADDING.encode(pairs)
    assert stored is not None
    assert PADDING.decode(stored) == pairs
    assert str(stored).endswith(f"tensor<{len(pairs)}x2xi64>")
    assert stored.is_splat == (len({number for pair in pairs for number in pair}) == 1)


TOKEN = re.compile(r"\w+|[^\w\s]|\s+")
SOUND = [
    *ATTRIBUTES,
    "tensor<?x8xf32, #stablehlo.bounds<4, ?>>",
    "!stablehlo.future<tensor<2xf32>, tensor<i1>>",
    "tensor<2x3x!quant.uniform<i8<-8:7>:f32:1, {5.000000e-01,1.000000e+00:3,2.500000e-01}>>",
    "!quant.uniform<i8:f32:{0:2, 1:3}, {{1.000000e+00, 2.000000e+00:1}, {3.000000e+00, 4.000000e+00}}>",
    "!quant.any<ui8<0:7>:f32>",
    "!quant.calibrated<f32<-0.998:1.232100e+00>>",
]
PIECES = [*sorted({token for text in SOUND for token in TOKEN.findall(text)}), "-1", "9" * 30, "0x", '"', "nan", "\0"]


@st.composite
def damaged(draw: st.DrawFn) -> str:
    tokens = TOKEN.findall(draw(st.sampled_from(SOUND)))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(tokens)))
        tokens[start : start + draw(st.integers(0, 2))] = draw(st.lists(st.sampled_from(PIECES), max_size=2))
    return "".join(tokens)


@given(damaged())
def test_damaged_text_is_refused_with_its_place_or_says_something_else(text):
    def read(text: str) -> Attribute:
        parser = AttributeParser(text)
        return parser.attribute() if text.startswith("#") else parser.type()

    try:
        found = read(text)
    except ParseError as error:
        assert (error.line, error.column) >= (1, 1)
    else:
        assert read(str(found)) is found
