"""Programs as one-liners for tests of rules: what a rule makes of one, and why it does not apply."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

import couloir
from couloir.ir.rewriting import apply_rules, find_rule, why_not
from couloir.ir.types import TensorType
from couloir.ir.verify import verify
from couloir.passes.running import public_functions
from couloir.passes.simplification.examples import program
from couloir.testing.rewrites.inputs import Profile, arrays_for


@attrs.frozen
class Law:
    """What a rule makes of a program: `before` and `after` are lines, the last of `before` the op at which the rule starts."""

    rule: str
    arguments: str
    before: str
    after: str
    exact: bool = True
    """Whether results keep their bits for all numbers; otherwise for small whole ones."""


@attrs.frozen
class Kept:
    """A program that a guard keeps a rule from, and what the guard says."""

    rule: str
    arguments: str
    before: str
    reason: str


def names(items: Sequence[Law | Kept]) -> list[str]:
    """Names of test cases: of the rules."""
    return [item.rule for item in items]


def module(arguments: str, body: str) -> couloir.Module:
    """A function of these arguments: see `program`."""
    return couloir.parse(program(arguments, body))


def text_of(module: couloir.Module, arguments: str) -> str:
    """The body of `@main`, each op on its line, with the names of the arguments."""
    lines = [line.strip() for line in str(module).split("\n")[2:-2]]
    lines[-1] = lines[-1].partition(" : ")[0]
    text = "\n".join(lines).replace("stablehlo.", "")
    names = [part.partition(":")[0].strip() for part in arguments.split("%")[1:]]
    for number in reversed(range(len(names))):
        text = text.replace(f"%arg{number}", f"%{names[number]}")
    return text


def rewritten(rule: str, arguments: str, body: str, *, exact: bool = True) -> str:
    """What a rule leaves of a program: text as of `text_of`. The results stay the same, to the bit unless not `exact`."""
    before = module(arguments, body)
    after = before.clone()
    assert apply_rules(after, [find_rule(rule)]).applications
    verify(after)
    types = public_functions(before)[0].function_type.inputs
    profiles: tuple[Profile, ...] = ("whole", "special", "extreme") if exact else ("whole",)
    for profile in profiles if all(isinstance(type, TensorType) for type in types) else ():
        inputs = arrays_for(types, profile, 0)
        with np.errstate(all="ignore"):
            expected, found = (couloir.run(each, *inputs) for each in (before, after))
        for old, new in zip(_several(expected), _several(found), strict=True):
            np.testing.assert_array_equal(np.asarray(new), np.asarray(old), strict=True)
            if old.dtype.kind == "f":
                np.testing.assert_array_equal(np.signbit(new)[old == 0], np.signbit(old)[old == 0])
    return text_of(after, arguments)


def _several(values: object) -> list[np.ndarray]:
    return [np.asarray(value) for value in (values if isinstance(values, tuple | list) else [values])]


def refusal(rule: str, arguments: str, body: str) -> str:
    """Why a rule does not apply to the last op."""
    program = module(arguments, body)
    known = find_rule(rule)
    op = [op for op in program.walk() if type(op) in known.roots][-1]
    told = why_not(known, op)
    assert not told
    return told.reason
