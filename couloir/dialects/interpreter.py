"""The interpreter dialect: several programs run together, and what a person sees of a run.

Source: openxla/stablehlo, stablehlo/reference/InterpreterOps.td (names and pretty forms are upstream's).
"""

from __future__ import annotations

from collections.abc import Iterator

from couloir.dialects.func import FuncOp
from couloir.dialects.hlo.elements import ANY
from couloir.ir.codecs import SYMBOL_NAME, array_of
from couloir.ir.fields import Operand, Operands, Result, Results, attr, attr_optional, operand, result
from couloir.ir.operation import Operation
from couloir.ir.symbols import lookup
from couloir.ir.types import TensorType, Type

__all__ = ["Print", "Probe", "RunParallel"]


class Print(Operation, name="interpreter.print"):
    """Shows a tensor while the program runs."""

    operand: Operand[TensorType] = operand(elements=ANY)

    assembly_format = "$operand attr-dict `:` type($operand)"


class Probe(Operation, name="interpreter.probe"):
    """Gives its operand, and keeps it under a name, for `check.expect_serialized_eq`."""

    operand: Operand[TensorType] = operand(elements=ANY)
    probe_id: str = attr()
    result: Result[TensorType] = result()

    assembly_format = "$operand `,` `probe_id` `=` $probe_id attr-dict `:` type($operand)"

    def infer(self) -> Type:
        return self.operand.type


class RunParallel(Operation, name="interpreter.run_parallel"):
    """Runs a grid of programs together: rows are replicas, columns are partitions.

    The operands are the arguments of all programs, one program after the other; so are the results. Each function of `infeed` gives
    what an infeed reads, one after the other.
    """

    inputs: Operands[Type]
    programs: tuple[tuple[str, ...], ...] = attr(codec=array_of(array_of(SYMBOL_NAME)))
    infeed: tuple[str, ...] | None = attr_optional(default=None, codec=array_of(SYMBOL_NAME))
    results_: Results[Type] = result()

    def verify(self) -> Iterator[str]:
        if not self.programs or not self.programs[0]:
            yield "`programs` has a row for each replica, with a program for each partition"
            return
        lengths = {len(row) for row in self.programs}
        if len(lengths) > 1:
            yield f"the rows of `programs` have one length, not {sorted(lengths)}"
            return
        if self.infeed is not None and not self.infeed:
            yield "`infeed` is absent, or names a function"
        functions: list[FuncOp] = []
        for name in (*(name for row in self.programs for name in row), *(self.infeed or ())):
            found = lookup(self, name)
            if not isinstance(found, FuncOp):
                yield f"there is no function @{name}"
                return
            functions.append(found)
        count = len(self.programs) * len(self.programs[0])
        types = [function.function_type for function in functions]
        inputs = [type for function in types[:count] for type in function.inputs]
        results = [type for function in types[:count] for type in function.results]
        if inputs != [value.type for value in self.inputs]:
            yield f"its operands are the {len(inputs)} arguments of all programs: {', '.join(map(str, inputs))}"
        if results != [value.type for value in self.results]:
            yield f"its results are the {len(results)} results of all programs: {', '.join(map(str, results))}"
        for name, function in zip(self.infeed or (), types[count:], strict=True):
            if len(function.results) != 1 or not isinstance(function.results[0], TensorType) or function.inputs:
                yield f"@{name} of `infeed` takes nothing and gives one tensor, it is `{function}`"
