"""Programs of JAX: XLA's text of them, before and after optimization, computes what JAX computes."""

from __future__ import annotations

import re
from typing import Any

import jax
import numpy as np
import pytest
from jaxlib import _hlo

import couloir
from couloir.frontends.hlo_text import parse, read
from couloir.frontends.hlo_text.importer import PLUMBING
from couloir.frontends.hlo_text.node import RULES
from tests.frontends.hlo_text.jax.programs import EXACT_TERMS, PROGRAMS, TERMS
from tests.frontends.jax.comparing import arrays, same

IRREGULAR = {
    "clz": "count-leading-zeros",
    "cos": "cosine",
    "exp": "exponential",
    "expm1": "exponential-minus-one",
    "log1p": "log-plus-one",
    "optimization-barrier": "opt-barrier",
    "population-count": "popcnt",
    "sin": "sine",
    "top-k": "topk",
}


def opcode_name(member: Any) -> str:
    """The opcode as the text says it."""
    words = re.findall(r"[A-Z][a-z]*(?:[0-9]p?)?", str(member).removeprefix("HloOpcode.").removeprefix("k"))
    name = "-".join(word.lower() for word in words)
    return IRREGULAR.get(name, name)


def texts(f: Any, args: Any) -> tuple[dict[str, str], list[np.ndarray]]:
    """The text before and after optimization, with large constants, and the results."""
    lowered = jax.jit(f, keep_unused=True).lower(*args)
    compiled = lowered.compile()
    options = _hlo.HloPrintOptions()
    options.print_large_constants = True
    after = compiled.runtime_executable().hlo_modules()[0].to_string(options)
    return {"before": lowered.as_text(dialect="hlo"), "after": after}, arrays(compiled(*args))


@pytest.mark.parametrize("name", PROGRAMS)
def test_text_computes_what_jax_computes(name: str) -> None:
    f, args = PROGRAMS[name]
    given, expected = texts(f, args)
    for stage, text in given.items():
        module = parse(text, file=f"{stage}.hlo")
        found = couloir.run(module, *arrays(args))
        assert len(found) == len(expected)
        for mine, theirs in zip(found, expected, strict=True):
            assert not same(mine, theirs, TERMS.get(name, EXACT_TERMS)), stage
        printed = str(module)
        assert str(couloir.parse(printed)) == printed


def test_every_instruction_is_read_as_xla_reads_it() -> None:
    for f, args in list(PROGRAMS.values())[::4]:
        for text in texts(f, args)[0].values():
            mine, theirs = read(text), _hlo.hlo_module_from_text(text)
            assert {c.name for c in theirs.computations()} == set(mine.computations)
            for computation in theirs.computations():
                found = {i.name: i for i in mine.computations[computation.name].instructions}
                instructions = computation.instructions()
                assert {i.name for i in instructions} == set(found)
                for instruction in instructions:
                    own = found[instruction.name]
                    assert own.opcode == opcode_name(instruction.opcode)
                    assert own.operands == [operand.name for operand in instruction.operands()]


def test_every_opcode_of_xla_is_read() -> None:
    known = {opcode_name(name) for name in dir(_hlo.HloOpcode) if name.startswith("k")}
    known -= {"all-gather-done", "all-gather-start", "collective-permute-done", "collective-permute-start"}
    assert known <= {*RULES, *PLUMBING}
