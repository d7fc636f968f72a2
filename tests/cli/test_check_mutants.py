"""`couloir check --mutants`: the score, and the mutants that survive."""

from __future__ import annotations

import pytest

from couloir.cli import main


def test_the_score_of_a_rule(capsys):
    assert main(["check", "DoubleTranspose", "--mutants", "--cases", "10", "--seconds", "20"]) == 0
    assert "mutants killed (100%)" in capsys.readouterr().out


@pytest.mark.parametrize("subjects", [["canonicalize"], ["DoubleNegate", "cse"], []])
def test_passes_have_no_mutants(subjects, capsys):
    assert main(["check", *subjects, "--mutants"]) == 1
    assert "--mutants is for rules" in capsys.readouterr().err
