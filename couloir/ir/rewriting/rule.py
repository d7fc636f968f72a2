"""The two forms of a rule.

An equation, for what can be said as "this equals that":

    class DoubleTranspose(Rule):
        \"\"\"transpose(transpose(x, p), q)  =>  transpose(x, p after q)\"\"\"
        def pattern(x, p, q):
            return hlo.Transpose(hlo.Transpose(x, p), q)
        def where(p, q):
            return guard(len(p) == len(q), "ranks differ")
        def rewrite(x, p, q):
            return hlo.Transpose(x, tuple(p[i] for i in q))

and a function of a typed op and a rewriter, for everything else:

    @rule
    def drop_identity(op: onnx.Identity, rewriter: Rewriter):
        \"\"\"Identity(x) => x\"\"\"
        rewriter.replace(op, op.input)

There is no third form. Both are objects with a name and a root op; defining one registers it, so that
`find_rule("DoubleTranspose")` and the command line know it. Either may say what it assumes of numbers: `assumes = ("no NaN",)`
in an equation, `@rule(assumes=("no NaN",))` for a function.
"""

from __future__ import annotations

import inspect
import types as python_types
import typing
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final, cast, overload

from couloir.ir.errors import Error, nearest
from couloir.ir.location import fuse
from couloir.ir.operation import Operation, Value, as_value
from couloir.ir.rewriting.guards import Guard
from couloir.ir.rewriting.matcher import Match, Miss, Pattern, match, record, shared_outside
from couloir.ir.rewriting.quick_match import QuickMatch, quick_match
from couloir.ir.rewriting.rewriter import Rewriter
from couloir.ir.types import UnknownShape

ANY_OP: Final = Operation
"""As a root of a rule: it may start at every op."""

UNEXPLAINED: Final = Miss("it does not fit")
"""What an attempt gives when nobody asked for a reason."""

ASSUMPTIONS: Final = ("no NaN", "no infinities", "no signed zeros", "no overflow", "reassociation")
"""What a rule may assume. `reassociation`: order and rounding of arithmetic may change (LLVM's flags reassoc, arcp and contract);
the others hold of the numbers that the rule is for.
"""

_RULES: Final[dict[str, Rewrite]] = {}


class NoMatch(Exception):
    """Raised inside `where`, `rewrite` or a function rule: the rule does not apply, for the reason given.

    So does `UnknownShape`, of itself: a rule that asks for the `shape` of a dynamic type is none for it.

    `supported` is the nearest form to which it would apply, for the reports of conversions: "the modes constant and edge".
    """

    def __init__(self, reason: str, *, supported: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.supported = supported


class Rewrite:
    """What the driver sees of a rule: its name, the op classes at which it may start, and one attempt."""

    name: str
    summary: str
    roots: tuple[type[Operation], ...]
    """The classes of the ops at which it may start; `(Operation,)` for every op."""
    assumes: tuple[str, ...] = ()
    """What it assumes, of `ASSUMPTIONS`. Nothing checks that it holds: whoever applies the rule grants it."""
    examples: tuple[str, ...] = ()
    """Texts of programs in which it fires: where checks of the rule start, when what it looks for is seldom met by chance."""

    def attempt(self, op: Operation, rewriter: Rewriter) -> Miss | None:
        """Tries the rule at `op`. None when it was applied, otherwise the reason why not; then nothing has changed."""
        raise Error(f"{type(self).__name__} does not say how it is applied")

    def __repr__(self) -> str:
        return f"<rule {self.name}: {self.summary}>"


class Equation(Rewrite):
    """The rule object that stands behind a `Rule` class."""

    def __init__(self, cls: type[Rule]) -> None:
        self.cls = cls
        self.name = cls.__name__
        self.summary = first_line(cls.__doc__)
        self._pattern: Pattern | None = None
        self._written: QuickMatch | None = None
        self._where = _function(cls, "where")
        rewrite = _function(cls, "rewrite")
        if rewrite is None or _function(cls, "pattern") is None:
            raise Error(f"the rule {cls.__name__} needs the functions `pattern` and `rewrite`")
        self._rewrite = rewrite
        self._where_names = () if self._where is None else tuple(inspect.signature(self._where).parameters)
        self._rewrite_names = tuple(inspect.signature(rewrite).parameters)
        known = {*inspect.signature(cast("Any", _function(cls, "pattern"))).parameters, "op"}
        for name in (*self._where_names, *self._rewrite_names):
            if name not in known:
                raise Error(
                    f"the rule {cls.__name__} uses `{name}`, which its pattern does not bind",
                    hint=nearest(name, sorted(known)),
                )

    @property
    def assumes(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.cls.assumes

    @property
    def examples(self) -> tuple[str, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.cls.examples

    @property
    def pattern(self) -> Pattern:
        """The recorded left side."""
        if self._pattern is None:
            function = _function(self.cls, "pattern")
            assert function is not None
            self._pattern = record(function, self.name)
        return self._pattern

    @property
    def roots(self) -> tuple[type[Operation], ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return (type(self.pattern.root.op),)

    def match(self, op: Operation) -> Match | Miss:
        """Fits the left side, guards included."""
        where = None if self._where is None else self._guard
        return match(self.pattern, op, allow_shared=self.cls.allow_shared, accept=where)

    def _guard(self, found: Match) -> Miss | None:
        """What `where` has against a way in which the pattern fits."""
        assert self._where is not None
        op = found.ops[-1]
        reason = ""
        try:
            outcome = self._where(**_select(self._where_names, found.bindings, op))
        except (NoMatch, UnknownShape) as miss:
            return Miss(miss.reason, len(found.ops) + 1, op)
        if isinstance(outcome, str):
            reason = outcome
        elif outcome:
            return None
        elif isinstance(outcome, Guard):
            reason = outcome.reason
        return Miss(reason or f"`where` of {self.name} is false", len(found.ops) + 1, op)

    def _quick(self, op: Operation) -> Match | None:
        """As `match`, without a reason when it does not fit."""
        written = self._written
        if written is None:
            written = self._written = quick_match(self.pattern) or self._matched
        found = written(op, self._accepts)
        return None if found is None else Match(*found)

    def _matched(self, op: Operation, accept: Any) -> tuple[dict[str, Any], tuple[Operation, ...]] | None:
        found = self.match(op)
        return None if isinstance(found, Miss) else (found.bindings, found.ops)

    def _accepts(self, bindings: dict[str, Any], ops: Sequence[Operation]) -> bool:
        if len(ops) > 1 and not self.cls.allow_shared and shared_outside(ops) is not None:
            return False
        if self._where is None:
            return True
        try:
            names = self._where_names
            if "op" in names:
                outcome = self._where(**_select(names, bindings, ops[-1]))
            else:
                outcome = self._where(**{name: bindings[name] for name in names})
        except (NoMatch, UnknownShape):
            return False
        return bool(outcome) and not isinstance(outcome, str)

    def replacement(self, found: Match, op: Operation) -> list[Value[Any]]:
        """Builds the right side for what the variables stand for, where new ops go. Raises `NoMatch` when the rule declines."""
        return _returned_values(self.name, self._rewrite(**_select(self._rewrite_names, found.bindings, op)))

    def attempt(self, op: Operation, rewriter: Rewriter) -> Miss | None:
        found = self.match(op) if rewriter.explains else self._quick(op) or UNEXPLAINED
        if isinstance(found, Miss):
            return found
        if rewriter.on_match is not None:
            rewriter.on_match(found.ops)
        location = op.location if len(found.ops) == 1 else fuse([o.location for o in found.ops])
        with rewriter.inserting_before(op, location):
            try:
                values = self.replacement(found, op)
            except (NoMatch, UnknownShape) as miss:
                rewriter.undo_insertions()
                return Miss(miss.reason, len(found.ops) + 1, op)
        reason = rewriter.check_replacement(self.name, op, values)
        if reason is not None:
            rewriter.undo_insertions()
            return Miss(reason, len(found.ops) + 1, op)
        rewriter.replace(op, *values)
        rewriter.erase_dead(reversed(found.ops[:-1]))
        return None


class Rule:
    """Base of equations: subclass it with `pattern`, `rewrite` and perhaps `where`.

    They are plain functions (no `self`). The parameters of `pattern` are the variables, for values and attributes
    alike; `where` and `rewrite` take those that they need, by name, and `op`, the matched root, if they name it. Values arrive as
    `Value`, attributes as Python values. An attribute that the pattern leaves out must have its default. A variable may be
    annotated with a trait that the op which defines it must have: `def pattern(x, zero: ConstantLike)`.
    """

    allow_shared: ClassVar[bool] = False
    """Whether the rule applies when an inner result is also used elsewhere (the inner op then stays)."""
    assumes: ClassVar[tuple[str, ...]] = ()
    """What the rule assumes of numbers: `("no NaN",)`; `ASSUMPTIONS` has all that may be said."""
    examples: ClassVar[tuple[str, ...]] = ()
    """Texts of programs in which the rule fires, for checks of a rule whose left side is seldom met by chance."""
    rule: ClassVar[Rewrite]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.assumes = known_assumptions(cls.__name__, cls.assumes)
        cls.rule = Equation(cls)
        _RULES[cls.__name__] = cls.rule


class FunctionRule(Rewrite):
    """A rule that is a function of an op and a rewriter."""

    def __init__(
        self,
        function: Callable[[Any, Rewriter], Any],
        roots: tuple[type[Operation], ...],
        assumes: Sequence[str] = (),
        examples: Sequence[str] = (),
    ) -> None:
        self.function = function
        self.name = function.__name__
        self.summary = first_line(function.__doc__)
        self.roots = roots
        self.assumes = known_assumptions(self.name, assumes)
        self.examples = tuple(examples)

    def attempt(self, op: Operation, rewriter: Rewriter) -> Miss | None:
        if rewriter.on_match is not None:
            rewriter.on_match((op,))
        mark = rewriter.edits
        before = rewriter.fingerprint(op)
        operands = tuple(op.operands)
        reason: Any = None
        with rewriter.inserting_before(op):
            rewriter.matched = op
            try:
                reason = self.function(op, rewriter)
            except (NoMatch, UnknownShape) as miss:
                edited = rewriter.edits != mark and not rewriter.only_inserted(mark)
                if edited or rewriter.fingerprint(op) != before:
                    raise Error(
                        f"the rule `{self.name}` edited the program and then said that it does not apply: {miss.reason}"
                    ) from miss
                rewriter.undo_insertions()
                return Miss(miss.reason, 1, op)
            finally:
                rewriter.matched = None
        if rewriter.edits == mark and op.parent is not None and rewriter.fingerprint(op) == before:
            return Miss(reason if isinstance(reason, str) else "it changed nothing", 1, op)
        rewriter.changed(op)
        if op.parent is not None:
            rewriter.released(operands, op)
        return None

    def __call__(self, op: Any, rewriter: Rewriter) -> Any:
        return self.function(op, rewriter)


@overload
def rule(function: Callable[[Any, Rewriter], Any]) -> FunctionRule: ...
@overload
def rule(
    *, assumes: Sequence[str] = (), examples: Sequence[str] = ()
) -> Callable[[Callable[[Any, Rewriter], Any]], FunctionRule]: ...
def rule(
    function: Callable[[Any, Rewriter], Any] | None = None, *, assumes: Sequence[str] = (), examples: Sequence[str] = ()
) -> Any:
    """Makes a rule of a function `(op: SomeOp, rewriter)`; the annotation says at which ops it starts (`A | B` for several).

    Args:
        function: The function.
        assumes: What it assumes of numbers, of `ASSUMPTIONS`: `@rule(assumes=("no NaN",))`.
        examples: Texts of programs in which it fires, for checks of a rule that looks for what is seldom met by chance.
    """

    def made_of(function: Callable[[Any, Rewriter], Any]) -> FunctionRule:
        made = function_rule(function, assumes, examples)
        register(made)
        return made

    return made_of if function is None else made_of(function)


def function_rule(
    function: Callable[[Any, Rewriter], Any], assumes: Sequence[str] = (), examples: Sequence[str] = ()
) -> FunctionRule:
    """The rule that a function is, as `rule` makes it, known to nobody by its name."""
    return FunctionRule(function, roots_of(function, ("an op", "a rewriter")), assumes, examples)


def register(made: Rewrite) -> None:
    """Makes a rule known by its name, to `find_rule` and the command line."""
    _RULES[made.name] = made


def roots_of(function: Callable[..., Any], takes: Sequence[str]) -> tuple[type[Operation], ...]:
    """At which ops a rule starts, by the annotation of the function's first parameter; `takes` says what it has to take."""
    parameters = list(inspect.signature(function).parameters)
    if len(parameters) != len(takes):
        wanted = f"{', '.join(takes[:-1])} and {takes[-1]}"
        raise Error(f"the rule `{function.__name__}` takes {wanted}, not ({', '.join(parameters)})")
    names = dict(inspect.getclosurevars(function).nonlocals) | _locals_of_definition()
    # Only the first annotation counts; the others may name what is imported for type checkers alone.
    annotation: Any = function.__annotations__.get(parameters[0])
    if isinstance(annotation, str):
        first: Any = python_types.SimpleNamespace(__annotations__={parameters[0]: annotation})
        try:
            annotation = typing.get_type_hints(first, function.__globals__, names)[parameters[0]]
        except (AttributeError, NameError, SyntaxError, TypeError) as error:
            raise Error(
                f"the rule `{function.__name__}` starts at `{annotation}`, which means nothing: {error}"
            ) from error
    several: tuple[Any, ...] = (
        typing.get_args(annotation)
        if typing.get_origin(annotation) in (typing.Union, python_types.UnionType)
        else (annotation,)
    )
    if not all(isinstance(t, type) and issubclass(t, Operation) for t in several):
        raise Error(
            f"the rule `{function.__name__}` does not say at which op it starts", hint="annotate it: `op: hlo.Add`"
        )
    return several


def _locals_of_definition() -> dict[str, Any]:
    """The local names where a rule is being defined: a class defined in the same function can be its root."""
    frame = inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__")).startswith(("couloir.ir.", "couloir.testing.")):
        frame = frame.f_back
    return {} if frame is None else dict(frame.f_locals)


def known_assumptions(name: str, assumes: Sequence[str]) -> tuple[str, ...]:
    """Assumptions as a tuple. Raises `couloir.Error` when something else is among them, for what is called `name`."""
    if isinstance(assumes, str):
        raise Error(f"what {name} assumes is no tuple", hint=f'write `assumes = ("{assumes}",)`')
    for item in assumes:
        if item not in ASSUMPTIONS:
            raise Error(
                f"{name} assumes `{item}`, of which nothing is known",
                hint="there are: " + ", ".join(ASSUMPTIONS),
            )
    return tuple(assumes)


def as_rewrite(item: type[Rule] | Rewrite) -> Rewrite:
    """The rule object of a `Rule` class; rule objects as they are."""
    if isinstance(item, Rewrite):
        return item
    cls: Any = item
    if isinstance(cls, type) and issubclass(cls, Rule) and cls is not Rule:
        return cls.rule
    raise Error(f"{item!r} is not a rule", hint="give a subclass of Rule, or a function decorated with @rule")


def all_rules() -> dict[str, Rewrite]:
    """All rules defined so far, by name."""
    return dict(_RULES)


def find_rule(name: str) -> Rewrite:
    """The rule called `name`; entry points of the group `couloir.rules` are loaded when it is not known yet."""
    if name not in _RULES:
        from importlib.metadata import entry_points

        for point in entry_points(group="couloir.rules"):
            point.load()
    if name not in _RULES:
        raise Error(f"there is no rule `{name}`", hint=nearest(name, sorted(_RULES)))
    return _RULES[name]


def _function(cls: type, name: str) -> Callable[..., Any] | None:
    found: Any = inspect.getattr_static(cls, name, None)
    return found.__func__ if isinstance(found, staticmethod) else found


def first_line(text: str | None) -> str:
    """The first line of a docstring."""
    return (text or "").strip().split("\n")[0]


def _select(names: tuple[str, ...], bindings: dict[str, Any], op: Operation) -> dict[str, Any]:
    return {name: op if name == "op" and "op" not in bindings else bindings[name] for name in names}


def _returned_values(name: str, returned: Any) -> list[Value[Any]]:
    if isinstance(returned, Operation):
        return list(returned.results)
    items = cast("Sequence[Any]", returned) if isinstance(returned, tuple | list) else (returned,)
    if any(item is None for item in items):
        raise Error(
            f"`rewrite` of the rule {name} returned nothing", hint="return the new op or value, or raise NoMatch"
        )
    return [as_value(item) for item in items]
