"""The list of runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import plain_table
from btcli.cli.shown.figures import ABSENT, coloured, percent

if TYPE_CHECKING:
    from btcli.story.records import RunRecord


def runs_answer(records: Sequence[RunRecord], runs: Path) -> Answer:
    """A line per run."""

    def show(console: Console) -> None:
        if not records:
            console.print(f"{escape(str(runs))} holds no runs yet: btcli run makes one", soft_wrap=True)
            return
        table = plain_table(
            "run", "system", "window", "ended", "return", "drawdown", "trades", right=("return", "drawdown", "trades")
        )
        for record in records:
            table.add_row(*_run_row(record))
        console.print(table)

    rows = [
        {
            "run_id": record.manifest.run_id,
            "run_dir": record.path,
            "system": record.manifest.system,
            "window": record.manifest.window,
            "status": record.manifest.status,
            "stop_reason": record.metrics.get("status"),
            "net_profit_usdt": record.metrics.get("net_profit_usdt"),
            "trades": record.metrics.get("trades"),
        }
        for record in records
    ]
    return Answer({"runs": rows}, show)


def _run_row(record: RunRecord) -> tuple[str, ...]:
    metrics, manifest = record.metrics, record.manifest
    gained = metrics.get("return_pct")
    return (
        *map(escape, (manifest.run_id, manifest.system, manifest.window, str(metrics.get("status", manifest.status)))),
        coloured(percent(gained, sign=True), gained),
        percent(metrics.get("max_drawdown_pct")),
        str(metrics.get("trades", ABSENT)),
    )
