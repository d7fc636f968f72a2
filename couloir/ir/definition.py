"""From an annotated class to an op: reads the fields, and writes the constructor, the accessors and the field checks.

The functions are Python source made for the class and compiled when first needed, so that building, reading and
verifying an op does not interpret its definition each time. The source consists of field names and numbers; it can be looked at:
`print(Add.definition.constructor_source)`.
"""

from __future__ import annotations

import keyword
import sys
import typing
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, dataclass_transform

import attrs

from couloir.ir.attribute import Attribute, Type, annotations_of
from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.builder import CURRENT
from couloir.ir.codecs import UNIT_FLAG, Codec, codec_for, split_optional
from couloir.ir.constraints import Relation, SameType, check_value_type
from couloir.ir.errors import Error
from couloir.ir.fields import (
    MISSING,
    Operand,
    Operands,
    OptionalOperand,
    OptionalResult,
    Result,
    Results,
    Spec,
    attr,
    attr_default,
    attr_optional,
    operand,
    operands,
    optional_operand,
    region,
    result,
    slot,
    successor,
)
from couloir.ir.fields import (
    keyword as keyword_field,
)
from couloir.ir.location import UNKNOWN
from couloir.ir.registry import REGISTRY
from couloir.ir.traits import SameVariadicOperandSize
from couloir.ir.types import i32

if TYPE_CHECKING:
    from couloir.ir.operation import Operation

RUNTIME: Final[dict[str, Any]] = {}
"""Classes of `couloir.ir.operation` that the written code needs; that module fills them in."""

Kind: TypeAlias = Literal["operand", "result", "attribute", "region", "successor"]
Arity: TypeAlias = Literal["single", "optional", "variadic"]

_VALUE_MARKERS: Final[dict[Any, tuple[Kind, Arity]]] = {
    Operand: ("operand", "single"),
    OptionalOperand: ("operand", "optional"),
    Operands: ("operand", "variadic"),
    Result: ("result", "single"),
    OptionalResult: ("result", "optional"),
    Results: ("result", "variadic"),
}

SEGMENTS: Final = {"operand": "operandSegmentSizes", "result": "resultSegmentSizes"}


class ANY_TYPE(Type):
    """The type of a value in the pattern of a rule: not known until the rule meets a program."""

    def print(self, p: Any) -> None:
        p.write("?")


PATTERN_TYPE: Final = ANY_TYPE()


@attrs.frozen
class Field:
    """One field of an op definition."""

    name: str
    kind: Kind
    arity: Arity = "single"
    types: tuple[type[Type], ...] = ()
    spec: Spec = attrs.field(factory=lambda: Spec("value"))
    codec: Codec | None = None
    optional: bool = False
    """For attributes: may be absent."""

    @property
    def key(self) -> str:
        """The attribute's name in the IR."""
        return self.spec.key or self.name

    @property
    def has_default(self) -> bool:
        """Whether the constructor can be called without it."""
        return self.spec.default is not MISSING or self.arity != "single" or self.kind == "region"


@attrs.define(eq=False)
class Definition:
    """The fields of an op class, in order, and what follows from them."""

    op_name: str
    fields: tuple[Field, ...]
    relations: tuple[Relation, ...]
    equal_operand_groups: bool = False
    """Whether the variadic operands have as many values each: then no segment sizes are stored."""
    operands: tuple[Field, ...] = ()
    results: tuple[Field, ...] = ()
    attributes: tuple[Field, ...] = ()
    regions: tuple[Field, ...] = ()
    successors: tuple[Field, ...] = ()
    result_names: frozenset[str] = frozenset()
    attribute_keys: frozenset[str] = frozenset()
    """Names of the attributes that belong to the op: MLIR prints them in `<{...}>`, others in `{...}`."""
    stored: dict[str, Attribute] = attrs.field(factory=dict)
    """Attributes that are stored even when not given."""
    defaults: dict[str, Attribute] = attrs.field(factory=dict)
    """Of these, the ones that the pretty form leaves out: upstream gives them the same default."""
    demands: tuple[Relation, ...] = ()
    """The relations that an op must satisfy before `infer` runs: those that look at no result."""
    constructor_source: str = ""

    def __attrs_post_init__(self) -> None:
        for kind in ("operand", "result", "attribute", "region", "successor"):
            setattr(self, kind + "s", tuple(f for f in self.fields if f.kind == kind))
        self.result_names = frozenset(f.name for f in self.results)
        segments = [SEGMENTS[f.kind] for f in (*self.operands, *self.results) if self.needs_segments(f.kind)]
        self.attribute_keys = frozenset([f.key for f in self.attributes] + segments)
        for field in self.attributes:
            if field.codec is None or field.spec.default in (MISSING, None):
                continue
            stored = encode(self.op_name, field, field.spec.default)
            if stored is not None and not field.optional:
                self.stored[field.key] = stored
            if stored is not None and not field.spec.printed:
                self.defaults[field.key] = stored
        self.demands = tuple(r for r in self.relations if not r.mentions(self.result_names))

    def field(self, name: str) -> Field:
        """The field called `name`."""
        for found in self.fields:
            if found.name == name:
                return found
        raise Error(f"`{self.op_name}` has no field `{name}`")

    def groups(self, kind: str) -> tuple[Field, ...]:
        """The operand or result fields."""
        return self.operands if kind == "operand" else self.results

    def needs_segments(self, kind: str) -> bool:
        """Whether the sizes of the groups cannot be told from the number of values alone."""
        if kind == "operand" and self.equal_operand_groups:
            return False
        return kind in SEGMENTS and sum(f.arity != "single" for f in self.groups(kind)) > 1

    def spread_results(self, count: int) -> list[int]:
        """Sizes of the result groups when an op is made with `count` results and no more is said: filled from the left."""
        sizes: list[int] = []
        for position, field in enumerate(self.results):
            needed = sum(f.arity == "single" for f in self.results[position + 1 :])
            free = max(count - sum(sizes) - needed, 0)
            sizes.append(1 if field.arity == "single" else min(free, 1) if field.arity == "optional" else free)
        return sizes

    def group_sizes(self, op: Operation, kind: str) -> list[int]:
        """How many operands (or results) of `op` belong to each field. Raises `couloir.Error` when that does not work out."""
        groups = self.groups(kind)
        total = len(op.operands if kind == "operand" else op.results)
        if self.needs_segments(kind):
            stored = op.stored_attributes.get(SEGMENTS[kind])
            if not isinstance(stored, DenseArrayAttr) or len(stored) != len(groups):
                raise Error(f"`{self.op_name}` needs `{SEGMENTS[kind]} = array<i32: ...>` with {len(groups)} sizes")
            sizes = list(stored.values)
            if sum(sizes) != total or min(sizes, default=0) < 0:
                raise Error(f"`{SEGMENTS[kind]}` is {sizes}, but there are {total} {kind}s")
        else:
            rest = total - sum(f.arity == "single" for f in groups)
            share = rest // max(1, sum(f.arity != "single" for f in groups))
            sizes = [1 if f.arity == "single" else share for f in groups]
        for field, size in zip(groups, sizes, strict=True):
            low, high = {"single": (1, 1), "optional": (0, 1), "variadic": (0, total)}[field.arity]
            if not low <= size <= high:
                raise Error(_count_message(self, kind, total))
        if sum(sizes) != total:
            raise Error(_count_message(self, kind, total))
        return sizes


def _count_message(definition: Definition, kind: str, total: int) -> str:
    groups = definition.groups(kind)
    suffix = {"single": "", "optional": "?", "variadic": "..."}
    names = ", ".join(f.name + suffix[f.arity] for f in groups) or "none"
    return f"`{definition.op_name}` has {total} {kind}s; it takes {names}"


def encode(op_name: str, field: Field, value: Any) -> Attribute | None:
    """A Python value as the attribute of a field. Attributes pass as they are; errors name op and field."""
    if isinstance(value, Attribute) and not (field.codec is not None and field.codec.what.startswith("an array")):
        return value
    assert field.codec is not None
    if getattr(value, "is_pattern_variable", False):
        return cast("Any", value).as_attribute()
    try:
        stored = field.codec.encode(value)
    except Error as error:
        raise Error(f"`{field.name}` of `{op_name}`: {error.message}", hint=error.hint) from None
    except (TypeError, ValueError, OverflowError, AttributeError) as error:
        raise Error(f"`{field.name}` of `{op_name}` is {field.codec.what}, not {value!r}") from error
    return stored


@dataclass_transform(
    eq_default=False,
    field_specifiers=(
        operand, optional_operand, operands, result, attr, attr_default, attr_optional, region, successor, keyword_field, slot,
    ),
)  # fmt: skip
class OperationMeta(type):
    """Metaclass of ops: turns annotations into a `Definition`, accessors and a constructor."""

    def __new__(
        mcls,
        class_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        name: str | None = None,
        traits: Sequence[type] = (),
    ) -> OperationMeta:
        if not any(isinstance(base, OperationMeta) for base in bases):  # Operation itself
            return super().__new__(mcls, class_name, bases, namespace)
        annotations = annotations_of(namespace)
        own = {key: value for key, value in annotations.items() if not _is_class_variable(value)}
        specs = {key: namespace.pop(key) for key in own if key in namespace}
        namespace.setdefault("__slots__", ())
        if namespace.get("__slots__"):  # a class that keeps more on the object says so itself
            own = {key: value for key, value in own.items() if key not in namespace["__slots__"]}
        cls = super().__new__(mcls, class_name, bases, namespace)
        base_definition: Definition | None = getattr(cls, "definition", None)
        inherited = base_definition.fields if base_definition else ()
        scope = _Scope(namespace.get("__module__", ""), sys._getframe(1))  # pyright: ignore[reportPrivateUsage] -- as typing.NamedTuple does
        fields = tuple(_make_field(cls, key, scope.evaluate(cls, key, value), specs) for key, value in own.items())
        relations: tuple[Relation, ...] = tuple(namespace.get("constraints", ()))
        op_name = name or getattr(cls, "name", "")
        inherited_traits: frozenset[Any] = getattr(cls, "traits", frozenset())
        cls.traits = inherited_traits | frozenset(traits)
        cls.definition = Definition(
            op_name,
            _override(inherited, fields),
            (*(base_definition.relations if base_definition else ()), *relations),
            SameVariadicOperandSize in cls.traits,
        )
        _install_accessors(cls)
        if name is not None:
            if "." not in name:
                raise Error(f"an op's name is `dialect.op`, not `{name}`")
            cls.name = name
            REGISTRY.add_operation(name, cast("type[Operation]", cls))
        cast("Any", cls).__init__ = _first_call
        return cls

    def __init__(
        cls,
        class_name: str,
        bases: tuple[type, ...],
        namespace: dict[str, Any],
        *,
        name: str | None = None,
        traits: Any = (),
    ) -> None:
        super().__init__(class_name, bases, namespace)

    if TYPE_CHECKING:
        name: str
        definition: Definition
        traits: frozenset[Any]


def _override(inherited: Sequence[Field], own: Sequence[Field]) -> tuple[Field, ...]:
    """The inherited fields, each in its place but replaced by an own one of the same name, and then the other own ones."""
    named = {field.name: field for field in own}
    return (*(named.pop(field.name, field) for field in inherited), *named.values())


def _is_class_variable(annotation: Any) -> bool:
    return "ClassVar" in str(annotation)


class _Scope:
    """Where the names in annotations are looked up: the module, and the function in which a class is defined."""

    def __init__(self, module: str, frame: Any) -> None:
        self.globals: dict[str, Any] = vars(sys.modules[module]) if module in sys.modules else frame.f_globals
        self.locals: dict[str, Any] = {}
        while frame is not None and frame.f_globals is self.globals:
            self.locals = {**frame.f_locals, **self.locals}
            frame = frame.f_back

    def evaluate(self, cls: type, field: str, annotation: Any) -> Any:
        if not isinstance(annotation, str):
            return annotation
        try:
            return eval(annotation, self.globals, self.locals)  # noqa: S307 -- the text of a class body, as typing does it
        except NameError as error:
            raise Error(
                f"the annotation of `{cls.__name__}.{field}` is `{annotation}`: {error}",
                hint="import the name at run time, not only under TYPE_CHECKING",
            ) from None


def _make_field(cls: type, name: str, annotation: Any, specs: dict[str, Any]) -> Field:
    given = specs.get(name, MISSING)
    if name.startswith("_"):
        raise Error(f"the field `{name}` of {cls.__name__} starts with an underscore", hint="rename it")
    if keyword.iskeyword(name) or (hasattr(RUNTIME["Operation"], name) and name not in ("result", "name")):
        raise Error(
            f"the field `{name}` of {cls.__name__} has the name of something that every op has",
            hint="rename it; `attr(key=...)` keeps the IR's name",
        )
    annotation, optional = split_optional(annotation)
    origin = typing.get_origin(annotation) or annotation
    if origin in _VALUE_MARKERS:
        kind, arity = _VALUE_MARKERS[origin]
        arguments = typing.get_args(annotation)
        types = tuple(typing.get_args(arguments[0]) or arguments) if arguments else (Type,)
        types = tuple(typing.get_origin(t) or t for t in types)
        spec = given if isinstance(given, Spec) else Spec("value", default=given)
        return Field(name, kind, arity, tuple(Type if t is Any else t for t in types), spec)
    if annotation in (RUNTIME["Region"], RUNTIME["Block"]):
        kind = "region" if annotation is RUNTIME["Region"] else "successor"
        return Field(name, kind, "single", (), given if isinstance(given, Spec) else Spec(kind))
    if origin in (tuple, list, Sequence) and typing.get_args(annotation)[:1] in (
        (RUNTIME["Region"],),
        (RUNTIME["Block"],),
    ):
        kind = "region" if typing.get_args(annotation)[0] is RUNTIME["Region"] else "successor"
        return Field(name, kind, "variadic", (), given if isinstance(given, Spec) else Spec(kind, default=()))
    spec = given if isinstance(given, Spec) else Spec("attribute", default=given, optional=given is None)
    if isinstance(spec.codec, Codec):
        codec = spec.codec
    else:
        codec = codec_for(annotation, spec.codec)
    absent_ok = spec.optional or (optional and spec.default in (None, MISSING)) or codec is UNIT_FLAG
    if codec is UNIT_FLAG and spec.default is MISSING:
        spec = attrs.evolve(spec, default=False)
    if optional and spec.default is MISSING:
        spec = attrs.evolve(spec, default=None)
    return Field(name, "attribute", "single", (), spec, codec, absent_ok)


# -- accessors ---------------------------------------------------------------------------------------------------------------


def _install_accessors(cls: Any) -> None:
    definition: Definition = cls.definition
    for kind, source in (("operand", "_operands"), ("result", "results")):
        groups = definition.groups(kind)
        for position, field in enumerate(groups):
            setattr(
                cls,
                field.name,
                property(
                    _value_getter(definition, kind, source, position),
                    _value_setter(definition, kind, position),
                    None,
                    f"{kind.capitalize()} `{field.name}`.",
                ),
            )
    for field in definition.attributes:
        setattr(cls, field.name, _attribute_property(definition.op_name, field))
    for position, field in enumerate(definition.regions):
        setattr(cls, field.name, _list_property("regions", position, field.arity == "variadic"))
    for position, field in enumerate(definition.successors):
        setattr(cls, field.name, _list_property("successors", position, field.arity == "variadic"))


def _value_getter(definition: Definition, kind: str, source: str, position: int) -> Callable[[Any], Any]:
    groups = definition.groups(kind)
    field = groups[position]
    loose = [i for i, f in enumerate(groups) if f.arity != "single"]
    if len(loose) > 1:

        def by_segments(op: Any) -> Any:
            sizes = definition.group_sizes(op, kind)
            start = sum(sizes[:position])
            values = getattr(op, source)[start : start + sizes[position]]
            return (
                values[0]
                if field.arity == "single"
                else (values[0] if values else None)
                if field.arity == "optional"
                else tuple(values)
            )

        return by_segments
    if not loose or position < loose[0]:
        text = f"lambda op: op.{source}[{position}]"
    elif position > loose[0]:
        text = f"lambda op: op.{source}[{position - len(groups)}]"
    else:
        after = len(groups) - position - 1
        end = f"len(op.{source}) - {after}" if after else ""
        text = f"lambda op: tuple(op.{source}[{position}:{end}])"
        if field.arity == "optional":
            text = f"lambda op: op.{source}[{position}] if len(op.{source}) >= {len(groups)} else None"
    return eval(text)  # noqa: S307 -- numbers and two fixed names only


def _value_setter(definition: Definition, kind: str, position: int) -> Callable[[Any, Any], None]:
    field = definition.groups(kind)[position]

    def set_values(op: Any, value: Any) -> None:
        if kind == "result":
            raise Error(f"the results of `{definition.op_name}` cannot be assigned", hint="replace the op instead")
        sizes = definition.group_sizes(op, kind)
        start = sum(sizes[:position])
        if field.arity == "single":
            op.set_operand(start, value)
            return
        new = ([] if value is None else [value]) if field.arity == "optional" else list(value)
        values = list(op.operands)
        values[start : start + sizes[position]] = new
        op.set_operands(values)
        if definition.needs_segments(kind):
            sizes[position] = len(new)
            op.attributes[SEGMENTS[kind]] = DenseArrayAttr(i32, tuple(sizes))

    return set_values


def _attribute_property(op_name: str, field: Field) -> property:
    key = field.key
    codec = field.codec
    assert codec is not None
    decode, default = codec.decode, field.spec.default

    def get(op: Any) -> Any:
        stored = op._attributes.get(key)
        if stored is not None:
            return decode(stored)
        if default is MISSING:
            raise Error(f"`{op_name}` lacks its attribute `{key}`", where=op.location.label or None)
        return default

    def set(op: Any, value: Any) -> None:
        stored = None if value is None else encode(op_name, field, value)
        if stored is None:
            op.attributes.pop(key, None)
        else:
            op.attributes[key] = stored

    return property(get, set, None, f"Attribute `{key}`: {codec.what}.")


def _list_property(source: str, position: int, variadic: bool) -> property:
    def get(op: Any) -> Any:
        items = getattr(op, source)
        return tuple(items[position:]) if variadic else items[position]

    def set(op: Any, value: Any) -> None:
        if source == "regions":
            raise Error("regions are not assigned", hint="move blocks: `op.region.take_blocks(other)`")
        if variadic:
            op.successors = (*op.successors[:position], *value)
        else:
            op.successors = (*op.successors[:position], value, *op.successors[position + 1 :])

    return property(get, set)


# -- constructor -------------------------------------------------------------------------------------------------------------


def _first_call(self: Any, *args: Any, **kwargs: Any) -> None:
    """The `__init__` of an op class until it is first called: writes the real one, installs it and runs it."""
    cls = cast("Any", type(self))
    while "definition" not in cls.__dict__ or cls.__init__ is not _first_call:
        cls = cls.__mro__[1]
    compile_constructor(cls)
    cls.__init__(self, *args, **kwargs)


def compile_constructor(cls: Any) -> None:
    """Writes, compiles and installs the constructor of an op class."""
    definition: Definition = cls.definition
    source = "\n".join(_constructor_lines(cls, definition))
    definition.constructor_source = source
    # Everything that is not a field has an underscore: a field may be called `value` or `name`.
    scope: dict[str, Any] = {
        **{f"_{key}": value for key, value in RUNTIME.items()},
        "_CURRENT": CURRENT,
        "_UNKNOWN": UNKNOWN,
        "_MISSING": MISSING,
        "_DenseArrayAttr": DenseArrayAttr,
        "_i32": i32,
        "_encode": encode,
        "_result_types_of": result_types_of,
        "_explain": _explain,
        "_operand": _operand,
        "_operand_list": _operand_list,
        "_spread": definition.spread_results,
        "_defaults": {f.name: f.spec.default for f in definition.fields},
        "_stored_defaults": definition.stored,
        "_shared": RUNTIME["SharedAttributes"](definition.stored),
        "_fields": {f.name: f for f in definition.fields},
        "_name": definition.op_name,
    }
    try:
        exec(compile(source, f"<constructor of {definition.op_name}>", "exec"), scope)
    except SyntaxError as error:
        raise Error(f"the fields of {cls.__name__} make no constructor: {error}") from error
    constructor = scope["__init__"]
    constructor.__qualname__ = f"{cls.__qualname__}.__init__"
    constructor.__doc__ = cls.__doc__
    cls.__init__ = constructor


def _constructor_lines(cls: Any, definition: Definition) -> Iterator[str]:
    parameters = ["_self"]
    initialised = [f for f in definition.fields if f.kind != "result"]
    seen_default = False
    for field in initialised:
        if field.has_default:
            seen_default = True
            default = (
                "()"
                if field.arity == "variadic"
                else "None"
                if field.arity == "optional"
                else f"_defaults[{field.name!r}]"
            )
            parameters.append(
                f"{field.name}={default if field.kind != 'region' or field.arity == 'variadic' else 'None'}"
            )
        elif seen_default:
            parameters.append(f"{field.name}=_MISSING")
        else:
            parameters.append(field.name)
    yield f"def __init__({', '.join(parameters)}, *, result_types=None, loc=None):"
    if seen_default:
        for field in initialised:
            if not field.has_default:
                yield f"    if {field.name} is _MISSING: raise TypeError('{cls.__name__}() needs {field.name}')"
    parts: list[str] = []
    for field in definition.operands:
        if field.arity == "single":
            yield f"    if not isinstance({field.name}, _Value): {field.name} = _operand(_name, {field.name!r}, {field.name})"
            parts.append(field.name)
        elif field.arity == "optional":
            yield f"    {field.name} = () if {field.name} is None else (_operand(_name, {field.name!r}, {field.name}),)"
            parts.append("*" + field.name)
        else:
            yield f"    {field.name} = _operand_list(_name, {field.name!r}, {field.name})"
            parts.append("*" + field.name)
    yield f"    _self._operands = _operands = [{', '.join(parts)}]"
    if any(part.startswith("*") for part in parts):
        yield "    for _index, _value in enumerate(_operands): _value._add_use(_self, _index)"
    else:
        for index, part in enumerate(parts):
            yield f"    if {part}._user is None: {part}._user = _self; {part}._index = {index}"
            yield f"    else: {part}._add_use(_self, {index})"
    segments = definition.needs_segments("operand") or definition.needs_segments("result")
    usual = None if segments else _usual_attributes(definition)
    yield "    _self._attributes = _attributes = " + ("{}" if usual is None else f"_shared if {usual} else {{}}")
    yield "    _self.successors = ()"
    yield "    _self.parent = _self._prev = _self._next = None"
    yield "    _self._order = 0"
    yield "    _self.results = ()"
    yield "    _self.regions = ()"
    yield "    _point = _CURRENT.get()"
    yield "    if loc is None: loc = _UNKNOWN if _point is None or _point.location is None else _point.location"
    yield "    _self._location = loc"
    yield "    try:"
    if definition.attributes and usual is not None:
        yield "        if _attributes is not _shared:"
        for field in definition.attributes:
            yield from ("            " + line for line in _store_lines(field))
    else:
        for field in definition.attributes:
            yield from ("        " + line for line in _store_lines(field))
    if definition.needs_segments("operand"):
        sizes = ", ".join("1" if f.arity == "single" else f"len({f.name})" for f in definition.operands)
        yield f"        _attributes['operandSegmentSizes'] = _DenseArrayAttr(_i32, ({sizes},))"
    if definition.successors:
        items = ", ".join("*" + f.name if f.arity == "variadic" else f.name for f in definition.successors)
        yield f"        _self.successors = ({items},)"
    if definition.regions:
        for field in definition.regions:
            if field.arity == "single":
                yield f"        if {field.name} is None: {field.name} = _Region()"
        items = ", ".join("*" + f.name if f.arity == "variadic" else f.name for f in definition.regions)
        yield f"        _self.regions = ({items},)"
        yield "        for _region in _self.regions: _region._attach(_self)"
    same = _inferred_from(cls, definition)
    if same:
        identical = " and ".join(f"{first}.type is {second}.type" for first, second in pairwise(same))
        yield f"        if result_types is None and {identical or 'True'} and not (_point is not None and _point.symbolic):"
        yield f"            _self.results = (_OpResult({same[0]}.type, _self, 0),)"
        yield "            result_types = ()"
    yield "        if result_types is None:"
    yield "            result_types = _result_types_of(_self, _point)"
    yield "        if not _self.results:"
    yield "            _self.results = tuple([_OpResult(_t, _self, _i) for _i, _t in enumerate(result_types)])"
    if definition.needs_segments("result"):
        yield "        if _point is None or not _point.symbolic:"
        yield "            _attributes['resultSegmentSizes'] = _DenseArrayAttr(_i32, _spread(len(_self.results)))"
    yield "    except Exception as _error:"
    yield "        raise _explain(_self, _error) from _error"
    yield "    if _point is not None: _point.insert(_self)"


def _usual_attributes(definition: Definition) -> str | None:
    """The condition under which an op has just the attributes that every op of its class has; None if there is no such case."""
    conditions: list[str] = []
    for field in definition.attributes:
        if field.optional:
            conditions.append(f"({field.name} is None or {field.name} is False)")
        elif field.spec.default is not MISSING:
            conditions.append(f"{field.name} is _defaults[{field.name!r}]")
        else:
            return None
    return " and ".join(conditions) or "True"


def _store_lines(field: Field) -> Iterator[str]:
    key, name = repr(field.key), field.name
    if field.optional:
        yield (
            f"if {name} is not None and {name} is not False:" if field.codec is UNIT_FLAG else f"if {name} is not None:"
        )
        yield f"    _stored = _encode(_name, _fields[{name!r}], {name})"
        yield f"    if _stored is not None: _attributes[{key}] = _stored"
    elif field.spec.default is not MISSING:
        yield f"if {name} is _defaults[{name!r}]: _attributes[{key}] = _stored_defaults[{key}]"
        yield f"else: _attributes[{key}] = _encode(_name, _fields[{name!r}], {name})"
    else:
        yield f"_attributes[{key}] = _encode(_name, _fields[{name!r}], {name})"


def _inferred_from(cls: Any, definition: Definition) -> list[str]:
    """The single operands that give the type of the only result when they have one type; empty when it is not that simple.

    Most ops are like this, so the constructor then decides with one `is` instead of asking the relations.
    """
    if can_infer(cls) or len(definition.results) != 1 or definition.results[0].arity != "single":
        return []
    result = definition.results[0].name
    relation = next((r for r in definition.relations if r.mentions([result])), None)
    if not isinstance(relation, SameType):
        return []
    singles = {f.name for f in definition.operands if f.arity == "single"}
    sources = [name for name in relation.fields if name != result]
    return sources if sources and singles.issuperset(sources) else []


def result_types_of(op: Any, point: Any) -> Sequence[Type]:
    """The types of the results of an op under construction: from its `infer`, or from its relations."""
    definition: Definition = op.definition
    if point is not None and point.symbolic:
        return (
            [PATTERN_TYPE] * max(1, sum(f.arity == "single" for f in definition.results)) if definition.results else []
        )
    if not definition.results:
        return []
    if can_infer(type(op)):  # `infer` may rely on what the op demands
        for relation in definition.demands:
            message = relation.check(op)
            if message:
                raise Error(f"`{op.name}`: {message}")
    return infer(op)


def infer(op: Any) -> Sequence[Type]:
    """The result types that follow from operands, attributes and regions. Raises `couloir.Error` when they do not follow."""
    method = getattr(op, "infer", None)
    if method is not None:
        inferred = method()
        return [inferred] if isinstance(inferred, Type) else list(inferred)
    types: list[Type] = []
    for field in op.definition.results:
        found = next((t for r in op.definition.relations if (t := r.infer(op, field.name)) is not None), None)
        if found is None and field.arity == "optional":
            continue  # it is there only when `result_types` says so
        if found is None:
            raise Error(
                f"the type of `{field.name}` of `{op.name}` does not follow from its operands",
                hint="give `result_types=[...]`, or define `infer` in the op's class",
            )
        types.append(found)
    return types


def can_infer(cls: Any) -> bool:
    """Whether the class says how its result types follow."""
    return hasattr(cls, "infer")


def _operand(op_name: str, field: str, item: Any) -> Any:
    """What was given for an operand, as a value; an error names op and field."""
    try:
        return RUNTIME["as_value"](item)
    except Error as error:
        raise Error(f"`{field}` of `{op_name}`: {error.message}", hint=error.hint) from None


def _operand_list(op_name: str, field: str, items: Any) -> list[Any]:
    """What was given for a variadic operand, as values."""
    if isinstance(items, RUNTIME["Value"] | RUNTIME["Operation"]) and not getattr(items, "is_pattern_variable", False):
        raise Error(f"`{field}` of `{op_name}` takes several values", hint=f"give a list: `{field}=[...]`")
    try:
        values = list(items)
    except TypeError:
        raise Error(f"`{field}` of `{op_name}` takes a list of values, not {items!r}") from None
    return [_operand(op_name, f"{field}[{number}]", item) for number, item in enumerate(values)]


def _explain(op: Any, error: Exception) -> Exception:
    """Turns whatever stopped a constructor into an error that names the operand or attribute at fault, and undoes the uses."""
    faults = list(field_faults(op, built=False)) if not isinstance(error, Error) else []
    described = [f"{f.name}: {v}" for f in op.definition.operands for v in _described(op, f)]
    for index, value in enumerate(op._operands):
        value._remove_use(op, index)
    for region_ in op.regions:
        if region_.parent is op:
            region_.parent = None
    if isinstance(error, Error):
        if not error.notes and error.where is None:
            if f"`{op.name}`" not in error.message:  # `infer` does not name the op: the verifier does it too
                error.message = f"`{op.name}`: {error.message}"
            error.notes = tuple(described)
            error.where = op.location.label or None
        return error
    if faults or isinstance(
        error, AttributeError | TypeError | IndexError | ValueError | KeyError | ZeroDivisionError | OverflowError
    ):
        return Error(
            faults[0] if faults else f"cannot build `{op.name}`: {type(error).__name__}: {error}",
            where=op.location.label or None,
            notes=[*faults[1:], *described],
        )
    return error


def _described(op: Any, field: Field) -> list[str]:
    try:
        value = getattr(op, field.name)
    except Error:
        return []
    values = cast("tuple[Any, ...]", value) if isinstance(value, tuple) else () if value is None else (value,)
    return [str(v.type) for v in values[:4]]


# -- checks ------------------------------------------------------------------------------------------------------------------


def field_faults(op: Any, *, built: bool = True) -> Iterator[str]:
    """What is wrong with the fields of an op: counts, types, attributes, regions, successors. One sentence each.

    An op that is not `built` has no results yet.

    Relations, inferred types and traits are not looked at; the verifier does that when the fields are sound.
    """
    definition: Definition = op.definition
    for kind in ("operand", "result") if built else ("operand",):
        try:
            sizes = definition.group_sizes(op, kind)
        except Error as error:
            yield error.message
            continue
        values = iter(op.operands if kind == "operand" else op.results)
        for field, size in zip(definition.groups(kind), sizes, strict=True):
            for number in range(size):
                value = next(values)
                fault = check_value_type(value.type, field.types, field.spec.elements, field.spec.rank)
                if fault:
                    label = field.name if field.arity != "variadic" else f"{field.name}[{number}]"
                    yield f"{kind} `{label}` of `{op.name}` {fault}"
    for field in definition.attributes:
        stored = op.stored_attributes.get(field.key)
        assert field.codec is not None
        if stored is None:
            if not field.optional and field.spec.default is MISSING:
                yield f"`{op.name}` needs the attribute `{field.key}`: {field.codec.what}"
        elif not field.codec.check(stored):
            yield f"attribute `{field.key}` of `{op.name}` is {field.codec.what}, not `{stored}`"
    for kind, items in (("region", op.regions), ("successor", op.successors)):
        declared = definition.regions if kind == "region" else definition.successors
        least = sum(f.arity == "single" for f in declared)
        if len(items) < least or (len(items) > least and all(f.arity == "single" for f in declared)):
            yield f"`{op.name}` has {least} {kind}s, not {len(items)}"
    for field, region_ in zip(definition.regions, op.regions, strict=False):
        if field.spec.blocks == "one" and (region_.is_empty or region_.first_block is not region_.last_block):
            yield f"region `{field.name}` of `{op.name}` has exactly one block"
        elif field.spec.blocks == "some" and region_.is_empty:
            yield f"region `{field.name}` of `{op.name}` has at least one block"
