"""Instructions one by one: the module computes what XLA computes of the same text."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from jax._src.xla_bridge import get_backend
from jaxlib import _hlo, _jax

import couloir
from couloir.frontends.hlo_text import parse
from couloir.ir.types import TensorType, dtype_of
from tests.frontends.hlo_text.jax.instructions import COMPUTATIONS, INSTRUCTIONS
from tests.frontends.jax.comparing import same


def as_stablehlo(text: str) -> str:
    """What jaxlib makes of HLO text."""
    module = _hlo.hlo_module_from_text(text)
    return _jax.mlir.xla_computation_to_mlir_module(_hlo.XlaComputation(module.as_serialized_hlo_module_proto()))


def run_on_xla(stablehlo: str, inputs: list[np.ndarray]) -> list[np.ndarray]:
    backend: Any = get_backend("cpu")
    devices = _jax.DeviceList(tuple(backend.local_devices()[:1]))
    executable = backend.compile_and_load(stablehlo, devices, _jax.CompileOptions())
    results = executable.execute_sharded([jax.device_put(array) for array in inputs])
    return [np.asarray(result[0]) for result in results.disassemble_into_single_device_arrays()]


def arrays_for(module: couloir.Module) -> list[np.ndarray]:
    random = np.random.default_rng(0)
    arrays: list[np.ndarray] = []
    for type in module.functions[0].function_type.inputs:
        assert isinstance(type, TensorType)
        drawn = random.normal(size=type.shape)
        arrays.append(
            (drawn * 3 if dtype_of(type.element_type).kind in "iu" else drawn).astype(dtype_of(type.element_type))
        )
    return arrays


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_instruction_computes_what_xla_computes(name: str) -> None:
    text = f"HloModule m\n{COMPUTATIONS}\nENTRY main {{\n  {INSTRUCTIONS[name]}\n}}\n"
    module = parse(text)
    inputs = arrays_for(module)
    found = couloir.run(module, *inputs)
    expected = run_on_xla(as_stablehlo(text), inputs)
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        assert not same(mine, theirs, 32)
    assert str(couloir.parse(str(module))) == str(module)
