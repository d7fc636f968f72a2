"""Why a rule does not apply at an op."""

from __future__ import annotations

from typing import Final

import attrs

from couloir.ir.operation import Operation
from couloir.ir.rewriting.matcher import Miss
from couloir.ir.rewriting.rewriter import Rewriter
from couloir.ir.rewriting.rule import ANY_OP, Rewrite, Rule, as_rewrite
from couloir.ir.text.printer import operation_text

MAX_EXCERPT: Final = 400


@attrs.frozen
class Explanation:
    """The answer of `why_not`. True when the rule applies."""

    rule: str
    applies: bool
    reason: str
    op: Operation | None = None
    """The op at fault, where it is another than the one asked about."""

    def __bool__(self) -> bool:
        return self.applies

    def __str__(self) -> str:
        if self.applies:
            return f"{self.rule} applies here"
        at = "" if self.op is None else f"\n  at: {excerpt(self.op)}"
        return f"{self.rule} does not apply: {self.reason}{at}"


def excerpt(op: Operation) -> str:
    """The first line of an op's text, not too long, for a message."""
    line = operation_text(op, elide_above=16).lstrip().split("\n", 1)[0]
    return line if len(line) <= MAX_EXCERPT else line[: MAX_EXCERPT - 2] + " …"


def why_not(rule: type[Rule] | Rewrite, op: Operation) -> Explanation:
    """Says why `rule` does not apply at `op`: the first thing that does not fit where most does, or the guard's reason.

    The program is not changed: the rule is tried on a copy.
    """
    item = as_rewrite(rule)
    if type(op) not in item.roots and ANY_OP not in item.roots:
        wanted = " or ".join(f"`{root.name}`" for root in item.roots)
        return Explanation(item.name, False, f"it starts at {wanted}, not at `{op.name}`")
    match = getattr(item, "match", None)
    if match is not None:
        found = match(op)
        if isinstance(found, Miss):
            return Explanation(item.name, False, found.reason, found.op if found.op is not op else None)
    if op.parent is None:
        return Explanation(item.name, False, f"`{op.name}` stands in no block")
    missed = item.attempt(*_copy_of(op))
    return Explanation(item.name, missed is None, "" if missed is None else missed.reason)


def _copy_of(op: Operation) -> tuple[Operation, Rewriter]:
    """The same op in a copy of the whole program."""
    top = op
    for around in op.ancestors():
        top = around
    position = next(i for i, candidate in enumerate(top.walk()) if candidate is op)
    copy = top.clone()
    return next(c for i, c in enumerate(copy.walk()) if i == position), Rewriter()
