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


_EXPECTATION_AS_ASSERTION: Final = """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  check.expect_eq %x, %x : tensor<2x3xf32>
  check.expect_almost_eq %x, %x : tensor<2x3xf32>
  return %x : tensor<2x3xf32>
}
"""


@rule(examples=(_EXPECTATION_AS_ASSERTION,))
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


_EXPECTED_CALL_AS_ASSERTION_1: Final = """
func.func @main(%x: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> tensor<i1> {
  %0 = stablehlo.custom_call @check.eq(%x, %y) : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<i1>
  return %0 : tensor<i1>
}
"""
_EXPECTED_CALL_AS_ASSERTION_2: Final = """
func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
  stablehlo.custom_call @check.expect_close(%x, %x) {max_ulp_difference = 3 : i64} : (tensor<3xf32>, tensor<3xf32>) -> ()
  return %x : tensor<3xf32>
}
"""


@rule(examples=(_EXPECTED_CALL_AS_ASSERTION_1, _EXPECTED_CALL_AS_ASSERTION_2))
def expected_call_as_assertion(op: hlo.CustomCall, rewriter: Rewriter) -> str | None:
    """custom_call @check.expect_eq(x, y)  =>  assert(and(x == y)), and so on"""
    target = op.call_target_name
    if target not in _TARGETS:
        return "it calls no check"
    types = [value.type for value in op.operands]
    if len(types) != 2 or types[0] is not types[1] or len(op.results) != (target == "check.eq"):
        return "a check compares two tensors of one type"
    if not isinstance(types[0], TensorType):
        return "a check compares tensors"
    if any(result.type is not TensorType((), i1) for result in op.results):
        return "a check gives a truth value"
    reason = _unsupported(types[0])
    if reason is not None:
        return reason
    left, right = op.operands
    floats = isinstance(types[0].element_type, FloatType | ComplexType)
    if target == "check.expect_close" and floats:
        most, least = _number(op, "max_ulp_difference", 3), _number(op, "min_ulp_difference", 0)
        if not (0 <= least < _MANY and 0 <= most < _MANY):
            return "the bounds on the difference are no numbers of units in the last place"
        _expect_close(left, right, int(most), int(least))
    elif floats and target in ("check.expect_almost_eq", "check.eq"):
        _expect_almost_eq(left, right, _number(op, "tolerance", TOLERANCE))
    elif target in ("check.expect_eq", "check.eq"):
        _expect_eq(left, right)
    else:
        return f"it compares floats, not `{types[0]}`"
    if target == "check.eq":
        rewriter.replace(op, hlo.constant(True, i1).output)
    else:
        rewriter.erase(op)
    return None


_TARGETS: Final = ("check.expect_eq", "check.expect_almost_eq", "check.expect_close", "check.eq")


_MANY: Final = 1 << 31
"""More units in the last place than anybody means."""


def _number(op: Operation, key: str, default: float) -> float:
    found = op.attributes.get(key)
    return found.value if isinstance(found, FloatAttr | IntegerAttr) else default


def _unsupported(type: TensorType) -> str | None:
    element = type.element_type
    if not type.is_static:
        return "a size is not known"
    if isinstance(element, FloatType) and element.width not in (8, 16, 32, 64):
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
