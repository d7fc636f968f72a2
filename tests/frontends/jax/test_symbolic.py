"""Symbolic dimensions: one module for all sizes, with their names; and what `jax.export` writes."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export, lax

import couloir
from couloir.frontends.jax import call
from tests.frontends.jax.comparing import arrays, same


def shaped(text: str, dtype: Any = jnp.float32) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(export.symbolic_shape(text), dtype)


def program(x: Any, w: Any) -> list[Any]:
    b, h = x.shape
    softmax = jax.nn.softmax(x, axis=-1)
    return [
        jnp.concatenate([softmax, x], 0).reshape(-1),
        softmax.sum(0) + jnp.arange(h),
        jnp.mean(x),
        jnp.pad(x, ((0, 1), (2, 0)))[::-1],
        lax.scan(lambda c, a: (c + a, c), jnp.zeros(h), x, reverse=True),
        x[1:],
        jnp.ones((b // 2, 3)),
        x[jnp.asarray([0, 1])],
        x.at[jnp.asarray([0, 9]), 1].get(mode="fill", fill_value=7.0),
        x.at[jnp.asarray([0, 9])].add(w, mode="drop"),
        jnp.cumsum(x, 0),
        jnp.cumsum(x, 1, dtype=jnp.float32),
        jnp.sort(x, 1),
        jnp.argmax(x, 0),
        x @ x.T,
        jnp.tile(x, (2, 1)),
        lax.dynamic_slice(x, (w.astype(int), 0), (b - 1, 2)),
        jnp.split(x, [1], 1),
        jnp.stack([x, x], 1),
        jnp.tril(x @ x.T),
        lax.fori_loop(0, b, lambda i, v: v + x[i], x[0]),
        lax.cond(w > 0, jnp.sin, jnp.cos, x),
        lax.reduce_window(x, -jnp.inf, lax.max, (2, 1), (1, 1), "SAME"),
        jax.vmap(lambda row: row / row.sum())(x),
        jax.grad(lambda v: (v[1:] ** 2).sum())(x),
        jnp.asarray(b % 3),
    ]


SIZES = [(4, 7), (3, 5)]


def draw(b: int, h: int) -> tuple[np.ndarray, np.ndarray]:
    return np.random.default_rng(b).normal(size=(b, h)).astype(np.float32), np.asarray(2.0, np.float32)


def test_one_module_for_all_sizes():
    module = couloir.from_jax(program, shaped("b, 2*h + 1"), 1.0)
    back = jax.jit(call(module))
    for b, h in SIZES:
        x, w = draw(b, h)
        expected = arrays(jax.jit(program)(x, w))
        bound = couloir.specialize(module, dims={"b": b, "h": (h - 1) // 2})
        assert all(type.is_static for type in bound.functions[0].function_type.results)
        for found in (couloir.run(module, x, w), couloir.run(bound, x, w), back(x, w)):
            faults = [same(a, c, 64) for a, c in zip(arrays(found), expected, strict=True)]
            assert not any(faults), [(i, fault) for i, fault in enumerate(faults) if fault]


def test_random_numbers_and_special_functions():
    def f(x: Any) -> list[Any]:
        key, y = jax.random.key(0), abs(x) + 1
        return [jax.random.uniform(key, x.shape), jax.random.bernoulli(key, 0.5, x.shape[:1]), lax.igamma(y, y)]

    module = couloir.from_jax(f, shaped("b, h"))
    x, _ = draw(3, 4)
    expected = arrays(jax.jit(f)(x))
    for found in (couloir.run(module, x), couloir.run(couloir.specialize(module, [x.shape]), x)):
        assert not any(same(a, c, 64) for a, c in zip(found, expected, strict=True))


def test_it_is_compiled_for_the_sizes_that_come():
    module = couloir.from_jax(lambda x: jnp.cumsum(x / x.sum(1, keepdims=True), 0), shaped("b, 2*h"))
    compiled = couloir.compile(module)
    for b, h in ((2, 4), (3, 2)):
        x, _ = draw(b, h)
        assert not same(compiled(x)[0], couloir.run(module, x)[0], 16)
    assert len(compiled.programs) == 2


def test_names_are_kept():
    def f(x: Any) -> Any:
        return jnp.concatenate([x, x], 1), x[: x.shape[0] // 2]

    (function,) = couloir.from_jax(f, shaped("batch, 2*h, 3")).functions
    assert str(function.argument_attribute(0, "onnx.dims")) == '["batch", "2*h", ""]'
    assert str(function.result_attribute(0, "onnx.dims")) == '["batch", "4*h", ""]'
    assert str(function.result_attribute(1, "onnx.dims")) == '["floordiv(batch, 2)", "2*h", ""]'


def test_sizes_that_do_not_fit():
    scope = export.SymbolicScope()
    a, b = (export.symbolic_shape(text, scope=scope) for text in ("n, 2*h", "n"))
    x, y = (jax.ShapeDtypeStruct(shape, jnp.float32) for shape in (a, b))
    module = couloir.from_jax(lambda x, y: x.sum(1) + y, x, y)
    assert couloir.run(module, np.ones((3, 4), np.float32), np.ones(3, np.float32))[0].tolist() == [5, 5, 5]
    with pytest.raises(
        couloir.Error, match=r"the dimension `2\*h` is 5 by dimension 1 of `x`, which no size `h` makes"
    ):
        couloir.run(module, np.ones((3, 5), np.float32), np.ones(3, np.float32))
    with pytest.raises(
        couloir.Error, match="the dimension `n` is 3 by dimension 0 of `x`, but 2 by dimension 0 of `y`"
    ):
        couloir.run(module, np.ones((3, 4), np.float32), np.ones(2, np.float32))


def test_a_module_checks_sizes_itself():
    """Also where nobody knows the names: in text for other tools."""
    module = couloir.parse(couloir.to_stablehlo_text(couloir.from_jax(lambda x: x + 1, shaped("n, 2*h, n"))))
    assert couloir.run(module, np.ones((3, 4, 3), np.float32))[0].shape == (3, 4, 3)
    for shape, message in {
        (3, 5, 3): r"dimension 1 of an argument is 5, where `2\*h` is 4",
        (3, 4, 2): "dimension 2 of an argument is 2, where `n` is 3",
        (0, 4, 0): "the size `n` is 0: JAX has traced for sizes from 1",
    }.items():
        for run in (couloir.run, lambda module, x: couloir.specialize(module, [x.shape])):
            with pytest.raises(couloir.Error, match=message):
                run(module, np.ones(shape, np.float32))


def test_a_size_that_nothing_has():
    with pytest.raises(couloir.Error, match="the size `h` does not follow from the shapes of the arguments"):
        couloir.from_jax(lambda x: x, shaped("h*w"))


def test_a_primitive_that_needs_numbers():
    with pytest.raises(couloir.Error) as caught:
        couloir.from_jax(lambda x: jnp.fft.fft(x), shaped("b, n", jnp.complex64))
    assert "1 x `fft`: it needs the number behind a symbolic dimension" in caught.value.notes[0]


def test_what_jax_export_writes():
    exported = export.export(jax.jit(program))(shaped("b, 2*h + 1"), 1.0)
    module = couloir.from_jax(exported)
    assert str(module.functions[0].argument_attribute(0, "onnx.dims")) == '["b", "2*h + 1"]'
    for b, h in SIZES[:1]:
        x, w = draw(b, h)
        expected = arrays(jax.jit(program)(x, w))
        bound = couloir.specialize(module, dims={"b": b, "h": (h - 1) // 2})
        faults = [same(a, c, 64) for a, c in zip(couloir.run(bound, x, w), expected, strict=True)]
        assert not any(faults), [(i, fault) for i, fault in enumerate(faults) if fault]
    with pytest.raises(couloir.Error, match="it takes no others"):
        couloir.from_jax(exported, 1.0)


def test_text_of_jax_export_says_what_sizes_must_be():
    text = export.export(jax.jit(lambda x: x * 2))(shaped("b, 2*h")).mlir_module()
    module = couloir.parse(text)
    assert couloir.run(module, np.ones((2, 4), np.float32))[0].shape == (2, 4)
    for run in (couloir.run, lambda module, x: couloir.specialize(module, [x.shape])):
        with pytest.raises(couloir.Error, match="Division had remainder 1 when computing the value of 'h'"):
            run(module, np.ones((2, 3), np.float32))


def test_arguments_that_an_exported_function_does_not_use():
    exported = export.export(jax.jit(lambda x, y: {"a": y + 1}))(np.float32(1), np.float32(2))
    program = couloir.frontends.jax.program(exported)
    found = program.wrap(lambda *arrays: couloir.run(program.module, *arrays))(np.float32(1), np.float32(2))
    assert found == {"a": 3.0}
