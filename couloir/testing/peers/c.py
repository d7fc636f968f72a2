"""The C backend as a peer: programs are compiled in its own process, into a directory that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from couloir.api import c_program, parse
from couloir.backends.c.cache import Cache
from couloir.backends.c.program import OPTIONS, compile_program
from couloir.backends.c.toolchain import find_compiler
from couloir.backends.numpy.element_types import Array
from couloir.ir.errors import Error
from couloir.testing.peers.table import Refused, Run, reason


def start(optimization: int = OPTIONS.optimization) -> Run:
    """Runs programs by way of C. `optimization`: the level of the C compiler, `-O0` to `-O3`."""
    compiler = find_compiler()
    cache = Cache(Path.cwd() / "c")
    options = attrs.evolve(OPTIONS, optimization=optimization)

    def run(module: str, arrays: Sequence[Array]) -> Sequence[Array]:
        try:
            program = c_program(parse(module))
        except Error as error:
            raise Refused(reason(error)) from error
        return compile_program(program, compiler=compiler, options=options, cache=cache)(*arrays)

    return run
