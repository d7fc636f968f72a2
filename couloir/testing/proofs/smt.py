"""The SMT solver, as a process of its own that is told SMT-LIB 2 text.

    answer = solve("(declare-const x Int) (assert (> x 1))", ["x"])
    assert isinstance(answer, Sat) and answer.model["x"] > 1

It never runs in our process: solvers crash, take all memory, and do not come back. What it cannot say in time is `Unknown`,
which proves nothing and refutes nothing. Source: Barrett, Fontaine, Tinelli, "The SMT-LIB Standard: Version 2.6" (2017).
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final, TypeAlias, cast

import attrs

from couloir.ir.errors import Error

SECONDS: Final = 5.0
"""How long a question may take."""
MEMORY: Final = 1024
"""MiB that the solver may use."""
_GRACE: Final = 0.5
"""Seconds that the solver has to notice that its time is over, before it is killed."""
_HINT: Final = "pip install couloir[z3]"

#: Integers for `Int` and for bit-vectors (as unsigned); booleans; for floats their bits, as an unsigned integer, or "NaN".
ModelValue: TypeAlias = "bool | int | str"
SExpression: TypeAlias = "str | list[SExpression]"


@attrs.frozen
class Sat:
    """There are values for which all assertions hold.

    Attributes:
        model: By name, for the names that were asked for.
    """

    model: Mapping[str, ModelValue]


@attrs.frozen
class Unsat:
    """There are none."""


@attrs.frozen
class Unknown:
    """Nothing is known.

    Attributes:
        why: The reason: no solver, no time, no memory, or what the solver says.
    """

    why: str


Answer: TypeAlias = Sat | Unsat | Unknown


@cache
def z3_executable() -> Path | None:
    """Where the solver is: beside the Python that runs, among the files of the package `z3-solver`, or on the PATH."""
    name = "z3.exe" if sys.platform == "win32" else "z3"
    candidates = [Path(sys.executable).with_name(name)]
    try:
        files = distribution("z3-solver").files or []
        candidates += [Path(str(file.locate())).resolve() for file in files if file.name == name]
    except PackageNotFoundError:
        pass
    found = shutil.which(name)
    if found is not None:
        candidates.append(Path(found))
    return next((path for path in candidates if path.is_file() and os.access(path, os.X_OK)), None)


def why_not() -> str | None:
    """Why nothing can be asked, in one line; None if it can."""
    return None if z3_executable() is not None else f"there is no SMT solver: {_HINT}"


@cache
def solver_name() -> str:
    """The solver with its version: `z3 5.4.1`. Raises `couloir.Error` where there is none."""
    path = z3_executable()
    if path is None:
        raise Error("there is no SMT solver", hint=_HINT)
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Error(f"the SMT solver {path} does not start: {error}", hint=_HINT) from error
    words = done.stdout.split()
    return f"z3 {words[2]}" if len(words) > 2 else "z3"


def solve(script: str, names: Sequence[str] = (), *, seconds: float = SECONDS, memory: int = MEMORY) -> Answer:
    """Whether there are values for which what a script asserts holds.

    Args:
        script: Declarations and assertions in SMT-LIB 2, without `(check-sat)`.
        names: Constants whose values the model should give: integers, booleans, bit-vectors and floats.
        seconds: How long it may take.
        memory: How many MiB it may use.
    """
    path = z3_executable()
    if path is None:
        return Unknown(why_not() or "")
    if seconds <= 0:
        return Unknown("there was no time left for the SMT solver")
    asked = f"(get-value ({' '.join(names)}))" if names else ""
    whole = f"{script}\n(check-sat)\n(get-info :reason-unknown)\n{asked}\n(exit)\n"
    # The second limit is the solver's own, should nobody be left to stop it.
    limits = [f"-t:{max(1, int(seconds * 1000))}", f"-T:{math.ceil(seconds + 2 * _GRACE)}", f"-memory:{memory}"]
    late = Unknown(f"the SMT solver took more than {seconds:.1f} s")
    try:
        done = subprocess.run(
            [path, "-in", "-smt2", *limits],
            input=whole,
            capture_output=True,
            text=True,
            timeout=seconds + _GRACE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return late
    except OSError as error:
        return Unknown(f"the SMT solver does not run: {error}")
    return _read(done.stdout, late)


# -- answers -------------------------------------------------------------------------------------------------------------


def _read(output: str, late: Unknown) -> Answer:
    expressions = s_expressions(output)
    place = next((n for n, item in enumerate(expressions) if item in ("sat", "unsat", "unknown", "timeout")), None)
    said = expressions if place is None else expressions[:place]
    complaint = next((item for item in said if isinstance(item, list) and item[:1] == ["error"]), None)
    if complaint is not None:  # what it did not understand it has left out
        return Unknown(f"the SMT solver says: {_message(complaint)}")
    if place is None:
        return Unknown("the SMT solver ended without an answer")
    match expressions[place]:
        case "unsat":
            return Unsat()
        case "sat":
            return _model(expressions[-1])
        case "timeout":
            return late
        case _:
            reasons = [
                item for item in expressions[place:] if isinstance(item, list) and item[:1] == [":reason-unknown"]
            ]
            reason = _message(reasons[0]) if reasons else "unknown"
            return late if reason in ("timeout", "canceled") else Unknown(f"the SMT solver says: {reason}")


def _message(expression: Sequence[SExpression]) -> str:
    return str(expression[1]).strip('"') if len(expression) > 1 else ""


def _model(pairs: SExpression) -> Answer:
    model: dict[str, ModelValue] = {}
    for pair in pairs if isinstance(pairs, list) else ():
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str):
            value = _value(pair[1])
            if value is None:
                return Unknown(f"the SMT solver gives {pair[0]} a value that cannot be read")
            model[pair[0]] = value
    return Sat(model)


def _value(expression: SExpression) -> ModelValue | None:
    """A value of a model, of any sort that `ModelValue` knows."""
    match expression:
        case "true" | "false":
            return expression == "true"
        case str() if expression.startswith("#x"):
            return int(expression[2:], 16)
        case str() if expression.startswith("#b"):
            return int(expression[2:], 2)
        case str() if expression.isdigit():
            return int(expression)
        case ["-", str(digits)] if digits.isdigit():
            return -int(digits)
        case ["fp", str(sign), str(exponent), str(significand)]:
            return int(_bits(sign) + _bits(exponent) + _bits(significand), 2)
        case ["_", str(name), str(exponent), str(significand)]:
            return _special_bits(name, int(exponent), int(significand))
        case _:
            return None


def _bits(text: str) -> str:
    """The bits of `#b01` or `#x0f`."""
    return text[2:] if text.startswith("#b") else "".join(f"{int(digit, 16):04b}" for digit in text[2:])


def _special_bits(name: str, exponent: int, significand: int) -> ModelValue | None:
    """The bits of `(_ -oo 8 24)` and the like; the significand counts its hidden bit."""
    sign = 1 << (exponent + significand - 1)
    infinity = ((1 << exponent) - 1) << (significand - 1)
    return {"+zero": 0, "-zero": sign, "+oo": infinity, "-oo": sign | infinity, "NaN": "NaN"}.get(name)


def s_expressions(text: str) -> list[SExpression]:
    """The S-expressions of a text: atoms as strings, with their quotes, and lists. What is not closed is left out."""
    stack: list[list[SExpression]] = [[]]
    place, end = 0, len(text)
    while place < end:
        character = text[place]
        if character.isspace():
            place += 1
        elif character == "(":
            stack.append([])
            place += 1
        elif character == ")":
            if len(stack) > 1:
                done = stack.pop()
                stack[-1].append(cast(SExpression, done))
            place += 1
        elif character in '"|':
            closing = text.find(character, place + 1)
            closing = end - 1 if closing < 0 else closing
            stack[-1].append(text[place : closing + 1])
            place = closing + 1
        else:
            start = place
            while place < end and not text[place].isspace() and text[place] not in '()"|':
                place += 1
            stack[-1].append(text[start:place])
    return stack[0]
