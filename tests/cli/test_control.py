"""Passes under control, from the command line: checks, bisection, stopping and going on, reproducers, passes of others."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np
import pytest

from couloir.cli import main
from couloir.dialects import hlo
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting import NoMatch, Rewriter, Rule, rule

ROOT = Path(__file__).parents[2]
LENET = str(ROOT / "labs/data/lenet.onnx")

TEXT = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = stablehlo.abs %x : tensor<4xf32> loc("first")
  %b = stablehlo.abs %a : tensor<4xf32>
  %c = stablehlo.tanh %b : tensor<4xf32> loc("second")
  return %c : tensor<4xf32>
}
"""


class DropAbs(Rule):
    """tanh(abs(x)) => tanh(x)"""

    def pattern(x):
        return hlo.Tanh(hlo.Abs(x))

    def rewrite(x):
        return hlo.Tanh(x)


@attrs.frozen
class Wrong(Pass, name="cc-wrong"):
    """Wrong on purpose."""

    def run(self, op: Operation, context: PassContext) -> None:
        context.apply(op, [DropAbs])


@attrs.frozen
class Fails(Pass, name="cc-fails"):
    """Fails on purpose."""

    bug: bool = False

    def run(self, op: Operation, context: PassContext) -> None:
        if self.bug:
            raise ZeroDivisionError("on purpose")
        raise Error("on purpose")


@rule
def retypes(op: hlo.Tanh, rewriter: Rewriter):
    """tanh(x) => tanh(x) of another type"""
    if op.result.type.dims == (5,):
        return NoMatch("it was done")
    op.result.set_type(op.result.type.with_dims((5,)))
    return None


@attrs.frozen
class IllFormed(Pass, name="cc-ill-formed"):
    """Leaves IR that does not verify."""

    def run(self, op: Operation, context: PassContext) -> None:
        context.apply(op, [retypes])


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file, in the directory where the test runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "m.mlir").write_text(TEXT)
    return "m.mlir"


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        code = main([*arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.mark.parametrize("command", ["opt", "bisect", "replay"])
def test_help_reads_well(command: str, run: Run) -> None:
    code, out, _ = run(command, "--help")
    assert (code == 0 and "examples:" in out) or command == "replay"
    assert max(map(len, out.split("\n"))) <= 132


# -- checks ----------------------------------------------------------------------------------------------------------------


def test_check_each_names_the_wrong_pass(model: str, run: Run) -> None:
    assert run("opt", model, "-p", "canonicalize,cse", "--check-each")[0] == 0
    code, out, err = run("opt", model, "-p", "cse,cc-wrong,dce", "--check-each")
    assert (code, out) == (1, "")
    assert "the pass `cc-wrong` (number 2) changed what the program computes: output 0 of @main at [" in err
    assert "on normal inputs, seed 0" in err


def test_check_each_takes_a_seed_or_inputs(model: str, run: Run) -> None:
    assert "seed 7" in run("opt", model, "-p", "cc-wrong", "--check-each", "--seed", "7")[2]
    np.save("x.npy", np.array([1, 2, 3, 4], np.float32))
    assert run("opt", model, "-p", "cc-wrong", "--check-each", "-i", "x.npy")[0] == 0
    np.save("x.npy", np.array([1, 2, -3, 4], np.float32))
    code, _, err = run("opt", model, "-p", "cc-wrong", "--check-each", "-i", "x.npy")
    assert code == 1 and "at [2] is -0.99505" in err and "on the given inputs" in err


def test_what_is_not_checked_is_said(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("u.mlir").write_text(
        'func.func @main(%x: i32) { %a = arith.addi %x, %x : i32 "my.op"(%x) : (i32) -> () return }'
    )
    code, _, err = run("opt", "u.mlir", "-p", "dce", "--check-each", "--allow-unregistered")
    assert code == 0 and "couloir: @main is not checked: 1 op has no meaning in the NumPy back end: `my.op`" in err


def test_verify_rules_finds_the_rule_that_leaves_ill_formed_ir(model: str, run: Run) -> None:
    assert run("opt", model, "-p", "canonicalize", "--verify-rules")[0] == 0
    assert "the pass `cc-ill-formed` (number 1) left ill-formed IR" in run("opt", model, "-p", "cc-ill-formed")[2]
    code, _, err = run("opt", model, "-p", "cc-ill-formed", "--verify-rules")
    assert code == 1 and "the rule retypes left an ill-formed program" in err


# -- seeing inside ---------------------------------------------------------------------------------------------------------


def test_timing_memory_and_statistics_are_tables(model: str, run: Run) -> None:
    code, out, err = run("opt", model, "-p", "func.func(cc-wrong,cse),dce", "--timing")
    assert code == 0 and "stablehlo.tanh" in out
    rows = [line.split() for line in err.strip().split("\n")]
    assert rows[0][:4] == ["pass", "runs", "ms", "+MB"]
    assert [row[0] for row in rows[1:]] == ["func.func(cc-wrong)", "func.func(cse)", "dce", "total"]
    assert "MB" in run("opt", model, "-p", "cse", "--memory")[2].split("\n")[0].split()
    err = run("opt", model, "-p", "cc-wrong,cse", "--statistics")[2]
    assert "cse: 0 ops removed" in err and re.search(r"DropAbs +2 +1 +0", err)
    assert "onnx-to-hlo" in run("opt", LENET, "-d", "N=1", "--to", "hlo", "--timing")[2]


# -- stopping and going on -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", ["cse", "5", "dot-layout"])
def test_stopping_and_going_on_gives_what_one_run_gives(stop: str, run: Run, model: str) -> None:
    whole = run("opt", LENET, "-d", "N=1", "--to", "loops")[1]
    code, out, _ = run("opt", LENET, "-d", "N=1", "--to", "loops", "--stop-after", stop, "-o", "x.mlir")
    assert (code, out) == (0, "")
    assert "couloir: {" in Path("x.mlir").read_text()
    code, out, _ = run("opt", "x.mlir", "--resume")
    assert (code, out) == (0, whole)


def test_a_resumed_pipeline_can_be_stopped_again_and_keeps_its_numbers(model: str, run: Run) -> None:
    whole = run("opt", model, "-p", "cse,canonicalize,cse,dce")[1]
    assert run("opt", model, "-p", "cse,canonicalize,cse,dce", "--stop-after", "1", "-o", "a.mlir")[0] == 0
    assert run("opt", "a.mlir", "--resume", "--stop-after", "3", "-o", "b.mlir")[0] == 0
    text = Path("b.mlir").read_text()
    assert 'pipeline: "dce"' in text and 'done: "cse,canonicalize,cse"' in text
    assert run("opt", "b.mlir", "--resume", "-o", "-")[1] == whole
    assert run("opt", "b.mlir", "--resume-from", "4")[1] == whole
    assert run("opt", "b.mlir", "-p", "cse,canonicalize,cse,dce", "--resume-from", "dce")[1] == whole
    assert run("opt", "b.mlir", "--resume", "--stop-after", "4", "-o", "c.mlir")[0] == 0
    assert run("opt", "c.mlir", "--resume")[1] == whole
    assert run("opt", "c.mlir", "-p", "dce")[1] == whole


def test_a_stopped_text_goes_through_pipes(model: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    out = run("opt", model, "-p", "canonicalize,cse", "--stop-after", "canonicalize", "--generic", "--locations")[1]
    assert '"stablehlo.tanh"' in out and 'loc("second")' in out
    monkeypatch.setattr(sys, "stdin", io.StringIO(out))
    assert run("opt", "-", "--resume")[0] == 0
    code, out, err = run("opt", model, "-p", "canonicalize,cse", "--stop-after", "1", "--elide", "8")
    assert code == 0 and "couloir: {" not in out and "nobody can go on from this text" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stop-after", "cse"], "--stop-after needs a pipeline"),
        (["-p", "cse", "--stop-after", "dce"], "the pipeline has no pass `dce`"),
        (["-p", "cse", "--stop-after", "2"], "the pipeline has no pass number 2"),
        (["-p", "cse", "--resume-from", "0"], "the pipeline has no pass number 0"),
        (["-p", "cse", "--resume"], "leave --pipeline and --to away"),
        (["-p", "cse,dce", "--resume-from", "2", "--stop-after", "1"], "cannot start at pass 2 and stop after pass 1"),
        (["--resume"], "no pipeline stands beside the module"),
        (["--resume-from", "cse"], "no pipeline stands beside the module"),
    ],
)
def test_a_wrong_cut_is_1_with_a_message(arguments: list[str], said: str, model: str, run: Run) -> None:
    code, out, err = run("opt", model, *arguments)
    assert (code, out) == (1, "") and said in err and "Traceback" not in err


# -- reproducers -----------------------------------------------------------------------------------------------------------


def test_a_reproducer_is_replayed(model: str, run: Run) -> None:
    code, _, err = run("opt", model, "-p", "canonicalize,cc-fails,dce", "--reproducer", "r.mlir")
    assert code == 1 and "on purpose" in err and "to see it again: couloir replay r.mlir" in err
    code, _, err = run("replay", "r.mlir")
    assert code == 1
    assert "recorded: pass `cc-fails`, Error: on purpose" in err
    assert "the failure is the recorded one" in err
    Path("r.mlir").write_text(Path("r.mlir").read_text().replace("cc-fails,dce", "dce,cse"))
    code, out, err = run("replay", "r.mlir", "-o", "-")
    assert code == 0 and "stablehlo.tanh" in out and "it runs to the end; recorded was: Error: on purpose" in err
    Path("r.mlir").write_text(Path("r.mlir").read_text().replace("dce,cse", "cc-fails{bug=true}"))
    code, _, err = run("replay", "r.mlir")
    assert code == 70 and "recorded was another failure: Error: on purpose" in err


def test_a_check_that_failed_fails_again(model: str, run: Run) -> None:
    assert run("opt", model, "-p", "cse,cc-wrong", "--check-each", "--seed", "3", "--reproducer", "r.mlir")[0] == 1
    code, _, err = run("replay", "r.mlir")
    assert code == 1 and "on normal inputs, seed 3" in err
    np.save("x.npy", np.array([1, 2, -3, 4], np.float32))
    run("opt", model, "-p", "cse,cc-wrong", "--check-each", "-i", "x.npy", "--reproducer", "r.mlir")
    assert "inputs that somebody gave" in run("replay", "r.mlir")[2]
    code, _, err = run("replay", "r.mlir", "-i", "x.npy")
    assert code == 1 and "at [2]" in err


def test_a_fault_of_a_pass_is_70_and_leaves_a_reproducer_where_temporary_files_are(model: str, run: Run) -> None:
    code, out, err = run("opt", model, "-p", "cse,cc-fails{bug=true}")
    assert (code, out) == (70, "")
    assert "ZeroDivisionError: on purpose" in err and "internal error" in err
    (name,) = re.findall(r"couloir replay (\S+)", err)
    directory = Path(name).parent
    assert directory.parent == Path(model).parent.absolute() and directory.stat().st_mode & 0o077 == 0
    code, _, err = run("replay", name)
    assert code == 70 and "the failure is the recorded one" in err


def test_an_error_leaves_no_file_unless_asked_for(model: str, run: Run, tmp_path: Path) -> None:
    assert run("opt", model, "-p", "cc-fails")[0] == 1
    assert os.listdir(tmp_path) == ["m.mlir"]


def test_a_damaged_reproducer_or_one_of_another_version_says_so(model: str, run: Run) -> None:
    run("opt", model, "-p", "cc-fails", "--reproducer", "r.mlir")
    text = Path("r.mlir").read_text()
    for changed, said in [
        (text[: len(text) // 2], "no pipeline stands beside the module"),
        (text.replace('format: "1"', 'format: "9"'), "format '9'"),
        (
            text.replace("cc-fails", "gone-pass").replace('written_by: "', 'written_by: "9'),
            "it was written by Couloir 9",
        ),
        (text.replace("stablehlo.tanh", "stablehlo.cosine"), "warning: the module is not as it was written"),
        (text.replace('written_by: "', 'written_by: "9'), "warning: it was written by Couloir 9"),
        ("not MLIR", "no pipeline stands beside the module"),
        (text.replace("verify_each: true", f'check_each: true, check_inputs: "seed {"9" * 5000}"'), "give them again"),
    ]:
        Path("r.mlir").write_text(changed)
        code, _, err = run("replay", "r.mlir")
        assert code == 1 and said in err and "Traceback" not in err
    Path("r.mlir").write_bytes(b"\xff\xfe")
    assert "not UTF-8" in run("replay", "r.mlir")[2]
    assert "cannot read" in run("replay", "missing.mlir")[2]


# -- bisection -------------------------------------------------------------------------------------------------------------


def test_bisect_finds_the_rule_and_its_exit_code_tells(model: str, run: Run) -> None:
    code, out, err = run("bisect", model, "-p", "canonicalize,cse,dce")
    assert (code, out) == (0, "") and "no pass breaks the program" in err
    code, out, _ = run("bisect", model, "-p", "cse,cc-wrong,dce", "-o", "b.mlir")
    assert code == 3
    assert out.startswith("pass 2, `cc-wrong`, on builtin.module breaks the program: output 0 of @main at [")
    assert "equation: tanh(abs(x)) => tanh(x)" in out and "second" in out
    code, _, err = run("replay", "b.mlir")
    assert code == 1 and "the pass `cc-wrong` (number 1) changed what the program computes" in err
    assert run("bisect", model, "-p", "cse,cc-fails")[0] == 3


def test_bisect_takes_levels_seeds_and_inputs(model: str, run: Run) -> None:
    assert run("bisect", LENET, "-d", "N=1", "--to", "hlo")[0] == 0
    assert "seed 5" in run("bisect", model, "-p", "cc-wrong", "--seed", "5")[1]
    np.save("x.npy", np.array([1, 2, 3, 4], np.float32))
    assert run("bisect", model, "-p", "cc-wrong", "-i", "x.npy")[0] == 0
    assert "needs a pipeline" in run("bisect", model)[2]
    assert run("bisect", model, "-p", "cse", "--seed", "-1")[0] == 2


def test_bisect_says_what_it_cannot_compare(model: str, run: Run) -> None:
    Path("u.mlir").write_text("func.func private @main(%x: i32) { return }")
    code, _, err = run("bisect", "u.mlir", "-p", "cse")
    assert code == 1 and "nothing to compare with" in err and "there is no public function to check" in err
    Path("u.mlir").write_text(TEXT + "func.func @other(%x: !stablehlo.token) { return }")
    code, _, err = run("bisect", "u.mlir", "-p", "cse")
    assert code == 0 and "couloir: @other is not checked: argument 0 is a `!stablehlo.token`" in err


# -- passes of other packages ----------------------------------------------------------------------------------------------

PACKAGE = '''
import attrs
from couloir.dialects import hlo
from couloir.ir.passes import Pass

@attrs.frozen
class Count(Pass, name="their-count"):
    """Counts ops."""
    scale: int = 1
    """What the number is multiplied by."""
    names: tuple[str, ...] = attrs.field(factory=tuple)

    def run(self, op, context):
        context.notes.append(f"{sum(1 for _ in op.walk()) * self.scale} ops")
'''


def test_passes_of_an_installed_package_are_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "their_passes.py").write_text(PACKAGE)
    (tmp_path / "their_end.py").write_text("raise SystemExit(0)")
    info = tmp_path / "their_passes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-passes\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[couloir.passes]\ncount = their_passes:Count\nbroken = their_other:Missing\nends = their_end:Pass\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "couloir.cli", "opt", *arguments],
            input=TEXT,
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
            check=False,
        )

    listed = call("--list")
    assert re.search(r"their-count +Counts ops\.\n +scale \(default: 1\)\n +names \(default: \(\)\)", listed.stdout)
    assert "`ends = their_end:Pass` cannot be loaded: SystemExit: 0" in listed.stderr
    assert "the entry point `broken = their_other:Missing` cannot be loaded: ModuleNotFoundError" in listed.stderr
    ran = call("-", "-p", "cse,their-count{scale=10}", "--statistics")
    assert ran.returncode == 0 and "their-count{scale=10}: 60 ops" in ran.stderr
    wrong = call("-", "-p", "broken")
    assert wrong.returncode == 1 and "cannot be loaded" in wrong.stderr and "Traceback" not in wrong.stderr


@pytest.mark.parametrize("passes", ["cse,cc-wrong", "cse,cc-ill-formed", "cse,cc-fails"])
def test_a_replayed_failure_is_known_again(model: str, run: Run, passes: str) -> None:
    """Though the pass has another number, and whoever found the fault."""
    assert run("opt", model, "-p", passes, "--check-each", "--reproducer", "r.mlir")[0] == 1
    assert run("bisect", model, "-p", passes, "-o", "b.mlir")[0] == 3
    for file in ("r.mlir", "b.mlir"):
        code, _, err = run("replay", file)
        assert code == 1 and "the failure is the recorded one" in err


def test_what_cannot_be_replayed_is_no_other_failure(model: str, run: Run) -> None:
    np.save("x.npy", np.arange(4, dtype=np.float32) - 2)
    np.save("y.npy", np.arange(3, dtype=np.float32))
    assert run("opt", model, "-p", "cc-wrong", "--check-each", "-i", "x.npy", "--reproducer", "r.mlir")[0] == 1
    assert "the failure is the recorded one" in run("replay", "r.mlir", "-i", "x.npy")[2]
    for arguments, said in [((), "give them again"), (("-i", "y.npy"), "do not fit"), (("-i", "z.npy"), "cannot read")]:
        code, _, err = run("replay", "r.mlir", *arguments)
        assert code == 1 and said in err and "another failure" not in err
    Path("r.mlir").write_text(Path("r.mlir").read_text().replace("cc-wrong", "cc-gone"))
    assert "another failure" not in run("replay", "r.mlir", "-i", "x.npy")[2]
