"""Which of the schedules that the specification allows is taken: rounding after each step shows it."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import couloir
from couloir.backends.numpy import tensor
from couloir.backends.numpy.domains import floats

few = settings(max_examples=10)
DTYPES = [np.dtype(t) for t in ("f4", "f8", "f2", ml_dtypes.bfloat16, "c8")]


def drawn(shape: Any, dtype: Any, seed: int) -> Any:
    """Numbers of both signs, so that sums cancel and show every rounding."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(-1, 1, shape)
    return (values + 1j * rng.uniform(-1, 1, shape) if dtype.kind == "c" else values).astype(dtype)


def in_order(terms: Any, start: Any) -> Any:
    total = start
    for term in terms:
        total = np.asarray(total + term).astype(term.dtype)
    return total


@pytest.mark.parametrize("dtype", DTYPES)
@given(seed=st.integers(0, 99), depth=st.integers(1, 8))
@few
def test_short_dot_products_add_term_by_term(dtype: Any, seed: int, depth: int) -> None:
    lhs, rhs = drawn((3, depth), dtype, seed), drawn((depth, 2), dtype, seed + 1)
    found = tensor.dot_general(floats, lhs, rhs, lhs_contracting_dimensions=[1], rhs_contracting_dimensions=[0])
    wide = lhs.dtype if dtype.itemsize > 2 else np.dtype(np.float32)
    terms = [np.outer(lhs[:, k].astype(wide), rhs[k].astype(wide)) for k in range(depth)]
    np.testing.assert_array_equal(found, in_order(terms, np.zeros((3, 2), wide)).astype(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@given(seed=st.integers(0, 99), rows=st.integers(1, 3), columns=st.integers(1, 5))
@few
def test_small_windows_add_element_by_element(dtype: Any, seed: int, rows: int, columns: int) -> None:
    operand, start = drawn((4, 7), dtype, seed), drawn((), dtype, seed + 1)
    found = tensor.reduce_window(
        floats,
        operand,
        start,
        window_dimensions=[rows, columns],
        window_strides=[1, 2],
        base_dilations=[1, 1],
        window_dilations=[1, 1],
        padding=[(0, 0), (0, 0)],
        monoid="add",
    )
    for i, j in np.ndindex(found.shape):
        window = operand[i : i + rows, 2 * j : 2 * j + columns]
        np.testing.assert_array_equal(found[i, j], in_order(window.reshape(-1), start))


@given(
    sizes=st.tuples(st.integers(1, 90), st.integers(1, 12)),
    window=st.tuples(st.integers(1, 90), st.integers(1, 12)),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    monoid=st.sampled_from(["add", "multiply", "minimum", "xor"]),
    seed=st.integers(0, 99),
)
@few
def test_large_windows_combine_every_element_once(
    sizes: Any, window: Any, stride: int, dilation: int, monoid: Any, seed: int
) -> None:
    """Integers, which tell any element that is missing or taken twice."""
    operand = np.random.default_rng(seed).integers(-100, 100, sizes)
    found = tensor.reduce_window(
        floats,
        operand,
        np.array(3),
        window_dimensions=window,
        window_strides=[stride, 1],
        base_dilations=[1, 1],
        window_dilations=[dilation, 1],
        padding=[(2, 1), (0, 3)],
        monoid=monoid,
    )
    ufunc = {"add": np.add, "multiply": np.multiply, "minimum": np.minimum, "xor": np.bitwise_xor}[monoid]
    padded = np.pad(operand, [(2, 1), (0, 3)], constant_values=3)
    for i, j in np.ndindex(found.shape):
        part = padded[i * stride :, j:][: (window[0] - 1) * dilation + 1 : dilation, : window[1]]
        assert part.shape == tuple(window)
        assert found[i, j] == ufunc(3, ufunc.reduce(part.reshape(-1)))


@pytest.mark.parametrize("op", ["add", "subtract"])
@pytest.mark.parametrize("dtype", DTYPES)
@given(seed=st.integers(0, 99), count=st.integers(0, 40))
@few
def test_scattered_updates_are_taken_one_after_the_other(op: str, dtype: Any, seed: int, count: int) -> None:
    element = {"f4": "f32", "f8": "f64", "f2": "f16", "c8": "complex<f32>"}.get(dtype.str[1:], "bf16")
    module = couloir.parse(f"""
      func.func @main(%x: tensor<3x{element}>, %i: tensor<{count}x1xi32>, %u: tensor<{count}x{element}>) -> tensor<3x{element}> {{
        %0 = "stablehlo.scatter"(%x, %i, %u) ({{
          ^bb0(%a: tensor<{element}>, %b: tensor<{element}>):
            %s = stablehlo.{op} %a, %b : tensor<{element}>
            stablehlo.return %s : tensor<{element}>
        }}) {{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0],
             scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}}
          : (tensor<3x{element}>, tensor<{count}x1xi32>, tensor<{count}x{element}>) -> tensor<3x{element}>
        return %0 : tensor<3x{element}>
      }}""")
    x, updates = drawn(3, dtype, seed), drawn(count, dtype, seed + 1)
    places = np.random.default_rng(seed).integers(0, 4, (count, 1)).astype("i4")
    (found,) = couloir.run(module, x, places, updates)
    sign = np.ones((), dtype) if op == "add" else -np.ones((), dtype)
    for place in range(3):
        np.testing.assert_array_equal(found[place], in_order(updates[places[:, 0] == place] * sign, x[place]))
