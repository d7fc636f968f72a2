"""Simplification: algebraic laws as rules, one module for each family of them, and the pass that applies them.

A family is a module of this package that stands in `FAMILIES`: its docstring is the family's heading, its `RULES` are the rules, in
the order in which they are tried. Each rule makes a program simpler: fewer or cheaper ops, or constants gathered; so no two undo
each other. A rule holds exactly, for all inputs, special values included, or says what it assumes.

Of two ops that may change places the one comes first that stands first here, from operands to results: slice, dynamic slice;
reduce, dot product, convolution; concatenate; elementwise ops; reverse; transpose; reshape; pad; broadcast. So what is not needed
is not computed, what repeats is computed once, and transposes and reshapes meet each other, or an op that takes them in.
"""

from __future__ import annotations

from couloir.passes.simplification.passes import FAMILIES, Simplify, families

__all__ = ["FAMILIES", "Simplify", "families"]
