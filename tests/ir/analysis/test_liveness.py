"""Liveness against its definition: a path from the place to a use that does not come by the definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.dialects import arith, cf, func
from couloir.ir.analysis.liveness import Liveness
from couloir.ir.builder import before
from couloir.ir.types import i1
from tests.ir.analysis.flow import flow_graphs, region_of


@given(flow_graphs(7), st.data())
def test_live_values_are_those_of_the_definition(edges, data) -> None:
    blocks = region_of(edges)
    ops = []
    for block in blocks:
        with before(block.last_op):
            ops += [arith.constant(1, i1) for _ in range(data.draw(st.integers(0, 2)))]
            for _ in range(data.draw(st.integers(0, 2))):
                if ops:
                    value = data.draw(st.sampled_from(ops))
                    ops.append(arith.OrI(value, data.draw(st.sampled_from(ops))))
    function = blocks[0].parent_op
    live = Liveness(function)
    # Places: before each op, and behind the last op of each block.
    steps = {}
    for i, block in enumerate(blocks):
        inner = list(block.ops)
        for n in range(len(inner)):
            steps[(i, n)] = [(i, n + 1)]
        steps[(i, len(inner))] = [(t, 0) for t in edges[i]]

    def op_at(place):
        inner = list(blocks[place[0]].ops)
        return inner[place[1]] if place[1] < len(inner) else None

    def needed(value, place):
        todo, seen = [place], {place}
        while todo:
            here = todo.pop()
            op = op_at(here)
            if op is not None and value in op.operands:
                return True
            if op is not None and value in op.results:
                continue
            for following in steps[here]:
                if following not in seen:
                    seen.add(following)
                    todo.append(following)
        return False

    values = [op.result for op in ops]
    for i, block in enumerate(blocks):
        inner = list(block.ops)
        out = set(live.live_out(block))
        assert {v for v in values if needed(v, (i, len(inner)))} == out & set(values)
        into = set(live.live_in(block))
        own = {op.result for op in inner if op.results}
        for v in values:
            if v not in own:
                assert needed(v, (i, 0)) == (v in into)
        for n, op in enumerate(inner):
            expected = {v for v in values if needed(v, (i, n + 1))}
            assert {v for v in values if live.is_live_after(v, op)} == expected
            defined = into | {r for before_it in inner[: n + 1] for r in before_it.results}
            assert set(live.live_after(op)) & set(values) == expected & defined


def test_a_value_used_in_a_loop_body_lives_through_the_whole_body() -> None:
    module = couloir.parse("""
    func.func @f(%n: index, %x: f32) -> f32 {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %y = arith.addf %x, %x : f32
      %r = scf.for %i = %c0 to %n step %c1 iter_args(%a = %x) -> (f32) {
        %b = arith.addf %a, %y : f32
        %c = arith.addf %b, %b : f32
        scf.yield %c : f32
      }
      return %r : f32
    }""")
    loop = next(op for op in module.walk() if op.name == "scf.for")
    live = Liveness(module)
    x, y = module.functions[0].arguments[1], loop.prev_op.result
    body = loop.body.block
    assert live.live_in(body) == [y] == live.live_out(body)
    assert live.is_live_after(y, body.first_op)
    assert not live.is_live_after(y, loop)
    assert not live.is_live_after(x, loop)
    assert live.last_uses(y) == [loop]
    assert live.last_uses(body.first_op.result) == [body.first_op.next_op]
    assert set(live.live_after(loop.prev_op)) >= {x, y}
    assert set(live.live_after(loop)) == {loop.results[0]}


def test_what_is_asked_about_must_be_inside() -> None:
    function = func.FuncOp.build("f", [])
    assert Liveness(function).live_after(function) == []
    with pytest.raises(couloir.Error, match="was not inside"):
        Liveness(function).live_in(func.FuncOp.build("g", []).entry)


def test_many_blocks_take_no_quadratic_time() -> None:
    n = 20_000
    blocks = region_of([[i + 1] for i in range(n)] + [[]])
    live = Liveness(blocks[0].parent_op)
    assert live.live_in(blocks[n]) == []
    assert isinstance(blocks[0].last_op, cf.Branch)
