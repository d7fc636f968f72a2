"""StableHLO written as formulas: arrays with Python's operators and NumPy's broadcasting, and loops of them.

The ops are made where ops are being made now (in a rule, or `with inside(block):`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from couloir.dialects import hlo
from couloir.dialects.hlo import building
from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.elementwise import Compare
from couloir.dialects.shapes import inside
from couloir.ir.operation import Block, Region, Value
from couloir.ir.types import ComplexType, TensorType, Type, i32

Tensor: TypeAlias = "Value[TensorType]"
Number: TypeAlias = "int | float | complex"
State: TypeAlias = "list[Array]"


class Array:
    """A tensor of known shape in formulas.

    Numbers take the element type of the array that they stand beside; complex arrays are multiplied with and divided by
    real ones part by part. Comparisons give arrays of truth values, which
    `&`, `|` and `~` combine; there is no `==`, but `is_`.
    """

    __slots__ = ("value",)

    def __init__(self, value: Tensor) -> None:
        self.value = value

    @property
    def shape(self) -> tuple[int, ...]:
        """Its sizes."""
        return self.value.type.shape

    @property
    def element(self) -> Type:
        """The type of its elements."""
        return self.value.type.element_type

    @property
    def is_complex(self) -> bool:
        """Whether its elements are complex numbers."""
        return isinstance(self.element, ComplexType)

    # -- arithmetic ------------------------------------------------------------------------------------------------------

    def number(self, number: Number) -> Array:
        """A constant of the same type, with one value everywhere."""
        return Array(building.full_like(self.value, number))

    def _pair(self, other: Array | Number) -> tuple[Tensor, Tensor]:
        right = other if isinstance(other, Array) else self.number(other)
        one, two = building.broadcast_together(self.value, right.value)
        return one, two

    def _with(self, cls: Any, other: Array | Number, *, reverse: bool = False) -> Array:
        one, two = self._pair(other)
        return Array((cls(two, one) if reverse else cls(one, two)).result)

    def __add__(self, other: Array | Number) -> Array:
        return self._with(hlo.Add, other)

    def __sub__(self, other: Array | Number) -> Array:
        return self._with(hlo.Subtract, other)

    def __mul__(self, other: Array | Number) -> Array:
        if isinstance(other, Array) and other.is_complex != self.is_complex:
            number, factor = (self, other) if self.is_complex else (other, self)
            return complex_of(number.real * factor, number.imag * factor)
        return self._with(hlo.Multiply, other)

    def __truediv__(self, other: Array | Number) -> Array:
        if isinstance(other, Array) and self.is_complex and not other.is_complex:
            return complex_of(self.real / other, self.imag / other)
        return self._with(hlo.Divide, other)

    def __pow__(self, other: Array | Number) -> Array:
        return self._with(hlo.Power, other)

    def __radd__(self, other: Number) -> Array:
        return self._with(hlo.Add, other, reverse=True)

    def __rsub__(self, other: Number) -> Array:
        return self._with(hlo.Subtract, other, reverse=True)

    def __rmul__(self, other: Number) -> Array:
        return self._with(hlo.Multiply, other, reverse=True)

    def __rtruediv__(self, other: Number) -> Array:
        return self._with(hlo.Divide, other, reverse=True)

    def __neg__(self) -> Array:
        return self.apply(hlo.Negate)

    def __abs__(self) -> Array:
        return self.apply(hlo.Abs)

    def apply(self, cls: Any) -> Array:
        """An elementwise function of it."""
        return Array(cls(self.value).result)

    def maximum(self, other: Array | Number) -> Array:
        """The larger one; NaN if either is."""
        return self._with(hlo.Maximum, other)

    def minimum(self, other: Array | Number) -> Array:
        """The smaller one; NaN if either is."""
        return self._with(hlo.Minimum, other)

    def sqrt(self) -> Array:
        """Its square root."""
        return self.apply(hlo.Sqrt)

    # -- complex numbers -------------------------------------------------------------------------------------------------

    @property
    def real(self) -> Array:
        """The real part; a real array itself."""
        return self.apply(hlo.Real) if self.is_complex else self

    @property
    def imag(self) -> Array:
        """The imaginary part; zeros of a real array."""
        return self.apply(hlo.Imag) if self.is_complex else self.number(0)

    def conj(self) -> Array:
        """The complex conjugate; a real array itself."""
        return complex_of(self.real, -self.imag) if self.is_complex else self

    def abs1(self) -> Array:
        """|real part| + |imaginary part|: how LAPACK compares complex numbers."""
        return abs(self.real) + abs(self.imag) if self.is_complex else abs(self)

    def squared(self) -> Array:
        """The square of its absolute value."""
        real = self.real
        return real * real + self.imag * self.imag if self.is_complex else self * self

    def to(self, element: Type) -> Array:
        """The same numbers in another type; of complex ones the real part, where that is a real type."""
        source = self.real if self.is_complex and not isinstance(element, ComplexType) else self
        return Array(building.convert(source.value, element))

    # -- truth values ----------------------------------------------------------------------------------------------------

    def compare(self, direction: ComparisonDirection, other: Array | Number) -> Array:
        """Whether the relation holds."""
        return Array(Compare(*self._pair(other), direction).result)

    def __lt__(self, other: Array | Number) -> Array:
        return self.compare(ComparisonDirection.LT, other)

    def __gt__(self, other: Array | Number) -> Array:
        return self.compare(ComparisonDirection.GT, other)

    def __le__(self, other: Array | Number) -> Array:
        return self.compare(ComparisonDirection.LE, other)

    def __ge__(self, other: Array | Number) -> Array:
        return self.compare(ComparisonDirection.GE, other)

    def is_(self, other: Array | Number) -> Array:
        """Whether the numbers are equal."""
        return self.compare(ComparisonDirection.EQ, other)

    def is_not(self, other: Array | Number) -> Array:
        """Whether the numbers are not equal."""
        return self.compare(ComparisonDirection.NE, other)

    def is_nan(self) -> Array:
        """Whether it is no number."""
        return self.is_not(self)

    def __and__(self, other: Array) -> Array:
        return self._with(hlo.And, other)

    def __or__(self, other: Array) -> Array:
        return self._with(hlo.Or, other)

    def __invert__(self) -> Array:
        return self.apply(hlo.Not)

    def where(self, condition: Array, other: Array | Number) -> Array:
        """This where the condition holds, the other one elsewhere."""
        right = other if isinstance(other, Array) else self.number(other)
        first, one, two = building.broadcast_together(condition.value, self.value, right.value)
        return Array(hlo.Select(first, one, two).result)

    # -- reductions: the dimensions stay, of size 1 ----------------------------------------------------------------------

    def _reduced(self, body: str, axes: Sequence[int]) -> Array:
        return Array(building.reduce(self.value, [axis % len(self.shape) for axis in axes], body, keep=True))

    def sum(self, *axes: int) -> Array:
        """Its sum along dimensions."""
        return self._reduced("add", axes)

    def max(self, *axes: int) -> Array:
        """Its maximum along dimensions."""
        return self._reduced("maximum", axes)

    def min(self, *axes: int) -> Array:
        """Its minimum along dimensions."""
        return self._reduced("minimum", axes)

    def any(self, *axes: int) -> Array:
        """Whether it holds anywhere along dimensions."""
        return self._reduced("or", axes)

    def all(self, *axes: int) -> Array:
        """Whether it holds everywhere along dimensions."""
        return self._reduced("and", axes)

    # -- shapes and parts ------------------------------------------------------------------------------------------------

    def reshape(self, *shape: int) -> Array:
        """The same numbers in another shape."""
        return Array(building.reshape(self.value, shape))

    def broadcast(self, *shape: int) -> Array:
        """Repeated to a shape."""
        return Array(building.broadcast(self.value, shape))

    def turned(self) -> Array:
        """The last two dimensions exchanged."""
        rank = len(self.shape)
        return Array(hlo.Transpose(self.value, (*range(rank - 2), rank - 1, rank - 2)).result)

    def adjoint(self) -> Array:
        """The conjugate of that."""
        return self.turned().conj()

    def reversed(self, *axes: int) -> Array:
        """From the last to the first along dimensions."""
        return Array(hlo.Reverse(self.value, tuple(axis % len(self.shape) for axis in axes)).result)

    def part(self, axis: int, start: int, stop: int) -> Array:
        """From `start` up to but without `stop` along a dimension."""
        return Array(building.slice_range(self.value, axis % len(self.shape), start, stop))

    def at(self, axis: int, place: Array, count: int = 1) -> Array:
        """`count` neighbours along a dimension, from a place that is computed."""
        axis %= len(self.shape)
        sizes = tuple(count if i == axis else size for i, size in enumerate(self.shape))
        return Array(hlo.DynamicSlice(self.value, self._starts(axis, place), sizes).result)

    def with_at(self, axis: int, place: Array, new: Array) -> Array:
        """A copy in which neighbours along a dimension are new ones."""
        return Array(hlo.DynamicUpdateSlice(self.value, new.value, self._starts(axis % len(self.shape), place)).result)

    def _starts(self, axis: int, place: Array) -> list[Tensor]:
        zero = building.scalar(0, i32)
        return [place.value if i == axis else zero for i in range(len(self.shape))]

    def along(self, axis: int) -> Array:
        """The numbers 0, 1, ... along a dimension; the others have size 1."""
        axis %= len(self.shape)
        return iota([size if i == axis else 1 for i, size in enumerate(self.shape)], axis)


def scalar(number: Number, element: Type) -> Array:
    """A constant of rank 0."""
    return Array(building.scalar(number, element))


def full(number: Number, shape: Sequence[int], element: Type) -> Array:
    """A constant with one value everywhere."""
    return Array(building.full(number, tuple(shape), element))


def iota(shape: Sequence[int], axis: int) -> Array:
    """The numbers 0, 1, ... of type i32 along a dimension."""
    return Array(hlo.iota(tuple(shape), i32, axis).output)


def eye(batch: int, rows: int, columns: int, element: Type) -> Array:
    """Matrices with ones on the diagonal."""
    shape = (1, rows, columns)
    diagonal = iota(shape, 1).is_(iota(shape, 2))
    return diagonal.to(element).broadcast(batch, rows, columns)


def sorted_along(axis: int, key: Array, *others: Array) -> State:
    """Arrays in the order in which the numbers of `key` ascend along a dimension; `key` first."""
    values = [array.value for array in (key, *others)]
    order = Block([TensorType((), value.type.element_type) for value in values for _ in range(2)])
    with inside(order):
        hlo.Return([Compare(order.arguments[0], order.arguments[1], ComparisonDirection.LT).result])
    made = hlo.Sort(values, axis % len(key.shape), True, Region([order]))
    return [Array(result) for result in made.outputs]


def complex_of(real: Array, imag: Array) -> Array:
    """A complex number from its parts."""
    return Array(hlo.Complex(*real._pair(imag)).result)  # pyright: ignore[reportPrivateUsage]


def concatenate(parts: Sequence[Array], axis: int) -> Array:
    """Arrays one after the other along a dimension."""
    kept = [part for part in parts if part.shape[axis]] or list(parts[:1])
    if len(kept) == 1:
        return kept[0]
    return Array(hlo.Concatenate([part.value for part in kept], axis % len(parts[0].shape)).result)


def matmul(a: Array, b: Array) -> Array:
    """Products of two batches of matrices, [batch, rows, columns]."""
    numbers = hlo.DotDimensionNumbers((0,), (0,), (2,), (1,))
    return Array(hlo.DotGeneral(a.value, b.value, numbers).result)


def repeat(condition: Callable[[State], Array], step: Callable[[State], State], initial: Sequence[Array]) -> State:
    """Repeats a step on some arrays while a condition, one truth value, holds for them; gives the last ones."""
    blocks = [Block([array.value.type for array in initial]) for _ in range(2)]
    for block, function in zip(blocks, (lambda state: [condition(state)], step), strict=True):
        with inside(block):
            arguments: list[Any] = list(block.arguments)
            made: State = function([Array(argument) for argument in arguments])
            hlo.Return([array.value for array in made])
    loop: Any = hlo.While([array.value for array in initial], *(Region([block]) for block in blocks))
    return [Array(result) for result in loop.results]


def count_up(count: int | Array, step: Callable[[Array, State], State], initial: Sequence[Array]) -> State:
    """Runs `step(i, arrays)` for i = 0 ... count-1; gives the last arrays."""
    if isinstance(count, int) and count <= 0:
        return list(initial)
    end = count if isinstance(count, Array) else scalar(count, i32)

    def go_on(state: State) -> Array:
        return state[0] < (end if isinstance(count, Array) else scalar(count, i32))

    def body(state: State) -> State:
        place, *arrays = state
        return [place + 1, *step(place, arrays)]

    return repeat(go_on, body, [scalar(0, i32), *initial])[1:]


def choose(condition: Array, yes: Callable[[], State], no: Callable[[], State]) -> State:
    """What one of two functions gives; only that one runs."""
    regions: list[Region] = []
    for function in (yes, no):
        block = Block()
        with inside(block):
            hlo.Return([array.value for array in function()])
        regions.append(Region([block]))
    made: Any = hlo.If(condition.value, *regions)
    return [Array(result) for result in made.results]
