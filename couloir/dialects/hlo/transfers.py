"""StableHLO: values that go from one device to another, and in and out of a device.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

from typing import Any

from couloir.dialects.hlo.attributes import ChannelHandle, Token
from couloir.dialects.hlo.collectives import NUMBERS, PAIRS, ChannelType
from couloir.dialects.hlo.elements import ANY_OR_PER_AXIS
from couloir.dialects.hlo.mesh import Groups
from couloir.dialects.hlo.values import STATIC_TENSOR_OR_TOKEN
from couloir.ir import fields
from couloir.ir.attributes import ArrayAttr, IntegerAttr
from couloir.ir.constraints import Holds
from couloir.ir.fields import Operand, Operands, Result, Results, attr, attr_optional
from couloir.ir.operation import Operation
from couloir.ir.types import TensorType, Type


def _channel(host: int) -> Holds:
    def predicate(op: Send | Recv) -> bool:
        return op.channel_handle.type == (host if op.is_host_transfer else ChannelType.DEVICE_TO_DEVICE)

    return Holds(f"the channel is of type {host} for a transfer with the host, else of type 1", predicate, id="C5")


class Send(Operation, name="stablehlo.send"):
    """Sends values on a channel: to the host, or to the processes of `source_target_pairs`.

    Source: StableHLO specification, `send`.
    """

    inputs: Operands[TensorType] = fields.operands(elements=ANY_OR_PER_AXIS)
    token: Operand[Token]
    channel_handle: ChannelHandle = attr()
    is_host_transfer: bool = attr_optional(default=False)
    source_target_pairs: Groups | None = attr_optional(default=None, codec=NUMBERS)
    result: Result[Token] = fields.result()

    constraints = (*PAIRS, _channel(ChannelType.DEVICE_TO_HOST))

    def infer(self) -> Type:
        return Token()


def _values_and_token(first: str = "", second: str = "", third: str = "") -> tuple[Holds, Holds, Holds]:
    def types(op: Any) -> list[Type]:
        return [value.type for value in op.outputs]

    return (
        Holds("there are results", lambda op: bool(types(op)), id=first, verify_only=True),
        Holds(
            "all results but the last are tensors",
            lambda op: all(
                isinstance(type, TensorType) and ANY_OR_PER_AXIS.contains(type.element_type) for type in types(op)[:-1]
            ),
            id=second,
            verify_only=True,
        ),
        Holds("the last result is a token", lambda op: isinstance(types(op)[-1], Token), id=third, verify_only=True),
    )


class Recv(Operation, name="stablehlo.recv"):
    """Receives values on a channel, and a token after them. Source: StableHLO specification, `recv`."""

    token: Operand[Token]
    channel_handle: ChannelHandle = attr()
    is_host_transfer: bool = attr_optional(default=False)
    source_target_pairs: Groups | None = attr_optional(default=None, codec=NUMBERS)
    outputs: Results[Type] = fields.result(elements=STATIC_TENSOR_OR_TOKEN)

    constraints = (*PAIRS, _channel(ChannelType.HOST_TO_DEVICE), *_values_and_token())


def _layout_fits(op: Infeed) -> bool | str:
    if op.layout is None:
        return True
    if len(op.layout.elements) != len(op.outputs) - 1:
        return f"there are {len(op.layout.elements)} for {len(op.outputs) - 1}"
    for entry in op.layout.elements:
        if not isinstance(entry, ArrayAttr) or not all(isinstance(item, IntegerAttr) for item in entry.elements):
            return f"`{entry}` is no list of integers"
    return True


class Infeed(Operation, name="stablehlo.infeed"):
    """Reads values from the infeed, and a token after them. Source: StableHLO specification, `infeed`."""

    token: Operand[Token]
    infeed_config: str = attr_optional(default="")
    layout: ArrayAttr | None = attr_optional(default=None)
    outputs: Results[Type] = fields.result(elements=STATIC_TENSOR_OR_TOKEN)

    constraints = (
        *_values_and_token("C1", "C2", "C3"),
        Holds("`layout` lists the dimensions of each result but the token", _layout_fits, verify_only=True),
    )


class Outfeed(Operation, name="stablehlo.outfeed"):
    """Writes values to the outfeed. Source: StableHLO specification, `outfeed`."""

    inputs: Operands[TensorType] = fields.operands(elements=ANY_OR_PER_AXIS)
    token: Operand[Token]
    outfeed_config: str = attr_optional(default="")
    result: Result[Token] = fields.result()

    def infer(self) -> Type:
        return Token()
