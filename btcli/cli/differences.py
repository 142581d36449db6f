"""How two runs are shown side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from btcli.cli.answer import Answer
from btcli.cli.screen import plain_table

if TYPE_CHECKING:
    from btcli.workflows.diff import Changed, RunsDiffer

DIFFERS = 1


def differences_answer(found: RunsDiffer) -> Answer:
    """What differs in inputs and metrics, and the first line of the files; exit code 1 when anything does."""
    names = (found.ours.manifest.run_id, found.theirs.manifest.run_id)

    def show(console: Console) -> None:
        if found.files.identical and not found.inputs:
            console.print(f"{names[0]} and {names[1]} are identical")
            return
        _table(console, "inputs", found.inputs, names)
        _table(console, "metrics", found.metrics, names)
        for difference in found.files.differences:
            console.print(f"{difference.file}:{difference.line} {difference.what}", soft_wrap=True)

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
    for change in changes:
        table.add_row(change.name, _shown(change.ours), _shown(change.theirs))
    console.print(table)
    console.print()


def _rows(changes: Sequence[Changed]) -> list[dict[str, Any]]:
    return [{"name": change.name, "ours": change.ours, "theirs": change.theirs} for change in changes]


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.4f}"
    text = str(value)
    return text[:12] + "…" if len(text) == 64 else text
