"""Products of matrices."""

from __future__ import annotations

from collections.abc import Sequence

from couloir.dialects import hlo
from couloir.dialects.hlo.building import Tensor, broadcast, convert, full_like, reduce, sizes_of
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


@lowers("aten._trilinear")
def trilinear(
    node: Node,
    a: Tensor,
    b: Tensor,
    c: Tensor,
    expand_a: Sequence[int],
    expand_b: Sequence[int],
    expand_c: Sequence[int],
    sum_dims: Sequence[int],
    unroll_dim: int = 1,
) -> Lowered:
    """The sum over some dimensions of the product of three tensors, each of which is given without some of the dimensions."""
    rank = a.type.rank + len(expand_a)
    every = range(rank)
    axes_a, axes_b, axes_c = ([d for d in every if d not in gone] for gone in (expand_a, expand_b, expand_c))
    pair, axes = _contracted(a, axes_a, b, axes_b, [d for d in sum_dims if d not in axes_c])
    whole, axes = _contracted(pair, axes, c, axes_c, sum_dims)
    rest = [place for place, d in enumerate(axes) if d in sum_dims]
    total = reduce(whole, rest, "add") if rest else whole
    left = [d for d in axes if d not in sum_dims]
    order = tuple(left.index(d) for d in every if d in left)
    return hlo.Transpose(total, order)


def _contracted(
    a: Tensor, axes_a: Sequence[int], b: Tensor, axes_b: Sequence[int], summed: Sequence[int]
) -> tuple[Tensor, list[int]]:
    """The product of two tensors whose dimensions have numbers, summed over those of both that are to be; and its dimensions."""
    both = [d for d in axes_a if d in axes_b]
    batch, gone = [d for d in both if d not in summed], [d for d in both if d in summed]
    numbers = hlo.DotDimensionNumbers(
        *(tuple(map(axes.index, dims)) for dims in (batch, gone) for axes in (axes_a, axes_b))
    )
    left = [*batch, *(d for axes in (axes_a, axes_b) for d in axes if d not in both)]
    return hlo.DotGeneral(a, b, numbers).result, left


@lowers("aten.linear")
def linear(node: Node, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Lowered:
    """`x @ weight.T + bias`, for every index of the dimensions in front."""
    numbers = hlo.DotDimensionNumbers((), (), (x.type.rank - 1,), (weight.type.rank - 1,))
    product = hlo.DotGeneral(x, weight, numbers).result
    return product if bias is None else _plus(node, bias, product, 1, 1)
