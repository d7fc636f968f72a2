"""Neural networks as people write them in plain JAX: forward, gradients, training steps, generation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tests.programs.table import Made, normal, program, weights

# -- perceptrons -------------------------------------------------------------------------------------------------------


def perceptron(params: Any, x: Any) -> Any:
    for w, b in params[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = params[-1]
    return x @ w + b


def cross_entropy(logits: Any, labels: Any) -> Any:
    picked = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1)
    return -picked.mean()


def layers(sizes: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    return [(normal(m, n, seed=i, scale=m**-0.5), normal(n, seed=i + 50)) for i, (m, n) in enumerate(pairwise(sizes))]


LABELS = np.array([0, 2, 1, 1, 0], np.int32)


@program("perceptron", terms=32)
def _() -> Made:
    return perceptron, (layers([4, 16, 3]), normal(5, 4))


@program("perceptron training step", terms=64)
def _() -> Made:
    def step(params: Any, x: Any, y: Any) -> Any:
        value, grads = jax.value_and_grad(lambda p: cross_entropy(perceptron(p, x), y))(params)
        return jax.tree.map(lambda p, g: p - 0.1 * g, params, grads), value

    return step, (layers([4, 16, 3]), normal(5, 4), LABELS)


@program("Adam in a loop", terms=512)
def _() -> Made:
    """As optax writes it: moments in trees of the parameters, a step in each iteration of fori_loop."""

    def train(params: Any, x: Any, y: Any) -> Any:
        def step(count: Any, state: Any) -> Any:
            params, first, second = state
            grads = jax.grad(lambda p: cross_entropy(perceptron(p, x), y))(params)
            first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, grads)
            second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, grads)
            t = count + 1.0

            def moved(p: Any, m: Any, v: Any) -> Any:
                return p - 0.01 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-4)

            return jax.tree.map(moved, params, first, second), first, second

        zeros = jax.tree.map(jnp.zeros_like, params)
        return jax.lax.fori_loop(0, 4, step, (params, zeros, zeros))[0]

    return train, (layers([4, 16, 3]), normal(5, 4), LABELS)


@program("bf16 mixed precision", terms=64)
def _() -> Made:
    """Products in bf16, parameters and sums in f32; the loss is scaled."""

    def loss(params: Any, x: Any, y: Any) -> Any:
        h = x.astype(jnp.bfloat16)
        for w, b in params[:-1]:
            h = jax.nn.gelu(h @ w.astype(jnp.bfloat16) + b.astype(jnp.bfloat16))
        w, b = params[-1]
        logits = jnp.dot(h, w.astype(jnp.bfloat16), preferred_element_type=jnp.float32) + b
        return 128.0 * cross_entropy(logits, y), logits.astype(jnp.bfloat16)

    return loss, (layers([4, 16, 3]), normal(5, 4), LABELS)


@program("int8 linear layer", terms=16)
def _() -> Made:
    """Dynamic quantization: int8 products summed in int32, one scale for each row and column."""

    def quantized(x: Any, axis: int) -> Any:
        scale = jnp.max(jnp.abs(x), axis, keepdims=True) / 127.0
        return jnp.clip(jnp.round(x / scale), -128, 127).astype(jnp.int8), scale

    def linear(x: Any, w: Any) -> Any:
        (a, left), (b, right) = quantized(x, 1), quantized(w, 0)
        total = jax.lax.dot_general(a, b, (((1,), (0,)), ((), ())), preferred_element_type=jnp.int32)
        return total.astype(jnp.float32) * left * right

    return linear, (normal(5, 8), normal(8, 6, seed=1))


# -- convolutions ------------------------------------------------------------------------------------------------------


def convolution(x: Any, w: Any, stride: int = 1) -> Any:
    return jax.lax.conv_general_dilated(x, w, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def batch_norm(p: Any, x: Any, training: bool) -> Any:
    """By the statistics of the batch, or by those that are parameters."""
    mean, variance = (x.mean((0, 1, 2)), x.var((0, 1, 2))) if training else (p["mean"], p["variance"])
    return (x - mean) * jax.lax.rsqrt(variance + 1e-3) * p["scale"] + p["offset"]


def basic_block(p: Any, x: Any, stride: int, training: bool) -> Any:
    y = jax.nn.relu(batch_norm(p["norm1"], convolution(x, p["conv1"], stride), training))
    y = batch_norm(p["norm2"], convolution(y, p["conv2"]), training)
    return jax.nn.relu(y + shortcut(p, x, stride, training))


def bottleneck(p: Any, x: Any, stride: int, training: bool) -> Any:
    y = jax.nn.relu(batch_norm(p["norm1"], convolution(x, p["conv1"]), training))
    y = jax.nn.relu(batch_norm(p["norm2"], convolution(y, p["conv2"], stride), training))
    y = batch_norm(p["norm3"], convolution(y, p["conv3"]), training)
    return jax.nn.relu(y + shortcut(p, x, stride, training))


def shortcut(p: Any, x: Any, stride: int, training: bool) -> Any:
    return batch_norm(p["norm"], convolution(x, p["project"], stride), training) if "project" in p else x


RESNETS: dict[int, tuple[Callable[..., Any], Sequence[int], int]] = {
    18: (basic_block, (2, 2, 2, 2), 1),
    34: (basic_block, (3, 4, 6, 3), 1),
    50: (bottleneck, (3, 4, 6, 3), 4),
}
"""Depth: block, blocks of each stage, how many times wider its result is."""


def resnet(depth: int, params: Any, x: Any, training: bool = False) -> Any:
    """A residual network: He et al., "Deep Residual Learning for Image Recognition"."""
    block, stages, _ = RESNETS[depth]
    x = jax.nn.relu(batch_norm(params["norm"], convolution(x, params["stem"], 2), training))
    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "SAME")
    blocks = iter(params["blocks"])
    for stage, count in enumerate(stages):
        for number in range(count):
            x = block(next(blocks), x, 2 if stage > 0 and number == 0 else 1, training)
    return x.mean((1, 2)) @ params["head"] + params["bias"]


def resnet_params(depth: int, width: int = 64, classes: int = 1000) -> dict[str, Any]:
    """Parameters; the published networks have a width of 64."""
    block, stages, expansion = RESNETS[depth]
    seeds = iter(range(10**6))

    def kernel(size: int, inputs: int, outputs: int) -> np.ndarray:
        scale = (2.0 / (size * size * inputs)) ** 0.5
        return normal(size, size, inputs, outputs, seed=next(seeds), scale=scale)

    def norm(features: int) -> dict[str, np.ndarray]:
        scale, offset, mean, spread = (normal(features, seed=next(seeds), scale=0.1) for _ in range(4))
        return {"scale": 1 + scale, "offset": offset, "mean": mean, "variance": np.exp(spread)}

    blocks: list[dict[str, Any]] = []
    inputs = width
    for stage, count in enumerate(stages):
        inner = width * 2**stage
        outputs = inner * expansion
        for _ in range(count):
            if block is basic_block:
                p = {"conv1": kernel(3, inputs, inner), "norm1": norm(inner)}
                p |= {"conv2": kernel(3, inner, inner), "norm2": norm(inner)}
            else:
                p = {"conv1": kernel(1, inputs, inner), "norm1": norm(inner)}
                p |= {"conv2": kernel(3, inner, inner), "norm2": norm(inner)}
                p |= {"conv3": kernel(1, inner, outputs), "norm3": norm(outputs)}
            if inputs != outputs or (stage > 0 and len(blocks) == sum(stages[:stage])):
                p |= {"project": kernel(1, inputs, outputs), "norm": norm(outputs)}
            blocks.append(p)
            inputs = outputs
    head = normal(inputs, classes, seed=next(seeds), scale=inputs**-0.5)
    return {
        "stem": kernel(7, 3, width),
        "norm": norm(width),
        "blocks": blocks,
        "head": head,
        "bias": normal(classes, seed=next(seeds)),
    }


@program("ResNet-18", terms=4096)
def _() -> Made:
    return partial(resnet, 18), (resnet_params(18, 8, 10), normal(2, 32, 32, 3))


@program("ResNet-50", terms=4096)
def _() -> Made:
    return partial(resnet, 50), (resnet_params(50, 8, 10), normal(2, 32, 32, 3))


@program("ResNet-18 training step", terms=65536)
def _() -> Made:
    """Momentum and weight decay; batch statistics of a few images make the gradients sensitive to rounding."""

    def step(params: Any, momentum: Any, x: Any, y: Any) -> Any:
        value, grads = jax.value_and_grad(lambda p: cross_entropy(resnet(18, p, x, training=True), y))(params)
        momentum = jax.tree.map(lambda m, g, p: 0.9 * m + g + 1e-4 * p, momentum, grads, params)
        return jax.tree.map(lambda p, m: p - 0.01 * m, params, momentum), momentum, value

    params = resnet_params(18, 4, 10)
    return step, (params, jax.tree.map(np.zeros_like, params), normal(4, 32, 32, 3), np.array([3, 1, 4, 1], np.int32))


@program("convolutions of one and three dimensions", terms=256)
def _() -> Made:
    """Dilated, strided, grouped and transposed ones."""

    def network(x: Any, video: Any, p: Any) -> Any:
        one = jax.lax.conv_general_dilated(
            x, p["one"], (2,), [(2, 1)], rhs_dilation=(2,), dimension_numbers=("NWC", "WIO", "NWC")
        )
        grouped = jax.lax.conv_general_dilated(
            x, p["grouped"], (1,), "SAME", feature_group_count=2, dimension_numbers=("NWC", "WIO", "NWC")
        )
        up = jax.lax.conv_transpose(x, p["up"], (2,), "SAME", dimension_numbers=("NWC", "WIO", "NWC"))
        three = jax.lax.conv_general_dilated(video, p["three"], (1, 2, 1), "VALID")
        return jnp.tanh(one), jax.nn.silu(grouped), up, three

    p = weights({"one": (3, 4, 5), "grouped": (3, 2, 6), "up": (3, 4, 3), "three": (3, 2, 2, 2, 2)})
    arguments = (normal(2, 9, 4), normal(2, 2, 4, 5, 4, seed=1), p)
    return lambda *a: (network(*a), jax.grad(lambda p: sum(r.sum() for r in network(a[0], a[1], p)))(a[2])), arguments


# -- attention ---------------------------------------------------------------------------------------------------------

HEADS = 2


def layer_norm(x: Any) -> Any:
    return (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5)


def attention(q: Any, k: Any, v: Any, mask: Any) -> Any:
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    return jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(jnp.where(mask, scores, -1e9), -1), v)


def encoder_block(p: Any, x: Any, mask: Any) -> Any:
    q, k, v = (t.reshape(*t.shape[:2], HEADS, -1) for t in jnp.split(layer_norm(x) @ p["qkv"], 3, -1))
    x = x + attention(q, k, v, mask).reshape(x.shape) @ p["out"]
    return x + jax.nn.gelu(layer_norm(x) @ p["up"]) @ p["down"]


BLOCK = {"qkv": (8, 24), "out": (8, 8), "up": (8, 16), "down": (16, 8)}


@program("transformer encoder block", terms=128)
def _() -> Made:
    lengths = np.array([5, 3], np.int32)
    return (
        lambda p, x, lengths: encoder_block(p, x, (jnp.arange(5) < lengths[:, None])[:, None, None]),
        (weights(BLOCK), normal(2, 5, 8), lengths),
    )


@program("gradient of a transformer encoder block", terms=512)
def _() -> Made:
    def loss(p: Any, x: Any) -> Any:
        block = jax.checkpoint(encoder_block)
        return (block(p, x, jnp.tril(jnp.ones((5, 5), bool))) ** 2).mean()

    return jax.value_and_grad(loss), (weights(BLOCK), normal(2, 5, 8))


@program("attention with masks", terms=64)
def _() -> Made:
    """Of jax.nn, causal, with a bias, and with fewer keys than queries have heads."""

    def attend(q: Any, k: Any, v: Any, bias: Any) -> Any:
        causal = jax.nn.dot_product_attention(q, q, q, is_causal=True)
        grouped = jax.nn.dot_product_attention(q, k, v, bias=bias)
        windowed = jax.nn.dot_product_attention(q, k, v, local_window_size=(2, 1))
        return causal, grouped, windowed

    arguments = normal(2, 6, 4, 8), normal(2, 6, 2, 8, seed=1), normal(2, 6, 2, 8, seed=2), normal(1, 4, 6, 6, seed=3)
    return attend, arguments


@program("decoder with a cache", terms=512)
def _() -> Made:
    """Greedy generation: in each step keys and values go into a cache, and the most likely token is the next."""

    def generate(p: Any, first: Any) -> Any:
        length, width = 6, 8

        def step(state: Any, at: Any) -> Any:
            token, keys, values = state
            x = p["embedding"][token] + p["positions"][at]
            q, k, v = (t.reshape(-1, 1, HEADS, width // HEADS) for t in jnp.split(layer_norm(x) @ p["qkv"], 3, -1))
            keys = jax.lax.dynamic_update_slice(keys, k, (0, at, 0, 0))
            values = jax.lax.dynamic_update_slice_in_dim(values, v, at, 1)
            mixed = attention(q, keys, values, jnp.arange(length) <= at)
            x = x + mixed.reshape(-1, width) @ p["out"]
            logits = layer_norm(x + jax.nn.gelu(layer_norm(x) @ p["up"]) @ p["down"]) @ p["embedding"].T
            token = jnp.argmax(logits, -1).astype(jnp.int32)
            return (token, keys, values), (token, logits)

        empty = jnp.zeros((first.shape[0], length, HEADS, width // HEADS))
        return jax.lax.scan(step, (first, empty, empty), jnp.arange(length))

    p = weights({**BLOCK, "embedding": (11, 8), "positions": (6, 8)})
    return generate, (p, np.array([3, 7], np.int32))


@program("sampling of tokens", terms=64)
def _() -> Made:
    """Temperature, the k most likely, the nucleus of probability p."""

    def sample(logits: Any, key: Any) -> Any:
        logits = logits / 0.7
        best, places = jax.lax.top_k(logits, 5)
        among = jnp.take_along_axis(places, jax.random.categorical(key, best)[:, None], 1)
        order = jnp.argsort(-logits, -1)
        ranked = jnp.take_along_axis(logits, order, 1)
        kept = jnp.cumsum(jax.nn.softmax(ranked), -1) - jax.nn.softmax(ranked) < 0.8
        nucleus = jax.random.categorical(jax.random.fold_in(key, 1), jnp.where(kept, ranked, -jnp.inf))
        return among, jnp.take_along_axis(order, nucleus[:, None], 1)

    return sample, (normal(3, 20), jax.random.key(3))


@program("step of a beam search", terms=64)
def _() -> Made:
    def step(beams: Any, scores: Any, logits: Any) -> Any:
        batch, width, vocabulary = logits.shape
        total = scores[..., None] + jax.nn.log_softmax(logits)
        scores, chosen = jax.lax.top_k(total.reshape(batch, width * vocabulary), width)
        parents, tokens = chosen // vocabulary, chosen % vocabulary
        kept = jnp.take_along_axis(beams, parents[..., None], 1)
        return jnp.concatenate([kept, tokens[..., None]], -1), scores, (tokens == 0).any()

    beams = np.arange(2 * 3 * 4, dtype=np.int32).reshape(2, 3, 4)
    return step, (beams, normal(2, 3, seed=1), normal(2, 3, 7))


@program("mixture of experts", terms=128)
def _() -> Made:
    def layer(p: Any, x: Any) -> Any:
        gates, chosen = jax.lax.top_k(jax.nn.softmax(x @ p["route"]), 2)
        spread = jax.nn.one_hot(chosen, 4) * (gates / gates.sum(-1, keepdims=True))[..., None]
        made = jnp.einsum("teh,ehd->ted", jax.nn.silu(jnp.einsum("td,edh->teh", x, p["up"])), p["down"])
        return jnp.einsum("ted,tke->td", made, spread), jnp.bincount(chosen.ravel(), length=4)

    p = weights({"route": (6, 4), "up": (4, 6, 8), "down": (4, 8, 6)})
    return layer, (p, normal(7, 6))


# -- recurrent networks ------------------------------------------------------------------------------------------------


def recurrent(p: Any, xs: Any) -> Any:
    def cell(h: Any, x: Any) -> Any:
        h = jnp.tanh(h @ p["h"] + x @ p["x"] + p["b"])
        return h, h

    return jax.lax.scan(cell, jnp.zeros((xs.shape[1], p["h"].shape[0])), xs)


def lstm(p: Any, xs: Any) -> Any:
    def cell(state: Any, x: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(h @ p["h"] + x @ p["x"] + p["b"], 4, -1)
        c = jax.nn.sigmoid(f + 1) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zeros = jnp.zeros((xs.shape[1], p["h"].shape[0]))
    return jax.lax.scan(cell, (zeros, zeros), xs, unroll=2)


RNN, LSTM = {"h": (3, 3), "x": (4, 3), "b": (3,)}, {"h": (3, 12), "x": (4, 12), "b": (12,)}


@program("recurrent network", terms=64)
def _() -> Made:
    return recurrent, (weights(RNN), normal(6, 2, 4))


@program("gradient of a recurrent network", terms=256)
def _() -> Made:
    return jax.value_and_grad(lambda p, xs: (recurrent(p, xs)[1] ** 2).sum()), (weights(RNN), normal(6, 2, 4))


@program("LSTM", terms=128)
def _() -> Made:
    return lstm, (weights(LSTM), normal(7, 2, 4))


@program("gradient of an LSTM", terms=512)
def _() -> Made:
    return jax.grad(lambda p, xs: (lstm(p, xs)[1] ** 2).sum()), (weights(LSTM), normal(7, 2, 4))


# -- graphs ------------------------------------------------------------------------------------------------------------


def graph_network(p: Any, nodes: Any, senders: Any, receivers: Any) -> Any:
    """Messages along edges; one edge comes from a node that there is not, as padding."""
    messages = jax.nn.relu(jnp.concatenate([nodes[senders], nodes[receivers]], -1) @ p["message"])
    total = jax.ops.segment_sum(messages, receivers, nodes.shape[0])
    most = jax.ops.segment_max(messages, receivers, nodes.shape[0])
    degree = jax.ops.segment_sum(jnp.ones(len(senders)), receivers, nodes.shape[0])
    mean = total / jnp.maximum(degree, 1)[:, None]
    return jnp.concatenate([nodes, mean, jnp.where(jnp.isfinite(most), most, 0.0)], -1) @ p["update"]


GRAPH = (
    weights({"message": (6, 3), "update": (9, 3)}),
    normal(4, 3, seed=1),
    np.array([0, 1, 2, 3, 3, 9], np.int32),
    np.array([1, 2, 0, 0, 2, 1], np.int32),
)


@program("graph network", terms=64)
def _() -> Made:
    return graph_network, GRAPH


@program("gradient of a graph network", terms=128)
def _() -> Made:
    return jax.grad(lambda *a: (graph_network(*a) ** 2).sum(), (0, 1)), GRAPH
