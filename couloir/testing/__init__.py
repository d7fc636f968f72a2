"""For authors of passes: generators of programs, and checks of rewrites.

from couloir.testing import strategies      # Hypothesis strategies: `strategies.modules(["stablehlo"])`
"""

from __future__ import annotations
