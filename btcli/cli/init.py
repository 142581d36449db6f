"""`btcli init`: a folder to begin in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from btcli.cli.answer import Answer
from btcli.cli.options import JsonOption

app = typer.Typer(add_completion=False)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where; default: here.")] = Path(),
    as_json: JsonOption = False,
) -> Answer:
    """Write a system.yml to start from, and a strategy beside it."""
    from btcli.workflows.init import start_folder

    written = start_folder(folder)

    def show(console: object) -> None:
        for path in written:
            print(f"wrote {path}")
        print("next: btcli data sample, then btcli run --window q1")

    return Answer({"written": [str(path) for path in written]}, show=show)
