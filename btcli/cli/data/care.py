"""`btcli data export`, `verify`, `delete`, `forget` and `compact`: what is stored, looked at, thrown away, tidied."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from btcli.cli.edge.answer import Answer
from btcli.cli.edge.grouping import grouped
from btcli.cli.edge.options import (
    FromOption,
    JsonOption,
    SeriesOption,
    StoreNamed,
    SymbolOption,
    TimeframeOption,
    UnsealOption,
    UntilOption,
    VenueOption,
)


@grouped
def export_rows(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write, .parquet or .csv.")],
    venue: VenueOption,
    symbol: SymbolOption,
    series: SeriesOption,
    timeframe: TimeframeOption = None,
    start: FromOption = None,
    end: UntilOption = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    where: StoreNamed,
    unseal: UnsealOption = False,
    as_json: JsonOption = False,
) -> Answer:
    """Write a series into a file."""
    from btcli.cli.shown.consent import unsealing
    from btcli.cli.shown.stored import exported_answer
    from btcli.workflows.data.data import named_series, span_between
    from btcli.workflows.data.export import ExportRequest, export_series

    start_ms, end_ms = span_between(start, end) or (0, 2**62)
    which = named_series(venue, symbol, series, timeframe)
    consent = unsealing(unseal=unseal, quiet=as_json)
    return exported_answer(export_series(ExportRequest(which, file, where.store, start_ms, end_ms, overwrite), consent))


@grouped
def verify_rows(
    *,
    against_source: Annotated[
        bool, typer.Option("--against-source", help="Also fetch a sample of each series again, and compare.")
    ] = False,
    where: StoreNamed,
    as_json: JsonOption = False,
) -> Answer:
    """Check everything that is stored."""
    from btcli.cli.shown.synced import verified_answer
    from btcli.workflows.data.verify import verify_store

    return verified_answer(verify_store(where.store, against_source=against_source))


@grouped
def delete_rows(
    *,
    venue: VenueOption,
    symbol: SymbolOption,
    series: SeriesOption,
    timeframe: TimeframeOption = None,
    start: FromOption = None,
    end: UntilOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    where: StoreNamed,
    as_json: JsonOption = False,
) -> Answer:
    """Delete a series, or a part of it, after a question."""
    from btcli.cli.shown.consent import confirm
    from btcli.cli.shown.stored import imported_answer
    from btcli.workflows.data.data import delete_series, named_series, rows_to_delete, span_between

    named, span = named_series(venue, symbol, series, timeframe), span_between(start, end)
    count = rows_to_delete(named, span, where.store)
    if not yes:
        confirm(f"Delete {count:,} rows of {named}?", quiet=as_json, otherwise="nothing was deleted")
    return imported_answer([delete_series(named, span, where.store)])


@grouped
def forget_absences(
    *,
    venue: VenueOption,
    symbol: SymbolOption,
    series: SeriesOption,
    timeframe: TimeframeOption = None,
    start: FromOption = None,
    end: UntilOption = None,
    where: StoreNamed,
    as_json: JsonOption = False,
) -> Answer:
    """Forget absences, so that the venue is asked again."""
    from btcli.cli.shown.stored import imported_answer
    from btcli.workflows.data import data as workflow

    named, span = workflow.named_series(venue, symbol, series, timeframe), workflow.span_between(start, end)
    return imported_answer([workflow.forget_absences(named, span, where.store)])


@grouped
def compact_file(
    *,
    where: StoreNamed,
    as_json: JsonOption = False,
) -> Answer:
    """Write the store's file anew, in order."""
    from btcli.cli.shown.stored import imported_answer
    from btcli.workflows.data.data import compact_store

    return imported_answer([compact_store(where.store)])
