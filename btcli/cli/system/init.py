"""`btcli init`: a folder to begin in."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.options import JsonOption

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; default: here.")] = Path(),
    as_json: JsonOption = False,
) -> Answer:
    """Write a system.yml to start from, and a strategy beside it."""
    from btcli.workflows.init import start_folder

    written = start_folder(folder)

    def show(console: Console) -> None:
        for path in written:
            console.print(f"wrote {path}", soft_wrap=True, markup=False)
        enter = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
        own = f"{enter}btcli data import FILE --venue binance --series trade && btcli run"
        for line in (
            f"or on your own candles of binance or bybit: {own}",
            f"next: {enter}btcli data sample && btcli run",
        ):
            console.print(line, style="dim", soft_wrap=True, markup=False)

    return Answer({"written": list(written)}, show)
