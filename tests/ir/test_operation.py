"""Values, operations, blocks and regions: every edit keeps uses, order and parents right, whatever the size."""

from __future__ import annotations

import random

import pytest

from couloir.ir.builder import at_end
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Operands, Result, Results, result, successor
from couloir.ir.operation import Block, Operation, Region, UnregisteredOp, Use
from couloir.ir.text.parser import parse_ops
from couloir.ir.traits import GraphRegion, IsTerminator, NoTerminator
from couloir.ir.types import f32, i32
from couloir.ir.verify import faults, verify


class Leaf(Operation, name="optest.leaf"):
    result: Result = result()

    def infer(self):
        return f32


class Pair(Operation, name="optest.pair"):
    lhs: Operand
    rhs: Operand
    result: Result = result()

    def infer(self):
        return f32


class Sink(Operation, name="optest.sink"):
    inputs: Operands


class Two(Operation, name="optest.two"):
    outputs: Results = result()


class Wrap(Operation, name="optest.wrap", traits=(NoTerminator,)):
    body: Region


class Graph(Operation, name="optest.graph", traits=(NoTerminator, GraphRegion)):
    body: Region


class Jump(Operation, name="optest.jump", traits=(IsTerminator,)):
    target: Block = successor()


def names(block: Block) -> list[str]:
    return [op.name.removeprefix("optest.") for op in block.ops]


def consistent(block: Block) -> bool:
    """Forward and backward links agree, and every op knows its block."""
    forward = list(block.ops)
    backward = []
    op = block.last_op
    while op is not None:
        backward.append(op)
        op = op.prev_op
    return forward == backward[::-1] and all(op.parent is block for op in forward)


# -- uses ------------------------------------------------------------------------------------------------------------


def test_a_value_knows_each_of_its_uses_once() -> None:
    a, b = Leaf(), Leaf()
    pair, sink = Pair(a, a), Sink([b, a, b])
    assert set(a.result.uses) == {Use(pair, 0), Use(pair, 1), Use(sink, 1)}
    assert a.result.use_count == 3
    assert a.result.users == [pair, sink] or set(a.result.users) == {pair, sink}
    assert len(a.result.users) == 2
    assert not a.result.has_one_use
    assert not pair.result.has_uses
    assert Leaf().result.uses == []


def test_use_lists_agree_with_the_operands_after_random_edits() -> None:
    """A use list is compared with a search through all operands."""
    chance = random.Random(7)
    values = [Leaf().result for _ in range(5)]
    users = [Sink([chance.choice(values) for _ in range(4)]) for _ in range(20)]
    for _ in range(500):
        match chance.randrange(3):
            case 0:
                chance.choice(users).set_operand(chance.randrange(4), chance.choice(values))
            case 1:
                chance.choice(users).set_operands([chance.choice(values) for _ in range(4)])
            case _:
                chance.choice(values).replace_all_uses_with(chance.choice(values))
        for value in values:
            expected = {Use(op, i) for op in users for i, v in enumerate(op.operands) if v is value}
            assert set(value.uses) == expected
            assert value.use_count == len(expected)


def test_replace_all_uses_moves_every_use_and_only_those() -> None:
    a, b, c = Leaf(), Leaf(), Leaf()
    sink = Sink([a, b, a])
    a.result.replace_all_uses_with(c)
    assert list(sink.operands) == [c.result, b.result, c.result]
    assert not a.result.has_uses
    c.result.replace_all_uses_with(c)
    assert c.result.use_count == 2


def test_replace_uses_if_leaves_the_others() -> None:
    a, b = Leaf(), Leaf()
    sink = Sink([a, a, a])
    a.result.replace_uses_if(b, lambda use: use.index == 1)
    assert list(sink.operands) == [a.result, b.result, a.result]


def test_replacing_an_op_needs_as_many_values_as_results() -> None:
    op = Two(result_types=[f32, f32])
    sink = Sink([*op.results])
    with pytest.raises(Error, match="2 results; 1 values"):
        op.replace_all_uses_with([Leaf()])
    other = Two(result_types=[f32, f32])
    op.replace_all_uses_with(other)
    assert tuple(sink.operands) == other.results


@pytest.mark.parametrize("index", [-1, 2, 7])
def test_an_operand_number_outside_the_operands_is_an_error_and_changes_nothing(index: int) -> None:
    a, b = Leaf(), Leaf()
    pair = Pair(a, a)
    with pytest.raises(Error, match=f"2 operands, so none has the number {index}"):
        pair.set_operand(index, b)
    assert set(a.result.uses) == {Use(pair, 0), Use(pair, 1)}
    assert not b.result.has_uses


def test_an_op_with_several_results_is_no_operand() -> None:
    with pytest.raises(Error, match=r"has 2 results where one value is needed"):
        Sink([Leaf()]).set_operand(0, Two(result_types=[f32, f32]))
    with pytest.raises(Error, match="not int 3"):
        Sink([Leaf()]).set_operand(0, 3)
    with pytest.raises(Error, match="2 results, not one"):
        _ = Two(result_types=[f32, f32]).result


# -- place -------------------------------------------------------------------------------------------------------------


def test_ops_are_inserted_where_it_is_said() -> None:
    block = Block()
    a, b, c, d = Leaf(), Sink([]), Two(result_types=[]), Wrap()
    block.append(b)
    block.prepend(a)
    block.insert_after(b, d)
    block.insert_before(d, c)
    assert list(block.ops) == [a, b, c, d]
    assert consistent(block)
    assert (block.first_op, block.last_op) == (a, d)


def test_random_edits_of_a_block_agree_with_a_list() -> None:
    chance = random.Random(3)
    ops: list[Operation] = [Leaf() for _ in range(12)]
    block, model = Block(ops=ops), list(ops)
    for _ in range(600):
        op, other = chance.sample(ops, 2)
        if chance.random() < 0.5:
            op.move_before(other)
            model.remove(op)
            model.insert(model.index(other), op)
        else:
            op.move_after(other)
            model.remove(op)
            model.insert(model.index(other) + 1, op)
        one, two = chance.sample(ops, 2)
        assert one.is_before(two) == (model.index(one) < model.index(two))
    assert list(block.ops) == model
    assert consistent(block)


def test_an_op_stands_in_one_block_only() -> None:
    a = Leaf()
    block = Block(ops=[a])
    for add in (block.append, block.prepend, Block().append, lambda op: block.insert_before(a, op)):
        with pytest.raises(Error, match="stands in a block already"):
            add(a)
    assert consistent(block)


def test_inserting_beside_an_op_of_another_block_is_an_error() -> None:
    stranger = Leaf()
    Block(ops=[stranger, Leaf()])
    for block in (Block(), Block(ops=[Leaf()])):
        with pytest.raises(Error, match="does not stand in this block"):
            block.insert_before(stranger, Leaf())
        with pytest.raises(Error, match="does not stand in this block"):
            block.insert_after(stranger, Leaf())
        with pytest.raises(Error, match="does not stand in this block"):
            block.insert_after(Leaf(), Leaf())


def test_a_move_that_cannot_be_leaves_the_op_where_it_is() -> None:
    a = Leaf()
    block = Block(ops=[a])
    for move in (a.move_before, a.move_after):
        with pytest.raises(Error, match="stands in no block"):
            move(Leaf())
    assert list(block.ops) == [a]


def test_an_op_cannot_be_moved_into_itself() -> None:
    inner = Leaf()
    outer = Wrap(Region([Block(ops=[Wrap(Region([Block(ops=[inner])]))])]))
    block = Block(ops=[outer])
    with pytest.raises(Error, match="into itself"):
        outer.move_before(inner)
    assert list(block.ops) == [outer]


def test_only_ops_of_one_block_have_an_order() -> None:
    a, b = Leaf(), Leaf()
    Block(ops=[a]), Block(ops=[b])
    with pytest.raises(Error, match="one block"):
        a.is_before(b)
    with pytest.raises(Error, match="one block"):
        Leaf().is_before(Leaf())


# -- erasing -----------------------------------------------------------------------------------------------------------


def test_an_op_with_uses_is_not_erased() -> None:
    a = Leaf()
    pair = Pair(a, a)
    block = Block(ops=[a, pair])
    with pytest.raises(Error, match=r"its result 0 is used by `optest.pair`") as caught:
        a.erase()
    assert caught.value.hint is not None
    assert caught.value.excerpt is not None
    assert list(block.ops) == [a, pair]
    pair.erase()
    a.erase()
    assert block.is_empty


def test_erasing_an_op_drops_the_uses_made_inside_it() -> None:
    a = Leaf()
    wrap = Wrap(Region([Block(ops=[Wrap(Region([Block(ops=[Sink([a])])]))])]))
    Block(ops=[a, wrap])
    wrap.erase()
    assert not a.result.has_uses


def test_a_block_whose_values_are_used_outside_is_not_erased_and_stays_whole() -> None:
    block = Block([f32])
    inner = Leaf()
    block.append(inner)
    user = Pair(inner, inner)
    block.append(user)
    outside = Sink([inner])
    region = Region([block])
    with pytest.raises(Error, match=r"used outside it, by `optest.sink`"):
        block.erase()
    assert tuple(user.operands) == (inner.result, inner.result)
    outside.set_operands([block.arguments[0]])
    with pytest.raises(Error, match="used outside"):
        block.erase()
    outside.set_operands([])
    block.erase()
    assert region.is_empty


# -- walk --------------------------------------------------------------------------------------------------------------


def tree() -> Operation:
    return Wrap(
        Region(
            [
                Block(
                    ops=[
                        Leaf(),
                        Wrap(Region([Block(ops=[Two(result_types=[])]), Block(ops=[Sink([])])])),
                        Jump(Block()),
                    ]
                )
            ]
        )
    )


def test_walk_gives_an_op_before_what_is_inside_it() -> None:
    assert [op.name[7:] for op in tree().walk()] == ["wrap", "leaf", "wrap", "two", "sink", "jump"]
    assert [op.name[7:] for op in tree().walk_postorder()] == ["leaf", "two", "sink", "wrap", "jump", "wrap"]
    assert [op.name[7:] for op in tree().walk(reverse=True)] == ["wrap", "jump", "wrap", "sink", "two", "leaf"]


@pytest.mark.parametrize("reverse", [False, True])
def test_the_op_just_given_may_be_erased_while_walking(reverse: bool) -> None:
    root = tree()
    seen = []
    for op in root.walk(reverse=reverse):
        seen.append(op.name[7:])
        if op is not root:
            op.erase()
    assert seen == (["wrap", "jump", "wrap", "leaf"] if reverse else ["wrap", "leaf", "wrap", "jump"])
    assert next(root.body.blocks).is_empty


def test_ancestors_go_to_the_top() -> None:
    root = tree()
    two = next(op for op in root.walk() if op.name == "optest.two")
    assert [op.name for op in two.ancestors()] == ["optest.wrap", "optest.wrap"]
    assert list(two.ancestors())[-1] is root


# -- clone -------------------------------------------------------------------------------------------------------------


def test_a_copy_shares_nothing_but_what_comes_from_outside() -> None:
    outside = Leaf()
    inner = Pair(outside, outside)
    sink = Sink([inner])
    inner.result.name_hint = "sum"
    root = Wrap(Region([Block(ops=[inner, sink])]))
    root.attributes["note"] = parse_attribute()
    copy = root.clone()
    assert str(copy) == str(root)
    first, second = copy.body.block.ops
    assert first is not inner
    assert tuple(first.operands) == (outside.result, outside.result)
    assert second.operands[0] is first.results[0]
    assert first.results[0].name_hint == "sum"
    assert outside.result.use_count == 4
    copy.attributes.clear()
    assert "note" in root.attributes
    assert copy.parent is None


def parse_attribute():
    from couloir.ir.attributes import StringAttr

    return StringAttr("x")


def test_a_copy_has_its_own_blocks_as_successors() -> None:
    region = Region()
    entry, loop = region.add_block(), region.add_block([f32])
    entry.append(Jump(loop))
    loop.append(Sink([loop.arguments[0]]))
    loop.append(Jump(loop))
    root = Wrap(region)
    copy = root.clone()
    one, two = copy.body.blocks
    assert one.last_op.successors == (two,)
    assert two.last_op.successors == (two,)
    assert two.first_op.operands[0] is two.arguments[0]
    assert loop.arguments[0].use_count == 1


def test_a_copy_of_a_graph_region_uses_its_own_later_values() -> None:
    late = Leaf()
    early = Sink([late])
    copy = Graph(Region([Block(ops=[early, late])])).clone()
    one, two = copy.body.block.ops
    assert one.operands[0] is two.results[0]
    assert late.result.use_count == 1


def test_values_from_outside_can_be_mapped_to_others() -> None:
    a, b = Leaf(), Leaf()
    pair = Pair(a, a)
    mapping = {a.result: b.result}
    copy = pair.clone(mapping)
    assert tuple(copy.operands) == (b.result, b.result)
    assert mapping[pair.result] is copy.result


def test_an_unregistered_op_keeps_its_name_when_copied() -> None:
    op = UnregisteredOp.make("foo.bar", property_names=["a"])
    copy = op.clone()
    assert (copy.name, copy.property_names, copy.is_registered) == ("foo.bar", frozenset({"a"}), False)


def test_cloning_leaves_the_garbage_collector_as_it_was() -> None:
    import gc

    assert gc.isenabled()
    tree().clone()
    assert gc.isenabled()
    gc.disable()
    try:
        tree().clone()
        assert not gc.isenabled()
    finally:
        gc.enable()


# -- blocks and regions --------------------------------------------------------------------------------------------------


def test_arguments_keep_their_numbers() -> None:
    block = Block([f32, i32])
    new = block.insert_argument(1, f32, "mid")
    last = block.add_argument(i32)
    assert [a.index for a in block.arguments] == [0, 1, 2, 3]
    assert block.arguments[1] is new
    sink = Sink([new])
    with pytest.raises(Error, match="argument 1: it is used"):
        block.erase_arguments([1])
    sink.erase()
    for wrong in (-1, 4):
        with pytest.raises(Error, match=f"none has the number {wrong}"):
            block.erase_arguments([wrong])
    block.erase_arguments([0, 1])
    assert [a.index for a in block.arguments] == [0, 1]
    assert block.arguments[1] is last


def test_a_block_is_split() -> None:
    ops = [Leaf() for _ in range(4)]
    region = Region([Block(ops=ops), Block()])
    tail = region.first_block.split_before(ops[2])
    assert list(region.first_block.ops) == ops[:2]
    assert list(tail.ops) == ops[2:]
    assert list(region.blocks)[1] is tail
    with pytest.raises(Error, match="does not stand in this block"):
        tail.split_before(ops[0])


def test_blocks_move_between_regions() -> None:
    one, two = Region([Block(), Block()]), Region([Block()])
    expected = [*two.blocks, *one.blocks]
    two.take_blocks(one)
    assert list(two.blocks) == expected
    assert one.is_empty
    assert all(b.parent is two for b in expected)
    two.take_blocks(two)
    assert list(two.blocks) == expected


def test_a_block_stands_in_one_region_only() -> None:
    block = Block()
    region = Region([block])
    with pytest.raises(Error, match="in a region already"):
        Region([block])
    with pytest.raises(Error, match="in a region already"):
        region.insert_after(region.add_block().detach() and block, block)
    with pytest.raises(Error, match="does not stand in this region"):
        Region().insert_after(block, Block())
    third = Block()
    second = Block()
    region.insert_after(block, third)
    region.insert_after(block, second)
    assert list(region.blocks) == [block, second, third]
    second.detach()
    assert list(region.blocks) == [block, third]


def test_a_region_belongs_to_one_op() -> None:
    region = Region([Block()])
    Wrap(region)
    with pytest.raises(Error, match=r"belongs to `optest.wrap` already"):
        Wrap(region)


def test_the_only_block_of_a_region() -> None:
    with pytest.raises(Error, match="no block"):
        _ = Region().block
    with pytest.raises(Error, match="several blocks"):
        _ = Region([Block(), Block()]).block


# -- size --------------------------------------------------------------------------------------------------------------


def nested(depth: int) -> Operation:
    op: Operation = Leaf()
    for _ in range(depth):
        op = Wrap(Region([Block(ops=[op])]))
    return op


def test_ten_thousand_nested_regions_are_ordinary() -> None:
    depth = 10_000
    root = nested(depth)
    copy = root.clone()
    assert sum(1 for _ in copy.walk()) == depth + 1
    assert sum(1 for _ in copy.walk_postorder()) == depth + 1
    verify(copy)
    text = str(copy)
    again = parse_ops(text)[0]
    assert sum(1 for _ in again.walk()) in (depth + 1, depth + 2)
    Block(ops=[copy])
    copy.erase()
    assert faults(copy) == []


@pytest.mark.slow
def test_a_million_ops_in_a_block_are_ordinary() -> None:
    count = 1_000_000
    block = Block()
    with at_end(block):
        value = Leaf().result
        for _ in range(count):
            value = Pair(value, value).result
    root = Wrap(Region([block]))
    copy = root.clone()
    assert sum(1 for _ in copy.walk()) == count + 2
    verify(copy)
    last = copy.body.block.last_op
    assert copy.body.block.first_op.is_before(last)
    last.erase()
    copy.drop_references()
    assert not copy.body.block.first_op.results[0].has_uses


def test_the_arguments_of_a_block_have_types() -> None:
    with pytest.raises(Error, match=r"Block\(ops=\[\.\.\.\]\)"):
        Block([Leaf()])
