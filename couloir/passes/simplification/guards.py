"""Guards and constants that several families use.

What the elements are counts: integers wrap, floats have NaN, infinities and zeros of two signs, products of complex numbers mix the
parts, and quantized numbers are rounded by each op. A law of arithmetic names those for which it holds.
"""

from __future__ import annotations

import math
from typing import Any, Final, cast

from ml_dtypes import finfo

from couloir.dialects.hlo.building import full, full_like, sizes_of
from couloir.dialects.hlo.elements import is_integer
from couloir.ir.operation import Value
from couloir.ir.rewriting import Guard, constant_array, guard, is_splat
from couloir.ir.types import ComplexType, FloatType, IntegerType, TensorType, Type, dtype_of, i1

_UNLIKE_IEEE: Final = frozenset(("f8E8M0FNU", "f4E2M1FN", "f6E2M3FN", "f6E3M2FN"))
"""Floats without zero and sign, and those that have neither infinities nor NaN: what is out of range becomes something else."""

_WIDE_FLOATS: Final = frozenset(("f16", "bf16", "f32", "f64"))


def _element(x: Value[TensorType]) -> Type:
    return x.type.element_type


def integers(x: Value[TensorType]) -> Guard:
    """Whether the elements are integers; booleans are none."""
    return guard(is_integer(_element(x)), lambda: f"`{_element(x)}` is no integer type")


def signed_integers(x: Value[TensorType]) -> Guard:
    """Whether the elements are integers with a sign."""
    element = _element(x)
    holds = is_integer(element) and isinstance(element, IntegerType) and element.is_signed
    return guard(holds, lambda: f"`{element}` is no signed integer type")


def unsigned_integers(x: Value[TensorType]) -> Guard:
    """Whether the elements are integers without a sign."""
    return integers(x) & ~signed_integers(x)


def booleans(x: Value[TensorType]) -> Guard:
    """Whether the elements are booleans."""
    return guard(_element(x) is i1, lambda: f"`{_element(x)}` is not i1")


def floats(x: Value[TensorType]) -> Guard:
    """Whether the elements are floats, of a type with zero, negative numbers and NaN."""
    element = _element(x)
    holds = isinstance(element, FloatType) and element.kind not in _UNLIKE_IEEE
    return guard(holds, lambda: f"`{element}` is no float type with zero, a sign and NaN")


def wide_floats(x: Value[TensorType]) -> Guard:
    """Whether the elements are floats of 16 bits or more, with room for what overflows or is rounded away in fewer."""
    element = _element(x)
    holds = isinstance(element, FloatType) and element.kind in _WIDE_FLOATS
    return guard(holds, lambda: f"`{element}` is no float type of 16 bits or more")


def complex_numbers(x: Value[TensorType]) -> Guard:
    """Whether the elements are complex."""
    return guard(isinstance(_element(x), ComplexType), lambda: f"`{_element(x)}` is not complex")


def reals(x: Value[TensorType]) -> Guard:
    """Whether the elements are integers or floats."""
    return integers(x) | floats(x)


def numbers(x: Value[TensorType]) -> Guard:
    """Whether the elements are integers, floats or complex."""
    return reals(x) | complex_numbers(x)


def same_type(x: Value[Any], y: Value[Any]) -> Guard:
    """Whether two values have one type."""
    return guard(x.type is y.type, lambda: f"`{x.type}` is not `{y.type}`")


def same_shape(x: Value[TensorType], y: Value[TensorType]) -> Guard:
    """Whether two tensors have one shape by their types, unknown sizes in the same places."""
    return guard(x.type.dims == y.type.dims, lambda: f"`{x.type}` and `{y.type}` have not one shape")


def same_size(before: Value[TensorType], after: Value[Any]) -> Guard:
    """Whether two tensors have one type without unknown dimensions, which could differ."""
    return guard(before.type is after.type and before.type.is_static, "the shape changes, or is not known")


def is_neutral(zero: Value[TensorType]) -> Guard:
    """Whether a constant is what adds nothing: 0, of floats -0.0, since -0.0 + 0.0 is 0.0."""
    return is_splat(zero, -0.0 if isinstance(_element(zero), FloatType) else 0)


def is_zero(value: Value[TensorType]) -> Guard:
    """Whether a constant is 0, of either sign."""
    return is_splat(value, 0) | is_splat(value, -0.0)


def is_least(value: Value[TensorType]) -> Guard:
    """Whether a constant is the least number of its type: -inf of floats."""
    element = _element(value)
    return is_splat(value, element.minimum if isinstance(element, IntegerType) else -math.inf)


def is_greatest(value: Value[TensorType]) -> Guard:
    """Whether a constant is the greatest number of its type: inf of floats."""
    element = _element(value)
    return is_splat(value, element.maximum if isinstance(element, IntegerType) else math.inf)


def is_ones(value: Value[TensorType]) -> Guard:
    """Whether all bits of a constant are 1."""
    return is_splat(value, _ones(value))


def filled(x: Value[TensorType], number: complex) -> Value[TensorType]:
    """A constant of the type of `x`, with one number everywhere."""
    return full_like(x, number)


def truth(x: Value[TensorType], holds: bool) -> Value[TensorType]:
    """A constant of booleans of the shape of `x`."""
    return full(holds, sizes_of(x), i1)


def all_ones(x: Value[TensorType]) -> Value[TensorType]:
    """A constant of the type of `x`, with all bits 1."""
    return filled(x, _ones(x))


def _ones(x: Value[TensorType]) -> int:
    """The number whose bits are all 1."""
    element = _element(x)
    return element.maximum if isinstance(element, IntegerType) and element.minimum == 0 else -1


def number(value: Value[TensorType]) -> Any:
    """The number that a constant of integers or floats has everywhere, as an int or a float; None without one."""
    array = constant_array(value)
    if array is None or not reals(value) or not is_splat(value):
        return None
    element = array[(0,) * array.ndim]
    return int(element) if integers(value) else float(element)


def _greatest_count(element: Type) -> int:
    """The greatest number up to which a type of integers or floats has all whole numbers from 0 on."""
    if isinstance(element, IntegerType):
        return element.maximum
    limits = cast("Any", finfo(dtype_of(element)))
    return min(2 ** (limits.nmant + 1), int(float(limits.max)))


def holds_all_of(wide: Value[TensorType], narrow: Value[TensorType]) -> Guard:
    """Whether all numbers of a type of booleans, integers or floats, NaN too, are numbers of another one."""
    return guard(
        _holds(_element(wide), _element(narrow)),
        lambda: f"`{_element(wide)}` does not have all of `{_element(narrow)}`",
    )


def _holds(wide: Type, narrow: Type) -> bool:
    if isinstance(narrow, IntegerType):
        if isinstance(wide, IntegerType):
            return wide.minimum <= narrow.minimum and narrow.maximum <= wide.maximum
        return isinstance(wide, FloatType) and max(narrow.maximum, -narrow.minimum) <= _greatest_count(wide)
    if not isinstance(narrow, FloatType) or not isinstance(wide, FloatType) or wide.kind not in _WIDE_FLOATS:
        return False
    less, more = cast("Any", finfo(dtype_of(narrow))), cast("Any", finfo(dtype_of(wide)))
    in_range = float(less.max) <= float(more.max) and float(less.smallest_subnormal) >= float(more.smallest_subnormal)
    return in_range and less.nmant <= more.nmant
