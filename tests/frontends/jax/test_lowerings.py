"""Every primitive that JAX lowers for CPUs has a rule here; a refusal has a reason."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax._src.interpreters import mlir

import couloir
from couloir.frontends.jax import RULES
from couloir.frontends.jax.primitives.refused import REASONS
from tests.frontends.jax.comparing import check

# Modules that define primitives when they are imported.
import jax._src.cudnn.fused_attention_stablehlo  # isort: skip
import jax._src.cudnn.scaled_matmul_stablehlo  # isort: skip
import jax.experimental.checkify  # isort: skip
import jax.experimental.custom_partitioning  # isort: skip
import jax.experimental.multihost_utils  # isort: skip
import jax.export  # isort: skip
import jax.extend.linear_util  # isort: skip


def lowered_for_cpus() -> set[str]:
    """The names in JAX's own tables, but for those of Pallas, whose primitives stand inside of its kernels."""
    tables = (mlir._lowerings, mlir._platform_specific_lowerings["cpu"])
    return {
        primitive.name
        for table in tables
        for primitive, entry in table.items()
        if not getattr(entry.rule, "__module__", "").startswith("jax._src.pallas")
    }


def test_every_primitive_that_jax_lowers_has_a_rule():
    assert len(lowered_for_cpus()) > 250
    assert sorted(lowered_for_cpus() - set(RULES)) == []


def test_a_refusal_is_of_something_that_jax_has():
    assert sorted(set(REASONS) - lowered_for_cpus() - {"core_map", "pallas_call"}) == []


def double(x: Any) -> Any:
    return (2 * np.asarray(x)).astype(np.float32)


def doubled(x: Any) -> Any:
    return jax.pure_callback(double, jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="sequential") + 1


def test_functions_with_side_effects_are_named():
    def f(x: Any) -> Any:
        return jax.experimental.io_callback(double, jax.ShapeDtypeStruct((), x.dtype), x)

    with pytest.raises(couloir.Error) as caught:
        couloir.from_jax(f, 1.0)
    (note,) = caught.value.notes
    assert (
        "`io_callback`: it has side effects: it calls a Python function, which a module cannot hold (`double`)" in note
    )
    assert "test_lowerings.py:" in note


def test_functions_of_python_are_called():
    x = jnp.arange(3.0)
    check([("once", doubled, (x,)), ("for each", jax.vmap(doubled), (x,))], terms=0)
    module = couloir.from_jax(doubled, x)
    assert '@couloir.host_function(%arg0) {function = "double"}' in str(module)
    with pytest.raises(couloir.Error, match="the Python function `double` that the program calls is not there"):
        couloir.run(couloir.parse(str(module)), np.zeros(3, np.float32))
    with pytest.raises(couloir.Error, match="text cannot hold"):
        couloir.to_stablehlo_text(module)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: 1 / 0, "failed: ZeroDivisionError: division by zero"),
        (lambda x: np.zeros(2, np.float32), r"gives float32\[2\], not tensor<f32>"),
    ],
)
def test_functions_of_python_that_go_wrong(function: Any, message: str):
    module = couloir.from_jax(lambda x: jax.pure_callback(function, jax.ShapeDtypeStruct((), x.dtype), x), 1.0)
    with pytest.raises(couloir.Error, match=message):
        couloir.run(module, np.float32(1))


def test_what_somebody_else_defines_is_lowered_as_jax_says():
    primitive = jax.extend.core.Primitive("somebodys")
    primitive.def_abstract_eval(lambda x: x)
    mlir.register_lowering(primitive, mlir.lower_fun(lambda x: jnp.sin(x) + 1, multiple_results=False))
    try:
        module = couloir.from_jax(lambda x: primitive.bind(x) * 2, np.ones(2, np.float32))
    finally:
        del mlir._lowerings[primitive]
    np.testing.assert_allclose(couloir.run(module, np.ones(2, np.float32))[0], 2 * np.sin(1) + 2, rtol=1e-6)


def test_what_somebody_else_computes_with_other_primitives():
    primitive = jax.extend.core.Primitive("theirs")
    primitive.def_abstract_eval(lambda x, *, times: x)
    primitive.def_impl(lambda x, *, times: jax.lax.fori_loop(0, times, lambda i, v: v + i, x))
    module = couloir.from_jax(lambda x: primitive.bind(x, times=4), 1.0)
    assert couloir.run(module, np.float32(1)) == (7.0,)
    assert "stablehlo.while" in str(module)


def test_what_jax_lowers_to_composites_and_shardings():
    def inner(key: Any) -> Any:
        return jax.lax.composite(lambda v: v * 2, name="my.double")(jax.random.uniform(key, (2,)))

    primitive = jax.extend.core.Primitive("composed_by_others")
    primitive.def_abstract_eval(lambda key: jax.core.ShapedArray((2,), jnp.float32))
    mlir.register_lowering(primitive, mlir.lower_fun(inner, multiple_results=False))
    try:
        key = jax.random.key(1)
        module = couloir.from_jax(lambda key: [primitive.bind(key), primitive.bind(key)], key)
    finally:
        del mlir._lowerings[primitive]
    assert {op.name.partition(".")[0] for op in module.walk()} == {"builtin", "func", "stablehlo"}
    found = couloir.run(module, np.asarray(jax.random.key_data(key)))
    np.testing.assert_array_equal(found[0], inner(key))
    np.testing.assert_array_equal(found[1], inner(key))


def test_a_foreign_function_is_called():
    def f(x: Any) -> Any:
        return jax.ffi.ffi_call("somewhere", jax.ShapeDtypeStruct(x.shape, x.dtype))(x, scale=np.float32(2))

    calls = [op for op in couloir.from_jax(f, jnp.ones(3)).walk() if op.name == "stablehlo.custom_call"]
    assert [call.call_target_name for call in calls] == ["somewhere"]
    assert calls[0].attributes["mhlo.backend_config"].as_dict()["scale"].value == 2.0


def rare() -> list[tuple[str, Any, tuple[Any, ...]]]:
    x = jnp.linspace(0.25, 3, 12).reshape(3, 4)
    sizes = jnp.asarray([2, 0, 1], jnp.int32)

    @jax.custom_batching.custom_vmap
    def batched(v: Any) -> Any:
        return jnp.sin(v)

    batched.def_vmap(lambda size, which, v: (jnp.sin(v) * 2, True))

    @jax.custom_gradient
    def clipped(v: Any) -> Any:
        return v, lambda g: jnp.clip(g, -1, 1)

    def linear(v: Any) -> Any:
        return jax.custom_derivatives.linear_call(lambda r, a: a * r, lambda r, g: g * r, 3.0, v)

    return [
        ("ragged dot", lambda a, b, n: jax.lax.ragged_dot(a, b, n), (x, jnp.ones((3, 4, 2)), sizes)),
        ("composite", jax.lax.composite(lambda v: v * v, name="my.square"), (x,)),
        ("linear call", lambda v: [linear(v), jax.vjp(linear, v)[1](v)], (x,)),
        ("custom vmap", lambda v: [batched(v), jax.vmap(batched)(v)], (x,)),
        ("custom gradient", jax.grad(lambda v: (clipped(v) ** 2).sum()), (x,)),
        ("barrier", lambda v: jax.lax.optimization_barrier((v, v + 1)), (x,)),
        ("platform", lambda v: jax.lax.platform_dependent(v, cpu=jnp.sin, default=jnp.cos), (x,)),
        ("any platform", lambda v: jax.lax.platform_dependent(v, tpu=jnp.sin, default=jnp.cos), (x,)),
        ("layout", lambda v: jax.device_put(v, jax.devices()[0]), (x,)),
        ("cholesky update", lambda v: jax.lax.linalg.cholesky_update(jnp.eye(3) * 2, v[:, 0]), (x,)),
        ("symmetric product", lambda v: jax.lax.linalg.symmetric_product(v, jnp.eye(3), symmetrize_output=True), (x,)),
        ("exported", jax.export.export(jax.jit(jnp.tanh))(x).call, (x,)),
    ]


def test_rare_primitives():
    check(rare(), terms=64)


def test_what_is_experimental():
    from jax.experimental import compute_on, shard_alike, sparse, xla_metadata

    matrix = jnp.diag(jnp.arange(1.0, 5.0)).at[0, 2].set(3.0)
    x = jnp.arange(4.0)
    coordinates, rows = sparse.BCOO.fromdense(matrix), sparse.BCSR.fromdense(matrix)

    @compute_on.compute_on("device_host")
    @jax.jit
    def on_the_host(v: Any) -> Any:
        return v * 2

    def marked(v: Any) -> Any:
        with xla_metadata.set_xla_metadata(key="value"):
            return jnp.sin(v)

    check(
        [
            ("coordinates", lambda m, v: [m @ v, (m @ m).todense(), m.T.todense()], (coordinates, x)),
            ("rows", lambda m, v: [m @ v, m.todense()], (rows, x)),
            ("gradient", jax.grad(lambda d, i, v: (sparse.BCOO((d, i), shape=(4, 4)) @ v).sum()),
             (coordinates.data, coordinates.indices, x)),
            ("host", on_the_host, (x,)),
            ("marked", marked, (x,)),
            ("alike", lambda v: shard_alike.shard_alike(v, v + 1), (x,)),
        ],
        terms=16,
    )  # fmt: skip
