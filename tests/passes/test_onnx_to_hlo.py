"""The pass from ONNX to StableHLO: what it keeps, computes, inlines and reports."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import couloir
from couloir.dialects import hlo
from couloir.ir.attributes import StringAttr
from couloir.ir.location import CallSiteLoc
from couloir.ir.passes import PassPipeline
from couloir.ir.types import TensorType, f32
from couloir.passes.onnx_to_hlo import LOWERINGS, Lowered, Node, NotLowered, OnnxToHlo, lowers
from tests.passes.onnx_models import LENET, lower, reference_run, run

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def tensor(name: str, dims: list[int | str], element: int = FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, element, dims)


def model(nodes, inputs, outputs, initializers=None, functions=(), opset=18, **domains) -> onnx.ModelProto:
    tensors = [numpy_helper.from_array(np.asarray(a), n) for n, a in (initializers or {}).items()]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, initializer=tensors)
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, v) for d, v in domains.items())]
    return helper.make_model(graph, ir_version=8, opset_imports=imports, functions=functions)


def node(operator: str, inputs: list[str], outputs: list[str], name: str = "", **attributes) -> onnx.NodeProto:
    return helper.make_node(operator, inputs, outputs, name=name, **attributes)


def relu_model() -> onnx.ModelProto:
    return model([node("Relu", ["x"], ["y"], "act")], [tensor("x", [2, 3])], [tensor("y", [2, 3])])


# -- what is kept ------------------------------------------------------------------------------------------------------------


def test_names_of_arguments_and_results_are_kept():
    function = lower(relu_model()).functions[0]
    assert function.argument_attribute(0, "onnx.name") is StringAttr("x")
    assert function.result_attribute(0, "onnx.name") is StringAttr("y")
    assert function.function_type.results == (TensorType((2, 3), f32),)


def test_every_op_has_the_location_of_its_node():
    function = lower(relu_model()).functions[0]
    maximum = next(op for op in function.walk() if isinstance(op, hlo.Maximum))
    assert maximum.location.label == "act"
    assert maximum.rhs.defining_op is not None and maximum.rhs.defining_op.location.label == "act"
    assert maximum.result.name_hint == "y"


def test_ops_inside_reducers_have_the_location_of_the_node():
    m = model([node("ReduceSum", ["x"], ["y"], "total")], [tensor("x", [2, 3])], [tensor("y", [1, 1])])
    reduce = next(op for op in lower(m).walk() if isinstance(op, hlo.Reduce))
    assert {op.location.label for op in reduce.walk()} == {"total"}


def test_a_module_of_stablehlo_stays_as_it_is():
    text = "func.func @f(%x: tensor<?xf32>) -> tensor<?xf32> {\n %0 = stablehlo.negate %x : tensor<?xf32>\n return %0 : tensor<?xf32>\n}"
    module = couloir.parse(text)
    before = str(module)
    PassPipeline.of(OnnxToHlo()).run(module, verify_each=True)
    assert str(module) == before


def test_ops_of_other_dialects_between_onnx_ops_stay():
    text = """func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = "onnx.ReluV14"(%x) : (tensor<2xf32>) -> tensor<2xf32>
  %1 = stablehlo.negate %0 : tensor<2xf32>
  %2 = "onnx.ReluV14"(%1) : (tensor<2xf32>) -> tensor<2xf32>
  return %2 : tensor<2xf32>
}"""
    module = couloir.parse(text)
    PassPipeline.of(OnnxToHlo()).run(module, verify_each=True)
    names = [op.name for op in module.functions[0].entry.ops]
    assert [n for n in names if n != "stablehlo.constant"] == [
        "stablehlo.maximum",
        "stablehlo.negate",
        "stablehlo.maximum",
        "func.return",
    ]


# -- shapes ------------------------------------------------------------------------------------------------------------------


def shape_chain() -> onnx.ModelProto:
    """As exporters write `x.reshape(x.shape[0], -1)`."""
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "zero"], ["n"], axis=0),
        node("Unsqueeze", ["n", "axes"], ["n1"]),
        node("Concat", ["n1", "minus_one"], ["target"], axis=0),
        node("Reshape", ["x", "target"], ["y"]),
    ]
    constants = {"zero": np.int64(0), "axes": np.array([0]), "minus_one": np.array([-1])}
    return model(nodes, [tensor("x", ["N", 3, 4])], [tensor("y", ["N", "M"])], constants)


def test_shape_arithmetic_is_computed():
    module = lower(shape_chain(), {"N": 5})
    assert [op.name for op in module.functions[0].entry.ops] == ["stablehlo.reshape", "func.return"]
    assert module.functions[0].function_type.results == (TensorType((5, 12), f32),)


def test_shape_arithmetic_through_arithmetic_and_casts():
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Slice", ["shape", "one", "three"], ["hw"]),
        node("Cast", ["hw"], ["real"], to=FLOAT),
        node("Mul", ["real", "scale"], ["scaled"]),
        node("Floor", ["scaled"], ["floored"]),
        node("Cast", ["floored"], ["sizes"], to=INT64),
        node("ReduceProd", ["sizes"], ["count"], keepdims=1),
        node("Expand", ["x1", "count"], ["y"]),
    ]
    constants = {"one": np.array([1]), "three": np.array([3]), "scale": np.float32(1.5)}
    m = model(nodes, [tensor("x", [2, 3, 5]), tensor("x1", [1])], [tensor("y", ["k"])], constants)
    x = np.zeros((2, 3, 5), np.float32)
    assert run(m, x, np.ones(1, np.float32))[0].shape == (4 * 7,)


def test_an_operator_without_a_lowering_may_decide_a_shape():
    nodes = [
        node("NonZero", ["mask"], ["where"]),
        node("Reshape", ["where", "flat"], ["at"]),
        node("Gather", ["x", "at"], ["y"]),
    ]
    constants = {"mask": np.array([0, 1, 0, 1, 1]), "flat": np.array([-1])}
    m = model(nodes, [tensor("x", [5, 2])], [tensor("y", ["k", 2])], constants)
    x = np.arange(10, dtype=np.float32).reshape(5, 2)
    np.testing.assert_array_equal(run(m, x)[0], x[[1, 3, 4]])


def test_sizes_that_are_not_known_are_named():
    with pytest.raises(couloir.Error) as caught:
        lower(LENET)
    assert 'dims={"N": 1}' in str(caught.value)
    assert "`image` has the type `tensor<?x1x28x28xf32>`" in str(caught.value)


def test_nameless_unknown_sizes_are_reported():
    m = relu_model()
    m.graph.input[0].type.tensor_type.shape.dim[0].Clear()
    with pytest.raises(couloir.Error, match="give the inputs shapes"):
        lower(m)


def test_a_shape_that_depends_on_data_is_reported():
    m = model(
        [node("Reshape", ["x", "s"], ["y"], "flatten")],
        [tensor("x", [6]), tensor("s", [2], INT64)],
        [tensor("y", ["a", "b"])],
    )
    with pytest.raises(couloir.Error, match="shape is computed only when the model runs, first at flatten"):
        lower(m)


def test_unused_nodes_are_gone():
    m = model([node("Exp", ["x"], ["unused"]), node("Relu", ["x"], ["y"])], [tensor("x", [2])], [tensor("y", [2])])
    assert not any(isinstance(op, hlo.Exponential) for op in lower(m).walk())


# -- inlining ----------------------------------------------------------------------------------------------------------------


def function_model() -> onnx.ModelProto:
    inner = helper.make_function(
        "local", "twice", ["a"], ["b"], [node("Add", ["a", "a"], ["b"], "adds")], [helper.make_opsetid("", 18)]
    )
    outer = helper.make_function(
        "local",
        "four_times",
        ["a"],
        ["c"],
        [
            helper.make_node("twice", ["a"], ["b"], domain="local"),
            helper.make_node("twice", ["b"], ["c"], domain="local"),
        ],
        [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)],
    )
    call = helper.make_node("four_times", ["x"], ["y"], name="call", domain="local")
    return model([call], [tensor("x", [3])], [tensor("y", [3])], functions=[inner, outer], local=1)


def test_functions_are_inlined_and_gone():
    module = lower(function_model())
    assert [f.sym_name for f in module.functions] == ["main_graph"]
    adds = [op for op in module.walk() if isinstance(op, hlo.Add)]
    assert len(adds) == 2
    assert all(isinstance(op.location, CallSiteLoc) and op.location.label.endswith("called at call") for op in adds)
    np.testing.assert_array_equal(run(function_model(), np.float32([1, 2, 3]))[0], [4, 8, 12])


@pytest.mark.parametrize("condition", [True, False])
def test_the_branch_that_is_taken_is_inlined(condition: bool):
    then = helper.make_graph([node("Neg", ["x"], ["t"])], "then", [], [tensor("t", [2])])
    other = helper.make_graph(
        [node("NonZero", ["x"], ["e0"]), node("Exp", ["x"], ["e"])], "else", [], [tensor("e", [2])]
    )
    choose = node("If", ["c"], ["y"], then_branch=then, else_branch=other)
    m = model([choose], [tensor("x", [2])], [tensor("y", [2])], {"c": np.array(condition)})
    names = {op.name for op in lower(m).walk()}
    assert ("stablehlo.negate" in names, "stablehlo.exponential" in names) == (condition, not condition)
    x = np.float32([1, -2])
    np.testing.assert_allclose(run(m, x)[0], -x if condition else np.exp(x), rtol=4e-7)


def test_an_if_on_data_stays_an_if():
    branch = helper.make_graph([node("Neg", ["x"], ["t"])], "then", [], [tensor("t", [2])])
    m = model(
        [node("If", ["c"], ["y"], "choose", then_branch=branch, else_branch=branch)],
        [tensor("x", [2]), tensor("c", [], BOOL)],
        [tensor("y", [2])],
    )
    assert "stablehlo.if" in [op.name for op in lower(m).walk()]


def test_branches_nested_deeper_than_the_stack():
    depth = 2000
    text = [
        "func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {",
        '  %c = "onnx.Initializer"() <{value = dense<true> : tensor<i1>}> : () -> tensor<i1>',
    ]
    text += [f'  %v{level} = "onnx.IfV16"(%c) ({{' for level in range(depth)]
    text.append('  "onnx.Return"(%x) : (tensor<2xf32>) -> ()')
    for level in reversed(range(depth)):
        text.append('}, { "onnx.Return"(%x) : (tensor<2xf32>) -> () }) : (tensor<i1>) -> tensor<2xf32>')
        text.append(f'  "onnx.Return"(%v{level}) : (tensor<2xf32>) -> ()' if level else "  return %v0 : tensor<2xf32>")
    text.append("}")
    module = couloir.parse("\n".join(text))
    PassPipeline.of(OnnxToHlo()).run(module, verify_each=True)
    assert [op.name for op in module.functions[0].entry.ops] == ["func.return"]


# -- what is reported --------------------------------------------------------------------------------------------------------


def test_everything_unsupported_is_reported_at_once():
    nodes = [
        node("NonMaxSuppression", ["b", "s"], ["i"], "nms"),
        node("Dropout", ["x", "ratio", "train"], ["p"], "drop", seed=7),
        node("RandomUniformLike", ["d0"], ["e0"], "first"),
        node("RandomUniformLike", ["d1"], ["e1"], "second"),
        node("Add", ["e0", "e1"], ["e"]),
    ]
    inputs = [
        tensor("b", [1, 4, 4]),
        tensor("s", [1, 1, 4]),
        tensor("x", [1, 1, 4, 4]),
        tensor("d0", [2, 2]),
        tensor("d1", [2, 2]),
        tensor("ratio", []),
        tensor("train", [], BOOL),
    ]
    outputs = [tensor("i", ["k", 3], INT64), tensor("p", [1, 1, 4, 4]), tensor("e", [2, 2])]
    m = model(nodes, inputs, outputs)
    module = couloir.load(m)
    before = str(module)
    with pytest.raises(couloir.Error) as caught:
        PassPipeline.of(OnnxToHlo()).run(module)
    text = str(caught.value)
    assert "4 ops of 3 kinds cannot be lowered to StableHLO" in text
    assert "2 x `onnx.RandomUniformLikeV" in text and "there is no lowering for this operator, first at first" in text
    assert "1 x `onnx.NonMaxSuppressionV11`: how large its result is" in text and "pad-indices=true" in text
    assert "seed = 7" in text and "first at drop" in text
    assert "onnx.Add" not in text
    assert str(module) == before, "a module that is not lowered is not changed"


def test_what_hangs_on_something_unsupported_is_looked_at_too():
    nodes = [node("RandomNormalLike", ["x"], ["d"], "normal"), node("Bernoulli", ["d"], ["y"], "random")]
    with pytest.raises(couloir.Error) as caught:
        lower(model(nodes, [tensor("x", [3])], [tensor("y", [3])]))
    assert "first at normal" in str(caught.value) and "first at random" in str(caught.value)


def test_strings_are_reported():
    m = model(
        [node("Equal", ["x", "y"], ["z"], "eq")],
        [tensor("x", [2], TensorProto.STRING), tensor("y", [2], TensorProto.STRING)],
        [tensor("z", [2], BOOL)],
        opset=19,
    )
    with pytest.raises(couloir.Error, match=r"an operand has the type `tensor<2x!onnx\.string>`, first at eq"):
        lower(m)


def test_an_unused_input_of_strings_is_reported():
    m = model(
        [node("Relu", ["x"], ["y"])], [tensor("x", [2]), tensor("s", [2], TensorProto.STRING)], [tensor("y", [2])]
    )
    with pytest.raises(couloir.Error, match="the input `s` has the type"):
        lower(m)


def test_returned_strings_are_reported():
    m = model(
        [node("Relu", ["x"], ["y"])], [tensor("x", [2]), tensor("s", [2], TensorProto.STRING)], [tensor("y", [2])]
    )
    m.graph.output.append(tensor("s", [2], TensorProto.STRING))
    with pytest.raises(couloir.Error, match="it returns a value of type"):
        lower(m)


def test_forms_older_than_opset_7_are_reported():
    text = """func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %0 = "onnx.AddV1"(%x, %x) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}"""
    with pytest.raises(couloir.Error, match="older than opset 7"):
        PassPipeline.of(OnnxToHlo()).run(couloir.parse(text))


def test_a_faulty_node_is_an_error_at_the_node():
    m = model(
        [node("Squeeze", ["x", "axes"], ["y"], "sq")],
        [tensor("x", [2, 1])],
        [tensor("y", ["n"])],
        {"axes": np.array([1])},
    )
    module = couloir.load(m)
    op = next(op for op in module.walk() if op.name == "onnx.Initializer")
    from couloir.ir.attributes import DenseElementsAttr

    op.attributes["value"] = DenseElementsAttr.from_numpy(np.array([0]))
    with pytest.raises(couloir.Error, match=r"sq: `onnx.SqueezeV13`: dimension 0 has size 2"):
        PassPipeline.of(OnnxToHlo()).run(module)


def test_the_pass_runs_on_modules():
    function = couloir.load(relu_model()).functions[0]
    with pytest.raises(couloir.Error, match="runs on a module"):
        from couloir.ir.passes import PassContext

        OnnxToHlo().run(function, PassContext())


def test_a_lowering_that_breaks_the_type_is_caught(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(LOWERINGS, ("", "Relu"), lambda node: hlo.reshape(node[0], (6,)))
    with pytest.raises(couloir.Error, match="gives `tensor<6xf32>`, but the model says `tensor<2x3xf32>`"):
        lower(relu_model())


# -- further lowerings -------------------------------------------------------------------------------------------------------


def test_another_package_registers_a_lowering(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(LOWERINGS, ("", "Det"), LOWERINGS.get(("", "Det"), lambda node: None))

    @lowers("Det")
    def det(node: Node) -> Lowered:
        x = node[0]
        if x.type.shape != (1, 1):
            raise NotLowered("only 1 x 1 matrices have easy determinants")
        return hlo.reshape(x, ())

    assert LOWERINGS["", "Det"] is det
    m = model([node("Det", ["x"], ["y"])], [tensor("x", [1, 1])], [tensor("y", [])])
    x = np.float32([[3]])
    np.testing.assert_array_equal(run(m, x)[0], reference_run(m, x)[0])
    with pytest.raises(couloir.Error, match="only 1 x 1 matrices"):
        lower(model([node("Det", ["x"], ["y"])], [tensor("x", [2, 2])], [tensor("y", [])]))
