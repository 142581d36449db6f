"""Where candles and funding are read from: the store, a pack, or frames in memory, all asked the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from btcli.market.series import Candles, Rows, Series, Settlements

if TYPE_CHECKING:
    import polars as pl

Absent = Sequence[tuple[int, int]]
Doubts = Sequence[tuple[int, int, str]]  # start_ms, end_ms, "not given" or "disputed"


class RowReader(Protocol):
    """Rows of a series whose time lies in [start_ms, end_ms), ascending; a series that is absent has no rows."""

    def rows(self, series: Series, start_ms: int, end_ms: int) -> Rows:
        """Candles, or Settlements of a funding series."""
        ...


class CandleReader(Protocol):
    """The same rows as frames, for what works on frames: a run does without, and need not load their library."""

    def candles(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        """Columns ts_open (ms UTC), open, high, low, close, volume."""
        ...

    def funding(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        """Columns ts (ms UTC, as received) and rate (a fraction)."""
        ...


class StoredRows(RowReader, Protocol):
    """A reader that also knows what the exchange itself has confirmed not to have, and what its answers left open."""

    def absent(self, series: Series) -> Absent:
        """Ranges [start_ms, end_ms), ascending, apart from each other."""
        ...

    def doubts(self, series: Series) -> Doubts:
        """Ranges [start_ms, end_ms) that were asked for and not given, or told in two ways; ascending, apart."""
        ...


class FrameReader:
    """Frames in memory behind both protocols; rows keep the order they came in."""

    def __init__(self, frames: Mapping[Series, pl.DataFrame], absent: Mapping[Series, Absent] | None = None) -> None:
        self._frames = dict(frames)
        self._absent = dict(absent or {})

    def absent(self, series: Series) -> Absent:
        return self._absent.get(series, ())

    def doubts(self, _: Series) -> Doubts:
        return ()

    def rows(self, series: Series, start_ms: int, end_ms: int) -> Rows:
        read = self.funding if series.kind == "funding" else self.candles
        return rows_of_frame(read(series, start_ms, end_ms))

    def candles(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        from btcli.market.schema import empty_candles

        frame = self._frames.get(series)
        return empty_candles() if frame is None else _between(frame, "ts_open", start_ms, end_ms)

    def funding(self, series: Series, start_ms: int, end_ms: int) -> pl.DataFrame:
        from btcli.market.schema import empty_funding

        frame = self._frames.get(series)
        return empty_funding() if frame is None else _between(frame, "ts", start_ms, end_ms)


class HoldingReader:
    """Reads each range once, so that what was checked is what is run; `hear` is told of each when it is read."""

    def __init__(self, reader: RowReader, hear: Callable[[Series, Rows], None] | None = None) -> None:
        self._reader, self._hear = reader, hear
        self._held: dict[tuple[Series, int, int], Rows] = {}

    def rows(self, series: Series, start_ms: int, end_ms: int) -> Rows:
        key = (series, start_ms, end_ms)
        if key not in self._held:
            self._held[key] = self._reader.rows(*key)
            if self._hear is not None:
                self._hear(series, self._held[key])
        return self._held[key]


def rows_of_frame(frame: pl.DataFrame) -> Rows:
    """Columns of a stored frame as fresh arrays, in the frame's order; a missing value becomes NaN."""
    kind = Settlements if "rate" in frame.columns else Candles
    ts, *values = kind._fields
    numbers = (np.array(frame[name].to_numpy(), np.float64, order="C") for name in values)
    return kind(np.array(frame[ts].to_numpy(), np.int64, order="C"), *numbers)


def _between(frame: pl.DataFrame, column: str, start_ms: int, end_ms: int) -> pl.DataFrame:
    import polars as pl

    return frame.filter((pl.col(column) >= start_ms) & (pl.col(column) < end_ms))
