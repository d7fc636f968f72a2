"""StableHLO: what several devices compute together, and what goes in and out of a device.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there. What depends
on the number of replicas and partitions is checked when a program runs on them (`couloir.backends.numpy.run_devices`).
`cross-replica-sum` is not in the specification, but in upstream's dialect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from couloir.dialects.hlo.attributes import ChannelHandle, Future, Token
from couloir.dialects.hlo.elements import ANY
from couloir.dialects.shapes import Dim, entry_types, returned_types, same_dim, unique
from couloir.ir import fields
from couloir.ir.attributes import ArrayAttr, DenseElementsAttr
from couloir.ir.codecs import UNIT_FLAG, dense_elements
from couloir.ir.constraints import Holds, SameType, compatible, element_type
from couloir.ir.fields import Operand, Operands, Result, Results, attr, attr_optional, region
from couloir.ir.operation import Operation, Region
from couloir.ir.traits import Pure, SingleBlock
from couloir.ir.types import TensorType, Type, i64, ui32

Groups = tuple[tuple[int, ...], ...]
NUMBERS: Final = dense_elements(i64)
"""Rows of numbers stored as `dense<[[0, 1], [2, 3]]> : tensor<2x2xi64>`."""


class ChannelType:
    """What the `type` of a channel handle means."""

    DEVICE_TO_DEVICE: Final = 1
    DEVICE_TO_HOST: Final = 2
    HOST_TO_DEVICE: Final = 3


def channel_id(op: Any) -> int:
    """The number of the channel of a collective; 0 without one."""
    handle: ChannelHandle | None = op.channel_handle
    return 0 if handle is None else handle.handle


def group_size(op: Any) -> int | None:
    """How many processes a group has; None if that depends on the number of replicas or partitions."""
    groups: Groups = op.replica_groups
    known = groups and (channel_id(op) <= 0 or getattr(op, "use_global_device_ids", False))
    return len(groups[0]) if known else None


def _members(op: Any) -> list[int]:
    return [member for group in op.replica_groups for member in group if member != -1]


def _dims(op: Any, name: str) -> Sequence[Dim]:
    """The dimensions of an attribute of numbers, which decodes to nested tuples."""
    stored = op.attributes.get(name)
    assert isinstance(stored, DenseElementsAttr), "its codec says so"
    return stored.array.shape


def _is_matrix(op: Any) -> bool:
    return len(_dims(op, "replica_groups")) == 2


def _groups(distinct: str, in_range: str, *, padded: bool = False) -> tuple[Holds, Holds, Holds]:
    lowest = -1 if padded else 0
    return (
        Holds("`replica_groups` is a matrix", _is_matrix),
        Holds("no process is twice in `replica_groups`", lambda op: unique(_members(op)), id=distinct),
        Holds(
            "`replica_groups` are numbers of processes" + (", padded with -1" if padded else ""),
            lambda op: all(member >= lowest for group in op.replica_groups for member in group),
            id=in_range,
        ),
    )


def _global_ids(id: str) -> Holds:
    return Holds(
        "`use_global_device_ids` needs a channel, and groups",
        lambda op: not op.use_global_device_ids or (channel_id(op) > 0 and len(op.replica_groups) > 0),
        id=id,
    )


def _computation_fits(op: AllReduce | ReduceScatter) -> bool | str:
    taken, given = entry_types(op.computation), returned_types(op.computation) or []
    scalar = len(given) == 1 and isinstance(given[0], TensorType) and given[0].rank == 0
    if scalar and len(taken) == 2 and all(compatible(type, given[0]) for type in taken):
        return True
    return f"it takes ({', '.join(map(str, taken))}) and returns ({', '.join(map(str, given))})"


def _computation(id: str) -> Holds:
    return Holds(
        "`computation` takes two scalars and returns one of their type", _computation_fits, id=id, verify_only=True
    )


def _computed(op: AllReduce | ReduceScatter, type: TensorType) -> TensorType:
    """The type with the element type that the computation returns; as it is while there is none."""
    given = returned_types(op.computation)
    return type.with_element_type(element_type(given[0])) if given else type


def _gathered(op: AllGather) -> bool | str:
    if len(op.inputs) != len(op.outputs):
        return f"{len(op.inputs)} operands, {len(op.outputs)} results"
    for value, result in zip(op.inputs, op.outputs, strict=True):
        source, target = value.type, result.type
        if source.element_type is not target.element_type or not _scaled(source.dims, target.dims, op):
            return f"`{source}` becomes `{target}`"
    return True


def _scaled(source: Sequence[Dim], target: Sequence[Dim], op: AllGather) -> bool:
    axis, count = op.all_gather_dim, group_size(op)
    if not _same_but(source, target, axis):
        return False
    old, new = source[axis], target[axis]
    if old is None or new is None:
        return True
    return new == old * count if count is not None else (new % old == 0 if old else new == 0)


def _same_but(a: Sequence[Dim], b: Sequence[Dim], axis: int) -> bool:
    return len(a) == len(b) and all(i == axis or same_dim(x, y) for i, (x, y) in enumerate(zip(a, b, strict=True)))


def _axis(name: str, id: str, of: str = "inputs") -> Holds:
    def predicate(op: Any) -> bool:
        values = op.inputs if of == "inputs" else [op.operand]
        return all(0 <= getattr(op, name) < value.type.rank for value in values)

    return Holds(f"`{name}` is a dimension of {'the operands' if of == 'inputs' else '`operand`'}", predicate, id=id)


class AllGather(Operation, name="stablehlo.all_gather"):
    """The values of all processes of a group, one after the other along a dimension."""

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    all_gather_dim: int = attr()
    replica_groups: Groups = attr(codec=NUMBERS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    use_global_device_ids: bool = attr_optional(default=False, codec=UNIT_FLAG)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        _axis("all_gather_dim", "C1"),
        *_groups("C2", "C4"),
        _global_ids("C5"),
        Holds(
            "a result is its operand, as often along `all_gather_dim` as the group has processes",
            _gathered,
            id="C6",
            verify_only=True,
        ),
    )


class AllReduce(Operation, name="stablehlo.all_reduce", traits=(SingleBlock,)):
    """The values of all processes of a group, combined with `computation` element by element."""

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    replica_groups: Groups = attr(codec=NUMBERS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    use_global_device_ids: bool = attr_optional(default=False, codec=UNIT_FLAG)
    computation: Region = region(blocks="one", default=None)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        *_groups("C1", "C3", padded=True),
        _global_ids("C4"),
        _computation("C5"),
    )

    def infer(self) -> list[Type]:
        return [_computed(self, value.type) for value in self.inputs]


def _scatters(op: ReduceScatter) -> bool | str:
    size, count = op.operand.type.dims[op.scatter_dimension], group_size(op)
    return size is None or not count or size % count == 0 or f"{size} for {count} processes"


def _scattered(op: ReduceScatter) -> bool | str:
    source, target, axis, count = op.operand.type, op.result.type, op.scatter_dimension, group_size(op)
    fits = _same_but(source.dims, target.dims, axis)
    if fits:
        old, new = source.dims[axis], target.dims[axis]
        fits = old is None or new is None or (old == new * count if count else (old % new == 0 if new else old == 0))
    return fits or f"`{source}` becomes `{target}`"


class ReduceScatter(Operation, name="stablehlo.reduce_scatter", traits=(SingleBlock,)):
    """As `all_reduce`, of which each process of the group gets its part along a dimension."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    scatter_dimension: int = attr()
    replica_groups: Groups = attr(codec=NUMBERS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    use_global_device_ids: bool = attr_optional(default=False, codec=UNIT_FLAG)
    computation: Region = region(blocks="one", default=None)
    result: Result[TensorType] = fields.result(elements=ANY)

    constraints = (
        _axis("scatter_dimension", "C2", "operand"),
        *_groups("C3", "C5"),
        Holds("the processes get equal parts", _scatters, id="C1"),
        _global_ids("C6"),
        _computation("C7"),
        Holds("the result is one process's part of `operand`", _scattered, id="C8", verify_only=True),
        Holds(
            "the result has the element type of `computation`",
            lambda op: _computed(op, op.result.type) is op.result.type,
            id="C9",
            verify_only=True,
        ),
    )


def _splits(op: AllToAll) -> bool | str:
    sizes = [value.type.dims[op.split_dimension] for value in op.inputs]
    return all(size is None or size % op.split_count == 0 for size in sizes) or f"{sizes} into {op.split_count}"


def _one_part_each(op: AllToAll) -> bool | str:
    count = group_size(op)
    return count is None or count == op.split_count or f"{op.split_count} parts for {count} processes"


class AllToAll(Operation, name="stablehlo.all_to_all"):
    """Splits the value of each process of a group, gives a part to each process, and joins what each gets."""

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    split_dimension: int = attr()
    concat_dimension: int = attr()
    split_count: int = attr()
    replica_groups: Groups = attr(codec=NUMBERS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        _axis("split_dimension", "C1"),
        Holds("`split_count` is positive", lambda op: op.split_count > 0, id="C4"),
        Holds("`split_count` divides the dimension", _splits, id="C2"),
        _axis("concat_dimension", "C3"),
        *_groups("C5", "C7"),
        Holds("there is a part for each process of a group", _one_part_each, id="C8"),
    )

    def infer(self) -> list[Type]:
        return [value.type.with_dims(self._dims(value.type.dims)) for value in self.inputs]

    def _dims(self, dims: Sequence[Dim]) -> tuple[Dim, ...]:
        sizes = list(dims)
        split = sizes[self.split_dimension]
        sizes[self.split_dimension] = None if split is None else split // self.split_count
        joined = sizes[self.concat_dimension]
        sizes[self.concat_dimension] = None if joined is None else joined * self.split_count
        return tuple(sizes)


class CollectiveBroadcast(Operation, name="stablehlo.collective_broadcast"):
    """The value of the first process of a group; 0 where a process is in none."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    replica_groups: Groups = attr(codec=NUMBERS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    result: Result[TensorType] = fields.result()

    constraints = (*_groups("C1", "C2"), SameType("operand", "result"))


def _pairs(op: Any) -> Groups:
    return op.source_target_pairs or ()


def _are_pairs(op: Any) -> bool:
    if op.source_target_pairs is None:
        return True
    dims = _dims(op, "source_target_pairs")
    return len(dims) == 2 and dims[1] == 2


PAIRS: Final = (
    Holds("`source_target_pairs` has pairs", _are_pairs, id="C1"),
    Holds("no process sends twice", lambda op: unique([source for source, _ in _pairs(op)]), id="C2"),
    Holds("no process receives twice", lambda op: unique([target for _, target in _pairs(op)]), id="C3"),
    Holds(
        "`source_target_pairs` are numbers of processes",
        lambda op: all(number >= 0 for pair in _pairs(op) for number in pair),
        id="C4",
    ),
)


class CollectivePermute(Operation, name="stablehlo.collective_permute"):
    """The value of the process that sends to this one; 0 where none does."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    source_target_pairs: Groups = attr(codec=NUMBERS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    result: Result[TensorType] = fields.result()

    constraints = (*PAIRS, SameType("operand", "result"))


class CrossReplicaSum(Operation, name="stablehlo.cross-replica-sum"):
    """The sum over the replicas of a group (upstream: deprecated, `all_reduce`)."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    replica_groups: Groups = attr(codec=NUMBERS)
    result: Result[TensorType] = fields.result()

    constraints = (
        Holds("`replica_groups` is a matrix", _is_matrix),
        Holds("no process is twice in `replica_groups`", lambda op: unique(_members(op))),
        SameType("operand", "result"),
    )


class _ProcessNumber(Operation, traits=(Pure,)):
    """Base of the ops that give a number of this process."""

    result: Result[TensorType] = fields.result()
    assembly_format = "attr-dict `:` type(results)"

    def infer(self) -> Type:
        return TensorType((), ui32)


class ReplicaId(_ProcessNumber, name="stablehlo.replica_id"):
    """The number of the replica that this process computes."""


class PartitionId(_ProcessNumber, name="stablehlo.partition_id"):
    """The number of the partition that this process computes."""


def _channel(host: int) -> Holds:
    def predicate(op: Send | Recv) -> bool:
        return op.channel_handle.type == (host if op.is_host_transfer else ChannelType.DEVICE_TO_DEVICE)

    return Holds(f"the channel is of type {host} for a transfer with the host, else of type 1", predicate, id="C5")


class Send(Operation, name="stablehlo.send"):
    """Sends values on a channel: to the host, or to the processes of `source_target_pairs`."""

    inputs: Operands[TensorType] = fields.operands()
    token: Operand[Token]
    channel_handle: ChannelHandle = attr()
    is_host_transfer: bool = attr_optional(default=False)
    source_target_pairs: Groups | None = attr_optional(default=None, codec=NUMBERS)
    result: Result[Token] = fields.result()

    constraints = (*PAIRS, _channel(ChannelType.DEVICE_TO_HOST))

    def infer(self) -> Type:
        return Token()


def _values_and_token(first: str, second: str, third: str) -> tuple[Holds, Holds, Holds]:
    def types(op: Any) -> list[Type]:
        return [value.type for value in op.outputs]

    return (
        Holds("there are results", lambda op: bool(types(op)), id=first, verify_only=True),
        Holds(
            "all results but the last are tensors",
            lambda op: all(isinstance(type, TensorType) for type in types(op)[:-1]),
            id=second,
            verify_only=True,
        ),
        Holds("the last result is a token", lambda op: isinstance(types(op)[-1], Token), id=third, verify_only=True),
    )


class Recv(Operation, name="stablehlo.recv"):
    """Receives values on a channel, and a token after them."""

    token: Operand[Token]
    channel_handle: ChannelHandle = attr()
    is_host_transfer: bool = attr_optional(default=False)
    source_target_pairs: Groups | None = attr_optional(default=None, codec=NUMBERS)
    outputs: Results[Type] = fields.result()

    constraints = (*PAIRS, _channel(ChannelType.HOST_TO_DEVICE), *_values_and_token("C6", "C7", "C8"))


class Infeed(Operation, name="stablehlo.infeed"):
    """Reads values from the infeed, and a token after them."""

    token: Operand[Token]
    infeed_config: str = attr_optional(default="")
    layout: ArrayAttr | None = attr_optional(default=None)
    outputs: Results[Type] = fields.result()

    constraints = _values_and_token("C1", "C2", "C3")


class Outfeed(Operation, name="stablehlo.outfeed"):
    """Writes values to the outfeed."""

    inputs: Operands[TensorType] = fields.operands()
    token: Operand[Token]
    outfeed_config: str = attr_optional(default="")
    result: Result[Token] = fields.result()

    def infer(self) -> Type:
        return Token()


MAY_BE_ASYNC: Final = frozenset(
    f"stablehlo.{name}"
    for name in ("all_gather", "all_reduce", "all_to_all", "collective_broadcast", "collective_permute")
) | {"stablehlo.reduce_scatter", "stablehlo.slice", "stablehlo.dynamic_slice", "stablehlo.dynamic_update_slice"}


def _one_op(op: AsyncStart) -> bool | str:
    block = op.body.block
    inner, last = block.first_op, block.last_op
    if inner is None or inner.next_op is not last or last is None or list(last.operands) != list(inner.results):
        return "it is not one op and the return of its results"
    if inner.name not in MAY_BE_ASYNC or list(inner.operands) != block.arguments:
        return f"`{inner.name}` cannot be asynchronous"
    return True


def _future_fits(op: AsyncStart) -> bool | str:
    given = returned_types(op.body) or []
    return list(op.result.type.types) == given or f"`{op.result.type}` for ({', '.join(map(str, given))})"


class AsyncStart(Operation, name="stablehlo.async_start", traits=(SingleBlock,)):
    """Starts the op in `body`; `async_done` has its results."""

    inputs: Operands[TensorType] = fields.operands()
    body: Region = region(blocks="one", default=None)
    result: Result[Future] = fields.result()

    constraints = (
        Holds(
            "`body` takes the operands",
            lambda op: (
                len(entry_types(op.body)) == len(op.inputs)
                and all(map(compatible, entry_types(op.body), [value.type for value in op.inputs]))
            ),
            verify_only=True,
        ),
        Holds("`body` is one collective or slicing op", _one_op, verify_only=True),
        Holds("the future is of what `body` returns", _future_fits, verify_only=True),
    )

    def infer(self) -> Type:
        return Future(tuple(returned_types(self.body) or ()))


class AsyncDone(Operation, name="stablehlo.async_done"):
    """Waits for what `async_start` started, and has its results."""

    operand: Operand[Future]
    outputs: Results[Type] = fields.result()

    def infer(self) -> list[Type]:
        return list(self.operand.type.types)
