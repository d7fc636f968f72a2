"""Ops that combine elements along dimensions and in windows."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from couloir.dialects import hlo
from couloir.frontends.jax.calling.meanings import Run, arrays_of, means
from couloir.frontends.jax.calling.regions import single_op
from couloir.frontends.jax.library import jax_library
from couloir.frontends.jax.primitives.reduction import start
from couloir.ir.types import FloatType, Type

MONOIDS: Final = {
    "stablehlo.add": ("reduce_sum", "add"),
    "stablehlo.and": ("reduce_and", "bitwise_and"),
    "stablehlo.maximum": ("reduce_max", "max"),
    "stablehlo.minimum": ("reduce_min", "min"),
    "stablehlo.multiply": ("reduce_prod", "mul"),
    "stablehlo.or": ("reduce_or", "bitwise_or"),
    "stablehlo.xor": ("reduce_xor", "bitwise_xor"),
}
"""Bodies that are one op: the reductions of JAX, which have gradients, and the op itself."""


def _body(run: Run, region: Any) -> Any:
    """A body as JAX wants it: of pairs of trees, for what has several operands."""

    def body(a: Any, b: Any) -> Any:
        if isinstance(a, tuple):
            return tuple(arrays_of(run.region(region, *a, *b)))
        return arrays_of(run.region(region, a, b))[0]

    return body


def _operands(values: Any) -> Any:
    """Arrays as JAX wants them: a tuple, or the one that there is."""
    made = arrays_of(values)
    return made[0] if len(made) == 1 else tuple(made)


@means("reduce")
def reduce(run: Run, op: hlo.Reduce, *operands: Any) -> Any:
    """A reduction."""
    lax, half = jax_library().lax, len(operands) // 2
    name = single_op(op.body)
    x, init = operands[0], operands[half]
    same_types = op.inputs[0].type.element_type is op.outputs[0].type.element_type
    if name in MONOIDS and half == 1 and x.dtype != np.bool_ and same_types:
        reduction, combine = MONOIDS[name]
        made = getattr(lax, reduction)(x, op.dimensions)
        if _is_neutral(name, init, op.inputs[0].type.element_type):
            return made
        return getattr(lax, combine)(made, lax.broadcast(init, made.shape))
    made = lax.reduce(_operands(operands[:half]), _operands(operands[half:]), _body(run, op.body), op.dimensions)
    return list(made) if half > 1 else made


def _is_neutral(name: str, init: Any, element: Type) -> bool:
    """Whether a reduction may as well start without this value."""
    return isinstance(init, np.ndarray) and bool(np.all(init == start(name.removeprefix("stablehlo."), element)))


def _window(op: Any, rank: int) -> dict[str, Any]:
    ones = (1,) * rank
    return {
        "window_dimensions": op.window_dimensions,
        "window_strides": op.window_strides or ones,
        "padding": [tuple(pair) for pair in op.padding or ((0, 0),) * rank],
        "base_dilation": op.base_dilations or ones,
        "window_dilation": op.window_dilations or ones,
    }


@means("reduce_window")
def reduce_window(run: Run, op: hlo.ReduceWindow, *operands: Any) -> Any:
    """A reduction of windows."""
    lax, half = jax_library().lax, len(operands) // 2
    name, init = single_op(op.body), operands[half]
    window = _window(op, len(operands[0].shape))
    if (
        half == 1
        and name in MONOIDS
        and _is_neutral(name, init, op.inputs[0].type.element_type)
        and operands[0].dtype != np.bool_
    ):
        # with a start that JAX knows to be neutral it has a gradient
        return lax.reduce_window(operands[0], init, getattr(lax, MONOIDS[name][1]), **window)
    made = lax.reduce_window(_operands(operands[:half]), _operands(operands[half:]), _body(run, op.body), **window)
    return list(made) if half > 1 else made


def _selects(op: hlo.SelectAndScatter) -> str | None:
    """`max` or `min`, when the op is the gradient of one; else None."""
    compared = op.select.block.first_op
    direction = getattr(getattr(compared, "comparison_direction", None), "value", "")
    is_gradient = single_op(op.select) == "stablehlo.compare" and single_op(op.scatter) == "stablehlo.add"
    if not is_gradient or not isinstance(op.operand.type.element_type, FloatType):
        return None
    return {"GE": "max", "LE": "min"}.get(direction)


@means("select_and_scatter")
def select_and_scatter(run: Run, op: hlo.SelectAndScatter, x: Any, source: Any, init: Any) -> Any:
    """Adds each source up where its window has what `select` chooses. The gradient of a maximum is one."""
    jax, rank = jax_library(), len(x.shape)
    name = _selects(op)
    ones = (1,) * rank
    window: dict[str, Any] = {
        "window_dimensions": op.window_dimensions or ones,
        "window_strides": op.window_strides or ones,
        "padding": [tuple(pair) for pair in op.padding or ((0, 0),) * rank],
    }
    if name is None:
        return _selected(run, op, x, source, init, window)
    worst = np.asarray(start({"max": "maximum", "min": "minimum"}[name], op.operand.type.element_type), x.dtype)

    def pooled(value: Any) -> Any:
        return jax.lax.reduce_window(value, worst, getattr(jax.lax, name), **window)

    (made,) = jax.vjp(pooled, x)[1](source)
    return made + init


def _selected(run: Run, op: hlo.SelectAndScatter, x: Any, source: Any, init: Any, window: dict[str, Any]) -> Any:
    """With any bodies: the place that each window chooses, then one source after the other."""
    jax = jax_library()
    jnp = jax.numpy
    places = jnp.reshape(jnp.arange(x.size, dtype=np.int32), x.shape)

    def chosen(a: Any, b: Any) -> Any:
        keeps = jnp.asarray(run.region(op.select, a[0], b[0])[0])
        keeps = jnp.where(b[1] < 0, True, keeps & (a[1] >= 0))  # what is padded is never chosen
        return jnp.where(keeps, a[0], b[0]), jnp.where(keeps, a[1], b[1])

    nothing = jnp.zeros((), x.dtype), np.asarray(-1, np.int32)
    at = jnp.ravel(jax.lax.reduce_window((jnp.asarray(x), places), nothing, chosen, **window)[1])

    def step(total: Any, item: Any) -> tuple[Any, None]:
        place, value = item
        combined = jnp.asarray(run.region(op.scatter, total[place], value)[0])
        return total.at[place].set(combined), None

    total = jnp.full(x.size, init, x.dtype)
    return jnp.reshape(jax.lax.scan(step, total, (at, jnp.ravel(source)))[0], x.shape)


@means("map")
def map_(run: Run, op: hlo.Map, *operands: Any) -> Any:
    """A function of scalars, for each place."""
    jax = jax_library()

    def computed(*scalars: Any) -> Any:
        return jax.numpy.asarray(run.region(op.computation, *scalars)[0])

    for _ in operands[0].shape:
        computed = jax.vmap(computed)
    return computed(*operands)
