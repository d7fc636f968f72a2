"""An order of the ops of each block that depends on what they compute, not on where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from couloir.ir.analysis.effects import Effect, own_effects
from couloir.ir.analysis.orders import topological_order
from couloir.ir.attributes import ArrayAttr, DictionaryAttr, SymbolRefAttr
from couloir.ir.traits import Commutative, GraphRegion, IsTerminator

if TYPE_CHECKING:
    from couloir.ir.attribute import Attribute
    from couloir.ir.operation import Block, Operation, Value


class CanonicalOrder:
    """Sorts the ops in every block inside `root`, so that programs that differ only in a legal order of ops give the
    same lists.

    Ops without effects are sorted by what they compute; ops with effects stay in their order, and reads of memory
    between the same ones. Each op still comes after those that define its operands.
    """

    def __init__(self, root: Operation, *, commutative: bool = False, symbol_names: bool = True) -> None:
        self.commutative = commutative
        self.symbol_names = symbol_names
        self._values: dict[Value[Any], int] = {}
        self._keys: dict[Operation, int] = {}
        self._effects: dict[Operation, Effect] = {}
        self._orders: dict[Block, list[Operation]] = {}
        self._find_effects(root)
        self._find_keys(root)

    def ops(self, block: Block) -> list[Operation]:
        """The ops of a block, sorted."""
        if block not in self._orders:
            self._orders[block] = self._sorted(block)
        return self._orders[block]

    def key(self, value: Value[Any]) -> int | None:
        """A number that is equal for values that are computed in the same way; None for values from outside."""
        return self._values.get(value)

    def _find_effects(self, root: Operation) -> None:
        for op in root.walk_postorder():
            self._effects[op] = self._effects.get(op, Effect.NONE) | own_effects(op)
            around = op.parent_op
            if around is not None and op is not root:
                self._effects[around] = self._effects.get(around, Effect.NONE) | self._effects[op]

    def _find_keys(self, root: Operation) -> None:
        """A number for each op that is equal for ops that compute the same; those of regions before that of their op."""
        inside: dict[Operation, list[int]] = {}
        phases: dict[Block | None, int] = {}
        todo: list[tuple[Operation, bool]] = [(root, False)]
        while todo:
            op, done = todo.pop()
            if not done and op.regions:
                todo.append((op, True))
                inner: list[tuple[Operation, bool]] = []
                for number, region in enumerate(op.regions):
                    for place, block in enumerate(region.blocks):
                        for argument in block.arguments:
                            self._values[argument] = hash((number, place, argument.index, id(argument.type)))
                        graph = op.has_trait(GraphRegion)
                        inner += [(o, False) for o in (topological_order(block) if graph else block.ops)]
                todo += reversed(inner)
                continue
            key = self._key(op, inside.pop(op, ()), phases)
            self._keys[op] = key
            for result in op.results:
                self._values[result] = hash((key, result.index))
            if op.parent_op is not None and op is not root:
                inside.setdefault(op.parent_op, []).append(key)

    def _key(self, op: Operation, inside: list[int] | tuple[int, ...], phases: dict[Block | None, int]) -> int:
        operands = [self._values.get(value, 0) for value in op.operands]
        if self.commutative and op.has_trait(Commutative):
            operands.sort()
        attributes = [
            (name, id(value))
            for name, value in sorted(op.stored_attributes.items(), key=lambda item: item[0])
            if self.symbol_names or (name != "sym_name" and not _names_symbols(value))
        ]
        phase = -1
        effect = self._effects[op]
        if effect or op.has_trait(IsTerminator):
            phase = phases.get(op.parent, 0)
            if effect & ~Effect.READ:
                phases[op.parent] = phase + 1
        types = tuple([id(result.type) for result in op.results])
        # The ops of a region count in any order: in which order they may stand, their own keys say.
        return hash((op.name, tuple(operands), tuple(attributes), types, phase, tuple(sorted(inside))))

    def _sorted(self, block: Block) -> list[Operation]:
        around = block.parent_op
        ops = list(block.ops)
        if around is not None and around.has_trait(GraphRegion):
            # The order means nothing here; the place breaks ties.
            return sorted(ops, key=lambda op: self._keys[op])
        return _by_layers(ops, self._keys, self._effects)


def _names_symbols(attribute: Attribute) -> bool:
    todo = [attribute]
    while todo:
        item = todo.pop()
        if isinstance(item, SymbolRefAttr):
            return True
        if isinstance(item, ArrayAttr):
            todo += item.elements
        elif isinstance(item, DictionaryAttr):
            todo += [value for _, value in item.entries]
    return False


def _by_layers(ops: list[Operation], keys: dict[Operation, int], effects: dict[Operation, Effect]) -> list[Operation]:
    """Sorts by how many ops must come before one on the longest way, and then by what they compute."""
    layer: dict[Operation, int] = {}
    barrier = 0  # ops with effects come one after the other
    reads = 0
    for op in ops:
        depth = 0
        for inner in op.walk() if op.regions else (op,):
            for value in inner.operands:
                definer = value.defining_op
                if definer is not None and definer in layer:
                    depth = max(depth, layer[definer] + 1)
        effect = effects[op]
        if effect & ~Effect.READ or op.has_trait(IsTerminator):
            depth = max(depth, barrier, reads)
            barrier = reads = depth + 1
        elif effect:
            depth = max(depth, barrier)
            reads = max(reads, depth + 1)
        layer[op] = depth
    return sorted(ops, key=lambda op: (layer[op], keys[op]))
