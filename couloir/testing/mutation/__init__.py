"""Does the checker catch anything? `mutation_score` breaks a rule in systematic ways, and counts how often that is found out.

`sources`: functions as syntax trees and back; `operators`: the ways to break one; `mutants`: broken rules; `score`: the count.
Source of the method: DeMillo, Lipton, Sayward, "Hints on test data selection" (1978).
"""

from __future__ import annotations

from couloir.testing.mutation.mutants import Mutant, mutants
from couloir.testing.mutation.score import Fate, Result, Score, mutation_score

__all__ = ["Fate", "Mutant", "Result", "Score", "mutants", "mutation_score"]
