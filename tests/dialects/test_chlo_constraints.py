"""Every constraint of the CHLO ops: what breaks it, and no other, is refused with the constraint's sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from couloir.dialects import chlo, hlo
from couloir.dialects.quant import UniformType
from couloir.dialects.shapes import inside
from couloir.ir.attributes import DenseArrayAttr, FloatAttr, IntegerAttr, StringAttr
from couloir.ir.constraints import Holds
from couloir.ir.operation import Block, Region
from couloir.ir.registry import REGISTRY
from couloir.ir.types import TensorType, f32, f64, i1, i8, i32, i64


def add(lhs: Any, rhs: Any, dimensions: Any = None) -> Callable[[Any], Any]:
    return lambda b: chlo.BroadcastAdd(b.tensor(*lhs), b.tensor(*rhs), dimensions)


def ragged(
    lhs: Any = (11, 5), sizes: Any = (3,), result: Any = (11, 7), precisions: int = 2, rhs: Any = (3, 5, 7), **more: Any
) -> Callable[[Any], Any]:
    numbers = {
        "lhs_contracting_dimensions": (1,),
        "rhs_contracting_dimensions": (1,),
        "lhs_ragged_dimensions": (0,),
        "rhs_group_dimensions": (0,),
        **more,
    }
    return lambda b: chlo.RaggedDot(
        b.tensor(*lhs),
        b.tensor(*rhs),
        b.tensor(*sizes, of=i64),
        chlo.RaggedDotDimensionNumbers(**numbers),
        (chlo.Precision.HIGH,) * precisions,
        result_types=[TensorType(result, f32)],
    )


def scan(dimension: int = 0, output: Any = (4, 5), carried: Any = (5,)) -> Callable[[Any], Any]:
    def build(b: Any) -> Any:
        slices = TensorType((5,), f32)
        block = Block([slices, slices])
        with inside(block):
            total = hlo.Add(*block.arguments)
            hlo.Return([total, total])
        types = [TensorType(output, f32), TensorType(carried, f32)]
        attributes = {
            "dimension": IntegerAttr(dimension, i64),
            "operandSegmentSizes": DenseArrayAttr(i32, (1, 1)),
            "resultSegmentSizes": DenseArrayAttr(i32, (1, 1)),
        }
        b.block.append(chlo.Scan.create([b.tensor(4, 5), b.tensor(5)], types, attributes, [Region([block])]))

    return build


def constant_like(value: Any) -> Callable[[Any], Any]:
    return lambda b: chlo.ConstantLike(b.tensor(2), value)


SHAPES = "the shapes broadcast"
DIMENSIONS = "`broadcast_dimensions` are dimensions of the operand of higher rank, one for each of the other"
NUMBERS = "`ragged_dot_dimension_numbers` fit the operands"
SIZES = "`group_sizes` has a size for each group, and the dimensions before the ragged one or none"
BATCH = {"lhs_batching_dimensions": (0,), "rhs_batching_dimensions": (1,), "rhs_contracting_dimensions": (2,)}
MODES: dict[str, dict[str, Any]] = {
    "free": {
        "lhs": (19, 17, 11, 5),
        "rhs": (3, 19, 5, 7),
        "result": (19, 17, 11, 7),
        "lhs_contracting_dimensions": (3,),
        "lhs_ragged_dimensions": (2,),
        **BATCH,
    },
    "contracted": {
        "lhs": (19, 11, 17, 5),
        "rhs": (19, 17, 5, 7),
        "result": (3, 19, 11, 7),
        "lhs_batching_dimensions": (0,),
        "rhs_batching_dimensions": (0,),
        "lhs_contracting_dimensions": (2, 3),
        "rhs_contracting_dimensions": (1, 2),
        "lhs_ragged_dimensions": (3,),
        "rhs_group_dimensions": (),
    },
    "batch": {
        "lhs": (17, 19, 11, 5),
        "rhs": (17, 19, 5, 7),
        "result": (17, 19, 11, 7),
        "lhs_batching_dimensions": (0, 1),
        "rhs_batching_dimensions": (0, 1),
        "lhs_contracting_dimensions": (3,),
        "rhs_contracting_dimensions": (2,),
        "lhs_ragged_dimensions": (1,),
        "rhs_group_dimensions": (),
    },
}
"""What the ragged dimension is -> a dot product, whose groups may have sizes of their own for each index of `OUTER`."""
OUTER = {"free": (19, 17), "contracted": (19, 17), "batch": (17,)}
CASES: list[tuple[str, str, Callable[[Any], Any]]] = [
    ("broadcast_add", SHAPES, add((2, 3), (2,))),
    ("broadcast_add", DIMENSIONS, add((2, 3), (2,), (2,))),
    ("broadcast_add", DIMENSIONS, add((2, 3), (2,), ())),
    ("broadcast_add", DIMENSIONS, add((2, 3, 4), (2, 3), (1, 1))),
    (
        "broadcast_select",
        SHAPES,
        lambda b: chlo.BroadcastSelect(b.tensor(2, of=i1), b.tensor(3), b.tensor(3)),
    ),
    ("constant_like", "`value` is a number with a type", constant_like(StringAttr("x"))),
    ("top_k", "the last dimension has at least `k` elements", lambda b: chlo.TopK(b.tensor(2), 3)),
    ("ragged_dot", "`group_sizes` has dimensions", ragged(sizes=())),
    ("ragged_dot", SIZES, ragged(sizes=(2,))),
    ("ragged_dot", "`precision_config` has at most an entry for each operand", ragged(precisions=3)),
    ("ragged_dot", NUMBERS, ragged(lhs_ragged_dimensions=())),
    ("ragged_dot", NUMBERS, ragged(rhs_group_dimensions=())),
    ("ragged_dot", NUMBERS, ragged(rhs_contracting_dimensions=(3,))),
    ("ragged_dot", NUMBERS, ragged(lhs=(11, 4))),
    ("ragged_dot", "the result has the dimensions that the operands give it", ragged(result=(11, 5))),
    ("scan", "`dimension` is a dimension of the inputs and outputs", scan(2)),
    ("scan", "inputs and outputs have the same size along `dimension`", scan(output=(3, 5))),
    ("scan", "`body` takes and returns slices, and what is carried", scan(carried=(6,))),
    ("scan", "`body` takes and returns slices, and what is carried", scan(1, (4, 5))),
]


def test_every_constraint_has_a_case():
    sentences = {
        (cls.name.removeprefix("chlo."), relation.sentence)
        for cls in REGISTRY.operations("chlo")
        for relation in cls.definition.relations
        if isinstance(relation, Holds)
    }
    broadcasting = {name for name, _ in sentences if name.startswith("broadcast_")} - {"broadcast_select"}
    wanted = {("broadcast_add" if name in broadcasting else name, sentence) for name, sentence in sentences}
    assert {(name, sentence) for name, sentence, _ in CASES} == wanted


@pytest.mark.parametrize(("op", "sentence", "build"), CASES)
def test_what_breaks_a_constraint_is_refused_with_its_sentence(complaint, op, sentence, build):
    assert f"`chlo.{op}`: {sentence}" in complaint(build)


@pytest.mark.parametrize("mode", MODES)
def test_groups_have_one_size_or_one_for_each_index_of_the_dimensions_before(complaint, mode):
    for sizes in ((3,), (*OUTER[mode], 3)):
        assert complaint(ragged(sizes=sizes, **MODES[mode])) == ""
    for outer in ((19, 11), (19,), (17, 19), (11,)):
        if outer != OUTER[mode]:
            assert SIZES in complaint(ragged(sizes=(*outer, 3), **MODES[mode]))


def quantized(scale: float) -> UniformType:
    return UniformType(i8, f32, (scale,))


def broadcast(make: Any, lhs: Any, rhs: Any, result: Any) -> Callable[[Any], Any]:
    return lambda b: make(b.tensor(2, of=lhs), b.tensor(2, of=rhs), result_types=[TensorType((2,), result)])


ADDED = (
    (quantized(0.5), quantized(0.25), quantized(2.0), ""),
    (f32, f64, f32, "the same element type"),
    (f32, f32, f64, "by its operands"),
    (f32, quantized(0.5), f32, "the same element type"),
)


@pytest.mark.parametrize(("lhs", "rhs", "result", "message"), ADDED)
def test_element_types_agree_up_to_scales(complaint, lhs, rhs, result, message):
    said = complaint(broadcast(chlo.BroadcastAdd, lhs, rhs, result))
    assert message in said if message else said == ""


@pytest.mark.parametrize("make", [chlo.Acos, chlo.Erf, chlo.IsInf, chlo.Square, chlo.Lgamma])
def test_functions_take_no_quantized_tensors(complaint, make):
    assert "has elements of float" in complaint(lambda b: make(b.tensor(2, of=quantized(0.5))))


@pytest.mark.parametrize(
    "build",
    [
        add((2, 1), (3,)),
        add((2, 3, 4), (4, 2), (2, 0)),
        add((2, 3), (2, 3), (1,)),
        add((2, 3), (2,), (0,)),
        add((None, 3), (3,)),
        constant_like(FloatAttr(1.0, f32)),
        ragged(),
        scan(),
    ],
)
def test_what_is_in_order_is_accepted(complaint, build):
    assert complaint(build) == ""
