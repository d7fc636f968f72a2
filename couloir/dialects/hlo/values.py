"""The types of StableHLO's values: tensors, tokens, buffers, and tuples of them.

Source: StableHLO specification, section "Types"; openxla/stablehlo, stablehlo/dialect/Base.td says which op takes what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from couloir.dialects.hlo.attributes import Future, Token
from couloir.dialects.hlo.elements import ANY, ANY_OR_PER_AXIS
from couloir.ir.constraints import ValueTypes
from couloir.ir.types import MemRefType, TensorType, TupleType, Type, UnrankedTensorType

Test: TypeAlias = "Callable[[Type], bool]"


def is_token(type: Type) -> bool:
    """Whether it is the type of tokens."""
    return isinstance(type, Token)


def is_future(type: Type) -> bool:
    """Whether it is the type of results that are still to come."""
    return isinstance(type, Future)


def is_tensor(type: Type) -> bool:
    """Whether it is a tensor type, perhaps quantized."""
    return isinstance(type, TensorType) and ANY_OR_PER_AXIS.contains(type.element_type)


def is_per_tensor(type: Type) -> bool:
    """Whether it is a tensor type, perhaps quantized by one scale."""
    return isinstance(type, TensorType) and ANY.contains(type.element_type)


def is_static_tensor(type: Type) -> bool:
    """Whether it is a tensor type of known shape, perhaps quantized."""
    return isinstance(type, TensorType) and type.is_static and ANY_OR_PER_AXIS.contains(type.element_type)


def is_unranked_tensor(type: Type) -> bool:
    """Whether it is a tensor type of unknown rank."""
    return isinstance(type, UnrankedTensorType) and ANY_OR_PER_AXIS.contains(type.element_type)


def is_buffer(type: Type) -> bool:
    """Whether it is the type of a buffer."""
    return isinstance(type, MemRefType) and ANY.contains(type.element_type)


def _one_of(what: str, *tests: Test) -> ValueTypes:
    return ValueTypes(what, lambda type: any(test(type) for test in tests))


def _or_tuple(what: str, *tests: Test) -> ValueTypes:
    """One of some types, or a tuple of them and of tuples."""

    def contains(type: Type) -> bool:
        todo = [type]
        while todo:
            part = todo.pop()
            if isinstance(part, TupleType):
                todo.extend(part.types)
            elif not any(test(part) for test in tests):
                return False
        return True

    return ValueTypes(what, contains)


TENSOR_OR_TOKEN: Final = _one_of("a tensor that is not quantized per axis, or a token", is_per_tensor, is_token)
TENSOR_PER_AXIS_OR_TOKEN: Final = _one_of("a tensor or a token", is_tensor, is_token)
STATIC_TENSOR_OR_TOKEN: Final = _one_of("a tensor of known shape, or a token", is_static_tensor, is_token)
TENSOR_TOKEN_OR_BUFFER: Final = _one_of("a tensor, a token or a buffer", is_tensor, is_token, is_buffer)
TENSOR_TOKEN_OR_TUPLE: Final = _or_tuple("a tensor, a token or a tuple of them", is_tensor, is_token)
TENSOR_TOKEN_TUPLE_OR_BUFFER: Final = _or_tuple(
    "a tensor, a token, a buffer or a tuple of them", is_tensor, is_token, is_buffer
)
CUSTOM_CALL_VALUE: Final = _or_tuple(
    "a tensor, a token, a future, a buffer or a tuple of them",
    is_tensor,
    is_unranked_tensor,
    is_token,
    is_future,
    is_buffer,
)
