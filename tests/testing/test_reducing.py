"""Delta debugging: what is left is small, well-formed and still interesting."""

from __future__ import annotations

import sys
from random import Random

import numpy as np
import pytest

import couloir
from couloir.cli import main
from couloir.dialects import hlo
from couloir.ir.operation import Block
from couloir.testing import reduce
from couloir.testing.generation.building import Builder, Scope, function_module, op_classes
from couloir.testing.generation.values import Types

LARGE = """
module @large attributes {some.note = "x"} {
  func.func private @unused(%arg0: tensor<4xf32>) -> tensor<4xf32> {
    return %arg0 : tensor<4xf32>
  }
  func.func @main(%arg0: tensor<8x32xf32> {onnx.name = "x"}, %arg1: tensor<32x16xf32>, %arg2: tensor<8x16xf32>) -> (tensor<8x16xf32>, tensor<16x8xf32>) {
    %0 = stablehlo.negate %arg0 : tensor<8x32xf32>
    %1 = stablehlo.exponential %0 : tensor<8x32xf32>
    %2 = stablehlo.dot_general %1, %arg1, contracting_dims = [1] x [0] : (tensor<8x32xf32>, tensor<32x16xf32>) -> tensor<8x16xf32>
    %3 = stablehlo.constant dense<3.5> : tensor<8x16xf32>
    %4 = stablehlo.add %2, %3 : tensor<8x16xf32>
    %5 = stablehlo.tanh %4 : tensor<8x16xf32>
    %6 = stablehlo.multiply %5, %arg2 : tensor<8x16xf32>
    %7 = stablehlo.transpose %6, dims = [1, 0] : (tensor<8x16xf32>) -> tensor<16x8xf32>
    return %6, %7 : tensor<8x16xf32>, tensor<16x8xf32>
  }
}
"""


def has(*classes):
    return lambda module: all(any(isinstance(op, cls) for op in module.walk()) for cls in classes)


def ops(module):
    return [op.name for op in module.walk() if op.name.startswith("stablehlo.")]


@pytest.mark.parametrize("cls", [hlo.Negate, hlo.Exponential, hlo.DotGeneral, hlo.Add, hlo.Tanh, hlo.Transpose])
def test_one_op_is_left_with_the_smallest_shapes(cls):
    found = reduce(couloir.parse(LARGE), has(cls))
    assert found.ended is None
    assert ops(found.module) == [cls.name]
    couloir.verify(found.module)
    (function,) = found.module.functions
    assert not found.module.stored_attributes
    assert all(size == 1 for a in function.arguments for size in a.type.shape)
    assert function.function_type.results == ()


def test_a_use_that_matters_is_kept():
    def interesting(module):
        return any(isinstance(op, hlo.Tanh) and isinstance(op.operand.defining_op, hlo.Add) for op in module.walk())

    found = reduce(couloir.parse(LARGE), interesting)
    assert ops(found.module) == ["stablehlo.add", "stablehlo.tanh"]


def test_what_a_program_computes_can_be_what_is_looked_for():
    def interesting(module):
        if not module.functions:
            return False
        arguments = module.functions[-1].function_type.inputs
        results = couloir.run(module, *(np.ones(type.shape, np.float32) for type in arguments))
        return any((result > 3).any() for result in results)

    text = LARGE.replace("stablehlo.tanh", "stablehlo.abs")
    found = reduce(couloir.parse(text), interesting)
    assert len(ops(found.module)) <= 3
    assert interesting(found.module)


@pytest.mark.parametrize("seed", range(5))
def test_random_modules_shrink_to_one_op_and_stay_well_formed(seed):
    rng = Random(seed)
    classes = op_classes(["stablehlo"])
    scope = Scope(Block(()), [], grows=True)
    for _ in range(12):
        Builder(rng, classes, Types()).add(scope, rng.choice(classes))
    module = function_module(scope, [value for value in scope.values if not value.has_uses])
    wanted = next(op for op in scope.block.ops if not op.regions and op.operands)
    seen = []

    def interesting(candidate):
        couloir.verify(candidate)
        seen.append(sum(1 for _ in candidate.walk()))
        return any(type(op) is type(wanted) for op in candidate.walk())

    found = reduce(module, interesting)
    # Beside the op: module, function, return, and constants that it insists on.
    assert sum(1 for _ in found.module.walk()) <= 4 + len(wanted.operands)
    assert str(couloir.parse(str(found.module))) == str(found.module)


def test_the_module_given_stays_as_it_is():
    module = couloir.parse(LARGE)
    text = str(module)
    reduce(module, has(hlo.Add))
    assert str(module) == text


def test_limits_are_kept_and_said():
    found = reduce(couloir.parse(LARGE), has(hlo.Add), tests=3)
    assert (found.tests, found.ended) == (3, "after 3 tests")
    assert has(hlo.Add)(found.module)
    assert reduce(couloir.parse(LARGE), has(hlo.Add), seconds=0).ended == "for want of time"


def test_what_is_not_interesting_itself_is_refused():
    with pytest.raises(couloir.Error, match="not interesting itself"):
        reduce(couloir.parse(LARGE), lambda module: False)
    module = couloir.parse(LARGE)
    next(op for op in module.walk() if isinstance(op, hlo.Add)).results[0].set_type(
        couloir.parse(LARGE).functions[0].arguments[0].type
    )
    with pytest.raises(couloir.Error, match="ill-formed"):
        reduce(module, lambda module: True)


def test_the_command_runs_a_program_on_each_candidate(tmp_path, capsys):
    model, small, test = tmp_path / "large.mlir", tmp_path / "small.mlir", tmp_path / "check.py"
    model.write_text(LARGE)
    test.write_text("import sys; sys.exit('stablehlo.tanh' not in open(sys.argv[1]).read())")
    assert main(["reduce", str(model), "--test", f"{sys.executable} -S {test}", "-o", str(small)]) == 0
    assert ops(couloir.parse(small.read_text())) == ["stablehlo.tanh"]
    assert "ops after" in capsys.readouterr().err


def test_what_fails_is_looked_for_by_its_exit_code(tmp_path, capsys):
    model, test = tmp_path / "large.mlir", tmp_path / "check.py"
    model.write_text(LARGE)
    test.write_text("import sys; text = open(sys.argv[2]).read(); sys.exit(7 if 'stablehlo.add' in text else 1)")
    assert main(["reduce", str(model), "--fails", f"{sys.executable} -S {test} -x {{}}"]) == 0
    assert ops(couloir.parse(capsys.readouterr().out)) == ["stablehlo.add"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--test", ""], "the command is empty"),
        (["--test", "'"], "cannot be read"),
        (["--test", "/nowhere/at-all"], "cannot run `/nowhere/at-all`"),
        (["--fails", f"{sys.executable} -c pass"], "not interesting itself"),
        (["--test", f"{sys.executable} -c 'import time; time.sleep(60)'", "--timeout", "1"], "not interesting itself"),
    ],
)
def test_commands_that_do_not_work(tmp_path, capsys, arguments, said):
    model = tmp_path / "m.mlir"
    model.write_text(LARGE)
    assert main(["reduce", str(model), *arguments]) == 1
    assert said in capsys.readouterr().err
