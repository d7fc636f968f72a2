"""Faults that `check_lowering` has found on random programs: each was a crash, a hang, or another result."""

from __future__ import annotations

import numpy as np
import pytest

import couloir
from couloir import Error
from couloir.passes.tolerance import estimates
from couloir.testing import check_lowering
from couloir.testing.openness import left_open
from couloir.testing.rewrites.subjects import known_rules


def lowered(text: str) -> None:
    report = check_lowering(couloir.parse(text), "loops", cases=4)
    assert report, report


def test_a_gather_whose_indices_are_its_slice_sizes() -> None:
    lowered(
        """func.func @main(%x: tensor<3xf32>) -> tensor<1x2xf32> {
          %0 = stablehlo.constant dense<2> : tensor<1xi64>
          %1 = "stablehlo.dynamic_gather"(%x, %0, %0) <{dimension_numbers = #stablehlo.gather<offset_dims = [1],
            start_index_map = [0], index_vector_dim = 1>}> : (tensor<3xf32>, tensor<1xi64>, tensor<1xi64>) -> tensor<1x2xf32>
          return %1 : tensor<1x2xf32>
        }"""
    )


def test_a_convolution_whose_padding_contradicts_its_type_is_refused() -> None:
    text = """func.func @main(%x: tensor<1x4x1xf32>, %w: tensor<2x1x1xf32>) -> tensor<1x4x1xf32> {
      %c = stablehlo.constant dense<0> : tensor<1x2xi64>
      %0 = stablehlo.add %c, %c : tensor<1x2xi64>
      %1 = "stablehlo.dynamic_conv"(%x, %w, %0) <{dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>,
        feature_group_count = 1 : i64, batch_group_count = 1 : i64}>
        : (tensor<1x4x1xf32>, tensor<2x1x1xf32>, tensor<1x2xi64>) -> tensor<1x4x1xf32>
      return %1 : tensor<1x4x1xf32>
    }"""
    with pytest.raises(
        Error, match=r"`stablehlo.dynamic_conv` gives `tensor<1x4x1xf32>`, but with these inputs `tensor<1x3x1xf32>`"
    ):
        couloir.lower(couloir.parse(text), "loops")
    couloir.lower(
        couloir.parse(text.replace("dense<0>", "dense<[[0, -1]]>").replace("add", "abs").replace("%c, %c", "%c")),
        "loops",
    )


def test_random_bits_from_a_state_without_dimensions_are_refused() -> None:
    text = """func.func @main(%s: tensor<ui64>) -> tensor<2xui64> {
      %0, %1 = stablehlo.rng_bit_generator %s, algorithm = DEFAULT : (tensor<ui64>) -> (tensor<ui64>, tensor<2xui64>)
      return %1 : tensor<2xui64>
    }"""
    with pytest.raises(Error, match="cannot be lowered to loops"):
        couloir.lower(couloir.parse(text), "loops")


@pytest.mark.parametrize("type", ["f4E2M1FN", "f6E3M2FN", "f8E5M2"])
def test_precisions_of_narrow_floats_are_refused(type: str) -> None:
    text = f"""func.func @main(%x: tensor<2x{type}>) -> tensor<2x{type}> {{
      %0 = stablehlo.reduce_precision %x, format = e1m1 : tensor<2x{type}>
      return %0 : tensor<2x{type}>
    }}"""
    with pytest.raises(Error) as raised:
        couloir.lower(couloir.parse(text), "loops")
    assert f"elements of type `{type}` are too narrow" in str(raised.value)


@pytest.mark.parametrize(
    ("op", "operands"),
    [
        ("stablehlo.real_dynamic_slice %x, %a, %b, %c", 3),
        ("stablehlo.dynamic_pad %x, %z, %a, %b, %c", 3),
    ],
)
def test_what_does_not_have_the_shape_of_its_type_is_no_result(op: str, operands: int) -> None:
    types = "tensor<4xf32>, " + ("tensor<f32>, " if "%z" in op else "") + "tensor<1xi64>, tensor<1xi64>, tensor<1xi64>"
    text = f"""func.func @main(%x: tensor<4xf32>, %z: tensor<f32>, %a: tensor<1xi64>, %b: tensor<1xi64>,
        %c: tensor<1xi64>) -> tensor<2xf32> {{
      %0 = {op} : ({types}) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    }}"""
    one = np.ones(1, np.int64)
    with pytest.raises(Error, match=r"is told to give the shape .*; its type is `tensor<2xf32>`"):
        couloir.run(couloir.parse(text), np.ones(4, np.float32), np.float32(0), one, one, one)


@pytest.mark.parametrize("type", ["f32", "complex<f32>"])
@pytest.mark.parametrize("lower", ["true", "false"])
def test_a_matrix_that_is_not_positive_definite_has_no_factor(type: str, lower: str) -> None:
    module = couloir.parse(
        f"""func.func @main(%x: tensor<3x2x2x{type}>) -> tensor<3x2x2x{type}> {{
          %0 = stablehlo.cholesky %x, lower = {lower} : tensor<3x2x2x{type}>
          return %0 : tensor<3x2x2x{type}>
        }}"""
    )
    matrices = np.array([[[4, 2], [2, 3]], [[0, 0], [0, 1]], [[1, 2], [2, 1]]], "c8" if "complex" in type else "f4")
    (ours,) = couloir.run(module, matrices)
    (loops,) = couloir.run(couloir.opt(module, "decompose")[0], matrices)
    np.testing.assert_allclose(loops, ours, rtol=1e-6)
    assert np.isnan(loops[1:]).all()
    assert not np.isnan(loops[0]).any()


# -- bounds on rounding ------------------------------------------------------------------------------------------------------


def bound(op: str, values: list[float], init: float) -> float:
    module = couloir.parse(
        f"""func.func @main(%x: tensor<{len(values)}xf32>) -> tensor<f32> {{
          %c = stablehlo.constant dense<{init}> : tensor<f32>
          %0 = stablehlo.reduce(%x init: %c) applies stablehlo.{op} across dimensions = [0]
            : (tensor<{len(values)}xf32>, tensor<f32>) -> tensor<f32>
          return %0 : tensor<f32>
        }}"""
    )
    array = np.array(values, np.float32)
    results = couloir.run(module, array)
    found = estimates(module, "main", [array], results)
    assert found is not None
    assert found.each[0] is not None
    return float(found.each[0].bound)


def test_a_product_that_leaves_the_range_in_another_order_has_no_bound() -> None:
    assert bound("multiply", [1e30, 1e-30, 1e30, 1e-30], 1.0) == np.inf
    assert bound("multiply", [1e10, 1e-10, 1e10, 1e-10], 1.0) < 1e-5


def test_a_sum_that_leaves_the_range_in_another_order_has_no_bound() -> None:
    assert bound("add", [3e38, -3e38, 3e38, -3e38], 0.0) == np.inf
    assert bound("add", [5e37, -5e37, 5e37, -5e37], 0.0) < 1e32


# -- ragged products, constants of indices, positions, ONNX ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "reason"),
    [
        (
            '"chlo.ragged_dot"(%a, %b, %b) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_ragged_dimensions = [0], '
            "rhs_group_dimensions = [0]>}> : (tensor<1x1x1xi64>, tensor<1xui8>, tensor<1xui8>) -> tensor<1x1x1xi64>",
            "`chlo.ragged_dot`",
        ),
        (
            '"chlo.constant_like"(%a) <{value = 0 : index}> : (tensor<1x1x1xi64>) -> tensor<1x1x1xindex>',
            "`chlo.constant_like`",
        ),
    ],
)
def test_what_decompose_has_no_form_for_stays(op: str, reason: str) -> None:
    result = op.rpartition("-> ")[2]
    text = f"""func.func @main(%a: tensor<1x1x1xi64>, %b: tensor<1xui8>) -> {result} {{
      %0 = {op}
      return %0 : {result}
    }}"""
    with pytest.raises(Error) as raised:
        couloir.lower(couloir.parse(text), "loops")
    assert reason in str(raised.value)


def test_positions_larger_than_any_signed_number_are_the_last_one() -> None:
    text = """func.func @main(%x: tensor<3xf32>, %i: tensor<2xui64>) -> tensor<2xf32> {
      %0 = "stablehlo.torch_index_select"(%x, %i) <{batch_dims = 0 : i64, dim = 0 : i64}>
        : (tensor<3xf32>, tensor<2xui64>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    }"""
    places = np.array([2**64 - 1, 1], np.uint64)
    for module in (couloir.parse(text), couloir.opt(couloir.parse(text), "decompose")[0]):
        (found,) = couloir.run(module, np.array([1, 2, 3], np.float32), places)
        assert found.tolist() == [3, 2]


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (
            '"onnx.InstanceNormalizationV22"(%x, %x, %x) : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<2x4xf32>)',
            "scale and bias have one element for each channel",
        ),
        (
            '"onnx.GroupNormalizationV21"(%x, %s, %s) <{num_groups = 3 : i64}> : (tensor<2x4xf32>, tensor<4xf32>, tensor<4xf32>)',
            "the channels of `tensor<2x4xf32>` are not 3 groups of one size",
        ),
    ],
)
def test_operands_of_onnx_that_do_not_fit_are_refused(node: str, reason: str) -> None:
    text = f"""func.func @main(%x: tensor<2x4xf32>, %s: tensor<4xf32>) -> tensor<2x4xf32> {{
      %0 = {node} -> tensor<2x4xf32>
      return %0 : tensor<2x4xf32>
    }}"""
    with pytest.raises(Error) as raised:
        couloir.lower(couloir.parse(text), "hlo")
    assert reason in str(raised.value)


def test_a_sixth_in_hard_swish_is_onnx_s() -> None:
    text = """func.func @main(%x: tensor<f64>) -> tensor<f64> {
      %0 = "onnx.HardSwishV22"(%x) : (tensor<f64>) -> tensor<f64>
      return %0 : tensor<f64>
    }"""
    module = couloir.parse(text)
    assert couloir.run(module, np.float64(1.5)) == couloir.run(couloir.lower(module), np.float64(1.5))


def test_blocks_that_do_not_divide_are_refused() -> None:
    text = """func.func @main(%x: tensor<1x1x2x3xf32>) -> tensor<1x4x1x1xf32> {
      %0 = "onnx.SpaceToDepthV13"(%x) <{blocksize = 2 : i64}> : (tensor<1x1x2x3xf32>) -> tensor<1x4x1x1xf32>
      return %0 : tensor<1x4x1x1xf32>
    }"""
    with pytest.raises(Error, match="cannot be reshaped to"):
        couloir.lower(couloir.parse(text), "hlo")


def test_what_the_onnx_package_asserts_is_an_error() -> None:
    text = """func.func @main(%x: tensor<1x2x4xf32>, %c: tensor<1x2x2xf32>) -> tensor<1x2x4xf32> {
      %0 = "onnx.RotaryEmbeddingV23"(%x, %c, %c) : (tensor<1x2x4xf32>, tensor<1x2x2xf32>, tensor<1x2x2xf32>) -> tensor<1x2x4xf32>
      return %0 : tensor<1x2x4xf32>
    }"""
    arrays = [np.ones(shape, np.float32) for shape in ((1, 2, 4), (1, 2, 2))]
    with pytest.raises(Error, match="the onnx package cannot compute"):
        couloir.run(couloir.parse(text), *arrays)


def test_padding_by_numbers_of_type_index_is_refused() -> None:
    text = """func.func @main(%x: tensor<2xf32>, %v: tensor<f32>, %n: tensor<1xindex>) -> tensor<4xf32> {
      %0 = stablehlo.dynamic_pad %x, %v, %n, %n, %n
        : (tensor<2xf32>, tensor<f32>, tensor<1xindex>, tensor<1xindex>, tensor<1xindex>) -> tensor<4xf32>
      return %0 : tensor<4xf32>
    }"""
    with pytest.raises(Error, match="elements of type `index` are not lowered"):
        couloir.lower(couloir.parse(text), "loops")


def test_the_gradient_of_a_quantized_normalization_is_refused() -> None:
    text = """func.func @main(%x: tensor<1xQ>) -> tensor<1xQ> {
      %0:3 = "stablehlo.batch_norm_grad"(%x, %x, %x, %x, %x) <{epsilon = 1.0 : f32, feature_index = 0 : i64}>
        : (tensor<1xQ>, tensor<1xQ>, tensor<1xQ>, tensor<1xQ>, tensor<1xQ>) -> (tensor<1xQ>, tensor<1xQ>, tensor<1xQ>)
      return %0#1 : tensor<1xQ>
    }""".replace("Q", "!quant.uniform<i8:f32, 0.5>")
    with pytest.raises(Error, match="cannot be lowered to loops"):
        couloir.lower(couloir.parse(text), "loops")


def test_a_group_normalization_whose_scale_is_no_vector_is_refused() -> None:
    text = """func.func @main(%x: tensor<1x1xf16>) -> tensor<*xf16> {
      %0 = "onnx.GroupNormalizationV21"(%x, %x, %x) <{num_groups = 1 : i64}>
        : (tensor<1x1xf16>, tensor<1x1xf16>, tensor<1x1xf16>) -> tensor<*xf16>
      return %0 : tensor<*xf16>
    }"""
    with pytest.raises(Error, match="scale and bias are not vectors"):
        couloir.lower(couloir.parse(text), "hlo")


QUANTIZED = "!quant.uniform<i8:f32, 0.5>"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        (
            "batch_norm_of_the_batch",
            f"""func.func @main(%x: tensor<1x{QUANTIZED}>) -> tensor<1x{QUANTIZED}> {{
              %0:3 = "stablehlo.batch_norm_training"(%x, %x, %x) <{{epsilon = 1.0 : f32, feature_index = 0 : i64}}>
                : (tensor<1x{QUANTIZED}>, tensor<1x{QUANTIZED}>, tensor<1x{QUANTIZED}>)
                -> (tensor<1x{QUANTIZED}>, tensor<1x{QUANTIZED}>, tensor<1x{QUANTIZED}>)
              return %0#0 : tensor<1x{QUANTIZED}>
            }}""",
            "its elements are quantized",
        ),
        (
            "top_k_by_sorting",
            """func.func @main(%x: tensor<2xcomplex<f32>>) -> tensor<1xcomplex<f32>> {
              %0:2 = chlo.top_k(%x, k = 1) : tensor<2xcomplex<f32>> -> (tensor<1xcomplex<f32>>, tensor<1xi32>)
              return %0#0 : tensor<1xcomplex<f32>>
            }""",
            "complex numbers have no order",
        ),
        (
            "size_of_the_result",
            """func.func @main(%x: tensor<1x1xf32>, %i: tensor<1xi32>, %s: tensor<2xi32>) -> tensor<1x2xf32> {
              %0 = "stablehlo.dynamic_gather"(%x, %i, %s) <{dimension_numbers = #stablehlo.gather<offset_dims = [1],
                collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>}>
                : (tensor<1x1xf32>, tensor<1xi32>, tensor<2xi32>) -> tensor<1x2xf32>
              return %0 : tensor<1x2xf32>
            }""",
            "dimension 1 has 1 elements, not 2",
        ),
        (
            "expected_call_as_assertion",
            """func.func @main(%x: tensor<2xf32>) {
              stablehlo.custom_call @check.expect_close(%x, %x)
                {has_side_effect = true, max_ulp_difference = 18446744073709551615 : ui64} : (tensor<2xf32>, tensor<2xf32>) -> ()
              return
            }""",
            "no numbers of units in the last place",
        ),
        (
            "ArithSubtractSelf",
            """func.func @main(%x: tensor<*xi32>) -> tensor<*xi32> {
              %0 = arith.subi %x, %x : tensor<*xi32>
              return %0 : tensor<*xi32>
            }""",
            "the shape is not known",
        ),
    ],
)
def test_what_a_rule_leaves_alone(name: str, text: str, reason: str) -> None:
    rule = known_rules()[name]
    misses = [couloir.why_not(rule, op).reason for op in couloir.parse(text).walk() if isinstance(op, rule.roots)]
    assert misses and all(reason in miss for miss in misses)


def test_integers_that_are_divided_by_what_may_be_zero_are_left_open() -> None:
    text = """func.func @main(%x: tensor<2xT>, %y: tensor<2xT>) -> tensor<2xT> {
      %0 = "onnx.ModV13"(%x, %y) : (tensor<2xT>, tensor<2xT>) -> tensor<2xT>
      return %0 : tensor<2xT>
    }"""
    assert "divided by zero" in str(left_open(couloir.parse(text.replace("T", "i32"))))
    assert left_open(couloir.parse(text.replace("T", "f32"))) is None
