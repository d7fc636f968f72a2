"""Functions of complex numbers by functions of their real and imaginary parts.

Each is written such that intermediate results overflow or cancel only where the result does. Sources: W. Kahan, "Branch cuts for
complex elementary functions"; R. Smith, "Algorithm 116: complex division"; C11, annex G, for infinite operands of a division.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.ir.operation import Value
from couloir.ir.types import TensorType, dtype_of

Tensor: TypeAlias = "Value[TensorType]"
Pair: TypeAlias = "tuple[Tensor, Tensor]"
"""Real and imaginary part."""


# -- real numbers ------------------------------------------------------------------------------------------------------


def number(value: float, like: Tensor) -> Tensor:
    """A constant of the type of a tensor."""
    return hlo.constant(value, like.type.element_type, shape=like.type.shape).output


def _is(a: Tensor, direction: ComparisonDirection, b: Tensor) -> Tensor:
    return hlo.Compare(a, b, direction).result


def equal(a: Tensor, b: Tensor) -> Tensor:
    """Whether two real numbers are equal."""
    return _is(a, ComparisonDirection.EQ, b)


def less(a: Tensor, b: Tensor) -> Tensor:
    """Whether `a < b`."""
    return _is(a, ComparisonDirection.LT, b)


def choose(condition: Tensor, yes: Tensor, no: Tensor) -> Tensor:
    """One of two real numbers."""
    return hlo.Select(condition, yes, no).result


def _both(a: Tensor, b: Tensor) -> Tensor:
    return hlo.And(a, b).result


def _either(a: Tensor, b: Tensor) -> Tensor:
    return hlo.Or(a, b).result


def _plus(a: Tensor, b: Tensor) -> Tensor:
    return hlo.Add(a, b).result


def _minus(a: Tensor, b: Tensor) -> Tensor:
    return hlo.Subtract(a, b).result


def _times(a: Tensor, b: Tensor) -> Tensor:
    return hlo.Multiply(a, b).result


def _over(a: Tensor, b: Tensor) -> Tensor:
    return hlo.Divide(a, b).result


def _size(a: Tensor) -> Tensor:
    return hlo.Abs(a).result


def _opposite(a: Tensor) -> Tensor:
    return hlo.Negate(a).result


def _is_nan(a: Tensor) -> Tensor:
    return _is(a, ComparisonDirection.NE, a)


def _is_infinite(a: Tensor) -> Tensor:
    return equal(_size(a), number(math.inf, a))


def _is_finite(a: Tensor) -> Tensor:
    return less(_size(a), number(math.inf, a))


def _with_sign(size: Tensor, sign: Tensor) -> Tensor:
    """A number that is not negative with the sign of another one, which may be a zero."""
    one = number(1.0, sign)
    is_zero = equal(sign, number(0.0, sign))
    direction = choose(is_zero, _over(one, sign), sign)  # 1 / -0.0 is negative
    return choose(less(direction, number(0.0, sign)), _opposite(size), size)


# -- arithmetic --------------------------------------------------------------------------------------------------------


def add(a: Pair, b: Pair) -> Pair:
    """a + b."""
    return _plus(a[0], b[0]), _plus(a[1], b[1])


def subtract(a: Pair, b: Pair) -> Pair:
    """a - b."""
    return _minus(a[0], b[0]), _minus(a[1], b[1])


def negate(a: Pair) -> Pair:
    """-a."""
    return _opposite(a[0]), _opposite(a[1])


def conj(a: Pair) -> Pair:
    """The conjugate."""
    return a[0], _opposite(a[1])


def multiply(a: Pair, b: Pair) -> Pair:
    """a * b by its four products, as XLA and NumPy do: an infinite operand may give NaN."""
    real = _minus(_times(a[0], b[0]), _times(a[1], b[1]))
    return real, _plus(_times(a[0], b[1]), _times(a[1], b[0]))


def square(a: Pair) -> Pair:
    """a * a."""
    return multiply(a, a)


def divide(a: Pair, b: Pair) -> Pair:
    """a / b by Smith's algorithm; quotients of infinite numbers, and by zero, as C has them."""
    (x, y), (u, v) = a, b
    wide = less(_size(u), _size(v))  # the larger part of b divides
    major, minor = choose(wide, v, u), choose(wide, u, v)
    ratio = _over(minor, major)
    scale = _plus(major, _times(minor, ratio))
    first, second = choose(wide, y, x), choose(wide, x, y)
    real = _over(_plus(first, _times(second, ratio)), scale)
    raw = _over(_minus(second, _times(first, ratio)), scale)
    imag = choose(wide, _opposite(raw), raw)
    undefined = _both(_is_nan(real), _is_nan(imag))
    zero, infinity = number(0.0, x), number(math.inf, x)

    def unit(part: Tensor) -> Tensor:
        return choose(_is_infinite(part), hlo.Sign(part).result, zero)

    by_zero = _both(_both(equal(u, zero), equal(v, zero)), _either(equal(x, x), equal(y, y)))
    signed = _with_sign(infinity, u)
    infinite = _both(_either(_is_infinite(x), _is_infinite(y)), _both(_is_finite(u), _is_finite(v)))
    x1, y1 = unit(x), unit(y)
    vanishes = _both(_either(_is_infinite(u), _is_infinite(v)), _both(_is_finite(x), _is_finite(y)))
    u1, v1 = unit(u), unit(v)
    cases = (
        (infinite, tuple(_times(infinity, part) for part in multiply((x1, y1), (u, _opposite(v))))),
        (vanishes, tuple(_times(zero, part) for part in multiply((x, y), (u1, _opposite(v1))))),
        (by_zero, (_times(signed, x), _times(signed, y))),
    )
    for case, (new_real, new_imag) in cases:
        applies = _both(undefined, case)
        real, imag = choose(applies, new_real, real), choose(applies, new_imag, imag)
    return real, imag


def modulus(a: Pair) -> Tensor:
    """sqrt(x^2 + y^2) without overflow; infinite when a part is, whatever the other one."""
    x, y = _size(a[0]), _size(a[1])
    swap = less(x, y)
    large, small = choose(swap, y, x), choose(swap, x, y)
    ratio = _over(small, large)
    length = _times(large, hlo.Sqrt(_plus(number(1.0, x), _times(ratio, ratio))).result)
    length = choose(equal(small, number(0.0, x)), large, length)
    return choose(_either(_is_infinite(x), _is_infinite(y)), number(math.inf, x), length)


def sign(a: Pair) -> Pair:
    """a / |a|; 0 for 0."""
    length, zero = modulus(a), number(0.0, a[0])
    is_zero = equal(length, zero)
    undefined = _either(_is_nan(a[0]), _is_nan(a[1]))
    nan = number(math.nan, zero)
    real, imag = (choose(is_zero, part, _over(part, length)) for part in a)
    return choose(undefined, nan, real), choose(undefined, nan, imag)


# -- elementary functions ----------------------------------------------------------------------------------------------


def _waves(y: Tensor) -> Pair:
    return hlo.Cosine(y).result, hlo.Sine(y).result


def exponential(a: Pair) -> Pair:
    """e^x (cos y + i sin y)."""
    x, y = a
    zero = number(0.0, x)
    half = hlo.Exponential(_times(number(0.5, x), x)).result  # its square may be too large where the product is not
    cosine, sine = _waves(y)
    vanishes = equal(half, zero)
    on_axis = equal(y, zero)
    real = choose(vanishes, zero, _times(_times(half, cosine), half))
    imag = choose(on_axis, y, choose(vanishes, zero, _times(_times(half, sine), half)))
    return real, imag


def exponential_minus_one(a: Pair) -> Pair:
    """expm1(x) cos y - 2 sin^2(y/2), and the imaginary part of e^a."""
    x, y = a
    half = hlo.Sine(_times(number(0.5, y), y)).result
    small = _minus(
        _times(hlo.ExponentialMinusOne(x).result, hlo.Cosine(y).result),
        _times(number(2.0, x), _times(half, half)),
    )
    real, imag = exponential(a)
    return choose(less(x, number(1.0, x)), small, _minus(real, number(1.0, x))), imag


def _log_of_modulus(x: Tensor, y: Tensor, around_one: Tensor) -> Tensor:
    """log |x + iy|; `around_one` is |x + iy|^2 - 1, computed without cancellation."""
    length = modulus((x, y))
    is_near = _both(less(number(0.5, x), length), less(length, number(1.5, x)))
    near = _times(number(0.5, x), hlo.LogPlusOne(around_one).result)
    return choose(is_near, near, hlo.Log(length).result)


def log(a: Pair) -> Pair:
    """The principal value of the logarithm."""
    x, y = a
    swap = less(_size(x), _size(y))
    large, small = choose(swap, _size(y), _size(x)), choose(swap, _size(x), _size(y))
    one = number(1.0, x)
    around = _plus(_times(_minus(large, one), _plus(large, one)), _times(small, small))
    return _log_of_modulus(x, y, around), hlo.Atan2(y, x).result


def log_plus_one(a: Pair) -> Pair:
    """log(1 + a), accurate near 0."""
    x, y = a
    shifted = _plus(x, number(1.0, x))
    around = _plus(_times(x, _plus(x, number(2.0, x))), _times(y, y))
    return _log_of_modulus(shifted, y, around), hlo.Atan2(y, shifted).result


def sqrt(a: Pair) -> Pair:
    """The square root with a real part that is not negative."""
    x, y = a
    zero, half = number(0.0, x), number(0.5, x)
    size = hlo.Sqrt(_plus(_times(half, _size(x)), _times(half, modulus(a)))).result
    other = _over(_times(half, _size(y)), size)
    is_zero = equal(size, zero)
    other = choose(is_zero, zero, other)
    right = hlo.Compare(x, zero, ComparisonDirection.GE).result
    real, imag = choose(right, size, other), _with_sign(choose(right, other, size), y)
    endless = _is_infinite(y)
    return choose(endless, number(math.inf, x), real), choose(endless, y, imag)


def rsqrt(a: Pair) -> Pair:
    """1 / sqrt(a)."""
    return divide((number(1.0, a[0]), number(0.0, a[0])), sqrt(a))


def cbrt(a: Pair) -> Pair:
    """The principal value of a^(1/3)."""
    real, imag = log(a)
    third = number(1 / 3, real)
    return exponential((_times(real, third), _times(imag, third)))


def power(a: Pair, b: Pair) -> Pair:
    """e^(b log a); 0^0 is 1, and 0^b is 0 where the real part of b is positive."""
    zero, one = number(0.0, a[0]), number(1.0, a[0])
    real, imag = exponential(multiply(b, log(a)))
    is_zero = _both(equal(a[0], zero), equal(a[1], zero))
    none = _both(equal(b[0], zero), equal(b[1], zero))
    vanishes = _both(is_zero, less(zero, b[0]))
    return (
        choose(none, one, choose(vanishes, zero, real)),
        choose(_either(none, vanishes), zero, imag),
    )


def sine(a: Pair) -> Pair:
    """sin x cosh y + i cos x sinh y."""
    cos, sin = _waves(a[0])
    return _times(sin, chlo.Cosh(a[1]).result), _times(cos, chlo.Sinh(a[1]).result)


def cosine(a: Pair) -> Pair:
    """cos x cosh y - i sin x sinh y."""
    cos, sin = _waves(a[0])
    return _times(cos, chlo.Cosh(a[1]).result), _opposite(_times(sin, chlo.Sinh(a[1]).result))


def sinh(a: Pair) -> Pair:
    """sinh a = -i sin(i a)."""
    real, imag = sine((_opposite(a[1]), a[0]))
    return imag, _opposite(real)


def cosh(a: Pair) -> Pair:
    """cosh a = cos(i a)."""
    return cosine((_opposite(a[1]), a[0]))


def tanh(a: Pair) -> Pair:
    """By Kahan's formula; far from the imaginary axis by its limit."""
    x, y = a
    one = number(1.0, x)
    far_from = number(0.25 * math.log(float(np.finfo(dtype_of(x.type.element_type)).max)), x)
    slope, s = hlo.Tan(y).result, chlo.Sinh(x).result
    beta = _plus(one, _times(slope, slope))
    rest = _plus(one, _times(beta, _times(s, s)))
    root = hlo.Sqrt(_plus(one, _times(s, s))).result
    real, imag = _over(_times(_times(beta, root), s), rest), _over(slope, rest)
    cos, sin = _waves(y)
    small = hlo.Exponential(_opposite(_size(x))).result
    limit = _times(_times(number(4.0, x), _times(sin, cos)), _times(small, small))
    limit = choose(_is_infinite(x), number(0.0, x), limit)
    far = less(far_from, _size(x))
    imag = choose(equal(y, number(0.0, y)), y, choose(far, limit, imag))
    return choose(far, hlo.Sign(x).result, real), imag


def tan(a: Pair) -> Pair:
    """tan a = -i tanh(i a)."""
    real, imag = tanh((_opposite(a[1]), a[0]))
    return imag, _opposite(real)


def logistic(a: Pair) -> Pair:
    """1 / (1 + e^-a)."""
    real, imag = exponential(negate(a))
    one = number(1.0, real)
    return divide((one, number(0.0, real)), (_plus(one, real), imag))


def atanh(a: Pair) -> Pair:
    """(log(1 + a) - log(1 - a)) / 2."""
    (x, y), (u, v) = log_plus_one(a), log_plus_one(negate(a))
    half = number(0.5, x)
    return _times(half, _minus(x, u)), _times(half, _minus(y, v))


def atan(a: Pair) -> Pair:
    """atan a = -i atanh(i a)."""
    real, imag = atanh((_opposite(a[1]), a[0]))
    return imag, _opposite(real)


def _roots(a: Pair) -> tuple[Pair, Pair]:
    """sqrt(1 - a) and sqrt(1 + a)."""
    one = number(1.0, a[0])
    return sqrt((_minus(one, a[0]), _opposite(a[1]))), sqrt((_plus(one, a[0]), a[1]))


def acos(a: Pair) -> Pair:
    """By Kahan's formula."""
    below, above = _roots(a)
    angle = hlo.Atan2(below[0], above[0]).result
    imag = multiply(conj(above), below)[1]
    return _times(number(2.0, angle), angle), chlo.Asinh(imag).result


def asin(a: Pair) -> Pair:
    """By Kahan's formula."""
    below, above = _roots(a)
    imag = multiply(conj(below), above)[1]
    return hlo.Atan2(a[0], multiply(below, above)[0]).result, chlo.Asinh(imag).result


def acosh(a: Pair) -> Pair:
    """By Kahan's formula."""
    one = number(1.0, a[0])
    below, above = sqrt((_minus(a[0], one), a[1])), sqrt((_plus(a[0], one), a[1]))
    real = multiply(conj(below), above)[0]
    angle = hlo.Atan2(below[1], above[0]).result
    return chlo.Asinh(real).result, _times(number(2.0, angle), angle)


def asinh(a: Pair) -> Pair:
    """asinh a = -i asin(i a)."""
    real, imag = asin((_opposite(a[1]), a[0]))
    return imag, _opposite(real)


# -- comparisons -------------------------------------------------------------------------------------------------------


def atan2(a: Pair, b: Pair) -> Pair:
    """-i log((b + i a) / sqrt(a^2 + b^2))."""
    sum_ = _minus(b[0], a[1]), _plus(b[1], a[0])
    turned = log(divide(sum_, sqrt(add(square(a), square(b)))))
    return turned[1], _opposite(turned[0])


def compare(a: Pair, b: Pair, direction: ComparisonDirection) -> Tensor:
    """By the real, then the imaginary part."""
    if direction is ComparisonDirection.EQ:
        return _both(equal(a[0], b[0]), equal(a[1], b[1]))
    if direction is ComparisonDirection.NE:
        return _either(*(_is(p, direction, q) for p, q in zip(a, b, strict=True)))
    strict = {
        ComparisonDirection.LE: ComparisonDirection.LT,
        ComparisonDirection.GE: ComparisonDirection.GT,
    }.get(direction, direction)
    return _either(_is(a[0], strict, b[0]), _both(equal(a[0], b[0]), _is(a[1], direction, b[1])))


def maximum(a: Pair, b: Pair) -> Pair:
    """The larger one by real, then imaginary part; the second, where the first is not."""
    return _extreme(a, b, ComparisonDirection.GT)


def minimum(a: Pair, b: Pair) -> Pair:
    """The smaller one by real, then imaginary part; the second, where the first is not."""
    return _extreme(a, b, ComparisonDirection.LT)


def _extreme(a: Pair, b: Pair, direction: ComparisonDirection) -> Pair:
    first = compare(a, b, direction)
    return choose(first, a[0], b[0]), choose(first, a[1], b[1])
