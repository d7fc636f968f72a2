"""Types and attributes through upstream MLIR: it reads what we write, and writes what we write."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from couloir.ir.floats import FLOATS, float_bits
from couloir.ir.text.attribute_parser import AttributeParser
from tests.interop.upstream import Refused, Upstream

TEXTS = Path(__file__).parents[1] / "ir" / "text"


def lines(name: str) -> list[str]:
    found = (TEXTS / name).read_text(encoding="utf-8").splitlines()
    return [line for line in found if line and not line.startswith("# ")]


CANONICAL = {
    text: canonical or text for text, _, canonical in (line.partition(" => ") for line in lines("canonical.txt"))
}
REFUSED = lines("refused.txt")

NEWER = {
    "0.1 : f80": "newer releases round the digits to the type at once, older ones (and we) to f64 first",
    "0.1 : f128": "the same",
    "affine_map<(d0) -> (9223372036854775808)>": "newer releases let the number wrap",
}
"""Where IREE's upstream differs from jaxlib's, and why."""


def ours(source: str) -> str:
    p = AttributeParser(f"{{a = {source}}}")
    found = p.attribute()
    p.expect_end()
    return str(found)


@pytest.mark.parametrize("text", CANONICAL)
def test_both_print_the_same(text: str, upstream: Upstream) -> None:
    if upstream.name == "iree" and text in NEWER:
        pytest.skip(NEWER[text])
    found = ours(text)
    assert found == upstream.attribute(text)
    if not text.startswith("dense_resource"):  # upstream gives each reading another key
        assert upstream.attribute(str(AttributeParser(text).attribute())) == found


@pytest.mark.parametrize("text", REFUSED)
def test_both_refuse(text: str, upstream: Upstream) -> None:
    if upstream.name == "iree" and text in NEWER:
        pytest.skip(NEWER[text])
    with pytest.raises(Refused):
        upstream.attribute(text)


@pytest.mark.parametrize("kind", [kind for kind in FLOATS if kind not in ("f80", "f128", "f8E8M0FNU")])
def test_random_floats(kind: str, upstream: Upstream) -> None:
    rng = random.Random(kind)
    width = FLOATS[kind][0]
    for _ in range(150):
        for text in (
            f"0x{rng.getrandbits(width):X}",
            f"{rng.uniform(-10, 10):.{rng.randrange(1, 17)}f}",
            f"{rng.randrange(1, 10 ** rng.randrange(1, 9))}.0e{rng.randrange(-40, 40)}",
        ):
            assert ours(f"{text} : {kind}") == upstream.attribute(f"{text} : {kind}"), text


@pytest.mark.parametrize("kind", ["f80", "f128"])
def test_random_doubles_in_wide_formats(kind: str, upstream: Upstream) -> None:
    rng = random.Random(kind)
    for _ in range(150):
        number = rng.getrandbits(53) * 2.0 ** rng.randrange(-200, 200)
        bits = f"0x{float_bits(number, kind):X}"
        assert ours(f"{bits} : {kind}") == upstream.attribute(f"{bits} : {kind}")


@pytest.mark.parametrize("element_type", ["i1", "i4", "ui8", "i32", "index", "f32", "bf16", "f8E5M2", "f4E2M1FN"])
def test_long_constants(element_type: str, upstream: Upstream) -> None:
    rng = random.Random(element_type)
    is_float = element_type[0] in "fb"
    numbers = [f"{rng.randrange(2)}.0" if is_float else str(rng.randrange(2)) for _ in range(101)]
    text = f"dense<[{', '.join(numbers)}]> : tensor<101x{element_type}>"
    assert ours(text) == upstream.attribute(text)
    assert '"0x' in ours(text)
    assert upstream.attribute(ours(text)[5:-1]) == upstream.attribute(text)


def _expression(rng: random.Random, depth: int) -> str:
    choice = rng.random()
    if depth == 0 or choice < 0.2:
        return rng.choice(["d0", "d1", "s0", "s1", str(rng.randrange(9))])
    if choice < 0.5:
        return f"({_expression(rng, depth - 1)} {rng.choice('+-')} {_expression(rng, depth - 1)})"
    if choice < 0.7:
        return f"({_expression(rng, depth - 1)} * {rng.choice(['2', '-3', 's0', '-1', '4'])})"
    divisor = rng.choice(["2", "3", "s0", "5"])
    return f"({_expression(rng, depth - 1)} {rng.choice(['floordiv', 'ceildiv', 'mod'])} {divisor})"


def test_random_affine_maps(upstream: Upstream) -> None:
    """Upstream orders and folds some terms in other ways; the meaning is the same."""
    rng = random.Random(7)
    for _ in range(500):
        source = f"affine_map<(d0, d1)[s0, s1] -> ({_expression(rng, 3)})>"
        found = ours(source)
        assert ours(found[5:-1]) == found
        upstream.attribute(found[5:-1])
        theirs = upstream.attribute(source)
        assert _values(theirs) == _values(found)


def _values(text: str) -> list[object]:
    map = AttributeParser(text[5:-1]).attribute().map  # pyright: ignore[reportAttributeAccessIssue]
    return [map.evaluate((a, b), (c, 3)) for a in (-7, 4) for b in (0, 9) for c in (1, 5)]
