"""Draws that learn: what led to success is drawn more often.

A draw has a name (`"element type"`) and options, each with a share. For each option it is counted how often it was drawn and how
often that led to success; options are drawn in proportion to their share and to the square of their rate, so that all that
work stay in play as they should and those that never do become rare. Nothing depends on anything but the draws and the seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

KEPT = 0.7
"""How often a draw of the base is made again."""


class Choices:
    """The draws of one series of experiments.

    `begin` starts an experiment, `pick` draws, `settle` says how it went.
    """

    def __init__(self) -> None:
        self.rng = Random(0)
        self.drawn: dict[str, str] = {}
        self._base: Mapping[str, str] = {}
        self._counts: dict[tuple[str, str], list[float]] = {}

    def begin(self, rng: Random, base: Mapping[str, str] | None = None) -> None:
        """A new experiment. Most draws are those of `base`, where they were made."""
        self.rng = rng
        self.drawn = {}
        self._base = base or {}

    def pick(self, name: str, options: Mapping[str, T], shares: Mapping[str, float] | None = None) -> T:
        """One of some options, which have names; `shares` of those that are drawn more or less often than 1."""
        known = self.drawn.get(name) or self._base.get(name)
        if known is None or known not in options or (name not in self.drawn and self.rng.random() >= KEPT):
            names = list(options)
            given = shares or {}
            weights = [given.get(option, 1.0) * self._rate(name, option) ** 2 for option in names]
            known = self.rng.choices(names, weights)[0]
        self.drawn[name] = known
        return options[known]

    def pick_of(self, name: str, options: Sequence[str], shares: Mapping[str, float] | None = None) -> str:
        """One of some names."""
        return self.pick(name, {option: option for option in options}, shares)

    def _rate(self, name: str, option: str) -> float:
        hits, tries = self._counts.get((name, option), (0.0, 0.0))
        return (hits + 1.0) / (tries + 1.0)

    def settle(self, success: bool) -> None:
        """How the experiment went."""
        for item in self.drawn.items():
            counts = self._counts.setdefault(item, [0.0, 0.0])
            counts[0] += success
            counts[1] += 1


def shared(options: Iterable[str], whole: float) -> dict[str, float]:
    """A share that is divided among some options."""
    names = list(options)
    return dict.fromkeys(names, whole / len(names)) if names else {}


def named(items: Sequence[Any]) -> dict[str, Any]:
    """Options by their text."""
    return {str(item): item for item in items}
