"""Programs as JAX prints them: they parse, verify, and go back to StableHLO as they came."""

from __future__ import annotations

import pytest

import couloir.dialects  # noqa: F401 -- declares the dialects
from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify

jax = pytest.importorskip("jax")
mlir = pytest.importorskip("jax._src.interpreters.mlir")
ir = pytest.importorskip("jaxlib.mlir.ir")
programs = pytest.importorskip("tests.programs.programs")


PROGRAMS = (
    "perceptron training step",
    "bf16 mixed precision",
    "int8 linear layer",
    "convolutions of one and three dimensions",
    "gradient of a transformer encoder block",
    "decoder with a cache",
    "gradient of a graph network",
    "linear solvers",
    "conjugate gradients",
    "particles",
    "spectrogram",
    "complex arithmetic",
    "random walk",
    "random walk",
    "sorting",
    "hashes of bits",
    "edit distance",
    "tables and pictures",
    "indexing and updates",
    "special functions",
)


@pytest.fixture(scope="module")
def context():
    return mlir.make_ir_context()


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_jax_prints(context, name):
    program = programs.make(name)
    text = jax.jit(program.function).lower(*program.arguments).as_text()
    generic = ir.Module.parse(text, context).operation.get_asm(print_generic_op_form=True)
    for source in (text, generic):
        module = parse_module_op(source)
        verify(module)
        for ours in (operation_text(module), operation_text(module, generic=True)):
            assert ir.Module.parse(ours, context).operation.get_asm(print_generic_op_form=True) == generic


@pytest.mark.parametrize("locations", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_jax_prints_comes_back_to_the_character(name, locations):
    program = programs.make(name)
    text = jax.jit(program.function).lower(*program.arguments).as_text(debug_info=locations)
    module = parse_module_op(text)
    assert operation_text(module, use_names=True, locations=locations) == text.rstrip("\n")
