"""What can be checked: rules, functions that are rules, passes, pipelines. Each becomes a `Subject`."""

from __future__ import annotations

import inspect
import linecache
import traceback
import types as python_types
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final, TypeAlias, cast

import attrs

import couloir.passes  # noqa: F401  # pyright: ignore[reportUnusedImport] -- declares the passes
from couloir.dialects.builtin import ModuleOp
from couloir.ir.errors import Error, VerifyError, nearest
from couloir.ir.passes import Pass, PassPipeline
from couloir.ir.passes.base import all_passes
from couloir.ir.passes.items import passes_of
from couloir.ir.rewriting import FunctionRule, Observer, Rewrite, Rule, apply_rules
from couloir.ir.rewriting.driver import RewriteCycle
from couloir.ir.rewriting.rule import Equation, all_rules, find_rule, function_rule
from couloir.ir.text.parser import parse_module_op
from couloir.ir.verify import verify
from couloir.testing.generation.building import op_classes
from couloir.testing.openness import left_open, settle
from couloir.testing.rewrites.programs import Program, labelled_programs, random_programs

MAX_APPLICATIONS: Final = 200
"""Of a rule to one small program; with more it counts as endless."""
DIALECTS: Final = ("stablehlo",)
"""Of random programs for a pass that does not say for which it is."""
KINDS: Final = (
    "a subclass of Rule, a function decorated with @rule or one that could be, two modules or their texts, a pass, a "
    "pipeline or its text"
)
Given: TypeAlias = "type[Rule] | Rewrite | Callable[..., Any] | Pass | type[Pass] | PassPipeline | str"


Programs: TypeAlias = "Callable[[int, float, bool], Iterator[Program]]"
"""Programs by a seed, a time (of `time.monotonic()`) when to end, and whether the rewrite may be tried on them before."""


ONNX: Final = ("no overflow", "no signed zeros")
"""What passes on ONNX operators are granted: the specification says nothing of these, and its implementations differ."""


class Refused(Exception):
    """A pass does not take a program: not a fault."""


@attrs.frozen(eq=False, kw_only=True)
class Subject:
    """A rewrite that is checked.

    Attributes:
        name: Of the rule; the text of the pipeline.
        summary: The rule's equation.
        programs: Programs for it.
        apply: Applies it to a module, in place, and says how often it was applied. Raises what the rewrite raises, and `Refused`.
        assumes: What it assumes.
        rounds: Whether arithmetic may be rounded otherwise after it anyway.
        rewrite: The rule, if it is one.
        pipeline: The passes, if it is some.
        files: Where its code is.
        code: Python that brings it and applies it to the module `before`; None where no import can.
    """

    name: str
    summary: str
    programs: Programs
    apply: Callable[[ModuleOp, Observer | None], int]
    assumes: tuple[str, ...] = ()
    rounds: bool = False
    rewrite: Rewrite | None = None
    pipeline: PassPipeline | None = None
    files: Collection[str] = ()
    code: str | None = None

    @property
    def is_pair(self) -> bool:
        """Whether it is a program and what becomes of it, and no rule or pass that makes others."""
        return self.rewrite is None and self.pipeline is None

    def told(self, error: BaseException) -> str:
        """An exception that the rewrite raised, with the line of its code."""
        said = error.message if isinstance(error, Error) else str(error)
        told = f"{type(error).__name__}: {said}" if said else type(error).__name__
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in self.files]
        if own:
            line = linecache.getline(own[-1].filename, own[-1].lineno or 0).strip()
            told += f", at {Path(own[-1].filename).name}:{own[-1].lineno}" + (f": `{line}`" if line else "")
        return told


def subject_of(item: object) -> Subject:
    """What is to be checked.

    Raises:
        Error: It is nothing of the kind; says what may be given.
    """
    given: Any = item
    if isinstance(given, str):
        given = _named(given)
    if isinstance(given, Rewrite):
        return _of_rule(given)
    if isinstance(given, type):
        cls: Any = cast("type[Any]", given)
        if issubclass(cls, Rule) and cls is not Rule:
            return _of_rule(cls.rule)
        if issubclass(cls, Pass) and cls is not Pass:
            try:
                given = cls()
            except TypeError as error:  # options without a default
                raise Error(f"the pass `{cls.name}` has options that must be given: {error}") from error
    if isinstance(given, python_types.FunctionType):
        return _of_rule(function_rule(given))
    if isinstance(given, Pass):
        given = PassPipeline.of(given)
    if isinstance(given, PassPipeline):
        return of_pipeline(given)
    raise Error(f"{item!r} is nothing that can be checked", hint=f"give {KINDS}")


def is_pair(item: object) -> bool:
    """Whether something is two programs, or their texts."""
    if not isinstance(item, tuple | list):
        return False
    items = cast("Sequence[object]", item)
    return len(items) == 2 and all(isinstance(part, ModuleOp | str) for part in items)


def module_of(item: ModuleOp | str, what: str) -> ModuleOp:
    """A program, from its text if need be."""
    if isinstance(item, ModuleOp):
        return item
    module = parse_module_op(item, file=f"<{what}>")
    verify(module)
    if not isinstance(module, ModuleOp):
        raise Error(f"a module is needed, not `{module.name}`", where=f"<{what}>")
    return module


def _named(text: str) -> Rewrite | PassPipeline:
    """The rule of a name, or the passes of a text."""
    if text in all_rules():
        return find_rule(text)
    try:
        return PassPipeline.parse(text)
    except Error as error:
        if not text.isidentifier():
            raise
        rules = known_rules()
        if text in rules:
            return rules[text]
        hint = nearest(text, [*rules, *all_passes()])
        raise Error(f"there is no rule and no pass `{text}`", hint=hint) from error


def known_rules() -> dict[str, Rewrite]:
    """All rules that can be checked by name, those of the passes included: their modules are imported."""
    from couloir.passes.canonicalization import RULES, canonicalization_rules
    from couloir.passes.simplification.passes import families

    canonicalization_rules(RULES)
    families()
    all_passes()
    return {name: rule for name, rule in all_rules().items() if isinstance(rule, Equation | FunctionRule)}


# -- rules -----------------------------------------------------------------------------------------------------------------------


def _of_rule(rule: Rewrite) -> Subject:
    if not isinstance(rule, Equation | FunctionRule):
        raise Error(
            f"the rule {rule.name} belongs to a conversion: it takes converted operands",
            hint="check the pass that converts, which has all its rules",
        )

    def apply(module: ModuleOp, observer: Observer | None) -> int:
        return apply_rules(
            module, [rule], max_applications=MAX_APPLICATIONS, erase_dead=False, listener=observer
        ).applications

    def programs(seed: int, deadline: float, tried: bool) -> Iterator[Program]:
        return labelled_programs(rule, seed, deadline=deadline, tried=tried)

    defined: Any = rule.cls if isinstance(rule, Equation) else rule.function
    run = f"apply_rules(before, [{defined.__name__}], max_applications={MAX_APPLICATIONS}, erase_dead=False)"
    code = _import_of(defined)
    if code is not None:
        code = f"{code}\nfrom couloir.ir.rewriting import apply_rules\n\n{run}\nprint(before)\ncouloir.verify(before)"
    return Subject(
        name=rule.name,
        summary=rule.summary,
        programs=programs,
        apply=apply,
        assumes=rule.assumes,
        rewrite=rule,
        files=_files(_functions(rule)),
        code=code,
    )


def _functions(rule: Equation | FunctionRule) -> list[Any]:
    """The functions that a rule is made of."""
    if isinstance(rule, FunctionRule):
        return [rule.function]
    return [getattr(rule.cls, name, None) for name in ("pattern", "where", "rewrite")]


def _files(functions: Sequence[Any]) -> frozenset[str]:
    codes = (getattr(inspect.unwrap(function), "__code__", None) for function in functions if function is not None)
    return frozenset(code.co_filename for code in codes if code is not None)


def _import_of(defined: Any) -> str | None:
    """Python that imports what somebody has defined; None where there is none: in a notebook, in a function."""
    if defined.__module__ == "__main__" or "." in defined.__qualname__:
        return None
    return f"from {defined.__module__} import {defined.__name__}"


# -- passes ------------------------------------------------------------------------------------------------------------------------


def of_pipeline(pipeline: PassPipeline, dialects: Sequence[str] | None = None) -> Subject:
    """A pipeline, on random programs of some dialects; by default of those that its first pass is for."""
    passes = list(passes_of(pipeline))
    if not passes:
        raise Error("there is no pass in the pipeline", hint='give some: "canonicalize,cse"')
    first = passes[0]
    before = PassPipeline.parse(first.after) if first.after else PassPipeline()
    chosen = tuple(dialects or first.dialects or DIALECTS)
    op_classes(chosen)  # an error when there is none of a name

    def apply(module: ModuleOp, observer: Observer | None) -> int:
        text = str(module)
        try:
            pipeline.run(module, verify_each=False, listener=observer)
        except (RewriteCycle, VerifyError):
            raise
        except Error as error:
            raise Refused(error.message) from error
        return int(str(module) != text)

    def programs(seed: int, deadline: float, tried: bool) -> Iterator[Program]:
        for number, module in enumerate(random_programs(chosen, seed)):
            settle(module, Random(f"{seed}:{number}"))
            if left_open(module) is not None:
                continue
            try:
                before.run(module)
            except Error:  # no program for this pass can be made of it
                continue
            yield Program(module, ("plain",), False)

    text = str(pipeline)
    modules = dict.fromkeys(type(item).__module__ for item in passes)
    strange = [name for name in modules if not name.startswith("couloir.")]
    local = any("<locals>" in type(item).__qualname__ or type(item).__module__ == "__main__" for item in passes)
    imports = "".join(f"import {name}\n" for name in strange)
    return Subject(
        name=text,
        summary=first.summary() if len(passes) == 1 else "",
        programs=programs,
        apply=apply,
        assumes=ONNX if "onnx" in chosen else (),
        rounds=True,
        pipeline=pipeline,
        files=_files([type(item).run for item in passes]),
        code=None if local else f"{imports}\nprint(couloir.opt(before, {text!r})[0])",
    )
