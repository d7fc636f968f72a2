"""Back to ONNX: the checker accepts the model, it computes the same bits, and names are what they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from couloir.dialects import onnx as dialect
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp, Return
from couloir.frontends.onnx.exporter import to_onnx
from couloir.frontends.onnx.importer import load
from couloir.frontends.onnx.opsets import choose_opsets, versions_of
from couloir.ir.builder import at_end
from couloir.ir.errors import Error
from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.ir.types import TensorType, Type, UnrankedTensorType, f32
from couloir.ir.verify import verify
from tests.frontends.onnx.models import (
    BOOL,
    INT64,
    LENET,
    LIGHT,
    evaluate,
    feeds_of,
    model,
    nested_ifs,
    node,
    node_tests,
    same,
    untyped,
    value,
)

RANDOM = ("test_bernoulli",)  # the evaluator seeds each run by itself
SAMPLE = (
    "test_add_bcast", "test_attention_3d", "test_averagepool_2d_ceil", "test_cast_FLOAT_to_INT4",
    "test_clip_default_max", "test_constant", "test_gru_seq_length", "test_identity_opt", "test_if", "test_if_opt",
    "test_if_seq", "test_loop11", "test_loop13_seq", "test_loop16_seq_none", "test_lstm_with_peepholes",
    "test_maxpool_with_argmax_2d_precomputed_pads", "test_optional_get_element_sequence", "test_quantizelinear_int4",
    "test_reshape_allowzero_reordered", "test_scan9_sum", "test_sce_mean_weight_ii_log_prob",
    "test_sequence_map_add_1_sequence_1_tensor", "test_sequence_map_extract_shapes_expanded", "test_split_to_sequence_2",
    "test_string_concat", "test_strnormalizer_export_monday_casesensintive_lower", "test_top_k",
    "test_training_dropout_default", "test_ai_onnx_ml_binarizer",
)  # fmt: skip


def there_and_back(made: Any) -> onnx.ModelProto:
    """The model after import and export, from its bytes, as a file would hold it."""
    exported = to_onnx(load(made))
    onnx.checker.check_model(exported, full_check=True)
    return onnx.ModelProto.FromString(exported.SerializeToString())


def signature(made: onnx.ModelProto) -> list[Any]:
    """Operators, names and wiring of the main graph, without inputs that are left out at the end."""
    nodes: list[Any] = []
    for n in made.graph.node:
        inputs, outputs = list(n.input), list(n.output)
        while inputs and not inputs[-1]:
            inputs.pop()
        nodes.append((n.domain, n.op_type, n.name, inputs, outputs, sorted(a.name for a in n.attribute)))
    return nodes


def attributes(n: onnx.NodeProto) -> dict[str, bytes]:
    """The attributes of a node without tensors, whose data may be stored in another field."""
    tensor = onnx.AttributeProto.TENSOR
    return {a.name: a.SerializeToString(deterministic=True) for a in n.attribute if a.type != tensor}


def names(values: Any) -> list[str]:
    return [info.name for info in values]


# -- models of others --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [LENET, *sorted(LIGHT.glob("light_*.onnx"))], ids=lambda path: path.stem)
def test_whole_models_come_back_as_they_were(path: Any) -> None:
    before, after = onnx.load(str(path)), there_and_back(path)
    assert signature(after) == signature(before)
    for n, m in zip(before.graph.node, after.graph.node, strict=True):
        assert attributes(n) == attributes(m)
    assert names(after.graph.input) == names(before.graph.input)
    assert names(after.graph.output) == names(before.graph.output)
    assert names(after.graph.initializer) == names(before.graph.initializer)
    assert after.ir_version == before.ir_version
    assert {o.domain: o.version for o in after.opset_import} == {o.domain: o.version for o in before.opset_import}
    for a, b in zip(before.graph.initializer, after.graph.initializer, strict=True):
        assert same(onnx.numpy_helper.to_array(a), onnx.numpy_helper.to_array(b))


def test_lenet_computes_the_same_digits() -> None:
    images = np.random.default_rng(0).random((3, 1, 28, 28), np.float32)
    before, after = onnx.load(str(LENET)), there_and_back(LENET)
    assert same(evaluate(before, {"image": images}), evaluate(after, {"image": images}))
    assert after.graph.doc_string == before.graph.doc_string and after.doc_string == before.doc_string


@pytest.mark.parametrize("name", SAMPLE)
def test_node_tests_compute_the_same(name: str) -> None:
    case = node_tests()[name]
    after = there_and_back(case.model)
    assert signature(after) == signature(case.model)
    assert same(evaluate(after, feeds_of(case)), evaluate(case.model, feeds_of(case)))


@pytest.mark.slow
def test_every_node_test_computes_the_same() -> None:
    compared = 0
    for name, case in node_tests().items():
        exported = to_onnx(load(case.model))
        onnx.checker.check_model(exported)
        after = onnx.ModelProto.FromString(exported.SerializeToString())
        if name.startswith(RANDOM):
            continue
        assert signature(after) == signature(case.model), name
        for number in range(len(case.data_sets or ())):
            feeds = feeds_of(case, number)
            try:
                wanted = evaluate(case.model, feeds)
            except Exception:  # noqa: BLE001 -- the evaluator does not know a few operators, and says so in many ways
                continue
            assert same(evaluate(after, feeds), wanted), name
            compared += 1
    assert compared > 1_600


def test_a_model_comes_back_from_text_too() -> None:
    text = operation_text(load(LENET), locations=True, use_names=True)
    again = parse_module_op(text)
    assert isinstance(again, ModuleOp)
    before, after = onnx.load(str(LENET)), to_onnx(again)
    onnx.checker.check_model(after, full_check=True)
    assert [(n.op_type, n.name) for n in after.graph.node] == [(n.op_type, n.name) for n in before.graph.node]
    images = np.random.default_rng(0).random((1, 1, 28, 28), np.float32)
    assert same(evaluate(before, {"image": images}), evaluate(after, {"image": images}))


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_metadata_and_documentation() -> None:
    made = model(
        [node("Relu", ["x"], ["y"], name="act")], [value("x", ["N", 3])], [value("y", ["N", 3])], ir_version=10
    )
    made.producer_name, made.producer_version, made.domain, made.model_version = "p", "1", "org.d", 4
    made.metadata_props.add(key="model key", value="v")
    made.graph.metadata_props.add(key="graph key", value="v")
    made.graph.node[0].metadata_props.add(key="node key", value="v")
    made.graph.input[0].metadata_props.add(key="input key", value="v")
    made.graph.node[0].doc_string = "docs"
    made.graph.input[0].doc_string = "the input"
    after = there_and_back(made)
    for part, other in ((after, made), (after.graph, made.graph), (after.graph.node[0], made.graph.node[0])):
        assert part.metadata_props == other.metadata_props and part.doc_string == other.doc_string
    assert after.graph.input == made.graph.input
    for field in ("producer_name", "producer_version", "domain", "model_version", "ir_version", "opset_import"):
        assert getattr(after, field) == getattr(made, field)
    assert [d.dim_param for d in after.graph.output[0].type.tensor_type.shape.dim] == ["N", ""]


def test_constants_of_all_kinds() -> None:
    names_ = ["s", "q", "e", "z", "sp"]
    nodes = [node("Identity", [n], [f"{n}_out"]) for n in names_]
    made = model(nodes, [], [untyped(f"{n}_out") for n in names_], opset=21, ir_version=10)
    made.graph.initializer.append(helper.make_tensor("s", TensorProto.STRING, [2], [b"a", "ü".encode()]))
    made.graph.initializer.append(helper.make_tensor("q", TensorProto.INT4, [3], [1, -8, 7]))
    made.graph.initializer.append(helper.make_tensor("e", TensorProto.FLOAT, [0, 3], []))
    made.graph.initializer.append(helper.make_tensor("z", TensorProto.DOUBLE, [], [float("nan")]))
    values = onnx.numpy_helper.from_array(np.float32([5]), "sp")
    made.graph.sparse_initializer.append(
        helper.make_sparse_tensor(values, onnx.numpy_helper.from_array(np.int64([3]), ""), [2, 3])
    )
    after = to_onnx(load(made))
    onnx.checker.check_model(after)  # its shape inference refuses sparse tensors
    for a, b in zip(made.graph.initializer, after.graph.initializer, strict=True):
        assert a.name == b.name and same(onnx.numpy_helper.to_array(a), onnx.numpy_helper.to_array(b))
    assert after.graph.sparse_initializer[0].values.name == "sp"
    again = load(after)
    assert operation_text(again) == operation_text(load(made))


def test_initializers_return_to_their_places_among_the_inputs() -> None:
    made = model(
        [node("Gemm", ["x", "w", "b"], ["y"])],
        [value("w", [3, 4]), value("x", [2, 3]), value("b", [4])],
        [value("y", [2, 4])],
        initializers={"b": np.ones(4, np.float32), "w": np.ones((3, 4), np.float32)},
        ir_version=3,
        opset=8,
    )
    after = there_and_back(made)
    assert names(after.graph.input) == ["w", "x", "b"]
    assert names(after.graph.initializer) == ["b", "w"]


def test_outputs_that_are_inputs_or_the_same_value_twice() -> None:
    made = model(
        [node("Relu", ["x"], ["a"]), node("Identity", ["a"], ["b"])],
        [value("x", [2])],
        [value("a", [2]), value("b", [2]), value("x", [2])],
    )
    module = load(made)
    function = module.functions[0]
    last = function.entry.last_op
    assert last is not None
    last.set_operand(1, last.operands[0])  # as a pass that removes the Identity would
    after = to_onnx(module)
    onnx.checker.check_model(after, full_check=True)
    assert names(after.graph.output) == ["a", "b", "x"]
    x = np.float32([-1, 2])
    assert same(evaluate(made, {"x": x}), evaluate(after, {"x": x}))


# -- graphs inside nodes, functions ------------------------------------------------------------------------------------


def branches(then: list[Any], other: list[Any], then_out: str, other_out: str) -> dict[str, onnx.GraphProto]:
    return {
        "then_branch": helper.make_graph(then, "t", [], [untyped(then_out)]),
        "else_branch": helper.make_graph(other, "e", [], [untyped(other_out)]),
    }


def test_names_inside_and_outside_do_not_meet() -> None:
    choice = branches([node("Neg", ["x"], ["y"])], [node("Abs", ["x"], ["y"])], "y", "y")
    made = model(
        [node("If", ["c"], ["y"], **choice), node("Add", ["y", "x"], ["z"])],
        [value("c", [], BOOL), value("x", [2])],
        [value("z", [2])],
    )
    after = there_and_back(made)
    assert signature(after) == signature(made)
    for flag in (True, False):
        feeds = {"c": np.array(flag), "x": np.float32([1, -2])}
        assert same(evaluate(made, feeds), evaluate(after, feeds))


def test_a_branch_may_give_a_value_from_outside() -> None:
    choice = branches([node("Neg", ["x"], ["t"])], [node("Abs", ["x"], ["e"])], "t", "e")
    made = model([node("If", ["c"], ["y"], **choice)], [value("c", [], BOOL), value("x", [2])], [value("y", [2])])
    module = load(made)
    (choose,) = [op for op in module.walk() if op.name == "onnx.IfV16"]
    ending = choose.regions[0].block.last_op
    assert ending is not None
    removed = ending.prev_op
    ending.set_operand(0, module.functions[0].arguments[1])
    assert removed is not None
    removed.erase()
    verify(module)
    after = to_onnx(module)
    onnx.checker.check_model(after, full_check=True)
    feeds = {"c": np.array(False), "x": np.float32([-1, 2])}
    assert evaluate(after, feeds)[0].tolist() == [-1, 2]


@pytest.mark.parametrize("depth", [1, 20])
def test_nests(depth: int) -> None:
    after = there_and_back(nested_ifs(depth))
    feeds = {"c": np.array(True), "x": np.float32([-3, 2])}
    assert evaluate(after, feeds)[0].tolist() == [3, 2]


def test_nests_that_no_file_can_hold() -> None:
    with pytest.raises(Error, match="more than 30 levels"):
        to_onnx(load(nested_ifs(200)))


def call(inputs: list[str], outputs: list[str], name: str, **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(name, inputs, outputs, domain="local", **attributes)


@pytest.mark.parametrize("ir_version", [8, 10])
def test_functions_come_back_once_for_each_instance(ir_version: int) -> None:
    constant = helper.make_node("Constant", [], ["f"])
    constant.attribute.add(name="value_float", type=onnx.AttributeProto.FLOAT, ref_attr_name="factor")
    body = [constant, node("Mul", ["x", "f"], ["p"]), node("Clip", ["p", "low"], ["y"])]
    scale = helper.make_function("local", "Scale", ["x", "low"], ["y"], body, [helper.make_opsetid("", 18)], ["factor"])
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)]
    twice = helper.make_function(
        "local",
        "Twice",
        ["x"],
        ["y"],
        [call(["x"], ["t"], "Scale", factor=2.0), call(["t"], ["y"], "Scale", factor=3.0)],
        imports,
    )
    made = model(
        [call(["x"], ["a"], "Twice"), call(["a", "low"], ["y"], "Scale", factor=2.0)],
        [value("x", [3]), value("low", [])],
        [value("y", [3])],
        functions=[scale, twice],
        domains={"local": 1},
        ir_version=ir_version,
    )
    after = there_and_back(made)
    assert len(after.functions) == 4
    assert len({(f.domain, f.name, f.overload) for f in after.functions}) == 4
    assert after.graph.node[0].op_type == "Twice"
    feeds = {"x": np.float32([1, -2, 3]), "low": np.float32(-5)}
    assert evaluate(after, feeds)[0].tolist() == [12, -5, 36]  # of `made` the evaluator refuses the call without `low`


def test_constants_in_functions_become_nodes() -> None:
    text = """
    func.func @main_graph(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = "onnx.Call"(%x) <{callee = @add}> : (tensor<2xf32>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    }
    func.func private @add(%x: tensor<2xf32>) -> tensor<2xf32> {
      %k = "onnx.Initializer"() <{value = dense<[1.0, 2.0]> : tensor<2xf32>}> : () -> tensor<2xf32>
      %0 = "onnx.AddV14"(%x, %k) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      return %0 : tensor<2xf32>
    }
    """
    after = to_onnx(_parsed(text))
    onnx.checker.check_model(after, full_check=True)
    assert evaluate(after, {names(after.graph.input)[0]: np.float32([1, 1])})[0].tolist() == [2, 3]


def _parsed(text: str) -> ModuleOp:
    module = parse_module_op(text)
    verify(module)
    assert isinstance(module, ModuleOp)
    return module


# -- modules built by hand ---------------------------------------------------------------------------------------------


def tensor(*dims: int | None) -> TensorType:
    return TensorType(dims, f32)


def built(*inputs: Type, body: Any, results: list[Type]) -> ModuleOp:
    function = FuncOp.build("main", inputs, results)
    with at_end(function.entry):
        Return(body(*function.entry.arguments))
    return ModuleOp.empty([function])


def test_a_module_built_by_hand() -> None:
    def body(x: Any) -> list[Any]:
        weights = dialect.Initializer(np.eye(3, dtype=np.float32))
        hidden = dialect.Relu(dialect.MatMul(x, weights))
        return [dialect.Softmax(hidden, axis=1).result]

    after = to_onnx(built(tensor(2, 3), body=body, results=[tensor(2, 3)]))
    onnx.checker.check_model(after, full_check=True)
    (name,) = names(after.graph.input)
    x = np.float32([[1, 2, 3], [0, -1, 5]])
    expected = np.exp(np.maximum(x, 0)) / np.exp(np.maximum(x, 0)).sum(1, keepdims=True)
    np.testing.assert_allclose(evaluate(after, {name: x})[0], expected, rtol=1e-6)


def test_the_opset_is_one_in_which_all_ops_mean_what_they_say() -> None:
    def old(x: Any) -> list[Any]:
        return [dialect.SoftmaxV11(dialect.ReluV6(x)).result]

    after = to_onnx(built(tensor(2, 3), body=old, results=[tensor(2, 3)]))
    assert [(o.domain, o.version) for o in after.opset_import] == [("", 12)]
    onnx.checker.check_model(after, full_check=True)


def test_ops_that_exclude_each_other() -> None:
    def mixed(x: Any) -> list[Any]:
        return [dialect.SoftmaxV13(dialect.ReluV6(x)).result]

    dialect.ReluV6  # noqa: B018 -- ends with opset 12
    module = built(tensor(2, 3), body=mixed, results=[tensor(2, 3)])
    with pytest.raises(Error, match=r"`onnx\.SoftmaxV13` needs version 13 .*`onnx\.ReluV6` ends with version 12"):
        to_onnx(module)


def test_versions_of_classes() -> None:
    assert versions_of(dialect.SoftmaxV11) == (11, 12)
    assert versions_of(dialect.schema_class("Softmax", 13)) == (13, None)
    assert choose_opsets([dialect.SoftmaxV11], {"": 11, "local": 3}) == {"": 11, "local": 3}
    assert choose_opsets([dialect.SoftmaxV11], {"": 20}) == {"": 12}
    assert choose_opsets([dialect.SoftmaxV13], {"": 7}) == {"": 13}


# -- what cannot be exported -------------------------------------------------------------------------------------------


def test_foreign_ops_are_reported_all_at_once() -> None:
    text = """
    func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = "test.a"(%x) : (tensor<2xf32>) -> tensor<2xf32>
      %1 = "test.b"(%0) : (tensor<2xf32>) -> tensor<2xf32>
      %2 = "test.a"(%1) : (tensor<2xf32>) -> tensor<2xf32>
      return %2 : tensor<2xf32>
    }
    """
    module = parse_module_op(text, allow_unregistered=True)
    assert isinstance(module, ModuleOp)
    with pytest.raises(Error, match="no operators of ONNX") as caught:
        to_onnx(module)
    assert "`test.a`: 2" in str(caught.value) and "`test.b`: 1" in str(caught.value)


def test_a_model_has_one_main_graph() -> None:
    function = "func.func @{}(%x: tensor<2xf32>) -> tensor<2xf32> {{ return %x : tensor<2xf32> }}\n"
    with pytest.raises(Error, match=r"one main graph.*@a, @b"):
        to_onnx(_parsed(function.format("a") + function.format("b")))
    with pytest.raises(Error, match="one main graph"):
        to_onnx(ModuleOp.empty())


def test_outputs_need_types() -> None:
    module = built(
        tensor(2), body=lambda x: [dialect.ReluV14.create([x], [dialect.AnyType()])], results=[dialect.AnyType()]
    )
    block = module.functions[0].entry
    last = block.last_op
    assert last is not None
    op = last.operands[0].defining_op
    assert op is not None
    block.insert_before(last, op)
    with pytest.raises(Error, match="type of output 0"):
        to_onnx(module)


def test_element_types_that_onnx_lacks() -> None:
    text = """
    func.func @main(%x: tensor<2xi5>) -> tensor<2xi5> { return %x : tensor<2xi5> }
    """
    with pytest.raises(Error, match="no tensors of `i5`"):
        to_onnx(_parsed(text))


def test_unranked_values_have_no_shape() -> None:
    made = model(
        [node("Compress", ["x", "c"], ["y"])], [value("x", [4]), value("c", [4], BOOL)], [untyped("y")], opset=10
    )
    module = load(made)
    assert module.functions[0].function_type.results[0] is UnrankedTensorType(f32)
    after = to_onnx(module)
    assert not after.graph.output[0].type.tensor_type.HasField("shape")
    assert INT64 != after.graph.output[0].type.tensor_type.elem_type == TensorProto.FLOAT
