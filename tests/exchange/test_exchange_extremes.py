"""The lowest and highest price of a stretch: the same number compiled and interpreted, whatever its length."""

from __future__ import annotations

import numpy as np
import pytest

from btcli.exchange.machine.compiled import entry
from btcli.exchange.machine.extremes import extremes_at
from btcli.exchange.machine.views import floats_at, integers_at


@entry
def write_extremes(columns_at: int, first: int, until: int, out_at: int) -> int:
    """Write both extremes of a part of three columns, whose addresses lie at one."""
    columns, out = integers_at(columns_at, 3), floats_at(out_at, 2)
    out[0], out[1] = extremes_at(columns[0], columns[1], columns[2], first, until)
    return 0


@pytest.mark.parametrize("scale", [5e-324, 1e-8, 1.0, 64_999.5, 1e300])
def test_extremes_of_parts_of_any_length(scale: float) -> None:
    """Parts of 1 to 70 bars from any place, with ties, the least number above zero and the greatest there are.

    Opens count on both sides, highs above and lows below alone, whatever else they would say.
    """
    random = np.random.Generator(np.random.PCG64(11))
    columns = np.maximum(np.round(random.uniform(1.0, 9.0, (3, 200)), 1) * scale, 5e-324)
    addresses, out = columns.ctypes.data + columns.strides[0] * np.arange(3), np.zeros(2)
    for length in range(1, 71):
        first = int(random.integers(0, 200 - length))
        write_extremes(addresses.ctypes.data, first, first + length, out.ctypes.data)
        opens, highs, lows = columns[:, first : first + length].tolist()
        assert out.tolist() == [min(opens + lows), max(opens + highs)]
