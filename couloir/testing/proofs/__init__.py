"""Proofs: that two programs compute the same, whatever the inputs.

`terms`: scalar terms; `laws`: their normal form; `polynomials`: one in which sums and products have no order; `exhaustive`: all
values tried; `scalars`: what ops mean to an SMT solver; `questions`: whether premises imply a goal; `smt`: the solver's process.

For programs of fixed shapes, `bounded.prove`; `domain` is what their elements are as terms. `affine`: maps and sets of indices.

For all sizes, `sizes.prove`: `expressions`, `facts` and `tracing` are integers that know how they were computed, and what is
known of them; `families` are programs whose sizes are open, `paths` what a rule does to them; `elements` and `tensors` what they
compute, by index, with the ops that are `moving` elements or `combining` them; `equality` whether that is the same.
"""

from __future__ import annotations
