"""Symbolic dimensions (`jax.export.symbolic_shape`): sizes that are known when the program runs.

Where an argument has the dimension `b`, its size is `b`; `2*h + 1` gives `h` where no argument has it plainly. The sizes that
are made of them are computed once, at the start of the function, which also checks that they fit (`shape_assertion`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.dimension_expressions import parse_dimension
from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.building import Size, Tensor, compare, full_like, scalar
from couloir.dialects.hlo.open_sizes import SHAPE_ASSERTION
from couloir.frontends.jax.equation import NotLowered
from couloir.ir.attributes import StringAttr
from couloir.ir.builder import before
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.types import i32


def label(dim: Any) -> str:
    """The name of a dimension; none for a number."""
    return "" if isinstance(dim, int) else str(dim)


def dims_of(aval: Any) -> Sequence[Any]:
    """The dimensions of an abstract value; none for what is no array."""
    return getattr(aval, "shape", ())


def as_size(size: Size) -> Tensor:
    """A size as a scalar of i32."""
    return scalar(size, i32) if isinstance(size, int) else size


class SymbolicSizes:
    """The sizes of the dimensions of one function."""

    def __init__(self, where: str) -> None:
        self.where = where
        self._values: dict[str, Tensor] = {}
        """The sizes that are known, by their text: scalars of i32."""
        self._end: Operation | None = None
        """What is computed of sizes stands before this op, which has no meaning of its own."""

    def define(self, arguments: Sequence[tuple[Tensor, Sequence[Any]]]) -> None:
        """Finds the variables in the shapes of the arguments; called at the start of the block of the function.

        Raises:
            Error: A variable does not follow from the shapes.
        """
        found = [
            (tensor, axis, str(dim))
            for tensor, dims in arguments
            for axis, dim in enumerate(dims)
            if not isinstance(dim, int)
        ]
        if not found:
            return
        names: dict[str, None] = {}
        for tensor, axis, text in found:
            expression = parse_dimension(text)
            names.update(dict.fromkeys([text] if expression is None else expression.variables))
            if expression is None and text not in self._values:
                self._values[text] = hlo.GetDimensionSize(tensor, axis).result
        for tensor, axis, text in found:
            expression = parse_dimension(text)
            form = None if expression is None else expression.linear(dict.fromkeys(self._values, 0))
            if form is None:
                continue
            name, factor, _ = form
            assert expression is not None, "it has a form"
            rest = expression.evaluate({**self._values, name: scalar(0, i32)}, _Scalars())
            difference = hlo.Subtract(hlo.GetDimensionSize(tensor, axis).result, rest).result
            self._values[name] = hlo.Divide(difference, full_like(difference, factor)).result
        lacking = [name for name in names if name not in self._values]
        if lacking:
            listed = ", ".join(text for _, _, text in found)
            raise Error(
                f"the size `{lacking[0]}` does not follow from the shapes of the arguments ({listed})", where=self.where
            )
        variables = list(self._values.items())
        self._end = hlo.constant(np.asarray(0, np.int32), i32)
        for name, value in variables:
            is_there = compare(value, 1, ComparisonDirection.GE)
            _assert(is_there, f"the size `{name}` is {{0}}: JAX has traced for sizes from 1", value)
        for tensor, axis, text in found:
            given, wanted = hlo.GetDimensionSize(tensor, axis).result, self.size(text)
            assert not isinstance(wanted, int), "it is symbolic"
            fits = compare(given, wanted, ComparisonDirection.EQ)
            _assert(fits, f"dimension {axis} of an argument is {{0}}, where `{text}` is {{1}}", given, wanted)

    def size(self, dim: Any) -> Size:
        """A size as a number, or as the value that holds it."""
        if hasattr(dim, "__index__"):
            return int(dim)
        text = str(dim)
        if text not in self._values:
            expression = parse_dimension(text)
            if expression is None or self._end is None or any(v not in self._values for v in expression.variables):
                raise NotLowered(f"the size `{text}` does not follow from the shapes of the arguments")
            with before(self._end):
                self._values[text] = expression.evaluate(self._values, _Scalars())
        return self._values[text]


def _assert(condition: Tensor, message: str, *numbers: Tensor) -> None:
    """Says what must hold of sizes, as `jax.export` does: `{0}` in the message is the first number."""
    call = hlo.CustomCall([condition, *numbers], SHAPE_ASSERTION, True, result_types=[])
    call.attributes["error_message"] = StringAttr(message)


class _Scalars:
    """Sizes as scalars of i32: what the program computes. Division rounds down, also for negative numbers."""

    def number(self, value: int) -> Tensor:
        return scalar(value, i32)

    def apply(self, operation: str, a: Tensor, b: Tensor) -> Tensor:
        match operation:
            case "add":
                return hlo.Add(a, b).result
            case "subtract":
                return hlo.Subtract(a, b).result
            case "multiply":
                return hlo.Multiply(a, b).result
            case "max":
                return hlo.Maximum(a, b).result
            case "min":
                return hlo.Minimum(a, b).result
            case "power":
                return hlo.Power(a, b).result
            case _:
                quotient, remainder = hlo.Divide(a, b).result, hlo.Remainder(a, b).result
                is_rounded_up = hlo.And(
                    compare(remainder, 0, ComparisonDirection.NE),
                    compare(hlo.Xor(remainder, b).result, 0, ComparisonDirection.LT),
                ).result
                if operation == "mod":
                    return hlo.Select(is_rounded_up, hlo.Add(remainder, b).result, remainder).result
                return hlo.Select(is_rounded_up, hlo.Subtract(quotient, scalar(1, i32)).result, quotient).result
