"""What the names of dimensions say: `b` is a size that is free, `2*h + 1` one that follows from it.

PyTorch, JAX and ONNX exporters write derived sizes like this. The text is parsed, never evaluated as Python.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, Protocol, TypeVar

import attrs

MAX_LENGTH: Final = 200
"""A longer text is a name, whatever it looks like; this bounds the depth of an expression as well."""
OPERATORS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "power",
}
FUNCTIONS: Final = {
    "floordiv": "floordiv",
    "mod": "mod",
    "Mod": "mod",
    "max": "max",
    "Max": "max",
    "min": "min",
    "Min": "min",
}

T = TypeVar("T")


class Arithmetic(Protocol[T]):
    """What an expression is computed with."""

    def number(self, value: int) -> T: ...

    def apply(self, operation: str, a: T, b: T) -> T:
        """`add`, `subtract`, `multiply`, `floordiv`, `mod`, `power` by a whole number, `max` or `min`."""
        ...


@attrs.frozen
class DimensionExpression:
    """A size that follows from others. A power is written `b^2`, as by JAX, or `b**2`."""

    text: str
    variables: tuple[str, ...]
    """The names in it, in order."""
    tree: ast.expr = attrs.field(repr=False, eq=False)

    def evaluate(self, values: Mapping[str, T], arithmetic: Arithmetic[T]) -> T:
        """The size, for sizes of the variables."""
        return _evaluated(self.tree, values, arithmetic)

    def size(self, values: Mapping[str, int]) -> int | None:
        """The size as a number; None where there is none, as for a division by 0."""
        try:
            return self.evaluate(values, _INTEGERS)
        except (ZeroDivisionError, OverflowError):
            return None

    def solved(self, size: int, values: Mapping[str, int]) -> tuple[str, int] | None:
        """The variable that is not among the values, and what it must be for the expression to be `size`.

        None unless exactly one is missing, the expression is a multiple of it plus a number, and there is a solution.
        """
        form = self.linear(values)
        if form is None:
            return None
        name, factor, rest = form
        value, remainder = divmod(size - rest, factor)
        return (name, value) if remainder == 0 and value >= 0 else None

    def linear(self, values: Mapping[str, int]) -> tuple[str, int, int] | None:
        """`(h, 2, 1)` for `2*h + 1`: the one variable that is not among the values, its factor, and the rest; else None."""
        missing = [name for name in self.variables if name not in values]
        if len(missing) != 1:
            return None
        known = {name: _Linear(0, value) for name, value in values.items()}
        try:
            found = self.evaluate({**known, missing[0]: _Linear(1, 0)}, _LINEAR)
        except (_NotLinear, ZeroDivisionError, OverflowError):
            return None
        return (missing[0], found.factor, found.rest) if found.factor > 0 else None


@cache
def parse_dimension(text: str) -> DimensionExpression | None:
    """What a name says: an expression of other names. None for a mere name, and for what reads like nothing."""
    if len(text) > MAX_LENGTH or text.isidentifier():
        return None
    try:
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    names: dict[str, None] = {}
    if not _is_expression(tree, names) or not names:
        return None
    return DimensionExpression(text, tuple(names), tree)


def _is_expression(node: ast.expr, names: dict[str, None]) -> bool:
    match node:
        case ast.Name(id=name):
            names[name] = None
            return True
        case ast.Constant(value=value):
            return type(value) is int
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _is_expression(operand, names)
        case ast.BinOp(left=left, op=op, right=right):
            if isinstance(op, ast.Pow) and not isinstance(right, ast.Constant):
                return False
            return type(op) in OPERATORS and _is_expression(left, names) and _is_expression(right, names)
        case ast.Call(func=ast.Name(id=name), args=[first, second], keywords=[]):
            return name in FUNCTIONS and _is_expression(first, names) and _is_expression(second, names)
        case _:
            return False


def _evaluated(node: ast.expr, values: Mapping[str, T], arithmetic: Arithmetic[T]) -> T:
    match node:
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=value):
            assert isinstance(value, int), "`parse_dimension` has seen that it is"
            return arithmetic.number(value)
        case ast.UnaryOp(operand=operand):
            return arithmetic.apply("subtract", arithmetic.number(0), _evaluated(operand, values, arithmetic))
        case ast.BinOp(left=left, op=op, right=right):
            operands = (_evaluated(side, values, arithmetic) for side in (left, right))
            return arithmetic.apply(OPERATORS[type(op)], *operands)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            operands = (_evaluated(argument, values, arithmetic) for argument in arguments)
            return arithmetic.apply(FUNCTIONS[name], *operands)
        case _:
            raise AssertionError("`parse_dimension` lets nothing else through")


class _Integers:
    def number(self, value: int) -> int:
        return value

    def apply(self, operation: str, a: int, b: int) -> int:
        if operation == "power" and not 0 <= b <= 64:
            raise OverflowError
        return _ON_INTEGERS[operation](a, b)


_ON_INTEGERS: Final[dict[str, Callable[[int, int], int]]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "floordiv": lambda a, b: a // b,
    "mod": lambda a, b: a % b,
    "power": lambda a, b: a**b,
    "max": max,
    "min": min,
}


class _NotLinear(Exception):
    pass


@attrs.frozen
class _Linear:
    factor: int
    rest: int


class _LinearForms:
    def number(self, value: int) -> _Linear:
        return _Linear(0, value)

    def apply(self, operation: str, a: _Linear, b: _Linear) -> _Linear:
        if not a.factor and not b.factor:
            return _Linear(0, _INTEGERS.apply(operation, a.rest, b.rest))
        if operation in ("add", "subtract"):
            sign = 1 if operation == "add" else -1
            return _Linear(a.factor + sign * b.factor, a.rest + sign * b.rest)
        if operation == "multiply" and not (a.factor and b.factor):
            scale, other = (a.rest, b) if not a.factor else (b.rest, a)
            return _Linear(scale * other.factor, scale * other.rest)
        raise _NotLinear


_INTEGERS: Final = _Integers()
_LINEAR: Final = _LinearForms()
