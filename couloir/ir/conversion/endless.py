"""Rules that make ops for each other without end."""

from __future__ import annotations

from typing import Final

import attrs

from couloir.ir.operation import Operation
from couloir.ir.rewriting.driver import RewriteCycle

MAX_DEPTH: Final = 1000
"""An op that a rule made for an op that a rule made ... this often counts as endless."""
MAX_REPEATS: Final = 8
"""So does this often an op of the same name, attributes and types."""


@attrs.frozen(eq=False)
class Origin:
    """How an inserted op came to be: the rule, the op for which it was made, and how that one came to be."""

    rule: str
    op: Operation
    outer: Origin | None
    depth: int


def _same_form(a: Operation, b: Operation) -> bool:
    return (
        a.name == b.name
        and a.attributes == b.attributes
        and [v.type for v in a.operands] == [v.type for v in b.operands]
        and [r.type for r in a.results] == [r.type for r in b.results]
    )


def check_end(op: Operation, origin: Origin) -> None:
    """Raises when rules make ops for each other without end."""
    chain: list[Origin] = []
    current: Origin | None = origin
    repeated = 0
    while current is not None:
        chain.append(current)
        repeated += _same_form(op, current.op)
        current = current.outer
    if repeated < MAX_REPEATS and origin.depth <= MAX_DEPTH:
        return
    names = [link.rule for link in reversed(chain)]
    period = next((p for p in range(1, len(names) // 2 + 1) if names[-p:] == names[-2 * p : -p]), len(names))
    rules = list(dict.fromkeys(names[-period:]))
    verb = "makes ops for itself" if len(rules) == 1 else "make ops for each other"
    raise RewriteCycle(
        rules,
        f"the conversion does not come to an end: {', '.join(rules)} {verb}",
        where=chain[-1].op.location.label or None,
        notes=[f"it began at `{chain[-1].op.name}`, and after {origin.depth} rules there is `{op.name}` again"],
        hint="give one of them a guard that fails on what the other makes, or make what it makes legal",
    )
