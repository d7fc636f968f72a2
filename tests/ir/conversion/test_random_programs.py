"""Random programs: after a full conversion only legal ops remain, and the program means the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from couloir.backends.numpy.evaluate import evaluate
from couloir.dialects import arith, cf, func, scf
from couloir.dialects.builtin import ModuleOp
from couloir.ir.attributes import IntegerAttr
from couloir.ir.builder import at_end
from couloir.ir.conversion import (
    ConversionError,
    ConversionTarget,
    apply_full_conversion,
    apply_partial_conversion,
)
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.passes import PassPipeline
from couloir.ir.types import ComplexType, TupleType, Type, f32, i1, index
from couloir.ir.verify import verify
from couloir.passes.reconcile_unrealized_casts import ReconcileUnrealizedCasts
from tests.ir.conversion.toy import (
    RULES,
    Add,
    Conj,
    Create,
    Mul,
    Pack,
    Part,
    Square,
    Unpack,
    complex_converter,
    target,
)

C = ComplexType(f32)
PAIR = TupleType([C, f32])


class Builder:
    """Draws ops, and keeps beside each value what it is for given arguments: small whole numbers, so that sums are exact."""

    def __init__(self, data: st.DataObject, flags: dict[Value, bool]) -> None:
        self.draw = data.draw
        self.flags = flags

    def pick(self, values: dict[Value, object], type: Type) -> Value:
        return self.draw(st.sampled_from([value for value in values if value.type is type]))

    def op(self, known: dict[Value, object], depth: int) -> None:
        """One more op at the insertion point; `known` gets its results."""
        kinds = ["create", "add", "conj", "square", "mul", "part", "pack", "unpack"] + (["if", "for"] if depth else [])
        kind = self.draw(st.sampled_from(kinds))
        if kind == "create":
            a, b = self.pick(known, f32), self.pick(known, f32)
            known[Create(a, b).result] = complex(known[a], known[b])
        elif kind in ("add", "mul"):
            a, b = self.pick(known, C), self.pick(known, C)
            value = known[a] + known[b] if kind == "add" else known[a] * known[b]
            if abs(value.real) + abs(value.imag) < 2**20:
                known[(Add if kind == "add" else Mul)(a, b).result] = value
        elif kind in ("conj", "square"):
            a = self.pick(known, C)
            value = known[a].conjugate() if kind == "conj" else known[a] * known[a]
            if abs(value.real) + abs(value.imag) < 2**20:
                known[(Conj if kind == "conj" else Square)(a).result] = value
        elif kind == "part":
            a, number = self.pick(known, C), self.draw(st.integers(0, 1))
            known[Part(a, number).result] = (known[a].real, known[a].imag)[number]
        elif kind == "pack":
            a, b = self.pick(known, C), self.pick(known, f32)
            known[Pack([a, b]).result] = (known[a], known[b])
        elif kind == "unpack":
            a = self.pick(known, PAIR)
            made = Unpack(a)
            known[made.items[0]], known[made.items[1]] = known[a]
        elif kind == "if":
            self.branch(known, depth)
        else:
            self.loop(known, depth)

    def block(self, known: dict[Value, object], block: Block, depth: int) -> dict[Value, object]:
        inner = dict(known)
        with at_end(block):
            for _ in range(self.draw(st.integers(0, 3))):
                self.op(inner, depth - 1)
        return inner

    def branch(self, known: dict[Value, object], depth: int) -> None:
        condition = self.draw(st.sampled_from(list(self.flags)))
        types = self.draw(st.lists(st.sampled_from([C, f32, PAIR]), max_size=2))
        ends = []
        regions = []
        for _ in range(2):
            block = Block()
            inner = self.block(known, block, depth)
            values = [self.pick(inner, type) for type in types]
            with at_end(block):
                scf.Yield(values)
            ends.append([inner[value] for value in values])
            regions.append(Region([block]))
        made = scf.If(condition, *regions, result_types=types)
        known.update(zip(made.outputs, ends[0 if self.flags[condition] else 1], strict=True))

    def loop(self, known: dict[Value, object], depth: int) -> None:
        """No times, or once: the carried values are then those from before, or those that the body yields."""
        types = self.draw(st.lists(st.sampled_from([C, f32, PAIR]), max_size=2))
        inits = [self.pick(known, type) for type in types]
        count = self.draw(st.integers(0, 1))
        zero, one, last = (arith.Constant(IntegerAttr(n, index), result_types=[index]) for n in (0, 1, count))
        loop = scf.For.build(zero, last, one, inits)
        start = dict(known) | dict(zip(loop.carried, [known[v] for v in inits], strict=True))
        inner = self.block(start, loop.body.block, depth)
        values = [self.pick(inner, type) for type in types]
        with at_end(loop.body.block):
            scf.Yield(values)
        ends = [inner[v] for v in values] if count else [known[v] for v in inits]
        known.update(zip(loop.outputs, ends, strict=True))


def flatten(value: object) -> list[float]:
    if isinstance(value, tuple):
        return [part for item in value for part in flatten(item)]
    return [value.real, value.imag] if isinstance(value, complex) else [value]


@st.composite
def programs(draw: st.DrawFn) -> tuple[ModuleOp, list[np.ndarray], list[float]]:
    """A function of complex numbers, its arguments on numbers, and its results."""
    data = draw(st.data())
    whole = st.integers(-3, 3).map(float)
    inputs = [C, f32, PAIR, i1, i1]
    given = [complex(draw(whole), draw(whole)), draw(whole), (complex(draw(whole), draw(whole)), draw(whole))]
    flags = [draw(st.booleans()), draw(st.booleans())]
    outputs = draw(st.lists(st.sampled_from([C, f32, PAIR]), min_size=1, max_size=3))
    function = func.FuncOp.build("main", inputs, outputs)
    known = dict(zip(function.arguments[:3], given, strict=True))
    builder = Builder(data, dict(zip(function.arguments[3:], flags, strict=True)))
    with at_end(function.entry):
        for _ in range(draw(st.integers(1, 8))):
            builder.op(known, 2)
    values = [builder.pick(known, type) for type in outputs]
    if draw(st.booleans()):  # through another block
        end = function.body.add_block(outputs)
        with at_end(function.entry):
            cf.Branch.to(end, values)
        with at_end(end):
            func.Return(end.arguments)
    else:
        with at_end(function.entry):
            func.Return(values)
    wanted = [known[value] for value in values]
    arrays = [np.float32(x) for item in given for x in flatten(item)] + [np.bool_(flag) for flag in flags]
    return ModuleOp.empty([function]), arrays, [x for item in wanted for x in flatten(item)]


def run(module: ModuleOp, arrays: list[np.ndarray]) -> list[float]:
    return [float(x) for x in evaluate(module, *arrays)]


@given(programs())
def test_only_legal_ops_remain_and_the_meaning_is_kept(program: tuple[ModuleOp, list[np.ndarray], list[float]]):
    module, arrays, wanted = program
    verify(module)
    converter = complex_converter()
    goal = target(converter)
    apply_full_conversion(module, goal, RULES, converter)
    verify(module)
    assert all(goal.legality(op).legality.value == "legal" for op in module.walk() if op is not module)
    assert run(module, arrays) == wanted
    text = str(module)
    assert apply_full_conversion(module, goal, RULES, converter).applications == 0 and str(module) == text


@given(programs(), st.data())
def test_step_by_step_is_the_same_as_at_once(
    program: tuple[ModuleOp, list[np.ndarray], list[float]], data: st.DataObject
):
    """Partial conversions of some op classes each, in any order, and the casts between them reconciled."""
    module, arrays, wanted = program
    converter = complex_converter()
    rest = list(data.draw(st.permutations([Add, Conj, Create, Mul, Pack, Part, Unpack])))
    while rest:
        some = [rest.pop() for _ in range(min(len(rest), data.draw(st.integers(1, 3))))]
        goal = ConversionTarget()
        goal.add_illegal(*some)
        apply_partial_conversion(module, goal, [r for r in RULES if _roots(r) <= set(some)], converter)
        verify(module)
        assert not any(isinstance(op, tuple(some)) for op in module.walk())
    apply_full_conversion(module, target(converter), RULES, converter)
    verify(module)
    assert run(module, arrays) == wanted


def _roots(rule: object) -> set[type[Operation]]:
    return set(getattr(rule, "rule", rule).roots)


@given(programs(), st.sampled_from([Add, Conj, Create, Mul, Pack, Part, Square, Unpack, scf.If]))
def test_without_a_rule_it_fails_and_nothing_changes(
    program: tuple[ModuleOp, list[np.ndarray], list[float]], missing: type[Operation]
):
    module, _, _ = program
    before = str(module)
    converter = complex_converter()
    rules = [r for r in RULES if missing not in _roots(r)]
    needed = any(isinstance(op, missing) and _needed(op) for op in module.walk())
    try:
        apply_full_conversion(module, target(converter), rules, converter)
    except ConversionError as error:
        assert str(module) == before
        assert any(entry.op == missing.name or "func." in entry.op for entry in error.entries)
    else:
        assert not needed or missing in (scf.If, scf.For)
    verify(module)


def _needed(op: Operation) -> bool:
    """Whether an op is used by something with an effect: here, by what a block ends with."""
    return any(user.next_op is None and user.parent is op.parent for result in op.results for user in result.users)


@given(programs())
def test_reconciliation_changes_no_meaning(program: tuple[ModuleOp, list[np.ndarray], list[float]]):
    module, _, _ = program
    PassPipeline.of(ReconcileUnrealizedCasts()).run(module)
    verify(module)
