"""Conversions in which types change: one to one, to several, to none; signatures, branches, loops; casts and materializations."""

from __future__ import annotations

import pytest

import couloir
from couloir.dialects import arith, builtin
from couloir.ir.attribute import Type
from couloir.ir.conversion import (
    ConversionError,
    ConversionTarget,
    Inline,
    TypeConverter,
    apply_full_conversion,
    apply_partial_conversion,
    conversion_rule,
    flat,
)
from couloir.ir.fields import Operand
from couloir.ir.operation import Block, Operation, Region
from couloir.ir.passes import PassPipeline
from couloir.ir.rewriting import NoMatch
from couloir.ir.traits import NoTerminator
from couloir.ir.types import ComplexType, NoneType, TupleType, f32, f64, i32, index
from couloir.ir.verify import verify
from couloir.passes.reconcile_unrealized_casts import ReconcileUnrealizedCasts
from couloir.passes.structural_conversion import STRUCTURAL_RULES
from tests.ir.conversion.toy import RULES, Add, Conj, Create, Mul, Use, complex_converter, lower_add, lower_conj, target


def converted(text: str) -> str:
    """The program on numbers only, without `module`."""
    module = couloir.parse(text)
    converter = complex_converter()
    apply_full_conversion(module, target(converter), RULES, converter)
    verify(module)
    return body(module)


def body(module: builtin.ModuleOp) -> str:
    return "\n".join(str(op) for op in module.ops)


def test_one_type_becomes_two():
    assert (
        converted("""
func.func @f(%x: complex<f32>, %n: i32) -> (i32, complex<f32>) {
  %y = "toy.conj"(%x) : (complex<f32>) -> complex<f32>
  %z = "toy.add"(%x, %y) : (complex<f32>, complex<f32>) -> complex<f32>
  return %n, %z : i32, complex<f32>
}""")
        == """\
func.func @f(%arg0: f32, %arg1: f32, %arg2: i32) -> (i32, f32, f32) {
  %0 = arith.constant 0.000000e+00 : f32
  %1 = arith.subf %0, %arg1 : f32
  %2 = arith.addf %arg0, %arg0 : f32
  %3 = arith.addf %arg1, %1 : f32
  return %arg2, %2, %3 : i32, f32, f32
}"""
    )


def test_tuples_are_flattened_and_tokens_vanish():
    assert (
        converted("""
func.func @f(%x: f32, %c: complex<f32>) -> tuple<complex<f32>, tuple<none, f32>> {
  %t = "toy.token"() : () -> none
  %p = "toy.pack"(%t, %x) : (none, f32) -> tuple<none, f32>
  %q = "toy.pack"(%c, %p) : (complex<f32>, tuple<none, f32>) -> tuple<complex<f32>, tuple<none, f32>>
  return %q : tuple<complex<f32>, tuple<none, f32>>
}
func.func @g(%x: tuple<complex<f32>, none>) -> complex<f32> {
  %a, %b = "toy.unpack"(%x) : (tuple<complex<f32>, none>) -> (complex<f32>, none)
  return %a : complex<f32>
}""")
        == """\
func.func @f(%arg0: f32, %arg1: f32, %arg2: f32) -> (f32, f32, f32) {
  return %arg1, %arg2, %arg0 : f32, f32, f32
}
func.func @g(%arg0: f32, %arg1: f32) -> (f32, f32) {
  return %arg0, %arg1 : f32, f32
}"""
    )


def test_an_equation_whose_result_is_converted_in_turn():
    assert (
        converted("""
func.func @f(%x: complex<f32>) -> complex<f32> {
  %y = "toy.square"(%x) : (complex<f32>) -> complex<f32>
  return %y : complex<f32>
}""")
        == """\
func.func @f(%arg0: f32, %arg1: f32) -> (f32, f32) {
  %0 = arith.mulf %arg0, %arg0 : f32
  %1 = arith.mulf %arg1, %arg1 : f32
  %2 = arith.subf %0, %1 : f32
  %3 = arith.mulf %arg0, %arg1 : f32
  %4 = arith.mulf %arg1, %arg0 : f32
  %5 = arith.addf %3, %4 : f32
  return %2, %5 : f32, f32
}"""
    )


def test_calls_and_declarations():
    assert (
        converted("""
func.func private @g(complex<f32> {a.b}, i32) -> (none, complex<f32>)
func.func @f(%x: complex<f32>, %n: i32) -> complex<f32> {
  %t, %y = call @g(%x, %n) : (complex<f32>, i32) -> (none, complex<f32>)
  return %y : complex<f32>
}""")
        == """\
func.func private @g(f32 {a.b}, f32, i32) -> (f32, f32)
func.func @f(%arg0: f32, %arg1: f32, %arg2: i32) -> (f32, f32) {
  %0:2 = call @g(%arg0, %arg1, %arg2) : (f32, f32, i32) -> (f32, f32)
  return %0#0, %0#1 : f32, f32
}"""
    )


def test_branches_and_a_loop_of_blocks():
    """The body stands before the head in the text, and uses what the head defines."""
    assert (
        converted("""
func.func @f(%x: complex<f32>, %c: i1) -> complex<f32> {
  cf.br ^head(%x : complex<f32>)
^body:
  %z = "toy.add"(%y, %h) : (complex<f32>, complex<f32>) -> complex<f32>
  cf.br ^head(%z : complex<f32>)
^head(%h: complex<f32>):
  %y = "toy.add"(%h, %h) : (complex<f32>, complex<f32>) -> complex<f32>
  cf.cond_br %c, ^body, ^end(%y, %c : complex<f32>, i1)
^end(%e: complex<f32>, %d: i1):
  return %e : complex<f32>
}""")
        == """\
func.func @f(%arg0: f32, %arg1: f32, %arg2: i1) -> (f32, f32) {
  cf.br ^bb2(%arg0, %arg1 : f32, f32)
^bb1:  // pred: ^bb2
  %0 = arith.addf %4, %2 : f32
  %1 = arith.addf %5, %3 : f32
  cf.br ^bb2(%0, %1 : f32, f32)
^bb2(%2: f32, %3: f32):  // 2 preds: ^bb0, ^bb1
  %4 = arith.addf %2, %2 : f32
  %5 = arith.addf %3, %3 : f32
  cf.cond_br %arg2, ^bb1, ^bb3(%4, %5, %arg2 : f32, f32, i1)
^bb3(%6: f32, %7: f32, %8: i1):  // pred: ^bb2
  return %6, %7 : f32, f32
}"""
    )


def test_a_switch():
    text = converted("""
func.func @f(%x: complex<f32>, %n: i32) -> complex<f32> {
  cf.switch %n : i32, [
    default: ^a(%x : complex<f32>),
    1: ^b(%n, %x : i32, complex<f32>),
    2: ^a(%x : complex<f32>)
  ]
^a(%y: complex<f32>):
  return %y : complex<f32>
^b(%m: i32, %z: complex<f32>):
  return %z : complex<f32>
}""")
    assert "default: ^bb1(%arg0, %arg1 : f32, f32)" in text
    assert "1: ^bb2(%arg2, %arg0, %arg1 : i32, f32, f32)" in text


def test_structured_control_flow():
    assert (
        converted("""
func.func @f(%x: complex<f32>, %c: i1, %a: index, %b: index, %s: index) -> complex<f32> {
  %y = scf.for %i = %a to %b step %s iter_args(%k = %x) -> (complex<f32>) {
    %m = scf.if %c -> (complex<f32>) {
      %n = "toy.add"(%k, %x) : (complex<f32>, complex<f32>) -> complex<f32>
      scf.yield %n : complex<f32>
    } else {
      scf.yield %k : complex<f32>
    }
    scf.yield %m : complex<f32>
  }
  %z = scf.while (%u = %y) : (complex<f32>) -> complex<f32> {
    scf.condition(%c) %u : complex<f32>
  } do {
  ^bb0(%v: complex<f32>):
    scf.yield %v : complex<f32>
  }
  return %z : complex<f32>
}""")
        == """\
func.func @f(%arg0: f32, %arg1: f32, %arg2: i1, %arg3: index, %arg4: index, %arg5: index) -> (f32, f32) {
  %0:2 = scf.for %arg6 = %arg3 to %arg4 step %arg5 iter_args(%arg7 = %arg0, %arg8 = %arg1) -> (f32, f32) {
    %2:2 = scf.if %arg2 -> (f32, f32) {
      %3 = arith.addf %arg7, %arg0 : f32
      %4 = arith.addf %arg8, %arg1 : f32
      scf.yield %3, %4 : f32, f32
    } else {
      scf.yield %arg7, %arg8 : f32, f32
    }
    scf.yield %2#0, %2#1 : f32, f32
  }
  %1:2 = scf.while (%arg6 = %0#0, %arg7 = %0#1) : (f32, f32) -> (f32, f32) {
    scf.condition(%arg2) %arg6, %arg7 : f32, f32
  } do {
  ^bb0(%arg6: f32, %arg7: f32):
    scf.yield %arg6, %arg7 : f32, f32
  }
  return %1#0, %1#1 : f32, f32
}"""
    )


def test_blocks_that_are_never_reached():
    """In them a value may be used before it is defined."""
    text = converted("""
func.func @f(%x: complex<f32>) -> complex<f32> {
  return %x : complex<f32>
^dead:
  %a = "toy.add"(%b, %x) : (complex<f32>, complex<f32>) -> complex<f32>
  %b = "toy.conj"(%a) : (complex<f32>) -> complex<f32>
  "cf.br"(%b)[^dead2] : (complex<f32>) -> ()
^dead2(%c: complex<f32>):
  cf.br ^dead
}""")
    assert "complex" not in text and "cast" not in text


# -- casts -------------------------------------------------------------------------------------------------------------------

PARTLY = """
func.func @f(%x: complex<f32>) {
  %y = "toy.add"(%x, %x) : (complex<f32>, complex<f32>) -> complex<f32>
  %z = "toy.conj"(%y) : (complex<f32>) -> complex<f32>
  "toy.use"(%y, %z) : (complex<f32>, complex<f32>) -> ()
  return
}"""


def test_a_partial_conversion_leaves_casts_between_old_and_new():
    module = couloir.parse(PARTLY)
    goal = ConversionTarget()
    goal.add_illegal(Add)
    outcome = apply_partial_conversion(module, goal, [lower_add], complex_converter())
    verify(module)
    assert (
        body(module)
        == """\
func.func @f(%arg0: complex<f32>) {
  %0:2 = builtin.unrealized_conversion_cast %arg0 : complex<f32> to f32, f32
  %1 = arith.addf %0#0, %0#0 : f32
  %2 = arith.addf %0#1, %0#1 : f32
  %3 = builtin.unrealized_conversion_cast %1, %2 : f32, f32 to complex<f32>
  %4 = "toy.conj"(%3) : (complex<f32>) -> complex<f32>
  "toy.use"(%3, %4) : (complex<f32>, complex<f32>) -> ()
  return
}"""
    )
    assert outcome.casts == 2 and outcome.changed and outcome.applications == 1
    assert "toy.conj" in outcome.remaining


def test_two_partial_conversions_and_reconciliation_are_one_full_one():
    module, whole = couloir.parse(PARTLY), couloir.parse(PARTLY)
    for cls, rule in ((Add, lower_add), (Conj, lower_conj)):
        goal = ConversionTarget()
        goal.add_illegal(cls)
        apply_partial_conversion(module, goal, [rule], complex_converter())
    goal = ConversionTarget()
    goal.add_illegal(Add, Conj)
    apply_partial_conversion(whole, goal, [lower_add, lower_conj], complex_converter())
    PassPipeline.of(ReconcileUnrealizedCasts()).run(module)
    PassPipeline.of(ReconcileUnrealizedCasts()).run(whole)
    assert str(module) == str(whole)
    assert str(module).count("unrealized_conversion_cast") == 3  # the argument, and both values that `use` takes


def test_a_full_conversion_names_both_ends_of_a_cast_that_remains():
    module = couloir.parse(PARTLY)
    before = str(module)
    converter = complex_converter()
    goal = target(converter)
    with pytest.raises(ConversionError) as caught:
        apply_full_conversion(module, goal, RULES, converter)
    note = str(caught.value)
    assert "2 ops of 2 kinds cannot be lowered to numbers" in note or "2 ops of 1 kind" in note
    assert "`arith.addf` gives `f32`, `f32`, `toy.use` takes `complex<f32>`" in note
    assert str(module) == before


def test_source_and_target_materializations():
    converter = complex_converter()

    def whole(wanted, values):
        return Create(*values) if len(values) == 2 else None

    converter.add_source_materialization(whole)
    goal = target(converter)
    goal.add_legal(Create)
    module = couloir.parse(PARTLY)
    apply_full_conversion(module, goal, RULES, converter)
    verify(module)
    assert str(module).count('"toy.create"') == 2 and "cast" not in str(module)


def test_an_argument_materialization_is_for_block_arguments():
    converter = complex_converter()
    asked: list[str] = []
    converter.add_source_materialization(lambda wanted, values: asked.append("source") or Create(*values))
    converter.add_argument_materialization(lambda wanted, values: asked.append("argument") or Create(*values))
    module = couloir.parse("""
func.func @f(%x: complex<f32>) {
  %y = "toy.conj"(%x) : (complex<f32>) -> complex<f32>
  "toy.use"(%x) : (complex<f32>) -> ()
  "toy.use"(%y, %y) : (complex<f32>, complex<f32>) -> ()
  "toy.use"(%x) : (complex<f32>) -> ()
  return
}""")
    goal = target(converter)
    goal.add_legal(Create)
    apply_full_conversion(module, goal, RULES, converter)
    assert asked == ["argument", "source"], "one for each value, however often it is used"


def test_a_target_materialization_serves_a_rule_that_expects_other_types():
    """i32 becomes index; a rule gives i64-wide floats where f32 is expected."""
    converter = TypeConverter()
    converter.add_conversion(Type, lambda type: type)
    converter.add_target_materialization(
        lambda wanted, values: arith.TruncF(values[0], result_types=list(wanted)) if wanted == (f32,) else None
    )

    @conversion_rule
    def wide(op: Conj, adaptor, rewriter):
        """conj => extf"""
        return arith.ExtF(adaptor.x, result_types=[f64])

    @conversion_rule
    def adds(op: Add, adaptor, rewriter):
        """add => addf"""
        return arith.AddF(adaptor.lhs, adaptor.rhs)

    module = couloir.parse("""
func.func @f(%x: f32) -> f32 {
  %y = "toy.conj"(%x) : (f32) -> f32
  %z = "toy.add"(%y, %y) : (f32, f32) -> f32
  return %z : f32
}""")
    goal = ConversionTarget()
    goal.add_legal("arith", "func", "builtin.module")
    apply_full_conversion(module, goal, [wide, adds], converter)
    assert (
        body(module)
        == """\
func.func @f(%arg0: f32) -> f32 {
  %0 = arith.extf %arg0 : f32 to f64
  %1 = arith.truncf %0 : f64 to f32
  %2 = arith.addf %1, %1 : f32
  return %2 : f32
}"""
    )


def test_a_materialization_that_makes_something_else_is_an_error():
    converter = complex_converter()
    converter.add_source_materialization(lambda wanted, values: values[0])
    with pytest.raises(couloir.Error, match=r"asked for \(`complex<f32>`\) and made \(`f32`\)"):
        apply_full_conversion(couloir.parse(PARTLY), target(converter), RULES, converter)


def test_a_materialization_that_makes_something_illegal_is_reported():
    converter = complex_converter()
    converter.add_source_materialization(lambda wanted, values: Create(*values))
    with pytest.raises(ConversionError, match=r"`toy\.create`: it was made by a source materialization"):
        apply_full_conversion(couloir.parse(PARTLY), target(converter), RULES, converter)


def test_casts_of_the_program_that_have_become_needless_go_away():
    assert (
        converted("""
func.func @f(%x: complex<f32>) -> complex<f32> {
  %0:2 = builtin.unrealized_conversion_cast %x : complex<f32> to f32, f32
  %1 = arith.addf %0#0, %0#1 : f32
  %2 = builtin.unrealized_conversion_cast %1, %1 : f32, f32 to complex<f32>
  return %2 : complex<f32>
}""")
        == """\
func.func @f(%arg0: f32, %arg1: f32) -> (f32, f32) {
  %0 = arith.addf %arg0, %arg1 : f32
  return %0, %0 : f32, f32
}"""
    )


def test_reconciliation_follows_chains_and_leaves_what_is_real():
    module = couloir.parse("""
func.func @f(%x: i32, %z: i64) -> (i32, i32, index) {
  %a = builtin.unrealized_conversion_cast %x : i32 to i64
  %b = builtin.unrealized_conversion_cast %a : i64 to index
  %c = builtin.unrealized_conversion_cast %b : index to i32
  %d = builtin.unrealized_conversion_cast %z : i64 to i32
  %e = builtin.unrealized_conversion_cast %c : i32 to i32
  return %e, %d, %b : i32, i32, index
}""")
    PassPipeline.of(ReconcileUnrealizedCasts()).run(module)
    assert (
        body(module)
        == """\
func.func @f(%arg0: i32, %arg1: i64) -> (i32, i32, index) {
  %0 = builtin.unrealized_conversion_cast %arg0 : i32 to i64
  %1 = builtin.unrealized_conversion_cast %0 : i64 to index
  %2 = builtin.unrealized_conversion_cast %arg1 : i64 to i32
  return %arg0, %2, %1 : i32, i32, index
}"""
    )


def test_casts_in_a_circle_that_is_never_reached():
    module = couloir.parse("""
func.func @f() {
  return
^dead:
  %a = builtin.unrealized_conversion_cast %b : i64 to i32
  %b = builtin.unrealized_conversion_cast %a : i32 to i64
  %c = builtin.unrealized_conversion_cast %b : i64 to f32
  "toy.use"(%c) : (f32) -> ()
  cf.br ^dead
}""")
    PassPipeline.of(ReconcileUnrealizedCasts()).run(module)
    verify(module)


# -- the type converter ------------------------------------------------------------------------------------------------------


def test_newer_conversions_come_first_and_may_pass():
    converter = TypeConverter()
    converter.add_conversion(Type, lambda type: type)
    converter.add_conversion(ComplexType, lambda type: [type.element_type] * 2)
    converter.add_conversion(ComplexType, lambda type: index if type.element_type is i32 else None)
    assert converter.convert(ComplexType(i32)) == (index,)
    assert converter.convert(ComplexType(f32)) == (f32, f32)
    assert converter.convert(f64) == (f64,)
    assert converter.convert_types([ComplexType(f32), i32]) == [f32, f32, i32]
    assert converter.is_legal(i32) and not converter.is_legal(ComplexType(f32))


def test_a_type_without_a_form_and_the_reason():
    converter = TypeConverter()

    def no_wide(type: ComplexType):
        if type.element_type is f64:
            raise NoMatch("whose parts are too wide")
        return type.element_type

    converter.add_conversion(ComplexType, no_wide)
    assert converter.convert(ComplexType(f64)) is None and converter.convert(i32) is None
    assert converter.reason(ComplexType(f64)) == "whose parts are too wide"
    with pytest.raises(NoMatch) as caught:
        converter.convert_types([ComplexType(f64)])
    assert caught.value.reason == "the type `complex<f64>`, whose parts are too wide"


def test_a_conversion_that_asks_for_itself_is_an_error():
    converter = TypeConverter()
    converter.add_conversion(TupleType, lambda type: converter.convert(type))
    with pytest.raises(couloir.Error, match="asks for the conversion"):
        converter.convert(TupleType([f32]))


def test_what_is_legal_by_types():
    converter = complex_converter()
    module = couloir.parse(PARTLY)
    ops = {op.name: op for op in module.walk()}
    assert not converter.legal_op(ops["toy.use"]) and converter.legal_op(ops["func.return"])
    assert converter.legal_op(ops["toy.use"]).reason == "an operand has the type `complex<f32>`"
    assert converter.legal_region(ops["func.func"].regions[0]).reason == "a block argument has the type `complex<f32>`"
    assert not converter.is_legal(NoneType())


def test_a_type_that_several_values_cannot_stand_for():
    """The bounds of a loop are one value each."""
    converter = TypeConverter()
    converter.add_conversion(Type, lambda type: type)
    converter.add_conversion(type(index), lambda type: [i32, i32])
    module = couloir.parse("""
func.func @f(%a: index) {
  scf.for %i = %a to %a step %a {
    "toy.use"(%i) : (index) -> ()
  }
  return
}""")
    before = str(module)
    with pytest.raises(ConversionError, match="`lower_bound` becomes 2 values, and the op has one there"):
        apply_full_conversion(module, target(converter), RULES, converter)
    assert str(module) == before


def test_the_old_program_around_the_root_is_not_touched():
    """The root is a function inside a module; a value from around a region op is cast inside."""
    module = couloir.parse("""
func.func @f(%x: complex<f32>) {
  "toy.scope"() ({
    %y = "toy.add"(%x, %x) : (complex<f32>, complex<f32>) -> complex<f32>
    "toy.use"(%y) : (complex<f32>) -> ()
  }) : () -> ()
  return
}""")
    scope = next(op for op in module.walk() if op.name == "toy.scope")
    goal = ConversionTarget()
    goal.add_illegal(Add)
    goal.add_legal(Use)
    apply_partial_conversion(scope, goal, [lower_add], complex_converter())
    verify(module)
    assert (
        body(module)
        == """\
func.func @f(%arg0: complex<f32>) {
  "toy.scope"() ({
    %0:2 = builtin.unrealized_conversion_cast %arg0 : complex<f32> to f32, f32
    %1:2 = builtin.unrealized_conversion_cast %arg0 : complex<f32> to f32, f32
    %2 = arith.addf %0#0, %1#0 : f32
    %3 = arith.addf %0#1, %1#1 : f32
    %4 = builtin.unrealized_conversion_cast %2, %3 : f32, f32 to complex<f32>
    "toy.use"(%4) : (complex<f32>) -> ()
  }) : () -> ()
  return
}"""
    )


def test_a_block_inlined_twice_is_cast_twice():
    """Its argument is another value each time, so the cast of the first time does not serve the second."""

    class Both(Operation, name="toy.both", traits=(NoTerminator,)):
        x: Operand
        y: Operand
        body: Region

    @conversion_rule
    def both(op: Both, adaptor, rewriter):
        """both(x, y) { f } => f(x); f(y)"""
        yield Inline(op.body.block, [adaptor.x])
        yield Inline(op.body.block, [adaptor.y])

    converter = complex_converter()
    converter.add_source_materialization(lambda wanted, values: Create(*values))
    goal = target(converter)
    goal.add_legal(Create)
    module = couloir.parse("""
func.func @f(%x: complex<f32>, %y: complex<f32>) {
  "toy.both"(%x, %y) ({
  ^bb0(%a: complex<f32>):
    "toy.use"(%a) : (complex<f32>) -> ()
  }) : (complex<f32>, complex<f32>) -> ()
  return
}""")
    apply_full_conversion(module, goal, [*RULES, both], converter)
    verify(module)
    x, _, y, _ = module.functions[0].arguments
    uses = [op for op in module.walk() if isinstance(op, Use)]
    assert [use.items[0].defining_op.re for use in uses] == [x, y]


def test_the_parts_of_a_value_are_named_after_it():
    module = couloir.parse("""
func.func @f(%x: complex<f32>) -> complex<f32> {
  %y = "toy.add"(%x, %x) : (complex<f32>, complex<f32>) -> complex<f32>
  return %y : complex<f32>
}""")
    old = module.functions[0]
    old.arguments[0].name_hint, old.entry.first_op.result.name_hint = "x", "y"
    converter = complex_converter()
    apply_full_conversion(module, target(converter), RULES, converter)
    new = module.functions[0]
    assert [argument.name_hint for argument in new.arguments] == ["x_0", "x_1"]
    assert [value.name_hint for value in new.entry.last_op.operands] == ["y_0", "y_1"]


def test_a_materialization_that_declines_leaves_it_to_an_older_one():
    converter = complex_converter()
    converter.add_source_materialization(lambda wanted, values: Create(*values))
    converter.add_source_materialization(lambda wanted, values: None)
    goal = target(converter)
    goal.add_legal(Create)
    module = couloir.parse(PARTLY)
    apply_full_conversion(module, goal, RULES, converter)
    assert str(module).count('"toy.create"') == 2


def test_inserted_ops_may_take_new_types_that_nothing_converts():
    """The converter knows old types only; a rule makes an op on new ones that another rule converts."""
    converter = TypeConverter()
    converter.add_conversion(ComplexType, lambda type: [type.element_type] * 2)

    @conversion_rule
    def adds(op: Add, adaptor, rewriter):
        """x + y => part by part, by way of toy.mul"""
        return [(Mul(adaptor.lhs[0], adaptor.rhs[0]).result, adaptor.lhs[1])]

    @conversion_rule
    def multiplies(op: Mul, adaptor, rewriter):
        """x * y => mulf"""
        return arith.MulF(adaptor.lhs, adaptor.rhs)

    module = couloir.parse("""
func.func @f(%x: complex<f32>) -> complex<f32> {
  %y = "toy.add"(%x, %x) : (complex<f32>, complex<f32>) -> complex<f32>
  return %y : complex<f32>
}""")
    goal = ConversionTarget()
    goal.add_legal("arith")
    goal.add_illegal("toy")
    goal.add_dynamically_legal("func", when=lambda op: "complex" not in str(op))
    apply_partial_conversion(module, goal, [adds, multiplies, *STRUCTURAL_RULES], converter)
    assert (
        body(module)
        == """\
func.func @f(%arg0: f32, %arg1: f32) -> (f32, f32) {
  %0 = arith.mulf %arg0, %arg0 : f32
  return %0, %arg1 : f32, f32
}"""
    )


def test_the_values_of_converted_operands_in_one_list():
    x, y = Block([f32, f32]).arguments
    assert flat(x) == [x] and flat((x, y)) == [x, y] and flat([x, (y, x), ()]) == [x, y, x]
