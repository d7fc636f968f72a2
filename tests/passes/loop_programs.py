"""Runs a StableHLO program by the NumPy backend, and after its lowering by the NumPy backend and as C."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from couloir.backends.c.cache import Cache
from couloir.backends.c.program import CProgram, compile_program
from couloir.backends.c.toolchain import CompileOptions, find_compiler
from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects.builtin import ModuleOp
from couloir.passes.pipelines import HLO_TO_LOOPS
from tests.backends.numpy.programs import program

__all__ = ["agree", "joined", "lowered", "program", "run_sanitized", "sanitized"]

Body = Callable[..., Any]

#: Quick to compile, and every rounding where the program has it.
OPTIONS = CompileOptions(optimization=1, fp_contract="off")


def joined(cases: Sequence[tuple[Sequence[Any], Body]]) -> tuple[list[Any], Body]:
    """Several programs as one: the arrays of all, and the results of all. One C compilation then checks them all."""
    arrays = [array for inputs, _ in cases for array in inputs]

    def body(*values: Any) -> list[Any]:
        results: list[Any] = []
        position = 0
        for inputs, inner in cases:
            made = inner(*values[position : position + len(inputs)])
            results.extend(made if isinstance(made, list | tuple) else [made])
            position += len(inputs)
        return results

    return arrays, body


def lowered(module: ModuleOp) -> ModuleOp:
    """A copy of a module as loops, verified after each pass."""
    copy = module.clone()
    HLO_TO_LOOPS.run(copy, verify_each=True)
    return copy


def agree(module: ModuleOp, arrays: Sequence[Any], cache: Path, *, tolerance: float = 0.0) -> tuple[Any, ...]:
    """Checks that loops and C give what the module means; returns that.

    `tolerance` is relative to the largest element of a result.
    """
    expected = evaluate(module, *arrays)
    loops = lowered(module)
    compiled = compile_program(CProgram.of(loops), options=OPTIONS, cache=Cache(cache))
    on_loops = [
        found.view(wanted.dtype).reshape(wanted.shape)
        for found, wanted in zip(evaluate(loops, *map(_signless, arrays)), expected, strict=True)
    ]
    for label, found in (("loops", on_loops), ("C", compiled(*arrays))):
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            message = f"result {number} of the {label}"
            assert one.dtype == other.dtype, message
            one, other = _plain(one), _plain(other)
            if tolerance and other.size:
                scale = tolerance * float(np.max(np.abs(other[np.isfinite(other)]), initial=0))
                np.testing.assert_allclose(one, other, rtol=0, atol=scale, err_msg=message)
            else:
                np.testing.assert_array_equal(one, other, err_msg=message)
    return expected


def _plain(array: Any) -> Any:
    """Numbers of a type that NumPy has itself, which compares NaNs."""
    own = array.dtype.kind != "V" and array.dtype.type.__module__ == "numpy"
    return array if own else array.astype(np.float32)


def _signless(array: Any) -> Any:
    """Arrays as the loops have them: integers without a sign of their own, both parts of complex numbers in a dimension."""
    if array.dtype.kind == "c":
        return np.ascontiguousarray(array).view(array.real.dtype).reshape(*array.shape, 2)
    return array.view(array.dtype.name.removeprefix("u")) if array.dtype.name.startswith("uint") else array


def run_sanitized(module: ModuleOp, arrays: Sequence[Any], folder: Path) -> list[Any]:
    """The results of the C, built with address and undefined-behaviour sanitizers, in a process of its own."""
    return sanitized(CProgram.of(lowered(module)), arrays, folder)


def sanitized(made: CProgram, arrays: Sequence[Any], folder: Path) -> list[Any]:
    """`run_sanitized` of a C program."""
    compiler = find_compiler()
    if compiler.kind == "zig":
        pytest.skip("zig has no address sanitizer")
    made.write(folder)
    flags = ["-std=c11", "-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-Wall", "-Wextra"]
    build = [*compiler.command, *flags, "-Werror", "main.c", "model.c", "-lm", "-o", "model"]
    built = subprocess.run(build, cwd=folder, capture_output=True, text=True, timeout=300)
    if built.returncode != 0 and ("asan" in built.stderr or "ubsan" in built.stderr):
        pytest.skip("the compiler has no sanitizer run time")
    assert built.returncode == 0, built.stderr
    for number, array in enumerate(arrays):
        array.tofile(folder / f"in{number}.bin")
    inputs = [f"in{i}.bin" for i in range(len(arrays))]
    outputs = [f"out{i}.bin" for i in range(len(made.outputs))]
    ran = subprocess.run(["./model", *inputs, *outputs], cwd=folder, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return [np.fromfile(folder / name, b.dtype).reshape(b.shape) for name, b in zip(outputs, made.outputs, strict=True)]
