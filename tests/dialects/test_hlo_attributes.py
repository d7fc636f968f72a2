"""The attributes of StableHLO: text, checks, short ways to make them."""

from __future__ import annotations

import pytest

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import PADDING
from couloir.ir.errors import Error, ParseError
from couloir.ir.text.attribute_parser import AttributeParser
from couloir.ir.types import f32

ATTRIBUTES = {
    "#stablehlo.conv<[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]>": hlo.ConvDimensionNumbers.of("bf01", "oi01", "bf01"),
    "#stablehlo.conv<[f, b]x[i, o]->[b, f]>": hlo.ConvDimensionNumbers.of("fb", "io", "bf"),
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
    ("text", "message"),
    [
        ("#stablehlo.dot<lhs_batch = [0]>", "`lhs_batch` does not stand here"),
        ("#stablehlo.gather<index_vector_dim = 1, index_vector_dim = 1>", "`index_vector_dim` stands here twice"),
        ("#stablehlo.conv<[b, f, 0]x[o, i, 0]->[b, 0]>", "does not label dimensions"),
        ("#stablehlo.conv<[b, f, 1]x[o, i, 0]->[b, f, 0]>", "1 spatial dimensions, but no 0"),
        ("#stablehlo.conv<[b, f, b]x[o, i, 0]->[b, f, 0]>", "does not label dimensions"),
        ("#stablehlo.channel_handle<handle = 1>", "has `handle` and `type`"),
        ("#stablehlo.output_operand_alias<operand_index = 1>", "an alias has output_tuple_indices"),
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
