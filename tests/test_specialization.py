"""Open dimensions bound by names and arrays, inputs made constant, programs compiled once for each set of shapes."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

import couloir
from couloir.specialization import DynamicExecutable


def info(name: str, dims: list[object], element: int = TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, element, dims)


def model(nodes, inputs, outputs):
    graph = helper.make_graph(nodes, "g", inputs, outputs)
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def product():
    """`a[N, K] @ b[K, M] + c[N, 1]`."""
    nodes = [helper.make_node("MatMul", ["a", "b"], ["p"]), helper.make_node("Add", ["p", "c"], ["y"])]
    inputs = [info("a", ["N", "K"]), info("b", ["K", "M"]), info("c", ["N", 1])]
    return model(nodes, inputs, [info("y", ["N", "M"])])


def ramp(*shape: int) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape)


def types(module: couloir.Module) -> list[str]:
    return [str(type) for type in module.functions[0].function_type.inputs]


def test_shapes_of_some_inputs_bind_names_of_others():
    module = couloir.specialize(product(), {"a": (2, 3), "b": (3, 4)})
    assert types(module) == ["tensor<2x3xf32>", "tensor<3x4xf32>", "tensor<2x1xf32>"]
    (y,) = couloir.run(couloir.lower(module), ramp(2, 3), ramp(3, 4), ramp(2, 1))
    np.testing.assert_array_equal(y, ramp(2, 3) @ ramp(3, 4) + ramp(2, 1))


def test_dims_by_name_and_shapes_by_position():
    module = couloir.specialize(product(), [None, (3, 4), None], dims={"N": 2})
    assert types(module) == ["tensor<2x3xf32>", "tensor<3x4xf32>", "tensor<2x1xf32>"]


def test_the_given_module_stays_as_it_is():
    module = couloir.load(product())
    before = str(module)
    couloir.specialize(module, {"a": (2, 3)}, values={"c": np.ones((2, 1), np.float32)})
    assert str(module) == before


@pytest.mark.parametrize(
    ("shapes", "dims", "fault"),
    [
        ({"a": (2, 3), "b": (4, 4)}, {}, "`K` is 3 by dimension 1 of `a`, but 4 by dimension 0 of `b`"),
        ({"a": (2, 3)}, {"N": 5}, "`N` is 5 by `dims`, but 2 by dimension 0 of `a`"),
        ({"c": (2, 2)}, {}, "the shape 2x2 does not fit"),
        ({"a": (2, 3, 4)}, {}, "the shape 2x3x4 does not fit"),
        ({"d": (2,)}, {}, "no input `d`"),
        ({}, {"n": 2}, "no dimension `n`"),
        ({"a": (2, -3)}, {}, "is not a list of sizes"),
        ([(2, 3)], {}, "has 3 inputs; 1 shapes were given"),
    ],
)
def test_what_does_not_fit(shapes, dims, fault: str):
    with pytest.raises(couloir.Error, match=fault):
        couloir.specialize(product(), shapes, dims=dims)


def test_question_marks_are_no_name():
    """Exporters write `?` for any dimension that they do not know."""
    source = model([helper.make_node("Relu", ["x"], ["y"])], [info("x", ["?", "?"])], [info("y", None)])
    assert types(couloir.specialize(source, {"x": (2, 3)})) == ["tensor<2x3xf32>"]


# -- values ------------------------------------------------------------------------------------------------------------------


def switch():
    """The first or the last half of `x`, by `which`."""
    branches = []
    for start, end in ((0, 2), (2, 4)):
        bounds = [
            helper.make_node("Constant", [], [name], value_ints=[value]) for name, value in (("s", start), ("e", end))
        ]
        node = helper.make_node("Slice", ["x", "s", "e"], ["r"])
        branches.append(helper.make_graph([*bounds, node], "branch", [], [info("r", [2])]))
    nodes = [
        helper.make_node("Equal", ["which", "one"], ["c"]),
        helper.make_node("If", ["c"], ["y"], then_branch=branches[0], else_branch=branches[1]),
    ]
    one = helper.make_node("Constant", [], ["one"], value_int=1)
    return model([one, *nodes], [info("x", [4]), info("which", [], TensorProto.INT64)], [info("y", [2])])


@pytest.mark.parametrize(("which", "wanted"), [(1, [0, 1]), (2, [2, 3])])
def test_a_value_decides_a_branch(which: int, wanted: list[int]):
    module = couloir.specialize(switch(), values={"which": which})
    assert types(module) == ["tensor<4xf32>"]
    lowered = couloir.lower(module)
    assert "stablehlo.if" not in str(lowered)
    for program in (module, lowered):
        np.testing.assert_array_equal(couloir.run(program, ramp(4))[0], wanted)


def test_values_in_stablehlo():
    text = """func.func @main(%x: tensor<2xf32>, %y: tensor<2xf32>) -> tensor<2xf32> {
        %0 = stablehlo.add %x, %y : tensor<2xf32>
        return %0 : tensor<2xf32>
    }"""
    module = couloir.specialize(couloir.parse(text), values={"y": [1.0, 2.0]})
    np.testing.assert_array_equal(couloir.run(module, ramp(2))[0], [1, 3])


def test_a_value_decides_a_size_in_stablehlo():
    text = """func.func @main(%x: tensor<?xf32>, %n: tensor<1xi32>) -> tensor<?xf32> {
        %0 = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi32>) -> tensor<?xf32>
        %1 = stablehlo.add %x, %0 : tensor<?xf32>
        return %1 : tensor<?xf32>
    }"""
    module = couloir.specialize(couloir.parse(text), {"x": (3,)}, values={"n": [3]})
    assert str(module.functions[0].function_type.results[0]) == "tensor<3xf32>"
    np.testing.assert_array_equal(couloir.run(module, ramp(3))[0], [0, 2, 4])


def test_a_value_binds_dimensions_as_an_array_does():
    module = couloir.specialize(product(), values={"b": ramp(3, 4)}, dims={"N": 2})
    assert types(module) == ["tensor<2x3xf32>", "tensor<2x1xf32>"]
    with pytest.raises(couloir.Error, match="`K` is 5 by dimension 1 of `a`, but 3 by dimension 0 of `b`"):
        couloir.specialize(product(), {"a": (2, 5)}, values={"b": ramp(3, 4)})


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (np.float32(1), "is float32, but the input is"),
        (1.5, "is float64, but the input is"),
        ([1, 2], "has the shape 2, but the input is"),
        (np.int32(1), "is int32, but the input is"),
    ],
)
def test_values_that_do_not_fit(value: object, fault: str):
    with pytest.raises(couloir.Error, match=fault):
        couloir.specialize(switch(), values={"which": value})


# -- programs ----------------------------------------------------------------------------------------------------------------


def test_a_program_for_each_set_of_shapes():
    compiled = couloir.compile(product(), programs=2)
    assert isinstance(compiled, DynamicExecutable)
    for n, k, m in ((2, 3, 4), (1, 2, 1), (2, 3, 4)):
        a, b, c = ramp(n, k), ramp(k, m), ramp(n, 1)
        np.testing.assert_array_equal(compiled(a, b, c)[0], a @ b + c)
    assert list(compiled.programs) == [((1, 2), (2, 1), (1, 1)), ((2, 3), (3, 4), (2, 1))]
    kept = compiled.programs[((2, 3), (3, 4), (2, 1))]
    compiled(ramp(3, 3), ramp(3, 3), ramp(3, 1))
    assert list(compiled.programs) == [((2, 3), (3, 4), (2, 1)), ((3, 3), (3, 3), (3, 1))]
    assert compiled.program((2, 3), (3, 4), (2, 1)) is kept


def test_arrays_that_do_not_fit_each_other():
    a, b, c = ramp(2, 3), ramp(4, 4), ramp(2, 1)
    fault = "`K` is 3 by dimension 1 of `a`, but 4 by dimension 0 of `b`"
    for call in (couloir.compile(product()), lambda *arrays: couloir.run(product(), *arrays)):
        with pytest.raises(couloir.Error, match=fault):
            call(a, b, c)
    with pytest.raises(couloir.Error, match=r"takes 3 arrays \(`a`, `b`, `c`\), 2 were given"):
        couloir.compile(product())(a, b)


def test_a_model_of_known_sizes_is_compiled_at_once():
    module = couloir.compile(product(), dims={"N": 1, "K": 2, "M": 3})
    assert isinstance(module, couloir.Executable)


def test_sizes_that_depend_on_values_stay_an_error():
    node = helper.make_node("NonZero", ["x"], ["y"])
    compiled = couloir.compile(model([node], [info("x", ["N"])], [info("y", None, TensorProto.INT64)]))
    with pytest.raises(couloir.Error, match="NonZero"):
        compiled(ramp(3))


def test_an_input_of_unknown_rank():
    infos = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Neg", ["x"], ["y"])], "main", infos[:1], infos[1:])
    source = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    program = couloir.compile(source)
    for shape in ((2, 3), (), (4,)):
        x = np.ones(shape, np.float32)
        np.testing.assert_array_equal(program(x)[0], -x)
        fixed = couloir.specialize(source, {"x": shape})
        np.testing.assert_array_equal(couloir.run(couloir.lower(fixed), x)[0], -x)


def derived() -> str:
    return """
    func.func @main(%x: tensor<?x?xf32> {onnx.name = "x", onnx.dims = ["b", "2*h + 1"]},
                    %y: tensor<?x?xf32> {onnx.name = "y", onnx.dims = ["b", "h"]},
                    %z: tensor<?xf32> {onnx.name = "z", onnx.dims = ["floordiv(b, 2)"]}) -> tensor<?x?xf32> {
      %t = stablehlo.negate %x : tensor<?x?xf32>
      return %t : tensor<?x?xf32>
    }"""


def test_derived_sizes_follow():
    wanted = ["tensor<6x7xf32>", "tensor<6x3xf32>", "tensor<3xf32>"]
    module = couloir.parse(derived())
    assert types(couloir.specialize(module, dims={"b": 6, "h": 3})) == wanted
    assert types(couloir.specialize(module, {"x": (6, 7)})) == wanted
    assert types(couloir.specialize(module, {"y": (6, 3)})) == wanted
    assert types(couloir.specialize(module, dims={"2*h + 1": 7, "b": 6})) == wanted


@pytest.mark.parametrize(
    ("shapes", "fault"),
    [
        ({"x": (6, 8)}, "`2*h + 1` is 8 by dimension 1 of `x`, which no size `h` makes it"),
        (
            {"x": (6, 7), "y": (6, 4)},
            "the dimension `2*h + 1` is 7 by dimension 1 of `x`, but 9 because `h` is 4 by dimension 1 of `y`",
        ),
        (
            {"x": (6, 7), "z": (2,)},
            "`floordiv(b, 2)` is 2 by dimension 0 of `z`, but 3 because `b` is 6 by dimension 0 of `x`",
        ),
    ],
)
def test_derived_sizes_that_do_not_fit(shapes: dict[str, tuple[int, ...]], fault: str):
    module = couloir.parse(derived())
    with pytest.raises(couloir.Error) as caught:
        couloir.specialize(module, shapes)
    assert fault in str(caught.value)


def test_derived_sizes_are_checked_when_a_model_runs():
    with pytest.raises(couloir.Error, match="but 7 because `h` is 3 by dimension 1 of `y`"):
        couloir.run(couloir.parse(derived()), ramp(6, 8), ramp(6, 3), ramp(3))
    assert couloir.run(couloir.parse(derived()), ramp(6, 7), ramp(6, 3), ramp(3))[0].shape == (6, 7)
