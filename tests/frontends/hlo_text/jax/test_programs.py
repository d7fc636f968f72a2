"""Programs of JAX: XLA's text of them, before and after optimization, computes what JAX computes."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from jaxlib import _hlo

import couloir
from couloir.dialects.func import Call
from couloir.frontends.hlo_text import parse, read
from couloir.frontends.hlo_text.importer import PLUMBING
from couloir.frontends.hlo_text.node import RULES
from tests.frontends.hlo_text.jax.programs import EXACT_TERMS, PROGRAMS, TERMS
from tests.frontends.hlo_text.jax.xla import as_stablehlo, texts
from tests.frontends.jax.comparing import arrays, same

IN_XLAS_DIALECT = ("elementary functions", "top k")
"""Programs with instructions for which jaxlib has no op of StableHLO, where Couloir has one of CHLO."""

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


def ops_that_run(module: couloir.Module) -> Counter[str]:
    """How often each op stands in `@main` and what it calls. jaxlib makes `dot` of matrices, and results of foreign functions
    are tuples."""
    functions = {function.sym_name: function for function in module.functions}
    found: Counter[str] = Counter()
    called = ["main"]
    for name in called:
        for op in functions[name].walk():
            found[op.name] += 1
            if isinstance(op, Call) and op.callee not in called:
                called.append(op.callee)
    found["stablehlo.dot_general"] += found.pop("stablehlo.dot", 0)
    del found["stablehlo.get_tuple_element"]
    return +found


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
        if stage == "before" and name not in IN_XLAS_DIALECT:
            assert ops_that_run(module) == ops_that_run(couloir.parse(as_stablehlo(text)))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlp gradient", "k-means", "sort", "max pool gradient", "random normal"])
def test_optimized_text_computes_it_in_c(name: str) -> None:
    f, args = PROGRAMS[name]
    given, expected = texts(f, args)
    found = couloir.run(parse(given["after"]), *arrays(args), backend="c")
    for mine, theirs in zip(found, expected, strict=True):
        assert not same(mine, theirs, TERMS.get(name, EXACT_TERMS))


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


def test_other_ways_to_print_it_say_the_same() -> None:
    """XLA's options: computations inside each other, with `%` and types of operands, without metadata and layouts, ..."""
    plain = _hlo.HloPrintOptions
    flags = [
        *(("print_percent", flag) for flag in (False, True)),
        *(("print_operand_shape", flag) for flag in (False, True)),
        ("print_program_shape", False),
        ("print_metadata", False),
        ("print_backend_config", False),
        ("print_control_dependencies", True),
        ("include_layout_in_shapes", False),
        ("canonicalize_instruction_names", True),
        ("canonicalize_computations", True),
        ("indent_amount", 3),
    ]
    for name in ("nested loops", "layer norm"):
        f, args = PROGRAMS[name]
        given, expected = texts(f, args)
        for text in given.values():
            module = _hlo.hlo_module_from_text(text)
            ways = [plain.canonical(), plain.short_parsable()]
            for flag, value in flags:
                ways.append(plain())
                setattr(ways[-1], flag, value)
            for options in ways:
                for mine, theirs in zip(
                    couloir.run(parse(module.to_string(options)), *arrays(args)), expected, strict=True
                ):
                    assert not same(mine, theirs, EXACT_TERMS)
