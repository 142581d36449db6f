"""`btcli schema`: the JSON schema of system.yml, for editors."""

from __future__ import annotations

import json

import typer

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.options import JsonOption

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def schema(as_json: JsonOption = False) -> Answer:
    """Print the JSON schema of system.yml."""
    from btcli.config.schema import schema as system_schema

    found = system_schema()
    return Answer({"schema": found}, show=lambda console: print(json.dumps(found, indent=2), file=console.file))
