"""The shipped LeNet and its digits are what labs/data/README.md says, and the script that makes them still works."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

from couloir.ir.errors import Error

LABS = Path(__file__).parents[2] / "labs"


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    """`labs/train_lenet.py` as a module; what it changes in torch for the whole process is put back."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    name = "couloir_labs_train_lenet"
    spec = importlib.util.spec_from_file_location(name, LABS / "train_lenet.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    spec.loader.exec_module(module)
    yield module
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(strict)
    del sys.modules[name]


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    return onnx.load(LABS / "data" / "lenet.onnx")


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    with np.load(LABS / "data" / "mnist_test.npz") as arrays:
        return arrays["x"], arrays["y"]


def shape_of(value: onnx.ValueInfoProto) -> list[int | str]:
    return [dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim]


def test_model_is_valid_small_and_self_contained(model: onnx.ModelProto) -> None:
    onnx.checker.check_model(model, full_check=True)
    assert (LABS / "data" / "lenet.onnx").stat().st_size < 250_000
    assert all(tensor.data_location == onnx.TensorProto.DEFAULT for tensor in model.graph.initializer)


def test_interface_has_the_documented_names_types_and_symbolic_batch(model: onnx.ModelProto) -> None:
    (image,), (probabilities,) = model.graph.input, model.graph.output
    assert (image.name, shape_of(image)) == ("image", ["N", 1, 28, 28])
    assert (probabilities.name, shape_of(probabilities)) == ("probabilities", ["N", 10])
    for value in (image, probabilities):
        assert value.type.tensor_type.elem_type == onnx.TensorProto.FLOAT


def test_layers_are_those_of_the_course(model: onnx.ModelProto) -> None:
    assert Counter(node.op_type for node in model.graph.node) == {
        "Conv": 2,
        "Relu": 4,
        "MaxPool": 2,
        "Reshape": 1,
        "Gemm": 3,
        "Softmax": 1,
    }
    weights = [tensor for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.FLOAT]
    parameters = Counter[str]()
    for tensor in weights:
        parameters[tensor.name.split(".")[0]] += math.prod(tensor.dims)
    assert parameters == {"conv1": 156, "conv2": 2_416, "dense1": 30_840, "dense2": 10_164, "dense3": 850}
    assert parameters.total() == 44_426


def test_origin_is_told_without_traces_of_the_machine_that_made_it(model: onnx.ModelProto) -> None:
    for told in ("MNIST", "mnist 1.1.0", "MIT licence", "Apache-2.0", "pixel / 255"):
        assert told in model.doc_string
    assert model.producer_name == "couloir labs/train_lenet.py"
    assert not model.producer_version
    assert b"site-packages" not in model.SerializeToString()
    parts = (model, model.graph, *model.graph.node, *model.graph.initializer, *model.graph.value_info)
    assert not any(part.metadata_props for part in parts)


def test_digits_are_2000_labelled_images_of_all_classes(digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = digits
    assert (x.dtype, x.shape) == (np.uint8, (2000, 28, 28))
    assert (y.dtype, y.shape) == (np.uint8, (2000,))
    assert x.max() == 255
    assert np.bincount(y).tolist() == [217, 245, 186, 204, 191, 184, 203, 188, 189, 193]
    assert len({image.tobytes() for image in x}) == 2000


def test_accuracy_on_the_shipped_digits(model: onnx.ModelProto, digits: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = digits
    image = x[:, np.newaxis].astype(np.float32) / np.float32(255)
    (probabilities,) = ReferenceEvaluator(model).run(None, {"image": image})
    assert probabilities.shape == (2000, 10)
    # Ten float32 numbers that a softmax divided by their sum: ten roundings of the terms, ten of this sum.
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=0, atol=20 * 2.0**-24)
    assert np.mean(probabilities.argmax(axis=1) == y) >= 0.98


class TestScript:
    """What needs PyTorch: skipped where the extra `labs` is not installed."""

    def test_training_and_export_repeat_byte_for_byte(
        self, script: ModuleType, model: onnx.ModelProto, digits: tuple[np.ndarray, np.ndarray]
    ) -> None:
        few = script.Digits(*digits).part(0, 130)  # two batches and a rest
        first, second = (script.export(script.train(few, epochs=1)) for _ in range(2))
        assert first.SerializeToString(deterministic=True) == second.SerializeToString(deterministic=True)
        # Only the weights are not those of the shipped model.
        for exported in (first, shipped := onnx.ModelProto.FromString(model.SerializeToString())):
            for tensor in exported.graph.initializer:
                if tensor.data_type == onnx.TensorProto.FLOAT:
                    tensor.ClearField("raw_data")
        assert first == shipped

    def test_model_agrees_with_torch(self, script: ModuleType, digits: tuple[np.ndarray, np.ndarray]) -> None:
        few = script.Digits(*digits).part(0, 64)
        net = script.train(few, epochs=1)
        difference = np.abs(script.run_onnx(script.export(net), few) - script.run_torch(net, few)).max()
        assert difference <= script.TOLERANCE

    def test_distortion_moves_ink_and_keeps_paper(
        self, script: ModuleType, digits: tuple[np.ndarray, np.ndarray]
    ) -> None:
        import torch

        images = torch.from_numpy(script.Digits(*digits).part(0, 50).inputs())
        moved = script.distort(images, torch.Generator().manual_seed(1))
        assert moved.shape == images.shape
        assert 0 <= float(moved.min()) <= float(moved.max()) <= 1 + 2.0**-20
        assert not torch.equal(moved, images)
        ink = moved.sum((1, 2, 3)) / images.sum((1, 2, 3))  # scaling by s changes the area by 1 / s^2
        assert 0.9 * 1.1**-2 < float(ink.min()) <= float(ink.max()) < 1.1 * 0.9**-2

    def test_unpacked_package_is_read_in_the_documented_order(self, script: ModuleType, tmp_path: Path) -> None:
        folder = tmp_path / "src" / "digits"
        folder.mkdir(parents=True)
        for digit in range(10):
            pixels = np.full(1000 * 28 * 28, digit / 255).round(3)
            text = '{"data": [' + ",".join(map(str, pixels.tolist())) + "]}"
            (folder / f"{digit}.json").write_text(text, "utf-8")
        read = script.read_digits(tmp_path)
        order = np.random.default_rng(0).permutation(10_000)
        np.testing.assert_array_equal(read.y, order // 1000)
        np.testing.assert_array_equal(read.x[:, 0, 0], read.y)

    @pytest.mark.parametrize("content", ["absent", "empty folder", "text", "wrong shape", "wrong type", "no labels"])
    def test_unusable_data_is_refused_and_nothing_is_written(
        self, script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
    ) -> None:
        data, out = tmp_path / "digits.npz", tmp_path / "out"
        out.mkdir()
        x, y = np.zeros((10_000, 28, 28), np.uint8), np.zeros(10_000, np.uint8)
        match content:
            case "empty folder":
                data.mkdir()
            case "text":
                data.write_text("not an archive")
            case "wrong shape":
                np.savez_compressed(data, x=x[1:], y=y)
            case "wrong type":
                np.savez_compressed(data, x=x, y=y.astype(np.int64))
            case "no labels":
                np.savez_compressed(data, x=x)
        assert script.main(["--data", str(data), "--out", str(out)]) == 1
        message = capsys.readouterr().err
        assert message.startswith(f"error: {data}: ")
        assert "mnist10k.npz" in message
        assert list(out.iterdir()) == []

    def test_unwritable_place_leaves_nothing_behind(self, script: ModuleType, tmp_path: Path) -> None:
        (tmp_path / "taken").mkdir()
        with pytest.raises(Error, match="cannot write"):
            script.write_whole(tmp_path / "taken", b"content")
        assert [path.name for path in tmp_path.iterdir()] == ["taken"]

    def test_missing_output_folder_is_refused_before_training(
        self, script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(script, "read_digits", lambda path: None)
        monkeypatch.setattr(script, "train", lambda digits: pytest.fail("trained in vain"))
        assert script.main(["--data", "unused", "--out", str(tmp_path / "absent")]) == 1
        assert "no such folder" in capsys.readouterr().err

    @pytest.mark.parametrize("shift", [0, 2 * 5 * 256 * 2.0**-24])
    def test_model_that_disagrees_with_torch_is_not_written(
        self,
        script: ModuleType,
        model: onnx.ModelProto,
        digits: tuple[np.ndarray, np.ndarray],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        shift: float,
    ) -> None:
        few = script.Digits(*digits).part(0, 10)
        probabilities = np.full((10, 10), 0.1, np.float32)
        monkeypatch.setattr(script, "read_digits", lambda path: few)
        monkeypatch.setattr(script.Digits, "part", lambda self, start, stop: few)
        monkeypatch.setattr(script, "train", lambda digits: None)
        monkeypatch.setattr(script, "export", lambda net: model)
        monkeypatch.setattr(script, "run_torch", lambda net, digits: probabilities)
        monkeypatch.setattr(script, "run_onnx", lambda model, digits: probabilities + np.float32(shift))
        assert script.main(["--data", "unused", "--out", str(tmp_path)]) == (1 if shift else 0)
        written = [] if shift else ["lenet.onnx", "mnist_test.npz", "mnist_train.npz"]
        assert sorted(path.name for path in tmp_path.iterdir()) == written

    def test_export_of_unexpected_operators_is_refused(self, script: ModuleType) -> None:
        from torch import nn

        with pytest.raises(Error, match="Tanh"):
            script.export(nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10), nn.Tanh()))
