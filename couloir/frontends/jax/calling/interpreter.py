"""Runs the ops of a module one by one as functions of JAX, while JAX traces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, Final, cast

import numpy as np

from couloir.dialects import hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp
from couloir.frontends.guarding import guarded
from couloir.frontends.jax.calling.meanings import MEANINGS, Array, NoMeaning, as_known
from couloir.frontends.jax.library import jax_library
from couloir.frontends.unsupported import Unsupported
from couloir.ir.attributes import DenseElementsAttr, DenseResourceAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.types import IntegerType, TensorType, Type, dtype_of

RETURNS: Final = frozenset({"func.return", "stablehlo.return"})
MAX_KNOWN: Final = 64
"""Integer tensors up to this size are computed while JAX traces: sizes may be made of them."""
MAX_ITEM: Final = 16
"""Bytes of the largest element, a complex128."""
MAX_BYTES: Final = 2**63 - 1
WIDE: Final = (np.dtype(np.int64), np.dtype(np.uint64), np.dtype(np.float64), np.dtype(np.complex128))
"""What JAX has only with `jax_enable_x64`."""


def call(module: ModuleOp, *, function: str | None = None) -> Callable[..., tuple[Any, ...]]:
    """A JAX function that computes what a module computes: for `jax.jit`, `jax.vmap`, `jax.grad`.

        f = couloir.frontends.jax.call(couloir.lower("model.onnx"))
        gradient = jax.jit(jax.grad(lambda x: f(x)[0].sum()))

    Loops that count become `lax.scan`, so that they have gradients; other `while` loops have none, as in JAX.

    Args:
        module: StableHLO and CHLO. Sizes may be open where they follow from the arguments.
        function: The function; by default the first public one.

    Returns:
        A function of arrays, one for each argument, that returns a tuple. It raises `couloir.Error` for an array that does not
        fit, and for 64-bit numbers while JAX has none (`jax_enable_x64`).

    Raises:
        Error: JAX is not installed; there is no such function; or ops have no counterpart in JAX: all of them at once.
    """
    if not isinstance(module, ModuleOp):  # pyright: ignore[reportUnnecessaryIsInstance] -- by people without a type checker
        raise Error(f"a module is needed, not a {type(module).__name__}")
    jax_library()
    bodies = [f for f in module.functions if not f.is_declaration]
    chosen = next((f for f in bodies if f.sym_name == function or (function is None and not f.is_private)), None)
    if chosen is None:
        raise Error(f"the module has no function @{function}" if function else "the module has no public function")
    module = module.clone()  # what is done to it later changes nothing
    entry = next(f for f in module.functions if f.sym_name == chosen.sym_name)
    functions = {f.sym_name: f for f in module.functions if not f.is_declaration}
    reached = _reached(entry, functions)
    _check_ops(entry, reached)

    is_wide = any(_is_wide(v.type) for f in reached for op in f.walk() for v in (*op.results, *_arguments(op)))

    def called(*arrays: Any) -> tuple[Any, ...]:
        jax = jax_library()
        with jax.enable_x64(True) if is_wide else nullcontext():  # the positions inside of much have 64 bits
            results = _Run(functions, {}, None).block(entry.entry, _checked(entry, arrays))
            return guarded("the results are not what JAX takes", lambda: tuple(map(jax.numpy.asarray, results)))

    called.__name__ = called.__qualname__ = entry.sym_name
    return called


def _arguments(op: Operation) -> list[Value[Any]]:
    return [argument for region in op.regions for block in region.blocks for argument in block.arguments]


def _is_wide(type: Type) -> bool:
    return isinstance(type, TensorType) and dtype_of(type.element_type) in WIDE


def _is_too_large(type: Type) -> bool:
    return isinstance(type, TensorType) and type.is_static and type.size * MAX_ITEM > MAX_BYTES


def _reached(entry: FuncOp, functions: dict[str, FuncOp]) -> list[FuncOp]:
    """The functions that a run may come to."""
    found: dict[FuncOp, None] = {}
    stack = [entry]
    while stack:
        function = stack.pop()
        if function not in found:
            found[function] = None
            names = [getattr(op, "callee", None) or getattr(op, "decomposition", None) for op in function.walk()]
            stack += [functions[name] for name in names if isinstance(name, str) and name in functions]
    return list(found)


def _check_ops(entry: FuncOp, reached: Sequence[FuncOp]) -> None:
    is_onnx = any(op.name.startswith("onnx.") for op in entry.walk())
    remedy = "`couloir.lower` brings a model to StableHLO" if is_onnx else "`couloir.run` runs it on NumPy"
    unsupported = Unsupported("ops", remedy)
    for function in reached:
        for op in function.walk():
            too_large = next((v.type for v in (*op.results, *_arguments(op)) if _is_too_large(v.type)), None)
            if too_large is not None:  # XLA ends the process
                unsupported.add(op.name, f"`{too_large}` is more than an array can have", op.location)
                continue
            if op is function or op.name in RETURNS or op.name == "stablehlo.constant":
                continue
            meaning = MEANINGS.get(op.name)
            if meaning is None:
                unsupported.add(op.name, "it has no counterpart", op.location)
                continue
            try:
                check: Callable[[Operation], object] | None = getattr(meaning, "check", None)
                if check is not None:
                    check(op)
            except NoMeaning as reason:
                unsupported.add(op.name, reason.message, op.location)
    unsupported.raise_if_any(f"@{entry.sym_name}", target="JAX")


def _checked(entry: FuncOp, arrays: Sequence[Any]) -> list[Any]:
    """The arguments as arrays of JAX's, of the types of the function."""
    jnp = jax_library().numpy
    if len(arrays) != len(entry.arguments):
        raise Error(f"@{entry.sym_name} takes {len(entry.arguments)} arrays, {len(arrays)} were given")
    given: list[Any] = []
    for number, (argument, array) in enumerate(zip(entry.arguments, arrays, strict=True)):
        stored = entry.argument_attribute(number, "onnx.name")
        name = getattr(stored, "value", None) or argument.name_hint or str(number)
        type = argument.type
        if not isinstance(type, TensorType):
            raise Error(f"the argument `{name}` of @{entry.sym_name} is a `{type}`, not a tensor")
        dtype = dtype_of(type.element_type)
        is_number = isinstance(array, bool | int | float | complex)
        if not is_number and not (hasattr(array, "shape") and hasattr(array, "dtype")):
            raise Error(f"the argument `{name}` of @{entry.sym_name} is a {array.__class__.__name__}, not an array")
        try:
            value = jnp.asarray(array, dtype) if is_number else jnp.asarray(array)
        except OverflowError:
            raise Error(f"the argument `{name}` of @{entry.sym_name} is `{type}`, which cannot be {array}") from None
        fits = len(value.shape) == type.rank and all(
            old is None or old == new for old, new in zip(type.dims, value.shape, strict=True)
        )
        if value.dtype != dtype or not fits:
            raise Error(f"the argument `{name}` of @{entry.sym_name} is `{type}`, not {value.dtype}{list(value.shape)}")
        given.append(value)
    return given


class _Run:
    """The values of one block, and of those around it."""

    def __init__(self, functions: dict[str, FuncOp], values: dict[Value[Any], Any], outer: _Run | None) -> None:
        self.functions = functions
        self.values = values
        self.outer = outer

    def block(self, block: Block, arguments: Sequence[Any]) -> list[Any]:
        self.values.update(zip(block.arguments, arguments, strict=True))
        for op in block.ops:
            if op.name in RETURNS:
                return [self.read(value) for value in op.operands]
            made = self._results(op, [self.read(value) for value in op.operands])
            self.values.update(zip(op.results, made, strict=True))
        return []

    def read(self, value: Value[Any]) -> Any:
        run = self
        while value not in run.values:
            assert run.outer is not None, "the verifier has seen that values are defined"
            run = run.outer
        return run.values[value]

    def region(self, region: Region, *arguments: Any) -> list[Any]:
        return _Run(self.functions, {}, self).block(region.block, arguments)

    def known(self, value: Value[Any]) -> Array | None:
        owner = value.defining_op
        if isinstance(owner, hlo.Constant):
            return elements(owner)
        run: _Run | None = self
        while run is not None:
            if value in run.values:
                return as_known(run.values[value])
            run = run.outer
        return None

    def function(self, op: Operation, name: str, operands: Sequence[Any]) -> list[Any]:
        function = self.functions.get(name)
        if function is None:
            raise Error(f"`{op.name}` calls @{name}, which has no body", where=op.location.label or None)
        return _Run(self.functions, {}, None).block(function.entry, operands)

    def _results(self, op: Operation, operands: list[Any]) -> list[Any]:
        if isinstance(op, hlo.Constant):
            return [elements(op)]
        meaning = MEANINGS[op.name]

        def made() -> list[Any]:
            try:
                if not _is_size(op, operands):
                    return _listed(op, meaning(self, op, *operands))
                with jax_library().ensure_compile_time_eval():
                    return [np.asarray(value) for value in _listed(op, meaning(self, op, *operands))]
            except RecursionError as error:
                raise Error("the program is nested too deep for JAX") from error

        try:
            results = guarded(f"`{op.name}` is not what JAX takes", made)
        except Error as error:
            if error.where is not None:
                raise
            raise Error(error.message, where=op.location.label or None, hint=error.hint, notes=error.notes) from error
        for result, value in zip(op.results, results, strict=True):
            self._check(op, result.type, value)
        return results

    def _check(self, op: Operation, type: Type, value: Any) -> None:
        if isinstance(type, TensorType) and value.dtype != dtype_of(type.element_type):
            raise Error(f"`{op.name}` gives {value.dtype} in JAX, and `{type}` by its type")


def elements(op: hlo.Constant) -> Array:
    """The array of a constant."""
    value = op.value
    if isinstance(value, DenseElementsAttr):
        return value.array
    if isinstance(value, DenseResourceAttr) and value.array is not None:  # pyright: ignore[reportUnnecessaryIsInstance]
        return value.array
    raise Error("the elements of a constant are not there", hint="read the text together with its resources")


def _listed(op: Operation, made: Any) -> list[Any]:
    if isinstance(made, tuple | list):
        return list(cast("Sequence[Any]", made))
    return [made] if op.results else []


def _is_size(op: Operation, operands: Sequence[Any]) -> bool:
    """Whether an op computes with few whole numbers that are known: they may be sizes, which JAX needs while it traces."""
    types = [result.type for result in op.results]
    return (
        bool(operands)
        and not op.regions
        and all(isinstance(value, np.ndarray) for value in operands)
        and all(
            isinstance(type, TensorType)
            and isinstance(type.element_type, IntegerType)
            and (type.rank < 2 if not type.is_static else type.size <= MAX_KNOWN)
            for type in types
        )
    )
