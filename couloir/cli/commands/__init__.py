"""The commands, one module each. A module here is found by being here: its `register(commands)` declares the subcommand,
and it imports what is heavy only when the command runs.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from couloir.cli.common import Commands


def register_all(commands: Commands) -> None:
    """Declares all commands, in alphabetical order."""
    for name in sorted(module.name for module in iter_modules(__path__)):
        import_module(f"{__name__}.{name}").register(commands)
