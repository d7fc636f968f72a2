"""Operations as text: MLIR's generic form for every op, and the pretty form of the ops that have one.

The printer never raises. What is broken is marked where it stands: `<<UNKNOWN SSA VALUE>>` for an operand that is not
defined in the printed scope, `<<UNKNOWN BLOCK>>` for a successor elsewhere, and an op whose pretty printer fails is
printed in the generic form with the failure in a comment.

A pretty form is the op class's `assembly_format` (see `couloir.ir.text.format`) or its method `print`:

    class For(Operation, name="scf.for"):
        def print(self, p: Printer) -> None:
            p.write(" ")
            p.operand(self.lower)
            p.write(" ")
            p.region(self.body)
            p.attr_dict(self)

The op's name has been written when the method runs. A region is only noted there and printed when the method has
returned, so that nested ops do not nest Python calls: ten thousand levels print as well as one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from couloir.ir.errors import NoPrettyForm
from couloir.ir.location import Location
from couloir.ir.text.aliases import (
    DEFERRED,
    DISTINCT,
    INSIDE,
    LAST,
    ORDER,
    TRAILING,
    USE,
    Aliases,
    alias_base,
    in_order,
    uses_in,
    weak,
)
from couloir.ir.text.attribute_printer import AttributePrinter
from couloir.ir.text.names import Counters, Names

if TYPE_CHECKING:
    from couloir.ir.attribute import Attribute, Type
    from couloir.ir.attributes import DistinctAttr
    from couloir.ir.operation import Block, BlockArgument, Operation, Region, Value
    from couloir.ir.text.attribute_printer import ResourceSection

    PrettyForm: TypeAlias = Callable[[Operation, "Printer"], None]

NULL_TYPE: Final = "<<NULL TYPE>>"
INDENT: Final = "  "
_MAX_INDENT: Final = 256
"""Columns. Deeper regions are not indented further: the text of 10^4 nested ones would be quadratic in their number."""
_CACHED_TEXT: Final = 96
"""Texts of attributes up to this length are remembered; longer ones are seldom met twice."""


def operation_text(
    op: Operation,
    *,
    generic: bool = False,
    locations: bool = False,
    elide_above: int | None = None,
    hex_above: int = 100,
    use_names: bool = False,
    strict_properties: bool = False,
    external_resources: ResourceSection | None = None,
) -> str:
    """The text of an op and everything inside it.

    Args:
        op: Any op, well-formed or not. One that stands in a block has the value names that it has in the whole text.
        generic: Print every op in the generic form.
        locations: Print `loc(...)` after each op and block argument.
        elide_above: Constants with more elements than this are printed as `dense_resource<__elided__>`. None prints
            all.
        hex_above: Constants with more elements than this are printed as the hexadecimal digits of their bytes.
        use_names: Name values by their `name_hint` (`%conv1`) instead of by number.
        strict_properties: In pretty forms, write an op's own attributes before the dictionary, where LLVM 24 wants them.
        external_resources: What tools keep beside a module, such as `{"mlir_reproducer": {"pipeline": "...",
            "verify_each": True}}`. It is written at the end, where `external_resources` reads it; it is no part of the
            module.
    """
    printer = Printer(
        generic=generic,
        locations=locations,
        elide_above=elide_above,
        hex_above=hex_above,
        use_names=use_names,
        strict_properties=strict_properties,
    )
    return printer.print_top_level(op, external_resources)


class Printer(AttributePrinter):
    """Writes operations. What op definitions need in their `print` is public; `AttributePrinter` has the rest."""

    def __init__(
        self,
        *,
        generic: bool = False,
        locations: bool = False,
        elide_above: int | None = None,
        hex_above: int = 100,
        use_names: bool = False,
        strict_properties: bool = False,
    ) -> None:
        super().__init__(elide_above=elide_above, hex_above=hex_above)
        self.strict_properties = strict_properties
        self.generic = generic
        self.locations = locations
        self._names = Names(use_hints=use_names)
        self._forms: dict[type[Operation], PrettyForm | None] = {}
        self._attribute_texts: dict[Attribute, str] = {}
        self._aliases: Aliases | None = None
        self._ordered: set[str] = set()
        self._stack: list[str | _RegionPart | _Frame] = []
        self._requests: list[tuple[int, _RegionPart]] = []
        self._indent = ""
        self._dialect = "builtin"
        self._counters = (0, 0)
        self._entered: dict[Region, Counters] = {}

    # -- whole texts

    def print_top_level(self, op: Operation, external_resources: ResourceSection | None = None) -> str:
        """The text of `op`, with the aliases that it uses before it and locations and resources after it."""
        if op.parent_op is None:
            self._aliases = Aliases(self._definition)
        self._counters = self._names.enter_scope_of(op)
        if self.generic:
            self._number_everything(op)
        self._write_all(op)
        text = "".join(self.parts)
        if self._aliases:
            head, body, tail = self._aliases.finish(text)
            text = f"{head}{body}\n{tail[:-1]}" if tail else head + body
        self.parts.clear()
        self.file_metadata(external_resources)
        metadata = "".join(self.parts).rstrip("\n")
        return f"{text}\n\n{metadata}" if metadata else text

    def _number_everything(self, op: Operation) -> None:
        """Gives each value inside an op a number of its own, in upstream's order: in the generic form it does so."""
        names = self._names
        counters = self._counters
        regions = list(op.regions)
        opened: list[Region] = []
        while regions:
            region = regions.pop()
            around = None if region.parent is None else region.parent.parent
            while opened and (around is None or opened[-1] is not around.parent):
                names.close(opened.pop())
            counters = self._entered[region] = names.enter(region, counters)
            names.open(region)
            opened.append(region)
            for inner in region.ops:
                if inner.regions:
                    regions += inner.regions
        while opened:
            names.close(opened.pop())

    def _write_all(self, op: Operation) -> None:
        """The driver: goes through the op and all regions inside with a stack of its own."""
        stack = self._stack
        stack += reversed(self._operation(op))
        while stack:
            item = stack[-1]
            if isinstance(item, _Frame):
                self._continue_region(item)
                continue
            stack.pop()
            if isinstance(item, str):
                self.write(item)
            else:
                self._open_region(item)

    # -- regions

    def _open_region(self, part: _RegionPart) -> None:
        region = part.region
        self.write("{")
        frame = _Frame(part, part.indent + INDENT if len(part.indent) < _MAX_INDENT else part.indent)
        frame.counters = self._entered.pop(region, None) or self._names.enter(region, part.counters)
        self._names.open(region)
        self._stack.append(frame)
        frame.block = region.first_block
        if frame.block is not None:
            has_next = frame.block.next_block is not None
            if has_next:
                frame.predecessors = _predecessors(region)
            header = (part.print_empty_block and frame.block.is_empty) or (
                part.print_entry_args and bool(frame.block.arguments)
            )
            self._open_block(frame, frame.block, header=header)

    def _open_block(self, frame: _Frame, block: Block, *, header: bool) -> None:
        if header:
            self.write(f"\n{frame.part.indent}{self._names.block(block)}")
            if block.arguments:
                self.write("(")
                self._indent = frame.part.indent
                for index, argument in enumerate(block.arguments):
                    self.write(", " if index else "")
                    self.block_argument(argument)
                self.write(")")
            self.write(":")
            self._write_predecessors(frame, block)
        frame.op = block.first_op
        frame.stop = None
        if not frame.part.print_terminators:
            last = block.last_op
            if last is not None and _is_terminator(last):
                frame.stop = last

    def _write_predecessors(self, frame: _Frame, block: Block) -> None:
        found = frame.predecessors.get(block, [])
        names = [self._names.block(b) for b in found]
        if not found:
            if not block.is_entry:
                self.write("  // no predecessors")
        elif len(found) == 1:
            self.write(f"  // pred: {names[0]}")
        else:
            self.write(f"  // {len(found)} preds: {', '.join(names)}")

    def _continue_region(self, frame: _Frame) -> None:
        """Prints ops of the open region until one has regions itself, or the region ends."""
        write = self.parts.append
        stack = self._stack
        self._indent = frame.indent
        self._dialect = frame.dialect
        self._counters = frame.counters
        line = "\n" + frame.indent
        while True:
            op, stop = frame.op, frame.stop
            while op is not None and op is not stop:
                write(line)
                rest = self._operation(op)
                op = op.next_op
                if rest:
                    frame.op = op
                    stack += reversed(rest)
                    return
            block = frame.block = None if frame.block is None else frame.block.next_block
            if block is None:
                break
            self._open_block(frame, block, header=True)
            self._indent = frame.indent
        write(f"\n{frame.part.indent}}}")
        stack.pop()
        if stack:
            self._names.leave(frame.part.region)

    # -- one op

    def _operation(self, op: Operation) -> Sequence[str | _RegionPart]:
        """Writes an op up to its first region; gives the parts that are still to be written."""
        begin = len(self.parts)
        results = op.results
        if results:
            self.write(self._names.results(results))
        rest: list[str | _RegionPart] = []
        comment = ""
        for region in op.regions:  # the text before a region may name its arguments
            if region not in self._entered:
                self._entered[region] = self._names.enter(region, self._counters)
        start = len(self.parts)
        try:
            form = None if self.generic else self._form(type(op))
            if form is None:
                self._generic_operation(op, rest)
            else:
                self.write(self._short_name(op.name))
                form(op, self)
                rest = self._cut_at_regions() if self._requests else []
                if op.regions:
                    self._leave_unprinted(op, rest)
        except NoPrettyForm:
            rest = self._generic_instead(op, start)
        except Exception as error:  # noqa: BLE001 -- printing is how people look for errors: it must not fail itself
            rest = self._generic_instead(op, start)
            comment = f"  // error: {type(error).__name__}: {' '.join(str(error).split())}"
        if self.locations:
            comment = self._location_suffix(op.location, begin, rest) + comment
        if comment:
            self._after(rest, comment)
        return rest

    def _generic_instead(self, op: Operation, start: int) -> list[str | _RegionPart]:
        """Writes the generic form in the place of what was begun."""
        del self.parts[start:]
        self._requests.clear()
        rest: list[str | _RegionPart] = []
        self._generic_operation(op, rest)
        return rest

    def _leave_unprinted(self, op: Operation, rest: Sequence[str | _RegionPart]) -> None:
        printed = {part.region for part in rest if not isinstance(part, str)}
        for region in op.regions:
            if region not in printed:
                self._entered.pop(region, None)
                self._names.leave(region)

    def _after(self, rest: list[str | _RegionPart], text: str) -> None:
        if rest:
            rest.append(text)
        else:
            self.write(text)

    def _form(self, cls: type[Operation]) -> PrettyForm | None:
        try:
            return self._forms[cls]
        except KeyError:
            form = self._forms[cls] = pretty_form(cls, strict=self.strict_properties)
            return form

    def _short_name(self, name: str) -> str:
        dialect, _, rest = name.partition(".")
        if dialect == self._dialect and "." not in rest:
            return rest
        return name

    def _cut_at_regions(self) -> list[str | _RegionPart]:
        """Takes back what was written after the first region, to be written when that region is done."""
        parts = self.parts
        rest: list[str | _RegionPart] = []
        requests = self._requests
        for number, (start, request) in enumerate(requests):
            end = requests[number + 1][0] if number + 1 < len(requests) else len(parts)
            rest += (request, "".join(parts[start:end]))
        del parts[requests[0][0] :]
        requests.clear()
        return rest

    def _generic_operation(self, op: Operation, rest: list[str | _RegionPart]) -> None:
        write = self.parts.append
        operand = self._names.values.get
        operands = op.operands
        names = [operand(v) or self._names.value(v) for v in operands]
        begin = len(self.parts)
        write(f'"{op.name}"({", ".join(names)})')
        if op.successors:
            write(f"[{', '.join([self._names.block(b) for b in op.successors])}]")
        discardable = op.stored_attributes
        if discardable:
            own, discardable = split_attributes(op)
            if own:
                write(" <")
                self.dictionary(own)
                write(">")
        types = self._texts.get
        # Ill-formed IR may have None where a value should stand.
        inputs = [types(v.type) or self.type_text(v.type) if v else NULL_TYPE for v in operands]
        results = op.results
        if len(results) == 1:
            output = types(results[0].type) or self.type_text(results[0].type)
            if output[0] == "(":
                output = f"({output})"
        else:
            output = f"({', '.join([self.type_text(r.type) for r in results])})"
        signature = f" : ({', '.join(inputs)}) -> {output}"
        if not op.regions:
            if discardable:
                write(" ")
                self.dictionary(discardable)
            write(signature)
            if self._aliases:
                text = "".join(self.parts[begin:])
                if "\0" in text and not self._ordered.issuperset(uses_in(text)):
                    met = self._met_in(op, signature)
                    self._ordered.update(met)
                    self.parts[begin:] = [weak(text), in_order(met)]
            return
        head = "".join(self.parts[begin:]) if self._aliases else ""
        if "\0" in head:
            self.parts[begin:] = [weak(head)]
        write(" (")
        for index, region in enumerate(op.regions):
            if index:
                rest.append(", ")
            rest.append(_RegionPart(region, self._indent, self._counters, "", True, True, True))
        start = len(self.parts)
        write(")")
        if discardable:
            write(" ")
            self.dictionary(discardable)
        write(signature)
        tail = "".join(self.parts[start:])
        if self._aliases and ("\0" in tail or "\0" in head):
            tail = weak(tail) + in_order(self._met_in(op, signature))
        rest.append(tail)
        del self.parts[start:]

    def _met_in(self, op: Operation, signature: str) -> list[str]:
        """What is used in an op, as upstream meets it: types before attributes, and these sorted by name."""
        attributes = op.stored_attributes
        unseen: frozenset[str] = frozenset() if op.is_registered else getattr(op, "property_names", frozenset())
        keys = [key for key in sorted(attributes) if key not in unseen]
        return uses_in("".join([signature, *[self.attribute_text(attributes[key]) for key in keys]]))

    # -- for the `print` of an op

    def operand(self, value: Value[Any]) -> None:
        """Writes the name of a value: `%0`, `%1#2`, `%arg0`."""
        self.write(self._names.values.get(value) or self._names.value(value))

    def value_name(self, value: Value[Any]) -> str:
        """The name of a value, for texts that hold it within something else."""
        return self._names.values.get(value) or self._names.value(value)

    def operands(self, values: Iterable[Value[Any]]) -> None:
        """Writes the names of values, with commas between."""
        known = self._names.values.get
        self.write(", ".join([known(v) or self._names.value(v) for v in values]))

    def type(self, type: Type) -> None:
        """Writes a type."""
        self.write(self._texts.get(type) or self.type_text(type))

    def types(self, types: Iterable[Type]) -> None:
        """Writes types, with commas between."""
        self.write(", ".join([self.type_text(t) for t in types]))

    def types_of(self, values: Iterable[Value[Any]]) -> None:
        """Writes the types of values, with commas between."""
        self.types([v.type for v in values])

    def functional_type(self, inputs: Iterable[Type], results: Iterable[Type]) -> None:
        """Writes `(i32, f32) -> i1`."""
        outputs = [self.type_text(t) for t in results]
        output = outputs[0] if len(outputs) == 1 and outputs[0][0] != "(" else f"({', '.join(outputs)})"
        self.write(f"({', '.join([self.type_text(t) for t in inputs])}) -> {output}")

    def region(
        self,
        region: Region,
        *,
        print_entry_args: bool = False,
        print_terminators: bool = True,
        print_empty_block: bool = False,
    ) -> None:
        """Writes a region in braces, once the method that asks for it has returned.

        Args:
            region: A region of the op that is being printed.
            print_entry_args: Print the header of the entry block when it has arguments.
            print_terminators: Print the last op of each block even if it is a terminator.
            print_empty_block: Print the header of an entry block without ops, so that it is told from no block at all.
        """
        dialect = getattr(type(region.parent), "default_dialect", "")
        part = _RegionPart(
            region, self._indent, self._counters, dialect, print_entry_args, print_terminators, print_empty_block
        )
        self._requests.append((len(self.parts), part))

    def terminator_matters(self, region: Region) -> bool:
        """Whether the region's last op says anything, for regions whose plain terminator is left out of the text."""
        last = region.last_block.last_op if region.last_block is not None else None
        return last is not None and bool(last.operands or last.results or last.stored_attributes)

    def successor(self, block: Block, operands: Sequence[Value[Any]] = ()) -> None:
        """Writes `^bb1` or `^bb1(%a, %b : i32, f32)`."""
        self.write(self._names.block(block))
        if operands:
            self.write("(")
            self.operands(operands)
            self.write(" : ")
            self.types_of(operands)
            self.write(")")

    def block_argument(self, argument: BlockArgument[Any]) -> None:
        """Writes `%arg0: i32`, with its location where locations are printed."""
        self.operand(argument)
        self.write(": ")
        self.type(argument.type)
        self.location_of_argument(argument)

    def location_of_argument(self, argument: BlockArgument[Any]) -> None:
        """Writes ` loc(...)` where locations are printed. Upstream defines an alias for it, but does not use it here."""
        if self.locations:
            if self._aliases is not None:
                self.write(self._aliases.mark(ORDER, argument.location))
            self.write(" loc(")
            argument.location.print_inner(self)
            self.write(")")

    def argument_attributes(self, entries: Mapping[str, Attribute]) -> None:
        """Writes ` {...}` after an argument of a function; no aliases are made for what stands there alone."""
        if entries:
            start = len(self.parts)
            self.write(" ")
            self.dictionary(entries)
            self.parts[start:] = [weak("".join(self.parts[start:]))]

    def newline(self, levels: int = 0) -> None:
        """Starts a new line, indented `levels` steps deeper than the op."""
        self.write("\n" + self._indent + INDENT * levels)

    def attr_dict(
        self, op: Operation, *, elided: Collection[str] = (), with_keyword: bool = False, segments: bool = False
    ) -> None:
        """Writes ` {...}` with the attributes of `op` that are not `elided` and not what they are by default.

        Nothing is written when none is left. `with_keyword` writes ` attributes {...}`, `segments` the segment sizes
        too.
        """
        if not op.stored_attributes:
            return
        skipped = elided if segments else {*elided, "operandSegmentSizes", "resultSegmentSizes"}
        defaults = op.definition.defaults
        left = {
            key: value
            for key, value in op.stored_attributes.items()
            if key not in skipped and defaults.get(key) is not value
        }
        if left:
            self.write(" attributes " if with_keyword else " ")
            self.dictionary(left)

    def prop_dict(self, op: Operation, *, elided: Collection[str] = ()) -> None:
        """Writes ` <{...}>` with the op's own attributes that are not `elided`; nothing when none is left."""
        own, _ = split_attributes(op)
        defaults = op.definition.defaults
        left = {key: value for key, value in own.items() if key not in elided and defaults.get(key) is not value}
        if left:
            self.write(" <")
            self.dictionary(left)
            self.write(">")

    def type_text(self, type: Type) -> str:
        """The text of a type."""
        return self._texts.get(type) or self._captured(type)

    def attribute_text(self, attribute: Attribute) -> str:
        """The text of an attribute, with aliases."""
        text = self._attribute_texts.get(attribute)
        if text is None:
            text = self._captured(attribute)
            if len(text) <= _CACHED_TEXT:
                self._attribute_texts[attribute] = text
        return text

    def _captured(self, attribute: Attribute) -> str:
        parts = self.parts
        start = len(parts)
        self.attribute(attribute)
        text = "".join(parts[start:])
        del parts[start:]
        return text

    # -- aliases

    def alias(self, attribute: Attribute) -> str | None:
        """A mark for an attribute that has an alias; None for one that is written out."""
        if self._aliases is None or alias_base(attribute) is None:
            return None
        return self._aliases.mark(USE, attribute)

    def location(self, location: Location) -> None:
        """Writes the alias of a location, or what stands in `loc(...)`."""
        if self._aliases is None:
            location.print_inner(self)
        else:
            self.write(self._aliases.mark(INSIDE, location))

    def distinct_number(self, attribute: DistinctAttr) -> str:
        """The number of a distinct attribute, which is known at the end."""
        return super().distinct_number(attribute) if self._aliases is None else self._aliases.mark(DISTINCT, attribute)

    def _definition(self, attribute: Attribute) -> str:
        """What an alias stands for."""
        start = len(self.parts)
        if isinstance(attribute, Location):
            self.write("loc(")
            attribute.print_inner(self)
            self.write(")")
        else:
            attribute.print(self)
        text = "".join(self.parts[start:])
        del self.parts[start:]
        return text

    def _location_suffix(self, location: Location, begin: int, rest: Sequence[object]) -> str:
        """` loc(...)` for an op whose text begins at a part. Upstream meets its location before all else in it."""
        if self._aliases is None:
            return " " + self.attribute_text(location)
        if not rest and "\0" not in "".join(self.parts[begin:]):
            return f" loc({self._aliases.mark(LAST, location)})"
        self.parts.insert(begin, self._aliases.mark(DEFERRED, location))
        return f" loc({self._aliases.mark(TRAILING, location)})"


class _RegionPart:
    """A region that is still to be printed, and how."""

    __slots__ = (
        "counters",
        "dialect",
        "indent",
        "print_empty_block",
        "print_entry_args",
        "print_terminators",
        "region",
    )

    def __init__(
        self,
        region: Region,
        indent: str,
        counters: tuple[int, int],
        dialect: str,
        print_entry_args: bool,
        print_terminators: bool,
        print_empty_block: bool,
    ) -> None:
        self.region = region
        self.indent = indent
        self.counters = counters
        self.dialect = dialect
        self.print_entry_args = print_entry_args
        self.print_terminators = print_terminators
        self.print_empty_block = print_empty_block


class _Frame:
    """A region that is being printed, and how far."""

    __slots__ = ("block", "counters", "dialect", "indent", "op", "part", "predecessors", "stop")

    def __init__(self, part: _RegionPart, indent: str) -> None:
        self.part = part
        self.indent = indent
        self.dialect = part.dialect
        self.counters = part.counters
        self.block: Block | None = None
        self.op: Operation | None = None
        self.stop: Operation | None = None
        self.predecessors: dict[Block, list[Block]] = {}


def split_attributes(op: Operation) -> tuple[Mapping[str, Attribute], Mapping[str, Attribute]]:
    """The attributes that belong to the op, printed in `<{...}>`, and the others, printed in `{...}`."""
    keys: frozenset[str] = (
        op.definition.attribute_keys if op.is_registered else getattr(op, "property_names", frozenset())
    )
    attributes = op.stored_attributes
    if not keys:
        return {}, attributes
    own = {key: value for key, value in attributes.items() if key in keys}
    if len(own) == len(attributes):
        return own, {}
    return own, {key: value for key, value in attributes.items() if key not in keys}


def pretty_form(cls: type[Operation], *, strict: bool = False) -> PrettyForm | None:
    """How ops of a class print: `assembly_format` or `print` of the nearest class that has one; None if generic."""
    for base in cls.__mro__:
        if "print" in base.__dict__:
            return base.__dict__["print"]
        if base.__dict__.get("assembly_format"):
            from couloir.ir.text.format import printer_of

            return printer_of(cls, strict=strict)
    return None


def _is_terminator(op: Operation) -> bool:
    return any(trait.__name__ == "IsTerminator" for trait in op.traits)


def _predecessors(region: Region) -> dict[Block, list[Block]]:
    found: dict[Block, list[Block]] = {}
    for block in region.blocks:
        last = block.last_op
        if last is not None:
            for successor in last.successors:
                found.setdefault(successor, []).append(block)
    return found
