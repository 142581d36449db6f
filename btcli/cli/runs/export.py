"""`btcli export`: a run handed to other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from btcli.cli.edge.answer import Answer, warned
from btcli.cli.edge.options import RUNS, JsonOption, RunArgument, UnsealOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def export(
    run: RunArgument,
    to: Annotated[
        Literal["parquet", "csv", "quantstats"],
        typer.Option(help="Trades, equity curve and events in one of two formats, or the daily returns."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="The folder, of quantstats the .csv or .parquet file; default by the run's id, here.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    runs: Annotated[Path, typer.Option("--runs", help="The folder of runs.")] = RUNS,
    unseal: UnsealOption = False,
    as_json: JsonOption = False,
) -> Answer:
    """Write a run as files for other tools."""
    from btcli.cli.shown.consent import find_open_run, unsealing
    from btcli.cli.shown.exported import exported_answer
    from btcli.workflows.runs.export import RunExportRequest, To, export_run

    found = find_open_run(run, runs, unsealing(unseal=unseal, quiet=as_json), "--runs")
    request = RunExportRequest(found.path, To(to), out, overwrite)
    return warned(exported_answer(export_run(request)), found.warnings)
