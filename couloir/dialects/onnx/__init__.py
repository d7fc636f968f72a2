"""The ONNX dialect: one op for each operator and version, made from the schemas of the installed onnx package.

    from couloir.dialects import onnx

    onnx.ConvV11          # Conv since opset 11: the op `onnx.ConvV11`
    onnx.Conv             # the newest version
    onnx.ml.Scaler        # an operator of ai.onnx.ml: the op `onnx.ml.ScalerV1`

Beside the operators there are `Initializer`, `Return` and `Call` for the parts of a model that are no nodes, and the
types `!onnx.seq`, `!onnx.opt`, `!onnx.map`, `!onnx.string` and `!onnx.any`. Editors read `__init__.pyi`, which `python
-m couloir.dialects.onnx.stubs` writes.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.schemas import class_at, from_class_name, from_op_name, operators, schema_class
from couloir.dialects.onnx.structure import Call, Initializer, Return
from couloir.dialects.onnx.types import (
    AnyType,
    MapType,
    OptionalType,
    SequenceType,
    SparseEncodingAttr,
    StringsAttr,
    StringType,
)
from couloir.ir.operation import Operation
from couloir.ir.registry import REGISTRY


def _newest() -> list[type[Operation]]:
    return [Initializer, *map(from_class_name, operators())]


REGISTRY.declare_factory("onnx", from_op_name, _newest)

_PARTS: Final = ("ml", "preview")
"""Modules with the operators of other operator sets; they are imported when they are asked for."""


def __getattr__(name: str) -> Any:
    made = importlib.import_module(f"{__name__}.{name}") if name in _PARTS else from_class_name(name)
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    return sorted([*globals(), *_PARTS, *operators()])


__all__ = [
    "AnyType",
    "Call",
    "Initializer",
    "MapType",
    "OnnxOp",
    "OptionalType",
    "Return",
    "SequenceType",
    "SparseEncodingAttr",
    "StringType",
    "StringsAttr",
    "class_at",
    "operators",
    "schema_class",
]
