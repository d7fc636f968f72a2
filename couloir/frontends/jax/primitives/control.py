"""Primitives that hold other jaxprs: calls are lowered in place, loops and branches keep their structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.building import (
    Tensor,
    compare,
    convert,
    expand_like,
    full,
    reduce,
    reshape,
    scalar,
)
from couloir.dialects.shapes import inside
from couloir.frontends.jax.equation import Equation, Lowered, NotLowered, lowers
from couloir.ir.operation import Block, Region
from couloir.ir.types import i32


@lowers(
    "jit",
    "pjit",
    "core_call",
    "closed_call",
    "core_closed_call",
    "remat",
    "remat2",
    "checkpoint",
    "custom_jvp_call",
    "custom_vjp_call",
    "custom_vjp_call_jaxpr",
    "custom_lin",
    "run_state",
)
def call(eqn: Equation, *operands: Tensor) -> Lowered:
    """Calls, gradients of one's own, and checkpoints: what they hold, in place."""
    for key in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
        if key in eqn.params:
            return eqn.inline(eqn.params[key], operands)
    raise NotLowered("it holds no jaxpr")


@lowers("custom_linear_solve")
def custom_linear_solve(eqn: Equation, *operands: Tensor) -> Lowered:
    """The solver, in place; the rest is for gradients."""
    lengths, jaxprs = eqn.params["const_lengths"], eqn.params["jaxprs"]
    first = lengths.matvec + lengths.vecmat
    constants = operands[first : first + lengths.solve]
    right = operands[first + lengths.solve + lengths.transpose_solve :]
    return eqn.inline(jaxprs.solve, [*constants, *right])


def region(eqn: Equation, jaxpr: Any, operands: Sequence[Tensor]) -> Region:
    """A region without arguments that returns what a jaxpr gives for operands."""
    block = Block()
    with inside(block):
        hlo.Return(eqn.inline(jaxpr, operands))
    return Region([block])


@lowers("cond")
def cond(eqn: Equation, index: Tensor, *operands: Tensor) -> Lowered:
    """A branch by number; JAX has clamped the number."""
    branches = eqn.params["branches"]
    chosen = convert(index, i32)
    return list(hlo.Case(chosen, tuple(region(eqn, branch, operands) for branch in branches)).results)


@lowers("while")
def while_loop(eqn: Equation, *operands: Tensor) -> Lowered:
    """A loop; with a batch of conditions it runs until all have ended."""
    params = eqn.params
    of_condition, of_body = int(params["cond_nconsts"]), int(params["body_nconsts"])
    condition_constants = operands[:of_condition]
    body_constants = operands[of_condition : of_condition + of_body]
    carried = operands[of_condition + of_body :]
    types = [value.type for value in carried]

    def proceed(block: Block) -> Tensor:
        return eqn.inline(params["cond_jaxpr"], [*condition_constants, *block.arguments])[0]

    condition, body = Block(types), Block(types)
    with inside(condition):
        going = proceed(condition)
        hlo.Return([reduce(going, range(going.type.rank), "or") if going.type.rank else going])
    with inside(body):
        new = eqn.inline(params["body_jaxpr"], [*body_constants, *body.arguments])
        if going.type.rank:  # a batch of loops: those that have ended stay as they are
            active = proceed(body)
            new = [_chosen(active, value, old) for value, old in zip(new, body.arguments, strict=True)]
        hlo.Return(new)
    return list(hlo.While(carried, Region([condition]), Region([body])).results)


def _chosen(which: Tensor, a: Tensor, b: Tensor) -> Tensor:
    spread = expand_like(which, a.type.shape, range(which.type.rank, a.type.rank))
    return hlo.Select(spread, a, b).result


@lowers("scan")
def scan(eqn: Equation, *operands: Tensor) -> Lowered:
    """A loop that counts: it reads one item of each stack, and writes one of each result."""
    params = eqn.params
    length, constants, carries = int(params["length"]), int(params["num_consts"]), int(params["num_carry"])
    fixed, initial, stacked = (
        operands[:constants],
        operands[constants : constants + carries],
        operands[constants + carries :],
    )
    outputs = [full(0, type.shape, type.element_type) for type in eqn.types[carries:]]
    carried = [scalar(0, i32), *initial, *outputs]
    types = [value.type for value in carried]
    condition, body = Block(types), Block(types)
    with inside(condition):
        hlo.Return([compare(condition.arguments[0], length, ComparisonDirection.LT)])
    with inside(body):
        step, *state = body.arguments
        position = hlo.Subtract(scalar(length - 1, i32), step).result if params["reverse"] else step
        zero = scalar(0, i32)
        items = [_item(value, position, zero) for value in stacked]
        made = eqn.inline(params["jaxpr"], [*fixed, *state[:carries], *items])
        written = [
            _written(buffer, value, position, zero)
            for buffer, value in zip(state[carries:], made[carries:], strict=True)
        ]
        following = hlo.Add(step, scalar(1, i32)).result
        hlo.Return([following, *made[:carries], *written])
    return list(hlo.While(carried, Region([condition]), Region([body])).results)[1:]


def _item(stack: Tensor, position: Tensor, zero: Tensor) -> Tensor:
    """The element at a position of the first dimension."""
    rest = stack.type.shape[1:]
    taken = hlo.DynamicSlice(stack, [position, *[zero] * len(rest)], (1, *rest)).result
    return reshape(taken, rest)


def _written(stack: Tensor, value: Tensor, position: Tensor, zero: Tensor) -> Tensor:
    """A stack with a value at a position of the first dimension."""
    update = reshape(value, (1, *value.type.shape))
    return hlo.DynamicUpdateSlice(stack, update, [position, *[zero] * value.type.rank]).result
