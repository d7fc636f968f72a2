# Written by `python -m couloir.dialects.onnx.stubs` from the schemas of onnx 1.23.2. Do not edit.
# ruff: noqa: E501, D101, I001, UP037
# fmt: off
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias
from numpy.typing import NDArray
from couloir.dialects.onnx.base import OnnxOp
from couloir.ir.attribute import Attribute, Type
from couloir.ir.fields import Operand, Operands, Result
from couloir.ir.location import Location
from couloir.ir.operation import Operation, Value
from couloir.ir.types import TensorType, UnrankedTensorType

_In: TypeAlias = Value[Any] | Operation
_Constant: TypeAlias = Attribute | NDArray[Any]
_Tensor: TypeAlias = TensorType | UnrankedTensorType

class ArrayFeatureExtractorV1(OnnxOp):
    """Select elements of the input tensor based on the indices passed.<br> The indices are applied to the last axes of the tensor."""
    X: Operand[_Tensor]
    Y: Operand[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, Y: _In, *, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class BinarizerV1(OnnxOp):
    """Maps the values of the input tensor to either 0 or 1, element-wise, based on the outcome of a comparison against a threshold value."""
    X: Operand[_Tensor]
    threshold: float
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, threshold: float = 0.0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CastMapV1(OnnxOp):
    """Converts a map to a tensor.<br>The map key must be an int64 and the values will be ordered in ascending order based on this key.<br>The operator supports ..."""
    X: Operand[Any]
    cast_to: str
    map_form: str
    max_map: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, cast_to: str = 'TO_FLOAT', map_form: str = 'DENSE', max_map: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class CategoryMapperV1(OnnxOp):
    """Converts strings to integers and vice versa.<br> Two sequences of equal length are used to map between integers and strings, with strings and integers at ..."""
    X: Operand[_Tensor]
    cats_int64s: tuple[int, ...] | None
    cats_strings: tuple[str, ...] | None
    default_int64: int
    default_string: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, cats_int64s: Sequence[int] | None = None, cats_strings: Sequence[str] | None = None, default_int64: int = -1, default_string: str = '_Unused', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class DictVectorizerV1(OnnxOp):
    """Uses an index mapping to convert a dictionary to an array.<br> Given a dictionary, each key is looked up in the vocabulary attribute corresponding to the ..."""
    X: Operand[Any]
    int64_vocabulary: tuple[int, ...] | None
    string_vocabulary: tuple[str, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, int64_vocabulary: Sequence[int] | None = None, string_vocabulary: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class FeatureVectorizerV1(OnnxOp):
    """Concatenates input tensors into one continuous output.<br> All input shapes are 2-D and are concatenated along the second dimension."""
    X: Operands[_Tensor]
    inputdimensions: tuple[int, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: Sequence[_In] = (), *, inputdimensions: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ImputerV1(OnnxOp):
    """Replaces inputs that equal one value with another, leaving all other elements alone.<br> This operator is typically used to replace missing values in ..."""
    X: Operand[_Tensor]
    imputed_value_floats: tuple[float, ...] | None
    imputed_value_int64s: tuple[int, ...] | None
    replaced_value_float: float
    replaced_value_int64: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, imputed_value_floats: Sequence[float] | None = None, imputed_value_int64s: Sequence[int] | None = None, replaced_value_float: float = 0.0, replaced_value_int64: int = 0, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LabelEncoderV1(OnnxOp):
    """Converts strings to integers and vice versa.<br> If the string default value is set, it will convert integers to strings."""
    X: Operand[_Tensor]
    classes_strings: tuple[str, ...] | None
    default_int64: int
    default_string: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, classes_strings: Sequence[str] | None = None, default_int64: int = -1, default_string: str = '_Unused', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LabelEncoderV2(OnnxOp):
    """Maps each element in the input tensor to another value.<br> The mapping is determined by the two parallel attributes, 'keys_*' and 'values_*' attribute."""
    X: Operand[_Tensor]
    default_float: float
    default_int64: int
    default_string: str
    keys_floats: tuple[float, ...] | None
    keys_int64s: tuple[int, ...] | None
    keys_strings: tuple[str, ...] | None
    values_floats: tuple[float, ...] | None
    values_int64s: tuple[int, ...] | None
    values_strings: tuple[str, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, default_float: float = -0.0, default_int64: int = -1, default_string: str = '_Unused', keys_floats: Sequence[float] | None = None, keys_int64s: Sequence[int] | None = None, keys_strings: Sequence[str] | None = None, values_floats: Sequence[float] | None = None, values_int64s: Sequence[int] | None = None, values_strings: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LabelEncoderV4(OnnxOp):
    """Maps each element in the input tensor to another value.<br> The mapping is determined by the two parallel attributes, 'keys_*' and 'values_*' attribute."""
    X: Operand[_Tensor]
    default_float: float
    default_int64: int
    default_string: str
    default_tensor: Attribute | None
    keys_floats: tuple[float, ...] | None
    keys_int64s: tuple[int, ...] | None
    keys_strings: tuple[str, ...] | None
    keys_tensor: Attribute | None
    values_floats: tuple[float, ...] | None
    values_int64s: tuple[int, ...] | None
    values_strings: tuple[str, ...] | None
    values_tensor: Attribute | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, default_float: float = -0.0, default_int64: int = -1, default_string: str = '_Unused', default_tensor: _Constant | None = None, keys_floats: Sequence[float] | None = None, keys_int64s: Sequence[int] | None = None, keys_strings: Sequence[str] | None = None, keys_tensor: _Constant | None = None, values_floats: Sequence[float] | None = None, values_int64s: Sequence[int] | None = None, values_strings: Sequence[str] | None = None, values_tensor: _Constant | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LinearClassifierV1(OnnxOp):
    """Linear classifier"""
    X: Operand[_Tensor]
    classlabels_ints: tuple[int, ...] | None
    classlabels_strings: tuple[str, ...] | None
    coefficients: tuple[float, ...]
    intercepts: tuple[float, ...] | None
    multi_class: int
    post_transform: str
    Y: Result[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, *, classlabels_ints: Sequence[int] | None = None, classlabels_strings: Sequence[str] | None = None, coefficients: Sequence[float], intercepts: Sequence[float] | None = None, multi_class: int = 0, post_transform: str = 'NONE', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class LinearRegressorV1(OnnxOp):
    """Generalized linear regression evaluation.<br> If targets is set to 1 (default) then univariate regression is performed.<br> If targets is set to M then M ..."""
    X: Operand[_Tensor]
    coefficients: tuple[float, ...] | None
    intercepts: tuple[float, ...] | None
    post_transform: str
    targets: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, coefficients: Sequence[float] | None = None, intercepts: Sequence[float] | None = None, post_transform: str = 'NONE', targets: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class NormalizerV1(OnnxOp):
    """Normalize the input."""
    X: Operand[_Tensor]
    norm: str
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, norm: str = 'MAX', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class OneHotEncoderV1(OnnxOp):
    """Replace each input element with an array of ones and zeros, where a single one is placed at the index of the category that was passed in."""
    X: Operand[_Tensor]
    cats_int64s: tuple[int, ...] | None
    cats_strings: tuple[str, ...] | None
    zeros: int
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, cats_int64s: Sequence[int] | None = None, cats_strings: Sequence[str] | None = None, zeros: int = 1, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SVMClassifierV1(OnnxOp):
    """Support Vector Machine classifier"""
    X: Operand[_Tensor]
    classlabels_ints: tuple[int, ...] | None
    classlabels_strings: tuple[str, ...] | None
    coefficients: tuple[float, ...] | None
    kernel_params: tuple[float, ...] | None
    kernel_type: str
    post_transform: str
    prob_a: tuple[float, ...] | None
    prob_b: tuple[float, ...] | None
    rho: tuple[float, ...] | None
    support_vectors: tuple[float, ...] | None
    vectors_per_class: tuple[int, ...] | None
    Y: Result[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, *, classlabels_ints: Sequence[int] | None = None, classlabels_strings: Sequence[str] | None = None, coefficients: Sequence[float] | None = None, kernel_params: Sequence[float] | None = None, kernel_type: str = 'LINEAR', post_transform: str = 'NONE', prob_a: Sequence[float] | None = None, prob_b: Sequence[float] | None = None, rho: Sequence[float] | None = None, support_vectors: Sequence[float] | None = None, vectors_per_class: Sequence[int] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class SVMRegressorV1(OnnxOp):
    """Support Vector Machine regression prediction and one-class SVM anomaly detection."""
    X: Operand[_Tensor]
    coefficients: tuple[float, ...] | None
    kernel_params: tuple[float, ...] | None
    kernel_type: str
    n_supports: int
    one_class: int
    post_transform: str
    rho: tuple[float, ...] | None
    support_vectors: tuple[float, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, coefficients: Sequence[float] | None = None, kernel_params: Sequence[float] | None = None, kernel_type: str = 'LINEAR', n_supports: int = 0, one_class: int = 0, post_transform: str = 'NONE', rho: Sequence[float] | None = None, support_vectors: Sequence[float] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ScalerV1(OnnxOp):
    """Rescale input data, for example to standardize features by removing the mean and scaling to unit variance."""
    X: Operand[_Tensor]
    offset: tuple[float, ...] | None
    scale: tuple[float, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, offset: Sequence[float] | None = None, scale: Sequence[float] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TreeEnsembleV5(OnnxOp):
    """Tree Ensemble operator."""
    X: Operand[_Tensor]
    aggregate_function: int
    leaf_targetids: tuple[int, ...]
    leaf_weights: Attribute
    membership_values: Attribute | None
    n_targets: int | None
    nodes_falseleafs: tuple[int, ...]
    nodes_falsenodeids: tuple[int, ...]
    nodes_featureids: tuple[int, ...]
    nodes_hitrates: Attribute | None
    nodes_missing_value_tracks_true: tuple[int, ...] | None
    nodes_modes: Attribute
    nodes_splits: Attribute
    nodes_trueleafs: tuple[int, ...]
    nodes_truenodeids: tuple[int, ...]
    post_transform: int
    tree_roots: tuple[int, ...]
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, aggregate_function: int = 1, leaf_targetids: Sequence[int], leaf_weights: _Constant, membership_values: _Constant | None = None, n_targets: int | None = None, nodes_falseleafs: Sequence[int], nodes_falsenodeids: Sequence[int], nodes_featureids: Sequence[int], nodes_hitrates: _Constant | None = None, nodes_missing_value_tracks_true: Sequence[int] | None = None, nodes_modes: _Constant, nodes_splits: _Constant, nodes_trueleafs: Sequence[int], nodes_truenodeids: Sequence[int], post_transform: int = 0, tree_roots: Sequence[int], result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TreeEnsembleClassifierV1(OnnxOp):
    """Tree Ensemble classifier."""
    X: Operand[_Tensor]
    base_values: tuple[float, ...] | None
    class_ids: tuple[int, ...] | None
    class_nodeids: tuple[int, ...] | None
    class_treeids: tuple[int, ...] | None
    class_weights: tuple[float, ...] | None
    classlabels_int64s: tuple[int, ...] | None
    classlabels_strings: tuple[str, ...] | None
    nodes_falsenodeids: tuple[int, ...] | None
    nodes_featureids: tuple[int, ...] | None
    nodes_hitrates: tuple[float, ...] | None
    nodes_missing_value_tracks_true: tuple[int, ...] | None
    nodes_modes: tuple[str, ...] | None
    nodes_nodeids: tuple[int, ...] | None
    nodes_treeids: tuple[int, ...] | None
    nodes_truenodeids: tuple[int, ...] | None
    nodes_values: tuple[float, ...] | None
    post_transform: str
    Y: Result[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, *, base_values: Sequence[float] | None = None, class_ids: Sequence[int] | None = None, class_nodeids: Sequence[int] | None = None, class_treeids: Sequence[int] | None = None, class_weights: Sequence[float] | None = None, classlabels_int64s: Sequence[int] | None = None, classlabels_strings: Sequence[str] | None = None, nodes_falsenodeids: Sequence[int] | None = None, nodes_featureids: Sequence[int] | None = None, nodes_hitrates: Sequence[float] | None = None, nodes_missing_value_tracks_true: Sequence[int] | None = None, nodes_modes: Sequence[str] | None = None, nodes_nodeids: Sequence[int] | None = None, nodes_treeids: Sequence[int] | None = None, nodes_truenodeids: Sequence[int] | None = None, nodes_values: Sequence[float] | None = None, post_transform: str = 'NONE', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TreeEnsembleClassifierV3(OnnxOp):
    """Tree Ensemble classifier."""
    X: Operand[_Tensor]
    base_values: tuple[float, ...] | None
    base_values_as_tensor: Attribute | None
    class_ids: tuple[int, ...] | None
    class_nodeids: tuple[int, ...] | None
    class_treeids: tuple[int, ...] | None
    class_weights: tuple[float, ...] | None
    class_weights_as_tensor: Attribute | None
    classlabels_int64s: tuple[int, ...] | None
    classlabels_strings: tuple[str, ...] | None
    nodes_falsenodeids: tuple[int, ...] | None
    nodes_featureids: tuple[int, ...] | None
    nodes_hitrates: tuple[float, ...] | None
    nodes_hitrates_as_tensor: Attribute | None
    nodes_missing_value_tracks_true: tuple[int, ...] | None
    nodes_modes: tuple[str, ...] | None
    nodes_nodeids: tuple[int, ...] | None
    nodes_treeids: tuple[int, ...] | None
    nodes_truenodeids: tuple[int, ...] | None
    nodes_values: tuple[float, ...] | None
    nodes_values_as_tensor: Attribute | None
    post_transform: str
    Y: Result[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, *, base_values: Sequence[float] | None = None, base_values_as_tensor: _Constant | None = None, class_ids: Sequence[int] | None = None, class_nodeids: Sequence[int] | None = None, class_treeids: Sequence[int] | None = None, class_weights: Sequence[float] | None = None, class_weights_as_tensor: _Constant | None = None, classlabels_int64s: Sequence[int] | None = None, classlabels_strings: Sequence[str] | None = None, nodes_falsenodeids: Sequence[int] | None = None, nodes_featureids: Sequence[int] | None = None, nodes_hitrates: Sequence[float] | None = None, nodes_hitrates_as_tensor: _Constant | None = None, nodes_missing_value_tracks_true: Sequence[int] | None = None, nodes_modes: Sequence[str] | None = None, nodes_nodeids: Sequence[int] | None = None, nodes_treeids: Sequence[int] | None = None, nodes_truenodeids: Sequence[int] | None = None, nodes_values: Sequence[float] | None = None, nodes_values_as_tensor: _Constant | None = None, post_transform: str = 'NONE', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TreeEnsembleClassifierV5(OnnxOp):
    """TreeEnsembleClassifier, deprecated. This operator is DEPRECATED."""
    X: Operand[_Tensor]
    base_values: tuple[float, ...] | None
    base_values_as_tensor: Attribute | None
    class_ids: tuple[int, ...] | None
    class_nodeids: tuple[int, ...] | None
    class_treeids: tuple[int, ...] | None
    class_weights: tuple[float, ...] | None
    class_weights_as_tensor: Attribute | None
    classlabels_int64s: tuple[int, ...] | None
    classlabels_strings: tuple[str, ...] | None
    nodes_falsenodeids: tuple[int, ...] | None
    nodes_featureids: tuple[int, ...] | None
    nodes_hitrates: tuple[float, ...] | None
    nodes_hitrates_as_tensor: Attribute | None
    nodes_missing_value_tracks_true: tuple[int, ...] | None
    nodes_modes: tuple[str, ...] | None
    nodes_nodeids: tuple[int, ...] | None
    nodes_treeids: tuple[int, ...] | None
    nodes_truenodeids: tuple[int, ...] | None
    nodes_values: tuple[float, ...] | None
    nodes_values_as_tensor: Attribute | None
    post_transform: str
    Y: Result[_Tensor]
    Z: Result[_Tensor]
    def __init__(
        self, X: _In, *, base_values: Sequence[float] | None = None, base_values_as_tensor: _Constant | None = None, class_ids: Sequence[int] | None = None, class_nodeids: Sequence[int] | None = None, class_treeids: Sequence[int] | None = None, class_weights: Sequence[float] | None = None, class_weights_as_tensor: _Constant | None = None, classlabels_int64s: Sequence[int] | None = None, classlabels_strings: Sequence[str] | None = None, nodes_falsenodeids: Sequence[int] | None = None, nodes_featureids: Sequence[int] | None = None, nodes_hitrates: Sequence[float] | None = None, nodes_hitrates_as_tensor: _Constant | None = None, nodes_missing_value_tracks_true: Sequence[int] | None = None, nodes_modes: Sequence[str] | None = None, nodes_nodeids: Sequence[int] | None = None, nodes_treeids: Sequence[int] | None = None, nodes_truenodeids: Sequence[int] | None = None, nodes_values: Sequence[float] | None = None, nodes_values_as_tensor: _Constant | None = None, post_transform: str = 'NONE', result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TreeEnsembleRegressorV1(OnnxOp):
    """Tree Ensemble regressor."""
    X: Operand[_Tensor]
    aggregate_function: str
    base_values: tuple[float, ...] | None
    n_targets: int | None
    nodes_falsenodeids: tuple[int, ...] | None
    nodes_featureids: tuple[int, ...] | None
    nodes_hitrates: tuple[float, ...] | None
    nodes_missing_value_tracks_true: tuple[int, ...] | None
    nodes_modes: tuple[str, ...] | None
    nodes_nodeids: tuple[int, ...] | None
    nodes_treeids: tuple[int, ...] | None
    nodes_truenodeids: tuple[int, ...] | None
    nodes_values: tuple[float, ...] | None
    post_transform: str
    target_ids: tuple[int, ...] | None
    target_nodeids: tuple[int, ...] | None
    target_treeids: tuple[int, ...] | None
    target_weights: tuple[float, ...] | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, aggregate_function: str = 'SUM', base_values: Sequence[float] | None = None, n_targets: int | None = None, nodes_falsenodeids: Sequence[int] | None = None, nodes_featureids: Sequence[int] | None = None, nodes_hitrates: Sequence[float] | None = None, nodes_missing_value_tracks_true: Sequence[int] | None = None, nodes_modes: Sequence[str] | None = None, nodes_nodeids: Sequence[int] | None = None, nodes_treeids: Sequence[int] | None = None, nodes_truenodeids: Sequence[int] | None = None, nodes_values: Sequence[float] | None = None, post_transform: str = 'NONE', target_ids: Sequence[int] | None = None, target_nodeids: Sequence[int] | None = None, target_treeids: Sequence[int] | None = None, target_weights: Sequence[float] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TreeEnsembleRegressorV3(OnnxOp):
    """Tree Ensemble regressor."""
    X: Operand[_Tensor]
    aggregate_function: str
    base_values: tuple[float, ...] | None
    base_values_as_tensor: Attribute | None
    n_targets: int | None
    nodes_falsenodeids: tuple[int, ...] | None
    nodes_featureids: tuple[int, ...] | None
    nodes_hitrates: tuple[float, ...] | None
    nodes_hitrates_as_tensor: Attribute | None
    nodes_missing_value_tracks_true: tuple[int, ...] | None
    nodes_modes: tuple[str, ...] | None
    nodes_nodeids: tuple[int, ...] | None
    nodes_treeids: tuple[int, ...] | None
    nodes_truenodeids: tuple[int, ...] | None
    nodes_values: tuple[float, ...] | None
    nodes_values_as_tensor: Attribute | None
    post_transform: str
    target_ids: tuple[int, ...] | None
    target_nodeids: tuple[int, ...] | None
    target_treeids: tuple[int, ...] | None
    target_weights: tuple[float, ...] | None
    target_weights_as_tensor: Attribute | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, aggregate_function: str = 'SUM', base_values: Sequence[float] | None = None, base_values_as_tensor: _Constant | None = None, n_targets: int | None = None, nodes_falsenodeids: Sequence[int] | None = None, nodes_featureids: Sequence[int] | None = None, nodes_hitrates: Sequence[float] | None = None, nodes_hitrates_as_tensor: _Constant | None = None, nodes_missing_value_tracks_true: Sequence[int] | None = None, nodes_modes: Sequence[str] | None = None, nodes_nodeids: Sequence[int] | None = None, nodes_treeids: Sequence[int] | None = None, nodes_truenodeids: Sequence[int] | None = None, nodes_values: Sequence[float] | None = None, nodes_values_as_tensor: _Constant | None = None, post_transform: str = 'NONE', target_ids: Sequence[int] | None = None, target_nodeids: Sequence[int] | None = None, target_treeids: Sequence[int] | None = None, target_weights: Sequence[float] | None = None, target_weights_as_tensor: _Constant | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class TreeEnsembleRegressorV5(OnnxOp):
    """TreeEnsembleRegressor, deprecated. This operator is DEPRECATED."""
    X: Operand[_Tensor]
    aggregate_function: str
    base_values: tuple[float, ...] | None
    base_values_as_tensor: Attribute | None
    n_targets: int | None
    nodes_falsenodeids: tuple[int, ...] | None
    nodes_featureids: tuple[int, ...] | None
    nodes_hitrates: tuple[float, ...] | None
    nodes_hitrates_as_tensor: Attribute | None
    nodes_missing_value_tracks_true: tuple[int, ...] | None
    nodes_modes: tuple[str, ...] | None
    nodes_nodeids: tuple[int, ...] | None
    nodes_treeids: tuple[int, ...] | None
    nodes_truenodeids: tuple[int, ...] | None
    nodes_values: tuple[float, ...] | None
    nodes_values_as_tensor: Attribute | None
    post_transform: str
    target_ids: tuple[int, ...] | None
    target_nodeids: tuple[int, ...] | None
    target_treeids: tuple[int, ...] | None
    target_weights: tuple[float, ...] | None
    target_weights_as_tensor: Attribute | None
    Y: Result[_Tensor]
    def __init__(
        self, X: _In, *, aggregate_function: str = 'SUM', base_values: Sequence[float] | None = None, base_values_as_tensor: _Constant | None = None, n_targets: int | None = None, nodes_falsenodeids: Sequence[int] | None = None, nodes_featureids: Sequence[int] | None = None, nodes_hitrates: Sequence[float] | None = None, nodes_hitrates_as_tensor: _Constant | None = None, nodes_missing_value_tracks_true: Sequence[int] | None = None, nodes_modes: Sequence[str] | None = None, nodes_nodeids: Sequence[int] | None = None, nodes_treeids: Sequence[int] | None = None, nodes_truenodeids: Sequence[int] | None = None, nodes_values: Sequence[float] | None = None, nodes_values_as_tensor: _Constant | None = None, post_transform: str = 'NONE', target_ids: Sequence[int] | None = None, target_nodeids: Sequence[int] | None = None, target_treeids: Sequence[int] | None = None, target_weights: Sequence[float] | None = None, target_weights_as_tensor: _Constant | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

class ZipMapV1(OnnxOp):
    """Creates a map from the input and the attributes.<br> The values are provided by the input tensor, while the keys are specified by the attributes."""
    X: Operand[_Tensor]
    classlabels_int64s: tuple[int, ...] | None
    classlabels_strings: tuple[str, ...] | None
    Z: Result[Any]
    def __init__(
        self, X: _In, *, classlabels_int64s: Sequence[int] | None = None, classlabels_strings: Sequence[str] | None = None, result_types: Sequence[Type] | None = None, loc: Location | None = None
    ) -> None: ...

ArrayFeatureExtractor = ArrayFeatureExtractorV1
Binarizer = BinarizerV1
CastMap = CastMapV1
CategoryMapper = CategoryMapperV1
DictVectorizer = DictVectorizerV1
FeatureVectorizer = FeatureVectorizerV1
Imputer = ImputerV1
LabelEncoder = LabelEncoderV4
LinearClassifier = LinearClassifierV1
LinearRegressor = LinearRegressorV1
Normalizer = NormalizerV1
OneHotEncoder = OneHotEncoderV1
SVMClassifier = SVMClassifierV1
SVMRegressor = SVMRegressorV1
Scaler = ScalerV1
TreeEnsemble = TreeEnsembleV5
TreeEnsembleClassifier = TreeEnsembleClassifierV5
TreeEnsembleRegressor = TreeEnsembleRegressorV5
ZipMap = ZipMapV1
