"""Why an op has no legal form: what the target and each rule say about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from couloir.ir.conversion.driver import Conversion, Options
from couloir.ir.conversion.target import ConversionTarget, Legality
from couloir.ir.rewriting.why import Explanation

if TYPE_CHECKING:
    from couloir.ir.conversion.rules import ConversionRules
    from couloir.ir.conversion.type_converter import TypeConverter
    from couloir.ir.operation import Operation
    from couloir.ir.rewriting.rule import Rewrite, Rule


def why_illegal(
    op: Operation,
    target: ConversionTarget,
    rules: Sequence[type[Rule] | Rewrite] | ConversionRules,
    converter: TypeConverter | None = None,
) -> Explanation:
    """Says why a full conversion of the program around `op` cannot convert it: the reasons of all rules that start there.

    The answer is true when the op is legal or a rule converts it. The program is not changed: the new one is built and dropped.
    """
    name = f"conversion to {target.name}"
    verdict = target.legality(op)
    if verdict.legality is Legality.LEGAL:
        return Explanation(name, True, f"`{op.name}` is legal")
    root = op
    for around in op.ancestors():
        root = around
    if root is op:
        return Explanation(name, False, f"`{op.name}` stands in no block")
    failure = Conversion(root, target, rules, converter, True, Options()).failure_of(op)
    if failure is None:
        return Explanation(name, True, "")
    near = f"; supported: {failure.nearest}" if failure.nearest else ""
    return Explanation(name, False, failure.reason + near)
