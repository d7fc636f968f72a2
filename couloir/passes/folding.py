"""What ops of constants give, by the NumPy backend: for constant folding, and for propagation of constants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from couloir.backends.numpy.evaluate import evaluate_op, has_meaning
from couloir.backends.numpy.meanings import meaning_of
from couloir.dialects import arith, hlo
from couloir.dialects.hlo.elements import is_quantized
from couloir.ir.attributes import DenseElementsAttr, FloatAttr, IntegerAttr
from couloir.ir.constraints import element_type
from couloir.ir.errors import Error
from couloir.ir.interfaces import as_integer
from couloir.ir.operation import Operation, Value
from couloir.ir.rewriting.guards import constant_op
from couloir.ir.traits import ConstantLike, IsTerminator, Pure, RecursiveMemoryEffects
from couloir.ir.types import FloatType, IndexType, IntegerType, TensorType, Type, VectorType, dtype_of

if TYPE_CHECKING:
    from couloir.ir.attribute import Attribute
    from couloir.ir.rewriting import Rewriter

#: How a constant of a dialect is made: from its attribute.
MATERIALIZE: Final[dict[str, Callable[[Attribute], Operation]]] = {
    "stablehlo": lambda value: hlo.Constant(value),  # pyright: ignore[reportArgumentType] -- a dense attribute
    "chlo": lambda value: hlo.Constant(value),  # pyright: ignore[reportArgumentType]
    "arith": lambda value: arith.Constant(value),
    "math": lambda value: arith.Constant(value),
}

MAX_RUNS: Final = 10_000
"""Regions that are run before a loop counts as one that is not to be computed now: it may have no end, and never be reached."""
#: Ops that give their second operand where the first holds, and else the third.
_CHOICES: Final[tuple[type[Operation], ...]] = (arith.Select, hlo.Select)


def fold_op(
    op: Operation, constants: Sequence[Attribute | None], *, max_elements: int = 1 << 16
) -> Sequence[Attribute | None] | None:
    """The constants that an op without regions gives for constant operands, by the NumPy backend; None when that cannot be told.

    Computes results of at most `max_elements` elements. A choice between two values may be told from its condition.
    """
    if not op.results or op.regions or not op.has_trait(Pure) or op.has_trait(IsTerminator):
        return None
    if isinstance(op, _CHOICES):
        condition = as_integer(constants[0])
        if condition is not None and getattr(op.operands[0].type, "rank", 0) == 0:
            return [constants[1 if condition else 2]]
    if None in constants or not constants:
        return None
    arrays = [_stored_array(constant) for constant in constants]
    if any(array is None for array in arrays) or meaning_of(op) is None:
        return None
    if not all(_is_small(result.type, max_elements) for result in op.results):
        return None
    try:
        with np.errstate(all="ignore"):
            found = evaluate_op(op, *arrays, max_runs=MAX_RUNS)
    except Error:
        return None  # an op that cannot be computed stays; running it will say why
    return [_attribute(np.asarray(array), result.type) for array, result in zip(found, op.results, strict=True)]


def _is_small(type: Type, max_elements: int) -> bool:
    if isinstance(type, TensorType | VectorType):
        return type.is_static and type.size <= max_elements and _has_numbers(type.element_type)
    return _has_numbers(type)


def _has_numbers(type: Type) -> bool:
    return isinstance(type, IntegerType | FloatType | IndexType)


def materialize(value: Attribute, dialect: str) -> Operation | None:
    """The constant op for an attribute, where ops of `dialect` use it; None when there is none for its type."""
    if isinstance(value, DenseElementsAttr) and isinstance(value.type, TensorType):
        usual = "arith" if isinstance(value.type.element_type, IndexType) else "stablehlo"  # which has no indices
        return MATERIALIZE.get(dialect, MATERIALIZE[usual])(value)
    if isinstance(value, IntegerAttr | FloatAttr | DenseElementsAttr):
        return arith.Constant(value)
    return None


def fold(op: Operation, rewriter: Rewriter, *, max_elements: int, max_bytes: int) -> str | None:
    """Puts constants in the place of an op whose operands are constants. None when that was done, else why not."""
    make = MATERIALIZE.get(op.name.partition(".")[0])
    pure = op.has_trait(Pure) or op.has_trait(RecursiveMemoryEffects)
    if make is None or not pure or op.has_trait(ConstantLike) or not op.results:
        return "ops of this kind are not folded"
    if any(is_quantized(element_type(result.type)) for result in op.results):
        return "quantized numbers are not folded"
    arrays: list[Any] = []
    for value in op.operands:
        array = _array_of(value)
        if array is None:
            return "an operand is not a constant"
        arrays.append(array)
    if not _small_enough(op, arrays, max_elements, max_bytes):
        return "the constant would be too large"
    if not has_meaning(op):
        return "ops of this kind are not folded"
    if op.regions and any(
        v.parent_block is not None and _outside(v, op) for i in op.walk() for v in i.operands if i is not op
    ):
        return "an operand is not a constant"
    try:
        with np.errstate(all="ignore"):
            results = evaluate_op(op, *arrays, max_runs=MAX_RUNS)
    except Error as error:  # an op that cannot be computed stays; running it will say why
        return error.message
    with rewriter.inserting_before(op):
        made = [make(_attribute(np.asarray(a), r.type)) for a, r in zip(results, op.results, strict=True)]
    rewriter.replace(op, *(m.results[0] for m in made))
    return None


def _small_enough(op: Operation, arrays: list[Any], max_elements: int, max_bytes: int) -> bool:
    given = sum(_stored_size(a) for a in arrays)
    for result in op.results:
        type = result.type
        if isinstance(type, TensorType):
            if not type.is_static:
                return False
            try:
                size = type.size * dtype_of(type.element_type).itemsize
            except Error:
                return False
            # A broadcast is free inside the loops of its user; as a constant it would have to be read.
            most = given if isinstance(op, hlo.BroadcastInDim) else max(max_elements, given)
            if size > max_bytes or type.size > most:
                return False
        elif not isinstance(type, IntegerType | FloatType | IndexType):
            return False
    return True


def _outside(value: Value[Any], op: Operation) -> bool:
    block = value.parent_block
    owner = None if block is None else block.parent_op
    while owner is not None:
        if owner is op:
            return False
        owner = owner.parent_op
    return True


def _stored_size(array: Any) -> int:
    """Elements that are really there: a splat has one."""
    return 1 if array.size > 1 and not any(array.strides) else array.size


def _array_of(value: Value[Any]) -> Any | None:
    op = constant_op(value)
    return None if op is None else _stored_array(op.stored_attributes.get("value"))


def _stored_array(constant: Attribute | None) -> Any | None:
    if isinstance(constant, DenseElementsAttr):
        return constant.array
    if isinstance(constant, IntegerAttr | FloatAttr):
        return np.asarray(constant.value, dtype=dtype_of(constant.type))
    return None


def _attribute(array: Any, type: Type) -> Attribute:
    if isinstance(type, TensorType | VectorType):
        return DenseElementsAttr(type, array.reshape(type.shape))
    return FloatAttr(float(array), type) if isinstance(type, FloatType) else IntegerAttr(int(array), type)
