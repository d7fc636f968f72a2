"""Costs of programs: loops, branches, calls, ops of one's own, and what is not known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.cli import main
from couloir.costs import Cost, cost_of, elements, moving
from couloir.costs.report import short
from couloir.costs.table import rule_of
from couloir.dialects import hlo
from couloir.dialects.onnx.base import OnnxOp
from couloir.ir.attribute import Type
from couloir.ir.fields import Operand, Result, result
from couloir.ir.interfaces import RegionBranchOpInterface
from couloir.ir.operation import Operation
from couloir.ir.registry import REGISTRY
from couloir.ir.traits import ConstantLike, Elementwise, IsTerminator
from couloir.ir.types import TensorType

LENET = str(Path(__file__).resolve().parents[2] / "labs/data/lenet.onnx")
LOOP = """
func.func @main(%x: tensor<8xf32>) -> (tensor<i32>, tensor<8xf32>, tensor<i32>) {{
  %start = stablehlo.constant dense<{start}> : tensor<i32>
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %limit = stablehlo.constant dense<{limit}> : tensor<i32>
  %r:4 = stablehlo.while(%i = %start, %y = %x, %n = %zero, %m = %limit) : tensor<i32>, tensor<8xf32>, tensor<i32>, tensor<i32>
  cond {{
    %bound = stablehlo.constant dense<{limit}> : tensor<i32>
    %p = stablehlo.compare {compare} : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %p : tensor<i1>
  }} do {{
    %one = stablehlo.constant dense<1> : tensor<i32>
    %step = stablehlo.constant dense<{step}> : tensor<i32>
    %z = stablehlo.exponential %y : tensor<8xf32>
    %k = stablehlo.add %n, %one : tensor<i32>
    %j = stablehlo.{change} : tensor<i32>
    stablehlo.return %j, %z, %k, %m : tensor<i32>, tensor<8xf32>, tensor<i32>, tensor<i32>
  }}
  return %r#0, %r#1, %r#2 : tensor<i32>, tensor<8xf32>, tensor<i32>
}}
"""


@given(
    st.integers(-9, 9),
    st.integers(-9, 9),
    st.integers(-3, 3),
    st.sampled_from(
        ["LT, %i, %bound", "LE, %i, %m", "GT, %i, %bound", "GE, %i, %bound", "GT, %bound, %i", "NE, %i, %m"]
    ),
    st.sampled_from(["add %i, %step", "add %step, %i", "subtract %i, %step"]),
)
def test_a_loop_counts_as_often_as_it_runs(start, limit, step, compare, change) -> None:
    module = couloir.parse(LOOP.format(start=start, limit=limit, step=step, compare=compare, change=change))
    report = couloir.cost(module)
    if report.assumed:
        assert report.total.transcendentals == 8
        return
    *_, count = couloir.run(module, np.zeros(8, np.float32))
    assert report.total.transcendentals == 8 * count
    assert report.total.flops == 3 * count + 1  # the condition runs once more
    assert couloir.cost(module, trip_counts=False).total.transcendentals == 8


@pytest.mark.parametrize(
    ("loop", "runs"),
    [
        ((0, 7, 1, "LT, %i, %bound", "add %i, %step"), 7),
        ((7, 0, 2, "GT, %i, %bound", "subtract %i, %step"), 4),
        ((3, 5, 2, "NE, %m, %i", "add %step, %i"), 1),
        ((5, 5, 1, "GE, %m, %i", "add %i, %step"), 1),
        ((9, 0, 1, "LT, %i, %bound", "add %i, %step"), 0),
        ((0, 7, 0, "LT, %i, %bound", "add %i, %step"), None),  # for ever
        ((0, 7, 1, "EQ, %i, %bound", "add %i, %step"), None),
        ((0, 2**31 - 1, 2, "LT, %i, %bound", "add %i, %step"), None),  # the counter wraps around
        ((0, 7, 1, "LT, %i, %bound", "multiply %i, %step"), None),
        ((0, 7, 2, "NE, %i, %bound", "add %i, %step"), None),
    ],
)
def test_trip_counts(loop, runs) -> None:
    start, limit, step, compare, change = loop
    module = couloir.parse(LOOP.format(start=start, limit=limit, step=step, compare=compare, change=change))
    report = couloir.cost(module)
    assert (len(report.assumed) == 1) == (runs is None)
    assert report.total.transcendentals == 8 * (1 if runs is None else runs)


def test_calls_branches_and_loops_in_each_other() -> None:
    report = couloir.cost(
        couloir.parse("""
        func.func @main(%p: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
          %0 = call @twice(%x) : (tensor<4xf32>) -> tensor<4xf32>
          %1 = "stablehlo.if"(%p) ({
            %a = call @twice(%0) : (tensor<4xf32>) -> tensor<4xf32>
            stablehlo.return %a : tensor<4xf32>
          }, {
            %a = stablehlo.exponential %0 : tensor<4xf32>
            stablehlo.return %a : tensor<4xf32>
          }) : (tensor<i1>) -> tensor<4xf32>
          return %1 : tensor<4xf32>
        }
        func.func private @twice(%x: tensor<4xf32>) -> tensor<4xf32> {
          %0 = call @once(%x) : (tensor<4xf32>) -> tensor<4xf32>
          %1 = call @once(%0) : (tensor<4xf32>) -> tensor<4xf32>
          return %1 : tensor<4xf32>
        }
        func.func private @once(%x: tensor<4xf32>) -> tensor<4xf32> {
          %0 = stablehlo.add %x, %x : tensor<4xf32>
          return %0 : tensor<4xf32>
        }
        func.func private @unused(%x: tensor<4xf32>) -> tensor<4xf32> {
          %0 = stablehlo.add %x, %x : tensor<4xf32>
          return %0 : tensor<4xf32>
        }
        """)
    )
    assert report.total == Cost(
        16, 4, 4 * 48
    )  # of each count the dearer branch: flops and bytes of one, exponentials of the other
    assert [(kind.name, kind.count, kind.cost.flops) for kind in report.kinds if kind.cost.flops] == [
        ("stablehlo.add", 1, 16)
    ]
    assert sum((item.cost for item in report.ops), Cost()) == report.total


def test_a_function_that_calls_itself_is_said_to_be_unknown() -> None:
    report = couloir.cost(
        couloir.parse("""
        func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
          %0 = stablehlo.add %x, %x : tensor<4xf32>
          %1 = call @main(%0) : (tensor<4xf32>) -> tensor<4xf32>
          return %1 : tensor<4xf32>
        }""")
    )
    assert report.total.flops == 4
    assert "calls itself" in report.unknown[0].what


def test_the_body_of_a_reduction_is_part_of_it() -> None:
    report = couloir.cost(
        couloir.parse("""
        func.func @main(%x: tensor<6x7xf32>, %i: tensor<f32>) -> tensor<6xf32> {
          %0 = stablehlo.reduce(%x init: %i) applies stablehlo.add across dimensions = [1] : (tensor<6x7xf32>, tensor<f32>) -> tensor<6xf32>
          return %0 : tensor<6xf32>
        }""")
    )
    assert [item.op.name for item in report.ops] == ["stablehlo.reduce", "func.return"]
    assert report.total == Cost(36, 0, 4 * (42 + 1 + 6))


def test_an_op_of_ones_own_in_one_line() -> None:
    class Gelu(Operation, name="costs_test.gelu"):
        x: Operand[TensorType]
        y: Result[TensorType] = result()

    module = couloir.parse("""
        func.func @main(%x: tensor<5xf32>) -> tensor<5xf32> {
          %0 = "costs_test.gelu"(%x) : (tensor<5xf32>) -> tensor<5xf32>
          return %0 : tensor<5xf32>
        }""")
    before = couloir.cost(module)
    assert (before.total, len(before.unknown)) == (Cost(bytes_accessed=40), 1)
    assert "costs_test.gelu" in str(before)
    cost_of(Gelu)(lambda op: moving(op, flops=4 * elements(op.y), transcendentals=elements(op.y)))
    after = couloir.cost(module)
    assert (after.total, after.unknown) == (Cost(20, 5, 40), ())


def test_open_sizes_are_unknown_and_the_rest_counts() -> None:
    report = couloir.cost(
        couloir.parse("""
        func.func @main(%x: tensor<?xf32>, %y: tensor<4xf32>) -> (tensor<?xf32>, tensor<4xf32>) {
          %0 = stablehlo.add %x, %x : tensor<?xf32>
          %1 = stablehlo.add %y, %y : tensor<4xf32>
          return %0, %1 : tensor<?xf32>, tensor<4xf32>
        }""")
    )
    assert report.total == Cost(4, 0, 48)
    assert "tensor<?xf32>" in report.unknown[0].what


def test_what_is_unknown_is_grouped_in_the_text() -> None:
    lines = "\n".join(f"%{n + 1} = stablehlo.add %{n}, %{n} : tensor<?xf32>" for n in range(30))
    text = f"func.func @main(%0: tensor<?xf32>) -> tensor<?xf32> {{\n{lines}\nreturn %30 : tensor<?xf32>\n}}"
    shown = str(couloir.cost(couloir.parse(text))).splitlines()
    assert any(line.startswith("total, at least") for line in shown)
    assert shown[-3] == "not known (30):" and shown[-2].startswith("  30 `stablehlo.add`, first @main, op 0")


def test_operands_of_unknown_rank_are_unknown() -> None:
    class Product(OnnxOp, name="onnx.costs_test_MatMul"):
        operator = "MatMul"
        lhs: Operand[Type]
        rhs: Operand[Type]
        y: Result[Type] = result()

    module = couloir.parse("""
        func.func @main(%x: tensor<*xf32>, %y: tensor<4x2xf32>) -> tensor<3x2xf32> {
          %0 = "onnx.costs_test_MatMul"(%x, %y) : (tensor<*xf32>, tensor<4x2xf32>) -> tensor<3x2xf32>
          return %0 : tensor<3x2xf32>
        }""")
    assert "tensor<*xf32>" in couloir.cost(module).unknown[0].what


@pytest.mark.parametrize("dialect", ["stablehlo", "chlo"])
def test_every_op_has_a_rule_or_traits_that_tell(dialect) -> None:
    traits = (Elementwise, ConstantLike, IsTerminator, RegionBranchOpInterface)
    without = [
        cls.name
        for cls in REGISTRY.operations(dialect)
        if rule_of(cls.create()) is None and cls is not hlo.Composite and not any(map(cls.has_trait, traits))
    ]
    assert without == []


def test_sizes_of_any_magnitude() -> None:
    big = 2**40
    report = couloir.cost(
        couloir.parse(f"""
        func.func @main(%x: tensor<1x1x{big}xf32>, %w: tensor<1x1x{big // 2}xf32>) -> tensor<1x1x{big // 2 + 1}xf32> {{
          %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, f, 0]x[o, i, 0]->[b, f, 0], window = {{}}
            {{batch_group_count = 1 : i64, feature_group_count = 1 : i64}}
            : (tensor<1x1x{big}xf32>, tensor<1x1x{big // 2}xf32>) -> tensor<1x1x{big // 2 + 1}xf32>
          return %0 : tensor<1x1x{big // 2 + 1}xf32>
        }}""")
    )
    assert "too large" in report.unknown[0].what
    assert report.total.bytes_accessed == 4 * (big + big // 2 + big // 2 + 1)


def test_the_levels_of_a_model_agree() -> None:
    """LeNet as imported, as StableHLO and as loops: the same flops but for biases, which are added in place in the loops."""
    model = couloir.load(LENET, dims={"N": 1})
    flops = [couloir.cost(m).total for m in (model, couloir.lower(model), couloir.lower(model, "loops"))]
    assert [c.transcendentals for c in flops] == [10, 10, 10]
    assert flops[0].flops == flops[1].flops
    assert abs(flops[2].flops / flops[1].flops - 1) < 0.01
    assert all(not couloir.cost(m).unknown for m in (model, couloir.lower(model, "loops")))


def test_which_function() -> None:
    text = """
        func.func private @helper(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }
        func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
          %0 = stablehlo.add %x, %x : tensor<2xf32>
          return %0 : tensor<2xf32>
        }"""
    assert couloir.cost(couloir.parse(text)).function == "f"
    assert couloir.cost(couloir.parse(text), function="helper").total == Cost()
    with pytest.raises(couloir.Error, match="no function @h"):
        couloir.cost(couloir.parse(text), function="h")
    with pytest.raises(couloir.Error, match="no public function"):
        couloir.cost(couloir.parse("module {}"))


def test_short_numbers() -> None:
    assert [short(n) for n in (0, 9_999, 10_000, 1_234_567, 10**30)] == ["0", "9,999", "10 k", "1.23 M", "1e+12 E"]


# -- the command -------------------------------------------------------------------------------------------------------------


def test_the_command(capsys, tmp_path) -> None:
    model = ["cost", LENET, "--dims", "N=1"]
    assert main(model) == 0
    table = capsys.readouterr().out
    assert "onnx.ConvV11" in table and max(map(len, table.splitlines())) <= 100
    assert main([*model, "--each", "--level", "hlo"]) == 0
    table = capsys.readouterr().out
    assert "(conv1)" in table and max(map(len, table.splitlines())) <= 100
    file = tmp_path / "cost.json"
    assert main([*model, "--json", "-o", str(file)]) == 0
    found = json.loads(file.read_text())
    assert found["version"] == 1 and found["total"]["transcendentals"] == 10
    assert (
        sum(op["flops"] for op in found["ops"])
        == sum(kind["flops"] for kind in found["kinds"])
        == found["total"]["flops"]
    )
    assert main([*model, "--json", "--each"]) == 1
    assert main([*model, "--function", "nothing"]) == 1
