"""The lowest and the highest of some prices in a column.

Numbers above zero have the order of their bits read as integers, and a processor compares several integers at once:
compiled, a bar costs a tenth of a nanosecond. Of numbers at or below zero this says nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from btcli.exchange.machine.views import floats_at, integers_at


def lowest_at(address: int, first: int, until: int) -> float:
    """The lowest of the positive numbers `first` to `until` - 1, of which there is at least one, of a column.

    >>> column = np.array([3.0, 1.5, 0.25, 7.0])
    >>> lowest_at(column.ctypes.data, 0, 2), highest_at(column.ctypes.data, 0, 2)
    (1.5, 3.0)
    """
    return float(floats_at(address, until)[first:].min())


def highest_at(address: int, first: int, until: int) -> float:
    """The highest of them."""
    return float(floats_at(address, until)[first:].max())


def teach_extremes() -> None:
    """Let the compiler know both."""
    from numba.extending import overload

    as_float: Any = _number_of_bits()

    @overload(lowest_at)
    def lowest_of(address: Any, first: Any, until: Any) -> Any:  # noqa: ARG001 (asked for the same names in both)
        def lowest(address: Any, first: Any, until: Any) -> Any:
            bits, base = integers_at(address, until), np.uint64(first)
            found = bits[base]
            for n in range(np.uint64(until - first)):
                found = min(found, bits[base + n])
            return as_float(found)

        return lowest

    @overload(highest_at)
    def highest_of(address: Any, first: Any, until: Any) -> Any:  # noqa: ARG001
        def highest(address: Any, first: Any, until: Any) -> Any:
            bits, base = integers_at(address, until), np.uint64(first)
            found = bits[base]
            for n in range(np.uint64(until - first)):
                found = max(found, bits[base + n])
            return as_float(found)

        return highest


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
