"""StableHLO's reference interpreter, which jaxlib has, as a peer. What it does not support ends its process."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, cast

from couloir.backends.numpy.element_types import Array, kind
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.text.attribute_parser import AttributeParser
from couloir.ir.types import TensorType, type_of_dtype
from couloir.testing.peers.table import Refused, Run, first_line


def start() -> Run:
    """Runs programs in StableHLO's interpreter."""
    ir: Any = import_module("jaxlib.mlir.ir")
    stablehlo: Any = import_module("jaxlib.mlir.dialects.stablehlo")
    context: Any = import_module("jax._src.interpreters.mlir").make_ir_context()
    refusals: Any = (ir.MLIRError, ValueError)

    def run(module: str, arrays: Sequence[Array]) -> Sequence[Any]:
        if any(kind(array.dtype) == "complex" for array in arrays):
            raise Refused("complex numbers do not go in")
        inputs = [
            str(DenseElementsAttr(TensorType(array.shape, type_of_dtype(array.dtype)), array)) for array in arrays
        ]
        with context, ir.Location.unknown():
            try:
                parsed = ir.Module.parse(module)
                found = stablehlo.eval_module(parsed, [ir.Attribute.parse(each) for each in inputs])
            except refusals as error:
                raise Refused(first_line(str(error))) from error
            texts = [str(each) for each in found]
        if any("complex<" in text for text in texts):
            raise Refused("complex numbers do not come out")
        return [cast("DenseElementsAttr", AttributeParser(text).attribute()).array for text in texts]

    return run
