"""Canonicalization: the rules that bring a program into its simplest form, dialect by dialect."""

from __future__ import annotations

from couloir.passes.canonicalization.hlo_rules import HLO_RULES
from couloir.passes.canonicalization.passes import Canonicalize

__all__ = ["HLO_RULES", "Canonicalize"]
