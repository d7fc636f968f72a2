"""From XLA's HLO text: `couloir.load("program.hlo")`. One file of `opcodes` for each family."""

from __future__ import annotations

from couloir.frontends.hlo_text.importer import parse
from couloir.frontends.hlo_text.syntax import HloModule, read

__all__ = ["HloModule", "parse", "read"]
