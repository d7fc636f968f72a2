"""Conversions in which types stay: targets, rules, what is inserted and inlined, events, and that a failure changes nothing."""

from __future__ import annotations

import pytest

import couloir
from couloir.dialects import func
from couloir.ir.attributes import IntegerAttr
from couloir.ir.builder import at_end
from couloir.ir.conversion import (
    ConversionError,
    ConversionTarget,
    Convert,
    Inline,
    Legality,
    apply_full_conversion,
    apply_partial_conversion,
    conversion_rule,
    why_illegal,
)
from couloir.ir.fields import Operand, Operands, Result, attr_default, result
from couloir.ir.operation import Block, Operation, Region
from couloir.ir.passes import PassContext
from couloir.ir.rewriting import NoMatch, Observer, Rule, guard, rule
from couloir.ir.rewriting.driver import RewriteCycle
from couloir.ir.traits import IsTerminator, NoTerminator, Pure
from couloir.ir.types import i32, i64
from couloir.ir.verify import verify


def infer(self):
    return self.x.type


class A(Operation, name="cv.a", traits=(Pure,)):
    x: Operand
    n: int = attr_default(0)
    result: Result = result()
    infer = infer


class B(Operation, name="cv.b", traits=(Pure,)):
    x: Operand
    n: int = attr_default(0)
    result: Result = result()
    infer = infer


class C(Operation, name="cv.c", traits=(Pure,)):
    x: Operand
    result: Result = result()
    infer = infer


class D(Operation, name="dv.d", traits=(Pure,)):
    x: Operand
    result: Result = result()
    infer = infer


class Effect(Operation, name="dv.effect"):
    items: Operands


class Box(Operation, name="cv.box", traits=(NoTerminator,)):
    body: Region


class End(Operation, name="cv.end", traits=(IsTerminator,)):
    items: Operands


@conversion_rule
def a_to_d(op: A, adaptor, rewriter):
    """a(x) => d(x)"""
    if op.n > 1:
        raise NoMatch(f"n is {op.n}", supported="n = 0 or 1")
    return D(adaptor.x)


@conversion_rule
def b_to_a(op: B, adaptor, rewriter):
    """b(x) => a(a(x))"""
    return A(A(adaptor.x))


class CofC(Rule):
    """c(c(x)) => d(x)"""

    def pattern(x):
        return C(C(x))

    def where(x):
        return guard(x.type is i32, f"x is {x.type}")

    def rewrite(x):
        return D(x)


@conversion_rule
def open_box(op: Box, adaptor, rewriter):
    """box { ops } => ops"""
    yield Inline(op.body.block)


def goal(*illegal, name: str = "D") -> ConversionTarget:
    target = ConversionTarget(name)
    target.add_legal("dv", "func", "builtin.module")
    target.add_illegal(*(illegal or ("cv",)))
    return target


def program(ops: str, type: str = "i32") -> Operation:
    return couloir.parse(f"func.func @f(%x: {type}) {{\n{ops}\nreturn\n}}")


def ops_of(module: Operation) -> list[str]:
    return [op.name for op in module.walk() if op.name[:3] in ("cv.", "dv.")]


def line(name: str, op: str, operand: str, attributes: str = "", type: str = "i32") -> str:
    return f'%{name} = "{op}"(%{operand}) {attributes} : ({type}) -> {type}'


def keep(*names: str, type: str = "i32") -> str:
    return f'"dv.effect"({", ".join("%" + n for n in names)}) : ({", ".join([type] * len(names))}) -> ()'


# -- targets -----------------------------------------------------------------------------------------------------------------


def test_what_is_said_of_an_op_beats_what_is_said_of_its_dialect():
    a, b, d = (
        next(op for op in program(line("y", n, "x") + keep("y")).walk() if op.name == n)
        for n in ("cv.a", "cv.b", "dv.d")
    )
    target = ConversionTarget()
    assert target.legality(a).legality is Legality.UNKNOWN
    target.add_illegal("cv")
    target.add_legal("cv.a")
    target.add_dynamically_legal(D, when=lambda op: guard(op.x.type is i64, "it is narrow"))
    assert target.legality(a).legality is Legality.LEGAL
    assert target.legality(b).legality is Legality.ILLEGAL
    assert target.legality(d).legality is Legality.ILLEGAL and target.legality(d).reason == "it is narrow"
    target.add_illegal(A)
    assert target.legality(a).legality is Legality.ILLEGAL, "the class beats the name"
    target.add_legal(A)
    assert target.legality(a).legality is Legality.LEGAL, "the later one holds"
    target.add_legal(Operation)
    assert target.legality(next(program("").walk())).legality is Legality.LEGAL, "a base stands for all"


def test_unknown_ops_can_be_judged():
    target = ConversionTarget()
    target.mark_unknown_dynamically_legal(lambda op: op.name.startswith("dv."))
    module = program(line("y", "dv.d", "x") + keep("y"))
    assert {target.legality(op).legality for op in module.walk()} == {Legality.LEGAL, Legality.ILLEGAL}


def test_ops_that_no_dialect_defines_are_told_apart():
    module = couloir.parse('"x.a"() : () -> ()\n"x.b"() : () -> ()', allow_unregistered=True)
    target = ConversionTarget()
    target.add_legal("x.a")
    assert [target.legality(op).legality.value for op in module.ops] == ["legal", "unknown"]


def test_a_target_is_made_of_ops():
    with pytest.raises(couloir.Error, match="names no op"):
        ConversionTarget().add_legal(int)  # pyright: ignore[reportArgumentType]


def test_inside_a_recursively_legal_op_nothing_is_looked_at():
    module = program('"cv.box"() ({\n' + line("y", "cv.a", "x") + keep("y") + "}) : () -> ()")
    target = goal()
    target.add_legal(Box)
    target.mark_recursively_legal(Box, when=lambda op: op.body.block.first_op.n == 0)
    outcome = apply_full_conversion(module, target, [a_to_d])
    assert ops_of(module) == ["cv.box", "cv.a", "dv.effect"] and outcome.applications == 0
    next(op for op in module.walk() if isinstance(op, A)).n = 1
    apply_full_conversion(module, target, [a_to_d])
    assert ops_of(module) == ["cv.box", "dv.d", "dv.effect"]


def test_a_function_that_is_left_alone_is_the_same_object():
    module = couloir.parse(
        "func.func @f() { return }\nfunc.func @g(%x: i32) {\n" + line("y", "cv.a", "x") + keep("y") + "return }"
    )
    target = goal()
    target.mark_recursively_legal(func.FuncOp, when=lambda f: f.sym_name == "f")
    first = module.functions[0]
    apply_full_conversion(module, target, [a_to_d])
    assert module.functions[0] is first and [f.sym_name for f in module.functions] == ["f", "g"]
    assert first.parent is module.body
    verify(module)


# -- partial and full --------------------------------------------------------------------------------------------------------


def test_a_partial_conversion_lets_unknown_ops_be():
    module = program("\n".join([line("a", "cv.a", "x"), line("c", "cv.c", "a"), keep("c")]))
    outcome = apply_partial_conversion(module, goal(A), [a_to_d])
    assert ops_of(module) == ["dv.d", "cv.c", "dv.effect"]
    assert outcome.remaining == ["cv.c"] and outcome.casts == 0


def test_a_partial_conversion_converts_unknown_ops_where_a_rule_applies():
    module = program("\n".join([line("a", "cv.a", "x"), line("b", "cv.a", "a", "{n = 7 : i64}"), keep("b")]))
    apply_partial_conversion(module, goal(C), [a_to_d])
    assert ops_of(module) == ["dv.d", "cv.a", "dv.effect"]


def test_a_full_conversion_does_not():
    module = program("\n".join([line("c", "cv.c", "x"), keep("c")]))
    target = ConversionTarget("D")
    target.add_legal("dv", "func", "builtin.module")
    with pytest.raises(
        ConversionError, match=r"1 op of 1 kind cannot be lowered to D\n  note: 1 x `cv\.c`: no rule converts it"
    ):
        apply_full_conversion(module, target, [a_to_d])


def test_dead_ops_need_no_rule():
    module = program("\n".join([line("c", "cv.c", "x"), line("a", "cv.a", "x"), keep("a")]))
    outcome = apply_full_conversion(module, goal(), [a_to_d])
    assert ops_of(module) == ["dv.d", "dv.effect"] and outcome.applications == 1
    module = program(line("c", "cv.c", "x"))
    with pytest.raises(ConversionError):
        apply_full_conversion(module, goal(), [a_to_d], erase_dead=False)


# -- rules -------------------------------------------------------------------------------------------------------------------


def test_what_a_rule_inserts_is_converted_in_turn():
    module = program("\n".join([line("b", "cv.b", "x"), keep("b")]))
    outcome = apply_full_conversion(module, goal(), [a_to_d, b_to_a])
    assert ops_of(module) == ["dv.d", "dv.d", "dv.effect"]
    assert {name: r.hits for name, r in outcome.statistics.rules.items()} == {"b_to_a": 1, "a_to_d": 2}
    verify(module)


def test_what_a_rule_inserts_and_nothing_converts_is_reported_with_the_rule():
    module = program("\n".join([line("b", "cv.b", "x"), keep("b")]))
    before = str(module)
    with pytest.raises(ConversionError) as caught:
        apply_full_conversion(module, goal(), [b_to_a])
    assert "2 x `cv.a` {n = 0 : i64}: no rule converts it (the rule b_to_a made it for `cv.b`)" in str(caught.value)
    assert str(module) == before


def test_ops_in_a_region_that_a_rule_makes_are_converted():
    @conversion_rule
    def into_box(op: C, adaptor, rewriter):
        """c(x) => box { b(x) }; x"""
        block = Block()
        with at_end(block):
            Effect([B(adaptor.x)])
        Box(Region([block]))
        return adaptor.x

    target = goal()
    target.add_legal(Box)
    module = program("\n".join([line("c", "cv.c", "x"), keep("c")]))
    apply_full_conversion(module, target, [into_box, a_to_d, b_to_a])
    assert ops_of(module) == ["cv.box", "dv.d", "dv.d", "dv.effect", "dv.effect"]
    verify(module)


def test_an_equation_takes_ops_that_have_no_rule_of_their_own():
    module = program("\n".join([line("a", "cv.c", "x"), line("b", "cv.c", "a"), keep("b")]))
    apply_full_conversion(module, goal(), [CofC])
    assert ops_of(module) == ["dv.d", "dv.effect"]


def test_an_op_inside_a_pattern_that_is_needed_elsewhere_is_reported():
    module = program("\n".join([line("a", "cv.c", "x"), line("b", "cv.c", "a"), keep("a", "b")]))
    with pytest.raises(ConversionError, match=r"also used by"):
        apply_full_conversion(module, goal(), [CofC])


def test_an_equation_that_declines_says_why():
    text = "\n".join([line("a", "cv.c", "x", type="i64"), line("b", "cv.c", "a", type="i64"), keep("b", type="i64")])
    with pytest.raises(ConversionError) as caught:
        apply_full_conversion(program(text, "i64"), goal(), [CofC])
    assert "2 ops of 2 kinds" in str(caught.value)
    assert "1 x `cv.c`: x is i64" in str(caught.value)


def test_rules_are_tried_in_order_and_leave_nothing_behind():
    tried: list[str] = []

    @conversion_rule
    def declines(op: A, adaptor, rewriter):
        """declines"""
        tried.append("declines")
        Effect([D(adaptor.x)])
        raise NoMatch("not today")

    @conversion_rule
    def for_all(op: Operation, adaptor, rewriter):
        """a base class stands for all, and comes last"""
        tried.append("for_all")
        return D(adaptor[0])

    module = program("\n".join([line("a", "cv.a", "x"), line("c", "cv.c", "a"), keep("c")]))
    apply_full_conversion(module, goal(), [for_all, declines])
    assert tried == ["declines", "for_all", "for_all"]
    assert ops_of(module) == ["dv.d", "dv.d", "dv.effect"]


def test_blocks_are_inlined_and_regions_converted():
    text = (
        '"cv.box"() ({\n'
        + line("a", "cv.a", "x")
        + '\n"cv.box"() ({\n'
        + line("b", "cv.b", "a")
        + keep("b")
        + "}) : () -> ()\n}) : () -> ()"
    )
    module = program(text)
    apply_full_conversion(module, goal(), [a_to_d, b_to_a, open_box])
    assert ops_of(module) == ["dv.d", "dv.d", "dv.d", "dv.effect"]

    @conversion_rule
    def remake(op: Box, adaptor, rewriter):
        """box { old } => box { new }"""
        body = yield Convert(op.body)
        return Box(body, loc=rewriter.location)

    target = goal()
    target.add_dynamically_legal(Box, when=lambda op: not any(o.name in ("cv.a", "cv.b") for o in op.walk()))
    module = program(text)
    apply_full_conversion(module, target, [a_to_d, b_to_a, remake])
    assert ops_of(module) == ["cv.box", "dv.d", "cv.box", "dv.d", "dv.d", "dv.effect"]
    verify(module)


def test_a_block_is_inlined_twice_with_other_arguments():
    class Twice(Operation, name="cv.twice", traits=(Pure,)):
        x: Operand
        y: Operand
        body: Region
        result: Result = result()

        def infer(self):
            return self.x.type

    @conversion_rule
    def unroll(op: Twice, adaptor, rewriter):
        """twice(x, y) { f } => f(f(x)), and f(y) with effect in a box"""
        (once,) = yield Inline(op.body.block, [adaptor.x])
        (both,) = yield Inline(op.body.block, [once])
        inner = Block()
        (other,) = yield Inline(op.body.block, [adaptor.y], into=inner)
        with at_end(inner):
            Effect([other])
        Box(Region([inner]))
        return both

    module = couloir.parse("""func.func @f(%x: i32, %y: i32) {
  %z = "cv.twice"(%x, %y) ({
  ^bb0(%a: i32):
    %b = "cv.a"(%a) : (i32) -> i32
    "cv.end"(%b) : (i32) -> ()
  }) : (i32, i32) -> i32
  "dv.effect"(%z) : (i32) -> ()
  return
}""")
    target = goal()
    target.add_legal(Box)
    apply_full_conversion(module, target, [unroll, a_to_d])
    assert (
        str(module.functions[0])
        == """\
func.func @f(%arg0: i32, %arg1: i32) {
  %0 = "dv.d"(%arg0) : (i32) -> i32
  %1 = "dv.d"(%0) : (i32) -> i32
  "cv.box"() ({
    %2 = "dv.d"(%arg1) : (i32) -> i32
    "dv.effect"(%2) : (i32) -> ()
  }) : () -> ()
  "dv.effect"(%1) : (i32) -> ()
  return
}"""
    )


def test_only_conversion_rules_and_equations_are_taken():
    @rule
    def in_place(op: A, rewriter):
        """in place"""

    with pytest.raises(couloir.Error, match="edits the program in place"):
        apply_full_conversion(program(""), goal(), [in_place])
    with pytest.raises(couloir.Error, match="belongs to a conversion"):
        couloir.ir.rewriting.apply_rules(program("\n".join([line("a", "cv.a", "x"), keep("a")])), [a_to_d])
    with pytest.raises(couloir.Error, match="takes an op, an adaptor and a rewriter, not"):
        conversion_rule(lambda op, rewriter: None)  # pyright: ignore[reportArgumentType]


def test_adaptors():
    class Fields(Operation, name="cv.fields", traits=(Pure,)):
        first: Operand
        rest: Operands
        n: int = attr_default(3)
        result: Result = result()

        def infer(self):
            return self.first.type

    seen: list = []

    @conversion_rule
    def look(op: Fields, adaptor, rewriter):
        """look"""
        seen.append((adaptor.first, adaptor.rest, adaptor.n, len(adaptor), adaptor.operands, adaptor.flat_operands))
        return adaptor[2]

    module = couloir.parse("""func.func @f(%x: i32, %y: i32) {
  %z = "cv.fields"(%x, %y, %x) : (i32, i32, i32) -> i32
  "dv.effect"(%z) : (i32) -> ()
  return
}""")
    apply_full_conversion(module, goal(), [look])
    x, y = module.functions[0].arguments
    assert seen == [(x, [y, x], 3, 3, [x, y, x], [x, y, x])]
    assert list(module.functions[0].entry.first_op.operands) == [x]


# -- mistakes of rules -------------------------------------------------------------------------------------------------------


def mistake(function, match: str, text: str = "") -> None:
    """The rule ends in this error, and the program is as it was."""
    module = program(text or "\n".join([line("a", "cv.a", "x"), keep("a")]))
    before = str(module)
    with pytest.raises(couloir.Error, match=match):
        apply_full_conversion(module, goal(), [conversion_rule(function)])
    assert str(module) == before
    verify(module)


def test_values_of_the_old_program_are_refused():
    def old_operand(op: A, adaptor, rewriter):
        return D(op.x)

    def old_result(op: A, adaptor, rewriter):
        return op.x

    mistake(old_operand, r"the rule old_operand gave `dv\.d` an operand of the old program")
    mistake(old_result, "the rule old_result returned a value of the old program")


def test_results_that_do_not_fit_are_refused():
    def nothing(op: A, adaptor, rewriter):
        return [None]

    def two(op: A, adaptor, rewriter):
        return [adaptor.x, adaptor.x]

    def none(op: A, adaptor, rewriter):
        return None

    def number(op: A, adaptor, rewriter):
        return [7]

    mistake(nothing, r"the rule nothing gives nothing for a result of `cv\.a` that is used")
    mistake(two, r"the rule two returned 2 values for the 1 results of `cv\.a`")
    mistake(none, r"the rule none returned 0 values for the 1 results of `cv\.a`")

    def truth(op: A, adaptor, rewriter):
        return True

    mistake(number, r"<text>:2:6: `cv\.a`: an operand is a value or an op")
    mistake(truth, r"<text>:2:6: `cv\.a`: the rule truth returned True")


def test_wrong_requests_are_refused():
    def garbage(op: A, adaptor, rewriter):
        yield 7

    def inside(op: A, adaptor, rewriter):
        with at_end(Block()):
            yield Convert(Region())
        return adaptor.x

    def few(op: Box, adaptor, rewriter):
        yield Inline(op.body.block, [None])

    box = '"cv.box"() ({\n^bb0:\n}) : () -> ()'
    mistake(garbage, "the rule garbage yields 7")
    mistake(inside, "yields inside a `with`")
    mistake(few, "1 values are given for the 0 arguments", box)

    module = program('"cv.box"() ({\n"cv.box"() ({\n}) : () -> ()\n}) : () -> ()')

    def outer(op: Box, adaptor, rewriter):
        parent = op.parent
        yield Inline(parent if isinstance(parent.parent_op, Box) else op.body.block)

    with pytest.raises(couloir.Error, match="the rule outer inlines a block into itself"):
        apply_full_conversion(module, goal(), [conversion_rule(outer)])


def test_a_rule_that_fails_says_where():
    def broken(op: A, adaptor, rewriter):
        raise couloir.Error("this went wrong")

    mistake(broken, r"<text>:2:6: `cv\.a`: this went wrong")


def test_any_exception_of_a_rule_leaves_the_program_as_it_was():
    def crash(op: C, adaptor, rewriter):
        raise ZeroDivisionError

    module = program("\n".join([line("a", "cv.a", "x"), line("c", "cv.c", "a"), keep("c")]))
    before, uses = str(module), module.functions[0].arguments[0].uses
    with pytest.raises(ZeroDivisionError):
        apply_full_conversion(module, goal(), [a_to_d, conversion_rule(crash)])
    assert str(module) == before and module.functions[0].arguments[0].uses == uses


def test_a_failed_conversion_leaves_no_uses_of_values_around_the_root():
    module = program(
        '"cv.box"() ({\n'
        + line("a", "cv.a", "x")
        + line("b", "cv.a", "x", "{n = 5 : i64}")
        + keep("a", "b")
        + "}) : () -> ()"
    )
    box = next(op for op in module.walk() if isinstance(op, Box))
    x = module.functions[0].arguments[0]
    uses = set(x.uses)
    with pytest.raises(ConversionError):
        apply_full_conversion(box, goal(), [a_to_d])
    assert set(x.uses) == uses
    apply_partial_conversion(box, goal(C), [a_to_d])
    assert sorted(use.user.name for use in x.uses) == ["cv.a", "dv.d"]
    verify(module)


# -- endless rules -----------------------------------------------------------------------------------------------------------


def test_rules_that_make_ops_for_each_other_are_named():
    @conversion_rule
    def a_to_c(op: A, adaptor, rewriter):
        """a => c"""
        return C(adaptor.x)

    @conversion_rule
    def c_to_a(op: C, adaptor, rewriter):
        """c => a"""
        return A(adaptor.x)

    module = program("\n".join([line("a", "cv.a", "x"), keep("a")]))
    before = str(module)
    with pytest.raises(RewriteCycle, match="make ops for each other") as caught:
        apply_full_conversion(module, goal(), [a_to_c, c_to_a])
    assert set(caught.value.rules) == {"a_to_c", "c_to_a"} and str(module) == before


def test_a_rule_that_grows_without_bound_is_named():
    @conversion_rule
    def grow(op: A, adaptor, rewriter):
        """a(n) => a(n + 1)"""
        return A(adaptor.x, op.n + 1)

    with pytest.raises(RewriteCycle, match="grow makes ops for itself"):
        apply_full_conversion(program("\n".join([line("a", "cv.a", "x"), keep("a")])), goal(), [grow])


def test_a_rule_that_makes_ops_for_itself_and_ends_is_fine():
    @conversion_rule
    def count_down(op: A, adaptor, rewriter):
        """a(n) => a(n - 1), a(0) => d"""
        return A(adaptor.x, op.n - 1) if op.n else D(adaptor.x)

    module = program("\n".join([line("a", "cv.a", "x", "{n = 300 : i64}"), keep("a")]))
    outcome = apply_full_conversion(module, goal(), [count_down])
    assert ops_of(module) == ["dv.d", "dv.effect"] and outcome.applications == 301


# -- the report --------------------------------------------------------------------------------------------------------------


def test_everything_is_reported_at_once():
    lines = [
        line("a", "cv.a", "x"),
        line("b", "cv.a", "a", "{n = 5 : i64}"),
        line("c", "cv.c", "b"),
        line("d", "cv.c", "c"),
    ]
    lines += [line("e", "cv.a", "d", "{n = 5 : i64}"), line("f", "cv.a", "e", "{n = 6 : i64}"), keep("f")]
    lines += ['"cv.box"() ({', line("g", "cv.c", "x"), keep("g"), "}) : () -> ()"]
    module = program("\n".join(lines))
    before = str(module)
    with pytest.raises(ConversionError) as caught:
        apply_full_conversion(module, goal(), [a_to_d])
    assert (
        str(caught.value)
        == """\
7 ops of 4 kinds cannot be lowered to D
  note: 3 x `cv.c`: no rule converts it, first at <text>:4:6
  note: 2 x `cv.a` {n = 5 : i64}: n is 5, first at <text>:3:6; supported: n = 0 or 1
  note: 1 x `cv.a` {n = 6 : i64}: n is 6, first at <text>:7:6; supported: n = 0 or 1
  note: 1 x `cv.box`: no rule converts it, first at <text>:9:1"""
    )
    assert [(e.op, e.count) for e in caught.value.entries] == [("cv.c", 3), ("cv.a", 2), ("cv.a", 1), ("cv.box", 1)]
    assert str(module) == before


def test_the_nearest_supported_form_is_one_that_was_converted():
    @conversion_rule
    def only_zero(op: A, adaptor, rewriter):
        """a(0) => d"""
        if op.n:
            raise NoMatch("n is not 0")
        return D(adaptor.x)

    module = program("\n".join([line("a", "cv.a", "x"), line("b", "cv.a", "a", "{n = 5 : i64}"), keep("b")]))
    with pytest.raises(ConversionError, match="supported: n = 0 : i64, as at <text>:2:6"):
        apply_full_conversion(module, goal(), [only_zero])


@pytest.mark.parametrize(
    ("operand", "type", "wanted"),
    [("w", "i64", "; supported: operands of `i32`, results of `i32`, as at <text>:2:6"), ("x", "i32", "")],
)
def test_the_nearest_supported_form_may_differ_in_its_types(operand: str, type: str, wanted: str):
    seen: list[Operation] = []

    def first(op: A, adaptor, rewriter):
        """a => d, once"""
        if seen:
            raise NoMatch("once is enough")
        seen.append(op)
        return D(adaptor.x)

    lines = [line("a", "cv.a", "x"), line("b", "cv.a", operand, type=type), keep("a"), keep("b", type=type)]
    module = couloir.parse("func.func @f(%x: i32, %w: i64) {\n" + "\n".join(lines) + "\nreturn\n}")
    with pytest.raises(ConversionError) as caught:
        apply_full_conversion(module, goal(), [conversion_rule(first)])
    assert str(caught.value).endswith("once is enough, first at <text>:3:6" + wanted)


def test_a_similar_op_for_which_there_is_a_rule_is_named():
    class LongName(Operation, name="cv.transpose", traits=(Pure,)):
        x: Operand
        result: Result = result()
        infer = infer

    class LongerName(Operation, name="cv.transpose2", traits=(Pure,)):
        x: Operand
        result: Result = result()
        infer = infer

    @conversion_rule
    def transposed(op: LongName, adaptor, rewriter):
        """transpose => d"""
        return D(adaptor.x)

    module = program("\n".join([line("a", "cv.transpose2", "x"), keep("a")]))
    with pytest.raises(ConversionError, match=r"no rule converts it, first at <text>:2:6; supported: `cv\.transpose`"):
        apply_full_conversion(module, goal(), [transposed])


def test_the_reasons_of_several_rules_and_of_the_target():
    @conversion_rule
    def wide(op: A, adaptor, rewriter):
        """wide"""
        raise NoMatch("it is not wide")

    module = program("\n".join([line("a", "cv.a", "x", "{n = 5 : i64}"), keep("a")]))
    with pytest.raises(ConversionError, match="a_to_d: n is 5; wide: it is not wide"):
        apply_full_conversion(module, goal(), [a_to_d, wide])
    target = goal()
    target.add_dynamically_legal(A, when=lambda op: guard(op.n == 0, "its n is not 0"))
    with pytest.raises(ConversionError, match="its n is not 0, and no rule converts the op"):
        apply_full_conversion(module, target, [])


def test_large_attributes_are_cut_and_many_kinds_are_counted():
    lines = [line(f"a{i}", "cv.a", "x", f'{{n = {i + 2} : i64, text = "{"z" * 200}"}}') for i in range(60)]
    module = program("\n".join([*lines, keep(*(f"a{i}" for i in range(60)))]))
    with pytest.raises(ConversionError) as caught:
        apply_full_conversion(module, goal(), [a_to_d])
    assert len(caught.value.notes) == 51 and caught.value.notes[-1] == "and 10 kinds more"
    assert len(caught.value.entries) == 60 and "z" * 58 not in str(caught.value)


def test_why_an_op_is_illegal():
    module = program("\n".join([line("a", "cv.a", "x"), line("b", "cv.a", "a", "{n = 5 : i64}"), keep("b")]))
    before = str(module)
    first, second = [op for op in module.walk() if isinstance(op, A)]
    assert why_illegal(first, goal(), [a_to_d])
    answer = why_illegal(second, goal(), [a_to_d])
    assert not answer and answer.reason == "n is 5; supported: n = 0 or 1"
    assert str(answer) == "conversion to D does not apply: n is 5; supported: n = 0 or 1"
    assert why_illegal(module.functions[0], goal(), [a_to_d]).applies
    assert str(module) == before


# -- events ------------------------------------------------------------------------------------------------------------------


def test_events():
    events: list = []
    module = program("\n".join([line("b", "cv.b", "x"), keep("b")]))
    outcome = apply_full_conversion(module, goal(), [a_to_d, b_to_a], listener=events.append, texts=True)
    assert [(e.rule, e.op, e.number, e.location.label) for e in events] == [
        ("b_to_a", "cv.b", 0, "<text>:2:6"),
        ("a_to_d", "cv.a", 1, "<text>:2:6"),
        ("a_to_d", "cv.a", 2, "<text>:2:6"),
    ]
    assert events[0].summary == "b(x) => a(a(x))" and events[0].microseconds > 0
    assert '"cv.b"(%arg0)' in events[0].before and events[0].after.count('"cv.a"') == 2
    assert outcome.applications == 3 and outcome.changed


def test_an_observer_sees_matches_and_misses():
    class Watch(Observer):
        def __init__(self):
            self.seen = []

        def matched(self, rule, ops):
            self.seen.append(("matched", rule.name, [op.name for op in ops]))

        def applied(self, event, new):
            self.seen.append(("applied", event.rule, [op.name for op in new]))

        def missed(self, rule, op, miss):
            self.seen.append(("missed", rule.name, miss.reason))

    watch = Watch()
    module = program(
        "\n".join(
            [line("a", "cv.a", "x", "{n = 5 : i64}"), line("c", "cv.c", "x"), line("d", "cv.c", "c"), keep("a", "d")]
        )
    )
    apply_partial_conversion(module, goal(B), [a_to_d, CofC], listener=watch)
    assert watch.seen == [
        ("matched", "a_to_d", ["cv.a"]),
        ("missed", "a_to_d", "n is 5"),
        ("missed", "CofC", "the pattern wants a result of `cv.c`, here is a block argument"),
        ("matched", "CofC", ["cv.c", "cv.c"]),
        ("applied", "CofC", ["dv.d"]),
    ]


def test_a_pass_context_takes_part():
    events: list = []
    context = PassContext(listener=events.append)
    context.convert(program("\n".join([line("b", "cv.b", "x"), keep("b")])), goal(), [a_to_d, b_to_a])
    assert len(events) == 3 and context.statistics.rules["a_to_d"].hits == 2


def test_stopping_after_a_number_of_applications():
    """For bisection: what is left remains as it is, also in a full conversion."""
    text = "\n".join([line("a", "cv.a", "x"), line("b", "cv.a", "a"), keep("b")])
    for count, wanted in ((0, ["cv.a", "cv.a"]), (1, ["dv.d", "cv.a"]), (2, ["dv.d", "dv.d"])):
        module, context = program(text), PassContext(stop_after=count)
        context.convert(module, goal(), [a_to_d])
        assert ops_of(module) == [*wanted, "dv.effect"] and context.stop_after == 0
        verify(module)


def test_locations_and_names():
    module = couloir.parse("""func.func @f(%x: i32) {
  %y = "cv.b"(%x) : (i32) -> i32 loc("node y")
  "dv.effect"(%y) : (i32) -> ()
  return
}""")
    op = next(op for op in module.walk() if isinstance(op, B))
    op.result.name_hint = "why"
    apply_full_conversion(module, goal(), [a_to_d, b_to_a])
    made = [op for op in module.walk() if isinstance(op, D)]
    assert [op.location.label for op in made] == ["node y", "node y"]
    assert made[-1].result.name_hint == "why"


# -- size --------------------------------------------------------------------------------------------------------------------


def test_long_programs():
    block = Block([i32])
    value = block.arguments[0]
    with at_end(block):
        for number in range(20_000):
            value = A(value, number % 2).result
        Effect([value])
    box = Box(Region([block]))
    asked = 0

    def when(op):
        nonlocal asked
        asked += 1
        return True

    target = goal()
    target.add_dynamically_legal(D, when=when)
    apply_full_conversion(box, target, [a_to_d])
    assert sum(isinstance(op, D) for op in box.walk()) == 20_000
    assert asked == 20_000, "each op is looked at once"


def nest(depth: int) -> Box:
    inner = Block([], [])
    box = Box(Region([inner]))
    for _ in range(depth):
        box = Box(Region([Block([], [box])]))
    return box


@pytest.mark.parametrize("way", ["legal", "converted", "inlined", "illegal"])
def test_deep_nests(way: str):
    depth = 10_000
    root = nest(depth)
    target = ConversionTarget()
    if way == "legal":
        target.add_legal(Box)
        apply_full_conversion(root, target, [])
        assert sum(1 for _ in root.walk()) == depth + 1
    elif way == "converted":

        @conversion_rule
        def remake(op: Box, adaptor, rewriter):
            """box => box"""
            body = yield Convert(op.body)
            made = Box(body)
            made.attributes["done"] = IntegerAttr(1, i32)
            return made

        target.add_dynamically_legal(Box, when=lambda op: "done" in op.attributes)
        apply_full_conversion(root, target, [remake])
        assert sum("done" in op.attributes for op in root.walk()) == depth
    elif way == "inlined":
        target.add_illegal(Box)
        apply_full_conversion(root, target, [open_box])
        assert root.body.block.is_empty
    else:
        target.add_illegal(Box)
        with pytest.raises(ConversionError, match=f"{depth} x `cv.box`"):
            apply_full_conversion(root, target, [])
        assert sum(1 for _ in root.walk()) == depth + 1
