"""The prices of the steps: candles of each symbol laid along the timeline, copied once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from btcli.engine.timeline import Booleans, Timeline
from btcli.market.series import Bars, Floats, Millis

COLUMNS = ("open", "high", "low", "close", "volume")


def last_prices(bars: Sequence[Bars], line: Timeline) -> Floats:
    """Open, high, low, close and volume of the steps: float64[symbols, steps, 5]; 0 where a symbol has no bar."""
    laid = np.empty((len(bars), line.steps, len(COLUMNS)))
    for table, each, lane in zip(laid, bars, line.lanes, strict=True):
        _lay(table, each, lane.row, lane.has_bar)
    return laid


def mark_prices(
    marks: Sequence[Bars] | None, last: Floats, line: Timeline
) -> tuple[Floats | None, list[Booleans] | None]:
    """The mark candles of the steps as `last` has its own, and by symbol bool[steps]: where the last price stands in.

    None for both without mark candles.
    """
    if marks is None:
        return None, None
    laid, replaced = np.empty_like(last), []
    for table, beside, each, lane in zip(laid, last, marks, line.lanes, strict=True):
        at, there = _found(each, line.ts_open)
        _lay(table, each, at, there & lane.has_bar)
        missing = ~there & lane.has_bar
        table[missing] = beside[missing]
        replaced.append(missing)
    return laid, replaced


def _found(bars: Bars, ts_open: Millis) -> tuple[Millis, Booleans]:
    """The row of the candle that opens with each step, and where there is one."""
    if not len(bars.ts_open):
        return np.zeros(len(ts_open), np.int64), np.zeros(len(ts_open), np.bool_)
    at = np.minimum(np.searchsorted(bars.ts_open, ts_open), len(bars.ts_open) - 1)
    return at, bars.ts_open[at] == ts_open


def _lay(table: Floats, bars: Bars, row: Millis, there: Booleans) -> None:
    """Write the candles at the rows into table [steps, 5]; 0 where there is none."""
    if there.all() and (len(row) == 0 or row[-1] - row[0] == len(row) - 1):
        rows: slice | Millis = slice(int(row[0]), int(row[-1]) + 1) if len(row) else slice(0)
        for n, name in enumerate(COLUMNS):
            table[:, n] = getattr(bars, name)[rows]
        return
    table[:] = 0.0
    for n, name in enumerate(COLUMNS):
        table[there, n] = getattr(bars, name)[row[there]]
