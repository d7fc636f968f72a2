"""The mutation score: faults of a rule are found out, equivalent mutants are told from others."""

# The functions of an equation are no methods: see couloir.ir.rewriting.rule.
from __future__ import annotations

import pytest

import couloir
from couloir import Rule
from couloir.dialects import hlo
from couloir.ir.rewriting import is_splat
from couloir.ir.traits import ConstantLike
from couloir.ir.types import ComplexType, FloatType
from couloir.testing import check_rewrite
from couloir.testing.mutation import Fate, mutation_score
from couloir.testing.mutation import score as scoring


class ScoreAddNeutral(Rule):
    """x + 0  =>  x, where 0 is -0.0 for floats; not for complex numbers, the signs of whose zeros would change"""

    def pattern(x, zero: ConstantLike):
        return hlo.Add(x, zero)

    def where(zero):
        if isinstance(zero.type.element_type, ComplexType):
            return "it is complex"
        return is_splat(zero, -0.0 if isinstance(zero.type.element_type, FloatType) else 0)

    def rewrite(x):
        return x


class ScoreOneUse(Rule):
    """-(-x)  =>  x, with a condition that says nothing"""

    def pattern(x):
        return hlo.Negate(hlo.Negate(x))

    def where(x, op):
        return couloir.guard(x.type.rank >= 0, "no rank") and couloir.guard(op.result.type is x.type, "other types")

    def rewrite(x):
        return x


KNOWN = ("Sharding",)


@couloir.rule(
    examples=(
        """func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
             %0 = stablehlo.custom_call @Sharding(%x) : (tensor<2xf32>) -> tensor<2xf32>
             return %0 : tensor<2xf32>
           }""",
    )
)
def score_annotation(op: hlo.CustomCall, rewriter: couloir.Rewriter):
    """custom_call @Sharding(x)  =>  x"""
    if op.call_target_name in KNOWN and len(op.inputs) == len(op.results) == 1:
        rewriter.replace(op, op.inputs[0])


class ScoreWrong(Rule):
    """x - y  =>  x + y"""

    def pattern(x, y):
        return hlo.Subtract(x, y)

    def rewrite(x, y):
        return hlo.Add(x, y)


def test_every_fault_of_a_rule_is_found_out():
    done = []
    score = mutation_score(
        ScoreAddNeutral, cases=20, seconds=10, progress=lambda number, total: done.append((number, total))
    )
    assert score.killed == score.total == len(done), score
    assert any("+ return is_splat(zero, 0.0 if" in result.mutant.diff for result in score.results)
    assert {result.fate for result in score.results} == {Fate.REFUTED}
    assert f"ScoreAddNeutral: {score.total} of {score.total} mutants killed (100%)" in str(score)


def test_mutants_that_are_proved_are_no_faults():
    score = mutation_score(ScoreOneUse, cases=10, seconds=10)
    proved = [result for result in score.results if result.fate is Fate.PROVED]
    assert [result.mutant.kind for result in proved].count("guard dropped") == 3 and score.harmless == proved
    assert 0 < score.killed == score.total == len(score.results) - len(proved)
    assert f"; {len(proved)} more are proved, or only fire less often" in str(score)


def test_equivalent_mutants_are_told_as_such(monkeypatch):
    """Where there is no proof, what is the same on all programs is probably equivalent."""
    monkeypatch.setattr(scoring, "check_rewrite", lambda rule, **given: check_rewrite(rule, **given | {"prove": False}))
    score = mutation_score(ScoreOneUse, cases=10, seconds=10)
    assert 0 < score.killed < score.total and score.ratio == score.killed / score.total
    survivors = [result for result in score.survivors if result.mutant.kind == "guard dropped"]
    assert len(survivors) == 3 and all(result.same == result.programs > 0 for result in survivors)
    assert "probably equivalent" in str(score) and "- return couloir.guard(x.type.rank >= 0" in str(score)


def test_a_mutant_of_which_nothing_is_known_is_noticed():
    """The other way round it fires on calls of unknown functions alone, which nobody can run."""
    score = mutation_score(score_annotation, cases=5, seconds=10)
    assert Fate.UNKNOWN in {result.fate for result in score.results}, score


def test_a_sample_is_drawn_from_all():
    score = mutation_score(ScoreAddNeutral, cases=5, seconds=10, limit=2)
    assert score.total == 2


def test_a_rule_that_is_wrong_itself():
    with pytest.raises(couloir.Error, match="must hold itself"):
        mutation_score(ScoreWrong, cases=5, seconds=10)
