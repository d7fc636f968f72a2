"""The levels at which a module can be: which ops it has."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from couloir.dialects.func import FuncOp
from couloir.ir.operation import Operation
from couloir.ir.types import FunctionType, TensorType

Level: TypeAlias = Literal["onnx", "hlo", "loops"]

LEVELS: Final[tuple[Level, ...]] = ("onnx", "hlo", "loops")


def level_of(module: Operation) -> Level:
    """The highest level at which a module has ops: `onnx`, `hlo`, or `loops`. Functions of tensors are above loops."""
    found: Level = "loops"
    for op in module.walk():
        dialect = op.name.partition(".")[0]
        if dialect == "onnx":
            return "onnx"
        if dialect in ("stablehlo", "chlo") or (isinstance(op, FuncOp) and _takes_tensors(op.function_type)):
            found = "hlo"
    return found


def _takes_tensors(type: FunctionType) -> bool:
    return any(isinstance(item, TensorType) for item in (*type.inputs, *type.results))
