"""Mutable references (`jax.new_ref`): a cell holds the value that a reference has at this point of the program.

Reads and writes become ops on that value; loops and branches carry it (`primitives.control`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from couloir.dialects.hlo.building import Tensor, full
from couloir.frontends.jax.equation import Cell, Equation, Lowered, NotLowered, Steps, lowers
from couloir.frontends.jax.library import jax_library
from couloir.ir.types import FloatType, IntegerType, TensorType


@lowers("new_ref", "pin")
def new_ref(eqn: Equation, value: Tensor) -> Any:
    """A reference to a value."""
    return [Cell(value)]


@lowers("empty_ref", "create_linear")
def empty_ref(eqn: Equation) -> Any:
    """A reference to a value of which nothing is known."""
    return [Cell(_unknown(eqn.type))]


@lowers("freeze", "unpin")
def freeze(eqn: Equation, cell: Cell) -> Lowered:
    """What a reference holds at the end."""
    return cell.value


@lowers("free_ref")
def free_ref(eqn: Equation, cell: Cell) -> Lowered:
    """The end of a reference."""
    return []


def _unknown(type: TensorType) -> Tensor:
    """As JAX fills what is not initialized: NaN, or the least integer."""
    element, start = type.element_type, 0.0
    if isinstance(element, FloatType):
        start = math.nan
    elif isinstance(element, IntegerType) and element.is_signed:
        start = element.minimum
    return full(start, type.shape, element)


@lowers("run_state")
def run_state(eqn: Equation, *operands: Tensor) -> Steps:
    """A function of references, which starts with the values of its operands and returns what they hold at the end."""
    given = iter(operands)
    variables = getattr(eqn.params["jaxpr"], "jaxpr", eqn.params["jaxpr"]).invars
    types = dict(zip(variables, eqn.types, strict=True))
    cells = [
        Cell(next(given) if is_initialized else _unknown(types[variable]))
        for variable, is_initialized in zip(variables, eqn.params["is_initialized"], strict=True)
    ]
    yield eqn.steps(eqn.params["jaxpr"], cells)
    return [cell.value for cell in cells]


# -- reading and writing -----------------------------------------------------------------------------------------------


@lowers("get")
def get(eqn: Equation, cell: Cell, *indices: Tensor) -> Lowered:
    """Reads a part."""
    tree = eqn.params["tree"]

    def read(value: Any, *leaves: Any) -> Any:
        for view in _views(tree, leaves):
            value = view[0](value)
        return value

    return _traced(eqn, read, cell, indices)


@lowers("swap")
def swap(eqn: Equation, cell: Cell, new: Tensor, *indices: Tensor) -> Lowered:
    """Writes a part, and returns what was there."""
    tree = eqn.params["tree"]

    def written(value: Any, new: Any, *leaves: Any) -> Any:
        return _written(value, new, _views(tree, leaves))

    old, cell.value = _traced(eqn, written, cell, (new, *indices))
    return old


@lowers("addupdate")
def addupdate(eqn: Equation, cell: Cell, addend: Tensor, *indices: Tensor) -> Lowered:
    """Adds to a part."""
    tree = eqn.params["tree"]

    def written(value: Any, addend: Any, *leaves: Any) -> Any:
        views = _views(tree, leaves)
        part = value
        for read, _ in views:
            part = read(part)
        return _written(value, part + addend, views)[1]

    (cell.value,) = _traced(eqn, written, cell, (addend, *indices))
    return []


def _traced(eqn: Equation, function: Callable[..., Any], cell: Cell, operands: Sequence[Tensor]) -> list[Tensor]:
    held, *avals = eqn.avals
    return eqn.retrace(function, [getattr(held, "inner_aval", held), *avals], [cell.value, *operands])


View = tuple[Callable[[Any], Any], Callable[[Any, Any], Any]]
"""How a part of an array is read, and how the array is with another part."""


def _written(value: Any, new: Any, views: Sequence[View]) -> tuple[Any, Any]:
    """What a part of an array was, and the array with a new part."""
    wholes = [value]
    for read, _ in views:
        wholes.append(read(wholes[-1]))
    old = wholes.pop()
    for whole, (_, write) in zip(reversed(wholes), reversed(views), strict=True):
        new = write(whole, new)
    return old, new


def _views(tree: Any, leaves: Sequence[Any]) -> list[View]:
    """The transforms of a reference, as JAX lists them, outermost first."""
    made: list[View] = []
    for transform in jax_library().tree_util.tree_unflatten(tree, leaves):
        name = type(transform).__name__
        if name == "NDIndexer":
            made += _indexed(transform)
        elif name == "ReshapeTransform":
            made.append(_reshaped(tuple(transform.shape)))
        elif name == "BitcastTransform":
            made.append(_bitcast(transform.dtype))
        elif name == "TransposeTransform":
            made.append(_transposed(tuple(transform.permutation)))
        else:
            raise NotLowered(f"it views a reference by a {name}")
    return made


def _reshaped(shape: tuple[int, ...]) -> View:
    return (lambda x: x.reshape(shape)), (lambda x, new: new.reshape(x.shape))


def _bitcast(dtype: Any) -> View:
    cast = jax_library().lax.bitcast_convert_type
    return (lambda x: cast(x, dtype)), (lambda x, new: cast(new, x.dtype))


def _transposed(order: tuple[int, ...]) -> View:
    back = tuple(order.index(i) for i in range(len(order)))
    return (lambda x: x.transpose(order)), (lambda x, new: new.transpose(back))


def _indexed(indexer: Any) -> list[View]:
    """An index for each dimension: a number, an array of numbers, or a range whose start may be computed."""
    made: list[View] = []
    index: list[Any] = []
    for axis, item in enumerate(indexer.indices):
        if not hasattr(item, "stride"):
            index.append(item)
            continue
        start, size, stride = item.start, item.size, item.stride
        if isinstance(start, int):
            index.append(slice(start, start + (size - 1) * stride + 1 if size else start, stride))
        else:  # a range that starts at a computed place, before what has fixed ones
            made.append(_at((slice(None),) * axis + (start + stride * jax_library().numpy.arange(size),)))
            index.append(slice(None))
    return [*made, _at(tuple(index))]


def _at(index: tuple[Any, ...]) -> View:
    return (lambda x: x[index]), (lambda x, new: x.at[index].set(new))
