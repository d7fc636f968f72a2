"""Where the real models and pictures are that `make models` installs, and what goes into them: photos, text, sounds, files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
INSTALLED = ROOT / "build" / "models"


def file_of(package: str, path: str) -> Path:
    """A file of an installed package, whose modules are not imported. Skips the test when the package is not there."""
    for folder in (INSTALLED, *map(Path, sys.path)):
        found = folder / package / path
        if found.is_file():
            return found
    pytest.skip(f"the package of `{package}` is not installed: make models")


def _find_pillow() -> None:
    """Makes Pillow importable; skips the test when it is not there."""
    if INSTALLED.is_dir() and str(INSTALLED) not in sys.path:
        sys.path.append(str(INSTALLED))
    pytest.importorskip("PIL", reason="Pillow is not installed: make models")


def photo(name: str, size: tuple[int, int], box: tuple[int, int, int, int] | None = None) -> np.ndarray:
    """A picture of scikit-image, or a part of it, as u8 [height, width, 3]; sizes and boxes are (left, top, ...) as Pillow's."""
    _find_pillow()
    from PIL import Image

    with Image.open(file_of("skimage", f"data/{name}")) as image:
        part = image.convert("RGB").crop(box) if box else image.convert("RGB")
        return np.asarray(part.resize(size, Image.Resampling.BILINEAR))


def written(text: str, size: tuple[int, int]) -> np.ndarray:
    """A line of text, black on white, that fills a picture [height, width, 3]."""
    _find_pillow()
    from PIL import Image, ImageDraw, ImageFont

    font: Any = ImageFont.load_default(64)
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text))
    image = Image.new("RGB", (right - left + 24, bottom - top + 24), "white")
    ImageDraw.Draw(image).text((12 - left, 12 - top), text, font=font, fill="black")
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR))


def speech(seconds: float, rate: int = 16_000) -> np.ndarray:
    """A sound like a voice, f32 [samples]: a glottal pulse train through the formants of a few vowels, in syllables."""
    time = np.arange(int(seconds * rate)) / rate
    pitch = 120 + 20 * np.sin(2 * np.pi * 1.3 * time)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    vowels = np.asarray([[730, 1090, 2440], [270, 2290, 3010], [300, 870, 2240], [530, 1840, 2480]])
    formants = vowels[(time * 4).astype(int) % 4]
    sound = np.zeros_like(time)
    for harmonic in range(1, 40):
        frequency = harmonic * pitch[:, None]
        gain = (1 / (1 + ((frequency - formants) / 90) ** 2)).sum(1) / np.sqrt(harmonic)
        sound += gain * np.sin(harmonic * phase)
    syllables = np.clip(1.4 * np.sin(2 * np.pi * 4 * time), 0, 1)
    noise = np.random.default_rng(0).standard_normal(time.size)
    sound = sound * syllables + 0.002 * noise
    return (0.4 * sound / np.abs(sound).max()).astype(np.float32)
