"""Dot products: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.dot import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "DotOfNothing",
        "%x: tensor<2x0xf32>, %y: tensor<0x3xf32>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x0xf32>, tensor<0x3xf32>) -> tensor<2x3xf32>",
        """
%0 = constant dense<0.000000e+00> : tensor<2x3xf32>
return %0""",
    ),
    Law(
        "DotOfZeros",
        "%x: tensor<2x4xi32>",
        """
%0 = constant dense<0> : tensor<4x3xi32>
%r = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        """
%0 = constant dense<0> : tensor<2x3xi32>
return %0""",
    ),
    Law(
        "DotOfZeros",
        "%x: tensor<2x4xi8>",
        """
%0 = constant dense<0> : tensor<4x3xi8>
%r = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<2x4xi8>, tensor<4x3xi8>) -> tensor<2x3xf32>""",
        """
%0 = constant dense<0.000000e+00> : tensor<2x3xf32>
return %0""",
    ),
    Law(
        "DotOfZerosRounded",
        "%y: tensor<4x3xf32>",
        """
%0 = constant dense<0.0> : tensor<2x4xf32>
%r = dot_general %0, %y, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>""",
        """
%0 = constant dense<0.000000e+00> : tensor<2x3xf32>
return %0""",
        exact=False,
    ),
    Law(
        "DotOfTransposedLeft",
        "%x: tensor<2x3x4xi32>, %y: tensor<4x2xi32>",
        """
%0 = transpose %x, dims = [2, 1, 0] : (tensor<2x3x4xi32>) -> tensor<4x3x2xi32>
%r = dot_general %0, %y, batching_dims = [0] x [0], contracting_dims = [2] x [1], precision = [HIGH, DEFAULT] : (tensor<4x3x2xi32>, tensor<4x2xi32>) -> tensor<4x3xi32>""",
        """
%0 = dot_general %x, %y, batching_dims = [2] x [0], contracting_dims = [0] x [1], precision = [HIGH, DEFAULT] : (tensor<2x3x4xi32>, tensor<4x2xi32>) -> tensor<4x3xi32>
return %0""",
    ),
    Law(
        "DotOfTransposedRight",
        "%x: tensor<2x4xi32>, %y: tensor<2x3x4xi32>",
        """
%0 = transpose %y, dims = [2, 0, 1] : (tensor<2x3x4xi32>) -> tensor<4x2x3xi32>
%r = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x2x3xi32>) -> tensor<2x2x3xi32>""",
        """
%0 = dot_general %x, %y, contracting_dims = [1] x [2] : (tensor<2x4xi32>, tensor<2x3x4xi32>) -> tensor<2x2x3xi32>
return %0""",
    ),
    Law(
        "TransposeOfDot",
        "%x: tensor<5x2x4xi32>, %y: tensor<4x5x3xi32>",
        """
%0 = dot_general %x, %y, batching_dims = [0] x [1], contracting_dims = [2] x [0], precision = [HIGH, DEFAULT] : (tensor<5x2x4xi32>, tensor<4x5x3xi32>) -> tensor<5x2x3xi32>
%r = transpose %0, dims = [0, 2, 1] : (tensor<5x2x3xi32>) -> tensor<5x3x2xi32>""",
        """
%0 = dot_general %y, %x, batching_dims = [1] x [0], contracting_dims = [0] x [2], precision = [DEFAULT, HIGH] : (tensor<4x5x3xi32>, tensor<5x2x4xi32>) -> tensor<5x3x2xi32>
return %0""",
    ),
    Law(
        "DotOfBroadcastLeft",
        "%x: tensor<4xi32>, %y: tensor<4x3xi32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<4xi32>) -> tensor<2x4xi32>
%r = dot_general %0, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        """
%0 = broadcast_in_dim %x, dims = [0] : (tensor<4xi32>) -> tensor<4xi32>
%1 = dot_general %0, %y, contracting_dims = [0] x [0] : (tensor<4xi32>, tensor<4x3xi32>) -> tensor<3xi32>
%2 = broadcast_in_dim %1, dims = [1] : (tensor<3xi32>) -> tensor<2x3xi32>
return %2""",
    ),
    Law(
        "DotOfBroadcastRight",
        "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>",
        """
%0 = broadcast_in_dim %y, dims = [0, 2] : (tensor<4x3xi32>) -> tensor<4x5x3xi32>
%r = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x5x3xi32>) -> tensor<2x5x3xi32>""",
        """
%0 = broadcast_in_dim %y, dims = [0, 1] : (tensor<4x3xi32>) -> tensor<4x3xi32>
%1 = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
%2 = broadcast_in_dim %1, dims = [0, 2] : (tensor<2x3xi32>) -> tensor<2x5x3xi32>
return %2""",
    ),
    Law(
        "DotOfOneProduct",
        "%x: tensor<5x2x1xi32>, %y: tensor<1x5x3xi32>",
        "%r = dot_general %x, %y, batching_dims = [0] x [1], contracting_dims = [2] x [0] : (tensor<5x2x1xi32>, tensor<1x5x3xi32>) -> tensor<5x2x3xi32>",
        """
%0 = reshape %x : (tensor<5x2x1xi32>) -> tensor<5x2xi32>
%1 = broadcast_in_dim %0, dims = [0, 1] : (tensor<5x2xi32>) -> tensor<5x2x3xi32>
%2 = reshape %y : (tensor<1x5x3xi32>) -> tensor<5x3xi32>
%3 = broadcast_in_dim %2, dims = [0, 2] : (tensor<5x3xi32>) -> tensor<5x2x3xi32>
%4 = multiply %1, %3 : tensor<5x2x3xi32>
return %4""",
    ),
    Law(
        "DotOfOneProductRounded",
        "%x: tensor<2xf32>, %y: tensor<3xf32>",
        "%r = dot_general %x, %y, contracting_dims = [] x [] : (tensor<2xf32>, tensor<3xf32>) -> tensor<2x3xf32>",
        """
%0 = reshape %x : (tensor<2xf32>) -> tensor<2xf32>
%1 = broadcast_in_dim %0, dims = [0] : (tensor<2xf32>) -> tensor<2x3xf32>
%2 = reshape %y : (tensor<3xf32>) -> tensor<3xf32>
%3 = broadcast_in_dim %2, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
%4 = multiply %1, %3 : tensor<2x3xf32>
return %4""",
        exact=False,
    ),
    Law(
        "DotOfOneBatch",
        "%x: tensor<1x5x2x4xi32>, %y: tensor<1x5x4x3xi32>",
        "%r = dot_general %x, %y, batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2] : (tensor<1x5x2x4xi32>, tensor<1x5x4x3xi32>) -> tensor<1x5x2x3xi32>",
        """
%0 = dot_general %x, %y, batching_dims = [1] x [1], contracting_dims = [0, 3] x [0, 2] : (tensor<1x5x2x4xi32>, tensor<1x5x4x3xi32>) -> tensor<5x2x3xi32>
%1 = reshape %0 : (tensor<5x2x3xi32>) -> tensor<1x5x2x3xi32>
return %1""",
    ),
    Law(
        "DotOfNegates",
        "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>",
        """
%0 = negate %x : tensor<2x4xi32>
%1 = negate %y : tensor<4x3xi32>
%r = dot_general %0, %1, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        """
%0 = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
return %0""",
    ),
    Law(
        "DotOfReverses",
        "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>",
        """
%0 = reverse %x, dims = [1] : tensor<2x4xi32>
%1 = reverse %y, dims = [0] : tensor<4x3xi32>
%r = dot_general %0, %1, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        """
%0 = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
return %0""",
    ),
    Law(
        "DotOfScaledLeft",
        "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>, %s: tensor<i32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<2x4xi32>
%1 = multiply %x, %0 : tensor<2x4xi32>
%r = dot_general %1, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        """
%0 = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
%1 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<2x3xi32>
%2 = multiply %0, %1 : tensor<2x3xi32>
return %2""",
    ),
    Law(
        "DotOfScaledRight",
        "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>, %s: tensor<i32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<4x3xi32>
%1 = multiply %y, %0 : tensor<4x3xi32>
%r = dot_general %x, %1, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        """
%0 = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>
%1 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<2x3xi32>
%2 = multiply %0, %1 : tensor<2x3xi32>
return %2""",
    ),
    Law(
        "DotOfScaledLeftRounded",
        "%x: tensor<2x4xf32>, %y: tensor<4x3xf32>, %s: tensor<f32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<2x4xf32>
%1 = multiply %x, %0 : tensor<2x4xf32>
%r = dot_general %1, %y, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>""",
        """
%0 = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
%1 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
%2 = multiply %0, %1 : tensor<2x3xf32>
return %2""",
        exact=False,
    ),
    Law(
        "DotOfScaledRightRounded",
        "%x: tensor<2x4xf32>, %y: tensor<4x3xf32>, %s: tensor<f32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<4x3xf32>
%1 = multiply %y, %0 : tensor<4x3xf32>
%r = dot_general %x, %1, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>""",
        """
%0 = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>
%1 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<2x3xf32>
%2 = multiply %0, %1 : tensor<2x3xf32>
return %2""",
        exact=False,
    ),
]

KEPT = [
    Kept(
        "DotOfNegates",
        "%x: tensor<2x4xi8>, %y: tensor<4x3xi8>",
        """
%0 = negate %x : tensor<2x4xi8>
%1 = negate %y : tensor<4x3xi8>
%r = dot_general %0, %1, contracting_dims = [1] x [0] : (tensor<2x4xi8>, tensor<4x3xi8>) -> tensor<2x3xi32>""",
        "it changes the element type",
    ),
    Kept(
        "DotOfNothing",
        "%x: tensor<0x1xf32>, %y: tensor<1x3xf32>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<0x1xf32>, tensor<1x3xf32>) -> tensor<0x3xf32>",
        "there is something to sum up",
    ),
    Kept(
        "DotOfNothing",
        "%x: tensor<?x0xf32>, %y: tensor<0x3xf32>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<?x0xf32>, tensor<0x3xf32>) -> tensor<?x3xf32>",
        "is not known before it runs",
    ),
    Kept(
        "DotOfNothing",
        "%x: tensor<2x0x!quant.uniform<i8:f32, 0.5>>, %y: tensor<0x3x!quant.uniform<i8:f32, 0.5>>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x0x!quant.uniform<i8:f32, 0.5>>, tensor<0x3x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x3x!quant.uniform<i8:f32, 0.5>>",
        "it changes the element type",
    ),
    Kept(
        "DotOfZeros",
        "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "DotOfZeros",
        "%y: tensor<4x3xf32>",
        """
%0 = constant dense<0.0> : tensor<2x4xf32>
%r = dot_general %0, %y, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>""",
        "the elements are no integers",
    ),
    Kept(
        "DotOfZeros",
        "%x: tensor<?x4xi32>",
        """
%0 = constant dense<0> : tensor<4x3xi32>
%r = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<?x4xi32>, tensor<4x3xi32>) -> tensor<?x3xi32>""",
        "is not known before it runs",
    ),
    Kept(
        "DotOfZerosRounded",
        "%x: tensor<2x4xf32>, %y: tensor<4x3xf32>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value, and a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "DotOfZerosRounded",
        "%x: tensor<2x4xi32>",
        """
%0 = constant dense<0> : tensor<4x3xi32>
%r = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        "the elements are no floats",
    ),
    Kept(
        "DotOfTransposedLeft",
        "%x: tensor<2x3x4xi32>, %y: tensor<4x2xi32>",
        """
%0 = transpose %x, dims = [1, 0, 2] : (tensor<2x3x4xi32>) -> tensor<3x2x4xi32>
%r = dot_general %0, %y, contracting_dims = [2] x [0] : (tensor<3x2x4xi32>, tensor<4x2xi32>) -> tensor<3x2x2xi32>""",
        "dimensions that stay are exchanged",
    ),
    Kept(
        "DotOfTransposedRight",
        "%x: tensor<2x4xi32>, %y: tensor<2x3x4xi32>",
        """
%0 = transpose %y, dims = [2, 1, 0] : (tensor<2x3x4xi32>) -> tensor<4x3x2xi32>
%r = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3x2xi32>) -> tensor<2x3x2xi32>""",
        "dimensions that stay are exchanged",
    ),
    Kept(
        "TransposeOfDot",
        "%x: tensor<5x2x4xi32>, %y: tensor<4x3xi32>",
        """
%0 = dot_general %x, %y, contracting_dims = [2] x [0] : (tensor<5x2x4xi32>, tensor<4x3xi32>) -> tensor<5x2x3xi32>
%r = transpose %0, dims = [2, 1, 0] : (tensor<5x2x3xi32>) -> tensor<3x2x5xi32>""",
        "it moves other dimensions",
    ),
    Kept(
        "TransposeOfDot",
        "%x: tensor<2x4xf32>, %y: tensor<4x3x!quant.uniform<i8:f32, 0.5>>",
        """
%0 = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3x!quant.uniform<i8:f32, 0.5>>) -> tensor<2x3xf32>
%r = transpose %0, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>""",
        "one is quantized",
    ),
    Kept(
        "DotOfBroadcastLeft",
        "%x: tensor<2xi32>, %y: tensor<4x3xi32>",
        """
%0 = broadcast_in_dim %x, dims = [0] : (tensor<2xi32>) -> tensor<2x4xi32>
%r = dot_general %0, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        "no dimension that stays only repeats",
    ),
    Kept(
        "DotOfBroadcastLeft",
        "%x: tensor<4xi32>, %y: tensor<4x?xi32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<4xi32>) -> tensor<2x4xi32>
%r = dot_general %0, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x?xi32>) -> tensor<2x?xi32>""",
        "is not known before it runs",
    ),
    Kept(
        "DotOfBroadcastRight",
        "%x: tensor<2x4xi32>, %y: tensor<3xi32>",
        """
%0 = broadcast_in_dim %y, dims = [1] : (tensor<3xi32>) -> tensor<4x3xi32>
%r = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        "no dimension that stays only repeats",
    ),
    Kept(
        "DotOfBroadcastRight",
        "%x: tensor<?x4xi32>, %y: tensor<4xi32>",
        """
%0 = broadcast_in_dim %y, dims = [0] : (tensor<4xi32>) -> tensor<4x3xi32>
%r = dot_general %x, %0, contracting_dims = [1] x [0] : (tensor<?x4xi32>, tensor<4x3xi32>) -> tensor<?x3xi32>""",
        "is not known before it runs",
    ),
    Kept(
        "DotOfOneProduct",
        "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>",
        "there is more to sum up",
    ),
    Kept(
        "DotOfOneProduct",
        "%x: tensor<2x1xf32>, %y: tensor<1x3xf32>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x1xf32>, tensor<1x3xf32>) -> tensor<2x3xf32>",
        "the elements are no integers",
    ),
    Kept(
        "DotOfOneProduct",
        "%x: tensor<2x1xi8>, %y: tensor<1x3xi8>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x1xi8>, tensor<1x3xi8>) -> tensor<2x3xi32>",
        "it changes the element type",
    ),
    Kept(
        "DotOfOneProduct",
        "%x: tensor<?x1xi32>, %y: tensor<1x3xi32>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<?x1xi32>, tensor<1x3xi32>) -> tensor<?x3xi32>",
        "is not known before it runs",
    ),
    Kept(
        "DotOfOneProductRounded",
        "%x: tensor<2x1xi32>, %y: tensor<1x3xi32>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x1xi32>, tensor<1x3xi32>) -> tensor<2x3xi32>",
        "the elements are no floats",
    ),
    Kept(
        "DotOfOneProductRounded",
        "%x: tensor<2x2xf32>, %y: tensor<2x3xf32>",
        "%r = dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>",
        "there is more to sum up",
    ),
    Kept(
        "DotOfOneBatch",
        "%x: tensor<5x2x1xi32>, %y: tensor<5x1x3xi32>",
        "%r = dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<5x2x1xi32>, tensor<5x1x3xi32>) -> tensor<5x2x3xi32>",
        "no batching dimension has size 1",
    ),
    Kept(
        "DotOfOneBatch",
        "%x: tensor<1x?x4xi32>, %y: tensor<1x4x3xi32>",
        "%r = dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<1x?x4xi32>, tensor<1x4x3xi32>) -> tensor<1x?x3xi32>",
        "needs to know a size",
    ),
    Kept(
        "DotOfReverses",
        "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>",
        """
%0 = reverse %x, dims = [0] : tensor<2x4xi32>
%1 = reverse %y, dims = [0] : tensor<4x3xi32>
%r = dot_general %0, %1, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        "a dimension that stays is reversed",
    ),
    Kept(
        "DotOfReverses",
        "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>",
        """
%0 = reverse %x, dims = [1] : tensor<2x4xi32>
%1 = reverse %y, dims = [1] : tensor<4x3xi32>
%r = dot_general %0, %1, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        "a dimension that stays is reversed",
    ),
    Kept(
        "DotOfReverses",
        "%x: tensor<2x4xi32>, %y: tensor<2x4xi32>",
        """
%0 = reverse %x, dims = [0] : tensor<2x4xi32>
%1 = reverse %y, dims = [1] : tensor<2x4xi32>
%r = dot_general %0, %1, contracting_dims = [0, 1] x [0, 1] : (tensor<2x4xi32>, tensor<2x4xi32>) -> tensor<i32>""",
        "what is contracted is reversed on one side only",
    ),
    Kept(
        "DotOfScaledLeft",
        "%x: tensor<2x4xf32>, %y: tensor<4x3xf32>, %s: tensor<f32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<2x4xf32>
%1 = multiply %x, %0 : tensor<2x4xf32>
%r = dot_general %1, %y, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>""",
        "the elements are no integers",
    ),
    Kept(
        "DotOfScaledLeft",
        "%x: tensor<4xi32>, %y: tensor<4xi32>, %s: tensor<i32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<4xi32>
%1 = multiply %x, %0 : tensor<4xi32>
%r = dot_general %1, %y, contracting_dims = [] x [] : (tensor<4xi32>, tensor<4xi32>) -> tensor<4x4xi32>""",
        "the result has more elements",
    ),
    Kept(
        "DotOfScaledLeft",
        "%x: tensor<4xi8>, %y: tensor<4xi8>, %s: tensor<i8>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<i8>) -> tensor<4xi8>
%1 = multiply %x, %0 : tensor<4xi8>
%r = dot_general %1, %y, contracting_dims = [0] x [0] : (tensor<4xi8>, tensor<4xi8>) -> tensor<i32>""",
        "it changes the element type",
    ),
    Kept(
        "DotOfScaledRight",
        "%x: tensor<2x4xf32>, %y: tensor<4x3xf32>, %s: tensor<f32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<4x3xf32>
%1 = multiply %y, %0 : tensor<4x3xf32>
%r = dot_general %x, %1, contracting_dims = [1] x [0] : (tensor<2x4xf32>, tensor<4x3xf32>) -> tensor<2x3xf32>""",
        "the elements are no integers",
    ),
    Kept(
        "DotOfScaledRight",
        "%x: tensor<4xi32>, %y: tensor<4xi32>, %s: tensor<i32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<4xi32>
%1 = multiply %x, %0 : tensor<4xi32>
%r = dot_general %y, %1, contracting_dims = [] x [] : (tensor<4xi32>, tensor<4xi32>) -> tensor<4x4xi32>""",
        "the result has more elements",
    ),
    Kept(
        "DotOfScaledRight",
        "%x: tensor<4xi8>, %y: tensor<4xi8>, %s: tensor<i8>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<i8>) -> tensor<4xi8>
%1 = multiply %x, %0 : tensor<4xi8>
%r = dot_general %y, %1, contracting_dims = [0] x [0] : (tensor<4xi8>, tensor<4xi8>) -> tensor<i32>""",
        "it changes the element type",
    ),
    Kept(
        "DotOfScaledLeftRounded",
        "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>, %s: tensor<i32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<2x4xi32>
%1 = multiply %x, %0 : tensor<2x4xi32>
%r = dot_general %1, %y, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        "the elements are no floats",
    ),
    Kept(
        "DotOfScaledLeftRounded",
        "%x: tensor<4xf32>, %y: tensor<4xf32>, %s: tensor<f32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<4xf32>
%1 = multiply %x, %0 : tensor<4xf32>
%r = dot_general %1, %y, contracting_dims = [] x [] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4x4xf32>""",
        "the result has more elements",
    ),
    Kept(
        "DotOfScaledRightRounded",
        "%x: tensor<2x4xi32>, %y: tensor<4x3xi32>, %s: tensor<i32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<i32>) -> tensor<4x3xi32>
%1 = multiply %y, %0 : tensor<4x3xi32>
%r = dot_general %x, %1, contracting_dims = [1] x [0] : (tensor<2x4xi32>, tensor<4x3xi32>) -> tensor<2x3xi32>""",
        "the elements are no floats",
    ),
    Kept(
        "DotOfScaledRightRounded",
        "%x: tensor<4xf32>, %y: tensor<4xf32>, %s: tensor<f32>",
        """
%0 = broadcast_in_dim %s, dims = [] : (tensor<f32>) -> tensor<4xf32>
%1 = multiply %x, %0 : tensor<4xf32>
%r = dot_general %y, %1, contracting_dims = [] x [] : (tensor<4xf32>, tensor<4xf32>) -> tensor<4x4xf32>""",
        "the result has more elements",
    ),
]


@pytest.mark.parametrize("law", LAWS, ids=names(LAWS))
def test_what_a_rule_makes_of_a_program(law: Law) -> None:
    assert rewritten(law.rule, law.arguments, law.before, exact=law.exact) == law.after.strip()


@pytest.mark.parametrize("kept", KEPT, ids=names(KEPT))
def test_what_a_guard_keeps_a_rule_from(kept: Kept) -> None:
    assert kept.reason in refusal(kept.rule, kept.arguments, kept.before)


def test_each_rule_has_a_program() -> None:
    assert {law.rule for law in LAWS} == {as_rewrite(rule).name for rule in RULES}
