"""StableHLO: what regions return."""

from __future__ import annotations

from collections.abc import Sequence

from couloir.dialects.hlo.bounds import bounded, most_of
from couloir.dialects.hlo.elements import is_promotable
from couloir.dialects.shapes import entry_types, returned_types
from couloir.ir.constraints import compatible, element_type
from couloir.ir.operation import Region
from couloir.ir.types import TensorType, Type


def combines(region: Region, element_types: Sequence[Type]) -> bool | str:
    """Whether a region combines values of these element types, or says why it does not.

    Its type is `(tensor<E0>, ..., tensor<E0>, ...) -> (tensor<E0>, ...)`, and each element type may become its `Ei`.
    """
    given, taken = returned_types(region), entry_types(region)
    if given is None:
        return "it is empty"
    if len(given) != len(element_types) or not all(isinstance(type, TensorType) and type.rank == 0 for type in given):
        return f"it returns {listed(given)}, not {_counted(len(element_types))}"
    if len(taken) != 2 * len(given) or not all(map(compatible, taken, given * 2)):
        return f"it takes {listed(taken)} and returns {listed(given)}"
    for source, type in zip(element_types, given, strict=True):
        target = element_type(type)
        if not is_promotable(source, target):
            return f"`{source}` does not become `{target}` without loss"
    return True


def _counted(count: int) -> str:
    return "a scalar" if count == 1 else f"{count} scalars"


def least_specific(types: Sequence[Type]) -> Type:
    """Of compatible types, what all of them say: `tensor<?xf32, #stablehlo.bounds<3>>` for `tensor<2xf32>` and itself."""
    first, *others = types
    if not isinstance(first, TensorType):
        return first
    for other in others:
        if isinstance(other, TensorType) and other is not first:
            dims = [a if a == b else None for a, b in zip(first.dims, other.dims, strict=True)]
            largest = zip(most_of(first), most_of(other), strict=True)
            bounds = [None if a is None or b is None else max(a, b) for a, b in largest]
            first = bounded(dims, bounds, first.element_type)
    return first


def listed(types: Sequence[Type]) -> str:
    """`(tensor<f32>, tensor<i1>)`."""
    return f"({', '.join(map(str, types))})"
