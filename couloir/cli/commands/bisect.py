"""`couloir bisect`: which pass breaks a program, and which application of a rule in it."""

from __future__ import annotations

import sys
from typing import Any, Final

from couloir.cli.common import (
    Commands,
    check_arguments,
    command,
    load,
    lowering_arguments,
    model_arguments,
    pipeline_of,
    progress,
    read_inputs,
    write_text,
)
from couloir.ir.errors import Error

FOUND: Final = 3
EPILOG: Final = """The program is run on NumPy before the first and after each pass; results may differ by what rounding explains.
Ill-formed IR and a pass that raises an error break a program, too.

Exit code: 0 when no pass breaks the program, 3 when one does.

examples:
  couloir bisect lenet.onnx -d N=1 --to loops                the whole way down
  couloir bisect model.mlir -p my-pass -i x.npy -o bad.mlir  on this input; then: couloir replay bad.mlir
"""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(
        commands,
        "bisect",
        _bisect,
        "find the pass, and the application of a rule, that breaks a program",
        epilog=EPILOG,
    )
    model_arguments(parser)
    lowering_arguments(parser)
    check_arguments(parser)
    parser.add_argument(
        "--output", "-o", metavar="FILE", help="write the IR before that pass here, for `couloir replay`"
    )


def _bisect(options: Any) -> int:
    from couloir import api

    module = load(options)
    pipeline = pipeline_of(options, module)
    if pipeline is None:
        raise Error("it needs a pipeline: --pipeline or --to")
    inputs = read_inputs(options.input) or None
    check = api.numeric_check(module, inputs, seed=options.seed)
    with progress() as show:
        found = api.bisect(module, pipeline, check, on_pass=show)
    for line in check.skipped:
        print(f"couloir: {line}", file=sys.stderr)
    if found is None:
        print("no pass breaks the program", file=sys.stderr)
        return 0
    print(found)
    if options.output:
        write_text(options.output, found.reproducer("given inputs" if inputs else f"seed {options.seed}"))
    return FOUND
