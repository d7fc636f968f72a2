"""For authors of passes: generators of programs, and checks of rewrites.

from couloir.testing import strategies      # Hypothesis strategies: `strategies.modules(["stablehlo"])`
from couloir.testing import reduce          # the smallest module of which something still holds
"""

from __future__ import annotations

from couloir.testing.lowering import check_lowering
from couloir.testing.peers.comparing import compare_with
from couloir.testing.reducing import Reduction, reduce
from couloir.testing.rewrites.check import check_pass, check_rewrite, equivalent
from couloir.testing.rewrites.report import Candidate, Counterexample, Obligation, Proof, Report, Verdict

__all__ = [
    "Candidate", "Counterexample", "Obligation", "Proof", "Reduction", "Report", "Verdict",
    "check_lowering", "check_pass", "check_rewrite", "compare_with", "equivalent", "reduce",
]  # fmt: skip
