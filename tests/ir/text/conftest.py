"""A small dialect, `sample`, with an op for each thing that texts of ops can do; random IR; a comparison of IR."""

from __future__ import annotations

import enum
import random
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from couloir.ir.attributes import (
    ArrayAttr,
    DictionaryAttr,
    FloatAttr,
    IntegerAttr,
    StringAttr,
    SymbolRefAttr,
    UnitAttr,
    enum_attribute,
)
from couloir.ir.codecs import SYMBOL_NAME, UNIT_FLAG, enumeration_as_integer
from couloir.ir.constraints import INDEX, SameElementType, SameType
from couloir.ir.fields import (
    Operand,
    Operands,
    OptionalOperand,
    Result,
    Results,
    attr,
    attr_default,
    attr_optional,
    operands,
    region,
    result,
    successor,
)
from couloir.ir.location import UNKNOWN, FileLineColLoc, NameLoc
from couloir.ir.operation import Block, Operation, Region, UnregisteredOp, Value
from couloir.ir.text.custom import custom_directive
from couloir.ir.traits import IsolatedFromAbove, IsTerminator
from couloir.ir.types import FunctionType, MemRefType, TensorType, Type, f32, i1, i32, index


@enum_attribute("sample.mode")
class Mode(enum.Enum):
    UP = "up"
    DOWN = "down"
    BOTH = "both ways"


class Add(Operation, name="sample.add"):
    lhs: Operand[Type]
    rhs: Operand[Type]
    mode: Mode = attr_default(Mode.UP)
    result: Result[Type] = result()
    constraints = (SameType("lhs", "rhs", "result"),)
    assembly_format = "$lhs `,` $rhs (`mode` $mode^)? attr-dict `:` type($result)"


class Values(Operation, name="sample.values"):
    """One attribute of each form."""

    number: int = attr(codec=i32)
    real: float = attr(codec=f32)
    truth: bool
    text: str
    order: Mode = attr(codec=enumeration_as_integer(Mode))
    target: str = attr(codec=SYMBOL_NAME)
    kind: Type
    sizes: tuple[int, ...] = attr_optional()
    flag: bool = attr_optional(default=False, codec=UNIT_FLAG)
    result: Result[Type] = result()
    assembly_format = """
        $number $real $truth $text $order $target $kind
        (`sizes` `=` $sizes^)? (`flag` $flag^)? attr-dict
    """

    def infer(self) -> Type:
        return i32


class Return(Operation, name="sample.return", traits=(IsTerminator,)):
    arguments: Operands[Type] = ()
    assembly_format = "($arguments^ `:` type($arguments))? attr-dict"


class Yield(Operation, name="sample.yield", traits=(IsTerminator,)):
    arguments: Operands[Type] = ()
    assembly_format = "($arguments^ `:` type($arguments))? attr-dict"


class Loop(Operation, name="sample.loop"):
    count: Operand[Type]
    inits: Operands[Type] = ()
    body: Region = region()
    outs: Results[Type] = result()
    implicit_terminator = "sample.yield"
    assembly_format = """
        $count (`iter_args` `(` $inits^ `:` type($inits) `)`)? $body attr-dict `:` type($count) (`->` type($outs)^)?
    """


class Branch(Operation, name="sample.br", traits=(IsTerminator,)):
    arguments: Operands[Type] = ()
    dest: Block = successor()
    assembly_format = "$dest (`(` $arguments^ `:` type($arguments) `)`)? attr-dict"


class Switch(Operation, name="sample.switch", traits=(IsTerminator,)):
    on: Operand[Type]
    first: Block = successor()
    others: tuple[Block, ...] = ()
    assembly_format = "$on `:` type($on) `,` $first (`or` $others^)? attr-dict"


class Store(Operation, name="sample.store"):
    """Types that the text leaves out: by relation, and because there is one only."""

    value: Operand[Type]
    memref: Operand[MemRefType]
    indices: Operands[Type] = operands(elements=INDEX)
    constraints = (SameElementType("value", "memref"),)
    assembly_format = "$value `,` $memref `[` $indices `]` attr-dict `:` type($memref)"


class Pick(Operation, name="sample.pick"):
    """Two groups of operands whose sizes the text tells."""

    base: OptionalOperand[Type] = None
    rest: Operands[Type] = ()
    result: Result[Type] = result()
    assembly_format = """
        (`base` $base^ `:` type($base)) : (`nothing`)? (`rest` $rest^ `:` type($rest))? attr-dict `->` type($result)
    """


class Sum(Operation, name="sample.sum"):
    inputs: Operands[Type] = ()
    result: Result[Type] = result()
    assembly_format = "operands attr-dict `:` functional-type(operands, results)"


class Split(Operation, name="sample.split"):
    input: Operand[Type]
    parts: Results[Type] = result()
    assembly_format = "$input prop-dict attr-dict `:` type($input) `to` type(results)"


class Cases(Operation, name="sample.cases"):
    """Any number of regions."""

    arms: tuple[Region, ...] = ()
    assembly_format = "attr-dict (`arms` $arms^)?"


def print_pair(p: Any, op: Operation, value: Value[Any], kind: Type, label: Any, word: str) -> None:
    p.write(word, "<")
    p.operand(value)
    p.write(" as ")
    p.type(kind)
    if label is not None:
        p.write(" ")
        p.attribute(label)
    p.write(">")


def parse_pair(p: Any, word: str) -> tuple[Any, Any, Any]:
    p.expect_keyword(word)
    p.expect("<")
    value = p.operand_name()
    p.expect_keyword("as")
    kind = p.type()
    label = p.optional_attribute()
    p.expect(">")
    return value, kind, label


custom_directive("SamplePair", print_pair, parse_pair)


class Custom(Operation, name="sample.custom"):
    value: Operand[Type]
    label: str | None = attr_optional()
    assembly_format = 'custom<SamplePair>($value, type($value), $label, "pair") attr-dict'


class Swap(Operation, name="sample.swap"):
    """Hooks that write the operands in another order."""

    first: Operand[Type]
    second: Operand[Type]
    result: Result[Type] = result()

    def print(self, p: Any) -> None:
        p.write(" ")
        p.operands((self.second, self.first))
        p.attr_dict(self)
        p.write(" : ")
        p.type(self.result.type)

    @classmethod
    def parse(cls, p: Any) -> Swap:
        names = p.operand_names()
        attributes = p.attr_dict()
        p.expect(":")
        type = p.type()
        second, first = p.resolve_all(names, [type, type])
        return cls.create([first, second], [type], attributes)


class Func(Operation, name="sample.func", traits=(IsolatedFromAbove,)):
    sym_name: str
    function_type: FunctionType
    body: Region = region()
    default_dialect = "sample"

    def print(self, p: Any) -> None:
        p.write(" ")
        p.symbol(self.sym_name)
        p.write("(")
        if not self.body.is_empty:
            for number, argument in enumerate(self.body.first_block.arguments):  # pyright: ignore[reportOptionalMemberAccess]
                p.write(", " if number else "")
                p.block_argument(argument)
        p.write(")")
        p.attr_dict(self, elided=("sym_name", "function_type"), with_keyword=True)
        p.write(" ")
        p.region(self.body)

    @classmethod
    def parse(cls, p: Any) -> Any:
        name = p.symbol_name()
        arguments = p.arguments()
        attributes = p.attr_dict_with_keyword()
        body = yield p.region_request(arguments)
        attributes["sym_name"] = StringAttr(name)
        attributes["function_type"] = FunctionType([a.type for a in arguments], [])
        return cls.create([], [], attributes, [body])


class Faulty(Operation, name="sample.faulty"):
    """Its printer raises, after it has written something and asked for a region."""

    body: Region = region()

    def print(self, p: Any) -> None:
        p.write(" some text")
        p.region(self.body)
        raise ValueError("no\nway")


TYPES = [i32, f32, index, i1, TensorType([2, None], f32), FunctionType([i32], [f32, f32])]
ATTRIBUTES: list[Callable[[random.Random], Any]] = [
    lambda r: IntegerAttr(r.randrange(-9, 9), r.choice([i32, index])),
    lambda r: FloatAttr(r.choice([0.5, -1e30, float("inf")]), f32),
    lambda r: StringAttr(r.choice(["", "%0", 'a"b\\', " loc(", "// no", "}\n{", "\x00é", "^bb0"])),
    lambda r: SymbolRefAttr(r.choice(["f", "a b"]), ("g",)[: r.randrange(2)]),
    lambda r: ArrayAttr([IntegerAttr(1), UnitAttr(), r.choice(TYPES)]),
    lambda r: DictionaryAttr({"x": UnitAttr(), "y z": IntegerAttr(0, i1)}),
    lambda r: r.choice(TYPES),
]
HINTS = [None, "conv", "arg0", "7", "a-b", "x#1", "é"]


class Generator:
    """Makes ops of the dialect `sample` and unregistered ones, each using any value in sight."""

    def __init__(self, seed: random.Random) -> None:
        self.random = seed
        self.left = 40

    def root(self) -> Operation:
        arguments = Block([self.random.choice(TYPES) for _ in range(self.random.randrange(4))])
        values = list(arguments.arguments)
        self.fill(arguments, values, 0)
        body = Region([arguments])
        kind = FunctionType([v.type for v in arguments.arguments], [])
        attributes = {"sym_name": StringAttr("f"), "function_type": kind}
        return Func.create(regions=[body], attributes=attributes, location=self.location())

    def fill(self, block: Block, values: list[Any], depth: int) -> None:
        for _ in range(self.random.randrange(1, 8)):
            if self.left > 0:
                self.left -= 1
                op = self.operation(values, depth)
                op.location = self.location()
                for result in op.results:
                    result.name_hint = self.random.choice(HINTS)
                block.append(op)
                values += op.results

    def operation(self, values: list[Any], depth: int) -> Operation:
        r = self.random
        some = r.sample(values, r.randrange(min(4, len(values) + 1)))
        kind = r.choice(["plain", "plain", "add", "sum", "regions", "loop", "split", "swap"])
        if kind == "regions" and depth < 4:
            regions = [self.region(values, depth) for _ in range(r.randrange(1, 3))]
            return UnregisteredOp.make("t.regions", some, self.types(), self.attributes(), regions)
        if kind == "loop" and values and depth < 4:
            inner = Block([index])
            self.fill(inner, [*values, *inner.arguments], depth + 1)
            inner.append(Yield.create(some))
            return Loop.create([r.choice(values), *some], self.types(), self.attributes(), [Region([inner])])
        if kind == "add" and values:
            value = r.choice(values)
            other = r.choice([v for v in values if v.type is value.type])
            attributes = {**Add.definition.stored, **self.attributes()}
            return Add.create([value, other], [value.type], attributes)
        if kind == "swap" and values:
            value = r.choice(values)
            other = r.choice([v for v in values if v.type is value.type])
            return Swap.create([value, other], [value.type], self.attributes())
        if kind == "split" and values:
            return Split.create([r.choice(values)], [r.choice(TYPES), *self.types()], self.attributes())
        if kind == "sum":
            return Sum.create(some, [r.choice(TYPES)], self.attributes())
        names = self.attributes()
        properties = [name for name in names if r.random() < 0.5]
        return UnregisteredOp.make("t.plain", some, self.types(), names, property_names=properties)

    def region(self, values: list[Any], depth: int) -> Region:
        blocks = [Block([self.random.choice(TYPES) for _ in range(self.random.randrange(3))]) for _ in range(3)]
        blocks = blocks[: self.random.randrange(4)]
        for block in blocks:
            self.fill(block, [*values, *block.arguments], depth + 1)
        for block in blocks:
            targets = [self.random.choice(blocks[1:]) for _ in range(self.random.randrange(3)) if blocks[1:]]
            block.append(UnregisteredOp.make("t.end", [], [], {}, [], targets))
        return Region(blocks)

    def types(self) -> list[Any]:
        return [self.random.choice(TYPES) for _ in range(self.random.randrange(3))]

    def attributes(self) -> dict[str, Any]:
        names = self.random.sample(["a", "b", "c d", "loc", "x.y"], self.random.randrange(3))
        return {name: self.random.choice(ATTRIBUTES)(self.random) for name in names}

    def location(self) -> Any:
        return self.random.choice([UNKNOWN, FileLineColLoc("f", 1, self.random.randrange(3)), NameLoc("n", UNKNOWN)])


def random_op(seed: random.Random) -> Operation:
    """A function with at most 40 ops, blocks and nested regions included."""
    return Generator(seed).root()


def build(name: str, *parts: Any, **more: Any) -> UnregisteredOp:
    return UnregisteredOp.make(name, *parts, **more)


def difference(a: Operation, b: Operation) -> str | None:
    """Where two ops differ, or None. Goes through both with a stack and compares objects, not texts."""
    values: dict[Any, Any] = {}
    blocks: dict[Any, Any] = {}
    pairs = list(zip(a.walk(), b.walk(), strict=False))
    if sum(1 for _ in a.walk()) != sum(1 for _ in b.walk()):
        return "different numbers of ops"
    for x, y in pairs:
        if [r.type for r in x.results] != [r.type for r in y.results]:
            return f"result types of {x.name}"
        values.update(zip(x.results, y.results, strict=True))
        if len(x.regions) != len(y.regions):
            return f"regions of {x.name}"
        for p, q in zip(x.regions, y.regions, strict=True):
            if len(list(p.blocks)) != len(list(q.blocks)):
                return f"blocks of {x.name}"
            for s, t in zip(p.blocks, q.blocks, strict=True):
                blocks[s] = t
                if [v.type for v in s.arguments] != [v.type for v in t.arguments]:
                    return f"block arguments in {x.name}"
                if len(list(s.ops)) != len(list(t.ops)):
                    return f"ops in a block of {x.name}"
                values.update(zip(s.arguments, t.arguments, strict=True))
    for x, y in pairs:
        if x.name != y.name or type(x) is not type(y) or x.attributes != y.attributes:
            return f"{x.name} {x.attributes} and {y.name} {y.attributes}"
        if isinstance(x, UnregisteredOp) and isinstance(y, UnregisteredOp) and x.property_names != y.property_names:
            return f"properties of {x.name}"
        if [values.get(v) for v in x.operands] != list(y.operands):
            return f"operands of {x.name}"
        if [blocks.get(s) for s in x.successors] != list(y.successors):
            return f"successors of {x.name}"
    return None


@pytest.fixture(scope="session")
def same() -> Callable[[Operation, Operation], None]:
    """Asserts that two ops, with everything inside them, are the same."""

    def check(a: Operation, b: Operation) -> None:
        assert difference(a, b) is None

    return check


@pytest.fixture(scope="session")
def sample() -> SimpleNamespace:
    """The classes of the dialect `sample`, and `build` for unregistered ops."""
    return SimpleNamespace(**{k: v for k, v in globals().items() if not k.startswith("_")})
