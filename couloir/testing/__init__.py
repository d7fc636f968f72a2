"""For authors of passes: checks of rewrites, and generators of programs.

from couloir.testing import check_rewrite   # is this rule right? a proof, a counterexample, or how often it was tested
from couloir.testing import mutation_score  # how many faults of a rule would be found
from couloir.testing import strategies      # Hypothesis strategies: `strategies.modules(["stablehlo"])`
from couloir.testing import reduce          # the smallest module of which something still holds
"""

from __future__ import annotations

from couloir.testing.lowering import check_lowering
from couloir.testing.mutation import Mutant, Score, mutants, mutation_score
from couloir.testing.peers.comparing import compare_with
from couloir.testing.reducing import Reduction, reduce
from couloir.testing.rewrites.check import check_pass, check_rewrite, equivalent
from couloir.testing.rewrites.report import Candidate, Counterexample, Obligation, Proof, Report, Verdict

__all__ = [
    "Candidate", "Counterexample", "Mutant", "Obligation", "Proof", "Reduction", "Report", "Score", "Verdict",
    "check_lowering", "check_pass", "check_rewrite", "compare_with", "equivalent", "mutants", "mutation_score", "reduce",
]  # fmt: skip
