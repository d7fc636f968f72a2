"""The meaning of ops that move elements: where an element of the result comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from couloir.backends.numpy.element_types import DType
from couloir.dialects import hlo
from couloir.ir.operation import Operation
from couloir.testing.proofs.elements import (
    Indices,
    choice,
    depends_on,
    number,
)
from couloir.testing.proofs.expressions import ONE, ZERO, Polynomial, constant, index, of, product
from couloir.testing.proofs.facts import Fact, at_most, equal, less, zero
from couloir.testing.proofs.tensors import (
    Meanings,
    NoMeaning,
    Tensor,
    Unknown,
    means,
    result_of,
    unknown,
    without_values,
)
from couloir.testing.proofs.terms import Term
from couloir.testing.proofs.tracing import expression_of


@means(hlo.Iota)
def _iota(meanings: Meanings, op: hlo.Iota, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    return Tensor(dims, dtype, lambda indices: number(indices[op.iota_dimension], dtype))


@means(hlo.GetDimensionSize)
def _get_dimension_size(meanings: Meanings, op: hlo.GetDimensionSize, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    size = operands[0].dims[op.dimension]
    return Tensor(dims, dtype, lambda indices: number(size, dtype))


@means(hlo.Transpose)
def _transpose(meanings: Meanings, op: hlo.Transpose, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    (x,), permutation = operands, op.permutation
    places = [permutation.index(axis) for axis in range(len(permutation))]
    return Tensor(dims, dtype, lambda indices: x.whole([indices[place] for place in places]))


@means(hlo.Reverse)
def _reverse(meanings: Meanings, op: hlo.Reverse, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    (x,), axes = operands, op.dimensions

    def at(indices: Indices) -> Term:
        return x.whole([dims[n] - ONE - i if n in axes else i for n, i in enumerate(indices)])

    return Tensor(dims, dtype, at)


@means(hlo.BroadcastInDim)
def _broadcast_in_dim(meanings: Meanings, op: hlo.BroadcastInDim, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    (x,) = operands
    repeated: list[bool] = []
    for size, target in zip(x.dims, op.broadcast_dimensions, strict=True):
        if size == dims[target]:
            repeated.append(False)
        elif meanings.follows(equal(size, ONE)):
            repeated.append(True)
        elif meanings.follows(equal(size, dims[target])):
            repeated.append(False)
        else:
            raise NoMeaning("whether a dimension of a broadcast has size 1 is not known")
    places = list(zip(op.broadcast_dimensions, repeated, strict=True))
    return Tensor(dims, dtype, lambda indices: x.whole([ZERO if repeats else indices[n] for n, repeats in places]))


@means(hlo.Slice)
def _slice(meanings: Meanings, op: hlo.Slice, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    (x,) = operands
    return _sliced(x, dims, dtype, *(list(map(expression_of, n)) for n in (op.start_indices, op.strides)))


def _sliced(
    x: Tensor, dims: Indices, dtype: DType, starts: Sequence[Polynomial], strides: Sequence[Polynomial]
) -> Tensor:
    def at(indices: Indices) -> Term:
        return x.whole([start + i * stride for start, i, stride in zip(starts, indices, strides, strict=True)])

    return Tensor(dims, dtype, at)


@means(hlo.Pad)
def _pad(meanings: Meanings, op: hlo.Pad, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    x, value = operands
    lows, steps = ([expression_of(n) for n in numbers] for numbers in (op.edge_padding_low, op.interior_padding))
    return _padded(x, value, dims, dtype, lows, steps)


def _padded(
    x: Tensor, value: Tensor, dims: Indices, dtype: DType, lows: Sequence[Polynomial], steps: Sequence[Polynomial]
) -> Tensor:
    unpadded = [
        n for n, pair in enumerate(zip(x.dims, dims, strict=True)) if lows[n] == ZERO == steps[n] and pair[0] == pair[1]
    ]

    def at(indices: Indices) -> Term:
        facts: list[Fact] = []
        inner: list[Polynomial] = []
        for axis, (i, low, step, size) in enumerate(zip(indices, lows, steps, x.dims, strict=True)):
            place = i - low
            if axis not in unpadded:
                place, found = before_padding(i, low, step, size)
                facts += found
            inner.append(place)
        return choice(facts, lambda: x.whole(inner), lambda: value.at(()))

    return Tensor(dims, dtype, at)


def before_padding(i: Polynomial, low: Polynomial, step: Polynomial, size: Polynomial) -> tuple[Polynomial, list[Fact]]:
    """Where the element at `i` comes from, if the facts hold: before it `low` elements are put, and `step` between any two."""
    place = i - low
    quotient = place // (step + ONE)
    return quotient, [at_most(ZERO, place), less(quotient, size), zero(place - quotient * (step + ONE))]


@means(hlo.Concatenate)
def _concatenate(meanings: Meanings, op: hlo.Concatenate, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    axis = op.dimension

    def at(indices: Indices) -> Term:
        def from_input(n: int, place: Polynomial) -> Term:
            x = operands[n]
            here = (*indices[:axis], place, *indices[axis + 1 :])
            if n == len(operands) - 1:
                return x.whole(here)
            size = x.dims[axis]
            return choice([less(place, size)], lambda: x.whole(here), lambda: from_input(n + 1, place - size))

        return from_input(0, indices[axis])

    return Tensor(dims, dtype, at)


@means(hlo.Reshape)
def _reshape(meanings: Meanings, op: hlo.Reshape, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    (x,) = operands
    groups = _groups(x.dims, dims)

    def at(indices: Indices) -> Term:
        inner = [ZERO] * len(x.dims)
        for old, new in groups:
            place = ZERO
            for axis in new:
                place = place * dims[axis] + indices[axis]
            for axis in reversed(old[1:]):
                inner[axis] = place % x.dims[axis]
                place = place // x.dims[axis]
            if old:
                inner[old[0]] = place
        return x.whole(inner)

    return Tensor(dims, dtype, at)


def _groups(before: Indices, after: Indices) -> list[tuple[list[int], list[int]]]:
    """Dimensions of both shapes that belong together: with equal products, as few as possible. Those of size 1 stand in none."""
    old, new = ([n for n, size in enumerate(dims) if size != ONE] for dims in (before, after))
    groups: list[tuple[list[int], list[int]]] = []
    while old and new:
        sizes = sorted(
            ((i, j) for i in range(1, len(old) + 1) for j in range(1, len(new) + 1)), key=lambda pair: pair[0] + pair[1]
        )
        i, j = next(
            ((i, j) for i, j in sizes if product(before[n] for n in old[:i]) == product(after[n] for n in new[:j])),
            (len(old), len(new)),
        )
        groups.append((old[:i], new[:j]))
        old, new = old[i:], new[j:]
    if old or new:  # equal by what is known of the sizes, though not by their form
        groups.append((old, new))
    return groups


def _clamped(start: Polynomial, most: Polynomial, then: Callable[[Polynomial], Term]) -> Term:
    """What is at a start that is moved to between 0 and `most`."""
    return choice(
        [at_most(ZERO, start)],
        lambda: choice([at_most(start, most)], lambda: then(start), lambda: then(most)),
        lambda: then(ZERO),
    )


def _at_clamped(
    starts: Sequence[Polynomial], most: Sequence[Polynomial], then: Callable[[tuple[Polynomial, ...]], Term]
) -> Term:
    def from_axis(done: tuple[Polynomial, ...]) -> Term:
        n = len(done)
        if n == len(starts):
            return then(done)
        return _clamped(starts[n], most[n], lambda start: from_axis((*done, start)))

    return from_axis(())


@means(hlo.DynamicSlice)
def _dynamic_slice(meanings: Meanings, op: hlo.DynamicSlice, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    x, *scalars = operands
    most = [size - taken for size, taken in zip(x.dims, dims, strict=True)]

    def at(indices: Indices) -> Term:
        starts = [meanings.integer(scalar.at(())) for scalar in scalars]
        return _at_clamped(
            starts, most, lambda found: x.whole([start + i for start, i in zip(found, indices, strict=True)])
        )

    return Tensor(dims, dtype, at)


@means(hlo.DynamicUpdateSlice)
def _dynamic_update_slice(meanings: Meanings, op: hlo.DynamicUpdateSlice, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = result_of(op)
    x, update, *scalars = operands
    most = [size - taken for size, taken in zip(x.dims, update.dims, strict=True)]

    def at(indices: Indices) -> Term:
        def put(found: tuple[Polynomial, ...]) -> Term:
            inner = [i - start for start, i in zip(found, indices, strict=True)]
            facts = [at_most(ZERO, i) for i in inner]
            facts += [less(i, size) for i, size in zip(inner, update.dims, strict=True)]
            return choice(facts, lambda: update.whole(inner), lambda: x.whole(indices))

        return _at_clamped([meanings.integer(scalar.at(())) for scalar in scalars], most, put)

    return Tensor(dims, dtype, at)


def _same_everywhere(x: Tensor) -> Term | None:
    """The element of a tensor, if it is the same at all indices."""
    atoms = [index(size) for size in x.dims]
    term = x.whole([of(atom) for atom in atoms])
    return None if depends_on(term, atoms) else term


@means(hlo.Gather)
@means(hlo.DynamicGather)
def _gather(meanings: Meanings, op: Operation, operands: Sequence[Tensor]) -> Tensor:
    """Of a tensor of equal elements it does not matter which are taken."""
    dims, dtype = result_of(op)
    term = _same_everywhere(operands[0])
    if term is None:
        return unknown(op.results[0].type, Unknown(op.name, without_values(op), tuple(operands), (), 0))
    if isinstance(op, hlo.DynamicGather):
        meanings.grant(op, operands[2:])
    return Tensor(dims, dtype, lambda indices: term)


# -- what is told sizes or positions by operands ----------------------------------------------------------------------------


@means(hlo.DynamicIota)
def _dynamic_iota(meanings: Meanings, op: hlo.DynamicIota, operands: Sequence[Tensor]) -> Tensor:
    meanings.grant(op, operands)
    dims, dtype = result_of(op)
    return Tensor(dims, dtype, lambda indices: number(indices[op.iota_dimension], dtype))


@means(hlo.DynamicReshape)
def _dynamic_reshape(meanings: Meanings, op: hlo.DynamicReshape, operands: Sequence[Tensor]) -> Tensor:
    meanings.grant(op, operands[1:])
    return _reshape(meanings, op, operands[:1])


@means(hlo.DynamicBroadcastInDim)
def _dynamic_broadcast_in_dim(meanings: Meanings, op: hlo.DynamicBroadcastInDim, operands: Sequence[Tensor]) -> Tensor:
    meanings.grant(op, operands[1:])
    return _broadcast_in_dim(meanings, op, operands[:1])


def _integers(meanings: Meanings, x: Tensor, count: int) -> list[Polynomial]:
    """The numbers in a tensor of one dimension."""
    return [meanings.integer(x.whole([constant(n)])) for n in range(count)]


@means(hlo.DynamicPad)
def _dynamic_pad(meanings: Meanings, op: hlo.DynamicPad, operands: Sequence[Tensor]) -> Tensor:
    meanings.grant(op, operands[2:])
    dims, dtype = result_of(op)
    x, value, low, _, interior = operands
    lows, steps = (_integers(meanings, numbers, len(dims)) for numbers in (low, interior))
    if not all(meanings.follows(at_most(ZERO, step)) for step in steps):
        raise NoMeaning("whether a padding is negative is not known")
    return _padded(x, value, dims, dtype, lows, steps)


@means(hlo.RealDynamicSlice)
def _real_dynamic_slice(meanings: Meanings, op: hlo.RealDynamicSlice, operands: Sequence[Tensor]) -> Tensor:
    meanings.grant(op, operands[1:])
    dims, dtype = result_of(op)
    x, start, _, stride = operands
    return _sliced(x, dims, dtype, *(_integers(meanings, numbers, len(dims)) for numbers in (start, stride)))
