"""`btcli data …`: what the store holds, and what is put into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from btcli.cli.data.care import compact_file, delete_rows, export_rows, forget_absences, verify_rows
from btcli.cli.data.instruments import app as instruments
from btcli.cli.data.meaning import Meaning
from btcli.cli.data.sync import sync_from_venue
from btcli.cli.edge.answer import Answer
from btcli.cli.edge.grouping import grouped
from btcli.cli.edge.options import (
    LOCK_WAIT_S,
    STORE,
    EndOption,
    EnvOption,
    JsonOption,
    LockWaitOption,
    SetOption,
    StartOption,
    StoreNamed,
    StoreOption,
    SystemArgument,
)
from btcli.cli.edge.watching import watched
from btcli.errors import RequestError
from btcli.market.store.where import Store, Stores

app = typer.Typer(add_completion=False, rich_markup_mode=None, help="Look into the store, and change what it holds.")


@app.command("import")
@grouped
def import_files(
    *,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Parquet, CSV, Feather or JSON files, or zips of one.")
    ],
    venue: Annotated[str, typer.Option(help="bybit, binance or sample; never guessed.")],
    symbol: Annotated[str | None, typer.Option(help="Such as BTCUSDT; may be left out when the file says it.")] = None,
    series: Annotated[str | None, typer.Option(help="trade, mark or funding.")] = None,
    timeframe: Annotated[str | None, typer.Option(help="Such as 5m; may be left out when the times show it.")] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", metavar="OURS=THEIRS", help="Name a column, as in --map ts_open=date.")
    ] = None,
    meaning: Meaning,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check the files, store nothing.")] = False,
    where: StoreNamed,
    as_json: JsonOption = False,
) -> Answer:
    """Put candles or funding rates from files into the store."""
    from btcli.cli.shown.stored import imported_answer
    from btcli.workflows.data.data import ImportRequest, import_series

    request = ImportRequest(
        files=tuple(files),
        venue=venue,
        symbol=symbol,
        series=series,
        timeframe=timeframe,
        names=_pairs(columns or []),
        said=meaning.said(),
        dry_run=dry_run,
        store=where.store,
    )
    return imported_answer((import_series(request),))


@app.command("list")
def list_series(
    env: EnvOption = "live",
    provenance: Annotated[bool, typer.Option("--provenance", help="Also say who wrote which part, and when.")] = False,
    data: StoreOption = STORE,
    lock_wait: LockWaitOption = LOCK_WAIT_S,
    as_json: JsonOption = False,
) -> Answer:
    """List the series in the store: rows, spans and holes."""
    from btcli.cli.shown.stored import listed_answer
    from btcli.workflows.data.stored import left_behind, stored_series

    store = Store(data, env, lock_wait)
    return listed_answer(stored_series(store), data, provenance=provenance, warnings=left_behind(store))


@app.command("sample")
@watched
def sample_series(
    system: SystemArgument = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed makes another history.")] = 1,
    detail: Annotated[
        str | None, typer.Option("--detail", help="Also candles of this timeframe, for run --detail.")
    ] = None,
    start: StartOption = None,
    end: EndOption = None,
    overrides: SetOption = None,
    data: StoreOption = STORE,
    lock_wait: LockWaitOption = LOCK_WAIT_S,
    as_json: JsonOption = False,
) -> Answer:
    """Generate the series that a system of venue sample needs."""
    from btcli.cli.shown.stored import imported_answer
    from btcli.workflows.data.sample import SampleRequest, sample_for_system
    from btcli.workflows.system_files import system_file

    file, stores, said = system_file(system), Stores(data, lock_wait), tuple(overrides or ())
    request = SampleRequest(file, stores, overrides=said, start=start, end=end, seed=seed, detail=detail)
    return imported_answer(sample_for_system(request))


app.add_typer(instruments, name="instruments")
app.command("sync")(sync_from_venue)
app.command("export")(export_rows)
app.command("verify")(verify_rows)
app.command("delete")(delete_rows)
app.command("forget")(forget_absences)
app.command("compact")(compact_file)


def _pairs(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    for text, (ours, equals, _) in zip(texts, pairs, strict=True):
        if not (ours and equals):
            raise RequestError(f"--map {text!r} is not OURS=THEIRS", hint="as in --map ts_open=date")
    return {ours: theirs for ours, _, theirs in pairs}
