"""Programs in which a rule can fire.

The ops that a rule looks at are grown (`skeletons`) and the rule is tried on a copy. Where it does not fire, what is drawn changes,
most of it where the rule came further than before; what led to a match is drawn more often from then on. Around these ops come
the kinds of surroundings in which rules go wrong (`around`).

Source of the idea: Rubinstein, "The cross-entropy method for combinatorial and continuous optimization" (1999).
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from time import monotonic
from typing import Any, Final

import attrs

from couloir.dialects.builtin import ModuleOp
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.rewriting import apply_rules
from couloir.ir.rewriting.matcher import Match, Miss, PatternVariable
from couloir.ir.rewriting.rewriter import Rewriter
from couloir.ir.rewriting.rule import Equation, Rewrite
from couloir.ir.types import ShapedType
from couloir.ir.verify import faults
from couloir.testing.generation.building import Scope, function_module
from couloir.testing.generation.choices import Choices
from couloir.testing.generation.modules import random_modules
from couloir.testing.rewrites.around import Kind, inner_values, make_same, put_above, put_below, put_in_region
from couloir.testing.rewrites.examples import varied
from couloir.testing.rewrites.skeletons import Grower, Skeleton
from couloir.testing.rewrites.walking import Walk

FAILURES: Final = 60
"""Programs in a row that could not be made, after which there seem to be none."""
TRIES: Final = 16
"""Skeletons that are tried for one program."""
EARLY_TRIES: Final = 60
"""The same as long as the rule has never fired."""
FEW_TRIES: Final = 4
"""The same when there are programs to start from, but none yet that were made anew."""
RARE: Final = 1 / 16
"""How often a program is made anew at least, where that did not work out before and there are others to start from."""
PLAIN: Final = 6
"""How many of the first programs have nothing around what the rule looks at: most wrong rules are seen to be wrong on these."""
ALONE: Final = 3
"""How many of the first programs are made anew; of the others two in three are made from those on which the rule fired."""
TURN: Final = 5
"""Each of so many programs, one is an earlier one with another element type."""
MAX_ELEMENTS: Final = 1_000_000

_WEIGHTS: Final[dict[Kind, int]] = {
    "plain": 30, "extra use": 8, "same value twice": 10, "overlapping": 12, "in a region": 12, "dead result": 4,
    "chain above": 14, "chain below": 14,
}  # fmt: skip


@attrs.frozen(eq=False)
class Program:
    """A program for a rule.

    Attributes:
        module: With one function, `@main`.
        kinds: What stands around the ops that the rule looks at.
        fires: Whether the rule fired on a copy.
    """

    module: ModuleOp
    kinds: tuple[Kind, ...]
    fires: bool


def labelled_programs(rule: Rewrite, seed: int, *, deadline: float = math.inf, tried: bool = True) -> Iterator[Program]:
    """Programs in which the rule may fire, most of them such that it does.

    They go on until `deadline`, a time of `time.monotonic()`, unless nearly none can be made. The same seed gives the same ones.
    The rule is tried on copies; what it raises there is for the caller to find again. Not `tried`, they are what comes first: for a
    rule that does not end, or ends the process.
    """
    maker = _Maker(rule, deadline, tried)
    failures = 0
    for number in itertools.count():
        rng = Random(f"{rule.name}:{seed}:{number}")
        examples = rule.examples
        if number < len(examples):
            made = _example(examples[number], None)
            if made is not None and tried:
                maker.walk.add(made.module, rng)
        elif tried and number % TURN == TURN - 1 and (retyped := maker.retyped(rng)) is not None:
            made = retyped
        elif examples and number % 2:
            made = maker.walked(rng) if tried and rng.random() < 0.6 else None
            made = made or _example(examples[rng.randrange(len(examples))], rng)
        else:
            made = maker.walked(rng) if (number >= ALONE and number % 3) or rng.random() > maker.hope else None
            made = made or maker.program(rng, plain=number < PLAIN)
        if monotonic() > deadline:
            return
        if made is not None:
            failures = 0
            yield made
        else:
            failures += 1
            if failures == FAILURES:
                return


def _example(text: str, rng: Random | None) -> Program | None:
    module = varied(text, rng)
    return Program(module, ("example",), True) if _is_small(module) else None


def programs_for(rule: Rewrite, seed: int, *, deadline: float = math.inf) -> Iterator[ModuleOp]:
    """The modules of `labelled_programs`."""
    for program in labelled_programs(rule, seed, deadline=deadline):
        yield program.module


def random_programs(dialects: Sequence[str], seed: int) -> Iterator[ModuleOp]:
    """Programs of some dialects, without end, on arrays that are cheap. The same seed gives the same ones."""
    return (module for module in random_modules(dialects, seed) if _is_small(module))


APART_OR_SAME: Final = {"apart": False, "one value": True}
SAME_SHARES: Final = {"apart": 1.0, "one value": 0.2}


class _Maker:
    """Makes programs for one rule, and learns which draws are good."""

    def __init__(self, rule: Rewrite, deadline: float, tried: bool) -> None:
        self.rule = rule
        self.tried = tried
        self.deadline = deadline
        self.assumes = rule.assumes
        self.choices = Choices()
        self.grower = Grower(rule, self.choices)
        self.reasons: Counter[str] = Counter()
        self.has_fired = False
        self.hope = 1.0
        """How often it is worthwhile to make a program anew: half as often after each time that did not work out."""
        # A function that replaces a result by one that is known better leaves a module that does not verify.
        self.walk = Walk(self._fires, forgets=isinstance(rule, Equation))

    def _fires(self, module: ModuleOp) -> bool:
        """Whether the rule fires anywhere in a program."""
        try:
            return apply_rules(module.clone(), [self.rule], erase_dead=False, stop_after=1).applications > 0
        except Exception:  # noqa: BLE001 -- a fault of the rule, for the check to find
            return True

    def walked(self, rng: Random) -> Program | None:
        """A program near another one on which the rule fired."""
        module = self.walk.program(rng)
        return Program(module, ("near another",), True) if module is not None and _is_small(module) else None

    def retyped(self, rng: Random) -> Program | None:
        """A program on which the rule fired, with another element type."""
        module = self.walk.retyped(rng)
        return Program(module, ("near another",), True) if module is not None and _is_small(module) else None

    def program(self, rng: Random, *, plain: bool) -> Program | None:
        """One program: the first of several attempts on which the rule fires, or the one on which it came furthest."""
        skeleton, fires = self._skeleton(rng)
        self.hope = 1.0 if fires else max(self.hope / 2, RARE)
        if skeleton is None:
            return None
        made = self._surrounded(skeleton, fires, ["plain"] if plain else self._wanted(rng), rng)
        if faults(made.module, limit=1) or not _is_small(made.module):
            return None
        if fires:
            self.walk.add(made.module, rng)
        return made

    def _skeleton(self, rng: Random) -> tuple[Skeleton | None, bool]:
        best: Skeleton | None = None
        furthest = (-1, 0.0)
        base: Mapping[str, str] | None = None
        early = FEW_TRIES if self.walk.corpus else EARLY_TRIES
        for _ in range(TRIES if self.has_fired else early):
            self.choices.begin(rng, base)
            skeleton = self.grower.grow(rng)
            # A pattern says which of its operands are one value; the code of a function may ask.
            asks = skeleton is not None and not isinstance(self.rule, Equation)
            if skeleton is not None and asks and self.choices.pick("operands", APART_OR_SAME, SAME_SHARES):
                make_same(skeleton, rng)
            missed = Miss("it could not be made", -1) if skeleton is None else self._missed(skeleton)
            trivial = skeleton is not None and _is_trivial(skeleton)
            self.choices.settle(missed is None and not trivial)
            if skeleton is not None and missed is None:
                self.has_fired = True
                if trivial and rng.random() < 0.8:
                    best, furthest = skeleton, (1_000_000, 0.0)
                    continue
                self.grower.remember(skeleton)
                return skeleton, True
            if skeleton is not None and missed is not None:
                reached = self._reached(missed)
                if best is None or reached > furthest:
                    best, furthest, base = skeleton, reached, skeleton.drawn
            if monotonic() > self.deadline:
                break
        return best, furthest[0] == 1_000_000

    def _reached(self, missed: Miss) -> tuple[int, float]:
        """How far the rule came: how much fitted, and how seldom the reason for the miss was seen."""
        reason = re.sub(r"\d+", "0", missed.reason)
        self.reasons[reason] += 1
        return missed.depth, 1 / self.reasons[reason]

    def _missed(self, skeleton: Skeleton) -> Miss | None:
        """Why the rule does not fire on a skeleton; None when it does, when it fails in another way, and when it is not tried."""
        if not self.tried:
            return None
        root = skeleton.root
        if isinstance(self.rule, Equation):
            try:
                found = self.rule.match(root)
            except Exception:  # noqa: BLE001 -- a fault of the rule, for the check to find
                return None
            if not isinstance(found, Match):
                return found
        op = _copy_of(root, skeleton.scope.block)
        try:
            return self.rule.attempt(op, Rewriter())
        except Exception:  # noqa: BLE001 -- as above
            return None

    # -- surroundings --------------------------------------------------------------------------------------------------------

    def _wanted(self, rng: Random) -> list[Kind]:
        weights = dict(_WEIGHTS)
        if isinstance(self.rule, Equation) and not self.rule.cls.allow_shared:
            weights["extra use"] = 1  # it stops the match
        if self.assumes:  # random ops make NaN and infinities of numbers that are none
            weights["chain above"] = weights["chain below"] = 0
        return rng.choices(list(weights), list(weights.values()), k=rng.choice((1, 1, 2)))

    def _surrounded(self, skeleton: Skeleton, fires: bool, wanted: Sequence[Kind], rng: Random) -> Program:
        scope, root = skeleton.scope, skeleton.root
        results: list[Value[Any]] = list(root.results)
        kinds: list[Kind] = []
        if "same value twice" in wanted and make_same(skeleton, rng):
            kinds.append("same value twice")
        if "overlapping" in wanted:
            more = self._overlapping(skeleton, rng)
            if more:
                results += more
                kinds.append("overlapping")
        if "chain above" in wanted and put_above(skeleton, rng):
            kinds.append("chain above")
        if "chain below" in wanted:
            below = put_below(skeleton, rng)
            if below:
                results = below if rng.random() < 0.7 else [*below, *results]
                kinds.append("chain below")
        if "extra use" in wanted:
            inner = list(inner_values(skeleton))
            if inner:
                results.append(rng.choice(inner))
                kinds.append("extra use")
        if "in a region" in wanted:
            outside = put_in_region(scope, results, rng)
            if outside is not None:
                results = outside
                kinds.append("in a region")
        if "dead result" in wanted and results:
            results.pop(rng.randrange(len(results)))
            kinds.append("dead result")
        return Program(function_module(scope, results), tuple(kinds) or ("plain",), fires)

    def _overlapping(self, skeleton: Skeleton, rng: Random) -> list[Value[Any]]:
        """A second set of ops for the rule, on results of the first: what it makes."""
        known: dict[str, Value[Any]] = {}
        if isinstance(self.rule, Equation):
            leaves = self.rule.pattern.nodes[0].operands
            names = [leaf.variable for leaf in leaves if isinstance(leaf, PatternVariable)]
            if names and skeleton.root.results:
                known[names[0]] = skeleton.root.results[0]
        self.choices.begin(rng, skeleton.drawn)
        second = self.grower.grow(rng, skeleton.scope, known)
        return [] if second is None else list(second.root.results)


def _is_trivial(skeleton: Skeleton) -> bool:
    """Whether it says little: its values are scalars, empty, or have one element."""
    types = [result.type for op in skeleton.scope.block.ops for result in op.results]
    shaped = [type for type in types if isinstance(type, ShapedType) and type.is_static]
    return bool(shaped) and all(math.prod(type.shape) <= 1 for type in shaped)


def _copy_of(root: Operation, block: Block) -> Operation:
    """The same op in a function with copies of all ops of its block, which returns the op's results."""
    arguments = [argument.type for argument in block.arguments]
    copy = Block(arguments)
    mapping: dict[Value[Any], Value[Any]] = dict(zip(block.arguments, copy.arguments, strict=True))
    found = root
    for op in block.ops:
        twin = op.clone(mapping)
        copy.append(twin)
        if op is root:
            found = twin
    function_module(Scope(copy, [], grows=True), list(found.results))
    return found


def _is_small(module: ModuleOp) -> bool:
    """Whether arrays for it are cheap."""
    types = (value.type for op in module.walk() for value in op.results)
    return sum(math.prod(t.shape) for t in types if isinstance(t, ShapedType) and t.is_static) < MAX_ELEMENTS


__all__ = ["Program", "labelled_programs", "programs_for", "random_programs"]
