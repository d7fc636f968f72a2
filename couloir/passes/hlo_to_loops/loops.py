"""Building loops: one call opens a loop, indices are affine expressions of the loops that are open."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

from couloir.dialects import affine, arith, memref, scf
from couloir.dialects.shapes import inside
from couloir.ir.affine import AffineBinary, AffineConstant, AffineDim, AffineExpr, AffineMap, AffineSymbol
from couloir.ir.attributes import FloatAttr, IntegerAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Region, Value
from couloir.ir.types import FloatType, IntegerType, MemRefType, Type
from couloir.ir.types import index as index_type

Index: TypeAlias = "tuple[AffineExpr, ...]"
Scalar: TypeAlias = "Value[Any]"

ZERO = AffineConstant(0)


class LoopNest:
    """The loops that are open at the place where ops are being built."""

    def __init__(self) -> None:
        self.variables: list[Scalar] = []
        self.unknowns: list[Scalar] = []
        """Numbers that no affine expression gives, such as indices from data; they stand in expressions as symbols."""

    @contextmanager
    def loop(self, extent: int) -> Generator[AffineExpr]:
        """A loop over 0 ... extent-1; gives its variable. One iteration needs no loop."""
        if extent == 1:
            yield ZERO
            return
        made = affine.For.constant(0, extent)
        position = len(self.variables)
        self.variables.append(made.variable)
        with inside(made.body.block):
            yield AffineDim(position)
            affine.Yield()
        self.variables.pop()

    @contextmanager
    def loops(self, extents: Sequence[int]) -> Generator[Index]:
        """Nested loops, one for each extent; gives their variables."""
        with ExitStack() as stack:
            yield tuple(stack.enter_context(self.loop(extent)) for extent in extents)

    def parts(self, number: int, size: int) -> Iterator[tuple[AffineExpr, int]]:
        """Divides 0 ... number-1 into parts: a loop over those of `size`, then the rest. Gives first number and size.

        What is built between two steps of the iteration is in the loop, or for the rest.
        """
        full, rest = divmod(number, size)
        if full:
            with self.loop(full) as block:
                yield block * size, size
        if rest:
            yield AffineConstant(full * size), rest

    @contextmanager
    def range(self, lower: Scalar, upper: Scalar, step: Scalar) -> Generator[AffineExpr]:
        """A loop over lower, lower + step, ... up to but without `upper`: bounds that are computed."""
        made = scf.For.build(lower, upper, step)
        with inside(made.body.block):
            yield self.unknown(made.variable)
            scf.Yield()

    @contextmanager
    def when(self, condition: Scalar) -> Generator[None]:
        """What is built inside runs only if the condition holds."""
        made = scf.If(condition, then_region=Region([Block()]), else_region=Region(), result_types=())
        with inside(made.then_region.block):
            yield
            scf.Yield()

    def unknown(self, value: Scalar) -> AffineExpr:
        """A number that is known when the program runs, of type `index`, to use in index expressions."""
        self.unknowns.append(value)
        return AffineSymbol(len(self.unknowns) - 1)

    def load(self, buffer: Value[Any], index: Sequence[AffineExpr]) -> Scalar:
        """The element of a buffer at an index."""
        if self._is_affine(index):
            return affine.Load(buffer, *self._access(index)).result
        return memref.Load(buffer, [self.variable(i) for i in index]).result

    def store(self, value: Scalar, buffer: Value[Any], index: Sequence[AffineExpr]) -> None:
        """Writes an element of a buffer."""
        if self._is_affine(index):
            affine.Store(value, buffer, *self._access(index))
        else:
            memref.Store(value, buffer, [self.variable(i) for i in index])

    def variable(self, index: AffineExpr) -> Scalar:
        """The value of an index expression, as an `index`."""
        match index:
            case AffineConstant(value):
                return number(value, index_type)
            case AffineDim(position):
                return self.variables[position]
            case AffineSymbol(position):
                return self.unknowns[position]
            case _ if self._is_affine((index,)):
                variables, map = self._access((index,))
                return affine.Apply(variables, map).result
            case AffineBinary("+", left, right):
                return arith.AddI(self.variable(left), self.variable(right)).result
            case AffineBinary("*", left, right):
                return arith.MulI(self.variable(left), self.variable(right)).result
            case _:
                raise Error(f"`{index}` of a number from data", hint="this is a fault of the lowering to loops")

    @staticmethod
    def _is_affine(index: Sequence[AffineExpr]) -> bool:
        todo = list(index)
        while todo:
            match todo.pop():
                case AffineSymbol():
                    return False
                case AffineBinary(_, left, right):
                    todo += [left, right]
                case _:
                    pass
        return True

    def _access(self, index: Sequence[AffineExpr]) -> tuple[list[Scalar], AffineMap]:
        return list(self.variables), AffineMap(len(self.variables), 0, tuple(index))


def number(value: float, type: Type) -> Scalar:
    """A constant of a scalar type."""
    if isinstance(type, FloatType):
        return arith.Constant(FloatAttr(float(value), type)).result
    return arith.Constant(IntegerAttr(int(value), type)).result


def scratch(shape: Sequence[int], element_type: Type) -> Value[MemRefType]:
    """A small buffer for intermediate results, on the stack."""
    return memref.Alloca((), (), result_types=[MemRefType(tuple(shape), element_type)]).memref


def storage_type(element_type: Type) -> Type:
    """The element type of the buffer for a tensor's elements: signless, as arith has no other integers."""
    if isinstance(element_type, IntegerType) and element_type.signedness != "signless":
        return IntegerType(element_type.width)
    return element_type
