"""A model as the text of a StableHLO module, for tools that are not Couloir."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from couloir.api import load, lower
from couloir.dialects import hlo
from couloir.dialects.func import FuncOp
from couloir.dialects.hlo.host_functions import HOST_FUNCTION
from couloir.ir.attributes import ArrayAttr, DictionaryAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.text.printer import operation_text
from couloir.levels import level_of

if TYPE_CHECKING:
    from couloir.api import Source

OURS: Final = ("onnx.", "couloir.")
"""What attributes are called that only Couloir reads: the names of a model's inputs and dimensions."""
UPSTREAM: Final = ("stablehlo", "chlo", "sdy", "func", "builtin")


def to_stablehlo_text(source: Source, *, dims: Mapping[str, int] | None = None, locations: bool = False) -> str:
    """The text of a model as StableHLO (and CHLO, as JAX writes it), that XLA, JAX and IREE read.

    A model of ONNX is lowered first. Attributes that only Couloir knows, such as the names of inputs, are left out.

    Args:
        source: A module, or anything that `couloir.load` takes.
        dims: As for `couloir.load`.
        locations: Print where each op comes from.

    Raises:
        Error: The module is below StableHLO; or ops cannot be lowered to it: all of them at once.
    """
    module = load(source, dims=dims)
    level = level_of(module)
    if level == "loops":
        raise Error("the module consists of loops over buffers, which are below StableHLO")
    module = lower(module, "hlo") if level == "onnx" else module.clone()
    others = sorted({op.name for op in module.walk() if op.name.partition(".")[0] not in UPSTREAM})
    if others:
        raise Error(f"the module has ops that are not StableHLO's: {', '.join(others[:10])}")
    for op in module.walk():
        if isinstance(op, hlo.CustomCall) and op.call_target_name == HOST_FUNCTION:
            raise Error("the program calls a Python function, which text cannot hold", where=op.location.label or None)
        _strip(op)
    return operation_text(module, locations=locations) + "\n"


def _strip(op: Operation) -> None:
    if any(name.startswith(OURS) for name in op.stored_attributes):
        for name in [name for name in op.attributes if name.startswith(OURS)]:
            del op.attributes[name]
    if isinstance(op, FuncOp):
        for key in ("arg_attrs", "res_attrs"):
            stored: ArrayAttr | None = getattr(op, key)
            if stored is not None:
                kept = [_without_ours(item) for item in stored]
                setattr(op, key, ArrayAttr(tuple(kept)) if any(item.as_dict() for item in kept) else None)


def _without_ours(entries: object) -> DictionaryAttr:
    found = entries.as_dict() if isinstance(entries, DictionaryAttr) else {}
    return DictionaryAttr(tuple((key, value) for key, value in found.items() if not key.startswith(OURS)))
