"""ONNX's own node tests through import, lowering and the NumPy backend: every case of every operator that is lowered, in every version.

The suite gives what decides shapes (axes, pads, ...) as inputs of the model. Such a case is lowered with these inputs as initializers.
"""

from __future__ import annotations

import functools
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import attrs
import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import defs, numpy_helper

import couloir
from couloir.backends.numpy.evaluate import evaluate
from couloir.passes.onnx_to_hlo import LOWERINGS
from tests.passes.onnx_models import lower, onnxruntime_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # the package's cases warn while they are made
]

#: Cases of lowered operators that StableHLO, or this lowering, does not have.
NOT_LOWERED = {
    "test_equal_string": "strings",
    "test_equal_string_broadcast": "strings",
    "test_cast_FLOAT_to_STRING": "strings",
    "test_cast_STRING_to_FLOAT": "strings",
    "test_castlike_FLOAT_to_STRING": "strings",
    "test_castlike_STRING_to_FLOAT": "strings",
    "test_identity_sequence": "sequences",
    "test_identity_opt": "optionals",
    "test_maxpool_with_argmax_2d_precomputed_pads": "the output Indices",
    "test_maxpool_with_argmax_2d_precomputed_strides": "the output Indices",
    "test_training_dropout": "random numbers",
    "test_training_dropout_default": "random numbers",
    "test_training_dropout_default_mask": "random numbers",
    "test_training_dropout_mask": "random numbers",
    "test_not_2d": "opset 1",
    "test_not_3d": "opset 1",
    "test_not_4d": "opset 1",
    "test_if_opt": "optionals",
    "test_if_seq": "sequences",
}

#: Units of the last place by which results of half precision may differ: the suite computes some of them step by step in
#: half precision, the lowering rounds once at the end.
HALF_ULPS = 4


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
        left, right = (a, b) if exact else (a.astype(np.float64), b.astype(np.float64))
        if not (np.array_equal(left, right) if exact else np.allclose(left, right, rtol, case.atol, equal_nan=True)):
            return "other values"
    return None


@pytest.fixture(scope="module")
def lowered_cases() -> list[Case]:
    """The cases all of whose operators have a lowering."""
    known = {*LOWERINGS, ("", "If")}
    return [case for case in cases() if case.operators <= known]


def test_every_case_of_the_lowered_operators_passes(lowered_cases: list[Case]):
    faults: dict[str, str] = {}
    for case in lowered_cases:
        try:
            found = fault(run(case.model, case.inputs), case)
        except couloir.Error as error:
            found = str(error)
        if found is not None:
            faults[case.name] = found
    wrong = {name: text for name, text in faults.items() if name not in NOT_LOWERED}
    assert not wrong
    assert set(faults) >= {case.name for case in lowered_cases} & set(NOT_LOWERED), (
        "some pass by now: take them off the list"
    )
    passed = len(lowered_cases) - len(faults)
    print(f"\n{passed} of {len(cases())} node tests pass through StableHLO; {len(faults)} of lowered operators do not")
    assert passed >= 1_280


def test_other_cases_are_refused_with_a_report():
    """An operator without a lowering is named, whatever else is in the model."""
    known = {*LOWERINGS, ("", "If")}
    missing: Counter[str] = Counter()
    for case in cases():
        unknown = [operator for domain, operator in case.operators - known]
        if not unknown:
            continue
        try:
            evaluate(lower(case.model), *case.inputs)
        except couloir.Error as error:
            text = str(error)
            assert "cannot be lowered to StableHLO" in text or "not all known" in text or "opset" in text, case.name
            missing.update(unknown)
    print("\n" + ", ".join(f"{name} {count}" for name, count in missing.most_common()))
    assert missing["Attention"] and missing["LSTM"]


def versions() -> dict[str, set[int]]:
    """The versions of each lowered operator that a model of opset 7 or newer can use."""
    found: dict[str, set[int]] = defaultdict(set)
    for schema in defs.get_all_schemas_with_history():
        if schema.domain == "" and ("", schema.name) in LOWERINGS:
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
    "Not": {1},
    "Pad": {2},
    "ReduceL1": {1, 11, 13},
    "ReduceL2": {1, 11, 13},
    "ReduceLogSum": {1, 11, 13},
    "ReduceLogSumExp": {1, 11, 13},
    "ReduceMean": {1, 11, 13},
    "ReduceSum": {1, 11},
    "ReduceSumSquare": {1, 11, 13},
    "Slice": {1},
    "Squeeze": {1, 11},
    "Unsqueeze": {1, 11},
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
