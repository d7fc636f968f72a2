"""Reduce window.

Windows of one element, and windows that take in everything, are slices and reductions.
"""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Guard, Rewrite, Rule, guard
from couloir.passes.simplification.examples import program
from couloir.passes.simplification.reducers import copy_of_body, is_neutral, reducer_of


def _takes_one(op) -> Guard:
    """Whether each window has one element, of the input itself."""
    windows = op.window
    return (
        guard(all(window.size == 1 for window in windows), "windows have several elements")
        & guard(not any(window.padding_low or window.padding_high for window in windows), "there is padding")
        & guard(all(window.base_dilation == 1 for window in windows), "there is padding between elements")
        & guard(reducer_of(op) is not None, "its body is not one op like add")
    )


def _every(op, x):
    """The elements on which windows start."""
    zeros = (0,) * x.type.rank
    return hlo.Slice(x, zeros, x.type.shape, tuple(window.stride for window in op.window))


class WindowOfOne(Rule):
    """reduce_window(x, init)  =>  slice(x), by windows of one element, when init is the neutral number"""

    examples = (
        program(
            "%x: tensor<3x4xf32>",
            """
            %c = constant dense<-0.0> : tensor<f32>
            %r = "stablehlo.reduce_window"(%x, %c)
              <{window_dimensions = array<i64: 1, 1>, window_strides = array<i64: 2, 1>}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            %z = add %a, %b : tensor<f32>
            stablehlo.return %z : tensor<f32>
            }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<2x4xf32>""",
        ),
        program(
            "%x: tensor<5x4xi32>",
            """
            %c = constant dense<0> : tensor<i32>
            %r = "stablehlo.reduce_window"(%x, %c)
              <{window_dimensions = array<i64: 1, 1>, window_strides = array<i64: 2, 1>,
              base_dilations = array<i64: 1, 1>, window_dilations = array<i64: 1, 1>,
              padding = dense<0> : tensor<2x2xi64>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<5x4xi32>, tensor<i32>) -> tensor<3x4xi32>""",
        ),
        program(
            "%x: tensor<3xi32>",
            """
            %c = constant dense<0> : tensor<i32>
            %0 = "stablehlo.reduce_window"(%x, %c)
              <{window_dimensions = array<i64: 1>, padding = dense<0> : tensor<1x2xi64>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<3xi32>, tensor<i32>) -> tensor<3xi32>
            %1 = "stablehlo.reduce_window"(%x, %c)
              <{window_dimensions = array<i64: 1>, padding = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<3xi32>, tensor<i32>) -> tensor<4xi32>
            %r = concatenate %0, %1, dim = 0 : (tensor<3xi32>, tensor<4xi32>) -> tensor<7xi32>""",
        ),
    )

    def pattern(x, init, size, stride, base, dilation, padding):
        return hlo.ReduceWindow([x], [init], size, stride, base, dilation, padding)

    def where(init, op):
        return _takes_one(op) and is_neutral(init, reducer_of(op))

    def rewrite(x, op):
        return _every(op, x)


class WindowOfOneFromInit(Rule):
    """reduce_window(x, init) with f  =>  f(init, slice(x)), by windows of one element"""

    examples = (
        program(
            "%x: tensor<3x4xf32>, %v: tensor<f32>",
            """
            %r = "stablehlo.reduce_window"(%x, %v)
              <{window_dimensions = array<i64: 1, 1>, window_strides = array<i64: 2, 1>}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            %z = add %a, %b : tensor<f32>
            stablehlo.return %z : tensor<f32>
            }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<2x4xf32>""",
        ),
        program(
            "%x: tensor<5x4xi32>, %v: tensor<i32>",
            """
            %r = "stablehlo.reduce_window"(%x, %v)
              <{window_dimensions = array<i64: 1, 1>, window_strides = array<i64: 2, 1>,
              base_dilations = array<i64: 1, 1>, window_dilations = array<i64: 1, 1>,
              padding = dense<0> : tensor<2x2xi64>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<5x4xi32>, tensor<i32>) -> tensor<3x4xi32>""",
        ),
        program(
            "%x: tensor<3xi32>, %v: tensor<i32>",
            """
            %0 = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 1>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<3xi32>, tensor<i32>) -> tensor<3xi32>
            %1 = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 2>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<3xi32>, tensor<i32>) -> tensor<2xi32>
            %r = concatenate %0, %1, dim = 0 : (tensor<3xi32>, tensor<2xi32>) -> tensor<5xi32>""",
        ),
    )

    def pattern(x, init, size, stride, base, dilation, padding):
        return hlo.ReduceWindow([x], [init], size, stride, base, dilation, padding)

    def where(op):
        return _takes_one(op)

    def rewrite(x, init, op):
        repeated = hlo.BroadcastInDim(init, (), result_types=[op.outputs[0].type])
        return reducer_of(op)(repeated, _every(op, x))


class WholeWindow(Rule):
    """reduce_window(x)  =>  reshape(reduce(x)), by one window of all elements along some dimensions, and of one along others"""

    examples = (
        program(
            "%x: tensor<3x4xf32>, %v: tensor<f32>",
            """
            %r = "stablehlo.reduce_window"(%x, %v)
              <{window_dimensions = array<i64: 3, 1>, window_strides = array<i64: 2, 1>}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            %z = maximum %a, %b : tensor<f32>
            stablehlo.return %z : tensor<f32>
            }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<1x4xf32>""",
        ),
        program(
            "%x: tensor<3x4xi32>, %v: tensor<i32>",
            """
            %r = "stablehlo.reduce_window"(%x, %v)
              <{window_dimensions = array<i64: 3, 1>, window_strides = array<i64: 2, 1>,
              base_dilations = array<i64: 1, 1>, window_dilations = array<i64: 1, 1>,
              padding = dense<0> : tensor<2x2xi64>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<3x4xi32>, tensor<i32>) -> tensor<1x4xi32>""",
        ),
        program(
            "%x: tensor<3xi32>, %v: tensor<i32>",
            """
            %0 = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 3>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<3xi32>, tensor<i32>) -> tensor<1xi32>
            %1 = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 2>, window_dilations = array<i64: 2>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<3xi32>, tensor<i32>) -> tensor<1xi32>
            %2 = "stablehlo.reduce_window"(%x, %v) <{window_dimensions = array<i64: 3>, base_dilations = array<i64: 2>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<3xi32>, tensor<i32>) -> tensor<3xi32>
            %r = concatenate %0, %1, %2, dim = 0 : (tensor<1xi32>, tensor<1xi32>, tensor<3xi32>) -> tensor<5xi32>""",
        ),
    )

    def pattern(x, init, size, stride, base, dilation, padding):
        return hlo.ReduceWindow([x], [init], size, stride, base, dilation, padding)

    def where(x, op):
        ways = list(zip(x.type.shape, op.window, strict=True))
        return (
            guard(not any(window.padding_low or window.padding_high for _, window in ways), "there is padding")
            & guard(all(window.base_dilation == 1 for _, window in ways), "there is padding between elements")
            & guard(
                all(size == window.dilated_size or (window.size == 1 and window.stride == 1) for size, window in ways),
                "there are several windows of several elements",
            )
            & guard(all(window.window_dilation == 1 or window.size == 1 for _, window in ways), "windows have holes")
        )

    def rewrite(x, init, size, op):
        axes = tuple(axis for axis in range(x.type.rank) if size[axis] != 1)
        reduced = hlo.Reduce([x], [init], axes, copy_of_body(op.body))
        return hlo.Reshape(reduced.outputs[0], result_types=[op.outputs[0].type])


class WindowOfPad(Rule):
    """reduce_window(pad(x, v), v)  =>  reduce_window(x, v) with the padding of both"""

    examples = (
        program(
            "%x: tensor<3xf32>, %v: tensor<f32>",
            """
            %0 = pad %x, %v, low = [1], high = [-1], interior = [1] : (tensor<3xf32>, tensor<f32>) -> tensor<5xf32>
            %r = "stablehlo.reduce_window"(%0, %v)
              <{window_dimensions = array<i64: 2>, padding = dense<[[1, -1]]> : tensor<1x2xi64>}> ({
            ^bb0(%a: tensor<f32>, %b: tensor<f32>):
            %z = add %a, %b : tensor<f32>
            stablehlo.return %z : tensor<f32>
            }) : (tensor<5xf32>, tensor<f32>) -> tensor<4xf32>""",
        ),
        program(
            "%x: tensor<4xi32>, %v: tensor<i32>",
            """
            %0 = pad %x, %v, low = [-1], high = [1], interior = [0] : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
            %1 = pad %x, %v, low = [1], high = [-1], interior = [0] : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
            %5 = pad %x, %v, low = [-1], high = [1], interior = [0] : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
            %2 = "stablehlo.reduce_window"(%0, %v)
              <{window_dimensions = array<i64: 2>, padding = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
            %3 = "stablehlo.reduce_window"(%5, %v)
              <{window_dimensions = array<i64: 2>, padding = dense<[[1, 0]]> : tensor<1x2xi64>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
            %4 = "stablehlo.reduce_window"(%1, %v)
              <{window_dimensions = array<i64: 2>, padding = dense<[[0, 1]]> : tensor<1x2xi64>}> ({
            ^bb0(%a: tensor<i32>, %b: tensor<i32>):
            %z = add %a, %b : tensor<i32>
            stablehlo.return %z : tensor<i32>
            }) : (tensor<4xi32>, tensor<i32>) -> tensor<4xi32>
            %r = concatenate %2, %3, %4, dim = 0 : (tensor<4xi32>, tensor<4xi32>, tensor<4xi32>) -> tensor<12xi32>""",
        ),
    )

    def pattern(x, v, low, high, inner, size, stride, dilation, padding):
        return hlo.ReduceWindow([hlo.Pad(x, v, low, high, inner)], [v], size, stride, None, dilation, padding)

    def where(low, high, padding):
        amounts = padding or ((0, 0),) * len(low)
        pairs = [*zip(low, (a for a, _ in amounts), strict=True), *zip(high, (b for _, b in amounts), strict=True)]
        return guard(all(first >= 0 or second <= 0 for first, second in pairs), "it puts back what was cut off")

    def rewrite(x, v, low, high, inner, size, stride, dilation, padding, op):
        amounts = padding or ((0, 0),) * len(low)
        both = tuple((a + c, b + d) for a, b, (c, d) in zip(low, high, amounts, strict=True))
        base = tuple(between + 1 for between in inner)
        return hlo.ReduceWindow([x], [v], size, stride, base, dilation, both, copy_of_body(op.body))


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    WindowOfOne,
    WindowOfOneFromInit,
    WholeWindow,
    WindowOfPad,
)
