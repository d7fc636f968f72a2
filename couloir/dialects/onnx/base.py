"""What all ops made from ONNX schemas have in common: the link to the schema, and the checks and inference that it
gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import attrs

from couloir.dialects.onnx.types import ELEMENTS, type_string
from couloir.ir.attribute import Type
from couloir.ir.constraints import Relation, types_of
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.types import TensorType

if TYPE_CHECKING:
    import onnx


class OnnxOp(Operation):
    """Base of the ops that stand for ONNX operators, one class for each operator and version."""

    operator: ClassVar[str] = ""
    """The operator's name in ONNX: `"Conv"`."""
    domain: ClassVar[str] = ""
    """Its operator set: empty for the default one, `"ai.onnx.ml"`."""
    since_version: ClassVar[int] = 0
    """The version of the operator set since which this class holds."""

    @classmethod
    def schema(cls) -> onnx.defs.OpSchema:
        """The schema in the installed onnx package from which the class was made."""
        from onnx import defs

        return defs.get_schema(cls.operator, cls.since_version, cls.domain)


@attrs.frozen
class Parameter:
    """What a schema says about the type of an operand or result."""

    field: str
    variable: str | None
    """The type variable, whose value all its parameters share; None where there is none to share."""
    allowed: frozenset[str]
    """Type strings, such as `"tensor(float)"`."""


@attrs.frozen
class SchemaTypes(Relation):
    """The type constraints of a schema: each operand and result has a legal type, and type variables agree.

    Values whose type is not known agree with everything.
    """

    parameters: tuple[Parameter, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the operands and results."""
        return tuple(parameter.field for parameter in self.parameters)

    def examples(self, field: str, known: Mapping[str, Sequence[Type]]) -> Sequence[Type]:
        mine = next((parameter for parameter in self.parameters if parameter.field == field), None)
        if mine is None:
            return ()
        for other in self.parameters:
            if other.variable is not None and other.variable == mine.variable and other.field != field:
                bound = known.get(other.field)
                if bound:
                    return bound[:1]
        return [TensorType((2, 3), item.type) for item in ELEMENTS if f"tensor({item.name})" in mine.allowed]

    def check(self, op: Operation) -> str | None:
        bound: dict[str, tuple[str, str]] = {}
        for parameter in self.parameters:
            for type in types_of(op, parameter.field):
                name = type_string(type)
                if name is None:
                    continue
                if name not in parameter.allowed:
                    return f"`{parameter.field}` is one of {_short(parameter.allowed)}, not {name} (`{type}`)"
                if parameter.variable is None:
                    continue
                field, other = bound.setdefault(parameter.variable, (parameter.field, name))
                if other != name:
                    return (
                        f"`{field}` and `{parameter.field}` have the same type {parameter.variable}, but they are "
                        f"{other} and {name}"
                    )
        return None


@attrs.frozen
class SchemaInference(Relation):
    """The type of a result by the shape inference of the installed onnx package; for ops that are built by hand.

    The verifier does not repeat it: a model may know more, or less, about its values than onnx can infer.
    """

    def infer(self, op: Operation, result: str) -> Type | None:
        if op.definition.field(result).arity != "single":
            return None  # how many there are only `result_types` can tell
        from couloir.dialects.onnx.inference import infer_result_types

        return infer_result_types(op).get(result)


def _short(names: frozenset[str]) -> str:
    shown = sorted(names)
    return ", ".join(shown) if len(shown) <= 6 else f"{', '.join(shown[:5])} and {len(shown) - 5} more"


def schema_class(op: Operation) -> type[OnnxOp]:
    """The class of an op that stands for an ONNX operator. Raises `couloir.Error` for any other op."""
    cls = op.__class__  # not `type`: op may be a stand-in that notes what is read of it
    if not issubclass(cls, OnnxOp):
        raise Error(f"`{op.name}` is no operator of ONNX", where=op.location.label or None)
    return cls
