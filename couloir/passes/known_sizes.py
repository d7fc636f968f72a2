"""Ops that take sizes become those that have them, in functions that take tensors of known shapes."""

from __future__ import annotations

from typing import Any

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import Call, FuncOp
from couloir.ir.operation import Operation
from couloir.ir.passes import Pass, PassContext
from couloir.ir.types import TensorType
from couloir.passes.inline import Inline
from couloir.passes.refine_shapes import STATIC_FORMS, refine_shapes


@attrs.frozen
class KnownSizes(Pass, name="known-sizes"):
    """Refines the shapes of public functions whose arguments have known shapes, where there is an op that takes sizes.

    A size that depends on the elements of a tensor is an error, which names the op.
    """

    dialects = ("stablehlo",)

    def run(self, op: Operation, context: PassContext) -> None:
        if not isinstance(op, ModuleOp):
            return
        if any(isinstance(inner, Call) for inner in op.walk()) and any(map(_takes_sizes, op.walk())):
            Inline().run(op, context)
        for function in op.functions:
            if function.is_declaration or function.is_private or not _is_closed(function):
                continue
            if any(map(_takes_sizes, function.walk())):
                refine_shapes(function, function.function_type.inputs)


def _takes_sizes(op: Operation) -> bool:
    return type(op) in STATIC_FORMS


def _is_closed(function: FuncOp) -> bool:
    types: Any = function.function_type.inputs
    return all(not isinstance(type, TensorType) or type.is_static for type in types)
