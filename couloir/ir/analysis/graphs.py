"""Views of a program as networkx graphs, for all that networkx can do with them. Nodes are the program's own objects.

A view is a copy of what is linked to what at the time: it does not follow edits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from couloir.ir.analysis.calls import Calls
from couloir.ir.analysis.dominance import immediate_dominators, immediate_post_dominators, successors

if TYPE_CHECKING:
    from couloir.ir.operation import Block, BlockArgument, Operation, Region, Value


def _digraph() -> Any:
    import networkx  # heavy: only when a view is wanted

    package: Any = networkx
    return package.DiGraph()


def def_use_graph(op: Operation) -> Any:
    """From what defines a value to the ops that take it.

    Nodes are the ops inside `op`, at any depth, and the block arguments that are used. The edge attribute `uses` lists
    the `(value, operand number)` of each use. A value from outside `op` brings in what defines it.

    Returns:
        A `networkx.DiGraph`.
    """
    graph = _digraph()
    inside = [inner for inner in op.walk() if inner is not op]
    graph.add_nodes_from(inside)
    for user in inside:
        for index, value in enumerate(user.operands):
            source = _source(value)
            if graph.has_edge(source, user):
                graph[source][user]["uses"].append((value, index))
            else:
                graph.add_edge(source, user, uses=[(value, index)])
    return graph


def _source(value: Value[Any]) -> Operation | BlockArgument[Any] | Value[Any]:
    return value.defining_op or value


def control_flow_graph(region: Region) -> Any:
    """The blocks of a region, with an edge for each way control may go. The edge attribute `successors` lists the
    successor numbers of the terminator that mean it. The graph attribute `entry` is the entry block.

    Returns:
        A `networkx.DiGraph`.
    """
    graph = _digraph()
    graph.graph["entry"] = region.first_block
    graph.add_nodes_from(region.blocks)
    for block in region.blocks:
        for number, target in enumerate(successors(block)):
            if target.parent is not region:
                continue
            if graph.has_edge(block, target):
                graph[block][target]["successors"].append(number)
            else:
                graph.add_edge(block, target, successors=[number])
    return graph


def dominator_tree(region: Region) -> Any:
    """The blocks that control can reach, with an edge from each to those that it immediately dominates.

    Returns:
        A `networkx.DiGraph`, a tree with the entry block as its root.
    """
    return _tree(immediate_dominators(region))


def post_dominator_tree(region: Region) -> Any:
    """The blocks from which an exit can be reached, with an edge from each to those that it immediately post-dominates.

    Returns:
        A `networkx.DiGraph`: a tree, or as many trees as there are blocks whose nearest post-dominator is the place
        behind all exits.
    """
    return _tree(immediate_post_dominators(region))


def _tree(parents: Mapping[Block, Block | None]) -> Any:
    graph = _digraph()
    graph.add_nodes_from(parents)
    graph.add_edges_from((parent, block) for block, parent in parents.items() if parent is not None)
    return graph


def call_graph(module: Operation) -> Any:
    """The functions in a module, nested modules included, with an edge from caller to callee.

    The edge attribute `calls` lists the call ops. The node attribute `external` says whether others may call the
    function: it is not private, or something that is no call refers to it. Calls outside of functions come from the op
    in the module that holds them. Callees that cannot be found are left out.

    Returns:
        A `networkx.DiGraph`.
    """
    graph = _digraph()
    calls = Calls(module)
    for function in calls.functions:
        graph.add_node(function, external=function in calls.external)
    for call, callee in calls.callee.items():
        caller = calls.caller(call)
        if graph.has_edge(caller, callee):
            graph[caller][callee]["calls"].append(call)
        else:
            graph.add_edge(caller, callee, calls=[call])
    return graph
