"""Generic passes: what they remove, what they keep, and that every rule holds exactly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.dialects import func, hlo, memref
from couloir.dialects.builtin import ModuleOp
from couloir.ir.attributes import StringAttr, SymbolRefAttr
from couloir.ir.builder import at_end
from couloir.ir.location import FileLineColLoc
from couloir.ir.operation import Operation, UnregisteredOp, Value
from couloir.ir.passes import Pass, PassContext
from couloir.ir.types import ComplexType, MemRefType, TensorType, Type, f32, f64, i1, i32
from couloir.ir.verify import verify
from couloir.passes.canonicalization import Canonicalize
from couloir.passes.cse import Cse
from couloir.passes.dce import Dce
from couloir.passes.explicit_padding import ExplicitPadding
from couloir.passes.memory_plan import ALIGNMENT, OFFSET, WORKSPACE, MemoryPlan
from couloir.passes.symbol_dce import SymbolDce

V = TensorType((2, 3), f32)


def program(build: Callable[..., object], *types: Type) -> func.FuncOp:
    """A function whose results are what `build` makes of its arguments."""
    function = func.FuncOp.build("main", list(types or (V, V)), [])
    with at_end(function.entry):
        made = build(*function.entry.arguments)
        values = [made] if isinstance(made, Value | Operation) else list(made)
        func.Return(values)
    outputs = [v.type for v in function.entry.last_op.operands]
    function.function_type = type(function.function_type)(tuple(types or (V, V)), tuple(outputs))
    return function


def run(item: Pass, function: Operation) -> PassContext:
    verify(function)
    context = PassContext()
    item.run(function, context)
    verify(function)
    return context


def formula(function: func.FuncOp) -> str:
    """What the function returns, as a formula of its arguments."""
    arguments = function.entry.arguments

    def text(value: Value) -> str:
        op = value.defining_op
        if op is None:
            return "xyzw"[arguments.index(value)]
        return f"{op.name.partition('.')[2]}({', '.join(map(text, op.operands))})"

    return "; ".join(text(v) for v in function.entry.last_op.operands)


def simplified(build: Callable[..., object], *types: Type) -> str:
    function = program(build, *types)
    run(Canonicalize(), function)
    return formula(function)


def full(number: complex, like: Type = V) -> Operation:
    return hlo.constant(number, like.element_type, shape=like.shape)


# -- canonicalization: what goes -----------------------------------------------------------------------------------------

I = TensorType((2, 3), i32)  # noqa: E741 -- as in the equations
B = TensorType((2, 3), i1)
C = TensorType((2, 3), ComplexType(f32))


@pytest.mark.parametrize(
    ("build", "types", "expected"),
    [
        (lambda x, y: hlo.Transpose(hlo.Transpose(x, (1, 0)), (1, 0)), (V, V), "x"),
        (lambda x, y: hlo.Transpose(x, (0, 1)), (V, V), "x"),
        (lambda x, y: hlo.Transpose(x, (1, 0)), (V, V), "transpose(x)"),
        (lambda x, y: hlo.Reverse(hlo.Reverse(x, (0,)), (0,)), (V, V), "x"),
        (lambda x, y: hlo.Reverse(hlo.Reverse(x, (0,)), (1,)), (V, V), "reverse(reverse(x))"),
        (lambda x, y: hlo.Negate(hlo.Negate(x)), (V, V), "x"),
        (lambda x: hlo.Not(hlo.Not(x)), (I,), "x"),
        (lambda x, y: hlo.Multiply(x, full(1)), (V, V), "x"),
        (lambda x, y: hlo.Multiply(full(1), x), (V, V), "x"),
        (lambda x, y: hlo.Multiply(x, full(2)), (V, V), "multiply(x, constant())"),
        (lambda x: hlo.Multiply(x, full(1, C)), (C,), "x"),
        (lambda x, y: hlo.Add(x, full(-0.0)), (V, V), "x"),
        (lambda x, y: hlo.Add(x, full(0.0)), (V, V), "add(x, constant())"),
        (lambda x: hlo.Add(x, full(0, I)), (I,), "x"),
        (lambda x: hlo.Add(x, full(1, I)), (I,), "add(x, constant())"),
        (lambda x: hlo.Add(x, full(0, C)), (C,), "add(x, constant())"),
        (lambda x, y: hlo.Subtract(x, full(0.0)), (V, V), "x"),
        (lambda x, y: hlo.Subtract(x, full(-0.0)), (V, V), "subtract(x, constant())"),
        (lambda x, y: hlo.Subtract(full(0.0), x), (V, V), "subtract(constant(), x)"),
        (lambda x, y: hlo.Divide(x, full(1)), (V, V), "x"),
        (lambda x, y: hlo.Divide(x, full(-1)), (V, V), "divide(x, constant())"),
        (lambda x: hlo.Divide(x, full(1, C)), (C,), "x"),
        (lambda x, p: hlo.Select(p, x, x), (V, B), "x"),
        (lambda x, y, p: hlo.Select(p, x, y), (V, V, B), "select(z, x, y)"),
        (lambda x, y: hlo.Select(full(True, B), x, y), (V, V), "x"),
        (lambda x, y: hlo.Select(full(False, B), x, y), (V, V), "y"),
        (lambda x, y: hlo.Reshape(x, result_types=[V]), (V, V), "x"),
        (lambda x, y: reshape(reshape(x, (6,)), (3, 2)), (V, V), "reshape(x)"),
        (lambda x, y: hlo.Convert(x, result_types=[V]), (V, V), "x"),
        (lambda x, y: hlo.Convert(x, result_types=[TensorType((2, 3), f64)]), (V, V), "convert(x)"),
        (lambda x, y: hlo.BroadcastInDim(x, (0, 1), result_types=[V]), (V, V), "x"),
        (lambda x: spread(x, (1, 0), (3, 3)), (TensorType((3, 3), f32),), "broadcast_in_dim(x)"),
        (lambda x, y: spread(spread(x, (1, 2), (4, 2, 3)), (0, 1, 2), (4, 2, 3)), (V, V), "broadcast_in_dim(x)"),
        (lambda x, y: spread(full(2.5), (1, 2), (4, 2, 3)), (V, V), "constant()"),
        (lambda x, y: hlo.Slice(x, (0, 0), (2, 3), (1, 1)), (V, V), "x"),
        (lambda x, y: hlo.Slice(x, (0, 1), (2, 3), (1, 1)), (V, V), "slice(x)"),
        (lambda x, y: hlo.Pad(x, hlo.constant(0.0, f32), (0, 0), (0, 0), (0, 0)), (V, V), "x"),
        (lambda x, y: hlo.Pad(x, hlo.constant(0.0, f32), (-1, 0), (1, 0), (0, 0)), (V, V), "pad(x, constant())"),
        (lambda x, y: hlo.Concatenate([x], 0), (V, V), "x"),
        (lambda x, y: hlo.Concatenate([x, y], 0), (V, V), "concatenate(x, y)"),
        (lambda x: hlo.Reverse(x, (0,)), (TensorType((1, 3), f32),), "x"),
        (lambda x, y: hlo.Reverse(x, (0,)), (V, V), "reverse(x)"),
    ],
)  # fmt: skip
def test_each_rule_applies_where_it_holds_and_nowhere_else(
    build: Callable[..., object], types: tuple[Type, ...], expected: str
) -> None:
    assert simplified(build, *types) == expected


def reshape(x: object, shape: tuple[int, ...]) -> Operation:
    return hlo.Reshape(x, result_types=[TensorType(shape, f32)])


def spread(x: object, dims: tuple[int, ...], shape: tuple[int, ...]) -> Operation:
    return hlo.BroadcastInDim(x, dims, result_types=[TensorType(shape, f32)])


def test_two_transposes_are_one_with_the_composed_permutation() -> None:
    wide = TensorType((2, 3, 4), f32)
    function = program(lambda x: hlo.Transpose(hlo.Transpose(x, (1, 2, 0)), (1, 0, 2)), wide)
    run(Canonicalize(), function)
    op = function.entry.first_op
    data = np.arange(24).reshape(2, 3, 4)
    np.testing.assert_array_equal(data.transpose(op.permutation), data.transpose(1, 2, 0).transpose(1, 0, 2))


def test_two_broadcasts_are_one_with_the_composed_dimensions() -> None:
    function = program(lambda x: spread(spread(x, (2, 0), (3, 1, 2)), (1, 0, 3), (1, 3, 5, 2)), V)
    run(Canonicalize(), function)
    assert function.entry.first_op.broadcast_dimensions == (3, 1)


def test_unknown_sizes_are_not_taken_to_be_equal() -> None:
    open_type = TensorType((None,), f32)
    part = simplified(lambda x: hlo.Slice(x, (1,), (5,), (1,), result_types=[open_type]), open_type)
    assert part == "slice(x)"


# -- common subexpressions -------------------------------------------------------------------------------------------------


def test_equal_ops_become_one() -> None:
    function = program(lambda x, y: [hlo.Add(x, y), hlo.Add(y, x), hlo.Subtract(x, y), hlo.Subtract(y, x)])
    function.entry.first_op.location = FileLineColLoc("a", 1, 1)
    run(Cse(), function)
    one, two, three, four = function.entry.last_op.operands
    assert one is two
    assert three is not four


def test_ops_that_differ_in_an_attribute_or_a_type_stay() -> None:
    def build(x, y):
        return [hlo.Reverse(x, (0,)), hlo.Reverse(x, (1,)), reshape(x, (6,)), reshape(x, (3, 2))]

    function = program(build)
    run(Cse(), function)
    assert len(set(function.entry.last_op.operands)) == 4


def test_ops_with_effects_are_not_merged() -> None:
    function = program(lambda x, y: [])
    buffer = MemRefType((4,), f32)
    with at_end(block := function.entry):
        block.last_op.detach()
        memref.Alloc(result_types=[buffer])
        memref.Alloc(result_types=[buffer])
        func.Return([])
    run(Cse(), function)
    assert sum(op.name == "memref.alloc" for op in function.walk()) == 2


# -- dead code -------------------------------------------------------------------------------------------------------------


def test_ops_that_nobody_uses_go_and_those_with_effects_stay() -> None:
    def build(x, y):
        hlo.Negate(hlo.Add(x, y))
        return x

    function = program(build)
    function.entry.insert_before(function.entry.last_op, UnregisteredOp.make("foo.effect", [], [f32]))
    run(Dce(), function)
    assert [op.name for op in function.entry.ops] == ["foo.effect", "func.return"]


def test_private_functions_that_nobody_calls_go() -> None:
    def function(name: str, *callees: str, private: bool = True) -> func.FuncOp:
        made = func.FuncOp.build(name, [], [])
        if private:
            made.attributes["sym_visibility"] = StringAttr("private")
        with at_end(made.entry):
            for callee in callees:
                func.Call(callee, [], result_types=[])
            func.Return([])
        return made

    module = ModuleOp()
    if module.body_region.is_empty:
        module.body_region.add_block()
    for made in (
        function("main", "used", private=False),
        function("used", "deep"),
        function("deep"),
        function("alone"),
        function("ping", "pong"),
        function("pong", "ping"),
        function("entry"),
    ):
        module.body_region.block.append(made)
    module.attributes["start"] = SymbolRefAttr("entry")
    run(SymbolDce(), module)
    assert [op.sym_name for op in module.body_region.ops] == ["main", "used", "deep", "entry"]


# -- explicit padding ------------------------------------------------------------------------------------------------------


def test_padding_of_a_pool_becomes_an_op_with_the_initial_value() -> None:
    def build(x):
        low = hlo.constant(-np.inf, f32)
        op = hlo.ReduceWindow([x], [low], (2, 2), padding=((1, 0), (0, 1)))
        block = op.body.add_block([TensorType((), f32), TensorType((), f32)])
        with at_end(block):
            hlo.Return([hlo.Maximum(*block.arguments)])
        return op

    function = program(build, V)
    run(ExplicitPadding(), function)
    pad = next(op for op in function.walk() if op.name == "stablehlo.pad")
    assert (pad.edge_padding_low, pad.edge_padding_high) == ((1, 0), (0, 1))
    window = next(op for op in function.walk() if op.name == "stablehlo.reduce_window")
    assert window.inputs[0] is pad.result
    assert pad.padding_value is window.init_values[0]
    assert window.padding is None


# -- memory plan -----------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=12))
def test_buffers_that_live_at_the_same_time_do_not_overlap(plan: list[tuple[int, int, int]]) -> None:
    """Each buffer has a size and two times of use; the offsets are checked against all pairs."""
    function = func.FuncOp.build("main", [], [])
    block = function.entry
    buffers = [memref.Alloc(result_types=[MemRefType((size,), f32)]) for size, _, _ in plan]
    for buffer in buffers:
        block.append(buffer)
    for time in range(13):
        used = [
            b.result if hasattr(b, "result") else b.memref
            for b, (_, s, e) in zip(buffers, plan, strict=True)
            if time in (s, e)
        ]
        block.append(UnregisteredOp.make("foo.use", used))
    with at_end(block):
        func.Return([])
    MemoryPlan().run(function, PassContext())
    places = [
        (b.attributes[OFFSET].value, 4 * size, min(s, e), max(s, e))
        for b, (size, s, e) in zip(buffers, plan, strict=True)
    ]
    total = function.attributes[WORKSPACE].value
    for number, (offset, size, start, end) in enumerate(places):
        assert offset % ALIGNMENT == 0
        assert offset + size <= total
        for other, other_size, other_start, other_end in places[:number]:
            together = start <= other_end and other_start <= end
            apart = offset + size <= other or other + other_size <= offset
            assert apart or not together
    assert total <= sum(-(-size // ALIGNMENT) * ALIGNMENT for _, size, _, _ in places)


def test_buffers_with_disjoint_lives_share_memory() -> None:
    function = func.FuncOp.build("main", [], [])
    for _ in range(3):
        buffer = memref.Alloc(result_types=[MemRefType((16,), f32)])
        function.entry.append(buffer)
        function.entry.append(UnregisteredOp.make("foo.use", [buffer.results[0]]))
    with at_end(function.entry):
        func.Return([])
    MemoryPlan().run(function, PassContext())
    assert function.attributes[WORKSPACE].value == 64


def test_a_use_in_another_block_keeps_a_buffer_alive_throughout() -> None:
    function = func.FuncOp.build("main", [], [])
    one, two = (memref.Alloc(result_types=[MemRefType((16,), f32)]) for _ in range(2))
    for op in (
        one,
        UnregisteredOp.make("foo.use", [one.results[0]]),
        two,
        UnregisteredOp.make("foo.use", [two.results[0]]),
    ):
        function.entry.append(op)
    later = function.body.add_block() if hasattr(function, "body") else function.regions[0].add_block()
    function.entry.append(UnregisteredOp.make("foo.jump", successors=[later]))
    later.append(UnregisteredOp.make("foo.use", [one.results[0]]))
    MemoryPlan().run(function, PassContext())
    assert one.attributes[OFFSET] is not two.attributes[OFFSET]
