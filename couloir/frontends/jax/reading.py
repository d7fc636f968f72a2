"""The front door: `couloir.from_jax`, and `program` for who wants the trees as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from couloir.dialects.builtin import ModuleOp

if TYPE_CHECKING:
    from couloir.frontends.jax.tracing import Program


def trace(f: Callable[..., Any], /, *args: Any, **kwargs: Any) -> ModuleOp:
    """Traces a JAX function, by example arguments, into a verified module of StableHLO.

        module = couloir.from_jax(jax.grad(loss), params, batch)

    The jaxpr is lowered equation by equation, without XLA. Control flow is kept: `scan` and `while_loop` become
    `stablehlo.while`, `cond` and `switch` become `stablehlo.case`. Each op knows its equation and the line of the program.

    Args:
        f: A function of arrays and pytrees of arrays, as for `jax.jit`; transformed by `jit`, `grad`, `vmap` as wanted.
            Or what `jax.export.export` has made, which has its arguments: its StableHLO is read.
        args: Example arguments: pytrees of arrays, numbers or `jax.ShapeDtypeStruct`. Their shapes and dtypes count. A
            dimension may be symbolic (`jax.export.symbolic_shape("b, 2*h")`): it keeps its name, which
            `couloir.specialize(module, dims={"b": 4})` binds, or the shape of an array when the program runs.
        kwargs: Example arguments by keyword. What is no array is bound beforehand, with `functools.partial`.

    Returns:
        A module with one function. Arguments and results are the leaves of the trees, flat, under the names and keys that
        lead to them (`onnx.name`). Random keys are arrays of `uint32`, as `jax.random.key_data` gives them.

    Raises:
        Error: JAX is not installed; an argument is no array; the function cannot be traced; a symbolic dimension does not
            follow from the shapes of the arguments; or primitives have no rule: all of them at once, with count and first
            place.
    """
    return program(f, *args, **kwargs).module


def program(f: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Program:
    """As `trace`, with the trees of the arguments and of the result: `program.wrap` makes a function of trees.

    Returns:
        A `couloir.frontends.jax.Program`: `module`, `flatten`, `unflatten`, `wrap`.
    """
    from couloir.frontends.jax.tracing import traced

    return traced(f, args, kwargs)
