"""`couloir view`: a drawing of a model, or a page that shows what a pipeline does to it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

from couloir.cli.common import (
    Commands,
    check_arguments,
    check_of,
    command,
    load,
    lowering_arguments,
    model_arguments,
    pipeline_of,
    progress,
)
from couloir.ir.errors import Error

EPILOG: Final = """examples:
  couloir view lenet.onnx -o lenet.svg                           draw the graph
  couloir view lenet.onnx --dims N=1 --trace -o lenet.html       what each pass on the way to loops changes
  couloir view lenet.onnx --trace -p "onnx-to-hlo,cse" --save lenet.json -o lenet.html
  couloir view lenet.json -o lenet.html                          the page of a trace that was saved
"""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "view", _view, "draw a model's graph, or show what passes do to it", epilog=EPILOG)
    model_arguments(parser)
    parser.add_argument(
        "--output", "-o", required=True, metavar="FILE", help="the picture: .svg or .pdf; with --trace the page: .html"
    )
    parser.add_argument(
        "--level", choices=("as-is", "hlo", "loops"), default="as-is", help="lower first (default: as-is)"
    )
    parser.add_argument("--constants", action="store_true", help="draw constants as boxes")
    parser.add_argument("--paper", action="store_true", help="for a .pdf: cut it into sheets of A4")
    tracing = parser.add_argument_group(
        "traces",
        "What a pipeline does, by default the standard one to loops. A MODEL that ends in .json is a saved trace.",
    )
    tracing.add_argument("--trace", action="store_true", help="run passes, and write a page that shows what they do")
    lowering_arguments(tracing)
    tracing.add_argument(
        "--check-each", action="store_true", help="run the program before and after each pass, and compare"
    )
    check_arguments(tracing)
    tracing.add_argument("--save", metavar="FILE", help="write the trace as JSON, too, for `couloir view FILE`")


def _view(options: Any) -> int:
    saved = str(options.model).endswith(".json")
    if options.trace or saved:
        return _page(options, saved)
    for name in ("pipeline", "to", "check_each", "input", "save"):
        if getattr(options, name):
            raise Error(f"--{name.replace('_', '-')} is for traces", hint="add --trace")
    from couloir import api
    from couloir.drawing import A4

    module = load(options)
    if options.level != "as-is":
        with progress() as show:
            module = api.lower(module, options.level, on_pass=show)
    api.draw(module, options.output, constants=options.constants, paper=A4 if options.paper else None)
    print(f"wrote {options.output}", file=sys.stderr)
    return 0


def _page(options: Any, saved: bool) -> int:
    from couloir import api
    from couloir.ir.passes import Instrumentation
    from couloir.ir.passes.trace import Trace

    if Path(options.output).suffix.lower() not in (".html", ".htm"):
        raise Error(f"a trace is shown by a page, not by {options.output}", hint="end the name in .html")
    if options.level != "as-is" or options.constants or options.paper:
        raise Error(
            "--level, --constants and --paper are for pictures", hint="with --trace, --to says how far to lower"
        )
    faults: list[Exception] = []

    class Faults(Instrumentation):
        def pass_failed(self, run: object, op: object, error: Exception) -> None:
            faults.append(error)

    if saved:
        if any((options.pipeline, options.to, options.check_each, options.input, options.save, options.dims)):
            raise Error("a saved trace is shown as it is: it takes no passes and no sizes")
        trace = Trace.load(options.model)
    else:
        module = load(options)
        with progress() as show:
            trace = api.trace(
                module,
                pipeline_of(options, module) or api.standard_pipeline(module, "loops"),
                name=Path(options.model).name,
                check_each=check_of(options) if options.check_each else False,
                instrumentations=[Faults()],
                on_pass=show,
            )
        if options.save:
            trace.save(options.save)
            print(f"wrote {options.save}", file=sys.stderr)
    api.explore(trace, options.output)
    print(f"wrote {options.output}", file=sys.stderr)
    if faults and not isinstance(faults[-1], Error):
        raise faults[-1]
    failed = trace.passes[-1] if trace.passes and trace.passes[-1].error else None
    if failed is None or saved:
        return 0
    print(f"couloir: error: {failed.error}", file=sys.stderr)
    return 1
