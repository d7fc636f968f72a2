"""XLA on the CPU, as jaxlib has it: a peer for modules of StableHLO and CHLO."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from couloir.backends.numpy.element_types import Array
from couloir.testing.peers.table import Refused, Run, first_line


def start() -> Run:
    """Runs programs by way of XLA."""
    jax: Any = import_module("jax")
    xla: Any = import_module("jaxlib.xla_client")
    jax.config.update("jax_enable_x64", True)
    lapack: Any = import_module("jaxlib.lapack")
    lapack.prepare_lapack_call("potrf_ffi", np.dtype(np.float32))  # loads the library; without it its calls crash
    client: Any = import_module("jax.extend.backend").get_backend("cpu")
    devices = xla.DeviceList(tuple(client.local_devices()[:1]))
    options = xla.CompileOptions()
    refusals: Any = (xla.XlaRuntimeError, ValueError)

    def run(module: str, arrays: Sequence[Array]) -> Sequence[Any]:
        try:
            program = client.compile_and_load(module, devices, options)
        except refusals as error:
            raise Refused(first_line(str(error))) from error
        results = program.execute_sharded([jax.device_put(array) for array in arrays])
        return [np.asarray(result[0]) for result in results.disassemble_into_single_device_arrays()]

    return run
