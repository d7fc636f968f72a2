"""Isomorphism and difference of programs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.dialects import arith, func
from couloir.ir.analysis.dataflow.forward import region_edges
from couloir.ir.analysis.difference import diff, isomorphic
from couloir.ir.analysis.effects import Effect, effects
from couloir.ir.attributes import IntegerAttr
from couloir.ir.types import i32
from tests.passes.programs import hlo_programs, loop_programs

BASE = """
func.func @f(%x: i32, %y: i32, %m: memref<i32>) -> i32 {
  %0 = arith.addi %x, %y : i32
  %1 = arith.muli %x, %y : i32
  memref.store %0, %m[] : memref<i32>
  %2 = memref.load %m[] : memref<i32>
  %3 = arith.subi %1, %2 : i32
  cf.br ^bb1(%3 : i32)
^bb1(%4: i32):
  return %4 : i32
}"""


def against(old: str, new: str, **options):
    assert BASE.count(old) == 1
    return diff(couloir.parse(BASE), couloir.parse(BASE.replace(old, new)), **options)


def test_names_do_not_count() -> None:
    other = BASE.replace("%0", "%sum").replace("^bb1", "^end").replace("%x", "%first")
    report = diff(couloir.parse(BASE), couloir.parse(other))
    assert not report and str(report) == "no differences"
    assert isomorphic(couloir.parse(BASE), couloir.parse(other))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("arith.addi %x, %y", "arith.addi %y, %x", "operand 0 is another value"),
        ("arith.addi %x, %y", "arith.ori %x, %y", "`arith.addi` became `arith.ori`"),
        ("arith.addi %x, %y", "arith.addi %x, %y overflow<nsw>", "the attribute `overflowFlags` is"),
        ("  %1 = arith.muli %x, %y : i32\n", "  %1 = arith.muli %x, %y {a} : i32\n", "only the second has the attribute `a`"),
        ("  memref.store %0, %m[] : memref<i32>\n", "", "only the first has this `memref.store`"),
        ("  memref.store", "  %9 = arith.constant 3 : i32\n  memref.store", "only the second has this `arith.constant`"),
        ("@f", "@g", "the attribute `sym_name` is"),
        ("^bb1(%4: i32):", "^bb1(%5: i32):\n  cf.br ^bb2(%5 : i32)\n^bb2(%4: i32):", "a region has 2 and 3 blocks"),
    ],
)  # fmt: skip
def test_what_differs(old, new, what) -> None:
    report = against(old, new)
    assert report and report.differences[0].what.startswith(what)
    assert not isomorphic(couloir.parse(BASE), couloir.parse(BASE.replace(old, new)))
    assert what in str(report)


def test_one_insertion_is_one_difference() -> None:
    report = against("  memref.store", "  %9 = arith.constant 3 : i32\n  memref.store")
    assert len(report.differences) == 1 and report.is_complete
    (difference,) = report.differences
    assert difference.path.startswith("@f, block 0, op 2 (")
    assert (difference.first, difference.second) == ("", "%2 = arith.constant 3 : i32")
    lines = str(report).splitlines()
    assert lines[0] == "1 difference"
    assert lines[2].endswith("| %2 = arith.constant 3 : i32")


def test_excerpts_have_the_names_of_the_whole_text_side_by_side() -> None:
    report = against("arith.subi %1, %2", "arith.subi %2, %1")
    (difference,) = report.differences
    assert (difference.first, difference.second) == ("%3 = arith.subi %1, %2 : i32", "%3 = arith.subi %2, %1 : i32")
    assert str(difference).splitlines()[1].split("|")[0].strip() == difference.first


def test_the_search_stops_at_the_limit() -> None:
    other = couloir.parse(BASE.replace("arith.addi %x, %y", "arith.addi %y, %x").replace("muli %x, %y", "muli %y, %x"))
    report = diff(couloir.parse(BASE), other, limit=1)
    assert len(report.differences) == 1 and not report.is_complete
    assert str(report).startswith("1 difference, and more")
    assert len(diff(couloir.parse(BASE), other).differences) == 2


def test_types_of_results_and_of_arguments() -> None:
    text = "func.func @f({0}: tensor<{1}xf32>) {{ %0 = stablehlo.abs %x : tensor<{1}xf32>\n return }}"
    report = diff(couloir.parse(text.format("%x", 2)), couloir.parse(text.format("%x", 3)))
    whats = " / ".join(d.what for d in report.differences)
    assert "the attribute `function_type`" in whats
    assert "block 0 takes (tensor<2xf32>) and (tensor<3xf32>)" in whats


def test_blocks_that_jump_elsewhere() -> None:
    text = """
    func.func @f(%c: i1) {{
      cf.cond_br %c, ^bb1, ^bb2
    ^bb1:
      cf.br {0}
    ^bb2:
      return
    }}"""
    report = diff(couloir.parse(text.format("^bb2")), couloir.parse(text.format("^bb1")))
    assert [d.what for d in report.differences] == ["it goes on with other blocks"]


def test_locations_count_when_asked() -> None:
    a, b = couloir.parse('func.func @f() { return loc("a") }'), couloir.parse('func.func @f() { return loc("b") }')
    assert isomorphic(a, b) and not isomorphic(a, b, locations=True)


ORDERED = [
    ("  %0 = arith.addi %x, %y : i32\n  %1 = arith.muli %x, %y : i32\n", "  %1 = arith.muli %x, %y : i32\n  %0 = arith.addi %x, %y : i32\n"),
    ("  %2 = memref.load %m[] : memref<i32>\n", "  %2 = memref.load %m[] : memref<i32>\n"),
]  # fmt: skip


def test_a_legal_order_counts_or_not() -> None:
    old, new = ORDERED[0]
    assert against(old, new)
    assert not against(old, new, order=False)
    store, load = "  memref.store %0, %m[] : memref<i32>\n", "  %2 = memref.load %m[] : memref<i32>\n"
    assert against(store + load, load + store, order=False)  # not legal


@pytest.mark.parametrize("number", range(6))
def test_writes_may_not_be_exchanged(number) -> None:
    text = """
    func.func @f(%m: memref<i32>, %n: memref<i32>) {{
      %x = arith.constant {0} : i32
      %y = arith.constant {1} : i32
      memref.store %x, %m[] : memref<i32>
      memref.store %y, %n[] : memref<i32>
      return
    }}"""
    one = text.format(number, number + 7)
    lines = one.splitlines()
    lines[4], lines[5] = lines[5], lines[4]
    assert not isomorphic(couloir.parse(one), couloir.parse("\n".join(lines)), order=False)


def test_reads_between_the_same_writes_may_be_exchanged() -> None:
    text = """
    func.func @f(%m: memref<i32>, %n: memref<i32>) -> (i32, i32) {{
      {0}
      return %a, %b : i32, i32
    }}"""
    reads = ["%a = memref.load %m[] : memref<i32>", "%b = memref.load %n[] : memref<i32>"]
    one, two = (couloir.parse(text.format("\n".join(lines))) for lines in (reads, reads[::-1]))
    assert not isomorphic(one, two) and isomorphic(one, two, order=False)


def test_operands_of_commutative_ops_may_be_exchanged() -> None:
    assert not against("arith.addi %x, %y", "arith.addi %y, %x", commutative=True)
    assert not against("arith.addi %x, %y", "arith.addi %y, %x", commutative=True, order=False)
    assert against("arith.subi %1, %2", "arith.subi %2, %1", commutative=True)
    assert against("arith.addi %x, %y", "arith.addi %x, %x", commutative=True)


def test_equal_ops_count_as_one_another() -> None:
    text = """
    func.func @f(%x: i32) -> (i32, i32) {{
      %a = arith.addi %x, %x : i32
      %b = arith.addi %x, %x : i32
      %c = arith.muli %a, %a : i32
      %d = arith.subi %b, %b : i32
      return %c, %d : i32, i32
    }}"""
    one = couloir.parse(text.format())
    two = couloir.parse(text.format().replace("muli %a, %a", "muli %b, %b").replace("subi %b, %b", "subi %a, %a"))
    assert not isomorphic(one, two) and isomorphic(one, two, order=False)


SYMBOLS = """
func.func private @a(%x: i32) -> i32 { return %x : i32 }
func.func private @b(%x: i32) -> i32 { %0 = arith.addi %x, %x : i32
  return %0 : i32 }
func.func @main(%x: i32) -> i32 {
  %0 = func.call @a(%x) : (i32) -> i32
  return %0 : i32
}"""


def test_symbols_by_what_they_mean() -> None:
    renamed = SYMBOLS.replace("@a", "@first").replace("@b", "@second")
    other = SYMBOLS.replace("func.call @a", "func.call @b")
    assert not isomorphic(couloir.parse(SYMBOLS), couloir.parse(renamed))
    assert isomorphic(couloir.parse(SYMBOLS), couloir.parse(renamed), symbol_names=False)
    assert isomorphic(couloir.parse(SYMBOLS), couloir.parse(renamed), symbol_names=False, order=False)
    assert not isomorphic(couloir.parse(SYMBOLS), couloir.parse(other), symbol_names=False)


@given(loop_programs(), st.integers(0, 2**32))
def test_a_program_is_itself_in_any_legal_order(text, seed) -> None:
    module = couloir.parse(text)
    assert isomorphic(module, module.clone())
    shuffled = couloir.parse(text)
    moved = shuffle(shuffled, random.Random(seed))
    assert isomorphic(module, shuffled, order=False), str(diff(module, shuffled, order=False))
    assert isomorphic(module, shuffled, order=False, commutative=True)
    if not moved:
        assert isomorphic(module, shuffled)


def shuffle(module, rng) -> int:
    """Moves ops up past others as far as that is legal; gives how often."""
    moved = 0
    for op in list(module.walk()):
        before = op.prev_op
        if before is None or op.next_op is None or op.parent_op is module or rng.random() < 0.5:
            continue
        uses = any(v.defining_op is before for inner in op.walk() for v in inner.operands)
        silent = effects(op), effects(before)
        if not uses and (Effect.NONE in silent or silent == (Effect.READ, Effect.READ)):
            op.move_before(before)
            moved += 1
    return moved


@given(hlo_programs(), st.data())
def test_a_change_anywhere_is_found(text, data) -> None:
    module, other = couloir.parse(text), couloir.parse(text)
    ops = [op for op in other.walk() if op is not other]
    op = data.draw(st.sampled_from(ops))
    op.attributes["changed"] = IntegerAttr(1, i32)
    for options in ({}, {"order": False}, {"commutative": True}, {"symbol_names": False}):
        report = diff(module, other, **options)
        assert report, options
        if not options:
            assert [d.what for d in report.differences] == ["only the second has the attribute `changed`"]
    assert region_edges(other) == []


def test_large_programs_take_no_quadratic_time() -> None:
    def program(number: int) -> func.FuncOp:
        function = func.FuncOp.build("f", [i32])
        value = function.arguments[0]
        for _ in range(8_000):
            function.entry.append(op := arith.AddI(value, value))
            value = op.result
        function.entry.append(last := arith.constant(number, i32))
        function.entry.append(func.Return([last.result]))
        return function

    assert isomorphic(program(1), program(1)) and isomorphic(program(1), program(1), order=False)
    report = diff(program(1), program(2))
    assert [d.what for d in report.differences] == ["the attribute `value` is `1 : i32` and `2 : i32`"]
