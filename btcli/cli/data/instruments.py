"""`btcli data instruments`: trading rules and risk tiers as dated snapshots, shown and taken in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.options import STORE, JsonOption, StoreOption
from btcli.symbols import symbol_of

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Show the dated snapshots of trading rules and risk tiers.",
)


@app.callback()
def show_snapshots(
    context: typer.Context,
    venue: Annotated[str | None, typer.Option(help="bybit, binance or sample; default all.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Show all rules of this symbol, such as BTCUSDT.")] = None,
    data: StoreOption = STORE,
    as_json: JsonOption = False,
) -> Answer | None:
    """Show the dated snapshots of trading rules and risk tiers."""
    if context.invoked_subcommand is not None:
        return None
    from btcli.cli.shown.specs import snapshots_answer
    from btcli.clock import now_ms
    from btcli.workflows.data.instruments import snapshots

    symbol = None if symbol is None else symbol_of(symbol, where="--symbol")
    return snapshots_answer(snapshots(data, now_ms(), venue=venue, symbol=symbol), symbol)


@app.command("import")
def import_specs(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="A venue's saved answers, a snapshot, or YAML as under instruments:."),
    ],
    venue: Annotated[str, typer.Option(help="bybit, binance or sample; never guessed.")],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="The day of the rules, where no file says it.")
    ] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="Only this one; may be given several times.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check the files, write nothing.")] = False,
    data: StoreOption = STORE,
    as_json: JsonOption = False,
) -> Answer:
    """Make a dated snapshot of the trading rules in files."""
    from btcli.cli.shown.specs import imported_specs_answer
    from btcli.workflows.data.instruments import SpecsImportRequest, import_specs

    symbols = tuple(symbol_of(each, where="--symbol") for each in symbol or ())
    request = SpecsImportRequest(tuple(files), venue, data, as_of, symbols, dry_run)
    return imported_specs_answer(import_specs(request))
