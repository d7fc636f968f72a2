"""Passes, and pipelines of them.

`from couloir.ir.passes import Pass, PassPipeline`
"""

from __future__ import annotations

from couloir.ir.passes.base import Pass, PassContext, all_passes, broken_entry_points, declare_passes, find_pass
from couloir.ir.passes.instrumentation import Instrumentation
from couloir.ir.passes.items import Nested
from couloir.ir.passes.pipeline import PassPipeline
from couloir.ir.passes.report import Check, PassRun, Report

__all__ = [
    "Check",
    "Instrumentation",
    "Nested",
    "Pass",
    "PassContext",
    "PassPipeline",
    "PassRun",
    "Report",
    "all_passes",
    "broken_entry_points",
    "declare_passes",
    "find_pass",
]
