"""Control flow and calls: random programs give the same on tensors, on loops and in C; sanitizers find nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import couloir
from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects import func, hlo
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.hlo.attributes import ComparisonDirection, ScatterDimensionNumbers
from couloir.dialects.hlo.reduction import reducer
from couloir.dialects.shapes import inside
from couloir.ir.builder import at_end
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Region
from couloir.ir.types import TensorType, i32
from couloir.ir.verify import verify
from couloir.passes.pipelines import HLO_TO_LOOPS
from tests.passes.loop_programs import agree, lowered, program, run_sanitized

SHAPE = (2, 3)
TENSOR = TensorType(SHAPE, i32)
SCALAR = TensorType((), i32)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


# -- random programs: a recipe is drawn, then built ---------------------------------------------------------------------------

STEPS = ("add", "subtract", "maximum", "reverse", "update", "put", "scatter", "sort", "sum", "join", "barrier")


def recipes(depth: int) -> Any:
    """A list of steps; each makes one more value. Numbers choose among the values that there are, modulo their count."""
    number = st.integers(0, 9)
    step = st.tuples(st.sampled_from(STEPS), number, number)
    if depth:
        inner = recipes(depth - 1)
        picks = st.lists(number, min_size=1, max_size=3)
        step = st.one_of(
            step,
            st.tuples(st.just("if"), number, st.lists(inner, min_size=2, max_size=2), picks),
            st.tuples(st.just("case"), number, st.lists(inner, min_size=1, max_size=3), picks),
            st.tuples(st.just("while"), st.integers(0, 3), inner, picks, picks),
            st.tuples(st.just("call"), number, number),
        )
    return st.lists(step, min_size=1, max_size=5)


def pick(values: list[Any], number: int) -> Any:
    return values[-1 - number % len(values)]


def first_element(value: Any) -> Any:
    return hlo.reshape(hlo.Slice(value, (0, 0), (1, 1), (1, 1)).result, ()).result


def build(recipe: Any, values: list[Any], callees: int) -> list[Any]:
    """Builds the steps at the place where ops go now. Returns all values that can be used there."""
    values = list(values)
    for kind, *rest in recipe:
        match kind:
            case "if" | "case":
                values += branches(kind, values, *rest, callees)
            case "while":
                values += loop(values, *rest, callees)
            case "call" if callees:
                made = func.Call(
                    f"f{rest[0] % callees}", [pick(values, n) for n in rest], result_types=[TENSOR, TENSOR]
                )
                values += list(made.results)[: 1 + rest[1] % 2]
            case "call":
                pass
            case _:
                values.append(simple(kind, pick(values, rest[0]), pick(values, rest[1])))
    return values


def simple(kind: str, a: Any, b: Any) -> Any:
    match kind:
        case "reverse":
            return hlo.Reverse(a, (1,)).result
        case "update":
            at = first_element(b)
            row = hlo.DynamicSlice(a, [at, at], (1, 2)).result
            return hlo.DynamicUpdateSlice(b, row, [first_element(a), at]).result
        case "put":
            row = hlo.Slice(hlo.Add(a, a).result, (0, 0), (1, 3), (1, 1)).result
            return hlo.DynamicUpdateSlice(b, row, [first_element(b), hlo.constant(0, i32)]).result
        case "scatter":
            numbers = ScatterDimensionNumbers((1,), (0,), (), (), (0,), 1)
            rows = hlo.reshape(hlo.Slice(a, (0, 0), (1, 2), (1, 1)).result, (2,)).result
            combine = reducer("add", [i32])
            return hlo.Scatter([b], rows, [a], numbers, update_computation=combine).outputs[0]
        case "sort":
            order = Block([SCALAR] * 2)
            with inside(order):
                hlo.Return([hlo.Compare(*order.arguments, ComparisonDirection.LT).result])
            return hlo.Sort([b], 1, True, Region([order])).outputs[0]
        case "sum":
            total = hlo.reduce(a, hlo.constant(0, i32), [0], "add").results[0]
            return hlo.Maximum(hlo.broadcast_in_dim(total, SHAPE, (1,)).result, b).result
        case "join":
            return hlo.Slice(hlo.Concatenate([a, b], 1).result, (0, 1), (2, 4), (1, 1)).result
        case "barrier":
            return hlo.OptimizationBarrier([a, b]).results[1]
        case _:
            return {"add": hlo.Add, "subtract": hlo.Subtract, "maximum": hlo.Maximum}[kind](a, b).result


def branches(kind: str, values: list[Any], chosen: int, recipes: Any, picks: Any, callees: int) -> list[Any]:
    regions: list[Region] = []
    for recipe in recipes:
        block = Block()
        with inside(block):
            inner = build(recipe, values, callees)
            hlo.Return([pick(inner, n) for n in picks])
        regions.append(Region([block]))
    index = first_element(pick(values, chosen))
    if kind == "case":
        return list(hlo.Case(index, regions).results)
    condition = hlo.Compare(index, hlo.constant(0, i32), ComparisonDirection.GT).result
    return list(hlo.If(condition, *regions).results)


def loop(values: list[Any], trips: int, recipe: Any, carried: Any, returned: Any, callees: int) -> list[Any]:
    """A counter and carried values; some come back as they are or change places."""
    inits = [hlo.constant(0, i32).result, *(pick(values, n) for n in carried)]
    types = [value.type for value in inits]
    condition, body = Block(types), Block(types)
    with inside(condition):
        less = hlo.Compare(condition.arguments[0], hlo.constant(trips, i32), ComparisonDirection.LT).result
        hlo.Return([less])
    with inside(body):
        counter, *state = body.arguments
        next_ = hlo.Add(counter, hlo.constant(1, i32)).result
        inner = build(recipe, [*values, *state], callees)
        hlo.Return([next_, *(pick(inner, returned[i % len(returned)]) for i in range(len(state)))])
    made = hlo.While(inits, Region([condition]), Region([body]))
    return list(made.results)[1:]


def module_of(functions: Any, main: Any) -> ModuleOp:
    """Functions that may call those before them, of two tensors each, and `@main`."""
    made: list[func.FuncOp] = []
    for number, recipe in enumerate([*functions, main]):
        is_main = number == len(functions)
        name, visibility = ("main", None) if is_main else (f"f{number}", "private" if number % 2 else None)
        function = func.FuncOp.build(name, [TENSOR, TENSOR], [TENSOR, TENSOR], visibility=visibility)
        with at_end(function.entry):
            values = build(recipe, list(function.arguments), number)
            func.Return([values[-1], values[len(values) // 2]])
        made.append(function)
    module = ModuleOp.empty(made[::-1])
    verify(module)
    return module


def arrays(seed: int) -> list[Any]:
    return [np.random.default_rng(seed + i).integers(-3, 4, SHAPE).astype(np.int32) for i in range(2)]


@settings(max_examples=15)
@given(st.lists(recipes(1), max_size=2), recipes(3), st.integers(0, 9))
def test_random_programs(cache: Path, functions: Any, main: Any, seed: int) -> None:
    module = module_of(functions, main)
    agree(module, arrays(seed), cache)


@settings(max_examples=3)
@given(st.lists(recipes(1), min_size=1, max_size=2), recipes(3), st.integers(0, 9))
def test_random_programs_are_clean_under_sanitizers(
    tmp_path_factory: pytest.TempPathFactory, functions: Any, main: Any, seed: int
) -> None:
    module = module_of(functions, main)
    found = run_sanitized(module, arrays(seed), tmp_path_factory.mktemp("sanitized"))
    for one, other in zip(found, evaluate(module, *arrays(seed)), strict=True):
        np.testing.assert_array_equal(one, other)


# -- what the loops look like ----------------------------------------------------------------------------------------------

COUNT = """
func.func @main(%x: tensor<4xf32>, %n: tensor<i32>) -> (tensor<4xf32>, tensor<i32>) {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %r:3 = stablehlo.while(%v = %x, %i = %zero, %end = %n) : tensor<4xf32>, tensor<i32>, tensor<i32>
  cond {
    %c = stablehlo.compare LT, %i, %end : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %w = stablehlo.add %v, %v : tensor<4xf32>
    %j = stablehlo.add %i, %one : tensor<i32>
    stablehlo.return %w, %j, %end : tensor<4xf32>, tensor<i32>, tensor<i32>
  }
  return %r#0, %r#1 : tensor<4xf32>, tensor<i32>
}
"""


def test_a_loop_carries_its_state_in_the_outputs_and_copies_only_what_changes() -> None:
    module = lowered(couloir.parse(COUNT))
    (loop,) = [op for op in module.walk() if op.name == "scf.while"]
    copies = [op for op in module.walk() if op.name == "memref.copy"]
    assert len([op for op in copies if op.parent is loop.parent]) == 2  # what the state begins as
    assert len([op for op in copies if op.parent_op is loop]) == 2  # the next state; %end does not change
    x = np.ones(4, np.float32)
    for trips in (-1, 0, 3):
        value, count = evaluate(module, x, np.int32(trips))
        np.testing.assert_array_equal(value, x * 2.0 ** max(trips, 0))
        assert count == max(trips, 0)


SCAN = """
func.func @main(%xs: tensor<50x40xf32>, %state: tensor<40xf32>) -> tensor<50x40xf32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %one = stablehlo.constant dense<1> : tensor<i32>
  %end = stablehlo.constant dense<50> : tensor<i32>
  %empty = stablehlo.constant dense<0.0> : tensor<50x40xf32>
  %r:3 = stablehlo.while(%i = %zero, %s = %state, %ys = %empty) : tensor<i32>, tensor<40xf32>, tensor<50x40xf32>
  cond {
    %c = stablehlo.compare LT, %i, %end : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %c : tensor<i1>
  } do {
    %row = stablehlo.dynamic_slice %xs, %i, %zero, sizes = [1, 40] : (tensor<50x40xf32>, tensor<i32>, tensor<i32>) -> tensor<1x40xf32>
    %x = stablehlo.reshape %row : (tensor<1x40xf32>) -> tensor<40xf32>
    %t = stablehlo.add %s, %x : tensor<40xf32>
    %y = stablehlo.reshape %t : (tensor<40xf32>) -> tensor<1x40xf32>
    %zs = stablehlo.dynamic_update_slice %ys, %y, %i, %zero : (tensor<50x40xf32>, tensor<1x40xf32>, tensor<i32>, tensor<i32>) -> tensor<50x40xf32>
    %j = stablehlo.add %i, %one : tensor<i32>
    stablehlo.return %j, %t, %zs : tensor<i32>, tensor<40xf32>, tensor<50x40xf32>
  }
  return %r#2 : tensor<50x40xf32>
}
"""


def test_a_loop_writes_its_row_into_the_stack_of_results_and_copies_no_stack(cache: Path) -> None:
    module = couloir.parse(SCAN)
    loops = lowered(module)
    (loop,) = [op for op in loops.walk() if op.name == "scf.while"]
    moved = [op for op in loops.walk() if op.name == "memref.copy" and op.parent_op is loop]
    assert all(op.operands[0].type.shape != (50, 40) for op in moved)
    (kernel,) = [f for f in loops.functions if f.sym_name.startswith("dynamic_update_slice")]
    assert len([op for op in kernel.walk() if op.name in ("affine.for", "scf.for")]) == 1  # over the row only
    rng = np.random.default_rng(0)
    given = [rng.integers(-4, 5, (50, 40)).astype(np.float32), rng.integers(-4, 5, 40).astype(np.float32)]
    (found,) = agree(module, given, cache)
    np.testing.assert_array_equal(found, np.cumsum(given[0], 0) + given[1])


def test_states_that_change_places_are_all_read_before_any_is_written(cache: Path) -> None:
    def body(a: Any, b: Any) -> Any:
        inits = [hlo.constant(0, i32).result, a, b]
        condition, inner = (Block([v.type for v in inits]) for _ in range(2))
        with inside(condition):
            hlo.Return([hlo.Compare(condition.arguments[0], hlo.constant(3, i32), ComparisonDirection.LT).result])
        with inside(inner):
            i, x, y = inner.arguments
            hlo.Return([hlo.Add(i, hlo.constant(1, i32)).result, y, x])
        return list(hlo.While(inits, Region([condition]), Region([inner])).results)[1:]

    given = arrays(0)
    found = agree(program(given, body), given, cache)
    np.testing.assert_array_equal(found[0], given[1])
    np.testing.assert_array_equal(found[1], given[0])


@pytest.mark.parametrize("index", [-(2**31), -1, 0, 1, 2, 3, 2**31 - 1])
def test_a_case_out_of_range_is_the_last_branch(cache: Path, index: int) -> None:
    def body(i: Any) -> Any:
        blocks = [Block() for _ in range(3)]
        for number, block in enumerate(blocks):
            with inside(block):
                hlo.Return([hlo.constant(number, i32).result])
        return list(hlo.Case(i, [Region([block]) for block in blocks]).results)

    given = [np.array(index, np.int32)]
    (found,) = agree(program(given, body), given, cache)
    assert found == (index if 0 <= index < 3 else 2)


def test_recursion_is_refused() -> None:
    text = """
    func.func @main(%x: tensor<i32>) -> tensor<i32> {
      %y = func.call @a(%x) : (tensor<i32>) -> tensor<i32>
      return %y : tensor<i32>
    }
    func.func private @a(%x: tensor<i32>) -> tensor<i32> {
      %y = func.call @b(%x) : (tensor<i32>) -> tensor<i32>
      return %y : tensor<i32>
    }
    func.func private @b(%x: tensor<i32>) -> tensor<i32> {
      %y = func.call @a(%x) : (tensor<i32>) -> tensor<i32>
      return %y : tensor<i32>
    }"""
    with pytest.raises(Error, match="calls itself"):
        HLO_TO_LOOPS.run(couloir.parse(text))


def test_what_cannot_be_lowered_inside_of_regions_is_reported_too() -> None:
    text = """
    func.func private @elsewhere(tensor<i32>) -> tensor<i32>
    func.func @main(%p: tensor<i1>, %x: tensor<i32>) -> tensor<i32> {
      %r = "stablehlo.if"(%p) ({
        %y = func.call @elsewhere(%x) : (tensor<i32>) -> tensor<i32>
        stablehlo.return %y : tensor<i32>
      }, {
        %y = stablehlo.custom_call @system(%x) : (tensor<i32>) -> tensor<i32>
        stablehlo.return %y : tensor<i32>
      }) : (tensor<i1>) -> tensor<i32>
      return %r : tensor<i32>
    }"""
    with pytest.raises(Error, match="cannot be lowered to loops") as caught:
        HLO_TO_LOOPS.run(couloir.parse(text))
    assert "@elsewhere has no body" in str(caught.value)
    assert "stablehlo.custom_call" in str(caught.value)


def test_functions_named_as_kernels_stay_themselves(cache: Path) -> None:
    text = """
    func.func @main(%x: tensor<4xi32>) -> tensor<4xi32> {
      %y = func.call @elementwise_0(%x) : (tensor<4xi32>) -> tensor<4xi32>
      %z = stablehlo.multiply %y, %x : tensor<4xi32>
      return %z : tensor<4xi32>
    }
    func.func private @elementwise_0(%x: tensor<4xi32>) -> tensor<4xi32> {
      %one = stablehlo.constant dense<[1, 2, 3, 4]> : tensor<4xi32>
      %y = stablehlo.add %x, %one : tensor<4xi32>
      return %y : tensor<4xi32>
    }"""
    given = [np.arange(4, dtype=np.int32)]
    (found,) = agree(couloir.parse(text), given, cache)
    np.testing.assert_array_equal(found, (given[0] + [1, 2, 3, 4]) * given[0])


def test_branches_nest_deeply(cache: Path) -> None:
    depth = 400

    def body(p: Any, x: Any) -> Any:
        value, blocks = x, []
        for _ in range(depth):
            blocks.append(Block())
        inner = blocks[-1]
        with inside(inner):
            hlo.Return([hlo.Add(value, value).result])
        for outer, child in zip(blocks[-2::-1], blocks[:0:-1], strict=True):
            other = Block()
            with inside(other):
                hlo.Return([x])
            with inside(outer):
                hlo.Return(list(hlo.If(p, Region([child]), Region([other])).results))
        other = Block()
        with inside(other):
            hlo.Return([x])
        return list(hlo.If(p, Region([blocks[0]]), Region([other])).results)

    given = [np.array(True), np.arange(3, dtype=np.int32)]
    (found,) = evaluate(lowered(program(given, body)), *given)
    np.testing.assert_array_equal(found, given[1] * 2)


def test_an_operand_that_is_read_later_or_by_the_update_itself_is_not_overwritten(cache: Path) -> None:
    zero = np.int32(0)

    def later(x: Any) -> Any:
        value = hlo.Add(x, x).result
        turned = hlo.Reverse(value, (1,)).result  # computed where it is used: after the update
        at = hlo.constant(zero, i32).result
        changed = hlo.DynamicUpdateSlice(value, hlo.Slice(x, (0, 0), (1, 2), (1, 1)).result, [at, at]).result
        return hlo.Subtract(changed, turned).result

    def itself(x: Any) -> Any:
        value = hlo.Add(x, x).result
        row = hlo.Negate(hlo.Slice(value, (0, 0), (2, 2), (1, 1)).result).result  # read while it is written
        at = first_element(x)
        return hlo.DynamicUpdateSlice(value, row, [hlo.constant(zero, i32), at]).result

    def returned(x: Any) -> Any:
        value = hlo.Add(x, x).result
        at = hlo.constant(zero, i32).result
        return [value, hlo.DynamicUpdateSlice(value, hlo.Slice(x, (0, 0), (1, 1), (1, 1)).result, [at, at]).result]

    x = np.array([[1, 2, 3], [4, 5, 6]], np.int32)
    for body in (later, itself, returned):
        agree(program([x], body), [x], cache)
