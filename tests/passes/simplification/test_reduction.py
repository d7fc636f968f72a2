"""Reduce: what each rule makes of a program, and what its guards keep it from."""

from __future__ import annotations

import pytest

from couloir.ir.rewriting.rule import as_rewrite
from couloir.passes.simplification.reduction import RULES
from tests.passes.simplification.laws import Kept, Law, names, refusal, rewritten

LAWS = [
    Law(
        "ReduceOfNothing",
        "%x: tensor<2x0xf32>, %v: tensor<f32>",
        "%r = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x0xf32>, tensor<f32>) -> tensor<2xf32>",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<2xf32>
return %0""",
    ),
    Law(
        "ReduceOverOnes",
        "%x: tensor<2x1xf32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%r = reduce(%x init: %c) applies add across dimensions = [1] : (tensor<2x1xf32>, tensor<f32>) -> tensor<2xf32>""",
        """
%0 = reshape %x : (tensor<2x1xf32>) -> tensor<2xf32>
return %0""",
    ),
    Law(
        "ReduceOverOnes",
        "%x: tensor<2x1xf32>",
        """
%c = constant dense<0xFF800000> : tensor<f32>
%r = reduce(%x init: %c) applies maximum across dimensions = [1] : (tensor<2x1xf32>, tensor<f32>) -> tensor<2xf32>""",
        """
%0 = reshape %x : (tensor<2x1xf32>) -> tensor<2xf32>
return %0""",
    ),
    Law(
        "ReduceOverOnes",
        "%x: tensor<2x1xi8>",
        """
%c = constant dense<127> : tensor<i8>
%r = reduce(%x init: %c) applies minimum across dimensions = [] : (tensor<2x1xi8>, tensor<i8>) -> tensor<2x1xi8>""",
        """
%0 = reshape %x : (tensor<2x1xi8>) -> tensor<2x1xi8>
return %0""",
    ),
    Law(
        "ReduceOverOnes",
        "%x: tensor<1xui8>",
        """
%c = constant dense<255> : tensor<ui8>
%r = reduce(%x init: %c) applies and across dimensions = [0] : (tensor<1xui8>, tensor<ui8>) -> tensor<ui8>""",
        """
%0 = reshape %x : (tensor<1xui8>) -> tensor<ui8>
return %0""",
    ),
    Law(
        "ReduceOverOnesFromInit",
        "%x: tensor<2x1xf32>, %v: tensor<f32>",
        "%r = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x1xf32>, tensor<f32>) -> tensor<2xf32>",
        """
%0 = broadcast_in_dim %v, dims = [] : (tensor<f32>) -> tensor<2xf32>
%1 = reshape %x : (tensor<2x1xf32>) -> tensor<2xf32>
%2 = add %0, %1 : tensor<2xf32>
return %2""",
    ),
    Law(
        "ReduceOfReduce",
        "%x: tensor<2x3x4xi32>, %v: tensor<i32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = reduce(%x init: %c) applies add across dimensions = [1] : (tensor<2x3x4xi32>, tensor<i32>) -> tensor<2x4xi32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x4xi32>, tensor<i32>) -> tensor<2xi32>""",
        """
%0 = reduce(%x init: %v) applies add across dimensions = [1, 2] : (tensor<2x3x4xi32>, tensor<i32>) -> tensor<2xi32>
return %0""",
    ),
    Law(
        "ReduceOfReduce",
        "%x: tensor<2x3x4xf32>, %v: tensor<f32>",
        """
%0 = reduce(%x init: %v) applies maximum across dimensions = [0] : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<3x4xf32>
%r = reduce(%0 init: %v) applies maximum across dimensions = [0] : (tensor<3x4xf32>, tensor<f32>) -> tensor<4xf32>""",
        """
%0 = reduce(%x init: %v) applies maximum across dimensions = [0, 1] : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<4xf32>
return %0""",
    ),
    Law(
        "ReduceOfReshape",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = reshape %x : (tensor<2x3xf32>) -> tensor<1x2x1x3xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [1, 2] : (tensor<1x2x1x3xf32>, tensor<f32>) -> tensor<1x3xf32>""",
        """
%0 = reduce(%x init: %v) applies add across dimensions = [0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>
%1 = reshape %0 : (tensor<3xf32>) -> tensor<1x3xf32>
return %1""",
        exact=False,
    ),
    Law(
        "ReduceOfTranspose",
        "%x: tensor<2x3x4xi32>, %v: tensor<i32>",
        """
%0 = transpose %x, dims = [2, 0, 1] : (tensor<2x3x4xi32>) -> tensor<4x2x3xi32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<4x2x3xi32>, tensor<i32>) -> tensor<4x3xi32>""",
        """
%0 = reduce(%x init: %v) applies add across dimensions = [0] : (tensor<2x3x4xi32>, tensor<i32>) -> tensor<3x4xi32>
%1 = transpose %0, dims = [1, 0] : (tensor<3x4xi32>) -> tensor<4x3xi32>
return %1""",
    ),
    Law(
        "ReduceOfTranspose",
        "%x: tensor<2x3x4xf32>, %v: tensor<f32>",
        """
%0 = transpose %x, dims = [2, 0, 1] : (tensor<2x3x4xf32>) -> tensor<4x2x3xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [2, 1] : (tensor<4x2x3xf32>, tensor<f32>) -> tensor<4xf32>""",
        """
%0 = reduce(%x init: %v) applies add across dimensions = [0, 1] : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<4xf32>
%1 = transpose %0, dims = [0] : (tensor<4xf32>) -> tensor<4xf32>
return %1""",
        exact=False,
    ),
    Law(
        "ReduceOfReverse",
        "%x: tensor<2x3x4xi32>, %v: tensor<i32>",
        """
%0 = reverse %x, dims = [1, 2] : tensor<2x3x4xi32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x3x4xi32>, tensor<i32>) -> tensor<2x4xi32>""",
        """
%0 = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x3x4xi32>, tensor<i32>) -> tensor<2x4xi32>
%1 = reverse %0, dims = [1] : tensor<2x4xi32>
return %1""",
    ),
    Law(
        "ReduceOfBroadcast",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3x4xf32>
%r = reduce(%0 init: %v) applies maximum across dimensions = [0, 1] : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<4xf32>""",
        """
%0 = broadcast_in_dim %x, dims = [0] : (tensor<3xf32>) -> tensor<3x4xf32>
%1 = reduce(%0 init: %v) applies maximum across dimensions = [0] : (tensor<3x4xf32>, tensor<f32>) -> tensor<4xf32>
return %1""",
    ),
    Law(
        "ReduceOfPad",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%0 = pad %x, %c, low = [0, 1], high = [0, 2], interior = [0, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x8xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x8xf32>, tensor<f32>) -> tensor<2xf32>""",
        """
%0 = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
return %0""",
        exact=False,
    ),
    Law(
        "ReduceOfPadByInit",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [0, 1], high = [0, 2], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x6xf32>
%r = reduce(%0 init: %v) applies minimum across dimensions = [1] : (tensor<2x6xf32>, tensor<f32>) -> tensor<2xf32>""",
        """
%0 = reduce(%x init: %v) applies minimum across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
return %0""",
    ),
    Law(
        "ReduceOfPadByInit",
        "%x: tensor<2x3xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = pad %x, %c, low = [0, 1], high = [0, 2], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x6xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [0, 1] : (tensor<2x6xf32>, tensor<f32>) -> tensor<f32>""",
        """
%0 = constant dense<0.000000e+00> : tensor<f32>
%1 = reduce(%x init: %0) applies add across dimensions = [0, 1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<f32>
return %1""",
        exact=False,
    ),
    Law(
        "ReduceOfConcatenate",
        "%x: tensor<2x3xf32>, %y: tensor<2x4xf32>, %v: tensor<f32>",
        """
%0 = concatenate %x, %y, dim = 1 : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<2x7xf32>
%r = reduce(%0 init: %v) applies maximum across dimensions = [1] : (tensor<2x7xf32>, tensor<f32>) -> tensor<2xf32>""",
        """
%0 = reduce(%x init: %v) applies maximum across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
%1 = reduce(%y init: %v) applies maximum across dimensions = [1] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2xf32>
%2 = maximum %0, %1 : tensor<2xf32>
return %2""",
    ),
]

KEPT = [
    Kept(
        "ReduceOfConcatenate",
        "%x: tensor<2x3xcomplex<f32>>, %y: tensor<2x4xcomplex<f32>>, %v: tensor<complex<f32>>",
        """
%0 = concatenate %x, %y, dim = 1 : (tensor<2x3xcomplex<f32>>, tensor<2x4xcomplex<f32>>) -> tensor<2x7xcomplex<f32>>
%r = reduce(%0 init: %v) applies maximum across dimensions = [1] : (tensor<2x7xcomplex<f32>>, tensor<complex<f32>>) -> tensor<2xcomplex<f32>>""",
        "its body is not one op like add",
    ),
    Kept(
        "ReduceOfNothing",
        "%x: tensor<2x1xf32>, %v: tensor<f32>",
        "%r = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x1xf32>, tensor<f32>) -> tensor<2xf32>",
        "it may have elements",
    ),
    Kept(
        "ReduceOfNothing",
        "%x: tensor<?x0xf32>, %v: tensor<f32>",
        "%r = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<?x0xf32>, tensor<f32>) -> tensor<?xf32>",
        "needs to know a size",
    ),
    Kept(
        "ReduceOfNothing",
        "%x: tensor<2x0xi8>, %v: tensor<i8>",
        """
%r = "stablehlo.reduce"(%x, %v) <{dimensions = array<i64: 1>}> ({
^bb0(%a: tensor<i32>, %b: tensor<i32>):
%z = add %a, %b : tensor<i32>
stablehlo.return %z : tensor<i32>
}) : (tensor<2x0xi8>, tensor<i8>) -> tensor<2xi32>""",
        "the element type changes",
    ),
    Kept(
        "ReduceOverOnes",
        "%x: tensor<2x2xf32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%r = reduce(%x init: %c) applies add across dimensions = [1] : (tensor<2x2xf32>, tensor<f32>) -> tensor<2xf32>""",
        "it combines elements",
    ),
    Kept(
        "ReduceOverOnes",
        "%x: tensor<2x1xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%r = reduce(%x init: %c) applies add across dimensions = [1] : (tensor<2x1xf32>, tensor<f32>) -> tensor<2xf32>""",
        "the result of `stablehlo.constant` is 0.0, not -0.0",
    ),
    Kept(
        "ReduceOverOnes",
        "%x: tensor<2x1xf32>",
        """
%c = constant dense<0.0> : tensor<f32>
%r = reduce(%x init: %c) applies maximum across dimensions = [1] : (tensor<2x1xf32>, tensor<f32>) -> tensor<2xf32>""",
        "the result of `stablehlo.constant` is 0.0, not -inf",
    ),
    Kept(
        "ReduceOverOnes",
        "%x: tensor<?x1xi32>",
        """
%c = constant dense<0> : tensor<i32>
%r = reduce(%x init: %c) applies add across dimensions = [1] : (tensor<?x1xi32>, tensor<i32>) -> tensor<?xi32>""",
        "needs to know a size",
    ),
    Kept(
        "ReduceOverOnes",
        "%x: tensor<1xi32>",
        """
%c = constant dense<0> : tensor<i32>
%r = "stablehlo.reduce"(%x, %c) <{dimensions = array<i64: 0>}> ({
^bb0(%a: tensor<i32>, %b: tensor<i32>):
%z = subtract %a, %b : tensor<i32>
stablehlo.return %z : tensor<i32>
}) : (tensor<1xi32>, tensor<i32>) -> tensor<i32>""",
        "its body is not one op like add",
    ),
    Kept(
        "ReduceOverOnes",
        "%x: tensor<1xi32>",
        """
%c = constant dense<0> : tensor<i32>
%r = "stablehlo.reduce"(%x, %c) <{dimensions = array<i64: 0>}> ({
^bb0(%a: tensor<i32>, %b: tensor<i32>):
%z = add %a, %a : tensor<i32>
stablehlo.return %z : tensor<i32>
}) : (tensor<1xi32>, tensor<i32>) -> tensor<i32>""",
        "its body is not one op like add",
    ),
    Kept(
        "ReduceOverOnes",
        "%x: tensor<1xi8>",
        """
%c = constant dense<0> : tensor<i8>
%r = "stablehlo.reduce"(%x, %c) <{dimensions = array<i64: 0>}> ({
^bb0(%a: tensor<i32>, %b: tensor<i32>):
%z = add %a, %b : tensor<i32>
stablehlo.return %z : tensor<i32>
}) : (tensor<1xi8>, tensor<i8>) -> tensor<i32>""",
        "its body is not one op like add",
    ),
    Kept(
        "ReduceOverOnesFromInit",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        "%r = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>",
        "it combines elements",
    ),
    Kept(
        "ReduceOverOnesFromInit",
        "%x: tensor<?x1xf32>, %v: tensor<f32>",
        "%r = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<?x1xf32>, tensor<f32>) -> tensor<?xf32>",
        "needs to know a size",
    ),
    Kept(
        "ReduceOfReduce",
        "%x: tensor<2x3xf32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%0 = reduce(%x init: %c) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [0] : (tensor<2xf32>, tensor<f32>) -> tensor<f32>""",
        "another order rounds otherwise",
    ),
    Kept(
        "ReduceOfReduce",
        "%x: tensor<2x3xcomplex<f32>>, %v: tensor<complex<f32>>",
        """
%0 = reduce(%x init: %v) applies maximum across dimensions = [1] : (tensor<2x3xcomplex<f32>>, tensor<complex<f32>>) -> tensor<2xcomplex<f32>>
%r = reduce(%0 init: %v) applies maximum across dimensions = [0] : (tensor<2xcomplex<f32>>, tensor<complex<f32>>) -> tensor<complex<f32>>""",
        "its body is not one op like add",
    ),
    Kept(
        "ReduceOfReduce",
        "%x: tensor<2x3xi32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = reduce(%x init: %c) applies add across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>
%r = reduce(%0 init: %c) applies maximum across dimensions = [0] : (tensor<2xi32>, tensor<i32>) -> tensor<i32>""",
        "the inner reduction does something else",
    ),
    Kept(
        "ReduceOfReduce",
        "%x: tensor<2x3xi32>, %v: tensor<i32>",
        """
%0 = reduce(%x init: %v) applies add across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>
%r = reduce(%0 init: %v) applies add across dimensions = [0] : (tensor<2xi32>, tensor<i32>) -> tensor<i32>""",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "ReduceOfReduce",
        "%x: tensor<2x3xi32>, %v: tensor<i32>, %w: tensor<i32>",
        """
%0 = reduce(%x init: %v) applies maximum across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>
%r = reduce(%0 init: %w) applies maximum across dimensions = [0] : (tensor<2xi32>, tensor<i32>) -> tensor<i32>""",
        "a block argument is not a constant with one value, and they start from different numbers",
    ),
    Kept(
        "ReduceOfReshape",
        "%x: tensor<3x2xi32>, %v: tensor<i32>",
        """
%0 = reshape %x : (tensor<3x2xi32>) -> tensor<2x3xi32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>""",
        "the reshape does more than add dimensions of size 1",
    ),
    Kept(
        "ReduceOfReshape",
        "%x: tensor<2x1xi32>, %v: tensor<i32>",
        """
%0 = reshape %x : (tensor<2x1xi32>) -> tensor<2xi32>
%r = reduce(%0 init: %v) applies add across dimensions = [0] : (tensor<2xi32>, tensor<i32>) -> tensor<i32>""",
        "the reshape does more than add dimensions of size 1",
    ),
    Kept(
        "ReduceOfReshape",
        "%x: tensor<?x2xi32, #stablehlo.bounds<3, ?>>, %v: tensor<i32>",
        """
%0 = reshape %x : (tensor<?x2xi32, #stablehlo.bounds<3, ?>>) -> tensor<?x1x2xi32, #stablehlo.bounds<3, ?, ?>>
%r = reduce(%0 init: %v) applies add across dimensions = [2] : (tensor<?x1x2xi32, #stablehlo.bounds<3, ?, ?>>, tensor<i32>) -> tensor<?x1xi32, #stablehlo.bounds<3, ?>>""",
        "a size is not known",
    ),
    Kept(
        "ReduceOfTranspose",
        "%x: tensor<3x2xi32>, %v: tensor<i32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<3x2xi32>) -> tensor<2x3xi32>
%r = "stablehlo.reduce"(%0, %v) <{dimensions = array<i64: 0, 1>}> ({
^bb0(%a: tensor<i32>, %b: tensor<i32>):
%z = subtract %a, %b : tensor<i32>
stablehlo.return %z : tensor<i32>
}) : (tensor<2x3xi32>, tensor<i32>) -> tensor<i32>""",
        "its body is not one op like add, and another order rounds otherwise",
    ),
    Kept(
        "ReduceOfTranspose",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = transpose %x, dims = [1, 0] : (tensor<2x3xf32>) -> tensor<3x2xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [0, 1] : (tensor<3x2xf32>, tensor<f32>) -> tensor<f32>""",
        "another order rounds otherwise, and another order rounds otherwise",
    ),
    Kept(
        "ReduceOfReverse",
        "%x: tensor<2x3xi32>, %v: tensor<i32>",
        """
%0 = reverse %x, dims = [1] : tensor<2x3xi32>
%r = "stablehlo.reduce"(%0, %v) <{dimensions = array<i64: 1>}> ({
^bb0(%a: tensor<i32>, %b: tensor<i32>):
%z = subtract %a, %b : tensor<i32>
stablehlo.return %z : tensor<i32>
}) : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>""",
        "its body is not one op like add",
    ),
    Kept(
        "ReduceOfReverse",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = reverse %x, dims = [1] : tensor<2x3xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>""",
        "another order rounds otherwise",
    ),
    Kept(
        "ReduceOfBroadcast",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
%r = reduce(%0 init: %v) applies maximum across dimensions = [1] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>""",
        "it reduces nothing that is repeated",
    ),
    Kept(
        "ReduceOfBroadcast",
        "%x: tensor<3xf32>, %v: tensor<f32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xf32>) -> tensor<0x3xf32>
%r = reduce(%0 init: %v) applies maximum across dimensions = [0] : (tensor<0x3xf32>, tensor<f32>) -> tensor<3xf32>""",
        "it reduces nothing",
    ),
    Kept(
        "ReduceOfBroadcast",
        "%x: tensor<3xi32>, %v: tensor<i32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<3xi32>) -> tensor<2x3xi32>
%r = reduce(%0 init: %v) applies xor across dimensions = [0] : (tensor<2x3xi32>, tensor<i32>) -> tensor<3xi32>""",
        "repetition counts",
    ),
    Kept(
        "ReduceOfBroadcast",
        "%x: tensor<?xf32, #stablehlo.bounds<3>>, %v: tensor<f32>",
        """
%0 = broadcast_in_dim %x, dims = [1] : (tensor<?xf32, #stablehlo.bounds<3>>) -> tensor<2x?xf32, #stablehlo.bounds<?, 3>>
%r = reduce(%0 init: %v) applies maximum across dimensions = [0] : (tensor<2x?xf32, #stablehlo.bounds<?, 3>>, tensor<f32>) -> tensor<?xf32, #stablehlo.bounds<3>>""",
        "is not known before it runs",
    ),
    Kept(
        "ReduceOfPad",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%0 = pad %x, %c, low = [1, 0], high = [0, 0], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x3xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<3x3xf32>, tensor<f32>) -> tensor<3xf32>""",
        "it pads along a dimension that stays",
    ),
    Kept(
        "ReduceOfPad",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%0 = pad %x, %c, low = [0, -1], high = [0, 0], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x2xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x2xf32>, tensor<f32>) -> tensor<2xf32>""",
        "it cuts off",
    ),
    Kept(
        "ReduceOfPad",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%c = constant dense<0.0> : tensor<f32>
%0 = pad %x, %c, low = [0, 1], high = [0, 0], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x4xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2xf32>""",
        "the result of `stablehlo.constant` is 0.0, not -0.0",
    ),
    Kept(
        "ReduceOfPad",
        "%x: tensor<2x2xi32>, %v: tensor<i32>",
        """
%c = constant dense<0> : tensor<i32>
%0 = pad %x, %c, low = [0, 1], high = [0, 0], interior = [0, 0] : (tensor<2x2xi32>, tensor<i32>) -> tensor<2x3xi32>
%r = "stablehlo.reduce"(%0, %v) <{dimensions = array<i64: 1>}> ({
^bb0(%a: tensor<i32>, %b: tensor<i32>):
%z = subtract %a, %b : tensor<i32>
stablehlo.return %z : tensor<i32>
}) : (tensor<2x3xi32>, tensor<i32>) -> tensor<2xi32>""",
        "its body is not one op like add",
    ),
    Kept(
        "ReduceOfPadByInit",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [0, 1], high = [0, 2], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x6xf32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x6xf32>, tensor<f32>) -> tensor<2xf32>""",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "ReduceOfPadByInit",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [1, 0], high = [0, 0], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<3x3xf32>
%r = reduce(%0 init: %v) applies maximum across dimensions = [1] : (tensor<3x3xf32>, tensor<f32>) -> tensor<3xf32>""",
        "it pads along a dimension that stays",
    ),
    Kept(
        "ReduceOfPadByInit",
        "%x: tensor<2x3xf32>, %v: tensor<f32>",
        """
%0 = pad %x, %v, low = [0, 0], high = [0, -1], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x2xf32>
%r = reduce(%0 init: %v) applies maximum across dimensions = [1] : (tensor<2x2xf32>, tensor<f32>) -> tensor<2xf32>""",
        "it cuts off",
    ),
    Kept(
        "ReduceOfPadByInit",
        "%x: tensor<2x3xf32>, %v: tensor<f32>, %w: tensor<f32>",
        """
%0 = pad %x, %v, low = [0, 0], high = [0, 1], interior = [0, 0] : (tensor<2x3xf32>, tensor<f32>) -> tensor<2x4xf32>
%r = reduce(%0 init: %w) applies maximum across dimensions = [1] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2xf32>""",
        "`v` stands for two different values",
    ),
    Kept(
        "ReduceOfConcatenate",
        "%x: tensor<2x3xi32>, %v: tensor<i32>",
        """
%0 = concatenate %x, %x, dim = 0 : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<4x3xi32>
%r = reduce(%0 init: %v) applies maximum across dimensions = [1] : (tensor<4x3xi32>, tensor<i32>) -> tensor<4xi32>""",
        "the dimension is not reduced",
    ),
    Kept(
        "ReduceOfConcatenate",
        "%x: tensor<2x3xi32>, %v: tensor<i32>",
        """
%0 = concatenate %x, %x, dim = 1 : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x6xi32>
%r = reduce(%0 init: %v) applies add across dimensions = [1] : (tensor<2x6xi32>, tensor<i32>) -> tensor<2xi32>""",
        "a block argument is not a constant with one value, and a block argument is not a constant with one value, and a block argument is not a constant with one value",
    ),
    Kept(
        "ReduceOfConcatenate",
        "%x: tensor<2x3xf32>",
        """
%c = constant dense<-0.0> : tensor<f32>
%0 = concatenate %x, %x, dim = 1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x6xf32>
%r = reduce(%0 init: %c) applies add across dimensions = [1] : (tensor<2x6xf32>, tensor<f32>) -> tensor<2xf32>""",
        "another order rounds otherwise",
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
