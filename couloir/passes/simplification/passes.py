"""The pass that applies the families of rules, until nothing changes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.ir.errors import Error, nearest
from couloir.ir.passes import Pass, PassContext
from couloir.ir.rewriting.rule import ASSUMPTIONS
from couloir.passes.constant_folding import FoldConstants

if TYPE_CHECKING:
    from couloir.ir.operation import Operation
    from couloir.ir.rewriting import Rewrite, Rule

FAMILIES: Final = (
    "constants",
    "arithmetic",
    "division",
    "magnitude",
    "integers",
    "bits",
    "comparison",
    "select",
    "bounds",
    "conversion",
    "powers",
    "exponential",
    "trigonometric",
    "rounding",
    "finiteness",
    "complex_numbers",
    "transpose",
    "reverse",
    "reshape",
    "broadcast",
    "slicing",
    "padding",
    "concatenation",
    "iota",
    "movement",
    "reduction",
    "sums",
    "window",
    "dot",
    "convolution",
    "indexing",
    "sizes",
    "sorting",
    "control",
    "tuples",
    "collectives",
    "arith",
)
"""The families, each a module of this package; it is loaded when its rules are asked for."""


def family(name: str) -> tuple[type[Rule] | Rewrite, ...]:
    """The rules of a family."""
    return import_module(f"{__package__}.{name}").RULES


def families() -> dict[str, tuple[type[Rule] | Rewrite, ...]]:
    """The rules of all families, by the family's name."""
    return {name: family(name) for name in FAMILIES}


def _known(names: tuple[str, ...]) -> Any:
    """A validator: each item of an option is one of these names."""

    def check(instance: Any, attribute: Any, value: tuple[str, ...]) -> None:
        for name in value:
            if name not in names:
                raise Error(
                    f"`{attribute.name}` of the pass `simplify` names `{name}`, which is not known",
                    hint=nearest(name, names) or f"there are: {', '.join(names)}",
                )

    return check


@attrs.frozen
class Simplify(Pass, name="simplify"):
    """Applies algebraic laws, family by family of ops, and folds constants."""

    dialects = ("stablehlo",)

    families: tuple[str, ...] = attrs.field(default=FAMILIES, converter=tuple, validator=_known(FAMILIES))
    """Which families of rules are applied."""
    assumes: tuple[str, ...] = attrs.field(default=(), converter=tuple, validator=_known(ASSUMPTIONS))
    """What may be assumed of numbers, `[reassociation,"no NaN"]`; without it only rules that hold exactly are applied."""
    fold: bool = True
    """Whether constants are folded, too."""

    def run(self, op: Operation, context: PassContext) -> None:
        rules = [rule for name in self.families for rule in family(name) if set(rule.assumes) <= set(self.assumes)]
        context.apply(op, [FoldConstants(), *rules] if self.fold else rules)
