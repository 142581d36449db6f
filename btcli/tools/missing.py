"""Which parts of a range the store does not have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from btcli.market.series import Series
from btcli.market.store.reading import StoreReader
from btcli.timeframe import Timeframe

Range = tuple[int, int]
BRIDGED_BARS = 200


def missing_ranges(reader: StoreReader, series: Series, start_ms: int, end_ms: int) -> list[Range]:
    """Maximal ranges of the candle grid in [start_ms, end_ms) without a row that nobody has confirmed to be absent."""
    timeframe = Timeframe.parse(series.timeframe)
    start, end = timeframe.floor(start_ms), timeframe.ceil(end_ms)
    if start >= end:
        return []
    there = np.zeros((end - start) // timeframe.ms, dtype=np.bool_)
    opens = reader.candles(series, start, end)["ts_open"].to_numpy()
    there[(opens[(opens - start) % timeframe.ms == 0] - start) // timeframe.ms] = True
    for absent_start, absent_end in reader.absent(series):
        first = max(0, -(-(absent_start - start) // timeframe.ms))
        there[first : max(first, (absent_end - start) // timeframe.ms)] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[True], there, [True]]))).tolist()
    return [
        (start + first * timeframe.ms, start + last * timeframe.ms)
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    ]


def bridged(ranges: Sequence[Range], timeframe: Timeframe) -> list[Range]:
    """Ranges joined where so few bars lie between them that one request brings both."""
    joined: list[Range] = []
    for start, end in ranges:
        if joined and start - joined[-1][1] <= BRIDGED_BARS * timeframe.ms:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def clipped(ranges: Iterable[Range], start_ms: int, end_ms: int) -> list[Range]:
    """What of the ranges lies in [start_ms, end_ms), ascending."""
    cut = ((max(start, start_ms), min(end, end_ms)) for start, end in sorted(ranges))
    return [(start, end) for start, end in cut if start < end]


def begun(ranges: Iterable[Range], absent: Sequence[Range]) -> list[Range]:
    """The ranges without what each of them begins with that is known to be absent."""
    starts = [(start, [later for earlier, later in absent if earlier <= start < later], end) for start, end in ranges]
    return [(max([start, *later]), end) for start, later, end in starts if max([start, *later]) < end]
