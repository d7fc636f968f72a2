"""Models with seeded weights, made with onnx.helper: speed does not depend on what was learnt."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class _Builder:
    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def weight(self, array: Any) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"v{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(kind, list(inputs), [output], name=f"{kind.lower()}{len(self.nodes)}", **attributes)
        )
        return output

    def convolution(self, x: str, inputs: int, outputs: int, kernel: int, stride: int) -> str:
        """Conv and BatchNormalization, He-scaled."""
        scale = np.sqrt(2 / (inputs * kernel * kernel))
        weight = self.weight(self.random.standard_normal((outputs, inputs, kernel, kernel)) * scale)
        pad = kernel // 2
        made = self.node("Conv", x, weight, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4)
        gamma, beta, mean = (
            self.random.uniform(low, high, outputs) for low, high in ((0.5, 1), (-0.1, 0.1), (-0.1, 0.1))
        )
        variance = self.random.uniform(0.5, 1.5, outputs)
        return self.node("BatchNormalization", made, *(self.weight(v) for v in (gamma, beta, mean, variance)))


def resnet(depth: int = 18, *, batch: int = 1, size: int = 224, seed: int = 0) -> onnx.ModelProto:
    """ResNet-18 or ResNet-50 v1 for images [batch, 3, size, size] and 1000 classes."""
    blocks, bottleneck = {18: ((2, 2, 2, 2), False), 50: ((3, 4, 6, 3), True)}[depth]
    b = _Builder(seed)
    x = b.node("Relu", b.convolution("image", 3, 64, 7, 2))
    x = b.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for stage, count in enumerate(blocks):
        width = 64 << stage
        outputs = width * (4 if bottleneck else 1)
        for block in range(count):
            stride = 2 if stage and block == 0 else 1
            short = x
            if bottleneck:
                y = b.node("Relu", b.convolution(x, channels, width, 1, 1))
                y = b.node("Relu", b.convolution(y, width, width, 3, stride))
                y = b.convolution(y, width, outputs, 1, 1)
            else:
                y = b.node("Relu", b.convolution(x, channels, width, 3, stride))
                y = b.convolution(y, width, outputs, 3, 1)
            if stride != 1 or channels != outputs:
                short = b.convolution(x, channels, outputs, 1, stride)
            x = b.node("Relu", b.node("Add", y, short))
            channels = outputs
    x = b.node("Flatten", b.node("GlobalAveragePool", x))
    dense = b.weight(b.random.standard_normal((1000, channels)) / np.sqrt(channels))
    x = b.node("Gemm", x, dense, b.weight(np.zeros(1000)), transB=1)
    return _model(b, [("image", [batch, 3, size, size])], x, [batch, 1000], f"resnet{depth}")


def mlp(sizes: tuple[int, ...] = (784, 512, 512, 10), *, batch: int = 1, seed: int = 0) -> onnx.ModelProto:
    """Dense layers with ReLU between them and a Softmax at the end."""
    b = _Builder(seed)
    x = "image"
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        weight = b.weight(b.random.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs))
        x = b.node("Add", b.node("MatMul", x, weight), b.weight(b.random.standard_normal(outputs) * 0.1))
        if number < len(sizes) - 2:
            x = b.node("Relu", x)
    return _model(b, [("image", [batch, sizes[0]])], b.node("Softmax", x, axis=-1), [batch, sizes[-1]], "mlp")


def encoder(
    layers: int = 12, *, width: int = 768, heads: int = 12, words: int = 128, batch: int = 1, seed: int = 0
) -> onnx.ModelProto:
    """A transformer encoder as in BERT, after the embedding: [batch, words, width] to the same."""
    b = _Builder(seed)
    size = width // heads
    scale = b.weight(np.array(1 / np.sqrt(size)))

    def dense(x: str, inputs: int, outputs: int) -> str:
        weight = b.weight(b.random.standard_normal((inputs, outputs)) / np.sqrt(inputs))
        return b.node("Add", b.node("MatMul", x, weight), b.weight(np.zeros(outputs)))

    def shaped(x: str, *sizes: int) -> str:
        name = f"shape{len(b.weights)}"
        b.weights.append(numpy_helper.from_array(np.array(sizes, np.int64), name))
        return b.node("Reshape", x, name)

    def normal(x: str) -> str:
        return b.node("LayerNormalization", x, b.weight(np.ones(width)), b.weight(np.zeros(width)), axis=-1)

    x = "words"
    for _ in range(layers):
        parts = [
            b.node("Transpose", shaped(dense(x, width, width), batch, words, heads, size), perm=perm)
            for perm in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3])
        ]
        weights = b.node("Softmax", b.node("Mul", b.node("MatMul", parts[0], parts[1]), scale), axis=-1)
        mixed = b.node("Transpose", b.node("MatMul", weights, parts[2]), perm=[0, 2, 1, 3])
        x = normal(b.node("Add", x, dense(shaped(mixed, batch, words, width), width, width)))
        inner = dense(x, width, 4 * width)
        half, root = b.weight(np.array(0.5)), b.weight(np.array(1 / np.sqrt(2)))
        bent = b.node("Add", b.node("Erf", b.node("Mul", inner, root)), b.weight(np.array(1.0)))
        gelu = b.node("Mul", b.node("Mul", inner, half), bent)
        x = normal(b.node("Add", x, dense(gelu, 4 * width, width)))
    return _model(b, [("words", [batch, words, width])], x, [batch, words, width], f"encoder{layers}")


def _model(
    b: _Builder, inputs: list[tuple[str, list[int]]], output: str, shape: list[int], name: str
) -> onnx.ModelProto:
    graph = helper.make_graph(
        b.nodes,
        name,
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
        b.weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
