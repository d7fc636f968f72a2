"""Rules of a conversion: functions of an op, its converted operands and a rewriter; and equations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from couloir.ir.errors import Error
from couloir.ir.operation import Operation, Value
from couloir.ir.rewriting.matcher import Match, Miss
from couloir.ir.rewriting.rule import Equation, NoMatch, Rewrite, Rule, as_rewrite, first_line, register, roots_of

if TYPE_CHECKING:
    from couloir.ir.conversion.rewriter import Adaptor, ConversionRewriter
    from couloir.ir.rewriting.rewriter import Rewriter

Function: TypeAlias = "Callable[[Any, Adaptor, ConversionRewriter], Any]"


class DependsOnIllegal(NoMatch):
    """A rule does not apply because of another op that could not be converted. That one is reported, this one is not."""

    def __init__(self) -> None:
        super().__init__("it depends on something that could not be converted")


class ConversionRule(Rewrite):
    """A rule of a conversion: what takes the place of an op.

    The function returns one thing for each result of the op: a value, an op with one result, a tuple of values (for a type that
    was converted to several or to none), or None for a result that nobody may use. One op with as many results does, too,
    and for an op without results None. `NoMatch` says that the rule does not apply, and why.

    A function that needs converted regions is a generator: it yields `Convert` and `Inline`.
    """

    takes_operands: ClassVar[bool] = True
    """Whether the rule needs the converted operands of the op; an equation takes what its variables stand for."""
    matches: ClassVar[bool] = False
    """Whether the rule looks for more than the op, and then tells observers itself what it has found."""

    def __init__(
        self, function: Function, roots: tuple[type[Operation], ...], name: str = "", summary: str = ""
    ) -> None:
        self.function = function
        self.roots = roots
        self.name = name or function.__name__
        self.summary = summary or first_line(function.__doc__)

    def convert(self, op: Operation, adaptor: Adaptor, rewriter: ConversionRewriter) -> Any:
        """Builds what takes the place of `op`, and returns it."""
        return self.function(op, adaptor, rewriter)

    def __call__(self, op: Any, adaptor: Adaptor, rewriter: ConversionRewriter) -> Any:
        return self.function(op, adaptor, rewriter)

    def attempt(self, op: Operation, rewriter: Rewriter) -> Miss | None:
        raise Error(
            f"the rule {self.name} belongs to a conversion: it takes converted operands",
            hint="give it to apply_full_conversion or apply_partial_conversion; why_illegal says why an op is not converted",
        )


def conversion_rule(function: Function) -> ConversionRule:
    """Makes a rule of a function `(op: SomeOp, adaptor, rewriter)`; the annotation says at which ops it starts.

    `A | B` stands for several, and so does a common base.
    """
    made = ConversionRule(function, roots_of(function, ("an op", "an adaptor", "a rewriter")))
    register(made)
    return made


class _EquationRule(ConversionRule):
    """An equation as a rule of a conversion: its pattern is looked for in the old program, its variables are converted."""

    takes_operands: ClassVar[bool] = False
    matches: ClassVar[bool] = True

    def __init__(self, equation: Equation) -> None:
        super().__init__(self._replace, equation.roots, equation.name, equation.summary)
        self.equation = equation

    def _replace(self, op: Operation, adaptor: Adaptor, rewriter: ConversionRewriter) -> Any:
        found = self.equation.match(op)
        if isinstance(found, Miss):
            raise NoMatch(found.reason)
        rewriter.matched(self, found.ops)
        bindings = {name: _converted(bound, rewriter) for name, bound in found.bindings.items()}
        values = self.equation.replacement(Match(bindings, found.ops), op)
        rewriter.absorbed.append(found.ops)
        return values


def _converted(bound: Any, rewriter: ConversionRewriter) -> Any:
    """What a variable of an equation stands for, converted; attributes are as they are."""
    items: list[Any] = list(bound) if isinstance(bound, tuple) else [bound]  # pyright: ignore[reportUnknownArgumentType]
    found = [rewriter.converted(item) if isinstance(item, Value) else item for item in items]  # pyright: ignore[reportUnknownArgumentType]
    return tuple(found) if isinstance(bound, tuple) else found[0]


class ConversionRules:
    """Rules by the class of the ops at which they start. A rule for a base class comes after those for the class itself."""

    def __init__(self, items: Iterable[type[Rule] | Rewrite] = ()) -> None:
        self.rules: list[ConversionRule] = []
        self._by_root: dict[type[Operation], list[ConversionRule]] = {}
        self._found: dict[type[Operation], Sequence[ConversionRule]] = {}
        for item in items:
            self.add(item)

    def add(self, item: type[Rule] | Rewrite) -> None:
        """Adds a rule; it is tried after those that were added before."""
        made = as_rewrite(item)
        if isinstance(made, Equation):
            made = _EquationRule(made)
        if not isinstance(made, ConversionRule):
            raise Error(
                f"the rule {made.name} edits the program in place, and a conversion builds a new one",
                hint="write it as an equation, or as a function (op, adaptor, rewriter) with @conversion_rule",
            )
        self.rules.append(made)
        for root in made.roots:
            self._by_root.setdefault(root, []).append(made)
        self._found.clear()

    def at(self, op: Operation) -> Sequence[ConversionRule]:
        """The rules to try at an op, in this order."""
        cls = type(op)
        found = self._found.get(cls)
        if found is None:
            found = self._found[cls] = [rule for base in cls.__mro__ for rule in self._by_root.get(base, ())]
        return found

    def names(self) -> list[str]:
        """The names of the ops for which there are rules."""
        return sorted({root.name for root in self._by_root if root.name})
