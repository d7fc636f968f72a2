"""Random control-flow graphs as regions, for the tests of analyses."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from couloir.dialects import arith, cf, func
from couloir.ir.builder import at_end
from couloir.ir.operation import Block
from couloir.ir.types import i1


def region_of(edges: Sequence[Sequence[int]]) -> list[Block]:
    """The blocks of a function in which block i may go on with the blocks `edges[i]`, none of them the first."""
    function = func.FuncOp.build("f", [i1])
    blocks = [function.entry, *(function.body.add_block() for _ in edges[1:])]
    condition = function.entry.arguments[0]
    for block, targets in zip(blocks, edges, strict=True):
        with at_end(block):
            match [blocks[t] for t in targets]:
                case []:
                    func.Return()
                case [one]:
                    cf.Branch.to(one)
                case [one, two]:
                    cf.CondBranch(condition, true_dest=one, false_dest=two)
                case [one, *others]:
                    flag = arith.constant(0, arith.i32)
                    cf.Switch.build(flag, (one, ()), [(n, b, ()) for n, b in enumerate(others)])
    return blocks


@st.composite
def flow_graphs(draw: st.DrawFn, most: int = 8) -> list[list[int]]:
    """For each block the blocks that it may go on with."""
    count = draw(st.integers(1, most))
    target = st.integers(1, max(count - 1, 1))
    lists = st.lists(target, max_size=3) if count > 1 else st.just([])
    return [draw(lists) for _ in range(count)]
