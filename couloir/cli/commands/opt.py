"""`couloir opt`: passes on a model, IR out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from couloir.cli.common import (
    Commands,
    check_arguments,
    check_of,
    command,
    load,
    lowering_arguments,
    model_arguments,
    natural,
    pipeline_of,
    progress,
    read_text,
    write_text,
)
from couloir.ir.errors import Error

if TYPE_CHECKING:
    from couloir.dialects.builtin import ModuleOp
    from couloir.ir.passes import PassPipeline, Report

EPILOG: Final = """examples:
  couloir opt lenet.onnx -d N=1 --to loops --check-each              every pass leaves the results as they are
  couloir opt lenet.onnx -d N=1 --to loops --stop-after 5 -o x.mlir  the IR after pass 5, and what is still to do
  couloir opt x.mlir --resume                                        goes on from there
  couloir opt x.mlir -p "canonicalize,cse,dce" --timing              each pass with time, memory and ops

PASS is a number, counted from 1, or the name of a pass: the first that has it.
"""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "opt", _opt, "run passes on a model and print the IR", epilog=EPILOG)
    model_arguments(parser, optional=True)
    lowering_arguments(parser)
    parser.add_argument("--allow-unregistered", action="store_true", help="keep ops that no dialect defines")
    parser.add_argument("--list", action="store_true", help="list all passes with their options")

    text = parser.add_argument_group("text")
    text.add_argument("--output", "-o", default="-", metavar="FILE", help="where to write the IR (default: -)")
    text.add_argument("--generic", action="store_true", help="print every op in the generic form")
    text.add_argument("--locations", action="store_true", help="print where each op comes from")
    text.add_argument(
        "--elide",
        type=natural,
        metavar="N",
        help="leave out constants of more than N elements (default: 64 on a terminal; files and pipes get all of them)",
    )

    part = parser.add_argument_group("a part of the pipeline")
    part.add_argument("--stop-after", metavar="PASS", help="stop after this pass; what is left is written with the IR")
    part.add_argument("--resume", action="store_true", help="go on where the model was stopped")
    part.add_argument(
        "--resume-from", metavar="PASS", help="start at this pass of the pipeline given, or of that which was stopped"
    )

    checks = parser.add_argument_group("checks")
    checks.add_argument(
        "--check-each", action="store_true", help="run the program before and after each pass and compare the results"
    )
    check_arguments(checks)
    checks.add_argument("--verify-rules", action="store_true", help="verify after each application of a rule")
    checks.add_argument(
        "--reproducer",
        metavar="FILE",
        help="when a pass fails, write the IR before it here, for `couloir replay` (for faults in a pass, a file in the "
        "directory for temporary files by default)",
    )

    seeing = parser.add_argument_group("seeing inside")
    seeing.add_argument("--dump-dir", metavar="DIR", help="write the IR after each pass that changed it")
    seeing.add_argument("--timing", action="store_true", help="print time, memory and ops of each pass to stderr")
    seeing.add_argument(
        "--memory", action="store_true", help="the same, with the allocations of each pass: exact, but slow"
    )
    seeing.add_argument("--statistics", action="store_true", help="print what passes and rules did to stderr")


def _opt(options: Any) -> int:
    from couloir import api
    from couloir.ir.passes.checkpoint import Checkpoint, checkpoint_text
    from couloir.ir.text.printer import operation_text

    if options.list:
        _list_passes()
        return 0
    if options.input and not options.check_each:
        raise Error("--input is for checks", hint="add --check-each")
    module, pipeline, start = _task(options)
    elide = options.elide
    if elide is None and options.output == "-" and sys.stdout.isatty():
        elide = 64  # for reading; a text that goes on to a file or another command stays complete
    if pipeline is None:
        for name in (
            "stop_after",
            "check_each",
            "verify_rules",
            "reproducer",
            "dump_dir",
            "timing",
            "memory",
            "statistics",
        ):
            if getattr(options, name) not in (None, False):
                raise Error(f"--{name.replace('_', '-')} needs a pipeline: --pipeline, --to or --resume")
    else:
        check = check_of(options) if options.check_each else None
        settings: dict[str, Any] = {
            "start_at": start,
            "stop_after": options.stop_after,
            "verify_rules": options.verify_rules,
        }
        try:
            with progress() as show:
                result, report = api.opt(
                    module,
                    pipeline,
                    **settings,
                    dump_dir=options.dump_dir,
                    check_each=check or False,
                    memory=options.memory,
                    reproducer=options.reproducer,
                    on_pass=show,
                )
        except Error:
            raise
        except Exception as error:
            if options.reproducer is None:
                _leave_reproducer(error, module, pipeline, settings)
            raise
        module = result
        _tell(options, report, check.skipped if check is not None else ())
        if options.stop_after is not None and options.elide is not None:
            print("couloir: warning: constants are left out, so nobody can go on from this text", file=sys.stderr)
        elif options.stop_after is not None and elide is None:
            done, rest = pipeline.split(options.stop_after)
            beside = Checkpoint(pipeline=str(rest), done=str(done))
            text = checkpoint_text(module, beside, generic=options.generic, locations=options.locations)
            write_text(options.output, text)
            return 0
    text = operation_text(module, generic=options.generic, locations=options.locations, elide_above=elide)
    write_text(options.output, text + "\n")
    return 0


def _task(options: Any) -> tuple[ModuleOp, PassPipeline | None, int | str | None]:
    """The module, the whole pipeline, and the pass at which to start."""
    if options.pipeline is not None or options.to:
        if options.resume:
            raise Error("--resume goes on with the pipeline in the file: leave --pipeline and --to away")
        module = load(options)
        return module, pipeline_of(options, module), options.resume_from
    if not options.resume and options.resume_from is None:
        return load(options), None, None
    if options.model is None:
        raise Error("a model is needed: a file that was written with --stop-after or --reproducer, or -")
    from couloir import api

    file, text = read_text(options.model)
    module, checkpoint = api.parse_checkpoint(text, file=file)
    done, rest = api.checkpoint_pipelines(checkpoint, file=file)
    if options.resume_from is not None:
        return module, done + rest, options.resume_from
    return module, done + rest if rest.items else None, done.size + 1


def _leave_reproducer(error: Exception, module: ModuleOp, pipeline: PassPipeline, settings: dict[str, Any]) -> None:
    """Writes a reproducer of a pass's own fault where temporary files are. Nobody asked for one: so the passes run again."""
    import tempfile

    from couloir import api

    directory = Path(tempfile.mkdtemp(prefix="couloir-"))  # which nobody else can read
    name = directory / "reproducer.mlir"
    try:
        api.opt(module, pipeline, **settings, reproducer=name)
    except Exception as again:  # noqa: BLE001 -- that it fails is the point
        if type(again) is type(error):
            error.add_note(f"to see it again: couloir replay {name}")
            return
    name.unlink(missing_ok=True)
    directory.rmdir()


def _tell(options: Any, report: Report, skipped: Sequence[str]) -> None:
    for line in skipped:
        print(f"couloir: {line}", file=sys.stderr)
    if options.timing or options.memory:
        print(report, file=sys.stderr)
    if options.statistics:
        for run in report.runs:
            for note in run.notes:
                print(f"{run.text}: {note}", file=sys.stderr)
        print(report.statistics, file=sys.stderr)


def _list_passes() -> None:
    import attrs

    import couloir.passes  # noqa: F401  # pyright: ignore[reportUnusedImport] -- declares the passes
    from couloir.ir.passes import all_passes, broken_entry_points
    from couloir.ir.passes.base import default_of

    for name, cls in all_passes().items():
        print(f"{name:<20} {cls.summary()}")
        for option, attribute in cls.options().items():
            value = default_of(attribute)
            default = "" if value is attrs.NOTHING else f" (default: {value})"
            print(f"    {option}{default}")
    for reason in broken_entry_points():
        print(f"couloir: warning: {reason}", file=sys.stderr)
