"""Putting series into the store and taking them out, through the tools alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from btcli.config.types import moment_ms
from btcli.config.venues import VENUES
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.market.importing.said import NOTHING_SAID, Said
from btcli.market.series import Series
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.symbols import symbol_of
from btcli.timeframe import Timeframe
from btcli.tools import ToolResult, registry_for
from btcli.tools.filing import require_no_timeframe

EVER_MS = 2**62  # an end that was left out
KINDS = ("trade", "mark", "funding")


@frozen
class ImportRequest:
    """Files of one series; what a file says itself may be None. `names` maps our columns to the file's."""

    files: tuple[Path, ...]
    venue: str
    store: Store
    symbol: str | None = None
    series: str | None = None
    timeframe: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    said: Said = NOTHING_SAID
    dry_run: bool = False


def import_series(request: ImportRequest) -> ToolResult:
    """Import all files or none, by the tool `import_file` or `import_files`; raises what the first failing one says.

    All are read before the first is written.
    """
    if request.series is not None and request.series not in KINDS:
        raise RequestError(f"{request.series!r} is not a series", hint=f"one of {', '.join(KINDS)}")
    symbol = None if request.symbol is None else symbol_of(request.symbol, where="--symbol")
    tools = registry_for(request.store)
    if not request.files:
        raise RequestError("there is no file to import", hint="btcli data import FILE... --venue VENUE")
    files = request.files
    which = {"path": files[0]} if len(files) == 1 else {"paths": files}
    return tools.execute(
        "import_file" if len(files) == 1 else "import_files",
        **which,
        venue=request.venue,
        symbol=symbol,
        series=request.series,
        timeframe=request.timeframe,
        names=request.names or None,
        said=request.said,
        dry_run=request.dry_run,
    ).checked()


def delete_series(series: Series, span: tuple[int, int] | None, store: Store) -> ToolResult:
    """Take a series, or the part [start_ms, end_ms) of it, out of the store by the tool `delete_range`."""
    tools = registry_for(store)
    part = {} if span is None else {"start_ms": span[0], "end_ms": span[1]}
    return tools.execute("delete_range", series=series, **part).checked()


def forget_absences(series: Series, span: tuple[int, int] | None, store: Store) -> ToolResult:
    """Take back what the venue was found not to have in [start_ms, end_ms), by the tool `forget_absences`.

    Raises RequestError when nothing of the kind is remembered there.
    """
    start_ms, end_ms = span or (0, EVER_MS)
    if not ranges_without_rows(series, (start_ms, end_ms), store):
        raise RequestError(
            f"nothing of {series} is remembered as absent, not given or disputed there",
            hint=f"btcli data list --provenance{store.options} shows what is",
        )
    tools = registry_for(store)
    return tools.execute("forget_absences", series=series, start_ms=start_ms, end_ms=end_ms).checked()


def ranges_without_rows(series: Series, span: tuple[int, int], store: Store) -> int:
    """How many ranges of [start_ms, end_ms) are remembered as absent, not given or disputed."""
    with open_store(store) as reader:
        known = [*reader.absent(series), *(doubt[:2] for doubt in reader.doubts(series))]
    return sum(start < span[1] and end > span[0] for start, end in known)


def rows_to_delete(series: Series, span: tuple[int, int] | None, store: Store) -> int:
    """How many rows `delete_series` would take; raises RequestError when there is nothing at all to take."""
    with open_store(store) as reader:
        times = reader.times(series)
    start_ms, end_ms = span or (0, EVER_MS)
    count = int(((times >= start_ms) & (times < end_ms)).sum())
    if not count and not ranges_without_rows(series, (start_ms, end_ms), store):
        raise RequestError(
            f"the store has nothing of {series} there",
            hint=f"btcli data list{store.options} shows what it has",
        )
    return count


def compact_store(store: Store) -> ToolResult:
    """Write the store's file anew by the tool `compact_store`; raises RequestError when there is no store."""
    with open_store(store) as reader:
        if not reader.has_file:
            raise RequestError(f"there is no {store.env} store in {store.folder}", hint="name its folder with --data")
    return registry_for(store).execute("compact_store").checked()


def named_series(venue: str, symbol: str, kind: str, timeframe: str | None) -> Series:
    """A series by its parts; raises RequestError for parts that make none."""
    if venue not in VENUES:
        raise RequestError(f"{venue!r} is not a venue", hint=f"one of {', '.join(VENUES)}")
    if kind not in KINDS:
        raise RequestError(f"{kind!r} is not a series", hint=f"one of {', '.join(KINDS)}")
    symbol = symbol_of(symbol, where="--symbol")
    if kind == "funding":
        require_no_timeframe(timeframe)
        return Series(venue, symbol, "funding", "")
    if timeframe is None:
        raise RequestError(f"{kind} candles of which timeframe?", hint="such as --timeframe 5m")
    return Series(venue, symbol, "trade" if kind == "trade" else "mark", Timeframe.parse(timeframe).label)


def span_between(start: str | None, end: str | None) -> tuple[int, int] | None:
    """[start_ms, end_ms) of two moments in words, either of them left out; None for neither.

    Raises RequestError for what is no moment, and for an end before its start.
    """
    if start is None and end is None:
        return None
    try:
        start_ms = 0 if start is None else moment_ms(start, is_end=False)
        end_ms = EVER_MS if end is None else moment_ms(end, is_end=True)
    except ValueError as error:
        raise RequestError(str(error), hint="as 2024-01-31 or 2024-01-31T12:00") from None
    if start_ms >= end_ms:
        raise RequestError("the end is not after the start", where="--start --end")
    return start_ms, end_ms
