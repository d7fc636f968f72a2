"""StableHLO: batch normalisation.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

from couloir.dialects.hlo.bounds import bounded, bounds_of
from couloir.dialects.hlo.elements import FLOAT, SameBaselineElementType
from couloir.dialects.shapes import same_dim
from couloir.ir import fields
from couloir.ir.constraints import Holds, Infers, SameShape, SameType
from couloir.ir.fields import Operand, Result, attr
from couloir.ir.operation import Operation, Value
from couloir.ir.traits import Pure
from couloir.ir.types import TensorType, Type, f32


def _feature_count(name: str, id: str) -> Holds:
    def predicate(op: BatchNormInference | BatchNormTraining | BatchNormGrad) -> bool | str:
        value: Value[TensorType] = getattr(op, name)
        size = op.operand.type.dims[op.feature_index]
        return same_dim(value.type.dims[0], size) or f"{value.type.dims[0]} for {size} features"

    return Holds(f"`{name}` has an element for each feature", predicate, id=id)


def _of_features(op: BatchNormTraining | BatchNormGrad) -> TensorType:
    """The type of a tensor with an element for each feature."""
    type, axis = op.operand.type, op.feature_index
    return bounded([type.dims[axis]], [bounds_of(type)[axis]], type.element_type)


_FEATURE_INDEX = Holds(
    "`feature_index` is a dimension of `operand`", lambda op: 0 <= op.feature_index < op.operand.type.rank, id="C1"
)


class BatchNormInference(Operation, name="stablehlo.batch_norm_inference", traits=(Pure,)):
    """`(operand - mean) / sqrt(variance + epsilon) * scale + offset`, with one of each for a feature.

    Source: StableHLO specification, `batch_norm_inference`.
    """

    operand: Operand[TensorType] = fields.operand(elements=FLOAT)
    scale: Operand[TensorType] = fields.operand(elements=FLOAT, rank=1)
    offset: Operand[TensorType] = fields.operand(elements=FLOAT, rank=1)
    mean: Operand[TensorType] = fields.operand(elements=FLOAT, rank=1)
    variance: Operand[TensorType] = fields.operand(elements=FLOAT, rank=1)
    epsilon: float = attr(codec=f32)
    feature_index: int = attr()
    result: Result[TensorType] = fields.result()

    constraints = (
        _FEATURE_INDEX,
        SameBaselineElementType("operand", "scale", "offset", "mean", "variance", "result", id="C2"),
        _feature_count("scale", "C3"),
        _feature_count("offset", "C4"),
        _feature_count("mean", "C5"),
        _feature_count("variance", "C6"),
        SameType("operand", "result", id="C7"),
    )


class BatchNormTraining(Operation, name="stablehlo.batch_norm_training", traits=(Pure,)):
    """Normalises each feature with the mean and (biased) variance of the batch, and gives these too.

    Source: StableHLO specification, `batch_norm_training`.
    """

    operand: Operand[TensorType] = fields.operand(elements=FLOAT)
    scale: Operand[TensorType] = fields.operand(elements=FLOAT, rank=1)
    offset: Operand[TensorType] = fields.operand(elements=FLOAT, rank=1)
    epsilon: float = attr(codec=f32)
    feature_index: int = attr()
    output: Result[TensorType] = fields.result()
    batch_mean: Result[TensorType] = fields.result()
    batch_var: Result[TensorType] = fields.result()

    constraints = (
        _FEATURE_INDEX,
        SameBaselineElementType("operand", "scale", "offset", id="C2"),
        _feature_count("scale", "C3"),
        _feature_count("offset", "C4"),
        Infers("C2, C5, C6, C7"),
    )

    def infer(self) -> list[Type]:
        return [self.operand.type, *[_of_features(self)] * 2]


class BatchNormGrad(Operation, name="stablehlo.batch_norm_grad", traits=(Pure,)):
    """The gradients of `batch_norm_training` with respect to operand, scale and offset.

    Source: StableHLO specification, `batch_norm_grad`.
    """

    operand: Operand[TensorType] = fields.operand(elements=FLOAT)
    scale: Operand[TensorType] = fields.operand(elements=FLOAT, rank=1)
    mean: Operand[TensorType] = fields.operand(elements=FLOAT, rank=1)
    variance: Operand[TensorType] = fields.operand(elements=FLOAT, rank=1)
    grad_output: Operand[TensorType] = fields.operand(elements=FLOAT)
    epsilon: float = attr(codec=f32)
    feature_index: int = attr()
    grad_operand: Result[TensorType] = fields.result()
    grad_scale: Result[TensorType] = fields.result()
    grad_offset: Result[TensorType] = fields.result()

    constraints = (
        _FEATURE_INDEX,
        SameBaselineElementType("operand", "scale", "mean", "variance", "grad_output", id="C2"),
        SameShape("operand", "grad_output", id="C3"),
        SameShape("scale", "mean", "variance", id="C4"),
        _feature_count("scale", "C5"),
        Infers("C2, C3, C4"),
    )

    def infer(self) -> list[Type]:
        return [self.operand.type, *[_of_features(self)] * 2]
