"""`couloir compile`: a program in C."""

from __future__ import annotations

import sys
from typing import Any

from couloir.cli.common import Commands, command, load, model_arguments, progress


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "compile", _compile, "write a program in C that builds and runs without Python")
    model_arguments(parser)
    parser.add_argument("--output", "-o", required=True, metavar="DIR", help="the directory to write to")


def _compile(options: Any) -> int:
    from couloir import api

    module = load(options)
    with progress() as show:
        program = api.c_program(module, on_pass=show)
    for path in program.write(options.output):
        print(f"wrote {path}", file=sys.stderr)
    print(f"build it: make -C {options.output}", file=sys.stderr)
    return 0
