"""Pages of a venue on their way into the store: gathered into blocks, each committed as one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import polars as pl

from btcli.digest import digest_of
from btcli.errors import SourceError
from btcli.market.schema import CANDLE_SCHEMA, FUNDING_SCHEMA
from btcli.market.series import Floats, Series
from btcli.market.store.writing import StoreWriter, WriteResult, WriteSource
from btcli.sources.source import Page
from btcli.timeframe import Timeframe, utc_text
from btcli.tools.registry import SeriesRange

Rows = Floats
BLOCK_ROWS = 10_000
BLOCK_S = 1.0


@dataclass
class BlockWriter:
    """Takes pages of one series in any order and commits adjoining ones as one block, each in one transaction.

    What is gathered is committed when it is large or old enough: a killed process loses a second of work at most.
    """

    writer: StoreWriter
    series: Series
    tool: str
    venue: str
    results: list[WriteResult] = field(default_factory=list)
    committed: list[SeriesRange] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    _pages: list[tuple[Page, Rows]] = field(default_factory=list)
    _since: float = 0.0

    def take(self, page: Page) -> None:
        """Check a page and gather it; raises SourceError for one that is not what it says to be."""
        rows = rows_of(self.series, page)
        if not self._pages:
            self._since = time.monotonic()
        self._pages.append((page, rows))
        if sum(len(each) for _, each in self._pages) >= BLOCK_ROWS or time.monotonic() - self._since >= BLOCK_S:
            self.flush()

    def flush(self) -> None:
        """Commit what is gathered; what a Ctrl-C keeps from being committed stays gathered, for who flushes again."""
        self._pages.sort(key=lambda taken: taken[0].start_ms)
        for block in list(_blocks(self._pages)):
            self._commit([page for page, _ in block], np.concatenate([rows for _, rows in block]))
            del self._pages[: len(block)]

    def _commit(self, pages: list[Page], rows: Rows) -> None:
        digest = pages[0].digest if len(pages) == 1 else digest_of([page.digest for page in pages])
        path = f"{self.venue} {_path(pages[0])}"
        source = WriteSource(self.tool, f"{path} ({len(pages)} pages)" if len(pages) > 1 else path, digest)
        if self.series.kind == "funding":
            self.results.append(self.writer.upsert_funding(self.series, frame_of(rows, FUNDING_SCHEMA), source))
        else:
            self.results.append(self.writer.upsert_candles(self.series, frame_of(rows, CANDLE_SCHEMA), source))
        self.committed.append(SeriesRange(self.series, pages[0].start_ms, pages[-1].end_ms))
        if path not in self.sources:
            self.sources.append(path)


def rows_of(series: Series, page: Page) -> Rows:
    """The page as numbers; raises SourceError unless they are finite, in order, in its range and on the grid."""
    rows = np.array(page.rows, dtype=np.float64).reshape(len(page.rows), 2 if series.kind == "funding" else 6)
    ts = rows[:, 0]
    fits = bool((np.diff(ts) > 0).all() and ((ts >= page.start_ms) & (ts < page.end_ms)).all())
    if series.kind != "funding":
        timeframe = Timeframe.parse(series.timeframe)
        fits = fits and bool(((ts - timeframe.origin_ms) % timeframe.ms == 0).all())
    if not fits or not np.isfinite(rows).all():
        raise SourceError(
            f"{series}: the answer for {utc_text(page.start_ms)} to {utc_text(page.end_ms)} makes no sense",
            hint="try again; nothing of it was stored",
        )
    return rows


def frame_of(rows: Rows, schema: pl.Schema) -> pl.DataFrame:
    """Rows as a frame of the store."""
    columns = {name: np.ascontiguousarray(rows[:, place]) for place, name in enumerate(schema)}
    return pl.DataFrame(columns).cast(schema)


def _blocks(gathered: list[tuple[Page, Rows]]) -> Iterator[list[tuple[Page, Rows]]]:
    """Ascending pages cut where one does not begin where the one before it ends, or comes from elsewhere."""
    cuts = [
        place
        for place, ((last, _), (page, _)) in enumerate(pairwise(gathered), start=1)
        if page.start_ms != last.end_ms or _path(page) != _path(last)
    ]
    for first, end in pairwise([0, *cuts, len(gathered)] if gathered else []):
        yield gathered[first:end]


def _path(page: Page) -> str:
    return page.url.partition("?")[0]
