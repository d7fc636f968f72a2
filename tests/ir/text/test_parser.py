"""Reading ops: scopes, forward uses, both spellings of attributes, errors with their place, limits."""

from __future__ import annotations

import gc
from types import SimpleNamespace

import pytest

import couloir.dialects  # noqa: F401 -- declares the dialects whose ops the texts use
from couloir.ir.attributes import IntegerAttr, StringAttr
from couloir.ir.errors import Error, ParseError, VerifyError
from couloir.ir.limits import Limits
from couloir.ir.location import UNKNOWN, FileLineColLoc
from couloir.ir.operation import UnregisteredOp
from couloir.ir.text.parser import parse_module_op, parse_ops
from couloir.ir.text.printer import operation_text
from couloir.ir.types import f32, i32


def read(text: str, **options):
    return parse_ops(text, allow_unregistered=True, **options)


def fails(text: str, message: str, line: int, column: int, **options) -> ParseError:
    with pytest.raises(ParseError) as caught:
        read(text, **options)
    error = caught.value
    assert message in error.message
    assert (error.line, error.column) == (line, column), str(error)
    excerpt = (error.excerpt or "").split("\n")
    assert excerpt[1].index("^") == column - 1
    assert excerpt[0] == text.split("\n")[line - 1]
    return error


# -- attributes


def test_own_attributes_are_read_in_both_places_and_printed_in_theirs(sample: SimpleNamespace):
    op = '%0 = "sample.add"(%a, %a) {mode = #sample.mode<down>, z} : (i32, i32) -> i32'
    old = f'"sample.f"() ({{\n^bb0(%a: i32):\n  {op}\n}}) : () -> ()'
    new = old.replace("{mode = #sample.mode<down>, z}", "<{mode = #sample.mode<down>}> {z}")
    a, b = read(old)[0], read(new)[0]
    assert operation_text(a, generic=True) == operation_text(b, generic=True)
    assert "<{mode = #sample.mode<down>}> {z}" in operation_text(a, generic=True)


def test_defaults_that_the_text_leaves_out_are_stored(sample: SimpleNamespace):
    op = read('"t.f"() ({\n^bb0(%a: i32):\n  %0 = "sample.add"(%a, %a) : (i32, i32) -> i32\n}) : () -> ()')[0]
    add = op.regions[0].block.first_op
    assert add.mode is sample.Mode.UP
    assert "mode" in add.attributes


def test_an_attribute_in_both_places_is_an_error():
    fails('"t.x"() <{a = 1}> {a = 2} : () -> ()', "`a` is given twice", 1, 19)


def test_properties_of_unknown_ops_stay_properties():
    text = '"t.x"() <{a = 1 : i64}> {b} : () -> ()'
    op = read(text)[0]
    assert isinstance(op, UnregisteredOp)
    assert op.property_names == {"a"}
    assert str(op) == text


# -- names


def test_results_may_be_named_apart():
    op = read('%a, %b:2 = "t.x"() : () -> (i32, f32, i32)\n"t.y"(%a, %b, %b#1, %b#0) : (i32, f32, i32, f32) -> ()')
    assert [op[0].results.index(v) for v in op[1].operands] == [0, 1, 2, 1]


def test_a_single_result_is_also_number_zero():
    ops = read('%a = "t.x"() : () -> i32\n"t.y"(%a#0) : (i32) -> ()')
    assert ops[1].operands[0] is ops[0].results[0]


def test_values_may_be_used_before_they_are_defined():
    ops = read('"t.y"(%a, %b#1) : (i32, f32) -> ()\n%a = "t.x"() : () -> i32\n%b:2 = "t.x"() : () -> (i32, f32)')
    assert list(ops[0].operands) == [ops[1].results[0], ops[2].results[1]]
    assert ops[1].results[0].users == [ops[0]]


def test_a_use_in_a_region_may_be_defined_after_the_region():
    ops = read(
        '"t.r"() ({\n  "t.y"(%a) : (i32) -> ()\n}, {\n  "t.y"(%a) : (i32) -> ()\n}) : () -> ()\n'
        '%a = "t.x"() : () -> i32'
    )
    assert ops[1].results[0].use_count == 2


def test_a_use_in_a_region_is_not_defined_by_a_region_beside_it():
    fails(
        '"t.r"() ({\n  "t.y"(%a) : (i32) -> ()\n}, {\n  %a = "t.x"() : () -> i32\n}) : () -> ()',
        "`%a` is used but not defined",
        2,
        9,
    )


def test_names_end_with_their_region_and_may_come_again_in_the_next():
    text = '"t.r"() ({\n  %0 = "t.x"() : () -> i32\n}, {\n  %0 = "t.x"() : () -> f32\n}) : () -> ()'
    assert str(read(text)[0]) == text


def test_an_isolated_region_sees_no_names_from_outside_and_may_use_them_again(sample: SimpleNamespace):
    inside = '"sample.func"() <{{sym_name = "f"}}> ({{\n  {}\n}}) : () -> ()'
    outside = '%0 = "t.x"() : () -> i32\n'
    assert len(read(outside + inside.format('%0 = "t.x"() : () -> f32'))) == 2
    fails(outside + inside.format('"t.y"(%0) : (i32) -> ()'), "`%0` is used but not defined", 3, 9)


def test_redefinition():
    fails('%0 = "t.x"() : () -> i32\n%0 = "t.x"() : () -> i32', "`%0` is defined twice", 2, 1)
    fails('%0 = "t.x"() : () -> i32\n"t.r"() ({\n  %0 = "t.x"() : () -> i32\n}) : () -> ()', "defined twice", 3, 3)
    fails('"t.r"() ({\n^bb0(%a: i32, %a: i32):\n}) : () -> ()', "`%a` is defined twice", 2, 15)


def test_undefined_names_come_with_near_ones():
    error = fails('%conv = "t.x"() : () -> i32\n"t.y"(%cnov) : (i32) -> ()', "`%cnov` is used but not defined", 2, 7)
    assert "`conv`" in (error.hint or "")


def test_a_result_that_is_not_there():
    fails('%0:2 = "t.x"() : () -> (i32, i32)\n"t.y"(%0#2) : (i32) -> ()', "`%0` has no result number 2", 2, 7)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('%0 = "t.x"() : () -> i32\n"t.y"(%0) : (f32) -> ()', 2, 7),
        ('"t.y"(%0) : (f32) -> ()\n%0 = "t.x"() : () -> i32', 1, 7),
        ('"t.y"(%0, %0) : (f32, i32) -> ()\n%0 = "t.x"() : () -> i32', 1, 11),
        (
            '"t.r"() ({\n  "t.y"(%0) : (f32) -> ()\n}, {\n  "t.y"(%0) : (i32) -> ()\n}) : () -> ()\n'
            '%0 = "t.x"() : () -> f32',
            4,
            9,
        ),
    ],
)
def test_types_of_use_and_definition_differ(text, line, column):
    fails(text, "has the type", line, column)


def test_counts_that_do_not_fit():
    fails('%0:2 = "t.x"() : () -> i32', "`t.x` has 1 results, but 2 are named", 1, 1)
    fails('%0 = "t.x"() : () -> ()', "`t.x` has 0 results, but 1 are named", 1, 1)
    fails('%0:0 = "t.x"() : () -> ()', "a name stands for", 1, 1)
    fails('%0 = "t.x"() : () -> i32\n"t.y"(%0) : () -> ()', "1 operands, but 0 types", 2, 13)


def test_names_that_are_not_numbers_become_hints():
    ops = read('%conv, %b:2 = "t.x"() : () -> (i32, i32, i32)\n%7 = "t.x"() : () -> i32\n%arg3 = "t.x"() : () -> i32')
    assert [v.name_hint for op in ops for v in op.results] == ["conv", "b", "b", None, None]


# -- blocks


def test_blocks_may_be_named_before_they_come():
    op = read(
        '"t.r"() ({\n  "t.br"()[^bb2, ^bb1] : () -> ()\n^bb1:\n^bb2:\n  "t.br"()[^bb1] : () -> ()\n}) : () -> ()'
    )[0]
    entry, first, second = op.regions[0].blocks
    assert entry.first_op.successors == (second, first)
    assert second.first_op.successors == (first,)


def test_block_errors():
    error = fails('"t.r"() ({\n  "t.br"()[^bb2] : () -> ()\n^bb1:\n}) : () -> ()', "`^bb2` is not defined", 2, 12)
    assert "`bb1`" in (error.hint or "")
    fails('"t.r"() ({\n^a:\n^a:\n}) : () -> ()', "`^a` is defined twice", 3, 1)
    fails('"t.r"() ({\n^a\n}) : () -> ()', "expected `:`", 3, 1)
    fails('"t.r"() ({\n  "t.x"() : () -> ()', "this region of an op is not closed", 1, 10)
    fails('"t.r"() ({\n^a(%x):\n}) : () -> ()', "expected `:`", 2, 6)


def test_blocks_of_another_region_are_not_in_sight():
    fails('"t.r"() ({\n^a:\n  "t.q"() ({\n    "t.br"()[^a] : () -> ()\n  }) : () -> ()\n}) : () -> ()', "`^a`", 4, 14)


# -- op names


def test_unknown_ops(sample: SimpleNamespace):
    with pytest.raises(ParseError) as caught:
        parse_ops('%0 = "sample.ad"() : () -> i32')
    assert caught.value.column == 6
    assert "did you mean `sample.add`" in str(caught.value)
    with pytest.raises(ParseError, match=r"there is no op `nowhere\.x`") as caught:
        parse_ops('"nowhere.x"() : () -> ()')
    assert "no dialect `nowhere` is known" in str(caught.value)
    fails("nowhere.x %0", "there is no op `nowhere.x`", 1, 1)
    fails("sample.func.x", "there is no op `sample.func.x`", 1, 1)
    error = fails("sample.plain", "`sample.plain` has only the generic form", 1, 1) if _plain() else None
    assert error is not None
    assert '`"sample.plain"(...)`' in (error.hint or "")


def _plain() -> bool:
    from couloir.ir.operation import Operation

    class Plain(Operation, name="sample.plain"):
        """No pretty form."""

    return Plain.name == "sample.plain"


def test_dialects_may_be_left_out_where_they_are_the_default(sample: SimpleNamespace):
    text = "sample.func @f(%arg0: i32) {\n  %0 = add %arg0, %arg0 : i32\n  return\n}"
    (op,) = parse_ops(text)
    assert [o.name for o in op.regions[0].block.ops] == ["sample.add", "sample.return"]
    assert str(op) == text
    assert parse_ops("module {\n}")[0].name == "builtin.module"
    with pytest.raises(ParseError, match="there is no op `add`"):
        parse_ops("add")


# -- whole texts


def test_a_text_without_a_module_is_wrapped_in_one():
    module = parse_module_op('"t.x"() : () -> ()\n"t.y"() : () -> ()', allow_unregistered=True)
    assert module.name == "builtin.module"
    assert [op.name for op in module.regions[0].block.ops] == ["t.x", "t.y"]
    assert parse_module_op("").name == "builtin.module"
    assert parse_module_op("module @m {\n}").attributes == {"sym_name": StringAttr("m")}
    module = parse_module_op("module {\n}\nmodule {\n}")
    assert [op.name for op in module.regions[0].block.ops] == ["builtin.module"] * 2


def test_verify_on_request():
    text = '%0 = "arith.addi"(%1, %1) : (i32, i32) -> i32\n%1 = "arith.constant"() <{value = 1 : i32}> : () -> i32'
    text = f"func.func @f() {{\n{text}\nreturn\n}}"
    parse_module_op(text)
    with pytest.raises(VerifyError):
        parse_module_op(text, verify=True)


def test_aliases_resources_and_comments():
    (op,) = read(
        '// a comment\n#a = 1 : i32\n!t = tensor<2xf32>\n"t.x"() {a = #a, // here\n'
        " b = dense_resource<k> : !t} : () -> ()\n"
        '{-# dialect_resources: {builtin: {k: "0x040000000000803F00000040"}} #-}'
    )
    assert op.attributes["a"] is IntegerAttr(1, i32)
    assert op.attributes["b"].array.tolist() == [1.0, 2.0]


def test_every_op_has_the_place_of_its_name_unless_the_text_gives_another():
    text = '\n  %0 = "t.x"() : () -> i32\n"t.r"() ({\n   "t.y"() : () -> () loc("a":1:2)\n}) : () -> () loc(unknown)\n'
    ops = read(text + text.replace("%0", "%1"), file="f.mlir")
    assert ops[0].location is FileLineColLoc("f.mlir", 2, 8)
    assert ops[1].location is UNKNOWN
    assert ops[1].regions[0].block.first_op.location is FileLineColLoc("a", 1, 2)
    assert ops[2].location is FileLineColLoc("f.mlir", 7, 8)


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("%0", "expected `=`", 1, 3),
        ("%0 =", "expected an op", 1, 5),
        ("= 1", "expected an op", 1, 1),
        ("}", "expected an op", 1, 1),
        ('"t.x"', "expected `(`", 1, 6),
        ('"t.x"(', "expected an operand", 1, 7),
        ('"t.x"(%0', "expected `,` or `)`", 1, 9),
        ('"t.x"()', "expected `:`", 1, 8),
        ('"t.x"() : i32', "expected a function type", 1, 11),
        ('"t.x"() : () -> () loc(', "expected a location", 1, 24),
        ('"t.x"() ( : () -> ()', "expected `{`", 1, 11),
        ('"t.x"() ({} : () -> ()', "expected `)`", 1, 13),
        ('"t.x"()[^] : () -> ()', "expected a block", 1, 9),
        ('"t.x"() <{a = 1}: () -> ()', "expected `>`", 1, 17),
        ('""() : () -> ()', "there is no op", 1, 1),
        ('%0, = "t.x"() : () -> ()', "expected the name of a result", 1, 5),
    ],
)
def test_errors_have_their_place(text, message, line, column):
    fails(text, message, line, column)


# -- hooks


def test_errors_of_hooks_have_a_place(sample: SimpleNamespace):
    fails('%0 = "t.x"() : () -> i32\nsample.swap %0 : i32', "1 operands, but 2 types", 2, 21)
    fails("sample.func f", "expected a symbol name", 1, 13)
    fails("sample.func @f() }", "expected `{`", 1, 18)


def test_python_errors_in_hooks_become_parse_errors():
    from couloir.ir.operation import Operation

    class Bad(Operation, name="sample.bad_hook"):
        @classmethod
        def parse(cls, p):
            p.expect_keyword("x")
            return cls.create([], [{}["missing"]])

    class BadRegions(Operation, name="sample.bad_generator"):
        @classmethod
        def parse(cls, p):
            yield p.region_request()
            raise Error("not this way", hint="that way")

    assert Bad.name != BadRegions.name
    fails("\n  sample.bad_hook x", "cannot read `sample.bad_hook`: KeyError: 'missing'", 2, 3)
    assert fails("sample.bad_generator {\n}", "not this way", 1, 1).hint == "that way"


# -- limits


def test_limits():
    op = '"t.x"() : () -> ()\n'
    assert len(read(op * 3, limits=Limits(nodes=3))) == 3
    with pytest.raises(Error, match="4 operations, more than the limit of 3"):
        read(op * 4, limits=Limits(nodes=3))
    nested = '"t.r"() ({\n' * 5 + "}) : () -> ()\n" * 5
    read(nested, limits=Limits(depth=5))
    with pytest.raises(Error, match="5 levels of nesting"):
        read(nested, limits=Limits(depth=4))
    with pytest.raises(Error, match="bytes"):
        read(op, limits=Limits(bytes=10))
    with pytest.raises(ParseError, match="a name stands for 1 to 10 results, not 11"):
        read('%0:11 = "t.x"() : () -> ()', limits=Limits(attribute_items=10))
    with pytest.raises(Error, match="deadline"):
        read(op * 5000, limits=Limits(deadline_seconds=1e-9))


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_as_it_was(enabled):
    before = gc.isenabled()
    try:
        gc.enable() if enabled else gc.disable()
        read('"t.x"() : () -> ()')
        assert gc.isenabled() is enabled
        with pytest.raises(ParseError):
            read("%")
        assert gc.isenabled() is enabled
    finally:
        gc.enable() if before else gc.disable()


# -- lines that are known


def lines_of(sample, body: str):
    return parse_ops("sample.func @f(%a: i32, %b: i32, %c: f32) {\n" + body + "\n}", allow_unregistered=True)[0]


def test_a_line_that_is_known_gives_the_op_with_its_own_operands_place_and_name(sample: SimpleNamespace):
    function = lines_of(
        sample,
        "  %x = add %a, %b {k = 1} : i32\n  %y = add %x, %a {k = 1} : i32\n\n    %z = add %y, %y {k = 1} : i32",
    )
    x, y, z = function.body.block.ops
    assert list(z.operands) == [y.results[0]] * 2
    assert list(y.operands) == [x.results[0], function.body.block.arguments[0]]
    assert [op.location.line for op in (x, y, z)] == [2, 3, 5]
    assert [op.location.column for op in (x, y, z)] == [8, 8, 10]
    assert z.results[0].name_hint == "z"
    assert x.attributes == y.attributes
    y.attributes["k"] = IntegerAttr(2)
    assert z.attributes["k"] is IntegerAttr(1)


def test_a_known_line_with_operands_of_another_type_is_read_anew(sample: SimpleNamespace):
    with pytest.raises(ParseError, match="`%c` has the type `f32`") as caught:
        lines_of(sample, "  %x = add %a, %b : i32\n  %y = add %a, %c : i32")
    assert (caught.value.line, caught.value.column) == (3, 16)


def test_a_known_line_with_operands_that_come_later_is_read_anew(sample: SimpleNamespace):
    function = lines_of(sample, "  %x = add %a, %b : i32\n  %y = add %z, %b : i32\n  %z = add %a, %b : i32")
    _, y, z = function.body.block.ops
    assert y.operands[0] is z.results[0]


def test_a_known_line_with_a_name_twice(sample: SimpleNamespace):
    function = lines_of(sample, "  %x = swap %a, %b : i32\n  %y = swap %b, %b : i32\n  %z = swap %x, %b : i32")
    a, b, _ = function.body.block.arguments
    x, y, z = function.body.block.ops
    assert [list(op.operands) for op in (x, y, z)] == [[b, a], [b, b], [b, x.results[0]]]


def test_a_known_line_that_goes_on_in_the_next_line(sample: SimpleNamespace):
    arms = "arms {\n  }"
    bodies = ["  cases", f"  cases\n  {arms}", "  cases\n  {k}", f"  cases\n  // so\n  {{k}} {arms}", "  cases"]
    function = lines_of(sample, "\n".join(bodies))
    assert [(len(op.regions), list(op.attributes)) for op in function.body.block.ops] == [
        (0, []),
        (1, []),
        (0, ["k"]),
        (1, ["k"]),
        (0, []),
    ]


def test_known_lines_with_locations(sample: SimpleNamespace):
    body = (
        "".join(f'  %{i} = add %a, %b : i32 loc("m":{i}:1)\n' for i in range(3))
        + "  %9 = add %a, %b : i32\n  loc(unknown)"
    )
    locations = [op.location for op in lines_of(sample, body).body.block.ops]
    assert locations == [*(FileLineColLoc("m", i, 1) for i in range(3)), UNKNOWN]


def test_known_lines_in_regions_with_other_default_dialects(sample: SimpleNamespace):
    function = lines_of(sample, "  return\n^x:\n  return")
    text = "func.func @f() {\n  return\n}\nsample.func @g() {\n  return\n}"
    assert [op.regions[0].block.first_op.name for op in parse_ops(text)] == ["func.return", "sample.return"]
    assert function.body.last_block.first_op.name == "sample.return"


def test_known_lines_of_unregistered_ops_and_result_groups():
    text = '"t.f"() ({\n^bb0(%arg0: i32):\n'
    text += "".join(f'  %{i}:2 = "t.x"(%arg0) <{{p = 1 : i64}}> {{q}} : (i32) -> (i32, f32)\n' for i in range(5))
    text += '  "t.y"(%4#1, %3#0) : (f32, i32) -> ()\n}) : () -> ()'
    (op,) = read(text)
    assert str(op) == text
    fails('%0:2 = "t.x"() : () -> (i32, f32)\n%1 = "t.x"() : () -> (i32, f32)', "2 results, but 1 are named", 2, 1)


def test_ops_whose_reading_looks_further_are_not_remembered():
    from couloir.ir.operation import Operation

    class Counted(Operation, name="sample.counted"):
        line_cache = False
        seen = 0

        @classmethod
        def parse(cls, p):
            cls.seen += 1
            return cls.create([], [], {"n": IntegerAttr(cls.seen)})

    ops = read("sample.counted\n" * 3)
    assert [op.attributes["n"].value for op in ops] == [1, 2, 3]


def test_types_of_forward_uses_are_those_of_the_text():
    ops = read('"t.y"(%a) : (f32) -> ()\n%a = "t.x"() : () -> f32')
    assert ops[0].operands[0].type is f32


def test_a_percent_sign_without_a_name_in_a_line_like_one_before_is_refused():
    text = "\n".join(
        [
            "func.func @f(%a: i32) {",
            '  "test.use"(%a) : (i32) -> ()',
            '  "test.use"(%a) : (i32) -> ()',
            '  "test.use"(%) : (i32) -> ()',
            "  return",
            "}",
        ]
    )
    with pytest.raises(ParseError, match=":4:"):
        parse_module_op(text, allow_unregistered=True)
