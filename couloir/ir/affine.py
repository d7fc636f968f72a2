"""Affine expressions, maps and integer sets: index arithmetic over dimensions `d0, d1, ...` and symbols `s0, s1, ...`.

Source: MLIR, "Affine dialect: affine expressions". Division and remainder floor, as there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import attrs

from couloir.ir.errors import Error

BinaryKind: TypeAlias = Literal["+", "*", "floordiv", "ceildiv", "mod"]


class AffineExpr:
    """Base of affine expressions; `+ - * // %` build new ones and simplify as they go."""

    __slots__ = ()

    def __add__(self, other: AffineExpr | int) -> AffineExpr:
        return _add(self, affine(other))

    def __radd__(self, other: int) -> AffineExpr:
        return _add(affine(other), self)

    def __neg__(self) -> AffineExpr:
        return _multiply(self, AffineConstant(-1))

    def __sub__(self, other: AffineExpr | int) -> AffineExpr:
        return _add(self, -affine(other))

    def __rsub__(self, other: int) -> AffineExpr:
        return _add(affine(other), -self)

    def __mul__(self, other: AffineExpr | int) -> AffineExpr:
        return _multiply(self, affine(other))

    def __rmul__(self, other: int) -> AffineExpr:
        return _multiply(self, affine(other))

    def __floordiv__(self, other: AffineExpr | int) -> AffineExpr:
        return _divide("floordiv", self, affine(other))

    def ceildiv(self, other: AffineExpr | int) -> AffineExpr:
        """Division rounding up."""
        return _divide("ceildiv", self, affine(other))

    def __mod__(self, other: AffineExpr | int) -> AffineExpr:
        return _divide("mod", self, affine(other))

    @property
    def is_symbolic_or_constant(self) -> bool:
        """Whether no dimension occurs in it."""
        return all(not isinstance(leaf, AffineDim) for leaf in _walk(self))

    def evaluate(self, dims: Sequence[Any], symbols: Sequence[Any] = ()) -> Any:
        """Its value, for ints or anything that has `+ * // %` (arrays, solver terms)."""
        return _fold(
            self,
            lambda leaf: (
                leaf.value
                if isinstance(leaf, AffineConstant)
                else dims[leaf.position]
                if isinstance(leaf, AffineDim)
                else symbols[leaf.position]
            ),
            _EVALUATE,
        )

    def replace(self, dims: Sequence[AffineExpr], symbols: Sequence[AffineExpr] = ()) -> AffineExpr:
        """The expression with other expressions in place of its dimensions and symbols."""
        return affine(self.evaluate(_Affine(dims), _Affine(symbols)) + 0)  # constants give an int


@attrs.frozen(slots=True, str=False)
class AffineDim(AffineExpr):
    """A dimension, `d0`."""

    position: int

    def __str__(self) -> str:
        return f"d{self.position}"


@attrs.frozen(slots=True, str=False)
class AffineSymbol(AffineExpr):
    """A symbol, `s0`: a value that does not change inside the loops."""

    position: int

    def __str__(self) -> str:
        return f"s{self.position}"


@attrs.frozen(slots=True, str=False)
class AffineConstant(AffineExpr):
    """An integer."""

    value: int

    def __str__(self) -> str:
        return str(self.value)


@attrs.frozen(slots=True, str=False)
class AffineBinary(AffineExpr):
    """A sum, a product with something symbolic, a floor or ceiling division, or a remainder."""

    kind: BinaryKind
    lhs: AffineExpr
    rhs: AffineExpr

    def __str__(self) -> str:
        return expression_text(self)


_EVALUATE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": lambda a, b: a + b,
    "*": lambda a, b: a * b,
    "floordiv": lambda a, b: a // b,
    "ceildiv": lambda a, b: a.ceildiv(b) if isinstance(a, AffineExpr) else -((-a) // b),
    "mod": lambda a, b: a % b,
}


class _Affine(Sequence[AffineExpr]):
    """A sequence whose missing items are an error that says so."""

    __slots__ = ("items",)

    def __init__(self, items: Sequence[AffineExpr]) -> None:
        self.items: Sequence[Any] = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:
        if index >= len(self.items):
            raise Error(f"the affine expression uses position {index}, but only {len(self.items)} are given")
        return self.items[index]


def affine(value: AffineExpr | int) -> AffineExpr:
    """An int as an affine constant; expressions as they are."""
    return value if isinstance(value, AffineExpr) else AffineConstant(int(value))


def dims(count: int) -> tuple[AffineExpr, ...]:
    """`d0 ... d(count-1)`."""
    return tuple(AffineDim(i) for i in range(count))


def symbols(count: int) -> tuple[AffineExpr, ...]:
    """`s0 ... s(count-1)`."""
    return tuple(AffineSymbol(i) for i in range(count))


def _add(a: AffineExpr, b: AffineExpr) -> AffineExpr:
    """The sum as a list of terms from left to right: a sum is never the right side of a sum, a constant always is."""
    terms: list[AffineExpr] = []
    while isinstance(b, AffineBinary) and b.kind == "+":
        terms.append(b.rhs)
        b = b.lhs
    for term in (b, *reversed(terms)):
        a = _add_term(a, term)
    return a


def _add_term(a: AffineExpr, b: AffineExpr) -> AffineExpr:
    if isinstance(a, AffineConstant) and not isinstance(b, AffineConstant):
        a, b = b, a
    constant = 0
    if isinstance(a, AffineBinary) and a.kind == "+" and isinstance(a.rhs, AffineConstant):
        a, constant = a.lhs, a.rhs.value
    match a, b:
        case AffineConstant(x), AffineConstant(y):
            return AffineConstant(x + y)
        case _, AffineConstant(x):
            constant += x
        case _:
            a = _join(a, b)
    if constant == 0:
        return a
    if isinstance(a, AffineConstant):
        return AffineConstant(a.value + constant)
    return AffineBinary("+", a, AffineConstant(constant))


def _join(a: AffineExpr, b: AffineExpr) -> AffineExpr:
    """The sum of two expressions that are not constants, `b` not a sum."""
    base_a, factor_a = _factor(a)
    base_b, factor_b = _factor(b)
    if base_a == base_b:  # d0 * 2 + d0 is d0 * 3; d0 - d0 is 0
        return _multiply(base_a, AffineConstant(factor_a + factor_b))
    if a.is_symbolic_or_constant and not b.is_symbolic_or_constant:
        a, b = b, a  # dimensions first, as upstream
        if isinstance(b, AffineBinary) and b.kind == "+":
            return _add(a, b)
    match a, b:
        case (AffineDim(x), AffineDim(y)) | (AffineSymbol(x), AffineSymbol(y)) if x > y:  # these in order, as upstream
            return AffineBinary("+", b, a)
        case _:
            return AffineBinary("+", a, b)


def _factor(e: AffineExpr) -> tuple[AffineExpr, int]:
    match e:
        case AffineBinary("*", base, AffineConstant(factor)):
            return base, factor
        case _:
            return e, 1


def _multiply(a: AffineExpr, b: AffineExpr) -> AffineExpr:
    if isinstance(a, AffineConstant) and not isinstance(b, AffineConstant):
        a, b = b, a
    if not a.is_symbolic_or_constant and not b.is_symbolic_or_constant:
        raise Error(f"`({a}) * ({b})` is not affine: one factor must be free of dimensions")
    if a.is_symbolic_or_constant and not b.is_symbolic_or_constant:
        a, b = b, a
    match a, b:
        case AffineConstant(x), AffineConstant(y):
            return AffineConstant(x * y)
        case _, AffineConstant(1):
            return a
        case _, AffineConstant(0):
            return AffineConstant(0)
        case AffineBinary("*", x, AffineConstant(y)), AffineConstant(z):
            return _multiply(x, AffineConstant(y * z))
        case AffineSymbol(x), AffineSymbol(y) if x > y:
            return AffineBinary("*", b, a)
        case _:
            return AffineBinary("*", a, b)


def _divide(kind: Literal["floordiv", "ceildiv", "mod"], a: AffineExpr, b: AffineExpr) -> AffineExpr:
    if not b.is_symbolic_or_constant:
        raise Error(f"`({a}) {kind} ({b})` is not affine: the divisor must be free of dimensions")
    match a, b:
        case _, AffineConstant(value) if value <= 0:
            raise Error(f"`({a}) {kind} {value}`: the divisor of an affine expression is positive")
        case AffineConstant(x), AffineConstant(y):
            value: Any = _EVALUATE[kind](x, y)
            return AffineConstant(value)
        case _, AffineConstant(1):
            return AffineConstant(0) if kind == "mod" else a
        case AffineBinary("*", x, AffineConstant(y)), AffineConstant(z) if y % z == 0:
            return AffineConstant(0) if kind == "mod" else _multiply(x, AffineConstant(y // z))
        case AffineBinary("+", x, y), AffineConstant(z) if kind != "ceildiv":
            parts = [(item, _known_divisor(item) % z == 0) for item in (x, y)]
            if any(divides for _, divides in parts):
                return _split_division(kind, parts, b)
        case AffineBinary("mod", x, AffineConstant(y)), AffineConstant(z) if kind == "mod" and y % z == 0:
            return _divide("mod", x, b)
        case _:
            pass
    return AffineBinary(kind, a, b)


def _split_division(
    kind: Literal["floordiv", "ceildiv", "mod"], parts: Sequence[tuple[AffineExpr, bool]], b: AffineExpr
) -> AffineExpr:
    """A division of a sum, one part of which is a multiple of the divisor."""
    if kind == "mod":
        rest = [item for item, divides in parts if not divides]
        return _divide("mod", rest[0], b) if rest else AffineConstant(0)
    left, right = (_divide(kind, item, b) for item, _ in parts)
    return _add(left, right)


def _known_divisor(root: AffineExpr) -> int:
    """The largest number that is known to divide an expression; 0 divides by everything."""
    return _fold(
        root,
        lambda leaf: abs(leaf.value) if isinstance(leaf, AffineConstant) else 1,
        {
            "+": math.gcd,
            "mod": math.gcd,
            "*": lambda a, b: a * b,
            "floordiv": lambda a, b: 1,
            "ceildiv": lambda a, b: 1,
        },
    )


def _fold(root: AffineExpr, leaf: Callable[[Any], Any], combine: Mapping[str, Callable[[Any, Any], Any]]) -> Any:
    """Bottom-up evaluation without recursion: expressions come from files and can be deep."""
    todo: list[AffineExpr | str] = [root]
    done: list[Any] = []
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            right, left = done.pop(), done.pop()
            done.append(combine[item](left, right))
        elif isinstance(item, AffineBinary):
            todo += [item.kind, item.rhs, item.lhs]
        else:
            done.append(leaf(item))
    return done[0]


def leaves(root: AffineExpr) -> list[AffineExpr]:
    """The dimensions, symbols and constants of an expression, from left to right, repeats included."""
    return list(_walk(root))


def _walk(root: AffineExpr) -> Iterator[AffineExpr]:
    todo = [root]
    while todo:
        item = todo.pop()
        if isinstance(item, AffineBinary):
            todo += [item.rhs, item.lhs]
        else:
            yield item


def expression_text(
    root: AffineExpr, dim_names: Sequence[str] | None = None, symbol_names: Sequence[str] | None = None
) -> str:
    """The expression as MLIR prints it, with the names given (default `d0`, `s0`)."""

    def leaf(item: AffineDim | AffineSymbol | AffineConstant) -> _Part:
        if isinstance(item, AffineDim):
            return _Part(str(item) if dim_names is None else dim_names[item.position], _LEAF)
        if isinstance(item, AffineSymbol):
            return _Part(str(item) if symbol_names is None else symbol_names[item.position], _LEAF)
        value = item.value
        return _Part(str(value), _LEAF, negated=_Part(str(-value), _LEAF) if value < 0 else None, value=value)

    def add(a: _Part, b: _Part) -> _Part:
        sign, term = ("-", b.negated) if b.negated is not None else ("+", b)
        return _Part(f"{a.text} {sign} {term.text}", _SUM)

    def multiply(a: _Part, b: _Part) -> _Part:
        text = a.text if a.level == _LEAF else f"({a.text})"
        if b.value == -1:  # -d0; after a minus sign, d0 alone
            return _Part(f"-{text}", _PRODUCT, negated=_Part(text if a.level == _SUM else a.text, _LEAF))
        negated = _Part(f"{text} * {b.negated.text}", _PRODUCT) if b.negated is not None else None
        return _Part(f"{text} * {b.bracketed}", _PRODUCT, negated=negated)

    def divide(word: str) -> Callable[[_Part, _Part], _Part]:
        return lambda a, b: _Part(f"{a.bracketed} {word} {b.bracketed}", _PRODUCT)

    return _fold(root, leaf, {"+": add, "*": multiply, **{word: divide(word) for word in _DIVISIONS}}).text


_SUM, _PRODUCT, _LEAF = 0, 1, 2
_DIVISIONS: Final = ("floordiv", "ceildiv", "mod")


@attrs.frozen
class _Part:
    """The text of a subexpression; `negated` is what stands after a minus sign instead, where that reads better."""

    text: str
    level: int
    negated: _Part | None = None
    value: int | None = None

    @property
    def bracketed(self) -> str:
        return self.text if self.level == _LEAF else f"({self.text})"


def _space(dim_count: int, symbol_count: int) -> str:
    text = "(" + ", ".join(f"d{i}" for i in range(dim_count)) + ")"
    return text + ("[" + ", ".join(f"s{i}" for i in range(symbol_count)) + "]" if symbol_count else "")


@attrs.frozen(slots=True, str=False)
class AffineMap:
    """From dimensions and symbols to a list of expressions: `(d0, d1)[s0] -> (d0 + s0, d1)`."""

    dim_count: int
    symbol_count: int
    results: tuple[AffineExpr, ...] = attrs.field(converter=tuple)

    @classmethod
    def identity(cls, rank: int) -> AffineMap:
        """`(d0, ..., dn) -> (d0, ..., dn)`."""
        return cls(rank, 0, dims(rank))

    @classmethod
    def constant(cls, *values: int) -> AffineMap:
        """`() -> (values)`."""
        return cls(0, 0, tuple(AffineConstant(v) for v in values))

    @classmethod
    def from_callable(cls, function: Callable[..., Any], dim_count: int, symbol_count: int = 0) -> AffineMap:
        """The map that a Python function computes: `AffineMap.from_callable(lambda i, j: (j, i), 2)`."""
        results: Any = function(*dims(dim_count), *symbols(symbol_count))
        several: list[Any] = list(results) if isinstance(results, tuple | list) else [results]  # pyright: ignore[reportUnknownArgumentType]
        return cls(dim_count, symbol_count, tuple(affine(e) for e in several))

    @property
    def is_identity(self) -> bool:
        """Whether it gives its dimensions back."""
        return self.symbol_count == 0 and self.results == dims(self.dim_count)

    def evaluate(self, dim_values: Sequence[Any], symbol_values: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The results for given values."""
        return tuple(e.evaluate(dim_values, symbol_values) for e in self.results)

    def compose(self, inner: AffineMap) -> AffineMap:
        """The map that applies `inner` first. Symbols of both are kept, ours first."""
        if len(inner.results) != self.dim_count:
            raise Error(
                f"cannot compose `{self}` with `{inner}`: {self.dim_count} dimensions, {len(inner.results)} results"
            )
        shifted = [AffineSymbol(self.symbol_count + i) for i in range(inner.symbol_count)]
        values = [e.replace(dims(inner.dim_count), shifted) for e in inner.results]
        results = tuple(e.replace(values, symbols(self.symbol_count)) for e in self.results)
        return AffineMap(inner.dim_count, self.symbol_count + inner.symbol_count, results)

    def __str__(self) -> str:
        return f"{_space(self.dim_count, self.symbol_count)} -> ({', '.join(map(str, self.results))})"


@attrs.frozen(slots=True, str=False)
class IntegerSet:
    """Points that satisfy constraints `e == 0` or `e >= 0`: `(d0) : (d0 - 4 >= 0, d0 mod 2 == 0)`."""

    dim_count: int
    symbol_count: int
    constraints: tuple[tuple[AffineExpr, bool], ...] = attrs.field(converter=tuple)
    """Each with whether it is an equality."""

    def contains(self, dim_values: Sequence[Any], symbol_values: Sequence[Any] = ()) -> bool:
        """Whether a point lies in the set."""
        return all(
            (e.evaluate(dim_values, symbol_values) == 0 if equal else e.evaluate(dim_values, symbol_values) >= 0)
            for e, equal in self.constraints
        )

    def __str__(self) -> str:
        parts = ", ".join(f"{e} {'==' if equal else '>='} 0" for e, equal in self.constraints)
        return f"{_space(self.dim_count, self.symbol_count)} : ({parts})"
