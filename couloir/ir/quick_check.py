"""A quick yes for sound ops: one function written for each op class.

Nearly every op that is verified is sound. The function of its class says so in one pass over its operands, results and
attributes, without a loop over the definition. Where it does not say yes, the verifier looks again, slowly, for the
faults and the sentences that describe them; a "no" here is never an answer by itself.
"""

# The functions read the links of values and ops directly.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from couloir.ir.attribute import Attribute, Type
from couloir.ir.codecs import SYMBOL, SYMBOL_NAME
from couloir.ir.constraints import Infers, SameType, check_value_type, compatible
from couloir.ir.definition import can_infer, infer
from couloir.ir.errors import Error
from couloir.ir.fields import MISSING
from couloir.ir.traits import GraphRegion, IsTerminator, SymbolTable, Trait

if TYPE_CHECKING:
    from couloir.ir.definition import Definition, Field
    from couloir.ir.operation import Operation, Value

QuickCheck: TypeAlias = "Callable[[Operation, set[Value[Any]]], bool]"
"""Takes an op and the values visible before it. True: the op is sound, and its results have been made visible."""

MAX_TYPES: Final = 256
"""Types that a field remembers as admitted; more are forgotten, so that types of models that are gone can go too."""

CHECKS: Final[dict[type[Operation], QuickCheck]] = {}
"""The checks that have been written, by op class."""


def quick_check(cls: type[Operation]) -> QuickCheck:
    """The check of an op class, written when first asked for."""
    found = CHECKS.get(cls)
    if found is None:
        found = CHECKS[cls] = _compile(cls)
    return found


def knows_use(value: Value[Any], op: Operation, index: int) -> bool:
    """Whether a value lists operand number `index` of `op` among its uses."""
    if (value._user is op and value._index == index) or (value._user2 is op and value._index2 == index):
        return True
    more = value._more
    return more is not None and (op, index) in more


def uses_are_real(value: Value[Any]) -> bool:
    """Whether every use that a value lists is an operand somewhere."""
    return all(index < len(user._operands) and user._operands[index] is value for user, index in value.uses)


def are_attributes(stored: Mapping[str, object]) -> bool:
    """Whether everything that is stored as an attribute is one."""
    return all(isinstance(value, Attribute) for value in stored.values())


def own_messages(check: Callable[[], Any]) -> Iterator[str]:
    """What an op's own `verify` says: it yields or returns sentences, or raises an `Error`."""
    try:
        yield from check() or ()
    except Error as error:
        yield error.message


def agrees_with_inferred(op: Operation) -> bool:
    """Whether the results have the types that `infer` gives."""
    try:
        inferred: list[Any] = list(infer(op))  # what an op's own `infer` returns is not to be relied on
    except Error:
        return False
    pairs = zip(inferred, op.results, strict=False)
    return len(inferred) == len(op.results) and all(
        isinstance(type, Type) and compatible(type, result.type) for type, result in pairs
    )


def _never(op: Operation, visible: set[Value[Any]]) -> bool:
    return False


def _compile(cls: type[Operation]) -> QuickCheck:
    source: list[str] = []
    scope: dict[str, Any] = {
        "knows_use": knows_use,
        "uses_are_real": uses_are_real,
        "own_messages": own_messages,
        "are_attributes": are_attributes,
        "agrees_with_inferred": agrees_with_inferred,
    }
    definition: Definition | None = getattr(cls, "definition", None)
    if definition is None or not _is_plain(cls, definition):
        return _never
    source += ["def check(op, visible):"]
    source += [f"    {line}" for line in _lines(cls, definition, scope)]
    exec("\n".join(source), scope)  # the text is made of numbers; names of fields and attributes stand in the scope
    return scope["check"]


def _is_plain(cls: type[Operation], definition: Definition) -> bool:
    """Whether ops of this class have no regions, no symbols, and operands and results that can be told apart by count."""
    symbols = any(field.codec in (SYMBOL, SYMBOL_NAME) for field in definition.attributes)
    counted = all(_is_counted(definition, kind) for kind in ("operand", "result"))
    scoped = SymbolTable in cls.traits or GraphRegion in cls.traits
    return not (definition.regions or symbols or scoped) and counted and cls.name != ""


def _is_counted(definition: Definition, kind: str) -> bool:
    fields = definition.groups(kind)
    return all(field.arity == "single" for field in fields) or (
        len(fields) == 1 and fields[0].arity == "variadic" and not definition.needs_segments(kind)
    )


def _lines(cls: type[Operation], definition: Definition, scope: dict[str, Any]) -> Iterator[str]:
    yield "operands, results = op._operands, op.results"
    yield "if op.regions: return False"
    yield from _operand_lines(definition.operands, scope)
    yield from _result_lines(definition.results, scope)
    yield from _successor_lines(definition)
    needed = sum(not field.optional and field.spec.default is MISSING for field in definition.attributes)
    yield "attributes = op._attributes"
    yield f"if len(attributes) > {needed} and not are_attributes(attributes): return False"  # the others are looked at below
    for number, field in enumerate(definition.attributes):
        assert field.codec is not None
        scope[f"key{number}"], scope[f"form{number}"] = field.key, field.codec.check
        yield f"stored = attributes.get(key{number})"
        if not field.optional and field.spec.default is MISSING:
            yield f"if stored is None or not form{number}(stored): return False"
        else:
            yield f"if stored is not None and not form{number}(stored): return False"
    names = {f.name: f"operand{i}.type" for i, f in enumerate(definition.operands) if f.arity == "single"}
    names |= {f.name: f"result{i}.type" for i, f in enumerate(definition.results) if f.arity == "single"}
    for number, relation in enumerate(definition.relations):
        if isinstance(relation, Infers):
            continue
        scope[f"relation{number}"] = relation.check
        sure = ""
        if isinstance(relation, SameType) and len(relation.fields) > 1 and names.keys() >= set(relation.fields):
            sure = f"not ({' is '.join(names[field] for field in relation.fields)}) and "
        yield f"if {sure}relation{number}(op) is not None: return False"
    if can_infer(cls) and definition.results:
        yield "if not agrees_with_inferred(op): return False"
    for number, trait in enumerate(sorted(cls.traits, key=lambda t: t.__qualname__)):
        if trait is IsTerminator:
            yield "if op._next is not None: return False"
        elif trait.verify.__func__ is not Trait.verify.__func__:
            scope[f"trait{number}"] = trait.verify
            yield f"for _ in trait{number}(op): return False"
    if hasattr(cls, "verify"):
        yield "for _ in own_messages(op.verify): return False"
    yield from _visible_lines(definition.results)
    yield "return True"


def _visible_lines(fields: tuple[Field, ...]) -> Iterator[str]:
    if all(field.arity == "single" for field in fields):
        yield from (f"visible.add(result{number})" for number in range(len(fields)))
    else:
        yield "visible.update(results)"


def _operand_lines(fields: tuple[Field, ...], scope: dict[str, Any]) -> Iterator[str]:
    if fields and fields[0].arity == "variadic":
        scope["operand_types"], scope["admit_operand"] = _admission(fields[0])
        yield "for index, value in enumerate(operands):"
        yield "    if value not in visible: return False"
        yield "    if (value._user is not op or value._index != index) and not knows_use(value, op, index): return False"
        yield "    if value.type not in operand_types and not admit_operand(value.type): return False"
        return
    yield f"if len(operands) != {len(fields)}: return False"
    if fields:
        yield "".join(f"operand{number}, " for number in range(len(fields))) + "= operands"
    for number, field in enumerate(fields):
        scope[f"operand_types{number}"], scope[f"admit_operand{number}"] = _admission(field)
        name = f"operand{number}"
        yield f"if {name} not in visible: return False"
        yield f"if ({name}._user is not op or {name}._index != {number}) and not knows_use({name}, op, {number}): return False"
        yield f"if {name}.type not in operand_types{number} and not admit_operand{number}({name}.type): return False"


def _result_lines(fields: tuple[Field, ...], scope: dict[str, Any]) -> Iterator[str]:
    if fields and fields[0].arity == "variadic":
        scope["result_types"], scope["admit_result"] = _admission(fields[0])
        yield "for value in results:"
        yield "    if value._user is not None and not uses_are_real(value): return False"
        yield "    if value.type not in result_types and not admit_result(value.type): return False"
        return
    yield f"if len(results) != {len(fields)}: return False"
    if fields:
        yield "".join(f"result{number}, " for number in range(len(fields))) + "= results"
    for number, field in enumerate(fields):
        scope[f"result_types{number}"], scope[f"admit_result{number}"] = _admission(field)
        name = f"result{number}"
        yield f"user = {name}._user"
        yield "if user is not None:"
        yield f"    others, index = user._operands, {name}._index"
        yield (
            f"    if ({name}._user2 is not None or index >= len(others) or others[index] is not {name})"
            f" and not uses_are_real({name}): return False"
        )
        yield f"if {name}.type not in result_types{number} and not admit_result{number}({name}.type): return False"


def _successor_lines(definition: Definition) -> Iterator[str]:
    fields = definition.successors
    if not fields:
        yield "if op.successors: return False"
        return
    least = sum(field.arity == "single" for field in fields)
    more = "<" if any(field.arity != "single" for field in fields) else "!="
    yield "successors = op.successors"
    yield f"if op._next is not None or op.parent is None or len(successors) {more} {least}: return False"
    yield "region = op.parent.parent"
    yield "for successor in successors:"
    yield "    if region is None or successor.parent is not region or successor.is_entry: return False"


def _admission(field: Field) -> tuple[set[Type], Callable[[Type], bool]]:
    """The types that a field is known to admit, and what decides about any other."""
    known: set[Type] = set()
    spec = field.spec

    def admit(type: Type) -> bool:
        if check_value_type(type, field.types, spec.elements, spec.rank) is not None:
            return False
        if len(known) >= MAX_TYPES:
            known.clear()
        known.add(type)
        return True

    return known, admit
