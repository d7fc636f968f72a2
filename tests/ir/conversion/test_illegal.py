"""What hangs on something that cannot be converted; types without a form; what is looked at once, and what is dropped."""

from __future__ import annotations

import gc

import pytest

import couloir
from couloir.ir.attribute import Type
from couloir.ir.builder import CURRENT, at_end
from couloir.ir.conversion import (
    ConversionError,
    ConversionTarget,
    Convert,
    Inline,
    TypeConverter,
    apply_full_conversion,
    conversion_rule,
)
from couloir.ir.fields import Operand, Result, result
from couloir.ir.operation import Block, Operation
from couloir.ir.rewriting import Rule
from couloir.ir.traits import Pure
from couloir.ir.types import f32, i32, i64
from couloir.ir.verify import verify
from tests.ir.conversion.test_conversion import A, Box, C, D, End, a_to_d, goal, keep, line, ops_of, program


def whole_numbers() -> TypeConverter:
    """i32 stays, i64 becomes i32; other types have no form."""
    converter = TypeConverter()
    converter.add_conversion(type(i32), lambda type: i32 if type in (i32, i64) else None)
    return converter


def reported(
    module: Operation, target: ConversionTarget, rules: list, converter: TypeConverter | None = None
) -> list[str]:
    before = str(module)
    with pytest.raises(ConversionError) as caught:
        apply_full_conversion(module, target, rules, converter)
    assert str(module) == before
    return [f"{entry.count} {entry.op}: {entry.reason}" for entry in caught.value.entries]


def test_what_takes_a_value_that_has_no_form_is_not_reported():
    """Neither what a rule would convert, nor what is legal, nor what is legal with all that is inside."""
    module = couloir.parse(
        """func.func @f(%x: i32) {
  %y = "cv.box_of"(%x) : (i32) -> f32
  %a = "cv.a"(%y) : (f32) -> f32
  "dv.effect"(%a, %y) : (f32, f32) -> ()
  "cv.box"() ({
    "dv.effect"(%y) : (f32) -> ()
  }) : () -> ()
  return
}""",
        allow_unregistered=True,
    )
    target = goal()
    target.add_legal(Box)
    assert reported(module, target, [a_to_d], whole_numbers()) == ["1 cv.box_of: no rule converts it"]
    target.mark_recursively_legal(Box)
    assert reported(module, target, [a_to_d], whole_numbers()) == ["1 cv.box_of: no rule converts it"]


def test_an_operand_without_a_form_is_a_reason():
    module = program("\n".join([line("a", "cv.a", "x", type="f32"), keep("a", type="f32")]), "f32")
    assert reported(module, goal(), [a_to_d], whole_numbers()) == [
        "1 cv.a: an operand has the type `f32`, which has no converted form"
    ]


def test_a_block_argument_without_a_form_is_a_reason():
    """What takes it inside is not reported, everything else inside is."""

    @conversion_rule
    def remake(op: Box, adaptor, rewriter):
        """box { old } => box { new }"""
        body = yield Convert(op.body)
        return Box(body)

    module = couloir.parse("""func.func @f(%x: i32) {
  "cv.box"() ({
  ^bb0(%y: f32):
    %a = "cv.a"(%y) : (f32) -> f32
    %c = "cv.c"(%x) : (i32) -> i32
    "dv.effect"(%a, %c) : (f32, i32) -> ()
  }) : () -> ()
  return
}""")
    assert reported(module, goal(), [a_to_d, remake], whole_numbers()) == [
        "1 cv.box: a block argument has the type `f32`, which has no converted form",
        "1 cv.c: no rule converts it",
    ]


def test_the_arguments_of_the_first_block_can_be_given():
    def with_types(*types):
        @conversion_rule
        def remake(op: Box, adaptor, rewriter):
            """box(i64) => box(...)"""
            body = yield Convert(op.body, types)
            return Box(body)

        return remake

    text = """func.func @f() {
  "cv.box"() ({
  ^bb0(%y: i64, %z: i64):
    "dv.effect"(%z) : (i64) -> ()
  }) : () -> ()
  return
}"""
    target = goal()
    target.add_dynamically_legal(Box, when=lambda op: [a.type for a in op.body.block.arguments] == [f32, f32, i64])
    module = couloir.parse(text)
    apply_full_conversion(module, target, [with_types([f32, f32], [i64])])
    verify(module)
    assert "^bb0(%arg0: f32, %arg1: f32, %arg2: i64):" in str(module) and '"dv.effect"(%arg2)' in str(module)
    with pytest.raises(couloir.Error, match="types for 1 of 2 block arguments are given"):
        apply_full_conversion(couloir.parse(text), target, [with_types([f32])])


def test_a_value_that_a_pattern_takes_in_and_binds_as_well_is_needed():
    """cv.pair(c, c): one operand is inside the pattern, the other one is a variable."""

    class Pair(Operation, name="cv.pair", traits=(Pure,)):
        lhs: Operand
        rhs: Operand
        result: Result = result()

        def infer(self):
            return self.lhs.type

    class PairOfC(Rule):
        """pair(c(x), y) => d(y)"""

        def pattern(x, y):
            return Pair(C(x), y)

        def rewrite(y):
            return D(y)

    for second, illegal in (("x", []), ("c", ["1 cv.c: no rule converts it"])):
        module = program(
            "\n".join([line("c", "cv.c", "x"), f'%p = "cv.pair"(%c, %{second}) : (i32, i32) -> i32', keep("p")])
        )
        if illegal:
            assert reported(module, goal(), [PairOfC]) == illegal
        else:
            apply_full_conversion(module, goal(), [PairOfC])
            assert ops_of(module) == ["dv.d", "dv.effect"]


def test_ops_without_uses_are_dropped_unless_they_are_wanted():
    text = "\n".join([line("d", "dv.d", "x"), line("a", "cv.a", "d")])
    for erase_dead, wanted in ((True, []), (False, ["dv.d", "dv.d"])):
        module = program(text)
        apply_full_conversion(module, goal(), [a_to_d], erase_dead=erase_dead)
        assert ops_of(module) == wanted


def test_a_block_without_a_terminator_gives_nothing():
    answers: list = []

    @conversion_rule
    def look(op: Box, adaptor, rewriter):
        """box => its ops"""
        answers.append((yield Inline(op.body.block)))

    box = '"cv.box"() ({{\n{}\n}}) : () -> ()'
    module = program(
        line("d", "dv.d", "x") + "\n" + box.format(keep("d")) + "\n" + box.format('"cv.end"(%d) : (i32) -> ()')
    )
    apply_full_conversion(module, goal(), [look])
    assert answers[0] == [] and [value.defining_op.name for value in answers[1]] == ["dv.d"]
    assert not any(isinstance(op, End) for op in module.walk())


def test_each_new_op_is_judged_once():
    """Also those inside of regions that are converted level by level."""

    @conversion_rule
    def remake(op: Box, adaptor, rewriter):
        """box { old } => box { new }"""
        body = yield Convert(op.body)
        made = Box(body)
        with at_end(body.block):
            D(Block([i32]).arguments[0])
        made.attributes["new"] = i32
        return made

    depth, asked = 20, 0

    def when(op):
        nonlocal asked
        asked += 1
        return True

    text = line("a", "cv.a", "x") + "\n" + keep("a")
    for _ in range(depth):
        text = '"cv.box"() ({\n' + text + "\n}) : () -> ()"
    target = goal()
    target.add_dynamically_legal(D, when=when)
    target.add_dynamically_legal(Box, when=lambda op: "new" in op.attributes)
    apply_full_conversion(program(text), target, [a_to_d, remake], erase_dead=False)
    assert asked == depth + 1


def test_an_error_that_knows_its_place_keeps_it():
    @conversion_rule
    def broken(op: A, adaptor, rewriter):
        """broken"""
        raise couloir.Error("no such weight", where="weights.bin")

    with pytest.raises(couloir.Error) as caught:
        apply_full_conversion(program("\n".join([line("a", "cv.a", "x"), keep("a")])), goal(), [broken])
    assert str(caught.value) == "weights.bin: no such weight"


def test_a_rule_that_yields_inside_a_with_leaves_no_insertion_point():
    @conversion_rule
    def inside(op: Box, adaptor, rewriter):
        """inside"""
        with at_end(Block()):
            yield Inline(op.body.block)

    with pytest.raises(couloir.Error, match="yields inside a `with`"):
        apply_full_conversion(program('"cv.box"() ({\n^bb0:\n}) : () -> ()'), goal(), [inside])
    gc.collect()
    assert CURRENT.get() is None


def test_a_type_converter_may_say_what_stands_in():
    """The walk goes on with values of other types than the converted ones."""

    class Lenient(TypeConverter):
        def convert(self, type: Type):
            return (type,)

        def accepts(self, old: Type, new: Type):
            return True

        def stand_in(self, type: Type):
            return (i32,) if type is i32 else None

    module = program("\n".join([line("c", "cv.c", "x"), line("d", "cv.c", "c"), keep("d")]))
    assert reported(module, goal(), [], Lenient()) == ["2 cv.c: no rule converts it"]
