"""The structural rules of ONNX: what is legal passes, and each fault is reported with its place."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import AttributeProto, TensorProto, TypeProto, helper, numpy_helper

from couloir.frontends.onnx.checking import canonical_domain, newest_opset
from couloir.frontends.onnx.reading import read_model
from couloir.ir.errors import Error, VerifyError
from couloir.ir.limits import Limits

FLOAT = TensorProto.FLOAT


def value(name, shape=(1,), data_type=FLOAT):
    return helper.make_tensor_value_info(name, data_type, shape)


def node(op, inputs, outputs, name=None, **attributes):
    return helper.make_node(op, inputs.split(), outputs.split(), name=name, **attributes)


def graph(nodes, inputs="x", outputs="y", name="g", **rest):
    return helper.make_graph(
        nodes, name, [value(each) for each in inputs.split()], [value(each) for each in outputs.split()], **rest
    )


def model(nodes, *args, imports=(("", 18), ("local", 1)), functions=(), **rest):
    return helper.make_model(
        graph(nodes, *args, **rest),
        opset_imports=[helper.make_opsetid(*each) for each in imports],
        functions=list(functions),
    )


def function(name, nodes, inputs="a", outputs="b", attributes=(), imports=(("", 18), ("local", 1)), domain="local"):
    made = helper.make_function(
        domain, name, inputs.split(), outputs.split(), nodes, [helper.make_opsetid(*each) for each in imports]
    )
    made.attribute.extend(attributes)
    return made


def if_node(then_nodes, else_nodes=None, outputs="y", name="choose", **rest):
    """If x: then_nodes else ...; each branch gives `v`."""
    otherwise = [node("Neg", "x", "v")] if else_nodes is None else else_nodes
    return node(
        "If",
        "x",
        outputs,
        name=name,
        then_branch=graph(then_nodes, "", "v", name="t", **rest),
        else_branch=graph(otherwise, "", "v", name="e"),
    )


def faults(proto, **limits):
    """The faults of a model, as text."""
    with pytest.raises(Error) as caught:
        read_model(proto, limits=Limits(**limits))
    assert str(caught.value).strip()
    error = caught.value
    return [str(fault) for fault in error.faults] if isinstance(error, VerifyError) else [str(error)]


def fault(proto, **limits):
    """The one fault of a model."""
    found = faults(proto, **limits)
    assert len(found) == 1, found
    return found[0]


def accept(proto, **limits):
    assert read_model(proto, limits=Limits(**limits)).proto is proto
    return True


RELU = [node("Relu", "x", "y", name="act")]


# Versions


def test_every_supported_opset_is_accepted():
    for version in range(7, newest_opset() + 1):
        assert accept(model(RELU, imports=[("", version)]))


@pytest.mark.parametrize("version", [-(2**63), -1, 0, 6, newest_opset() + 1, 2**63 - 1])
def test_other_opsets_name_the_supported_range(version):
    message = fault(model(RELU, imports=[("", version)]))
    assert f"the model uses opset {version}; supported are opsets 7 to {newest_opset()}" in message


def test_no_opset_at_all():
    proto = model(RELU)
    del proto.opset_import[:]
    assert "no operator set is imported" in faults(proto)[0]


def test_an_opset_imported_twice():
    assert "imported twice, as versions 17 and 18" in fault(model(RELU, imports=[("", 17), ("ai.onnx", 18)]))
    assert accept(model(RELU, imports=[("", 18), ("ai.onnx", 18)]))


def test_other_domains_need_an_import_and_a_positive_version():
    assert "the operator set 'com.example' is not imported" in fault(
        model([node("Relu", "x", "y", domain="com.example")])
    )
    imports = [("", 18), ("com.example", 0)]
    assert "has version 0, which is not positive" in fault(model(RELU, imports=imports))
    assert "the operator set of the default domain is not imported" in fault(model(RELU, imports=[("local", 1)]))


def test_the_default_domain_has_two_names():
    assert canonical_domain("ai.onnx") == canonical_domain("") == ""
    assert accept(model([node("Relu", "x", "y", domain="ai.onnx")]))


def test_the_version_of_the_format():
    proto = model(RELU)
    proto.ir_version = onnx.IR_VERSION + 1
    assert f"ir_version {onnx.IR_VERSION + 1}" in fault(proto)
    proto.ClearField("ir_version")
    assert "no valid ir_version" in fault(proto)


def test_no_graph():
    proto = model(RELU)
    proto.ClearField("graph")
    assert fault(proto) == "<ModelProto>: the model has no graph"


# Names


def test_names_with_strange_characters_are_legal():
    for name in ("a\nb", 'x;system("id");//', "a*/ #include", "%s%n", "ü€\U0001f600", "../x", " "):
        proto = model(RELU)
        proto.graph.node[0].output[0] = proto.graph.output[0].name = name
        proto.graph.node[0].name = name
        assert accept(proto)


@pytest.mark.parametrize(
    "path",
    ["graph.name", "graph.node[0].name", "graph.node[0].op_type", "graph.node[0].overload", "graph.node[0].domain"],
)
def test_long_names_and_nul(path):
    owner, _, field = path.rpartition(".")
    for text, words in (("n" * 100_000, "100000 characters, more than"), ("a\0b", "contains a NUL character")):
        proto = model(RELU)
        target = proto.graph.node[0] if "node" in owner else proto.graph
        setattr(target, field, text)
        found = faults(proto)
        assert any(words in each for each in found)
        assert all(len(each) < 2000 for each in found)


def test_long_names_of_values():
    proto = model([node("Relu", "x", "y" * 5000)], outputs="y" * 5000)
    assert any("5000 characters" in each for each in faults(proto))
    assert accept(proto, name_length=5000)


def test_missing_names():
    proto = model(RELU)
    proto.graph.input.add().CopyFrom(value(""))
    assert "graph 'g': an input has no name" in fault(proto)
    proto = model(RELU)
    proto.graph.output[0].name = ""
    assert "output 0 has no name" in fault(proto)
    proto = model(RELU, initializer=[numpy_helper.from_array(np.float32([1]))])
    assert "an initializer has no name" in fault(proto)


# Values


def test_a_value_defined_twice():
    message = fault(model([node("Relu", "x", "y"), node("Neg", "x", "y", name="again")]))
    assert message.startswith("<ModelProto>: graph 'g' > node 'again' (Neg): the value 'y' is defined a second time")
    assert "'x' is defined a second time" in faults(model([node("Relu", "x", "x")], outputs="x"))[0]
    assert "two outputs named 'y'" in fault(model([node("Split", "x", "y y")]))
    assert "the input 'x' is defined twice" in fault(model(RELU, "x x"))


def test_initializers():
    weight = numpy_helper.from_array(np.float32([1]), "w")
    add = [node("Add", "x w", "y")]
    assert accept(model(add, initializer=[weight]))
    assert accept(model(add, "x w", initializer=[weight])), "the default of an input"
    assert "two initializers have this name" in fault(model(add, initializer=[weight, weight]))
    assert "two initializers have this name" in fault(model(add, "x w", initializer=[weight, weight]))
    sparse = helper.make_sparse_tensor(weight, numpy_helper.from_array(np.int64([0])), [3])
    assert accept(model(add, sparse_initializer=[sparse]))
    assert "two initializers" in fault(model(add, initializer=[weight], sparse_initializer=[sparse]))


def test_an_undefined_input():
    message = fault(model([node("Add", "x nothing", "y", name="sum")]))
    assert "graph 'g' > node 'sum' (Add): the input 'nothing' is not defined anywhere" in message


def test_optional_inputs_and_outputs_may_be_left_out():
    clip = helper.make_node("Clip", ["x", "", "x"], ["y"])
    assert accept(model([clip]))
    assert accept(model([helper.make_node("TopK", ["x", "x"], ["", "y"])]))


def test_an_output_that_is_never_produced():
    assert "graph 'g': the output 'z' is never produced" in fault(model(RELU, outputs="y z"))
    assert accept(model(RELU, outputs="y x")), "an input is a legal output"


def test_wrong_order():
    message = fault(model([node("Neg", "t", "y", name="late"), node("Relu", "x", "t", name="early")]))
    assert "node 'late' (Neg): the input 't' is used before node 'early' (Relu) produces it" in message
    assert "topological order" in message


def test_cycles():
    found = fault(
        model(
            [node("Add", "x c", "a", name="A"), node("Relu", "a", "b", name="B"), node("Neg", "b", "c", name="C")],
            outputs="c",
        )
    )
    assert "the graph has a cycle: node" in found
    for name in "ABC":
        assert f"node '{name}'" in found
    assert "a cycle: node 'me' (Add) -> node 'me' (Add)" in fault(model([node("Add", "x y", "y", name="me")]))


def test_a_cycle_of_many_nodes_is_shortened():
    nodes = [node("Relu", f"v{i}", f"v{(i + 1) % 1000}", name=f"n{i}") for i in range(1000)]
    message = fault(model(nodes, outputs="v1"))
    assert "more)" in message
    assert len(message) < 1000


def test_nodes_without_operator_or_outputs():
    proto = model(RELU)
    proto.graph.node[0].op_type = ""
    assert "node 'act' (''): the node has no operator" in fault(proto)
    assert "node #1 (Relu): the node has no outputs" in fault(model([*RELU, helper.make_node("Relu", ["x"], [])]))


def test_many_inputs():
    assert accept(model([helper.make_node("Concat", ["x"] * 100_000, ["y"], axis=0)]))
    proto = model([helper.make_node("Concat", ["x"] * 11, ["y"], axis=0)])
    assert "11 items, more than the limit of 10" in fault(proto, attribute_items=10)


def test_all_faults_are_reported_at_once():
    found = faults(model([node("Neg", "a", "b"), node("Neg", "c", "d")], imports=[("", 99)]))
    assert len(found) == 4
    assert len(faults(model([node("Neg", "a", f"b{i}") for i in range(1000)]))) == 101


# Subgraphs


def test_a_branch_sees_the_values_around_it():
    assert accept(model([node("Abs", "x", "s"), if_node([node("Relu", "s", "v")])]))
    assert accept(model([if_node([node("Relu", "x", "y0"), node("Relu", "y0", "v")])]))


def test_the_two_branches_do_not_see_each_other():
    proto = model([if_node([node("Relu", "x", "t"), node("Relu", "t", "v")], [node("Relu", "t", "v")])])
    message = fault(proto)
    assert "graph 'g' > node 'choose' (If) > 'else_branch' > node #0 (Relu): the input 't' is not defined" in message


def test_values_of_a_branch_are_not_visible_after_it():
    assert "'v' is not defined anywhere" in fault(
        model([if_node([node("Relu", "x", "v")], outputs="r"), node("Neg", "v", "y")])
    )


def test_a_branch_may_use_the_name_of_a_value_that_is_not_visible():
    assert accept(model([if_node([node("Relu", "x", "y"), node("Relu", "y", "v")])]))


def test_shadowing():
    message = fault(model([node("Abs", "x", "s"), if_node([node("Relu", "x", "s"), node("Relu", "s", "v")])]))
    assert "'then_branch' > node #0 (Relu): the value 's' hides a value of a graph around this one" in message


def test_an_outer_value_as_the_result_of_a_branch():
    branch = helper.make_graph([], "t", [], [value("x")])
    proto = model([node("If", "x", "y", then_branch=branch, else_branch=branch)])
    assert accept(proto)


def test_a_branch_that_gives_what_nobody_produces():
    branch = helper.make_graph([], "t", [], [value("nothing")])
    proto = model([node("If", "x", "y", then_branch=branch, else_branch=branch)])
    assert all("the output 'nothing' is never produced" in each for each in faults(proto))


def test_order_and_cycles_across_graphs():
    late = model([if_node([node("Relu", "t", "v")]), node("Abs", "x", "t", name="after")])
    message = fault(late)
    assert "node 'choose' (If): the input 't' is used before node 'after' (Abs) produces it" in message
    assert "the graph has a cycle" in fault(model([if_node([node("Relu", "y", "v")])]))
    round_about = model([if_node([node("Relu", "t", "v")]), node("Abs", "y", "t", name="after")])
    assert "the graph has a cycle" in fault(round_about)


def test_a_name_inside_a_branch_is_not_mistaken_for_a_cycle():
    nodes = [
        if_node([node("Relu", "x", "t"), node("Relu", "t", "v")], outputs="r"),
        node("Neg", "u", "w"),
        node("Abs", "r", "t"),
        node("Abs", "t", "u"),
    ]
    found = fault(model(nodes, outputs="w"))
    assert "used before" in found


def test_graphs_nested_ten_thousand_deep():
    """Deeper than protobuf could parse, but a program can build it."""
    proto = model([node("If", "x", "y", name="top")])
    inner = proto.graph.node[0]
    for _ in range(10_000):
        attribute = inner.attribute.add(name="then_branch", type=AttributeProto.GRAPH)
        attribute.g.name = "t"
        attribute.g.output.add(name="v")
        inner = attribute.g.node.add(op_type="If", input=["x"], output=["v"])
    assert accept(proto)
    assert "levels of nesting, more than the limit of 100" in fault(proto, depth=100)


def test_the_limit_on_nodes_counts_all_graphs():
    proto = model([if_node([node("Relu", "x", "v")])])
    assert accept(proto, nodes=3)
    assert "more than the limit of 2" in fault(proto, nodes=2)


# Attributes


def with_attribute(**fields):
    proto = model([node("Custom", "x", "y", name="n")])
    proto.graph.node[0].attribute.add(**fields)
    return proto


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"type": AttributeProto.INT, "i": 1}, "an attribute has no name"),
        ({"name": "a", "i": 1}, "attribute 'a' has no type"),
        ({"name": "a", "type": AttributeProto.INT, "f": 1.0}, "has type INT, but holds data in f"),
        (
            {"name": "a", "type": AttributeProto.INTS, "ints": [1], "floats": [1.0]},
            "has type INTS, but holds data in floats",
        ),
        ({"name": "a", "type": AttributeProto.TENSOR}, "attribute 'a' has no value"),
        ({"name": "a", "type": AttributeProto.GRAPH}, "attribute 'a' has no value"),
        ({"name": "a", "type": AttributeProto.INT, "ref_attr_name": "b"}, "is not inside a function"),
        ({"name": "a", "type": AttributeProto.TENSOR, "t": TensorProto(data_type=99)}, "unknown element type 99"),
        ({"name": "a", "type": AttributeProto.TENSOR, "t": TensorProto(data_type=1, dims=[-1])}, "negative dimension"),
        ({"name": "a", "type": AttributeProto.TENSORS, "tensors": [TensorProto()]}, "no element type"),
        ({"name": "a", "type": AttributeProto.TYPE_PROTO, "tp": TypeProto()}, "the type is empty"),
        ({"name": "a", "type": AttributeProto.TYPE_PROTOS, "type_protos": [TypeProto()]}, "the type is empty"),
        ({"name": "a\0", "type": AttributeProto.INT}, "contains a NUL"),
    ],
)
def test_wrong_attributes(fields, words):
    message = fault(with_attribute(**fields))
    assert words in message
    assert "node 'n' (Custom)" in message


def test_attributes_left_out_by_proto3_writers():
    for kind in (AttributeProto.INT, AttributeProto.FLOAT, AttributeProto.STRING, AttributeProto.INTS):
        assert accept(with_attribute(name="a", type=kind))


def test_an_attribute_given_twice():
    proto = with_attribute(name="a", type=AttributeProto.INT, i=1)
    proto.graph.node[0].attribute.add(name="a", type=AttributeProto.INT, i=2)
    assert "two attributes named 'a'" in fault(proto)


def test_the_size_of_list_attributes():
    proto = with_attribute(name="a", type=AttributeProto.INTS, ints=range(1000))
    assert accept(proto)
    assert "attribute 'a': the attribute has 1000 items, more than the limit of 999" in fault(
        proto, attribute_items=999
    )


def test_sparse_attributes():
    good = helper.make_sparse_tensor(
        numpy_helper.from_array(np.float32([1])), numpy_helper.from_array(np.int64([0])), [3]
    )
    assert accept(with_attribute(name="a", type=AttributeProto.SPARSE_TENSOR, sparse_tensor=good))
    good.dims[0] = -3
    assert "negative dimension" in fault(
        with_attribute(name="a", type=AttributeProto.SPARSE_TENSOR, sparse_tensor=good)
    )
    good.dims[0] = 3
    good.indices.data_type = 99
    wrong = with_attribute(name="a", type=AttributeProto.SPARSE_TENSORS, sparse_tensors=[good])
    assert "indices: the tensor has the unknown element type 99" in fault(wrong)


# Types


def with_input_type(type_):
    proto = model(RELU)
    proto.graph.input[0].type.CopyFrom(type_)
    return proto


def test_types():
    tensor = helper.make_tensor_type_proto(FLOAT, ["N", 3, -1])
    sequence = helper.make_sequence_type_proto(helper.make_optional_type_proto(tensor))
    mapping = helper.make_map_type_proto(TensorProto.STRING, tensor)
    for type_ in (tensor, sequence, mapping, helper.make_tensor_type_proto(FLOAT, None)):
        assert accept(with_input_type(type_))


@pytest.mark.parametrize(
    ("type_", "words"),
    [
        (TypeProto(), "the type is empty"),
        (helper.make_tensor_type_proto(0, [1]), "no element type"),
        (helper.make_tensor_type_proto(99, [1]), "unknown element type 99"),
        (helper.make_tensor_type_proto(FLOAT, [-2]), "negative dimension, -2"),
        (helper.make_tensor_type_proto(FLOAT, [1] * 33), "33 dimensions"),
        (helper.make_tensor_type_proto(FLOAT, ["d\0"]), "contains a NUL"),
        (helper.make_sequence_type_proto(TypeProto()), "the type is empty"),
        (helper.make_map_type_proto(99, helper.make_tensor_type_proto(FLOAT, [1])), "unknown element type 99"),
        (helper.make_sparse_tensor_type_proto(99, [1]), "unknown element type 99"),
    ],
)
def test_wrong_types(type_, words):
    message = fault(with_input_type(type_))
    assert words in message
    assert "graph 'g', value 'x'" in message


def test_inputs_need_a_type_and_other_values_do_not():
    proto = model(RELU)
    proto.graph.input[0].ClearField("type")
    assert "the value has no type" in fault(proto)
    proto = model(RELU)
    proto.graph.output[0].ClearField("type")
    proto.graph.value_info.add(name="y")
    assert accept(proto)


def test_types_nested_deep():
    proto = model(RELU)
    type_ = proto.graph.input[0].type
    for _ in range(5000):
        type_ = type_.sequence_type.elem_type
    type_.tensor_type.elem_type = FLOAT
    assert accept(proto)
    assert "over 100 levels of nesting" in fault(proto, depth=100)


# Functions


def test_functions():
    twice = function("Twice", [node("Scale", "a", "t", domain="local", by=2), node("Scale", "t", "b", domain="local")])
    scale = function("Scale", [node("Relu", "a", "b")], attributes=["by"])
    assert accept(model([node("Twice", "x", "y", domain="local")], functions=[twice, scale]))


def test_a_function_sees_only_its_inputs():
    leak = function("Leak", [node("Add", "a x", "b")])
    message = fault(model([node("Leak", "x", "y", domain="local")], functions=[leak]))
    assert "function 'local:Leak' > node #0 (Add): the input 'x' is not defined anywhere" in message


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (function("F", [node("Relu", "a", "c")]), "the output 'b' is never produced"),
        (function("F", [node("Relu", "a", "b")], imports=[("", 3)]), "the model uses opset 3"),
        (function("F", [node("Relu", "a", "b")], imports=[("local", 1)]), "default domain is not imported"),
        (function("F", [node("Relu", "a", "b")], inputs="a a"), "the input 'a' is defined twice"),
        (function("F", [node("Relu", "a", "b")], attributes=["k", "k"]), "two attributes named 'k'"),
        (function("F", [node("Relu", "a", "b")], inputs=""), "the input 'a' is not defined anywhere"),
    ],
)
def test_wrong_functions(made, words):
    message = fault(model(RELU, functions=[made]))
    assert words in message
    assert "function 'local:F'" in message


def test_the_same_function_twice():
    made = function("F", [node("Relu", "a", "b")])
    assert "function 'local:F': the function is defined twice" in fault(model(RELU, functions=[made, made]))
    other = function("F", [node("Relu", "a", "b")])
    other.overload = "second"
    assert accept(model(RELU, functions=[made, other]))


def test_calls_with_too_many_operands():
    made = function("F", [node("Relu", "a", "b")])
    proto = model([node("F", "x x", "y", domain="local")], functions=[made])
    assert "the node has 2 inputs, but its function declares 1" in fault(proto)
    proto = model([node("F", "x", "y z", domain="local")], functions=[made])
    assert "the node has 2 outputs, but its function declares 1" in fault(proto)


def test_attributes_that_refer_to_those_of_the_function():
    inner = node("LeakyRelu", "a", "b")
    inner.attribute.add(name="alpha", type=AttributeProto.FLOAT, ref_attr_name="slope")
    assert accept(model(RELU, functions=[function("F", [inner], attributes=["slope"])]))
    assert "refers to 'slope', which is no attribute of the function" in fault(
        model(RELU, functions=[function("F", [inner])])
    )
    with_default = function("F", [inner])
    with_default.attribute_proto.add(name="slope", type=AttributeProto.FLOAT, f=0.5)
    assert accept(model(RELU, functions=[with_default]))
    inner.attribute[0].f = 1.0
    both = fault(model(RELU, functions=[function("F", [inner], attributes=["slope"])]))
    assert "has a value of its own" in both


def test_references_reach_into_subgraphs_of_a_function():
    inner = node("LeakyRelu", "x", "v")
    inner.attribute.add(name="alpha", type=AttributeProto.FLOAT, ref_attr_name="slope")
    made = function("F", [if_node([inner])], inputs="x", outputs="y", attributes=["slope"])
    assert accept(model(RELU, functions=[made]))


def test_recursion_names_the_circle():
    functions = [
        function("F", [node("G", "a", "b", domain="local")]),
        function("G", [if_node([node("H", "x", "v", domain="local")])], inputs="x", outputs="y"),
        function("H", [node("F", "a", "b", domain="local")]),
    ]
    message = fault(model([node("F", "x", "y", domain="local")], functions=functions))
    assert "functions call each other in a circle" in message
    circle = message.partition("circle: ")[2].split(" -> ")
    assert circle[0] == circle[-1]
    start = circle.index("'local:F'")
    assert circle[:-1][start:] + circle[:-1][:start] == ["'local:F'", "'local:G'", "'local:H'"]


def test_a_function_that_calls_itself_even_if_nobody_calls_it():
    message = fault(model(RELU, functions=[function("F", [node("F", "a", "b", domain="local")])]))
    assert "'local:F' -> 'local:F'" in message


def tower(levels, calls):
    """Each function calls the next one `calls` times in a row."""
    made = [function(f"F{levels}", [node("Relu", "a", "b")])]
    for level in range(levels):
        values = ["a", *(f"t{i}" for i in range(calls - 1)), "b"]
        body = [node(f"F{level + 1}", values[i], values[i + 1], domain="local") for i in range(calls)]
        made.append(function(f"F{level}", body))
    return model([node("F0", "x", "y", domain="local")], functions=made)


def test_expansion_bombs():
    assert "operations once its functions are expanded, more than the limit of 1000000" in fault(tower(10, 10))
    assert "once its functions are expanded" in fault(tower(2000, 2))
    assert accept(tower(5, 2))


def test_the_limit_of_expansion_is_exact():
    # 1 call, 2 calls, 4 calls, 4 bodies of one node.
    assert accept(tower(2, 2), expanded_nodes=11)
    assert "more than the limit of 10" in fault(tower(2, 2), expanded_nodes=10)


def test_a_foreign_operator_with_a_known_name_is_foreign():
    proto = model([node("Relu", "x", "y", domain="com.example")], imports=[("", 18), ("com.example", 1)])
    assert accept(proto)


def test_text_that_is_not_utf8_in_a_model_built_by_a_program():
    proto = model(RELU)
    data = proto.SerializeToString().replace(b"act", b"\xff\xfe\xfd")
    broken = onnx.ModelProto()
    broken.ParseFromString(data)
    assert "not UTF-8" in fault(broken)


def test_a_function_needs_a_name_and_no_graph_as_a_default():
    unnamed = function("F", [node("Relu", "a", "b")])
    unnamed.name = ""
    assert "a function has no name" in fault(model(RELU, functions=[unnamed]))
    made = function("F", [node("Relu", "a", "b")])
    made.attribute_proto.add(name="body", type=AttributeProto.GRAPH, g=graph(RELU))
    assert "the default of attribute 'body' is a graph" in fault(model(RELU, functions=[made]))


def test_graphs_in_a_list_attribute_are_checked():
    good, bad = graph(RELU, "", "y"), graph([node("Relu", "nothing", "y")], "", "y")
    proto = model([node("Custom", "x", "z", name="n")], outputs="z")
    proto.graph.node[0].attribute.add(name="bodies", type=AttributeProto.GRAPHS, graphs=[good, bad])
    assert "node 'n' (Custom) > 'bodies' > node #0 (Relu): the input 'nothing' is not defined" in fault(proto)


def test_names_of_inner_values():
    for name, words in (("t" * 5000, "5000 characters"), ("t\0", "contains a NUL")):
        nodes = [helper.make_node("Relu", ["x"], [name], name="n"), helper.make_node("Relu", [name], ["y"])]
        message = fault(model(nodes))
        assert words in message
        assert "node 'n' (Relu)" in message
