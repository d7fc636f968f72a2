"""The pass `simplify`: which rules it applies, and its options."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest

import couloir
from couloir.ir.rewriting import FunctionRule, Rule
from couloir.ir.rewriting.rule import ASSUMPTIONS, as_rewrite
from couloir.passes import simplification
from couloir.passes.simplification import FAMILIES, families

TEXT = """
func.func @main(%x: tensor<2x3xf32>, %p: tensor<i1>) -> tensor<2x3xf32> {
  %0 = stablehlo.negate %x : tensor<2x3xf32>
  %1 = stablehlo.negate %0 : tensor<2x3xf32>
  %2 = stablehlo.select %p, %1, %1 : tensor<i1>, tensor<2x3xf32>
  return %2 : tensor<2x3xf32>
}"""


def ops(module: couloir.Module) -> list[str]:
    return [op.name.partition(".")[2] for op in module.walk() if op.name.startswith("stablehlo.")]


def test_all_families_are_applied() -> None:
    module, _ = couloir.opt(couloir.parse(TEXT), "simplify")
    assert ops(module) == []


def test_only_the_families_that_are_named_are_applied() -> None:
    module, _ = couloir.opt(couloir.parse(TEXT), "simplify{families=[select]}")
    assert ops(module) == ["negate", "negate"]


@pytest.mark.parametrize(
    ("pipeline", "told"),
    [
        ("simplify{families=[selct]}", "did you mean `select`"),
        ("simplify{families=[zzz]}", "there are: constants"),
        ('simplify{assumes=["no NaNs"]}', "did you mean `no NaN`"),
    ],
)
def test_what_is_not_known_is_an_error(pipeline, told) -> None:
    with pytest.raises(couloir.Error, match=told):
        couloir.opt(couloir.parse(TEXT), pipeline)


def test_constants_are_folded_unless_they_are_not_to_be() -> None:
    text = """
func.func @main() -> tensor<f32> {
  %0 = stablehlo.constant dense<1.0> : tensor<f32>
  %1 = stablehlo.add %0, %0 : tensor<f32>
  return %1 : tensor<f32>
}"""
    assert "2.0" in str(couloir.opt(couloir.parse(text), "simplify")[0])
    assert "add" in str(couloir.opt(couloir.parse(text), "simplify{fold=false}")[0])


def test_each_module_of_the_package_that_defines_rules_is_a_family_with_all_its_rules() -> None:
    found = {}
    for info in iter_modules(simplification.__path__):
        module = import_module(f"{simplification.__name__}.{info.name}")
        defined = [
            item
            for item in vars(module).values()
            if (isinstance(item, type) and issubclass(item, Rule) and item.__module__ == module.__name__)
            or (isinstance(item, FunctionRule) and item.function.__module__ == module.__name__)
        ]
        if defined:
            found[info.name] = {as_rewrite(rule).name for rule in defined}
    assert found == {name: {as_rewrite(rule).name for rule in rules} for name, rules in families().items()}
    assert set(FAMILIES) == set(found)


def test_no_two_rules_have_one_name() -> None:
    names = [as_rewrite(rule).name for rules in families().values() for rule in rules]
    assert len(names) == len(set(names))


def test_a_transformer_block_computes_the_same() -> None:
    pytest.importorskip("jax")
    from tests.programs.programs import make

    block = make("transformer encoder block")
    module = couloir.from_jax(block.function, *block.arguments)
    everything = "simplify{assumes=[" + ",".join(f'"{item}"' for item in ASSUMPTIONS) + "]}"
    for text in ("simplify", everything):
        after, report = couloir.opt(module, f"canonicalize,{text}", check_each=True)
        assert sum(rule.hits for rule in report.statistics.rules.values()) > 20
        assert "stablehlo.divide" in str(module) and len(ops(after)) < len(ops(module))
