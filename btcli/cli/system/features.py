"""`btcli features`: the functions that features may use."""

from __future__ import annotations

import typer

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.options import JsonOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def features(as_json: JsonOption = False) -> Answer:
    """List the functions that features may be made of."""
    from btcli.cli.shown.listings import features_answer
    from btcli.workflows.system.listings import feature_functions

    return features_answer(feature_functions())
