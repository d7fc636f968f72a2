"""Random bits as arithmetic of 32-bit words: the rule for `stablehlo.rng_bit_generator`.

Source: J. Salmon, M. Moraes, R. Dror and D. Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011; twenty rounds of
Threefry-2x32, ten of Philox-4x32. Key, counters and the order of the words are those of XLA.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

from couloir.backends.numpy.random_bits import halved
from couloir.dialects import hlo
from couloir.dialects.hlo.attributes import ComparisonDirection, RngAlgorithm
from couloir.dialects.hlo.building import convert, reshape
from couloir.ir.operation import Value
from couloir.ir.rewriting import Rewriter, rule
from couloir.ir.types import FloatType, IntegerType, TensorType, bit_width, ui8, ui16, ui32, ui64

Tensor: TypeAlias = "Value[TensorType]"
Words: TypeAlias = "tuple[Tensor, Tensor]"
"""Low and high 32 bits."""

_ROTATIONS: Final = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY: Final = 0x1BD11BDA
_MULTIPLIERS: Final = (0xD2511F53, 0xCD9E8D57)
_WEYL: Final = (0x9E3779B9, 0xBB67AE85)


_RANDOM_BITS_AS_ARITHMETIC_1: Final = """
func.func @main(%s: tensor<2xui64>) -> (tensor<2xui64>, tensor<3x5xui32>) {
  %0:2 = stablehlo.rng_bit_generator %s, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<3x5xui32>)
  return %0#0, %0#1 : tensor<2xui64>, tensor<3x5xui32>
}
"""
_RANDOM_BITS_AS_ARITHMETIC_2: Final = """
func.func @main(%s: tensor<3xui64>) -> (tensor<3xui64>, tensor<5xui64>, tensor<3xui64>, tensor<7xui8>) {
  %0:2 = stablehlo.rng_bit_generator %s, algorithm = PHILOX : (tensor<3xui64>) -> (tensor<3xui64>, tensor<5xui64>)
  %1:2 = stablehlo.rng_bit_generator %0#0, algorithm = DEFAULT : (tensor<3xui64>) -> (tensor<3xui64>, tensor<7xui8>)
  return %0#0, %0#1, %1#0, %1#1 : tensor<3xui64>, tensor<5xui64>, tensor<3xui64>, tensor<7xui8>
}
"""


_RANDOM_BITS_AS_ARITHMETIC_3: Final = """
func.func @main(%s: tensor<2xui64>) -> (tensor<2xui64>, tensor<3xi64>, tensor<2xui64>, tensor<5xf16>) {
  %0:2 = stablehlo.rng_bit_generator %s, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<3xi64>)
  %1:2 = stablehlo.rng_bit_generator %0#0, algorithm = THREE_FRY : (tensor<2xui64>) -> (tensor<2xui64>, tensor<5xf16>)
  return %0#0, %0#1, %1#0, %1#1 : tensor<2xui64>, tensor<3xi64>, tensor<2xui64>, tensor<5xf16>
}
"""


@rule(examples=(_RANDOM_BITS_AS_ARITHMETIC_1, _RANDOM_BITS_AS_ARITHMETIC_2, _RANDOM_BITS_AS_ARITHMETIC_3))
def random_bits_as_arithmetic(op: hlo.RngBitGenerator, rewriter: Rewriter) -> str | None:
    """rng_bit_generator(state)  =>  the rounds of Threefry or Philox on counters; DEFAULT is Philox"""
    state, type = op.initial_state, op.output.type
    element = type.element_type
    if state.type.element_type is not ui64 or state.type.rank != 1 or state.type.shape[0] < 2:
        return f"a state of type `{state.type}`: two or three numbers of type ui64 are supported"
    if not isinstance(element, FloatType | IntegerType) or bit_width(element) not in (8, 16, 32, 64):
        return f"random bits of type `{element}`"
    wide = bit_width(element) > 32
    three_fry = op.rng_algorithm is RngAlgorithm.THREE_FRY
    if three_fry and not wide:
        counted, axis = halved(type.shape)
    else:  # one after the other
        counted, axis = (-(-math.prod(type.shape) // (1 if three_fry else 2 if wide else 4)),), 0
    steps = math.prod(counted)
    key, low, *rest = (_number(state, place) for place in range(state.type.shape[0]))
    start = _spread(low, steps)
    counters = hlo.Add(start, hlo.iota((steps,), ui64, 0).output).result
    keys = tuple(_spread(word, steps) for word in _halves(key))
    if three_fry:
        words = list(_three_fry((keys[0], keys[1]), _halves(counters)))
    else:
        high = _spread(rest[0] if rest else key, steps)  # of a short state XLA takes the key
        overflow = hlo.Compare(counters, start, ComparisonDirection.LT).result
        high = hlo.Select(overflow, hlo.Add(high, _full(1, high)).result, high).result
        words = _philox((keys[0], keys[1]), _halves(counters), _halves(high))
    if wide:
        words = [_whole(words[place], words[place + 1]) for place in range(0, len(words), 2)]
    before, after = counted[:axis], counted[axis + 1 :]
    beside = [reshape(word, (*before, counted[axis], 1, *after)) for word in words]
    bits = reshape(hlo.Concatenate(beside, axis + 1).result, (*before, counted[axis] * len(words), *after))
    wanted = type.shape if len(counted) == len(type.shape) else (math.prod(type.shape),)  # a scalar, or all in one line
    bits = hlo.Slice(bits, (0,) * len(wanted), wanted, (1,) * len(wanted)).result
    narrow = {8: ui8, 16: ui16, 32: ui32, 64: ui64}[bit_width(element)]
    if narrow is not bits.type.element_type:
        bits = convert(hlo.And(bits, _full((1 << narrow.width) - 1, bits)), narrow)
    made = hlo.bitcast_convert(reshape(bits, type.shape), element).result
    rewriter.replace(op, _next_state(key, low, rest, steps), made)
    return None


def _next_state(key: Tensor, low: Tensor, rest: list[Tensor], steps: int) -> Tensor:
    """The counter goes on by one for each use of the function."""
    after = hlo.Add(low, _full(steps, low)).result
    parts = [key, after]
    if rest:
        overflow = hlo.Compare(after, low, ComparisonDirection.LT).result
        parts.append(hlo.Add(rest[0], convert(overflow, ui64)).result)
        parts += rest[1:]
    return hlo.Concatenate([reshape(part, (1,)) for part in parts], 0).result


def _three_fry(key: Words, counters: Words) -> Words:
    x, y = counters
    keys = (*key, hlo.Xor(hlo.Xor(*key).result, _full(_PARITY, x)).result)
    x, y = hlo.Add(x, keys[0]).result, hlo.Add(y, keys[1]).result
    for group in range(5):
        for rotation in _ROTATIONS[group % 2]:
            x = hlo.Add(x, y).result
            left = hlo.ShiftLeft(y, _full(rotation, y)).result
            right = hlo.ShiftRightLogical(y, _full(32 - rotation, y)).result
            y = hlo.Xor(hlo.Or(left, right).result, x).result
        x = hlo.Add(x, keys[(group + 1) % 3]).result
        y = hlo.Add(hlo.Add(y, keys[(group + 2) % 3]).result, _full(group + 1, y)).result
    return x, y


def _philox(key: Words, low: Words, high: Words) -> list[Tensor]:
    x = [*low, *high]
    k0, k1 = key
    for _ in range(10):
        (low0, high0), (low1, high1) = (
            _halves(hlo.Multiply(convert(word, ui64), _full(factor, convert(word, ui64))).result)
            for word, factor in zip(x[::2], _MULTIPLIERS, strict=True)
        )
        x = [
            hlo.Xor(hlo.Xor(high1, x[1]).result, k0).result,
            low1,
            hlo.Xor(hlo.Xor(high0, x[3]).result, k1).result,
            low0,
        ]
        k0, k1 = hlo.Add(k0, _full(_WEYL[0], k0)).result, hlo.Add(k1, _full(_WEYL[1], k1)).result
    return x


def _halves(word: Tensor) -> Words:
    """The low and high 32 bits of 64-bit words."""
    low = hlo.And(word, _full(0xFFFFFFFF, word)).result
    return convert(low, ui32), convert(hlo.ShiftRightLogical(word, _full(32, word)), ui32)


def _whole(low: Tensor, high: Tensor) -> Tensor:
    up = convert(high, ui64)
    return hlo.Or(convert(low, ui64), hlo.ShiftLeft(up, _full(32, up)).result).result


def _number(state: Tensor, place: int) -> Tensor:
    return reshape(hlo.Slice(state, (place,), (place + 1,), (1,)), ())


def _spread(value: Tensor, count: int) -> Tensor:
    return hlo.broadcast_in_dim(value, (count,), ()).result


def _full(number: int, like: Tensor) -> Tensor:
    return hlo.constant(number, like.type.element_type, shape=like.type.shape).output
