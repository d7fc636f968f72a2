"""`couloir view --trace` and `couloir why-not`."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

import couloir
from couloir.cli import main
from couloir.dialects import hlo
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting import Rule, is_splat

ROOT = Path(__file__).parents[2]
LENET = ROOT / "labs/data/lenet.onnx"

TEXT = """
func.func @main(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<4xf32>
  %a = stablehlo.subtract %x, %zero : tensor<4xf32> loc("first")
  %b = stablehlo.subtract %a, %y : tensor<4xf32> loc("second")
  %c = stablehlo.tanh %b : tensor<4xf32> loc("second")
  return %c : tensor<4xf32>
}
"""


class TracesSubtractZero(Rule):
    """x - 0  =>  x"""

    def pattern(x, zero):
        return hlo.Subtract(x, zero)

    def where(zero):
        return is_splat(zero, 0)

    def rewrite(x):
        return x


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "m.mlir"
    path.write_text(TEXT)
    return str(path)


# -- view --trace


def test_a_page_is_written_and_again_from_the_saved_trace(
    program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, saved, again = (str(tmp_path / name) for name in ("p.html", "t.json", "q.html"))
    assert main(["view", program, "--trace", "-p", "canonicalize,cse", "--save", saved, "-o", page]) == 0
    assert f"wrote {page}" in capsys.readouterr().err
    assert main(["view", saved, "-o", again]) == 0
    assert Path(page).read_text() == Path(again).read_text()
    assert "<title>m.mlir · Couloir</title>" in Path(page).read_text()


def test_without_passes_it_is_the_way_to_loops(tmp_path: Path) -> None:
    from couloir import Trace

    saved = tmp_path / "t.json"
    assert (
        main(["view", str(LENET), "--dims", "N=1", "--trace", "--save", str(saved), "-o", str(tmp_path / "p.html")])
        == 0
    )
    trace = Trace.load(saved)
    assert [trace.passes[0].name, trace.passes[-1].name] == ["onnx-to-hlo", "memory-plan"]
    assert "func.func private @convolution" in trace.text(len(trace.passes))


def test_numbers_are_recorded_when_each_pass_is_checked(program: str, tmp_path: Path) -> None:
    from couloir import Trace

    saved = tmp_path / "t.json"
    arguments = ["view", program, "--trace", "-p", "canonicalize", "--check-each", "--save", str(saved)]
    assert main([*arguments, "-o", str(tmp_path / "p.html")]) == 0
    (run,) = Trace.load(saved).passes
    assert run.checks and all(check.passed and check.error == 0 for check in run.checks)


def test_a_failing_pass_is_in_the_page_and_in_the_exit_code(
    program: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "p.html"
    assert (
        main(
            [
                "view",
                program,
                "--trace",
                "-p",
                "canonicalize,onnx-to-hlo,memory-plan,hlo-to-loops,hlo-to-loops,tile",
                "-o",
                str(page),
            ]
        )
        == 1
    )
    assert not page.exists()  # no such pass: nothing was run
    capsys.readouterr()
    text = TEXT.replace("stablehlo.tanh %b", '"stablehlo.custom_call"(%b) {call_target_name = "nobody"}').replace(
        ': tensor<4xf32> loc("second")\n  return', ': (tensor<4xf32>) -> tensor<4xf32> loc("second")\n  return'
    )
    broken = tmp_path / "broken.mlir"
    broken.write_text(text)
    assert main(["view", str(broken), "--trace", "--to", "loops", "-o", str(page)]) == 1
    assert page.exists() and "couloir: error:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"format": "couloir-trace", "version": 9}', "a trace of version 9"),
        ('{"format": "couloir-trace", "version": 1}', "damaged"),
        ("{}", "not a trace"),
        ("{", "not a trace, or a damaged one"),
    ],
)
def test_a_damaged_trace_says_so(
    content: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.json"
    path.write_text(content)
    assert main(["view", str(path), "-o", str(tmp_path / "p.html")]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trace", "-o", "x.svg"], "end the name in .html"),
        (["--trace", "--paper", "-o", "x.html"], "are for pictures"),
        (["-p", "cse", "-o", "x.svg"], "add --trace"),
        (["--trace", "-p", "cse", "--to", "hlo", "-o", "x.html"], "exclude each other"),
        (["--trace", "-p", "nothing", "-o", "x.html"], "there is no pass `nothing`"),
        (["-o", "x.html"], "end the name in .svg or .pdf"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    program: str,
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["view", program, *arguments]) == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("x.*"))


# -- why-not


def why_not(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["why-not", *arguments]) == 0
    return capsys.readouterr().out


def test_the_reason_of_the_guard(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = why_not(capsys, "TracesSubtractZero", program, "--at", "second")
    assert out == (
        "TracesSubtractZero: x - 0  =>  x\n"
        "\n"
        "%2 = stablehlo.subtract %1, %arg1 : tensor<4xf32>\n"
        "  from: second\n"
        "  TracesSubtractZero does not apply: a block argument is not a constant with one value\n"
        "\n"
        "1 more ops come from there; the rule does not start at them\n"
    )


def test_the_first_mismatch(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = why_not(capsys, "TracesSubtractZero", program, "--at", "%c")
    assert "it starts at `stablehlo.subtract`, not at `stablehlo.tanh`" in out


def test_a_rule_that_applies_says_so_and_each_op_is_answered(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "TracesSubtractZero applies here" in why_not(capsys, "TracesSubtractZero", program, "--at", "first")
    out = why_not(capsys, "TracesSubtractZero", program)
    assert "applies here" in out and "is not a constant" in out


def test_passes_run_first(program: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = why_not(capsys, "TracesSubtractZero", program, "-p", "canonicalize")
    assert "applies here" not in out and "%0 = stablehlo.subtract %arg0, %arg1" in out
    lowered = why_not(capsys, "IdentityReshape", str(LENET), "--dims", "N=1", "--to", "hlo", "--at", "flatten")
    assert "does not apply: the shape changes" in lowered


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["TracesSubtractZer", "{}"], "did you mean `TracesSubtractZero`"),
        (["TracesSubtractZero", "{}", "--at", "secnd"], "did you mean `second`"),
        (["TracesSubtractZero", "{}", "--at", "%zzz"], "there is no value `%zzz`"),
        (["TracesSubtractZero", "{}", "-p", "cse", "--to", "hlo"], "exclude each other"),
        (["DoubleTranspose", "{}"], "there is no `stablehlo.transpose`, where the rule DoubleTranspose starts"),
        (["TracesSubtractZero", "/nowhere.mlir"], "cannot read"),
    ],
)
def test_what_is_not_there_is_an_error(
    program: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["why-not", *(a.replace("{}", program) for a in arguments)]) == 1
    assert message in capsys.readouterr().err


@attrs.frozen
class TracesFails(Pass, name="traces-fails"):
    """Fails, or says what is no text."""

    number: bool = False

    def run(self, op, context: PassContext):
        if not self.number:
            raise KeyError("on purpose")
        context.notes.append(3)  # pyright: ignore[reportArgumentType]


def test_the_trace_of_a_pass_with_a_fault_is_shown(program, tmp_path, capsys) -> None:
    """What a pass raises ends the trace; the page is written, and the exit code is that of a fault in a pass."""
    trace = couloir.trace(couloir.parse(TEXT), "canonicalize,traces-fails,cse")
    assert [run.error for run in trace.passes] == ["", "KeyError: 'on purpose'"]
    page = tmp_path / "page.html"
    assert main(["view", program, "--trace", "-p", "canonicalize,traces-fails", "-o", str(page)]) == 70
    assert "</html>" in page.read_text()
    error = capsys.readouterr().err
    assert "wrote" in error and "Traceback" in error and "while running pass 2, `traces-fails`" in error


def test_a_note_that_is_no_text_is_kept_as_one(tmp_path) -> None:
    trace = couloir.trace(couloir.parse(TEXT), "traces-fails{number=true}")
    trace.save(tmp_path / "trace.json")
    assert couloir.Trace.load(tmp_path / "trace.json").passes[0].notes == ("3",)
