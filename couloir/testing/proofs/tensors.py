"""What a program computes, element by element: each tensor is its sizes and a function from indices to a term.

The tables give the meaning of the ops that move elements (`moving`), and of those that combine them (`combining`). What acts on
each element alone means what the NumPy back end says. An op without a meaning by index is a tensor of which only is known that
equal ops give equal ones.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, TypeAlias, cast

import attrs
import numpy as np

from couloir.backends.numpy.domains import NotInDomain
from couloir.backends.numpy.element_types import Array, DType, kind
from couloir.backends.numpy.meanings import meaning_of
from couloir.dialects import arith, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.quant import UniformType
from couloir.ir.attributes import DenseElementsAttr, FloatAttr, IntegerAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.rewriting.rewriter import is_removable
from couloir.ir.traits import ConstantLike, Elementwise, IsTerminator
from couloir.ir.types import Type, dtype_of
from couloir.passes.running import public_functions
from couloir.testing.proofs.domain import elements, scalar
from couloir.testing.proofs.domain import terms as scalars
from couloir.testing.proofs.elements import (
    Indices,
    converted,
    fold,
    is_neutral,
    read,
)
from couloir.testing.proofs.expressions import ONE, ZERO, Atom, Polynomial, constant, of
from couloir.testing.proofs.facts import Fact
from couloir.testing.proofs.laws import apply, in_order, reduced_precision
from couloir.testing.proofs.structure import op_key, shape_of
from couloir.testing.proofs.terms import Term
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
        function = WITH_REGIONS.get(op.name)
        if function is not None:
            return function(self, op, operands, values)
        if op.regions:
            return with_bodies(self, op, operands, values)
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
            function = MEANINGS.get(op.name)
            if function is not None:
                return (function(self, op, operands),)
            here = op.has_trait(Elementwise) or isinstance(op, hlo.BitcastConvert)  # of equal widths, if of one rank
            if isinstance(op, hlo.Select | hlo.Clamp | arith.Select) or (here and _of_one_rank(types)):
                return (_elementwise(op, operands),)
        elif op.name == "stablehlo.tuple":
            return (operands,)
        elif isinstance(op, hlo.GetTupleElement) and isinstance(operands[0], tuple):
            return (cast("tuple[Any, ...]", operands[0])[op.index],)
        what = without_values(op)
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


def without_values(op: Operation) -> Hashable:
    """What an op is, but for its operands and regions."""
    stored = tuple(sorted(op.stored_attributes.items(), key=lambda item: item[0]))
    return op.name, stored, tuple(value.type for value in (*op.operands, *op.results))


def with_bodies(
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
    what = without_values(op)
    return tuple(
        unknown(value.type, Unknown(op.name, what, operands, tuple(bodies), value.index)) for value in op.results
    )


def unknown(type: Type, source: Any) -> Any:
    """A tensor of which nothing is known; of another type, a thing."""
    if not _has_elements(type):
        return source
    dims, dtype = dims_and_dtype(type)
    return Tensor(dims, dtype, lambda indices: read(source, indices, dtype))


def is_closed(op: Operation) -> bool:
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
    _, dtype = result_of(op)
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
    dims, dtype = result_of(op)

    def at(indices: Indices) -> Term:
        terms = [x.whole(indices) if len(x.dims) == len(indices) else x.whole(()) for x in operands]
        return element_term(op, terms)

    return Tensor(dims, dtype, at)


# -- tables of meanings --------------------------------------------------------------------------------------------------

Function: TypeAlias = "Callable[[Meanings, Any, Sequence[Any]], Tensor]"
WithRegions: TypeAlias = "Callable[[Meanings, Any, Sequence[Any], dict[Value[Any], Any]], tuple[Any, ...]]"
MEANINGS: Final[dict[str, Function]] = {}
"""Ops whose operands are tensors, by name: see `moving` and `combining`."""
WITH_REGIONS: Final[dict[str, WithRegions]] = {}
"""Ops that have regions."""


def means(cls: type[Operation]) -> Callable[[Function], Function]:
    """Gives an op a meaning by index."""

    def add(function: Function) -> Function:
        MEANINGS[cls.name] = function
        return function

    return add


def result_of(op: Operation) -> tuple[Indices, DType]:
    """The sizes and the dtype of an op's result."""
    return dims_and_dtype(op.results[0].type)


__all__ = ["HasEffects", "Meanings", "NoMeaning", "Tensor", "Unknown"]
