"""The NumPy backend as a peer: in a process of its own it may take long."""

from __future__ import annotations

from collections.abc import Sequence

from couloir import api
from couloir.backends.numpy.element_types import Array
from couloir.ir.errors import Error
from couloir.testing.peers.table import Refused, Run, reason


def start() -> Run:
    """Runs programs on NumPy."""

    def run(module: str, arrays: Sequence[Array]) -> Sequence[Array]:
        try:
            program = api.parse(module)
        except Error as error:  # an op that only the other process knows
            raise Refused(reason(error)) from error
        return api.run(program, *arrays)

    return run
