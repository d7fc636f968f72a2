"""The levels at which a module can be: which ops it has."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from couloir.ir.operation import Operation

Level: TypeAlias = Literal["onnx", "hlo", "loops"]

LEVELS: Final[tuple[Level, ...]] = ("onnx", "hlo", "loops")


def level_of(module: Operation) -> Level:
    """The highest level at which a module has ops: `onnx`, `hlo`, or `loops`."""
    found: Level = "loops"
    for op in module.walk():
        dialect = op.name.partition(".")[0]
        if dialect == "onnx":
            return "onnx"
        if dialect in ("stablehlo", "chlo"):
            found = "hlo"
    return found
