"""The C compiler: finding one, knowing which it is, and running it.

GCC and Clang of the system are used as they are; where there is none, the `ziglang` wheel brings Clang along. What
differs between them is said in one place, `_flags`. POSIX only (Linux, macOS).
"""

from __future__ import annotations

import functools
import importlib.util
import os
import platform
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, get_args

from attrs import field, frozen

from couloir.backends.c.process import Finished, inherited_environment, run
from couloir.ir.errors import Error

Kind = Literal["gcc", "clang", "zig"]
FpContract = Literal["off", "fast"]
Sanitizer = Literal["address", "undefined"]

_IDENTIFY_TIMEOUT = 20.0
_SHOWN_LINES = 15
_INSTALL_HINT = "install gcc or clang, or `pip install couloir[zig]`"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")

# Variables by which compilers find headers and libraries: they are kept, and are part of the compiler's identity.
_SEARCH_VARIABLES = ("COMPILER_PATH", "CPATH", "C_INCLUDE_PATH", "GCC_EXEC_PREFIX", "LIBRARY_PATH", "SDKROOT")
# Variables that add options or write files behind the caller's back: they are dropped.
_MEDDLING_VARIABLES = ("CCC_OVERRIDE_OPTIONS", "DEPENDENCIES_OUTPUT", "LD_RUN_PATH", "SUNPRO_DEPENDENCIES")


def _sorted_set(names: Iterable[Sanitizer]) -> tuple[Sanitizer, ...]:
    return tuple(sorted(set(names)))


@frozen
class CompileOptions:
    """What may be chosen about a compilation; everything else is fixed.

    Attributes:
        march: The processor to compile for: `native`, or a name that the compiler's `-march` knows (`x86-64-v3`).
        optimization: The level of `-O`, 0 to 3.
        fp_contract: `off`: `a * b + c` rounds twice, the same on every processor and compiler. `fast`: it may become
            one fused multiply-add, which is faster and rounds once.
        openmp: Whether `#pragma omp` is obeyed; asking for it where the compiler cannot is an error
            (`Compiler.supports_openmp` tells).
        sanitizers: Checks compiled in: `address`, `undefined`. The program ends at the first finding.
        libraries: Libraries to link with, as in `-l`.
        warnings_are_errors: Whether a warning of the compiler stops it; for tests of what is written, as compilers differ in
            what they warn of.

    Raises:
        Error: A value is not one of these.
    """

    march: str = "native"
    optimization: int = 3
    fp_contract: FpContract = "off"
    openmp: bool = False
    sanitizers: tuple[Sanitizer, ...] = field(default=(), converter=_sorted_set)
    libraries: tuple[str, ...] = field(default=("m",), converter=tuple)
    warnings_are_errors: bool = False

    def __attrs_post_init__(self) -> None:
        _check_choice("optimization", self.optimization, range(4))
        _check_choice("fp_contract", self.fp_contract, get_args(FpContract))
        for sanitizer in self.sanitizers:
            _check_choice("sanitizers", sanitizer, get_args(Sanitizer))
        for option, name in [("march", self.march), *(("libraries", library) for library in self.libraries)]:
            if not _NAME.fullmatch(name):
                raise Error(
                    f"{name!r} is not a name",
                    where=f"compile option {option!r}",
                    hint="use letters, digits and `_.+-`; it becomes part of a compiler argument",
                )

    def key(self) -> str:
        """The options as one line of text that is equal for equal options only."""
        return repr(self)


def _check_choice(option: str, value: object, choices: Collection[object]) -> None:
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise Error(f"{value!r} is not a choice", where=f"compile option {option!r}", hint=f"choose from {listed}")


@frozen
class Compiler:
    """A C compiler that has been run once and is known.

    Attributes:
        command: The beginning of its argument list, e.g. `("/usr/bin/gcc",)`.
        kind: Whose options it takes.
        version: All that it says to `--version`.
        target: The triple that it compiles for, e.g. `x86_64-linux-gnu`.
        search_paths: The environment variables by which it finds headers and libraries, where they are set.
    """

    command: tuple[str, ...]
    kind: Kind
    version: str
    target: str
    search_paths: tuple[tuple[str, str], ...] = ()

    def key(self) -> str:
        """A text that differs where the compiler may produce something else from the same input."""
        return repr(self)

    def compile(
        self,
        sources: Sequence[Path],
        output: Path,
        *,
        options: CompileOptions | None = None,
        shared: bool = True,
        timeout: float = 600.0,
    ) -> None:
        """Compile and link C11 `sources` to a shared library (or, with `shared=False`, to a program) at `output`.

        `output` appears complete or not at all: it is made in a private directory beside it and moved into place. A
        warning is a failure. After a failure the sources, each with the header of its name, stay in a private
        directory that the error names.

        Args:
            sources: C files.
            output: The file to make or replace; its directory exists.
            options: What may be chosen; `CompileOptions()` if None.
            shared: Whether to make a shared library.
            timeout: Seconds that the compiler may take.

        Raises:
            Error: A source or the directory of `output` is missing, the compiler lacks something that the options
                ask for, fails, or takes too long.
        """
        options = options or CompileOptions()
        if not sources:
            raise Error("there is nothing to compile", where=str(output), hint="name at least one C file")
        for source in sources:
            if not source.is_file():
                raise Error("there is no such C file", where=str(source))
        self._check_support(options)
        if output.is_dir():
            raise Error("this is a directory", where=str(output), hint="name the file to make")
        with _private_directory_beside(output) as directory:
            result = directory / "result"
            command = [
                *self.command,
                *_flags(self.kind, self.target, options, shared=shared),
                *(["-shared"] if shared else []),
                *(str(source.resolve()) for source in sources),  # absolute: never read as an option or an @file
                "-o",
                str(result),
                *(f"-l{library}" for library in options.libraries),
            ]
            try:
                finished = run(
                    command, directory=directory, environment=_environment(self.command, directory), timeout=timeout
                )
            except Error as error:
                raise self._failure(error.message, command, sources, "") from error
            if finished.status != 0:
                raise self._failure(_ending(finished), command, sources, finished.output)
            if not result.is_file():
                raise self._failure("the C compiler ended well, but made nothing", command, sources, finished.output)
            os.replace(result, output)

    def supports_openmp(self) -> bool:
        """Whether a program with OpenMP compiles and links. Tried once per compiler."""
        return _supports_openmp(self)

    def _check_support(self, options: CompileOptions) -> None:
        name = " ".join(self.command)
        if self.kind == "zig" and "address" in options.sanitizers:
            raise Error("zig has no runtime for the address sanitizer", where=name, hint="use gcc or clang for it")
        if options.openmp and not self.supports_openmp():
            raise Error(
                "this C compiler has no OpenMP", where=name, hint="use gcc, or clang with libomp, or openmp=False"
            )

    def _failure(self, message: str, command: Sequence[str], sources: Sequence[Path], output: str) -> Error:
        """The error for a compilation that went wrong; keeps the sources."""
        kept = _keep(sources, command, output)
        lines = output.splitlines()
        notes = [f"the command was: {shlex.join(command)}"]
        if kept:
            notes.append(f"the source and all that the compiler said were kept in {kept}")
        return Error(
            message,
            where=shlex.join(self.command),
            excerpt="\n".join(lines[:_SHOWN_LINES]) or None,
            notes=notes,
            hint="if couloir made this C, it is a fault of couloir or of the compiler: report it with that directory",
        )


# ------------------------------------------------------------------------------------------ the compilers' options


def _flags(kind: Kind, target: str, options: CompileOptions, *, shared: bool = True) -> list[str]:
    """The options in the spelling of one compiler: the only place that knows how they differ."""
    flags = [
        "-std=c11",
        f"-O{options.optimization}",
        _cpu_flag(kind, target, options.march),
        "-fPIC",
        "-Wall",
        "-Wextra",
        f"-ffp-contract={options.fp_contract}",
        # Nobody reads errno or the exception flags; without these two, sqrtf and comparisons do not become vector
        # instructions. Neither changes a result.
        "-fno-math-errno",
        "-fno-trapping-math",
    ]
    if options.warnings_are_errors:
        flags.append("-Werror")
    if options.openmp:
        flags.append("-fopenmp")
    if options.sanitizers:
        flags += ["-g", "-fsanitize=" + ",".join(options.sanitizers), "-fno-sanitize-recover=all"]
        if shared and kind == "clang" and "address" in options.sanitizers and "linux" in target:
            flags.append("-shared-libasan")  # GCC's default: a library can only use a shared runtime
    if kind == "zig" and "undefined" not in options.sanitizers:
        flags.append("-fno-sanitize=undefined")  # zig turns it on by itself where it does not optimise
    return flags


def _cpu_flag(kind: Kind, target: str, march: str) -> str:
    if kind == "zig":
        return "-mcpu=" + march.replace("-", "_")  # zig's own option, with zig's spelling of LLVM's names
    if march == "native" and not target.startswith(("x86_64", "i386", "i486", "i586", "i686", "riscv")):
        return "-mcpu=native"  # on ARM and POWER `-march=native` is missing or forgets the core
    return f"-march={march}"


# ------------------------------------------------------------------------------------------------ finding one


def find_compiler(explicit: str | os.PathLike[str] | Sequence[str] | None = None) -> Compiler:
    """The C compiler to use: the one asked for, else `cc`, `gcc` or `clang` on the path, else the `ziglang` wheel.

    Args:
        explicit: One program (a path, or a name to look for on the path; blanks belong to the name), or a list: a
            program and arguments to put first (`["zig", "cc"]`).

    Raises:
        Error: The one asked for is missing, does not answer, or is not GCC, Clang or zig; or none was found.
    """
    if explicit is not None:
        return _identify(_explicit_command(explicit))
    failures: list[str] = []
    for command in _candidates():
        try:
            return _identify(command)
        except Error as error:
            failures.append(str(error).splitlines()[0])
    raise Error("no C compiler was found", hint=_INSTALL_HINT, notes=failures)


def _candidates() -> Iterator[tuple[str, ...]]:
    for name in ("cc", "gcc", "clang"):
        program = _on_path(name)
        if program:
            yield (program,)
    if sys.executable and importlib.util.find_spec("ziglang"):
        # -P: a file `ziglang.py` in the working directory is not the wheel.
        yield (sys.executable, "-P", "-m", "ziglang", "cc")


def _explicit_command(explicit: str | os.PathLike[str] | Sequence[str]) -> tuple[str, ...]:
    words = (os.fspath(explicit),) if isinstance(explicit, (str, os.PathLike)) else tuple(explicit)
    if not words:
        raise Error(f"{explicit!r} is not a C compiler", hint="give a program, or a list of a program and arguments")
    program = os.path.abspath(words[0]) if os.sep in words[0] else _on_path(words[0])
    if program is None or not os.path.isfile(program) or not os.access(program, os.X_OK):
        raise Error(
            "there is no such C compiler",
            where=repr(words[0]),
            hint="give a program; arguments go in a list: ['gcc', '-m32']" if " " in words[0] else _INSTALL_HINT,
        )
    if len(words) == 1 and os.path.basename(program) == "zig":
        return (program, "cc")
    return (program, *words[1:])


def _on_path(name: str) -> str | None:
    """The program of this name in an absolute directory of the path; relative ones (`.`) mean whoever filled them."""
    path = inherited_environment().get("PATH", os.defpath)
    absolute = [entry for entry in path.split(os.pathsep) if os.path.isabs(entry)]
    return shutil.which(name, path=os.pathsep.join(absolute)) if absolute else None


def _identify(command: tuple[str, ...]) -> Compiler:
    """Ask a compiler who it is."""
    where = shlex.join(command)
    with tempfile.TemporaryDirectory(prefix="couloir-") as name:
        environment = _environment(command, Path(name))

        def ask(option: str) -> str:
            finished = run([*command, option], directory=Path(name), environment=environment, timeout=_IDENTIFY_TIMEOUT)
            if finished.status != 0:
                raise Error(f"it does not answer `{option}`: {_ending(finished)}", where=where, hint=_INSTALL_HINT)
            return finished.output.strip()

        version = ask("--version")
        kind = _kind(command, version)
        if kind is None:
            raise Error(
                "this is neither GCC nor Clang nor zig",
                where=where,
                hint=_INSTALL_HINT,
                excerpt="\n".join(version.splitlines()[:3]),
            )
        said = re.search(r"^Target: (\S+)$", version, re.MULTILINE)  # Clang and zig; zig's -dumpmachine misleads
        target = said.group(1) if said else ask("-dumpmachine")
    search_paths = tuple((name, environment[name]) for name in _SEARCH_VARIABLES if name in environment)
    return Compiler(command, kind, version, target, search_paths)


def _is_zig(command: tuple[str, ...]) -> bool:
    return "ziglang" in command or os.path.basename(command[0]).startswith("zig")


def _kind(command: tuple[str, ...], version: str) -> Kind | None:
    if "clang version" in version:
        return "zig" if _is_zig(command) else "clang"
    return "gcc" if "Free Software Foundation" in version else None


@functools.lru_cache(maxsize=16)
def _supports_openmp(compiler: Compiler) -> bool:
    # A program, since a shared library may be linked with symbols missing.
    text = (
        "#ifndef _OPENMP\n#error no OpenMP\n#endif\n#include <omp.h>\n"
        "int main(void) { return omp_get_max_threads() > 0 ? 0 : 1; }\n"
    )
    with tempfile.TemporaryDirectory(prefix="couloir-") as name:
        source, program = Path(name, "probe.c"), Path(name, "probe")
        source.write_text(text)
        options = CompileOptions(openmp=True, optimization=0)
        command = [*compiler.command, *_flags(compiler.kind, compiler.target, options), str(source), "-o", str(program)]
        environment = _environment(compiler.command, Path(name))
        try:
            finished = run(command, directory=Path(name), environment=environment, timeout=60.0)
        except Error:
            return False
        return finished.status == 0


# --------------------------------------------------------------------------------------------- running one


def _environment(command: tuple[str, ...], directory: Path) -> dict[str, str]:
    """The environment of a compiler: ours, in the C locale, with temporary files in a private directory."""
    environment = inherited_environment()
    for name in _MEDDLING_VARIABLES:
        environment.pop(name, None)
    environment |= {"LC_ALL": "C", "TMPDIR": str(directory)}
    if _is_zig(command):
        # zig keeps the C library that it builds in the user's cache directory (seconds, the first time), and where it
        # cannot make that it waits for ever.
        shared = user_cache_directory() / "zig"
        environment["ZIG_LOCAL_CACHE_DIR"] = str(directory / "zig")
        environment["ZIG_GLOBAL_CACHE_DIR"] = str(shared if _can_write_to(shared) else directory / "zig")
    return environment


def user_cache_directory() -> Path:
    """Where the platform keeps a user's caches: `$XDG_CACHE_HOME` or `~/.cache`; on macOS `~/Library/Caches`."""
    home = Path(os.path.expanduser("~"))
    if sys.platform == "darwin":
        return home / "Library" / "Caches"
    named = inherited_environment().get("XDG_CACHE_HOME", "")
    return Path(named) if os.path.isabs(named) else home / ".cache"  # XDG: a relative path is to be ignored


def _can_write_to(directory: Path) -> bool:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return True
    except OSError:
        return False


@contextmanager
def _private_directory_beside(output: Path) -> Generator[Path]:
    """A new directory, mode 0700, on the file system of `output`; removed afterwards."""
    try:
        directory = tempfile.TemporaryDirectory(prefix=".couloir-", dir=output.resolve().parent)
    except OSError as error:
        raise Error(
            f"cannot write there: {error.strerror}", where=str(output), hint="name a file in a writable directory"
        ) from error
    with directory as name:
        yield Path(name)


def _ending(finished: Finished) -> str:
    if finished.status < 0:
        return f"the C compiler was stopped by signal {-finished.status}"
    return f"the C compiler failed with exit status {finished.status}"


def _keep(sources: Sequence[Path], command: Sequence[str], output: str) -> Path | None:
    """Copy the sources of a failed compilation and what the compiler said to a directory that stays; None if that
    fails too."""
    try:
        kept = Path(tempfile.mkdtemp(prefix="couloir-failed-"))
        for source in sources:
            for file in (source, source.with_suffix(".h")):
                if file.is_file():
                    shutil.copyfile(file, kept / file.name)
        (kept / "compiler.txt").write_text(shlex.join(command) + "\n\n" + output, encoding="utf-8")
    except OSError:
        return None
    return kept


# ------------------------------------------------------------------------------------------- the processor


def cpu_features(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """What this processor can do, as text for a cache's key: code for the native processor runs on no other.

    The architecture and, from Linux's `cpuinfo`, the distinct lists of features of its cores; where there is none, the
    name of the machine instead, so that code is not shared between machines.
    """
    parts = [platform.machine()]
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    lists = re.findall(r"^(?:flags|Features|isa)\s*:\s*(.*)$", text, re.MULTILINE)
    parts += sorted({" ".join(sorted(features.split())) for features in lists})
    if len(parts) == 1:
        parts += [platform.processor(), platform.node()]
    return "; ".join(parts)
