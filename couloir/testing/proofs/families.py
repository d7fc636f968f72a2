"""Families of programs: one program with its sizes and integer attributes left open.

What may vary is named by an atom: `%arg0[1]` is the size of the second dimension of the first argument, `slice.start_indices[0]` an
attribute. The rest is fixed: the ops and how they are connected, ranks, element types, axes, and the values of constants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import attrs
import numpy as np

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import DenseArrayAttr, DenseElementsAttr
from couloir.ir.definition import can_infer, infer, result_types_of
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, OpResult, Region, Value
from couloir.ir.rewriting.rewriter import is_dead
from couloir.ir.traits import ConstantLike
from couloir.ir.types import FunctionType, TensorType, TupleType, UnrankedTensorType, VectorType
from couloir.passes.running import public_functions
from couloir.testing.proofs.expressions import Atom, of, symbol
from couloir.testing.proofs.structure import listing, op_key, shape_of
from couloir.testing.proofs.tracing import Trace

OPEN_ATTRIBUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "stablehlo.slice": ("start_indices", "limit_indices", "strides"),
    "stablehlo.pad": ("edge_padding_low", "edge_padding_high", "interior_padding"),
    "stablehlo.dynamic_slice": ("slice_sizes",),
    "stablehlo.gather": ("slice_sizes",),
    "stablehlo.convolution": ("window_strides", "lhs_dilation", "rhs_dilation"),
    "stablehlo.reduce_window": ("window_dimensions", "window_strides", "base_dilations", "window_dilations"),
}
"""Attributes that are sizes, positions or steps, by op. All others, axes among them, are part of the structure."""
MAX_OPS: Final = 40
_ELEMENT: Final = re.compile(r"(?<=[x<])(?:[a-z]+[0-9]+[0-9A-Z]*|complex<f[0-9]+>)(?=>)")
_VALUE: Final = re.compile(r"(?<=dense<)[^>]*(?=>)")


@attrs.define(eq=False)
class Family:
    """Programs like `module`.

    Attributes:
        module: One of them.
        values: The atoms, with their values there.
        structure: What its programs have in common, as text.
        shape: The same, whatever the element types are.
    """

    module: ModuleOp
    values: dict[Atom, int] = attrs.field(factory=dict)
    structure: str = ""
    shape: str = ""
    _follows: dict[Operation, bool] = attrs.field(factory=dict)

    @classmethod
    def of(cls, module: ModuleOp) -> Family:
        """The family of a program with one function, without what its results do not need.

        Raises `couloir.Error` where it has none.
        """
        copy = module.clone()
        functions = public_functions(copy)
        if len(functions) != 1 or len(list(functions[0].body.blocks)) != 1:
            raise Error("a program of several functions or blocks")
        block = functions[0].body.block
        for op in reversed(list(block.ops)):
            if is_dead(op):
                op.erase()
        ops = list(copy.walk())
        if len(ops) > MAX_OPS:
            raise Error(f"the program has more than {MAX_OPS} ops")
        for op in ops:
            for value in op.results:
                _check_type(value.type)
        for argument in block.arguments:
            _check_type(argument.type)
        made = cls(copy)
        made.build(made._first_value)
        trace = Trace(made.values)
        made.structure = listing(made.build(lambda atom, _: trace.integer(of(atom))))
        made.shape = _ELEMENT.sub("?", _VALUE.sub("?", made.structure))
        return made

    @property
    def shapes(self) -> list[tuple[tuple[int, ...], Type]]:
        """Sizes and element types of all its tensors, vectors and numbers."""
        used = [argument for argument in self.block.arguments if argument.has_uses]
        values = [*used, *(value for op in self.block.ops for value in op.results)]
        return [found for value in values if (found := shape_of(value.type)) is not None]

    @property
    def has_fixed_sizes(self) -> bool:
        """Whether there are constants with several values, or none: their sizes do not vary."""
        constants = [op for op in self.module.walk() if op.has_trait(ConstantLike) and op.results[0].has_uses]
        return any(_splat(op) is None and shape_of(op.results[0].type) != ((), op.results[0].type) for op in constants)

    @property
    def rank(self) -> int:
        """The largest rank."""
        return max((len(sizes) for sizes, _ in self.shapes), default=0)

    @property
    def element_types(self) -> frozenset[str]:
        """The element types."""
        return frozenset(str(element) for _, element in self.shapes)

    @property
    def block(self) -> Block:
        """The body of the function."""
        return public_functions(self.module)[0].body.block

    def _first_value(self, atom: Atom, value: int) -> int:
        self.values[atom] = value
        return value

    def program(self, values: Mapping[Atom, int]) -> ModuleOp:
        """The program with these sizes and attributes. Raises `couloir.Error` when there is none."""
        return self.build(lambda atom, _: values[atom])

    def build(self, number: Callable[[Atom, int], int]) -> ModuleOp:
        """A program; `number` is given each atom and its value in `module`, and says what takes its place."""
        return _Building(self._follows, number).module(self.block)


def essence(module: ModuleOp, apply: Callable[[ModuleOp], bool]) -> ModuleOp | None:
    """What a rule needs of a program in which it fires: the results that change, and of what they are made what the rule looks at.

    An op is taken for an argument when the rule then does the very same. None when no result changes.
    """
    keys = _Keys()
    current = module.clone()
    after = current.clone()
    if not apply(after):
        return None
    old, new = (keys.results(program, {}) for program in (current, after))
    kept = [n for n, (x, y) in enumerate(zip(old, new, strict=True)) if x != y]
    if not kept:
        return None
    _keep_results(current, kept)
    wanted = [new[n] for n in kept]
    arguments: dict[int, int] = {n: keys.argument(n) for n in range(len(_function(current).body.block.arguments))}
    count = len(list(_function(current).body.block.ops))
    for place in reversed(range(count - 1)):
        attempt = current.clone()
        op = list(_function(attempt).body.block.ops)[place]
        stands_for = keys.of_op(attempt, op, arguments)
        first = len(_function(attempt).body.block.arguments)
        for result in op.results:
            result.replace_all_uses_with(_function(attempt).body.block.add_argument(result.type))
        op.erase()
        _update_type(_function(attempt))
        named = {**arguments, **{first + n: key for n, key in enumerate(stands_for)}}
        changed = attempt.clone()
        try:
            if apply(changed) and keys.results(changed, named) == wanted:
                current, arguments = attempt, named
        except Error:
            continue
    return current


def _function(module: ModuleOp) -> FuncOp:
    return public_functions(module)[0]


def _keep_results(module: ModuleOp, kept: Sequence[int]) -> None:
    function = _function(module)
    last = function.body.block.last_op
    assert last is not None
    last.set_operands([last.operands[n] for n in kept])
    _update_type(function)


def _update_type(function: FuncOp) -> None:
    block = function.body.block
    last = block.last_op
    assert last is not None
    function.function_type = FunctionType([a.type for a in block.arguments], [v.type for v in last.operands])


class _Keys:
    """Numbers for values: equal ones for values that equal ops make of equal ones."""

    def __init__(self) -> None:
        self.numbers: dict[object, int] = {}

    def argument(self, position: int) -> int:
        return self._number(("argument", position))

    def _number(self, key: object) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def _values(self, module: ModuleOp, arguments: Mapping[int, int]) -> dict[Value[Any], int]:
        block = _function(module).body.block
        known: dict[Value[Any], int] = {}
        known.update((a, arguments.get(n, self.argument(n))) for n, a in enumerate(block.arguments))
        for op in block.ops:
            key = op_key(op, known)
            for result in op.results:
                known[result] = self._number((key, result.index))
        return known

    def results(self, module: ModuleOp, arguments: Mapping[int, int]) -> list[int]:
        known = self._values(module, arguments)
        last = _function(module).body.block.last_op
        return [] if last is None else [known[value] for value in last.operands]

    def of_op(self, module: ModuleOp, op: Operation, arguments: Mapping[int, int]) -> list[int]:
        known = self._values(module, arguments)
        return [known[result] for result in op.results]


def _check_type(type: Type) -> None:
    if isinstance(type, UnrankedTensorType) or (isinstance(type, TensorType) and not type.is_static):
        raise Error("a size is not known before the program runs")


def _splat(op: Operation) -> DenseElementsAttr | None:
    """The constant of an op, if it has one value and sizes that may vary."""
    stored = op.stored_attributes.get("value")
    if isinstance(stored, DenseElementsAttr) and isinstance(stored.type, TensorType | VectorType) and stored.is_splat:
        return stored
    return None


class _Building:
    def __init__(self, follows: dict[Operation, bool], number: Callable[[Atom, int], int]) -> None:
        self.follows = follows
        self.number = number
        self.names: dict[str, int] = {}

    def module(self, source: Block) -> ModuleOp:
        used = [argument for argument in source.arguments if argument.has_uses]
        block = Block([self.type(argument.type, f"%arg{number}") for number, argument in enumerate(used)])
        values: dict[Value[Any], Value[Any]] = dict(zip(used, block.arguments, strict=True))
        self.fill(source, block, values)
        last = block.last_op
        results = [] if last is None else [value.type for value in last.operands]
        type = FunctionType([argument.type for argument in block.arguments], results)
        return ModuleOp.empty([FuncOp("main", type, body=Region([block]))])

    def fill(self, source: Block, block: Block, values: dict[Value[Any], Value[Any]]) -> None:
        """Puts the ops of a block into another; `values` maps the values of the one to those of the other."""
        for op in source.ops:
            made = self.op(op, values)
            block.append(made)
            values.update(zip(op.results, made.results, strict=True))

    def op(self, op: Operation, values: dict[Value[Any], Value[Any]]) -> Operation:
        kind = op.name.rpartition(".")[2]
        count = self.names[kind] = self.names.get(kind, 0) + 1
        name = kind if count == 1 else f"{kind}#{count}"
        operands = [values[value] for value in op.operands]
        splat = _splat(op) if op.has_trait(ConstantLike) else None
        if splat is not None:
            return type(op).create((), *self.constant(op, splat, name))
        stored = dict(op.stored_attributes)
        for key in OPEN_ATTRIBUTES.get(op.name, ()):
            if key in stored:
                stored[key] = self.attribute(stored[key], f"{name}.{key}")
        regions = [self.region(region, values, name) for region in op.regions]
        if self.types_follow(op):
            made = type(op).create(operands, (), stored, regions)
            made.results = tuple(OpResult(t, made, n) for n, t in enumerate(result_types_of(made, None)))
            return made
        types = [
            self.type(value.type, f"{name}{'' if number == 0 else f'.{number}'}")
            for number, value in enumerate(op.results)
        ]
        return type(op).create(operands, types, stored, regions)

    def types_follow(self, op: Operation) -> bool:
        """Whether the types of the results follow from the rest of the op."""
        found = self.follows.get(op)
        if found is None:
            bare = op.clone()
            bare.results = ()
            try:
                found = [*infer(bare)] == [value.type for value in op.results] and (
                    can_infer(type(op)) or bool(op.operands)
                )
            except Error:
                found = False
            bare.drop_references()
            self.follows[op] = found
        return found

    def constant(self, op: Operation, stored: DenseElementsAttr, name: str) -> tuple[list[Type], dict[str, Attribute]]:
        assert isinstance(stored.type, TensorType | VectorType)
        new = self.type(stored.type, name)
        assert isinstance(new, TensorType | VectorType)
        for size in new.dims:
            if size == 0:  # then it has no value, and is another program
                raise Error("a constant without elements")
        value: Any = stored.array[(0,) * stored.array.ndim]
        attribute = DenseElementsAttr(new, np.broadcast_to(value, tuple(map(int, new.shape))))
        result = op.results[0].type
        types: list[Type] = [new if result is stored.type else result]
        return types, {**op.stored_attributes, "value": attribute}

    def attribute(self, stored: Attribute, name: str) -> Attribute:
        if not isinstance(stored, DenseArrayAttr):
            return stored
        numbers = [
            self.number(symbol(f"{name}[{position}]", "number"), value) for position, value in enumerate(stored.values)
        ]
        return DenseArrayAttr(stored.element_type, tuple(numbers))

    def type(self, type: Type, name: str) -> Type:
        if isinstance(type, TupleType):
            return TupleType(tuple(self.type(part, f"{name}.{number}") for number, part in enumerate(type.types)))
        if not isinstance(type, TensorType | VectorType) or not type.dims:
            return type
        sizes = tuple(self.number(symbol(f"{name}[{axis}]"), int(size)) for axis, size in enumerate(type.shape))
        if isinstance(type, VectorType):
            return VectorType(sizes, type.element_type, type.scalable)
        return TensorType(sizes, type.element_type, type.encoding)

    def region(self, region: Region, values: dict[Value[Any], Value[Any]], name: str) -> Region:
        made = Region()
        blocks: Sequence[Block] = list(region.blocks)
        if len(blocks) > 1:
            raise Error("a region has several blocks")
        for block in blocks:
            types = [self.type(a.type, f"{name}.body{number}") for number, a in enumerate(block.arguments)]
            new = made.add_block(types)
            values.update(zip(block.arguments, new.arguments, strict=True))
            self.fill(block, new, values)
        return made
