"""What a program computes, element by element: each tensor is its sizes and a function from indices to a term.

The tables here give the meaning of the ops that move elements, and of those that combine them. What acts on each element alone
means what the NumPy back end says. An op without a meaning by index is a tensor of which only is known that equal ops give
equal ones.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, TypeAlias, cast

import attrs
import numpy as np

from couloir.backends.numpy.domains import NotInDomain
from couloir.backends.numpy.element_types import Array, DType, integer_range, kind
from couloir.backends.numpy.meanings import meaning_of
from couloir.backends.numpy.precision import bit_counts
from couloir.dialects import arith, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.quant import UniformType
from couloir.ir.attributes import DenseElementsAttr, FloatAttr, IntegerAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.rewriting.rewriter import is_removable
from couloir.ir.traits import ConstantLike, Elementwise, IsTerminator
from couloir.ir.types import Type, dtype_of
from couloir.passes.running import public_functions
from couloir.testing.proofs.domain import elements, scalar
from couloir.testing.proofs.domain import terms as scalars
from couloir.testing.proofs.elements import (
    KINDS,
    Indices,
    choice,
    converted,
    depends_on,
    fold,
    is_neutral,
    number,
    read,
    where,
)
from couloir.testing.proofs.expressions import ONE, ZERO, Atom, Polynomial, constant, index, of, product
from couloir.testing.proofs.facts import LARGE, Fact, at_most, equal, less, zero
from couloir.testing.proofs.laws import apply, in_order, is_float, reduced_precision
from couloir.testing.proofs.structure import op_key, shape_of
from couloir.testing.proofs.terms import FALSE, Term
from couloir.testing.proofs.terms import constant as constant_term
from couloir.testing.proofs.tracing import expression_of, spelled

Follows: TypeAlias = "Callable[[Fact], bool]"
"""Whether a fact is known of the sizes of a program."""


class NoMeaning(Exception):
    """Something has no meaning by index."""


class HasEffects(Exception):
    """An op has side effects. What it does beside its results is not looked at."""


@attrs.frozen(eq=False)
class Tensor:
    """Sizes, element type, and what its elements are."""

    dims: Indices
    dtype: DType
    at: Callable[[Indices], Term]

    def whole(self, indices: Sequence[Polynomial]) -> Term:
        """The element at some indices, as many as there are dimensions; along a dimension of size 1 there is one only."""
        return self.at(tuple(ZERO if size == ONE else i for size, i in zip(self.dims, indices, strict=True)))


@attrs.frozen(eq=False)
class Body:
    """A region as a function.

    Attributes:
        types: Of its arguments.
        results: From arguments to what it returns.
    """

    types: tuple[Type, ...]
    results: Callable[[Sequence[Any]], list[Any]]


@attrs.frozen(eq=False)
class Unknown:
    """The result of an op without a meaning by index.

    Attributes:
        name: Of the op.
        what: The op, whatever its operands are, and its regions.
        operands: What it takes.
        bodies: Its regions.
        result: Which of its results it is.
    """

    name: str
    what: Hashable
    operands: tuple[Any, ...]
    bodies: tuple[Body, ...]
    result: int

    def __repr__(self) -> str:
        return f"{self.name}#{self.result}"


class Meanings:
    """Gives the results of programs. Equal ops of several programs give the same object.

    Args:
        follows: What is known of the sizes.
        zeros_are_one: Whether 0.0 and -0.0 count as one.
    """

    def __init__(self, follows: Follows, *, zeros_are_one: bool = False) -> None:
        self.follows = follows
        self.zeros_are_one = zeros_are_one
        self._known: dict[object, tuple[Any, ...]] = {}
        self._kept: list[tuple[Any, ...]] = []
        self._arguments: dict[int, Any] = {}
        self._values: dict[Term, Atom] = {}
        self._granted: set[Hashable] = set()
        self._is_first = True

    def results(self, module: ModuleOp) -> list[Any]:
        """What the function of a program returns. Raises `NoMeaning`.

        The first program is taken to run: where an op is told sizes, they are those of its type.
        """
        block = public_functions(module)[0].body.block
        values: dict[Value[Any], Any] = {}
        for argument in block.arguments:
            if argument.index not in self._arguments:
                self._arguments[argument.index] = unknown(argument.type, argument.index)
            values[argument] = self._arguments[argument.index]
        try:
            return self.run(block, values)
        finally:
            self._is_first = False

    def run(self, block: Block, values: dict[Value[Any], Any]) -> list[Any]:
        """What a block returns; `values` are those from outside, its arguments among them. Raises `NoMeaning`."""
        for op in block.ops:
            if op.has_trait(IsTerminator):
                return [values[value] for value in op.operands]
            results = self._op(op, values)
            values.update(zip(op.results, results, strict=True))
        raise NoMeaning("a block without an end")

    def later(self, block: Block) -> Callable[[dict[Value[Any], Any]], list[Any]]:
        """`run` for a block, to be called after other programs have been looked at."""
        is_first = self._is_first

        def run(values: dict[Value[Any], Any]) -> list[Any]:
            before, self._is_first = self._is_first, is_first
            try:
                return self.run(block, values)
            finally:
                self._is_first = before

        return run

    def _op(self, op: Operation, values: dict[Value[Any], Any]) -> tuple[Any, ...]:
        if not is_removable(op):
            raise HasEffects(op.name)
        operands = tuple(values[value] for value in op.operands)
        function = _WITH_REGIONS.get(op.name)
        if function is not None:
            return function(self, op, operands, values)
        if op.regions:
            return _with_bodies(self, op, operands, values)
        key = op_key(op, {value: id(operand) for value, operand in zip(op.operands, operands, strict=True)})
        found = self._known.get(key)
        if found is None:
            self._kept.append(operands)  # their addresses are keys
            found = self._known[key] = self._plain(op, operands)
        return found

    def _plain(self, op: Operation, operands: tuple[Any, ...]) -> tuple[Any, ...]:
        if isinstance(op, hlo.OptimizationBarrier) or (isinstance(op, hlo.AfterAll) and len(operands) == 1):
            return operands
        types = [value.type for value in (*op.operands, *op.results)]
        if all(map(_has_elements, types)):
            if op.has_trait(ConstantLike):
                return (_constant(op),)
            function = _MEANINGS.get(op.name)
            if function is not None:
                return (function(self, op, operands),)
            here = op.has_trait(Elementwise) or isinstance(op, hlo.BitcastConvert)  # of equal widths, if of one rank
            if isinstance(op, hlo.Select | hlo.Clamp | arith.Select) or (here and _of_one_rank(types)):
                return (_elementwise(op, operands),)
        elif op.name == "stablehlo.tuple":
            return (operands,)
        elif isinstance(op, hlo.GetTupleElement) and isinstance(operands[0], tuple):
            return (cast("tuple[Any, ...]", operands[0])[op.index],)
        what = _without_values(op)
        return tuple(unknown(value.type, Unknown(op.name, what, operands, (), value.index)) for value in op.results)

    def grant(self, op: Operation, told: Sequence[Any]) -> None:
        """Notes that an op runs, which is told the sizes of its result. Raises `NoMeaning` if it does not in the first program."""
        condition = (op.name, op.results[0].type, *map(id, told))
        if self._is_first:
            self._granted.add(condition)
        elif condition not in self._granted:
            raise NoMeaning(f"whether `{op.name}` is told the sizes of its type is not known")

    # -- what meanings need ----------------------------------------------------------------------------------------------------

    def integer(self, term: Term) -> Polynomial:
        """The number that a term of integers is, for use in indices."""
        if term.is_constant:
            return constant(int(term.value))
        if term.op == "number" and isinstance(term.data, Polynomial) and term.dtype.itemsize >= 4:
            return term.data
        found = self._values.get(term)
        if found is None:
            made = Atom("number", "")
            made.name = f"v{made.number}"
            found = self._values[term] = made
        return of(found)

    def fold(
        self, kind: Hashable, indices: Sequence[Atom], inits: Sequence[Term], bodies: Sequence[Term], result: int
    ) -> Term:
        """All elements of bodies combined, from initial values."""
        if self.zeros_are_one and isinstance(kind, str) and is_neutral(kind, inits[0]):
            if not indices:
                return bodies[0]
            if kind == "add" and bodies[0].op == "negate":  # what is rounded does not depend on signs
                return apply("negate", fold(kind, indices, inits, bodies[0].operands))
        return fold(kind, indices, inits, bodies, result)


def _of_one_rank(types: Sequence[Type]) -> bool:
    return len({len(found[0]) for type in types if (found := shape_of(type)) is not None}) == 1


def dims_and_dtype(type: Type) -> tuple[Indices, DType]:
    """The sizes of a type, and the dtype of its elements. Raises `NoMeaning` where these do not stand for themselves."""
    found = shape_of(type)
    if found is None or isinstance(found[1], UniformType):
        raise NoMeaning(f"a value of type `{type}`")
    try:
        return tuple(map(expression_of, found[0])), dtype_of(found[1])
    except Error as error:
        raise NoMeaning(error.message) from None


def _has_elements(type: Type) -> bool:
    """Whether a value consists of elements that have a dtype, and stand for themselves."""
    try:
        dims_and_dtype(type)
    except NoMeaning:
        return False
    return True


def _without_values(op: Operation) -> Hashable:
    """What an op is, but for its operands and regions."""
    stored = tuple(sorted(op.stored_attributes.items(), key=lambda item: item[0]))
    return op.name, stored, tuple(value.type for value in (*op.operands, *op.results))


def _with_bodies(
    meanings: Meanings, op: Operation, operands: tuple[Any, ...], values: dict[Value[Any], Any]
) -> tuple[Any, ...]:
    """The results of an op that runs its regions in a way that is not looked at."""
    bodies: list[Body] = []
    for region in op.regions:
        if len(list(region.blocks)) != 1:
            raise NoMeaning(f"`{op.name}` has no meaning by index")
        block, later = region.block, meanings.later(region.block)

        def run(arguments: Sequence[Any], block: Block = block, later: Any = later) -> list[Any]:
            inside = dict(values)
            inside.update(zip(block.arguments, arguments, strict=True))
            return later(inside)

        bodies.append(Body(tuple(argument.type for argument in block.arguments), run))
    what = _without_values(op)
    return tuple(
        unknown(value.type, Unknown(op.name, what, operands, tuple(bodies), value.index)) for value in op.results
    )


def unknown(type: Type, source: Any) -> Any:
    """A tensor of which nothing is known; of another type, a thing."""
    if not _has_elements(type):
        return source
    dims, dtype = dims_and_dtype(type)
    return Tensor(dims, dtype, lambda indices: read(source, indices, dtype))


def _is_closed(op: Operation) -> bool:
    """Whether the regions of an op use no values from outside."""
    inside = set(op.walk())
    for other in inside - {op}:
        for value in other.operands:
            definer = value.defining_op
            parent = value.parent_block
            if definer not in inside and (parent is None or parent.parent_op not in inside):
                return False
    return True


def _attributes_of(op: Operation) -> str:
    """All attributes of an op, as text."""
    with spelled():
        return ", ".join(f"{key} = {value}" for key, value in sorted(op.stored_attributes.items()))


# -- constants, and what acts on each element ----------------------------------------------------------------------------


def _constant(op: Operation) -> Tensor:
    stored = op.stored_attributes.get("value")
    if isinstance(stored, IntegerAttr | FloatAttr):
        number = constant_term(stored.value, dtype_of(stored.type))
        return Tensor((), number.dtype, lambda indices: number)
    if not isinstance(stored, DenseElementsAttr):
        raise NoMeaning("a constant without elements that can be read")
    (dims, dtype), array = dims_and_dtype(stored.type), stored.array
    if stored.is_splat:
        term = constant_term(array[(0,) * array.ndim], dtype)
        return Tensor(dims, dtype, lambda indices: term)

    def at(indices: Indices) -> Term:
        place = tuple(n for i in indices if (n := i.constant) is not None)
        if len(place) < len(indices) or not all(0 <= n < size for n, size in zip(place, array.shape, strict=True)):
            return read(stored, indices, dtype)
        return constant_term(array[place], dtype)

    return Tensor(dims, dtype, at)


def element_term(op: Operation, terms: Sequence[Term]) -> Term:
    """What an elementwise op makes of elements."""
    _, dtype = _result(op)
    if isinstance(op, hlo.Convert):
        return converted(terms[0], dtype)
    if isinstance(op, hlo.ReducePrecision):
        return reduced_precision(terms[0], op.exponent_bits, op.mantissa_bits)
    if isinstance(op, hlo.BitcastConvert) and "complex" in (kind(terms[0].dtype), kind(dtype)):
        return apply("bitcast_convert", *terms, dtype=dtype)
    function = meaning_of(op)
    if function is not None and not op.regions:
        try:
            made = function(scalars, op, *map(scalar, terms))
        except (NotInDomain, Error, TypeError, ValueError, AttributeError):  # it looks at bits, or at arrays
            made = None
        if isinstance(made, np.ndarray):
            found = elements(cast("Array", made))
            term = found[()] if not found.ndim else None
            if isinstance(term, Term) and term.dtype == dtype:
                return term
    if isinstance(op, _ROUNDED):
        terms = in_order(terms) if isinstance(op, arith.AddF | arith.MulF) else terms
        if _is_exact(op, terms[1]):
            return terms[0]
    return Term.of(op.name, tuple(terms), dtype, _attributes_of(op))


_ROUNDED: Final = (arith.AddF, arith.SubF, arith.MulF, arith.DivF)
"""What may be rounded in a direction that the back end does not know. Of that IEEE-754 says that operands of sums and products may
change places, and that exact results are not rounded.
"""


def _is_exact(op: Operation, second: Term) -> bool:
    """Whether the result is the first operand, whatever that is. The zero of 0.0 - 0.0 has its sign by the direction."""
    dtype = second.dtype
    if isinstance(op, arith.MulF | arith.DivF):
        return second is constant_term(1, dtype)
    zero = constant_term(0.0 if isinstance(op, arith.SubF) else -0.0, dtype)
    downward = isinstance(op, arith.AddF | arith.SubF) and op.roundingmode is arith.RoundingMode.DOWNWARD
    return second is zero and not downward


def _elementwise(op: Operation, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)

    def at(indices: Indices) -> Term:
        terms = [x.whole(indices) if len(x.dims) == len(indices) else x.whole(()) for x in operands]
        return element_term(op, terms)

    return Tensor(dims, dtype, at)


# -- moving elements -----------------------------------------------------------------------------------------------------

Function: TypeAlias = "Callable[[Meanings, Any, Sequence[Any]], Tensor]"
_MEANINGS: Final[dict[str, Function]] = {}


def _means(cls: type[Operation]) -> Callable[[Function], Function]:
    def add(function: Function) -> Function:
        _MEANINGS[cls.name] = function
        return function

    return add


def _result(op: Operation) -> tuple[Indices, DType]:
    return dims_and_dtype(op.results[0].type)


@_means(hlo.Iota)
def _iota(meanings: Meanings, op: hlo.Iota, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
    return Tensor(dims, dtype, lambda indices: number(indices[op.iota_dimension], dtype))


@_means(hlo.GetDimensionSize)
def _get_dimension_size(meanings: Meanings, op: hlo.GetDimensionSize, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
    size = operands[0].dims[op.dimension]
    return Tensor(dims, dtype, lambda indices: number(size, dtype))


@_means(hlo.Transpose)
def _transpose(meanings: Meanings, op: hlo.Transpose, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
    (x,), permutation = operands, op.permutation
    places = [permutation.index(axis) for axis in range(len(permutation))]
    return Tensor(dims, dtype, lambda indices: x.whole([indices[place] for place in places]))


@_means(hlo.Reverse)
def _reverse(meanings: Meanings, op: hlo.Reverse, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
    (x,), axes = operands, op.dimensions

    def at(indices: Indices) -> Term:
        return x.whole([dims[n] - ONE - i if n in axes else i for n, i in enumerate(indices)])

    return Tensor(dims, dtype, at)


@_means(hlo.BroadcastInDim)
def _broadcast_in_dim(meanings: Meanings, op: hlo.BroadcastInDim, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
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


@_means(hlo.Slice)
def _slice(meanings: Meanings, op: hlo.Slice, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
    (x,) = operands
    return _sliced(x, dims, dtype, *(list(map(expression_of, n)) for n in (op.start_indices, op.strides)))


def _sliced(
    x: Tensor, dims: Indices, dtype: DType, starts: Sequence[Polynomial], strides: Sequence[Polynomial]
) -> Tensor:
    def at(indices: Indices) -> Term:
        return x.whole([start + i * stride for start, i, stride in zip(starts, indices, strides, strict=True)])

    return Tensor(dims, dtype, at)


@_means(hlo.Pad)
def _pad(meanings: Meanings, op: hlo.Pad, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
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
                place, found = _before_padding(i, low, step, size)
                facts += found
            inner.append(place)
        return choice(facts, lambda: x.whole(inner), lambda: value.at(()))

    return Tensor(dims, dtype, at)


def _before_padding(
    i: Polynomial, low: Polynomial, step: Polynomial, size: Polynomial
) -> tuple[Polynomial, list[Fact]]:
    """Where the element at `i` comes from, if the facts hold: before it `low` elements are put, and `step` between any two."""
    place = i - low
    quotient = place // (step + ONE)
    return quotient, [at_most(ZERO, place), less(quotient, size), zero(place - quotient * (step + ONE))]


@_means(hlo.Concatenate)
def _concatenate(meanings: Meanings, op: hlo.Concatenate, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
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


@_means(hlo.Reshape)
def _reshape(meanings: Meanings, op: hlo.Reshape, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
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


@_means(hlo.DynamicSlice)
def _dynamic_slice(meanings: Meanings, op: hlo.DynamicSlice, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
    x, *scalars = operands
    most = [size - taken for size, taken in zip(x.dims, dims, strict=True)]

    def at(indices: Indices) -> Term:
        starts = [meanings.integer(scalar.at(())) for scalar in scalars]
        return _at_clamped(
            starts, most, lambda found: x.whole([start + i for start, i in zip(found, indices, strict=True)])
        )

    return Tensor(dims, dtype, at)


@_means(hlo.DynamicUpdateSlice)
def _dynamic_update_slice(meanings: Meanings, op: hlo.DynamicUpdateSlice, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
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


@_means(hlo.Gather)
@_means(hlo.DynamicGather)
def _gather(meanings: Meanings, op: Operation, operands: Sequence[Tensor]) -> Tensor:
    """Of a tensor of equal elements it does not matter which are taken."""
    dims, dtype = _result(op)
    term = _same_everywhere(operands[0])
    if term is None:
        return unknown(op.results[0].type, Unknown(op.name, _without_values(op), tuple(operands), (), 0))
    if isinstance(op, hlo.DynamicGather):
        meanings.grant(op, operands[2:])
    return Tensor(dims, dtype, lambda indices: term)


# -- what is told sizes or positions by operands ----------------------------------------------------------------------------


@_means(hlo.DynamicIota)
def _dynamic_iota(meanings: Meanings, op: hlo.DynamicIota, operands: Sequence[Tensor]) -> Tensor:
    meanings.grant(op, operands)
    dims, dtype = _result(op)
    return Tensor(dims, dtype, lambda indices: number(indices[op.iota_dimension], dtype))


@_means(hlo.DynamicReshape)
def _dynamic_reshape(meanings: Meanings, op: hlo.DynamicReshape, operands: Sequence[Tensor]) -> Tensor:
    meanings.grant(op, operands[1:])
    return _reshape(meanings, op, operands[:1])


@_means(hlo.DynamicBroadcastInDim)
def _dynamic_broadcast_in_dim(meanings: Meanings, op: hlo.DynamicBroadcastInDim, operands: Sequence[Tensor]) -> Tensor:
    meanings.grant(op, operands[1:])
    return _broadcast_in_dim(meanings, op, operands[:1])


def _integers(meanings: Meanings, x: Tensor, count: int) -> list[Polynomial]:
    """The numbers in a tensor of one dimension."""
    return [meanings.integer(x.whole([constant(n)])) for n in range(count)]


@_means(hlo.DynamicPad)
def _dynamic_pad(meanings: Meanings, op: hlo.DynamicPad, operands: Sequence[Tensor]) -> Tensor:
    meanings.grant(op, operands[2:])
    dims, dtype = _result(op)
    x, value, low, _, interior = operands
    lows, steps = (_integers(meanings, numbers, len(dims)) for numbers in (low, interior))
    if not all(meanings.follows(at_most(ZERO, step)) for step in steps):
        raise NoMeaning("whether a padding is negative is not known")
    return _padded(x, value, dims, dtype, lows, steps)


@_means(hlo.RealDynamicSlice)
def _real_dynamic_slice(meanings: Meanings, op: hlo.RealDynamicSlice, operands: Sequence[Tensor]) -> Tensor:
    meanings.grant(op, operands[1:])
    dims, dtype = _result(op)
    x, start, _, stride = operands
    return _sliced(x, dims, dtype, *(_integers(meanings, numbers, len(dims)) for numbers in (start, stride)))


# -- combining elements --------------------------------------------------------------------------------------------------


def _bound(size: Polynomial) -> Atom | None:
    """An index for a dimension that goes; None where there is one element."""
    return None if size == ONE else index(size, "k")


@_means(hlo.DotGeneral)
def _dot_general(meanings: Meanings, op: hlo.DotGeneral, operands: Sequence[Tensor]) -> Tensor:
    dims, dtype = _result(op)
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


WithRegions: TypeAlias = "Callable[[Meanings, Any, Sequence[Any], dict[Value[Any], Any]], tuple[Any, ...]]"


def _reduce(
    meanings: Meanings, op: hlo.Reduce, operands: Sequence[Any], values: dict[Value[Any], Any]
) -> tuple[Any, ...]:
    if not all(isinstance(operand, Tensor) for operand in operands) or not _is_closed(op):
        raise NoMeaning(f"`{op.name}` has no meaning by index")
    count = len(operands) // 2
    inputs, inits = operands[:count], operands[count:]
    how = _how_to_combine(op, operands)
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

    return tuple(map(reduced, range(count)))


def _how_to_combine(op: hlo.Reduce | hlo.ReduceWindow, operands: Sequence[Tensor]) -> Hashable:
    """The name of the op that a body consists of, or the body. Raises `NoMeaning` where elements become wider first."""
    count = len(operands) // 2
    dtypes = [dims_and_dtype(value.type)[1] for value in op.results]
    if [x.dtype for x in operands] != [*dtypes, *dtypes]:
        raise NoMeaning(f"`{op.name}` of elements that become wider")
    how = _reducer(op.body, dtypes[0]) if count == 1 else None
    return how if how is not None else (op.name, op_key(op, {})[1:])


def _reduce_window(
    meanings: Meanings, op: hlo.ReduceWindow, operands: Sequence[Any], values: dict[Value[Any], Any]
) -> tuple[Any, ...]:
    """Reductions of windows of what is padded with the initial values."""
    if not all(isinstance(operand, Tensor) for operand in operands) or not _is_closed(op):
        raise NoMeaning(f"`{op.name}` has no meaning by index")
    count = len(operands) // 2
    inputs, inits = operands[:count], operands[count:]
    how = _how_to_combine(op, operands)
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
                place, found = _before_padding(
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

    return tuple(map(reduced, range(count)))


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
    results = list(_with_bodies(meanings, op, tuple(operands), values))
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
    found = meanings.run(op.comparator.block, inside)[0].at(()) if _is_closed(op) else None
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
    return _with_bodies(meanings, op, tuple(operands), values)


_WITH_REGIONS: Final[dict[str, WithRegions]] = {
    hlo.Reduce.name: _reduce,
    hlo.ReduceWindow.name: _reduce_window,
    hlo.If.name: _if,
    hlo.Case.name: _case,
    hlo.While.name: _while,
    hlo.Sort.name: _sort,
    hlo.Scatter.name: _scatter,
}
__all__ = ["HasEffects", "Meanings", "NoMeaning", "Tensor", "Unknown", "where"]
