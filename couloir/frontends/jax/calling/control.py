"""Calls, branches and loops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from couloir.dialects import func, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.calls import ANNOTATIONS
from couloir.dialects.hlo.host_functions import HOST_FUNCTION, host_function
from couloir.dialects.hlo.lapack import ON_CPUS, lapack_call
from couloir.dialects.hlo.open_sizes import SHAPE_ASSERTION, assertion_message
from couloir.frontends.jax.calling.lapack import call_routine
from couloir.frontends.jax.calling.meanings import NoMeaning, Run, arrays_of, as_known, means
from couloir.frontends.jax.calling.regions import returned
from couloir.frontends.jax.library import jax_library
from couloir.ir.errors import Error
from couloir.ir.operation import Region, Value
from couloir.ir.types import TensorType, dtype_of


@means("func.call")
def call(run: Run, op: func.Call, *operands: Any) -> Any:
    """A call of a function of the module."""
    return run.function(op, op.callee, operands)


@means("composite")
def composite(run: Run, op: hlo.Composite, *operands: Any) -> Any:
    """What it is made of."""
    return run.function(op, op.decomposition, operands)


@means("optimization_barrier")
def optimization_barrier(run: Run, op: hlo.OptimizationBarrier, *operands: Any) -> Any:
    """What is not moved."""
    return list(jax_library().lax.optimization_barrier(list(operands))) if operands else []


@means("tuple")
def tuple_(run: Run, op: hlo.Tuple, *operands: Any) -> Any:
    """Values together."""
    return [tuple(operands)]


@means("get_tuple_element")
def get_tuple_element(run: Run, op: hlo.GetTupleElement, items: Any) -> Any:
    """One of the values of a tuple."""
    return [items[op.index]]


@means("create_token", "after_all")
def token(run: Run, op: Any, *tokens: Any) -> Any:
    """What orders effects, of which there are none."""
    return [None]


def _check_target(op: hlo.CustomCall) -> None:
    if op.call_target_name == HOST_FUNCTION:
        host_function(op)
        return
    known = op.call_target_name in ANNOTATIONS or op.call_target_name == SHAPE_ASSERTION
    if not known and (op.call_target_name not in ON_CPUS or lapack_call(op) is None):
        raise NoMeaning(f"`{op.call_target_name}` is no part of the module")


@means("custom_call")
def custom_call(run: Run, op: hlo.CustomCall, *operands: Any) -> Any:
    """Annotations, what must hold of sizes, LAPACK's routines, and Python functions."""
    if op.call_target_name == HOST_FUNCTION:
        jax, types = jax_library(), [cast("TensorType", value.type) for value in op.outputs]
        shapes = [jax.ShapeDtypeStruct(type.shape, dtype_of(type.element_type)) for type in types]
        function = host_function(op)

        def called(*arrays: Any) -> list[Any]:
            return list(function(*arrays))

        return jax.pure_callback(called, shapes, *operands, vmap_method="sequential")
    call = lapack_call(op)
    if call is not None:
        return call_routine(call, op, operands)
    if op.call_target_name == SHAPE_ASSERTION:
        holds = as_known(operands[0])
        if holds is not None and not holds.all():
            raise Error(assertion_message(op, [as_known(number) for number in operands[1:]]))
        return []
    return list(operands)


custom_call.check = _check_target  # pyright: ignore[reportFunctionMemberAccess]


def _branch(run: Run, region: Region) -> Any:
    return lambda: arrays_of(run.region(region))


@means("if")
def if_(run: Run, op: hlo.If, pred: Any) -> Any:
    """One of two regions."""
    known = as_known(pred)
    if known is not None:
        return run.region(op.true_branch if known else op.false_branch)
    return jax_library().lax.cond(pred, _branch(run, op.true_branch), _branch(run, op.false_branch))


@means("case")
def case(run: Run, op: hlo.Case, index: Any) -> Any:
    """A region by number; the last one for any other number."""
    jax, count = jax_library(), len(op.branches)
    known = as_known(index)
    if known is not None:
        return run.region(op.branches[int(known) if 0 <= known < count else -1])
    chosen = jax.numpy.where((index >= 0) & (index < count), index, count - 1)
    return jax.lax.switch(chosen, [_branch(run, branch) for branch in op.branches])


@means("while")
def while_(run: Run, op: hlo.While, *operands: Any) -> Any:
    """A loop. One that counts is a `scan`, which has a gradient."""
    lax = jax_library().lax
    start = arrays_of(operands)

    def body(carried: Sequence[Any]) -> list[Any]:
        return arrays_of(run.region(op.body, *carried))

    def step(carried: Sequence[Any], _: Any) -> tuple[list[Any], None]:
        return body(carried), None

    def proceed(carried: Sequence[Any]) -> Any:
        return run.region(op.cond, *carried)[0]

    count = _trip_count(run, op, operands)
    if count is not None:
        return lax.scan(step, start, None, length=count)[0]
    return lax.while_loop(proceed, body, start)


def _trip_count(run: Run, op: hlo.While, operands: Sequence[Any]) -> int | None:
    """How often a loop runs that compares a counter with a constant and adds a constant to it; None for others."""
    (going,) = returned(op.cond) or [None]
    compared = None if going is None else going.defining_op
    arguments: list[Value[Any]] = list(op.cond.block.arguments)
    if not isinstance(compared, hlo.Compare) or compared.lhs not in arguments:
        return None
    number = arguments.index(compared.lhs)
    new = returned(op.body)[number].defining_op
    if not isinstance(new, hlo.Add | hlo.Subtract) or new.lhs is not op.body.block.arguments[number]:
        return None
    numbers = [_number(x) for x in (operands[number], run.known(compared.rhs), run.known(new.rhs))]
    first, last, stride = numbers
    if first is None or last is None or stride is None:
        return None
    return _steps(compared.comparison_direction, first, last, stride if isinstance(new, hlo.Add) else -stride)


def _number(value: Any) -> int | None:
    """A whole number that is known."""
    found = as_known(value)
    return int(found) if found is not None and found.ndim == 0 and found.dtype.kind in "iu" else None


def _steps(direction: ComparisonDirection, first: int, last: int, stride: int) -> int | None:
    if direction is ComparisonDirection.LE:
        direction, last = ComparisonDirection.LT, last + 1
    elif direction is ComparisonDirection.GE:
        direction, last = ComparisonDirection.GT, last - 1
    if direction is ComparisonDirection.GT:
        first, last, stride, direction = -first, -last, -stride, ComparisonDirection.LT
    if direction is not ComparisonDirection.LT or stride <= 0:
        return None
    return max(0, -((first - last) // stride))


@means("chlo.scan")
def scan(run: Run, op: Any, *operands: Any) -> Any:
    """Runs a body on one slice after the other."""
    jax = jax_library()
    jnp, count, axis = jax.numpy, len(op.inputs), op.dimension
    stacks = [jnp.moveaxis(jnp.asarray(x), axis, 0) for x in operands[:count]]
    outputs = len(op.outputs)

    def body(carried: Any, slices: Any) -> Any:
        made = arrays_of(run.region(op.body, *slices, *carried))
        return made[outputs:], made[:outputs]

    length = stacks[0].shape[0] if stacks else op.scan_dim_size
    carried, made = jax.lax.scan(body, arrays_of(operands[count:]), stacks, length=length, reverse=bool(op.is_reverse))
    return [*(jnp.moveaxis(x, 0, axis) for x in made), *carried]
