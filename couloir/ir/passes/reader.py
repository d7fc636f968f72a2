"""Reads pipeline text: `canonicalize,fuse{max-ops=8},func.func(cse)`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import attrs

from couloir.ir.errors import Error, ParseError, nearest
from couloir.ir.passes.base import Pass, find_pass, option_value, unquoted
from couloir.ir.passes.items import Item, Nested
from couloir.ir.registry import REGISTRY

MAX_NESTING: Final = 50


class Reader:
    """Reads pipeline text. `pipeline := item (',' item)*; item := name options? | op-name '(' pipeline ')'`."""

    _NAME: Final = re.compile(r"[A-Za-z_][\w.-]*")
    _VALUE: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|(\[(?:"(?:[^"\\]|\\.)*"|[^\]{}"])*\])|([^\s,{}"]+)', re.DOTALL)

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def error(
        self, message: str, hint: str | None = None, at: int | None = None, notes: Sequence[str] = ()
    ) -> ParseError:
        position = self.position if at is None else at
        start = max(0, position - 60)
        excerpt = f"{self.text[start : position + 60]}\n{' ' * (position - start)}^"
        return ParseError(
            message, file="<pipeline>", line=1, column=position + 1, excerpt=excerpt, hint=hint, notes=notes
        )

    def skip(self) -> None:
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def optional(self, character: str) -> bool:
        self.skip()
        if self.text.startswith(character, self.position):
            self.position += 1
            return True
        return False

    def name(self, what: str) -> str:
        self.skip()
        found = self._NAME.match(self.text, self.position)
        if found is None:
            raise self.error(f"{what} is expected here")
        self.position = found.end()
        return found.group()

    def pipeline(self) -> list[Item]:
        items = self.items(0)
        self.skip()
        if self.position < len(self.text):
            raise self.error("a comma or the end is expected here", hint='for example "canonicalize,cse"')
        if len(items) == 1 and isinstance(items[0], Nested) and items[0].op_name == "builtin.module":
            return list(items[0].items)
        return items

    def items(self, depth: int) -> list[Item]:
        if depth > MAX_NESTING:
            raise self.error(f"pipelines nest at most {MAX_NESTING} deep")
        found: list[Item] = []
        self.skip()
        if self.position >= len(self.text) or self.text[self.position] == ")":
            return found
        while True:
            found.append(self.item(depth))
            if not self.optional(","):
                return found

    def item(self, depth: int) -> Item:
        start = self.position
        name = self.name("the name of a pass")
        if self.optional("("):
            if "." not in name:
                raise self.error(
                    f"`{name}(...)` nests passes in an op, so it starts with an op's name",
                    "for example func.func(cse)",
                    start,
                )
            dialect = name.partition(".")[0]
            if REGISTRY.operation(name) is None and REGISTRY.knows(dialect):
                hint = nearest(name, REGISTRY.known_names(dialect))
                raise self.error(f"there is no op `{name}` to nest passes in", hint, start)
            inner = self.items(depth + 1)
            if not self.optional(")"):
                raise self.error("`)` is expected here")
            return Nested(name, inner)
        try:
            cls = find_pass(name)
        except Error as error:
            raise self.error(error.message, error.hint, start, error.notes) from None
        return self.options(cls) if self.optional("{") else self.make(cls, {}, start)

    def options(self, cls: type[Pass]) -> Pass:
        start = self.position
        values: dict[str, object] = {}
        known = cls.options()
        while not self.optional("}"):
            self.optional(",")
            at = self.position
            key = self.name(f"an option of `{cls.name}` or `}}`")
            attribute = known.get(key) or known.get(key.replace("_", "-"))
            if attribute is None:
                hint = nearest(key, list(known)) or f"options of `{cls.name}`: {', '.join(known) or 'none'}"
                raise self.error(f"the pass `{cls.name}` has no option `{key}`", hint, at)
            if attribute.name in values:
                raise self.error(f"the option `{key}` is given twice", at=at)
            text = "true"
            if self.optional("="):
                self.skip()
                found = self._VALUE.match(self.text, self.position)
                if found is None:
                    raise self.error(f"a value for `{key}` is expected here")
                self.position = found.end()
                quoted = found.group(1)
                text = found.group() if quoted is None else unquoted(quoted)
            try:
                values[attribute.name] = option_value(cls, attribute, text)
            except Error as error:
                raise self.error(error.message, at=at) from None
        return self.make(cls, values, start)

    def make(self, cls: type[Pass], values: dict[str, object], start: int) -> Pass:
        try:
            return cls(**values)
        except TypeError:
            missing = [n for n, a in cls.options().items() if a.default is attrs.NOTHING and a.name not in values]
            raise self.error(f"the pass `{cls.name}` needs {', '.join(missing)}", at=start) from None
