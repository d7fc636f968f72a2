"""Comparing programs as graphs: two modules, or a module and what XLA makes of it.

    comparison = couloir.compare("before.mlir", "after.hlo", values=True)
    print(comparison)                      # histograms, costs, matched regions, fusions, the first value that differs
    couloir.comparison.write_page(comparison, "diff.html")
    comparison.pairs, comparison.regions, comparison.alone, comparison.fusions

Names and the order of ops do not count, and calls are looked through, so that a fusion is no difference. Where two programs
first differ as texts do, says `couloir.ir.analysis.difference`.
"""

from __future__ import annotations

from couloir.comparison.comparison import Comparison, FusionMatch, PairOfNodes, Region, Side, compare
from couloir.comparison.flow import Flow, Fusion, Node
from couloir.comparison.html import write_page
from couloir.comparison.values import Divergence, Values, compare_values

__all__ = [
    "Comparison",
    "Divergence",
    "Flow",
    "Fusion",
    "FusionMatch",
    "Node",
    "PairOfNodes",
    "Region",
    "Side",
    "Values",
    "compare",
    "compare_values",
    "write_page",
]
