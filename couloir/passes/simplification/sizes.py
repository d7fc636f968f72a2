"""Ops that take sizes and positions as operands.

Where these are known the op is the one that has them as attributes.
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
from couloir.dialects.shapes import constant_integers
from couloir.ir.errors import Error
from couloir.ir.rewriting import NoMatch, Rewrite, Rule
from couloir.passes.refine_shapes import STATIC_FORMS
from couloir.passes.simplification.axes import is_static
from couloir.passes.simplification.examples import program


def _static_form(op, *lists):
    """The op that has the sizes as attributes."""
    known = [constant_integers(each) for each in lists]
    if None in known:
        raise NoMatch("a size or position is not known")
    try:
        made = STATIC_FORMS[type(op)](op, *(tuple(_flat(each)) for each in known))
    except Error as error:  # sizes that no program may have
        raise NoMatch(error.message) from error
    if made.results[0].type is not op.result.type:
        raise NoMatch(f"it gives `{made.results[0].type}` where `{op.result.type}` is declared")
    return made


def _flat(numbers):
    return [number for item in numbers for number in (item if isinstance(item, list) else [item])]


class DynamicReshapeIsReshape(Rule):
    """dynamic_reshape(x, sizes)  =>  reshape(x), when the type says the sizes"""

    examples = (
        program(
            "%x: tensor<2x3xf32>",
            """
            %0 = constant dense<[3, 2]> : tensor<2xi32>
            %r = dynamic_reshape %x, %0 : (tensor<2x3xf32>, tensor<2xi32>) -> tensor<3x2xf32>""",
        ),
    )

    def pattern(x, sizes):
        return hlo.DynamicReshape(x, sizes)

    def rewrite(x, op):
        return hlo.Reshape(x, result_types=[op.result.type])


class DynamicBroadcastIsBroadcast(Rule):
    """dynamic_broadcast_in_dim(x, sizes, d)  =>  broadcast_in_dim(x, d), when the type says the sizes"""

    def pattern(x, sizes, d, expanding, others):
        return hlo.DynamicBroadcastInDim(x, sizes, d, expanding, others)

    def where(x, op):
        return is_static(x, op.result)

    def rewrite(x, d, op):
        return hlo.BroadcastInDim(x, d, result_types=[op.result.type])


class DynamicIotaIsIota(Rule):
    """dynamic_iota(sizes, d)  =>  iota(d), when the type says the sizes"""

    examples = (
        program(
            "",
            """
            %0 = constant dense<[3, 2]> : tensor<2xi32>
            %r = dynamic_iota %0, dim = 1 : (tensor<2xi32>) -> tensor<3x2xf32>""",
        ),
    )

    def pattern(sizes, d):
        return hlo.DynamicIota(sizes, d)

    def rewrite(d, op):
        return hlo.Iota(d, result_types=[op.result.type])


class DynamicPadIsPad(Rule):
    """dynamic_pad(x, v, constants)  =>  pad(x, v)"""

    examples = (
        program(
            "%x: tensor<2xf32>, %v: tensor<f32>",
            """
            %0 = constant dense<1> : tensor<1xi32>
            %1 = constant dense<0> : tensor<1xi32>
            %r = dynamic_pad %x, %v, %0, %1, %0
              : (tensor<2xf32>, tensor<f32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<4xf32>""",
        ),
    )

    def pattern(x, v, low, high, inner):
        return hlo.DynamicPad(x, v, low, high, inner)

    def rewrite(low, high, inner, op):
        return _static_form(op, low, high, inner)


class RealDynamicSliceIsSlice(Rule):
    """real_dynamic_slice(x, constants)  =>  slice(x)"""

    examples = (
        program(
            "%x: tensor<5xf32>",
            """
            %0 = constant dense<1> : tensor<1xi32>
            %1 = constant dense<5> : tensor<1xi32>
            %2 = constant dense<2> : tensor<1xi32>
            %r = real_dynamic_slice %x, %0, %1, %2 : (tensor<5xf32>, tensor<1xi32>, tensor<1xi32>, tensor<1xi32>)
              -> tensor<2xf32>""",
        ),
    )

    def pattern(x, start, limit, strides):
        return hlo.RealDynamicSlice(x, start, limit, strides)

    def rewrite(start, limit, strides, op):
        return _static_form(op, start, limit, strides)


class DynamicGatherIsGather(Rule):
    """dynamic_gather(x, at, constants)  =>  gather(x, at)"""

    examples = (
        program(
            "%x: tensor<4x5xf32>, %i: tensor<2xi32>",
            """
            %0 = constant dense<[3, 1]> : tensor<2xi32>
            %r = "stablehlo.dynamic_gather"(%x, %i, %0)
              <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1],
              start_index_map = [1, 0], index_vector_dim = 0>}> : (tensor<4x5xf32>, tensor<2xi32>, tensor<2xi32>)
              -> tensor<3xf32>""",
        ),
        program(
            "%x: tensor<4x5xf32>, %i: tensor<2xi32>, %s: tensor<2xi32>",
            """
            %0 = constant dense<[3, 1]> : tensor<2xi32>
            %1 = "stablehlo.dynamic_gather"(%x, %i, %s)
            <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1],
            start_index_map = [1, 0], index_vector_dim = 0>}> : (tensor<4x5xf32>, tensor<2xi32>, tensor<2xi32>) -> tensor<3xf32>
            %r = "stablehlo.dynamic_gather"(%x, %i, %0)
            <{dimension_numbers = #stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1],
            start_index_map = [1, 0], index_vector_dim = 0>}> : (tensor<4x5xf32>, tensor<2xi32>, tensor<2xi32>) -> tensor<3xf32>""",
        ),
    )

    def pattern(x, at, sizes, numbers, ordered):
        return hlo.DynamicGather(x, at, sizes, numbers, ordered)

    def rewrite(sizes, op):
        return _static_form(op, sizes)


class DynamicConvIsConvolution(Rule):
    """dynamic_conv(x, w, constants)  =>  convolution(x, w)"""

    examples = (
        program(
            "%x: tensor<2x5x3xi32>, %w: tensor<2x3x4xi32>",
            """
            %0 = constant dense<[[1, 0]]> : tensor<1x2xi32>
            %r = "stablehlo.dynamic_conv"(%x, %w, %0)
              <{batch_group_count = 1 : i64, feature_group_count = 1 : i64,
              dimension_numbers = #stablehlo.conv<[b, 0, f]x[0, i, o]->[b, 0, f]>}>
              : (tensor<2x5x3xi32>, tensor<2x3x4xi32>, tensor<1x2xi32>) -> tensor<2x5x4xi32>""",
        ),
    )

    def pattern(x, w, padding, strides, dilation, holes, reversal, numbers, groups, batches, precision):
        return hlo.DynamicConv(
            x, w, padding, strides, dilation, holes, reversal,
            dimension_numbers=numbers, feature_group_count=groups, batch_group_count=batches, precision_config=precision,
        )  # fmt: skip

    def rewrite(padding, op):
        return _static_form(op, padding)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DynamicReshapeIsReshape,
    DynamicBroadcastIsBroadcast,
    DynamicIotaIsIota,
    DynamicPadIsPad,
    RealDynamicSliceIsSlice,
    DynamicGatherIsGather,
    DynamicConvIsConvolution,
)
