"""Shardy's dialect: JAX's texts with meshes and random keys are read, and run on one device."""

from __future__ import annotations

import numpy as np
import pytest

import couloir

KEYS = """
module @jit_split {
  sdy.mesh @empty_mesh = <[]> {stablehlo.mesh = {axes = []}}
  func.func public @main(%arg0: tensor<2xui32>) -> (tensor<2xui32> {jax.result_info = "result"}) {
    %0 = sdy.sharding_constraint %arg0 <@empty_mesh, [{}]> : tensor<2xui32>
    %1 = sdy.reshard %0 <@empty_mesh, [{?}]> : tensor<2xui32>
    sdy.sharding_group %1 group_id=3 : tensor<2xui32>
    %2 = stablehlo.add %1, %0 : tensor<2xui32>
    return %2 : tensor<2xui32>
  }
}
"""

MANUAL = """
module {
  sdy.mesh @mesh = <["x"=2]>
  func.func @main(%arg0: tensor<4xf32>) -> tensor<4xf32> {
    %0 = sdy.manual_computation(%arg0) in_shardings=[<@mesh, [{"x"}]>] out_shardings=[<@mesh, [{"x"}]>] manual_axes={"x"} (%arg1: tensor<PARTxf32>) {
      %1 = stablehlo.negate %arg1 : tensor<PARTxf32>
      sdy.return %1 : tensor<PARTxf32>
    } : (tensor<4xf32>) -> tensor<4xf32>
    return %0 : tensor<4xf32>
  }
}
"""


@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_shardings_do_not_change_what_is_computed(backend):
    x = np.array([3, 4], np.uint32)
    (result,) = couloir.run(couloir.parse(KEYS), x, backend=backend)
    assert result.tolist() == [6, 8]


def test_the_part_of_one_device_is_the_whole():
    x = np.arange(4, dtype=np.float32)
    (result,) = couloir.run(couloir.parse(MANUAL.replace("PART", "4")), x)
    assert result.tolist() == [0, -1, -2, -3]


def test_several_devices_are_refused_with_what_to_do():
    with pytest.raises(couloir.Error, match="divides its operands among devices") as caught:
        couloir.run(couloir.parse(MANUAL.replace("PART", "2")), np.zeros(4, np.float32))
    assert "run_devices" in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<[]>", "", "expected `<`"),
        ("<[]>", "<[>", "closes another bracket"),
        ("<@empty_mesh, [{}]>", "", "expected `<`"),
        ("<@empty_mesh, [{}]>", "<@empty_mesh, [{}]", "before this bracket is closed|closes another"),
        ("group_id=3", "group_id=x", "number"),
    ],
)
def test_damaged_texts(old, new, said):
    with pytest.raises(couloir.ParseError, match=said):
        couloir.parse(KEYS.replace(old, new, 1))


def test_a_body_that_does_not_fit():
    text = MANUAL.replace("PART", "4").replace("sdy.return %1 : tensor<4xf32>", "sdy.return")
    with pytest.raises(couloir.Error, match="the body returns 0 values, there are 1 results"):
        couloir.parse(text)
