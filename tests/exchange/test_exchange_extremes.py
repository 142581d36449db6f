"""The lowest and highest price of a stretch: the same number compiled and interpreted, whatever its length."""

from __future__ import annotations

import numpy as np
import pytest

from btcli.exchange.machine.compiled import entry
from btcli.exchange.machine.extremes import highest_at, lowest_at
from btcli.exchange.machine.views import floats_at


@entry
def write_extremes(column_at: int, first: int, until: int, out_at: int) -> int:
    """Write both extremes of a part of a column."""
    out = floats_at(out_at, 2)
    out[0] = lowest_at(column_at, first, until)
    out[1] = highest_at(column_at, first, until)
    return 0


@pytest.mark.parametrize("scale", [5e-324, 1e-8, 1.0, 64_999.5, 1e300])
def test_extremes_of_parts_of_any_length(scale: float) -> None:
    """Parts of 1 to 70 prices from any place, with ties, the least number above zero and the greatest there are."""
    random = np.random.Generator(np.random.PCG64(11))
    column = np.maximum(np.round(random.uniform(1.0, 9.0, 200), 1) * scale, 5e-324)
    out = np.zeros(2)
    for length in range(1, 71):
        first = int(random.integers(0, 200 - length))
        write_extremes(column.ctypes.data, first, first + length, out.ctypes.data)
        part = sorted(column[first : first + length].tolist())
        assert out.tolist() == [part[0], part[-1]]
