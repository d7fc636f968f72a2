"""Random bits as arithmetic: the same as by the NumPy backend, and as those of XLA."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects import hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo.attributes import RngAlgorithm, RngDistribution
from couloir.ir.errors import Error
from couloir.ir.passes import PassPipeline
from couloir.ir.types import TensorType, Type, f32, i64, ui8, ui16, ui32, ui64
from couloir.passes.decompose import Decompose
from tests.passes.loop_programs import agree, lowered, program

LAST = 2**64 - 1


def generate(state: Any, algorithm: RngAlgorithm, shape: tuple[int, ...], element: Type) -> Any:
    return hlo.RngBitGenerator(algorithm, state, result_types=[state.type, TensorType(shape, element)])


def decomposed(module: ModuleOp) -> ModuleOp:
    copy = module.clone()
    PassPipeline.of(Decompose()).run(copy, verify_each=True)
    assert not any(isinstance(op, hlo.RngBitGenerator) for op in copy.walk())
    return copy


@pytest.mark.parametrize("algorithm", list(RngAlgorithm))
@pytest.mark.parametrize("state", [[LAST, LAST - 2], [3, LAST - 1, LAST]])
def test_bits_and_state_are_those_of_the_numpy_backend(algorithm: RngAlgorithm, state: list[int]) -> None:
    given = np.array(state[:2] if algorithm is RngAlgorithm.THREE_FRY else state, np.uint64)
    elements = (ui32, ui64, ui8, ui16, i64, f32)
    shapes: list[tuple[int, ...]] = [(), (0,), (5, 1), (4, 3), (3, 5)]
    module = program(
        [given], lambda x: [r for e in elements for s in shapes for r in generate(x, algorithm, s, e).results]
    )
    for found, wanted in zip(evaluate(decomposed(module), given), evaluate(module, given), strict=True):
        assert found.dtype == wanted.dtype
        assert found.shape == wanted.shape
        assert found.tobytes() == wanted.tobytes()


def test_loops_and_c_agree(tmp_path: Path) -> None:
    arrays = [np.array([5, LAST - 1], np.uint64), np.array([5, LAST - 1, 4], np.uint64)]
    module = program(
        arrays,
        lambda a, b: [
            *generate(a, RngAlgorithm.THREE_FRY, (3, 3), ui32).results,
            *generate(a, RngAlgorithm.THREE_FRY, (5,), ui64).results,
            *generate(b, RngAlgorithm.PHILOX, (7,), ui32).results,
            *generate(b, RngAlgorithm.DEFAULT, (3,), ui64).results,
        ],
    )
    agree(module, arrays, tmp_path)


@pytest.mark.parametrize("name", ["THREE_FRY", "PHILOX"])
@pytest.mark.parametrize("key", [[1, 2, 3, 4], [9, 7, 2**32 - 1, 2**32 - 1]])
@pytest.mark.parametrize("shape", [(3, 4), (4, 3), (3, 5, 5), (7,), ()])
def test_bits_are_those_of_xla(name: str, key: list[int], shape: tuple[int, ...]) -> None:
    """Also where the counter overflows; JAX's keys are four words."""
    jax = pytest.importorskip("jax")
    words = np.array(key, np.uint32)
    state = words.view(np.uint64)
    for element, dtype in ((ui32, np.uint32), (ui8, np.uint8)):
        module = program([state], lambda x, e=element: generate(x, RngAlgorithm[name], shape, e))
        chosen = getattr(jax.lax.RandomAlgorithm, f"RNG_{name}")
        after, wanted = map(np.asarray, jax.lax.rng_bit_generator(words, shape, dtype=dtype, algorithm=chosen))
        for made in (module, decomposed(module)):
            new_state, found = evaluate(made, state)
            np.testing.assert_array_equal(found, wanted)
            np.testing.assert_array_equal(new_state.view(np.uint32), after)


def test_hidden_state_is_refused() -> None:
    def body(low: Any, high: Any) -> Any:
        shape = hlo.constant(np.array([3]))
        return hlo.Rng(low, high, shape, RngDistribution.UNIFORM, result_types=[TensorType((3,), f32)])

    with pytest.raises(Error, match="cannot be lowered to loops") as caught:
        lowered(program([np.float32(0), np.float32(1)], body))
    assert any("hidden state" in note for note in caught.value.notes)
