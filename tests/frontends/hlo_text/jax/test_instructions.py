"""Instructions one by one: the module computes what XLA computes of the same text."""

from __future__ import annotations

import numpy as np
import pytest

import couloir
from couloir.frontends.hlo_text import parse
from couloir.ir.types import TensorType, dtype_of
from tests.frontends.hlo_text.jax.instructions import COMPUTATIONS, INSTRUCTIONS
from tests.frontends.hlo_text.jax.xla import as_stablehlo, run_on_xla
from tests.frontends.jax.comparing import same


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
