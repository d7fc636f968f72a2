"""Generated modules: they verify, they round-trip, they are small when shrunk, and every op occurs."""

from __future__ import annotations

import enum
from collections import Counter
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

import couloir
from couloir import Rule
from couloir.dialects import hlo
from couloir.ir import fields
from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import enum_attribute
from couloir.ir.constraints import INTEGER, Holds, SameType
from couloir.ir.fields import Operand, Operands, OptionalOperand, Result, region
from couloir.ir.operation import Block, Operation, Region
from couloir.ir.registry import REGISTRY
from couloir.ir.traits import IsTerminator, Pure, Trait
from couloir.ir.types import TensorType, f16, f32, i32
from couloir.testing import strategies
from couloir.testing.generation.building import Builder, Scope, can_generate, function_module
from couloir.testing.generation.search import Search
from couloir.testing.generation.values import Types

#: Machines that run other tests at the same time are slow: how long a draw takes says nothing there.
QUIETLY = [HealthCheck.too_slow]
SIMPLE = [hlo.Add, hlo.Negate, hlo.Transpose, hlo.Convert, hlo.Slice, hlo.Reshape, hlo.Case]

#: Not found by search: what they demand leaves too little to chance.
RARE = {
    "affine.parallel": "bounds and the region's arguments follow from six attributes",
    "memref.reinterpret_cast": "the layout of the result is a function of three lists",
    "stablehlo.all_to_all": "groups of processes, and sizes that they divide",
    "stablehlo.async_done": "takes a future",
    "stablehlo.async_start": "a region with one op in it",
    "stablehlo.collective_broadcast": "groups of processes that another attribute allows",
    "stablehlo.dynamic_conv": "padding as a tensor, which has to fit the dimension numbers",
}


@pytest.mark.parametrize(
    "dialects",
    [
        ("stablehlo",),
        ("stablehlo", "chlo"),
        ("arith", "math"),
        ("tensor", "arith", "scf"),
        ("memref", "affine", "vector", "arith"),
        ("onnx",),
    ],
    ids="+".join,
)
@given(st.data())
@settings(max_examples=20, suppress_health_check=QUIETLY, deadline=None, phases=[Phase.generate])
def test_generated_modules_verify_and_round_trip(dialects, data):
    module = data.draw(strategies.modules(dialects))
    couloir.verify(module)
    text = str(module)
    assert str(couloir.parse(text)) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    "dialect", ["stablehlo", "chlo", "arith", "math", "tensor", "vector", "memref", "affine", "scf"]
)
def test_every_op_is_found_from_its_definition(dialect):
    missing = []
    for cls in REGISTRY.operations(dialect):
        if can_generate(cls) and cls.name not in RARE:
            tries = (Search(cls, Random(seed), Types()).run() for seed in range(30))
            if not any(found is not None for found in tries):
                missing.append(cls.name)
    assert not missing


def test_most_attempts_give_an_op():
    classes = [cls for cls in REGISTRY.operations("stablehlo") if can_generate(cls) and cls.name not in RARE]
    outcomes = Counter()
    for seed in range(60):
        rng = Random(seed)
        scope = Scope(Block(()), [], grows=True)
        outcomes[Builder(rng, classes, Types()).add(scope, rng.choice(classes)) is not None] += 1
    assert outcomes[True] >= 0.8 * outcomes.total()


class Halves(Operation, name="strategies_test.halves", traits=(Pure,)):
    """The elements in two rows. The size is even, and more than two."""

    operand: Operand[TensorType] = fields.operand(elements=INTEGER, rank=1)
    result: Result[TensorType] = fields.result()

    constraints = (Holds("the size is even, and more than 2", lambda op: op.operand.type.shape[0] in (4, 6, 8)),)

    def infer(self):
        return self.operand.type.with_dims((2, self.operand.type.shape[0] // 2))


class Twice(Operation, name="strategies_test.twice"):
    """Runs its region, which takes and gives the operand's type."""

    operand: Operand[TensorType]
    body: Region = region(blocks="one", default=None)
    result: Result[TensorType] = fields.result()

    constraints = (
        Holds(
            "the body takes the operand",
            lambda op: [a.type for a in op.body.block.arguments] == [op.operand.type],
            verify_only=True,
        ),
    )

    def infer(self):
        return self.operand.type


@given(strategies.modules(ops=[Halves, hlo.Add], min_ops=3))
@settings(max_examples=20, suppress_health_check=QUIETLY, deadline=None)
def test_an_op_of_one_s_own_has_a_generator(module):
    couloir.verify(module)
    for op in module.walk():
        if isinstance(op, Halves):
            assert op.result.type.shape == (2, op.operand.type.shape[0] // 2)


def test_regions_of_an_op_of_one_s_own_have_the_types_that_it_demands():
    found = [Search(Twice, Random(seed), Types()).run() for seed in range(10)]
    assert all(draft is not None and draft.bodies[0].arguments == draft.operands["operand"] for draft in found)


class Money(Type, name="strategies_test.money"):
    """An amount in some currency."""

    currency: str
    digits: int

    def verify_parameters(self) -> None:
        if not 0 <= self.digits <= 3:
            raise couloir.Error("amounts have 0 to 3 digits")


class Rates(Attribute, name="strategies_test.rates"):
    """What is charged, by month."""

    months: tuple[int, ...] = ()
    yearly: bool = False

    def verify_parameters(self) -> None:
        if list(self.months) != sorted(set(self.months)):
            raise couloir.Error("months are in order")


@enum_attribute("strategies_test.mode")
class Mode(enum.Enum):
    UP = "up"
    DOWN = "down"


class ManyUses(Trait):
    """At least two operands."""

    @classmethod
    def verify(cls, op):
        if len(op.operands) < 2:
            yield "it has at least two operands"


class Pay(Operation, name="strategies_test.pay", traits=(ManyUses,)):
    """Amounts of one currency, joined; the last is optional."""

    amounts: Operands[Money]
    rates: Rates
    mode: Mode
    tip: OptionalOperand[Money] = None
    total: Result[Money] = fields.result()

    constraints = (SameType("amounts", "tip", "total"), Holds("there are rates", lambda op: len(op.rates.months) >= 1))


class Jump(Operation, name="strategies_test.jump", traits=(IsTerminator,)):
    """Goes on at a block: nothing that can stand anywhere."""

    target: Block = fields.successor()


def test_a_dialect_with_types_attributes_traits_and_enums_of_its_own():
    made = Counter()

    @given(strategies.modules(["strategies_test"], ops=[Pay], min_ops=2))
    @settings(max_examples=20, suppress_health_check=QUIETLY, deadline=None, derandomize=True)
    def check(module):
        couloir.verify(module)
        assert str(couloir.parse(str(module))) == str(module)
        for op in module.walk():
            if isinstance(op, Pay):
                made[op.mode] += 1
                made["with a tip"] += op.tip is not None
                assert op.rates.months and len(op.operands) >= 2

    check()
    assert made[Mode.UP] and made[Mode.DOWN] and made["with a tip"]
    assert not can_generate(Jump)


def test_the_type_of_modules_has_a_strategy():
    @given(st.from_type(couloir.Module))
    @settings(max_examples=5, suppress_health_check=QUIETLY, deadline=None)
    def check(module):
        couloir.verify(module)

    check()


def test_what_is_asked_for_is_kept():
    @given(strategies.modules(ops=[hlo.Add, hlo.Transpose], elements=[f32, i32], ranks=[2], sizes=[3, 5], max_ops=4))
    @settings(max_examples=20, suppress_health_check=QUIETLY, deadline=None)
    def check(module):
        for op in module.walk():
            for value in op.results:
                assert value.type.element_type in (f32, i32)
                assert set(value.type.shape) <= {3, 5}

    check()


def _ops(module):
    return [op for op in module.walk() if op.name.startswith("stablehlo.")]


def _smallest(condition, ops=SIMPLE):
    quick = settings(max_examples=1000, deadline=None, database=None, derandomize=True, suppress_health_check=QUIETLY)
    return find(strategies.modules(ops=ops, max_ops=3), condition, settings=quick)


def test_one_op_of_a_kind_shrinks_to_that_op_on_a_small_tensor():
    smallest = _smallest(lambda module: any(isinstance(op, hlo.Transpose) for op in module.walk()))
    (op,) = _ops(smallest)
    assert isinstance(op, hlo.Transpose)
    assert op.operand.type.rank <= 2 and set(op.operand.type.shape) <= {1, 2}


def test_a_value_used_twice_shrinks_to_one_op_with_two_operands():
    def repeats(module):
        return any(len(op.operands) == 2 and op.operands[0] is op.operands[1] for op in _ops(module))

    (op,) = _ops(_smallest(repeats))
    assert len(op.operands) == 2 and op.operands[0].type.rank <= 1


def test_a_tensor_of_an_element_type_shrinks_to_one_op():
    def has_f16(module):
        return any(value.type.element_type is f16 for op in _ops(module) for value in op.results)

    assert len(_ops(_smallest(has_f16))) == 1


def test_a_region_shrinks_to_one_op_with_little_in_it():
    smallest = _smallest(lambda module: any(op.regions for op in _ops(module)))
    outer = [op for op in _ops(smallest) if op.parent_op.name == "func.func"]
    assert [type(op) for op in outer if not isinstance(op, hlo.Constant)] == [hlo.Case]
    assert len(_ops(smallest)) <= 6


@pytest.mark.parametrize("kind", ["same operand", "several uses", "in regions", "dead results"])
def test_values_are_used_in_no_other_ways_than_asked_for(kind):
    def has(module):
        ops = [op for op in module.walk() if op.name.startswith("stablehlo.") and op.name != "stablehlo.constant"]
        inner = [op for op in ops if op.parent_op.name != "func.func" and op.name != "stablehlo.return"]
        values = [value for op in ops for value in op.results]
        return {
            "same operand": any(len(set(op.operands)) < len(op.operands) for op in ops),
            "several uses": any(value.use_count > 1 for value in values),
            "in regions": bool(inner),
            "dead results": any(not value.has_uses for value in values if value.owner not in inner),
        }[kind]

    seen = Counter()

    @given(strategies.modules(ops=SIMPLE, kinds=[kind]), strategies.modules(ops=SIMPLE, kinds=[]))
    @settings(max_examples=80, suppress_health_check=QUIETLY, deadline=None, derandomize=True, phases=[Phase.generate])
    def check(with_it, without):
        seen[has(with_it)] += 1
        assert not has(without)

    check()
    assert seen[True]


def test_draws_are_accepted_and_most_ops_that_are_asked_for_are_there():
    asked, made = Counter(), Counter()
    rare = [cls for cls in REGISTRY.operations("stablehlo") if cls.name in RARE or cls is hlo.Constant]

    @given(strategies.modules(exclude=rare, min_ops=3, max_ops=3))
    @settings(max_examples=40, suppress_health_check=QUIETLY, deadline=None, derandomize=True, phases=[Phase.generate])
    def check(module):
        made["modules"] += 1
        outer = [op for op in _ops(module) if op.parent_op.name == "func.func"]
        made["ops"] += sum(not isinstance(op, hlo.Constant) for op in outer)
        asked["ops"] += 3

    check()
    assert made["modules"] >= 40  # nothing is filtered
    assert made["ops"] >= 0.8 * asked["ops"], (made, asked)


def test_inputs_fit_the_module():
    ran = Counter()

    @given(strategies.modules_with_inputs(["arith", "math"], max_ops=3))
    @settings(max_examples=30, suppress_health_check=QUIETLY, deadline=None, derandomize=True)
    def check(drawn):
        module, inputs = drawn
        try:
            couloir.run(module, *inputs)
            ran["ran"] += 1
        except couloir.Error:
            ran["refused"] += 1

    check()
    assert ran["ran"] > ran["refused"]


def test_types_and_attributes():
    @given(strategies.tensor_types([f32], ranks=[2], sizes=[3, 5]), strategies.types(), st.from_type(TensorType))
    @settings(max_examples=30, suppress_health_check=QUIETLY, deadline=None)
    def check(tensor, any_type, registered):
        assert tensor.rank == 2 and tensor.element_type is f32 and set(tensor.shape) <= {3, 5}
        assert couloir.parse(f"func.func private @f({any_type}, {registered})").ops

    check()

    @given(strategies.attributes(hlo.DotDimensionNumbers), strategies.attributes(hlo.ComparisonDirection))
    @settings(max_examples=30, suppress_health_check=QUIETLY, deadline=None)
    def check_attributes(dimensions, direction):
        assert isinstance(dimensions, hlo.DotDimensionNumbers) and direction in hlo.ComparisonDirection

    check_attributes()
    with pytest.raises(couloir.Error, match="no class of attributes"):
        strategies.attributes(int)


@pytest.mark.parametrize(("profile", "least"), [("special", 1), ("whole", 0)])
def test_arrays_have_what_their_profile_says(profile, least):
    odd = []

    @given(strategies.arrays(TensorType((8,), f32), [profile]))
    @settings(max_examples=20, suppress_health_check=QUIETLY, deadline=None, derandomize=True)
    def check(array):
        assert array.shape == (8,) and array.dtype == np.float32
        odd.append(not np.isfinite(array).all())

    check()
    assert sum(odd) >= least and (least or not any(odd))
    with pytest.raises(couloir.Error, match="no arrays"):
        strategies.arrays(hlo.Token())


class StrategiesDoubleNegate(Rule):
    """-(-x)  =>  x"""

    def pattern(x):
        return hlo.Negate(hlo.Negate(x))

    def rewrite(x):
        return x


def test_programs_are_such_that_the_rule_fires():
    @given(strategies.programs(StrategiesDoubleNegate))
    @settings(max_examples=20, suppress_health_check=QUIETLY, deadline=None)
    def check(module):
        couloir.verify(module)
        assert any(isinstance(op, hlo.Negate) for op in module.walk())

    check()

    @given(strategies.programs(StrategiesDoubleNegate, kinds=["in a region"]))
    @settings(max_examples=10, suppress_health_check=QUIETLY, deadline=None)
    def check_regions(module):
        assert any(op.regions and op.parent_op is not module for op in module.walk() if op is not module)

    check_regions()


def test_a_dialect_without_ops_is_refused():
    with pytest.raises(couloir.Error, match="no dialect `nowhere`"):
        strategies.modules(["nowhere"])


def test_results_that_nobody_uses_are_returned_or_dead_and_values_are_used_twice():
    classes = [cls for cls in REGISTRY.operations("stablehlo") if can_generate(cls)]
    uses = Counter()
    for seed in range(30):
        rng = Random(seed)
        scope = Scope(Block(()), [], grows=True)
        for _ in range(5):
            Builder(rng, classes, Types()).add(scope, rng.choice(classes))
        module = function_module(scope, scope.values[-1:])
        uses.update(min(value.use_count, 2) for op in module.walk() for value in op.results)
    assert uses[0] and uses[1] and uses[2]
