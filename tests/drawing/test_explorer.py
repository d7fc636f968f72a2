"""The explorer in a browser: clicked through, as a person would. Needs Chromium, and `playwright` to drive it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

import couloir
from couloir.dialects import hlo
from couloir.drawing.explorer import page as html_of
from couloir.ir.errors import Error
from couloir.ir.passes import Check, Pass, PassContext
from couloir.ir.passes.trace import Trace
from couloir.ir.rewriting import Rule, guard
from tests.chromium import CHROMIUM, Page, opening, running_browser

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")

VALUES = ", ".join(f"{i}.5" for i in range(24))
FILLER = "\n".join(f"  %f{i} = stablehlo.cosine %{'x' if i == 0 else f'f{i - 1}'} : tensor<24xf32>" for i in range(12))
PROGRAM = f"""
func.func @main(%x: tensor<24xf32>) -> tensor<24xf32> {{
{FILLER}
  %w = stablehlo.constant dense<[{VALUES}]> : tensor<24xf32> loc("weights")
  %a = stablehlo.negate %f11 : tensor<24xf32> loc("first")
  %b = stablehlo.negate %a : tensor<24xf32> loc("second")
  %c = stablehlo.tanh %b : tensor<24xf32> loc("third")
  %d = stablehlo.add %c, %w : tensor<24xf32> loc("fourth")
  %e = stablehlo.tanh %d : tensor<24xf32> loc("fifth")
  return %e : tensor<24xf32>
}}
func.func @helper(%y: tensor<24xf32>) -> tensor<24xf32> {{
  %z = stablehlo.tanh %y : tensor<24xf32>
  return %z : tensor<24xf32>
}}
"""


class ExplorerDoubleNegate(Rule):
    """-(-x)  =>  x"""

    def pattern(x):
        return hlo.Negate(hlo.Negate(x))

    def rewrite(x):
        return x


class ExplorerTanhOfSum(Rule):
    """tanh(x)  =>  sine(x), where x is a sum"""

    def pattern(x):
        return hlo.Tanh(x)

    def where(x):
        return guard(x.defining_op is not None and x.defining_op.name == "stablehlo.add", "x is no sum")

    def rewrite(x):
        return hlo.Sine(x)


@attrs.frozen
class _Rules(Pass, name="explorer-test-rules"):
    """Two rules that are none."""

    def run(self, op: Any, context: PassContext) -> None:
        context.apply(op, [ExplorerDoubleNegate, ExplorerTanhOfSum])
        context.notes.append("<b>a note</b>")


@attrs.frozen
class _Fails(Pass, name="explorer-test-fails"):
    """Ends with an error."""

    def run(self, op: Any, context: PassContext) -> None:
        raise Error("the pass has <i>failed</i>")


def trace_of(text: str, pipeline: str = "cse,explorer-test-rules,cse") -> Trace:
    return couloir.trace(couloir.parse(text), pipeline, name="model.mlir")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with running_browser(playwright) as running:
        yield running


class Explorer(Page):
    """The explorer."""

    def go(self, number: int) -> None:
        self.tab.locator(f"#passes [data-pass='{number}']").click()

    def view(self, name: str) -> None:
        self.tab.locator(f"[data-view={name}]").click()

    def codes(self, kind: str) -> list[str]:
        return self.all(f"#view .row.{kind} .t")


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Explorer]]:
    """`open_page(trace)` opens its page. At the end no page may have complained or asked for anything but itself."""
    with opening(browser, tmp_path, Explorer) as open_html:

        def make(trace: Trace | str, width: int = 1440, height: int = 900, **options: Any) -> Explorer:
            explorer = open_html(trace if isinstance(trace, str) else html_of(trace), width, height, **options)
            if not isinstance(trace, str):
                explorer.tab.wait_for_selector("#loading", state="hidden")
            return explorer

        yield make


@pytest.fixture(scope="module")
def trace() -> Trace:
    return trace_of(PROGRAM)


def test_the_pipeline_is_listed_and_opens_at_the_first_change(open_page: Any, trace: Trace) -> None:
    explorer = open_page(trace)
    assert explorer.one("#model") == "model.mlir"
    assert [text.split(" ")[:2] for text in explorer.all("#passes .name")] == [
        ["input"],
        ["cse"],
        ["explorer-test-rules"],
        ["cse"],
    ]
    assert explorer.one("#pass-head h1") == "explorer-test-rules"
    assert "Two rules that are none." in explorer.one("#pass-head") and "<b>a note</b>" in explorer.one("#pass-head")
    explorer.tab.locator("#only-changed").check()
    assert explorer.all("#passes .name") == ["input", "explorer-test-rules"]


def test_only_what_changed_is_shown_and_the_rest_unfolds(open_page: Any, trace: Trace) -> None:
    explorer = open_page(trace)
    assert explorer.codes("del") == [
        "%a = stablehlo.negate %f11 : tensor<24xf32>",
        "%b = stablehlo.negate %a : tensor<24xf32>",
        "%c = stablehlo.tanh %b : tensor<24xf32>",
        "%e = stablehlo.tanh %d : tensor<24xf32>",
    ]
    assert explorer.codes("add") == [
        "%c = stablehlo.tanh %f11 : tensor<24xf32>",
        "%e = stablehlo.sine %d : tensor<24xf32>",
    ]
    assert "%f11" in explorer.all("#view .row.add mark")
    folds = explorer.all("#view .row.fold .t")
    assert [text.split(" ")[0] for text in folds] == ["12", "4"] and "@main" in folds[0]
    shown = explorer.tab.locator("#view .row").count()
    explorer.tab.locator("#view .row.fold").first.click()
    assert (
        explorer.tab.locator("#view .row.fold").count() == 1
        and explorer.tab.locator("#view .row").count() == shown + 11
    )
    explorer.go(1)
    assert "changed no line" in explorer.one("#view")


def test_an_application_shows_its_equation_and_its_place_in_text_and_graph(open_page: Any, trace: Trace) -> None:
    explorer = open_page(trace)
    assert explorer.all(".item b") == ["ExplorerDoubleNegate", "ExplorerTanhOfSum"]
    explorer.tab.locator(".item", has_text="ExplorerTanhOfSum").click()
    assert explorer.one(".detail .equation") == "tanh(x) => sine(x), where x is a sum"
    assert explorer.one(".detail pre.del") == "%e = stablehlo.tanh %d : tensor<24xf32>"
    assert explorer.one(".detail pre.add") == "%e = stablehlo.sine %d : tensor<24xf32>"
    assert "s" in explorer.one(".detail .facts dd:last-of-type") and "fifth" in explorer.one(".detail .facts")
    assert explorer.codes("picked") == [
        "%e = stablehlo.tanh %d : tensor<24xf32>",
        "%e = stablehlo.sine %d : tensor<24xf32>",
    ]
    explorer.view("graph")
    titles = explorer.tab.locator(".node.picked text.title").all_text_contents()
    assert titles == ["tanh", "sine"]
    assert explorer.all(".pane h2") == ["BEFORE", "AFTER"]
    assert (
        explorer.tab.locator(".before .node.changed").count() == 4
        and explorer.tab.locator(".after .node.changed").count() == 2
    )


def test_a_near_miss_says_why_and_where(open_page: Any, trace: Trace) -> None:
    explorer = open_page(trace)
    explorer.panel("misses")
    explorer.tab.locator(".item", has_text="x is no sum").first.click()
    assert explorer.one(".detail h3") == "ExplorerTanhOfSum" and explorer.one(".detail .reason") == "x is no sum"
    assert any("third" in place for place in explorer.all(".detail li"))
    assert "%c = stablehlo.tanh %b : tensor<24xf32>" in explorer.codes("picked")


def test_rules_are_counted_and_filter_the_lists(open_page: Any, trace: Trace) -> None:
    explorer = open_page(trace)
    explorer.panel("rules")
    rows = explorer.all("tbody tr")
    assert len(rows) == 2 and any("ExplorerTanhOfSum" in row and "sine(x)" in row for row in rows)
    counts = {r.rule: r for r in trace.passes[1].rules}["ExplorerTanhOfSum"]
    row = next(row for row in rows if "ExplorerTanhOfSum" in row)
    assert f" {counts.hits} {counts.misses} " in row
    explorer.tab.locator("tbody button", has_text="ExplorerTanhOfSum").click()
    assert explorer.all(".item b") == ["ExplorerTanhOfSum"]
    explorer.tab.locator(".filter button").click()
    assert len(explorer.all(".item b")) == 2


def test_long_lists_can_be_sieved(open_page: Any, trace: Trace) -> None:
    run = trace.passes[1]
    many = [attrs.evolve(run.applications[n % 2], location=f"place{n}") for n in range(40)]
    passes = (trace.passes[0], attrs.evolve(run, applications=tuple(many)), trace.passes[2])
    explorer = open_page(attrs.evolve(trace, passes=passes))
    explorer.tab.locator("#panel input").fill("PLACE3")
    assert explorer.all(".item .sub") == ["place3", *(f"place{n}" for n in range(30, 40))]
    explorer.tab.locator(".item").nth(1).click()
    assert "place30" in explorer.one(".detail .facts")
    explorer.tab.keyboard.press("ArrowDown")
    assert "place31" in explorer.one(".detail .facts")


def test_numbers_of_a_check_are_shown(open_page: Any, trace: Trace) -> None:
    checks = (Check("output 0", 1.25e-7, 3e-7, True), Check("output 1", 0.5, None, False))
    passes = (trace.passes[0], attrs.evolve(trace.passes[1], checks=checks, error="they differ"), trace.passes[2])
    explorer = open_page(attrs.evolve(trace, passes=passes))
    assert explorer.one("#pass-head .error") == "they differ"  # it opens where it failed
    assert explorer.all("tbody tr") == ["output 0 1.25e-7 3.00e-7 ✓", "output 1 0.500 – ✗"]
    assert "✗ differs" in explorer.one("#passes [data-pass='2'] .sub")
    explorer.go(1)
    explorer.panel("numbers")
    assert "Not compared" in explorer.one("#panel")


def test_a_run_with_checks_and_a_failing_pass(open_page: Any) -> None:
    module = couloir.parse(PROGRAM)
    explorer = open_page(couloir.trace(module, "canonicalize,explorer-test-fails", check_each=True, name="m"))
    assert "the pass has <i>failed</i>" in explorer.one("#pass-head .error")
    assert "failed" in explorer.one("#passes [data-pass='2'] .sub")
    changing = couloir.trace(module, "canonicalize,explorer-test-rules", check_each=True, name="m")
    explorer = open_page(changing)
    assert "changed what the program computes" in explorer.one("#pass-head .error")
    assert any(row.endswith("✗") for row in explorer.all("tbody tr"))


def test_search_finds_ops_by_name_location_and_value(open_page: Any, trace: Trace) -> None:
    explorer = open_page(trace)
    explorer.tab.keyboard.press("/")
    explorer.tab.keyboard.type("fourth")
    assert explorer.all("#results .text") == ["%d = stablehlo.add %c, %w : tensor<24xf32>"]
    assert "in the input, stays to the end" in explorer.one("#results .sub")
    explorer.tab.keyboard.press("Enter")
    assert explorer.one("#pass-head h1") == "input" and explorer.one("#panel h3") == "stablehlo.add"
    explorer.tab.locator("#query").fill("SINE")
    assert len(explorer.all("#results .text")) == 13  # cosines too
    explorer.tab.locator("#query").fill("%e")
    texts = explorer.all("#results > button")
    assert any("gone after 2 explorer-test-rules" in text for text in texts) and any(
        "made by 2" in text for text in texts
    )
    explorer.tab.locator("#results > button", has_text="made by 2").click()
    assert explorer.one("#pass-head h1") == "explorer-test-rules"
    assert "%e = stablehlo.sine %d : tensor<24xf32>" in explorer.codes("picked")
    explorer.tab.locator("#query").fill("no such thing")
    assert explorer.one("#results") == "Nothing has this name."
    explorer.tab.keyboard.press("Escape")
    assert not explorer.tab.locator("#results").is_visible()


def test_a_constant_opens_and_closes(open_page: Any, trace: Trace) -> None:
    explorer = open_page(trace)
    explorer.go(0)
    assert "dense_resource" not in explorer.one("#view .window")
    chip = explorer.tab.locator("#view .chip")
    assert chip.all_inner_texts() == ["24 values"]
    chip.click()
    opened = explorer.all("#view .row.constant")
    assert opened[0] == "tensor<24xf32> · min 0.5, max 23.5, mean 12" and opened[1].startswith("[ 0.5, 1.5, 2.5")
    chip.click()
    assert explorer.all("#view .row.constant") == []


def test_a_value_shows_where_it_is_used_and_an_op_what_it_is(open_page: Any, trace: Trace) -> None:
    explorer = open_page(trace)
    explorer.view("text")
    explorer.tab.locator("#view .v", has_text="%f11").first.click()
    assert explorer.tab.locator("#view .v.same").count() == 2
    assert explorer.all("#panel ul.plain li") == ["defined: 14 stablehlo.cosine", "used: 16 stablehlo.tanh"]
    explorer.tab.locator("#view .row", has_text="sine %d").click()
    assert explorer.one("#panel h3") == "stablehlo.sine"
    assert "ExplorerTanhOfSum" in explorer.one("#panel") and "fifth" in explorer.one("#panel .facts")
    explorer.tab.locator("#panel .facts button", has_text="%d").click()
    assert explorer.one("#panel h3") == "stablehlo.add"


def test_the_graph_moves_zooms_and_picks(open_page: Any, trace: Trace) -> None:
    explorer = open_page(trace)
    explorer.view("graph")
    world = explorer.tab.locator(".pane.after svg > g")
    first = world.get_attribute("transform")
    box = explorer.tab.locator(".pane.after").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    explorer.tab.mouse.move(x, y)
    explorer.tab.mouse.wheel(0, -300)
    explorer.tab.wait_for_function(
        "t => document.querySelector('.pane.after svg > g').getAttribute('transform') !== t", arg=first
    )
    zoomed = world.get_attribute("transform")
    explorer.tab.mouse.down()
    explorer.tab.mouse.move(x + 40, y + 30, steps=4)
    explorer.tab.mouse.up()
    assert world.get_attribute("transform") not in (first, zoomed)
    explorer.tab.locator(".pane.after .buttons button", has_text="Fit").click()
    explorer.tab.locator(".pane.after .node", has_text="sine").last.click()
    assert explorer.one("#panel h3") == "stablehlo.sine"
    assert explorer.tab.locator(".before .node.picked text.title").all_text_contents() == ["tanh"]  # of the same origin
    explorer.tab.locator("#tools select").select_option("@helper")
    assert explorer.all(".pane h2") == ["UNCHANGED"]


def test_keys(open_page: Any, trace: Trace) -> None:
    explorer = open_page(trace)
    press = explorer.tab.keyboard.press
    press("k")
    assert explorer.one("#pass-head h1") == "cse"
    press("j")
    press("g")
    assert explorer.tab.locator(".pane").count() == 2
    press("n")
    press("t")
    assert explorer.tab.locator("[data-view=text]").get_attribute("aria-selected") == "true"
    press("n")
    press("p")
    press("c")
    explorer.tab.locator(".item").first.click()
    assert explorer.codes("picked") != []
    press("Escape")
    assert explorer.codes("picked") == []
    press("?")
    assert explorer.tab.locator("#help").is_visible()
    press("Escape")
    assert not explorer.tab.locator("#help").is_visible()


def test_texts_of_a_model_are_not_run(open_page: Any) -> None:
    nasty = "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>"
    program = f"""func.func @"{nasty}"(%x: tensor<4xf32>) -> tensor<4xf32> {{
      %a = "stablehlo.negate"(%x) {{note = "{nasty}"}} : (tensor<4xf32>) -> tensor<4xf32> loc("{nasty}")
      %b = "stablehlo.negate"(%a) {{note = "{nasty}"}} : (tensor<4xf32>) -> tensor<4xf32> loc("{nasty}")
      return %b : tensor<4xf32>
    }}"""
    explorer = open_page(attrs.evolve(trace_of(program, "explorer-test-rules,explorer-test-fails"), model=nasty))
    assert explorer.one("#model") == nasty
    explorer.go(1)
    explorer.tab.locator(".item").first.click()
    assert nasty in explorer.one(".detail .facts")
    explorer.view("graph")
    explorer.view("text")
    explorer.tab.locator("#view .row").nth(2).click()
    explorer.tab.locator("#query").fill("onerror")
    assert explorer.tab.locator("#results > button").count() > 0
    assert explorer.tab.locator("img, #view script, #panel script").count() == 0


def test_the_page_cannot_reach_the_network(open_page: Any, trace: Trace) -> None:
    explorer = open_page(trace)
    refused = """new Promise((done) => {
      document.addEventListener("securitypolicyviolation", (event) => done(event.effectiveDirective), { once: true });
      fetch("https://example.com/").catch(() => {});
    })"""
    assert explorer.tab.evaluate(refused) == "connect-src"
    assert len(explorer.faults) >= 1
    explorer.faults.clear()  # the browser's word about just that
    explorer.requests[:] = explorer.requests[:1]


def test_a_damaged_page_says_so(open_page: Any, trace: Trace) -> None:
    text = html_of(trace)
    start = text.index('type="text/plain">') + len('type="text/plain">')
    explorer = open_page(text[: start + 400] + text[start + 500 :])
    explorer.tab.wait_for_function("document.getElementById('loading').textContent.includes('cannot be read')")
    assert "damaged" in explorer.one("#loading")
    explorer.faults.clear()


def test_long_texts_have_few_elements(open_page: Any) -> None:
    count = 30_000
    lines = "\n".join(f"%v{i + 1} = stablehlo.tanh %v{i} : tensor<4xf32>" for i in range(count))
    trace = trace_of(
        f"func.func @main(%v0: tensor<4xf32>) -> tensor<4xf32> {{\n{lines}\nreturn %v{count} : tensor<4xf32>\n}}", "cse"
    )
    explorer = open_page(trace)
    explorer.go(0)
    assert explorer.tab.locator("#view .row").count() < 100
    explorer.tab.evaluate(
        "() => { const list = document.querySelector('#view .list'); list.scrollTop = list.scrollHeight; }"
    )
    explorer.tab.wait_for_selector(f"text=%v{count} = ")
    assert explorer.tab.locator("#view .row").count() < 100


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(1920, 1080, "light"), (1280, 720, "dark"), (900, 700, "light"), (420, 800, "dark")]
)
def test_everything_fits_into_the_window(open_page: Any, trace: Trace, width: int, height: int, scheme: str) -> None:
    explorer = open_page(trace, width, height, color_scheme=scheme)
    for view in ("changes", "graph", "text"):
        explorer.view(view)
        sizes = explorer.tab.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert sizes[0] <= width and sizes[1] <= height
        for selector in ("#view", "#panel", "#passes"):
            box = explorer.tab.locator(selector).bounding_box()
            assert box["width"] >= 150 and box["height"] >= 80
            assert box["x"] + box["width"] <= width + 1 and box["y"] + box["height"] <= height + 1
    light = explorer.tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert light == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(19, 22, 27)")
