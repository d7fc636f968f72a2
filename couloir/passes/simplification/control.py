"""Control flow, barriers and tokens."""

from __future__ import annotations

from typing import Any, Final

from couloir.dialects import hlo
from couloir.ir.operation import Block, Operation, Region, Value
from couloir.ir.rewriting import Rewrite, Rewriter, Rule, constant_array, is_splat, rule
from couloir.ir.rewriting.rewriter import is_removable
from couloir.ir.types import TensorType
from couloir.passes.remove_dead_values import erase_operands, erase_results
from couloir.passes.simplification.examples import program


def _inlined(op: Operation, region: Region, rewriter: Rewriter) -> None:
    """Puts what a region without arguments does in the place of an op."""
    last = region.block.last_op
    assert last is not None
    values = list(last.operands)
    rewriter.erase(last)
    rewriter.inline_block(region.block, op, ())
    rewriter.replace(op, *values)


def _other_types(op: str, index: str = "") -> str:
    """A program with two ops of branches, of which the second says less of its type than its branches."""
    made = f"""
%0 = "stablehlo.{op}"(%p) ({{
stablehlo.return %x : tensor<2xf32>
}}, {{
stablehlo.return %x : tensor<2xf32>
}}) : (tensor<{"i32" if op == "case" else "i1"}>) -> tensor<2xf32>"""
    return program(
        f"%x: tensor<2xf32>{'' if index else ', %p: tensor<i1>'}",
        f"""{index and f"%p = constant {index}"}
{made}
{made.replace("%0 =", "%1 =").removesuffix("tensor<2xf32>")}tensor<?xf32>
%2 = abs %0 : tensor<2xf32>
%3 = abs %1 : tensor<?xf32>
%r = concatenate %2, %3, dim = 0 : (tensor<2xf32>, tensor<?xf32>) -> tensor<?xf32>""",
    )


@rule(
    examples=(
        program(
            "%x: tensor<2x3xf32>, %y: tensor<2x3xf32>",
            """
            %p = constant dense<true> : tensor<i1>
            %r = "stablehlo.if"(%p) ({
            %n = negate %x : tensor<2x3xf32>
            stablehlo.return %n : tensor<2x3xf32>
            }, {
            stablehlo.return %y : tensor<2x3xf32>
            }) : (tensor<i1>) -> tensor<2x3xf32>""",
        ),
        _other_types("if", "dense<true> : tensor<i1>"),
    )
)
def if_of_constant(op: hlo.If, rewriter: Rewriter) -> str | None:
    """if(constant)  =>  the branch that it takes"""
    splat = is_splat(op.pred)
    if not splat:
        return splat.reason
    branch = op.true_branch if is_splat(op.pred, True) else op.false_branch
    if [value.type for value in _returned(branch)] != [value.type for value in op.results]:
        return "the branch returns other types than the op"
    _inlined(op, branch, rewriter)
    return None


@rule(
    examples=(
        program(
            "%x: tensor<2x3xf32>, %y: tensor<2x3xf32>",
            """
            %p = constant dense<0> : tensor<i32>
            %r = "stablehlo.case"(%p) ({
            %n = negate %x : tensor<2x3xf32>
            stablehlo.return %n : tensor<2x3xf32>
            }, {
            stablehlo.return %y : tensor<2x3xf32>
            }, {
            stablehlo.return %x : tensor<2x3xf32>
            }) : (tensor<i32>) -> tensor<2x3xf32>""",
        ),
        *(
            program(
                "%x: tensor<f32>, %y: tensor<f32>",
                f"""
                %p = constant dense<{number}> : tensor<i32>
                %r = "stablehlo.case"(%p) ({{
                stablehlo.return %x : tensor<f32>
                }}, {{
                %n = negate %y : tensor<f32>
                stablehlo.return %n : tensor<f32>
                }}, {{
                stablehlo.return %y : tensor<f32>
                }}) : (tensor<i32>) -> tensor<f32>""",
            )
            for number in (1, 3, -1)
        ),
        program(
            "%x: tensor<f32>, %p: tensor<i32>",
            """
            %0 = "stablehlo.case"(%p) ({
            %n = negate %x : tensor<f32>
            stablehlo.return %n : tensor<f32>
            }) : (tensor<i32>) -> tensor<f32>
            %r = "stablehlo.case"(%p) ({
            stablehlo.return %0 : tensor<f32>
            }, {
            stablehlo.return %x : tensor<f32>
            }) : (tensor<i32>) -> tensor<f32>""",
        ),
        _other_types("case", "dense<0> : tensor<i32>"),
    )
)
def case_of_constant(op: hlo.Case, rewriter: Rewriter) -> str | None:
    """case(constant)  =>  the branch that it takes, which is the last one for numbers of no branch"""
    array = constant_array(op.index)
    if array is None and len(op.branches) > 1:
        return "the index is not a constant"
    number = 0 if array is None else int(array.item())
    branch = op.branches[number if 0 <= number < len(op.branches) else -1]
    if [value.type for value in _returned(branch)] != [value.type for value in op.results]:
        return "the branch returns other types than the op"
    _inlined(op, branch, rewriter)
    return None


def _returned(region: Region) -> list[Value[Any]]:
    last = region.block.last_op
    return [] if last is None else list(last.operands)


def _from_outside(region: Region) -> list[Value[Any]] | None:
    """What a region returns, when it does nothing else and that comes from outside; None otherwise."""
    block = region.block
    if block.first_op is not block.last_op:
        return None
    return _returned(region)


@rule(
    examples=(
        program(
            "%x: tensor<2x3xf32>, %y: tensor<2x3xf32>, %p: tensor<i1>",
            """
            %r = "stablehlo.if"(%p) ({
            stablehlo.return %x : tensor<2x3xf32>
            }, {
            stablehlo.return %y : tensor<2x3xf32>
            }) : (tensor<i1>) -> tensor<2x3xf32>""",
        ),
        _other_types("if"),
        """
func.func @main(%x: tensor<2xf32>, %y: tensor<?xf32>, %p: tensor<i1>, %t: !stablehlo.token, %u: !stablehlo.token)
    -> (tensor<2xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, !stablehlo.token) {
  %0 = "stablehlo.if"(%p) ({
    stablehlo.return %x : tensor<2xf32>
  }, {
    stablehlo.return %x : tensor<2xf32>
  }) : (tensor<i1>) -> tensor<2xf32>
  %1 = "stablehlo.if"(%p) ({
    stablehlo.return %x : tensor<2xf32>
  }, {
    stablehlo.return %y : tensor<?xf32>
  }) : (tensor<i1>) -> tensor<?xf32>
  %2 = "stablehlo.if"(%p) ({
    stablehlo.return %y : tensor<?xf32>
  }, {
    stablehlo.return %x : tensor<2xf32>
  }) : (tensor<i1>) -> tensor<?xf32>
  %3 = "stablehlo.if"(%p) ({
    stablehlo.return %y : tensor<?xf32>
  }, {
    %n = stablehlo.negate %y : tensor<?xf32>
    stablehlo.return %n : tensor<?xf32>
  }) : (tensor<i1>) -> tensor<?xf32>
  %4 = "stablehlo.if"(%p) ({
    stablehlo.return %t : !stablehlo.token
  }, {
    stablehlo.return %u : !stablehlo.token
  }) : (tensor<i1>) -> !stablehlo.token
  "stablehlo.if"(%p) ({
    stablehlo.return
  }, {
    stablehlo.return
  }) : (tensor<i1>) -> ()
  return %0, %1, %2, %3, %4 : tensor<2xf32>, tensor<?xf32>, tensor<?xf32>, tensor<?xf32>, !stablehlo.token
}""",
    )
)
def if_that_selects(op: hlo.If, rewriter: Rewriter) -> str | None:
    """if(p) of branches that only return x and y  =>  select(p, x, y)"""
    x, y = (_from_outside(branch) for branch in op.regions)
    if x is None or y is None:
        return "the branches compute something"
    for a, b, result in zip(x, y, op.results, strict=True):
        if not isinstance(result.type, TensorType):
            return "a result is no tensor"
        if a.type is not result.type or b.type is not result.type:
            return "the branches return other types than the op"
    rewriter.replace(op, *(a if a is b else hlo.Select(op.pred, a, b).result for a, b in zip(x, y, strict=True)))
    return None


@rule(
    examples=(
        program(
            "%x: tensor<2x3xf32>, %y: tensor<2x3xf32>, %p: tensor<i1>",
            """
            %r = "stablehlo.if"(%p) ({
            %n = negate %x : tensor<2x3xf32>
            stablehlo.return %n : tensor<2x3xf32>
            }, {
            %n = negate %x : tensor<2x3xf32>
            stablehlo.return %n : tensor<2x3xf32>
            }) : (tensor<i1>) -> tensor<2x3xf32>""",
        ),
        _other_types("if"),
        program(
            "%x: tensor<f32>, %p: tensor<i32>",
            """
            %0 = "stablehlo.case"(%p) ({
            stablehlo.return %x : tensor<f32>
            }, {
            stablehlo.return %x : tensor<f32>
            }) : (tensor<i32>) -> tensor<f32>
            %r = "stablehlo.case"(%p) ({
            %n = negate %0 : tensor<f32>
            stablehlo.return %n : tensor<f32>
            }, {
            %n = negate %0 : tensor<f32>
            stablehlo.return %n : tensor<f32>
            }, {
            %n = abs %0 : tensor<f32>
            stablehlo.return %n : tensor<f32>
            }, {
            stablehlo.return %0 : tensor<f32>
            }) : (tensor<i32>) -> tensor<f32>""",
        ),
    )
)
def branches_alike(op: hlo.If | hlo.Case, rewriter: Rewriter) -> str | None:
    """if(p) of branches that do the same  =>  one of them; case, too"""
    first, *others = op.regions
    if not all(_same_ops(first.block, other.block) for other in others):
        return "the branches differ"
    if [value.type for value in _returned(first)] != [value.type for value in op.results]:
        return "the branch returns other types than the op"
    _inlined(op, first, rewriter)
    return None


def _same_ops(a: Block, b: Block) -> bool:
    """Whether two blocks have the same ops, without regions, in the same order."""
    ops, others = list(a.ops), list(b.ops)
    if len(ops) != len(others):
        return False
    values: dict[Value[Any], Value[Any]] = {}
    for one, other in zip(ops, others, strict=True):
        same = (
            type(one) is type(other)
            and not one.regions
            and not other.regions
            and dict(one.attributes) == dict(other.attributes)
            and [values.get(value, value) for value in one.operands] == list(other.operands)
            and [result.type for result in one.results] == [result.type for result in other.results]
        )
        if not same:
            return False
        values.update(zip(one.results, other.results, strict=True))
    return True


@rule(
    examples=(
        program(
            "%x: tensor<2x3xf32>, %y: tensor<2x3xf32>, %p: tensor<i1>",
            """
            %0:2 = "stablehlo.if"(%p) ({
            %n = negate %x : tensor<2x3xf32>
            stablehlo.return %n, %x : tensor<2x3xf32>, tensor<2x3xf32>
            }, {
            %n = negate %y : tensor<2x3xf32>
            stablehlo.return %y, %n : tensor<2x3xf32>, tensor<2x3xf32>
            }) : (tensor<i1>) -> (tensor<2x3xf32>, tensor<2x3xf32>)
            %r = abs %0#1 : tensor<2x3xf32>""",
        ),
    )
)
def unused_results_of_branches(op: hlo.If | hlo.Case, rewriter: Rewriter) -> str | None:
    """if, case  =>  the same without results that nobody uses"""
    unused = [place for place, result in enumerate(op.results) if not result.has_uses]
    if not unused or len(unused) == len(op.results):
        return "all results are used, or none"
    narrower = erase_results(op, unused)
    ends = [last for region in narrower.regions if (last := region.block.last_op) is not None]
    for last in ends:
        taken = list(last.operands)
        erase_operands(last, unused)
        rewriter.released(taken, last)
    rewriter.changed(narrower, *ends)
    return None


@rule(
    examples=(
        program(
            "%x: tensor<2x3xf32>",
            """
            %r = "stablehlo.while"(%x) ({
            ^bb0(%c0: tensor<2x3xf32>):
            %f = constant dense<false> : tensor<i1>
            stablehlo.return %f : tensor<i1>
            }, {
            ^bb0(%b0: tensor<2x3xf32>):
            %n = negate %b0 : tensor<2x3xf32>
            stablehlo.return %n : tensor<2x3xf32>
            }) : (tensor<2x3xf32>) -> tensor<2x3xf32>""",
        ),
        program(
            "%x: tensor<2xf32>",
            """
            %1 = "stablehlo.while"(%x) ({
            ^bb0(%c0: tensor<2xf32>):
            %f = constant dense<false> : tensor<i1>
            check.expect_eq_const %f, dense<true> : tensor<i1>
            stablehlo.return %f : tensor<i1>
            }, {
            ^bb0(%b0: tensor<2xf32>):
            stablehlo.return %b0 : tensor<2xf32>
            }) : (tensor<2xf32>) -> tensor<2xf32>
            %r = "stablehlo.while"(%1) ({
            ^bb0(%c0: tensor<2xf32>):
            %f = constant dense<false> : tensor<i1>
            stablehlo.return %f : tensor<i1>
            }, {
            ^bb0(%b0: tensor<2xf32>):
            stablehlo.return %b0 : tensor<2xf32>
            }) : (tensor<2xf32>) -> tensor<2xf32>""",
        ),
    )
)
def while_of_false(op: hlo.While, rewriter: Rewriter) -> str | None:
    """while(false)  =>  its operands"""
    condition = _returned(op.cond)[0]
    if not is_splat(condition, False):
        return "the condition is not the constant false"
    if not all(is_removable(inner) for inner in op.cond.block.ops if inner is not op.cond.block.last_op):
        return "the condition has side effects"
    if [value.type for value in op.operand] != [value.type for value in op.results]:
        return "the results have other types than the operands"
    rewriter.replace(op, *op.operand)
    return None


@rule(
    examples=(
        program(
            "%x: tensor<f32>, %i: tensor<i32>",
            """
            %0:2 = "stablehlo.while"(%x, %i) ({
            ^bb0(%c0: tensor<f32>, %c1: tensor<i32>):
            %l = compare LT, %c1, %i : (tensor<i32>, tensor<i32>) -> tensor<i1>
            stablehlo.return %l : tensor<i1>
            }, {
            ^bb0(%b0: tensor<f32>, %b1: tensor<i32>):
            %n = convert %b0 : (tensor<f32>) -> tensor<i32>
            stablehlo.return %b0, %n : tensor<f32>, tensor<i32>
            }) : (tensor<f32>, tensor<i32>) -> (tensor<f32>, tensor<i32>)
            %r = abs %0#0 : tensor<f32>""",
        ),
    )
)
def unchanged_in_while(op: hlo.While, rewriter: Rewriter) -> str | None:
    """while(x) that gives x on as it is  =>  x itself is used inside and afterwards"""
    last = op.body.block.last_op
    found = False
    for place, (value, given) in enumerate(zip(op.operand, _returned(op.body), strict=True)):
        tested, carried = (region.block.arguments[place] for region in (op.cond, op.body))
        if given is not carried and given is not value:
            continue
        for old in (tested, carried, op.results[place]):
            uses = [use for use in old.uses if (use.user, use.index) != (last, place)]
            if old.type is not value.type or not uses:
                continue
            found = True
            for use in uses:
                use.user.set_operand(use.index, value)
            rewriter.changed(*(use.user for use in uses))
    return None if found else "each value changes, or is not read"


@rule
def unused_barrier(op: hlo.OptimizationBarrier, rewriter: Rewriter) -> str | None:
    """optimization_barrier(x)  =>  nothing, when nobody uses what it gives"""
    if any(result.has_uses for result in op.results):
        return "its results are used"
    rewriter.erase(op)
    return None


RULES: Final[tuple[type[Rule] | Rewrite, ...]] = (
    if_of_constant,
    case_of_constant,
    if_that_selects,
    branches_alike,
    unused_results_of_branches,
    while_of_false,
    unchanged_in_while,
    unused_barrier,
)
