"""The command line: `couloir run | opt | compile | view`. Each command is one call of the library."""

from __future__ import annotations

from couloir.cli.main import main

__all__ = ["main"]
