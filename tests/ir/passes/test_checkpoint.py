"""Stopping and going on by text, and reproducers: nothing is lost on the way, and damage is told."""

from __future__ import annotations

import re
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import couloir
from couloir.ir.attributes import StringAttr
from couloir.ir.errors import Error
from couloir.ir.operation import Operation
from couloir.ir.passes import Pass, PassContext, PassPipeline
from couloir.ir.passes.checkpoint import (
    Checkpoint,
    Reproducing,
    checkpoint_text,
    read_checkpoint,
)
from couloir.ir.text.printer import operation_text
from couloir.passes.pipelines import HLO_TO_LOOPS, ONNX_TO_HLO


@attrs.frozen
class Tag(Pass, name="cp-tag"):
    """Appends a letter to the attribute `tags` of an op."""

    letter: str = "a"

    def run(self, op: Operation, context: PassContext) -> None:
        tags = op.attributes.get("test.tags", StringAttr(""))
        assert isinstance(tags, StringAttr)
        op.attributes["test.tags"] = StringAttr(tags.value + self.letter)


@attrs.frozen
class FailAt(Pass, name="cp-fail"):
    """Fails where the attribute says so, in one way or the other."""

    bug: bool = False

    def run(self, op: Operation, context: PassContext) -> None:
        for inner in op.walk():
            if "test.fail" in inner.attributes:
                if self.bug:
                    raise ZeroDivisionError("by nothing")
                raise Error("cannot do this", where=inner.location.label)


TWO = """
module {
  func.func @one(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }
  func.func @two(%x: tensor<4xf32>) -> tensor<4xf32> attributes {test.fail} { return %x : tensor<4xf32> }
}
"""


# -- cutting pipelines -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "after", "head", "tail"),
    [
        ("cse,dce,canonicalize", 1, "cse", "dce,canonicalize"),
        ("cse,dce,canonicalize", "dce", "cse,dce", "canonicalize"),
        ("cse,dce,cse", "cse", "cse", "dce,cse"),
        ("cse,dce,cse", "3", "cse,dce,cse", ""),
        ("cse,dce", 0, "", "cse,dce"),
        ("func.func(cse,dce),dce", 1, "func.func(cse)", "func.func(dce),dce"),
        ("func.func(cse,scf.if(dce,cse)),dce", 2, "func.func(cse,scf.if(dce))", "func.func(scf.if(cse)),dce"),
        ("func.func(cse,dce),dce", 2, "func.func(cse,dce)", "dce"),
    ],
)
def test_a_pipeline_is_cut_behind_a_pass(text: str, after: int | str, head: str, tail: str) -> None:
    first, rest = PassPipeline.parse(text).split(after)
    assert (str(first), str(rest)) == (head, tail)


@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("ccse", "did you mean `cse`"),
        ("zzz", "1 cse, 2 dce"),
        (3, "no pass number 3"),
        ("0", "no pass number 0"),
        (-1, "no pass number -1"),
    ],
)
def test_a_pass_that_is_not_there_is_an_error(which: int | str, said: str) -> None:
    with pytest.raises(Error, match=re.escape(said)):
        PassPipeline.parse("cse,dce").run(couloir.parse(TWO), stop_after=which)


def test_a_run_can_start_and_stop_anywhere() -> None:
    module = couloir.parse(TWO)
    pipeline = PassPipeline.parse("cp-tag{letter=a},func.func(cp-tag{letter=b},cp-tag{letter=c}),cp-tag{letter=d}")
    report = pipeline.run(module, start_at=3, stop_after=4)
    assert module.attributes["test.tags"] == StringAttr("d")
    assert [op.attributes["test.tags"].value for op in module.body_region.ops] == ["c", "c"]
    assert [(run.position, run.total) for run in report.runs] == [(3, 4), (3, 4), (4, 4)]
    with pytest.raises(Error, match="cannot start at pass 3 and stop after pass 2"):
        pipeline.run(module, start_at=3, stop_after=2)


SOURCES = {
    "onnx": (lambda: couloir.load("labs/data/lenet.onnx", dims={"N": 1}), ONNX_TO_HLO + HLO_TO_LOOPS),
    "nested": (
        lambda: couloir.parse(TWO),
        PassPipeline.parse("func.func(canonicalize,cse,cp-tag{letter=x}),cp-tag,func.func(cp-tag{letter=y},dce)"),
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_stopping_and_going_on_by_text_gives_what_one_run_gives(name: str) -> None:
    """At every cut of every standard pipeline."""
    make, pipeline = SOURCES[name]
    whole = make()
    runs = pipeline.run(whole).runs
    expected = operation_text(whole, locations=True)
    module = make()
    for cut in range(max(run.position for run in runs)):
        if cut:
            pipeline.run(module, start_at=cut, stop_after=cut)
        head, tail = pipeline.split(cut)
        text = checkpoint_text(module, Checkpoint(pipeline=str(tail), done=str(head)))
        again, found = read_checkpoint(text)
        assert (found.pipeline, found.done, found.edited) == (str(tail), str(head), False)
        assert operation_text(again, locations=True) == operation_text(module, locations=True)
        found.pipelines()[1].run(again)
        assert operation_text(again, locations=True) == expected, f"cut after {cut}"


# -- reproducers -----------------------------------------------------------------------------------------------------------


def failing(pipeline: str, module: Operation | None = None) -> tuple[Exception, str]:
    texts: list[str] = []
    with pytest.raises((Error, ZeroDivisionError)) as caught:
        PassPipeline.parse(pipeline).run(
            module or couloir.parse(TWO),
            instrumentations=[Reproducing(lambda text, error: texts.append(text) or "here.mlir")],
        )
    (text,) = texts
    return caught.value, text


@attrs.frozen
class Breaks(Pass, name="cp-breaks"):
    """Leaves IR that does not verify."""

    def run(self, op: Operation, context: PassContext) -> None:
        for inner in op.walk():
            if inner.name == "func.func":
                inner.attributes["function_type"] = StringAttr("none")


def test_ill_formed_ir_is_reproduced_from_before_the_pass_that_left_it() -> None:
    error, text = failing("cp-tag,cp-breaks")
    assert "the pass `cp-breaks` (number 2) left ill-formed IR" in str(error)
    module, checkpoint = read_checkpoint(text)
    with pytest.raises(Error, match=r"the pass `cp-breaks` .* left ill-formed IR"):
        checkpoint.pipelines()[1].run(module)


@pytest.mark.parametrize("bug", [False, True])
def test_a_failure_leaves_the_ir_before_it_and_fails_again(bug: bool) -> None:
    error, text = failing(f"cp-tag,cp-fail{{bug={str(bug).lower()}}},cp-tag{{letter=b}}")
    module, checkpoint = read_checkpoint(text)
    assert module.attributes["test.tags"] == StringAttr("a")
    assert checkpoint.done == "cp-tag"
    assert checkpoint.pipeline.startswith("cp-fail") and checkpoint.pipeline.endswith(",cp-tag{letter=b}")
    assert checkpoint.failed == checkpoint.pipeline.split(",")[0]
    assert checkpoint.error == ("ZeroDivisionError: by nothing" if bug else "Error: cannot do this")
    assert re.search(r"couloir \S+, python \S+, numpy \S+", checkpoint.versions)
    notes = error.notes if isinstance(error, Error) else error.__notes__
    assert notes[-1] == "to see it again: couloir replay here.mlir"
    with pytest.raises(type(error)) as again:
        checkpoint.pipelines()[1].run(module)
    assert str(again.value).split("\n")[0] == str(error).split("\n")[0]


def test_a_failure_in_a_nested_pipeline_is_reproduced_from_before_that_pipeline() -> None:
    """The first function has been through all of it, the second fails in the middle."""
    _, text = failing("canonicalize,func.func(cp-tag,cp-fail,cp-tag{letter=b}),cp-tag{letter=c}")
    module, checkpoint = read_checkpoint(text)
    assert not any("test.tags" in op.attributes for op in module.walk())
    assert checkpoint.pipeline == "func.func(cp-tag,cp-fail,cp-tag{letter=b}),cp-tag{letter=c}"
    assert (checkpoint.done, checkpoint.failed) == ("canonicalize", "cp-fail")


def test_the_copy_is_from_right_before_the_pass_even_behind_passes_that_found_nothing() -> None:
    _, text = failing("scf.for(cse),cp-tag,cse,dce,cp-fail")
    module, checkpoint = read_checkpoint(text)
    assert module.attributes["test.tags"] == StringAttr("a")
    assert (checkpoint.done, checkpoint.pipeline) == ("scf.for(cse),cp-tag,cse,dce", "cp-fail")


def test_large_constants_and_unknown_ops_are_complete() -> None:
    import numpy as np

    weights = np.arange(5000, dtype=np.float32)
    module = couloir.parse(
        f"""
        func.func @main() -> tensor<5000xf32> attributes {{test.fail}} {{
          %w = stablehlo.constant dense<"0x{weights.tobytes().hex()}"> : tensor<5000xf32>
          "my.op"() : () -> ()
          return %w : tensor<5000xf32>
        }}""",
        allow_unregistered=True,
    )
    _, text = failing("cp-fail", module)
    again, checkpoint = read_checkpoint(text)
    assert checkpoint.allow_unregistered
    constant = next(op for op in again.walk() if op.name == "stablehlo.constant")
    np.testing.assert_array_equal(constant.attributes["value"].array, weights)


def test_a_reproducer_that_cannot_be_written_does_not_hide_the_failure() -> None:
    def write(text: str, error: Exception) -> str:
        raise Error("the disk is full")

    with pytest.raises(Error, match="cannot do this") as caught:
        PassPipeline.parse("cp-fail").run(couloir.parse(TWO), instrumentations=[Reproducing(write)])
    assert "the reproducer could not be written: the disk is full" in caught.value.notes


# -- damage and other versions ---------------------------------------------------------------------------------------------

WRITTEN = checkpoint_text(couloir.parse(TWO), Checkpoint(pipeline="cse,dce", failed="cse", error="Error: x"))


def test_what_was_written_is_read() -> None:
    _, found = read_checkpoint(WRITTEN)
    assert attrs.evolve(found, versions="") == Checkpoint(pipeline="cse,dce", failed="cse", error="Error: x")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t[: t.index("{-#")], "no pipeline stands beside the module"),
        (lambda t: t.replace("couloir: {", "other: {"), "no pipeline stands beside the module"),
        (lambda t: t[: t.index("digest")], "expected"),
        (
            lambda t: t.replace('format: "1"', 'format: "2"'),
            "it is written in format '2'; this version of Couloir reads format '1'",
        ),
        (lambda t: t.replace('format: "1"', "format: true"), "it is damaged: its format is missing"),
        (lambda t: t.replace('pipeline: "cse,dce"', "pipeline: true"), "it is damaged: `pipeline` is true or false"),
        (lambda t: t.replace("verify_each: true", 'verify_each: "yes"'), "it is damaged: `verify_each` is a text"),
        (lambda t: t.replace("pipeline:", "pipelin:"), "damaged, or of another version: it has an entry `pipelin`"),
        (lambda t: re.sub(r" *pipeline: .*\n", "", t), "it is damaged: the pipeline is missing"),
        (lambda t: t.replace("func.func @two", "func.fun @two"), "func.fun"),
        (lambda t: t.replace("tensor<4xf32>", "tensor<4x", 1), "there is no type"),
        (lambda t: "", "no pipeline stands beside"),
        (lambda t: "\x00\xff" * 50, "no pipeline stands beside"),
    ],
)
def test_damage_is_told(change, said: str) -> None:
    with pytest.raises(Error) as caught:
        read_checkpoint(change(WRITTEN), file="r.mlir")
    assert said in str(caught.value) and "r.mlir" in str(caught.value)


def test_every_truncation_is_an_error() -> None:
    for length in range(0, len(WRITTEN) - 2, 7):
        with pytest.raises(Error):
            read_checkpoint(WRITTEN[:length])


def test_a_text_of_another_version_says_so() -> None:
    text = WRITTEN.replace('written_by: "0.1.0"', 'written_by: "0.0.3"')
    assert text != WRITTEN
    _, found = read_checkpoint(text)
    assert found.written_by == "0.0.3"
    unknown = attrs.evolve(found, pipeline="old-pass,cse")
    with pytest.raises(Error, match=r"r.mlir.*there is no pass `old-pass`") as caught:
        unknown.pipelines(file="r.mlir")
    assert "it was written by Couloir 0.0.3; this is " in caught.value.notes[-1]
    with pytest.raises(Error) as caught:
        read_checkpoint(text.replace("func.func @two", "func.fun @two"))
    assert "it was written by Couloir 0.0.3" in caught.value.notes[-1]


@given(
    st.lists(
        st.tuples(st.integers(0, len(WRITTEN) - 1), st.sampled_from('{}"#-:,x0 \\\n\x00é')), min_size=1, max_size=4
    )
)
def test_damage_anywhere_is_an_error_or_is_noticed(changes: list[tuple[int, str]]) -> None:
    text = WRITTEN
    for place, character in changes:
        text = text[:place] + character + text[place + 1 :]
    try:
        module, found = read_checkpoint(text)
        found.pipelines()
    except Error:
        return
    same = text.rpartition("{-#")[0] == WRITTEN.rpartition("{-#")[0]
    assert found.edited or same
    assert module.name == "builtin.module"


def test_an_edited_module_is_noticed() -> None:
    assert read_checkpoint(WRITTEN.replace("@one", "@uno"))[1].edited


def test_other_tools_read_the_module() -> None:
    """With the parser of upstream MLIR, as it comes with jaxlib."""
    mlir = pytest.importorskip("jax._src.interpreters.mlir")
    ir = pytest.importorskip("jaxlib.mlir.ir")
    context = mlir.make_ir_context()
    context.allow_unregistered_dialects = True
    assert ir.Module.parse(WRITTEN, context).operation.verify()


def test_the_directory_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    failing("cp-fail")
    assert list(tmp_path.iterdir()) == []
