"""The page of a comparison: what is in it, and in a browser, clicked through."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import couloir
from couloir.cli import main
from couloir.comparison import Comparison
from couloir.comparison.html import page, payload
from tests.chromium import CHROMIUM, Page, opening, running_browser

LENET = str(Path(__file__).resolve().parents[2] / "labs/data/lenet.onnx")
FIRST = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.exponential %x : tensor<4xf32>
  %1 = stablehlo.negate %0 : tensor<4xf32>
  %2 = stablehlo.tanh %1 : tensor<4xf32>
  %3 = stablehlo.multiply %2, %0 : tensor<4xf32> loc("</script><img src=x onerror=alert(1)>")
  return %3 : tensor<4xf32>
}
"""
SECOND = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = func.call @f(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = stablehlo.sine %0 : tensor<4xf32>
  %9 = stablehlo.floor %2 : tensor<4xf32>
  %4 = stablehlo.exponential %x : tensor<4xf32>
  %3 = stablehlo.multiply %9, %4 : tensor<4xf32>
  return %3 : tensor<4xf32>
}
func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.exponential %x : tensor<4xf32>
  %1 = stablehlo.negate %0 : tensor<4xf32>
  return %1 : tensor<4xf32>
}
"""


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return couloir.compare(couloir.parse(FIRST), couloir.parse(SECOND), names=("old", "<b>new</b>"), values=True)


@pytest.fixture(scope="module")
def fusions() -> Comparison:
    before = couloir.lower(LENET, dims={"N": 1})
    after, _ = couloir.opt(before, "outline-fusions")
    return couloir.compare(before, after, names=("lenet", "fused"))


def test_the_data_is_the_comparison(comparison) -> None:
    html = page(comparison)
    packed = re.search(r'<script id="trace" type="text/plain">([^<]*)</script>', html)[1]
    found = json.loads(gzip.decompress(base64.b64decode(packed)))
    assert found == json.loads(json.dumps(payload(comparison)))
    assert sum(op["cost"]["flops"] for op in found["first"]["ops"] if op["cost"]) == found["first"]["cost"]["flops"]
    assert "onerror" not in html and "<b>" not in html  # texts of a model are no markup
    assert "http:" not in html.replace("http://www.w3.org", "") and "https:" not in html


def test_the_command_writes_a_page(tmp_path, capsys) -> None:
    file = tmp_path / "diff.html"
    options = ["-d", "N=1", "--level", "hlo", "--then", "outline-fusions"]
    assert main(["diff", LENET, *options, "-o", str(file)]) == 0
    assert file.read_text().startswith("<!doctype html>")
    captured = capsys.readouterr()
    assert captured.out == "" and str(file) in captured.err
    assert main(["diff", LENET, *options, "-o", str(tmp_path / "no" / "diff.html")]) == 1
    assert "cannot write" in capsys.readouterr().err
    assert main(["diff", LENET, *options, "-o", "diff.svg"]) == 1
    assert "end the name in .html" in capsys.readouterr().err


# -- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    with running_browser(playwright) as running:
        yield running


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    with opening(browser, tmp_path) as open_html:

        def make(comparison: Comparison, *size: int, **options: Any) -> Page:
            opened = open_html(page(comparison), *size, **options)
            opened.tab.wait_for_selector("#loading", state="hidden")
            return opened

        yield make


def rows(opened: Page, side: str, kind: str = "") -> list[str]:
    """The names of the ops that are listed."""
    return [text.split(" ")[0] for text in opened.all(f".side.{side} .row{kind} .t")]


def drawn(opened: Page, selector: str) -> list[str]:
    """The texts of parts of the pictures."""
    return opened.tab.locator(selector).all_text_contents()


def test_both_programs_and_what_differs(open_page, comparison) -> None:
    opened = open_page(comparison)
    assert opened.one("#model") == "old ↔ <b>new</b>"
    assert rows(opened, "first")[:3] == ["argument", "stablehlo.exponential", "stablehlo.negate"]
    assert rows(opened, "first", ".alone") == ["stablehlo.tanh"]
    assert "stablehlo.sine" in rows(opened, "second", ".alone")
    opened.tab.locator("#only-differences").click()
    assert "stablehlo.negate" not in rows(opened, "first") and "stablehlo.tanh" in rows(opened, "first")
    opened.tab.keyboard.press("Escape")
    opened.tab.locator("#only-differences").click()
    assert len(rows(opened, "first")) == 6


def test_a_click_shows_the_partner(open_page, comparison) -> None:
    opened = open_page(comparison)
    opened.tab.locator(".side.first .row", has_text="negate").click()
    assert rows(opened, "first", ".picked") == rows(opened, "second", ".partner") == ["stablehlo.negate"]
    assert opened.one(".verdict") == "The same on both sides."
    assert [text.split(": ")[1] for text in opened.all("#panel h3")] == ["stablehlo.negate"] * 2
    opened.tab.locator(".side.second .row", has_text="multiply").click()
    assert rows(opened, "second", ".picked") == rows(opened, "first", ".partner") == ["stablehlo.multiply"]
    assert any("onerror" in text for text in opened.all("#panel dd"))  # as a text
    opened.tab.keyboard.press("Escape")
    assert rows(opened, "first", ".partner") == []


def test_keys_go_from_difference_to_difference(open_page, comparison) -> None:
    opened = open_page(comparison)
    seen = []
    for _ in range(20):
        opened.tab.keyboard.press("n")
        seen.append((*rows(opened, "first", ".picked"), *rows(opened, "second", ".picked")))
    assert ("stablehlo.tanh",) in seen
    assert len(set(seen)) == int(opened.one("#panels [data-panel=differences] .count"))
    opened.tab.keyboard.press("p")
    opened.tab.keyboard.press("d")
    assert opened.tab.locator("#only-differences").is_checked()


def test_panels(open_page, comparison, fusions) -> None:
    opened = open_page(comparison)
    table = opened.all("#panel tr")
    assert any(row.startswith("stablehlo.tanh 1 –") for row in table) and table[-1].startswith("total")
    opened.panel("values")
    assert "differ" in opened.one(".verdict.bad")
    opened.panel("differences")
    assert any("only in <b>new</b>: stablehlo.floor" in text for text in opened.all(".entry"))
    opened.panel("regions")
    assert opened.all(".entry")
    opened.panel("fusions")
    assert opened.all(".entry") == [] and opened.one(".empty") == "None."
    other = open_page(fusions)
    other.panel("fusions")
    entries = other.all(".entry")
    assert len(entries) == 11 and entries[0].startswith("@fused_convolution_0")
    other.tab.locator(".entry").first.click()
    assert rows(other, "second", ".picked") == rows(other, "first", ".partner") == ["stablehlo.convolution"]


def test_graphs_side_by_side(open_page, fusions) -> None:
    opened = open_page(fusions)
    opened.tab.locator("[data-view=graph]").click()
    assert not opened.all(".row")
    titles = drawn(opened, ".side.second .cluster")
    assert len(titles) == 11 and "@fused_convolution_0 (convolution)" in titles
    assert drawn(opened, ".side.first .cluster") == []
    opened.tab.locator(".side.first .node", has_text="dot_general").first.click()
    for side in ("first", "second"):
        (picked,) = drawn(opened, f".side.{side} .node.picked .title")
        assert picked == "dot_general"
    assert opened.one(".verdict") == "The same on both sides."
    opened.tab.keyboard.press("l")
    assert rows(opened, "first", ".picked") == rows(opened, "second", ".partner") == ["stablehlo.dot_general"]


def test_what_differs_is_marked_in_the_graph(open_page, comparison) -> None:
    opened = open_page(comparison)
    opened.tab.keyboard.press("g")
    assert drawn(opened, ".side.first .node.alone .title") == ["tanh"]
    assert set(drawn(opened, ".side.second .node.alone .title")) >= {"sine", "floor"}


@pytest.mark.parametrize(("width", "scheme"), [(420, "light"), (800, "dark"), (1280, "light"), (1920, "dark")])
def test_nothing_is_wider_than_the_window(open_page, fusions, width, scheme) -> None:
    opened = open_page(fusions, width, 900, color_scheme=scheme)
    assert opened.tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for side in ("first", "second"):
        assert opened.tab.locator(f".side.{side} .row").first.is_visible()
    assert opened.tab.locator("#panel table").is_visible()
    colors = opened.tab.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    dark = sum(map(int, re.findall(r"\d+", colors[0])[:3])) < sum(map(int, re.findall(r"\d+", colors[1])[:3]))
    assert dark == (scheme == "dark")


def test_thousands_of_ops(open_page) -> None:
    lines = "\n".join(f"%{n + 1} = stablehlo.add %{n}, %x : tensor<4xf32>" for n in range(1000))
    text = f"func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {{\n%0 = stablehlo.negate %x : tensor<4xf32>\n{lines}\nreturn %1000 : tensor<4xf32>\n}}"
    opened = open_page(
        couloir.compare(
            couloir.parse(text), couloir.parse(text.replace("%990 = stablehlo.add", "%990 = stablehlo.subtract"))
        )
    )
    assert len(rows(opened, "first")) < 200  # only what is in sight is made
    opened.tab.keyboard.press("g")
    assert opened.all(".pane .empty") == ["This program is too large to be drawn."] * 2
    opened.tab.keyboard.press("l")
    opened.tab.keyboard.press("n")
    assert rows(opened, "first", ".picked") == ["stablehlo.add"]
    assert rows(opened, "second", ".partner") == ["stablehlo.subtract"]
