"""The pass: the functions of a model become functions of StableHLO ops.

Each function is built anew, op by op. Calls of model-local functions, and the branch that is taken of an `If`, are inlined. What
shapes depend on is computed on the way (`couloir.passes.onnx_to_hlo.constants`), so that all shapes are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import attrs

from couloir.dialects import func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.structure import Call, Initializer
from couloir.dialects.onnx.structure import Return as OnnxReturn
from couloir.dialects.shapes import same_dims
from couloir.ir.attribute import Type
from couloir.ir.attributes import ArrayAttr, StringAttr
from couloir.ir.builder import at_end
from couloir.ir.errors import Error
from couloir.ir.location import CallSiteLoc, Location
from couloir.ir.operation import Block, Operation, Value, as_value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.rewriter import is_dead
from couloir.ir.symbols import lookup
from couloir.ir.types import ComplexType, FloatType, FunctionType, IntegerType, TensorType
from couloir.passes.onnx_to_hlo import (
    activation,
    casts,
    convolution,
    elementwise,
    indexing,
    linear,
    normalization,
    padding,
    pooling,
    quantization,
    recurrent,
    reduction,
    resize,
    scatter,
    shape,
    sorting,
)
from couloir.passes.onnx_to_hlo.constants import MAX_ELEMENTS, Constants, evaluated
from couloir.passes.onnx_to_hlo.function_bodies import body_of
from couloir.passes.onnx_to_hlo.node import LOWERINGS, Node, NotLowered
from couloir.passes.onnx_to_hlo.shape import constant_of
from couloir.passes.unsupported import Unsupported

FAMILIES: Final = (
    activation,
    casts,
    convolution,
    elementwise,
    indexing,
    linear,
    normalization,
    padding,
    pooling,
    quantization,
    recurrent,
    reduction,
    resize,
    scatter,
    shape,
    sorting,
)
"""The modules that register lowerings."""

OLDEST_OPSET: Final = 7
"""Forms of operators that were replaced before this version are not lowered."""

MAX_OPS: Final = 10_000_000
"""A model whose functions, each inlined where it is called, have more nodes than this is refused."""


@attrs.frozen
class OnnxToHlo(Pass, name="onnx-to-hlo"):
    """Lowers ONNX operators to StableHLO, with shape arithmetic computed and functions inlined."""

    def run(self, op: Operation, context: PassContext) -> None:
        if not isinstance(op, ModuleOp):
            raise Error(f"`{self.name}` runs on a module, not on `{op.name}`")
        bodies = [f for f in op.functions if not f.is_declaration]
        local = [f for f in bodies if f.is_private and "onnx.function" in f.attributes]
        report = Unsupported("StableHLO")
        lowerings = [_FunctionLowering(f, report) for f in bodies if f not in local and _has_onnx(f)]
        for lowering in lowerings:
            lowering.run()
        report.raise_if_any()
        for lowering in lowerings:
            lowering.install()
        for function in local:
            function.erase()
        context.notes.append(f"{sum(lowering.count for lowering in lowerings)} nodes lowered")


def _has_onnx(function: func.FuncOp) -> bool:
    return any(op.name.startswith("onnx.") for op in function.walk())


@attrs.define(eq=False)
class _Frame:
    """A block in the middle of its lowering."""

    ops: Iterator[Operation]
    finish: Callable[[list[Value[Any] | None]], None]
    """Takes the values that the block gives; None for one that could not be lowered."""
    callee: func.FuncOp | None = None
    site: Location | None = None
    """Where the function was called."""


class _FunctionLowering:
    """One function on its way."""

    def __init__(self, function: func.FuncOp, report: Unsupported) -> None:
        self.function = function
        self.report = report
        self.constants = Constants()
        self.values: dict[Value[Any], Value[Any] | None] = {}
        self.block = Block()
        self.count = 0
        self.sizes_are_doubtful = False
        """Whether the sizes in the model are known to be wrong, from some pool on; see `_counts_too_many`."""

    def run(self) -> None:
        """Lowers the body into a new block; the function is not changed yet."""
        function = self.function
        if function.body.first_block is not function.body.last_block:
            self.report.add(function, "it has several blocks")
            return
        _check_static(function)
        for number, argument in enumerate(function.arguments):
            if not is_supported(argument.type) and not argument.has_uses:  # otherwise its users are reported
                self.report.add(function, f"the input `{_input_name(function, number)}` has the type `{argument.type}`")
            self.values[argument] = self.block.add_argument(argument.type, argument.name_hint, argument.location)
        stack = [_Frame(function.entry.ops, self._return)]
        while stack:
            frame = stack[-1]
            op = next(frame.ops, None)
            if op is None:
                stack.pop()
                continue
            self.count += 1
            if self.count > MAX_OPS:
                raise Error(
                    f"the functions of the model call each other so often that they have more than {MAX_OPS} nodes"
                )
            location = op.location if frame.site is None else CallSiteLoc(op.location, frame.site)
            with at_end(self.block, loc=location):
                self._visit(op, location, stack)

    def install(self) -> None:
        """Gives the function its new body and type."""
        function = self.function
        for op in _reversed(self.block):
            if is_dead(op):
                op.erase()
        last = self.block.last_op
        results = () if last is None else tuple(value.type for value in last.operands)
        old = function.entry
        old.erase()
        function.body.append(self.block)
        function.function_type = FunctionType(tuple(a.type for a in self.block.arguments), results)

    # -- ops -----------------------------------------------------------------------------------------------------------------

    def _visit(self, op: Operation, location: Location, stack: list[_Frame]) -> None:
        if isinstance(op, func.Return | OnnxReturn):
            values = [self.values[value] for value in op.operands]
            for value in values if isinstance(op, func.Return) else ():
                if value is not None and not is_supported(value.type):
                    self.report.add(op, f"it returns a value of type `{value.type}`")
            stack[-1].finish(values)
        elif isinstance(op, Call):
            self._call(op, location, stack)
        elif isinstance(op, OnnxOp) and op.operator == "If" and not op.domain:
            self._if(op, stack)
        elif isinstance(op, OnnxOp) and (body := self._body(op)) is not None:
            stack.append(_Frame(body.ops, lambda values: self._define(op, values), None, stack[-1].site))
        elif isinstance(op, OnnxOp | Initializer):
            self._guarded(op)
        else:
            self._copy(op)

    def _return(self, values: list[Value[Any] | None]) -> None:
        found = [value for value in values if value is not None]
        if len(found) == len(values):
            func.Return(found)

    def _copy(self, op: Operation) -> None:
        """An op of another dialect stays as it is."""
        taken = {value for inner in op.walk() for value in inner.operands if value in self.values}
        mapping = {old: new for old in taken if (new := self.values[old]) is not None}
        if len(mapping) < len(taken):
            self._define(op, [None] * len(op.results))
            return
        made = op.clone(mapping)
        self.block.append(made)
        self._define(op, list(made.results))

    def _guarded(self, op: OnnxOp | Initializer) -> None:
        """Lowers an operator; what cannot be lowered goes to the report."""
        try:
            values = [constant_of(op.value)] if isinstance(op, Initializer) else self._lower(op)
        except NotLowered as reason:
            values = self._computed(op)
            if values is None:
                values = [_stand_in(result.type) for result in op.results]
                if any(result.has_uses for result in op.results):
                    self.report.add(op, reason.message)
        except Error as error:
            if error.where is not None:
                raise
            raise Error(
                f"`{op.name}`: {error.message}",
                where=op.location.label or None,
                hint=error.hint,
                excerpt=error.excerpt,
                notes=error.notes,
            ) from error
        self._define(op, values)

    def _lower(self, op: OnnxOp) -> list[Value[Any] | None]:
        lowering = LOWERINGS.get((op.domain, op.operator))
        if lowering is None:
            raise NotLowered("there is no lowering for this operator")
        if op.since_version < OLDEST_OPSET and _is_outdated(op):
            raise NotLowered(f"this form of the operator is older than opset {OLDEST_OPSET}")
        inputs = _inputs(op)
        operands = [None if value is None else self.values[value] for value in inputs]
        if any(new is None and old is not None for new, old in zip(operands, inputs, strict=True)):
            return [_stand_in(result.type) for result in op.results]  # what it takes has been reported
        for value in operands:
            if value is not None and not is_supported(value.type):
                raise NotLowered(f"an operand has the type `{value.type}`")
        made = lowering(Node(op, tuple(operands), self.constants))
        items = made if isinstance(made, Sequence) else [made]
        values = [None if item is None else as_value(item) for item in items]
        return [*values, *[None] * (len(op.results) - len(values))]

    def _computed(self, op: OnnxOp | Initializer) -> list[Value[Any] | None] | None:
        """Constants in place of an operator of constants, whatever it is: what no lowering has may still decide a shape."""
        operands = [self.values[value] for value in op.operands]
        arrays = [None if value is None else self.constants.array(value) for value in operands]
        given = [array for array in arrays if array is not None]
        huge = any(
            isinstance(r.type, TensorType) and r.type.is_static and r.type.size > MAX_ELEMENTS for r in op.results
        )
        if op.regions or not given or len(given) < len(arrays) or huge:
            return None
        results = evaluated(op, given)
        if results is None or any(array.dtype == object or array.size > MAX_ELEMENTS for array in results):
            return None
        return [hlo.constant(array).output for array in results]

    def _define(self, op: Operation, values: Sequence[Value[Any] | None]) -> None:
        for old, new in zip(op.results, values, strict=True):
            if new is not None:
                self._check_type(op, old.type, new.type)
                if new.name_hint is None:
                    new.name_hint = old.name_hint
            self.values[old] = new

    def _check_type(self, op: Operation, old: Type, new: Type) -> None:
        """A lowered value has the type that the model gives it, as far as that is known."""
        if not isinstance(old, TensorType) or not isinstance(new, TensorType):
            return
        same_kind = old.rank == new.rank and old.element_type is new.element_type
        if same_kind and not same_dims(old.dims, new.dims) and _counts_too_many(op):
            self.sizes_are_doubtful = True
        if not same_kind or not (self.sizes_are_doubtful or same_dims(old.dims, new.dims)):
            raise Error(f"`{op.name}` gives `{new}`, but the model says `{old}`", where=op.location.label or None)

    # -- inlining ------------------------------------------------------------------------------------------------------------

    def _call(self, op: Call, location: Location, stack: list[_Frame]) -> None:
        callee = lookup(op, op.callee)
        if not isinstance(callee, func.FuncOp) or callee.is_declaration:
            raise Error(f"there is no body of @{op.callee.leaf} to inline", where=op.location.label or None)
        if any(frame.callee is callee for frame in stack):
            raise Error(f"@{op.callee.leaf} calls itself", where=op.location.label or None)
        for argument, value in zip(callee.arguments, op.operands, strict=True):
            self.values[argument] = self.values[value]
        stack.append(_Frame(callee.entry.ops, lambda values: self._define(op, values), callee, location))

    def _body(self, op: OnnxOp) -> Block | None:
        """ONNX's own definition of an operator that has no lowering, with its operands in place of the arguments."""
        if (op.domain, op.operator) in LOWERINGS or any(not region.is_empty for region in op.regions):
            return None
        inputs = _inputs(op)
        operands = [None if value is None else self.values[value] for value in inputs]
        if any(new is None and old is not None for new, old in zip(operands, inputs, strict=True)):
            return None
        body = body_of(op, [None if value is None else value.type for value in operands])
        if body is not None:
            given = (value for value in operands if value is not None)
            self.values.update(zip(body.arguments, given, strict=True))
        return body

    def _if(self, op: OnnxOp, stack: list[_Frame]) -> None:
        condition = self.values[op.operands[0]]
        found = None if condition is None else self.constants.array(condition)
        if found is None or found.size != 1:
            if condition is not None:
                self.report.add(op, "its condition is computed only when the model runs")
            self._define(op, [_stand_in(result.type) for result in op.results])
            return
        fields = [field.name for field in type(op).definition.regions]
        branch = op.regions[fields.index("then_branch" if found.reshape(-1)[0] else "else_branch")]
        frame = stack[-1]
        stack.append(_Frame(branch.block.ops, lambda values: self._define(op, values), None, frame.site))


def _inputs(op: OnnxOp) -> list[Value[Any] | None]:
    """The operands by position in the schema; None for one that is not given."""
    found: list[Value[Any] | None] = []
    for field in type(op).definition.operands:
        value = getattr(op, field.name)
        found += value if isinstance(value, tuple | list) else [value]
    return found


def _is_outdated(op: OnnxOp) -> bool:
    from onnx import defs

    try:
        return defs.get_schema(op.operator, OLDEST_OPSET, op.domain).since_version > op.since_version
    except defs.SchemaError:
        return False


def is_supported(type: Type) -> bool:
    """Whether StableHLO has values of a type, and its shape is known."""
    numbers = FloatType | IntegerType | ComplexType
    return isinstance(type, TensorType) and type.is_static and isinstance(type.element_type, numbers)


def _input_name(function: func.FuncOp, index: int) -> str:
    return getattr(function.argument_attribute(index, "onnx.name"), "value", str(index))


def _stand_in(type: Type) -> Value[Any] | None:
    """A value in place of one that cannot be lowered, so that the lowering goes on and finds what else there is."""
    return Block([type]).arguments[0] if is_supported(type) else None


def _counts_too_many(op: Operation) -> bool:
    """Whether ONNX's shape inference may have given a pool a window too many.

    Before version 22 it counted, with `ceil_mode`, windows that begin in the padding at the end, which no runtime computes.
    """
    is_pool = isinstance(op, OnnxOp) and op.operator in ("MaxPool", "AveragePool", "LpPool") and op.since_version < 22
    return is_pool and bool(getattr(op, "ceil_mode", 0))


def _reversed(block: Block) -> Iterator[Operation]:
    op = block.last_op
    while op is not None:
        previous = op.prev_op
        yield op
        op = previous


def _check_static(function: func.FuncOp) -> None:
    """Raises when the shape of an argument is not known: says which dimensions to bind, by name."""
    names: dict[str, None] = {}
    notes: list[str] = []
    for index, argument in enumerate(function.arguments):
        type = argument.type
        if isinstance(type, TensorType) and not type.is_static:
            notes.append(f"input `{_input_name(function, index)}` has the type `{type}`")
            listed = function.argument_attribute(index, "onnx.dims")
            if isinstance(listed, ArrayAttr):
                found = [a.value for a in listed if isinstance(a, StringAttr)]
                pairs = zip(type.dims, found, strict=False)
                names.update({name: None for size, name in pairs if size is None and name})
    if not notes:
        return
    bindings = ", ".join(f'"{name}": 1' for name in names)
    raise Error(
        f"the sizes of the inputs of @{function.sym_name} are not all known, and StableHLO is lowered for known sizes",
        where=function.location.label or None,
        notes=notes,
        hint=f"give the dimensions sizes when the model is loaded: dims={{{bindings}}}"
        if names
        else "the dimensions have no names to bind: give them sizes in the model",
    )
