"""`couloir opt`: passes on a model, IR out."""

from __future__ import annotations

import sys
from typing import Any

from couloir.cli.common import Commands, command, load, model_arguments, progress, write_text
from couloir.ir.errors import Error


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "opt", _opt, "run passes on a model and print the IR")
    model_arguments(parser, optional=True)
    parser.add_argument("--pipeline", "-p", metavar="TEXT", help='passes, such as "canonicalize,func.func(cse)"')
    parser.add_argument("--to", choices=("hlo", "loops"), help="lower by the standard pipeline to this level")
    parser.add_argument("--output", "-o", default="-", metavar="FILE", help="where to write the IR (default: -)")
    parser.add_argument("--generic", action="store_true", help="print every op in the generic form")
    parser.add_argument("--locations", action="store_true", help="print where each op comes from")
    parser.add_argument(
        "--elide",
        type=int,
        metavar="N",
        help="leave out constants of more than N elements (default: 64 on a terminal; files and pipes get all of them)",
    )
    parser.add_argument("--dump-dir", metavar="DIR", help="write the IR after each pass that changed it")
    parser.add_argument("--timing", action="store_true", help="print the time of each pass to stderr")
    parser.add_argument("--allow-unregistered", action="store_true", help="keep ops that no dialect defines")
    parser.add_argument("--list", action="store_true", help="list all passes with their options")


def _opt(options: Any) -> int:
    from couloir import api
    from couloir.ir.text.printer import operation_text

    if options.list:
        _list_passes()
        return 0
    if options.pipeline and options.to:
        raise Error("--pipeline and --to exclude each other")
    module = load(options)
    with progress() as show:
        if options.to:
            module = api.lower(module, options.to, dump_dir=options.dump_dir, on_pass=show)
        elif options.pipeline:
            module, report = api.opt(module, options.pipeline, dump_dir=options.dump_dir, on_pass=show)
            if options.timing:
                print(report, file=sys.stderr)
    elide = options.elide
    if elide is None and options.output == "-" and sys.stdout.isatty():
        elide = 64  # for reading; a text that goes on to a file or another command stays complete
    text = operation_text(module, generic=options.generic, locations=options.locations, elide_above=elide) + "\n"
    write_text(options.output, text)
    return 0


def _list_passes() -> None:
    import attrs

    import couloir.passes.pipelines  # noqa: F401  # pyright: ignore[reportUnusedImport] -- defines the passes
    from couloir.ir.passes import all_passes

    for name, cls in all_passes().items():
        print(f"{name:<20} {cls.summary()}")
        for option, attribute in cls.options().items():
            default = "" if attribute.default is attrs.NOTHING else f" (default: {attribute.default})"
            print(f"    {option}{default}")
