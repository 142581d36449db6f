"""`btcli explain`: the story of one trade."""

from __future__ import annotations

from typing import Annotated

import typer

from btcli.cli.answer import Answer
from btcli.cli.options import RUNS, STORE, JsonOption, OutOption, RunArgument, StoreOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def explain(
    run: RunArgument,
    trade: Annotated[int, typer.Option("--trade", metavar="N", min=1, help="The trade's number in trades.csv.")],
    data: StoreOption = STORE,
    out: OutOption = RUNS,
    as_json: JsonOption = False,
) -> Answer:
    """Tell the story of one trade, bar by bar."""
    from btcli.cli.story import story_answer
    from btcli.workflows.explaining import explain_trade
    from btcli.workflows.locating import find_run

    return story_answer(explain_trade(find_run(run, out), trade, data))
