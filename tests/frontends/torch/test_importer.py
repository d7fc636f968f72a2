"""What a model becomes: names, locations, parameters, state, control flow; and what is said about models that cannot be read."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.export import Dim

import couloir
from couloir.dialects import hlo
from couloir.frontends.torch import LOWERINGS, NotLowered, lowers
from couloir.ir.text.printer import operation_text
from tests.frontends.torch.comparing import array, check_model


def module_of(function: Any, **members: Any) -> nn.Module:
    """A module whose `forward` is this function (of the module and the inputs), with these parameters, buffers and modules."""

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, value in members.items():
                if isinstance(value, torch.Tensor) and not isinstance(value, nn.Parameter):
                    self.register_buffer(name, value)
                else:
                    setattr(self, name, value)

    Model.forward = function
    return Model().eval()


def ops(module: couloir.Module) -> list[str]:
    return [op.name.removeprefix("stablehlo.") for op in module.walk() if op.name.startswith("stablehlo.")]


def test_a_model_as_text():
    model = module_of(lambda self, x: torch.relu(self.dense(x)), dense=nn.Linear(2, 3))
    with torch.no_grad():
        model.dense.weight.copy_(torch.arange(6).reshape(3, 2))
        model.dense.bias.zero_()
    assert operation_text(couloir.from_torch(model, (torch.zeros(4, 2),))) == operation_text(
        couloir.parse("""
        func.func @main(%x: tensor<4x2xf32> {onnx.name = "x"}) -> (tensor<4x3xf32> {onnx.name = "output"}) {
          %w = stablehlo.constant dense<[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]> : tensor<3x2xf32>
          %b = stablehlo.constant dense<0.0> : tensor<3xf32>
          %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [1] : (tensor<4x2xf32>, tensor<3x2xf32>) -> tensor<4x3xf32>
          %1 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<3xf32>) -> tensor<4x3xf32>
          %2 = stablehlo.add %0, %1 : tensor<4x3xf32>
          %3 = stablehlo.constant dense<0.0> : tensor<4x3xf32>
          %4 = stablehlo.maximum %2, %3 : tensor<4x3xf32>
          return %4 : tensor<4x3xf32>
        }""")
    )


def test_locations_name_module_node_and_line():
    def forward(self, x):
        return self.inner(x) + 1

    model = module_of(forward, inner=nn.Sequential(nn.Linear(2, 2), nn.Tanh()))
    module = couloir.from_torch(model, (torch.zeros(1, 2),))
    tanh = next(op for op in module.walk() if op.name == "stablehlo.tanh")
    assert tanh.location.label == "inner.1/tanh"
    assert tanh.location.child.file == "test_importer.py"  # not a file of PyTorch
    constant = next(op for op in module.walk() if op.name == "stablehlo.constant")
    assert constant.location.label == "inner.0.weight"


def test_parameters_as_arguments_in_the_order_of_the_state():
    model = module_of(lambda self, x: self.norm(self.conv(x)), conv=nn.Conv2d(1, 2, 3), norm=nn.BatchNorm2d(2))
    x = torch.randn(1, 1, 5, 5)
    module = couloir.from_torch(model, (x,), parameters="arguments")
    (function,) = module.functions
    names = [str(function.argument_attribute(i, "onnx.name").value) for i in range(len(function.arguments))]
    assert names == [*model.state_dict(), "x"]
    values = [array(tensor) for tensor in model.state_dict().values()]
    (found,) = couloir.run(module, *values, array(x))
    np.testing.assert_allclose(found, array(model(x)), atol=1e-6)


def test_constants_are_copies():
    model = module_of(lambda self, x: x * self.scale, scale=torch.full((2,), 3.0))
    module = couloir.from_torch(model, (torch.ones(2),))
    model.scale.zero_()
    np.testing.assert_array_equal(couloir.run(module, np.ones(2, np.float32))[0], [3, 3])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64, torch.int8, torch.bool])
def test_constants_of_every_kind(dtype):
    values = torch.tensor([0, 1, 1, 0]).to(dtype)
    check_model(module_of(lambda self, x: torch.where(x > 0, self.v, self.v[0]), v=values), torch.ones(4), terms=1)


def test_inputs_and_outputs_are_trees():
    def forward(self, pair, *, options):
        a, b = pair
        return {"sum": a + b, "rest": [a * options["scale"], (b, None)]}

    model = module_of(forward)
    args, kwargs = ((torch.ones(2), torch.ones(2)),), {"options": {"scale": torch.tensor(3.0), "unused": 7}}
    module = couloir.from_torch(model, args, kwargs)
    (function,) = module.functions
    count = len(function.function_type.results)
    assert [function.result_attribute(i, "onnx.name").value for i in range(count)] == ["sum", "rest.0", "rest.1.0"]
    found = couloir.run(module, np.ones(2, np.float32), np.full(2, 2, np.float32), np.float32(3))
    np.testing.assert_array_equal(found, [[3, 3], [3, 3], [2, 2]])


def test_a_list_of_outputs_and_a_number():
    module = couloir.from_torch(module_of(lambda self, x: [x, x.shape[0]]), (torch.ones(3),))
    found = couloir.run(module, np.ones(3, np.float32))
    assert found[1] == 3


def test_state_that_the_model_changes_is_a_further_result():
    def forward(self, x):
        self.total += x.sum()
        return x * self.total

    module = couloir.from_torch(module_of(forward, total=torch.tensor(1.0)), (torch.ones(2),))
    (function,) = module.functions
    assert function.result_attribute(1, "torch.mutates").value == "total"
    product, total = couloir.run(module, np.ones(2, np.float32))
    np.testing.assert_array_equal(product, [3, 3])
    assert total == 3


def test_statistics_of_training_are_further_results():
    model = nn.BatchNorm1d(3).train()
    x = torch.randn(5, 3)
    module = couloir.from_torch(model, (x,))
    y, mean, variance, count = couloir.run(module, array(x))
    np.testing.assert_allclose(y, array(model(x)), atol=1e-5)
    np.testing.assert_allclose(mean, array(model.running_mean), atol=1e-6)
    np.testing.assert_allclose(variance, array(model.running_var), atol=1e-6)
    assert count == 1


def test_inputs_that_the_model_changes_are_further_results():
    model = module_of(lambda self, x: x.add_(1).sum())
    total, changed = couloir.run(couloir.from_torch(model, (torch.zeros(2),)), np.zeros(2, np.float32))
    assert total == 2
    np.testing.assert_array_equal(changed, [1, 1])


def test_an_exported_program():
    model = module_of(lambda self, x: torch.sin(x) * 2)
    program = torch.export.export(model, (torch.ones(3),))
    module = couloir.from_torch(program)
    np.testing.assert_allclose(couloir.run(module, np.ones(3, np.float32))[0], 2 * np.sin(np.ones(3)), rtol=1e-6)


def test_without_gradients():
    def forward(self, x):
        with torch.no_grad():
            y = x * 2
        return y + 1

    check_model(module_of(forward), torch.ones(3), terms=1)


# -- control flow ------------------------------------------------------------------------------------------------------


def test_a_branch_is_an_if():
    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda x: x * self.scale, lambda x: x - 1, (x,))

    model = module_of(forward, scale=torch.full((2,), 3.0))
    module = check_model(model, torch.ones(2), terms=1)
    assert ops(module).count("if") == 1
    np.testing.assert_array_equal(couloir.run(module, -np.ones(2, np.float32))[0], [-2, -2])


def test_a_loop_is_a_while():
    def forward(self, x, n):
        return torch.while_loop(lambda x, n: n > 0, lambda x, n: (x * 2 + 1, n - 1), (x, n))

    module = check_model(module_of(forward), torch.ones(2), torch.tensor(3), terms=1)
    assert ops(module).count("while") == 1
    np.testing.assert_array_equal(couloir.run(module, np.ones(2, np.float32), np.asarray(0))[0], [1, 1])


# -- sizes -------------------------------------------------------------------------------------------------------------


def test_sizes_are_computed():
    def forward(self, x):
        n = x.shape[0]
        padded = torch.cat([x, x.new_zeros(n // 2 + 1, 2)])
        return padded.view(-1)[: 2 * n - 1], torch.arange(n * 3 + 2), x[1:], x.new_full((n % 3 + 2,), n)

    model = module_of(forward)
    module = couloir.from_torch(model, (torch.zeros(4, 2),), dynamic_shapes={"x": {0: Dim("n", min=3, max=50)}})
    (function,) = module.functions
    labels = [function.result_attribute(i, "onnx.dims") for i in range(4)]
    assert [str(label[0]).strip('"') for label in labels[:2]] == ["2*n - 1", "3*n + 2"]
    for n in (3, 5, 9):
        x = torch.randn(n, 2)
        for found, expected in zip(couloir.run(module, array(x)), model(x), strict=True):
            np.testing.assert_array_equal(found, array(expected))
        fixed = couloir.specialize(module, dims={"n": n})
        for found, expected in zip(couloir.run(fixed, array(x)), model(x), strict=True):
            np.testing.assert_array_equal(found, array(expected))


def test_sizes_of_inputs_that_are_expressions():
    """`2 * n + 1` tells n as well; and quotients of sizes, and what is made whole from them, are real numbers for a while."""

    def forward(self, x):
        n = (x.shape[0] - 1) // 2
        whole = x.new_ones(math.floor(x.shape[0] * 0.7), math.ceil(x.shape[0] * 1.3), n)
        half = nn.functional.interpolate(x[None, None], size=(n, 5), mode="bilinear")
        return x * (1 / x.shape[0]), x / x.shape[0] ** 0.5, whole, half

    model = module_of(forward)
    module = couloir.from_torch(model, (torch.randn(9, 3),), dynamic_shapes=({0: 2 * Dim("n", min=3, max=99) + 1},))
    for n in (3, 6):
        x = torch.randn(2 * n + 1, 3)
        for run in (module, couloir.specialize(module, [x.shape])):
            for found, expected in zip(couloir.run(run, array(x)), model(x), strict=True):
                np.testing.assert_allclose(found, array(expected), rtol=8 * np.finfo(np.float32).eps, atol=1e-6)


def test_names_of_dimensions_by_place_and_by_keyword():
    model = module_of(lambda self, x, *, y: x @ y)
    n, k = Dim("n"), Dim("k")
    module = couloir.from_torch(
        model,
        (torch.zeros(3, 4),),
        {"y": torch.zeros(4, 5)},
        dynamic_shapes={"x": {0: n, 1: k}, "y": {0: k}},
    )
    (function,) = module.functions
    assert str(function.argument_attribute(0, "onnx.dims")) == '["n", "k"]'
    assert str(function.argument_attribute(1, "onnx.dims")) == '["k", ""]'
    assert str(function.result_attribute(0, "onnx.dims")) == '["n", ""]'


OPEN = {
    (4, 3): [
        lambda x: x.softmax(-1).mean(0, keepdim=True),
        lambda x: torch.nn.functional.pad(x, (1, 2), value=3.0)[:, 1:],
        lambda x: x[:, None].expand(-1, 5, -1).reshape(-1, x.shape[-1]),
        lambda x: x.index_select(1, torch.tensor([2, 0])),
        lambda x: x.argmax(0) + x.max(1)[1].sum(),
        lambda x: x.sort(1, descending=True)[0] + x.cumsum(1),
        lambda x: torch.einsum("nk,mk->nm", x, x),
        lambda x: x.tril() + x.flip(0).roll(1, 1),
        lambda x: x.repeat(2, 3) * x.std(),
        lambda x: x.scatter_add(1, torch.zeros_like(x, dtype=torch.int64), x),
    ],
    (2, 3, 8, 8): [
        lambda x: torch.nn.functional.max_pool2d(x, 3, 2, 1),
        lambda x: torch.nn.functional.avg_pool2d(x, 3, 2, 1, count_include_pad=False),
        lambda x: torch.nn.functional.interpolate(x, scale_factor=2),
        lambda x: torch.nn.functional.group_norm(x, 3),
    ],
}


def test_the_text_of_an_open_module_is_compiled_for_a_size(tmp_path):
    model = module_of(lambda self, x: torch.relu(x) + 1)
    module = couloir.from_torch(model, (torch.zeros(2, 3),), dynamic_shapes=({0: Dim("n")},))
    (tmp_path / "open.mlir").write_text(operation_text(module))
    with pytest.raises(couloir.Error, match="no dimension `m`"):
        couloir.load(tmp_path / "open.mlir", dims={"m": 2})
    fixed = couloir.load(tmp_path / "open.mlir", dims={"n": 4})
    assert str(fixed.functions[0].function_type) == "(tensor<4x3xf32>) -> tensor<4x3xf32>"


@pytest.mark.parametrize("sizes", OPEN, ids=str)
def test_operators_with_an_open_first_dimension(sizes):
    model = module_of(lambda self, x: [function(x) for function in OPEN[sizes]])
    module = couloir.from_torch(model, (torch.randn(sizes),), dynamic_shapes=({0: Dim("n", min=2, max=64)},))
    for n in (2, 5):
        x = torch.randn(n, *sizes[1:])
        for run in (module, couloir.specialize(module, dims={"n": n})):
            for found, expected in zip(couloir.run(run, array(x)), model(x), strict=True):
                np.testing.assert_allclose(found, array(expected), atol=1e-5)


# -- lowerings of one's own --------------------------------------------------------------------------------------------


@pytest.fixture
def twice():
    """An operator that nobody knows."""
    operator = torch.library.custom_op(
        "couloir_test::twice", lambda x: x * 2, mutates_args=(), schema="(Tensor x) -> Tensor"
    )
    operator.register_fake(lambda x: torch.empty_like(x))
    yield torch.ops.couloir_test.twice
    LOWERINGS.pop("couloir_test.twice", None)


def test_a_lowering_of_one_s_own_is_one_line(twice):
    model = module_of(lambda self, x: twice(x) + 1)
    with pytest.raises(couloir.Error, match=r"couloir_test\.twice"):
        couloir.from_torch(model, (torch.ones(2),))
    lowers("couloir_test.twice")(lambda node, x: hlo.Add(x, x))
    (found,) = couloir.run(couloir.from_torch(model, (torch.ones(2),)), np.ones(2, np.float32))
    np.testing.assert_array_equal(found, [3, 3])


def test_a_lowering_that_gives_the_wrong_type_is_told_so(twice):
    lowers("couloir_test.twice")(lambda node, x: hlo.Compare(x, x, hlo.ComparisonDirection.EQ))
    model = module_of(lambda self, x: twice(x))
    with pytest.raises(couloir.Error, match="gives `tensor<2xi1>`, but PyTorch says `tensor<2xf32>`"):
        couloir.from_torch(model, (torch.ones(2),))


def test_a_lowering_may_decline(twice):
    @lowers("couloir_test.twice")
    def decline(node, x):
        raise NotLowered("it is Tuesday")

    with pytest.raises(couloir.Error, match="it is Tuesday"):
        couloir.from_torch(module_of(lambda self, x: twice(x)), (torch.ones(2),))


# -- what cannot be read -----------------------------------------------------------------------------------------------


def test_everything_unsupported_is_said_at_once():
    def forward(self, x):
        a = torch.linalg.svd(x)[1]
        b = torch.linalg.svd(x + 1)[1]
        return a + b + torch.randn(2), torch.histc(x)

    with pytest.raises(couloir.Error) as error:
        couloir.from_torch(module_of(forward), (torch.ones(2, 2),))
    text = str(error.value)
    assert "4 nodes of 3 kinds cannot be lowered to StableHLO" in text
    assert "2 x `aten._linalg_svd.default`: there is no lowering for this operator" in text
    assert "1 x `aten.randn.default`: it makes random numbers" in text
    assert "(test_importer.py:" in text
    assert "couloir.frontends.torch.lowers" in text


def test_training_is_told_to_end():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).train()
    with pytest.raises(couloir.Error, match="it drops elements at random") as error:
        couloir.from_torch(model, (torch.ones(1, 2),))
    assert "call `model.eval()` first" in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((lambda x: x, (torch.ones(1),)), {}, "an nn.Module or an ExportedProgram is needed, not a function"),
        ((nn.ReLU(), torch.ones(1)), {}, r"`args` is a tuple with the positional arguments, not a Tensor"),
        ((nn.ReLU(), (torch.ones(1),), [1]), {}, r"`kwargs` maps the names of arguments to them; it is a list"),
        ((nn.ReLU(),), {}, "ReLU cannot be exported: TypeError"),
        ((nn.Linear(2, 3), (torch.ones(5),)), {}, "Linear cannot be exported"),
        ((nn.ReLU(), (torch.ones(1),)), {"parameters": "both"}, "`parameters` is 'constants' or 'arguments', not 'both'"),
        ((nn.ReLU(), (torch.ones(1),)), {"via": "jit"}, "`via` is 'aten' or 'onnx', not 'jit'"),
        ((nn.ReLU(), (torch.ones(1),)), {"via": "onnx", "parameters": "arguments"}, "parameters are constants"),
        ((nn.ReLU(), (torch.ones(2),)), {"dynamic_shapes": {"y": {0: Dim("n")}}}, "ReLU cannot be exported"),
        ((nn.ReLU(), (torch.ones(2).to_sparse(),)), {}, "the layout `torch.sparse_coo`, which is not dense"),
        ((module_of(lambda self, x: x if x.sum() > 0 else -x), (torch.ones(2),)), {}, "cannot be exported"),
        ((module_of(lambda self, x: {}["no"]), (torch.ones(2),)), {}, "cannot be exported: KeyError"),
        ((module_of(lambda self, x: x[x > 0]), (torch.ones(2),)), {}, "depends on its elements"),
        ((module_of(lambda self, x: x.nonzero()), (torch.ones(2),)), {}, "aten.nonzero.default"),
        ((module_of(lambda self, x: "text"), (torch.ones(2),)), {}, "is a str, which is no tensor"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(arguments, options, message):
    with pytest.raises(couloir.Error, match=message):
        couloir.from_torch(*arguments, **options)


def test_an_exported_program_takes_no_inputs():
    program = torch.export.export(nn.ReLU(), (torch.ones(2),))
    with pytest.raises(couloir.Error, match="exported already"):
        couloir.from_torch(program, (torch.ones(2),))


def test_a_script_is_no_module():
    with pytest.warns(DeprecationWarning):
        script = torch.jit.script(nn.ReLU())
    with pytest.raises(couloir.Error, match="TorchScript"):
        couloir.from_torch(script, (torch.ones(2),))


@pytest.mark.parametrize("via", ["aten", "onnx"])
def test_without_pytorch_it_is_said_what_to_install(via, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(couloir.Error, match="PyTorch is not installed") as error:
        couloir.from_torch(object(), via=via)
    assert "pip install couloir[torch]" in str(error.value)


def test_pytorch_is_imported_only_when_a_model_is_read():
    code = "import sys, couloir; couloir.from_torch; import couloir.frontends.torch; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
