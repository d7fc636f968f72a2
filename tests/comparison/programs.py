"""Random programs of elementwise ops, and what may be done to them without changing what they are."""

from __future__ import annotations

import random

import couloir
from couloir.dialects import func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp, Return
from couloir.ir.builder import at_end
from couloir.ir.operation import Operation
from couloir.ir.traits import Commutative
from couloir.ir.types import FunctionType, TensorType, f32

TYPE = TensorType((4,), f32)
UNARY = (hlo.Negate, hlo.Exponential, hlo.Tanh, hlo.Abs)
BINARY = (hlo.Add, hlo.Subtract, hlo.Multiply, hlo.Maximum)


def random_program(seed: int, size: int, arguments: int = 2) -> ModuleOp:
    """`@main` with `size` ops; what nothing uses is added up and returned."""
    rng = random.Random(seed)
    function = FuncOp.build("main", [TYPE] * arguments)
    with at_end(function.entry):
        values = list(function.arguments)
        for _ in range(size):
            if rng.random() < 0.1:
                values.append(hlo.constant(float(rng.randint(0, 3)), f32, shape=(4,)).result)
            elif rng.random() < 0.4:
                values.append(rng.choice(UNARY)(rng.choice(values)).result)
            else:
                values.append(rng.choice(BINARY)(rng.choice(values), rng.choice(values[-6:])).result)
        loose = [value for value in values if not value.has_uses]
        while len(loose) > 1:
            loose.append(hlo.Add(loose.pop(0), loose.pop(0)).result)
        Return(loose)
    function.function_type = FunctionType([TYPE] * arguments, [TYPE])
    module = ModuleOp.empty([function])
    couloir.verify(module)
    return module


def main_of(module: ModuleOp) -> FuncOp:
    return next(f for f in module.functions if f.sym_name == "main")


def rearranged(module: ModuleOp, seed: int) -> ModuleOp:
    """The same program, its ops in another order, operands of commutative ops exchanged, some of it in functions."""
    rng = random.Random(seed)
    module = module.clone()
    block = main_of(module).entry
    *ops, last = block.ops
    placed: set[Operation] = set()
    while len(placed) < len(ops):
        ready = [
            op
            for op in ops
            if op not in placed and all(v.defining_op in placed or v.defining_op is None for v in op.operands)
        ]
        op = rng.choice(ready)
        op.move_before(last)
        placed.add(op)
        if op.has_trait(Commutative) and rng.random() < 0.5:
            op.set_operands(list(reversed(op.operands)))
    for number, op in enumerate(rng.sample(ops, len(ops) // 4)):
        outline(module, op, f"part{number}")
    couloir.verify(module)
    return module


def outline(module: ModuleOp, op: Operation, name: str) -> None:
    """Puts an op into a function of its own."""
    inputs = list(op.operands)
    function = FuncOp.build(name, [v.type for v in inputs], [op.results[0].type], visibility="private")
    function.entry.append(op.clone())
    inner = function.entry.first_op
    inner.set_operands(function.arguments)
    with at_end(function.entry):
        Return(inner.results)
    module.body.append(function)
    call = func.Call.create(inputs, [op.results[0].type])
    call.callee = name
    op.parent.insert_before(op, call)
    op.replace_all_uses_with(call)
    op.erase()
