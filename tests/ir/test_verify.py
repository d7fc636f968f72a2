"""The verifier: one program for each fault, each of which is found, named and placed; well-formed neighbours pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from couloir.ir.attributes import DenseArrayAttr, IntegerAttr, StringAttr, SymbolRefAttr
from couloir.ir.codecs import SYMBOL
from couloir.ir.constraints import SameType
from couloir.ir.errors import Error, VerifyError
from couloir.ir.fields import Operand, Operands, OptionalOperand, Result, attr, attr_optional, region, result, successor
from couloir.ir.location import FileLineColLoc
from couloir.ir.operation import Block, Operation, Region, UnregisteredOp, Value
from couloir.ir.text.parser import parse_module_op
from couloir.ir.traits import (
    ConstantLike,
    GraphRegion,
    IsolatedFromAbove,
    IsTerminator,
    NoTerminator,
    SingleBlock,
    SymbolTable,
)
from couloir.ir.types import TensorType, f32, i32
from couloir.ir.verify import faults, verify


class Def(Operation, name="vt.def"):
    result: Result = result()

    def infer(self):
        return f32


class Use(Operation, name="vt.use"):
    inputs: Operands


class Neg(Operation, name="vt.neg"):
    x: Operand[TensorType]
    result: Result[TensorType] = result()
    constraints = (SameType("x", "result"),)


class Many(Operation, name="vt.many"):
    some: Operands
    maybe: OptionalOperand


class Sized(Operation, name="vt.sized"):
    size: int


class Odd(Operation, name="vt.odd"):
    size: int

    def verify(self):
        if self.size % 2 == 0:
            yield "size is odd"
        if self.size < 0:
            raise Error("size is not negative")


class Wrap(Operation, name="vt.wrap", traits=(NoTerminator,)):
    body: Region


class Strict(Operation, name="vt.strict"):
    body: Region = region(blocks="some")


class One(Operation, name="vt.one", traits=(NoTerminator,)):
    body: Region = region(blocks="one")


class Single(Operation, name="vt.single", traits=(NoTerminator, SingleBlock)):
    body: Region


class Isolated(Operation, name="vt.isolated", traits=(NoTerminator, IsolatedFromAbove)):
    body: Region


class Graph(Operation, name="vt.graph", traits=(NoTerminator, GraphRegion)):
    body: Region


class Table(Operation, name="vt.table", traits=(NoTerminator, SymbolTable)):
    sym_name: str | None = attr_optional()
    body: Region


class Named(Operation, name="vt.named"):
    sym_name: str


class Call(Operation, name="vt.call"):
    callee: str = attr(codec=SYMBOL)


class Br(Operation, name="vt.br", traits=(IsTerminator,)):
    targets: list[Block] = successor()


class End(Operation, name="vt.end", traits=(IsTerminator,)):
    pass


class Const(Operation, name="vt.const", traits=(ConstantLike,)):
    inputs: Operands
    result: Result = result()

    def infer(self):
        return f32


def wrap(*ops: Operation) -> Wrap:
    return Wrap(Region([Block(ops=ops)]))


def messages(op: Operation) -> list[str]:
    return [fault.message for fault in faults(op)]


def test_a_sound_program_has_no_faults() -> None:
    a = Def()
    root = wrap(a, Wrap(Region([Block([f32], [Use([a])])])), Use([a]))
    assert faults(root) == []
    verify(root)


# -- definedness ---------------------------------------------------------------------------------------------------------


def later_in_block() -> Operation:
    a = Def()
    return wrap(Use([a]), a)


def own_result() -> Operation:
    op = UnregisteredOp.make("vt.loop", [], [f32])
    op.set_operands([op.results[0]])
    return wrap(op)


def erased() -> Operation:
    return wrap(Use([Def()]))


def sibling_region() -> Operation:
    a = Def()
    return wrap(wrap(a), wrap(Use([a])))


def out_of_region() -> Operation:
    a = Def()
    return wrap(wrap(a), Use([a]))


def isolated() -> Operation:
    a = Def()
    return wrap(a, Isolated(Region([Block(ops=[wrap(Use([a]))])])))


def not_dominating() -> Operation:
    a = Def()
    region = Region()
    entry, left, right, join = (region.add_block() for _ in range(4))
    entry.append(Br([left, right]))
    left.append(a)
    left.append(Br([join]))
    right.append(Br([join]))
    join.append(Use([a]))
    join.append(End())
    return Wrap(region)


def argument_not_dominating() -> Operation:
    region = Region()
    entry, left, right = region.add_block(), region.add_block([f32]), region.add_block()
    entry.append(Br([left, right]))
    left.append(End())
    right.append(Use([left.arguments[0]]))
    right.append(End())
    return Wrap(region)


def from_unreachable() -> Operation:
    """What stands in a block that control never reaches dominates nothing that it does reach."""
    region = Region()
    entry, dead = region.add_block(), region.add_block([f32])
    entry.append(Use([dead.arguments[0]]))
    entry.append(End())
    dead.append(End())
    return Wrap(region)


def bare_value() -> Operation:
    return wrap(Use([Value(f32)]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (later_in_block, "operand 0 of `vt.use` is the result of `vt.def`, which is defined only later in the block"),
        (own_result, "operand 0 of `vt.loop` is the result of `vt.loop`, which is defined only later in the block"),
        (erased, "operand 0 of `vt.use` is the result of `vt.def` that stands in no block"),
        (sibling_region, "of a region that does not enclose this op"),
        (out_of_region, "of a region that does not enclose this op"),
        (isolated, "from outside `vt.isolated`, which is isolated from above"),
        (not_dominating, "not every path to this op comes by the op that defines it"),
        (argument_not_dominating, "not every path to this op comes by the block argument that defines it"),
        (from_unreachable, "not every path to this op comes by the block argument that defines it"),
        (bare_value, "a bare value that nothing defines"),
    ],
)
def test_a_value_that_is_not_defined_where_it_is_used(make: Callable[[], Operation], message: str) -> None:
    (found,) = messages(make())
    assert message in found


def test_a_value_of_a_dominating_block_may_be_used() -> None:
    a = Def()
    region = Region()
    entry, left, right, join = region.add_block([f32]), *(region.add_block() for _ in range(3))
    entry.append(a)
    entry.append(Br([left, right]))
    for block in (left, right):
        block.append(Use([a, entry.arguments[0]]))
        block.append(Br([join, left]))
    join.append(Use([a]))
    join.append(End())
    assert messages(Wrap(region)) == []


def test_in_a_graph_region_the_order_does_not_matter() -> None:
    a = Def()
    assert messages(Graph(Region([Block(ops=[Use([a]), wrap(Use([a])), a])]))) == []


def test_a_block_that_is_never_reached_may_use_anything_of_its_region() -> None:
    region = Region()
    entry, dead = region.add_block([f32]), region.add_block()
    a = Def()
    entry.append(a)
    entry.append(End())
    dead.append(Use([a, entry.arguments[0]]))
    dead.append(End())
    assert messages(Wrap(region)) == []


def test_a_part_of_a_program_may_use_what_is_around_it() -> None:
    a = Def()
    inner = wrap(Use([a]))
    wrap(a, inner)
    assert messages(inner) == []
    late = Def()
    inner.body.block.append(Use([late]))
    inner.body.block.append(late)
    assert len(messages(inner)) == 1


# -- structure -----------------------------------------------------------------------------------------------------------


def test_an_operand_that_does_not_know_its_use() -> None:
    a, b = Def(), Def()
    use = Use([a])
    use._operands[0] = b.result
    found = messages(wrap(a, b, use))
    assert any("operand 0 does not know this use" in m for m in found)
    assert any("counts operand 0 of `vt.use` as a use" in m for m in found)


@pytest.mark.parametrize("make", [Def, lambda: UnregisteredOp.make("vt.unknown", result_types=[f32])])
def test_an_attribute_that_is_none(make: Callable[[], Operation]) -> None:
    op = make()
    op.attributes["fine"] = StringAttr("yes")
    root = wrap(op)
    assert messages(root) == []
    op.attributes["level"] = 3  # pyright: ignore[reportArgumentType]
    assert messages(root) == [f"`level` of `{op.name}` is Python's `int`, not an attribute"]


def test_a_block_argument_that_counts_a_use_which_is_none() -> None:
    block = Block([f32])
    use = Use([block.arguments[0]])
    block.append(use)
    use._operands.clear()
    (found,) = messages(Wrap(Region([block])))
    assert "counts operand 0 of `vt.use` as a use" in found


def test_a_region_that_belongs_to_another_op() -> None:
    op = wrap()
    op.body.parent = wrap()
    assert messages(op) == ["one of its regions belongs to another op"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Strict(Region([Block()])), "block 0 in `vt.strict` is empty: it needs a terminator"),
        (lambda: Strict(Region([Block(ops=[Use([])])])), "ends with `vt.use`, which is no terminator"),
        (lambda: Strict(Region()), "region `body` of `vt.strict` has at least one block"),
        (lambda: One(Region()), "region `body` of `vt.one` has exactly one block"),
        (lambda: One(Region([Block(), Block()])), "region `body` of `vt.one` has exactly one block"),
        (lambda: Single(Region([Block(), Block()])), "has several blocks where one is allowed"),
        (lambda: wrap(End(), Use([])), "stands at the end of its block, but `vt.use` follows it"),
        (lambda: wrap(Br([Block()])), "successor 0 of `vt.br` is not a block of the same region"),
        (lambda: wrap(Const([Def()], result_types=[f32])), "a constant has no operands and one result"),
    ],
)
def test_a_wrong_structure(make: Callable[[], Operation], message: str) -> None:
    assert any(message in found for found in messages(make()))


def test_an_unregistered_terminator_is_believed() -> None:
    assert messages(Strict(Region([Block(ops=[UnregisteredOp.make("foo.end")])]))) == []


def test_control_does_not_go_back_to_the_entry() -> None:
    region = Region([Block()])
    region.block.append(Br([region.block]))
    assert messages(Wrap(region)) == ["successor 0 of `vt.br` is the entry block of its region"]


def test_an_op_with_successors_ends_its_block() -> None:
    region = Region([Block(), Block()])
    first, second = region.blocks
    first.append(UnregisteredOp.make("vt.jump", successors=[second]))
    first.append(End())
    second.append(End())
    assert messages(Wrap(region)) == ["`vt.jump` has successors, so it must be the last op of its block"]


# -- fields --------------------------------------------------------------------------------------------------------------

T = TensorType((2,), f32)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Neg.create([], [T]), "`vt.neg` has 0 operands; it takes x"),
        (lambda: Neg.create([Value(T)], []), "`vt.neg` has 0 results; it takes result"),
        (lambda: Neg.create([Value(f32)], [T]), "operand `x` of `vt.neg`"),
        (lambda: Neg.create([Value(T)], [f32]), "result `result` of `vt.neg`"),
        (lambda: Neg.create([Value(T)], [TensorType((3,), f32)]), "have the same type"),
        (lambda: Sized.create(), "`vt.sized` needs the attribute `size`"),
        (lambda: Sized.create(attributes={"size": StringAttr("x")}), "attribute `size` of `vt.sized` is"),
        (lambda: Many.create([Value(f32)]), "needs `operandSegmentSizes"),
        (
            lambda: Many.create([Value(f32)], attributes={"operandSegmentSizes": DenseArrayAttr(i32, (1, 1))}),
            "but there are 1 operands",
        ),
        (
            lambda: Many.create([Value(f32)] * 2, attributes={"operandSegmentSizes": DenseArrayAttr(i32, (0, 2))}),
            "`vt.many` has 2 operands",
        ),
        (lambda: Wrap.create(), "`vt.wrap` has 1 regions, not 0"),
        (lambda: Use.create(regions=[Region()]), "`vt.use` has 0 regions, not 1"),
        (lambda: Def.create([], [i32]), "result 0 of `vt.def` is `f32` by its operands, not `i32`"),
        (lambda: Odd.create(attributes={"size": IntegerAttr(2, i32)}), None),
    ],
)
def test_a_wrong_field(make: Callable[[], Operation], message: str | None) -> None:
    found = messages(make())
    assert found
    assert message is None or any(message in m for m in found)


def test_an_ops_own_check_yields_or_raises() -> None:
    assert messages(Odd(3)) == []
    assert messages(Odd(2)) == ["`vt.odd`: size is odd"]
    assert messages(Odd(-2)) == ["`vt.odd`: size is odd", "`vt.odd`: size is not negative"]


# -- symbols -------------------------------------------------------------------------------------------------------------


def table(*ops: Operation, name: str | None = None) -> Table:
    return Table(body=Region([Block(ops=ops)]), sym_name=name)


def test_a_symbol_that_is_defined_twice() -> None:
    first = Named("f", loc=FileLineColLoc("a.mlir", 3, 4))
    (fault,) = faults(table(first, Named("g"), Named("f")))
    assert fault.message == "the symbol @f is defined twice"
    assert "a.mlir:3:4" in fault.notes[0]


def test_a_symbol_that_does_not_exist() -> None:
    (fault,) = faults(table(Named("forward"), wrap(Call("forwrd"))))
    assert fault.message == "there is no symbol @forwrd"
    assert "forward" in (fault.hint or "")


def test_a_symbol_of_an_outer_table_is_found() -> None:
    assert messages(table(Named("f"), table(Call("f"), name="inner"))) == []


def test_without_a_table_nothing_is_said_about_symbols() -> None:
    assert messages(wrap(Call("f"))) == []


def test_every_part_of_a_nested_symbol_exists() -> None:
    inner = table(Named("f"), name="kernels")

    def call(*path: str) -> Operation:
        return Call(SymbolRefAttr(path[0], path[1:]))

    root = table(inner, call("kernels", "f"), call("kernels", "g"), call("kernels", "f", "x"))
    assert messages(root) == ["there is no symbol @g in @kernels", "@kernels::@f is no symbol table, so it holds no @x"]


# -- all of them ---------------------------------------------------------------------------------------------------------


def test_all_faults_are_reported_up_to_the_limit() -> None:
    root = wrap(*(Odd(2, loc=FileLineColLoc("m.mlir", n, 1)) for n in range(150)))
    assert len(faults(root)) == 100
    assert len(faults(root, limit=7)) == 7
    with pytest.raises(VerifyError, match="100 faults") as caught:
        verify(root)
    assert [fault.where for fault in caught.value.faults[:2]] == ["m.mlir:0:1", "m.mlir:1:1"]
    assert "vt.odd" in (caught.value.faults[0].excerpt or "")


def test_one_fault_reads_as_itself() -> None:
    with pytest.raises(VerifyError, match=r"^`vt.odd`: size is odd"):
        verify(Odd(2))


def test_a_check_that_stumbles_over_a_broken_neighbour_is_no_crash() -> None:
    """`func.return` reads the type of the function around it, which may be anything."""
    text = '"func.func"() <{function_type = unit, sym_name = "f"}> ({ "func.return"() : () -> () }) : () -> ()'
    module = parse_module_op(text, file="t.mlir")
    (fault,) = faults(module)
    assert "function_type" in fault.message


def test_a_check_that_is_itself_wrong_is_not_hidden() -> None:
    class Clumsy(Operation, name="test.clumsy"):
        def verify(self) -> list[str]:
            raise LookupError("a mistake in the op's class")

    with pytest.raises(LookupError, match="a mistake"):
        verify(Clumsy())
