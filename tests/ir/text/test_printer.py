"""Printing ops: numbering, aliases, locations, resources, and IR that is broken."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from couloir.ir.affine import AffineMap
from couloir.ir.attributes import DenseElementsAttr, DenseResourceAttr, StringAttr
from couloir.ir.errors import ParseError
from couloir.ir.location import FileLineColLoc, NameLoc
from couloir.ir.operation import Block, Region, UnregisteredOp
from couloir.ir.text.parser import external_resources, parse_ops
from couloir.ir.text.printer import operation_text
from couloir.ir.types import AffineMapAttr, FunctionType, TensorType, f32, i32

build = UnregisteredOp.make


def read(text: str):
    return parse_ops(text, allow_unregistered=True)[0]


def test_numbers_of_nested_regions_follow_those_of_the_region_around_them_and_siblings_share_theirs():
    text = """"t.f"() ({
^bb0(%arg0: i32):
  %0 = "t.a"() : () -> i32
  "t.r"() ({
  ^bb0(%arg1: f32):
    %2 = "t.b"(%0, %arg1) : (i32, f32) -> i32
  }, {
  ^bb0(%arg1: i64):
    %2 = "t.c"(%arg0) : (i32) -> i32
  }) : () -> ()
  %1 = "t.d"() : () -> i32
}) : () -> ()"""
    assert str(read(text)) == text


def test_result_groups_successors_block_headers_and_predecessors():
    text = """"t.f"() ({
  %0:2 = "t.a"() : () -> (i32, f32)
  "t.cond"(%0#1)[^bb1, ^bb1] <{p = 1 : i64}> {q} : (f32) -> ()
^bb1(%1: i32, %2: f32):  // 2 preds: ^bb0, ^bb0
  "t.br"(%0#0)[^bb2] : (i32) -> ()
^bb2:  // pred: ^bb1
  "t.end"() : () -> ()
^bb3:  // no predecessors
  "t.end"() : () -> ()
}) : () -> ()"""
    assert str(read(text)) == text


def test_a_block_without_ops_is_told_from_no_block_in_the_generic_form():
    none, empty = build("t.x", regions=[Region()]), build("t.x", regions=[Region([Block()])])
    assert str(none) == '"t.x"() ({\n}) : () -> ()'
    assert str(empty) == '"t.x"() ({\n^bb0:\n}) : () -> ()'
    assert read(str(none)).regions[0].is_empty
    assert not read(str(empty)).regions[0].is_empty


def test_one_op_of_a_function_has_the_names_of_the_whole_text():
    function = read(
        '"sample.func"() ({\n^bb0(%arg0: i32):\n  %0 = "t.a"() : () -> i32\n  "t.r"() ({\n'
        '    %1 = "t.b"(%0, %arg0) : (i32, i32) -> i32\n  }) : () -> ()\n}) : () -> ()'
    )
    inner = [op for op in function.walk() if op.name == "t.b"]
    assert str(inner[0]) == '%1 = "t.b"(%0, %arg0) : (i32, i32) -> i32'


@pytest.mark.parametrize(
    ("types", "text"), [([], "() -> ()"), ([f32], "() -> f32"), ([FunctionType([], [])], "() -> (() -> ())")]
)
def test_signatures(types, text):
    assert str(build("t.x", result_types=types)).endswith(f'"t.x"() : {text}')


def test_affine_maps_have_aliases_in_a_top_level_op_and_are_written_out_in_a_nested_one():
    map1, map2 = AffineMapAttr(AffineMap.identity(1)), AffineMapAttr(AffineMap.constant(3))
    inner = build("t.x", attributes={"a": map1, "b": map2, "c": map1})
    outer = build("t.f", regions=[Region([Block(ops=[inner])])])
    text = str(outer)
    assert text.startswith("#map = affine_map<(d0) -> (d0)>\n#map1 = affine_map<() -> (3)>\n")
    assert '"t.x"() {a = #map, b = #map1, c = #map} : () -> ()' in text
    assert "a = affine_map<(d0) -> (d0)>, b = affine_map<() -> (3)>" in str(inner)
    assert read(text).regions[0].block.first_op.attributes == inner.attributes  # pyright: ignore[reportOptionalMemberAccess]


def test_locations_are_aliases_at_the_end_and_read_back():
    a, b = FileLineColLoc("m.mlir", 3, 7), NameLoc("conv", FileLineColLoc("n.onnx", 0, 0))
    block = Block([i32], locations=[b])
    for location in (a, b, a):
        block.append(build("t.x", location=location))
    outer = build("t.f", regions=[Region([block])], location=b)
    text = operation_text(outer, locations=True)
    assert (
        text
        == """\
#loc = loc("n.onnx":0:0)
#loc2 = loc("conv"(#loc))
"t.f"() ({
^bb0(%arg0: i32 loc("conv"(#loc))):
  "t.x"() : () -> () loc(#loc1)
  "t.x"() : () -> () loc(#loc2)
  "t.x"() : () -> () loc(#loc1)
}) : () -> () loc(#loc2)
#loc1 = loc("m.mlir":3:7)"""
    )
    again = read(text)
    assert again.location is b
    assert [op.location for op in again.regions[0].block.ops] == [a, b, a]
    assert again.regions[0].block.arguments[0].location is b
    assert "loc" not in str(outer)
    first = block.first_op
    assert first is not None
    assert operation_text(first, locations=True) == '"t.x"() : () -> () loc("m.mlir":3:7)'


def test_resources_stand_at_the_end():
    array = np.arange(3, dtype=np.float32)
    op = build("t.x", attributes={"w": DenseResourceAttr("weights", TensorType([3], f32), array)})
    text = str(op)
    assert text.startswith('"t.x"() {w = dense_resource<weights> : tensor<3xf32>} : () -> ()\n\n{-#')
    assert read(text).attributes == op.attributes


def test_what_tools_keep_beside_a_module_is_written_and_read():
    kept = {"mlir_reproducer": {"pipeline": 'a{b="c"},\n', "verify_each": True}, "a tool": {"a key": False}}
    op = build("t.x")
    text = operation_text(op, external_resources=kept)
    assert text == (
        '"t.x"() : () -> ()\n\n{-#\n  external_resources: {\n    mlir_reproducer: {\n'
        '      pipeline: "a{b=\\22c\\22},\\0A",\n      verify_each: true\n    },\n'
        '    "a tool": {\n      "a key": false\n    }\n  }\n#-}'
    )
    assert external_resources(text) == kept
    assert external_resources("  " + text[text.index("{-#") :]) == kept
    assert external_resources(str(op)) == {}
    assert str(read(text)) == str(op)
    with pytest.raises(ParseError, match="true"):
        external_resources("{-# external_resources: {a: {b: 1}} #-}")


def test_large_constants_are_elided_or_in_hexadecimal_on_request():
    array = np.arange(200, dtype=np.int32)
    op = build("t.x", attributes={"w": DenseElementsAttr.from_numpy(array)})
    assert "dense_resource<__elided__> : tensor<200xi32>" in operation_text(op, elide_above=16)
    assert 'dense<"0x00000000010000000200' in operation_text(op)
    assert "dense<[0, 1, 2, " in operation_text(op, hex_above=1000)


def test_names_from_hints_are_unique():
    block = Block([i32])
    block.arguments[0].name_hint = "conv 1"
    ops = [build("t.x", [block.arguments[0]], [i32]) for _ in range(4)]
    for op, hint in zip(ops, ["relu", "relu", "7a", "arg0"], strict=True):
        block.append(op)
        op.results[0].name_hint = hint
    pair = build("t.y", [ops[1].results[0]], [i32, i32])
    pair.results[0].name_hint = "pair"
    block.append(pair)
    outer = build("t.f", regions=[Region([block])])
    text = operation_text(outer, use_names=True)
    for expected in ["(%conv_1: i32)", "%relu = ", "%relu_0 = ", "%_7a = ", "%0 = ", '%pair:2 = "t.y"(%relu_0)']:
        assert expected in text
    assert operation_text(read(text), use_names=True) == text
    assert "%relu" not in str(outer)


def test_a_name_is_free_again_after_its_region():
    def body():
        op = build("t.x", result_types=[i32])
        op.results[0].name_hint = "x"
        return Region([Block(ops=[build("t.r", regions=[Region([Block(ops=[op])])])])])

    text = operation_text(
        build("t.f", regions=[Region([Block(ops=[build("t.g", regions=[body()])] * 1)])]), use_names=True
    )
    assert "%x = " in text
    ops = [build("t.g", regions=[body()]) for _ in range(2)]
    text = operation_text(build("t.f", regions=[Region([Block(ops=ops)])]), use_names=True)
    assert text.count("%x = ") == 2


# -- what is broken


def test_an_operand_from_elsewhere_is_marked():
    far = build("t.far", result_types=[i32])
    assert str(build("t.x", [far.results[0]])) == '"t.x"(<<UNKNOWN SSA VALUE>>) : (i32) -> ()'


def test_a_value_of_a_region_that_has_been_left_is_marked():
    inner = build("t.a", result_types=[i32])
    left = build("t.r", regions=[Region([Block(ops=[inner])])])
    outer = build("t.f", regions=[Region([Block(ops=[left, build("t.x", [inner.results[0]])])])])
    assert '"t.x"(<<UNKNOWN SSA VALUE>>)' in str(outer)


def test_null_operands_types_and_blocks_are_marked():
    op = build("t.x", result_types=[i32])
    op._operands = [None]  # pyright: ignore[reportAttributeAccessIssue, reportPrivateUsage]
    op.successors = [None, Block()]  # pyright: ignore[reportAttributeAccessIssue]
    op.results[0].type = None  # pyright: ignore[reportAttributeAccessIssue]
    text = str(op)
    assert '"t.x"(<<NULL VALUE>>)[<<NULL BLOCK>>, <<UNKNOWN BLOCK>>] : (<<NULL TYPE>>) -> <<' in text


def test_an_op_whose_printer_fails_is_printed_in_the_generic_form_with_the_failure(sample: SimpleNamespace):
    inside = build("t.x", result_types=[i32])
    op = sample.Faulty.create(regions=[Region([Block(ops=[inside])])])
    outer = build("t.f", regions=[Region([Block(ops=[op, build("t.y", [inside.results[0]])])])])
    assert (
        str(outer)
        == """"t.f"() ({
  "sample.faulty"() ({
    %0 = "t.x"() : () -> i32
  }) : () -> ()  // error: ValueError: no way
  "t.y"(<<UNKNOWN SSA VALUE>>) : (i32) -> ()
}) : () -> ()"""
    )


def test_an_op_with_too_few_operands_falls_back_too(sample: SimpleNamespace):
    assert str(sample.Add.create((), [i32])).startswith('%0 = "sample.add"() : () -> i32  // error: IndexError')


def test_a_missing_attribute_falls_back_too(sample: SimpleNamespace):
    text = str(sample.Func.create(regions=[Region([Block()])]))
    assert text.startswith('"sample.func"() ({\n^bb0:\n}) : () -> ()  // error: ')


def test_an_attribute_of_the_wrong_form_falls_back_too(sample: SimpleNamespace):
    op = sample.Values.create((), [i32], {"number": StringAttr("5")})
    assert '"sample.values"() <{number = "5"}> : () -> i32  // error: ' in str(op)


# -- size


@pytest.mark.parametrize("generic", [False, True])
def test_ten_thousand_nested_regions(sample: SimpleNamespace, generic: bool, same):
    count = build("t.c", result_types=[i32])
    top = block = Block()
    top.append(count)
    for _ in range(10_000):
        inner = Block(ops=[sample.Yield.create()])
        loop = sample.Loop.create(count.results, (), {}, [Region([inner])])
        block.prepend(loop) if block is not top else block.append(loop)
        block = inner
    root = build("t.f", regions=[Region([top])])
    text = operation_text(root, generic=generic)
    assert text.count("sample.loop") == 10_000
    same(root, read(text))


def test_a_hundred_thousand_ops(same):
    block = Block([i32])
    value = block.arguments[0]
    for _ in range(100_000):
        op = build("t.add", [value, value], [i32])
        block.append(op)
        value = op.results[0]
    root = build("t.f", regions=[Region([block])])
    text = str(root)
    assert text.count("\n") == 100_002
    assert text.endswith('%99999 = "t.add"(%99998, %99998) : (i32, i32) -> i32\n}) : () -> ()')
    same(root, read(text))
