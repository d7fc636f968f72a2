"""Ops that compute each element from the elements at the same place."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from couloir.dialects import hlo
from couloir.frontends.jax.calling.meanings import MEANINGS, Run, means
from couloir.frontends.jax.library import jax_library
from couloir.ir.types import FloatType, TensorType, dtype_of

LAX: Final = {
    "abs": "abs",
    "add": "add",
    "and": "bitwise_and",
    "atan2": "atan2",
    "ceil": "ceil",
    "complex": "complex",
    "cosine": "cos",
    "count_leading_zeros": "clz",
    "divide": "div",
    "exponential": "exp",
    "exponential_minus_one": "expm1",
    "floor": "floor",
    "is_finite": "is_finite",
    "log": "log",
    "log_plus_one": "log1p",
    "logistic": "logistic",
    "maximum": "max",
    "minimum": "min",
    "multiply": "mul",
    "negate": "neg",
    "not": "bitwise_not",
    "or": "bitwise_or",
    "popcnt": "population_count",
    "remainder": "rem",
    "rsqrt": "rsqrt",
    "shift_left": "shift_left",
    "shift_right_arithmetic": "shift_right_arithmetic",
    "shift_right_logical": "shift_right_logical",
    "sign": "sign",
    "sine": "sin",
    "sqrt": "sqrt",
    "subtract": "sub",
    "tan": "tan",
    "tanh": "tanh",
    "xor": "bitwise_xor",
    "chlo.acos": "acos",
    "chlo.acosh": "acosh",
    "chlo.asin": "asin",
    "chlo.asinh": "asinh",
    "chlo.atan": "atan",
    "chlo.atanh": "atanh",
    "chlo.bessel_i1e": "bessel_i1e",
    "chlo.conj": "conj",
    "chlo.cosh": "cosh",
    "chlo.digamma": "digamma",
    "chlo.erf": "erf",
    "chlo.erf_inv": "erf_inv",
    "chlo.erfc": "erfc",
    "chlo.lgamma": "lgamma",
    "chlo.mulhi": "mulhi",
    "chlo.next_after": "nextafter",
    "chlo.polygamma": "polygamma",
    "chlo.sinh": "sinh",
    "chlo.square": "square",
    "chlo.tan": "tan",
    "chlo.zeta": "zeta",
}
"""Ops that are one function of `jax.lax`."""

OF_BOOLEANS: Final = {"add": "bitwise_or", "multiply": "bitwise_and"}
"""What ops of numbers are for i1, by the specification."""


@means(*LAX)
def one_function(run: Run, op: Any, *operands: Any) -> Any:
    """What is one function."""
    plain = op.name.removeprefix("stablehlo.").removeprefix("chlo.broadcast_")
    name = LAX.get(plain) or LAX[f"chlo.{plain}"]
    if operands[0].dtype == np.bool_:
        name = OF_BOOLEANS.get(plain, name)
    return getattr(jax_library().lax, name)(*operands)


@means("cbrt")
def cbrt(run: Run, op: hlo.Cbrt, x: Any) -> Any:
    """The cubic root; that of a complex number is a power."""
    lax = jax_library().lax
    return lax.pow(x, lax.full_like(x, 1 / 3)) if np.issubdtype(x.dtype, np.complexfloating) else lax.cbrt(x)


@means("power")
def power(run: Run, op: Any, x: Any, y: Any) -> Any:
    """A power. Of whole numbers it wraps around, and 1 divided by one is rounded towards zero."""
    jax = jax_library()
    if not np.issubdtype(x.dtype, np.integer):
        return jax.lax.pow(x, y)
    jnp, width = jax.numpy, 8 * x.dtype.itemsize
    total, square = jnp.ones_like(x), x
    for bit in range(width - 1 if np.issubdtype(x.dtype, np.signedinteger) else width):
        total = jnp.where((y >> bit) & 1 == 1, total * square, total)
        square = square * square
    if np.issubdtype(x.dtype, np.unsignedinteger):
        return total
    inverse = jnp.where(x == 1, 1, jnp.where(x == -1, jnp.where(y & 1 == 1, -1, 1), 0)).astype(x.dtype)
    return jnp.where(y < 0, inverse, total)


@means("real", "imag")
def part(run: Run, op: Any, x: Any) -> Any:
    """The parts of a complex number; those of a real one are itself and 0."""
    jax = jax_library()
    if np.issubdtype(x.dtype, np.complexfloating):
        return jax.lax.real(x) if op.name == "stablehlo.real" else jax.lax.imag(x)
    return x if op.name == "stablehlo.real" else jax.numpy.zeros_like(x)


@means("round_nearest_afz", "round_nearest_even")
def rounded(run: Run, op: Any, x: Any) -> Any:
    """To the nearest integer."""
    lax = jax_library().lax
    modes = lax.RoundingMethod
    return lax.round(x, modes.AWAY_FROM_ZERO if isinstance(op, hlo.RoundNearestAfz) else modes.TO_NEAREST_EVEN)


@means("convert")
def convert(run: Run, op: hlo.Convert, x: Any) -> Any:
    """Another element type."""
    return jax_library().lax.convert_element_type(x, dtype_of(op.result.type.element_type))


@means("bitcast_convert")
def bitcast_convert(run: Run, op: hlo.BitcastConvert, x: Any) -> Any:
    """The same bits as another element type."""
    return jax_library().lax.bitcast_convert_type(x, dtype_of(op.result.type.element_type))


@means("reduce_precision")
def reduce_precision(run: Run, op: hlo.ReducePrecision, x: Any) -> Any:
    """Rounded to fewer bits."""
    return jax_library().lax.reduce_precision(x, op.exponent_bits, op.mantissa_bits)


@means("clamp")
def clamp(run: Run, op: hlo.Clamp, low: Any, x: Any, high: Any) -> Any:
    """Between two bounds."""
    return jax_library().lax.clamp(low, x, high)


@means("select", "chlo.broadcast_select")
def select(run: Run, op: Any, pred: Any, a: Any, b: Any) -> Any:
    """One of two, by a third."""
    return jax_library().numpy.where(pred, a, b)


@means("compare")
def compare(run: Run, op: Any, a: Any, b: Any) -> Any:
    """A comparison; the enumerations are those of StableHLO or of CHLO."""
    if getattr(op.compare_type, "value", None) == "TOTALORDER" and isinstance(op.lhs.type.element_type, FloatType):
        a, b = ordered(a), ordered(b)
    return getattr(jax_library().lax, op.comparison_direction.value.lower())(a, b)


def ordered(x: Any) -> Any:
    """Whole numbers in the order in which IEEE-754's totalOrder has floats: the bits, turned around for negative ones."""
    lax = jax_library().lax
    signed = np.dtype(f"int{8 * x.dtype.itemsize}")
    bits = lax.bitcast_convert_type(x, signed)
    return lax.bitwise_xor(
        bits, lax.select(bits < 0, lax.full_like(bits, np.iinfo(signed).max), lax.full_like(bits, 0))
    )


@means("chlo.is_inf", "chlo.is_neg_inf", "chlo.is_pos_inf")
def is_infinite(run: Run, op: Any, x: Any) -> Any:
    """Whether it is infinite."""
    jax = jax_library()
    if op.name == "chlo.is_inf":
        return jax.lax.abs(x) == jax.numpy.asarray(math.inf, x.dtype)
    return x == jax.numpy.asarray(-math.inf if op.name == "chlo.is_neg_inf" else math.inf, x.dtype)


# -- with broadcasting, as NumPy does it -------------------------------------------------------------------------------

BROADCASTING: Final = (
    *("add", "and", "atan2", "compare", "complex", "divide", "maximum", "minimum", "multiply", "next_after", "or"),
    *("polygamma", "power", "remainder", "shift_left", "shift_right_arithmetic", "shift_right_logical", "subtract"),
    *("xor", "zeta"),
)


@means(*(f"chlo.broadcast_{name}" for name in BROADCASTING))
def with_broadcasting(run: Run, op: Any, a: Any, b: Any) -> Any:
    """What the op without broadcasting does, on tensors that are repeated to one shape."""
    jnp = jax_library().numpy
    if op.broadcast_dimensions is not None and len(a.shape) != len(b.shape):  # where the smaller one stands
        short, long = sorted((a, b), key=lambda x: len(x.shape))
        spread = [1] * len(long.shape)
        for size, axis in zip(short.shape, op.broadcast_dimensions, strict=True):
            spread[axis] = size
        a, b = (jnp.reshape(x, spread) if x is short else x for x in (a, b))
    shape = np.broadcast_shapes(a.shape, b.shape)
    plain = op.name.removeprefix("chlo.broadcast_")
    meaning = MEANINGS.get(f"stablehlo.{plain}") or MEANINGS[f"chlo.{plain}"]
    return meaning(run, op, jnp.broadcast_to(a, shape), jnp.broadcast_to(b, shape))


@means("chlo.constant_like")
def constant_like(run: Run, op: Any, x: Any) -> Any:
    """A constant of the shape of a tensor."""
    type: TensorType = op.result.type
    return jax_library().numpy.full(x.shape, getattr(op.value, "value", 0), dtype_of(type.element_type))
