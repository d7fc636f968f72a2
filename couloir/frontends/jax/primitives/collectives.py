"""`jax.shard_map`, and what its devices compute together.

Outside of it each device has whole arrays, and computes the same. Inside, it cuts its shards out by its number, and what is
sharded is gathered at the end. So a module has whole arrays as arguments and results, on each device
(`couloir.backends.numpy.run_devices`, one partition for each device of the mesh).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ChannelHandle
from couloir.dialects.hlo.building import Tensor, convert, full_like, reduce, reshape, scalar
from couloir.dialects.hlo.collectives import ChannelType
from couloir.dialects.shapes import inside
from couloir.frontends.jax.equation import Cell, Equation, Lowered, NotLowered, Steps, lowers
from couloir.frontends.jax.meshes import Mesh
from couloir.ir.operation import Block, Region
from couloir.ir.types import TensorType, i32

CHANNEL: Final = ChannelHandle(1, ChannelType.DEVICE_TO_DEVICE)
"""That collectives are between partitions; as JAX, all have the same one."""


@lowers("shard_map")
def shard_map(eqn: Equation, *operands: Any) -> Steps:
    """Each device takes its shards, computes, and gathers the shards of the results."""
    if any(isinstance(operand, Cell) for operand in operands):
        raise NotLowered("a mutable reference goes into it")
    params, mesh = eqn.params, Mesh.of(eqn.params["mesh"])
    if eqn.importing.mesh is not None and eqn.importing.mesh != mesh:
        raise NotLowered("it is inside of another one with other devices")
    if eqn.importing.partitions not in (1, mesh.count):
        raise NotLowered(f"it is for {mesh.count} devices, what comes before is for {eqn.importing.partitions}")
    eqn.importing.partitions = mesh.count
    shards = [_shard(mesh, value, spec) for value, spec in zip(operands, params["in_specs"], strict=True)]
    results = yield eqn.steps(params["jaxpr"], shards, mesh)
    return [_gathered(mesh, value, spec) for value, spec in zip(results, params["out_specs"], strict=True)]


def _sharded(mesh: Mesh, spec: Any) -> list[tuple[int, tuple[str, ...]]]:
    """The dimensions that are cut, each with the axes along which its parts lie."""
    listed = [_named(axes) if isinstance(axes, str | tuple) else () for axes in spec]
    return [(number, axes) for number, axes in enumerate(listed) if mesh.size(axes) > 1]


def _shard(mesh: Mesh, x: Tensor, spec: Any) -> Tensor:
    starts, sizes = [scalar(0, i32)] * x.type.rank, list(x.type.shape)
    cut = _sharded(mesh, spec)
    for number, axes in cut:
        sizes[number] //= mesh.size(axes)
        place = _place(mesh, axes)
        starts[number] = hlo.Multiply(place, full_like(place, sizes[number])).result
    return hlo.DynamicSlice(x, starts, tuple(sizes)).result if cut else x


def _gathered(mesh: Mesh, x: Tensor, spec: Any) -> Tensor:
    for number, axes in _sharded(mesh, spec):
        x = _all_gather(x, number, mesh.groups(axes))
    return x


def _place(mesh: Mesh, axes: Sequence[str]) -> Tensor:
    """Where along axes this device is: a number, the first axis being the slowest."""
    device = convert(hlo.PartitionId().result, i32)
    place = scalar(0, i32)
    for axis in axes:
        size = mesh.size([axis])
        along = hlo.Divide(device, scalar(mesh.stride(axis), i32)).result
        along = hlo.Remainder(along, scalar(size, i32)).result
        place = hlo.Add(hlo.Multiply(place, scalar(size, i32)).result, along).result
    return place


# -- collectives -------------------------------------------------------------------------------------------------------


def _named(axes: Any) -> tuple[Any, ...]:
    """Axes as a tuple: names, and numbers of dimensions."""
    return tuple(cast("Sequence[Any]", axes)) if isinstance(axes, tuple | list) else (axes,)


def _groups(eqn: Equation) -> tuple[tuple[int, ...], ...]:
    axes = _named(eqn.params.get("axis_name", eqn.params.get("axes")))
    groups = eqn.mesh.groups([axis for axis in axes if isinstance(axis, str)], eqn.params.get("axis_index_groups"))
    if len({len(group) for group in groups}) > 1:
        raise NotLowered("its groups of devices are of different sizes")
    return groups


def _combining(element: Any, op: type[hlo.Binary]) -> Region:
    block = Block([TensorType((), element)] * 2)
    with inside(block):
        hlo.Return([op(*block.arguments).result])
    return Region([block])


@lowers("axis_index")
def axis_index(eqn: Equation) -> Lowered:
    """Where this device is along an axis."""
    return _place(eqn.mesh, _named(eqn.params["axis_name"]))


REDUCTIONS: Final[dict[str, tuple[type[hlo.Binary], str]]] = {
    "pmax": (hlo.Maximum, "maximum"),
    "pmin": (hlo.Minimum, "minimum"),
    "psum": (hlo.Add, "add"),
    "psum_invariant": (hlo.Add, "add"),
    "psum_invariant_start": (hlo.Add, "add"),
    "psum_start": (hlo.Add, "add"),
    "unreduced_psum": (hlo.Add, "add"),
    "unreduced_psum_start": (hlo.Add, "add"),
}
"""Primitives that combine the values of devices."""


@lowers(*REDUCTIONS)
def all_reduce(eqn: Equation, x: Tensor) -> Lowered:
    """The values of all devices of a group, combined. Dimensions among the axes are reduced as well."""
    op, body = REDUCTIONS[eqn.name]
    axes = _named(eqn.params["axes"])
    numbers = sorted(axis % x.type.rank for axis in axes if isinstance(axis, int))
    x = reduce(x, numbers, body) if numbers else x
    if all(isinstance(axis, int) for axis in axes):
        return x
    made = hlo.AllReduce([x], _groups(eqn), CHANNEL, True, _combining(x.type.element_type, op))
    return list(made.outputs)


def _all_gather(x: Tensor, axis: int, groups: Sequence[Sequence[int]]) -> Tensor:
    dims = list(x.type.shape)
    dims[axis] *= len(groups[0])
    return hlo.AllGather(
        [x], axis, tuple(map(tuple, groups)), CHANNEL, True, result_types=[x.type.with_dims(tuple(dims))]
    ).outputs[0]


@lowers(
    "all_gather",
    "all_gather_invariant",
    "all_gather_reduced",
    "all_gather_reduced_start",
    "all_gather_start",
)
def all_gather(eqn: Equation, x: Tensor) -> Lowered:
    """The values of a group, one after the other along a dimension, or along a new one."""
    axis = int(eqn.params["all_gather_dimension"])
    if not eqn.params["tiled"]:
        x = reshape(x, (*x.type.shape[:axis], 1, *x.type.shape[axis:]))
    return _all_gather(x, axis, _groups(eqn))


@lowers(
    "reduce_scatter",
    "reduce_scatter_start",
    "unreduced_reduce_scatter",
    "unreduced_reduce_scatter_start",
)
def reduce_scatter(eqn: Equation, x: Tensor) -> Lowered:
    """This device's part of the sum."""
    axis, groups = int(eqn.params["scatter_dimension"]), _groups(eqn)
    dims = list(x.type.shape)
    dims[axis] //= len(groups[0])
    body = _combining(x.type.element_type, hlo.Add)
    types = [x.type.with_dims(tuple(dims))]
    return reshape(hlo.ReduceScatter(x, axis, groups, CHANNEL, True, body, result_types=types), eqn.shape)


@lowers("all_to_all", "all_to_all_start")
def all_to_all(eqn: Equation, x: Tensor) -> Lowered:
    """A part for each device of the group, and from each its part for this one."""
    groups = _groups(eqn)
    split, concat = int(eqn.params["split_axis"]), int(eqn.params["concat_axis"])
    return list(hlo.AllToAll([x], split, concat, len(groups[0]), groups, CHANNEL).outputs)


@lowers("ppermute", "ppermute_start")
def ppermute(eqn: Equation, x: Tensor) -> Lowered:
    """The value of the device that sends to this one; 0 where none does."""
    pairs = [
        (group[int(source)], group[int(target)]) for group in _groups(eqn) for source, target in eqn.params["perm"]
    ]
    return hlo.CollectivePermute(x, tuple(pairs), CHANNEL)


@lowers("pbroadcast", "pbroadcast_start")
def pbroadcast(eqn: Equation, x: Tensor) -> Lowered:
    """The value of one device of the group, on all of them."""
    source = int(eqn.params["source"])
    groups = tuple((group[source], *group[:source], *group[source + 1 :]) for group in _groups(eqn))
    return hlo.CollectiveBroadcast([x], groups, CHANNEL).outputs[0]


@lowers(
    "all_gather_done",
    "all_to_all_done",
    "pbroadcast_done",
    "ppermute_done",
    "preduced",
    "psum_done",
    "reduce_scatter_done",
    "reduced_vary_cast_p",
    "vary_unreduced_cast_p",
)
def arrived(eqn: Equation, x: Tensor) -> Lowered:
    """What was started is there; and what changes only what JAX knows of a value."""
    return x
