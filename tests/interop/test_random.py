"""Random modules through upstream, both ways: what one writes the other reads, and writes again character for character."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.ir.text.parser import parse_module_op
from couloir.ir.text.printer import operation_text
from couloir.ir.verify import verify
from tests.interop.modules import Modules
from tests.interop.upstream import FORMS, Refused, Upstream

SEEDS = st.randoms(use_true_random=False)


def module_of(seed: random.Random, *, registered: bool):
    module = Modules(seed, registered=registered).module()
    verify(module)
    return module


@pytest.mark.parametrize("registered", [True, False])
@given(seed=SEEDS, data=st.data())
def test_upstream_writes_what_we_write(jaxlib: Upstream, registered, seed, data):
    """In the generic form the texts are equal; the pretty form comes back as the same module."""
    form = data.draw(st.sampled_from(sorted(FORMS)))
    generic, locations = FORMS[form]
    module = module_of(seed, registered=registered)
    text = operation_text(module, generic=generic, locations=locations) + "\n"
    assert "error:" not in text
    theirs = jaxlib.text(text, form, unregistered=not registered)
    if not is_readable(jaxlib, theirs):
        return
    if generic:
        assert theirs == text
    else:  # names of values are chosen by upstream then
        same = jaxlib.text(operation_text(module, generic=True), "pretty", unregistered=True)
        assert jaxlib.text(text, "pretty", unregistered=True) == same


@pytest.mark.parametrize("registered", [True, False])
@given(seed=SEEDS, data=st.data())
def test_we_write_what_upstream_writes(jaxlib: Upstream, registered, seed, data):
    form = data.draw(st.sampled_from(sorted(FORMS)))
    generic, locations = FORMS[form]
    text = operation_text(module_of(seed, registered=registered), locations=locations)
    theirs = jaxlib.text(text, form, unregistered=not registered)
    if not is_readable(jaxlib, theirs):
        return
    module = parse_module_op(theirs, allow_unregistered=not registered)
    verify(module)
    assert operation_text(module, generic=generic, locations=locations, use_names=not generic) + "\n" == theirs


@given(seed=SEEDS, data=st.data())
def test_a_newer_upstream_reads_and_writes_the_same_module(iree: Upstream, jaxlib: Upstream, seed, data):
    form = data.draw(st.sampled_from(["generic", "pretty"]))
    module = module_of(seed, registered=False)
    text = operation_text(module, generic=True)
    theirs = iree.text(text, form, unregistered=True)
    again = parse_module_op(theirs, allow_unregistered=True)
    verify(again)
    # They number some aliases in another order. jaxlib writes both texts in the same way.
    assert jaxlib.text(operation_text(again), "pretty", unregistered=True) == jaxlib.text(
        text, "pretty", unregistered=True
    )


def is_readable(upstream: Upstream, text: str) -> bool:
    """Whether upstream reads its own text: not where it defines at the end a location that an attribute refers to."""
    try:
        upstream.read(text, unregistered=True)
    except Refused as error:
        assert "undefined symbol alias" in str(error)
        return False
    return True
