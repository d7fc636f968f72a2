"""What ops cost: the table from op classes to functions that count.

    @cost_of(Gelu)
    def gelu(op):
        return moving(op, flops=8 * elements(op.result), transcendentals=elements(op.result))

A rule takes the op, and after it the cost of one run of each of its regions. It gives a `Cost`, in which the regions are
contained (the body of a reduction, so many times); or, for an op that runs its regions as a program does, `Runs`, so that
the ops inside are listed by themselves. Where an op has no rule, what is known of it by its traits and interfaces counts:

* `Elementwise`: 1 flop for each element of the results;
* `LoopLikeOpInterface`: its regions as often as the loop runs; `RegionBranchOpInterface`: the most expensive region;
* `CallOpInterface`: what the function costs;
* constants, terminators, symbols: nothing.

Rules are looked up along the bases of the op's class. The table of a dialect is a module that is imported when the cost
of one of its ops is first asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias, TypeVar

import attrs

from couloir.costs.cost import NOTHING, Cost
from couloir.ir.operation import Operation


@attrs.frozen
class Runs:
    """What an op with regions does: it runs each of them so many times, and costs something itself besides.

    Attributes:
        times: For each region a number; or a `Cost`, by which each of the three counts of the region is multiplied.
        own: What the op costs besides.
        assumed: What is not known of the numbers of runs, and what was assumed instead.
    """

    times: Sequence[int | Cost]
    own: Cost = NOTHING
    assumed: str | None = None


UNCOUNTED: Final = "how often the loop runs is not known: it counts once"


def once(runs: Runs) -> Runs:
    """The same, with each loop run once."""
    return attrs.evolve(runs, times=[1 if isinstance(times, int) else times for times in runs.times], assumed=None)


def dearest(branches: Sequence[Cost]) -> Runs:
    """What an op does that runs one of its regions: of each of the three counts the largest, as XLA has it."""
    counts = [(b.flops, b.transcendentals, b.bytes_accessed) for b in branches]
    chosen = [max(range(len(counts)), key=lambda n: counts[n][part], default=0) for part in range(3)]
    return Runs([Cost(*(int(best == number) for best in chosen)) for number in range(len(counts))])


#: `function(op, *regions)`, the cost of one run of each region.
Rule: TypeAlias = Callable[..., "Cost | Runs"]
F = TypeVar("F", bound=Rule)

_RULES: Final[dict[type[Operation], Rule]] = {}
_TABLES: Final[dict[str, str]] = {
    "affine": "couloir.costs.tables.loops",
    "arith": "couloir.costs.tables.loops",
    "chlo": "couloir.costs.tables.chlo",
    "math": "couloir.costs.tables.loops",
    "memref": "couloir.costs.tables.loops",
    "onnx": "couloir.costs.tables.onnx",
    "scf": "couloir.costs.tables.loops",
    "stablehlo": "couloir.costs.tables.hlo",
    "tensor": "couloir.costs.tables.loops",
    "vector": "couloir.costs.tables.loops",
}


def cost_of(*classes: type[Operation]) -> Callable[[F], F]:
    """Decorator: this function counts what ops of these classes, and of their subclasses, cost."""

    def register(function: F) -> F:
        for cls in classes:
            _RULES[cls] = function
        return function

    return register


def rule_of(op: Operation) -> Rule | None:
    """The rule for an op: of its class, or of the nearest base that has one."""
    module = _TABLES.pop(op.name.partition(".")[0], None)
    if module is not None:
        importlib.import_module(module)
    return next((_RULES[base] for base in type(op).__mro__ if base in _RULES), None)
