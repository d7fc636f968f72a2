"""Primitive by primitive: what each computes with NumPy is what JAX computes, for drawn shapes, types and parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from jax import lax

import couloir
from tests.frontends.jax.comparing import Case, check, check_program

few = settings(max_examples=2, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
SHAPES = st.lists(st.integers(0, 4), max_size=3).map(tuple)
FULL_SHAPES = st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple)
SEEDS = st.integers(0, 1 << 16)


def drawn(shape: tuple[int, ...], dtype: str, seed: int, low: float = -3.0, high: float = 3.0) -> Any:
    rng = np.random.default_rng(seed)
    if dtype == "bool":
        return jnp.asarray(rng.integers(0, 2, shape), bool)
    if dtype.startswith("complex"):
        return jnp.asarray(rng.uniform(low, high, shape) + 1j * rng.uniform(low, high, shape), dtype)
    if "int" in dtype:
        return jnp.asarray(rng.integers(0 if dtype.startswith("u") else int(low), int(high) + 1, shape), dtype)
    return jnp.asarray(rng.uniform(low, high, shape), dtype)


FLOAT_FUNCTIONS = {
    "any": (
        "abs atan cbrt ceil cos cosh digamma erf erf_inv erfc exp exp2 expm1 floor is_finite lgamma logistic neg real "
        "asinh bessel_i1e sign sin sinh square tan tanh"
    ),
    "positive": "log log1p rsqrt sqrt",
    "unit": "acos asin atanh erf_inv",
}


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@few
@given(shape=SHAPES, seed=SEEDS)
def test_functions_of_floats(dtype: str, shape: tuple[int, ...], seed: int):
    x = drawn(shape, dtype, seed)
    ranges = {"any": x, "positive": abs(x) + 0.125, "unit": x / 4}
    cases: list[Case] = [
        (name, getattr(lax, name), (ranges[kind],))
        for kind, names in FLOAT_FUNCTIONS.items()
        for name in names.split()
        if name != "real"
    ]
    cases += [
        ("acosh", lax.acosh, (abs(x) + 1,)),
        ("round", lambda v: (lax.round(v), lax.round(v, lax.RoundingMethod.TO_NEAREST_EVEN)), (x,)),
        ("integer_pow", lambda v: [lax.integer_pow(v, n) for n in (0, 1, 2, 5)], (x,)),
        ("negative power", lambda v: lax.integer_pow(v, -3), (abs(x) + 1,)),
        ("reduce_precision", lambda v: lax.reduce_precision(v, 5, 4), (x,)),
        ("clamp", lambda v: lax.clamp(jnp.asarray(-1, v.dtype), v, jnp.asarray(1, v.dtype)), (x,)),
    ]
    check(cases, terms=120, back=dtype == "float32")


@few
@given(shape=SHAPES, seed=SEEDS)
def test_functions_of_two(shape: tuple[int, ...], seed: int):
    cases: list[Case] = []
    for dtype in ("float32", "int32", "uint8"):
        a, b = drawn(shape, dtype, seed), drawn(shape, dtype, seed + 1)
        for name in ("add", "sub", "mul", "max", "min", "eq", "ne", "lt", "le", "gt", "ge"):
            cases.append((f"{name} {dtype}", getattr(lax, name), (a, b)))
        for name in ("div", "rem"):
            cases.append((f"{name} {dtype}", getattr(lax, name), (a, abs(b) + 1)))
    x, y = drawn(shape, "float32", seed), drawn(shape, "float32", seed + 1)
    i, j = drawn(shape, "int32", seed), drawn(shape, "int32", seed + 1)
    cases += [
        ("atan2", lax.atan2, (x, y)),
        ("pow", lax.pow, (abs(x) + 0.5, y)),
        ("pow of a whole number", lax.pow, (x, abs(j))),
        ("nextafter", lax.nextafter, (x, y)),
        ("complex", lambda u, v: lax.conj(lax.complex(u, v)) * lax.complex(v, u), (x, y)),
        ("polygamma", lax.polygamma, (jnp.ones_like(x), abs(x) + 1)),
        ("zeta", lax.zeta, (abs(x) + 2, abs(y) + 1)),
        ("scalars", lambda v: [1 + v, 2.0 / (abs(v) + 1), jnp.where(v > 0, v, 0.0), v**2.5], (abs(x),)),
        *((name, getattr(lax, f"bitwise_{name}"), (i, j)) for name in ("and", "or", "xor")),
        *(
            (name, getattr(lax, name), (i, abs(j)))
            for name in ("shift_left", "shift_right_arithmetic", "shift_right_logical")
        ),
        ("bits", lambda v: [lax.population_count(v), lax.clz(v), ~v, lax.sign(v), abs(v)], (i,)),
        ("of unsigned", lambda v: [lax.sign(v), jnp.abs(v), lax.integer_pow(v, 2)], (drawn(shape, "uint32", seed),)),
        ("select_n", lambda k, *v: lax.select_n(k, *v), (abs(i) % 3, x, y, x + y)),
        ("select_n of two", lambda k, *v: lax.select_n(k, *v), (i > 0, x, y)),
    ]
    check(cases, terms=64)


TYPES = ("bool", "int8", "int32", "uint8", "uint32", "float16", "bfloat16", "float32", "complex64")


@pytest.mark.filterwarnings("ignore:Casting complex values to real")
@few
@given(shape=SHAPES, seed=SEEDS)
def test_conversions(shape: tuple[int, ...], seed: int):
    cases: list[Case] = [
        (f"{a} to {b}", lambda v, b=b: lax.convert_element_type(v, b), (abs(drawn(shape, a, seed)).astype(a),))
        for a in TYPES
        for b in TYPES
    ]
    x = drawn(shape, "float32", seed)
    cases += [
        ("bits", lambda v: lax.bitcast_convert_type(v, jnp.int32), (x,)),
        ("fewer bits", lambda v: lax.bitcast_convert_type(v, jnp.uint8), (x,)),
        ("narrow", lambda v: v.astype(jnp.float8_e4m3fn).astype(jnp.float32), (x,)),
        ("four bits", lambda v: v.astype(jnp.int4).astype(jnp.int32), (drawn(shape, "int32", seed),)),
    ]
    check(cases, terms=0)


@few
@given(shape=FULL_SHAPES, seed=SEEDS, data=st.data())
def test_arranging(shape: tuple[int, ...], seed: int, data: st.DataObject):
    x, rank = drawn(shape, "float32", seed), len(shape)
    axis = data.draw(st.integers(0, rank - 1))
    order = data.draw(st.permutations(range(rank)))
    config = [tuple(data.draw(st.tuples(st.integers(-1, 2), st.integers(0, 2), st.integers(0, 2)))) for _ in shape]
    starts = jnp.asarray(data.draw(st.lists(st.integers(-2, 5), min_size=rank, max_size=rank)), jnp.int32)
    sizes = [data.draw(st.integers(0, size)) for size in shape]
    check(
        [
            ("broadcast", lambda v: lax.broadcast_in_dim(v, (2, *shape), tuple(range(1, rank + 1))), (x,)),
            ("reshape", lambda v: v.reshape(-1), (x,)),
            ("transpose", lambda v: lax.transpose(v, order), (x,)),
            ("squeeze", lambda v: lax.squeeze(lax.expand_dims(v, (axis,)), (axis,)), (x,)),
            ("rev", lambda v: lax.rev(v, (axis,)), (x,)),
            ("slice", lambda v: lax.slice(v, (0,) * rank, shape, (2,) * rank), (x,)),
            ("pad", lambda v: lax.pad(v, jnp.float32(7), config), (x,)),
            ("concatenate", lambda v: lax.concatenate([v, v + 1], axis), (x,)),
            ("stack", lambda v: jnp.stack([v, -v], axis), (x,)),
            ("split", lambda v: jnp.split(v, [1], axis), (x,)),
            ("tile", lambda v: jnp.tile(v, (2,) * rank), (x,)),
            ("iota", lambda: lax.broadcasted_iota(jnp.int32, shape, axis), ()),
            ("dynamic_slice", lambda v, s: lax.dynamic_slice(v, list(s), sizes), (x, starts)),
            (
                "update",
                lambda v, u, s: lax.dynamic_update_slice(v, u, list(s)),
                (x, x[tuple(map(slice, sizes))], starts),
            ),
        ],
        terms=0,
    )


@few
@given(shape=FULL_SHAPES, seed=SEEDS, data=st.data())
def test_reducing(shape: tuple[int, ...], seed: int, data: st.DataObject):
    axes = tuple(sorted(data.draw(st.sets(st.integers(0, len(shape) - 1), min_size=1))))
    axis, reverse = axes[0], data.draw(st.booleans())
    x = drawn(shape, "float32", seed)
    holes = jnp.where(x > 2, jnp.nan, jnp.round(x))
    i, p = drawn(shape, "int32", seed), drawn(shape, "bool", seed)
    cases: list[Case] = [
        (f"{name} {v.dtype}", lambda v, name=name: getattr(jnp, name)(v, axes), (v,))
        for name in ("sum", "prod", "max", "min")
        for v in (x, i)
    ]
    cases += [(name, lambda v, name=name: getattr(jnp, name)(v, axes), (p,)) for name in ("any", "all", "max", "min")]
    cases += [
        (f"reduce_{name}", lambda v, name=name: getattr(lax, f"reduce_{name}")(v, axes), (i,))
        for name in ("and", "or", "xor")
    ]
    cases += [
        (f"{name} {v.dtype}", lambda v, name=name: getattr(lax, name)(v, axis, jnp.int32), (v,))
        for name in ("argmax", "argmin")
        for v in (holes, i, p)
    ]
    cases += [
        (name, lambda v, name=name: getattr(lax, name)(v, axis, reverse), (x,))
        for name in ("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp")
    ]
    cases += [
        ("sort", lambda v: [lax.sort(v, dimension=axis), jnp.argsort(-v, axis)], (holes,)),
        ("sort by two", lambda a, b: lax.sort((a, b, a + b), dimension=axis, num_keys=2), (i, x)),
        ("top_k", lambda v: lax.top_k(v, 1), (x,)),
        ("approx_top_k", lambda v: [lax.approx_max_k(v, 1), lax.approx_min_k(v, 1, reduction_dimension=axis)], (x,)),
        ("reduce", lambda a, b: lax.reduce((a, b), (0.0, 0), lambda u, v: (u[0] + v[0], u[1] ^ v[1]), axes), (x, i)),
    ]
    check(cases, terms=64)


@few
@given(seed=SEEDS, data=st.data())
def test_windows_and_contractions(seed: int, data: st.DataObject):
    size, window = data.draw(st.integers(3, 6)), data.draw(st.integers(1, 3))
    stride, dilation = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 2))
    padding, groups = data.draw(st.sampled_from(["SAME", "VALID"])), data.draw(st.sampled_from([1, 2]))
    x, kernel = drawn((2, 4, size, size), "float32", seed), drawn((6, 4 // groups, window, 2), "float32", seed + 1)
    dims, strides = (1, 1, window, window), (1, 1, stride, stride)

    def convolved(v: Any, k: Any) -> Any:
        return lax.conv_general_dilated(
            v,
            k,
            (stride, 1),
            [(1, 0), (-1, 2)],
            lhs_dilation=(1, dilation),
            rhs_dilation=(dilation, 1),
            feature_group_count=groups,
        )

    def pooled(v: Any, init: float, body: Any) -> Any:
        return lax.reduce_window(v, init, body, dims, strides, padding)

    cases: list[Case] = [
        ("convolution", convolved, (x, kernel)),
        ("its gradients", jax.grad(lambda v, k: convolved(v, k).sum(), (0, 1)), (x, kernel)),
        ("sum", lambda v: pooled(v, 0.0, lax.add), (x,)),
        ("max", lambda v: pooled(v, -jnp.inf, lax.max), (x,)),
        ("min", lambda v: pooled(v, jnp.inf, lax.min), (x,)),
        ("any window", lambda v: pooled(v, 1.0, lax.mul), (x,)),
        ("gradient of max", jax.grad(lambda v: pooled(v, -jnp.inf, lax.max).sum()), (x,)),
        ("tangent of max", lambda v: jax.jvp(lambda u: pooled(u, -jnp.inf, lax.max), (v,), (v * v,)), (x,)),
        ("batched", lambda a, b: jnp.einsum("bcij,bckj->bcik", a, b), (x, x + 1)),
        (
            "accumulated",
            lambda a, b: lax.dot_general(a, b, (((1,), (0,)), ((), ())), preferred_element_type=jnp.float32),
            (x[0, 0].astype(jnp.bfloat16), x[0, 1].astype(jnp.bfloat16)),
        ),
        ("precise", lambda a, b: jnp.dot(a, b, precision="highest"), (x[0, 0], x[0, 1])),
        ("whole numbers", lambda a, b: lax.dot(a, b), (drawn((2, 3), "int32", seed), drawn((3, 2), "int32", seed))),
    ]
    check(cases, terms=256)


@few
@given(seed=SEEDS, mode=st.sampled_from(["clip", "fill", "promise_in_bounds"]))
def test_gather_and_scatter(seed: int, mode: str):
    x, i = drawn((5, 4), "float32", seed), drawn((3,), "int32", seed, -7, 7)
    if mode == "promise_in_bounds":
        i = abs(i) % 5
    updates = drawn((3, 4), "float32", seed + 1)
    narrow = i.astype(jnp.int8)
    cases: list[Case] = [
        ("gather", lambda v, k: v.at[k].get(mode=mode), (x, i)),
        ("narrow indices", lambda v, k: v.at[k].get(mode=mode), (x, narrow)),
        ("of whole numbers", lambda v, k: v.at[k].get(mode=mode), (x.astype(jnp.int32), i)),
        ("unsigned", lambda v, k: v.at[k].get(mode=mode), (abs(x).astype(jnp.uint8), i)),
        ("filled", lambda v, k: v.at[k].get(mode=mode, fill_value=-1), (x, i)),
        ("two axes", lambda v, k: v.at[k, k % 4].get(mode=mode), (x, i)),
        ("slices", lambda v, k: jax.vmap(lambda s: lax.dynamic_slice(v, (s, 0), (2, 3)))(k), (x, i)),
        ("batched", jax.vmap(lambda v, k: v.at[k].get(mode=mode)), (x[:3], i)),
        ("gradient", jax.grad(lambda v, k: (v.at[k].get(mode=mode, fill_value=0) ** 2).sum()), (x, i)),
        ("unique set", lambda v, u: v.at[jnp.asarray([0, 9, 2])].set(u, mode="drop"), (x, updates)),
        ("batched add", jax.vmap(lambda v, k, u: v.at[k].add(u, mode=mode)), (x[:3], i, updates[:, 0])),
        ("apply", lambda v, k: v.at[k].apply(jnp.sin), (x, abs(i) % 5)),
    ]
    cases += [
        (name, lambda v, k, u, name=name: getattr(v.at[k], name)(u, mode=mode), (x, i, updates))
        for name in ("add", "multiply", "min", "max", "subtract")
    ]

    def windows(scattered: Any, mode: Any) -> Any:
        dims = lax.ScatterDimensionNumbers((1,), (), (0,))
        return lambda v, k, u: scattered(v, k[:, None], u, dims, mode=mode)

    cases += [
        (f"windows {how}", windows(lax.scatter_add, how), (x[:, 0], i, updates[:, :2]))
        for how in (lax.GatherScatterMode.FILL_OR_DROP, lax.GatherScatterMode.CLIP)
    ]
    check(cases, terms=32)


@few
@given(seed=SEEDS, left=st.booleans(), lower=st.booleans(), transpose=st.booleans(), unit=st.booleans())
def test_linear_algebra(seed: int, left: bool, lower: bool, transpose: bool, unit: bool):
    cases: list[Case] = []
    for dtype in ("float32", "complex64"):
        a, b = drawn((2, 3, 3), dtype, seed) / 8 + 2 * jnp.eye(3, dtype=dtype), drawn((2, 3, 3), dtype, seed + 1)
        options = {"left_side": left, "lower": lower, "transpose_a": transpose, "unit_diagonal": unit}
        cases += [
            ("triangular", lambda a, b, o=options: lax.linalg.triangular_solve(a, b, **o), (a, b)),
            ("conjugate", lambda a, b, o=options: lax.linalg.triangular_solve(a, b, conjugate_a=True, **o), (a, b)),
            ("cholesky", lambda a: lax.linalg.cholesky(a @ a.conj().mT), (a,)),
            ("fft", lambda v: [jnp.fft.fft(v), jnp.fft.ifft2(v)], (b,)),
        ]
    cases.append(("rfft", lambda v: [jnp.fft.rfft(v), jnp.fft.irfft(v.astype(jnp.complex64), 4)], (b.real,)))
    check(cases, terms=512)


@pytest.fixture(params=[False, True])
def x64(request: pytest.FixtureRequest) -> Iterator[bool]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", request.param)
    yield request.param
    jax.config.update("jax_enable_x64", before)


def test_both_widths_of_numbers(x64: bool):
    wide = "float64" if x64 else "float32"

    def f(x: Any, n: Any) -> Any:
        total, steps = lax.fori_loop(0, n, lambda i, s: (s[0] + jnp.sin(x[i % 3]), s[1] + i), (x[0] * 0, 0))
        return total, steps, jnp.argmax(x), jnp.cumsum(x), jax.random.uniform(jax.random.key(3), (2,))

    module = check_program(f, jnp.asarray(np.arange(3), wide), 5, terms=16)
    assert [str(value.type) for value in list(module.walk())[-1].operands][:3] == (
        ["tensor<f64>", "tensor<i64>", "tensor<i64>"] if x64 else ["tensor<f32>", "tensor<i32>", "tensor<i32>"]
    )


def test_what_sorts_is_in_the_order_of_jax():
    x = jnp.asarray([0.0, jnp.nan, -0.0, -jnp.inf, 1.0, -jnp.nan, jnp.inf], jnp.float32)
    module = couloir.from_jax(lambda v: lax.sort((v, jnp.arange(7)), num_keys=1), x)
    _, order = couloir.run(module, np.asarray(x))
    assert order.tolist() == lax.sort((x, jnp.arange(7)), num_keys=1)[1].tolist() == [3, 0, 2, 4, 6, 1, 5]


@few
@given(rows=st.integers(0, 4), columns=st.integers(0, 4), seed=SEEDS)
def test_factorizations(rows: int, columns: int, seed: int):
    cases: list[Case] = []
    for dtype in ("float32", "complex64"):
        a = drawn((2, rows, columns), dtype, seed)
        cases += [
            ("lu", lax.linalg.lu, (a,)),
            ("qr", lambda v: lax.linalg.qr(v, full_matrices=False), (a,)),
            ("full qr", lambda v: lax.linalg.qr(v, full_matrices=True), (a,)),
        ]
    regular = drawn((3, 3), "float32", seed) / 4 + 2 * jnp.eye(3)
    cases += [
        ("singular", lax.linalg.lu, (jnp.zeros((3, 3)),)),
        ("solve", lambda m: [jnp.linalg.solve(m, m[0]), jnp.linalg.inv(m), jnp.linalg.det(m)], (regular,)),
        ("exponential", jax.scipy.linalg.expm, (regular / 4,)),
    ]
    check(cases, terms=256)


def test_special_functions_are_called_as_jax_writes_them():
    x = jnp.asarray([0.5, 1.5, 3.0], jnp.float32)
    module = check(
        [
            ("igamma", lax.igamma, (x, x + 1)),
            ("the same again", lax.igamma, (x, x)),
            ("igammac", lax.igammac, (x, x + 1)),
            ("betainc", lax.betainc, (x, x + 1, x / 4)),
            ("bessel_i0e", lax.bessel_i0e, (x,)),
            ("gradient", jax.grad(lambda a: lax.igamma(a, a + 1).sum()), (x,)),
            ("samples", lambda k: jax.random.gamma(k, 2.0, (3,)), (jax.random.key(1),)),
            ("tridiagonal", lax.linalg.tridiagonal_solve, (x, x + 4, x, x[:, None])),
        ],
        terms=256,
    )
    names = [op.sym_name for op in module.walk() if op.name == "func.func"]
    assert len([name for name in names if name in ("igamma_0", "igamma_1")]) == 1
