"""Blocks and jumps in their simplest form: before and after, and on random programs."""

from __future__ import annotations

import pytest
from hypothesis import given

import couloir
from couloir.passes.sccp import Sccp
from couloir.passes.simplify_cfg import SimplifyCfg
from tests.passes.programs import after, check, loop_programs, same


@given(loop_programs())
def test_programs_compute_the_same(text) -> None:
    check(text, SimplifyCfg())


@given(loop_programs())
def test_programs_compute_the_same_with_conditions_known(text) -> None:
    check(text, Sccp(), SimplifyCfg())


HEAD = "func.func @f(%x: i32, %y: i32, %p: i1, %m: memref<i32>) -> i32 {"


def becomes(body: str, expected: str) -> None:
    same(after(f"{HEAD}\n{body}\n}}", SimplifyCfg()), f"{HEAD}\n{expected}\n}}")


def stays(body: str) -> None:
    becomes(body, body)


@pytest.mark.parametrize(("condition", "expected"), [("true", "%x"), ("false", "%y")])
def test_a_known_condition(condition, expected) -> None:
    becomes(
        f"""
        %c = arith.constant {condition}
        cf.cond_br %c, ^a, ^b
      ^a:
        return %x : i32
      ^b:
        return %y : i32""",
        f"%c = arith.constant {condition}\nreturn {expected} : i32",
    )


def test_an_unknown_condition_stays() -> None:
    stays("cf.cond_br %p, ^a, ^b\n^a:\n return %x : i32\n^b:\n return %y : i32")


@pytest.mark.parametrize(("number", "expected"), [(1, "%x"), (-1, "%y"), (5, "%d")])
def test_a_known_flag(number, expected) -> None:
    becomes(
        f"""
        %d = arith.addi %x, %y : i32
        %c = arith.constant {number} : i32
        cf.switch %c : i32, [default: ^r(%d : i32), 1: ^r(%x : i32), 4294967295: ^r(%y : i32)]
      ^r(%a: i32):
        return %a : i32""",
        f"%d = arith.addi %x, %y : i32\n%c = arith.constant {number} : i32\nreturn {expected} : i32",
    )


def test_a_branch_to_one_block_with_one_value_is_a_jump() -> None:
    becomes("cf.cond_br %p, ^a(%x : i32), ^a(%x : i32)\n^a(%b: i32):\n return %b : i32", "return %x : i32")
    becomes(
        "cf.switch %x : i32, [default: ^a(%y : i32), 1: ^a(%y : i32)]\n^a(%b: i32):\n return %b : i32",
        "return %y : i32",
    )


def test_a_branch_to_one_block_with_two_values_chooses() -> None:
    becomes(
        "cf.cond_br %p, ^a(%x, %x : i32, i32), ^a(%y, %x : i32, i32)\n"
        "^a(%b: i32, %c: i32):\n %d = arith.addi %b, %c : i32\n return %d : i32",
        "%b = arith.select %p, %x, %y : i32\n%d = arith.addi %b, %x : i32\nreturn %d : i32",
    )


def test_a_switch_with_different_values_stays() -> None:
    stays("cf.switch %x : i32, [default: ^a(%y : i32), 1: ^a(%x : i32)]\n^a(%b: i32):\n return %b : i32")


def test_blocks_that_nothing_reaches_go_with_their_values() -> None:
    becomes(
        """
        return %x : i32
      ^a(%b: i32):
        %c = arith.addi %b, %d : i32
        cf.br ^e
      ^e:
        %d = arith.addi %c, %x : i32
        cf.br ^a(%d : i32)""",
        "return %x : i32",
    )


def test_values_do_not_count_uses_in_blocks_that_are_gone() -> None:
    module = couloir.parse(f"{HEAD}\nreturn %x : i32\n^a:\n%c = arith.addi %x, %y : i32\nreturn %c : i32\n}}")
    SimplifyCfg().run(module, couloir.PassContext())
    assert [v.use_count for v in module.functions[0].arguments] == [1, 0, 0, 0]


def test_a_block_joins_its_only_predecessor() -> None:
    becomes(
        """
        %a = arith.addi %x, %y : i32
        cf.br ^b(%a : i32)
      ^b(%c: i32):
        %d = arith.muli %c, %x : i32
        cf.br ^e(%d, %c : i32, i32)
      ^e(%g: i32, %h: i32):
        %i = arith.subi %g, %h : i32
        return %i : i32""",
        """
        %a = arith.addi %x, %y : i32
        %d = arith.muli %a, %x : i32
        %i = arith.subi %d, %a : i32
        return %i : i32""",
    )


def test_blocks_with_two_predecessors_or_a_branch_before_them_stay() -> None:
    stays("""
        cf.cond_br %p, ^a, ^b
      ^a:
        memref.store %x, %m[] : memref<i32>
        cf.br ^b
      ^b:
        %i = memref.load %m[] : memref<i32>
        return %i : i32""")


def test_a_block_that_jumps_to_itself_stays() -> None:
    stays("cf.br ^a\n^a:\n cf.br ^a")
    stays(
        "cf.br ^a(%x, %y : i32, i32)\n^a(%b: i32, %c: i32):\n memref.store %b, %m[] : memref<i32>\n cf.br ^a(%c, %b : i32, i32)"
    )


def test_an_endless_round_through_empty_blocks_stays() -> None:
    text = """
        cf.cond_br %p, ^a(%x, %y : i32, i32), ^e
      ^a(%b: i32, %c: i32):
        cf.cond_br %p, ^g(%c, %b : i32, i32), ^a(%c, %b : i32, i32)
      ^g(%h: i32, %i: i32):
        cf.br ^j(%i, %h : i32, i32)
      ^j(%k: i32, %l: i32):
        cf.br ^g(%k, %l : i32, i32)
      ^e:
        return %x : i32"""
    module = couloir.parse(f"{HEAD}\n{text}\n}}")
    SimplifyCfg().run(module, couloir.PassContext())
    couloir.verify(module)
    assert "cf.br ^" in str(module)


def test_jumps_go_past_blocks_that_only_jump_on() -> None:
    becomes(
        """
        cf.cond_br %p, ^a(%x : i32), ^b
      ^a(%c: i32):
        cf.br ^e(%c, %y : i32, i32)
      ^b:
        memref.store %x, %m[] : memref<i32>
        cf.cond_br %p, ^a(%y : i32), ^e(%x, %y : i32, i32)
      ^e(%g: i32, %h: i32):
        %i = arith.addi %g, %h : i32
        return %i : i32""",
        """
        cf.cond_br %p, ^e(%x : i32), ^b
      ^b:
        memref.store %x, %m[] : memref<i32>
        %c = arith.select %p, %y, %x : i32
        cf.br ^e(%c : i32)
      ^e(%g: i32):
        %i = arith.addi %g, %y : i32
        return %i : i32""",
    )


def test_the_entry_goes_past_them_too() -> None:
    becomes(
        """
        cf.br ^a(%x : i32)
      ^a(%c: i32):
        cf.br ^e(%c, %y : i32, i32)
      ^e(%g: i32, %h: i32):
        %i = arith.addi %g, %h : i32
        cf.cond_br %p, ^a(%i : i32), ^z
      ^z:
        return %i : i32""",
        """
        cf.br ^e(%x : i32)
      ^e(%g: i32):
        %i = arith.addi %g, %y : i32
        cf.cond_br %p, ^e(%i : i32), ^z
      ^z:
        return %i : i32""",
    )


def test_a_block_whose_argument_is_used_further_down_is_not_jumped_past() -> None:
    stays("""
        cf.cond_br %p, ^a(%x : i32), ^a2
      ^a2:
        memref.store %x, %m[] : memref<i32>
        cf.br ^a(%y : i32)
      ^a(%c: i32):
        cf.br ^e
      ^e:
        memref.store %c, %m[] : memref<i32>
        cf.cond_br %p, ^e, ^g
      ^g:
        return %c : i32""")


def test_arguments_that_are_always_one_value_go() -> None:
    becomes(
        """
        cf.br ^loop(%x, %y : i32, i32)
      ^loop(%a: i32, %b: i32):
        %c = arith.addi %a, %b : i32
        cf.cond_br %p, ^loop(%a, %c : i32, i32), ^end
      ^end:
        return %c : i32""",
        """
        cf.br ^loop(%y : i32)
      ^loop(%b: i32):
        %c = arith.addi %x, %b : i32
        cf.cond_br %p, ^loop(%c : i32), ^end
      ^end:
        return %c : i32""",
    )


def test_arguments_that_equal_each_other_are_one() -> None:
    becomes(
        """
        cf.br ^loop(%x, %x, %y : i32, i32, i32)
      ^loop(%a: i32, %b: i32, %d: i32):
        %c = arith.addi %a, %b : i32
        %e = arith.muli %c, %d : i32
        cf.cond_br %p, ^loop(%c, %c, %c : i32, i32, i32), ^end
      ^end:
        return %e : i32""",
        """
        cf.br ^loop(%x, %y : i32, i32)
      ^loop(%a: i32, %d: i32):
        %c = arith.addi %a, %a : i32
        %e = arith.muli %c, %d : i32
        cf.cond_br %p, ^loop(%c, %c : i32, i32), ^end
      ^end:
        return %e : i32""",
    )


def test_arguments_that_nobody_uses_go() -> None:
    becomes(
        """
        cf.br ^loop(%x, %y : i32, i32)
      ^loop(%a: i32, %b: i32):
        memref.store %a, %m[] : memref<i32>
        %c = arith.addi %a, %x : i32
        cf.cond_br %p, ^loop(%c, %c : i32, i32), ^end
      ^end:
        return %c : i32""",
        """
        cf.br ^loop(%x : i32)
      ^loop(%a: i32):
        memref.store %a, %m[] : memref<i32>
        %c = arith.addi %a, %x : i32
        cf.cond_br %p, ^loop(%c : i32), ^end
      ^end:
        return %c : i32""",
    )


def test_a_branch_loses_what_it_passes_to_both_blocks() -> None:
    becomes(
        """
        cf.cond_br %p, ^a(%x : i32), ^b(%y : i32)
      ^a(%c: i32):
        memref.store %c, %m[] : memref<i32>
        return %x : i32
      ^b(%d: i32):
        return %d : i32""",
        """
        cf.cond_br %p, ^a, ^b
      ^a:
        memref.store %x, %m[] : memref<i32>
        return %x : i32
      ^b:
        return %y : i32""",
    )


def test_what_goes_to_another_block_stays() -> None:
    becomes(
        """
        cf.cond_br %p, ^a(%x, %y : i32, i32), ^b(%y : i32)
      ^a(%c: i32, %d: i32):
        memref.store %d, %m[] : memref<i32>
        cf.br ^b(%x : i32)
      ^b(%e: i32):
        return %e : i32""",
        """
        cf.cond_br %p, ^a, ^b(%y : i32)
      ^a:
        memref.store %y, %m[] : memref<i32>
        cf.br ^b(%x : i32)
      ^b(%e: i32):
        return %e : i32""",
    )


def test_attributes_of_branches_stay() -> None:
    text = """
        cf.cond_br %p weights([1, 2]), ^a(%x, %y : i32, i32), ^b {hint = "x"}
      ^a(%c: i32, %d: i32):
        memref.store %c, %m[] : memref<i32>
        cf.br ^b
      ^b:
        return %x : i32"""
    result = after(f"{HEAD}\n{text}\n}}", SimplifyCfg())
    assert "weights([1, 2])" in result and 'hint = "x"' in result


def test_branches_of_other_dialects_are_left_alone() -> None:
    text = f"""{HEAD}
        "my.br"(%x)[^a] : (i32) -> ()
      ^a(%c: i32):
        cf.br ^b
      ^b:
        return %c : i32
      }}"""
    module = couloir.parse(text, allow_unregistered=True)
    before = str(module)
    SimplifyCfg().run(module, couloir.PassContext())
    assert str(module) == before


def test_a_long_chain_takes_no_quadratic_time() -> None:
    lines = [HEAD, "cf.br ^b0"]
    for n in range(2000):
        lines.append(f"^b{n}:\n %v{n} = arith.addi %x, %y : i32\n cf.br ^b{n + 1}")
    lines.append("^b2000:\n return %v1999 : i32\n}")
    module = couloir.parse("\n".join(lines))
    SimplifyCfg().run(module, couloir.PassContext())
    assert sum(1 for _ in module.functions[0].body.blocks) == 1
