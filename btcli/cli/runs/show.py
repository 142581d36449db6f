"""`btcli show`: a run's summary again."""

from __future__ import annotations

import typer

from btcli.cli.edge.answer import Answer, warned
from btcli.cli.edge.options import RUNS, FullOption, JsonOption, OutOption, RunArgument, UnsealOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def show(
    run: RunArgument,
    full: FullOption = False,
    out: OutOption = RUNS,
    unseal: UnsealOption = False,
    as_json: JsonOption = False,
) -> Answer:
    """Show the summary of a run."""
    from btcli.cli.shown.consent import find_open_run, unsealing
    from btcli.cli.shown.summary import record_answer
    from btcli.registry.tries import count_if_any
    from btcli.story.curve import outline_if_any
    from btcli.story.records import read_record

    found = find_open_run(run, out, unsealing(unseal=unseal, quiet=as_json))
    outline, wrong = ((), ()) if full or as_json else outline_if_any(found.path)
    record = read_record(found.path)
    count, damage = count_if_any(out, record.manifest)
    answer = record_answer(record, outline, full=full, count=count)
    return warned(answer, (*found.warnings, *wrong, *damage))
