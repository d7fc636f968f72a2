"""The reader of a declarative format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from couloir.ir.attributes import UNIT
from couloir.ir.codecs import UNIT_FLAG
from couloir.ir.definition import Field
from couloir.ir.errors import Error
from couloir.ir.text.custom import find_directive
from couloir.ir.text.format_parts import FormatParts, complete, merge_attributes, store_attribute
from couloir.ir.text.format_source import FormatSource, is_region, typed_groups
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
from couloir.ir.traits import SingleBlock

if TYPE_CHECKING:
    from couloir.ir.text.parser import PrettyReader


class ReaderSource(FormatSource):
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
        for name in sorted(typed_groups(self.elements)):  # a group that was not there had no values
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
                form = attribute_form(field)
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
                self.line(f"parts.regions[{name!r}] = [{self.region(field)}]")
            case "region", _:
                self.line(f"parts.regions[{name!r}] = []")
                self.regions(f"parts.regions[{name!r}]")
            case _:
                raise self.error(f"the result `${name}` can only stand in `type(...)`")

    def region(self, field: Field | None = None) -> str:
        """An expression that reads a region, with what every region of its kind has and the text may leave out."""
        terminator = getattr(self.cls, "implicit_terminator", None)
        request = "(yield p.region_request())"
        if terminator is not None:
            return f"p.ensure_terminator({request}, {self.constant(terminator)})"
        if SingleBlock in self.cls.traits or (field is not None and field.spec.blocks != "any"):
            return f"p.ensure_block({request})"
        return request

    def regions(self, target: str) -> None:
        self.line("while p.at('{'):")
        self.line(f"    {target}.append({self.region()})")
        self.line("    if not p.optional(','): break")

    def custom_call(self, element: Custom) -> None:
        function = self.constant(find_directive(element.name).parse)
        known = [self.known(a) for a in element.arguments if isinstance(a, Ref | str)]
        call = f"{function}({', '.join(['p', *known])})"
        has_region = any(is_region(a) for a in element.arguments)
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
                    value = f"list({item})" if field.arity == "variadic" else listed
                    self.line(f"parts.{field.kind}s[{field.name!r}] = {value}")
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
        flag = (
            group.anchor.field if isinstance(group.anchor, Variable) and group.anchor.field.codec is UNIT_FLAG else None
        )
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
                if flag is not None and element is group.anchor:
                    self.line(f"store(p, parts, {flag.key!r}, UNIT)")
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
                return f"(found := {self.constant(attribute_form(field).read_optional)}(p)) is not None"
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
