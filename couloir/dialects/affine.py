"""The affine dialect: loops and memory accesses whose bounds and indices are affine in the loop variables.

Names and semantics are upstream's (MLIR, "affine" dialect).
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from couloir.dialects.affine_text import (
    GROUPS,
    group_sizes,
    input_count,
    parse_bound,
    parse_groups,
    parse_map_operands,
    print_bound,
    print_groups,
    print_map_operands,
)
from couloir.ir.affine import AffineConstant, AffineExpr, AffineMap, IntegerSet
from couloir.ir.attributes import ArrayAttr, DenseArrayAttr, IntegerAttr, IntegerSetAttr
from couloir.ir.codecs import array_of, enumeration_as_integer, integer
from couloir.ir.constraints import ElementOf, Holds, SameElementType
from couloir.ir.errors import nearest
from couloir.ir.fields import Operand, Operands, Result, Results, attr, operands, region, result
from couloir.ir.interfaces import (
    Constants,
    LoopLikeOpInterface,
    RegionBranchOpInterface,
    RegionEdge,
    as_integer,
    iterations,
)
from couloir.ir.operation import Block, BlockArgument, Operation, Region, Value
from couloir.ir.text.scopes import Argument
from couloir.ir.traits import (
    IsTerminator,
    MemoryRead,
    MemoryWrite,
    Pure,
    RecursiveMemoryEffects,
    ReturnLike,
    SingleBlock,
)
from couloir.ir.types import AffineMapAttr, IndexType, MemRefType, Type, VectorType, i32, i64, index

if TYPE_CHECKING:
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.printer import Printer
    from couloir.ir.text.scopes import OperandName, OperationReader


def _map_fits(op: Any) -> bool | str:
    inputs = op.map.dim_count + op.map.symbol_count
    return len(op.map_operands) == inputs or f"{len(op.map_operands)} operands for a map of {inputs}"


def _access_fits(op: Any) -> bool | str:
    inputs = op.map.dim_count + op.map.symbol_count
    if len(op.indices) != inputs:
        return f"{len(op.indices)} operands for a map of {inputs}"
    rank = op.memref.type.rank
    return len(op.map.results) == rank or f"{len(op.map.results)} indices for rank {rank}"


_ACCESS = Holds("the map takes the operands and gives one index for each dimension", _access_fits)
_MAP = Holds("the map takes the operands", _map_fits)


class Yield(Operation, name="affine.yield", traits=(IsTerminator, ReturnLike, Pure)):
    """Ends the body of a loop or branch with the values that it gives."""

    arguments: Operands[Type] = operands(default=())

    assembly_format = "attr-dict ($arguments^ `:` type($arguments))?"


class For(
    Operation,
    name="affine.for",
    traits=(SingleBlock, RecursiveMemoryEffects, RegionBranchOpInterface, LoopLikeOpInterface),
):
    """A loop from the largest of the lower bounds to the smallest of the upper bounds, exclusive.

    The body's first argument is the loop variable; the others are the values carried from one iteration to the next,
    which begin as `inits` and come out as the results.
    """

    lower_bound_operands: Operands[IndexType]
    upper_bound_operands: Operands[IndexType]
    inits: Operands[Type]
    lower_bound_map: AffineMap = attr(key="lowerBoundMap")
    upper_bound_map: AffineMap = attr(key="upperBoundMap")
    step: int = attr(codec=index)
    body: Region = region(default=None, blocks="one")
    results_: Results[Type] = result()

    def infer(self) -> Sequence[Type]:
        return [value.type for value in self.inits]

    def verify(self) -> Iterator[str]:
        if self.step <= 0:
            yield f"the step is positive, not {self.step}"
        for label, bound, values in (
            ("lower", self.lower_bound_map, self.lower_bound_operands),
            ("upper", self.upper_bound_map, self.upper_bound_operands),
        ):
            if len(values) != input_count(bound):
                yield f"the {label} bound's map does not take its {len(values)} operands"
            if not bound.results:
                yield f"the {label} bound has no expression"
        wanted = [index, *(value.type for value in self.inits)]
        if [a.type for a in self.body.block.arguments] != wanted:
            yield f"the body takes the loop variable and the carried values: {', '.join(map(str, wanted))}"

    def entry_edges(self, constants: Constants) -> list[RegionEdge]:
        first = len(self.operands) - len(self.inits)
        bounds = constants[:first]
        runs = self._trip_count(bounds)
        enter = RegionEdge(self.body, self.body.block.arguments[1:], self.inits, first)
        leave = RegionEdge(None, self.results, self.inits, first)
        return [enter, leave] if runs is None else [enter] if runs else [leave]

    def exit_edges(self, terminator: Operation, constants: Constants) -> list[RegionEdge]:
        given = terminator.operands
        return [
            RegionEdge(self.body, self.body.block.arguments[1:], given, 0),
            RegionEdge(None, self.results, given, 0),
        ]

    def loop_regions(self) -> list[Region]:
        return [self.body]

    def static_trip_count(self) -> int | None:
        return self._trip_count([None] * (len(self.operands) - len(self.inits)))

    def _trip_count(self, bounds: Constants) -> int | None:
        numbers = [as_integer(constant) for constant in bounds]
        count = len(self.lower_bound_operands)
        lower = _bound(self.lower_bound_map, numbers[:count])
        upper = _bound(self.upper_bound_map, numbers[count:])
        return None if lower is None or upper is None else iterations(max(lower), min(upper), self.step)

    def print(self, p: Printer) -> None:
        p.write(" ")
        p.operand(self.variable)
        p.location_of_argument(self.variable)
        p.write(" = ")
        print_bound(p, self, "lowerBoundMap", self.lower_bound_operands, "max")
        p.write(" to ")
        print_bound(p, self, "upperBoundMap", self.upper_bound_operands, "min")
        if self.step != 1:
            p.write(f" step {self.step}")
        if self.inits:
            p.write(" iter_args(")
            for number, (argument, value) in enumerate(zip(self.body.block.arguments[1:], self.inits, strict=True)):
                p.write(", " if number else "")
                p.operand(argument)
                p.write(" = ")
                p.operand(value)
            p.write(") -> (")
            p.types_of(self.inits)
            p.write(")")
        p.write(" ")
        p.region(self.body, print_terminators=bool(self.inits))
        p.attr_dict(self, elided=self.definition.attribute_keys)

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        names = [p.operand_name()]
        location = p.optional_location()
        p.expect("=")
        lower, lower_names = parse_bound(p, "max")
        p.expect_keyword("to")
        upper, upper_names = parse_bound(p, "min")
        step = p.integer("a step") if p.optional_keyword("step") else 1
        carried: list[tuple[OperandName, OperandName]] = []
        types: list[Type] = []
        if p.optional_keyword("iter_args"):
            carried = p.comma_separated(lambda: _parse_carried(p))
            types = p.optional_arrow_types()
        names += [name for name, _ in carried]
        inits = p.resolve_all([value for _, value in carried], types)
        bounds = [p.resolve(name, index) for name in (*lower_names, *upper_names)]
        arguments = [Argument(name, type, None, {}) for name, type in zip(names, [index, *types], strict=True)]
        arguments[0] = arguments[0]._replace(location=location)
        body = yield p.region_request(arguments)
        p.ensure_terminator(body, Yield)
        attributes = p.attr_dict()
        attributes["lowerBoundMap"], attributes["upperBoundMap"] = AffineMapAttr(lower), AffineMapAttr(upper)
        attributes["step"] = IntegerAttr(step, index)
        attributes["operandSegmentSizes"] = DenseArrayAttr(i32, (len(lower_names), len(upper_names), len(inits)))
        return p.build(cls, [*bounds, *inits], attributes, [body], result_types=types)

    @classmethod
    def constant(cls, lower: int, upper: int, step: int = 1, inits: Sequence[Value[Any]] = ()) -> For:
        """A loop with constant bounds and an empty body: add ops with `at_end(loop.body.block)` and a `Yield`."""
        block = Block([index, *(value.type for value in inits)])
        return cls((), (), inits, AffineMap.constant(lower), AffineMap.constant(upper), step, Region([block]))

    @property
    def variable(self) -> BlockArgument[Any]:
        """The loop variable."""
        return self.body.block.arguments[0]

    @property
    def constant_bounds(self) -> tuple[int, int] | None:
        """Lower and upper bound when both are plain numbers."""
        ends: list[int] = []
        for map in (self.lower_bound_map, self.upper_bound_map):
            if len(map.results) != 1 or not isinstance(map.results[0], AffineConstant):
                return None
            ends.append(map.results[0].value)
        return ends[0], ends[1]


def _bound(map: AffineMap, numbers: Sequence[int | None]) -> tuple[int, ...] | None:
    """The values of a bound's expressions; None when one of its operands is not known."""
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return None
    try:
        return map.evaluate(known[: map.dim_count], known[map.dim_count :])
    except ZeroDivisionError:
        return None  # undefined: running it says so


def _parse_carried(p: Parser) -> tuple[OperandName, OperandName]:
    name = p.operand_name()
    p.expect("=")
    return name, p.operand_name()


class AtomicRMWKind(enum.Enum):
    """How the values that the iterations of a parallel loop give are combined."""

    ADDF = "addf"
    ADDI = "addi"
    ANDI = "andi"
    ASSIGN = "assign"
    MAXIMUMF = "maximumf"
    MAXNUMF = "maxnumf"
    MAXS = "maxs"
    MAXU = "maxu"
    MINIMUMF = "minimumf"
    MINNUMF = "minnumf"
    MINS = "mins"
    MINU = "minu"
    MULF = "mulf"
    MULI = "muli"
    ORI = "ori"
    XORI = "xori"


class Parallel(
    Operation,
    name="affine.parallel",
    traits=(SingleBlock, RecursiveMemoryEffects, RegionBranchOpInterface, LoopLikeOpInterface),
):
    """Loops whose iterations may run in any order. What they yield is combined as `reductions` say.

    The results of the bounds' maps belong to the loops in groups: the largest of a loop's lower bounds counts, and the
    smallest of its upper ones.
    """

    map_operands: Operands[IndexType] = operands(default=())
    reductions: tuple[AtomicRMWKind, ...] = attr(
        codec=array_of(enumeration_as_integer(AtomicRMWKind, i64)), kw_only=True
    )
    lower_bounds_map: AffineMap = attr(key="lowerBoundsMap", kw_only=True)
    lower_bounds_groups: tuple[int, ...] = attr(key="lowerBoundsGroups", codec=GROUPS, kw_only=True)
    upper_bounds_map: AffineMap = attr(key="upperBoundsMap", kw_only=True)
    upper_bounds_groups: tuple[int, ...] = attr(key="upperBoundsGroups", codec=GROUPS, kw_only=True)
    steps: tuple[int, ...] = attr(codec=array_of(integer(i64)), kw_only=True)
    body: Region = region(default=None, blocks="one")
    outputs: Results[Type] = result()

    @classmethod
    def constant(cls, lower: Sequence[int], upper: Sequence[int], steps: Sequence[int] | None = None) -> Parallel:
        """Loops with constant bounds and an empty body: add ops with `at_end(loop.body.block)` and a `Yield`."""
        ones = (1,) * len(lower)
        return cls(
            reductions=(),
            lower_bounds_map=AffineMap.constant(*lower),
            lower_bounds_groups=ones,
            upper_bounds_map=AffineMap.constant(*upper),
            upper_bounds_groups=ones,
            steps=ones if steps is None else tuple(steps),
            body=Region([Block([index] * len(lower))]),
            result_types=(),
        )

    @property
    def variables(self) -> Sequence[BlockArgument[Any]]:
        """The loop variables, the outermost first."""
        return self.body.block.arguments

    def bounds(self, end: Literal["lower", "upper"]) -> tuple[list[list[AffineExpr]], list[Value[Any]]]:
        """The expressions of each loop's lower or upper bound, and the operands that the map takes."""
        is_lower = end == "lower"
        map = self.lower_bounds_map if is_lower else self.upper_bounds_map
        start = 0 if is_lower else input_count(self.lower_bounds_map)
        expressions = iter(map.results)
        groups = self.lower_bounds_groups if is_lower else self.upper_bounds_groups
        grouped = [[next(expressions) for _ in range(size)] for size in groups]
        return grouped, list(self.map_operands[start : start + input_count(map)])

    def verify(self) -> Iterator[str]:
        maps, groups = (
            (self.lower_bounds_map, self.upper_bounds_map),
            (self.lower_bounds_groups, self.upper_bounds_groups),
        )
        if len(self.map_operands) != sum(map(input_count, maps)):
            yield f"the maps of the bounds do not take its {len(self.map_operands)} operands"
        if any(
            len(m.results) != sum(sizes) or min(sizes, default=1) < 1 for m, sizes in zip(maps, groups, strict=True)
        ):
            yield "the groups divide the results of the bounds' maps among the loops, at least one for each"
        if {len(self.steps)} != {len(sizes) for sizes in groups} or any(step < 1 for step in self.steps):
            yield "there is a positive step for each loop"
        if [argument.type for argument in self.body.block.arguments] != [index] * len(self.steps):
            yield f"the body takes {len(self.steps)} loop variables"
        if len(self.reductions) != len(self.outputs):
            yield "there is a reduction for each result"

    def entry_edges(self, constants: Constants) -> list[RegionEdge]:
        return [RegionEdge(self.body, (), ()), RegionEdge(None, (), ())]

    def exit_edges(self, terminator: Operation, constants: Constants) -> list[RegionEdge]:
        return [RegionEdge(self.body, (), ()), RegionEdge(None, (), ())]  # what is yielded is combined, not passed on

    def loop_regions(self) -> list[Region]:
        return [self.body]

    def static_trip_count(self) -> int | None:
        if self.map_operands:
            return None
        count = 1
        for lowers, uppers, step in zip(self.bounds("lower")[0], self.bounds("upper")[0], self.steps, strict=True):
            count *= iterations(max(e.evaluate(()) for e in lowers), min(e.evaluate(()) for e in uppers), step)
        return count

    def print(self, p: Printer) -> None:
        p.write(" (")
        p.operands(self.variables)
        p.write(") = (")
        print_groups(p, *self.bounds("lower"), self.lower_bounds_map, "max")
        p.write(") to (")
        print_groups(p, *self.bounds("upper"), self.upper_bounds_map, "min")
        p.write(")")
        if any(step != 1 for step in self.steps):
            p.write(f" step ({', '.join(map(str, self.steps))})")
        if self.outputs:
            p.write(f" reduce ({', '.join(quoted(kind) for kind in self.reductions)}) -> (")
            p.types_of(self.outputs)
            p.write(")")
        p.write(" ")
        p.region(self.body, print_terminators=bool(self.outputs))
        p.attr_dict(self, elided=self.definition.attribute_keys)

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        variables = p.operand_list()
        p.expect("=")
        lower, lower_groups, lower_operands = parse_groups(p, "max")
        p.expect_keyword("to")
        upper, upper_groups, upper_operands = parse_groups(p, "min")
        steps = p.comma_separated(p.integer) if p.optional_keyword("step") else [1] * len(variables)
        kinds: list[AtomicRMWKind] = []
        if p.optional_keyword("reduce"):
            kinds = p.comma_separated(lambda: _parse_kind(p))
        types = p.optional_arrow_types()
        body = yield p.region_request([Argument(name, index, None, {}) for name in variables])
        p.ensure_terminator(body, Yield)
        numbers = [list(AtomicRMWKind).index(kind) for kind in kinds]
        attributes = {
            **p.attr_dict(),
            "reductions": ArrayAttr(tuple(IntegerAttr(number, i64) for number in numbers)),
            "lowerBoundsMap": AffineMapAttr(lower),
            "lowerBoundsGroups": group_sizes(lower_groups),
            "upperBoundsMap": AffineMapAttr(upper),
            "upperBoundsGroups": group_sizes(upper_groups),
            "steps": ArrayAttr(tuple(IntegerAttr(step, i64) for step in steps)),
        }
        operands = [p.resolve(name, index) for name in (*lower_operands, *upper_operands)]
        return p.build(cls, operands, attributes, [body], result_types=types)


def quoted(kind: AtomicRMWKind) -> str:
    """The name of a reduction as the text has it."""
    return f'"{kind.value}"'


def _parse_kind(p: Parser) -> AtomicRMWKind:
    at = p.position
    name = p.string_literal("a reduction")
    names = [kind.value for kind in AtomicRMWKind]
    if name not in names:
        raise p.error(f"there is no reduction `{name}`", at=at, hint=nearest(name, names))
    return AtomicRMWKind(name)


class If(Operation, name="affine.if", traits=(RecursiveMemoryEffects, RegionBranchOpInterface)):
    """Runs the first region where the operands lie in the integer set, the second elsewhere."""

    condition_operands: Operands[IndexType]
    condition: IntegerSet
    then_region: Region = region(default=None, blocks="one")
    else_region: Region = region(default=None)
    results_: Results[Type] = result()

    def infer(self) -> list[Type]:
        block = self.then_region.first_block
        last = None if block is None else block.last_op
        return [] if last is None else [value.type for value in last.operands]

    def verify(self) -> Iterator[str]:
        if len(self.condition_operands) != self.condition.dim_count + self.condition.symbol_count:
            yield f"the condition does not take its {len(self.condition_operands)} operands"
        if any(block.arguments for branch in (self.then_region, self.else_region) for block in branch.blocks):
            yield "its regions take no arguments"
        types = [value.type for value in self.results_]
        if types and self.else_region.is_empty:
            yield "with results, there is an else region"
        for branch in (self.then_region, self.else_region):
            for block in branch.blocks:
                last = block.last_op
                if last is not None and [value.type for value in last.operands] != types:
                    yield f"its regions yield values of the types of the results: ({', '.join(map(str, types))})"

    def entry_edges(self, constants: Constants) -> list[RegionEdge]:
        numbers = [number for number in map(as_integer, constants) if number is not None]
        taken = [self.then_region, self.else_region]
        if len(numbers) == len(constants):
            count = self.condition.dim_count
            with suppress(ZeroDivisionError):  # undefined: running it says so
                taken = [taken[not self.condition.contains(numbers[:count], numbers[count:])]]
        return [RegionEdge(None if region.is_empty else region, (), ()) for region in taken]

    def exit_edges(self, terminator: Operation, constants: Constants) -> list[RegionEdge]:
        return [RegionEdge(None, self.results, terminator.operands, 0)]

    def print(self, p: Printer) -> None:
        p.write(" ")
        p.attribute(self.attributes.get("condition"))
        print_map_operands(p, self.condition_operands, self.condition.dim_count)
        if self.results_:
            p.write(" -> ")
            p.result_types([value.type for value in self.results_])
        p.write(" ")
        p.region(self.then_region, print_terminators=bool(self.results_))
        if not self.else_region.is_empty:
            p.write(" else ")
            p.region(self.else_region, print_terminators=bool(self.results_))
        p.attr_dict(self, elided=("condition",))

    @classmethod
    def parse(cls, p: Parser) -> OperationReader:
        at = p.position
        condition = p.attribute()
        if not isinstance(condition, IntegerSetAttr):
            raise p.error(f"expected `affine_set<...>`, found `{condition}`", at=at)
        names = parse_map_operands(p, condition.set.dim_count, condition.set.symbol_count)
        operands = [p.resolve(name, index) for name in names]
        types = p.optional_arrow_types()
        then = yield p.region_request()
        p.ensure_terminator(then, Yield)
        otherwise = Region()
        if p.optional_keyword("else"):
            otherwise = yield p.region_request()
            p.ensure_terminator(otherwise, Yield)
        attributes = {**p.attr_dict(), "condition": condition}
        return p.build(cls, operands, attributes, [then, otherwise], result_types=types)


class Apply(Operation, name="affine.apply", traits=(Pure,)):
    """The value of an affine map with one result."""

    map_operands: Operands[IndexType]
    map: AffineMap = attr()
    result: Result[Type] = result()

    constraints = (_MAP, Holds("the map has one result", lambda op: len(op.map.results) == 1))
    assembly_format = "custom<MapAndOperands>($map, $map_operands) attr-dict"

    def infer(self) -> Type:
        return index


class Min(Operation, name="affine.min", traits=(Pure,)):
    """The least of the results of an affine map."""

    operands_: Operands[IndexType]
    map: AffineMap = attr()
    result: Result[Type] = result()

    constraints = (
        Holds(
            "the map takes the operands, and has results",
            lambda op: len(op.operands_) == input_count(op.map) and len(op.map.results) > 0,
        ),
    )
    assembly_format = "custom<MapAndOperands>($map, $operands_) attr-dict"

    def infer(self) -> Type:
        return index


class Max(Operation, name="affine.max", traits=(Pure,)):
    """The greatest of the results of an affine map."""

    operands_: Operands[IndexType]
    map: AffineMap = attr()
    result: Result[Type] = result()

    constraints = (
        Holds(
            "the map takes the operands, and has results",
            lambda op: len(op.operands_) == input_count(op.map) and len(op.map.results) > 0,
        ),
    )
    assembly_format = "custom<MapAndOperands>($map, $operands_) attr-dict"

    def infer(self) -> Type:
        return index


class Load(Operation, name="affine.load", traits=(MemoryRead,)):
    """The element at the indices that the map gives."""

    memref: Operand[MemRefType]
    indices: Operands[IndexType]
    map: AffineMap = attr()
    result: Result[Type] = result()

    constraints = (_ACCESS,)
    assembly_format = "$memref `` custom<Access>($map, $indices) attr-dict `:` type($memref)"

    def infer(self) -> Type:
        return self.memref.type.element_type


class Store(Operation, name="affine.store", traits=(MemoryWrite,)):
    """Writes an element at the indices that the map gives."""

    value: Operand[Type]
    memref: Operand[MemRefType]
    indices: Operands[IndexType]
    map: AffineMap = attr()

    constraints = (_ACCESS, ElementOf("value", "memref"))
    assembly_format = "$value `,` $memref `` custom<Access>($map, $indices) attr-dict `:` type($memref)"


class VectorLoad(Operation, name="affine.vector_load", traits=(MemoryRead,)):
    """A vector of adjacent elements, beginning at the indices that the map gives. The type is given."""

    memref: Operand[MemRefType]
    indices: Operands[IndexType]
    map: AffineMap = attr()
    result: Result[VectorType] = result()

    constraints = (_ACCESS,)
    assembly_format = "$memref `` custom<Access>($map, $indices) attr-dict `:` type($memref) `,` type($result)"


class VectorStore(Operation, name="affine.vector_store", traits=(MemoryWrite,)):
    """Writes a vector to adjacent elements, beginning at the indices that the map gives."""

    value: Operand[VectorType]
    memref: Operand[MemRefType]
    indices: Operands[IndexType]
    map: AffineMap = attr()

    constraints = (_ACCESS, SameElementType("value", "memref"))
    assembly_format = (
        "$value `,` $memref `` custom<Access>($map, $indices) attr-dict `:` type($memref) `,` type($value)"
    )


def access_map(rank_of_loops: int, indices: Sequence[AffineExpr]) -> AffineMap:
    """The map of an access: from the loop variables to one expression for each dimension."""
    return AffineMap(rank_of_loops, 0, tuple(indices))
