"""`couloir cost`: what a program costs."""

from __future__ import annotations

import json
from typing import Any, Final

from couloir.cli.common import Commands, command, load, model_arguments, progress, write_text
from couloir.ir.errors import Error

EPILOG: Final = """examples:
  couloir cost resnet.onnx --dims N=1                  flops, transcendentals and bytes, by kind of op
  couloir cost model.mlir --each                       ... of each op
  couloir cost resnet.onnx --dims N=1 --level hlo      lower first
  couloir cost model.mlir --json -o cost.json

The conventions are those of XLA's cost analysis. Loops whose number of runs is known count as often; --trip-counts once
counts each loop once, as XLA does.
"""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "cost", _cost, "count the flops and bytes of a model", epilog=EPILOG)
    model_arguments(parser)
    parser.add_argument("--function", metavar="NAME", help="the function that runs (default: the first public one)")
    parser.add_argument(
        "--level", choices=("as-is", "hlo", "loops"), default="as-is", help="lower first (default: as-is)"
    )
    parser.add_argument(
        "--trip-counts", choices=("known", "once"), default="known", help="how often loops count (default: known)"
    )
    parser.add_argument("--each", action="store_true", help="a row for each op")
    parser.add_argument("--json", action="store_true", help="write JSON")
    parser.add_argument("--output", "-o", default="-", metavar="FILE", help="where to write (default: -, stdout)")


def _cost(options: Any) -> int:
    from couloir import api

    if options.json and options.each:
        raise Error("--each is for tables: the JSON has each op anyway")
    module = load(options)
    if options.level != "as-is":
        with progress() as show:
            module = api.lower(module, options.level, on_pass=show)
    report = api.cost(module, function=options.function, trip_counts=options.trip_counts == "known")
    text = json.dumps(report.to_json(), indent=1) if options.json else report.text(each=options.each)
    write_text(options.output, text + "\n")
    return 0
