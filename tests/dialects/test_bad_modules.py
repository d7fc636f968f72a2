"""Modules whose callees or regions are not what the ops ask for: the error names the line and the rule."""

from __future__ import annotations

import pytest

import couloir

COMPOSITE = """func.func private @f(tensor<2xf32>) -> tensor<2xf32>
func.func @main(%a: tensor<TYPE>) -> tensor<2xf32> {
  %0 = stablehlo.composite "my.op" %a {decomposition = @NAME} : (tensor<TYPE>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}"""
CALL = """func.func private @f(tensor<2xf32>) -> tensor<2xf32>
func.func @main(%a: tensor<TYPE>) -> tensor<2xf32> {
  %0 = func.call @NAME(%a) : (tensor<TYPE>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}"""
WHILE = """func.func @main(%a: tensor<2xf32>) -> tensor<2xf32> {
  %0 = "stablehlo.while"(%a) ({
  ^bb0(%x: tensor<TAKEN>):
    %c = stablehlo.constant dense<true> : tensor<i1>
    stablehlo.return %c : tensor<i1>
  }, {
  ^bb0(%x: tensor<2xf32>):
    BODY
  }) : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}"""
REDUCE = """func.func @main(%a: tensor<2xf32>, %i: tensor<f32>) -> tensor<f32> {
  %0 = "stablehlo.reduce"(%a, %i) ({
    REGION
  }) {dimensions = array<i64: 0>} : (tensor<2xf32>, tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}"""
ALL_REDUCE = """func.func @main(%a: tensor<2xf32>) {
  %0:COUNT = "stablehlo.all_reduce"(%a) <{replica_groups = dense<0> : tensor<1x1xi64>}> ({
  ^bb0(%x: tensor<f32>, %y: tensor<f32>):
    stablehlo.return %x : tensor<f32>
  }) : (tensor<2xf32>) -> RESULTS
  return
}"""
SAME = "stablehlo.return %x : tensor<2xf32>"
BAD = {
    "call of nothing": (CALL, {"TYPE": "2xf32", "NAME": "nowhere"}, 3, "there is no symbol @nowhere"),
    "call of a variable": (CALL, {"TYPE": "3xf32", "NAME": "f"}, 3, "but @f is `(tensor<2xf32>) -> tensor<2xf32>`"),
    "composite of nothing": (COMPOSITE, {"TYPE": "2xf32", "NAME": "nowhere"}, 3, "there is no symbol @nowhere"),
    "composite of other types": (COMPOSITE, {"TYPE": "3xf32", "NAME": "f"}, 3, "`decomposition` takes the inputs (C3)"),
    "condition of other types": (WHILE, {"TAKEN": "3xf32", "BODY": SAME}, 2, "returns a `tensor<i1>` (C1)"),
    "body that returns nothing": (WHILE, {"TAKEN": "2xf32", "BODY": "stablehlo.return"}, 2, "of their types (C2)"),
    "body that is empty": (REDUCE, {"REGION": ""}, 2, "region `body` of `stablehlo.reduce` has exactly one block"),
    "body of one argument": (
        REDUCE,
        {"REGION": "^bb0(%x: tensor<f32>):\n stablehlo.return %x : tensor<f32>"},
        2,
        "of its element type or a wider one (C6)",
    ),
    "body that returns from the function": (
        REDUCE,
        {"REGION": "^bb0(%x: tensor<f32>, %y: tensor<f32>):\n func.return %x : tensor<f32>"},
        4,
        "it stands directly in a `func.func`",
    ),
    "body of two blocks": (
        REDUCE,
        {"REGION": "^a(%x: tensor<f32>, %y: tensor<f32>):\n cf.br ^b\n ^b:\n stablehlo.return %x : tensor<f32>"},
        2,
        "has exactly one block",
    ),
    "more results than operands": (
        ALL_REDUCE,
        {"COUNT": "2", "RESULTS": "(tensor<2xf32>, tensor<2xf32>)"},
        2,
        "has 1 results by its operands, not 2 (C6, C7)",
    ),
    "another result": (ALL_REDUCE, {"COUNT": "1", "RESULTS": "tensor<3xf32>"}, 2, "not `tensor<3xf32>` (C6, C7)"),
}


@pytest.mark.parametrize("what", BAD)
def test_the_error_names_the_line_and_the_rule(what: str) -> None:
    template, parts, line, message = BAD[what]
    text = template
    for name, part in parts.items():
        text = text.replace(name, part)
    with pytest.raises(couloir.Error) as caught:
        couloir.parse(text, file="bad.mlir")
    assert f"bad.mlir:{line}:" in str(caught.value)
    assert message in str(caught.value)


HUGE = "tensor<20000000000x2xi64>"
TOO_MANY = {
    f'"stablehlo.collective_permute"(%a) <{{source_target_pairs = dense<0> : {HUGE}}}>': "there are 20000000000",
    f'"stablehlo.collective_broadcast"(%a) <{{replica_groups = dense<0> : {HUGE}}}>': "it has 40000000000 numbers",
    f'"stablehlo.custom_call"(%a) <{{call_target_name = "f", operand_layouts = [dense<0> : {HUGE}], result_layouts = []}}>': (
        "its dimensions in some order"
    ),
}


@pytest.mark.parametrize("op", TOO_MANY)
def test_lists_that_no_memory_holds_are_not_read(op: str) -> None:
    with pytest.raises(couloir.Error, match=TOO_MANY[op]):
        couloir.parse(f"func.func @main(%a: tensor<2xf32>) {{ %0 = {op} : (tensor<2xf32>) -> tensor<2xf32> return }}")


def test_a_shape_of_more_sizes_than_a_tensor_has_dimensions_is_refused() -> None:
    with pytest.raises(couloir.Error, match="more than the 1024 dimensions"):
        couloir.parse("""func.func @main(%a: tensor<f32>) {
          %s = stablehlo.constant dense<1> : tensor<20000000000xi64>
          %0 = stablehlo.rng %a, %a, %s, distribution = UNIFORM
            : (tensor<f32>, tensor<f32>, tensor<20000000000xi64>) -> tensor<2xf32>
          return
        }""")


@pytest.mark.parametrize(
    "text", ["(%a: tensor<f32> {plain}) {", "(%a: tensor<f32>) -> (tensor<f32> {plain = 1 : i32}) {"]
)
def test_attributes_of_arguments_and_results_belong_to_dialects(text: str) -> None:
    with pytest.raises(couloir.Error, match=r"belong to dialects, `dialect.plain`; `plain` does not"):
        couloir.parse(f"func.func @main{text} return {'%a : tensor<f32>' if '->' in text else ''} }}")
