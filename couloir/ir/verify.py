"""The verifier: types, counts, attributes, relations, traits, terminators, symbols, and that every value is defined
where it is used.

`verify(op)` raises one error with every fault found. Time is linear in the size of the module, whatever its nesting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from couloir.ir.analysis.dominance import ancestor_in, dominated_blocks
from couloir.ir.attribute import Attribute, Type
from couloir.ir.codecs import SYMBOL, SYMBOL_NAME
from couloir.ir.constraints import Infers, compatible
from couloir.ir.definition import can_infer, field_faults, infer
from couloir.ir.errors import Error, VerifyError, nearest
from couloir.ir.operation import BlockArgument, OpResult, collector_paused
from couloir.ir.quick_check import CHECKS, knows_use, own_messages, quick_check
from couloir.ir.symbols import references, symbol_name, symbols_in, symbols_kept
from couloir.ir.text.printer import operation_text
from couloir.ir.traits import GraphRegion, IsolatedFromAbove, IsTerminator, NoTerminator, SymbolTable

if TYPE_CHECKING:
    from couloir.ir.attributes import SymbolRefAttr
    from couloir.ir.operation import Block, Operation, Region, Value

MAX_FAULTS: Final = 100


def verify(op: Operation) -> None:
    """Raises `VerifyError` with every fault of `op` and of everything inside it."""
    found = faults(op)
    if found:
        raise VerifyError(found)


def faults(op: Operation, *, limit: int = MAX_FAULTS) -> list[Error]:
    """Every fault of `op` and of everything inside it, at most `limit`; empty when it is well formed."""
    with collector_paused(), symbols_kept():  # what the verifier makes, it keeps until it ends
        return _Verifier(limit).run(op)


class _TooMany(Exception):
    pass


#: What an op's own check runs into when it looks at another op that is not well formed.
_STUMBLES: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


#: Work that is still to do: a block to enter with its children in the dominator tree, ops to go on with, results to define,
#: a block whose values go out of sight, or the set of visible values to go back to.
_Task: TypeAlias = "tuple[str, Any, Any]"


class _Verifier:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.found: list[Error] = []
        self.visible: set[Value[Any]] = set()
        self.tables: dict[Operation, dict[str, Operation]] = {}
        self.stumbles: list[Exception] = []
        """What the checks of ops ran into; a fault of another op explains it, otherwise the check is wrong."""

    def run(self, root: Operation) -> list[Error]:
        try:
            if root.parent is None:
                self.visible.update(root.operands)
            else:  # part of a larger module: what it uses from outside is not looked at here
                inside = set(root.walk())
                self.visible.update(v for op in inside for v in op.operands if not _defined_by(v, inside))
            self._check(root)
            todo: list[_Task] = []
            self._enter_regions(root, todo)
            while todo:
                self._step(todo)
        except _TooMany:
            pass
        if self.stumbles and not self.found:
            raise self.stumbles[0]
        return self.found

    def fault(self, op: Operation, message: str, hint: str | None = None, notes: list[str] | None = None) -> None:
        self.found.append(
            Error(message, where=op.location.label or None, excerpt=_excerpt(op), hint=hint, notes=notes or ())
        )
        if len(self.found) >= self.limit:
            raise _TooMany

    # -- going through the module ------------------------------------------------------------------------------------------

    def _step(self, todo: list[_Task]) -> None:
        kind, item, extra = todo.pop()
        if kind == "ops":
            self._check_ops(item, todo)
        elif kind == "everything":
            for block in item.blocks:
                self.visible.update(block.arguments)
                for op in block.ops:
                    self.visible.update(op.results)
        elif kind == "enter":
            tree, forgets = extra
            self.visible.update(item.arguments)
            if forgets:
                todo.append(("leave", item, None))
            # The first child is the last one to be entered: after it nothing follows that its values could be mistaken in.
            children = enumerate(tree.get(item, ()))
            todo += [("enter", child, (tree, forgets or number > 0)) for number, child in children]
            todo.append(("ops", item.first_op, None))
        elif kind == "results":
            self.visible.update(item.results)
        elif kind == "leave":
            self._forget(item)
        else:
            self.visible = item

    def _check_ops(self, op: Operation | None, todo: list[_Task]) -> None:
        """Checks an op and those after it, up to one with regions, which are entered first."""
        visible = self.visible
        while op is not None:
            following = op.next_op
            try:
                sound = (CHECKS.get(type(op)) or quick_check(type(op)))(op, visible)
            except _STUMBLES:
                sound = False
            if not sound:
                self._check(op)
                for index, value in enumerate(op.operands):
                    if value not in visible:
                        self.fault(op, *self._why_invisible(op, index, value))
                if op.regions:
                    todo.append(("ops", following, None))
                    todo.append(("results", op, None))
                    self._enter_regions(op, todo)
                    return
                visible.update(op.results)
            op = following

    def _forget(self, block: Block) -> None:
        self.visible.difference_update(block.arguments)
        for op in block.ops:
            self.visible.difference_update(op.results)

    def _enter_regions(self, op: Operation, todo: list[_Task]) -> None:
        if not op.regions:
            return
        isolated = op.has_trait(IsolatedFromAbove)
        if isolated:
            todo.append(("restore", self.visible, None))
            self.visible = set()
        graph = op.has_trait(GraphRegion)
        for region in reversed(op.regions):
            self._check_region(op, region)
            if region.first_block is None:
                continue
            if graph:  # the order does not matter: everything is visible from the start
                self._step([("everything", region, None)])
            forgets = not isolated or len(op.regions) > 1  # else all that is visible inside goes at once
            if region.first_block is region.last_block:
                todo.append(("enter", region.first_block, ({}, forgets)))
                continue
            tree = dominated_blocks(region)
            unreachable = [block for block in region.blocks if block not in tree]
            if unreachable:  # control never gets there, so every value of the region counts as defined
                todo += [("leave", block, None) for block in region.blocks]
                todo += [("ops", block.first_op, None) for block in unreachable]
                todo.append(("everything", region, None))
            todo.append(("enter", region.first_block, (tree, forgets or bool(unreachable))))

    # -- one op --------------------------------------------------------------------------------------------------------------

    def _check(self, op: Operation) -> None:
        """Notes the faults of one op, apart from those inside it."""
        try:
            self._look_closely(op)
        except _STUMBLES as error:
            self.stumbles.append(error)

    def _look_closely(self, op: Operation) -> None:
        for index, value in enumerate(op.operands):
            if not knows_use(value, op, index):
                self.fault(op, f"operand {index} does not know this use", hint="change operands by `set_operand` only")
        for result in op.results:
            self._check_uses(op, result)
        for region in op.regions:
            for block in region.blocks:
                for argument in block.arguments:
                    self._check_uses(op, argument)
        if op.successors and op.next_op is not None:
            self.fault(op, f"`{op.name}` has successors, so it must be the last op of its block")
        for number, successor in enumerate(op.successors):
            if successor.parent is None or successor.parent is not op.parent_region:
                self.fault(op, f"successor {number} of `{op.name}` is not a block of the same region")
            elif successor.is_entry:
                self.fault(op, f"successor {number} of `{op.name}` is the entry block of its region")
        declared = {field.key for field in op.definition.attributes} if op.is_registered else ()
        for key, stored in op.stored_attributes.items():
            if key not in declared and not isinstance(stored, Attribute):  # pyright: ignore[reportUnnecessaryIsInstance] -- a pass put it there
                self.fault(op, f"`{key}` of `{op.name}` is Python's `{type(stored).__name__}`, not an attribute")
        if not op.is_registered:
            return
        broken = False
        for message in field_faults(op):
            broken = True
            self.fault(op, message)
        if broken:  # further checks read the fields
            return
        for relation in op.definition.relations:
            message = relation.check(op)
            if message:
                self.fault(op, f"`{op.name}`: {message}")
                broken = True
                break  # later relations may rely on this one
        if not broken and can_infer(type(op)) and op.results:
            self._check_inferred(op)
        for trait in op.traits:
            for message in trait.verify(op):
                self.fault(op, f"`{op.name}`: {message}")
        own = getattr(op, "verify", None)
        if own is not None and not broken:
            for message in own_messages(own):
                self.fault(op, f"`{op.name}`: {message}")
        self._check_symbols(op)

    def _check_uses(self, op: Operation, value: Value[Any]) -> None:
        for user, index in value.uses:
            if index >= len(user.operands) or user.operands[index] is not value:
                self.fault(op, f"{value!r} counts operand {index} of `{user.name}` as a use, but it is another value")

    def _check_inferred(self, op: Operation) -> None:
        try:
            inferred: list[Any] = list(infer(op))  # what an op's own `infer` returns is not to be relied on
        except Error as error:
            self.fault(op, f"`{op.name}`: {error.message}", hint=error.hint)
            return
        mark = "".join(f" ({r.id})" for r in op.definition.relations if isinstance(r, Infers))
        if len(inferred) != len(op.results):
            self.fault(op, f"`{op.name}` has {len(inferred)} results by its operands, not {len(op.results)}{mark}")
            return
        for number, (type, result) in enumerate(zip(inferred, op.results, strict=True)):
            if not isinstance(type, Type) or not compatible(type, result.type):
                told = f"result {number} of `{op.name}` is `{type}` by its operands, not `{result.type}`"
                self.fault(op, told + mark)

    def _check_region(self, op: Operation, region: Region) -> None:
        if region.parent is not op:
            self.fault(op, "one of its regions belongs to another op")
        one_block = region.first_block is region.last_block
        if one_block and (not op.is_registered or op.has_trait(NoTerminator)):
            return
        for number, block in enumerate(region.blocks):
            last = block.last_op
            if last is None:
                self.fault(op, f"block {number} in `{op.name}` is empty: it needs a terminator")
            elif last.is_registered and not last.has_trait(IsTerminator):
                self.fault(last, f"block {number} in `{op.name}` ends with `{last.name}`, which is no terminator")

    def _check_symbols(self, op: Operation) -> None:
        if op.has_trait(SymbolTable):
            seen: dict[str, Operation] = {}
            for region in op.regions:
                for inner in region.ops:
                    name = symbol_name(inner)
                    if name is not None and seen.setdefault(name, inner) is not inner:
                        first = seen[name].location.label
                        self.fault(
                            inner, f"the symbol @{name} is defined twice", notes=[f"first at {first}"] if first else []
                        )
        for field in op.definition.attributes:
            if field.codec not in (SYMBOL, SYMBOL_NAME) or field.key not in op.attributes:
                continue
            for reference in references(op.attributes[field.key]):
                tables = self._symbol_tables(op)
                holder = next((table for table in tables if reference.root in table), None)
                if holder is None and tables:
                    known = [name for table in tables for name in table]
                    self.fault(op, f"there is no symbol @{reference.root}", hint=nearest(reference.root, known))
                elif holder is not None:
                    self._check_nested(op, holder[reference.root], reference)

    def _check_nested(self, op: Operation, found: Operation, reference: SymbolRefAttr) -> None:
        path = f"@{reference.root}"
        for part in reference.nested:
            if not found.has_trait(SymbolTable):
                self.fault(op, f"{path} is no symbol table, so it holds no @{part}")
                return
            table = self._table(found)
            if part not in table:
                self.fault(op, f"there is no symbol @{part} in {path}", hint=nearest(part, list(table)))
                return
            found = table[part]
            path += f"::@{part}"

    def _symbol_tables(self, op: Operation) -> list[dict[str, Operation]]:
        """The symbols of each table around `op`, nearest first; empty when there is no table and nothing can be said."""
        found: list[dict[str, Operation]] = []
        for table in (op, *op.ancestors()):
            if table.has_trait(SymbolTable):
                found.append(self._table(table))
        return found

    def _table(self, op: Operation) -> dict[str, Operation]:
        if op not in self.tables:
            self.tables[op] = symbols_in(op)
        return self.tables[op]

    # -- why a value cannot be used ------------------------------------------------------------------------------------------

    def _why_invisible(self, op: Operation, index: int, value: Value[Any]) -> tuple[str, str | None]:
        subject = f"operand {index} of `{op.name}`"
        if not isinstance(value, OpResult | BlockArgument):
            return f"{subject} is a bare value that nothing defines", None
        home = value.parent_block
        definer = value.owner if isinstance(value, OpResult) else None
        label = f"the result of `{definer.name}`" if definer is not None else "a block argument"
        if home is None or home.parent is None:
            return f"{subject} is {label} that stands in no block: it was erased or never inserted", None
        for around in (op, *op.ancestors()):
            if around.parent_region is home.parent:
                break
            parent = around.parent_op
            if parent is not None and parent.has_trait(IsolatedFromAbove):
                return (
                    f"{subject} is {label} from outside `{parent.name}`, which is isolated from above",
                    "pass it in as an argument",
                )
        if ancestor_in(op, home.parent) is None:
            return f"{subject} is {label} of a region that does not enclose this op", None
        inside = ancestor_in(op, home.parent)
        assert inside is not None
        if inside.parent is home:
            return f"{subject} is {label}, which is defined only later in the block", "move the definition up"
        where = "block argument" if isinstance(value, BlockArgument) else "op"
        return f"{subject} is {label}, but not every path to this op comes by the {where} that defines it", None


def _defined_by(value: Value[Any], ops: set[Operation]) -> bool:
    """Whether a value is a result of one of these ops, or an argument of one of their blocks."""
    if isinstance(value, OpResult):
        return value.owner in ops
    return isinstance(value, BlockArgument) and value.owner.parent_op in ops


def _excerpt(op: Operation) -> str:
    """The first line of the op's text."""
    if op.regions:
        types = ", ".join(str(r.type) for r in op.results)
        return f"{op.name} {{...}}" + (f" -> {types}" if types else "")
    line = operation_text(op).strip().split("\n")[0]
    return line if len(line) <= 200 else line[:197] + "..."
