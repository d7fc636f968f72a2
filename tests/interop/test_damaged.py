"""Texts that are damaged or wrong: we refuse with an error that has a place, never a crash, and we and upstream agree.

Where the two differ on purpose, `WE_READ_MORE` and `THEY_READ_MORE` say so.
"""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.ir.errors import Error
from couloir.ir.location import UNKNOWN
from couloir.ir.operation import Operation
from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify
from tests.interop.modules import Modules
from tests.interop.upstream import Refused, Upstream

WE_READ_MORE = {
    r"undefined symbol alias id": "an alias of a location may be used in an attribute before its definition",
    r"redefinition of SSA value|is already in use": "a function is isolated: its values may have names of values around it",
    r"integer constant out of range for type": "-0 is 0, of unsigned and index types too",
    r"dot algorithm not known to be supported on any hardware": "upstream has a table of them, the specification has none",
}
"""What upstream's error says, and why we read such a text."""

THEY_READ_MORE = {
    r"there is a positive step for each loop": "a loop with step 0 would not end",
    r"expected an attribute, found `>`": "`tensor<4xf32,>`: a comma promises an encoding",
    r"the divisor of an affine expression is positive": "a division by zero has no value",
}
"""What our error says, and why we refuse a text that upstream reads."""


def both(upstream: Upstream, text: str) -> tuple[Operation | None, str, str]:
    """The module if we accept a text; our error and upstream's, empty for none."""
    module, ours, theirs = None, "", ""
    try:
        module = parse_module_op(text, allow_unregistered=True)
        verify(module)
    except Error as error:
        module, ours = None, str(error)
        assert ours
    try:
        upstream.read(text, unregistered=True)
    except Refused as error:
        theirs = str(error)
    return module, ours, theirs


def matches(table: dict[str, str], message: str) -> bool:
    return any(re.search(pattern, message) for pattern in table)


TOKEN = re.compile(r'"[^"\n]*"|[%@#!^]?[\w.$]+|->|.', re.DOTALL)
NUMBERS = ("0", "1", "-1", "2", "3", "4", "5", "7", "99999999999999999999", "2.5", "0x10")
PIECES = (
    "-1",
    "0",
    "i32",
    "f32",
    "?",
    "x",
    "tensor<2x3xf32>",
    ",",
    "{}",
    "[]",
    "()",
    '"',
    "\0",
    "\n",
    "//",
    "loc(",
    "é",
)


def small(r: random.Random) -> str:
    """A module of one function with few ops, so that one change often leaves it valid."""
    if r.random() < 0.2:
        return operation_text(Modules(r).module(), generic=r.random() < 0.5, locations=r.random() < 0.5)
    modules = Modules(r, registered=True)
    modules.left = r.choice([1, 1, 2, 3])
    modules.attributes = lambda depth=2: {}
    modules.location = lambda depth=2: UNKNOWN
    return operation_text(modules.module(), generic=r.random() < 0.3)


def damaged(r: random.Random, text: str) -> str:
    lines, tokens = text.split("\n"), TOKEN.findall(text)
    words = [word for word in tokens if not word.isspace()]
    place = r.choice([number for number, word in enumerate(tokens) if not word.isspace()])
    numbers = [number for number, word in enumerate(tokens) if word.isdigit()] or [place]
    match r.choice(["drop line", "copy line", "drop", "replace", "insert", "number", "cut"]):
        case "drop line":
            del lines[r.randrange(len(lines))]
            return "\n".join(lines)
        case "copy line":
            lines.insert(r.randrange(len(lines)), r.choice(lines))
            return "\n".join(lines)
        case "cut":
            return text[: r.randrange(len(text))]
        case "drop":
            del tokens[place]
        case "replace":
            tokens[place] = r.choice(words)
        case "insert":
            tokens.insert(place, r.choice([*words, *PIECES]))
        case _:
            tokens[r.choice(numbers)] = r.choice(NUMBERS)
    return "".join(tokens)


@given(seed=st.randoms(use_true_random=False), times=st.integers(1, 3))
def test_a_damaged_text_is_read_by_both_as_the_same_or_refused_by_both(jaxlib: Upstream, seed, times):
    text = small(seed)
    for _ in range(times):
        text = damaged(seed, text).strip() or "x"
    module, ours, theirs = both(jaxlib, text)
    if module is not None and not theirs:
        assert operation_text(module, generic=True) + "\n" == jaxlib.text(text, unregistered=True)
    elif module is not None:
        assert matches(WE_READ_MORE, theirs), theirs
    elif not theirs:
        assert matches(THEY_READ_MORE, ours), ours


WRONG = {
    "no file": '"t.x"() : () -> () loc("a":-1:0)',
    "a line of 33 bits": '"t.x"() : () -> () loc("a":4294967296:0)',
    "an attribute of a block argument": '"t.x"() ({\n^bb0(%a: i32 {b}):\n  "t.y"() : () -> ()\n}) : () -> ()',
    "an empty block among several": '"t.x"() ({\n^bb0:\n  "t.y"() : () -> ()\n^bb1:\n}) : () -> ()',
    "a function without ops": "func.func @f() {\n}",
    "a visibility that is none": '"func.func"() <{function_type = () -> (), sym_name = "f", sym_visibility = "x"}> ({\n}) : () -> ()',
    "a list of odd numbers of bits": '"t.x"() {a = array<i3: 1>} : () -> ()',
    "a float as memory space": '"t.x"() {a = memref<2xf32, 1.5>} : () -> ()',
    "a list as memory space": '"t.x"() {a = memref<2xf32, [1]>} : () -> ()',
    "an alignment of 7": "func.func @f(%m: memref<f32>) {\n  %0 = memref.load %m[] {alignment = 7 : i64} : memref<f32>\n  return\n}",
    "an alignment of a global": "memref.global @g : memref<4xf32> = dense<1.0> {alignment = 0 : i64}",
    "a part of another size": (
        "func.func @f(%m: memref<4x4xf32>) {\n"
        "  %0 = memref.subview %m[0, 0] [2, 1] [1, 1] : memref<4x4xf32> to memref<2x2xf32, strided<[4, 1]>>\n  return\n}"
    ),
    "a part at another offset": (
        "func.func @f(%m: memref<4x4xf32>) {\n"
        "  %0 = memref.subview %m[1, 0] [2, 2] [1, 1] : memref<4x4xf32> to memref<2x2xf32, strided<[4, 1]>>\n  return\n}"
    ),
    "other strides than said": (
        "func.func @f(%m: memref<4x4xf32>) {\n  %0 = memref.reinterpret_cast %m to offset: [0], sizes: [2, 2], strides: [4, 1]"
        " : memref<4x4xf32> to memref<2x2xf32, strided<[4, 2]>>\n  return\n}"
    ),
    "a size that is not known": (
        "func.func @f(%m: memref<4x4xf32>, %n: index) {\n"
        "  %0 = memref.reinterpret_cast %m to offset: [0], sizes: [2, %n], strides: [4, 1]"
        " : memref<4x4xf32> to memref<2x2xf32, strided<[4, 1]>>\n  return\n}"
    ),
    "integers for a kind of floats": (
        "func.func @f(%v: vector<4xi32>) {\n  %0 = vector.reduction <maximumf>, %v : vector<4xi32> into i32\n  return\n}"
    ),
    "floats for a kind of integers": (
        "func.func @f(%v: vector<4xf32>) {\n  %0 = vector.reduction <maxsi>, %v : vector<4xf32> into f32\n  return\n}"
    ),
    "a dictionary for a call that takes a string": (
        "func.func @f() {\n  stablehlo.custom_call @t() {api_version = 1 : i32, backend_config = {}} : () -> ()\n  return\n}"
    ),
    "a type alias used before its definition": '"t.x"() {a = !b} : () -> ()\n!b = i32',
    "an attribute alias used before its definition": '"t.x"() {a = #b} : () -> ()\n#b = 1 : i32',
    "an undefined location": '"t.x"() : () -> () loc(#loc)',
    "two meanings of a distinct attribute": '"t.x"() {a = distinct[0]<1>, b = distinct[0]<2>} : () -> ()',
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_refused_by_both(jaxlib: Upstream, what):
    module, ours, theirs = both(jaxlib, WRONG[what])
    assert theirs
    assert module is None
    assert ours.startswith("<text>:"), ours


RIGHT = {
    "a part without a dimension of size 1": (
        "func.func @f(%m: memref<4x4xf32>) {\n"
        "  %0 = memref.subview %m[1, 0] [1, 2] [1, 1] : memref<4x4xf32> to memref<2xf32, strided<[1], offset: 4>>\n  return\n}"
    ),
    "a type that knows less than the lists": (
        "func.func @f(%m: memref<4x4xf32>) {\n  %0 = memref.reinterpret_cast %m to offset: [0], sizes: [2, 2], strides: [4, 1]"
        " : memref<4x4xf32> to memref<?x2xf32, strided<[?, 1], offset: ?>>\n  return\n}"
    ),
    "an attribute alias in a location, defined after it": '"t.x"() : () -> () loc(#l)\n#a = 1 : i32\n#l = loc(fused<#a>["x"])',
}


@pytest.mark.parametrize("what", RIGHT)
def test_what_is_right_is_read_by_both(jaxlib: Upstream, what):
    module, ours, theirs = both(jaxlib, RIGHT[what])
    assert (ours, theirs) == ("", "")
    assert module is not None
    assert operation_text(module, generic=True) + "\n" == jaxlib.text(RIGHT[what], unregistered=True)
