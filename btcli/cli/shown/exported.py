"""How the export of a run is shown."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console

from btcli.cli.edge.answer import Answer
from btcli.legible.figures import count

if TYPE_CHECKING:
    from btcli.workflows.runs.export import RunExported


def exported_answer(exported: RunExported) -> Answer:
    """The files, their rows, and for machines the digests of their bytes."""

    def show(console: Console) -> None:
        for each in exported.files:
            console.print(f"{each.file}: {count(each.rows, 'row')}", soft_wrap=True, markup=False)

    data = {
        "run_dir": exported.run_dir,
        "run_id": exported.run_id,
        "to": exported.to.value,
        "files": [asdict(each) for each in exported.files],
    }
    return Answer(data, show, warnings=exported.warnings)
