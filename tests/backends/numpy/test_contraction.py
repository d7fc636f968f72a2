"""Dots and convolutions, against JAX, against Python's integers and fractions, and against naive loops."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.backends.numpy import contraction, tensor
from couloir.backends.numpy.domains import DOMAINS, floats, rationals, residues
from couloir.ir.errors import Error

P = 2**31 - 1
#: The greatest relative error of a sum of n products is n units, whatever the order (gamma_n).
UNITS = {np.dtype("f4"): 2.0**-24, np.dtype("f8"): 2.0**-53}


@st.composite
def dots(draw: Any) -> Any:
    """(shape of lhs, shape of rhs, the four lists of dimensions)."""
    batch, contract, left, right = ([draw(st.integers(0, 4)) for _ in range(draw(st.integers(0, 2)))] for _ in range(4))
    kinds = [("b", i) for i in range(len(batch))] + [("c", i) for i in range(len(contract))]
    order_l = draw(st.permutations(kinds + [("l", i) for i in range(len(left))]))
    order_r = draw(st.permutations(kinds + [("r", i) for i in range(len(right))]))
    size = {"b": batch, "c": contract, "l": left, "r": right}
    return (
        [size[k][i] for k, i in order_l],
        [size[k][i] for k, i in order_r],
        [order_l.index(("b", i)) for i in range(len(batch))],
        [order_r.index(("b", i)) for i in range(len(batch))],
        [order_l.index(("c", i)) for i in range(len(contract))],
        [order_r.index(("c", i)) for i in range(len(contract))],
    )


def dot(xp: Any, lhs: Any, rhs: Any, case: Any, dtype: Any = None) -> Any:
    return tensor.dot_general(
        xp,
        lhs,
        rhs,
        lhs_batching_dimensions=case[2],
        rhs_batching_dimensions=case[3],
        lhs_contracting_dimensions=case[4],
        rhs_contracting_dimensions=case[5],
        dtype=dtype,
    )


@given(case=dots(), dtype=st.sampled_from(["f4", "f8", "i4", "u1", "c8"]), seed=st.integers(0, 99))
def test_dot_general_of_small_integers_is_that_of_xla(
    case: Any, dtype: str, seed: int, lax: Any, assert_same: Any
) -> None:
    rng = np.random.default_rng(seed)
    lhs, rhs = (rng.integers(0, 9, shape).astype(dtype) for shape in case[:2])
    expected = lax.dot_general(lhs, rhs, ((case[4], case[5]), (case[2], case[3])))
    assert_same(dot(floats, lhs, rhs, case), expected)


@given(seed=st.integers(0, 99), depth=st.integers(1, 400), dtype=st.sampled_from(list(UNITS)))
def test_dots_of_floats_stay_within_the_bound_of_their_length(
    seed: int, depth: int, dtype: Any, assert_within: Any
) -> None:
    rng = np.random.default_rng(seed)
    lhs, rhs = rng.standard_normal((3, depth)).astype(dtype), rng.standard_normal((depth, 4)).astype(dtype)
    result = dot(floats, lhs, rhs, (0, 0, [], [], [1], [0]))
    exact = (as_fractions(lhs) @ as_fractions(rhs)).astype(float)
    magnitude = np.abs(lhs).astype(np.float64) @ np.abs(rhs).astype(np.float64)
    assert_within(result, exact, (depth + 1) * UNITS[dtype] * magnitude * 1.001)


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "i4", "u4", "i8", "u8", ml_dtypes.int4, ml_dtypes.uint2], ids=str)
@given(seed=st.integers(0, 99), top=st.sampled_from([3, 28, 63]))
def test_dots_of_integers_wrap_exactly(dtype: Any, seed: int, top: int) -> None:
    """Products that float64 holds, that only int64 holds, and that wrap: every way is exact."""
    dtype = np.dtype(dtype)
    rng = np.random.default_rng(seed)
    lhs, rhs = (rng.integers(-(2**top), 2**top, shape).astype(dtype) for shape in ((3, 5), (5, 2)))
    result = dot(floats, lhs, rhs, (0, 0, [], [], [1], [0]))
    assert result.dtype == dtype
    exact = lhs.astype(int).astype(object) @ rhs.astype(int).astype(object)
    assert (result.astype(np.int64) == (exact & (2**64 - 1)).astype(np.uint64).astype(dtype).astype(np.int64)).all()


def test_a_dot_of_booleans_is_or_of_ands() -> None:
    lhs = np.array([[True, False, True], [False, False, False]])
    rhs = np.array([[True, False], [True, True], [True, False]])
    result = dot(floats, lhs, rhs, (0, 0, [], [], [1], [0]))
    assert (result.dtype, result.tolist()) == (np.bool_, [[True, False], [False, False]])


def test_an_element_type_of_the_result_widens_the_operands() -> None:
    lhs, rhs = np.full((1, 100), 127, "i1"), np.full((100, 1), 127, "i1")
    case = (0, 0, [], [], [1], [0])
    assert dot(floats, lhs, rhs, case, np.dtype("i4")).tolist() == [[1612900]]
    assert dot(floats, lhs, rhs, case, np.dtype("i4")).dtype == np.int32
    half = np.full((1, 300), 1, ml_dtypes.bfloat16)
    wide = dot(floats, half, half.T, case, np.dtype("f4"))
    assert (wide.dtype, wide.tolist()) == (np.float32, [[300.0]])
    # Summed in f32 and rounded once: step by step, bf16 would stay at 256.
    narrow = dot(floats, half, half.T, case)
    assert (narrow.dtype, narrow.astype(float).tolist()) == (ml_dtypes.bfloat16, [[300.0]])


@st.composite
def convolutions(draw: Any) -> Any:
    """(shape of lhs, shape of rhs, parameters), with any layout, groups, dilations, reversal and negative padding."""
    spatial = draw(st.integers(0, 3))
    extents = [draw(st.integers(1, 6)) for _ in range(spatial)]
    kernel = [draw(st.integers(1, 3)) for _ in range(spatial)]
    groups = draw(st.integers(1, 3))
    feature_groups, batch_groups = draw(st.sampled_from([(groups, 1), (1, groups)]))
    batch, inputs, filters = (draw(st.integers(1, 2)) for _ in range(3))
    dilation = [draw(st.integers(1, 3)) for _ in range(spatial)]
    padding = []
    for extent, spread in zip(extents, dilation, strict=True):
        low = draw(st.integers(-1, 2))
        reach = (extent - 1) * spread + 1
        padding.append((low, draw(st.integers(max(-1, -(reach + low)), 2))))
    ranks = range(spatial + 2)
    layouts = [draw(st.permutations(ranks)) for _ in range(3)]

    def shaped(layout: Any, sizes: Any) -> list[int]:
        return [sizes[layout.index(d)] for d in ranks]

    lhs = shaped(layouts[0], [batch * batch_groups, inputs * feature_groups, *extents])
    rhs = shaped(layouts[1], [filters * groups, inputs, *kernel])
    names = ("input_batch_dimension", "input_feature_dimension", "input_spatial_dimensions")
    parameters: dict[str, Any] = {
        "window_strides": [draw(st.integers(1, 3)) for _ in range(spatial)],
        "padding": padding,
        "lhs_dilation": dilation,
        "rhs_dilation": [draw(st.integers(1, 2)) for _ in range(spatial)],
        "window_reversal": [draw(st.booleans()) for _ in range(spatial)],
        "feature_group_count": feature_groups,
        "batch_group_count": batch_groups,
        **dict(zip(names, (layouts[0][0], layouts[0][1], layouts[0][2:]), strict=True)),
        "kernel_output_feature_dimension": layouts[1][0],
        "kernel_input_feature_dimension": layouts[1][1],
        "kernel_spatial_dimensions": layouts[1][2:],
        "output_batch_dimension": layouts[2][0],
        "output_feature_dimension": layouts[2][1],
        "output_spatial_dimensions": layouts[2][2:],
    }
    return lhs, rhs, parameters


def convolution_spelled_out(lhs: Any, rhs: Any, p: dict[str, Any]) -> Any:
    """One result element at a time, of Python numbers; groups by index arithmetic."""
    x = lhs.transpose([p["input_batch_dimension"], p["input_feature_dimension"], *p["input_spatial_dimensions"]])
    w = rhs.transpose(
        [p["kernel_output_feature_dimension"], p["kernel_input_feature_dimension"], *p["kernel_spatial_dimensions"]]
    )
    rank = x.ndim - 2
    spread = [(s - 1) * d + 1 for s, d in zip(x.shape[2:], p["lhs_dilation"], strict=True)]
    padded = [a + s + b for s, (a, b) in zip(spread, p["padding"], strict=True)]
    reach = [(s - 1) * d + 1 for s, d in zip(w.shape[2:], p["rhs_dilation"], strict=True)]
    out = [
        0 if n <= 0 or r > n else (n - r) // s + 1 for n, r, s in zip(padded, reach, p["window_strides"], strict=True)
    ]
    batch = x.shape[0] // p["batch_group_count"]
    result = np.zeros([batch, w.shape[0], *out], dtype=object)
    for n, f, *place in np.ndindex(*result.shape):
        group = f // (w.shape[0] // (p["feature_group_count"] * p["batch_group_count"]))
        image = n + (group * batch if p["batch_group_count"] > 1 else 0)
        for c, *offset in np.ndindex(*w.shape[1:]):
            channel = c + (group * w.shape[1] if p["feature_group_count"] > 1 else 0)
            at = [
                place[d] * p["window_strides"][d] + offset[d] * p["rhs_dilation"][d] - p["padding"][d][0]
                for d in range(rank)
            ]
            if all(0 <= a < s and a % b == 0 for a, s, b in zip(at, spread, p["lhs_dilation"], strict=True)):
                index = tuple(a // b for a, b in zip(at, p["lhs_dilation"], strict=True))
                mirrored = tuple(w.shape[2 + d] - 1 - o if p["window_reversal"][d] else o for d, o in enumerate(offset))
                result[(n, f, *place)] += x[(image, channel, *index)] * w[(f, c, *mirrored)]
    return np.moveaxis(
        result,
        range(rank + 2),
        [p["output_batch_dimension"], p["output_feature_dimension"], *p["output_spatial_dimensions"]],
    )


def as_fractions(values: Any) -> Any:
    return np.frompyfunc(Fraction, 1, 1)(values.astype(object))


def fractions(shape: Any, rng: Any) -> Any:
    top, bottom = rng.integers(-9, 10, shape), rng.integers(1, 7, shape)
    return np.asarray(np.frompyfunc(Fraction, 2, 1)(top.astype(object), bottom.astype(object)), dtype=object)


@given(case=convolutions(), seed=st.integers(0, 99))
def test_convolution_of_fractions_is_the_naive_loop(case: Any, seed: int) -> None:
    lhs_shape, rhs_shape, parameters = case
    rng = np.random.default_rng(seed)
    lhs, rhs = fractions(lhs_shape, rng), fractions(rhs_shape, rng)
    result = tensor.convolution(rationals, lhs, rhs, **parameters)
    expected = convolution_spelled_out(lhs, rhs, parameters)
    assert result.shape == expected.shape
    assert (result == expected).all()


@given(case=convolutions(), seed=st.integers(0, 99), block=st.sampled_from([1, 200, 1 << 25]))
def test_convolution_is_the_same_in_every_domain_and_in_blocks_of_any_size(case: Any, seed: int, block: int) -> None:
    """Small integers are exact in each; what a domain makes of the result is the result in the domain."""
    lhs_shape, rhs_shape, parameters = case
    rng = np.random.default_rng(seed)
    lhs, rhs = (rng.integers(-9, 10, shape).astype("f4") for shape in (lhs_shape, rhs_shape))
    plain = convolution_spelled_out(lhs.astype(int).astype(object), rhs.astype(int).astype(object), parameters)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contraction, "_PATCH_BYTES", block)
        for xp in DOMAINS.values():
            result = tensor.convolution(xp, xp.array(lhs), xp.array(rhs), **parameters)
            assert (result == xp.array(plain.astype("f4"))).all()
        whole = tensor.convolution(floats, lhs.astype("i1"), rhs.astype("i1"), **parameters, dtype=np.dtype("i4"))
        assert whole.dtype == np.int32 and (whole == plain).all()


@given(case=convolutions(), seed=st.integers(0, 99))
def test_convolution_is_that_of_xla(case: Any, seed: int, lax: Any, assert_same: Any) -> None:
    lhs_shape, rhs_shape, parameters = case
    parameters["window_reversal"] = [False] * len(parameters["window_reversal"])  # JAX has none
    rng = np.random.default_rng(seed)
    lhs, rhs = (rng.integers(-9, 10, shape).astype("f4") for shape in (lhs_shape, rhs_shape))
    layouts = tuple(
        (
            parameters[f"{name}_{first}_dimension"],
            parameters[f"{name}_{second}_dimension"],
            *parameters[f"{name}_spatial_dimensions"],
        )
        for name, first, second in (
            ("input", "batch", "feature"),
            ("kernel", "output_feature", "input_feature"),
            ("output", "batch", "feature"),
        )
    )
    expected = lax.conv_general_dilated(
        lhs,
        rhs,
        dimension_numbers=lax.ConvDimensionNumbers(*layouts),
        **{k: parameters[k] for k in ("window_strides", "padding", "lhs_dilation", "rhs_dilation")},
        **{k: parameters[k] for k in ("feature_group_count", "batch_group_count")},
    )
    # + 0 because a sum of no products may be -0 in one and +0 in the other.
    assert_same(
        tensor.convolution(floats, lhs, rhs, **parameters) + np.float32(0), np.asarray(expected) + np.float32(0)
    )


def square(strides: int = 1, **changed: Any) -> dict[str, Any]:
    """The parameters of a 2-D convolution of NCHW images with OIHW filters."""
    return {
        "window_strides": [strides] * 2,
        "padding": [(1, 1)] * 2,
        "lhs_dilation": [1, 1],
        "rhs_dilation": [1, 1],
        "window_reversal": [False] * 2,
        "input_batch_dimension": 0,
        "input_feature_dimension": 1,
        "input_spatial_dimensions": [2, 3],
        "kernel_output_feature_dimension": 0,
        "kernel_input_feature_dimension": 1,
        "kernel_spatial_dimensions": [2, 3],
        "output_batch_dimension": 0,
        "output_feature_dimension": 1,
        "output_spatial_dimensions": [2, 3],
        **changed,
    }


def test_a_convolution_of_floats_stays_within_the_bound_of_its_length(assert_within: Any) -> None:
    rng = np.random.default_rng(0)
    lhs = rng.standard_normal((2, 16, 14, 14)).astype("f4")
    rhs = rng.standard_normal((8, 16, 3, 3)).astype("f4")
    exact = tensor.convolution(floats, lhs.astype("f8"), rhs.astype("f8"), **square(2))
    magnitude = tensor.convolution(floats, np.abs(lhs).astype("f8"), np.abs(rhs).astype("f8"), **square(2))
    assert_within(tensor.convolution(floats, lhs, rhs, **square(2)), exact, 145 * 2.0**-24 * magnitude * 1.001)
    half = tensor.convolution(floats, lhs.astype(ml_dtypes.bfloat16), rhs.astype(ml_dtypes.bfloat16), **square(2))
    # Both operands and the result are rounded to 8 bits.
    assert half.dtype == ml_dtypes.bfloat16
    assert_within(half, exact, 3.1 * 2.0**-8 * magnitude)


def test_matmul_modulo_a_prime_is_that_of_python() -> None:
    rng = np.random.default_rng(0)
    lhs, rhs = rng.integers(0, P, (5, 700)), rng.integers(0, P, (700, 6))
    lhs[0], rhs[:, 0] = P - 1, P - 1
    product = dot(residues, residues.from_residues(lhs), residues.from_residues(rhs), (0, 0, [], [], [1], [0]))
    expected = (lhs.astype(object) @ rhs.astype(object)) % P
    assert (residues.to_residues(product) == expected.astype(np.int64)).all()


def test_long_sums_modulo_a_prime_do_not_leave_what_float64_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """2^21 of the largest halves fit exactly; longer sums are split, seen here with a smaller limit."""
    from couloir.backends.numpy import prime_field

    length = 1 << 21
    largest = np.full((1, length), 0x7FFF_FFFE)  # p - 1 = -1: both of its halves are nearly the largest there are
    assert prime_field.matmul(largest, largest.reshape(length, 1)).tolist() == [[length]]
    monkeypatch.setattr(prime_field, "_EXACT_SUMMANDS", 3)
    assert prime_field.matmul(largest[:, :10], largest[:, :10].T).tolist() == [[10]]


X, W = np.zeros((2, 4, 5, 5), "f4"), np.zeros((6, 4, 3, 3), "f4")
CASE = (0, 0, [], [], [1], [0])


def conv_x(lhs: Any = X, rhs: Any = W, **changed: Any) -> Any:
    return tensor.convolution(floats, lhs, rhs, **square(**changed))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dot(floats, np.ones((2, 3)), np.ones((2, 3)), CASE), "sizes .3. on the left, but .2. on the right"),
        (lambda: dot(floats, np.ones((2, 3)), np.ones((3, 2)), (0, 0, [], [], [5], [0])), "dimensions of the lhs"),
        (lambda: dot(floats, np.ones((2, 3)), np.ones((3, 2)), (0, 0, [0], [0], [1], [1])), "the batching dimensions"),
        (lambda: dot(floats, np.ones((2, 2)), np.ones((2, 2)), (0, 0, [1], [1], [1], [1])), "dimensions of the lhs"),
        (lambda: dot(floats, np.ones((2, 3)), np.ones((3, 2), "f4"), CASE), "needs the element type"),
        (lambda: conv_x(rhs=W[..., 0]), "one entry"),
        (lambda: conv_x(rhs=W.astype("f8")), "one rank and element type"),
        (lambda: conv_x(rhs=W[:, :3]), "take 3 features a group"),
        (lambda: conv_x(rhs=W[:5, :2], feature_group_count=2), "cannot split 5 filters"),
        (lambda: conv_x(rhs=W, batch_group_count=3), "a batch of 2"),
        (lambda: conv_x(feature_group_count=2, batch_group_count=2), "one of them is 1"),
        (lambda: conv_x(feature_group_count=0), "1 or more"),
        (lambda: conv_x(window_strides=[1]), "one entry for each of 2"),
        (lambda: conv_x(window_strides=[0, 1]), "1 or more"),
        (lambda: conv_x(lhs_dilation=[0, 1]), "1 or more"),
        (lambda: conv_x(rhs_dilation=[0, 1]), "1 or more"),
        (lambda: conv_x(padding=[(0, 0)]), "one entry for each of 2"),
        (lambda: conv_x(window_reversal=[True]), "one entry for each of 2"),
        (lambda: conv_x(input_feature_dimension=0), "different numbers from 0 to 3"),
        (lambda: conv_x(kernel_input_feature_dimension=7), "different numbers from 0 to 3"),
        (lambda: conv_x(output_spatial_dimensions=[1, 2]), "the output dimensions of"),
        (lambda: conv_x(output_spatial_dimensions=[2]), "one entry"),
        (lambda: dot(floats, np.ones((2, 3)), np.ones((3, 2)), (0, 0, [], [], [1], [])), "on the left, but .. on"),
        (lambda: dot(floats, np.ones((2, 3)), np.ones((3, 2)), (0, 0, [], [], [1], [-2])), "dimensions of the rhs"),
    ],
)  # fmt: skip
def test_bad_parameters_are_told_apart(call: Any, message: str) -> None:
    with pytest.raises(Error, match=message):
        call()


def test_padding_that_cuts_off_more_than_all_leaves_no_window() -> None:
    assert conv_x(padding=[(-9, 0), (0, 0)]).shape == (2, 6, 0, 3)


@pytest.mark.parametrize("empty", ["batch", "input feature", "filter", "window"])
def test_empty_convolutions(empty: str) -> None:
    lhs, rhs = X, W
    if empty == "batch":
        lhs = X[:0]
    elif empty == "input feature":
        lhs, rhs = X[:, :0], W[:, :0]
    elif empty == "filter":
        rhs = W[:0]
    else:
        lhs = X[:, :, :0]
    result = tensor.convolution(floats, lhs, rhs, **square(padding=[(0, 0)] * 2))
    assert result.dtype == np.float32
    assert (result.shape[0], result.shape[1]) == (lhs.shape[0], rhs.shape[0])
    assert not result.any()
