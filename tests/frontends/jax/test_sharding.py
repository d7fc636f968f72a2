"""Programs for several devices. The oracle is `jax.vmap` with named axes: what devices compute together is what a batch does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.sharding import AbstractMesh
from jax.sharding import PartitionSpec as P

import couloir
from couloir.backends.numpy import run_devices

MESH = AbstractMesh((2, 4), ("a", "b"))
X = np.random.default_rng(0).integers(-9, 9, (4, 8)).astype(np.float32)


def on_devices(f: Callable[..., Any], *args: np.ndarray) -> list[tuple[np.ndarray, ...]]:
    module = couloir.from_jax(f, *args)
    count = module.attributes["mhlo.num_partitions"].value
    return run_devices(module, [args] * count, partitions=count)


COLLECTIVES: dict[str, Callable[[Any], Any]] = {
    "psum": lambda x: lax.psum(x, "a"),
    "psum of both": lambda x: lax.psum(x, ("a", "b")),
    "pmax": lambda x: lax.pmax(x, "b"),
    "pmin": lambda x: lax.pmin(x, "b"),
    "pmean": lambda x: lax.pmean(x, ("b", "a")),
    "all_gather": lambda x: lax.all_gather(x, "b"),
    "all_gather tiled": lambda x: lax.all_gather(x, "b", axis=1, tiled=True),
    "psum_scatter": lambda x: lax.psum_scatter(jnp.stack([x, 2 * x, 3 * x, 4 * x]), "b"),
    "psum_scatter tiled": lambda x: lax.psum_scatter(x, "a", tiled=True),
    "all_to_all": lambda x: lax.all_to_all(jnp.stack([x, 2 * x, 3 * x, 4 * x]), "b", 0, 1),
    "all_to_all tiled": lambda x: lax.all_to_all(x, "a", 0, 1, tiled=True),
    "ppermute": lambda x: lax.ppermute(x, "b", [(0, 1), (1, 2), (2, 3), (3, 0)]),
    "axis_index": lambda x: x + lax.axis_index("a") + 10 * lax.axis_index("b"),
    "axis_index of both": lambda x: x + lax.axis_index(("b", "a")),
    "loop": lambda x: lax.fori_loop(0, 3, lambda i, v: lax.psum(v, "b") / 4, x),
}


@pytest.mark.parametrize("name", COLLECTIVES)
def test_collectives(name: str):
    f = COLLECTIVES[name]

    def stacked(x: Any) -> Any:
        return f(x)[None, None]

    sharded = jax.shard_map(stacked, mesh=MESH, in_specs=P("a", "b"), out_specs=P("a", "b"), check_vma=False)
    shards = X.reshape(2, 2, 4, 2).transpose(0, 2, 1, 3)
    expected = jax.vmap(jax.vmap(f, axis_name="b"), axis_name="a")(shards)
    results = on_devices(sharded, X)
    assert len(results) == 8
    for (found,) in results:
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_what_is_around_is_computed_by_each_device():
    def layer(x: Any, w: Any) -> Any:
        return lax.psum(x @ w, "b")

    def loss(w: Any, x: Any) -> Any:
        sharded = jax.shard_map(layer, mesh=MESH, in_specs=(P("a", "b"), P("b", None)), out_specs=P("a", None))
        return jnp.sum(jnp.sin(sharded(2 * x, w)))

    w = np.random.default_rng(1).normal(size=(8, 3)).astype(np.float32)
    expected = jax.grad(lambda w, x: jnp.sum(jnp.sin(2 * x @ w)))(w, X)
    for (found,) in on_devices(jax.grad(loss), w, X):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_groups_along_an_axis():
    def f(x: Any) -> Any:
        return lax.psum(x, "b", axis_index_groups=[[0, 2], [1, 3]])

    sharded = jax.shard_map(f, mesh=MESH, in_specs=P("a", "b"), out_specs=P("a", "b"), check_vma=False)
    pairs = X.reshape(4, 4, 2)
    expected = (pairs[:, [0, 1, 0, 1]] + pairs[:, [2, 3, 2, 3]]).reshape(4, 8)
    for (found,) in on_devices(sharded, X):
        np.testing.assert_array_equal(found, expected)


def test_an_axis_of_no_mesh_is_named():
    with pytest.raises(couloir.Error, match="unbound axis name: i"):
        couloir.from_jax(lambda x: lax.psum(x, "i"), 1.0)


def test_one_number_of_devices():
    def f(x: Any) -> Any:
        for mesh in (MESH, AbstractMesh((2,), ("c",))):
            x = jax.shard_map(jnp.sin, mesh=mesh, in_specs=P(), out_specs=P())(x)
        return x

    with pytest.raises(couloir.Error) as caught:
        couloir.from_jax(f, X)
    assert "`shard_map`: it is for 2 devices, what comes before is for 8" in caught.value.notes[0]
