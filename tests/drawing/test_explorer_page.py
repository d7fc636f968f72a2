"""What the explorer's page is made of: differences, graphs, and that a model's texts stay texts."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.drawing.explorer import graphs as explorer_graphs
from couloir.drawing.explorer import page, payload
from couloir.drawing.explorer.difference import changes, split_by
from couloir.ir.errors import Error

ROOT = Path(__file__).parents[2]

PROGRAM = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<4xf32>
  %a = stablehlo.subtract %x, %zero : tensor<4xf32> loc("first")
  %b = stablehlo.tanh %a : tensor<4xf32> loc("second")
  return %b : tensor<4xf32>
}
func.func @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = stablehlo.tanh %x : tensor<4xf32>
  return %a : tensor<4xf32>
}
"""


def trace_of(text: str, pipeline: str = "canonicalize", **options: Any) -> couloir.Trace:
    return couloir.trace(couloir.parse(text), pipeline, name="test", **options)


# -- differences


@given(st.lists(st.integers(0, 9), max_size=40), st.lists(st.integers(0, 9), max_size=40))
def test_the_changes_make_the_one_of_the_other(a: list[int], b: list[int]) -> None:
    made: list[int] = []
    i = 0
    for i1, i2, j1, j2 in changes(a, b):
        assert i1 < i2 or j1 < j2
        made += a[i:i1] + b[j1:j2]
        i = i2
    assert made + a[i:] == b


@given(st.lists(st.integers(), unique=True, min_size=1, max_size=60), st.data())
def test_lines_that_stay_are_found_among_distinct_ones(a: list[int], data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(a) - 1))
    assert changes(a, a[:gone] + a[gone + 1 :]) == [(gone, gone + 1, gone, gone)]
    assert changes(a, [*a[:gone], None, *a[gone:]]) == [(gone, gone, gone, gone + 1)]


def test_long_texts_without_unique_lines_do_not_take_forever() -> None:
    a, b = [i % 7 for i in range(30_000)], [i % 5 for i in range(30_000)]
    assert changes(a, b)


def test_what_was_lowered_stands_beside_what_it_became() -> None:
    old, new = ["p", "q", "", "r"], ["p", "p", "q", "", "s", "r"]
    assert list(split_by((0, 4, 0, 6), old.__getitem__, new.__getitem__)) == [
        (0, 1, 0, 2),
        (1, 2, 2, 3),
        (2, 3, 3, 5),
        (3, 4, 5, 6),
    ]


@given(st.lists(st.sampled_from("pqr ")), st.lists(st.sampled_from("pqr ")))
def test_splitting_a_change_loses_nothing(old: list[str], new: list[str]) -> None:
    i = j = 0
    for i1, i2, j1, j2 in split_by((0, len(old), 0, len(new)), lambda n: old[n].strip(), lambda n: new[n].strip()):
        assert (i1, j1) == (i, j)
        i, j = i2, j2
    assert (i, j) == (len(old), len(new))


# -- graphs


def titles(picture: dict[str, Any]) -> list[str]:
    return [node[7][0][2] for node in picture["nodes"]]


def test_a_function_that_stays_as_it_is_is_drawn_once() -> None:
    found = payload(trace_of(PROGRAM, "canonicalize,cse"))
    drawn = [titles(picture) for picture in found["graphs"]]
    assert drawn == [["%x", "subtract", "tanh", "return"], ["%x", "tanh", "return"], ["%x", "tanh", "return"]]
    assert sorted(found["whole"].values()) == [0, 1, 2]
    assert found["parts"] == [[{}, {}], [{}, {}]]


def test_wires_follow_values_and_constants_are_in_the_boxes_of_their_users() -> None:
    picture = payload(trace_of(PROGRAM))["graphs"][0]
    assert titles(picture) == ["%x", "subtract", "tanh", "return"]
    ids = [node[0] for node in picture["nodes"]]
    assert [edge[:2] for edge in picture["edges"]] == [[a, b] for a, b in pairwise(ids)]
    assert "operand 1: 4xf32" in [text[2] for text in picture["nodes"][1][7]]


def test_regions_are_clusters() -> None:
    trace = trace_of(
        """func.func @main(%a: memref<8x4xf32>) {
          affine.for %i = 0 to 8 {
            affine.for %j = 0 to 4 {
              %v = affine.load %a[%i, %j] : memref<8x4xf32>
              affine.store %v, %a[%i, %j] : memref<8x4xf32>
            }
          }
          return
        }""",
        "cse",
    )
    picture = payload(trace)["graphs"][0]
    assert titles(picture) == ["%a", "load", "store", "return"]
    assert [texts[0][2] for *_, texts in picture["clusters"]] == ["affine.for %i = 0 to 8", "affine.for %j = 0 to 4"]


def test_of_a_large_function_what_is_around_the_changes_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer_graphs, "MAX_OPS", 8)
    chain = "\n".join(f"  %t{i + 1} = stablehlo.tanh %t{i} : tensor<4xf32>" for i in range(20))
    text = f"""func.func @main(%t0: tensor<4xf32>) -> tensor<4xf32> {{
{chain}
      %zero = stablehlo.constant dense<0.0> : tensor<4xf32>
      %s = stablehlo.subtract %t20, %zero : tensor<4xf32>
      %u = stablehlo.cosine %s : tensor<4xf32>
      return %u : tensor<4xf32>
    }}"""
    found = payload(trace_of(text))
    assert found["whole"] == {} and found["parts"] == [[{1: 0}, {1: 1}]]
    before, after = found["graphs"]
    assert "subtract" in titles(before) and before["part"] == [5, 23]
    assert "subtract" not in titles(after) and titles(after).count("tanh") < 8


def test_an_op_with_very_many_operands_has_some_wires(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explorer_graphs, "MAX_WIRES", 3)
    names = [f"%v{i}" for i in range(9)]
    negated = "\n".join(f"{name} = stablehlo.negate %x : tensor<f32>" for name in names)
    types = ", ".join(["tensor<f32>"] * 9)
    text = f'func.func @main(%x: tensor<f32>) {{\n{negated}\n"my.op"({", ".join(names)}) : ({types}) -> ()\nreturn\n}}'
    trace = couloir.trace(couloir.parse(text, allow_unregistered=True), "symbol-dce")
    (picture,) = payload(trace)["graphs"]
    assert len(picture["nodes"]) == 12 and len(picture["edges"]) == 9 + 3


# -- the page


def data_of(text: str) -> Any:
    found = re.search(r'<script id="trace" type="text/plain">([^<]*)</script>', text)
    assert found is not None
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


HOSTILE = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>"


def hostile_program() -> str:
    quoted = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    return f"""func.func @"{quoted}"(%x: tensor<4xf32>) -> tensor<4xf32> {{
      %a = "stablehlo.tanh"(%x) {{note = "{quoted}"}} : (tensor<4xf32>) -> tensor<4xf32> loc("{quoted}")
      %b = "stablehlo.tanh"(%a) : (tensor<4xf32>) -> tensor<4xf32> loc("&lt;{quoted}")
      return %b : tensor<4xf32>
    }}"""


def test_texts_of_a_model_do_not_occur_in_the_pages_markup() -> None:
    trace = couloir.trace(couloir.parse(hostile_program()), "cse", name=HOSTILE)
    text = page(trace)
    assert (
        "onerror=alert(2)>" not in text.replace(" = ", "=")
        and "alert(1)" not in text.replace("&lt;", "<").split("<style>")[1]
    )
    assert "<title>&lt;/script&gt;" in text
    content = data_of(text)
    assert content["trace"]["model"] == HOSTILE
    assert any(line["location"] == HOSTILE for line in content["trace"]["lines"])


def test_the_policy_forbids_the_network_and_other_scripts() -> None:
    text = page(trace_of(PROGRAM))
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy[1]
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


@given(data=st.data())
def test_whatever_a_trace_file_says_it_has_a_page_or_is_refused(data: st.DataObject) -> None:
    content = json.loads(json.dumps(trace_of(PROGRAM).to_json()))
    for path in data.draw(st.lists(st.sampled_from(places(content)), min_size=1, max_size=4, unique=True)):
        holder = content
        try:
            for key in path[:-1]:
                holder = holder[key]
            if path[-1] in holder or isinstance(holder, list):
                holder[path[-1]] = data.draw(
                    st.sampled_from(
                        [None, -1, 0, 3, 1 << 40, "x", "%x", "stablehlo.constant", [], [["x"]], [[0, 1]], ["%x"] * 3]
                    )
                )
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change took it away
    try:
        trace = couloir.Trace.of_json(json.dumps(content))
    except Error:
        return
    assert data_of(page(trace))["graphs"] is not None


def test_equal_traces_give_equal_pages() -> None:
    trace = trace_of(PROGRAM)
    assert page(trace) == page(trace)


def test_a_trace_without_passes_has_a_page() -> None:
    assert data_of(page(trace_of(PROGRAM, "")))["changes"] == []


def test_surrogates_and_nothing_at_all_are_shown() -> None:
    trace = trace_of('module attributes {a = "\\80\\FF"} {}', "cse")
    assert data_of(page(trace))["graphs"] == []


def test_a_page_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(Error, match="cannot write"):
        couloir.explore(trace_of(PROGRAM), tmp_path / "missing" / "x.html")


def test_the_wheel_has_the_parts_of_the_page(tmp_path: Path) -> None:
    wheel = pytest.importorskip("hatchling.builders.wheel")
    (path,) = wheel.WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(path).namelist()
    parts = sorted(p.name for p in (ROOT / "couloir/drawing/explorer/page").iterdir())
    assert parts == sorted(n.rpartition("/")[2] for n in names if n.startswith("couloir/drawing/explorer/page/"))
