"""The explorer's page of ResNet-50 through the whole pipeline: how long it takes to make, its size, how fast it opens and scrolls.

    python benchmarks/explorer.py [DIRECTORY]

Needs Chromium and `playwright` for the last columns. With a directory the pages stay there. The goals are at most 15 MB,
ready within 2 s of opening, and 60 frames a second while scrolling, so 17 ms for each. Recording is measured beside the same
run without it.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import models
import onnx

import couloir
from couloir.passes.pipelines import HLO_TO_LOOPS, ONNX_TO_HLO

LIGHT = Path(onnx.__file__).parent / "backend/test/data/light/light_resnet50.onnx"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

SCROLL = """async () => {
  const list = document.querySelector("#view .list");
  const frames = [];
  let last = performance.now();
  for (let n = 0; n < 120; n++) {
    list.scrollTop += 400;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  frames.sort((a, b) => a - b);
  return [frames[60], frames[114]];
}"""


def main() -> None:
    """Prints one row for each model."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch)
        directory.mkdir(parents=True, exist_ok=True)
        print(
            f"{'model':<16} {'passes':>6} {'lines':>6} {'run s':>6} {'traced s':>8} {'page s':>6} {'MB':>5} "
            f"{'load ms':>7} {'paint ms':>8} {'ready ms':>8} {'frame ms':>8} {'95 % ms':>7}"
        )
        sources: dict[str, Any] = {"resnet50": couloir.load(models.resnet(50).SerializeToString())}
        if LIGHT.is_file():
            sources["light_resnet50"] = couloir.load(LIGHT)
        for name, module in sources.items():
            copy = module.clone()
            start = perf_counter()
            (ONNX_TO_HLO + HLO_TO_LOOPS).run(copy)
            plain = perf_counter() - start
            start = perf_counter()
            trace = couloir.trace(module, to="loops", name=name)
            traced = perf_counter() - start
            path = directory / f"{name}.html"
            start = perf_counter()
            couloir.explore(trace, path)
            page = perf_counter() - start
            print(
                f"{name:<16} {len(trace.passes):6d} {len(trace.lines):6d} {plain:6.2f} {traced:8.2f} {page:6.2f} "
                f"{path.stat().st_size / 1e6:5.2f} {_opened(path)}"
            )


def _opened(path: Path) -> str:
    """Milliseconds until the load event, the first paint and until the page is ready; the median frame, and the 95th percentile."""
    chromium = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
    if chromium is None:
        return "(no Chromium)"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "(no playwright)"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        tab.goto(path.absolute().as_uri())
        tab.wait_for_selector("#loading", state="hidden")
        times: list[float] = tab.evaluate(
            """() => [performance.getEntriesByType("navigation")[0].loadEventEnd,
                performance.getEntriesByName("first-contentful-paint")[0].startTime,
                performance.getEntriesByName("couloir-ready")[0].startTime]"""
        )
        tab.locator("#passes li").last.click()
        tab.locator("[data-view=text]").click()
        frames: list[float] = tab.evaluate(SCROLL)
        browser.close()
    load, paint, ready = times
    return f"{load:7.0f} {paint:8.0f} {ready:8.0f} {frames[0]:8.1f} {frames[1]:7.1f}"


if __name__ == "__main__":
    main()
