"""Declarative pretty forms: an op class's `assembly_format`, compiled into a function that prints and one that reads.

    class Add(Operation, name="demo.add"):
        lhs: Operand[TensorType]
        rhs: Operand[TensorType]
        result: Result[TensorType] = result()
        constraints = (SameType("lhs", "rhs", "result"),)
        assembly_format = "$lhs `,` $rhs attr-dict `:` type($result)"

The language is MLIR's, and spaces are printed where MLIR prints them. Types that the format leaves out follow from the op's relations, its
`infer`, or the definition of the operand. A class is compiled when an op of it is first printed or read.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from couloir.ir.attributes import UNIT
from couloir.ir.codecs import UNIT_FLAG
from couloir.ir.definition import SEGMENTS, Definition, Field
from couloir.ir.errors import Error
from couloir.ir.fields import MISSING
from couloir.ir.text.custom import find_directive
from couloir.ir.text.format_parts import FormatParts, complete, merge_attributes, store_attribute
from couloir.ir.text.format_syntax import (
    All,
    AttributeDictionary,
    Custom,
    Element,
    FunctionalType,
    Group,
    Literal,
    Ref,
    TypeOf,
    Variable,
    Whitespace,
    parse_format,
)
from couloir.ir.text.format_values import AttributeForm, attribute_form

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.text.parser import PrettyReader
    from couloir.ir.text.printer import PrettyForm

_PRINTERS: Final[weakref.WeakKeyDictionary[Any, PrettyForm]] = weakref.WeakKeyDictionary()
_READERS: Final[weakref.WeakKeyDictionary[Any, PrettyReader]] = weakref.WeakKeyDictionary()


def printer_of(cls: type[Operation]) -> PrettyForm:
    """What prints the ops of a class by its `assembly_format`. Raises `couloir.Error` if the format is wrong."""
    found = _PRINTERS.get(cls)
    if found is None:
        found = _PRINTERS[cls] = _PrinterSource(cls).compile()
    return found


def reader_of(cls: type[Operation]) -> PrettyReader:
    """What reads the ops of a class by its `assembly_format`. Raises `couloir.Error` if the format is wrong."""
    found = _READERS.get(cls)
    if found is None:
        found = _READERS[cls] = _ReaderSource(cls).compile()
    return found


def _named_attributes(elements: Iterable[Element | Ref | str]) -> set[str]:
    """The keys of the attributes that the elements print."""
    found: set[str] = set()
    for element in elements:
        match element:
            case Variable(field) if field.kind == "attribute":
                found.add(field.key)
            case Custom(_, arguments):
                found |= _named_attributes(arguments)
            case Group(then, otherwise, _):
                found |= _named_attributes((*then, *otherwise))
            case _:
                pass
    return found


def _typed_groups(elements: Iterable[Element | Ref | str]) -> set[str]:
    """The optional and variadic fields whose types the elements give."""
    found: set[str] = set()
    for element in elements:
        match element:
            case TypeOf(Variable(field)) if field.arity != "single":
                found.add(field.name)
            case FunctionalType(inputs, results):
                found |= _typed_groups((TypeOf(inputs), TypeOf(results)))
            case Group(then, otherwise, _):
                found |= _typed_groups((*then, *otherwise))
            case Custom(_, arguments):
                found |= _typed_groups(arguments)
            case _:
                pass
    return found


def _has(elements: Iterable[Element | Ref | str], wanted: Callable[[Any], bool]) -> bool:
    for element in elements:
        inside: tuple[Any, ...] = ()
        match element:
            case Group(then, otherwise, _):
                inside = (*then, *otherwise)
            case Custom(_, arguments):
                inside = arguments
            case _:
                pass
        if wanted(element) or _has(inside, wanted):
            return True
    return False


def _is_region(element: Any) -> bool:
    return (isinstance(element, Variable) and element.field.kind == "region") or element == All("regions")


class _Source:
    """Python source under construction. It consists of names of fields and of names in `scope`; texts stand in `scope` or as literals."""

    def __init__(self, cls: type[Operation]) -> None:
        self.cls = cls
        self.definition: Definition = cls.definition
        text: str = cls.assembly_format  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        self.elements = parse_format(text, self.definition)  # pyright: ignore[reportUnknownArgumentType]
        self.lines: list[str] = []
        self.level = 1
        self.scope: dict[str, Any] = {}

    def line(self, text: str) -> None:
        """Adds a line at the present indentation."""
        self.lines.append("    " * self.level + text)

    def constant(self, value: Any) -> str:
        """A name in the scope for an object."""
        name = f"c{len(self.scope)}"
        self.scope[name] = value
        return name

    def function(self, header: str) -> Any:
        """Compiles the lines as the body of a function."""
        source = "\n".join([header, *self.lines])
        exec(compile(source, f"<assembly format of {self.definition.op_name}>", "exec"), self.scope)
        return self.scope["made"]

    def error(self, message: str) -> Error:
        """An error in the format."""
        return Error(f"the assembly format of `{self.definition.op_name}`: {message}")

    def form(self, field: Field) -> AttributeForm:
        """How the attribute of a field stands in the text."""
        return attribute_form(field)


class _PrinterSource(_Source):
    """Writes the function that prints. Where spaces go is MLIR's rule (mlir-tblgen, OpFormatGen.cpp)."""

    def __init__(self, cls: type[Operation]) -> None:
        super().__init__(cls)
        self.pending = ""
        self.space = True
        self.after_punctuation = False
        self.named = _named_attributes(self.elements)
        self.has_property_dictionary = _has(
            self.elements, lambda e: isinstance(e, AttributeDictionary) and e.properties
        )

    def compile(self) -> PrettyForm:
        self.sequence(self.elements)
        self.line("return None")
        return self.function("def made(op, p):")

    def line(self, text: str) -> None:
        if self.pending:
            super().line(f"p.write({self.pending!r})")
            self.pending = ""
        super().line(text)

    def sequence(self, elements: Sequence[Element], elided: Element | None = None) -> None:
        for element in elements:
            if element is not elided:
                self.element(element)

    def element(self, element: Element) -> None:
        match element:
            case Literal(text):
                self.literal(text)
            case Whitespace("\n"):
                self.line("p.newline()")
                self.space, self.after_punctuation = False, True
            case Whitespace(text):
                self.pending += text
                self.space, self.after_punctuation = False, not text
            case Group():
                self.group(element)
            case AttributeDictionary():
                self.dictionary(element)
                self.after_punctuation = False
            case _:
                if self.space or not self.after_punctuation:
                    self.pending += " "
                self.space, self.after_punctuation = True, False
                self.directive(element)

    def literal(self, text: str) -> None:
        if self.space:
            if len(text) != 1 and text != "->":
                wanted = True
            elif self.after_punctuation:
                wanted = text not in (">", ")", "}", "]", ",")
            else:
                wanted = text not in ("<", ">", "(", ")", "{", "}", "[", "]", ",")
            self.pending += " " if wanted else ""
        self.pending += text
        self.space = text not in ("<", "(", "{", "[")
        self.after_punctuation = not (text[0] == "_" or text[0].isalpha())

    def dictionary(self, element: AttributeDictionary) -> None:
        elided = set(self.named)
        uses_all = _has(self.elements, lambda e: e == All("operands"))
        if not uses_all or not self.definition.needs_segments("operand"):
            elided.add(SEGMENTS["operand"])
        elided.add(SEGMENTS["result"])
        if element.properties:
            self.line(f"p.prop_dict(op, elided={self.constant(frozenset(elided))})")
            return
        if self.has_property_dictionary:
            elided |= self.definition.attribute_keys
        keyword = ", with_keyword=True" if element.with_keyword else ""
        self.line(f"p.attr_dict(op, elided={self.constant(frozenset(elided))}, segments=True{keyword})")

    def group(self, group: Group) -> None:
        self.line(f"if {self.condition(group.anchor)}:")
        for elements in (group.then, group.otherwise):
            self.level += 1
            anchor_is_unit = isinstance(group.anchor, Variable) and group.anchor.field.codec is UNIT_FLAG
            self.sequence(elements, group.anchor if anchor_is_unit else None)
            self.line("pass")
            self.level -= 1
            if elements is group.then and group.otherwise:
                self.line("else:")
            else:
                break

    def condition(self, anchor: Element) -> str:
        """Whether the anchor is there, as an expression."""
        match anchor:
            case Variable(field) if field.kind == "attribute":
                default = self.definition.defaults.get(field.key)
                stored = f"op.attributes.get({field.key!r})"
                return (
                    f"{stored} not in (None, {self.constant(default)})"
                    if default is not None
                    else f"{stored} is not None"
                )
            case Variable(field) | TypeOf(Variable(field)):
                if field.arity == "variadic":
                    return f"op.{field.name}"
                if field.kind == "region":
                    return f"not op.{field.name}.is_empty"
                if field.arity == "optional":
                    return f"op.{field.name} is not None"
                raise self.error(f"the anchor `${field.name}` is always there")
            case All(kind) | TypeOf(All(kind)):
                return f"op.{kind}"
            case FunctionalType(inputs, results):
                return f"op.{_source_of(inputs)} or op.{_source_of(results)}"
            case Custom(_, arguments):
                conditions = [
                    self.condition(a)
                    for a in arguments
                    if isinstance(a, Variable)
                    and (a.field.arity != "single" or a.field.optional or a.field.kind == "region")
                ]
                if not conditions:
                    raise self.error("the anchor `custom<...>` has no argument that may be absent")
                return " or ".join(f"({c})" for c in conditions)
            case _:
                raise self.error("the anchor of a group is a field, a type or a custom directive")

    def directive(self, element: Element) -> None:
        match element:
            case Variable(field):
                self.variable(field)
            case All("operands"):
                self.line("p.operands(op.operands)")
            case All("regions"):
                self.loop("op.regions", self.region_call("item"))
            case All("successors"):
                self.loop("op.successors", "p.successor(item)")
            case TypeOf(of):
                source = _source_of(of)
                if isinstance(of, Variable) and of.field.arity == "optional":
                    self.line(f"if op.{source} is not None: p.type(op.{source}.type)")
                elif isinstance(of, Variable) and of.field.arity == "single":
                    self.line(f"p.type(op.{source}.type)")
                else:
                    self.line(f"p.types_of(op.{source})")
            case FunctionalType(inputs, results):
                self.line(f"p.functional_type({_types_expression(inputs)}, {_types_expression(results)})")
            case Custom(name, arguments):
                function = self.constant(find_directive(name).print)
                values = ", ".join(self.argument(a) for a in arguments)
                self.line(f"{function}(p, op, {values})")
            case _:
                raise self.error(f"{element} cannot stand here")

    def variable(self, field: Field) -> None:
        name = field.name
        match field.kind, field.arity:
            case "attribute", _:
                if field.codec is UNIT_FLAG:
                    raise self.error(f"`${name}` is a flag: it stands as the anchor of a group, `(`word` ${name}^)?`")
                write = self.constant(self.form(field).write)
                stored = f"op.attributes.get({field.key!r})"
                if field.optional:
                    self.line(f"if (stored := {stored}) is not None: {write}(p, stored)")
                else:
                    default = self.definition.stored.get(field.key)
                    otherwise = f" or {self.constant(default)}" if default is not None else ""
                    self.line(f"{write}(p, {stored}{otherwise})")
            case "operand", "single":
                self.line(f"p.operand(op.{name})")
            case "operand", "optional":
                self.line(f"if op.{name} is not None: p.operand(op.{name})")
            case "operand", _:
                self.line(f"p.operands(op.{name})")
            case "region", "single":
                self.line(self.region_call(f"op.{name}"))
            case "region", _:
                self.loop(f"op.{name}", self.region_call("item"))
            case "successor", "single":
                self.line(f"p.successor(op.{name})")
            case "successor", _:
                self.loop(f"op.{name}", "p.successor(item)")
            case _:
                raise self.error(f"the result `${name}` can only stand in `type(...)`")

    def region_call(self, expression: str) -> str:
        implicit = getattr(self.cls, "implicit_terminator", None) is not None
        terminators = f"p.terminator_matters({expression})" if implicit else "True"
        return f"p.region({expression}, print_entry_args=True, print_terminators={terminators})"

    def loop(self, expression: str, statement: str) -> None:
        self.line(f"for index, item in enumerate({expression}):")
        self.line("    if index: p.write(', ')")
        self.line(f"    {statement}")

    def argument(self, argument: Element | Ref | str) -> str:
        """The value of an argument of a custom directive, as an expression."""
        match argument:
            case str():
                return self.constant(argument)
            case Ref(of):
                return self.argument(of)
            case Variable(field) if field.kind == "attribute":
                return f"op.attributes.get({field.key!r})"
            case Variable(field):
                return f"op.{field.name}"
            case TypeOf(Variable(field)):
                if field.arity == "single":
                    return f"op.{field.name}.type"
                if field.arity == "optional":
                    return f"(None if op.{field.name} is None else op.{field.name}.type)"
                return f"tuple([v.type for v in op.{field.name}])"
            case TypeOf(All(kind)):
                return f"tuple([v.type for v in op.{kind}])"
            case All(kind):
                return f"tuple(op.{kind})"
            case AttributeDictionary():
                return "op.attributes"
            case _:
                raise self.error(f"{argument} cannot be an argument of a custom directive")


def _source_of(of: Variable | All) -> str:
    return of.field.name if isinstance(of, Variable) else of.kind


def _types_expression(of: Variable | All) -> str:
    if isinstance(of, All) or of.field.arity == "variadic":
        return f"[v.type for v in op.{_source_of(of)}]"
    if of.field.arity == "optional":
        return f"[] if op.{of.field.name} is None else [op.{of.field.name}.type]"
    return f"[op.{of.field.name}.type]"


class _ReaderSource(_Source):
    """Writes the function that reads: it gathers the parts in a `FormatParts`, from which `complete` makes the op."""

    def compile(self) -> PrettyReader:
        self.scope.update(
            cls=self.cls,
            FormatParts=FormatParts,
            complete=complete,
            merge=merge_attributes,
            store=store_attribute,
            UNIT=UNIT,
        )
        self.line("parts = FormatParts(p)")
        self.sequence(self.elements)
        for name in sorted(_typed_groups(self.elements)):  # a group that was not there had no values
            self.line(f"parts.types.setdefault({name!r}, [])")
        self.line("return complete(p, cls, parts)")
        return self.function("def made(p):")

    def sequence(self, elements: Iterable[Element]) -> None:
        for element in elements:
            self.element(element)

    def element(self, element: Element) -> None:
        match element:
            case Literal(text):
                self.line(f"p.expect_keyword({text!r})" if element.is_word else f"p.expect({text!r})")
            case Whitespace():
                pass
            case Group():
                self.group(element)
            case AttributeDictionary(with_keyword, properties):
                method = "prop_dict" if properties else "attr_dict_with_keyword" if with_keyword else "attr_dict"
                self.line(f"merge(p, parts, p.{method}())")
            case Variable(field):
                self.variable(field)
            case All("operands"):
                self.line("parts.all_operands = p.operand_names()")
            case All("successors"):
                self.line("parts.all_successors = p.successors()")
            case All():
                self.line("parts.all_regions = []")
                self.regions("parts.all_regions")
            case TypeOf(of):
                self.assign_types(of, _TYPE_READERS[self.arity(of)])
            case FunctionalType(inputs, results):
                self.line("signature = p.functional_type()")
                self.assign_types(inputs, "list(signature.inputs)")
                self.assign_types(results, "list(signature.results)")
            case Custom():
                self.custom_call(element)
                self.custom_results(element)

    def arity(self, of: Variable | All) -> str:
        return of.field.arity if isinstance(of, Variable) else "variadic"

    def assign_types(self, of: Variable | All, value: str) -> None:
        if isinstance(of, Variable):
            self.line(f"parts.types[{of.field.name!r}] = {value}")
        else:
            self.line(f"parts.all_{of.kind[:-1]}_types = {value}")

    def variable(self, field: Field) -> None:
        name = field.name
        match field.kind, field.arity:
            case "attribute", _:
                form = self.form(field)
                if field.optional:
                    self.line(f"if (found := {self.constant(form.read_optional)}(p)) is not None:")
                    self.line(f"    store(p, parts, {field.key!r}, found)")
                else:
                    self.line(f"store(p, parts, {field.key!r}, {self.constant(form.read)}(p))")
            case "operand", arity:
                self.line(f"parts.operands[{name!r}] = {_OPERAND_READERS[arity]}")
            case "successor", "single":
                self.line(f"parts.successors[{name!r}] = [p.successor()]")
            case "successor", _:
                self.line(f"parts.successors[{name!r}] = p.successors()")
            case "region", "single":
                self.line(f"parts.regions[{name!r}] = [{self.region()}]")
            case "region", _:
                self.line(f"parts.regions[{name!r}] = []")
                self.regions(f"parts.regions[{name!r}]")
            case _:
                raise self.error(f"the result `${name}` can only stand in `type(...)`")

    def region(self) -> str:
        terminator = getattr(self.cls, "implicit_terminator", None)
        request = "(yield p.region_request())"
        return f"p.ensure_terminator({request}, {self.constant(terminator)})" if terminator is not None else request

    def regions(self, target: str) -> None:
        self.line("while p.at('{'):")
        self.line(f"    {target}.append({self.region()})")
        self.line("    if not p.optional(','): break")

    def custom_call(self, element: Custom) -> None:
        function = self.constant(find_directive(element.name).parse)
        known = [self.known(a) for a in element.arguments if isinstance(a, Ref | str)]
        call = f"{function}({', '.join(['p', *known])})"
        has_region = any(_is_region(a) for a in element.arguments)
        self.line(f"found = {'yield from ' if has_region else ''}{call}")

    def known(self, argument: Ref | str) -> str:
        match argument:
            case str():
                return self.constant(argument)
            case Ref(Variable(field)) if field.kind == "attribute":
                return f"parts.attributes.get({field.key!r})"
            case Ref(Variable(field)):
                value = f"parts.{field.kind}s.get({field.name!r}, [])"
                return value if field.arity == "variadic" else f"next(iter({value}), None)"
            case Ref(TypeOf(Variable(field))):
                value = f"parts.types.get({field.name!r}, [])"
                return value if field.arity == "variadic" else f"next(iter({value}), None)"
            case _:
                raise self.error("`ref(...)` names a field or the type of one")

    def custom_results(self, element: Custom) -> None:
        read = [a for a in element.arguments if not isinstance(a, Ref | str)]
        self.line(f"if len(found) != {len(read)}: raise {self.constant(self._wrong_count(element.name, len(read)))}")
        for index, argument in enumerate(read):
            item = f"found[{index}]"
            listed = f"[] if {item} is None else [{item}]"
            match argument:
                case Variable(field) if field.kind == "attribute":
                    self.line(f"if {item} is not None: store(p, parts, {field.key!r}, {item})")
                case Variable(field):
                    self.line(
                        f"parts.{field.kind}s[{field.name!r}] = {f'list({item})' if field.arity == 'variadic' else listed}"
                    )
                case TypeOf(of):
                    self.assign_types(of, f"list({item})" if self.arity(of) == "variadic" else listed)
                case AttributeDictionary():
                    self.line(f"merge(p, parts, {item})")
                case _:
                    raise self.error(f"{argument} cannot be an argument of a custom directive")

    def _wrong_count(self, name: str, count: int) -> Error:
        return self.error(f"the parser of `custom<{name}>` returns a tuple with {count} items")

    def group(self, group: Group) -> None:
        visible = [e for e in group.then if not isinstance(e, Whitespace)]
        anchor_is_unit = isinstance(group.anchor, Variable) and group.anchor.field.codec is UNIT_FLAG
        first, rest = visible[0], visible[1:]
        self.line(f"if {self.begins(first)}:")
        self.level += 1
        self.after_beginning(first)
        for elements, index in ((rest, 0), (group.otherwise, 1)):
            if index:
                self.level -= 1
                self.line("else:")
                self.level += 1
            for element in elements:
                if element is group.anchor and anchor_is_unit:
                    self.line(f"store(p, parts, {group.anchor.field.key!r}, UNIT)")  # pyright: ignore[reportAttributeAccessIssue]
                else:
                    self.element(element)
            self.line("pass")
        self.level -= 1

    def begins(self, first: Element) -> str:
        """Whether the first element of a group comes next, as an expression that reads what it must read to tell."""
        match first:
            case Literal(text):
                return f"p.optional_keyword({text!r})" if first.is_word else f"p.optional({text!r})"
            case Variable(field) if field.kind == "attribute":
                return f"(found := {self.constant(self.form(field).read_optional)}(p)) is not None"
            case Variable(field) if field.kind == "operand":
                return "(found := p.optional_operand_name()) is not None"
            case Variable(field) if field.kind == "region":
                return "p.at('{')"
            case Variable(field) if field.kind == "successor":
                return "p.at('^')"
            case All("operands"):
                return "(found := p.optional_operand_name()) is not None"
            case TypeOf():
                return "(found := p.optional_type()) is not None"
            case Custom():
                self.custom_call(first)
                return "found is not None"
            case _:
                raise self.error("an optional group begins with a literal, a field, a type or a custom directive")

    def after_beginning(self, first: Element) -> None:
        """Reads the rest of the first element of a group."""
        match first:
            case Variable(field) if field.kind == "attribute":
                self.line(f"store(p, parts, {field.key!r}, found)")
            case Variable(field) if field.kind == "operand":
                more = "p.more_operand_names(found)" if field.arity == "variadic" else "[found]"
                self.line(f"parts.operands[{field.name!r}] = {more}")
            case All("operands"):
                self.line("parts.all_operands = p.more_operand_names(found)")
            case TypeOf(of):
                self.assign_types(of, "p.more_types(found)" if self.arity(of) == "variadic" else "[found]")
            case Custom():
                self.custom_results(first)
            case Variable():
                self.element(first)
            case _:
                pass


_OPERAND_READERS: Final = {
    "single": "[p.operand_name()]",
    "optional": "p.operand_names(at_most=1)",
    "variadic": "p.operand_names()",
}
_TYPE_READERS: Final = {
    "single": "[p.type()]",
    "optional": "p.optional_types(at_most=1)",
    "variadic": "p.optional_types()",
}
