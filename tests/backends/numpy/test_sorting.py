"""Sorts: by keys and by comparisons, which give the same order."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import couloir
from couloir.backends.numpy import run, sorting
from couloir.dialects import hlo
from couloir.dialects.hlo import ComparisonDirection, ComparisonType
from couloir.ir.types import f32, i32
from tests.backends.numpy.differential import region, scalars
from tests.backends.numpy.programs import program

LT, GT, EQ, NE = (ComparisonDirection[name] for name in ("LT", "GT", "EQ", "NE"))
Comparator = Callable[..., Any]


def total(a: Any, b: Any, direction: ComparisonDirection = LT) -> Any:
    return hlo.Compare(a, b, direction, ComparisonType.TOTALORDER)


def canonical(x: Any) -> Any:
    """One zero and one NaN, as JAX makes them in its comparators."""
    zero, nan = hlo.constant(0.0, f32), hlo.constant(float("nan"), f32)
    one_zero = hlo.Select(hlo.Compare(x, zero, EQ), zero, x)
    return hlo.Select(hlo.Compare(x, x, NE), nan, one_zero)


def then(first: Any, second: Any, next_one: Any) -> Any:
    """Less, or equal and less in what comes next."""
    return hlo.Or(total(first, second), hlo.And(total(first, second, EQ), next_one))


BY_KEYS: dict[str, Comparator] = {
    "less": lambda a, b, i, j: hlo.Compare(a, b, LT),
    "greater": lambda a, b, i, j: hlo.Compare(a, b, GT),
    "turned round": lambda a, b, i, j: hlo.Compare(b, a, GT),
    "total order": lambda a, b, i, j: total(a, b),
    "total order, descending": lambda a, b, i, j: total(a, b, GT),
    "as JAX": lambda a, b, i, j: total(canonical(a), canonical(b)),
    "of an integer": lambda a, b, i, j: hlo.Compare(
        hlo.And(i, hlo.constant(3, i32)), hlo.And(j, hlo.constant(3, i32)), GT
    ),
    "two keys": lambda a, b, i, j: then(canonical(a), canonical(b), hlo.Compare(i, j, GT)),
    "two keys, the other way": lambda a, b, i, j: hlo.Select(
        hlo.Compare(i, j, EQ), hlo.Compare(a, b, GT), hlo.Compare(i, j, LT)
    ),
}
BY_COMPARISONS: dict[str, Comparator] = {
    "of a difference": lambda a, b, i, j: hlo.Compare(hlo.Subtract(a, b), hlo.constant(0.0, f32), LT),
    "not less": lambda a, b, i, j: hlo.Not(hlo.Compare(a, b, ComparisonDirection.GE)),
    "of both": lambda a, b, i, j: hlo.Or(
        hlo.Compare(a, b, LT), hlo.And(hlo.Compare(a, b, EQ), hlo.Not(hlo.Compare(j, i, LT)))
    ),
    "less or equal": lambda a, b, i, j: hlo.Not(hlo.Compare(a, b, GT)),
    "all are equal": lambda a, b, i, j: hlo.Compare(a, a, NE),
}


def sort_module(comparator: Comparator, keys: Any, values: Any) -> Any:
    def body(k: Any, v: Any) -> Any:
        return hlo.Sort([k, v], 1, True, region(scalars("f4", "f4", "i4", "i4"), comparator))

    return program([keys, values], body)


def sorted_one_by_one(comparator: Comparator, keys: Any, values: Any) -> list[Any]:
    """By Python's stable sort, with the comparator run for two elements at a time."""
    types = [np.zeros((), "f4"), np.zeros((), "f4"), np.zeros((), "i4"), np.zeros((), "i4")]
    module = program(types, comparator)

    def less(x: Any, y: Any) -> bool:
        return bool(run(module, x[0], y[0], x[1], y[1])[0])

    rows: list[Any] = []
    for row in range(len(keys)):
        pairs = [(np.asarray(k), np.asarray(v)) for k, v in zip(keys[row], values[row], strict=True)]
        rows.append(sorted(pairs, key=functools.cmp_to_key(lambda x, y: less(y, x) - less(x, y))))
    return [np.array([[pair[n] for pair in row] for row in rows]).reshape(keys.shape) for n in range(2)]


@pytest.mark.parametrize("name", [*BY_KEYS, *BY_COMPARISONS])
@given(seed=st.integers(0, 999), length=st.integers(0, 9))
@settings(max_examples=8)
def test_the_order_is_that_of_the_comparator(name: str, seed: int, length: int) -> None:
    comparator = {**BY_KEYS, **BY_COMPARISONS}[name]
    rng = np.random.default_rng(seed)
    special = [0.0, -0.0, 1, 2, -1, np.inf, -np.inf]
    if "JAX" in name or "total" in name or name == "two keys":  # others do not order NaN
        special += [np.nan]
    keys = rng.choice(np.array(special, "f4"), (2, length))
    values = rng.integers(0, 4, (2, length)).astype("i4")
    found = run(sort_module(comparator, keys, values), keys, values)
    wanted = sorted_one_by_one(comparator, keys, values)
    for mine, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(mine, other)
        np.testing.assert_array_equal(np.signbit(mine), np.signbit(other))


@pytest.mark.parametrize("name", BY_KEYS)
def test_these_compare_keys(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> Any:
        raise AssertionError("it compares elements")

    monkeypatch.setattr(sorting, "_order_by_comparisons", refused)
    keys, values = np.array([[3, 1, 2, 1]], "f4"), np.array([[0, 1, 2, 3]], "i4")
    run(sort_module(BY_KEYS[name], keys, values), keys, values)


@pytest.mark.parametrize("name", BY_COMPARISONS)
def test_many_equal_elements_are_sorted_in_few_rounds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []
    original = sorting._is_less

    def counted(*arguments: Any) -> Any:
        rounds.append(1)
        return original(*arguments)

    monkeypatch.setattr(sorting, "_is_less", counted)
    rng = np.random.default_rng(0)
    keys, values = rng.integers(0, 20, (1, 20_000)).astype("f4"), np.zeros((1, 20_000), "i4")
    (found, _) = run(sort_module(BY_COMPARISONS[name], keys, values), keys, values)
    np.testing.assert_array_equal(np.sort(found), np.sort(keys))
    assert len(rounds) < 200


def test_what_is_never_consistent_is_a_permutation() -> None:
    keys = np.random.default_rng(0).permutation(50).astype("f4").reshape(1, 50)
    values = np.arange(50, dtype="i4").reshape(1, 50)

    def around(a: Any, b: Any, i: Any, j: Any) -> Any:  # scissors cut paper, which wraps stone
        three = hlo.constant(3.0, f32)
        rest = hlo.Remainder(hlo.Add(hlo.Subtract(a, b), hlo.constant(300.0, f32)), three)
        return hlo.Compare(rest, hlo.constant(1.0, f32), EQ)

    found, places = run(sort_module(around, keys, values), keys, values)
    np.testing.assert_array_equal(np.sort(found), np.sort(keys))
    np.testing.assert_array_equal(keys[0, places[0]], found[0])


@pytest.mark.parametrize(
    "bound", ["stablehlo.constant dense<2.0> : tensor<f32>", "stablehlo.negate %least : tensor<f32>"]
)
def test_comparators_see_what_is_around(bound: str) -> None:
    module = couloir.parse(f"""
    func.func @main(%x: tensor<5xf32>, %least: tensor<f32>) -> tensor<5xf32> {{
      %bound = {bound}
      %y = "stablehlo.sort"(%x) <{{dimension = 0 : i64, is_stable = true}}> ({{
      ^bb0(%a: tensor<f32>, %b: tensor<f32>):
        %c = stablehlo.minimum %a, %bound : tensor<f32>
        %d = stablehlo.minimum %b, %bound : tensor<f32>
        %l = stablehlo.compare LT, %c, %d : (tensor<f32>, tensor<f32>) -> tensor<i1>
        stablehlo.return %l : tensor<i1>
      }}) : (tensor<5xf32>) -> tensor<5xf32>
      return %y : tensor<5xf32>
    }}""")
    x = np.array([5, 1, 4, 0, 3], "f4")
    assert couloir.run(module, x, np.float32(-2))[0].tolist() == [0, 1, 5, 4, 3]


CALLED = """
func.func private @negative(%x: tensor<f32>) -> tensor<f32> {
  %0 = stablehlo.negate %x : tensor<f32>
  return %0 : tensor<f32>
}
func.func @main(%x: tensor<5xf32>, %u: tensor<f32>, %v: tensor<f32>) -> tensor<5xf32> {
  %y = "stablehlo.sort"(%x) <{dimension = 0 : i64, is_stable = true}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    KEYS
    %l = stablehlo.compare LT, %c, %d : (tensor<f32>, tensor<f32>) -> tensor<i1>
    stablehlo.return %l : tensor<i1>
  }) : (tensor<5xf32>) -> tensor<5xf32>
  return %y : tensor<5xf32>
}"""


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("OF = func.call @negative(FROM) : (tensor<f32>) -> tensor<f32>", [5, 4, 3, 1, 0]),
        ("OF = stablehlo.reshape FROM : (tensor<f32>) -> tensor<f32>", [0, 1, 3, 4, 5]),
        ("OF = stablehlo.negate OTHER : tensor<f32>", [5, 1, 4, 0, 3]),  # neither argument: all are equal
    ],
)
def test_keys_that_are_called_moved_or_taken_from_elsewhere(keys: str, wanted: list[int]) -> None:
    both = [("%c", "%a", "%u"), ("%d", "%b", "%u")]
    lines = [keys.replace("OF", of).replace("FROM", from_).replace("OTHER", other) for of, from_, other in both]
    module = couloir.parse(CALLED.replace("KEYS", "\n".join(lines)))
    x, zero = np.array([5, 1, 4, 0, 3], "f4"), np.zeros((), "f4")
    assert couloir.run(module, x, zero, zero, function="main")[0].tolist() == wanted
