"""How two runs are shown side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.markup import escape

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.screen import SHOWN_LINES, plain_table
from btcli.cli.shown.figures import ABSENT
from btcli.cli.shown.stored import short_moment
from btcli.workflows.diff import SERIES, Changed, RunsDiffer

DIFFERS = 1
IN_TABLES = ("metrics.json", "system.resolved.yml")  # value by value, above


def differences_answer(found: RunsDiffer) -> Answer:
    """What differs in inputs and metrics, and the first line of the files; exit code 1 when anything does."""
    names = (found.ours.manifest.run_id, found.theirs.manifest.run_id)

    def show(console: Console) -> None:
        if found.files.identical and not found.inputs:
            console.print(f"{names[0]} and {names[1]} are identical")
            return
        _table(console, "inputs", list(_of_series_once(found.inputs)), names)
        _table(console, "metrics", found.metrics, names)
        for difference in (each for each in found.files.differences if each.file not in IN_TABLES):
            console.print(f"{difference.file}: {difference.what}", soft_wrap=True, markup=False)

    data = {
        "runs": [found.ours.path, found.theirs.path],
        "identical": found.files.identical,
        "inputs": _rows(found.inputs),
        "metrics": _rows(found.metrics),
        "differences": [difference._asdict() for difference in found.files.differences],
    }
    return Answer(data, show, 0 if found.files.identical else DIFFERS)


def _table(console: Console, title: str, changes: Sequence[Changed], names: tuple[str, str]) -> None:
    if not changes:
        return
    table = plain_table(title, *names, right=names)
    for change in changes[:SHOWN_LINES]:
        table.add_row(
            *map(escape, (change.name, *(_shown(change.name, each) for each in (change.ours, change.theirs))))
        )
    console.print(table)
    if len(changes) > SHOWN_LINES:
        console.print(f"[dim]… and {len(changes) - SHOWN_LINES} more (--json has them)[/]")
    console.print()


def _of_series_once(changes: Sequence[Changed]) -> Iterator[Changed]:
    """A series that differs is one line: its digest, or that one of the runs did not read it."""
    for change in changes:
        series, _, part = change.name.removeprefix(SERIES).rpartition(".")
        if not change.name.startswith(SERIES) or part == "sha256":
            yield replace(change, name=f"{SERIES}{series}") if part == "sha256" else change
        elif isinstance(change.ours or change.theirs, Mapping):
            read = ("read" if each else "not read" for each in (change.ours, change.theirs))
            yield Changed(change.name, *read)


def _rows(changes: Sequence[Changed]) -> list[dict[str, Any]]:
    return [{"name": change.name, "ours": change.ours, "theirs": change.theirs} for change in changes]


def _shown(name: str, value: Any) -> str:
    if value is None:
        return "its default" if ".params." in name else "none" if name.startswith("config.") else ABSENT
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, float):
        return f"{value:,.4f}"
    text = short_moment(str(value))
    return text[:12] + "…" if len(text) == 64 else text
