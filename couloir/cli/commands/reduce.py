"""`couloir reduce`: the smallest program of which something still holds."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from couloir.cli.common import Commands, command, load, model_arguments, natural, progress, write_text
from couloir.ir.errors import Error, file_trouble

if TYPE_CHECKING:
    from couloir.testing.reducing import Interesting

EPILOG: Final = """COMMAND is run without a shell on a file with a candidate; `{}` in it stands for the file, which otherwise
comes last. A candidate is interesting when the command succeeds (exit code 0). Every candidate verifies.

examples:
  couloir reduce bad.mlir --test "python crashes.py" -o small.mlir
  couloir reduce bad.mlir --fails "couloir opt {} -p my-pass -o -"     smallest that makes the command fail
"""
PATIENCE: Final = 60.0
"""Seconds for one run of the command."""


def register(commands: Commands) -> None:
    """Declares the command."""
    parser = command(commands, "reduce", _reduce, "find the smallest program of which something holds", epilog=EPILOG)
    model_arguments(parser)
    test = parser.add_mutually_exclusive_group(required=True)
    test.add_argument("--test", metavar="COMMAND", help="succeeds on what is interesting")
    test.add_argument(
        "--fails", metavar="COMMAND", help="fails on what is interesting, in the way in which it fails on MODEL"
    )
    parser.add_argument("--output", "-o", metavar="FILE", default="-", help="where to write it (default: stdout)")
    parser.add_argument("--seconds", type=natural, metavar="N", help="how long to go on at most")
    parser.add_argument(
        "--timeout", type=natural, default=PATIENCE, metavar="N", help="seconds for one run (default: 60)"
    )
    parser.add_argument("--allow-unregistered", action="store_true", help="keep ops that no dialect defines")


def _reduce(options: Any) -> int:
    from couloir.testing.reducing import reduce

    module = load(argparse.Namespace(**vars(options)))
    with tempfile.TemporaryDirectory(prefix="couloir-") as folder, progress() as show:
        path = Path(folder) / "candidate.mlir"
        test = (
            _succeeds(options.test, path, options.timeout)
            if options.test is not None
            else _fails(options.fails, path, options.timeout)
        )
        found = reduce(
            module,
            test,
            seconds=options.seconds,
            progress=lambda tests, ops, what: show(tests, tests, f"{ops} ops; trying fewer {what}"),
        )
    write_text(options.output, str(found.module) + "\n")
    ended = f"; ended {found.ended}" if found.ended else ""
    print(f"{sum(1 for _ in found.module.walk())} ops after {found.tests} runs{ended}", file=sys.stderr)
    return 0


def _succeeds(text: str, path: Path, timeout: float) -> Interesting:
    words = _words(text, path)
    return lambda module: _outcome(words, path, module, timeout) == 0


def _fails(text: str, path: Path, timeout: float) -> Interesting:
    """Interesting is what fails with the exit code of the first run."""
    words = _words(text, path)
    wanted: list[int | None] = []

    def test(module: Any) -> bool:
        code = _outcome(words, path, module, timeout)
        if not wanted:
            wanted.append(code)
        return code == wanted[0] != 0

    return test


def _words(text: str, path: Path) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise Error(f"the command `{text[:80]}` cannot be read: {error}") from error
    if not words:
        raise Error("the command is empty")
    return [word.replace("{}", str(path)) for word in words] if "{}" in text else [*words, str(path)]


def _outcome(words: list[str], path: Path, module: Any, timeout: float) -> int | None:
    """The exit code of the command on a module; None when it takes too long."""
    path.write_text(str(module) + "\n", encoding="utf-8", errors="surrogateescape")
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    except OSError as error:
        raise Error(f"cannot run `{words[0]}`: {file_trouble(error)}") from error
    return done.returncode
