"""A series as a picture of time: where it is whole, where it has holes, where the venue itself has nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from btcli.market.health.funding import LONGEST_INTERVAL_MS
from btcli.market.series import Millis, Series
from btcli.timeframe import UNIT_MS, Timeframe

Range = tuple[int, int]
CELLS = 32


class SeriesPicture(NamedTuple):
    """Equal spans of time from the first row to the end of the last: the share of each that is there, 0 to 1.

    `holes` are ranges without rows, apart from those in `absent`, which the exchange has confirmed.
    """

    cells: tuple[float, ...]
    holes: tuple[Range, ...]
    absent: tuple[Range, ...]


def picture(series: Series, times: Millis, absent: Sequence[Range], cells: int = CELLS) -> SeriesPicture:
    """The picture of a series with at least one row; `times` ascend."""
    if series.kind == "funding":
        return _of_funding(times, cells)
    timeframe = Timeframe.parse(series.timeframe)
    origin, step = int(times[0]), timeframe.ms
    there = np.zeros((int(times[-1]) - origin) // step + 1, dtype=np.bool_)
    there[(times - origin) // step] = True
    known = there.copy()
    for start, end in absent:
        first = max(0, -(-(start - origin) // step))
        known[first : max(first, (end - origin) // step)] = True
    holes = _runs(~known, origin, step)
    return SeriesPicture(_shares(there, cells), holes, _runs(known & ~there, origin, step))


def _of_funding(times: Millis, cells: int) -> SeriesPicture:
    """Settlements have no grid: a step of more than eight hours and a minute is a hole."""
    longest = LONGEST_INTERVAL_MS + UNIT_MS["m"]
    wide = np.flatnonzero(np.diff(times) > longest)
    holes = tuple(zip((times[wide] + 1).tolist(), times[wide + 1].tolist(), strict=True))
    hour = UNIT_MS["h"]
    there = np.ones((int(times[-1]) - int(times[0])) // hour + 1, dtype=np.bool_)
    for start, end in holes:
        there[(start - int(times[0])) // hour + 1 : (end - int(times[0])) // hour] = False
    return SeriesPicture(_shares(there, cells), holes, ())


def _runs(mask: np.ndarray[tuple[int], np.dtype[np.bool_]], origin: int, step: int) -> tuple[Range, ...]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return tuple(zip((origin + edges[::2] * step).tolist(), (origin + edges[1::2] * step).tolist(), strict=True))


def _shares(there: np.ndarray[tuple[int], np.dtype[np.bool_]], cells: int) -> tuple[float, ...]:
    count = min(cells, there.size)
    sums = np.concatenate([[0], np.cumsum(there)])
    edges = np.linspace(0, there.size, count + 1).astype(np.int64)
    return tuple(((sums[edges[1:]] - sums[edges[:-1]]) / (edges[1:] - edges[:-1])).tolist())
