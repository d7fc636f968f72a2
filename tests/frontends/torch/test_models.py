"""Whole architectures, narrow: by the graph of torch.export and by ONNX, with NumPy and in C, all as PyTorch computes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.export import Dim

import couloir
from couloir.ir.text.printer import operation_text
from tests.frontends.torch import models
from tests.frontends.torch.comparing import array, flat, same

Inputs = tuple[torch.Tensor, ...]
BATCH = Dim("batch", min=2, max=64)


def tokens(batch: int, length: int = 7) -> Inputs:
    mask = torch.ones(batch, length, dtype=torch.int64)
    mask[-1, length // 2 :] = 0
    return torch.randint(0, 50, (batch, length)), mask


def images(batch: int) -> Inputs:
    return (torch.randn(batch, 3, 32, 32),)


# The model, inputs for a batch, and the longest sum of products on the way.
SMALL: dict[str, tuple[Callable[[], nn.Module], Callable[[int], Inputs], int]] = {
    "LeNet": (models.LeNet, lambda n: (torch.randn(n, 1, 28, 28),), 256),
    "ResNet-18": (lambda: models.ResNet((2, 2, 2, 2), 8, classes=10), images, 576),
    "ResNet-50": (lambda: models.ResNet((1, 1, 1, 1), 8, bottleneck=True, classes=10), images, 576),
    "MobileNetV2": (lambda: models.MobileNetV2(((1, 8, 1, 1), (6, 12, 2, 2)), 8, 32, 10), images, 147),
    "ViT": (models.ViT, images, 192),
    "BERT": (models.Bert, tokens, 64),
    "LSTM": (models.Recurrent, lambda n: (torch.randn(n, 6, 4),), 32),
}
DEPTH = 16
"""Layers that add up their rounding errors, at most."""


def made(name: str) -> tuple[nn.Module, Callable[[int], Inputs], int]:
    torch.manual_seed(0)
    build, inputs, terms = SMALL[name]
    return models.with_statistics(build()), inputs, terms * DEPTH


def agree(found: Any, model: nn.Module, inputs: Inputs, terms: int) -> None:
    with torch.no_grad():
        expected = flat(model(*inputs))
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        assert not same(np.asarray(mine), array(theirs), terms)


SOME = [pytest.param(name, marks=[] if name in ("LeNet", "BERT") else pytest.mark.slow) for name in SMALL]


@pytest.mark.parametrize("name", SOME)
def test_both_ways_in_compute_what_pytorch_computes(name):
    model, inputs, terms = made(name)
    given = inputs(2)
    arrays = [array(tensor) for tensor in given]
    for via in ("aten", "onnx"):
        module = couloir.from_torch(model, given, via=via)
        agree(couloir.run(module, *arrays), model, given, terms)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_c_computes_what_pytorch_computes(name):
    model, inputs, terms = made(name)
    given = inputs(2)
    compiled = couloir.compile(couloir.from_torch(model, given))
    agree(compiled(*map(array, given)), model, given, terms)


@pytest.mark.parametrize("name", SOME)
def test_an_open_batch(name):
    """One module for every batch: run as it is, and specialized."""
    model, inputs, terms = made(name)
    given = inputs(2)
    module = couloir.from_torch(model, given, dynamic_shapes=tuple({0: BATCH} for _ in given))
    (function,) = module.functions
    assert all(type.dims[0] is None for type in function.function_type.inputs)
    assert str(function.argument_attribute(0, "onnx.dims")[0]) == '"batch"'
    for count in (2, 3):
        other = inputs(count)
        arrays = [array(tensor) for tensor in other]
        agree(couloir.run(module, *arrays), model, other, terms)
        fixed = couloir.specialize(module, dims={"batch": count})
        assert all(type.is_static for op in fixed.walk() for type in [r.type for r in op.results])
        agree(couloir.run(fixed, *arrays), model, other, terms)


def test_a_compiled_module_takes_any_batch():
    model, inputs, terms = made("LeNet")
    module = couloir.from_torch(model, inputs(2), dynamic_shapes=({0: BATCH},))
    compiled = couloir.compile(module)
    for count in (2, 5, 2):
        given = inputs(count)
        agree(compiled(array(given[0])), model, given, terms)


def test_sentences_of_any_length():
    model, inputs, terms = made("BERT")
    length = Dim("length", min=2, max=32)
    shapes = ({0: BATCH, 1: length}, {0: BATCH, 1: length})
    module = couloir.from_torch(model, inputs(2), dynamic_shapes=shapes)
    for count, size in ((2, 7), (3, 12)):
        given = tokens(count, size)
        agree(couloir.run(module, *map(array, given)), model, given, terms)


def test_the_architectures_have_the_published_sizes():
    with torch.device("meta"):
        sizes = {
            "ResNet-18": models.ResNet((2, 2, 2, 2)),
            "ResNet-50": models.ResNet((3, 4, 6, 3), bottleneck=True),
            "MobileNetV2": models.MobileNetV2(),
        }
    counts = {name: sum(p.numel() for p in model.parameters()) for name, model in sizes.items()}
    assert counts == {"ResNet-18": 11_689_512, "ResNet-50": 25_557_032, "MobileNetV2": 3_504_872}


@pytest.mark.slow
def test_resnet_50_in_full_width():
    torch.manual_seed(0)
    model = models.with_statistics(models.ResNet((3, 4, 6, 3), bottleneck=True))
    given = (torch.randn(1, 3, 64, 64),)
    module = couloir.from_torch(model, given)
    agree(couloir.run(module, array(given[0])), model, given, 4608 * DEPTH)


@pytest.mark.parametrize("name", ["BERT"])
def test_upstream_reads_the_text(name):
    """StableHLO's own parser and verifier, as they come with jaxlib, accept what is made, open sizes included."""
    mlir = pytest.importorskip("jax._src.interpreters.mlir")
    ir = pytest.importorskip("jaxlib.mlir.ir")
    model, inputs, _ = made(name)
    given = inputs(2)
    context = mlir.make_ir_context()
    for shapes in (None, tuple({0: BATCH} for _ in given)):
        module = couloir.from_torch(model, given, dynamic_shapes=shapes)
        for op in list(module.walk()):  # the keys of our attributes have no dialect there
            op.attributes.pop("arg_attrs", None)
            op.attributes.pop("res_attrs", None)
        read = ir.Module.parse(operation_text(module), context)
        assert read.operation.verify()
