"""StableHLO: what several devices compute together. `couloir.backends.numpy.processes` brings them together.

Reductions go through a group in its order, from the first process to the last: the same result on each, each time.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from typing import Any, TypeAlias

import numpy as np

from couloir.backends.numpy import bodies
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import Run, Steps, meaning
from couloir.backends.numpy.processes import Feed, Fetch, Here, Meet, Post, Strategy
from couloir.backends.numpy.tables.hlo_quantized import number_type, quantize, to_destination_type
from couloir.dialects import hlo
from couloir.dialects.hlo.collectives import channel_id
from couloir.dialects.quant import UniformType
from couloir.dialects.shapes import same_dims
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.types import TensorType, dtype_of

Reducing: TypeAlias = hlo.AllReduce | hlo.ReduceScatter | hlo.CollectiveReduce
Asking: TypeAlias = Generator[Any, Any, Any]


def _strategy(op: Any) -> Strategy:
    """For the collectives that reduce or gather."""
    if channel_id(op) <= 0:
        return "cross_replica"
    return "flattened_ids" if op.use_global_device_ids else "cross_replica_and_partition"


def _one_axis(op: Any) -> Strategy:
    """For the others, which go along replicas or along partitions."""
    return "cross_partition" if channel_id(op) > 0 else "cross_replica"


def _key(op: Any) -> Hashable:
    """What makes ops of different processes the same: the channel, or else that they are one op."""
    channel = 0 if isinstance(op, hlo.CrossReplicaSum) else channel_id(op)
    return (op.name, channel) if channel > 0 else op


def _together(op: Any, strategy: Strategy, values: Sequence[Array]) -> Asking:
    """What each process of the group brings."""
    brought = yield Meet(op, strategy, op.replica_groups, _key(op), values)
    if brought is None:
        raise Error(f"`{op.name}` is run by a process that is in none of its groups: {list(op.replica_groups)}")
    return brought


def _part(op: Operation, values: Array, axis: int, count: int, number: int) -> Array:
    if values.shape[axis] % count:
        raise Error(f"`{op.name}` cannot cut {values.shape[axis]} elements along dimension {axis} into {count} parts")
    return np.split(values, count, axis)[number]


@meaning(hlo.ReplicaId)
def _replica_id(xp: ArrayNamespace, op: hlo.ReplicaId) -> Steps:
    return np.asarray((yield from _here()).replica, np.uint32)


@meaning(hlo.PartitionId)
def _partition_id(xp: ArrayNamespace, op: hlo.PartitionId) -> Steps:
    return np.asarray((yield from _here()).partition, np.uint32)


def _here() -> Asking:
    return (yield Here())


@meaning(hlo.AllGather)
def _all_gather(xp: ArrayNamespace, op: hlo.AllGather, *operands: Array) -> Steps:
    brought = yield from _together(op, _strategy(op), operands)
    results = [np.concatenate(values, op.all_gather_dim) for values in zip(*brought, strict=True)]
    _check(op, results)
    return results


@meaning(hlo.AllReduce)
def _all_reduce(xp: ArrayNamespace, op: hlo.AllReduce, *operands: Array) -> Steps:
    brought = yield from _together(op, _strategy(op), operands)
    results: list[Array] = []
    for number, values in enumerate(zip(*brought, strict=True)):
        results.append((yield from _reduced(xp, op, number, values)))
    return results


def _reduced(xp: ArrayNamespace, op: Reducing, number: int, values: Sequence[Array]) -> Asking:
    """The values of one operand, combined in the order of the group, as elements of its result."""
    type = op.results[number].type
    assert isinstance(type, TensorType)
    total, *others = (to_destination_type(xp, op, value, op.operands[number].type, type) for value in values)
    for value in others:
        (total,) = yield from bodies.apply(xp, op.computation, total, value)
    return total


@meaning(hlo.CrossReplicaSum)
def _cross_replica_sum(xp: ArrayNamespace, op: hlo.CrossReplicaSum, operand: Array) -> Steps:
    brought = yield from _together(op, "cross_replica", [operand])
    (total,), *others = brought
    for (value,) in others:
        total = xp.apply("add", total, value)
    return total


@meaning(hlo.ReduceScatter)
def _reduce_scatter(xp: ArrayNamespace, op: hlo.ReduceScatter, operand: Array) -> Steps:
    me = yield from _here()
    brought = yield from _together(op, _strategy(op), [operand, _signature(me)])
    total = yield from _reduced(xp, op, 0, [values[0] for values in brought])
    result = _part(op, total, op.scatter_dimension, len(brought), _rank(brought, me))
    _check(op, [result])
    return result


def _signature(process: Any) -> Array:
    return np.array([process.replica, process.partition])


def _rank(brought: Sequence[Sequence[Array]], process: Any) -> int:
    """The place of a process in its group."""
    mine = _signature(process)
    return next(number for number, values in enumerate(brought) if np.array_equal(values[-1], mine))


@meaning(hlo.AllToAll)
def _all_to_all(xp: ArrayNamespace, op: hlo.AllToAll, *operands: Array) -> Steps:
    me = yield from _here()
    brought = yield from _together(op, _one_axis(op), [*operands, _signature(me)])
    if len(brought) != op.split_count:
        raise Error(f"`{op.name}` cuts into {op.split_count} parts (C8), for {len(brought)} processes")
    rank = _rank(brought, me)
    results: list[Array] = []
    for values in list(zip(*brought, strict=True))[:-1]:
        parts = [_part(op, value, op.split_dimension, op.split_count, rank) for value in values]
        results.append(np.concatenate(parts, op.concat_dimension))
    return results


@meaning(hlo.CollectiveBroadcast)
def _collective_broadcast(xp: ArrayNamespace, op: hlo.CollectiveBroadcast, *operands: Array) -> Steps:
    data = operands[: len(op.data)]
    brought = yield Meet(op, _one_axis(op), op.replica_groups, _key(op), data)
    if brought is None:
        return [_zeros(xp, result.type) for result in op.outputs]
    return [brought[root][number] for number, root in enumerate(_roots(op, operands, len(brought)))]


def _roots(op: hlo.CollectiveBroadcast | hlo.CollectiveReduce, operands: Sequence[Array], count: int) -> list[int]:
    """For each tensor the place of its root in the group."""
    roots: list[int] = operands[-1].tolist() if op.has_dynamic_root else [0] * len(op.data)
    for root in roots:
        if not 0 <= root < count:
            raise Error(f"`{op.name}` has the root {root} (C6), in a group of {count} processes")
    return roots


@meaning(hlo.CollectiveReduce)
def _collective_reduce(xp: ArrayNamespace, op: hlo.CollectiveReduce, *operands: Array) -> Steps:
    me = yield from _here()
    data = operands[: len(op.data)]
    strategy = "flattened_ids" if op.use_global_device_ids else _one_axis(op)
    brought = yield Meet(op, strategy, op.replica_groups, _key(op), [*data, _signature(me)])
    results = [_zeros(xp, result.type) for result in op.outputs]
    if brought is None:
        return results
    rank, columns = _rank(brought, me), list(zip(*brought, strict=True))
    for number, root in enumerate(_roots(op, operands, len(brought))):
        if root == rank:
            results[number] = yield from _reduced(xp, op, number, columns[number])
    return results


def _zeros(xp: ArrayNamespace, type: TensorType) -> Array:
    """What a process has that nobody sends anything to."""
    numbers = np.zeros(type.shape, xp.carrier(number_type(type)))
    return quantize(numbers, type.element_type) if isinstance(type.element_type, UniformType) else numbers


@meaning(hlo.CollectivePermute)
def _collective_permute(xp: ArrayNamespace, op: hlo.CollectivePermute, operand: Array) -> Steps:
    yield Post(op, _one_axis(op), op.source_target_pairs, _key(op), [operand])
    found = yield Fetch(op, _one_axis(op), op.source_target_pairs, _key(op))
    if found is None:
        return _zeros(xp, op.result.type)
    _check(op, found)
    return found[0]


def _pairs(op: hlo.Send | hlo.Recv) -> tuple[tuple[int, ...], ...] | None:
    """Who sends to whom; None for transfers to and from the host, which gives back what it was sent on the channel."""
    if op.is_host_transfer:
        return None
    if op.source_target_pairs is None:
        raise Error(f"`{op.name}` between devices has `source_target_pairs`, or else says nothing of who takes part")
    return op.source_target_pairs


def _line(op: hlo.Send | hlo.Recv) -> Hashable:
    return ("host" if op.is_host_transfer else "channel", op.channel_handle.handle)


@meaning(hlo.Send)
def _send(xp: ArrayNamespace, op: hlo.Send, *operands: Array) -> Steps:
    yield Post(op, _one_axis(op), _pairs(op), _line(op), operands[:-1])
    return operands[-1]


@meaning(hlo.Recv)
def _recv(xp: ArrayNamespace, op: hlo.Recv, token: Array) -> Steps:
    found = yield Fetch(op, _one_axis(op), _pairs(op), _line(op))
    types = [value.type for value in op.outputs[:-1]]
    if found is None:
        found = [_zeros(xp, t) for t in types if isinstance(t, TensorType)]
    _check(op, found)
    return [*found, token]


@meaning(hlo.Infeed)
def _infeed(xp: ArrayNamespace, op: hlo.Infeed, token: Array) -> Steps:
    found = [xp.array(np.asarray(value)) for value in (yield from _fed(op, None))]
    _check(op, found)
    return [*found, token]


@meaning(hlo.Outfeed)
def _outfeed(xp: ArrayNamespace, op: hlo.Outfeed, *operands: Array) -> Steps:
    yield from _fed(op, operands[:-1])
    return operands[-1]


def _fed(op: Operation, values: Sequence[Array] | None) -> Asking:
    return (yield Feed(op, values))


def _check(op: Operation, values: Sequence[Array]) -> None:
    """What came is what the types of the results say. Raises `couloir.Error`."""
    types = [result.type for result in op.results if isinstance(result.type, TensorType)]
    fits = len(types) == len(values) and all(
        same_dims(type.dims, value.shape) and dtype_of(type.element_type) == value.dtype
        for type, value in zip(types, values, strict=True)
        if value.dtype != object
    )
    if not fits:
        found = ", ".join(f"{value.dtype} {value.shape}" for value in values)
        raise Error(f"`{op.name}` gets ({found}); its results are ({', '.join(map(str, types))})")


@meaning(hlo.AsyncStart)
def _async_start(xp: ArrayNamespace, op: hlo.AsyncStart, *inputs: Array) -> Steps:
    """What it starts is done at once: results do not depend on when."""
    return (tuple((yield Run(op.body, inputs))),)


@meaning(hlo.AsyncDone)
def _async_done(xp: ArrayNamespace, op: hlo.AsyncDone, operand: Sequence[Array]) -> list[Array]:
    return list(operand)
