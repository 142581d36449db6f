"""What rules read at the closes of ltf that is no bar: the clock, settlements of funding, the mark."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from btcli.market.series import Bars, Floats, FundingRates, Millis

MINUTE_MS = 60_000
TIMES: dict[str, Callable[[Millis], Millis]] = {  # of moments in milliseconds, UTC
    "hour": lambda ms: ms // (60 * MINUTE_MS) % 24,
    "minute": lambda ms: ms // MINUTE_MS % 60,
    "weekday": lambda ms: (ms // (1_440 * MINUTE_MS) + 3) % 7 + 1,  # the first day of all was a Thursday
    "day": lambda ms: (_days(ms) - _days(ms).astype("M8[M]").astype("M8[D]")).astype(np.int64) + 1,
    "month": lambda ms: _days(ms).astype("M8[M]").astype(np.int64) % 12 + 1,
}


def _days(ms: Millis) -> np.ndarray:
    return ms.astype("M8[ms]").astype("M8[D]")


def time_at(name: str, ts_close: Millis) -> Floats:
    """A part of the date and time of closes, UTC: float64[closes]. Weekdays are 1 (Monday) to 7.

    >>> time_at("weekday", np.array([1_709_164_800_000])), time_at("day", np.array([1_709_164_800_000]))
    (array([4.]), array([29.]))
    """
    return TIMES[name](ts_close).astype(np.float64)


def funding_at(funding: FundingRates, ts_close: Millis) -> Floats:
    """The rate that was settled last before each close: float64[closes]; one at the close itself is still to come."""
    last = np.searchsorted(funding.ts, ts_close, side="left") - 1
    return _taken(funding.rate, last)


def minutes_to_funding(funding: FundingRates, ts_close: Millis) -> Floats:
    """The minutes from each close to the next settlement, if it comes as long after the last as that after its own.

    float64[closes]; unknown before two have been, and where the next one is overdue.
    """
    last = np.searchsorted(funding.ts, ts_close, side="left") - 1
    settled = funding.ts.astype(np.float64)
    minutes = (2 * _taken(settled, last) - _taken(settled, last - 1) - ts_close) / MINUTE_MS
    return np.where(minutes >= 0, minutes, np.nan)


def minutes_since_funding(funding: FundingRates, ts_close: Millis) -> Floats:
    """The minutes from the last settlement before each close: float64[closes]; unknown before one has been."""
    last = np.searchsorted(funding.ts, ts_close, side="left") - 1
    return (ts_close - _taken(funding.ts.astype(np.float64), last)) / MINUTE_MS


def mark_at(mark: Bars, ts_close: Millis, start_ms: int) -> Floats:
    """The close of the mark candle that ends at each close inside the window: float64[closes]; else unknown."""
    row = np.searchsorted(mark.ts_close, ts_close)
    ends = np.append(mark.ts_close, -1)[row] == ts_close
    return _taken(mark.close, np.where(ends & (ts_close > start_ms), row, -1))


def _taken(values: Floats, rows: np.ndarray) -> Floats:
    """The values of rows, NaN for those below 0."""
    return np.append(values, np.nan)[np.where(rows < 0, len(values), rows)]
