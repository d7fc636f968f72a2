"""Ops that loops do not have under these names: sizes that are operands, deprecated ops, ops of CHLO that broadcast, scans, async ops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import couloir
from couloir.ir.errors import Error
from tests.passes.loop_programs import agree, lowered

X = "tensor<2x3xf32>"
SAME = f"({X}) -> {X}"
GATHER = "#stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>"

#: Type of the result, and the lines that make %r of %x.
PROGRAMS = {
    "dynamic_reshape": (
        "3x2xf32",
        """%s = stablehlo.constant dense<[3, 2]> : tensor<2xi32>
        %q = stablehlo.dynamic_reshape %x, %s : (tensor<2x3xf32>, tensor<2xi32>) -> tensor<?x?xf32>
        %n = stablehlo.get_dimension_size %q, dim = 1 : (tensor<?x?xf32>) -> tensor<i32>
        %f = stablehlo.convert %n : (tensor<i32>) -> tensor<f32>
        %b = stablehlo.dynamic_broadcast_in_dim %f, %s, dims = [] : (tensor<f32>, tensor<2xi32>) -> tensor<?x?xf32>
        %p = stablehlo.multiply %q, %b : tensor<?x?xf32>
        %r = stablehlo.dynamic_reshape %p, %s : (tensor<?x?xf32>, tensor<2xi32>) -> tensor<3x2xf32>""",
    ),
    "dynamic_broadcast_in_dim": (
        "4x2x3xf32",
        """%s = stablehlo.constant dense<[4, 2, 3]> : tensor<3xi64>
        %r = stablehlo.dynamic_broadcast_in_dim %x, %s, dims = [1, 2] : (tensor<2x3xf32>, tensor<3xi64>) -> tensor<4x2x3xf32>""",
    ),
    "dynamic_pad": (
        "4x7xf32",
        """%l = stablehlo.constant dense<[1, 0]> : tensor<2xi64>
        %h = stablehlo.constant dense<[1, 2]> : tensor<2xi64>
        %i = stablehlo.constant dense<[0, 1]> : tensor<2xi64>
        %z = stablehlo.constant dense<0.5> : tensor<f32>
        %r = stablehlo.dynamic_pad %x, %z, %l, %h, %i : (tensor<2x3xf32>, tensor<f32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<4x7xf32>""",
    ),
    "dynamic_iota": (
        "2x3xf32",
        """%s = stablehlo.constant dense<[2, 3]> : tensor<2xi64>
        %q = stablehlo.dynamic_iota %s, dim = 0 : (tensor<2xi64>) -> tensor<2x3xf32>
        %r = stablehlo.add %q, %x : tensor<2x3xf32>""",
    ),
    "real_dynamic_slice": (
        "2x2xf32",
        """%l = stablehlo.constant dense<[0, 1]> : tensor<2xi64>
        %h = stablehlo.constant dense<[2, 3]> : tensor<2xi64>
        %i = stablehlo.constant dense<1> : tensor<2xi64>
        %r = stablehlo.real_dynamic_slice %x, %l, %h, %i : (tensor<2x3xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> tensor<2x2xf32>""",
    ),
    "dynamic_gather": (
        "2x3xf32",
        f"""%s = stablehlo.constant dense<[1, 3]> : tensor<2xi64>
        %k = stablehlo.constant dense<[[1], [5]]> : tensor<2x1xi64>
        %r = "stablehlo.dynamic_gather"(%x, %k, %s) <{{dimension_numbers = {GATHER}}}> : (tensor<2x3xf32>, tensor<2x1xi64>, tensor<2xi64>) -> tensor<2x3xf32>""",
    ),
    "dynamic_conv": (
        "1x4x3x1xf32",
        """%w = stablehlo.constant dense<0.5> : tensor<1x1x3x1xf32>
        %p = stablehlo.constant dense<[[1, 1], [0, 0]]> : tensor<2x2xi64>
        %y = stablehlo.reshape %x : (tensor<2x3xf32>) -> tensor<1x2x3x1xf32>
        %wt = stablehlo.reshape %w : (tensor<1x1x3x1xf32>) -> tensor<1x1x1x3xf32>
        %wr = stablehlo.slice %wt [0:1, 0:1, 0:1, 0:1] : (tensor<1x1x1x3xf32>) -> tensor<1x1x1x1xf32>
        %r = "stablehlo.dynamic_conv"(%y, %wr, %p) <{batch_group_count = 1 : i64, feature_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>}> : (tensor<1x2x3x1xf32>, tensor<1x1x1x1xf32>, tensor<2x2xi64>) -> tensor<1x4x3x1xf32>""",
    ),
    "broadcast": (
        "4x2x3xf32",
        "%r = stablehlo.broadcast %x, sizes = [4] : (tensor<2x3xf32>) -> tensor<4x2x3xf32>",
    ),
    "torch_index_select": (
        "2x4xf32",
        """%k = stablehlo.constant dense<[[2, 0, 0, 9], [1, 1, 2, -4]]> : tensor<2x4xi32>
        %r = "stablehlo.torch_index_select"(%x, %k) <{dim = 1 : i64, batch_dims = 1 : i64}> : (tensor<2x3xf32>, tensor<2x4xi32>) -> tensor<2x4xf32>""",
    ),
    "torch_index_select of rows": (
        "2x1x3xf32",
        """%k = stablehlo.constant dense<[[1], [0]]> : tensor<2x1xi32>
        %r = "stablehlo.torch_index_select"(%x, %k) <{dim = 0 : i64, batch_dims = 0 : i64}> : (tensor<2x3xf32>, tensor<2x1xi32>) -> tensor<2x1x3xf32>""",
    ),
    "einsum": (
        "4x2xf32",
        """%k = stablehlo.constant dense<[[1.0, 2.0, 3.0, 4.0], [0.5, 0.25, 2.0, 1.0], [1.0, 0.0, -1.0, 3.0]]> : tensor<3x4xf32>
        %r = "stablehlo.einsum"(%x, %k) <{einsum_config = "ab,bc->ca"}> : (tensor<2x3xf32>, tensor<3x4xf32>) -> tensor<4x2xf32>""",
    ),
    "unary_einsum": (
        "3xf32",
        '%r = "stablehlo.unary_einsum"(%x) <{einsum_config = "ab->b"}> : (tensor<2x3xf32>) -> tensor<3xf32>',
    ),
    "chlo.broadcast_subtract": (
        "2x3xf32",
        """%b = stablehlo.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf32>
        %r = chlo.broadcast_subtract %b, %x : (tensor<3xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>""",
    ),
    "chlo.broadcast_add along given dimensions": (
        "2x3xf32",
        """%b = stablehlo.constant dense<[1.0, 2.0]> : tensor<2xf32>
        %r = chlo.broadcast_add %x, %b {broadcast_dimensions = array<i64: 0>} : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>""",
    ),
    "chlo.broadcast_add along dimensions in another order": (
        "2x4x3xf32",
        """%b = stablehlo.broadcast_in_dim %x, dims = [0, 2] : (tensor<2x3xf32>) -> tensor<2x4x3xf32>
        %t = stablehlo.transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
        %r = chlo.broadcast_add %b, %t {broadcast_dimensions = array<i64: 2, 0>} : (tensor<2x4x3xf32>, tensor<3x2xf32>) -> tensor<2x4x3xf32>""",
    ),
    "chlo.broadcast_compare and broadcast_select": (
        "2x3xf32",
        """%b = stablehlo.constant dense<0.5> : tensor<1x3xf32>
        %c = chlo.broadcast_compare %x, %b {comparison_direction = #chlo<comparison_direction GT>} : (tensor<2x3xf32>, tensor<1x3xf32>) -> tensor<2x3xi1>
        %s = stablehlo.constant dense<7.0> : tensor<f32>
        %r = chlo.broadcast_select %c, %s, %x : (tensor<2x3xi1>, tensor<f32>, tensor<2x3xf32>) -> tensor<2x3xf32>""",
    ),
    "chlo.constant_like": (
        "2x3xf32",
        f'%c = "chlo.constant_like"(%x) <{{value = 3.0 : f32}}> : {SAME}\n%r = stablehlo.multiply %c, %x : {X}',
    ),
    "chlo.scan": (
        "2x3xf32",
        """%z = stablehlo.constant dense<[0.0, 1.0]> : tensor<2xf32>
        %y, %last = "chlo.scan"(%x, %z) <{dimension = 1 : i64, is_reverse = true, operandSegmentSizes = array<i32: 1, 1>, resultSegmentSizes = array<i32: 1, 1>}> ({
        ^bb0(%a: tensor<2xf32>, %c: tensor<2xf32>):
          %s = stablehlo.add %a, %c : tensor<2xf32>
          %t = stablehlo.multiply %s, %s : tensor<2xf32>
          stablehlo.return %t, %s : tensor<2xf32>, tensor<2xf32>
        }) : (tensor<2x3xf32>, tensor<2xf32>) -> (tensor<2x3xf32>, tensor<2xf32>)
        %r = chlo.broadcast_add %y, %last {broadcast_dimensions = array<i64: 0>} : (tensor<2x3xf32>, tensor<2xf32>) -> tensor<2x3xf32>""",
    ),
    "set_dimension_size": (
        "2x3xf32",
        """%s = stablehlo.constant dense<3> : tensor<i32>
        %r = stablehlo.set_dimension_size %x, %s, dim = 1 : (tensor<2x3xf32>, tensor<i32>) -> tensor<2x3xf32>""",
    ),
    "async_start": (
        "2x3xf32",
        f"""%f = "stablehlo.async_start"(%x) ({{
        ^bb0(%a: {X}):
          %s = "stablehlo.all_gather"(%a) <{{all_gather_dim = 0 : i64, replica_groups = dense<0> : tensor<1x1xi64>}}> : {SAME}
          stablehlo.return %s : {X}
        }}) : ({X}) -> !stablehlo.future<{X}>
        %r = "stablehlo.async_done"(%f) : (!stablehlo.future<{X}>) -> {X}""",
    ),
    "chlo.ragged_dot": (
        "2x4xf32",
        """%g = stablehlo.constant dense<[1, 0, 1]> : tensor<3xi32>
        %n = stablehlo.iota dim = 0 : tensor<36xf32>
        %w = stablehlo.reshape %n : (tensor<36xf32>) -> tensor<3x3x4xf32>
        %r = "chlo.ragged_dot"(%x, %w, %g) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [], rhs_batching_dimensions = [], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]>}> : (tensor<2x3xf32>, tensor<3x3x4xf32>, tensor<3xi32>) -> tensor<2x4xf32>""",
    ),
    "chlo.ragged_dot over the summed dimension": (
        "3x2x4x5xf32",
        """%g = stablehlo.constant dense<[2, 0, 1]> : tensor<3xi32>
        %n = stablehlo.iota dim = 0 : tensor<24xf32>
        %y = stablehlo.reshape %n : (tensor<24xf32>) -> tensor<2x3x4xf32>
        %b = stablehlo.broadcast_in_dim %x, dims = [0, 1] : (tensor<2x3xf32>) -> tensor<2x3x5xf32>
        %r = "chlo.ragged_dot"(%y, %b, %g) <{ragged_dot_dimension_numbers = #chlo.ragged_dot<lhs_batching_dimensions = [0], rhs_batching_dimensions = [0], lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], lhs_ragged_dimensions = [1], rhs_group_dimensions = []>}> : (tensor<2x3x4xf32>, tensor<2x3x5xf32>, tensor<3xi32>) -> tensor<3x2x4x5xf32>""",
    ),
    "cross-replica-sum": (
        "2x3xf32",
        f'%r = "stablehlo.cross-replica-sum"(%x) <{{replica_groups = dense<0> : tensor<1x1xi64>}}> : {SAME}',
    ),
}


def function(name: str) -> str:
    type, lines = PROGRAMS[name]
    return f"func.func @main(%x: {X}) -> tensor<{type}> {{\n{lines}\nreturn %r : tensor<{type}>\n}}"


def test_loops_and_c_give_what_they_mean(tmp_path: Path) -> None:
    """All in one program; sums of three terms at the most."""
    x = np.random.default_rng(0).standard_normal((2, 3)).astype(np.float32)
    private = [function(name).replace("func.func @main", f"func.func private @f{i}") for i, name in enumerate(PROGRAMS)]
    types = [f"tensor<{type}>" for type, _ in PROGRAMS.values()]
    calls = [f"%r{i} = call @f{i}(%x) : ({X}) -> {type}" for i, type in enumerate(types)]
    results = ", ".join(f"%r{i}" for i in range(len(types)))
    text = [*private, f"func.func @main(%x: {X}) -> ({', '.join(types)}) {{", *calls]
    text += [f"return {results} : {', '.join(types)}", "}"]
    agree(couloir.parse("\n".join(text)), [x], tmp_path, tolerance=8 * 2.0**-23)


@pytest.mark.parametrize("name", PROGRAMS)
def test_each_is_lowered_alone(name: str) -> None:
    lowered(couloir.parse(function(name)))


@pytest.mark.parametrize(
    ("op", "type"), [("shift_left", "f32"), ("atan2", "i32"), ("polygamma", "i32"), ("subtract", "i1")]
)
def test_elements_that_the_op_itself_does_not_take_are_refused(op: str, type: str) -> None:
    """CHLO's verifier takes any elements, as upstream's does; StableHLO's ops, which say what they mean, do not."""
    text = f"""func.func @main(%a: tensor<3x{type}>) -> tensor<3x{type}> {{
      %0 = chlo.broadcast_{op} %a, %a : (tensor<3x{type}>, tensor<3x{type}>) -> tensor<3x{type}>
      return %0 : tensor<3x{type}>
    }}"""
    with pytest.raises(Error, match=f"1 x `chlo.broadcast_{op}`"):
        lowered(couloir.parse(text))


RUN_TIME = """
func.func @main(%x: tensor<1x2x3x1xf32>, %low: tensor<4xi32>, %inner: tensor<4xi32>, %start: tensor<4xi64>, %pad: tensor<2x2xi32>)
    -> (tensor<2x4x6x1xf32>, tensor<1x1x2x1xf32>, tensor<1x3x4x2xf32>) {
  %z = stablehlo.constant dense<-1.0> : tensor<f32>
  %high = stablehlo.constant dense<[0, 1, 0, 0]> : tensor<4xi32>
  %padded = stablehlo.dynamic_pad %x, %z, %low, %high, %inner : (tensor<1x2x3x1xf32>, tensor<f32>, tensor<4xi32>, tensor<4xi32>, tensor<4xi32>) -> tensor<2x4x6x1xf32>
  %ones = stablehlo.constant dense<1> : tensor<4xi64>
  %size = stablehlo.constant dense<[1, 1, 2, 1]> : tensor<4xi64>
  %limit = stablehlo.add %start, %size : tensor<4xi64>
  %sliced = stablehlo.real_dynamic_slice %x, %start, %limit, %ones : (tensor<1x2x3x1xf32>, tensor<4xi64>, tensor<4xi64>, tensor<4xi64>) -> tensor<1x1x2x1xf32>
  %w = stablehlo.constant dense<[[[[1.0, 2.0]], [[0.5, -1.0]]]]> : tensor<1x2x1x2xf32>
  %conv = "stablehlo.dynamic_conv"(%x, %w, %pad) <{batch_group_count = 1 : i64, feature_group_count = 1 : i64, lhs_dilation = array<i64: 1, 2>, dimension_numbers = #stablehlo.conv<[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]>}> : (tensor<1x2x3x1xf32>, tensor<1x2x1x2xf32>, tensor<2x2xi32>) -> tensor<1x3x4x2xf32>
  return %padded, %sliced, %conv : tensor<2x4x6x1xf32>, tensor<1x1x2x1xf32>, tensor<1x3x4x2xf32>
}"""


def test_padding_and_places_that_are_known_at_run_time(tmp_path: Path) -> None:
    """The shapes of the results are known; where their elements come from is not."""
    x = np.arange(6, dtype=np.float32).reshape(1, 2, 3, 1) + 1
    low, inner = np.array([1, 1, -1, 0], np.int32), np.array([0, 0, 2, 0], np.int32)
    arrays = [x, low, inner, np.array([0, 1, 1, 0]), np.array([[1, 0], [0, 0]], np.int32)]
    padded, sliced, _ = agree(couloir.parse(RUN_TIME), arrays, tmp_path)
    assert padded[1, 1, :, 0].tolist() == [-1, -1, 2, -1, -1, 3]
    assert sliced.ravel().tolist() == [5, 6]


def test_sizes_that_data_decide_are_refused() -> None:
    text = f"""func.func @main(%x: {X}, %s: tensor<2xi32>) -> {X} {{
      %q = stablehlo.dynamic_reshape %x, %s : ({X}, tensor<2xi32>) -> tensor<?x?xf32>
      %n = stablehlo.negate %q : tensor<?x?xf32>
      %z = stablehlo.constant dense<[2, 3]> : tensor<2xi32>
      %r = stablehlo.dynamic_reshape %n, %z : (tensor<?x?xf32>, tensor<2xi32>) -> {X}
      return %r : {X}
    }}"""
    with pytest.raises(Error, match=r"stablehlo\.dynamic_reshape"):
        lowered(couloir.parse(text))
