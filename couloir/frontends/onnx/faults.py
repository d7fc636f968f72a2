"""Collecting what is wrong with a model, so that all faults are reported at once."""

from __future__ import annotations

import attrs

from couloir.ir.errors import Error, VerifyError
from couloir.ir.limits import Limits, quoted

MAX_FAULTS = 100
"""After so many faults the rest is not looked for: a broken file can have millions."""


@attrs.define
class Faults:
    """The faults found so far."""

    found: list[Error] = attrs.field(factory=list)

    def add(self, message: str, *, where: str, hint: str | None = None) -> None:
        """Notes a fault; raises `VerifyError` with all of them when there are too many to go on."""
        self.append(Error(message, where=where, hint=hint))

    def append(self, fault: Error) -> None:
        """As `add`, for a fault that exists as an error already."""
        self.found.append(fault)
        if len(self.found) >= MAX_FAULTS:
            raise VerifyError([*self.found, Error(f"stopped after {MAX_FAULTS} faults; there may be more")])

    def check_name(self, name: str, what: str, *, limits: Limits, where: str) -> None:
        """Notes a fault if a name is too long or contains NUL. An empty name is the caller's business."""
        if len(name) > limits.name_length:
            self.append(limits.exceeded("name_length", len(name), what=f"{what} {quoted(name, 40)}", where=where))
        if "\0" in name:
            self.add(f"{what} {quoted(name)} contains a NUL character", where=where)

    def raise_if_any(self) -> None:
        """Raises `VerifyError` if a fault has been noted."""
        if self.found:
            raise VerifyError(self.found)
