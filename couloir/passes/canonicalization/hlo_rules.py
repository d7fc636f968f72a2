"""Rules on StableHLO that always make a program simpler. Each holds exactly, for every input, special values included."""

from __future__ import annotations

from typing import Final

from couloir.ir.rewriting import Rewrite, Rule
from couloir.passes.simplification.arithmetic import (
    AddNeutral,
    DoubleNegate,
    MultiplyByOne,
    SubtractZero,
)
from couloir.passes.simplification.bits import DoubleNot
from couloir.passes.simplification.broadcast import BroadcastOfSplat, DoubleBroadcast, IdentityBroadcast
from couloir.passes.simplification.concatenation import SingleConcatenate
from couloir.passes.simplification.conversion import IdentityConvert
from couloir.passes.simplification.division import DivideByOne
from couloir.passes.simplification.padding import NoPadding
from couloir.passes.simplification.reshape import DoubleReshape, IdentityReshape
from couloir.passes.simplification.reverse import DoubleReverse, ReverseOfNothing
from couloir.passes.simplification.select import SelectFalse, SelectSame, SelectTrue
from couloir.passes.simplification.slicing import FullSlice
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
    IdentityReshape,
    DoubleReshape,
    IdentityConvert,
    IdentityBroadcast,
    DoubleBroadcast,
    BroadcastOfSplat,
    FullSlice,
    NoPadding,
    SingleConcatenate,
    ReverseOfNothing,
)
