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
    z, w = np.arange(24.0).reshape(2, 3, 4), np.arange(8.0).reshape(4, 2)
    (sums,) = run(program([z, w], lambda a, b: chlo.BroadcastAdd(a, b, (2, 0))), z, w)
    np.testing.assert_array_equal(sums, z + w.T[:, None, :])


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


def ragged(lhs: str, rhs: str, result: str, numbers: str, sizes: str = "3") -> Any:
    return parse_module_op(f"""
    func.func @main(%x: tensor<{lhs}xf32>, %y: tensor<{rhs}xf32>, %g: tensor<{sizes}xi32>) -> tensor<{result}xf32> {{
      %0 = "chlo.ragged_dot"(%x, %y, %g) <{{ragged_dot_dimension_numbers = #chlo.ragged_dot<{numbers}>}}>
        : (tensor<{lhs}xf32>, tensor<{rhs}xf32>, tensor<{sizes}xi32>) -> tensor<{result}xf32>
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


RAGGED_MODES = {
    # shapes of lhs, rhs, group sizes, result; batch, contracting of lhs and rhs; ragged and group dimensions
    "free": ((2, 3, 9, 5), (4, 2, 5, 7), (2, 3, 4), (2, 3, 9, 7), ((0,), (1,)), ((3,), (2,)), (2,), (0,)),
    "free, sizes for all": ((2, 3, 9, 5), (4, 2, 5, 7), (4,), (2, 3, 9, 7), ((0,), (1,)), ((3,), (2,)), (2,), (0,)),
    "contracted": ((2, 5, 3, 9), (2, 3, 9, 7), (2, 3, 4), (4, 2, 5, 7), ((0,), (0,)), ((2, 3), (1, 2)), (3,), ()),
    "batch": ((2, 9, 5, 3), (2, 9, 3, 7), (2, 4), (2, 9, 5, 7), ((0, 1), (0, 1)), ((3,), (2,)), (1,), ()),
    "batch, sizes for all": ((9, 5, 3), (9, 3, 7), (4,), (9, 5, 7), ((0,), (0,)), ((2,), (1,)), (0,), ()),
}


@pytest.mark.parametrize("mode", RAGGED_MODES)
def test_groups_may_have_sizes_for_each_index_of_the_dimensions_before(mode: str) -> None:
    lax = pytest.importorskip("jax").lax
    lhs, rhs, sizes, result, batch, contracting, of_rows, of_groups = RAGGED_MODES[mode]
    rng = np.random.default_rng(3)
    x, y = rng.integers(-4, 5, lhs).astype("f4"), rng.integers(-4, 5, rhs).astype("f4")
    groups = rng.multinomial(8, [0.4, 0.0, 0.3, 0.3], sizes[:-1]).astype("i4")
    numbers = {
        "lhs_batching_dimensions": batch[0],
        "rhs_batching_dimensions": batch[1],
        "lhs_contracting_dimensions": contracting[0],
        "rhs_contracting_dimensions": contracting[1],
        "lhs_ragged_dimensions": of_rows,
        "rhs_group_dimensions": of_groups,
    }
    texts = ["x".join(map(str, shape)) for shape in (lhs, rhs, result)]
    module = ragged(*texts, ", ".join(f"{k} = {list(v)}" for k, v in numbers.items()), "x".join(map(str, sizes)))
    (found,) = run(module, x, y, groups)
    dimensions = lax.RaggedDotDimensionNumbers((contracting, batch), of_rows, of_groups)
    np.testing.assert_array_equal(found, lax.ragged_dot_general(x, y, groups, dimensions))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_the_next_number_after_one_that_is_there_is_the_other_zero(dtype: str) -> None:
    x, y = np.array([0.0, -0.0, 0.0], dtype), np.array([-0.0, 0.0, 1.0], dtype)
    for build in (chlo.NextAfter, chlo.BroadcastNextAfter):
        (found,) = run(program([x, y], build), x, y)
        assert np.signbit(found).tolist() == [True, False, False] and found[2] > 0 and not found[:2].any()
