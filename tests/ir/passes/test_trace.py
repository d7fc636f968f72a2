"""Traces: what a recorder writes down, and that what is read back is what was written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.ir.errors import Error
from couloir.ir.passes import Pass, PassContext, PassPipeline
from couloir.ir.passes.trace import Edit, Trace, packed, unpacked
from couloir.ir.passes.trace_recorder import Recorder
from couloir.ir.rewriting import NoMatch, Rewriter, Rule, guard, rule
from couloir.passes.pipelines import Canonicalize, Cse

ROOT = Path(__file__).parents[3]
hlo: Any = pytest.importorskip("couloir.dialects.hlo")

TEXT = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = stablehlo.negate %x : tensor<4xf32> loc("first")
  %b = stablehlo.negate %a : tensor<4xf32> loc("second")
  %c = stablehlo.abs %b : tensor<4xf32> loc("third")
  %d = stablehlo.tanh %c : tensor<4xf32> loc("fourth")
  %e = stablehlo.add %d, %c : tensor<4xf32>
  return %e : tensor<4xf32>
}
func.func @other(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = stablehlo.tanh %x : tensor<4xf32>
  return %a : tensor<4xf32>
}
"""


class TraceDoubleNegate(Rule):
    """-(-x)  =>  x"""

    def pattern(x):
        return hlo.Negate(hlo.Negate(x))

    def rewrite(x):
        return x


class TraceTanhToCosine(Rule):
    """tanh(x)  =>  x, where x is no product"""

    def pattern(x):
        return hlo.Tanh(x)

    def where(x):
        return guard(x.defining_op is None or x.defining_op.name != "stablehlo.multiply", "x is a product")

    def rewrite(x):
        return hlo.Cosine(x)


@rule
def trace_abs_to_sign(op: hlo.Abs, rewriter: Rewriter) -> None:
    """|x|  =>  x * sign(x)"""
    if op.operands[0].defining_op is not None:
        raise NoMatch("x is computed")
    rewriter.replace(op, hlo.Multiply(op.operands[0], hlo.Sign(op.operands[0])))


@attrs.frozen
class _Rules(Pass, name="trace-test-rules"):
    """The rules above."""

    def run(self, op: Any, context: PassContext) -> None:
        context.apply(op, [TraceDoubleNegate, TraceTanhToCosine, trace_abs_to_sign])
        context.notes.append("done")


@attrs.frozen
class _Fails(Pass, name="trace-test-fails"):
    """Changes something and fails."""

    def run(self, op: Any, context: PassContext) -> None:
        context.apply(op, [TraceDoubleNegate])
        raise Error("it is too late")


def record(text: str, pipeline: PassPipeline, **options: Any) -> Trace:
    recorder = Recorder()
    module = couloir.parse(text)
    pipeline.run(module, instrumentations=[recorder], **options)
    return recorder.trace("test")


def changed(trace: Trace, number: int) -> tuple[list[str], list[str]]:
    """The lines that are only in the text before, and only in the text after, a pass."""
    before, after = trace.text(number - 1).splitlines(), trace.text(number).splitlines()
    return [t.strip() for t in before if t not in after], [t.strip() for t in after if t not in before]


def test_an_application_has_its_equation_places_and_texts() -> None:
    trace = record(TEXT, PassPipeline.of(_Rules()))
    (run,) = trace.passes
    assert (run.text, run.summary, run.target, run.notes) == (
        "trace-test-rules", "The rules above.", "builtin.module", ("done",),
    )  # fmt: skip
    negate = next(a for a in run.applications if a.rule == "TraceDoubleNegate")
    assert trace.equations["TraceDoubleNegate"] == "-(-x)  =>  x"
    assert negate.op == "stablehlo.negate" and negate.location == "second" and negate.microseconds > 0
    assert negate.before == "%a = stablehlo.negate %x : tensor<4xf32>\n%b = stablehlo.negate %a : tensor<4xf32>"
    assert negate.after == "" and negate.lines_after == ()
    assert trace.text(0).splitlines()[negate.line or 0].strip().startswith("%b = stablehlo.negate")
    sign = next(a for a in run.applications if a.rule == "trace_abs_to_sign")
    assert "stablehlo.multiply" in sign.after
    found = [trace.text(1).splitlines()[line].split(" = ")[1].split()[0] for line in sign.lines_after]
    assert found == ["stablehlo.sign", "stablehlo.multiply"]


def test_a_near_miss_has_the_guards_reason_and_its_place() -> None:
    (run,) = record(TEXT, PassPipeline.of(_Rules())).passes
    misses = {(m.rule, m.reason): m for m in run.near_misses}
    guarded = misses["TraceTanhToCosine", "x is a product"]
    assert guarded.places[0].location == "fourth" and guarded.depth == 2
    inner = misses["TraceDoubleNegate", "the pattern wants a result of `stablehlo.negate`, here is a block argument"]
    assert inner.depth < guarded.depth
    depths = [m.depth for m in run.near_misses]
    assert depths == sorted(depths, reverse=True)
    counts = {r.rule: r for r in run.rules}
    assert counts["TraceTanhToCosine"].hits == 1 and counts["TraceTanhToCosine"].misses == guarded.count


def test_only_what_changed_has_other_text() -> None:
    trace = record(TEXT, PassPipeline.of(_Rules()))
    gone, new = changed(trace, 1)
    assert gone == [
        "%a = stablehlo.negate %x : tensor<4xf32>",
        "%b = stablehlo.negate %a : tensor<4xf32>",
        "%c = stablehlo.abs %b : tensor<4xf32>",
        "%a = stablehlo.tanh %x : tensor<4xf32>",
    ]
    # The values of @main that were not touched keep their names, and the new product takes over the name that it replaces.
    assert [text.split(" = ")[0] for text in new] == ["%0", "%c", "%a"]


def test_a_pass_that_changes_nothing_adds_no_text() -> None:
    trace = record(TEXT, PassPipeline.of(Cse(), Cse()))
    assert not trace.passes[0].changed and trace.passes[0].edit == Edit() and trace.text(2) == trace.text(0)


def test_nested_pipelines_are_traced_per_function() -> None:
    trace = record(TEXT, PassPipeline.parse("func.func(trace-test-rules)"))
    assert [p.target for p in trace.passes] == ["func.func @main", "func.func @other"]
    assert changed(trace, 2) == (
        ["%a = stablehlo.tanh %x : tensor<4xf32>"],
        ["%a = stablehlo.cosine %x : tensor<4xf32>"],
    )
    whole = record(TEXT, PassPipeline.of(_Rules()))
    assert trace.text(2) == whole.text(1)


def test_a_failing_pass_is_in_the_trace() -> None:
    recorder = Recorder()
    with pytest.raises(Error, match="too late"):
        PassPipeline.of(Cse(), _Fails()).run(couloir.parse(TEXT), instrumentations=[recorder])
    run = recorder.trace().passes[-1]
    assert "it is too late" in run.error and len(run.applications) == 1
    assert "negate" not in recorder.trace().text(2)


def test_the_recorder_passes_events_on() -> None:
    seen: list[str] = []
    trace = record(TEXT, PassPipeline.of(_Rules()), listener=lambda event: seen.append(event.rule))
    assert seen == [a.rule for a in trace.passes[0].applications]


def test_large_constants_stand_beside_the_text() -> None:
    numbers = ", ".join(f"{i}.0" for i in range(20))
    many = ", ".join(str(i % 7) for i in range(2000))
    trace = record(
        f"""func.func @main() -> (tensor<20xf32>, tensor<20xf32>, tensor<2000xi8>) {{
          %a = stablehlo.constant dense<[{numbers}]> : tensor<20xf32>
          %b = stablehlo.constant dense<[{numbers.replace("19.0", "7.0")}]> : tensor<20xf32>
          %c = stablehlo.constant dense<[{many}]> : tensor<2000xi8>
          return %a, %b, %c : tensor<20xf32>, tensor<20xf32>, tensor<2000xi8>
        }}""",
        PassPipeline(),
    )
    assert [f"__elided_{i}__" in trace.text(0) for i in range(4)] == [True, True, True, False]
    first, second, third = trace.constants
    assert first.whole and first.text.startswith("[ 0.,  1.,  2.") and first.summary == "min 0, max 19, mean 9.5"
    assert second.text != first.text
    assert not third.whole and "..." in third.text and third.type == "tensor<2000xi8>"


def test_regions_and_several_results_have_stable_names() -> None:
    trace = record(
        """func.func @main(%n: tensor<i32>, %x: tensor<4xf32>) -> tensor<4xf32> {
          %zero = stablehlo.constant dense<0> : tensor<i32>
          %r:2 = "stablehlo.while"(%zero, %x) ({
          ^bb0(%i: tensor<i32>, %v: tensor<4xf32>):
            %p = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
            stablehlo.return %p : tensor<i1>
          }, {
          ^bb0(%i: tensor<i32>, %v: tensor<4xf32>):
            %q = stablehlo.negate %v : tensor<4xf32>
            %w = stablehlo.negate %q : tensor<4xf32>
            stablehlo.return %i, %w : tensor<i32>, tensor<4xf32>
          }) : (tensor<i32>, tensor<4xf32>) -> (tensor<i32>, tensor<4xf32>)
          return %r#1 : tensor<4xf32>
        }""",
        PassPipeline.of(_Rules()),
    )
    gone, new = changed(trace, 1)
    assert [text.split(" = ")[0] for text in gone] == [
        "%q",
        "%w",
        "stablehlo.return %i_1, %w : tensor<i32>, tensor<4xf32>",
    ]
    assert new == ["stablehlo.return %i_1, %v_1 : tensor<i32>, tensor<4xf32>"]
    line = next(line for line in trace.lines if line.op == "stablehlo.while")
    assert line.results == ("%r#0", "%r#1") and line.arguments == ("%i", "%v", "%i_1", "%v_1") and line.depth == 2


@pytest.mark.parametrize("pipeline", ["onnx-to-hlo", "onnx-to-hlo,dot-layout"])
def test_new_ops_have_the_text_that_they_have_in_the_whole(pipeline: str) -> None:
    trace = couloir.trace(ROOT / "labs/data/lenet.onnx", pipeline, dims={"N": 1})
    text = trace.text(len(trace.passes)).splitlines()
    shown = [a for a in trace.passes[-1].applications if len(a.lines_after) == len(a.after.splitlines())]
    assert shown
    for application in shown:
        assert [text[line].strip() for line in application.lines_after] == application.after.splitlines()
    assert all(application.before and application.line is not None for application in shown)
    assert "%conv1 = stablehlo" in trace.text(1) and "%relu1 = stablehlo" in trace.text(1)  # names of the file


# -- files


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trace") / "t.json"
    record(TEXT, PassPipeline.of(_Rules(), Canonicalize())).save(path)
    return path


def test_a_trace_is_read_as_it_was_written(saved: Path) -> None:
    trace = record(TEXT, PassPipeline.of(_Rules(), Canonicalize()))
    loaded = Trace.load(saved)
    assert loaded.lines == trace.lines and loaded.before == trace.before and loaded.equations == trace.equations
    assert [p.applications[0].before for p in loaded.passes[:1]] == [p.applications[0].before for p in trace.passes[:1]]
    assert "TraceDoubleNegate" in str(loaded)


def test_another_version_says_so(saved: Path, tmp_path: Path) -> None:
    content = json.loads(saved.read_text())
    path = tmp_path / "new.json"
    path.write_text(json.dumps({**content, "version": 99, "couloir": "7.1"}))
    with pytest.raises(
        Error, match=r"a trace of version 99, written by Couloir 7\.1; this is Couloir .* reads version 1"
    ):
        Trace.load(path)


def test_what_is_no_trace_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for content in (b"", b"{", b"[]", b"\xff\x00", b'"text"', b'{"format": "other"}', b"[" * 100_000):
        path.write_bytes(content)
        with pytest.raises(Error, match="not a trace"):
            Trace.load(path)
    with pytest.raises(Error, match="cannot read"):
        Trace.load(tmp_path / "missing.json")
    with pytest.raises(Error, match="cannot read"):
        Trace.load(tmp_path)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


@given(data=st.data())
def test_a_damaged_trace_says_so(saved: Path, data: st.DataObject) -> None:
    """Any one value is replaced or removed: the file is refused with an Error, or was still a trace."""
    content = json.loads(saved.read_text())
    path = data.draw(st.sampled_from(places(content)[1:]))
    holder = content
    for key in path[:-1]:
        holder = holder[key]
    odd = st.sampled_from([None, -1, 10**9, 10**30, 1.5, float("inf"), "x", [], {}, [[0, 1]], True, {"a": 1}])
    if data.draw(st.booleans()):
        del holder[path[-1]]
    else:
        holder[path[-1]] = data.draw(odd)
    try:
        trace = Trace.of_json(json.dumps(content))
    except Error as error:
        assert "trace" in str(error)
    else:
        assert trace.text(len(trace.passes)) is not None and str(trace)


@given(st.lists(st.integers(0, 50)))
def test_runs_hold_the_numbers(numbers: list[int]) -> None:
    assert unpacked(packed(numbers)) == tuple(numbers)


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)), st.integers(0, 3))
def test_an_edit_makes_the_one_text_of_the_other(old: list[int], new: list[int], start: int) -> None:
    text = [9] * start + old
    edit = Edit.between(old, new, start)
    edit.apply(text)
    assert text == [9] * start + new
    assert (edit == Edit()) == (old == new)


def test_passes_on_many_functions_add_little_each() -> None:
    functions = "\n".join(
        f"""func.func private @f{i}(%x: tensor<4xf32>) -> tensor<4xf32> {{
          %a = stablehlo.negate %x : tensor<4xf32>
          %b = stablehlo.negate %a : tensor<4xf32>
          return %b : tensor<4xf32>
        }}"""
        for i in range(30)
    )
    trace = record(functions, PassPipeline.parse("func.func(trace-test-rules)"))
    assert len(trace.passes) == 30
    assert all(run.edit.end - run.edit.start == 3 and run.edit.lines[0][1] == 1 for run in trace.passes)
    assert trace.text(30) == record(functions, PassPipeline.parse("trace-test-rules")).text(1)


def test_a_conversion_says_what_became_of_each_op() -> None:
    trace = couloir.trace(ROOT / "labs/data/lenet.onnx", to="loops", dims={"N": 1})
    lowering = next(run for run in trace.passes if run.name == "hlo-to-loops")
    by_rule = {a.rule: a for a in lowering.applications}
    assert by_rule["convolution"].before.startswith("%") and "stablehlo.convolution" in by_rule["convolution"].before
    assert any("call @dot_general" in a.after for a in lowering.applications)
    assert all(a.after != a.before for a in lowering.applications)  # one that another op's loops compute leaves nothing
