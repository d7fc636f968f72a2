"""The main job: the shipped LeNet, from an ONNX file to NumPy and to C, on 2,000 real test digits.

python labs/demo.py [DIRECTORY]        (default: out/)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import couloir
from couloir.api import c_program
from couloir.backends.c.program import compile_program, write_whole
from couloir.ir.text.printer import operation_text

DATA = Path(__file__).parent / "data"
BATCH = 100
REPEATS = 5


def main() -> int:
    """Runs the demo; returns its exit code."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "out")
    out.mkdir(parents=True, exist_ok=True)
    say = Console(highlight=False, soft_wrap=True).print
    digits, labels = read_digits()
    batches = digits.reshape(-1, BATCH, 1, 28, 28)

    say("[bold]Couloir[/bold]: a digit reader, from an ONNX file to NumPy and C\n")
    source = DATA / "lenet.onnx"
    dims = {"N": BATCH}
    imported = step(say, "onnx ", lambda: couloir.load(source, dims=dims), "read as it is", source)
    hlo = step(say, "hlo  ", lambda: couloir.lower(imported, "hlo"), "lowered to StableHLO")
    loops = step(
        say, "loops", lambda: couloir.lower(hlo, "loops"), "fused and lowered to loops over buffers, memory planned"
    )
    program = step(
        say, "c    ", lambda: c_program(imported), "written as C11", count=lambda p: f"{p.source.count(chr(10))} lines"
    )
    start = perf_counter()
    model = compile_program(program)
    compile_seconds = perf_counter() - start
    cached = " (from the cache)" if model.compile_seconds < 0.05 else ""
    say(f"  compiled by {model.compiler.kind}: {compile_seconds:.2f} s{cached}\n")

    expected, _ = timed(reference(source), batches, 1)
    table = Table(title=f"{len(labels)} test digits, batches of {BATCH}, {REPEATS} runs")
    for name in ("backend", "accuracy", "largest difference from onnx's reference", "µs an image", "compile time"):
        table.add_column(name, justify="left" if name == "backend" else "right")
    rows: list[tuple[str, Callable[[Any], Any], str]] = [
        ("NumPy, onnx level", lambda x: couloir.run(imported, x)[0], "-"),
        ("NumPy, hlo level", lambda x: couloir.run(hlo, x)[0], "-"),
        ("generated C", lambda x: model(x)[0], f"{compile_seconds:.2f} s"),
    ]
    wrong = False
    for name, function, compile_time in rows:
        found, seconds = timed(function, batches, REPEATS)
        accuracy = float(np.mean(found.argmax(axis=1) == labels))
        difference = float(np.abs(found - expected).max())
        wrong = wrong or difference > 1e-4 or accuracy < 0.97
        table.add_row(name, f"{accuracy:.2%}", f"{difference:.1e}", f"{seconds / len(labels) * 1e6:.1f}", compile_time)
    Console().print(table)

    for name, module in (("1-onnx", imported), ("2-hlo", hlo), ("3-loops", loops)):
        write_whole(out / f"{name}.mlir", (operation_text(module, elide_above=64) + "\n").encode())
    written = [out / "1-onnx.mlir", out / "2-hlo.mlir", out / "3-loops.mlir", *program.write(out / "c")]
    for level, module in (("onnx", imported), ("hlo", hlo)):
        couloir.draw(module, out / f"lenet-{level}.svg")
        written.append(out / f"lenet-{level}.svg")
    couloir.draw(imported, out / "lenet-onnx.pdf")
    written.append(out / "lenet-onnx.pdf")
    say("\nWritten, to look at:")
    for path in written:
        say(f"  {path}")
    say("\nNext: what each pass did, as a page for the browser:")
    say("  .venv/bin/couloir view labs/data/lenet.onnx -d N=1 --trace -o out/lenet.html")
    say("README.md has a first pass in ten lines; docs/tutorial.md goes from a dialect of your own to C.")
    if wrong:
        say(
            "[red]The results differ from onnx's reference evaluator: this is a fault of Couloir, please report it.[/red]"
        )
    return int(wrong)


def read_digits() -> tuple[Any, Any]:
    """The test digits as float32 [2000, 1, 28, 28] in 0..1, and their labels."""
    with np.load(DATA / "mnist_test.npz", allow_pickle=False) as data:
        return (data["x"].astype(np.float32) / 255)[:, None], data["y"]


def step(
    say: Any,
    level: str,
    action: Callable[[], Any],
    what: str,
    source: Path | None = None,
    *,
    count: Callable[[Any], str] | None = None,
) -> Any:
    """Does one step and says in one line what happened."""
    start = perf_counter()
    made = action()
    spent = perf_counter() - start
    if count is None:
        ops = [op for op in made.walk() if op is not made]
        size = f"{len(ops)} ops of {len({op.name for op in ops})} kinds"
    else:
        size = count(made)
    origin = f"{source.name} " if source is not None else ""
    say(f"  {level}  {origin}{what}: {size}, {spent:.2f} s")
    return made


def reference(path: Path) -> Callable[[Any], Any]:
    """onnx's own evaluator of the same file."""
    from onnx.reference import ReferenceEvaluator

    evaluator = ReferenceEvaluator(str(path))
    return lambda x: evaluator.run(None, {"image": x})[0]


def timed(function: Callable[[Any], Any], batches: Any, repeats: int) -> tuple[Any, float]:
    """The results for all batches, and the median time of a run over them, in seconds."""
    function(batches[0])
    times: list[float] = []
    results: list[Any] = []
    for _ in range(repeats):
        start = perf_counter()
        results = [function(batch) for batch in batches]
        times.append(perf_counter() - start)
    return np.concatenate(results), float(np.median(times))


if __name__ == "__main__":
    sys.exit(main())
