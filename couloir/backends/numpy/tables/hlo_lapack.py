"""StableHLO: custom calls of LAPACK's routines, for batches and for values that lie in memory in any order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.lapack import ROUTINES, WITH_NOTHING
from couloir.backends.numpy.meanings import custom_call
from couloir.dialects import hlo
from couloir.dialects.hlo.lapack import ELSEWHERE, TARGETS, LapackCall, column_major, lapack_call
from couloir.ir.types import dtype_of


@custom_call(*TARGETS, *ELSEWHERE)
def _lapack(xp: ArrayNamespace, op: hlo.CustomCall, *operands: Array) -> tuple[Array, ...]:
    """The routine for each matrix of the batch."""
    call = lapack_call(op)
    assert call is not None, "the target is one of LAPACK's"
    if any(array.dtype == object for array in operands):
        raise NotInDomain(call.routine, xp.name)
    takes, gives = call.forms
    inside, outside = call.layouts()
    seen = [
        _moved(array, layout, column_major(array.ndim, len(form.letters)))
        for array, layout, form in zip(operands, inside, takes, strict=True)
    ]
    batch = seen[0].shape[: seen[0].ndim - len(takes[0].letters)]
    sizes = _sizes(call, seen, len(batch))
    results = [
        np.zeros((*batch, *(sizes[letter] for letter in form.letters)), dtype_of(call.element_of(form)))
        for form in gives
    ]
    for place in np.ndindex(batch):
        _compute(call, [array[place] for array in seen], [array[(*place, ...)] for array in results])
    return tuple(
        _moved(array, column_major(array.ndim, len(form.letters)), layout)
        for array, layout, form in zip(results, outside, gives, strict=True)
    )


def _compute(call: LapackCall, matrices: Sequence[Array], results: Sequence[Array]) -> None:
    """Writes what the routine gives for one matrix."""
    if not matrices[0].size and call.routine not in WITH_NOTHING:
        return
    found: Sequence[Any] = ROUTINES[call.routine](call, *matrices)
    for value, result in zip(found, results, strict=True):
        if value is not None:
            result[...] = value


def _moved(array: Array, stored: tuple[int, ...], read: tuple[int, ...]) -> Array:
    """An array that lies in memory by one layout, as what is read there by another layout."""
    if stored == read:
        return array
    flat = array.transpose(stored[::-1]).reshape([array.shape[axis] for axis in read[::-1]])
    return flat.transpose(np.argsort(read[::-1]))


def _sizes(call: LapackCall, arrays: Sequence[Array], batch: int) -> dict[str, int]:
    """The letters of the signature: of the type where that knows them, of the arrays elsewhere."""
    known = {letter: size for letter, size in call.sizes.items() if size is not None}
    for array, form in zip(arrays, call.forms[0], strict=True):
        known.update(zip(form.letters, array.shape[batch:], strict=True))
    m, n = known.get("m", 0), known.get("n", 0)
    known.update(k=min(m, n), h=max(n - 1, 0))
    whole = call.routine in ("gesdd", "gesvd", "gesvdj") and call.letter("mode", "ASN") == "A"
    known.setdefault("u", m if whole else min(m, n))
    known.setdefault("v", n if whole else min(m, n))
    return known
