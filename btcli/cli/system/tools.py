"""`btcli tools`: everything that may change the store."""

from __future__ import annotations

import typer

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.options import JsonOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def tools(as_json: JsonOption = False) -> Answer:
    """List the tools that may change the store."""
    from btcli.cli.shown.listings import tools_answer
    from btcli.workflows.system.tools import all_tools

    return tools_answer(all_tools())
