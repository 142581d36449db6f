"""The list of runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import on_one_line, plain_table
from btcli.cli.edge.tables import named_lines
from btcli.cli.shown.counted import count_row, said_of_count
from btcli.cli.shown.figures import ABSENT, coloured, count, day, number, percent
from btcli.cli.shown.what_ran import symbols_of
from btcli.legible.codes import ended_early

if TYPE_CHECKING:
    from btcli.story.records import RunRecord
    from btcli.workflows.runs.runs import RunsFound

SHOWN_NAMES = 20
FIGURES = ("return", "Sharpe", "drawdown", "trades")


def runs_answer(found: RunsFound, runs: Path) -> Answer:
    """A run's figures on one line, and on the next what makes it another run than its neighbours."""

    def show(console: Console) -> None:
        if not found.of:
            none = f"no run in {escape(str(runs))} can be read"
            yet = f"{escape(str(runs))} holds no runs yet: btcli run makes one"
            console.print(none if found.skipped else yet, soft_wrap=True)
            return
        if not found.records:
            console.print(f"none of {count(found.of, 'run')} is such a one; there is", soft_wrap=True)
            console.print(named_lines([(name, _some(known)) for name, known in found.known.items()]))
            return
        table = plain_table("run", "when", *FIGURES, right=FIGURES)
        for record in found.records:
            table.add_row(*_figures(record), below=" · ".join(_what(record, found)))
        console.print(table)

    return Answer({"runs": [_row(record, found) for record in found.records], "of": found.of}, show)


def _row(record: RunRecord, found: RunsFound) -> dict[str, Any]:
    from btcli.workflows.runs.runs import finished_at, overrides_of, strategies_of

    manifest, metrics = record.manifest, record.metrics
    figures = ("net_profit_usdt", "trades", "return_pct", "sharpe", "max_drawdown_pct")
    return {
        "run_id": manifest.run_id,
        "run_dir": record.path,
        "system": manifest.system,
        "window": manifest.window,
        "status": manifest.status,
        "stop_reason": metrics.get("status"),
        **{name: metrics.get(name) for name in figures},
        "finished_at": finished_at(record),
        "symbols": manifest.inputs.config["symbols"],
        "strategies": list(strategies_of(record)),
        "overrides": list(overrides_of(record)),
        "trials": count_row(found.counts.get(manifest.run_id)),
        "sealed": manifest.run_id in found.sealed,
    }


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return ", ".join(map(on_one_line, names[:SHOWN_NAMES])) + more


def _figures(record: RunRecord) -> Iterator[str]:
    from btcli.workflows.runs.runs import finished_at

    metrics = record.metrics
    gained = metrics.get("return_pct")
    yield on_one_line(record.manifest.run_id)
    yield day(finished_at(record))
    yield coloured(percent(gained, sign=True), gained)
    yield number(metrics.get("sharpe"))
    yield percent(metrics.get("max_drawdown_pct"))
    yield f"{metrics['trades']:,}" if metrics else ABSENT


def _what(record: RunRecord, found: RunsFound) -> Iterator[str]:
    from btcli.workflows.runs.runs import overrides_of

    manifest = record.manifest
    yield from map(on_one_line, (manifest.system, manifest.window, symbols_of(manifest.inputs.config)))
    status = record.metrics.get("status", manifest.status)
    if manifest.run_id in found.sealed:
        yield "[yellow]inside a sealed window[/]"
    elif ended_early(status):
        yield f"[yellow]{on_one_line(status)}[/]"
    yield from (f"[cyan]{on_one_line(each)}[/]" for each in overrides_of(record))
    if count := found.counts.get(manifest.run_id):
        yield said_of_count(count)
