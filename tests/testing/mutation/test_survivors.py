"""A sample of the package's rules: which mutants survive is known, and why. The full run is `make mutants`."""

from __future__ import annotations

import pytest

from couloir.testing.mutation import mutants, mutation_score
from couloir.testing.rewrites.subjects import known_rules
from tests.testing.mutation.full_run import known_survivors

SAMPLE = ["SelectTrue", "AddNeutral", "DoubleTranspose", "DoubleReverse"]


@pytest.mark.parametrize("name", SAMPLE)
def test_what_survives_is_explained(name):
    score = mutation_score(known_rules()[name], cases=30, seconds=20)
    known = known_survivors()
    assert not [result for result in score.survivors if (name, result.mutant.diff) not in known], score
    assert score.killed > 0


def test_the_list_is_of_mutants_that_there_are():
    rules = known_rules()
    for name, diff in known_survivors():
        assert diff in [mutant.diff for mutant in mutants(rules[name])], (name, diff)
