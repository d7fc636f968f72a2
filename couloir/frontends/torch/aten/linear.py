"""Products of matrices."""

from __future__ import annotations

from couloir.dialects import hlo
from couloir.dialects.hlo.building import Tensor, broadcast, convert, full_like, sizes_of
from couloir.frontends.torch.node import Lowered, Node, Scalar, lowers


def _product(node: Node, a: Tensor, b: Tensor, batch: int, *, transposed: bool = False) -> Tensor:
    """Of the last dimension of `a` with the one behind the batch, or the last, of `b`."""
    axes = tuple(range(batch))
    contracted = batch + 1 if transposed else batch
    numbers = hlo.DotDimensionNumbers(axes, axes, (a.type.rank - 1,), (contracted,))
    return hlo.DotGeneral(a, b, numbers).result


@lowers("aten.mm", "aten.dot", "aten.mv", "aten.vdot")
def mm(node: Node, a: Tensor, b: Tensor) -> Lowered:
    """The product of matrices, a matrix and a vector, or vectors."""
    return _product(node, a, b, 0)


@lowers("aten.bmm")
def bmm(node: Node, a: Tensor, b: Tensor) -> Lowered:
    """The product of matrices, for each of a batch."""
    return _product(node, a, b, 1)


def _plus(node: Node, bias: Tensor, product: Tensor, beta: Scalar, alpha: Scalar) -> Tensor:
    """`beta * bias + alpha * product`; with `beta` 0 the bias counts for nothing, not even a NaN."""
    if alpha != 1:
        product = hlo.Multiply(product, full_like(product, alpha)).result
    if beta == 0:
        return product
    spread = broadcast(convert(bias, product.type.element_type), sizes_of(product))
    if beta != 1:
        spread = hlo.Multiply(spread, full_like(spread, beta)).result
    return hlo.Add(product, spread).result


@lowers("aten.addmm", "aten.addmv")
def addmm(node: Node, bias: Tensor, a: Tensor, b: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1) -> Lowered:
    """`beta * bias + alpha * a @ b`."""
    return _plus(node, bias, _product(node, a, b, 0), beta, alpha)


@lowers("aten.baddbmm")
def baddbmm(node: Node, bias: Tensor, a: Tensor, b: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1) -> Lowered:
    """As `addmm`, for each of a batch."""
    return _plus(node, bias, _product(node, a, b, 1), beta, alpha)


@lowers("aten.linear")
def linear(node: Node, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Lowered:
    """`x @ weight.T + bias`, for every index of the dimensions in front."""
    numbers = hlo.DotDimensionNumbers((), (), (x.type.rank - 1,), (weight.type.rank - 1,))
    product = hlo.DotGeneral(x, weight, numbers).result
    return product if bias is None else _plus(node, bias, product, 1, 1)
