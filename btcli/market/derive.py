"""Coarser bars out of finer ones: a bucket becomes a bar only when every one of its bars is there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from btcli.market.series import Bars, Floats, Millis
from btcli.timeframe import Timeframe


def divides(base: Timeframe, target: Timeframe) -> bool:
    """Whether every bar of `target` is a whole number of bars of `base`."""
    return target.ms % base.ms == 0 and (target.origin_ms - base.origin_ms) % base.ms == 0


def derive_bars(bars: Bars, base: Timeframe, target: Timeframe) -> Bars:
    """Bars of `target` from ascending bars of `base`: first open, max high, min low, last close, summed volume.

    Volumes are added from the first bar to the last, so the sum is the same everywhere. Incomplete buckets at the
    edges or around a hole give no bar. Raises ValueError when `target` is not a multiple of `base`.
    """
    if not divides(base, target):
        raise ValueError(f"{target} is not a whole number of {base} bars")
    parts = target.ms // base.ms
    firsts = _complete_buckets(bars.ts_open, base, target)
    rows = firsts[:, None] + np.arange(parts, dtype=np.int64)
    ts_open = bars.ts_open[firsts]
    return Bars(
        ts_open=ts_open,
        ts_close=ts_open + target.ms,
        open=bars.open[firsts],
        high=bars.high[rows].max(axis=1),
        low=bars.low[rows].min(axis=1),
        close=bars.close[firsts + parts - 1],
        volume=_sum_left_to_right(bars.volume, firsts, parts),
    )


def _complete_buckets(ts_open: Millis, base: Timeframe, target: Timeframe) -> NDArray[np.int64]:
    """Positions of the first bar of each complete bucket.

    A bucket is complete when its bars follow each other in steps of exactly `base`: comparing first and last alone
    would take a doubled bar for a missing one.
    """
    parts = target.ms // base.ms
    firsts = np.flatnonzero((ts_open - target.origin_ms) % target.ms == 0)
    firsts = firsts[firsts + parts <= ts_open.size]
    breaks = np.concatenate([[0], np.cumsum(np.diff(ts_open) != base.ms)])
    whole: NDArray[np.int64] = firsts[breaks[firsts] == breaks[firsts + parts - 1]]
    return whole


def _sum_left_to_right(volume: Floats, firsts: NDArray[np.int64], parts: int) -> Floats:
    total = volume[firsts]
    for part in range(1, parts):
        total += volume[firsts + part]
    return total
