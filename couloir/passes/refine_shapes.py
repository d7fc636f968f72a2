"""Every shape static, from the types of the arguments: sizes become numbers, and ops that take sizes the static ones.

What upstream calls `stablehlo-refine-arguments`, `stablehlo-refine-shapes` and `stablehlo-canonicalize-dynamism`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs
import numpy as np

from couloir.dialects import func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo.lapack import lapack_call
from couloir.dialects.hlo.open_sizes import SHAPE_ASSERTION, assertion_message
from couloir.dialects.shapes import Dim, Dims, same_dims
from couloir.ir.attribute import Type
from couloir.ir.attributes import ArrayAttr, DictionaryAttr
from couloir.ir.builder import before
from couloir.ir.definition import infer
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.rewriter import is_dead
from couloir.ir.types import FunctionType, TensorType, i32
from couloir.passes.dynamic_custom_calls import static_custom_call
from couloir.passes.inline import Inline
from couloir.passes.onnx_to_hlo.constants import Constants

MAX_LISTED: Final = 10
"""Ops that an error names."""


@attrs.frozen
class RefineShapes(Pass, name="refine-shapes"):
    """Makes every shape of a function static, from the types of its arguments; calls are inlined first."""

    dialects = ("stablehlo",)

    shapes: tuple[str, ...] = ()
    """The shapes of the arguments: `2x3x8`, nothing for a scalar, `*` for one that stays as it is; without any, all stay."""
    function: str | None = None
    """The function; by default the first that is public."""

    def run(self, op: Operation, context: PassContext) -> None:
        if not isinstance(op, ModuleOp):
            raise Error(f"`{self.name}` runs on a module, not on `{op.name}`")
        bodies = [f for f in op.functions if not f.is_declaration]
        wanted = [f for f in bodies if f.sym_name == self.function or (self.function is None and not f.is_private)]
        if not wanted:
            raise Error(f"there is no function @{self.function}" if self.function else "there is no public function")
        old = wanted[0].function_type.inputs
        if self.shapes and len(self.shapes) != len(old):
            raise Error(f"@{wanted[0].sym_name} has {len(old)} arguments; {len(self.shapes)} shapes were given")
        refine_shapes(
            wanted[0], [_shaped(type, text) for type, text in zip(old, self.shapes or ["*"] * len(old), strict=True)]
        )
        context.notes.append(f"@{wanted[0].sym_name} is static")


def _shaped(type: Type, text: str) -> Type:
    """A type in the shape that a text says."""
    if text == "*" or not isinstance(type, TensorType):
        return type
    sizes = text.split("x") if text else []
    if not all(size.isdecimal() for size in sizes):
        raise Error(f"a shape is sizes with `x` between them, such as 2x3x8, not `{text}`")
    return TensorType(tuple(int(size) for size in sizes), type.element_type)


def refine_shapes(function: func.FuncOp, inputs: Sequence[Type]) -> None:
    """Gives the arguments of a function these types, and makes every shape in it static, in place.

    Args:
        function: A function of StableHLO ops. Functions that it calls are inlined.
        inputs: A type for each argument: its own, with sizes where it has none.

    Raises:
        Error: A type does not fit its argument; sizes contradict each other; or a shape remains open, because it
            depends on the elements of a tensor: names the ops.
    """
    module = function.parent_op
    if isinstance(module, ModuleOp) and any(isinstance(op, func.Call) for op in function.walk()):
        Inline().run(module, PassContext())
    _retype_arguments(function, inputs)
    refinement = _Refinement()
    for op in [op for op in function.walk() if op is not function]:
        refinement.visit(op)
    _remove_dead(function)
    _check_static(function)
    returned = tuple(value.type for value in _terminator(function).operands)
    function.function_type = FunctionType(tuple(a.type for a in function.arguments), returned)
    for name in ("arg_attrs", "res_attrs"):
        stored: ArrayAttr | None = getattr(function, name)
        if stored is not None:
            setattr(function, name, ArrayAttr(tuple(_without_dims(item) for item in stored)))


def _retype_arguments(function: func.FuncOp, inputs: Sequence[Type]) -> None:
    if len(inputs) != len(function.arguments):
        raise Error(f"@{function.sym_name} has {len(function.arguments)} arguments; {len(inputs)} types were given")
    for argument, type in zip(function.arguments, inputs, strict=True):
        old = argument.type
        fits = old is type or (
            isinstance(old, TensorType)
            and isinstance(type, TensorType)
            and old.element_type is type.element_type
            and same_dims(old.dims, type.dims)
        )
        if not fits:
            raise Error(f"the argument {argument.name_hint or ''} of @{function.sym_name} is `{old}`, not `{type}`")
        argument.set_type(type)


def _terminator(function: func.FuncOp) -> Operation:
    last = function.entry.last_op
    if last is None:
        raise Error(f"@{function.sym_name} has no body")
    return last


def _without_dims(entries: Any) -> Any:
    """The attributes of an argument without the names of dimensions: they have sizes now."""
    if not isinstance(entries, DictionaryAttr):
        return entries
    return DictionaryAttr(tuple((key, value) for key, value in entries.as_dict().items() if key != "onnx.dims"))


class _Refinement:
    """Ops in order; operands have been visited, so that their types are known."""

    def __init__(self) -> None:
        self.constants = Constants()

    def visit(self, op: Operation) -> None:
        """Refines one op, before the ops in its regions."""
        if isinstance(op, hlo.While):
            for region in op.regions:
                for argument, value in zip(region.block.arguments, op.operands, strict=True):
                    self._set(op, argument, value.type)
        elif isinstance(op, hlo.Return):
            self._returned(op)
        elif isinstance(op, hlo.CustomCall) and op.call_target_name == SHAPE_ASSERTION:
            self._assertion(op)
            return
        elif isinstance(op, hlo.CustomCall):
            self._custom_call(op)
            return
        elif isinstance(op, hlo.RealDynamicSlice) and self._sliced(op):
            return
        make = STATIC_FORMS.get(type(op))
        if make is not None:
            self._replace(op, make)
        elif not all(_is_static(result.type) for result in op.results):
            self._infer(op)

    def _replace(self, op: Operation, make: Callable[..., Operation | None]) -> None:
        """Puts the static op in the place of one whose sizes are known."""
        sizes = [self.constants.array(getattr(op, name)) for name in _SIZES.get(type(op), ())]
        if any(found is None for found in sizes):
            return  # reported at the end
        if isinstance(op, hlo.GetDimensionSize) and op.operand.type.dims[op.dimension] is None:
            return
        with before(op):
            made = make(op, *[tuple(int(n) for n in found.ravel()) for found in sizes if found is not None])
        if made is not None:
            self._exchange(op, made)

    def _exchange(self, op: Operation, made: Operation) -> None:
        for old, new in zip(op.results, made.results, strict=True):
            self._set(op, old, new.type)
            new.set_type(old.type)
            if new.name_hint is None:
                new.name_hint = old.name_hint
            old.replace_all_uses_with(new)
        op.erase()

    def _custom_call(self, op: hlo.CustomCall) -> None:
        call = lapack_call(op)
        if call is not None:
            for value, type in zip(op.results, call.result_types, strict=True):
                self._set(op, value, type)
            return
        with before(op):
            made = static_custom_call(op, [self.constants.array(value) for value in op.inputs])
        if made is not None:
            self._exchange(op, made)

    def _sliced(self, op: hlo.RealDynamicSlice) -> bool:
        """A slice from a computed start with a known size is a `dynamic_slice`: JAX writes one with an open size like this."""
        limit, start = op.limit_indices.defining_op, op.start_indices
        strides = self.constants.array(op.strides)
        if not isinstance(limit, hlo.Add) or strides is None or (strides != 1).any():
            return False
        sizes = [limit.rhs if limit.lhs is start else limit.lhs] if start in (limit.lhs, limit.rhs) else []
        known = self.constants.array(sizes[0]) if sizes else None
        if known is None or self.constants.array(start) is not None:
            return False
        with before(op):
            starts = [
                hlo.reshape(hlo.Slice(start, (axis,), (axis + 1,), (1,)).result, ()).result
                for axis in range(len(known))
            ]
            made = hlo.DynamicSlice(op.operand, starts, tuple(int(size) for size in known))
        self._exchange(op, made)
        return True

    def _infer(self, op: Operation) -> None:
        """Types of results that follow from those of the operands."""
        dims = _dims_of_result(op)
        if dims is not None:
            self._set(op, op.results[0], op.results[0].type.with_dims(dims))
            return
        if op.regions and isinstance(op, hlo.If | hlo.Case):
            return  # when their branches have been visited
        try:
            types = infer(op)
        except Error:
            return  # reported at the end
        if len(types) == len(op.results):
            for result, type in zip(op.results, types, strict=True):
                self._set(op, result, type)

    def _returned(self, op: hlo.Return) -> None:
        """The results of an `if` or `case` have the types that a branch returns."""
        parent = op.parent_op
        if isinstance(parent, hlo.If | hlo.Case):
            for result, value in zip(parent.results, op.operands, strict=True):
                self._set(parent, result, value.type)

    def _set(self, op: Operation, value: Value[Any], type: Type) -> None:
        """Gives a value the sizes of a type; those that it has must be the same."""
        old = value.type
        if old is type or not isinstance(old, TensorType) or not isinstance(type, TensorType):
            return
        if not same_dims(old.dims, type.dims):
            raise Error(f"`{op.name}` gives `{old}`, but with these inputs `{type}`", where=op.location.label or None)
        value.set_type(old.with_dims([b if a is None else a for a, b in zip(old.dims, type.dims, strict=True)]))

    def _assertion(self, op: hlo.CustomCall) -> None:
        condition = self.constants.array(op.inputs[0]) if op.inputs else None
        if condition is None:
            raise Error("a condition on sizes cannot be computed", where=op.location.label or None)
        if not condition.all():
            numbers = [self.constants.array(value) for value in op.inputs[1:]]
            shown = [None if number is None else number.reshape(-1)[0] for number in numbers]
            raise Error(assertion_message(op, shown), where=op.location.label or None)
        op.erase()


def _is_static(type: Type) -> bool:
    return not isinstance(type, TensorType) or type.is_static


_SIZES: Final[dict[type[Operation], tuple[str, ...]]] = {
    hlo.DynamicReshape: ("output_shape",),
    hlo.DynamicBroadcastInDim: ("output_dimensions",),
    hlo.DynamicIota: ("output_shape",),
    hlo.DynamicPad: ("edge_padding_low", "edge_padding_high", "interior_padding"),
    hlo.RealDynamicSlice: ("start_indices", "limit_indices", "strides"),
    hlo.DynamicGather: ("slice_sizes",),
    hlo.DynamicConv: ("padding",),
}
"""The operands of dynamic ops that are lists of sizes."""


def _size(op: hlo.GetDimensionSize) -> Operation:
    return hlo.constant(np.asarray(op.operand.type.dims[op.dimension], np.int32), i32)


def _reshape(op: hlo.DynamicReshape, shape: tuple[int, ...]) -> Operation:
    return hlo.reshape(op.operand, shape)


def _broadcast(op: hlo.DynamicBroadcastInDim, shape: tuple[int, ...]) -> Operation:
    return hlo.broadcast_in_dim(op.operand, shape, op.broadcast_dimensions)


def _iota(op: hlo.DynamicIota, shape: tuple[int, ...]) -> Operation:
    return hlo.iota(shape, op.result.type.element_type, op.iota_dimension)


def _pad(op: hlo.DynamicPad, low: tuple[int, ...], high: tuple[int, ...], inner: tuple[int, ...]) -> Operation:
    return hlo.Pad(op.operand, op.padding_value, low, high, inner)


def _slice(
    op: hlo.RealDynamicSlice, start: tuple[int, ...], limit: tuple[int, ...], strides: tuple[int, ...]
) -> Operation:
    return hlo.Slice(op.operand, start, limit, strides)


def _gather(op: hlo.DynamicGather, sizes: tuple[int, ...]) -> Operation:
    return hlo.Gather(op.operand, op.start_indices, op.dimension_numbers, sizes, op.indices_are_sorted)


def _convolution(op: hlo.DynamicConv, padding: tuple[int, ...]) -> Operation:
    shared = ("window_strides", "lhs_dilation", "rhs_dilation", "window_reversal", "dimension_numbers")
    shared += ("feature_group_count", "batch_group_count", "precision_config")
    options: dict[str, Any] = {name: getattr(op, name) for name in shared}
    pairs = tuple(zip(padding[::2], padding[1::2], strict=True))
    made = hlo.Convolution(op.lhs, op.rhs, padding=pairs, **options)
    made.result.set_type(made.result.type.with_element_type(op.result.type.element_type))
    return made


STATIC_FORMS: Final[dict[type[Operation], Callable[..., Operation | None]]] = {
    hlo.GetDimensionSize: _size,
    hlo.DynamicReshape: _reshape,
    hlo.DynamicBroadcastInDim: _broadcast,
    hlo.DynamicIota: _iota,
    hlo.DynamicPad: _pad,
    hlo.RealDynamicSlice: _slice,
    hlo.DynamicGather: _gather,
    hlo.DynamicConv: _convolution,
}
"""What takes the place of an op when its sizes are known."""


def _dims_of_result(op: Operation) -> Dims | None:
    """The shape of ops whose types do not follow from their operands alone, as far as it can be told."""
    if isinstance(op, hlo.Convert):
        return op.operand.type.dims
    if isinstance(op, hlo.BitcastConvert):
        return hlo.bitcast_convert(op.operand, op.result.type.element_type).result.type.dims
    if isinstance(op, hlo.Reshape):
        return _solved(op.result.type.dims, op.operand.type)
    if isinstance(op, hlo.BroadcastInDim):
        dims = list(op.result.type.dims)
        for size, axis in zip(op.operand.type.dims, op.broadcast_dimensions, strict=True):
            dims[axis] = size if dims[axis] is None and size != 1 else dims[axis]
        return tuple(dims)
    return None


def _solved(dims: Dims, operand: TensorType) -> Dims:
    """A shape of which one size is not known, for as many elements as the operand has."""
    if dims.count(None) != 1 or not operand.is_static:
        return dims
    known = math.prod(size for size in dims if size is not None)
    rest: Dim = operand.size // known if known else None
    return tuple(rest if size is None else size for size in dims)


def _remove_dead(function: func.FuncOp) -> None:
    """Removes the arithmetic of sizes, which nobody needs any more."""
    for op in reversed([op for op in function.walk() if op is not function]):
        if is_dead(op):
            op.erase()


def _check_static(function: func.FuncOp) -> None:
    faults = [op for op in function.walk() if op is not function and not all(_is_static(r.type) for r in op.results)]
    if not faults:
        return
    notes = [
        f"`{op.name}` gives `{op.results[0].type}`{f' at {op.location.label}' if op.location.label else ''}"
        for op in faults[:MAX_LISTED]
    ]
    if len(faults) > MAX_LISTED:
        notes.append(f"... and {len(faults) - MAX_LISTED} more")
    raise Error(
        f"the shapes of @{function.sym_name} do not all follow from the types of its arguments",
        where=function.location.label or None,
        notes=notes,
        hint="what has no sizes yet: " + ", ".join(str(t) for t in function.function_type.inputs)
        if not all(_is_static(a.type) for a in function.arguments)
        else "they depend on the elements of tensors, which StableHLO's static ops cannot express",
    )
