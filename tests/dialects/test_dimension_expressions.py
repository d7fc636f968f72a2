"""What the names of dimensions say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.dialects.dimension_expressions import parse_dimension

NAMES = {"a": 7, "b": 3}


def expressions(depth: int = 3) -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["a", "b"]) | st.integers(0, 9).map(str)
    return st.recursive(
        leaves,
        lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "%"]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        max_leaves=2**depth,
    )


@given(expressions())
def test_it_is_what_python_would_say(text: str):
    parsed = parse_dimension(text)
    if parsed is None:
        assert text in NAMES or not set(text) & set(NAMES) or len(text) > 200
        return
    try:
        expected = eval(text, {}, dict(NAMES))  # noqa: S307 -- the test wrote it
    except ZeroDivisionError:
        expected = None
    assert parsed.size(NAMES) == expected


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("floordiv(a, 2)", 3),
        ("mod(a, b)", 1),
        ("max(a, b) - min(a, 2*b)", 1),
        ("a^2 + -1*b", 46),
        ("Max(1, a//2)", 3),
    ],
)
def test_as_jax_and_sympy_write(text: str, size: int):
    parsed = parse_dimension(text)
    assert parsed is not None
    assert parsed.size(NAMES) == size


@pytest.mark.parametrize(
    "text",
    ["batch", "", "?", "3", "unk__12", "a b", "a.b + 1", "f(a, b)", "a[0]", "a if b else a", "'a' * 3", "a ** b", "a" * 201 + " + 1"],
)  # fmt: skip
def test_mere_names(text: str):
    assert parse_dimension(text) is None


def test_depth_is_bounded():
    assert parse_dimension("(" * 150 + "a" + ")" * 150) is None
    assert parse_dimension("-" * 190 + "a") is not None


@pytest.mark.parametrize(
    ("text", "size", "solution"),
    [
        ("2*h + 1", 9, ("h", 4)),
        ("2*h + 1", 8, None),
        ("a*h + b - h", 15, ("h", 2)),
        ("h - 1", 0, ("h", 1)),
        ("3 - h", 1, None),
        ("h*h", 4, None),
        ("floordiv(h, 2)", 4, None),
        ("h + w", 4, None),
        ("a + b", 10, None),
    ],
)
def test_what_follows_from_a_size(text: str, size: int, solution: tuple[str, int] | None):
    parsed = parse_dimension(text)
    assert parsed is not None
    assert parsed.solved(size, NAMES) == solution
