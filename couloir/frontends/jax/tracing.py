"""A traced function: its module, and how trees of arrays become the arguments of the module, and its results trees again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from couloir.dialects.builtin import ModuleOp
from couloir.frontends.functions import result_name
from couloir.frontends.guarding import guarded
from couloir.frontends.jax.elements import implementation, is_key
from couloir.frontends.jax.importer import MAIN, Importer, named_values
from couloir.frontends.jax.library import jax_library
from couloir.ir.errors import Error
from couloir.ir.text.parser import parse_module_op
from couloir.ir.verify import verify


@attrs.frozen(eq=False)
class Program:
    """A traced function.

    program = couloir.frontends.jax.program(step, params, batch)
    run = program.wrap(couloir.compile(program.module))
    params = run(params, batch)                            # trees in, a tree out
    """

    module: ModuleOp
    label: str
    """What the function is called."""
    arguments: tuple[Any, ...]
    """JAX's abstract values of the leaves of the arguments."""
    results: tuple[Any, ...]
    """Those of the leaves of the result."""
    argument_tree: Any
    """The tree of `(args, kwargs)`, as `jax.tree.structure` gives it."""
    result_tree: Any
    """The tree of the result."""
    kept: tuple[int, ...]
    """The numbers of the leaves that are arguments of the module: an exported function drops those that it does not use."""

    def flatten(self, *args: Any, **kwargs: Any) -> list[Any]:
        """The arrays that the module takes. Raises `couloir.Error` when the tree is not the one that was traced."""
        leaves, tree = jax_library().tree_util.tree_flatten((args, kwargs))
        if tree != self.argument_tree:
            raise Error(
                f"`{self.label}` was traced for other arguments",
                notes=[f"traced for {self.argument_tree}", f"called with {tree}"],
            )
        return [_array(leaves[number], self.arguments[number]) for number in self.kept]

    def unflatten(self, arrays: Sequence[Any]) -> Any:
        """The tree that the function returns, from the arrays that the module gives."""
        if len(arrays) != len(self.results):
            raise Error(f"`{self.label}` has {len(self.results)} results; {len(arrays)} arrays were given")
        leaves = [_leaf(array, aval) for array, aval in zip(arrays, self.results, strict=True)]
        return jax_library().tree_util.tree_unflatten(self.result_tree, leaves)

    def wrap(self, run: Callable[..., Sequence[Any]]) -> Callable[..., Any]:
        """A function of the same trees as the one that was traced, from one of the module's arrays.

        Args:
            run: What runs the module: `couloir.compile(program.module)`, `functools.partial(couloir.run, program.module)`,
                or `couloir.frontends.jax.call(program.module)`.
        """

        def called(*args: Any, **kwargs: Any) -> Any:
            return self.unflatten(run(*self.flatten(*args, **kwargs)))

        called.__name__ = called.__qualname__ = self.label
        return called


def traced(f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Program:
    """Traces a JAX function; see `couloir.frontends.jax.program`."""
    jax = jax_library()
    if hasattr(f, "mlir_module") and hasattr(f, "in_avals"):
        return _of_exported(jax, f, args, kwargs)
    if not callable(f):
        raise Error(f"a function is needed, not a {type(f).__name__}")
    label = getattr(f, "__name__", type(f).__name__)
    named = _named_arguments(jax, f, args, kwargs)
    _check_arguments(named, label)

    def called(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return f(*args, **kwargs)

    given = tuple(args), dict(kwargs)
    closed, shapes = guarded(f"`{label}` cannot be traced", lambda: jax.make_jaxpr(called, return_shape=True)(*given))
    outputs = [result_name(_steps(path)) for path, _ in jax.tree_util.tree_flatten_with_path(shapes)[0]]
    module = Importer(label).run(closed, [name for name, _ in named], outputs)
    verify(module)
    structure = jax.tree_util.tree_structure
    return Program(
        module,
        label,
        tuple(closed.in_avals),
        tuple(closed.out_avals),
        structure(given),
        structure(shapes),
        tuple(range(len(named))),
    )


def _of_exported(jax: Any, exported: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Program:
    """What `jax.export` has made: its StableHLO, with the names of arguments, results and dimensions."""
    label = str(exported.fun_name)
    if args or kwargs:
        raise Error(f"`{label}` is exported for the arguments that it has; it takes no others")
    module = parse_module_op(exported.mlir_module(), file=f"<{label}>")
    verify(module)
    main = next((f for f in module.functions if f.sym_name == MAIN), None) if isinstance(module, ModuleOp) else None
    if main is None or not isinstance(module, ModuleOp):
        raise Error(f"`{label}` has no function @{MAIN}")
    kept = tuple(map(int, exported.module_kept_var_idx))
    leaves = jax.tree_util.tree_unflatten(exported.in_tree, range(exported.in_tree.num_leaves))
    inputs = [".".join(_steps(path)[1:]) for path, _ in jax.tree_util.tree_flatten_with_path(leaves)[0]]
    results = jax.tree_util.tree_unflatten(exported.out_tree, range(exported.out_tree.num_leaves))
    outputs = [result_name(_steps(path)) for path, _ in jax.tree_util.tree_flatten_with_path(results)[0]]
    main.arg_attrs = named_values([inputs[n] for n in kept], [exported.in_avals[n] for n in kept])
    main.res_attrs = named_values(outputs, exported.out_avals)
    return Program(
        module,
        label,
        tuple(exported.in_avals),
        tuple(exported.out_avals),
        exported.in_tree,
        exported.out_tree,
        kept,
    )


def _array(leaf: Any, aval: Any) -> Any:
    """An argument as the module takes it: the data of a random key, a number as an array; an array stays as it is."""
    if is_key(aval):
        return jax_library().random.key_data(leaf)
    return leaf if hasattr(leaf, "shape") else np.asarray(leaf, aval.dtype)


def _leaf(array: Any, aval: Any) -> Any:
    """A result as the function returns it."""
    jax = jax_library()
    if is_key(aval):
        return jax.random.wrap_key_data(array, impl=implementation(aval).name)
    return np.zeros(array.shape, aval.dtype) if aval.dtype == jax.dtypes.float0 else array


# -- arguments ---------------------------------------------------------------------------------------------------------


def _steps(path: Sequence[Any]) -> list[str]:
    return [str(getattr(key, "idx", getattr(key, "key", getattr(key, "name", key)))) for key in path]


def _named_arguments(
    jax: Any, f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> list[tuple[str, Any]]:
    """The leaves of the arguments, with the parameter and the keys that lead to each."""
    try:
        parameters = [p.name for p in inspect.signature(f).parameters.values() if p.kind <= p.POSITIONAL_OR_KEYWORD]
    except (TypeError, ValueError):
        parameters = []
    leaves = jax.tree_util.tree_flatten_with_path((tuple(args), dict(kwargs)))[0]
    named: list[tuple[str, Any]] = []
    for path, leaf in leaves:
        group, first, *rest = _steps(path)
        if group == "0":
            number = int(first)
            first = parameters[number] if number < len(parameters) else f"arg{number}"
        named.append((".".join([first, *rest]), leaf))
    return named


def _check_arguments(named: Sequence[tuple[str, Any]], label: str) -> None:
    for name, leaf in named:
        is_number = isinstance(leaf, bool | int | float | complex)
        dtype: Any = getattr(leaf, "dtype", None)
        if isinstance(dtype, np.dtype) and dtype.kind in "OSUmM":
            raise Error(f"the argument `{name}` is of {dtype}, which is no number", where=label)
        if not is_number and not (hasattr(leaf, "shape") and hasattr(leaf, "dtype")):
            raise Error(
                f"the argument `{name}` is a {type(leaf).__name__}, not an array",
                where=label,
                hint="bind what is no array beforehand: `functools.partial(f, ...)`",
            )
