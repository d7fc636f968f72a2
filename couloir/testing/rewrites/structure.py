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

    With inputs, whether they contradict the sizes of these, as arguments of the public function of that name.
    """
    values = (value for op in module.walk() for value in (*op.results, *(a for r in op.regions for a in _arguments(r))))
    if not any(isinstance(value.type, ShapedType) and None in value.type.dims for value in values):
        return False
    refined = module.clone()
    for candidate in public_functions(refined) if inputs else ():
        if candidate.sym_name == function:
            _give_sizes(candidate, inputs)
            break
    try:
        PassPipeline.of(RefineShapes()).run(refined)
    except Error:
        return True
    return False


def _arguments(region: Region) -> Iterator[Value[Any]]:
    for block in region.blocks:
        yield from block.arguments


def _give_sizes(function: FuncOp, inputs: Sequence[Any]) -> None:
    """Makes the types of the arguments those of the inputs."""
    for argument, array in zip(function.arguments, inputs, strict=False):
        type = argument.type
        if isinstance(type, ShapedType):
            argument.set_type(type.with_dims(tuple(array.shape)))
    types = [argument.type for argument in function.arguments]
    function.function_type = FunctionType(types, list(function.function_type.results))
