"""Analyses: what is true of a program, found without changing it. They know no dialect.

* `dominance`: which blocks and values come before which on every path, and after them;
* `loops`: the natural loops of a region, how they nest, and cycles that are no loops;
* `liveness`: which values are still needed where;
* `calls`: which function calls which, and which may be called from outside;
* `effects`: what ops do to memory, and which may be moved;
* `orders`: ops in an order in which each comes after those that it needs;
* `columns`: what a region op carries along, such as the values of a loop;
* `graphs`: views of a program as networkx graphs;
* `difference`: whether two programs are the same, and where they first differ;
* `dataflow`: the framework for analyses of your own, and constants, ranges and liveness in it.
"""

from __future__ import annotations
