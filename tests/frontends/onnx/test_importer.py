"""ONNX models become modules as they are, with types, and bad ones become errors that say where."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from couloir.dialects import onnx as dialect
from couloir.dialects.builtin import ModuleOp
from couloir.dialects.func import FuncOp
from couloir.dialects.onnx.protos import type_from_proto
from couloir.frontends.onnx.importer import load
from couloir.ir.attributes import DenseElementsAttr, DictionaryAttr, SparseElementsAttr, StringAttr
from couloir.ir.errors import Error, VerifyError
from couloir.ir.limits import Limits
from couloir.ir.operation import Operation
from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.ir.types import TensorType, Type, UnrankedTensorType, f32, i64
from couloir.ir.verify import verify
from tests.frontends.onnx.models import (
    BOOL,
    FLOAT,
    INT64,
    LENET,
    LIGHT,
    model,
    nested_ifs,
    node,
    node_tests,
    untyped,
    value,
)


def main(module: ModuleOp) -> FuncOp:
    function = module.functions[0]
    assert function.sym_name == "main_graph"
    return function


def ops(module: ModuleOp, name: str | None = None) -> list[Operation]:
    return [op for op in module.walk() if name is None or op.name == name]


def types(module: ModuleOp) -> dict[str | None, Type]:
    """The types of all values that have a name."""
    return {result.name_hint: result.type for op in module.walk() for result in op.results}


def tensor(*dims: int | None, element: Type = f32) -> TensorType:
    return TensorType(dims, element)


def relu(**changes: Any) -> onnx.ModelProto:
    arguments = {
        "nodes": [node("Relu", ["x"], ["y"])],
        "inputs": [value("x", ["N", 3])],
        "outputs": [value("y", ["N", 3])],
    }
    return model(**{**arguments, **changes})


# -- real models -------------------------------------------------------------------------------------------------------


def test_lenet_as_it_is() -> None:
    module = load(LENET)
    function = main(module)
    body = [op.name for op in function.entry.ops]
    assert body[:11] == ["onnx.Initializer"] * 11
    assert body[11:] == [
        "onnx.ConvV11", "onnx.ReluV14", "onnx.MaxPoolV12",
        "onnx.ConvV11", "onnx.ReluV14", "onnx.MaxPoolV12",
        "onnx.ReshapeV14", "onnx.GemmV13", "onnx.ReluV14", "onnx.GemmV13", "onnx.ReluV14", "onnx.GemmV13",
        "onnx.SoftmaxV13", "func.return",
    ]  # fmt: skip
    assert [op.location.label for op in function.entry.ops][11:14] == ["conv1", "relu1", "pool1"]
    assert str(function.function_type) == "(tensor<?x1x28x28xf32>) -> tensor<?x10xf32>"
    assert str(function.argument_attribute(0, "onnx.dims")) == '["N", "", "", ""]'
    parameters = sum(op.results[0].type.size for op in ops(module, "onnx.Initializer")[:10])
    assert parameters == 44_426  # as counted by hand in the course's notes


def test_lenet_with_its_batch_bound() -> None:
    module = load(LENET, dims={"N": 4})
    assert all(r.type.is_static for op in main(module).entry.ops for r in op.results)
    assert str(main(module).function_type) == "(tensor<4x1x28x28xf32>) -> tensor<4x10xf32>"
    assert main(module).argument_attribute(0, "onnx.dims") is None


@pytest.mark.parametrize("path", sorted(LIGHT.glob("light_*.onnx")), ids=lambda path: path.stem)
def test_the_light_models_import_with_static_types(path: Any) -> None:
    module = load(path)
    results = [op.results[0] for op in ops(module) if op.results]  # onnx infers nothing for the masks of old Dropouts
    assert all(isinstance(r.type, TensorType) and r.type.is_static for r in results)
    assert len(main(module).arguments) == 1  # before IR 4 weights are inputs, too; they stay constants here
    again = parse_module_op(str(module))
    assert operation_text(again) == str(module)


@pytest.mark.slow
def test_every_node_test_imports_and_its_text_comes_back() -> None:
    for number, (name, case) in enumerate(node_tests().items()):
        module = load(case.model)
        for generic in (False, True) if number % 5 == 0 else (False,):
            text = operation_text(module, generic=generic)
            again = parse_module_op(text)
            verify(again)
            assert operation_text(again, generic=generic) == text, name


@pytest.mark.slow
def test_types_say_at_least_what_onnx_infers_and_never_something_else() -> None:
    seen = less = 0
    for name, case in node_tests().items():
        found = types(load(case.model))
        inferred = onnx.shape_inference.infer_shapes(case.model, data_prop=True).graph
        for info in (*inferred.value_info, *inferred.output):
            if info.name not in found:
                continue
            seen += 1
            ours, theirs = _sizes(found[info.name]), _sizes(type_from_proto(info.type))
            if theirs is None:
                continue
            if ours is None:
                less += 1
                continue
            assert len(ours) == len(theirs), (name, info.name)
            assert all(a is None or b is None or a == b for a, b in zip(ours, theirs, strict=True)), (name, info.name)
            less += any(a is None and b is not None for a, b in zip(ours, theirs, strict=True))
    assert seen > 5_000
    assert less < seen / 100


def _sizes(type: Type) -> tuple[int | None, ...] | None:
    while isinstance(type, dialect.SequenceType | dialect.OptionalType):
        type = type.element_type
    return type.dims if isinstance(type, TensorType) else None


# -- what a module keeps -----------------------------------------------------------------------------------------------


def test_the_model_describes_itself_in_attributes() -> None:
    made = relu(domains={"ai.onnx.ml": 3}, ir_version=9)
    made.producer_name, made.producer_version, made.domain = "maker", "1.2", "org.example"
    made.model_version, made.doc_string = 7, "a model"
    made.metadata_props.add(key="k", value="v")
    made.graph.doc_string = "a graph"
    made.graph.input[0].doc_string = "an input"
    module = load(made)
    entries = module.attributes
    assert str(entries["onnx.opset_import"]) == "{ai.onnx = 18 : i64, ai.onnx.ml = 3 : i64}"
    assert str(entries["onnx.ir_version"]) == "9 : i64"
    assert str(entries["onnx.model_version"]) == "7 : i64"
    texts = [entries[f"onnx.{key}"] for key in ("producer_name", "producer_version", "domain", "doc")]
    assert texts == [StringAttr(text) for text in ("maker", "1.2", "org.example", "a model")]
    assert entries["onnx.metadata"] is DictionaryAttr((("k", StringAttr("v")),))
    assert main(module).attributes["onnx.name"] is StringAttr("graph")
    assert main(module).attributes["onnx.doc"] is StringAttr("a graph")
    assert main(module).argument_attribute(0, "onnx.doc") is StringAttr("an input")


def test_names_and_documentation_of_nodes_are_locations(tmp_path: Any) -> None:
    first = node("Relu", ["x"], ["a"], name="first")
    first.doc_string = "why it is there"
    path = tmp_path / "m.onnx"
    onnx.save(model([first, node("Neg", ["a"], ["y"])], [value("x", [2])], [untyped("y")]), str(path))
    module = load(path)
    assert str(ops(module, "onnx.ReluV14")[0].location) == f'loc(fused<"why it is there">["first"("{path}":1:1)])'
    assert str(ops(module, "onnx.NegV13")[0].location) == f'loc("{path}":2:1)'
    assert [r.name_hint for op in main(module).entry.ops for r in op.results] == ["a", "y"]


def test_constants_and_initializers_stay_apart() -> None:
    constant = node("Constant", [], ["k"], value=onnx.numpy_helper.from_array(np.float32([1, 2])))
    made = model([constant, node("Add", ["k", "w"], ["y"])], [], [untyped("y")], initializers={"w": np.float32([3, 4])})
    made.graph.initializer[0].doc_string = "weights"
    module = load(made)
    (initializer,) = ops(module, "onnx.Initializer")
    assert initializer.location.label == "w"
    assert initializer.value.array.tolist() == [3, 4]
    (found,) = ops(module, "onnx.ConstantV13")
    assert found.value.array.tolist() == [1, 2]


def test_initializers_that_are_inputs_are_constants_which_remember_it() -> None:
    made = model(
        [node("Add", ["x", "w"], ["y"])],
        [value("w", [2]), value("x", [2])],
        [value("y", [2])],
        initializers={"w": np.float32([1, 2])},
        ir_version=3,
        opset=8,
    )
    module = load(made)
    assert [main(module).argument_attribute(i, "onnx.name") for i in range(1)] == [StringAttr("x")]
    assert ops(module, "onnx.Initializer")[0].input_index == 0


def test_strings_sparse_and_small_types() -> None:
    nodes = [node("Identity", ["s"], ["t"]), node("Identity", ["q"], ["r"])]
    made = model(nodes, [], [untyped("t"), untyped("r")], opset=21, ir_version=10)
    made.graph.initializer.append(helper.make_tensor("s", TensorProto.STRING, [2], [b"a", "ü".encode()]))
    made.graph.initializer.append(helper.make_tensor("q", TensorProto.INT4, [3], [1, -8, 7]))
    values = onnx.numpy_helper.from_array(np.float32([5, 6]), "sp")
    indices = onnx.numpy_helper.from_array(np.int64([3, 4]), "i")
    made.graph.sparse_initializer.append(helper.make_sparse_tensor(values, indices, [2, 3]))
    module = load(made)
    assert operation_text(parse_module_op(str(module))) == str(module)
    strings, small, sparse = (op.attributes["value"] for op in ops(module, "onnx.Initializer"))
    assert isinstance(strings, dialect.StringsAttr) and strings.values == ("a", "ü")
    assert isinstance(small, DenseElementsAttr) and small.array.tolist() == [1, -8, 7]
    assert isinstance(sparse, SparseElementsAttr)
    assert str(sparse) == "sparse<[[1, 0], [1, 1]], [5.000000e+00, 6.000000e+00]> : tensor<2x3xf32>"


def test_operands_that_are_left_out_keep_their_places() -> None:
    made = model([node("Clip", ["x", "", "m"], ["y"])], [value("x", [2]), value("m", [])], [untyped("y")])
    (clip,) = ops(load(made), "onnx.ClipV13")
    assert clip.min is None and clip.max.name_hint == "m"


def test_results_that_are_left_out_keep_their_places() -> None:
    inputs = [value("x", [5, 1, 3]), value("w", [1, 16, 3]), value("r", [1, 16, 4])]
    made = model([node("LSTM", ["x", "w", "r"], ["", "", "c"], hidden_size=4)], inputs, [untyped("c")])
    (lstm,) = ops(load(made), "onnx.LSTMV14")
    assert lstm.Y is None and lstm.Y_h is None
    assert lstm.Y_c.type is tensor(1, 1, 4)


def test_a_result_without_name_that_must_be_there_is_there() -> None:
    made = model(
        [node("TopK", ["x", "k"], ["", "i"])], [value("x", [5])], [untyped("i")], initializers={"k": np.int64([2])}
    )
    (top,) = ops(load(made), "onnx.TopKV11")
    assert [r.type for r in top.results] == [tensor(2), tensor(2, element=i64)]


# -- versions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("opset", "version"), [(7, 1), (10, 1), (11, 11), (12, 11), (13, 13), (21, 13)])
def test_the_class_is_that_of_the_opset(opset: int, version: int) -> None:
    made = model([node("Softmax", ["x"], ["y"])], [value("x", [2, 3])], [untyped("y")], opset=opset)
    assert [op.name for op in ops(load(made)) if "Softmax" in op.name] == [f"onnx.SoftmaxV{version}"]


def test_both_names_of_the_default_domain() -> None:
    made = relu()
    made.graph.node[0].domain = "ai.onnx"
    assert len(ops(load(made), "onnx.ReluV14")) == 1


def test_operators_of_the_machine_learning_domain() -> None:
    made = model(
        [helper.make_node("Binarizer", ["x"], ["y"], domain="ai.onnx.ml", threshold=0.5)],
        [value("x", [2])],
        [untyped("y")],
        domains={"ai.onnx.ml": 1},
    )
    assert [op.threshold for op in ops(load(made), "onnx.ml.BinarizerV1")] == [0.5]


@pytest.mark.parametrize("opset", [-1, 0, 1, 6, 1000])
def test_opsets_that_are_not_known(opset: int) -> None:
    with pytest.raises(Error, match=f"opset {opset}|version {opset}"):
        load(relu(opset=opset))


def test_all_unknown_operators_are_reported_at_once() -> None:
    made = model(
        [
            node("Relu", ["x"], ["a"]),
            helper.make_node("FusedConv", ["a"], ["b"], domain="com.microsoft", name="fused"),
            node("Cnov", ["b"], ["c"]),
            node("Cnov", ["c"], ["d"]),
            node("Gelu", ["d"], ["y"]),  # only since opset 20
        ],
        [value("x", [2])],
        [untyped("y")],
        domains={"com.microsoft": 1},
    )
    with pytest.raises(Error) as caught:
        load(made)
    text = str(caught.value)
    assert "3 operators that are not known" in text
    assert "'FusedConv' of 'com.microsoft' version 1: once, first in node 'fused'" in text
    assert "'Cnov' of 'ai.onnx' version 18: 2 times" in text and "did you mean `Conv`" in text
    assert "'Gelu'" in text and "such as 20" in text


def test_a_known_name_in_a_foreign_domain_is_not_the_operator() -> None:
    made = relu(nodes=[helper.make_node("Relu", ["x"], ["y"], domain="evil")], domains={"evil": 1})
    with pytest.raises(Error, match="1 operator that is not known"):
        load(made)


# -- types -------------------------------------------------------------------------------------------------------------


def test_types_without_declarations() -> None:
    made = model(
        [
            node("Conv", ["x", "w"], ["a"], pads=[1] * 4),
            node("GlobalAveragePool", ["a"], ["b"]),
            node("Flatten", ["b"], ["y"]),
        ],
        [value("x", ["N", 3, 8, 8])],
        [untyped("y")],
        initializers={"w": np.zeros((4, 3, 3, 3), np.float32)},
    )
    found = types(load(made))
    assert [found[name] for name in "aby"] == [tensor(None, 4, 8, 8), tensor(None, 4, 1, 1), tensor(None, 4)]


def test_declarations_add_what_cannot_be_inferred() -> None:
    made = model(
        [node("NonZero", ["x"], ["a"]), node("Cast", ["a"], ["y"], to=FLOAT)],
        [value("x", [2, 3])],
        [untyped("y")],
        value_info=[value("a", [2, 5], INT64)],
    )
    assert types(load(made))["y"] is tensor(2, 5)


def test_a_stale_declaration_does_not_override_what_follows() -> None:
    made = relu(inputs=[value("x", [2, 3])], outputs=[value("y", [7, 3])])
    assert str(main(load(made)).function_type) == "(tensor<2x3xf32>) -> tensor<2x3xf32>"


def test_shape_arithmetic_is_followed() -> None:
    made = model(
        [
            node("Shape", ["x"], ["s"]),
            node("Gather", ["s", "zero"], ["n"]),
            node("Unsqueeze", ["n", "axis"], ["n1"]),
            node("Concat", ["n1", "rest"], ["target"], axis=0),
            node("Reshape", ["x", "target"], ["y"]),
        ],
        [value("x", ["N", 2, 6])],
        [untyped("y")],
        initializers={"zero": np.int64(0), "axis": np.int64([0]), "rest": np.int64([3, 4])},
    )
    assert types(load(made))["y"] is tensor(None, 3, 4)
    assert types(load(made, dims={"N": 5}))["y"] is tensor(5, 3, 4)


def test_element_types_follow_from_the_schema_when_shapes_do_not() -> None:
    made = model(
        [node("Compress", ["x", "c"], ["y"])], [value("x", [4]), value("c", [4], BOOL)], [untyped("y")], opset=10
    )
    assert types(load(made))["y"] is UnrankedTensorType(f32)


def test_sizes_of_long_lists_pass_through() -> None:
    made = model(
        [node("Gather", ["x", "i"], ["y"])], [value("x", [9, 2]), value("i", [100_000], INT64)], [untyped("y")]
    )
    assert types(load(made))["y"] is tensor(100_000, 2)


def test_dims_without_a_name_are_bound_by_place() -> None:
    made = relu(inputs=[value("x", [None, 3])], outputs=[untyped("y")])
    assert types(load(made, dims={"x[0]": 6}))["y"] is tensor(6, 3)


def test_a_size_of_minus_one_means_unknown() -> None:
    made = relu(inputs=[value("x", [-1, 3])], outputs=[untyped("y")])
    assert types(load(made))["y"] is tensor(None, 3)


@pytest.mark.parametrize(
    ("dims", "message"),
    [
        ({"M": 1}, "no symbolic dimension 'M'"),
        ({"N": -1}, "size -1"),
        ({"N": True}, "size True"),
        ({"N": 1.5}, "size 1.5"),
        ({"N": 1 << 63}, "from 0 to"),
        ({"x[1]": 4}, "fixes it to 3"),
        ({"x[5]": 4}, "but the input is"),
        ({"z[0]": 4}, "no symbolic dimension"),
        ({1: 4}, "is no name"),
    ],
)
def test_dims_that_make_no_sense(dims: Any, message: str) -> None:
    with pytest.raises(Error, match=message.replace("[", r"\[")):
        load(relu(), dims=dims)


# -- graphs inside nodes -----------------------------------------------------------------------------------------------


def graph(nodes: Any, outputs: Any, inputs: Any = (), **more: Any) -> onnx.GraphProto:
    return helper.make_graph(nodes, "inner", list(inputs), list(outputs), **more)


def test_branches_become_regions_that_see_the_values_around() -> None:
    then = graph([node("Add", ["x", "k"], ["t"])], [untyped("t")])
    then.initializer.append(onnx.numpy_helper.from_array(np.float32([1, 2]), "k"))
    other = graph([node("Neg", ["x"], ["t"])], [untyped("t")])  # both branches may use a name
    made = model(
        [node("If", ["c"], ["y"], name="choose", then_branch=then, else_branch=other)],
        [value("c", [], BOOL), value("x", [2])],
        [untyped("y")],
    )
    module = load(made)
    (choice,) = ops(module, "onnx.IfV16")
    assert [op.name for op in choice.then_branch.block.ops] == ["onnx.Initializer", "onnx.AddV14", "onnx.Return"]
    assert choice.then_branch.block.last_op.prev_op.operands[0] is main(module).arguments[1]
    assert choice.results[0].type is tensor(2)
    assert "then_branch" in str(choice.then_branch.block.last_op.prev_op.location)


def test_branches_of_different_shapes() -> None:
    then = graph([node("Identity", ["x"], ["t"])], [untyped("t")])
    other = graph([node("Concat", ["x", "x"], ["e"], axis=0)], [untyped("e")])
    made = model(
        [node("If", ["c"], ["y"], then_branch=then, else_branch=other)],
        [value("c", [], BOOL), value("x", [2, 3])],
        [untyped("y")],
    )
    assert types(load(made))["y"] is tensor(None, 3)


def test_loops_give_their_bodies_arguments() -> None:
    body = graph(
        [node("Identity", ["go"], ["again"]), node("Add", ["v", "x"], ["w"]), node("Mul", ["w", "w"], ["scan"])],
        [untyped("again"), untyped("w"), untyped("scan")],
        [untyped("i"), untyped("go"), value("v", [2])],
    )
    made = model(
        [node("Loop", ["n", "", "x"], ["last", "all"], body=body)],
        [value("n", [], INT64), value("x", [2])],
        [untyped("last"), untyped("all")],
    )
    module = load(made)
    (loop,) = ops(module, "onnx.LoopV16")
    arguments = [a.type for a in loop.body.block.arguments]
    assert [str(t) for t in arguments] == ["tensor<i64>", "tensor<i1>", "tensor<2xf32>"]
    assert [str(r.type) for r in loop.results] == ["tensor<2xf32>", "tensor<?x2xf32>"]
    assert loop.cond is None


def test_scans_slice_their_operands() -> None:
    body = graph(
        [node("Add", ["s", "e"], ["t"]), node("Identity", ["t"], ["o"])],
        [untyped("t"), untyped("o")],
        [untyped("s"), untyped("e")],
    )
    made = model(
        [node("Scan", ["init", "x"], ["last", "all"], body=body, num_scan_inputs=1, scan_input_axes=[1])],
        [value("init", [2]), value("x", [2, 7])],
        [untyped("last"), untyped("all")],
    )
    (scan,) = ops(load(made), "onnx.ScanV16")
    assert [a.type for a in scan.body.block.arguments] == [tensor(2), tensor(2)]
    assert [r.type for r in scan.results] == [tensor(2), tensor(7, 2)]


@pytest.mark.parametrize("depth", [1, 25, 3_000])
def test_deep_nests(depth: int) -> None:
    module = load(nested_ifs(depth))
    assert len(ops(module, "onnx.IfV16")) == depth
    assert types(module)["y0"] is tensor(2)


def test_nests_beyond_the_limit() -> None:
    with pytest.raises(Error, match="levels of nesting"):
        load(nested_ifs(30), limits=Limits(depth=20))


# -- functions ---------------------------------------------------------------------------------------------------------


def scale_function() -> onnx.FunctionProto:
    """y = x * factor + shift, where `shift` may be left out by leaving out the operand."""
    constant = helper.make_node("Constant", [], ["f"])
    constant.attribute.add(name="value_float", type=onnx.AttributeProto.FLOAT, ref_attr_name="factor")
    return helper.make_function(
        "local",
        "Scale",
        ["x"],
        ["y"],
        [constant, node("Mul", ["x", "f"], ["y"])],
        [helper.make_opsetid("", 18)],
        ["factor"],
    )


def call(inputs: list[str], outputs: list[str], name: str = "Scale", **attributes: Any) -> onnx.NodeProto:
    return helper.make_node(name, inputs, outputs, domain="local", **attributes)


def test_a_function_has_an_instance_for_each_kind_of_call() -> None:
    made = model(
        [
            call(["x"], ["a"], factor=2.0),
            call(["x"], ["b"], factor=3.0),
            call(["x"], ["c"], factor=2.0),
            call(["z"], ["d"], factor=2.0),
        ],
        [value("x", [2]), value("z", [5])],
        [untyped(name) for name in "abcd"],
        functions=[scale_function()],
        domains={"local": 1},
    )
    module = load(made)
    calls = ops(module, "onnx.Call")
    assert [c.callee.root for c in calls] == ["Scale", "Scale_2", "Scale", "Scale_3"]
    assert [c.results[0].type for c in calls] == [tensor(2), tensor(2), tensor(2), tensor(5)]
    first = module.functions[1]
    assert first.sym_name == "Scale" and first.is_private
    assert [op.value_float for op in first.entry.ops if op.name == "onnx.ConstantV13"] == [2.0]
    assert 'name = "Scale"' in str(first.attributes["onnx.function"])


def test_functions_call_functions_and_capture_nothing() -> None:
    inner = helper.make_function(
        "local", "Inner", ["x"], ["y"], [node("Neg", ["x"], ["y"])], [helper.make_opsetid("", 18)]
    )
    outer = helper.make_function(
        "local",
        "Outer",
        ["a", "b"],
        ["y"],
        [call(["b"], ["x"], "Inner"), node("Add", ["a", "x"], ["y"])],
        [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)],
    )
    made = model(
        [call(["x", "y"], ["z"], "Outer")],
        [value("x", [2]), value("y", [2])],
        [untyped("z")],
        functions=[inner, outer],
        domains={"local": 1},
    )
    module = load(made)
    assert [f.sym_name for f in module.functions] == ["main_graph", "Outer", "Inner"]
    assert types(module)["z"] is tensor(2)


def test_an_operand_left_out_of_a_call_is_left_out_inside() -> None:
    function = helper.make_function(
        "local", "Limit", ["x", "low"], ["y"], [node("Clip", ["x", "low"], ["y"])], [helper.make_opsetid("", 18)]
    )
    made = model(
        [call(["x"], ["y"], "Limit"), node("Identity", ["low"], ["z"])],
        [value("x", [2]), value("low", [])],  # has the name of the operand that the call leaves out
        [untyped("y"), untyped("z")],
        functions=[function],
        domains={"local": 1},
    )
    (clip,) = ops(load(made), "onnx.ClipV13")
    assert clip.min is None


def test_a_function_of_a_known_name_replaces_the_operator() -> None:
    function = helper.make_function(
        "", "Relu", ["x"], ["y"], [node("Neg", ["x"], ["y"])], [helper.make_opsetid("", 18)]
    )
    module = load(relu(functions=[function]))
    assert len(ops(module, "onnx.Call")) == 1 and not ops(module, "onnx.ReluV14")


def test_many_levels_of_calls_make_few_instances() -> None:
    functions = []
    for level in range(10):
        callee = "Scale" if level == 0 else f"L{level - 1}"
        body = [call(["x"], [f"t{i}"], callee, **({"factor": 2.0} if level == 0 else {})) for i in range(3)]
        body.append(node("Sum", [f"t{i}" for i in range(3)], ["y"]))
        imports = [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)]
        functions.append(helper.make_function("local", f"L{level}", ["x"], ["y"], body, imports))
    made = model(
        [call(["x"], ["y"], "L9")],
        [value("x", [2])],
        [untyped("y")],
        functions=[scale_function(), *functions],
        domains={"local": 1},
    )
    assert len(load(made).functions) == 12
    with pytest.raises(Error, match="expanded"):
        load(made, limits=Limits(expanded_nodes=1000))


def test_functions_do_not_recurse_in_python() -> None:
    functions = [scale_function()]
    for level in range(1_500):
        callee = call(["x"], ["y"], "Scale", factor=2.0) if level == 0 else call(["x"], ["y"], f"L{level - 1}")
        imports = [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)]
        functions.append(helper.make_function("local", f"L{level}", ["x"], ["y"], [callee], imports))
    made = model(
        [call(["x"], ["y"], "L1499")], [value("x", [2])], [untyped("y")], functions=functions, domains={"local": 1}
    )
    module = load(made)
    assert len(module.functions) == 1_502
    assert types(module)["y"] is tensor(2)


# -- what is wrong -----------------------------------------------------------------------------------------------------


def conv(**attributes: Any) -> onnx.ModelProto:
    return model(
        [node("Conv", ["x", "w"], ["y"], name="conv1", **attributes)],
        [value("x", [1, 3, 8, 8])],
        [untyped("y")],
        initializers={"w": np.zeros((4, 3, 3, 3), np.float32)},
    )


X = [value("x", [1, 3, 8, 8])]
Y = [untyped("y")]


def one(
    operator: str, inputs: list[str], constants: dict[str, Any] | None = None, **attributes: Any
) -> onnx.ModelProto:
    arrays = {name: np.asarray(array) for name, array in (constants or {}).items()}
    return model([node(operator, inputs, ["y"], name="it", **attributes)], X, Y, initializers=arrays)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (conv(strides=[0, 0]), "`strides` of Conv must be positive, but is 0"),
        (conv(dilations=[1, 0]), "`dilations` of Conv must be positive"),
        (conv(group=0), "`group` of Conv must be positive"),
        (conv(kernel_shape=[-3, 3]), "`kernel_shape` of Conv must be positive"),
        (conv(colour=3), "has no attribute 'colour'"),
        (conv(group=2.5), "'group' is of type INT, not FLOAT"),
        (one("Softmax", ["x"], axis=9), "axis"),
        (one("Transpose", ["x"], perm=[0, 0, 1, 2]), "repeated"),
        (one("Reshape", ["x", "s"], {"s": [-1, -1]}), "multiple -1"),
        (one("Concat", ["x", "x"]), "`axis`"),
        (one("Slice", ["x", "s", "e", "a", "t"], {"s": [0], "e": [1], "a": [0], "t": [0]}), "step.* cannot be 0"),
        (one("Range", ["a", "b", "c"], {"a": 0.0, "b": 1e18, "c": 1e-9}), "more than a tensor can have"),
        (one("Range", ["a", "b", "c"], {"a": 0, "b": 1, "c": 0}), "the step of Range is 0"),
        (one("ConstantOfShape", ["s"], {"s": [-5]}), "non-negative"),
        (one("Split", ["x"], num_outputs=3), "`num_outputs` of Split is 3, but the node has 1 outputs"),
        (one("GatherND", ["x", "i"], {"i": [[0]]}, batch_dims=-3), "`batch_dims` of GatherND must not be negative"),
        (one("Conv", ["x"]), "Conv needs its input `W`"),
        (one("Conv", ["x", ""]), "Conv needs its input `W`"),
        (one("Relu", ["x", "x"]), "2 inputs; Relu has at most 1"),
        (one("Concat", ["x", ""], axis=0), "has no name"),
        (one("Add", ["x", "i"], {"i": [1]}), "same type T"),
        (one("If", ["x"]), "then_branch"),
        (model([node("Relu", ["x"], ["y", "z"])], X, Y), "2 outputs; Relu has at most 1"),
    ],
)  # fmt: skip
def test_nodes_that_break_their_operators_rules(bad: onnx.ModelProto, message: str) -> None:
    with pytest.raises(Error, match=message) as caught:
        load(bad)
    name = bad.graph.node[0].name
    assert name in str(caught.value)


def test_all_faults_are_reported_at_once() -> None:
    made = model(
        [node("Relu", ["x"], ["a"], name="one", zeal=1), node("Softmax", ["a"], ["b"], name="two", axis=1), node("Softmax", ["b"], ["y"], name="three", axix=1)],
        [value("x", [2, 2])],
        Y,
    )  # fmt: skip
    with pytest.raises(VerifyError) as caught:
        load(made)
    assert len(caught.value.faults) == 2
    assert (
        "'one'" in str(caught.value) and "'three'" in str(caught.value) and "did you mean `axis`" in str(caught.value)
    )


def test_faults_inside_graphs_and_functions_name_them() -> None:
    then = graph([node("Relu", ["x"], ["t"], name="deep", zeal=1)], [untyped("t")])
    other = graph([node("Identity", ["x"], ["t"])], [untyped("t")])
    choice = node("If", ["c"], ["y"], name="choose", then_branch=then, else_branch=other)
    with pytest.raises(Error) as caught:
        load(model([choice], [value("c", [], BOOL), value("x", [2])], Y))
    assert "node 'choose' (If) > then_branch: node 'deep' (Relu)" in str(caught.value)
    function = scale_function()
    function.node[1].attribute.add(name="zeal", type=onnx.AttributeProto.INT, i=1)
    made = model([call(["x"], ["y"], factor=1.0)], [value("x", [2])], Y, functions=[function], domains={"local": 1})
    with pytest.raises(Error, match="function local:Scale: node #1"):
        load(made)


def test_data_of_an_initializer_that_does_not_fit() -> None:
    made = conv()
    made.graph.initializer[0].raw_data = made.graph.initializer[0].raw_data[:-1]
    with pytest.raises(Error, match="initializer 'w'"):
        load(made)


# Each of these would make native shape inference hang, exhaust memory or divide by zero, were it shown the whole graph as it is.
BOMBS = {
    "a list of shapes that doubles 60 times": model(
        [
            node("Shape", ["x"], ["s0"]),
            *(node("Concat", [f"s{i}", f"s{i}"], [f"s{i + 1}"], axis=0) for i in range(60)),
            node("ConstantOfShape", ["s60"], ["y"]),
        ],
        X,
        Y,
    ),
    "a target shape of 2^27 items": model([node("Reshape", ["x", "s"], ["y"])], [*X, value("s", [1 << 27], INT64)], Y),
    "a tensor of 10^12 elements": one("Expand", ["x", "s"], {"s": [10**6, 3, 10**3, 10**3]}),
    "2^62 x 2^62 elements": one("ConstantOfShape", ["s"], {"s": [1 << 62, 1 << 62]}),
    "one hot of 10^12": one("OneHot", ["i", "d", "v"], {"i": [1, 2], "d": 10**12, "v": np.float32([0, 1])}),
    "huge pads": conv(pads=[1 << 62] * 4),
    "2^30 outputs": one("Split", ["x"], num_outputs=1 << 30),
    "a slice to the ends of the integers": one(
        "Slice", ["x", "s", "e", "a", "t"], {"s": [-(1 << 63)], "e": [(1 << 63) - 1], "a": [0], "t": [-(1 << 63)]}
    ),
    "a block of size zero": one("SpaceToDepth", ["x"], blocksize=0),
    "fewer outputs than parts": one("Split", ["x"], num_outputs=3),
    "a negative number of batch dimensions": one("GatherND", ["x", "i"], {"i": [[0]]}, batch_dims=-3),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_quickly_in_a_child_with_little_memory(name: str, tmp_path: Any) -> None:
    path = tmp_path / "bomb.onnx"
    path.write_bytes(BOMBS[name].SerializeToString())
    code = f"""
        import json, resource, sys
        from couloir.frontends.onnx.importer import load
        from couloir.ir.errors import Error
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
        try:
            load({json.dumps(str(path))})
        except Error as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_native_code_never_sees_the_length_of_a_long_list(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newer versions of onnx check it themselves; the oldest that we support makes as many dimensions as the list has items."""
    seen: list[str] = []
    original = onnx.shape_inference.infer_node_outputs

    def spy(schema: Any, n: Any, types: dict[str, onnx.TypeProto], *rest: Any, **more: Any) -> Any:
        seen.extend(str(dim.dim_value) for type in types.values() for dim in type.tensor_type.shape.dim)
        return original(schema, n, types, *rest, **more)

    monkeypatch.setattr(onnx.shape_inference, "infer_node_outputs", spy)
    made = model(
        [node("Gather", ["x", "i"], ["y"])], [value("x", [9, 2]), value("i", [100_000], INT64)], [untyped("y")]
    )
    assert types(load(made))["y"] is tensor(100_000, 2)
    assert seen == ["9", "2", "0"]


@pytest.mark.parametrize("length", [0, 1, 10, 100, 1_000])
def test_truncated_files_are_errors(length: int) -> None:
    with pytest.raises(Error):
        load(LENET.read_bytes()[:length])


def _attributes() -> list[tuple[str, int, int]]:
    """Node tests and the integer attributes in them."""
    found: dict[str, tuple[str, int, int]] = {}
    for name, case in node_tests().items():
        for i, n in enumerate(case.model.graph.node):
            for j, a in enumerate(n.attribute):
                if a.type in (onnx.AttributeProto.INT, onnx.AttributeProto.INTS):
                    found.setdefault(f"{n.op_type}.{a.name}", (name, i, j))
    return sorted(found.values())


@pytest.mark.slow
@given(st.data(), st.sampled_from([-(1 << 63), -(1 << 31), -2, -1, 0, 1, 2, 1 << 31, 1 << 62, (1 << 63) - 1]))
def test_any_attribute_value_gives_a_module_or_an_error(data: st.DataObject, number: int) -> None:
    name, i, j = data.draw(st.sampled_from(_attributes()))
    made = onnx.ModelProto()
    made.CopyFrom(node_tests()[name].model)
    attribute = made.graph.node[i].attribute[j]
    if attribute.type == onnx.AttributeProto.INT:
        attribute.i = number
    else:
        attribute.ints[:] = data.draw(st.lists(st.just(number) | st.sampled_from([0, 1]), max_size=5))
    try:
        module = load(made)
    except Error:
        return
    verify(module)
