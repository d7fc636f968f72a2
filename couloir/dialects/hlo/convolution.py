"""StableHLO: convolutions.

Source: StableHLO specification, section "Ops"; C1, C2, ... are the constraints under their numbers there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from couloir.dialects.hlo.attributes import PADDING, ConvDimensionNumbers, Precision
from couloir.dialects.hlo.bounds import bounded, bounds_of
from couloir.dialects.hlo.contraction import accumulation_type, one_element_type, precisions, quantization
from couloir.dialects.hlo.elements import ANY, ANY_OR_PER_AXIS, INTEGER
from couloir.dialects.hlo.window import WindowDimension, padding_fits, window_dimensions
from couloir.dialects.quant import UniformType
from couloir.dialects.shapes import Dim, constant_integers, same_dims, unique, within
from couloir.ir import fields
from couloir.ir.constraints import Holds, Infers
from couloir.ir.fields import Operand, Result, attr, attr_default, attr_optional, result
from couloir.ir.operation import Operation, Value
from couloir.ir.traits import Pure
from couloir.ir.types import TensorType, Type


def _window_entries(name: str, ids: tuple[str, str]) -> tuple[Holds, Holds]:
    """One entry for each spatial dimension, each positive."""

    def entries(op: Convolution | DynamicConv) -> tuple[int, ...] | None:
        return getattr(op, name)

    return (
        Holds(
            f"`{name}` has one entry for each spatial dimension",
            lambda op: entries(op) is None or len(entries(op) or ()) == op.lhs.type.rank - 2,
            id=ids[0],
        ),
        Holds(f"`{name}` is positive", lambda op: all(entry > 0 for entry in entries(op) or ()), id=ids[1]),
    )


def _layout(sentence: str, part: str, ids: tuple[str, str]) -> tuple[Holds, Holds]:
    """One spatial dimension for each of the operand's but two; all dimensions different and in range."""

    def spatial(op: Convolution | DynamicConv) -> tuple[int, ...]:
        return getattr(op.dimension_numbers, f"{part}_spatial_dimensions")

    def others(op: Convolution | DynamicConv) -> tuple[int, int]:
        numbers = op.dimension_numbers
        if part == "kernel":
            return numbers.kernel_input_feature_dimension, numbers.kernel_output_feature_dimension
        return getattr(numbers, f"{part}_batch_dimension"), getattr(numbers, f"{part}_feature_dimension")

    def dimensions(op: Convolution | DynamicConv) -> tuple[int, ...]:
        return (*others(op), *spatial(op))

    return (
        Holds(
            f"`{part}_spatial_dimensions` are two fewer than the dimensions of `lhs`",
            lambda op: len(spatial(op)) == op.lhs.type.rank - 2,
            id=ids[0],
        ),
        Holds(
            f"the dimension numbers name each dimension of {sentence} once",
            lambda op: unique(dimensions(op)) and within(dimensions(op), op.lhs.type.rank),
            id=ids[1],
        ),
    )


def _divides(sentence: str, count: str, size: Callable[[Any], Dim], id: str) -> Holds:
    def predicate(op: Convolution | DynamicConv) -> bool | str:
        found: Dim = size(op)
        number: int = getattr(op, count)
        return found is None or found % number == 0 or f"{found} is not a multiple of {number}"

    return Holds(f"`{count}` divides {sentence}", predicate, id=id)


def _lhs_batch(op: Convolution | DynamicConv) -> Dim:
    return op.lhs.type.dims[op.dimension_numbers.input_batch_dimension]


def _lhs_features(op: Convolution | DynamicConv) -> Dim:
    return op.lhs.type.dims[op.dimension_numbers.input_feature_dimension]


def _rhs_inputs(op: Convolution | DynamicConv) -> Dim:
    return op.rhs.type.dims[op.dimension_numbers.kernel_input_feature_dimension]


def _rhs_outputs(op: Convolution | DynamicConv) -> Dim:
    return op.rhs.type.dims[op.dimension_numbers.kernel_output_feature_dimension]


def _features_match(op: Convolution | DynamicConv) -> bool | str:
    features, inputs = _lhs_features(op), _rhs_inputs(op)
    if features is None or inputs is None or inputs * op.feature_group_count == features:
        return True
    return f"`lhs` has {features} features in {op.feature_group_count} groups, `rhs` takes {inputs}"


def _axis(value: Value[TensorType]) -> int | None:
    """The dimension along which the scales of a quantized tensor differ."""
    element = value.type.element_type
    return element.axis if isinstance(element, UniformType) else None


_SIZES_AND_STRIDES: Final = (
    Holds(
        "`lhs` and `rhs` have the same rank, at least 2",
        lambda op: op.lhs.type.rank == op.rhs.type.rank >= 2,
        id="C1",
    ),
    *_window_entries("window_strides", ("C2", "C3")),
)
_LAYOUT_AND_GROUPS: Final = (
    *_window_entries("lhs_dilation", ("C5", "C6")),
    *_window_entries("rhs_dilation", ("C7", "C8")),
    Holds(
        "`window_reversal` has one entry for each spatial dimension",
        lambda op: op.window_reversal is None or len(op.window_reversal) == op.lhs.type.rank - 2,
        id="C9",
    ),
    *_layout("`lhs`", "input", ("C12", "C13")),
    *_layout("`rhs`", "kernel", ("C17", "C18")),
    *_layout("the result", "output", ("C19", "C20")),
    Holds("`feature_group_count` is positive", lambda op: op.feature_group_count > 0, id="C21"),
    Holds("`batch_group_count` is positive", lambda op: op.batch_group_count > 0, id="C22"),
    Holds(
        "one of `feature_group_count` and `batch_group_count` is 1",
        lambda op: 1 in (op.feature_group_count, op.batch_group_count),
        id="C23",
    ),
    _divides("the batch size of `lhs`", "batch_group_count", _lhs_batch, "C10"),
    _divides("the features of `lhs`", "feature_group_count", _lhs_features, "C11"),
    Holds("a kernel takes the features of one group", _features_match, id="C14"),
    _divides("the output features of `rhs`", "batch_group_count", _rhs_outputs, "C15"),
    _divides("the output features of `rhs`", "feature_group_count", _rhs_outputs, "C16"),
    precisions("C24"),
    # C27 also asks it of the result; upstream, XLA and JAX let that have a wider type.
    Holds("without quantized tensors `lhs` and `rhs` have the same element type", one_element_type, id="C27"),
    Holds(
        "scales of `rhs` differ along `kernel_output_feature_dimension` only",
        lambda op: _axis(op.rhs) in (None, op.dimension_numbers.kernel_output_feature_dimension),
        id="C29",
    ),
    Holds(
        "scales of the result differ along `output_feature_dimension` only",
        lambda op: _axis(op.result) in (None, op.dimension_numbers.output_feature_dimension),
        id="C30",
        verify_only=True,
    ),
    *quantization("C28", "C31", "C32", "C33", "C34"),
)


class Convolution(Operation, name="stablehlo.convolution", traits=(Pure,)):
    """Dot products of windows of `lhs` with the kernels in `rhs`: cross-correlation of any rank, with groups.

    What is left out has its default: strides and dilations 1, no padding, no reversal. `window` has all of it, one
    entry for each spatial dimension.

    Source: StableHLO specification, `convolution`.
    """

    lhs: Operand[TensorType] = fields.operand(elements=ANY)
    rhs: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    window_strides: tuple[int, ...] | None = attr_optional(default=None)
    padding: tuple[tuple[int, int], ...] | None = attr_optional(default=None, codec=PADDING)
    lhs_dilation: tuple[int, ...] | None = attr_optional(default=None)
    rhs_dilation: tuple[int, ...] | None = attr_optional(default=None)
    window_reversal: tuple[bool, ...] | None = attr_optional(default=None)
    dimension_numbers: ConvDimensionNumbers = attr(kw_only=True)
    feature_group_count: int = attr_default(default=1, printed=True)
    batch_group_count: int = attr_default(default=1, printed=True)
    precision_config: tuple[Precision, ...] | None = attr_optional(default=None)
    result: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (
        *_SIZES_AND_STRIDES,
        Holds(
            "`padding` has a pair for each spatial dimension",
            lambda op: padding_fits(op, op.lhs.type.rank - 2),
            id="C4",
        ),
        *_LAYOUT_AND_GROUPS,
        Infers("C25, C26"),
    )
    assembly_format = (
        "`(` operands `)` `dim_numbers` `=` custom<ConvolutionDimensions>($dimension_numbers) `,`"
        " `window` `=` `{` custom<WindowAttributes>($window_strides, $padding, $lhs_dilation, $rhs_dilation,"
        " $window_reversal) `}` attr-dict `:` functional-type(operands, results)"
    )

    @property
    def window(self) -> tuple[WindowDimension, ...]:
        """How the kernel moves along each spatial dimension."""
        sizes = [self.rhs.type.dims[axis] for axis in self.dimension_numbers.kernel_spatial_dimensions]
        return window_dimensions(
            sizes, self.window_strides, self.padding, self.lhs_dilation, self.rhs_dilation, self.window_reversal
        )

    def infer(self) -> Type:
        windows, lhs, rhs = self.window, self.lhs.type, self.rhs.type
        dims = _convolved(self, windows, lhs.dims, rhs.dims)
        return bounded(dims, _convolved(self, windows, bounds_of(lhs), bounds_of(rhs)), accumulation_type(self))


def _convolved(
    op: Convolution | DynamicConv, windows: Sequence[WindowDimension] | None, lhs: Sequence[Dim], rhs: Sequence[Dim]
) -> tuple[Dim, ...]:
    """The sizes of the result, or bounds of them, from those of `lhs` and `rhs`; without windows not in space."""
    numbers = op.dimension_numbers
    dims: list[Dim] = [None] * len(lhs)
    batch = lhs[numbers.input_batch_dimension]
    dims[numbers.output_batch_dimension] = None if batch is None else batch // op.batch_group_count
    dims[numbers.output_feature_dimension] = rhs[numbers.kernel_output_feature_dimension]
    spatial = zip(windows or (), numbers.input_spatial_dimensions, numbers.output_spatial_dimensions, strict=False)
    for window, source, target in spatial:
        dims[target] = window.count(lhs[source])
    return tuple(dims)


def _result_fits(op: DynamicConv) -> bool | str:
    padding = constant_integers(op.padding)
    windows = None if padding is None else op.window(padding)
    dims = _convolved(op, windows, op.lhs.type.dims, op.rhs.type.dims)
    return same_dims(op.result.type.dims, dims) or f"`{op.result.type}` is not {dims}"


class DynamicConv(Operation, name="stablehlo.dynamic_conv", traits=(Pure,)):
    """As `convolution`, with the padding as an operand: a pair for each spatial dimension.

    Source: StableHLO specification, `dynamic_conv`.
    """

    lhs: Operand[TensorType] = fields.operand(elements=ANY)
    rhs: Operand[TensorType] = fields.operand(elements=ANY_OR_PER_AXIS)
    padding: Operand[TensorType] = fields.operand(elements=INTEGER, rank=2)
    window_strides: tuple[int, ...] | None = attr_optional(default=None)
    lhs_dilation: tuple[int, ...] | None = attr_optional(default=None)
    rhs_dilation: tuple[int, ...] | None = attr_optional(default=None)
    window_reversal: tuple[bool, ...] | None = attr_optional(default=None)
    dimension_numbers: ConvDimensionNumbers = attr(kw_only=True)
    feature_group_count: int = attr_default(default=1, printed=True)
    batch_group_count: int = attr_default(default=1, printed=True)
    precision_config: tuple[Precision, ...] | None = attr_optional(default=None)
    result: Result[TensorType] = result(elements=ANY_OR_PER_AXIS)

    constraints = (
        *_SIZES_AND_STRIDES,
        Holds(
            "`padding` has a pair for each spatial dimension",
            lambda op: same_dims(op.padding.type.dims, (op.lhs.type.rank - 2, 2)),
            id="C4",
        ),
        *_LAYOUT_AND_GROUPS,
        Holds("the result has the shape that the operands give it", _result_fits, id="C25, C26", verify_only=True),
    )

    def window(self, padding: Sequence[tuple[int, int]]) -> tuple[WindowDimension, ...]:
        """How the kernel moves along each spatial dimension, with this padding."""
        sizes = [self.rhs.type.dims[axis] for axis in self.dimension_numbers.kernel_spatial_dimensions]
        return window_dimensions(
            sizes, self.window_strides, padding, self.lhs_dilation, self.rhs_dilation, self.window_reversal
        )
