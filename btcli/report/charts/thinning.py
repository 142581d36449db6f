"""Fewer points of a long curve, and none of its extremes lost."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from btcli.market.series import Floats


def kept_rows(columns: Sequence[Floats], most: int) -> NDArray[np.intp]:
    """The rows, ascending, that draw all columns alike: of each stretch its ends and the extremes of each column.

    At most about `most` of them; all when there are no more. NaN is no extreme.
    """
    rows = columns[0].size if columns else 0
    if rows <= most:
        return np.arange(rows)
    stretches = max(1, most // (2 + 2 * len(columns)))
    edges = np.linspace(0, rows, stretches + 1).astype(np.intp)
    kept = {0, rows - 1}
    for first, end in pairwise(edges):
        kept |= {int(first), int(end) - 1}
        for column in columns:
            kept |= _extremes(column[first:end], int(first))
    return np.array(sorted(kept), np.intp)


def _extremes(part: Floats, offset: int) -> set[int]:
    if np.isnan(part).all():
        return set()
    return {offset + int(np.nanargmin(part)), offset + int(np.nanargmax(part))}
