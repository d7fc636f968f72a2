"""Dominance, post-dominance and loops against networkx and against the definitions, tried out path by path."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import couloir
from couloir.ir.analysis.dominance import (
    Dominance,
    dominated_blocks,
    immediate_dominators,
    immediate_post_dominators,
    reverse_postorder,
)
from couloir.ir.analysis.graphs import control_flow_graph, dominator_tree, post_dominator_tree
from couloir.ir.analysis.loops import loops
from couloir.ir.operation import Block
from couloir.ir.types import i32
from couloir.ir.verify import faults
from tests.ir.analysis.flow import flow_graphs, region_of
from tests.passes.programs import loop_programs


def reaches(edges, start, goal, without=None):
    """Whether a path leads from `start` to `goal` that does not touch `without`."""
    if without in (start, goal):
        return False
    todo, seen = [start], {start}
    while todo:
        node = todo.pop()
        if node == goal:
            return True
        for target in edges[node]:
            if target != without and target not in seen:
                seen.add(target)
                todo.append(target)
    return False


@given(flow_graphs())
def test_dominators_are_those_of_networkx_and_of_the_definition(edges) -> None:
    blocks = region_of(edges)
    region = blocks[0].parent
    graph = control_flow_graph(region)
    expected = {b: d for b, d in nx.immediate_dominators(graph, blocks[0]).items() if b is not blocks[0]}
    found = immediate_dominators(region)
    assert found.pop(blocks[0]) is None
    assert found == expected
    dominance = Dominance()
    for i, a in enumerate(blocks):
        for j, b in enumerate(blocks):
            by_paths = not reaches(edges, 0, j, without=i)
            assert dominance.block_dominates(a, b) == (i == j or by_paths), (i, j)


@given(loop_programs(), st.data())
def test_what_dominates_may_be_used(text, data) -> None:
    """As the verifier has it: an op may take a value if that dominates it, wherever the two are nested.

    In a block that control never reaches, an op may take any value of the block, even its own.
    """
    module = couloir.parse(text)
    functions = [op for op in module.walk() if op.name == "func.func"]
    function = data.draw(st.sampled_from(functions))
    ops = [op for op in function.walk() if op is not function]
    values = [r for op in ops for r in op.results]
    values += [a for op in function.walk() for region in op.regions for b in region.blocks for a in b.arguments]
    users = [(op, i) for op in ops for i, v in enumerate(op.operands) if v.type is i32]
    dominance = Dominance()
    for _ in range(5):
        value = data.draw(st.sampled_from([v for v in values if v.type is i32]))
        op, index = data.draw(st.sampled_from(users))
        old = op.operands[index]
        op.set_operand(index, value)
        never_runs = value.parent_block is op.parent and op.parent not in dominated_blocks(op.parent.parent)
        assert (dominance.dominates(value, op) or never_runs) == (not faults(module)), (value, op)
        op.set_operand(index, old)
    first, second = ops[0], ops[1]
    assert dominance.dominates(first, second) and not dominance.dominates(second, first)
    assert not dominance.dominates(first, first)


@given(flow_graphs())
def test_post_dominators_are_those_of_the_definition(edges) -> None:
    blocks = region_of(edges)
    exits = [i for i, targets in enumerate(edges) if not targets]
    found = immediate_post_dominators(blocks[0].parent)
    number = {b: i for i, b in enumerate(blocks)}

    def leaves(i, without=None):
        return any(reaches(edges, i, e, without) for e in exits)

    assert {number[b] for b in found} == {i for i in range(len(edges)) if leaves(i)}
    for block, nearest in found.items():
        i = number[block]
        strict = [j for j in range(len(edges)) if j != i and not leaves(i, without=j)]
        chain = []
        while nearest is not None:
            chain.append(number[nearest])
            nearest = found[nearest]
        assert sorted(chain) == sorted(strict)


@given(flow_graphs(9))
@settings(max_examples=150)
def test_loops_are_those_of_the_definition(edges) -> None:
    blocks = region_of(edges)
    number = {b: i for i, b in enumerate(blocks)}
    live = [i for i in range(len(edges)) if reaches(edges, 0, i)]

    def dominates(a, b):
        return a == b or not reaches(edges, 0, b, without=a)

    back = [(s, h) for s in live for h in set(edges[s]) if dominates(h, s)]
    expected = {}
    for source, header in back:
        body = {i for i in live if i == header or reaches(edges, i, source, without=header)}
        expected.setdefault(header, set()).update(body)
    forest = loops(blocks[0].parent)
    assert {number[loop.header]: {number[b] for b in loop.blocks} for loop in forest} == expected
    for loop in forest:
        body = expected[number[loop.header]]
        assert loop.blocks[0] is loop.header
        assert {number[b] for b in loop.latches} == {s for s, h in back if h == number[loop.header]}
        assert {(number[a], number[b]) for a, b in loop.exits} == {
            (a, b) for a in body for b in edges[a] if b not in body
        }
        around = [h for h, other in expected.items() if h != number[loop.header] and body <= other]
        assert loop.depth == 1 + len(around)
        if around:
            assert number[loop.parent.header] == min(around, key=lambda h: len(expected[h]))
            assert loop in loop.parent.children
    for i in range(len(edges)):
        assert forest.depth(blocks[i]) == sum(i in body for body in expected.values())
    graph = nx.DiGraph([(a, b) for a in live for b in edges[a] if (a, b) not in back])
    cycles = {frozenset(c) for c in nx.strongly_connected_components(graph) if len(c) > 1}
    assert {frozenset(number[b] for b in cycle) for cycle in forest.irreducible} == cycles


def test_a_cycle_with_two_entries_is_no_loop_but_is_reported() -> None:
    blocks = region_of([[1, 2], [2], [1, 3], []])
    forest = loops(blocks[0].parent)
    assert len(forest) == 0
    assert forest.irreducible == [[blocks[1], blocks[2]]] or forest.irreducible == [[blocks[2], blocks[1]]]


def test_the_trees_are_networkx_graphs_of_blocks() -> None:
    blocks = region_of([[1, 2], [3], [3], []])
    tree = dominator_tree(blocks[0].parent)
    assert nx.is_arborescence(tree) and sorted(map(blocks.index, tree[blocks[0]])) == [1, 2, 3]
    backwards = post_dominator_tree(blocks[0].parent)
    assert sorted(map(blocks.index, backwards[blocks[3]])) == [0, 1, 2]
    assert control_flow_graph(blocks[0].parent)[blocks[0]][blocks[2]]["successors"] == [1]
    assert nx.has_path(control_flow_graph(blocks[0].parent), blocks[0], blocks[3])


def test_a_region_without_blocks() -> None:
    from couloir.ir.operation import Region

    assert immediate_dominators(Region()) == {} == immediate_post_dominators(Region())
    assert len(loops(Region())) == 0


@pytest.mark.parametrize("shape", ["chain with a common exit", "nest", "ladder"])
def test_large_graphs_take_no_quadratic_time(shape) -> None:
    n = 4_000
    match shape:
        case "chain with a common exit":
            edges = [[i + 1, n] for i in range(n)] + [[]]
        case "nest":  # n/2 loops in each other: headers 1 ... n/2, latches after them
            half = n // 2
            edges = [[i + 1] for i in range(half + 1)] + [[i + 1, n - i] for i in range(half + 1, n)] + [[]]
            edges[half] = [half + 1]
        case _:
            edges = [[min(i + 1, n), max(i - 1, 1)] for i in range(n)] + [[]]
    blocks = region_of(edges)
    region = blocks[0].parent
    found = immediate_dominators(region)
    assert len(found) == len(reverse_postorder(region)) == len(blocks)
    assert sum(map(len, dominated_blocks(region).values())) == len(blocks) - 1
    assert len(immediate_post_dominators(region)) == len(blocks)
    forest = loops(region)
    if shape == "nest":
        assert max(map(forest.depth, [blocks[n // 2], blocks[1]])) > 1_500
    assert isinstance(next(iter(found)), Block)
