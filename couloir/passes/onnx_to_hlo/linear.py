"""Matrix products."""

from __future__ import annotations

from couloir.dialects import hlo
from couloir.passes.onnx_to_hlo.node import Lowered, Node, NotLowered, Tensor, lowers
from couloir.passes.onnx_to_hlo.tensors import broadcast, broadcast_shapes, full_like, is_float


@lowers("Gemm")
def gemm(node: Node) -> Lowered:
    """`Gemm` since 7, 9, 11, 13: `alpha * A' * B' + beta * C`."""
    a, b = node[0], node[1]
    numbers = hlo.DotDimensionNumbers(
        lhs_contracting_dimensions=(0 if node.integer("transA") else 1,),
        rhs_contracting_dimensions=(1 if node.integer("transB") else 0,),
    )
    product = _scaled(hlo.DotGeneral(a, b, numbers).result, node.number("alpha", 1.0))
    c = node.optional(2)
    if c is None:
        return product
    return hlo.Add(product, broadcast(_scaled(c, node.number("beta", 1.0)), product.type.shape))


def _scaled(x: Tensor, factor: float) -> Tensor:
    if factor == 1.0:
        return x
    if not is_float(x.type.element_type) and not factor.is_integer():
        raise NotLowered(f"integers are multiplied by {factor}")
    return hlo.Multiply(x, full_like(x, factor)).result


@lowers("MatMul")
def matrix_product(node: Node) -> Lowered:
    """`MatMul` since 1, 9, 13: as `numpy.matmul`, vectors and batches included."""
    return matmul(node[0], node[1])


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """The product of matrices in the last two dimensions, for each index of the others."""
    rows, columns = a.type.shape[-2:], b.type.shape[-2:]
    if not rows or not columns:
        raise NotLowered("an operand is a scalar")
    batch: tuple[int, ...] = ()
    if b.type.rank > 2:  # otherwise one matrix is the same for all rows, of whatever batch
        batch = broadcast_shapes([a.type.shape[:-2], b.type.shape[:-2]])
        a, b = broadcast(a, batch + rows), broadcast(b, batch + columns)
    axes = tuple(range(len(batch)))
    contracted = len(batch) if b.type.rank > 1 else 0
    numbers = hlo.DotDimensionNumbers(axes, axes, (a.type.rank - 1,), (contracted,))
    return hlo.DotGeneral(a, b, numbers).result
