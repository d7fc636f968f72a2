"""The affine dialect: loops and memory accesses whose bounds and indices are affine in the loop variables.

Names and semantics are upstream's (MLIR, "affine" dialect).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from couloir.ir.affine import AffineConstant, AffineExpr, AffineMap, IntegerSet
from couloir.ir.constraints import INDEX, Holds, SameElementType
from couloir.ir.fields import Operand, Operands, Result, Results, attr, operands, region, result
from couloir.ir.operation import Block, BlockArgument, Operation, Region, Value
from couloir.ir.traits import (
    IsTerminator,
    MemoryRead,
    MemoryWrite,
    Pure,
    RecursiveMemoryEffects,
    ReturnLike,
    SingleBlock,
)
from couloir.ir.types import MemRefType, Type, VectorType, index


def _map_fits(op: Any) -> bool | str:
    inputs = op.map.dim_count + op.map.symbol_count
    return len(op.map_operands) == inputs or f"{len(op.map_operands)} operands for a map of {inputs}"


def _access_fits(op: Any) -> bool | str:
    inputs = op.map.dim_count + op.map.symbol_count
    if len(op.indices) != inputs:
        return f"{len(op.indices)} operands for a map of {inputs}"
    rank = op.memref.type.rank
    return len(op.map.results) == rank or f"{len(op.map.results)} indices for rank {rank}"


_ACCESS = Holds("the map takes the operands and gives one index for each dimension", _access_fits)
_MAP = Holds("the map takes the operands", _map_fits)


class Yield(Operation, name="affine.yield", traits=(IsTerminator, ReturnLike, Pure)):
    """Ends the body of a loop or branch with the values that it gives."""

    arguments: Operands[Type] = operands(default=())


class For(Operation, name="affine.for", traits=(SingleBlock, RecursiveMemoryEffects)):
    """A loop from the largest of the lower bounds to the smallest of the upper bounds, exclusive.

    The body's first argument is the loop variable; the others are the values carried from one iteration to the next, which begin as
    `inits` and come out as the results.
    """

    lower_bound_operands: Operands[Type] = operands(elements=INDEX)
    upper_bound_operands: Operands[Type] = operands(elements=INDEX)
    inits: Operands[Type]
    lower_bound_map: AffineMap = attr(key="lowerBoundMap")
    upper_bound_map: AffineMap = attr(key="upperBoundMap")
    step: int = attr(codec=index)
    body: Region = region(default=None, blocks="one")
    results_: Results[Type] = result()

    def infer(self) -> Sequence[Type]:
        return [value.type for value in self.inits]

    def verify(self) -> Iterator[str]:
        if self.step <= 0:
            yield f"the step is positive, not {self.step}"
        for label, map, values in (
            ("lower", self.lower_bound_map, self.lower_bound_operands),
            ("upper", self.upper_bound_map, self.upper_bound_operands),
        ):
            if len(values) != map.dim_count + map.symbol_count:
                yield f"the {label} bound's map does not take its {len(values)} operands"
            if not map.results:
                yield f"the {label} bound has no expression"
        wanted = [index, *(value.type for value in self.inits)]
        if [a.type for a in self.body.block.arguments] != wanted:
            yield f"the body takes the loop variable and the carried values: {', '.join(map_types(wanted))}"

    @classmethod
    def constant(cls, lower: int, upper: int, step: int = 1, inits: Sequence[Value[Any]] = ()) -> For:
        """A loop with constant bounds and an empty body: add ops with `at_end(loop.body.block)` and a `Yield`."""
        block = Block([index, *(value.type for value in inits)])
        return cls((), (), inits, AffineMap.constant(lower), AffineMap.constant(upper), step, Region([block]))

    @property
    def variable(self) -> BlockArgument[Any]:
        """The loop variable."""
        return self.body.block.arguments[0]

    @property
    def constant_bounds(self) -> tuple[int, int] | None:
        """Lower and upper bound when both are plain numbers."""
        ends: list[int] = []
        for map in (self.lower_bound_map, self.upper_bound_map):
            if len(map.results) != 1 or not isinstance(map.results[0], AffineConstant):
                return None
            ends.append(map.results[0].value)
        return ends[0], ends[1]


def map_types(types: Sequence[Type]) -> list[str]:
    """Types as texts."""
    return [str(t) for t in types]


class If(Operation, name="affine.if", traits=(RecursiveMemoryEffects,)):
    """Runs the first region where the operands lie in the integer set, the second elsewhere."""

    condition_operands: Operands[Type] = operands(elements=INDEX)
    condition: IntegerSet
    then_region: Region = region(default=None, blocks="one")
    else_region: Region = region(default=None)
    results_: Results[Type] = result()


class Apply(Operation, name="affine.apply", traits=(Pure,)):
    """The value of an affine map with one result."""

    map_operands: Operands[Type] = operands(elements=INDEX)
    map: AffineMap = attr()
    result: Result[Type] = result()
    constraints = (_MAP, Holds("the map has one result", lambda op: len(op.map.results) == 1))

    def infer(self) -> Type:
        return index


class Min(Operation, name="affine.min", traits=(Pure,)):
    """The least of the results of an affine map."""

    operands_: Operands[Type] = operands(elements=INDEX)
    map: AffineMap = attr()
    result: Result[Type] = result()

    def infer(self) -> Type:
        return index


class Max(Operation, name="affine.max", traits=(Pure,)):
    """The greatest of the results of an affine map."""

    operands_: Operands[Type] = operands(elements=INDEX)
    map: AffineMap = attr()
    result: Result[Type] = result()

    def infer(self) -> Type:
        return index


class Load(Operation, name="affine.load", traits=(MemoryRead,)):
    """The element at the indices that the map gives."""

    memref: Operand[MemRefType]
    indices: Operands[Type] = operands(elements=INDEX)
    map: AffineMap = attr()
    result: Result[Type] = result()
    constraints = (_ACCESS,)

    def infer(self) -> Type:
        return self.memref.type.element_type


class Store(Operation, name="affine.store", traits=(MemoryWrite,)):
    """Writes an element at the indices that the map gives."""

    value: Operand[Type]
    memref: Operand[MemRefType]
    indices: Operands[Type] = operands(elements=INDEX)
    map: AffineMap = attr()
    constraints = (_ACCESS, SameElementType("value", "memref"))


class VectorLoad(Operation, name="affine.vector_load", traits=(MemoryRead,)):
    """A vector of adjacent elements, beginning at the indices that the map gives. The type is given."""

    memref: Operand[MemRefType]
    indices: Operands[Type] = operands(elements=INDEX)
    map: AffineMap = attr()
    result: Result[VectorType] = result()
    constraints = (_ACCESS,)


class VectorStore(Operation, name="affine.vector_store", traits=(MemoryWrite,)):
    """Writes a vector to adjacent elements, beginning at the indices that the map gives."""

    value: Operand[VectorType]
    memref: Operand[MemRefType]
    indices: Operands[Type] = operands(elements=INDEX)
    map: AffineMap = attr()
    constraints = (_ACCESS, SameElementType("value", "memref"))


def access_map(rank_of_loops: int, indices: Sequence[AffineExpr]) -> AffineMap:
    """The map of an access: from the loop variables to one expression for each dimension."""
    return AffineMap(rank_of_loops, 0, tuple(indices))
