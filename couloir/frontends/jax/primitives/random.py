"""Random numbers, bit by bit those of JAX. A key is its data: `uint32` words in a last dimension more."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import RngAlgorithm, RngDistribution
from couloir.dialects.hlo.building import Tensor, convert, full, full_like, iota, reshape
from couloir.frontends.jax.elements import implementation
from couloir.frontends.jax.equation import Equation, Lowered, lowers
from couloir.frontends.jax.library import jax_library
from couloir.frontends.jax.primitives.elementwise import spread
from couloir.ir.types import i64, ui32, ui64

ROTATIONS: Final = ((13, 15, 26, 6), (17, 29, 16, 24))
"""Of Threefry-2x32: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011)."""


@lowers("from_edtype", "random_clone", "random_unwrap", "random_wrap", "to_edtype")
def same_data(eqn: Equation, x: Tensor) -> Lowered:
    """A key is its data."""
    return x


def _of_keys(eqn: Equation, function: Callable[..., Any], keys: Tensor, *others: Tensor) -> Lowered:
    """Traces what a generator does with the data of one key, for each key of an array."""
    jax = jax_library()
    aval = eqn.avals[0]
    for _ in aval.shape:
        function = jax.vmap(function)
    data = jax.ShapeDtypeStruct(keys.type.shape, "uint32")
    return eqn.retrace(function, [data, *eqn.avals[1:]], [keys, *others])


@lowers("random_seed")
def random_seed(eqn: Equation, seeds: Tensor) -> Lowered:
    """Keys from seeds."""
    jax = jax_library()
    function = eqn.params["impl"].seed
    for _ in eqn.avals[0].shape:
        function = jax.vmap(function)
    return eqn.retrace(function, eqn.avals, [seeds])


@lowers("random_split")
def random_split(eqn: Equation, keys: Tensor) -> Lowered:
    """More keys from keys."""
    split, shape = implementation(eqn.avals[0]).split, tuple(eqn.params["shape"])

    def function(key: Any) -> Any:
        return split(key, shape)

    return _of_keys(eqn, function, keys)


@lowers("random_fold_in")
def random_fold_in(eqn: Equation, keys: Tensor, message: Tensor) -> Lowered:
    """Keys from keys and numbers."""
    jax = jax_library()
    function = jax.numpy.vectorize(implementation(eqn.avals[0]).fold_in, signature="(n),()->(n)")
    data = jax.ShapeDtypeStruct(keys.type.shape, "uint32")
    return eqn.retrace(function, [data, eqn.avals[1]], [keys, message])


@lowers("random_bits")
def random_bits(eqn: Equation, keys: Tensor) -> Lowered:
    """Bits from keys."""
    bits = implementation(eqn.avals[0]).random_bits
    shape, width = tuple(eqn.params["shape"]), int(eqn.params["bit_width"])

    def function(key: Any) -> Any:
        return bits(key, width, shape)

    return _of_keys(eqn, function, keys)


@lowers("iota_2x32_shape")
def iota_2x32_shape(eqn: Equation) -> Lowered:
    """Counts through a shape, in two words. A shape with symbolic dimensions has less than 2 ** 32 places."""
    count = math.prod(eqn.given.outvars[0].aval.shape)
    if not eqn.type.is_static or count < 1 << 32:
        return [full(0, eqn.sizes, ui32), reshape(iota((eqn.size(count),), ui32, 0), eqn.sizes)]
    positions = reshape(iota((count,), ui64, 0), eqn.shape)
    high = hlo.ShiftRightLogical(positions, full_like(positions, 32)).result
    low = hlo.And(positions, full_like(positions, (1 << 32) - 1)).result
    return [convert(high, ui32), convert(low, ui32)]


@lowers("threefry2x32")
def threefry2x32(eqn: Equation, *operands: Tensor) -> Lowered:
    """The Threefry-2x32 hash, 20 rounds."""
    key0, key1, x0, x1 = spread(eqn, operands)
    mixed = hlo.Xor(hlo.Xor(key0, key1).result, full_like(key0, 0x1BD11BDA)).result
    schedule = (key0, key1, mixed)
    x0, x1 = hlo.Add(x0, key0).result, hlo.Add(x1, key1).result
    for group in range(5):
        for rotation in ROTATIONS[group % 2]:
            x0 = hlo.Add(x0, x1).result
            x1 = hlo.Xor(_rotated(x1, rotation), x0).result
        x0 = hlo.Add(x0, schedule[(group + 1) % 3]).result
        x1 = hlo.Add(hlo.Add(x1, schedule[(group + 2) % 3]).result, full_like(x1, group + 1)).result
    return [x0, x1]


def _rotated(x: Tensor, distance: int) -> Tensor:
    left = hlo.ShiftLeft(x, full_like(x, distance)).result
    return hlo.Or(left, hlo.ShiftRightLogical(x, full_like(x, 32 - distance)).result).result


@lowers("rng_uniform")
def rng_uniform(eqn: Equation, low: Tensor, high: Tensor) -> Lowered:
    """Uniform numbers of a generator that belongs to the machine: XLA has one, the reference semantics has none."""
    shape = hlo.constant(eqn.shape, i64).output
    return hlo.Rng(low, high, shape, RngDistribution.UNIFORM, result_types=[eqn.type])


@lowers("rng_bit_generator")
def rng_bit_generator(eqn: Equation, key: Tensor) -> Lowered:
    """Bits and a new state. The state is of `uint32` for JAX, of `uint64` for StableHLO."""
    algorithm = str(getattr(eqn.params["algorithm"], "name", eqn.params["algorithm"])).removeprefix("RNG_")
    state = key
    if key.type.element_type is ui32:
        state = hlo.bitcast_convert(reshape(key, (key.type.shape[0] // 2, 2)), ui64).result
    element = eqn.types[1].element_type
    wide = element if getattr(element, "width", 32) >= 32 else ui32
    made = hlo.RngBitGenerator(
        RngAlgorithm[algorithm], state, result_types=[state.type, eqn.types[1].with_element_type(wide)]
    )
    new = made.output_state
    if key.type.element_type is ui32:
        new = reshape(hlo.bitcast_convert(new, ui32), key.type.shape)
    return [new, convert(made.output, element)]
