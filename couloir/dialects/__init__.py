"""The dialects: what can be said. Definitions only; a dialect is imported when one of its names is first met."""

from __future__ import annotations

from couloir.ir.registry import REGISTRY

for _dialect, _module in {
    "affine": "affine",
    "arith": "arith",
    "builtin": "builtin",
    "cf": "cf",
    "check": "check",
    "chlo": "chlo",
    "func": "func",
    "interpreter": "interpreter",
    "math": "math",
    "memref": "memref",
    "onnx": "onnx",
    "quant": "quant",
    "scf": "scf",
    "sdy": "sdy",
    "stablehlo": "hlo",
    "tensor": "tensor",
    "vector": "vector",
}.items():
    REGISTRY.declare(_dialect, f"couloir.dialects.{_module}")
