"""Shape arithmetic gives what onnx's reference evaluator gives; and what it says of half-known values holds for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from couloir.frontends.onnx.sizes import MAX_ITEMS, Known, evaluate
from couloir.ir.types import TensorType, Type, dtype_of, f32, i1, i64
from tests.frontends.onnx.models import evaluate as run
from tests.frontends.onnx.models import model, node, untyped, value

SIZES = st.integers(-4, 12)


def known(array: np.ndarray[Any, Any], element: Type = i64) -> Known:
    return Known(tuple(array.reshape(-1).tolist()), array.ndim == 0, element)


def reference(n: onnx.NodeProto, arrays: list[np.ndarray[Any, Any]], opset: int = 18) -> np.ndarray[Any, Any]:
    inputs = [
        value(name, a.shape, helper.np_dtype_to_tensor_dtype(a.dtype)) for name, a in zip(n.input, arrays, strict=True)
    ]
    made = model([n], inputs, [untyped(n.output[0])], opset=opset)
    return run(made, dict(zip(n.input, arrays, strict=True)))[0]


def check(n: onnx.NodeProto, arrays: list[np.ndarray[Any, Any]], parts: list[Known | None], opset: int = 18) -> None:
    """What is said of the result is true of what the evaluator gives."""
    types = [TensorType(a.shape, {"b": i1, "f": f32}.get(a.dtype.kind, i64)) for a in arrays]
    found = evaluate(n, types, parts)
    wanted = reference(n, arrays, opset)
    complete = all(part is not None and part.is_complete for part in parts)
    if complete and wanted.ndim <= 1:
        assert found is not None and found.is_complete
    if found is not None:
        assert found.scalar == (wanted.ndim == 0)
        assert dtype_of(found.element) == wanted.dtype
        actual = wanted.reshape(-1).tolist()
        assert len(found.items) == len(actual)
        assert all(a is None or a == b for a, b in zip(found.items, actual, strict=True))


@st.composite
def lists(draw: st.DrawFn, *, scalars: bool = True) -> tuple[np.ndarray[Any, Any], Known]:
    """A small integer tensor, and what is known of it: everything or some elements."""
    items = draw(st.lists(SIZES, min_size=1, max_size=5))
    scalar = scalars and draw(st.booleans())
    array = np.int64(items[0]) if scalar else np.array(items, np.int64)
    array = np.asarray(array)
    if draw(st.booleans()):
        return array, known(array)
    hidden = draw(st.lists(st.booleans(), min_size=array.size, max_size=array.size))
    values = array.reshape(-1).tolist()
    return array, Known(tuple(None if h else v for h, v in zip(hidden, values, strict=True)), scalar, i64)


@given(st.sampled_from(["Add", "Sub", "Mul", "Div", "Min", "Max", "Equal", "Greater", "Less"]), lists(), lists())
def test_arithmetic(operator: str, a: Any, b: Any) -> None:
    assume(a[0].size == b[0].size or 1 in (a[0].size, b[0].size))
    if operator == "Div":
        assume((b[0] != 0).all() and (a[0] >= 0).all() and (b[0] > 0).all())  # NumPy rounds negative ones otherwise
    check(node(operator, ["a", "b"], ["y"]), [a[0], b[0]], [a[1], b[1]])


def test_division_goes_towards_zero() -> None:
    found = evaluate(node("Div", ["a", "b"], ["y"]), [None, None], [known(np.array([-7, 7])), known(np.array([2, -2]))])
    assert found is not None and found.items == (-3, -3)


@given(st.sampled_from(["Neg", "Abs", "Identity"]), lists())
def test_functions_of_one_value(operator: str, a: Any) -> None:
    check(node(operator, ["a"], ["y"]), [a[0]], [a[1]])


@given(lists(scalars=False), lists(scalars=False))
def test_concatenation(a: Any, b: Any) -> None:
    check(node("Concat", ["a", "b"], ["y"], axis=0), [a[0], b[0]], [a[1], b[1]])


@given(lists(scalars=False), st.data())
def test_gathering(a: Any, data: st.DataObject) -> None:
    index = st.integers(-a[0].size, a[0].size - 1)
    indices = np.asarray(data.draw(index | st.lists(index, min_size=1, max_size=4)), np.int64)
    check(node("Gather", ["a", "i"], ["y"]), [a[0], indices], [a[1], known(indices)])


@given(lists(scalars=False), SIZES, SIZES, st.sampled_from([-3, -2, -1, 1, 2, 3]))
def test_slices(a: Any, start: int, end: int, step: int) -> None:
    arrays = [np.array([number]) for number in (start, end, 0, step)]
    parts = [a[1], *(known(array) for array in arrays)]
    check(node("Slice", ["a", "s", "e", "x", "t"], ["y"]), [a[0], *arrays], parts)


@given(lists(), lists(), lists())
def test_choices(c: Any, a: Any, b: Any) -> None:
    sizes = {c[0].size, a[0].size, b[0].size} - {1}
    assume(len(sizes) <= 1)
    condition = c[0] > 3
    part = Known(tuple(None if item is None else item > 3 for item in c[1].items), c[1].scalar, i1)
    check(node("Where", ["c", "a", "b"], ["y"]), [condition, a[0], b[0]], [part, a[1], b[1]])


@given(st.integers(-5, 5), st.integers(-5, 5), st.sampled_from([-2, -1, 1, 3]))
def test_ranges(start: int, limit: int, delta: int) -> None:
    arrays = [np.asarray(number, np.int64) for number in (start, limit, delta)]
    check(node("Range", ["a", "b", "c"], ["y"]), arrays, [known(array) for array in arrays])


@given(lists(), st.sampled_from([0.5, 1.5, 2.0, 0.3]))
def test_sizes_scaled_by_floats(a: Any, factor: float) -> None:
    floats = a[0].astype(np.float32)
    part = Known(tuple(None if item is None else float(item) for item in a[1].items), a[1].scalar, f32)
    scale = np.asarray(factor, np.float32)
    check(node("Cast", ["a"], ["y"], to=TensorProto.FLOAT), [a[0]], [a[1]])
    check(node("Mul", ["a", "b"], ["y"]), [floats, scale], [part, known(scale, f32)])
    for operator in ("Floor", "Ceil"):
        check(node(operator, ["a"], ["y"]), [floats * scale], [known(floats * scale, f32)])
    check(node("Cast", ["a"], ["y"], to=TensorProto.INT64), [floats * scale], [known(floats * scale, f32)])


@given(st.lists(st.integers(0, 5), max_size=4), st.none() | st.integers(-5, 5), st.none() | st.integers(-5, 5))
def test_shapes(dims: list[int], start: int | None, end: int | None) -> None:
    assume(all(-len(dims) <= number for number in (start, end) if number is not None))  # the evaluator does not clamp
    bounds = {key: number for key, number in (("start", start), ("end", end)) if number is not None}
    n = node("Shape", ["x"], ["y"], **bounds)
    wanted = reference(n, [np.zeros(dims, np.float32)])
    found = evaluate(n, [TensorType(dims, f32)], [None])
    assert found is not None and list(found.items) == wanted.tolist()
    half = evaluate(n, [TensorType([None] * len(dims), f32)], [None])
    assert half is not None and half.items == (None,) * len(wanted)


@pytest.mark.parametrize(
    ("operator", "inputs", "attributes"),
    [
        ("Add", [(1 << 62), (1 << 62)], {}),  # overflows
        ("Div", [4, 0], {}),
        ("Gather", [4, 3], {}),
        ("Cast", [4], {"to": 99}),
    ],
)
def test_faulty_nodes_tell_nothing(operator: str, inputs: list[int], attributes: dict[str, int]) -> None:
    parts = [known(np.array([number])) for number in inputs]
    n = node(operator, [f"i{k}" for k in range(len(inputs))], ["y"], **attributes)
    found = evaluate(n, [None] * len(parts), parts)
    assert found is None or found.items == (None,)


def test_long_lists_are_not_followed() -> None:
    part = Known((1,) * MAX_ITEMS, False, i64)
    assert evaluate(node("Concat", ["a", "a"], ["y"], axis=0), [None, None], [part, part]) is None
    assert evaluate(node("Identity", ["a"], ["y"]), [None], [part]) == part
    three = [known(np.asarray(number)) for number in (0, 1 << 40, 1)]
    assert evaluate(node("Range", ["a", "b", "c"], ["y"]), [None] * 3, three) is None


def test_operators_of_other_domains_are_not_these() -> None:
    n = helper.make_node("Identity", ["a"], ["y"], domain="other")
    assert evaluate(n, [None], [known(np.array([1]))]) is None
