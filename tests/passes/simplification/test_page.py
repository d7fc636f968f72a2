"""docs/rules.md: the table of all rules, written by docs/rules.py."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def writer():
    """docs/rules.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_rules", ROOT / "docs" / "rules.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_lists_the_rules_that_there_are(writer) -> None:
    assert writer.is_current(writer.PAGE.read_text(encoding="utf-8")), "run `make docs`"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("`x & x  =>  x`", "`x & x  =>  y`"),
        ("\n## bits\n", "\n## bytes\n"),
        ("| no signed zeros |", "| no zeros |"),
        ("**proved**: ", "proved: "),
        ("| `AndSelf` |", "| `AndItself` |"),
    ],
)
def test_a_page_that_differs_is_noticed(writer, old: str, new: str) -> None:
    page = writer.PAGE.read_text(encoding="utf-8")
    assert old in page
    assert not writer.is_current(page.replace(old, new, 1))


def test_a_rule_that_is_not_listed_is_noticed(writer) -> None:
    lines = writer.PAGE.read_text(encoding="utf-8").splitlines(keepends=True)
    assert not writer.is_current("".join(line for line in lines if "| `AndSelf` |" not in line))


def test_a_row_has_the_verdict_of_a_check(writer) -> None:
    rules = {writer.as_rewrite(rule).name: writer.as_rewrite(rule) for rule in writer.families()["bits"]}
    report = writer.checked("bits", "OrZero")
    row = writer.row(rules["OrZero"], report)
    assert row.startswith("| `OrZero` | `x \\| 0  =>  x` |  | **")
    assert f"**{report.verdict.value}**: " in row and report
