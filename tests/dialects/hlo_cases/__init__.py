"""What breaks each constraint of the StableHLO ops, and no other one; one file for each room of the dialect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from couloir.dialects import func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp
from couloir.dialects.quant import UniformType
from couloir.dialects.shapes import inside
from couloir.ir.builder import insert_at
from couloir.ir.operation import Block, Region
from couloir.ir.types import FloatType, FunctionType, IntegerType, TensorType, f32, i8

BREAKS: dict[tuple[str, str], Callable[[Any], Any]] = {}
"""(op, id or sentence of the constraint) -> what builds an op that breaks it, in a bench."""
ACCEPTED: list[Callable[[Any], Any]] = []
"""What builds ops that are in order: those that the breaking ones vary."""
UNLIKE_UPSTREAM: dict[Callable[[Any], Any], str] = {}
"""Of `ACCEPTED`, what upstream refuses -> what the specification says about it."""


def breaks(op: str, id: str) -> Callable[[Callable[[Any], Any]], None]:
    """Adds to `BREAKS`. An `id` of several numbers is that of one constraint with these numbers."""

    def add(build: Callable[[Any], Any]) -> None:
        BREAKS[f"stablehlo.{op}", id] = build

    return add


def accepts(build: Callable[[Any], Any], *, unlike_upstream: str = "") -> None:
    """Adds to `ACCEPTED`; with the reason, if upstream's verifier refuses it."""
    ACCEPTED.append(build)
    if unlike_upstream:
        UNLIKE_UPSTREAM[build] = unlike_upstream


def in_a_module(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """As `build`, in a module with the function `@negates` of a scalar and the module `@inner`."""

    def run(b: Any) -> Any:
        with insert_at(None):  # the ops are put in their places one by one
            negates = FuncOp("negates", FunctionType([scalar()], [scalar()]), "private")
            caller = FuncOp.build("caller", [])
            module = ModuleOp.empty([ModuleOp.empty(name="inner"), negates, caller])
        b.block.append(module)
        bench = type(b)()
        bench.block = caller.entry
        with inside(caller.entry):
            build(bench)
            func.Return([])
        caller.function_type = FunctionType([argument.type for argument in caller.entry.arguments], [])

    return run


def returning(arguments: Any, *values: Any) -> Region:
    """A region whose block takes `arguments` and returns `values`; an int stands for the argument of that number."""
    block = Block(arguments)
    with inside(block):
        hlo.Return([block.arguments[value] if isinstance(value, int) else value for value in values])
    return Region([block])


def quantized(
    scale: float | tuple[float, ...] = 0.5,
    zero_point: int = 0,
    axis: int | None = None,
    storage: IntegerType = i8,
    expressed: FloatType = f32,
) -> UniformType:
    """A quantized element type; several scales with an `axis`."""
    scales = scale if isinstance(scale, tuple) else (scale,)
    return UniformType(storage, expressed, scales, (zero_point,) * len(scales), axis)


def scalar(element: Any = f32) -> TensorType:
    return TensorType((), element)
