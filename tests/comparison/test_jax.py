"""JAX's programs as we trace them, as JAX lowers them, and as XLA has them before and after its optimization."""

from __future__ import annotations

import pytest

import couloir

jax = pytest.importorskip("jax")

from couloir.frontends import hlo_text  # noqa: E402
from tests.costs.test_jax_programs import PROGRAMS  # noqa: E402


def forms(name):
    function, *arguments = PROGRAMS[name]
    lowered = jax.jit(function).lower(*arguments)
    return {
        "traced": couloir.from_jax(function, *arguments),
        "lowered": couloir.parse(lowered.as_text()),
        "before": hlo_text.parse(lowered.as_text(dialect="hlo")),
        "after": hlo_text.parse(lowered.compile().as_text()),
    }


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("step", ["lowered"]),
        ("convolutions", ["before"]),
        ("recurrent", ["lowered", "before", "after"]),
        ("branches", ["lowered", "before"]),
    ],
)
def test_what_is_the_same_graph_and_computes_the_same(name, same) -> None:
    found = forms(name)
    for form in ("lowered", "before", "after"):
        comparison = couloir.compare(found["traced"], found[form], names=("traced", form), values=True)
        assert not comparison.values and comparison.values.compared
        assert bool(comparison) == (form not in same), str(comparison)
        matched = sum(not pair.first.is_argument for pair in comparison.pairs)
        assert matched >= 0.7 * min(len(side.flow.ops) for side in comparison.sides)
