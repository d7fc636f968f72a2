"""Conversions between element types."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

from typing import Final

from ml_dtypes import finfo

from couloir.dialects import hlo
from couloir.dialects.hlo.building import full, sizes_of
from couloir.dialects.hlo.elements import storage_type
from couloir.ir.rewriting import Rewrite, Rule, guard
from couloir.ir.types import bit_width, dtype_of
from couloir.passes.simplification.guards import (
    floats,
    holds_all_of,
    integers,
    same_shape,
    same_type,
)


def _passes_through(x, between, result):
    """Whether converting through a type makes no difference: it has all numbers, and none is out of range afterwards."""
    by_float = integers(x) & floats(between) & integers(result)
    return holds_all_of(between, x) & (holds_all_of(result, x) | ~by_float)


def _not_wider(result, between):
    return guard(bit_width(result.type.element_type) <= bit_width(between.type.element_type), "the result is wider")


def _same_width(*values):
    widths = {bit_width(storage_type(value.type.element_type)) for value in values}
    return guard(len(widths) == 1, "the widths differ")


def _holds_precision(x, exponent_bits, mantissa_bits):
    if not floats(x):
        return floats(x)
    element = x.type.element_type
    mantissa = finfo(dtype_of(element)).nmant
    return guard(mantissa_bits >= mantissa and exponent_bits >= bit_width(element) - 1 - mantissa, "it drops bits")


class IdentityConvert(Rule):
    """convert(x) to the type of x  =>  x"""

    def pattern(x):
        return hlo.Convert(x)

    def where(x, op):
        return same_type(x, op.result)

    def rewrite(x):
        return x


class ConvertWidened(Rule):
    """convert(convert(x))  =>  convert(x), when all numbers of x are in the type between"""

    allow_shared = True

    def pattern(x):
        return hlo.Convert(hlo.Convert(x))

    def where(x, op):
        return same_shape(x, op.result) & _passes_through(x, op.operand, op.result)

    def rewrite(x, op):
        return hlo.Convert(x, result_types=[op.result.type])


class ConvertTruncated(Rule):
    """convert(convert(x))  =>  convert(x), of integers, each type no wider than the one between"""

    allow_shared = True

    def pattern(x):
        return hlo.Convert(hlo.Convert(x))

    def where(x, op):
        return (
            same_shape(x, op.result)
            & integers(x)
            & integers(op.operand)
            & integers(op.result)
            & _not_wider(op.result, op.operand)
        )

    def rewrite(x, op):
        return hlo.Convert(x, result_types=[op.result.type])


class IdentityBitcast(Rule):
    """bitcast_convert(x) to the type of x  =>  x"""

    def pattern(x):
        return hlo.BitcastConvert(x)

    def where(x, op):
        return same_type(x, op.result)

    def rewrite(x):
        return x


class BitcastTwice(Rule):
    """bitcast_convert(bitcast_convert(x))  =>  bitcast_convert(x), of one width"""

    allow_shared = True

    def pattern(x):
        return hlo.BitcastConvert(hlo.BitcastConvert(x))

    def where(x, op):
        return same_shape(x, op.result) & _same_width(x, op.operand, op.result)

    def rewrite(x, op):
        return hlo.BitcastConvert(x, result_types=[op.result.type])


class BitcastAndBack(Rule):
    """bitcast_convert(bitcast_convert(x)) to the type of x  =>  x"""

    allow_shared = True

    def pattern(x):
        return hlo.BitcastConvert(hlo.BitcastConvert(x))

    def where(x, op):
        return same_type(x, op.result)

    def rewrite(x):
        return x


class ReducePrecisionToAll(Rule):
    """reduce_precision(x, e, m)  =>  x, when the type of x has no more than e and m bits"""

    examples = (
        """
        func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
          %r = stablehlo.reduce_precision %x, format = e8m23 : tensor<4xf32>
          return %r : tensor<4xf32>
        }
        """,
    )

    def pattern(x, e, m):
        return hlo.ReducePrecision(x, e, m)

    def where(x, e, m):
        return _holds_precision(x, e, m)

    def rewrite(x):
        return x


class ReducePrecisionTwice(Rule):
    """reduce_precision(reduce_precision(x, e, m), f, n)  =>  reduce_precision(x, e, m), when f >= e and n >= m"""

    def pattern(x, e, m, f, n):
        return hlo.ReducePrecision(hlo.ReducePrecision(x, e, m), f, n)

    def where(x, e, m, f, n):
        return floats(x) & guard(f >= e and n >= m, "the second rounds to less than the first")

    def rewrite(x, e, m):
        return hlo.ReducePrecision(x, e, m)


class RealOfConvert(Rule):
    """real(convert(x))  =>  convert(x) to the part's type"""

    def pattern(x):
        return hlo.Real(hlo.Convert(x))

    def rewrite(x, op):
        return hlo.Convert(x, result_types=[op.result.type])


class ImagOfConvert(Rule):
    """imag(convert(x))  =>  0.0, when x is a float"""

    def pattern(x):
        return hlo.Imag(hlo.Convert(x))

    def where(x):
        return floats(x)

    def rewrite(x, op):
        return full(0, sizes_of(x), op.result.type.element_type)


class IsFiniteOfConvert(Rule):
    """is_finite(convert(x))  =>  is_finite(x), when x is a float and all its numbers are in the type between"""

    def pattern(x):
        return hlo.IsFinite(hlo.Convert(x))

    def where(x, op):
        return floats(x) & holds_all_of(op.x, x)

    def rewrite(x):
        return hlo.IsFinite(x)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    IdentityConvert,
    ConvertWidened,
    ConvertTruncated,
    IdentityBitcast,
    BitcastTwice,
    BitcastAndBack,
    ReducePrecisionToAll,
    ReducePrecisionTwice,
    RealOfConvert,
    ImagOfConvert,
    IsFiniteOfConvert,
)
