"""What commands share: their arguments, how a model is read, progress, files written whole."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from couloir.ir.errors import Error, file_trouble

if TYPE_CHECKING:
    from couloir.dialects.builtin import ModuleOp
    from couloir.ir.passes import PassPipeline
    from couloir.passes.checking import CheckEach

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # pyright: ignore[reportPrivateUsage] -- has no public name
"""What `register` of a command's module gets."""
Arguments: TypeAlias = "argparse.ArgumentParser | argparse._ArgumentGroup"  # pyright: ignore[reportPrivateUsage]
"""Where arguments are declared: a command, or a group of its arguments."""


MAX_DIGITS: Final = 18
"""Of a number."""


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
        help="an .onnx, .mlir or .hlo file, or - for MLIR or HLO text from stdin",
    )
    parser.add_argument(
        "--dims",
        "-d",
        action="append",
        default=[],
        metavar="NAME=SIZE",
        help="size of a symbolic dimension; repeat or separate by commas",
    )


def input_argument(parser: Arguments) -> None:
    """The argument that `read_inputs` reads: --input."""
    parser.add_argument(
        "--input",
        "-i",
        action="append",
        default=[],
        metavar="FILE",
        help="an input as .npy, or all as .npz in order; repeat for several .npy; - for one from stdin",
    )


def read_inputs(files: Sequence[str]) -> list[Any]:
    """The arrays in the files that `--input` names."""
    import io
    import zipfile
    import zlib

    import numpy as np

    damage = (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)
    unreadable = (
        *damage,
        MemoryError,
        OverflowError,
        NotImplementedError,
        RuntimeError,
    )  # too large, packed otherwise, encrypted
    arrays: list[Any] = []
    for file in files:
        try:
            content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
            if not content.startswith((b"\x93NUMPY", b"PK")):
                raise Error("neither a .npy nor a .npz file", where=file, hint="write it by numpy.save or numpy.savez")
            loaded: Any = np.load(io.BytesIO(content), allow_pickle=False)
            found = [loaded[key] for key in loaded.files] if hasattr(loaded, "files") else [loaded]
        except OSError as error:
            raise Error(f"cannot read: {file_trouble(error)}", where=file) from error
        except unreadable as error:
            raise Error(f"not a readable .npy or .npz file: {error}", where=file) from error
        if not all(isinstance(array, np.ndarray) for array in found):
            raise Error("a zip file with something else than arrays", where=file)
        arrays += found
    return arrays


def natural(text: str) -> int:
    """A number from 0, for `type=` of an argument."""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"a number from 0 is needed, not {text!r}")
    return int(text)


def sizes(items: Sequence[str]) -> dict[str, int]:
    """What `--dims` says: sizes by name."""
    found: dict[str, int] = {}
    for item in ",".join(items).split(",") if items else ():
        name, _, size = item.partition("=")
        if not name or not (size.isascii() and size.isdecimal() and len(size) <= MAX_DIGITS):
            raise Error(f"`--dims {item[:60]}` is not NAME=SIZE", hint="for example --dims N=1")
        if found.setdefault(name, int(size)) != int(size):
            raise Error(f"--dims gives two sizes for `{name}`: {found[name]} and {int(size)}")
    return found


def load(options: Any) -> ModuleOp:
    """The model that MODEL names."""
    from couloir import api

    if options.model is None:
        raise Error("a model is needed: an .onnx, .mlir or .hlo file, or -")
    allow = bool(getattr(options, "allow_unregistered", False))
    if options.model == "-" or (allow and options.model.endswith(".mlir")):
        file, text = read_text(options.model)
        if text.lstrip().startswith("HloModule"):
            from couloir.frontends.hlo_text import parse as parse_hlo

            return api.load(parse_hlo(text, file=file), dims=sizes(options.dims))
        return api.load(api.parse(text, file=file, allow_unregistered=allow), dims=sizes(options.dims))
    return api.load(options.model, dims=sizes(options.dims))


def read_text(source: str) -> tuple[str, str]:
    """The text of a file, or of standard input for `-`, after a name for it."""
    try:
        if source == "-":
            if sys.stdin is None:  # closed: `<&-`
                raise Error("there is no standard input")
            return "<stdin>", sys.stdin.read()
        return Path(source).name, Path(source).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Error(f"not UTF-8 text (byte {error.start})", where=source) from error
    except (OSError, ValueError) as error:
        raise Error(f"cannot read: {file_trouble(error)}", where=source) from error


def lowering_arguments(parser: Arguments) -> None:
    """The arguments that `pipeline_of` reads: --pipeline and --to."""
    parser.add_argument("--pipeline", "-p", metavar="TEXT", help='passes, such as "canonicalize,func.func(cse)"')
    parser.add_argument("--to", choices=("hlo", "loops"), help="the standard pipeline to this level")


def pipeline_of(options: Any, module: ModuleOp) -> PassPipeline | None:
    """The pipeline that is asked for, if one is."""
    from couloir import api

    if options.pipeline is not None and options.to:
        raise Error("--pipeline and --to exclude each other")
    if options.to:
        return api.standard_pipeline(module, options.to)
    return None if options.pipeline is None else api.known_pipeline(options.pipeline)


def check_arguments(parser: Arguments) -> None:
    """The arguments that `check_of` reads: --input and --seed."""
    input_argument(parser)
    parser.add_argument("--seed", type=natural, default=0, metavar="N", help="of the inputs that are made up instead")


def check_of(options: Any) -> CheckEach:
    """The check that is asked for."""
    from couloir.passes.checking import CheckEach

    return CheckEach(read_inputs(options.input) or None, seed=options.seed)


# -- progress and files --------------------------------------------------------------------------------------------------------


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
        try:
            sys.stdout.write(text)
        except UnicodeEncodeError as error:
            raise Error(
                f"stdout does not take {error.object[error.start]!a}", hint="write to a file: -o FILE"
            ) from error
        return
    write_file(target, text.encode("utf-8", "surrogateescape"))


def write_file(target: str, content: bytes) -> None:
    """Writes a file, whole or not at all, or to standard output for `-`."""
    from couloir.backends.c.program import write_whole

    if target == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        write_whole(Path(target), content)
    except (OSError, ValueError) as error:
        raise Error(f"cannot write: {file_trouble(error)}", where=target) from error
