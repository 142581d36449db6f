"""`btcli explain`: what became of a run's wishes, or the story of one trade."""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.answer import Answer, warned
from btcli.cli.options import RUNS, STORE, JsonOption, OutOption, RunArgument, StoreOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def explain(
    run: RunArgument,
    trade: Annotated[
        int | None,
        typer.Option(
            "--trade", metavar="N", min=1, help="Tell this trade of trades.csv, bar by bar.", show_default=False
        ),
    ] = None,
    data: StoreOption = STORE,
    out: OutOption = RUNS,
    as_json: JsonOption = False,
) -> Answer:
    """Tell what became of a run's wishes, or the story of one trade."""
    from btcli.workflows.locating import find_run

    found = find_run(run, out)
    if trade is None:
        from btcli.cli.funnel import funnel_answer
        from btcli.workflows.funnel import funnel_of

        return warned(funnel_answer(funnel_of(found.path)), found.warnings)
    from btcli.cli.story import story_answer
    from btcli.workflows.explaining import explain_trade

    return warned(story_answer(explain_trade(found.path, trade, data)), found.warnings)
