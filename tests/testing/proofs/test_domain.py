"""The domain of terms: with numbers put in for what is read, a program's terms are what NumPy computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import couloir
from couloir.backends.numpy.element_types import NARROW_FLOATS, kind
from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error
from couloir.ir.types import TensorType, dtype_of
from couloir.passes.running import incomparable, public_functions
from couloir.testing import strategies
from couloir.testing.proofs.domain import PRODUCT, SUM, elements, symbols, terms
from couloir.testing.proofs.laws import apply, rebuilt
from couloir.testing.proofs.terms import Term, constant, postorder
from couloir.testing.rewrites.inputs import arrays_for


def terms_of(module: ModuleOp) -> list[Any]:
    """The terms of the results; inputs are x0, x1, ..."""
    types = public_functions(module)[0].function_type.inputs
    inputs: list[Any] = []
    for number, type in enumerate(types):
        element, shape = (type.element_type, type.shape) if isinstance(type, TensorType) else (type, ())
        inputs.append(symbols(f"x{number}", shape, dtype_of(element)))
    return [elements(np.asarray(result)) for result in evaluate(module, *inputs, domain=terms, max_runs=500)]


def with_numbers(found: Any, arrays: list[Any]) -> Any:
    """An array of terms with numbers for what is read."""
    known: dict[Term, Term] = {}
    for term in postorder(found.flat):
        if term.op == "read":
            array = arrays[int(str(term.data)[1:])]
            known[term] = constant(array[tuple(index.value for index in term.operands)], array.dtype)

    def change(term: Term, operands: Any) -> Term:
        op = {SUM: "add", PRODUCT: "multiply"}.get(term.op)
        if op is None:
            return apply(term.op, *operands, dtype=term.dtype, data=term.data)
        total = operands[0]
        for operand in operands[1:]:
            total = apply(op, total, operand)
        return total

    numbers = rebuilt(list(found.flat), change, known)
    if not all(number.is_constant for number in numbers):
        return None  # of functions of which nothing is known
    return np.array([number.value for number in numbers]).reshape(found.shape)


def check(module: ModuleOp, profile: Any, seed: int) -> bool:
    """Whether there are terms; fails where they say something else than NumPy."""
    function = public_functions(module)[0]
    if incomparable(function) is not None:
        return False
    try:
        found = terms_of(module)
        arrays = arrays_for(function.function_type.inputs, profile, seed)
        with np.errstate(all="ignore"):
            expected = evaluate(module, *arrays, max_runs=500)
    except Error:
        return False
    for array, right in zip(found, expected, strict=True):
        right = np.asarray(right)
        assert array.shape == right.shape
        assert all(term.dtype == right.dtype for term in array.flat)
        numbers = with_numbers(array, arrays) if array.size else right
        if numbers is None or any(term.op in (SUM, PRODUCT) for term in postorder(array.flat)):
            continue  # no order is that of NumPy
        if right.dtype in NARROW_FLOATS and any("dot" in op.name or "convolution" in op.name for op in module.walk()):
            continue  # a product is not rounded before it is summed
        same = numbers == right
        if kind(right.dtype) in ("float", "complex"):
            same |= (numbers != numbers) & (right != right)
        if kind(right.dtype) == "float":
            same &= (np.signbit(numbers) == np.signbit(right)) | (right != right)
        assert np.all(same), f"{array} gives {numbers}, not {right}:\n{module}"
    return True


@pytest.mark.parametrize("dialects", [("stablehlo",), ("arith",)], ids=" ".join)
@given(st.data())
@settings(max_examples=60)
def test_random_programs_mean_what_numpy_computes(dialects: tuple[str, ...], data: Any) -> None:
    module = data.draw(strategies.modules(dialects, max_ops=4, ranks=(1, 2, 0), sizes=(2, 3, 1, 0)))
    check(
        module, data.draw(st.sampled_from(["whole", "ordinary", "special", "extreme"])), data.draw(st.integers(0, 99))
    )


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("2xf32", "2xi32"), ("2xi32", "2xf32"), ("2xi32", "2x4xui8"), ("2x4xi8", "2xf32"), ("2x2xi4", "2xui8"), ("3xf64", "3x2xi32"),
        ("2xui8", "2x2xi4"), ("2xi8", "2xf8E5M2"), ("2x2xbf16", "2xi32"), ("2xi16", "2x4xi4"),
    ],
)  # fmt: skip
def test_bits_of_terms(source: str, target: str) -> None:
    types = f"(tensor<{source}>) -> tensor<{target}>"
    module = couloir.parse(
        f"func.func @main(%x: tensor<{source}>) -> tensor<{target}> {{\n"
        f"%r = stablehlo.bitcast_convert %x : {types}\nreturn %r : tensor<{target}>\n}}"
    )
    for seed in range(3):
        assert check(module, "extreme", seed)


def test_a_dot_of_one_product_is_never_negative_zero() -> None:
    module = couloir.parse("""func.func @main(%x: tensor<2x1xf32>, %y: tensor<1x2xf32>) -> tensor<2x2xf32> {
      %r = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x1xf32>, tensor<1x2xf32>) -> tensor<2x2xf32>
      return %r : tensor<2x2xf32>
    }""")
    for seed in range(5):
        assert check(module, "special", seed)


def test_numbers_that_a_program_has_to_know_are_an_error() -> None:
    module = couloir.parse("""func.func @main(%n: tensor<i32>, %x: tensor<4xf32>) -> tensor<i32> {
      %r = stablehlo.while(%i = %n) : tensor<i32>
      cond { %c = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %c : tensor<i1> }
      do { stablehlo.return %i : tensor<i32> }
      %s = stablehlo.add %r, %n : tensor<i32>
      %b = stablehlo.while(%j = %s) : tensor<i32>
      cond { %c = stablehlo.compare LT, %j, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %c : tensor<i1> }
      do { stablehlo.return %j : tensor<i32> }
      return %b : tensor<i32>
    }""")
    with pytest.raises(Error, match="is not known"):
        terms_of(module)


def test_ops_without_terms_are_functions_of_all_their_operands() -> None:
    text = """func.func @main(%x: tensor<4xf32>, %i: tensor<i32>) -> tensor<2xf32> {{
      %r = stablehlo.dynamic_slice %x, %i, sizes = [2] : (tensor<4xf32>, tensor<i32>) -> tensor<2xf32>
      return %r : tensor<2xf32>
    }}"""
    (found,) = terms_of(couloir.parse(text.format()))
    assert found[0] is not found[1] and len(found[0].operands) == 5
    (again,) = terms_of(couloir.parse(text.format()))
    assert list(again) == list(found)
