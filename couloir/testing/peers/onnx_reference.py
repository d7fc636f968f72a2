"""ONNX's reference evaluator as a peer, for modules of the onnx dialect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from couloir.backends.numpy.element_types import Array
from couloir.testing.peers.onnx_models import model_of
from couloir.testing.peers.table import Refused, Run


def start() -> Run:
    """Runs programs in ONNX's reference evaluator."""
    from onnx.reference import ReferenceEvaluator

    def run(module: str, arrays: Sequence[Array]) -> Sequence[Any]:
        model, names = model_of(module)
        try:
            evaluator: Any = ReferenceEvaluator(model)
        except (NotImplementedError, RuntimeError) as error:  # an operator that it does not have
            raise Refused(str(error)) from error
        return evaluator.run(None, dict(zip(names, arrays, strict=True)))

    return run
