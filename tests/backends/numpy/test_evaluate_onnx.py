"""The meaning of ONNX operators: the node tests of the onnx package, onnxruntime, and exact domains."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Sequence
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

import couloir
from couloir.backends.numpy import NotInDomain, evaluate_op, has_meaning, integers, rationals, residues, run
from couloir.backends.numpy.element_types import is_discrete
from couloir.dialects import hlo
from couloir.dialects import onnx as dialect
from couloir.dialects.onnx import ml
from couloir.dialects.onnx.types import unknown
from couloir.ir.errors import Error
from couloir.ir.types import TensorType, f32
from tests.backends.numpy.programs import numbers

# -- the node tests of the onnx package -------------------------------------------------------------------------------

#: Tests that cannot pass, and why.
EXCEPTIONS = {
    "random numbers": ("test_bernoulli",),
    "needs Pillow": ("test_image_decoder",),
    "a preview operator with graphs of its own": (
        *("test_flexattention_score_mod", "test_flexattention_prob_mod", "test_flexattention_causal_mask"),
        *("test_flexattention_soft_cap", "test_flexattention_relative_positional", "test_flexattention_double"),
    ),
    "operator set 1": ("test_not_2d", "test_not_3d", "test_not_4d"),
}


@functools.cache
def node_tests() -> dict[str, Any]:
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they divide by zero on purpose
        return {case.name: case for case in collect_testcases(None)}


def check_node_test(case: Any) -> None:
    module = couloir.load(case.model)
    for inputs, outputs in case.data_sets:
        results = run(module, *map(as_array, inputs))
        for ours, theirs in zip(results, outputs, strict=True):
            check_value(ours, as_array(theirs), case.rtol or 1e-3, case.atol or 1e-7)


def as_array(value: Any) -> Any:
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def check_value(ours: Any, theirs: Any, rtol: float, atol: float) -> None:
    if isinstance(theirs, list | tuple):
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            check_value(a, b, rtol, atol)
        return
    if theirs is None:
        assert ours is None
        return
    expected = np.asarray(theirs)
    assert isinstance(ours, np.ndarray)
    assert ours.shape == expected.shape
    if expected.dtype.kind in "USO":
        assert ours.dtype == object
        assert (ours == expected).all()
        return
    assert ours.dtype == expected.dtype
    if is_discrete(expected.dtype):
        np.testing.assert_array_equal(ours, expected)
        return
    if expected.dtype.kind != "c":
        # A result in few bits may lie a step or two away, after sums in another order.
        rtol = max(rtol, 3 * float(ml_dtypes.finfo(expected.dtype).eps))
        ours, expected = ours.astype("f8"), expected.astype("f8")
    np.testing.assert_allclose(ours, expected, rtol=rtol, atol=atol)


SAMPLE = [
    "adagrad",
    "affine_grid_2d",
    "argmax_default_axis_random",
    "averagepool_2d_ceil",
    "averagepool_2d_pads_count_include_pad",
    "averagepool_2d_same_lower",
    "batchnorm_example",
    "basic_conv_with_padding",
    "cast_FLOAT_to_FLOAT16",
    "clip",
    "compress_0",
    "concat_2d_axis_1",
    "conv_with_autopad_same",
    "constant",
    "convtranspose",
    "cumsum_1d",
    "dequantizelinear",
    "dropout_default_mask",
    "einsum_batch_matmul",
    "gather_0",
    "gemm_all_attributes",
    "globalmaxpool",
    "gru_defaults",
    "hardmax_axis_1",
    "if",
    "if_opt",
    "if_seq",
    "isinf_positive",
    "layer_normalization_2d_axis0",
    "logsoftmax_axis_0",
    "loop11",
    "loop13_seq",
    "loop16_seq_none",
    "lstm_defaults",
    "matmul_4d",
    "maxpool_2d_ceil",
    "maxpool_2d_dilations",
    "maxpool_with_argmax_2d_precomputed_pads",
    "nonzero_example",
    "optional_get_element_sequence",
    "optional_has_element_empty_optional_input",
    "pow",
    "qlinearconv",
    "quantizelinear",
    "reduce_sum_keepdims_random",
    "reshape_zero_dim",
    "resize_upsample_scales_linear",
    "scan_sum",
    "scan9_sum",
    "scatter_with_axis",
    "sequence_map_add_1_sequence_1_tensor",
    "softmax_axis_0",
    "softmax_large_number",
    "split_to_sequence_1",
    "strnormalizer_nostopwords_nochangecase",
    "tfidfvectorizer_tf_only_bigrams_skip0",
    "topk",
    "transpose_default",
    "where_example",
    "xor2d",
]


@pytest.mark.parametrize("name", SAMPLE)
def test_some_node_tests(name: str) -> None:
    known = node_tests()
    case = known.get(f"test_{name}")
    if case is None:
        pytest.skip(f"onnx {onnx.__version__} has no test of this name")
    check_node_test(case)


@pytest.mark.slow
def test_all_node_tests() -> None:
    """One test for all of them: that there are 1,800 is this package's to know."""
    excluded = tuple(prefix for prefixes in EXCEPTIONS.values() for prefix in prefixes)
    failed: dict[str, str] = {}
    passed = 0
    for name, case in node_tests().items():
        if name.startswith(excluded):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                check_node_test(case)
            passed += 1
        except (AssertionError, Error) as error:
            failed[name] = str(error).strip().split("\n")[0]
    assert not failed
    assert passed > 1000


# -- own entries, against onnxruntime ---------------------------------------------------------------------------------


def model(
    kind: str,
    inputs: Sequence[Any],
    *,
    opset: int = 22,
    constants: Sequence[Any] = (),
    outputs: int = 1,
    **attributes: Any,
) -> onnx.ModelProto:
    """A model of one node: its first inputs are given at run time, then come constants."""
    names = [f"x{number}" for number in range(len(inputs))]
    stored = [numpy_helper.from_array(array, f"c{number}") for number, array in enumerate(constants)]
    results = [f"y{number}" for number in range(outputs)]
    node = helper.make_node(kind, [*names, *(tensor.name for tensor in stored)], results, **attributes)
    graph = helper.make_graph(
        [node],
        "graph",
        [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in zip(names, inputs, strict=True)
        ],
        [onnx.ValueInfoProto(name=name) for name in results],
        stored,
    )
    return onnx.shape_inference.infer_shapes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    )


def compare(proto: onnx.ModelProto, *inputs: Any, rtol: float = 1e-6, atol: float = 1e-5) -> None:
    """Our results are onnxruntime's."""
    runtime: Any = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    session = runtime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    expected = session.run(None, {f"x{number}": array for number, array in enumerate(inputs)})
    for ours, theirs in zip(run(couloir.load(proto), *inputs), expected, strict=True):
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
        np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=atol)


PADDINGS = ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]


@given(data=st.data(), seed=st.integers(0, 999), padding=st.sampled_from(PADDINGS), group=st.integers(1, 2))
def test_conv(data: Any, seed: int, padding: str, group: int) -> None:
    x, w = numbers((2, 2 * group, 7, 6), "f4", seed), numbers((3 * group, 2, 3, 2), "f4", seed + 1)
    pair = st.tuples(st.integers(1, 2), st.integers(1, 2))
    attributes: dict[str, Any] = {"auto_pad": padding, "strides": data.draw(pair), "group": group}
    if padding in ("NOTSET", "VALID"):
        attributes["dilations"] = data.draw(pair)
    if padding == "NOTSET":
        attributes["pads"] = [data.draw(st.integers(0, 2)) for _ in range(4)]
    bias = [numbers((3 * group,), "f4", seed + 2)] if data.draw(st.booleans()) else []
    compare(model("Conv", [x], constants=[w, *bias], opset=11, **attributes), x)


@given(
    data=st.data(),
    kind=st.sampled_from(["MaxPool", "AveragePool"]),
    padding=st.sampled_from(PADDINGS),
    ceil_mode=st.booleans(),
)
def test_pools(data: Any, kind: str, padding: str, ceil_mode: bool) -> None:
    x = numbers((1, 2, 7, 8), "f4", data.draw(st.integers(0, 99)))
    attributes: dict[str, Any] = {
        "auto_pad": padding,
        "kernel_shape": data.draw(st.tuples(st.integers(2, 3), st.integers(2, 3))),
        "strides": data.draw(st.tuples(st.integers(1, 3), st.integers(1, 3))),
    }
    if padding == "NOTSET":
        attributes["pads"] = [data.draw(st.integers(0, 1)) for _ in range(4)]
        attributes["ceil_mode"] = int(ceil_mode)
    if kind == "AveragePool":
        attributes["count_include_pad"] = data.draw(st.integers(0, 1))
    elif padding == "NOTSET":
        attributes["dilations"] = data.draw(st.tuples(st.integers(1, 2), st.integers(1, 2)))
    compare(model(kind, [x], opset=19 if kind == "AveragePool" else 12, **attributes), x)


@pytest.mark.parametrize("dtype", ["i1", "u1"])
def test_max_pool_of_integers(dtype: str) -> None:
    x = np.random.default_rng(0).integers(np.iinfo(dtype).min, 0, (1, 1, 5, 5), endpoint=True).astype(dtype)
    compare(model("MaxPool", [x], kernel_shape=[2, 2], pads=[1, 1, 1, 1], opset=12), x)


@pytest.mark.parametrize("opset", [9, 11, 13])
@pytest.mark.parametrize("axis", [0, 1, -1, None])
@pytest.mark.parametrize("kind", ["Softmax", "LogSoftmax", "Hardmax"])
def test_the_axis_of_softmax_meant_another_thing_before_version_13(kind: str, axis: int | None, opset: int) -> None:
    if opset == 9 and axis == -1:
        return  # negative axes came with version 11
    x = np.random.default_rng(0).uniform(-2, 2, (2, 3, 4)).astype(np.float32)
    attributes = {} if axis is None else {"axis": axis}
    compare(model(kind, [x], opset=opset, **attributes), x)


@pytest.mark.parametrize("opset", [7, 9, 11, 13])
def test_clip_had_attributes_before_version_11(opset: int) -> None:
    x = np.random.default_rng(0).uniform(-2, 2, 9).astype(np.float32)
    if opset < 11:
        compare(model("Clip", [x], opset=opset, min=-0.5, max=0.75), x)
        compare(model("Clip", [x], opset=opset, max=0.75), x)
    else:
        bounds = [np.asarray(-0.5, np.float32), np.asarray(0.75, np.float32)]
        compare(model("Clip", [x], opset=opset, constants=bounds), x)
        compare(model("Clip", [x], opset=opset, constants=bounds[:1]), x)


@pytest.mark.parametrize("opset", [7, 9, 11, 13])
@pytest.mark.parametrize(
    "shapes", [((3, 4), (4, 2)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (4, 2))]
)
def test_matmul(opset: int, shapes: Any) -> None:
    a, b = (numbers(shape, "f4", number) for number, shape in enumerate(shapes))
    compare(model("MatMul", [a, b], opset=opset), a, b)


@pytest.mark.parametrize("opset", [7, 9, 11, 13])
@pytest.mark.parametrize("bias", [(3, 2), (2,), (3, 1), (1,)])
def test_gemm(opset: int, bias: Any) -> None:
    a, b, c = numbers((4, 3), "f4", 1), numbers((2, 4), "f4", 2), numbers(bias, "f4", 3)
    compare(model("Gemm", [a, b, c], opset=opset, alpha=0.5, beta=2.0, transA=1, transB=1), a, b, c)
    if opset >= 11:
        compare(model("Gemm", [a, b], opset=opset, transA=1, transB=1), a, b)


@pytest.mark.parametrize("opset", [7, 9, 14, 15])
def test_batch_normalization_at_inference(opset: int) -> None:
    x = numbers((2, 3, 4), "f4")
    parameters = [numbers((3,), "f4", seed) for seed in range(3)] + [np.array([1, 2, 3], np.float32)]
    compare(model("BatchNormalization", [x], opset=opset, constants=parameters, epsilon=0.01), x)


def test_arithmetic_broadcasts_and_divides_integers_towards_zero() -> None:
    x, y = numbers((2, 3), "i4", 1), np.array([-2, 1, 3], np.int32)
    for kind in ("Add", "Sub", "Mul", "Div", "Max", "Min"):
        compare(model(kind, [x, y], opset=13), x, y)
    a, b, c = (numbers((3,), "f4", seed) for seed in range(3))
    for kind in ("Sum", "Max", "Min"):
        compare(model(kind, [a, b, c], opset=13), a, b, c)


def test_what_moves_elements() -> None:
    x = numbers((2, 3, 4), "f4")
    compare(model("Reshape", [x], constants=[np.array([0, -1, 2])], opset=13), x)
    compare(model("Transpose", [x], opset=13), x)
    compare(model("Transpose", [x], opset=13, perm=[1, 2, 0]), x)
    compare(model("Concat", [x, x], opset=13, axis=-1), x, x)
    for axis in (0, 1, 3, -1):
        compare(model("Flatten", [x], opset=13, axis=axis), x)
    places, updates = np.array([[[0, -1, 1, 1]] * 3]), numbers((1, 3, 4), "f4", 5)
    scattered = run(couloir.load(model("Scatter", [x, places, updates], opset=9, axis=0)), x, places, updates)[0]
    expected = x.copy()
    np.put_along_axis(expected, places % 2, updates, 0)
    np.testing.assert_array_equal(scattered, expected)


@given(data=st.data(), seed=st.integers(0, 999), column_major=st.booleans())
def test_where_the_largest_elements_are(data: Any, seed: int, column_major: bool) -> None:
    x = numbers((2, 2, 5, 4), "f4", seed)  # with equal elements, of which the first is meant
    pair = st.tuples(st.integers(1, 2), st.integers(1, 2))
    compare(
        model(
            "MaxPool",
            [x],
            opset=12,
            outputs=2,
            kernel_shape=[2, 3],
            strides=data.draw(pair),
            dilations=[1, 1],
            pads=[data.draw(st.integers(0, 1)) for _ in range(4)],
            storage_order=int(column_major),
        ),
        x,
    )


@pytest.mark.parametrize("opset", [9, 13])
def test_the_error_function_in_double_precision(opset: int) -> None:
    """onnx's own rounds to single precision."""
    x = numbers((9,), "f8")
    (found,) = run(couloir.load(model("Erf", [x], opset=opset)), x)
    np.testing.assert_allclose(found, [math.erf(value) for value in x], rtol=4 * np.finfo(np.float64).eps)
    if opset == 9:  # which has it for integers as well
        assert run(couloir.load(model("Erf", [np.arange(3)], opset=9)), np.arange(3))[0].dtype == np.int64


def test_operators_that_the_onnx_package_does_not_compute() -> None:
    x, scale = np.arange(-6, 6, dtype=np.int8).reshape(2, 3, 2), np.array([0.5, 2, 3], np.float32)
    zero = np.array([1, -1, 0], np.int8)
    compare(model("DequantizeLinear", [x], opset=13, constants=[scale, zero], axis=1), x)
    compare(model("DequantizeLinear", [x], opset=10, constants=[np.asarray(0.5, np.float32)]), x)
    image = numbers((2, 3, 6, 7), "f4")
    compare(model("GlobalLpPool", [image], opset=13, p=3), image)
    for p, axis in ((1, 1), (2, -1), (1, -2)):
        compare(model("LpNormalization", [image], opset=13, p=p, axis=axis), image)
    places = np.array([[0, 99, -100], [-1, 7, 64]])
    line = numbers((100, 4), "f4")
    compare(model("GatherElements", [line, places], opset=13), line, places)
    with pytest.raises(Error, match="an index is not within the 4 elements of axis 1"):
        run(couloir.load(model("GatherElements", [line, places], opset=13, axis=1)), line, places)
    for mode in ("nearest", "linear"):
        compare(model("Upsample", [image], opset=7, scales=[1.0, 1.0, 2.0, 1.5], mode=mode), image)
        for kind, opset, scales in (("Upsample", 9, [1, 1, 1.5, 3]), ("Resize", 10, [1, 1, 0.5, 2.25])):
            constants = [np.array(scales, np.float32)]
            compare(model(kind, [image], opset=opset, constants=constants, mode=mode), image)
    with pytest.raises(NotInDomain):
        run(
            couloir.load(model("Upsample", [image], opset=7, scales=[1.0, 1, 2, 2], mode="linear")),
            image,
            domain=rationals,
        )
    compare(model("LRN", [image], opset=13, size=3, alpha=0.5), image)
    amounts = np.array([0, 0, -1, 3, 0, 0, 2, -2])
    for mode in ("constant", "edge", "reflect"):
        compare(model("Pad", [image], opset=13, constants=[amounts], mode=mode), image)
    fill = np.asarray(2, np.float32)
    compare(model("Pad", [image], opset=18, constants=[np.array([1, -2]), fill, np.array([-1])]), image)
    wide, kernel = numbers((2, 4, 5, 6), "f4"), numbers((4, 3, 3, 2), "f4", 2)
    bias = numbers((6,), "f4", 3)
    for attributes in (
        {"strides": [2, 1], "dilations": [2, 1], "output_padding": [1, 0], "pads": [1, 0, 0, 1]},
        {"strides": [2, 3], "output_shape": [10, 17]},
        {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
        {"auto_pad": "VALID"},
    ):
        transposed = model("ConvTranspose", [wide], opset=11, constants=[kernel, bias], group=2, **attributes)
        compare(transposed, wide, atol=1e-4)
    regions = np.array([[0, 1, 1, 5, 4], [1, 0, 2, 12, 9], [1, 2, 2, 2, 2]], np.float32)
    pooled = model("MaxRoiPool", [image, regions], opset=13, pooled_shape=[2, 3], spatial_scale=0.5)
    compare(pooled, image, regions)
    logits = np.log(np.array([[0.2, 0.8], [1.0, 1e-30]], np.float32))
    drawn = model("Multinomial", [logits], opset=13, sample_size=4000, seed=1.0, dtype=TensorProto.INT64)
    (first,), (second,) = run(couloir.load(drawn), logits), run(couloir.load(drawn), logits)
    np.testing.assert_array_equal(first, second)
    assert first.shape == (2, 4000)
    assert abs(first[0].mean() - 0.8) < 0.05
    assert not first[1].any()
    with pytest.raises(NotInDomain):
        run(couloir.load(drawn), logits, domain=rationals)


def test_maps_of_classic_machine_learning() -> None:
    scores = np.array([[0.25, 0.75], [0.5, 0.5]], np.float32)
    zipped = ml.ZipMapV1(hlo.constant(scores), classlabels_strings=["a", "b"], result_types=[unknown])
    assert evaluate_op(zipped, scores)[0] == [{"a": 0.25, "b": 0.75}, {"a": 0.5, "b": 0.5}]
    with pytest.raises(Error, match="2 classes for 1 scores"):
        evaluate_op(zipped, scores[:, :1])
    value = hlo.constant(np.array([1, 7]))
    categories: dict[str, Any] = {"cats_int64s": [1, 2], "cats_strings": ["one", "two"], "result_types": [unknown]}
    mapper = ml.CategoryMapperV1(value, default_string="none", default_int64=9, **categories)
    assert evaluate_op(mapper, np.array([1, 7]))[0].tolist() == ["one", "none"]
    assert evaluate_op(mapper, np.array(["two", "six"], dtype=object))[0].tolist() == [2, 9]
    for form, kind, expected in [("DENSE", "TO_FLOAT", [[5, 7]]), ("SPARSE", "TO_INT64", [[0, 5, 0, 7]])]:
        cast = ml.CastMapV1(value, map_form=form, cast_to=kind, max_map=4, result_types=[unknown])
        assert evaluate_op(cast, {3: 7.0, 1: 5.0})[0].tolist() == expected
    cast = ml.CastMapV1(value, cast_to="TO_STRING", result_types=[unknown])
    assert evaluate_op(cast, {1: "x"})[0].tolist() == [["x"]]


# -- domains, errors, parts of models ---------------------------------------------------------------------------------


def test_a_network_in_exact_domains() -> None:
    """Conv, Gemm and what moves elements in a finite field; pools and Relu in the integers, the average in fractions."""
    x, w, b = numbers((1, 2, 6, 6), "f4", 1), numbers((3, 2, 3, 3), "f4", 2), numbers((3,), "f4", 3)
    dense = numbers((5, 27), "f4", 4)

    def network(active: bool, pool: str) -> Any:
        nodes = [helper.make_node("Conv", ["x", "w", "b"], ["a"], pads=[1, 1, 1, 1])]
        nodes.append(helper.make_node("Relu" if active else "Identity", ["a"], ["r"]))
        if pool:
            nodes.append(helper.make_node(pool, ["r"], ["p"], kernel_shape=[2, 2], strides=[2, 2]))
        else:
            nodes.append(helper.make_node("Slice", ["r", "from", "to", "axes", "steps"], ["p"]))
        nodes += [helper.make_node("Flatten", ["p"], ["f"]), helper.make_node("Gemm", ["f", "d"], ["y"], transB=1)]
        stored = {"w": w, "b": b, "d": dense, "from": np.array([0, 0]), "to": np.array([6, 6])}
        stored |= {"axes": np.array([2, 3]), "steps": np.array([2, 2])}
        graph = helper.make_graph(
            nodes,
            "network",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 5))],
            [numpy_helper.from_array(array, name) for name, array in stored.items()],
        )
        return couloir.load(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8))

    plain = network(False, "")
    (expected,) = run(plain, x)
    field = residues.to_residues(run(plain, x, domain=residues)[0])
    np.testing.assert_array_equal(field, expected.astype(int) % (2**31 - 1))
    with pytest.raises(NotInDomain):
        run(network(True, ""), x, domain=residues)
    for module, domain in [(network(True, "MaxPool"), integers), (network(True, "AveragePool"), rationals)]:
        (expected,), (exact,) = run(module, x), run(module, x, domain=domain)
        np.testing.assert_array_equal(exact.astype(np.float32), expected)


def test_the_onnx_package_computes_floats_only() -> None:
    x = np.array([1.5], np.float32)
    sine = couloir.load(model("Sin", [x], opset=13))
    with pytest.raises(NotInDomain, match=r"`onnx\.Sin` is not in the domain rationals"):
        run(sine, x, domain=rationals)
    cast = couloir.load(model("Cast", [np.array([3])], opset=13, to=TensorProto.FLOAT))
    assert run(cast, np.array([3]), domain=rationals)[0].tolist() == [3]
    shape = couloir.load(model("Shape", [np.array([3])], opset=13))
    assert run(shape, np.array([3]), domain=residues)[0].tolist() == [1]


def test_what_the_onnx_package_cannot_compute_is_an_error_with_the_node() -> None:
    x = np.zeros((2, 3), np.float32)
    proto = model("Gather", [x, np.zeros(1, np.int64)], opset=13)
    proto.graph.node[0].name = "pick"
    with pytest.raises(Error, match="the onnx package cannot compute") as caught:
        run(couloir.load(proto), x, np.array([7]))
    assert "pick" in str(caught.value.where)


def test_ops_built_by_hand_are_evaluated() -> None:
    value = hlo.constant(np.zeros((2, 2), np.float32))
    op = dialect.LeakyReluV16(value, alpha=0.5)  # pyright: ignore[reportAttributeAccessIssue] -- made on demand
    np.testing.assert_array_equal(evaluate_op(op, np.array([[-2, 4]], np.float32))[0], [[-1, 4]])


def test_an_empty_optional_cannot_be_read() -> None:
    type = TensorType((2,), f32)
    op = dialect.OptionalGetElementV18(hlo.constant(np.zeros(2, np.float32)), result_types=[type])  # pyright: ignore[reportAttributeAccessIssue] -- made on demand
    with pytest.raises(Error, match="an optional without a value"):
        evaluate_op(op, None)


def test_every_operator_of_the_newest_set_has_a_meaning() -> None:
    without = [
        name
        for name in dialect.operators()
        if not has_meaning_of_class(dialect.class_at(name, onnx.defs.onnx_opset_version()))
    ]
    assert without == []


def has_meaning_of_class(cls: Any) -> bool:
    if cls is None:
        return True
    return has_meaning(cls.create())


@given(seed=st.integers(0, 99), limit=st.integers(0, 4))
@settings(max_examples=5)
def test_a_loop_without_iterations_gives_empty_stacks(seed: int, limit: int) -> None:
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["cond"], ["go"]),
            helper.make_node("Add", ["state", "x"], ["next"]),
            helper.make_node("Identity", ["next"], ["scanned"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("number", TensorProto.INT64, []),
            helper.make_tensor_value_info("cond", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, [2]),
        ],
        [
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, [2]),
            helper.make_tensor_value_info("scanned", TensorProto.FLOAT, [2]),
        ],
    )
    graph = helper.make_graph(
        [helper.make_node("Loop", ["n", "", "x"], ["last", "all"], body=body)],
        "graph",
        [
            helper.make_tensor_value_info("n", TensorProto.INT64, []),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, [2]),
        ],
        [
            helper.make_tensor_value_info("last", TensorProto.FLOAT, [2]),
            helper.make_tensor_value_info("all", TensorProto.FLOAT, [None, 2]),
        ],
    )
    module = couloir.load(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8))
    x = numbers((2,), "f4", seed)
    last, stacked = run(module, np.asarray(limit), x)
    np.testing.assert_array_equal(last, x * (limit + 1))
    np.testing.assert_array_equal(stacked, np.array([x * (i + 2) for i in range(limit)], np.float32).reshape(limit, 2))


def test_an_image_that_is_none_is_an_error() -> None:
    pytest.importorskip("PIL", reason="the onnx package decodes images with Pillow")
    module = couloir.parse("""
        func.func @main(%x: tensor<4xui8>) -> tensor<2x2x3xui8> {
          %a = "onnx.ImageDecoderV20"(%x) <{pixel_format = "RGB"}> : (tensor<4xui8>) -> tensor<2x2x3xui8>
          return %a : tensor<2x2x3xui8>
        }""")
    with pytest.raises(Error, match="cannot compute"):
        couloir.run(module, np.zeros(4, np.uint8))
