"""The pass: a module of StableHLO functions becomes a module of loops over buffers.

`@main(tensors) -> tensors` becomes `@main(buffers in, buffers out)`, a list of calls: each kernel is a private
function of its own, and equal kernels are one function. Constants become `memref.global`s.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

import attrs

from couloir.dialects import func, hlo, memref, tensor
from couloir.dialects.builtin import ModuleOp
from couloir.ir.attributes import ArrayAttr, DenseElementsAttr, IntegerAttr
from couloir.ir.builder import insert_at
from couloir.ir.conversion import (
    Adaptor,
    ConversionRewriter,
    ConversionRule,
    ConversionRules,
    ConversionTarget,
    DependsOnIllegal,
    Inline,
    why_illegal,
)
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.rule import NoMatch, first_line
from couloir.ir.rewriting.why import Explanation
from couloir.ir.text.printer import operation_text
from couloir.ir.types import FunctionType, MemRefType, TensorType, Type, i64
from couloir.passes.calls import callees_first
from couloir.passes.hlo_to_loops.block_lowering import BlockLowering, buffer_type
from couloir.passes.hlo_to_loops.control import CONTROL
from couloir.passes.hlo_to_loops.fusion import is_inline
from couloir.passes.hlo_to_loops.kernels import Kernel
from couloir.passes.hlo_to_loops.scalars import SCALARS, SUPPORTED_ELEMENTS, supports, unsupported_element
from couloir.passes.hlo_to_loops.table import KERNELS

INPUT_COUNT = "couloir.inputs"
"""Attribute of a lowered function: how many of its buffers are inputs; the rest are outputs."""

SIGNATURE = "couloir.signature"
"""Attribute of a lowered function: its type on tensors, before the lowering."""


@attrs.frozen
class HloToLoops(Pass, name="hlo-to-loops"):
    """Lowers StableHLO on tensors to loops over buffers, with elementwise ops fused into the loops of their users."""

    dialects = ("stablehlo",)
    after = "known-sizes,decompose,inline,symbol-dce,complex-to-real,canonicalize,cse,explicit-padding,dot-layout"

    def run(self, op: Operation, context: PassContext) -> None:
        if not isinstance(op, ModuleOp):
            raise Error(f"`{self.name}` runs on a module, not on `{op.name}`")
        module = ModuleLowering(op)
        if all(callee in module.functions for callee in _callees(op)):
            callees_first(module.functions.values(), module.functions.values())  # refuses recursion
        context.convert(op, _target(), _LoopRules(module), stoppable=False)
        module.install()
        context.notes.append(f"{module.kernel_count} kernels, {len(module.known)} of them different")

    def why_not(self, op: Operation) -> Explanation:
        module = next((around for around in op.ancestors() if isinstance(around, ModuleOp)), None)
        if module is None:
            raise Error(f"`{op.name}` stands in no module", hint="kernels and constants have to go somewhere")
        return why_illegal(op, _target(), _LoopRules(ModuleLowering(module)))


def _callees(module: ModuleOp) -> Iterator[str]:
    return (op.callee for op in module.walk() if isinstance(op, func.Call))


def _target() -> ConversionTarget:
    """Whatever takes and gives no tensors, in functions of buffers."""
    target = ConversionTarget("loops")
    target.add_illegal("stablehlo")
    target.add_dynamically_legal(func.FuncOp, when=_is_on_buffers)
    target.mark_recursively_legal(func.FuncOp)
    target.mark_unknown_dynamically_legal(
        lambda op: not any(isinstance(value.type, TensorType) for value in (*op.operands, *op.results))
    )
    return target


def _is_on_buffers(function: func.FuncOp) -> bool:
    """Whether there is nothing to lower in a function: it is declared, lowered, or was written with buffers."""
    if function.is_declaration or INPUT_COUNT in function.attributes:
        return True
    types = (*function.function_type.inputs, *function.function_type.results)
    if any(isinstance(t, TensorType) for t in types) or not any(isinstance(t, MemRefType) for t in types):
        return False
    return not any(op.name.startswith("stablehlo.") for op in function.walk())


class _LoopRules(ConversionRules):
    """The kernels, and the lowerings of control flow, as rules of one conversion."""

    def __init__(self, module: ModuleLowering) -> None:
        super().__init__()
        self.module = module
        self.lowering: BlockLowering | None = None
        """The function that is being lowered."""
        self._function = _LoopRule(self._lower_function, (func.FuncOp,), "function")
        self._ops: dict[type[Operation], ConversionRule] = {}

    def at(self, op: Operation) -> Sequence[ConversionRule]:
        if isinstance(op, func.FuncOp):
            return (self._function,)
        found = self._ops.get(type(op))
        if found is None:
            found = self._ops[type(op)] = _LoopRule(
                self._lower_op, (type(op),), op.name.partition(".")[2], _summary(op)
            )
        return (found,)

    def _lower_function(self, op: func.FuncOp, adaptor: Adaptor, rewriter: ConversionRewriter) -> Process:
        """A function of tensors becomes a function of buffers, those of the results last."""
        if op.body.first_block is not op.body.last_block:
            raise NoMatch("it has several blocks")
        for type in (*op.function_type.inputs, *op.function_type.results):
            check_type(type)
        self.lowering = BlockLowering(self.module, op, rewriter)
        body = yield from self.lowering.run()
        self.module.lowered(op, body)

    def _lower_op(self, op: Operation, adaptor: Adaptor, rewriter: ConversionRewriter) -> Process:
        check_lowered(op, self.module.functions)
        if rewriter.has_failed or self.lowering is None:  # nothing is built any more
            raise DependsOnIllegal
        return (yield from self.lowering.lower(op, rewriter))


class _LoopRule(ConversionRule):
    """A rule that takes its operands from the buffers of the function: not all have one."""

    takes_operands: ClassVar[bool] = False


Process: TypeAlias = "Generator[Inline, Any, Any]"


def _summary(op: Operation) -> str:
    rule, control = KERNELS.get(type(op)), CONTROL.get(type(op))
    function = control if rule is None else rule.build
    return "Elements, computed in the loops of their users." if function is None else first_line(function.__doc__)


def check_type(type: Type) -> None:
    """Raises `NoMatch` when there is no buffer for a type."""
    if not isinstance(type, TensorType):
        raise NoMatch(f"a value has the type `{type}`", supported="tensors")
    if not type.is_static:
        reason = f"the shape of `{type}` is not known; bind the dimensions"
        raise NoMatch(reason, supported="shapes that are known: `dims` when a model is loaded, or couloir.specialize")


def check_lowered(op: Operation, functions: Mapping[str, func.FuncOp]) -> None:
    """Raises `NoMatch` when an op has no loops."""
    if isinstance(op, tensor.Extract):
        check_type(op.tensor.type)
        return
    types = [value.type for value in (*op.operands, *op.results)]
    for type in types:
        check_type(type)
    if isinstance(op, hlo.Constant):
        return
    if isinstance(op, hlo.Rng):
        reason = "its numbers come from a hidden state, and what is compiled keeps none"
        raise NoMatch(reason, supported="stablehlo.rng_bit_generator, which takes the state and gives it back")
    for type in types:
        reason = unsupported_element(type.element_type)
        if reason is not None:
            raise NoMatch(reason, supported=SUPPORTED_ELEMENTS)
    rule = KERNELS.get(op.__class__)
    if isinstance(op, func.Call):
        reason = None if op.callee in functions else f"the function @{op.callee} has no body"
    elif rule is not None:
        reason = None if rule.check is None else rule.check(op)
    elif op.__class__ in SCALARS:
        reason = supports(op)
    elif op.__class__ in CONTROL or isinstance(op, hlo.Reshape) or is_inline(op):
        return
    else:
        supported = "" if op.name.startswith("stablehlo.") else "the ops of StableHLO"
        raise NoMatch("there is no lowering to loops", supported=supported)
    if reason is not None:
        raise NoMatch(reason)


class ModuleLowering:
    """What the functions of a module share: constants and kernels."""

    def __init__(self, module: ModuleOp) -> None:
        self.module = module
        self.known: dict[str, str] = {}
        """Text of a kernel without its name -> name."""
        self.globals: dict[DenseElementsAttr, str] = {}
        self.functions = {f.sym_name: f for f in module.functions if not f.is_declaration}
        self.constants: list[memref.Global] = []
        self.kernels: list[func.FuncOp] = []
        self.kernel_count = 0
        self.taken = {f.sym_name for f in module.functions}

    def lowered(self, function: func.FuncOp, body: Block) -> None:
        """Builds the function on buffers that takes the place of a function on tensors."""
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
        lowered.attributes[SIGNATURE] = function.attributes.get(SIGNATURE, function.function_type)
        for key, value in function.attributes.items():
            lowered.attributes.setdefault(key, value)
        lowered.attributes.pop("res_attrs", None)

    def install(self) -> None:
        """Puts constants and kernels into the module, when all functions are lowered."""
        body = self.module.body
        for constant in self.constants:
            body.prepend(constant)
        for kernel in self.kernels:
            body.append(kernel)

    def constant(self, value: DenseElementsAttr) -> Value[Any]:
        """The buffer of a constant."""
        type = buffer_type(value.type)
        name = self.globals.get(value)
        if name is None:
            name = self.globals[value] = self._unique("constant", len(self.globals))
            tensor = TensorType(type.shape, type.element_type)
            array = value.array if value.type is tensor else _signless(value, tensor)
            with insert_at(None):
                made = memref.Global(name, type, "private", DenseElementsAttr(tensor, array), True)
            self.constants.append(made)
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
        self.kernels.append(kernel.function)
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
