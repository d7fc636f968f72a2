"""Checks inside a program as comparisons and `cf.assert`: the rules for the check dialect and `custom_call @check.*`.

Source: openxla/stablehlo, `check` dialect; the meaning is that of `couloir.backends.numpy.expectations`.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from couloir.backends.numpy.expectations import TOLERANCE
from couloir.backends.numpy.ulps import APART
from couloir.dialects import cf, check, hlo, tensor
from couloir.dialects.hlo.attributes import ComparisonDirection
from couloir.dialects.hlo.building import compare, convert, full_like, reduce
from couloir.ir.attributes import FloatAttr, IntegerAttr
from couloir.ir.operation import Operation, Value
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import ComplexType, FloatType, IntegerType, TensorType, f64, i1, ui64

Tensor: TypeAlias = "Value[TensorType]"

_EQ: Final = ComparisonDirection.EQ
_UP_TO, _FROM = "max_ulp_difference", "min_ulp_difference"

_EXPECTATION_AS_ASSERTION: Final = """
func.func @main(%x: tensor<2x3xf32>, %i: tensor<i32>, %u: tensor<?xf32>, %z: tensor<3xf6E2M3FN>) -> tensor<2x3xf32> {
  check.expect_eq %x, %x : tensor<2x3xf32>
  check.expect_eq %i, %i : tensor<i32>
  check.expect_almost_eq %x, %x : tensor<2x3xf32>
  check.expect_close %x, %x, max_ulp_difference = 0 : tensor<2x3xf32>, tensor<2x3xf32>
  check.expect_almost_eq %u, %u : tensor<?xf32>
  check.expect_close %z, %z, max_ulp_difference = 0 : tensor<3xf6E2M3FN>, tensor<3xf6E2M3FN>
  return %x : tensor<2x3xf32>
}
"""
_CONSTANT_EXPECTATION: Final = """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = stablehlo.constant dense<[1.0, -2.0]> : tensor<2xf32>
  check.expect_eq_const %0, dense<[1.0, -2.0]> : tensor<2xf32>
  check.expect_almost_eq_const %0, dense<[1.5, -2.5]> : tensor<2xf32>, tolerance = 5.000000e-01
  return %x : tensor<2x3xf32>
}
"""
_EDGES: Final = (
    ("eq", "f32", "[1.0, -0.0]", "[1.0, 0.0]", ""),
    ("eq", "f32", "[1.0, 2.0]", "[1.00001, 2.0]", ""),
    ("eq", "i32", "[1, 2]", "[1, 3]", ""),
    ("almost_eq", "f32", "[1.0, -2.0]", "[1.5, -2.5]", "tolerance = 0.5 : f64"),
    ("almost_eq", "f32", "[1.0, 2.0]", "[3.0, 2.0]", "tolerance = 0.5 : f64"),
    ("almost_eq", "f64", "[1.0, 2.0]", "[1.0001, 2.0001]", "tolerance = 0.00005 : f64"),
    ("almost_eq", "complex<f32>", "[(1.0, 2.0), (0.0, 0.0)]", "[(2.0, 3.0), (0.0, 1.0)]", "tolerance = 1.0 : f64"),
    ("close", "f32", "[1.0, -1.4e-45]", "[1.00000036, 2.8e-45]", f"{_UP_TO} = 3 : ui64, {_FROM} = 3 : ui64"),
    ("close", "f32", "[1.0, 2.0]", "[1.00000048, 2.0]", f"{_UP_TO} = 3 : ui64"),
    ("close", "f16", "[1.0, 2.0]", "[1.0, 2.002]", f"{_UP_TO} = 3 : ui64, {_FROM} = 1 : ui64"),
    (
        "close", "complex<f32>", "[(1.0, 1.0), (2.0, 2.0)]", "[(1.00000012, 1.00000024), (2.00000048, 2.0)]",
        f"{_UP_TO} = 2 : ui64, {_FROM} = 2 : ui64",
    ),
)  # fmt: skip
"""Checks that just hold or just do not: what is compared, by which numbers."""


def _of_constants(check: str, element: str, left: str, right: str) -> str:
    """A program with one check of two constants."""
    return f"""
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {{
  %0 = stablehlo.constant dense<{left}> : tensor<2x{element}>
  %1 = stablehlo.constant dense<{right}> : tensor<2x{element}>
  {check} : (tensor<2x{element}>, tensor<2x{element}>) -> ()
  return %x : tensor<2xf32>
}}
"""


_EXPECTATIONS: Final = tuple(
    _of_constants(f'"check.expect_{check}"(%0, %1) <{{{numbers}}}>', element, left, right)
    for check, element, left, right, numbers in _EDGES
)


@rule(examples=(_EXPECTATION_AS_ASSERTION, _CONSTANT_EXPECTATION, *_EXPECTATIONS))
def expectation_as_assertion(
    op: check.ExpectEq | check.ExpectEqConst | check.ExpectAlmostEq | check.ExpectAlmostEqConst | check.ExpectClose,
    rewriter: Rewriter,
) -> str | None:
    """check.expect_eq(x, y)  =>  assert(and(x == y)), and so on"""
    left: Tensor = op.operands[0]
    reason = _unsupported(left.type)
    if reason is not None:
        return reason
    if isinstance(op, check.ExpectEqConst | check.ExpectAlmostEqConst):
        right: Tensor = hlo.Constant(op.value).output
    else:
        right = op.operands[1]
    match op:
        case check.ExpectAlmostEq() | check.ExpectAlmostEqConst():
            _expect_almost_eq(left, right, op.tolerance)
        case check.ExpectClose():
            _expect_close(left, right, op.max_ulp_difference, op.min_ulp_difference)
        case _:
            _expect_eq(left, right)
    rewriter.erase(op)
    return None


_EXPECTED_CALL_AS_ASSERTION: Final = """
func.func @main(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<i1> {
  %0 = stablehlo.custom_call @check.eq(%x, %y) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<i1>
  return %0 : tensor<i1>
}
"""
_OTHER_CALLS: Final = """
func.func @main(%x: tensor<3xf32>, %y: tensor<4xf32>, %i: tensor<3xi32>, %t: !stablehlo.token)
    -> (tensor<i1>, tensor<i1>, tensor<2xi1>) {
  stablehlo.custom_call @check.expect_close(%i, %i) : (tensor<3xi32>, tensor<3xi32>) -> ()
  stablehlo.custom_call @check.expect_almost_eq(%i, %i) : (tensor<3xi32>, tensor<3xi32>) -> ()
  stablehlo.custom_call @check.expect_eq(%x, %x) : (tensor<3xf32>, tensor<3xf32>) -> ()
  stablehlo.custom_call @check.expect_eq(%x) : (tensor<3xf32>) -> ()
  stablehlo.custom_call @check.expect_eq(%x, %x, %x) : (tensor<3xf32>, tensor<3xf32>, tensor<3xf32>) -> ()
  stablehlo.custom_call @check.expect_eq(%x, %y) : (tensor<3xf32>, tensor<4xf32>) -> ()
  stablehlo.custom_call @check.expect_eq(%t, %t) : (!stablehlo.token, !stablehlo.token) -> ()
  stablehlo.custom_call @check.unknown(%x, %x) : (tensor<3xf32>, tensor<3xf32>) -> ()
  %0 = stablehlo.custom_call @check.expect_eq(%x, %x) : (tensor<3xf32>, tensor<3xf32>) -> tensor<i1>
  %1 = stablehlo.custom_call @check.unknown(%x, %x) : (tensor<3xf32>, tensor<3xf32>) -> tensor<i1>
  %2 = stablehlo.custom_call @check.eq(%x, %x) : (tensor<3xf32>, tensor<3xf32>) -> tensor<2xi1>
  return %0, %1, %2 : tensor<i1>, tensor<i1>, tensor<2xi1>
}
"""
"""One check, and calls that only look like one."""
_ONE_CHECK_AMONG_CALLS: Final = """
func.func @main(%x: tensor<3xi32>, %y: tensor<3xf32>, %z: tensor<3xf6E2M3FN>) -> tensor<3xi32> {
  stablehlo.custom_call @check.expect_eq(%x, %x) : (tensor<3xi32>, tensor<3xi32>) -> ()
  stablehlo.custom_call @check.expect_close(%y, %y) {min_ulp_difference = -1 : i64} : (tensor<3xf32>, tensor<3xf32>) -> ()
  stablehlo.custom_call @check.expect_close(%z, %z) : (tensor<3xf6E2M3FN>, tensor<3xf6E2M3FN>) -> ()
  %0 = stablehlo.constant dense<true> : tensor<i1>
  %1 = stablehlo.constant dense<false> : tensor<i1>
  stablehlo.custom_call @shape_assertion(%0, %1) : (tensor<i1>, tensor<i1>) -> ()
  return %x : tensor<3xi32>
}
"""
_EQUAL_BUT_FOR_THE_TOLERANCE: Final = """
func.func @main() -> tensor<i1> {
  %0 = stablehlo.constant dense<1.0> : tensor<f32>
  %1 = stablehlo.constant dense<1.5> : tensor<f32>
  %2 = stablehlo.custom_call @check.eq(%0, %1) {tolerance = 0.5 : f64} : (tensor<f32>, tensor<f32>) -> tensor<i1>
  return %2 : tensor<i1>
}
"""
_EXPECTED_CALLS: Final = tuple(
    _of_constants(f"stablehlo.custom_call @check.expect_{check}(%0, %1) {{{numbers}}}", element, left, right)
    for check, element, left, right, numbers in (
        *_EDGES,
        ("almost_eq", "f32", "[1.0, 2.0]", "[1.00009, 2.0]", ""),
        ("close", "f32", "[1.0, 2.0]", "[1.00000036, 2.0]", ""),
        ("close", "f32", "[1.0, 2.0]", "[1.00000048, 2.0]", ""),
    )
)


@rule(
    examples=(
        _EXPECTED_CALL_AS_ASSERTION,
        _OTHER_CALLS,
        _ONE_CHECK_AMONG_CALLS,
        _EQUAL_BUT_FOR_THE_TOLERANCE,
        *_EXPECTED_CALLS,
    )
)
def expected_call_as_assertion(op: hlo.CustomCall, rewriter: Rewriter) -> str | None:
    """custom_call @check.expect_eq(x, y)  =>  assert(and(x == y)), and so on"""
    target = op.call_target_name
    if target not in _TARGETS:
        return "it calls no check"
    if len(op.operands) != 2 or len(op.results) != (target == "check.eq"):
        return "a check compares two tensors"
    left, right = op.operands
    type = left.type
    if not isinstance(type, TensorType) or right.type is not type:
        return "a check compares two tensors of one type"
    if any(result.type is not TensorType((), i1) for result in op.results):
        return "a check gives a truth value"
    reason = _unsupported(type)
    if reason is not None:
        return reason
    floats = isinstance(type.element_type, FloatType | ComplexType)
    if target in ("check.expect_almost_eq", "check.expect_close") and not floats:
        return f"it compares floats, not `{type}`"
    if target == "check.expect_close":
        most, least = _number(op, _UP_TO, 3), _number(op, _FROM, 0)
        if not all(0 <= bound < _MANY for bound in (most, least)):
            return "the bounds on the difference are no numbers of units in the last place"
        _expect_close(left, right, int(most), int(least))
    elif target == "check.expect_almost_eq":
        _expect_almost_eq(left, right, _number(op, "tolerance", TOLERANCE))
    elif target == "check.eq" and floats:
        _expect_almost_eq(left, right, TOLERANCE)
    else:
        _expect_eq(left, right)
    if target == "check.eq":
        rewriter.replace(op, hlo.constant(True, i1).output)
    else:
        rewriter.erase(op)
    return None


_TARGETS: Final = ("check.expect_eq", "check.expect_almost_eq", "check.expect_close", "check.eq")


_WIDTHS: Final = (8, 16, 32, 64)
"""Of floats whose bits are integers."""
_MANY: Final = 1 << 31
"""More units in the last place than anybody means."""


def _number(op: Operation, key: str, default: float) -> float:
    found = op.attributes.get(key)
    return found.value if isinstance(found, FloatAttr | IntegerAttr) else default


def _unsupported(type: TensorType) -> str | None:
    element = type.element_type
    if isinstance(element, FloatType) and element.width not in _WIDTHS:
        return f"there are no integers of the width of `{element}`"
    return None if isinstance(element, FloatType | IntegerType | ComplexType) else f"elements of type `{element}`"


def _assert(holds: Tensor, message: str) -> None:
    everywhere = reduce(holds, range(holds.type.rank), "and") if holds.type.rank else holds
    cf.Assert(tensor.Extract(everywhere).result, message)


def _expect_eq(left: Tensor, right: Tensor) -> None:
    _assert(compare(left, right, _EQ), "elements are not equal")


def _expect_almost_eq(left: Tensor, right: Tensor, tolerance: float) -> None:
    for a, b in _parts(left, right):
        x, y = convert(a, f64), convert(b, f64)
        near = compare(hlo.Abs(hlo.Subtract(x, y)).result, tolerance, ComparisonDirection.LE)
        _assert(hlo.Or(_same(x, y), near).result, f"elements are more than {tolerance} apart")


def _expect_close(left: Tensor, right: Tensor, most: int, least: int) -> None:
    distance, *others = (_ulp_distance(a, b) for a, b in _parts(left, right))
    for other in others:  # of complex numbers the greater distance counts
        distance = hlo.Maximum(distance, other).result
    above = compare(distance, full_like(distance, least), ComparisonDirection.GE)
    below = compare(distance, full_like(distance, most), ComparisonDirection.LE)
    _assert(hlo.And(above, below).result, f"elements are not {least} to {most} ULPs apart")


def _parts(left: Tensor, right: Tensor) -> list[tuple[Tensor, Tensor]]:
    if not isinstance(left.type.element_type, ComplexType):
        return [(left, right)]
    return [(part(left).result, part(right).result) for part in (hlo.Real, hlo.Imag)]


def _same(a: Tensor, b: Tensor) -> Tensor:
    """Equal numbers, or both NaN."""
    nan = hlo.And(compare(a, a, ComparisonDirection.NE), compare(b, b, ComparisonDirection.NE))
    return hlo.Or(compare(a, b, _EQ), nan.result).result


def _ulp_distance(a: Tensor, b: Tensor) -> Tensor:
    """How many floats lie between two, as ui64; see `couloir.backends.numpy.ulps`."""
    (left, left_sign), (right, right_sign) = (_magnitude(x) for x in (a, b))
    same_side = hlo.Subtract(hlo.Maximum(left, right), hlo.Minimum(left, right)).result
    one_sign = compare(left_sign, right_sign, _EQ)
    distance = hlo.Select(one_sign, same_side, hlo.Add(left, right)).result
    finite = hlo.And(hlo.IsFinite(a), hlo.IsFinite(b)).result
    distance = hlo.Select(finite, distance, full_like(distance, APART)).result
    return hlo.Select(_same(a, b), full_like(distance, 0), distance).result


def _magnitude(x: Tensor) -> tuple[Tensor, Tensor]:
    """How far from zero floats are, in floats, and their sign bits."""
    element: Any = x.type.element_type
    bits = convert(hlo.bitcast_convert(x, IntegerType(element.width, "unsigned")).result, ui64)
    sign = 1 << (element.width - 1)
    return hlo.And(bits, full_like(bits, sign - 1)).result, hlo.And(bits, full_like(bits, sign)).result
