"""The other way in: PyTorch's own exporter to ONNX, and the importer of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from couloir.dialects.builtin import ModuleOp
from couloir.frontends.guarding import guarded
from couloir.frontends.onnx.importer import load as load_onnx
from couloir.frontends.torch.exporting import check_model, quiet
from couloir.frontends.torch.library import torch_library


def load_through_onnx(
    model: Any, args: Sequence[Any] | None, kwargs: Mapping[str, Any] | None, *, dynamic_shapes: Any = None
) -> ModuleOp:
    """Exports a model to ONNX with PyTorch, and reads that into a module of the `onnx` dialect."""
    torch = torch_library()
    if not isinstance(model, torch.export.ExportedProgram):
        check_model(torch, model, args, kwargs)
    torch_library("onnxscript")
    with quiet():
        program = guarded(
            f"{type(model).__name__} cannot be exported to ONNX",
            lambda: torch.onnx.export(
                model,
                tuple(args or ()),
                kwargs=dict(kwargs or {}),
                dynamic_shapes=dynamic_shapes,
                dynamo=True,
                verbose=False,
            ),
        )
    return load_onnx(program.model_proto)
