"""Collectives in compiled programs, which run on one device."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import couloir
from couloir.ir.errors import Error
from tests.passes.loop_programs import agree, lowered

TEXT = """
func.func @main(%x: tensor<2x3xf32>) -> (tensor<ui32>, tensor<ui32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %r = stablehlo.replica_id : tensor<ui32>
  %p = stablehlo.partition_id : tensor<ui32>
  %g = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = dense<0> : tensor<1x1xi64>}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %s = "stablehlo.all_reduce"(%g) <{replica_groups = dense<GROUP> : tensor<1xCOUNTxi64>}> ({
  ^bb0(%a: tensor<f32>, %b: tensor<f32>):
    %c = stablehlo.add %a, %b : tensor<f32>
    stablehlo.return %c : tensor<f32>
  }) : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %t = "stablehlo.all_to_all"(%s) <{split_dimension = 1 : i64, concat_dimension = 0 : i64, split_count = 1 : i64, replica_groups = dense<0> : tensor<1x1xi64>}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %b = "stablehlo.collective_broadcast"(%x) <{replica_groups = dense<0> : tensor<1x1xi64>}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %same = "stablehlo.collective_permute"(%x) <{source_target_pairs = dense<0> : tensor<1x2xi64>}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %none = "stablehlo.collective_permute"(%x) <{source_target_pairs = dense<> : tensor<0x2xi64>}> : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %r, %p, %t, %b, %same, %none, %s : tensor<ui32>, tensor<ui32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}
"""


def test_who_is_alone_gets_back_what_it_gives(tmp_path: Path) -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    module = couloir.parse(TEXT.replace("GROUP", "0").replace("COUNT", "1"))
    _, _, gathered, _, _, nothing, _ = agree(module, [x], tmp_path)
    np.testing.assert_array_equal(gathered, x)
    assert not nothing.any()


def test_other_devices_are_refused() -> None:
    with pytest.raises(Error, match=r"1 x `stablehlo.all_reduce`"):
        lowered(couloir.parse(TEXT.replace("GROUP", "[[0, 1]]").replace("COUNT", "2")))
    with pytest.raises(Error, match=r"1 x `stablehlo.collective_permute`"):
        text = TEXT.replace("GROUP", "0").replace("COUNT", "1")
        lowered(couloir.parse(text.replace("source_target_pairs = dense<0>", "source_target_pairs = dense<[[0, 1]]>")))
