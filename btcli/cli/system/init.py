"""`btcli init`: a folder to begin in."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.answer import Answer
from btcli.cli.edge.options import JsonOption
from btcli.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

app = typer.Typer(add_completion=False, rich_markup_mode=None)
OWN_CANDLES = "btcli data import FILE --venue binance --series trade && btcli run"


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; default: here.")] = Path(),
    template: Annotated[
        str | None,
        typer.Option(
            "--template", metavar="NAME", help="Write one of the systems of --list.", autocompletion=values.templates
        ),
    ] = None,
    lists: Annotated[bool, typer.Option("--list", help="List the templates, and write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a file is replaced.")] = False,
    as_json: JsonOption = False,
) -> Answer:
    """Write a system.yml to start from: with a strategy beside it, or a template."""
    from btcli.workflows.init import files_of_template, first_files

    if lists:
        if template is not None:
            raise RequestError("--list and --template exclude each other")
        from btcli.cli.shown.listings import templates_answer
        from btcli.workflows.templates import templates

        return templates_answer(templates())
    if template is None:
        own = f"or on your own candles of binance or bybit: {_entering(folder)}{OWN_CANDLES}"
        return _written(folder, first_files(folder), "btcli data sample && btcli run", own, yes=yes, quiet=as_json)
    files, following = files_of_template(template)
    return _written(folder, files, following, yes=yes, quiet=as_json)


def _written(folder: Path, files: Mapping[str, str], following: str, *more: str, yes: bool, quiet: bool) -> Answer:
    """Write the files, after a question where one is there, and say which command follows."""
    from btcli.cli.shown.consent import confirm
    from btcli.workflows.init import start_folder, to_be_replaced

    present = to_be_replaced(folder, files)
    if present and not yes:
        said = f"{folder} already has {', '.join(present)} (btcli init DIR begins in another folder). Replace?"
        confirm(said, quiet=quiet, otherwise="nothing was written")
    written = start_folder(folder, files)

    def show(console: Console) -> None:
        for path in written:
            console.print(f"wrote {path}", soft_wrap=True, markup=False)
        for line in (*more, f"next: {_entering(folder)}{following}"):
            console.print(line, style="dim", soft_wrap=True, markup=False)

    return Answer({"written": list(written)}, show)


def _entering(folder: Path) -> str:
    return "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
