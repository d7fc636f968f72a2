"""Random steps between programs on which a rule fires: each verifies, and they lead away from what says nothing."""

from __future__ import annotations

from itertools import islice
from random import Random

import numpy as np

import couloir
from couloir.dialects import hlo
from couloir.ir.rewriting import apply_rules
from couloir.ir.rewriting.rule import as_rewrite
from couloir.ir.types import ComplexType, FloatType, IntegerType, dtype_of, f32, f64, i32
from couloir.passes.simplification.convolution import ConvolutionOfPad
from couloir.passes.simplification.slicing import SliceOfPad
from couloir.testing.rewrites.changes import with_element_type
from couloir.testing.rewrites.programs import labelled_programs
from couloir.testing.rewrites.skeletons import Grower
from couloir.testing.rewrites.walking import IN_TURN, Walk, step

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
    walk, rng = Walk(lambda module: True, forgets=False), Random(0)
    walk.add(couloir.parse(SCALARS), rng)
    found = [module for module in (walk.program(rng) for _ in range(60)) if module is not None]
    slices = [op for module in found for op in module.walk() if isinstance(op, hlo.Slice)]
    assert {2, 3} <= {op.result.type.rank for op in slices}
    assert any(op.result.type.size > 4 and any(op.start_indices) for op in slices)
    pads = [op for module in found for op in module.walk() if isinstance(op, hlo.Pad)]
    assert any(any(pad.interior_padding) for pad in pads)
    assert all(pad.padding_value.type.rank == 0 for pad in pads)


def steps_from(text, count=600):
    """Programs one step away, and what they are made of."""
    rng, start = Random(1), couloir.parse(text)
    found = [module for module in (step(start, rng) for _ in range(count)) if module is not None]
    assert len(found) > count / 10
    return found


REDUCTIONS = """
func.func @main(%x: tensor<2x3x4xf32>) -> tensor<4xf32> {
  %c = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = stablehlo.reduce(%x init: %c) applies stablehlo.add across dimensions = [0]
    : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<3x4xf32>
  %1 = stablehlo.reduce(%0 init: %c) applies stablehlo.add across dimensions = [0]
    : (tensor<3x4xf32>, tensor<f32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}
"""


def test_bodies_change_one_by_one_and_all_at_once():
    bodies = []
    for module in steps_from(REDUCTIONS):
        reductions = [op for op in module.walk() if isinstance(op, hlo.Reduce)]
        bodies.append(tuple(op.body.block.first_op.name.partition(".")[2] for op in reductions))
    assert any(a != b for a, b in bodies) and any(a == b != "add" for a, b in bodies)


def test_constants_change_come_and_go_and_element_types_change_in_bodies_too():
    found = steps_from(REDUCTIONS, 1000)
    constants = [[op for op in module.walk() if isinstance(op, hlo.Constant)] for module in found]
    assert {0, 1, 2} <= {len(each) for each in constants}
    assert any(each and each[0].value.array.any() for each in constants)
    reductions = [next(op for op in module.walk() if isinstance(op, hlo.Reduce)) for module in found]
    elements = {op.body.block.arguments[0].type.element_type for op in reductions}
    assert f64 in elements and any(isinstance(element, IntegerType) for element in elements)


CONVOLUTION = """
func.func @main(%x: tensor<2x5x3xi8>, %w: tensor<2x3x4xi8>) -> tensor<2x4x4xi8> {
  %0 = stablehlo.convolution(%x, %w) dim_numbers = [b, 0, f]x[0, i, o]->[b, 0, f], window = {}
    {batch_group_count = 1 : i64, feature_group_count = 1 : i64} : (tensor<2x5x3xi8>, tensor<2x3x4xi8>) -> tensor<2x4x4xi8>
  return %0 : tensor<2x4x4xi8>
}
"""


def test_attributes_that_were_left_out_come():
    convolutions = [
        next(op for op in m.walk() if isinstance(op, hlo.Convolution)) for m in steps_from(CONVOLUTION, 1200)
    ]
    assert {1, 2} <= {op.window_strides[0] for op in convolutions if op.window_strides}
    assert any(op.window_reversal for op in convolutions) and any(op.padding for op in convolutions)
    given = [
        [op.window_strides, op.padding, op.lhs_dilation, op.rhs_dilation, op.window_reversal] for op in convolutions
    ]
    assert any(sum(map(bool, each)) > 1 for each in given)  # two at once


def test_an_operand_becomes_another_value():
    twice = """
    func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
      %0 = stablehlo.subtract %x, %x : tensor<3xf32>
      return %0 : tensor<3xf32>
    }"""
    found = [next(op for op in m.walk() if isinstance(op, hlo.Subtract)) for m in steps_from(twice, 200)]
    assert any(op.lhs is not op.rhs and op.rhs.defining_op is None for op in found)


def test_constants_become_infinite_and_nan():
    constants = [op for m in steps_from(COMPARED, 1200) for op in m.walk() if isinstance(op, hlo.Constant)]
    numbers = {float(op.value.array.flat[0]) for op in constants if op.value.type.element_type is f32}
    assert np.inf in numbers
    assert any(np.isnan(number) for number in numbers)


def test_operands_are_exchanged():
    difference = """
    func.func @main(%x: tensor<3xf32>, %y: tensor<3xf32>) -> tensor<3xf32> {
      %0 = stablehlo.subtract %x, %y : tensor<3xf32>
      return %0 : tensor<3xf32>
    }"""
    found = [next(op for op in m.walk() if isinstance(op, hlo.Subtract)) for m in steps_from(difference)]
    assert any(op.lhs.index == 1 and op.rhs.index == 0 for op in found)


def test_unknown_sizes_become_known():
    unknown = """
    func.func @main(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
      %0 = stablehlo.abs %x : tensor<?x3xf32>
      return %0 : tensor<?x3xf32>
    }"""
    found = [next(op for op in m.walk() if isinstance(op, hlo.Abs)) for m in steps_from(unknown, 200)]
    assert any(op.result.type.is_static for op in found)


def test_walks_end_with_sizes_that_are_declared_as_unknown():
    dot = """
    func.func @main(%x: tensor<2x3xi32>, %y: tensor<3x4xi32>) -> tensor<2x4xi32> {
      %0 = stablehlo.dot_general %x, %y, contracting_dims = [1] x [0] : (tensor<2x3xi32>, tensor<3x4xi32>) -> tensor<2x4xi32>
      return %0 : tensor<2x4xi32>
    }"""

    def known_though_declared_otherwise(module):
        op = next(op for op in module.walk() if isinstance(op, hlo.DotGeneral))
        return op.lhs.type.is_static and op.rhs.type.is_static and not op.result.type.is_static

    walk, rng = Walk(lambda module: True), Random(0)
    walk.add(couloir.parse(dot), rng)
    found = [module for module in (walk.program(rng) for _ in range(60)) if module is not None]
    for module in found:
        couloir.verify(module)
    assert sum(map(known_though_declared_otherwise, found)) > 3
    assert sum(map(known_though_declared_otherwise, walk.corpus)) < sum(map(known_though_declared_otherwise, found))


def test_walks_end_with_sizes_that_are_nothing():
    walk, rng = Walk(lambda module: True), Random(0)
    walk.add(couloir.parse(REDUCTIONS), rng)
    found = [module for module in (walk.program(rng) for _ in range(60)) if module is not None]
    reductions = [op for module in found for op in module.walk() if isinstance(op, hlo.Reduce)]
    assert any(0 in op.inputs[0].type.dims for op in reductions)


def test_an_operand_becomes_a_result_that_was_there_before():
    both = """
    func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
      %0 = stablehlo.abs %x : tensor<3xf32>
      %1 = stablehlo.sine %x : tensor<3xf32>
      %2 = stablehlo.negate %1 : tensor<3xf32>
      return %2 : tensor<3xf32>
    }"""
    found = [next(op for op in m.walk() if isinstance(op, hlo.Negate)) for m in steps_from(both, 300)]
    assert any(isinstance(op.operand.defining_op, hlo.Abs) for op in found)


def test_walks_forget_nothing_for_those_who_do_not_ask():
    walk, rng = Walk(lambda module: True, forgets=False), Random(0)
    walk.add(couloir.parse(SCALARS), rng)
    for module in (walk.program(rng) for _ in range(40)):
        if module is not None:
            sizes = [value.type.dims for op in module.walk() for value in (*op.operands, *op.results)]
            known = [argument.type.is_static for op in module.ops for argument in op.entry.arguments]
            assert not all(known) or not any(None in dims for dims in sizes)


def test_each_kind_of_element_type_has_its_turn():
    def fires(module):
        return any(isinstance(op, hlo.Negate) for op in module.walk())

    walk, rng = Walk(fires), Random(0)
    assert walk.retyped(rng) is None  # there is nothing to start from
    walk.add(couloir.parse(COMPARED), rng)
    found = [walk.retyped(rng) for _ in range(len(IN_TURN))]
    types = {op.operand.type.element_type for module in found for op in module.walk() if isinstance(op, hlo.Negate)}
    assert {ComplexType(f32), i32, FloatType("f4E2M1FN")} <= types
    constants = [op for module in found for op in module.walk() if isinstance(op, hlo.Constant)]
    assert all(op.value.array.dtype == dtype_of(op.output.type.element_type) for op in constants)
    walk.fires = lambda module: False
    assert walk.retyped(rng) is None


def test_vectors_have_no_sizes_that_are_not_known():
    text = "func.func @main(%x: vector<2x3xf32>) -> vector<2x3xf32> { %0 = arith.negf %x : vector<2x3xf32>\nreturn %0 : vector<2x3xf32> }"
    walk, rng = Walk(lambda module: True), Random(0)
    walk.add(couloir.parse(text), rng)
    found = [module for module in (walk.program(rng) for _ in range(60)) if module is not None]
    assert len(found) > 10


def test_a_bound_may_be_a_scalar_or_a_tensor():
    ops = [op for module in steps_from(CLAMPED) for op in module.walk() if isinstance(op, hlo.Clamp)]
    ranks = {(op.min.type.rank, op.max.type.rank) for op in ops}
    assert {(0, 2), (2, 0)} <= ranks


CLAMPED = """
func.func @main(%x: tensor<2x3xf32>, %low: tensor<f32>) -> tensor<2x3xf32> {
  %high = stablehlo.constant dense<2.0> : tensor<f32>
  %0 = stablehlo.clamp %low, %x, %high : (tensor<f32>, tensor<2x3xf32>, tensor<f32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
"""


def test_the_least_number_stays_the_least_in_another_element_type():
    program = couloir.parse(COMPARED.replace("f32", "i8").replace("2.0", "-128"))
    for element, least in ((f32, -np.inf), (i32, -(2**31)), (IntegerType(8, "unsigned"), 0)):
        (constant,) = (op for op in with_element_type(program, element).walk() if isinstance(op, hlo.Constant))
        assert (constant.value.array == least).all()


def test_another_element_type_of_the_arguments_alone():
    """The absolute value of complex numbers is real, and so is what it is compared with."""
    program = couloir.parse(COMPARED.replace("negate", "abs"))
    found = with_element_type(program, ComplexType(f32))
    (absolute,) = (op for op in found.walk() if isinstance(op, hlo.Abs))
    assert (absolute.operand.type.element_type, absolute.result.type.element_type) == (ComplexType(f32), f32)


COMPARED = """
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xi1> {
  %0 = stablehlo.negate %x : tensor<2x3xf32>
  %1 = stablehlo.constant dense<2.0> : tensor<2x3xf32>
  %2 = stablehlo.compare EQ, %0, %1 : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2x3xi1>
  return %2 : tensor<2x3xi1>
}
"""


def test_programs_are_seldom_made_anew_where_that_does_not_work_out(monkeypatch):
    """A rule on a convolution of a padded tensor has examples; hardly any such program is grown by chance, and each attempt is dear."""
    grown: list[bool] = []
    grow = Grower.grow

    def counted(self, *arguments, **options):
        grown.append(True)
        return grow(self, *arguments, **options)

    monkeypatch.setattr(Grower, "grow", counted)
    made = list(islice(labelled_programs(as_rewrite(ConvolutionOfPad), 0), 30))
    assert sum(program.fires for program in made) > 25
    assert len(grown) < 60
