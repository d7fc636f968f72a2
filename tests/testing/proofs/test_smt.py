"""The solver as a process: what it is told, what it says, and that it is stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from couloir.testing.proofs import smt
from couloir.testing.proofs.smt import Sat, Unknown, Unsat, s_expressions, solve

needs_z3 = pytest.mark.skipif(smt.z3_executable() is None, reason="needs z3 (pip install couloir[z3])")
HARD = """
(declare-const x (_ BitVec 128)) (declare-const y (_ BitVec 128))
(assert (= (bvmul x y) #x7fffffffffffffffffffffffffffff5d))
(assert (bvugt x #x00000000000000000000000000000001)) (assert (bvugt y #x00000000000000000000000000000001))
(assert (= ((_ extract 127 64) x) #x0000000000000000)) (assert (= ((_ extract 127 64) y) #x0000000000000000))
"""


@needs_z3
def test_a_model_gives_values_of_every_sort() -> None:
    answer = solve(
        """
        (declare-const i Int) (assert (= i (- 3)))
        (declare-const b Bool) (assert b)
        (declare-const w (_ BitVec 8)) (assert (= w #xf0))
        (declare-const n (_ BitVec 3)) (assert (= n #b101))
        (declare-const f (_ FloatingPoint 8 24)) (assert (= f ((_ to_fp 8 24) RNE (- 1.5))))
        (declare-const z (_ FloatingPoint 5 11)) (assert (= z (_ -zero 5 11)))
        (declare-const o (_ FloatingPoint 5 11)) (assert (= o (_ -oo 5 11)))
        (declare-const q (_ FloatingPoint 5 11)) (assert (fp.isNaN q))
        """,
        ["i", "b", "w", "n", "f", "z", "o", "q"],
    )
    assert answer == Sat({"i": -3, "b": True, "w": 0xF0, "n": 5, "f": 0xBFC00000, "z": 0x8000, "o": 0xFC00, "q": "NaN"})


@needs_z3
def test_a_contradiction_has_no_model() -> None:
    assert solve("(declare-const i Int) (assert (< i i))", ["i"]) == Unsat()


@needs_z3
def test_what_is_not_understood_is_not_left_out() -> None:
    answer = solve("(declare-const i Int) (assert (= i 1)) (assert (no-such-function i))", ["i"])
    assert isinstance(answer, Unknown) and "no-such-function" in answer.why


@needs_z3
def test_no_time_is_no_answer() -> None:
    for seconds in (0.2, 0.0):
        answer = solve(HARD, ["x"], seconds=seconds)
        assert isinstance(answer, Unknown), answer
        assert "time" in answer.why or "took more than" in answer.why


@needs_z3
def test_no_memory_is_no_answer() -> None:
    assert isinstance(solve(HARD, seconds=5, memory=1), Unknown)


def test_without_a_solver_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smt, "z3_executable", lambda: None)
    assert solve("") == Unknown("there is no SMT solver: pip install couloir[z3]")
    assert smt.why_not() == "there is no SMT solver: pip install couloir[z3]"


def test_a_solver_that_does_not_run_is_no_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(smt, "z3_executable", lambda: tmp_path)
    answer = solve("")
    assert isinstance(answer, Unknown) and "does not run" in answer.why


@pytest.mark.parametrize("output", ["", "(error", "Segmentation fault", "sat", "\x00)))((", '(error "out of memory")'])
def test_any_output_is_read(output: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    solver = tmp_path / "solver"
    (tmp_path / "output").write_text(output)
    solver.write_text(f"#!/bin/sh\ncat {tmp_path}/output\n")
    solver.chmod(0o755)
    monkeypatch.setattr(smt, "z3_executable", lambda: solver)
    answer = solve("(declare-const i Int)")
    assert answer == Sat({}) if output == "sat" else isinstance(answer, Unknown)


def test_deep_expressions_are_read() -> None:
    depth = 100_000
    (found,) = s_expressions("(" * depth + "x" + ")" * depth)
    for _ in range(depth - 1):
        assert isinstance(found, list)
        (found,) = found
    assert found == ["x"]
