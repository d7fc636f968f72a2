"""Mutable references: a program of them computes with NumPy what it computes with JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.experimental.pallas
import jax.numpy as jnp
import pytest

import couloir
from tests.frontends.jax.comparing import check

X = jnp.arange(1.0, 13.0).reshape(3, 4)


def of_reference(body: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function that makes a reference to its argument, runs `body` on it, and returns what both give."""

    def f(x: Any) -> Any:
        reference = jax.new_ref(x)
        result = body(reference)
        return jax.freeze(reference), result

    return f


def writes(ref: Any) -> Any:
    ref[0, 1] = 5.0
    ref[1:3, ::2] += 1.0
    ref[jnp.asarray([0, 2]), 3] = jnp.asarray([7.0, 8.0])
    return ref[:, 2], ref[...]


def computed_places(ref: Any) -> Any:
    start = ref[0, 0].astype(int)
    ref[start] = ref[start - 1] * 2
    ref[jax.experimental.pallas.ds(start, 2), 1] += 10.0
    return ref[start, start]


def loops(ref: Any) -> Any:
    jax.lax.fori_loop(0, 3, lambda i, _: ref.__setitem__((i, i), ref[i, 0]), None)

    def step(carry: Any, x: Any) -> Any:
        ref[0] += x
        return carry + ref[0, 0], ref[0]

    total, rows = jax.lax.scan(step, 0.0, ref[...])
    count = jax.lax.while_loop(lambda i: ref[0, 0] + i < 40, lambda i: (ref.__setitem__(1, ref[1] + 1), i + 1)[1], 0)
    return total, rows, count


def branches(ref: Any) -> Any:
    jax.lax.cond(ref[0, 0] > 0, lambda: ref.__setitem__(0, -ref[0]), lambda: None)
    return jax.lax.switch(1, [lambda: 0.0, lambda: (ref.__setitem__(1, ref[1] * 3), ref[1, 1])[1]])


def calls(ref: Any) -> Any:
    other = jax.new_ref(jnp.zeros(4))

    @jax.jit
    def inner(a: Any, b: Any) -> Any:
        a[0] += b[...] + 1
        b[...] = a[1]
        return a[2]

    return inner(ref, other) + inner(ref, other), other[...]


@pytest.mark.parametrize("body", [writes, computed_places, loops, branches, calls])
def test_references(body: Callable[[Any], Any]):
    check([(body.__name__, of_reference(body), (X,))], terms=16)


def test_a_gradient_through_references():
    def f(x: Any) -> Any:
        ref = jax.new_ref(jnp.zeros(()))
        for i in range(3):
            ref[...] += jnp.sin(x[0, i])
        return ref[...]

    check([("gradient", jax.grad(f), (X,))], terms=16)


def test_references_that_outlive_the_program_are_refused():
    outside = jax.new_ref(jnp.zeros(2))

    def writes(x: Any) -> Any:
        outside[...] = x
        return x

    with pytest.raises(couloir.Error, match="a value that the function closes over is a mutable reference"):
        couloir.from_jax(writes, jnp.ones(2))
    with pytest.raises(couloir.Error, match="argument `ref` is a mutable reference"):
        couloir.from_jax(lambda ref: ref[...], outside)
