"""CHLO's ops that broadcast, scan and multiply by groups, against NumPy and JAX."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from couloir.backends.numpy import run
from couloir.dialects import chlo
from couloir.ir.errors import Error
from couloir.ir.text.parser import parse_module_op
from tests.backends.numpy.programs import program


def test_operands_broadcast_as_numpy_does() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, 1, 3)).astype("f4"), rng.standard_normal((4, 1)).astype("f4")
    made = run(program([x, y], lambda a, b: [chlo.BroadcastAdd(a, b), chlo.BroadcastSubtract(b, a)]), x, y)
    np.testing.assert_array_equal(made[0], x + y)
    np.testing.assert_array_equal(made[1], y - x)
    (less,) = run(
        program([x, y], lambda a, b: chlo.BroadcastCompare(a, b, comparison_direction=chlo.ComparisonDirection.LT)),
        x,
        y,
    )
    np.testing.assert_array_equal(less, x < y)
    (chosen,) = run(program([less, x, y], chlo.BroadcastSelect), less, x, y)
    np.testing.assert_array_equal(chosen, np.where(less, x, y))


def test_dimensions_may_be_named() -> None:
    x, y = np.arange(6.0).reshape(2, 3), np.array([10.0, 20.0])
    (sums,) = run(program([x, y], lambda a, b: chlo.BroadcastAdd(a, b, (0,))), x, y)
    np.testing.assert_array_equal(sums, x + y[:, None])


SCAN = """
func.func @main(%x: tensor<4x2xi32>, %c: tensor<2xi32>) -> (tensor<4x2xi32>, tensor<2xi32>) {
  %0:2 = chlo.scan(%x) inits (%c) dimension=0 attributes {is_reverse = REVERSE} {
  ^bb0(%a: tensor<2xi32>, %b: tensor<2xi32>):
    %z = stablehlo.add %a, %b : tensor<2xi32>
    stablehlo.return %z, %z : tensor<2xi32>, tensor<2xi32>
  } : (tensor<4x2xi32>, tensor<2xi32>) -> (tensor<4x2xi32>, tensor<2xi32>)
  return %0#0, %0#1 : tensor<4x2xi32>, tensor<2xi32>
}
"""


@pytest.mark.parametrize("reverse", [False, True])
def test_a_scan_carries_from_one_slice_to_the_next(reverse: bool) -> None:
    x, start = np.arange(8, dtype="i4").reshape(4, 2), np.array([100, 200], "i4")
    sums, last = run(parse_module_op(SCAN.replace("REVERSE", str(reverse).lower())), x, start)
    wanted = (x[::-1].cumsum(0)[::-1] if reverse else x.cumsum(0)) + start
    np.testing.assert_array_equal(sums, wanted)
    np.testing.assert_array_equal(last, wanted[0 if reverse else -1])


def ragged(lhs: str, rhs: str, result: str, numbers: str) -> Any:
    return parse_module_op(f"""
    func.func @main(%x: tensor<{lhs}xf32>, %y: tensor<{rhs}xf32>, %g: tensor<3xi32>) -> tensor<{result}xf32> {{
      %0 = "chlo.ragged_dot"(%x, %y, %g) <{{ragged_dot_dimension_numbers = #chlo.ragged_dot<{numbers}>}}>
        : (tensor<{lhs}xf32>, tensor<{rhs}xf32>, tensor<3xi32>) -> tensor<{result}xf32>
      return %0 : tensor<{result}xf32>
    }}""")


CONTRACTING = "lhs_contracting_dimensions = [1], rhs_contracting_dimensions = [1], "


def test_a_ragged_dot_product_takes_a_matrix_for_each_group_of_rows() -> None:
    jax = pytest.importorskip("jax")
    rng = np.random.default_rng(1)
    x, y = rng.integers(-4, 5, (9, 5)).astype("f4"), rng.integers(-4, 5, (3, 5, 7)).astype("f4")
    sizes = np.array([2, 0, 6], "i4")
    module = ragged("9x5", "3x5x7", "9x7", CONTRACTING + "lhs_ragged_dimensions = [0], rhs_group_dimensions = [0]")
    (found,) = run(module, x, y, sizes)
    np.testing.assert_array_equal(found, jax.lax.ragged_dot(x, y, sizes))
    with pytest.raises(Error, match="groups of"):
        run(module, x, y, np.array([2, 0, 8], "i4"))


def test_a_ragged_dot_product_may_sum_over_each_group() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.integers(-4, 5, (5, 9)).astype("f4"), rng.integers(-4, 5, (7, 9)).astype("f4")
    module = ragged("5x9", "7x9", "3x5x7", CONTRACTING + "lhs_ragged_dimensions = [1]")
    (found,) = run(module, x, y, np.array([2, 0, 6], "i4"))
    parts = [slice(0, 2), slice(2, 2), slice(2, 8)]
    np.testing.assert_array_equal(found, np.stack([x[:, part] @ y[:, part].T for part in parts]))
