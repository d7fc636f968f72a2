"""Sizes that are followed through Python code: what they keep, what they note, and what loses them."""

from __future__ import annotations

import math
from typing import Any

import pytest

from couloir.dialects import hlo
from couloir.ir.attributes import DenseArrayAttr, DenseElementsAttr, IntegerAttr
from couloir.ir.types import TensorType, f32, i64
from couloir.testing.proofs.expressions import constant, of, symbol
from couloir.testing.proofs.tracing import Trace, Traced, expression_of, spelled

N, M = symbol("n"), symbol("m")


def _traced() -> tuple[Trace, Any, Any]:
    trace = Trace({N: 3, M: 5})
    return trace, trace.integer(of(N)), trace.integer(of(M))


def _noted(trace: Trace) -> list[str]:
    return [str(fact) for fact in trace.facts]


def test_arithmetic_is_followed() -> None:
    _, n, m = _traced()
    assert expression_of(n * m + 2 - n) == of(N) * of(M) + constant(2) - of(N)
    assert expression_of(sum([n, m])) == of(N) + of(M)
    assert expression_of(math.prod((n, m, 2))) == of(N) * of(M) * constant(2)
    assert expression_of(divmod(n * m, m)[0]) == of(N)
    assert int(-(-m // n)) == 2
    assert type(n - n) is int


def test_comparisons_go_by_the_values_and_are_noted() -> None:
    trace, n, m = _traced()
    assert max(n, m) is m
    assert n not in (0, 1)
    assert n + 2 == m
    assert _noted(trace) == ["n + 1 <= m", "n != 0", "n != 1", "n + 2 = m"]


def test_what_holds_of_all_sizes_is_not_noted() -> None:
    trace, n, m = _traced()
    assert n >= 0
    assert n + m >= n
    assert n == n + m - m
    assert not n < 0
    assert trace.facts == []


def test_a_fact_is_noted_once_and_not_when_it_is_known() -> None:
    trace, n, _ = _traced()
    assert n > 1
    assert n > 1
    assert len(trace.facts) == 1
    again = Trace(trace.values, known=trace.facts)
    assert again.integer(of(N)) > 1
    assert again.facts == []


def test_whether_a_number_fits_into_a_word_is_not_noted() -> None:
    trace, n, _ = _traced()
    assert n <= 2**63 - 1
    assert n != 2**40
    assert trace.facts == []


def test_sizes_that_are_divided_by_are_not_zero() -> None:
    trace, n, m = _traced()
    assert m // n == 1
    assert "1 <= n" in _noted(trace)
    zero = Trace({N: 0, M: 5})
    with pytest.raises(ZeroDivisionError):
        zero.integer(of(M)) // zero.integer(of(N))


def test_types_and_attributes_keep_traced_numbers() -> None:
    _, n, m = _traced()
    type = TensorType((n, m, 2), f32)
    assert [isinstance(size, Traced) for size in type.dims] == [True, True, False]
    assert type is TensorType((n + 1 - 1, m, 2), f32)
    assert type is not TensorType((3, 5, 2), f32)
    assert type is not TensorType((n, n, 2), f32)
    assert expression_of(DenseArrayAttr(i64, (n, 1)).values[0]) == of(N)
    assert expression_of(IntegerAttr(n, i64).value) == of(N)
    splat = DenseElementsAttr.splat(type, 1.0)
    assert splat.type is type
    assert splat.array.shape == (3, 5, 2)
    assert hlo.constant(1.0, f32, shape=type.shape).output.type is type


def test_two_runs_do_not_share_types() -> None:
    _, n, m = _traced()
    _, other, _ = _traced()
    assert TensorType((n, m), f32) is not TensorType((other, m), f32)


def test_texts_show_values_or_expressions() -> None:
    _, n, m = _traced()
    type = TensorType((n + 1, m), f32)
    assert str(type) == "tensor<4x5xf32>"
    with spelled():
        assert str(type) == "tensor<(n + 1)x(m)xf32>"


def test_what_loses_the_trace_is_kept_in_mind() -> None:
    trace, n, _ = _traced()
    assert n & 1 == 1
    assert n / 2 == 1.5
    assert len({n}) == 1
    assert trace.lost == [
        "it computes with a size by `and`",
        "it computes with a size by `truediv`",
        "it puts a size into a set or looks it up in a table",
    ]


def test_making_types_loses_nothing() -> None:
    trace, n, m = _traced()
    TensorType((n, m), f32)
    DenseArrayAttr(i64, (n, m))
    assert trace.lost == []
