"""Pages in a browser: clicked through, as a person would. Needs Chromium, and `playwright` to drive it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextmanager
def running_browser(playwright: Any) -> Iterator[Any]:
    """A browser."""
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS), timeout=180_000)
        yield running
        running.close()


class Page:
    """A page, and what a test wants to know of it."""

    def __init__(self, tab: Any) -> None:
        self.tab = tab
        self.faults: list[str] = []
        self.requests: list[str] = []
        tab.on("console", lambda message: self.faults.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: self.faults.append(str(error)))
        tab.on("dialog", lambda dialog: (self.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        tab.on("request", lambda request: self.requests.append(request.url))

    def all(self, selector: str) -> list[str]:
        """The texts of the elements in sight, their inner spaces made one."""
        return [" ".join(text.split()) for text in self.tab.locator(f"{selector} >> visible=true").all_inner_texts()]

    def one(self, selector: str) -> str:
        (text,) = self.all(selector)
        return text

    def panel(self, name: str) -> None:
        self.tab.locator(f"[data-panel={name}]").click()


@contextmanager
def opening(browser: Any, folder: Path, kind: type[Page] = Page) -> Iterator[Any]:
    """`open_page(html)` opens a page. At the end no page may have complained or asked for anything but itself."""
    opened: list[Page] = []
    contexts: list[Any] = []

    def open_page(html: str, width: int = 1440, height: int = 900, **options: Any) -> Page:
        path = folder / f"page{len(opened)}.html"
        path.write_text(html, encoding="utf-8")
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        contexts[-1].set_default_timeout(120_000)  # other work shares the machine
        page = kind(contexts[-1].new_page())
        opened.append(page)
        page.tab.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    for page in opened:
        assert page.faults == []
        assert all(url.startswith("file:") for url in page.requests) and len(page.requests) == 1
