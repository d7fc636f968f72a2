from __future__ import annotations

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from couloir.drawing import Edge, Graph, Node, draw, to_svg

SVG = "{http://www.w3.org/2000/svg}"


def _parse(graph: Graph) -> ElementTree.Element:
    return ElementTree.fromstring(to_svg(draw(graph)).encode("utf-8"))


def _groups(root: ElementTree.Element, role: str) -> list[ElementTree.Element]:
    return [group for group in root.iter(f"{SVG}g") if group.get("class") == role]


def test_the_document_is_self_contained(residual: Graph) -> None:
    root = _parse(residual)
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    assert root.findtext(f"{SVG}title") == "residual block"
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "title", "rect", "g", "path", "text"}
    assert not re.search(r"href|url\(|@import|script|\bon\w+=", to_svg(draw(residual)))


def test_every_node_and_edge_is_there_with_its_tooltip(residual: Graph) -> None:
    root = _parse(residual)
    nodes, edges = _groups(root, "node"), _groups(root, "edge")
    assert [node.get("data-id") for node in nodes] == [node.id for node in residual.nodes]
    assert [(edge.get("data-source"), edge.get("data-target")) for edge in edges] == [
        (e.source, e.target) for e in residual.edges
    ]
    assert edges[0].findtext(f"{SVG}title") == "Input \u2192 Conv\n1x64x56x56"
    assert [text.text for text in nodes[2].iter(f"{SVG}text")] == ["BatchNormalization"]


def test_tooltips_are_the_callers_if_given() -> None:
    graph = Graph([Node("a", "A", ("x",), tooltip="at m.onnx:3")], [Edge("a", "a", "v", tooltip="%0")])
    root = _parse(graph)
    assert _groups(root, "node")[0].findtext(f"{SVG}title") == "at m.onnx:3"
    assert _groups(root, "edge")[0].findtext(f"{SVG}title") == "%0"


def test_lines_end_at_the_boxes_in_the_file_too(residual: Graph) -> None:
    root = _parse(residual)
    boxes = {node.get("data-id"): node.find(f"{SVG}rect") for node in _groups(root, "node")}
    for edge in _groups(root, "edge"):
        line, head = edge.findall(f"{SVG}path")
        start = [float(x) for x in re.findall(r"-?[\d.]+", line.get("d") or "")[:2]]
        tip = [float(x) for x in re.findall(r"-?[\d.]+", head.get("d") or "")[:2]]
        source, target = boxes[edge.get("data-source")], boxes[edge.get("data-target")]
        assert source is not None and target is not None
        assert abs(start[1] - float(source.get("y") or 0) - float(source.get("height") or 0)) < 0.03
        assert abs(tip[1] - float(target.get("y") or 0)) < 0.03
        for (x, _), box in ((start, source), (tip, target)):
            assert 0 < x - float(box.get("x") or 0) < float(box.get("width") or 0)


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_is_escaped(text: str, other: str) -> None:
    nodes = [Node(text, text, (other, text), text, (other, text)), Node(text + "2", other, tooltip=other)]
    root = _parse(Graph(nodes, [Edge(text, text + "2", other)], text))
    assert len(_groups(root, "node")) == 2


def test_texts_survive_and_what_xml_forbids_does_not() -> None:
    title = "<a href=\"x\"> & 'b' ]]> \u6f22"
    root = _parse(Graph([Node("id", title, ("  two spaces", "\x00\x0b\x01"))]))
    (node,) = _groups(root, "node")
    assert [text.text for text in node.iter(f"{SVG}text")] == [title, "  two spaces", "\ufffd \ufffd"]
    assert node.findtext(f"{SVG}title") == f"{title}\n  two spaces\n\ufffd\ufffd\ufffd"


def test_texts_are_fitted_to_the_room_measured_for_them() -> None:
    (node,) = _groups(_parse(Graph([Node("id", "MatMul", ("\u6f22\u5b57",))])), "node")
    title, line = node.iter(f"{SVG}text")
    # M 833, a 556, t 333, M 833, u 611, l 278 in Helvetica-Bold, at 11 points
    assert float(title.get("textLength") or 0) == round((833 + 556 + 333 + 833 + 611 + 278) * 11 / 1000, 2)
    assert line.get("textLength") is None  # an estimate would distort
