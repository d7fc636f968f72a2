"""The NumPy back end: what programs mean, evaluated with arrays.

    from couloir.backends import numpy

    numpy.run(module, x)                             # a tuple of arrays
    numpy.run(module, x, domain=numpy.rationals)     # the same with exact fractions

Any level of lowering runs here. `meaning` says what an op of one's own means.
"""

from __future__ import annotations

from couloir.backends.numpy.domains import ArrayNamespace, NotInDomain, floats, integers, rationals, residues
from couloir.backends.numpy.evaluate import evaluate as run
from couloir.backends.numpy.evaluate import evaluate_op, has_meaning, run_devices
from couloir.backends.numpy.meanings import Call, Global, Jump, Leave, Run, custom_call, meaning

__all__ = [
    "ArrayNamespace",
    "Call",
    "Global",
    "Jump",
    "Leave",
    "NotInDomain",
    "Run",
    "custom_call",
    "evaluate_op",
    "floats",
    "has_meaning",
    "integers",
    "meaning",
    "rationals",
    "residues",
    "run",
    "run_devices",
]
