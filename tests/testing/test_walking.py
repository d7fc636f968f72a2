"""Random steps between programs on which a rule fires: each verifies, and they lead away from what says nothing."""

from __future__ import annotations

from random import Random

import couloir
from couloir.dialects import hlo
from couloir.ir.rewriting import apply_rules
from couloir.passes.simplification.slicing import SliceOfPad
from couloir.testing.rewrites.walking import Walk, step

NOTHING = """
func.func @main(%x: tensor<3x2xf32>, %v: tensor<f32>) -> tensor<0x0xf32> {
  %0 = stablehlo.pad %x, %v, low = [0, 0], high = [0, 0], interior = [0, 0] : (tensor<3x2xf32>, tensor<f32>) -> tensor<3x2xf32>
  %1 = stablehlo.slice %0 [0:0, 0:0] : (tensor<3x2xf32>) -> tensor<0x0xf32>
  return %1 : tensor<0x0xf32>
}
"""


def test_each_step_is_a_program_that_verifies():
    rng = Random(0)
    here, texts = couloir.parse(NOTHING), set()
    for _ in range(60):
        there = step(here, rng)
        if there is not None:
            couloir.verify(there)
            texts.add(str(there))
            here = there
    assert len(texts) > 15


def test_a_walk_finds_where_the_rule_has_something_to_do():
    def fires(module):
        return apply_rules(module.clone(), [SliceOfPad], erase_dead=False).applications > 0

    walk, rng = Walk(fires), Random(0)
    walk.add(couloir.parse(NOTHING), rng)
    found = [module for module in (walk.program(rng) for _ in range(150)) if module is not None]
    assert all(map(fires, found))
    pads = [op for module in found for op in module.walk() if isinstance(op, hlo.Pad)]
    assert any(any(pad.edge_padding_low) for pad in pads)
    slices = [op for module in found for op in module.walk() if isinstance(op, hlo.Slice)]
    assert any(op.result.type.size > 1 for op in slices)


SCALARS = """
func.func @main(%x: tensor<i32>, %v: tensor<i32>) -> tensor<i32> {
  %0 = stablehlo.pad %x, %v, low = [], high = [], interior = [] : (tensor<i32>, tensor<i32>) -> tensor<i32>
  %1 = stablehlo.slice %0 [] : (tensor<i32>) -> tensor<i32>
  %2 = stablehlo.reverse %1, dims = [] : tensor<i32>
  return %2 : tensor<i32>
}
"""


def test_steps_lead_from_scalars_to_tensors_of_several_dimensions():
    walk, rng = Walk(lambda module: True), Random(0)
    walk.add(couloir.parse(SCALARS), rng)
    found = [module for module in (walk.program(rng) for _ in range(40)) if module is not None]
    slices = [op for module in found for op in module.walk() if isinstance(op, hlo.Slice)]
    assert {1, 2, 3} <= {op.result.type.rank for op in slices}
    assert any(op.result.type.size > 4 and any(op.start_indices) for op in slices)
    pads = [op for module in found for op in module.walk() if isinstance(op, hlo.Pad)]
    assert any(any(pad.interior_padding) for pad in pads)
    assert all(pad.padding_value.type.rank == 0 for pad in pads)
