"""MLIR text: reading it, and writing it.

    from couloir.ir.text.parser import parse_module_op
    from couloir.ir.text.printer import operation_text

The names below are imported when they are first used: the printer is needed by the classes that the parser needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from couloir.ir.text.parser import Parser, external_resources, parse_module_op, parse_ops
    from couloir.ir.text.printer import Printer, operation_text

__all__ = ["Parser", "Printer", "external_resources", "operation_text", "parse_module_op", "parse_ops"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from couloir.ir.text import parser, printer

        return getattr(printer if hasattr(printer, name) else parser, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
