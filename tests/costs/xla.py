"""XLA's cost analysis of a module of StableHLO, before any optimization."""

from __future__ import annotations

from typing import Any

import pytest

from couloir.costs import Cost


def xla_cost(module: Any) -> Cost:
    """What XLA's HloCostAnalysis counts; skips the test when there is no JAX."""
    pytest.importorskip("jax")
    extend = pytest.importorskip("jax.extend.backend")
    extension = pytest.importorskip("jaxlib")._jax  # what jax.stages.Lowered.cost_analysis calls
    computation = extension.mlir.mlir_module_to_xla_computation(str(module), use_tuple_args=False, return_tuple=False)
    found = extension.hlo_module_cost_analysis(extend.get_backend("cpu"), computation.as_hlo_module())
    return Cost(*(int(found.get(key, 0)) for key in ("flops", "transcendentals", "bytes accessed")))
