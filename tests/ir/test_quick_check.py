"""The quick check and the slow one agree: on sound modules, and on modules that were broken at random."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import couloir.dialects  # noqa: F401
from couloir.dialects import arith, func
from couloir.ir import quick_check
from couloir.ir.attributes import UNIT
from couloir.ir.builder import at_end
from couloir.ir.operation import Block, Operation
from couloir.ir.text.parser import parse_module_op
from couloir.ir.types import FunctionType, IntegerType, TensorType, f32, i32
from couloir.ir.verify import faults

TEXTS = sorted((Path(__file__).parents[1] / "interop" / "texts").glob("*.mlir"))


def messages(module: Operation) -> list[str]:
    return [str(fault) for fault in faults(module, limit=100_000)]


def slow_messages(module: Operation, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    with monkeypatch.context() as patch:
        patch.setattr("couloir.ir.verify.CHECKS", {})
        patch.setattr("couloir.ir.verify.quick_check", lambda cls: quick_check._never)
        return messages(module)


def modules() -> list[Operation]:
    return [parse_module_op(path.read_text(), file=path.name, allow_unregistered=True) for path in TEXTS]


def test_ops_without_regions_are_settled_quickly() -> None:
    """Else the quick check is no help: every sound op without regions or symbols is let through by it."""
    undecided: set[str] = set()
    for module in modules():
        visible: set[Any] = {v for op in module.walk() for v in op.results}
        visible.update(a for op in module.walk() for r in op.regions for b in r.blocks for a in b.arguments)
        for op in module.walk():
            plain = op.is_registered and quick_check._is_plain(type(op), op.definition)
            if plain and not quick_check.quick_check(type(op))(op, visible):
                undecided.add(op.name)
    assert not undecided


BREAKS = (
    "drop operand",
    "swap operand",
    "type",
    "drop attribute",
    "wrong attribute",
    "extra result",
    "use",
    "order",
    "successor",
)


def broken(op: Operation, how: str, others: list[Operation], pick: int) -> None:
    other = others[pick % len(others)]
    match how:
        case "drop operand" if op.operands:
            op.set_operands(list(op.operands)[:-1])
        case "swap operand" if op.operands and other.results:
            op.set_operand(pick % len(op.operands), other.results[0])
        case "type" if op.results:
            op.results[-1].set_type([i32, f32, IntegerType(7), TensorType((2, 3), f32)][pick % 4])
        case "drop attribute" if op.attributes:
            op.attributes.pop(sorted(op.attributes)[pick % len(op.attributes)])
        case "wrong attribute" if op.attributes:
            op.attributes[sorted(op.attributes)[pick % len(op.attributes)]] = UNIT
        case "extra result":
            from couloir.ir.operation import OpResult

            op.results = (*op.results, OpResult(i32, op, len(op.results)))
        case "use" if op.results and other.operands:
            op.results[0]._add_use(other, pick % len(other.operands))
        case "order" if op.parent is not None and other.parent is op.parent:
            op.move_after(other)
        case "successor" if op.parent is not None:
            op.successors = [*op.successors, op.parent]
        case _:
            pass


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.stem)
@settings(max_examples=25)
@given(data=st.data())
def test_the_same_faults_with_and_without(path: Path, data: st.DataObject) -> None:
    module = parse_module_op(path.read_text(), file=path.name, allow_unregistered=True)
    ops = [op for op in module.walk() if op is not module]
    for _ in range(data.draw(st.integers(1, 3))):
        op = ops[data.draw(st.integers(0, len(ops) - 1))]
        broken(op, data.draw(st.sampled_from(BREAKS)), ops, data.draw(st.integers(0, 10_000)))
    with pytest.MonkeyPatch.context() as patch:
        assert messages(module) == slow_messages(module, patch)


def test_types_are_remembered_up_to_a_bound() -> None:
    body = Block([IntegerType(w) for w in range(1, quick_check.MAX_TYPES + 50)])
    with at_end(body):
        for argument in body.arguments:
            arith.AddI(argument, argument)
        func.Return()
    function = func.FuncOp.build("f", (), ())
    function.body.first_block.erase()
    function.body.append(body)
    function.function_type = FunctionType([a.type for a in body.arguments], ())
    assert not messages(function)
    known = quick_check.quick_check(arith.AddI).__globals__["operand_types0"]
    assert 0 < len(known) <= quick_check.MAX_TYPES
