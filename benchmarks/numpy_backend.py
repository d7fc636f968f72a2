"""The NumPy back end beside onnx's ReferenceEvaluator on ResNet-18, interleaved, medians.

    python benchmarks/numpy_backend.py [RUNS] [SIZE]

SIZE is the height and width of the image, 224 by default. Ratios below 1 mean that Couloir is faster.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import models
import numpy as np
from onnx.reference import ReferenceEvaluator

import couloir
from couloir.backends.numpy import run


def main() -> None:
    """Prints one row for each level."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 224
    model = models.resnet(18, size=size)
    x = np.random.default_rng(0).standard_normal((1, 3, size, size)).astype(np.float32)
    reference = ReferenceEvaluator(model)
    module = couloir.load(model)
    lowered = couloir.lower(module, "hlo")
    ways: dict[str, Callable[[], Any]] = {
        "reference": lambda: reference.run(None, {"image": x})[0],
        "onnx": lambda: run(module, x)[0],
        "hlo": lambda: run(lowered, x)[0],
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    results: dict[str, Any] = {}
    for _ in range(runs):
        for name, way in ways.items():
            start = perf_counter()
            results[name] = way()
            seconds[name].append(perf_counter() - start)
    expected = results["reference"]
    slowest = statistics.median(seconds["reference"])
    print(f"{'level':<12} {'ms':>9} {'ratio':>6} {'max difference':>15}")
    for name, taken in seconds.items():
        middle = statistics.median(taken)
        difference = float(np.abs(results[name] - expected).max() / np.abs(expected).max())
        print(f"{name:<12} {middle * 1e3:9.1f} {middle / slowest:6.2f} {difference:15.1e}")


if __name__ == "__main__":
    main()
