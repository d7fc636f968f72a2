"""What the tests of the C backend share: the compilers that are here, fake ones, and other processes."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

import couloir
from couloir.backends.c.toolchain import Compiler, find_compiler

ROOT = Path(couloir.__file__).parent.parent
GCC_VERSION = "fakecc 1.0\\nCopyright (C) 2026 Free Software Foundation, Inc."


@pytest.fixture(autouse=True)
def temporary_directory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary directory of the test's own, so that sources of failed compilations do not pile up."""
    directory = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(directory))
    return directory


def _commands() -> dict[str, list[str]]:
    found = {name: [name] for name in ("gcc", "clang") if shutil.which(name)}
    if importlib.util.find_spec("ziglang"):
        found["zig"] = [sys.executable, "-P", "-m", "ziglang", "cc"]
    return found


@pytest.fixture(scope="session", params=sorted(_commands()))
def compiler(request: pytest.FixtureRequest) -> Compiler:
    """Each C compiler that is installed here."""
    return find_compiler(_commands()[request.param])


@pytest.fixture(scope="session")
def any_compiler() -> Compiler:
    return find_compiler()


@pytest.fixture
def fake_compiler(tmp_path: Path) -> Callable[..., Path]:
    """`fake_compiler(body)` writes a shell script that answers as GCC does and otherwise runs `body`."""

    def make(body: str, *, name: str = "fakecc", version: str = GCC_VERSION) -> Path:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(
            f'#!/bin/sh\ncase "$1" in\n--version) printf "{version}\\n"; exit 0;;\n'
            f"-dumpmachine) echo x86_64-linux-gnu; exit 0;;\nesac\n{body}\n"
        )
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def start_python() -> Callable[..., subprocess.Popen[str]]:
    """`start_python(text, *arguments)` starts a fresh Python process, in which `couloir` can be imported."""

    def start(text: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", text, *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start
