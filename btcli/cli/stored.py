"""How imports and the store's content are shown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from btcli.cli.answer import Answer
from btcli.cli.screen import plain_table
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    from btcli.market.store.reading import SeriesCoverage
    from btcli.tools import ToolResult


def imported_answer(results: Sequence[ToolResult]) -> Answer:
    """What each tool call did, and how each file was understood."""

    def show(console: Console) -> None:
        for result in results:
            for line in _detected(result.details.get("detection")):
                console.print(line, style="dim", soft_wrap=True)
            console.print(result.message, soft_wrap=True)

    notes = [note for result in results for note in getattr(result.details.get("detection"), "notes", ())]
    return Answer({"tools": [result.to_dict() for result in results]}, show, warnings=tuple(notes))


def _detected(detection: Any) -> list[str]:
    if detection is None:
        return []
    columns = ", ".join(f"{ours} = {theirs}" for ours, theirs in detection.columns.items() if ours != theirs)
    lines = [f"{detection.format}, {detection.symbol} {detection.timeframe}, times {detection.times}"]
    lines += [f"columns: {columns}"] if columns else []
    lines += [f"ignored: {', '.join(detection.ignored)}"] if detection.ignored else []
    return lines


def listed_answer(found: Sequence[SeriesCoverage], store: Path) -> Answer:
    """A line per series with its rows and its span."""
    rows = [
        {
            "venue": each.series.venue,
            "symbol": each.series.symbol,
            "series": each.series.kind,
            "timeframe": each.series.timeframe,
            "rows": each.rows,
            "first": utc_text(each.first_ms),
            "last": utc_text(each.last_ms),
        }
        for each in found
    ]

    def show(console: Console) -> None:
        if not rows:
            console.print(f"{store} holds nothing yet: btcli data import, or btcli data sample", soft_wrap=True)
            return
        table = plain_table(*rows[0], right=("rows",))
        for row in rows:
            table.add_row(*map(_shown, row.values()))
        console.print(table)

    return Answer({"store": store, "series": rows}, show)


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else short_moment(str(value))


def short_moment(text: str) -> str:
    """A moment without the seconds that nobody needs; other words as they are."""
    return f"{text[:10]} {text[11:16]}" if text.endswith("Z") and len(text) > 16 else text
