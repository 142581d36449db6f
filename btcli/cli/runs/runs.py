"""`btcli runs`: the runs there are."""

from __future__ import annotations

import typer

from btcli.cli.edge.answer import Answer, warned
from btcli.cli.edge.options import RUNS, JsonOption, OutOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def runs(out: OutOption = RUNS, as_json: JsonOption = False) -> Answer:
    """List the runs, the last one at the end."""
    from btcli.cli.shown.run_list import runs_answer
    from btcli.story.records import all_records

    records, skipped = all_records(out)
    return warned(runs_answer(records, out), tuple(map(str, skipped)))
