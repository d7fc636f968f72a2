"""`couloir lab`: the labs of the course."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from couloir.cli.common import Commands
from couloir.ir.errors import Error, nearest

LABS: Final = Path(__file__).parents[3] / "labs"
"""The labs of the source tree that this package is in."""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = commands.add_parser(
        "lab",
        help="run a lab of the course: p1 (a LeNet from PyTorch to a printed page)",
        description="Run a lab of the course. `couloir lab p1 --help` says what it takes.",
    )
    parser.add_argument("name", metavar="LAB", nargs="?", help="p1; without a name, the labs are listed")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="...", help="what the lab takes")
    parser.set_defaults(command=_lab)


def _lab(options: Any) -> int:
    labs = {path.stem: path for path in sorted(LABS.glob("p[0-9].py"))}
    if not labs:
        raise Error(
            "the labs are files of the source tree, and this is an installed package",
            hint="get the source tree, and `pip install --editable '.[labs]'` there",
        )
    if options.name is None:
        for name, path in labs.items():
            print(f"{name}  {_summary(path)}")
        return 0
    if options.name not in labs:
        raise Error(f"there is no lab `{options.name}`", hint=nearest(options.name, list(labs)) or ", ".join(labs))
    module = _loaded(labs[options.name])
    return int(module.main(options.arguments))


def _summary(path: Path) -> str:
    """The first line of the docstring."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return lines[0].strip('"') if lines else ""


def _loaded(path: Path) -> ModuleType:
    """A lab as a module. Labs import each other's files by name, as scripts do."""
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise Error("cannot be read as Python", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
