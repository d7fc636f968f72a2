"""Proofs for programs of fixed shapes: every element of every result is the same scalar term before and after.

Where it is not the same term, the two are brought into a normal form, and what is then still different is put to the SMT solver, at
the element type that the program has. Programs differ in shapes much more than in such scalar questions: of these, one or two
are left, whatever the number of elements.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import islice, product
from time import monotonic
from typing import Any, Final, cast

import attrs
import numpy as np

from couloir.backends.numpy.element_types import Array, DType, integer_range, kind, width
from couloir.backends.numpy.evaluate import evaluate
from couloir.backends.numpy.rounding import unit_roundoff
from couloir.dialects.builtin import ModuleOp
from couloir.ir.attribute import Type
from couloir.ir.errors import Error
from couloir.ir.types import (
    FLOATS,
    ComplexType,
    FloatType,
    IndexType,
    IntegerType,
    TensorType,
    VectorType,
    dtype_of,
)
from couloir.passes.running import incomparable, public_functions
from couloir.testing.proofs import exhaustive, scalars, smt
from couloir.testing.proofs.domain import PRODUCT, SUM, Terms, elements, symbols, terms
from couloir.testing.proofs.laws import COMMUTATIVE, again, apply, is_float, is_integer, rebuilt, substituted
from couloir.testing.proofs.polynomials import CANCELLING, NO_NAN, NO_SIGNED_ZEROS, nearly_equal, normal, open_regions
from couloir.testing.proofs.questions import Proved, Refuted, Undecided, valid
from couloir.testing.proofs.terms import FALSE, TRUE, Term, constant, postorder, variable
from couloir.testing.rewrites.report import Candidate, Proof

MAX_ELEMENTS: Final = 4000
"""Of all values of a program together: the time for a program grows with them."""
MAX_RUNS: Final = 2000
"""Regions that are run in one program."""
QUESTION_SECONDS: Final = 3.0
"""For one question to the solver."""
NARROW: Final = 8
"""Bits of the integers for which a question is decided that takes too long for wider ones."""
CASES: Final = 4
"""Conditions of which all combinations are looked at."""
SMALL: Final = 16
"""Parts of two terms that are asked about together."""
FREE_SECONDS: Final = 0.5
"""For one of terms that are rounded as one likes: the solver knows of one rounding only."""


@attrs.frozen(eq=False)
class _Origin:
    """Where a question came up first, and in which programs."""

    case: int
    output: int
    index: tuple[int, ...]
    leaves: Mapping[Term, Term]
    """By variable the element of an input."""
    cases: set[int] = attrs.field(factory=set)


@attrs.define
class Progress:
    """What is known so far."""

    shapes: set[tuple[int, ...]] = attrs.field(factory=set)
    dtypes: set[DType] = attrs.field(factory=set)
    narrowed: set[DType] = attrs.field(factory=set)
    """Integers that were decided for `NARROW` bits alone."""
    methods: dict[str, None] = attrs.field(factory=dict)
    details: dict[str, None] = attrs.field(factory=dict)


def prove(
    cases: Sequence[tuple[ModuleOp, ModuleOp]], *, assumes: Collection[str], deadline: float
) -> Proof | Candidate | str:
    """Whether pairs of programs of fixed shapes compute the same, for all values of their inputs.

    Args:
        cases: Programs before and after.
        assumes: What may be assumed: `no NaN`, `no infinities`, `no signed zeros`, `no overflow`, `reassociation`.
        deadline: A time of `time.monotonic()`.

    Returns:
        A proof; or a program with inputs on which the two differ, which was run; or why nothing is known.
    """
    if not cases:
        return "there are no programs"
    progress = Progress()
    skipped: dict[int, str] = {}
    """By the number of a program, why it says nothing."""
    questions: dict[tuple[Term, Term], _Origin] = {}
    for number, (before, after) in enumerate(cases):
        if monotonic() > deadline:
            return f"no time was left after {number} of {len(cases)} programs"
        try:
            expected = _results(before, assumes, progress)
        except _NotComparable as error:
            skipped[number] = str(error)
            continue
        try:
            found = _results(after, (), progress)
        except _NotComparable as error:
            return f"after the rewrite {error}"
        told = _compare(number, expected, found, questions)
        if told is not None:
            return told
    for (one, other), origin in questions.items():
        outcome = decide(one, other, assumes, deadline, progress)
        if isinstance(outcome, Refuted):
            shown = _counterexample(cases[origin.case], origin, outcome, assumes)
            if isinstance(shown, Candidate):
                return shown
            outcome = f"{shown}; asked was whether {_shown(one, other)}"
        if outcome is not None:
            unknown = sorted(
                {_short(term.dtype) for term in postorder([one, other]) if not scalars.has_meaning(term.dtype)}
            )
            if not unknown:
                return outcome
            skipped |= dict.fromkeys(origin.cases, f"the solver does not know {', '.join(unknown)}")
    if len(skipped) == len(cases):
        return next(iter(skipped.values()))
    details = list(progress.details)
    if skipped:
        details.append(f"not for {len(skipped)} of {len(cases)}: {min(skipped.values(), key=len)}")
    scope = _scope(len(cases) - len(skipped), progress)
    return Proof(" and ".join(progress.methods) or "equal terms", scope, "; ".join(details))


class _NotComparable(Exception):
    """Why there are no terms for a program."""


# -- programs as terms ---------------------------------------------------------------------------------------------------


def _compare(
    case: int, before: Sequence[Array], after: Sequence[Array], questions: dict[tuple[Term, Term], _Origin]
) -> str | None:
    """Adds the questions of one pair of programs; says why that cannot be done."""
    if [array.shape for array in before] != [array.shape for array in after]:
        return "the results have other shapes afterwards"
    for output, (one, other) in enumerate(zip(before, after, strict=True)):
        for index in np.ndindex(*one.shape):
            a, b = cast(Term, one[index]), cast(Term, other[index])
            if a is b:
                continue
            if a.dtype != b.dtype:
                return "the results have other element types afterwards"
            key, leaves = _by_number(a, b)
            questions.setdefault(key, _Origin(case, output, index, leaves)).cases.add(case)
    return None


def _results(module: ModuleOp, assumes: Collection[str], progress: Progress) -> list[Array]:
    """The terms of all results."""
    functions = public_functions(module)
    if not functions:
        raise _NotComparable("a program has no public function")
    why = incomparable(functions[0])
    if why is not None:
        raise _NotComparable(why)
    size = sum(_size(value.type) for op in module.walk() for value in op.results)
    if size > MAX_ELEMENTS:
        raise _NotComparable(f"a program computes {size} elements, more than {MAX_ELEMENTS}")
    arrays = [_input(number, type) for number, type in enumerate(functions[0].function_type.inputs)]
    for array in arrays:
        progress.shapes.add(array.shape)
        progress.dtypes.add(terms.element_type(array.dtype))
    try:
        domain = Terms()
        found = evaluate(module, *arrays, domain=domain, max_runs=MAX_RUNS)
    except Error as error:
        raise _NotComparable(f"a program has no scalar terms: {error.message}") from error
    for special, assumption in (("NaN", "no NaN"), ("infinity", "no infinities")):
        if special in domain.specials and assumption in assumes:
            raise _NotComparable(f"there is {special} in a program, which is assumed not to be")
    results: list[Any] = list(found)
    if not all(isinstance(result, np.ndarray | np.generic) for result in results):
        raise _NotComparable("a program has a result that is no tensor")
    return [elements(np.asarray(result)) for result in results]


def _size(type: Type) -> int:
    return math.prod(type.shape) if isinstance(type, TensorType) and type.is_static else 1


def _input(number: int, type: Type) -> Array:
    element, shape = type, ()
    if isinstance(type, TensorType | VectorType):
        if None in type.dims:
            raise _NotComparable(f"a program has an input of the type `{type}`, of no fixed size")
        element, shape = type.element_type, type.shape
    if not isinstance(element, IntegerType | FloatType | IndexType | ComplexType):
        raise _NotComparable(f"a program has an input of the type `{type}`, for which there are no terms")
    return symbols(f"input {number}", shape, dtype_of(element))


def _by_number(a: Term, b: Term) -> tuple[tuple[Term, Term], Mapping[Term, Term]]:
    """Two terms with their leaves numbered in order of appearance, and what the numbers stand for."""
    numbered: dict[Term, Term] = {}
    for term in postorder([a, b]):
        if term.op in ("read", "variable"):
            numbered[term] = variable(f"x{len(numbered)}", term.dtype)
    one, other = substituted([a, b], numbered)
    return (one, other), {new: old for old, new in numbered.items()}


# -- scalar questions ----------------------------------------------------------------------------------------------------


def decide(
    one: Term, other: Term, assumes: Collection[str], deadline: float, progress: Progress
) -> Refuted | str | None:
    """None when two terms are equal; values for which they are not; or why that is not known.

    Large terms are equal when all the parts are in which they differ. Those are tried first.

    Args:
        one, other: Of one element type.
        assumes: What may be assumed.
        deadline: A time of `time.monotonic()`.
        progress: Takes note of how it was decided.
    """
    parts = _parts(one, other)
    if parts:
        questions = {_by_number(a, b)[0] for a, b in parts}
        if all(_decide_whole(a, b, assumes, deadline, progress) is None for a, b in questions):
            return None
    return _decide_whole(one, other, assumes, deadline, progress)


def _parts(one: Term, other: Term) -> list[tuple[Term, Term]]:
    """The small parts in which two large terms differ; none if they differ as a whole."""
    found: list[tuple[Term, Term]] = []
    pending, seen = [(one, other)], set[tuple[Term, Term]]()
    while pending:
        a, b = pending.pop()
        if a is b or (a, b) in seen:
            continue
        seen.add((a, b))
        if (a.op, a.dtype, a.data, len(a.operands)) != (b.op, b.dtype, b.data, len(b.operands)) or _is_small(a, b):
            found.append((a, b))
            continue
        left, right = list(a.operands), list(b.operands)
        if _has_no_order(a):
            before, after = Counter(left), Counter(right)
            left = sorted((before - after).elements(), key=_leaf_keys)
            right = sorted((after - before).elements(), key=_leaf_keys)
        if len(left) != len(right):
            found.append((a, b))
        pending += zip(left, right, strict=False) if len(left) == len(right) else ()
    return [] if found == [(one, other)] else found


def _is_small(a: Term, b: Term) -> bool:
    """Whether two terms have few parts. They are also looked at as a whole when they are leaves."""
    return not a.operands or next(islice(postorder([a, b]), SMALL, None), None) is None


def _has_no_order(term: Term) -> bool:
    return term.data is None and (term.op in COMMUTATIVE or term.op in (SUM, PRODUCT))


def _leaf_keys(term: Term) -> list[int]:
    return sorted(leaf.key for leaf in postorder([term]) if not leaf.operands)


def _decide_whole(
    one: Term, other: Term, assumes: Collection[str], deadline: float, progress: Progress
) -> Refuted | str | None:
    """The same by normal forms, by trying all values, and by the solver."""
    everywhere = "reassociation" in assumes
    free = set(postorder([one, other])) if everywhere else set(open_regions([one, other]))
    missing = _missing_assumptions(one, other, free, assumes)
    if missing is not None and not missing:
        progress.methods["normal forms"] = None
        if free and not everywhere:
            progress.details["sums are rounded as the specification leaves open"] = None
        return None
    if not missing and _same_in_each_case(one, other, free, assumes):
        progress.methods["cases"] = None
        return None
    # What is assumed is assumed of the program before: one that makes NaN afterwards where there was none is wrong.
    premises, goal = _premises([one], assumes), _goal(one, other, assumes)
    method, outcome = "all values", exhaustive.decide(premises, goal)
    if outcome is None and not free:
        outcome = exhaustive.refute(premises, goal)
    if outcome is None:
        seconds = min(FREE_SECONDS if free else QUESTION_SECONDS, deadline - monotonic())
        method, outcome = _method([one, other]), valid(premises, goal, seconds=seconds)
    if isinstance(outcome, Proved):
        progress.methods[method] = None
        return None
    if isinstance(outcome, Refuted) and not free:
        return outcome
    if missing is not None:
        return f"in exact arithmetic it is the same, if {' and '.join(sorted(missing))} may be assumed"
    if isinstance(outcome, Undecided):
        narrow = _narrowed([*premises, goal])
        if narrow is not None and _holds(narrow[:-1], narrow[-1], deadline):
            progress.narrowed |= {term.dtype for term in postorder([one, other]) if is_integer(term.dtype)}
            progress.methods["all values"] = None
            return None
        return f"{outcome.why}; asked was whether " + _shown(one, other)
    return "the terms are different: " + _shown(one, other)


def _same_in_each_case(one: Term, other: Term, free: Collection[Term], assumes: Collection[str]) -> bool:
    """Whether two terms have equal normal forms whatever is chosen where they select."""
    conditions = dict.fromkeys(term.operands[0] for term in postorder([one, other]) if term.op == "select")
    if not 0 < len(conditions) <= CASES:
        return False
    for choice in product((TRUE, FALSE), repeat=len(conditions)):
        a, b = substituted([one, other], dict(zip(conditions, choice, strict=True)))
        if a is not b and _missing_assumptions(a, b, free, assumes) != set():
            return False
    return True


def _narrowed(roots: Sequence[Term]) -> list[Term] | None:
    """Terms of booleans and integers of one width, with integers of `NARROW` bits instead; None where numbers are too large."""
    types = {term.dtype for term in postorder(roots)}
    if not all(kind(dtype) in ("bool", "signed", "unsigned") for dtype in types):
        return None
    if len({width(dtype) for dtype in types if kind(dtype) != "bool"}) != 1:
        return None
    target = {
        dtype: dtype if kind(dtype) == "bool" else np.dtype(f"{'u' if kind(dtype) == 'unsigned' else ''}int{NARROW}")
        for dtype in types
    }

    def change(term: Term, operands: Sequence[Term]) -> Term:
        if term.is_constant:
            return constant(term.value, target[term.dtype])
        return again(term, operands, dtype=target[term.dtype])

    numbers = (term for term in postorder(roots) if term.is_constant and is_integer(term.dtype))
    for number in numbers:
        low, high = integer_range(target[number.dtype])
        if not low <= int(number.value) <= high:
            return None
    return rebuilt(roots, change)


def _holds(premises: Sequence[Term], goal: Term, deadline: float) -> bool:
    outcome = exhaustive.decide(premises, goal)
    if outcome is None:
        outcome = valid(premises, goal, seconds=min(QUESTION_SECONDS, deadline - monotonic()))
    return isinstance(outcome, Proved)


def _missing_assumptions(one: Term, other: Term, free: Collection[Term], assumes: Collection[str]) -> set[str] | None:
    """What would have to be assumed beside, for the normal forms of two terms to be the same; None where they are not."""
    for more in ((), (NO_SIGNED_ZEROS,), CANCELLING):
        found = normal([one, other], free, [*assumes, *more])
        a, b = found.terms
        if a is b or nearly_equal(a, b, _roundoff(a.dtype)):
            if NO_NAN in normal([other], free, {*assumes, *more} - {NO_NAN}).needs:
                return None  # it may make NaN where there was none
            return found.needs | (set(more) - set(assumes))
    return None


def _shown(one: Term, other: Term) -> str:
    return " is ".join(repr(term).replace("\n", ", ") for term in (one, other))[:400]


def _roundoff(dtype: DType) -> float:
    return unit_roundoff(dtype) if is_float(dtype) else 0.0


def _method(roots: Sequence[Term]) -> str:
    """How the solver decides about terms: by the theories of their types. It may not be there."""
    if smt.why_not() is not None:
        return "logic"
    kinds = {kind(term.dtype) for term in postorder(roots)}
    theory = "IEEE-754 floats" if "float" in kinds else "bit-vectors" if kinds & {"signed", "unsigned"} else "logic"
    return f"{theory} ({smt.solver_name()})"


def _premises(roots: Sequence[Term], assumes: Collection[str]) -> list[Term]:
    """What the assumptions say of every operand, intermediate result and result of terms."""
    premises: list[Term] = []
    for term in postorder(roots):
        if kind(term.dtype) != "float" or not is_float(term.dtype):
            continue
        parts = (term, *(operand for operand in term.operands if operand.dtype == term.dtype))
        infinite = [apply("compare EQ", apply("abs", part), constant(np.inf, term.dtype)) for part in parts]
        if "no NaN" in assumes:
            premises.append(apply("compare EQ", term, term))
        if "no infinities" in assumes:
            premises.append(apply("not", infinite[0]))
        elif "no overflow" in assumes and term.operands:
            allowed = apply("not", infinite[0])
            for operand in infinite[1:]:  # what was infinite before may stay so
                allowed = apply("or", allowed, operand)
            premises.append(allowed)
    return premises


def _goal(one: Term, other: Term, assumes: Collection[str]) -> Term:
    goal = apply("same", one, other)
    if "no signed zeros" in assumes and kind(one.dtype) == "float":
        return apply("or", goal, apply("compare EQ", one, other))
    return goal


# -- counterexamples -----------------------------------------------------------------------------------------------------


def _counterexample(
    case: tuple[ModuleOp, ModuleOp], origin: _Origin, refuted: Refuted, assumes: Collection[str]
) -> Candidate | str:
    """The inputs that a model stands for, if the programs really differ on them."""
    types = public_functions(case[0])[0].function_type.inputs
    inputs = [np.zeros(array.shape, terms.element_type(array.dtype)) for array in map(_input, range(len(types)), types)]
    for leaf, value in refuted.values.items():
        read = origin.leaves[leaf]
        place = tuple(int(index.value) for index in read.operands)
        inputs[int(str(read.data).split()[1])][place] = value
    try:
        with np.errstate(all="ignore"):
            found = [np.asarray(evaluate(module, *inputs, max_runs=MAX_RUNS)[origin.output]) for module in case]
    except Error as error:
        return f"values were found that might make a difference, but could not be tried: {error.message}"
    if _differ(found[0][origin.index], found[1][origin.index], assumes):
        return Candidate(case[0], tuple(inputs))
    return "the values that the solver found make no difference: it does not know all of the functions"


def _differ(a: Any, b: Any, assumes: Collection[str]) -> bool:
    if kind(a.dtype) == "float" and "no signed zeros" in assumes and a == b:
        return False
    return not exhaustive.same(a, b).all()


# -- what is proved ------------------------------------------------------------------------------------------------------


def _scope(count: int, progress: Progress) -> str:
    types = ", ".join(sorted({_short(dtype) for dtype in progress.dtypes}))
    largest = max(progress.shapes, key=lambda shape: (int(np.prod(shape)), shape), default=())
    size = "x".join(map(str, largest)) or "scalars"
    programs = f"the {count} programs tried" if count > 1 else "this program"
    if not types:
        return f"{programs} (without inputs)"
    narrowed = ", ".join(sorted(map(_short, progress.narrowed)))
    return f"all values, for {programs} (up to {size}; {types}{f'; {narrowed} as if of {NARROW} bits' if narrowed else ''})"


def _short(dtype: DType) -> str:
    """An element type as MLIR names it."""
    match kind(dtype):
        case "bool":
            return "i1"
        case "signed" | "unsigned":
            return dtype.name.replace("uint", "ui").replace("int", "i")
        case "complex":
            return f"complex<f{4 * dtype.itemsize}>"
        case _:
            return next((name for name, (_, own) in FLOATS.items() if own == dtype.name), dtype.name)
