"""Of ops that compute the same, one: across blocks, with regions, reads of memory; before and after, and on random programs."""

from __future__ import annotations

import pytest
from hypothesis import given

from couloir.passes.cse import MAX_OPS_INSIDE, Cse
from tests.passes.programs import after, check, hlo_programs, loop_programs, same


@given(loop_programs())
def test_programs_of_loops_compute_the_same(text) -> None:
    check(text, Cse())


@given(hlo_programs())
def test_programs_of_tensors_compute_the_same(text) -> None:
    check(text, Cse())


HEAD = "func.func @f(%x: i32, %y: i32, %p: i1, %m: memref<2xi32>, %i: index) -> (i32, i32) {"


def becomes(body: str, expected: str) -> None:
    same(after(f"{HEAD}\n{body}\n}}", Cse()), f"{HEAD}\n{expected}\n}}")


def stays(body: str) -> None:
    becomes(body, body)


SUM = "%a = arith.addi %x, %y : i32\n"


def test_what_a_dominating_block_has_computed() -> None:
    becomes(
        SUM
        + """
        cf.cond_br %p, ^l, ^r
      ^l:
        %b = arith.addi %y, %x : i32
        cf.br ^e(%b : i32)
      ^r:
        %c = arith.muli %x, %y : i32
        cf.br ^e(%c : i32)
      ^e(%d: i32):
        %g = arith.addi %x, %y : i32
        return %d, %g : i32, i32""",
        SUM
        + """
        cf.cond_br %p, ^l, ^r
      ^l:
        cf.br ^e(%a : i32)
      ^r:
        %c = arith.muli %x, %y : i32
        cf.br ^e(%c : i32)
      ^e(%d: i32):
        return %d, %a : i32, i32""",
    )


def test_what_a_block_beside_has_computed_is_not_known() -> None:
    stays("""
        cf.cond_br %p, ^l, ^r
      ^l:
        %b = arith.addi %x, %y : i32
        cf.br ^e(%b : i32)
      ^r:
        %c = arith.addi %x, %y : i32
        cf.br ^e(%c : i32)
      ^e(%d: i32):
        %g = arith.addi %x, %y : i32
        return %d, %g : i32, i32""")


def test_what_is_around_a_region_is_known_in_it_but_not_the_other_way_round() -> None:
    becomes(
        SUM
        + """
        %r = scf.if %p -> (i32) {
          %b = arith.addi %x, %y : i32
          %c = arith.muli %x, %y : i32
          %d = arith.subi %b, %c : i32
          scf.yield %d : i32
        } else { scf.yield %x : i32 }
        %e = arith.muli %x, %y : i32
        return %r, %e : i32, i32""",
        SUM
        + """
        %r = scf.if %p -> (i32) {
          %c = arith.muli %x, %y : i32
          %d = arith.subi %a, %c : i32
          scf.yield %d : i32
        } else { scf.yield %x : i32 }
        %e = arith.muli %x, %y : i32
        return %r, %e : i32, i32""",
    )


def test_only_ops_that_are_the_same() -> None:
    stays("%a = arith.subi %x, %y : i32\n%b = arith.subi %y, %x : i32\nreturn %a, %b : i32, i32")
    stays("%a = arith.addi %x, %y overflow<nsw> : i32\n%b = arith.addi %x, %y : i32\nreturn %a, %b : i32, i32")
    stays("%a = arith.trunci %x : i32 to i8\n%b = arith.trunci %x : i32 to i16\n%c = arith.extsi %a : i8 to i32\n"
          "%d = arith.extsi %b : i16 to i32\nreturn %c, %d : i32, i32")  # fmt: skip


def test_a_read_is_known_until_memory_changes() -> None:
    load, other = "%{} = memref.load %m[%i] : memref<2xi32>\n", "%a2 = arith.addi %a, %a : i32\n"
    end = "return %a, %b : i32, i32"
    becomes(load.format("a") + other + load.format("b") + end, load.format("a") + other + "return %a, %a : i32, i32")
    for change in (
        "memref.store %x, %m[%i] : memref<2xi32>\n",
        "scf.if %p { memref.store %x, %m[%i] : memref<2xi32> }\n",
        "func.call @f(%x, %y, %p, %m, %i) : (i32, i32, i1, memref<2xi32>, index) -> (i32, i32)\n",
        'cf.assert %p, "no"\n',
    ):
        stays(load.format("a") + change + load.format("b") + end)


def test_a_read_in_another_block_is_not_known() -> None:
    stays("""
        %a = memref.load %m[%i] : memref<2xi32>
        cf.br ^l
      ^l:
        memref.store %x, %m[%i] : memref<2xi32>
        cf.br ^e
      ^e:
        %b = memref.load %m[%i] : memref<2xi32>
        return %a, %b : i32, i32""")


@pytest.mark.parametrize("targets", ["^l, ^e", "^e, ^l"])
def test_a_read_that_some_way_changes_is_not_known(targets) -> None:
    stays(f"""
        %a = memref.load %m[%i] : memref<2xi32>
        cf.cond_br %p, {targets}
      ^l:
        memref.store %x, %m[%i] : memref<2xi32>
        cf.br ^e
      ^e:
        %b = memref.load %m[%i] : memref<2xi32>
        return %a, %b : i32, i32""")


def test_each_allocation_is_its_own() -> None:
    stays("""
        %a = memref.alloc() : memref<2xi32>
        %b = memref.alloc() : memref<2xi32>
        memref.copy %a, %b : memref<2xi32> to memref<2xi32>
        return %x, %y : i32, i32""")


IF = """%{0} = scf.if %p -> (i32) {{
    %k{0} = arith.{1} %x, %y : i32
    scf.yield %k{0} : i32
  }} else {{ scf.yield %{2} : i32 }}
"""


def test_ops_with_equal_regions_are_the_same() -> None:
    end = "return %a, %b : i32, i32"
    becomes(
        IF.format("a", "muli", "y") + IF.format("b", "muli", "y") + end,
        IF.format("a", "muli", "y") + "return %a, %a : i32, i32",
    )
    stays(IF.format("a", "muli", "y") + IF.format("b", "subi", "y") + end)
    stays(IF.format("a", "muli", "y") + IF.format("b", "muli", "x") + end)


def test_regions_with_effects_are_not_the_same() -> None:
    text = IF.replace("scf.yield %k{0}", "memref.store %k{0}, %m[%i] : memref<2xi32>\nscf.yield %k{0}")
    stays(text.format("a", "muli", "y") + text.format("b", "muli", "y") + "return %a, %b : i32, i32")
    reads = IF.replace("arith.{1} %x, %y : i32", "memref.load %m[%i] : memref<2xi32>")
    write = "memref.store %x, %m[%i] : memref<2xi32>\n"
    stays(reads.format("a", "", "y") + write + reads.format("b", "", "y") + "return %a, %b : i32, i32")


def test_arguments_and_results_inside_are_told_apart() -> None:
    text = """%{0}:2 = scf.for %j{0} = %i to %i step %i iter_args(%k{0} = %x, %l{0} = %y) -> (i32, i32) {{
      %m{0} = arith.subi %k{0}, %l{0} : i32
      %n{0} = arith.subi %l{0}, %k{0} : i32
      scf.yield %{1}{0}, %{2}{0} : i32, i32
    }}
    """
    end = "return %a#0, %b#1 : i32, i32"
    becomes(
        text.format("a", "m", "n") + text.format("b", "m", "n") + end,
        text.format("a", "m", "n") + "return %a#0, %a#1 : i32, i32",
    )
    stays(text.format("a", "m", "n") + text.format("b", "n", "m") + end)
    text = """%{0}:2 = scf.for %j{0} = %i to %i step %i iter_args(%k{0} = %x, %l{0} = %y) -> (i32, i32) {{
      %m{0} = arith.subi %{1}{0}, %{2}{0} : i32
      scf.yield %m{0}, %k{0} : i32, i32
    }}
    """
    stays(text.format("a", "k", "l") + text.format("b", "l", "k") + end)


def test_very_large_regions_are_not_compared() -> None:
    lines = [f"%{{0}}{n} = arith.addi %x, %{{0}}{n - 1} : i32" for n in range(1, MAX_OPS_INSIDE)]
    text = "%{0} = scf.if %p -> (i32) {{{{\n%{{0}}0 = arith.muli %x, %y : i32\n{0}\nscf.yield %{{0}}{1} : i32\n}}}} else {{{{ scf.yield %x : i32 }}}}\n"
    body = text.replace("%{0} =", "%{{0}} =").format("\n".join(lines), MAX_OPS_INSIDE - 1)
    stays(body.format("a") + body.format("b") + "return %a, %b : i32, i32")


def test_a_deep_nest_of_modules_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from couloir.passes import cse

    asked: list[str] = []
    effects = cse.own_effects
    monkeypatch.setattr(cse, "own_effects", lambda op: asked.append(op.name) or effects(op))
    depth = 200
    same(after("module {" * depth + "}" * depth, Cse()), "module {" * depth + "}" * depth)
    assert len(asked) <= 3 * depth
