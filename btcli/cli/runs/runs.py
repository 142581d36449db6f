"""`btcli runs`: the runs there are."""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.answer import Answer, warned
from btcli.cli.edge.options import RUNS, JsonOption, OutOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def runs(
    system: Annotated[
        str, typer.Option("--system", help="Only those of this system.", autocompletion=values.run_systems)
    ] = "",
    window: Annotated[
        str, typer.Option("--window", "-w", help="Only those of this window.", autocompletion=values.run_windows)
    ] = "",
    symbol: Annotated[
        list[str] | None,
        typer.Option(
            "--symbol", help="Only those that traded it; may be given several times.", autocompletion=values.symbols
        ),
    ] = None,
    strategy: Annotated[
        str, typer.Option("--strategy", help="Only those of this strategy.", autocompletion=values.strategies)
    ] = "",
    sort: Annotated[
        str,
        typer.Option(
            "--sort",
            metavar="COLUMN",
            help="By this column; -COLUMN: the greatest first.",
            autocompletion=values.some(*values.RUN_COLUMNS),
        ),
    ] = "",
    out: OutOption = RUNS,
    as_json: JsonOption = False,
) -> Answer:
    """List the runs, the last one at the end."""
    from btcli.cli.shown.run_list import runs_answer
    from btcli.workflows.runs.runs import RunsRequest, list_runs

    found = list_runs(RunsRequest(out, system, window, strategy, tuple(symbol or ()), sort))
    return warned(runs_answer(found, out), (*map(str, found.skipped), *found.warnings))
