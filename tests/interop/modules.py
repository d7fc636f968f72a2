"""Random modules that are valid for us and for upstream: what can be said in builtin types, attributes and locations,
unregistered ops with everything that an op can have, and copies of the ops in `texts/` in new places.

A generator asks one `random.Random` for everything, so Hypothesis drives it: `st.randoms(use_true_random=False)`.
"""

from __future__ import annotations

import enum
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from couloir.dialects import cf, func
from couloir.dialects.builtin import ModuleOp
from couloir.ir.affine import AffineConstant, AffineExpr, AffineMap, IntegerSet
from couloir.ir.affine import dims as dimensions
from couloir.ir.affine import symbols as symbol_names
from couloir.ir.attribute import Attribute, OpaqueAttribute, OpaqueType, Type
from couloir.ir.attributes import (
    ArrayAttr,
    DenseArrayAttr,
    DenseElementsAttr,
    DenseObjectElementsAttr,
    DictionaryAttr,
    DistinctAttr,
    FloatAttr,
    IntegerAttr,
    IntegerSetAttr,
    StringAttr,
    SymbolRefAttr,
    UnitAttr,
)
from couloir.ir.codecs import UNIT_FLAG
from couloir.ir.floats import FLOATS, float_dtype, float_from_bits
from couloir.ir.location import (
    UNKNOWN,
    CallSiteLoc,
    FileLineColLoc,
    FileLineColRange,
    FusedLoc,
    Location,
    NameLoc,
    fuse,
)
from couloir.ir.operation import Block, Operation, Region, UnregisteredOp, Value
from couloir.ir.text.parser import parse_module_op
from couloir.ir.traits import IsTerminator
from couloir.ir.types import (
    AffineMapAttr,
    ComplexType,
    FloatType,
    FunctionType,
    IndexType,
    IntegerType,
    MemRefType,
    NoneType,
    StridedLayoutAttr,
    TensorType,
    TupleType,
    UnrankedMemRefType,
    UnrankedTensorType,
    VectorType,
    dtype_of,
    f32,
    i1,
    i32,
    index,
)
from couloir.ir.verify import faults

STRINGS = (
    "", "a", "a b", 'say "x"', "back\\slash", "tab\t", "line\nbreak", "nul\0", "é", "日本", "\x7f", "\udc80", "%0", "@f",
    "// no comment", "loc(", "}", "{-#", "^bb0", "dense<", "0x01", "a" * 70, "%s%n", "\x1b[0m",
)  # fmt: skip
NAMES = ("a", "b.c", "x_1", "_", "$", "true", "i32", "dense", "loc", "a b", "é", "1a", "unit", "a-b", "t.x$", "array")
HINTS = (None, None, "x", "conv1", "a-b", "x.y", "$", "_0", "0", "arg3", "c0", "x_0", "12ab", "é", "-1", "a#1")
MAX_OPS = 24


@cache
def seeds() -> tuple[Operation, ...]:
    """The ops in `texts/` that can stand elsewhere: they refer to no symbol and end no block."""
    found: list[Operation] = []
    for path in sorted(Path(__file__).parent.glob("texts/*.mlir")):
        for op in parse_module_op(path.read_text(encoding="utf-8")).walk():
            alone = op.parent_op is not None and op.parent_op.name == "func.func" and not op.successors
            inside = [op, *(inner for region in op.regions for o in region.ops for inner in o.walk())]
            refers = any(isinstance(a, SymbolRefAttr) for o in inside for a in o.attributes.values())
            if alone and not refers and IsTerminator not in op.traits:
                found.append(op)
    return tuple(found)


class Modules:
    """Makes modules. `registered` ones hold no unregistered ops."""

    def __init__(self, seed: random.Random, *, registered: bool = False) -> None:
        self.random = seed
        self.registered = registered
        # A name with a dot belongs to a dialect, which upstream must know.
        self.names = [name for name in NAMES if "." not in name] if registered else NAMES
        self.prefix = "" if registered else "t."
        self.left = MAX_OPS
        self.distinct: list[DistinctAttr] = []
        self.functions = 0

    # -- types

    def element_type(self) -> Type:
        r = self.random
        makers: list[Callable[[], Type]] = [
            lambda: IntegerType(
                r.choice([1, 2, 4, 8, 16, 32, 64]), r.choice(["signless", "signless", "signed", "unsigned"])
            ),
            lambda: FloatType(r.choice([kind for kind in FLOATS if float_dtype(kind) is not None])),
            IndexType,
            lambda: ComplexType(FloatType(r.choice(["f32", "f64"]))),
        ]
        return r.choice(makers)()

    def dims(self) -> tuple[int, ...]:
        return tuple(self.random.choice([1, 2, 3, 5, 0]) for _ in range(self.random.randrange(4)))

    def type(self, depth: int = 2) -> Type:
        r = self.random
        makers: list[Callable[[], Type]] = [
            self.element_type,
            self.element_type,
            lambda: r.choice([i1, i32, f32, index]),
        ]
        if depth:
            makers += [
                lambda: TensorType(
                    [None if r.random() < 0.2 else d for d in self.dims()], self.element_type(), self.encoding()
                ),
                lambda: UnrankedTensorType(self.element_type()),
                self.vector_type,
                self.memref_type,
                lambda: UnrankedMemRefType(self.element_type(), self.space()),
                lambda: TupleType([self.type(depth - 1) for _ in range(r.choice([0, 1, 2, 17]))]),
                lambda: FunctionType(self.types(depth - 1), self.types(depth - 1)),
                NoneType,
                lambda: IntegerType(r.choice([0, 3, 7, 128, 1000])),
                lambda: FloatType(r.choice(list(FLOATS))),
            ]
            if not self.registered:
                makers.append(lambda: OpaqueType(r.choice(['!t.x<"a>b", [1, {}]>', "!t.y", "!t.z<(i32) -> i32>"])))
        return r.choice(makers)()

    def types(self, depth: int = 1) -> list[Type]:
        return [self.type(depth) for _ in range(self.random.randrange(4))]

    def encoding(self) -> Attribute | None:
        return self.random.choice(
            [None, None, None, StringAttr("enc"), IntegerAttr(1, i32), DictionaryAttr({"a": UnitAttr()})]
        )

    def space(self) -> Attribute | None:
        return self.random.choice([None, None, IntegerAttr(3, IntegerType(64)), IntegerAttr(1, i32), StringAttr("gpu")])

    def vector_type(self) -> Type:
        r = self.random
        element = r.choice([i1, i32, f32, index, FloatType("bf16")])
        dims = [r.randrange(1, 5) for _ in range(r.randrange(3))]
        return VectorType(dims, element, [r.random() < 0.3 for _ in dims])

    def memref_type(self) -> Type:
        r = self.random
        dims = [None if r.random() < 0.3 else r.randrange(1, 5) for _ in range(r.randrange(1, 4))]
        strides = [r.choice([None, 1, 4, 16]) for _ in dims]
        layout = r.choice(
            [None, StridedLayoutAttr(strides, r.choice([0, None, 5])), AffineMapAttr(self.map(len(dims), 0))]
        )
        return MemRefType(dims, r.choice([i1, i32, f32, index, FloatType("f16")]), layout, self.space())

    # -- attributes

    def expression(self, dims: int, symbols: int, depth: int) -> AffineExpr:
        r = self.random
        leaves = [*dimensions(dims), *symbol_names(symbols)]
        if depth == 0 or not leaves or r.random() < 0.3:
            return r.choice([*leaves, AffineConstant(r.randrange(-3, 9))])
        left = self.expression(dims, symbols, depth - 1)
        kind = r.randrange(4)
        if kind < 2:
            return left + self.expression(dims, symbols, depth - 1)
        if kind == 2:
            return left * r.choice([2, -1, 3])
        return r.choice([lambda: left // 3, lambda: left % 4, lambda: left.ceildiv(5)])()

    def map(self, dims: int, symbols: int) -> AffineMap:
        results = [self.expression(dims, symbols, 2) for _ in range(self.random.randrange(1, 3))]
        return AffineMap(dims, symbols, tuple(results))

    def set(self) -> IntegerSet:
        r = self.random
        constraints = [(self.expression(1, 1, 1), r.random() < 0.5) for _ in range(r.randrange(1, 3))]
        return IntegerSet(1, 1, tuple(constraints))

    def integer(self, type: Type) -> IntegerAttr:
        low, high = (type.minimum, type.maximum) if isinstance(type, IntegerType) else (-(1 << 63), (1 << 63) - 1)
        return IntegerAttr(self.random.choice([low, high, min(1, high), 0, self.random.randint(low, high)]), type)

    def floating(self, kind: str) -> FloatAttr:
        bits = self.random.choice([0, 1, self.random.getrandbits(FLOATS[kind][0])])
        try:
            return FloatAttr(float_from_bits(bits, kind), FloatType(kind))
        except Exception:  # noqa: BLE001 -- a few bit patterns of a few formats are no numbers
            return FloatAttr(1.0, FloatType(kind))

    def dense(self) -> DenseElementsAttr:
        r = self.random
        element = self.element_type()
        shape = self.dims() if r.random() < 0.9 else (101,)
        dtype = dtype_of(element)
        size = int(np.prod(shape, dtype=np.int64))
        raw = np.frombuffer(r.randbytes(size * dtype.itemsize), np.uint8)
        width = getattr(element, "width", 64)
        if dtype.name == "bool":
            data = raw % 2 == 1
        elif width < 8:
            data = (raw & ((1 << width) - 1)).view(np.uint8)
            data = data.view(dtype) if isinstance(element, FloatType) else data.astype("i1").astype(dtype)
        else:
            data = raw.view(dtype)
        data = data.reshape(shape)
        if size and r.random() < 0.3:
            data = np.broadcast_to(data[(0,) * len(shape)], shape)
        kind = TensorType if 0 in shape or r.random() < 0.7 or isinstance(element, ComplexType) else VectorType
        return DenseElementsAttr(kind(shape, element), data)

    def objects(self) -> DenseObjectElementsAttr:
        """Constants that NumPy has no dtype for."""
        r = self.random
        shape = self.dims() if r.random() < 0.9 else (101,)
        size = int(np.prod(shape, dtype=np.int64))
        if self.registered or r.random() < 0.6:
            type = IntegerType(r.choice([3, 7, 24, 65, 128]), r.choice(["signless", "signed", "unsigned"]))
            return DenseObjectElementsAttr(TensorType(shape, type), [self.integer(type).value for _ in range(size)])
        type = OpaqueType("!t.string")
        return DenseObjectElementsAttr(TensorType(shape, type), [r.choice(STRINGS) for _ in range(size)])

    def array(self) -> DenseArrayAttr:
        r = self.random
        if r.random() < 0.3:
            kind = r.choice(["f32", "f64"])
            return DenseArrayAttr(FloatType(kind), [self.floating(kind).value for _ in range(r.randrange(4))])
        type = IntegerType(r.choice([1, 8, 16, 32, 64]))
        return DenseArrayAttr(type, [self.integer(type).value for _ in range(r.randrange(4))])

    def make_distinct(self) -> DistinctAttr:
        if not self.distinct or self.random.random() < 0.5:
            self.distinct.append(DistinctAttr(self.attribute(0)))
        return self.random.choice(self.distinct)

    def attribute(self, depth: int = 2) -> Attribute:
        r = self.random
        makers: list[Callable[[], Attribute]] = [
            UnitAttr,
            lambda: self.integer(
                r.choice([i1, i32, index, IntegerType(64), IntegerType(8, "unsigned"), IntegerType(3)])
            ),
            lambda: self.floating(r.choice([kind for kind in FLOATS if kind not in ("f80", "f128")])),
            lambda: StringAttr(r.choice(STRINGS)),
            lambda: SymbolRefAttr(r.choice(["f", *STRINGS[1:]]), tuple(r.choice(NAMES) for _ in range(r.randrange(3)))),
            lambda: AffineMapAttr(self.map(2, 1)),
            lambda: IntegerSetAttr(self.set()),
            self.dense,
            self.dense,
            self.objects,
            self.array,
            lambda: StridedLayoutAttr([r.choice([None, -1, 3])], r.choice([0, None, -2])),
            self.type,
        ]
        if not self.registered:
            makers.append(lambda: OpaqueAttribute(r.choice(['#t.x<"a>b", [1, {}]>', "#t.y", "#t<z (i32) -> i32>"])))
        if depth:
            makers += [
                lambda: ArrayAttr([self.attribute(depth - 1) for _ in range(r.randrange(4))]),
                lambda: DictionaryAttr(self.attributes(depth - 1)),
                self.make_distinct,
                lambda: self.location(1),
            ]
        return r.choice(makers)()

    def attributes(self, depth: int = 2) -> dict[str, Attribute]:
        return {
            name: self.attribute(depth) for name in self.random.sample(self.names, self.random.choice([0, 0, 1, 2, 3]))
        }

    def location(self, depth: int = 2) -> Location:
        r = self.random
        makers: list[Callable[[], Location]] = [
            lambda: UNKNOWN,
            lambda: FileLineColLoc(r.choice(["f.mlir", *STRINGS[1:]]), r.randrange(5), r.randrange(3)),
            lambda: FileLineColRange("f", 1, 2, r.choice([1, 3]), 9),
            lambda: NameLoc(r.choice(STRINGS[1:])),
        ]
        if depth:
            makers += [
                lambda: NameLoc(r.choice(NAMES), self.location(depth - 1)),
                lambda: CallSiteLoc(self.location(depth - 1), self.location(depth - 1)),
                lambda: FusedLoc([NameLoc("p"), NameLoc("q"), *self.fused()]),
                lambda: fuse(self.fused(), metadata=self.attribute(1)),
            ]
        return r.choice(makers)()

    def fused(self) -> list[Location]:
        """Parts of a fused location: none unknown, none twice, none fused itself."""
        found = [FileLineColLoc("g", n, n) for n in range(self.random.randrange(3))]
        return [*found, CallSiteLoc(NameLoc("r"), NameLoc("s"))] if self.random.random() < 0.3 else found

    # -- ops

    def module(self) -> ModuleOp:
        r = self.random
        body = Block()
        module = ModuleOp.create(regions=[Region([body])], location=self.location())
        if r.random() < 0.3:
            module.attributes = {"sym_name": StringAttr(r.choice(["m", *STRINGS[1:]]))}
            if not self.registered:  # a module has attributes of dialects only
                module.attributes["t.x"] = self.attribute()
        for _ in range(r.randrange(1, 3)):
            body.append(self.function())
        if not self.registered:
            values: list[Value[Any]] = []
            for _ in range(r.randrange(3)):
                self.append(body, values, self.unregistered(values, 0))
        return module

    def function(self) -> Operation:
        r = self.random
        entry = Block()
        blocks = [entry]
        values: list[Value[Any]] = []
        for _ in range(r.randrange(3)):
            self.argument(entry, values, self.type())
        self.fill(entry, values, 0)
        blocks += [Block([r.choice([i32, f32, index])]) for _ in range(r.choice([0, 0, 2]))]
        for block in blocks[1:]:
            for argument in block.arguments:
                argument.name_hint = r.choice(HINTS)
                argument.location = self.location(1)
            self.fill(block, [*values, *block.arguments], 0)
        for number, block in enumerate(blocks):
            block.append(self.terminator(block, entry, blocks[number + 1 :]))
        self.functions += 1
        type = FunctionType([a.type for a in entry.arguments], [])
        attributes: dict[str, Attribute] = {"sym_name": StringAttr(f"f{self.functions}"), "function_type": type}
        given = [self.dialect_attributes() for _ in entry.arguments]
        if not self.registered and r.random() < 0.3 and any(given):
            attributes["arg_attrs"] = ArrayAttr([DictionaryAttr(entries) for entries in given])
        if r.random() < 0.3:
            attributes["sym_visibility"] = StringAttr(r.choice(["private", "nested", "public"]))
        attributes |= self.dialect_attributes()
        return func.FuncOp.create([], [], attributes, [Region(blocks)], location=self.location())

    def dialect_attributes(self) -> dict[str, Attribute]:
        return {self.prefix + key: value for key, value in self.attributes().items()}

    def terminator(self, block: Block, entry: Block, later: list[Block]) -> Operation:
        r = self.random
        if not later:
            return func.Return.create(location=self.location())
        targets = r.sample(later, min(len(later), r.randrange(1, 3)))
        passed = [self.wanted(block, entry, [a.type for a in target.arguments]) for target in targets]
        if len(targets) == 1:
            made: Operation = cf.Branch.to(targets[0], passed[0])
        else:
            flag = self.wanted(block, entry, [i1])[0]
            made = cf.CondBranch(flag, passed[0], passed[1], true_dest=targets[0], false_dest=targets[1])
        made.location = self.location()
        return made

    def wanted(self, block: Block, entry: Block, types: list[Type]) -> list[Value[Any]]:
        """Values of the given types that can be used in a block: its own, or arguments of the function."""
        return [self.pick(type, [*block.arguments, *entry.arguments], entry) for type in types]

    def pick(self, type: Type, values: list[Value[Any]], entry: Block) -> Value[Any]:
        known = [value for value in values if value.type is type]
        if known and self.random.random() < 0.8:
            return self.random.choice(known)
        return self.argument(entry, [], type)

    def argument(self, block: Block, values: list[Value[Any]], type: Type) -> Value[Any]:
        argument = block.add_argument(type, None, self.location(1))
        argument.name_hint = self.random.choice(HINTS)
        values.append(argument)
        return argument

    def fill(self, block: Block, values: list[Value[Any]], depth: int) -> None:
        for _ in range(self.random.randrange(1, 6)):
            if self.left > 0:
                self.left -= 1
                copied = depth == 0 and (self.registered or self.random.random() < 0.6)
                op = self.copy(block, values) if copied else self.unregistered(values, depth)
                self.append(block, values, op)

    def append(self, block: Block, values: list[Value[Any]], op: Operation) -> None:
        for inner in op.walk():
            inner.location = self.location()
        hint = self.random.choice(HINTS)
        for result in op.results:
            result.name_hint = hint if self.random.random() < 0.7 else self.random.choice(HINTS)
        block.append(op)
        values += op.results

    def copy(self, block: Block, values: list[Value[Any]]) -> Operation:
        """An op of the texts, with other operands of the same types."""
        seed = self.random.choice(seeds())
        entry = block.parent.first_block if block.parent is not None else block
        mapping: dict[Value[Any], Value[Any]] = {}
        inside = list(seed.walk())
        own = {value for op in inside for value in op.results}
        own |= {a for op in inside for region in op.regions for b in region.blocks for a in b.arguments}
        for op in inside:
            for operand in op.operands:
                if operand not in own and operand not in mapping:
                    # An index that is an argument of the function can stand in an affine map.
                    known = [] if operand.type is index else values
                    mapping[operand] = self.pick(operand.type, [*known, *entry.arguments], entry)
        made = seed.clone(mapping)
        self.vary(made)
        known_keys = made.definition.attribute_keys
        extra = {key: value for key, value in self.attributes().items() if key not in known_keys}
        made.attributes = {**made.attributes, **extra}
        return made

    def vary(self, op: Operation) -> None:
        """Sets some of an op's own attributes to other values of their enum, as long as the op stays valid."""
        r = self.random
        for field in op.definition.attributes:
            stored = op.attributes.get(field.key)
            if field.codec is None or r.random() < 0.5:
                continue
            value = None if stored is None else field.codec.decode(stored)
            if isinstance(value, enum.Flag):
                members = list(type(value))
                value = type(value)(0)
                for member in r.sample(members, r.randrange(len(members) + 1)):
                    value |= member
            elif isinstance(value, enum.Enum):
                value = r.choice(list(type(value)))
            elif isinstance(value, bool) and field.codec is not UNIT_FLAG:
                value = not value
            else:
                continue
            before = op.attributes
            op.attributes = {**before, field.key: field.codec.encode(value)}
            if any(faults(op)):
                op.attributes = before

    def unregistered(self, values: list[Value[Any]], depth: int) -> Operation:
        r = self.random
        names = self.attributes()
        own = [name for name in names if r.random() < 0.4]
        operands = [r.choice(values) for _ in range(r.randrange(4))] if values else []
        regions = (
            [self.region(values, depth) for _ in range(r.randrange(1, 3))] if depth < 3 and r.random() < 0.3 else []
        )
        name = r.choice(["t.x", "t.y$z", "u.v.w", "t.loop_"])
        return UnregisteredOp.make(name, operands, self.types(), names, regions, property_names=own)

    def region(self, values: list[Value[Any]], depth: int) -> Region:
        r = self.random
        blocks = [Block(self.types()) for _ in range(r.choice([0, 1, 1, 2, 3]))]
        for block in blocks:
            for argument in block.arguments:
                argument.name_hint = r.choice(HINTS)
                argument.location = self.location(1)
            self.fill(block, [*values, *block.arguments], depth + 1)
        for block in blocks:
            targets = [r.choice(blocks[1:]) for _ in range(r.randrange(3)) if blocks[1:]]
            block.append(UnregisteredOp.make("t.end", [], [], self.attributes(), [], targets))
        return Region(blocks)
