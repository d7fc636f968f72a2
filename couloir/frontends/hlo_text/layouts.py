"""Bitcasts: the bytes of an array, read with another shape and layout, as reshapes and transposes.

An array lies in memory as its dimensions from major to minor, cut into tiles if the layout has any; a dimension that no
number of tiles covers exactly is padded. Two arrays have the same bytes if they have the same elements in that order.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import attrs

from couloir.dialects import hlo
from couloir.dialects.hlo.building import Tensor, convert, reshape, scalar
from couloir.frontends.hlo_text.shapes import COMBINED, Array, Layout
from couloir.ir.errors import Error
from couloir.ir.types import IntegerType, TensorType, Type, bit_width, i1


@attrs.frozen
class _Order:
    """The way from the elements of an array to the order of its bytes.

    Attributes:
        major_to_minor: The permutation of the dimensions.
        dims: The sizes then.
        tilings: For each tile: the sizes to which these are padded, those after the cut, and the permutation after it.
    """

    major_to_minor: tuple[int, ...]
    dims: tuple[int, ...]
    tilings: tuple[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]], ...]

    @property
    def physical(self) -> tuple[int, ...]:
        """The sizes in the order of the bytes."""
        if not self.tilings:
            return self.dims
        _, cut, permutation = self.tilings[-1]
        return tuple(cut[axis] for axis in permutation)


def _static(shape: Array) -> TensorType:
    if not isinstance(shape.type, TensorType) or not shape.type.is_static:
        raise Error(f"a bitcast is of arrays of known sizes, not of `{shape.type}`")
    return shape.type


def _order(shape: Array) -> _Order:
    type = _static(shape)
    layout = shape.layout or Layout(tuple(range(type.rank))[::-1])
    order = layout.minor_to_major[::-1]
    dims = tuple(type.shape[axis] for axis in order)
    tilings: list[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]] = []
    current = dims
    for tile in layout.tiles:
        if COMBINED in tile:
            raise Error(f"tiles with `*` have no meaning here: `{shape.layout_text[:60]}`")
        if len(tile) > len(current):
            current_padded = (1,) * (len(tile) - len(current)) + current
        else:
            current_padded = current
        first = len(current_padded) - len(tile)
        counts = [-(-size // step) for size, step in zip(current_padded[first:], tile, strict=True)]
        padded = current_padded[:first] + tuple(count * step for count, step in zip(counts, tile, strict=True))
        cut = current_padded[:first] + tuple(n for pair in zip(counts, tile, strict=True) for n in pair)
        outer = [first + 2 * i for i in range(len(tile))]
        permutation = (*range(first), *outer, *(axis + 1 for axis in outer))
        tilings.append((padded, cut, permutation))
        current = tuple(cut[axis] for axis in permutation)
    return _Order(order, dims, tuple(tilings))


def bitcast(x: Tensor, source: Array, target: Array) -> Tensor:
    """`x`, an array of shape `source`, read as one of shape `target`. Raises `Error` if they do not have the same bytes."""
    before, after = _order(source), _order(target)
    old, new = x.type.element_type, _static(target).element_type
    bits = [prod(order.physical) * _bits(element) for order, element in ((before, old), (after, new))]
    if bits[0] != bits[1]:
        raise Error(
            f"`{source.type}` with the layout `{source.layout_text or 'row-major'}` has {bits[0]} bits,"
            f" `{target.type}` with `{target.layout_text or 'row-major'}` has {bits[1]}"
        )
    middle = _reinterpreted(x, new) if old is not new and _bits(old) == _bits(new) else x
    back = _inverse(after.major_to_minor)
    if middle.type.element_type is new and before.dims == after.dims and before.tilings == after.tilings:
        result = _transposed(middle, [before.major_to_minor[axis] for axis in back])  # no byte need be looked at
    else:
        middle = _to_bytes(middle, before)
        if middle.type.element_type is not new:
            middle = _recut(middle, new)
        result = _transposed(_from_bytes(reshape(middle, after.physical), after), back)
    # A bitcast that changes nothing is an op all the same.
    return hlo.Reshape(result, result_types=[result.type]).result if result is x else result


def _to_bytes(x: Tensor, order: _Order) -> Tensor:
    x = _transposed(x, order.major_to_minor)
    for padded, cut, permutation in order.tilings:
        x = reshape(x, (1,) * (len(padded) - x.type.rank) + x.type.shape)
        if x.type.shape != padded:
            missing = tuple(new - old for new, old in zip(padded, x.type.shape, strict=True))
            zeros = (0,) * len(padded)
            x = hlo.Pad(x, scalar(0, x.type.element_type), zeros, missing, zeros).result
        x = _transposed(reshape(x, cut), permutation)
    return x


def _from_bytes(x: Tensor, order: _Order) -> Tensor:
    sizes = [order.dims]
    for _, cut, permutation in order.tilings:
        sizes.append(tuple(cut[axis] for axis in permutation))
    for (padded, _, permutation), kept in zip(reversed(order.tilings), reversed(sizes[:-1]), strict=True):
        x = reshape(_transposed(x, _inverse(permutation)), padded)
        limits = (1,) * (len(padded) - len(kept)) + kept
        if limits != padded:
            x = hlo.Slice(x, (0,) * len(padded), limits, (1,) * len(padded)).result
        x = reshape(x, kept)
    return x


def _reinterpreted(x: Tensor, element: Type) -> Tensor:
    """Elements of the same width with the bits of those of `x`; truth values are bytes in memory."""
    old = x.type.element_type
    if i1 in (old, element):
        if not all(isinstance(type, IntegerType) for type in (old, element)):
            raise Error(f"a bitcast makes no `{element}` of `{old}`")
        return convert(x, element)
    return hlo.bitcast_convert(x, element).result


def _recut(x: Tensor, element: Type) -> Tensor:
    """A list of wider or narrower elements with the bits of those of `x`."""
    old = x.type.element_type
    if i1 in (old, element):
        raise Error(f"a bitcast makes no `{element}` of `{old}`")
    flat = reshape(x, (prod(x.type.shape),))
    bits, wanted = bit_width(old), bit_width(element)
    if wanted > bits:
        flat = reshape(flat, (flat.type.shape[0] * bits // wanted, wanted // bits))
    made = hlo.bitcast_convert(flat, element).result
    return reshape(made, (prod(made.type.shape),))


def _bits(element: Type) -> int:
    return 8 if element is i1 else bit_width(element)


def _transposed(x: Tensor, permutation: Sequence[int]) -> Tensor:
    ordered = tuple(permutation)
    return x if ordered == tuple(range(len(ordered))) else hlo.Transpose(x, ordered).result


def _inverse(permutation: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(range(len(permutation)), key=permutation.__getitem__))
