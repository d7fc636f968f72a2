"""Aliases: the names `#map`, `#loc3`, `!tuple` under which a text defines long attributes, numbered as MLIR does.

The numbers depend on everything that is printed: an alias that others are made of comes before them, and only then
counts where it is first met. So the text is written with marks in the place of aliases, and the marks are replaced when
all is known. A mark is a NUL, a kind, the number of the attribute, and a NUL; no text has a NUL otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from couloir.ir.attribute import Attribute, Type
from couloir.ir.attributes import ArrayAttr, DictionaryAttr, DistinctAttr, IntegerSetAttr
from couloir.ir.location import CallSiteLoc, FileLineColLoc, FusedLoc, Location, NameLoc
from couloir.ir.types import AffineMapAttr, TupleType

USE: Final = "#"
"""An attribute that stands here."""
INSIDE: Final = "~"
"""A location that stands here, without `loc(...)`."""
DEFERRED: Final = "^"
"""An op begins here whose location is defined at the end of the text; replaced by nothing."""
TRAILING: Final = "@"
"""The location of an op, after it."""
LAST: Final = "!"
"""The same, where it is all that is to be defined for the op."""
WEAK: Final = "?"
"""An attribute that stands here, but for which no alias is made."""
WEAK_INSIDE: Final = "-"
"""The same for a location without `loc(...)`."""
DISTINCT: Final = "%"
"""The number of a distinct attribute."""
ORDER: Final = "&"
"""Upstream meets an attribute here which stands elsewhere; replaced by nothing."""

_MARK: Final = re.compile("\0([-#~^@!?%&])([0-9]+)\0")
_MET: Final = (USE, INSIDE, ORDER, DEFERRED, LAST)
_WEAK: Final = re.compile(f"\0[{WEAK}{WEAK_INSIDE}]([0-9]+)\0")
_USE: Final = re.compile(f"\0[{USE}{INSIDE}]([0-9]+\0)")
_MIN_TUPLE: Final = 17
"""Tuple types of so many elements have an alias."""


_ALIASED: Final = (AffineMapAttr, IntegerSetAttr, Location, DistinctAttr, TupleType)
_MAY_HAVE: Final[dict[type[Attribute], bool]] = {}


def alias_base(attribute: Attribute) -> str | None:
    """The name of the aliases for an attribute, without sigil and number; None for one that is written out."""
    cls = type(attribute)
    may = _MAY_HAVE.get(cls)
    if may is None:
        may = _MAY_HAVE[cls] = issubclass(cls, _ALIASED)
    return _base(attribute) if may else None


def _base(attribute: Attribute) -> str | None:
    match attribute:
        case AffineMapAttr():
            return "map"
        case IntegerSetAttr():
            return "set"
        case Location():
            return "loc"
        case DistinctAttr():
            return None if getattr(attribute.referenced, "is_unit", False) else "distinct"
        case TupleType(types=types) if len(types) >= _MIN_TUPLE:
            return "tuple"
        case _:
            return None


def weak(text: str) -> str:
    """A text whose attributes get no aliases for its sake."""
    return text.replace("\0" + USE, "\0" + WEAK).replace("\0" + INSIDE, "\0" + WEAK_INSIDE)


def uses_in(text: str) -> list[str]:
    """What stands for the attributes that are used in a text."""
    return _USE.findall(text)


def in_order(uses: Iterable[str]) -> str:
    """Marks that say that upstream meets what is used (`uses_in`) here, and in this order."""
    return "".join([f"\0{ORDER}{use}" for use in uses])


class _Found:
    """What is known of an attribute that was met."""

    __slots__ = ("base", "deferrable", "depth", "holds_attributes", "is_type", "nested")

    def __init__(self, attribute: Attribute, deferrable: bool) -> None:
        self.base = alias_base(attribute)
        self.is_type = isinstance(attribute, Type)
        self.holds_attributes = isinstance(attribute, FusedLoc | ArrayAttr | DictionaryAttr | DistinctAttr)
        self.deferrable = deferrable
        self.depth = 0
        self.nested: list[Attribute] = []


class Aliases:
    """The aliases of one text. `write` gives the text of an attribute, with marks in it."""

    def __init__(self, write: Callable[[Attribute], str]) -> None:
        self._write = write
        self._numbers: dict[Attribute, int] = {}
        self._attributes: list[Attribute] = []
        self._names: dict[Attribute, str] = {}
        self._distinct: dict[int, int] = {}

    def __bool__(self) -> bool:
        return bool(self._attributes)

    def mark(self, kind: str, attribute: Attribute) -> str:
        """What stands for an attribute until `finish`."""
        number = self._numbers.get(attribute)
        if number is None:
            number = self._numbers[attribute] = len(self._attributes)
            self._attributes.append(attribute)
        return f"\0{kind}{number}\0"

    def _met(self, text: str) -> Iterator[tuple[Attribute, bool]]:
        """The attributes that a text with marks needs aliases for, as they come, and whether they can be deferred."""
        for found in _MARK.finditer(text):
            if found[1] in _MET:
                yield self._attributes[int(found[2])], found[1] in (DEFERRED, LAST)

    def finish(self, text: str) -> tuple[str, str, str]:
        """The definitions before a text with marks, the text, and the definitions after it, all without marks."""
        found = _collect(self._met(text))
        for number in _WEAK.findall(text):  # upstream leaves this out, and cannot read its own text then
            _settle(found, self._attributes[int(number)])
        # Python's sort keeps the order of equals.
        order = sorted((a for a in found if found[a].base), key=lambda a: _rank(a, found[a]))
        counts: dict[str, int] = {}
        for attribute in order:
            base = found[attribute].base or ""
            count = counts[base] = counts.get(base, -1) + 1
            self._names[attribute] = f"{attribute.sigil}{base}{count or ''}"
        head = "".join([self._definition(a) for a in order if not found[a].deferrable])
        body = self._replace(text)
        return head, body, "".join([self._definition(a) for a in order if found[a].deferrable])

    def _definition(self, attribute: Attribute) -> str:
        return f"{self._names[attribute]} = {self._replace(self._write(attribute))}\n"

    def _replace(self, text: str) -> str:
        """A text without marks. What has no alias is written out, which may bring further marks."""
        while "\0" in text:
            replaced = _MARK.sub(self._replacement, text)
            if replaced == text:  # nothing left but numbers of distinct attributes
                return _MARK.sub(self._distinct_number, text)
            text = replaced
        return text

    def _replacement(self, mark: re.Match[str]) -> str:
        kind, number = mark[1], int(mark[2])
        if kind in (DEFERRED, ORDER):
            return ""
        if number >= len(self._attributes):
            return mark[0]
        if kind == DISTINCT:
            return mark[0]
        attribute = self._attributes[number]
        name = self._names.get(attribute)
        if name is not None:
            return name
        text = self._write(attribute)
        return text.removeprefix("loc(").removesuffix(")") if kind in (INSIDE, WEAK_INSIDE, TRAILING, LAST) else text

    def _distinct_number(self, mark: re.Match[str]) -> str:
        return str(self._distinct.setdefault(int(mark[2]), len(self._distinct)))


def _rank(attribute: Attribute, found: _Found) -> tuple[int, bool, str]:
    return found.depth, not isinstance(attribute, Type), found.base or ""


def _collect(met: Iterable[tuple[Attribute, bool]]) -> dict[Attribute, _Found]:
    """All attributes in sight of a text, with those that they are made of, in the order in which they are met."""
    found: dict[Attribute, _Found] = {}
    for root, deferrable in met:
        known = found.get(root)
        if known is not None:
            if not deferrable:
                _settle(found, root)
            continue
        known = found[root] = _Found(root, deferrable)
        if type(root) is FileLineColLoc:
            known.depth = 1
            continue
        stack: list[tuple[_Found, Iterator[Attribute]]] = [(known, _parts(root))]
        while stack:
            around, parts = stack[-1]
            part = next(parts, None)
            if part is None:
                stack.pop()
                around.depth = max(around.depth, 1 if around.base else 0)
                if stack:
                    _deepen(stack[-1][0], around)
                continue
            around.nested.append(part)
            inner = found.get(part)
            if inner is None:
                inner = found[part] = _Found(part, deferrable)
                stack.append((inner, _parts(part)))
                continue
            _deepen(around, inner)
            if not deferrable:
                _settle(found, part)
    return found


def _deepen(around: _Found, inner: _Found) -> None:
    """Counts an attribute as one that another is made of. A type in place of an attribute is wrapped, for upstream."""
    if inner.depth:
        wrapped = around.holds_attributes and inner.is_type
        around.depth = max(around.depth, inner.depth + (2 if wrapped else 1))


def _settle(found: dict[Attribute, _Found], attribute: Attribute) -> None:
    """Has an attribute, and all that it is made of, defined before the text."""
    todo = [attribute]
    while todo:
        item = todo.pop()
        known = found.get(item)
        if known is None:
            todo += _parts(item)
        elif known.deferrable:
            known.deferrable = False
            todo += known.nested


def _parts(attribute: Attribute) -> Iterator[Attribute]:
    """The types and attributes that are written within the text of one."""
    match attribute:
        case FileLineColLoc() | AffineMapAttr() | IntegerSetAttr():
            return iter(())
        case NameLoc(child=child):
            return iter(() if child is None else (child,))
        case CallSiteLoc(callee=callee, caller=caller):
            return iter((callee, caller))
        case FusedLoc(locations=locations, metadata=metadata):
            return iter((*(() if metadata is None else (metadata,)), *locations))
        case _:
            return _attributes_in([getattr(attribute, name) for name in type(attribute).parameters])


def _attributes_in(values: Iterable[Any]) -> Iterator[Attribute]:
    """The attributes among parameters: as they are, in tuples, and in the pairs of dictionaries."""
    for value in values:
        if isinstance(value, Attribute):
            yield value
        elif isinstance(value, tuple):
            for item in value:  # pyright: ignore[reportUnknownVariableType]
                if isinstance(item, Attribute):
                    yield item
                elif isinstance(item, tuple):
                    yield from (part for part in item if isinstance(part, Attribute))  # pyright: ignore[reportUnknownVariableType]
