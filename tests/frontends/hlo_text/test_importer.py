"""HLO text becomes StableHLO: before and after."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

import couloir
from couloir.cli.main import main
from couloir.frontends.hlo_text import parse
from couloir.ir.text.printer import operation_text

FUSED = """
HloModule jit_f, is_scheduled=true, entry_computation_layout={(f32[4,3]{1,0})->f32[4]{0}}, replica_count=2

%sum (a: f32[], b: f32[]) -> f32[] {
  %a = f32[] parameter(0)
  %b = f32[] parameter(1)
  ROOT %add = f32[] add(%a, %b)
}

%fused (p: f32[4,3]) -> f32[4] {
  %p = f32[4,3]{1,0} parameter(0)
  %zero = f32[] constant(0)
  ROOT %r = f32[4]{0} reduce(%p, %zero), dimensions={1}, to_apply=%sum, metadata={op_name="jit(f)/reduce" source_file="f.py" source_line=3}
}

ENTRY %main.3 (x.1: f32[4,3]) -> f32[4] {
  %x.1 = f32[4,3]{1,0} parameter(0), sharding={replicated}, metadata={op_name="x"}
  ROOT %fusion = f32[4]{0} fusion(%x.1), kind=kLoop, calls=%fused, backend_config={"outer":[]}
}
"""


def lines(module: couloir.Module) -> list[str]:
    return [line.strip() for line in operation_text(module, use_names=True).splitlines()]


def test_fusion_is_a_call() -> None:
    assert lines(parse(FUSED)) == [
        'module @jit_f attributes {mhlo.num_replicas = 2 : i32, xla.entry_computation_layout = "{(f32[4,3]{1,0})->f32[4]{0}}", '
        "xla.is_scheduled} {",
        'func.func @main(%x.1: tensor<4x3xf32> {mhlo.sharding = "{replicated}", onnx.name = "x"}) -> (tensor<4xf32> '
        '{onnx.name = "output0"}) attributes {xla.computation = "main.3"} {',
        '%fusion = call @fused(%x.1) {xla.backend_config = "{\\22outer\\22:[]}", xla.fusion_kind = "kLoop", '
        'xla.opcode = "fusion"} : (tensor<4x3xf32>) -> tensor<4xf32>',
        "return %fusion : tensor<4xf32>",
        "}",
        "func.func private @fused(%p: tensor<4x3xf32>) -> tensor<4xf32> {",
        "%zero = stablehlo.constant dense<0.000000e+00> : tensor<f32>",
        "%r = stablehlo.reduce(%p init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x3xf32>, "
        "tensor<f32>) -> tensor<4xf32>",
        "return %r : tensor<4xf32>",
        "}",
        "}",
    ]


def test_file_is_loaded_by_its_suffix(tmp_path: Path) -> None:
    for name in ("f.hlo", "module_0001.jit_f.before_optimizations.txt"):
        path = tmp_path / name
        path.write_text(FUSED, encoding="utf-8")
        (found,) = couloir.run(couloir.load(path), np.ones((4, 3), np.float32))
        assert found.tolist() == [3, 3, 3, 3]


def test_commands_take_it_from_a_file_and_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "f.hlo"
    path.write_text(FUSED, encoding="utf-8")
    for model in (str(path), "-"):
        monkeypatch.setattr(sys, "stdin", io.StringIO(FUSED))
        assert main(["cost", model]) == 0
        assert "func.call" in capsys.readouterr().out
    assert main(["view", str(path), "-o", str(tmp_path / "f.svg")]) == 0
    assert "fused" in (tmp_path / "f.svg").read_text(encoding="utf-8")


def test_other_text_is_refused_where_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("# nothing here", encoding="utf-8")
    with pytest.raises(couloir.ParseError, match=r"notes.txt:1:1: expected `HloModule`"):
        couloir.load(path)
