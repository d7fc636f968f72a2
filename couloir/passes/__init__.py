"""Ways down: passes, rule sets and pipelines. Importing this package makes the passes known by name; each is loaded when used."""

from __future__ import annotations

from typing import Final

from couloir.ir.passes import declare_passes

PASSES: Final[dict[str, str]] = {
    "canonicalize": "canonicalization",
    "canonicalize-regions": "canonicalize_regions",
    "complex-to-real": "complex_to_real",
    "constant-folding": "constant_folding",
    "cse": "cse",
    "dce": "dce",
    "decompose": "decompose",
    "dot-layout": "dot_layout",
    "explicit-padding": "explicit_padding",
    "hlo-to-loops": "hlo_to_loops",
    "inline": "inline",
    "int-range-optimizations": "integer_ranges",
    "known-sizes": "known_sizes",
    "loop-invariant-code-motion": "licm",
    "memory-plan": "memory_plan",
    "onnx-to-hlo": "onnx_to_hlo",
    "outline-fusions": "outline_fusions",
    "reconcile-unrealized-casts": "reconcile_unrealized_casts",
    "refine-shapes": "refine_shapes",
    "remove-dead-values": "remove_dead_values",
    "sccp": "sccp",
    "simplify": "simplification",
    "simplify-cfg": "simplify_cfg",
    "symbol-dce": "symbol_dce",
}
"""The standard passes: name in pipeline text -> module of this package."""

declare_passes({name: f"{__name__}.{module}" for name, module in PASSES.items()})
