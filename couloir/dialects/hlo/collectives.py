"""StableHLO: what several devices compute together.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there. What depends
on the number of replicas and partitions is checked when a program runs on them (`couloir.backends.numpy.run_devices`).
`cross-replica-sum` is not in the specification, but in upstream's dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from couloir.dialects.hlo.attributes import ChannelHandle, Future
from couloir.dialects.hlo.bounds import bounded, bounds_of
from couloir.dialects.hlo.elements import ANY
from couloir.dialects.hlo.mesh import MAX_DEVICES, REPLICA_GROUPS, Groups, ReplicaGroupMeshAxes, is_matrix
from couloir.dialects.hlo.regions import combines, listed
from couloir.dialects.shapes import Dim, entry_types, returned_types, same_dim, unique
from couloir.ir import fields
from couloir.ir.attributes import DenseElementsAttr, SymbolRefAttr
from couloir.ir.codecs import UNIT_FLAG, dense_elements
from couloir.ir.constraints import Holds, Infers, SameType, compatible, element_type
from couloir.ir.fields import Operand, Operands, Result, Results, attr, attr_optional, region
from couloir.ir.operation import Operation, Region, Value
from couloir.ir.symbols import lookup, nearest_table
from couloir.ir.traits import Pure, SingleBlock
from couloir.ir.types import TensorType, Type, i32, i64, ui32

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
    """How many processes a group has; None if that depends on the number of replicas or partitions, or on a mesh."""
    if channel_id(op) > 0 and not getattr(op, "use_global_device_ids", False):
        return None
    stored = op.attributes.get("replica_groups")
    if isinstance(stored, ReplicaGroupMeshAxes):
        return stored.group_size
    groups: Groups = op.replica_groups
    return len(groups[0]) if groups else None


def _members(op: Any) -> list[int] | None:
    """The numbers of the processes in all groups; None where axes of a mesh say it, which are checked when they are made."""
    if isinstance(op.attributes.get("replica_groups"), ReplicaGroupMeshAxes):
        return None
    return [member for group in op.replica_groups for member in group]


def _dims(op: Any, name: str) -> Sequence[int]:
    """The dimensions of an attribute of numbers, which decodes to nested tuples."""
    stored = op.attributes.get(name)
    assert isinstance(stored, DenseElementsAttr), "its codec says so"
    return stored.array.shape


def _mesh_is_there(op: Operation) -> bool | str:
    stored = op.attributes.get("replica_groups")
    mesh = stored.mesh if isinstance(stored, ReplicaGroupMeshAxes) else None
    if not isinstance(mesh, SymbolRefAttr) or nearest_table(op) is None or lookup(op, mesh) is not None:
        return True
    return f"there is no symbol {mesh}"


def _are_different(op: Any) -> bool:
    return unique([member for member in _members(op) or () if member != -1])


def _groups(distinct: str, in_range: str, *, padded: bool = False, all_of_them: bool = True) -> tuple[Holds, ...]:
    """What holds of `replica_groups`: all processes are in them, each once.

    Args:
        distinct: The number of the constraint that no process is in two groups.
        in_range: That of the constraint that they are numbers of processes.
        padded: Whether groups that are smaller than others are filled with -1.
        all_of_them: Whether every process is in a group.
    """

    def fits(op: Any) -> bool | str:
        found = {member for member in _members(op) or () if member != -1 or not padded}
        if min(found, default=0) < 0:
            return f"there is {min(found)}"
        missing = next((number for number in range(len(found)) if number not in found), None)
        return missing is None or not all_of_them or f"{missing} is in none of them"

    which = "all processes" if all_of_them else "numbers of processes"
    return (
        Holds("`replica_groups` is a matrix", lambda op: is_matrix(op.attributes.get("replica_groups"))),
        Holds("the mesh of `replica_groups` is a symbol of the module", _mesh_is_there, verify_only=True),
        Holds("no process is twice in `replica_groups`", _are_different, id=distinct),
        Holds(f"`replica_groups` are {which}" + (", padded with -1" if padded else ""), fits, id=in_range),
    )


def _global_ids_fit(op: Any) -> bool:
    return not op.use_global_device_ids or channel_id(op) > 0


def _global_ids(id: str) -> Holds:
    return Holds("`use_global_device_ids` needs a channel", _global_ids_fit, id=id)


def _has_groups(op: Any) -> bool:
    members = _members(op)
    return members is None or not op.use_global_device_ids or bool(members)


HAS_GROUPS: Final = Holds("`use_global_device_ids` needs groups", _has_groups)


def _computation(id: str, operands: Callable[[Any], Sequence[Value[TensorType]]]) -> Holds:
    def predicate(op: Any) -> bool | str:
        for value in operands(op):
            outcome = combines(op.computation, [value.type.element_type])
            if outcome is not True:
                return outcome
        return True

    return Holds(
        "`computation` takes two scalars and returns one, of the element type of each operand or a wider one",
        predicate,
        id=id,
        verify_only=True,
    )


def _computed(op: AllReduce | ReduceScatter | CollectiveReduce, type: TensorType) -> TensorType:
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
    """The values of all processes of a group, one after the other along a dimension.

    Source: StableHLO specification, `all_gather`.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    all_gather_dim: int = attr()
    replica_groups: Groups = attr(codec=REPLICA_GROUPS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    use_global_device_ids: bool = attr_optional(default=False, codec=UNIT_FLAG)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        _axis("all_gather_dim", "C1"),
        *_groups("C2", "C4"),
        _global_ids("C5"),
        HAS_GROUPS,
        Holds(
            "a result is its operand, as often along `all_gather_dim` as the group has processes",
            _gathered,
            id="C6",
            verify_only=True,
        ),
    )


class AllReduce(Operation, name="stablehlo.all_reduce", traits=(SingleBlock,)):
    """The values of all processes of a group, combined with `computation` element by element.

    Source: StableHLO specification, `all_reduce`.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    replica_groups: Groups = attr(codec=REPLICA_GROUPS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    use_global_device_ids: bool = attr_optional(default=False, codec=UNIT_FLAG)
    computation: Region = region(blocks="one", default=None)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        *_groups("C1", "C3", padded=True),
        _global_ids("C4"),
        HAS_GROUPS,
        _computation("C5", lambda op: op.inputs),
        Infers("C6, C7"),
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
    """As `all_reduce`, of which each process of the group gets its part along a dimension.

    Source: StableHLO specification, `reduce_scatter`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    scatter_dimension: int = attr()
    replica_groups: Groups = attr(codec=REPLICA_GROUPS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    use_global_device_ids: bool = attr_optional(default=False, codec=UNIT_FLAG)
    computation: Region = region(blocks="one", default=None)
    result: Result[TensorType] = fields.result(elements=ANY)

    constraints = (
        _axis("scatter_dimension", "C2", "operand"),
        *_groups("C3", "C5"),
        Holds("the processes get equal parts", _scatters, id="C1"),
        _global_ids("C6"),
        HAS_GROUPS,
        _computation("C7", lambda op: [op.operand]),
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
    stored = op.attributes.get("replica_groups")
    count = stored.group_size if isinstance(stored, ReplicaGroupMeshAxes) else _dims(op, "replica_groups")[1]
    return count is None or count == op.split_count or f"{op.split_count} parts for {count} processes"


class AllToAll(Operation, name="stablehlo.all_to_all"):
    """Splits the value of each process of a group, gives a part to each process, and joins what each gets.

    Source: StableHLO specification, `all_to_all`.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    split_dimension: int = attr()
    concat_dimension: int = attr()
    split_count: int = attr()
    replica_groups: Groups = attr(codec=REPLICA_GROUPS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        _axis("split_dimension", "C1"),
        Holds("`split_count` is positive", lambda op: op.split_count > 0, id="C4"),
        Holds("`split_count` divides the dimension", _splits, id="C2"),
        _axis("concat_dimension", "C3"),
        *_groups("C5", "C7"),
        Holds("there is a part for each process of a group", _one_part_each, id="C8"),
        Infers("C9"),
    )

    def infer(self) -> list[Type]:
        return [
            bounded(self._exchanged(t.dims), self._exchanged(bounds_of(t)), t.element_type)
            for t in (value.type for value in self.inputs)
        ]

    def _exchanged(self, dims: Sequence[Dim]) -> tuple[Dim, ...]:
        """These sizes, or bounds of sizes, for the results."""
        sizes = list(dims)
        split = sizes[self.split_dimension]
        sizes[self.split_dimension] = None if split is None else split // self.split_count
        joined = sizes[self.concat_dimension]
        sizes[self.concat_dimension] = None if joined is None else joined * self.split_count
        return tuple(sizes)


def _data(op: CollectiveBroadcast | CollectiveReduce) -> Sequence[Value[TensorType]]:
    return op.inputs[:-1] if op.has_dynamic_root else op.inputs


def _root_fits(op: CollectiveBroadcast | CollectiveReduce) -> bool | str:
    if not op.has_dynamic_root:
        return True
    if len(op.inputs) < 2:
        return f"there are {len(op.inputs)} operands"
    type, count = op.inputs[-1].type, len(op.inputs) - 1
    return compatible(type, TensorType((count,), i32)) or f"the last operand is `{type}`, not `tensor<{count}xi32>`"


ROOT: Final = (
    "with `has_dynamic_root` there is data, and the last operand has the `i32` number of the root for each of it"
)


class CollectiveBroadcast(Operation, name="stablehlo.collective_broadcast"):
    """The values of one process of a group, the root; 0 where a process is in none.

    The root is the first one, or with `has_dynamic_root` that of the number in the last operand, one number for each of
    the other operands.

    Source: StableHLO specification, `collective_broadcast`.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    replica_groups: Groups = attr(codec=REPLICA_GROUPS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    has_dynamic_root: bool = attr_optional(default=False, codec=UNIT_FLAG)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        *_groups("C1", "C2", all_of_them=False),
        Holds("there is at least one operand", lambda op: len(op.inputs) > 0, id="C3"),
        Holds(ROOT, _root_fits, id="C4"),
        Infers("C3, C4, C5"),
    )

    @property
    def data(self) -> Sequence[Value[TensorType]]:
        """The operands without the numbers of the roots."""
        return _data(self)

    def infer(self) -> list[Type]:
        return [value.type for value in self.data]


class CollectiveReduce(Operation, name="stablehlo.collective_reduce", traits=(SingleBlock,)):
    """The values of all processes of a group, combined with `computation`, on one of them, the root.

    The root is as in `collective_broadcast`.

    Source: StableHLO specification, `collective_reduce`.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    replica_groups: Groups = attr(codec=REPLICA_GROUPS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    use_global_device_ids: bool = attr_optional(default=False, codec=UNIT_FLAG)
    has_dynamic_root: bool = attr_optional(default=False, codec=UNIT_FLAG)
    computation: Region = region(blocks="one", default=None)
    outputs: Results[TensorType] = fields.result()

    constraints = (
        *_groups("C1", "C2", padded=True),
        Holds("`use_global_device_ids` needs a channel", _global_ids_fit),
        HAS_GROUPS,
        Holds("there is at least one operand", lambda op: len(op.inputs) > 0),
        Holds(ROOT, _root_fits, id="C3"),
        _computation("C4", lambda op: op.data),
        Infers("C3, C4"),
    )

    @property
    def data(self) -> Sequence[Value[TensorType]]:
        """The operands without the numbers of the roots."""
        return _data(self)

    def infer(self) -> list[Type]:
        return [_computed(self, value.type) for value in self.data]


def _pairs(op: Any) -> Groups:
    return op.source_target_pairs or ()


def _are_pairs(op: Any) -> bool | str:
    if "source_target_pairs" not in op.attributes:
        return True
    dims = _dims(op, "source_target_pairs")
    if len(dims) == 2 and dims[0] > MAX_DEVICES:
        return f"there are {dims[0]}: at most {MAX_DEVICES} are read"
    return dims == (0,) or (len(dims) == 2 and dims[1] == 2)


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
    """The value of the process that sends to this one; 0 where none does.

    Source: StableHLO specification, `collective_permute`.
    """

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    source_target_pairs: Groups = attr(codec=NUMBERS)
    channel_handle: ChannelHandle | None = attr_optional(default=None)
    result: Result[TensorType] = fields.result()

    constraints = (*PAIRS, SameType("operand", "result", id="C5"))


class CrossReplicaSum(Operation, name="stablehlo.cross-replica-sum"):
    """The sum over the replicas of a group (upstream: deprecated, `all_reduce`)."""

    operand: Operand[TensorType] = fields.operand(elements=ANY)
    replica_groups: Groups = attr(codec=REPLICA_GROUPS)
    result: Result[TensorType] = fields.result()

    constraints = (
        Holds("`replica_groups` is a matrix", lambda op: is_matrix(op.attributes.get("replica_groups"))),
        Holds("no process is twice in `replica_groups`", _are_different),
        SameType("operand", "result"),
    )


class _ProcessNumber(Operation, traits=(Pure,)):
    """Base of the ops that give a number of this process."""

    result: Result[TensorType] = fields.result()
    assembly_format = "attr-dict `:` type(results)"

    def infer(self) -> Type:
        return TensorType((), ui32)


class ReplicaId(_ProcessNumber, name="stablehlo.replica_id"):
    """The number of the replica that this process computes. Source: StableHLO specification, `replica_id`."""


class PartitionId(_ProcessNumber, name="stablehlo.partition_id"):
    """The number of the partition that this process computes. Source: StableHLO specification, `partition_id`."""


MAY_BE_ASYNC: Final = frozenset(
    f"stablehlo.{name}"
    for name in ("all_gather", "all_reduce", "all_to_all", "collective_broadcast", "collective_permute")
) | {"stablehlo.reduce_scatter", "stablehlo.slice", "stablehlo.dynamic_slice", "stablehlo.dynamic_update_slice"}


def _one_op(op: AsyncStart) -> bool:
    inner, last = op.body.block.first_op, op.body.block.last_op
    return (
        inner is not None and last is not None and inner.next_op is last and list(last.operands) == list(inner.results)
    )


def _may_be_async(op: AsyncStart) -> bool | str:
    inner = op.body.block.first_op
    assert inner is not None, "of the constraint before"
    return inner.name in MAY_BE_ASYNC or f"`{inner.name}` is neither"


def _passes_operands(op: AsyncStart) -> bool | str:
    inner, taken = op.body.block.first_op, entry_types(op.body)
    given = [value.type for value in op.inputs]
    if inner is not None and list(inner.operands) != op.body.block.arguments:
        return f"`{inner.name}` has other operands"
    fits = len(taken) == len(given) and all(map(compatible, taken, given))
    return fits or f"it takes {listed(taken)} for {listed(given)}"


def _future_fits(op: AsyncStart) -> bool | str:
    given = returned_types(op.body) or []
    return list(op.result.type.types) == given or f"`{op.result.type}` for {listed(given)}"


class AsyncStart(Operation, name="stablehlo.async_start", traits=(SingleBlock,)):
    """Starts the op in `body`; `async_done` has its results. Source: StableHLO specification, `async_start`."""

    inputs: Operands[TensorType] = fields.operands(elements=ANY)
    body: Region = region(blocks="one", default=None)
    result: Result[Future] = fields.result()

    constraints = (
        Holds("`body` is one op and the return of its results", _one_op, id="C1", verify_only=True),
        Holds("the op in `body` is a collective or a slice", _may_be_async, id="C2", verify_only=True),
        Holds("the op in `body` takes the operands", _passes_operands, id="C3", verify_only=True),
        Holds("the future is of what `body` returns", _future_fits, id="C4", verify_only=True),
    )

    def infer(self) -> Type:
        return Future(tuple(returned_types(self.body) or ()))


class AsyncDone(Operation, name="stablehlo.async_done"):
    """Waits for what `async_start` started, and has its results. Source: StableHLO specification, `async_done`."""

    operand: Operand[Future]
    outputs: Results[TensorType] = fields.result(elements=ANY)

    constraints = (Infers("C1"),)

    def infer(self) -> list[Type]:
        return list(self.operand.type.types)
