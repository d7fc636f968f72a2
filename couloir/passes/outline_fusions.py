"""The kernels that `hlo-to-loops` will make, made visible: each becomes a function of tensors that is called.

What is computed in one kernel can then be read, run, counted and compared with the fusions of other compilers
(`couloir.costs`, `couloir diff`), which have the same form.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from couloir.costs.marks import FUSION_KIND, fusion_kind
from couloir.dialects import func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.ir.attributes import StringAttr
from couloir.ir.builder import at_end, before
from couloir.ir.errors import Error
from couloir.ir.passes import Pass, PassContext
from couloir.passes.hlo_to_loops.block_lowering import kernel_name
from couloir.passes.hlo_to_loops.fusion import FusionPlan, is_inline, levels, plan_fusion
from couloir.passes.hlo_to_loops.table import KERNELS

if TYPE_CHECKING:
    from couloir.ir.operation import Operation, Value


@attrs.frozen
class OutlineFusions(Pass, name="outline-fusions"):
    """Puts the ops of each kernel of the fusion plan of `hlo-to-loops` into a private function.

    What is cheap may be computed in several kernels, and so is in several functions. Constants, reshapes that move nothing, and
    control flow stay where they are.
    """

    dialects = ("stablehlo",)

    def run(self, op: Operation, context: PassContext) -> None:
        if not isinstance(op, ModuleOp):
            raise Error(
                f"`{self.name}` runs on a module, not on `{op.name}`", hint="the functions have to go somewhere"
            )
        outlining = _Outlining(op)
        calls = [call for call in op.walk() if isinstance(call, func.Call)]
        fusions = {call.callee for call in calls if fusion_kind(call) is not None}
        for function in op.functions:
            is_plain = not function.is_declaration and function.body.first_block is function.body.last_block
            if is_plain and function.sym_name not in fusions:
                outlining.run(function)
        context.notes.append(f"{outlining.count} fusions")


@attrs.frozen(eq=False)
class _Kernel:
    """What is computed in one kernel."""

    op: Operation
    """The one that gives the results; the kernel stands in its place."""
    kind: str
    roots: Sequence[Value[Any]]
    """The results."""
    inside: Sequence[Operation]
    """What is computed, each after what it needs."""

    @property
    def inputs(self) -> list[Value[Any]]:
        """What it takes."""
        made = {result for op in self.inside for result in op.results}
        return list(dict.fromkeys(value for op in self.inside for value in _taken(op) if value not in made))


def _kernels(function: func.FuncOp) -> list[_Kernel]:
    """The kernels of a function, in the order of the ops in whose places they stand."""
    plan = plan_fusion(function)
    ops = [op for block in levels(function) for op in block.ops]
    places = {op: place for place, op in enumerate(ops)}
    found: list[_Kernel] = []
    for op in ops:
        roots = [result for result in op.results if result in plan.stored]
        if roots and (type(op) in KERNELS or is_inline(op)) and not isinstance(op, hlo.Constant):
            inside = sorted(_fused(op, plan), key=places.__getitem__)
            found.append(_Kernel(op, kernel_name(plan.heroes.get(roots[0], op)), roots, inside))
    return found


def _fused(root: Operation, plan: FusionPlan) -> set[Operation]:
    """An op and those that are computed in its loops."""
    found = {root}
    todo = [root]
    while todo:
        for value in _taken(todo.pop()):
            source = value.defining_op
            if source is not None and value not in plan.stored and source not in found:
                found.add(source)
                todo.append(source)
    return found


def _taken(op: Operation) -> list[Value[Any]]:
    """The operands of an op, and what its regions take from outside."""
    if not op.regions:
        return list(op.operands)
    inside = {block for inner in op.walk() for region in inner.regions for block in region.blocks}
    return [value for inner in op.walk() for value in inner.operands if value.parent_block not in inside]


class _Outlining:
    def __init__(self, module: ModuleOp) -> None:
        self.module = module
        self.taken = {function.sym_name for function in module.functions}
        self.count = 0

    def run(self, function: func.FuncOp) -> None:
        """Replaces the kernels of a function by calls."""
        results: dict[Value[Any], Value[Any]] = {}
        kernels = _kernels(function)
        for kernel in kernels:
            made = self.call(kernel, [results.get(value, value) for value in kernel.inputs])
            results.update(zip(kernel.roots, made.results, strict=True))
        for root, result in results.items():
            result.name_hint = root.name_hint
            root.replace_all_uses_with(result)
        for op in dict.fromkeys(op for kernel in reversed(kernels) for op in reversed(kernel.inside)):
            if not any(result.has_uses for result in op.results):
                op.erase()

    def call(self, kernel: _Kernel, operands: Sequence[Value[Any]]) -> func.Call:
        """A call of a new function with the ops of a kernel."""
        self.count += 1
        inputs, roots = kernel.inputs, kernel.roots
        types = [root.type for root in roots]
        function = func.FuncOp.build(self.unique(kernel.kind), [v.type for v in inputs], types, visibility="private")
        function.location = kernel.op.location
        values: dict[Value[Any], Value[Any]] = dict(zip(inputs, function.arguments, strict=True))
        for op in kernel.inside:
            function.entry.append(op.clone(values))
        with at_end(function.entry):
            func.Return([values[root] for root in roots])
        self.module.body.append(function)
        with before(kernel.op):
            call = func.Call(function.sym_name, operands, result_types=types, loc=kernel.op.location)
        call.attributes[FUSION_KIND] = StringAttr(kernel.kind)
        return call

    def unique(self, kind: str) -> str:
        """A name that no function has."""
        number = 0
        while f"fused_{kind}_{number}" in self.taken:
            number += 1
        self.taken.add(f"fused_{kind}_{number}")
        return f"fused_{kind}_{number}"
