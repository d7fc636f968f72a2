# Written by `python -m couloir.dialects.onnx.stubs` from the schemas of onnx 1.23.2. Do not edit.
# ruff: noqa: E501, D101, I001, UP037
# fmt: off
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias
from couloir.dialects.onnx.base import OnnxOp
from couloir.ir.attribute import Type
from couloir.ir.fields import Operand, Operands, Results
from couloir.ir.location import Location
from couloir.ir.operation import Operation, Value
from couloir.ir.types import TensorType, UnrankedTensorType

_In: TypeAlias = Value[Any] | Operation
_Tensor: TypeAlias = TensorType | UnrankedTensorType

class AdagradV1(OnnxOp):
    """Compute one iteration of ADAGRAD, a stochastic gradient based optimization algorithm."""
    R: Operand[_Tensor]
    T: Operand[_Tensor]
    inputs: Operands[_Tensor]
    decay_factor: float
    epsilon: float
    norm_coefficient: float
    outputs: Results[_Tensor]
    def __init__(
        self, R: _In, T: _In, inputs: Sequence[_In] = (), *, decay_factor: float = 0.0, epsilon: float = 1e-06, norm_coefficient: float = 0.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AdamV1(OnnxOp):
    """Compute one iteration of Adam, a stochastic gradient based optimization algorithm."""
    R: Operand[_Tensor]
    T: Operand[_Tensor]
    inputs: Operands[_Tensor]
    alpha: float
    beta: float
    epsilon: float
    norm_coefficient: float
    norm_coefficient_post: float
    outputs: Results[_Tensor]
    def __init__(
        self, R: _In, T: _In, inputs: Sequence[_In] = (), *, alpha: float = 0.9, beta: float = 0.999, epsilon: float = 1e-06, norm_coefficient: float = 0.0, norm_coefficient_post: float = 0.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GradientV1(OnnxOp):
    """Gradient operator computes the partial derivatives of a specific tensor w.r.t."""
    Inputs: Operands[_Tensor]
    xs: tuple[str, ...]
    y: str
    zs: tuple[str, ...] | None
    Outputs: Results[_Tensor]
    def __init__(
        self, Inputs: Sequence[_In] = (), *, xs: Sequence[str], y: str, zs: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MomentumV1(OnnxOp):
    """Compute one iteration of stochastic gradient update with momentum."""
    R: Operand[_Tensor]
    T: Operand[_Tensor]
    inputs: Operands[_Tensor]
    alpha: float
    beta: float
    mode: str
    norm_coefficient: float
    outputs: Results[_Tensor]
    def __init__(
        self, R: _In, T: _In, inputs: Sequence[_In] = (), *, alpha: float, beta: float, mode: str, norm_coefficient: float, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

Adagrad = AdagradV1
Adam = AdamV1
Gradient = GradientV1
Momentum = MomentumV1
