"""Values of small integer tensors, as far as they are known: the shape arithmetic of a model.

Exporters compute the target of a `Reshape` by `Shape`, `Gather`, `Concat` and the like. Types follow only from the
values of these tensors, of which some elements may be known and others not: `Shape` of `tensor<?x3xf32>` is [None, 3].
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import attrs
import numpy as np
from onnx import AttributeProto, NodeProto

from couloir.dialects.onnx.types import BY_NUMBER
from couloir.ir.attribute import Type
from couloir.ir.attributes import DenseElementsAttr
from couloir.ir.floats import round_float
from couloir.ir.types import FloatType, IntegerType, ShapedType, TensorType, f32, i1, i64

MAX_ITEMS: Final = 1024
"""Longer lists are not followed: no tensor has so many dimensions, and a chain of `Concat(x, x)` doubles a list with
each node."""

Item: TypeAlias = "int | float | bool | None"


@attrs.frozen
class Known:
    """The elements of a scalar or of a list, None for each that is not known."""

    items: tuple[Item, ...]
    scalar: bool
    element: Type

    @property
    def is_complete(self) -> bool:
        """Whether every element is known."""
        return None not in self.items

    def array(self) -> np.ndarray[Any, np.dtype[Any]]:
        """The elements, all of which must be known."""
        from couloir.ir.types import dtype_of

        values = np.array(self.items, dtype=dtype_of(self.element))
        return values.reshape(()) if self.scalar else values


def known_constant(value: object) -> Known | None:
    """The elements of a constant, if it is a scalar or short list of numbers."""
    if not isinstance(value, DenseElementsAttr) or value.array.ndim > 1 or value.array.size > MAX_ITEMS:
        return None
    element = value.type.element_type if isinstance(value.type, ShapedType) else i64
    if not isinstance(element, IntegerType | FloatType):
        return None
    return Known(tuple(value.array.reshape(-1).tolist()), value.array.ndim == 0, element)


def evaluate(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    """What is known of the first result of a node.

    Args:
        node: The node.
        types: The types of its inputs; None for one that is not given.
        known: What is known of them.
    """
    rule = _RULES.get(node.op_type)
    if rule is None or node.domain not in ("", "ai.onnx"):
        return None
    try:
        found = rule(node, types, known)
    except (ValueError, IndexError, TypeError, ZeroDivisionError, OverflowError):
        return None  # a faulty node; the verifier and the runtime say so
    if found is None or len(found.items) > MAX_ITEMS:
        return None
    return attrs.evolve(found, items=tuple(_fit(item, found.element) for item in found.items))


def _fit(item: Item, element: Type) -> Item:
    """An element as its type holds it; unknown where it would overflow."""
    if item is None:
        return None
    if isinstance(element, FloatType):
        return round_float(float(item), element.kind)
    if not isinstance(element, IntegerType) or (isinstance(item, float) and not math.isfinite(item)):
        return None
    if element is i1:
        return bool(item)
    number = int(item)
    return number if element.minimum <= number <= element.maximum else None


# -- attributes --------------------------------------------------------------------------------------------------------


def attribute(node: NodeProto, name: str) -> AttributeProto | None:
    """The attribute of a node called `name`, or None."""
    return next((a for a in node.attribute if a.name == name), None)


def integer_attribute(node: NodeProto, name: str, default: int) -> int:
    """An INT attribute of a node."""
    found = attribute(node, name)
    return default if found is None else found.i


# -- rules -------------------------------------------------------------------------------------------------------------

_Rule: TypeAlias = "Callable[[NodeProto, Sequence[Type | None], Sequence[Known | None]], Known | None]"


def _constant(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    if len(node.attribute) != 1:
        return None
    stored = node.attribute[0]
    forms: dict[str, tuple[Sequence[Item], bool, Type]] = {
        "value_int": ([stored.i], True, i64),
        "value_ints": (stored.ints, False, i64),
        "value_float": ([stored.f], True, f32),
        "value_floats": (stored.floats, False, f32),
    }
    found = forms.get(stored.name)
    return None if found is None else Known(tuple(found[0]), found[1], found[2])


def _shape(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    type = types[0]
    if not isinstance(type, TensorType):
        return None
    end = attribute(node, "end")
    start = integer_attribute(node, "start", 0)
    return Known(type.dims[slice(start, None if end is None else end.i)], False, i64)


def _size(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    type = types[0]
    return Known((type.size,), True, i64) if isinstance(type, TensorType) and type.is_static else None


def _identity(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    return known[0]


def _cast(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    source, target = known[0], BY_NUMBER.get(integer_attribute(node, "to", 0))
    return None if source is None or target is None else attrs.evolve(source, element=target.type)


def _concat(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    items: list[Item] = []
    element: Type | None = None
    for part, type in zip(known, types, strict=True):
        if part is not None:
            items += part.items
            element = part.element
        elif isinstance(type, TensorType) and type.rank == 1 and type.is_static and type.size <= MAX_ITEMS:
            items += [None] * type.size
        else:
            return None
        if len(items) > MAX_ITEMS:
            return None
    return None if element is None else Known(tuple(items), False, element)


def _gather(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    data, indices = known[0], known[1]
    if data is None or indices is None or data.scalar:
        return None
    items = tuple(None if index is None else data.items[int(index)] for index in indices.items)
    return Known(items, indices.scalar, data.element)


def _slice(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    data = known[0]
    if data is None or data.scalar:
        return None
    if attribute(node, "starts") is not None:  # before opset 10
        bounds = [attribute(node, name) for name in ("starts", "ends")]
        start, end = (None if bound is None else bound.ints[0] for bound in bounds)
        step: Item = 1
    else:
        start, end = (None if k is None else k.items[0] for k in known[1:3])
        step = 1 if len(types) < 5 or types[4] is None else None if known[4] is None else known[4].items[0]
    if start is None or end is None or not step:
        return None
    start, end, step = int(start), int(end), int(step)
    return attrs.evolve(
        data, items=data.items[slice(start, None if step < 0 and end < -len(data.items) else end, step)]
    )


def _squeeze(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    data = known[0]
    return attrs.evolve(data, scalar=True) if data is not None and len(data.items) == 1 else None


def _unsqueeze(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    data = known[0]
    return attrs.evolve(data, scalar=False) if data is not None and data.scalar else None


def _reshape(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    data, target = known[0], known[1]
    if data is None or target is None or not target.is_complete or len(target.items) > 1:
        return None
    return attrs.evolve(data, scalar=not target.items)


def _fill(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    target, value = known[0], attribute(node, "value")
    if (
        target is None
        or not target.is_complete
        or len(target.items) != 1
        or not 0 <= int(target.items[0] or 0) <= MAX_ITEMS
    ):
        return None
    if value is None:
        return None
    element = BY_NUMBER.get(value.t.data_type)
    if element is None or element.type is not i64 or list(value.t.dims) != [1]:
        return None
    number = (
        value.t.int64_data[0] if value.t.int64_data else int.from_bytes(value.t.raw_data[:8], "little", signed=True)
    )
    return Known((number,) * int(target.items[0] or 0), False, i64)


def _range(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    if any(k is None or not k.is_complete for k in known) or not isinstance(
        known[0].element if known[0] else None, IntegerType
    ):
        return None
    start, limit, delta = (int(k.items[0] or 0) for k in known if k is not None)
    numbers = range(start, limit, delta)
    return (
        Known(tuple(numbers), False, known[0].element) if len(numbers) <= MAX_ITEMS and known[0] is not None else None
    )


def _product(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    data = known[0]
    if data is None or not data.is_complete or isinstance(data.element, FloatType):
        return None
    keep = integer_attribute(node, "keepdims", 1)
    return Known((math.prod(item for item in data.items if item is not None),), not keep, data.element)


def _where(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
    condition, yes, no = known
    if condition is None or yes is None or no is None:
        return None
    return _zipped([condition, yes, no], _choose, yes.element, partial=True)


def _choose(condition: Item, yes: Item, no: Item) -> Item:
    return None if condition is None else yes if condition else no


def _zipped(
    parts: Sequence[Known], function: Callable[..., Item], element: Type, *, partial: bool = False
) -> Known | None:
    """A function of each element, lists of one element and scalars repeated."""
    lengths = {len(part.items) for part in parts} - {1}
    if len(lengths) > 1:
        return None
    length = lengths.pop() if lengths else 1
    columns = [part.items * length if len(part.items) == 1 else part.items for part in parts]
    items = [function(*row) if partial or None not in row else None for row in zip(*columns, strict=True)]
    return Known(tuple(items), all(part.scalar for part in parts), element)


def _elementwise(function: Callable[..., Item], *, result: Type | None = None) -> _Rule:
    def rule(node: NodeProto, types: Sequence[Type | None], known: Sequence[Known | None]) -> Known | None:
        parts = [part for part in known if part is not None]
        if len(parts) < len(known) or not parts:
            return None
        return _zipped(parts, function, result or parts[0].element)

    return rule


def _negative(a: Any) -> Item:
    return -a


def _absolute(a: Any) -> Item:
    return -a if a < 0 else a


def _divide(a: Any, b: Any) -> Item:
    if isinstance(a, float):
        return a / b if b else None
    quotient = abs(a) // abs(b)  # integers are divided towards zero
    return quotient if (a < 0) == (b < 0) else -quotient


def _round_with(function: Callable[[float], int]) -> _Rule:
    def rounded(a: float) -> float:
        return float(function(a)) if math.isfinite(a) else a

    return _elementwise(rounded)


_RULES: Final[dict[str, _Rule]] = {
    "Constant": _constant,
    "Shape": _shape,
    "Size": _size,
    "Identity": _identity,
    "Cast": _cast,
    "Concat": _concat,
    "Gather": _gather,
    "Slice": _slice,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Reshape": _reshape,
    "ConstantOfShape": _fill,
    "Range": _range,
    "ReduceProd": _product,
    "Where": _where,
    "Add": _elementwise(operator.add),
    "Sub": _elementwise(operator.sub),
    "Mul": _elementwise(operator.mul),
    "Div": _elementwise(_divide),
    "Min": _elementwise(min),
    "Max": _elementwise(max),
    "Neg": _elementwise(_negative),
    "Abs": _elementwise(_absolute),
    "Equal": _elementwise(operator.eq, result=i1),
    "Greater": _elementwise(operator.gt, result=i1),
    "Less": _elementwise(operator.lt, result=i1),
    "Floor": _round_with(math.floor),
    "Ceil": _round_with(math.ceil),
}
