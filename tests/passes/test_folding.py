"""Folding of constants: what is not computed at compile time."""

from __future__ import annotations

import pytest

import couloir

ENDLESS = """func.func @main(%p: tensor<i1>) -> tensor<i32> {
  %c = stablehlo.constant dense<1> : tensor<i32>
  %0 = "stablehlo.if"(%p) ({
    %1 = stablehlo.while(%i = %c) : tensor<i32>
    cond {
      %t = stablehlo.constant dense<true> : tensor<i1>
      stablehlo.return %t : tensor<i1>
    } do {
      stablehlo.return %i : tensor<i32>
    }
    stablehlo.return %1 : tensor<i32>
  }, {
    stablehlo.return %c : tensor<i32>
  }) : (tensor<i1>) -> tensor<i32>
  return %0 : tensor<i32>
}"""


@pytest.mark.parametrize("pipeline", ["canonicalize", "constant-folding"])
def test_a_loop_without_end_is_left_to_those_that_run_it(pipeline: str) -> None:
    module, _ = couloir.opt(couloir.parse(ENDLESS), pipeline)
    assert "stablehlo.while" in str(module)
    assert couloir.run(module, False)[0] == 1


def test_a_loop_that_ends_is_computed() -> None:
    ends = ENDLESS.replace("dense<true> : tensor<i1>", "dense<false> : tensor<i1>")
    assert "stablehlo.while" not in str(couloir.opt(couloir.parse(ends), "canonicalize")[0])


def test_constants_of_indices_are_those_of_arith() -> None:
    text = """func.func @main(%x: tensor<index>) -> tensor<index> {
      %0 = arith.constant -1 : index
      %1 = scf.index_switch %0 -> tensor<index>
      case 0 {
        scf.yield %x : tensor<index>
      }
      default {
        %2 = arith.constant dense<5> : tensor<index>
        scf.yield %2 : tensor<index>
      }
      return %1 : tensor<index>
    }"""
    module, _ = couloir.opt(couloir.parse(text), "sccp")
    assert "arith.constant dense<5> : tensor<index>" in str(module)
    assert couloir.run(module, 0)[0] == 5
