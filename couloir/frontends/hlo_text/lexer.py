"""Reading HLO text token by token. It differs from MLIR's in comments, names and what a string may escape.

Source: XLA, xla/hlo/parser/hlo_lexer.cc.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from couloir.ir.text.lexer import Lexer

#: White space and comments, as the end of a pattern: `// ...`, and `/*index=5*/` in lists.
SPACE: Final = r"[ \t\r\n]*+(?:(?://[^\n]*+|/\*(?:[^*]|\*(?!/))*+\*/)[ \t\r\n]*+)*+"
NAME: Final = r"[A-Za-z0-9_.-]++"

_SPACE: Final = re.compile(SPACE)
_NAME: Final = re.compile(rf"%?({NAME}){SPACE}")
_WORD: Final = re.compile(rf"([A-Za-z_][A-Za-z0-9_.-]*+){SPACE}")
_INTEGER: Final = re.compile(rf"(-?[0-9]++)(?![.\w]){SPACE}")
_STRING: Final = re.compile(rf'"((?:[^"\\]++|\\.)*+)"{SPACE}', re.DOTALL)
_ESCAPE: Final = re.compile(rb"\\(?:([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
_LETTERS: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_OUTSIDE: Final = re.compile(r'[^\s,{}()\[\]"]++|"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_INSIDE: Final = re.compile(r'(?:[^{}()\[\]"]++|"(?:[^"\\]++|\\.)*+")++', re.DOTALL)
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}


class HloLexer(Lexer):
    """A place in HLO text; see `couloir.ir.text.lexer.Lexer`."""

    def skip_to(self, offset: int) -> None:
        found = _SPACE.match(self.text, offset, self.length)
        self.position = found.end() if found else offset

    def name(self, what: str) -> str:
        """Reads the name of an instruction or a computation, with or without `%`, and gives it without."""
        found = self.match(_NAME)
        if found is None:
            raise self.expected(what)
        if len(found[1]) > self.limits.name_length:
            raise self.limits.exceeded("name_length", len(found[1]), what=what, where=self.file)
        return found[1]

    def word(self, what: str) -> str:
        """Reads a word: an opcode, the key of an attribute, the member of an enumeration."""
        found = self.match(_WORD)
        if found is None:
            raise self.expected(what)
        return found[1]

    def optional_integer(self) -> int | None:
        start = self.position
        found = self.match(_INTEGER)
        if found is None:
            return None
        negative = found[1].startswith("-")
        value = self.integer_value(found[1].lstrip("-"), start)
        return -value if negative else value

    def optional_string(self) -> str | None:
        if self.character != '"':
            return None
        found = self.match(_STRING)
        if found is None:
            raise self.error("this string does not end", hint='close it with `"`')
        return unescaped(found[1])

    def skip_value(self) -> tuple[int, int]:
        """Reads what stands behind the `=` of an attribute, whatever it is: brackets and strings count, words do not.

        Returns its first offset, and the one behind it.
        """
        start = end = self.position
        text, length = self.text, self.length
        open_brackets: list[str] = []
        while True:
            found = (_INSIDE if open_brackets else _OUTSIDE).match(text, end, length)
            if found is not None:
                end = found.end()
            character = text[end]
            if character in "([{" and end < length:
                open_brackets.append(_CLOSING[character])
                end += 1
            elif open_brackets and character == open_brackets[-1]:
                open_brackets.pop()
                end += 1
            elif open_brackets:
                wrong = self.error(f"expected `{open_brackets[-1]}`", at=end)
                raise self.error("this string does not end", at=end) if character == '"' else wrong
            elif character == '"':
                raise self.error("this string does not end", at=end, hint='close it with `"`')
            elif found is None:
                break
        if end == start:
            raise self.expected("a value")
        self.skip_to(end)
        return start, end


class Places:
    """Lines and columns of offsets in a text, for locations: one search each."""

    __slots__ = ("_starts",)

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Both counted from 1."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def unescaped(inside: str) -> str:
    """What a string in quotes says, in which XLA escapes as C does. Bytes that are not UTF-8 become surrogate escapes."""
    if "\\" not in inside:
        return inside

    def plain(found: re.Match[bytes]) -> bytes:
        if found[1]:
            return bytes([int(found[1], 8) & 0xFF])
        if found[2]:
            return bytes([int(found[2], 16)])
        return _LETTERS.get(found[3], found[3])

    encoded = inside.encode("utf-8", "surrogatepass")
    return _ESCAPE.sub(plain, encoded).decode("utf-8", "surrogateescape")
