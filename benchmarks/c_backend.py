"""Generated C beside onnxruntime, one thread each, interleaved, medians.

    python benchmarks/c_backend.py [RUNS]

Needs the extra `onnxruntime`. Ratios below 1 mean that Couloir is faster.
"""

from __future__ import annotations

import statistics
import sys
from time import perf_counter
from typing import Any

import models
import numpy as np
import onnxruntime

import couloir


def main() -> None:
    """Prints one row for each model."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print(
        f"{'model':<10} {'couloir ms':>11} {'onnxruntime ms':>15} {'ratio':>6} {'C compiler s':>13} {'max difference':>15}"
    )
    for name, model in (("mlp", models.mlp()), ("resnet18", models.resnet(18)), ("resnet50", models.resnet(50))):
        compiled = couloir.compile(model.SerializeToString())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
        x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        ours: list[float] = []
        theirs: list[float] = []
        difference = 0.0
        for _ in range(runs):
            ours.append(_timed(compiled, x))
            theirs.append(_timed(session.run, None, {"image": x}))
        found, expected = compiled(x)[0], np.asarray(session.run(None, {"image": x})[0])
        difference = float(np.abs(found - expected).max() / np.abs(expected).max())
        a, b = statistics.median(ours) * 1e3, statistics.median(theirs) * 1e3
        print(f"{name:<10} {a:11.2f} {b:15.2f} {a / b:6.2f} {compiled.compile_seconds:13.2f} {difference:15.1e}")


def _timed(function: Any, *arguments: Any) -> float:
    start = perf_counter()
    function(*arguments)
    return perf_counter() - start


if __name__ == "__main__":
    main()
