"""The library's front door: one function for each thing that people do with a model. The command line is a thin shell
over these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, TypeAlias

import couloir.dialects  # noqa: F401  # pyright: ignore[reportUnusedImport] -- declares the dialects, so that their names are known
from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error, nearest
from couloir.ir.limits import Limits
from couloir.ir.passes import PassPipeline, Report
from couloir.ir.text.parser import parse_module_op
from couloir.ir.verify import verify

if TYPE_CHECKING:
    import os

    import onnx

    from couloir.backends.c.cache import Cache
    from couloir.backends.c.program import Executable
    from couloir.backends.c.toolchain import Compiler
    from couloir.drawing import Paper

Source: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO | onnx.ModelProto | ModuleOp"
Level: TypeAlias = Literal["onnx", "hlo", "loops"]
Backend: TypeAlias = Literal["numpy", "c"]
Progress: TypeAlias = "Callable[[int, int, str], None]"

LEVELS: Final[tuple[Level, ...]] = ("onnx", "hlo", "loops")
BACKENDS: Final[tuple[Backend, ...]] = ("numpy", "c")


def load(
    source: Source,
    *,
    dims: Mapping[str, int] | None = None,
    limits: Limits | None = None,
    base: str | Path | None = None,
) -> ModuleOp:
    """Reads a model "as is": an ONNX file, bytes or ModelProto, or a file of MLIR text (`.mlir`).

    Args:
        source: The model. A module is returned as it is.
        dims: Sizes for an ONNX model's symbolic dimensions, by name: `{"N": 1}`.
        limits: Bounds on what the file may ask for; the defaults are safe for files from strangers.
        base: Directory of an ONNX model's external data; by default that of the file.

    Raises:
        Error: The file cannot be read, is not valid, or exceeds a limit.
    """
    if isinstance(source, ModuleOp):
        return source
    if isinstance(source, str) or hasattr(source, "__fspath__"):
        path = Path(source)  # pyright: ignore[reportArgumentType] -- a path, by what was just asked
        if path.suffix == ".mlir":
            return parse(_read_text(path, limits), file=path.name, limits=limits)
    from couloir.frontends.onnx.importer import load as load_onnx

    return load_onnx(source, dims=dims, limits=limits, base=base)  # pyright: ignore[reportArgumentType]


def _read_text(path: Path, limits: Limits | None) -> str:
    bound = limits or Limits()
    try:
        if path.stat().st_size > bound.bytes:
            raise Error(f"the file has {path.stat().st_size} bytes, the limit is {bound.bytes}", where=str(path))
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Error(f"cannot read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise Error(f"not UTF-8 text (byte {error.start})", where=str(path)) from error


def parse(
    text: str, *, file: str = "<text>", allow_unregistered: bool = False, limits: Limits | None = None
) -> ModuleOp:
    """Reads MLIR text into a verified module.

    Args:
        text: One `module { ... }`, or functions that are then put into one.
        file: The name of the text in error messages and locations.
        allow_unregistered: Keep ops that no dialect defines, instead of refusing them.
        limits: Bounds on what the text may ask for.

    Raises:
        ParseError: The text is not MLIR; says line, column and what was expected.
        VerifyError: The text is MLIR, but breaks rules of its ops; lists every fault.
    """
    module = parse_module_op(text, file=file, allow_unregistered=allow_unregistered, limits=limits)
    verify(module)
    if not isinstance(module, ModuleOp):
        raise Error(f"a module is needed, not `{module.name}`", where=file)
    return module


def level_of(module: ModuleOp) -> Level:
    """The highest level at which a module has ops: `onnx`, `hlo`, or `loops`."""
    found: Level = "loops"
    for op in module.walk():
        dialect = op.name.partition(".")[0]
        if dialect == "onnx":
            return "onnx"
        if dialect in ("stablehlo", "chlo"):
            found = "hlo"
    return found


def lower(
    source: Source,
    to: Literal["hlo", "loops"] = "hlo",
    *,
    dims: Mapping[str, int] | None = None,
    dump_dir: str | Path | None = None,
    verify_each: bool = True,
    on_pass: Progress | None = None,
) -> ModuleOp:
    """Lowers a model to StableHLO or to loops over buffers. The given module is not changed.

    Args:
        source: A module, or anything that `load` takes.
        to: The level to arrive at.
        dims: As for `load`.
        dump_dir: Write the IR there after each pass that changed it.
        verify_each: Verify after each pass.
        on_pass: Called before each pass with its number, the count of passes and its text, to show progress.

    Raises:
        Error: Ops that cannot be lowered: all of them at once, with count, attributes and first place.
    """
    if to not in ("hlo", "loops"):
        raise Error(f"there is no level `{to}` to lower to", hint=nearest(to, ("hlo", "loops")) or "hlo or loops")
    from couloir.passes.pipelines import HLO_TO_LOOPS, ONNX_TO_HLO

    original = load(source, dims=dims)
    module = original.clone()
    level = level_of(module)
    pipeline = PassPipeline()
    if level == "onnx":
        pipeline += ONNX_TO_HLO
    if to == "loops" and level != "loops":
        pipeline += HLO_TO_LOOPS
    pipeline.run(module, verify_each=verify_each, dump_dir=dump_dir, on_pass=on_pass)
    return module


def opt(
    source: Source,
    pipeline: str | PassPipeline,
    *,
    dims: Mapping[str, int] | None = None,
    dump_dir: str | Path | None = None,
    verify_each: bool = True,
    on_pass: Progress | None = None,
) -> tuple[ModuleOp, Report]:
    """Runs a pipeline, given as text or object, on a copy of a module. Returns the new module and what the passes did."""
    passes = known_pipeline(pipeline) if isinstance(pipeline, str) else pipeline
    module = load(source, dims=dims).clone()
    report = passes.run(module, verify_each=verify_each, dump_dir=dump_dir, on_pass=on_pass)
    return module, report


def known_pipeline(text: str) -> PassPipeline:
    """Reads pipeline text, with all passes of Couloir known."""
    import couloir.passes.pipelines  # noqa: F401  # pyright: ignore[reportUnusedImport] -- defines the passes

    return PassPipeline.parse(text)


def compile(
    source: Source,
    *,
    dims: Mapping[str, int] | None = None,
    function: str | None = None,
    compiler: Compiler | str | None = None,
    cache: Cache | None = None,
    on_pass: Progress | None = None,
) -> Executable:
    """Lowers a model to C, compiles it, and returns something to call on NumPy arrays.

    Args:
        source: A module, or anything that `load` takes.
        dims: As for `load`.
        function: The function to call; by default the first public one.
        compiler: The C compiler to use; by default the system's, else the `ziglang` package's.
        cache: Where compiled code is kept; by default the user's cache directory.
        on_pass: Called before each pass, to show progress.

    Returns:
        An `Executable`: `model(x)` returns a tuple of arrays; `model.source` is the C.
    """
    from couloir.backends.c.program import compile_program
    from couloir.backends.c.toolchain import Compiler, find_compiler

    chosen = compiler if isinstance(compiler, Compiler) or compiler is None else find_compiler(compiler)
    program = c_program(source, dims=dims, function=function, on_pass=on_pass)
    return compile_program(program, compiler=chosen, cache=cache)


def c_program(
    source: Source,
    *,
    dims: Mapping[str, int] | None = None,
    function: str | None = None,
    on_pass: Progress | None = None,
) -> Any:
    """The C of a model, not compiled: a `couloir.backends.c.program.CProgram`, whose `write(directory)` makes a
    standalone program.
    """
    from couloir.backends.c.emit import entry_function
    from couloir.backends.c.program import CProgram

    module = load(source, dims=dims)
    entry = entry_function(module, function)
    inputs = [_name(entry.argument_attribute(i, "onnx.name")) for i in range(len(entry.function_type.inputs))]
    outputs = [_name(entry.result_attribute(i, "onnx.name")) for i in range(len(entry.function_type.results))]
    lowered = lower(module, "loops", on_pass=on_pass)
    return CProgram.of(lowered, function=entry.sym_name, input_names=inputs, output_names=outputs)


def _name(attribute: Any) -> str:
    return getattr(attribute, "value", "")


def run(
    source: Source,
    *arrays: Any,
    backend: Backend = "numpy",
    dims: Mapping[str, int] | None = None,
    function: str | None = None,
) -> tuple[Any, ...]:
    """Runs a model on NumPy arrays, one for each input. Returns a tuple with an array for each output.

    Args:
        source: A module of any level, or anything that `load` takes.
        arrays: The inputs; count, shapes and dtypes are checked.
        backend: `"numpy"`, the reference; `"c"` compiles first (see `compile`, to do that once for many runs).
        dims: As for `load`.
        function: The function to run; by default the first public one.
    """
    if backend == "c":
        return compile(source, dims=dims, function=function)(*arrays)
    if backend != "numpy":
        raise Error(f"there is no backend `{backend}`", hint=nearest(backend, BACKENDS) or "numpy or c")
    from couloir.backends.numpy.evaluate import evaluate

    return evaluate(load(source, dims=dims), *arrays, function=function)


def draw(
    source: Source,
    path: str | Path,
    *,
    dims: Mapping[str, int] | None = None,
    constants: bool = False,
    paper: Paper | None = None,
) -> None:
    """Draws a model's graph into an SVG or PDF file.

    Args:
        source: A module, or anything that `load` takes.
        path: The file to write; its name ends in `.svg` or `.pdf`.
        dims: As for `load`.
        constants: Draw constants as boxes of their own.
        paper: For a PDF: cut it into sheets of this size (`couloir.drawing.A4`).
    """
    from couloir.drawing import save
    from couloir.drawing.program import graph_of

    save(graph_of(load(source, dims=dims), constants=constants), path, paper=paper)
