"""Rules on StableHLO that always make a program simpler. Each holds exactly, for every input, special values included."""

from __future__ import annotations

from typing import Final

from couloir.ir.rewriting import Rewrite, Rule
from couloir.passes.simplification.arithmetic import (
    AddNeutral,
    DivideByOne,
    DoubleNegate,
    MultiplyByOne,
    SubtractZero,
)
from couloir.passes.simplification.bits import DoubleNot
from couloir.passes.simplification.broadcast import broadcast_of_splat, double_broadcast, identity_broadcast
from couloir.passes.simplification.concatenation import single_concatenate
from couloir.passes.simplification.conversion import identity_convert
from couloir.passes.simplification.padding import no_padding
from couloir.passes.simplification.reshape import double_reshape, identity_reshape
from couloir.passes.simplification.reverse import DoubleReverse, empty_reverse
from couloir.passes.simplification.select import SelectFalse, SelectSame, SelectTrue
from couloir.passes.simplification.slicing import whole_slice
from couloir.passes.simplification.transpose import DoubleTranspose, IdentityTranspose

HLO_RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    DoubleTranspose,
    IdentityTranspose,
    DoubleReverse,
    DoubleNegate,
    DoubleNot,
    MultiplyByOne,
    AddNeutral,
    SubtractZero,
    DivideByOne,
    SelectSame,
    SelectTrue,
    SelectFalse,
    identity_reshape,
    double_reshape,
    identity_convert,
    identity_broadcast,
    double_broadcast,
    broadcast_of_splat,
    whole_slice,
    no_padding,
    single_concatenate,
    empty_reverse,
)
