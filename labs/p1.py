"""Lab P1: a LeNet trained in PyTorch, exported to ONNX, imported, and shown: on a printed page and in Netron.

    couloir lab p1                 (or: python labs/p1.py)     writes out/p1/
    couloir lab p1 --netron        opens the model in Netron as well

It writes `lenet.onnx`, `lenet.mlir` (as imported), `lenet.svg` (the graph) and `lenet.pdf` (the page, A4). The digits are
those of `labs/data`: 8,000 train, 2,000 test. The seed is fixed: the same machine and versions give the same page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final, cast

import numpy as np
from lenet_page import page
from train_lenet import Digits, export, read_split, run_torch, train, write_whole

import couloir
from couloir.drawing import to_pdf
from couloir.ir.errors import Error
from couloir.ir.text.printer import operation_text

EPOCHS: Final = 8
TOLERANCE: Final = 5 * 256 * 2.0**-24
"""How far two orders of summation may drift apart: five layers, sums of at most 256 terms, float32."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the lab; returns its exit code."""
    parser = argparse.ArgumentParser(prog="couloir lab p1", description=cast("str", __doc__).partition("\n")[0])
    parser.add_argument("--out", "-o", type=Path, default=Path("out/p1"), help="folder to write to (default: out/p1)")
    parser.add_argument("--epochs", type=int, default=EPOCHS, help=f"passes over the digits (default: {EPOCHS})")
    parser.add_argument(
        "--netron", action="store_true", help="open the model in Netron, in the browser; Ctrl-C ends it"
    )
    parser.add_argument("--no-browser", action="store_true", help="with --netron: serve the page, but open no browser")
    options = parser.parse_args(arguments)
    try:
        if options.epochs < 1:
            raise Error(f"there is nothing to train in {options.epochs} epochs", hint="--epochs 1 or more")
        netron = find_netron() if options.netron else None
        model = run(options.out, options.epochs)
        if netron is not None:
            netron.start(str(model), browse=not options.no_browser)
            netron.wait()
    except Error as error:
        print(f"couloir lab p1: error: {error}", file=sys.stderr)
        return 1
    return 0


def find_netron() -> Any:
    """The package that shows models in the browser."""
    try:
        import netron
    except ImportError as error:
        raise Error("Netron is not installed", hint="pip install couloir[labs]") from error
    return netron


def run(out: Path, epochs: int) -> Path:
    """Trains, exports, imports, compares, draws. Returns the ONNX file."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Error(f"cannot make the folder: {error.strerror}", where=out) from error
    training, test = read_split()
    start = perf_counter()
    net = train(training, epochs)
    print(f"trained on {len(training.y):,} digits in {perf_counter() - start:.0f} s")
    proto = export(net)
    model = out / "lenet.onnx"
    write_whole(model, proto.SerializeToString(deterministic=True))
    module = couloir.load(model, dims={"N": 1})
    probabilities = run_couloir(model, test)
    difference = float(np.abs(probabilities - run_torch(net, test)).max())
    if difference > TOLERANCE:
        raise Error(f"Couloir and PyTorch differ by {difference:.1e}, more than {TOLERANCE:.1e}")
    right = float(np.mean(probabilities.argmax(axis=1) == test.y))
    print(f"{right:.2%} of {len(test.y):,} test digits right; Couloir and PyTorch differ by at most {difference:.0e}")
    write_whole(out / "lenet.mlir", (operation_text(module, elide_above=64) + "\n").encode())
    couloir.draw(module, out / "lenet.svg")
    drawn = page(module, test.x, test.y, probabilities, training=len(training.y), epochs=epochs)
    write_whole(out / "lenet.pdf", to_pdf(drawn))
    for path in (model, out / "lenet.mlir", out / "lenet.svg", out / "lenet.pdf"):
        print(f"wrote {path}")
    return model


def run_couloir(model: Path, digits: Digits) -> Any:
    """Probabilities [n, 10] by Couloir, from the file."""
    inputs = digits.inputs()
    (probabilities,) = couloir.run(couloir.load(model, dims={"N": len(inputs)}), inputs)
    return probabilities


if __name__ == "__main__":
    sys.exit(main())
