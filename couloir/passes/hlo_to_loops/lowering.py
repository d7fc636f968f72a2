"""The pass: a module of StableHLO functions becomes a module of loops over buffers.

`@main(tensors) -> tensors` becomes `@main(buffers in, buffers out)`, a list of calls: each kernel is a private
function of its own, and equal kernels are one function. Constants become `memref.global`s.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from couloir.dialects import func, hlo, memref
from couloir.dialects.builtin import ModuleOp
from couloir.ir.attributes import ArrayAttr, DenseElementsAttr, IntegerAttr
from couloir.ir.builder import at_start
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Region, Value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.text.printer import operation_text
from couloir.ir.types import FunctionType, TensorType, i64
from couloir.passes.calls import callees_first
from couloir.passes.hlo_to_loops.block_lowering import BlockLowering, buffer_type
from couloir.passes.hlo_to_loops.control import CONTROL
from couloir.passes.hlo_to_loops.fusion import is_inline, levels
from couloir.passes.hlo_to_loops.kernels import Kernel
from couloir.passes.hlo_to_loops.scalars import unsupported_element
from couloir.passes.hlo_to_loops.table import KERNELS
from couloir.passes.unsupported import Unsupported

INPUT_COUNT = "couloir.inputs"
"""Attribute of a lowered function: how many of its buffers are inputs; the rest are outputs."""

SIGNATURE = "couloir.signature"
"""Attribute of a lowered function: its type on tensors, before the lowering."""


@attrs.frozen
class HloToLoops(Pass, name="hlo-to-loops"):
    """Lowers StableHLO on tensors to loops over buffers, with elementwise ops fused into the loops of their users."""

    def run(self, op: Operation, context: PassContext) -> None:
        if not isinstance(op, ModuleOp):
            raise Error(f"`{self.name}` runs on a module, not on `{op.name}`")
        functions = [f for f in op.functions if not f.is_declaration]
        report_unsupported(functions)
        module = ModuleLowering(op)
        for function in functions:
            module.lower(function)
        context.notes.append(f"{module.kernel_count} kernels, {len(module.known)} of them different")


def report_unsupported(functions: Sequence[func.FuncOp]) -> None:
    """Raises one error with everything in the functions that has no loops."""
    report = Unsupported("loops")
    by_name = {f.sym_name: f for f in functions}
    for function in functions:
        if function.body.first_block is not function.body.last_block:
            report.add(function, "it has several blocks")
            continue
        for block in levels(function):
            for op in block.ops:
                reason = _why_unsupported(op, by_name)
                if reason:
                    report.add(op, reason)
    report.raise_if_any()
    callees_first(functions, functions)  # refuses recursion


def _why_unsupported(op: Operation, functions: Mapping[str, func.FuncOp]) -> str | None:
    for value in (*op.operands, *op.results):
        if not isinstance(value.type, TensorType):
            return f"a value has the type `{value.type}`"
        if not value.type.is_static:
            return f"the shape of `{value.type}` is not known; bind the dimensions"
    if isinstance(op, func.Return | hlo.Return | hlo.Constant):
        return None
    for value in (*op.operands, *op.results):
        reason = unsupported_element(value.type.element_type)
        if reason:
            return reason
    if isinstance(op, func.Call):
        return None if op.callee in functions else f"the function @{op.callee} has no body"
    if type(op) in CONTROL:
        return None
    rule = KERNELS.get(type(op))
    if rule is not None:
        return rule.check(op) if rule.check is not None else None
    if isinstance(op, hlo.Reshape) or is_inline(op):
        return None
    return "there is no lowering to loops"


class ModuleLowering:
    """What the functions of a module share: constants and kernels."""

    def __init__(self, module: ModuleOp) -> None:
        self.module = module
        self.known: dict[str, str] = {}
        """Text of a kernel without its name -> name."""
        self.globals: dict[DenseElementsAttr, str] = {}
        self.kernel_count = 0
        self.taken = {f.sym_name for f in module.functions}

    def lower(self, function: func.FuncOp) -> None:
        """Replaces a function on tensors by the one on buffers."""
        body = BlockLowering(self, function).run()
        inputs = len(function.function_type.inputs)
        outputs = len(function.function_type.results)
        lowered = func.FuncOp(
            function.sym_name,
            FunctionType([argument.type for argument in body.arguments], ()),
            function.sym_visibility,
            _joined(function.arg_attrs, inputs, function.res_attrs, outputs),
            None,
            body=Region([body]),
            loc=function.location,
        )
        lowered.attributes[INPUT_COUNT] = IntegerAttr(inputs, i64)
        lowered.attributes[SIGNATURE] = function.function_type
        for key, value in function.attributes.items():
            lowered.attributes.setdefault(key, value)
        lowered.attributes.pop("res_attrs", None)
        parent = function.parent
        assert parent is not None
        parent.insert_before(function, lowered)
        function.erase()

    def constant(self, value: DenseElementsAttr) -> Value[Any]:
        """The buffer of a constant."""
        type = buffer_type(value.type)
        name = self.globals.get(value)
        if name is None:
            name = self.globals[value] = self._unique("constant", len(self.globals))
            tensor = TensorType(type.shape, type.element_type)
            array = value.array if value.type is tensor else _signless(value, tensor)
            with at_start(self.module.body):
                memref.Global(name, type, "private", DenseElementsAttr(tensor, array), True)
        return memref.GetGlobal(name, result_types=[type]).results[0]

    def _unique(self, base: str, number: int) -> str:
        """A name that no function of the module has."""
        while f"{base}_{number}" in self.taken:
            number += 1
        self.taken.add(f"{base}_{number}")
        return f"{base}_{number}"

    def kernel(self, kernel: Kernel) -> str:
        """Adds a finished kernel to the module, or finds the equal one that is there."""
        self.kernel_count += 1
        text = operation_text(kernel.function, generic=True)
        name = kernel.function.sym_name
        key = re.sub(rf'sym_name = "{name}"', "sym_name", text)
        known = self.known.get(key)
        if known is not None:
            kernel.function.drop_references()
            return known
        unique = self._unique(name, len(self.known))
        self.known[key] = unique
        kernel.function.sym_name = unique
        self.module.body.append(kernel.function)
        return unique


def _signless(value: DenseElementsAttr, type: TensorType) -> Any:
    from couloir.ir.types import dtype_of

    return value.array.view(dtype_of(type.element_type))


def _joined(first: ArrayAttr | None, first_count: int, second: ArrayAttr | None, second_count: int) -> ArrayAttr | None:
    from couloir.ir.attributes import DictionaryAttr

    if first is None and second is None:
        return None
    empty = DictionaryAttr(())
    left = list(first) if first is not None else [empty] * first_count
    right = list(second) if second is not None else [empty] * second_count
    return ArrayAttr((*left, *right))
