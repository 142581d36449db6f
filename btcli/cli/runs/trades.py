"""`btcli trades`: the trades of a run, one by one or by what they share."""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.answer import Answer, warned
from btcli.cli.edge.options import RUNS, JsonOption, OutOption, RunArgument, UnsealOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)
SHOWN = 20


@app.command()
def trades(
    run: RunArgument,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="NAMES",
            help="Sum up by symbol, side, tag, exit_reason, weekday, hour or month.",
            autocompletion=values.one_after_another(values.BY),
        ),
    ] = "",
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="CONDITION", help="Only such trades, as side=long or 'net_pnl_usdt<0'."),
    ] = None,
    sort: Annotated[
        str, typer.Option("--sort", metavar="COLUMN", help="By this column; -COLUMN: the greatest first.")
    ] = "",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", min=0, help="How many rows; 0: all; default 20 trades, or all groups.", show_default=False
        ),
    ] = None,
    out: OutOption = RUNS,
    unseal: UnsealOption = False,
    as_json: JsonOption = False,
) -> Answer:
    """List a run's trades, or their results by what they share."""
    from btcli.cli.shown.consent import find_open_run, unsealing
    from btcli.cli.shown.trades import trades_answer
    from btcli.workflows.runs.trades import TradesRequest, find_trades

    found = find_open_run(run, out, unsealing(unseal=unseal, quiet=as_json))
    rows = limit if limit is not None else 0 if by else SHOWN  # a day has more hours than that
    request = TradesRequest(found.path, by, tuple(where or ()), sort, rows)
    return warned(trades_answer(find_trades(request), is_cut_unasked=limit is None), found.warnings)
