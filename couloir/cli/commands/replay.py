"""`couloir replay`: a failure once more."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from couloir.cli.common import (
    Commands,
    command,
    input_argument,
    progress,
    read_inputs,
    read_text,
    write_text,
)
from couloir.version import __version__

if TYPE_CHECKING:
    from couloir.ir.passes.checkpoint import Checkpoint

EPILOG: Final = """FILE holds the IR before a pass, and beside it the rest of the pipeline and how it ran. It is written by
`couloir opt --reproducer FILE`, `couloir opt --stop-after PASS` and `couloir bisect -o FILE`. Other MLIR tools read the module.

When the passes were checked on inputs, the program in the file is run.

Exit code: that of the failure; 0 when nothing fails (any more).
"""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "replay", _replay, "run a reproducer: the failure once more", epilog=EPILOG)
    parser.add_argument("file", metavar="FILE", help="a reproducer, or - for one from stdin")
    input_argument(parser)
    parser.add_argument("--output", "-o", metavar="FILE", help="where to write the IR when nothing fails")


def _replay(options: Any) -> int:
    from couloir import api
    from couloir.ir.passes.checkpoint import described
    from couloir.ir.text.printer import operation_text

    file, text = read_text(options.file)
    module, checkpoint = api.parse_checkpoint(text, file=file)
    _introduce(checkpoint)
    inputs = read_inputs(options.input) or None
    begun = False
    try:
        with progress() as show:

            def began(number: int, total: int, text: str) -> None:
                nonlocal begun
                begun = True
                show(number, total, text)

            module, _ = api.resume(module, checkpoint, file=file, inputs=inputs, on_pass=began)
    except Exception as error:
        if not begun:
            raise  # it is the file or the inputs that are not right
        if checkpoint.error and described(error) == checkpoint.error:
            _say("the failure is the recorded one")
        elif checkpoint.error:
            _say(f"recorded was another failure: {checkpoint.error}")
        raise
    _say("it runs to the end" + (f"; recorded was: {checkpoint.error}" if checkpoint.error else ""))
    if options.output:
        write_text(options.output, operation_text(module) + "\n")
    return 0


def _introduce(checkpoint: Checkpoint) -> None:
    if checkpoint.failed:
        _say(f"recorded: pass `{checkpoint.failed}`, {checkpoint.error}")
    _say(f"runs: {checkpoint.pipeline or '(no pass)'}")
    if checkpoint.written_by != __version__:
        _say(
            f"warning: it was written by Couloir {checkpoint.written_by} ({checkpoint.versions}); this is {__version__}"
        )
    if checkpoint.edited:
        _say("warning: the module is not as it was written: edited, or damaged")


def _say(text: str) -> None:
    print(f"couloir: {text}", file=sys.stderr)
