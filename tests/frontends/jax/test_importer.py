"""What a JAX function becomes: names, locations, control flow; and what is said about functions that cannot be read."""

from __future__ import annotations

import functools
import subprocess
import sys
from typing import Any

import jax
import jax.extend.core
import jax.numpy as jnp
import numpy as np
import pytest

import couloir
from couloir.dialects import hlo
from couloir.frontends.jax import RULES, NotLowered, call, lowers
from couloir.ir.text.printer import operation_text
from tests.frontends.jax.comparing import check_program


def ops(module: couloir.Module) -> list[str]:
    return [op.name.removeprefix("stablehlo.") for op in module.walk() if op.name.startswith("stablehlo.")]


def test_a_function_as_text():
    def dense(params: dict[str, Any], x: Any) -> dict[str, Any]:
        return {"y": jnp.tanh(x @ params["w"] + params["b"])}

    params = {"w": jnp.zeros((2, 3)), "b": jnp.zeros(3)}
    assert operation_text(couloir.from_jax(dense, params, jnp.zeros((4, 2)))) == operation_text(
        couloir.parse("""
        func.func @main(%b: tensor<3xf32> {onnx.name = "params.b"}, %w: tensor<2x3xf32> {onnx.name = "params.w"},
                        %x: tensor<4x2xf32> {onnx.name = "x"}) -> (tensor<4x3xf32> {onnx.name = "y"}) {
          %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<4x2xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
          %1 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<3xf32>) -> tensor<1x3xf32>
          %2 = stablehlo.broadcast_in_dim %1, dims = [0, 1] : (tensor<1x3xf32>) -> tensor<4x3xf32>
          %3 = stablehlo.add %0, %2 : tensor<4x3xf32>
          %4 = stablehlo.tanh %3 : tensor<4x3xf32>
          return %4 : tensor<4x3xf32>
        }""")
    )


def test_a_location_is_the_primitive_and_the_line_of_the_program():
    def f(x: Any) -> Any:
        with jax.named_scope("layer"):
            return jnp.tanh(x)

    (tanh,) = (op for op in couloir.from_jax(f, jnp.zeros(2)).walk() if op.name == "stablehlo.tanh")
    assert tanh.location.label == "layer/tanh"
    file, line, _ = tanh.location.child.label.split(":")
    assert (file, int(line)) == ("test_importer.py", f.__code__.co_firstlineno + 2)


def test_what_jax_wrote_has_the_line_that_called_it():
    def f(x: Any) -> Any:
        return jax.nn.relu(x)

    (maximum,) = (op for op in couloir.from_jax(f, jnp.zeros(2)).walk() if op.name == "stablehlo.maximum")
    assert maximum.location.child.label == f"test_importer.py:{f.__code__.co_firstlineno + 1}:1"


def test_loops_and_branches_keep_their_structure():
    def f(x: Any, n: Any) -> Any:
        total, seen = jax.lax.scan(lambda c, a: (c + a, c * a), 0.0, x)
        last = jax.lax.while_loop(lambda v: v < n, lambda v: v * 2, total)
        return jax.lax.switch(jnp.int32(n), [jnp.sin, jnp.cos, jnp.exp], last), seen

    module = check_program(f, jnp.arange(1.0, 4.0), 50.0, terms=8)
    assert ops(module).count("while") == 2
    assert ops(module).count("case") == 1


def test_what_is_called_is_lowered_in_place():
    @jax.custom_vjp
    def cube(x: Any) -> Any:
        return x**3

    cube.defvjp(lambda x: (cube(x), x), lambda x, g: (3 * x * x * g,))

    def f(x: Any) -> Any:
        return jax.checkpoint(lambda v: jax.nn.relu(jnp.sin(jax.jit(cube)(v))))(x).sum()

    module = check_program(jax.value_and_grad(f), jnp.linspace(-1.0, 1.0, 5), terms=8)
    assert [op.name for op in module.walk() if "call" in op.name] == []


def test_a_batch_of_loops_stops_each_at_its_end():
    def halvings(x: Any) -> Any:
        return jax.lax.while_loop(lambda s: s[0] > 1, lambda s: (s[0] / 2, s[1] + 1), (x, 0))

    check_program(jax.vmap(halvings), jnp.asarray([1.0, 9.0, 100.0, 0.5]), terms=0)


def test_arguments_are_named_after_parameters_and_keys():
    def f(first: Any, pair: Any, *, scale: Any) -> Any:
        return (first * scale, [pair[0], pair[1]["deep"]])

    module = couloir.from_jax(f, 1.0, (2.0, {"deep": 3}), scale=4.0)
    (function,) = (op for op in module.walk() if op.name == "func.func")
    names = [function.argument_attribute(i, "onnx.name").value for i in range(4)]
    assert names == ["first", "pair.0", "pair.1.deep", "scale"]
    assert [function.result_attribute(i, "onnx.name").value for i in range(3)] == ["output0", "output1.0", "output1.1"]


def test_one_line_registers_a_rule():
    primitive = jax.extend.core.Primitive("twice")
    primitive.def_abstract_eval(lambda x: x)
    try:
        lowers("twice")(lambda eqn, x: hlo.Add(x, x))
        module = couloir.from_jax(lambda x: primitive.bind(x), jnp.zeros(2))
        np.testing.assert_array_equal(couloir.run(module, np.ones(2, np.float32))[0], [2, 2])
        lowers("twice")(lambda eqn, x: hlo.Reshape(x, result_types=[x.type.with_dims((1, 2))]))
        with pytest.raises(couloir.Error, match=r"its rule gives \(tensor<1x2xf32>\), but JAX says \(tensor<2xf32>\)"):
            couloir.from_jax(lambda x: primitive.bind(x), jnp.zeros(2))
    finally:
        del RULES["twice"]


def test_all_that_has_no_rule_is_reported_at_once():
    one, two = jax.extend.core.Primitive("reshap"), jax.extend.core.Primitive("mystery")
    for primitive in (one, two):
        primitive.def_abstract_eval(lambda x: x)

    def f(x: Any) -> Any:
        x = jax.lax.fori_loop(0, 3, lambda i, v: one.bind(v), one.bind(x))
        return jnp.sin(two.bind(x))

    with pytest.raises(couloir.Error, match="3 equations of 2 kinds") as caught:
        couloir.from_jax(f, jnp.zeros(2))
    first, second = caught.value.notes
    assert first.startswith(
        "2 x `reshap`: there is no lowering for this primitive (the nearest is `reshape`), first at "
    )
    assert "test_importer.py:" in first
    assert second.startswith("1 x `mystery`")
    assert "lowers(name)" in str(caught.value)


def test_a_rule_says_why_it_does_not_lower():
    def refuse(eqn: Any, x: Any) -> Any:
        raise NotLowered("it is too hard")

    primitive = jax.extend.core.Primitive("hard")
    primitive.def_abstract_eval(lambda x: x)
    try:
        lowers("hard")(refuse)
        with pytest.raises(couloir.Error) as caught:
            couloir.from_jax(lambda x: primitive.bind(x), jnp.zeros(2))
        assert "1 x `hard`: it is too hard" in caught.value.notes[0]
    finally:
        del RULES["hard"]


@pytest.mark.parametrize(
    ("f", "args", "message"),
    [
        (3, (), "a function is needed, not a int"),
        (lambda x, mode: x, (1.0, "fast"), "the argument `mode` is a str, not an array"),
        (lambda x: x + jnp.zeros(3), (np.zeros(2, np.float32),), "cannot be traced: TypeError"),
        (lambda x: 1 if x > 0 else 2, (1.0,), "cannot be traced: TracerBoolConversionError"),
        (lambda x: "text", (1.0,), "cannot be traced"),
        (lambda x: x, (np.array(["a"]),), "the argument `x` is of <U1, which is no number"),
        (lambda x: jax.debug.print("{}", x), (1.0,), "cannot be lowered"),
    ],
)
def test_functions_that_cannot_be_read(f: Any, args: tuple[Any, ...], message: str):
    with pytest.raises(couloir.Error, match=message):
        couloir.from_jax(f, *args)


def test_side_effects_are_named():
    with pytest.raises(couloir.Error) as caught:
        couloir.from_jax(lambda x: jax.debug.print("{}", x), 1.0)
    assert "side effects" in caught.value.notes[0]


def test_traced_values_that_were_kept():
    kept: list[Any] = []

    def keeps(x: Any) -> Any:
        kept.append(x)
        return x

    couloir.from_jax(keeps, np.zeros(3, np.float32))
    with pytest.raises(couloir.Error, match="<lambda>: the function closes over a traced value, `tensor<3xf32>`"):
        couloir.from_jax(lambda x: x + kept[0], np.zeros(3, np.float32))
    with pytest.raises(couloir.Error, match="give it as an argument"):
        jax.jit(lambda y: couloir.from_jax(lambda x: x + y, 1.0))(2.0)


def test_static_arguments_are_bound_beforehand():
    def f(x: Any, mode: str) -> Any:
        return jnp.sin(x) if mode == "sin" else x

    check_program(functools.partial(f, mode="sin"), jnp.ones(2), terms=4)


def test_frontends_are_imported_when_they_are_named():
    code = (
        "import sys, couloir; before = 'couloir.frontends' in sys.modules\n"
        "print(before, couloir.frontends.jax.call.__name__, 'jax' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "call", "False"]


def test_without_jax_one_line_says_what_to_install():
    code = (
        "import sys; sys.modules['jax'] = None; import couloir\n"
        "try: couloir.from_jax(abs, 1.0)\n"
        "except couloir.Error as error: print(error)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split("\n")[:2] == ["JAX is not installed", "  hint: pip install couloir[jax]"]


def test_trees_in_and_trees_out():
    def step(state: dict[str, Any], x: Any, *, rate: Any) -> tuple[dict[str, Any], None, Any]:
        key, used = jax.random.split(state["key"])
        noise = jax.random.normal(used, x.shape)
        return {"key": key, "w": [state["w"][0] - rate * (x + noise)]}, None, x.sum()

    state, x = {"key": jax.random.key(3), "w": [jnp.ones(3)]}, jnp.arange(3.0)
    program = couloir.frontends.jax.program(step, state, x, rate=0.5)
    expected = step(state, x, rate=0.5)
    compiled = couloir.compile(program.module)
    for run in (functools.partial(couloir.run, program.module), compiled, jax.jit(call(program.module))):
        found = program.wrap(run)(state, x, rate=0.5)
        assert jax.tree.structure(found) == jax.tree.structure(expected)
        assert (jax.random.key_data(found[0]["key"]) == jax.random.key_data(expected[0]["key"])).all()
        np.testing.assert_allclose(found[0]["w"][0], expected[0]["w"][0], rtol=1e-5)
        assert float(found[2]) == 3.0
    with pytest.raises(couloir.Error, match="`step` was traced for other arguments"):
        program.flatten(state, x)
    with pytest.raises(couloir.Error, match="`step` has 3 results; 1 arrays were given"):
        program.unflatten([x])


def test_functions_without_arguments_or_results():
    assert couloir.run(couloir.from_jax(lambda: {"a": jnp.arange(3)}))[0].tolist() == [0, 1, 2]
    assert couloir.run(couloir.from_jax(lambda x: None, 1.0), np.float32(1)) == ()
    program = couloir.frontends.jax.program(lambda x, none: (None, []), 1.0, None)
    assert program.wrap(functools.partial(couloir.run, program.module))(2.0, None) == (None, [])


def test_tangents_of_whole_numbers():
    program = couloir.frontends.jax.program(jax.grad(lambda n: 2.0 * n, allow_int=True), 3)
    found = program.wrap(functools.partial(couloir.run, program.module))(3)
    assert found.dtype == jax.dtypes.float0


def nested(make: Any, key: str, depth: int) -> Any:
    """A function whose equation holds itself, `depth` times."""
    closed, outer = jax.make_jaxpr(jnp.sin)(1.0), jax.make_jaxpr(make)(1.0)
    (equation,) = outer.jaxpr.eqns
    for _ in range(depth):
        deeper = equation.replace(params={**equation.params, key: closed})
        closed = jax.extend.core.ClosedJaxpr(outer.jaxpr.replace(eqns=[deeper]), outer.consts)
    return jax.extend.core.jaxpr_as_fun(closed)


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda x: jax.jit(jnp.cos)(x), "jaxpr"),
        (lambda x: jax.lax.while_loop(lambda v: v < 0, lambda v: v * 2, x), "body_jaxpr"),
    ],
)
def test_what_is_nested_deep(make: Any, key: str):
    module = couloir.from_jax(nested(make, key, 2000), 0.5)
    assert couloir.run(module, np.float32(0.5))[0] == (np.sin(np.float32(0.5)) if key == "jaxpr" else 0.5)
    if key == "body_jaxpr":
        with pytest.raises(couloir.Error, match="nested too deep for JAX"):
            call(module)(0.5)
