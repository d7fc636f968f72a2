from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from couloir.backends.c import process, toolchain
from couloir.backends.c.loader import Library
from couloir.backends.c.process import run
from couloir.backends.c.toolchain import CompileOptions, Compiler, cpu_features, find_compiler, user_cache_directory
from couloir.ir.errors import Error

ADD = "int add(int a, int b) { return a + b; }\n"


def write(path: Path, text: str = ADD) -> Path:
    path.write_text(text)
    return path


def ends(pid: int) -> bool:
    """Whether a process ends soon; one that was killed takes a moment, longer on a busy machine."""
    for _ in range(1000):
        try:
            os.kill(pid, 0)
            state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True).stdout
        except ProcessLookupError:
            return True
        if state.startswith(b"Z"):
            return True
        time.sleep(0.01)
    return False


# ------------------------------------------------------------------------------------------------ real compilers


def test_a_library_is_compiled_and_loads(compiler: Compiler, tmp_path: Path) -> None:
    compiler.compile([write(tmp_path / "a.c")], tmp_path / "a.so")
    assert Library(tmp_path / "a.so")._handle.add(2, 40) == 42
    assert sorted(os.listdir(tmp_path)) == ["a.c", "a.so"]  # the private directory is gone


def test_a_program_is_compiled_and_runs_with_libm(compiler: Compiler, tmp_path: Path) -> None:
    text = """
        #include <math.h>
        #include <stdlib.h>
        int main(int n, char **v) { return n > 9 || sqrt(atof(v[1])) != 3.0; }
    """
    compiler.compile([write(tmp_path / "m.c", text)], tmp_path / "m", shared=False)
    assert subprocess.run([tmp_path / "m", "9"], check=False).returncode == 0


@pytest.mark.parametrize("name", ["with space", "quo'te\"s", "$(touch evil);`touch evil`", "-o", "@file", "ü%s%n\\"])
def test_paths_are_never_parsed(compiler: Compiler, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if compiler.kind == "zig" and "\\" in name:
        pytest.skip("zig 0.17 cannot read its own dependency file for a name with a backslash")
    if compiler.kind == "clang" and "%" in name:
        pytest.skip("clang takes % in the name of its temporary directory for a placeholder")
    directory = tmp_path / name
    directory.mkdir()
    monkeypatch.setenv("TMPDIR", str(directory))
    monkeypatch.chdir(directory)
    write(Path(f"{name}.c"))
    compiler.compile([Path(f"{name}.c")], directory / f"{name}.so")
    assert Library(directory / f"{name}.so")._handle.add(1, 2) == 3
    assert sorted(os.listdir(directory)) == sorted([f"{name}.c", f"{name}.so"])


def test_a_fault_in_the_source_is_an_error_that_keeps_the_source(compiler: Compiler, tmp_path: Path) -> None:
    source = write(tmp_path / "bad.c", '#include "bad.h"\nint f(void) { return undeclared; }\n')
    write(tmp_path / "bad.h", "/* header */\n")
    output = write(tmp_path / "bad.so", "old")
    with pytest.raises(Error) as caught:
        compiler.compile([source], output)
    assert caught.value.excerpt is not None and "undeclared" in caught.value.excerpt
    kept = Path(caught.value.notes[-1].split(" kept in ")[1])
    assert sorted(os.listdir(kept)) == ["bad.c", "bad.h", "compiler.txt"]
    assert (kept / "bad.c").read_text() == source.read_text()
    assert output.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["bad.c", "bad.h", "bad.so"]


@pytest.mark.parametrize("text", ["int f(int a) { return 1; }", "int f(void) { int b; return b; }"])
def test_a_warning_is_a_failure_where_that_is_wanted(compiler: Compiler, tmp_path: Path, text: str) -> None:
    source = write(tmp_path / "w.c", text)
    with pytest.raises(Error, match="failed with exit status"):
        compiler.compile([source], tmp_path / "w.so", options=CompileOptions(warnings_are_errors=True))
    compiler.compile([source], tmp_path / "w.so")


def test_contraction_is_a_choice(compiler: Compiler, tmp_path: Path) -> None:
    # (1 + 2^-12)^2 - (1 + 2^-11) = 2^-24 exactly, and 0 if the product is rounded to a float first.
    text = """
        int probe(void) {
          volatile float a = 1.000244140625f, b = 1.00048828125f;
          float c = a, d = c * c - b;
          return d != 0.0f;
        }
    """
    source = write(tmp_path / "c.c", text)
    fused: dict[str, int] = {}
    for choice in ("off", "fast"):
        options = CompileOptions(fp_contract=choice)
        compiler.compile([source], tmp_path / f"{choice}.so", options=options)
        fused[choice] = Library(tmp_path / f"{choice}.so")._handle.probe()
    assert fused["off"] == 0
    if " fma " in cpu_features() or compiler.target.startswith("aarch64"):
        assert fused["fast"] == 1


def test_sanitizers_end_a_faulty_program(compiler: Compiler, tmp_path: Path) -> None:
    overflow = "int main(int n, char **v) { (void)v; volatile int k = 0x7fffffff; return (k + n) == 5; }\n"
    source, program = write(tmp_path / "s.c", overflow), tmp_path / "s"
    compiler.compile([source], program, shared=False)
    assert subprocess.run([program], check=False).returncode == 0
    compiler.compile([source], program, options=CompileOptions(sanitizers=("undefined",)), shared=False)
    finished = subprocess.run([program], check=False, capture_output=True, text=True)
    assert finished.returncode != 0 and "overflow" in finished.stderr


def test_the_address_sanitizer_finds_or_is_refused(compiler: Compiler, tmp_path: Path) -> None:
    text = """
        #include <stdlib.h>
        int main(int n, char **v) { (void)v; volatile char *p = calloc(4, 1); p[3 + n] = 1; return p[0]; }
    """
    source, program = write(tmp_path / "s.c", text), tmp_path / "s"
    options = CompileOptions(sanitizers=("address",), optimization=1)
    if compiler.kind == "zig":
        with pytest.raises(Error, match="no runtime for the address sanitizer"):
            compiler.compile([source], program, options=options, shared=False)
        return
    compiler.compile([source], program, options=options, shared=False)
    finished = subprocess.run([program], check=False, capture_output=True, text=True)
    assert finished.returncode != 0 and "heap-buffer-overflow" in finished.stderr


def test_openmp_runs_or_is_refused(compiler: Compiler, tmp_path: Path) -> None:
    text = """
        #include <omp.h>
        int threads(void) {
          int n = 0;
        #pragma omp parallel reduction(+ : n) num_threads(2)
          n += 1;
          return n;
        }
    """
    source = write(tmp_path / "p.c", text)
    if compiler.supports_openmp():
        compiler.compile([source], tmp_path / "p.so", options=CompileOptions(openmp=True))
        assert Library(tmp_path / "p.so")._handle.threads() == 2
    else:
        with pytest.raises(Error, match="has no OpenMP"):
            compiler.compile([source], tmp_path / "p.so", options=CompileOptions(openmp=True))
    assert compiler.supports_openmp() or compiler.kind != "gcc"
    assert not compiler.supports_openmp() or compiler.kind != "zig"


def test_a_named_processor(compiler: Compiler, tmp_path: Path) -> None:
    if not compiler.target.startswith("x86_64"):
        pytest.skip("names of x86 processors")
    text = """
        #if defined(__AVX512F__) || !defined(__AVX2__)
        #error not x86-64-v3
        #endif
        int f(void) { return 5; }
    """
    options = CompileOptions(march="x86-64-v3")
    if compiler.kind == "gcc" and int(compiler.version.split(") ")[1].split(".")[0]) < 11:
        pytest.skip("GCC knows x86-64-v3 since 11")
    compiler.compile([write(tmp_path / "v.c", text)], tmp_path / "v.so", options=options)
    assert Library(tmp_path / "v.so")._handle.f() == 5


def test_a_cache_that_zig_cannot_make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """zig waits for ever there, so it must be given another."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    environment = toolchain._environment(("/usr/bin/zig", "cc"), tmp_path)
    assert Path(environment["ZIG_GLOBAL_CACHE_DIR"]).parent == tmp_path
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    environment = toolchain._environment(("/usr/bin/zig", "cc"), tmp_path)
    assert Path(environment["ZIG_GLOBAL_CACHE_DIR"]) == tmp_path / "cache" / "zig"


# ------------------------------------------------------------------------------------------- bad requests


@pytest.mark.parametrize(
    "options",
    [
        {"march": "native -o /etc/passwd"},
        {"march": "-mevil"},
        {"march": ""},
        {"march": "a;rm"},
        {"optimization": 4},
        {"fp_contract": "on"},
        {"sanitizers": ("thread",)},
        {"libraries": ("m", "../evil")},
        {"libraries": (":evil.so",)},
    ],
)
def test_bad_options(options: dict[str, object]) -> None:
    with pytest.raises(Error, match=f"compile option '{next(iter(options))}'"):
        CompileOptions(**options)  # pyright: ignore[reportArgumentType]


def test_bad_files(any_compiler: Compiler, tmp_path: Path) -> None:
    source = write(tmp_path / "a.c")
    with pytest.raises(Error, match="nothing to compile"):
        any_compiler.compile([], tmp_path / "a.so")
    with pytest.raises(Error, match="no such C file"):
        any_compiler.compile([source, tmp_path / "b.c"], tmp_path / "a.so")
    with pytest.raises(Error, match="cannot write there"):
        any_compiler.compile([source], tmp_path / "none" / "a.so")
    (tmp_path / "directory").mkdir()
    with pytest.raises(Error, match="this is a directory"):
        any_compiler.compile([source], tmp_path / "directory")
    assert sorted(os.listdir(tmp_path)) == ["a.c", "directory"]


def test_options_and_compilers_have_keys() -> None:
    assert (
        CompileOptions(sanitizers=("undefined", "address")).key()
        == CompileOptions(sanitizers=("address", "undefined", "address")).key()
    )
    keys = {
        CompileOptions().key(),
        CompileOptions(march="x86-64").key(),
        CompileOptions(optimization=1).key(),
        CompileOptions(fp_contract="fast").key(),
        CompileOptions(openmp=True).key(),
        CompileOptions(sanitizers=("undefined",)).key(),
        CompileOptions(libraries=("m", "cblas")).key(),
    }
    assert len(keys) == 7


# ------------------------------------------------------------------------------------------------ finding


def test_a_compiler_is_identified(compiler: Compiler) -> None:
    macro = {"gcc": "gcc", "clang": "clang", "zig": "clang"}[compiler.kind]
    assert macro in compiler.version.lower() or "free software" in compiler.version.lower()
    assert compiler.target.count("-") >= 2
    assert os.path.isabs(compiler.command[0])


def test_the_path_is_searched_then_the_wheel(
    fake_compiler: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    gcc = fake_compiler("", name="gcc")
    monkeypatch.setenv("PATH", str(gcc.parent))
    assert find_compiler().command == (str(gcc),)
    cc = fake_compiler("", name="cc")
    assert find_compiler().command == (str(cc),)
    cc.write_text("#!/bin/sh\nexit 1\n")  # a broken one is passed over
    assert find_compiler().command == (str(gcc),)
    monkeypatch.setenv("PATH", "/nowhere")
    pytest.importorskip("ziglang")
    assert find_compiler().kind == "zig"


def test_no_compiler_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(toolchain.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Error, match=r"pip install couloir\[zig\]"):
        find_compiler()


def test_programs_in_the_working_directory_are_not_found(
    fake_compiler: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = fake_compiler("", name="cc")
    monkeypatch.chdir(planted.parent)
    for path in (".", "", f"{os.pathsep}"):
        monkeypatch.setenv("PATH", path)
        with pytest.raises(Error, match="no such C compiler"):
            find_compiler("cc")


def test_a_module_in_the_working_directory_is_not_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ziglang")
    (tmp_path / "ziglang.py").write_text("raise SystemExit('evil')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    command = next(iter(toolchain._candidates()))
    assert subprocess.run([*command, "--version"], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize(
    "evil",
    [
        "gcc;touch evil",
        "gcc -shared",
        "$(touch evil)",
        "`touch evil`",
        "gcc|touch evil",
        "",
        "gcc\0",
        "/",
        "/etc/passwd",
        [],
    ],
)
def test_evil_compilers_are_names_not_commands(evil: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Error, match="C compiler"):
        find_compiler(evil)
    assert not list(tmp_path.iterdir())


def test_an_evil_cc_variable_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = find_compiler()
    monkeypatch.setenv("CC", f"touch {tmp_path / 'evil'};")
    monkeypatch.setenv("CFLAGS", "-DEVIL")
    assert find_compiler() == before
    assert not (tmp_path / "evil").exists()


def test_blanks_and_quotes_belong_to_the_name(fake_compiler: Callable[..., Path]) -> None:
    path = fake_compiler("", name="my 'cc' \"x\"; rm")
    assert find_compiler(path).command == (str(path),)


def test_arguments_go_in_a_list(compiler: Compiler) -> None:
    assert find_compiler(compiler.command).command == compiler.command


def test_something_else_than_a_compiler(fake_compiler: Callable[..., Path]) -> None:
    with pytest.raises(Error, match="neither GCC nor Clang nor zig"):
        find_compiler(fake_compiler("", version="tcc version 0.9"))
    with pytest.raises(Error, match="does not answer `--version`"):
        find_compiler("false")


# ------------------------------------------------------------------------------------- compilers that misbehave


def hang(pidfile: Path) -> str:
    return f'sleep 1000 & echo $! > "{pidfile}"; wait'


def test_a_hanging_compiler_is_stopped_with_its_children(fake_compiler: Callable[..., Path], tmp_path: Path) -> None:
    pidfile = tmp_path / "pid"
    compiler = find_compiler(fake_compiler(hang(pidfile)))
    with pytest.raises(Error, match=r"did not end within 1 s"):
        compiler.compile([write(tmp_path / "a.c")], tmp_path / "a.so", timeout=1)
    assert ends(int(pidfile.read_text()))
    assert sorted(os.listdir(tmp_path)) == ["a.c", "bin", "pid"]


def test_a_compiler_that_hangs_when_asked_who_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "_IDENTIFY_TIMEOUT", 0.5)
    path = write(tmp_path / "cc", "#!/bin/sh\nsleep 1000\n")
    path.chmod(0o755)
    with pytest.raises(Error, match="did not end within"):
        find_compiler(path)


def test_an_interrupt_stops_the_compiler(
    fake_compiler: Callable[..., Path], start_python: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    pidfile = tmp_path / "pid"
    text = (
        "import sys; from pathlib import Path; from couloir.backends.c.toolchain import find_compiler\n"
        "find_compiler(sys.argv[1]).compile([Path(sys.argv[2])], Path(sys.argv[3]))\n"
    )
    compiler = fake_compiler(hang(pidfile))
    child = start_python(text, compiler, write(tmp_path / "a.c"), tmp_path / "a.so")
    while not (pidfile.exists() and pidfile.read_text().strip()):
        assert child.poll() is None, child.communicate()
        time.sleep(0.01)
    time.sleep(0.5)  # on a busy machine the compiler may run before `Popen` has come back
    child.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in child.communicate(timeout=60)[1]
    assert ends(int(pidfile.read_text()))
    assert sorted(os.listdir(tmp_path)) == ["a.c", "bin", "pid"]


def test_endless_output_is_bounded_and_stopped(tmp_path: Path) -> None:
    with pytest.raises(Error, match="did not end within"):
        run(["yes"], directory=tmp_path, environment={"PATH": os.environ["PATH"]}, timeout=1)
    finished = run(
        [sys.executable, "-c", "print('x' * 10_000_000)"],
        directory=tmp_path,
        environment={},
        timeout=60,
        output_limit=1000,
    )
    assert (finished.status, finished.output) == (0, "x" * 1000)


def test_nothing_is_read_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that writes without a pause is always ready to be read."""
    read, write_end = os.pipe()
    os.write(write_end, b"x")
    monkeypatch.setattr(os, "read", lambda file, size: pytest.fail("it was read"))
    with os.fdopen(read, "rb") as stream, os.fdopen(write_end, "wb"), pytest.raises(TimeoutError):
        process._read(stream, time.monotonic() - 1, 100)


def test_what_cannot_be_started(tmp_path: Path) -> None:
    for command in (["/nowhere/cc"], ["true", "a\0b"], [str(tmp_path)]):
        with pytest.raises(Error, match="cannot start"):
            run(command, directory=tmp_path, environment={}, timeout=60)


def test_a_program_has_no_input(tmp_path: Path) -> None:
    """One that asks must not wait for somebody at the terminal."""
    read, write_end = os.pipe()
    saved = os.dup(0)
    os.dup2(read, 0)
    try:
        assert run(["/bin/cat"], directory=tmp_path, environment={}, timeout=20).status == 0
    finally:
        os.dup2(saved, 0)
        for file in (read, write_end, saved):
            os.close(file)


def test_a_program_that_ended_is_not_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its number may belong to another process by then."""
    killed: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, number: killed.append(group))
    assert run(["/bin/echo", "a"], directory=tmp_path, environment={}, timeout=60).output == "a\n"
    assert not killed


def test_a_long_complaint_is_cut_in_the_message_and_kept_whole(
    fake_compiler: Callable[..., Path], tmp_path: Path
) -> None:
    compiler = find_compiler(fake_compiler("i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); done; exit 3"))
    with pytest.raises(Error, match="exit status 3") as caught:
        compiler.compile([write(tmp_path / "a.c")], tmp_path / "a.so")
    assert caught.value.excerpt == "\n".join(f"line {index}" for index in range(15))
    kept = Path(caught.value.notes[-1].split(" kept in ")[1])
    assert "line 99\n" in (kept / "compiler.txt").read_text()


def test_a_compiler_that_makes_nothing_or_crashes(fake_compiler: Callable[..., Path], tmp_path: Path) -> None:
    source = write(tmp_path / "a.c")
    with pytest.raises(Error, match="made nothing"):
        find_compiler(fake_compiler("exit 0")).compile([source], tmp_path / "a.so")
    with pytest.raises(Error, match="signal 9"):
        find_compiler(fake_compiler("kill -9 $$")).compile([source], tmp_path / "a.so")
    assert not (tmp_path / "a.so").exists()


def test_where_a_compiler_runs(
    fake_compiler: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a private directory, in the C locale, without the variables that meddle."""
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LC_NUMERIC", "de_DE.UTF-8")
    monkeypatch.setenv("DEPENDENCIES_OUTPUT", str(tmp_path / "evil"))
    monkeypatch.setenv("CCC_OVERRIDE_OPTIONS", "+-DEVIL")
    told = tmp_path / "told"
    body = f'{{ stat -c %a . "$TMPDIR"; pwd; echo "$LC_ALL"; env; }} > "{told}"; exit 1'
    compiler = find_compiler(fake_compiler(body))
    old_mask = os.umask(0)
    try:
        with pytest.raises(Error):
            compiler.compile([write(tmp_path / "a.c")], tmp_path / "a.so")
    finally:
        os.umask(old_mask)
    lines = told.read_text().splitlines()
    assert lines[:2] == ["700", "700"]
    assert Path(lines[2]).parent == tmp_path and lines[3] == "C"
    assert not [line for line in lines if line.startswith(("DEPENDENCIES_OUTPUT", "CCC_OVERRIDE_OPTIONS"))]


def test_the_locale_does_not_change_what_a_compiler_is(
    fake_compiler: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fake_compiler("", version="fakecc $LC_ALL Free Software Foundation")
    monkeypatch.setenv("LC_ALL", "C")
    before = find_compiler(path)
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert find_compiler(path) == before


def test_search_paths_are_part_of_the_key(fake_compiler: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = fake_compiler("")
    before = find_compiler(path).key()
    monkeypatch.setenv("CPATH", "/elsewhere")
    assert find_compiler(path).key() != before


# ------------------------------------------------------------------------------------------------ the options' table


def test_how_the_compilers_differ() -> None:
    options = CompileOptions(march="x86-64-v3")
    assert "-march=x86-64-v3" in toolchain._flags("gcc", "x86_64-linux-gnu", options)
    zig = toolchain._flags("zig", "x86_64-unknown-linux", options)
    assert "-mcpu=x86_64_v3" in zig and "-fno-sanitize=undefined" in zig
    assert "-fno-sanitize=undefined" not in toolchain._flags("zig", "", CompileOptions(sanitizers=("undefined",)))
    assert "-mcpu=native" in toolchain._flags("gcc", "aarch64-linux-gnu", CompileOptions())
    assert "-march=armv8.2-a" in toolchain._flags("gcc", "aarch64-linux-gnu", CompileOptions(march="armv8.2-a"))
    sanitized = CompileOptions(sanitizers=("address",))
    assert "-shared-libasan" in toolchain._flags("clang", "x86_64-unknown-linux-gnu", sanitized)
    assert "-shared-libasan" not in toolchain._flags("gcc", "x86_64-linux-gnu", sanitized)
    assert "-shared-libasan" not in toolchain._flags("clang", "arm64-apple-darwin", sanitized)


# ------------------------------------------------------------------------------------------------ the processor


def test_cpu_features(tmp_path: Path) -> None:
    x86 = write(tmp_path / "x86", "processor : 0\nflags\t\t: fpu sse2 avx\nprocessor : 1\nflags\t\t: sse2 avx fpu\n")
    assert cpu_features(x86).split("; ")[1:] == ["avx fpu sse2"]
    arm = write(tmp_path / "arm", "Features\t: fp asimd\nFeatures\t: fp asimd sve\n")  # big and little cores
    assert cpu_features(arm).split("; ")[1:] == ["asimd fp", "asimd fp sve"]
    import platform

    unknown = cpu_features(tmp_path / "none").split("; ")
    assert unknown[0] == platform.machine() and unknown[-1] == platform.node()


def test_the_user_cache_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain.sys, "platform", "linux")
    monkeypatch.setenv("HOME", "/users-home/someone")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert user_cache_directory() == Path("/elsewhere")
    for unset in ("", "relative/path"):
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        assert user_cache_directory() == Path("/users-home/someone/.cache")
    monkeypatch.setattr(toolchain.sys, "platform", "darwin")
    assert user_cache_directory() == Path("/users-home/someone/Library/Caches")


def test_the_output_is_moved_into_place_readable(any_compiler: Compiler, tmp_path: Path) -> None:
    any_compiler.compile([write(tmp_path / "a.c")], tmp_path / "a.so")
    assert stat.S_IMODE((tmp_path / "a.so").stat().st_mode) & stat.S_IRUSR
