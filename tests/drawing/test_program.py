"""The picture of a module: a box for each op, arrows with types, functions and regions as clusters."""

from __future__ import annotations

import couloir
from couloir.drawing.program import graph_of

TEXT = """
func.func @main(%x: tensor<4xf32> {onnx.name = "image"}) -> tensor<f32> {
  %c = stablehlo.constant dense<2.0> : tensor<4xf32>
  %z = stablehlo.constant dense<0.0> : tensor<f32>
  %m = "stablehlo.multiply"(%x, %c) : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %s = "stablehlo.reduce"(%m, %z) <{dimensions = array<i64: 0>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %r = "stablehlo.add"(%a, %b) : (tensor<f32>, tensor<f32>) -> tensor<f32>
    "stablehlo.return"(%r) : (tensor<f32>) -> ()
  }) : (tensor<4xf32>, tensor<f32>) -> tensor<f32>
  return %s : tensor<f32>
}
"""


def test_each_op_is_a_box_and_each_use_an_arrow() -> None:
    graph = graph_of(couloir.parse(TEXT))
    titles = [node.title for node in graph.nodes]
    assert titles[0] == "image"
    assert titles.count("multiply") == titles.count("reduce") == titles.count("add") == 1
    assert "constant" not in titles
    named = {node.id: node.title for node in graph.nodes}
    arrows = {(named[e.source], named[e.target], e.label) for e in graph.edges}
    assert ("image", "multiply", "4xf32") in arrows
    assert ("multiply", "reduce", "4xf32") in arrows


def test_constants_are_listed_or_drawn() -> None:
    module = couloir.parse(TEXT)
    listed = next(n for n in graph_of(module).nodes if n.title == "multiply")
    assert any("2.0" in line for line in listed.lines)
    assert "constant" in [n.title for n in graph_of(module, constants=True).nodes]


def test_a_region_is_a_cluster() -> None:
    graph = graph_of(couloir.parse(TEXT))
    add = next(n for n in graph.nodes if n.title == "add")
    multiply = next(n for n in graph.nodes if n.title == "multiply")
    assert len(add.cluster) == len(multiply.cluster) + 1
    assert graph.cluster_titles[add.cluster] == "stablehlo.reduce region 0"


def test_several_functions_are_clusters_with_their_names() -> None:
    two = TEXT + TEXT.replace("@main", "@other")
    graph = graph_of(couloir.parse(two))
    assert set(graph.cluster_titles.values()) >= {"main", "other"}
