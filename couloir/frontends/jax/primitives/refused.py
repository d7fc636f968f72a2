"""Primitives that JAX lowers for CPUs, and that have no place in a module: with the reason, which is reported."""

from __future__ import annotations

from typing import Any, Final

from couloir.frontends.jax.equation import Equation, Lowered, NotLowered, lowers

REASONS: Final = {
    **dict.fromkeys(
        ("debug_callback", "debug_print", "io_callback"),
        "it has side effects: it calls a Python function, which a module cannot hold",
    ),
    "check": "it may raise an error, and stands outside of `checkify.checkify`",
    **dict.fromkeys(("core_map", "pallas_call"), "it is a Pallas kernel, written for one kind of device"),
    **dict.fromkeys(
        ("global_array_to_host_local_array", "host_local_array_to_global_array"),
        "it is for programs that run on several machines",
    ),
    "inspect_sharding": "it asks how XLA distributes an array",
    **dict.fromkeys(("precv", "psend"), "JAX has it for GPUs alone"),
    "ragged_all_to_all": "StableHLO has no op for it: how much a device sends is known only when the program runs",
    "unreachable": "it says that the program is wrong when it comes here",
    **dict.fromkeys(
        (
            "dot_product_attention_bwd_wrapper",
            "dot_product_attention_fp8_bwd_wrapper",
            "dot_product_attention_fp8_fwd_wrapper",
            "dot_product_attention_fwd_wrapper",
            "scaled_matmul_wrapper",
        ),
        "it calls cuDNN, which is for GPUs alone",
    ),
}
"""Why a primitive is refused."""


@lowers(*REASONS)
def refused(eqn: Equation, *operands: Any) -> Lowered:
    """Says why, and which function it is where a function is called."""
    callback = eqn.params.get("callback")
    function = getattr(callback, "callback_func", callback)
    name = getattr(function, "__name__", None)
    raise NotLowered(REASONS[eqn.name] + (f" (`{name}`)" if name and not name.startswith("_") else ""))
