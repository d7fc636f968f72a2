"""Control flow and calls: what runs once for tensors runs once for buffers.

`while`, `if` and `case` become `scf.while` and `scf.if` without values: their results are written to buffers. A loop
carries its state in buffers of its own, one for each operand that changes; at the end of an iteration the new state is
copied there. A call passes the buffers of its operands, then those of its results.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from couloir.dialects import arith, func, hlo, memref, scf, tensor
from couloir.dialects.arith import CmpIPredicate
from couloir.ir.builder import at_end
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.types import MemRefType, TensorType, i1, i32
from couloir.passes.hlo_to_loops.loops import number

if TYPE_CHECKING:
    from couloir.ir.conversion import Inline
    from couloir.passes.hlo_to_loops.block_lowering import BlockLowering

Nested: TypeAlias = "Generator[Inline, Any, None]"
"""A lowering that stops where a block inside must be lowered first: it yields that to the conversion."""

Direct: TypeAlias = "dict[Value[Any], Value[Any]]"
"""The buffer that a value is to be computed in, where there is such a wish."""

Control: TypeAlias = "Callable[[BlockLowering, Any, Direct], Nested]"

CONTROL: Final[dict[type[Operation], Control]] = {}


def control_of(*classes: type[Operation]) -> Callable[[Control], Control]:
    """Decorator: this function lowers these ops."""

    def register(function: Control) -> Control:
        for cls in classes:
            CONTROL[cls] = function
        return function

    return register


@control_of(hlo.While)
def lower_while(lowering: BlockLowering, op: hlo.While, direct: Direct) -> Nested:
    """The state lies in buffers. What an iteration does not change needs none: it is the buffer of the operand."""
    after = op.body.block.last_op
    assert after is not None, "the op is verified"
    state: list[Value[MemRefType]] = []
    for number_, (init, result) in enumerate(zip(op.operand, op.outputs, strict=True)):
        before = op.body.block.arguments[number_]
        buffer = source = lowering.buffer_of(init)
        if after.operands[number_] is not before:
            buffer = direct.get(result) or lowering.alloc(result.type)
            memref.Copy(source, buffer)
            lowering.owned |= {result, before}
        for value in (result, before, op.cond.block.arguments[number_]):
            lowering.buffers[value] = buffer
        state.append(buffer)
    loop = scf.While((), Region([Block()]), Region([Block()]), result_types=())
    with at_end(loop.before.block):
        goes_on = lowering.alloc(TensorType((), i1))
    yield from lowering.block(op.cond.block, loop.before.block, [goes_on])
    with at_end(loop.before.block):
        scf.Condition(memref.Load(goes_on).result)
    yield from lowering.block(op.body.block, loop.after.block, None)
    with at_end(loop.after.block):
        copy_all(lowering, [lowering.buffer_of(value) for value in after.operands], state)
        scf.Yield()


def copy_all(lowering: BlockLowering, sources: Sequence[Value[Any]], targets: Sequence[Value[Any]]) -> None:
    """Copies each source to its target; all are read before any is written."""
    written = {id(target) for source, target in zip(sources, targets, strict=True) if source is not target}
    moves: list[tuple[Value[Any], Value[Any]]] = []
    for source, target in zip(sources, targets, strict=True):
        if source is target:
            continue
        if id(memory_of(source)) in written:
            saved = memref.Alloc((), (), result_types=[source.type]).memref
            memref.Copy(source, saved)
            source = saved
        moves.append((source, target))
    for source, target in moves:
        memref.Copy(source, target)


def memory_of(buffer: Value[Any]) -> Value[Any]:
    """The buffer that a view is a view of."""
    while isinstance(buffer.defining_op, memref.ReinterpretCast):
        buffer = buffer.defining_op.source
    return buffer


@control_of(hlo.If)
def lower_if(lowering: BlockLowering, op: hlo.If, direct: Direct) -> Nested:
    """Both branches write to the buffers of the results."""
    outs = results(lowering, op, direct)
    condition = memref.Load(lowering.buffer_of(op.pred)).result
    made = scf.If(condition, Region([Block()]), Region([Block()]), result_types=())
    for branch, region in ((op.true_branch, made.then_region), (op.false_branch, made.else_region)):
        yield from lowering.block(branch.block, region.block, outs)
        with at_end(region.block):
            scf.Yield()


@control_of(hlo.Case)
def lower_case(lowering: BlockLowering, op: hlo.Case, direct: Direct) -> Nested:
    """One `scf.if` after the other, of which one runs: the last for all numbers that no other branch has."""
    outs = results(lowering, op, direct)
    chosen = memref.Load(lowering.buffer_of(op.index)).result
    last = len(op.branches) - 1
    for position, branch in enumerate(op.branches):
        # Negative numbers, compared as unsigned ones, are large.
        predicate = CmpIPredicate.EQ if position < last else CmpIPredicate.UGE
        condition = arith.CmpI(predicate, chosen, number(position, i32)).result
        made = scf.If(condition, Region([Block()]), Region(), result_types=())
        yield from lowering.block(branch.block, made.then_region.block, outs)
        with at_end(made.then_region.block):
            scf.Yield()


def results(lowering: BlockLowering, op: Operation, direct: Direct) -> list[Value[MemRefType]]:
    """Buffers for all results of an op."""
    outs: list[Value[MemRefType]] = []
    for result in op.results:
        lowering.buffers[result] = direct.get(result) or lowering.alloc(result.type)
        outs.append(lowering.buffers[result])
        lowering.owned.add(result)
    return outs


@control_of(func.Call)
def lower_call(lowering: BlockLowering, op: func.Call, direct: Direct) -> Nested:
    """The lowered function takes the buffers of the operands, then those of the results."""
    inputs = [lowering.buffer_of(value) for value in op.operands_]
    func.Call(op.callee, [*inputs, *results(lowering, op, direct)], result_types=())
    yield from ()


@control_of(hlo.OptimizationBarrier)
def lower_barrier(lowering: BlockLowering, op: hlo.OptimizationBarrier, direct: Direct) -> Nested:
    """Its operands are in buffers when its users run; there is nothing to do."""
    for value, result in zip(op.operand, op.outputs, strict=True):
        lowering.buffers[result] = lowering.buffer_of(value)
    yield from ()


@control_of(tensor.Extract)
def lower_extract(lowering: BlockLowering, op: tensor.Extract, direct: Direct) -> Nested:
    """A number of its own: what `cf.assert` takes."""
    lowering.buffers[op.result] = memref.Load(lowering.buffer_of(op.tensor), list(op.indices)).result
    yield from ()
