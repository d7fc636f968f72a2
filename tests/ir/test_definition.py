"""Op definitions: an annotated class is a constructor, accessors, a verifier; wrong ones say what is wrong."""

from __future__ import annotations

import enum
from collections.abc import Callable

import pytest

from couloir.ir.attributes import DenseArrayAttr, IntegerAttr, StringAttr, enum_attribute
from couloir.ir.builder import at_end
from couloir.ir.constraints import SameType
from couloir.ir.errors import Error
from couloir.ir.fields import (
    Operand,
    Operands,
    OptionalOperand,
    OptionalResult,
    Result,
    Results,
    attr,
    attr_default,
    attr_optional,
    result,
    successor,
)
from couloir.ir.location import FileLineColLoc
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.registry import REGISTRY
from couloir.ir.traits import Pure
from couloir.ir.types import TensorType, Type, f32, i32, i64
from couloir.ir.verify import faults

T = TensorType((2,), f32)


@enum_attribute("dt.color")
class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Add(Operation, name="dt.add", traits=(Pure,)):
    """Adds."""

    lhs: Operand[TensorType]
    rhs: Operand[TensorType]
    result: Result[TensorType] = result()
    constraints = (SameType("lhs", "rhs", "result"),)


class Mixed(Operation, name="dt.mixed"):
    first: Operand[Type]
    some: Operands[Type]
    maybe: OptionalOperand[Type]
    last: Operand[Type]
    out: Result[Type] = result()
    more: Results[Type] = result()
    extra: OptionalResult[Type] = result()


class Middle(Operation, name="dt.middle"):
    first: Operand[Type]
    some: Operands[Type]
    last: Operand[Type]


class Attributes(Operation, name="dt.attributes"):
    size: int
    other: int = attr(key="sizeOther")
    color: Color = attr_default(Color.RED)
    label: str | None = attr_optional()
    dims: tuple[int, ...] = ()
    flag: bool = False


class Holder(Operation, name="dt.holder"):
    body: Region
    others: tuple[Region, ...]


class Jump(Operation, name="dt.jump"):
    target: Block = successor()
    rest: list[Block] = successor()


class Awkward(Operation, name="dt.awkward"):
    """Fields with the names that the written constructor might use itself."""

    operands_: Operands[Type]
    value: int
    index: int
    point: int
    stored: int
    self: int
    error: int


def values(*types: Type) -> list[Value]:
    return list(Block(list(types or (T, T))).arguments)


# -- operands and results --------------------------------------------------------------------------------------------------


def test_calling_the_class_builds_the_op_with_inferred_types() -> None:
    a, b = values()
    op = Add(a, b)
    assert (op.lhs, op.rhs, op.result.type) == (a, b, T)
    assert op.location.label == ""
    assert op.parent is None
    assert Add(op, rhs=b, loc=FileLineColLoc("a", 1, 2)).location.label == "a:1:2"
    block = Block([T])
    with at_end(block):
        made = Add(block.arguments[0], block.arguments[0])
    assert list(block.ops) == [made]


def test_of_two_types_the_result_has_the_one_that_says_more() -> None:
    a, b = values(TensorType((None,), f32), T)
    assert Add(a, b).result.type is T
    assert Add(b, a).result.type is T
    assert Add(a, a).result.type is a.type


def test_groups_of_operands_and_results_are_told_apart() -> None:
    a, b, c, d, e = values(*[T] * 5)
    op = Mixed(a, [b, c], d, e, result_types=[f32, i32, i64])
    assert (op.first, op.some, op.maybe, op.last) == (a, (b, c), d, e)
    assert op.attributes["operandSegmentSizes"] is DenseArrayAttr(i32, (1, 2, 1, 1))
    assert op.out.type is f32
    assert [v.type for v in op.more] == [i32, i64]
    assert op.extra is None
    bare = Mixed(a, last=e, result_types=[f32])
    assert (bare.some, bare.maybe, bare.last, bare.more) == ((), None, e, ())


def test_groups_are_assigned() -> None:
    a, b, c, d = values(*[T] * 4)
    op = Mixed(a, [b], None, d, result_types=[f32])
    op.some = [c, c, b]
    op.maybe = a
    op.first = d
    assert (op.first, op.some, op.maybe, op.last) == (d, (c, c, b), a, d)
    op.maybe = None
    assert faults(op) == []
    assert b.use_count == 1
    assert c.use_count == 2
    with pytest.raises(Error, match="cannot be assigned"):
        op.out = a


@pytest.mark.parametrize("count", [0, 1, 3])
def test_one_variadic_operand_needs_no_sizes(count: int) -> None:
    a, b, *rest = values(*[T] * (count + 2))
    op = Middle(a, rest, b)
    assert (op.first, op.some, op.last) == (a, tuple(rest), b)
    assert op.attributes == {}


# -- attributes ------------------------------------------------------------------------------------------------------------


def test_attributes_are_python_values() -> None:
    op = Attributes(3, 4)
    assert (op.size, op.other, op.color, op.label, op.dims, op.flag) == (3, 4, Color.RED, None, (), False)
    assert "sizeOther" in op.attributes
    assert "label" not in op.attributes
    op.color = Color.BLUE
    op.label = "x"
    op.dims = (1, 2)
    op.flag = True
    op.size = 9
    assert (op.size, op.color, op.label, op.dims, op.flag) == (9, Color.BLUE, "x", (1, 2), True)
    op.label = None
    assert "label" not in op.attributes
    assert faults(op) == []


def test_an_attribute_may_be_given_as_it_is_stored() -> None:
    stored = IntegerAttr(3, i64)
    assert Attributes(stored, 4).attributes["size"] is stored
    assert Attributes(3, 4, label=StringAttr("x")).label == "x"


def test_an_attribute_that_is_missing_is_named_when_read() -> None:
    op = Attributes.create()
    with pytest.raises(Error, match=r"`dt.attributes` lacks its attribute `sizeOther`"):
        _ = op.other
    assert op.color is Color.RED


def test_a_field_may_have_any_name() -> None:
    (a,) = values(T)
    op = Awkward([a, a], 1, 2, 3, 4, 5, 6)
    assert (op.value, op.index, op.point, op.stored, op.self, op.error) == (1, 2, 3, 4, 5, 6)
    assert a.use_count == 2


# -- regions and successors --------------------------------------------------------------------------------------------------


def test_regions_and_successors() -> None:
    one, two, three = Region(), Region([Block()]), Region()
    op = Holder(one, [two, three])
    assert op.body is one
    assert op.others == (two, three)
    assert two.parent is op
    assert Holder().body.is_empty
    with pytest.raises(Error, match="regions are not assigned"):
        op.body = Region()
    a, b, c = Block(), Block(), Block()
    jump = Jump(a, [b, c])
    assert (jump.target, jump.rest) == (a, (b, c))
    jump.target = b
    jump.rest = [a]
    assert jump.successors == (b, a)


# -- inheritance -------------------------------------------------------------------------------------------------------------


def test_a_subclass_keeps_the_fields_and_may_replace_one() -> None:
    class Base(Operation):
        x: Operand[Type]
        axis: int = 0

    class Child(Base, name="dt.child", traits=(Pure,)):
        axis: int = 5
        keep: bool = False

    (a,) = values(T)
    op = Child(a)
    assert [f.name for f in Child.definition.fields] == ["x", "axis", "keep"]
    assert (op.x, op.axis, op.keep) == (a, 5, False)
    assert Child.has_trait(Pure)
    assert not Base.has_trait(Pure)


def test_a_class_in_a_function_sees_the_names_around_it_and_replaces_an_earlier_one() -> None:
    Alias = TensorType

    class Again(Operation, name="dt.again"):
        x: Operand[Alias]

    first = Again

    class Again(Operation, name="dt.again"):
        x: Operand[Alias]
        y: Operand[Alias]

    assert REGISTRY.operation("dt.again") is Again
    assert REGISTRY.operation("dt.again") is not first
    a, b = values()
    assert Again(a, b).y is b
    assert first(a).x is a


# -- errors ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda a, b: Add(a, 3), "`rhs` of `dt.add`: an operand is a value or an op with one result, not int 3"),
        (lambda a, b: Middle(a, [b, "x"], b), "`some[1]` of `dt.middle`"),
        (lambda a, b: Middle(a, b, b), "`some` of `dt.middle` takes several values"),
        (lambda a, b: Middle(a, 7, b), "`some` of `dt.middle` takes a list of values, not 7"),
        (lambda a, b: Mixed(a, [], 3, b, result_types=[T]), "`maybe` of `dt.mixed`"),
        (lambda a, b: Attributes("x", 1), "`size` of `dt.attributes` is"),
        (lambda a, b: Attributes(1, 1, color="green"), "`color` of `dt.attributes`: 'green' is not one of red, blue"),
        (lambda a, b: Attributes(1, 1, dims=3), "`dims` of `dt.attributes` is"),
        (lambda a, b: Mixed(a, [], None, b), "the type of `out` of `dt.mixed` does not follow"),
        (lambda a, b: Add(a, values(TensorType((3,), f32))[0]), "have the same type"),
    ],
)
def test_what_a_constructor_refuses_is_named_and_leaves_no_trace(build: Callable[..., object], message: str) -> None:
    a, b = values()
    with pytest.raises(Error) as caught:
        build(a, b)
    assert message in caught.value.message
    assert not a.has_uses
    assert not b.has_uses


def test_a_failed_constructor_gives_the_regions_back() -> None:
    class Fussy(Operation, name="dt.fussy"):
        body: Region
        result: Result[Type] = result()

        def infer(self):
            return [self.body.block.arguments[0].type]

    region = Region()
    with pytest.raises(Error, match="no block"):
        Fussy(region)
    assert region.parent is None
    region.add_block([f32])
    assert Fussy(region).result.type is f32


def test_the_operands_are_told_when_inference_fails() -> None:
    a, b = values(T, TensorType((3,), f32))
    with pytest.raises(Error) as caught:
        Add(a, b)
    assert caught.value.notes == ("lhs: tensor<2xf32>", "rhs: tensor<3xf32>")


def test_a_definition_that_cannot_be_is_refused() -> None:
    with pytest.raises(Error, match=r"an op's name is `dialect.op`"):

        class NoDot(Operation, name="nodot"):
            pass

    with pytest.raises(Error, match="the name of something that every op has"):

        class Clash(Operation, name="dt.clash"):
            parent: int

    with pytest.raises(Error, match="starts with an underscore"):

        class Hidden(Operation, name="dt.hidden"):
            _x: int

    with pytest.raises(Error, match=r"the annotation of `Unknown.x`"):

        class Unknown(Operation, name="dt.unknown"):
            x: Operand[Nowhere]  # noqa: F821 -- the mistake

    with pytest.raises(Error, match="no field `y`"):
        Add.definition.field("y")


def test_the_written_constructor_can_be_read() -> None:
    Add(*values())
    assert "def __init__(_self, lhs, rhs, *, result_types=None, loc=None)" in Add.definition.constructor_source
    assert Add.__init__.__doc__ == "Adds."
