"""Promises about the project as a whole: a light import, one version, documents that run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import couloir

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

HEAVY = {"onnx", "google", "jax", "jaxlib", "torch", "onnxruntime", "rich", "networkx", "z3", "ziglang", "xdsl"}
"""Packages that `import couloir` must not load."""

PYTHON_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_python(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Runs a fresh interpreter in which warnings are errors."""
    command = [sys.executable, "-W", "error", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


def project_files() -> list[Path]:
    """Every file that is, or is about to be, part of the project."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs a git checkout")
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def python_of(markdown: str) -> str:
    """The ```python blocks of a document as one script in which every line keeps its number."""
    script = re.sub(r"[^\n]", "", markdown)
    lines = script.split("\n")
    for block in PYTHON_BLOCK.finditer(markdown):
        first = markdown.count("\n", 0, block.start(1))
        lines[first : first + block[1].count("\n")] = block[1].split("\n")[:-1]
    return "\n".join(lines)


def documents() -> list[Path]:
    """The documents that contain Python."""
    candidates = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path for path in candidates if path.is_file() and PYTHON_BLOCK.search(path.read_text(encoding="utf-8"))]


def test_import_is_light() -> None:
    show = "import sys, couloir; print(*{name.partition('.')[0] for name in sys.modules})"
    result = run_python("-c", show, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert HEAVY.isdisjoint(result.stdout.split())


def test_public_names_exist() -> None:
    missing = [name for name in couloir.__all__ if not hasattr(couloir, name)]
    assert not missing
    assert set(couloir.__all__) <= set(dir(couloir))


def test_versions_agree() -> None:
    assert couloir.__version__ == PROJECT["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[(.+?)\]", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] in ("Unreleased", PROJECT["version"])


def test_every_dependency_has_a_lower_bound() -> None:
    """`make lowest` tests these bounds, so each must name a release."""
    assert all(re.fullmatch(r"[A-Za-z_]+>=[0-9.]+", dependency) for dependency in PROJECT["dependencies"])


def test_documents_keep_their_line_numbers() -> None:
    assert python_of("# a\n\n```python\nx = 1\n```\ntext\n```python\ny = x\n```\n") == "\n\n\nx = 1\n\n\n\ny = x\n\n"
    assert python_of("```console\n$ make\n```\n").strip() == ""


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_python_in_a_document_runs(document: Path, tmp_path: Path) -> None:
    """All blocks of a document run as one script, from a directory that holds a copy of `labs/data`."""
    script = tmp_path / f"document_{document.stem}.py"  # a plain name could hide a module that it imports
    script.write_text(python_of(document.read_text(encoding="utf-8")), encoding="utf-8")
    if (ROOT / "labs/data").is_dir():
        shutil.copytree(ROOT / "labs/data", tmp_path / "labs/data")
    result = run_python(script.name, cwd=tmp_path)
    assert result.returncode == 0, f"{document.relative_to(ROOT)}\n{result.stdout}\n{result.stderr}"


def test_links_between_documents_lead_somewhere() -> None:
    broken: list[str] = []
    for document in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text(encoding="utf-8")):
            if not (document.parent / target).exists():
                broken.append(f"{document.relative_to(ROOT)}: {target}")
    assert not broken


def test_no_file_names_a_developers_machine() -> None:
    """No home directory, no place of a checkout, no leftover of a merge."""
    private = [r"/(?:home|Users)/\w", r"^(?:<{7}|>{7}) "]
    if len(ROOT.parts) > 2:
        private.append(rf"(?<![\w.]){re.escape(str(ROOT))}\b")
    pattern = re.compile("|".join(private), re.MULTILINE)
    found: list[str] = []
    for path in project_files():
        if path == Path(__file__):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a model, an image or an array
        found += [f"{path.relative_to(ROOT)}: {match[0]!r}" for match in pattern.finditer(text)]
    assert not found


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="signatures print otherwise there")
def test_the_reference_is_up_to_date() -> None:
    """It is written from docstrings and definitions; `make docs` writes it anew."""
    checked = run_python("docs/reference.py", "--check", cwd=ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr
