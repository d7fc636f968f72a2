"""The two ways to run a conversion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from couloir.ir.conversion.driver import Conversion, ConversionOutcome, Options

if TYPE_CHECKING:
    from couloir.ir.conversion.rules import ConversionRules
    from couloir.ir.conversion.target import ConversionTarget
    from couloir.ir.conversion.type_converter import TypeConverter
    from couloir.ir.operation import Operation
    from couloir.ir.rewriting.events import Listener
    from couloir.ir.rewriting.rule import Rewrite, Rule


def apply_partial_conversion(
    root: Operation,
    target: ConversionTarget,
    rules: Sequence[type[Rule] | Rewrite] | ConversionRules,
    converter: TypeConverter | None = None,
    *,
    listener: Listener | None = None,
    texts: bool = False,
    erase_dead: bool = True,
    stop_after: int | None = None,
) -> ConversionOutcome:
    """Converts what is inside `root` as far as rules go. Ops of unknown legality may remain, with casts where types differ.

    Args:
        root: The op whose regions are converted; it is not itself replaced.
        target: Which ops are legal.
        rules: Tried in this order at each op that is not legal.
        converter: How types change; without one, rules get operands as other rules gave them.
        listener: Called with an `Applied` event for each application; with `texts` the events carry the IR before and after.
        erase_dead: Also drop ops without uses and side effects.
        stop_after: Make only this many applications (for bisection); what is left then remains as it is.

    Raises:
        ConversionError: when an op that is illegal, or illegal under a condition, remains; names all of them. Then
            nothing has changed.
        RewriteCycle: when rules make ops for each other without end.
    """
    options = Options(listener, texts, erase_dead, stop_after)
    return Conversion(root, target, rules, converter, False, options).run()


def apply_full_conversion(
    root: Operation,
    target: ConversionTarget,
    rules: Sequence[type[Rule] | Rewrite] | ConversionRules,
    converter: TypeConverter | None = None,
    *,
    listener: Listener | None = None,
    texts: bool = False,
    erase_dead: bool = True,
    stop_after: int | None = None,
) -> ConversionOutcome:
    """As `apply_partial_conversion`, but everything inside `root` has to become legal, and no cast may remain."""
    options = Options(listener, texts, erase_dead, stop_after)
    return Conversion(root, target, rules, converter, True, options).run()
