"""The check dialect: what a program expects of its values, as StableHLO's own test files say it.

Source: openxla/stablehlo, stablehlo/tests/CheckOps.td (names, defaults and pretty forms are upstream's).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from couloir.dialects.hlo.elements import ANY
from couloir.dialects.hlo.shape import ELEMENTS
from couloir.ir.attribute import Attribute
from couloir.ir.attributes import DenseElementsAttr, DenseResourceAttr, FloatAttr
from couloir.ir.codecs import integer
from couloir.ir.constraints import COMPLEX, FLOAT, ElementTypes, Holds, SameType
from couloir.ir.fields import Operand, attr, attr_optional, operand
from couloir.ir.operation import Operation
from couloir.ir.text.format_values import number_text
from couloir.ir.types import IntegerType, ShapedType, TensorType, f64

if TYPE_CHECKING:
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer

__all__ = ["ExpectAlmostEq", "ExpectAlmostEqConst", "ExpectClose", "ExpectEq", "ExpectEqConst", "ExpectSerializedEq"]

NUMBERS: Final[ElementTypes] = FLOAT | COMPLEX
_UI64: Final = integer(IntegerType(64, "unsigned"))
_UI32: Final = integer(IntegerType(32, "unsigned"))
TOLERANCE: Final = 1e-4
"""How far apart numbers that are almost equal may be."""


class ExpectEq(Operation, name="check.expect_eq"):
    """Both tensors are equal; NaN equals nothing."""

    lhs: Operand[TensorType] = operand(elements=ANY)
    rhs: Operand[TensorType] = operand(elements=ANY)

    constraints = (SameType("lhs", "rhs"),)
    assembly_format = "$lhs `,` $rhs attr-dict `:` type($lhs)"


class ExpectAlmostEq(Operation, name="check.expect_almost_eq"):
    """No element is further than `tolerance` from its fellow."""

    lhs: Operand[TensorType] = operand(elements=NUMBERS)
    rhs: Operand[TensorType] = operand(elements=NUMBERS)
    tolerance: float = attr_optional(default=TOLERANCE)

    constraints = (SameType("lhs", "rhs"),)
    assembly_format = "$lhs `,` $rhs (`,` `tolerance` `=` $tolerance^)? attr-dict `:` type($lhs)"


class ExpectClose(Operation, name="check.expect_close"):
    """All elements are from `min_ulp_difference` to `max_ulp_difference` units in the last place from their fellows."""

    actual: Operand[TensorType] = operand(elements=NUMBERS)
    expected: Operand[TensorType] = operand(elements=NUMBERS)
    max_ulp_difference: int = attr(codec=_UI64)
    min_ulp_difference: int = attr_optional(default=0, codec=_UI64)

    constraints = (SameType("actual", "expected"),)
    assembly_format = (
        "$actual `,` $expected `,` `max_ulp_difference` `=` $max_ulp_difference "
        "(`,` `min_ulp_difference` `=` $min_ulp_difference^)? `:` attr-dict type($actual) `,` type($expected)"
    )


class ExpectSerializedEq(Operation, name="check.expect_serialized_eq"):
    """The tensor equals what the `interpreter.probe` of this name saw when it ran for the `iteration`-th time."""

    expected: Operand[TensorType] = operand(elements=ANY)
    probe_id: str = attr()
    iteration: int = attr_optional(default=0, codec=_UI32)

    assembly_format = (
        "$expected `,` `probe_id` `=` $probe_id (`,` `iter` `=` $iteration^)? attr-dict `:` type($expected)"
    )


def _has_type_of_value(op: ExpectEqConst | ExpectAlmostEqConst) -> bool | str:
    return op.value.type is op.lhs.type or f"`lhs` is `{op.lhs.type}`, `value` is `{op.value.type}`"


_OF_VALUE: Final = Holds("`lhs` and `value` have the same type", _has_type_of_value)


def _parse_operand_and_value(p: Parser) -> tuple[Any, dict[str, Attribute]]:
    name = p.operand_name()
    p.expect(",")
    at = p.position
    value = p.attribute()
    type = value.type if isinstance(value, DenseElementsAttr | DenseResourceAttr) else None
    if not isinstance(type, ShapedType):
        raise p.error("expected the elements of a tensor, `dense<...> : tensor<...>`", at=at)
    return p.resolve(name, type), {"value": value}


def _print_operand_and_value(p: Printer, op: ExpectEqConst | ExpectAlmostEqConst) -> None:
    p.write(" ")
    p.operand(op.lhs)
    p.write(", ")
    p.attribute(op.value)


class ExpectEqConst(Operation, name="check.expect_eq_const"):
    """The tensor equals a constant."""

    lhs: Operand[TensorType] = operand(elements=ANY)
    value: DenseElementsAttr | DenseResourceAttr = attr(codec=ELEMENTS)

    constraints = (_OF_VALUE,)

    def print(self, p: Printer) -> None:
        _print_operand_and_value(p, self)
        p.attr_dict(self, elided=("value",))

    @classmethod
    def parse(cls, p: Parser) -> Operation:
        lhs, attributes = _parse_operand_and_value(p)
        return p.build(cls, [lhs], {**p.attr_dict(), **attributes})


class ExpectAlmostEqConst(Operation, name="check.expect_almost_eq_const"):
    """No element of the tensor is further than `tolerance` from that of a constant."""

    lhs: Operand[TensorType] = operand(elements=NUMBERS)
    value: DenseElementsAttr | DenseResourceAttr = attr(codec=ELEMENTS)
    tolerance: float = attr_optional(default=TOLERANCE)

    constraints = (_OF_VALUE,)

    def print(self, p: Printer) -> None:
        _print_operand_and_value(p, self)
        if self.tolerance != TOLERANCE:
            p.write(", tolerance = ", number_text(p, self.tolerance, f64))
        p.attr_dict(self, elided=("value", "tolerance"))

    @classmethod
    def parse(cls, p: Parser) -> Operation:
        lhs, attributes = _parse_operand_and_value(p)
        if p.optional(","):
            p.expect_keyword("tolerance")
            p.expect("=")
            at = p.position
            tolerance = p.attribute(f64)
            if not isinstance(tolerance, FloatAttr):
                raise p.error("expected a number", at=at)
            attributes["tolerance"] = tolerance
        return p.build(cls, [lhs], {**p.attr_dict(), **attributes})
