"""Whole programs, and their gradients, as JAX users write them."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.frontends.jax.comparing import check_program

KEY = jax.random.key(0)


def normal(*shape: int, seed: int = 0) -> jax.Array:
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def perceptron(params: Any, x: Any) -> Any:
    for w, b in params[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = params[-1]
    return x @ w + b


def loss(params: Any, x: Any, y: Any) -> Any:
    return -jnp.mean(jnp.sum(jax.nn.log_softmax(perceptron(params, x)) * jax.nn.one_hot(y, 3), -1))


PARAMS = [(normal(4, 8, seed=1), normal(8, seed=2)), (normal(8, 3, seed=3), normal(3, seed=4))]


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_a_perceptron(backend: str):
    check_program(perceptron, PARAMS, normal(5, 4), terms=32, backend=backend)


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_its_training_step(backend: str):
    def step(params: Any, x: Any, y: Any) -> Any:
        value, grads = jax.value_and_grad(loss)(params, x, y)
        return jax.tree.map(lambda p, g: p - 0.1 * g, params, grads), value

    check_program(step, PARAMS, normal(5, 4), jnp.asarray([0, 2, 1, 1, 0]), terms=64, backend=backend)


def test_jvp_and_vmap_and_hessian():
    def f(x: Any) -> Any:
        return jnp.sum(jnp.tanh(x) ** 3)

    check_program(lambda x, t: jax.jvp(f, (x,), (t,)), normal(4), normal(4, seed=1), terms=16)
    check_program(jax.vmap(jax.grad(f)), normal(3, 4), terms=16)
    check_program(jax.hessian(f), normal(4), terms=32)


def residual_block(params: Any, x: Any) -> Any:
    def convolution(x: Any, w: Any) -> Any:
        return jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def normalized(x: Any, scale: Any) -> Any:
        return (x - x.mean((0, 1, 2))) * jax.lax.rsqrt(x.var((0, 1, 2)) + 1e-5) * scale

    y = jax.nn.relu(normalized(convolution(x, params["conv1"]), params["scale1"]))
    y = normalized(convolution(y, params["conv2"]), params["scale2"])
    pooled = jax.lax.reduce_window(jax.nn.relu(x + y), -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return pooled.mean((1, 2))


def test_a_residual_block_and_its_gradient():
    params = {
        "conv1": normal(3, 3, 4, 4, seed=1),
        "conv2": normal(3, 3, 4, 4, seed=2),
        "scale1": normal(4, seed=3),
        "scale2": normal(4, seed=4),
    }
    x = normal(2, 6, 6, 4)
    check_program(residual_block, params, x, terms=256)
    check_program(jax.grad(lambda p, x: (residual_block(p, x) ** 2).sum()), params, x, terms=2000)


def transformer_block(params: Any, x: Any) -> Any:
    def normalized(x: Any) -> Any:
        return (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5)

    q, k, v = jnp.split(normalized(x) @ params["qkv"], 3, axis=-1)
    heads = [t.reshape(*t.shape[:-1], 2, 4) for t in (q, k, v)]
    scores = jnp.einsum("bqhd,bkhd->bhqk", heads[0], heads[1]) / 2.0
    scores = jnp.where(jnp.tril(jnp.ones(scores.shape[-2:], bool)), scores, -jnp.inf)
    mixed = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores, -1), heads[2]).reshape(x.shape)
    x = x + mixed @ params["out"]
    return x + jax.nn.gelu(normalized(x) @ params["up"]) @ params["down"]


def test_a_transformer_block_and_its_gradient():
    shapes = {"qkv": (8, 24), "out": (8, 8), "up": (8, 16), "down": (16, 8)}
    params = {name: normal(*shape, seed=i) * 0.3 for i, (name, shape) in enumerate(shapes.items())}
    x = normal(2, 5, 8)
    check_program(transformer_block, params, x, terms=64)
    check_program(jax.grad(lambda p, x: (transformer_block(p, x) ** 2).mean()), params, x, terms=256)
    check_program(transformer_block, params, x, terms=64, backend="c")


def recurrent(w: Any, xs: Any) -> Any:
    def cell(h: Any, x: Any) -> Any:
        h = jnp.tanh(h @ w["h"] + x @ w["x"])
        return h, h

    return jax.lax.scan(cell, jnp.zeros((2, 3)), xs)


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_a_recurrent_network(backend: str):
    w = {"h": normal(3, 3, seed=1), "x": normal(4, 3, seed=2)}
    check_program(recurrent, w, normal(6, 2, 4), terms=64, backend=backend)


def test_its_gradient_through_time():
    w = {"h": normal(3, 3, seed=1), "x": normal(4, 3, seed=2)}
    check_program(jax.grad(lambda w, x: recurrent(w, x)[1].sum()), w, normal(6, 2, 4), terms=256)


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_newton_iteration(backend: str):
    def root(a: Any) -> Any:
        def going(state: Any) -> Any:
            x, steps = state
            return (jnp.abs(x * x - a) > 1e-4 * a) & (steps < 50)

        return jax.lax.while_loop(going, lambda s: (0.5 * (s[0] + a / s[0]), s[1] + 1), (a, 0))

    check_program(root, jnp.float32(2.0), terms=8, backend=backend)


def test_k_means():
    def k_means(points: Any, centres: Any) -> Any:
        def step(centres: Any, _: Any) -> Any:
            distances = jnp.sum((points[:, None] - centres[None]) ** 2, -1)
            nearest = jnp.argmin(distances, 1)
            counts = jax.ops.segment_sum(jnp.ones(len(points)), nearest, 3)
            sums = jax.ops.segment_sum(points, nearest, 3)
            return sums / jnp.maximum(counts, 1)[:, None], nearest

        return jax.lax.scan(step, centres, None, length=4)

    points = normal(20, 2)
    check_program(k_means, points, points[:3], terms=64)


def test_a_graph_network():
    def network(w: Any, nodes: Any, senders: Any, receivers: Any) -> Any:
        messages = jax.nn.relu(jnp.concatenate([nodes[senders], nodes[receivers]], -1) @ w)
        total = jax.ops.segment_sum(messages, receivers, nodes.shape[0])
        most = jax.ops.segment_max(messages, receivers, nodes.shape[0])
        return total + jnp.where(jnp.isfinite(most), most, 0.0)

    senders, receivers = jnp.asarray([0, 1, 2, 3, 3, 9]), jnp.asarray([1, 2, 0, 0, 2, 1])
    args = (normal(6, 3), normal(4, 3, seed=1), senders, receivers)
    check_program(network, *args, terms=32)
    check_program(jax.grad(lambda *a: network(*a).sum(), (0, 1)), *args, terms=64)


def test_random_numbers_are_those_of_jax():
    def sample(key: Any) -> Any:
        a, b, c, d, e, f, g = jax.random.split(key, 7)
        return {
            "bits": jax.random.bits(a, (5,), "uint32"),
            "narrow": jax.random.bits(a, (5,), "uint8"),
            "integers": jax.random.randint(b, (3, 2), -5, 20),
            "permutation": jax.random.permutation(c, 7),
            "coins": jax.random.bernoulli(d, 0.3, (9,)),
            "folded": jax.random.key_data(jax.random.fold_in(e, 42)),
            "category": jax.random.categorical(f, jnp.arange(4.0), shape=(6,)),
            "keys": jax.vmap(lambda k: jax.random.bits(k, (2,)))(jax.random.split(g, 3)),
            "dropped": jax.random.choice(a, jnp.arange(10), (4,), replace=False),
        }

    check_program(sample, KEY, terms=0)
    check_program(lambda: jax.random.bits(jax.random.key(7), (3,)), terms=0)
    check_program(lambda s: jax.random.uniform(jax.random.PRNGKey(s), (3,)), 5, terms=0)
    check_program(lambda k: (jax.random.normal(k, (6,)), jax.random.exponential(k, (6,))), KEY, terms=16)


def test_random_keys_pass_loops_and_branches():
    def walk(key: Any) -> Any:
        def step(state: Any, _: Any) -> Any:
            key, x = state
            key, part = jax.random.split(key)
            return (key, x + jax.random.normal(part)), part

        (_, x), parts = jax.lax.scan(step, (key, 0.0), None, length=3)
        other = jax.lax.cond(x > 0, lambda: parts[0], lambda: parts[1])
        return x, jax.random.bits(other), parts

    check_program(walk, KEY, terms=16)


def test_linear_solver_and_spectral_convolution():
    def solve(a: Any, b: Any) -> Any:
        spd = a @ a.T + 4 * jnp.eye(4)
        factor = jax.scipy.linalg.cho_factor(spd, lower=True)
        return jax.scipy.linalg.cho_solve(factor, b), jax.scipy.linalg.solve_triangular(jnp.tril(spd), b, lower=True)

    check_program(solve, normal(4, 4), normal(4, 2, seed=1), terms=64)

    def convolve(x: Any, kernel: Any) -> Any:
        return jnp.fft.irfft(jnp.fft.rfft(x, 16) * jnp.fft.rfft(kernel, 16), 16)

    check_program(convolve, normal(10), normal(5, seed=1), terms=64)
    check_program(
        lambda a, b: jax.scipy.sparse.linalg.cg(lambda v: a @ v, b, maxiter=3)[0], jnp.eye(3), normal(3), terms=64
    )


def test_an_ode_step():
    def integrate(y: Any) -> Any:
        return jax.experimental.ode.odeint(lambda y, t: jnp.stack([y[1], -y[0]]), y, jnp.linspace(0.0, 1.0, 3))

    import jax.experimental.ode

    check_program(integrate, jnp.asarray([1.0, 0.0]), terms=1024)
