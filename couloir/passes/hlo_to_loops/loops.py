"""Building loops: one call opens a loop, indices are affine expressions of the loops that are open."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

from couloir.dialects import affine, arith, memref
from couloir.dialects.shapes import inside
from couloir.ir.affine import AffineConstant, AffineDim, AffineExpr, AffineMap
from couloir.ir.attributes import FloatAttr, IntegerAttr
from couloir.ir.operation import Value
from couloir.ir.types import FloatType, IntegerType, MemRefType, Type

Index: TypeAlias = "tuple[AffineExpr, ...]"
Scalar: TypeAlias = "Value[Any]"

ZERO = AffineConstant(0)


class LoopNest:
    """The loops that are open at the place where ops are being built."""

    def __init__(self) -> None:
        self.variables: list[Scalar] = []

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

    def load(self, buffer: Value[Any], index: Sequence[AffineExpr]) -> Scalar:
        """The element of a buffer at an index."""
        return affine.Load(buffer, *self._access(index)).result

    def store(self, value: Scalar, buffer: Value[Any], index: Sequence[AffineExpr]) -> None:
        """Writes an element of a buffer."""
        affine.Store(value, buffer, *self._access(index))

    def variable(self, index: AffineExpr) -> Scalar:
        """The value of an index expression, as an `index`."""
        variables, map = self._access((index,))
        return affine.Apply(variables, map).result

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
