"""For authors of passes: generators of programs, and checks of rewrites.

from couloir.testing import strategies      # Hypothesis strategies: `strategies.modules(["stablehlo"])`
from couloir.testing import reduce          # the smallest module of which something still holds
"""

from __future__ import annotations

from couloir.testing.reducing import Reduction, reduce

__all__ = ["Reduction", "reduce"]
