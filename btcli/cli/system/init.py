"""`btcli init`: a folder to begin in."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from btcli.cli.edge import values
from btcli.cli.edge.answer import Answer
from btcli.cli.edge.grouping import grouped
from btcli.cli.edge.options import JsonOption
from btcli.cli.system.from_store import FromStore, markets_meant
from btcli.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

app = typer.Typer(add_completion=False, rich_markup_mode=None)
OWN_CANDLES = "btcli data import FILE --venue binance --series trade && btcli run"


@app.command()
@grouped
def init(
    *,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where; default: here.")] = Path(),
    template: Annotated[
        str | None,
        typer.Option(
            "--template", metavar="NAME", help="Write one of the systems of --list.", autocompletion=values.templates
        ),
    ] = None,
    lists: Annotated[bool, typer.Option("--list", help="List the templates, and write nothing.")] = False,
    stored: FromStore,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a file is replaced.")] = False,
    as_json: JsonOption = False,
) -> Answer:
    """Write a system.yml to start from.

    With a strategy beside it, of a template, or for stored candles.
    """
    if sum((template is not None, lists, stored.from_store)) > 1:
        raise RequestError("--template, --list and --from-store exclude each other")
    if stored.from_store:
        return _of_store(folder, stored, yes=yes, quiet=as_json)
    stored.refuse_without()
    if lists:
        return _listed()
    from btcli.workflows.system.init import files_of_template, first_files

    entering = "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "
    if template is not None:
        files, following = files_of_template(template)
        return _written(folder, files, f"next: {entering}{following}", yes=yes, quiet=as_json)
    own = f"or on your own candles of binance or bybit: {entering}{OWN_CANDLES}"
    following = f"next: {entering}btcli data sample && btcli run"
    return _written(folder, first_files(folder), own, following, yes=yes, quiet=as_json)


def _listed() -> Answer:
    from btcli.cli.shown.listings import templates_answer
    from btcli.workflows.system.templates import templates

    return templates_answer(templates())


def _of_store(folder: Path, stored: FromStore, *, yes: bool, quiet: bool) -> Answer:
    from btcli.workflows.system.from_store import files_from_store, running, stored_markets

    taken, because = markets_meant(stored_markets(stored.store), stored, quiet=quiet)
    files = files_from_store(folder, stored.store, taken, because)
    following = f"next: {running(stored.store, folder)}"
    return _written(folder, files, because, following, yes=yes, quiet=quiet)


def _written(folder: Path, files: Mapping[str, str], *after: str, yes: bool, quiet: bool) -> Answer:
    """Write the files, after a question where one is there, and say what follows."""
    from btcli.cli.shown.consent import confirm
    from btcli.workflows.system.init import start_folder, to_be_replaced

    present = to_be_replaced(folder, files)
    if present and not yes:
        where = "this folder" if folder == Path() else str(folder)
        said = f"{where} already has {', '.join(present)} (btcli init DIR begins in another folder). Replace?"
        confirm(said, quiet=quiet, otherwise="nothing was written")
    written = start_folder(folder, files)

    def show(console: Console) -> None:
        for path in written:
            console.print(f"wrote {path}", soft_wrap=True, markup=False)
        for line in after:
            console.print(line, style="dim", soft_wrap=True, markup=False)

    return Answer({"written": list(written)}, show)
