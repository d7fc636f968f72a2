"""StableHLO: ops that upstream has replaced by others, and that still appear in text."""

from __future__ import annotations

import numpy as np

from couloir.backends.numpy import tensor
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.meanings import meaning
from couloir.backends.numpy.tables.hlo_quantized import number_type
from couloir.dialects import hlo
from couloir.dialects.hlo.deprecated import einsum_labels
from couloir.ir.errors import Error
from couloir.ir.types import dtype_of


@meaning(hlo.Broadcast)
def _broadcast(xp: ArrayNamespace, op: hlo.Broadcast, operand: Array) -> Array:
    return np.broadcast_to(operand, (*op.broadcast_sizes, *operand.shape))


@meaning(hlo.Dot)
def dot(xp: ArrayNamespace, op: hlo.Dot, lhs: Array, rhs: Array) -> Array:
    """The product of matrices, or of a vector and one, over the last dimension of `lhs` and the first of `rhs`."""
    return tensor.dot_general(
        xp,
        lhs,
        rhs,
        lhs_batching_dimensions=(),
        rhs_batching_dimensions=(),
        lhs_contracting_dimensions=(lhs.ndim - 1,),
        rhs_contracting_dimensions=(0,),
        dtype=number_type(op.result.type),
    )


@meaning(hlo.TorchIndexSelect)
def _torch_index_select(xp: ArrayNamespace, op: hlo.TorchIndexSelect, operand: Array, index: Array) -> Array:
    """Indices are clamped, as those of a gather."""
    axis, batch = op.dim, op.batch_dims
    signed = np.minimum(index, np.uint64(2**63 - 1)) if index.dtype == np.uint64 else index
    places = np.clip(signed.astype(np.int64), 0, operand.shape[axis] - 1)
    shape = operand.shape[:batch]
    found = np.empty(
        (*operand.shape[:axis], *index.shape[batch:], *operand.shape[axis + 1 :]),
        dtype=operand.dtype,
    )
    for at in np.ndindex(shape):
        found[at] = np.take(operand[at], places[at], axis - batch)
    return found


@meaning(hlo.Einsum, hlo.UnaryEinsum)
def _einsum(xp: ArrayNamespace, op: hlo.Einsum | hlo.UnaryEinsum, *operands: Array) -> Array:
    """Diagonals first, then sums over what only one operand has, then a dot product."""
    labels, wanted = einsum_labels(op.einsum_config, len(operands))
    sides = [_diagonal(value, letters) for value, letters in zip(operands, labels, strict=True)]
    for number, (value, letters) in enumerate(sides):
        others = {*wanted, *"".join(other for i, (_, other) in enumerate(sides) if i != number)}
        alone = [axis for axis, letter in enumerate(letters) if letter not in others]
        if alone:
            zero = np.zeros((), value.dtype)
            value = tensor.reduce(xp, value, zero, dimensions=alone, monoid="add")
        sides[number] = value, "".join(letter for letter in letters if letter in others)
    value, letters = sides[0]
    if len(sides) == 2:
        rhs, right = sides[1]
        both = [letter for letter in letters if letter in right]
        batch, summed = [c for c in both if c in wanted], [c for c in both if c not in wanted]
        value = tensor.dot_general(
            xp,
            value,
            rhs,
            lhs_batching_dimensions=tuple(letters.index(c) for c in batch),
            rhs_batching_dimensions=tuple(right.index(c) for c in batch),
            lhs_contracting_dimensions=tuple(letters.index(c) for c in summed),
            rhs_contracting_dimensions=tuple(right.index(c) for c in summed),
            dtype=dtype_of(op.result.type.element_type),
        )
        letters = "".join([*batch, *(c for c in letters if c not in both), *(c for c in right if c not in both)])
    return tensor.transpose(xp, value, permutation=tuple(letters.index(letter) for letter in wanted))


def _diagonal(value: Array, letters: str) -> tuple[Array, str]:
    """Without letters that occur twice: of those dimensions the diagonal."""
    for letter in dict.fromkeys(letters):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            value = np.diagonal(value, axis1=first, axis2=second)  # NumPy puts it last
            letters = "".join(c for axis, c in enumerate(letters) if axis not in (first, second)) + letter
    return value, letters


@meaning(hlo.SetDimensionSize)
def _set_dimension_size(xp: ArrayNamespace, op: hlo.SetDimensionSize, operand: Array, size: Array) -> Array:
    count, bound = int(size), operand.shape[op.dimension]
    if not 0 <= count <= bound:
        raise Error(f"`{op.name}` sets dimension {op.dimension} of size {bound} to {count}")
    return operand[(slice(None),) * op.dimension + (slice(count),)]
