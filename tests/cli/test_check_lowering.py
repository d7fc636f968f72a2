"""`couloir check --lowering`."""

from __future__ import annotations

from pathlib import Path

import pytest

from couloir.cli import main

PROGRAM = """func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = stablehlo.tanh %x : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "p.mlir"
    path.write_text(PROGRAM)
    return str(path)


def test_one_program(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--lowering", "hlo..loops", file, "--cases", "4"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("check_lowering hlo..loops: TESTED")
    assert "1 programs, 4 runs compared" in out


def test_random_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--lowering", "loops", "--cases", "2", "--seconds", "30", "--seed", "5"]) == 0
    assert "hlo..loops" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--lowering", "asm"], "there is no level `asm` to lower to"),
        (["--lowering", "x..c"], "there is no level `x` to lower from"),
        (["--lowering", "c", "--all"], "--lowering takes one program, or none"),
        (["--lowering", "onnx..c", "FILE"], "the program is at the level `hlo`, not `onnx`"),
    ],
)
def test_what_makes_no_sense(arguments: list[str], message: str, file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *(file if a == "FILE" else a for a in arguments)]) == 1
    assert message in capsys.readouterr().err
