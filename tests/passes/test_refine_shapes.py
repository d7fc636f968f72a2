"""Shapes that follow from the arguments: text before and after, JAX's programs of any size, and what remains open."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import couloir
from couloir.api import parse
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify
from couloir.passes.refine_shapes import RefineShapes


def refined(text: str, *shapes: str) -> str:
    module = parse(text)
    RefineShapes(shapes=shapes).run(module, couloir.PassContext())
    verify(module)
    return operation_text(module)


def same(text: str, expected: str, *shapes: str) -> None:
    assert refined(text, *shapes) == operation_text(parse(expected))


def test_sizes_become_numbers_and_their_arithmetic_goes():
    same(
        """func.func @main(%x: tensor<?x4xf32>) -> tensor<?xf32> {
             %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
             %c = stablehlo.constant dense<4> : tensor<i32>
             %m = stablehlo.multiply %n, %c : tensor<i32>
             %s = stablehlo.reshape %m : (tensor<i32>) -> tensor<1xi32>
             %y = stablehlo.dynamic_reshape %x, %s : (tensor<?x4xf32>, tensor<1xi32>) -> tensor<?xf32>
             %i = stablehlo.dynamic_iota %s, dim = 0 : (tensor<1xi32>) -> tensor<?xf32>
             %z = stablehlo.add %y, %i : tensor<?xf32>
             return %z : tensor<?xf32>
           }""",
        """func.func @main(%x: tensor<3x4xf32>) -> tensor<12xf32> {
             %y = stablehlo.reshape %x : (tensor<3x4xf32>) -> tensor<12xf32>
             %i = stablehlo.iota dim = 0 : tensor<12xf32>
             %z = stablehlo.add %y, %i : tensor<12xf32>
             return %z : tensor<12xf32>
           }""",
        "3x4",
    )


def test_each_dynamic_op_becomes_its_static_one():
    same(
        """func.func @main(%x: tensor<?x4xf32>, %j: tensor<?x1xi32>) -> (tensor<?x?x4xf32>, tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>) {
             %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
             %r = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
             %c = stablehlo.constant dense<2> : tensor<1xi32>
             %d = stablehlo.constant dense<4> : tensor<1xi32>
             %s = stablehlo.concatenate %c, %r, %d, dim = 0 : (tensor<1xi32>, tensor<1xi32>, tensor<1xi32>) -> tensor<3xi32>
             %b = stablehlo.dynamic_broadcast_in_dim %x, %s, dims = [1, 2] : (tensor<?x4xf32>, tensor<3xi32>) -> tensor<?x?x4xf32>
             %o = stablehlo.constant dense<[1, 0]> : tensor<2xi32>
             %p = stablehlo.constant dense<[0, 1]> : tensor<2xi32>
             %u = stablehlo.constant dense<1> : tensor<2xi32>
             %l = stablehlo.concatenate %r, %d, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
             %e = stablehlo.real_dynamic_slice %x, %o, %l, %u : (tensor<?x4xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<?x?xf32>
             %v = stablehlo.constant dense<0.0> : tensor<f32>
             %q = stablehlo.dynamic_pad %x, %v, %o, %p, %p : (tensor<?x4xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<?x?xf32>
             %k = stablehlo.concatenate %u, dim = 0 : (tensor<2xi32>) -> tensor<2xi32>
             %g = "stablehlo.dynamic_gather"(%x, %j, %k) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>}> : (tensor<?x4xf32>, tensor<?x1xi32>, tensor<2xi32>) -> tensor<?x?xf32>
             return %b, %e, %q, %g : tensor<?x?x4xf32>, tensor<?x?xf32>, tensor<?x?xf32>, tensor<?x?xf32>
           }""",
        """func.func @main(%x: tensor<3x4xf32>, %j: tensor<5x1xi32>) -> (tensor<2x3x4xf32>, tensor<2x4xf32>, tensor<4x8xf32>, tensor<5x1xf32>) {
             %b = stablehlo.broadcast_in_dim %x, dims = [1, 2] : (tensor<3x4xf32>) -> tensor<2x3x4xf32>
             %e = stablehlo.slice %x [1:3, 0:4] : (tensor<3x4xf32>) -> tensor<2x4xf32>
             %v = stablehlo.constant dense<0.0> : tensor<f32>
             %q = stablehlo.pad %x, %v, low = [1, 0], high = [0, 1], interior = [0, 1] : (tensor<3x4xf32>, tensor<f32>) -> tensor<4x8xf32>
             %g = "stablehlo.gather"(%x, %j) <{dimension_numbers = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>, indices_are_sorted = false, slice_sizes = array<i64: 1, 1>}> : (tensor<3x4xf32>, tensor<5x1xi32>) -> tensor<5x1xf32>
             return %b, %e, %q, %g : tensor<2x3x4xf32>, tensor<2x4xf32>, tensor<4x8xf32>, tensor<5x1xf32>
           }""",
        "3x4",
        "5x1",
    )


def test_regions_get_the_shapes_of_what_goes_in():
    same(
        """func.func @main(%x: tensor<?xf32>, %p: tensor<i1>) -> (tensor<?xf32>, tensor<?xf32>) {
             %c = stablehlo.constant dense<true> : tensor<i1>
             %w = stablehlo.while(%y = %x) : tensor<?xf32>
             cond {
               stablehlo.return %c : tensor<i1>
             } do {
               %z = stablehlo.add %y, %x : tensor<?xf32>
               stablehlo.return %z : tensor<?xf32>
             }
             %i = "stablehlo.if"(%p) ({
               %a = stablehlo.negate %w : tensor<?xf32>
               stablehlo.return %a : tensor<?xf32>
             }, {
               stablehlo.return %x : tensor<?xf32>
             }) : (tensor<i1>) -> tensor<?xf32>
             return %w, %i : tensor<?xf32>, tensor<?xf32>
           }""",
        """func.func @main(%x: tensor<2xf32>, %p: tensor<i1>) -> (tensor<2xf32>, tensor<2xf32>) {
             %c = stablehlo.constant dense<true> : tensor<i1>
             %w = stablehlo.while(%y = %x) : tensor<2xf32>
             cond {
               stablehlo.return %c : tensor<i1>
             } do {
               %z = stablehlo.add %y, %x : tensor<2xf32>
               stablehlo.return %z : tensor<2xf32>
             }
             %i = "stablehlo.if"(%p) ({
               %a = stablehlo.negate %w : tensor<2xf32>
               stablehlo.return %a : tensor<2xf32>
             }, {
               stablehlo.return %x : tensor<2xf32>
             }) : (tensor<i1>) -> tensor<2xf32>
             return %w, %i : tensor<2xf32>, tensor<2xf32>
           }""",
        "2",
        "*",
    )


def test_names_of_dimensions_go_when_they_have_sizes():
    text = refined(
        """func.func @main(%x: tensor<?xf32> {onnx.dims = ["N"], onnx.name = "x"}) -> (tensor<?xf32> {onnx.dims = ["N"]}) {
             return %x : tensor<?xf32>
           }""",
        "2",
    )
    assert "onnx.dims" not in text
    assert 'onnx.name = "x"' in text


def test_a_static_function_stays():
    text = "func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {\n %y = stablehlo.abs %x : tensor<2xf32>\n return %y : tensor<2xf32>\n}"
    same(text, text)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (("3x5",), r"the argument .* is `tensor<\?x4xf32>`, not `tensor<3x5xf32>`"),
        (("3",), "not `tensor<3xf32>`"),
        (("3x4", "3x4"), "1 arguments; 2 shapes"),
        (("3xa",), "sizes with `x` between them"),
        (("*",), "do not all follow"),
    ],
)
def test_shapes_that_do_not_fit(shapes, message):
    text = "func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {\n %y = stablehlo.abs %x : tensor<?x4xf32>\n return %y : tensor<?x4xf32>\n}"
    with pytest.raises(couloir.Error, match=message):
        refined(text, *shapes)


def test_sizes_that_contradict_each_other_are_named():
    text = """func.func @main(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
      %z = stablehlo.add %x, %y : tensor<?xf32>
      return %z : tensor<?xf32>
    }"""
    with pytest.raises(couloir.Error, match=r"stablehlo.add"):
        refined(text, "2", "3")


def test_a_shape_that_depends_on_elements_stays_open_and_is_named():
    text = """func.func @main(%x: tensor<?xf32>, %n: tensor<1xi32>) -> tensor<?xf32> {
      %y = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi32>) -> tensor<?xf32>
      return %y : tensor<?xf32>
    }"""
    with pytest.raises(couloir.Error, match="depend on the elements") as error:
        refined(text, "2", "*")
    assert "`stablehlo.dynamic_iota` gives `tensor<?xf32>`" in str(error.value)


# -- programs of JAX ---------------------------------------------------------------------------------------------------


def test_custom_calls_of_open_sizes_become_ops():
    same(
        """func.func @main(%x: tensor<?x4xf32>, %key: tensor<2xui64>) -> (tensor<?x2xf32>, tensor<?xui32>, tensor<?x4xf32>) {
             %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
             %shape = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
             %two = stablehlo.constant dense<2> : tensor<i32>
             %values, %places = stablehlo.custom_call @stablehlo.dynamic_top_k(%x, %two) : (tensor<?x4xf32>, tensor<i32>) -> (tensor<?x2xf32>, tensor<?x2xi32>)
             %state, %bits = stablehlo.custom_call @stablehlo.dynamic_rng_bit_generator(%key, %shape) {
               rng_algorithm = #stablehlo<rng_algorithm THREE_FRY>} : (tensor<2xui64>, tensor<1xi32>) -> (tensor<2xui64>, tensor<?xui32>)
             %zero = stablehlo.constant dense<0.0> : tensor<f32>
             %one = stablehlo.constant dense<1> : tensor<1xi32>
             %sizes = stablehlo.concatenate %shape, %one, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
             %ones = stablehlo.constant dense<1> : tensor<2xi32>
             %below = stablehlo.constant dense<-1> : tensor<1xi32>
             %before = stablehlo.add %shape, %below : tensor<1xi32>
             %none = stablehlo.constant dense<0> : tensor<3xi32>
             %flat = stablehlo.concatenate %before, %none, dim = 0 : (tensor<1xi32>, tensor<3xi32>) -> tensor<4xi32>
             %padding = stablehlo.reshape %flat : (tensor<4xi32>) -> tensor<2x2xi32>
             %sums = stablehlo.custom_call @stablehlo.dynamic_reduce_window(%x, %zero, %sizes, %ones, %ones, %ones, %padding) {
               called_computations = [@sum]} : (tensor<?x4xf32>, tensor<f32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2x2xi32>) -> tensor<?x4xf32>
             return %values, %bits, %sums : tensor<?x2xf32>, tensor<?xui32>, tensor<?x4xf32>
           }
           func.func private @sum(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {
             %s = stablehlo.add %a, %b : tensor<f32>
             return %s : tensor<f32>
           }""",
        """func.func @main(%x: tensor<3x4xf32>, %key: tensor<2xui64>) -> (tensor<3x2xf32>, tensor<3xui32>, tensor<3x4xf32>) {
             %values, %places = chlo.top_k(%x, k = 2) : tensor<3x4xf32> -> (tensor<3x2xf32>, tensor<3x2xi32>)
             %state, %bits = stablehlo.rng_bit_generator %key, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<3xui32>)
             %zero = stablehlo.constant dense<0.0> : tensor<f32>
             %sums = "stablehlo.reduce_window"(%x, %zero) <{base_dilations = array<i64: 1, 1>, padding = dense<[[2, 0], [0, 0]]> : tensor<2x2xi64>,
               window_dilations = array<i64: 1, 1>, window_dimensions = array<i64: 3, 1>, window_strides = array<i64: 1, 1>}> ({
             ^bb0(%a: tensor<f32>, %b: tensor<f32>):
               %s = stablehlo.add %a, %b : tensor<f32>
               stablehlo.return %s : tensor<f32>
             }) : (tensor<3x4xf32>, tensor<f32>) -> tensor<3x4xf32>
             return %values, %bits, %sums : tensor<3x2xf32>, tensor<3xui32>, tensor<3x4xf32>
           }
           func.func private @sum(%a: tensor<f32>, %b: tensor<f32>) -> tensor<f32> {
             %s = stablehlo.add %a, %b : tensor<f32>
             return %s : tensor<f32>
           }""",
        "3x4",
        "*",
    )


def test_a_slice_of_known_size_from_a_computed_start():
    same(
        """func.func @main(%x: tensor<?x4xf32>, %start: tensor<2xi32>) -> tensor<?x2xf32> {
             %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x4xf32>) -> tensor<i32>
             %r = stablehlo.reshape %n : (tensor<i32>) -> tensor<1xi32>
             %two = stablehlo.constant dense<2> : tensor<1xi32>
             %sizes = stablehlo.concatenate %r, %two, dim = 0 : (tensor<1xi32>, tensor<1xi32>) -> tensor<2xi32>
             %limit = stablehlo.add %start, %sizes : tensor<2xi32>
             %ones = stablehlo.constant dense<1> : tensor<2xi32>
             %y = stablehlo.real_dynamic_slice %x, %start, %limit, %ones : (tensor<?x4xf32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>) -> tensor<?x2xf32>
             return %y : tensor<?x2xf32>
           }""",
        """func.func @main(%x: tensor<3x4xf32>, %start: tensor<2xi32>) -> tensor<3x2xf32> {
             %a = stablehlo.slice %start [0:1] : (tensor<2xi32>) -> tensor<1xi32>
             %i = stablehlo.reshape %a : (tensor<1xi32>) -> tensor<i32>
             %b = stablehlo.slice %start [1:2] : (tensor<2xi32>) -> tensor<1xi32>
             %j = stablehlo.reshape %b : (tensor<1xi32>) -> tensor<i32>
             %y = stablehlo.dynamic_slice %x, %i, %j, sizes = [3, 2] : (tensor<3x4xf32>, tensor<i32>, tensor<i32>) -> tensor<3x2xf32>
             return %y : tensor<3x2xf32>
           }""",
        "3x4",
        "*",
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("stablehlo.dynamic_top_k(%x, %k) : (tensor<?x4xf32>, tensor<i32>)", "the sizes of .* cannot be computed"),
        (
            "stablehlo.dynamic_reduce_window(%x, %k) : (tensor<?x4xf32>, tensor<i32>)",
            "the sizes of .* cannot be computed",
        ),
    ],
)
def test_custom_calls_whose_sizes_are_not_known(call: str, message: str):
    text = f"""func.func @main(%x: tensor<?x4xf32>, %k: tensor<i32>) -> tensor<?x?xf32> {{
                 %y, %i = stablehlo.custom_call @{call} -> (tensor<?x?xf32>, tensor<?x?xi32>)
                 return %y : tensor<?x?xf32>
               }}"""
    with pytest.raises(couloir.Error, match=message):
        refined(text, "3x4", "*")


def polymorphic(function, *shapes: str, constraints: tuple[str, ...] = ()) -> couloir.Module:
    """JAX's StableHLO of a function of arguments whose sizes are symbols."""
    jax = pytest.importorskip("jax")
    export = pytest.importorskip("jax.export")
    scope = export.SymbolicScope(constraints)
    arguments = [jax.ShapeDtypeStruct(export.symbolic_shape(shape, scope=scope), np.float32) for shape in shapes]
    return parse(export.export(jax.jit(function))(*arguments).mlir_module())


def _function(x, y):
    jnp = pytest.importorskip("jax.numpy")
    z = jnp.concatenate([x, x[::-1]], 0) @ y
    total = jnp.sum(z, axis=1, keepdims=True) + jnp.arange(z.shape[0], dtype=jnp.float32)[:, None]
    return jnp.pad(total * z, ((1, 0), (0, 2))), z.reshape(-1)[: x.shape[0]], z.mean()


@functools.cache
def _program() -> couloir.Module:
    return polymorphic(_function, "n, k", "k, 3")


@settings(max_examples=8, deadline=None)
@given(st.integers(2, 6), st.integers(2, 5))
def test_programs_of_jax_for_any_size_compute_what_jax_computes(n, k):
    x, y = np.arange(n * k, dtype=np.float32).reshape(n, k) / 7, np.ones((k, 3), np.float32)
    copy = _program().clone()
    RefineShapes(shapes=(f"{n}x{k}", f"{k}x3")).run(copy, couloir.PassContext())
    verify(copy)
    for found, expected in zip(couloir.run(copy, x, y), _function(x, y), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5)
