"""The outline of a long column in few numbers: no low and no high is lost, in whatever pieces it comes."""

from __future__ import annotations

import numpy as np

from btcli.market.series import Floats

ROOM = 512  # stretches; even, so that they can be joined by twos


class Outline:
    """Keeps the low and the high of each stretch of rows, in the order in which they came.

    A stretch is one row at first; whenever ROOM of them are full two become one. Memory does not grow with the rows.
    """

    def __init__(self) -> None:
        self._stretch_rows = 1
        self._full = np.empty((0, 2))
        self._rest = np.empty(0)

    def add(self, values: Floats) -> None:
        """The next rows, float64 [n]."""
        values = np.concatenate((self._rest, values))
        while True:
            fits = min(len(values) // self._stretch_rows, ROOM - len(self._full))
            taken = fits * self._stretch_rows
            self._full = np.concatenate((self._full, extremes(values[:taken].reshape(fits, self._stretch_rows))))
            values = values[taken:]
            if len(self._full) < ROOM:
                break
            self._full, self._stretch_rows = extremes(self._full.reshape(ROOM // 2, 4)), self._stretch_rows * 2
        self._rest = values

    def points(self) -> tuple[float, ...]:
        """The lows and highs so far, two a stretch: at most 2 * ROOM + 2 numbers, none where there were no rows."""
        last = extremes(self._rest.reshape(1, -1)) if len(self._rest) else np.empty((0, 2))
        return tuple(np.concatenate((self._full, last)).ravel().tolist())


def extremes(rows: Floats) -> Floats:
    """The low and the high of each row of float64 [n, m], m > 0, the earlier first: [n, 2]."""
    if not len(rows):
        return np.empty((0, 2))
    places = np.sort(np.column_stack((rows.argmin(axis=1), rows.argmax(axis=1))), axis=1)
    return np.take_along_axis(rows, places, axis=1)
