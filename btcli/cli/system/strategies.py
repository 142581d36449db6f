"""`btcli strategies`: the strategies that come with btcli."""

from __future__ import annotations

import typer

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.options import JsonOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def strategies(as_json: JsonOption = False) -> Answer:
    """List the built-in strategies with their parameters."""
    from btcli.cli.shown.listings import strategies_answer
    from btcli.workflows.system.listings import built_in_strategies

    return strategies_answer(built_in_strategies())
