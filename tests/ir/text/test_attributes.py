"""Types, attributes and locations: text -> object -> text."""

from __future__ import annotations

import enum
from pathlib import Path

import numpy as np
import pytest

from couloir.ir.affine import AffineMap
from couloir.ir.attribute import Attribute, OpaqueAttribute, OpaqueType, Type
from couloir.ir.attributes import (
    ArrayAttr,
    DenseElementsAttr,
    DenseResourceAttr,
    DictionaryAttr,
    DistinctAttr,
    EnumAttr,
    FloatAttr,
    IntegerAttr,
    StringAttr,
    enum_attribute,
)
from couloir.ir.errors import Error, ParseError
from couloir.ir.limits import Limits
from couloir.ir.location import FileLineColLoc, Location
from couloir.ir.text.attribute_parser import AttributeParser
from couloir.ir.text.attribute_printer import AttributePrinter
from couloir.ir.types import FloatType, IntegerType, TensorType, f32, f64, i8, i32, i64, index

HERE = Path(__file__).parent


def lines(name: str) -> list[str]:
    found = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in found if line and not line.startswith("# ")]


CANONICAL = {
    text: canonical or text for text, _, canonical in (line.partition(" => ") for line in lines("canonical.txt"))
}
REFUSED = lines("refused.txt")


def parse(text: str, **options: object) -> Attribute:
    p = AttributeParser(text, **options)  # pyright: ignore[reportArgumentType]
    while p.optional_alias_definition():
        pass
    found = p.attribute()
    while p.optional_alias_definition():
        pass
    if p.at("{-#"):
        p.file_metadata()
    p.expect_end()
    return found


@pytest.mark.parametrize("text", CANONICAL)
def test_text_to_canonical_text(text: str) -> None:
    expected = CANONICAL[text]
    found = parse(text)
    assert str(found) == expected
    assert parse(expected) is found


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("tensor<2x99999999999999999999xf32>", 10, "a dimension is at most 2^63-1"),
        ("f33", 1, "expected an attribute, found `f33`"),
        ("tensor<2xf33>", 10, "there is no type `f33`"),
        ("[1, 256 : i8]", 5, "the number does not fit into the 8 bits of `i8`"),
        ("1 : f32", 1, "`f32` needs a float"),
        ("{a = 1, a = 2}", 9, "`a` is given twice"),
        ("dense<[1, x]> : tensor<2xi32>", 11, "expected an integer, found `x`"),
        ("dense<[1.0, 2]> : tensor<2xf32>", 13, "expected a float, found `2`"),
        ("dense<[[1, 2], [3]]> : tensor<2x2xi32>", 7, "the lists of this literal differ in length or are not closed"),
        ("dense<[1, 2, 3]> : tensor<2xi32>", 7, "the literal has shape [3], its type has [2]"),
        ("dense<[1 2]> : tensor<1xi32>", 8, "expected an integer, found `1 2`"),
        ("dense<[300]> : tensor<1xi8>", 8, "this number does not fit into `i8`"),
        ("dense<1> : tensor<?xi8>", 12, "a constant has a static shape, not `tensor<?xi8>`"),
        ('dense<["a", 1]> : tensor<2x!foo.string>', 7, "the elements of `tensor<2x!foo.string>` are strings"),
        ("affine_map<(d0) -> (d1)>", 21, "`d1` is neither a dimension nor a symbol here"),
        ("affine_map<(d0) -> (d0 mod 0)>", 24, "`(d0) mod 0`: the divisor of an affine expression is positive"),
        ("#foo.bar<(>)>", 11, "`>` closes another bracket than the one that is open"),
        ("#foo.bar<1", 9, "the text ends before this bracket is closed"),
        ("#later", 1, "the alias `#later` is not defined"),
        ("!later", 1, "the alias `!later` is not defined"),
        ("loc(here)", 5, "expected a location, found `here`"),
        ("sparse<[[0, 9]], [1]> : tensor<2x2xi32>", 8, "an index lies outside of `tensor<2x2xi32>`"),
        ("sparse<1, 1.0> : tensor<f32>", 8, "`tensor<f32>` has no dimensions to index"),
    ],
)
def test_errors_say_what_and_where(text: str, column: int, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert caught.value.message == message
    assert (caught.value.line, caught.value.column) == (1, column)


# -- constants


def test_lists_of_numbers_become_arrays() -> None:
    found = parse("dense<[[1, 2], [3, 4]]> : tensor<2x2xi8>")
    assert isinstance(found, DenseElementsAttr)
    assert found.array.dtype == np.int8
    np.testing.assert_array_equal(found.array, [[1, 2], [3, 4]])


def test_comments_may_stand_between_elements() -> None:
    assert parse("dense<[1, // > one\n 2]> : tensor<2xi8>") is parse("dense<[1, 2]> : tensor<2xi8>")


@pytest.mark.parametrize(
    "text",
    [
        "dense<1> : tensor<1099511627776xi32>",
        "dense<[]> : tensor<0x1099511627776xi32>",
        "dense<> : tensor<1099511627776x0xi32>",
    ],
)
def test_huge_splats_and_empty_constants_need_no_memory(text: str) -> None:
    found = parse(text)
    assert isinstance(found, DenseElementsAttr)
    assert parse(str(found)) is found


@pytest.mark.parametrize(
    "text",
    [
        "dense<1> : tensor<9223372036854775807x9223372036854775807xi32>",
        "dense<> : tensor<9223372036854775807x9223372036854775807x0xi32>",
        "dense<[1]> : tensor<1099511627776xi32>",
        "dense<[[], []]> : tensor<1099511627776x0xi32>",
        f"dense<1> : tensor<{'2x' * 65}i32>",
        "dense<" + "[" * 100_000 + "1" + "]" * 100_000 + "> : tensor<1xi32>",
        "dense<[" + "9" * 5000 + "]> : tensor<1xi32>",
    ],
)
def test_constants_that_no_memory_holds(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)


@pytest.mark.parametrize(
    "element_type", ["i1", "i4", "ui4", "i2", "i8", "ui64", "index", "f32", "bf16", "f8E4M3FN", "f4E2M1FN", "f6E2M3FN"]
)
def test_long_constants_are_hexadecimal_and_come_back(element_type: str) -> None:
    rng = np.random.default_rng(0)
    type = parse(f"tensor<101x{element_type}>")
    assert isinstance(type, TensorType)
    from couloir.ir.types import dtype_of

    data = rng.integers(0, 2, 101).astype(dtype_of(type.element_type))
    if element_type in ("i4", "i2"):
        data = (-data.astype(np.int8)).astype(data.dtype)
    found = DenseElementsAttr(type, data)
    assert str(found).startswith('dense<"0x')
    assert parse(str(found)) is found
    printer = AttributePrinter(hex_above=101)
    printer.attribute(found)
    assert "0x" not in printer.text().partition(":")[0]
    assert parse(printer.text()) is found


def test_large_constants_can_be_elided() -> None:
    printer = AttributePrinter(elide_above=4)
    for size in (4, 5):
        printer.attribute(DenseElementsAttr.from_numpy(np.arange(size, dtype=np.int8)))
        printer.write("\n")
    printer.attribute(DenseElementsAttr.splat(TensorType((9,), i8), 1))
    assert printer.text().split("\n") == [
        "dense<[0, 1, 2, 3]> : tensor<4xi8>",
        "dense_resource<__elided__> : tensor<5xi8>",
        "dense<1> : tensor<9xi8>",
    ]


def test_with_an_expected_type_none_is_read() -> None:
    assert AttributeParser("1").attribute(i32) is IntegerAttr(1, i32)
    assert AttributeParser("1.5").attribute(f32) is FloatAttr(1.5, f32)
    p = AttributeParser("dense<1> : x")
    assert p.attribute(TensorType((2,), i8)) is parse("dense<1> : tensor<2xi8>")
    assert p.at(":")


def test_optional_attribute_and_type_do_not_move() -> None:
    for text in ("", ")", "%a", "foo", "{-# #-}"):
        p = AttributeParser(text)
        assert p.optional_attribute() is None
        assert p.optional_type() is None
        assert p.position == 0


# -- dialects


class Token(Type, name="text_test.token"):
    """A type without parameters."""


class Color(enum.Enum):
    """An enum in two spellings of one dialect."""

    RED = "red"
    DARK_BLUE = "dark_blue"


@enum_attribute("text_test.shade", bracketed=False)
class Shade(enum.Enum):
    """An enum written `#text_test<shade light>`."""

    LIGHT = "light"
    DARK = "dark"


enum_attribute("text_test.color")(Color)


class Everything(Attribute, name="text_test.everything"):
    """Every kind of parameter."""

    count: int
    flag: bool
    ratio: float
    label: str
    type: Type
    size: IntegerAttr | FloatAttr
    color: Color
    numbers: tuple[int, ...]
    pairs: tuple[tuple[int, str], ...]
    map: AffineMap
    extra: StringAttr | None = None
    last: int = 7


class Middle(Attribute, name="text_test.middle"):
    """A parameter before the end that may be None."""

    first: IntegerType | None
    second: int


def test_parameters_of_every_kind() -> None:
    text = (
        '#text_test.everything<-1, true, 1.500000e+00, "a b", tensor<2xf32>, 3 : i8, "red", [1, 2], '
        '[[1, "x"]], affine_map<(d0) -> (d0 + 1)>, _, 7>'
    )
    found = parse(text)
    assert found is Everything(
        -1,
        True,
        1.5,
        "a b",
        TensorType((2,), f32),
        IntegerAttr(3, i8),
        Color.RED,
        (1, 2),
        ((1, "x"),),
        AffineMap.from_callable(lambda d0: d0 + 1, 1),
    )
    assert str(found) == text
    assert parse(text.replace(", _, 7>", ">")) is found


def test_missing_parameters() -> None:
    assert str(Middle(None, 2)) == "#text_test.middle<_, 2>"
    assert parse("#text_test.middle<_, 2>") is Middle(None, 2)
    assert parse("#text_test.middle<i8, 2>") is Middle(i8, 2)
    with pytest.raises(ParseError, match="needs its parameter `second`"):
        parse("#text_test.middle<i8>")
    with pytest.raises(ParseError, match="expected IntegerType, found `f32`"):
        parse("#text_test.middle<f32, 1>")
    with pytest.raises(ParseError, match="expected `>`"):
        parse("#text_test.middle<i8, 2, 3>")


@pytest.mark.parametrize("text", ["#text_test.color<red>", "#text_test<color red>", "#text_test<color<red>>"])
def test_enums_in_all_spellings(text: str) -> None:
    assert parse(text) is EnumAttr(Color.RED)
    assert str(parse(text)) == "#text_test.color<red>"
    light = text.replace("color", "shade").replace("red", "light")
    assert str(parse(light)) == "#text_test<shade light>"


def test_attributes_and_types_in_both_spellings() -> None:
    assert parse("!text_test<token>") is parse("!text_test.token") is Token()
    assert parse("#text_test<middle<i8, 2>>") is Middle(i8, 2)


def test_what_a_known_dialect_does_not_define_is_an_error() -> None:
    for text in ("!text_test.tokn", "#text_test.midle<1>", "#text_test<midle 1>", "#text_test.token"):
        with pytest.raises(ParseError, match="the dialect `text_test` defines no"):
            parse(text)
    with pytest.raises(ParseError) as caught:
        parse("#text_test.color<rad>")
    assert caught.value.hint == "did you mean `red`?"
    assert str(parse("!text_test.tokn<a>", allow_unregistered=True)) == "!text_test.tokn<a>"


@pytest.mark.parametrize(
    "text",
    [
        "#foo.bar",
        "#foo.bar<1, 2>",
        "#foo<bar <a>>",
        '#foo.bar<"unbalanced > (", (i32) -> i32, [{}]>',
        "#foo.bar.baz<1>",
    ],
)
def test_unknown_dialects_are_kept_as_text(text: str) -> None:
    assert parse(text) is OpaqueAttribute(text)
    assert str(parse(f"[{text}, 1]")) == f"[{text}, 1]"
    if text.startswith("#"):
        assert parse("!" + text[1:]) is OpaqueType("!" + text[1:])
        assert str(parse(f"tensor<2x!{text[1:]}>")) == f"tensor<2x!{text[1:]}>"


# -- aliases, locations and resources


def test_aliases() -> None:
    assert str(parse("#a = 1 : i32\n!t = tensor<2xf32>\n[#a, !t]")) == "[1 : i32, tensor<2xf32>]"
    for text, message in (
        ("#a = 1\n#a = 2\n1", "the alias `#a` is defined twice"),
        ("#a.b = 1\n1", "the name of an alias has no dot"),
        ("#a = !a\n1", "the alias `!a` is not defined"),
    ):
        with pytest.raises(ParseError) as caught:
            parse(text)
        assert caught.value.message == message


def test_locations_may_be_defined_after_their_use_and_in_any_order() -> None:
    text = '[loc(#loc3)]\n#loc3 = loc(callsite(#loc1 at #loc2))\n#loc2 = loc("y":1:2)\n#loc1 = loc("#loc2")\n'
    assert str(parse(text)) == '[loc(callsite("#loc2" at "y":1:2))]'
    with pytest.raises(ParseError, match="the alias `#loc` is not defined"):
        parse('[loc(#loc)]\n#loc = loc("a"(#loc))\n')


def test_long_chains_of_aliases_are_bounded() -> None:
    def chain(count: int) -> str:
        definitions = (f'#loc{i + 1} = loc("a"(#loc{i}))\n' for i in reversed(range(count)))
        return f"loc(#loc{count})\n{''.join(definitions)}#loc0 = loc(unknown)"

    found = parse(chain(300))
    assert str(found).count('"a"') == 300
    with pytest.raises(ParseError, match="nested more than"):
        parse(chain(100_000))
    with pytest.raises(ParseError, match="nested more than"):
        parse("#a0 = []\n" + "".join(f"#a{i + 1} = [#a{i}]\n" for i in range(200)) + "1")


def test_aliases_do_not_explode() -> None:
    doubling = "".join(f"#a{i + 1} = [#a{i}, #a{i}]\n" for i in range(64))
    with pytest.raises(ParseError, match="written out"):
        parse(f"#a0 = []\n{doubling}1", limits=Limits(fields=10_000))


def test_places_in_files() -> None:
    p = AttributeParser('loc("a\\22":1:2) x')
    assert p.optional_location() is FileLineColLoc('a"', 1, 2)
    assert p.optional_location() is None
    assert isinstance(AttributeParser("loc(unknown)").location(), Location)


RESOURCES = """
{-#
  dialect_resources: {
    builtin: {
      x: "0x040000000100000002000000",
      "a b": "0x0100000001"
    },
    other: { y: "0x01", z: true }
  },
  external_resources: { tool: { flag: false } }
#-}
"""


def test_distinct_attributes_are_equal_to_themselves_only() -> None:
    found = parse("[distinct[5]<@a>, distinct[5]<@a>, distinct[3]<@a>, distinct[0]<>, distinct[0]<unit>]")
    assert isinstance(found, ArrayAttr)
    a, same, b, nothing, also_nothing = found
    assert a is same and a is not b and nothing is also_nothing
    assert isinstance(a, DistinctAttr) and isinstance(b, DistinctAttr)
    assert a.referenced is b.referenced
    assert DistinctAttr(a.referenced) not in (a, b)
    assert str(found) == "[distinct[0]<@a>, distinct[0]<@a>, distinct[1]<@a>, distinct[2]<>, distinct[2]<>]"
    assert parse("distinct[0]<1>") is not parse("distinct[0]<1>")


@pytest.mark.parametrize(
    "text", ["[distinct[0]<1>, distinct[0]<2>]", "distinct[0]", "distinct[x]<1>", "distinct[0]<1", "distinct<1>"]
)
def test_bad_distinct_attributes(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)


def test_resources_stand_at_the_end_of_the_file() -> None:
    text = '[dense_resource<x> : tensor<2xi32>, dense_resource<"a b"> : tensor<3xi1>, dense_resource<q> : tensor<1xi8>]'
    p = AttributeParser(text + RESOURCES)
    found = p.attribute()
    assert isinstance(found, ArrayAttr)
    x, flags, missing = found
    assert isinstance(x, DenseResourceAttr) and isinstance(flags, DenseResourceAttr)
    assert isinstance(missing, DenseResourceAttr)
    assert x.array is not None and x.array.tolist() == [1, 2]
    assert flags.array is not None and flags.array.tolist() == [True, True, True]
    assert missing.array is None
    p.file_metadata()
    assert p.at_end
    assert set(p.resources) == {"x", "a b"}
    assert p.file_metadata_entries == {
        "dialect_resources": {"other": {"y": "0x01", "z": True}},
        "external_resources": {"tool": {"flag": False}},
    }


def test_resources_are_written_and_come_back() -> None:
    printer = AttributePrinter()
    first = DenseResourceAttr("w", TensorType((2,), f32), np.array([1, 2], np.float32))
    second = DenseResourceAttr("w", TensorType((1,), i8), np.array([3], np.int8))
    printer.attribute(ArrayAttr((first, second, first)))
    printer.write("\n")
    printer.file_metadata()
    found = parse(printer.text())
    assert isinstance(found, ArrayAttr)
    arrays = [one.array for one in found if isinstance(one, DenseResourceAttr)]
    assert [a.tolist() for a in arrays if a is not None] == [[1.0, 2.0], [3], [1.0, 2.0]]


@pytest.mark.parametrize(
    "metadata",
    [
        "{-# ",
        "{-# a",
        '{-# dialect_resources: {builtin: {x: "0x0300000000000000"}} #-}',
        '{-# dialect_resources: {builtin: {x: "0x04"}} #-}',
        "{-# dialect_resources: {builtin: {x: true}} #-}",
        '{-# dialect_resources: {builtin: {x: "0x0400000001"}} #-}',
        '{-# dialect_resources: {builtin: {x: "0x04000000", x: "0x04000000"}} #-}',
    ],
)
def test_bad_resources(metadata: str) -> None:
    with pytest.raises(ParseError):
        parse("dense_resource<x> : tensor<2xi32>\n" + metadata)


# -- hostile texts


DEEP = 100_000


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10**6,
        "[" * DEEP,
        "{a=" * DEEP,
        "tuple<" * DEEP,
        "() -> (" * DEEP,
        "tensor<1xf32, [" * DEEP,
        "#a<" * DEEP,
        "!a.b<" * DEEP,
        "#text_test.middle<" * DEEP,
        "complex<" * DEEP,
        'loc("a"(' + '"a"(' * DEEP,
        "loc(callsite(" + "callsite(" * DEEP,
        "loc(fused[" + "fused[" * DEEP,
        "loc(fused<" + "loc(fused<" * DEEP,
        "affine_map<(d0) -> (" + "(" * 10**6,
        "affine_map<(d0) -> (" + "d0 + " * DEEP + "d0)>",
        "dense<" + "[" * 10**6,
        "9" * DEEP,
        "tensor<" + "9" * DEEP + "xf32>",
        "tensor<" + "2x" * 2000 + "f32>",
        '"' + "a" * 10**6,
        '"' + "\\n" * 10**6,
        "//" * 10**6,
        "\0",
        '"a\0b"',
        "tensor<2x\0f32>",
    ],
    ids=lambda text: text[:20].replace("\0", "NUL"),
)
def test_hostile_texts(text: str) -> None:
    with pytest.raises(ParseError):
        parse(text)


def test_every_prefix_is_read_or_refused() -> None:
    text = (
        "{a = dense<[[1.0, 0x7F800000]]> : tensor<1x2xf32>, b = #text_test<color red>, c = affine_map<(d0) -> (-d0)>, "
        'd = loc(callsite("a":1:2 at fused["b"])), e = "x\\22", f = sparse<[[0]], [1]> : tensor<1xi8>, '
        'g = memref<?xf32, strided<[?], offset: ?>>, h = !foo.bar<"a", (1)>, i = array<i8: 1>}'
    )
    parse(text)
    for end in range(len(text)):
        with pytest.raises(ParseError):
            parse(text[:end])


def test_what_can_be_read_can_be_written() -> None:
    p = AttributeParser("[" * 80 + "1" + "]" * 80)
    found = p.attribute()
    assert parse(str(found)) is found


def test_the_depth_can_be_limited_further() -> None:
    with pytest.raises(ParseError, match="more than 3 levels"):
        parse("[[[[]]]]", limits=Limits(depth=3))


# -- the printer never raises


class Broken(Attribute, name="text_test.broken"):
    """An attribute that cannot print itself."""

    value: int

    def print(self, p: AttributePrinter) -> None:
        p.write("half ")
        raise ValueError("on\nfire")


def test_broken_attributes_are_marked() -> None:
    assert str(Broken(1)) == "<<Broken: on fire>>"
    assert str(ArrayAttr((IntegerAttr(1), Broken(1), IntegerAttr(2)))) == "[1, <<Broken: on fire>>, 2]"
    printer = AttributePrinter()
    printer.attribute(None)
    assert printer.text() == "<<no attribute>>"


def test_deep_attributes_are_cut() -> None:
    deep: Attribute = ArrayAttr(())
    for _ in range(5000):
        deep = ArrayAttr((deep,))
    assert "<<nested too deeply>>" in str(deep)


def test_numbers_too_long_for_python_are_hexadecimal() -> None:
    value = 1 << 20_000
    found = IntegerAttr(value, IntegerType(20_002))
    assert parse(str(found)) is found


def test_dictionaries_are_sorted() -> None:
    assert str(DictionaryAttr({"b": IntegerAttr(1), "a": StringAttr("x")})) == '{a = "x", b = 1 : i64}'


def test_result_types() -> None:
    function = parse("() -> ()")
    assert isinstance(function, Type)
    for types, expected in (((), "()"), ((i32,), "i32"), ((i32, i64), "(i32, i64)"), ((function,), "(() -> ())")):
        printer = AttributePrinter()
        printer.result_types(types)
        assert printer.text() == expected


# -- values


def test_integers_are_kept_as_their_type_reads_them() -> None:
    assert IntegerAttr(255, i8) is IntegerAttr(-1, i8)
    assert IntegerAttr(2**63 - 1, index).value == 2**63 - 1
    for value, type in ((200, IntegerType(8, "signed")), (-1, IntegerType(8, "unsigned")), (2**63, index), (256, i8)):
        with pytest.raises(Error, match="does not fit"):
            IntegerAttr(value, type)


def test_floats_are_told_apart_by_their_bits() -> None:
    assert FloatAttr(0.0) is not FloatAttr(-0.0)
    assert FloatAttr(float("nan")) is FloatAttr(float("nan"))
    assert parse("0x7FF8000000000001 : f64") is not parse("0x7FF8000000000000 : f64")
    assert FloatAttr(0.1, f32) is FloatAttr(float(np.float32(0.1)), f32)
    assert FloatAttr(1.0, FloatType("f80")).type is FloatType("f80")
    assert FloatAttr(1.0).type is f64


def test_wide_floats_that_no_double_equals_are_refused() -> None:
    with pytest.raises(ParseError, match="not a double"):
        parse("0xEF4BD9E5BA0879ACDAAB : f80")


def test_constants_with_equal_elements_are_splats() -> None:
    assert DenseElementsAttr.from_numpy(np.ones((3, 4), np.int8)) is DenseElementsAttr.splat(TensorType((3, 4), i8), 1)
    assert not DenseElementsAttr.from_numpy(np.array([0.0, -0.0])).is_splat
    assert not DenseElementsAttr.from_numpy(np.array([1, 2, 1])).is_splat
    assert DenseElementsAttr.from_numpy(np.ones((4, 4), np.int16).T[::2]).is_splat
