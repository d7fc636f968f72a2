"""Mutants: what is broken and what is not, in rules of every form; and nobody else sees them."""

# The functions of an equation are no methods: see couloir.ir.rewriting.rule.
from __future__ import annotations

import pytest

import couloir
from couloir import Rewriter, Rule, guard, rule
from couloir.dialects import hlo
from couloir.dialects.hlo import ComparisonDirection
from couloir.ir.conversion import conversion_rule
from couloir.ir.rewriting import NoMatch, all_rules, apply_rules, has_one_use, is_splat
from couloir.ir.rewriting.rule import function_rule
from couloir.passes.simplification.guards import same_type
from couloir.testing.mutation import mutants

LIMIT = 3
LT, GT = ComparisonDirection.LT, ComparisonDirection.GT


def _fits(x):
    return x.type.rank < LIMIT and x.type.is_static


def _is_strange(x):
    return x.type.rank > 4 or not x.type.is_static


class MutantsEquation(Rule):
    """slice(pad(x)), for the mutants"""

    def pattern(x, v, low, high, inner, start, limit, stride):
        return hlo.Slice(hlo.Pad(x, v, low, high, inner), start, limit, stride)

    def where(x, low, inner, start):
        """Docstrings are no faults."""
        return (
            guard(not any(inner), f"{inner} is 1 too much")
            & _fits(x)
            & guard(all(a <= b for a, b in zip(low, start, strict=True)), "no")
        )

    def rewrite(x, low, start, limit, stride):
        starts = tuple(a - b for a, b in zip(start, low, strict=True))
        return hlo.Slice(x, starts, limit, stride)


class MutantsBounds(Rule):
    """compare(x, y), for the mutants"""

    def pattern(x, y, direction, kind):
        return hlo.Compare(x, y, direction, kind)

    def where(x, y):
        return guard(x.type.rank < 3, "no") & guard(y.type.rank > 1, "no")

    def rewrite(x, y):
        return hlo.Compare(x, y)


def _is_one_of(kind, *kinds):
    return guard(kind in kinds, "no")


class MutantsTypes(Rule):
    """compare(x, y)  =>  compare(y, x), for the mutants"""

    def pattern(x, y, direction):
        return hlo.Compare(x, y, direction)

    def where(x, y, direction):
        return same_type(x, y) & _is_one_of(direction, LT, GT)

    def rewrite(x, y, direction):
        return hlo.Compare(y, x, direction)


@rule
def mutants_function(op: hlo.Compare, rewriter: Rewriter):
    """compare(x, y), for the mutants"""
    inner = op.lhs.defining_op
    if inner is None or not has_one_use(op.lhs):
        return "it is used elsewhere"
    if _is_strange(op.lhs):
        raise NoMatch("strange")
    kind = op.lhs.type.dims[op.lhs.type.rank - 1]
    if kind != 1:
        rewriter.replace(op, hlo.Compare(op.rhs, op.lhs, ComparisonDirection.LT))


@rule
def mutants_first(op: hlo.Reshape, rewriter: Rewriter):
    """reshape(x)  =>  x, for the mutants"""
    rewriter.replace(op, op.operands[0])


def diffs(subject, kind):
    return [mutant.diff for mutant in mutants(subject) if mutant.kind == kind]


def added(text):
    return "\n".join(line[2:] for line in text.splitlines() if line.startswith("+ "))


def test_guards_of_an_equation_are_dropped_one_by_one():
    dropped = diffs(MutantsEquation, "guard dropped")
    assert list(map(added, dropped)) == [
        "",  # the whole of `where`
        "return guard(all((a <= b for a, b in zip(low, start, strict=True))), 'no')",
        "return guard(not any(inner), f'{inner} is 1 too much') & _fits(x)",
        "return _fits(x) & guard(all((a <= b for a, b in zip(low, start, strict=True))), 'no')",
        "return guard(not any(inner), f'{inner} is 1 too much') & guard(all((a <= b for a, b in zip(low, start, strict=True))), 'no')",
        "return x.type.is_static",  # in the function that it calls
        "return x.type.rank < LIMIT",
    ]


def test_what_would_only_make_a_rule_fire_less_often_is_no_mutant():
    # `a <= b` must hold: `a < b` would be safe; `rank < LIMIT` must hold: `<=` is a fault. `rank > 4` stops: `>=` would be safe.
    assert not any("a < b" in text for text in diffs(MutantsEquation, "comparison"))
    assert any("+ return x.type.rank <= LIMIT" in text for text in diffs(MutantsEquation, "comparison"))
    assert not any("rank >= 4" in text for text in diffs(mutants_function, "comparison"))
    # Of `a or b` that stops, each may be forgotten; of `a and b` that must hold, too.
    assert {added(text) for text in diffs(mutants_function, "guard dropped")} == {
        "",  # the whole
        "if inner is None:",
        "if not has_one_use(op.lhs):",
        "return x.type.rank > 4",
        "return not x.type.is_static",
    }


def test_stops_of_a_function_are_dropped():
    dropped = [text for text in diffs(mutants_function, "guard dropped") if not added(text)]
    assert dropped == [
        "- if inner is None or not has_one_use(op.lhs):\n- return 'it is used elsewhere'",
        "- if _is_strange(op.lhs):\n- raise NoMatch('strange')",
    ]


@pytest.mark.parametrize(
    ("subject", "kind", "line"),
    [
        (MutantsEquation, "arithmetic", "starts = tuple((a + b for a, b in zip(start, low, strict=True)))"),
        (MutantsEquation, "operands exchanged", "starts = tuple((b - a for a, b in zip(start, low, strict=True)))"),
        (MutantsEquation, "term forgotten", "starts = tuple((a for a, b in zip(start, low, strict=True)))"),
        (MutantsEquation, "operands exchanged", "return hlo.Slice(x, starts, stride, limit)"),
        (
            MutantsEquation,
            "operands exchanged",
            "return hlo.Slice(hlo.Pad(v, x, low, high, inner), start, limit, stride)",
        ),
        (
            MutantsEquation,
            "operands exchanged",
            "return hlo.Slice(hlo.Pad(x, v, high, low, inner), start, limit, stride)",
        ),
        (
            mutants_function,
            "operands exchanged",
            "rewriter.replace(op, hlo.Compare(op.lhs, op.rhs, ComparisonDirection.LT))",
        ),
        (mutants_function, "off by one", "kind = op.lhs.type.dims[op.lhs.type.rank - 2]"),
        (mutants_function, "off by one", "if kind != 2:"),
        (mutants_function, "term forgotten", "kind = op.lhs.type.dims[op.lhs.type.rank]"),
        (mutants_function, "axis", "kind = op.lhs.type.dims[op.lhs.type.rank - 1 - 1]"),
        (mutants_function, "comparison", "if kind == 1:"),
        (mutants_function, "off by one", "return x.type.rank > 5 or not x.type.is_static"),
    ],
)
def test_faults(subject, kind, line):
    assert any(added(text) == line for text in diffs(subject, kind))


def test_a_bound_that_makes_a_rule_fire_less_often_is_no_fault():
    """`rank > 3` stops it where `rank > 4` does not; `rank < 2` lets it fire where `rank < 3` does."""
    lines = [added(text) for text in diffs(mutants_function, "off by one")]
    assert "return x.type.rank > 3 or not x.type.is_static" not in lines
    lines = [added(text) for text in diffs(MutantsBounds, "off by one")]
    assert lines == ["return guard(x.type.rank < 4, 'no') & guard(y.type.rank > 1, 'no')",
                     "return guard(x.type.rank < 3, 'no') & guard(y.type.rank > 0, 'no')"]  # fmt: skip


def test_the_last_item_is_the_first_of_one():
    """`x[-1]` is `x[0]` of one item, and `x[1]` of two."""
    lines = [added(text) for text in diffs(mutants_first, "off by one")]
    assert lines == ["rewriter.replace(op, op.operands[1])"]


def test_names_in_a_pattern_are_not_exchanged_where_nothing_asks_for_them():
    assert [added(text) for text in diffs(MutantsBounds, "operands exchanged")] == [
        "return hlo.Compare(y, x, direction, kind)",  # in the pattern: no `kind, direction`
        "return hlo.Compare(y, x)",
    ]


def test_arguments_that_are_as_good_in_another_order_stay():
    lines = [added(text) for text in diffs(MutantsTypes, "operands exchanged")]
    assert [line for line in lines if "same_type" in line] == ["return same_type(x, y) & _is_one_of(LT, direction, GT)"]


def test_the_next_member_of_an_enum():
    (text,) = diffs(mutants_function, "enum member")
    member = text.rpartition("ComparisonDirection.")[2].split(")")[0]
    assert member in ComparisonDirection.__members__ and member != "LT"


def test_texts_are_no_faults_and_no_mutant_is_there_twice():
    for subject in (MutantsEquation, mutants_function):
        found = mutants(subject)
        assert not any("2 too much" in mutant.diff for mutant in found)
        assert len({(mutant.function, mutant.line, mutant.diff) for mutant in found}) == len(found)
        assert all(mutant.file == __file__ for mutant in found)


def test_mutants_are_known_to_nobody():
    before = all_rules()
    found = mutants(MutantsEquation) + mutants(mutants_function)
    assert all_rules() == before
    assert {mutant.rule.name for mutant in found} == {"MutantsEquation", "mutants_function"}


PROGRAM = """
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = stablehlo.constant dense<NUMBER> : tensor<2xf32>
  %1 = stablehlo.add %x, %0 : tensor<2xf32>
  return %1 : tensor<2xf32>
}
"""


def test_a_rule_in_a_function_keeps_its_closure():
    number = 7.0

    class MutantsInside(Rule):
        """x + 7  =>  x"""

        def pattern(x, c):
            return hlo.Add(x, c)

        def where(c):
            return is_splat(c, number) & is_splat(c)

        def rewrite(x):
            return x

    (without,) = [m for m in mutants(MutantsInside) if m.diff.endswith("+ return is_splat(c, number)")]
    for value, fires in ((7.0, True), (8.0, False)):
        module = couloir.parse(PROGRAM.replace("NUMBER", str(value)))
        assert apply_rules(module, [without.rule]).changed is fires


def test_what_has_no_source():
    space = {"hlo": hlo, "Rewriter": Rewriter}
    exec("def typed_in(op: hlo.Add, rewriter: Rewriter):\n    return 'no'\n", space)
    with pytest.raises(couloir.Error, match="the source of `typed_in` cannot be had"):
        mutants(function_rule(space["typed_in"]))

    def lambda_rule(op: hlo.Add, rewriter: Rewriter):
        return None

    nameless = lambda op, rewriter: None  # noqa: E731
    nameless.__annotations__ = lambda_rule.__annotations__
    with pytest.raises(couloir.Error, match="not defined by `def`"):
        mutants(couloir.ir.rewriting.FunctionRule(nameless, (hlo.Add,)))


def test_rules_of_other_kinds():
    @conversion_rule
    def mutants_conversion(op: hlo.Add, adaptor, rewriter):
        return op

    with pytest.raises(couloir.Error, match="neither an equation nor a function"):
        mutants(mutants_conversion)
