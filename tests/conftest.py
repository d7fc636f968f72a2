"""What all tests share: Hypothesis profiles and golden files."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

GOLDENS = Path(__file__).parent / "goldens"

# CI is deterministic; `--hypothesis-profile=long` is for an evening. No deadlines: other work shares the machine.
settings.register_profile("ci", derandomize=True, deadline=None, max_examples=30, print_blob=True)
settings.register_profile("dev", deadline=None, max_examples=50)
settings.register_profile("long", deadline=None, max_examples=5_000)
settings.load_profile("dev")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write the golden files, compare nothing")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of what passes of JAX's own cases, which the tests of tests/programs/test_harness.py record line by line."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    rows = sorted(value for report in reports for name, value in report.user_properties if name == "harness")
    if rows:
        from tests.programs.harness import HEAD, total

        terminalreporter.section("JAX's own cases")
        terminalreporter.write_line("\n".join([HEAD, *rows, total(rows)]))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)` compares a text with the file `tests/goldens/NAME`; `--update-goldens` writes that file."""
    update = bool(request.config.getoption("--update-goldens"))

    def check(name: str, text: str) -> None:
        path = GOLDENS / name
        actual = text.rstrip("\n") + "\n"
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(actual, encoding="utf-8", newline="\n")
            return
        expected = path.read_text(encoding="utf-8") if path.is_file() else ""
        if actual != expected:
            old, new = expected.splitlines(), actual.splitlines()
            diff = difflib.unified_diff(old, new, f"goldens/{name}", "now", lineterm="")
            hint = "If the new text is right, run pytest with --update-goldens and commit the file."
            pytest.fail("\n".join([f"goldens/{name} differs.", *diff, hint]), pytrace=False)

    return check
