"""Primitives that combine elements along dimensions, in windows, and in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.building import Tensor, compare, convert, full_like, neutral, scalar
from couloir.dialects.hlo.scans import extreme_position
from couloir.dialects.shapes import inside
from couloir.frontends.jax.equation import Equation, Lowered, lowers
from couloir.frontends.jax.library import jax_library
from couloir.frontends.jax.primitives.elementwise import total_order
from couloir.frontends.jax.primitives.shape import numbers
from couloir.ir.operation import Block, Region
from couloir.ir.types import ComplexType, FloatType, TensorType, Type, i1

BODIES: Final = {
    "reduce_sum": "add",
    "reduce_prod": "multiply",
    "reduce_max": "maximum",
    "reduce_min": "minimum",
    "reduce_and": "and",
    "reduce_or": "or",
    "reduce_xor": "xor",
}
"""Primitives that reduce with one op."""


def start(body: str, element: Type) -> Any:
    """What a reduction starts from."""
    if element is i1 and body in ("maximum", "minimum"):
        return body == "minimum"
    if isinstance(element, ComplexType) and body in ("maximum", "minimum"):
        return complex(-float("inf"), -float("inf")) if body == "maximum" else complex(float("inf"), float("inf"))
    if body == "xor":
        return 0
    if body == "and" and element is not i1:
        return -1 if getattr(element, "is_signed", True) else getattr(element, "maximum", 0)
    return neutral(body, element)


@lowers(*BODIES)
def reduce_with_one_op(eqn: Equation, x: Tensor) -> Lowered:
    """A reduction with one op."""
    element, body = x.type.element_type, BODIES[eqn.name]
    return list(hlo.reduce(x, scalar(start(body, element), element), sorted(numbers(eqn.params["axes"])), body).outputs)


def _combine(eqn: Equation, jaxpr: Any, constants: Sequence[Any] = ()) -> Callable[..., Any]:
    """The body of a reduction, from a jaxpr of scalars."""
    values = [hlo.constant(constant).output for constant in constants]
    return lambda *scalars: eqn.inline(jaxpr, [*values, *scalars])


@lowers("reduce")
def reduce_any(eqn: Equation, *operands: Tensor) -> Lowered:
    """A reduction with a body of its own."""
    half = len(operands) // 2
    body = _combine(eqn, eqn.params["jaxpr"], eqn.params.get("consts", ()))
    axes = sorted(numbers(eqn.params["dimensions"]))
    return list(hlo.reduce(operands[:half], operands[half:], axes, body).outputs)


@lowers("argmax", "argmin")
def extreme(eqn: Equation, x: Tensor) -> Lowered:
    """Where the first extreme is; NaN counts as one."""
    (axis,) = numbers(eqn.params["axes"])
    body = {"argmax": "maximum", "argmin": "minimum"}[eqn.name]
    if x.type.element_type is i1:
        body = "or" if eqn.name == "argmax" else "and"
    return convert(extreme_position(x, axis, body), eqn.element)


# -- running reductions ------------------------------------------------------------------------------------------------


BODIES_OF_RUNNING: Final = {
    "cumsum": "add",
    "cumprod": "multiply",
    "cummax": "maximum",
    "cummin": "minimum",
    "cumlogsumexp": "maximum",  # from -inf
}


@lowers("cumsum", "cumprod", "cummax", "cummin", "cumlogsumexp")
def running(eqn: Equation, x: Tensor) -> Lowered:
    """In log2(size) steps, as JAX's `associative_scan` does it."""
    jax = jax_library()
    combine = {
        "cumsum": jax.lax.add,
        "cumprod": jax.lax.mul,
        "cummax": jax.lax.max,
        "cummin": jax.lax.min,
        "cumlogsumexp": jax.numpy.logaddexp,
    }[eqn.name]
    axis, reverse = int(eqn.params["axis"]), bool(eqn.params["reverse"])
    if 0 in x.type.dims:
        return x

    def scan(array: Any) -> Any:
        if x.type.dims[axis] is not None:
            return jax.lax.associative_scan(combine, array, reverse=reverse, axis=axis)
        rows = jax.numpy.moveaxis(array, axis, 0)  # how many steps there are is not known
        first = jax.numpy.full(rows.shape[1:], start(BODIES_OF_RUNNING[eqn.name], x.type.element_type), array.dtype)

        def step(total: Any, row: Any) -> Any:
            total = combine(total, row)
            return total, total

        return jax.numpy.moveaxis(jax.lax.scan(step, first, rows, reverse=reverse)[1], 0, axis)

    return eqn.retrace(scan, eqn.avals, [x])


# -- windows -----------------------------------------------------------------------------------------------------------


def _window(eqn: Equation) -> dict[str, Any]:
    params = eqn.params
    found = {
        key: numbers(params[key])
        for key in ("window_dimensions", "window_strides", "base_dilation", "window_dilation")
        if params.get(key) is not None
    }
    return {
        "window_dimensions": found["window_dimensions"],
        "window_strides": found.get("window_strides"),
        "base_dilations": found.get("base_dilation"),
        "window_dilations": found.get("window_dilation"),
        "padding": [numbers(pair) for pair in params["padding"]],
    }


WINDOW_BODIES: Final = {
    "reduce_window_sum": "add",
    "reduce_window_max": "maximum",
    "reduce_window_min": "minimum",
}
"""Primitives that reduce windows with one op."""


@lowers(*WINDOW_BODIES)
def reduce_window_with_one_op(eqn: Equation, x: Tensor) -> Lowered:
    """A reduction of windows with one op."""
    element, body = x.type.element_type, WINDOW_BODIES[eqn.name]
    return list(hlo.reduce_window(x, scalar(start(body, element), element), body, **_window(eqn)).outputs)


@lowers("reduce_window")
def reduce_window(eqn: Equation, *operands: Tensor) -> Lowered:
    """A reduction of windows with a body of its own."""
    half = len(operands) // 2
    body = _combine(eqn, eqn.params["jaxpr"], eqn.params.get("consts", ()))
    return list(hlo.reduce_window(operands[:half], operands[half:], body, **_window(eqn)).outputs)


def _selects(params: Any) -> ComparisonDirection:
    return ComparisonDirection.GE if params["select_prim"].name == "ge" else ComparisonDirection.LE


@lowers("select_and_scatter_add")
def select_and_scatter_add(eqn: Equation, source: Tensor, operand: Tensor) -> Lowered:
    """The gradient of a maximum or minimum in windows."""
    element = TensorType((), operand.type.element_type)
    select, scatter = Block([element, element]), Block([element, element])
    with inside(select):
        a, b = select.arguments
        hlo.Return([hlo.Compare(a, b, _selects(eqn.params)).result])
    with inside(scatter):
        a, b = scatter.arguments
        hlo.Return([hlo.Add(a, b).result])
    window = _window(eqn)
    return hlo.SelectAndScatter(
        operand,
        source,
        scalar(0, operand.type.element_type),
        window["window_dimensions"],
        window["window_strides"],
        tuple(window["padding"]),
        Region([select]),
        Region([scatter]),
    )


@lowers("select_and_scatter")
def select_and_scatter(eqn: Equation, operand: Tensor, source: Tensor, init: Tensor) -> Lowered:
    """Adds each source up where the window has its extreme, with bodies of one's own."""
    params, window = eqn.params, _window(eqn)
    element = TensorType((), operand.type.element_type)
    regions: list[Region] = []
    for kind in ("select", "scatter"):
        block = Block([element, element])
        with inside(block):
            body = _combine(eqn, params[f"{kind}_jaxpr"], params[f"{kind}_consts"])
            hlo.Return(body(*block.arguments))
        regions.append(Region([block]))
    sizes, strides, padding = window["window_dimensions"], window["window_strides"], tuple(window["padding"])
    return hlo.SelectAndScatter(operand, source, init, sizes, strides, padding, *regions)


@lowers("select_and_gather_add")
def select_and_gather_add(eqn: Equation, tangents: Tensor, operand: Tensor) -> Lowered:
    """The tangents at the extremes of windows."""
    direction = _selects(eqn.params)
    element = operand.type.element_type
    worst = start("maximum" if direction is ComparisonDirection.GE else "minimum", element)

    def body(a: Tensor, da: Tensor, b: Tensor, db: Tensor) -> list[Any]:
        first = hlo.Compare(a, b, direction).result
        return [hlo.Select(first, a, b), hlo.Select(first, da, db)]

    inits = [scalar(worst, element), scalar(0, tangents.type.element_type)]
    return hlo.reduce_window([operand, tangents], inits, body, **_window(eqn)).outputs[1]


# -- order -------------------------------------------------------------------------------------------------------------


@lowers("sort")
def sort(eqn: Equation, *operands: Tensor) -> Lowered:
    """Sorts by the first `num_keys` operands, floats in total order."""
    block = comparator([value.type.element_type for value in operands], int(eqn.params["num_keys"]))
    stable = bool(eqn.params["is_stable"])
    return list(hlo.Sort(operands, int(eqn.params["dimension"]), stable, Region([block])).outputs)


def comparator(elements: Sequence[Type], keys: int) -> Block:
    """The body of a sort of tensors with these elements, by the first ones."""
    block = Block([TensorType((), element) for element in elements for _ in range(2)])
    with inside(block):
        arguments = block.arguments
        before: Tensor | None = None
        for number in reversed(range(keys)):
            a, b = arguments[2 * number], arguments[2 * number + 1]
            for left, right in reversed(_keys(a, b)):
                less = total_order(left, right, ComparisonDirection.LT)
                if before is not None:
                    tie = total_order(left, right, ComparisonDirection.EQ)
                    less = hlo.Or(less, hlo.And(tie, before).result).result
                before = less
        assert before is not None
        hlo.Return([before])
    return block


def _keys(a: Tensor, b: Tensor) -> list[tuple[Tensor, Tensor]]:
    """What two elements are compared by. Zeros are equal, all NaN as well, and these are last."""
    element = a.type.element_type
    if isinstance(element, ComplexType):
        return [*_keys(hlo.Real(a).result, hlo.Real(b).result), *_keys(hlo.Imag(a).result, hlo.Imag(b).result)]
    if isinstance(element, FloatType):
        return [(_canonical(a), _canonical(b))]
    return [(a, b)]


def _canonical(x: Tensor) -> Tensor:
    zero = compare(x, 0.0, ComparisonDirection.EQ)
    positive = hlo.Select(zero, full_like(x, 0.0), x).result
    return hlo.Select(compare(x, x, ComparisonDirection.NE), full_like(x, float("nan")), positive).result


@lowers("top_k")
def top_k(eqn: Equation, x: Tensor) -> Lowered:
    """The largest elements along an axis, and their positions."""
    rank, count = x.type.rank, int(eqn.params["k"])
    axis = int(eqn.params.get("axis", -1)) % rank
    order = [*(i for i in range(rank) if i != axis), axis]
    if axis == rank - 1:
        made = chlo.TopK(x, count)
        return [made.values, convert(made.indices, eqn.types[1].element_type)]
    made = chlo.TopK(hlo.Transpose(x, tuple(order)).result, count)
    back = tuple(order.index(i) for i in range(rank))
    values, indices = (hlo.Transpose(part, back).result for part in (made.values, made.indices))
    return [values, convert(indices, eqn.types[1].element_type)]


@lowers("approx_top_k")
def approx_top_k(eqn: Equation, x: Tensor) -> Lowered:
    """The largest or smallest elements along a dimension, all of them: exact, as JAX is without an accelerator."""
    jax, params = jax_library(), eqn.params
    axis, count = int(params["reduction_dimension"]) % x.type.rank, int(params["k"])

    def found(array: Any) -> Any:
        last = jax.numpy.moveaxis(array, axis, -1)
        values, indices = jax.lax.top_k(last if params["is_max_k"] else -last, count)
        values = values if params["is_max_k"] else -values
        return jax.numpy.moveaxis(values, -1, axis), jax.numpy.moveaxis(indices, -1, axis)

    return eqn.retrace(found, eqn.avals, [x])
