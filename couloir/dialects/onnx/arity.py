"""The values of a node on the fields of its class."""

from __future__ import annotations

from collections.abc import Sequence

from couloir.dialects.onnx.base import OnnxOp, SchemaTypes
from couloir.dialects.onnx.types import BY_NAME, AnyType, unknown
from couloir.ir.attribute import Type
from couloir.ir.constraints import element_type
from couloir.ir.errors import Error
from couloir.ir.types import UnrankedTensorType


def distribute(cls: type[OnnxOp], kind: str, present: Sequence[bool]) -> tuple[list[int], list[int]]:
    """Which of the values of a node are there, and how many of them belong to each field of its class.

    Args:
        cls: The class of the op.
        kind: `"operand"` or `"result"`.
        present: For each position of the node whether there is a value; a result that must be there is there without a
        name, too.

    Raises:
        Error: when there are too few or too many.
    """
    fields = cls.definition.groups(kind)
    what = "input" if kind == "operand" else "output"
    given: list[int] = []
    sizes: list[int] = []
    for position, field in enumerate(fields):
        if field.arity == "variadic":  # always the last one
            rest = range(position, len(present))
            nameless = next((number for number in rest if not present[number]), None)
            if kind == "operand" and nameless is not None:
                raise Error(f"{what} {nameless + 1} of {cls.operator}, which belongs to `{field.name}`, has no name")
            given += rest
            sizes.append(len(rest))
        elif position < len(present) and (present[position] or (kind == "result" and field.arity == "single")):
            given.append(position)
            sizes.append(1)
        elif field.arity == "single":
            raise Error(f"{cls.operator} needs its {what} `{field.name}` (number {position + 1})")
        else:
            sizes.append(0)
    if len(present) > len(fields) and not (fields and fields[-1].arity == "variadic"):
        raise Error(f"the node has {len(present)} {what}s; {cls.operator} has at most {len(fields)}")
    return given, sizes


def schema_types(op: OnnxOp) -> list[Type]:
    """What the schema alone tells of the types of an op's results: the element type, where type variables or a single
    choice tell it."""
    rule = next(relation for relation in op.definition.relations if isinstance(relation, SchemaTypes))
    sizes = op.definition.group_sizes(op, "operand")
    operands = iter(op.operands)
    bound: dict[str, Type] = {}
    for parameter, size in zip(rule.parameters, sizes, strict=False):
        for value in [next(operands) for _ in range(size)]:
            if parameter.variable is not None and not isinstance(value.type, AnyType):
                bound.setdefault(parameter.variable, value.type)
    found: list[Type] = []
    for parameter, size in zip(rule.parameters[len(sizes) :], op.definition.group_sizes(op, "result"), strict=True):
        type = unknown if parameter.variable is None else bound.get(parameter.variable, unknown)
        if isinstance(type, AnyType) and len(parameter.allowed) == 1:
            type = _tensor(next(iter(parameter.allowed)))
        element = element_type(type)
        found += [type if element is type else UnrankedTensorType(element)] * size
    return found


def _tensor(name: str) -> Type:
    """A tensor without shape for a type string such as `"tensor(float)"`."""
    element = BY_NAME.get(name.removeprefix("tensor(").removesuffix(")"))
    return unknown if element is None else UnrankedTensorType(element.type)
