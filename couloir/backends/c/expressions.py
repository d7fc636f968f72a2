"""Scalar ops as C expressions: a table from op class to text, and the helper functions that some of them need.

Where arith leaves a case undefined, C would too; the helpers give it StableHLO's meaning instead (an overflow wraps,
x / 0 is -1, a shift by the width or more shifts everything out, a conversion saturates and NaN becomes 0), so that
the generated code has no undefined behaviour.
"""

from __future__ import annotations

import math as python_math
from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeGuard

from couloir.backends.c import narrow_floats
from couloir.dialects import arith, math
from couloir.dialects.arith import CmpFPredicate, CmpIPredicate
from couloir.ir.attributes import FloatAttr, IntegerAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.types import FloatType, IndexType, IntegerType, Type, bf16, f16, f32

Expression: TypeAlias = "Callable[[Any, Helpers, list[str]], str]"

EXPRESSIONS: Final[dict[type[Operation], Expression]] = {}


class Helpers:
    """The helper functions that a program uses, each once, in the order of their first use."""

    def __init__(self) -> None:
        self.sources: dict[str, str] = {}

    def use(self, name: str, source: str) -> str:
        """Notes a helper and gives its name."""
        self.sources.setdefault(name, source)
        return name


def expression_of(*classes: type[Operation]) -> Callable[[Expression], Expression]:
    """Decorator: this function writes these ops."""

    def register(function: Expression) -> Expression:
        for cls in classes:
            EXPRESSIONS[cls] = function
        return function

    return register


# -- types and numbers ---------------------------------------------------------------------------------------------------------

_FLOATS: Final = {"f32": "float", "f64": "double", "f16": "uint16_t", "bf16": "uint16_t"}


def c_type(type: Type) -> str:
    """The C type of a scalar. Raises `couloir.Error` for one that C has not."""
    match type:
        case FloatType() if type.kind in _FLOATS:
            return _FLOATS[type.kind]
        case FloatType() if type.width <= 8:
            return "uint8_t"
        case IntegerType(width=1):
            return "bool"
        case IntegerType(width=2 | 4, signedness="signless"):  # the low bits of a byte; what the others are is open
            return "int8_t"
        case IntegerType(width=8 | 16 | 32 | 64 as width, signedness="signless"):
            return f"int{width}_t"
        case IndexType():
            return "int64_t"
        case _:
            raise Error(f"the C backend has no numbers of type `{type}`")


def unsigned(type: Type) -> str:
    """The unsigned C type as wide as an integer type."""
    return f"uint{width_of(type)}_t"


def width_of(type: Type) -> int:
    """Bits of an integer or index."""
    return type.width if isinstance(type, IntegerType) else 64


def is_narrow(type: Type) -> TypeGuard[FloatType]:
    """Whether values are floats of 16 bits or less, kept as their bits."""
    return isinstance(type, FloatType) and type.width <= 16


def literal(attribute: IntegerAttr | FloatAttr) -> str:
    """A number in C, exact."""
    if isinstance(attribute, IntegerAttr):
        return integer_literal(attribute.value, attribute.type)
    value, type = attribute.value, attribute.type
    if is_narrow(type):
        import numpy as np

        from couloir.ir.types import dtype_of

        made = np.asarray(value).astype(dtype_of(type))
        return str(int(made.view(f"u{made.dtype.itemsize}")))
    suffix = "f" if isinstance(type, FloatType) and type.kind == "f32" else ""
    if python_math.isnan(value):
        return f"({c_type(type)})NAN"
    if python_math.isinf(value):
        return f"({c_type(type)})INFINITY" if value > 0 else f"-({c_type(type)})INFINITY"
    text = repr(value)
    if suffix:
        import numpy as np

        text = str(np.float32(value))
    return (text if any(c in text for c in ".en") else text + ".0") + suffix


def integer_literal(value: int, type: Type) -> str:
    """An integer in C; the least value has no literal of its own."""
    if isinstance(type, IntegerType) and type.width == 1:
        return "true" if value else "false"
    width = width_of(type)
    if width < 8:
        return str(value & ((1 << width) - 1))
    if value == -(1 << (width - 1)):
        return f"INT{width}_MIN"
    return f"INT64_C({value})" if not -(2**31) <= value < 2**31 else str(value)


# -- floats --------------------------------------------------------------------------------------------------------------------


def _suffix(op: Operation) -> str:
    type = op.operands[0].type
    if not isinstance(type, FloatType) or type.kind not in ("f32", "f64"):
        raise Error(
            f"the C backend does not compute `{op.name}` in `{type}`",
            where=op.location.label or None,
            hint="widen to f32 first",
        )
    return "f" if type.kind == "f32" else ""


def _infix(symbol: str) -> Expression:
    def write(op: Any, helpers: Helpers, a: list[str]) -> str:
        _suffix(op)
        return f"{a[0]} {symbol} {a[1]}"

    return write


for _cls, _symbol in ((arith.AddF, "+"), (arith.SubF, "-"), (arith.MulF, "*"), (arith.DivF, "/")):
    EXPRESSIONS[_cls] = _infix(_symbol)

_CALLS: Final[dict[type[Operation], str]] = {
    arith.RemF: "fmod", arith.MaxNumF: "fmax", arith.MinNumF: "fmin", math.AbsF: "fabs", math.Acos: "acos",
    math.Acosh: "acosh", math.Asin: "asin", math.Asinh: "asinh", math.Atan: "atan", math.Atanh: "atanh",
    math.Cbrt: "cbrt", math.Ceil: "ceil", math.Cos: "cos", math.Cosh: "cosh", math.Erf: "erf", math.Erfc: "erfc", math.Exp: "exp",
    math.Exp2: "exp2", math.ExpM1: "expm1", math.Floor: "floor", math.Log: "log", math.Log10: "log10",
    math.Log1p: "log1p", math.Log2: "log2", math.Round: "round", math.RoundEven: "nearbyint", math.Sin: "sin",
    math.Sinh: "sinh", math.Sqrt: "sqrt", math.Tan: "tan", math.Tanh: "tanh", math.Trunc: "trunc",
    math.Atan2: "atan2", math.CopySign: "copysign", math.PowF: "pow", math.Fma: "fma",
}  # fmt: skip


@expression_of(*_CALLS)
def _call(op: Operation, helpers: Helpers, a: list[str]) -> str:
    return f"{_CALLS[type(op)]}{_suffix(op)}({', '.join(a)})"


@expression_of(math.Rsqrt)
def _rsqrt(op: Operation, helpers: Helpers, a: list[str]) -> str:
    suffix = _suffix(op)
    return f"1.0{suffix} / sqrt{suffix}({a[0]})"


@expression_of(arith.NegF)
def _negf(op: Operation, helpers: Helpers, a: list[str]) -> str:
    _suffix(op)
    return f"-{a[0]}"


_CLASSIFY: Final[dict[type[Operation], str]] = {
    math.IsFinite: "isfinite",
    math.IsInf: "isinf",
    math.IsNaN: "isnan",
}


@expression_of(*_CLASSIFY)
def _classify(op: Operation, helpers: Helpers, a: list[str]) -> str:
    _suffix(op)
    macro = _CLASSIFY[type(op)]
    return f"{macro}({a[0]}) != 0"


@expression_of(arith.MaximumF, arith.MinimumF)
def _extremum(op: arith.MaximumF | arith.MinimumF, helpers: Helpers, a: list[str]) -> str:
    suffix, type = _suffix(op), c_type(op.lhs.type)
    largest = isinstance(op, arith.MaximumF)
    less = "<" if largest else ">"
    for bound, (x, c) in ((op.rhs, (a[0], a[1])), (op.lhs, (a[1], a[0]))):
        number = _float_constant(bound)
        if number is not None and not python_math.isnan(number):
            # If x is NaN, the comparison fails and x stays. Of two zeros the constant is taken, unless x is the right one.
            keeps = number == 0 and (python_math.copysign(1, number) < 0) == largest
            return f"{x} {less}{'' if keeps else '='} {c} ? {c} : {x}"
    name = ("maximum" if largest else "minimum") + ("_f32" if suffix else "_f64")
    # a + b of two zeros is 0.0 unless both are -0.0; -(-a - b) is the opposite. No branches: loops are vectorised.
    source = (
        f"static inline {type} {name}({type} a, {type} b)\n{{\n"
        f"    const {type} one = a {'>' if largest else '<'} b ? a : b, known = a != a ? a : one;\n"
        f"    const {type} zero = {'a + b' if largest else '-(-a - b)'};\n"
        f"    return ((a == 0) & (b == 0)) ? zero : known;\n}}\n"
    )
    return f"{helpers.use(name, source)}({a[0]}, {a[1]})"


def _float_constant(value: Value[Any]) -> float | None:
    op = value.defining_op
    return op.value.value if isinstance(op, arith.Constant) and isinstance(op.value, FloatAttr) else None


_CMPF: Final = {
    CmpFPredicate.FALSE: "false", CmpFPredicate.TRUE: "true",
    CmpFPredicate.OEQ: "{0} == {1}", CmpFPredicate.OGT: "{0} > {1}", CmpFPredicate.OGE: "{0} >= {1}",
    CmpFPredicate.OLT: "{0} < {1}", CmpFPredicate.OLE: "{0} <= {1}", CmpFPredicate.ONE: "({0} < {1} || {0} > {1})",
    CmpFPredicate.ORD: "!isunordered({0}, {1})", CmpFPredicate.UEQ: "!({0} < {1} || {0} > {1})",
    CmpFPredicate.UGT: "!({0} <= {1})", CmpFPredicate.UGE: "!({0} < {1})", CmpFPredicate.ULT: "!({0} >= {1})",
    CmpFPredicate.ULE: "!({0} > {1})", CmpFPredicate.UNE: "{0} != {1}", CmpFPredicate.UNO: "isunordered({0}, {1}) != 0",
}  # fmt: skip


@expression_of(arith.CmpF)
def _cmpf(op: arith.CmpF, helpers: Helpers, a: list[str]) -> str:
    _suffix(op)
    return _CMPF[op.predicate].format(*a)


# -- integers ------------------------------------------------------------------------------------------------------------------


def _computing(type: Type) -> str:
    """The unsigned type to compute in: at least 32 bits wide, as narrower ones become int."""
    return "uint64_t" if width_of(type) > 32 else "uint32_t"


_WRAPPING: Final[dict[type[Operation], str]] = {arith.AddI: "+", arith.SubI: "-", arith.MulI: "*"}


@expression_of(*_WRAPPING)
def _wrapping(op: Operation, helpers: Helpers, a: list[str]) -> str:
    type = op.results[0].type
    symbol = _WRAPPING[type_of(op)]
    if isinstance(type, IntegerType) and type.width == 1:
        return f"{a[0]} && {a[1]}" if symbol == "*" else f"{a[0]} != {a[1]}"
    wide = _computing(type)
    return f"({c_type(type)})(({wide}){a[0]} {symbol} ({wide}){a[1]})"


def type_of(op: Operation) -> type[Operation]:
    """The class of an op."""
    return type(op)


_BITWISE: Final[dict[type[Operation], str]] = {arith.AndI: "&", arith.OrI: "|", arith.XOrI: "^"}


@expression_of(*_BITWISE)
def _bitwise(op: Operation, helpers: Helpers, a: list[str]) -> str:
    symbol = _BITWISE[type_of(op)]
    return f"({c_type(op.results[0].type)})({a[0]} {symbol} {a[1]})"


@expression_of(arith.MinSI, arith.MaxSI, arith.MinUI, arith.MaxUI)
def _integer_extremum(op: Operation, helpers: Helpers, a: list[str]) -> str:
    symbol = "<" if isinstance(op, arith.MinSI | arith.MinUI) else ">"
    type = op.results[0].type
    if isinstance(op, arith.MinUI | arith.MaxUI) and width_of(type) > 1:
        cast = unsigned(type)
        return f"({cast}){a[0]} {symbol} ({cast}){a[1]} ? {a[0]} : {a[1]}"
    return f"{a[0]} {symbol} {a[1]} ? {a[0]} : {a[1]}"


_CMPI: Final = {
    CmpIPredicate.EQ: "==", CmpIPredicate.NE: "!=", CmpIPredicate.SLT: "<", CmpIPredicate.SLE: "<=",
    CmpIPredicate.SGT: ">", CmpIPredicate.SGE: ">=", CmpIPredicate.ULT: "<", CmpIPredicate.ULE: "<=",
    CmpIPredicate.UGT: ">", CmpIPredicate.UGE: ">=",
}  # fmt: skip


@expression_of(arith.CmpI)
def _cmpi(op: arith.CmpI, helpers: Helpers, a: list[str]) -> str:
    symbol, type = _CMPI[op.predicate], op.lhs.type
    if op.predicate.value.startswith("u") and width_of(type) > 1:
        cast = unsigned(type)
        return f"({cast}){a[0]} {symbol} ({cast}){a[1]}"
    if op.predicate.value.startswith("s") and width_of(type) == 1:  # as one signed bit, true is -1
        return f"{a[1]} {symbol} {a[0]}"
    return f"{a[0]} {symbol} {a[1]}"


@expression_of(arith.Select)
def _select(op: Operation, helpers: Helpers, a: list[str]) -> str:
    return f"{a[0]} ? {a[1]} : {a[2]}"


_DIVISIONS: Final[dict[type[Operation], tuple[str, bool, str]]] = {
    # name: (C type is signed, body for a and b)
    arith.DivSI: ("div", True, "b == 0 ? -1 : b == -1 ? ({t})(0 - ({w})a) : ({t})(a / b)"),
    arith.RemSI: ("rem", True, "b == 0 ? a : b == -1 ? 0 : ({t})(a % b)"),
    arith.FloorDivSI: (
        "floordiv", True, "b == 0 ? -1 : b == -1 ? ({t})(0 - ({w})a) : ({t})(a / b - (a % b != 0 && (a < 0) != (b < 0)))",
    ),
    arith.CeilDivSI: (
        "ceildiv", True, "b == 0 ? -1 : b == -1 ? ({t})(0 - ({w})a) : ({t})(a / b + (a % b != 0 && (a < 0) == (b < 0)))",
    ),
    arith.DivUI: ("udiv", False, "b == 0 ? ({t})-1 : ({t})(({u})a / ({u})b)"),
    arith.RemUI: ("urem", False, "b == 0 ? a : ({t})(({u})a % ({u})b)"),
    arith.CeilDivUI: ("uceildiv", False, "b == 0 ? ({t})-1 : ({t})(({u})a / ({u})b + (({u})a % ({u})b != 0))"),
    arith.ShLI: ("shl", False, "({u})b < {n} ? ({t})(({w})a << ({u})b) : 0"),
    arith.ShRUI: ("shr", False, "({u})b < {n} ? ({t})(({u})a >> ({u})b) : 0"),
    arith.ShRSI: ("sar", True, "({t})(a >> (({u})b < {n} ? b : {n} - 1))"),
}  # fmt: skip


@expression_of(*_DIVISIONS)
def _division(op: Operation, helpers: Helpers, a: list[str]) -> str:
    type = op.results[0].type
    base, _, body = _DIVISIONS[type_of(op)]
    n = width_of(type)
    if n == 1:
        raise Error(f"the C backend does not compute `{op.name}` in `{type}`", where=op.location.label or None)
    t = c_type(type)
    name = f"{base}_i{n}"
    text = body.format(t=t, u=unsigned(type), w=_computing(type), n=n)
    source = f"static inline {t} {name}({t} a, {t} b)\n{{\n    return {text};\n}}\n"
    return f"{helpers.use(name, source)}({a[0]}, {a[1]})"


@expression_of(math.AbsI)
def _absi(op: Operation, helpers: Helpers, a: list[str]) -> str:
    type = op.results[0].type
    return f"{a[0]} < 0 ? ({c_type(type)})(0 - ({_computing(type)}){a[0]}) : {a[0]}"


@expression_of(math.CtPop)
def _ctpop(op: Operation, helpers: Helpers, a: list[str]) -> str:
    type = op.results[0].type
    if width_of(type) == 1:
        return a[0]
    return f"({c_type(type)})__builtin_popcountll(({unsigned(type)}){a[0]})"


@expression_of(math.CountLeadingZeros)
def _ctlz(op: Operation, helpers: Helpers, a: list[str]) -> str:
    type = op.results[0].type
    n = width_of(type)
    if n == 1:
        return f"!{a[0]}"
    cast = unsigned(type)
    return f"({c_type(type)})({a[0]} == 0 ? {n} : __builtin_clzll(({cast}){a[0]}) - {64 - n})"


@expression_of(math.IPowI)
def _ipowi(op: Operation, helpers: Helpers, a: list[str]) -> str:
    type = op.results[0].type
    n, t, w = width_of(type), c_type(type), _computing(type)
    name = f"ipow_i{n}"
    source = (
        f"static inline {t} {name}({t} a, {t} b)\n{{\n"
        f"    if (b < 0) return a == 1 ? 1 : a == -1 ? ({t})(b % 2 ? -1 : 1) : 0;\n"
        f"    {w} base = ({w})a, power = 1;\n"
        f"    for ({unsigned(type)} n = ({unsigned(type)})b; n != 0; n >>= 1, base *= base)\n"
        f"        if (n & 1) power *= base;\n"
        f"    return ({t})power;\n}}\n"
    )
    return f"{helpers.use(name, source)}({a[0]}, {a[1]})"


# -- conversions ---------------------------------------------------------------------------------------------------------------

_F16_TO_F32: Final = """static inline float f16_to_f32(uint16_t h)
{
    const uint32_t sign = (uint32_t)(h & 0x8000u) << 16, exponent = (h >> 10) & 0x1fu, mantissa = h & 0x3ffu;
    union { uint32_t u; float f; } r;
    if (exponent == 0x1fu) r.u = sign | 0x7f800000u | mantissa << 13;
    else if (exponent != 0) r.u = sign | (exponent + 112u) << 23 | mantissa << 13;
    else {
        r.f = (float)mantissa * 0x1p-24f;
        r.u |= sign;
    }
    return r.f;
}
"""

_F32_TO_F16: Final = """static inline uint16_t f32_to_f16(float x)
{
    union { float f; uint32_t u; } v = { x };
    const uint32_t sign = v.u >> 16 & 0x8000u, a = v.u & 0x7fffffffu;
    if (a > 0x7f800000u) return (uint16_t)(sign | 0x7e00u);
    if (a >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u);
    if (a < 0x38800000u) {
        v.u = a;
        return (uint16_t)(sign | (uint32_t)nearbyintf(v.f * 0x1p24f));
    }
    return (uint16_t)(sign | (a - 0x38000000u + 0xfffu + (a >> 13 & 1u)) >> 13);
}
"""

_BF16_TO_F32: Final = """static inline float bf16_to_f32(uint16_t h)
{
    union { uint32_t u; float f; } r = { (uint32_t)h << 16 };
    return r.f;
}
"""

_F32_TO_BF16: Final = """static inline uint16_t f32_to_bf16(float x)
{
    union { float f; uint32_t u; } v = { x };
    if (x != x) return (uint16_t)(v.u >> 16 | 0x40u);
    return (uint16_t)((v.u + 0x7fffu + (v.u >> 16 & 1u)) >> 16);
}
"""


_F64_TO_F32_ODD: Final = """static inline float f64_to_f32_odd(double x)
{
    union { float f; uint32_t u; } r = { (float)x };
    if (x != x || (double)r.f == x) return r.f;
    if (fabs((double)r.f) > fabs(x)) --r.u;
    r.u |= 1u;
    return r.f;
}
"""


@expression_of(arith.ExtF)
def _extf(op: arith.ExtF, helpers: Helpers, a: list[str]) -> str:
    before, after = op.in_.type, op.out.type
    if is_narrow(after):
        raise Error(f"the C backend does not widen to `{after}`", where=op.location.label or None, hint="widen to f32")
    if before is f16:
        return f"({c_type(after)}){helpers.use('f16_to_f32', _F16_TO_F32)}({a[0]})"
    if before is bf16:
        return f"({c_type(after)}){helpers.use('bf16_to_f32', _BF16_TO_F32)}({a[0]})"
    if is_narrow(before):
        return f"({c_type(after)}){helpers.use(*narrow_floats.to_f32(before))}({a[0]})"
    return f"({c_type(after)}){a[0]}"


@expression_of(arith.TruncF)
def _truncf(op: arith.TruncF, helpers: Helpers, a: list[str]) -> str:
    before, after = op.in_.type, op.out.type
    if is_narrow(after):
        if is_narrow(before):
            raise Error(
                f"the C backend rounds to `{after}` from f32 or f64, not from `{before}`",
                where=op.location.label or None,
            )
        # By way of an f32 whose last bit says that it is not exact, so that the second rounding is the only one.
        value = a[0] if before is f32 else f"{helpers.use('f64_to_f32_odd', _F64_TO_F32_ODD)}({a[0]})"
        if after is f16:
            return f"{helpers.use('f32_to_f16', _F32_TO_F16)}({value})"
        if after is bf16:
            return f"{helpers.use('f32_to_bf16', _F32_TO_BF16)}({value})"
        return f"{helpers.use(*narrow_floats.from_f32(after))}({value})"
    return f"({c_type(after)}){a[0]}"


@expression_of(arith.ExtSI, arith.ExtUI)
def _ext(op: Any, helpers: Helpers, a: list[str]) -> str:
    return _low_bits(op.out.type, _read(op.in_.type, a[0], isinstance(op, arith.ExtSI)))


@expression_of(arith.TruncI)
def _trunci(op: arith.TruncI, helpers: Helpers, a: list[str]) -> str:
    return _low_bits(op.out.type, a[0])


def _read(type: Type, text: str, is_signed: bool) -> str:
    """An integer as a signed or unsigned number."""
    width = width_of(type)
    if width == 1:
        return f"-{text}" if is_signed else text
    if width < 8:
        return (
            f"((int8_t)({text} * {1 << (8 - width)}) >> {8 - width})" if is_signed else f"({text} & {(1 << width) - 1})"
        )
    return text if is_signed else f"({unsigned(type)}){text}"


def _low_bits(type: Type, text: str) -> str:
    """The low bits of a number as an integer of a type."""
    width = width_of(type)
    if width == 1:
        return f"({text} & 1) != 0"
    return f"(int8_t)({text} & {(1 << width) - 1})" if width < 8 else f"({c_type(type)}){text}"


@expression_of(arith.IndexCast, arith.IndexCastUI)
def _index_cast(op: Any, helpers: Helpers, a: list[str]) -> str:
    return _low_bits(op.out.type, _read(op.in_.type, a[0], isinstance(op, arith.IndexCast)))


@expression_of(arith.SIToFP, arith.UIToFP)
def _to_float(op: Any, helpers: Helpers, a: list[str]) -> str:
    before, after = op.in_.type, op.out.type
    if is_narrow(after):
        raise Error(
            f"the C backend converts integers to f32 or f64 first, not to `{after}`", where=op.location.label or None
        )
    return f"({c_type(after)}){_read(before, a[0], isinstance(op, arith.SIToFP))}"


@expression_of(arith.FPToSI, arith.FPToUI)
def _to_integer(op: Any, helpers: Helpers, a: list[str]) -> str:
    before, after = op.in_.type, op.out.type
    signed, n = isinstance(op, arith.FPToSI), width_of(after)
    if is_narrow(before) or n < 8:
        raise Error(f"the C backend does not convert `{before}` to `{after}`", where=op.location.label or None)
    source, target = c_type(before), c_type(after)
    suffix = "f" if before.kind == "f32" else ""
    name = f"{before.kind}_to_{'i' if signed else 'u'}{n}"
    if signed:
        body = (
            f"x != x ? 0 : x >= 0x1p{n - 1}{suffix} ? INT{n}_MAX : x < -0x1p{n - 1}{suffix} ? INT{n}_MIN : ({target})x"
        )
    else:
        body = f"!(x > 0) ? 0 : x >= 0x1p{n}{suffix} ? ({target})-1 : ({target})({unsigned(after)})x"
    helper = f"static inline {target} {name}({source} x)\n{{\n    return {body};\n}}\n"
    return f"{helpers.use(name, helper)}({a[0]})"


@expression_of(arith.Bitcast)
def _bitcast(op: arith.Bitcast, helpers: Helpers, a: list[str]) -> str:
    before, after = c_type(op.in_.type), c_type(op.out.type)
    if before == after:
        return a[0]
    name = f"bits_{before}_{after}".replace("_t", "")
    body = f"    union {{ {before} from; {after} to; }} v = {{ x }};\n    return v.to;\n"
    helper = f"static inline {after} {name}({before} x)\n{{\n{body}}}\n"
    return f"{helpers.use(name, helper)}({a[0]})"
