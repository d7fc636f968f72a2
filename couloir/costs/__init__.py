"""What programs cost: floating-point operations, transcendental functions, bytes accessed.

    report = couloir.cost("resnet.onnx", dims={"N": 1})
    print(report)                         # a row for each kind of op
    report.total.flops, report.kinds, report.ops

    @couloir.costs.cost_of(Gelu)          # an op of one's own
    def gelu(op):
        return moving(op, flops=4 * elements(op.result), transcendentals=elements(op.result))

The conventions are those of XLA's HloCostAnalysis, so that numbers can be compared: an element-wise op is 1 flop for each
element, whatever the elements are; functions such as `exp` count apart; a dot product of M × K and K × N is 2MNK; each op
reads its operands from memory and writes its results there, as if nothing were fused.
"""

from __future__ import annotations

from couloir.costs.analysis import cost, entry_function
from couloir.costs.cost import Cost, bytes_of, elements, moving, total
from couloir.costs.report import CostReport, Kind, Note, OpCost
from couloir.costs.table import Runs, cost_of

__all__ = [
    "Cost",
    "CostReport",
    "Kind",
    "Note",
    "OpCost",
    "Runs",
    "bytes_of",
    "cost",
    "cost_of",
    "elements",
    "entry_function",
    "moving",
    "total",
]
