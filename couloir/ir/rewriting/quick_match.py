"""Matching without reasons: a function written for each pattern.

Most attempts of a rule fail, and nobody asks why. The written function tries the same orders of commutative operands as
`couloir.ir.rewriting.matcher`, in the same sequence, but builds no sentences and no tables. Where somebody listens or
asks `why_not`, the matcher itself runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from couloir.ir.operation import OpResult

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.rewriting.matcher import Node, Pattern

Accept: TypeAlias = "Callable[[dict[str, Any], Sequence[Operation]], bool]"
"""Whether a way in which the pattern fits is wanted: bindings, and the ops by their number in the pattern."""
QuickMatch: TypeAlias = "Callable[[Operation, Accept], tuple[dict[str, Any], tuple[Operation, ...]] | None]"

MAX_CHOICES: Final = 4
"""Commutative ops in a pattern. With more there are too many orders to go through one by one."""


def quick_match(pattern: Pattern) -> QuickMatch | None:
    """The function for a pattern; None for one that it takes the matcher's tables to search."""
    choices = sum(node.commutative for node in pattern.nodes)
    rest = any(getattr(o, "rest", False) for node in pattern.nodes for o in node.operands)
    if rest or choices > MAX_CHOICES or any(node.commutative and len(node.operands) != 2 for node in pattern.nodes):
        return None
    writer = _Writer()
    lines = ["def match(op, accept):", "    for _ in once:", *writer.lines(pattern), "    return None"]
    exec(
        "\n".join(lines), writer.scope
    )  # the text is made of numbers; names and values of the pattern stand in the scope
    return writer.scope["match"]


class _Writer:
    """Writes the body, one goal after the other; `continue` goes on with the next order of the nearest choice."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {"once": (None,), "OpResult": OpResult}
        self.bound: dict[str, str] = {}
        self.matched: dict[int, str] = {}
        self.indent = 8
        self.names = 0

    def name(self, prefix: str) -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    def constant(self, value: Any) -> str:
        name = self.name("constant")
        self.scope[name] = value
        return name

    def lines(self, pattern: Pattern) -> Iterator[str]:
        # Each goal is a part of the pattern and the expression of the value, or of the op, that it must fit.
        goals: list[tuple[Any, str, bool]] = [(pattern.root, "op", True)]
        attributes: list[tuple[str, str, str]] = []
        while goals:
            part, place, is_op = goals.pop()
            if hasattr(part, "variable"):
                known = self.bound.setdefault(part.variable, place)
                if known != place:
                    yield self.line(f"if {place} is not {known}: continue")
                elif part.trait is not None:
                    lacking = f"{self.constant(part.trait)} not in {place}.owner.traits"
                    yield self.line(f"if {place}.__class__ is not OpResult or {lacking}: continue")
                continue
            yield from self.op(part, place, is_op)
            op = self.matched[part.number]
            if op != self.last_op:  # met before: its operands have been settled
                continue
            for field, _, wanted in part.attributes:
                if hasattr(wanted, "variable"):
                    attributes.append((op, field, wanted.variable))
            goals += reversed([(operand, self.values[i], False) for i, operand in enumerate(part.operands)])
        for op, field, variable in attributes:
            name = self.name("attribute")
            yield self.line(f"{name} = {op}.{field}")
            known = self.bound.setdefault(variable, name)
            if known != name:
                yield self.line(f"if {name} is not {known} and {name} != {known}: continue")
        bindings = ", ".join(f"{self.constant(variable)}: {place}" for variable, place in self.bound.items())
        ops = "".join(f"{self.matched[number]}, " for number in sorted(self.matched))
        yield self.line(f"bindings, ops = {{{bindings}}}, ({ops})")
        yield self.line("if accept(bindings, ops): return bindings, ops")

    def line(self, text: str) -> str:
        return " " * self.indent + text

    def op(self, node: Node, place: str, is_op: bool) -> Iterator[str]:
        """Fits an op alone, and names its operands in `self.values`."""
        name = place
        if not is_op:
            name = self.name("op")
            yield self.line(f"if {place}.__class__ is not OpResult or {place}.index != {node.result_index}: continue")
            yield self.line(f"{name} = {place}.owner")
        known = self.matched.get(node.number)
        if known is not None:
            yield self.line(f"if {name} is not {known}: continue")
            self.last_op = ""
            return
        self.matched[node.number] = self.last_op = name
        operands = self.name("operands")
        yield self.line(f"if {name}.__class__ is not {self.constant(type(node.op))}: continue")
        yield self.line(f"{operands} = {name}._operands")
        yield self.line(f"if len({operands}) != {len(node.operands)}: continue")
        definition = node.op.definition
        if definition.needs_segments("operand"):
            wanted = self.constant(node.op.stored_attributes.get("operandSegmentSizes"))
            yield self.line(f"if {name}._attributes.get('operandSegmentSizes') is not {wanted}: continue")
        for _, key, attribute in node.attributes:
            if hasattr(attribute, "variable"):
                continue
            default = definition.stored.get(key)
            expected = self.constant(attribute if attribute is not None else default)
            found = f"{name}._attributes.get({self.constant(key)}, {self.constant(default)})"
            yield self.line(f"if {found} is not {expected}: continue")
        self.values = [self.name("value") for _ in node.operands]
        targets = "".join(f"{value}, " for value in self.values)
        if node.commutative:
            given = f"({operands}[0], {operands}[1])"
            other = f"({operands}[1], {operands}[0])"
            orders = f"({given}, {other}) if {operands}[0] is not {operands}[1] else ({given},)"
            yield self.line(f"for {targets} in {orders}:")
            self.indent += 4
        elif self.values:
            yield self.line(f"{targets} = {operands}")
