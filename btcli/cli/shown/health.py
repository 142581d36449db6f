"""How a preflight report is shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from btcli.artifacts.disk import disk, write_whole
from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import SHOWN_LINES, first_lines, plain_table
from btcli.cli.shown.consent import plan_lines, planned
from btcli.errors import BtcliError, Problem, UnhealthyData
from btcli.legible.figures import short_moment
from btcli.timeframe import utc_text

if TYPE_CHECKING:
    from btcli.market.health import SeriesHealth
    from btcli.workflows.run.checking import CheckedWindow

REPORT = "preflight_report.json"
ALL = sys.maxsize


def checked_answer(checked: Sequence[CheckedWindow], out: Path | None) -> Answer:
    """Every window's report; exit code 1 when one of them is not healthy. With `out`, the reports as a file."""
    reports = [
        {
            "file": str(each.file),
            "system": each.system,
            "window": each.window,
            **each.outcome.to_dict(),
            "plan": [planned(call, ALL) for call in each.outcome.plan],
            **({"plan_requests": each.plan.requests, "plan_rows": each.plan.rows} if each.plan else {}),
        }
        for each in checked
    ]
    if out is not None:
        _write(out, reports)
    failures = _failures(checked)
    problems = tuple((error.code, problem) for error in failures for problem in error.problems)
    problems += tuple((UnhealthyData.__name__, problem) for each in checked for problem in _with_steps(each))
    of_files = dict.fromkeys(said for each in checked for said in each.warnings)
    warnings = (*of_files, *(str(problem) for each in checked for problem in each.outcome.report.warnings))

    def show(console: Console) -> None:
        for each in checked:
            _show_window(console, each)

    exit_code = failures[0].exit_code if failures else UnhealthyData.exit_code if problems else 0
    title = failures[0].title if failures else UnhealthyData.title
    return Answer({"healthy": not problems, "reports": reports}, show, exit_code, warnings, problems, title)


def _with_steps(checked: CheckedWindow) -> Iterator[Problem]:
    """A window's problems, what may be done next beside the first."""
    for number, problem in enumerate((*checked.outcome.report.errors, *checked.named)):
        yield problem if number else replace(problem, steps=checked.steps)


def _failures(checked: Sequence[CheckedWindow]) -> tuple[BtcliError, ...]:
    """What kept a source or the store from mending windows that are still not healthy, each sentence once."""
    errors = [error for each in checked if not each.outcome.passed for error in each.outcome.errors]
    return tuple({str(error): error for error in errors}.values())


def _show_window(console: Console, checked: CheckedWindow) -> None:
    report = checked.outcome.report
    verdict = "[green]healthy[/]" if report.healthy else f"[red]{len(report.errors)} problems[/]"
    span = f"{short_moment(utc_text(report.window.start_ms))} to {short_moment(utc_text(report.window.end_ms))}"
    console.print(f"[bold]{escape(f'{checked.system} {checked.window}')}[/]  {span}  {verdict}")
    for line in first_lines(report.window.listings):
        console.print(f"  {line}", soft_wrap=True, markup=False)
    table = plain_table("series", "feeds", "rows", "missing", "first", "last", "", right=("rows", "missing"))
    for row in _rows(report.series):
        table.add_row(*row)
    console.print(table)
    for note in first_lines(report.notes):
        console.print(f"  {note}", soft_wrap=True, markup=False)
    for done in first_lines([f"{call.name}: {call.done or 'failed'}" for call in checked.outcome.calls]):
        console.print(f"  {done}", style="dim", markup=False)
    steps = plan_lines(checked.plan) if checked.plan else [planned(step) for step in checked.outcome.plan]
    for step in first_lines(steps):
        console.print(f"  to heal: {step}", style="dim", soft_wrap=True, markup=False)
    if checked.outcome.ended and not report.healthy:
        console.print(f"  healing ended: {checked.outcome.ended}", style="dim", markup=False)


def _rows(series: Sequence[SeriesHealth]) -> Iterator[tuple[str, ...]]:
    """A row per series; of many symbols those that are well share a row, and of the others the first are shown."""
    if len(series) <= SHOWN_LINES:
        yield from (_row(_name(health), [health]) for health in series)
        return
    alike: dict[tuple[str, tuple[str, ...]], list[SeriesHealth]] = {}
    for health in (health for health in series if health.healthy):
        kind = " ".join(part for part in health.span.series[2:] if part)
        alike.setdefault((kind, health.span.uses), []).append(health)
    for (kind, _), group in alike.items():
        yield _row(f"{kind} of {len(group)} symbol{'' if len(group) == 1 else 's'}", group)
    ill = [health for health in series if not health.healthy]
    yield from (_row(_name(health), [health]) for health in ill[:SHOWN_LINES])
    if len(ill) > SHOWN_LINES:
        yield f"… and {len(ill) - SHOWN_LINES} more", "", "", "", "", "", "[red]not healthy[/]"


def _name(health: SeriesHealth) -> str:
    return " ".join(part for part in health.span.series[1:] if part)


def _row(name: str, alike: Sequence[SeriesHealth]) -> tuple[str, ...]:
    """One row for series that feed the same: their sums, the earliest first and the latest last moment."""
    firsts = [health.coverage.first_ms for health in alike if health.coverage.first_ms is not None]
    lasts = [health.coverage.last_ms for health in alike if health.coverage.last_ms is not None]
    ends = (min(firsts), max(lasts)) if firsts and lasts else (None, None)
    moments = ("–" if moment is None else short_moment(utc_text(moment)) for moment in ends)
    verdict = "[green]ok[/]" if all(health.healthy for health in alike) else "[red]not healthy[/]"
    rows, missing = sum(health.coverage.rows for health in alike), sum(health.missing for health in alike)
    return name, ", ".join(alike[0].span.uses), f"{rows:,}", f"{missing:,}", *moments, verdict


def _write(folder: Path, reports: list[dict[str, Any]]) -> None:
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    content: Any = reports[0] if len(reports) == 1 else reports
    write_whole(folder / REPORT, (json.dumps(content, indent=2) + "\n").encode())
