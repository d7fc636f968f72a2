"""MLIR text as operations: the generic form of every op, and the pretty forms of those that have one.

    module = parse_module_op(text, file="model.mlir")

A pretty form is the op class's `assembly_format` (see `couloir.ir.text.format`) or its class method `parse`, which
reads what follows the op's name and returns the op:

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

Lines are remembered (see `couloir.ir.text.line_parser`), so a `parse` depends on nothing but the text and the types of
the operands. One that looks further says `line_cache = False` in its class.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, TypeAlias

from couloir.ir.attribute import Attribute, Type
from couloir.ir.definition import field_faults, result_types_of
from couloir.ir.errors import Error, ParseError, nearest
from couloir.ir.limits import Limits
from couloir.ir.location import FileLineColLoc, packed
from couloir.ir.operation import Block, Operation, OpResult, Region, UnregisteredOp, Value
from couloir.ir.registry import REGISTRY
from couloir.ir.text.attribute_parser import AttributeParser
from couloir.ir.text.line_parser import LineParser
from couloir.ir.text.scopes import OperandName, OperationReader, OperationStart, RegionFrame, RegionRequest
from couloir.ir.traits import IsTerminator

PrettyReader: TypeAlias = "Callable[[Parser], Operation | OperationReader]"

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
    """The ops at the top level of a text, in a block of their own. Arguments and errors as for `parse_module_op`."""
    with _collector_paused():
        return Parser(text, file=file, allow_unregistered=allow_unregistered, limits=limits).read_all()


def external_resources(
    text: str, *, file: str = "<text>", limits: Limits | None = None
) -> dict[str, dict[str, str | bool]]:
    """What tools keep beside a module in its text: `{-# external_resources: {tool: {key: "value"}} #-}`.

    Only the end of the text is read. `operation_text(..., external_resources=...)` writes it.

    Returns:
        For each tool, such as `mlir_reproducer`, its entries; empty if the text has none.

    Raises:
        ParseError: if the part in `{-# ... #-}` is not what it should be.
    """
    parser = AttributeParser(text, file=file, limits=limits)
    parser.position = 0
    parser.find_metadata()
    return parser.file_metadata_entries.get("external_resources", {})


@contextmanager
def _collector_paused() -> Generator[None]:
    # A text makes millions of objects that stay; going through all of them again and again finds nothing.
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Parser(LineParser):
    """Reads operations. What an op's `parse` needs is public here and in the base classes."""

    def __init__(
        self, text: str, *, file: str = "<text>", allow_unregistered: bool = False, limits: Limits | None = None
    ) -> None:
        super().__init__(text, file=file, limits=limits, allow_unregistered=allow_unregistered)
        self._classes: dict[tuple[str, str], type[Operation] | None] = {}
        self._pretty: dict[type[Operation], _Pretty | None] = {}

    # -- the driver

    def read_all(self) -> list[Operation]:
        """Reads the whole text; gives its top-level ops."""
        root = self._frame
        root.recipes = self.recipes_for(root.dialect)
        root.block = root.region.add_block()
        while True:
            if not self._read_ops():
                continue
            frame = self._frame
            if frame.reader is None:
                self._leave_scope(frame)
                return list(root.block.ops)
            self._close_region(frame)
            self._advance(frame.reader, frame.region, frame.cls, frame.start)

    def _read_ops(self) -> bool:
        """Reads ops of the innermost region: True when it has ended, False when an op has opened another one."""
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
        """Lets the reader of an op go on until it asks for a region or is done."""
        self._start = start
        try:
            request = next(reader) if region is None else reader.send(region)
        except StopIteration as stop:
            op = stop.value
        except (Error, *_PYTHON_FAULTS) as error:
            raise self._placed(error, cls, start) from error
        else:
            self._open_region(request, reader, cls, start)
            return
        self._finish(op, start)

    def _placed(self, error: Exception, cls: type[Operation], start: OperationStart) -> ParseError:
        """An error that stopped the reading of an op, with a place in the text: if it has none, the op's."""
        if isinstance(error, ParseError):
            return error
        if isinstance(error, Error):
            return self.error(error.message, at=start.at, hint=error.hint)
        return self.error(f"cannot read {_called(cls)}: {type(error).__name__}: {error}", at=start.at)

    def _top_level_entity(self, frame: RegionFrame) -> bool:
        """Reads an alias definition or the resources, or notices the end of the text; False if neither is there."""
        if frame.parent is not None:
            if self.at_end:
                message = f"this region of {_called(frame.cls)} is not closed"
                raise self.error(message, at=frame.opened_at, hint="add `}`")
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
        frame.recipes = self.recipes_for(frame.dialect)
        if frame.depth > self.limits.depth:
            raise self.limits.exceeded("depth", frame.depth, what="the text", where=self._where(at))
        if request.entry_arguments:
            frame.block = frame.region.add_block()
            self._add_arguments(frame, frame.block, request.entry_arguments)

    def _close_region(self, frame: RegionFrame) -> None:
        if frame.forward_blocks:
            name, (_, at) = next(iter(frame.forward_blocks.items()))
            hint = nearest(name, list(frame.blocks))
            raise self.error(f"the block `^{name}` is not defined in this region", at=at, hint=hint)
        self._leave_scope(frame)
        if frame.parent is not None:
            self._frame = frame.parent

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
            self._add_arguments(frame, block, self.comma_separated(self.block_argument))
        self.expect(":")

    # -- ops

    def _read_operation(self, frame: RegionFrame) -> None:
        self._count_node()
        results = self._result_names() if self.text[self.position] == "%" else ()
        at = self.position
        start = self._start = OperationStart(results, at, *self._line_and_column(at))
        custom = False
        if self.text[at] == '"':
            cls, made = self._generic_operation()
        else:
            cls, pretty = self._pretty_of_next(frame.dialect, at)
            custom = pretty.custom
            try:
                made = pretty.read(self)
            except (Error, *_PYTHON_FAULTS) as error:
                raise self._placed(error, cls, start) from error
        if not isinstance(made, Operation):
            self._advance(made, None, cls, start)
            return
        end = self.position
        self._finish(made, start)
        if not made.regions and not made.successors:
            self._learn(frame, made, start, end, custom=custom)

    def _finish(self, op: Operation, start: OperationStart) -> None:
        """Gives an op its location and defaults, puts it at the end of the block, and defines its results."""
        frame = self._frame
        location = self.optional_location()
        op._location = packed(self.file, start.line, start.column) if location is None else location  # pyright: ignore[reportPrivateUsage]
        stored = op.definition.stored
        if not stored.keys() <= op.stored_attributes.keys():
            op.attributes = {**stored, **op.stored_attributes}
        if frame.block is not None:
            frame.block.append(op)
        if start.results:
            self._define_results(frame, op, start.results)

    # -- the pretty form

    def _pretty_of_next(self, dialect: str, at: int) -> tuple[type[Operation], _Pretty]:
        """Reads an op's name; gives its class and what reads the rest."""
        name = self.optional_identifier()
        if name is None:
            raise self.expected('an op: `dialect.op ...` or `"dialect.op"(...)`')
        cls = self._class_in_dialect(name, dialect)
        if cls is None:
            raise self._unknown_operation(name, at)
        if cls not in self._pretty:
            try:
                self._pretty[cls] = _pretty_of(cls)
            except Error as error:
                raise self.error(error.message, at=at, hint=error.hint) from error
        pretty = self._pretty[cls]
        if pretty is None:
            raise self.error(f"`{cls.name}` has only the generic form", at=at, hint=f'write `"{cls.name}"(...)`')
        return cls, pretty

    def _is_operation(self, name: str, dialect: str) -> bool:
        return "." in name or self._class_in_dialect(name, dialect) is not None

    def _class_in_dialect(self, name: str, dialect: str) -> type[Operation] | None:
        """The class of an op's name in the pretty form, where `dialect`, `builtin` or `func` may be left out."""
        key = (dialect, name)
        if key not in self._classes:
            found = self._class_of(name) if "." in name else None
            for prefix in (dialect, "builtin", "func"):
                if found is None and prefix:
                    found = self._class_of(f"{prefix}.{name}")
            self._classes[key] = found
        return self._classes[key]

    def _class_of(self, name: str) -> type[Operation] | None:
        try:
            return REGISTRY.operation(name)
        except Error as error:
            raise self.error(error.message, hint=error.hint) from error

    def _unknown_operation(self, name: str, at: int) -> ParseError:
        dialect, dot, _ = name.partition(".")
        known = REGISTRY.known_names(dialect) if dot else []
        hint = nearest(name, known)
        if hint is None and dot and not known:
            hint = nearest(dialect, REGISTRY.dialects()) or f"no dialect `{dialect}` is known"
        if hint is None:
            hint = 'with `allow_unregistered=True`, unknown ops are read in the generic form `"dialect.op"(...)`'
        return self.error(f"there is no op `{name}`", at=at, hint=hint)

    # -- the generic form

    def _generic_operation(self) -> tuple[type[Operation], Operation | OperationReader]:
        at = self.position
        name = self.string_literal("an op's name")
        cls = self._class_of(name)
        if cls is None:
            if not self.allow_unregistered or not name:
                raise self._unknown_operation(name, at)
            cls = UnregisteredOp
        operands = self.operand_list()
        successors = self.comma_separated(self.successor, "[", "]") if self.at("[") else []
        head = _GenericHead(cls, name, operands, successors, self.prop_dict())
        if self.at("("):
            return cls, self._generic_with_regions(head)
        return cls, self._generic_tail(head, ())

    def _generic_with_regions(self, head: _GenericHead) -> OperationReader:
        regions: list[Region] = []
        self.expect("(")
        while True:
            regions.append((yield RegionRequest()))
            if not self.optional(","):
                break
        self.expect(")")
        return self._generic_tail(head, regions)

    def _generic_tail(self, head: _GenericHead, regions: Sequence[Region]) -> Operation:
        at = self.position
        attributes = self.attr_dict()
        if head.properties:
            twice = head.properties.keys() & attributes.keys()
            if twice:
                raise self.error(f"the attribute `{min(twice)}` is given twice", at=at)
            attributes = {**head.properties, **attributes}
        self.expect(":")
        at = self.position
        signature = self.functional_type()
        operands = self.resolve_all(head.operands, signature.inputs, at=at)
        parts = (operands, signature.results, attributes, regions, head.successors)
        if head.cls is UnregisteredOp:
            return UnregisteredOp.make(head.name, *parts, property_names=head.properties)
        return head.cls.create(*parts)

    # -- for the `parse` of an op

    def build(
        self,
        cls: type[Operation],
        operands: Sequence[Value[Any]] = (),
        attributes: dict[str, Attribute] | None = None,
        regions: Sequence[Region] = (),
        successors: Sequence[Block] = (),
        result_types: Sequence[Type] | None = None,
    ) -> Operation:
        """Makes an op from its parts; without `result_types`, they are inferred.

        Raises:
            Error: if they do not follow.
        """
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

    def ensure_block(self, region: Region) -> Region:
        """Adds a block to a region whose text is `{}`."""
        if region.is_empty:
            region.add_block()
        return region

    def ensure_terminator(self, region: Region, terminator: type[Operation] | str) -> Region:
        """Adds the terminator (a class or name of an op without operands) that a text may leave out, and a block."""
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
    """The generic form of an op up to its regions."""

    cls: type[Operation]
    name: str
    operands: list[OperandName]
    successors: list[Block]
    properties: dict[str, Attribute]


class _Pretty(NamedTuple):
    """What reads the pretty form of a class's ops, and whether it is code of the class's own."""

    read: PrettyReader
    custom: bool


def _called(cls: type[Operation]) -> str:
    return f"`{cls.name}`" if cls is not UnregisteredOp else "an op"


def _pretty_of(cls: type[Operation]) -> _Pretty | None:
    """`parse` or `assembly_format` of the nearest class that has one of them."""
    for base in cls.__mro__:
        if "parse" in base.__dict__:
            read: PrettyReader = cls.parse  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
            return _Pretty(read, custom=True)
        text = base.__dict__.get("assembly_format")
        if text:
            from couloir.ir.text.format import reader_of

            return _Pretty(reader_of(cls), custom="custom<" in text)
    return None
