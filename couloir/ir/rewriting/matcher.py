"""Patterns and how they are matched.

The pattern of a rule is recorded by running its function on placeholders: it becomes a small graph of real ops, which prints and
draws like any other. Matching walks that graph and the program side by side.

Operands of commutative ops match in either order. To keep that from exploding, a table first settles, for each part
of the pattern and each value, whether they could match at all when variables are not compared; only what is left is
searched, with a bound on the steps. For a pattern in which no variable occurs twice, the first candidate is then always right, and
matching is linear.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from couloir.ir.attribute import Attribute
from couloir.ir.builder import InsertionPoint, insert_at
from couloir.ir.definition import PATTERN_TYPE
from couloir.ir.errors import Error
from couloir.ir.operation import Block, Operation, OpResult, Value
from couloir.ir.traits import Commutative, Trait

if TYPE_CHECKING:
    from couloir.ir.text.attribute_printer import AttributePrinter

STEP_LIMIT: Final = 10_000


class PatternAttribute(Attribute):
    """A variable of a pattern, in the place of an attribute."""

    variable: str

    def print(self, p: AttributePrinter) -> None:
        p.write(f"?{self.variable}")


class PatternVariable(Value[Any]):
    """A variable of a pattern: any value, or, where an attribute stands, any attribute. `[*xs]` is all values of a
    variadic operand. A variable annotated with a trait, `zero: ConstantLike`, stands for results of ops that have it.
    """

    __slots__ = ("rest", "trait", "variable")
    is_pattern_variable = True

    def __init__(self, variable: str, rest: bool = False, trait: type[Trait] | None = None) -> None:
        super().__init__(PATTERN_TYPE, variable)
        self.variable = variable
        self.rest = rest
        self.trait = trait
        """What the op must have that defines the value; None for any value."""

    def as_attribute(self) -> PatternAttribute:
        """The variable where it stands for an attribute."""
        return PatternAttribute(self.variable)

    def __iter__(self) -> Iterator[PatternVariable]:
        yield PatternVariable(self.variable, rest=True)


@attrs.frozen(eq=False)
class Node:
    """An op of a pattern."""

    op: Operation
    number: int
    operands: tuple[Node | PatternVariable, ...]
    result_index: int = 0
    """Which result of the op the pattern uses here."""
    attributes: tuple[tuple[str, str, Attribute | None], ...] = ()
    """Field name, key, and the attribute that must be there; None for "as its default"."""

    @property
    def commutative(self) -> bool:
        """Whether its operands may be exchanged."""
        return self.op.has_trait(Commutative) and len(self.operands) > 1


@attrs.frozen(eq=False)
class Pattern:
    """The left side of an equation, as a graph. `root` is the op that the rule replaces."""

    root: Node
    nodes: tuple[Node, ...]
    variables: tuple[str, ...]
    block: Block
    has_choices: bool


@attrs.frozen
class Match:
    """How a pattern fits: the variables' values, and the op for each op of the pattern, root last."""

    bindings: dict[str, Any]
    ops: tuple[Operation, ...]


@attrs.frozen
class Miss:
    """Why a pattern does not fit. `depth` counts what did fit before: the larger, the nearer the miss."""

    reason: str
    depth: int = 0
    op: Operation | None = None


def record(function: Callable[..., Any], rule_name: str) -> Pattern:
    """Runs a pattern function on placeholders and returns the graph that it builds."""
    parameters = inspect.signature(function).parameters
    names = tuple(parameters)
    block = Block()
    point = InsertionPoint(block)
    point.symbolic = True
    with insert_at(point):
        returned: Any = function(*(PatternVariable(n, trait=_trait_of(function, p)) for n, p in parameters.items()))
    root_op = returned if isinstance(returned, Operation) else getattr(returned, "defining_op", None)
    if not isinstance(root_op, Operation):
        raise Error(
            f"the pattern of the rule `{rule_name}` returns {returned!r}, not an op", hint="return the outermost op"
        )
    nodes: dict[Operation, Node] = {}
    for number, op in enumerate(block.ops):
        nodes[op] = _node(op, number, nodes)
    used = _reachable(nodes[root_op])
    extra = [op.name for op, node in nodes.items() if node.number not in used]
    if extra:
        raise Error(f"the pattern of the rule `{rule_name}` builds `{extra[0]}`, which the returned op does not use")
    found = {v for node in nodes.values() for v in _variables(node)}
    unused = [name for name in names if name not in found]
    if unused:
        raise Error(f"the pattern of the rule `{rule_name}` does not use its variable `{unused[0]}`")
    return Pattern(nodes[root_op], tuple(nodes.values()), names, block, any(n.commutative for n in nodes.values()))


def _trait_of(function: Callable[..., Any], parameter: inspect.Parameter) -> type[Trait] | None:
    """The trait by which a variable is annotated: `def pattern(x, zero: ConstantLike)`."""
    annotation = parameter.annotation
    if isinstance(annotation, str):
        annotation = inspect.unwrap(function).__globals__.get(annotation)
    return annotation if isinstance(annotation, type) and issubclass(annotation, Trait) else None


def _node(op: Operation, number: int, nodes: dict[Operation, Node]) -> Node:
    operands: list[Node | PatternVariable] = []
    for value in op.operands:
        if isinstance(value, PatternVariable):
            operands.append(value)
        elif isinstance(value, OpResult) and value.owner in nodes:
            operands.append(attrs.evolve(nodes[value.owner], result_index=value.index))
        else:
            raise Error(f"an operand of `{op.name}` in a pattern is neither a variable nor an op of the pattern")
    attributes = tuple((f.name, f.key, op.stored_attributes.get(f.key)) for f in op.definition.attributes)
    return Node(op, number, tuple(operands), 0, attributes)


def _reachable(root: Node) -> set[int]:
    seen: set[int] = set()
    todo = [root]
    while todo:
        node = todo.pop()
        if node.number not in seen:
            seen.add(node.number)
            todo += [o for o in node.operands if isinstance(o, Node)]
    return seen


def _variables(node: Node) -> Iterator[str]:
    for operand in node.operands:
        if isinstance(operand, PatternVariable):
            yield operand.variable
    for _, _, attribute in node.attributes:
        if isinstance(attribute, PatternAttribute):
            yield attribute.variable


class _Search:
    """One attempt to fit a pattern to an op."""

    __slots__ = ("deepest", "feasible_memo", "found", "judge", "pattern", "steps")

    def __init__(self, pattern: Pattern, judge: Callable[[Match], Miss | None]) -> None:
        self.pattern = pattern
        self.judge = judge
        self.found: Match | None = None
        self.steps = 0
        self.deepest = Miss("")
        self.feasible_memo: dict[tuple[int, Operation], bool] = {}

    def miss(self, depth: int, reason: str, op: Operation | None) -> None:
        if depth >= self.deepest.depth or not self.deepest.reason:
            self.deepest = Miss(reason, depth, op)

    # -- the op alone: class, number of operands, attributes -----------------------------------------------------------------

    def fits_alone(self, node: Node, op: Operation, depth: int) -> bool:
        if type(op) is not type(node.op):
            self.miss(depth, f"the pattern wants `{node.op.name}`, here is `{op.name}`", op)
            return False
        rest = any(isinstance(o, PatternVariable) and o.rest for o in node.operands)
        if len(op.operands) != len(node.operands) and not (rest and len(op.operands) >= len(node.operands) - 1):
            self.miss(depth, f"`{op.name}` has {len(op.operands)} operands, in the pattern {len(node.operands)}", op)
            return False
        definition = op.definition
        if definition.needs_segments("operand") and not rest:
            key = "operandSegmentSizes"
            if op.stored_attributes.get(key) is not node.op.stored_attributes.get(key):
                self.miss(depth, f"other operands of `{op.name}` are absent than in the pattern", op)
                return False
        for name, key, wanted in node.attributes:
            if isinstance(wanted, PatternAttribute):
                continue
            stored = op.stored_attributes.get(key, definition.stored.get(key))
            expected = wanted if wanted is not None else definition.stored.get(key)
            if stored is not expected:
                text = "absent" if expected is None else str(expected)
                self.miss(depth, f"`{name}` of `{op.name}` is {stored}, in the pattern {text}", op)
                return False
        return True

    def feasible(self, node: Node, op: Operation, depth: int) -> bool:
        """Whether the op could fit when variables are not compared."""
        key = (node.number, op)
        known = self.feasible_memo.get(key)
        if known is None:
            known = self.fits_alone(node, op, depth) and any(
                all(self.feasible_operand(p, v, depth + 1) for p, v in order) for order in self.orders(node, op)
            )
            self.feasible_memo[key] = known
        return known

    def feasible_operand(self, pattern: Node | PatternVariable, value: Value[Any], depth: int) -> bool:
        if isinstance(pattern, PatternVariable):
            return self.has_trait(pattern, value, depth)
        definer = self.definer(pattern, value, depth)
        return definer is not None and self.feasible(pattern, definer, depth)

    def definer(self, node: Node, value: Value[Any], depth: int) -> Operation | None:
        if not isinstance(value, OpResult):
            self.miss(depth, f"the pattern wants a result of `{node.op.name}`, here is a block argument", None)
            return None
        if value.index != node.result_index:
            self.miss(depth, f"the pattern wants result {node.result_index} of `{node.op.name}`", value.owner)
            return None
        return value.owner

    def has_trait(self, variable: PatternVariable, value: Value[Any], depth: int) -> bool:
        """Whether a value is defined by such an op as the variable wants."""
        if variable.trait is None:
            return True
        op = None if isinstance(value, tuple) else value.defining_op
        if op is not None and op.has_trait(variable.trait):
            return True
        found = "a block argument" if op is None else f"the result of `{op.name}`"
        self.miss(
            depth,
            f"`{variable.variable}` stands for a value of an op with the trait {variable.trait.__name__}, here is {found}",
            op,
        )
        return False

    def orders(self, node: Node, op: Operation) -> Iterator[list[tuple[Node | PatternVariable, Value[Any]]]]:
        """The ways to pair the operands of the pattern with those of the op."""
        values = list(op.operands)
        if not node.commutative or len(values) != len(node.operands):
            yield list(self.pair(node, values))
            return
        # One pattern operand takes each value in turn; for the usual two operands these are the two orders.
        indices = list(range(len(values)))
        yield list(zip(node.operands, values, strict=True))
        if len(values) == 2:
            if values[0] is not values[1]:
                yield list(zip(node.operands, values[::-1], strict=True))
            return
        for order in itertools.islice(itertools.permutations(indices), 1, STEP_LIMIT):
            yield [(node.operands[i], values[j]) for i, j in enumerate(order)]

    def pair(self, node: Node, values: Sequence[Value[Any]]) -> Iterator[tuple[Node | PatternVariable, Any]]:
        spare = len(values) - len(node.operands) + 1
        position = 0
        for operand in node.operands:
            if isinstance(operand, PatternVariable) and operand.rest:
                yield operand, tuple(values[position : position + spare])
                position += spare
            else:
                yield operand, values[position]
                position += 1

    # -- the whole pattern ---------------------------------------------------------------------------------------------------

    def run(self, op: Operation) -> Match | Miss:
        if self.pattern.has_choices and not self.feasible(self.pattern.root, op, 0):
            return self.deepest
        self.solve([(self.pattern.root, op)], {}, {})
        return self.deepest if self.found is None else self.found

    def finish(self, bound: dict[str, Any], matched: dict[int, Operation]) -> bool:
        """Whether this way to fit the whole pattern is also wanted."""
        found = Match(bound, tuple(matched[number] for number in sorted(matched)))
        missed = self.judge(found)
        if missed is None:
            self.found = found
        elif missed.depth > self.deepest.depth or not self.deepest.reason:
            self.deepest = missed
        return missed is None

    def solve(self, goals: list[tuple[Any, Any]], bound: dict[str, Any], matched: dict[int, Operation]) -> bool:
        while goals:
            self.steps += 1
            if self.steps > STEP_LIMIT:
                self.miss(10**9, f"gave up after {STEP_LIMIT} steps: too many orders of commutative operands", None)
                return False
            pattern, value = goals.pop()
            if isinstance(pattern, PatternVariable):
                if not self.has_trait(pattern, value, len(matched)) or not self.bind(
                    pattern.variable, value, bound, len(matched)
                ):
                    return False
                continue
            op = value if isinstance(value, Operation) else self.definer(pattern, value, len(matched))
            if op is None:
                return False
            if pattern.number in matched:
                if matched[pattern.number] is not op:
                    self.miss(len(matched), f"two places that the pattern wants to be one `{op.name}` are two", op)
                    return False
                continue
            if not self.fits_alone(pattern, op, len(matched)) or not self.bind_attributes(
                pattern, op, bound, len(matched)
            ):
                return False
            matched[pattern.number] = op
            orders = list(self.orders(pattern, op))
            if len(orders) > 1:
                orders = [o for o in orders if all(self.feasible_operand(p, v, len(matched)) for p, v in o)]
            for order in orders[:-1]:
                trial_bound, trial_matched = dict(bound), dict(matched)
                if self.solve([*goals, *reversed(order)], trial_bound, trial_matched):
                    return True
            if not orders:
                return False
            goals.extend(reversed(orders[-1]))
        return self.finish(bound, matched)

    def bind(self, name: str, value: Any, bound: dict[str, Any], depth: int) -> bool:
        known = bound.setdefault(name, value)
        if known is not value and not (isinstance(value, tuple) and known == value):
            self.miss(depth, f"`{name}` stands for two different values", None)
            return False
        return True

    def bind_attributes(self, node: Node, op: Operation, bound: dict[str, Any], depth: int) -> bool:
        for name, _, wanted in node.attributes:
            if isinstance(wanted, PatternAttribute):
                value = getattr(op, name)
                known = bound.setdefault(wanted.variable, value)
                if known is not value and known != value:
                    self.miss(depth, f"`{wanted.variable}` stands for two different attributes", op)
                    return False
        return True


def match(
    pattern: Pattern,
    op: Operation,
    *,
    allow_shared: bool = False,
    accept: Callable[[Match], Miss | None] | None = None,
) -> Match | Miss:
    """Fits a pattern to `op` and the ops that feed it.

    Inner results that are used outside the match stop it unless `allow_shared`. `accept` has the last word on each way in
    which the pattern fits: where it returns a `Miss`, the next order of commutative operands is tried.
    """

    def judge(found: Match) -> Miss | None:
        shared = None if allow_shared or len(found.ops) == 1 else shared_outside(found.ops)
        return shared if shared is not None or accept is None else accept(found)

    return _Search(pattern, judge).run(op)


def shared_outside(ops: Sequence[Operation]) -> Miss | None:
    """The inner op of a match, root last, with a user outside the match, if there is one."""
    inside = set(ops)
    for inner in ops[:-1]:
        for result in inner.results:
            for user in result.users:
                if user not in inside:
                    reason = f"the result of the inner `{inner.name}` is also used by `{user.name}`"
                    return Miss(reason, len(ops), inner)
    return None
