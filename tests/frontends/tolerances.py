"""What a frontend's tests allow between Couloir and another framework."""

from __future__ import annotations

import ml_dtypes
import numpy as np


def tolerance(expected: np.ndarray, terms: int) -> float:
    """What two orders of summing `terms` numbers, and functions exact to a few units in the last place, may differ by."""
    kind = expected.dtype
    if kind.kind in "iub":
        return 0.0
    epsilon = float(np.finfo(kind).eps) if kind.kind in "fc" else float(ml_dtypes.finfo(kind).eps)
    finite = np.abs(expected.astype(np.complex128 if kind.kind == "c" else np.float64))
    finite = finite[np.isfinite(finite)]
    return epsilon * (terms + 8) * (1.0 + float(finite.max(initial=0.0)))
