"""What the code of a rule speaks of: the op classes, numbers, types and members of enums that it names.

A rule that looks for `hlo.Reshape`, or for a splat of 2, says so in its code. A generator that knows these words needs little luck.
"""

from __future__ import annotations

import enum
import types as python_types
from collections.abc import Iterable
from typing import Any, Final

import attrs

from couloir.ir.attribute import Type
from couloir.ir.constraints import ElementTypes
from couloir.ir.operation import Operation
from couloir.ir.rewriting.rule import Equation, Rewrite
from couloir.ir.types import ComplexType, FloatType, IndexType, IntegerType

MAX_FUNCTIONS: Final = 60
"""Of the functions that a rule calls, and that these call, how many are read."""
_FOREIGN: Final = ("couloir.ir.", "couloir.dialects.", "couloir.backends.")
"""Where what a rule calls is not read: it is not about this rule."""
_ELEMENT_CLASSES: Final = (FloatType, IntegerType, IndexType, ComplexType)


@attrs.frozen
class Vocabulary:
    """What a rule names, in the order in which it does."""

    classes: tuple[type[Operation], ...] = ()
    numbers: tuple[float, ...] = ()
    types: tuple[Type, ...] = ()
    type_classes: tuple[type[Type], ...] = ()
    members: tuple[enum.Enum, ...] = ()


def vocabulary_of(rule: Rewrite) -> Vocabulary:
    """The words of a rule."""
    reader = _Reader()
    if isinstance(rule, Equation):
        for name in ("pattern", "where", "rewrite"):
            reader.read(getattr(rule.cls, name, None))
    else:
        reader.read(getattr(rule, "function", None))
    found = reader.found
    return Vocabulary(
        tuple(item for item in found if isinstance(item, type) and issubclass(item, Operation) and item.name),
        tuple(reader.numbers),
        tuple(item for item in found if isinstance(item, Type)),
        tuple(item for item in found if isinstance(item, type) and issubclass(item, _ELEMENT_CLASSES)),
        tuple(item for item in found if isinstance(item, enum.Enum)),
    )


class _Reader:
    """Goes through functions and what they call, as far as that is about the rule."""

    def __init__(self) -> None:
        self.found: dict[Any, None] = {}
        self.numbers: dict[float, None] = {}
        self._read: set[python_types.CodeType] = set()
        self._todo: list[Any] = []

    def read(self, function: Any) -> None:
        self._todo.append(function)
        while self._todo and len(self._read) < MAX_FUNCTIONS:
            item = self._todo.pop()
            item = getattr(item, "__func__", item)
            if isinstance(item, python_types.FunctionType) and item.__code__ not in self._read:
                self._code(item, item.__code__)

    def _code(self, function: python_types.FunctionType, code: python_types.CodeType) -> None:
        self._read.add(code)
        scope = dict(function.__globals__)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
            try:
                scope[name] = cell.cell_contents
            except ValueError:  # not assigned yet
                continue
        for name in (*code.co_names, *code.co_freevars):
            if name in scope:
                self._word(scope[name])
            for holder in (scope[other] for other in code.co_names if other in scope):
                if isinstance(holder, python_types.ModuleType) or (
                    isinstance(holder, type) and issubclass(holder, enum.Enum)
                ):
                    self._word(getattr(holder, name, None))
        for constant in code.co_consts:
            if isinstance(constant, python_types.CodeType):
                if constant not in self._read:
                    self._code(function, constant)
            else:
                self._number(constant)

    def _number(self, constant: Any) -> None:
        for item in constant if isinstance(constant, tuple | frozenset) else (constant,):  # pyright: ignore[reportUnknownVariableType]
            if isinstance(item, int | float) and not isinstance(item, bool):
                self.numbers.setdefault(item)

    def _word(self, item: Any) -> None:
        if isinstance(item, ElementTypes):
            self._words(item.examples)
        elif isinstance(item, tuple | list | dict):
            self._words(list(item))  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(item, frozenset | set):
            self._words(sorted(item, key=str))  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(item, python_types.FunctionType):
            if not (item.__module__ + ".").startswith(_FOREIGN):
                self._todo.append(item)
        elif isinstance(item, Type | enum.Enum | type):
            self.found.setdefault(item)
        else:
            self._number(item)

    def _words(self, items: Iterable[Any]) -> None:
        for item in list(items)[:64]:
            if isinstance(item, Type | enum.Enum | type):
                self.found.setdefault(item)
            else:
                self._number(item)
