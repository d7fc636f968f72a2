"""Canonicalization: the rules that bring a program into its simplest form, dialect by dialect."""

from __future__ import annotations

from couloir.passes.canonicalization.arith_equations import ARITH_RULES
from couloir.passes.canonicalization.hlo_rules import HLO_RULES
from couloir.passes.canonicalization.passes import Canonicalize

__all__ = ["ARITH_RULES", "HLO_RULES", "Canonicalize"]
