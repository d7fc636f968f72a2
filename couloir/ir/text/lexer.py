"""Reading MLIR text token by token: names, numbers, strings and punctuation, and errors that show the place.

There is no list of tokens. The reader stands at an offset, always at the start of a token, and each method asks for one
kind of token there with one regular expression; that is the fastest way to read text in Python. Lines and columns are
counted only when an error needs them. Source: MLIR language reference, "Lexical syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypeVar

from couloir.ir.errors import Error, ParseError
from couloir.ir.limits import Limits, quoted

T = TypeVar("T")

TokenKind: TypeAlias = Literal[
    "identifier",
    "value",
    "block",
    "symbol",
    "attribute",
    "type",
    "integer",
    "float",
    "string",
    "punctuation",
    "invalid",
    "end",
]

#: White space and comments, as the end of a pattern: a token is read together with what follows it.
SPACE: Final = r"[ \t\r\n]*+(?://[^\n]*+[ \t\r\n]*+)*+"
IDENTIFIER: Final = r"[A-Za-z_][A-Za-z0-9_$.]*+"
#: What follows `%`, `^`, `#` or `!`.
SUFFIX: Final = r"(?:[0-9]++|[A-Za-z_$.-][A-Za-z0-9_$.-]*+)"
STRING: Final = r'"[^"\\\n\v\f\0]*+(?:\\[^\n\0][^"\\\n\v\f\0]*+)*+"'

_SPACE: Final = re.compile(SPACE)
_IDENTIFIER: Final = re.compile(rf"({IDENTIFIER}){SPACE}")
_STRING: Final = re.compile(rf"({STRING}){SPACE}")
_INTEGER: Final = re.compile(rf"(-?)(0x[0-9A-Fa-f]++|[0-9]++)(?!\.[0-9]){SPACE}")
_VALUE: Final = re.compile(rf"%({SUFFIX})(?:#([0-9]++))?{SPACE}")
_BLOCK: Final = re.compile(rf"\^({SUFFIX}){SPACE}")
_SYMBOL: Final = re.compile(rf"@(?:({IDENTIFIER})|({STRING})){SPACE}")
_TOKEN: Final = re.compile(
    rf"""(?P<identifier>{IDENTIFIER})
    |(?P<value>%{SUFFIX}(?:\#[0-9]+)?)
    |(?P<block>\^{SUFFIX})
    |(?P<symbol>@(?:{IDENTIFIER}|{STRING}))
    |(?P<attribute>\#(?!-\}}){SUFFIX})
    |(?P<type>!{SUFFIX})
    |(?P<float>[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?)
    |(?P<integer>0x[0-9A-Fa-f]+|[0-9]+)
    |(?P<string>{STRING})
    |(?P<punctuation>->|::|\.\.\.|\{{-\#|\#-\}}|>=|==|<=|[-+*/=<>()\[\]{{}},:?|@#!%^&;.])
    |(?P<end>\Z)
    |(?P<invalid>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(rb"\\(?:([\"\\nt])|([0-9A-Fa-f]{2})|)")
_SIMPLE_ESCAPES: Final = {b'"': b'"', b"\\": b"\\", b"n": b"\n", b"t": b"\t"}
#: Tokens that begin like a shorter one: at `->`, `optional("-")` is false.
_LONGER: Final = {"-": "->", ":": "::", "{": "{-#"}
_WORD_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.")
_MAX_DIGITS: Final = 4000  # Python refuses to read longer decimal numbers


class Token(NamedTuple):
    """A token, for looking ahead and for messages."""

    kind: TokenKind
    text: str
    start: int
    end: int


class Lexer:
    """A place in a text, and methods that read one token there.

    `optional...` methods return None or False, and do not move, when something else stands there; the others raise
    `ParseError`.

    Attributes:
        text: The whole text, with a NUL at the end so that looking one character ahead needs no check.
        position: Offset of the next token.
    """

    def __init__(self, text: str, *, file: str = "<text>", limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.file = file
        if len(text) > self.limits.bytes:
            raise self.limits.exceeded("bytes", len(text), what="the text", where=file)
        self.length = len(text)
        self.text = text + "\0"
        self.position = 0
        self.skip_to(0)

    # -- looking ahead

    def peek(self) -> Token:
        """The next token, without reading it."""
        found = _TOKEN.match(self.text, self.position, self.length)
        if found is None or found.lastgroup is None:  # the last alternatives match anything
            return Token("invalid", "", self.position, self.position)
        kind: TokenKind = found.lastgroup  # pyright: ignore[reportAssignmentType] -- the groups are named after the kinds
        return Token(kind, found[0], found.start(), found.end())

    @property
    def character(self) -> str:
        """The first character of the next token; NUL at the end."""
        return self.text[self.position]

    @property
    def at_end(self) -> bool:
        """Whether everything has been read."""
        return self.position >= self.length

    def at(self, text: str) -> bool:
        """Whether the text goes on with these characters."""
        return self.text.startswith(text, self.position)

    # -- reading

    def skip_to(self, offset: int) -> None:
        """Goes to the first token at or after `offset`."""
        found = _SPACE.match(self.text, offset, self.length)
        self.position = found.end() if found else offset

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Reads what the pattern matches here; it should end with `SPACE`."""
        found = pattern.match(self.text, self.position, self.length)
        if found is not None:
            self.position = found.end()
        return found

    def optional(self, punctuation: str) -> bool:
        """Reads the given punctuation if it comes next."""
        text = self.text
        if not text.startswith(punctuation, self.position):
            return False
        if punctuation in _LONGER and text.startswith(_LONGER[punctuation], self.position):
            return False
        end = self.position + len(punctuation)
        if text[end] == " ":
            end += 1
        if text[end] in " \n\t\r/":
            self.skip_to(end)
        else:
            self.position = end
        return True

    def expect(self, punctuation: str) -> None:
        """Reads the given punctuation."""
        if not self.optional(punctuation):
            raise self.expected(f"`{punctuation}`")

    def optional_keyword(self, word: str) -> bool:
        """Reads the given word if it comes next (the whole word: `add` does not match `addf`)."""
        end = self.position + len(word)
        if not self.text.startswith(word, self.position) or self.text[end] in _WORD_CHARACTERS:
            return False
        self.skip_to(end)
        return True

    def expect_keyword(self, word: str) -> None:
        """Reads the given word."""
        if not self.optional_keyword(word):
            raise self.expected(f"`{word}`")

    def optional_identifier(self) -> str | None:
        """Reads a bare name: letters, digits, `_`, `$` and `.`."""
        found = self.match(_IDENTIFIER)
        return found[1] if found else None

    def identifier(self, what: str = "a name") -> str:
        """Reads a bare name; `what` says what it stands for, in the error."""
        found = self.match(_IDENTIFIER)
        if found is None:
            raise self.expected(what)
        return found[1]

    def optional_string(self) -> str | None:
        """Reads a string in quotes, and gives its value."""
        if self.character != '"':
            return None
        start = self.position
        found = self.match(_STRING)
        if found is None:
            raise self.error("this string does not end on its line", at=start, hint='close it with `"`')
        return self.unquoted(found[1], start)

    def string_literal(self, what: str = "a string") -> str:
        """Reads a string in quotes. Bytes that are not UTF-8 become surrogate escapes."""
        found = self.optional_string()
        if found is None:
            raise self.expected(what)
        return found

    def name_or_string(self, what: str = "a name") -> str:
        """Reads a bare name or a string: keys of dictionaries and of resources."""
        found = self.optional_string()
        return self.identifier(what) if found is None else found

    def optional_integer(self) -> int | None:
        """Reads an integer, decimal or hexadecimal, perhaps negative."""
        start = self.position
        found = self.match(_INTEGER)
        if found is None:
            return None
        value = self.integer_value(found[2], start)
        return -value if found[1] else value

    def integer(self, what: str = "an integer") -> int:
        """Reads an integer."""
        found = self.optional_integer()
        if found is None:
            raise self.expected(what)
        return found

    def integer_value(self, digits: str, at: int) -> int:
        """The value of digits, decimal or with `0x`."""
        if digits.startswith("0x"):
            return int(digits, 16)
        if len(digits) > _MAX_DIGITS:
            raise self.error(f"a number of {len(digits)} digits is too long", at=at, hint="write it as `0x...`")
        return int(digits)

    def optional_value_name(self) -> tuple[str, int | None] | None:
        """Reads `%name` or `%name#1`: the name without `%`, and the number, None when it is not written."""
        start = self.position
        found = self.match(_VALUE)
        if found is None:
            return None
        return found[1], None if found[2] is None else self.integer_value(found[2], start)

    def optional_block_name(self) -> str | None:
        """Reads `^name`, and gives the name without `^`."""
        found = self.match(_BLOCK)
        return found[1] if found else None

    def optional_symbol_name(self) -> str | None:
        """Reads `@name` or `@"any text"`, and gives the name without `@`."""
        if self.character != "@":
            return None
        start = self.position
        found = self.match(_SYMBOL)
        if found is None:
            return None
        return found[1] if found[1] is not None else self.unquoted(found[2], start + 1)

    def symbol_name(self, what: str = "a symbol name, `@name`") -> str:
        """Reads `@name` or `@"any text"`."""
        found = self.optional_symbol_name()
        if found is None:
            raise self.expected(what)
        return found

    def comma_separated(self, parse_one: Callable[[], T], open: str = "(", close: str = ")") -> list[T]:
        """Reads `open`, items with commas between them, `close`."""
        self.expect(open)
        items: list[T] = []
        if self.optional(close):
            return items
        while True:
            items.append(parse_one())
            if not self.optional(","):
                break
        if not self.optional(close):
            raise self.expected(f"`,` or `{close}`")
        return items

    def expect_end(self) -> None:
        """Raises `ParseError` unless everything has been read."""
        if not self.at_end:
            raise self.error(f"{self._found()} stands after the end")

    def unquoted(self, literal: str, start: int) -> str:
        """The value of a string in quotes that stands at an offset."""
        inside = literal[1:-1]
        if "\\" not in inside:
            return inside

        def plain(found: re.Match[bytes]) -> bytes:
            if found[1]:
                return _SIMPLE_ESCAPES[found[1]]
            if found[2]:
                return bytes.fromhex(found[2].decode())
            before = encoded[: found.start()].decode("utf-8", "replace")
            raise self.error(
                "this escape is not known",
                at=start + 1 + len(before),
                hint=r"the escapes are \" \\ \n \t and \xx, two hexadecimal digits",
            )

        encoded = inside.encode("utf-8", "surrogatepass")
        return _ESCAPE.sub(plain, encoded).decode("utf-8", "surrogateescape")

    # -- errors

    def _found(self) -> str:
        token = self.peek()
        if token.kind == "end":
            return "the end of the text"
        text = token.text if len(token.text) <= 40 else token.text[:40] + "..."
        return f"`{text}`" if text.isprintable() else quoted(text)

    def expected(self, what: str, *, hint: str | None = None) -> ParseError:
        """The error that something else stands at the next token."""
        return self.error(f"expected {what}, found {self._found()}", hint=hint)

    def error(self, message: str, *, at: int | None = None, hint: str | None = None) -> ParseError:
        """An error at an offset (default: the next token), with line, column and an excerpt with a caret."""
        offset = min(self.position if at is None else at, self.length)
        line_start = self.text.rfind("\n", 0, offset) + 1
        line_end = self.text.find("\n", offset, self.length)
        line_end = self.length if line_end < 0 else line_end
        column = offset - line_start
        first, last = max(line_start, offset - 70), min(line_end, offset + 50)
        before, after = ("..." if first > line_start else ""), ("..." if last < line_end else "")
        shown = "".join(c if c.isprintable() else " " if c == "\t" else "�" for c in self.text[first:last].rstrip("\r"))
        caret = " " * (len(before) + offset - first) + "^"
        return ParseError(
            message,
            file=self.file,
            line=self.text.count("\n", 0, offset) + 1,
            column=column + 1,
            excerpt=f"{before}{shown}{after}\n{caret}",
            hint=hint,
        )

    def checked(self, at: int, make: Callable[..., T], *arguments: Any) -> T:
        """What `make(*arguments)` returns; an `Error` that it raises gets the place `at`."""
        try:
            return make(*arguments)
        except ParseError:
            raise
        except Error as error:
            raise self.error(error.message, at=at, hint=error.hint) from error
