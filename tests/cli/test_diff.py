"""`couloir diff`: what it prints, and its exit code."""

from __future__ import annotations

import io
import sys

import pytest

from couloir.cli import main

TEXT = """
func.func @f(%x: i32, %y: i32) -> i32 {
  %a = arith.addi %x, %y : i32
  %b = arith.muli %x, %y : i32
  %c = arith.subi %a, %b : i32
  return %c : i32
}
"""
SWAPPED = TEXT.replace("addi %x, %y", "addi %y, %x")
REORDERED = TEXT.replace("  %a = arith.addi %x, %y : i32\n", "").replace("  %c", "  %a = arith.addi %x, %y : i32\n  %c")


@pytest.fixture
def run(tmp_path, capsys):
    def run_one(first: str, second: str, *options: str) -> tuple[int, str]:
        files = [tmp_path / "a.mlir", tmp_path / "b.mlir"]
        for file, text in zip(files, (first, second), strict=True):
            file.write_text(text)
        code = main(["diff", *map(str, files), *options])
        return code, capsys.readouterr().out

    return run_one


def test_the_same_program_by_other_names(run) -> None:
    assert run(TEXT, TEXT.replace("%a", "%sum")) == (0, "no differences\n")


def test_a_difference_is_shown_side_by_side(run) -> None:
    code, out = run(TEXT, SWAPPED)
    assert code == 1
    assert "@f, op 0" in out and "operand 0 is another value" in out
    assert "arith.addi %arg0, %arg1 : i32" in out and "| %0 = arith.addi %arg1, %arg0 : i32" in out


@pytest.mark.parametrize(
    ("other", "option"),
    [
        (SWAPPED, "--commutative"),
        (REORDERED, "--any-order"),
        (TEXT.replace("@f", "@g"), "--any-symbol-names"),
    ],
)
def test_what_counts_can_be_chosen(run, other, option) -> None:
    assert run(TEXT, other)[0] == 1
    assert run(TEXT, other, option)[0] == 0


def test_locations_and_the_limit(run) -> None:
    assert run(TEXT, "\n" + TEXT)[0] == 0
    code, out = run(TEXT, "\n" + TEXT, "--with-locations", "--limit", "2")
    assert code == 1 and out.startswith("2 differences, and more")


def test_one_program_may_come_from_stdin(tmp_path, monkeypatch, capsys) -> None:
    file = tmp_path / "a.mlir"
    file.write_text(TEXT)
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    assert main(["diff", str(file), "-"]) == 0
    assert main(["diff", "-", "-"]) == 1
    assert "only one of the two programs" in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path, capsys) -> None:
    assert main(["diff", str(tmp_path / "no.mlir"), str(tmp_path / "no.mlir")]) == 1
    assert "no.mlir" in capsys.readouterr().err
