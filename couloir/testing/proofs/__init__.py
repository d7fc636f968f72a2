"""Proofs: that two programs compute the same, whatever the inputs.

`terms`: scalar terms; `laws`: their normal form; `scalars`: what ops mean to an SMT solver;
`questions`: whether premises imply a goal; `smt`: the solver's process.
"""

from __future__ import annotations
