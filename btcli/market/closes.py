"""When a timeframe closes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from btcli.market.series import Millis, Role

REFRESH_ORDER: tuple[Role, ...] = ("htf", "mtf", "ltf")
NO_CLOSE_YET = -1


def joined(moments: Sequence[Millis]) -> Millis:
    """All moments of several columns, each ascending, once and ascending."""
    first = moments[0]
    if all(np.array_equal(each, first) for each in moments[1:]):
        return first
    merged = np.sort(np.concatenate(moments), kind="stable")  # finds what is in order already
    return merged[np.diff(merged, prepend=merged[0] - 1) > 0]


def stretch_of(some: Millis, of: Millis) -> slice | None:
    """The rows at which some moments stand in others, one right after the other; None where they do not. Ascending."""
    first = int(of.searchsorted(some[0])) if some.size else 0
    rows = slice(first, first + some.size)
    return rows if np.array_equal(of[rows], some) else None


def close_index(step_ts_close: Millis, tf_ts_close: Millis) -> NDArray[np.int64]:
    """For each step, the last bar whose close is not later than the step's; -1 before the first. Both ascending.

    Where the steps are a stretch of the bars nothing is looked up, else the fewer in the more.
    """
    steps, bars = len(step_ts_close), len(tf_ts_close)
    if (rows := stretch_of(step_ts_close, tf_ts_close)) is not None:
        return np.arange(rows.start, rows.stop, dtype=np.int64)
    if bars < steps:
        seen_at = step_ts_close.searchsorted(tf_ts_close)
        closed: NDArray[np.int64] = np.cumsum(np.bincount(seen_at, minlength=steps)[:steps], dtype=np.int64)
        return closed - 1
    found: NDArray[np.int64] = tf_ts_close.searchsorted(step_ts_close, side="right").astype(np.int64) - 1
    return found
