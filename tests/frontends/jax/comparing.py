"""How tests compare a function with JAX: many functions in one trace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np

import couloir
from couloir.frontends.jax import call
from tests.frontends.tolerances import tolerance

Case = tuple[str, Callable[..., Any], tuple[Any, ...]]
"""Its name, a function of arrays, and the arrays."""


def array(value: Any) -> np.ndarray:
    """An array of JAX's as one of NumPy's; the data of a random key."""
    if hasattr(value, "dtype") and jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key):
        return np.asarray(jax.random.key_data(value))
    return np.asarray(value) if hasattr(value, "dtype") else np.asarray(jax.numpy.asarray(value))


def arrays(tree: Any) -> list[np.ndarray]:
    """The leaves of a tree."""
    return [array(leaf) for leaf in jax.tree_util.tree_leaves(tree)]


def same(found: np.ndarray, expected: np.ndarray, terms: int) -> str:
    """What differs, or nothing."""
    if found.dtype != expected.dtype or found.shape != expected.shape:
        return f"{found.dtype}{list(found.shape)} instead of {expected.dtype}{list(expected.shape)}"
    exact = expected.dtype.kind in "iub" or expected.dtype.name.startswith(("int", "uint"))
    if exact:
        return "" if np.array_equal(found, expected) else f"differs:\n{found}\n{expected}"
    wide = np.complex128 if expected.dtype.kind == "c" else np.float64
    a, b = found.astype(wide), expected.astype(wide)
    if np.allclose(a, b, rtol=0, atol=tolerance(expected, terms), equal_nan=True):
        return ""
    with np.errstate(invalid="ignore"):  # infinities
        difference = np.abs(a - b).max()
    return f"differs by {difference} (allowed: {tolerance(expected, terms)}):\n{found}\n{expected}"


def check(cases: Sequence[Case], *, terms: int = 16, back: bool = True) -> couloir.Module:
    """Every case computes with NumPy what it computes with JAX, and so does its module, called from JAX again
    (with `back`).

    Returns the module, for further checks.
    """

    def together(inputs: Any) -> Any:
        return [function(*given) for (_, function, _), given in zip(cases, inputs, strict=True)]

    inputs = [given for _, _, given in cases]
    module = couloir.from_jax(together, inputs)
    with np.errstate(all="ignore"):
        found = list(couloir.run(module, *arrays(inputs)))
    ways = {"NumPy": found}
    if back:
        ways["JAX"] = list(jax.jit(call(module))(*arrays(inputs)))
    faults = []
    for (name, _, _), results in zip(cases, jax.jit(together)(inputs), strict=True):
        for number, expected in enumerate(arrays(results)):
            for way, values in ways.items():
                fault = same(array(values.pop(0)), expected, terms)
                if fault:
                    faults.append(f"{name}, result {number}, {way}: {fault}")
    assert not faults, "\n".join(faults)
    assert not any(ways.values())
    return module


def check_program(f: Callable[..., Any], *args: Any, terms: int, backend: str = "numpy") -> couloir.Module:
    """A program computes what it computes with JAX."""
    module = couloir.from_jax(f, *args)
    found = couloir.run(module, *arrays(args), backend=backend)
    expected = arrays(jax.jit(f)(*args))
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        assert not same(mine, theirs, terms)
    return module
