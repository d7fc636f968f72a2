"""StableHLO's reference interpreter, which jaxlib has, as an oracle.

What it does not support ends its process: it runs in a child that answers one module after the other, and is started anew.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import IO, Any, cast

import numpy as np
import pytest

from couloir.dialects import hlo
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.text.attribute_parser import AttributeParser
from tests.backends.numpy.programs import program, tensor_type

Array = np.ndarray[Any, Any]

CHILD = """
import json, sys
from jax._src.interpreters import mlir
from jaxlib.mlir import ir
from jaxlib.mlir.dialects import stablehlo

with mlir.make_ir_context() as context, ir.Location.unknown():
    for line in sys.stdin:
        text, *inputs = json.loads(line)
        try:
            module = ir.Module.parse(text)
            module.operation.verify()
            found = stablehlo.eval_module(module, [ir.Attribute.parse(each) for each in inputs])
            answer = [str(each) for each in found]
        except (ir.MLIRError, ValueError) as error:
            answer = {"refused": str(error)}
        print(json.dumps(answer), flush=True)
"""


class Refused(Exception):
    """The interpreter does not run the module, and why."""


class ReferenceInterpreter:
    """A process that runs modules."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None

    def run(self, module: Any, *arrays: Array) -> list[Array]:
        """The results of `@main`, which are no complex numbers. Raises `Refused`."""
        inputs = [str(DenseElementsAttr(tensor_type(array), array)) for array in arrays]
        if self._child is None:
            self._child = subprocess.Popen(
                [sys.executable, "-c", CHILD],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        to, back = cast("IO[str]", self._child.stdin), cast("IO[str]", self._child.stdout)
        to.write(json.dumps([str(module), *inputs]) + "\n")
        to.flush()
        line = back.readline()
        if not line:
            code = self.close()
            raise Refused(f"the interpreter ended with {code}")
        answer = json.loads(line)
        if isinstance(answer, dict):
            raise Refused(answer["refused"])
        return [cast("DenseElementsAttr", AttributeParser(each).attribute()).array for each in answer]

    def run_body(self, arrays: Sequence[Array], body: Any) -> list[Array]:
        """The results of a body on arrays (see `programs.program`); complex numbers go in and out as their parts."""
        is_complex = [array.dtype.kind == "c" for array in arrays]
        parts: list[Array] = []
        for array, split in zip(arrays, is_complex, strict=True):
            parts += [array.real.copy(), array.imag.copy()] if split else [array]
        kinds: list[bool] = []

        def of_parts(*given: Any) -> list[Any]:
            values = iter(given)
            made = body(
                *(hlo.Complex(next(values), next(values)).result if split else next(values) for split in is_complex)
            )
            results: list[Any] = []
            for item in made if isinstance(made, list | tuple) else [made]:
                for value in getattr(item, "results", [item]):
                    split = "complex" in str(value.type)
                    kinds.append(split)
                    results += [hlo.Real(value), hlo.Imag(value)] if split else [value]
            return results

        found = iter(self.run(program(parts, of_parts), *parts))
        return [_joined(next(found), next(found)) if split else next(found) for split in kinds]

    def close(self) -> int:
        """Ends the process, if there is one, and gives its exit code."""
        child, self._child = self._child, None
        if child is None:
            return 0
        child.kill()
        child.communicate()
        return child.returncode


def _joined(real: Array, imag: Array) -> Array:
    result = np.empty(real.shape, np.result_type(real.dtype, np.complex64))
    result.real, result.imag = real, imag
    return result


def start() -> ReferenceInterpreter:
    """Skips the test where there is no jaxlib."""
    pytest.importorskip("jaxlib.mlir.dialects.stablehlo")
    return ReferenceInterpreter()
