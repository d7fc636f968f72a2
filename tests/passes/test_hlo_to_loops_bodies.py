"""Control flow in the bodies of reductions, scatters, sorts and maps: loops and C give what the program means."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import couloir
from couloir.ir.errors import Error
from tests.passes.loop_programs import agree, lowered, run_sanitized

TEXT = """
func.func @main(%x: tensor<3x5xi32>, %f: tensor<6xf32>, %k: tensor<i32>) -> (tensor<3xi32>, tensor<3xi32>, tensor<6xf32>, tensor<6xf32>, tensor<2x2xf32>) {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  // The larger of each two, or the smaller: as %k says.
  %r:2 = stablehlo.reduce(%x init: %zero), (%x init: %one) across dimensions = [1] : (tensor<3x5xi32>, tensor<3x5xi32>, tensor<i32>, tensor<i32>) -> (tensor<3xi32>, tensor<3xi32>)
    reducer(%a: tensor<i32>, %c: tensor<i32>) (%b: tensor<i32>, %d: tensor<i32>) {
      %less = stablehlo.compare LT, %a, %c : (tensor<i32>, tensor<i32>) -> tensor<i1>
      %t = "stablehlo.if"(%less) ({
        %v = "stablehlo.case"(%k) ({
          stablehlo.return %c : tensor<i32>
        }, {
          stablehlo.return %a : tensor<i32>
        }, {
          stablehlo.return %c : tensor<i32>
        }) : (tensor<i32>) -> tensor<i32>
        stablehlo.return %v : tensor<i32>
      }, {
        %is_one = stablehlo.compare EQ, %k, %one : (tensor<i32>, tensor<i32>) -> tensor<i1>
        %v = stablehlo.select %is_one, %c, %a : tensor<i1>, tensor<i32>
        stablehlo.return %v : tensor<i32>
      }) : (tensor<i1>) -> tensor<i32>
      %only = "stablehlo.case"(%a) ({ stablehlo.return %d : tensor<i32> }) : (tensor<i32>) -> tensor<i32>
      // The greatest common divisor.
      %g:2 = stablehlo.while(%p = %b, %q = %only) : tensor<i32>, tensor<i32>
      cond {
        %more = stablehlo.compare NE, %q, %zero : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %more : tensor<i1>
      } do {
        %rest = stablehlo.remainder %p, %q : tensor<i32>
        %pair:2 = stablehlo.optimization_barrier %q, %rest : tensor<i32>, tensor<i32>
        stablehlo.return %pair#0, %pair#1 : tensor<i32>, tensor<i32>
      }
      stablehlo.return %t, %g#0 : tensor<i32>, tensor<i32>
    }
  %sorted = "stablehlo.sort"(%f) <{dimension = 0 : i64}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %up = stablehlo.compare EQ, %k, %one : (tensor<i32>, tensor<i32>) -> tensor<i1>
    %c = "stablehlo.if"(%up) ({
      %l = stablehlo.compare LT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %l : tensor<i1>
    }, {
      %m = stablehlo.compare GT, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %m : tensor<i1>
    }) : (tensor<i1>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  }) : (tensor<6xf32>) -> tensor<6xf32>
  %mapped = "stablehlo.map"(%f) <{dimensions = array<i64: 0>}> ({
  ^bb0(%a: tensor<f32>):
    %w:2 = stablehlo.while(%n = %zero, %v = %a) : tensor<i32>, tensor<f32>
    cond {
      %more = stablehlo.compare LT, %n, %k : (tensor<i32>, tensor<i32>) -> tensor<i1>
      stablehlo.return %more : tensor<i1>
    } do {
      %m = stablehlo.add %n, %one : tensor<i32>
      %double = stablehlo.add %v, %v : tensor<f32>
      stablehlo.return %m, %double : tensor<i32>, tensor<f32>
    }
    stablehlo.return %w#1 : tensor<f32>
  }) : (tensor<6xf32>) -> tensor<6xf32>
  %m = stablehlo.constant dense<1.0> : tensor<2x2xf32>
  %at = stablehlo.constant dense<[[0, 0], [1, 1], [0, 0], [0, 0], [1, 0], [1, 1]]> : tensor<6x2xi32>
  %scattered = "stablehlo.scatter"(%m, %at, %f) <{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0, 1], scatter_dims_to_operand_dims = [0, 1], index_vector_dim = 1>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = "stablehlo.case"(%k) ({
      %s = stablehlo.add %a, %b : tensor<f32>
      stablehlo.return %s : tensor<f32>
    }, {
      stablehlo.return %b : tensor<f32>
    }) : (tensor<i32>) -> tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<2x2xf32>, tensor<6x2xi32>, tensor<6xf32>) -> tensor<2x2xf32>
  return %r#0, %r#1, %sorted, %mapped, %scattered : tensor<3xi32>, tensor<3xi32>, tensor<6xf32>, tensor<6xf32>, tensor<2x2xf32>
}
"""


def inputs(k: int) -> list[Any]:
    generator = np.random.default_rng(0)
    return [
        generator.integers(1, 60, (3, 5)).astype(np.int32) * np.array([[6], [4], [1]], np.int32),
        generator.integers(-9, 9, 6).astype(np.float32),
        np.int32(k),
    ]


def by_hand(x: Any, f: Any, k: Any) -> list[Any]:
    """The program in Python, one number after the other."""
    first, second = np.zeros(3, np.int32), np.ones(3, np.int32)
    for row in range(3):
        for value in x[row]:
            first[row] = min(first[row], value) if k == 1 else max(first[row], value)
            second[row] = np.gcd(second[row], value)
    made = np.ones((2, 2), np.float32)
    for at, value in zip([(0, 0), (1, 1), (0, 0), (0, 0), (1, 0), (1, 1)], f, strict=True):
        made[at] = made[at] + value if k == 0 else value
    return [first, second, np.sort(f) if k == 1 else -np.sort(-f), f * np.float32(2 ** max(k, 0)), made]


@pytest.mark.parametrize("k", [0, 1, 2, -3])
def test_bodies_with_control_flow(k: int, tmp_path: Path) -> None:
    arrays = inputs(k)
    module = couloir.parse(TEXT)
    for found, wanted in zip(agree(module, arrays, tmp_path), by_hand(*arrays), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_sanitizers_find_nothing(tmp_path: Path) -> None:
    for found, wanted in zip(run_sanitized(couloir.parse(TEXT), inputs(1), tmp_path), by_hand(*inputs(1)), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_a_body_that_nests_too_deep_is_refused() -> None:
    inner = "stablehlo.return %a : tensor<f32>"
    for depth in range(40):
        inner = f'%v{depth} = "stablehlo.case"(%k) ({{ {inner} }}) : (tensor<i32>) -> tensor<f32>\nstablehlo.return %v{depth} : tensor<f32>'
    text = f"""
    func.func @main(%x: tensor<3xf32>, %k: tensor<i32>) -> tensor<3xf32> {{
      %r = "stablehlo.map"(%x) <{{dimensions = array<i64: 0>}}> ({{
      ^bb0(%a: tensor<f32>):
        {inner}
      }}) : (tensor<3xf32>) -> tensor<3xf32>
      return %r : tensor<3xf32>
    }}"""
    from couloir.passes.hlo_to_loops.bodies import unsupported_body

    module = couloir.parse(text)
    body = next(op for op in module.walk() if op.name == "stablehlo.map").regions[0].block
    assert "more than 16 deep" in str(unsupported_body(body))


def test_a_body_with_tensors_is_refused() -> None:
    text = """
    func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
      %r = "stablehlo.map"(%x) <{dimensions = array<i64: 0>}> ({
      ^bb0(%a: tensor<f32>):
        %b = stablehlo.broadcast_in_dim %a, dims = [] : (tensor<f32>) -> tensor<4xf32>
        %z = stablehlo.constant dense<0.0> : tensor<f32>
        %s = stablehlo.reduce(%b init: %z) applies stablehlo.add across dimensions = [0] : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
        stablehlo.return %s : tensor<f32>
      }) : (tensor<3xf32>) -> tensor<3xf32>
      return %r : tensor<3xf32>
    }"""
    with pytest.raises(Error, match=r"its body has `stablehlo\.(broadcast_in_dim|reduce)`"):
        lowered(couloir.parse(text))
