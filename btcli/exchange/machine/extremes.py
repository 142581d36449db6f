"""The lowest and the highest prices of some bars in their columns.

Numbers above zero have the order of their bits read as integers, and a processor compares several integers at once:
compiled, a bar costs a tenth of a nanosecond. Of numbers at or below zero this says nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from btcli.exchange.machine.views import floats_at, integers_at


def extremes_at(opens: int, highs: int, lows: int, first: int, until: int) -> tuple[float, float]:
    """The lowest of opens and lows and the highest of opens and highs of bars `first` to `until` - 1, at least one.

    >>> opens, highs, lows = (np.array(column) for column in ([3.0, 1.5, 9.0], [3.5, 2.0, 9.0], [2.5, 1.25, 9.0]))
    >>> extremes_at(opens.ctypes.data, highs.ctypes.data, lows.ctypes.data, 0, 2)
    (1.25, 3.5)
    """
    opened, highest, lowest = (floats_at(address, until)[first:] for address in (opens, highs, lows))
    return float(min(opened.min(), lowest.min())), float(max(opened.max(), highest.max()))


def teach_extremes() -> None:
    """Let the compiler know them."""
    from numba.extending import overload

    as_float: Any = _number_of_bits()

    @overload(extremes_at)
    def extremes_of(opens: Any, highs: Any, lows: Any, first: Any, until: Any) -> Any:  # noqa: ARG001 (as it is called)
        def extremes(opens: Any, highs: Any, lows: Any, first: Any, until: Any) -> Any:
            opened, above, below = integers_at(opens, until), integers_at(highs, until), integers_at(lows, until)
            base = np.uint64(first)
            lowest = highest = opened[base]
            for n in range(np.uint64(until - first)):
                at = opened[base + n]
                lowest = min(lowest, at, below[base + n])
                highest = max(highest, at, above[base + n])
            return as_float(lowest), as_float(highest)

        return extremes


def _number_of_bits() -> Any:
    """Machine code for the number that an integer's bits are."""
    from llvmlite.ir import DoubleType
    from numba.core import types
    from numba.extending import intrinsic

    @intrinsic
    def number(_: Any, bits: Any) -> Any:  # noqa: ARG001
        def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:  # noqa: ARG001
            return builder.bitcast(values[0], DoubleType())

        return types.float64(types.int64), generate

    return number
