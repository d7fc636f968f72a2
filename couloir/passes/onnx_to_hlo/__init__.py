"""From ONNX to StableHLO: one file for each family of operators, and `conversion` with the pass.

`lowers("Relu")` registers the lowering of an operator, here or in another package; see `couloir.passes.onnx_to_hlo.node`.
"""

from __future__ import annotations

from couloir.passes.onnx_to_hlo.conversion import OnnxToHlo
from couloir.passes.onnx_to_hlo.node import LOWERINGS, Lowered, Node, NotLowered, lowers

__all__ = ["LOWERINGS", "Lowered", "Node", "NotLowered", "OnnxToHlo", "lowers"]
