"""What the ops of each dialect do to the ranges of integers, and the pass that uses the ranges.

Integers without a sign are read as signed; `i1` is 0 or 1. What wraps around may be anything of its type, unless all of it wraps
as often.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from couloir.dialects import affine, arith, cf, hlo, memref, scf, tensor
from couloir.ir.analysis.dataflow.ranges import IntegerRanges, Interval, RangeMade, RangeTransfer, bounds_of
from couloir.ir.attributes import DenseElementsAttr, IntegerAttr
from couloir.ir.operation import BlockArgument
from couloir.ir.passes import Pass, PassContext
from couloir.ir.traits import ConstantLike, Pure
from couloir.ir.types import ShapedType
from couloir.passes.sccp import replace_by_constant

if TYPE_CHECKING:
    from couloir.ir.affine import AffineMap
    from couloir.ir.analysis.dataflow.forward import ForwardFacts
    from couloir.ir.attribute import Attribute, Type
    from couloir.ir.operation import Block, Operation, Region, Value

Binary: TypeAlias = Callable[[Interval, Interval], "Interval | None"]
Known: TypeAlias = "Interval | None"

FALSE: Final = Interval(0, 0)
TRUE: Final = Interval(1, 1)
EITHER: Final = Interval(0, 1)


def integer_ranges(root: Operation) -> ForwardFacts[Any]:
    """The ranges of all values inside `root`: for each an `Interval`, `ANY`, or None when it is never computed."""
    return IntegerRanges(TRANSFERS, MADE, _passed).run(root)


@attrs.frozen
class IntRangeOptimizations(Pass, name="int-range-optimizations"):
    """Replaces values that can only be one number by that number: comparisons that always come out the same, for example.

    Source: MLIR, `int-range-optimizations`.
    """

    dialects = ("arith", "scf")

    def run(self, op: Operation, context: PassContext) -> None:
        facts = integer_ranges(op)
        known: list[tuple[Value[Any], Attribute]] = []
        for inner in op.walk():
            values: list[Value[Any]] = list(inner.results) if inner.has_trait(Pure) and inner is not op else []
            for region in inner.regions:
                values += [argument for block in region.blocks for argument in block.arguments]
            for value in values:
                fact = facts[value]
                number = fact.single if isinstance(fact, Interval) else None
                if number is not None and value.has_uses and not inner.has_trait(ConstantLike):
                    constant = _constant(number, value.type)
                    if constant is not None:
                        known.append((value, constant))
        replaced = sum(replace_by_constant(value, constant) for value, constant in known)
        context.notes.append(f"{replaced} values are one number")


def _constant(number: int, type: Type) -> Attribute | None:
    if not isinstance(type, ShapedType):
        return IntegerAttr(number, type)
    return DenseElementsAttr.splat(type, number) if None not in type.dims else None


# -- arithmetic ----------------------------------------------------------------------------------------------------------------


def _binary(function: Binary) -> RangeTransfer:
    def transfer(op: Operation, a: Known, b: Known) -> Known:
        return None if a is None or b is None or _is_bit(op) else function(a, b)

    return transfer


def _is_bit(op: Operation) -> bool:
    """Whether the op computes with truth values, for which arithmetic has rules of its own."""
    return bounds_of(op.operands[0].type) == EITHER


def _not_negative(function: Binary) -> Binary:
    """An op on unsigned integers: the same on signed ones as long as none is negative."""
    return lambda a, b: function(a, b) if a.low >= 0 and b.low >= 0 else None


def _truncated(a: int, b: int) -> int:
    return a // b if (a < 0) == (b < 0) else -(-a // b)


def _quotient(function: Callable[[int, int], int]) -> Binary:
    """A division: monotonic in both as long as the divisor keeps its sign."""
    return lambda a, b: None if 0 in b else a.corners(b, function)


def _remainder(a: Interval, b: Interval) -> Interval:
    """With the sign of the dividend, nearer to 0 than that, and nearer to 0 than the divisor unless that is 0."""
    low, high = min(a.low, 0), max(a.high, 0)
    if 0 not in b:
        most = max(abs(b.low), abs(b.high)) - 1
        low, high = max(low, -most), min(high, most)
    return Interval(low, high)


def _and(a: Interval, b: Interval) -> Known:
    if a.low >= 0 and b.low >= 0:
        return Interval(0, min(a.high, b.high))
    if a.low >= 0 or b.low >= 0:
        return Interval(0, a.high if a.low >= 0 else b.high)
    return None


def _or(a: Interval, b: Interval) -> Known:
    if a.low < 0 or b.low < 0:
        return None
    return Interval(max(a.low, b.low), (1 << max(a.high, b.high).bit_length()) - 1)


def _xor(a: Interval, b: Interval) -> Known:
    if a.low < 0 or b.low < 0:
        return None
    return Interval(0, (1 << max(a.high, b.high).bit_length()) - 1)


def _shift(function: Callable[[int, int], int], *, positive: bool = False) -> RangeTransfer:
    """A shift by less than the width; further ones differ from op to op."""

    def transfer(op: Operation, a: Known, b: Known) -> Known:
        bounds = bounds_of(op.operands[0].type)
        if a is None or b is None or bounds is None or (positive and a.low < 0):
            return None
        width = (bounds.high - bounds.low).bit_length()
        return a.corners(b, function) if b.low >= 0 and b.high < width else None

    return transfer


def _minimum(a: Interval, b: Interval) -> Interval:
    return Interval(min(a.low, b.low), min(a.high, b.high))


def _maximum(a: Interval, b: Interval) -> Interval:
    return Interval(max(a.low, b.low), max(a.high, b.high))


def _negated(op: Operation, a: Known) -> Known:
    return None if a is None else -a


def _absolute(op: Operation, a: Known) -> Known:
    if a is None:
        return None
    return a if a.low >= 0 else Interval(0 if 0 in a else min(abs(a.low), abs(a.high)), max(-a.low, a.high))


def _bits(on_bits: Binary, on_numbers: Binary) -> RangeTransfer:
    def transfer(op: Operation, a: Known, b: Known) -> Known:
        if a is None or b is None:
            return None
        return on_bits(a, b) if _is_bit(op) else on_numbers(a, b)

    return transfer


# -- comparisons and choices -----------------------------------------------------------------------------------------------------


def _compared(relation: str, a: Interval, b: Interval) -> Interval:
    """The truth of a relation, as far as it can be told."""
    match relation:
        case "EQ":
            always, never = a == b and a.single is not None, a.meet(b) is None
        case "NE":
            always, never = a.meet(b) is None, a == b and a.single is not None
        case "LT":
            always, never = a.high < b.low, a.low >= b.high
        case "LE":
            always, never = a.high <= b.low, a.low > b.high
        case "GT":
            always, never = a.low > b.high, a.high <= b.low
        case _:
            always, never = a.low >= b.high, a.high < b.low
    return TRUE if always else FALSE if never else EITHER


def _cmpi(op: arith.CmpI, a: Known, b: Known) -> Known:
    name = op.predicate.name
    if a is None or b is None or (_is_bit(op) and name not in ("EQ", "NE")):
        return EITHER
    if name[0] == "U" and not (a.low >= 0 and b.low >= 0):
        return EITHER
    return _compared(name[-2:], a, b)


def _compare(op: hlo.Compare, a: Known, b: Known) -> Known:
    return EITHER if a is None or b is None else _compared(op.comparison_direction.name, a, b)


def _select(op: Operation, condition: Known, a: Known, b: Known) -> Known:
    if a is None or b is None:
        return None
    return a if condition == TRUE else b if condition == FALSE else a.join(b)


def _clamp(op: Operation, low: Known, a: Known, high: Known) -> Known:
    if low is None or a is None or high is None:
        return None
    return _minimum(_maximum(a, low), high)


# -- conversions -----------------------------------------------------------------------------------------------------------------


def _sign_extended(op: Operation, a: Known) -> Known:
    return None if a is None else -a if _is_bit(op) else a


def _zero_extended(op: Operation, a: Known) -> Known:
    bounds = bounds_of(op.operands[0].type)
    if a is None or bounds is None or a.low >= 0:
        return a
    modulus = bounds.high - bounds.low + 1
    return a + modulus if a.high < 0 else Interval(0, modulus - 1)


def _same(op: Operation, a: Known, *others: Known) -> Known:
    return a


def _converted(op: Operation, a: Known) -> Known:
    bounds = bounds_of(op.results[0].type)
    if a is None or bounds is None:
        return None
    if bounds == EITHER:
        return TRUE if 0 not in a else FALSE if a == FALSE else EITHER
    return a if a.meet(bounds) == a else None


def _any_of(op: Operation, *ranges: Known) -> Known:
    found = ranges[0]
    for other in ranges[1:]:
        found = None if found is None or other is None else found.join(other)
    return found


def _of_first_two(op: Operation, a: Known, b: Known, *others: Known) -> Known:
    return _any_of(op, a, b)


def _iota(op: hlo.Iota) -> Known:
    size = op.output.type.dims[op.iota_dimension]
    bounds = bounds_of(op.output.type)
    if size is None or size == 0 or bounds is None:
        return None
    return Interval(0, size - 1) if size - 1 in bounds else None


def _size(op: memref.Dim | tensor.Dim, source: Known, index: Known) -> Interval:
    type = op.operands[0].type
    dims = type.dims if isinstance(type, ShapedType) else (None,)
    number = None if index is None else index.single
    chosen = [dims[number]] if number is not None and 0 <= number < len(dims) else list(dims)
    known = [size for size in chosen if size is not None]
    return Interval.of(*known) if known and len(known) == len(chosen) else Interval(0, (1 << 63) - 1)


def _dimension_size(op: hlo.GetDimensionSize, operand: Known) -> Interval:
    size = op.operands[0].type.dims[op.dimension]
    return Interval(0, (1 << 31) - 1) if size is None else Interval(size, size)


# -- affine maps and loops -------------------------------------------------------------------------------------------------------


def _mapped(map: AffineMap, ranges: Sequence[Known]) -> list[Interval] | None:
    """The ranges of the results of a map."""
    known = [r for r in ranges if r is not None]
    if len(known) < len(ranges):
        return None
    try:
        results = map.evaluate(known[: map.dim_count], known[map.dim_count :])
    except ZeroDivisionError:
        return None
    return [r if isinstance(r, Interval) else Interval(r, r) for r in results]


def _apply(op: affine.Apply, *ranges: Known) -> Known:
    found = _mapped(op.map, ranges)
    return None if found is None else found[0]


def _extreme(choose: Binary) -> RangeTransfer:
    def transfer(op: affine.Min | affine.Max, *ranges: Known) -> Known:
        found = _mapped(op.map, ranges)
        if found is None:
            return None
        best: Known = found[0]
        for other in found[1:]:
            best = None if best is None else choose(best, other)
        return best

    return transfer


def _loop_variable(lower: Known, upper: Known, step: Known) -> Interval | str | None:
    """From the lower bound on, below the upper one; in steps, if they are known."""
    if lower is None or upper is None:
        return None
    if lower.low >= upper.high:
        return "empty"
    last = upper.high - 1
    start, stride = lower.single, None if step is None else step.single
    if start is not None and stride is not None and stride > 0:
        last = start + (last - start) // stride * stride
    return Interval(lower.low, last)


def _for_variable(op: scf.For, value: Value[Any], ranges: Sequence[Known]) -> Interval | str | None:
    lower, upper, step = ranges[:3]
    if op.unsigned_cmp and any(r is None or r.low < 0 for r in (lower, upper)):
        return None
    return _loop_variable(lower, upper, step)


def _affine_for_variable(op: affine.For, value: Value[Any], ranges: Sequence[Known]) -> Interval | str | None:
    count = len(op.lower_bound_operands)
    lowers = _mapped(op.lower_bound_map, ranges[:count])
    uppers = _mapped(op.upper_bound_map, ranges[count : count + len(op.upper_bound_operands)])
    if lowers is None or uppers is None:
        return None
    lower = Interval(max(r.low for r in lowers), max(r.high for r in lowers))
    upper = Interval(min(r.low for r in uppers), min(r.high for r in uppers))
    return _loop_variable(lower, upper, Interval(op.step, op.step))


def _parallel_variable(op: affine.Parallel, value: Value[Any], ranges: Sequence[Known]) -> Interval | str | None:
    if not isinstance(value, BlockArgument):
        return None  # a result, which is a reduction
    number = value.index
    ends: list[Interval] = []
    count = len(op.map_operands) - op.upper_bounds_map.dim_count - op.upper_bounds_map.symbol_count
    for groups, map, known, choose in (
        (op.lower_bounds_groups, op.lower_bounds_map, ranges[:count], max),
        (op.upper_bounds_groups, op.upper_bounds_map, ranges[count:], min),
    ):
        results = _mapped(map, known)
        if results is None:
            return None
        start = sum(groups[:number])
        own = results[start : start + groups[number]]
        ends.append(Interval(choose(r.low for r in own), choose(r.high for r in own)))
    step = op.steps[number]
    return _loop_variable(ends[0], ends[1], Interval(step, step))


# -- what a condition tells ------------------------------------------------------------------------------------------------------

_OPPOSITE: Final = {"EQ": "NE", "NE": "EQ", "LT": "GE", "GE": "LT", "GT": "LE", "LE": "GT"}
_EXCHANGED: Final = {"EQ": "EQ", "NE": "NE", "LT": "GT", "GT": "LT", "LE": "GE", "GE": "LE"}


def _passed(
    source: Operation,
    target: Block | Region | None,
    value: Value[Any],
    known: Interval,
    range_of: Callable[[Value[Any]], Known],
) -> Interval | None:
    """The range of a value where a condition about it has decided the way; None where that cannot be."""
    decided = _decided(source, target)
    if decided is None:
        return known
    condition, holds = decided
    todo = [condition]
    found: Interval | None = known
    while todo and found is not None:
        op = todo.pop().defining_op
        if isinstance(op, arith.AndI | hlo.And) and holds and bounds_of(op.operands[0].type) == EITHER:
            todo += op.operands
        elif isinstance(op, arith.CmpI | hlo.Compare) and value in op.operands:
            found = _refined(op, value, found, holds, range_of)
    return found


def _decided(source: Operation, target: Block | Region | None) -> tuple[Value[Any], bool] | None:
    """The condition that has sent control from `source` to `target`, and whether it holds then."""
    match source:
        case cf.CondBranch() if source.true_dest is not source.false_dest:
            return source.condition, target is source.true_dest
        case scf.Condition():
            return source.condition, target is not None
        case hlo.Return():
            around = source.parent_op
            if isinstance(around, hlo.While) and source.parent_region is around.cond:
                return source.operands[0], target is not None
        case _:
            pass
    return None


def _refined(
    op: arith.CmpI | hlo.Compare,
    value: Value[Any],
    known: Interval,
    holds: bool,
    range_of: Callable[[Value[Any]], Known],
) -> Interval | None:
    left, right = op.operands
    other = range_of(right if left is value else left)
    if other is None or left is right or _is_bit(op):
        return known
    name = op.predicate.name if isinstance(op, arith.CmpI) else op.comparison_direction.name
    if name[0] == "U" and not (known.low >= 0 and other.low >= 0):
        return known
    relation = name[-2:]
    relation = relation if holds else _OPPOSITE[relation]
    relation = relation if left is value else _EXCHANGED[relation]
    match relation:
        case "LT":
            return known.meet(Interval(known.low, other.high - 1)) if known.low < other.high else None
        case "LE":
            return known.meet(Interval(known.low, other.high)) if known.low <= other.high else None
        case "GT":
            return known.meet(Interval(other.low + 1, known.high)) if known.high > other.low else None
        case "GE":
            return known.meet(Interval(other.low, known.high)) if known.high >= other.low else None
        case "EQ":
            return known.meet(other)
        case _:
            return known


TRANSFERS: Final[dict[type[Operation], RangeTransfer]] = {
    arith.AddI: _binary(lambda a, b: a + b),
    arith.SubI: _binary(lambda a, b: a - b),
    arith.MulI: _binary(lambda a, b: a * b),
    arith.DivSI: _binary(_quotient(_truncated)),
    arith.DivUI: _binary(_not_negative(_quotient(_truncated))),
    arith.FloorDivSI: _binary(_quotient(lambda a, b: a // b)),
    arith.CeilDivSI: _binary(_quotient(lambda a, b: -(-a // b))),
    arith.CeilDivUI: _binary(_not_negative(_quotient(lambda a, b: -(-a // b)))),
    arith.RemSI: _binary(_remainder),
    arith.RemUI: _binary(_not_negative(_remainder)),
    arith.AndI: _bits(_minimum, _and),
    arith.OrI: _bits(_maximum, _or),
    arith.XOrI: _bits(lambda a, b: _compared("NE", a, b), _xor),
    arith.ShLI: _shift(lambda a, b: a << b),
    arith.ShRSI: _shift(lambda a, b: a >> b),
    arith.ShRUI: _shift(lambda a, b: a >> b, positive=True),
    arith.MinSI: _binary(_minimum),
    arith.MaxSI: _binary(_maximum),
    arith.MinUI: _binary(_not_negative(_minimum)),
    arith.MaxUI: _binary(_not_negative(_maximum)),
    arith.CmpI: _cmpi,
    arith.Select: _select,
    arith.ExtSI: _sign_extended,
    arith.ExtUI: _zero_extended,
    arith.TruncI: _same,
    arith.IndexCast: _sign_extended,
    arith.IndexCastUI: _zero_extended,
    affine.Apply: _apply,
    affine.Min: _extreme(_minimum),
    affine.Max: _extreme(_maximum),
    memref.Dim: _size,
    tensor.Dim: _size,
    hlo.Add: _binary(lambda a, b: a + b),
    hlo.Subtract: _binary(lambda a, b: a - b),
    hlo.Multiply: _binary(lambda a, b: a * b),
    hlo.Divide: _binary(_quotient(_truncated)),
    hlo.Remainder: _binary(_remainder),
    hlo.Maximum: _bits(_maximum, _maximum),
    hlo.Minimum: _bits(_minimum, _minimum),
    hlo.And: _bits(_minimum, _and),
    hlo.Or: _bits(_maximum, _or),
    hlo.Xor: _bits(lambda a, b: _compared("NE", a, b), _xor),
    hlo.Negate: _negated,
    hlo.Abs: _absolute,
    hlo.Compare: _compare,
    hlo.Select: _select,
    hlo.Clamp: _clamp,
    hlo.Convert: _converted,
    hlo.Iota: _iota,
    hlo.GetDimensionSize: _dimension_size,
    hlo.Reshape: _same,
    hlo.BroadcastInDim: _same,
    hlo.Transpose: _same,
    hlo.Reverse: _same,
    hlo.Slice: _same,
    hlo.DynamicSlice: _same,
    hlo.Concatenate: _any_of,
    hlo.Pad: _of_first_two,
    hlo.DynamicUpdateSlice: _of_first_two,
}
"""What ops do to ranges."""

MADE: Final[dict[type[Operation], RangeMade]] = {
    scf.For: _for_variable,
    affine.For: _affine_for_variable,
    affine.Parallel: _parallel_variable,
}
"""The ranges of loop variables."""
