from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence

import networkx
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from couloir.drawing import Curve, Display, Edge, Graph, Group, Line, Node, Path, Rectangle, Role, Text, draw
from couloir.drawing.coordinates import assign_x, crossing_a_trunk, separation
from couloir.drawing.fonts import text_width
from couloir.drawing.layering import assign_ranks, back_edges, components, topological_order
from couloir.drawing.ordering import Neighbourhood, count_crossings, order_layers
from couloir.drawing.ranked import End, Item, Priority, RankedGraph, Spacing, Wire, build_ranked
from couloir.drawing.routing import Wish, append_point, attachments, spread
from couloir.drawing.straightening import straighten

NEAR = 0.02
SPACING = Spacing(20, 10, 14, 10, 90)
CLUSTERS = [(), ("a",), ("a", "b"), ("a", "c"), ("d",)]

# -- reading a display list


def _box(group: Group) -> tuple[float, float, float, float]:
    """Left, upper, right, lower of the first rectangle."""
    frame = next(shape for shape in group.shapes if isinstance(shape, Rectangle))
    return frame.x, frame.y, frame.x + frame.width, frame.y + frame.height


def _boxes(display: Display, role: Role) -> dict[str, tuple[float, float, float, float]]:
    """Boxes of nodes by id, or of clusters by path."""
    return {group.data[0][1]: _box(group) for group in display.groups if group.role is role}


def _edges(display: Display) -> list[Group]:
    return [group for group in display.groups if group.role is Role.EDGE]


def _lines(group: Group) -> list[Path]:
    return [shape for shape in group.shapes if isinstance(shape, Path) and shape.stroke]


def _heads(group: Group) -> list[Path]:
    return [shape for shape in group.shapes if isinstance(shape, Path) and shape.fill]


def _texts(display: Display, role: Role) -> list[tuple[float, float, float, float, str]]:
    found = []
    for group in display.groups:
        for shape in group.shapes:
            if group.role is role and isinstance(shape, Text):
                width = text_width(shape.text, shape.size, bold=shape.bold)
                found.append((shape.x, shape.y - 0.7 * shape.size, shape.x + width, shape.y, shape.text))
    return found


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] - NEAR and b[0] < a[2] - NEAR and a[1] < b[3] - NEAR and b[1] < a[3] - NEAR


def _inside(inner: tuple[float, ...], outer: tuple[float, ...]) -> bool:
    return (
        inner[0] >= outer[0] - NEAR
        and inner[1] >= outer[1] - NEAR
        and inner[2] <= outer[2] + NEAR
        and inner[3] <= outer[3] + NEAR
    )


def _on_side(point: tuple[float, float], box: tuple[float, ...], side: str) -> bool:
    y = box[1] if side == "upper" else box[3]
    return abs(point[1] - y) < NEAR and box[0] - NEAR <= point[0] <= box[2] + NEAR


# -- random graphs


@st.composite
def graphs(draw_: st.DrawFn, *, acyclic: bool, clusters: bool) -> Graph:
    count = draw_(st.integers(1, 22))
    texts = st.text("abcWi. ", max_size=12)
    nodes = [
        Node(
            str(i),
            draw_(texts),
            tuple(draw_(st.lists(texts, max_size=3))),
            cluster=draw_(st.sampled_from(CLUSTERS)) if clusters else (),
        )
        for i in range(count)
    ]
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    pairs = draw_(st.lists(ends, max_size=2 * count))
    if acyclic:
        pairs = [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]
    return Graph(nodes, [Edge(str(a), str(b), draw_(st.sampled_from(["", "1x2", "3x4x5"]))) for a, b in pairs])


def _check_boxes(display: Display) -> None:
    boxes = _boxes(display, Role.NODE)
    for first, second in itertools.combinations(boxes.values(), 2):
        assert not _overlap(first, second)
    page = (0.0, 0.0, display.width, display.height)
    assert all(_inside(box, page) for box in boxes.values())
    for group in _edges(display):
        for line in _lines(group):
            is_loop = group.data[0][1] == group.data[1][1]  # whose controls lie outside of the curve
            points = [line.start, *(segment.end for segment in line.segments)] if is_loop else line.points()
            assert all(_inside((x, y, x, y), page) for x, y in points)


def _check_wires_spare_boxes(display: Display) -> None:
    boxes = _boxes(display, Role.NODE)
    for group in _edges(display):
        data = dict(group.data)
        if data["source"] == data["target"]:
            continue
        for line in _lines(group):
            start = line.start
            for segment in line.segments:
                controls = (segment.first_control, segment.second_control) if isinstance(segment, Curve) else ()
                xs, ys = zip(start, segment.end, *controls, strict=True)
                assert not controls or abs(xs[0] - xs[1]) > 0.01
                hull = (min(xs) - NEAR, min(ys), max(xs) + NEAR, max(ys))
                for box in boxes.values():
                    inner = (box[0] + 2 * NEAR, box[1] + 2 * NEAR, box[2] - 2 * NEAR, box[3] - 2 * NEAR)
                    assert not _overlap(hull, inner)
                start = segment.end


def _check_labels(graph: Graph, display: Display) -> None:
    labels = _texts(display, Role.EDGE)
    for first, second in itertools.combinations(labels, 2):
        assert not _overlap(first, second)
    for box, label in itertools.product(_boxes(display, Role.NODE).values(), labels):
        assert not _overlap(box, label)
    # Edges of one value, and only they, may share a label; an edge that is turned round has its own.
    values = {(edge.source, edge.label) for edge in graph.edges if edge.label}
    texts = [label[4] for label in labels]
    for text in {edge.label for edge in graph.edges if edge.label}:
        edges = sum(edge.label == text for edge in graph.edges)
        assert sum(label == text for _, label in values) <= texts.count(text) <= edges


@given(graphs(acyclic=True, clusters=False))
def test_a_dag_is_drawn_downwards_without_overlaps(graph: Graph) -> None:
    display = draw(graph)
    _check_boxes(display)
    _check_wires_spare_boxes(display)
    _check_labels(graph, display)
    boxes = _boxes(display, Role.NODE)
    groups = _edges(display)
    assert [dict(group.data) for group in groups] == [{"source": e.source, "target": e.target} for e in graph.edges]
    for group in groups:
        (line,), (head,) = _lines(group), _heads(group)
        data = dict(group.data)
        assert _on_side(line.start, boxes[data["source"]], "lower")
        assert _on_side(head.start, boxes[data["target"]], "upper")
        ys = [y for _, y in line.points()]
        assert ys == sorted(ys)
        assert line.segments[-1].end[0] == head.start[0]
        assert 0 < head.start[1] - line.segments[-1].end[1] < 7


@given(graphs(acyclic=False, clusters=True))
def test_any_graph_with_clusters_keeps_things_apart(graph: Graph) -> None:
    display = draw(graph)
    _check_boxes(display)
    _check_wires_spare_boxes(display)
    _check_labels(graph, display)
    nodes, clusters = _boxes(display, Role.NODE), _boxes(display, Role.CLUSTER)
    assert set(clusters) == {
        "/".join(node.cluster[:depth]) for node in graph.nodes for depth in range(1, len(node.cluster) + 1)
    }
    for node, (path, box) in itertools.product(graph.nodes, clusters.items()):
        if "/".join(node.cluster[: path.count("/") + 1]) == path:
            assert _inside(nodes[node.id], box)
        else:
            assert not _overlap(nodes[node.id], box)
    for (first, a), (second, b) in itertools.combinations(clusters.items(), 2):
        if second.startswith(first + "/"):
            assert _inside(b, a)
        elif not first.startswith(second + "/"):
            assert not _overlap(a, b)


@given(graphs(acyclic=False, clusters=True))
def test_every_edge_of_any_graph_touches_its_boxes(graph: Graph) -> None:
    display = draw(graph)
    boxes = _boxes(display, Role.NODE)
    for group in _edges(display):
        source, target = (boxes[name] for _, name in group.data)
        (line,), (head,) = _lines(group), _heads(group)
        if source == target:
            assert abs(line.start[0] - source[2]) < NEAR
            assert abs(head.start[0] - source[2]) < NEAR
            assert source[1] < head.start[1] < line.start[1] < source[3]
        elif _on_side(line.start, source, "lower"):
            assert _on_side(head.start, target, "upper")
        else:  # turned round to break a cycle
            assert _on_side(line.start, source, "upper")
            assert _on_side(head.start, target, "lower")


@given(graphs(acyclic=True, clusters=False), st.data())
def test_convex_clusters_leave_a_dag_downwards(graph: Graph, data: st.DataObject) -> None:
    # Successive runs of a topological order are convex, and the clusters among themselves are acyclic.
    cuts = sorted(data.draw(st.lists(st.integers(0, len(graph.nodes)), max_size=3)))
    nodes = []
    for i, node in enumerate(graph.nodes):
        run = sum(cut <= i for cut in cuts)
        nodes.append(Node(node.id, node.title, cluster=("all", f"run {run}") if run % 2 else ("all",) if run else ()))
    display = draw(Graph(nodes, graph.edges))
    boxes = _boxes(display, Role.NODE)
    for group in _edges(display):
        source, target = (boxes[name] for _, name in group.data)
        assert _on_side(_lines(group)[0].start, source, "lower")
        assert _on_side(_heads(group)[0].start, target, "upper")


# -- what looks good


def _centres(display: Display) -> dict[str, float]:
    return {name: (left + right) / 2 for name, (left, _, right, _) in _boxes(display, Role.NODE).items()}


def test_the_main_path_of_a_residual_block_is_straight(residual: Graph) -> None:
    display = draw(residual)
    centres = _centres(display)
    assert max(centres.values()) - min(centres.values()) < NEAR
    straight = [group for group in _edges(display)[:-1] for line in _lines(group) if len(line.segments) > 1]
    assert straight == []


def test_clusters_do_not_bend_the_main_path(residual: Graph) -> None:
    nodes = [Node(n.id, n.title, cluster=("block", "inner") if 0 < i < 7 else ()) for i, n in enumerate(residual.nodes)]
    centres = _centres(draw(Graph(nodes, residual.edges)))
    assert max(centres.values()) - min(centres.values()) < NEAR


def test_the_longer_branch_of_a_block_is_the_straight_one(residual: Graph) -> None:
    shortcut = [Node("s0", "Conv", kind="linear"), Node("s1", "BatchNormalization")]
    edges = [*residual.edges[:-1], Edge("n0", "s0", "x"), Edge("s0", "s1", "y"), Edge("s1", "n6", "z")]
    centres = _centres(draw(Graph([*shortcut, *residual.nodes], edges)))
    main = [centres[node.id] for node in residual.nodes]
    assert max(main) - min(main) < NEAR
    assert abs(centres["s0"] - centres["s1"]) < NEAR


def test_constants_do_not_bend_a_side_branch(residual: Graph) -> None:
    branch = [Node(f"b{i}", "Gemm") for i in range(4)]
    constants = [Node(f"k{i}", "Constant") for i in range(4)]
    edges = [*residual.edges[:-1], Edge("n0", "b0"), Edge("b3", "n8")]
    for i in range(4):
        edges += [Edge(f"k{i}", f"b{i}", "k"), *([Edge(f"b{i - 1}", f"b{i}", "x")] if i else [])]
    centres = _centres(draw(Graph([*constants, *residual.nodes, *branch], edges)))
    assert max(centres[f"b{i}"] for i in range(4)) - min(centres[f"b{i}"] for i in range(4)) < NEAR


def test_wires_out_of_a_cluster_have_no_needless_bends() -> None:
    nodes = [Node(f"a{i}", f"inner {i}", cluster=("c",)) for i in range(4)]
    sinks = [Node(f"z{i}", "out") for i in range(4)]
    graph = Graph([*nodes, *sinks], [Edge(f"a{i}", f"z{i}", "x") for i in range(4)])
    for group in _edges(draw(graph)):
        (line,) = _lines(group)
        assert sum(isinstance(segment, Curve) for segment in line.segments) <= 1


def test_the_arrows_of_an_inception_block_point_down_and_are_straight_if_they_can_be() -> None:
    branches = [["1x1"], ["1x1", "3x3"], ["1x1", "5x5"], ["pool", "1x1"]]
    nodes, edges = [Node("x", "Input"), Node("y", "Concat", ("axis = 1",))], list[Edge]()
    for b, titles in enumerate(branches):
        names = ["x", *(f"{b}{i}" for i in range(len(titles))), "y"]
        nodes += [Node(name, title, ("W: 64x192x1x1",)) for name, title in zip(names[1:-1], titles, strict=True)]
        edges += [Edge(a, c, "1x192x28x28") for a, c in itertools.pairwise(names)]
    display = draw(Graph(nodes, edges))
    boxes = _boxes(display, Role.NODE)
    for edge, group in zip(edges, _edges(display), strict=True):
        (line,), (head,) = _lines(group), _heads(group)
        assert all(y < head.start[1] - 1 for _, y in list(head.points())[1:])
        if edge.target != "y":
            assert abs(head.start[0] - (boxes[edge.target][0] + boxes[edge.target][2]) / 2) < NEAR
        if (edge.source, edge.target) == ("21", "y"):
            assert all(isinstance(segment, Line) for segment in line.segments)  # though its neighbours are near


def test_self_loops_nest_and_their_labels_are_beside_the_box() -> None:
    display = draw(Graph([Node("a", "While")], [Edge("a", "a", f"state {i}") for i in range(8)]))
    ((_, upper, right, lower),) = _boxes(display, Role.NODE).values()
    reaches = [max(x for x, _ in _lines(group)[0].points()) for group in _edges(display)]
    assert reaches == sorted(set(reaches))
    for label in _texts(display, Role.EDGE):
        assert right < label[0] and upper <= label[1] and label[3] <= lower


def test_a_label_stands_once_on_a_wire_through_clusters() -> None:
    nodes = [Node("a", "a", cluster=("p", "q")), Node("b", "b", cluster=("r", "s")), Node("c", "c")]
    display = draw(Graph(nodes, [Edge("a", "b", "1x2"), Edge("a", "c", "1x2")]))
    assert [label[4] for label in _texts(display, Role.EDGE)] == ["1x2"]


def test_edges_of_one_value_share_a_label(residual: Graph) -> None:
    labels = _texts(draw(residual), Role.EDGE)
    assert len(labels) == len(residual.edges) - 1  # the shortcut has the label of the chain's first edge
    nodes = [Node("a", "a"), Node("b", "b"), Node("c", "c")]
    two_results = Graph(nodes, [Edge("a", "b", "first"), Edge("a", "c", "second")])
    assert sorted(label[4] for label in _texts(draw(two_results), Role.EDGE)) == ["first", "second"]


def test_a_constant_is_drawn_just_above_its_user(chain: Callable[[int], Graph]) -> None:
    graph = chain(10)
    with_constant = Graph((*graph.nodes, Node("k", "Constant")), (*graph.edges, Edge("k", "9", "k")))
    boxes = _boxes(draw(with_constant), Role.NODE)
    assert boxes["7"][3] < boxes["k"][1] < boxes["9"][1]


def test_several_edges_between_two_nodes_end_apart() -> None:
    graph = Graph([Node("x", "x"), Node("y", "square")], [Edge("x", "y"), Edge("x", "y"), Edge("x", "y", "other")])
    tips = [_heads(group)[0].start[0] for group in _edges(draw(graph))]
    assert min(abs(a - b) for a, b in itertools.combinations(tips, 2)) > 5


def test_parts_that_are_not_connected_fill_a_page_rather_than_a_row() -> None:
    display = draw(Graph([Node(str(i), f"node {i}") for i in range(100)]))
    assert 0.3 < display.width / display.height < 4


def test_texts_too_long_to_show_are_elided_and_kept_in_the_tooltip() -> None:
    node = Node("n", "T" * 10_000, ("l" * 10_000, *(str(i) for i in range(40))))
    display = draw(Graph([node]))
    (group,) = display.groups
    texts = [shape.text for shape in group.shapes if isinstance(shape, Text)]
    assert len(texts) == 13
    assert texts[0].endswith("T\u2026") and texts[1].endswith("l\u2026") and texts[-1] == "\u2026 and 30 more"
    assert display.width < 300
    assert group.tooltip == "\n".join([node.title, *node.lines])


def test_a_cluster_title_is_not_crossed_by_wires() -> None:
    nodes = [Node(f"i{k}", "in") for k in range(6)] + [Node("c", "op", cluster=("a cluster",))]
    display = draw(
        Graph(nodes, [Edge(f"i{k}", "c", str(k)) for k in range(6)], cluster_titles={("a cluster",): "loop body"})
    )
    ((left, upper, right, lower, text),) = _texts(display, Role.CLUSTER)
    assert text == "loop body"
    assert _inside((left, upper, right, lower), _boxes(display, Role.CLUSTER)["a cluster"])
    for group in _edges(display):
        for x, y in _lines(group)[0].points():
            assert not (left <= x <= right and upper <= y <= lower)


# -- size


def test_the_empty_graph_is_an_empty_picture() -> None:
    display = draw(Graph())
    assert display.groups == ()
    assert display.width > 0 and display.height > 0


def test_a_chain_of_ten_thousand_nodes_is_one_straight_line(chain: Callable[[int], Graph]) -> None:
    display = draw(chain(10_000))
    centres = _centres(display)
    assert len(centres) == 10_000
    assert len(_edges(display)) == 9_999
    assert max(centres.values()) - min(centres.values()) < 10  # op 0 to op 9999: boxes differ in width only


def test_clusters_nested_three_hundred_deep(monkeypatch: pytest.MonkeyPatch) -> None:
    from couloir.drawing import render

    elided: list[str] = []
    elide = render.elide
    monkeypatch.setattr(render, "elide", lambda text, *rest, **more: elided.append(text) or elide(text, *rest, **more))
    path = tuple(str(depth) for depth in range(300))
    inside = [Node(f"n{depth}", "n", cluster=path[:depth]) for depth in range(1, 300)]
    graph = Graph([Node("a", "a"), Node("b", "b", cluster=path), *inside], [Edge("a", "b", "x")])
    display = draw(graph)
    assert len(_boxes(display, Role.CLUSTER)) == 300
    assert len(elided) < 2000  # each title is made once, not once for each box inside
    assert _on_side(_heads(_edges(display)[0])[0].start, _boxes(display, Role.NODE)["b"], "upper")


def test_a_value_with_many_users_takes_one_trunk(chain: Callable[[int], Graph]) -> None:
    graph = chain(600)
    display = draw(Graph(graph.nodes, [*graph.edges, *(Edge("0", str(i), "mask") for i in range(2, 600))]))
    assert [label[4] for label in _texts(display, Role.EDGE)].count("mask") == 1
    assert display.width < 250


def test_edges_too_long_for_a_readable_drawing_are_cut_and_say_where_they_go() -> None:
    count = 400
    chooser = random.Random(0)
    far = [sorted(chooser.sample(range(count), 2)) for _ in range(600)]
    nodes = [Node(str(i), f"op {i}") for i in range(count)]
    edges = [Edge(str(i), str(i + 1)) for i in range(count - 1)] + [
        Edge(str(a), str(b), str(k)) for k, (a, b) in enumerate(far)
    ]
    display = draw(Graph(nodes, edges))
    boxes = _boxes(display, Role.NODE)
    cut = 0
    for edge, group in zip(edges, _edges(display), strict=True):
        lines, heads = _lines(group), _heads(group)
        assert _on_side(lines[0].start, boxes[edge.source], "lower")
        assert _on_side(heads[-1].start, boxes[edge.target], "upper")
        cut += len(lines) == 2
        if len(lines) == 2:
            texts = [shape.text for shape in group.shapes if isinstance(shape, Text)]
            assert f"from op {edge.source}" in texts
    assert 0 < cut < 600
    _check_boxes(display)


def test_equal_graphs_give_equal_pictures(residual: Graph) -> None:
    again = Graph(residual.nodes, residual.edges, residual.title)
    assert draw(residual) == draw(again)


# -- the steps


@given(st.integers(1, 12), st.data())
def test_turning_back_edges_breaks_all_cycles_and_no_more(count: int, data: st.DataObject) -> None:
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda p: p[0] != p[1])
    edges = data.draw(st.lists(pair, max_size=30)) if count > 1 else []
    back = back_edges(count, edges)
    turned = networkx.MultiDiGraph([(b, a) if flag else (a, b) for (a, b), flag in zip(edges, back, strict=True)])
    assert networkx.is_directed_acyclic_graph(turned)
    if networkx.is_directed_acyclic_graph(networkx.DiGraph(edges)):
        assert not any(back)


@given(st.integers(1, 15), st.integers(1, 2), st.data())
def test_ranks_go_down_by_the_step_and_waste_nothing(count: int, step: int, data: st.DataObject) -> None:
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda p: p[0] != p[1])
    edges = sorted({(min(p), max(p)) for p in (data.draw(st.lists(pair, max_size=30)) if count > 1 else [])})
    ranks = assign_ranks(count, edges, step)
    assert min(ranks) == 0
    assert all(ranks[b] - ranks[a] >= step for a, b in edges)
    graph = networkx.DiGraph(edges)
    graph.add_nodes_from(range(count))
    # Connected parts that are drawn by themselves are no higher than their longest path.
    if networkx.is_connected(graph.to_undirected()):
        assert max(ranks) == step * networkx.dag_longest_path_length(graph)
    longest_path = [0] * count
    for a, b in edges:
        longest_path[b] = max(longest_path[b], longest_path[a] + step)
    assert sum(ranks[b] - ranks[a] for a, b in edges) <= sum(longest_path[b] - longest_path[a] for a, b in edges)


def test_topological_order_and_components() -> None:
    assert topological_order(4, [(3, 1), (1, 0), (2, 0)]) == [2, 3, 1, 0]
    assert components(5, [(0, 3), (1, 4), (4, 1)]) == [[0, 3], [1, 4], [2]]


def _ranked(count: int, pairs: list[tuple[int, int]], offsets: dict[tuple[int, int], float] | None = None):
    items = [Item(20, 20, 10) for _ in range(count)]
    wires = [Wire(a, None if offsets is None else offsets[a, b], (End(b, None),)) for a, b in pairs]
    return build_ranked(items, wires, SPACING)


@given(st.data())
def test_crossings_are_counted_as_pair_by_pair(data: st.DataObject) -> None:
    pairs = data.draw(st.lists(st.tuples(st.integers(0, 4), st.integers(5, 9)), unique=True, max_size=15))
    shifts = {pair: data.draw(st.sampled_from([-15.0, 0.0, 15.0])) for pair in pairs}
    graph = _ranked(10, pairs, shifts)
    layers = [[v for v in range(10) if graph.rank[v] == rank] for rank in range(max(graph.rank) + 1)]
    crossings = 0
    for (a, b), (c, d) in itertools.combinations(pairs, 2):
        upper = (a + shifts[a, b] / 100) - (c + shifts[c, d] / 100)
        if graph.rank[b] == graph.rank[d]:
            crossings += upper * (b - d) < 0
    assert count_crossings(layers, Neighbourhood(graph)) == crossings


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 14)), unique=True, max_size=25))
def test_no_exchange_of_neighbours_saves_a_crossing(pairs: list[tuple[int, int]]) -> None:
    graph = _ranked(15, [(min(p), max(p)) for p in pairs if p[0] != p[1]])
    layers, near = order_layers(graph), Neighbourhood(graph)
    crossings = count_crossings(layers, near)
    for rank, layer in enumerate(layers):
        for i in range(len(layer) - 1):
            exchanged = [*layer[:i], layer[i + 1], layer[i], *layer[i + 2 :]]
            assert count_crossings([*layers[:rank], exchanged, *layers[rank + 1 :]], near) >= crossings


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=25), st.randoms(use_true_random=False))
def test_links_that_cross_a_trunk_are_found(pairs: list[tuple[int, int]], shuffler: random.Random) -> None:
    graph = _ranked(12, [(min(p), max(p)) for p in pairs if p[0] != p[1]])
    layers = graph.layers()
    for layer in layers:
        shuffler.shuffle(layer)
    position = [0] * len(graph.rank)
    for layer in layers:
        for place, vertex in enumerate(layer):
            position[vertex] = place
    crossed = crossing_a_trunk(graph, layers, position)
    trunks = [link for link in graph.links if link.priority is Priority.TRUNK]
    for link, found in zip(graph.links, crossed, strict=True):
        same_rank = [trunk for trunk in trunks if graph.rank[trunk.upper] == graph.rank[link.upper]]
        expected = link.priority is not Priority.TRUNK and any(
            (position[trunk.upper] - position[link.upper]) * (position[trunk.lower] - position[link.lower]) < 0
            for trunk in same_rank
        )
        assert found == expected


def test_trees_and_untwisted_graphs_are_drawn_without_crossings() -> None:
    tree = [((i - 1) // 2, i) for i in range(1, 31)]
    for pairs in (tree, [(0, 4), (1, 3), (2, 5), (0, 5), (1, 4)]):
        graph = _ranked(31, pairs)
        assert count_crossings(order_layers(graph), Neighbourhood(graph)) == 0


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=25))
def test_neighbours_in_a_layer_keep_their_distance(pairs: list[tuple[int, int]]) -> None:
    graph = _ranked(12, [(min(p), max(p)) for p in pairs if p[0] != p[1]])
    layers = order_layers(graph)
    assert sorted(itertools.chain.from_iterable(layers)) == list(range(len(graph.rank)))
    x = assign_x(graph, layers, SPACING)
    for layer in layers:
        for left, right in itertools.pairwise(layer):
            assert x[right] - x[left] >= separation(graph, left, right, SPACING) - 1e-9


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=25))
@example([(0, 1), (0, 2), (1, 2), (1, 3), (1, 4), (2, 3), (3, 4)])  # a link of the main flow crosses a trunk
def test_trunks_that_do_not_cross_each_other_are_straight(pairs: list[tuple[int, int]]) -> None:
    graph = _ranked(1 + max(map(max, pairs), default=0), [(min(p), max(p)) for p in pairs if p[0] != p[1]])
    layers = order_layers(graph)
    position = {vertex: place for layer in layers for place, vertex in enumerate(layer)}
    trunks = [link for link in graph.links if link.priority is Priority.TRUNK]
    assume(
        not any(
            (position[a.upper] - position[b.upper]) * (position[a.lower] - position[b.lower]) < 0
            for a, b in itertools.combinations(trunks, 2)
            if graph.rank[a.upper] == graph.rank[b.upper]
        )
    )
    x = assign_x(graph, layers, SPACING)
    assert all(abs(x[trunk.upper] - x[trunk.lower]) < 1e-9 for trunk in trunks)


def _bends(graph: RankedGraph, x: Sequence[float]) -> int:
    """Links that are not vertical although both their ends are fixed."""
    fixed = [link for link in graph.links if link.upper_offset is not None and link.lower_offset is not None]
    return sum(abs(x[link.upper] + link.upper_shift - x[link.lower] - link.lower_shift) > 1e-6 for link in fixed)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from([-15, 0, 15])), max_size=20))
def test_straightening_makes_room_and_no_bends(triples: list[tuple[int, int, int]]) -> None:
    items = [Item(20, 20, 10) for _ in range(10)]
    wires = [Wire(min(a, b), shift, (End(max(a, b), -shift),)) for a, b, shift in triples if a != b]
    graph = build_ranked(items, wires, SPACING)
    layers = order_layers(graph)
    x = assign_x(graph, layers, SPACING)
    before = _bends(graph, x)
    straighten(graph, layers, x, SPACING)
    assert _bends(graph, x) <= before
    for layer in layers:
        for left, right in itertools.pairwise(layer):
            assert x[right] - x[left] >= separation(graph, left, right, SPACING) - 1e-9


def test_a_box_with_two_ports_has_two_straight_wires() -> None:
    # Placing can stack only one wire under the wide box.
    items = [Item(60, 60, 10), Item(20, 20, 10), Item(20, 20, 10), Item(20, 20, 10)]
    wires = [
        Wire(0, -40, (End(3),)),
        Wire(0, 40, (End(3),)),
        Wire(0, 0, (End(1),)),
        Wire(1, None, (End(2),)),
        Wire(2, None, (End(3),)),
    ]
    graph = build_ranked(items, wires, SPACING)
    layers = order_layers(graph)
    x = assign_x(graph, layers, SPACING)
    straighten(graph, layers, x, SPACING)
    for course, wire in zip(graph.courses[:2], wires[:2], strict=True):
        assert [x[vertex] - x[0] for vertex in course.chain[1:]] == pytest.approx([wire.offset] * 2)


@given(st.lists(st.floats(-50, 150), max_size=8).map(sorted))
def test_attachments_are_spread_within_a_side(places: list[float]) -> None:
    spread_places = spread([Wish(place, 1.0) for place in places], 0, 100, 9)
    assert len(spread_places) == len(places)
    assert all(-1e-9 <= place <= 100 + 1e-9 for place in spread_places)
    assert all(b - a >= 9 - 1e-9 for a, b in itertools.pairwise(spread_places))
    if all(0 <= p <= 100 for p in places) and all(b - a >= 9 for a, b in itertools.pairwise(places)):
        assert spread_places == pytest.approx(places)


def test_a_line_has_no_points_that_only_rounding_makes() -> None:
    stroke = [(0.0, 0.0)]
    for point in [(1e-9, 5.0), (0.0, 9.0), (30.0, 20.0), (30.0, 20.0 - 1e-9), (30.01, 25.0)]:
        append_point(stroke, point)
    assert stroke == [(0.0, 0.0), (0.0, 9.0), (30.0, 20.0), (30.0, 25.0)]
    stroke = [(0.0, 9.0), (30.0, 20.0)]
    append_point(stroke, (30.0, 20.0 - 1e-9))
    assert stroke == [(0.0, 9.0), (30.0, 20.0)]


def test_a_wire_from_far_away_does_not_push_a_straight_one_aside() -> None:
    # The first comes from the left of the box; the second comes down on its left part and can be straight.
    graph = _ranked(3, [(0, 2), (1, 2)])
    items = [Item(20, 20, 10), Item(20, 20, 10), Item(60, 60, 10)]
    _, arriving = attachments(graph, items, [-100, -35, 0])
    assert arriving == pytest.approx([-44, -35], abs=0.01)


def test_heavy_wishes_come_true_and_light_ones_make_room() -> None:
    places = spread([Wish(50, 1), Wish(50, 1e6), Wish(50, 1)], 0, 100, 9)
    assert places == pytest.approx([41, 50, 59], abs=1e-3)
    assert spread([Wish(5, 1)] * 3, 0, 10, 9) == pytest.approx([0, 5, 10])
    assert spread([Wish(5, 1)] * 2, 7, 7, 9) == [7, 7]
