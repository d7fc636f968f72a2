"""Convolutions."""

from __future__ import annotations

from couloir.dialects import hlo
from couloir.passes.onnx_to_hlo.node import Lowered, Node, Tensor, lowers
from couloir.passes.onnx_to_hlo.tensors import along, reshape
from couloir.passes.onnx_to_hlo.windows import entries, pairs, read_windows, span


def _dimensions(rank: int, kernel: str) -> hlo.ConvDimensionNumbers:
    """Batch and features first, as ONNX has it; `kernel` is `oi` or `io`."""
    spatial = [str(number) for number in range(rank)]
    return hlo.ConvDimensionNumbers.of(["b", "f", *spatial], [*kernel, *spatial], ["b", "f", *spatial])


def _with_bias(y: Tensor, bias: Tensor | None) -> Tensor:
    return y if bias is None else hlo.Add(y, along(bias, y.type.shape, 1)).result


@lowers("Conv")
def convolution(node: Node) -> Lowered:
    """`Conv` since 1, 11, 22: cross-correlation with groups."""
    return convolve(node, node[0], node[1], node.optional(2))


def convolve(node: Node, x: Tensor, w: Tensor, bias: Tensor | None) -> Tensor:
    """A convolution with the attributes of a node."""
    windows = read_windows(node, x.type.shape[2:], w.type.shape[2:])
    made = hlo.Convolution(
        x,
        w,
        windows.strides,
        windows.padding,
        None,
        windows.dilations,
        dimension_numbers=_dimensions(x.type.rank - 2, "oi"),
        feature_group_count=node.integer("group", 1),
    )
    return _with_bias(made.result, bias)


def grouped_product(columns: Tensor, w: Tensor, bias: Tensor | None, groups: int) -> Tensor:
    """A convolution whose windows have been laid out as channels: [batch, channels * window, ...]."""
    outputs, inputs = w.type.shape[0], columns.type.shape[1] // groups
    rank = columns.type.rank - 2
    kernel = reshape(w, (outputs, inputs, *(1,) * rank))
    made = hlo.Convolution(columns, kernel, dimension_numbers=_dimensions(rank, "oi"), feature_group_count=groups)
    return _with_bias(made.result, bias)


@lowers("ConvTranspose")
def transposed_convolution(node: Node) -> Lowered:
    """`ConvTranspose` since 1, 11, 22.

    A convolution with the mirrored kernel, of the input with `strides - 1` zeros between its elements.
    """
    x, w = node[0], node[1]
    rank, groups = x.type.rank - 2, node.integer("group", 1)
    kernel = w.type.shape[2:]
    made = hlo.Convolution(
        x,
        _grouped_kernel(w, groups),
        None,
        _transposed_padding(node, x.type.shape[2:], kernel),
        entries(node, "strides", rank),
        entries(node, "dilations", rank),
        (True,) * rank,
        dimension_numbers=_dimensions(rank, "io"),
        feature_group_count=groups,
    )
    return _with_bias(made.result, node.optional(2))


def _grouped_kernel(w: Tensor, groups: int) -> Tensor:
    """From [groups * inputs, outputs, ...] to [inputs, groups * outputs, ...]."""
    if groups == 1:
        return w
    features, outputs, *kernel = w.type.shape
    split = reshape(w, (groups, features // groups, outputs, *kernel))
    order = (1, 0, 2, *range(3, 3 + len(kernel)))
    return reshape(hlo.Transpose(split, order), (features // groups, groups * outputs, *kernel))


def _transposed_padding(node: Node, sizes: tuple[int, ...], kernel: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Padding of the dilated input: what a window spans beyond one element, less what the operator cuts off."""
    rank = len(sizes)
    strides, dilations = entries(node, "strides", rank), entries(node, "dilations", rank)
    extra = entries(node, "output_padding", rank, 0)
    spans = [span(k, d) for k, d in zip(kernel, dilations, strict=True)]
    wanted = node.integers("output_shape")
    mode = node.string("auto_pad", "NOTSET")
    same = not wanted and mode in ("SAME_UPPER", "SAME_LOWER")
    if same:
        wanted = tuple(n * s for n, s in zip(sizes, strides, strict=True))
    if wanted:
        parts = zip(sizes, strides, extra, spans, wanted[-rank:], strict=True)
        totals = [s * (n - 1) + e + w - size for n, s, e, w, size in parts]
        if same:  # as shape inference and onnxruntime: windows that leave gaps give less than size * stride
            totals = [max(total, 0) for total in totals]
        halves = [(total // 2, total - total // 2) for total in totals]
        pads = tuple((a, b) if mode == "SAME_UPPER" else (b, a) for a, b in halves)
    elif mode == "VALID":
        pads = ((0, 0),) * rank
    else:
        pads = pairs(entries(node, "pads", 2 * rank, 0))
    return tuple((w - 1 - low, w - 1 - high + e) for w, (low, high), e in zip(spans, pads, extra, strict=True))
