"""Arguments in, one library call, text or files out.

Exit codes: 0 done; 1 the input is wrong or cannot be handled; 2 the command line is wrong; 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from couloir.ir.errors import Error
from couloir.version import __version__

EPILOG: Final = """examples:
  couloir view lenet.onnx -o lenet.svg                 draw the graph (.svg or .pdf)
  couloir opt lenet.onnx --to hlo                      lower to StableHLO and print it
  couloir opt model.mlir -p "canonicalize,cse" -o -    run passes on MLIR text
  couloir run lenet.onnx --dims N=1 --random 0         run on random inputs, print the results
  couloir compile lenet.onnx --dims N=1 -o out/        C, header, weights, main.c and Makefile

`-` stands for standard input or output. Models from strangers are safe to read, draw and lower; running one runs its program.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
    except SystemExit as stop:
        return int(stop.code or 0)
    command: Callable[[Any], int] | None = getattr(options, "command", None)
    if command is None:
        parser.print_help()
        return 2
    try:
        return command(options)
    except Error as error:
        print(f"couloir: error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        print("couloir: interrupted", file=sys.stderr)
        return 130


# -- arguments -----------------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="couloir",
        description="The way down for a model graph: from ONNX and MLIR text to NumPy and C.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"couloir {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    run = _command(commands, "run", _run, "run a model on arrays and show or save the results")
    run.add_argument(
        "--input",
        "-i",
        action="append",
        default=[],
        metavar="FILE",
        help="an input as .npy, or all as .npz in order; repeat for several .npy",
    )
    run.add_argument("--random", type=int, metavar="SEED", help="random inputs instead")
    run.add_argument(
        "--backend", "-b", choices=("numpy", "c"), default="numpy", help="what runs it (default: numpy, the reference)"
    )
    run.add_argument("--output", "-o", metavar="FILE", help="save the results as .npz")

    opt = _command(commands, "opt", _opt, "run passes on a model and print the IR")
    opt.add_argument("--pipeline", "-p", metavar="TEXT", help='passes, such as "canonicalize,func.func(cse)"')
    opt.add_argument("--to", choices=("hlo", "loops"), help="lower by the standard pipeline to this level")
    opt.add_argument("--output", "-o", default="-", metavar="FILE", help="where to write the IR (default: -)")
    opt.add_argument("--generic", action="store_true", help="print every op in the generic form")
    opt.add_argument("--locations", action="store_true", help="print where each op comes from")
    opt.add_argument(
        "--elide",
        type=int,
        metavar="N",
        help="leave out constants of more than N elements (default: 64 on a terminal; files and pipes get all of them)",
    )
    opt.add_argument("--dump-dir", metavar="DIR", help="write the IR after each pass that changed it")
    opt.add_argument("--timing", action="store_true", help="print the time of each pass to stderr")
    opt.add_argument("--allow-unregistered", action="store_true", help="keep ops that no dialect defines")
    opt.add_argument("--list", action="store_true", help="list all passes with their options")

    compile_ = _command(commands, "compile", _compile, "write a program in C that builds and runs without Python")
    compile_.add_argument("--output", "-o", required=True, metavar="DIR", help="the directory to write to")

    view = _command(commands, "view", _view, "draw a model's graph")
    view.add_argument("--output", "-o", required=True, metavar="FILE", help="the picture: .svg or .pdf")
    view.add_argument(
        "--level", choices=("as-is", "hlo", "loops"), default="as-is", help="lower first (default: as-is)"
    )
    view.add_argument("--constants", action="store_true", help="draw constants as boxes")
    view.add_argument("--paper", action="store_true", help="for a .pdf: cut it into sheets of A4")
    return parser


def _command(commands: Any, name: str, function: Callable[[Any], int], summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary[0].upper() + summary[1:] + "."
    )
    parser.set_defaults(command=function)
    parser.add_argument(
        "model",
        nargs="?" if name == "opt" else None,
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
    return parser


def _dims(items: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in ",".join(items).split(",") if items else ():
        name, _, size = item.partition("=")
        if not name or not size.isdecimal():
            raise Error(f"`--dims {item}` is not NAME=SIZE", hint="for example --dims N=1")
        found[name] = int(size)
    return found


def _load(options: Any) -> Any:
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
    return api.load(options.model, dims=_dims(options.dims))


# -- progress ------------------------------------------------------------------------------------------------------------------


@contextmanager
def _progress() -> Generator[Callable[[int, int, str], None]]:
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


# -- commands ------------------------------------------------------------------------------------------------------------------


def _run(options: Any) -> int:
    import numpy as np

    from couloir import api

    module = _load(options)
    entry = _entry(module)
    arrays = _random_inputs(entry, options.random) if options.random is not None else _read_inputs(options.input)
    results = api.run(module, *arrays, backend=options.backend)
    names = [_result_name(entry, i) for i in range(len(results))]
    if options.output:
        _save_npz(Path(options.output), dict(zip(names, results, strict=True)))
        print(f"wrote {options.output}", file=sys.stderr)
    else:
        for name, array in zip(names, results, strict=True):
            print(f"{name}: {array.dtype}{list(array.shape)}")
            print(np.array2string(np.asarray(array), threshold=64, precision=6))
    return 0


def _entry(module: Any) -> Any:
    from couloir.backends.c.emit import entry_function

    return entry_function(module, None)


def _result_name(entry: Any, index: int) -> str:
    attribute = entry.result_attribute(index, "onnx.name")
    return getattr(attribute, "value", "") or f"output{index}"


def _random_inputs(entry: Any, seed: int) -> list[Any]:
    import numpy as np

    from couloir.ir.types import TensorType, dtype_of

    generator = np.random.default_rng(seed)
    arrays: list[Any] = []
    for index, type in enumerate(entry.function_type.inputs):
        if not isinstance(type, TensorType):
            raise Error(f"input {index} is a `{type}`; random inputs are tensors")
        if not type.is_static:
            raise Error(f"input {index} is `{type}`", hint="give its dimensions: --dims NAME=SIZE")
        dtype = dtype_of(type.element_type)
        values = (
            generator.standard_normal(type.shape) if dtype.kind not in "iub" else generator.integers(0, 2, type.shape)
        )
        arrays.append(np.asarray(values).astype(dtype))
    return arrays


def _read_inputs(files: Sequence[str]) -> list[Any]:
    import numpy as np

    arrays: list[Any] = []
    for file in files:
        try:
            loaded: Any = np.load(file, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise Error(f"not a readable .npy or .npz file: {error}", where=file) from error
        arrays += [loaded[key] for key in loaded.files] if hasattr(loaded, "files") else [loaded]
    return arrays


def _save_npz(path: Path, arrays: dict[str, Any]) -> None:
    import io

    import numpy as np

    from couloir.backends.c.program import write_whole

    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    try:
        write_whole(path, buffer.getvalue())
    except OSError as error:
        raise Error(f"cannot write: {error.strerror}", where=str(path)) from error


def _opt(options: Any) -> int:
    from couloir import api
    from couloir.ir.text.printer import operation_text

    if options.list:
        _list_passes()
        return 0
    if options.pipeline and options.to:
        raise Error("--pipeline and --to exclude each other")
    module = _load(options)
    with _progress() as show:
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
    if options.output == "-":
        sys.stdout.write(text)
    else:
        from couloir.backends.c.program import write_whole

        try:
            write_whole(Path(options.output), text.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise Error(f"cannot write: {error.strerror}", where=options.output) from error
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


def _compile(options: Any) -> int:
    from couloir import api

    module = _load(options)
    with _progress() as show:
        program = api.c_program(module, on_pass=show)
    for path in program.write(options.output):
        print(f"wrote {path}", file=sys.stderr)
    print(f"build it: make -C {options.output}", file=sys.stderr)
    return 0


def _view(options: Any) -> int:
    from couloir import api
    from couloir.drawing import A4

    module = _load(options)
    if options.level != "as-is":
        with _progress() as show:
            module = api.lower(module, options.level, on_pass=show)
    api.draw(module, options.output, constants=options.constants, paper=A4 if options.paper else None)
    print(f"wrote {options.output}", file=sys.stderr)
    return 0
