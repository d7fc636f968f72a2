"""XLA on the CPU as an oracle: it runs the text of a module of StableHLO."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

Array = np.ndarray[Any, Any]


def run_on_xla(module: Any, *arrays: Array) -> list[Array]:
    """The results of `@main` of a module, computed by XLA; skips the test when there is no JAX."""
    jax = pytest.importorskip("jax")
    extend = pytest.importorskip("jax.extend.backend")
    client_module = pytest.importorskip("jaxlib.xla_client")
    text = str(module)
    if "lapack_" in text:  # loads the library; without it XLA crashes
        pytest.importorskip("jaxlib.lapack").prepare_lapack_call("potrf_ffi", np.dtype(np.float32))
    with jax.enable_x64(True):
        client = extend.get_backend("cpu")
        devices = client_module.DeviceList(tuple(client.local_devices()[:1]))
        program = client.compile_and_load(text, devices, client_module.CompileOptions())
        results = program.execute_sharded([jax.device_put(array) for array in arrays])
        return [np.asarray(result[0]) for result in results.disassemble_into_single_device_arrays()]
