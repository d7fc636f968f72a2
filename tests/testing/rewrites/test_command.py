"""`couloir check`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from couloir.cli import main

SUM = """
func.func @main(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.OP %x, %y : tensor<3xf32>
  return %0 : tensor<3xf32>
}
"""
RULES = """
from couloir import Rule, guard
from couloir.dialects import hlo

class CommandWrong(Rule):
    'x - y => x + y'
    def pattern(x, y): return hlo.Subtract(x, y)
    def rewrite(x, y): return hlo.Add(x, y)

class CommandNever(Rule):
    'x - y => x'
    def pattern(x, y): return hlo.Subtract(x, y)
    def where(x): return guard(False, 'never')
    def rewrite(x): return x

class CommandRight(Rule):
    '-(-x) => x'
    def pattern(x): return hlo.Negate(hlo.Negate(x))
    def rewrite(x): return x
"""
LIMITS = ["--cases", "3", "--seconds", "30"]


@pytest.fixture
def rules(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "rules_of_the_command_test.py").write_text(RULES)
    return ["--module", "rules_of_the_command_test"]


def test_the_exit_code_tells_refuted_from_unknown(rules, capsys):
    assert main(["check", "CommandRight", *rules, *LIMITS]) == 0
    assert "CommandRight: PROVED" in capsys.readouterr().out
    assert main(["check", "CommandWrong", *rules, *LIMITS]) == 3
    assert "CommandWrong: REFUTED" in capsys.readouterr().out
    assert main(["check", "CommandNever", *rules, "--seconds", "1"]) == 4
    assert "never" in capsys.readouterr().out


def test_several_rules_get_a_line_each_and_the_worst_is_the_exit_code(rules, capsys):
    assert (
        main(["check", "CommandRight", "CommandNever", "CommandWrong", *rules, "--cases", "2", "--seconds", "1"]) == 3
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("CommandRight: PROVED, ")
    assert lines[-1] == "1 proved, 1 unknown, 1 refuted"
    assert main(["check", "CommandRight", "CommandNever", *rules, "--cases", "2", "--seconds", "1"]) == 4


def test_passes_by_name_and_as_text(capsys):
    assert main(["check", "cse", "--cases", "6", "--seconds", "60"]) == 0
    assert main(["check", "-p", "canonicalize,cse", "--dialects", "arith", "--cases", "1", "--seconds", "60"]) == 0
    assert "canonicalize,cse: TESTED" in capsys.readouterr().out


def test_two_programs(tmp_path, capsys):
    first, second = tmp_path / "a.mlir", tmp_path / "b.mlir"
    first.write_text(SUM.replace("OP", "add"))
    second.write_text(SUM.replace("OP", "multiply"))
    assert main(["check", str(first), str(first), *LIMITS]) == 0
    assert main(["check", str(first), str(second), *LIMITS]) == 3


def test_json_time_and_reproduction(rules, capsys):
    assert main(["check", "CommandWrong", *rules, *LIMITS, "--json", "--reproduction"]) == 3
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "refuted"
    done = subprocess.run(
        [sys.executable, "-c", report["counterexample"]["reproduction"]], capture_output=True, text=True, check=True
    )
    assert "before:" in done.stdout
    assert main(["check", "CommandRight", *rules, *LIMITS, "--time"]) == 0
    assert " s  programs" in capsys.readouterr().out
    assert main(["check", "CommandWrong", *rules, *LIMITS, "--reproduction"]) == 3
    assert "couloir.parse(" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give rules or passes"),
        (["DoubleNegate", "-p", "cse"], "give rules or passes"),
        (["DoubleNegate", "--all"], "give rules or passes"),
        (["NoSuchRuleAnywhere"], "there is no rule and no pass `NoSuchRuleAnywhere`"),
        (["DoubleNegat"], "did you mean `DoubleNegate`"),
        (["a.mlir"], "two at a time"),
        (["a.mlir", "b.mlir", "c.mlir"], "two at a time"),
        (["a.mlir", "DoubleNegate"], "two at a time"),
        (["no_such_file.mlir", "nor_this.mlir"], "cannot read"),
        (["DoubleNegate", "--module", "no_such_module_anywhere"], "cannot import"),
        (["DoubleNegate", "--peers", "abacus"], "there is no peer `abacus`"),
        (["DoubleNegate", "--dialects", "stablehlo"], "is a rule, not a pass"),
        (["cse", "--dialects", "nowhere"], "there is no dialect `nowhere`"),
        (["DoubleNegate", "--seconds", "0"], "takes some seconds"),
        (["DoubleNegate", "--cases", "0"], "at least one case"),
        (["-p", ""], "no pass"),
    ],
)
def test_a_command_that_makes_no_sense(arguments, said, capsys):
    assert main(["check", *arguments]) == 1
    assert said in capsys.readouterr().err
