"""The pass: a module of StableHLO functions becomes a module of loops over buffers.

`@main(tensors) -> tensors` becomes `@main(buffers in, buffers out)`, a list of calls: each kernel is a private
function of its own, and equal kernels are one function. Constants become `memref.global`s.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import attrs

from couloir.dialects import func, hlo, memref
from couloir.dialects.builtin import ModuleOp
from couloir.ir.attributes import ArrayAttr, DenseElementsAttr, IntegerAttr
from couloir.ir.builder import at_end, at_start, insert_at
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.text.printer import operation_text
from couloir.ir.types import FunctionType, MemRefType, TensorType, Type, i64
from couloir.passes.hlo_to_loops.fusion import FusionPlan, is_inline, plan_fusion
from couloir.passes.hlo_to_loops.kernels import Kernel, elementwise_kernel
from couloir.passes.hlo_to_loops.loops import storage_type
from couloir.passes.hlo_to_loops.scalars import unsupported_element
from couloir.passes.hlo_to_loops.table import KERNELS
from couloir.passes.unsupported import Unsupported

INPUT_COUNT = "couloir.inputs"
"""Attribute of a lowered function: how many of its buffers are inputs; the rest are outputs."""

SIGNATURE = "couloir.signature"
"""Attribute of a lowered function: its type on tensors, before the lowering."""


def buffer_type(type: Type) -> MemRefType:
    """The buffer for a tensor."""
    if not isinstance(type, TensorType):
        raise Error(f"values of type `{type}` have no buffer")
    return MemRefType(type.shape, storage_type(type.element_type))


@attrs.frozen
class HloToLoops(Pass, name="hlo-to-loops"):
    """Lowers StableHLO on tensors to loops over buffers, with elementwise ops fused into the loops of their users."""

    def run(self, op: Operation, context: PassContext) -> None:
        if not isinstance(op, ModuleOp):
            raise Error(f"`{self.name}` runs on a module, not on `{op.name}`")
        functions = [f for f in op.functions if not f.is_declaration]
        report_unsupported(functions)
        module = _ModuleLowering(op)
        for function in functions:
            module.lower(function)
        context.notes.append(f"{module.kernel_count} kernels, {len(module.known)} of them different")


def report_unsupported(functions: Sequence[func.FuncOp]) -> None:
    """Raises one error with everything in the functions that has no loops."""
    report = Unsupported("loops")
    for function in functions:
        if function.body.first_block is not function.body.last_block:
            report.add(function, "it has several blocks")
            continue
        for op in function.entry.ops:
            reason = _why_unsupported(op)
            if reason:
                report.add(op, reason)
    report.raise_if_any()


def _why_unsupported(op: Operation) -> str | None:
    for value in (*op.operands, *op.results):
        if not isinstance(value.type, TensorType):
            return f"a value has the type `{value.type}`"
        if not value.type.is_static:
            return f"the shape of `{value.type}` is not known; bind the dimensions"
    if isinstance(op, func.Return | hlo.Constant):
        return None
    for value in (*op.operands, *op.results):
        reason = unsupported_element(value.type.element_type)
        if reason:
            return reason
    rule = KERNELS.get(type(op))
    if rule is not None:
        return rule.check(op) if rule.check is not None else None
    if isinstance(op, hlo.Reshape) or is_inline(op):
        return None
    return "there is no lowering to loops"


class _ModuleLowering:
    """What the functions of a module share: constants and kernels."""

    def __init__(self, module: ModuleOp) -> None:
        self.module = module
        self.known: dict[str, str] = {}
        """Text of a kernel without its name -> name."""
        self.globals: dict[DenseElementsAttr, str] = {}
        self.kernel_count = 0

    def lower(self, function: func.FuncOp) -> None:
        _FunctionLowering(self, function).run()

    def constant(self, value: DenseElementsAttr, place: Operation) -> Value[Any]:
        """The buffer of a constant."""
        type = buffer_type(value.type)
        name = self.globals.get(value)
        if name is None:
            name = self.globals[value] = f"constant_{len(self.globals)}"
            tensor = TensorType(type.shape, type.element_type)
            array = value.array if value.type is tensor else _signless(value, tensor)
            with at_start(self.module.body):
                memref.Global(name, type, "private", DenseElementsAttr(tensor, array), True)
        return memref.GetGlobal(name, result_types=[type]).results[0]

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
        unique = f"{name}_{len(self.known)}"
        self.known[key] = unique
        kernel.function.sym_name = unique
        self.module.body.append(kernel.function)
        return unique


def _signless(value: DenseElementsAttr, type: TensorType) -> Any:
    from couloir.ir.types import dtype_of

    return value.array.view(dtype_of(type.element_type))


class _FunctionLowering:
    """The lowering of one function."""

    def __init__(self, module: _ModuleLowering, function: func.FuncOp) -> None:
        self.module = module
        self.function = function
        self.plan: FusionPlan = plan_fusion(function)
        self.buffers: dict[Value[Any], Value[Any]] = {}
        self.block = Block()

    def run(self) -> None:
        function = self.function
        inputs = [buffer_type(t) for t in function.function_type.inputs]
        outputs = [buffer_type(t) for t in function.function_type.results]
        for argument, type in zip(function.arguments, inputs, strict=True):
            self.buffers[argument] = self.block.add_argument(type, argument.name_hint, argument.location)
        out_buffers = [self.block.add_argument(type) for type in outputs]
        last = function.entry.last_op
        assert isinstance(last, func.Return)
        direct = self._direct_outputs(last, out_buffers)
        with at_end(self.block):
            for op in function.entry.ops:
                if isinstance(op, func.Return):
                    continue
                with at_end(self.block, loc=op.location):
                    self._lower_op(op, direct)
            for value, out in zip(last.operands, out_buffers, strict=True):
                if self.buffers.get(value) is not out:
                    memref.Copy(self._buffer_of(value), out)
            func.Return()
        self._replace_body(inputs, outputs)

    def _direct_outputs(self, last: func.Return, outs: Sequence[Value[Any]]) -> dict[Value[Any], Value[Any]]:
        """Which stored values are computed right in an output buffer."""
        direct: dict[Value[Any], Value[Any]] = {}
        for value, out in zip(last.operands, outs, strict=True):
            op = value.defining_op
            if op is not None and value in self.plan.stored and not isinstance(op, hlo.Reshape | hlo.Constant):
                direct.setdefault(value, out)
        return direct

    def _lower_op(self, op: Operation, direct: dict[Value[Any], Value[Any]]) -> None:
        roots = [r for r in op.results if r in self.plan.stored]
        if not roots:
            return
        if isinstance(op, hlo.Constant):
            assert isinstance(op.value, DenseElementsAttr)
            self.buffers[op.output] = self.module.constant(op.value, op)
            return
        if isinstance(op, hlo.Reshape) and not is_inline(op):
            self._view(op)
            return
        for root in roots:
            self.buffers[root] = direct.get(root) or memref.Alloc((), (), result_types=[buffer_type(root.type)]).memref
        hero = self.plan.heroes.get(roots[0], op)
        with insert_at(None):
            kernel = Kernel(_kernel_name(hero), self.buffers, op.location)
        with at_end(kernel.function.entry, loc=op.location):
            rule = KERNELS.get(type(hero))
            build = rule.build if rule is not None else elementwise_kernel
            build(kernel, hero, roots)
            func.Return()
        kernel.function.function_type = FunctionType([b.type for b in kernel.outer], ())
        for alloc in kernel.temporaries:
            self.block.append(alloc)
        func.Call(self.module.kernel(kernel), kernel.outer, result_types=())

    def _view(self, op: hlo.Reshape) -> None:
        type = buffer_type(op.result.type)
        strides: list[int] = []
        step = 1
        for size in reversed(type.shape):
            strides.insert(0, step)
            step *= size
        source = self._buffer_of(op.operand)
        self.buffers[op.result] = memref.ReinterpretCast(
            source, (), (), (), (0,), type.shape, tuple(strides), result_types=[type]
        ).results[0]

    def _buffer_of(self, value: Value[Any]) -> Value[Any]:
        """The buffer of a value that is needed as a whole."""
        if value not in self.buffers:
            op = value.defining_op
            if not isinstance(op, hlo.Constant) or not isinstance(op.value, DenseElementsAttr):
                raise Error(
                    "a value that is needed as a whole has no buffer", hint="this is a fault of the lowering to loops"
                )
            self.buffers[value] = self.module.constant(op.value, op)
        return self.buffers[value]

    def _replace_body(self, inputs: Sequence[Type], outputs: Sequence[Type]) -> None:
        function = self.function
        lowered = func.FuncOp(
            function.sym_name,
            FunctionType([*inputs, *outputs], ()),
            function.sym_visibility,
            _joined(function.arg_attrs, len(inputs), function.res_attrs, len(outputs)),
            None,
            body=Region([self.block]),
            loc=function.location,
        )
        lowered.attributes[INPUT_COUNT] = IntegerAttr(len(inputs), i64)
        lowered.attributes[SIGNATURE] = function.function_type
        for key, value in function.attributes.items():
            lowered.attributes.setdefault(key, value)
        lowered.attributes.pop("res_attrs", None)
        parent = function.parent
        assert parent is not None
        parent.insert_before(function, lowered)
        function.erase()


def _joined(first: ArrayAttr | None, first_count: int, second: ArrayAttr | None, second_count: int) -> ArrayAttr | None:
    from couloir.ir.attributes import DictionaryAttr

    if first is None and second is None:
        return None
    empty = DictionaryAttr(())
    left = list(first) if first is not None else [empty] * first_count
    right = list(second) if second is not None else [empty] * second_count
    return ArrayAttr((*left, *right))


def _kernel_name(hero: Operation) -> str:
    """A name from the op's class, never from the model: `convolution`, `elementwise`."""
    return hero.name.partition(".")[2] if type(hero) in KERNELS else "elementwise"
