"""Mutants of a rule: the rule with one fault, which nobody can find by its name."""

from __future__ import annotations

import ast
import difflib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from couloir.ir.errors import Error
from couloir.ir.rewriting.rule import Equation, FunctionRule, Rewrite, Rule, as_rewrite
from couloir.testing.mutation.operators import Change, changes, places, sides_of
from couloir.testing.mutation.sources import PythonFunction, Source, source_of

_ROLES: Final = ("pattern", "where", "rewrite")


@attrs.frozen(eq=False)
class Mutant:
    """A rule with one fault.

    Attributes:
        rule: It, ready to be checked. It has the name of the rule that it is made from.
        kind: What is broken: "guard dropped", "operands exchanged", ...
        function: In which function.
        file: Where that stands.
        line: The line of the change, from 1.
        diff: What is changed, as Python writes it: lines with `-` and `+`.
    """

    rule: Rewrite
    kind: str
    function: str
    file: str
    line: int
    diff: str

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line} {self.function}, {self.kind}\n{self.diff}"


def mutants(rule: type[Rule] | Rewrite) -> list[Mutant]:
    """All mutants of a rule, in the order of its code.

    Changed are the functions of the rule, and functions of the same module which they call. Not changed is what cannot be a fault:
    texts, what makes the rule fire less often, and `allow_shared` of an equation, which is about cost.

    Raises:
        Error: The rule's source cannot be had, or it is a rule of another kind, say of a conversion.
    """
    found = as_rewrite(rule)
    known: set[str] = set()
    made: list[Mutant] = []
    for mutant, text in _mutants(found):
        if text not in known and _is_rule(mutant.rule):
            known.add(text)
            made.append(mutant)
    return made


def _is_rule(rule: Rewrite) -> bool:
    """Whether it is one still: what a pattern says may have become nonsense."""
    try:
        return not isinstance(rule, Equation) or bool(rule.roots)
    except Exception:  # noqa: BLE001 -- the pattern's code is what has been broken
        return False


def _mutants(rule: Rewrite) -> Iterator[tuple[Mutant, str]]:
    """Mutants, each with the text of the changed function; some of them may be no rules."""
    functions = functions_of(rule)
    for role, function in functions.items():
        source = source_of(function)
        before = _lines(source.tree)
        yield from (
            [] if role != "where" else [_mutant(source, source.tree, "guard dropped", before, [], rule, {role: None})]
        )
        used = {
            name
            for other, each in functions.items()
            if other != role
            for name in each.__code__.co_varnames[: each.__code__.co_argcount]
        }
        for change in changes(source, role):
            if role == "pattern" and _renames(change, source.tree, used):
                continue
            tree = change.applied(source.tree)
            made = {role: source.changed(tree)}
            yield _mutant(source, change.place, change.kind, before, _lines(tree), rule, made)
    for name, (helper, side) in _helpers(functions).items():
        source = source_of(helper)
        before = _lines(source.tree)
        for change in changes(source, "helper", side):
            tree = change.applied(source.tree)
            names = {name: source.changed(tree)}
            made = {role: _renamed(function, names) for role, function in functions.items()}
            yield _mutant(source, change.place, change.kind, before, _lines(tree), rule, made)


def _renames(change: Change, tree: ast.FunctionDef, used: Collection[str]) -> bool:
    """Whether a change of a pattern only exchanges variables that occur once, and nowhere else in the rule."""
    if not isinstance(change.place, ast.Call) or not isinstance(change.instead, ast.Call):
        return False
    if len(change.place.args) != len(change.instead.args):
        return False
    moved = [old for old, new in zip(change.place.args, change.instead.args, strict=True) if old is not new]
    names = Counter(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    return bool(moved) and all(isinstance(a, ast.Name) and names[a.id] == 1 and a.id not in used for a in moved)


def _differences(before: list[str], after: list[str]) -> Iterator[str]:
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        if tag != "equal":
            yield from (f"- {line.strip()}" for line in before[start:end])
            yield from (f"+ {line.strip()}" for line in after[new_start:new_end] if line.strip() != "pass")


def _lines(tree: ast.FunctionDef) -> list[str]:
    return ast.unparse(tree).splitlines()


def _mutant(
    source: Source,
    place: ast.AST,
    kind: str,
    before: list[str],
    after: list[str],
    rule: Rewrite,
    functions: Mapping[str, PythonFunction | None],
) -> tuple[Mutant, str]:
    diff = "\n".join(_differences(before, after))
    function = source.function
    line = getattr(place, "lineno", source.tree.lineno)
    made = Mutant(_with(rule, functions), kind, function.__qualname__, function.__code__.co_filename, line, diff)
    return made, "\n".join([function.__qualname__, *after])


def functions_of(rule: Rewrite) -> dict[str, Any]:
    """The functions that a rule is made of, by what they are.

    Raises:
        Error: It is no equation and no function.
    """
    if isinstance(rule, FunctionRule):
        function: Any = rule.function
        return {"function": source_of(function).function}
    if not isinstance(rule, Equation):
        raise Error(
            f"the rule {rule.name} is neither an equation nor a function of an op and a rewriter: it has no mutants"
        )
    held: dict[str, Any] = {role: getattr(rule.cls, role, None) for role in _ROLES}
    return {role: source_of(function).function for role, function in held.items() if function is not None}


def _helpers(functions: dict[str, PythonFunction]) -> dict[str, tuple[PythonFunction, int]]:
    """The functions of the same module that are called, by name, each with the side of what it returns."""
    found: dict[str, tuple[PythonFunction, int]] = {}
    for role, function in functions.items():
        source = source_of(function)
        sides = sides_of(source, role)
        for node in places(source.tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            name = node.func.id
            helper = function.__globals__.get(name)
            if not isinstance(helper, PythonFunction) or helper.__module__ != function.__module__:
                continue
            if hasattr(helper, "__wrapped__") or helper.__name__ != name or name in found:
                continue
            found[name] = (helper, sides.get(node, 0))
    return found


def _renamed(function: PythonFunction, names: Mapping[str, Any]) -> PythonFunction:
    """The function, for which some global names stand for something else."""
    source = source_of(function)
    return source.changed(source.tree, names)


def _with(rule: Rewrite, functions: Mapping[str, PythonFunction | None]) -> Rewrite:
    """The rule with other functions. It is not registered."""
    if isinstance(rule, FunctionRule):
        made: Any = functions["function"]
        return FunctionRule(made, rule.roots, rule.assumes, rule.examples)
    assert isinstance(rule, Equation)
    held: dict[str, Any] = {role: getattr(rule.cls, role, None) for role in _ROLES}
    held = {role: function for role, function in {**held, **functions}.items() if function is not None}
    space = {role: staticmethod(function) for role, function in held.items()}
    space |= {name: getattr(rule.cls, name) for name in ("allow_shared", "assumes", "examples", "__doc__")}
    place = {"__module__": rule.cls.__module__, "__qualname__": f"<mutant>.{rule.name}"}
    cls: Any = type(rule.name, (), space | place)
    return Equation(cls)
