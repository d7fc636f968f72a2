"""From an ONNX file to StableHLO to loops: seconds and peak memory of each step, for ResNet-50 and a 12-layer encoder.

    python benchmarks/import_models.py [RUNS]

Each run is a process of its own, which reads the file from disk. Beside it stands what onnxruntime takes to load and
optimize the same file on one thread: it does other work (fusion, layouts, memory plan), so the ratio only says what a person waits.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

MODELS = ("resnet50", "encoder12")


def build(name: str, path: Path) -> None:
    """Writes the model to a file."""
    import models
    import onnx

    onnx.save(models.resnet(50) if name == "resnet50" else models.encoder(12), path)


def steps(path: str) -> dict[str, float]:
    """One process of Couloir: seconds of each step, ops of each level, peak memory in MB."""
    start = perf_counter()
    import couloir
    import couloir.passes.pipelines

    found = {"import": perf_counter() - start}

    def timed(name: str, function: object, *arguments: object) -> couloir.Module:
        begun = perf_counter()
        module = function(*arguments)  # pyright: ignore[reportCallIssue]
        found[name] = perf_counter() - begun
        found[f"{name} ops"] = sum(1 for _ in module.walk())
        return module

    module = timed("onnx", couloir.load, path)
    found["loaded MB"] = peak()
    lowered = timed("hlo", couloir.lower, module, "hlo")
    timed("loops", couloir.lower, lowered, "loops")
    found["peak MB"] = peak()
    return found


def onnxruntime_steps(path: str) -> dict[str, float]:
    """One process of onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    start = perf_counter()
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return {"session": perf_counter() - start, "peak MB": peak()}


def peak() -> float:
    """The largest size that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def child(way: str, path: str) -> dict[str, float]:
    """The figures of a process of its own."""
    command = [sys.executable, __file__, "--child", way, path]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    """Prints a table for each model."""
    if sys.argv[1:2] == ["--child"]:
        way, path = sys.argv[2:]
        print(json.dumps(steps(path) if way == "couloir" else onnxruntime_steps(path)))
        return
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as directory:
        for name in MODELS:
            path = Path(directory) / f"{name}.onnx"
            subprocess.run([sys.executable, __file__, "--build", name, str(path)], check=True)
            ours, theirs = [], []
            for _ in range(runs):
                ours.append(child("couloir", str(path)))
                theirs.append(child("onnxruntime", str(path)))
            figures = {key: statistics.median(run[key] for run in ours) for key in ours[0]}
            session = statistics.median(run["session"] for run in theirs)
            total = figures["onnx"] + figures["hlo"] + figures["loops"]
            memory = statistics.median(run["peak MB"] for run in theirs)
            print(f"{name}, {path.stat().st_size / 1e6:.0f} MB, medians of {runs}")
            print(f"  import of the package {figures['import'] * 1e3:8.0f} ms")
            for step in ("onnx", "hlo", "loops"):
                print(f"  to {step:<18} {figures[step] * 1e3:8.0f} ms {figures[f'{step} ops']:9.0f} ops")
            beside = f"onnxruntime's session {session * 1e3:.0f} ms, ratio {total / session:.1f}"
            print(f"  all steps             {total * 1e3:8.0f} ms   {beside}")
            beside = f"after loading {figures['loaded MB']:.0f} MB, onnxruntime {memory:.0f} MB"
            print(f"  peak memory           {figures['peak MB']:8.0f} MB   {beside}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--build"]:
        build(sys.argv[2], Path(sys.argv[3]))
    else:
        main()
