"""The meaning of ops that combine elements, choose between programs, or repeat one.

`Meanings` is to be had from here: with it come all meanings by index, those of `moving` too.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final

import numpy as np

from couloir.backends.numpy.element_types import DType, integer_range, kind
from couloir.backends.numpy.precision import bit_counts
from couloir.dialects import hlo
from couloir.ir.operation import Region, Value
from couloir.testing.proofs.elements import (
    KINDS,
    Indices,
    choice,
    converted,
    depends_on,
    fold,
    number,
)
from couloir.testing.proofs.expressions import ONE, ZERO, Atom, Polynomial, constant, index, of
from couloir.testing.proofs.facts import LARGE, Fact, at_most, zero
from couloir.testing.proofs.laws import apply, is_float
from couloir.testing.proofs.moving import before_padding
from couloir.testing.proofs.structure import op_key
from couloir.testing.proofs.tensors import (
    WITH_REGIONS,
    Body,
    Meanings,
    NoMeaning,
    Tensor,
    Unknown,
    dims_and_dtype,
    is_closed,
    means,
    result_of,
    unknown,
    with_bodies,
)
from couloir.testing.proofs.terms import FALSE, Term
from couloir.testing.proofs.terms import constant as constant_term
from couloir.testing.proofs.tracing import expression_of


def _bound(size: Polynomial) -> Atom | None:
    """An index for a dimension that goes; None where there is one element."""
    return None if size == ONE else index(size, "k")


@means(hlo.DotGeneral)
def _dot_general(meanings: Meanings, op: hlo.DotGeneral, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    lhs, rhs = operands
    numbers = op.dot_dimension_numbers
    batching = (numbers.lhs_batching_dimensions, numbers.rhs_batching_dimensions)
    contracting = (numbers.lhs_contracting_dimensions, numbers.rhs_contracting_dimensions)
    kept = [
        [n for n in range(len(x.dims)) if n not in batching[side] and n not in contracting[side]]
        for side, x in enumerate(operands)
    ]
    whole = all(kind(each) in ("signed", "unsigned", "bool") for each in (lhs.dtype, rhs.dtype, dtype))
    plain = whole or (lhs.dtype == rhs.dtype == dtype and kind(dtype) != "complex")
    how = "multiply" if plain else f"dot {lhs.dtype} {rhs.dtype} {op.precision_config} {op.algorithm}"

    def at(indices: Indices) -> Term:
        bound = [_bound(lhs.dims[n]) for n in contracting[0]]
        terms: list[Term] = []
        for side, x in enumerate(operands):
            places = [ZERO] * len(x.dims)
            for n, axis in enumerate(batching[side]):
                places[axis] = indices[n]
            first = len(batching[0]) + (len(kept[0]) if side else 0)
            for n, axis in enumerate(kept[side]):
                places[axis] = indices[first + n]
            for atom, axis in zip(bound, contracting[side], strict=True):
                places[axis] = ZERO if atom is None else of(atom)
            element = x.whole(places)
            terms.append(converted(element, dtype) if whole else element)
        body = apply(how, *terms, dtype=dtype)
        used = [atom for atom in bound if atom is not None]
        return fold("add", used, [constant_term(0, dtype)], [body]) if used else body

    return Tensor(dims, dtype, at)


def _reduce(
    meanings: Meanings, op: hlo.Reduce, operands: Sequence[Any], values: dict[Value[Any], Any]
) -> tuple[Any, ...]:
    inputs, inits, how = _combined(op, operands)
    gone = op.dimensions

    def reduced(result: int) -> Tensor:
        dims, dtype = dims_and_dtype(op.results[result].type)

        def at(indices: Indices) -> Term:
            rest = iter(indices)
            bound = {axis: _bound(size) for axis, size in enumerate(inputs[0].dims) if axis in gone}
            places: list[Polynomial] = []
            for axis in range(len(inputs[0].dims)):
                atom = bound.get(axis)
                places.append((ZERO if atom is None else of(atom)) if axis in bound else next(rest))
            used = [atom for atom in bound.values() if atom is not None]
            starts, bodies = [init.at(()) for init in inits], [x.whole(places) for x in inputs]
            return meanings.fold(how, used, starts, bodies, result)

        return Tensor(dims, dtype, at)

    return tuple(map(reduced, range(len(inputs))))


def _combined(
    op: hlo.Reduce | hlo.ReduceWindow, operands: Sequence[Any]
) -> tuple[Sequence[Tensor], Sequence[Tensor], Hashable]:
    """What is combined, from which initial values, and how: the name of the op that the body consists of, or the body.

    Raises `NoMeaning` where there is something else than tensors, and where elements become wider first.
    """
    if not all(isinstance(operand, Tensor) for operand in operands) or not is_closed(op):
        raise NoMeaning(f"`{op.name}` has no meaning by index")
    count = len(operands) // 2
    dtypes = [dims_and_dtype(value.type)[1] for value in op.results]
    if [x.dtype for x in operands] != [*dtypes, *dtypes]:
        raise NoMeaning(f"`{op.name}` of elements that become wider")
    how = _reducer(op.body, dtypes[0]) if count == 1 else None
    return operands[:count], operands[count:], how if how is not None else (op.name, op_key(op, {})[1:])


def _reduce_window(
    meanings: Meanings, op: hlo.ReduceWindow, operands: Sequence[Any], values: dict[Value[Any], Any]
) -> tuple[Any, ...]:
    """Reductions of windows of what is padded with the initial values."""
    inputs, inits, how = _combined(op, operands)
    sizes = [expression_of(n) for n in op.window_dimensions]

    def reduced(result: int) -> Tensor:
        dims, dtype = dims_and_dtype(op.results[result].type)

        def at(indices: Indices) -> Term:
            bound = [_bound(size) for size in sizes]
            starts = [init.at(()) for init in inits]
            places: list[Polynomial] = []
            facts: list[Fact] = []
            for window, atom, i, size in zip(op.window, bound, indices, inputs[0].dims, strict=True):
                inner = ZERO if atom is None else of(atom)
                stride, dilation = expression_of(window.stride), expression_of(window.window_dilation)
                place, found = before_padding(
                    i * stride + inner * dilation,
                    expression_of(window.padding_low),
                    expression_of(window.base_dilation) - ONE,
                    size,
                )
                places.append(place)
                facts += found
            bodies = [
                choice(facts, lambda x=x: x.whole(places), lambda start=start: start)
                for x, start in zip(inputs, starts, strict=True)
            ]
            return meanings.fold(how, [atom for atom in bound if atom is not None], starts, bodies, result)

        return Tensor(dims, dtype, at)

    return tuple(map(reduced, range(len(inputs))))


def _reducer(body: Region, dtype: DType) -> str | None:
    """The name of the op that a body consists of."""
    block = body.block
    inner, last = block.first_op, block.last_op
    if inner is None or last is None or inner.next_op is not last or list(last.operands) != list(inner.results):
        return None
    if set(inner.operands) != set(block.arguments) or len(inner.operands) != 2:
        return None
    name = inner.name.partition(".")[2]
    kinds = (
        KINDS if kind(dtype) != "complex" else ("add",)
    )  # others depend on the order where there is NaN or an infinity
    return name if name in kinds else None


def _branch(meanings: Meanings, region: Region, values: dict[Value[Any], Any]) -> list[Any]:
    return meanings.run(region.block, dict(values))


def _if(meanings: Meanings, op: hlo.If, operands: Sequence[Any], values: dict[Value[Any], Any]) -> tuple[Any, ...]:
    branches = [_branch(meanings, region, values) for region in op.regions]
    return tuple(_chosen(lambda: [operands[0].at(())], results) for results in zip(*branches, strict=True))


def _case(meanings: Meanings, op: hlo.Case, operands: Sequence[Any], values: dict[Value[Any], Any]) -> tuple[Any, ...]:
    branches = [_branch(meanings, region, values) for region in op.regions]
    which = operands[0]

    def conditions() -> list[Term]:
        numbers = [constant_term(n, which.dtype) for n in range(len(branches) - 1)]
        return [apply("compare EQ", which.at(()), n) for n in numbers]

    return tuple(_chosen(conditions, results) for results in zip(*branches, strict=True))


def _chosen(conditions: Callable[[], Sequence[Term]], results: Sequence[Any]) -> Any:
    """The first result whose condition holds, the last one if none does."""
    if not all(isinstance(result, Tensor) for result in results):
        raise NoMeaning("branches that give something else than tensors")

    def at(indices: Indices) -> Term:
        terms = [result.whole(indices) for result in results]
        term = terms[-1]
        for condition, other in reversed(list(zip(conditions(), terms, strict=False))):
            term = apply("select", condition, other, term)
        return term

    return Tensor(results[0].dims, results[0].dtype, at)


def _while(
    meanings: Meanings, op: hlo.While, operands: Sequence[Any], values: dict[Value[Any], Any]
) -> tuple[Any, ...]:
    """What each run of the body gives on as it is stays what it was; of the rest is only known by what they are made."""
    moving = _moving(meanings, op, operands, values)
    outside = dict(values)
    for region in (op.cond, op.body):
        outside.update((a, operands[a.index]) for a in region.block.arguments if a.index not in moving)

    def runs(region: Region, kept: Sequence[int] | None) -> Body:
        arguments, later = [region.block.arguments[place] for place in moving], meanings.later(region.block)

        def run(given: Sequence[Any]) -> list[Any]:
            found = later({**outside, **dict(zip(arguments, given, strict=True))})
            return found if kept is None else [found[place] for place in kept]

        return Body(tuple(argument.type for argument in arguments), run)

    bodies = (runs(op.cond, None), runs(op.body, moving))
    goes_on = bodies[0].results([operands[place] for place in moving])[0]
    if isinstance(goes_on, Tensor) and goes_on.at(()) is FALSE:
        return tuple(operands)
    results = list(operands)
    for result, place in enumerate(moving):
        made = Unknown(op.name, bodies[0].types, tuple(operands[n] for n in moving), bodies, result)
        results[place] = unknown(op.results[place].type, made)
    return tuple(results)


def _moving(meanings: Meanings, op: hlo.While, operands: Sequence[Any], values: dict[Value[Any], Any]) -> list[int]:
    """The places at which a loop has other values from one run to the next, as far as is known.

    At all others a run gives back what it was given, if these were the same before: so they always are.
    """
    arguments = op.body.block.arguments
    types = [[region.block.arguments[n].type for region in (op.cond, op.body)] for n in range(len(arguments))]
    moving = {n for n, value in enumerate(op.operand) if any(type is not value.type for type in types[n])}
    while True:
        inside = dict(values)
        for n, argument in enumerate(arguments):
            inside[argument] = unknown(argument.type, ("argument", op, n)) if n in moving else operands[n]
        results = meanings.run(op.body.block, inside)
        more = {n for n, result in enumerate(results) if n not in moving and not _is_same(result, operands[n])}
        if not more:
            return sorted(moving)
        moving |= more


def _is_same(x: Any, y: Any) -> bool:
    """Whether two values have the same terms."""
    if x is y or not isinstance(x, Tensor) or not isinstance(y, Tensor):
        return x is y
    indices = [of(index(size)) for size in x.dims]
    return (x.dims, x.dtype) == (y.dims, y.dtype) and x.whole(indices) is y.whole(indices)


def _sort(meanings: Meanings, op: hlo.Sort, operands: Sequence[Any], values: dict[Value[Any], Any]) -> tuple[Any, ...]:
    """Elements that are all the same, or stand in order, stay where they are; of others is only known by what they are sorted."""
    results = list(with_bodies(meanings, op, tuple(operands), values))
    axis = op.dimension % len(operands[0].dims)
    alone = meanings.follows(at_most(operands[0].dims[axis], ONE))
    for place, x in enumerate(operands):
        atoms = [index(size) for size in x.dims]
        element = x.whole([of(atom) for atom in atoms])
        if (
            alone
            or not depends_on(element, (atoms[axis],))
            or (len(operands) == 1 and _is_sorted(meanings, op, x, axis))
        ):
            results[place] = x
    return tuple(results)


def _is_sorted(meanings: Meanings, op: hlo.Sort, x: Tensor, axis: int) -> bool:
    """Whether a tensor is 0, 1, 2, ... along the axis along which it is sorted upwards."""
    atoms = [index(size) for size in x.dims]
    if x.dims[axis] == ONE or x.whole([of(atom) for atom in atoms]) is not number(of(atoms[axis]), x.dtype):
        return False
    count = _whole_numbers(x.dtype)
    if count < LARGE and not meanings.follows(at_most(x.dims[axis], constant(count))):
        return False
    types = [argument.type for argument in op.comparator.block.arguments]
    a, b = (unknown(type, ("argument", op, n)) for n, type in enumerate(types))
    inside: dict[Value[Any], Any] = dict(zip(op.comparator.block.arguments, (a, b), strict=True))
    found = meanings.run(op.comparator.block, inside)[0].at(()) if is_closed(op) else None
    first, second = a.at(()), b.at(())
    return any(
        found is apply(f"compare {relation}", f(first), f(second)) for relation in ("LT", "LE") for f in _ORDERED
    )


def _whole_numbers(dtype: DType) -> int:
    """How many of 0, 1, 2, ... are elements of a type, each of which is less than the next."""
    if kind(dtype) in ("signed", "unsigned"):
        return integer_range(dtype)[1] + 1
    return 1 << (bit_counts(dtype)[0] + 1) if is_float(dtype) else 1


_ORDERED: Final[tuple[Callable[[Term], Term], ...]] = (
    lambda term: term,
    lambda term: apply("total_order", term, dtype=np.dtype(f"i{term.dtype.itemsize}")),
)
"""What is compared, of an element."""


def _scatter(
    meanings: Meanings, op: hlo.Scatter, operands: Sequence[Any], values: dict[Value[Any], Any]
) -> tuple[Any, ...]:
    """Without updates nothing changes."""
    count = len(op.results)
    inputs, updates = operands[:count], operands[count + 1 :]
    types = [dims_and_dtype(value.type) for value in op.results]
    nothing = any(meanings.follows(zero(size)) for size in updates[0].dims)
    if nothing and types == [(x.dims, x.dtype) for x in inputs]:
        return tuple(inputs)
    return with_bodies(meanings, op, tuple(operands), values)


WITH_REGIONS.update(
    {
        hlo.Reduce.name: _reduce,
        hlo.ReduceWindow.name: _reduce_window,
        hlo.If.name: _if,
        hlo.Case.name: _case,
        hlo.While.name: _while,
        hlo.Sort.name: _sort,
        hlo.Scatter.name: _scatter,
    }
)

__all__ = ["Meanings"]
