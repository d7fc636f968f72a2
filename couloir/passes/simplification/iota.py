"""Iota, and sizes as numbers."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, guard
from couloir.ir.types import FloatType, IntegerType
from couloir.passes.simplification.examples import program


class IotaOfOne(Rule):
    """iota  =>  constant 0, when the dimension has size 1"""

    def pattern(d):
        return hlo.Iota(d)

    def where(d, op):
        return guard(op.output.type.dims[d] == 1, "it counts")

    def rewrite(op):
        type = op.output.type
        return hlo.constant(0, type.element_type, shape=type.shape)


class ConvertOfIota(Rule):
    """convert(iota)  =>  iota of the other type, when both types have all the numbers"""

    examples = (
        program(
            "",
            """
            %0 = iota dim = 0 : tensor<4x3xui2>
            %r = convert %0 : (tensor<4x3xui2>) -> tensor<4x3xi32>""",
        ),
        program(
            "",
            """
            %0 = iota dim = 1 : tensor<3x2xf32>
            %r = convert %0 : (tensor<3x2xf32>) -> tensor<3x2xi2>""",
        ),
    )

    def pattern(d):
        return hlo.Convert(hlo.Iota(d))

    def where(d, op):
        count = op.operand.type.dims[d]
        types = op.operand.type.element_type, op.result.type.element_type
        return guard(op.result.type.dims == op.operand.type.dims, "the shapes are declared differently") & guard(
            all(count <= whole_numbers(type) for type in types), "a type does not have all the numbers"
        )

    def rewrite(d, op):
        return hlo.Iota(d, result_types=[op.result.type])


def whole_numbers(type):
    """How many whole numbers from 0 on a type has at least, without gaps; 0 for types of which this is not known."""
    if isinstance(type, FloatType):
        return _EXACT.get(str(type), 0)
    if isinstance(type, IntegerType):
        return 1 << (type.width - (type.signedness != "unsigned"))
    return 0


_EXACT: Final = {"f64": 1 << 53, "f32": 1 << 24, "f16": 1 << 11, "bf16": 1 << 8}
"""2 to the number of bits that a float carries."""


class SizeOfDimension(Rule):
    """get_dimension_size(x)  =>  constant, when the size is known"""

    examples = (
        program(
            "%x: tensor<?x3xf32>",
            """
            %r = get_dimension_size %x, dim = 1 : (tensor<?x3xf32>) -> tensor<i32>""",
        ),
    )

    def pattern(x, d):
        return hlo.GetDimensionSize(x, d)

    def where(x, d):
        return guard(x.type.dims[d] is not None, "the size is not known")

    def rewrite(x, d, op):
        return hlo.constant(x.type.dims[d], op.result.type.element_type)


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    IotaOfOne,
    ConvertOfIota,
    SizeOfDimension,
)
