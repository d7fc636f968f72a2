"""Damaged text: any text gives a module that verifies, or a `couloir.Error`."""

from __future__ import annotations

import random
import re

from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.frontends.hlo_text import parse
from couloir.frontends.hlo_text.importer import PLUMBING
from couloir.frontends.hlo_text.node import RULES
from tests.frontends.hlo_text.test_importer import FUSED
from tests.frontends.hlo_text.test_syntax import FRAMES, OLDER

TOKEN = re.compile(r"[A-Za-z_][\w.-]*|-?\d+|\s+|.", re.DOTALL)
NUMBERS = ("0", "-1", "1", "2", "5", "100", str(2**31), str(2**62), "9" * 30)
PIECES = (
    "{",
    "}",
    "(",
    ")",
    '"',
    ",",
    "=",
    "nan",
    "{}",
    "?",
    "<=",
    "f32[2]",
    "token[]",
    "()",
    "ROOT",
    "%",
    "/*",
    "//",
    "\0",
)

MANY = """HloModule m, is_scheduled=true
add { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT c = f32[] add(a, b) }
less { a = f32[] parameter(0)
  b = f32[] parameter(1)
  ROOT c = pred[] compare(a, b), direction=LT }
go { a = (s32[], f32[4]) parameter(0)
  i = s32[] get-tuple-element(a), index=0
  n = s32[] constant(3)
  ROOT c = pred[] compare(i, n), direction=LT }
step { a = (s32[], f32[4]) parameter(0)
  i = s32[] get-tuple-element(a), index=0
  x = f32[4] get-tuple-element(a), index=1
  ROOT t = (s32[], f32[4]) tuple(i, x) }
id { ROOT a = f32[4] parameter(0) }
ENTRY e {
  x = f32[4]{0} parameter(0)
  m = f32[2,3]{1,0} parameter(1)
  i = s32[] constant(1)
  z = f32[] constant(0)
  t = (s32[], f32[4]) tuple(i, x)
  w = (s32[], f32[4]) while(t), condition=go, body=step
  s = f32[4] sort(x), dimensions={0}, is_stable=true, to_apply=less
  r = f32[2] reduce(m, z), dimensions={1}, to_apply=add
  v = f32[2] reduce-window(x, z), window={size=2 stride=2 pad=0_0}, to_apply=add
  u = f32[4] select-and-scatter(x, v, z), window={size=2 stride=2}, select=less, scatter=add
  d = f32[2,2] dot(m, m), lhs_contracting_dims={1}, rhs_contracting_dims={1}, operand_precision={high,default}
  q = f32[3,2] transpose(m), dimensions={1,0}, sharding={replicated}
  b = f32[2,3]{0,1} bitcast(q)
  p = f32[5] pad(x, z), padding=0_1_0
  g = f32[2,3] gather(m, i), offset_dims={0,1}, collapsed_slice_dims={}, start_index_map={0}, index_vector_dim=0, slice_sizes={2,3}
  h = f32[4] scatter(x, i, z), update_window_dims={}, inserted_window_dims={0}, scatter_dims_to_operand_dims={0}, index_vector_dim=0, to_apply=add
  k = (f32[2], s32[2]) topk(x), k=2, largest=true
  c = f32[4] conditional(i, x, x), branch_computations={id, id}
  y = f32[1,3,2] reshape(m)
  l = f32[2,2,1] constant({{{1},{2}},{{3},{4}}})
  o = f32[1,2,1] convolution(y, l), window={size=2}, dim_labels=b0f_0io->b0f
  j = c64[3] fft(x), fft_type=RFFT, fft_length={4}
  f = f32[4] fusion(c), kind=kLoop, calls=id, metadata={op_name="a" source_file="b" source_line=3}
  a = f32[4] custom-call(f), custom_call_target="foo", backend_config={"a":[1]}, api_version=API_VERSION_ORIGINAL
  n = f32[4] all-reduce(a), replica_groups={{0,1}}, channel_id=1, use_global_device_ids=true, to_apply=add
  ROOT e = (f32[4], c64[3], f32[1,2,1]) tuple(n, j, o)
}
"""
"""Most forms that attributes have."""

TEXTS = (FUSED, OLDER, FRAMES, MANY)
TOKENS = [TOKEN.findall(text) for text in TEXTS]


def read_or_refused(text: str) -> bool:
    """Whether the text is read. Raises whatever is no `couloir.Error`."""
    try:
        couloir.verify(parse(text))
    except couloir.Error:
        return False
    return True


def damaged(tokens: list[str], source: random.Random) -> str:
    tokens = list(tokens)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        at, other = source.randrange(len(tokens)), source.randrange(len(tokens))
        match source.randrange(7):
            case 0:
                del tokens[at]
            case 1:
                tokens[at] = tokens[other]
            case 2:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 3:
                del tokens[at : at + source.randrange(20)]
            case 4:
                tokens[at:at] = tokens[at : at + source.randrange(20)]
            case 5:
                tokens[at] = source.choice(PIECES)
            case _:
                numbers = [place for place, token in enumerate(tokens) if token.lstrip("-").isdigit()]
                if numbers:
                    tokens[source.choice(numbers)] = source.choice(NUMBERS)
    return "".join(tokens)


def test_the_texts_are_whole() -> None:
    assert all(map(read_or_refused, TEXTS))


@given(st.integers(0, len(TEXTS) - 1), st.randoms(use_true_random=False))
def test_damaged_text_is_read_or_refused(number: int, source: random.Random) -> None:
    read_or_refused(damaged(TOKENS[number], source))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    read_or_refused(text)
    read_or_refused("HloModule m\nENTRY e {" + text)


def test_text_cut_anywhere_but_behind_a_computation_is_refused() -> None:
    """Without `ENTRY` the last computation is the program, as for XLA."""
    cut = [FUSED[:end] for end in range(len(FUSED.rstrip()))]
    assert all(
        text.rstrip().endswith("}") and text.count("{") == text.count("}") for text in filter(read_or_refused, cut)
    )


KINDS = (
    "f32[4]{0}",
    "s32[]",
    "pred[]",
    "token[]",
    "()",
    "(f32[4], s32[])",
    "f32[2,3]{0,1}",
    "f32[<=4]",
    "u32[2]",
    "f32[]",
)
SHAPES = (*KINDS, "((f32[4]), f32[4])", "(f32[4], u32[], token[])", "pred[4]", "f32[2,3]{1,0}", "s32[4]")
ATTRIBUTES = sorted(set(re.findall(r", (\w+)=(\{[^ ]*\}|\{size[^}]*\}|[^,\s{]+)(?=[,\n])", MANY)))


@given(st.sampled_from(sorted({*RULES, *PLUMBING, "slice-start", "slice-update", "slice-done"})), st.data())
def test_operands_and_attributes_of_any_kind_are_taken_or_refused(opcode: str, data: st.DataObject) -> None:
    attributes = dict(data.draw(st.permutations(ATTRIBUTES)))
    for key in data.draw(st.lists(st.sampled_from(sorted(attributes)), max_size=3)):
        attributes.pop(key, None)
    more = "".join(f", {key}={value}" for key, value in attributes.items())
    parameters = "\n".join(f"p{number} = {kind} parameter({number})" for number, kind in enumerate(KINDS))
    head = MANY[: MANY.index("ENTRY")]
    for _ in range(5):
        first = data.draw(st.integers(0, len(KINDS) - 1))
        others = st.lists(st.one_of(st.just(first), st.integers(0, len(KINDS) - 1)), max_size=3)
        operands = [first, *data.draw(others)] if data.draw(st.integers(0, 9)) else []
        shape = data.draw(st.one_of(st.just(KINDS[first]), st.sampled_from(SHAPES)))
        listed = ", ".join(f"p{operand}" for operand in operands)
        read_or_refused(f"{head}\nENTRY e {{\n{parameters}\nROOT r = {shape} {opcode}({listed}){more}\n}}")
