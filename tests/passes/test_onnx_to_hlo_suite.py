"""ONNX's own node tests through import, lowering and the NumPy backend: every case of every operator that is lowered, in every version.

The suite gives what decides shapes (axes, pads, ...) as inputs of the model. Such a case is lowered with these inputs as initializers.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import defs, numpy_helper

import couloir
from couloir.backends.c.cache import Cache
from couloir.backends.numpy.evaluate import evaluate
from couloir.passes.onnx_to_hlo import LOWERINGS
from tests.passes.onnx_models import lower, onnxruntime_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # the package's cases warn while they are made
]

#: Operators that StableHLO, or this lowering, does not have.
OPERATORS = {
    "strings": ["StringConcat", "StringNormalizer", "StringSplit", "RegexFullMatch", "TfIdfVectorizer", "LabelEncoder"],
    "optionals": ["OptionalGetElement", "OptionalHasElement"],
    "random numbers": ["Bernoulli", "RandomUniformLike"],
    "a size that depends on values": ["NonMaxSuppression", "NonZero"],
    "an image file": ["ImageDecoder"],
    "training": ["Adagrad", "Adam", "Momentum"],
    "traditional machine learning": ["ArrayFeatureExtractor", "Binarizer", "TreeEnsemble"],
}

#: Cases of lowered operators that StableHLO, or this lowering, does not have.
CASES = {
    "strings": [
        *("test_equal_string", "test_equal_string_broadcast", "test_cast_FLOAT_to_STRING", "test_cast_STRING_to_FLOAT"),
        *("test_castlike_FLOAT_to_STRING", "test_castlike_STRING_to_FLOAT"),
    ],
    "sequences as inputs or results": [
        *("test_identity_sequence", "test_if_seq", "test_loop13_seq", "test_loop16_seq_none"),
        *("test_sequence_insert_at_back", "test_sequence_insert_at_front"),
        *("test_split_to_sequence_1", "test_split_to_sequence_2", "test_split_to_sequence_nokeepdims"),
        *(
            f"test_sequence_map_{name}{suffix}"
            for name in (
                *("identity_1_sequence", "identity_2_sequences", "identity_1_sequence_1_tensor", "extract_shapes"),
                *("add_2_sequences", "add_1_sequence_1_tensor"),
            )
            for suffix in ("", "_expanded")
        ),
    ],
    "optionals": ["test_identity_opt", "test_if_opt"],
    "a size that depends on values": [
        *("test_unique_sorted_without_axis", "test_unique_not_sorted_without_axis", "test_unique_sorted_with_axis"),
        *("test_unique_sorted_with_axis_3d", "test_unique_sorted_with_negative_axis"),
        *("test_unique_bfloat16_sorted_without_axis",),
    ],
    "random numbers": [
        *("test_training_dropout", "test_training_dropout_default", "test_training_dropout_default_mask"),
        *("test_training_dropout_mask",),
    ],
    "graphs of FlexAttention": [
        *("test_flexattention_score_mod", "test_flexattention_prob_mod", "test_flexattention_causal_mask"),
        *("test_flexattention_soft_cap", "test_flexattention_relative_positional"),
    ],
    "opset 1": ["test_not_2d", "test_not_3d", "test_not_4d"],
}
NOT_LOWERED = {name: reason for reason, names in CASES.items() for name in names}

#: Units of the last place by which results of half precision may differ: the suite computes some of them step by step in
#: half precision, the lowering rounds once at the end.
HALF_ULPS = 4

#: Operators whose sums cancel: what remains is as wrong as the terms, of which the results of a transform are as large as any. The
#: suite's were computed in double precision; a sum of n terms is within n units, and n is at most 16 in the suite.
CANCELLING = {"DFT", "STFT"}


@attrs.frozen
class Case:
    name: str
    model: onnx.ModelProto
    inputs: Sequence[Any]
    outputs: Sequence[Any]
    rtol: float
    atol: float

    @property
    def operators(self) -> set[tuple[str, str]]:
        return {("" if node.domain == "ai.onnx" else node.domain, node.op_type) for node in self.model.graph.node}


@functools.cache
def cases() -> list[Case]:
    from onnx.backend.test.case.node import collect_testcases

    return [
        Case(case.name, case.model, _arrays(inputs), _arrays(outputs), case.rtol, case.atol)
        for case in collect_testcases(None)
        for inputs, outputs in case.data_sets
    ]


def _arrays(items: Sequence[Any]) -> list[Any]:
    """Tensors and NumPy's scalars as arrays; sequences and optionals as they are."""
    plain = [numpy_helper.to_array(item) if isinstance(item, onnx.TensorProto) else item for item in items]
    return [np.asarray(item) if isinstance(item, np.generic) else item for item in plain]


#: Inputs of floats that decide shapes, by position.
DECIDING = {"Resize": {1, 2, 3}, "Upsample": {1}}


def frozen(model: onnx.ModelProto, arrays: Sequence[Any]) -> tuple[onnx.ModelProto, list[Any]]:
    """The model with inputs that may decide shapes (integers and bools of rank 0 and 1, scalars, scales) as initializers."""
    deciding = {
        name
        for node in model.graph.node
        for number, name in enumerate(node.input)
        if number in DECIDING.get(node.op_type, ())
    }
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    rest: list[Any] = []
    for info, array in zip(model.graph.input, arrays, strict=True):
        decides = info.name in deciding or (
            isinstance(array, np.ndarray) and array.ndim <= 1 and (array.ndim == 0 or array.dtype.kind in "iub")
        )
        if decides:
            changed.graph.initializer.append(numpy_helper.from_array(array, info.name))
            changed.graph.input.remove(info)
        else:
            rest.append(array)
    return changed, rest


def run(model: onnx.ModelProto, arrays: Sequence[Any]) -> tuple[np.ndarray, ...]:
    """Lowers and runs; with constants for inputs when sizes depend on them."""
    try:
        return evaluate(lower(model), *arrays)
    except couloir.Error as error:
        if "only when the model runs" not in str(error):
            raise
    model, arrays = frozen(model, arrays)
    return evaluate(lower(model), *arrays)


def fault(found: Sequence[np.ndarray], case: Case, wanted: Sequence[np.ndarray] | None = None) -> str | None:
    """What is wrong with the results, if anything."""
    for a, b in zip(found, case.outputs if wanted is None else wanted, strict=True):
        b = np.asarray(b)
        if (a.dtype, a.shape) != (b.dtype, b.shape):
            return f"{a.dtype}{a.shape} instead of {b.dtype}{b.shape}"
        rtol = case.rtol
        if a.dtype in (np.float16, ml_dtypes.bfloat16):
            rtol = max(rtol, HALF_ULPS * float(ml_dtypes.finfo(a.dtype).eps))
        exact = a.dtype.kind in "biu"
        atol = case.atol
        if not exact and any(operator in CANCELLING for _, operator in case.operators):
            atol = 16 * float(ml_dtypes.finfo(a.dtype).eps) * float(np.abs(b).max())
        left, right = (a, b) if exact else (a.astype(np.float64), b.astype(np.float64))
        if not (np.array_equal(left, right) if exact else np.allclose(left, right, rtol, atol, equal_nan=True)):
            return "other values"
    return None


def is_excused(case: Case) -> bool:
    """Whether the case, or an operator of it, is on a list."""
    unknown = {operator for names in OPERATORS.values() for operator in names}
    return case.name in NOT_LOWERED or any(operator in unknown for _, operator in case.operators)


@pytest.fixture(scope="module")
def lowered_cases() -> list[Case]:
    """The cases that pass."""
    return [case for case in cases() if not is_excused(case)]


def test_every_other_case_passes(lowered_cases: list[Case]):
    faults: dict[str, str] = {}
    for case in lowered_cases:
        try:
            found = fault(run(case.model, case.inputs), case)
        except couloir.Error as error:
            found = str(error)
        if found is not None:
            faults[case.name] = found
    assert not faults
    print(f"\n{len(lowered_cases)} of {len(cases())} node tests pass through StableHLO")
    assert len(lowered_cases) >= 1_760


def test_what_is_not_lowered_is_refused_with_a_report():
    """An operator without a lowering is named, whatever else is in the model."""
    for case in cases():
        if not is_excused(case):
            continue
        try:
            run(case.model, case.inputs)
        except couloir.Error as error:
            text = str(error)
        else:
            pytest.fail(f"{case.name} passes by now: take it off the list")
        assert "cannot be lowered to StableHLO" in text or "not all known" in text or "opset" in text, case.name


#: With graphs or sequences: they have tests of their own.
SEPARATE = {
    *(
        "If",
        "Loop",
        "Scan",
        "ConcatFromSequence",
        "SplitToSequence",
        "SequenceAt",
        "SequenceConstruct",
        "SequenceEmpty",
    ),
    *("SequenceErase", "SequenceInsert", "SequenceLength", "SequenceMap"),
}


def versions() -> dict[str, set[int]]:
    """The versions of each lowered operator that a model of opset 7 or newer can use."""
    found: dict[str, set[int]] = defaultdict(set)
    for schema in defs.get_all_schemas_with_history():
        if schema.domain == "" and ("", schema.name) in LOWERINGS and schema.name not in SEPARATE:
            found[schema.name].add(schema.since_version)
    return {
        name: {v for v in known if v >= max((k for k in known if k <= 7), default=0)} for name, known in found.items()
    }


#: Versions in which a node has another form than the suite's; they are tested in `test_onnx_to_hlo_operators.py`.
OTHER_FORMS = {
    "Clip": {6},
    "DepthToSpace": {1},
    "GlobalLpPool": {2, 22},
    "GroupNormalization": {18},
    "MeanVarianceNormalization": {13},
    "NonMaxSuppression": {10, 11},
    "NonZero": {9, 13},
    "Not": {1},
    "Pad": {2},
    "ReduceL1": {1, 11, 13},
    "ReduceL2": {1, 11, 13},
    "ReduceLogSum": {1, 11, 13},
    "ReduceLogSumExp": {1, 11, 13},
    "ReduceMean": {1, 11, 13},
    "ReduceSum": {1, 11},
    "ReduceSumSquare": {1, 11, 13},
    "Resize": {10, 11},
    "Scatter": {11},  # there the operator is deprecated
    "RoiAlign": {10},
    "STFT": {17},  # onnx's inference gives another size, which its checker takes for a fault
    "Slice": {1},
    "Squeeze": {1, 11},
    "TopK": {1},
    "Unsqueeze": {1, 11},
    "Upsample": {7, 10},
}


def test_every_version_of_every_operator(lowered_cases: list[Case]):
    """The suite's models with the number of an older opset, where that is valid, give the same; of softmaxes, what onnxruntime gives."""
    wanted = versions()
    passed: dict[str, set[int]] = defaultdict(set)
    faults: list[str] = []
    for case in lowered_cases:
        if len(case.model.graph.node) != 1 or case.name in NOT_LOWERED:
            continue
        operator = case.model.graph.node[0].op_type
        newest = next(entry.version for entry in case.model.opset_import if entry.domain == "")
        for version in sorted(wanted.get(operator, ())):
            if version > newest:
                continue
            model = onnx.ModelProto()
            model.CopyFrom(case.model)
            for entry in model.opset_import:
                entry.version = max(version, 7) if entry.domain == "" else entry.version
            model, inputs = frozen(model, case.inputs)
            try:
                onnx.checker.check_model(model, full_check=True)
            except Exception:  # noqa: BLE001 -- whatever the checker raises: the node has another form there
                continue
            outputs = None
            if operator in ("Softmax", "LogSoftmax", "Hardmax") and version < 13:
                model.ir_version = 8
                outputs = onnxruntime_run(model, *inputs)
            found = fault(evaluate(lower(model), *inputs), case, outputs)
            if found is None:
                passed[operator].add(version)
            else:
                faults.append(f"{case.name} in version {version}: {found}")
    assert not faults
    missing = {name: left for name, known in wanted.items() if (left := known - passed[name])}
    assert missing == OTHER_FORMS


#: One case for each kind of code that the lowerings make.
IN_C = (
    *(
        "test_resize_downsample_scales_cubic_antialias",
        "test_resize_upsample_sizes_nearest",
        "test_lstm_with_peepholes",
    ),
    *(
        "test_gru_seq_length",
        "test_simple_rnn_bidirectional",
        "test_scatter_elements_with_reduction_max",
        "test_scatternd_add",
    ),
    *("test_gather_elements_negative_indices", "test_gathernd_example_int32_batch_dim1", "test_top_k_smallest"),
    *("test_qlinearconv", "test_dynamicquantizelinear", "test_dequantizelinear_blocked", "test_gridsample_bicubic"),
    *(
        "test_roialign_mode_max",
        "test_deform_conv_with_mask_bias",
        "test_col2im_dilations",
        "test_dft_inverse",
        "test_stft",
    ),
    *("test_einsum_batch_diagonal", "test_attention_4d_causal", "test_linear_attention_gated_delta", "test_loop11"),
    *(
        "test_scan9_multi_state",
        "test_if",
        "test_det_nd",
        "test_maxpool_with_argmax_2d_precomputed_pads",
        "test_cumsum_2d_axis_0",
    ),
    *("test_reversesequence_time", "test_rotary_embedding", "test_nllloss_NCd1d2_with_weight"),
)


@pytest.mark.parametrize("name", IN_C)
def test_cases_in_c(name: str, tmp_path: Path):
    case = next(case for case in cases() if case.name == name)
    try:
        module, arrays = lower(case.model), case.inputs
    except couloir.Error:
        model, arrays = frozen(case.model, case.inputs)
        module = lower(model)
    compiled = couloir.compile(module, cache=Cache(tmp_path))
    assert fault(compiled(*arrays), case) is None
