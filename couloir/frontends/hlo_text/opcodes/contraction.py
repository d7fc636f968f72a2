"""Dot products and convolutions."""

from __future__ import annotations

import re
from typing import Final

from couloir.dialects import chlo, hlo
from couloir.dialects.hlo.building import Tensor, convert
from couloir.frontends.hlo_text.lexer import HloLexer
from couloir.frontends.hlo_text.node import Lowered, Node, lowers
from couloir.frontends.hlo_text.windows import Window, read_window
from couloir.ir.errors import Error, nearest
from couloir.ir.types import FloatType, Type, bf16, f16, f32, f64

_TF32: Final = FloatType("tf32")
_F8: Final = FloatType("f8E5M2")
_ALGORITHMS: Final = {
    "dot_any_f8_any_f8_f32": (_F8, f32, 1, 1, False),
    "dot_any_f8_any_f8_f32_fast_accum": (_F8, f32, 1, 1, True),
    "dot_bf16_bf16_bf16": (bf16, bf16, 1, 1, False),
    "dot_bf16_bf16_f32": (bf16, f32, 1, 1, False),
    "dot_bf16_bf16_f32_x3": (bf16, f32, 2, 3, False),
    "dot_bf16_bf16_f32_x6": (bf16, f32, 3, 6, False),
    "dot_bf16_bf16_f32_x9": (bf16, f32, 3, 9, False),
    "dot_f16_f16_f16": (f16, f16, 1, 1, False),
    "dot_f16_f16_f32": (f16, f32, 1, 1, False),
    "dot_f32_f32_f32": (f32, f32, 1, 1, False),
    "dot_f64_f64_f64": (f64, f64, 1, 1, False),
    "dot_tf32_tf32_f32": (_TF32, f32, 1, 1, False),
    "dot_tf32_tf32_f32_x3": (_TF32, f32, 1, 3, False),
}
"""Type of both operands and of the sum, components of an operand, products, and whether sums may be inexact."""

_LABELS: Final = re.compile(r"([\w?]+)_([\w?]+)->([\w?]+)")


@lowers("dot", named="stablehlo.dot_general")
def dot(node: Node) -> Lowered:
    """Sums of products; of operands of two types, in the type of the result."""
    numbers = hlo.DotDimensionNumbers(*_dimensions(node))
    if node.has("sparsity"):
        raise Error("sparse operands of `dot` have no meaning in StableHLO")
    lhs, rhs = _of_one_type(node)
    return hlo.DotGeneral(lhs, rhs, numbers, precisions(node), _algorithm(node), result_types=node.result_types)


def _dimensions(node: Node) -> list[tuple[int, ...]]:
    """Batching dimensions of both operands, then contracting ones."""
    return [node.numbers(f"{side}_{kind}_dims", ()) for kind in ("batch", "contracting") for side in ("lhs", "rhs")]


def _of_one_type(node: Node) -> tuple[Tensor, Tensor]:
    lhs, rhs = node.tensors(2)
    if lhs.type.element_type is not rhs.type.element_type:
        lhs, rhs = (convert(side, node.type.element_type) for side in (lhs, rhs))
    return lhs, rhs


def precisions(node: Node) -> tuple[hlo.Precision, ...] | None:
    """How exact each operand is to be taken."""
    if not node.has("operand_precision"):
        return None
    words = [word.lower() for word in node.read("operand_precision", _read_words)]
    known = {precision.name.lower(): precision for precision in hlo.Precision}
    known["packed_nibble"] = hlo.Precision.DEFAULT  # how operands lie in memory, not how exact they are
    if not all(word in known for word in words):
        raise Error(f"`operand_precision` is of {', '.join(known)}")
    return tuple(known[word] for word in words)


def _read_words(lexer: HloLexer) -> list[str]:
    return lexer.comma_separated(lambda: lexer.word("a precision"), "{", "}")


def _algorithm(node: Node) -> hlo.DotAlgorithm | None:
    name = node.word("algorithm", "dot_unset")
    if name == "dot_unset":
        return None
    if name not in _ALGORITHMS:
        raise Error(f"there is no algorithm `{name[:40]}`", hint=nearest(name, list(_ALGORITHMS)))
    operand, total, components, products, imprecise = _ALGORITHMS[name]
    sides: list[Type] = [operand, operand]
    if operand is _F8:
        sides = [value.type.element_type for value in node.tensors(2)]
    return hlo.DotAlgorithm(sides[0], sides[1], total, components, components, products, imprecise)


@lowers("ragged-dot", named="chlo.ragged_dot")
def ragged_dot(node: Node) -> Lowered:
    """Dot products of groups of a dimension, each with its own matrix."""
    ragged = [node.numbers(key, ()) for key in ("lhs_ragged_dims", "rhs_group_dims")]
    numbers = chlo.RaggedDotDimensionNumbers(*[*_dimensions(node), *ragged])
    found = precisions(node)
    config = None if found is None else tuple(chlo.Precision[precision.name] for precision in found)
    lhs, rhs, groups = node.tensors(3)
    return chlo.RaggedDot(lhs, rhs, groups, numbers, config, result_types=[node.type])


@lowers("convolution", named="stablehlo.convolution")
def convolution(node: Node) -> Lowered:
    """Dot products of windows with kernels."""
    lhs, rhs = _of_one_type(node)
    text = node.text("dim_labels")
    labels = _LABELS.fullmatch(text)
    if labels is None:
        raise Error(f"`{text[:40]}` labels no dimensions", hint="such as `b01f_01io->b01f`")
    window = read_window(node.text("window", "{}")) if node.has("window") else Window()
    kernel = [size for size, label in zip(rhs.type.shape, labels[2], strict=False) if label.isdecimal()]
    if len(labels[2]) != rhs.type.rank or (
        window.sizes is not None and list(window.sizes) != _in_order(labels[2], kernel)
    ):
        raise Error(f"the window has the sizes {list(window.sizes or ())}, the kernel is `{rhs.type}`")
    return hlo.Convolution(
        lhs,
        rhs,
        window.strides,
        window.padding,
        window.lhs_dilation,
        window.rhs_dilation,
        window.reversal,
        dimension_numbers=hlo.ConvDimensionNumbers.of(labels[1], labels[2], labels[3]),
        feature_group_count=node.number("feature_group_count", 1),
        batch_group_count=node.number("batch_group_count", 1),
        precision_config=precisions(node),
        result_types=node.result_types,
    )


def _in_order(labels: str, sizes: list[int]) -> list[int]:
    """The sizes of the spatial dimensions, that of dimension 0 first."""
    spatial = [label for label in labels if label.isdecimal()]
    return [size for _, size in sorted(zip(spatial, sizes, strict=True))]
