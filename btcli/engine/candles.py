"""The prices of the steps: candles of each symbol laid along the timeline, copied only where it has no bar at some."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from btcli.engine.timeline import Booleans, Timeline
from btcli.exchange.face.tape import Candles
from btcli.market.closes import stretch_of
from btcli.market.series import Bars, Floats, Millis

LAST_COLUMNS = ("open", "high", "low", "close", "volume")
MARK_COLUMNS = LAST_COLUMNS[:4]


def last_prices(bars: Sequence[Bars], line: Timeline) -> list[Candles]:
    """By symbol open, high, low, close and volume of the steps; 0 where it has no bar."""
    return [_laid(each, LAST_COLUMNS, lane.row, lane.has_bar) for each, lane in zip(bars, line.lanes, strict=True)]


def mark_prices(
    marks: Sequence[Bars] | None, last: Sequence[Candles], line: Timeline
) -> tuple[list[Candles] | None, list[Booleans] | None]:
    """By symbol open, high, low and close of the mark at the steps, and bool[steps]: where the last price stands in.

    None for both without mark candles.
    """
    if marks is None:
        return None, None
    laid, replaced = [], []
    for beside, each, lane in zip(last, marks, line.lanes, strict=True):
        at, there = _found(each, line.ts_open)
        missing = ~there & lane.has_bar
        columns = _laid(each, MARK_COLUMNS, at, there & lane.has_bar)
        if missing.any():
            for column, stand_in in zip(columns, beside, strict=False):
                column[missing] = stand_in[missing]
        laid.append(columns)
        replaced.append(missing)
    return laid, replaced


def _found(bars: Bars, ts_open: Millis) -> tuple[Millis, Booleans]:
    """The row of the candle that opens with each step, and where there is one."""
    if not len(bars.ts_open):
        return np.zeros(len(ts_open), np.int64), np.zeros(len(ts_open), np.bool_)
    if (rows := stretch_of(ts_open, bars.ts_open)) is not None:
        return np.arange(rows.start, rows.stop), np.ones(len(ts_open), np.bool_)
    at = np.minimum(np.searchsorted(bars.ts_open, ts_open), len(bars.ts_open) - 1)
    return at, bars.ts_open[at] == ts_open


def _laid(bars: Bars, names: Sequence[str], row: Millis, there: Booleans) -> Candles:
    """Columns of the candles at the rows; 0 where there is none. Without a hole they are the candles' own."""
    columns: list[Floats] = [getattr(bars, name) for name in names]
    if there.all() and (len(row) == 0 or row[-1] - row[0] == len(row) - 1):
        rows = slice(int(row[0]), int(row[-1]) + 1) if len(row) else slice(0)
        return [column[rows] for column in columns]
    return [_spread(column, row, there) for column in columns]


def _spread(column: Floats, row: Millis, there: Booleans) -> Floats:
    laid = np.zeros(len(row))
    laid[there] = column[row[there]]
    return laid
