"""Ops whose shapes are operands: what they demand, and that they compute what the static ops compute."""

from __future__ import annotations

import numpy as np
import pytest

import couloir
from couloir.api import parse

X = np.arange(12, dtype=np.float32).reshape(3, 4)


def run(body: str, result: str, *arrays: np.ndarray) -> np.ndarray:
    types = {"float32": "f32", "int32": "i32"}
    arguments = ", ".join(
        f"%{name}: tensor<{'x'.join([*('?' * a.ndim if name == 'x' else map(str, a.shape)), types[str(a.dtype)]])}>"
        for name, a in zip("xabc", arrays, strict=False)
    )
    text = f"func.func @main({arguments}) -> {result} {{\n  %r = {body}\n  return %r : {result}\n}}"
    (found,) = couloir.run(parse(text), *arrays)
    return found


def sizes(*values: int) -> np.ndarray:
    return np.asarray(values, np.int32)


def test_reshape_to_a_shape_that_is_an_operand():
    found = run("stablehlo.dynamic_reshape %x, %a : (tensor<?x?xf32>, tensor<3xi32>) -> tensor<?x2x?xf32>", "tensor<?x2x?xf32>", X, sizes(2, 2, 3))  # fmt: skip
    np.testing.assert_array_equal(found, X.reshape(2, 2, 3))


def test_a_shape_that_the_type_does_not_allow_is_refused():
    with pytest.raises(couloir.Error, match=r"told to give the shape \(2, 3, 2\)"):
        run("stablehlo.dynamic_reshape %x, %a : (tensor<?x?xf32>, tensor<3xi32>) -> tensor<?x2x?xf32>", "tensor<?x2x?xf32>", X, sizes(2, 3, 2))  # fmt: skip


def test_broadcast_to_a_shape_that_is_an_operand():
    found = run("stablehlo.dynamic_broadcast_in_dim %x, %a, dims = [0, 2] : (tensor<?x?xf32>, tensor<3xi32>) -> tensor<?x?x?xf32>", "tensor<?x?x?xf32>", X, sizes(3, 2, 4))  # fmt: skip
    np.testing.assert_array_equal(found, np.broadcast_to(X[:, None], (3, 2, 4)))


def test_iota_in_a_shape_that_is_an_operand():
    found = run("stablehlo.dynamic_iota %a, dim = 1 : (tensor<2xi32>) -> tensor<?x3xi32>", "tensor<?x3xi32>", X, sizes(2, 3))  # fmt: skip
    np.testing.assert_array_equal(found, [[0, 1, 2], [0, 1, 2]])


def test_slice_with_bounds_that_are_operands():
    found = run("stablehlo.real_dynamic_slice %x, %a, %b, %c : (tensor<?x?xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<?x?xf32>", "tensor<?x?xf32>", X, sizes(1, 0), sizes(3, 4), sizes(1, 2))  # fmt: skip
    np.testing.assert_array_equal(found, X[1:3, 0:4:2])


@pytest.mark.parametrize(("start", "limit", "stride"), [(-1, 2, 1), (2, 1, 1), (0, 5, 1), (0, 1, 0)])
def test_bounds_outside_the_operand_are_refused(start, limit, stride):
    with pytest.raises(couloir.Error, match="cuts dimension 1 of size 4"):
        run("stablehlo.real_dynamic_slice %x, %a, %b, %c : (tensor<?x?xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<?x?xf32>", "tensor<?x?xf32>", X, sizes(0, start), sizes(3, limit), sizes(1, stride))  # fmt: skip


def test_pad_by_amounts_that_are_operands():
    text = """func.func @main(%x: tensor<?x4xf32>, %l: tensor<2xi32>, %h: tensor<2xi32>, %i: tensor<2xi32>) -> tensor<?x?xf32> {
      %v = stablehlo.constant dense<7.0> : tensor<f32>
      %r = stablehlo.dynamic_pad %x, %v, %l, %h, %i : (tensor<?x4xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<?x?xf32>
      return %r : tensor<?x?xf32>
    }"""
    (found,) = couloir.run(parse(text), X, sizes(1, 0), sizes(0, -1), sizes(0, 1))
    expected = np.full((4, 6), 7, np.float32)
    expected[1:, ::2] = X[:, :3]
    np.testing.assert_array_equal(found, expected)


def test_gather_with_slice_sizes_that_are_an_operand():
    text = """func.func @main(%x: tensor<?x?xf32>, %i: tensor<2x1xi32>, %s: tensor<2xi32>) -> tensor<2x?xf32> {
      %r = "stablehlo.dynamic_gather"(%x, %i, %s) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>}> : (tensor<?x?xf32>, tensor<2x1xi32>, tensor<2xi32>) -> tensor<2x?xf32>
      return %r : tensor<2x?xf32>
    }"""
    (found,) = couloir.run(parse(text), X, np.asarray([[2], [0]], np.int32), sizes(1, 4))
    np.testing.assert_array_equal(found, X[[2, 0]])


def test_a_while_whose_result_leaves_a_size_open_is_printed_in_the_generic_form():
    """Its pretty form has types once."""
    text = """module {
  func.func @main(%arg0: tensor<2xf32>) -> tensor<?xf32> {
    %0 = "stablehlo.while"(%arg0) ({
    ^bb0(%arg1: tensor<2xf32>):
      %1 = stablehlo.constant dense<false> : tensor<i1>
      stablehlo.return %1 : tensor<i1>
    }, {
    ^bb0(%arg1: tensor<2xf32>):
      stablehlo.return %arg1 : tensor<2xf32>
    }) : (tensor<2xf32>) -> tensor<?xf32>
    return %0 : tensor<?xf32>
  }
}
"""
    assert str(couloir.parse(text)).strip() == text.strip()
    pretty = str(couloir.parse(text.replace("?", "2")))
    assert "stablehlo.while(%" in pretty and str(couloir.parse(pretty)) == pretty
