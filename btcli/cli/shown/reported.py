"""Showing where a report lies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from btcli.cli.edge.answer import Answer

if TYPE_CHECKING:
    from rich.console import Console

    from btcli.workflows.runs.report import Reported


def reported_answer(reported: Reported, warnings: tuple[str, ...]) -> Answer:
    """The file, its size and digest."""

    def show(console: Console) -> None:
        console.print(f"Report {reported.path}", markup=False, highlight=False, soft_wrap=True)
        console.print(f"{reported.size:,} bytes, sha256 {reported.sha256}", markup=False, highlight=False)

    answer = {
        "path": reported.path,
        "bytes": reported.size,
        "sha256": reported.sha256,
        "run_ids": list(reported.run_ids),
    }
    return Answer(answer, show, warnings=(*warnings, *reported.warnings))


def opened(path: Path) -> tuple[str, ...]:
    """Hand the file to the browser; a sentence where there is none."""
    import webbrowser

    uri = path.resolve().as_uri()
    return () if webbrowser.open(uri) else (f"no browser could be opened: open {uri}",)
