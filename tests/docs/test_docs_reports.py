"""docs/reports.md tells every part of a report, under the heading that the report has."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path

import pytest
from pages import ROOT, prose_of
from typing_blocks import shell

PAGE = prose_of(ROOT / "docs" / "reports.md")
HEADING = re.compile(r"<h[2-6][^>]*>([^<]+)<")
OF_A_FEATURE = re.compile(r"(exec|ltf|mtf|htf) \d+[mhdw] ")  # the panel of one, by its role, timeframe and name


@pytest.fixture(scope="module")
def report(project: Path, path: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of two runs."""
    folder = shutil.copytree(project, tmp_path_factory.mktemp("report") / "first")
    done = shell("btcli run --window q1 --set risk.sizing.risk_pct=2; btcli report runs/first/q1/*", folder, path)
    assert done.returncode == 0, done.stderr
    (page,) = folder.rglob("report.html")
    return unescape(page.read_text())


def test_every_heading_is_told(report: str) -> None:
    """Whoever wonders at a part of the page finds its heading."""
    headings = {found for found in HEADING.findall(report) if not OF_A_FEATURE.match(found)}
    assert {"Side by side", "Can it be believed?", "Trades"} <= headings
    assert sorted(heading for heading in headings if heading not in PAGE) == []


def test_no_part_is_told_that_is_gone(report: str) -> None:
    """Each row of the table is about a part that the page has."""
    told = re.findall(r"^\| ([A-Z][^|]+?) \|", PAGE, re.MULTILINE)
    assert len(told) > 15
    assert [part for part in told if part not in report] == []
