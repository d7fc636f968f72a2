"""Programs as JAX prints them: they parse, verify, and go back to StableHLO as they came."""

from __future__ import annotations

import pytest

import couloir.dialects  # noqa: F401 -- declares the dialects
from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify

jax = pytest.importorskip("jax")
jnp = pytest.importorskip("jax.numpy")
mlir = pytest.importorskip("jax._src.interpreters.mlir")
ir = pytest.importorskip("jaxlib.mlir.ir")

IMAGES, FILTERS = (2, 3, 8, 8), (5, 3, 3, 3)


def network(x, w):
    x = jax.nn.relu(jax.lax.conv_general_dilated(x, w, (2, 2), "SAME", rhs_dilation=(1, 2)))
    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    x = x.reshape(2, -1) @ jnp.ones((20, 10))
    return jax.nn.softmax(x)


PROGRAMS = {
    "network": (network, (IMAGES, FILTERS)),
    "its gradient": (jax.grad(lambda x, w: network(x, w)[:, 0].sum(), argnums=1), (IMAGES, FILTERS)),
    "sorting": (lambda x: (jnp.sort(x), jnp.argmax(x), jnp.cumsum(x), jax.lax.top_k(x, 2)), ((4, 5),)),
    "indexing": (lambda x: (x[jnp.array([0, 1])], x.at[1, 2].add(1.0), x[::-1, 1:4:2], jnp.take(x, 1, 0)), ((4, 5),)),
    "loops": (
        lambda x: (
            jax.lax.fori_loop(0, 3, lambda i, a: a * x + i, x),
            jax.lax.scan(lambda c, y: (c + y, c * y), x[0], x),
            jax.lax.cond(x.sum() > 0, jnp.sin, jnp.cos, x),
            jax.lax.while_loop(lambda a: a.sum() < 9, lambda a: a + 1, x),
        ),
        ((4, 5),),
    ),
    "linear algebra": (
        lambda x: (jnp.linalg.inv(x), jnp.linalg.cholesky(x @ x.T), jnp.fft.rfft(x), jnp.einsum("ij,kj->ik", x, x)),
        ((4, 4),),
    ),
    "random numbers": (lambda x: jax.random.normal(jax.random.key(0), x.shape), ((4, 4),)),
    "odds and ends": (
        lambda x: (
            jax.scipy.special.erf(x),
            jnp.pad(x, ((1, 0), (0, 2))),
            jnp.concatenate([x, x]),
            jax.lax.bitcast_convert_type(x, jnp.int32),
            jax.lax.reduce_precision(x, 5, 10),
            jax.lax.complex(x, x),
            jax.lax.optimization_barrier(x),
            jnp.isfinite(x),
            jnp.clip(x, 0, 1),
            x.astype(jnp.bfloat16),
            jax.lax.dynamic_slice(x, (1, jnp.int32(0)), (2, 2)),
        ),
        ((4, 4),),
    ),
    "batches": (jax.vmap(lambda x, i: jnp.where(x > 0, x[i], x @ x)), ((3, 4, 4), (3,))),
}


@pytest.fixture(scope="module")
def context():
    return mlir.make_ir_context()


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_jax_prints(context, name):
    function, shapes = PROGRAMS[name]
    arguments = [jnp.zeros(shape, jnp.int32 if len(shape) == 1 else jnp.float32) for shape in shapes]
    text = jax.jit(function).lower(*arguments).as_text()
    generic = ir.Module.parse(text, context).operation.get_asm(print_generic_op_form=True)
    for source in (text, generic):
        module = parse_module_op(source)
        verify(module)
        for ours in (operation_text(module), operation_text(module, generic=True)):
            assert ir.Module.parse(ours, context).operation.get_asm(print_generic_op_form=True) == generic


@pytest.mark.parametrize("locations", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_jax_prints_comes_back_to_the_character(name, locations):
    function, shapes = PROGRAMS[name]
    arguments = [jnp.zeros(shape, jnp.int32 if len(shape) == 1 else jnp.float32) for shape in shapes]
    text = jax.jit(function).lower(*arguments).as_text(debug_info=locations)
    module = parse_module_op(text)
    assert operation_text(module, use_names=True, locations=locations) == text.rstrip("\n")
