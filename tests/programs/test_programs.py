"""Whole programs, and their gradients, compute on NumPy and in C what they compute with JAX."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

import couloir
from couloir.backends.c.program import CProgram
from tests.frontends.jax.comparing import arrays, same
from tests.passes.loop_programs import sanitized
from tests.programs.harness import CHEAP
from tests.programs.joining import joined, run_together
from tests.programs.programs import Program, make, names

SANITIZED = (
    "bf16 mixed precision",
    "int8 linear layer",
    "decoder with a cache",
    "gradient of a graph network",
    "many Newton iterations at once",
    "complex arithmetic",
    "int8 arithmetic",
    "hashes of bits",
    "edit distance",
    "indexing and updates",
)
"""Those that read and write at places that are computed, convert, wrap and divide; and not too much C."""
LARGE = ("ResNet-18", "ResNet-50", "ResNet-18 training step")


def by_jax(program: Program) -> list[np.ndarray]:
    """What XLA computes, without the optimizations that take it time."""
    lowered = jax.jit(program.function).lower(*program.arguments)
    return arrays(lowered.compile(compiler_options=CHEAP)(*program.arguments))


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n in LARGE else []) for n in names()])
def test_program(name: str) -> None:
    program = make(name)
    given, expected = arrays(program.arguments), by_jax(program)
    module = couloir.from_jax(program.function, *program.arguments)
    with np.errstate(all="ignore"):
        on_numpy = couloir.run(module, *given)
    (in_c,) = run_together([couloir.lower(module, "loops", verify_each=False)], [given])
    faults = differences("NumPy", on_numpy, expected, program) + differences("C", in_c, expected, program)
    assert not faults, "\n".join(faults)


def differences(backend: str, found: Sequence[Any], expected: Sequence[np.ndarray], program: Program) -> list[str]:
    assert len(found) == len(expected)
    faults = [same(mine, theirs, program.terms) for mine, theirs in zip(found, expected, strict=True)]
    return [f"{backend}, result {number}: {fault}" for number, fault in enumerate(faults) if fault]


@pytest.mark.slow
def test_sanitizers_find_nothing(tmp_path: Path) -> None:
    programs = [make(name) for name in SANITIZED]
    modules = [couloir.from_jax(program.function, *program.arguments) for program in programs]
    made = CProgram.of(joined([couloir.lower(module, "loops", verify_each=False) for module in modules]))
    found = iter(sanitized(made, [a for program in programs for a in arrays(program.arguments)], tmp_path))
    for name, program, module in zip(SANITIZED, programs, modules, strict=True):
        expected = couloir.run(module, *arrays(program.arguments))
        assert not differences(name, [next(found) for _ in expected], expected, program)


@pytest.mark.parametrize("name", ["transformer encoder block", "LSTM", "gradient of a graph network", "sorting"])
def test_what_users_get_is_optimized_and_gives_the_same(name: str) -> None:
    """Not the quick compilation of these tests, but that of `couloir.compile`."""
    program = make(name)
    module = couloir.from_jax(program.function, *program.arguments)
    given = arrays(program.arguments)
    assert not differences("C", couloir.compile(module)(*given), by_jax(program), program)
