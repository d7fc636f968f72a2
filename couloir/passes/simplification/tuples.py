"""Tuples and tokens."""

# The functions of an equation are not methods: their parameters are its variables, which stand for values and attributes alike and
# so have no types. pyright takes the first one for `self`.
# pyright: reportSelfClsParameterName=false, reportArgumentType=false, reportAttributeAccessIssue=false, reportGeneralTypeIssues=false
# pyright: reportMissingParameterType=false, reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportIndexIssue=false, reportCallIssue=false
# pyright: reportOptionalSubscript=false, reportOptionalMemberAccess=false, reportOptionalCall=false, reportOperatorIssue=false

from __future__ import annotations

from typing import Final

from couloir.dialects import hlo
from couloir.ir.rewriting import Rewrite, Rule, guard
from couloir.passes.simplification.examples import program


class ElementOfTuple(Rule):
    """get_tuple_element(tuple(x, y, ...), i)  =>  the one of that number"""

    allow_shared = True

    def pattern(xs, i):
        return hlo.GetTupleElement(hlo.Tuple([*xs]), i)

    def rewrite(xs, i):
        return xs[i]


class TupleOfElements(Rule):
    """tuple(get_tuple_element(t, 0), get_tuple_element(t, 1), ...)  =>  t, when that is all of t"""

    examples = (
        program(
            "%x: tensor<f32>, %y: tensor<i32>",
            """
            %t = tuple %x, %y : tuple<tensor<f32>, tensor<i32>>
            %0 = get_tuple_element %t[0] : (tuple<tensor<f32>, tensor<i32>>) -> tensor<f32>
            %1 = get_tuple_element %t[1] : (tuple<tensor<f32>, tensor<i32>>) -> tensor<i32>
            %2 = tuple %0, %1 : tuple<tensor<f32>, tensor<i32>>
            %r = get_tuple_element %2[1] : (tuple<tensor<f32>, tensor<i32>>) -> tensor<i32>""",
        ),
        program(
            "%x: tensor<f32>, %y: tensor<f32>",
            """
            %s = tuple %y, %x : tuple<tensor<f32>, tensor<f32>>
            %t = tuple %x, %y : tuple<tensor<f32>, tensor<f32>>
            %0 = get_tuple_element %t[0] : (tuple<tensor<f32>, tensor<f32>>) -> tensor<f32>
            %1 = get_tuple_element %t[1] : (tuple<tensor<f32>, tensor<f32>>) -> tensor<f32>
            %2 = tuple %0, %1 : tuple<tensor<f32>, tensor<f32>>
            %3 = get_tuple_element %2[1] : (tuple<tensor<f32>, tensor<f32>>) -> tensor<f32>
            %4 = get_tuple_element %s[1] : (tuple<tensor<f32>, tensor<f32>>) -> tensor<f32>
            %5 = tuple %0, %4 : tuple<tensor<f32>, tensor<f32>>
            %6 = get_tuple_element %5[1] : (tuple<tensor<f32>, tensor<f32>>) -> tensor<f32>
            %7 = tuple %1, %0 : tuple<tensor<f32>, tensor<f32>>
            %8 = get_tuple_element %7[1] : (tuple<tensor<f32>, tensor<f32>>) -> tensor<f32>
            %9 = subtract %3, %6 : tensor<f32>
            %r = subtract %9, %8 : tensor<f32>""",
        ),
    )

    def pattern(xs):
        return hlo.Tuple([*xs])

    def where(xs, op):
        if not xs or not all(isinstance(x.defining_op, hlo.GetTupleElement) for x in xs):
            return guard(False, "not all come from a tuple")
        whole = xs[0].defining_op.operand
        return (
            guard(all(x.defining_op.operand is whole for x in xs), "they come from several tuples")
            & guard([x.defining_op.index for x in xs] == list(range(len(xs))), "they are in another order")
            & guard(whole.type is op.result.type, "the tuple has more")
        )

    def rewrite(xs):
        return xs[0].defining_op.operand


class AfterOneToken(Rule):
    """after_all(t)  =>  t"""

    examples = (
        program(
            "%x: tensor<f32>",
            """
            %t = create_token : !stablehlo.token
            %0 = after_all %t : !stablehlo.token
            %1:2 = optimization_barrier %0, %x : !stablehlo.token, tensor<f32>
            %r = negate %1#1 : tensor<f32>""",
        ),
    )

    def pattern(t):
        return hlo.AfterAll([t])

    def rewrite(t):
        return t


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    ElementOfTuple,
    TupleOfElements,
    AfterOneToken,
)
