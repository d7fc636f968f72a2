"""Delta debugging on programs: the smallest module of which something still holds.

    small = couloir.testing.reduce(module, lambda m: crashes(my_pass, m))

Every candidate verifies. Functions, ops, operands, regions, results, arguments, sizes, constants and attributes go, one kind after
the other, until nothing can go any more. Source of the method: Zeller and Hildebrandt, "Simplifying and isolating
failure-inducing input" (2002).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from time import monotonic
from typing import Any, Final, TypeAlias, cast

import attrs
import numpy as np

from couloir.dialects import hlo
from couloir.dialects.arith import constant as arith_constant
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp, Return
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import ArrayAttr, DenseArrayAttr, DenseElementsAttr, DictionaryAttr, IntegerAttr
from couloir.ir.builder import before
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.traits import ConstantLike, IsolatedFromAbove, IsTerminator
from couloir.ir.types import FloatType, FunctionType, IntegerType, ShapedType, TensorType, index
from couloir.ir.verify import faults

Interesting: TypeAlias = "Callable[[ModuleOp], bool]"
Progress: TypeAlias = "Callable[[int, int, str], None]"
Edit: TypeAlias = "Callable[[ModuleOp], bool]"
"""Changes a copy of the module; False when there is nothing to change."""
TESTS: Final = 20_000


@attrs.define
class Reduction:
    """What was found.

    Attributes:
        module: The smallest module.
        tests: How often it was asked whether a module is interesting.
        ended: Why it ended before nothing more could go, or None.
    """

    module: ModuleOp
    tests: int = 0
    ended: str | None = None


def reduce(
    module: ModuleOp,
    interesting: Interesting,
    *,
    tests: int = TESTS,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Reduction:
    """The smallest module that is interesting, by removing parts of one that is.

    Args:
        module: An interesting module; it stays as it is.
        interesting: Says of a module, which verifies, whether what is looked for still holds. It may change the module.
            When it raises `couloir.Error`, it does not hold.
        tests: How often to ask at most.
        seconds: How long to go on at most; a question that is being answered is not interrupted.
        progress: Called with the number of questions, the number of ops, and what is being tried.

    Raises:
        Error: `module` is ill-formed, or not interesting.
    """
    found = faults(module)
    if found:
        raise Error("the module to reduce is ill-formed", notes=[str(fault) for fault in found[:3]])
    if not interesting(module.clone()):
        raise Error("the module to reduce is not interesting itself", hint="check the test on the whole module first")
    return _Reducer(module.clone(), interesting, tests, seconds, progress).run()


class _Ended(Exception):
    pass


class _Reducer:
    def __init__(
        self, module: ModuleOp, interesting: Interesting, tests: int, seconds: float | None, progress: Progress | None
    ) -> None:
        self.module = module
        self.interesting = interesting
        self.limit = tests
        self.deadline = None if seconds is None else monotonic() + seconds
        self.progress = progress
        self.tests = 1
        self.size = _size(module)

    def run(self) -> Reduction:
        ended: str | None = None
        try:
            while True:
                size = self.size
                for name, step in _STEPS.items():
                    step(self, name)
                if self.size == size:
                    break
        except _Ended as reason:
            ended = str(reason)
        return Reduction(self.module, self.tests, ended)

    def attempt(self, name: str, edit: Edit) -> bool:
        """Makes a change if the module stays well-formed and interesting, and gets smaller."""
        candidate = self.module.clone()
        try:
            if not edit(candidate):
                return False
        except Error:
            return False
        size = _size(candidate)
        if size >= self.size or faults(candidate, limit=1):
            return False
        if self.tests >= self.limit:
            raise _Ended(f"after {self.tests} tests")
        if self.deadline is not None and monotonic() > self.deadline:
            raise _Ended("for want of time")
        self.tests += 1
        if self.progress is not None:
            self.progress(self.tests, self.size[0], name)
        try:
            if not self.interesting(candidate.clone()):
                return False
        except Error:
            return False
        self.module, self.size = candidate, size
        return True

    def chunks(self, name: str, count: Callable[[ModuleOp], int], edit: Callable[[ModuleOp, range], bool]) -> None:
        """Tries to do without all of a list, then halves, quarters, ... single items; from the end on."""
        length = count(self.module)
        width = length
        while width:
            stop = count(self.module)
            while stop > 0:
                start = max(stop - width, 0)
                chunk = range(start, stop)
                self.attempt(name, lambda module, chunk=chunk: edit(module, chunk))
                stop = min(start, count(self.module))
            width //= 2

    # -- steps -------------------------------------------------------------------------------------------------------------

    def functions(self, name: str) -> None:
        def drop(module: ModuleOp, chunk: range) -> bool:
            for op in [op for number, op in enumerate(module.ops) if number in chunk]:
                op.detach()
            return True

        self.chunks(name, lambda module: sum(1 for _ in module.ops), drop)

    def operations(self, name: str) -> None:
        for way in (_by_operand, _by_argument, _by_constant):

            def drop(module: ModuleOp, chunk: range, way: Substitute = way) -> bool:
                chosen = [op for number, op in enumerate(_removable(module)) if number in chunk]
                going = {inner for op in chosen for inner in op.walk()}
                chosen = [op for op in chosen if op.parent_op not in going]
                for op in reversed(chosen):
                    for result in op.results:
                        if result.has_uses:
                            result.replace_all_uses_with(way(op, result))
                    op.erase()
                return bool(chosen)

            self.chunks(name, lambda module: sum(1 for _ in _removable(module)), drop)

    def results(self, name: str) -> None:
        for place in _function_places(self.module):

            def count(module: ModuleOp, place: int = place) -> int:
                last = _returned(module, place)
                return 0 if last is None else len(last.operands)

            def drop(module: ModuleOp, chunk: range, place: int = place) -> bool:
                last = _returned(module, place)
                if last is None:
                    return False
                last.set_operands([v for number, v in enumerate(last.operands) if number not in chunk])
                _retype(cast("FuncOp", list(module.ops)[place]), dropped_results=chunk)
                return True

            self.chunks(name, count, drop)

    def arguments(self, name: str) -> None:
        for place in _function_places(self.module):

            def drop(module: ModuleOp, place: int = place) -> bool:
                function = cast("FuncOp", list(module.ops)[place])
                unused = [a.index for a in function.arguments if not a.has_uses]
                if function.is_declaration or not unused:
                    return False
                function.entry.erase_arguments(unused)
                _retype(function, dropped_arguments=unused)
                return True

            self.attempt(name, drop)

    def operands(self, name: str) -> None:
        """Operands become function arguments, or constants."""
        places = [(n, i) for n, op in enumerate(self.module.walk()) for i in range(len(op.operands))]
        for number, position in reversed(places):
            for way in (_earliest, _by_constant_before):

                def change(module: ModuleOp, number: int = number, position: int = position, way: Any = way) -> bool:
                    op = _nth(module, number)
                    if op is None or position >= len(op.operands):
                        return False
                    old = op.operands[position]
                    new = way(op, old)
                    if new is None or new is old:
                        return False
                    op.set_operand(position, new)
                    _erase_dead(old)
                    return True

                self.attempt(name, change)

    def sizes(self, name: str) -> None:
        """Dimensions of one size become smaller, everywhere at once."""
        sizes = {size for type in _types(self.module) if isinstance(type, ShapedType) for size in type.dims if size}
        for old in sorted(sizes, reverse=True):
            for new in sorted({1, 2, 3, old // 2} - {0}):
                if new >= old:
                    continue
                for numbers in (False, True):
                    if self.attempt(name, lambda module, o=old, n=new, k=numbers: _resize(module, o, n, k)):
                        break

    def constants(self, name: str) -> None:
        """Constants get one value everywhere: 0, or 1."""
        count = sum(1 for op in self.module.walk() if op.has_trait(ConstantLike))
        for number in range(count):
            for value in (0, 1):

                def change(module: ModuleOp, number: int = number, value: int = value) -> bool:
                    op = [op for op in module.walk() if op.has_trait(ConstantLike)][number]
                    stored = op.attributes.get("value")
                    if not isinstance(stored, DenseElementsAttr):
                        return False
                    op.attributes["value"] = DenseElementsAttr.splat(stored.type, value)
                    return True

                if self.attempt(name, change):
                    break

    def attributes(self, name: str) -> None:
        """Attributes that an op need not have go."""
        places = [(n, key) for n, op in enumerate(self.module.walk()) for key in op.stored_attributes]
        for number, key in places:

            def drop(module: ModuleOp, number: int = number, key: str = key) -> bool:
                op = _nth(module, number)
                return op is not None and op.attributes.pop(key, None) is not None

            self.attempt(name, drop)


_STEPS: Final = {
    "functions": _Reducer.functions,
    "ops": _Reducer.operations,
    "results": _Reducer.results,
    "arguments": _Reducer.arguments,
    "operands": _Reducer.operands,
    "sizes": _Reducer.sizes,
    "constants": _Reducer.constants,
    "attributes": _Reducer.attributes,
}


def _size(module: ModuleOp) -> tuple[int, ...]:
    """What gets smaller, the most important first: ops, values, elements, distinct elements of constants, attributes."""
    ops = values = elements = various = stored = 0
    for op in module.walk():
        ops += 1
        values += len(op.operands) + len(op.results)
        stored += len(op.stored_attributes)
        value = op.stored_attributes.get("value")
        if isinstance(value, DenseElementsAttr):
            various += 2 * (not value.is_splat) + bool(np.any(value.array != 0))
        for region in op.regions:
            values += sum(len(block.arguments) for block in region.blocks)
    for type in _types(module):
        if isinstance(type, ShapedType):
            elements += sum(size or 1 for size in type.dims)
    # An operand that is an argument, or a constant, is simpler than one that is computed.
    depth = sum(1 for op in module.walk() for operand in op.operands if operand.defining_op is not None)
    return ops, values, depth, elements, various, stored


def _types(module: ModuleOp) -> Iterator[Type]:
    for op in module.walk():
        yield from (result.type for result in op.results)
        for region in op.regions:
            for block in region.blocks:
                yield from (argument.type for argument in block.arguments)


def _nth(module: ModuleOp, number: int) -> Operation | None:
    return next((op for place, op in enumerate(module.walk()) if place == number), None)


def _removable(module: ModuleOp) -> Iterator[Operation]:
    """The ops inside of functions that end no block."""
    for op in module.walk():
        if op is not module and op.parent_op is not module and not op.has_trait(IsTerminator):
            yield op


def _function_places(module: ModuleOp) -> list[int]:
    return [place for place, op in enumerate(module.ops) if isinstance(op, FuncOp)]


def _returned(module: ModuleOp, place: int) -> Return | None:
    """The only `return` of a function."""
    op = list(module.ops)[place]
    if not isinstance(op, FuncOp) or op.is_declaration or op.entry is not op.body.last_block:
        return None
    last = op.entry.last_op
    return last if isinstance(last, Return) else None


def _retype(function: FuncOp, *, dropped_results: Sequence[int] = (), dropped_arguments: Sequence[int] = ()) -> None:
    """Gives a function the type of its body, and drops the attributes of what is gone."""
    type = function.function_type
    results = [t for number, t in enumerate(type.results) if number not in dropped_results]
    function.function_type = FunctionType([a.type for a in function.arguments], results)
    for key, gone in (("arg_attrs", dropped_arguments), ("res_attrs", dropped_results)):
        stored = function.attributes.get(key)
        if isinstance(stored, ArrayAttr):
            kept = [entry for number, entry in enumerate(stored.elements) if number not in gone]
            function.attributes[key] = ArrayAttr(tuple(kept))


def _erase_dead(value: Value[Any]) -> None:
    """Erases the op of a value that nobody uses any more."""
    op = value.defining_op
    if op is not None and not any(result.has_uses for result in op.results):
        op.erase()


# -- what takes the place of a value -----------------------------------------------------------------------------------------

Substitute: TypeAlias = "Callable[[Operation, Value[Any]], Value[Any]]"


def _by_operand(op: Operation, result: Value[Any]) -> Value[Any]:
    """One of the op's operands."""
    for operand in op.operands:
        if operand.type is result.type:
            return operand
    raise Error("no operand has the type of the result")


def _by_argument(op: Operation, result: Value[Any]) -> Value[Any]:
    """A new argument of the function around."""
    function = next((around for around in op.ancestors() if isinstance(around, FuncOp)), None)
    isolated = next((around for around in op.ancestors() if around.has_trait(IsolatedFromAbove)), None)
    if function is None or isolated is not function:
        raise Error("no function is around")
    for argument in function.arguments:
        if argument.type is result.type and not argument.has_uses:
            return argument
    argument = function.entry.add_argument(result.type)
    stored = function.attributes.get("arg_attrs")
    _retype(function)
    if isinstance(stored, ArrayAttr):
        function.attributes["arg_attrs"] = ArrayAttr((*stored.elements, DictionaryAttr(())))
    return argument


def _by_constant(op: Operation, result: Value[Any]) -> Value[Any]:
    """A constant before the op."""
    type = result.type
    with before(op):
        if isinstance(type, TensorType) and type.is_static:
            return hlo.Constant(DenseElementsAttr.splat(type, 0)).output
        if type is index or isinstance(type, IntegerType | FloatType):
            return arith_constant(0, type).result
    raise Error(f"there are no constants of type `{type}`")


def _by_constant_before(op: Operation, old: Value[Any]) -> Value[Any] | None:
    definer = old.defining_op
    return None if definer is not None and definer.has_trait(ConstantLike) else _by_constant(op, old)


def _earliest(op: Operation, old: Value[Any]) -> Value[Any] | None:
    """The first value of the same type in the blocks around: an argument, where there is one."""
    blocks: list[Block] = []
    at: Operation | None = op
    while at is not None and at.parent is not None:
        blocks.append(at.parent)
        at = at.parent_op
        if at is not None and at.has_trait(IsolatedFromAbove):
            break
    for block in reversed(blocks):
        for argument in block.arguments:
            if argument.type is old.type:
                return argument
    return None


# -- sizes -------------------------------------------------------------------------------------------------------------------


def _resize(module: ModuleOp, old: int, new: int, numbers: bool) -> bool:
    """Makes all dimensions of a size smaller; with `numbers`, integers in attributes that are this size, too."""

    def resized(type: Any) -> Any:
        if isinstance(type, FunctionType):
            return FunctionType(list(map(resized, type.inputs)), list(map(resized, type.results)))
        return type.with_dims(tuple(new if size == old else size for size in type.dims)) if _has(type) else type

    def _has(type: Any) -> bool:
        return isinstance(type, ShapedType) and old in type.dims

    def attribute(item: Attribute) -> Attribute:
        if isinstance(item, FunctionType | ShapedType):
            return resized(item)
        if isinstance(item, DenseElementsAttr) and _has(item.type):
            cut = tuple(slice(0, new) if size == old else slice(None) for size in item.array.shape)
            return DenseElementsAttr(resized(item.type), np.ascontiguousarray(item.array[cut]))
        if not numbers:
            return item
        if isinstance(item, IntegerAttr) and item.value == old:
            return IntegerAttr(new, item.type)
        if isinstance(item, DenseArrayAttr):
            return DenseArrayAttr(item.element_type, tuple(new if v == old else v for v in item.values))
        return item

    for op in module.walk():
        for key, stored in list(op.stored_attributes.items()):
            changed = attribute(stored)
            if changed is not stored:
                op.attributes[key] = changed
        for result in op.results:
            result.set_type(resized(result.type))
        for region in op.regions:
            for block in region.blocks:
                for argument in block.arguments:
                    argument.set_type(resized(argument.type))
    return True
