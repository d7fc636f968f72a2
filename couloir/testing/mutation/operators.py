"""Systematic ways to break a rule: each finds places in a definition, and says what to write there instead.

A condition has a side: one that must hold for the rule to fire may be dropped or weakened, one that stops it the other way round.
What would only make a rule fire less often is not written: that is no fault.
"""

from __future__ import annotations

import ast
import copy
import enum
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeAlias

import attrs

from couloir.ir.operation import Operation
from couloir.ir.traits import Commutative
from couloir.testing.mutation.sources import PythonFunction, Source

Sides: TypeAlias = "dict[ast.AST, int]"
"""1 for a condition that must hold for the rule to fire, -1 for one that must not."""

OPERATIONS: Final = (
    ("Add", "Subtract"), ("Multiply", "Divide"), ("Maximum", "Minimum"), ("And", "Or"), ("Floor", "Ceil"),
    ("RoundNearestEven", "RoundNearestAfz"), ("ShiftRightArithmetic", "ShiftRightLogical"), ("Real", "Imag"),
    ("AddI", "SubI"), ("AddF", "SubF"), ("MulF", "DivF"), ("AndI", "OrI"), ("DivSI", "DivUI"), ("RemSI", "RemUI"),
    ("MaxSI", "MinSI"), ("MaxUI", "MinUI"), ("MaxSI", "MaxUI"), ("ExtSI", "ExtUI"), ("ShRSI", "ShRUI"),
    ("Cosine", "Sine"), ("Convert", "BitcastConvert"),
)  # fmt: skip
"""Ops that are taken for each other."""
_ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_FLIPPED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
_FUNCTIONS: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_STRICT: Final = (ast.Lt, ast.Gt)
_LOOSE: Final = (ast.LtE, ast.GtE)
_TYPE_TESTS: Final = ("isinstance", "issubclass", "cast", "has_trait")
_SYMMETRIC: Final = ("same_shape", "same_type")
"""Guards that say the same of their arguments in another order."""


@attrs.frozen(eq=False)
class Change:
    """One place in a definition, and what stands there instead; None for nothing.

    Attributes:
        kind: What is broken: "guard dropped".
        place: The expression or statement.
        instead: What takes its place.
    """

    kind: str
    place: ast.AST
    instead: ast.AST | None

    def applied(self, tree: ast.FunctionDef) -> ast.FunctionDef:
        """A copy of the definition with the change."""
        memo: dict[int, Any] = {}
        made = copy.deepcopy(tree, memo)
        place = memo[id(self.place)]
        new = ast.copy_location(ast.Pass() if self.instead is None else copy.deepcopy(self.instead), place)
        _Exchange(place, new).visit(made)
        return ast.fix_missing_locations(made)


class _Exchange(ast.NodeTransformer):
    def __init__(self, place: ast.AST, new: ast.AST) -> None:
        self.place, self.new = place, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.place else self.generic_visit(node)


def changes(source: Source, role: str, side: int = 0) -> Iterator[Change]:
    """All ways to break a function.

    Args:
        source: The function.
        role: "pattern", "where", "rewrite", "function" (a rule as such) or "helper".
        side: Of what a helper returns: 1 if it must be true for the rule to fire, -1 if false.
    """
    sides = sides_of(source, role, side)
    terms = {node.right for node in places(source.tree) if isinstance(node, ast.BinOp)}
    skipped = _stricter(sides) | _firsts(source.tree)
    for node in places(source.tree):
        known = sides.get(node, 0)
        yield from _dropped(node, known)
        yield from _stops(node)
        if isinstance(node, ast.Compare):
            yield from _comparisons(node, known)
        elif isinstance(node, ast.BinOp):
            yield from _arithmetic(node)
        elif isinstance(node, ast.Constant | ast.UnaryOp):
            yield from _numbers(node, sides, node in terms, skipped.get(node, 0))
        elif isinstance(node, ast.Subscript):
            yield from _indices(node)
        elif isinstance(node, ast.Call):
            yield from _calls(node, source)
        elif isinstance(node, ast.GeneratorExp | ast.ListComp):
            yield from _permutations(node)
        elif isinstance(node, ast.Attribute) and role != "pattern":  # x / 1 => x is as true as x * 1 => x
            yield from _members(node, source)


# -- what is looked at -------------------------------------------------------------------------------------------------------


def places(tree: ast.FunctionDef) -> Iterator[ast.AST]:
    """The nodes of a definition that mean something, outer ones first: no annotations, no texts, no reasons of guards."""
    todo: list[ast.AST] = list(reversed(tree.body))
    while todo:
        node = todo.pop()
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        yield node
        children = list(ast.iter_child_nodes(node))
        if isinstance(node, ast.AnnAssign):
            children = [node.target, *([] if node.value is None else [node.value])]
        elif isinstance(node, ast.Call):
            name = _called(node)
            arguments = list(node.args)
            if name in ("guard", "Guard", "NoMatch", "Miss"):
                arguments = arguments[: 1 if name in ("guard", "Guard") else 0]
            elif name == "cast":
                arguments = arguments[1:]
            keywords = [item.value for item in node.keywords if item.arg not in ("strict", "supported", "key")]
            children = [node.func, *arguments, *keywords]
        elif isinstance(node, ast.FunctionDef):
            children = list(node.body)
        todo += reversed([child for child in children if not isinstance(child, ast.expr_context)])


def _called(node: ast.Call) -> str:
    function = node.func
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def sides_of(source: Source, role: str, side: int = 0) -> Sides:
    """The conditions of a function, each with its side."""
    found: Sides = {}
    returns = {"where": 1, "helper": side}.get(role, 0)
    for node in places(source.tree):
        if isinstance(node, ast.Return) and node.value is not None and returns:
            _spread(node.value, returns, found)
        if isinstance(node, ast.If):
            if _is_stop(node.body):
                answer = _answer(node.body[-1])
                if returns == -1 and answer is False:
                    _spread(node.test, 1, found)
                elif not (returns == 0 and role == "helper"):
                    _spread(node.test, -1 if answer is not True or returns == -1 else returns, found)
            elif _acts(node.body) and not node.orelse:
                _spread(node.test, 1, found)
    return found


def _is_stop(body: Sequence[ast.stmt]) -> bool:
    """Whether statements say no more than that the rule does not apply: a reason, nothing, False, or NoMatch."""
    if len(body) != 1:
        return False
    last = body[0]
    if isinstance(last, ast.Raise):
        return True
    if not isinstance(last, ast.Return):
        return False
    value = last.value
    return (
        value is None
        or isinstance(value, ast.JoinedStr | ast.Constant)
        or (isinstance(value, ast.Attribute) and value.attr == "reason")
        or (isinstance(value, ast.Call) and _called(value) in ("guard", "Guard"))
    )


def _answer(statement: ast.stmt) -> bool | None:
    value = statement.value if isinstance(statement, ast.Return) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, bool) else None


def _acts(body: Sequence[ast.stmt]) -> bool:
    calls = [node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return any(ast.unparse(call.func).startswith("rewriter.") for call in calls)


def _spread(node: ast.expr, side: int, found: Sides) -> None:
    todo: list[tuple[ast.expr, int]] = [(node, side)]
    while todo:
        here, known = todo.pop()
        found[here] = known
        match here:
            case ast.BoolOp(values=values):
                todo += [(value, known) for value in values]
            case ast.BinOp(left=left, op=ast.BitAnd() | ast.BitOr(), right=right):
                todo += [(left, known), (right, known)]
            case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
                todo.append((operand, -known))
            case ast.IfExp(body=body, orelse=orelse):
                todo += [(body, known), (orelse, known)]
            case ast.NamedExpr(value=value):
                todo.append((value, known))
            case ast.Call() if here.args and _called(here) in ("guard", "Guard", "bool", "all", "any"):
                todo.append((here.args[0], known))
            case ast.GeneratorExp(elt=element) | ast.ListComp(elt=element):
                todo.append((element, known))
            case _:
                pass


# -- guards ------------------------------------------------------------------------------------------------------------------


def _dropped(node: ast.AST, side: int) -> Iterator[Change]:
    """One part of a condition less."""
    if not side:
        return
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And if side > 0 else ast.Or):
        for number in range(len(node.values)):
            rest = [part for place, part in enumerate(node.values) if place != number]
            yield Change("guard dropped", node, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd if side > 0 else ast.BitOr):
        yield Change("guard dropped", node, node.right)
        yield Change("guard dropped", node, node.left)


def _stops(node: ast.AST) -> Iterator[Change]:
    """`if ...: return "no"` less."""
    if isinstance(node, ast.If) and _is_stop(node.body):
        if not node.orelse:
            yield Change("guard dropped", node, None)
        else:
            yield Change("guard dropped", node.test, ast.Constant(False))


def _comparisons(node: ast.Compare, side: int) -> Iterator[Change]:
    for number, operator in enumerate(node.ops):
        new = _FLIPPED[type(operator)]
        strengthens = isinstance(operator, _LOOSE) if side > 0 else isinstance(operator, _STRICT) if side < 0 else False
        if strengthens:
            continue
        operators = [new() if place == number else old for place, old in enumerate(node.ops)]
        yield Change("comparison", node, ast.Compare(node.left, operators, node.comparators))


# -- numbers -----------------------------------------------------------------------------------------------------------------


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr | ast.Tuple | ast.List) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _arithmetic(node: ast.BinOp) -> Iterator[Change]:
    new = _ARITHMETIC.get(type(node.op))
    if new is None or _is_text(node.left) or _is_text(node.right):
        return
    yield Change("arithmetic", node, ast.BinOp(node.left, new(), node.right))
    if isinstance(node.op, ast.Sub | ast.FloorDiv | ast.Mod):
        yield Change("operands exchanged", node, ast.BinOp(node.right, node.op, node.left))
    yield Change("term forgotten", node, node.left)
    if isinstance(node.op, ast.Add | ast.Mult):
        yield Change("term forgotten", node, node.right)


def _stricter(sides: Sides) -> dict[ast.AST, int]:
    """Bounds in conditions, each with the step that makes a rule fire less often: 1 for the 2 of `rank > 2`."""
    found: dict[ast.AST, int] = {}
    for node, side in sides.items():
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (*_STRICT, *_LOOSE)):
            found[node.comparators[0]] = side if isinstance(node.ops[0], ast.Gt | ast.GtE) else -side
    return found


def _firsts(tree: ast.FunctionDef) -> dict[ast.AST, int]:
    """The 0 of `x[0]`, with the step to `x[-1]`, which is the same of one item, and of two what `x[1]` is."""
    subscripts = [node for node in places(tree) if isinstance(node, ast.Subscript)]
    return {node.slice: -1 for node in subscripts if isinstance(node.slice, ast.Constant) and node.slice.value == 0}


def _numbers(node: ast.AST, sides: Sides, is_term: bool, skipped: int) -> Iterator[Change]:
    """Numbers off by one, but not by the step `skipped`; zeros of the other sign, flags the other way."""
    minus = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant)
    held: Any = node.operand.value if minus else getattr(node, "value", None)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    if not (minus or isinstance(node, ast.Constant)) or not isinstance(held, int | float):
        return
    if isinstance(held, bool):
        if node not in sides:
            yield Change("constant", node, ast.Constant(not held))
        return
    number: Any = -held if minus else held
    if isinstance(number, float):
        yield Change("constant", node, _number(-number))
    for step in (1, -1):
        if step == skipped or (is_term and number + step == 0):  # "term forgotten" says the latter
            continue
        yield Change("off by one", node, _number(number + step))


def _number(value: float) -> ast.expr:
    negative = str(value).startswith("-")
    constant = ast.Constant(abs(value))
    return ast.UnaryOp(ast.USub(), constant) if negative else constant


# -- axes --------------------------------------------------------------------------------------------------------------------


def _is_fixed(node: ast.expr | None) -> bool:
    return node is None or isinstance(node, ast.Constant | ast.UnaryOp | ast.Tuple)


def _less(node: ast.expr, step: int = 1) -> ast.expr:
    return ast.BinOp(node, ast.Sub(), ast.Constant(step))


def _indices(node: ast.Subscript) -> Iterator[Change]:
    """`p[axis]` as `p[axis - 1]`; a bound of `p[a:b]` off by one."""
    index = node.slice
    if isinstance(index, ast.Slice):
        for name in ("lower", "upper"):
            bound: Any = getattr(index, name)
            if not _is_fixed(bound):
                moved = ast.Slice(index.lower, index.upper, index.step)
                setattr(moved, name, _less(bound))
                yield Change("axis", node, ast.Subscript(node.value, moved, node.ctx))
    elif not _is_fixed(index) and isinstance(node.ctx, ast.Load):
        yield Change("axis", node, ast.Subscript(node.value, _less(index), node.ctx))


def _permutations(node: ast.GeneratorExp | ast.ListComp) -> Iterator[Change]:
    """`p[axis] for axis in q` as `q[axis] for axis in p`."""
    first = node.generators[0]
    element = node.elt
    if (
        isinstance(element, ast.Subscript)
        and isinstance(element.slice, ast.Name)
        and isinstance(first.target, ast.Name)
        and element.slice.id == first.target.id
        and isinstance(element.value, ast.Name | ast.Attribute)
        and isinstance(first.iter, ast.Name | ast.Attribute)
    ):
        turned = ast.comprehension(first.target, element.value, first.ifs, first.is_async)
        inside = ast.Subscript(first.iter, element.slice, element.ctx)
        yield Change("axis", node, type(node)(inside, [turned, *node.generators[1:]]))


# -- calls -------------------------------------------------------------------------------------------------------------------


def _calls(node: ast.Call, source: Source) -> Iterator[Change]:
    name = _called(node)
    if isinstance(node.func, ast.Name) and name in _FUNCTIONS:
        yield Change("arithmetic", node.func, ast.Name(_FUNCTIONS[name], ast.Load()))
    if isinstance(node.func, ast.Name) and name in ("sorted", "reversed") and len(node.args) == 1 and not node.keywords:
        yield Change("axis", node, node.args[0])
    if isinstance(node.func, ast.Name) and name == "range" and not _is_fixed(node.args[-1]):
        yield Change("off by one", node, ast.Call(node.func, [*node.args[:-1], _less(node.args[-1])], []))
    cls = source.name_of(node.func)
    if isinstance(cls, type) and issubclass(cls, Operation):
        yield from _constructors(node, cls)
    elif isinstance(cls, PythonFunction) and name not in (*_TYPE_TESTS, *_SYMMETRIC):
        named = cls.__code__.co_argcount  # those of `*args` are as good in another order
        yield from _exchanged(node, range(min(len(node.args) - 1, named)), both_names=True)


def _constructors(node: ast.Call, cls: type[Operation]) -> Iterator[Change]:
    """The op left out, and operands or attributes exchanged."""
    operands = len(cls.definition.operands)
    if operands and node.args and isinstance(node.args[0], ast.Name | ast.Call | ast.Attribute):
        yield Change("op forgotten", node, node.args[0])
    places = [place for place in range(len(node.args) - 1) if (place < operands) == (place + 1 < operands)]
    if Commutative in cls.traits:
        places = [place for place in places if place >= operands]
    yield from _exchanged(node, places)


def _exchanged(node: ast.Call, places: Sequence[int], *, both_names: bool = False) -> Iterator[Change]:
    """A call with two neighbouring arguments exchanged."""
    for place in places:
        a, b = node.args[place : place + 2]
        if isinstance(a, ast.Starred) or isinstance(b, ast.Starred) or ast.dump(a) == ast.dump(b):
            continue
        if both_names and not (isinstance(a, ast.Name) and isinstance(b, ast.Name)):
            continue
        arguments = [*node.args[:place], b, a, *node.args[place + 2 :]]
        yield Change("operands exchanged", node, ast.Call(node.func, arguments, node.keywords))


def _members(node: ast.Attribute, source: Source) -> Iterator[Change]:
    """The next member of an enum; another op."""
    holder = source.name_of(node.value)
    if isinstance(holder, enum.EnumMeta) and node.attr in holder.__members__:
        names = list(holder.__members__)
        following = names[(names.index(node.attr) + 1) % len(names)]
        if following != node.attr:
            yield Change("enum member", node, ast.Attribute(node.value, following, node.ctx))
        return
    found = source.name_of(node)
    if isinstance(found, type) and issubclass(found, Operation):
        for pair in OPERATIONS:
            if node.attr in pair:
                other = pair[1 - pair.index(node.attr)]
                if hasattr(holder, other):
                    yield Change("operation", node, ast.Attribute(node.value, other, node.ctx))
