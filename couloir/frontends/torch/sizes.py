"""Symbolic sizes: what PyTorch knows as an expression of the inputs' sizes becomes a number, or integer arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from couloir.dialects import hlo
from couloir.dialects.hlo.building import Size, Tensor, compare, scalar
from couloir.frontends.torch.node import NotLowered
from couloir.ir.operation import Value
from couloir.ir.types import f64, i32

_EQUAL: Final = hlo.ComparisonDirection.EQ
_LESS: Final = hlo.ComparisonDirection.LT
_OTHER: Final = hlo.ComparisonDirection.NE


class Sizes:
    """The sizes of the inputs by symbol, and every expression of them that was needed so far."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        """The names that the user gave symbols."""
        self._sources: dict[str, tuple[Tensor, int, int, int]] = {}
        """For a symbol a dimension of an input, whose size is `factor * symbol + rest`: tensor, axis, factor, rest."""
        self._known: list[dict[Any, Size]] = [{}]

    def define(self, expression: Any, tensor: Tensor, axis: int) -> None:
        """The size of this dimension of an input is this expression; the first one that is a mere symbol defines it, or if there
        is none, the first that is a multiple of the symbol plus a number, such as `2*s + 1`.
        """
        rest, product = expression.as_coeff_Add()
        factor, symbol = product.as_coeff_Mul()
        if not (symbol.is_Symbol and factor.is_Integer and rest.is_Integer and factor > 0):
            return
        old = self._sources.get(str(symbol))
        if old is None or (expression.is_Symbol and old[2:] != (1, 0)):
            self._sources[str(symbol)] = (tensor, axis, int(factor), int(rest))

    def label(self, expression: Any) -> str:
        """An expression for people, in the names that the user gave."""
        text = str(expression)
        for symbol in sorted((str(s) for s in getattr(expression, "free_symbols", ())), key=len, reverse=True):
            text = text.replace(symbol, self.names.get(symbol, symbol))
        return text

    def enter(self) -> None:
        """From now on values are made inside a region: nobody outside may use them."""
        self._known.append({})

    def leave(self) -> None:
        """The region is complete."""
        self._known.pop()

    def size(self, given: Any) -> Size:
        """An `int` or `torch.SymInt` as a number or value."""
        if isinstance(given, int):
            return given
        return self._expression(given.node.expr)

    def number(self, given: Any) -> Tensor:
        """A `torch.SymFloat`, such as the ratio of two sizes, as an f64."""
        return _real(self._expression(given.node.expr))

    def sizes(self, given: Sequence[Any]) -> tuple[Size, ...]:
        """A shape."""
        return tuple(self.size(item) for item in given)

    def _expression(self, expression: Any) -> Size:
        """Expressions inside first; each is computed once."""
        todo = [expression]
        while todo:
            current = todo[-1]
            if self._find(current) is not None:
                todo.pop()
            elif waiting := [part for part in current.args if self._find(part) is None]:
                todo += waiting
            else:
                self._known[-1][current] = self._computed(current)
        found = self._find(expression)
        assert found is not None, "it was computed just now"
        return found

    def _find(self, expression: Any) -> Size | None:
        return next((known[expression] for known in reversed(self._known) if expression in known), None)

    def _computed(self, expression: Any) -> Size:
        if expression.is_Integer:
            return int(expression)
        if expression.is_Float:
            return scalar(float(expression), f64)
        if expression.is_Symbol:
            return self._symbol(str(expression))
        name = type(expression).__name__
        parts = [part for item in expression.args if (part := self._find(item)) is not None]
        if name == "Pow" and isinstance(parts[1], int) and parts[1] > 0:
            return _fold(_multiply, [parts[0]] * parts[1])
        if name in ("FloorDiv", "CleanDiv"):
            return _floor_divide(parts[0], parts[1], plain=_not_negative(expression.args))
        if name in ("Mod", "PythonMod"):
            return _modulo(parts[0], parts[1], plain=name == "Mod" or _not_negative(expression.args))
        if name in ("IntTrueDiv", "FloatTrueDiv"):
            return hlo.Divide(_real(parts[0]), _real(parts[1])).result
        if name == "ToFloat":
            return _real(parts[0])
        if name == "FloatPow":
            return hlo.Power(_real(parts[0]), _real(parts[1])).result
        if name == "OpaqueUnaryFn_sqrt":
            return hlo.Sqrt(_real(parts[0])).result
        if name in _WHOLE:
            return hlo.convert(_WHOLE[name](_real(parts[0])), i32).result
        make = _FOLDED.get(name)
        if make is None:
            raise NotLowered(f"the size `{self.label(expression)}` cannot be computed")
        return _fold(make, parts)

    def _symbol(self, symbol: str) -> Size:
        source = self._sources.get(symbol)
        if source is None:
            raise NotLowered(f"the size `{symbol}` depends on the elements of a tensor")
        tensor, axis, factor, rest = source
        size = hlo.GetDimensionSize(tensor, axis).result
        multiple = _add(size, -rest) if rest else size
        return _floor_divide(multiple, factor, plain=True) if factor > 1 else multiple


def _not_negative(parts: Sequence[Any]) -> bool:
    return all(part.is_nonnegative for part in parts)


def _fold(make: Callable[[Size, Size], Size], parts: Sequence[Size]) -> Size:
    total = parts[0]
    for part in parts[1:]:
        total = make(total, part)
    return total


def _value(size: Size) -> Tensor:
    return size if isinstance(size, Value) else scalar(size, i32)


def _real(size: Size) -> Tensor:
    """As an f64."""
    return hlo.convert(size, f64).result if isinstance(size, Value) else scalar(float(size), f64)


def _binary(op: Any, of_numbers: Callable[[int, int], int]) -> Callable[[Size, Size], Size]:
    def make(a: Size, b: Size) -> Size:
        if isinstance(a, int) and isinstance(b, int):
            return of_numbers(a, b)
        x, y = _value(a), _value(b)
        if x.type is not y.type:
            x, y = _real(x), _real(y)
        return op(x, y).result

    return make


_add: Final = _binary(hlo.Add, lambda a, b: a + b)
_multiply: Final = _binary(hlo.Multiply, lambda a, b: a * b)
_FOLDED: Final[dict[str, Callable[[Size, Size], Size]]] = {
    "Add": _add,
    "Mul": _multiply,
    "Max": _binary(hlo.Maximum, max),
    "Min": _binary(hlo.Minimum, min),
}

_WHOLE: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "FloorToInt": lambda x: hlo.Floor(x).result,
    "CeilToInt": lambda x: hlo.Ceil(x).result,
    "TruncToInt": lambda x: x,  # conversion truncates
}
"""What makes a real number a whole one."""


def _floor_divide(a: Size, b: Size, *, plain: bool) -> Size:
    """The quotient, rounded down; StableHLO rounds towards zero, which is the same where nothing is negative (`plain`)."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    x, y = _value(a), _value(b)
    quotient = hlo.Divide(x, y).result
    if plain:
        return quotient
    rest = hlo.Remainder(x, y).result
    differs = compare(compare(rest, 0, _LESS), compare(y, 0, _LESS), _OTHER)
    down = hlo.And(compare(rest, 0, _OTHER), differs)
    return hlo.Subtract(quotient, hlo.convert(down, i32)).result


def _modulo(a: Size, b: Size, *, plain: bool) -> Size:
    """What rounding down leaves: it has the sign of `b`."""
    if isinstance(a, int) and isinstance(b, int):
        return a % b
    if plain:
        return hlo.Remainder(_value(a), _value(b)).result
    negated = _multiply(_floor_divide(a, b, plain=False), b)
    return _add(a, _multiply(negated, -1))


def symbols_of(expression: Any) -> set[str]:
    """The names of the symbols in an `int` or `torch.SymInt`."""
    return set() if isinstance(expression, int) else {str(s) for s in expression.node.expr.free_symbols}
