"""The scf dialect: structured control flow. Names and semantics are upstream's (MLIR, "scf" dialect)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from couloir.dialects.shapes import entry_types, returned_types
from couloir.ir.attributes import UNIT, DenseArrayAttr
from couloir.ir.codecs import UNIT_FLAG
from couloir.ir.constraints import BOOLEAN, INDEX, SIGNLESS, SameType
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Operands, Results, attr, attr_optional, operand, operands, region, result
from couloir.ir.interfaces import (
    ConditionallySpeculatable,
    Constants,
    LoopLikeOpInterface,
    RegionBranchOpInterface,
    RegionEdge,
    as_integer,
    iterations,
)
from couloir.ir.operation import BlockArgument, Operation, Region, Value
from couloir.ir.rewriting.guards import constant_attribute
from couloir.ir.traits import IsTerminator, Pure, RecursiveMemoryEffects, ReturnLike, SingleBlock
from couloir.ir.types import IndexType, IntegerType, Type, bit_width, i1, i64, index

if TYPE_CHECKING:
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer
    from couloir.ir.text.scopes import Argument, OperandName, OperationReader


class Yield(Operation, name="scf.yield", traits=(IsTerminator, ReturnLike, Pure)):
    """Ends a region with the values that it gives."""

    values: Operands[Type] = operands(default=())

    assembly_format = "attr-dict ($values^ `:` type($values))?"


class Condition(Operation, name="scf.condition", traits=(IsTerminator, Pure)):
    """Ends the first region of a `scf.while`: whether to go on, and the values for the second region or the results."""

    condition: Operand[IntegerType] = operand(elements=BOOLEAN)
    args: Operands[Type] = operands(default=())

    assembly_format = "`(` $condition `)` attr-dict ($args^ `:` type($args))?"


def _names(types: Sequence[Type]) -> str:
    return f"({', '.join(map(str, types))})"


def print_carried(p: Printer, arguments: Sequence[BlockArgument[Any]], initial: Sequence[Value[Any]]) -> None:
    """Writes `(%arg0 = %x, %arg1 = %y)`: block arguments and what they begin as."""
    p.write("(")
    for number, (argument, value) in enumerate(zip(arguments, initial, strict=True)):
        if number:
            p.write(", ")
        p.operand(argument)
        p.write(" = ")
        p.operand(value)
    p.write(")")


def parse_carried(p: Parser) -> list[tuple[OperandName, OperandName]]:
    """Reads what `print_carried` writes."""

    def item() -> tuple[OperandName, OperandName]:
        name = p.operand_name()
        p.expect("=")
        return name, p.operand_name()

    return p.comma_separated(item)


class For(
    Operation,
    name="scf.for",
    traits=(
        SingleBlock,
        RecursiveMemoryEffects,
        RegionBranchOpInterface,
        LoopLikeOpInterface,
        ConditionallySpeculatable,
    ),
):
    """A loop from `lower_bound` up to but without `upper_bound`, in steps of `step`, which is positive.

    The body takes the loop variable and the carried values, which begin as `init_args`, and yields the next ones; the
    last ones are the results. The bounds are signed unless `unsigned_cmp` is set.
    """

    lower_bound: Operand[IndexType | IntegerType] = operand(elements=INDEX | SIGNLESS)
    upper_bound: Operand[IndexType | IntegerType] = operand(elements=INDEX | SIGNLESS)
    step: Operand[IndexType | IntegerType] = operand(elements=INDEX | SIGNLESS)
    init_args: Operands[Type] = operands(default=())
    unsigned_cmp: bool = attr_optional(default=False, key="unsignedCmp", codec=UNIT_FLAG)
    body: Region = region(blocks="one", default=None)
    outputs: Results[Type] = result()

    constraints = (SameType("lower_bound", "upper_bound", "step"),)

    def infer(self) -> list[Type]:
        return [value.type for value in self.init_args]

    @classmethod
    def build(
        cls,
        lower_bound: Value[Any] | Operation,
        upper_bound: Value[Any] | Operation,
        step: Value[Any] | Operation,
        init_args: Sequence[Value[Any]] = (),
    ) -> For:
        """A loop with an empty body: add ops with `at_end(loop.body.block)`, a `Yield` last."""
        op = cls(lower_bound, upper_bound, step, init_args)
        op.body.add_block([op.lower_bound.type, *(value.type for value in init_args)])
        return op

    @property
    def variable(self) -> BlockArgument[Any]:
        """The loop variable."""
        return self.body.block.arguments[0]

    @property
    def carried(self) -> list[BlockArgument[Any]]:
        """The values carried from one iteration to the next, in the body."""
        return self.body.block.arguments[1:]

    def verify(self) -> Iterator[str]:
        carried = [value.type for value in self.init_args]
        wanted = [self.lower_bound.type, *carried]
        if entry_types(self.body) != wanted:
            yield f"the body takes {_names(entry_types(self.body))}, not {_names(wanted)}"
        if returned_types(self.body) != carried:
            yield f"the body yields {_names(returned_types(self.body) or ())}, not {_names(carried)}"

    def entry_edges(self, constants: Constants) -> list[RegionEdge]:
        runs = trip_count(*map(as_integer, constants[:3]), unsigned=self._modulus())
        enter = RegionEdge(self.body, self.carried, self.init_args, 3)
        leave = RegionEdge(None, self.results, self.init_args, 3)
        return [enter, leave] if runs is None else [enter] if runs else [leave]

    def exit_edges(self, terminator: Operation, constants: Constants) -> list[RegionEdge]:
        given = terminator.operands
        return [RegionEdge(self.body, self.carried, given, 0), RegionEdge(None, self.results, given, 0)]

    def loop_regions(self) -> list[Region]:
        return [self.body]

    def static_trip_count(self) -> int | None:
        return trip_count(*map(_known, self.operands[:3]), unsigned=self._modulus())

    def _modulus(self) -> int:
        """What a negative number of a loop with unsigned bounds is short of what it means; 0 for signed bounds."""
        return 1 << bit_width(self.lower_bound.type) if self.unsigned_cmp else 0

    def is_speculatable(self) -> bool:
        step = _known(self.step)
        return step is not None and (step > 0 or (step < 0 and self.unsigned_cmp))

    def print(self, p: Printer) -> None:
        p.write(" unsigned " if self.unsigned_cmp else " ")
        p.operand(self.variable)
        p.write(" = ")
        p.operand(self.lower_bound)
        p.write(" to ")
        p.operand(self.upper_bound)
        p.write(" step ")
        p.operand(self.step)
        if self.init_args:
            p.write(" iter_args")
            print_carried(p, self.carried, self.init_args)
            p.write(" -> (")
            p.types_of(self.init_args)
            p.write(")")
        p.write(" ")
        if self.variable.type is not index:
            p.write(" : ")
            p.type(self.variable.type)
            p.write(" ")
        p.region(self.body, print_terminators=bool(self.init_args))
        p.attr_dict(self, elided=("unsignedCmp",))

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        unsigned = p.optional_keyword("unsigned")
        variable = p.operand_name()
        p.expect("=")
        lower = p.operand_name()
        p.expect_keyword("to")
        upper = p.operand_name()
        p.expect_keyword("step")
        step = p.operand_name()
        carried: list[tuple[OperandName, OperandName]] = []
        types: list[Type] = []
        if p.optional_keyword("iter_args"):
            carried = parse_carried(p)
            types = p.optional_arrow_types()
        type: Type = p.type() if p.optional(":") else index
        inits = p.resolve_all([value for _, value in carried], types)
        bounds = [p.resolve(name, type) for name in (lower, upper, step)]
        body = yield p.region_request(region_arguments([variable, *(name for name, _ in carried)], [type, *types]))
        p.ensure_terminator(body, Yield)
        attributes = p.attr_dict()
        if unsigned:
            attributes["unsignedCmp"] = UNIT
        return p.build(cls, [*bounds, *inits], attributes, [body], result_types=types)


def region_arguments(names: Sequence[OperandName], types: Sequence[Type]) -> list[Argument]:
    """Block arguments whose types stand elsewhere in the text than their names."""
    from couloir.ir.text.scopes import Argument

    return [Argument(name, type, None, {}) for name, type in zip(names, types, strict=True)]


def _known(value: Value[Any]) -> int | None:
    """The number of a value that a constant defines."""
    return as_integer(constant_attribute(value))


def trip_count(lower: int | None, upper: int | None, step: int | None, *, unsigned: int = 0) -> int | None:
    """How often a loop with these bounds runs; None when it cannot be told. `unsigned` is the modulus of unsigned bounds."""
    if lower is None or upper is None or step is None:
        return None
    if unsigned:
        lower, upper, step = lower % unsigned, upper % unsigned, step % unsigned
    return None if step <= 0 else iterations(lower, upper, step)


class If(Operation, name="scf.if", traits=(SingleBlock, RecursiveMemoryEffects, RegionBranchOpInterface)):
    """Runs one of two regions; the second may be missing when there are no results."""

    condition: Operand[IntegerType] = operand(elements=BOOLEAN)
    then_region: Region = region(blocks="one", default=None)
    else_region: Region = region(default=None)
    outputs: Results[Type] = result()

    def infer(self) -> list[Type]:
        types = returned_types(self.then_region)
        if types is None:
            raise Error(
                "the results of `scf.if` follow from what its regions yield, but they are empty",
                hint="fill the regions first, or give `result_types=[...]`",
            )
        return types

    def verify(self) -> Iterator[str]:
        types = [value.type for value in self.outputs]
        if types and self.else_region.is_empty:
            yield "with results, there is an else region"
        for label, branch in (("then", self.then_region), ("else", self.else_region)):
            if entry_types(branch):
                yield f"the {label} region takes no arguments"
            if not branch.is_empty and returned_types(branch) != types:
                yield f"the {label} region yields {_names(returned_types(branch) or ())}, not {_names(types)}"

    def entry_edges(self, constants: Constants) -> list[RegionEdge]:
        condition = as_integer(constants[0])
        taken = [self.then_region] if condition is None or condition else []
        taken += [self.else_region] if not condition else []
        return [RegionEdge(None if region.is_empty else region, (), ()) for region in taken]

    def exit_edges(self, terminator: Operation, constants: Constants) -> list[RegionEdge]:
        return [RegionEdge(None, self.results, terminator.operands, 0)]

    def print(self, p: Printer) -> None:
        p.write(" ")
        p.operand(self.condition)
        if self.outputs:
            p.write(" -> (")
            p.types_of(self.outputs)
            p.write(")")
        p.write(" ")
        p.region(self.then_region, print_terminators=bool(self.outputs))
        if not self.else_region.is_empty:
            p.write(" else ")
            p.region(self.else_region, print_terminators=bool(self.outputs))
        p.attr_dict(self)

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        condition = p.operand(i1)
        types = p.optional_arrow_types()
        then = yield p.region_request()
        p.ensure_terminator(then, Yield)
        otherwise = Region()
        if p.optional_keyword("else"):
            otherwise = yield p.region_request()
            p.ensure_terminator(otherwise, Yield)
        return p.build(cls, [condition], p.attr_dict(), [then, otherwise], result_types=types)


class IndexSwitch(
    Operation,
    name="scf.index_switch",
    traits=(SingleBlock, RecursiveMemoryEffects, RegionBranchOpInterface),
):
    """Runs the region of the case that `arg` equals, or the default one."""

    arg: Operand[IndexType]
    cases: tuple[int, ...] = attr()
    default_region: Region = region(blocks="one", default=None)
    case_regions: tuple[Region, ...] = region(blocks="one", default=())
    outputs: Results[Type] = result()

    def infer(self) -> list[Type]:
        types = returned_types(self.default_region)
        if types is None:
            raise Error(
                "the results of `scf.index_switch` follow from what its regions yield, but they are empty",
                hint="fill the regions first, or give `result_types=[...]`",
            )
        return types

    def verify(self) -> Iterator[str]:
        if len(self.cases) != len(self.case_regions):
            yield f"it has {len(self.cases)} cases and {len(self.case_regions)} regions for them"
        if len(set(self.cases)) < len(self.cases):
            yield "a case is given twice"
        types = [value.type for value in self.outputs]
        for number, branch in enumerate(self.regions):
            label = f"the region of case {self.cases[number - 1]}" if number else "the default region"
            if number > len(self.cases):
                break
            if entry_types(branch):
                yield f"{label} takes no arguments"
            if returned_types(branch) != types:
                yield f"{label} yields {_names(returned_types(branch) or ())}, not {_names(types)}"

    def entry_edges(self, constants: Constants) -> list[RegionEdge]:
        value = as_integer(constants[0])
        taken = self.regions
        if value is not None:
            taken = [self.case_regions[self.cases.index(value)] if value in self.cases else self.default_region]
        return [RegionEdge(region, (), ()) for region in taken]

    def exit_edges(self, terminator: Operation, constants: Constants) -> list[RegionEdge]:
        return [RegionEdge(None, self.results, terminator.operands, 0)]

    def print(self, p: Printer) -> None:
        p.write(" ")
        p.operand(self.arg)
        p.attr_dict(self, elided=("cases",))
        if self.outputs:
            p.write(" -> ")
            p.types_of(self.outputs)
        p.write(" ")
        for case, branch in zip(self.cases, self.case_regions, strict=True):
            p.newline()
            p.write(f"case {case} ")
            p.region(branch, print_terminators=True)
        p.newline()
        p.write("default ")
        p.region(self.default_region, print_terminators=bool(self.outputs))

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        argument = p.operand(index)
        attributes = p.attr_dict()
        types = p.types() if p.optional("->") else []
        cases: list[int] = []
        regions: list[Region] = []
        while p.optional_keyword("case"):
            cases.append(p.integer("the number of a case"))
            branch = yield p.region_request()
            p.ensure_terminator(branch, Yield)
            regions.append(branch)
        p.expect_keyword("default")
        otherwise = yield p.region_request()
        p.ensure_terminator(otherwise, Yield)
        attributes["cases"] = DenseArrayAttr(i64, tuple(cases))
        return p.build(cls, [argument], attributes, [otherwise, *regions], result_types=types)


class While(
    Operation,
    name="scf.while",
    traits=(RecursiveMemoryEffects, RegionBranchOpInterface, LoopLikeOpInterface, ConditionallySpeculatable),
):
    """Runs `before`, and as long as its `scf.condition` says so, `after` on what it passes on, and again.

    `after` yields the next arguments of `before`. What `before` passes on last are the results.
    """

    inits: Operands[Type] = operands(default=())
    before: Region = region(blocks="one", default=None)
    after: Region = region(blocks="one", default=None)
    outputs: Results[Type] = result()

    def infer(self) -> list[Type]:
        types = returned_types(self.before)
        if types is None:
            raise Error(
                "the results of `scf.while` follow from the condition of its first region, but that is empty",
                hint="fill the region first, or give `result_types=[...]`",
            )
        return types[1:]

    def verify(self) -> Iterator[str]:
        inits = [value.type for value in self.inits]
        last = self.before.block.last_op
        if not isinstance(last, Condition):
            yield "the first region ends with `scf.condition`"
            return
        passed = [value.type for value in last.args]
        if entry_types(self.before) != inits:
            yield f"the first region takes {_names(entry_types(self.before))}, not {_names(inits)}"
        if entry_types(self.after) != passed:
            yield f"the second region takes {_names(entry_types(self.after))}, not {_names(passed)}"
        if returned_types(self.after) != inits:
            yield f"the second region yields {_names(returned_types(self.after) or ())}, not {_names(inits)}"

    def entry_edges(self, constants: Constants) -> list[RegionEdge]:
        return [RegionEdge(self.before, self.before.block.arguments, self.inits, 0)]

    def exit_edges(self, terminator: Operation, constants: Constants) -> list[RegionEdge]:
        if terminator.parent_region is self.after:
            return [RegionEdge(self.before, self.before.block.arguments, terminator.operands, 0)]
        go_on = RegionEdge(self.after, self.after.block.arguments, terminator.operands[1:], 1)
        leave = RegionEdge(None, self.results, terminator.operands[1:], 1)
        condition = as_integer(constants[0])
        return [go_on, leave] if condition is None else [go_on] if condition else [leave]

    def loop_regions(self) -> list[Region]:
        return [self.before, self.after]

    def static_trip_count(self) -> int | None:
        return None

    def is_speculatable(self) -> bool:
        return False  # it may run for ever

    def print(self, p: Printer) -> None:
        if self.inits:
            p.write(" ")
            print_carried(p, self.before.block.arguments, self.inits)
        p.write(" : ")
        p.functional_type([value.type for value in self.inits], [value.type for value in self.outputs])
        p.write(" ")
        p.region(self.before)
        p.write(" do ")
        p.region(self.after, print_entry_args=True)
        p.attr_dict(self, with_keyword=True)

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        carried = parse_carried(p) if p.at("(") else []
        p.expect(":")
        type = p.functional_type()
        inits = p.resolve_all([value for _, value in carried], type.inputs)
        before = yield p.region_request(region_arguments([name for name, _ in carried], type.inputs))
        p.expect_keyword("do")
        after = yield p.region_request()
        attributes = p.attr_dict_with_keyword()
        return p.build(cls, inits, attributes, [before, after], result_types=type.results)
