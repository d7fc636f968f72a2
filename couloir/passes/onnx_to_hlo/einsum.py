"""`Einsum`."""

from __future__ import annotations

from couloir.passes.einsum import sum_of_products
from couloir.passes.onnx_to_hlo.node import Lowered, Node, lowers
from couloir.passes.onnx_to_hlo.tensors import accumulator, convert


@lowers("Einsum")
def einsum(node: Node) -> Lowered:
    """`Einsum` since 12, 28, with ellipses, diagonals and an implicit result."""
    element = node[0].type.element_type
    made = sum_of_products([convert(x, accumulator(element)) for x in node.given], node.string("equation"))
    return convert(made, element)
