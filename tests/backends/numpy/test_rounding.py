"""The domain `rounding`: its estimates hold for what floats really do, and are nothing where nothing is rounded."""

from __future__ import annotations

import re

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.backends.numpy.domains import NotInDomain
from couloir.backends.numpy.evaluate import evaluate
from couloir.backends.numpy.rounding import Rounding, carrier_of, element_of, unit_roundoff, value_and_error


def estimate(module: couloir.Module, *arrays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    (result,) = evaluate(module, *arrays, domain=Rounding())
    found = value_and_error(result)
    assert found is not None
    return found


def function(body: str, element: str = "f32", sizes: str = "64") -> couloir.Module:
    type = f"tensor<{sizes}x{element}>"
    typed = re.sub(r"\bT\b", type, body)
    return couloir.parse(f"func.func @main(%x: {type}, %y: {type}) -> {type} {{\n{typed}\n}}")


UNARY = ["exponential", "tanh", "logistic", "sine", "cbrt", "abs", "negate", "floor"]
BINARY = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "atan2"]


#: One exponential at most: a function whose argument is off by its own period is nothing that an estimate follows.
CHAINS = st.lists(st.sampled_from(UNARY + BINARY), min_size=1, max_size=8).filter(
    lambda ops: ops.count("exponential") < 2
)


@given(
    CHAINS,
    st.integers(0, 1000),
    st.sampled_from(["f32", "f16", "bf16"]),
)
def test_the_estimate_covers_what_rounding_does(ops: list[str], seed: int, element: str) -> None:
    body, last = [], "%x"
    for number, op in enumerate(ops):
        operands = last if op in UNARY else f"{last}, %y"
        types = "(T)" if op in UNARY else "(T, T)"
        body.append(f'  %v{number} = "stablehlo.{op}"({operands}) : {types} -> T')
        last = f"%v{number}"
    module = function("\n".join([*body, f"  return {last} : T"]), element)
    dtype = {"f32": np.float32, "f16": np.float16, "bf16": ml_dtypes.bfloat16}[element]
    generator = np.random.default_rng(seed)
    x, y = (generator.uniform(0.5, 2, 64).astype(dtype) for _ in range(2))
    (result,) = evaluate(module, x, y)
    value, error = estimate(module, x, y)
    if np.isfinite(result.astype(np.float64)).all():
        tiny = float(ml_dtypes.finfo(dtype).smallest_normal)
        assert (np.abs(result.astype(np.float64) - value) <= 2 * error + tiny).all()


@pytest.mark.parametrize("length", [1, 7, 1000])
def test_a_sum_errs_by_no_more_than_the_estimate_in_any_order(length: int) -> None:
    generator = np.random.default_rng(length)
    x = generator.standard_normal((4, length)).astype(np.float32)
    module = couloir.parse(f"""
        func.func @main(%x: tensor<4x{length}xf32>) -> tensor<4xf32> {{
          %z = stablehlo.constant dense<0.0> : tensor<f32>
          %s = stablehlo.reduce(%x init: %z) applies stablehlo.add across dimensions = [1] : (tensor<4x{length}xf32>, tensor<f32>) -> tensor<4xf32>
          return %s : tensor<4xf32>
        }}""")
    value, error = estimate(module, x)
    for _ in range(20):
        total = np.zeros(4, np.float32)
        for column in generator.permutation(length):
            total = total + x[:, column]
        assert (np.abs(total - value) <= error).all()
    assert (error <= 2.0**-24 * ((length - 1) ** 0.5 * np.abs(x).sum(1) + np.abs(value)) * 1.01).all()


def test_whole_numbers_have_no_error() -> None:
    module = couloir.parse("""
        func.func @main(%x: tensor<8x300xf32>, %w: tensor<300x5xf32>) -> tensor<8x5xf32> {
          %d = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<8x300xf32>, tensor<300x5xf32>) -> tensor<8x5xf32>
          %m = stablehlo.multiply %d, %d : tensor<8x5xf32>
          return %m : tensor<8x5xf32>
        }""")
    generator = np.random.default_rng(0)
    x, w = (generator.integers(-3, 4, s).astype(np.float32) for s in ((8, 300), (300, 5)))
    value, error = estimate(module, x, w)
    np.testing.assert_array_equal(value, (x @ w) ** 2)
    assert not error.any()
    assert estimate(module, x + np.float32(0.1), w)[1].all()


def test_errors_pass_through_cancellation() -> None:
    """`(x + y) - y`: what the addition lost is all that is wrong, however small the result."""
    module = function("  %a = stablehlo.add %x, %y : T\n  %b = stablehlo.subtract %a, %y : T\n  return %b : T")
    x, y = np.full(64, 1e-4, np.float32), np.linspace(1, 2, 64).astype(np.float32)
    value, error = estimate(module, x, y)
    assert (np.abs(evaluate(module, x, y)[0] - value) <= error).all()
    assert (error > 2.0**-26).all() and (error < 2.0**-22).all()


def test_what_hangs_on_a_hair_is_counted() -> None:
    module = function("""
        %a = stablehlo.add %x, %y : T
        %p = stablehlo.compare GT, %a, %x : (T, T) -> tensor<64xi1>
        %s = stablehlo.select %p, %a, %x : tensor<64xi1>, T
        return %s : T""")
    domain = Rounding()
    evaluate(module, np.ones(64, np.float32) / 3, np.full(64, 1e-9, np.float32), domain=domain)
    assert domain.undecided == 64
    domain = Rounding()
    evaluate(module, np.ones(64, np.float32) / 3, np.ones(64, np.float32), domain=domain)
    assert domain.undecided == 0


def test_carriers_know_their_element_type() -> None:
    assert element_of(carrier_of(np.dtype(np.float16))) == np.float16
    assert carrier_of(np.dtype(np.float16)) != carrier_of(np.dtype(np.float32))
    assert Rounding().accumulation_dtype(carrier_of(np.dtype(np.float16))) == carrier_of(np.dtype(np.float32))
    assert unit_roundoff(np.dtype(np.float32)) == 2.0**-24
    assert unit_roundoff(np.dtype(ml_dtypes.bfloat16)) == 2.0**-8 / 1
    with pytest.raises(NotInDomain, match="complex64"):
        Rounding().carrier(np.dtype(np.complex64))


def test_an_infinity_has_no_error_and_spoils_nothing() -> None:
    """A mask of -inf before a softmax: what is masked is 0, and the rest has the errors that it has without."""
    module = function("""
        %e = stablehlo.exponential %x : T
        %s = stablehlo.add %e, %y : T
        return %s : T""")
    x = np.where(np.arange(64) % 2, -np.inf, 0.3).astype(np.float32)
    value, error = estimate(module, x, np.ones(64, np.float32))
    assert np.isfinite(error).all() and (error[1::2] == 0).all() and (error[::2] > 0).all()
    assert (value[1::2] == 1).all()


def test_estimates_stay_finite_through_many_normalizations() -> None:
    """They grow far above what happens, but never step over the singularity of the root: the variance keeps away from 0."""
    lines, last = [], "%x"
    for n in range(25):
        lines.append(f"""
            %s{n} = stablehlo.reduce({last} init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x32xf32>, tensor<f32>) -> tensor<4xf32>
            %b{n} = stablehlo.broadcast_in_dim %s{n}, dims = [0] : (tensor<4xf32>) -> tensor<4x32xf32>
            %m{n} = stablehlo.multiply %b{n}, %share : tensor<4x32xf32>
            %c{n} = stablehlo.subtract {last}, %m{n} : tensor<4x32xf32>
            %q{n} = stablehlo.multiply %c{n}, %c{n} : tensor<4x32xf32>
            %v{n} = stablehlo.reduce(%q{n} init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x32xf32>, tensor<f32>) -> tensor<4xf32>
            %r{n} = stablehlo.rsqrt %v{n} : tensor<4xf32>
            %d{n} = stablehlo.broadcast_in_dim %r{n}, dims = [0] : (tensor<4xf32>) -> tensor<4x32xf32>
            %o{n} = stablehlo.multiply %c{n}, %d{n} : tensor<4x32xf32>
            %l{n} = stablehlo.dot_general %o{n}, %w, contracting_dims = [1] x [0] : (tensor<4x32xf32>, tensor<32x32xf32>) -> tensor<4x32xf32>
            %t{n} = stablehlo.tanh %l{n} : tensor<4x32xf32>
            %y{n} = stablehlo.add %t{n}, %o{n} : tensor<4x32xf32>""")
        last = f"%y{n}"
    module = couloir.parse(f"""
        func.func @main(%x: tensor<4x32xf32>, %w: tensor<32x32xf32>) -> tensor<4x32xf32> {{
          %zero = stablehlo.constant dense<0.0> : tensor<f32>
          %share = stablehlo.constant dense<0.03125> : tensor<4x32xf32>
          {"".join(lines)}
          return {last} : tensor<4x32xf32>
        }}""")
    generator = np.random.default_rng(0)
    x, w = (generator.standard_normal(s).astype(np.float32) for s in ((4, 32), (32, 32)))
    value, error = estimate(module, x, w)
    (result,) = evaluate(module, x, w)
    assert np.isfinite(error).all() and (error > 0).all()
    assert (np.abs(result - value) <= error).all()


def test_the_error_of_a_maximum_is_that_of_one_operand() -> None:
    module = couloir.parse("""
        func.func @main(%x: tensor<1000xf32>) -> tensor<f32> {
          %e = stablehlo.exponential %x : tensor<1000xf32>
          %low = stablehlo.constant dense<0xFF800000> : tensor<f32>
          %m = stablehlo.reduce(%e init: %low) applies stablehlo.maximum across dimensions = [0] : (tensor<1000xf32>, tensor<f32>) -> tensor<f32>
          return %m : tensor<f32>
        }""")
    value, error = estimate(module, np.linspace(-1, 0, 1000).astype(np.float32))
    assert value == 1 and 0 < error <= 8 * 2.0**-24


def test_what_a_narrow_float_cannot_hold_is_infinite_in_the_estimate() -> None:
    module = function(
        '  %0 = "stablehlo.exponential"(%x) : (T) -> T\n'
        '  %1 = "stablehlo.atan2"(%0, %y) : (T, T) -> T\n'
        "  return %1 : T",
        "f16",
    )
    x, y = np.full(64, 12, np.float16), np.full(64, 3e4, np.float16)  # exp(12) is 162755, the greatest f16 65504
    (result,) = evaluate(module, x, y)
    value, error = estimate(module, x, y)
    assert (np.abs(result.astype(np.float64) - value) <= 2 * error).all()
