"""Canonicalization: the rules that bring a program into its simplest form, dialect by dialect."""

from __future__ import annotations

from couloir.passes.canonicalization.passes import RULES, Canonicalize, canonicalization_rules

__all__ = ["RULES", "Canonicalize", "canonicalization_rules"]
