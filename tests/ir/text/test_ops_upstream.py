"""The same texts through upstream MLIR (as it comes with jaxlib): it reads what we write, and writes it as we do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir.dialects  # noqa: F401 -- declares the dialects whose ops the texts use
from couloir.ir.affine import AffineMap
from couloir.ir.operation import Block, Region, UnregisteredOp
from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.ir.types import AffineMapAttr

mlir = pytest.importorskip("jax._src.interpreters.mlir")
ir = pytest.importorskip("jaxlib.mlir.ir")


@pytest.fixture(scope="module")
def context():
    made = mlir.make_ir_context()
    made.allow_unregistered_dialects = True
    return made


def upstream(context, text: str, **options) -> str:
    module = ir.Module.parse(text, context)
    return module.operation.get_asm(**options).rstrip("\n")


def in_module(text: str) -> str:
    lines = ["  " + line for line in text.split("\n")]
    return "\n".join(['"builtin.module"() ({', *lines, "}) : () -> ()"])


@given(seed=st.randoms(use_true_random=False))
def test_the_generic_form_of_random_ops(sample, context, seed):
    text = in_module(operation_text(sample.random_op(seed), generic=True))
    assert upstream(context, text, print_generic_op_form=True) == text


@given(seed=st.randoms(use_true_random=False))
def test_locations_of_random_ops(sample, context, seed):
    """Upstream numbers its location aliases in another way; read back, they are the same locations."""
    op = sample.random_op(seed)
    text = operation_text(op, generic=True, locations=True)
    again = upstream(context, text, print_generic_op_form=True, enable_debug_info=True)
    inside = parse_module_op(again, allow_unregistered=True).regions[0].block.first_op
    assert sample.difference(op, inside) is None
    assert [o.location for o in inside.walk()] == [o.location for o in op.walk()]


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


def test_functions_in_the_generic_form(context):
    # In the generic form, upstream gives each value a number of its own, the last regions first.
    text = FUNCTIONS.replace("%5 = ", "%7 = ", 1).replace("%5 = ", "%6 = ", 1)
    assert upstream(context, text, print_generic_op_form=True) == text
    module = parse_module_op(text, allow_unregistered=True)
    assert operation_text(module, generic=True) == text


def test_functions_in_the_pretty_form(context):
    text = upstream(context, FUNCTIONS)
    assert str(parse_module_op(text, allow_unregistered=True)) == text


def test_aliases_are_numbered_as_they_come(context):
    maps = [AffineMapAttr(AffineMap.constant(n)) for n in (3, 1, 2)]
    ops = [UnregisteredOp.make("t.x", attributes={"a": m, "b": maps[0]}) for m in reversed(maps)]
    module = parse_module_op("module {\n}")
    for op in ops:
        module.regions[0].block.append(op)
    text = operation_text(module, generic=True)
    assert upstream(context, text, print_generic_op_form=True) == text


def test_what_upstream_prints_of_a_block_without_predecessors(context):
    block, other = Block(), Block()
    region = Region([block, other])
    for b in (block, other):
        b.append(UnregisteredOp.make("t.end"))
    text = in_module(str(UnregisteredOp.make("t.f", regions=[region])))
    assert "// no predecessors" in text
    assert upstream(context, text, print_generic_op_form=True) == text
