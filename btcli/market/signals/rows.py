"""What a run knows of signals: rows that each hold from the moment they became known to the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from btcli.market.digesting import Column, digest_of_columns, row_marks
from btcli.market.loader import SeriesDigest
from btcli.market.ordered import distinct
from btcli.market.series import Floats, Millis, Series

AVAILABLE_AT = "available_at"  # the name of the moments, which no column of numbers has
EVERY_SYMBOL = ""


@dataclass(frozen=True, eq=False)
class SignalRows:
    """Rows of one symbol: when each became known, ms UTC ascending, and its numbers by name, NaN where unknown.

    A row older than `max_age_ms` is unknown, too.
    """

    ts: Millis
    columns: Mapping[str, Floats]
    max_age_ms: int | None = None

    def rows_at(self, ts_close: Millis) -> Millis:
        """By close the last row that was known by then, one at the very close included; -1 where there is none."""
        rows = self.ts.searchsorted(ts_close, side="right") - 1
        if self.max_age_ms is not None and len(self.ts):
            rows = np.where(ts_close - self.ts[np.maximum(rows, 0)] > self.max_age_ms, -1, rows)
        return rows.astype(np.int64)

    def at(self, name: str, ts_close: Millis) -> Floats:
        """The values of a column at closes: float64[closes], NaN where it is unknown.

        Raises KeyError for a column that is not there.
        """
        rows = self.rows_at(ts_close)
        return np.append(self.columns[name], np.nan)[rows]  # row -1 is the last of these

    @property
    def content(self) -> dict[str, Column]:
        """All columns in the order in which they are digested."""
        return {AVAILABLE_AT: self.ts, **{name: self.columns[name] for name in sorted(self.columns)}}


class Seen(NamedTuple):
    """Of the rows that become known inside a window how many no close sees; of the closes how many see a row."""

    inside: int
    unseen: int
    closes: int
    known: int


@dataclass(frozen=True, eq=False)
class Signals:
    """The rows of a file by symbol, those up to the end of the window; of a file that names no symbol for all.

    `file` is as it was named, `later` counts rows after the window, `strangers` those of other symbols.
    """

    file: str
    names: tuple[str, ...]
    rows: Mapping[str, SignalRows]
    later: int = 0
    strangers: int = 0

    def of(self, symbol: str) -> SignalRows | None:
        """The rows that a symbol sees; None for one that is not traded, of which the file is not asked."""
        return self.rows.get(EVERY_SYMBOL if EVERY_SYMBOL in self.rows else symbol)

    @property
    def series(self) -> Iterator[tuple[Series, SignalRows]]:
        """The rows under the name that manifest and pack have for them."""
        return ((series_of(symbol), rows) for symbol, rows in self.rows.items())

    @property
    def digests(self) -> tuple[SeriesDigest, ...]:
        """What a run notes of them."""
        return tuple(_digest(series, rows) for series, rows in self.series)


def series_of(symbol: str) -> Series:
    """Shown as "signals", or "BTCUSDT signals"."""
    return Series("", symbol, "signals", "")


def seen_in(rows: SignalRows, start_ms: int, closes: Millis) -> Seen:
    """What the closes of ltf of a window that begins at `start_ms` see of rows."""
    end_ms = int(closes[-1]) if len(closes) else start_ms
    first, last = np.searchsorted(rows.ts, [start_ms, end_ms + 1]).tolist()
    shown = distinct(rows.rows_at(closes))
    unseen = last - first - int(np.count_nonzero((shown >= first) & (shown < last)))
    return Seen(last - first, unseen, len(closes), int(np.count_nonzero(rows.rows_at(closes) >= 0)))


def _digest(series: Series, rows: SignalRows) -> SeriesDigest:
    first, last = (int(rows.ts[0]), int(rows.ts[-1])) if len(rows.ts) else (None, None)
    content = rows.content
    return SeriesDigest(
        series, len(rows.ts), first, last, digest_of_columns(content), row_marks(tuple(content.values()))
    )
