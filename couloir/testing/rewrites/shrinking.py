"""Counterexamples made small: the program, then its inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any, Final, TypeAlias

import numpy as np

from couloir.backends.numpy.element_types import Array, is_discrete
from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.ir.text.parser import parse_module_op
from couloir.ir.types import FLOATS
from couloir.ir.verify import faults
from couloir.testing.reducing import reduce
from couloir.testing.rewrites.fault import Fault
from couloir.testing.rewrites.worker import TimeUp, until

USUAL: Final = {
    **{name: "f32" for name in FLOATS if name != "f32"},
    **{f"{sign}{width}": "i32" for sign in ("i", "ui") for width in (2, 4, 8, 16, 32, 64) if f"{sign}{width}" != "i32"},
}
"""Element types, and those that take their place in a counterexample where it does not matter."""
SIMPLE: Final = (0, 1, 2, -1)
"""What elements of inputs become where it does not matter, the simplest first."""


Again: TypeAlias = "Callable[[ModuleOp], Fault | None]"
"""The same fault of another program, if it has it."""


def smallest_program(fault: Fault, again: Again, deadline: float, *, watched: bool) -> Fault:
    """The fault of a smaller program.

    Args:
        fault: What was found.
        again: Says of another program whether it has the same fault.
        deadline: When to end.
        watched: Whether a clock interrupts what takes longer.
    """
    smallest = fault

    def wrong(module: ModuleOp) -> bool:
        nonlocal smallest
        found = again(module)
        if found is not None:
            smallest = found
        return found is not None

    try:
        with until(deadline, watched=watched):
            for module in _with_usual_elements(fault.before):
                if wrong(module):
                    break
            reduce(smallest.before, wrong, seconds=deadline - monotonic())
    except (Error, TimeUp):  # the fault does not show again with other numbers, or there was no time
        pass
    return smallest


def _with_usual_elements(module: ModuleOp) -> Iterator[ModuleOp]:
    """The module with elements of the types that a reader knows best: all others replaced, then one of them."""
    text = str(module)
    unusual = {name: usual for name, usual in USUAL.items() if re.search(_element(name), text)}
    for group in [unusual, *({name: usual} for name, usual in unusual.items())]:
        changed = text
        for name, usual in group.items():
            changed = re.sub(_element(name), usual, changed)
        if changed == text:
            return
        try:
            made = parse_module_op(changed, file="<candidate>")
        except Error:
            continue
        if isinstance(made, ModuleOp) and not faults(made, limit=1):
            yield made


def _element(name: str) -> str:
    """Where an element type stands in a text: after `x`, in `tensor<`, or by itself."""
    return rf"(?:(?<=x)|(?<![\w.])){re.escape(name)}(?=[>,\s)])"


def simplest_inputs(
    fault: Fault, wrong: Callable[[Sequence[Any]], Fault | None], deadline: float, *, watched: bool
) -> Fault:
    """The fault on inputs of which as many elements as possible are simple.

    Args:
        fault: A fault that shows on its inputs.
        wrong: The same fault on other inputs, if it shows on them.
        deadline, watched: As of `smallest_program`.
    """
    arrays: list[Array] = [np.array(array) for array in fault.inputs]
    found = fault
    try:
        with until(deadline, watched=watched):
            for number, array in enumerate(arrays):
                for places in _places(array.size):
                    for value in SIMPLE:
                        if monotonic() > deadline:
                            return found
                        flat: Array = arrays[number].reshape(-1).copy()
                        if (flat[places] == value).all():
                            break  # simple enough
                        if value < 0 and is_discrete(flat.dtype):
                            continue
                        flat[places] = value
                        changed = [*arrays]
                        changed[number] = flat.reshape(array.shape)
                        again = wrong(changed)
                        if again is not None:
                            arrays, found = changed, again
                            break
    except TimeUp:
        pass
    return found


def _places(size: int) -> Iterator[Array]:
    """All elements, then halves, ... then single ones."""
    width = size
    while width:
        for start in range(0, size, width):
            yield np.arange(start, min(start + width, size))
        width //= 2


__all__ = ["Again", "simplest_inputs", "smallest_program"]
