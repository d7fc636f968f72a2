"""`couloir lab p1`: from PyTorch to a printed page."""

from __future__ import annotations

import re
import sys
import threading
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import couloir
from couloir.cli.commands import lab
from couloir.cli.main import main
from couloir.drawing import Display, Rectangle, Text
from couloir.drawing.placing import fitted, placed

LABS = Path(__file__).parents[2] / "labs"
FIGURES = {  # of the course's LeNet: parameters, multiply-adds
    "conv1": (156, 86_400),
    "conv2": (2_416, 153_600),
    "dense1": (30_840, 30_720),
    "dense2": (10_164, 10_080),
    "dense3": (850, 840),
}


@pytest.fixture(scope="module")
def lenet_page() -> Iterator[ModuleType]:
    modules, path = dict(sys.modules), list(sys.path)
    sys.path.insert(0, str(LABS))
    yield lab._loaded(LABS / "lenet_page.py")
    sys.path[:] = path
    for name in set(sys.modules) - set(modules):
        if name in ("lenet_page", "train_lenet", "p1"):
            del sys.modules[name]


@pytest.fixture(scope="module")
def module() -> couloir.Module:
    return couloir.load(LABS / "data" / "lenet.onnx", dims={"N": 1})


def texts(display: Display) -> list[str]:
    return [shape.text for group in display.groups for shape in group.shapes if isinstance(shape, Text)]


def test_the_table_has_the_layers_of_the_course(lenet_page, module):
    table = lenet_page.layers(module)
    assert {row.name: (row.parameters, row.products) for row in table if row.parameters} == FIGURES
    assert [row.what for row in table[:3]] == ["convolution 5×5", "ReLU", "max pool 2×2"]
    assert table[0].shape == "6 × 24 × 24"


def test_the_page_says_how_well_it_reads_and_on_what(lenet_page, module):
    labels = np.arange(20) % 10
    probabilities = np.eye(10)[np.where(np.arange(20) == 3, 5, labels)]
    images = np.zeros((20, 28, 28), np.uint8)
    images[:, 10:12, 5:9] = 255
    page = lenet_page.page(module, images, labels, probabilities, training=100, epochs=2)
    told = texts(page)
    assert (page.width, page.height) == pytest.approx((595.28, 841.89))
    assert {"95.00 %", "of 20 test digits right", "44,426", "281,640", "Conv", "Softmax", "3, not 5"} <= set(told)
    assert any("100 digits" in text and "2 epochs" in text and "20 others" in text for text in told)
    assert any("not MNIST's official split" in text for text in told)
    for group in page.groups:
        for shape in group.shapes:
            if isinstance(shape, Rectangle):
                assert 0 <= shape.x <= shape.x + shape.width <= page.width
                assert 0 <= shape.y <= shape.y + shape.height <= page.height


def test_pictures_are_placed_and_made_smaller():
    from couloir.drawing import Edge, Graph, Node, draw

    display = draw(Graph([Node("a", "A"), Node("b", "B")], [Edge("a", "b", "x")]))
    groups = placed(display, 10, 20, 0.5)
    for old, new in zip(display.groups, groups, strict=True):
        for before, after in zip(old.shapes, new.shapes, strict=True):
            if isinstance(before, Text):
                assert (after.x, after.y, after.size) == (10 + before.x / 2, 20 + before.y / 2, before.size / 2)
    narrow = fitted(display, 0, 0, display.width / 4, display.height)
    right = max(s.x + s.width for g in narrow for s in g.shapes if isinstance(s, Rectangle))
    assert right <= display.width / 4


def test_the_whole_lab(tmp_path, monkeypatch, capsys):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install couloir[labs]")
    pytest.importorskip("onnxscript")
    monkeypatch.setattr(sys, "path", list(sys.path))
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    try:
        assert main(["lab", "p1", "--epochs", "1", "--out", str(tmp_path / "p1")]) == 0
    finally:
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(strict)
    said = capsys.readouterr().out
    accuracy = float(re.search(r"([\d.]+)% of 2,000 test digits right", said)[1])
    assert accuracy > 85  # after one epoch
    assert sorted(path.name for path in (tmp_path / "p1").iterdir()) == [
        "lenet.mlir",
        "lenet.onnx",
        "lenet.pdf",
        "lenet.svg",
    ]
    assert "onnx.Conv" in (tmp_path / "p1" / "lenet.mlir").read_text()
    content = (tmp_path / "p1" / "lenet.pdf").read_bytes()
    assert content.startswith(b"%PDF-") and content.count(b"/Type /Page ") == 1
    streams = [zlib.decompress(part.split(b"\nendstream")[0]) for part in content.split(b"stream\n")[1::2]]
    assert any(f"{accuracy:.2f} %".encode() in stream for stream in streams)


def test_netron_shows_the_model():
    """What `--netron` does, without a browser."""
    netron = pytest.importorskip("netron", reason="Netron is not installed: pip install couloir[labs]")
    address = netron.start(str(LABS / "data" / "lenet.onnx"), browse=False)
    try:
        host, port = address
        with urllib.request.urlopen(f"http://{host}:{port}/", timeout=10) as answer:
            assert b"Netron" in answer.read()
        with urllib.request.urlopen(f"http://{host}:{port}/data/lenet.onnx", timeout=10) as answer:
            assert answer.read() == (LABS / "data" / "lenet.onnx").read_bytes()
    finally:
        netron.stop(address)
        assert threading.active_count() < 20


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["p9"], "no lab `p9`"),
        (["p1", "--epochs", "0"], "nothing to train"),
        (["p1", "--epochs", "1", "--out", "/dev/null/x"], "cannot make the folder"),
    ],
)
def test_what_is_wrong_is_said(arguments, message, capsys, monkeypatch):
    if arguments[0] == "p1":
        pytest.importorskip("torch", reason="PyTorch is not installed: pip install couloir[labs]")
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert main(["lab", *arguments]) == 1
    assert message in capsys.readouterr().err


def test_labs_are_listed(capsys):
    assert main(["lab"]) == 0
    assert capsys.readouterr().out.startswith("p1  Lab P1: a LeNet")


def test_an_installed_package_has_no_labs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lab, "LABS", tmp_path)
    assert main(["lab", "p1"]) == 1
    assert "source tree" in capsys.readouterr().err


def test_netron_that_is_not_installed_is_asked_for_before_training(monkeypatch, capsys):
    pytest.importorskip("torch", reason="PyTorch is not installed: pip install couloir[labs]")
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "netron", None)
    assert main(["lab", "p1", "--netron"]) == 1
    assert "pip install couloir[labs]" in capsys.readouterr().err
