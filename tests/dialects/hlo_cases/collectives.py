"""Ops of several devices: what breaks each constraint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from couloir.dialects import hlo
from couloir.dialects.shapes import inside
from couloir.ir.operation import Block, Region
from couloir.ir.types import TensorType, f16, f32
from tests.dialects.hlo_cases import accepts, breaks, returning, scalar

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


MATRIX = "`replica_groups` is a matrix"
for _op, _build in {
    "all_gather": gathers,
    "all_reduce": all_reduces,
    "reduce_scatter": reduce_scatters,
    "all_to_all": exchanges,
}.items():
    breaks(_op, MATRIX)(_build(replica_groups=(0, 1)))
breaks("collective_broadcast", MATRIX)(lambda b: hlo.CollectiveBroadcast(b.tensor(2), (0, 1)))
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
breaks("collective_broadcast", "C1")(lambda b: hlo.CollectiveBroadcast(b.tensor(2), ((0, 0),)))
breaks("collective_broadcast", "C2")(lambda b: hlo.CollectiveBroadcast(b.tensor(2), ((0, -1),)))


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
breaks("recv", "C6")(receives(results=()))
breaks("recv", "C7")(receives(results=(hlo.Token(), hlo.Token())))
breaks("recv", "C8")(receives(results=(scalar(), scalar())))
for _id, _results in {"C1": (), "C2": (hlo.Token(), hlo.Token()), "C3": (scalar(),)}.items():
    breaks("infeed", _id)(lambda b, results=_results: hlo.Infeed(b.value(hlo.Token()), result_types=list(results)))


def permutes(arguments: int = 1, again: bool = False, **more: Any) -> Callable[[Any], Any]:
    def build(b: Any) -> Any:
        block = Block([scalar()] * arguments)
        with inside(block):
            made = hlo.CollectivePermute(block.arguments[0], ((0, 1),))
            hlo.Return([hlo.Negate(made) if again else made])
        return hlo.AsyncStart([b.tensor()], Region([block]), **more)

    return build


breaks("async_start", "`body` takes the operands")(permutes(2))
breaks("async_start", "`body` is one collective or slicing op")(permutes(again=True))
breaks("async_start", "the future is of what `body` returns")(permutes(result_types=[hlo.Future((scalar(f16),))]))

accepts(gathers())
accepts(all_reduces())
accepts(reduce_scatters())
accepts(exchanges())
accepts(sends())
accepts(receives())
accepts(permutes())
