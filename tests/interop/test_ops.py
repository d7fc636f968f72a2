"""What stands around ops: numbers of values, aliases, notes on blocks, distinct attributes and resources."""

from __future__ import annotations

import pytest

from couloir.ir.affine import AffineMap
from couloir.ir.errors import ParseError
from couloir.ir.operation import Block, Region, UnregisteredOp
from couloir.ir.text.parser import external_resources, parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.ir.types import AffineMapAttr
from tests.interop.upstream import FORMS, Upstream

FUNCTIONS = """\
#map = affine_map<(d0) -> (d0 + 1)>
#map1 = affine_map<(d0, d1) -> (d1, d0)>
"builtin.module"() <{sym_name = "m"}> ({
  "func.func"() <{function_type = (i32, f32) -> i32, sym_name = "f"}> ({
  ^bb0(%arg0: i32, %arg1: f32):
    %0 = "arith.addi"(%arg0, %arg0) <{overflowFlags = #arith.overflow<none>}> {n = [#map, #map1]} : (i32, i32) -> i32
    %1 = "arith.mulf"(%arg1, %arg1) <{fastmath = #arith.fastmath<none>}> : (f32, f32) -> f32
    %2 = "arith.cmpi"(%0, %arg0) <{predicate = 2 : i64}> : (i32, i32) -> i1
    %3:2 = "test.two"(%0) <{p}> {q = dense<[1, 2]> : tensor<2xi8>} : (i32) -> (i32, index)
    "test.regions"() ({
      %5 = "test.inner"(%3#1) : (index) -> f32
    }, {
    }, {
    ^bb0(%arg2: f64):
      %5 = "test.inner"(%arg2) : (f64) -> f32
    }) : () -> ()
    "cf.cond_br"(%2, %0, %3#0)[^bb1, ^bb2] <{operandSegmentSizes = array<i32: 1, 1, 1>}> : (i1, i32, i32) -> ()
  ^bb1(%4: i32):  // 2 preds: ^bb0, ^bb1
    "cf.br"(%4)[^bb1] : (i32) -> ()
  ^bb2(%5: i32):  // pred: ^bb0
    "func.return"(%5) : (i32) -> ()
  }) : () -> ()
}) : () -> ()"""


def in_module(text: str) -> str:
    lines = ["  " + line for line in text.split("\n")]
    return "\n".join(['"builtin.module"() ({', *lines, "}) : () -> ()\n"])


def test_functions_in_the_generic_form(upstream: Upstream):
    # In the generic form, upstream gives each value a number of its own, the last regions first.
    text = FUNCTIONS.replace("%5 = ", "%7 = ", 1).replace("%5 = ", "%6 = ", 1)
    assert upstream.text(text, unregistered=True) == text + "\n"
    module = parse_module_op(text, allow_unregistered=True)
    assert operation_text(module, generic=True) == text


def test_functions_in_the_pretty_form(upstream: Upstream):
    text = upstream.text(FUNCTIONS, "pretty", unregistered=True)
    assert str(parse_module_op(text, allow_unregistered=True)) + "\n" == text


def test_aliases_are_numbered_as_they_come(upstream: Upstream):
    maps = [AffineMapAttr(AffineMap.constant(n)) for n in (3, 1, 2)]
    ops = [UnregisteredOp.make("t.x", attributes={"a": m, "b": maps[0]}) for m in reversed(maps)]
    module = parse_module_op("module {\n}")
    for op in ops:
        module.regions[0].block.append(op)
    text = operation_text(module, generic=True)
    assert upstream.text(text, unregistered=True) == text + "\n"


ENTITIES = """\
#loc5 = loc("x")
!wide = tuple<i1, i2, i3, i4, i5, i6, i7, i8, i9, i10, i11, i12, i13, i14, i15, i16, i17>
#m1 = affine_map<(d0) -> (d0 + 1)>
#m2 = affine_map<(d0) -> (d0 + 2)>
#m3 = affine_map<(d0) -> (d0 + 3)>
#m4 = affine_map<(d0) -> (d0 + 4)>
#m5 = affine_map<(d0) -> (d0 + 5)>
#m6 = affine_map<(d0) -> (d0 + 6)>
#m7 = affine_map<(d0) -> (d0 + 7)>
#m8 = affine_map<(d0) -> (d0 + 8)>
#m9 = affine_map<(d0) -> (d0 + 9)>
func.func private @declared(i32 {a.b = #m1})
func.func @f(%a: i32 {a.b = #m8, a.c = [#m9, loc("weak")]} loc("arg"), %b: memref<4xf32, #m7>) -> (i32 {a.c = #m6})
    attributes {z = #m5, y = loc("att"), x = loc(fused<#m4>["u", callsite("v" at "w")])} {
  "t.x"(%a) ({
    "t.y"() {m = #m3, b = [#m8]} : () -> () loc("inner")
    ^bb1(%q: i32 loc("q")):
     "t.z"() : () -> ()
  }) {m = #m2, b = [#m1]} : (i32) -> () loc(callsite("v" at fused["x", "att"("inner")]))
  "t.x"() <{p = #m3}> {c = distinct[4]<#m4>, a = dense_resource<foo> : tensor<2xf32>,
           b = dense_resource<"bar baz"> : tensor<1xi8>, d = distinct[3]<1 : i32>, e = distinct[7]<unit>,
           f = distinct[3]<1 : i32>, g = [distinct[0]<"x">, affine_set<(d0) : (d0 >= 0)>], h = !wide,
           i = distinct[9]<distinct[4]<#m4>>, j = distinct[5]<loc("deep")>} : () -> () loc(#loc5)
  %c = arith.constant 1 : index
  affine.for %i = 0 to min affine_map<(d0)[s0] -> (d0 + s0, 2 + d0)>(%c)[%c] {
    %k = affine.apply affine_map<(d0)[s0] -> (d0 - s0)>(%c)[%c] loc("y")
  } {t.z = #m2}
  %t:3, %u = "t.many"() : () -> (i32, i32, i32, f32)
  "t.use"(%t#1, %u) : (i32, f32) -> ()
  return %a : i32
}
{-#
  dialect_resources: {
    builtin: {
      "bar baz": "0x0100000001",
      unused: "0x0400000001",
      foo: "0x400000000000803F00000040"
    }
  }
#-}
"""


@pytest.mark.parametrize("form", FORMS)
def test_aliases_distinct_attributes_locations_and_resources(upstream: Upstream, jaxlib: Upstream, form):
    generic, locations = FORMS[form]
    text = upstream.text(ENTITIES, form, unregistered=True, fresh=True)
    module = parse_module_op(text, allow_unregistered=True)
    if generic and upstream.name == "iree":  # newer releases meet an op's own attributes after the others
        text = jaxlib.text(text, form, unregistered=True, fresh=True)
    ours = operation_text(module, generic=generic, locations=locations, use_names=True) + "\n"
    assert ours == text
    assert jaxlib.text(ours, form, unregistered=True, fresh=True) == text
    upstream.read(ours, unregistered=True, fresh=True)


def test_resources_of_tools_are_no_part_of_the_module(upstream: Upstream):
    kept = {"mlir_reproducer": {"pipeline": 'builtin.module(a{b="c"})', "verify_each": True}, "t": {"a b": False}}
    text = operation_text(parse_module_op("module @m {\n}"), external_resources=kept)
    assert external_resources(text) == kept
    assert upstream.text(text, "pretty") == "module @m {\n}\n"
    assert str(parse_module_op(text)) == "module @m {\n}"


def test_what_upstream_prints_of_a_block_without_predecessors(upstream: Upstream):
    block, other = Block(), Block()
    region = Region([block, other])
    for b in (block, other):
        b.append(UnregisteredOp.make("t.end"))
    text = in_module(str(UnregisteredOp.make("t.f", regions=[region])))
    assert "// no predecessors" in text
    assert upstream.text(text, unregistered=True) == text


QUANTIZED = """\
module {
  func.func @f(%arg0: tensor<2x!quant.uniform<i8:f32, 2.000000e+00:3>>) -> tensor<2x!quant.uniform<i8:f32, 2.000000e+00:3>> {
    %0 = stablehlo.add %arg0, %arg0 : tensor<2x!quant.uniform<i8:f32, 2.000000e+00:3>>
    return %0 : tensor<2x!quant.uniform<i8:f32, 2.000000e+00:3>>
  }
}
"""


def test_types_of_a_dialect_that_we_do_not_have_are_kept(iree: Upstream):
    assert iree.text(QUANTIZED, "pretty") == QUANTIZED
    assert str(parse_module_op(QUANTIZED)) + "\n" == QUANTIZED


def test_types_nested_as_deep_as_we_read_are_read_by_upstream(upstream: Upstream):
    text = f'"t.x"() {{a = {"tuple<" * 80}i32{">" * 80}}} : () -> ()'
    ours = operation_text(parse_module_op(text, allow_unregistered=True), generic=True) + "\n"
    assert upstream.text(text, unregistered=True) == ours
    with pytest.raises(ParseError, match="nested more than 80 levels"):
        parse_module_op(text.replace("i32", "tuple<i32>"), allow_unregistered=True)
