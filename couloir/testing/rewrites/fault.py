"""What a rewrite does wrong, as it is found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from couloir.dialects.builtin import ModuleOp


@attrs.frozen(eq=False)
class Fault:
    """Something that a rewrite does wrong to a program: see `Counterexample`."""

    obligation: str
    message: str
    before: ModuleOp
    after: ModuleOp | None = None
    function: str | None = None
    inputs: tuple[Any, ...] = ()
    outputs: tuple[Sequence[Any], Sequence[Any]] | None = None
    domain: str | None = None
