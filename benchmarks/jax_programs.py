"""Programs of JAX users: tracing, the NumPy backend and C, beside JAX. Interleaved, medians, one thread each.

    python benchmarks/jax_programs.py [RUNS] [NAME...]

Needs the extra `jax`. The programs are those of tests/programs. Columns, in ms, and ratios (below 1: Couloir is faster):

    equations   of the jaxpr, those inside of loops and calls included
    trace       `couloir.from_jax` beside `jax.jit(f).lower(...)`; both make the jaxpr first
    us/eqn      what an equation costs beyond `jax.make_jaxpr`: Couloir, JAX
    numpy       the NumPy backend beside evaluation under `jax.disable_jit()`
    c           compiled by Couloir beside compiled by `jax.jit`
"""

from __future__ import annotations

import math
import os
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

# One thread each: before JAX reads it.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"  # noqa: TID251
sys.path.insert(0, str(Path(__file__).parents[1]))

import jax
import numpy as np

import couloir
from couloir.frontends import jax as frontend
from tests.programs import programs

PATIENCE = 20.0
"""Seconds for the runs of one program in one way; at least one run is made."""


def main() -> None:
    """Prints a row for each program, and the geometric means of the ratios."""
    arguments = sys.argv[1:]
    runs = int(arguments.pop(0)) if arguments and arguments[0].isdecimal() else 5
    print(
        f"{'program':<40} {'equations':>9} {'trace':>8} {'ratio':>6} {'us/eqn':>6} {'JAX':>6}"
        f" {'numpy':>9} {'ratio':>6} {'c':>9} {'ratio':>6}"
    )
    ratios: dict[str, list[float]] = {"trace": [], "numpy": [], "c": []}
    for name in arguments or programs.names():
        program = programs.make(name)
        row = _measured(program.function, program.arguments, runs)
        for key, values in ratios.items():
            values.append(row[key] / row[f"jax {key}"])
        ours, theirs = ((row[k] - row["jaxpr"]) / row["equations"] * 1e6 for k in ("trace", "jax trace"))
        print(
            f"{name[:40]:<40} {row['equations']:9.0f} {row['trace'] * 1e3:8.1f} {ratios['trace'][-1]:6.2f}"
            f" {max(ours, 0):6.0f} {max(theirs, 0):6.0f} {row['numpy'] * 1e3:9.2f} {ratios['numpy'][-1]:6.2f}"
            f" {row['c'] * 1e3:9.3f} {ratios['c'][-1]:6.2f}",
            flush=True,
        )
    means = {key: math.exp(statistics.fmean(map(math.log, values))) for key, values in ratios.items()}
    print("geometric mean of the ratios: " + ", ".join(f"{key} {mean:.2f}" for key, mean in means.items()))


def _measured(function: Callable[..., Any], arguments: tuple[Any, ...], runs: int) -> dict[str, float]:
    """Medians in seconds by way, and the number of equations."""
    traced = frontend.program(function, *arguments)
    flat = [np.asarray(array) for array in traced.flatten(*arguments)]
    compiled = couloir.compile(traced.module)
    jitted = jax.jit(function)
    on_device = jax.device_put(arguments)

    def eager() -> Any:
        with jax.disable_jit():
            return jax.block_until_ready(function(*on_device))

    # A new function each time: JAX keeps what it has traced.
    pairs: list[dict[str, Callable[[], Any]]] = [
        {
            "trace": lambda: frontend.trace(lambda *a: function(*a), *arguments),
            "jax trace": lambda: jax.jit(lambda *a: function(*a)).lower(*arguments),
            "jaxpr": lambda: jax.make_jaxpr(lambda *a: function(*a))(*arguments),
        },
        {"numpy": lambda: couloir.run(traced.module, *flat), "jax numpy": eager},
        {"c": lambda: compiled(*flat), "jax c": lambda: jax.block_until_ready(jitted(*on_device))},
    ]
    closed = jax.make_jaxpr(function)(*arguments)
    found: dict[str, float] = {"equations": float(sum(1 for _ in _equations(closed.jaxpr)))}
    for ways in pairs:
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for way in ways.values():
            way()  # compiles, fills caches
        start = perf_counter()
        while len(next(iter(seconds.values()))) < runs and (
            not next(iter(seconds.values())) or perf_counter() - start < PATIENCE
        ):
            for name, way in ways.items():
                seconds[name].append(_timed(way))
        found |= {name: statistics.median(taken) for name, taken in seconds.items()}
    return found


def _equations(jaxpr: Any) -> Iterator[Any]:
    for equation in jaxpr.eqns:
        yield equation
        for parameter in equation.params.values():
            for inner in parameter if isinstance(parameter, tuple | list) else (parameter,):
                inner = getattr(inner, "jaxpr", inner)
                if hasattr(inner, "eqns"):
                    yield from _equations(inner)


def _timed(way: Callable[[], Any]) -> float:
    start = perf_counter()
    way()
    return perf_counter() - start


if __name__ == "__main__":
    main()
