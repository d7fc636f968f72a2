# Written by `python -m couloir.dialects.onnx.stubs` from the schemas of onnx 1.23.2. Do not edit.
# ruff: noqa: E501, D101, I001, UP037
# fmt: off
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias
from couloir.dialects.onnx.base import OnnxOp
from couloir.ir.attribute import Type
from couloir.ir.fields import Operand, Result
from couloir.ir.location import Location
from couloir.ir.operation import Operation, Region, Value
from couloir.ir.types import TensorType, UnrankedTensorType

_In: TypeAlias = Value[Any] | Operation
_Tensor: TypeAlias = TensorType | UnrankedTensorType

class FlexAttentionV1(OnnxOp):
    """Computes scaled dot-product attention over rank-4 (batched, multi-head) inputs, with optional user-provided customization subgraphs at two stages:"""
    Q: Operand[_Tensor]
    K: Operand[_Tensor]
    V: Operand[_Tensor]
    scale: float | None
    softmax_precision: int | None
    prob_mod: Region
    score_mod: Region
    Y: Result[_Tensor]
    def __init__(
        self, Q: _In, K: _In, V: _In, *, scale: float | None = None, softmax_precision: int | None = None, prob_mod: Region | None = None, score_mod: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

FlexAttention = FlexAttentionV1
