"""The check dialect: see `couloir.backends.numpy.expectations`."""

from __future__ import annotations

from couloir.backends.numpy.constants import constant_array
from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array
from couloir.backends.numpy.expectations import expect_almost_eq, expect_close, expect_eq
from couloir.backends.numpy.meanings import Seen, Steps, meaning
from couloir.dialects import check
from couloir.ir.errors import Error


@meaning(check.ExpectEq)
def _expect_eq(xp: ArrayNamespace, op: check.ExpectEq, lhs: Array, rhs: Array) -> None:
    expect_eq(xp, lhs, rhs)


@meaning(check.ExpectEqConst)
def _expect_eq_const(xp: ArrayNamespace, op: check.ExpectEqConst, lhs: Array) -> None:
    expect_eq(xp, lhs, xp.array(constant_array(op.value)))


@meaning(check.ExpectAlmostEq)
def _expect_almost_eq(xp: ArrayNamespace, op: check.ExpectAlmostEq, lhs: Array, rhs: Array) -> None:
    expect_almost_eq(xp, lhs, rhs, op.tolerance)


@meaning(check.ExpectAlmostEqConst)
def _expect_almost_eq_const(xp: ArrayNamespace, op: check.ExpectAlmostEqConst, lhs: Array) -> None:
    expect_almost_eq(xp, lhs, xp.array(constant_array(op.value)), op.tolerance)


@meaning(check.ExpectClose)
def _expect_close(xp: ArrayNamespace, op: check.ExpectClose, actual: Array, expected: Array) -> None:
    expect_close(xp, actual, expected, op.max_ulp_difference, op.min_ulp_difference)


@meaning(check.ExpectSerializedEq)
def _expect_serialized_eq(xp: ArrayNamespace, op: check.ExpectSerializedEq, expected: Array) -> Steps:
    seen = yield Seen(op.probe_id)
    if op.iteration >= len(seen):
        raise Error(f"the probe `{op.probe_id}` has run {len(seen)} times, not {op.iteration + 1}")
    expect_eq(xp, seen[op.iteration], expected)
    return None
