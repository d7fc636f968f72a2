"""Sums of products over named dimensions as dot products, two operands after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

import attrs

from couloir.dialects import hlo
from couloir.dialects.hlo.building import full_like, reduce, reshape
from couloir.ir.errors import Error
from couloir.ir.operation import Value
from couloir.ir.types import TensorType, i64

Tensor: TypeAlias = "Value[TensorType]"

_TERM = re.compile(r"([A-Za-z]*)(\.\.\.)?([A-Za-z]*)")


@attrs.frozen
class _Named:
    """A tensor with a name for each dimension. The dimensions of an ellipsis are called 0, 1, ... from the last one on."""

    value: Tensor
    names: tuple[str, ...]

    def size(self, name: str) -> int:
        return self.value.type.shape[self.names.index(name)]


def sum_of_products(given: Sequence[Tensor], equation: str) -> Tensor:
    """What `equation` says of tensors of one element type, as `numpy.einsum` has it: ellipses, diagonals, an implicit result.

    Raises:
        Error: The equation does not fit the tensors.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(given):
        raise Error(f"the equation has {len(terms)} operands, {len(given)} are given")
    operands = [_operand(x, term) for x, term in zip(given, terms, strict=True)]
    wanted = _result_names(operands, right if arrow else None, left)
    operands = _with_equal_sizes(operands)
    current = operands[0]
    for number, other in enumerate(operands[1:], start=1):
        later = {name for operand in operands[number + 1 :] for name in operand.names}
        current = _product(current, other, {*later, *wanted})
    current = _summed(current, set(wanted))
    order = tuple(current.names.index(name) for name in wanted)
    return current.value if order == tuple(range(len(order))) else hlo.Transpose(current.value, order).result


def _operand(x: Tensor, term: str) -> _Named:
    match = _TERM.fullmatch(term)
    if match is None:
        raise Error(f"the term `{term}` of the equation is not made of letters and `...`")
    before, dots, after = match.groups()
    extra = x.type.rank - len(before) - len(after)
    if extra < 0 or (extra and not dots):
        raise Error(f"the term `{term}` of the equation does not fit a tensor of rank {x.type.rank}")
    named = _Named(x, (*before, *map(str, reversed(range(extra))), *after))
    for name in set(named.names):
        while named.names.count(name) > 1:
            named = _diagonal(named, name)
    return named


def _diagonal(x: _Named, name: str) -> _Named:
    """Two dimensions of one name become one: what is off the diagonal is dropped."""
    first = x.names.index(name)
    second = x.names.index(name, first + 1)
    shape = x.value.type.shape
    if shape[first] != shape[second]:
        raise Error(f"`{name}` of the equation has the sizes {shape[first]} and {shape[second]}")
    rows, columns = (hlo.iota(shape, i64, axis) for axis in (first, second))
    same = hlo.Compare(rows, columns, hlo.ComparisonDirection.EQ)
    kept = hlo.Select(same, x.value, full_like(x.value, 0)).result
    return _Named(reduce(kept, [second], "add"), (*x.names[:second], *x.names[second + 1 :]))


def _result_names(operands: Sequence[_Named], right: str | None, left: str) -> tuple[str, ...]:
    count = max((sum(name.isdecimal() for name in operand.names) for operand in operands), default=0)
    dots = tuple(map(str, reversed(range(count))))
    if right is None:  # the ellipsis, and in the order of the alphabet what occurs once
        letters = [letter for letter in left if letter.isalpha()]
        return (*dots, *sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    match = _TERM.fullmatch(right)
    if match is None:
        raise Error(f"the result `{right}` of the equation is not made of letters and `...`")
    names = (*match[1], *(dots if match[2] else ()), *match[3])
    known = {name for operand in operands for name in operand.names}
    if len(set(names)) < len(names) or not known.issuperset(names):
        raise Error(f"the result `{right}` of the equation names a dimension twice, or one that no operand has")
    return names


def _with_equal_sizes(operands: Sequence[_Named]) -> list[_Named]:
    """Dimensions of size 1 are dropped where another operand has more: then they are broadcast."""
    sizes: dict[str, int] = {}
    for operand in operands:
        for name in operand.names:
            size = operand.size(name)
            if sizes.setdefault(name, size) == 1:
                sizes[name] = size
            if size not in (1, sizes[name]):
                raise Error(f"`{name}` of the equation has the sizes {sizes[name]} and {size}")
    found: list[_Named] = []
    for operand in operands:
        kept = [name for name in operand.names if operand.size(name) == sizes[name]]
        found.append(_Named(reshape(operand.value, [sizes[name] for name in kept]), tuple(kept)))
    return found


def _summed(x: _Named, needed: set[str]) -> _Named:
    axes = [axis for axis, name in enumerate(x.names) if name not in needed]
    if not axes:
        return x
    return _Named(reduce(x.value, axes, "add"), tuple(name for name in x.names if name in needed))


def _product(a: _Named, b: _Named, needed: set[str]) -> _Named:
    """The product, summed over the dimensions that nobody needs any more."""
    a, b = _summed(a, needed | set(b.names)), _summed(b, needed | set(a.names))
    shared = [name for name in a.names if name in b.names]
    batch = [name for name in shared if name in needed]
    contracted = [name for name in shared if name not in needed]
    numbers = hlo.DotDimensionNumbers(
        *(tuple(x.names.index(name) for name in names) for names in (batch, contracted) for x in (a, b))
    )
    made = hlo.DotGeneral(a.value, b.value, numbers).result
    rest = [name for x in (a, b) for name in x.names if name not in shared]
    return _Named(made, (*batch, *rest))
