"""Programs before and after a rewrite, apart from what they compute: their functions, their text, their types."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp
from couloir.ir.errors import Error
from couloir.ir.operation import Region, Value
from couloir.ir.passes import PassPipeline
from couloir.ir.text.parser import parse_module_op
from couloir.ir.types import FunctionType, ShapedType
from couloir.passes.refine_shapes import RefineShapes
from couloir.passes.running import public_functions, signature


def paired_functions(before: ModuleOp, after: ModuleOp) -> list[tuple[FuncOp, FuncOp]]:
    """The public functions of two modules, by their names; where each has one alone, the two."""
    old, new = ({f.sym_name: f for f in public_functions(module)} for module in (before, after))
    if len(old) == len(new) == 1:
        return list(zip(old.values(), new.values(), strict=True))
    return [(function, new[name]) for name, function in old.items() if name in new]


def input_types(old: FuncOp, new: FuncOp) -> list[Any]:
    """The types of inputs for both functions: where one knows a dimension, it."""
    types: list[Any] = list(signature(old).inputs)
    other: list[Any] = list(signature(new).inputs)
    if len(types) != len(other):
        return types
    return [b if isinstance(a, ShapedType) and None in a.dims else a for a, b in zip(types, other, strict=True)]


def other_functions(before: ModuleOp, after: ModuleOp, *, types: bool) -> str | None:
    """What has become of public functions that should be as they were."""
    old: dict[str, FunctionType] = {f.sym_name: f.function_type for f in public_functions(before)}
    new = {f.sym_name: f.function_type for f in public_functions(after)}
    for name, type in old.items():
        if name not in new:
            return f"the public function @{name} is gone"
        if types and new[name] is not type:
            return f"the type of @{name} is {new[name]}, before it was {type}"
    return None


def other_text(before: ModuleOp, after: ModuleOp) -> str | None:
    """Why the text of what a rewrite leaves is not read back as the same; None where that of `before` is not either."""
    told = _round_trip(after)
    return told if told is None or _round_trip(before) is None else None


def _round_trip(module: ModuleOp) -> str | None:
    text = str(module)
    try:
        again = str(parse_module_op(text, file="<after>", allow_unregistered=True))
    except Error as error:
        return f"the text of what it leaves cannot be read: {error.message}"
    return None if again == text else "the text of what it leaves is read as another program"


def contradicts_itself(module: ModuleOp, function: str | None = None, inputs: Sequence[Any] = ()) -> bool:
    """Whether types that are declared after an open dimension contradict those before it: then it is not to be run.

    With inputs, whether they contradict the sizes of these, as arguments of the public function of that name. Without, whether
    they do so for one size of all open dimensions of the arguments after the other: those that occur in the program, and 2.
    """
    values = (value for op in module.walk() for value in (*op.results, *(a for r in op.regions for a in _arguments(r))))
    dims = {size for value in values if isinstance(value.type, ShapedType) for size in value.type.dims}
    if None not in dims:
        return False
    if inputs:
        return not _refines(module, function, [array.shape for array in inputs])
    sizes = sorted({2, *(size for size in dims if size is not None)})
    return not any(_refines(module, function, size) for size in sizes)


def _refines(module: ModuleOp, function: str | None, sizes: Sequence[tuple[int, ...]] | int) -> bool:
    """Whether all sizes follow, and none from a type contradicts another, when arguments have these; a number is for open ones."""
    refined = module.clone()
    for candidate in public_functions(refined):
        if function in (None, candidate.sym_name):
            _give_sizes(candidate, sizes)
    try:
        PassPipeline.of(RefineShapes()).run(refined)
    except Error:
        return False
    return True


def _arguments(region: Region) -> Iterator[Value[Any]]:
    for block in region.blocks:
        yield from block.arguments


def _give_sizes(function: FuncOp, sizes: Sequence[tuple[int, ...]] | int) -> None:
    """Gives the types of the arguments these shapes, or a number as the size of each open dimension."""
    for number, argument in enumerate(function.arguments):
        type = argument.type
        if not isinstance(type, ShapedType):
            continue
        if isinstance(sizes, int):
            argument.set_type(type.with_dims(tuple(sizes if size is None else size for size in type.dims)))
        elif number < len(sizes):
            argument.set_type(type.with_dims(sizes[number]))
    types = [argument.type for argument in function.arguments]
    function.function_type = FunctionType(types, list(function.function_type.results))
