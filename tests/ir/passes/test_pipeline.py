"""Pipelines: text and objects say the same, and a run checks, dumps, reports and names what failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from couloir.dialects.builtin import ModuleOp
from couloir.ir.attributes import UnitAttr
from couloir.ir.errors import Error, ParseError
from couloir.ir.operation import Block, Operation, Region, UnregisteredOp
from couloir.ir.passes import Instrumentation, Nested, Pass, PassContext, PassPipeline, PassRun, Report, find_pass
from couloir.ir.passes import base as passes_base
from couloir.ir.types import i32, i64


@attrs.frozen
class Options(Pass, name="pt-options"):
    """A pass with an option of each type."""

    count: int = 1
    ratio: float = 0.5
    on: bool = False
    mode: Literal["fast", "slow"] = "fast"
    label: str = ""
    maybe: str | None = None
    limit: int | None = 3
    sizes: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    pair_of: tuple[int, int] = (0, 0)

    def run(self, op: Operation, context: PassContext) -> None:
        context.notes.append("ran")


@attrs.frozen
class Mark(Pass, name="pt-mark"):
    """Marks an op."""

    label: str = "mark"

    def run(self, op: Operation, context: PassContext) -> None:
        op.attributes[self.label] = UnitAttr()


@attrs.frozen
class Needs(Pass, name="pt-needs"):
    """A pass with an option that must be given."""

    size: int

    def run(self, op: Operation, context: PassContext) -> None:
        pass


@attrs.frozen
class Fails(Pass, name="pt-fails"):
    """Raises."""

    def run(self, op: Operation, context: PassContext) -> None:
        raise Error("cannot do this")


@attrs.frozen
class Mistaken(Pass, name="pt-mistaken"):
    """Has a bug."""

    def run(self, op: Operation, context: PassContext) -> None:
        raise ZeroDivisionError


@attrs.frozen
class EraseAll(Pass, name="pt-erase-all"):
    """Erases the siblings after an op."""

    def run(self, op: Operation, context: PassContext) -> None:
        while op.next_op is not None:
            op.next_op.erase()


def module(items: int = 2) -> ModuleOp:
    made = empty_module()
    for _ in range(items):
        made.body_region.block.append(UnregisteredOp.make("item.item"))
    return made


def empty_module() -> ModuleOp:
    made = ModuleOp()
    if made.body_region.is_empty:
        made.body_region.add_block()
    return made


# -- text ------------------------------------------------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8"), max_size=8)


@given(
    st.builds(
        Options,
        count=st.integers(),
        ratio=st.floats(allow_nan=False),
        on=st.booleans(),
        mode=st.sampled_from(["fast", "slow"]),
        label=texts | st.just("none"),
        maybe=st.none() | texts | st.just("none"),
        limit=st.none() | st.integers(),
        sizes=st.lists(st.integers(), max_size=3).map(tuple),
        names=st.lists(texts, max_size=3).map(tuple),
        pair_of=st.tuples(st.integers(), st.integers()),
    )
)
def test_every_pass_is_read_back_from_its_text(item: Options) -> None:
    pipeline = PassPipeline.of(item, Nested("func.func", [Mark(), item]), Mark("x"))
    assert PassPipeline.parse(str(pipeline)) == pipeline


def test_options_with_their_default_are_not_written() -> None:
    assert str(Options()) == "pt-options"
    assert str(Options(count=4, on=True, pair_of=(1, 2))) == "pt-options{count=4 on=true pair-of=[1,2]}"


def test_pipelines_nest_and_join() -> None:
    text = "pt-mark,func.func(pt-mark{label=a},scf.if(pt-options)),func.func()"
    pipeline = PassPipeline.parse(text)
    assert str(pipeline) == text
    assert pipeline.items[1] == Nested("func.func", [Mark("a"), Nested("scf.if", [Options()])])
    assert PassPipeline.parse(f"builtin.module({text})") == pipeline
    assert PassPipeline.parse("") == PassPipeline()
    assert str(PassPipeline.of(Mark(), PassPipeline.of(Mark("b"))) + PassPipeline.of(Needs(3))) == (
        "pt-mark,pt-mark{label=b},pt-needs{size=3}"
    )
    assert PassPipeline.parse(" pt-options { on, count = 3 } ") == PassPipeline.of(Options(on=True, count=3))


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("pt-mark,pt-mrk", "there is no pass `pt-mrk`", 9),
        ("pt-options{cont=1}", "has no option `cont`", 12),
        ("pt-options{count=x}", "option `count` of the pass `pt-options` is a whole number, not `x`", 12),
        ("pt-options{on=maybe}", "true or false", 12),
        ("pt-options{mode=other}", "one of fast, slow", 12),
        ("pt-options{ratio=x}", "a number", 12),
        ("pt-options{pair-of=[1]}", "option `pair-of`", 12),
        ("pt-options{sizes=[1,x]}", "option `sizes`", 12),
        ("pt-options{count=1 count=2}", "given twice", 20),
        ("pt-options{count=}", "a value for `count`", 18),
        ("pt-options{count=1", "an option of `pt-options` or `}`", 19),
        ("pt-needs", "the pass `pt-needs` needs size", 1),
        ("pt-mark(pt-mark)", "starts with an op's name", 1),
        ("func.func(pt-mark", r"`)` is expected", 18),
        ("pt-mark pt-mark", "a comma or the end", 9),
        ("pt-mark,", "the name of a pass", 9),
        ("a.b(" * 60, "nest at most 50 deep", 205),
        ("pt-mark,builtin.modul(pt-mark)", "there is no op `builtin.modul` to nest passes in", 9),
    ],
)
def test_wrong_text_is_shown_with_a_caret(text: str, message: str, column: int) -> None:
    with pytest.raises(ParseError) as caught:
        PassPipeline.parse(text)
    error = caught.value
    assert message in error.message
    assert error.column == column
    line, caret = error.excerpt.split("\n")
    assert caret.strip() == "^"
    assert line[len(caret) - 1 :].startswith(text[column - 1 : column + 5])


def test_a_misspelt_name_gets_a_hint() -> None:
    with pytest.raises(ParseError) as caught:
        PassPipeline.parse("pt-optins")
    assert "pt-options" in caught.value.hint
    with pytest.raises(ParseError) as caught:
        PassPipeline.parse("pt-options{cont=1}")
    assert "count" in caught.value.hint


# -- running ---------------------------------------------------------------------------------------------------------------


def test_dumps_are_numbered_and_written_only_when_something_changed(tmp_path: Path) -> None:
    report = PassPipeline.parse("pt-mark,pt-options,pt-mark{label=b}").run(module(), dump_dir=tmp_path / "d")
    assert sorted(p.name for p in (tmp_path / "d").iterdir()) == [
        "00-input.mlir",
        "01-pt-mark.mlir",
        "03-pt-mark.mlir",
    ]
    assert [run.dump and run.dump.name for run in report.runs] == ["01-pt-mark.mlir", None, "03-pt-mark.mlir"]


def test_a_dump_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Error, match="cannot write dumps"):
        PassPipeline.of(Mark()).run(module(), dump_dir=tmp_path / "file")


def test_the_pass_that_broke_the_program_is_named(tmp_path: Path) -> None:
    wrong = PassPipeline.of(Mark(), BreaksModule())
    with pytest.raises(Error, match=r"the pass `pt-breaks-module` \(number 2\) left ill-formed IR"):
        wrong.run(module(), dump_dir=tmp_path)
    assert (tmp_path / "02-pt-breaks-module.mlir").is_file()
    wrong.run(module(), verify_each=False)


@attrs.frozen
class BreaksModule(Pass, name="pt-breaks-module"):
    """Gives a region to another op."""

    def run(self, op: Operation, context: PassContext) -> None:
        op.attributes["broken"] = UnitAttr()
        op.regions[0].parent = None


def test_an_ill_formed_input_is_found_before_the_first_pass() -> None:
    broken = module()
    broken.regions[0].parent = None
    with pytest.raises(Error, match="belongs to another op"):
        PassPipeline.of(Mark()).run(broken)
    assert "mark" not in broken.attributes


def test_an_error_names_the_pass_in_which_it_happened() -> None:
    with pytest.raises(Error, match="cannot do this") as caught:
        PassPipeline.of(Mark(), Fails()).run(module())
    assert "while running pass 2, `pt-fails`" in str(caught.value)
    with pytest.raises(ZeroDivisionError) as bug:
        PassPipeline.of(Mistaken()).run(module())
    assert bug.value.__notes__ == ["while running pass 1, `pt-mistaken`"]


def test_a_nested_pipeline_runs_on_each_op_of_its_kind() -> None:
    root = module(3)
    report = PassPipeline.of(Nested("item.item", [Mark()]), Nested("builtin.module", [Mark("m")])).run(root)
    assert ["mark" in op.attributes for op in root.body_region.ops] == [True, True, True]
    assert "m" in root.attributes
    assert [run.name for run in report.runs] == ["pt-mark"] * 4


def test_ops_that_an_earlier_run_erased_are_passed_over() -> None:
    report = PassPipeline.of(Nested("item.item", [EraseAll()])).run(module(3))
    assert len(report.runs) == 1


def test_progress_and_report() -> None:
    calls: list[tuple[int, int, str]] = []
    report = PassPipeline.parse("pt-mark,pt-options{count=2}").run(module(), on_pass=lambda *a: calls.append(a))
    assert calls == [(0, 2, "pt-mark"), (1, 2, "pt-options{count=2}")]
    assert report.runs[1].notes == ("ran",)
    assert report.seconds == sum(run.seconds for run in report.runs)
    lines = str(report).split("\n")
    assert lines[0].split() == ["pass", "runs", "ms", "+MB", "ops", "->", "ops", "rules", "applied"]
    assert lines[2].startswith("pt-options{count=2}")
    assert lines[-1].startswith("total")


class Recorder(Instrumentation):
    """Writes down every hook that is called."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def before_pipeline(self, pipeline: PassPipeline, module: Operation) -> None:
        self.calls.append(f"before {pipeline} on {module.name}")

    def before_pass(self, run: PassRun, op: Operation, context: PassContext) -> None:
        self.calls.append(f"before {run.number} {run.text} on {run.target}")
        assert run.position <= run.total and (run.seconds, run.ops_after) == (0, 0)

    def after_pass(self, run: PassRun, op: Operation) -> None:
        self.calls.append(f"after {run.number}: {run.ops_before} -> {run.ops_after}{' changed' if run.changed else ''}")

    def pass_failed(self, run: PassRun, op: Operation, error: Exception) -> None:
        self.calls.append(f"failed {run.number}: {error.args[0] if error.args else type(error).__name__}")

    def after_pipeline(self, report: Report) -> None:
        self.calls.append(f"end{' with a failure' if report.failed else ''}")


def test_an_instrumentation_sees_each_run_of_each_pass() -> None:
    seen = Recorder()
    pipeline = PassPipeline.parse("pt-options,item.item(pt-erase-all,pt-mark),pt-mark")
    report = pipeline.run(module(3), instrumentations=[seen])
    assert seen.calls == [
        f"before {pipeline} on builtin.module",
        "before 1 pt-options on builtin.module",
        "after 1: 4 -> 4",
        "before 2 pt-erase-all on item.item",
        "after 2: 1 -> 1",
        "before 3 pt-mark on item.item",
        "after 3: 1 -> 1 changed",
        "before 4 pt-mark on builtin.module",
        "after 4: 2 -> 2 changed",
        "end",
    ]
    assert [run.position for run in report.runs] == [1, 2, 3, 4]
    assert report.failed is None


def test_positions_count_the_passes_of_the_text_and_the_report_has_a_row_for_each() -> None:
    report = PassPipeline.parse("item.item(pt-mark,pt-options),pt-mark").run(module(3))
    assert [run.position for run in report.runs] == [1, 2, 1, 2, 1, 2, 3]
    assert [run.number for run in report.runs] == [1, 2, 3, 4, 5, 6, 7]
    rows = [line.split()[:2] for line in str(report).split("\n")]
    assert rows[1:] == [["item.item(pt-mark)", "3"], ["item.item(pt-options)", "3"], ["pt-mark", "1"], ["total", "7"]]


@pytest.mark.parametrize(("name", "said"), [("pt-fails", "cannot do this"), ("pt-mistaken", "ZeroDivisionError")])
def test_a_failure_is_told_and_ends_the_pipeline(name: str, said: str) -> None:
    seen = Recorder()
    with pytest.raises((Error, ZeroDivisionError)):
        PassPipeline.parse(f"{name},pt-mark").run(module(1), instrumentations=[seen])
    assert seen.calls[2:] == [f"failed 1: {said}", "end with a failure"]


def test_a_check_that_fails_after_a_pass_is_a_failure_of_the_pass() -> None:
    class Refuses(Instrumentation):
        def after_pass(self, run: PassRun, op: Operation) -> None:
            raise Error(f"not after {run.text}")

    seen = Recorder()
    with pytest.raises(Error, match="not after pt-mark"):
        PassPipeline.parse("pt-mark,pt-mark").run(module(1), instrumentations=[Refuses(), seen])
    assert seen.calls[2:] == ["failed 1: not after pt-mark", "end with a failure"]


def test_a_pass_that_erases_what_it_runs_on_ends_the_nested_pipeline() -> None:
    @attrs.frozen
    class Suicide(Pass, name="pt-erase-self"):
        def run(self, op: Operation, context: PassContext) -> None:
            op.erase()

    report = PassPipeline.parse("item.item(pt-erase-self,pt-mark),pt-mark").run(module(2))
    assert [run.name for run in report.runs] == ["pt-erase-self", "pt-erase-self", "pt-mark"]


def _changes() -> list[Callable[[ModuleOp], object]]:
    def items(root: ModuleOp) -> list[Operation]:
        return list(root.body_region.ops)

    return [
        lambda root: items(root)[2].erase(),
        lambda root: items(root)[0].move_after(items(root)[1]),
        lambda root: items(root)[1].attributes.update(x=UnitAttr()),
        lambda root: items(root)[2].set_operand(0, items(root)[1].results[0]),
        lambda root: items(root)[2].results[0].set_type(i64),
        lambda root: items(root)[3].regions[0].block.last_op.move_after(items(root)[3]),
        lambda root: items(root)[3].regions[0].block.add_argument(i64),
    ]


@pytest.mark.parametrize("change", _changes())
def test_every_change_is_noticed(change: Callable[[ModuleOp], object]) -> None:
    root = empty_module()
    block = root.body_region.block
    for _ in range(2):
        block.append(UnregisteredOp.make("item.item", [], [i32]))
    block.append(UnregisteredOp.make("test.use", [block.first_op.results[0]], [i32]))
    inner = UnregisteredOp.make("item.item")
    block.append(UnregisteredOp.make("test.region", [], [], {}, [Region([Block([])])]))
    block.last_op.regions[0].block.append(inner)

    @attrs.frozen
    class Change(Pass, name="pt-change"):
        def run(self, op: Operation, context: PassContext) -> None:
            change(root)

    first, second = PassPipeline.of(Options(), Change()).run(root, verify_each=False).runs
    assert (first.changed, second.changed) == (False, True)


def test_allocations_are_measured_when_asked_for() -> None:
    @attrs.frozen
    class Allocates(Pass, name="pt-allocates"):
        def run(self, op: Operation, context: PassContext) -> None:
            context.notes.append(str(len(bytearray(3_000_000))))

    report = PassPipeline.of(Options(), Allocates()).run(module(), memory=True)
    small, large = [run.allocated for run in report.runs]
    assert small < 1_000_000 < 3_000_000 <= large
    assert PassPipeline.of(Allocates()).run(module()).runs[0].allocated is None
    assert "MB" in str(report).split("\n")[0].split()


def test_passes_of_other_packages_are_loaded_by_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        def load(self) -> type[Pass]:
            @attrs.frozen
            class Plugin(Pass, name="pt-plugin"):
                """From another package."""

            return Plugin

    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: [Point()] if group == "couloir.passes" else [])
    monkeypatch.setattr(passes_base, "_LOADED", [])
    assert find_pass("pt-plugin").summary() == "From another package."
    with pytest.raises(Error, match="does not say what it does"):
        PassPipeline.parse("pt-plugin").run(module())


def test_a_limit_on_rules_holds_for_the_whole_pass() -> None:
    from couloir.ir.rewriting import Rewriter, rule

    @rule
    def relabel(op: ModuleOp, rewriter: Rewriter):
        """counts up"""
        op.attributes[f"k{len(op.attributes)}"] = UnitAttr()

    outer, inner = empty_module(), empty_module()
    outer.body_region.block.append(inner)
    context = PassContext(stop_after=3)
    first = context.apply(outer, [relabel])
    second = context.apply(outer, [relabel])
    assert (first.applications, second.applications) == (3, 0)
    assert len(inner.attributes) == 3
