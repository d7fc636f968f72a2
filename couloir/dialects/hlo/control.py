"""StableHLO: control flow, tuples and barriers.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from couloir.dialects.hlo.attributes import Token
from couloir.dialects.hlo.elements import PRED
from couloir.dialects.hlo.regions import least_specific, listed
from couloir.dialects.hlo.values import (
    TENSOR_OR_TOKEN,
    TENSOR_PER_AXIS_OR_TOKEN,
    TENSOR_TOKEN_OR_BUFFER,
    TENSOR_TOKEN_TUPLE_OR_BUFFER,
)
from couloir.dialects.shapes import entry_types, returned_types
from couloir.ir import fields
from couloir.ir.constraints import Holds, Infers, compatible, one_of
from couloir.ir.errors import Error, NoPrettyForm
from couloir.ir.fields import Operand, Operands, Result, Results, attr, region
from couloir.ir.interfaces import (
    ConditionallySpeculatable,
    Constants,
    LoopLikeOpInterface,
    RegionBranchOpInterface,
    RegionEdge,
    as_integer,
)
from couloir.ir.operation import Operation, Region
from couloir.ir.text.scopes import Argument
from couloir.ir.traits import IsTerminator, Pure, RecursiveMemoryEffects, ReturnLike, SingleBlock
from couloir.ir.types import TensorType, TupleType, Type, i1, i32

if TYPE_CHECKING:
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer
    from couloir.ir.text.scopes import OperandName, OperationReader


class Return(Operation, name="stablehlo.return", traits=(Pure, IsTerminator, ReturnLike)):
    """Ends a region of a StableHLO op and gives its results."""

    values: Operands[Type] = fields.operands(elements=TENSOR_TOKEN_OR_BUFFER)
    assembly_format = "$values attr-dict (`:` type($values)^)?"


def _agree(first: Sequence[Type], second: Sequence[Type]) -> bool:
    return len(first) == len(second) and all(map(compatible, first, second))


class If(Operation, name="stablehlo.if", traits=(RecursiveMemoryEffects, SingleBlock, RegionBranchOpInterface)):
    """Runs one of two regions, which have no arguments. Source: StableHLO specification, `if`."""

    pred: Operand[TensorType] = fields.operand(elements=PRED, rank=0)
    true_branch: Region = region(blocks="one", default=None)
    false_branch: Region = region(blocks="one", default=None)
    outputs: Results[TensorType | Token] = fields.result(elements=TENSOR_PER_AXIS_OR_TOKEN)

    constraints = (
        Holds(
            "the branches have no arguments",
            lambda op: not entry_types(op.true_branch) and not entry_types(op.false_branch),
            id="C1",
            verify_only=True,
        ),
        Holds(
            "the branches return the same types",
            lambda op: _agree(returned_types(op.true_branch) or (), returned_types(op.false_branch) or ()),
            id="C2",
            verify_only=True,
        ),
        Infers("C3"),
    )

    def infer(self) -> list[Type]:
        return _returned(self, (self.true_branch, self.false_branch))

    def entry_edges(self, constants: Constants) -> list[RegionEdge]:
        pred = as_integer(constants[0])
        taken = self.regions if pred is None else [self.true_branch if pred else self.false_branch]
        return [RegionEdge(region, (), ()) for region in taken]

    def exit_edges(self, terminator: Operation, constants: Constants) -> list[RegionEdge]:
        return [RegionEdge(None, self.results, terminator.operands, 0)]


class Case(Operation, name="stablehlo.case", traits=(RecursiveMemoryEffects, SingleBlock, RegionBranchOpInterface)):
    """Runs region number `index`; the last one for an index out of range. Source: StableHLO specification, `case`."""

    index: Operand[TensorType] = fields.operand(elements=one_of("i32", (i32,)), rank=0)
    branches: tuple[Region, ...] = fields.region(blocks="one")
    outputs: Results[TensorType | Token] = fields.result(elements=TENSOR_PER_AXIS_OR_TOKEN)

    constraints = (
        Holds("there is at least one branch", lambda op: len(op.branches) > 0, id="C1"),
        Holds(
            "the branches have no arguments",
            lambda op: not any(entry_types(branch) for branch in op.branches),
            id="C2",
            verify_only=True,
        ),
        Holds(
            "the branches return the same types",
            lambda op: all(
                _agree(returned_types(op.branches[0]) or (), returned_types(branch) or ()) for branch in op.branches
            ),
            id="C3",
            verify_only=True,
        ),
        Infers("C4"),
    )

    def infer(self) -> list[Type]:
        return _returned(self, self.branches)

    def entry_edges(self, constants: Constants) -> list[RegionEdge]:
        index = as_integer(constants[0])
        taken = self.branches
        if index is not None:
            taken = [self.branches[index if 0 <= index < len(self.branches) else -1]]
        return [RegionEdge(region, (), ()) for region in taken]

    def exit_edges(self, terminator: Operation, constants: Constants) -> list[RegionEdge]:
        return [RegionEdge(None, self.results, terminator.operands, 0)]


def _returned(op: Operation, branches: Sequence[Region]) -> list[Type]:
    types = [returned_types(branch) for branch in branches]
    first = types[0]
    if first is None:
        raise Error(
            f"the results of `{op.name}` follow from what its branches return, but they are empty",
            hint="fill the regions first, or give `result_types=[...]`",
        )
    agreeing = [each for each in types if each is not None and _agree(first, each)]
    return [least_specific(column) for column in zip(*agreeing, strict=True)]


def _condition_fits(op: While) -> bool | str:
    taken, given = entry_types(op.cond), returned_types(op.cond)
    types = [value.type for value in op.operand]
    if not _agree(taken, types):
        return f"it takes {listed(taken)} for the operands {listed(types)}"
    return _agree(given or (), [TensorType((), i1)]) or f"it returns {listed(given or ())}"


def _body_fits(op: While) -> bool | str:
    taken, given = entry_types(op.body), returned_types(op.body)
    types = [value.type for value in op.operand]
    if not _agree(taken, types):
        return f"it takes {listed(taken)} for the operands {listed(types)}"
    return _agree(given or (), types) or f"it returns {listed(given or ())} for the operands {listed(types)}"


class While(
    Operation,
    name="stablehlo.while",
    traits=(
        RecursiveMemoryEffects,
        SingleBlock,
        RegionBranchOpInterface,
        LoopLikeOpInterface,
        ConditionallySpeculatable,
    ),
):
    """Repeats `body` on its own results as long as `cond` of them holds. Source: StableHLO specification, `while`."""

    operand: Operands[Type] = fields.operands(elements=TENSOR_TOKEN_OR_BUFFER)
    cond: Region = region(blocks="one", default=None)
    body: Region = region(blocks="one", default=None)
    outputs: Results[Type] = fields.result()

    constraints = (
        Holds("`cond` takes the operands and returns a `tensor<i1>`", _condition_fits, id="C1", verify_only=True),
        Holds("`body` takes the operands and returns values of their types", _body_fits, id="C2", verify_only=True),
        Infers("C3"),
    )

    def infer(self) -> list[Type]:
        return [value.type for value in self.operand]

    def entry_edges(self, constants: Constants) -> list[RegionEdge]:
        return [RegionEdge(self.cond, self.cond.block.arguments, self.operand, 0)]

    def exit_edges(self, terminator: Operation, constants: Constants) -> list[RegionEdge]:
        tested = self.cond.block.arguments
        if terminator.parent_region is self.body:
            return [RegionEdge(self.cond, tested, terminator.operands, 0)]
        go_on = RegionEdge(self.body, self.body.block.arguments, tested)
        leave = RegionEdge(None, self.results, tested)
        condition = as_integer(constants[0])
        return [go_on, leave] if condition is None else [go_on] if condition else [leave]

    def loop_regions(self) -> list[Region]:
        return [self.cond, self.body]

    def static_trip_count(self) -> int | None:
        return None

    def is_speculatable(self) -> bool:
        return False  # it may run for ever

    def print(self, p: Printer) -> None:
        if any(value.type is not result.type for value, result in zip(self.operand, self.results, strict=True)):
            raise NoPrettyForm  # types are written once; one of them may leave a size open
        p.write("(")
        for index, (argument, value) in enumerate(zip(self.body.block.arguments, self.operand, strict=True)):
            p.write(", " if index else "")
            p.operand(argument)
            p.write(" = ")
            p.operand(value)
        p.write(")")
        if self.operand:
            p.write(" : ")
            p.types_of(self.operand)
        p.attr_dict(self, with_keyword=True)
        p.newline()
        p.write("cond ")
        p.region(self.cond)
        p.write(" do ")
        p.region(self.body)

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        carried = p.comma_separated(lambda: _parse_carried(p))
        types: list[Type] = []
        if carried:
            p.expect(":")
            types = p.types()
        operands = p.resolve_all([value for _, value in carried], types)
        attributes = p.attr_dict_with_keyword()
        arguments = [Argument(name, type, None, {}) for (name, _), type in zip(carried, types, strict=True)]
        p.expect_keyword("cond")
        condition = yield p.region_request(arguments)
        p.expect_keyword("do")
        body = yield p.region_request(arguments)
        return p.build(cls, operands, attributes, [condition, body], result_types=types)


def _parse_carried(p: Parser) -> tuple[OperandName, OperandName]:
    name = p.operand_name()
    p.expect("=")
    return name, p.operand_name()


class OptimizationBarrier(Operation, name="stablehlo.optimization_barrier"):
    """Gives its operands, and what computes them runs before what uses the results.

    Source: StableHLO specification, `optimization_barrier`.
    """

    operand: Operands[TensorType | Token] = fields.operands(elements=TENSOR_OR_TOKEN)
    outputs: Results[TensorType | Token] = fields.result(elements=TENSOR_OR_TOKEN)

    constraints = (Infers("C1"),)
    assembly_format = "attr-dict ($operand^ `:` custom<PairwiseOpType>(type($operand), type($outputs))) : (`(` `)`)?"

    def infer(self) -> list[Type]:
        return [value.type for value in self.operand]


class AfterAll(Operation, name="stablehlo.after_all", traits=(Pure,)):
    """A token that comes after all these tokens. Source: StableHLO specification, `after_all`."""

    inputs: Operands[Token] = fields.operands()
    result: Result[Token] = fields.result()
    assembly_format = "$inputs attr-dict `:` custom<VariadicSameTypes>(ref($inputs), type($inputs), type($result))"

    def infer(self) -> Type:
        return Token()


class CreateToken(Operation, name="stablehlo.create_token", traits=(Pure,)):
    """A token (upstream: deprecated, `after_all` without operands)."""

    output: Result[Token] = fields.result()
    assembly_format = "attr-dict `:` type(results)"

    def infer(self) -> Type:
        return Token()


class Tuple(Operation, name="stablehlo.tuple", traits=(Pure,)):
    """Several values as one. Source: StableHLO specification, `tuple`."""

    val: Operands[Type] = fields.operands(elements=TENSOR_TOKEN_TUPLE_OR_BUFFER)
    result: Result[TupleType] = fields.result()

    constraints = (Infers("C1"),)
    assembly_format = "$val attr-dict `:` custom<TupleOpType>(type($val), type($result))"

    def infer(self) -> Type:
        return TupleType(tuple(value.type for value in self.val))


class GetTupleElement(Operation, name="stablehlo.get_tuple_element", traits=(Pure,)):
    """One value of a tuple. Source: StableHLO specification, `get_tuple_element`."""

    operand: Operand[TupleType] = fields.operand(elements=TENSOR_TOKEN_TUPLE_OR_BUFFER)
    index: int = attr(codec=i32)
    result: Result[Type] = fields.result()

    constraints = (
        Holds("`index` is an element of the tuple", lambda op: 0 <= op.index < len(op.operand.type.types), id="C1"),
        Infers("C2"),
    )
    assembly_format = "$operand `[` $index `]` attr-dict `:` functional-type(operands, results)"

    def infer(self) -> Type:
        return self.operand.type.types[self.index]
