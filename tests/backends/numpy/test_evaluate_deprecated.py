"""StableHLO's deprecated and dynamic ops, against NumPy and XLA."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from couloir.backends.numpy import run
from couloir.dialects import hlo
from couloir.ir.errors import Error
from couloir.ir.text.parser import parse_module_op
from tests.backends.numpy.programs import program
from tests.backends.numpy.xla import run_on_xla


def whole(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(-4, 5, shape).astype("f4")


@pytest.mark.parametrize(
    ("config", "left", "right"),
    [
        ("ab,bc->ac", (2, 3), (3, 4)),
        ("bij,bjk->kbi", (2, 3, 4), (2, 4, 5)),
        ("aab,bc->ca", (2, 2, 3), (3, 4)),
        ("ab,cd->db", (2, 3), (4, 5)),
        ("i,i->", (4,), (4,)),
        ("i,j->ji", (4,), (3,)),
    ],
)
def test_einsum(config: str, left: Any, right: Any) -> None:
    x, y = whole(*left), whole(*right, seed=1)
    (found,) = run(program([x, y], lambda a, b: hlo.Einsum(a, b, config)), x, y)
    np.testing.assert_array_equal(found, np.einsum(config, x, y))


@pytest.mark.parametrize(("config", "shape"), [("ab->ba", (2, 3)), ("abb->a", (2, 3, 3)), ("ab->", (2, 3))])
def test_unary_einsum(config: str, shape: Any) -> None:
    x = whole(*shape)
    (found,) = run(program([x], lambda a: hlo.UnaryEinsum(a, config)), x)
    np.testing.assert_array_equal(found, np.einsum(config, x))


def test_broadcast() -> None:
    x = whole(2, 3)
    (found,) = run(program([x], lambda a: hlo.Broadcast(a, (4, 1))), x)
    np.testing.assert_array_equal(found, np.broadcast_to(x, (4, 1, 2, 3)))


def test_torch_index_select() -> None:
    x, index = whole(2, 5, 3), np.array([[4, 0, 4], [1, 9, -1]], "i4")
    (found,) = run(program([x, index], lambda a, i: hlo.TorchIndexSelect(a, i, 1, 1)), x, index)
    np.testing.assert_array_equal(found, np.stack([x[0][[4, 0, 4]], x[1][[1, 4, 0]]]))
    (found,) = run(program([x, index], lambda a, i: hlo.TorchIndexSelect(a, i, 1, 0)), x, index)
    np.testing.assert_array_equal(found, x[:, np.clip(index, 0, 4)])


def test_a_dimension_gets_a_size() -> None:
    x = whole(4, 3)
    module = program([x, np.int32(0)], lambda a, n: hlo.SetDimensionSize(a, n, 0))
    np.testing.assert_array_equal(run(module, x, np.int32(2))[0], x[:2])
    with pytest.raises(Error, match="sets dimension 0 of size 4 to 5"):
        run(module, x, np.int32(5))


def test_a_convolution_is_padded_by_an_operand() -> None:
    x, w = whole(2, 4, 8, 8), whole(6, 4, 3, 3, seed=1)
    head = "func.func @main(%x: tensor<2x4x8x8xf32>, %w: tensor<6x4x3x3xf32>"
    numbers = "batch_group_count = 1 : i64, dimension_numbers = #stablehlo.conv<[b, f, 0, 1]x[o, i, 0, 1]->[b, f, 0, 1]>, feature_group_count = 1 : i64, window_strides = array<i64: 2, 1>"

    def text(op: str, extra: str, types: str, result: str, operands: str, options: str) -> str:
        return f"""{head}{extra}) -> {result} {{
          %0 = "stablehlo.{op}"(%x, %w{operands}) <{{{numbers}{options}}}>
            : (tensor<2x4x8x8xf32>, tensor<6x4x3x3xf32>{types}) -> {result}
          return %0 : {result}
        }}"""

    dynamic = text("dynamic_conv", ", %p: tensor<2x2xi32>", ", tensor<2x2xi32>", "tensor<2x6x?x?xf32>", ", %p", "")
    static = text(
        "convolution", "", "", "tensor<2x6x4x9xf32>", "", ", padding = dense<[[1, 0], [2, 1]]> : tensor<2x2xi64>"
    )
    (found,) = run(parse_module_op(dynamic), x, w, np.array([[1, 0], [2, 1]], "i4"))
    (wanted,) = run_on_xla(parse_module_op(static), x, w)
    np.testing.assert_array_equal(found, wanted)
    fixed = dynamic.replace("?x?", "4x8")
    with pytest.raises(Error, match="is told to give the shape"):
        run(parse_module_op(fixed), x, w, np.array([[1, 0], [2, 1]], "i4"))


@pytest.mark.parametrize(("left", "right"), [((2, 3), (3, 4)), ((2, 3), (3,)), ((3,), (3, 4)), ((3,), (3,))])
def test_dot(left: Any, right: Any) -> None:
    x, y = whole(*left), whole(*right, seed=1)
    module = program([x, y], hlo.Dot)
    np.testing.assert_array_equal(run(module, x, y)[0], x @ y)
    np.testing.assert_array_equal(run_on_xla(module, x, y)[0], x @ y)
