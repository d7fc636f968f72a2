"""Rules and their driver: what applies, what does not and why, and what the driver reports."""

from __future__ import annotations

import pytest

from couloir.ir.builder import at_end
from couloir.ir.constraints import Holds, SameType
from couloir.ir.errors import Error
from couloir.ir.fields import Operand, Operands, Result, attr_default, result
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.rewriting import (
    Applied,
    Guard,
    NoMatch,
    Observer,
    Rewriter,
    Rule,
    apply_rules,
    find_rule,
    guard,
    has_one_use,
    rule,
    why_not,
)
from couloir.ir.rewriting.driver import RewriteCycle
from couloir.ir.traits import Commutative, NoTerminator, Pure
from couloir.ir.types import TensorType, Type, f32, i32

T = TensorType((2,), f32)
OPEN = TensorType((None,), f32)


class Neg(Operation, name="rt.neg", traits=(Pure,)):
    x: Operand[Type]
    result: Result[Type] = result()
    constraints = (SameType("x", "result"),)


class Abs(Operation, name="rt.abs", traits=(Pure,)):
    x: Operand[Type]
    result: Result[Type] = result()
    constraints = (SameType("x", "result"),)


class Add(Operation, name="rt.add", traits=(Pure, Commutative)):
    lhs: Operand[Type]
    rhs: Operand[Type]
    result: Result[Type] = result()
    constraints = (SameType("lhs", "rhs", "result"),)


class Sub(Operation, name="rt.sub", traits=(Pure,)):
    lhs: Operand[Type]
    rhs: Operand[Type]
    result: Result[Type] = result()
    constraints = (SameType("lhs", "rhs", "result"),)


class Scale(Operation, name="rt.scale", traits=(Pure,)):
    x: Operand[Type]
    by: int
    mode: str = attr_default("near")
    result: Result[Type] = result()
    constraints = (SameType("x", "result"),)


class Join(Operation, name="rt.join", traits=(Pure,)):
    first: Operand[Type]
    rest: Operands[Type]
    result: Result[Type] = result()

    def infer(self):
        return self.first.type


class Out(Operation, name="rt.out"):
    inputs: Operands[Type]


class Body(Operation, name="rt.body", traits=(NoTerminator,)):
    region: Region


def program(build, count: int = 2, type: Type = T) -> Body:
    """A body with `count` arguments whose ops `build` makes; what it returns goes to `rt.out`."""
    block = Block([type] * count)
    with at_end(block):
        made = build(*block.arguments)
        Out(made if isinstance(made, list) else [made])
    return Body(Region([block]))


def shape(root: Operation) -> str:
    """The program as a formula: `neg(a0)`."""
    block = root.region.block

    def text(value: Value) -> str:
        op = value.defining_op
        if op is None:
            return f"a{block.arguments.index(value)}"
        extra = "".join(f", {op.by}" for _ in [0] if isinstance(op, Scale))
        return f"{op.name[3:]}({', '.join(map(text, op.operands))}{extra})"

    return "; ".join(text(v) for v in block.last_op.operands)


class DoubleNeg(Rule):
    """-(-x)  =>  x"""

    def pattern(x):
        return Neg(Neg(x))

    def rewrite(x):
        return x


class SubToAdd(Rule):
    """x - y  =>  x + (-y)"""

    def pattern(x, y):
        return Sub(x, y)

    def rewrite(x, y):
        return Add(x, Neg(y))


# -- equations -----------------------------------------------------------------------------------------------------------


def test_an_equation_is_applied_until_none_fits() -> None:
    root = program(lambda a, b: Neg(Neg(Neg(Neg(Neg(a))))))
    outcome = apply_rules(root, [DoubleNeg])
    assert shape(root) == "neg(a0)"
    assert outcome.changed
    assert outcome.applications == 2
    assert sum(1 for _ in root.walk()) == 3


def test_what_does_not_fit_is_left_alone() -> None:
    root = program(lambda a, b: Neg(Abs(Neg(a))))
    before = str(root)
    outcome = apply_rules(root, [DoubleNeg, SubToAdd])
    assert str(root) == before
    assert not outcome.changed
    assert outcome.applications == 0


def test_new_ops_stand_before_the_old_one_and_take_its_place() -> None:
    root = program(lambda a, b: Abs(Sub(a, b)))
    apply_rules(root, [SubToAdd])
    assert shape(root) == "abs(add(a0, neg(a1)))"
    assert [op.name for op in root.region.ops] == ["rt.neg", "rt.add", "rt.abs", "rt.out"]


def test_an_inner_result_with_another_use_stops_a_rule() -> None:
    def build(a, b):
        inner = Neg(a)
        return [Neg(inner), inner]

    root = program(build)
    assert not apply_rules(root, [DoubleNeg]).changed
    answer = why_not(DoubleNeg, list(root.region.ops)[1])
    assert answer.reason == "the result of the inner `rt.neg` is also used by `rt.out`"

    class SharedDoubleNeg(Rule):
        """-(-x)  =>  x"""

        allow_shared = True

        def pattern(x):
            return Neg(Neg(x))

        def rewrite(x):
            return x

    apply_rules(root, [SharedDoubleNeg])
    assert shape(root) == "a0; neg(a0)"


class Cancel(Rule):
    """x - x  =>  |x|, for the test"""

    def pattern(x):
        return Sub(x, x)

    def rewrite(x):
        return Abs(x)


def test_a_variable_that_occurs_twice_stands_for_one_value() -> None:
    assert shape_after(lambda a, b: Sub(a, a), Cancel) == "abs(a0)"
    root = program(lambda a, b: Sub(a, b))
    assert why_not(Cancel, root.region.block.first_op).reason == "`x` stands for two different values"


def shape_after(build, *rules) -> str:
    root = program(build)
    apply_rules(root, rules)
    return shape(root)


class AddNeg(Rule):
    """x + (-y)  =>  x - y"""

    def pattern(x, y):
        return Add(x, Neg(y))

    def rewrite(x, y):
        return Sub(x, y)


class AddSame(Rule):
    """(-x) + |x|  =>  x, for the test: both orders with a variable that occurs twice"""

    def pattern(x):
        return Add(Neg(x), Abs(x))

    def rewrite(x):
        return x


def test_commutative_operands_match_in_either_order() -> None:
    assert shape_after(lambda a, b: Add(a, Neg(b)), AddNeg) == "sub(a0, a1)"
    assert shape_after(lambda a, b: Add(Neg(b), a), AddNeg) == "sub(a0, a1)"
    assert shape_after(lambda a, b: Add(Abs(a), Neg(a)), AddSame) == "a0"
    assert shape_after(lambda a, b: Add(Abs(a), Neg(b)), AddSame) == "add(abs(a0), neg(a1))"


def test_operands_of_other_ops_match_in_their_order_only() -> None:
    class SubNeg(Rule):
        """x - (-y)  =>  x + y"""

        def pattern(x, y):
            return Sub(x, Neg(y))

        def rewrite(x, y):
            return Add(x, y)

    assert shape_after(lambda a, b: Sub(a, Neg(b)), SubNeg) == "add(a0, a1)"
    assert shape_after(lambda a, b: Sub(Neg(b), a), SubNeg) == "sub(neg(a1), a0)"


def test_deep_commutative_trees_do_not_explode() -> None:
    """A pattern of 12 nested sums that fails only at its innermost op has 4096 orders; the table needs none of them."""
    depth = 12

    class Deep(Rule):
        """a sum that ends in a negation  =>  its first addend"""

        def pattern(x, y):
            tree = Neg(x)
            for _ in range(depth):
                tree = Add(Add(tree, y), Add(y, y))
            return tree

        def rewrite(y):
            return y

    def build(leaf):
        def tree(a, b):
            value = leaf(a)
            for _ in range(depth):
                value = Add(Add(b, b), Add(b, value))
            return value

        return tree

    assert shape_after(build(Neg), Deep) == "a1"
    root = program(build(Abs))
    assert not apply_rules(root, [Deep]).changed


# -- attributes ----------------------------------------------------------------------------------------------------------


class MergeScale(Rule):
    """scale(scale(x, a), b)  =>  scale(x, a * b)"""

    def pattern(x, a, b):
        return Scale(Scale(x, a), b)

    def rewrite(x, a, b):
        return Scale(x, a * b)


def test_attributes_are_variables_and_arrive_as_python_values() -> None:
    assert shape_after(lambda a, b: Scale(Scale(Scale(a, 2), 3), 4), MergeScale) == "scale(a0, 24)"


def test_an_attribute_that_the_pattern_leaves_out_has_its_default() -> None:
    root = program(lambda a, b: Scale(Scale(a, 2, mode="far"), 3))
    assert not apply_rules(root, [MergeScale]).changed
    assert "`mode` of `rt.scale`" in why_not(MergeScale, list(root.region.ops)[1]).reason


def test_an_attribute_that_is_not_stored_counts_as_its_default() -> None:
    root = program(lambda a, b: Scale(Scale(a, 2), 3))
    for op in root.region.ops:
        op.attributes.pop("mode", None)
    assert apply_rules(root, [MergeScale]).applications == 1


def test_an_attribute_in_the_pattern_is_required() -> None:
    class ScaleByOne(Rule):
        """scale(x, 1)  =>  x"""

        def pattern(x):
            return Scale(x, 1)

        def rewrite(x):
            return x

    assert shape_after(lambda a, b: Scale(a, 1), ScaleByOne) == "a0"
    assert shape_after(lambda a, b: Scale(a, 2), ScaleByOne) == "scale(a0, 2)"


def test_an_attribute_variable_that_occurs_twice_stands_for_one_value() -> None:
    class SameScale(Rule):
        """scale(scale(x, a), a)  =>  x, for the test"""

        def pattern(x, a):
            return Scale(Scale(x, a), a)

        def rewrite(x):
            return x

    assert shape_after(lambda a, b: Scale(Scale(a, 2), 2), SameScale) == "a0"
    root = program(lambda a, b: Scale(Scale(a, 2), 3))
    assert why_not(SameScale, list(root.region.ops)[1]).reason == "`a` stands for two different attributes"


def test_a_rest_variable_is_all_values_of_a_variadic_operand() -> None:
    class Unjoin(Rule):
        """join(-x, rest)  =>  join(x, rest)"""

        def pattern(x, rest):
            return Join(Neg(x), [*rest])

        def rewrite(x, rest):
            return Join(x, rest)

    assert shape_after(lambda a, b: Join(Neg(a), [b, a, b]), Unjoin) == "join(a0, a1, a0, a1)"
    assert shape_after(lambda a, b: Join(Neg(a), []), Unjoin) == "join(a0)"


# -- guards and declining --------------------------------------------------------------------------------------------------


def test_the_reason_of_a_guard_is_the_answer_of_why_not() -> None:
    class Guarded(Rule):
        """-(-x)  =>  x, for long x"""

        def pattern(x):
            return Neg(Neg(x))

        def where(x):
            return guard(x.type.dims[0] > 2, "x is short")

        def rewrite(x):
            return x

    root = program(lambda a, b: Neg(Neg(a)))
    assert not apply_rules(root, [Guarded]).changed
    answer = why_not(Guarded, list(root.region.ops)[1])
    assert not answer
    assert answer.reason == "x is short"
    assert str(answer) == "Guarded does not apply: x is short"
    assert apply_rules(program(lambda a, b: Neg(Neg(a)), type=TensorType((3,), f32)), [Guarded]).changed


@pytest.mark.parametrize(
    ("outcome", "reason"), [(False, "`where` of Told is false"), ("too long", "too long"), (NoMatch("no"), "no")]
)
def test_where_may_say_no_in_several_ways(outcome, reason: str) -> None:
    class Told(Rule):
        """-x  =>  x"""

        def pattern(x):
            return Neg(x)

        def where(x):
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        def rewrite(x):
            return x

    root = program(lambda a, b: Neg(a))
    assert why_not(Told, root.region.block.first_op).reason == reason
    assert not apply_rules(root, [Told]).changed


def test_guards_combine_and_keep_the_reasons() -> None:
    yes, no, never = guard(True, "yes?"), guard(False, "no"), guard(False, "never")
    assert (yes & no).reason == "no"
    assert (no & yes).reason == "no"
    assert (yes | no).holds
    assert (no | yes).holds
    assert (no | never).reason == "no, and never"
    assert (~no).holds
    assert not ~yes
    assert isinstance(True & yes, Guard)
    assert not (yes & False)


def test_has_one_use() -> None:
    root = program(lambda a, b: [Neg(a), b])
    a, b = root.region.block.arguments
    assert has_one_use(b)
    b.replace_all_uses_with(a)
    assert has_one_use(a).reason == "a block argument has 2 uses, not one"


class Declines(Rule):
    """a rule that builds ops and then changes its mind"""

    def pattern(x):
        return Neg(x)

    def rewrite(x):
        Abs(Abs(x))
        raise NoMatch("not today")


def test_a_rule_that_declines_leaves_nothing_behind() -> None:
    root = program(lambda a, b: Neg(a))
    before = str(root)
    assert not apply_rules(root, [Declines], erase_dead=False).changed
    assert str(root) == before
    assert why_not(Declines, root.region.block.first_op).reason == "not today"


class LooksAtShape(Rule):
    """-x  =>  x, for vectors of two"""

    def pattern(x):
        return Neg(x)

    def where(x):
        return x.type.shape == (2,)

    def rewrite(x):
        return x


class MakesByShape(Rule):
    """-x  =>  scale(|x|, size)"""

    def pattern(x):
        return Neg(x)

    def rewrite(x):
        return Scale(Abs(x), x.type.shape[0])


@rule
def makes_by_shape(op: Neg, rewriter: Rewriter):
    """-x  =>  scale(|x|, size)"""
    rewriter.replace(op, Scale(Abs(op.x), op.x.type.shape[0]))


@pytest.mark.parametrize("asks", [LooksAtShape, MakesByShape, makes_by_shape])
def test_a_rule_that_asks_for_the_shape_does_not_apply_where_it_is_not_known(asks) -> None:
    root = program(lambda a, b: Neg(a), type=OPEN)
    before = str(root)
    assert not apply_rules(root, [asks]).changed
    assert str(root) == before
    assert "not known before it runs" in why_not(asks, root.region.block.first_op).reason
    assert apply_rules(program(lambda a, b: Neg(a)), [asks]).changed


def test_a_wrong_type_is_an_error_and_leaves_nothing_behind() -> None:
    class Wrong(Rule):
        """-x  =>  something else"""

        def pattern(x):
            return Neg(x)

        def rewrite(x):
            return Abs(x, result_types=[i32])

    root = program(lambda a, b: Neg(a))
    before = str(root)
    with pytest.raises(Error, match=r"the rule Wrong returned `i32` where `rt.neg` gives `tensor<2xf32>`"):
        apply_rules(root, [Wrong])
    assert str(root) == before


def test_an_op_that_needs_to_know_a_size_makes_a_rule_decline_where_it_is_not_known() -> None:
    class Fixed(Operation, name="rt.fixed", traits=(Pure,)):
        x: Operand[TensorType]
        result: Result[TensorType]
        constraints = (Holds("the shape is known", lambda op: op.result.type.is_static),)

    class NegIsFixed(Rule):
        """neg(x)  =>  fixed(x)"""

        def pattern(x):
            return Neg(x)

        def rewrite(x, op):
            return Fixed(x, result_types=[op.result.type])

    root = program(lambda a, b: Neg(a, result_types=[OPEN]))
    before = str(root)
    assert not apply_rules(root, [NegIsFixed]).changed
    assert str(root) == before
    reason = why_not(NegIsFixed, next(iter(root.region.ops))).reason
    assert reason == "what it makes needs to know a size: `rt.fixed`: the shape is known"
    assert apply_rules(program(lambda a, b: Neg(a)), [NegIsFixed]).changed


@rule
def double_neg(op: Neg, rewriter: Rewriter):
    """-(-x)  =>  x"""
    if isinstance(op.x.defining_op, Neg):
        rewriter.replace(op, Abs(op.x.defining_op.x))


def test_a_type_that_only_says_more_makes_a_function_decline() -> None:
    root = program(lambda a, b: Neg(Neg(a), result_types=[OPEN]))
    before = str(root)
    assert not apply_rules(root, [double_neg]).changed
    assert str(root) == before
    reason = why_not(double_neg, list(root.region.ops)[1]).reason
    assert reason == "it gives `tensor<2xf32>` where `tensor<?xf32>` is declared"
    assert apply_rules(program(lambda a, b: Neg(Neg(a))), [double_neg]).changed


def test_a_type_that_only_says_more_makes_a_rule_decline() -> None:
    def build(a, b):
        return Neg(Neg(a), result_types=[OPEN])

    root = program(build)
    assert not apply_rules(root, [DoubleNeg]).changed
    reason = why_not(DoubleNeg, list(root.region.ops)[1]).reason
    assert reason == "it gives `tensor<2xf32>` where `tensor<?xf32>` is declared"


def test_a_rule_returns_as_many_values_as_there_are_results() -> None:
    class TwoForOne(Rule):
        """-x  =>  x, x"""

        def pattern(x):
            return Neg(x)

        def rewrite(x):
            return x, x

    class Nothing(Rule):
        """-x  =>  ?"""

        def pattern(x):
            return Neg(x)

        def rewrite(x):
            pass

    with pytest.raises(Error, match="returned 2 values for the 1 results"):
        apply_rules(program(lambda a, b: Neg(a)), [TwoForOne])
    with pytest.raises(Error, match="returned nothing"):
        apply_rules(program(lambda a, b: Neg(a)), [Nothing])


# -- wrong rules -----------------------------------------------------------------------------------------------------------


def test_a_rule_that_cannot_be_is_refused_when_it_is_defined() -> None:
    with pytest.raises(Error, match="needs the functions `pattern` and `rewrite`"):

        class NoRewrite(Rule):
            def pattern(x):
                return Neg(x)

    with pytest.raises(Error, match="uses `y`, which its pattern does not bind"):

        class Unbound(Rule):
            def pattern(x):
                return Neg(x)

            def rewrite(y):
                return y

    with pytest.raises(Error, match="does not say at which op it starts"):

        @rule
        def untyped(op, rewriter):
            pass

    with pytest.raises(Error, match="takes an op and a rewriter"):

        @rule
        def alone(op: Neg):
            pass


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        (lambda x: x, "not an op"),
        (lambda x, y: Neg(x), "does not use its variable `y`"),
        (lambda x: (Abs(x), Neg(x))[1], "builds `rt.abs`, which the returned op does not use"),
    ],
)
def test_a_pattern_that_cannot_be(pattern, message: str) -> None:
    cls = type("Bad", (Rule,), {"pattern": pattern, "rewrite": lambda x: x})
    with pytest.raises(Error, match=message):
        apply_rules(program(lambda a, b: Neg(a)), [cls])


def test_rules_are_found_by_name() -> None:
    assert find_rule("DoubleNeg") is DoubleNeg.rule
    with pytest.raises(Error, match="there is no rule `DoubleNg`") as caught:
        find_rule("DoubleNg")
    assert "DoubleNeg" in caught.value.hint
    with pytest.raises(Error, match="is not a rule"):
        apply_rules(program(lambda a, b: a), [42])


# -- functions -------------------------------------------------------------------------------------------------------------


@rule
def scale_to_add(op: Scale, rewriter: Rewriter) -> str | None:
    """scale(x, 2)  =>  x + x"""
    if op.by != 2:
        return f"it scales by {op.by}"
    rewriter.replace(op, Add(op.x, op.x))
    return None


def test_a_function_rule_edits_the_program() -> None:
    assert shape_after(lambda a, b: Scale(a, 2), scale_to_add) == "add(a0, a0)"
    root = program(lambda a, b: Scale(a, 3))
    assert not apply_rules(root, [scale_to_add]).changed
    assert why_not(scale_to_add, root.region.block.first_op).reason == "it scales by 3"


def test_a_function_rule_may_start_at_several_ops() -> None:
    @rule
    def drop(op: Neg | Abs, rewriter: Rewriter):
        """neg(x), abs(x)  =>  x"""
        rewriter.replace(op, op.x)

    assert shape_after(lambda a, b: Sub(Neg(a), Abs(b)), drop) == "sub(a0, a1)"


def test_changed_means_that_something_changed() -> None:
    @rule
    def idle(op: Neg, rewriter: Rewriter):
        """-x  =>  -x"""

    @rule
    def in_place(op: Scale, rewriter: Rewriter):
        """scale(x, 7)  =>  scale(x, 8), without telling the rewriter"""
        if op.by == 7:
            op.by = 8

    assert not apply_rules(program(lambda a, b: Neg(a)), [idle]).changed
    root = program(lambda a, b: Scale(a, 7))
    outcome = apply_rules(root, [in_place])
    assert outcome.changed
    assert outcome.applications == 1
    assert shape(root) == "scale(a0, 8)"


def test_a_function_rule_may_not_edit_and_then_decline() -> None:
    @rule
    def two_minds(op: Scale, rewriter: Rewriter):
        """edits in place and declines"""
        op.by = 9
        raise NoMatch("after all")

    with pytest.raises(Error, match="edited the program and then said that it does not apply"):
        apply_rules(program(lambda a, b: Scale(a, 7)), [two_minds])


# -- the driver ------------------------------------------------------------------------------------------------------------


def test_rules_that_undo_each_other_are_named() -> None:
    with pytest.raises(RewriteCycle) as caught:
        apply_rules(program(lambda a, b: Sub(a, Neg(Neg(b)))), [SubToAdd, AddNeg, DoubleNeg])
    assert set(caught.value.rules) == {"SubToAdd", "AddNeg"}
    assert "SubToAdd" in str(caught.value)


def test_a_listener_sees_every_application() -> None:
    seen: list[Applied] = []
    apply_rules(program(lambda a, b: Sub(Neg(Neg(a)), b)), [DoubleNeg, SubToAdd], listener=seen.append, texts=True)
    assert [(e.rule, e.op, e.number) for e in seen] == [("DoubleNeg", "rt.neg", 0), ("SubToAdd", "rt.sub", 1)]
    assert seen[1].summary == "x - y  =>  x + (-y)"
    assert "rt.sub" in seen[1].before
    assert "rt.add" in seen[1].after
    plain: list[Applied] = []
    apply_rules(program(lambda a, b: Neg(Neg(a))), [DoubleNeg], listener=plain.append)
    assert (plain[0].before, plain[0].after) == (None, None)


class Watcher(Observer):
    """Writes down what it sees; the ops as the text that they have at that moment."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, ...]] = []

    def matched(self, rule, ops) -> None:
        self.seen.append(("matched", rule.name, *(op.name for op in ops)))

    def applied(self, event, new) -> None:
        self.seen.append(("applied", event.rule, *(op.name for op in new)))

    def missed(self, rule, op, miss) -> None:
        self.seen.append(("missed", rule.name, op.name, miss.reason))


def test_an_observer_sees_matches_before_the_edit_and_misses() -> None:
    watcher = Watcher()
    apply_rules(program(lambda a, b: Sub(Neg(Neg(a)), b)), [DoubleNeg, SubToAdd], listener=watcher)
    assert ("matched", "DoubleNeg", "rt.neg", "rt.neg") in watcher.seen
    assert ("matched", "SubToAdd", "rt.sub") in watcher.seen
    applied = [entry for entry in watcher.seen if entry[0] == "applied"]
    assert applied == [("applied", "DoubleNeg"), ("applied", "SubToAdd", "rt.neg", "rt.add")]
    missed = {entry[1:] for entry in watcher.seen if entry[0] == "missed"}
    assert ("DoubleNeg", "rt.neg", "the pattern wants a result of `rt.neg`, here is a block argument") in missed


def test_an_observer_sees_the_op_before_a_function_rule_edits_it() -> None:
    seen: list[int] = []

    class Before(Observer):
        def matched(self, rule, ops) -> None:
            seen.append(ops[-1].by)

    @rule
    def halve(op: Scale, rewriter: Rewriter):
        """scale by 4 => scale by 2"""
        if op.by != 4:
            raise NoMatch("not 4")
        op.by = 2

    apply_rules(program(lambda a, b: Scale(a, 4)), [halve], listener=Before())
    assert seen == [4, 2]


def test_statistics_count_attempts_and_hits() -> None:
    outcome = apply_rules(program(lambda a, b: Neg(Neg(Neg(a)))), [DoubleNeg])
    counts = outcome.statistics.rules["DoubleNeg"]
    assert counts.hits == outcome.applications == 1
    assert counts.misses == counts.attempts - 1 > 0
    assert "DoubleNeg" in str(outcome.statistics)


def test_verify_each_names_the_rule_that_broke_the_program() -> None:
    @rule
    def breaks(op: Neg, rewriter: Rewriter):
        """removes an attribute that must be there"""
        scale = Scale(op.x, 2)
        del scale.attributes["by"]
        rewriter.replace(op, scale)

    with pytest.raises(Error, match="the rule breaks left an ill-formed program"):
        apply_rules(program(lambda a, b: Neg(a)), [breaks], verify_each=True)
    apply_rules(program(lambda a, b: Neg(a)), [breaks])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_stop_after_makes_so_many_applications(count: int) -> None:
    root = program(lambda a, b: [Sub(a, b), Sub(b, a), Sub(a, a)])
    assert apply_rules(root, [SubToAdd], stop_after=count).applications == count
    assert sum(op.name == "rt.add" for op in root.walk()) == count


def test_dead_ops_go_unless_they_are_to_stay() -> None:
    def build(a, b):
        Neg(Abs(a))
        return a

    kept, cleaned = program(build), program(build)
    assert not apply_rules(kept, [], erase_dead=False).changed
    assert sum(1 for _ in kept.walk()) == 4
    assert apply_rules(cleaned, []).changed
    assert [op.name for op in cleaned.region.ops] == ["rt.out"]


def test_why_not_leaves_the_program_alone() -> None:
    root = program(lambda a, b: Neg(Neg(a)))
    before = str(root)
    answer = why_not(DoubleNeg, list(root.region.ops)[1])
    assert answer
    assert str(answer) == "DoubleNeg applies here"
    assert str(root) == before
    assert why_not(DoubleNeg, root.region.block.last_op).reason == "it starts at `rt.neg`, not at `rt.out`"
    alone = Neg(root.region.block.arguments[0])
    assert "block argument" in why_not(DoubleNeg, alone).reason
    assert why_not(SubToAdd, Sub(*root.region.block.arguments)).reason == "`rt.sub` stands in no block"
    inner = why_not(DoubleNeg, program(lambda a, b: Neg(Abs(a))).region.block.last_op.operands[0].owner)
    assert inner.reason == "the pattern wants `rt.neg`, here is `rt.abs`"
    assert inner.op.name == "rt.abs"


def test_a_guard_that_refuses_one_order_of_operands_gets_the_other() -> None:
    class AddScale(Rule):
        """scale(x, 1) + y  =>  x - y, for the test"""

        def pattern(x, y):
            return Add(x, y)

        def where(x):
            return guard(isinstance(x.defining_op, Scale), "it is not scaled")

        def rewrite(x, y):
            return Sub(x, y)

    assert shape_after(lambda a, b: Add(Scale(a, 1), b), AddScale) == "sub(scale(a0, 1), a1)"
    assert shape_after(lambda a, b: Add(b, Scale(a, 1)), AddScale) == "sub(scale(a0, 1), a1)"
    root = program(lambda a, b: Add(a, b))
    assert why_not(AddScale, root.region.block.first_op).reason == "it is not scaled"


def test_both_forms_of_rules_say_what_they_assume():
    class LocalOp(Operation, name="rt.assuming", traits=(Pure,)):
        x: Operand[Type]
        result: Result[Type] = result()

    @rule(assumes=("no NaN", "reassociation"))
    def rt_assumes(op: LocalOp, rewriter: Rewriter):  # its root is local to this function
        """assuming(x)  =>  x"""
        rewriter.replace(op, op.x)

    class RtAssumes(DoubleNeg):
        assumes = ["no overflow"]  # noqa: RUF012

    assert (rt_assumes.assumes, rt_assumes.roots) == (("no NaN", "reassociation"), (LocalOp,))
    assert find_rule("rt_assumes") is rt_assumes
    assert RtAssumes.rule.assumes == ("no overflow",)
    assert DoubleNeg.rule.assumes == ()


@pytest.mark.parametrize(
    ("assumes", "said"), [(("good weather",), "assumes `good weather`, of which nothing"), ("no NaN", "is no tuple")]
)
def test_an_assumption_that_nobody_knows(assumes, said):
    with pytest.raises(Error, match=said):
        type("RtUnknownAssumption", (DoubleNeg,), {"assumes": assumes})
    with pytest.raises(Error, match=said):

        @rule(assumes=assumes)
        def rt_unknown_assumption(op: Neg, rewriter: Rewriter):
            """neg(x)  =>  x"""
