"""Programs whose HLO text is read: name, a function of arrays, and the arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

_random = np.random.default_rng(0)
f32, i32, u32 = np.float32, np.int32, np.uint32


def _f(*shape: int) -> np.ndarray:
    return _random.normal(size=shape).astype(np.float32)


def _mlp(x: Any, w: Any, v: Any) -> Any:
    return jax.nn.softmax(jnp.tanh(x @ w) @ v)


def _loss(x: Any, w: Any, v: Any) -> Any:
    return jnp.sum((jax.nn.relu(x @ w) @ v) ** 2)


def _conv(x: Any, w: Any, strides: Any = (2, 2), padding: Any = "SAME", **more: Any) -> Any:
    return lax.conv_general_dilated(x, w, strides, padding, dimension_numbers=("NHWC", "HWIO", "NHWC"), **more)


def _max_pool(x: Any) -> Any:
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "SAME")


def _attention(q: Any, k: Any, v: Any) -> Any:
    weights = jax.nn.softmax(jnp.einsum("bhid,bhjd->bhij", q, k) / 8**0.5, -1)
    return jnp.einsum("bhij,bhjd->bhid", weights, v)


def _layer_norm(x: Any, scale: Any, offset: Any) -> Any:
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(variance + 1e-5) * scale + offset


def _lstm(c: Any, h: Any, xs: Any, w: Any) -> Any:
    def step(carry: Any, x: Any) -> Any:
        c, h = carry
        i, f, g, o = jnp.split(jnp.concatenate([x, h]) @ w, 4)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (c, h), h

    return lax.scan(step, (c, h), xs)


def _newton(x: Any) -> Any:
    def body(state: Any) -> Any:
        y, n = state
        return y - (y**2 - x) / (2 * y), n + 1

    return lax.while_loop(lambda s: (jnp.abs(s[0] ** 2 - x).max() > 1e-4) & (s[1] < 20), body, (x, 0))


def _elementary(x: Any) -> Any:
    y = jnp.abs(x)
    return (
        lax.erf(x), lax.lgamma(y + 1), lax.digamma(y + 1), lax.erf_inv(x * 0.1), jnp.arctan2(x, x + 1), jnp.cbrt(x),
        lax.log1p(y), lax.expm1(x), lax.rsqrt(y), lax.logistic(x), jnp.sinh(x), jnp.arcsinh(x), lax.round(x), jnp.sign(x),
        lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN), jnp.isfinite(x), lax.tan(x), jnp.power(y, 2.5), x**3,
        lax.rem(x, x + 1), jnp.clip(x, -1, 1), jnp.where(x > 0, x, -x), jnp.nan_to_num(x), lax.nextafter(x, x + 1),
    )  # fmt: skip


def _integers(x: Any) -> Any:
    return x // 3, x % 5, x << 2, x >> 1, lax.population_count(x), lax.clz(x), x.sum(), x.min(1), lax.argmax(x, 1, i32)


def _bits(x: Any) -> Any:
    return lax.bitcast_convert_type(x, i32), lax.bitcast_convert_type(x, np.int16), lax.reduce_precision(x, 5, 10)


def _layouts(x: Any) -> Any:
    return x.transpose(2, 0, 1).reshape(8, 3), jnp.einsum("bij,bkj->bik", x, x), x.swapaxes(0, 2).reshape(-1)


def _pads(x: Any) -> Any:
    return (
        lax.pad(x, 0.0, ((1, 2, 1), (0, -1, 0))),
        jnp.flip(x, 0),
        jnp.concatenate([x, x], 1),
        x[::-1, 1:],
        jnp.tile(x, (2, 2)),
        jnp.roll(x, 1),
    )


def _constants() -> Any:
    return (
        jnp.asarray(np.arange(24).reshape(2, 3, 4), jnp.float32) + jnp.asarray([1.5, np.inf, -np.inf, np.nan], f32),
        jnp.asarray(np.array([1 + 2j, 3.5 - 1j], np.complex64)),
        jnp.asarray([True, False]),
        jnp.asarray(np.array([1, 200], np.uint8)),
        jnp.zeros((2, 0)),
        jnp.asarray(np.full((3,), 1.1), jnp.bfloat16) * 2,
        jnp.asarray([1, -2], jnp.int4).astype(i32),
        jnp.asarray([1, 448], jnp.float8_e4m3fn).astype(f32),
    )


def _k_means(x: Any, centres: Any) -> Any:
    def step(centres: Any, _: Any) -> Any:
        nearest = jnp.argmin(((x[:, None] - centres[None]) ** 2).sum(-1), 1)
        sums = jax.ops.segment_sum(x, nearest, 3)
        counts = jax.ops.segment_sum(jnp.ones(len(x)), nearest, 3)
        return sums / jnp.maximum(counts, 1)[:, None], None

    return lax.scan(step, centres, None, length=4)[0]


def _runge_kutta(y: Any) -> Any:
    def f(y: Any) -> Any:
        return jnp.stack([y[1], -jnp.sin(y[0])])

    def step(_: Any, y: Any) -> Any:
        a = f(y)
        b = f(y + 0.05 * a)
        c = f(y + 0.05 * b)
        return y + 0.1 / 6 * (a + 2 * b + 2 * c + f(y + 0.1 * c))

    return lax.fori_loop(0, 8, step, y)


def _decode(cache: Any, key: Any, query: Any, position: Any) -> Any:
    cache = lax.dynamic_update_slice(cache, key[None], (position, 0))
    scores = jnp.where(jnp.arange(cache.shape[0]) <= position, cache @ query, -1e9)
    return jax.nn.softmax(scores) @ cache, cache


def _normal(key: Any) -> Any:
    return jax.random.normal(jax.random.wrap_key_data(key), (4, 4))


def _shuffled(key: Any) -> Any:
    return jax.random.permutation(jax.random.wrap_key_data(key), 7)


def _with_dict(d: Any) -> Any:
    return {"sum": d["a"].sum() + d["b"][0].sum() * d["b"][1], "same": d["a"]}


def _sums(x: Any) -> Any:
    return jnp.cumsum(x, 1), jnp.cumprod(x, 0), lax.cummax(x, 1), lax.cumlogsumexp(x, axis=0)


def _variadic(x: Any) -> Any:
    return lax.reduce((x, x * 2), (f32(0), f32(1)), lambda a, b: (a[0] + b[0], a[1] * b[1]), (1,))


def _depthwise(x: Any, w: Any) -> Any:
    more = {"lhs_dilation": (1, 2), "rhs_dilation": (2, 1), "feature_group_count": 4}
    return _conv(x, w, (1, 1), ((1, 1), (2, 0)), **more)


def _positive(x: Any) -> Any:
    return x @ x.T + 4 * jnp.eye(x.shape[0])


def _fft(x: Any) -> Any:
    return jnp.fft.fft(x), jnp.fft.rfft(x), jnp.fft.irfft(jnp.fft.rfft(x)), jnp.fft.fft2(x)


def _nested(x: Any) -> Any:
    def outer(i: Any, x: Any) -> Any:
        return lax.cond(i % 2 == 0, lambda y: lax.fori_loop(0, 2, lambda _, z: z * 1.5 + y, y), jnp.cos, x)

    return lax.fori_loop(0, 3, outer, x)


PROGRAMS: Final[dict[str, tuple[Callable[..., Any], tuple[Any, ...]]]] = {
    "mlp": (_mlp, (_f(4, 8), _f(8, 16), _f(16, 3))),
    "mlp gradient": (jax.grad(_loss, argnums=(1, 2)), (_f(4, 8), _f(8, 16), _f(16, 3))),
    "vmap": (jax.vmap(_mlp, (0, None, None)), (_f(2, 4, 8), _f(8, 16), _f(16, 3))),
    "jvp": (lambda x, w, v: jax.jvp(_loss, (x, w, v), (x, w, v)), (_f(4, 8), _f(8, 16), _f(16, 3))),
    "hessian": (jax.hessian(lambda x: jnp.sum(jnp.sin(x) ** 2 * x[::-1])), (_f(4),)),
    "convolution": (_conv, (_f(2, 8, 8, 3), _f(3, 3, 3, 4))),
    "convolution gradient": (
        jax.grad(lambda x, w: jnp.sum(_conv(x, w) ** 2), argnums=(0, 1)),
        (_f(2, 8, 8, 3), _f(3, 3, 3, 4)),
    ),
    "depthwise convolution": (_depthwise, (_f(1, 8, 8, 4), _f(3, 3, 1, 4))),
    "1-d convolution": (lambda x, w: jnp.convolve(x, w), (_f(12), _f(3))),
    "max pool": (_max_pool, (_f(1, 8, 8, 2),)),
    "max pool gradient": (jax.grad(lambda x: jnp.sum(_max_pool(x) ** 2)), (_f(1, 8, 8, 2),)),
    "average pool": (
        lambda x: lax.reduce_window(
            x, 0.0, lax.add, (1, 3, 3, 1), (1, 2, 2, 1), ((0, 0), (1, 1), (1, 1), (0, 0)), window_dilation=(1, 2, 1, 1)
        ),
        (_f(1, 8, 8, 2),),
    ),
    "attention": (_attention, (_f(2, 4, 6, 8), _f(2, 4, 6, 8), _f(2, 4, 6, 8))),
    "attention gradient": (
        jax.grad(lambda q, k, v: jnp.sum(_attention(q, k, v) ** 2), argnums=(0, 1, 2)),
        (_f(1, 2, 4, 3), _f(1, 2, 4, 3), _f(1, 2, 4, 3)),
    ),
    "layer norm": (_layer_norm, (_f(4, 8), _f(8), _f(8))),
    "lstm": (_lstm, (_f(3), _f(3), _f(5, 2), _f(5, 12))),
    "lstm gradient": (
        jax.grad(lambda c, h, xs, w: jnp.sum(_lstm(c, h, xs, w)[1] ** 2), argnums=(2, 3)),
        (_f(3), _f(3), _f(5, 2), _f(5, 12)),
    ),
    "decoder step": (_decode, (_f(6, 4), _f(4), _f(4), i32(3))),
    "newton": (_newton, (np.abs(_f(3)) + 1,)),
    "k-means": (_k_means, (_f(12, 2), _f(3, 2))),
    "runge-kutta": (_runge_kutta, (_f(2),)),
    "nested loops": (_nested, (_f(3),)),
    "scan": (lambda c, xs: lax.scan(lambda c, x: (jnp.sin(c + x), c), c, xs, reverse=True), (_f(3), _f(6, 3))),
    "switch": (
        lambda i, x: lax.switch(i, [jnp.sin, jnp.cos, lambda y: y * 2], x),
        (i32(1), _f(3)),
    ),
    "cond": (lambda p, x: lax.cond(p, jnp.sin, lambda y: y * 2, x), (np.bool_(True), _f(3))),
    "sort": (lambda x: (jnp.sort(x, axis=0), jnp.argsort(x), jnp.argmax(x, 1), jnp.median(x)), (_f(5, 7),)),
    "top k": (lambda x: lax.top_k(x, 3), (_f(5, 7),)),
    "approximate top k": (lambda x: lax.approx_max_k(x, 3), (_f(3, 40),)),
    "gather": (lambda x, i: x[i], (_f(5, 4), np.array([0, 3, 2], i32))),
    "gather of windows": (lambda x, i: jax.vmap(lambda j: lax.dynamic_slice(x, (j, 0), (2, 3)))(i), (_f(5, 4), i32([0, 3, 2]))),
    "take along axis": (lambda x, i: jnp.take_along_axis(x, i, 1), (_f(3, 4), np.array([[0, 3], [1, 1], [2, 0]], i32))),
    "scatter-add": (lambda x, i, u: x.at[i].add(u), (_f(5, 4), np.array([0, 3, 0], i32), _f(3, 4))),
    "scatter-max": (lambda x, i, u: x.at[:, i].max(u), (_f(5, 4), np.array([0, 3], i32), _f(5, 2))),
    "segment sum": (lambda x, s: jax.ops.segment_sum(x, s, 4), (_f(6, 2), np.array([0, 0, 1, 2, 2, 2], i32))),
    "dynamic slices": (
        lambda x, i: lax.dynamic_update_slice(x, lax.dynamic_slice(x, (i, 0), (2, 2)), (0, i)),
        (_f(5, 4), i32(2)),
    ),
    "running sums": (_sums, (_f(4, 9),)),
    "variadic reduction": (_variadic, (_f(4, 9),)),
    "elementary functions": (_elementary, (_f(6),)),
    "integers": (_integers, (np.arange(12, dtype=i32).reshape(3, 4) - 5,)),
    "small integers": (lambda x: jnp.dot(x, x.T, preferred_element_type=jnp.int32), (np.arange(12, dtype=np.int8).reshape(3, 4),)),
    "unsigned": (lambda x: (x // 3, x % 5, x * x, x > 7, x.astype(f32)), (np.arange(9, dtype=u32) * 477218588,)),
    "booleans": (lambda x, y: (x & y, x | ~y, x ^ y, x.any(0), x.all(1)), (_f(3, 4) > 0, _f(3, 4) > 0)),
    "bits": (_bits, (_f(4),)),
    "bf16": (lambda x: jnp.exp(x) @ x, (_f(4, 4).astype(jnp.bfloat16),)),
    "f16": (lambda x: jnp.exp(x) @ x, (_f(4, 4).astype(np.float16),)),
    "complex": (lambda x: (jnp.abs(x), x * x, jnp.exp(x), x.real, x.imag, jnp.conj(x)), ((_f(4) + 1j * _f(4)).astype(np.complex64),)),
    "fft": (_fft, (_f(4, 8),)),
    "constants": (_constants, ()),
    "counting": (lambda: (jnp.arange(5), lax.broadcasted_iota(i32, (2, 3), 1), jnp.linspace(0, 1, 5)), ()),
    "layouts": (_layouts, (_f(2, 3, 4),)),
    "arrangement": (_pads, (_f(2, 3),)),
    "barrier": (lambda x: lax.optimization_barrier((x, x + 1)), (_f(3),)),
    "ragged dot": (lambda a, b, g: lax.ragged_dot(a, b, g), (_f(6, 4), _f(3, 4, 2), np.array([1, 2, 3], i32))),
    "dictionary": (_with_dict, ({"a": _f(2), "b": (_f(3), f32(2))},)),
    "random normal": (_normal, (np.array([0, 1], u32),)),
    "random permutation": (_shuffled, (np.array([0, 1], u32),)),
    "random bits": (lambda k: lax.rng_bit_generator(k, (4, 4)), (np.array([0, 1, 2, 3], u32),)),
    "cholesky": (lambda x: jnp.linalg.cholesky(_positive(x)), (_f(4, 4),)),
    "linear solve": (lambda x, b: jnp.linalg.solve(_positive(x), b), (_f(4, 4), _f(4))),
    "inverse": (lambda x: jnp.linalg.inv(_positive(x)), (_f(3, 3),)),
    "triangular solve": (
        lambda a, b: lax.linalg.triangular_solve(a + 4 * jnp.eye(4), b, left_side=True, lower=True),
        (_f(4, 4), _f(4, 2)),
    ),
    "qr": (jnp.linalg.qr, (_f(4, 3),)),
    "singular values": (lambda x: jnp.linalg.svd(x, compute_uv=False), (_f(4, 3),)),
    "eigenvalues": (lambda x: jnp.linalg.eigvalsh(x @ x.T), (_f(4, 4),)),
    "unused argument": (lambda x, y: x + 1, (_f(2), _f(3))),
    "identity": (lambda x: x, (_f(2),)),
}  # fmt: skip


EXACT_TERMS: Final = 16
TERMS: Final = {
    "convolution gradient": 64,
    "attention gradient": 64,
    "lstm gradient": 256,
    "mlp gradient": 128,
    "jvp": 512,
    "cholesky": 64,
    "linear solve": 256,
    "inverse": 256,
    "elementary functions": 64,
    "qr": 64,
    "singular values": 64,
    "eigenvalues": 64,
}
"""How many roundings a program's results may differ by, where it is more than `EXACT_TERMS`: the numbers that are summed one
after the other, over all steps."""
