"""Whether a peer's results are those of the NumPy backend: integers exactly, floats within what rounding explains."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

import attrs
import numpy as np

from couloir.backends.numpy.element_types import Array, kind
from couloir.backends.numpy.evaluate import TooManyRuns
from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.passes.running import carried_inputs, outcome, public_functions
from couloir.passes.tolerance import Estimate, Estimates, allowed, differing, estimates, half_the_digits, identical

ROOM: Final = 4.0
"""How many times the bound is allowed: functions of other libraries have larger errors than those of NumPy."""

MAX_RUNS: Final = 10_000
"""Regions, blocks and functions that are run before a program counts as endless."""
MAX_RUNS_AFTER: Final = 2_000_000
"""The same for what passes have made of it, loops over elements for instance."""
USUAL: Final = 1e6
"""Where rounding errors cannot be derived, numbers up to this size are compared."""


@attrs.define
class Expected:
    """What a module gives on NumPy, and how far others may be from it.

    Attributes:
        module: It.
        arrays: What it was run on.
        results: What it gave.
    """

    module: ModuleOp
    arrays: Sequence[Any]
    results: tuple[Array, ...]
    _errors: Estimates | None = None

    @classmethod
    def of(cls, module: ModuleOp, arrays: Sequence[Any]) -> Expected:
        """Runs a module. Raises `couloir.Error` when it cannot be run on these arrays."""
        with np.errstate(all="ignore"):
            return cls(module, arrays, outcome(public_functions(module)[0], arrays, max_runs=MAX_RUNS))

    @property
    def errors(self) -> Estimates:
        """The rounding errors, once they are needed."""
        if self._errors is None:
            self._errors = _errors(self.module, self.arrays, self.results) or half_the_digits(self.results)
        return self._errors

    @property
    def _is_usual(self) -> bool:
        """Whether half of the digits mean something: numbers of usual size, of at least 16 bits."""
        floats = [a for a in (*map(np.asarray, self.arrays), *self.results) if kind(a.dtype) in ("float", "complex")]
        with np.errstate(all="ignore"):
            sizes = [np.abs(a.astype(np.complex128)) for a in floats]
        largest = max((size.max(initial=0.0, where=np.isfinite(size)) for size in sizes), default=0.0)
        return largest <= USUAL and all(a.dtype.itemsize > 1 for a in floats)

    def difference(self, found: Sequence[Any], assumes: Collection[str] = (), room: float = ROOM) -> str | None:
        """The first element at which other results of the same program differ, as a sentence, or None.

        What hangs on a comparison so close that rounding decides it is not compared.

        Args:
            found: The other results.
            assumes: Elements that are so do not count: `no NaN`.
            room: How many times the bound on rounding errors they may be apart.
        """
        return self._difference(found, assumes, room, None)

    def difference_of(self, module: ModuleOp, assumes: Collection[str] = ()) -> str | None:
        """In what the results of a module that was made from this one differ, as a sentence, or None."""
        try:
            with np.errstate(all="ignore"):
                found = outcome(public_functions(module)[0], self.arrays, max_runs=MAX_RUNS_AFTER)
        except TooManyRuns:  # loops over elements: it takes too long to say
            return None
        except Error as error:
            return f"cannot be run any more: {error.message}"
        return self._difference(found, assumes, 1.0, module)

    def _difference(
        self, found: Sequence[Any], assumes: Collection[str], room: float, module: ModuleOp | None
    ) -> str | None:
        if len(found) != len(self.results):
            return f"gives {len(found)} results, not {len(self.results)}"
        other: Estimates | None = None
        for number, (ours, theirs) in enumerate(zip(self.results, found, strict=True)):
            if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
                return (
                    f"gives {theirs.dtype}{list(theirs.shape)} as output {number}, not {ours.dtype}{list(ours.shape)}"
                )
            if identical(ours, theirs):
                continue
            wrong = self._wrong(number, ours, theirs, assumes, room, None)
            if wrong.any() and module is not None:  # the other program may round more
                other = other or _errors(module, self.arrays, found)
                if other is not None:
                    wrong = self._wrong(number, ours, theirs, assumes, room, other.each[number])
            if wrong.any() and not self.errors.undecided:
                place = tuple(map(int, np.argwhere(wrong)[0])) if wrong.ndim else ()
                return f"gives {theirs[place]!s} as output {number} at {list(place)}, not {ours[place]!s}"
        return None

    def _wrong(
        self, number: int, ours: Array, theirs: Array, assumes: Collection[str], room: float, other: Estimate | None
    ) -> Array:
        error = self.errors.each[number]
        with np.errstate(all="ignore"):
            wrong = differing(ours, theirs, np.broadcast_to(room * allowed(ours, error, other), ours.shape))
            if kind(ours.dtype) not in ("float", "complex"):
                return wrong
            nan, infinite = np.isnan(ours) | np.isnan(theirs), np.isinf(ours) | np.isinf(theirs)
            if self.errors.coarse:  # sums and products of open order and number, as in `fft`
                wrong &= self._is_usual & ~nan & ~infinite
            if error is not None:  # where rounding may lead out of the range, infinities may be large numbers
                wrong &= ~(np.broadcast_to(np.isinf(error.bound), ours.shape) & (nan | infinite))
        if "no NaN" in assumes:
            wrong &= ~nan
        if "no infinities" in assumes or "no overflow" in assumes:
            wrong &= ~infinite & ~nan
        return wrong


def _errors(module: ModuleOp, arrays: Sequence[Any], results: Sequence[Array]) -> Estimates | None:
    function = public_functions(module)[0]
    with np.errstate(all="ignore"):
        return estimates(module, function.sym_name, carried_inputs(function, arrays), results)


def expected(module: ModuleOp, arrays: Sequence[Any]) -> Expected | None:
    """What a module gives on NumPy; None where it cannot be run."""
    try:
        return Expected.of(module, arrays)
    except Error:
        return None
