"""The command line: one subcommand for each module of `couloir.cli.commands`.

Exit codes: 0 done; 1 the input is wrong or cannot be handled; 2 the command line is wrong; 3 a fault was looked for and found
(`bisect`, `check`); 4 nothing can be said (`check`); 70 a fault in Couloir or in a pass; 130 interrupted.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

from couloir.cli.commands import register_all
from couloir.ir.errors import Error
from couloir.version import __version__

EPILOG: Final = """examples:
  couloir view lenet.onnx -o lenet.svg                 draw the graph (.svg or .pdf)
  couloir view lenet.onnx --trace -o lenet.html        a page: what each pass changes, by which rules, and which did not fit
  couloir why-not SubtractZero m.mlir --at %5          why a rule does not apply at an op
  couloir opt lenet.onnx --dims N=1 --to hlo           lower to StableHLO and print it
  couloir opt model.mlir -p "canonicalize,cse" -o -    run passes on MLIR text
  couloir bisect lenet.onnx --dims N=1 --to loops      which pass, and which rule, changes the results
  couloir cost lenet.onnx --dims N=1                   flops and bytes, by kind of op
  couloir diff a.mlir b.hlo --summary                  what two programs have in common, what is fused with what
  couloir run lenet.onnx --dims N=1 --random 0         run on random inputs, print the results
  couloir compile lenet.onnx --dims N=1 -o out/        C, header, weights, main.c and Makefile

`-` stands for standard input or output. Models from strangers are safe to read, draw and lower; running one runs its program.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # closed: `>&-`
            setattr(sys, stream, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 -- as long as the process
    parser = command_parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    command: Callable[[Any], int] | None = getattr(options, "command", None)
    if command is None:
        parser.print_help()
        return 2
    try:
        code = command(options)
        sys.stdout.flush()  # a pipe that nobody reads is noticed here, not at the end of Python
        return code
    except Error as error:
        print(f"couloir: error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except OSError as error:
        if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EIO, errno.EBADF):
            return _internal(error)
        print(f"couloir: error: stdout: cannot write: {error.strerror}", file=sys.stderr)
        sys.stderr.close()  # else Python tries to write once more at its end, and complains
        return 1
    except KeyboardInterrupt:
        print("couloir: interrupted", file=sys.stderr)
        return 130
    except Exception as error:  # noqa: BLE001 -- the end of the line: whatever it is, people are told what it means
        return _internal(error)


def _internal(error: Exception) -> int:
    import traceback

    traceback.print_exception(error)
    print("couloir: internal error: not the input is at fault, but Couloir or a pass from elsewhere", file=sys.stderr)
    return 70


def command_parser() -> argparse.ArgumentParser:
    """The parser of the command line, with all commands."""
    parser = argparse.ArgumentParser(
        prog="couloir",
        description="The way down for a model graph: from ONNX and MLIR text to NumPy and C.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"couloir {__version__}")
    register_all(parser.add_subparsers(title="commands", metavar="COMMAND"))
    return parser
