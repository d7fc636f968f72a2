"""`couloir diff`: where two programs first differ, and what they have in common."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from couloir.cli.common import Commands, check_arguments, command, load, natural, progress, read_inputs
from couloir.ir.errors import Error

if TYPE_CHECKING:
    from couloir.dialects.builtin import ModuleOp

EPILOG: Final = """examples:
  couloir diff 03-cse.mlir 04-canonicalize.mlir        the first differences, with the IR of both side by side
  couloir diff old.mlir new.mlir --any-order           ops may stand in any legal order
  couloir diff a.onnx b.mlir --level hlo --summary     what they have in common, as graphs: counts, costs, regions
  couloir diff model.mlir after_optimizations.hlo --values    ... and the first value that differs, on made-up inputs
  couloir diff net.onnx -d N=1 --level hlo --then outline-fusions -o diff.html      what is fused, as a page

Names of values do not count. The exit code is 0 when there are no differences, and 1 when there are some.
"""
STRUCTURE: Final = ("any_order", "commutative", "any_symbol_names", "with_locations")


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "diff", _diff, "compare two programs", epilog=EPILOG)
    parser.add_argument(
        "first", metavar="FIRST", help="an .onnx, .mlir or .hlo file, or - for MLIR or HLO text from stdin"
    )
    parser.add_argument("second", metavar="SECOND", nargs="?", help="another one; by default FIRST, for --then")
    parser.add_argument(
        "--dims", "-d", action="append", default=[], metavar="NAME=SIZE", help="size of a symbolic dimension"
    )
    parser.add_argument("--allow-unregistered", action="store_true", help="keep ops that no dialect defines")
    parser.add_argument(
        "--limit",
        type=natural,
        metavar="N",
        help="how many differences to show (default: 10), or lines of each kind (12)",
    )
    parser.add_argument("--level", choices=("as-is", "hlo", "loops"), default="as-is", help="lower both first")
    parser.add_argument("--pipeline", "-p", metavar="TEXT", help="passes to run on both first")
    parser.add_argument("--then", metavar="TEXT", help="passes to run on SECOND, after those")
    structure = parser.add_argument_group(
        "first differences", "Compares op by op, in order. What counts can be chosen."
    )
    structure.add_argument("--any-order", action="store_true", help="the order of ops counts only where it matters")
    structure.add_argument("--commutative", action="store_true", help="operands of commutative ops may be exchanged")
    structure.add_argument("--any-symbol-names", action="store_true", help="symbols count by what they mean")
    structure.add_argument("--with-locations", action="store_true", help="locations count, too")
    summary = parser.add_argument_group(
        "summary", "Compares graphs: order and names do not count, calls and fusions are looked through."
    )
    summary.add_argument("--summary", action="store_true", help="counts and costs, matched regions, fusions")
    summary.add_argument("--function", metavar="NAME", help="the function of both (default: the first public one)")
    summary.add_argument("--values", action="store_true", help="run both, and find the first value that differs")
    check_arguments(summary)
    summary.add_argument("--json", action="store_true", help="write the summary as JSON")
    summary.add_argument("--output", "-o", metavar="FILE", help="write the summary as a page: .html")


def _diff(options: Any) -> int:
    if options.first == options.second == "-":
        raise Error("only one of the two programs can come from stdin")
    if options.second is None and options.then is None:
        raise Error("SECOND is missing", hint="give a second program, or passes: --then TEXT")
    is_summary = options.summary or options.values or options.json or options.output is not None
    if (options.input or options.seed) and not options.values:
        raise Error("--input and --seed are for --values")
    if options.function is not None and not is_summary:
        raise Error("--function is for summaries: first differences are those of whole modules")
    if is_summary:
        chosen = next((name for name in STRUCTURE if getattr(options, name)), None)
        if chosen is not None:
            raise Error(f"--{chosen.replace('_', '-')} is for first differences, not for summaries")
        if options.output is not None and Path(options.output).suffix.lower() not in (".html", ".htm"):
            raise Error(f"a summary is written as a page, not as {options.output}", hint="end the name in .html")
    first = _prepared(options, options.first)
    second = first if options.second is None else _prepared(options, options.second)
    if options.then is not None:
        second = _run(second, options.then)
    return _summary(options, first, second) if is_summary else _first_differences(options, first, second)


def _prepared(options: Any, model: str) -> ModuleOp:
    """A program, lowered and passed through passes as asked for."""
    from couloir import api

    module = load(argparse.Namespace(**{**vars(options), "model": model}))
    if options.level != "as-is":
        with progress() as show:
            module = api.lower(module, options.level, on_pass=show)
    return module if options.pipeline is None else _run(module, options.pipeline)


def _run(module: ModuleOp, pipeline: str) -> ModuleOp:
    from couloir import api

    with progress() as show:
        return api.opt(module, pipeline, on_pass=show)[0]


def _first_differences(options: Any, first: ModuleOp, second: ModuleOp) -> int:
    from couloir.ir.analysis.difference import diff

    report = diff(
        first,
        second,
        limit=10 if options.limit is None else max(options.limit, 1),
        order=not options.any_order,
        commutative=options.commutative,
        symbol_names=not options.any_symbol_names,
        locations=options.with_locations,
    )
    print(report)
    return int(bool(report))


def _summary(options: Any, first: ModuleOp, second: ModuleOp) -> int:
    from couloir import api

    names = Path(options.first).name, Path(options.second or options.first).name
    if options.then is not None:
        names = names[0], f"{names[1]} after {options.then}"
    elif names[0] == names[1]:
        names = options.first, options.second
    functions = options.function, options.function
    values = (read_inputs(options.input) or True) if options.values else False
    comparison = api.compare(first, second, names=names, functions=functions, values=values, seed=options.seed)
    if options.output is not None:
        from couloir.comparison import write_page

        write_page(comparison, options.output)
        print(f"wrote {options.output}", file=sys.stderr)
    if options.json:
        print(json.dumps(comparison.to_json(), indent=1))
    elif options.output is None:
        print(comparison.text(limit=12 if options.limit is None else max(options.limit, 1)))
    return int(bool(comparison))
