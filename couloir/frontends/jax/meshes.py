"""The devices of `jax.shard_map`: a grid whose axes have names. Device number n is partition n, in row-major order."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import attrs

Groups = tuple[tuple[int, ...], ...]


@attrs.frozen
class Mesh:
    """A grid of devices."""

    names: tuple[str, ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, mesh: Any) -> Mesh:
        """That of a mesh of JAX's, abstract or not."""
        return cls(tuple(mesh.axis_names), tuple(int(size) for size in mesh.axis_sizes))

    @property
    def count(self) -> int:
        """How many devices there are."""
        return math.prod(self.sizes)

    def size(self, axes: Sequence[str]) -> int:
        """How many devices there are along axes together."""
        return math.prod(self.sizes[self.names.index(axis)] for axis in axes)

    def stride(self, axis: str) -> int:
        """How far neighbours along an axis are apart in the numbers of devices."""
        return math.prod(self.sizes[self.names.index(axis) + 1 :])

    def groups(self, axes: Sequence[str], parts: Sequence[Sequence[int]] | None = None) -> Groups:
        """The devices that differ only along axes: a group for each place along the others, in the order of the axes.

        Args:
            axes: Names, the slowest first.
            parts: Splits each group further, by positions in it (`axis_index_groups`).
        """
        rest = [axis for axis in self.names if axis not in axes]
        whole = [tuple(first + step for step in self._steps(axes)) for first in self._steps(rest)]
        if parts is None:
            return tuple(whole)
        return tuple(tuple(group[int(position)] for position in part) for group in whole for part in parts)

    def _steps(self, axes: Sequence[str]) -> list[int]:
        """What places along axes add to the number of a device."""
        ranges = [[self.stride(a) * i for i in range(self.sizes[self.names.index(a)])] for a in axes]
        return [sum(steps) for steps in itertools.product(*ranges)]
