"""The sdy dialect: how tensors are spread over devices does not change what a program computes."""

from __future__ import annotations

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import Run, Steps, meaning
from couloir.dialects import sdy
from couloir.ir.errors import Error


@meaning(sdy.ShardingConstraint, sdy.Reshard)
def _same(xp: ArrayNamespace, op: sdy.ShardingConstraint | sdy.Reshard, operand: Array) -> Array:
    return operand


@meaning(sdy.ShardingGroup)
def _nothing(xp: ArrayNamespace, op: sdy.ShardingGroup, operand: Array) -> None:
    return None


@meaning(sdy.ManualComputation)
def _manual(xp: ArrayNamespace, op: sdy.ManualComputation, *operands: Array) -> Steps:
    whole = [value.type for value in op.inputs]
    parts = [argument.type for argument in op.body.block.arguments]
    if parts != whole:
        raise Error(
            "`sdy.manual_computation` divides its operands among devices, and here is one",
            hint="`couloir.from_jax` lowers `shard_map` to a program of each device, for `couloir.backends.numpy.run_devices`",
        )
    return (yield Run(op.body, operands))
