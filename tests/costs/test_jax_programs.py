"""Whole programs: the flops that we count in the StableHLO that JAX writes are those that `Lowered.cost_analysis` gives.

Bytes are compared op by op (test_against_xla.py): on its way to HLO XLA adds transpositions, broadcasts and tables of tuples.
"""

from __future__ import annotations

import pytest

import couloir
from couloir.frontends import hlo_text

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")


def layer(x, w, b):
    return jax.nn.relu(x @ w + b)


def loss(parameters, x, y):
    for w, b in parameters:
        x = layer(x, w, b)
    return -jnp.mean(jax.nn.log_softmax(x)[jnp.arange(4), y])


def training_step(parameters, x, y):
    gradients = jax.grad(loss)(parameters, x, y)
    return jax.tree.map(lambda p, g: p - 0.1 * g, parameters, gradients)


def convolutions(x, w):
    for _ in range(2):
        x = jax.lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        x = jax.nn.gelu(x) * jax.lax.rsqrt(jnp.square(x - x.mean()).mean(axis=(0, 1, 2)) + 1e-5)
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def recurrent(w, xs):
    def step(state, x):
        state = jnp.tanh(state @ w + x)
        return state, jnp.sin(state)

    return jax.lax.scan(step, jnp.zeros((2, 8)), xs)


def branches(p, x):
    return jax.lax.cond(p, lambda v: jnp.exp(jnp.exp(v)), lambda v: v * v + v - 1, x)


def attention(q, k, v):
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / jnp.sqrt(8.0)
    return jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(scores), v)


F = jnp.float32
WEIGHTS = [(jnp.ones((6, 5), F), jnp.ones(5, F)), (jnp.ones((5, 3), F), jnp.ones(3, F))]
PROGRAMS = {
    "step": (training_step, WEIGHTS, jnp.ones((4, 6), F), jnp.array([0, 1, 2, 0])),
    "convolutions": (convolutions, jnp.ones((2, 8, 8, 3), F), jnp.ones((3, 3, 3, 3), F)),
    "gradient": (jax.grad(lambda x, w: convolutions(x, w).sum()), jnp.ones((2, 8, 8, 3), F), jnp.ones((3, 3, 3, 3), F)),
    "recurrent": (recurrent, jnp.ones((8, 8), F), jnp.ones((7, 2, 8), F)),
    "branches": (branches, True, jnp.ones((3, 4), F)),
    "attention": (attention, *[jnp.ones((2, 5, 4, 8), F)] * 3),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name) -> None:
    function, *arguments = PROGRAMS[name]
    lowered = jax.jit(function).lower(*arguments)
    theirs = lowered.cost_analysis()
    module, _ = couloir.opt(couloir.parse(lowered.as_text()), "constant-folding")  # as XLA does before it counts
    ours = couloir.cost(module, trip_counts=False)
    assert not ours.unknown
    assert ours.total.flops == theirs.get("flops", 0)
    assert ours.total.transcendentals == theirs.get("transcendentals", 0)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("optimized", [False, True])
def test_hlo_before_and_after_xla_optimizes_it(name, optimized) -> None:
    """Flops, transcendentals and bytes are XLA's, fusions included; but for 8 bytes for each value of its tuples."""
    function, *arguments = PROGRAMS[name]
    lowered = jax.jit(function).lower(*arguments)
    stage = lowered.compile() if optimized else lowered
    theirs = stage.cost_analysis()
    text = stage.as_text() if optimized else stage.as_text(dialect="hlo")
    ours = couloir.cost(hlo_text.parse(text), trip_counts=False)
    assert not ours.unknown
    counted = theirs.get("flops", 0), theirs.get("transcendentals", 0)
    assert (ours.total.flops, ours.total.transcendentals) == counted
    transposed = sum(kind.cost.bytes_accessed for kind in ours.kinds if kind.name == "stablehlo.transpose")
    if not optimized:  # they are only other layouts
        assert transposed == 0 or name in ("step", "gradient", "attention")
    tables = int(theirs["bytes accessed"]) - ours.total.bytes_accessed + (0 if optimized else transposed)
    assert tables % 8 == 0 and 0 <= tables <= 8 * 14
    assert tables == 0 or name in ("step", "recurrent", "branches")


def test_loops_of_optimized_hlo_run_as_often_as_xla_says() -> None:
    """Their counters are in fusions by then, and their number is in the backend's configuration."""
    function, *arguments = PROGRAMS["recurrent"]
    lowered = jax.jit(function).lower(*arguments)
    before = couloir.cost(hlo_text.parse(lowered.as_text(dialect="hlo")))
    after = couloir.cost(hlo_text.parse(lowered.compile().as_text()))
    assert not before.assumed and not after.assumed
    assert before.total.transcendentals == after.total.transcendentals == 7 * 32
