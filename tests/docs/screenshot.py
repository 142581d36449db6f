"""The picture of a report in the README: the page of a run of sample data, as Chromium draws it."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from shutil import which

from pictures import BEGUN, ROOT, printed

PICTURE = ROOT / "docs" / "pictures" / "report.png"
WIDTH, HEIGHT = 1280, 1370
SETTLED_MS = 1_500  # charts are drawn after the page


def draw(page: Path, picture: Path, *, scheme: str = "light") -> None:
    """Write what a screen of WIDTH x HEIGHT shows of an HTML file; needs Debian's chromium and playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=which("chromium"), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme)
        tab.goto(page.resolve().as_uri())
        tab.wait_for_timeout(SETTLED_MS)
        tab.screenshot(path=picture)
        browser.close()


def main() -> None:
    """Make a project as the README has it, and the picture of its report."""
    if which("chromium") is None:
        sys.stderr.write("no chromium here: docs/pictures/report.png stays as it is\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        printed(BEGUN[0], Path(folder))
        for step in (*BEGUN[1:], "report latest --out report.html"):
            printed(step, Path(folder) / "first")
        draw(Path(folder) / "first" / "report.html", PICTURE)


if __name__ == "__main__":
    main()
