"""The evaluation of modules: arguments, meanings, regions, blocks, calls, memory, domains and errors."""

from __future__ import annotations

import weakref
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.backends.numpy import (
    Leave,
    NotInDomain,
    Run,
    evaluate_op,
    floats,
    has_meaning,
    integers,
    meaning,
    rationals,
    residues,
    run,
)
from couloir.backends.numpy.meanings import declare_resolver, declare_table
from couloir.dialects import arith, func, hlo, scf
from couloir.dialects.builtin import ModuleOp
from couloir.ir import fields
from couloir.ir.builder import at_end
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Operands, Result, Results
from couloir.ir.location import NameLoc
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.traits import IsTerminator, ReturnLike
from couloir.ir.types import TensorType, Type, f32, i1, i32, index
from tests.backends.numpy.programs import numbers, program

MATRIX = TensorType((2, 3), f32)


def doubled() -> ModuleOp:
    return program([MATRIX], lambda x: hlo.Add(x, x))


# -- arguments ------------------------------------------------------------------------------------------------------


def test_a_function_gives_a_tuple_of_arrays() -> None:
    x = numbers((2, 3), "f4")
    results = run(doubled(), x)
    assert isinstance(results, tuple)
    np.testing.assert_array_equal(results[0], x + x)


def test_a_function_can_be_run_itself_and_private_ones_by_name() -> None:
    module = couloir.parse("""
        func.func private @one() -> i32 { %0 = arith.constant 1 : i32  return %0 : i32 }
        func.func @two() -> i32 { %0 = arith.constant 2 : i32  return %0 : i32 }
        func.func @three() -> i32 { %0 = arith.constant 3 : i32  return %0 : i32 }
    """)
    assert run(module)[0] == 2
    assert run(module, function="one")[0] == 1
    assert run(module.functions[0])[0] == 1


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ((), ["@main takes 1 argument, 0 were given", "tensor<2x3xf32>"]),
        ((np.zeros((2, 3)),), ["argument 0 is float64[2, 3], not float32[2, 3]"]),
        ((np.zeros((3, 2), np.float32),), ["argument 0 is float32[3, 2], not float32[2, 3]"]),
        ((np.zeros((2, 3, 1), np.float32),), ["argument 0 is float32[2, 3, 1], not float32[2, 3]"]),
        (([1, 2],), ["argument 0 is int64[2], not float32[2, 3]"]),
        (("text",), ["argument 0 is"]),
    ],
)
def test_arguments_that_do_not_fit_are_named(arrays: Any, said: list[str]) -> None:
    with pytest.raises(Error) as caught:
        run(doubled(), *arrays)
    for words in said:
        assert words in str(caught.value)


def test_all_arguments_that_do_not_fit_are_named_with_their_names() -> None:
    module = couloir.parse("""
        func.func @main(%image: tensor<?x2xf32>, %ok: tensor<f32>, %scale: tensor<i32>) { return }
    """)
    with pytest.raises(Error) as caught:
        run(module, np.zeros((3, 4), np.float32), np.zeros((), np.float32), np.zeros((), np.int64))
    assert "argument 0 (image) is float32[3, 4], not float32[?, 2] (and 1 more)" in str(caught.value)
    assert "argument 2 (scale) is int64[], not int32[]" in str(caught.value)
    run(module, np.zeros((5, 2), np.float32), np.zeros((), np.float32), np.zeros((), np.int32))


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("func.func private @one() { return }", None, ["no public function", "@one"]),
        ("func.func private @one()", None, ["no public function"]),
        ("func.func @one() { return }", "on", ["no function @on", "did you mean `one`"]),
        ("func.func private @one()", "one", ["@one is only declared"]),
        ("", None, ["no public function"]),
    ],
)
def test_functions_that_are_not_there(text: str, name: str | None, said: list[str]) -> None:
    with pytest.raises(Error) as caught:
        run(couloir.parse(text), function=name)
    for words in said:
        assert words in str(caught.value)


def test_evaluate_op_wants_an_array_for_each_operand() -> None:
    op = hlo.Add(hlo.constant(1.0, f32), hlo.constant(2.0, f32))
    assert evaluate_op(op, np.float32(3), np.float32(4))[0] == 7
    with pytest.raises(Error, match=r"`stablehlo\.add` has 2 operands; 1 arrays were given"):
        evaluate_op(op, np.float32(3))


# -- meanings -------------------------------------------------------------------------------------------------------


class Scale(Operation):
    """Base of ops that multiply by a number of the class."""

    operand: Operand[TensorType]
    result: Result[TensorType] = fields.result()
    factor = 1

    def infer(self) -> Type:
        return self.operand.type


class Twice(Scale, name="notebook.twice"):
    """Multiplies by two."""


class Thrice(Scale, name="notebook.thrice"):
    """Multiplies by three."""


class Block2(Operation, name="notebook.block"):
    """Runs its region on its operands."""

    inputs: Operands[Any]
    body: Region = fields.region(blocks="one")
    outputs: Results[Any] = fields.result()


class Give(Operation, name="notebook.give", traits=(IsTerminator, ReturnLike)):
    """Ends a region."""

    values: Operands[Any]


class Stop(Operation, name="notebook.stop", traits=(IsTerminator,)):
    """Ends a region with its operands turned round."""

    values: Operands[Any]


@meaning(Twice)
def _twice(xp: Any, op: Twice, operand: Any) -> Any:
    return xp.apply("add", operand, operand)


@meaning(Block2)
def _block(xp: Any, op: Block2, *inputs: Any) -> Any:
    return (yield Run(op.body, inputs))


@meaning(Stop)
def _stop(xp: Any, op: Stop, *values: Any) -> Leave:
    return Leave(values[::-1])


def test_an_op_of_ones_own_runs_after_one_decorator() -> None:
    x = numbers((2, 3), "f4")
    module = program([MATRIX], Twice)
    np.testing.assert_array_equal(run(module, x)[0], 2 * x)
    assert run(module, x, domain=rationals)[0].dtype == object


def test_a_meaning_serves_subclasses_and_a_later_one_replaces_it() -> None:
    x = numbers((2, 3), "f4")
    module = program([MATRIX], Thrice)
    assert not has_meaning(module.functions[0].entry.first_op)  # pyright: ignore[reportArgumentType]
    meaning(Scale)(lambda xp, op, operand: operand * np.float32(3))
    np.testing.assert_array_equal(run(module, x)[0], 3 * x)
    np.testing.assert_array_equal(run(program([MATRIX], Twice), x)[0], 2 * x)  # the nearer class wins
    meaning(Thrice)(lambda xp, op, operand: operand * np.float32(30))
    np.testing.assert_array_equal(run(module, x)[0], 30 * x)


def test_return_like_ops_need_no_meaning_and_others_leave_with_what_they_like() -> None:
    def body(a: Any, b: Any) -> Any:
        made: list[Any] = []
        for terminator in (Give, Stop):
            inner = Block([f32_scalar, f32_scalar])
            with at_end(inner):
                terminator(inner.arguments)
            made.append(Block2([a, b], Region([inner]), result_types=[f32_scalar, f32_scalar]))
        return made

    f32_scalar = TensorType((), f32)
    results = run(program([f32_scalar, f32_scalar], body), np.float32(1), np.float32(2))
    assert [float(r) for r in results] == [1, 2, 2, 1]


def test_the_table_and_the_resolver_of_another_dialect(tmp_path: Any, monkeypatch: Any) -> None:
    class Late(Operation, name="late.op"):
        result: Result[Any] = fields.result()

    class Made(Operation, name="late.made"):
        result: Result[Any] = fields.result()

    (tmp_path / "late_table.py").write_text(
        "import numpy as np\n"
        "from couloir.backends.numpy import meaning\n"
        "from couloir.ir.registry import REGISTRY\n"
        "@meaning(REGISTRY.operation('late.op'))\n"
        "def late(xp, op):\n"
        "    return np.float32(5)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    declare_table("late", "late_table")
    declare_resolver("late", lambda cls: (lambda xp, op: np.float32(6)) if cls is Made else None)
    assert evaluate_op(Late(result_types=[f32]))[0] == 5
    assert evaluate_op(Made(result_types=[f32]))[0] == 6


def test_all_ops_without_a_meaning_are_named_before_anything_runs() -> None:
    ran: list[int] = []

    class Loud(Operation, name="notebook.loud"):
        """Says that it ran."""

    meaning(Loud)(lambda xp, op: ran.append(1))
    module = couloir.parse(
        """
        func.func @main() {
          "notebook.loud"() : () -> ()
          "other.first"() : () -> () loc("here")
          "other.first"() : () -> ()
          func.call @callee() : () -> ()
          return
        }
        func.func private @callee() { "other.second"() : () -> ()  return }
        func.func private @unused() { "other.third"() : () -> ()  return }
        """,
        allow_unregistered=True,
    )
    with pytest.raises(Error) as caught:
        run(module)
    text = str(caught.value)
    assert "3 ops have no meaning in the NumPy back end: `other.first`, `other.second`" in text
    assert "`other.first`: 2 of them, first at here" in text
    assert "third" not in text
    assert not ran


def test_an_op_and_a_global_without_meaning() -> None:
    class Strange(Operation, name="notebook.strange"):
        """Nobody knows."""

    with pytest.raises(Error, match="1 op has no meaning"):
        evaluate_op(Strange())
    assert not has_meaning(Strange())


def test_a_meaning_that_gives_nothing_where_results_are_due() -> None:
    class Silent(Operation, name="notebook.silent"):
        result: Result[Any] = fields.result()

    meaning(Silent)(lambda xp, op: None)
    with pytest.raises(Error, match="gives nothing for 1 results"):
        evaluate_op(Silent(result_types=[f32]))


def test_numpy_scalars_become_arrays() -> None:
    """NumPy gives scalars for sums of arrays of rank 0."""
    assert isinstance(evaluate_op(Twice(hlo.constant(1.0, f32)), np.asarray(1, np.float32))[0], np.ndarray)
    meaning(Thrice)(lambda xp, op, operand: operand + operand + operand)
    assert isinstance(evaluate_op(Thrice(hlo.constant(1.0, f32)), np.asarray(1, np.float32))[0], np.ndarray)


# -- errors while running -------------------------------------------------------------------------------------------


def test_errors_say_at_which_op() -> None:
    module = couloir.parse("""
        func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
          %0 = stablehlo.exponential %x : tensor<2xf32> loc("layer 7")
          return %0 : tensor<2xf32>
        }""")
    with pytest.raises(NotInDomain) as caught:
        run(module, np.ones(2, np.float32), domain=rationals)
    assert str(caught.value).startswith("layer 7: `exponential` is not in the domain rationals")


def test_an_op_that_is_not_well_formed_is_an_error_at_its_place() -> None:
    value = hlo.constant(np.zeros(3, np.float32))
    op = hlo.Transpose.create([value.output], [MATRIX], {}, location=NameLoc("bad"))
    with pytest.raises(Error, match="lacks its attribute `permutation`") as caught:
        evaluate_op(op, np.zeros(3, np.float32))
    assert caught.value.where == "bad"

    def fails(xp: Any, op: Any, operand: Any) -> Any:
        return operand.shape[7]

    meaning(Thrice)(fails)
    with pytest.raises(Error, match=r"`notebook.thrice` \(tensor<f32>\) cannot be computed: IndexError") as caught:
        evaluate_op(Thrice(hlo.constant(1.0, f32)), np.float32(1))
    assert caught.value.where == "`notebook.thrice`"


def test_too_much_memory_is_an_error() -> None:
    def fails(xp: Any, op: Any, operand: Any) -> Any:
        raise MemoryError("128 TiB")

    meaning(Thrice)(fails)
    with pytest.raises(Error, match="MemoryError: 128 TiB"):
        evaluate_op(Thrice(hlo.constant(1.0, f32)), np.float32(1))


def test_regions_and_blocks_that_cannot_be_run() -> None:
    with pytest.raises(Error, match="a region that is empty"):
        evaluate_op(Block2((), Region(), result_types=()))
    with pytest.raises(Error, match="a block that has no terminator"):
        evaluate_op(Block2((), Region([Block()]), result_types=()))
    ended = Block([i32])
    with at_end(ended):
        Give(())
    with pytest.raises(Error, match="cannot be computed"):
        evaluate_op(Block2((), Region([ended]), result_types=()))


def test_calls_of_what_cannot_be_called() -> None:
    module = couloir.parse("func.func @main() { func.call @far() : () -> ()  return }  func.func private @far()")
    with pytest.raises(Error, match="which has no body"):
        run(module)
    lost = func.Call("nowhere", (), result_types=())
    with pytest.raises(Error, match="no symbol @nowhere"):
        evaluate_op(lost)


# -- regions, blocks, calls -----------------------------------------------------------------------------------------


def test_regions_see_the_values_around_them() -> None:
    module = couloir.parse("""
        func.func @main(%p: i1, %x: i32) -> i32 {
          %one = arith.constant 1 : i32
          %0 = scf.if %p -> (i32) {
            %a = arith.addi %x, %one : i32
            %b = scf.if %p -> (i32) { %c = arith.addi %a, %x : i32  scf.yield %c : i32 } else { scf.yield %x : i32 }
            scf.yield %b : i32
          } else { scf.yield %x : i32 }
          %1 = arith.addi %0, %one : i32
          return %1 : i32
        }""")
    assert run(module, np.bool_(True), np.int32(5))[0] == 12
    assert run(module, np.bool_(False), np.int32(5))[0] == 6


def test_a_deep_nest_needs_no_deep_stack() -> None:
    depth = 5_000
    function = func.FuncOp.build("main", [i1, i32], [i32])
    condition, x = function.arguments
    place: Any = function.entry
    ends: list[tuple[Any, Value[Any]]] = []
    for _ in range(depth):
        with at_end(place):
            x = arith.AddI(x, function.arguments[1]).result
            branches = [Region([Block()]), Region([Block()])]
            with at_end(branches[1].block):
                scf.Yield([x])
            made = scf.If(condition, *branches, result_types=[i32])
        ends.append((place, made.outputs[0]))
        place = branches[0].block
    with at_end(place):
        scf.Yield([x])
    for block, value in reversed(ends[1:]):
        with at_end(block):
            scf.Yield([value])
    with at_end(function.entry):
        func.Return([ends[0][1]])
    assert run(ModuleOp.empty([function]), np.bool_(True), np.int32(3))[0] == 3 * (depth + 1)


RECURSIVE = """
  func.func @main(%n: i32) -> i32 {
    %zero = arith.constant 0 : i32
    %one = arith.constant 1 : i32
    %done = arith.cmpi eq, %n, %zero : i32
    cf.cond_br %done, ^end(%zero : i32), ^again
  ^again:
    %m = arith.subi %n, %one : i32
    %r = func.call @main(%m) : (i32) -> i32
    %s = arith.addi %r, %n : i32
    cf.br ^end(%s : i32)
  ^end(%result: i32):
    return %result : i32
  }
"""


def test_functions_call_themselves_deeply() -> None:
    """Each call has values of its own."""
    assert run(couloir.parse(RECURSIVE), np.int32(5_000))[0] == 5_000 * 5_001 // 2


def test_functions_that_call_themselves_for_ever_end_with_an_error() -> None:
    module = couloir.parse("""
        func.func @main(%n: i32) -> i32 {
          %r = func.call @main(%n) : (i32) -> i32
          return %r : i32
        }
    """)
    with pytest.raises(Error, match="calls and regions are more than 100000 deep"):
        run(module, np.int32(1))


def test_blocks_in_a_loop_and_arguments_that_change_places() -> None:
    module = couloir.parse("""
        func.func @main(%n: i32) -> (i32, i32) {
          %zero = arith.constant 0 : i32
          %one = arith.constant 1 : i32
          cf.br ^loop(%zero, %zero, %one : i32, i32, i32)
        ^loop(%i: i32, %a: i32, %b: i32):
          %go = arith.cmpi slt, %i, %n : i32
          cf.cond_br %go, ^next, ^end(%a, %b : i32, i32)
        ^next:
          %c = arith.addi %a, %b : i32
          %j = arith.addi %i, %one : i32
          cf.br ^loop(%j, %b, %c : i32, i32, i32)
        ^end(%x: i32, %y: i32):
          cf.br ^turn(%y, %x : i32, i32)
        ^turn(%u: i32, %v: i32):
          return %u, %v : i32, i32
        }""")
    assert [int(v) for v in run(module, np.int32(10))] == [89, 55]


@pytest.mark.parametrize(("flag", "expected"), [(7, 30), (-1, 41), (0, 50), (8, 50)])
def test_switch(flag: int, expected: int) -> None:
    module = couloir.parse("""
        func.func @main(%flag: i32) -> i32 {
          %a = arith.constant 30 : i32
          %b = arith.constant 40 : i32
          %c = arith.constant 50 : i32
          %one = arith.constant 1 : i32
          cf.switch %flag : i32, [
            default: ^end(%c : i32),
            7: ^end(%a : i32),
            4294967295: ^sum(%b, %one : i32, i32)
          ]
        ^sum(%x: i32, %y: i32):
          %s = arith.addi %x, %y : i32
          cf.br ^end(%s : i32)
        ^end(%r: i32):
          return %r : i32
        }""")
    assert run(module, np.int32(flag))[0] == expected


def test_assertions_stop_the_program() -> None:
    module = couloir.parse('func.func @main(%p: i1) { cf.assert %p, "not so"  return }')
    assert run(module, np.bool_(True)) == ()
    with pytest.raises(Error, match="the program stops: not so"):
        run(module, np.bool_(False))


def test_composites_call_their_decomposition() -> None:
    module = couloir.parse("""
        func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
          %0 = stablehlo.composite "my.twice" %x {decomposition = @twice} : (tensor<2xf32>) -> tensor<2xf32>
          return %0 : tensor<2xf32>
        }
        func.func private @twice(%x: tensor<2xf32>) -> tensor<2xf32> {
          %0 = stablehlo.add %x, %x : tensor<2xf32>
          return %0 : tensor<2xf32>
        }""")
    assert run(module, np.ones(2, np.float32))[0].tolist() == [2, 2]


# -- memory ---------------------------------------------------------------------------------------------------------


class Fresh(Operation, name="notebook.fresh"):
    """A new array from its operands; says how many others are alive."""

    inputs: Operands[Any]
    result: Result[Any] = fields.result()


def test_values_are_forgotten_after_their_last_use() -> None:
    made: list[weakref.ref[Any]] = []
    most = 0

    def fresh(xp: Any, op: Fresh, *inputs: Any) -> Any:
        nonlocal most
        array = np.zeros(3, np.float32)
        made.append(weakref.ref(array))
        most = max(most, sum(ref() is not None for ref in made))
        return array

    meaning(Fresh)(fresh)
    type = TensorType((3,), f32)

    def chain() -> Any:
        value: Any = Fresh((), result_types=[type])
        for _ in range(50):
            Fresh([value], result_types=[type])  # a result that nobody uses
            value = Fresh([value], result_types=[type])
        return value

    run(program([], chain))
    assert len(made) == 101
    assert most <= 3  # the operand, the result, and the unused one until its op is done

    made.clear()
    most = 0

    def loop() -> Any:
        kept = Fresh((), result_types=[type])
        loop = scf.For.build(*(arith.constant(n, index) for n in (0, 20, 1)))
        with at_end(loop.body.block):
            Fresh([Fresh([kept], result_types=[type])], result_types=[type])
            scf.Yield()
        return Fresh([kept], result_types=[type])

    run(program([], loop))
    assert len(made) == 42
    assert most <= 3


# -- domains --------------------------------------------------------------------------------------------------------


def polynomial(x: Any, w: Any, b: Any) -> Any:
    """A convolution, a bias and a sum of squares: what a finite field can say."""
    made = hlo.Convolution(x, w, padding=((1, 1),), dimension_numbers=hlo.ConvDimensionNumbers.of("bf0", "oi0", "bf0"))
    shifted = hlo.Add(made, hlo.broadcast_in_dim(b, made.result.type.shape, [1]))
    return hlo.reduce(hlo.Multiply(shifted, shifted), hlo.constant(0.0, f32), [1, 2], "add")


def big(x: Any, w: Any, b: Any) -> Any:
    """`polynomial` with Python's integers."""
    x, w, b = (a.astype(int).astype(object) for a in (x, w, b))
    padded = np.concatenate([x[..., :1] * 0, x, x[..., :1] * 0], axis=2)
    length = x.shape[2] + 2 - w.shape[2] + 1
    parts = [np.einsum("bfk,ofk->bo", padded[:, :, i : i + w.shape[2]], w) + b for i in range(length)]
    return sum((part * part).sum(1) for part in parts)


@given(seed=st.integers(0, 999))
def test_one_module_in_every_domain(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w, b = (rng.integers(-(2**20), 2**20, s).astype(np.float32) for s in ((2, 3, 5), (4, 3, 3), (4,)))
    module = program([x, w, b], polynomial)
    expected = big(x, w, b)
    for domain in (integers, rationals):
        (result,) = run(module, x, w, b, domain=domain)
        assert [int(v) for v in result] == expected.tolist()
    (field,) = run(module, x, w, b, domain=residues)
    assert residues.to_residues(field).tolist() == [v % (2**31 - 1) for v in expected.tolist()]
    (rounded,) = run(module, x, w, b)
    np.testing.assert_allclose(rounded, expected.astype(float), rtol=1e-4)


def test_averages_are_exact_in_fractions_and_arguments_may_be() -> None:
    module = program([TensorType((3,), f32)], lambda x: hlo.Divide(x, hlo.constant(np.full(3, 7, np.float32))))
    thirds = np.array([Fraction(1, 3), Fraction(2), Fraction(0)], dtype=object)
    assert run(module, thirds, domain=rationals)[0].tolist() == [Fraction(1, 21), Fraction(2, 7), 0]
    with pytest.raises(Error, match="argument 0 is object"):
        run(module, thirds, domain=floats)


def test_control_flow_and_integers_are_the_same_in_every_domain() -> None:
    module = couloir.parse(RECURSIVE)
    for domain in (floats, integers, rationals, residues):
        assert run(module, np.int32(4), domain=domain)[0] == 10
