"""The whole compiler on one page: every standard pipeline, a line for each pass."""

from __future__ import annotations

from typing import Final

from couloir.ir.passes import PassPipeline
from couloir.passes.canonicalization import Canonicalize
from couloir.passes.canonicalize_regions import CanonicalizeRegions
from couloir.passes.complex_to_real import ComplexToReal
from couloir.passes.constant_folding import ConstantFolding
from couloir.passes.cse import Cse
from couloir.passes.dce import Dce
from couloir.passes.decompose import Decompose
from couloir.passes.dot_layout import DotLayout
from couloir.passes.explicit_padding import ExplicitPadding
from couloir.passes.hlo_to_loops import HloToLoops
from couloir.passes.inline import Inline
from couloir.passes.integer_ranges import IntRangeOptimizations
from couloir.passes.known_sizes import KnownSizes
from couloir.passes.licm import LoopInvariantCodeMotion
from couloir.passes.memory_plan import MemoryPlan
from couloir.passes.onnx_to_hlo import OnnxToHlo
from couloir.passes.outline_fusions import OutlineFusions
from couloir.passes.refine_shapes import RefineShapes
from couloir.passes.remove_dead_values import RemoveDeadValues
from couloir.passes.sccp import Sccp
from couloir.passes.simplification import Simplify
from couloir.passes.simplify_cfg import SimplifyCfg
from couloir.passes.symbol_dce import SymbolDce

#: From ONNX as imported to StableHLO.
ONNX_TO_HLO: Final = PassPipeline.of(
    OnnxToHlo(),  # each ONNX operator becomes StableHLO ops; shape arithmetic is computed
    Canonicalize(),  # constants folded, no-op reshapes and broadcasts gone
    Cse(),  # what was written twice is computed once
    SymbolDce(),  # functions that were inlined are not needed any more
)

#: From StableHLO to loops over buffers, ready for the C backend.
HLO_TO_LOOPS: Final = PassPipeline.of(
    KnownSizes(),  # ops that take sizes have them
    Decompose(),  # abbreviations are written out
    Inline(),  # a function on tensors becomes part of those that call it
    SymbolDce(),
    ComplexToReal(),  # real and imaginary parts go separate ways
    Canonicalize(),
    CanonicalizeRegions(),  # branches whose way is known; loops carry only what they need
    Cse(),
    LoopInvariantCodeMotion(),  # what each iteration would compute again is computed once
    ExplicitPadding(),  # windows never leave their input: no tests inside loops
    DotLayout(),  # constant matrices lie as the loops read them
    Canonicalize(),  # what that made of constants is computed now
    HloToLoops(),  # one kernel for each group of fused ops
    Cse(),  # equal index arithmetic and constants inside kernels
    Dce(),
    MemoryPlan(),  # intermediate buffers share one workspace
)

__all__ = [
    "HLO_TO_LOOPS",
    "ONNX_TO_HLO",
    "Canonicalize",
    "CanonicalizeRegions",
    "ComplexToReal",
    "ConstantFolding",
    "Cse",
    "Dce",
    "Decompose",
    "DotLayout",
    "ExplicitPadding",
    "HloToLoops",
    "Inline",
    "IntRangeOptimizations",
    "KnownSizes",
    "LoopInvariantCodeMotion",
    "MemoryPlan",
    "OnnxToHlo",
    "OutlineFusions",
    "RefineShapes",
    "RemoveDeadValues",
    "Sccp",
    "Simplify",
    "SimplifyCfg",
    "SymbolDce",
]
