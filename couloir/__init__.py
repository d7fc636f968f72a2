"""Couloir: the way down for a model graph, from ONNX and text through typed dialects to NumPy and C.

    import couloir

    module = couloir.load("lenet.onnx", dims={"N": 1})   # as imported, in the onnx dialect
    print(couloir.lower(module))                          # StableHLO
    (y,) = couloir.run(module, x)                         # the NumPy backend: the meaning of the program
    model = couloir.compile(module)                       # readable C, compiled and loaded
    (y,) = model(x)

Names are imported when first used, so that `import couloir` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from couloir.version import __version__

if TYPE_CHECKING:
    from couloir.api import (
        bisect,
        compare,
        compile,
        cost,
        draw,
        explore,
        load,
        lower,
        opt,
        parse,
        replay,
        run,
        specialize,
        trace,
    )
    from couloir.backends.c.program import Executable
    from couloir.dialects.builtin import ModuleOp as Module
    from couloir.frontends.jax.reading import trace as from_jax
    from couloir.frontends.onnx.exporter import to_onnx
    from couloir.frontends.torch.reading import from_torch
    from couloir.ir.errors import Error, ParseError, VerifyError
    from couloir.ir.limits import Limits
    from couloir.ir.operation import Block, Operation, Region, Value
    from couloir.ir.passes import Instrumentation, Pass, PassContext, PassPipeline
    from couloir.ir.passes.trace import Trace
    from couloir.ir.rewriting import Guard, NoMatch, Rewriter, Rule, guard, rule, why_not
    from couloir.ir.verify import verify
    from couloir.passes.checking import CheckEach
    from couloir.specialization import DynamicExecutable
    from couloir.stablehlo_text import to_stablehlo_text

_HOMES: Final = {
    **dict.fromkeys(
        (
            "bisect",
            "compare",
            "compile",
            "cost",
            "draw",
            "explore",
            "load",
            "lower",
            "opt",
            "parse",
            "replay",
            "run",
            "specialize",
            "trace",
        ),
        "couloir.api",
    ),
    **dict.fromkeys(("Error", "ParseError", "VerifyError"), "couloir.ir.errors"),
    **dict.fromkeys(("Block", "Operation", "Region", "Value"), "couloir.ir.operation"),
    **dict.fromkeys(("Instrumentation", "Pass", "PassContext", "PassPipeline"), "couloir.ir.passes"),
    **dict.fromkeys(("Guard", "NoMatch", "Rewriter", "Rule", "guard", "rule", "why_not"), "couloir.ir.rewriting"),
    "CheckEach": "couloir.passes.checking",
    "DynamicExecutable": "couloir.specialization",
    "Executable": "couloir.backends.c.program",
    "Trace": "couloir.ir.passes.trace",
    "Limits": "couloir.ir.limits",
    "Module": "couloir.dialects.builtin:ModuleOp",
    "from_jax": "couloir.frontends.jax.reading:trace",
    "from_torch": "couloir.frontends.torch.reading",
    "to_stablehlo_text": "couloir.stablehlo_text",
    "to_onnx": "couloir.frontends.onnx.exporter",
    "verify": "couloir.ir.verify",
}

__all__ = [
    "Block",
    "CheckEach",
    "DynamicExecutable",
    "Error",
    "Executable",
    "Guard",
    "Instrumentation",
    "Limits",
    "Module",
    "NoMatch",
    "Operation",
    "ParseError",
    "Pass",
    "PassContext",
    "PassPipeline",
    "Region",
    "Rewriter",
    "Rule",
    "Trace",
    "Value",
    "VerifyError",
    "__version__",
    "bisect",
    "compare",
    "compile",
    "cost",
    "draw",
    "explore",
    "from_jax",
    "from_torch",
    "guard",
    "load",
    "lower",
    "opt",
    "parse",
    "replay",
    "rule",
    "run",
    "specialize",
    "to_onnx",
    "to_stablehlo_text",
    "trace",
    "verify",
    "why_not",
]


def __getattr__(name: str) -> Any:
    if name == "frontends":  # `couloir.frontends.jax.call(module)` without an import of its own
        return import_module("couloir.frontends")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'couloir' has no attribute {name!r}")
    module, _, real = home.partition(":")
    value = getattr(import_module(module), real or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
