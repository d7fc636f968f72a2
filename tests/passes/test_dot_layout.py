"""Right operands that are constant or used often are transposed so that their contracted dimensions come first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ConvDimensionNumbers
from couloir.ir.passes import PassPipeline
from couloir.ir.rewriting import apply_rules, why_not
from couloir.passes.constant_folding import ConstantFolding
from couloir.passes.dot_layout import DotLayout, contract_leading_dimensions
from tests.passes.loop_programs import program

TEXT = f"""
func.func @main(%x: tensor<2x5x3xf32>, %y: tensor<4x2x3xf32>) -> (tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<2x3x4xf32>) {{
  %w = stablehlo.constant dense<{np.arange(24).reshape(4, 2, 3).astype(float).tolist()}> : tensor<4x2x3xf32>
  %a = "stablehlo.dot_general"(%x, %w) <{{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [1],
    lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2]>}}> : (tensor<2x5x3xf32>, tensor<4x2x3xf32>) -> tensor<2x5x4xf32>
  %b = "stablehlo.dot_general"(%x, %y) <{{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [1],
    lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2]>}}> : (tensor<2x5x3xf32>, tensor<4x2x3xf32>) -> tensor<2x5x4xf32>
  %few = "stablehlo.slice"(%x) <{{start_indices = array<i64: 0, 0, 0>, limit_indices = array<i64: 2, 3, 3>, strides = array<i64: 1, 1, 1>}}> : (tensor<2x5x3xf32>) -> tensor<2x3x3xf32>
  %c = "stablehlo.dot_general"(%few, %y) <{{dot_dimension_numbers = #stablehlo.dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [1],
    lhs_contracting_dimensions = [2], rhs_contracting_dimensions = [2]>}}> : (tensor<2x3x3xf32>, tensor<4x2x3xf32>) -> tensor<2x3x4xf32>
  return %a, %b, %c : tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<2x3x4xf32>
}}
"""


def dots(module: couloir.Module) -> list[hlo.DotGeneral]:
    return [op for op in module.walk() if isinstance(op, hlo.DotGeneral)]


def test_the_constant_is_transposed_and_the_results_stay() -> None:
    before = couloir.parse(TEXT)
    after = before.clone()
    PassPipeline.of(DotLayout(), ConstantFolding()).run(after)
    constant, often, seldom = dots(after)
    assert constant.rhs.type.shape == (2, 3, 4)
    assert constant.dot_dimension_numbers.rhs_contracting_dimensions == (1,)
    assert isinstance(constant.rhs.defining_op, hlo.Constant)
    assert often.rhs.type.shape == (2, 3, 4)  # each element is used for five rows
    assert seldom.rhs.type.shape == (4, 2, 3)
    x, y = np.arange(30, dtype=np.float32).reshape(2, 5, 3), np.ones((4, 2, 3), np.float32)
    for one, two in zip(couloir.run(before, x, y), couloir.run(after, x, y), strict=True):
        np.testing.assert_array_equal(one, two)


def test_it_says_why_it_does_not_apply() -> None:
    module = couloir.parse(TEXT)
    assert "not a constant" in why_not(contract_leading_dimensions, dots(module)[2]).reason
    apply_rules(module, [contract_leading_dimensions])
    first = dots(module)[0]
    assert not why_not(contract_leading_dimensions, first)
    assert apply_rules(module, [contract_leading_dimensions]).applications == 0


@given(st.data())
def test_a_convolution_of_one_window_is_a_dot_product(data: st.DataObject) -> None:
    rank = data.draw(st.integers(0, 3))
    sizes = [data.draw(st.integers(1, 3)) for _ in range(rank)]
    batch, inputs, outputs = (data.draw(st.integers(1, 4)) for _ in range(3))
    space = "".join(map(str, range(rank)))
    layouts = [
        "".join(data.draw(st.permutations(letters + space))) for letters in ("bf", "io", "bf")
    ]  # each dimension may lie anywhere

    def shape(layout: str, **features: int) -> list[int]:
        return [features.get(letter) or sizes[int(letter)] for letter in layout]

    x = np.random.default_rng(0).integers(-4, 5, shape(layouts[0], b=batch, f=inputs)).astype(np.float32)
    w = np.random.default_rng(1).integers(-4, 5, shape(layouts[1], i=inputs, o=outputs)).astype(np.float32)
    module = program(
        [x, w], lambda a, b: hlo.Convolution(a, b, dimension_numbers=ConvDimensionNumbers.of(*layouts)).result
    )
    (expected,) = couloir.run(module, x, w)
    PassPipeline.of(DotLayout()).run(module, verify_each=True)
    assert len(dots(module)) == 1
    np.testing.assert_array_equal(couloir.run(module, x, w)[0], expected)


@pytest.mark.parametrize("change", ["padding", "groups", "mirrored", "two windows"])
def test_other_convolutions_stay(change: str) -> None:
    x, w = np.ones((1, 2, 3), np.float32), np.ones((2, 1 if change == "groups" else 2, 3), np.float32)
    if change == "two windows":
        w = w[:, :, :2]
    module = program(
        [x, w],
        lambda a, b: hlo.Convolution(
            a, b, dimension_numbers=ConvDimensionNumbers.of("bf0", "oi0", "bf0"),
            padding=((1, 1),) if change == "padding" else None,
            window_reversal=(True,) if change == "mirrored" else None,
            feature_group_count=2 if change == "groups" else 1,
        ).result,
    )  # fmt: skip
    PassPipeline.of(DotLayout()).run(module)
    assert not dots(module)
