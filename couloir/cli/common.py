"""What commands share: their arguments, how a model is read, progress, files written whole."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from couloir.ir.errors import Error

if TYPE_CHECKING:
    from couloir.dialects.builtin import ModuleOp

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # pyright: ignore[reportPrivateUsage] -- has no public name
"""What `register` of a command's module gets."""


def command(
    commands: Commands, name: str, function: Callable[[Any], int], summary: str, *, epilog: str | None = None
) -> argparse.ArgumentParser:
    """A new subcommand: `function` takes the parsed options and returns the exit code."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=function)
    return parser


def model_arguments(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """The arguments that `load` reads: MODEL and --dims."""
    parser.add_argument(
        "model",
        nargs="?" if optional else None,
        metavar="MODEL",
        help="an .onnx or .mlir file, or - for MLIR text from stdin",
    )
    parser.add_argument(
        "--dims",
        "-d",
        action="append",
        default=[],
        metavar="NAME=SIZE",
        help="size of a symbolic dimension; repeat or separate by commas",
    )


def sizes(items: Sequence[str]) -> dict[str, int]:
    """What `--dims` says: sizes by name."""
    found: dict[str, int] = {}
    for item in ",".join(items).split(",") if items else ():
        name, _, size = item.partition("=")
        if not name or not size.isdecimal():
            raise Error(f"`--dims {item}` is not NAME=SIZE", hint="for example --dims N=1")
        found[name] = int(size)
    return found


def load(options: Any) -> ModuleOp:
    """The model that MODEL names."""
    from couloir import api

    if options.model is None:
        raise Error("a model is needed: an .onnx or .mlir file, or -")
    allow = bool(getattr(options, "allow_unregistered", False))
    if options.model == "-":
        return api.parse(sys.stdin.read(), file="<stdin>", allow_unregistered=allow)
    if allow and options.model.endswith(".mlir"):
        try:
            text = Path(options.model).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Error(f"cannot read: {error}", where=options.model) from error
        return api.parse(text, file=Path(options.model).name, allow_unregistered=True)
    return api.load(options.model, dims=sizes(options.dims))


@contextmanager
def progress() -> Generator[Callable[[int, int, str], None]]:
    """Shows the running pass on a terminal; says nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda number, total, text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(20), TextColumn("{task.completed}/{task.total} {task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda number, total, text: bar.update(task, completed=number, total=total, description=text)


def write_text(target: str, text: str) -> None:
    """Writes a text to a file, whole or not at all, or to standard output for `-`."""
    if target == "-":
        sys.stdout.write(text)
        return
    write_file(target, text.encode("utf-8", "surrogateescape"))


def write_file(target: str, content: bytes) -> None:
    """Writes a file, whole or not at all."""
    from couloir.backends.c.program import write_whole

    try:
        write_whole(Path(target), content)
    except OSError as error:
        raise Error(f"cannot write: {error.strerror}", where=target) from error
