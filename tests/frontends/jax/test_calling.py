"""Modules as JAX functions. That primitives come back as what they were is tested with them (`comparing.check`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

import couloir
from couloir.frontends.jax import call

few = settings(max_examples=5, deadline=None)
X = jnp.linspace(-2.0, 2.0, 12).reshape(3, 4)


def recurrent(x: Any) -> Any:
    carry, rows = lax.scan(lambda c, a: (jnp.tanh(c * a), c + a), jnp.ones(4), x, reverse=True)
    return carry.sum() + (rows**2).sum()


def pooled(x: Any) -> Any:
    return lax.reduce_window(x**2, -jnp.inf, lax.max, (2, 2), (1, 1), "SAME").sum() + jnp.max(x, 1).prod()


def sorted_by(x: Any) -> Any:
    keys, values = lax.sort((x, x**2), num_keys=1)
    return (keys * values * jnp.arange(4.0)).sum()


def branches(x: Any) -> Any:
    return lax.switch((x[0, 0] > 0).astype(int), [lambda v: (v**2).sum(), lambda v: jnp.sin(v).sum()], x)


def indexed(x: Any) -> Any:
    at = jnp.asarray([2, 0, 7])
    return (x.at[at, 1].get(mode="fill", fill_value=0.0) ** 3).sum() + x.at[at].add(x[0], mode="drop").sum()


def attention(x: Any) -> Any:
    weights = jax.nn.softmax(x @ x.T / 2)
    return jnp.sum(weights @ x * jax.nn.gelu(x)) + x[jnp.argmax(x[:, 0])].sum()


PROGRAMS = [recurrent, pooled, sorted_by, branches, indexed, attention]


@pytest.mark.parametrize("f", PROGRAMS)
def test_gradients_and_batches_of_what_was_called(f: Callable[..., Any]):
    module = couloir.from_jax(f, X)
    back = call(module)

    def g(x: Any) -> Any:
        return back(x)[0]

    gradient = call(couloir.from_jax(jax.grad(f), X))

    def all_of(h: Callable[..., Any]) -> list[Any]:
        return [h(X), jax.grad(h)(X), jax.vmap(h)(jnp.stack([X, X[::-1]]))]

    *found, of_module = jax.jit(lambda: [*all_of(g), gradient(X)[0]])()
    expected = jax.jit(lambda: all_of(f))()
    for mine, theirs in zip([*found, of_module], [*expected, expected[1]], strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


def test_a_loop_that_does_not_count_has_the_forward_derivative():
    def halvings(x: Any) -> Any:
        return lax.while_loop(lambda v: v > 1, lambda v: v / 2, x)

    back = call(couloir.from_jax(halvings, 100.0))
    value, tangent = jax.jvp(lambda x: back(x)[0], (100.0,), (1.0,))
    assert (value, tangent) == (100 / 128, 1 / 128)


@few
@given(
    start=st.integers(-9, 9),
    limit=st.integers(-9, 9),
    step=st.integers(-3, 3).filter(bool),
    direction=st.sampled_from(["LT", "LE", "GT", "GE", "NE"]),
)
def test_loops_that_count(start: int, limit: int, step: int, direction: str):
    def goes(value: int) -> bool:
        return {"LT": value < limit, "LE": value <= limit, "GT": value > limit, "GE": value >= limit}.get(
            direction, value != limit
        )

    values, value = [], start
    while goes(value) and len(values) < 40:
        values.append(value)
        value += step
    if len(values) == 40:  # for ever
        return
    module = couloir.parse(f"""
    func.func @main(%x: tensor<f32>) -> (tensor<i32>, tensor<f32>) {{
      %start = stablehlo.constant dense<{start}> : tensor<i32>
      %r:2 = stablehlo.while(%i = %start, %s = %x) : tensor<i32>, tensor<f32>
      cond {{
        %limit = stablehlo.constant dense<{limit}> : tensor<i32>
        %c = stablehlo.compare {direction}, %i, %limit : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %c : tensor<i1>
      }} do {{
        %step = stablehlo.constant dense<{step}> : tensor<i32>
        %j = stablehlo.add %i, %step : tensor<i32>
        %f = stablehlo.convert %i : (tensor<i32>) -> tensor<f32>
        %t = stablehlo.add %s, %f : tensor<f32>
        stablehlo.return %j, %t : tensor<i32>, tensor<f32>
      }}
      return %r#0, %r#1 : tensor<i32>, tensor<f32>
    }}""")
    count, total = call(module)(0.5)
    assert (int(count), float(total)) == (value, sum(values) + 0.5)


def test_any_comparator_sorts():
    module = couloir.parse("""
    func.func @main(%x: tensor<3x7xi32>, %y: tensor<3x7xf32>) -> (tensor<3x7xi32>, tensor<3x7xf32>) {
      %r:2 = "stablehlo.sort"(%x, %y) <{dimension = 1 : i64, is_stable = true}> ({
      ^bb0(%a: tensor<i32>, %b: tensor<i32>, %c: tensor<f32>, %d: tensor<f32>):
        %five = stablehlo.constant dense<5> : tensor<i32>
        %p = stablehlo.remainder %a, %five : tensor<i32>
        %q = stablehlo.remainder %b, %five : tensor<i32>
        %l = stablehlo.compare GT, %p, %q : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %l : tensor<i1>
      }) : (tensor<3x7xi32>, tensor<3x7xf32>) -> (tensor<3x7xi32>, tensor<3x7xf32>)
      return %r#0, %r#1 : tensor<3x7xi32>, tensor<3x7xf32>
    }""")
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 20, (3, 7)).astype(np.int32), rng.normal(size=(3, 7)).astype(np.float32)
    for found, expected in zip(jax.jit(call(module))(x, y), couloir.run(module, x, y), strict=True):
        np.testing.assert_array_equal(found, expected)


SCATTERS = {
    "add": ("%s = stablehlo.add %a, %b : tensor<f32>", "%s"),
    "the update": ("", "%b"),
    "any body": ("%t = stablehlo.multiply %a, %a : tensor<f32>\n%s = stablehlo.add %t, %b : tensor<f32>", "%s"),
}


@pytest.mark.parametrize("name", SCATTERS)
@few
@given(at=st.lists(st.integers(-4, 8), min_size=2, max_size=2))
def test_windows_that_are_partly_outside(name: str, at: list[int]):
    body, result = SCATTERS[name]
    module = couloir.parse(f"""
    func.func @main(%x: tensor<6x2xf32>, %at: tensor<2x1xi32>, %u: tensor<2x3xf32>) -> tensor<6x2xf32> {{
      %y = "stablehlo.scatter"(%x, %at, %u) <{{scatter_dimension_numbers = #stablehlo.scatter<update_window_dims = [1],
        inserted_window_dims = [1], scatter_dims_to_operand_dims = [0], index_vector_dim = 1>}}> ({{
      ^bb0(%a: tensor<f32>, %b: tensor<f32>):
        {body}
        stablehlo.return {result} : tensor<f32>
      }}) : (tensor<6x2xf32>, tensor<2x1xi32>, tensor<2x3xf32>) -> tensor<6x2xf32>
      return %y : tensor<6x2xf32>
    }}""")
    x = np.arange(12, dtype=np.float32).reshape(6, 2) / 4
    updates = np.arange(6, dtype=np.float32).reshape(2, 3)
    arrays = x, np.asarray(at, np.int32)[:, None], updates
    np.testing.assert_allclose(call(module)(*arrays)[0], couloir.run(module, *arrays)[0])


def test_sizes_that_are_computed():
    module = couloir.parse("""
    func.func @main(%x: tensor<?x3xf32>) -> tensor<?xf32> {
      %n = stablehlo.get_dimension_size %x, dim = 0 : (tensor<?x3xf32>) -> tensor<i32>
      %three = stablehlo.constant dense<3> : tensor<i32>
      %m = stablehlo.multiply %n, %three : tensor<i32>
      %shape = stablehlo.reshape %m : (tensor<i32>) -> tensor<1xi32>
      %y = stablehlo.dynamic_reshape %x, %shape : (tensor<?x3xf32>, tensor<1xi32>) -> tensor<?xf32>
      return %y : tensor<?xf32>
    }""")
    f = jax.jit(call(module))
    for rows in (2, 5):
        x = np.arange(3.0 * rows, dtype=np.float32).reshape(rows, 3)
        np.testing.assert_array_equal(f(x)[0], x.reshape(-1))


def test_a_model_of_onnx_that_jax_differentiates():
    onnx = pytest.importorskip("onnx")
    helper, tensor = onnx.helper, onnx.TensorProto.FLOAT
    weights = onnx.numpy_helper.from_array(np.ones((4, 2), np.float32), "w")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["h"]), helper.make_node("Softmax", ["h"], ["y"], axis=1)],
        "small",
        [helper.make_tensor_value_info("x", tensor, [3, 4])],
        [helper.make_tensor_value_info("y", tensor, [3, 2])],
        [weights],
    )
    module = couloir.load(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]))
    f = call(couloir.lower(module))
    gradient = jax.grad(lambda x: (f(x)[0] ** 2)[:, 0].sum())(X)
    expected = jax.grad(lambda x: (jax.nn.softmax(x @ np.ones((4, 2), np.float32)) ** 2)[:, 0].sum())(X)
    np.testing.assert_allclose(gradient, expected, atol=1e-6)
    with pytest.raises(couloir.Error) as caught:
        call(module)
    assert "`couloir.lower` brings a model to StableHLO" in str(caught.value)


def test_wide_numbers_are_wide_inside():
    module = couloir.parse("""
    func.func @main(%x: tensor<f32>) -> tensor<f32> {
      %w = stablehlo.convert %x : (tensor<f32>) -> tensor<f64>
      %e = stablehlo.constant dense<1.0e-10> : tensor<f64>
      %s = stablehlo.add %w, %e : tensor<f64>
      %d = stablehlo.subtract %s, %w : tensor<f64>
      %y = stablehlo.convert %d : (tensor<f64>) -> tensor<f32>
      return %y : tensor<f32>
    }""")
    assert abs(float(jax.jit(call(module))(1.0)[0]) - 1e-10) < 1e-15


def test_what_jax_does_not_have_is_reported_at_once():
    module = couloir.parse("""
    func.func @main(%x: tensor<2xf32>) -> tensor<ui32> {
      %a = stablehlo.custom_call @mystery(%x) : (tensor<2xf32>) -> tensor<2xf32>
      %b = stablehlo.custom_call @mystery(%a) : (tensor<2xf32>) -> tensor<2xf32>
      %c = stablehlo.replica_id : tensor<ui32>
      return %c : tensor<ui32>
    }""")
    with pytest.raises(couloir.Error, match="3 ops of 2 kinds cannot be lowered to JAX") as caught:
        call(module)
    assert caught.value.notes[0].startswith("2 x `stablehlo.custom_call`: `mystery` is no part of the module")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((), "takes 1 arrays, 0 were given"),
        (("text",), "the argument `x` of @main is a str, not an array"),
        ((np.zeros(3, np.float32),), r"is `tensor<2xf32>`, not float32\[3\]"),
        ((np.zeros(2, np.int32),), r"is `tensor<2xf32>`, not int32\[2\]"),
    ],
)
def test_arguments_that_do_not_fit(arrays: tuple[Any, ...], message: str):
    f = call(couloir.from_jax(lambda x: x * 2, np.zeros(2, np.float32)))
    with pytest.raises(couloir.Error, match=message):
        f(*arrays)


def test_a_number_that_does_not_fit():
    f = call(couloir.from_jax(lambda n: n * 2, np.int32(0)))
    with pytest.raises(
        couloir.Error, match="the argument `n` of @main is `tensor<i32>`, which cannot be 1099511627776"
    ):
        f(2**40)


def test_what_no_memory_holds():
    constant = "%0 = stablehlo.constant dense<1.0> : tensor<99999999999999xf32>"
    text = "func.func @main() -> {0} {{ {1}\n return %0 : {0} }}"
    f = call(couloir.parse(text.format("tensor<99999999999999xf32>", constant)))
    with pytest.raises(couloir.Error, match="the results are not what JAX takes: JaxRuntimeError"):
        f()
    type = "tensor<4611686018427387904x2xf32>"
    with pytest.raises(couloir.Error, match="cannot be lowered to JAX") as caught:  # XLA would end the process
        call(couloir.parse(text.format(type, f"%0 = stablehlo.iota dim = 0 : {type}")))
    assert f"`{type}` is more than an array can have" in caught.value.notes[0]


def test_no_such_function():
    with pytest.raises(couloir.Error, match="the module has no function @other"):
        call(couloir.from_jax(lambda x: x, 1.0), function="other")
    with pytest.raises(couloir.Error, match="a module is needed, not a str"):
        call("module")  # pyright: ignore[reportArgumentType]


TEXTS = {
    "powers of whole numbers": """
    func.func @main(%x: tensor<12xi32>, %y: tensor<12xi32>) -> tensor<12xi32> {
      %r = stablehlo.power %x, %y : tensor<12xi32>
      return %r : tensor<12xi32>
    }""",
    "any select and scatter": """
    func.func @main(%x: tensor<12xi32>, %y: tensor<12xi32>) -> tensor<12xi32> {
      %init = stablehlo.constant dense<3> : tensor<i32>
      %source = stablehlo.slice %y [0:6] : (tensor<12xi32>) -> tensor<6xi32>
      %r = "stablehlo.select_and_scatter"(%x, %source, %init) <{window_dimensions = array<i64: 3>, window_strides = array<i64: 2>,
        padding = dense<[[1, 0]]> : tensor<1x2xi64>}> ({
      ^bb0(%a: tensor<i32>, %b: tensor<i32>):
        %p = stablehlo.compare GT, %a, %b : (tensor<i32>, tensor<i32>) -> tensor<i1>
        stablehlo.return %p : tensor<i1>
      }, {
      ^bb0(%a: tensor<i32>, %b: tensor<i32>):
        %m = stablehlo.multiply %a, %b : tensor<i32>
        stablehlo.return %m : tensor<i32>
      }) : (tensor<12xi32>, tensor<6xi32>, tensor<i32>) -> tensor<12xi32>
      return %r : tensor<12xi32>
    }""",
    "broadcasting": """
    func.func @main(%x: tensor<12xi32>, %y: tensor<12xi32>) -> (tensor<3x12xi32>, tensor<3x12xi1>) {
      %a = stablehlo.iota dim = 0 : tensor<3x1xi32>
      %s = chlo.broadcast_add %a, %x : (tensor<3x1xi32>, tensor<12xi32>) -> tensor<3x12xi32>
      %c = chlo.broadcast_compare %s, %y {comparison_direction = #chlo<comparison_direction LT>} : (tensor<3x12xi32>, tensor<12xi32>) -> tensor<3x12xi1>
      return %s, %c : tensor<3x12xi32>, tensor<3x12xi1>
    }""",
    "a running sum": """
    func.func @main(%x: tensor<12xi32>, %y: tensor<12xi32>) -> (tensor<12xi32>, tensor<i32>) {
      %zero = stablehlo.constant dense<0> : tensor<i32>
      %sums, %total = chlo.scan(%x) inits (%zero) dimension=0 attributes {is_reverse = true} {
      ^bb0(%a: tensor<i32>, %c: tensor<i32>):
        %s = stablehlo.add %a, %c : tensor<i32>
        stablehlo.return %s, %s : tensor<i32>, tensor<i32>
      } : (tensor<12xi32>, tensor<i32>) -> (tensor<12xi32>, tensor<i32>)
      return %sums, %total : tensor<12xi32>, tensor<i32>
    }""",
    "a map, a composite and tuples": """
    func.func @main(%x: tensor<12xi32>, %y: tensor<12xi32>) -> tensor<12xi32> {
      %m = "stablehlo.map"(%x, %y) <{dimensions = array<i64: 0>}> ({
      ^bb0(%a: tensor<i32>, %b: tensor<i32>):
        %s = stablehlo.subtract %a, %b : tensor<i32>
        stablehlo.return %s : tensor<i32>
      }) : (tensor<12xi32>, tensor<12xi32>) -> tensor<12xi32>
      %t = stablehlo.tuple %m, %x : tuple<tensor<12xi32>, tensor<12xi32>>
      %f = stablehlo.get_tuple_element %t[0] : (tuple<tensor<12xi32>, tensor<12xi32>>) -> tensor<12xi32>
      %r = stablehlo.composite "my.twice" %f {decomposition = @twice} : (tensor<12xi32>) -> tensor<12xi32>
      return %r : tensor<12xi32>
    }
    func.func private @twice(%x: tensor<12xi32>) -> tensor<12xi32> {
      %r = stablehlo.add %x, %x : tensor<12xi32>
      return %r : tensor<12xi32>
    }""",
    "a reduction with a body, and a start that is not neutral": """
    func.func @main(%x: tensor<12xi32>, %y: tensor<12xi32>) -> (tensor<i32>, tensor<i32>) {
      %one = stablehlo.constant dense<1> : tensor<i32>
      %s = stablehlo.reduce(%x init: %one) applies stablehlo.add across dimensions = [0] : (tensor<12xi32>, tensor<i32>) -> tensor<i32>
      %r = stablehlo.reduce(%y init: %one) across dimensions = [0] : (tensor<12xi32>, tensor<i32>) -> tensor<i32>
        reducer(%a: tensor<i32>, %b: tensor<i32>) {
          %m = stablehlo.maximum %a, %b : tensor<i32>
          %n = stablehlo.maximum %m, %a : tensor<i32>
          stablehlo.return %n : tensor<i32>
        }
      return %s, %r : tensor<i32>, tensor<i32>
    }""",
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_jax_does_not_write(name: str):
    module = couloir.parse(TEXTS[name])
    rng = np.random.default_rng(1)
    x, y = rng.integers(-4, 5, 12).astype(np.int32), rng.integers(-2, 5, 12).astype(np.int32)
    for found, expected in zip(jax.jit(call(module))(x, y), couloir.run(module, x, y), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_turned_kernels_and_normalized_batches():
    module = couloir.parse("""
    func.func @main(%x: tensor<1x5x2xf32>, %k: tensor<3x2x2xf32>, %s: tensor<2xf32>) -> (tensor<1x5x2xf32>, tensor<2xf32>) {
      %c = stablehlo.convolution(%x, %k) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f],
        window = {stride = [1], pad = [[1, 1]], reverse = [true]} {batch_group_count = 1 : i64, feature_group_count = 1 : i64}
        : (tensor<1x5x2xf32>, tensor<3x2x2xf32>) -> tensor<1x5x2xf32>
      %y, %mean, %variance = "stablehlo.batch_norm_training"(%c, %s, %s) <{epsilon = 0.001 : f32, feature_index = 2 : i64}>
        : (tensor<1x5x2xf32>, tensor<2xf32>, tensor<2xf32>) -> (tensor<1x5x2xf32>, tensor<2xf32>, tensor<2xf32>)
      return %y, %variance : tensor<1x5x2xf32>, tensor<2xf32>
    }""")
    rng = np.random.default_rng(2)
    arrays = [rng.normal(size=shape).astype(np.float32) for shape in ((1, 5, 2), (3, 2, 2), (2,))]
    for found, expected in zip(call(module)(*arrays), couloir.run(module, *arrays), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_what_jax_refuses_has_its_place():
    module = couloir.parse("""
    func.func @main(%x: tensor<8xi1>) -> tensor<ui8> {
      %y = stablehlo.bitcast_convert %x : (tensor<8xi1>) -> tensor<ui8>
      return %y : tensor<ui8>
    }""")
    with pytest.raises(couloir.Error, match=r"<text>:3:12: `stablehlo.bitcast_convert` is not what JAX takes"):
        call(module)(np.zeros(8, bool))
