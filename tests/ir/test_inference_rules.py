"""What op definitions promise about inherited fields, constraints before inference, and groups of operands."""

from __future__ import annotations

import pytest

from couloir.ir.builder import at_end
from couloir.ir.constraints import FLOAT, Holds, SameType, most_specific
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Operands, Result, attr_default, operand, operands, result
from couloir.ir.operation import Block, Operation
from couloir.ir.text.printer import operation_text
from couloir.ir.traits import SameVariadicOperandSize
from couloir.ir.types import TensorType, Type, f32, i32, i64
from couloir.ir.verify import faults


class Base(Operation):
    x: Operand[TensorType]
    y: Operand[TensorType]
    result: Result[TensorType] = result()
    constraints = (SameType("x", "y", "result"),)


class Narrow(Base, name="rules.narrow"):
    x: Operand[TensorType] = operand(elements=FLOAT)


class Axis(Operation, name="rules.axis"):
    x: Operand[TensorType]
    axis: int = attr_default(default=0, printed=True)
    count: int = attr_default(default=1)
    result: Result[TensorType] = result()
    constraints = (
        Holds("`axis` is a dimension", lambda op: 0 <= op.axis < op.x.type.rank, id="R1"),
        Holds("the dimension is even", lambda op: op.x.type.dims[op.axis] % 2 == 0, id="R2"),
        Holds("the result is used once", lambda op: op.result.has_one_use, verify_only=True),
    )
    assembly_format = "$x attr-dict `:` type($x)"

    def infer(self) -> Type:
        return TensorType((self.x.type.dims[self.axis],), f32)


class Pairs(Operation, name="rules.pairs", traits=(SameVariadicOperandSize,)):
    firsts: Operands[Type] = operands(default=())
    middle: Operand[Type]
    seconds: Operands[Type] = operands(default=())


def block(*types: Type) -> Block:
    return Block(types)


def test_a_field_of_a_subclass_replaces_the_inherited_one_in_its_place():
    assert [field.name for field in Narrow.definition.fields] == ["x", "y", "result"]
    x, y = block(TensorType((2,), f32), TensorType((2,), f32)).arguments
    op = Narrow(x, y)
    assert (op.x, op.y) == (x, y)
    a, b = block(TensorType((2,), i32), TensorType((2,), i32)).arguments
    home = Block()
    home.append(Narrow(a, b))
    assert any("elements of float" in error.message for error in faults(home.first_op))


def test_constraints_are_checked_before_types_are_inferred():
    (x,) = block(TensorType((3, 4), f32)).arguments
    assert Axis(x, 1).result.type is TensorType((4,), f32)
    with pytest.raises(Error, match=r"`axis` is a dimension \(R1\)"):
        Axis(x, 2)
    with pytest.raises(Error, match=r"the dimension is even \(R2\)"):
        Axis(x, 0)


def test_the_verifier_reports_the_first_constraint_that_fails_and_those_for_it_alone():
    home = block(TensorType((3, 4), f32))
    with at_end(home):
        op = Axis(home.arguments[0], 1)
    assert [error.message for error in faults(op)] == ["`rules.axis`: the result is used once"]
    op.axis = 5  # the second constraint would stumble over it
    assert [error.message for error in faults(op)] == ["`rules.axis`: `axis` is a dimension (R1)"]


def test_a_printed_default_stands_in_the_pretty_form():
    home = block(TensorType((2,), f32))
    with at_end(home):
        op = Axis(home.arguments[0])
    text = operation_text(op)
    assert "axis = 0" in text
    assert "count" not in text
    assert set(op.attributes) == {"axis", "count"}


def test_variadic_operands_of_one_size_need_no_segments():
    values = block(*[f32] * 5).arguments
    op = Pairs(values[:2], values[2], values[3:])
    assert op.attributes == {}
    assert list(op.firsts) == values[:2]
    assert op.middle is values[2]
    assert list(op.seconds) == values[3:]
    broken = Pairs.create(values[:4])
    assert any("has 4 operands" in error.message for error in faults(broken))


def test_the_most_specific_type():
    left, right = TensorType((None, 3), f32), TensorType((2, None), f32)
    assert most_specific([left, right]) is TensorType((2, 3), f32)
    assert most_specific([i64, i64]) is i64
    x, y = block(left, right).arguments
    assert Narrow(x, y).result.type is TensorType((2, 3), f32)
    x, y = block(left, TensorType((2, 4), f32)).arguments
    with pytest.raises(Error, match="`x`, `y` and `result` have the same type"):
        Narrow(x, y)
