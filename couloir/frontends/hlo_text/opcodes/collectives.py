"""What several devices compute together, what goes in and out of a device, and what runs beside the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from couloir.dialects import hlo
from couloir.dialects.hlo.building import reshape, slice_range
from couloir.dialects.hlo.collectives import ChannelType
from couloir.frontends.hlo_text.groups import counted_groups, mesh_groups
from couloir.frontends.hlo_text.node import RULES, Lowered, Node, lowers, read_lists
from couloir.frontends.hlo_text.opcodes.control import foreign
from couloir.frontends.hlo_text.opcodes.shape import copied
from couloir.frontends.hlo_text.shapes import Array, Tuple
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Region, Value
from couloir.ir.types import TensorType, Type

if TYPE_CHECKING:
    from collections.abc import Sequence


def _groups(node: Node) -> Any:
    """The groups of processes as a matrix, padded with -1 where they are of different sizes."""
    text = node.text("replica_groups", "{}")
    if text.startswith("mesh["):
        return mesh_groups(text, node.module.lexer.limits.attribute_items)
    if not text.startswith("{"):
        return counted_groups(text, node.module.lexer.limits.attribute_items)
    lists = node.read("replica_groups", read_lists, ())
    if not lists:
        return np.zeros((0, 0), np.int64)
    width, limits = max(map(len, lists)), node.module.lexer.limits
    if width * len(lists) > limits.attribute_items:
        raise limits.exceeded("attribute_items", width * len(lists), what="`replica_groups`")
    return np.asarray([[*group, *[-1] * (width - len(group))] for group in lists], np.int64)


def _channel(node: Node) -> hlo.ChannelHandle | None:
    number = node.number("channel_id", 0)
    return hlo.ChannelHandle(number, ChannelType.DEVICE_TO_DEVICE) if number > 0 else None


def _axis(node: Node) -> int:
    dimensions = node.numbers("dimensions")
    if len(dimensions) != 1:
        raise Error(f"`{node.opcode}` goes along one dimension")
    return dimensions[0]


@lowers("all-reduce", named="stablehlo.all_reduce")
def all_reduce(node: Node) -> Lowered:
    """Combines the values of all processes of a group."""
    return hlo.AllReduce(
        node.tensors(at_least=1), _groups(node), _channel(node), node.flag("use_global_device_ids"), node.region()
    ).results


@lowers("all-gather", named="stablehlo.all_gather")
def all_gather(node: Node) -> Lowered:
    """The values of all processes of a group, one after the other."""
    return hlo.AllGather(
        node.tensors(),
        _axis(node),
        _groups(node),
        _channel(node),
        node.flag("use_global_device_ids"),
        result_types=node.types,
    ).results


@lowers("reduce-scatter", named="stablehlo.reduce_scatter")
def reduce_scatter(node: Node) -> Lowered:
    """Combines the values of all processes of a group, and gives each a part."""
    groups, channel, globally = _groups(node), _channel(node), node.flag("use_global_device_ids")
    region = node.region()
    made: list[hlo.ReduceScatter] = []
    for x, type in zip(node.tensors(len(node.types)), node.types, strict=True):
        if made:  # the computation becomes a region of each
            region = Region()
            region.take_blocks(made[0].clone().computation)
        made.append(hlo.ReduceScatter(x, _axis(node), groups, channel, globally, region, result_types=[type]))
    return made


@lowers("all-to-all", named="stablehlo.all_to_all")
def all_to_all(node: Node) -> Lowered:
    """Gives each process of a group a part of the value, or one of several values."""
    operands, groups = node.tensors(), _groups(node)
    if node.has("dimensions"):
        axis = _axis(node)
        if not groups.size:
            raise Error("`all-to-all` names its groups")
        return hlo.AllToAll(operands, axis, axis, groups.shape[1], groups, _channel(node)).results
    count = len(operands)
    if not count or len({value.type for value in operands}) != 1:
        raise Error("`all-to-all` has operands of one type")
    stacked = hlo.Concatenate([reshape(x, (1, *x.type.shape)) for x in operands], 0).result
    given = hlo.AllToAll([stacked], 0, 0, count, groups, _channel(node)).results[0]
    return [reshape(slice_range(given, 0, i, i + 1), x.type.shape) for i, x in enumerate(operands)]


@lowers("collective-broadcast", named="stablehlo.collective_broadcast")
def collective_broadcast(node: Node) -> Lowered:
    """The value of the first process of a group."""
    return hlo.CollectiveBroadcast(node.tensors(), _groups(node), _channel(node)).outputs


@lowers("collective-permute", named="stablehlo.collective_permute")
def collective_permute(node: Node) -> Lowered:
    """The value of the process that sends to this one."""
    if node.has("slice_sizes") or not all(isinstance(shape, Array) for shape in node.shapes):
        return no_counterpart(node)  # into parts of buffers
    pairs = _pairs(node)
    if pairs is None:
        raise Error("`collective-permute` says which process sends to which: `source_target_pairs={{0,1}}`")
    return [hlo.CollectivePermute(x, pairs, _channel(node)) for x in node.tensors()]


@lowers("partition-id", named="stablehlo.partition_id")
def partition_id(node: Node) -> Lowered:
    """The number of this partition."""
    return hlo.PartitionId()


@lowers("replica-id", named="stablehlo.replica_id")
def replica_id(node: Node) -> Lowered:
    """The number of this replica."""
    return hlo.ReplicaId()


# -- in and out --------------------------------------------------------------------------------------------------------


@lowers("infeed", named="stablehlo.infeed")
def infeed(node: Node) -> Lowered:
    """Reads values from the infeed."""
    return hlo.Infeed(node.at_least(1)[0], node.string("infeed_config", ""), result_types=node.types).results


@lowers("outfeed", named="stablehlo.outfeed")
def outfeed(node: Node) -> Lowered:
    """Writes values to the outfeed."""
    *values, token = node.at_least(1)
    return hlo.Outfeed(values, token, node.string("outfeed_config", ""))


def _host_channel(node: Node, host: int) -> tuple[hlo.ChannelHandle, bool]:
    is_host = node.flag("is_host_transfer")
    return hlo.ChannelHandle(node.number("channel_id", 0), host if is_host else ChannelType.DEVICE_TO_DEVICE), is_host


@lowers("send")
def send(node: Node) -> Lowered:
    """Sends a value; what is handed on to `send-done` is the value, the number of the transfer, and the token."""
    *values, token = node.at_least(1)
    channel, is_host = _host_channel(node, ChannelType.DEVICE_TO_HOST)
    sent = hlo.Send(values, token, channel, is_host, _pairs(node)).result
    return [*values, *_contexts(node.types[len(values) : -1]), sent]


@lowers("recv")
def recv(node: Node) -> Lowered:
    """Receives a value; what is handed on to `recv-done` is the value, the number of the transfer, and the token."""
    channel, is_host = _host_channel(node, ChannelType.HOST_TO_DEVICE)
    count = len(node.types) - 2
    if count < 0:
        raise Error("`recv` gives a value, the number of the transfer, and a token")
    types = [*node.types[:count], node.types[-1]]
    made = hlo.Recv(node.at_least(1)[0], channel, is_host, _pairs(node), result_types=types).results
    return [*made[:-1], *_contexts(node.types[count:-1]), made[-1]]


def _pairs(node: Node) -> Any:
    """Which process sends to which, as a matrix; None where nothing is said."""
    if not node.has("source_target_pairs"):
        return None
    pairs = node.read("source_target_pairs", read_lists)
    if any(len(pair) != 2 for pair in pairs):
        raise Error("`source_target_pairs` are pairs")
    return np.asarray(pairs, np.int64).reshape(-1, 2)


@lowers("send-done")
def send_done(node: Node) -> Lowered:
    """The token after a value was sent."""
    return node.at_least(1)[-1]


@lowers("recv-done")
def recv_done(node: Node) -> Lowered:
    """The value that was received, and the token after that."""
    values = node.at_least(3)
    return [*values[:-2], values[-1]]


# -- beside the program ------------------------------------------------------------------------------------------------
# What runs beside the program is computed where it starts; where it is waited for, it is there.


def _contexts(types: Sequence[Type]) -> list[Value[Any]]:
    """Stand-ins for what XLA hands on from start to end: numbers that nobody reads."""
    found: list[Value[Any]] = []
    for type in types:
        if not isinstance(type, TensorType):
            raise Error(f"a `{type}` is not handed on to the end of an instruction")
        found.append(hlo.constant(0, type.element_type, shape=type.shape).output)
    return found


def _started(node: Node, values: Callable[[Node], Sequence[Value[Any] | Operation]]) -> Lowered:
    """The operands, the results, and stand-ins for the rest: `((operands), results, context)`."""
    shape = node.instruction.result
    if not isinstance(shape, Tuple) or len(shape.elements) < 2:
        raise Error(f"`{node.opcode}` gives a tuple of its operands and its results")
    result = shape.elements[1]
    opcode = node.opcode.removesuffix("-start")
    inner = attrs.evolve(node.instruction, opcode=opcode, shape=result)
    made = values(attrs.evolve(node, instruction=inner))
    rest = [leaf.type for element in shape.elements[2:] for leaf in element.leaves]
    return [*node.values, *made, *_contexts(rest)]


def as_list(made: Lowered) -> list[Value[Any] | Operation]:
    """What a rule gives, as a list."""
    return [made] if isinstance(made, Value | Operation) else list(made)


@lowers("async-start")
def async_start(node: Node) -> Lowered:
    """Calls a computation beside the program."""
    return _started(node, lambda inner: inner.called("calls").results)


def start(node: Node) -> Lowered:
    """Starts an instruction of another opcode, which is a part of this one's: `slice-start`."""
    rule = RULES[node.opcode.removesuffix("-start")]
    return _started(node, lambda inner: as_list(rule(inner)))


@lowers("all-reduce-start")
def all_reduce_start(node: Node) -> Lowered:
    """Starts an `all-reduce`; unlike others it gives only the results."""
    return all_reduce(node)


@lowers("copy-start")
def copy_start(node: Node) -> Lowered:
    """Starts a copy: the new array, the old one, and a stand-in."""
    x = node.at_least(1)[0]
    return [copied(x), x, *_contexts(node.types[2:])]


@lowers("copy-done")
def copy_done(node: Node) -> Lowered:
    """The new array."""
    return node.at_least(1)[0]


@lowers("all-reduce-done")
def all_reduce_done(node: Node) -> Lowered:
    """The results."""
    return node.values


@lowers("async-update")
def async_update(node: Node) -> Lowered:
    """What it is given: the instruction is still running."""
    return node.values


def done(node: Node) -> Lowered:
    """The results of what was started: the second element of the tuple."""
    shape = node.shapes[0] if node.shapes else None
    if not isinstance(shape, Tuple) or len(shape.elements) < 2 or len(node.shapes) != 1:
        raise Error(f"`{node.opcode}` waits for what another instruction has started")
    first = shape.offsets[1]
    return node.values[first : first + len(shape.elements[1].leaves)]


lowers("async-done")(done)


# -- what StableHLO has no words for -----------------------------------------------------------------------------------


@lowers("ragged-all-to-all", "rng-get-and-update-state", "scaled-dot", "trace")
def no_counterpart(node: Node) -> Lowered:
    """A call of a function that is called like the opcode: the program can be read and compared, but not run."""
    made = foreign(node, f"xla.{node.opcode}")
    made.has_side_effect = node.opcode == "rng-get-and-update-state"
    return made.results
