"""`couloir view`: a drawing."""

from __future__ import annotations

import sys
from typing import Any

from couloir.cli.common import Commands, command, load, model_arguments, progress


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "view", _view, "draw a model's graph")
    model_arguments(parser)
    parser.add_argument("--output", "-o", required=True, metavar="FILE", help="the picture: .svg or .pdf")
    parser.add_argument(
        "--level", choices=("as-is", "hlo", "loops"), default="as-is", help="lower first (default: as-is)"
    )
    parser.add_argument("--constants", action="store_true", help="draw constants as boxes")
    parser.add_argument("--paper", action="store_true", help="for a .pdf: cut it into sheets of A4")


def _view(options: Any) -> int:
    from couloir import api
    from couloir.drawing import A4

    module = load(options)
    if options.level != "as-is":
        with progress() as show:
            module = api.lower(module, options.level, on_pass=show)
    api.draw(module, options.output, constants=options.constants, paper=A4 if options.paper else None)
    print(f"wrote {options.output}", file=sys.stderr)
    return 0
