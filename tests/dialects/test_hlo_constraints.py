"""Every constraint of the StableHLO ops: a module that breaks it, and no other, is refused with the constraint's sentence."""

from __future__ import annotations

import pytest

from couloir.dialects import hlo
from couloir.ir.constraints import Holds, Infers, Relation
from couloir.ir.registry import REGISTRY
from couloir.ir.types import TensorType, TupleType, f16, f32, i1, i16, i32, index
from tests.dialects.hlo_cases import (
    ACCEPTED,
    BREAKS,
    collectives,
    contraction,
    control,
    deprecated,
    dynamic,
    elementwise,
    indexing,
    linear_algebra,
    normalization,
    quantization,
    quantized,
    reduction,
    shape,
)

ROOMS = (
    collectives, contraction, control, deprecated, dynamic, elementwise, indexing, linear_algebra, normalization,
    quantization, reduction, shape,
)  # fmt: skip
"""The files that fill `BREAKS`."""


@pytest.mark.parametrize("numbers", [0, (), (0, 1), (((0, 1),),)])
def test_numbers_of_processes_in_another_shape_are_refused(complaint, numbers):
    assert "is a matrix" in complaint(collectives.all_reduces(replica_groups=numbers))
    assert numbers == () or "has pairs" in complaint(collectives.sends(numbers))  # no numbers are no pairs


def constraints() -> dict[tuple[str, str], Relation]:
    """Every constraint of the StableHLO ops that has a number or a sentence."""
    found: dict[tuple[str, str], Relation] = {}
    for cls in REGISTRY.operations("stablehlo"):
        for relation in cls.definition.relations:
            key = getattr(relation, "id", "") or getattr(relation, "sentence", "")
            if key:
                assert (cls.name, key) not in found
                found[cls.name, key] = relation
    return found


def test_every_constraint_has_a_case_and_every_case_a_constraint():
    assert sorted(BREAKS) == sorted(constraints())


@pytest.mark.parametrize(("op", "id"), sorted(BREAKS), ids=lambda part: part.removeprefix("stablehlo."))
def test_what_breaks_a_constraint_is_refused_with_its_sentence(complaint, op, id):
    relation = constraints()[op, id]
    said = complaint(BREAKS[op, id])
    if isinstance(relation, Infers):
        assert f"of `{op}` is" in said and "by its operands" in said
    else:
        assert f"`{op}`: " in said
    if isinstance(relation, Holds):
        assert relation.sentence in said
    if relation.id:
        assert f"({relation.id})" in said


@pytest.mark.parametrize(
    "build",
    [
        control.calls(TupleType((TensorType((2,), index),))),
        control.calls(TensorType((2,), hlo.Token())),
        control.calls(results=[f32]),
        lambda b: hlo.Tuple([b.value(f32)]),
        lambda b: hlo.GetTupleElement(b.value(TupleType((index,))), 0),
        lambda b: hlo.OptimizationBarrier([b.tensor(2, of=index)]),
        lambda b: hlo.OptimizationBarrier([b.tensor(2, of=quantized((0.5, 0.25), axis=0))]),
        lambda b: hlo.Return([b.value(f32)]),
        lambda b: hlo.Infeed(b.value(hlo.Token()), result_types=[TensorType((None,), f32), hlo.Token()]),
    ],
)
def test_values_are_of_the_types_that_stablehlo_has(complaint, build):
    assert " is a tensor" in complaint(build)


@pytest.mark.parametrize("build", contraction.UNKNOWN)
def test_algorithms_that_no_hardware_has_are_refused(complaint, build):
    assert contraction.KNOWN in complaint(build)


@pytest.mark.parametrize("name", control.BAD_NAMES)
def test_names_of_composites_are_a_dialect_and_an_op(complaint, name):
    assert "(C1)" in complaint(control.composite(name))


@pytest.mark.parametrize("build", control.BAD_LAYOUTS)
def test_layouts_that_do_not_fit_are_refused(complaint, build):
    assert "dimensions in some order" in complaint(build)


@pytest.mark.parametrize("build", control.BAD_ALIASES)
def test_aliases_that_lead_nowhere_are_refused(complaint, build):
    assert "`output_operand_aliases` are of parts of equal types" in complaint(build)


@pytest.mark.parametrize(("element", "body"), reduction.NARROWED)
def test_a_reduction_computes_with_the_element_type_or_a_wider_one(complaint, element, body):
    assert "(C6)" in complaint(reduction.reduces(body, element))
    assert "(C13)" in complaint(reduction.windows(body, element))


def test_rng_gives_as_many_dimensions_as_it_is_told_sizes_of(complaint):
    assert "(C1, C3)" in complaint(linear_algebra.rng_of_another_rank)


@pytest.mark.parametrize("build", ACCEPTED)
def test_the_modules_that_the_cases_vary_are_in_order(complaint, build):
    assert complaint(build) == ""


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda b: hlo.Add(b.tensor(2), b.tensor(3)), "the same type"),
        (lambda b: hlo.Add(b.tensor(2), b.tensor(2, of=f16)), "the same type"),
        (lambda b: hlo.Exponential(b.tensor(2, of=i32)), "elements of float or complex"),
        (lambda b: hlo.Not(b.tensor(2)), "elements of i1 or integer"),
        (lambda b: hlo.ShiftLeft(b.tensor(2, of=i1), b.tensor(2, of=i1)), "elements of"),
        (lambda b: hlo.Subtract(b.tensor(2, of=i1), b.tensor(2, of=i1)), "elements of"),
        (lambda b: hlo.Complex(b.tensor(2, of=f16), b.tensor(2, of=f16)), "f32 or f64"),
        (lambda b: hlo.Compare(b.tensor(2), b.tensor(2, of=i16), hlo.ComparisonDirection.LT), "same element type"),
        (lambda b: hlo.Compare(b.tensor(2), b.tensor(3), hlo.ComparisonDirection.LT), "same shape"),
        (lambda b: hlo.Clamp(b.tensor(of=i32), b.tensor(2), b.tensor()), "same element type"),
        (lambda b: hlo.Pad(b.tensor(2), b.tensor(of=i32), (0,), (0,), (0,)), "same element type"),
        (lambda b: hlo.Pad(b.tensor(2), b.tensor(1), (0,), (0,), (0,)), "rank 0"),
        (lambda b: hlo.Concatenate([b.tensor(2), b.tensor(2, of=i32)], dimension=0), "same element type"),
        (lambda b: hlo.Convert(b.tensor(2), result_types=[TensorType((3,), i32)]), "same shape"),
        (lambda b: hlo.Abs(b.tensor(2), result_types=[TensorType((2,), i32)]), "`tensor<2xf32>` by its operands"),
        (
            lambda b: hlo.Transpose(b.tensor(2, 3), (1, 0), result_types=[TensorType((2, 3), f32)]),
            "`tensor<3x2xf32>` by its operands",
        ),
        (lambda b: hlo.Add(b.buffer(2), b.buffer(2)), "is a TensorType"),
        (lambda b: hlo.Compare(b.tensor(2), b.tensor(2), "LESS"), "'LESS' is not one of EQ, NE"),
    ],
)
def test_types_that_do_not_fit_are_refused(complaint, build, message):
    assert message in complaint(build)
