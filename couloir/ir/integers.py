"""Whole numbers in types and attributes: ints, and subclasses of int that carry more than their value."""

from __future__ import annotations

import operator
from typing import Any


class TracedInteger(int):
    """Base of integers that know how they were computed: types and attributes keep them as they are.

    Two of them are one number for the tables of types and attributes when they are equal and have equal hashes; what that means
    is up to the subclass. `couloir.testing.proofs` follows sizes through a rule with them.
    """


def whole(value: Any) -> int:
    """A whole number as an int; a traced one as it is. Raises TypeError for anything else."""
    return value if isinstance(value, TracedInteger) else operator.index(value)
