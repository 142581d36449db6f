"""A real browser for the tests of the page."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
Opens = Callable[..., "Page"]
PATIENCE_MS = 300_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium of this machine; tests that need it are skipped where there is none."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with driver.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE_MS)
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Opens]:
    """Opens the bytes of a page as a file; at the end nothing may have gone wrong, and nothing been asked for."""
    wrong: list[str] = []
    opened: list[Page] = []

    def opens(page: bytes, *, width: int = 1200, scheme: str = "light") -> Page:
        file = tmp_path / f"{len(opened)}.html"
        file.write_bytes(page)
        tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
        tab.set_default_timeout(PATIENCE_MS)
        opened.append(tab)

        def heard(message: Any) -> None:
            if message.type in ("error", "warning"):
                wrong.append(message.text)

        tab.on("console", heard)
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("request", lambda request: None if request.url == file.as_uri() else wrong.append(request.url))
        tab.goto(file.as_uri())
        return tab

    yield opens
    for tab in opened:
        tab.close()
    assert wrong == []
