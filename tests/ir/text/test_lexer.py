from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.ir.errors import Error, ParseError
from couloir.ir.limits import Limits
from couloir.ir.text.attribute_printer import quoted_string
from couloir.ir.text.lexer import Lexer


def kinds(text: str) -> list[tuple[str, str]]:
    p = Lexer(text)
    found: list[tuple[str, str]] = []
    while not p.at_end:
        token = p.peek()
        found.append((token.kind, token.text))
        p.skip_to(token.end)
    return found


def test_all_kinds_of_tokens() -> None:
    text = '%a#1 ^bb0 @f @"g h" #map #d.attr !t 12 0x1F 1.5e-3 "s\\"" -> :: ... {-# #-} >= foo.bar'
    assert kinds(text) == [
        ("value", "%a#1"),
        ("block", "^bb0"),
        ("symbol", "@f"),
        ("symbol", '@"g h"'),
        ("attribute", "#map"),
        ("attribute", "#d.attr"),
        ("type", "!t"),
        ("integer", "12"),
        ("integer", "0x1F"),
        ("float", "1.5e-3"),
        ("string", '"s\\""'),
        ("punctuation", "->"),
        ("punctuation", "::"),
        ("punctuation", "..."),
        ("punctuation", "{-#"),
        ("punctuation", "#-}"),
        ("punctuation", ">="),
        ("identifier", "foo.bar"),
    ]


def test_comments_and_white_space_are_skipped() -> None:
    assert kinds("// one\n a // two\r\n\t// three\n b//") == [("identifier", "a"), ("identifier", "b")]


def test_every_character_belongs_to_a_token() -> None:
    assert kinds("\0 ~ é") == [("invalid", "\0"), ("invalid", "~"), ("invalid", "é")]


def test_punctuation_is_not_the_beginning_of_a_longer_one() -> None:
    assert not Lexer("->").optional("-")
    assert not Lexer("::").optional(":")
    assert not Lexer("{-#").optional("{")
    assert Lexer("- >").optional("-")


def test_keywords_are_whole_words() -> None:
    p = Lexer("addf add")
    assert not p.optional_keyword("add")
    assert p.optional_keyword("addf")
    assert p.optional_keyword("add")
    assert p.at_end


def test_names() -> None:
    p = Lexer('%0#12 %abc-d ^bb1 @f.g @"a\\22" x.y')
    assert p.optional_value_name() == ("0", 12)
    assert p.optional_value_name() == ("abc-d", None)
    assert p.optional_value_name() is None
    assert p.optional_block_name() == "bb1"
    assert p.optional_block_name() is None
    assert p.symbol_name() == "f.g"
    assert p.symbol_name() == 'a"'
    assert p.optional_symbol_name() is None
    assert p.identifier() == "x.y"


def test_integers() -> None:
    p = Lexer("12 -3 0x1F -0xA 1.5")
    assert [p.integer() for _ in range(4)] == [12, -3, 31, -10]
    assert p.optional_integer() is None


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r'""', ""),
        (r'"a\n\t\\\"b"', 'a\n\t\\"b'),
        (r'"\41\C3\A9"', "Aé"),
        ('"é"', "é"),
        (r'"é\FF"', "é\udcff"),
        (r'"\00"', "\0"),
    ],
)
def test_strings(literal: str, value: str) -> None:
    assert Lexer(literal).string_literal() == value


@given(st.text())
def test_every_string_comes_back(text: str) -> None:
    assert Lexer(quoted_string(text)).string_literal() == text


@given(st.binary())
def test_every_byte_string_comes_back(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    literal = quoted_string(text)
    assert literal.isascii()
    assert literal.isprintable()
    assert Lexer(literal).string_literal() == text


def test_a_lone_surrogate_can_be_written() -> None:
    assert quoted_string("\ud800") == r'"\ED\A0\80"'


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ('  "abc', 3, "this string does not end on its line"),
        ('"a\nb"', 1, "this string does not end on its line"),
        (r'"ab\q"', 4, "this escape is not known"),
        (r'"é\q"', 3, "this escape is not known"),
        ("foo", 1, "expected a string, found `foo`"),
        ("", 1, "expected a string, found the end of the text"),
    ],
)
def test_bad_strings(text: str, column: int, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        Lexer(text).string_literal()
    assert caught.value.message == message
    assert (caught.value.line, caught.value.column) == (1, column)


def test_errors_show_the_place() -> None:
    p = Lexer("first\n  second third\n", file="a.mlir")
    p.identifier()
    p.identifier()
    with pytest.raises(ParseError) as caught:
        p.expect("=")
    error = caught.value
    assert (error.file, error.line, error.column) == ("a.mlir", 2, 10)
    assert str(error) == "a.mlir:2:10: expected `=`, found `third`\n    second third\n           ^"


def test_an_error_in_a_long_line_shows_the_part_around_the_caret() -> None:
    error = Lexer("x" * 500 + " ! " + "y" * 500).error("wrong", at=501)
    assert error.excerpt is not None
    line, caret = error.excerpt.split("\n")
    assert len(line) < 140
    assert line.startswith("...x") and line.endswith("y...")
    assert line[caret.index("^")] == "!"
    assert error.column == 502


def test_control_characters_do_not_reach_the_message() -> None:
    error = Lexer("a \x1b[31m").error("wrong", at=2)
    assert "\x1b" not in str(error)
    with pytest.raises(ParseError) as caught:
        Lexer("\x1b").identifier()
    assert "\x1b" not in str(caught.value)


def test_comma_separated() -> None:
    assert Lexer("()").comma_separated(lambda: 1) == []
    p = Lexer("[a, b]")
    assert p.comma_separated(p.identifier, "[", "]") == ["a", "b"]
    for bad, column in (("[a b]", 4), ("[a,]", 4), ("[a", 3)):
        q = Lexer(bad)
        with pytest.raises(ParseError) as caught:
            q.comma_separated(q.identifier, "[", "]")
        assert caught.value.column == column


def test_the_length_of_the_text_is_bounded() -> None:
    with pytest.raises(Error, match="more than the limit of 3"):
        Lexer("abcd", limits=Limits(bytes=3))


def test_numbers_of_any_length_are_read_or_refused() -> None:
    assert Lexer("0x" + "F" * 10_000).integer() == 16**10_000 - 1
    with pytest.raises(ParseError, match="too long"):
        Lexer("9" * 10_000).integer()


def test_the_end_is_checked() -> None:
    p = Lexer("a b")
    p.identifier()
    with pytest.raises(ParseError, match="`b` stands after the end"):
        p.expect_end()
