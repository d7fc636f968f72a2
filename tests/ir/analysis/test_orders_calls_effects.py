"""Topological orders, calls, effects, and their networkx views."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.dialects import arith, cf
from couloir.ir.analysis.calls import Calls, SymbolTables
from couloir.ir.analysis.effects import Effect, effects, is_speculatable
from couloir.ir.analysis.graphs import call_graph, def_use_graph
from couloir.ir.analysis.orders import strong_components, topological_order
from couloir.ir.attributes import SymbolRefAttr
from couloir.ir.fields import region
from couloir.ir.operation import Block, Operation, Region
from couloir.ir.traits import RecursiveMemoryEffects
from couloir.ir.types import i1, i32


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=8))
def test_an_order_of_any_graph_of_ops(links) -> None:
    ops = [arith.constant(0, i32)] + [arith.AddI(arith.constant(0, i32), arith.constant(0, i32)) for _ in links]
    for op, (a, b) in zip(ops[1:], links, strict=True):
        op.set_operand(0, ops[a % len(ops)])
        op.set_operand(1, ops[b % len(ops)])
    block = Block(ops=ops)
    order = topological_order(block)
    graph = nx.DiGraph([(v.defining_op, op) for op in ops for v in op.operands])
    cyclic = [set(c) for c in nx.strongly_connected_components(graph) if len(c) > 1]
    cyclic += [{op} for op in graph if graph.has_edge(op, op) and not any(op in c for c in cyclic)]
    assert {frozenset(c) for c in order.cycles} == {frozenset(c) for c in cyclic}
    assert sorted(map(id, order)) == sorted(map(id, ops))
    after_cycle = {d for c in cyclic for op in c for d in nx.descendants(graph, op) | {op}}
    place = {op: n for n, op in enumerate(order)}
    for op in ops:
        if op not in after_cycle:
            assert all(place[v.defining_op] < place[op] for v in op.operands)
    assert list(order)[len(ops) - len(after_cycle) :] == [op for op in ops if op in after_cycle]
    if cyclic:
        with pytest.raises(couloir.Error, match="need each other's results"):
            order.raise_if_cyclic()
    else:
        order.raise_if_cyclic()


def test_an_order_that_is_right_stays_and_ops_inside_count() -> None:
    module = couloir.parse("""
    func.func @f(%c: i1, %x: f32) -> f32 {
      %a = arith.addf %x, %x : f32
      %b = arith.mulf %x, %x : f32
      %r = scf.if %c -> (f32) { scf.yield %a : f32 } else { scf.yield %b : f32 }
      return %r : f32
    }""")
    block = module.functions[0].entry
    ops = list(block.ops)
    assert list(topological_order(block)) == ops
    ops[0].move_after(ops[2])
    assert [op.name for op in topological_order(block)] == ["arith.mulf", "arith.addf", "scf.if", "func.return"]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14))
def test_strong_components_are_those_of_networkx(edges) -> None:
    graph = {n: [b for a, b in edges if a == n] for n in range(7)}
    found = strong_components(graph)
    theirs = nx.DiGraph(edges)
    theirs.add_nodes_from(range(7))
    assert {frozenset(c) for c in found} == {frozenset(c) for c in nx.strongly_connected_components(theirs)}
    place = {n: i for i, c in enumerate(found) for n in c}
    assert all(place[b] <= place[a] for a, b in edges)


CALLS = """
module @outer {
  func.func @main(%x: f32) -> f32 {
    %0 = func.call @twice(%x) : (f32) -> f32
    %1 = func.call @twice(%0) : (f32) -> f32
    return %1 : f32
  }
  func.func private @twice(%x: f32) -> f32 {
    %0 = func.call @outside(%x) : (f32) -> f32
    return %0 : f32
  }
  func.func private @outside(f32) -> f32
  func.func private @used(%x: f32) -> f32 attributes {also = @kept} { return %x : f32 }
  func.func private @kept() { return }
  module @inner {
    func.func private @twice(%x: f32) -> f32 {
      %0 = func.call @used(%x) : (f32) -> f32
      return %0 : f32
    }
  }
}"""


def named(module) -> dict[str, Operation]:
    return {f.sym_name: f for f in module.functions}


def test_calls_and_their_graph() -> None:
    module = couloir.parse(CALLS)
    functions = named(module)
    inner = next(op for op in module.walk() if op.name == "builtin.module" and op is not module)
    calls = Calls(module)
    assert [len(calls.callers.get(f, ())) for f in functions.values()] == [0, 2, 1, 1, 0]
    assert calls.external == {functions["main"], functions["kept"]}
    graph = call_graph(module)
    assert len(graph[functions["main"]][functions["twice"]]["calls"]) == 2
    assert graph.nodes[functions["main"]]["external"] and not graph.nodes[functions["twice"]]["external"]
    assert list(graph.predecessors(functions["used"])) == [named(inner)["twice"]]
    assert nx.is_directed_acyclic_graph(graph)
    # Without its table nobody knows who calls it.
    assert Calls(functions["twice"]).external == {functions["twice"]}


def test_symbols_are_looked_up_from_the_inside_out() -> None:
    module = couloir.parse(CALLS)
    inner = next(op for op in module.walk() if op.name == "builtin.module" and op is not module)
    call = next(op for op in inner.walk() if op.name == "func.call")
    tables = SymbolTables()
    assert tables.lookup(call, SymbolRefAttr("twice")) is named(inner)["twice"]
    assert tables.lookup(call, SymbolRefAttr("main")) is named(module)["main"]
    assert tables.lookup(module, SymbolRefAttr("inner", ("twice",))) is named(inner)["twice"]
    assert tables.lookup(call, SymbolRefAttr("nobody")) is None


def test_the_def_use_graph() -> None:
    module = couloir.parse("""
    func.func @f(%x: f32) -> f32 {
      %a = arith.addf %x, %x : f32
      %b = arith.mulf %a, %x : f32
      return %b : f32
    }""")
    function = module.functions[0]
    add, mul, end = function.entry.ops
    (x,) = function.arguments
    graph = def_use_graph(function)
    assert graph[x][add]["uses"] == [(x, 0), (x, 1)]
    assert graph[add][mul]["uses"] == [(add.result, 0)]
    assert list(nx.topological_sort(graph)) == [x, add, mul, end]
    assert nx.ancestors(graph, end) == {x, add, mul}


MEMORY = """
func.func @f(%m: memref<4xf32>, %i: index, %n: i32, %x: f32, %c: i1) {
  %0 = memref.load %m[%i] : memref<4xf32>
  memref.store %x, %m[%i] : memref<4xf32>
  %1 = memref.alloc() : memref<4xf32>
  memref.dealloc %1 : memref<4xf32>
  func.call @g() : () -> ()
  %2 = scf.if %c -> (f32) {
    %3 = memref.load %m[%i] : memref<4xf32>
    scf.yield %3 : f32
  } else {
    memref.store %x, %m[%i] : memref<4xf32>
    scf.yield %x : f32
  }
  %4 = arith.addf %x, %x : f32
  return
}
func.func private @g()
"""


def test_effects_are_read_off_traits_those_of_regions_included() -> None:
    function = couloir.parse(MEMORY).functions[0]
    found = [effects(op) for op in function.entry.ops]
    read, write = Effect.READ, Effect.WRITE
    assert found == [
        *(read, write, Effect.ALLOCATE, Effect.FREE, Effect.UNKNOWN, read | write, Effect.NONE, Effect.NONE)
    ]
    assert [e.changes_memory for e in found] == [False, True, False, True, True, True, False, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%0 = arith.addi %n, %n : i32", True),
        ("%0 = arith.divsi %n, %n : i32", False),
        ("%0 = arith.divsi %n, %zero : i32", False),
        ("%0 = arith.divsi %n, %minus : i32", False),
        ("%0 = arith.remui %n, %two : i32", True),
        ("%0 = arith.divsi %v, %v0 : vector<2xi32>", False),
        ("%0 = arith.divsi %v, %v1 : vector<2xi32>", True),
        ("%0 = memref.load %m[%i] : memref<4xf32>", False),
        ("%0 = memref.alloc() : memref<4xf32>", False),
        ("func.call @g() : () -> ()", False),
        ("%0 = scf.if %c -> (i32) { scf.yield %n : i32 } else { scf.yield %two : i32 }", True),
        ("%0 = scf.if %c -> (i32) { %1 = arith.divui %n, %n : i32 scf.yield %1 : i32 } else { scf.yield %n : i32 }", False),
        ("scf.if %c { memref.store %x, %m[%i] : memref<4xf32> }", False),
        ("%0 = scf.for %k = %i to %i step %i iter_args(%a = %n) -> (i32) { scf.yield %a : i32 }", False),
        ("%0 = scf.for %k = %i to %i step %one iter_args(%a = %n) -> (i32) { scf.yield %a : i32 }", True),
        ("%0 = scf.while (%a = %c) : (i1) -> i1 { scf.condition(%a) %a : i1 } do { ^bb0(%b: i1): scf.yield %b : i1 }", False),
    ],
)  # fmt: skip
def test_what_may_run_where_it_would_not_have_run(text, expected) -> None:
    function = couloir.parse(f"""
    func.func @f(%m: memref<4xf32>, %i: index, %n: i32, %x: f32, %c: i1, %v: vector<2xi32>) {{
      %zero = arith.constant 0 : i32
      %minus = arith.constant -1 : i32
      %two = arith.constant 2 : i32
      %one = arith.constant 1 : index
      %v0 = arith.constant dense<[1, 0]> : vector<2xi32>
      %v1 = arith.constant dense<[1, 2]> : vector<2xi32>
      {text}
      return
    }}
    func.func private @g()""").functions[0]
    op = function.entry.last_op.prev_op
    assert is_speculatable(op) is expected
    assert not is_speculatable(function.entry.last_op)


class Sequence(Operation, name="test.sequence", traits=(RecursiveMemoryEffects,)):
    body: Region = region()


def test_blocks_inside_may_form_a_loop_that_does_not_end() -> None:
    def sequence(*blocks: Block) -> Sequence:
        return Sequence(Region(blocks))

    assert is_speculatable(sequence(Block(ops=[arith.constant(1, i1)])))
    first, second = Block(), Block()
    op = sequence(first, second)
    first.append(cf.Branch.to(second))
    second.append(cf.Branch.to(second))
    assert not is_speculatable(op)


def test_a_divisor_of_one_bit_is_never_safe() -> None:
    true = arith.constant(1, i1)
    assert not is_speculatable(arith.DivSI(true, true))
