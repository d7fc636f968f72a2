"""Collectives of one device: what is compiled runs on one, whose number is 0, and who is alone gets back what it gives."""

from __future__ import annotations

from typing import Any, Final

from couloir.dialects import hlo, sdy
from couloir.dialects.hlo.calls import ANNOTATIONS
from couloir.dialects.hlo.mesh import ReplicaGroupMeshAxes
from couloir.ir.operation import Value
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import TensorType

_OTHERS = (
    "other devices take part, and what is compiled runs on one: `couloir.backends.numpy.run_devices` runs it on several"
)


@rule
def number_of_the_one_device(op: hlo.ReplicaId | hlo.PartitionId, rewriter: Rewriter) -> str | None:
    """replica_id  =>  0"""
    rewriter.replace(op, hlo.constant(0, op.result.type.element_type))
    return None


_COLLECTIVE_OF_ONE_DEVICE: Final = """
func.func @main(%x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = dense<0> : tensor<1x1xi64>}>
    : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = "stablehlo.all_reduce"(%x) <{replica_groups = dense<0> : tensor<1x1xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %3 = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %3 : tensor<f32>
  }) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %2 = "stablehlo.all_to_all"(%x) <{split_dimension = 1 : i64, concat_dimension = 0 : i64, split_count = 1 : i64,
    replica_groups = dense<0> : tensor<1x1xi64>}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0, %1, %2 : tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}
"""
_OTHER_COLLECTIVES: Final = """
func.func @main(%x: tensor<2x3xf16>, %u: tensor<?x3xf16>, %root: tensor<1xi32>)
    -> (tensor<2x3xf32>, tensor<2x3xf16>, tensor<2x3xf16>, tensor<?x3xf16>, tensor<2x3xf16>, tensor<2x3xf16>) {
  %0 = "stablehlo.all_reduce"(%x) <{replica_groups = dense<0> : tensor<1x1xi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %6 = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %6 : tensor<f32>
  }) : (tensor<2x3xf16>) -> tensor<2x3xf32>
  %1 = "stablehlo.collective_broadcast"(%x) <{replica_groups = dense<0> : tensor<1x1xi64>}>
    : (tensor<2x3xf16>) -> tensor<2x3xf16>
  %2 = "stablehlo.collective_broadcast"(%x, %root) <{replica_groups = dense<0> : tensor<1x1xi64>, has_dynamic_root}>
    : (tensor<2x3xf16>, tensor<1xi32>) -> tensor<2x3xf16>
  %3 = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = dense<0> : tensor<1x1xi64>}>
    : (tensor<2x3xf16>) -> tensor<?x3xf16>
  %4 = "stablehlo.async_start"(%x) ({
  ^bb0(%a: tensor<2x3xf16>):
    %6 = "stablehlo.all_gather"(%a) <{all_gather_dim = 0 : i64, replica_groups = dense<0> : tensor<1x1xi64>}>
      : (tensor<2x3xf16>) -> tensor<2x3xf16>
    stablehlo.return %6 : tensor<2x3xf16>
  }) : (tensor<2x3xf16>) -> !stablehlo.future<tensor<2x3xf16>>
  %5 = "stablehlo.async_done"(%4) : (!stablehlo.future<tensor<2x3xf16>>) -> tensor<2x3xf16>
  %7 = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = #stablehlo.replica_group_mesh_axes<mesh =
    #stablehlo.mesh<axes = [<name = "x", size = 1>]>, axes = [#stablehlo.axis_ref<name = "x">]>}>
    : (tensor<2x3xf16>) -> tensor<2x3xf16>
  return %0, %1, %2, %3, %5, %7
    : tensor<2x3xf32>, tensor<2x3xf16>, tensor<2x3xf16>, tensor<?x3xf16>, tensor<2x3xf16>, tensor<2x3xf16>
}
"""
"""Collectives of one device, and some that are left alone."""


@rule(examples=(_COLLECTIVE_OF_ONE_DEVICE, _OTHER_COLLECTIVES))
def collective_of_one_device(
    op: hlo.AllGather
    | hlo.AllReduce
    | hlo.ReduceScatter
    | hlo.AllToAll
    | hlo.CollectiveBroadcast
    | hlo.CollectiveReduce
    | hlo.CrossReplicaSum,
    rewriter: Rewriter,
) -> str | None:
    """all_reduce(x) with itself alone  =>  x"""
    if not _is_alone(op):
        return _OTHERS
    if isinstance(op.parent_op, hlo.AsyncStart):
        return "it is the body of an async_start"
    operands: list[Value[TensorType]] = list(op.operands)
    results: list[Value[TensorType]] = list(op.results)
    if len(operands) != len(results):
        return "its root is computed"
    rewriter.replace(op, *(hlo.convert(a, b.type.element_type) for a, b in zip(operands, results, strict=True)))
    return None


def _is_alone(op: Any) -> bool:
    by_mesh = isinstance(op.attributes.get("replica_groups"), ReplicaGroupMeshAxes)
    return not by_mesh and {member for group in op.replica_groups for member in group} <= {0}


_TO_ITSELF: Final = ((0, 0),)


@rule
def permutation_of_one_device(op: hlo.CollectivePermute, rewriter: Rewriter) -> str | None:
    """collective_permute(x) from 0 to 0  =>  x; to nobody  =>  zeros"""
    type = op.result.type
    pairs = tuple(tuple(pair) for pair in op.source_target_pairs)
    if pairs == _TO_ITSELF:
        rewriter.replace(op, op.operand)
    elif not pairs:
        rewriter.replace(op, hlo.constant(0, type.element_type, shape=type.shape))
    else:
        return _OTHERS
    return None


_ANNOTATION_DROPPED: Final = """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = stablehlo.custom_call @Sharding(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
"""
_OTHER_CALLS: Final = """
func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<1xf32>) {
  %0 = stablehlo.custom_call @Sharding(%x) : (tensor<2xf32>) -> tensor<2xf32>
  %1 = stablehlo.custom_call @SPMDFullToShardShape(%x) : (tensor<2xf32>) -> tensor<1xf32>
  return %0, %1 : tensor<2xf32>, tensor<1xf32>
}
"""
_CALL_THAT_COMPUTES: Final = """
func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xi32>) {
  %0 = stablehlo.custom_call @Sharding(%x) : (tensor<2xf32>) -> tensor<2xf32>
  %1 = stablehlo.constant dense<1> : tensor<2xi32>
  %2 = stablehlo.custom_call @cu_lu_pivots_to_permutation(%1) {backend_config = "", mhlo.backend_config = {},
    mhlo.frontend_attributes = {num_batch_dims = "0"}, operand_layouts = [dense<0> : tensor<1xindex>],
    result_layouts = [dense<0> : tensor<1xindex>]} : (tensor<2xi32>) -> tensor<2xi32>
  return %0, %2 : tensor<2xf32>, tensor<2xi32>
}
"""


@rule(examples=(_ANNOTATION_DROPPED, _OTHER_CALLS, _CALL_THAT_COMPUTES))
def annotation_dropped(op: hlo.CustomCall, rewriter: Rewriter) -> str | None:
    """custom_call @Sharding(x)  =>  x"""
    if op.call_target_name not in ANNOTATIONS:
        return "it is no annotation"
    if [value.type for value in op.inputs] != [value.type for value in op.outputs]:
        return "it gives a part of a tensor"
    rewriter.replace(op, *op.inputs)
    return None


_SHARDING_DROPPED: Final = """
sdy.mesh @mesh = <["x"=2]>
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = sdy.sharding_constraint %x <@mesh, [{"x"}, {}]> : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
"""


@rule(examples=(_SHARDING_DROPPED,))
def sharding_dropped(op: sdy.ShardingConstraint | sdy.Reshard, rewriter: Rewriter) -> None:
    """sharding_constraint(x)  =>  x"""
    rewriter.replace(op, op.input)


@rule
def mesh_dropped(op: sdy.ShardingGroup | sdy.Mesh, rewriter: Rewriter) -> None:
    """mesh, sharding_group  =>  nothing"""
    rewriter.erase(op)
