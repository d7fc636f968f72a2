"""From the parts of an op that a declarative format has read to the op, with the types that the text leaves out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.constraints import ElementOf, SameElementType, SameType, check_value_type, compatible, element_type
from couloir.ir.definition import SEGMENTS, Definition, Field
from couloir.ir.errors import Error
from couloir.ir.types import IndexType, NoneType, ShapedType, i32, index, none

if TYPE_CHECKING:
    from couloir.ir.operation import Block, Operation, Region, Value
    from couloir.ir.text.parser import Parser
    from couloir.ir.text.scopes import OperandName


class FormatParts:
    """What has been read of an op: by field, or for all fields of a kind together."""

    __slots__ = (
        "all_operand_types",
        "all_operands",
        "all_regions",
        "all_result_types",
        "all_successors",
        "at",
        "attributes",
        "operands",
        "regions",
        "successors",
        "types",
    )

    def __init__(self, p: Parser) -> None:
        self.at = p.position
        self.operands: dict[str, list[OperandName]] = {}
        self.types: dict[str, list[Type]] = {}
        self.attributes: dict[str, Attribute] = {}
        self.regions: dict[str, list[Region]] = {}
        self.successors: dict[str, list[Block]] = {}
        self.all_operands: list[OperandName] | None = None
        self.all_operand_types: list[Type] | None = None
        self.all_result_types: list[Type] | None = None
        self.all_regions: list[Region] | None = None
        self.all_successors: list[Block] | None = None


def store_attribute(p: Parser, parts: FormatParts, key: str, value: Attribute) -> None:
    """Keeps an attribute that the format names."""
    if key in parts.attributes:
        raise p.error(f"the attribute `{key}` is given twice")
    parts.attributes[key] = value


def merge_attributes(p: Parser, parts: FormatParts, found: dict[str, Attribute]) -> None:
    """Keeps the attributes of a dictionary."""
    for key, value in found.items():
        store_attribute(p, parts, key, value)


def complete(p: Parser, cls: type[Operation], parts: FormatParts) -> Operation:
    """The op. Raises `ParseError` when types do not fit, `couloir.Error` when they do not follow."""
    definition = cls.definition
    if parts.all_operands is not None:
        _split(p, definition, "operand", parts.all_operands, parts.operands, parts)
    if parts.all_operand_types is not None:
        _split_types(p, definition, parts)
    if parts.all_result_types is not None and not definition.needs_segments("result"):
        _split(p, definition, "result", parts.all_result_types, parts.types, parts)
    operands: list[Value[Any]] = []
    for field in definition.operands:
        names = parts.operands.get(field.name, [])
        types = parts.types.get(field.name)
        if types is None:
            types = [_operand_type(p, definition, field, name, parts) for name in names]
        values = p.resolve_all(names, types, at=parts.at)
        parts.types[field.name] = [value.type for value in values]
        operands += values
    _store_segments(definition, parts)
    regions = parts.all_regions
    if regions is None:
        regions = [r for f in definition.regions for r in parts.regions.get(f.name, _absent(f))]
    successors = parts.all_successors
    if successors is None:
        successors = [b for f in definition.successors for b in parts.successors.get(f.name, [])]
    results = parts.all_result_types if parts.all_result_types is not None else _result_types(definition, parts)
    return p.build(cls, operands, parts.attributes, regions, successors, results)


def _absent(field: Field) -> list[Region]:
    from couloir.ir.operation import Region

    return [Region()] if field.arity == "single" else []


def _split(
    p: Parser, definition: Definition, kind: str, items: Sequence[Any], into: dict[str, list[Any]], parts: FormatParts
) -> None:
    """Divides all operands, or the types of all results, among the fields."""
    groups = definition.groups(kind)
    sizes = parts.attributes.get(SEGMENTS[kind])
    if definition.needs_segments(kind):
        if not isinstance(sizes, DenseArrayAttr) or len(sizes) != len(groups) or sum(sizes.values) != len(items):
            raise p.error(
                f"`{definition.op_name}` needs `{SEGMENTS[kind]}` that fit its {len(items)} {kind}s", at=parts.at
            )
        counts = list(sizes.values)
    else:
        rest = len(items) - sum(f.arity == "single" for f in groups)
        counts = [1 if f.arity == "single" else rest for f in groups]
        if rest < 0 or sum(counts) != len(items):
            raise p.error(f"`{definition.op_name}` does not have {len(items)} {kind}s", at=parts.at)
    start = 0
    for field, count in zip(groups, counts, strict=True):
        into[field.name] = list(items[start : start + count])
        start += count


def _split_types(p: Parser, definition: Definition, parts: FormatParts) -> None:
    types = parts.all_operand_types or []
    total = sum(len(parts.operands.get(field.name, [])) for field in definition.operands)
    if len(types) != total:
        raise p.error(f"there are {total} operands, but {len(types)} types", at=parts.at)
    start = 0
    for field in definition.operands:
        count = len(parts.operands.get(field.name, []))
        parts.types[field.name] = types[start : start + count]
        start += count


def _store_segments(definition: Definition, parts: FormatParts) -> None:
    if definition.needs_segments("operand") and parts.all_operands is None:
        counts = tuple(len(parts.operands.get(field.name, [])) for field in definition.operands)
        parts.attributes[SEGMENTS["operand"]] = DenseArrayAttr(i32, counts)
    given = parts.all_result_types is None and all(field.name in parts.types for field in definition.results)
    if given and definition.needs_segments("result"):
        counts = tuple(len(parts.types[field.name]) for field in definition.results)
        parts.attributes[SEGMENTS["result"]] = DenseArrayAttr(i32, counts)


def _operand_type(p: Parser, definition: Definition, field: Field, name: OperandName, parts: FormatParts) -> Type:
    """The type of an operand that the text does not give: as it is defined, or by relations to written types."""
    known = p.known_type(name)
    wanted = _related_type(definition, field, parts.types)
    if wanted is None and known is not None:
        elements, rank = field.spec.elements, field.spec.rank
        wanted = known if check_value_type(known, field.types, elements, rank) is None else fixed_type(field)
    if known is not None and (wanted is None or compatible(known, wanted)):
        return known
    found = wanted or fixed_type(field)
    if found is None:
        raise p.error(
            f"the type of `%{name.name}` is not known here: it is defined further on",
            at=name.at,
            hint="use the generic form, which gives all types",
        )
    return found


def _related_type(definition: Definition, field: Field, types: dict[str, list[Type]]) -> Type | None:
    for relation in definition.relations:
        if isinstance(relation, SameType) and field.name in relation.fields:
            found = next((t for other in relation.fields for t in types.get(other, [])), None)
            if found is not None:
                return found
    shaped = any(issubclass(t, ShapedType) for t in field.types)
    for relation in definition.relations:
        if isinstance(relation, SameElementType | ElementOf) and field.name in relation.fields and not shaped:
            found = next((t for other in relation.fields for t in types.get(other, [])), None)
            if found is not None:
                return element_type(found)
    return None


def fixed_type(field: Field) -> Type | None:
    """The type of a field that can have one type only: `index`, or a scalar with one element type."""
    if field.types == (IndexType,):
        return index
    if field.types == (NoneType,):
        return none
    elements = field.spec.elements
    if elements is not None and len(elements.examples) == 1 and not any(issubclass(t, ShapedType) for t in field.types):
        return elements.examples[0]
    return None


def _result_types(definition: Definition, parts: FormatParts) -> list[Type] | None:
    """The types of all results if the text, or relations to written types, give them; None leaves them to `infer`."""
    if not any(field.name in parts.types for field in definition.results):
        return None if definition.results else []
    types: list[Type] = []
    for field in definition.results:
        found = parts.types.get(field.name)
        if found is None:
            related = _related_type(definition, field, parts.types) or fixed_type(field)
            if related is None or field.arity != "single":
                raise Error(f"the type of `{field.name}` of `{definition.op_name}` does not follow from the text")
            found = [related]
        types += found
    return types
