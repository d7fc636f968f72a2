"""`check_each`: wrong passes are named with what they changed; right ones pass, however they round; nothing is hidden."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.dialects import arith, func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.ir.attributes import DenseElementsAttr, IntegerAttr, StringAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.passes import Pass, PassContext, PassPipeline, Report
from couloir.ir.rewriting import Rule, apply_rules
from couloir.ir.types import FunctionType, index
from couloir.passes.checking import CheckEach, CheckError, NumericCheck
from couloir.passes.pipelines import HLO_TO_LOOPS, ONNX_TO_HLO
from couloir.passes.running import random_inputs

LENET = "labs/data/lenet.onnx"

MLP = """
func.func @main(%x: tensor<4x16xf32>) -> (tensor<4x3xf32>, tensor<4xi32>) {
  %w = stablehlo.constant dense<"0xWEIGHTS"> : tensor<16x3xf32>
  %b = stablehlo.constant dense<[0.1, -0.2, 0.3]> : tensor<3xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %d = stablehlo.dot_general %x, %w, contracting_dims = [1] x [0] : (tensor<4x16xf32>, tensor<16x3xf32>) -> tensor<4x3xf32>
  %bb = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<3xf32>) -> tensor<4x3xf32>
  %s = stablehlo.add %d, %bb : tensor<4x3xf32>
  %t = stablehlo.tanh %s : tensor<4x3xf32>
  %sum = stablehlo.reduce(%t init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x3xf32>, tensor<f32>) -> tensor<4xf32>
  %i = stablehlo.convert %sum : (tensor<4xf32>) -> tensor<4xi32>
  return %t, %i : tensor<4x3xf32>, tensor<4xi32>
}
""".replace("WEIGHTS", np.random.default_rng(0).standard_normal((16, 3)).astype(np.float32).tobytes().hex())


@attrs.frozen
class Edit(Pass, name="ck-edit"):
    """Does what the test says."""

    edit: Callable[[Operation], object] = attrs.field(default=lambda op: None, eq=False)

    def run(self, op: Operation, context: PassContext) -> None:
        self.edit(op)

    def __str__(self) -> str:
        return "ck-edit"


@attrs.frozen
class Nothing(Pass, name="ck-nothing"):
    """Does nothing."""

    def run(self, op: Operation, context: PassContext) -> None:
        pass


def first(root: Operation, cls: type[Operation]) -> Operation:
    return next(op for op in root.walk() if isinstance(op, cls))


def put(old: Operation, make: Callable[[], Operation]) -> None:
    """Puts a new op in the place of an old one."""
    from couloir.ir.rewriting import Rewriter

    rewriter = Rewriter()
    with rewriter.inserting_before(old, old.location):
        new = make()
    rewriter.replace(old, new)


def run(text: str | couloir.Module, edit: Callable[[Operation], object], check: CheckEach | None = None) -> Report:
    module = couloir.parse(text) if isinstance(text, str) else text
    pipeline = PassPipeline.of(Nothing(), Edit(edit), Nothing())
    return pipeline.run(module, instrumentations=[check or CheckEach()])


# -- wrong ones ------------------------------------------------------------------------------------------------------------


def scale_bias(root: Operation, factor: float) -> None:
    constant = next(op for op in root.walk() if isinstance(op, hlo.Constant) and op.output.type.dims == (3,))
    value = constant.value
    assert isinstance(value, DenseElementsAttr)
    put(constant, lambda: hlo.Constant(DenseElementsAttr.from_numpy(value.array * np.float32(factor))))


def test_a_wrong_pass_is_named_with_output_element_and_values() -> None:
    def wrong(root: Operation) -> None:
        add = first(root, hlo.Add)
        put(add, lambda: hlo.Subtract(add.lhs, add.rhs))

    with pytest.raises(CheckError) as caught:
        run(MLP, wrong)
    error = caught.value
    assert error.message.startswith(
        "the pass `ck-edit` (number 2) changed what the program computes: output 0 of @main at [0, 0] is "
    )
    assert (error.function, error.output, error.index) == ("main", 0, (0, 0))
    assert str(error.before) in error.message and str(error.after) in error.message
    module = couloir.parse(MLP)
    (x,) = random_inputs(first(module, func.FuncOp))
    assert error.before == couloir.run(module, x)[0][0, 0]
    assert 0 < error.allowed < 1e-4
    assert "12 of 12 elements differ, on normal inputs, seed 0" in error.notes


@pytest.mark.parametrize("factor", [1.001, 1.0003, 1.00003])
def test_small_mistakes_are_seen(factor: float) -> None:
    with pytest.raises(CheckError, match="output 0 of @main"):
        run(MLP, lambda root: scale_bias(root, factor))


def test_integers_are_compared_exactly() -> None:
    text = "func.func @main(%x: tensor<3xi32>) -> tensor<3xi32> {\n  %a = stablehlo.abs %x : tensor<3xi32>\n  return %a : tensor<3xi32>\n}"

    def wrong(root: Operation) -> None:
        old = first(root, hlo.Abs)
        put(old, lambda: hlo.Add(old.operand, hlo.Constant(DenseElementsAttr.splat(old.result.type, 1))))

    with pytest.raises(CheckError) as caught:
        run(text, wrong)
    assert caught.value.allowed == 0 and "allowed" not in caught.value.message


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (
            lambda root: first(root, func.FuncOp).attributes.update(sym_visibility=StringAttr("private")),
            "@main is gone",
        ),
        (lambda root: first(root, func.FuncOp).attributes.update(sym_name=StringAttr("other")), "@main is gone"),
    ],
)
def test_a_public_function_that_is_gone_is_a_change(edit: Callable[[Operation], object], said: str) -> None:
    with pytest.raises(CheckError, match=said):
        run(MLP, edit)


BUFFER = """
    func.func @main(%m: memref<4xf32>) {
      %i = arith.constant 1 : index
      %v = memref.load %m[%i] : memref<4xf32>
      %w = arith.addf %v, %v : f32
      memref.store %w, %m[%i] : memref<4xf32>
      return
    }"""


def test_a_program_that_cannot_be_run_any_more_is_a_change() -> None:
    def wrong(root: Operation) -> None:
        old = first(root, arith.Constant)
        put(old, lambda: arith.Constant(IntegerAttr(9, index)))

    with pytest.raises(CheckError, match="@main cannot be run any more: "):
        run(BUFFER, wrong)


# -- right ones ------------------------------------------------------------------------------------------------------------


def test_the_standard_pipelines_pass_on_lenet_down_to_buffers() -> None:
    """The function of tensors becomes one of buffers on the way, and is still the same function."""
    module = couloir.load(LENET, dims={"N": 1})
    check = CheckEach(seed=3)
    tail = PassPipeline.of(*list(HLO_TO_LOOPS)[:5])
    report = (ONNX_TO_HLO + tail).run(module, instrumentations=[check])
    checked = [run for run in report.runs if any("same results" in note for note in run.notes)]
    assert [run.name for run in checked] == [run.name for run in report.runs if run.changed]
    assert len(checked) >= 3 and check.skipped == []
    assert "same results on normal inputs, seed 3, whole inputs, seed 3" in checked[0].notes


def test_lowering_to_loops_is_checked() -> None:
    check = CheckEach()
    report = HLO_TO_LOOPS.run(couloir.parse(MLP), instrumentations=[check])
    lowered = next(run for run in report.runs if run.name == "hlo-to-loops")
    assert "same results on normal inputs, seed 0, whole inputs, seed 0" in lowered.notes


def reassociate(root: Operation) -> None:
    outer = next(op for op in root.walk() if isinstance(op, hlo.Add) and isinstance(op.lhs.defining_op, hlo.Add))
    inner = outer.lhs.defining_op
    put(outer, lambda: hlo.Add(inner.lhs, hlo.Add(inner.rhs, outer.rhs)))


def test_another_order_of_rounding_is_no_difference() -> None:
    text = """
        func.func @main(%x: tensor<1000xf32>, %y: tensor<1000xf32>, %z: tensor<1000xf32>) -> tensor<1000xf32> {
          %a = stablehlo.add %x, %y : tensor<1000xf32>
          %b = stablehlo.add %a, %z : tensor<1000xf32>
          return %b : tensor<1000xf32>
        }"""
    before = couloir.parse(text)
    after = before.clone()
    reassociate(after)
    arrays = random_inputs(first(before, func.FuncOp))
    assert (couloir.run(before, *arrays)[0] != couloir.run(after, *arrays)[0]).any()
    run(text, reassociate)


def test_division_may_become_multiplication() -> None:
    """On whole numbers the division is exact, and the multiplication is not: the errors of both sides count."""
    text = """
        func.func @main(%x: tensor<64xf32>) -> tensor<64xf32> {
          %c = stablehlo.constant dense<3.0> : tensor<64xf32>
          %s = stablehlo.multiply %x, %c : tensor<64xf32>
          %a = stablehlo.divide %s, %c : tensor<64xf32>
          return %a : tensor<64xf32>
        }"""

    def change(root: Operation) -> None:
        old = first(root, hlo.Divide)
        put(old, lambda: hlo.Multiply(old.lhs, hlo.Constant(DenseElementsAttr.splat(old.result.type, 1 / 3))))

    run(text, change)


def test_nan_equals_nan() -> None:
    text = """
        func.func @main(%x: tensor<9xf32>) -> tensor<9xf32> {
          %a = stablehlo.log %x : tensor<9xf32>
          %b = stablehlo.abs %a : tensor<9xf32>
          return %b : tensor<9xf32>
        }"""

    def change(root: Operation) -> None:
        old = first(root, hlo.Abs)
        put(old, lambda: hlo.Maximum(old.operand, hlo.Negate(old.operand)))

    module = couloir.parse(text)
    assert np.isnan(couloir.run(module, *random_inputs(first(module, func.FuncOp)))[0]).any()
    run(module, change)


def test_a_buffer_that_is_written_to_is_a_result() -> None:
    def wrong(root: Operation) -> None:
        old = first(root, arith.AddF)
        put(old, lambda: arith.MulF(old.lhs, old.rhs))

    run(BUFFER, lambda root: first(root, arith.AddF).attributes.update(mark=StringAttr("x")))
    with pytest.raises(CheckError, match=r"at \[1\]"):
        run(BUFFER, wrong)


# -- what cannot be checked is said ----------------------------------------------------------------------------------------


def test_ops_without_a_meaning_are_said_and_checking_goes_on_behind_them() -> None:
    text = """
        func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
          %a = "my.op"(%x) : (tensor<4xf32>) -> tensor<4xf32>
          return %a : tensor<4xf32>
        }
        func.func @side(%x: tensor<4xf32>) -> tensor<4xf32> {
          %a = stablehlo.negate %x : tensor<4xf32>
          return %a : tensor<4xf32>
        }"""
    module = couloir.parse(text, allow_unregistered=True)

    def lower(root: Operation) -> None:
        old = next(op for op in root.walk() if op.name == "my.op")
        put(old, lambda: hlo.Abs(old.operands[0]))

    def wrong(root: Operation) -> None:
        old = first(root, hlo.Abs)
        put(old, lambda: hlo.Negate(old.operand))

    check = CheckEach()
    pipeline = PassPipeline.of(Edit(lower), Edit(wrong))
    with pytest.raises(CheckError, match=r"number 2.*@main"):
        pipeline.run(module, instrumentations=[check])
    assert any("@main is not checked" in line and "`my.op`" in line for line in check.skipped)


def test_a_changed_signature_is_said() -> None:
    def change(root: Operation) -> None:
        function = first(root, func.FuncOp)
        function.entry.last_op.set_operands(list(function.entry.last_op.operands)[:1])
        function.function_type = type(function.function_type)(
            function.function_type.inputs, function.function_type.results[:1]
        )

    report = run(MLP, change)
    assert any("its type was" in note for note in report.runs[1].notes)


OPEN = """
    func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
      %a = stablehlo.abs %x : tensor<?x4xf32>
      return %a : tensor<?x4xf32>
    }"""


@pytest.mark.parametrize("rows", [3, 5, None])
def test_a_type_that_becomes_narrower_is_no_other_type(rows: int | None) -> None:
    """Also where the inputs made up before do not fit any more."""

    def narrow(root: Operation, op: type[Operation] = hlo.Abs) -> None:
        function = first(root, func.FuncOp)
        argument = function.arguments[0].type.with_dims((rows, 4)) if rows else function.arguments[0].type
        result = argument if rows else argument.with_dims((3, 4))
        function.arguments[0].set_type(argument)
        old = first(root, hlo.Abs)
        new = op.create([function.arguments[0]], [result])
        old.parent.insert_before(old, new)
        old.result.replace_all_uses_with(new.results[0])
        old.erase()
        function.function_type = FunctionType((argument,), (result,))

    report = run(OPEN, narrow)
    assert "same results on normal inputs, seed 0, whole inputs, seed 0" in report.runs[1].notes
    with pytest.raises(CheckError, match="output 0 of @main"):
        run(OPEN, lambda root: narrow(root, hlo.Negate))


def test_arguments_that_cannot_be_made_up_are_said() -> None:
    check = CheckEach()
    run(
        "func.func @main(%x: !stablehlo.token) -> !stablehlo.token { return %x : !stablehlo.token }",
        lambda root: None,
        check,
    )
    assert "no inputs are made up" in check.skipped[0]


def test_a_program_without_a_public_function_is_said_to_be_unchecked() -> None:
    check = CheckEach()
    text = "func.func private @main(%x: f32) -> f32 { return %x : f32 }"
    report = run(text, lambda root: root.attributes.update(mark=StringAttr("x")), check)
    assert check.skipped == ["nothing is checked: there is no public function to check"]
    assert report.runs[1].notes == ("nothing is checked: there is no public function to check",)
    with pytest.raises(Error, match="a seed is a number from 0"):
        run(text, lambda root: None, CheckEach(seed=-1))


def test_a_program_that_takes_long_is_run_on_one_kind_of_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("couloir.passes.checking.PATIENCE", -1.0)
    report = run(MLP, lambda root: root.attributes.update(mark=StringAttr("x")))
    assert report.runs[1].notes == ("same results on normal inputs, seed 0",)


def test_unknown_dimensions_get_a_size() -> None:
    module = couloir.parse(
        "func.func @main(%x: tensor<?x4xf32>, %i: tensor<?xi8>, %b: i1) -> tensor<?x4xf32> { return %x : tensor<?x4xf32> }"
    )
    x, i, b = random_inputs(first(module, func.FuncOp), seed=1)
    assert (x.shape, i.shape, i.dtype, b.shape, b.dtype) == ((3, 4), (3,), np.int8, (), np.bool_)
    again = random_inputs(first(module, func.FuncOp), seed=1)
    np.testing.assert_array_equal(x, again[0])
    assert (random_inputs(first(module, func.FuncOp), seed=2)[0] != x).any()


# -- given inputs ----------------------------------------------------------------------------------------------------------


def only_far_out(root: Operation) -> None:
    """Wrong for inputs below -4 only."""
    old = first(root, hlo.Tanh)
    low = DenseElementsAttr.splat(old.result.type, -0.9993)
    put(old, lambda: hlo.Maximum(hlo.Tanh(old.operand), hlo.Constant(low)))


def test_inputs_can_be_given() -> None:
    x = np.full((4, 16), -100, np.float32)
    text = "func.func @main(%x: tensor<4x16xf32>) -> tensor<4x16xf32> {\n  %t = stablehlo.tanh %x : tensor<4x16xf32>\n  return %t : tensor<4x16xf32>\n}"
    run(text, only_far_out, CheckEach([x * 0]))
    with pytest.raises(CheckError, match="given inputs"):
        run(text, only_far_out, CheckEach([x]))
    with pytest.raises(Error, match=r"takes 1 argument"):
        run(text, only_far_out, CheckEach([x, x]))
    with pytest.raises(Error, match="no public function @other"):
        NumericCheck(couloir.parse(text), [x], function="other")


def test_a_check_compares_two_modules() -> None:
    module = couloir.parse(MLP)
    check = NumericCheck(module)
    check(couloir.lower(module, "loops"))
    scale_bias(module, 2)
    with pytest.raises(CheckError):
        check(module)


# -- the tolerance ---------------------------------------------------------------------------------------------------------


class Reassociate(Rule):
    """(x + y) + z => x + (y + z)"""

    def pattern(x, y, z):
        return hlo.Add(hlo.Add(x, y), z)

    def rewrite(x, y, z):
        return hlo.Add(x, hlo.Add(y, z))


class Distribute(Rule):
    """x * (y + z) => x * y + x * z"""

    def pattern(x, y, z):
        return hlo.Multiply(x, hlo.Add(y, z))

    def rewrite(x, y, z):
        return hlo.Add(hlo.Multiply(x, y), hlo.Multiply(x, z))


class AsExponentials(Rule):
    """logistic(x) => 1 / (1 + exp(-x))"""

    def pattern(x):
        return hlo.Logistic(x)

    def rewrite(x):
        one = hlo.Constant(DenseElementsAttr.splat(x.type, 1.0))
        return hlo.Divide(one, hlo.Add(one, hlo.Exponential(hlo.Negate(x))))


OPS = ["add", "subtract", "multiply", "logistic", "tanh", "maximum"]


def program(ops: list[tuple[str, int, int]], element: str, size: int) -> couloir.Module:
    type = f"tensor<{size}x{element}>"
    values, lines = ["%x", "%y", "%z"], []
    for number, (op, a, b) in enumerate(ops):
        operands = [values[-1 - a % len(values)], values[b % len(values)]][: 1 if op in ("logistic", "tanh") else 2]
        lines.append(f"%v{number} = stablehlo.{op} {', '.join(operands)} : {type}")
        values.append(f"%v{number}")
    arguments = ", ".join(f"%{name}: {type}" for name in "xyz")
    return couloir.parse(
        f"func.func @main({arguments}) -> {type} {{\n" + "\n".join(lines) + f"\nreturn {values[-1]} : {type}\n}}"
    )


@given(
    st.lists(st.tuples(st.sampled_from(OPS), st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=12),
    st.sampled_from(["f32", "f16", "bf16"]),
    st.sampled_from([1, 3, 40]),
    st.integers(0, 1000),
)
def test_rules_that_are_true_of_real_numbers_raise_no_alarm(
    ops: list[tuple[str, int, int]], element: str, size: int, seed: int
) -> None:
    module = program(ops, element, size)
    after = module.clone()
    apply_rules(after, [Reassociate, Distribute, AsExponentials], stop_after=8)
    check = NumericCheck(module, seed=seed)
    try:
        check(after)
    except CheckError as error:  # an overflow of a narrow type on the way is a difference
        assert not (np.isfinite(float(error.before)) and np.isfinite(float(error.after)))


def test_a_mistake_of_some_units_in_the_last_place_is_seen() -> None:
    """One in 10^5, in a network of 40 layers: the bound of its rounding errors alone would be far too wide."""
    generator = np.random.default_rng(0)
    weights = [(generator.standard_normal((64, 64)) * 0.17).astype(np.float32) for _ in range(40)]
    lines, last = ["%zero = stablehlo.constant dense<0.0> : tensor<8x64xf32>"], "%x"
    for number, weight in enumerate(weights):
        data = f'dense<"0x{weight.tobytes().hex()}"> : tensor<64x64xf32>'
        lines += [
            f"%w{number} = stablehlo.constant {data}",
            f"%d{number} = stablehlo.dot_general {last}, %w{number}, contracting_dims = [1] x [0] : "
            "(tensor<8x64xf32>, tensor<64x64xf32>) -> tensor<8x64xf32>",
            f"%r{number} = stablehlo.maximum %d{number}, %zero : tensor<8x64xf32>",
        ]
        last = f"%r{number}"
    text = "func.func @main(%x: tensor<8x64xf32>) -> tensor<8x64xf32> {\n" + "\n".join(lines)
    module = couloir.parse(text + f"\nreturn {last} : tensor<8x64xf32>\n}}")
    wrong = module.clone()
    constant = next(op for op in wrong.walk() if isinstance(op, hlo.Constant) and op.output.type.dims == (64, 64))
    put(constant, lambda: hlo.Constant(DenseElementsAttr.from_numpy(constant.value.array * np.float32(1.0001))))
    check = NumericCheck(module)
    with pytest.raises(CheckError):
        check(wrong)
    errors = check.cases[0].errors
    assert errors is not None and not errors.coarse and 0 < errors.each[0].used < 0.1


def test_where_nothing_can_be_derived_half_of_the_digits_count() -> None:
    text = """
        func.func @main(%x: tensor<4x4xf32>) -> tensor<4x4xf32> {
          %a = stablehlo.constant dense<[[4.0, 1.0, 0.0, 0.0], [1.0, 4.0, 1.0, 0.0], [0.0, 1.0, 4.0, 1.0], [0.0, 0.0, 1.0, 4.0]]> : tensor<4x4xf32>
          %c = "stablehlo.cholesky"(%a) {lower = true} : (tensor<4x4xf32>) -> tensor<4x4xf32>
          %b = stablehlo.add %c, %x : tensor<4x4xf32>
          return %b : tensor<4x4xf32>
        }"""

    def scaled(factor: float) -> Callable[[Operation], object]:
        def change(root: Operation) -> None:
            old = first(root, hlo.Add)
            size = DenseElementsAttr.splat(old.result.type, factor)
            put(old, lambda: hlo.Multiply(hlo.Add(old.lhs, old.rhs), hlo.Constant(size)))

        return change

    run(text, scaled(1.0001))
    with pytest.raises(CheckError, match="output 0") as caught:
        run(text, scaled(1.01))
    assert "the rounding errors could not be estimated: half of the digits have to agree" in caught.value.notes


def test_sums_in_f64_may_be_done_in_another_order() -> None:
    """There is no more precise run that would say how much of the bound was used up."""
    text = """
        func.func @main(%x: tensor<200xf64>, %y: tensor<200xf64>, %z: tensor<200xf64>) -> tensor<200xf64> {
          %a = stablehlo.add %x, %y : tensor<200xf64>
          %b = stablehlo.add %a, %z : tensor<200xf64>
          return %b : tensor<200xf64>
        }"""
    run(text, reassociate)
    with pytest.raises(CheckError):
        run(text, lambda root: put(first(root, hlo.Add), lambda: _slightly_more(first(root, hlo.Add))))


def _slightly_more(old: Operation) -> Operation:
    factor = hlo.Constant(DenseElementsAttr.splat(old.result.type, 1 + 1e-14))
    return hlo.Multiply(hlo.Add(old.lhs, old.rhs), factor)


def test_integers_are_such_that_the_program_is_defined() -> None:
    """No division by zero, and for ONNX operators no negative index."""
    divide = couloir.parse("""
        func.func @main(%x: tensor<500xi32>, %y: tensor<500xui8>) -> tensor<500xi32> {
          %a = stablehlo.divide %x, %x : tensor<500xi32>
          return %a : tensor<500xi32>
        }""")
    x, y = random_inputs(first(divide, func.FuncOp))
    assert set(x.tolist()) == {-4, -3, -2, -1, 1, 2, 3, 4} and set(y.tolist()) == {1, 2, 3, 4}
    gather = couloir.parse("""
        func.func @main(%x: tensor<3x2xf32>, %i: tensor<500xi64>) -> tensor<500x2xf32> {
          %a = "onnx.GatherV13"(%x, %i) <{axis = 0 : i64}> : (tensor<3x2xf32>, tensor<500xi64>) -> tensor<500x2xf32>
          return %a : tensor<500x2xf32>
        }""")
    assert set(random_inputs(first(gather, func.FuncOp))[1].tolist()) == {0, 1, 2}


@pytest.mark.parametrize(
    "element",
    ["f64", "f32", "bf16", "f16", "f8E5M2", "f8E4M3FN", "i64", "i8", "i4", "i2", "complex<f32>", "complex<f64>"],
)
def test_every_element_type_is_checked(element: str) -> None:
    type = f"tensor<7x{element}>"
    text = f"""
        func.func @main(%x: {type}) -> {type} {{
          %a = stablehlo.negate %x : {type}
          return %a : {type}
        }}"""
    run(text, lambda root: put(first(root, hlo.Negate), lambda: hlo.Negate(first(root, hlo.Negate).operand)))

    def wrong(root: Operation) -> None:
        old = first(root, hlo.Negate)
        put(old, lambda: hlo.Multiply(old.operand, old.operand))

    with pytest.raises(CheckError):
        run(text, wrong)


def test_a_program_that_draws_random_numbers_is_not_compared() -> None:
    module = couloir.parse("""
        func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
          %a = stablehlo.constant dense<0.0> : tensor<f32>
          %b = stablehlo.constant dense<1.0> : tensor<f32>
          %s = stablehlo.constant dense<4> : tensor<1xi64>
          %r = stablehlo.rng %a, %b, %s, distribution = UNIFORM : (tensor<f32>, tensor<f32>, tensor<1xi64>) -> tensor<4xf32>
          %z = stablehlo.constant dense<0.0> : tensor<4xf32>
          %y = stablehlo.subtract %r, %z : tensor<4xf32>
          return %y : tensor<4xf32>
        }
    """)
    check = CheckEach()
    couloir.opt(module, "canonicalize", check_each=check)
    assert check.skipped == ["@main is not checked: `stablehlo.rng` gives other numbers in each run"]
    with pytest.raises(Error, match="the program cannot be run as it is") as caught:
        couloir.bisect(module, "canonicalize")
    assert "gives other numbers in each run" in str(caught.value)


def _unsigned_and_complex() -> ModuleOp:
    return couloir.parse("""
        func.func @main(%u: tensor<4xui8>, %v: tensor<4xui4>, %c: tensor<4xcomplex<f32>>)
            -> (tensor<4xf32>, tensor<4xui8>, tensor<4xui4>, tensor<4xcomplex<f32>>) {
          %f = stablehlo.convert %u : (tensor<4xui8>) -> tensor<4xf32>
          %e = stablehlo.exponential %f : tensor<4xf32>
          %d = stablehlo.divide %u, %u : tensor<4xui8>
          %m = stablehlo.multiply %c, %c : tensor<4xcomplex<f32>>
          %n = stablehlo.not %v : tensor<4xui4>
          return %e, %d, %n, %m : tensor<4xf32>, tensor<4xui8>, tensor<4xui4>, tensor<4xcomplex<f32>>
        }
    """)


def test_a_lowering_of_unsigned_and_complex_numbers_is_compared() -> None:
    """The buffers hold integers without a sign, and real and imaginary parts beside each other."""
    check = CheckEach()
    pipeline = couloir.api.standard_pipeline(_unsigned_and_complex(), "loops")
    _, report = couloir.opt(_unsigned_and_complex(), pipeline, check_each=check)
    assert check.skipped == []
    assert any("same results" in note for note in report.runs[-1].notes)
    assert couloir.bisect(_unsigned_and_complex(), pipeline) is None


def test_a_wrong_lowering_of_complex_numbers_is_found() -> None:
    pipeline = couloir.api.standard_pipeline(_unsigned_and_complex(), "loops") + PassPipeline.parse("ck-addition")
    with pytest.raises(CheckError, match="ck-addition"):
        couloir.opt(_unsigned_and_complex(), pipeline, check_each=True)


@attrs.frozen
class Addition(Pass, name="ck-addition"):
    """Makes additions of subtractions."""

    def run(self, op: Operation, context: PassContext) -> None:
        for inner in list(op.walk()):
            if isinstance(inner, arith.SubF):
                assert inner.parent is not None
                made = arith.AddF(inner.lhs, inner.rhs)
                inner.parent.insert_before(inner, made)
                inner.result.replace_all_uses_with(made.result)
                inner.erase()
