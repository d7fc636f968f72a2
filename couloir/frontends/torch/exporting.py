"""From a model to `torch.export`'s graph of ATen operators, and the names that the user gave its dimensions."""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from couloir.frontends.guarding import guarded
from couloir.frontends.torch.aten.recurrent import RECURRENT
from couloir.frontends.torch.library import torch_library
from couloir.frontends.torch.node import lowering_of
from couloir.ir.errors import Error


def export(
    model: Any, args: Sequence[Any] | None, kwargs: Mapping[str, Any] | None, dynamic_shapes: Any
) -> tuple[Any, list[dict[int, str]]]:
    """An `ExportedProgram` in the operators that have a lowering, as far as PyTorch's decompositions lead there.

    Returns:
        The program, and for each flat input the names of its dimensions that are dynamic.

    Raises:
        Error: The model cannot be exported: with what PyTorch says.
    """
    torch = torch_library()
    if isinstance(model, torch.export.ExportedProgram):
        if args is not None or kwargs is not None or dynamic_shapes is not None:
            raise Error(
                "the model is exported already: its inputs and their dynamic dimensions are fixed",
                hint="leave `args`, `kwargs` and `dynamic_shapes` out, or give the nn.Module itself",
            )
        return _decomposed(torch, model), []
    check_model(torch, model, args, kwargs)
    inputs = tuple(args or ()), dict(kwargs or {})
    with quiet():
        program = guarded(
            f"{type(model).__name__} cannot be exported",
            lambda: torch.export.export(model, inputs[0], inputs[1], dynamic_shapes=dynamic_shapes, strict=False),
        )
    return _decomposed(torch, program), _dimension_names(model, *inputs, dynamic_shapes)


def check_model(torch: Any, model: Any, args: Any, kwargs: Any) -> None:
    """Raises `couloir.Error` unless this is a module with example inputs."""
    if not isinstance(model, torch.nn.Module):
        raise Error(f"an nn.Module or an ExportedProgram is needed, not a {type(model).__name__}")
    if isinstance(model, torch.jit.ScriptModule):
        raise Error("a TorchScript module cannot be exported", hint="give the nn.Module that it was made from")
    if args is not None and (isinstance(args, torch.Tensor) or not isinstance(args, Sequence)):
        raise Error(
            f"`args` is a tuple with the positional arguments, not a {type(args).__name__}",
            hint="for one input: `from_torch(model, (x,))`",
        )
    if kwargs is not None and not isinstance(kwargs, Mapping):
        raise Error(f"`kwargs` maps the names of arguments to them; it is a {type(kwargs).__name__}")


@contextmanager
def quiet() -> Generator[None]:
    """PyTorch's exporter warns about what PyTorch itself does, and logs the graph of a model that it cannot export."""
    disabled = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def _decomposed(torch: Any, program: Any) -> Any:
    """Core ATen, with what has a lowering of its own kept, and what has none decomposed further where PyTorch can."""
    with quiet():
        table = torch.export.default_decompositions()
        kept = [operator for operator in table if lowering_of(str(operator)) is not None]
        if program.range_constraints:  # loops take slices, which have no static op when a size is open: unroll them
            kept = [operator for operator in kept if str(operator) not in RECURRENT]
        for operator in kept:
            del table[operator]
        program = guarded("its operators cannot be decomposed", lambda: program.run_decompositions(table))
        known = torch_library("torch._decomp").global_decomposition_table["post_autograd"]
        further = {target: known[target] for target in _targets(program) if target in known}
        if further:
            table.update(further)
            try:
                return guarded("its operators cannot be decomposed", lambda: program.run_decompositions(table))
            except Error:
                return program  # the operators themselves are reported then
    return program


def _targets(program: Any) -> set[Any]:
    """The operators without a lowering."""
    graphs = [module.graph for module in program.graph_module.modules() if hasattr(module, "graph")]
    called = {node.target for graph in graphs for node in graph.nodes if node.op == "call_function"}
    return {target for target in called if lowering_of(str(target)) is None}


# -- names of dimensions ----------------------------------------------------------------------------------------------


def _dimension_names(
    model: Any, args: tuple[Any, ...], kwargs: dict[str, Any], dynamic_shapes: Any
) -> list[dict[int, str]]:
    pytree = torch_library("torch.utils._pytree")
    leaves, _ = pytree.tree_flatten_with_path((args, kwargs))
    parameters = _parameter_names(model, len(args))
    return [_names_of(_entry(dynamic_shapes, path, parameters)) for path, _ in leaves]


def _parameter_names(model: Any, count: int) -> list[str]:
    try:
        return list(inspect.signature(model.forward).parameters)[:count]
    except (TypeError, ValueError):
        return []


def _entry(spec: Any, path: Sequence[Any], parameters: Sequence[str]) -> Any:
    """What `dynamic_shapes` says of the input at a path: by the names of the parameters, or by their places."""
    steps = [getattr(key, "idx", getattr(key, "key", None)) for key in path]
    group, first, *rest = steps
    if group == 0 and isinstance(spec, Mapping) and isinstance(first, int):
        first = parameters[first] if first < len(parameters) else None
    if group == 1 and not isinstance(spec, Mapping):
        return None
    for step in (first, *rest):
        if isinstance(spec, Mapping):
            spec = cast("Mapping[Any, Any]", spec).get(step)
        elif isinstance(spec, Sequence) and isinstance(step, int) and step < len(cast("Sequence[Any]", spec)):
            spec = cast("Sequence[Any]", spec)[step]
        else:
            return None
    return cast("Any", spec)


def _names_of(entry: Any) -> dict[int, str]:
    pairs: Any = ()
    if isinstance(entry, Mapping):
        pairs = cast("Mapping[Any, Any]", entry).items()
    elif isinstance(entry, Sequence):
        pairs = enumerate(cast("Sequence[Any]", entry))
    named = {axis: getattr(dim, "__name__", None) for axis, dim in pairs}
    return {axis: name for axis, name in named.items() if isinstance(axis, int) and isinstance(name, str)}
