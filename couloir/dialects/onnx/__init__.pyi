# Written by `python -m couloir.dialects.onnx.stubs` from the schemas of onnx 1.23.2. Do not edit.
# ruff: noqa: E501, D101, I001, UP037
# fmt: off
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias
from numpy.typing import NDArray
from couloir.dialects.onnx.base import OnnxOp as OnnxOp
from couloir.ir.attribute import Attribute, Type
from couloir.ir.fields import Operand, Operands, OptionalOperand, OptionalResult, Result, Results
from couloir.ir.location import Location
from couloir.ir.operation import Operation, Region, Value
from couloir.ir.types import TensorType, UnrankedTensorType
from couloir.dialects.onnx.schemas import class_at as class_at, operators as operators, schema_class as schema_class
from couloir.dialects.onnx.structure import Call as Call, Initializer as Initializer, Return as Return
from couloir.dialects.onnx.types import AnyType as AnyType, MapType as MapType, OptionalType as OptionalType, SequenceType as SequenceType, SparseEncodingAttr as SparseEncodingAttr, StringType as StringType, StringsAttr as StringsAttr
from couloir.dialects.onnx import ml as ml, preview as preview

_In: TypeAlias = Value[Any] | Operation
_Constant: TypeAlias = Attribute | NDArray[Any]
_Tensor: TypeAlias = TensorType | UnrankedTensorType

class AbsV1(OnnxOp):
    """Absolute takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the absolute is, y = abs(x), is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AbsV6(OnnxOp):
    """Absolute takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the absolute is, y = abs(x), is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AbsV13(OnnxOp):
    """Absolute takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where absolute value, y = abs(x), is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AcosV7(OnnxOp):
    """Calculates the arccosine (inverse of cosine) of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AcosV22(OnnxOp):
    """Calculates the arccosine (inverse of cosine) of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AcoshV9(OnnxOp):
    """Calculates the hyperbolic arccosine of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AcoshV22(OnnxOp):
    """Calculates the hyperbolic arccosine of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AddV1(OnnxOp):
    """Performs element-wise binary addition (with limited broadcast support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    consumed_inputs: tuple[int, ...] | None
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AddV6(OnnxOp):
    """Performs element-wise binary addition (with limited broadcast support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AddV7(OnnxOp):
    """Performs element-wise binary addition (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AddV13(OnnxOp):
    """Performs element-wise binary addition (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AddV14(OnnxOp):
    """Performs element-wise binary addition (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AffineGridV20(OnnxOp):
    """Generates a 2D or 3D flow field (sampling grid), given a batch of affine matrices theta ..."""
    theta: Operand[_Tensor]
    size: Operand[_Tensor]
    align_corners: int
    grid: Result[_Tensor]
    def __init__(
        self, theta: _In, size: _In, *, align_corners: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AndV1(OnnxOp):
    """Returns the tensor resulted from performing the `and` logical operation elementwise on the input tensors `A` and `B`."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AndV7(OnnxOp):
    """Returns the tensor resulted from performing the `and` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ArgMaxV1(OnnxOp):
    """Computes the indices of the max elements of the input tensor's element along the provided axis."""
    data: Operand[_Tensor]
    axis: int
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axis: int = 0, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ArgMaxV11(OnnxOp):
    """Computes the indices of the max elements of the input tensor's element along the provided axis."""
    data: Operand[_Tensor]
    axis: int
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axis: int = 0, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ArgMaxV12(OnnxOp):
    """Computes the indices of the max elements of the input tensor's element along the provided axis."""
    data: Operand[_Tensor]
    axis: int
    keepdims: int
    select_last_index: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ArgMaxV13(OnnxOp):
    """Computes the indices of the max elements of the input tensor's element along the provided axis."""
    data: Operand[_Tensor]
    axis: int
    keepdims: int
    select_last_index: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ArgMinV1(OnnxOp):
    """Computes the indices of the min elements of the input tensor's element along the provided axis."""
    data: Operand[_Tensor]
    axis: int
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axis: int = 0, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ArgMinV11(OnnxOp):
    """Computes the indices of the min elements of the input tensor's element along the provided axis."""
    data: Operand[_Tensor]
    axis: int
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axis: int = 0, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ArgMinV12(OnnxOp):
    """Computes the indices of the min elements of the input tensor's element along the provided axis."""
    data: Operand[_Tensor]
    axis: int
    keepdims: int
    select_last_index: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ArgMinV13(OnnxOp):
    """Computes the indices of the min elements of the input tensor's element along the provided axis."""
    data: Operand[_Tensor]
    axis: int
    keepdims: int
    select_last_index: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axis: int = 0, keepdims: int = 1, select_last_index: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AsinV7(OnnxOp):
    """Calculates the arcsine (inverse of sine) of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AsinV22(OnnxOp):
    """Calculates the arcsine (inverse of sine) of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AsinhV9(OnnxOp):
    """Calculates the hyperbolic arcsine of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AsinhV22(OnnxOp):
    """Calculates the hyperbolic arcsine of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AtanV7(OnnxOp):
    """Calculates the arctangent (inverse of tangent) of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AtanV22(OnnxOp):
    """Calculates the arctangent (inverse of tangent) of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AtanhV9(OnnxOp):
    """Calculates the hyperbolic arctangent of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AtanhV22(OnnxOp):
    """Calculates the hyperbolic arctangent of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AttentionV23(OnnxOp):
    """Computes scaled dot product attention on query, key and value tensors, using an optional attention mask if passed."""
    Q: Operand[_Tensor]
    K: Operand[_Tensor]
    V: Operand[_Tensor]
    attn_mask: OptionalOperand[_Tensor]
    past_key: OptionalOperand[_Tensor]
    past_value: OptionalOperand[_Tensor]
    is_causal: int
    kv_num_heads: int | None
    q_num_heads: int | None
    qk_matmul_output_mode: int
    scale: float | None
    softcap: float
    softmax_precision: int | None
    Y: Result[_Tensor]
    present_key: OptionalResult[_Tensor]
    present_value: OptionalResult[_Tensor]
    qk_matmul_output: OptionalResult[_Tensor]
    def __init__(
        self, Q: _In, K: _In, V: _In, attn_mask: _In | None = None, past_key: _In | None = None, past_value: _In | None = None, *, is_causal: int = 0, kv_num_heads: int | None = None, q_num_heads: int | None = None, qk_matmul_output_mode: int = 0, scale: float | None = None, softcap: float = 0.0, softmax_precision: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AttentionV24(OnnxOp):
    """Computes scaled dot product attention on query, key and value tensors, using an optional attention mask if passed."""
    Q: Operand[_Tensor]
    K: Operand[_Tensor]
    V: Operand[_Tensor]
    attn_mask: OptionalOperand[_Tensor]
    past_key: OptionalOperand[_Tensor]
    past_value: OptionalOperand[_Tensor]
    nonpad_kv_seqlen: OptionalOperand[_Tensor]
    is_causal: int
    kv_num_heads: int | None
    q_num_heads: int | None
    qk_matmul_output_mode: int
    scale: float | None
    softcap: float
    softmax_precision: int | None
    Y: Result[_Tensor]
    present_key: OptionalResult[_Tensor]
    present_value: OptionalResult[_Tensor]
    qk_matmul_output: OptionalResult[_Tensor]
    def __init__(
        self, Q: _In, K: _In, V: _In, attn_mask: _In | None = None, past_key: _In | None = None, past_value: _In | None = None, nonpad_kv_seqlen: _In | None = None, *, is_causal: int = 0, kv_num_heads: int | None = None, q_num_heads: int | None = None, qk_matmul_output_mode: int = 0, scale: float | None = None, softcap: float = 0.0, softmax_precision: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AttentionV25(OnnxOp):
    """Computes scaled dot product attention on query, key and value tensors, using an optional attention mask if passed."""
    Q: Operand[_Tensor]
    K: Operand[_Tensor]
    V: Operand[_Tensor]
    attn_mask: OptionalOperand[_Tensor]
    past_key: OptionalOperand[_Tensor]
    past_value: OptionalOperand[_Tensor]
    nonpad_kv_seqlen: OptionalOperand[_Tensor]
    is_causal: int
    kv_num_heads: int | None
    left_window_size: int
    q_num_heads: int | None
    qk_matmul_output_mode: int
    right_window_size: int
    scale: float | None
    softcap: float
    softmax_precision: int | None
    Y: Result[_Tensor]
    present_key: OptionalResult[_Tensor]
    present_value: OptionalResult[_Tensor]
    qk_matmul_output: OptionalResult[_Tensor]
    def __init__(
        self, Q: _In, K: _In, V: _In, attn_mask: _In | None = None, past_key: _In | None = None, past_value: _In | None = None, nonpad_kv_seqlen: _In | None = None, *, is_causal: int = 0, kv_num_heads: int | None = None, left_window_size: int = -1, q_num_heads: int | None = None, qk_matmul_output_mode: int = 0, right_window_size: int = -1, scale: float | None = None, softcap: float = 0.0, softmax_precision: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AveragePoolV1(OnnxOp):
    """AveragePool consumes an input tensor X and applies average pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', kernel_shape: Sequence[int], pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AveragePoolV7(OnnxOp):
    """AveragePool consumes an input tensor X and applies average pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    count_include_pad: int
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', count_include_pad: int = 0, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AveragePoolV10(OnnxOp):
    """AveragePool consumes an input tensor X and applies average pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    ceil_mode: int
    count_include_pad: int
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', ceil_mode: int = 0, count_include_pad: int = 0, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AveragePoolV11(OnnxOp):
    """AveragePool consumes an input tensor X and applies average pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    ceil_mode: int
    count_include_pad: int
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', ceil_mode: int = 0, count_include_pad: int = 0, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AveragePoolV19(OnnxOp):
    """AveragePool consumes an input tensor X and applies average pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    ceil_mode: int
    count_include_pad: int
    dilations: tuple[int, ...] | None
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', ceil_mode: int = 0, count_include_pad: int = 0, dilations: Sequence[int] | None = None, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class AveragePoolV22(OnnxOp):
    """AveragePool consumes an input tensor X and applies average pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    ceil_mode: int
    count_include_pad: int
    dilations: tuple[int, ...] | None
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', ceil_mode: int = 0, count_include_pad: int = 0, dilations: Sequence[int] | None = None, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BatchNormalizationV1(OnnxOp):
    """Carries out batch normalization as described in the paper https://arxiv.org/abs/1502.03167."""
    X: Operand[_Tensor]
    scale: Operand[_Tensor]
    B: Operand[_Tensor]
    mean: Operand[_Tensor]
    var: Operand[_Tensor]
    consumed_inputs: tuple[int, ...]
    epsilon: float
    is_test: int
    momentum: float
    spatial: int
    Y: Result[_Tensor]
    mean_: OptionalResult[_Tensor]
    var_: OptionalResult[_Tensor]
    saved_mean: OptionalResult[_Tensor]
    saved_var: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, scale: _In, B: _In, mean: _In, var: _In, *, consumed_inputs: Sequence[int], epsilon: float = 1e-05, is_test: int = 0, momentum: float = 0.9, spatial: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BatchNormalizationV6(OnnxOp):
    """Carries out batch normalization as described in the paper https://arxiv.org/abs/1502.03167."""
    X: Operand[_Tensor]
    scale: Operand[_Tensor]
    B: Operand[_Tensor]
    mean: Operand[_Tensor]
    var: Operand[_Tensor]
    epsilon: float
    is_test: int
    momentum: float
    spatial: int
    Y: Result[_Tensor]
    mean_: OptionalResult[_Tensor]
    var_: OptionalResult[_Tensor]
    saved_mean: OptionalResult[_Tensor]
    saved_var: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, scale: _In, B: _In, mean: _In, var: _In, *, epsilon: float = 1e-05, is_test: int = 0, momentum: float = 0.9, spatial: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BatchNormalizationV7(OnnxOp):
    """Carries out batch normalization as described in the paper https://arxiv.org/abs/1502.03167."""
    X: Operand[_Tensor]
    scale: Operand[_Tensor]
    B: Operand[_Tensor]
    mean: Operand[_Tensor]
    var: Operand[_Tensor]
    epsilon: float
    momentum: float
    spatial: int
    Y: Result[_Tensor]
    mean_: OptionalResult[_Tensor]
    var_: OptionalResult[_Tensor]
    saved_mean: OptionalResult[_Tensor]
    saved_var: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, scale: _In, B: _In, mean: _In, var: _In, *, epsilon: float = 1e-05, momentum: float = 0.9, spatial: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BatchNormalizationV9(OnnxOp):
    """Carries out batch normalization as described in the paper https://arxiv.org/abs/1502.03167."""
    X: Operand[_Tensor]
    scale: Operand[_Tensor]
    B: Operand[_Tensor]
    mean: Operand[_Tensor]
    var: Operand[_Tensor]
    epsilon: float
    momentum: float
    Y: Result[_Tensor]
    mean_: OptionalResult[_Tensor]
    var_: OptionalResult[_Tensor]
    saved_mean: OptionalResult[_Tensor]
    saved_var: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, scale: _In, B: _In, mean: _In, var: _In, *, epsilon: float = 1e-05, momentum: float = 0.9, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BatchNormalizationV14(OnnxOp):
    """Carries out batch normalization as described in the paper https://arxiv.org/abs/1502.03167."""
    X: Operand[_Tensor]
    scale: Operand[_Tensor]
    B: Operand[_Tensor]
    input_mean: Operand[_Tensor]
    input_var: Operand[_Tensor]
    epsilon: float
    momentum: float
    training_mode: int
    Y: Result[_Tensor]
    running_mean: OptionalResult[_Tensor]
    running_var: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, scale: _In, B: _In, input_mean: _In, input_var: _In, *, epsilon: float = 1e-05, momentum: float = 0.9, training_mode: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BatchNormalizationV15(OnnxOp):
    """Carries out batch normalization as described in the paper https://arxiv.org/abs/1502.03167."""
    X: Operand[_Tensor]
    scale: Operand[_Tensor]
    B: Operand[_Tensor]
    input_mean: Operand[_Tensor]
    input_var: Operand[_Tensor]
    epsilon: float
    momentum: float
    training_mode: int
    Y: Result[_Tensor]
    running_mean: OptionalResult[_Tensor]
    running_var: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, scale: _In, B: _In, input_mean: _In, input_var: _In, *, epsilon: float = 1e-05, momentum: float = 0.9, training_mode: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BernoulliV15(OnnxOp):
    """Draws binary random numbers (0 or 1) from a Bernoulli distribution."""
    input: Operand[_Tensor]
    dtype: int | None
    seed: float | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, dtype: int | None = None, seed: float | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BernoulliV22(OnnxOp):
    """Draws binary random numbers (0 or 1) from a Bernoulli distribution."""
    input: Operand[_Tensor]
    dtype: int | None
    seed: float | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, dtype: int | None = None, seed: float | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BitCastV26(OnnxOp):
    """Reinterprets the binary representation of a tensor as a different data type, specified by the 'to' attribute."""
    input: Operand[_Tensor]
    to: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, to: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BitShiftV11(OnnxOp):
    """Bitwise shift operator performs element-wise operation."""
    X: Operand[_Tensor]
    Y: Operand[_Tensor]
    direction: str
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, Y: _In, *, direction: str, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BitShiftV28(OnnxOp):
    """Bitwise shift operator performs element-wise operation."""
    X: Operand[_Tensor]
    Y: Operand[_Tensor]
    direction: str
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, Y: _In, *, direction: str, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BitwiseAndV18(OnnxOp):
    """Returns the tensor resulting from performing the bitwise `and` operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BitwiseNotV18(OnnxOp):
    """Returns the bitwise not of the input tensor element-wise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BitwiseOrV18(OnnxOp):
    """Returns the tensor resulting from performing the bitwise `or` operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BitwiseXorV18(OnnxOp):
    """Returns the tensor resulting from performing the bitwise `xor` operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BlackmanWindowV17(OnnxOp):
    """Generates a Blackman window as described in the paper https://ieeexplore.ieee.org/document/1455106."""
    size: Operand[_Tensor]
    output_datatype: int
    periodic: int
    output: Result[_Tensor]
    def __init__(
        self, size: _In, *, output_datatype: int = 1, periodic: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastV1(OnnxOp):
    """The operator casts the elements of a given input tensor to a data type specified by the 'to' argument and returns an output tensor of the same size in the ..."""
    input: Operand[_Tensor]
    to: str
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, to: str, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastV6(OnnxOp):
    """The operator casts the elements of a given input tensor to a data type specified by the 'to' argument and returns an output tensor of the same size in the ..."""
    input: Operand[_Tensor]
    to: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, to: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastV9(OnnxOp):
    """The operator casts the elements of a given input tensor to a data type specified by the 'to' argument and returns an output tensor of the same size in the ..."""
    input: Operand[_Tensor]
    to: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, to: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastV13(OnnxOp):
    """The operator casts the elements of a given input tensor to a data type specified by the 'to' argument and returns an output tensor of the same size in the ..."""
    input: Operand[_Tensor]
    to: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, to: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastV19(OnnxOp):
    """The operator casts the elements of a given input tensor to a data type specified by the 'to' argument and returns an output tensor of the same size in the ..."""
    input: Operand[_Tensor]
    saturate: int
    to: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, saturate: int = 1, to: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastV21(OnnxOp):
    """The operator casts the elements of a given input tensor to a data type specified by the 'to' argument and returns an output tensor of the same size in the ..."""
    input: Operand[_Tensor]
    saturate: int
    to: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, saturate: int = 1, to: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastV23(OnnxOp):
    """The operator casts the elements of a given input tensor to a data type specified by the 'to' argument and returns an output tensor of the same size in the ..."""
    input: Operand[_Tensor]
    saturate: int
    to: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, saturate: int = 1, to: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastV24(OnnxOp):
    """The operator casts the elements of a given input tensor to a data type specified by the 'to' argument and returns an output tensor of the same size in the ..."""
    input: Operand[_Tensor]
    round_mode: str
    saturate: int
    to: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, round_mode: str = 'up', saturate: int = 1, to: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastV25(OnnxOp):
    """The operator casts the elements of a given input tensor to a data type specified by the 'to' argument and returns an output tensor of the same size in the ..."""
    input: Operand[_Tensor]
    round_mode: str
    saturate: int
    to: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, round_mode: str = 'up', saturate: int = 1, to: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastV28(OnnxOp):
    """The operator casts the elements of a given input tensor to a data type specified by the 'to' argument and returns an output tensor of the same size in the ..."""
    input: Operand[_Tensor]
    round_mode: str
    saturate: int
    to: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, round_mode: str = 'up', saturate: int = 1, to: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastLikeV15(OnnxOp):
    """The operator casts the elements of a given input tensor (the first input) to the same data type as the elements of the second input tensor."""
    input: Operand[_Tensor]
    target_type: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, target_type: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastLikeV19(OnnxOp):
    """The operator casts the elements of a given input tensor (the first input) to the same data type as the elements of the second input tensor."""
    input: Operand[_Tensor]
    target_type: Operand[_Tensor]
    saturate: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, target_type: _In, *, saturate: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastLikeV21(OnnxOp):
    """The operator casts the elements of a given input tensor (the first input) to the same data type as the elements of the second input tensor."""
    input: Operand[_Tensor]
    target_type: Operand[_Tensor]
    saturate: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, target_type: _In, *, saturate: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastLikeV23(OnnxOp):
    """The operator casts the elements of a given input tensor (the first input) to the same data type as the elements of the second input tensor."""
    input: Operand[_Tensor]
    target_type: Operand[_Tensor]
    saturate: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, target_type: _In, *, saturate: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastLikeV24(OnnxOp):
    """The operator casts the elements of a given input tensor (the first input) to the same data type as the elements of the second input tensor."""
    input: Operand[_Tensor]
    target_type: Operand[_Tensor]
    round_mode: str
    saturate: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, target_type: _In, *, round_mode: str = 'up', saturate: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastLikeV25(OnnxOp):
    """The operator casts the elements of a given input tensor (the first input) to the same data type as the elements of the second input tensor."""
    input: Operand[_Tensor]
    target_type: Operand[_Tensor]
    round_mode: str
    saturate: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, target_type: _In, *, round_mode: str = 'up', saturate: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CausalConvWithStateV27(OnnxOp):
    """Stateful causal 1D depthwise convolution."""
    input: Operand[_Tensor]
    weight: Operand[_Tensor]
    bias: OptionalOperand[_Tensor]
    past_state: OptionalOperand[_Tensor]
    activation: str
    output: Result[_Tensor]
    present_state: Result[_Tensor]
    def __init__(
        self, input: _In, weight: _In, bias: _In | None = None, past_state: _In | None = None, *, activation: str = 'none', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CeilV1(OnnxOp):
    """Ceil takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the ceil is, y = ceil(x), is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CeilV6(OnnxOp):
    """Ceil takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the ceil is, y = ceil(x), is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CeilV13(OnnxOp):
    """Ceil takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the ceil is, y = ceil(x), is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CeluV12(OnnxOp):
    """Continuously Differentiable Exponential Linear Units:"""
    X: Operand[_Tensor]
    alpha: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CeluV28(OnnxOp):
    """Continuously Differentiable Exponential Linear Units:"""
    X: Operand[_Tensor]
    alpha: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CenterCropPadV18(OnnxOp):
    """Center crop or pad an input to given dimensions."""
    input_data: Operand[_Tensor]
    shape: Operand[_Tensor]
    axes: tuple[int, ...] | None
    output_data: Result[_Tensor]
    def __init__(
        self, input_data: _In, shape: _In, *, axes: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ClipV1(OnnxOp):
    """Clip operator limits the given input within an interval."""
    input: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    max: float | None
    min: float | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, consumed_inputs: Sequence[int] | None = None, max: float | None = None, min: float | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ClipV6(OnnxOp):
    """Clip operator limits the given input within an interval."""
    input: Operand[_Tensor]
    max: float
    min: float
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, max: float = 3.4028235e+38, min: float = -3.4028235e+38, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ClipV11(OnnxOp):
    """Clip operator limits the given input within an interval."""
    input: Operand[_Tensor]
    min: OptionalOperand[_Tensor]
    max: OptionalOperand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, min: _In | None = None, max: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ClipV12(OnnxOp):
    """Clip operator limits the given input within an interval."""
    input: Operand[_Tensor]
    min: OptionalOperand[_Tensor]
    max: OptionalOperand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, min: _In | None = None, max: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ClipV13(OnnxOp):
    """Clip operator limits the given input within an interval."""
    input: Operand[_Tensor]
    min: OptionalOperand[_Tensor]
    max: OptionalOperand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, min: _In | None = None, max: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class Col2ImV18(OnnxOp):
    """The operator rearranges column blocks back into a multidimensional image"""
    input: Operand[_Tensor]
    image_shape: Operand[_Tensor]
    block_shape: Operand[_Tensor]
    dilations: tuple[int, ...] | None
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, image_shape: _In, block_shape: _In, *, dilations: Sequence[int] | None = None, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CompressV9(OnnxOp):
    """Selects slices from an input tensor along a given axis where condition evaluates to True for each axis index."""
    input: Operand[_Tensor]
    condition: Operand[_Tensor]
    axis: int | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, condition: _In, *, axis: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CompressV11(OnnxOp):
    """Selects slices from an input tensor along a given axis where condition evaluates to True for each axis index."""
    input: Operand[_Tensor]
    condition: Operand[_Tensor]
    axis: int | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, condition: _In, *, axis: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CompressV28(OnnxOp):
    """Selects slices from an input tensor along a given axis where condition evaluates to True for each axis index."""
    input: Operand[_Tensor]
    condition: Operand[_Tensor]
    axis: int | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, condition: _In, *, axis: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConcatV1(OnnxOp):
    """Concatenate a list of tensors into a single tensor"""
    inputs: Operands[_Tensor]
    axis: int | None
    concat_result: Result[_Tensor]
    def __init__(
        self, inputs: Sequence[_In] = (), *, axis: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConcatV4(OnnxOp):
    """Concatenate a list of tensors into a single tensor"""
    inputs: Operands[_Tensor]
    axis: int
    concat_result: Result[_Tensor]
    def __init__(
        self, inputs: Sequence[_In] = (), *, axis: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConcatV11(OnnxOp):
    """Concatenate a list of tensors into a single tensor."""
    inputs: Operands[_Tensor]
    axis: int
    concat_result: Result[_Tensor]
    def __init__(
        self, inputs: Sequence[_In] = (), *, axis: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConcatV13(OnnxOp):
    """Concatenate a list of tensors into a single tensor."""
    inputs: Operands[_Tensor]
    axis: int
    concat_result: Result[_Tensor]
    def __init__(
        self, inputs: Sequence[_In] = (), *, axis: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConcatFromSequenceV11(OnnxOp):
    """Concatenate a sequence of tensors into a single tensor."""
    input_sequence: Operand[Any]
    axis: int
    new_axis: int
    concat_result: Result[_Tensor]
    def __init__(
        self, input_sequence: _In, *, axis: int, new_axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantV1(OnnxOp):
    """A constant tensor."""
    value: Attribute
    output: Result[_Tensor]
    def __init__(
        self, *, value: _Constant, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantV9(OnnxOp):
    """A constant tensor."""
    value: Attribute
    output: Result[_Tensor]
    def __init__(
        self, *, value: _Constant, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantV11(OnnxOp):
    """A constant tensor."""
    sparse_value: Attribute | None
    value: Attribute | None
    output: Result[_Tensor]
    def __init__(
        self, *, sparse_value: Attribute | None = None, value: _Constant | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantV12(OnnxOp):
    """This operator produces a constant tensor."""
    sparse_value: Attribute | None
    value: Attribute | None
    value_float: float | None
    value_floats: tuple[float, ...] | None
    value_int: int | None
    value_ints: tuple[int, ...] | None
    value_string: str | None
    value_strings: tuple[str, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, *, sparse_value: Attribute | None = None, value: _Constant | None = None, value_float: float | None = None, value_floats: Sequence[float] | None = None, value_int: int | None = None, value_ints: Sequence[int] | None = None, value_string: str | None = None, value_strings: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantV13(OnnxOp):
    """This operator produces a constant tensor."""
    sparse_value: Attribute | None
    value: Attribute | None
    value_float: float | None
    value_floats: tuple[float, ...] | None
    value_int: int | None
    value_ints: tuple[int, ...] | None
    value_string: str | None
    value_strings: tuple[str, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, *, sparse_value: Attribute | None = None, value: _Constant | None = None, value_float: float | None = None, value_floats: Sequence[float] | None = None, value_int: int | None = None, value_ints: Sequence[int] | None = None, value_string: str | None = None, value_strings: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantV19(OnnxOp):
    """This operator produces a constant tensor."""
    sparse_value: Attribute | None
    value: Attribute | None
    value_float: float | None
    value_floats: tuple[float, ...] | None
    value_int: int | None
    value_ints: tuple[int, ...] | None
    value_string: str | None
    value_strings: tuple[str, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, *, sparse_value: Attribute | None = None, value: _Constant | None = None, value_float: float | None = None, value_floats: Sequence[float] | None = None, value_int: int | None = None, value_ints: Sequence[int] | None = None, value_string: str | None = None, value_strings: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantV21(OnnxOp):
    """This operator produces a constant tensor."""
    sparse_value: Attribute | None
    value: Attribute | None
    value_float: float | None
    value_floats: tuple[float, ...] | None
    value_int: int | None
    value_ints: tuple[int, ...] | None
    value_string: str | None
    value_strings: tuple[str, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, *, sparse_value: Attribute | None = None, value: _Constant | None = None, value_float: float | None = None, value_floats: Sequence[float] | None = None, value_int: int | None = None, value_ints: Sequence[int] | None = None, value_string: str | None = None, value_strings: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantV23(OnnxOp):
    """This operator produces a constant tensor."""
    sparse_value: Attribute | None
    value: Attribute | None
    value_float: float | None
    value_floats: tuple[float, ...] | None
    value_int: int | None
    value_ints: tuple[int, ...] | None
    value_string: str | None
    value_strings: tuple[str, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, *, sparse_value: Attribute | None = None, value: _Constant | None = None, value_float: float | None = None, value_floats: Sequence[float] | None = None, value_int: int | None = None, value_ints: Sequence[int] | None = None, value_string: str | None = None, value_strings: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantV24(OnnxOp):
    """This operator produces a constant tensor."""
    sparse_value: Attribute | None
    value: Attribute | None
    value_float: float | None
    value_floats: tuple[float, ...] | None
    value_int: int | None
    value_ints: tuple[int, ...] | None
    value_string: str | None
    value_strings: tuple[str, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, *, sparse_value: Attribute | None = None, value: _Constant | None = None, value_float: float | None = None, value_floats: Sequence[float] | None = None, value_int: int | None = None, value_ints: Sequence[int] | None = None, value_string: str | None = None, value_strings: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantV25(OnnxOp):
    """This operator produces a constant tensor."""
    sparse_value: Attribute | None
    value: Attribute | None
    value_float: float | None
    value_floats: tuple[float, ...] | None
    value_int: int | None
    value_ints: tuple[int, ...] | None
    value_string: str | None
    value_strings: tuple[str, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, *, sparse_value: Attribute | None = None, value: _Constant | None = None, value_float: float | None = None, value_floats: Sequence[float] | None = None, value_int: int | None = None, value_ints: Sequence[int] | None = None, value_string: str | None = None, value_strings: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantOfShapeV9(OnnxOp):
    """Generate a tensor with given value and shape."""
    input: Operand[_Tensor]
    value: Attribute | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, value: _Constant | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantOfShapeV20(OnnxOp):
    """Generate a tensor with given value and shape."""
    input: Operand[_Tensor]
    value: Attribute | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, value: _Constant | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantOfShapeV21(OnnxOp):
    """Generate a tensor with given value and shape."""
    input: Operand[_Tensor]
    value: Attribute | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, value: _Constant | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantOfShapeV23(OnnxOp):
    """Generate a tensor with given value and shape."""
    input: Operand[_Tensor]
    value: Attribute | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, value: _Constant | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantOfShapeV24(OnnxOp):
    """Generate a tensor with given value and shape."""
    input: Operand[_Tensor]
    value: Attribute | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, value: _Constant | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConstantOfShapeV25(OnnxOp):
    """Generate a tensor with given value and shape."""
    input: Operand[_Tensor]
    value: Attribute | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, value: _Constant | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConvV1(OnnxOp):
    """The convolution operator consumes an input tensor and a filter, and computes the output."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    auto_pad: str
    dilations: tuple[int, ...] | None
    group: int
    kernel_shape: tuple[int, ...] | None
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, W: _In, B: _In | None = None, *, auto_pad: str = 'NOTSET', dilations: Sequence[int] | None = None, group: int = 1, kernel_shape: Sequence[int] | None = None, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConvV11(OnnxOp):
    """The convolution operator consumes an input tensor and a filter, and computes the output."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    auto_pad: str
    dilations: tuple[int, ...] | None
    group: int
    kernel_shape: tuple[int, ...] | None
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, W: _In, B: _In | None = None, *, auto_pad: str = 'NOTSET', dilations: Sequence[int] | None = None, group: int = 1, kernel_shape: Sequence[int] | None = None, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConvV22(OnnxOp):
    """The convolution operator consumes an input tensor and a filter, and computes the output."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    auto_pad: str
    dilations: tuple[int, ...] | None
    group: int
    kernel_shape: tuple[int, ...] | None
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, W: _In, B: _In | None = None, *, auto_pad: str = 'NOTSET', dilations: Sequence[int] | None = None, group: int = 1, kernel_shape: Sequence[int] | None = None, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConvIntegerV10(OnnxOp):
    """The integer convolution operator consumes an input tensor, its zero-point, a filter, and its zero-point, and computes the output."""
    x: Operand[_Tensor]
    w: Operand[_Tensor]
    x_zero_point: OptionalOperand[_Tensor]
    w_zero_point: OptionalOperand[_Tensor]
    auto_pad: str
    dilations: tuple[int, ...] | None
    group: int
    kernel_shape: tuple[int, ...] | None
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    y: Result[_Tensor]
    def __init__(
        self, x: _In, w: _In, x_zero_point: _In | None = None, w_zero_point: _In | None = None, *, auto_pad: str = 'NOTSET', dilations: Sequence[int] | None = None, group: int = 1, kernel_shape: Sequence[int] | None = None, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConvTransposeV1(OnnxOp):
    """The convolution transpose operator consumes an input tensor and a filter, and computes the output."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    auto_pad: str
    dilations: tuple[int, ...] | None
    group: int
    kernel_shape: tuple[int, ...] | None
    output_padding: tuple[int, ...] | None
    output_shape: tuple[int, ...] | None
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, W: _In, B: _In | None = None, *, auto_pad: str = 'NOTSET', dilations: Sequence[int] | None = None, group: int = 1, kernel_shape: Sequence[int] | None = None, output_padding: Sequence[int] | None = None, output_shape: Sequence[int] | None = None, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConvTransposeV11(OnnxOp):
    """The convolution transpose operator consumes an input tensor and a filter, and computes the output."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    auto_pad: str
    dilations: tuple[int, ...] | None
    group: int
    kernel_shape: tuple[int, ...] | None
    output_padding: tuple[int, ...] | None
    output_shape: tuple[int, ...] | None
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, W: _In, B: _In | None = None, *, auto_pad: str = 'NOTSET', dilations: Sequence[int] | None = None, group: int = 1, kernel_shape: Sequence[int] | None = None, output_padding: Sequence[int] | None = None, output_shape: Sequence[int] | None = None, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ConvTransposeV22(OnnxOp):
    """The convolution transpose operator consumes an input tensor and a filter, and computes the output."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    auto_pad: str
    dilations: tuple[int, ...] | None
    group: int
    kernel_shape: tuple[int, ...] | None
    output_padding: tuple[int, ...] | None
    output_shape: tuple[int, ...] | None
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, W: _In, B: _In | None = None, *, auto_pad: str = 'NOTSET', dilations: Sequence[int] | None = None, group: int = 1, kernel_shape: Sequence[int] | None = None, output_padding: Sequence[int] | None = None, output_shape: Sequence[int] | None = None, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CosV7(OnnxOp):
    """Calculates the cosine of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CosV22(OnnxOp):
    """Calculates the cosine of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CoshV9(OnnxOp):
    """Calculates the hyperbolic cosine of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CoshV22(OnnxOp):
    """Calculates the hyperbolic cosine of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CumProdV26(OnnxOp):
    """Performs cumulative product of the input elements along the given axis."""
    x: Operand[_Tensor]
    axis: Operand[_Tensor]
    exclusive: int
    reverse: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, axis: _In, *, exclusive: int = 0, reverse: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CumSumV11(OnnxOp):
    """Performs cumulative sum of the input elements along the given axis."""
    x: Operand[_Tensor]
    axis: Operand[_Tensor]
    exclusive: int
    reverse: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, axis: _In, *, exclusive: int = 0, reverse: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CumSumV14(OnnxOp):
    """Performs cumulative sum of the input elements along the given axis."""
    x: Operand[_Tensor]
    axis: Operand[_Tensor]
    exclusive: int
    reverse: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, axis: _In, *, exclusive: int = 0, reverse: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DFTV17(OnnxOp):
    """Computes the discrete Fourier transform of input."""
    input: Operand[_Tensor]
    dft_length: OptionalOperand[_Tensor]
    axis: int
    inverse: int
    onesided: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, dft_length: _In | None = None, *, axis: int = 1, inverse: int = 0, onesided: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DFTV20(OnnxOp):
    """Computes the discrete Fourier Transform (DFT) of the input."""
    input: Operand[_Tensor]
    dft_length: OptionalOperand[_Tensor]
    axis: OptionalOperand[_Tensor]
    inverse: int
    onesided: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, dft_length: _In | None = None, axis: _In | None = None, *, inverse: int = 0, onesided: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DeformConvV19(OnnxOp):
    """Performs deformable convolution as described in https://arxiv.org/abs/1703.06211 and https://arxiv.org/abs/1811.11168."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    offset: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    mask: OptionalOperand[_Tensor]
    dilations: tuple[int, ...] | None
    group: int
    kernel_shape: tuple[int, ...] | None
    offset_group: int
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, W: _In, offset: _In, B: _In | None = None, mask: _In | None = None, *, dilations: Sequence[int] | None = None, group: int = 1, kernel_shape: Sequence[int] | None = None, offset_group: int = 1, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DeformConvV22(OnnxOp):
    """Performs deformable convolution as described in https://arxiv.org/abs/1703.06211 and https://arxiv.org/abs/1811.11168."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    offset: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    mask: OptionalOperand[_Tensor]
    dilations: tuple[int, ...] | None
    group: int
    kernel_shape: tuple[int, ...] | None
    offset_group: int
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, W: _In, offset: _In, B: _In | None = None, mask: _In | None = None, *, dilations: Sequence[int] | None = None, group: int = 1, kernel_shape: Sequence[int] | None = None, offset_group: int = 1, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DepthToSpaceV1(OnnxOp):
    """DepthToSpace rearranges (permutes) data from depth into blocks of spatial data."""
    input: Operand[_Tensor]
    blocksize: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, blocksize: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DepthToSpaceV11(OnnxOp):
    """DepthToSpace rearranges (permutes) data from depth into blocks of spatial data."""
    input: Operand[_Tensor]
    blocksize: int
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, blocksize: int, mode: str = 'DCR', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DepthToSpaceV13(OnnxOp):
    """DepthToSpace rearranges (permutes) data from depth into blocks of spatial data."""
    input: Operand[_Tensor]
    blocksize: int
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, blocksize: int, mode: str = 'DCR', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DepthToSpaceV28(OnnxOp):
    """DepthToSpace rearranges (permutes) data from depth into blocks of spatial data."""
    input: Operand[_Tensor]
    blocksize: int
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, blocksize: int, mode: str = 'DCR', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DequantizeLinearV10(OnnxOp):
    """The linear dequantization operator."""
    x: Operand[_Tensor]
    x_scale: Operand[_Tensor]
    x_zero_point: OptionalOperand[_Tensor]
    y: Result[_Tensor]
    def __init__(
        self, x: _In, x_scale: _In, x_zero_point: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DequantizeLinearV13(OnnxOp):
    """The linear dequantization operator."""
    x: Operand[_Tensor]
    x_scale: Operand[_Tensor]
    x_zero_point: OptionalOperand[_Tensor]
    axis: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, x_scale: _In, x_zero_point: _In | None = None, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DequantizeLinearV19(OnnxOp):
    """The linear dequantization operator."""
    x: Operand[_Tensor]
    x_scale: Operand[_Tensor]
    x_zero_point: OptionalOperand[_Tensor]
    axis: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, x_scale: _In, x_zero_point: _In | None = None, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DequantizeLinearV21(OnnxOp):
    """The linear dequantization operator."""
    x: Operand[_Tensor]
    x_scale: Operand[_Tensor]
    x_zero_point: OptionalOperand[_Tensor]
    axis: int
    block_size: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, x_scale: _In, x_zero_point: _In | None = None, *, axis: int = 1, block_size: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DequantizeLinearV23(OnnxOp):
    """The linear dequantization operator."""
    x: Operand[_Tensor]
    x_scale: Operand[_Tensor]
    x_zero_point: OptionalOperand[_Tensor]
    axis: int
    block_size: int
    output_dtype: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, x_scale: _In, x_zero_point: _In | None = None, *, axis: int = 1, block_size: int = 0, output_dtype: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DequantizeLinearV24(OnnxOp):
    """The linear dequantization operator."""
    x: Operand[_Tensor]
    x_scale: Operand[_Tensor]
    x_zero_point: OptionalOperand[_Tensor]
    axis: int
    block_size: int
    output_dtype: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, x_scale: _In, x_zero_point: _In | None = None, *, axis: int = 1, block_size: int = 0, output_dtype: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DequantizeLinearV25(OnnxOp):
    """The linear dequantization operator."""
    x: Operand[_Tensor]
    x_scale: Operand[_Tensor]
    x_zero_point: OptionalOperand[_Tensor]
    axis: int
    block_size: int
    output_dtype: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, x_scale: _In, x_zero_point: _In | None = None, *, axis: int = 1, block_size: int = 0, output_dtype: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DequantizeLinearV28(OnnxOp):
    """The linear dequantization operator."""
    x: Operand[_Tensor]
    x_scale: Operand[_Tensor]
    x_zero_point: OptionalOperand[_Tensor]
    axis: int
    block_size: int
    output_dtype: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, x_scale: _In, x_zero_point: _In | None = None, *, axis: int = 1, block_size: int = 0, output_dtype: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DetV11(OnnxOp):
    """Det calculates determinant of a square matrix or batches of square matrices."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DetV22(OnnxOp):
    """Det calculates determinant of a square matrix or batches of square matrices."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DivV1(OnnxOp):
    """Performs element-wise binary division (with limited broadcast support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    consumed_inputs: tuple[int, ...] | None
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DivV6(OnnxOp):
    """Performs element-wise binary division (with limited broadcast support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DivV7(OnnxOp):
    """Performs element-wise binary division (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DivV13(OnnxOp):
    """Performs element-wise binary division (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DivV14(OnnxOp):
    """Performs element-wise binary division (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DropoutV1(OnnxOp):
    """Dropout takes one input data (Tensor<float>) and produces two Tensor outputs, output (Tensor<float>) and mask (Tensor<bool>)."""
    data: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    is_test: int
    ratio: float
    output: Result[_Tensor]
    mask: OptionalResult[_Tensor]
    def __init__(
        self, data: _In, *, consumed_inputs: Sequence[int] | None = None, is_test: int = 0, ratio: float = 0.5, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DropoutV6(OnnxOp):
    """Dropout takes one input data (Tensor<float>) and produces two Tensor outputs, output (Tensor<float>) and mask (Tensor<bool>)."""
    data: Operand[_Tensor]
    is_test: int
    ratio: float
    output: Result[_Tensor]
    mask: OptionalResult[_Tensor]
    def __init__(
        self, data: _In, *, is_test: int = 0, ratio: float = 0.5, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DropoutV7(OnnxOp):
    """Dropout takes one input data (Tensor<float>) and produces two Tensor outputs, output (Tensor<float>) and mask (Tensor<bool>)."""
    data: Operand[_Tensor]
    ratio: float
    output: Result[_Tensor]
    mask: OptionalResult[_Tensor]
    def __init__(
        self, data: _In, *, ratio: float = 0.5, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DropoutV10(OnnxOp):
    """Dropout takes one input floating tensor and produces two tensor outputs, output (floating tensor) and mask (`Tensor<bool>`)."""
    data: Operand[_Tensor]
    ratio: float
    output: Result[_Tensor]
    mask: OptionalResult[_Tensor]
    def __init__(
        self, data: _In, *, ratio: float = 0.5, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DropoutV12(OnnxOp):
    """Dropout takes an input floating-point tensor, an optional input ratio (floating-point scalar) and an optional input training_mode (boolean scalar)."""
    data: Operand[_Tensor]
    ratio: OptionalOperand[_Tensor]
    training_mode: OptionalOperand[_Tensor]
    seed: int | None
    output: Result[_Tensor]
    mask: OptionalResult[_Tensor]
    def __init__(
        self, data: _In, ratio: _In | None = None, training_mode: _In | None = None, *, seed: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DropoutV13(OnnxOp):
    """Dropout takes an input floating-point tensor, an optional input ratio (floating-point scalar) and an optional input training_mode (boolean scalar)."""
    data: Operand[_Tensor]
    ratio: OptionalOperand[_Tensor]
    training_mode: OptionalOperand[_Tensor]
    seed: int | None
    output: Result[_Tensor]
    mask: OptionalResult[_Tensor]
    def __init__(
        self, data: _In, ratio: _In | None = None, training_mode: _In | None = None, *, seed: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DropoutV22(OnnxOp):
    """Dropout takes an input floating-point tensor, an optional input ratio (floating-point scalar) and an optional input training_mode (boolean scalar)."""
    data: Operand[_Tensor]
    ratio: OptionalOperand[_Tensor]
    training_mode: OptionalOperand[_Tensor]
    seed: int | None
    output: Result[_Tensor]
    mask: OptionalResult[_Tensor]
    def __init__(
        self, data: _In, ratio: _In | None = None, training_mode: _In | None = None, *, seed: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DynamicQuantizeLinearV11(OnnxOp):
    """A Function to fuse calculation for Scale, Zero Point and FP32->8Bit conversion of FP32 Input data."""
    x: Operand[_Tensor]
    y: Result[_Tensor]
    y_scale: Result[_Tensor]
    y_zero_point: Result[_Tensor]
    def __init__(
        self, x: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EinsumV12(OnnxOp):
    """An einsum of the form `term1, term2 -> output-term` produces an output tensor using the following equation"""
    Inputs: Operands[_Tensor]
    equation: str
    Output: Result[_Tensor]
    def __init__(
        self, Inputs: Sequence[_In] = (), *, equation: str, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EinsumV28(OnnxOp):
    """An einsum of the form `term1, term2 -> output-term` produces an output tensor using the following equation"""
    Inputs: Operands[_Tensor]
    equation: str
    Output: Result[_Tensor]
    def __init__(
        self, Inputs: Sequence[_In] = (), *, equation: str, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EluV1(OnnxOp):
    """Elu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the function `f(x) = alpha * (exp(x) - 1.) for x < 0`, `f(x) = x for x ..."""
    X: Operand[_Tensor]
    alpha: float
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 1.0, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EluV6(OnnxOp):
    """Elu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the function `f(x) = alpha * (exp(x) - 1.) for x < 0`, `f(x) = x for x ..."""
    X: Operand[_Tensor]
    alpha: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EluV22(OnnxOp):
    """Elu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the function `f(x) = alpha * (exp(x) - 1.) for x < 0`, `f(x) = x for x ..."""
    X: Operand[_Tensor]
    alpha: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EqualV1(OnnxOp):
    """Returns the tensor resulted from performing the `equal` logical operation elementwise on the input tensors `A` and `B`."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EqualV7(OnnxOp):
    """Returns the tensor resulted from performing the `equal` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EqualV11(OnnxOp):
    """Returns the tensor resulted from performing the `equal` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EqualV13(OnnxOp):
    """Returns the tensor resulted from performing the `equal` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EqualV19(OnnxOp):
    """Returns the tensor resulted from performing the `equal` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ErfV9(OnnxOp):
    """Computes the error function of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ErfV13(OnnxOp):
    """Computes the error function of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ExpV1(OnnxOp):
    """Calculates the exponential of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ExpV6(OnnxOp):
    """Calculates the exponential of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ExpV13(OnnxOp):
    """Calculates the exponential of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ExpandV8(OnnxOp):
    """Broadcast the input tensor following the given shape and the broadcast rule."""
    input: Operand[_Tensor]
    shape: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, shape: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ExpandV13(OnnxOp):
    """Broadcast the input tensor following the given shape and the broadcast rule."""
    input: Operand[_Tensor]
    shape: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, shape: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EyeLikeV9(OnnxOp):
    """Generate a 2D tensor (matrix) with ones on the diagonal and zeros everywhere else."""
    input: Operand[_Tensor]
    dtype: int | None
    k: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, dtype: int | None = None, k: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class EyeLikeV22(OnnxOp):
    """Generate a 2D tensor (matrix) with ones on the diagonal and zeros everywhere else."""
    input: Operand[_Tensor]
    dtype: int | None
    k: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, dtype: int | None = None, k: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FlattenV1(OnnxOp):
    """Flattens the input tensor into a 2D matrix."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FlattenV9(OnnxOp):
    """Flattens the input tensor into a 2D matrix."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FlattenV11(OnnxOp):
    """Flattens the input tensor into a 2D matrix."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FlattenV13(OnnxOp):
    """Flattens the input tensor into a 2D matrix."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FlattenV21(OnnxOp):
    """Flattens the input tensor into a 2D matrix."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FlattenV23(OnnxOp):
    """Flattens the input tensor into a 2D matrix."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FlattenV24(OnnxOp):
    """Flattens the input tensor into a 2D matrix."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FlattenV25(OnnxOp):
    """Flattens the input tensor into a 2D matrix."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FloorV1(OnnxOp):
    """Floor takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the floor is, y = floor(x), is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FloorV6(OnnxOp):
    """Floor takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the floor is, y = floor(x), is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FloorV13(OnnxOp):
    """Floor takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the floor is, y = floor(x), is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GRUV1(OnnxOp):
    """Computes an one-layer GRU."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...] | None
    clip: float | None
    direction: str
    hidden_size: int | None
    output_sequence: int
    Y: OptionalResult[_Tensor]
    Y_h: Result[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] | None = None, clip: float | None = None, direction: str = 'foward', hidden_size: int | None = None, output_sequence: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GRUV3(OnnxOp):
    """Computes an one-layer GRU."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...] | None
    clip: float | None
    direction: str
    hidden_size: int | None
    linear_before_reset: int
    output_sequence: int
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] | None = None, clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, linear_before_reset: int = 0, output_sequence: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GRUV7(OnnxOp):
    """Computes an one-layer GRU."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...] | None
    clip: float | None
    direction: str
    hidden_size: int | None
    linear_before_reset: int
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] | None = None, clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, linear_before_reset: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GRUV14(OnnxOp):
    """Computes an one-layer GRU."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...] | None
    clip: float | None
    direction: str
    hidden_size: int | None
    layout: int
    linear_before_reset: int
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] | None = None, clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, layout: int = 0, linear_before_reset: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GRUV22(OnnxOp):
    """Computes an one-layer GRU."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...] | None
    clip: float | None
    direction: str
    hidden_size: int | None
    layout: int
    linear_before_reset: int
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] | None = None, clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, layout: int = 0, linear_before_reset: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GatherV1(OnnxOp):
    """Given `data` tensor of rank r >= 1, and `indices` tensor of rank q, gather entries of the axis dimension of `data` (by default outer-most one as axis=0) ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, *, axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GatherV11(OnnxOp):
    """Given `data` tensor of rank r >= 1, and `indices` tensor of rank q, gather entries of the axis dimension of `data` (by default outer-most one as axis=0) ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, *, axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GatherV13(OnnxOp):
    """Given `data` tensor of rank r >= 1, and `indices` tensor of rank q, gather entries of the axis dimension of `data` (by default outer-most one as axis=0) ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, *, axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GatherElementsV11(OnnxOp):
    """GatherElements takes two inputs `data` and `indices` of the same rank r >= 1 and an optional attribute `axis` that identifies an axis of `data` (by default, ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, *, axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GatherElementsV13(OnnxOp):
    """GatherElements takes two inputs `data` and `indices` of the same rank r >= 1 and an optional attribute `axis` that identifies an axis of `data` (by default, ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, *, axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GatherNDV11(OnnxOp):
    """Given `data` tensor of rank `r` >= 1, and `indices` tensor of rank `q` >= 1, this operator gathers slices of `data` into an output tensor of rank `q + r - ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GatherNDV12(OnnxOp):
    """Given `data` tensor of rank `r` >= 1, `indices` tensor of rank `q` >= 1, and `batch_dims` integer `b`, this operator gathers slices of `data` into an output ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    batch_dims: int
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, *, batch_dims: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GatherNDV13(OnnxOp):
    """Given `data` tensor of rank `r` >= 1, `indices` tensor of rank `q` >= 1, and `batch_dims` integer `b`, this operator gathers slices of `data` into an output ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    batch_dims: int
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, *, batch_dims: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GeluV20(OnnxOp):
    """Gelu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the gaussian error linear units function, $y = 0.5 * x * (1 + ..."""
    X: Operand[_Tensor]
    approximate: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, approximate: str = 'none', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GemmV1(OnnxOp):
    """General Matrix multiplication:"""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Operand[_Tensor]
    alpha: float
    beta: float
    broadcast: int
    transA: int
    transB: int
    Y: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, C: _In, *, alpha: float = 1.0, beta: float = 1.0, broadcast: int = 0, transA: int = 0, transB: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GemmV6(OnnxOp):
    """General Matrix multiplication:"""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Operand[_Tensor]
    alpha: float
    beta: float
    broadcast: int
    transA: int
    transB: int
    Y: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, C: _In, *, alpha: float = 1.0, beta: float = 1.0, broadcast: int = 0, transA: int = 0, transB: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GemmV7(OnnxOp):
    """General Matrix multiplication:"""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Operand[_Tensor]
    alpha: float
    beta: float
    transA: int
    transB: int
    Y: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, C: _In, *, alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GemmV9(OnnxOp):
    """General Matrix multiplication:"""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Operand[_Tensor]
    alpha: float
    beta: float
    transA: int
    transB: int
    Y: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, C: _In, *, alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GemmV11(OnnxOp):
    """General Matrix multiplication:"""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: OptionalOperand[_Tensor]
    alpha: float
    beta: float
    transA: int
    transB: int
    Y: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, C: _In | None = None, *, alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GemmV13(OnnxOp):
    """General Matrix multiplication:"""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: OptionalOperand[_Tensor]
    alpha: float
    beta: float
    transA: int
    transB: int
    Y: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, C: _In | None = None, *, alpha: float = 1.0, beta: float = 1.0, transA: int = 0, transB: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GlobalAveragePoolV1(OnnxOp):
    """GlobalAveragePool consumes an input tensor X and applies average pooling across the values in the same channel."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GlobalAveragePoolV22(OnnxOp):
    """GlobalAveragePool consumes an input tensor X and applies average pooling across the values in the same channel."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GlobalLpPoolV1(OnnxOp):
    """GlobalLpPool consumes an input tensor X and applies lp pool pooling across the the values in the same channel."""
    X: Operand[_Tensor]
    p: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, p: float = 2.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GlobalLpPoolV2(OnnxOp):
    """GlobalLpPool consumes an input tensor X and applies lp pool pooling across the values in the same channel."""
    X: Operand[_Tensor]
    p: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, p: int = 2, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GlobalLpPoolV22(OnnxOp):
    """GlobalLpPool consumes an input tensor X and applies lp pool pooling across the values in the same channel."""
    X: Operand[_Tensor]
    p: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, p: int = 2, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GlobalMaxPoolV1(OnnxOp):
    """GlobalMaxPool consumes an input tensor X and applies max pooling across the values in the same channel."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GlobalMaxPoolV22(OnnxOp):
    """GlobalMaxPool consumes an input tensor X and applies max pooling across the values in the same channel."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GreaterV1(OnnxOp):
    """Returns the tensor resulted from performing the `greater` logical operation elementwise on the input tensors `A` and `B`."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GreaterV7(OnnxOp):
    """Returns the tensor resulted from performing the `greater` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting ..."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GreaterV9(OnnxOp):
    """Returns the tensor resulted from performing the `greater` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting ..."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GreaterV13(OnnxOp):
    """Returns the tensor resulted from performing the `greater` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting ..."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GreaterOrEqualV12(OnnxOp):
    """Returns the tensor resulted from performing the `greater_equal` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style ..."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GreaterOrEqualV16(OnnxOp):
    """Returns the tensor resulted from performing the `greater_equal` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style ..."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GridSampleV16(OnnxOp):
    """Given an input `X` and a flow-field `grid`, computes the output `Y` using `X` values and pixel locations from `grid`."""
    X: Operand[_Tensor]
    grid: Operand[_Tensor]
    align_corners: int
    mode: str
    padding_mode: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, grid: _In, *, align_corners: int = 0, mode: str = 'bilinear', padding_mode: str = 'zeros', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GridSampleV20(OnnxOp):
    """Given an input `X` and a flow-field `grid`, computes the output `Y` using `X` values and pixel locations from the `grid`."""
    X: Operand[_Tensor]
    grid: Operand[_Tensor]
    align_corners: int
    mode: str
    padding_mode: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, grid: _In, *, align_corners: int = 0, mode: str = 'linear', padding_mode: str = 'zeros', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GridSampleV22(OnnxOp):
    """Given an input `X` and a flow-field `grid`, computes the output `Y` using `X` values and pixel locations from the `grid`."""
    X: Operand[_Tensor]
    grid: Operand[_Tensor]
    align_corners: int
    mode: str
    padding_mode: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, grid: _In, *, align_corners: int = 0, mode: str = 'linear', padding_mode: str = 'zeros', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GroupNormalizationV18(OnnxOp):
    """GroupNormalization, deprecated. A GroupNormalization function."""
    X: Operand[_Tensor]
    scale: Operand[_Tensor]
    bias: Operand[_Tensor]
    epsilon: float
    num_groups: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, scale: _In, bias: _In, *, epsilon: float = 1e-05, num_groups: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class GroupNormalizationV21(OnnxOp):
    """A GroupNormalization function."""
    X: Operand[_Tensor]
    scale: Operand[_Tensor]
    bias: Operand[_Tensor]
    epsilon: float
    num_groups: int
    stash_type: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, scale: _In, bias: _In, *, epsilon: float = 1e-05, num_groups: int, stash_type: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class HammingWindowV17(OnnxOp):
    """Generates a Hamming window as described in the paper https://ieeexplore.ieee.org/document/1455106."""
    size: Operand[_Tensor]
    output_datatype: int
    periodic: int
    output: Result[_Tensor]
    def __init__(
        self, size: _In, *, output_datatype: int = 1, periodic: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class HannWindowV17(OnnxOp):
    """Generates a Hann window as described in the paper https://ieeexplore.ieee.org/document/1455106."""
    size: Operand[_Tensor]
    output_datatype: int
    periodic: int
    output: Result[_Tensor]
    def __init__(
        self, size: _In, *, output_datatype: int = 1, periodic: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class HardSigmoidV1(OnnxOp):
    """HardSigmoid takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the HardSigmoid function, y = max(0, min(1, alpha * x + beta)), ..."""
    X: Operand[_Tensor]
    alpha: float
    beta: float
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 0.2, beta: float = 0.5, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class HardSigmoidV6(OnnxOp):
    """HardSigmoid takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the HardSigmoid function, y = max(0, min(1, alpha * x + beta)), ..."""
    X: Operand[_Tensor]
    alpha: float
    beta: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 0.2, beta: float = 0.5, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class HardSigmoidV22(OnnxOp):
    """HardSigmoid takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the HardSigmoid function, y = max(0, min(1, alpha * x + beta)), ..."""
    X: Operand[_Tensor]
    alpha: float
    beta: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 0.2, beta: float = 0.5, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class HardSwishV14(OnnxOp):
    """HardSwish takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the HardSwish function, y = x * max(0, min(1, alpha * x + beta)) = ..."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class HardSwishV22(OnnxOp):
    """HardSwish takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the HardSwish function, y = x * max(0, min(1, alpha * x + beta)) = ..."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class HardmaxV1(OnnxOp):
    """The operator computes the hardmax (1 for the first maximum value, and 0 for all others) values for each layer in the batch of the given input."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class HardmaxV11(OnnxOp):
    """The operator computes the hardmax (1 for the first maximum value, and 0 for all others) values for each layer in the batch of the given input."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class HardmaxV13(OnnxOp):
    """The operator computes the hardmax values for the given input:"""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = -1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IdentityV1(OnnxOp):
    """Identity operator"""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IdentityV13(OnnxOp):
    """Identity operator"""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IdentityV14(OnnxOp):
    """Identity operator"""
    input: Operand[Any]
    output: Result[Any]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IdentityV16(OnnxOp):
    """Identity operator"""
    input: Operand[Any]
    output: Result[Any]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IdentityV19(OnnxOp):
    """Identity operator"""
    input: Operand[Any]
    output: Result[Any]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IdentityV21(OnnxOp):
    """Identity operator"""
    input: Operand[Any]
    output: Result[Any]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IdentityV23(OnnxOp):
    """Identity operator"""
    input: Operand[Any]
    output: Result[Any]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IdentityV24(OnnxOp):
    """Identity operator"""
    input: Operand[Any]
    output: Result[Any]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IdentityV25(OnnxOp):
    """Identity operator"""
    input: Operand[Any]
    output: Result[Any]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IfV1(OnnxOp):
    """If conditional"""
    cond: Operand[_Tensor]
    else_branch: Region
    then_branch: Region
    outputs: Results[_Tensor]
    def __init__(
        self, cond: _In, *, else_branch: Region | None = None, then_branch: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IfV11(OnnxOp):
    """If conditional"""
    cond: Operand[_Tensor]
    else_branch: Region
    then_branch: Region
    outputs: Results[_Tensor]
    def __init__(
        self, cond: _In, *, else_branch: Region | None = None, then_branch: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IfV13(OnnxOp):
    """If conditional"""
    cond: Operand[_Tensor]
    else_branch: Region
    then_branch: Region
    outputs: Results[Any]
    def __init__(
        self, cond: _In, *, else_branch: Region | None = None, then_branch: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IfV16(OnnxOp):
    """If conditional"""
    cond: Operand[_Tensor]
    else_branch: Region
    then_branch: Region
    outputs: Results[Any]
    def __init__(
        self, cond: _In, *, else_branch: Region | None = None, then_branch: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IfV19(OnnxOp):
    """If conditional"""
    cond: Operand[_Tensor]
    else_branch: Region
    then_branch: Region
    outputs: Results[Any]
    def __init__(
        self, cond: _In, *, else_branch: Region | None = None, then_branch: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IfV21(OnnxOp):
    """If conditional"""
    cond: Operand[_Tensor]
    else_branch: Region
    then_branch: Region
    outputs: Results[Any]
    def __init__(
        self, cond: _In, *, else_branch: Region | None = None, then_branch: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IfV23(OnnxOp):
    """If conditional"""
    cond: Operand[_Tensor]
    else_branch: Region
    then_branch: Region
    outputs: Results[Any]
    def __init__(
        self, cond: _In, *, else_branch: Region | None = None, then_branch: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IfV24(OnnxOp):
    """If conditional"""
    cond: Operand[_Tensor]
    else_branch: Region
    then_branch: Region
    outputs: Results[Any]
    def __init__(
        self, cond: _In, *, else_branch: Region | None = None, then_branch: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IfV25(OnnxOp):
    """If conditional"""
    cond: Operand[_Tensor]
    else_branch: Region
    then_branch: Region
    outputs: Results[Any]
    def __init__(
        self, cond: _In, *, else_branch: Region | None = None, then_branch: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ImageDecoderV20(OnnxOp):
    """Loads and decodes and image from a file."""
    encoded_stream: Operand[_Tensor]
    pixel_format: str
    image: Result[_Tensor]
    def __init__(
        self, encoded_stream: _In, *, pixel_format: str = 'RGB', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class InstanceNormalizationV1(OnnxOp):
    """Carries out instance normalization as described in the paper https://arxiv.org/abs/1607.08022."""
    input: Operand[_Tensor]
    scale: Operand[_Tensor]
    B: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    epsilon: float
    output: Result[_Tensor]
    def __init__(
        self, input: _In, scale: _In, B: _In, *, consumed_inputs: Sequence[int] | None = None, epsilon: float = 1e-05, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class InstanceNormalizationV6(OnnxOp):
    """Carries out instance normalization as described in the paper https://arxiv.org/abs/1607.08022."""
    input: Operand[_Tensor]
    scale: Operand[_Tensor]
    B: Operand[_Tensor]
    epsilon: float
    output: Result[_Tensor]
    def __init__(
        self, input: _In, scale: _In, B: _In, *, epsilon: float = 1e-05, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class InstanceNormalizationV22(OnnxOp):
    """Carries out instance normalization as described in the paper https://arxiv.org/abs/1607.08022."""
    input: Operand[_Tensor]
    scale: Operand[_Tensor]
    B: Operand[_Tensor]
    epsilon: float
    output: Result[_Tensor]
    def __init__(
        self, input: _In, scale: _In, B: _In, *, epsilon: float = 1e-05, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IsInfV10(OnnxOp):
    """Map infinity to true and other values to false."""
    X: Operand[_Tensor]
    detect_negative: int
    detect_positive: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, detect_negative: int = 1, detect_positive: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IsInfV20(OnnxOp):
    """Map infinity to true and other values to false."""
    X: Operand[_Tensor]
    detect_negative: int
    detect_positive: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, detect_negative: int = 1, detect_positive: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IsNaNV9(OnnxOp):
    """Returns which elements of the input are NaN."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IsNaNV13(OnnxOp):
    """Returns which elements of the input are NaN."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class IsNaNV20(OnnxOp):
    """Returns which elements of the input are NaN."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LRNV1(OnnxOp):
    """Local Response Normalization proposed in the [AlexNet paper](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural- ..."""
    X: Operand[_Tensor]
    alpha: float
    beta: float
    bias: float
    size: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 0.0001, beta: float = 0.75, bias: float = 1.0, size: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LRNV13(OnnxOp):
    """Local Response Normalization proposed in the [AlexNet paper](https://papers.nips.cc/paper/4824-imagenet-classification-with-deep-convolutional-neural- ..."""
    X: Operand[_Tensor]
    alpha: float
    beta: float
    bias: float
    size: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 0.0001, beta: float = 0.75, bias: float = 1.0, size: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LSTMV1(OnnxOp):
    """Computes an one-layer LSTM."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    initial_c: OptionalOperand[_Tensor]
    P: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...] | None
    clip: float | None
    direction: str
    hidden_size: int | None
    input_forget: int
    output_sequence: int
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    Y_c: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, initial_c: _In | None = None, P: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] | None = None, clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, input_forget: int = 0, output_sequence: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LSTMV7(OnnxOp):
    """Computes an one-layer LSTM."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    initial_c: OptionalOperand[_Tensor]
    P: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...] | None
    clip: float | None
    direction: str
    hidden_size: int | None
    input_forget: int
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    Y_c: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, initial_c: _In | None = None, P: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] | None = None, clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, input_forget: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LSTMV14(OnnxOp):
    """Computes an one-layer LSTM."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    initial_c: OptionalOperand[_Tensor]
    P: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...] | None
    clip: float | None
    direction: str
    hidden_size: int | None
    input_forget: int
    layout: int
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    Y_c: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, initial_c: _In | None = None, P: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] | None = None, clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, input_forget: int = 0, layout: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LSTMV22(OnnxOp):
    """Computes an one-layer LSTM."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    initial_c: OptionalOperand[_Tensor]
    P: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...] | None
    clip: float | None
    direction: str
    hidden_size: int | None
    input_forget: int
    layout: int
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    Y_c: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, initial_c: _In | None = None, P: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] | None = None, clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, input_forget: int = 0, layout: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LayerNormalizationV17(OnnxOp):
    """This is layer normalization defined in ONNX as function."""
    X: Operand[_Tensor]
    Scale: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    axis: int
    epsilon: float
    stash_type: int
    Y: Result[_Tensor]
    Mean: OptionalResult[_Tensor]
    InvStdDev: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, Scale: _In, B: _In | None = None, *, axis: int = -1, epsilon: float = 1e-05, stash_type: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LeakyReluV1(OnnxOp):
    """LeakyRelu takes input data (Tensor<T>) and an argument alpha, and produces one output data (Tensor<T>) where the function `f(x) = alpha * x for x < 0`, ..."""
    X: Operand[_Tensor]
    alpha: float
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 0.01, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LeakyReluV6(OnnxOp):
    """LeakyRelu takes input data (Tensor<T>) and an argument alpha, and produces one output data (Tensor<T>) where the function `f(x) = alpha * x for x < 0`, ..."""
    X: Operand[_Tensor]
    alpha: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 0.01, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LeakyReluV16(OnnxOp):
    """LeakyRelu takes input data (Tensor<T>) and an argument alpha, and produces one output data (Tensor<T>) where the function `f(x) = alpha * x for x < 0`, ..."""
    X: Operand[_Tensor]
    alpha: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 0.01, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LessV1(OnnxOp):
    """Returns the tensor resulted from performing the `less` logical operation elementwise on the input tensors `A` and `B`."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LessV7(OnnxOp):
    """Returns the tensor resulted from performing the `less` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LessV9(OnnxOp):
    """Returns the tensor resulted from performing the `less` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LessV13(OnnxOp):
    """Returns the tensor resulted from performing the `less` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LessOrEqualV12(OnnxOp):
    """Returns the tensor resulted from performing the `less_equal` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting ..."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LessOrEqualV16(OnnxOp):
    """Returns the tensor resulted from performing the `less_equal` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting ..."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LinearAttentionV27(OnnxOp):
    """Unified linear attention operator for autoregressive decoding (T=1) and prefill (T>1)."""
    query: Operand[_Tensor]
    key: Operand[_Tensor]
    value: Operand[_Tensor]
    past_state: OptionalOperand[_Tensor]
    decay: OptionalOperand[_Tensor]
    beta: OptionalOperand[_Tensor]
    chunk_size: int
    kv_num_heads: int
    q_num_heads: int
    scale: float
    update_rule: str
    output: Result[_Tensor]
    present_state: Result[_Tensor]
    def __init__(
        self, query: _In, key: _In, value: _In, past_state: _In | None = None, decay: _In | None = None, beta: _In | None = None, *, chunk_size: int = 64, kv_num_heads: int, q_num_heads: int, scale: float = 0.0, update_rule: str = 'gated_delta', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LogV1(OnnxOp):
    """Calculates the natural log of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LogV6(OnnxOp):
    """Calculates the natural log of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LogV13(OnnxOp):
    """Calculates the natural log of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LogSoftmaxV1(OnnxOp):
    """The operator computes the logsoftmax (log of softmax) values for each layer in the batch of the given input."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LogSoftmaxV11(OnnxOp):
    """The operator computes the logsoftmax (log of softmax) values for each layer in the batch of the given input."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LogSoftmaxV13(OnnxOp):
    """The operator computes the log of softmax values for the given input:"""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = -1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LoopV1(OnnxOp):
    """Generic Looping construct."""
    M: OptionalOperand[_Tensor]
    cond: OptionalOperand[_Tensor]
    v_initial: Operands[_Tensor]
    body: Region
    v_final_and_scan_outputs: Results[_Tensor]
    def __init__(
        self, M: _In | None = None, cond: _In | None = None, v_initial: Sequence[_In] = (), *, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LoopV11(OnnxOp):
    """Generic Looping construct."""
    M: OptionalOperand[_Tensor]
    cond: OptionalOperand[_Tensor]
    v_initial: Operands[_Tensor]
    body: Region
    v_final_and_scan_outputs: Results[_Tensor]
    def __init__(
        self, M: _In | None = None, cond: _In | None = None, v_initial: Sequence[_In] = (), *, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LoopV13(OnnxOp):
    """Generic Looping construct."""
    M: OptionalOperand[_Tensor]
    cond: OptionalOperand[_Tensor]
    v_initial: Operands[Any]
    body: Region
    v_final_and_scan_outputs: Results[Any]
    def __init__(
        self, M: _In | None = None, cond: _In | None = None, v_initial: Sequence[_In] = (), *, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LoopV16(OnnxOp):
    """Generic Looping construct."""
    M: OptionalOperand[_Tensor]
    cond: OptionalOperand[_Tensor]
    v_initial: Operands[Any]
    body: Region
    v_final_and_scan_outputs: Results[Any]
    def __init__(
        self, M: _In | None = None, cond: _In | None = None, v_initial: Sequence[_In] = (), *, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LoopV19(OnnxOp):
    """Generic Looping construct."""
    M: OptionalOperand[_Tensor]
    cond: OptionalOperand[_Tensor]
    v_initial: Operands[Any]
    body: Region
    v_final_and_scan_outputs: Results[Any]
    def __init__(
        self, M: _In | None = None, cond: _In | None = None, v_initial: Sequence[_In] = (), *, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LoopV21(OnnxOp):
    """Generic Looping construct."""
    M: OptionalOperand[_Tensor]
    cond: OptionalOperand[_Tensor]
    v_initial: Operands[Any]
    body: Region
    v_final_and_scan_outputs: Results[Any]
    def __init__(
        self, M: _In | None = None, cond: _In | None = None, v_initial: Sequence[_In] = (), *, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LoopV23(OnnxOp):
    """Generic Looping construct."""
    M: OptionalOperand[_Tensor]
    cond: OptionalOperand[_Tensor]
    v_initial: Operands[Any]
    body: Region
    v_final_and_scan_outputs: Results[Any]
    def __init__(
        self, M: _In | None = None, cond: _In | None = None, v_initial: Sequence[_In] = (), *, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LoopV24(OnnxOp):
    """Generic Looping construct."""
    M: OptionalOperand[_Tensor]
    cond: OptionalOperand[_Tensor]
    v_initial: Operands[Any]
    body: Region
    v_final_and_scan_outputs: Results[Any]
    def __init__(
        self, M: _In | None = None, cond: _In | None = None, v_initial: Sequence[_In] = (), *, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LoopV25(OnnxOp):
    """Generic Looping construct."""
    M: OptionalOperand[_Tensor]
    cond: OptionalOperand[_Tensor]
    v_initial: Operands[Any]
    body: Region
    v_final_and_scan_outputs: Results[Any]
    def __init__(
        self, M: _In | None = None, cond: _In | None = None, v_initial: Sequence[_In] = (), *, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LpNormalizationV1(OnnxOp):
    """Given a matrix, apply Lp-normalization along the provided axis."""
    input: Operand[_Tensor]
    axis: int
    p: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = -1, p: int = 2, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LpNormalizationV22(OnnxOp):
    """Given a matrix, apply Lp-normalization along the provided axis."""
    input: Operand[_Tensor]
    axis: int
    p: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = -1, p: int = 2, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LpPoolV1(OnnxOp):
    """LpPool consumes an input tensor X and applies Lp pooling across the the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    kernel_shape: tuple[int, ...] | None
    p: float
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', kernel_shape: Sequence[int] | None = None, p: float = 2.0, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LpPoolV2(OnnxOp):
    """LpPool consumes an input tensor X and applies Lp pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    kernel_shape: tuple[int, ...]
    p: int
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', kernel_shape: Sequence[int], p: int = 2, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LpPoolV11(OnnxOp):
    """LpPool consumes an input tensor X and applies Lp pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    kernel_shape: tuple[int, ...]
    p: int
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', kernel_shape: Sequence[int], p: int = 2, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LpPoolV18(OnnxOp):
    """LpPool consumes an input tensor X and applies Lp pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    ceil_mode: int
    dilations: tuple[int, ...] | None
    kernel_shape: tuple[int, ...]
    p: int
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', ceil_mode: int = 0, dilations: Sequence[int] | None = None, kernel_shape: Sequence[int], p: int = 2, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LpPoolV22(OnnxOp):
    """LpPool consumes an input tensor X and applies Lp pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    ceil_mode: int
    dilations: tuple[int, ...] | None
    kernel_shape: tuple[int, ...]
    p: int
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', ceil_mode: int = 0, dilations: Sequence[int] | None = None, kernel_shape: Sequence[int], p: int = 2, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MatMulV1(OnnxOp):
    """Matrix product that behaves like [numpy.matmul](https://numpy.org/doc/stable/reference/generated/numpy.matmul.html)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MatMulV9(OnnxOp):
    """Matrix product that behaves like [numpy.matmul](https://numpy.org/doc/stable/reference/generated/numpy.matmul.html)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MatMulV13(OnnxOp):
    """Matrix product that behaves like [numpy.matmul](https://numpy.org/doc/stable/reference/generated/numpy.matmul.html)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MatMulIntegerV10(OnnxOp):
    """Matrix product that behaves like [numpy.matmul](https://numpy.org/doc/stable/reference/generated/numpy.matmul.html)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    a_zero_point: OptionalOperand[_Tensor]
    b_zero_point: OptionalOperand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, a_zero_point: _In | None = None, b_zero_point: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxV1(OnnxOp):
    """Element-wise max of each of the input tensors."""
    data_0: Operands[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    max: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxV6(OnnxOp):
    """Element-wise max of each of the input tensors."""
    data_0: Operands[_Tensor]
    max: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxV8(OnnxOp):
    """Element-wise max of each of the input tensors (with Numpy-style broadcasting support)."""
    data_0: Operands[_Tensor]
    max: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxV12(OnnxOp):
    """Element-wise max of each of the input tensors (with Numpy-style broadcasting support)."""
    data_0: Operands[_Tensor]
    max: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxV13(OnnxOp):
    """Element-wise max of each of the input tensors (with Numpy-style broadcasting support)."""
    data_0: Operands[_Tensor]
    max: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxPoolV1(OnnxOp):
    """MaxPool consumes an input tensor X and applies max pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', kernel_shape: Sequence[int], pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxPoolV8(OnnxOp):
    """MaxPool consumes an input tensor X and applies max pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    storage_order: int
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    Indices: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', kernel_shape: Sequence[int], pads: Sequence[int] | None = None, storage_order: int = 0, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxPoolV10(OnnxOp):
    """MaxPool consumes an input tensor X and applies max pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    ceil_mode: int
    dilations: tuple[int, ...] | None
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    storage_order: int
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    Indices: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', ceil_mode: int = 0, dilations: Sequence[int] | None = None, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, storage_order: int = 0, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxPoolV11(OnnxOp):
    """MaxPool consumes an input tensor X and applies max pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    ceil_mode: int
    dilations: tuple[int, ...] | None
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    storage_order: int
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    Indices: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', ceil_mode: int = 0, dilations: Sequence[int] | None = None, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, storage_order: int = 0, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxPoolV12(OnnxOp):
    """MaxPool consumes an input tensor X and applies max pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    ceil_mode: int
    dilations: tuple[int, ...] | None
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    storage_order: int
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    Indices: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', ceil_mode: int = 0, dilations: Sequence[int] | None = None, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, storage_order: int = 0, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxPoolV22(OnnxOp):
    """MaxPool consumes an input tensor X and applies max pooling across the tensor according to kernel sizes, stride sizes, and pad lengths."""
    X: Operand[_Tensor]
    auto_pad: str
    ceil_mode: int
    dilations: tuple[int, ...] | None
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    storage_order: int
    strides: tuple[int, ...] | None
    Y: Result[_Tensor]
    Indices: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, *, auto_pad: str = 'NOTSET', ceil_mode: int = 0, dilations: Sequence[int] | None = None, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, storage_order: int = 0, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxRoiPoolV1(OnnxOp):
    """ROI max pool consumes an input tensor X and region of interests (RoIs) to apply max pooling across each RoI, to produce output 4-D tensor of shape ..."""
    X: Operand[_Tensor]
    rois: Operand[_Tensor]
    pooled_shape: tuple[int, ...]
    spatial_scale: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, rois: _In, *, pooled_shape: Sequence[int], spatial_scale: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxRoiPoolV22(OnnxOp):
    """ROI max pool consumes an input tensor X and region of interests (RoIs) to apply max pooling across each RoI, to produce output 4-D tensor of shape ..."""
    X: Operand[_Tensor]
    rois: Operand[_Tensor]
    pooled_shape: tuple[int, ...]
    spatial_scale: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, rois: _In, *, pooled_shape: Sequence[int], spatial_scale: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxUnpoolV9(OnnxOp):
    """MaxUnpool essentially computes the partial inverse of the MaxPool op."""
    X: Operand[_Tensor]
    I: Operand[_Tensor]
    output_shape: OptionalOperand[_Tensor]
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, X: _In, I: _In, output_shape: _In | None = None, *, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxUnpoolV11(OnnxOp):
    """MaxUnpool essentially computes the partial inverse of the MaxPool op."""
    X: Operand[_Tensor]
    I: Operand[_Tensor]
    output_shape: OptionalOperand[_Tensor]
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, X: _In, I: _In, output_shape: _In | None = None, *, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MaxUnpoolV22(OnnxOp):
    """MaxUnpool essentially computes the partial inverse of the MaxPool op."""
    X: Operand[_Tensor]
    I: Operand[_Tensor]
    output_shape: OptionalOperand[_Tensor]
    kernel_shape: tuple[int, ...]
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, X: _In, I: _In, output_shape: _In | None = None, *, kernel_shape: Sequence[int], pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MeanV1(OnnxOp):
    """Element-wise mean of each of the input tensors."""
    data_0: Operands[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    mean: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MeanV6(OnnxOp):
    """Element-wise mean of each of the input tensors."""
    data_0: Operands[_Tensor]
    mean: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MeanV8(OnnxOp):
    """Element-wise mean of each of the input tensors (with Numpy-style broadcasting support)."""
    data_0: Operands[_Tensor]
    mean: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MeanV13(OnnxOp):
    """Element-wise mean of each of the input tensors (with Numpy-style broadcasting support)."""
    data_0: Operands[_Tensor]
    mean: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MeanVarianceNormalizationV9(OnnxOp):
    """A MeanVarianceNormalization Function:"""
    X: Operand[_Tensor]
    axes: tuple[int, ...]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, axes: Sequence[int] = (0, 2, 3), result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MeanVarianceNormalizationV13(OnnxOp):
    """A MeanVarianceNormalization Function:"""
    X: Operand[_Tensor]
    axes: tuple[int, ...]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, axes: Sequence[int] = (0, 2, 3), result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MelWeightMatrixV17(OnnxOp):
    """Generate a MelWeightMatrix that can be used to re-weight a Tensor containing a linearly sampled frequency spectra (from DFT or STFT) into num_mel_bins ..."""
    num_mel_bins: Operand[_Tensor]
    dft_length: Operand[_Tensor]
    sample_rate: Operand[_Tensor]
    lower_edge_hertz: Operand[_Tensor]
    upper_edge_hertz: Operand[_Tensor]
    output_datatype: int
    output: Result[_Tensor]
    def __init__(
        self, num_mel_bins: _In, dft_length: _In, sample_rate: _In, lower_edge_hertz: _In, upper_edge_hertz: _In, *, output_datatype: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MinV1(OnnxOp):
    """Element-wise min of each of the input tensors."""
    data_0: Operands[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    min: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MinV6(OnnxOp):
    """Element-wise min of each of the input tensors."""
    data_0: Operands[_Tensor]
    min: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MinV8(OnnxOp):
    """Element-wise min of each of the input tensors (with Numpy-style broadcasting support)."""
    data_0: Operands[_Tensor]
    min: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MinV12(OnnxOp):
    """Element-wise min of each of the input tensors (with Numpy-style broadcasting support)."""
    data_0: Operands[_Tensor]
    min: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MinV13(OnnxOp):
    """Element-wise min of each of the input tensors (with Numpy-style broadcasting support)."""
    data_0: Operands[_Tensor]
    min: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MishV18(OnnxOp):
    """Mish:"""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MishV22(OnnxOp):
    """Mish:"""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ModV10(OnnxOp):
    """Performs element-wise binary modulus (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    fmod: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, fmod: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ModV13(OnnxOp):
    """Performs an element-wise binary modulo operation."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    fmod: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, fmod: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ModV28(OnnxOp):
    """Performs an element-wise binary modulo operation."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    fmod: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, fmod: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MulV1(OnnxOp):
    """Performs element-wise binary multiplication (with limited broadcast support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    consumed_inputs: tuple[int, ...] | None
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MulV6(OnnxOp):
    """Performs element-wise binary multiplication (with limited broadcast support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MulV7(OnnxOp):
    """Performs element-wise binary multiplication (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MulV13(OnnxOp):
    """Performs element-wise binary multiplication (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MulV14(OnnxOp):
    """Performs element-wise binary multiplication (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MultinomialV7(OnnxOp):
    """Generate a tensor of samples from a multinomial distribution according to the probabilities of each of the possible outcomes."""
    input: Operand[_Tensor]
    dtype: int
    sample_size: int
    seed: float | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, dtype: int = 6, sample_size: int = 1, seed: float | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class MultinomialV22(OnnxOp):
    """Generate a tensor of samples from a multinomial distribution according to the probabilities of each of the possible outcomes."""
    input: Operand[_Tensor]
    dtype: int
    sample_size: int
    seed: float | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, dtype: int = 6, sample_size: int = 1, seed: float | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NegV1(OnnxOp):
    """Neg takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where each element flipped sign, y = -x, is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NegV6(OnnxOp):
    """Neg takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where each element flipped sign, y = -x, is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NegV13(OnnxOp):
    """Neg takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where each element flipped sign, y = -x, is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NegativeLogLikelihoodLossV12(OnnxOp):
    """A NegativeLogLikelihoodLoss operator computes (weighted) negative log likelihood loss."""
    input: Operand[_Tensor]
    target: Operand[_Tensor]
    weight: OptionalOperand[_Tensor]
    ignore_index: int | None
    reduction: str
    loss: Result[_Tensor]
    def __init__(
        self, input: _In, target: _In, weight: _In | None = None, *, ignore_index: int | None = None, reduction: str = 'mean', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NegativeLogLikelihoodLossV13(OnnxOp):
    """A NegativeLogLikelihoodLoss operator computes (weighted) negative log likelihood loss."""
    input: Operand[_Tensor]
    target: Operand[_Tensor]
    weight: OptionalOperand[_Tensor]
    ignore_index: int | None
    reduction: str
    loss: Result[_Tensor]
    def __init__(
        self, input: _In, target: _In, weight: _In | None = None, *, ignore_index: int | None = None, reduction: str = 'mean', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NegativeLogLikelihoodLossV22(OnnxOp):
    """A NegativeLogLikelihoodLoss operator computes (weighted) negative log likelihood loss."""
    input: Operand[_Tensor]
    target: Operand[_Tensor]
    weight: OptionalOperand[_Tensor]
    ignore_index: int | None
    reduction: str
    loss: Result[_Tensor]
    def __init__(
        self, input: _In, target: _In, weight: _In | None = None, *, ignore_index: int | None = None, reduction: str = 'mean', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NonMaxSuppressionV10(OnnxOp):
    """Filter out boxes that have high intersection-over-union (IOU) overlap with previously selected boxes."""
    boxes: Operand[_Tensor]
    scores: Operand[_Tensor]
    max_output_boxes_per_class: OptionalOperand[_Tensor]
    iou_threshold: OptionalOperand[_Tensor]
    score_threshold: OptionalOperand[_Tensor]
    center_point_box: int
    selected_indices: Result[_Tensor]
    def __init__(
        self, boxes: _In, scores: _In, max_output_boxes_per_class: _In | None = None, iou_threshold: _In | None = None, score_threshold: _In | None = None, *, center_point_box: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NonMaxSuppressionV11(OnnxOp):
    """Filter out boxes that have high intersection-over-union (IOU) overlap with previously selected boxes."""
    boxes: Operand[_Tensor]
    scores: Operand[_Tensor]
    max_output_boxes_per_class: OptionalOperand[_Tensor]
    iou_threshold: OptionalOperand[_Tensor]
    score_threshold: OptionalOperand[_Tensor]
    center_point_box: int
    selected_indices: Result[_Tensor]
    def __init__(
        self, boxes: _In, scores: _In, max_output_boxes_per_class: _In | None = None, iou_threshold: _In | None = None, score_threshold: _In | None = None, *, center_point_box: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NonZeroV9(OnnxOp):
    """Returns the indices of the elements that are non-zero (in row-major order - by dimension)."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NonZeroV13(OnnxOp):
    """Returns the indices of the elements that are non-zero (in row-major order - by dimension)."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NotV1(OnnxOp):
    """Returns the negation of the input tensor element-wise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OneHotV9(OnnxOp):
    """Produces a one-hot tensor based on inputs."""
    indices: Operand[_Tensor]
    depth: Operand[_Tensor]
    values: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, indices: _In, depth: _In, values: _In, *, axis: int = -1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OneHotV11(OnnxOp):
    """Produces a one-hot tensor based on inputs."""
    indices: Operand[_Tensor]
    depth: Operand[_Tensor]
    values: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, indices: _In, depth: _In, values: _In, *, axis: int = -1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OneHotV28(OnnxOp):
    """Produces a one-hot tensor based on inputs."""
    indices: Operand[_Tensor]
    depth: Operand[_Tensor]
    values: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, indices: _In, depth: _In, values: _In, *, axis: int = -1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OptionalV15(OnnxOp):
    """Constructs an optional-type value containing either an empty optional of a certain type specified by the attribute, or a non-empty value containing the ..."""
    input: OptionalOperand[Any]
    type: Type | None
    output: Result[Any]
    def __init__(
        self, input: _In | None = None, *, type: Type | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OptionalV28(OnnxOp):
    """Constructs an optional-type value containing either an empty optional of a certain type specified by the attribute, or a non-empty value containing the ..."""
    input: OptionalOperand[Any]
    type: Type | None
    output: Result[Any]
    def __init__(
        self, input: _In | None = None, *, type: Type | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OptionalGetElementV15(OnnxOp):
    """Outputs the element in the optional-type input."""
    input: Operand[Any]
    output: Result[Any]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OptionalGetElementV18(OnnxOp):
    """If the input is a tensor or sequence type, it returns the input."""
    input: Operand[Any]
    output: Result[Any]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OptionalGetElementV28(OnnxOp):
    """If the input is a tensor or sequence type, it returns the input."""
    input: Operand[Any]
    output: Result[Any]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OptionalHasElementV15(OnnxOp):
    """Returns true if the optional-type input contains an element."""
    input: Operand[Any]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OptionalHasElementV18(OnnxOp):
    """Returns true if (1) the input is an optional-type and contains an element, or, (2) the input is a tensor or sequence type."""
    input: OptionalOperand[Any]
    output: Result[_Tensor]
    def __init__(
        self, input: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OptionalHasElementV28(OnnxOp):
    """Returns true if (1) the input is an optional-type and contains an element, or, (2) the input is a tensor or sequence type."""
    input: OptionalOperand[Any]
    output: Result[_Tensor]
    def __init__(
        self, input: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OrV1(OnnxOp):
    """Returns the tensor resulted from performing the `or` logical operation elementwise on the input tensors `A` and `B`."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OrV7(OnnxOp):
    """Returns the tensor resulted from performing the `or` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PReluV1(OnnxOp):
    """PRelu takes input data (Tensor<T>) and slope tensor as input, and produces one output data (Tensor<T>) where the function `f(x) = slope * x for x < 0`, ..."""
    X: Operand[_Tensor]
    slope: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, slope: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PReluV6(OnnxOp):
    """PRelu takes input data (Tensor<T>) and slope tensor as input, and produces one output data (Tensor<T>) where the function `f(x) = slope * x for x < 0`, ..."""
    X: Operand[_Tensor]
    slope: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, slope: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PReluV7(OnnxOp):
    """PRelu takes input data (Tensor<T>) and slope tensor as input, and produces one output data (Tensor<T>) where the function `f(x) = slope * x for x < 0`, ..."""
    X: Operand[_Tensor]
    slope: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, slope: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PReluV9(OnnxOp):
    """PRelu takes input data (Tensor<T>) and slope tensor as input, and produces one output data (Tensor<T>) where the function `f(x) = slope * x for x < 0`, ..."""
    X: Operand[_Tensor]
    slope: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, slope: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PReluV16(OnnxOp):
    """PRelu takes input data (Tensor<T>) and slope tensor as input, and produces one output data (Tensor<T>) where the function `f(x) = slope * x for x < 0`, ..."""
    X: Operand[_Tensor]
    slope: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, slope: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PadV1(OnnxOp):
    """Given `data` tensor, paddings, mode, and value."""
    data: Operand[_Tensor]
    mode: str
    paddings: tuple[int, ...]
    value: float
    output: Result[_Tensor]
    def __init__(
        self, data: _In, *, mode: str = 'constant', paddings: Sequence[int], value: float = 0.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PadV2(OnnxOp):
    """Given `data` tensor, pads, mode, and value."""
    data: Operand[_Tensor]
    mode: str
    pads: tuple[int, ...]
    value: float
    output: Result[_Tensor]
    def __init__(
        self, data: _In, *, mode: str = 'constant', pads: Sequence[int], value: float = 0.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PadV11(OnnxOp):
    """Given a tensor containing the data to be padded (`data`), a tensor containing the number of start and end pad values for axis (`pads`), (optionally) a ..."""
    data: Operand[_Tensor]
    pads: Operand[_Tensor]
    constant_value: OptionalOperand[_Tensor]
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, pads: _In, constant_value: _In | None = None, *, mode: str = 'constant', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PadV13(OnnxOp):
    """Given a tensor containing the data to be padded (`data`), a tensor containing the number of start and end pad values for axis (`pads`), (optionally) a ..."""
    data: Operand[_Tensor]
    pads: Operand[_Tensor]
    constant_value: OptionalOperand[_Tensor]
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, pads: _In, constant_value: _In | None = None, *, mode: str = 'constant', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PadV18(OnnxOp):
    """Given a tensor containing the data to be padded (`data`), a tensor containing the number of start and end pad values for axis (`pads`), (optionally) a ..."""
    data: Operand[_Tensor]
    pads: Operand[_Tensor]
    constant_value: OptionalOperand[_Tensor]
    axes: OptionalOperand[_Tensor]
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, pads: _In, constant_value: _In | None = None, axes: _In | None = None, *, mode: str = 'constant', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PadV19(OnnxOp):
    """Given a tensor containing the data to be padded (`data`), a tensor containing the number of start and end pad values for axis (`pads`), (optionally) a ..."""
    data: Operand[_Tensor]
    pads: Operand[_Tensor]
    constant_value: OptionalOperand[_Tensor]
    axes: OptionalOperand[_Tensor]
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, pads: _In, constant_value: _In | None = None, axes: _In | None = None, *, mode: str = 'constant', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PadV21(OnnxOp):
    """Given a tensor containing the data to be padded (`data`), a tensor containing the number of start and end pad values for axis (`pads`), (optionally) a ..."""
    data: Operand[_Tensor]
    pads: Operand[_Tensor]
    constant_value: OptionalOperand[_Tensor]
    axes: OptionalOperand[_Tensor]
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, pads: _In, constant_value: _In | None = None, axes: _In | None = None, *, mode: str = 'constant', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PadV23(OnnxOp):
    """Given a tensor containing the data to be padded (`data`), a tensor containing the number of start and end pad values for axis (`pads`), (optionally) a ..."""
    data: Operand[_Tensor]
    pads: Operand[_Tensor]
    constant_value: OptionalOperand[_Tensor]
    axes: OptionalOperand[_Tensor]
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, pads: _In, constant_value: _In | None = None, axes: _In | None = None, *, mode: str = 'constant', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PadV24(OnnxOp):
    """Given a tensor containing the data to be padded (`data`), a tensor containing the number of start and end pad values for axis (`pads`), (optionally) a ..."""
    data: Operand[_Tensor]
    pads: Operand[_Tensor]
    constant_value: OptionalOperand[_Tensor]
    axes: OptionalOperand[_Tensor]
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, pads: _In, constant_value: _In | None = None, axes: _In | None = None, *, mode: str = 'constant', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PadV25(OnnxOp):
    """Given a tensor containing the data to be padded (`data`), a tensor containing the number of start and end pad values for axis (`pads`), (optionally) a ..."""
    data: Operand[_Tensor]
    pads: Operand[_Tensor]
    constant_value: OptionalOperand[_Tensor]
    axes: OptionalOperand[_Tensor]
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, pads: _In, constant_value: _In | None = None, axes: _In | None = None, *, mode: str = 'constant', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PowV1(OnnxOp):
    """Pow takes input data (Tensor<T>) and exponent Tensor, and produces one output data (Tensor<T>) where the function `f(x) = x^exponent`, is applied to the ..."""
    X: Operand[_Tensor]
    Y: Operand[_Tensor]
    axis: int | None
    broadcast: int
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, Y: _In, *, axis: int | None = None, broadcast: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PowV7(OnnxOp):
    """Pow takes input data (Tensor<T>) and exponent Tensor, and produces one output data (Tensor<T>) where the function `f(x) = x^exponent`, is applied to the ..."""
    X: Operand[_Tensor]
    Y: Operand[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, Y: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PowV12(OnnxOp):
    """Pow takes input data (Tensor<T>) and exponent Tensor, and produces one output data (Tensor<T>) where the function `f(x) = x^exponent`, is applied to the ..."""
    X: Operand[_Tensor]
    Y: Operand[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, Y: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PowV13(OnnxOp):
    """Pow takes input data (Tensor<T>) and exponent Tensor, and produces one output data (Tensor<T>) where the function `f(x) = x^exponent`, is applied to the ..."""
    X: Operand[_Tensor]
    Y: Operand[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, Y: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class PowV15(OnnxOp):
    """Pow takes input data (Tensor<T>) and exponent Tensor, and produces one output data (Tensor<T>) where the function `f(x) = x^exponent`, is applied to the ..."""
    X: Operand[_Tensor]
    Y: Operand[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, Y: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class QLinearConvV10(OnnxOp):
    """The convolution operator consumes a quantized input tensor, its scale and zero point, a quantized filter, its scale and zero point, and output's scale and ..."""
    x: Operand[_Tensor]
    x_scale: Operand[_Tensor]
    x_zero_point: Operand[_Tensor]
    w: Operand[_Tensor]
    w_scale: Operand[_Tensor]
    w_zero_point: Operand[_Tensor]
    y_scale: Operand[_Tensor]
    y_zero_point: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    auto_pad: str
    dilations: tuple[int, ...] | None
    group: int
    kernel_shape: tuple[int, ...] | None
    pads: tuple[int, ...] | None
    strides: tuple[int, ...] | None
    y: Result[_Tensor]
    def __init__(
        self, x: _In, x_scale: _In, x_zero_point: _In, w: _In, w_scale: _In, w_zero_point: _In, y_scale: _In, y_zero_point: _In, B: _In | None = None, *, auto_pad: str = 'NOTSET', dilations: Sequence[int] | None = None, group: int = 1, kernel_shape: Sequence[int] | None = None, pads: Sequence[int] | None = None, strides: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class QLinearMatMulV10(OnnxOp):
    """Matrix product that behaves like [numpy.matmul](https://numpy.org/doc/stable/reference/generated/numpy.matmul.html)."""
    a: Operand[_Tensor]
    a_scale: Operand[_Tensor]
    a_zero_point: Operand[_Tensor]
    b: Operand[_Tensor]
    b_scale: Operand[_Tensor]
    b_zero_point: Operand[_Tensor]
    y_scale: Operand[_Tensor]
    y_zero_point: Operand[_Tensor]
    y: Result[_Tensor]
    def __init__(
        self, a: _In, a_scale: _In, a_zero_point: _In, b: _In, b_scale: _In, b_zero_point: _In, y_scale: _In, y_zero_point: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class QLinearMatMulV21(OnnxOp):
    """Matrix product that behaves like [numpy.matmul](https://numpy.org/doc/stable/reference/generated/numpy.matmul.html)."""
    a: Operand[_Tensor]
    a_scale: Operand[_Tensor]
    a_zero_point: Operand[_Tensor]
    b: Operand[_Tensor]
    b_scale: Operand[_Tensor]
    b_zero_point: Operand[_Tensor]
    y_scale: Operand[_Tensor]
    y_zero_point: Operand[_Tensor]
    y: Result[_Tensor]
    def __init__(
        self, a: _In, a_scale: _In, a_zero_point: _In, b: _In, b_scale: _In, b_zero_point: _In, y_scale: _In, y_zero_point: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class QuantizeLinearV10(OnnxOp):
    """The linear per-tensor/layer quantization operator."""
    x: Operand[_Tensor]
    y_scale: Operand[_Tensor]
    y_zero_point: OptionalOperand[_Tensor]
    y: Result[_Tensor]
    def __init__(
        self, x: _In, y_scale: _In, y_zero_point: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class QuantizeLinearV13(OnnxOp):
    """The linear quantization operator."""
    x: Operand[_Tensor]
    y_scale: Operand[_Tensor]
    y_zero_point: OptionalOperand[_Tensor]
    axis: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, y_scale: _In, y_zero_point: _In | None = None, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class QuantizeLinearV19(OnnxOp):
    """The linear quantization operator."""
    x: Operand[_Tensor]
    y_scale: Operand[_Tensor]
    y_zero_point: OptionalOperand[_Tensor]
    axis: int
    saturate: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, y_scale: _In, y_zero_point: _In | None = None, *, axis: int = 1, saturate: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class QuantizeLinearV21(OnnxOp):
    """The linear quantization operator consumes a high-precision tensor, a scale, and a zero point to compute the low-precision/quantized tensor."""
    x: Operand[_Tensor]
    y_scale: Operand[_Tensor]
    y_zero_point: OptionalOperand[_Tensor]
    axis: int
    block_size: int
    output_dtype: int
    saturate: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, y_scale: _In, y_zero_point: _In | None = None, *, axis: int = 1, block_size: int = 0, output_dtype: int = 0, saturate: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class QuantizeLinearV23(OnnxOp):
    """The linear quantization operator consumes a high-precision tensor, a scale, and a zero point to compute the low-precision/quantized tensor."""
    x: Operand[_Tensor]
    y_scale: Operand[_Tensor]
    y_zero_point: OptionalOperand[_Tensor]
    axis: int
    block_size: int
    output_dtype: int
    precision: int
    saturate: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, y_scale: _In, y_zero_point: _In | None = None, *, axis: int = 1, block_size: int = 0, output_dtype: int = 0, precision: int = 0, saturate: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class QuantizeLinearV24(OnnxOp):
    """The linear quantization operator consumes a high-precision tensor, a scale, and a zero point to compute the low-precision/quantized tensor."""
    x: Operand[_Tensor]
    y_scale: Operand[_Tensor]
    y_zero_point: OptionalOperand[_Tensor]
    axis: int
    block_size: int
    output_dtype: int
    precision: int
    saturate: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, y_scale: _In, y_zero_point: _In | None = None, *, axis: int = 1, block_size: int = 0, output_dtype: int = 0, precision: int = 0, saturate: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class QuantizeLinearV25(OnnxOp):
    """The linear quantization operator consumes a high-precision tensor, a scale, and a zero point to compute the low-precision/quantized tensor."""
    x: Operand[_Tensor]
    y_scale: Operand[_Tensor]
    y_zero_point: OptionalOperand[_Tensor]
    axis: int
    block_size: int
    output_dtype: int
    precision: int
    saturate: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, y_scale: _In, y_zero_point: _In | None = None, *, axis: int = 1, block_size: int = 0, output_dtype: int = 0, precision: int = 0, saturate: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class QuantizeLinearV28(OnnxOp):
    """The linear quantization operator consumes a high-precision tensor, a scale, and a zero point to compute the low-precision/quantized tensor."""
    x: Operand[_Tensor]
    y_scale: Operand[_Tensor]
    y_zero_point: OptionalOperand[_Tensor]
    axis: int
    block_size: int
    output_dtype: int
    precision: int
    saturate: int
    y: Result[_Tensor]
    def __init__(
        self, x: _In, y_scale: _In, y_zero_point: _In | None = None, *, axis: int = 1, block_size: int = 0, output_dtype: int = 0, precision: int = 0, saturate: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RMSNormalizationV23(OnnxOp):
    """This is RMS normalization defined in ONNX as function as described in the paper https://arxiv.org/pdf/1910.07467."""
    X: Operand[_Tensor]
    scale: Operand[_Tensor]
    axis: int
    epsilon: float
    stash_type: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, scale: _In, *, axis: int = -1, epsilon: float = 1e-05, stash_type: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RNNV1(OnnxOp):
    """Computes an one-layer simple RNN."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...]
    clip: float | None
    direction: str
    hidden_size: int | None
    output_sequence: int
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] = ('Tanh', 'Tanh'), clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, output_sequence: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RNNV7(OnnxOp):
    """Computes an one-layer simple RNN."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...]
    clip: float | None
    direction: str
    hidden_size: int | None
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] = ('Tanh', 'Tanh'), clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RNNV14(OnnxOp):
    """Computes an one-layer simple RNN."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...]
    clip: float | None
    direction: str
    hidden_size: int | None
    layout: int
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] = ('Tanh', 'Tanh'), clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, layout: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RNNV22(OnnxOp):
    """Computes an one-layer simple RNN."""
    X: Operand[_Tensor]
    W: Operand[_Tensor]
    R: Operand[_Tensor]
    B: OptionalOperand[_Tensor]
    sequence_lens: OptionalOperand[_Tensor]
    initial_h: OptionalOperand[_Tensor]
    activation_alpha: tuple[float, ...] | None
    activation_beta: tuple[float, ...] | None
    activations: tuple[str, ...]
    clip: float | None
    direction: str
    hidden_size: int | None
    layout: int
    Y: OptionalResult[_Tensor]
    Y_h: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, W: _In, R: _In, B: _In | None = None, sequence_lens: _In | None = None, initial_h: _In | None = None, *, activation_alpha: Sequence[float] | None = None, activation_beta: Sequence[float] | None = None, activations: Sequence[str] = ('Tanh', 'Tanh'), clip: float | None = None, direction: str = 'forward', hidden_size: int | None = None, layout: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RandomNormalV1(OnnxOp):
    """Generate a tensor with random values drawn from a normal distribution."""
    dtype: int
    mean: float
    scale: float
    seed: float | None
    shape: tuple[int, ...]
    output: Result[_Tensor]
    def __init__(
        self, *, dtype: int = 1, mean: float = 0.0, scale: float = 1.0, seed: float | None = None, shape: Sequence[int], result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RandomNormalV22(OnnxOp):
    """Generate a tensor with random values drawn from a normal distribution."""
    dtype: int
    mean: float
    scale: float
    seed: float | None
    shape: tuple[int, ...]
    output: Result[_Tensor]
    def __init__(
        self, *, dtype: int = 1, mean: float = 0.0, scale: float = 1.0, seed: float | None = None, shape: Sequence[int], result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RandomNormalLikeV1(OnnxOp):
    """Generate a tensor with random values drawn from a normal distribution."""
    input: Operand[_Tensor]
    dtype: int | None
    mean: float
    scale: float
    seed: float | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, dtype: int | None = None, mean: float = 0.0, scale: float = 1.0, seed: float | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RandomNormalLikeV22(OnnxOp):
    """Generate a tensor with random values drawn from a normal distribution."""
    input: Operand[_Tensor]
    dtype: int | None
    mean: float
    scale: float
    seed: float | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, dtype: int | None = None, mean: float = 0.0, scale: float = 1.0, seed: float | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RandomUniformV1(OnnxOp):
    """Generate a tensor with random values drawn from a uniform distribution."""
    dtype: int
    high: float
    low: float
    seed: float | None
    shape: tuple[int, ...]
    output: Result[_Tensor]
    def __init__(
        self, *, dtype: int = 1, high: float = 1.0, low: float = 0.0, seed: float | None = None, shape: Sequence[int], result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RandomUniformV22(OnnxOp):
    """Generate a tensor with random values drawn from a uniform distribution."""
    dtype: int
    high: float
    low: float
    seed: float | None
    shape: tuple[int, ...]
    output: Result[_Tensor]
    def __init__(
        self, *, dtype: int = 1, high: float = 1.0, low: float = 0.0, seed: float | None = None, shape: Sequence[int], result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RandomUniformLikeV1(OnnxOp):
    """Generate a tensor with random values drawn from a uniform distribution."""
    input: Operand[_Tensor]
    dtype: int | None
    high: float
    low: float
    seed: float | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, dtype: int | None = None, high: float = 1.0, low: float = 0.0, seed: float | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RandomUniformLikeV22(OnnxOp):
    """Generate a tensor with random values drawn from a uniform distribution."""
    input: Operand[_Tensor]
    dtype: int | None
    high: float
    low: float
    seed: float | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, dtype: int | None = None, high: float = 1.0, low: float = 0.0, seed: float | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RangeV11(OnnxOp):
    """Generate a tensor containing a sequence of numbers that begin at `start` and extends by increments of `delta` up to `limit` (exclusive)."""
    start: Operand[_Tensor]
    limit: Operand[_Tensor]
    delta: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, start: _In, limit: _In, delta: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RangeV27(OnnxOp):
    """Generate a tensor containing a sequence of numbers that begin at `start` and extends by increments of `delta` up to `limit` (exclusive)."""
    start: Operand[_Tensor]
    limit: Operand[_Tensor]
    delta: Operand[_Tensor]
    stash_type: int
    output: Result[_Tensor]
    def __init__(
        self, start: _In, limit: _In, delta: _In, *, stash_type: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReciprocalV1(OnnxOp):
    """Reciprocal takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the reciprocal is, y = 1/x, is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReciprocalV6(OnnxOp):
    """Reciprocal takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the reciprocal is, y = 1/x, is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReciprocalV13(OnnxOp):
    """Reciprocal takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the reciprocal is, y = 1/x, is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceL1V1(OnnxOp):
    """Computes the L1 norm of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceL1V11(OnnxOp):
    """Computes the L1 norm of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceL1V13(OnnxOp):
    """Computes the L1 norm of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceL1V18(OnnxOp):
    """Computes the L1 norm of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceL2V1(OnnxOp):
    """Computes the L2 norm of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceL2V11(OnnxOp):
    """Computes the L2 norm of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceL2V13(OnnxOp):
    """Computes the L2 norm of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceL2V18(OnnxOp):
    """Computes the L2 norm of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceLogSumV1(OnnxOp):
    """Computes the log sum of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceLogSumV11(OnnxOp):
    """Computes the log sum of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceLogSumV13(OnnxOp):
    """Computes the log sum of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceLogSumV18(OnnxOp):
    """Computes the log sum of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceLogSumV28(OnnxOp):
    """Computes the log sum of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceLogSumExpV1(OnnxOp):
    """Computes the log sum exponent of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceLogSumExpV11(OnnxOp):
    """Computes the log sum exponent of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceLogSumExpV13(OnnxOp):
    """Computes the log sum exponent of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceLogSumExpV18(OnnxOp):
    """Computes the log sum exponent of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceLogSumExpV28(OnnxOp):
    """Computes the log sum exponent of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMaxV1(OnnxOp):
    """Computes the max of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMaxV11(OnnxOp):
    """Computes the max of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMaxV12(OnnxOp):
    """Computes the max of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMaxV13(OnnxOp):
    """Computes the max of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMaxV18(OnnxOp):
    """Computes the max of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMaxV20(OnnxOp):
    """Computes the max of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMeanV1(OnnxOp):
    """Computes the mean of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMeanV11(OnnxOp):
    """Computes the mean of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMeanV13(OnnxOp):
    """Computes the mean of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMeanV18(OnnxOp):
    """Computes the mean of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMinV1(OnnxOp):
    """Computes the min of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMinV11(OnnxOp):
    """Computes the min of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMinV12(OnnxOp):
    """Computes the min of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMinV13(OnnxOp):
    """Computes the min of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMinV18(OnnxOp):
    """Computes the min of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceMinV20(OnnxOp):
    """Computes the min of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceProdV1(OnnxOp):
    """Computes the product of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceProdV11(OnnxOp):
    """Computes the product of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceProdV13(OnnxOp):
    """Computes the product of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceProdV18(OnnxOp):
    """Computes the product of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceSumV1(OnnxOp):
    """Computes the sum of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceSumV11(OnnxOp):
    """Computes the sum of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceSumV13(OnnxOp):
    """Computes the sum of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceSumSquareV1(OnnxOp):
    """Computes the sum square of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceSumSquareV11(OnnxOp):
    """Computes the sum square of the input tensor's element along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceSumSquareV13(OnnxOp):
    """Computes the sum square of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    keepdims: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReduceSumSquareV18(OnnxOp):
    """Computes the sum square of the input tensor's elements along the provided axes."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    keepdims: int
    noop_with_empty_axes: int
    reduced: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, keepdims: int = 1, noop_with_empty_axes: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RegexFullMatchV20(OnnxOp):
    """RegexFullMatch performs a full regex match on each element of the input tensor."""
    X: Operand[_Tensor]
    pattern: str | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, pattern: str | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReluV1(OnnxOp):
    """Relu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the rectified linear function, y = max(0, x), is applied to the tensor ..."""
    X: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReluV6(OnnxOp):
    """Relu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the rectified linear function, y = max(0, x), is applied to the tensor ..."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReluV13(OnnxOp):
    """Relu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the rectified linear function, y = max(0, x), is applied to the tensor ..."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReluV14(OnnxOp):
    """Relu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the rectified linear function, y = max(0, x), is applied to the tensor ..."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReshapeV1(OnnxOp):
    """Reshape the input tensor similar to numpy.reshape."""
    data: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    shape: tuple[int, ...] | None
    reshaped: Result[_Tensor]
    def __init__(
        self, data: _In, *, consumed_inputs: Sequence[int] | None = None, shape: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReshapeV5(OnnxOp):
    """Reshape the input tensor similar to numpy.reshape."""
    data: Operand[_Tensor]
    shape: Operand[_Tensor]
    reshaped: Result[_Tensor]
    def __init__(
        self, data: _In, shape: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReshapeV13(OnnxOp):
    """Reshape the input tensor similar to numpy.reshape."""
    data: Operand[_Tensor]
    shape: Operand[_Tensor]
    reshaped: Result[_Tensor]
    def __init__(
        self, data: _In, shape: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReshapeV14(OnnxOp):
    """Reshape the input tensor similar to numpy.reshape."""
    data: Operand[_Tensor]
    shape: Operand[_Tensor]
    allowzero: int
    reshaped: Result[_Tensor]
    def __init__(
        self, data: _In, shape: _In, *, allowzero: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReshapeV19(OnnxOp):
    """Reshape the input tensor similar to numpy.reshape."""
    data: Operand[_Tensor]
    shape: Operand[_Tensor]
    allowzero: int
    reshaped: Result[_Tensor]
    def __init__(
        self, data: _In, shape: _In, *, allowzero: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReshapeV21(OnnxOp):
    """Reshape the input tensor similar to numpy.reshape."""
    data: Operand[_Tensor]
    shape: Operand[_Tensor]
    allowzero: int
    reshaped: Result[_Tensor]
    def __init__(
        self, data: _In, shape: _In, *, allowzero: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReshapeV23(OnnxOp):
    """Reshape the input tensor similar to numpy.reshape."""
    data: Operand[_Tensor]
    shape: Operand[_Tensor]
    allowzero: int
    reshaped: Result[_Tensor]
    def __init__(
        self, data: _In, shape: _In, *, allowzero: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReshapeV24(OnnxOp):
    """Reshape the input tensor similar to numpy.reshape."""
    data: Operand[_Tensor]
    shape: Operand[_Tensor]
    allowzero: int
    reshaped: Result[_Tensor]
    def __init__(
        self, data: _In, shape: _In, *, allowzero: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReshapeV25(OnnxOp):
    """Reshape the input tensor similar to numpy.reshape."""
    data: Operand[_Tensor]
    shape: Operand[_Tensor]
    allowzero: int
    reshaped: Result[_Tensor]
    def __init__(
        self, data: _In, shape: _In, *, allowzero: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ResizeV10(OnnxOp):
    """Resize the input tensor."""
    X: Operand[_Tensor]
    scales: Operand[_Tensor]
    mode: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, scales: _In, *, mode: str = 'nearest', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ResizeV11(OnnxOp):
    """Resize the input tensor."""
    X: Operand[_Tensor]
    roi: Operand[_Tensor]
    scales: Operand[_Tensor]
    sizes: OptionalOperand[_Tensor]
    coordinate_transformation_mode: str
    cubic_coeff_a: float
    exclude_outside: int
    extrapolation_value: float
    mode: str
    nearest_mode: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, roi: _In, scales: _In, sizes: _In | None = None, *, coordinate_transformation_mode: str = 'half_pixel', cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, mode: str = 'nearest', nearest_mode: str = 'round_prefer_floor', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ResizeV13(OnnxOp):
    """Resize the input tensor."""
    X: Operand[_Tensor]
    roi: OptionalOperand[_Tensor]
    scales: OptionalOperand[_Tensor]
    sizes: OptionalOperand[_Tensor]
    coordinate_transformation_mode: str
    cubic_coeff_a: float
    exclude_outside: int
    extrapolation_value: float
    mode: str
    nearest_mode: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, roi: _In | None = None, scales: _In | None = None, sizes: _In | None = None, *, coordinate_transformation_mode: str = 'half_pixel', cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, mode: str = 'nearest', nearest_mode: str = 'round_prefer_floor', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ResizeV18(OnnxOp):
    """Resize the input tensor."""
    X: Operand[_Tensor]
    roi: OptionalOperand[_Tensor]
    scales: OptionalOperand[_Tensor]
    sizes: OptionalOperand[_Tensor]
    antialias: int
    axes: tuple[int, ...] | None
    coordinate_transformation_mode: str
    cubic_coeff_a: float
    exclude_outside: int
    extrapolation_value: float
    keep_aspect_ratio_policy: str
    mode: str
    nearest_mode: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, roi: _In | None = None, scales: _In | None = None, sizes: _In | None = None, *, antialias: int = 0, axes: Sequence[int] | None = None, coordinate_transformation_mode: str = 'half_pixel', cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, keep_aspect_ratio_policy: str = 'stretch', mode: str = 'nearest', nearest_mode: str = 'round_prefer_floor', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ResizeV19(OnnxOp):
    """Resize the input tensor."""
    X: Operand[_Tensor]
    roi: OptionalOperand[_Tensor]
    scales: OptionalOperand[_Tensor]
    sizes: OptionalOperand[_Tensor]
    antialias: int
    axes: tuple[int, ...] | None
    coordinate_transformation_mode: str
    cubic_coeff_a: float
    exclude_outside: int
    extrapolation_value: float
    keep_aspect_ratio_policy: str
    mode: str
    nearest_mode: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, roi: _In | None = None, scales: _In | None = None, sizes: _In | None = None, *, antialias: int = 0, axes: Sequence[int] | None = None, coordinate_transformation_mode: str = 'half_pixel', cubic_coeff_a: float = -0.75, exclude_outside: int = 0, extrapolation_value: float = 0.0, keep_aspect_ratio_policy: str = 'stretch', mode: str = 'nearest', nearest_mode: str = 'round_prefer_floor', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReverseSequenceV10(OnnxOp):
    """Reverse batch of sequences having different lengths specified by `sequence_lens`."""
    input: Operand[_Tensor]
    sequence_lens: Operand[_Tensor]
    batch_axis: int
    time_axis: int
    Y: Result[_Tensor]
    def __init__(
        self, input: _In, sequence_lens: _In, *, batch_axis: int = 1, time_axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ReverseSequenceV28(OnnxOp):
    """Reverse batch of sequences having different lengths specified by `sequence_lens`."""
    input: Operand[_Tensor]
    sequence_lens: Operand[_Tensor]
    batch_axis: int
    time_axis: int
    Y: Result[_Tensor]
    def __init__(
        self, input: _In, sequence_lens: _In, *, batch_axis: int = 1, time_axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RoiAlignV10(OnnxOp):
    """Region of Interest (RoI) align operation described in the [Mask R-CNN paper](https://arxiv.org/abs/1703.06870)."""
    X: Operand[_Tensor]
    rois: Operand[_Tensor]
    batch_indices: Operand[_Tensor]
    mode: str
    output_height: int
    output_width: int
    sampling_ratio: int
    spatial_scale: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, rois: _In, batch_indices: _In, *, mode: str = 'avg', output_height: int = 1, output_width: int = 1, sampling_ratio: int = 0, spatial_scale: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RoiAlignV16(OnnxOp):
    """Region of Interest (RoI) align operation described in the [Mask R-CNN paper](https://arxiv.org/abs/1703.06870)."""
    X: Operand[_Tensor]
    rois: Operand[_Tensor]
    batch_indices: Operand[_Tensor]
    coordinate_transformation_mode: str
    mode: str
    output_height: int
    output_width: int
    sampling_ratio: int
    spatial_scale: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, rois: _In, batch_indices: _In, *, coordinate_transformation_mode: str = 'half_pixel', mode: str = 'avg', output_height: int = 1, output_width: int = 1, sampling_ratio: int = 0, spatial_scale: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RoiAlignV22(OnnxOp):
    """Region of Interest (RoI) align operation described in the [Mask R-CNN paper](https://arxiv.org/abs/1703.06870)."""
    X: Operand[_Tensor]
    rois: Operand[_Tensor]
    batch_indices: Operand[_Tensor]
    coordinate_transformation_mode: str
    mode: str
    output_height: int
    output_width: int
    sampling_ratio: int
    spatial_scale: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, rois: _In, batch_indices: _In, *, coordinate_transformation_mode: str = 'half_pixel', mode: str = 'avg', output_height: int = 1, output_width: int = 1, sampling_ratio: int = 0, spatial_scale: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RotaryEmbeddingV23(OnnxOp):
    """RotaryEmbedding is the implementation of rotary positional embeddings (RoPE) based on the paper https://arxiv.org/pdf/2104.09864."""
    X: Operand[_Tensor]
    cos_cache: Operand[_Tensor]
    sin_cache: Operand[_Tensor]
    position_ids: OptionalOperand[_Tensor]
    interleaved: int
    num_heads: int | None
    rotary_embedding_dim: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, cos_cache: _In, sin_cache: _In, position_ids: _In | None = None, *, interleaved: int = 0, num_heads: int | None = None, rotary_embedding_dim: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RoundV11(OnnxOp):
    """Round takes one input Tensor and rounds the values, element-wise, meaning it finds the nearest integer for each value."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class RoundV22(OnnxOp):
    """Round takes one input Tensor and rounds the values, element-wise, meaning it finds the nearest integer for each value."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class STFTV17(OnnxOp):
    """Computes the Short-time Fourier Transform of the signal."""
    signal: Operand[_Tensor]
    frame_step: Operand[_Tensor]
    window: OptionalOperand[_Tensor]
    frame_length: OptionalOperand[_Tensor]
    onesided: int
    output: Result[_Tensor]
    def __init__(
        self, signal: _In, frame_step: _In, window: _In | None = None, frame_length: _In | None = None, *, onesided: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScanV8(OnnxOp):
    """Scan can be used to iterate over one or more scan_input tensors, constructing zero or more scan_output tensors."""
    sequence_lens: OptionalOperand[_Tensor]
    initial_state_and_scan_inputs: Operands[_Tensor]
    directions: tuple[int, ...] | None
    num_scan_inputs: int
    body: Region
    final_state_and_scan_outputs: Results[_Tensor]
    def __init__(
        self, sequence_lens: _In | None = None, initial_state_and_scan_inputs: Sequence[_In] = (), *, directions: Sequence[int] | None = None, num_scan_inputs: int, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScanV9(OnnxOp):
    """Scan can be used to iterate over one or more scan_input tensors, constructing zero or more scan_output tensors."""
    initial_state_and_scan_inputs: Operands[_Tensor]
    num_scan_inputs: int
    scan_input_axes: tuple[int, ...] | None
    scan_input_directions: tuple[int, ...] | None
    scan_output_axes: tuple[int, ...] | None
    scan_output_directions: tuple[int, ...] | None
    body: Region
    final_state_and_scan_outputs: Results[_Tensor]
    def __init__(
        self, initial_state_and_scan_inputs: Sequence[_In] = (), *, num_scan_inputs: int, scan_input_axes: Sequence[int] | None = None, scan_input_directions: Sequence[int] | None = None, scan_output_axes: Sequence[int] | None = None, scan_output_directions: Sequence[int] | None = None, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScanV11(OnnxOp):
    """Scan can be used to iterate over one or more scan_input tensors, constructing zero or more scan_output tensors."""
    initial_state_and_scan_inputs: Operands[_Tensor]
    num_scan_inputs: int
    scan_input_axes: tuple[int, ...] | None
    scan_input_directions: tuple[int, ...] | None
    scan_output_axes: tuple[int, ...] | None
    scan_output_directions: tuple[int, ...] | None
    body: Region
    final_state_and_scan_outputs: Results[_Tensor]
    def __init__(
        self, initial_state_and_scan_inputs: Sequence[_In] = (), *, num_scan_inputs: int, scan_input_axes: Sequence[int] | None = None, scan_input_directions: Sequence[int] | None = None, scan_output_axes: Sequence[int] | None = None, scan_output_directions: Sequence[int] | None = None, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScanV16(OnnxOp):
    """Scan can be used to iterate over one or more scan_input tensors, constructing zero or more scan_output tensors."""
    initial_state_and_scan_inputs: Operands[_Tensor]
    num_scan_inputs: int
    scan_input_axes: tuple[int, ...] | None
    scan_input_directions: tuple[int, ...] | None
    scan_output_axes: tuple[int, ...] | None
    scan_output_directions: tuple[int, ...] | None
    body: Region
    final_state_and_scan_outputs: Results[_Tensor]
    def __init__(
        self, initial_state_and_scan_inputs: Sequence[_In] = (), *, num_scan_inputs: int, scan_input_axes: Sequence[int] | None = None, scan_input_directions: Sequence[int] | None = None, scan_output_axes: Sequence[int] | None = None, scan_output_directions: Sequence[int] | None = None, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScanV19(OnnxOp):
    """Scan can be used to iterate over one or more scan_input tensors, constructing zero or more scan_output tensors."""
    initial_state_and_scan_inputs: Operands[_Tensor]
    num_scan_inputs: int
    scan_input_axes: tuple[int, ...] | None
    scan_input_directions: tuple[int, ...] | None
    scan_output_axes: tuple[int, ...] | None
    scan_output_directions: tuple[int, ...] | None
    body: Region
    final_state_and_scan_outputs: Results[_Tensor]
    def __init__(
        self, initial_state_and_scan_inputs: Sequence[_In] = (), *, num_scan_inputs: int, scan_input_axes: Sequence[int] | None = None, scan_input_directions: Sequence[int] | None = None, scan_output_axes: Sequence[int] | None = None, scan_output_directions: Sequence[int] | None = None, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScanV21(OnnxOp):
    """Scan can be used to iterate over one or more scan_input tensors, constructing zero or more scan_output tensors."""
    initial_state_and_scan_inputs: Operands[_Tensor]
    num_scan_inputs: int
    scan_input_axes: tuple[int, ...] | None
    scan_input_directions: tuple[int, ...] | None
    scan_output_axes: tuple[int, ...] | None
    scan_output_directions: tuple[int, ...] | None
    body: Region
    final_state_and_scan_outputs: Results[_Tensor]
    def __init__(
        self, initial_state_and_scan_inputs: Sequence[_In] = (), *, num_scan_inputs: int, scan_input_axes: Sequence[int] | None = None, scan_input_directions: Sequence[int] | None = None, scan_output_axes: Sequence[int] | None = None, scan_output_directions: Sequence[int] | None = None, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScanV23(OnnxOp):
    """Scan can be used to iterate over one or more scan_input tensors, constructing zero or more scan_output tensors."""
    initial_state_and_scan_inputs: Operands[_Tensor]
    num_scan_inputs: int
    scan_input_axes: tuple[int, ...] | None
    scan_input_directions: tuple[int, ...] | None
    scan_output_axes: tuple[int, ...] | None
    scan_output_directions: tuple[int, ...] | None
    body: Region
    final_state_and_scan_outputs: Results[_Tensor]
    def __init__(
        self, initial_state_and_scan_inputs: Sequence[_In] = (), *, num_scan_inputs: int, scan_input_axes: Sequence[int] | None = None, scan_input_directions: Sequence[int] | None = None, scan_output_axes: Sequence[int] | None = None, scan_output_directions: Sequence[int] | None = None, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScanV24(OnnxOp):
    """Scan can be used to iterate over one or more scan_input tensors, constructing zero or more scan_output tensors."""
    initial_state_and_scan_inputs: Operands[_Tensor]
    num_scan_inputs: int
    scan_input_axes: tuple[int, ...] | None
    scan_input_directions: tuple[int, ...] | None
    scan_output_axes: tuple[int, ...] | None
    scan_output_directions: tuple[int, ...] | None
    body: Region
    final_state_and_scan_outputs: Results[_Tensor]
    def __init__(
        self, initial_state_and_scan_inputs: Sequence[_In] = (), *, num_scan_inputs: int, scan_input_axes: Sequence[int] | None = None, scan_input_directions: Sequence[int] | None = None, scan_output_axes: Sequence[int] | None = None, scan_output_directions: Sequence[int] | None = None, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScanV25(OnnxOp):
    """Scan can be used to iterate over one or more scan_input tensors, constructing zero or more scan_output tensors."""
    initial_state_and_scan_inputs: Operands[_Tensor]
    num_scan_inputs: int
    scan_input_axes: tuple[int, ...] | None
    scan_input_directions: tuple[int, ...] | None
    scan_output_axes: tuple[int, ...] | None
    scan_output_directions: tuple[int, ...] | None
    body: Region
    final_state_and_scan_outputs: Results[_Tensor]
    def __init__(
        self, initial_state_and_scan_inputs: Sequence[_In] = (), *, num_scan_inputs: int, scan_input_axes: Sequence[int] | None = None, scan_input_directions: Sequence[int] | None = None, scan_output_axes: Sequence[int] | None = None, scan_output_directions: Sequence[int] | None = None, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScatterV9(OnnxOp):
    """Given `data`, `updates` and `indices` input tensors of rank r >= 1, write the values provided by `updates` into the first input, `data`, along `axis` ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    updates: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, updates: _In, *, axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScatterV11(OnnxOp):
    """Scatter, deprecated. This operator is deprecated."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    updates: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, updates: _In, *, axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScatterElementsV11(OnnxOp):
    """ScatterElements takes three inputs `data`, `updates`, and `indices` of the same rank r >= 1 and an optional attribute axis that identifies an axis of `data` ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    updates: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, updates: _In, *, axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScatterElementsV13(OnnxOp):
    """ScatterElements takes three inputs `data`, `updates`, and `indices` of the same rank r >= 1 and an optional attribute axis that identifies an axis of `data` ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    updates: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, updates: _In, *, axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScatterElementsV16(OnnxOp):
    """ScatterElements takes three inputs `data`, `updates`, and `indices` of the same rank r >= 1 and an optional attribute axis that identifies an axis of `data` ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    updates: Operand[_Tensor]
    axis: int
    reduction: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, updates: _In, *, axis: int = 0, reduction: str = 'none', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScatterElementsV18(OnnxOp):
    """ScatterElements takes three inputs `data`, `updates`, and `indices` of the same rank r >= 1 and an optional attribute axis that identifies an axis of `data` ..."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    updates: Operand[_Tensor]
    axis: int
    reduction: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, updates: _In, *, axis: int = 0, reduction: str = 'none', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScatterNDV11(OnnxOp):
    """ScatterND takes three inputs `data` tensor of rank r >= 1, `indices` tensor of rank q >= 1, and `updates` tensor of rank q + r - indices.shape[-1] - 1."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    updates: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, updates: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScatterNDV13(OnnxOp):
    """ScatterND takes three inputs `data` tensor of rank r >= 1, `indices` tensor of rank q >= 1, and `updates` tensor of rank q + r - indices.shape[-1] - 1."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    updates: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, updates: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScatterNDV16(OnnxOp):
    """ScatterND takes three inputs `data` tensor of rank r >= 1, `indices` tensor of rank q >= 1, and `updates` tensor of rank q + r - indices.shape[-1] - 1."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    updates: Operand[_Tensor]
    reduction: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, updates: _In, *, reduction: str = 'none', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScatterNDV18(OnnxOp):
    """ScatterND takes three inputs `data` tensor of rank r >= 1, `indices` tensor of rank q >= 1, and `updates` tensor of rank q + r - indices.shape[-1] - 1."""
    data: Operand[_Tensor]
    indices: Operand[_Tensor]
    updates: Operand[_Tensor]
    reduction: str
    output: Result[_Tensor]
    def __init__(
        self, data: _In, indices: _In, updates: _In, *, reduction: str = 'none', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SeluV1(OnnxOp):
    """Selu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the scaled exponential linear unit function, `y = gamma * (alpha * e^x ..."""
    X: Operand[_Tensor]
    alpha: float
    consumed_inputs: tuple[int, ...] | None
    gamma: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 1.6732, consumed_inputs: Sequence[int] | None = None, gamma: float = 1.0507, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SeluV6(OnnxOp):
    """Selu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the scaled exponential linear unit function, `y = gamma * (alpha * e^x ..."""
    X: Operand[_Tensor]
    alpha: float
    gamma: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 1.6732632, gamma: float = 1.050701, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SeluV22(OnnxOp):
    """Selu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the scaled exponential linear unit function, `y = gamma * (alpha * e^x ..."""
    X: Operand[_Tensor]
    alpha: float
    gamma: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 1.6732632, gamma: float = 1.050701, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SequenceAtV11(OnnxOp):
    """Outputs a tensor copy from the tensor at 'position' in 'input_sequence'."""
    input_sequence: Operand[Any]
    position: Operand[_Tensor]
    tensor: Result[_Tensor]
    def __init__(
        self, input_sequence: _In, position: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SequenceConstructV11(OnnxOp):
    """Construct a tensor sequence containing 'inputs' tensors."""
    inputs: Operands[_Tensor]
    output_sequence: Result[Any]
    def __init__(
        self, inputs: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SequenceEmptyV11(OnnxOp):
    """Construct an empty tensor sequence, with given data type."""
    dtype: int | None
    output: Result[Any]
    def __init__(
        self, *, dtype: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SequenceEraseV11(OnnxOp):
    """Outputs a tensor sequence that removes the tensor at 'position' from 'input_sequence'."""
    input_sequence: Operand[Any]
    position: OptionalOperand[_Tensor]
    output_sequence: Result[Any]
    def __init__(
        self, input_sequence: _In, position: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SequenceInsertV11(OnnxOp):
    """Outputs a tensor sequence that inserts 'tensor' into 'input_sequence' at 'position'."""
    input_sequence: Operand[Any]
    tensor: Operand[_Tensor]
    position: OptionalOperand[_Tensor]
    output_sequence: Result[Any]
    def __init__(
        self, input_sequence: _In, tensor: _In, position: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SequenceLengthV11(OnnxOp):
    """Produces a scalar(tensor of empty shape) containing the number of tensors in 'input_sequence'."""
    input_sequence: Operand[Any]
    length: Result[_Tensor]
    def __init__(
        self, input_sequence: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SequenceMapV17(OnnxOp):
    """Applies a sub-graph to each sample in the input sequence(s)."""
    input_sequence: Operand[Any]
    additional_inputs: Operands[Any]
    body: Region
    out_sequence: Results[Any]
    def __init__(
        self, input_sequence: _In, additional_inputs: Sequence[_In] = (), *, body: Region | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ShapeV1(OnnxOp):
    """Takes a tensor as input and outputs an 1D int64 tensor containing the shape of the input tensor."""
    data: Operand[_Tensor]
    shape: Result[_Tensor]
    def __init__(
        self, data: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ShapeV13(OnnxOp):
    """Takes a tensor as input and outputs an 1D int64 tensor containing the shape of the input tensor."""
    data: Operand[_Tensor]
    shape: Result[_Tensor]
    def __init__(
        self, data: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ShapeV15(OnnxOp):
    """Takes a tensor as input and outputs an 1D int64 tensor containing the shape of the input tensor."""
    data: Operand[_Tensor]
    end: int | None
    start: int
    shape: Result[_Tensor]
    def __init__(
        self, data: _In, *, end: int | None = None, start: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ShapeV19(OnnxOp):
    """Takes a tensor as input and outputs an 1D int64 tensor containing the shape of the input tensor."""
    data: Operand[_Tensor]
    end: int | None
    start: int
    shape: Result[_Tensor]
    def __init__(
        self, data: _In, *, end: int | None = None, start: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ShapeV21(OnnxOp):
    """Takes a tensor as input and outputs an 1D int64 tensor containing the shape of the input tensor."""
    data: Operand[_Tensor]
    end: int | None
    start: int
    shape: Result[_Tensor]
    def __init__(
        self, data: _In, *, end: int | None = None, start: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ShapeV23(OnnxOp):
    """Takes a tensor as input and outputs an 1D int64 tensor containing the shape of the input tensor."""
    data: Operand[_Tensor]
    end: int | None
    start: int
    shape: Result[_Tensor]
    def __init__(
        self, data: _In, *, end: int | None = None, start: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ShapeV24(OnnxOp):
    """Takes a tensor as input and outputs an 1D int64 tensor containing the shape of the input tensor."""
    data: Operand[_Tensor]
    end: int | None
    start: int
    shape: Result[_Tensor]
    def __init__(
        self, data: _In, *, end: int | None = None, start: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ShapeV25(OnnxOp):
    """Takes a tensor as input and outputs an 1D int64 tensor containing the shape of the input tensor."""
    data: Operand[_Tensor]
    end: int | None
    start: int
    shape: Result[_Tensor]
    def __init__(
        self, data: _In, *, end: int | None = None, start: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ShrinkV9(OnnxOp):
    """Shrink takes one input data (Tensor<numeric>) and produces one Tensor output, having same datatype and shape with input."""
    input: Operand[_Tensor]
    bias: float
    lambd: float
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, bias: float = 0.0, lambd: float = 0.5, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SigmoidV1(OnnxOp):
    """Sigmoid takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the sigmoid function, y = 1 / (1 + exp(-x)), is applied to the ..."""
    X: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SigmoidV6(OnnxOp):
    """Sigmoid takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the sigmoid function, y = 1 / (1 + exp(-x)), is applied to the ..."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SigmoidV13(OnnxOp):
    """Sigmoid takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the sigmoid function, y = 1 / (1 + exp(-x)), is applied to the ..."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SignV9(OnnxOp):
    """Calculate the sign of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SignV13(OnnxOp):
    """Calculate the sign of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SinV7(OnnxOp):
    """Calculates the sine of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SinV22(OnnxOp):
    """Calculates the sine of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SinhV9(OnnxOp):
    """Calculates the hyperbolic sine of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SinhV22(OnnxOp):
    """Calculates the hyperbolic sine of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SizeV1(OnnxOp):
    """Takes a tensor as input and outputs a int64 scalar that equals to the total number of elements of the input tensor."""
    data: Operand[_Tensor]
    size: Result[_Tensor]
    def __init__(
        self, data: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SizeV13(OnnxOp):
    """Takes a tensor as input and outputs a int64 scalar that equals to the total number of elements of the input tensor."""
    data: Operand[_Tensor]
    size: Result[_Tensor]
    def __init__(
        self, data: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SizeV19(OnnxOp):
    """Takes a tensor as input and outputs a int64 scalar that equals to the total number of elements of the input tensor."""
    data: Operand[_Tensor]
    size: Result[_Tensor]
    def __init__(
        self, data: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SizeV21(OnnxOp):
    """Takes a tensor as input and outputs a int64 scalar that equals to the total number of elements of the input tensor."""
    data: Operand[_Tensor]
    size: Result[_Tensor]
    def __init__(
        self, data: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SizeV23(OnnxOp):
    """Takes a tensor as input and outputs a int64 scalar that equals to the total number of elements of the input tensor."""
    data: Operand[_Tensor]
    size: Result[_Tensor]
    def __init__(
        self, data: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SizeV24(OnnxOp):
    """Takes a tensor as input and outputs a int64 scalar that equals to the total number of elements of the input tensor."""
    data: Operand[_Tensor]
    size: Result[_Tensor]
    def __init__(
        self, data: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SizeV25(OnnxOp):
    """Takes a tensor as input and outputs a int64 scalar that equals to the total number of elements of the input tensor."""
    data: Operand[_Tensor]
    size: Result[_Tensor]
    def __init__(
        self, data: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SliceV1(OnnxOp):
    """Produces a slice of the input tensor along multiple axes."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    ends: tuple[int, ...]
    starts: tuple[int, ...]
    output: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, ends: Sequence[int], starts: Sequence[int], result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SliceV10(OnnxOp):
    """Produces a slice of the input tensor along multiple axes."""
    data: Operand[_Tensor]
    starts: Operand[_Tensor]
    ends: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    steps: OptionalOperand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, data: _In, starts: _In, ends: _In, axes: _In | None = None, steps: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SliceV11(OnnxOp):
    """Produces a slice of the input tensor along multiple axes."""
    data: Operand[_Tensor]
    starts: Operand[_Tensor]
    ends: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    steps: OptionalOperand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, data: _In, starts: _In, ends: _In, axes: _In | None = None, steps: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SliceV13(OnnxOp):
    """Produces a slice of the input tensor along multiple axes."""
    data: Operand[_Tensor]
    starts: Operand[_Tensor]
    ends: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    steps: OptionalOperand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, data: _In, starts: _In, ends: _In, axes: _In | None = None, steps: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SoftmaxV1(OnnxOp):
    """The operator computes the softmax (normalized exponential) values for each layer in the batch of the given input."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SoftmaxV11(OnnxOp):
    """The operator computes the softmax (normalized exponential) values for each layer in the batch of the given input."""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SoftmaxV13(OnnxOp):
    """The operator computes the normalized exponential values for the given input:"""
    input: Operand[_Tensor]
    axis: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = -1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SoftmaxCrossEntropyLossV12(OnnxOp):
    """Loss function that measures the softmax cross entropy between 'scores' and 'labels'."""
    scores: Operand[_Tensor]
    labels: Operand[_Tensor]
    weights: OptionalOperand[_Tensor]
    ignore_index: int | None
    reduction: str
    output: Result[_Tensor]
    log_prob: OptionalResult[_Tensor]
    def __init__(
        self, scores: _In, labels: _In, weights: _In | None = None, *, ignore_index: int | None = None, reduction: str = 'mean', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SoftmaxCrossEntropyLossV13(OnnxOp):
    """Loss function that measures the softmax cross entropy between 'scores' and 'labels'."""
    scores: Operand[_Tensor]
    labels: Operand[_Tensor]
    weights: OptionalOperand[_Tensor]
    ignore_index: int | None
    reduction: str
    output: Result[_Tensor]
    log_prob: OptionalResult[_Tensor]
    def __init__(
        self, scores: _In, labels: _In, weights: _In | None = None, *, ignore_index: int | None = None, reduction: str = 'mean', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SoftplusV1(OnnxOp):
    """Softplus takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the softplus function, y = ln(exp(x) + 1), is applied to the tensor ..."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SoftplusV22(OnnxOp):
    """Softplus takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the softplus function, y = ln(exp(x) + 1), is applied to the tensor ..."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SoftsignV1(OnnxOp):
    """Calculates the softsign (x/(1+|x|)) of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SoftsignV22(OnnxOp):
    """Calculates the softsign (x/(1+|x|)) of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SpaceToDepthV1(OnnxOp):
    """SpaceToDepth rearranges blocks of spatial data into depth."""
    input: Operand[_Tensor]
    blocksize: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, blocksize: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SpaceToDepthV13(OnnxOp):
    """SpaceToDepth rearranges blocks of spatial data into depth."""
    input: Operand[_Tensor]
    blocksize: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, blocksize: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SpaceToDepthV28(OnnxOp):
    """SpaceToDepth rearranges blocks of spatial data into depth."""
    input: Operand[_Tensor]
    blocksize: int
    mode: str
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, blocksize: int, mode: str = 'DCR', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SplitV1(OnnxOp):
    """Split a tensor into a list of tensors, along the specified 'axis'."""
    input: Operand[_Tensor]
    split: OptionalOperand[_Tensor]
    axis: int | None
    split_: tuple[int, ...] | None
    outputs: Results[_Tensor]
    def __init__(
        self, input: _In, split: _In | None = None, *, axis: int | None = None, split_: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SplitV2(OnnxOp):
    """Split a tensor into a list of tensors, along the specified 'axis'."""
    input: Operand[_Tensor]
    axis: int
    split: tuple[int, ...] | None
    outputs: Results[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 0, split: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SplitV11(OnnxOp):
    """Split a tensor into a list of tensors, along the specified 'axis'."""
    input: Operand[_Tensor]
    axis: int
    split: tuple[int, ...] | None
    outputs: Results[_Tensor]
    def __init__(
        self, input: _In, *, axis: int = 0, split: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SplitV13(OnnxOp):
    """Split a tensor into a list of tensors, along the specified 'axis'."""
    input: Operand[_Tensor]
    split: OptionalOperand[_Tensor]
    axis: int
    outputs: Results[_Tensor]
    def __init__(
        self, input: _In, split: _In | None = None, *, axis: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SplitV18(OnnxOp):
    """Split a tensor into a list of tensors, along the specified 'axis'."""
    input: Operand[_Tensor]
    split: OptionalOperand[_Tensor]
    axis: int
    num_outputs: int | None
    outputs: Results[_Tensor]
    def __init__(
        self, input: _In, split: _In | None = None, *, axis: int = 0, num_outputs: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SplitToSequenceV11(OnnxOp):
    """Split a tensor into a sequence of tensors, along the specified 'axis'."""
    input: Operand[_Tensor]
    split: OptionalOperand[_Tensor]
    axis: int
    keepdims: int
    output_sequence: Result[Any]
    def __init__(
        self, input: _In, split: _In | None = None, *, axis: int = 0, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SplitToSequenceV24(OnnxOp):
    """Split a tensor into a sequence of tensors, along the specified 'axis'."""
    input: Operand[_Tensor]
    split: OptionalOperand[_Tensor]
    axis: int
    keepdims: int
    output_sequence: Result[Any]
    def __init__(
        self, input: _In, split: _In | None = None, *, axis: int = 0, keepdims: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SqrtV1(OnnxOp):
    """Square root takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the square root is, y = x^0.5, is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SqrtV6(OnnxOp):
    """Square root takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the square root is, y = x^0.5, is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SqrtV13(OnnxOp):
    """Square root takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the square root is, y = x^0.5, is applied to the tensor elementwise."""
    X: Operand[_Tensor]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SqueezeV1(OnnxOp):
    """Remove single-dimensional entries from the shape of a tensor."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    squeezed: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SqueezeV11(OnnxOp):
    """Remove single-dimensional entries from the shape of a tensor."""
    data: Operand[_Tensor]
    axes: tuple[int, ...] | None
    squeezed: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SqueezeV13(OnnxOp):
    """Remove single-dimensional entries from the shape of a tensor."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    squeezed: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SqueezeV21(OnnxOp):
    """Remove single-dimensional entries from the shape of a tensor."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    squeezed: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SqueezeV23(OnnxOp):
    """Remove single-dimensional entries from the shape of a tensor."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    squeezed: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SqueezeV24(OnnxOp):
    """Remove single-dimensional entries from the shape of a tensor."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    squeezed: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SqueezeV25(OnnxOp):
    """Remove single-dimensional entries from the shape of a tensor."""
    data: Operand[_Tensor]
    axes: OptionalOperand[_Tensor]
    squeezed: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In | None = None, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class StringConcatV20(OnnxOp):
    """StringConcat concatenates string tensors elementwise (with NumPy-style broadcasting support)"""
    X: Operand[_Tensor]
    Y: Operand[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, Y: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class StringNormalizerV10(OnnxOp):
    """StringNormalization performs string operations for basic cleaning."""
    X: Operand[_Tensor]
    case_change_action: str
    is_case_sensitive: int
    locale: str | None
    stopwords: tuple[str, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, case_change_action: str = 'NONE', is_case_sensitive: int = 0, locale: str | None = None, stopwords: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class StringSplitV20(OnnxOp):
    """StringSplit splits a string tensor's elements into substrings based on a delimiter attribute and a maxsplit attribute."""
    X: Operand[_Tensor]
    delimiter: str | None
    maxsplit: int | None
    Y: Result[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, *, delimiter: str | None = None, maxsplit: int | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SubV1(OnnxOp):
    """Performs element-wise binary subtraction (with limited broadcast support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    consumed_inputs: tuple[int, ...] | None
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SubV6(OnnxOp):
    """Performs element-wise binary subtraction (with limited broadcast support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SubV7(OnnxOp):
    """Performs element-wise binary subtraction (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SubV13(OnnxOp):
    """Performs element-wise binary subtraction (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SubV14(OnnxOp):
    """Performs element-wise binary subtraction (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SumV1(OnnxOp):
    """Element-wise sum of each of the input tensors."""
    data_0: Operands[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    sum: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SumV6(OnnxOp):
    """Element-wise sum of each of the input tensors."""
    data_0: Operands[_Tensor]
    sum: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SumV8(OnnxOp):
    """Element-wise sum of each of the input tensors (with Numpy-style broadcasting support)."""
    data_0: Operands[_Tensor]
    sum: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SumV13(OnnxOp):
    """Element-wise sum of each of the input tensors (with Numpy-style broadcasting support)."""
    data_0: Operands[_Tensor]
    sum: Result[_Tensor]
    def __init__(
        self, data_0: Sequence[_In] = (), *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SwiGLUV28(OnnxOp):
    """SwiGLU is a gated activation that takes two inputs, a gate `A` and a linear (value) input `B`, and produces one output `Y`."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    alpha: float
    Y: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, alpha: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SwishV24(OnnxOp):
    """Swish function takes one input data (Tensor<T>) and produces one output data (Tensor<T>) of the same shape, where $Swish(x) = x * sigmoid(alpha * x)$."""
    X: Operand[_Tensor]
    alpha: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TanV7(OnnxOp):
    """Calculates the tangent of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TanV22(OnnxOp):
    """Calculates the tangent of the given input tensor, element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TanhV1(OnnxOp):
    """Calculates the hyperbolic tangent of the given input tensor element-wise."""
    input: Operand[_Tensor]
    consumed_inputs: tuple[int, ...] | None
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, consumed_inputs: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TanhV6(OnnxOp):
    """Calculates the hyperbolic tangent of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TanhV13(OnnxOp):
    """Calculates the hyperbolic tangent of the given input tensor element-wise."""
    input: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TensorScatterV24(OnnxOp):
    """TensorScatter is a generic tensor update operation, motivated by the requirements for KV cache updates for Attention ops commonly found in LLMs."""
    past_cache: Operand[_Tensor]
    update: Operand[_Tensor]
    write_indices: OptionalOperand[_Tensor]
    axis: int
    mode: str
    present_cache: Result[_Tensor]
    def __init__(
        self, past_cache: _In, update: _In, write_indices: _In | None = None, *, axis: int = -2, mode: str = 'linear', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TfIdfVectorizerV9(OnnxOp):
    """This transform extracts n-grams from the input sequence and save them as a vector."""
    X: Operand[_Tensor]
    max_gram_length: int
    max_skip_count: int
    min_gram_length: int
    mode: str
    ngram_counts: tuple[int, ...]
    ngram_indexes: tuple[int, ...]
    pool_int64s: tuple[int, ...] | None
    pool_strings: tuple[str, ...] | None
    weights: tuple[float, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, max_gram_length: int, max_skip_count: int, min_gram_length: int, mode: str, ngram_counts: Sequence[int], ngram_indexes: Sequence[int], pool_int64s: Sequence[int] | None = None, pool_strings: Sequence[str] | None = None, weights: Sequence[float] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ThresholdedReluV10(OnnxOp):
    """ThresholdedRelu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the rectified linear function, y = x for x > alpha, y = 0 ..."""
    X: Operand[_Tensor]
    alpha: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ThresholdedReluV22(OnnxOp):
    """ThresholdedRelu takes one input data (Tensor<T>) and produces one output data (Tensor<T>) where the rectified linear function, y = x for x > alpha, y = 0 ..."""
    X: Operand[_Tensor]
    alpha: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, alpha: float = 1.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TileV1(OnnxOp):
    """Repeat the elements of a tensor along an axis."""
    input: Operand[_Tensor]
    tiles: Operand[_Tensor]
    axis: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, tiles: _In, axis: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TileV6(OnnxOp):
    """Constructs a tensor by tiling a given tensor."""
    input: Operand[_Tensor]
    repeats: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, repeats: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TileV13(OnnxOp):
    """Constructs a tensor by tiling a given tensor."""
    input: Operand[_Tensor]
    repeats: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, input: _In, repeats: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TopKV1(OnnxOp):
    """Retrieve the top-K elements along a specified axis."""
    X: Operand[_Tensor]
    axis: int
    k: int
    Values: Result[_Tensor]
    Indices: Result[_Tensor]
    def __init__(
        self, X: _In, *, axis: int = -1, k: int, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TopKV10(OnnxOp):
    """Retrieve the top-K elements along a specified axis."""
    X: Operand[_Tensor]
    K: Operand[_Tensor]
    axis: int
    Values: Result[_Tensor]
    Indices: Result[_Tensor]
    def __init__(
        self, X: _In, K: _In, *, axis: int = -1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TopKV11(OnnxOp):
    """Retrieve the top-K largest or smallest elements along a specified axis."""
    X: Operand[_Tensor]
    K: Operand[_Tensor]
    axis: int
    largest: int
    sorted: int
    Values: Result[_Tensor]
    Indices: Result[_Tensor]
    def __init__(
        self, X: _In, K: _In, *, axis: int = -1, largest: int = 1, sorted: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TopKV24(OnnxOp):
    """Retrieve the top-K largest or smallest elements along a specified axis."""
    X: Operand[_Tensor]
    K: Operand[_Tensor]
    axis: int
    largest: int
    sorted: int
    Values: Result[_Tensor]
    Indices: Result[_Tensor]
    def __init__(
        self, X: _In, K: _In, *, axis: int = -1, largest: int = 1, sorted: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TransposeV1(OnnxOp):
    """Returns a transpose of the input tensor."""
    data: Operand[_Tensor]
    perm: tuple[int, ...] | None
    transposed: Result[_Tensor]
    def __init__(
        self, data: _In, *, perm: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TransposeV13(OnnxOp):
    """Returns a transpose of the input tensor."""
    data: Operand[_Tensor]
    perm: tuple[int, ...] | None
    transposed: Result[_Tensor]
    def __init__(
        self, data: _In, *, perm: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TransposeV21(OnnxOp):
    """Returns a transpose of the input tensor."""
    data: Operand[_Tensor]
    perm: tuple[int, ...] | None
    transposed: Result[_Tensor]
    def __init__(
        self, data: _In, *, perm: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TransposeV23(OnnxOp):
    """Returns a transpose of the input tensor."""
    data: Operand[_Tensor]
    perm: tuple[int, ...] | None
    transposed: Result[_Tensor]
    def __init__(
        self, data: _In, *, perm: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TransposeV24(OnnxOp):
    """Returns a transpose of the input tensor."""
    data: Operand[_Tensor]
    perm: tuple[int, ...] | None
    transposed: Result[_Tensor]
    def __init__(
        self, data: _In, *, perm: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TransposeV25(OnnxOp):
    """Returns a transpose of the input tensor."""
    data: Operand[_Tensor]
    perm: tuple[int, ...] | None
    transposed: Result[_Tensor]
    def __init__(
        self, data: _In, *, perm: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TriluV14(OnnxOp):
    """Given a 2-D matrix or batches of 2-D matrices, returns the upper or lower triangular part of the tensor(s)."""
    input: Operand[_Tensor]
    k: OptionalOperand[_Tensor]
    upper: int
    output: Result[_Tensor]
    def __init__(
        self, input: _In, k: _In | None = None, *, upper: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UniqueV11(OnnxOp):
    """Find the unique elements of a tensor."""
    X: Operand[_Tensor]
    axis: int | None
    sorted: int
    Y: Result[_Tensor]
    indices: OptionalResult[_Tensor]
    inverse_indices: OptionalResult[_Tensor]
    counts: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, *, axis: int | None = None, sorted: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UniqueV28(OnnxOp):
    """Find the unique elements of a tensor."""
    X: Operand[_Tensor]
    axis: int | None
    sorted: int
    Y: Result[_Tensor]
    indices: OptionalResult[_Tensor]
    inverse_indices: OptionalResult[_Tensor]
    counts: OptionalResult[_Tensor]
    def __init__(
        self, X: _In, *, axis: int | None = None, sorted: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UnsqueezeV1(OnnxOp):
    """Insert single-dimensional entries to the shape of a tensor."""
    data: Operand[_Tensor]
    axes: tuple[int, ...]
    expanded: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int], result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UnsqueezeV11(OnnxOp):
    """Insert single-dimensional entries to the shape of an input tensor (`data`)."""
    data: Operand[_Tensor]
    axes: tuple[int, ...]
    expanded: Result[_Tensor]
    def __init__(
        self, data: _In, *, axes: Sequence[int], result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UnsqueezeV13(OnnxOp):
    """Insert single-dimensional entries to the shape of an input tensor (`data`)."""
    data: Operand[_Tensor]
    axes: Operand[_Tensor]
    expanded: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UnsqueezeV21(OnnxOp):
    """Insert single-dimensional entries to the shape of an input tensor (`data`)."""
    data: Operand[_Tensor]
    axes: Operand[_Tensor]
    expanded: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UnsqueezeV23(OnnxOp):
    """Insert single-dimensional entries to the shape of an input tensor (`data`)."""
    data: Operand[_Tensor]
    axes: Operand[_Tensor]
    expanded: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UnsqueezeV24(OnnxOp):
    """Insert single-dimensional entries to the shape of an input tensor (`data`)."""
    data: Operand[_Tensor]
    axes: Operand[_Tensor]
    expanded: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UnsqueezeV25(OnnxOp):
    """Insert single-dimensional entries to the shape of an input tensor (`data`)."""
    data: Operand[_Tensor]
    axes: Operand[_Tensor]
    expanded: Result[_Tensor]
    def __init__(
        self, data: _In, axes: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UpsampleV1(OnnxOp):
    """Upsample the input tensor."""
    X: Operand[_Tensor]
    height_scale: float
    mode: str
    width_scale: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, height_scale: float, mode: str = 'nearest', width_scale: float, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UpsampleV7(OnnxOp):
    """Upsample the input tensor."""
    X: Operand[_Tensor]
    mode: str
    scales: tuple[float, ...]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, mode: str = 'nearest', scales: Sequence[float], result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UpsampleV9(OnnxOp):
    """Upsample the input tensor."""
    X: Operand[_Tensor]
    scales: Operand[_Tensor]
    mode: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, scales: _In, *, mode: str = 'nearest', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class UpsampleV10(OnnxOp):
    """Upsample, deprecated. Upsample the input tensor."""
    X: Operand[_Tensor]
    scales: Operand[_Tensor]
    mode: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, scales: _In, *, mode: str = 'nearest', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class WhereV9(OnnxOp):
    """Return elements, either from X or Y, depending on condition."""
    condition: Operand[_Tensor]
    X: Operand[_Tensor]
    Y: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, condition: _In, X: _In, Y: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class WhereV16(OnnxOp):
    """Return elements, either from X or Y, depending on condition."""
    condition: Operand[_Tensor]
    X: Operand[_Tensor]
    Y: Operand[_Tensor]
    output: Result[_Tensor]
    def __init__(
        self, condition: _In, X: _In, Y: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class XorV1(OnnxOp):
    """Returns the tensor resulted from performing the `xor` logical operation elementwise on the input tensors `A` and `B`."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    axis: int | None
    broadcast: int
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, axis: int | None = None, broadcast: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class XorV7(OnnxOp):
    """Returns the tensor resulted from performing the `xor` logical operation elementwise on the input tensors `A` and `B` (with Numpy-style broadcasting support)."""
    A: Operand[_Tensor]
    B: Operand[_Tensor]
    C: Result[_Tensor]
    def __init__(
        self, A: _In, B: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

Abs = AbsV13
Acos = AcosV22
Acosh = AcoshV22
Add = AddV14
AffineGrid = AffineGridV20
And = AndV7
ArgMax = ArgMaxV13
ArgMin = ArgMinV13
Asin = AsinV22
Asinh = AsinhV22
Atan = AtanV22
Atanh = AtanhV22
Attention = AttentionV25
AveragePool = AveragePoolV22
BatchNormalization = BatchNormalizationV15
Bernoulli = BernoulliV22
BitCast = BitCastV26
BitShift = BitShiftV28
BitwiseAnd = BitwiseAndV18
BitwiseNot = BitwiseNotV18
BitwiseOr = BitwiseOrV18
BitwiseXor = BitwiseXorV18
BlackmanWindow = BlackmanWindowV17
Cast = CastV28
CastLike = CastLikeV25
CausalConvWithState = CausalConvWithStateV27
Ceil = CeilV13
Celu = CeluV28
CenterCropPad = CenterCropPadV18
Clip = ClipV13
Col2Im = Col2ImV18
Compress = CompressV28
Concat = ConcatV13
ConcatFromSequence = ConcatFromSequenceV11
Constant = ConstantV25
ConstantOfShape = ConstantOfShapeV25
Conv = ConvV22
ConvInteger = ConvIntegerV10
ConvTranspose = ConvTransposeV22
Cos = CosV22
Cosh = CoshV22
CumProd = CumProdV26
CumSum = CumSumV14
DFT = DFTV20
DeformConv = DeformConvV22
DepthToSpace = DepthToSpaceV28
DequantizeLinear = DequantizeLinearV28
Det = DetV22
Div = DivV14
Dropout = DropoutV22
DynamicQuantizeLinear = DynamicQuantizeLinearV11
Einsum = EinsumV28
Elu = EluV22
Equal = EqualV19
Erf = ErfV13
Exp = ExpV13
Expand = ExpandV13
EyeLike = EyeLikeV22
Flatten = FlattenV25
Floor = FloorV13
GRU = GRUV22
Gather = GatherV13
GatherElements = GatherElementsV13
GatherND = GatherNDV13
Gelu = GeluV20
Gemm = GemmV13
GlobalAveragePool = GlobalAveragePoolV22
GlobalLpPool = GlobalLpPoolV22
GlobalMaxPool = GlobalMaxPoolV22
Greater = GreaterV13
GreaterOrEqual = GreaterOrEqualV16
GridSample = GridSampleV22
GroupNormalization = GroupNormalizationV21
HammingWindow = HammingWindowV17
HannWindow = HannWindowV17
HardSigmoid = HardSigmoidV22
HardSwish = HardSwishV22
Hardmax = HardmaxV13
Identity = IdentityV25
If = IfV25
ImageDecoder = ImageDecoderV20
InstanceNormalization = InstanceNormalizationV22
IsInf = IsInfV20
IsNaN = IsNaNV20
LRN = LRNV13
LSTM = LSTMV22
LayerNormalization = LayerNormalizationV17
LeakyRelu = LeakyReluV16
Less = LessV13
LessOrEqual = LessOrEqualV16
LinearAttention = LinearAttentionV27
Log = LogV13
LogSoftmax = LogSoftmaxV13
Loop = LoopV25
LpNormalization = LpNormalizationV22
LpPool = LpPoolV22
MatMul = MatMulV13
MatMulInteger = MatMulIntegerV10
Max = MaxV13
MaxPool = MaxPoolV22
MaxRoiPool = MaxRoiPoolV22
MaxUnpool = MaxUnpoolV22
Mean = MeanV13
MeanVarianceNormalization = MeanVarianceNormalizationV13
MelWeightMatrix = MelWeightMatrixV17
Min = MinV13
Mish = MishV22
Mod = ModV28
Mul = MulV14
Multinomial = MultinomialV22
Neg = NegV13
NegativeLogLikelihoodLoss = NegativeLogLikelihoodLossV22
NonMaxSuppression = NonMaxSuppressionV11
NonZero = NonZeroV13
Not = NotV1
OneHot = OneHotV28
Optional = OptionalV28
OptionalGetElement = OptionalGetElementV28
OptionalHasElement = OptionalHasElementV28
Or = OrV7
PRelu = PReluV16
Pad = PadV25
Pow = PowV15
QLinearConv = QLinearConvV10
QLinearMatMul = QLinearMatMulV21
QuantizeLinear = QuantizeLinearV28
RMSNormalization = RMSNormalizationV23
RNN = RNNV22
RandomNormal = RandomNormalV22
RandomNormalLike = RandomNormalLikeV22
RandomUniform = RandomUniformV22
RandomUniformLike = RandomUniformLikeV22
Range = RangeV27
Reciprocal = ReciprocalV13
ReduceL1 = ReduceL1V18
ReduceL2 = ReduceL2V18
ReduceLogSum = ReduceLogSumV28
ReduceLogSumExp = ReduceLogSumExpV28
ReduceMax = ReduceMaxV20
ReduceMean = ReduceMeanV18
ReduceMin = ReduceMinV20
ReduceProd = ReduceProdV18
ReduceSum = ReduceSumV13
ReduceSumSquare = ReduceSumSquareV18
RegexFullMatch = RegexFullMatchV20
Relu = ReluV14
Reshape = ReshapeV25
Resize = ResizeV19
ReverseSequence = ReverseSequenceV28
RoiAlign = RoiAlignV22
RotaryEmbedding = RotaryEmbeddingV23
Round = RoundV22
STFT = STFTV17
Scan = ScanV25
Scatter = ScatterV11
ScatterElements = ScatterElementsV18
ScatterND = ScatterNDV18
Selu = SeluV22
SequenceAt = SequenceAtV11
SequenceConstruct = SequenceConstructV11
SequenceEmpty = SequenceEmptyV11
SequenceErase = SequenceEraseV11
SequenceInsert = SequenceInsertV11
SequenceLength = SequenceLengthV11
SequenceMap = SequenceMapV17
Shape = ShapeV25
Shrink = ShrinkV9
Sigmoid = SigmoidV13
Sign = SignV13
Sin = SinV22
Sinh = SinhV22
Size = SizeV25
Slice = SliceV13
Softmax = SoftmaxV13
SoftmaxCrossEntropyLoss = SoftmaxCrossEntropyLossV13
Softplus = SoftplusV22
Softsign = SoftsignV22
SpaceToDepth = SpaceToDepthV28
Split = SplitV18
SplitToSequence = SplitToSequenceV24
Sqrt = SqrtV13
Squeeze = SqueezeV25
StringConcat = StringConcatV20
StringNormalizer = StringNormalizerV10
StringSplit = StringSplitV20
Sub = SubV14
Sum = SumV13
SwiGLU = SwiGLUV28
Swish = SwishV24
Tan = TanV22
Tanh = TanhV13
TensorScatter = TensorScatterV24
TfIdfVectorizer = TfIdfVectorizerV9
ThresholdedRelu = ThresholdedReluV22
Tile = TileV13
TopK = TopKV24
Transpose = TransposeV25
Trilu = TriluV14
Unique = UniqueV28
Unsqueeze = UnsqueezeV25
Upsample = UpsampleV10
Where = WhereV16
Xor = XorV7
