"""Primitives that hold other jaxprs: calls are lowered in place, loops and branches keep their structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.building import (
    Size,
    Tensor,
    compare,
    convert,
    expand_like,
    full,
    reduce,
    reshape,
    scalar,
    sizes_of,
)
from couloir.dialects.hlo.host_functions import HOST_FUNCTION, KEY, HostFunction
from couloir.dialects.shapes import inside
from couloir.frontends.jax.equation import Cell, Equation, Lowered, NotLowered, Steps, lowers
from couloir.frontends.jax.primitives.indexing import slice_from
from couloir.ir.operation import Block, Region
from couloir.ir.types import i32

CALLS: Final = {
    "call": "call_jaxpr",
    "checkpoint": "jaxpr",
    "closed_call": "call_jaxpr",
    "composite": "jaxpr",
    "compute_on": "jaxpr",
    "core_call": "call_jaxpr",
    "core_closed_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_lin": "jaxpr",
    "custom_partitioning": "call",
    "custom_vjp_call": "call_jaxpr",
    "custom_vmap_call": "call",
    "jit": "jaxpr",
    "linear_call": "callee",
    "pjit": "jaxpr",
    "remat": "jaxpr",
    "remat2": "jaxpr",
    "remat_opt": "fwd_jaxpr",
    "xla_metadata_call": "jaxpr",
}
"""Primitives that are a call, and which parameter is called."""


@lowers(*CALLS)
def call(eqn: Equation, *operands: Any) -> Steps:
    """Calls, gradients of one's own, and checkpoints: what they hold, in place."""
    if CALLS[eqn.name] not in eqn.params:
        raise NotLowered("it holds no jaxpr")
    return (yield eqn.steps(eqn.params[CALLS[eqn.name]], operands))


@lowers("custom_linear_solve")
def custom_linear_solve(eqn: Equation, *operands: Tensor) -> Steps:
    """The solver, in place; the rest is for gradients."""
    lengths, jaxprs = eqn.params["const_lengths"], eqn.params["jaxprs"]
    first = lengths.matvec + lengths.vecmat
    constants = operands[first : first + lengths.solve]
    right = operands[first + lengths.solve + lengths.transpose_solve :]
    return (yield eqn.steps(jaxprs.solve, [*constants, *right]))


# -- mutable references: what they hold goes into regions and comes out of them ----------------------------------------


def _cells(operands: Sequence[Any]) -> list[Cell]:
    return [operand for operand in operands if isinstance(operand, Cell)]


def _fresh(operands: Sequence[Any], held: Sequence[Tensor]) -> list[Any]:
    """The operands, with new references that hold these values."""
    values = iter(held)
    return [Cell(next(values)) if isinstance(operand, Cell) else operand for operand in operands]


def _held(operands: Sequence[Any]) -> list[Tensor]:
    """What the references among the operands hold."""
    return [cell.value for cell in _cells(operands)]


def _keep(operands: Sequence[Any], held: Sequence[Tensor]) -> None:
    """The references among the operands hold these values from now on."""
    for cell, value in zip(_cells(operands), held, strict=True):
        cell.value = value


# -- regions -----------------------------------------------------------------------------------------------------------


@lowers("cond")
def cond(eqn: Equation, index: Tensor, *operands: Any) -> Steps:
    """A branch by number; JAX has clamped the number."""
    regions: list[Region] = []
    for branch in eqn.params["branches"]:
        block, given = Block(), _fresh(operands, _held(operands))
        with inside(block):
            results = yield eqn.steps(branch, given)
            hlo.Return([*results, *_held(given)])
        regions.append(Region([block]))
    results = list(hlo.Case(convert(index, i32), tuple(regions)).results)
    count = len(eqn.types)
    _keep(operands, results[count:])
    return results[:count]


@lowers("pure_callback")
def pure_callback(eqn: Equation, *operands: Tensor) -> Lowered:
    """A call of a Python function, which runs on NumPy, and in JAX; it cannot be compiled."""
    callback = eqn.params["callback"]
    name = getattr(getattr(callback, "callback_func", callback), "__name__", "a function")
    call = hlo.CustomCall(operands, HOST_FUNCTION, result_types=list(eqn.types))
    call.attributes[KEY] = HostFunction(str(name), callback)
    return cast("list[Tensor]", list(call.outputs))


@lowers("platform_index")
def platform_index(eqn: Equation) -> Lowered:
    """The number of the branch that is for CPUs, or for any platform."""
    platforms = list(eqn.params["platforms"])
    chosen = next((number for number, names in enumerate(platforms) if names is not None and "cpu" in names), None)
    if chosen is None:
        if None not in platforms:
            raise NotLowered(f"there is no branch for CPUs among {platforms}")
        chosen = platforms.index(None)
    return hlo.constant(chosen, eqn.element)


@lowers("create_token")
def create_token(eqn: Equation) -> Lowered:
    """A token."""
    return hlo.CreateToken()


@lowers("after_all")
def after_all(eqn: Equation, *tokens: Any) -> Lowered:
    """A token that comes after others."""
    return hlo.AfterAll(tokens)


@lowers("while")
def while_loop(eqn: Equation, *operands: Any) -> Steps:
    """A loop; with a batch of conditions it runs until all have ended."""
    params = eqn.params
    of_condition, of_body = int(params["cond_nconsts"]), int(params["body_nconsts"])
    constants = operands[: of_condition + of_body]
    carried = [*operands[of_condition + of_body :], *_held(constants)]
    count = len(eqn.types)
    types = [value.type for value in carried]
    condition, body = Block(types), Block(types)

    def proceed(block: Block) -> Steps:
        given = _fresh(constants, block.arguments[count:])[:of_condition]
        return eqn.steps(params["cond_jaxpr"], [*given, *block.arguments[:count]])

    with inside(condition):
        (going,) = yield proceed(condition)
        hlo.Return([reduce(going, range(going.type.rank), "or") if going.type.rank else going])
    with inside(body):
        given = _fresh(constants, body.arguments[count:])
        new = yield eqn.steps(params["body_jaxpr"], [*given[of_condition:], *body.arguments[:count]])
        if going.type.rank:  # a batch of loops: those that have ended stay as they are
            (active,) = yield proceed(body)
            new = [_chosen(active, value, old) for value, old in zip(new, body.arguments[:count], strict=True)]
        hlo.Return([*new, *_held(given)])
    results = list(hlo.While(carried, Region([condition]), Region([body])).results)
    _keep(constants, results[count:])
    return results[:count]


def _chosen(which: Tensor, a: Tensor, b: Tensor) -> Tensor:
    spread = expand_like(which, sizes_of(a), range(which.type.rank, a.type.rank))
    return hlo.Select(spread, a, b).result


@lowers("scan")
def scan(eqn: Equation, *operands: Any) -> Steps:
    """A loop that counts: it reads one item of each stack, and writes one of each result."""
    params = eqn.params
    length, constants, carries = eqn.size(params["length"]), int(params["num_consts"]), int(params["num_carry"])
    fixed, initial, stacked = (
        operands[:constants],
        operands[constants : constants + carries],
        operands[constants + carries :],
    )
    results = len(eqn.types)
    outputs = [full(0, eqn.sizes_of(n), eqn.types[n].element_type) for n in range(carries, results)]
    carried = [scalar(0, i32), *initial, *outputs, *_held(fixed)]
    types = [value.type for value in carried]
    condition, body = Block(types), Block(types)
    with inside(condition):
        hlo.Return([compare(condition.arguments[0], length, ComparisonDirection.LT)])
    with inside(body):
        step, *state = body.arguments
        position = _from_the_end(length, step) if params["reverse"] else step
        zero = scalar(0, i32)
        items = [_item(value, position, zero) for value in stacked]
        given = _fresh(fixed, state[results:])
        made = yield eqn.steps(params["jaxpr"], [*given, *state[:carries], *items])
        written = [
            _written(buffer, value, position, zero)
            for buffer, value in zip(state[carries:results], made[carries:], strict=True)
        ]
        following = hlo.Add(step, scalar(1, i32)).result
        hlo.Return([following, *made[:carries], *written, *_held(given)])
    found = list(hlo.While(carried, Region([condition]), Region([body])).results)[1:]
    _keep(fixed, found[results:])
    return found[:results]


def _from_the_end(length: Size, step: Tensor) -> Tensor:
    last = scalar(length - 1, i32) if isinstance(length, int) else hlo.Subtract(length, scalar(1, i32)).result
    return hlo.Subtract(last, step).result


def _item(stack: Tensor, position: Tensor, zero: Tensor) -> Tensor:
    """The element at a position of the first dimension."""
    rest = sizes_of(stack)[1:]
    return reshape(slice_from(stack, [position, *[zero] * len(rest)], (1, *rest)), rest)


def _written(stack: Tensor, value: Tensor, position: Tensor, zero: Tensor) -> Tensor:
    """A stack with a value at a position of the first dimension."""
    update = reshape(value, (1, *sizes_of(value)))
    return hlo.DynamicUpdateSlice(stack, update, [position, *[zero] * value.type.rank]).result
