"""Ops of several devices: what breaks each constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.shapes import inside
from couloir.ir.attributes import ArrayAttr, IntegerAttr, SymbolRefAttr
from couloir.ir.operation import Block, Region
from couloir.ir.types import TensorType, f16, f32, i32, i64
from tests.dialects.hlo_cases import accepts, breaks, in_a_module, returning, scalar

# collectives

GROUPS = ((0, 1),)


def adds(b: Any, element: Any = f32) -> Region:
    return hlo.reducer("add", [element])


def gathers(result: Any = (4, 2), **more: Any) -> Callable[[Any], Any]:
    options = {"all_gather_dim": 0, "replica_groups": GROUPS, **more}
    return lambda b: hlo.AllGather([b.tensor(2, 2)], **options, result_types=[TensorType(result, f32)])


def all_reduces(computation: Any = adds, **more: Any) -> Callable[[Any], Any]:
    options = {"replica_groups": GROUPS, **more}
    return lambda b: hlo.AllReduce([b.tensor(2, 2)], **options, computation=computation(b))


def reduce_scatters(result: Any = (2, 2), dims: Any = (4, 2), computation: Any = adds, **more: Any) -> Any:
    options = {"scatter_dimension": 0, "replica_groups": GROUPS, **more}
    types = [result if isinstance(result, TensorType) else TensorType(result, f32)]
    return lambda b: hlo.ReduceScatter(b.tensor(*dims), **options, computation=computation(b), result_types=types)


def exchanges(**more: Any) -> Callable[[Any], Any]:
    options = {"split_dimension": 0, "concat_dimension": 1, "split_count": 2, "replica_groups": GROUPS, **more}
    return lambda b: hlo.AllToAll([b.tensor(4, 2)], **options)


def takes_one(b: Any) -> Region:
    return returning([scalar()], 0)


def spreads(*sizes: Any, results: Any = None, **more: Any) -> Callable[[Any], Any]:
    """A `collective_broadcast` of tensors of these sizes; a `TensorType` stands for itself."""
    options = {"replica_groups": GROUPS, **more}
    return lambda b: hlo.CollectiveBroadcast(
        [b.value(size) if isinstance(size, TensorType) else b.tensor(size) for size in sizes],
        **options,
        result_types=results,
    )


def gathers_on_root(*sizes: Any, computation: Any = adds, results: Any = None, **more: Any) -> Callable[[Any], Any]:
    """A `collective_reduce`, as `spreads`."""
    options = {"replica_groups": GROUPS, **more}
    return lambda b: hlo.CollectiveReduce(
        [b.value(size) if isinstance(size, TensorType) else b.tensor(size) for size in sizes],
        **options,
        computation=computation(b),
        result_types=results,
    )


def grid(*axes: hlo.AxisRef, **sizes: int) -> hlo.ReplicaGroupMeshAxes:
    """Groups along axes of a mesh with axes of these sizes."""
    return hlo.ReplicaGroupMeshAxes(hlo.Mesh(tuple(hlo.MeshAxis(*item) for item in sizes.items())), axes)


MATRIX = "`replica_groups` is a matrix"
SYMBOL = "the mesh of `replica_groups` is a symbol of the module"
for _op, _build in {
    "all_gather": gathers,
    "all_reduce": all_reduces,
    "reduce_scatter": reduce_scatters,
    "all_to_all": exchanges,
    "collective_broadcast": lambda **more: spreads(2, **more),
    "collective_reduce": lambda **more: gathers_on_root(2, **more),
}.items():
    breaks(_op, MATRIX)(_build(replica_groups=(0, 1)))
    breaks(_op, SYMBOL)(in_a_module(_build(replica_groups=hlo.ReplicaGroupMeshAxes(SymbolRefAttr("mesh"), ()))))
breaks("cross-replica-sum", MATRIX)(lambda b: hlo.CrossReplicaSum(b.tensor(2), (0, 1)))
breaks("cross-replica-sum", "no process is twice in `replica_groups`")(
    lambda b: hlo.CrossReplicaSum(b.tensor(2), ((0, 0),))
)
breaks("all_gather", "C1")(gathers(all_gather_dim=2))
breaks("all_gather", "C2")(gathers(replica_groups=((0, 0),)))
breaks("all_gather", "C4")(gathers(replica_groups=((0, -1),)))
breaks("all_gather", "C5")(gathers(use_global_device_ids=True))
breaks("all_gather", "C6")(gathers(result=(6, 2)))
breaks("all_reduce", "C1")(all_reduces(replica_groups=((0, 0),)))
breaks("all_reduce", "C3")(all_reduces(replica_groups=((0, -2),)))
breaks("all_reduce", "C4")(all_reduces(use_global_device_ids=True))
breaks("all_reduce", "C5")(all_reduces(takes_one))
breaks("reduce_scatter", "C1")(reduce_scatters(dims=(3, 2)))
breaks("reduce_scatter", "C2")(reduce_scatters(scatter_dimension=-1))
breaks("reduce_scatter", "C3")(reduce_scatters(replica_groups=((0, 0),)))
breaks("reduce_scatter", "C5")(reduce_scatters(replica_groups=((0, -1),)))
breaks("reduce_scatter", "C6")(reduce_scatters(use_global_device_ids=True))
breaks("reduce_scatter", "C7")(reduce_scatters(computation=takes_one))
breaks("reduce_scatter", "C8")(reduce_scatters((4, 2)))
breaks("reduce_scatter", "C9")(reduce_scatters(TensorType((2, 2), f16)))
breaks("all_to_all", "C1")(exchanges(split_dimension=2))
breaks("all_to_all", "C2")(exchanges(split_count=3))
breaks("all_to_all", "C3")(exchanges(concat_dimension=2))
breaks("all_to_all", "C4")(exchanges(split_count=0))
breaks("all_to_all", "C5")(exchanges(replica_groups=((0, 0),)))
breaks("all_to_all", "C7")(exchanges(replica_groups=((0, -1),)))
breaks("all_to_all", "C8")(exchanges(replica_groups=((0, 1, 2),)))
NEEDS_GROUPS = "`use_global_device_ids` needs groups"
NEEDS_CHANNEL = "`use_global_device_ids` needs a channel"
NO_GROUPS: dict[str, Any] = {
    "replica_groups": np.zeros((0, 2), np.int64),
    "use_global_device_ids": True,
    "channel_handle": hlo.ChannelHandle(1, 0),
}
breaks("all_gather", NEEDS_GROUPS)(gathers(**NO_GROUPS))
breaks("all_reduce", NEEDS_GROUPS)(all_reduces(**NO_GROUPS))
breaks("reduce_scatter", NEEDS_GROUPS)(reduce_scatters(**NO_GROUPS))
breaks("all_reduce", "C6, C7")(all_reduces(result_types=[TensorType((2, 3), f32)]))
breaks("all_to_all", "C9")(exchanges(result_types=[TensorType((4, 2), f32)]))
breaks("collective_broadcast", "C1")(spreads(2, replica_groups=((0, 0),)))
breaks("collective_broadcast", "C2")(spreads(2, replica_groups=((0, -1),)))
breaks("collective_broadcast", "C3")(spreads())
breaks("collective_broadcast", "C4")(spreads(2, 1, has_dynamic_root=True))
breaks("collective_broadcast", "C3, C4, C5")(spreads(2, results=[TensorType((3,), f32)]))
ROOT = TensorType((1,), i32)
accepts(spreads(2))
accepts(spreads(2, ROOT, has_dynamic_root=True))
accepts(spreads(2, replica_groups=((0, 5),)))
breaks("collective_reduce", "C1")(gathers_on_root(2, replica_groups=((0, 0),)))
breaks("collective_reduce", "C2")(gathers_on_root(2, replica_groups=((0, 2),)))
breaks("collective_reduce", NEEDS_CHANNEL)(gathers_on_root(2, use_global_device_ids=True))
breaks("collective_reduce", NEEDS_GROUPS)(gathers_on_root(2, **NO_GROUPS))
breaks("collective_reduce", "there is at least one operand")(gathers_on_root())
breaks("collective_reduce", "C3")(gathers_on_root(ROOT, has_dynamic_root=True))
breaks("collective_reduce", "C4")(gathers_on_root(2, computation=takes_one))
breaks("collective_reduce", "C3, C4")(gathers_on_root(2, results=[TensorType((3,), f32)]))
accepts(gathers_on_root(2))
accepts(gathers_on_root(2, 3, TensorType((2,), i32), has_dynamic_root=True))


def sends(pairs: Any = ((0, 1),), kind: int = 1) -> Callable[[Any], Any]:
    return lambda b: hlo.Send(
        [b.tensor(2)], b.value(hlo.Token()), hlo.ChannelHandle(1, kind), source_target_pairs=pairs
    )


VALUE_AND_TOKEN = (scalar(), hlo.Token())


def receives(pairs: Any = ((0, 1),), kind: int = 1, results: Any = VALUE_AND_TOKEN) -> Callable[[Any], Any]:
    return lambda b: hlo.Recv(
        b.value(hlo.Token()), hlo.ChannelHandle(1, kind), source_target_pairs=pairs, result_types=list(results)
    )


for _id, _pairs in {"C1": ((0, 1, 2),), "C2": ((0, 1), (0, 2)), "C3": ((0, 1), (2, 1)), "C4": ((0, -1),)}.items():
    breaks("send", _id)(sends(_pairs))
    breaks("recv", _id)(receives(_pairs))
    breaks("collective_permute", _id)(lambda b, pairs=_pairs: hlo.CollectivePermute(b.tensor(2), pairs))
breaks("send", "C5")(sends(kind=2))
breaks("recv", "C5")(receives(kind=3))
breaks("recv", "there are results")(receives(results=()))
breaks("recv", "all results but the last are tensors")(receives(results=(hlo.Token(), hlo.Token())))
breaks("recv", "the last result is a token")(receives(results=(scalar(), scalar())))
breaks("collective_permute", "C5")(
    lambda b: hlo.CollectivePermute(b.tensor(2), ((0, 1),), result_types=[TensorType((3,), f32)])
)


def feeds(*results: Any, layout: Any = None) -> Callable[[Any], Any]:
    return lambda b: hlo.Infeed(b.value(hlo.Token()), layout=layout, result_types=list(results))


LAYOUT = "`layout` lists the dimensions of each result but the token"
breaks("infeed", "C1")(feeds())
breaks("infeed", "C2")(feeds(hlo.Token(), hlo.Token()))
breaks("infeed", "C3")(feeds(scalar()))
breaks("infeed", LAYOUT)(feeds(scalar(), hlo.Token(), layout=ArrayAttr((IntegerAttr(0, i64),))))
accepts(feeds(scalar(), hlo.Token(), layout=ArrayAttr((ArrayAttr(()),))))


def permutes(arguments: int = 1, again: bool = False, alone: bool = True, **more: Any) -> Callable[[Any], Any]:
    def build(b: Any) -> Any:
        block = Block([scalar()] * arguments)
        with inside(block):
            made: Any = (
                hlo.CollectivePermute(block.arguments[0], ((0, 1),)) if alone else hlo.Negate(block.arguments[0])
            )
            hlo.Return([hlo.Negate(made) if again else made])
        return hlo.AsyncStart([b.tensor()], Region([block]), **more)

    return build


breaks("async_start", "C1")(permutes(again=True))
breaks("async_start", "C2")(permutes(alone=False))
breaks("async_start", "C3")(permutes(2))
breaks("async_start", "C4")(permutes(result_types=[hlo.Future((scalar(f16),))]))
breaks("async_done", "C1")(lambda b: hlo.AsyncDone(b.value(hlo.Future((scalar(),))), result_types=[scalar(f16)]))

accepts(gathers())
accepts(all_reduces())
accepts(reduce_scatters())
accepts(exchanges())
accepts(sends())
accepts(sends(np.zeros(0, np.int64)))
accepts(receives())
accepts(permutes())
accepts(all_reduces(replica_groups=((0, 2, 4), (1, 3, -1))))
accepts(gathers((8, 2), replica_groups=grid(hlo.AxisRef("x"), hlo.AxisRef("y"), x=2, y=2)))
breaks("all_gather", "C4")(gathers(replica_groups=((0, 3),)))
