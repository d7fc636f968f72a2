"""Declarative formats: what is printed and read, spaces, omitted types, and formats that are wrong."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from couloir.ir.attributes import DenseArrayAttr
from couloir.ir.constraints import SameType
from couloir.ir.errors import Error, ParseError
from couloir.ir.fields import Operand, Operands, Result, region, result
from couloir.ir.operation import Operation, Region
from couloir.ir.text.format import printer_of, reader_of
from couloir.ir.text.parser import parse_ops
from couloir.ir.text.printer import operation_text
from couloir.ir.types import Type, i32

EVERYTHING = """\
sample.func @f(%arg0: i32, %arg1: memref<4x4xf32>, %arg2: index, %arg3: f32) attributes {z} {
  %0 = add %arg0, %arg0 : i32
  %1 = add %0, %arg0 mode down {x = "y"} : i32
  %2 = add %0, %0 mode "both ways" : i32
  %3 = values 1 -2.500000e+00 true "a" down @g tensor<2xf32> sizes = [1, -2] flag {k}
  %4 = values -7 0x7FC00000 false "" up @"a b" i32
  %5 = values -7 1.000000e+00 false "" "both ways" @f !t.u sizes = []
  store %arg3, %arg1[%arg2, %arg2] : memref<4x4xf32>
  %6 = pick base %0 : i32 rest %1, %arg3 : i32, f32 -> i32
  %7 = pick nothing -> f32
  %8 = sum %0, %arg3 : (i32, f32) -> i32
  %9 = sum  : () -> (() -> ())
  %10:3 = split %0 {a} : i32 to i32, f32, i32
  custom pair<%10#1 as f32>
  custom pair<%10#2 as i32 "label"> {b}
  %11 = swap %0, %1 : i32
  cases
  cases {c} arms {
    sample.yield
  }, {
  }
  loop %0 iter_args(%0, %arg3 : i32, f32) {
  ^bb0(%arg4: index):
    %15 = sample.add %arg0, %1 : i32
  } {l} : i32
  %12 = loop %arg2 {
    sample.yield %arg2 : index
  } : index -> f32
  switch %0 : i32, ^bb1 or ^bb2, ^bb1
^bb1:  // 2 preds: ^bb0, ^bb0
  br ^bb2
^bb2:  // 2 preds: ^bb0, ^bb1
  br ^bb3(%0, %arg3 : i32, f32)
^bb3(%13: i32, %14: f32):  // pred: ^bb2
  return %13 : i32
}"""


def read(text: str) -> Operation:
    (op,) = parse_ops(text, allow_unregistered=True)
    return op


def test_everything_reads_and_prints_as_it_was(same):
    function = read(EVERYTHING)
    assert str(function) == EVERYTHING
    generic = operation_text(function, generic=True)
    assert "sample.func @" not in generic
    again = read(generic)
    same(function, again)
    assert str(again) == EVERYTHING


def in_function(body: str, arguments: str = "%a: i32, %m: memref<2xf32>, %i: index, %x: f32") -> list[Operation]:
    return list(read(f"sample.func @f({arguments}) {{\n{body}\n}}").regions[0].block.ops)


def test_stored_values(sample: SimpleNamespace):
    (op,) = in_function('%0 = values 1 2.0 true "a" down @g tensor<2xf32> sizes = [1, 2] flag')
    assert isinstance(op, sample.Values)
    assert (op.number, op.real, op.truth, op.text, op.order) == (1, 2.0, True, "a", sample.Mode.DOWN)
    assert (op.target, str(op.kind), op.sizes, op.flag) == ("g", "tensor<2xf32>", (1, 2), True)
    assert op.results[0].type is i32


def test_segment_sizes_follow_from_the_text():
    both, base, rest = in_function(
        "%0 = pick base %a : i32 rest %a : i32 -> i32\n"
        "%1 = pick base %a : i32 -> i32\n"
        "%2 = pick nothing rest %a : i32 -> i32"
    )
    sizes = [op.attributes["operandSegmentSizes"] for op in (both, base, rest)]
    assert sizes == [DenseArrayAttr(i32, s) for s in ((1, 1), (1, 0), (0, 1))]


def test_the_terminator_that_the_text_leaves_out_is_there():
    (loop,) = in_function("loop %a {\n} : i32")
    assert [op.name for op in loop.regions[0].block.ops] == ["sample.yield"]
    assert loop.regions[0].block.first_op.location.line == 2
    (loop,) = in_function("loop %a {\n%0 = sample.add %a, %a : i32\n} : i32")
    assert [op.name for op in loop.regions[0].block.ops] == ["sample.add", "sample.yield"]
    (loop,) = in_function("loop %a {\nsample.yield %a : i32\n} : i32")
    assert [op.name for op in loop.regions[0].block.ops] == ["sample.yield"]


@pytest.mark.parametrize(
    ("body", "message", "column"),
    [
        ("%0 = add %a %a : i32", "expected `,`", 13),
        ("%0 = add %a, %a mode sideways : i32", "expected one of up, down", 22),
        ("%0 = add %a, %a : f32", "`%a` has the type `i32`", 10),
        ("%0 = add %a, %x : i32", "`%x` has the type `f32`", 14),
        ('%0 = add %a, %a mode "no" : i32', '"no" is not one of', 22),
        ("%0 = add %a, %a {mode = 1, x} mode down : i32", "expected `:`", 31),
        ("%0 = add %a, %a mode down {mode = 1} : i32", "`mode` is given twice", 38),
        ("%0 = values one", "expected a number of type `i32`", 13),
        ("%0 = values 1 2", "`f32` needs a float", 15),
        ("%0 = values 1 2.0 5", "does not fit into", 19),
        ("store %a, %m[%i] : memref<2xf32>", "`%a` has the type `i32`", 7),
        ("store %x, %m[%x] : memref<2xf32>", "`%x` has the type `f32`", 14),
        ("store %later, %m[%i] : memref<2xi32>", "`%m` has the type", 15),
        ("%0 = sum %a : (i32, i32) -> i32", "1 operands, but 2 types", 10),
        ("%0 = pick -> i32", "expected `nothing`", 11),
        ("br ^bb1(%a : i32, i32)\n^bb1:", "1 operands, but 2 types", 4),
        ("custom pair<%a as f32>", "`%a` has the type `i32`", 13),
    ],
)
def test_errors_have_their_place(body, message, column):
    with pytest.raises(ParseError) as caught:
        in_function(body)
    assert message in str(caught.value)
    assert (caught.value.line, caught.value.column) == (2, column), str(caught.value)


def test_types_of_values_that_come_later_follow_from_relations():
    store, *_ = in_function('store %v, %m[%j] : memref<2xf32>\n%v, %j = "t.x"() : () -> (f32, index)')
    assert [str(v.type) for v in store.operands] == ["f32", "memref<2xf32>", "index"]


def test_a_dynamic_dimension_agrees_with_a_static_one_and_stays():
    (add,) = in_function("%0 = add %s, %t : tensor<4xf32>", "%s: tensor<?xf32>, %t: tensor<4xf32>")
    assert [str(v.type) for v in add.operands] == ["tensor<?xf32>", "tensor<4xf32>"]
    assert str(add) == "%0 = sample.add %arg0, %arg1 : tensor<4xf32>"


def test_types_that_follow_from_nothing():
    class Untyped(Operation, name="sample.untyped"):
        value: Operand[Type]
        result: Result[Type] = result()
        assembly_format = "$value attr-dict"

    with pytest.raises(ParseError, match="the type of `%v` is not known here") as caught:
        in_function('%0 = untyped %v\n%v = "t.x"() : () -> i32')
    assert caught.value.column == 14
    with pytest.raises(ParseError, match=r"the type of `result` of `sample\.untyped` does not follow"):
        in_function("%0 = untyped %a")
    assert Untyped.name


# -- spaces and elements one by one


def printed(format: str, **members: Any) -> str:
    """What an op with two operands, `$a` and `$b...`, and a result prints in a format, and that it reads the same."""

    class Probe(Operation, name="sample.probe", **members.pop("options", {})):
        a: Operand[Type]
        b: Operands[Type] = ()
        result: Result[Type] = result()
        assembly_format = format
        constraints = (SameType("a", "b", "result"),)

    op = in_function(
        '%0:3 = "t.x"() : () -> (i32, i32, i32)\n%1 = "sample.probe"(%0#0, %0#1, %0#2) : (i32, i32, i32) -> i32'
    )[1]
    assert isinstance(op, Probe)
    text = str(op)
    assert text.startswith("%1 = sample.probe")
    again = in_function(f'%0:3 = "t.x"() : () -> (i32, i32, i32)\n{text}')[1]
    assert str(again) == text
    return text.removeprefix("%1 = sample.probe")


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("$a `,` $b attr-dict `:` type($a)", " %0#0, %0#1, %0#2 : i32"),
        ("$a `[` $b `]` attr-dict `:` type($result)", " %0#0[%0#1, %0#2] : i32"),
        ("`(` $a `)` `->` `(` $b `)` attr-dict", "(%0#0) -> (%0#1, %0#2)"),
        ("`<` $a `>` `{` $b `}` attr-dict", "<%0#0> {%0#1, %0#2}"),
        ("`` `(` $a `` `)` $b ` ` `[` `` `]` attr-dict", "(%0#0) %0#1, %0#2 []"),
        ("$a `=` `=` $b attr-dict", " %0#0 = = %0#1, %0#2"),
        ("$a `to` $b `to` attr-dict", " %0#0 to %0#1, %0#2 to"),
        ("$a `\\n` $b attr-dict", " %0#0\n%0#1, %0#2"),
        ("operands attr-dict `:` functional-type(operands, results)", " %0#0, %0#1, %0#2 : (i32, i32, i32) -> i32"),
        ("operands attr-dict `:` type(operands)", " %0#0, %0#1, %0#2 : i32, i32, i32"),
        ("$a (`with` $b^)? attr-dict `:` functional-type($b, $result)", " %0#0 with %0#1, %0#2 : (i32, i32) -> i32"),
        ("$a ($b^ `!`)? attr-dict", " %0#0 %0#1, %0#2 !"),
        ("$a `:` qualified(type($a)) `,` $b attr-dict", " %0#0 : i32, %0#1, %0#2"),
    ],
)
def test_spaces_are_where_upstream_puts_them(format, text):
    assert printed(format) == text


@pytest.mark.parametrize(
    ("format", "message"),
    [
        ("$a $b", "it lacks `attr-dict`"),
        ("$a attr-dict", "it lacks `$b`"),
        ("$a attr-dict `:` type($b)", "it lacks `$b`"),
        ("$a $c attr-dict", "there is no field `c`"),
        ("$a $b attr-dict type(operand)", "`operand` is not a directive"),
        ("$a $b attr-dict type(regions)", "expected an operand or a result"),
        ("$a $b attr-dict what", "`what` is not a directive"),
        ("$a $b^ attr-dict", "`^` stands outside"),
        ("$a ($b)? attr-dict", "one anchor, `^`, not 0"),
        ("$a ($b^ `x`^)? attr-dict", "one anchor, `^`, not 2"),
        ("$a ()? attr-dict", "has elements"),
        ("$a ($b^ attr-dict", "the format ends too early"),
        ("$a ($b^) attr-dict", "expected `?`"),
        ("($a^)? $b attr-dict", "the anchor `$a` is always there"),
        ("$a ($b `x`^)? attr-dict", "the anchor of a group is"),
        ("$a $b $result attr-dict", "can only stand in `type(...)`"),
        ("$a $b custom<Unheard>($a) attr-dict", "no custom directive `Unheard`"),
        ("$a $b (attr-dict type($b)^)?", "an optional group begins with"),
        ("$a $b attr-dict `", "this literal does not end"),
    ],
)
def test_formats_that_are_wrong(format, message):
    class Wrong(Operation, name="sample.wrong"):
        a: Operand[Type]
        b: Operands[Type] = ()
        result: Result[Type] = result()
        assembly_format = format

    def compile_both() -> None:
        printer_of(Wrong)
        reader_of(Wrong)

    with pytest.raises(Error) as caught:
        compile_both()
    assert message in str(caught.value)


def test_an_op_with_a_wrong_format_prints_in_the_generic_form_and_reads_with_an_error():
    class WrongToo(Operation, name="sample.wrong_too"):
        assembly_format = "what"

    text = str(WrongToo.create())
    assert text.startswith(
        '"sample.wrong_too"() : () -> ()  // error: Error: the assembly format of `sample.wrong_too`'
    )
    with pytest.raises(ParseError, match="`what` is not a directive"):
        read("sample.wrong_too")


def test_a_region_that_holds_one_block_has_it():
    class Holder(Operation, name="sample.holder"):
        body: Region = region(blocks="one")
        other: Region = region()
        assembly_format = "$body $other attr-dict"

    op = read("sample.holder {\n} {\n}")
    assert [r.is_empty for r in op.regions] == [False, True]
    assert isinstance(op, Holder)
    assert str(op) == "sample.holder {\n} {\n}"


def test_the_nearest_class_decides_how_ops_print(sample: SimpleNamespace):
    class Quiet(sample.Swap, name="sample.quiet"):
        assembly_format = "$first `then` $second attr-dict `:` type($result)"
        constraints = (SameType("first", "second", "result"),)

    class Loud(Quiet, name="sample.loud"):
        def print(self, p: Any) -> None:
            p.write(" !")

    op = in_function("%0 = quiet %a then %a : i32")[0]
    assert str(op) == "%0 = sample.quiet %arg0 then %arg0 : i32"
    assert str(Loud.create(op.operands, [i32])).endswith("sample.loud !")


def test_custom_directive_with_the_wrong_number_of_items():
    from couloir.ir.text.custom import custom_directive

    custom_directive("SampleShort", lambda p, op, a: p.operand(a), lambda p: ())

    class Short(Operation, name="sample.short"):
        a: Operand[Type]
        assembly_format = "custom<SampleShort>($a) attr-dict"

    with pytest.raises(ParseError, match="`custom<SampleShort>` returns a tuple with 1 items"):
        in_function("short")
    assert Short.name


def test_custom_directives_begin_groups_look_at_fields_and_read_regions():
    from couloir.ir.text.custom import custom_directive

    def parse_maybe(p: Any) -> Any:
        return ([p.operand_name()],) if p.optional("|") else None

    def print_maybe(p: Any, op: Operation, values: Any) -> None:
        p.write("|")
        p.operands(values)

    def parse_body(p: Any, names: Any) -> Any:
        p.write_count = len(names)
        body = yield p.region_request()
        return (body,)

    custom_directive("SampleMaybe", print_maybe, parse_maybe)
    custom_directive("SampleBody", lambda p, op, body, values: p.region(body), parse_body)

    class Whole(Operation, name="sample.whole"):
        b: Operands[Type] = ()
        body: Region = region()
        assembly_format = "(custom<SampleMaybe>($b)^)? custom<SampleBody>($body, ref($b)) attr-dict"

    with_value, without = in_function('whole |%a {\n  "t.x"() : () -> ()\n}\nwhole {\n}')
    assert isinstance(with_value, Whole)
    assert str(with_value) == 'sample.whole |%arg0 {\n  "t.x"() : () -> ()\n}'
    assert str(without) == "sample.whole {\n}"
