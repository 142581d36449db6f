"""`btcli show`: a run's summary again."""

from __future__ import annotations

import typer

from btcli.cli.edge.answer import Answer, warned
from btcli.cli.edge.options import RUNS, FullOption, JsonOption, OutOption, RunArgument

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def show(run: RunArgument, full: FullOption = False, out: OutOption = RUNS, as_json: JsonOption = False) -> Answer:
    """Show the summary of a run."""
    from btcli.cli.shown.summary import record_answer
    from btcli.story.curve import outline_if_any
    from btcli.story.finding import find_run
    from btcli.story.records import read_record

    found = find_run(run, out)
    outline, wrong = ((), ()) if full or as_json else outline_if_any(found.path)
    return warned(record_answer(read_record(found.path), outline, full=full), (*found.warnings, *wrong))
