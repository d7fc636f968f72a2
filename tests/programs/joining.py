"""Many modules as one C program: a C compiler takes about as long to start as to compile a small program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from couloir.backends.c.cache import Cache
from couloir.backends.c.program import CProgram, compile_program
from couloir.backends.c.toolchain import CompileOptions
from couloir.dialects import func, memref
from couloir.dialects.builtin import ModuleOp
from couloir.ir.attributes import IntegerAttr
from couloir.ir.builder import at_end
from couloir.ir.passes import PassPipeline
from couloir.ir.types import FunctionType, Type, i64
from couloir.passes.hlo_to_loops import INPUT_COUNT, SIGNATURE
from couloir.passes.pipelines import MemoryPlan

QUICK = CompileOptions(optimization=0)
"""For programs that run once, on little data."""


def joined(modules: Sequence[ModuleOp]) -> ModuleOp:
    """One module, of copies of modules that are lowered to loops: its function calls theirs, one after the other."""
    whole = ModuleOp.empty()
    mains: list[func.FuncOp] = []
    for number, module in enumerate(modules):
        copy = module.clone()
        for op in list(copy.walk()):
            if isinstance(op, func.Call):
                op.callee = f"case{number}_{op.callee}"
            elif isinstance(op, memref.GetGlobal):
                op.name_ = f"case{number}_{op.name_}"
        for op in list(copy.ops):
            if isinstance(op, func.FuncOp | memref.Global):
                if isinstance(op, func.FuncOp) and not op.is_private:
                    mains.append(op)
                op.sym_name, op.sym_visibility = f"case{number}_{op.sym_name}", "private"
            op.detach()
            whole.body.append(op)
    inputs: list[Type] = []
    outputs: list[Type] = []
    for main in mains:
        signature = _signature(main)
        inputs += signature.inputs
        outputs += signature.results
    buffers = [main.function_type.inputs for main in mains]
    counts = [main.attributes[INPUT_COUNT].value for main in mains]
    taken = [type for types, count in zip(buffers, counts, strict=True) for type in types[:count]]
    given = [type for types, count in zip(buffers, counts, strict=True) for type in types[count:]]
    entry = func.FuncOp.build("main", [*taken, *given], ())
    whole.body.append(entry)
    arguments = iter(entry.arguments[: len(taken)])
    results = iter(entry.arguments[len(taken) :])
    with at_end(entry.entry):
        for main, types, count in zip(mains, buffers, counts, strict=True):
            ins = [next(arguments) for _ in range(count)]
            outs = [next(results) for _ in types[count:]]
            func.Call(main.sym_name, [*ins, *outs], result_types=())
        func.Return()
    entry.attributes[INPUT_COUNT] = IntegerAttr(len(taken), i64)
    entry.attributes[SIGNATURE] = FunctionType(inputs, outputs)
    PassPipeline.of(MemoryPlan()).run(whole)
    return whole


def run_together(
    modules: Sequence[ModuleOp],
    arrays: Sequence[Sequence[Any]],
    *,
    options: CompileOptions = QUICK,
    cache: Cache | None = None,
) -> list[tuple[Any, ...]]:
    """What modules that are lowered to loops give in C, each for its arrays."""
    if not modules:
        return []
    program = CProgram.of(joined(modules))
    run = compile_program(program, options=options, cache=cache)
    found = iter(run(*(array for given in arrays for array in given)))
    mains = [f for module in modules for f in module.functions if not f.is_private]
    return [tuple(next(found) for _ in _signature(main).results) for main in mains]


def _signature(main: func.FuncOp) -> FunctionType:
    """The type of a function before it was lowered."""
    signature: Any = main.attributes[SIGNATURE]
    return signature
