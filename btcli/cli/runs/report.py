"""`btcli report`: runs as one page to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.answer import Answer
from btcli.cli.edge.options import RUNS, STORE, JsonOption, StoreOption, UnsealOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def report(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN", help="Runs: a folder, an id, a unique prefix, or latest.", autocompletion=values.runs
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The file; default: report.html in the first run's folder."),
    ] = None,
    folder: Annotated[Path, typer.Option("--runs", help="The folder of runs.")] = RUNS,
    opens: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    data: StoreOption = STORE,
    unseal: UnsealOption = False,
    as_json: JsonOption = False,
) -> Answer:
    """Write a page that shows runs, and needs no network."""
    from btcli.cli.shown.consent import find_open_run, unsealing
    from btcli.cli.shown.reported import opened, reported_answer
    from btcli.market.store.where import Stores
    from btcli.workflows.runs.report import ReportRequest, report_on

    consent = unsealing(unseal=unseal, quiet=as_json)
    found = [find_open_run(run, folder, consent, "--runs") for run in runs]
    reported = report_on(ReportRequest(tuple(each.path for each in found), Stores(data), out))
    skipped = dict.fromkeys(said for each in found for said in each.warnings)
    return reported_answer(reported, (*skipped, *(opened(reported.path) if opens else ())))
