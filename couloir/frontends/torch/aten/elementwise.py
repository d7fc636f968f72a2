"""Operators that compute each element from the elements at the same place, with PyTorch's promotion of types."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.building import (
    Tensor,
    compare,
    convert,
    full_like,
    is_float,
    is_unsigned,
    reshape,
    sizes_of,
    slice_range,
)
from couloir.frontends.torch.node import LOWERINGS, Lowered, Lowering, Node, NotLowered, Scalar, lowers
from couloir.ir.operation import Operation, Value
from couloir.ir.types import ComplexType, IntegerType, Type, bf16, bit_width, f16, f32, i1

_LT: Final = hlo.ComparisonDirection.LT
_EQ: Final = hlo.ComparisonDirection.EQ
_NE: Final = hlo.ComparisonDirection.NE
_GT: Final = hlo.ComparisonDirection.GT

UNARY: Final[dict[str, type[Operation]]] = {
    "aten.acos": chlo.Acos,
    "aten.acosh": chlo.Acosh,
    "aten.asin": chlo.Asin,
    "aten.asinh": chlo.Asinh,
    "aten.atan": chlo.Atan,
    "aten.atanh": chlo.Atanh,
    "aten.bitwise_not": hlo.Not,
    "aten.cos": hlo.Cosine,
    "aten.cosh": chlo.Cosh,
    "aten.digamma": chlo.Digamma,
    "aten.erf": chlo.Erf,
    "aten.erfc": chlo.Erfc,
    "aten.erfinv": chlo.ErfInv,
    "aten.exp": hlo.Exponential,
    "aten.expm1": hlo.ExponentialMinusOne,
    "aten.lgamma": chlo.Lgamma,
    "aten.log": hlo.Log,
    "aten.log1p": hlo.LogPlusOne,
    "aten.neg": hlo.Negate,
    "aten.rsqrt": hlo.Rsqrt,
    "aten.sigmoid": hlo.Logistic,
    "aten.sin": hlo.Sine,
    "aten.sinh": chlo.Sinh,
    "aten.sqrt": hlo.Sqrt,
    "aten.tan": hlo.Tan,
    "aten.tanh": hlo.Tanh,
}
"""Operators that are one op of the type of the result."""

BINARY: Final[dict[str, type[Operation]]] = {
    "aten.atan2": hlo.Atan2,
    "aten.__lshift__": hlo.ShiftLeft,
    "aten.bitwise_and": hlo.And,
    "aten.bitwise_left_shift": hlo.ShiftLeft,
    "aten.bitwise_or": hlo.Or,
    "aten.bitwise_xor": hlo.Xor,
    "aten.fmod": hlo.Remainder,
    "aten.maximum": hlo.Maximum,
    "aten.minimum": hlo.Minimum,
    "aten.mul": hlo.Multiply,
}
"""Operators of two tensors, or a tensor and a number, that are one op of the type of the result."""

COMPARISONS: Final = {
    "aten.eq": _EQ,
    "aten.ge": hlo.ComparisonDirection.GE,
    "aten.gt": _GT,
    "aten.le": hlo.ComparisonDirection.LE,
    "aten.lt": _LT,
    "aten.ne": _NE,
}
LOGICAL: Final[dict[str, type[Operation]]] = {
    "aten.logical_and": hlo.And,
    "aten.logical_or": hlo.Or,
    "aten.logical_xor": hlo.Xor,
}
ROUNDING: Final[dict[str, type[Operation]]] = {"aten.ceil": hlo.Ceil, "aten.floor": hlo.Floor}


def _unary(make: Callable[..., Any]) -> Lowering:
    def lowering(node: Node, x: Tensor) -> Lowered:
        return make(convert(x, node.element))

    return lowering


def _binary(make: Callable[..., Any]) -> Lowering:
    def lowering(node: Node, x: Tensor | Scalar, y: Tensor | Scalar) -> Lowered:
        return make(*node.operands(x, y))

    return lowering


def _comparison(direction: hlo.ComparisonDirection) -> Lowering:
    def lowering(node: Node, x: Tensor | Scalar, y: Tensor | Scalar) -> Lowered:
        a, b = node.operands(x, y, element=node.promote())
        return hlo.Compare(a, b, direction)

    return lowering


def _logical(make: Callable[..., Any]) -> Lowering:
    def lowering(node: Node, x: Tensor | Scalar, y: Tensor | Scalar) -> Lowered:
        return make(*(truth(value) for value in node.operands(x, y, element=node.promote())))

    return lowering


def _rounding(make: Callable[..., Any]) -> Lowering:
    def lowering(node: Node, x: Tensor) -> Lowered:
        return make(x) if is_float(x.type.element_type) else x

    return lowering


for _name, _op in UNARY.items():
    lowers(_name)(_unary(_op))
for _name, _op in BINARY.items():
    lowers(_name)(_binary(_op))
for _name, _op in LOGICAL.items():
    lowers(_name)(_logical(_op))
for _name, _op in ROUNDING.items():
    lowers(_name)(_rounding(_op))
for _name, _direction in COMPARISONS.items():
    lowers(_name)(_comparison(_direction))


def truth(x: Tensor) -> Tensor:
    """Whether elements are not 0."""
    return x if x.type.element_type is i1 else compare(x, 0, _NE)


def times(x: Tensor, factor: float) -> Tensor:
    """Each element multiplied by a number."""
    return x if factor == 1 else hlo.Multiply(x, full_like(x, factor)).result


def _wide(x: Tensor) -> Tensor:
    """Half-precision floats as f32, in which PyTorch computes with them."""
    return convert(x, f32) if x.type.element_type in (f16, bf16) else x


# -- one operand -------------------------------------------------------------------------------------------------------


@lowers(
    "aten.alias",
    "aten.clone",
    "aten.detach",
    "aten.contiguous",
    "aten.lift_fresh_copy",
    "aten.positive",
)
def identity(node: Node, x: Tensor, **_: Any) -> Lowered:
    """What changes neither elements nor their order."""
    return x


@lowers("aten._to_copy", "aten.to.dtype", "prims.convert_element_type")
def to_copy(node: Node, x: Tensor, *_: Any, **__: Any) -> Lowered:
    """Another element type; the device and the layout mean nothing here."""
    return as_element(x, node.element)


def as_element(x: Tensor, element: Type) -> Tensor:
    """Another element type; complex numbers lose their imaginary part."""
    if isinstance(x.type.element_type, ComplexType) and not isinstance(element, ComplexType):
        return convert(hlo.Real(x), element)
    return truth(x) if element is i1 else convert(x, element)


@lowers("aten.copy", "aten.expand_as")
def copy(node: Node, x: Tensor, source: Tensor, *_: Any) -> Lowered:
    """The elements of `source` in the type and shape of `x`."""
    return node.operands(source)


@lowers("aten.native_dropout")
def native_dropout(node: Node, x: Tensor, p: float, train: bool | None = None) -> Lowered:
    """For inference: nothing is dropped."""
    if train is None or train:
        raise NotLowered("it trains: it drops elements at random")
    return [x, full_like(compare(x, x, _EQ), True)]


@lowers("aten.dropout", "aten.feature_dropout", "aten.alpha_dropout")
def dropout(node: Node, x: Tensor, p: float, train: bool) -> Lowered:
    """For inference: nothing is dropped."""
    if train and p:
        raise NotLowered("it trains: it drops elements at random")
    return x


@lowers("aten.abs")
def absolute(node: Node, x: Tensor) -> Lowered:
    """The absolute value; unsigned integers have no sign."""
    return x if is_unsigned(x.type.element_type) else hlo.Abs(x)


@lowers("aten.sign")
def sign(node: Node, x: Tensor) -> Lowered:
    """-1, 0 or 1; 0 for NaN."""
    if x.type.element_type is i1:
        return x
    if is_unsigned(x.type.element_type):
        return hlo.Minimum(x, full_like(x, 1))
    found = hlo.Sign(x)
    if not is_float(x.type.element_type):
        return found
    return hlo.Select(compare(x, x, _NE), full_like(x, 0), found)


@lowers("aten.round")
def round_(node: Node, x: Tensor, *, decimals: int = 0) -> Lowered:
    """To the nearest integer, ties to the even one; or to so many decimals."""
    if not is_float(x.type.element_type):
        return x
    if not decimals:
        return hlo.RoundNearestEven(x)
    factor = full_like(x, 10.0 ** abs(decimals))
    scaled = hlo.Multiply(x, factor) if decimals > 0 else hlo.Divide(x, factor)
    rounded = hlo.RoundNearestEven(scaled)
    return hlo.Divide(rounded, factor) if decimals > 0 else hlo.Multiply(rounded, factor)


@lowers("aten.trunc", "aten.fix")
def trunc(node: Node, x: Tensor) -> Lowered:
    """Rounds towards zero."""
    if not is_float(x.type.element_type):
        return x
    return hlo.Multiply(hlo.Sign(x), hlo.Floor(hlo.Abs(x)))


@lowers("aten.reciprocal")
def reciprocal(node: Node, x: Tensor) -> Lowered:
    """`1 / x`."""
    wide = convert(x, node.element)
    return hlo.Divide(full_like(wide, 1), wide)


@lowers("aten.log2")
def log2(node: Node, x: Tensor) -> Lowered:
    """The binary logarithm."""
    return _scaled_log(node, x, 1 / math.log(2))


@lowers("aten.log10")
def log10(node: Node, x: Tensor) -> Lowered:
    """The decimal logarithm."""
    return _scaled_log(node, x, 1 / math.log(10))


def _scaled_log(node: Node, x: Tensor, factor: float) -> Tensor:
    wide = _wide(convert(x, node.element))
    return convert(times(hlo.Log(wide).result, factor), node.element)


@lowers("aten.exp2")
def exp2(node: Node, x: Tensor) -> Lowered:
    """`2 ** x`."""
    wide = convert(x, node.element)
    return hlo.Power(full_like(wide, 2), wide)


@lowers("aten.isnan")
def isnan(node: Node, x: Tensor) -> Lowered:
    """Whether it is no number."""
    return compare(x, x, _NE)


@lowers("aten.isinf")
def isinf(node: Node, x: Tensor) -> Lowered:
    """Whether it is infinite."""
    if not is_float(x.type.element_type):
        return full_like(compare(x, x, _EQ), False)
    return compare(hlo.Abs(x).result, math.inf, _EQ)


@lowers("aten.isfinite")
def isfinite(node: Node, x: Tensor) -> Lowered:
    """Whether it is neither infinite nor NaN."""
    return hlo.IsFinite(x) if is_float(x.type.element_type) else full_like(compare(x, x, _EQ), True)


@lowers("aten.logical_not")
def logical_not(node: Node, x: Tensor) -> Lowered:
    """Whether elements are 0."""
    return hlo.Not(x) if x.type.element_type is i1 else compare(x, 0, _EQ)


@lowers("aten.real")
def real(node: Node, x: Tensor) -> Lowered:
    """The real part."""
    return hlo.Real(x) if isinstance(x.type.element_type, ComplexType) else x


@lowers("aten.imag")
def imag(node: Node, x: Tensor) -> Lowered:
    """The imaginary part."""
    return hlo.Imag(x)


@lowers("aten.complex")
def complex_(node: Node, x: Tensor, y: Tensor) -> Lowered:
    """Complex numbers of real and imaginary parts."""
    element = node.element
    assert isinstance(element, ComplexType)
    return hlo.Complex(*node.operands(x, y, element=element.element_type))


@lowers("aten.view_as_real")
def view_as_real(node: Node, x: Tensor) -> Lowered:
    """Pairs of real and imaginary part, in a last dimension."""
    pair = [reshape(part, (*sizes_of(x), 1)) for part in (hlo.Real(x), hlo.Imag(x))]
    return hlo.Concatenate(pair, x.type.rank)


@lowers("aten.view_as_complex")
def view_as_complex(node: Node, x: Tensor) -> Lowered:
    """Complex numbers of pairs in the last dimension."""
    last = x.type.rank - 1
    parts = [reshape(slice_range(x, last, i, i + 1), sizes_of(x)[:-1]) for i in range(2)]
    return hlo.Complex(*parts)


# -- two operands ------------------------------------------------------------------------------------------------------


def _scaled(y: Tensor, alpha: Scalar) -> Tensor:
    return y if alpha == 1 else hlo.Multiply(y, full_like(y, alpha)).result


@lowers("aten.add")
def add(node: Node, x: Tensor | Scalar, y: Tensor | Scalar, alpha: Scalar = 1) -> Lowered:
    """`x + alpha * y`."""
    a, b = node.operands(x, y)
    return hlo.Add(a, _scaled(b, alpha))


@lowers("aten.sub")
def sub(node: Node, x: Tensor | Scalar, y: Tensor | Scalar, alpha: Scalar = 1) -> Lowered:
    """`x - alpha * y`."""
    a, b = node.operands(x, y)
    return hlo.Subtract(a, _scaled(b, alpha))


@lowers("aten.rsub")
def rsub(node: Node, x: Tensor | Scalar, y: Tensor | Scalar, alpha: Scalar = 1) -> Lowered:
    """`y - alpha * x`."""
    a, b = node.operands(x, y)
    return hlo.Subtract(b, _scaled(a, alpha))


@lowers("aten.div")
def div(node: Node, x: Tensor | Scalar, y: Tensor | Scalar, *, rounding_mode: str | None = None) -> Lowered:
    """The quotient: as it is, rounded towards zero (`trunc`), or down (`floor`)."""
    a, b = node.operands(x, y)
    match rounding_mode:
        case None:
            return hlo.Divide(a, b)
        case "trunc":
            quotient = hlo.Divide(a, b).result
            return trunc(node, quotient)
        case _:
            return floor_divide(a, b)


@lowers("aten.floor_divide")
def floor_divide_(node: Node, x: Tensor | Scalar, y: Tensor | Scalar) -> Lowered:
    """The quotient rounded down."""
    return floor_divide(*node.operands(x, y))


def _signs_differ(rest: Tensor, b: Tensor) -> Tensor:
    """Where a remainder is not 0 and has another sign than the divisor."""
    differ = hlo.Compare(compare(rest, 0, _LT), compare(b, 0, _LT), _NE)
    return hlo.And(compare(rest, 0, _NE), differ).result


def floor_divide(a: Tensor, b: Tensor) -> Tensor:
    """The quotient rounded down; of floats as C Python and PyTorch compute it, from the exact remainder."""
    if is_unsigned(a.type.element_type):
        return hlo.Divide(a, b).result
    rest = hlo.Remainder(a, b).result
    one = full_like(a, 1)
    if not is_float(a.type.element_type):
        quotient = hlo.Divide(a, b).result
        return hlo.Select(_signs_differ(rest, b), hlo.Subtract(quotient, one), quotient).result
    exact = hlo.Divide(hlo.Subtract(a, rest), b).result
    exact = hlo.Select(_signs_differ(rest, b), hlo.Subtract(exact, one), exact).result
    lower = hlo.Floor(exact).result
    rounded = hlo.Select(compare(hlo.Subtract(exact, lower).result, 0.5, _GT), hlo.Add(lower, one), lower)
    plain = hlo.Divide(a, b).result
    return hlo.Select(compare(b, 0, _EQ), plain, rounded).result


@lowers("aten.remainder")
def remainder(node: Node, x: Tensor | Scalar, y: Tensor | Scalar) -> Lowered:
    """What rounding the quotient down leaves: it has the sign of the divisor."""
    a, b = node.operands(x, y)
    rest = hlo.Remainder(a, b).result
    if is_unsigned(a.type.element_type):
        return rest
    return hlo.Select(_signs_differ(rest, b), hlo.Add(rest, b), rest)


@lowers("aten.pow")
def power(node: Node, x: Tensor | Scalar, y: Tensor | Scalar) -> Lowered:
    """`x ** y`; small exponents become products and roots, as in PyTorch."""
    if isinstance(x, Value) and not isinstance(y, Value):
        base = convert(x, node.element)
        if y == 1:
            return base
        if y == 2:
            return hlo.Multiply(base, base)
        if y == 3:
            return hlo.Multiply(hlo.Multiply(base, base), base)
        if y == 0.5:
            return hlo.Sqrt(base)
        if y == -0.5 and is_float(base.type.element_type):
            return hlo.Rsqrt(base)
    return hlo.Power(*node.operands(x, y))


@lowers("aten.__rshift__", "aten.bitwise_right_shift")
def right_shift(node: Node, x: Tensor | Scalar, y: Tensor | Scalar) -> Lowered:
    """Shifts right; signed integers keep their sign."""
    a, b = node.operands(x, y)
    return hlo.ShiftRightLogical(a, b) if is_unsigned(a.type.element_type) else hlo.ShiftRightArithmetic(a, b)


# -- selection and activation ------------------------------------------------------------------------------------------


@lowers("aten.where")
def where(node: Node, condition: Tensor, x: Tensor | Scalar, y: Tensor | Scalar) -> Lowered:
    """`x` where the condition holds, `y` elsewhere."""
    chosen = node.operands(truth(condition), element=i1)[0]
    return hlo.Select(chosen, *node.operands(x, y))


@lowers("aten.clamp")
def clamp(node: Node, x: Tensor, min: Tensor | Scalar | None = None, max: Tensor | Scalar | None = None) -> Lowered:
    """At least `min`, then at most `max`."""
    value = node.operands(x)[0]
    if min is not None:
        value = hlo.Maximum(value, node.operands(min)[0]).result
    if max is not None:
        value = hlo.Minimum(value, node.operands(max)[0]).result
    return value


@lowers("aten.clamp_min")
def clamp_min(node: Node, x: Tensor, min: Tensor | Scalar) -> Lowered:
    """At least `min`."""
    return clamp(node, x, min)


@lowers("aten.clamp_max")
def clamp_max(node: Node, x: Tensor, max: Tensor | Scalar) -> Lowered:
    """At most `max`."""
    return clamp(node, x, None, max)


@lowers("aten.hardtanh")
def hardtanh(node: Node, x: Tensor, min: Scalar = -1, max: Scalar = 1) -> Lowered:
    """Between two numbers; ReLU6 is this."""
    return clamp(node, x, min, max)


@lowers("aten.relu")
def relu(node: Node, x: Tensor) -> Lowered:
    """At least 0."""
    return hlo.Maximum(x, full_like(x, 0))


@lowers("aten.leaky_relu")
def leaky_relu(node: Node, x: Tensor, slope: float = 0.01) -> Lowered:
    """`x` where it is positive, `slope * x` elsewhere."""
    return hlo.Select(compare(x, 0, _GT), x, times(x, slope))


@lowers("aten.elu")
def elu(node: Node, x: Tensor, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Lowered:
    """`scale * x`, for negative `x` `scale * alpha * (exp(input_scale * x) - 1)`."""
    curve = times(hlo.ExponentialMinusOne(times(x, input_scale)).result, alpha * scale)
    return hlo.Select(compare(x, 0, _GT), times(x, scale), curve)


@lowers("aten.gelu")
def gelu(node: Node, x: Tensor, *, approximate: str = "none") -> Lowered:
    """Exact, by the error function, or by tanh."""
    wide = _wide(x)
    if approximate == "tanh":
        cube = hlo.Multiply(hlo.Multiply(wide, wide), wide).result
        part = hlo.Tanh(times(hlo.Add(wide, times(cube, 0.044715)).result, math.sqrt(2 / math.pi)))
    else:
        part = chlo.Erf(times(wide, math.sqrt(0.5)))
    return convert(hlo.Multiply(times(wide, 0.5), hlo.Add(part, full_like(wide, 1))), x.type.element_type)


@lowers("aten.silu")
def silu(node: Node, x: Tensor) -> Lowered:
    """`x * sigmoid(x)`."""
    wide = _wide(x)
    return convert(hlo.Multiply(wide, hlo.Logistic(wide)), x.type.element_type)


# -- compositions that PyTorch's decompositions would spread over many ops ----------------------------------------------


@lowers("aten.hypot")
def hypot(node: Node, x: Tensor, y: Tensor) -> Lowered:
    """`sqrt(x * x + y * y)`, without overflow: the greater one is taken out."""
    a, b = (hlo.Abs(value).result for value in node.operands(x, y))
    large, small = hlo.Maximum(a, b).result, hlo.Minimum(a, b).result
    ratio = hlo.Divide(small, large)
    root = hlo.Sqrt(hlo.Add(full_like(large, 1), hlo.Multiply(ratio, ratio)))
    plain = hlo.Or(compare(large, 0, _EQ), compare(large, math.inf, _EQ))
    return hlo.Select(plain, large, hlo.Multiply(large, root))


@lowers("aten.fmax")
def fmax(node: Node, x: Tensor, y: Tensor) -> Lowered:
    """The greater one; the other one where one is NaN."""
    return _without_nan(hlo.Maximum, *node.operands(x, y))


@lowers("aten.fmin")
def fmin(node: Node, x: Tensor, y: Tensor) -> Lowered:
    """The lesser one; the other one where one is NaN."""
    return _without_nan(hlo.Minimum, *node.operands(x, y))


def _without_nan(make: Callable[..., Any], a: Tensor, b: Tensor) -> Tensor:
    if not is_float(a.type.element_type):
        return make(a, b).result
    chosen = hlo.Select(compare(a, a, _NE), b, make(a, b))
    return hlo.Select(compare(b, b, _NE), a, chosen).result


@lowers("aten.signbit")
def signbit(node: Node, x: Tensor) -> Tensor:
    """Whether the sign bit is set: of -0 and of negative NaNs as well."""
    element = x.type.element_type
    if is_unsigned(element):
        return full_like(compare(x, x, _EQ), False)
    bits = hlo.bitcast_convert(x, IntegerType(bit_width(element))).result if is_float(element) else x
    return compare(bits, 0, _LT)


@lowers("aten.copysign")
def copysign(node: Node, x: Tensor | Scalar, y: Tensor | Scalar) -> Lowered:
    """The magnitude of `x` with the sign of `y`."""
    a, b = node.operands(x, y)
    magnitude = hlo.Abs(a).result
    return hlo.Select(signbit(node, b), hlo.Negate(magnitude), magnitude)


@lowers("aten.polar")
def polar(node: Node, radius: Tensor, angle: Tensor) -> Lowered:
    """Complex numbers of radius and angle."""
    r, phi = node.operands(radius, angle, element=radius.type.element_type)
    return hlo.Complex(hlo.Multiply(r, hlo.Cosine(phi)), hlo.Multiply(r, hlo.Sine(phi)))


PRIMS: Final = (
    "abs", "acos", "acosh", "add", "asin", "asinh", "atan", "atan2", "atanh", "bitwise_and", "bitwise_not", "bitwise_or",
    "bitwise_xor", "ceil", "cos", "cosh", "digamma", "div", "eq", "erf", "erfc", "exp", "exp2", "expm1", "floor", "fmax", "fmin",
    "fmod", "ge", "gt", "hypot", "imag", "isfinite", "le", "lgamma", "log", "log10", "log1p", "log2", "lt", "maximum", "minimum",
    "mul", "ne", "neg", "pow", "real", "reciprocal", "remainder", "round", "rsqrt", "sign", "signbit", "sin", "sinh", "sqrt",
    "sub", "tan", "tanh", "trunc", "where",
)  # fmt: skip
"""Primitives of PyTorch's decompositions that are the operators of ATen of the same names."""

for _name in PRIMS:
    lowers(f"prims.{_name}")(LOWERINGS[f"aten.{_name}"])
