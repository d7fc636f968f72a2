from __future__ import annotations

import pytest

from couloir.ir.errors import Error
from couloir.ir.limits import Deadline, Limits, quoted


def test_a_limit_that_is_not_positive_is_an_error():
    with pytest.raises(Error, match=r"`nodes` must be a positive number, got 0"):
        Limits(nodes=0)
    with pytest.raises(Error, match=r"`bytes` must be a positive number, got 1\.5"):
        Limits(bytes=1.5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(Error, match="`deadline_seconds` must be a positive number, got -1"):
        Limits(deadline_seconds=-1)


def test_the_rank_cannot_exceed_that_of_numpy():
    assert Limits(rank=64).rank == 64
    with pytest.raises(Error, match="at most 64"):
        Limits(rank=65)


def test_exceeding_a_limit_names_the_limit_to_raise():
    error = Limits(elements=10).exceeded("elements", 11, what="the tensor", where="here")
    assert str(error) == (
        "here: the tensor has 11 elements, more than the limit of 10\n"
        "  hint: if you trust this input, raise the limit: `limits=Limits(elements=...)`"
    )


def test_a_deadline_ends_the_work():
    with pytest.raises(Error, match=r"reading took longer than the deadline of 1e-09 s"):
        Deadline(1e-9).check("reading")
    Deadline(None).check("reading")
    Deadline(1e9).check("reading")


def test_quoted_names_cannot_disturb_the_terminal():
    assert quoted("a\n\x1b[2J") == r"'a\n\x1b[2J'"
    assert quoted("x" * 100_000) == f"'{'x' * 80}'... (100000 characters)"
