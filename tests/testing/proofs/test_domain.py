"""The domain of terms: with numbers put in for what is read, a program's terms are what NumPy computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from couloir.backends.numpy.element_types import kind
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
        same = numbers == right
        if kind(right.dtype) in ("float", "complex"):
            same |= (numbers != numbers) & (right != right)
        if kind(right.dtype) == "float":
            same &= (np.signbit(numbers) == np.signbit(right)) | (right != right)
        assert np.all(same), f"{array} gives {numbers}, not {right}"
    return True


@pytest.mark.parametrize("dialects", [("stablehlo",), ("arith",)], ids=" ".join)
@given(st.data())
@settings(max_examples=60)
def test_random_programs_mean_what_numpy_computes(dialects: tuple[str, ...], data: Any) -> None:
    module = data.draw(strategies.modules(dialects, max_ops=4, ranks=(1, 2, 0), sizes=(2, 3, 1, 0)))
    check(
        module, data.draw(st.sampled_from(["whole", "ordinary", "special", "extreme"])), data.draw(st.integers(0, 99))
    )
