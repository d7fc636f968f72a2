"""StableHLO: `custom_call`, whose target says what it means; and the targets that StableHLO's own test files use."""

from __future__ import annotations

import numpy as np

from couloir.backends.numpy.domains import ArrayNamespace
from couloir.backends.numpy.element_types import Array, is_discrete
from couloir.backends.numpy.expectations import expect_almost_eq, expect_close, expect_eq
from couloir.backends.numpy.meanings import Meaning, custom_call, custom_call_meaning, declare_choice
from couloir.dialects import hlo
from couloir.dialects.check import TOLERANCE
from couloir.dialects.hlo.calls import ANNOTATIONS
from couloir.dialects.hlo.host_functions import HOST_FUNCTION, host_function
from couloir.dialects.hlo.open_sizes import SHAPE_ASSERTION, assertion_message
from couloir.ir.attributes import FloatAttr, IntegerAttr
from couloir.ir.errors import Error
from couloir.ir.types import TensorType, dtype_of


def _of_target(op: hlo.CustomCall) -> Meaning | None:
    return custom_call_meaning(op.call_target_name)


declare_choice(hlo.CustomCall, _of_target)


@custom_call(*ANNOTATIONS)
def _annotation(xp: ArrayNamespace, op: hlo.CustomCall, *operands: Array) -> tuple[Array, ...]:
    """The operands, where one device has all of them."""
    if [value.type for value in op.inputs] != [value.type for value in op.outputs]:
        raise Error(
            f"`custom_call @{op.call_target_name}` gives a part of a tensor, as one of several devices would have it"
        )
    return operands


def _two(op: hlo.CustomCall, operands: tuple[Array, ...], results: int = 0) -> tuple[Array, Array]:
    if len(operands) != 2 or len(op.outputs) != results:
        raise Error(
            f"`custom_call @{op.call_target_name}` has two operands and {results or 'no'} results, "
            f"not {len(operands)} and {len(op.outputs)}"
        )
    return operands[0], operands[1]


def _number(op: hlo.CustomCall, key: str, default: float) -> float:
    found = op.attributes.get(key)
    if found is None:
        return default
    if not isinstance(found, FloatAttr | IntegerAttr):
        raise Error(f"`{key}` of `custom_call @{op.call_target_name}` is a number, not `{found}`")
    return found.value


@custom_call("check.expect_eq")
def _expect_eq(xp: ArrayNamespace, op: hlo.CustomCall, *operands: Array) -> tuple[Array, ...]:
    expect_eq(xp, *_two(op, operands))
    return ()


@custom_call("check.eq")
def _eq(xp: ArrayNamespace, op: hlo.CustomCall, *operands: Array) -> Array:
    """An older form: floats are almost equal, everything else is equal; true, or an error."""
    expected, actual = _two(op, operands, results=1)
    (expect_eq if is_discrete(actual.dtype) else expect_almost_eq)(xp, actual, expected)
    return np.ones((), np.bool_)


@custom_call("check.expect_almost_eq")
def _expect_almost_eq(xp: ArrayNamespace, op: hlo.CustomCall, *operands: Array) -> tuple[Array, ...]:
    expect_almost_eq(xp, *_two(op, operands), _number(op, "tolerance", TOLERANCE))
    return ()


@custom_call("check.expect_close")
def _expect_close(xp: ArrayNamespace, op: hlo.CustomCall, *operands: Array) -> tuple[Array, ...]:
    """Programs that JAX wrote allow three units in the last place where they do not say."""
    most, least = _number(op, "max_ulp_difference", 3), _number(op, "min_ulp_difference", 0)
    expect_close(xp, *_two(op, operands), int(most), int(least))
    return ()


@custom_call(SHAPE_ASSERTION)
def _shape_assertion(xp: ArrayNamespace, op: hlo.CustomCall, *operands: Array) -> tuple[Array, ...]:
    """What must hold of sizes, by a program of `jax.export`."""
    if not operands or not np.all(operands[0]):
        raise Error(assertion_message(op, list(operands[1:])))
    return ()


@custom_call(HOST_FUNCTION)
def _host_function(xp: ArrayNamespace, op: hlo.CustomCall, *operands: Array) -> list[Array]:
    """A Python function; what it gives has to be of the types of the results."""
    try:
        found = [np.asarray(value) for value in host_function(op)(*operands)]
    except Error:
        raise
    except Exception as error:  # the function is the user's: it may raise anything
        raise Error(f"the Python function that the program calls failed: {type(error).__name__}: {error}") from error
    types = [value.type for value in op.outputs]
    given = [(array.shape, array.dtype) for array in found]
    wanted = [(type.shape, dtype_of(type.element_type)) for type in types if isinstance(type, TensorType)]
    if given != wanted:
        listed = ", ".join(f"{dtype}{list(shape)}" for shape, dtype in given)
        raise Error(f"the Python function that the program calls gives {listed}, not {', '.join(map(str, types))}")
    return [xp.array(array) for array in found]
