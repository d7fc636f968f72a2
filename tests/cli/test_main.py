"""The command line: exit codes, stdin and stdout, messages for people, no half-written files."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from couloir.cli import main

ROOT = Path(__file__).parents[2]
LENET = ROOT / "labs/data/lenet.onnx"

TEXT = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = "stablehlo.negate"(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %b = "stablehlo.negate"(%a) : (tensor<4xf32>) -> tensor<4xf32>
  return %b : tensor<4xf32>
}
"""


def test_without_a_command_it_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "examples:" in capsys.readouterr().out


def test_help_and_version_succeed(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ([], ["run"], ["opt"], ["compile"], ["view"]):
        assert main([*command, "--help"]) == 0
    assert main(["--version"]) == 0
    assert "couloir 0." in capsys.readouterr().out


def test_a_wrong_command_line_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert main(["view", "x.onnx"]) == 2
    assert "usage" in capsys.readouterr().err


def test_opt_reads_stdin_and_writes_stdout(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    assert main(["opt", "-", "-p", "canonicalize"]) == 0
    out = capsys.readouterr().out
    assert "negate" not in out and "return %arg0" in out


def test_opt_writes_a_file_and_dumps(tmp_path: Path) -> None:
    source = tmp_path / "m.mlir"
    source.write_text(TEXT)
    target = tmp_path / "o.mlir"
    assert (
        main(["opt", str(source), "-p", "canonicalize,cse", "-o", str(target), "--dump-dir", str(tmp_path / "d")]) == 0
    )
    assert "negate" not in target.read_text()
    assert sorted(os.listdir(tmp_path / "d")) == ["00-input.mlir", "01-canonicalize.mlir"]


def test_opt_lists_passes_with_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["opt", "--list"]) == 0
    out = capsys.readouterr().out
    for word in ("canonicalize", "hlo-to-loops", "max-elements"):
        assert word in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["opt", "missing.mlir"], "cannot read"),
        (["opt", "missing.onnx"], "missing.onnx"),
        (["opt", "-", "-p", "nonsense"], "there is no pass `nonsense`"),
        (["opt", "-", "-p", "cse", "--to", "hlo"], "exclude each other"),
        (["opt"], "a model is needed"),
        (["run", "-", "-i", "missing.npy"], "missing.npy"),
        (["run", "-"], "takes 1 argument, 0 were given"),
        (["view", "-", "-o", "picture.png"], ".svg or .pdf"),
        (["opt", str(LENET), "--dims", "N"], "NAME=SIZE"),
        (["opt", str(LENET), "--dims", "M=1"], "M"),
    ],
)
def test_bad_input_is_1_with_a_message_for_people(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error
    assert os.listdir(tmp_path) == []


def test_text_that_is_no_mlir_shows_line_and_caret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("func.func @main( {"))
    assert main(["opt", "-"]) == 1
    error = capsys.readouterr().err
    assert "<stdin>:1:" in error and "^" in error


def test_run_prints_and_saves_results(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    x = np.array([1, 2, 3, 4], np.float32)
    np.save(tmp_path / "x.npy", x)
    np.savez(tmp_path / "x.npz", x=x)
    source = tmp_path / "m.mlir"
    source.write_text(TEXT)
    assert main(["run", str(source), "-i", str(tmp_path / "x.npy")]) == 0
    assert "float32[4]" in capsys.readouterr().out
    assert main(["run", str(source), "-i", str(tmp_path / "x.npz"), "-b", "c", "-o", str(tmp_path / "y.npz")]) == 0
    with np.load(tmp_path / "y.npz") as saved:
        np.testing.assert_array_equal(saved["output0"], x)
    assert main(["run", str(source), "--random", "3"]) == 0


def test_a_pickle_is_not_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    np.save(tmp_path / "x.npy", np.array([{}], object), allow_pickle=True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(TEXT))
    assert main(["run", "-", "-i", str(tmp_path / "x.npy")]) == 1
    assert "not a readable .npy" in capsys.readouterr().err


def test_view_draws_every_level(tmp_path: Path) -> None:
    for level, name in (("as-is", "a.svg"), ("hlo", "b.svg"), ("as-is", "c.pdf")):
        assert main(["view", str(LENET), "--dims", "N=1", "--level", level, "-o", str(tmp_path / name)]) == 0
    assert "<svg" in (tmp_path / "a.svg").read_text()[:400]
    assert (tmp_path / "c.pdf").read_bytes().startswith(b"%PDF")


def test_compile_writes_a_program(tmp_path: Path) -> None:
    assert main(["compile", str(LENET), "--dims", "N=1", "-o", str(tmp_path / "out")]) == 0
    assert {"model.c", "model.h", "main.c", "Makefile", "model.weights"} <= set(os.listdir(tmp_path / "out"))


def test_the_installed_command_works() -> None:
    command = shutil.which("couloir", path=str(Path(sys.executable).parent))
    assert command is not None
    result = subprocess.run([command, "opt", "-"], input=TEXT, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and "stablehlo.negate" in result.stdout


def test_a_text_that_goes_on_to_another_command_keeps_its_constants(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["opt", str(LENET), "--dims", "N=1", "--to", "hlo"]) == 0
    text = capsys.readouterr().out
    assert "__elided__" not in text
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert main(["run", "-", "--random", "0", "-o", str(tmp_path / "text.npz")]) == 0
    assert main(["run", str(LENET), "--dims", "N=1", "--random", "0", "-o", str(tmp_path / "onnx.npz")]) == 0
    with np.load(tmp_path / "text.npz") as one, np.load(tmp_path / "onnx.npz") as other:
        np.testing.assert_allclose(one["probabilities"], other["probabilities"], rtol=0, atol=1e-6)
    assert main(["opt", str(LENET), "--dims", "N=1", "--elide", "8"]) == 0
    assert "__elided__" in capsys.readouterr().out


def test_an_output_that_is_no_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """As `-o /dev/null`: renaming a finished file over it would take the device away. Here it is a pipe, and a link."""
    source, pipe, target, link = (tmp_path / name for name in ("m.mlir", "pipe", "target.mlir", "link.mlir"))
    source.write_text(TEXT)
    os.mkfifo(pipe)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()), daemon=True)
    reader.start()
    assert main(["opt", str(source), "-o", str(pipe)]) == 0
    reader.join(timeout=10)
    assert pipe.is_fifo() and "stablehlo.negate" in received[0]
    target.write_text("old")
    link.symlink_to(target)
    assert main(["opt", str(source), "-o", str(link)]) == 0
    assert link.is_symlink() and "stablehlo.negate" in target.read_text()


def test_dims_bind_the_named_dimensions_of_a_text(monkeypatch, capsys):
    text = 'func.func @main(%x: tensor<?xf32> {onnx.dims = ["n"]}) -> tensor<?xf32> {\n %y = stablehlo.abs %x : tensor<?xf32>\n return %y : tensor<?xf32>\n}'
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert main(["opt", "-", "--dims", "n=3", "-p", "canonicalize"]) == 0
    assert "stablehlo.abs %arg0 : tensor<3xf32>" in capsys.readouterr().out
