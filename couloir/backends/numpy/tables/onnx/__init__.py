"""ONNX: what is common in models is computed here, over any domain; the long tail by the onnx package's reference."""

from __future__ import annotations

from couloir.backends.numpy.meanings import declare_resolver
from couloir.backends.numpy.tables.onnx import control, operators, recurrent, rest, windows
from couloir.backends.numpy.tables.onnx.dispatch import OPERATORS, resolve

declare_resolver("onnx", resolve)

__all__ = ["OPERATORS", "control", "operators", "recurrent", "resolve", "rest", "windows"]
