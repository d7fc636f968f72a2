"""Convolutions, and their transposes."""

from __future__ import annotations

from collections.abc import Sequence

from couloir.dialects import hlo
from couloir.dialects.hlo.building import Tensor, along, reshape, sizes_of
from couloir.frontends.torch.node import Lowered, Node, NotLowered, lowers


def each(values: Sequence[int] | int, rank: int) -> tuple[int, ...]:
    """One number for each spatial dimension; a single one is for all."""
    listed = (values,) if isinstance(values, int) else tuple(values)
    return listed * rank if len(listed) == 1 else listed


@lowers("aten.convolution")
def convolution(
    node: Node,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Lowered:
    """Cross-correlation of 1, 2 or 3 spatial dimensions with groups, or its transpose."""
    rank = weight.type.rank - 2
    batched = x.type.rank == weight.type.rank
    if not batched:
        x = reshape(x, (1, *sizes_of(x)))
    strides, pads, dilations = each(stride, rank), each(padding, rank), each(dilation, rank)
    if transposed:
        y = _transposed(x, weight, strides, pads, dilations, each(output_padding, rank), groups)
    else:
        y = hlo.Convolution(
            x,
            weight,
            strides,
            tuple((pad, pad) for pad in pads),
            None,
            dilations,
            dimension_numbers=_numbers(rank, "oi"),
            feature_group_count=groups,
        ).result
    if bias is not None:
        y = hlo.Add(y, along(bias, sizes_of(y), 1)).result
    return y if batched else reshape(y, sizes_of(y)[1:])


def _numbers(rank: int, kernel: str) -> hlo.ConvDimensionNumbers:
    """Batch and features first; `kernel` is `oi` or `io`."""
    spatial = [str(number) for number in range(rank)]
    return hlo.ConvDimensionNumbers.of(["b", "f", *spatial], [*kernel, *spatial], ["b", "f", *spatial])


def _transposed(
    x: Tensor,
    weight: Tensor,
    strides: tuple[int, ...],
    pads: tuple[int, ...],
    dilations: tuple[int, ...],
    extra: tuple[int, ...],
    groups: int,
) -> Tensor:
    """A convolution with the mirrored kernel, of the input with `strides - 1` zeros between its elements."""
    if not weight.type.is_static:
        raise NotLowered("the sizes of its weights are not known")
    features, outputs, *kernel = weight.type.shape
    if groups > 1:  # from [groups * inputs, outputs, ...] to [inputs, groups * outputs, ...]
        split = reshape(weight, (groups, features // groups, outputs, *kernel))
        turned = hlo.Transpose(split, (1, 0, 2, *range(3, 3 + len(kernel))))
        weight = reshape(turned, (features // groups, groups * outputs, *kernel))
    spans = [(k - 1) * d for k, d in zip(kernel, dilations, strict=True)]
    return hlo.Convolution(
        x,
        weight,
        None,
        tuple((span - pad, span - pad + more) for span, pad, more in zip(spans, pads, extra, strict=True)),
        strides,
        dilations,
        (True,) * len(kernel),
        dimension_numbers=_numbers(len(kernel), "io"),
        feature_group_count=groups,
    ).result
