"""Reading affine maps, integer sets and affine expressions: `(d0, d1)[s0] -> (d0 + s0, d1 floordiv 4)`.

Source: MLIR, "Affine dialect: affine expressions".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Final

from couloir.ir.affine import (
    AffineConstant,
    AffineDim,
    AffineExpr,
    AffineMap,
    AffineSymbol,
    IntegerSet,
)
from couloir.ir.text.lexer import Lexer

MAX_OPERATORS: Final = 256
"""Operators in one expression. Real ones have a handful; expressions compare and hash by their tree."""

_PRECEDENCE: Final = {"+": 1, "-": 1, "*": 2, "floordiv": 2, "ceildiv": 2, "mod": 2, "negate": 3, "(": 0}
_BINARY: Final[Mapping[str, Callable[[AffineExpr, AffineExpr], AffineExpr]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "floordiv": lambda a, b: a // b,
    "ceildiv": lambda a, b: a.ceildiv(b),
    "mod": lambda a, b: a % b,
}


def parse_affine_map(p: Lexer) -> AffineMap:
    """Reads `(d0, d1)[s0] -> (d0 + s0, d1)`, with any names."""
    names, dim_count, symbol_count = _parse_space(p)
    p.expect("->")
    results = p.comma_separated(lambda: parse_affine_expression(p, names))
    return AffineMap(dim_count, symbol_count, tuple(results))


def parse_integer_set(p: Lexer) -> IntegerSet:
    """Reads `(d0)[s0] : (d0 - s0 >= 0, d0 == 3)`."""
    names, dim_count, symbol_count = _parse_space(p)
    p.expect(":")
    constraints = p.comma_separated(lambda: _parse_constraint(p, names))
    # No constraint at all is, as upstream stores it, one that always holds.
    return IntegerSet(dim_count, symbol_count, tuple(constraints or [(AffineConstant(0), True)]))


def _parse_space(p: Lexer) -> tuple[dict[str, AffineExpr], int, int]:
    names: dict[str, AffineExpr] = {}

    def declare(make: Callable[[int], AffineExpr], close: str) -> Callable[[], None]:
        def one() -> None:
            start = p.position
            name = p.identifier(f"a name or `{close}`")
            if name in names:
                raise p.error(f"`{name}` is named twice", at=start)
            names[name] = make(len(names) - offset)

        offset = len(names)
        return one

    dims = len(p.comma_separated(declare(AffineDim, ")")))
    symbols = len(p.comma_separated(declare(AffineSymbol, "]"), "[", "]")) if p.character == "[" else 0
    return names, dims, symbols


def _parse_constraint(p: Lexer, names: Mapping[str, AffineExpr]) -> tuple[AffineExpr, bool]:
    start = p.position
    left = parse_affine_expression(p, names)
    for relation in (">=", "<=", "=="):
        if p.optional(relation):
            right = parse_affine_expression(p, names)
            if relation == "<=":
                left, right = right, left
            return p.checked(start, operator.sub, left, right), relation == "=="
    raise p.expected("`>=`, `<=` or `==`")


def parse_affine_expression(
    p: Lexer, names: Mapping[str, AffineExpr], operand: Callable[[], AffineExpr | None] | None = None
) -> AffineExpr:
    """Reads one affine expression.

    Args:
        p: Where to read.
        names: The expressions that names stand for.
        operand: Tried first where an operand is expected; returns None when it does not apply. An op reads `%i` or
            `symbol(%n)` with it.
    """
    values: list[AffineExpr] = []
    operators: list[tuple[str, int]] = []
    count = 0

    def reduce_to(level: int) -> None:
        while operators and _PRECEDENCE[operators[-1][0]] >= level:
            name, at = operators.pop()
            right = values.pop()
            if name == "negate":
                values.append(p.checked(at, _BINARY["*"], right, AffineConstant(-1)))
            else:
                values.append(p.checked(at, _BINARY[name], values.pop(), right))

    while True:  # a stack of operators instead of recursion: parentheses come from files and can be deep
        while p.character in "-(":
            start = p.position
            if p.optional("-"):
                operators.append(("negate", start))
                count += 1
            elif p.optional("("):
                operators.append(("(", start))
            else:
                break
        values.append(_parse_operand(p, names, operand))
        while p.character == ")" and any(name == "(" for name, _ in reversed(operators)):
            p.optional(")")
            reduce_to(1)
            operators.pop()
        start = p.position
        name = _optional_operator(p)
        if name is None:
            break
        count += 1
        if count > MAX_OPERATORS:
            raise p.error(f"an affine expression has at most {MAX_OPERATORS} operators", at=start)
        reduce_to(_PRECEDENCE[name])
        operators.append((name, start))
    reduce_to(1)
    if operators:
        raise p.expected("an operator or `)`")
    return values[0]


def _optional_operator(p: Lexer) -> str | None:
    for sign in ("+", "-", "*"):
        if p.optional(sign):
            return sign
    for word in ("floordiv", "ceildiv", "mod"):
        if p.optional_keyword(word):
            return word
    return None


def _parse_operand(
    p: Lexer, names: Mapping[str, AffineExpr], operand: Callable[[], AffineExpr | None] | None
) -> AffineExpr:
    start = p.position
    if operand is not None:
        found = operand()
        if found is not None:
            return found
    if p.character.isdigit():
        value = p.integer()
        if value >= 1 << 63:
            raise p.error("this number is too large for an index", at=start)
        return AffineConstant(value)
    name = p.identifier("a dimension, a symbol or a number")
    if name not in names:
        known = ", ".join(f"`{n}`" for n in names) or "none"
        raise p.error(f"`{name}` is neither a dimension nor a symbol here", at=start, hint=f"there are: {known}")
    return names[name]
