"""Fewer points of a long curve, and none of its extremes lost."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from btcli.market.series import Floats

Rows = NDArray[np.intp]


def kept_rows(columns: Sequence[Floats], most: int) -> Rows:
    """The rows, ascending, that draw all columns alike: of each stretch its ends and the extremes of each column.

    At most about `most` of them; all when there are no more. NaN is no extreme.
    """
    rows = columns[0].size if columns else 0
    if rows <= most:
        return np.arange(rows)
    stretches = max(1, most // (2 + 2 * len(columns)))
    length = -(-rows // stretches)
    firsts = np.arange(0, rows, length)
    lasts = np.minimum(firsts + length, rows) - 1
    extremes = [rows_of for column in columns for rows_of in _extremes(column, firsts, length)]
    return np.unique(np.concatenate([firsts, lasts, *extremes]))


def _extremes(column: Floats, firsts: Rows, length: int) -> tuple[Rows, Rows]:
    """The row of the least and of the greatest value of each stretch; one without any value gives its first row."""
    least, greatest = (np.full(firsts.size * length, beyond) for beyond in (np.inf, -np.inf))
    there = ~np.isnan(column)
    least[: column.size][there] = greatest[: column.size][there] = column[there]
    return (
        firsts + least.reshape(-1, length).argmin(axis=1),
        firsts + greatest.reshape(-1, length).argmax(axis=1),
    )
