"""From one stored value to the loops that compute it.

A `Kernel` is a function of buffers under construction. `Kernel.scalar` gives one element of a value: loaded from its
buffer, or computed on the spot from the elements of its operands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from couloir.dialects import arith, func, hlo, memref
from couloir.ir.affine import AffineConstant, AffineExpr
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.builder import insert_at
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.types import FloatType, IntegerType, MemRefType, f64, i64
from couloir.passes.hlo_to_loops.gathering import read_index
from couloir.passes.hlo_to_loops.loops import ZERO, Index, LoopNest, Scalar, number, storage_type
from couloir.passes.hlo_to_loops.scalars import computing_type, lower_scalar, rounded
from couloir.passes.hlo_to_loops.table import kernel_of

Write: TypeAlias = "Callable[[Index, Scalar], None]"


class Kernel:
    """A function under construction that computes one stored value (or several, for reductions of several)."""

    def __init__(self, name: str, buffers: Mapping[Value[Any], Value[Any]], location: Any) -> None:
        self.function = func.FuncOp.build(name, (), (), visibility="private")
        self.function.location = location
        self.loops = LoopNest()
        self.buffers = buffers
        self.outer: list[Value[Any]] = []
        """Buffers of the caller, one for each argument."""
        self.temporaries: list[memref.Alloc] = []
        """Buffers that the caller makes for this kernel alone."""
        self.inside_of: dict[Value[Any], Value[Any]] = {}
        self.known: dict[Value[Any], Scalar] = {}
        """Elements that are at hand at the index of the innermost loops: the result of a reduction before its epilogue."""

    def argument(self, buffer: Value[Any]) -> Value[MemRefType]:
        """The kernel's argument for a buffer of the caller."""
        found = self.inside_of.get(buffer)
        if found is None:
            found = self.inside_of[buffer] = self.function.entry.add_argument(buffer.type)
            self.outer.append(buffer)
        return found

    def buffer(self, value: Value[Any]) -> Value[MemRefType]:
        """The kernel's argument for the buffer of a stored value."""
        return self.argument(self.buffers[value])

    def temporary(self, type: MemRefType) -> Value[MemRefType]:
        """A buffer for intermediate results that is too large for the stack."""
        with insert_at(None):
            made = memref.Alloc((), (), result_types=[type])
        self.temporaries.append(made)
        return self.argument(made.memref)

    # -- one element -------------------------------------------------------------------------------------------------------

    def scalar(self, value: Value[Any], index: Index) -> Scalar:
        """The element of `value` at `index`."""
        return self._scalar(value, index, {})

    def computed(self, root: Value[Any], index: Index) -> Scalar:
        """The element of a stored value from its operands: what is to be written to its buffer."""
        if root in self.known:
            return self.known[root]
        op = root.defining_op
        if op is None:
            raise Error("an argument is not computed", hint="this is a fault of the lowering to loops")
        return self._computed(op, index, {})

    def _scalar(self, value: Value[Any], index: Index, done: dict[tuple[Value[Any], Index], Scalar]) -> Scalar:
        # The depth is bounded by fusion.MAX_EXPRESSION.
        key = (value, index)
        if key in done:
            return done[key]
        if value in self.known:
            return self.known[value]
        if value in self.buffers:
            made = self.loops.load(self.buffer(value), index)
        else:
            op = value.defining_op
            if op is None:
                raise Error("a value without buffer and without op", hint="this is a fault of the lowering to loops")
            made = self._computed(op, index, done)
        done[key] = made
        return made

    def _computed(self, op: Operation, index: Index, done: dict[tuple[Value[Any], Index], Scalar]) -> Scalar:
        match op:
            case hlo.Constant():
                return _splat_number(op)
            case hlo.GetDimensionSize():
                return number(op.operand.type.shape[op.dimension], storage_type(op.result.type.element_type))
            case hlo.Iota():
                return self._iota(op, index)
            case hlo.Clamp() | hlo.Select():  # bounds and predicates may be scalars for all elements
                parts = [self._scalar(v, index if v.type.rank else (), done) for v in op.operands]
                return lower_scalar(op, *parts)
            case hlo.BroadcastInDim() | hlo.Transpose() | hlo.Slice() | hlo.Reverse() | hlo.Reshape():
                return self._scalar(op.operand, source_index(op, index), done)
            case hlo.DynamicSlice() | hlo.Gather():
                source = read_index(self.loops, op, index, lambda v, at: self._scalar(v, at, done))
                return self._scalar(op.operand, source, done)
            case _:
                return lower_scalar(op, *(self._scalar(v, index, done) for v in op.operands))

    def _iota(self, op: hlo.Iota, index: Index) -> Scalar:
        element = op.output.type.element_type
        compute = computing_type(element)
        position = self.loops.variable(index[op.iota_dimension])
        if isinstance(compute, IntegerType):
            return rounded(arith.IndexCast(position, result_types=[compute]).out, element)
        whole = arith.IndexCast(position, result_types=[i64]).out
        through = f64 if compute is not element else compute  # rounded once, to the element
        return rounded(arith.SIToFP(whole, result_types=[through]).out, element)


def _splat_number(op: hlo.Constant) -> Scalar:
    stored = op.value
    if not isinstance(stored, DenseElementsAttr):
        raise Error("a constant kept as a resource has no elements here", where=op.location.label or None)
    element: Any = stored.array[(0,) * stored.array.ndim] if stored.array.size else 0
    type = storage_type(op.output.type.element_type)
    return number(element.item() if hasattr(element, "item") else element, type)


def source_index(op: Operation, index: Index) -> Index:
    """Where the element at `index` of a moving op's result comes from in its operand."""
    match op:
        case hlo.BroadcastInDim():
            dims = op.operand.type.dims
            return tuple(ZERO if d == 1 else index[t] for d, t in zip(dims, op.broadcast_dimensions, strict=True))
        case hlo.Transpose():
            source: list[AffineExpr] = [ZERO] * len(index)
            for position, axis in enumerate(op.permutation):
                source[axis] = index[position]
            return tuple(source)
        case hlo.Slice():
            return tuple(i * s + b for i, s, b in zip(index, op.strides, op.start_indices, strict=True))
        case hlo.Reverse():
            dims = op.operand.type.shape
            return tuple(AffineConstant(dims[a] - 1) - i if a in op.dimensions else i for a, i in enumerate(index))
        case hlo.Reshape():
            rest = iter([i for i, d in zip(index, op.result.type.dims, strict=True) if d != 1])
            return tuple(ZERO if d == 1 else next(rest) for d in op.operand.type.dims)
        case _:
            raise Error(f"`{op.name}` does not move elements")


# -- kernels -----------------------------------------------------------------------------------------------------------------


def elementwise_kernel(kernel: Kernel, op: Operation, roots: Sequence[Value[Any]]) -> None:
    """A loop for each dimension, and one element stored in each iteration."""
    (root,) = roots
    target = kernel.buffer(root)
    with kernel.loops.loops(root.type.shape) as index:
        kernel.loops.store(kernel.computed(root, index), target, index)


@kernel_of(hlo.Pad, reads="once")
def pad_kernel(kernel: Kernel, op: hlo.Pad, roots: Sequence[Value[Any]]) -> None:
    """Fills the result with the padding value, then copies the elements that stay to their places."""
    loops, target = kernel.loops, kernel.buffer(op.result)
    with loops.loops(op.result.type.shape) as index:
        loops.store(kernel.scalar(op.padding_value, ()), target, index)
    starts: list[int] = []
    counts: list[int] = []
    parts = zip(op.operand.type.shape, op.result.type.shape, op.edge_padding_low, op.interior_padding, strict=True)
    for size, padded, low, interior in parts:
        step = interior + 1  # element i of the operand goes to low + i * step, where that is inside
        first = max(0, -(low // step)) if low < 0 else 0
        last = min(size - 1, (padded - 1 - low) // step)
        starts.append(first)
        counts.append(max(0, last - first + 1))
    with loops.loops(counts) as index:
        source = tuple(i + s for i, s in zip(index, starts, strict=True))
        place = tuple(
            i * (n + 1) + low for i, n, low in zip(source, op.interior_padding, op.edge_padding_low, strict=True)
        )
        loops.store(kernel.scalar(op.operand, source), target, place)


@kernel_of(hlo.Concatenate, reads="once")
def concatenate_kernel(kernel: Kernel, op: hlo.Concatenate, roots: Sequence[Value[Any]]) -> None:
    """Copies each operand to its part of the result."""
    loops, target, offset = kernel.loops, kernel.buffer(op.result), 0
    for value in op.inputs:
        shape = value.type.shape
        with loops.loops(shape) as index:
            place = tuple(i + offset if axis == op.dimension else i for axis, i in enumerate(index))
            loops.store(kernel.scalar(value, index), target, place)
        offset += shape[op.dimension]


def write_result(kernel: Kernel, hero: Operation, root: Value[Any]) -> Write:
    """How the loops of `hero` store an element of its result: after the elementwise ops that lead to `root`."""
    target = kernel.buffer(root)

    def write(index: Index, element: Scalar) -> None:
        kernel.known[hero.results[0]] = element
        kernel.loops.store(kernel.computed(root, index), target, index)
        del kernel.known[hero.results[0]]

    return write


def zero_of(type: Any) -> Scalar:
    """The number 0 of a scalar type."""
    return number(0, type)


def multiply_add(accumulator: Scalar, a: Scalar, b: Scalar) -> Scalar:
    """`accumulator + a * b`, all of one type."""
    if isinstance(accumulator.type, FloatType):
        return arith.AddF(accumulator, arith.MulF(a, b)).result
    if accumulator.type is _BOOL:
        return arith.OrI(accumulator, arith.AndI(a, b)).result
    return arith.AddI(accumulator, arith.MulI(a, b)).result


_BOOL: Final = IntegerType(1)


def to_type(value: Scalar, type: Any, element: Any) -> Scalar:
    """An element of a tensor, which says whether it is signed, as a number of another type, or an integer as a float."""
    if value.type is type:
        return value
    if isinstance(value.type, FloatType):
        cls = arith.ExtF if value.type.width < type.width else arith.TruncF
        return cls(value, result_types=[type]).out
    unsigned = element is _BOOL or not element.is_signed
    if isinstance(type, FloatType):
        return (arith.UIToFP if unsigned else arith.SIToFP)(value, result_types=[type]).out
    if value.type.width > type.width:
        return arith.TruncI(value, result_types=[type]).out
    return (arith.ExtUI if unsigned else arith.ExtSI)(value, result_types=[type]).out
