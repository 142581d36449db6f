"""`btcli data export`: rows of a series as a file that other tools, and btcli itself, can read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from btcli.artifacts.frame_files import FORMATS, write_frames
from btcli.errors import RequestError
from btcli.frozen import frozen
from btcli.market.digesting import digest_of_frame
from btcli.market.series import Series
from btcli.market.store.reading import open_store
from btcli.market.store.where import Store
from btcli.registry.asking import guards, open_for, refusing
from btcli.registry.records import Span
from btcli.registry.seals import Consent
from btcli.registry.where import RUNS

if TYPE_CHECKING:
    import polars as pl


@frozen
class ExportRequest:
    """A series, the part [start_ms, end_ms) of it, and the file to write."""

    series: Series
    file: Path
    store: Store
    start_ms: int = 0
    end_ms: int = 2**62
    overwrite: bool = False


@frozen
class Exported:
    """What a file was given: its rows, their outermost times, and the digest of their content."""

    file: Path
    series: Series
    rows: int
    first_ms: int
    last_ms: int
    digest: str


def export_series(request: ExportRequest, consent: Consent = refusing) -> Exported:
    """Write the file, whole or not at all; `consent` is asked before anything inside a sealed window is read.

    Raises RequestError for an unknown format, a file that is there, and a series without rows there, AccessError when
    the folder or the disk refuses.
    """
    file, series = request.file, request.series
    if file.suffix not in FORMATS:
        raise RequestError(f"{file.name} is neither .parquet nor .csv", hint="the file's ending says the format")

    span = Span(series.venue, series.symbol, request.start_ms, request.end_ms)
    for registry in guards(RUNS, [request.store.folder]):
        open_for(registry, [span], f"export of {series}", consent)

    @cache
    def rows() -> pl.DataFrame:
        return _rows(request)

    write_frames({file: rows}, overwrite=request.overwrite)
    frame = rows()
    return Exported(file, series, frame.height, int(frame[0, 0]), int(frame[-1, 0]), digest_of_frame(frame))


def _rows(request: ExportRequest) -> pl.DataFrame:
    series = request.series
    with open_store(request.store) as reader:
        read = reader.funding if series.kind == "funding" else reader.candles
        frame = read(series, request.start_ms, request.end_ms)
    if frame.is_empty():
        at = request.store.options
        raise RequestError(f"the store has nothing of {series} there", hint=f"btcli data list{at} shows what it has")
    return frame
