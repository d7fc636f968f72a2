"""The front door: `couloir.from_torch`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error, nearest

Parameters: TypeAlias = Literal["constants", "arguments"]
Way: TypeAlias = Literal["aten", "onnx"]

_PARAMETERS: Final = ("constants", "arguments")
_WAYS: Final = ("aten", "onnx")


def from_torch(
    model: Any,
    args: Sequence[Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    parameters: Parameters = "constants",
    via: Way = "aten",
) -> ModuleOp:
    """Reads a PyTorch model, by example inputs, into a verified module.

        module = couloir.from_torch(model.eval(), (torch.zeros(1, 3, 224, 224),))

    Args:
        model: An `nn.Module`, or an `ExportedProgram`, which needs no inputs.
        args: Example inputs: the positional arguments of `forward`. Of tensors the shapes and dtypes count; everything
            else is fixed as it is.
        kwargs: Example inputs by keyword.
        dynamic_shapes: Which dimensions are open, as for `torch.export.export`:
            `{"x": {0: torch.export.Dim("batch")}}`. Their names are kept in the arguments' attribute `onnx.dims`.
        parameters: Parameters and buffers become constants of the program, or arguments in front of the inputs, in the
            order of `model.state_dict()`.
        via: `"aten"` reads the graph of `torch.export` into StableHLO; `"onnx"` lets PyTorch export to ONNX, and reads
            that into the `onnx` dialect.

    Returns:
        A module with one function. Its results are the tensors of the output, flat, then the new values of buffers that
        the model changes.

    Raises:
        Error: PyTorch is not installed; the model cannot be exported; or operators cannot be lowered: all of them at
            once, with count and first place.
    """
    for option, value, allowed in (("parameters", parameters, _PARAMETERS), ("via", via, _WAYS)):
        if value not in allowed:
            raise Error(
                f"`{option}` is {' or '.join(map(repr, allowed))}, not {value!r}", hint=nearest(str(value), allowed)
            )
    if via == "aten":
        from couloir.frontends.torch.importer import load

        return load(model, args, kwargs, dynamic_shapes=dynamic_shapes, parameters=parameters)
    if parameters != "constants":
        raise Error("by way of ONNX, parameters are constants", hint='parameters="constants", or via="aten"')
    from couloir.frontends.torch.through_onnx import load_through_onnx

    return load_through_onnx(model, args, kwargs, dynamic_shapes=dynamic_shapes)
