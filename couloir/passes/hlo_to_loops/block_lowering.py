"""From the blocks of a function on tensors to blocks of kernel calls on buffers."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

from couloir.backends.numpy.constants import constant_array
from couloir.dialects import func, hlo, memref
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.builder import at_end, insert_at
from couloir.ir.conversion import ConversionRewriter, DependsOnIllegal, Inline
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.types import FunctionType, MemRefType, TensorType, Type
from couloir.passes.hlo_to_loops.control import CONTROL, Direct, Nested
from couloir.passes.hlo_to_loops.fusion import FusionPlan, is_inline, plan_fusion
from couloir.passes.hlo_to_loops.in_place import ReadTimes, overwritten
from couloir.passes.hlo_to_loops.kernels import Kernel, elementwise_kernel
from couloir.passes.hlo_to_loops.loops import storage_type
from couloir.passes.hlo_to_loops.table import KERNELS

if TYPE_CHECKING:
    from couloir.passes.hlo_to_loops.lowering import ModuleLowering


def buffer_type(type: Type) -> MemRefType:
    """The buffer for a tensor."""
    if not isinstance(type, TensorType):
        raise Error(f"values of type `{type}` have no buffer")
    return MemRefType(type.shape, storage_type(type.element_type))


class BlockLowering:
    """The lowering of one function, block by block. What its rules share: the plan, and the buffers."""

    def __init__(self, module: ModuleLowering, function: func.FuncOp, rewriter: ConversionRewriter) -> None:
        self.module = module
        self.function = function
        self.rewriter = rewriter
        self.plan: FusionPlan = plan_fusion(function)
        self.buffers: dict[Value[Any], Value[Any]] = {}
        self.owned: set[Value[Any]] = set()
        """Values whose buffers were made for them alone."""
        self.times: dict[Block, ReadTimes] = {}
        self.direct: Direct = {}
        """The buffers in which values are to be computed, where there is such a wish."""

    def run(self) -> Generator[Inline, Any, Block]:
        """The lowered body, a block that takes the buffers of the arguments, then those of the results."""
        function, body = self.function, Block()
        for argument in function.arguments:
            type = buffer_type(argument.type)
            self.buffers[argument] = body.add_argument(type, argument.name_hint, argument.location)
        outs = [body.add_argument(buffer_type(type)) for type in function.function_type.results]
        yield from self.block(function.entry, body, outs)
        with at_end(body):
            func.Return()
        return body

    def block(self, source: Block, target: Block, outs: Sequence[Value[Any]] | None) -> Nested:
        """Lowers the ops of a block but the last, and writes what the last one returns to `outs`, if they are given.

        The arguments of the block have their buffers.
        """
        last = source.last_op
        assert last is not None, "blocks end with a terminator"
        self.direct.update(self._direct_outputs(source, outs or ()))
        yield Inline(source, [self.buffers[argument] for argument in source.arguments], into=target)
        if self.rewriter.has_failed:
            raise DependsOnIllegal
        with at_end(target, loc=last.location):
            for value, out in zip(last.operands, outs or (), strict=outs is not None):
                if self.buffers.get(value) is not out:
                    memref.Copy(self.buffer_of(value), out)

    def lower(self, op: Operation, rewriter: ConversionRewriter) -> Generator[Inline, Any, list[Any]]:
        """Lowers one op; the buffers of its results, and nothing for those that are computed where they are used."""
        control = CONTROL.get(type(op))
        if control is not None:
            yield from control(self, op, self.direct)
        else:
            self._lower_op(op, rewriter)
        return [self.buffers.get(result, ()) for result in op.results]

    def alloc(self, type: Type) -> Value[MemRefType]:
        """A new buffer for a tensor."""
        return memref.Alloc((), (), result_types=[buffer_type(type)]).memref

    def buffer_of(self, value: Value[Any]) -> Value[Any]:
        """The buffer of a value that is needed as a whole."""
        found = self.buffers.get(value)
        if found is not None:
            return found
        op = value.defining_op
        if not isinstance(op, hlo.Constant) or not isinstance(op.value, DenseElementsAttr):
            raise Error(
                "a value that is needed as a whole has no buffer", hint="this is a fault of the lowering to loops"
            )
        return self.module.constant(op.value)

    def _direct_outputs(self, block: Block, outs: Sequence[Value[Any]]) -> Direct:
        """Which stored values are computed right in an output buffer."""
        direct: Direct = {}
        last = block.last_op
        assert last is not None, "blocks end with a terminator"
        for value, out in zip(last.operands, outs, strict=False):
            op = value.defining_op
            if op is None or op.parent is not block or isinstance(op, hlo.Reshape | hlo.Constant):
                continue
            if value in self.plan.stored and not isinstance(op, hlo.OptimizationBarrier):
                direct.setdefault(value, out)
        return direct

    def _lower_op(self, op: Operation, rewriter: ConversionRewriter) -> None:
        roots = [r for r in op.results if r in self.plan.stored]
        if not roots:
            return
        if isinstance(op, hlo.Constant):
            value = op.value
            if not isinstance(value, DenseElementsAttr):
                value = DenseElementsAttr(value.type, constant_array(value))
            self.buffers[op.output] = self.module.constant(value)
            return
        if isinstance(op, hlo.Reshape) and not is_inline(op):
            self._view(op)
            return
        self._place_updates(op)
        for root in roots:
            if root not in self.buffers:
                self.buffers[root] = self.direct.get(root) or self.alloc(root.type)
            self.owned.add(root)
        hero = self.plan.heroes.get(roots[0], op)
        with insert_at(None):
            kernel = Kernel(kernel_name(hero), self.buffers, op.location)
        with at_end(kernel.function.entry, loc=op.location):
            rule = KERNELS.get(type(hero))
            build = rule.build if rule is not None else elementwise_kernel
            build(kernel, hero, roots)
            func.Return()
        kernel.function.function_type = FunctionType([b.type for b in kernel.outer], ())
        for alloc in kernel.temporaries:
            rewriter.insert(alloc)
        func.Call(self.module.kernel(kernel), kernel.outer, result_types=())

    def _place_updates(self, op: Operation) -> None:
        """Gives results that are changed operands the operands' buffers, where nobody else needs them."""
        pairs = overwritten(op)
        if not pairs or op.parent is None:
            return
        times = self.times.get(op.parent)
        if times is None:
            times = self.times[op.parent] = ReadTimes(op.parent, self.plan)
        for operand, result in pairs:
            if operand in self.owned and times.may_overwrite(op, operand):
                self.buffers[result] = self.buffers[operand]

    def _view(self, op: hlo.Reshape) -> None:
        type = buffer_type(op.result.type)
        strides: list[int] = []
        step = 1
        for size in reversed(type.shape):
            strides.insert(0, step)
            step *= size
        source = self.buffer_of(op.operand)
        self.buffers[op.result] = memref.ReinterpretCast(
            source, (), (), (), (0,), type.shape, tuple(strides), result_types=[type]
        ).results[0]


def kernel_name(hero: Operation) -> str:
    """A name from the op's class, never from the model: `convolution`, `elementwise`."""
    return hero.name.partition(".")[2] if type(hero) in KERNELS else "elementwise"
