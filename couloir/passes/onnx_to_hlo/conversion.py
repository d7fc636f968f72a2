"""The pass: a conversion from the operators of ONNX to StableHLO.

Calls of model-local functions, the branch that is taken of an `If`, and operators that ONNX defines by others are
inlined. What shapes depend on is computed on the way (`couloir.passes.onnx_to_hlo.constants`), so that all shapes are known.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, ClassVar, Final, TypeAlias

import attrs

from couloir.dialects import func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.onnx.base import OnnxOp
from couloir.dialects.onnx.structure import Call, Initializer
from couloir.dialects.onnx.types import SequenceType
from couloir.dialects.shapes import same_dims
from couloir.ir.attribute import Type
from couloir.ir.attributes import ArrayAttr, StringAttr
from couloir.ir.conversion import (
    Adaptor,
    ConversionRewriter,
    ConversionRule,
    ConversionRules,
    ConversionTarget,
    Convert,
    DependsOnIllegal,
    Inline,
    TypeConverter,
    why_illegal,
)
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Region, Value, as_value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.rule import NoMatch, first_line
from couloir.ir.rewriting.why import Explanation
from couloir.ir.symbols import lookup
from couloir.ir.types import ComplexType, FloatType, FunctionType, IntegerType, TensorType
from couloir.passes.onnx_to_hlo import (
    activation,
    casts,
    control,
    convolution,
    data_dependent,
    determinant,
    einsum,
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
    sampling,
    scatter,
    sequences,
    shape,
    signals,
    sorting,
)
from couloir.passes.onnx_to_hlo.constants import MAX_ELEMENTS, Constants, evaluated
from couloir.passes.onnx_to_hlo.data_dependent import PADDED
from couloir.passes.onnx_to_hlo.function_bodies import body_of
from couloir.passes.onnx_to_hlo.node import LOWERINGS, Node, NotLowered, Tensor
from couloir.passes.onnx_to_hlo.shape import constant_of

FAMILIES: Final = (
    activation,
    casts,
    control,
    convolution,
    data_dependent,
    determinant,
    einsum,
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
    sampling,
    scatter,
    sequences,
    shape,
    signals,
    sorting,
)
"""The modules that register lowerings."""

OLDEST_OPSET: Final = 7
"""Forms of operators that were replaced before this version are not lowered."""

SUPPORTED_TYPES: Final = "tensors of numbers whose shapes are known"

MAX_OPS: Final = 10_000_000
"""A model whose functions, each inlined where it is called, have more nodes than this is refused."""


_FAULTS: Final = (ArithmeticError, LookupError, MemoryError, TypeError, ValueError)
"""What a lowering runs into when a node breaks a rule of its operator that neither ONNX's checker nor its inference looks at."""


@attrs.frozen
class OnnxToHlo(Pass, name="onnx-to-hlo"):
    """Lowers ONNX operators to StableHLO, with shape arithmetic computed and functions inlined."""

    dialects = ("onnx",)

    pad_indices: bool = False
    """Lower `NonMaxSuppression` and `NonZero`, which give as many indices as the values ask for: to the largest number, with -1 for
    those that are not there. What the model goes on to do with these is not changed: -1 is then an index from the end."""

    def run(self, op: Operation, context: PassContext) -> None:
        if not isinstance(op, ModuleOp):
            raise Error(f"`{self.name}` runs on a module, not on `{op.name}`")
        local = [f for f in op.functions if _is_local(f)]
        rules = _OnnxRules(pad_indices=self.pad_indices)
        context.convert(op, _target(), rules, _AsLowered())
        if context.stop_after is None or not any(isinstance(inner, Call) for inner in op.walk()):
            for function in local:
                function.erase()
        context.notes.append(f"{rules.count} nodes lowered")

    def why_not(self, op: Operation) -> Explanation:
        return why_illegal(op, _target(), _OnnxRules(pad_indices=self.pad_indices), _AsLowered())


def _target() -> ConversionTarget:
    """StableHLO, and whatever is neither ONNX nor a function with ONNX in it."""
    target = ConversionTarget("StableHLO")
    target.add_illegal("onnx")
    target.add_dynamically_legal(func.Return, when=lambda op: all(is_supported(value.type) for value in op.operands))
    target.add_dynamically_legal(func.FuncOp, when=lambda f: f.is_declaration or _is_local(f) or not _has_onnx(f))
    target.mark_recursively_legal(func.FuncOp)
    target.mark_unknown_dynamically_legal(lambda op: True)
    return target


def _has_onnx(function: func.FuncOp) -> bool:
    return any(op.name.startswith("onnx.") for op in function.walk())


def _is_local(function: func.FuncOp) -> bool:
    """Whether it is a function of the model, which is inlined where it is called."""
    return not function.is_declaration and function.is_private and "onnx.function" in function.attributes


class _AsLowered(TypeConverter):
    """The types of lowered values are what the lowerings make: the model often does not know them."""

    def convert(self, type: Type) -> tuple[Type, ...] | None:
        return (type,)

    def accepts(self, old: Type, new: Type) -> bool:
        return True  # `_OnnxRules._check_type` has looked

    def accepts_any_number(self, old: Type) -> bool:
        return isinstance(old, SequenceType)

    def stand_in(self, type: Type) -> tuple[Type, ...] | None:
        return (type,) if is_supported(type) else None


Steps: TypeAlias = "Generator[Any, Any, Sequence[Tensor | Operation | None] | None]"


class _OnnxRules(ConversionRules):
    """The lowerings as rules of one conversion, with what is known on the way."""

    def __init__(self, *, pad_indices: bool) -> None:
        super().__init__()
        self.pad_indices = pad_indices
        self.constants = Constants()
        self.count = 0
        self.sizes_are_doubtful = False
        """Whether the sizes in the model are known to be wrong, from some pool on; see `_is_misjudged`."""
        self._made: dict[tuple[str, str] | type[Operation], Sequence[ConversionRule]] = {}

    def at(self, op: Operation) -> Sequence[ConversionRule]:
        key = (op.domain, op.operator) if isinstance(op, OnnxOp) else type(op)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._rules(op)
        return found

    def _rules(self, op: Operation) -> Sequence[ConversionRule]:
        if isinstance(op, OnnxOp):
            lowering = LOWERINGS.get((op.domain, op.operator))
            summary = op.operator if lowering is None else first_line(lowering.__doc__)
            return [_OnnxRule(self._lower, (type(op),), op.operator, summary)]
        functions: dict[type[Operation], Callable[[Any, Adaptor, ConversionRewriter], Any]] = {
            Initializer: self._initializer,
            Call: self._call,
            func.FuncOp: self._function,
            func.Return: self._return,
        }
        function = functions.get(type(op))
        if function is None:
            return ()
        return [_OnnxRule(function, (type(op),), type(op).__name__)]

    # -- functions -----------------------------------------------------------------------------------------------------------

    def _function(self, op: func.FuncOp, adaptor: Adaptor, rewriter: ConversionRewriter) -> Steps:
        """A function of tensors whose shapes are known."""
        if op.body.first_block is not op.body.last_block:
            raise NoMatch("it has several blocks")
        _check_static(op)
        for number, argument in enumerate(op.arguments):
            if not is_supported(argument.type) and not argument.has_uses:  # otherwise its users are reported
                reason = f"the input `{_input_name(op, number)}` has the type `{argument.type}`"
                raise NoMatch(reason, supported=SUPPORTED_TYPES)
        body: Region = yield Convert(op.body)
        last = body.block.last_op
        results = () if last is None else tuple(value.type for value in last.operands)
        made = func.FuncOp.create((), (), dict(op.attributes), [body], location=op.location)
        made.function_type = FunctionType(tuple(argument.type for argument in body.block.arguments), results)
        rewriter.insert(made)
        return None

    def _return(self, op: func.Return, adaptor: Adaptor, rewriter: ConversionRewriter) -> None:
        """The lowered results."""
        values = [_lowered(rewriter, value) for value in op.operands]
        for old, value in zip(op.operands, values, strict=True):
            if isinstance(value, tuple) or (value is not None and not is_supported(value.type)):
                raise NoMatch(f"it returns a value of type `{old.type}`", supported=SUPPORTED_TYPES)
        found = [value for value in values if value is not None]
        if len(found) < len(values):
            raise DependsOnIllegal
        func.Return(found)

    def _call(self, op: Call, adaptor: Adaptor, rewriter: ConversionRewriter) -> Steps:
        """The nodes of the function."""
        callee = lookup(op, op.callee)
        if not isinstance(callee, func.FuncOp) or callee.is_declaration:
            raise Error(f"there is no body of @{op.callee.leaf} to inline", where=op.location.label or None)
        if rewriter.is_active(callee.entry):
            raise Error(f"@{op.callee.leaf} calls itself", where=op.location.label or None)
        self._step()
        values = yield Inline(callee.entry, [_lowered(rewriter, v) for v in op.operands], site=rewriter.location)
        return self._checked(op, values)

    # -- nodes ---------------------------------------------------------------------------------------------------------------

    def _initializer(self, op: Initializer, adaptor: Adaptor, rewriter: ConversionRewriter) -> Value[Any]:
        """A constant."""
        self._step()
        try:
            return constant_of(op.value)
        except NotLowered as reason:
            raise NoMatch(reason.message, supported=reason.hint or "") from None

    def _lower(self, op: OnnxOp, adaptor: Adaptor, rewriter: ConversionRewriter) -> Steps:
        """Lowers an operator: by its lowering, by ONNX's own definition, or as a constant when its operands are constants."""
        self._step()
        inputs = _inputs(op)
        operands = [None if value is None else _lowered(rewriter, value) for value in inputs]
        if any(new is None and old is not None for new, old in zip(operands, inputs, strict=True)):
            raise DependsOnIllegal
        try:
            body = self._body(op, operands)
            if body is not None:
                given = [value for value in operands if value is not None]
                values = yield Inline(body, given if body.arguments else ())  # a branch takes nothing
            else:
                values = yield from self._by_lowering(op, operands)
        except NotLowered as reason:
            values = self._computed(op, operands)
            if values is None and any(result.has_uses for result in op.results):
                raise NoMatch(reason.message, supported=reason.hint or "") from None
        return self._checked(op, values or ())

    def _body(self, op: OnnxOp, operands: Sequence[Tensor | None]) -> Block | None:
        """What stands for the operator in its place: the branch of an `If` that is taken, or ONNX's definition of the operator."""
        if (op.domain, op.operator) == ("", "If"):
            condition = None if operands[0] is None else self.constants.array(operands[0])
            if condition is None or condition.size != 1:
                return None
            branch: Region = getattr(op, "then_branch" if condition.reshape(-1)[0] else "else_branch")
            return branch.block
        if (op.domain, op.operator) in LOWERINGS or any(not region.is_empty for region in op.regions):
            return None
        if any(isinstance(value, tuple) for value in operands):
            return None
        return body_of(op, [None if value is None else value.type for value in operands])

    def _by_lowering(self, op: OnnxOp, operands: Sequence[Tensor | None]) -> Steps:
        lowering = LOWERINGS.get((op.domain, op.operator))
        if lowering is None:
            raise NotLowered("there is no lowering for this operator")
        if op.since_version < OLDEST_OPSET and _is_outdated(op):
            raise NotLowered(
                f"this form of the operator is older than opset {OLDEST_OPSET}",
                hint=f"{op.operator} of opset {OLDEST_OPSET} and newer; onnx.version_converter makes that of a model",
            )
        for value in operands:
            if value is not None and not isinstance(value, tuple) and not is_supported(value.type):
                raise NotLowered(f"an operand has the type `{value.type}`", hint=SUPPORTED_TYPES)
        try:
            made = lowering(Node(op, tuple(operands), self.constants, self.pad_indices))
            if isinstance(made, Generator):
                made = yield from made
        except _FAULTS as fault:
            raise NotLowered(f"its operands and attributes do not fit each other ({fault})") from fault
        return made if isinstance(made, Sequence) else [made]

    def _computed(self, op: OnnxOp, operands: Sequence[Any]) -> list[Tensor | Operation | None] | None:
        """Constants in place of an operator of constants, whatever it is: what no lowering has may still decide a shape."""
        if any(isinstance(value, tuple) for value in operands):
            return None
        arrays = [self.constants.array(value) for value in operands if value is not None]
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

    def _step(self) -> None:
        self.count += 1
        if self.count > MAX_OPS:
            raise Error(f"the functions of the model call each other so often that they have more than {MAX_OPS} nodes")

    def _checked(self, op: Operation, values: Sequence[Any]) -> list[Any]:
        """One value for each result, of the type that the model gives it; a tuple for a sequence."""
        found: list[Any] = [value if value is None or isinstance(value, tuple) else as_value(value) for value in values]
        found += [None] * (len(op.results) - len(found))
        for old, new in zip(op.results, found, strict=True):
            if new is not None and not isinstance(new, tuple):
                self._check_type(op, old.type, new.type)
        return found

    def _check_type(self, op: Operation, old: Type, new: Type) -> None:
        """A lowered value has the type that the model gives it, as far as that is known."""
        if not isinstance(old, TensorType) or not isinstance(new, TensorType):
            return
        same_kind = old.rank == new.rank and old.element_type is new.element_type
        if same_kind and not same_dims(old.dims, new.dims) and (_is_misjudged(op) or self._is_padded(op)):
            self.sizes_are_doubtful = True
        if not same_kind or not (self.sizes_are_doubtful or same_dims(old.dims, new.dims)):
            raise Error(f"`{op.name}` gives `{new}`, but the model says `{old}`", where=op.location.label or None)

    def _is_padded(self, op: Operation) -> bool:
        return self.pad_indices and isinstance(op, OnnxOp) and op.operator in PADDED


class _OnnxRule(ConversionRule):
    """A rule that asks for its operands itself: some may be missing, and some could not be lowered."""

    takes_operands: ClassVar[bool] = False


def _lowered(rewriter: ConversionRewriter, value: Value[Any]) -> Any:
    """What became of a value: a tensor, or for a sequence a tuple of tensors; None when it could not be lowered."""
    found = rewriter.raw(value)
    if isinstance(value.type, SequenceType) and not isinstance(getattr(found, "type", None), SequenceType):
        return (found,) if isinstance(found, Value) else found
    return found if isinstance(found, Value) else None  # an input that is a sequence is no tensors


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


def _is_misjudged(op: Operation) -> bool:
    """Whether ONNX's shape inference may have given a result a size that no runtime gives it.

    Before version 22 it counted, for pools with `ceil_mode`, windows that begin in the padding at the end. For an `STFT` it takes
    the absent attribute `onesided` to be 0, though its default is 1.
    """
    if not isinstance(op, OnnxOp):
        return False
    if op.operator == "STFT":
        return "onesided" not in op.attributes
    is_pool = op.operator in ("MaxPool", "AveragePool", "LpPool") and op.since_version < 22
    return is_pool and bool(getattr(op, "ceil_mode", 0))


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
        else "give the inputs shapes: couloir.specialize(model, shapes={...})",
    )
