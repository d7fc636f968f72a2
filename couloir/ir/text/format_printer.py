"""The printer of a declarative format. Where spaces go is MLIR's rule (mlir-tblgen, OpFormatGen.cpp)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from couloir.ir.codecs import UNIT_FLAG
from couloir.ir.definition import SEGMENTS, Field
from couloir.ir.text.custom import find_directive
from couloir.ir.text.format_source import FormatSource, contains, named_attributes
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
)
from couloir.ir.text.format_values import attribute_form

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.text.printer import PrettyForm


class PrinterSource(FormatSource):
    """Writes the function that prints. Where spaces go is MLIR's rule (mlir-tblgen, OpFormatGen.cpp)."""

    def __init__(self, cls: type[Operation], *, strict: bool) -> None:
        super().__init__(cls, strict=strict)
        self.pending = ""
        self.space = True
        self.after_punctuation = False
        self.named = named_attributes(self.elements)
        self.has_property_dictionary = contains(
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
        uses_all = contains(self.elements, lambda e: e == All("operands"))
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
                stored = f"op.stored_attributes.get({field.key!r})"
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
                write = self.constant(attribute_form(field).write)
                stored = f"op.stored_attributes.get({field.key!r})"
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
                return f"op.stored_attributes.get({field.key!r})"
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
                return "op.stored_attributes"
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
