"""What programs have in common: shapes of values, keys for what ops do, and texts in which sizes are expressions."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from couloir.ir.attribute import Type
from couloir.ir.operation import Operation, Value
from couloir.ir.types import ComplexType, FloatType, IndexType, IntegerType, TensorType, VectorType
from couloir.testing.proofs.tracing import spelled


def shape_of(type: Type) -> tuple[tuple[int, ...], Type] | None:
    """Sizes and element type of a tensor or vector; a number has no sizes. None for anything else, or where a size is not known."""
    match type:
        case TensorType():
            return (type.shape, type.element_type) if type.is_static else None
        case VectorType():
            return None if type.scalable else (type.shape, type.element_type)
        case IntegerType() | FloatType() | IndexType() | ComplexType():
            return (), type
        case _:
            return None


def op_key(op: Operation, known: Mapping[Value[Any], Hashable]) -> tuple[Hashable, ...]:
    """The name of an op, its attributes, types and operands; and then the same of the ops in its regions.

    Args:
        op: The op. Nothing recurses on how deep its regions are nested.
        known: The keys of values from outside.
    """
    numbers: dict[Value[Any], Hashable] = dict(known)
    parts: list[Hashable] = []
    for inner in op.walk():
        stored = tuple(sorted(inner.stored_attributes.items(), key=lambda item: item[0]))
        types = tuple(value.type for value in inner.results)
        operands = tuple(numbers.get(value, value) for value in inner.operands)
        shape = tuple(tuple(tuple(a.type for a in b.arguments) for b in r.blocks) for r in inner.regions)
        parts.append((inner.name, stored, types, operands, shape, len(list(inner.ancestors()))))
        if inner is not op:
            numbers.update((value, (len(parts), "result", value.index)) for value in inner.results)
        for r, region in enumerate(inner.regions):
            for b, block in enumerate(region.blocks):
                numbers.update((a, (len(parts), r, b, a.index)) for a in block.arguments)
    return tuple(parts)


def listing(top: Operation) -> str:
    """All ops inside one, a line for each, sizes as expressions. Unlike the text of a program it says everything in one form."""
    numbers: dict[Value[Any], int] = {}
    lines: list[str] = []
    with spelled():
        for op in top.walk():
            blocks = [block for region in op.regions for block in region.blocks]
            for value in (*op.results, *(argument for block in blocks for argument in block.arguments)):
                numbers[value] = len(numbers)
            stored = ", ".join(f"{key} = {value}" for key, value in sorted(op.stored_attributes.items()))
            operands = ", ".join(f"%{numbers.get(value, '?')}" for value in op.operands)
            types = [", ".join(str(a.type) for a in block.arguments) for block in blocks]
            depth = len(list(op.ancestors()))
            results = ", ".join(str(value.type) for value in op.results)
            lines.append(f"{'  ' * depth}{op.name}({operands}) {{{stored}}} {types} : {results}")
    return "\n".join(lines)
