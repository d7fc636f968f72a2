"""Random ops, from IR to text and back, in every form; and texts that are damaged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.ir.errors import Error
from couloir.ir.limits import Limits
from couloir.ir.operation import Operation
from couloir.ir.text.parser import parse_ops
from couloir.ir.text.printer import operation_text


def read(text: str) -> Operation:
    (op,) = parse_ops(text, allow_unregistered=True)
    return op


@pytest.mark.parametrize("generic", [False, True])
@pytest.mark.parametrize("use_names", [False, True])
@given(seed=st.randoms(use_true_random=False))
def test_random_ops_read_back_as_they_were(sample, generic, use_names, seed):
    op = sample.random_op(seed)
    text = operation_text(op, generic=generic, use_names=use_names)
    assert "error:" not in text
    assert "<<" not in text
    again = read(text)
    assert sample.difference(op, again) is None
    assert operation_text(again, generic=generic, use_names=use_names) == text


@given(seed=st.randoms(use_true_random=False))
def test_locations_read_back_as_they_were(sample, seed):
    op = sample.random_op(seed)
    text = operation_text(op, locations=True, generic=True)
    again = read(text)
    assert sample.difference(op, again) is None
    assert [o.location for o in op.walk()] == [o.location for o in again.walk()]
    assert operation_text(again, locations=True, generic=True) == text


@given(seed=st.randoms(use_true_random=False))
def test_lines_read_for_the_first_time_and_known_lines_give_the_same(sample, seed):
    """The same text, with every line made different by a comment: no line is known, all are read in full."""
    text = operation_text(sample.random_op(seed))
    apart = "\n".join(f"{line} // {number}" for number, line in enumerate(text.split("\n")))
    assert sample.difference(read(text), read(apart)) is None


@given(seed=st.randoms(use_true_random=False), data=st.data())
def test_a_damaged_text_is_read_or_refused_with_a_couloir_error(sample, seed, data):
    text = operation_text(sample.random_op(seed), generic=data.draw(st.booleans()))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(st.sampled_from(PIECES)) + text[end:]
    try:
        ops = parse_ops(text, allow_unregistered=True, limits=Limits(nodes=1000, depth=100))
    except Error as error:
        assert str(error)
    else:
        for op in ops:
            operation_text(op)


PIECES = [
    "", " ", "\n", "%", "%0", "%0#1", "%arg0", "^bb0", "^", "@f", "#map", "!t", '"', '"t.x"()', "(", ")", "{", "}", "[",
    "]", "<{", "}>", "<", ">", ":", "::", ",", "=", "->", "i32", "1", "1.5", "-", "loc(", "loc(unknown)", "//", "{-#",
    "sample.add", "add", "loop", "\0", "é", "= 1 : i32\n", "\n#x = 1\n",
]  # fmt: skip
