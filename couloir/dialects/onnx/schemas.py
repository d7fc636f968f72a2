"""From the schemas of the installed onnx package to op classes, made when they are first needed.

The op that stands for version 11 of `Conv` is `onnx.ConvV11`, class `ConvV11`; operators of other official operator
sets have the rest of the set's name in front: `onnx.ml.ScalerV1` is `Scaler` of `ai.onnx.ml`.
"""

from __future__ import annotations

import functools
import inspect
import keyword
import re
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.dialects.onnx.base import OnnxOp, Parameter, SchemaInference, SchemaTypes
from couloir.dialects.onnx.codecs import ATTRIBUTES
from couloir.ir.definition import OperationMeta
from couloir.ir.errors import Error, nearest
from couloir.ir.fields import (
    Operand,
    Operands,
    OptionalOperand,
    OptionalResult,
    Result,
    Results,
    attr,
    attr_optional,
    operand,
    region,
    result,
)
from couloir.ir.operation import Region
from couloir.ir.traits import Pure, RecursiveMemoryEffects, Trait

if TYPE_CHECKING:
    from onnx import defs

_NAME: Final = re.compile(r"onnx\.(?:([a-z][a-z0-9_.]*)\.)?([A-Za-z]\w*?)V([0-9]+)")
_OFFICIAL: Final = "ai.onnx"

_OPERANDS: Final[dict[str, Any]] = {"Single": Operand, "Optional": OptionalOperand, "Variadic": Operands}
_RESULTS: Final[dict[str, Any]] = {"Single": Result, "Optional": OptionalResult, "Variadic": Results}


@attrs.frozen
class SchemaField:
    """A field of an op class and the part of the schema from which it comes."""

    name: str
    """The field's name in Python: an underscore is added where ONNX's is taken."""
    key: str
    """ONNX's name."""
    role: str
    """`"operand"`, `"result"`, `"attribute"` or `"region"`."""
    kind: str
    """Of values `"Single"`, `"Optional"` or `"Variadic"`; of attributes the type, such as `"INTS"`."""
    required: bool = True
    default: Any = None
    """Of an attribute that may be absent: how it reads then."""


def dialect_prefix(domain: str) -> str:
    """What stands before the operator in the names of a domain's ops: `""`, `"ml."`. Raises `couloir.Error` for foreign
    domains."""
    if domain in ("", _OFFICIAL):
        return ""
    if not domain.startswith(_OFFICIAL + "."):
        raise Error(
            f"there are no ops for the operator set {domain!r}",
            hint="known are ai.onnx and its parts, such as ai.onnx.ml",
        )
    return domain.removeprefix(_OFFICIAL + ".") + "."


def op_name(operator: str, since_version: int, domain: str = "") -> str:
    """The name of an operator's op in the IR: `"onnx.ConvV11"`."""
    return f"onnx.{dialect_prefix(domain)}{operator}V{since_version}"


def find_schema(operator: str, version: int, domain: str = "") -> defs.OpSchema | None:
    """The schema that holds for an operator in a version of its operator set; None when it does not exist there."""
    from onnx import defs

    try:
        return defs.get_schema(operator, version, "" if domain == _OFFICIAL else domain)
    except defs.SchemaError:
        return None


def newest_schema(operator: str, domain: str = "") -> defs.OpSchema | None:
    """The newest schema of an operator; None when there is no such operator."""
    from onnx import defs

    try:
        return defs.get_schema(operator, domain)
    except defs.SchemaError:
        return None


@functools.cache
def schema_class(operator: str, since_version: int, domain: str = "") -> type[OnnxOp]:
    """The op class for exactly this version of an operator. Raises `couloir.Error` when there is none."""
    schema = find_schema(operator, since_version, domain)
    if schema is None or schema.since_version != since_version:
        raise Error(
            f"{operator} has no version {since_version} in the operator set {domain or _OFFICIAL}",
            hint=_versions(operator, domain),
        )
    return make_class(schema)


@functools.lru_cache(maxsize=4096)
def class_at(operator: str, opset: int, domain: str = "") -> type[OnnxOp] | None:
    """The op class that an operator has in a version of its operator set, or None."""
    schema = find_schema(operator, opset, domain)
    return None if schema is None else schema_class(operator, schema.since_version, schema.domain)


@functools.cache
def attribute_kinds(cls: type[OnnxOp]) -> dict[str, str]:
    """The type of each attribute of an operator, graphs included: `{"axis": "INT"}`."""
    return {key: enum_name(attribute.type) for key, attribute in cls.schema().attributes.items()}


def from_op_name(name: str) -> type[OnnxOp] | None:
    """The class of ops called `name`, such as `"onnx.ConvV11"`, or None: what the registry asks."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    domain = "" if match[1] is None else f"{_OFFICIAL}.{match[1]}"
    schema = find_schema(match[2], int(match[3]), domain) if len(match[3]) < 10 else None
    return (
        None
        if schema is None or schema.since_version != int(match[3])
        else schema_class(match[2], int(match[3]), domain)
    )


def from_class_name(name: str, domain: str = "") -> type[OnnxOp]:
    """The class called `name` in Python: `ConvV11`, or `Conv` for the newest. Raises `AttributeError`, as modules
    do."""
    versioned = from_op_name(f"onnx.{dialect_prefix(domain)}{name}")
    if versioned is not None:
        return versioned
    schema = newest_schema(name, domain) if not name.startswith("_") else None
    if schema is None:
        hint = nearest(name, operators(domain)) if not name.startswith("_") else None
        raise AttributeError(f"there is no ONNX operator {name!r}" + (f"; {hint}" if hint else ""))
    return schema_class(schema.name, schema.since_version, domain)


def all_schemas(domain: str | None = None) -> list[defs.OpSchema]:
    """Every version of every operator, of one operator set or of all, by domain, name and version."""
    from onnx import defs

    found = [s for s in defs.get_all_schemas_with_history() if domain is None or s.domain == domain]
    return sorted(found, key=lambda s: (s.domain, s.name, s.since_version))


@functools.cache
def operators(domain: str = "") -> list[str]:
    """The names of the operators of one operator set."""
    return sorted({schema.name for schema in all_schemas(domain)})


def _versions(operator: str, domain: str) -> str | None:
    known = [schema.since_version for schema in all_schemas(domain) if schema.name == operator]
    return f"its versions are {', '.join(map(str, known))}" if known else nearest(operator, operators(domain))


def enum_name(member: object) -> str:
    """The name of a member of one of onnx's enums, which are native: `"Optional"`, `"INTS"`."""
    return str(member).rpartition(".")[2]


# -- from a schema to a class ------------------------------------------------------------------------------------------


def schema_fields(schema: defs.OpSchema) -> list[SchemaField]:
    """The fields of an op class: operands and attributes as constructor parameters, then regions, then results."""
    taken: set[str] = set()

    def name(wanted: str) -> str:
        found = wanted.rstrip(".")
        while (
            found in taken
            or keyword.iskeyword(found)
            or found in ("self", "loc", "result_types")
            or hasattr(OnnxOp, found)
        ):
            found += "_"
        taken.add(found)
        return found

    fields = [SchemaField(name(p.name), p.name, "operand", enum_name(p.option)) for p in schema.inputs]
    graphs: list[SchemaField] = []
    for key, attribute in sorted(schema.attributes.items()):
        kind = enum_name(attribute.type)
        if kind == "GRAPH":
            graphs.append(SchemaField(name(key), key, "region", kind, attribute.required))
        else:
            fields.append(SchemaField(name(key), key, "attribute", kind, attribute.required, _default(attribute)))
    fields += graphs
    return fields + [SchemaField(name(p.name), p.name, "result", enum_name(p.option)) for p in schema.outputs]


def _default(attribute: defs.OpSchema.Attribute) -> Any:
    """The Python value that an absent attribute reads as; None where the schema gives no default."""
    import onnx

    proto = attribute.default_value
    if not proto.type:
        return None
    value: Any = onnx.helper.get_attribute_value(proto)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    if isinstance(value, int | float):
        return value
    return tuple(item.decode() if isinstance(item, bytes) else item for item in value)


def make_class(schema: defs.OpSchema) -> type[OnnxOp]:
    """Makes and registers the op class for a schema."""
    fields = schema_fields(schema)
    annotations: dict[str, Any] = {}
    namespace: dict[str, Any] = {
        "__module__": "couloir.dialects.onnx",
        "__doc__": _documentation(schema),
        "__annotations__": annotations,
        "operator": schema.name,
        "domain": schema.domain,
        "since_version": schema.since_version,
        "constraints": (SchemaTypes(_parameters(schema, fields)), SchemaInference()),
    }
    for field in fields:
        if field.role in ("operand", "result"):
            annotations[field.name] = (_OPERANDS if field.role == "operand" else _RESULTS)[field.kind][Any]
            namespace[field.name] = operand() if field.role == "operand" else result()
        elif field.role == "region":
            annotations[field.name] = Region
            namespace[field.name] = region(blocks="one" if field.required else "any")
        else:
            annotations[field.name], codec = ATTRIBUTES[field.kind]
            key = None if field.key == field.name else field.key
            namespace[field.name] = (
                attr(key=key, codec=codec)
                if field.required
                else attr_optional(default=_stored_default(field), key=key, codec=codec)
            )
    name = op_name(schema.name, schema.since_version, schema.domain)
    class_name = f"{schema.name}V{schema.since_version}"
    made: Any = OperationMeta(class_name, (OnnxOp,), namespace, name=name, traits=_traits(schema))
    return made


def _stored_default(field: SchemaField) -> Any:
    """Tensors read as attributes, other values as they are."""
    codec = ATTRIBUTES[field.kind][1]
    return codec.encode(field.default) if field.kind == "TENSOR" and field.default is not None else field.default


def _traits(schema: defs.OpSchema) -> tuple[type[Trait], ...]:
    """Random operators are not pure; those with graphs are what their graphs are."""
    if "GRAPH" in (enum_name(attribute.type) for attribute in schema.attributes.values()):
        return (RecursiveMemoryEffects,)
    determinism: object = getattr(schema, "node_determinism", None)  # onnx's stubs do not know it
    return () if enum_name(determinism) == "NonDeterministic" else (Pure,)


def _parameters(schema: defs.OpSchema, fields: list[SchemaField]) -> tuple[Parameter, ...]:
    values = [field for field in fields if field.role in ("operand", "result")]
    variables = {constraint.type_param_str for constraint in schema.type_constraints}
    return tuple(
        Parameter(
            field.name,
            parameter.type_str if parameter.type_str in variables and parameter.is_homogeneous else None,
            frozenset(parameter.types),
        )
        for field, parameter in zip(values, (*schema.inputs, *schema.outputs), strict=True)
    )


def _documentation(schema: defs.OpSchema) -> str:
    domain = schema.domain or _OFFICIAL
    note = " Deprecated." if schema.deprecated else ""
    text = inspect.cleandoc(schema.doc or "")
    return f"`{schema.name}` since version {schema.since_version} of {domain}.{note}\n\n{text}"
