"""All rules at once: they come to an end, with and without assumptions, and what holds exactly leaves every result as it was."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import couloir
from couloir.backends.numpy.element_types import kind
from couloir.dialects import hlo
from couloir.ir.rewriting import apply_rules
from couloir.ir.rewriting.rule import as_rewrite
from couloir.ir.traits import ConstantLike
from couloir.ir.verify import verify
from couloir.passes.constant_folding import FoldConstants
from couloir.passes.running import public_functions
from couloir.passes.simplification import families
from couloir.testing.rewrites.inputs import arrays_for
from tests.passes.simplification import test_arithmetic, test_bits, test_functions, test_select
from tests.passes.simplification.laws import Law, module
from tests.passes.simplification.short import program

ALL = [rule for rules in families().values() for rule in rules]
EXACT = [rule for rule in ALL if not as_rewrite(rule).assumes]
LAWS = [law for tests in (test_arithmetic, test_bits, test_functions, test_select) for law in tests.LAWS]
LAWS_OF_SHAPES = [
    law
    for path in sorted(Path(__file__).parent.glob("test_*.py"))
    if path != Path(__file__)
    for law in getattr(import_module(f"tests.passes.simplification.{path.stem}"), "LAWS", ())
    if isinstance(law, Law)
]
#: More applications in one of these programs are a cycle; the default limit is met far later.
LIMIT = 400

BINARY = ["add", "subtract", "multiply", "divide", "remainder", "maximum", "minimum"]
BITWISE = ["and", "or", "xor", "shift_left", "shift_right_logical", "shift_right_arithmetic"]
#: Element type -> ops of two operands, ops of one, constants.
KINDS = {
    "i8": ([*BINARY, *BITWISE, "power"], ["negate", "not", "abs", "sign", "popcnt"], ["0", "1", "-1", "2", "3", "-128", "127"]),
    "ui8": ([*BINARY, *BITWISE], ["negate", "not", "popcnt"], ["0", "1", "2", "3", "8", "255"]),
    "i1": (["add", "multiply", "maximum", "minimum", "and", "or", "xor"], ["not"], ["true", "false"]),
    "f32": (BINARY, ["negate", "abs", "sign", "floor", "ceil", "round_nearest_even"], ["0.0", "-0.0", "1.0", "-1.0", "2.0", "0.3"]),
}  # fmt: skip
#: Functions whose rounding is open, and what stands beside them in laws.
FUNCTIONS = [
    "exponential",
    "log",
    "sqrt",
    "rsqrt",
    "tanh",
    "exponential_minus_one",
    "log_plus_one",
    "sine",
    "cosine",
    "cbrt",
]
DIRECTIONS = ["LT", "LE", "EQ", "NE", "GT", "GE"]


@st.composite
def elementwise_programs(draw: st.DrawFn, functions: bool = False) -> couloir.Module:
    """Programs of elementwise ops of one type, constants among their operands."""
    element = "f32" if functions else draw(st.sampled_from(sorted(KINDS)))
    binary, unary, constants = KINDS[element]
    values, predicates, lines = ["%x", "%y", "%z"], ["%p", "%q"], []
    for number in range(draw(st.integers(2, 12))):
        name = f"%{number}"
        value = st.sampled_from(values[-5:])
        form = draw(st.sampled_from(["constant", "binary", "binary", "unary", "compare", "select", "clamp", "and"]))
        if form == "constant":
            lines.append(f"{name} = constant {draw(st.sampled_from(constants))}")
        elif form == "binary":
            lines.append(f"{name} = {draw(st.sampled_from(binary))} {draw(value)}, {draw(value)}")
        elif form == "unary":
            lines.append(f"{name} = {draw(st.sampled_from(unary + FUNCTIONS * functions))} {draw(value)}")
        elif form == "compare":
            lines.append(f"{name} = compare {draw(st.sampled_from(DIRECTIONS))} {draw(value)}, {draw(value)}")
        elif form == "select":
            lines.append(f"{name} = select {draw(st.sampled_from(predicates))}, {draw(value)}, {draw(value)}")
        elif form == "clamp":
            lines.append(f"{name} = clamp {draw(value)}, {draw(value)}, {draw(value)}")
        else:
            lines.append(f"{name} = and {draw(st.sampled_from(predicates))}, {draw(st.sampled_from(predicates))}")
        (predicates if form in ("compare", "and") else values).append(name)
    return program(element, "; ".join(lines))


def simplified(module: couloir.Module, *, exact: bool, fold: bool) -> couloir.Module:
    """A copy to which the rules were applied, until none fits."""
    copy = module.clone()
    rules = EXACT if exact else ALL
    apply_rules(copy, [FoldConstants(), *rules] if fold else rules, max_applications=LIMIT)
    verify(copy)
    return copy


def all_ways(module: couloir.Module) -> None:
    """Applies the rules with and without assumptions and folding; each ends."""
    for exact in (True, False):
        for fold in (True, False):
            simplified(module, exact=exact, fold=fold)


@given(elementwise_programs())
@settings(max_examples=100, deadline=None)
def test_what_holds_exactly_keeps_every_bit(module: couloir.Module) -> None:
    after = simplified(module, exact=True, fold=True)
    for profile in ("whole", "special", "extreme"):
        arrays = arrays_for(public_functions(module)[0].function_type.inputs, profile, 0)
        with np.errstate(all="ignore"):
            expected, found = np.asarray(couloir.run(module, *arrays)), np.asarray(couloir.run(after, *arrays))
        np.testing.assert_array_equal(found, expected, strict=True)
        if kind(expected.dtype) == "float":
            np.testing.assert_array_equal(np.signbit(found)[expected == 0], np.signbit(expected)[expected == 0])


@given(elementwise_programs())
@settings(max_examples=60, deadline=None)
def test_rules_on_random_programs_end(module: couloir.Module) -> None:
    all_ways(module)


@given(elementwise_programs(functions=True))
@settings(max_examples=60, deadline=None)
def test_rules_on_random_programs_with_functions_end(module: couloir.Module) -> None:
    all_ways(module)


@pytest.mark.parametrize("law", LAWS_OF_SHAPES, ids=lambda law: law.rule)
def test_rules_on_programs_of_the_laws_of_shapes_end(law: Law) -> None:
    all_ways(module(law.arguments, law.before))


def work(module: couloir.Module) -> int:
    """How many ops compute something; a power, which is a logarithm and an exponential, counts as three."""
    ops = [op for function in public_functions(module) for op in function.walk() if not op.has_trait(ConstantLike)]
    return sum(3 if isinstance(op, hlo.Power) else 1 for op in ops)


@pytest.mark.parametrize(("rule", "element", "before", "after"), LAWS)
def test_each_law_leaves_no_more_to_do_and_comes_to_an_end_with_the_others(rule, element, before, after) -> None:
    old, new = program(element, before), program(element, after)
    apply_rules(new, [FoldConstants()])
    assert work(new) <= work(old)
    all_ways(old)
