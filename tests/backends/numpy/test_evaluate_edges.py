"""What lies at the edges of the tables: empty operands, rare forms of constants, and ops outside of their domain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import couloir
from couloir.backends.numpy import NotInDomain, evaluate_op, rationals, run
from couloir.backends.numpy.constants import constant_array
from couloir.backends.numpy.element_types import is_discrete
from couloir.dialects import arith, chlo, hlo
from couloir.dialects.hlo import ComparisonDirection, attributes, linear_algebra, random
from couloir.ir import types as t
from couloir.ir.attributes import (
    DenseElementsAttr,
    DenseResourceAttr,
    FloatAttr,
    IntegerAttr,
    SparseElementsAttr,
    StringAttr,
)
from couloir.ir.builder import at_end
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Region
from couloir.ir.types import TensorType, VectorType, f32, i1, i32, i64
from tests.backends.numpy.programs import numbers, program
from tests.backends.numpy.test_evaluate_hlo import region, scalars


def test_constants_of_every_form() -> None:
    type = TensorType((2, 2), f32)
    values = np.array([[1, 2], [3, 4]], np.float32)
    np.testing.assert_array_equal(constant_array(DenseElementsAttr(type, values)), values)
    np.testing.assert_array_equal(constant_array(DenseResourceAttr("w", type, values)), values)
    places = DenseElementsAttr(TensorType((2, 2), i64), np.array([[0, 1], [1, 0]]))
    sparse = SparseElementsAttr(type, places, DenseElementsAttr(TensorType((2,), f32), np.array([5, 6], np.float32)))
    np.testing.assert_array_equal(constant_array(sparse), [[0, 5], [6, 0]])
    assert constant_array(FloatAttr(1.5, f32)).dtype == np.float32
    assert constant_array(IntegerAttr(1, i1)).dtype == np.bool_
    with pytest.raises(Error, match="the elements of the resource `w` are not there"):
        constant_array(DenseResourceAttr("w", type))
    with pytest.raises(Error, match="is no constant of numbers"):
        constant_array(StringAttr("w"))


def test_a_body_with_control_flow_over_nothing_has_results_of_the_domain() -> None:
    def choose(a: Any, b: Any) -> Any:
        larger = hlo.Compare(a, b, ComparisonDirection.GT)
        return hlo.If(larger, region([], lambda: a), region([], lambda: b)).outputs[0]

    x, y = np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32)
    module = program([x, y], lambda a, b: hlo.Map([a, b], (0, 1), region(scalars(f32, f32), choose)))
    for options in ({}, {"domain": rationals}):
        (result,) = run(module, x, y, **options)
        assert result.shape == (0, 3)
        assert result.dtype == (object if options else np.float32)


def test_a_body_with_tensors_of_its_own() -> None:
    """Elementwise ops on more than scalars are not run on all elements at once."""

    def body(a: Any) -> Any:
        pair = hlo.constant(np.array([1, 2], np.float32))
        total = hlo.reduce(hlo.Multiply(pair, pair), hlo.constant(0.0, f32), [0], "add")
        return hlo.Add(a, total.outputs[0])

    x = numbers((3,), "f4")
    module = program([x], lambda v: hlo.Map([v], (0,), region(scalars(f32), body)))
    np.testing.assert_array_equal(run(module, x)[0], x + 5)


def test_reductions_that_widen_their_elements() -> None:
    """The body, and with it the result, may have wider elements than the operand."""
    block = Block([TensorType((), i32)] * 2)
    with at_end(block):
        hlo.Return([hlo.Add(*block.arguments)])
    x, zero = np.full((2, 100), 100, np.int8), np.asarray(0, np.int8)
    module = program([x, zero], lambda v, i: hlo.Reduce([v], [i], (1,), Region([block])))
    assert run(module, x, zero)[0].tolist() == [10_000, 10_000]
    assert run(module, x, zero)[0].dtype == np.int32


def test_windows_and_selections_over_nothing() -> None:
    x, init = np.zeros((2, 0), np.float32), np.asarray(1, np.float32)
    last = region(scalars(f32, f32), lambda a, b: b)
    windows = program([x, init], lambda v, i: hlo.ReduceWindow([v], [i], (1, 2), None, None, None, None, last))
    assert run(windows, x, init)[0].shape == (2, 0)
    source = np.zeros((2, 0), np.float32)
    select = region(scalars(f32, f32), lambda a, b: hlo.Compare(a, b, ComparisonDirection.GE))
    combine = region(scalars(f32, f32), hlo.Add)
    module = program(
        [x, source, init], lambda v, s, i: hlo.SelectAndScatter(v, s, i, (1, 2), None, None, select, combine)
    )
    assert run(module, x, source, init)[0].shape == (2, 0)


def test_ops_outside_of_their_domain() -> None:
    x = np.ones((2, 2), np.float32)
    value = hlo.constant(x)
    complex_type = TensorType((2, 2), t.ComplexType(f32))
    ops: list[Any] = [
        hlo.ReducePrecision(value, 5, 2),
        chlo.Lgamma(value),
        chlo.Acos(value),
        linear_algebra.Fft(value, attributes.FftType.RFFT, (2,), result_types=[complex_type]),
    ]
    for op in ops:
        with pytest.raises(NotInDomain):
            evaluate_op(op, x, domain=rationals)
    one = hlo.constant(1.0, f32)
    shape = hlo.constant(np.array([2]))
    uniform = attributes.RngDistribution.UNIFORM
    drawn = random.Rng(one, one, shape, uniform, result_types=[TensorType((2,), f32)])
    with pytest.raises(NotInDomain):
        evaluate_op(drawn, np.float32(1), np.float32(2), np.array([2]), domain=rationals)


def test_questions_about_exact_numbers() -> None:
    x = np.ones(2, np.float32)
    for op in (chlo.IsInf, chlo.IsPosInf, chlo.IsNegInf):
        assert not evaluate_op(op(hlo.constant(x)), x, domain=rationals)[0].any()


@pytest.mark.parametrize(("exponent", "mantissa"), [(0, 3), (3, -1)])
def test_floats_without_bits(exponent: int, mantissa: int) -> None:
    x = np.ones(1, np.float32)
    op = hlo.ReducePrecision.create(
        [hlo.constant(x).output],
        [TensorType((1,), f32)],
        {"exponent_bits": IntegerAttr(exponent, i32), "mantissa_bits": IntegerAttr(mantissa, i32)},
    )
    with pytest.raises(Error, match="no float has"):
        evaluate_op(op, x)


def test_precisions_as_fine_as_the_elements_change_nothing() -> None:
    x = np.random.default_rng(0).integers(0, 2**16, 500, dtype=np.uint16).view(np.float16)
    x = x[~np.isnan(x)]
    np.testing.assert_array_equal(evaluate_op(hlo.ReducePrecision(hlo.constant(x), 5, 10), x)[0], x)
    narrow = evaluate_op(hlo.ReducePrecision(hlo.constant(x), 5, 2), x)[0]
    assert narrow.dtype == np.float16
    assert len(set(narrow.tolist())) < len(set(x.tolist()))


def test_transforms_of_nothing() -> None:
    x = np.zeros((0, 4), np.complex64)
    op = linear_algebra.Fft(hlo.constant(x), attributes.FftType.FFT, (4,))
    assert evaluate_op(op, x)[0].shape == (0, 4)


def test_random_bits_that_cannot_be_made() -> None:
    def made(state: Any, element: Any) -> Any:
        op = random.RngBitGenerator.create(
            [hlo.constant(state).output],
            [TensorType(state.shape, t.ui64), TensorType((2,), element)],
            {"rng_algorithm": attributes.RngAlgorithm.PHILOX},  # pyright: ignore[reportArgumentType]
        )
        op.rng_algorithm = attributes.RngAlgorithm.PHILOX
        return evaluate_op(op, state)

    with pytest.raises(Error, match="the state is evaluated as two or three ui64"):
        made(np.zeros(1, np.uint64), t.ui8)
    with pytest.raises(Error, match="no random bits for"):
        made(np.zeros(2, np.uint64), t.ComplexType(f32))


def test_vectors_in_affine_loops_and_assignments_of_parallel_ones() -> None:
    module = couloir.parse("""
        func.func @main(%b: memref<8xf32>, %n: index) -> i32 {
          %r = affine.parallel (%i) = (0) to (%n) reduce ("assign") -> (i32) {
            %v = affine.vector_load %b[%i * 2] : memref<8xf32>, vector<2xf32>
            %w = arith.addf %v, %v : vector<2xf32>
            affine.vector_store %w, %b[%i * 2] : memref<8xf32>, vector<2xf32>
            %c = arith.index_cast %i : index to i32
            affine.yield %c : i32
          }
          return %r : i32
        }""")
    buffer = np.arange(8, dtype=np.float32)
    assert run(module, buffer, np.asarray(3))[0] == 2
    np.testing.assert_array_equal(buffer, [0, 2, 4, 6, 8, 10, 6, 7])
    with pytest.raises(Error, match="a loop without iterations assigns nothing"):
        run(module, buffer, np.asarray(0))
    with pytest.raises(Error, match="index 8 to 9 lies outside"):
        run(module, buffer, np.asarray(5))


def test_globals_without_meaning_and_buffers_without_elements() -> None:
    module = couloir.parse(
        """
        "strange.global"() {sym_name = "g"} : () -> ()
        func.func @main() { %0 = memref.get_global @g : memref<2xf32>  return }
        """,
        allow_unregistered=True,
    )
    with pytest.raises(Error, match=r"`strange\.global`"):
        run(module)
    view = couloir.parse("""func.func @main(%x: memref<0xf32>) -> memref<0x2xf32> {
          %v = memref.reinterpret_cast %x to offset: [0], sizes: [0, 2], strides: [2, 1] : memref<0xf32> to memref<0x2xf32>
          return %v : memref<0x2xf32>
        }""")
    assert run(view, np.zeros(0, np.float32))[0].shape == (0, 2)


@pytest.mark.parametrize(
    ("op", "said"),
    [
        ("memref.collapse_shape %v [[0, 1]] : memref<2x2xf32, strided<[4, 1]>> into memref<4xf32>", "do not lie together"),
        ("memref.expand_shape %v [[0], [1, 2]] output_shape [2, 3, 1] : memref<2x2xf32, strided<[4, 1]>> into memref<2x3x1xf32>", "cannot have the shape"),
    ],
)  # fmt: skip
def test_buffers_that_cannot_have_another_shape(op: str, said: str) -> None:
    result = op.rsplit(" ", 1)[1]
    text = f"""func.func @main(%x: memref<4x4xf32>) -> {result} {{
          %v = memref.subview %x[0, 0] [2, 2] [1, 1] : memref<4x4xf32> to memref<2x2xf32, strided<[4, 1]>>
          %w = {op}
          return %w : {result}
        }}"""
    from couloir.ir.text.parser import parse_module_op

    with pytest.raises(Error, match=said):
        run(parse_module_op(text), np.zeros((4, 4), np.float32))


def test_a_part_that_is_not_of_its_type() -> None:
    text = """func.func @main(%x: memref<4x4xf32>) {
          %v = memref.subview %x[0, 0] [2, 2] [1, 1] : memref<4x4xf32> to memref<2x3xf32, strided<[4, 1]>>
          return
        }"""
    from couloir.ir.text.parser import parse_module_op

    with pytest.raises(Error, match="a part of the sizes"):
        run(parse_module_op(text), np.zeros((4, 4), np.float32))


def test_elements_of_index_type_are_discrete() -> None:
    value = arith.constant(3, VectorType((2,), t.index))
    assert is_discrete(evaluate_op(value)[0].dtype)


@pytest.mark.parametrize("element", ["f32", "f16", "complex<f64>"])
def test_a_sum_of_negative_zeros_is_one(element: str) -> None:
    text = f"""
func.func @main(%x: tensor<2x3x{element}>, %z: tensor<{element}>) -> tensor<2x{element}> {{
  %0 = stablehlo.reduce(%x init: %z) applies stablehlo.add across dimensions = [1] : (tensor<2x3x{element}>, tensor<{element}>) -> tensor<2x{element}>
  return %0 : tensor<2x{element}>
}}"""
    zeros = np.full((2, 3), complex(-0.0, -0.0) if element.startswith("c") else -0.0)
    x = zeros.astype({"f32": "f4", "f16": "f2"}.get(element, "c16"))
    total = np.asarray(couloir.run(couloir.parse(text), x, x[0, 0]))
    assert np.signbit(total.real).all() and (not element.startswith("c") or np.signbit(total.imag).all())
