"""What jaxlib says of HLO: texts of JAX's programs, the same text as StableHLO, and its results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax._src.xla_bridge import get_backend
from jaxlib import _hlo, _jax

from tests.frontends.jax.comparing import arrays


def texts(f: Callable[..., Any], args: Any) -> tuple[dict[str, str], list[np.ndarray]]:
    """The text of a program before and after optimization, with large constants, and its results."""
    lowered = jax.jit(f, keep_unused=True).lower(*args)
    compiled = lowered.compile()
    options = _hlo.HloPrintOptions()
    options.print_large_constants = True
    after = compiled.runtime_executable().hlo_modules()[0].to_string(options)
    return {"before": lowered.as_text(dialect="hlo"), "after": after}, arrays(compiled(*args))


def as_stablehlo(text: str) -> str:
    """What jaxlib makes of HLO text: StableHLO, and XLA's own dialect for the rest."""
    module = _hlo.hlo_module_from_text(text)
    return _jax.mlir.xla_computation_to_mlir_module(_hlo.XlaComputation(module.as_serialized_hlo_module_proto()))


def run_on_xla(stablehlo: str, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """What XLA computes of a program on a CPU."""
    backend: Any = get_backend("cpu")
    devices = _jax.DeviceList(tuple(backend.local_devices()[:1]))
    executable = backend.compile_and_load(stablehlo, devices, _jax.CompileOptions())
    results = executable.execute_sharded([jax.device_put(array) for array in inputs])
    return [np.asarray(result[0]) for result in results.disassemble_into_single_device_arrays()]
