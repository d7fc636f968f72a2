"""MLIR text as operations: the generic form of every op, and the pretty forms of those that have one.

    module = parse_module_op(text, file="model.mlir")

A pretty form is the op class's `assembly_format` (see `couloir.ir.text.format`) or its class method `parse`, which reads what
follows the op's name and returns the op:

    class Neg(Operation, name="demo.neg"):
        @classmethod
        def parse(cls, p: Parser) -> Neg:
            name = p.operand_name()
            attributes = p.attr_dict()
            p.expect(":")
            type = p.type()
            return cls.create([p.resolve(name, type)], [type], attributes)

For an op with regions `parse` is a generator: it yields a request for each region and is sent the region.

            body = yield p.region_request(entry_arguments=arguments)

So nested regions do not nest Python calls, and ten thousand levels are read as well as one.

Ops that differ in the names of their operands only are common: a line that was read once is remembered as a `LineRecipe`. A `parse` must
therefore depend on nothing but the text and the types of the operands; one that looks further sets `line_cache = False` in its class.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import GeneratorType
from typing import Any, Final, NamedTuple, TypeAlias

from couloir.ir.attribute import Attribute, Type
from couloir.ir.definition import field_faults, result_types_of
from couloir.ir.errors import Error, ParseError, nearest
from couloir.ir.limits import Limits
from couloir.ir.location import UNKNOWN, FileLineColLoc, Location
from couloir.ir.operation import Block, Operation, OpResult, Region, UnregisteredOp, Value
from couloir.ir.registry import REGISTRY
from couloir.ir.text.attribute_parser import AttributeParser
from couloir.ir.text.lexer import SPACE, SUFFIX
from couloir.ir.text.scopes import (
    Argument,
    ForwardUse,
    OperandName,
    OperationReader,
    OperationStart,
    RegionFrame,
    RegionRequest,
    ResultName,
)
from couloir.ir.traits import IsTerminator
from couloir.ir.types import FunctionType

PrettyReader: TypeAlias = Callable[["Parser"], "Operation | OperationReader"]

_OPERAND: Final = re.compile(rf"%({SUFFIX}(?:#[0-9]++)?){SPACE}")
_RESULT: Final = re.compile(rf"%({SUFFIX}){SPACE}(?::{SPACE}([0-9]++){SPACE})?")
_LINE_HEAD: Final = re.compile(rf"%({SUFFIX})(?::([0-9]{{1,6}}))? = ")
_LINE_NAME: Final = re.compile(rf"%({SUFFIX}(?:#[0-9]++)?)")
_ARGUMENT_NAME: Final = re.compile(r"arg[0-9]+|[0-9]+")
_MAX_LINE: Final = 400
_MAX_RECIPES: Final = 20_000
_CHECK_EVERY: Final = 1024
_PYTHON_FAULTS: Final = (
    AttributeError, TypeError, IndexError, ValueError, KeyError, ZeroDivisionError, OverflowError,
)  # fmt: skip
"""What code that computes with bad operands stumbles over."""


def parse_module_op(
    text: str,
    *,
    file: str = "<text>",
    allow_unregistered: bool = False,
    limits: Limits | None = None,
    verify: bool = False,
) -> Operation:
    """The `builtin.module` that a text describes. Other top-level ops are wrapped in one.

    Args:
        text: MLIR text.
        file: The name of the text in errors and locations.
        allow_unregistered: Read ops that no dialect defines as `UnregisteredOp`; they must be in the generic form.
        limits: How much the text may ask for.
        verify: Check the module as well.

    Raises:
        ParseError: if the text is not MLIR, with line, column and an excerpt.
        Error: if the text exceeds a limit.
        VerifyError: if `verify` is set and the module breaks rules of its ops.
    """
    ops = parse_ops(text, file=file, allow_unregistered=allow_unregistered, limits=limits)
    if len(ops) == 1 and ops[0].name == "builtin.module":
        module = ops[0].detach()
    else:
        cls = REGISTRY.operation("builtin.module")
        if cls is None:
            raise Error("the dialect `builtin` is not there to wrap the ops of the text in a module")
        block = Block()
        for op in ops:
            block.append(op.detach())
        module = cls.create(regions=[Region([block])], location=FileLineColLoc(file, 1, 1))
    if verify:
        from couloir.ir.verify import verify as verify_module

        verify_module(module)
    return module


def parse_ops(
    text: str, *, file: str = "<text>", allow_unregistered: bool = False, limits: Limits | None = None
) -> list[Operation]:
    """The ops at the top level of a text, in a block of their own. Arguments and errors are those of `parse_module_op`."""
    with _collector_paused():
        return Parser(text, file=file, allow_unregistered=allow_unregistered, limits=limits).read_all()


@contextmanager
def _collector_paused() -> Iterator[None]:
    # A text makes millions of objects that stay; going through all of them again and again finds nothing.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class LineRecipe(NamedTuple):
    """How to make the op of a line without reading it again; the line without the names of operands is the key."""

    cls: type[Operation]
    name: str
    property_names: frozenset[str]
    operand_types: tuple[Type, ...]
    order: tuple[int, ...] | None
    """Which name of the line each operand is; None if they stand in order."""
    result_types: tuple[Type, ...]
    attributes: dict[str, Attribute]
    allows_repeats: bool
    """Whether it holds for lines that name a value twice."""


class Parser(AttributeParser):
    """Reads operations. What op definitions need in their `parse` is public; `AttributeParser` and `Lexer` have the rest."""

    def __init__(
        self, text: str, *, file: str = "<text>", allow_unregistered: bool = False, limits: Limits | None = None
    ) -> None:
        super().__init__(text, file=file, limits=limits, allow_unregistered=allow_unregistered)
        self._frame = RegionFrame(None, Operation, None, OperationStart((), 0, 1, 1), 0)
        self._start = self._frame.start
        self._nodes = 0
        self._deadline = self.limits.start()
        self._line = 1
        self._line_counted_to = 0
        self._classes: dict[tuple[str, str], type[Operation] | None] = {}
        self._readers: dict[type[Operation], PrettyReader | None] = {}
        self._recipes: dict[str, dict[str, LineRecipe]] = {}
        self._learned = 0

    # -- the driver

    def read_all(self) -> list[Operation]:
        """Reads the whole text; gives its top-level ops."""
        root = self._frame
        root.recipes = self._recipes.setdefault(root.dialect, {})
        root.block = root.region.add_block()
        while True:
            if not self._read_ops():
                continue
            frame = self._frame
            if frame is root:
                self._check_all_defined(root)
                return list(root.block.ops)
            self._close_region(frame)
            assert frame.reader is not None
            self._advance(frame.reader, frame.region, frame.cls, frame.start)

    def _read_ops(self) -> bool:
        """Reads ops of the innermost region: True when the region has ended, False when an op has opened another one."""
        frame = self._frame
        text = self.text
        while True:
            character = text[self.position]
            if character == "}" and frame.parent is not None:
                self.expect("}")
                return True
            if character == "^" and frame.parent is not None:
                self._open_block(frame)
            elif character in "#!{\0" and self._top_level_entity(frame):
                if self.at_end:
                    return True
            else:
                if frame.block is None:
                    frame.block = frame.region.add_block()
                if not self._read_known_line(frame, frame.block):
                    self._read_operation(frame)
                    if self._frame is not frame:
                        return False

    def _advance(
        self, reader: OperationReader, region: Region | None, cls: type[Operation], start: OperationStart
    ) -> None:
        """Lets the parser of an op go on until it asks for a region or is done."""
        self._start = start
        with self._faults_of(cls, start):
            try:
                request = next(reader) if region is None else reader.send(region)
            except StopIteration as stop:
                op = stop.value
            else:
                self._open_region(request, reader, cls, start)
                return
        self._finish(op, start)

    def _top_level_entity(self, frame: RegionFrame) -> bool:
        """Reads an alias definition or the resources, or notices the end of the text; False if neither is there."""
        if frame.parent is not None:
            if self.at_end:
                raise self.error(
                    f"this region of {_called(frame.cls)} is not closed", at=frame.opened_at, hint="add `}`"
                )
            return False
        if self.at_end:
            return True
        if self.at("{-#"):
            self.file_metadata()
            return True
        return self.optional_alias_definition()

    # -- regions and blocks

    def _open_region(
        self, request: RegionRequest, reader: OperationReader, cls: type[Operation], start: OperationStart
    ) -> None:
        at = self.position
        self.expect("{")
        frame = self._frame = RegionFrame(self._frame, cls, reader, start, at)
        frame.recipes = self._recipes.setdefault(frame.dialect, {})
        if frame.depth > self.limits.depth:
            raise self.limits.exceeded("depth", frame.depth, what="the text", where=self._where(at))
        if request.entry_arguments:
            frame.block = frame.region.add_block()
            self._add_arguments(frame, frame.block, request.entry_arguments)

    def _close_region(self, frame: RegionFrame) -> None:
        parent = frame.parent
        assert parent is not None
        for name, (_, at) in frame.forward_blocks.items():
            raise self.error(
                f"the block `^{name}` is not defined in this region", at=at, hint=nearest(name, list(frame.blocks))
            )
        if frame.forward:
            if frame.isolated:
                self._check_all_defined(frame)
            for name, use in frame.forward.items():
                known = parent.forward.setdefault(name, use)
                if known is not use:
                    self._same_type(name, known.placeholder.type, use.placeholder.type, use.at)
                    use.placeholder.replace_all_uses_with(known.placeholder)
        frame.forget_names()
        self._frame = parent

    def _open_block(self, frame: RegionFrame) -> None:
        at = self.position
        name = self.optional_block_name()
        if name is None:
            raise self.expected("a block name, `^name`")
        if name in frame.blocks:
            raise self.error(f"the block `^{name}` is defined twice", at=at)
        waiting = frame.forward_blocks.pop(name, None)
        block = waiting[0] if waiting is not None else Block()
        frame.blocks[name] = block
        frame.region.append(block)
        frame.block = block
        if self.at("("):
            self._add_arguments(frame, block, self.arguments())
        self.expect(":")

    def _add_arguments(self, frame: RegionFrame, block: Block, arguments: Sequence[Argument]) -> None:
        for argument in arguments:
            added = block.add_argument(argument.type, None, argument.location or UNKNOWN)
            self._define(frame, argument.name.name, added, argument.name.at)

    def _check_all_defined(self, frame: RegionFrame) -> None:
        for name, use in frame.forward.items():
            hint = nearest(name, frame.names_in_sight())
            raise self.error(f"the value `%{name}` is used but not defined", at=use.at, hint=hint)

    # -- names of values

    def _define(self, frame: RegionFrame, name: str, value: Value[Any], at: int) -> None:
        values = frame.values
        if name in values:
            raise self.error(f"the value `%{name}` is defined twice", at=at, hint="every value has one definition")
        values[name] = value
        if frame.forward:
            self._resolve_forward(frame, name, value, at)
        if not name[0].isdigit() and not _ARGUMENT_NAME.fullmatch(name):
            value.name_hint = name.partition("#")[0]

    def _resolve_forward(self, frame: RegionFrame, name: str, value: Value[Any], at: int) -> None:
        use = frame.forward.pop(name, None)
        if use is not None:
            self._same_type(name, value.type, use.placeholder.type, use.at)
            use.placeholder.replace_all_uses_with(value)

    def _same_type(self, name: str, defined: Type, used: Type, at: int) -> None:
        if defined is not used:
            raise self.error(f"the value `%{name}` has the type `{defined}`, but is used here as `{used}`", at=at)

    def _define_results(self, frame: RegionFrame, op: Operation, names: Sequence[ResultName]) -> None:
        results = op.results
        bound = sum(name.count for name in names)
        if bound != len(results):
            raise self.error(f"`{op.name}` has {len(results)} results, but {bound} are named", at=names[0].at)
        index = 0
        for name, count, at in names:
            self._define(frame, name, results[index], at)
            if count > 1:
                for number in range(count):
                    self._define(frame, f"{name}#{number}", results[index + number], at)
            index += count

    def resolve(self, operand: OperandName, type: Type) -> Value[Any]:
        """The value that a name stands for. It may be defined further on; then its type there must be `type` as well."""
        name, at = operand
        frame = self._frame
        value = frame.values.get(name)
        if value is None and name.endswith("#0"):
            value = frame.values.get(name[:-2])
        if value is not None:
            if value.type is not type:
                self._same_type(name, value.type, type, at)
            return value
        use = frame.forward.get(name)
        if use is None:
            base, _, number = name.partition("#")
            if number and base in frame.values:
                raise self.error(f"`%{base}` has no result {number}", at=at)
            use = frame.forward[name] = ForwardUse(Value(type), at)
        else:
            self._same_type(name, use.placeholder.type, type, at)
        return use.placeholder

    def resolve_all(
        self, operands: Sequence[OperandName], types: Sequence[Type], *, at: int | None = None
    ) -> list[Value[Any]]:
        """The values that names stand for; there must be one type for each."""
        if len(operands) != len(types):
            raise self.error(f"there are {len(operands)} operands, but {len(types)} types", at=at)
        return [self.resolve(operand, type) for operand, type in zip(operands, types, strict=True)]

    def known_type(self, operand: OperandName) -> Type | None:
        """The type of a value that is defined before this place in the text; None for another one."""
        value = self._frame.values.get(operand.name)
        return None if value is None else value.type

    # -- ops

    def _read_operation(self, frame: RegionFrame) -> None:
        self._count_node()
        begin = self.position
        results = self._result_names() if self.text[begin] == "%" else ()
        start = self._start = self._place(results)
        if self.text[self.position] == '"':
            cls, made = self._generic_operation()
        else:
            cls, made = self._pretty_operation(frame, start)
        if isinstance(made, GeneratorType):
            self._advance(made, None, cls, start)
            return
        end = self.position
        self._finish(made, start)
        if not made.regions and not made.successors:
            self._learn(frame, made, start.at, end)

    def _count_node(self) -> None:
        self._nodes += 1
        if self._nodes > self.limits.nodes:
            raise self.limits.exceeded("nodes", self._nodes, what="the text", where=self._where(self.position))
        if self._nodes % _CHECK_EVERY == 0:
            self._deadline.check("reading the text", where=self.file)

    def _result_names(self) -> list[ResultName]:
        names: list[ResultName] = []
        while True:
            at = self.position
            found = self.match(_RESULT)
            if found is None:
                raise self.expected("the name of a result, `%name`")
            count = 1 if found[2] is None else self.integer_value(found[2], at)
            if not 1 <= count <= self.limits.attribute_items:
                raise self.error(f"a name stands for at least one result, not {count}", at=at)
            names.append(ResultName(found[1], count, at))
            if not self.optional(","):
                break
        self.expect("=")
        return names

    def _place(self, results: Sequence[ResultName]) -> OperationStart:
        """The place of the op whose name comes next. Ops are met in order, so lines are counted from the last one."""
        at = self.position
        text = self.text
        line = self._line = self._line + text.count("\n", self._line_counted_to, at)
        self._line_counted_to = at
        return OperationStart(results, at, line, at - text.rfind("\n", 0, at))

    def _where(self, at: int) -> str:
        return f"{self.file}:{self.text.count(chr(10), 0, at) + 1}"

    def _finish(self, op: Operation, start: OperationStart) -> None:
        """Gives an op its location and defaults, puts it at the end of the block, and defines the names of its results."""
        frame = self._frame
        if self.text.startswith("loc(", self.position):
            op.location = self.location()
        else:
            op.location = FileLineColLoc(self.file, start.line, start.column)
        stored = op.definition.stored
        if stored:
            for key, value in stored.items():
                op.attributes.setdefault(key, value)
        assert frame.block is not None
        frame.block.append(op)
        if start.results:
            self._define_results(frame, op, start.results)

    @contextmanager
    def _faults_of(self, cls: type[Operation], start: OperationStart) -> Iterator[None]:
        """Errors without a place in the text get the op's place; Python's own errors in the code of an op become errors."""
        try:
            yield
        except ParseError:
            raise
        except Error as error:
            raise self.error(error.message, at=start.at, hint=error.hint) from error
        except _PYTHON_FAULTS as error:
            message = f"cannot read {_called(cls)}: {type(error).__name__}: {error}"
            raise self.error(message, at=start.at) from error

    # -- the pretty form

    def _pretty_operation(
        self, frame: RegionFrame, start: OperationStart
    ) -> tuple[type[Operation], Operation | OperationReader]:
        name = self.optional_identifier()
        if name is None:
            raise self.expected('an op: `dialect.op ...` or `"dialect.op"(...)`')
        cls = self._class_in_dialect(name, frame.dialect)
        if cls is None:
            raise self._unknown_operation(name, start.at)
        reader = self._reader(cls)
        if reader is None:
            raise self.error(f"`{cls.name}` has only the generic form", at=start.at, hint=f'write `"{cls.name}"(...)`')
        with self._faults_of(cls, start):
            return cls, reader(self)

    def _class_in_dialect(self, name: str, dialect: str) -> type[Operation] | None:
        key = (dialect, name)
        if key not in self._classes:
            found = None
            if "." in name:
                found = self._class_of(name)
            if found is None and name.count(".") <= 1:
                candidates = [d for d in (dialect, "builtin", "func") if d]
                found = next((c for d in candidates if (c := self._class_of(f"{d}.{name}")) is not None), None)
            self._classes[key] = found
        return self._classes[key]

    def _class_of(self, name: str) -> type[Operation] | None:
        try:
            return REGISTRY.operation(name)
        except Error as error:
            raise self.error(error.message, hint=error.hint) from error

    def _reader(self, cls: type[Operation]) -> PrettyReader | None:
        try:
            return self._readers[cls]
        except KeyError:
            reader = self._readers[cls] = pretty_reader(cls)
            return reader

    def _unknown_operation(self, name: str, at: int) -> ParseError:
        dialect, dot, _ = name.partition(".")
        known = REGISTRY.known_names(dialect) if dot else []
        hint = nearest(name, known)
        if hint is None and dot and not known:
            hint = nearest(dialect, REGISTRY.dialects()) or f"no dialect `{dialect}` is known"
        if hint is None and not self.allow_unregistered:
            hint = 'with `allow_unregistered=True`, unknown ops are read in the generic form `"dialect.op"(...)`'
        return self.error(f"there is no op `{name}`", at=at, hint=hint)

    # -- the generic form

    def _generic_operation(self) -> tuple[type[Operation], Operation | OperationReader]:
        at = self.position
        name = self.string_literal("an op's name")
        cls = self._class_of(name)
        if cls is None:
            if not self.allow_unregistered:
                raise self._unknown_operation(name, at)
            cls = UnregisteredOp
        operands = self.operand_list()
        successors: list[Block] = self.comma_separated(self.successor, "[", "]") if self.at("[") else []
        head = _GenericHead(cls, name, operands, successors, self.prop_dict())
        if self.at("("):
            return cls, self._generic_with_regions(head)
        return cls, self._generic_tail(head, ())

    def _generic_with_regions(self, head: _GenericHead) -> OperationReader:
        regions: list[Region] = []
        self.expect("(")
        while True:
            region = yield RegionRequest()
            regions.append(region)
            if not self.optional(","):
                break
        self.expect(")")
        return self._generic_tail(head, regions)

    def _generic_tail(self, head: _GenericHead, regions: Sequence[Region]) -> Operation:
        attributes = self.dictionary() if self.at("{") else {}
        twice = head.properties.keys() & attributes.keys()
        if twice:
            raise self.error(f"the attribute `{min(twice)}` is given twice")
        self.expect(":")
        at = self.position
        signature = self.type()
        if not isinstance(signature, FunctionType):
            raise self.error(f"expected the op's type, `(...) -> ...`, found `{signature}`", at=at)
        operands = self.resolve_all(head.operands, signature.inputs, at=at)
        attributes = {**head.properties, **attributes}
        parts = (operands, signature.results, attributes, regions, head.successors)
        if head.cls is UnregisteredOp:
            return UnregisteredOp.make(head.name, *parts, property_names=head.properties)
        return head.cls.create(*parts)

    # -- lines that differ in names only

    def _read_known_line(self, frame: RegionFrame, block: Block) -> bool:
        """Makes the op of a line like one that was read before; False if there was none."""
        recipes = frame.recipes
        if not recipes:
            return False
        text = self.text
        begin = body = self.position
        end = text.find("\n", begin, begin + _MAX_LINE)
        if end < 0:
            return False
        result: str | None = None
        count = 1
        if text[begin] == "%":
            head = _LINE_HEAD.match(text, begin, end)
            if head is None:
                return False
            body = head.end()
            result = head[1]
            if head[2] is not None:
                count = int(head[2])
        located = text.find(" loc(", body, end)
        pieces = _LINE_NAME.split(text[body : end if located < 0 else located])
        recipe = recipes.get("%".join(pieces[::2]))
        if recipe is None:
            return False
        names = pieces[1::2]
        known = frame.values
        if recipe.order is not None:
            names = [names[i] for i in recipe.order]
        try:
            operands = [known[name] for name in names]
        except KeyError:
            return False
        for value, expected in zip(operands, recipe.operand_types, strict=True):
            if value.type is not expected:
                return False
        if not recipe.allows_repeats and len(set(names)) != len(names):
            return False
        if len(recipe.result_types) != (0 if result is None else count):
            return False
        self._count_node()
        op = recipe.cls.create(operands, recipe.result_types, dict(recipe.attributes))
        if type(op) is UnregisteredOp:
            op.name, op.property_names = recipe.name, recipe.property_names
        line = self._line = self._line + text.count("\n", self._line_counted_to, body)
        self._line_counted_to = body
        self.skip_to(end if located < 0 else located)
        if text.startswith("loc(", self.position):
            op.location = self.location()
        else:
            op.location = FileLineColLoc(self.file, line, body - text.rfind("\n", 0, body))
        block.append(op)
        if result is not None:
            if count == 1:
                self._define(frame, result, op.results[0], begin)
            else:
                self._define_results(frame, op, (ResultName(result, count, begin),))
        return True

    def _learn(self, frame: RegionFrame, op: Operation, start: int, end: int) -> None:
        """Remembers the line of an op, if the op is all that stands there; `end` is where the text went on after it."""
        text = self.text
        line_end = text.find("\n", start, start + _MAX_LINE)
        if line_end < 0 or self._learned >= _MAX_RECIPES:
            return
        located = text.find(" loc(", start, line_end)
        if (located + 1 != end) if text.startswith("loc(", end) else (located >= 0 or end <= line_end):
            return
        cls = type(op)
        if not getattr(cls, "line_cache", True):
            return
        pieces = _LINE_NAME.split(text[start : line_end if located < 0 else located])
        names = pieces[1::2]
        found = [frame.values.get(name) for name in names]
        operands = list(op.operands)
        generic = text[start] == '"'
        if len(operands) != len(found) or None in found or (len(set(names)) != len(names) and not generic):
            return
        order: tuple[int, ...] | None = None
        if any(a is not b for a, b in zip(operands, found, strict=True)):
            places = {value: index for index, value in enumerate(found)}
            if len(places) != len(found) or any(value not in places for value in operands):
                return
            order = tuple(places[value] for value in operands)
        self._learned += 1
        frame.recipes["%".join(pieces[::2])] = LineRecipe(
            cls,
            op.name,
            getattr(op, "property_names", frozenset()),
            tuple(value.type for value in operands),
            order,
            tuple(result.type for result in op.results),
            dict(op.attributes),
            order is None and (generic or not has_custom_reader(cls)),
        )

    # -- for the `parse` of an op

    def operand_name(self) -> OperandName:
        """Reads `%name` or `%name#1`."""
        found = self.optional_operand_name()
        if found is None:
            raise self.expected("an operand, `%name`")
        return found

    def optional_operand_name(self) -> OperandName | None:
        """Reads `%name` or `%name#1` if one comes next."""
        at = self.position
        found = _OPERAND.match(self.text, at, self.length)
        if found is None:
            return None
        self.position = found.end()
        return OperandName(found[1], at)

    def operand_names(self, *, at_most: int | None = None) -> list[OperandName]:
        """Reads operands with commas between them; none is fine."""
        first = self.optional_operand_name()
        if first is None:
            return []
        return [first] if at_most == 1 else self.more_operand_names(first)

    def more_operand_names(self, first: OperandName) -> list[OperandName]:
        """Reads the operands that follow a first one, each after a comma; gives all of them."""
        names = [first]
        while self.optional(","):
            names.append(self.operand_name())
        return names

    def operand_list(self, open: str = "(", close: str = ")") -> list[OperandName]:
        """Reads `(%a, %b)`."""
        return self.comma_separated(self.operand_name, open, close)

    def operand(self, type: Type) -> Value[Any]:
        """Reads an operand of a type that is known."""
        return self.resolve(self.operand_name(), type)

    def optional_types(self, *, at_most: int | None = None) -> list[Type]:
        """Reads types with commas between them; none is fine."""
        first = self.optional_type()
        if first is None:
            return []
        return [first] if at_most == 1 else self.more_types(first)

    def more_types(self, first: Type) -> list[Type]:
        """Reads the types that follow a first one, each after a comma; gives all of them."""
        types = [first]
        while self.optional(","):
            types.append(self.type())
        return types

    def optional_arrow_types(self) -> list[Type]:
        """Reads `-> type` or `-> (type, type)`; none if there is no arrow."""
        if not self.optional("->"):
            return []
        if self.at("("):
            return self.comma_separated(self.type)
        return [self.type()]

    def functional_type(self) -> FunctionType:
        """Reads `(i32, f32) -> i1`."""
        at = self.position
        type = self.type()
        if not isinstance(type, FunctionType):
            raise self.error(f"expected a function type, `(...) -> ...`, found `{type}`", at=at)
        return type

    def argument(self) -> Argument:
        """Reads `%name: type`, perhaps with attributes and a location."""
        name = self.operand_name()
        self.expect(":")
        type = self.type()
        attributes = self.dictionary() if self.at("{") else {}
        location = self.location() if self.at("loc(") else None
        return Argument(name, type, location, attributes)

    def arguments(self, open: str = "(", close: str = ")") -> list[Argument]:
        """Reads `(%a: i32, %b: f32)`."""
        return self.comma_separated(self.argument, open, close)

    def attr_dict(self) -> dict[str, Attribute]:
        """Reads `{...}`; empty if there is none."""
        return self.dictionary() if self.at("{") else {}

    def attr_dict_with_keyword(self) -> dict[str, Attribute]:
        """Reads `attributes {...}`; empty if there is none."""
        return self.dictionary() if self.optional_keyword("attributes") else {}

    def prop_dict(self) -> dict[str, Attribute]:
        """Reads `<{...}>`; empty if there is none."""
        if not self.optional("<"):
            return {}
        found = self.dictionary()
        self.expect(">")
        return found

    def successors(self) -> list[Block]:
        """Reads blocks with commas between them; none is fine."""
        blocks: list[Block] = []
        while self.at("^"):
            blocks.append(self.successor())
            if not self.optional(","):
                break
        return blocks

    def successor(self) -> Block:
        """Reads `^name`: a block of this region, perhaps one that comes later."""
        at = self.position
        name = self.optional_block_name()
        if name is None:
            raise self.expected("a block, `^name`")
        frame = self._frame
        block = frame.blocks.get(name)
        if block is None:
            waiting = frame.forward_blocks.get(name)
            if waiting is None:
                waiting = frame.forward_blocks[name] = (Block(), at)
            block = waiting[0]
        return block

    def successor_with_operands(self) -> tuple[Block, list[Value[Any]]]:
        """Reads `^name` or `^name(%a, %b : i32, f32)`."""
        block = self.successor()
        if not self.optional("("):
            return block, []
        names = self.operand_names()
        self.expect(":")
        values = self.resolve_all(names, self.types())
        self.expect(")")
        return block, values

    def region_request(self, entry_arguments: Sequence[Argument] | None = None) -> RegionRequest:
        """What `parse` yields to have the region read that comes next.

        Args:
            entry_arguments: The arguments of the entry block, when the text names them before the region.
        """
        return RegionRequest(entry_arguments)

    @property
    def result_count(self) -> int:
        """How many results the text names for the op that is being read."""
        return sum(name.count for name in self._start.results)

    def build(
        self,
        cls: type[Operation],
        operands: Sequence[Value[Any]] = (),
        attributes: dict[str, Attribute] | None = None,
        regions: Sequence[Region] = (),
        successors: Sequence[Block] = (),
        result_types: Sequence[Type] | None = None,
    ) -> Operation:
        """Makes an op from its parts; without `result_types`, they are inferred."""
        stored = {**cls.definition.stored, **(attributes or {})}
        op = cls.create(operands, result_types or (), stored, regions, successors)
        if result_types is None:
            try:
                types = result_types_of(op, None)
            except _PYTHON_FAULTS as error:
                faults = list(field_faults(op, built=False))
                message = faults[0] if faults else f"the result types of `{op.name}` do not follow: {error}"
                raise Error(message) from error
            op.results = tuple([OpResult(t, op, i) for i, t in enumerate(types)])
        return op

    def ensure_terminator(self, region: Region, terminator: type[Operation] | str) -> Region:
        """Adds the terminator (a class or name of an op without operands) that the text may leave out, and a block for it."""
        cls = self._class_of(terminator) if isinstance(terminator, str) else terminator
        if cls is None:
            raise Error(f"there is no op `{terminator}` to end a region")
        block = region.last_block or region.add_block()
        last = block.last_op
        if last is None or IsTerminator not in last.traits:
            start = self._start
            block.append(cls.create(location=FileLineColLoc(self.file, start.line, start.column)))
        return region


class _GenericHead(NamedTuple):
    cls: type[Operation]
    name: str
    operands: list[OperandName]
    successors: list[Block]
    properties: dict[str, Attribute]


def _called(cls: type[Operation]) -> str:
    return f"`{cls.name}`" if cls.name and isinstance(cls.name, str) else "an op"


def pretty_reader(cls: type[Operation]) -> PrettyReader | None:
    """What reads the pretty form of a class's ops: `parse` or `assembly_format` of the nearest class that has one."""
    for base in cls.__mro__:
        if "parse" in base.__dict__:
            return cls.parse  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        if base.__dict__.get("assembly_format"):
            from couloir.ir.text.format import reader_of

            return reader_of(cls)
    return None


def has_custom_reader(cls: type[Operation]) -> bool:
    """Whether the pretty form of a class is read by code of its own."""
    for base in cls.__mro__:
        if "parse" in base.__dict__:
            return True
        if base.__dict__.get("assembly_format"):
            return False
    return False
