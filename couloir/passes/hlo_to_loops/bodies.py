"""The bodies of reductions, scatters, sorts and maps: ops on rank-0 tensors, as ops on scalars; control flow as that of scf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from couloir.dialects import arith, hlo, scf
from couloir.dialects.shapes import inside
from couloir.ir.operation import Block, Operation, Region
from couloir.ir.types import TensorType, Type, index
from couloir.passes.hlo_to_loops.kernels import Kernel
from couloir.passes.hlo_to_loops.loops import Scalar, storage_type
from couloir.passes.hlo_to_loops.scalars import supports

MAX_DEPTH: Final = 16
"""Regions inside regions of a body: they are lowered one inside the other, on Python's stack."""


def unsupported_body(block: Block) -> str | None:
    """Why a body, a block of ops on rank-0 tensors, cannot be computed by scalar ops."""
    todo = [(block, 0)]
    while todo:
        current, depth = todo.pop()
        if depth > MAX_DEPTH:
            return f"its body has regions more than {MAX_DEPTH} deep"
        for op in current.ops:
            reason = _unsupported(op)
            if reason:
                return f"its body has `{op.name}`: {reason}"
            todo += [(region.block, depth + 1) for region in op.regions]
    return None


def _unsupported(op: Operation) -> str | None:
    if isinstance(op, hlo.Return | hlo.Constant | hlo.OptimizationBarrier | hlo.If | hlo.Case | hlo.While):
        types = [value.type for value in (*op.operands, *op.results)]
        scalar = all(isinstance(type, TensorType) and not type.rank for type in types)
        return None if scalar else "its values are no scalars"
    if isinstance(op, hlo.BroadcastInDim | hlo.Reshape | hlo.Transpose) and not op.results[0].type.rank:
        return None
    return supports(op)


def body_scalars(kernel: Kernel, block: Block, arguments: Sequence[Scalar]) -> list[Scalar]:
    """What a body returns for scalar arguments."""
    saved = dict(kernel.known)
    kernel.known.update(zip(block.arguments, arguments, strict=True))
    last = block.last_op
    assert last is not None, "the body is verified"
    for op in block.ops:  # in order, so that a long body is not a deep expression
        if op is last:
            break
        control = _CONTROL.get(type(op))
        made = [kernel.computed(op.results[0], ())] if control is None else control(kernel, op)
        kernel.known.update(zip(op.results, made, strict=True))
    results = [kernel.scalar(value, ()) for value in last.operands]
    kernel.known = saved
    return results


def _types(op: Operation) -> list[Type]:
    return [storage_type(result.type.element_type) for result in op.results]


def _branch(kernel: Kernel, source: Region, target: Region) -> None:
    with inside(target.block):
        scf.Yield(body_scalars(kernel, source.block, ()))


def _if(kernel: Kernel, op: hlo.If) -> list[Scalar]:
    made = scf.If(kernel.scalar(op.pred, ()), Region([Block()]), Region([Block()]), result_types=_types(op))
    _branch(kernel, op.true_branch, made.then_region)
    _branch(kernel, op.false_branch, made.else_region)
    return list(made.outputs)


def _case(kernel: Kernel, op: hlo.Case) -> list[Scalar]:
    chosen = arith.IndexCast(kernel.scalar(op.index, ()), result_types=[index]).out
    cases = op.branches[:-1]
    made = scf.IndexSwitch(
        chosen,
        tuple(range(len(cases))),
        Region([Block()]),
        tuple(Region([Block()]) for _ in cases),
        result_types=_types(op),
    )
    for source, target in zip(op.branches, (*made.case_regions, made.default_region), strict=True):
        _branch(kernel, source, target)
    return list(made.outputs)


def _while(kernel: Kernel, op: hlo.While) -> list[Scalar]:
    types = _types(op)
    inits = [kernel.scalar(value, ()) for value in op.operand]
    made = scf.While(inits, Region([Block(types)]), Region([Block(types)]), result_types=types)
    before, after = made.before.block, made.after.block
    with inside(before):
        (goes_on,) = body_scalars(kernel, op.cond.block, before.arguments)
        scf.Condition(goes_on, list(before.arguments))
    with inside(after):
        scf.Yield(body_scalars(kernel, op.body.block, after.arguments))
    return list(made.outputs)


def _barrier(kernel: Kernel, op: hlo.OptimizationBarrier) -> list[Scalar]:
    return [kernel.scalar(value, ()) for value in op.operand]


_CONTROL: Final[dict[type[Operation], Callable[[Kernel, Any], list[Scalar]]]] = {
    hlo.If: _if,
    hlo.Case: _case,
    hlo.While: _while,
    hlo.OptimizationBarrier: _barrier,
}
