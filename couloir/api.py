"""The library's front door: one function for each thing that people do with a model. The command line is a thin shell
over these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, TypeAlias

import couloir.dialects  # noqa: F401  # pyright: ignore[reportUnusedImport] -- declares the dialects, so that their names are known
from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error, file_trouble, nearest
from couloir.ir.limits import Limits
from couloir.ir.passes import Instrumentation, PassPipeline, Report
from couloir.ir.passes.checkpoint import Checkpoint, Reproducing, read_checkpoint
from couloir.ir.text.parser import parse_module_op
from couloir.ir.verify import verify
from couloir.levels import level_of

if TYPE_CHECKING:
    import os

    import onnx

    from couloir.backends.c.cache import Cache
    from couloir.backends.c.program import Executable
    from couloir.backends.c.toolchain import Compiler
    from couloir.comparison import Comparison
    from couloir.costs import CostReport
    from couloir.drawing import Paper
    from couloir.ir.passes.trace import Trace
    from couloir.passes.bisection import Bisection, ModuleCheck
    from couloir.passes.checking import CheckEach, NumericCheck
    from couloir.specialization import DynamicExecutable, Shapes

Source: TypeAlias = "str | os.PathLike[str] | bytes | BinaryIO | onnx.ModelProto | ModuleOp"
Backend: TypeAlias = Literal["numpy", "c"]
Progress: TypeAlias = "Callable[[int, int, str], None]"

MAX_SEED_DIGITS: Final = 1000
"""A longer number in a reproducer is no seed, but damage."""
BACKENDS: Final[tuple[Backend, ...]] = ("numpy", "c")


def load(
    source: Source,
    *,
    dims: Mapping[str, int] | None = None,
    limits: Limits | None = None,
    base: str | Path | None = None,
) -> ModuleOp:
    """Reads a model "as is": an ONNX file, bytes or ModelProto, a file of MLIR text (`.mlir`), or one of XLA's HLO text.

    HLO text is in a file that ends in `.hlo` or `.txt`, as XLA names its dumps.

    Args:
        source: The model. A module is returned as it is.
        dims: Sizes for symbolic dimensions, by name: `{"N": 1}`. A module or text with open dimensions is then specialized.
        limits: Bounds on what the file may ask for; the defaults are safe for files from strangers.
        base: Directory of an ONNX model's external data; by default that of the file.

    Raises:
        Error: The file cannot be read, is not valid, or exceeds a limit.
    """
    if isinstance(source, ModuleOp):
        return _bound(source, dims)
    if isinstance(source, str) or hasattr(source, "__fspath__"):
        path = Path(source)  # pyright: ignore[reportArgumentType] -- a path, by what was just asked
        if path.suffix == ".mlir":
            return _bound(parse(_read_text(path, limits), file=path.name, limits=limits), dims)
        if path.suffix in (".hlo", ".txt"):
            from couloir.frontends.hlo_text import parse as parse_hlo

            return _bound(parse_hlo(_read_text(path, limits), file=path.name, limits=limits), dims)
    from couloir.frontends.onnx.importer import load as load_onnx

    return load_onnx(source, dims=dims, limits=limits, base=base)  # pyright: ignore[reportArgumentType]


def _bound(module: ModuleOp, dims: Mapping[str, int] | None) -> ModuleOp:
    """The module, or a copy with sizes for dimensions that have names."""
    return specialize(module, dims=dims) if dims else module


def _read_text(path: Path, limits: Limits | None) -> str:
    bound = limits or Limits()
    try:
        if path.stat().st_size > bound.bytes:
            raise Error(f"the file has {path.stat().st_size} bytes, the limit is {bound.bytes}", where=str(path))
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise Error(f"not UTF-8 text (byte {error.start})", where=str(path)) from error
    except (OSError, ValueError) as error:
        raise Error(f"cannot read: {file_trouble(error)}", where=str(path)) from error


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
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance] -- by people without a type checker
        raise Error(
            f"MLIR text is a str, not {type(text).__name__}", where=file, hint="`couloir.load` takes files and bytes"
        )
    module = parse_module_op(text, file=file, allow_unregistered=allow_unregistered, limits=limits)
    verify(module)
    if not isinstance(module, ModuleOp):
        raise Error(f"a module is needed, not `{module.name}`", where=file)
    return module


def lower(
    source: Source,
    to: Literal["hlo", "loops"] = "hlo",
    *,
    dims: Mapping[str, int] | None = None,
    dump_dir: str | Path | None = None,
    verify_each: bool = True,
    check_each: bool | CheckEach = False,
    instrumentations: Sequence[Instrumentation] = (),
    on_pass: Progress | None = None,
) -> ModuleOp:
    """Lowers a model to StableHLO or to loops over buffers. The given module is not changed.

    Args:
        source: A module, or anything that `load` takes.
        to: The level to arrive at.
        dims: As for `load`.
        dump_dir, verify_each, check_each, instrumentations, on_pass: As for `opt`.

    Raises:
        Error: Ops that cannot be lowered: all of them at once, with count, attributes and first place.
    """
    module = load(source, dims=dims)
    lowered, _ = opt(
        module,
        standard_pipeline(module, to),
        dump_dir=dump_dir,
        verify_each=verify_each,
        check_each=check_each,
        instrumentations=instrumentations,
        on_pass=on_pass,
    )
    return lowered


def standard_pipeline(
    source: Source, to: Literal["hlo", "loops"], *, dims: Mapping[str, int] | None = None
) -> PassPipeline:
    """The passes that bring a model from the level where it is to another one; none if it is there."""
    if to not in ("hlo", "loops"):
        raise Error(f"there is no level `{to}` to lower to", hint=nearest(to, ("hlo", "loops")) or "hlo or loops")
    from couloir.passes.pipelines import HLO_TO_LOOPS, ONNX_TO_HLO

    level = level_of(load(source, dims=dims))
    pipeline = ONNX_TO_HLO if level == "onnx" else PassPipeline()
    return pipeline + HLO_TO_LOOPS if to == "loops" and level != "loops" else pipeline


def opt(
    source: Source,
    pipeline: str | PassPipeline,
    *,
    dims: Mapping[str, int] | None = None,
    start_at: int | str | None = None,
    stop_after: int | str | None = None,
    dump_dir: str | Path | None = None,
    verify_each: bool = True,
    verify_rules: bool = False,
    check_each: bool | CheckEach = False,
    memory: bool = False,
    reproducer: str | Path | None = None,
    instrumentations: Sequence[Instrumentation] = (),
    on_pass: Progress | None = None,
) -> tuple[ModuleOp, Report]:
    """Runs a pipeline on a copy of a module.

    Args:
        source: A module, or anything that `load` takes.
        pipeline: The passes, as text or object.
        dims: As for `load`.
        start_at: The first pass to run, as a number from 1 or a name (the first pass that has it).
        stop_after: The last pass to run, likewise.
        dump_dir: Write the IR there after each pass that changed it.
        verify_each: Verify after each pass.
        verify_rules: Verify after each application of a rule, too.
        check_each: Run the program before and after each pass and compare; a `couloir.CheckEach` says on which inputs.
        memory: Measure the allocations of each pass, which is slow.
        reproducer: When a pass fails, write the IR before it there, with all that `replay` needs.
        instrumentations: What else looks on.
        on_pass: Called before each pass with its number, the count of passes and its text, to show progress.

    Returns:
        The new module, and what the passes did.

    Raises:
        Error: What a pass or a check raised, with the pass named.
    """
    passes = known_pipeline(pipeline)
    module = load(source, dims=dims).clone()
    watching, check = _checks(check_each)
    watching += instrumentations
    if reproducer is not None:
        settings = _settings(check, verify_each=verify_each, verify_rules=verify_rules)
        watching.append(Reproducing(lambda text, error: _write(reproducer, text), settings))
    report = passes.run(
        module,
        start_at=start_at,
        stop_after=stop_after,
        verify_each=verify_each,
        verify_rules=verify_rules,
        dump_dir=dump_dir,
        memory=memory,
        on_pass=on_pass,
        instrumentations=watching,
    )
    return module, report


def trace(
    source: Source,
    pipeline: str | PassPipeline | None = None,
    *,
    to: Literal["hlo", "loops"] | None = None,
    dims: Mapping[str, int] | None = None,
    name: str | None = None,
    verify_each: bool = True,
    check_each: bool | CheckEach = False,
    instrumentations: Sequence[Instrumentation] = (),
    on_pass: Progress | None = None,
) -> Trace:
    """Runs a pipeline on a copy of a module and records what happens: texts, rule applications, near misses, times.

    A pass that fails ends the trace, whatever it raises: its error is in `trace.passes[-1].error`.

    Args:
        source: A module, or anything that `load` takes.
        pipeline: The passes, as text or object; or
        to: the level to lower to, by the standard passes. Without either it is `loops`.
        dims: As for `load`.
        name: The title of the trace; by default the file's name.
        verify_each: Verify after each pass.
        check_each: Run the program before and after each pass, and compare; on made-up inputs, or as a `CheckEach` says.
        instrumentations: What else looks on.
        on_pass: Called before each pass, to show progress.

    Raises:
        Error: The source cannot be read, or `pipeline` is no pipeline.
    """
    from couloir.ir.passes.trace_recorder import Recorder

    if pipeline is not None and to is not None:
        raise Error("a pipeline and a level to lower to exclude each other")
    module = load(source, dims=dims).clone()
    if pipeline is None:
        passes = standard_pipeline(module, to or "loops")
    else:
        passes = known_pipeline(pipeline)
    recorder = Recorder()
    watching = [*_checks(check_each)[0], *instrumentations, recorder]
    try:
        passes.run(module, verify_each=verify_each, on_pass=on_pass, instrumentations=watching)
    except Exception:  # what a pass raises is what the trace is to show
        if not recorder.failed:
            raise  # before the first pass
    if name is None:
        name = Path(source).name if isinstance(source, str | Path) else ""
    return recorder.trace(name)


def explore(trace: Trace, path: str | Path) -> None:
    """Writes a trace as one HTML page that needs no network: what each pass changed, as text and graph, by which rules."""
    from couloir.drawing.explorer import write_page

    write_page(trace, path)


def _checks(check_each: bool | CheckEach) -> tuple[list[Instrumentation], CheckEach | None]:
    if check_each is False:
        return [], None
    from couloir.passes.checking import CheckEach

    check = CheckEach() if check_each is True else check_each
    return [check], check


def _settings(check: CheckEach | None, *, verify_each: bool, verify_rules: bool) -> Checkpoint:
    return Checkpoint(
        pipeline="",
        verify_each=verify_each,
        verify_rules=verify_rules,
        check_each=check is not None,
        check_inputs="" if check is None else check.described,
    )


def _write(path: str | Path, text: str) -> str:
    from couloir.backends.c.program import write_whole

    try:
        write_whole(Path(path), text.encode("utf-8", "surrogateescape"))
    except (OSError, ValueError) as error:
        raise Error(f"cannot write: {file_trouble(error)}", where=str(path)) from error
    return str(path)


def bisect(
    source: Source,
    pipeline: str | PassPipeline,
    check: ModuleCheck | None = None,
    *,
    dims: Mapping[str, int] | None = None,
    inputs: Sequence[Any] | None = None,
    seed: int = 0,
    on_pass: Progress | None = None,
) -> Bisection | None:
    """Finds the first pass, and in it the application of a rule, that breaks a program.

    Args:
        source: A module, or anything that `load` takes. It is not changed.
        pipeline: The passes, as text or object.
        check: Takes a module, and raises an error or returns False when something is wrong. By default a
            `couloir.passes.checking.NumericCheck`: it computes what it did at first, on NumPy.
        dims: As for `load`.
        inputs: What the default check runs the program on; by default inputs are made up.
        seed: Of the inputs that are made up.
        on_pass: Called before each pass, to show progress.

    Returns:
        What is at fault (`print` it), or None.
    """
    from couloir.passes.bisection import bisect

    passes = known_pipeline(pipeline)
    module = load(source, dims=dims)
    return bisect(module, passes, check or numeric_check(module, inputs, seed=seed), on_pass=on_pass)


def numeric_check(source: Source, inputs: Sequence[Any] | None = None, *, seed: int = 0) -> NumericCheck:
    """Whether other modules compute what this one does, on NumPy: `check(other)` raises an error when they do not.

    Raises:
        Error: The program cannot be run, so that there is nothing to compare with; says why.
    """
    from couloir.passes.checking import NumericCheck

    check = NumericCheck(load(source), inputs, seed=seed)
    if not check.cases:
        raise Error(
            "the program cannot be run as it is, so there is nothing to compare with",
            notes=check.skipped,
            hint="`couloir.bisect(module, pipeline, check)` takes a check of your own",
        )
    return check


def load_checkpoint(path: str | Path, *, limits: Limits | None = None) -> tuple[ModuleOp, Checkpoint]:
    """Reads a reproducer, or a file in which a pipeline was stopped: the module, and what stands beside it.

    Raises:
        Error: It is neither, it is damaged, or it comes from another version; says which.
    """
    return parse_checkpoint(_read_text(Path(path), limits), file=Path(path).name, limits=limits)


def parse_checkpoint(text: str, *, file: str = "<text>", limits: Limits | None = None) -> tuple[ModuleOp, Checkpoint]:
    """`load_checkpoint` of a text."""
    module, checkpoint = read_checkpoint(text, file=file, limits=limits)
    if not isinstance(module, ModuleOp):
        raise Error(f"a module is needed, not `{module.name}`", where=file)
    return module, checkpoint


def checkpoint_pipelines(checkpoint: Checkpoint, *, file: str = "<text>") -> tuple[PassPipeline, PassPipeline]:
    """The passes that had run, and those that are still to run, with all passes of Couloir known."""
    import couloir.passes  # noqa: F401  # pyright: ignore[reportUnusedImport] -- declares the passes

    return checkpoint.pipelines(file=file)


def replay(
    path: str | Path,
    *,
    inputs: Sequence[Any] | None = None,
    limits: Limits | None = None,
    on_pass: Progress | None = None,
) -> tuple[ModuleOp, Report]:
    """Runs the rest of a pipeline that failed or was stopped, in the way in which it ran.

    Args:
        path: A reproducer, or a file in which a pipeline was stopped.
        inputs: What the program is run on when it was checked on inputs that somebody gave; they are not in the file.
        limits: Bounds on what the file may ask for.
        on_pass: Called before each pass, to show progress.

    Raises:
        Error: As `load_checkpoint`; and what the pass that failed raises again.
    """
    module, checkpoint = load_checkpoint(path, limits=limits)
    return resume(module, checkpoint, file=Path(path).name, inputs=inputs, on_pass=on_pass)


def resume(
    module: ModuleOp,
    checkpoint: Checkpoint,
    *,
    file: str = "<text>",
    inputs: Sequence[Any] | None = None,
    on_pass: Progress | None = None,
) -> tuple[ModuleOp, Report]:
    """`replay` of what `load_checkpoint` has read from `file`."""
    from couloir.passes.checking import CheckEach

    check: bool | CheckEach = False
    if checkpoint.check_each:
        seed = checkpoint.check_inputs.removeprefix("seed ")
        made_up = seed.isascii() and seed.isdecimal() and len(seed) <= MAX_SEED_DIGITS
        if not made_up and inputs is None:
            raise Error("the program was checked on inputs that somebody gave", where=file, hint="give them again")
        check = CheckEach(inputs) if inputs is not None else CheckEach(seed=int(seed))
    return opt(
        module,
        checkpoint_pipelines(checkpoint, file=file)[1],
        verify_each=checkpoint.verify_each,
        verify_rules=checkpoint.verify_rules,
        check_each=check,
        on_pass=on_pass,
    )


def known_pipeline(pipeline: str | PassPipeline) -> PassPipeline:
    """Reads pipeline text, with all passes of Couloir known."""
    if isinstance(pipeline, PassPipeline):
        return pipeline
    if not isinstance(pipeline, str):  # pyright: ignore[reportUnnecessaryIsInstance] -- by people without a type checker
        raise Error(f"passes are a text or a PassPipeline, not a {type(pipeline).__name__}", hint='"canonicalize,cse"')
    import couloir.passes  # noqa: F401  # pyright: ignore[reportUnusedImport] -- declares the passes

    return PassPipeline.parse(pipeline)


def compile(
    source: Source,
    *,
    dims: Mapping[str, int] | None = None,
    function: str | None = None,
    compiler: Compiler | str | None = None,
    cache: Cache | None = None,
    programs: int = 8,
    on_pass: Progress | None = None,
) -> Executable | DynamicExecutable:
    """Lowers a model to C, compiles it, and returns something to call on NumPy arrays.

    Where dimensions of the inputs are open, this is done at the first call with arrays of certain shapes.

    Args:
        source: A module, or anything that `load` takes.
        dims: As for `load`.
        function: The function to call; by default the first public one.
        compiler: The C compiler to use; by default the system's, else the `ziglang` package's.
        cache: Where compiled code is kept; by default the user's cache directory.
        programs: Of a model with open dimensions, how many programs are kept: one for each set of shapes, those used last.
        on_pass: Called before each pass, to show progress.

    Returns:
        An `Executable`: `model(x)` returns a tuple of arrays; `model.source` is the C. For a model with open dimensions a
        `DynamicExecutable`, which is called in the same way.
    """
    from couloir.backends.c.program import compile_program
    from couloir.backends.c.toolchain import Compiler, find_compiler
    from couloir.specialization import DynamicExecutable, entry_function, is_open

    chosen = compiler if isinstance(compiler, Compiler) or compiler is None else find_compiler(compiler)
    module = load(source, dims=dims)

    def build(module: ModuleOp) -> Executable:
        program = c_program(module, function=function, on_pass=on_pass)
        return compile_program(program, compiler=chosen, cache=cache)

    if is_open(entry_function(module, function)):
        return DynamicExecutable(module, build, function=function, limit=programs)
    return build(module)


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
    if entry.is_private:  # it is called from outside now
        module = module.clone()
        entry = entry_function(module, function)
        entry.sym_visibility = None
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
    max_runs: int | None = None,
) -> tuple[Any, ...]:
    """Runs a model on NumPy arrays, one for each input. Returns a tuple with a new array for each output.

    Args:
        source: A module of any level, or anything that `load` takes.
        arrays: The inputs; count, shapes and dtypes are checked.
        backend: `"numpy"`, the reference; `"c"` compiles first (see `compile`, to do that once for many runs).
        dims: As for `load`.
        function: The function to run; by default the first public one.
        max_runs: On NumPy: how many regions, blocks and functions may be run before a program that does not end is given up.
    """
    if backend == "c" and max_runs is not None:
        raise Error("compiled programs are not interrupted: `max_runs` is for the backend `numpy`")
    if backend == "c":
        return compile(source, dims=dims, function=function)(*arrays)
    if backend != "numpy":
        raise Error(f"there is no backend `{backend}`", hint=nearest(backend, BACKENDS) or "numpy or c")
    from couloir.backends.numpy.arguments import own
    from couloir.backends.numpy.evaluate import evaluate
    from couloir.specialization import check_shapes

    module = load(source, dims=dims)
    check_shapes(module, arrays, function)
    return own(evaluate(module, *arrays, function=function, max_runs=max_runs), arrays)


def cost(
    source: Source,
    *,
    dims: Mapping[str, int] | None = None,
    function: str | None = None,
    trip_counts: bool = True,
) -> CostReport:
    """Counts what a model costs when it runs once: flops, transcendental functions, bytes accessed; of each op, by kind, in total.

    The conventions are XLA's: see `couloir.costs`.

    Args:
        source: A module of any level, or anything that `load` takes.
        dims: As for `load`.
        function: The function that runs; by default the first public one.
        trip_counts: Count the body of a loop as often as it runs, where that is known; otherwise once, as XLA does.

    Returns:
        The report: `print` it. What could not be counted is in its `unknown`.
    """
    from couloir.costs import cost

    return cost(load(source, dims=dims), function=function, trip_counts=trip_counts)


def compare(
    first: Source,
    second: Source,
    *,
    dims: Mapping[str, int] | None = None,
    names: tuple[str, str] | None = None,
    functions: tuple[str | None, str | None] = (None, None),
    values: bool | Sequence[Any] = False,
    seed: int = 0,
) -> Comparison:
    """Compares two models as graphs: histograms, costs, what is matched, what is fused with what, and the first value that differs.

    Args:
        first, second: Modules, or anything that `load` takes; XLA's HLO text, too.
        dims: As for `load`, for both.
        names: What to call them; by default the names of the files.
        functions: Which function of each; by default the first public one.
        values: Run both on NumPy, and compare the values of matched ops: on made-up inputs, or on these arrays.
        seed: Of the inputs that are made up.

    Returns:
        The comparison: `print` it. It is true when the programs differ.

    Raises:
        Error: A source cannot be read, there is no such function, or a program cannot be run.
    """
    from couloir.comparison import compare, compare_values

    if names is None:
        given = [Path(s).name if isinstance(s, str | Path) else "" for s in (first, second)]
        names = (given[0] or "first", given[1] or "second")
    found = compare(load(first, dims=dims), load(second, dims=dims), names=names, functions=functions)
    if values is False:
        return found
    return found.with_values(compare_values(found, None if values is True else values, seed=seed))


def specialize(
    source: Source,
    shapes: Shapes | None = None,
    *,
    dims: Mapping[str, int] | None = None,
    values: Mapping[str, Any] | None = None,
    function: str | None = None,
) -> ModuleOp:
    """A copy of a model for inputs of certain shapes, and with certain inputs constant.

    A dimension with a name has one size everywhere: it follows from the inputs whose shapes are given. What is constant decides
    branches, and sizes inside, when the module is lowered: a model for several sampling rates becomes the one for
    `values={"sr": 16000}`.

    Args:
        source: A module, or anything that `load` takes.
        shapes: The shapes of inputs, by their names, or one for each input: `{"image": (1, 3, 224, 224)}`.
        dims: Sizes by the names of dimensions.
        values: Inputs, by name, that become constants; they are no arguments any more.
        function: The function; by default the first public one.

    Raises:
        Error: for an input or dimension that there is not; a shape or value that does not fit the input's type; and two sizes for
            one dimension, saying where each comes from.
    """
    from couloir.specialization import specialized

    return specialized(load(source), shapes, dims=dims, values=values, function=function)


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
