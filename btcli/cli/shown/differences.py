"""How two runs are shown side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console

from btcli.artifacts.comparison import Difference
from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import SHOWN_LINES, on_one_line
from btcli.cli.edge.tables import Column, WholeWords
from btcli.cli.shown.figures import ABSENT
from btcli.legible.figures import short_moment
from btcli.story.records import RunRecord
from btcli.workflows.runs.diff import BY_SYMBOL, SERIES, Changed, RunsDiffer
from btcli.workflows.runs.runs import overrides_of

DIFFERS = 1
SHOWN_RESULTS, SHOWN_COSTS = 16, 8
THOUSAND = 1000
FIRST = (
    "status",
    "return_pct",
    "cagr_pct",
    "sharpe",
    "calmar",
    "max_drawdown_pct",
    "final_equity_usdt",
    "trades",
    "win_rate_pct",
    "profit_factor",
    "expectancy_usdt",
    "exposure_pct",
    "liquidations",
    "entry_refusals",
    "ambiguous_trades",
)
FINDINGS = "findings"
IN_TABLES = ("metrics.json", "system.resolved.yml")  # value by value, above


def differences_answer(found: RunsDiffer) -> Answer:
    """Inputs, results, costs and the first line of the files that differs; exit code 1 when anything does."""
    names = (found.ours.manifest.run_id, found.theirs.manifest.run_id)

    def show(console: Console) -> None:
        if found.files.identical and not found.inputs:
            console.print(f"{names[0]} and {names[1]} are identical")
            return
        for record in (found.ours, found.theirs):
            told = " · ".join(map(on_one_line, (record.manifest.window, *overrides_of(record))))
            console.print(f"[bold]{record.manifest.run_id}[/]  {on_one_line(record.manifest.system)} · {told}")
        console.print()
        _table(console, "inputs", list(_of_series_once(found.inputs)), names, SHOWN_LINES)
        _findings(console, (found.ours, found.theirs))
        results, costs = _split(found.metrics, several=_have_several_symbols(found))
        _table(console, "results", results, names, SHOWN_RESULTS)
        _table(console, "costs", costs, names, SHOWN_COSTS)
        _files(console, [each for each in found.files.differences if each.file not in IN_TABLES])

    data = {
        "runs": [found.ours.path, found.theirs.path],
        "identical": found.files.identical,
        "inputs": _rows(found.inputs),
        "metrics": [{**row, "group": _group(change)} for row, change in _paired(found.metrics)],
        "differences": [difference._asdict() for difference in found.files.differences],
    }
    return Answer(data, show, 0 if found.files.identical else DIFFERS)


def _split(metrics: Sequence[Changed], *, several: bool) -> tuple[list[Changed], list[Changed]]:
    """Results, those that one looks at first in front, and costs; of one symbol alone these are those of the run."""
    results = [change for change in metrics if not change.is_cost and change.name != FINDINGS]
    results.sort(key=lambda change: FIRST.index(change.name) if change.name in FIRST else len(FIRST))
    costs = [change for change in metrics if change.is_cost]
    return results, costs if several else [change for change in costs if not change.name.startswith(BY_SYMBOL)]


def _findings(console: Console, records: Sequence[RunRecord]) -> None:
    """What the review finds in one of the runs alone."""
    ours, theirs = ([each["code"] for each in record.metrics.get(FINDINGS, ())] for record in records)
    for record, own, other in zip(records, (ours, theirs), (theirs, ours), strict=True):
        alone = [code for code in dict.fromkeys(own) if code not in other]
        if alone:
            console.print(f"[bold dim]findings[/] of {record.manifest.run_id} alone: {', '.join(alone)}")
    if set(ours) != set(theirs):
        console.print()


def _have_several_symbols(found: RunsDiffer) -> bool:
    return any(len(record.manifest.inputs.config["symbols"]) > 1 for record in (found.ours, found.theirs))


def _group(change: Changed) -> str:
    return "costs" if change.is_cost else FINDINGS if change.name == FINDINGS else "results"


def _paired(changes: Sequence[Changed]) -> Iterator[tuple[dict[str, Any], Changed]]:
    return zip(_rows(changes), changes, strict=True)


def _table(console: Console, title: str, changes: Sequence[Changed], names: tuple[str, str], most: int) -> None:
    if not changes:
        return
    columns = [Column(name, is_right=True) for name in (*names, "difference")]
    table = WholeWords((Column(title), *columns))
    for change in changes[:most]:
        values = (_shown(change.name, each) for each in (change.ours, change.theirs))
        table.add_row(*map(on_one_line, (change.name.removeprefix(BY_SYMBOL), *values)), _difference(change))
    console.print(table)
    if len(changes) > most:
        console.print(f"[dim]… and {len(changes) - most} more (--json has them)[/]")
    console.print()


def _difference(change: Changed) -> str:
    value = change.difference
    if value is None:
        return ""
    is_whole = isinstance(change.ours, int) and isinstance(change.theirs, int)
    return f"{value:+,.0f}" if is_whole else _decimals(value, "+")


def _decimals(value: float, sign: str = "") -> str:
    """Four, or two where there are thousands in front."""
    return f"{value:{sign},.{4 if abs(value) < THOUSAND else 2}f}"


def _files(console: Console, differences: Sequence[Difference]) -> None:
    """The first line of each file that differs."""
    if differences:
        console.print("[bold dim]files[/]")
    for difference in differences:
        console.print(f"{difference.file}: {difference.what}", soft_wrap=True, markup=False)


def _of_series_once(changes: Sequence[Changed]) -> Iterator[Changed]:
    """A series that differs is one line: its digest, or that one of the runs did not read it."""
    for change in changes:
        series, _, part = change.name.removeprefix(SERIES).rpartition(".")
        if not change.name.startswith(SERIES):
            yield change
        elif part == "sha256":
            yield replace(change, name=f"{SERIES}{series}")
        elif isinstance(change.ours or change.theirs, Mapping):
            read = ("read" if each else "not read" for each in (change.ours, change.theirs))
            yield Changed(change.name, *read)


def _rows(changes: Sequence[Changed]) -> list[dict[str, Any]]:
    return [
        {"name": change.name, "ours": change.ours, "theirs": change.theirs, "difference": change.difference}
        for change in changes
    ]


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "its default" if ".params." in name else "none" if name.startswith("config.") else ABSENT
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, float):
        return _decimals(value)
    text = short_moment(str(value)).removesuffix(" 00:00")
    return text[:12] + "…" if len(text) == 64 else text
