"""Reading lines that differ in the names of values only without reading them again.

Most ops of a text look like an earlier one: the same op with the same types and attributes on other operands. When an
op without regions has been read that stands on a line of its own, the line without the names is remembered with a
recipe for the op. A later line that is the same but for the names is made by the recipe, if its operands have the
same types: that is several times faster than reading it.
"""

from __future__ import annotations

import re
from typing import Any, Final

import attrs

from couloir.ir.attribute import Type
from couloir.ir.limits import Limits
from couloir.ir.location import packed
from couloir.ir.operation import Block, Operation, SharedAttributes, UnregisteredOp, Value
from couloir.ir.text.lexer import IDENTIFIER, SUFFIX
from couloir.ir.text.scopes import OperationStart, RegionFrame, ResultName
from couloir.ir.text.value_parser import ValueParser

_HEAD: Final = re.compile(rf"%({SUFFIX})(?::([0-9]{{1,6}}))? = ")
_NAME: Final = re.compile(rf"%({SUFFIX}(?:#[0-9]++)?)")
_WORD: Final = re.compile(IDENTIFIER)
_MAX_LINE: Final = 400
"""Characters. Longer lines are constants, which do not repeat."""
_FIRST_RECIPES: Final = 1000
"""So many are remembered anyway; further ones as long as they are used."""
_CHECK_EVERY: Final = 1024


@attrs.frozen(eq=False)
class LineRecipe:
    """How to make the op of a line."""

    cls: type[Operation]
    name: str
    property_names: frozenset[str]
    operand_types: tuple[Type, ...]
    order: tuple[int, ...] | None
    """Which name of the line each operand is; None if they stand in order."""
    result_types: tuple[Type, ...]
    attributes: SharedAttributes
    allows_repeats: bool
    """Whether it holds for lines that name a value twice."""


class LineParser(ValueParser):
    """Remembers lines. The op of a line is made by a recipe or left to the full reader."""

    def __init__(
        self, text: str, *, file: str = "<text>", allow_unregistered: bool = False, limits: Limits | None = None
    ) -> None:
        super().__init__(text, file=file, limits=limits, allow_unregistered=allow_unregistered)
        self._recipes: dict[str, dict[str, LineRecipe]] = {}
        self._learned = 0
        self._made = 0
        self._nodes = 0
        self._deadline = self.limits.start()
        self._line = 1
        self._line_counted_to = 0

    def recipes_for(self, dialect: str) -> dict[str, LineRecipe]:
        """The recipes for regions with a default dialect: there, the same text can mean another op."""
        return self._recipes.setdefault(dialect, {})

    # -- what every op needs

    def _count_node(self) -> None:
        self._nodes += 1
        if self._nodes > self.limits.nodes:
            raise self.limits.exceeded("nodes", self._nodes, what="the text", where=self._where(self.position))
        if self._nodes % _CHECK_EVERY == 0:
            self._deadline.check("reading the text", where=self.file)

    def _where(self, at: int) -> str:
        return f"{self.file}:{self.text.count(chr(10), 0, at) + 1}"

    def _line_and_column(self, at: int) -> tuple[int, int]:
        """The place of an op's name. Ops are met in order, so lines are counted from the last one on."""
        text = self.text
        self._line += text.count("\n", self._line_counted_to, at)
        self._line_counted_to = at
        return self._line, at - text.rfind("\n", 0, at)

    def _begins_operation(self, frame: RegionFrame, at: int) -> bool:
        """Whether an op, a block or the end of the region comes at an offset, not the rest of an op."""
        character = self.text[at]
        if character in '%"}^':
            return True
        word = _WORD.match(self.text, at)
        if word is None:
            return frame.parent is None and character in "#!{\0"
        return self._is_operation(word[0], frame.dialect)

    def _is_operation(self, name: str, dialect: str) -> bool:
        """Whether a word is an op's name."""
        return "." in name

    # -- recipes

    def _read_known_line(self, frame: RegionFrame, block: Block) -> bool:
        """Makes the op of a line like one that was read before; False, with nothing read, if there was none."""
        recipes = frame.recipes
        if not recipes:
            return False
        text = self.text
        begin = body = self.position
        end = text.find("\n", begin, begin + _MAX_LINE)
        if end < 0:
            return False
        result: str | None = None
        size = 0
        if text[begin] == "%":
            head = _HEAD.match(text, begin, end)
            if head is None:
                return False
            body = head.end()
            result = head[1]
            size = 1 if head[2] is None else int(head[2])
        located = text.find(" loc(", body, end)
        pieces = _NAME.split(text[body : end if located < 0 else located])
        recipe = recipes.get("%".join(pieces[::2]))
        if recipe is None or len(recipe.result_types) != size:
            return False
        operands = self._operands_of(recipe, pieces[1::2], frame)
        if operands is None:
            return False
        self.skip_to(end if located < 0 else located)
        located_here = text.startswith("loc(", self.position)
        if not located_here and not self._begins_operation(frame, self.position):
            self.position = begin
            return False
        self._count_node()
        self._made += 1
        op = recipe.cls.create(operands, recipe.result_types, recipe.attributes)
        if isinstance(op, UnregisteredOp):
            op.name, op.property_names = recipe.name, recipe.property_names
        line, column = self._line_and_column(body)
        op._location = self.location() if located_here else packed(self.file, line, column)  # pyright: ignore[reportPrivateUsage]
        block.append(op)
        if size == 1 and result is not None:
            self._define(frame, result, op.results[0], begin)
        elif result is not None:
            self._define_results(frame, op, (ResultName(result, size, begin),))
        return True

    def _operands_of(self, recipe: LineRecipe, names: list[str], frame: RegionFrame) -> list[Value[Any]] | None:
        """The operands for a recipe; None if one is not defined yet or has another type."""
        known = frame.values
        try:
            if recipe.order is not None:
                names = [names[index] for index in recipe.order]
            operands = [known[name] for name in names]
        except (IndexError, KeyError):
            return None
        if len(operands) != len(recipe.operand_types):  # a `%` without a name stood in the line
            return None
        for value, expected in zip(operands, recipe.operand_types, strict=True):
            if value.type is not expected:
                return None
        if not recipe.allows_repeats and len(set(names)) != len(names):
            return None
        return operands

    def _learn(self, frame: RegionFrame, op: Operation, start: OperationStart, end: int, *, custom: bool) -> None:
        """Remembers the line of an op if the op is all that stands there.

        Args:
            frame: The region of the op.
            op: The op, without regions and successors.
            start: Where the op's name stands.
            end: Where the text went on after the op, at its location or at what follows.
            custom: Whether code of the op's own has read it, which may treat a value that is named twice in its own
            way.
        """
        if self._learned > _FIRST_RECIPES + self._made:
            return
        text = self.text
        line_end = text.find("\n", start.at, start.at + _MAX_LINE)
        if line_end < 0 or not getattr(op, "line_cache", True):
            return
        located = text.find(" loc(", start.at, line_end)
        if (located + 1 != end) if text.startswith("loc(", end) else (located >= 0 or end <= line_end):
            return
        pieces = _NAME.split(text[start.at : line_end if located < 0 else located])
        names = pieces[1::2]
        found = [frame.values.get(name) for name in names]
        operands = op.operands
        generic = text[start.at] == '"'
        if len(operands) != len(found) or None in found or (len(set(names)) != len(names) and not generic):
            return
        order: tuple[int, ...] | None = None
        if any(a is not b for a, b in zip(operands, found, strict=True)):
            places = {value: index for index, value in enumerate(found)}
            if len(places) != len(found) or any(value not in places for value in operands):
                return
            order = tuple(places[value] for value in operands)
        self._learned += 1
        frame.recipes["%".join(pieces[::2])] = LineRecipe(
            type(op),
            op.name,
            op.property_names if isinstance(op, UnregisteredOp) else frozenset(),
            tuple(value.type for value in operands),
            order,
            tuple(result.type for result in op.results),
            SharedAttributes(op.stored_attributes),
            order is None and not custom,
        )
