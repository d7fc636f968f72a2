"""The first value that differs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.comparison import values
from tests.comparison.programs import random_program, rearranged

PROGRAM = """
func.func @main(%x: tensor<3x4xf32>, %w: tensor<4x2xf32>) -> tensor<3x2xf32> {{
  %0 = stablehlo.{first} %x : tensor<3x4xf32>
  %1 = stablehlo.dot_general %0, %w, contracting_dims = [1] x [0] : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
  %2 = stablehlo.constant dense<{constant}> : tensor<3x2xf32>
  %3 = stablehlo.add %1, %2 : tensor<3x2xf32>
  %4 = stablehlo.{last} %3 : tensor<3x2xf32>
  return %4 : tensor<3x2xf32>
}}
"""


def program(first="tanh", constant="1.0", last="abs"):
    return couloir.parse(PROGRAM.format(first=first, constant=constant, last=last))


@given(st.integers(0, 2**20), st.integers(1, 25), st.integers(0, 9))
def test_the_same_program_never_differs(seed, size, other) -> None:
    module = random_program(seed, size)
    comparison = couloir.compare(module, rearranged(module, other), values=True, seed=seed)
    assert comparison.values is not None and not comparison.values
    assert comparison.values.compared >= 1


def test_the_first_difference_is_where_it_begins() -> None:
    comparison = couloir.compare(program(), program(constant="1.5"), values=True)
    found = comparison.values.divergence
    assert (found.first.name, found.second.name) == ("stablehlo.add", "stablehlo.add")
    assert found.values[1] - found.values[0] == pytest.approx(0.5)
    assert (found.count, found.size, found.index) == (6, 6, (0, 0))
    assert "the first that differs is `stablehlo.add`, 6 of 6 elements" in str(comparison)


def test_replaced_ops_are_compared_too() -> None:
    found = couloir.compare(program(), program(first="sine"), values=True).values.divergence
    assert (found.first.name, found.second.name) == ("stablehlo.tanh", "stablehlo.sine")


def test_what_rounding_explains_is_no_difference() -> None:
    """1 + 2^-23 is the next number; 2^-18 is more than rounding does."""
    assert not couloir.compare(program(), program(constant="1.00000012"), values=True).values
    assert couloir.compare(program(), program(constant="1.000004"), values=True).values


def test_the_inputs_can_be_given() -> None:
    x, w = np.zeros((3, 4), np.float32), np.ones((4, 2), np.float32)
    same = couloir.compare(program(), program(first="sine"), values=[x, w]).values
    assert not same and same.inputs == "the given inputs"  # tanh(0) = sin(0)
    with pytest.raises(couloir.Error, match="takes 2 arrays, 1 were given"):
        couloir.compare(program(), program(), values=[x])
    with pytest.raises(couloir.Error):
        couloir.compare(program(), program(), values=[x, x])


def test_arguments_and_constants_that_are_partners_have_one_value() -> None:
    """Weights are arguments in one program, in another order, and constants in the other."""
    weights = np.arange(8, dtype=np.float32).reshape(4, 2)
    first = couloir.parse("""
    func.func @main(%w: tensor<4x2xf32>, %x: tensor<3x4xf32>) -> tensor<3x2xf32> {
      %1 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
      return %1 : tensor<3x2xf32>
    }""")
    second = couloir.parse(f"""
    func.func @main(%x: tensor<3x4xf32>) -> tensor<3x2xf32> {{
      %w = stablehlo.constant dense<{weights.tolist()}> : tensor<4x2xf32>
      %1 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<3x4xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
      return %1 : tensor<3x2xf32>
    }}""")
    for one, other in ((first, second), (second, first)):
        comparison = couloir.compare(one, other, values=True)
        assert comparison.values.compared == 1 and not comparison.values
        assert not any(comparison.alone) and len(comparison.changed) == 1


def test_calls_loops_and_what_they_take_from_outside() -> None:
    text = """
    func.func @main(%x: tensor<4xf32>, %n: tensor<i32>) -> tensor<4xf32> {{
      %c = stablehlo.constant dense<1> : tensor<i32>
      %e = stablehlo.exponential %x : tensor<4xf32>
      %r:2 = stablehlo.while(%i = %n, %y = %x) : tensor<i32>, tensor<4xf32>
      cond {{
        %limit = stablehlo.constant dense<7> : tensor<i32>
        %p = stablehlo.compare LT, %i, %limit : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %p : tensor<i1>
      }} do {{
        %a = stablehlo.add %i, %c : tensor<i32>
        %b = func.call @f(%y, %e) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
        stablehlo.return %a, %b : tensor<i32>, tensor<4xf32>
      }}
      %s = stablehlo.{last} %r#1 : tensor<4xf32>
      return %s : tensor<4xf32>
    }}
    func.func private @f(%x: tensor<4xf32>, %e: tensor<4xf32>) -> tensor<4xf32> {{
      %0 = stablehlo.{inner} %x, %e : tensor<4xf32>
      return %0 : tensor<4xf32>
    }}"""
    module = couloir.parse(text.format(inner="add", last="tanh"))
    assert couloir.compare(module, module.clone(), values=True).values.compared == 4  # %e, both results of the loop, %s
    other = couloir.parse(text.format(inner="maximum", last="tanh"))
    found = couloir.compare(module, other, values=True).values.divergence
    assert found.first.name == "stablehlo.while" and found.result == 1


def test_values_are_compared_in_parts_that_fit(monkeypatch) -> None:
    module = random_program(5, 30)
    whole = couloir.compare(module, module.clone(), values=True).values.compared
    monkeypatch.setattr(values, "CHUNK", 64)
    assert couloir.compare(module, module.clone(), values=True).values.compared == whole
    found = couloir.compare(program(), program(last="negate"), values=True).values
    assert found.divergence.first.name == "stablehlo.abs" and found.compared == 4 and found.results_differ


def test_integers_are_compared_exactly() -> None:
    text = """
    func.func @main(%x: tensor<4xi32>) -> tensor<4xi32> {{
      %c = stablehlo.constant dense<{c}> : tensor<4xi32>
      %0 = stablehlo.add %x, %c : tensor<4xi32>
      return %0 : tensor<4xi32>
    }}"""
    found = couloir.compare(couloir.parse(text.format(c=1)), couloir.parse(text.format(c=2)), values=True).values
    assert found.divergence.allowed == 0


def test_what_cannot_be_run_is_said() -> None:
    text = """
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %0 = stablehlo.custom_call @nobody_knows(%x) : (tensor<4xf32>) -> tensor<4xf32>
      return %0 : tensor<4xf32>
    }"""
    comparison = couloir.compare(couloir.parse(text), couloir.parse(text), values=True)
    assert comparison.values.compared == 0 and not comparison
    assert "first is not run" in comparison.values.notes[0]


def test_an_argument_that_has_no_partner_is_made_up_and_said() -> None:
    more = PROGRAM.format(first="tanh", constant="1.0", last="abs").replace(
        "%w: tensor<4x2xf32>)", "%w: tensor<4x2xf32>, %z: tensor<7xf32>)"
    )
    comparison = couloir.compare(program(), couloir.parse(more), values=True)
    assert not comparison.values and comparison.values.notes == ["argument 2 of second is none of first: made up"]


def test_values_in_another_layout_are_compared_in_each_order_of_dimensions() -> None:
    plain = couloir.parse("""
    func.func @main(%x: tensor<1x2x3xf32>) -> tensor<1x2x3xf32> {
      %0 = stablehlo.tanh %x : tensor<1x2x3xf32>
      %1 = stablehlo.negate %0 : tensor<1x2x3xf32>
      return %1 : tensor<1x2x3xf32>
    }""")
    text = """
    func.func @main(%x: tensor<1x2x3xf32>) -> tensor<1x2x3xf32> {{
      %t = stablehlo.transpose %x, dims = [2, 0, 1] : (tensor<1x2x3xf32>) -> tensor<3x1x2xf32>
      %0 = stablehlo.tanh %t : tensor<3x1x2xf32>
      %1 = stablehlo.{op} %0 : tensor<3x1x2xf32>
      %2 = stablehlo.transpose %1, dims = [1, 2, 0] : (tensor<3x1x2xf32>) -> tensor<1x2x3xf32>
      return %2 : tensor<1x2x3xf32>
    }}"""
    same = couloir.compare(plain, couloir.parse(text.format(op="negate")), values=True).values
    assert same.compared == 3 and not same and not same.results_differ  # both ops, and what is returned
    other = couloir.compare(plain, couloir.parse(text.format(op="abs")), values=True).values
    assert other.results_differ and other.divergence.size == 6
