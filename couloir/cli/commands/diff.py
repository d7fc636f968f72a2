"""`couloir diff`: where two programs first differ."""

from __future__ import annotations

import argparse
from typing import Any, Final

from couloir.cli.common import Commands, command, load, natural
from couloir.ir.errors import Error

EPILOG: Final = """examples:
  couloir diff 03-cse.mlir 04-canonicalize.mlir      the first differences, with the IR of both side by side
  couloir diff old.mlir new.mlir --any-order         ops may stand in any legal order
  couloir diff lenet.onnx other.onnx --dims N=1

Names of values do not count. The exit code is 0 when there are no differences, and 1 when there are some.
"""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "diff", _diff, "compare two programs", epilog=EPILOG)
    parser.add_argument("first", metavar="FIRST", help="an .onnx, .mlir or .hlo file, or - for MLIR text from stdin")
    parser.add_argument("second", metavar="SECOND", help="another one")
    parser.add_argument(
        "--dims", "-d", action="append", default=[], metavar="NAME=SIZE", help="size of a symbolic dimension"
    )
    parser.add_argument("--allow-unregistered", action="store_true", help="keep ops that no dialect defines")
    parser.add_argument(
        "--limit", type=natural, default=10, metavar="N", help="how many differences to show (default: 10)"
    )
    parser.add_argument("--any-order", action="store_true", help="the order of ops counts only where it matters")
    parser.add_argument("--commutative", action="store_true", help="operands of commutative ops may be exchanged")
    parser.add_argument("--any-symbol-names", action="store_true", help="symbols count by what they mean")
    parser.add_argument("--with-locations", action="store_true", help="locations count, too")


def _diff(options: Any) -> int:
    from couloir.ir.analysis.difference import diff

    if options.first == options.second == "-":
        raise Error("only one of the two programs can come from stdin")
    first, second = (load(argparse.Namespace(**{**vars(options), "model": m})) for m in (options.first, options.second))
    report = diff(
        first,
        second,
        limit=max(options.limit, 1),
        order=not options.any_order,
        commutative=options.commutative,
        symbol_names=not options.any_symbol_names,
        locations=options.with_locations,
    )
    print(report)
    return int(bool(report))
