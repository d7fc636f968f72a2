"""The matcher written for a pattern finds what the matcher that explains finds: the same bindings, or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.dialects import arith
from couloir.ir.builder import at_end
from couloir.ir.operation import Block, Operation, Value
from couloir.ir.rewriting import Miss, Rule, apply_rules, guard, why_not
from couloir.ir.rewriting.rewriter import Rewriter
from couloir.ir.rewriting.rule import UNEXPLAINED, Equation
from couloir.ir.traits import ConstantLike
from couloir.ir.types import i32


class QuickNested(Rule):
    """(x * y) + (z - x)  =>  y, over both orders of both commutative ops"""

    def pattern(x, y, z):
        return arith.AddI(arith.MulI(x, y), arith.SubI(z, x))

    def rewrite(y):
        return y


class QuickDag(Rule):
    """(x * y) + (x * y)  =>  x, where both are one op"""

    def pattern(x, y):
        product = arith.MulI(x, y)
        return arith.AddI(product, product)

    def rewrite(x):
        return x


class QuickShared(Rule):
    """(x + y) - y  =>  x, whoever else uses the sum"""

    allow_shared = True

    def pattern(x, y, flags):
        return arith.SubI(arith.AddI(x, y, flags), y, flags)

    def rewrite(x):
        return x


class QuickGuarded(Rule):
    """(x + c) * y  =>  y, where c is a constant and y is not x: the guard may refuse an order and take another"""

    def pattern(x, c: ConstantLike, y):
        return arith.MulI(arith.AddI(x, c), y)

    def where(x, y):
        return guard(x is not y, "they are one value")

    def rewrite(y):
        return y


class QuickThree(Rule):
    """(a + b) + (c + d)  =>  a + d, with three commutative ops and a guard on names"""

    def pattern(a, b, c, d):
        return arith.AddI(arith.AddI(a, b), arith.AddI(c, d))

    def where(a, d):
        return guard(str(a.name_hint) < str(d.name_hint), "not in order")

    def rewrite(a):
        return a


RULES = (QuickNested, QuickDag, QuickShared, QuickGuarded, QuickThree)
OPS = (arith.AddI, arith.MulI, arith.SubI)


@st.composite
def programs(draw: st.DrawFn) -> Block:
    """A block of additions, products, differences and constants, with few values, so that patterns fit often."""
    block = Block([i32] * 2)
    values: list[Value[Any]] = list(block.arguments)
    with at_end(block):
        for number in range(draw(st.integers(1, 12))):
            recent = st.sampled_from(values[-4:])
            kind = draw(st.integers(0, 3))
            op: Operation
            if kind == 3:
                op = arith.constant(draw(st.integers(0, 2)), i32)
            else:
                flags = draw(st.sampled_from([arith.Overflow.NONE, arith.Overflow.NSW]))
                op = OPS[kind](draw(recent), draw(recent), flags)
            op.results[0].name_hint = f"v{draw(st.integers(0, 5))}_{number}"
            values.append(op.results[0])
    return block


@given(programs())
def test_the_same_matches(block: Block) -> None:
    for op in block.ops:
        for rule in RULES:
            item = rule.rule
            assert isinstance(item, Equation)
            slow, quick = item.match(op), item._quick(op)
            if isinstance(slow, Miss):
                assert quick is None
            else:
                assert quick is not None
                assert quick.bindings == slow.bindings
                assert quick.ops == slow.ops


def test_patterns_fit_in_these_programs() -> None:
    """Else the test above would compare nothing with nothing."""
    block = Block([i32] * 2)
    x, y = block.arguments
    x.name_hint, y.name_hint = "x", "y"
    with at_end(block):
        c = arith.constant(1, i32)
        arith.AddI(arith.SubI(c, x), arith.MulI(y, x))
        product = arith.MulI(x, y)
        arith.AddI(product, product)
        arith.SubI(arith.AddI(y, x), x)
        arith.MulI(y, arith.AddI(c, x))
        arith.AddI(arith.AddI(y, x), arith.AddI(x, y))
    for rule in RULES:
        assert any(rule.rule._quick(op) for op in block.ops), rule


@pytest.mark.parametrize("explains", [True, False])
def test_reasons_are_found_only_when_wanted(explains: bool) -> None:
    block = Block([i32])
    with at_end(block):
        op = arith.AddI(block.arguments[0], block.arguments[0])
    rewriter = Rewriter()
    rewriter.explains = explains
    missed = QuickNested.rule.attempt(op, rewriter)
    assert missed is not None
    assert (missed is UNEXPLAINED) is not explains


def test_a_variable_with_a_trait_says_what_it_wants() -> None:
    block = Block([i32, i32])
    with at_end(block):
        op = arith.MulI(arith.AddI(block.arguments[0], block.arguments[1]), block.arguments[1])
    reason = why_not(QuickGuarded, op).reason
    assert reason == "`c` stands for a value of an op with the trait ConstantLike, here is a block argument"


def test_a_pattern_with_more_orders_than_can_be_written_out_is_searched() -> None:
    class QuickMany(Rule):
        """a + (b + (c + (d + (e + f))))  =>  a"""

        def pattern(a, b, c, d, e, f):
            return arith.AddI(a, arith.AddI(b, arith.AddI(c, arith.AddI(d, arith.AddI(e, f)))))

        def rewrite(a):
            return a

    function = Block([i32] * 6)
    value: Value[Any] = function.arguments[5]
    with at_end(function):
        for argument in function.arguments[4::-1]:
            value = arith.AddI(value, argument).result
    from couloir.ir.operation import Region, UnregisteredOp

    holder = UnregisteredOp.make("test.holder", regions=[Region([function])])
    function.append(UnregisteredOp.make("test.use", [value]))
    assert apply_rules(holder, [QuickMany]).applications == 1
    assert function.last_op.operands[0] is function.arguments[0]
