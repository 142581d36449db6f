"""Functions of the last rows of a column, each computed over all rows at once; unknown values are NaN.

Nothing is summed but whole numbers, and an extreme is one of the values, so that where a column begins changes no bit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from btcli.market.series import Floats


def rolled(values: Floats, function: str, bars: int, first: int) -> Floats:
    """A function of the last `bars` rows, this one included: float64[rows]; without a name the values themselves.

    `first` is the first row that counts for bars_since, which knows nothing of the rows before.
    """
    if not function:
        return values
    return bars_since(values, first) if function == "bars_since" else _FUNCTIONS[function](values, bars)


def highest(values: Floats, bars: int) -> Floats:
    """The greatest of the last rows; unknown where one of them is, or where there are fewer.

    >>> highest(np.array([1.0, 3.0, 2.0, 2.0, 0.0]), 3)
    array([nan, nan,  3.,  3.,  2.])
    """
    return _extreme(values, bars, np.maximum)


def lowest(values: Floats, bars: int) -> Floats:
    """The least of the last rows, else as `highest`."""
    return _extreme(values, bars, np.minimum)


def rising(values: Floats, bars: int) -> Floats:
    """Whether so many rows in a row are above the one before: false where one is not, else unknown where one is.

    >>> rising(np.array([1.0, 2.0, 3.0, 3.0]), 2)
    array([nan, nan,  1.,  0.])
    """
    return _all_above(values, bars, 1.0)


def falling(values: Floats, bars: int) -> Floats:
    """Whether so many rows in a row are below the one before, else as `rising`."""
    return _all_above(values, bars, -1.0)


def count(values: Floats, bars: int) -> Floats:
    """At how many of the last rows a condition is true; unknown where it is unknown at one, or where there are fewer.

    >>> count(np.array([1.0, 0.0, 1.0, np.nan]), 2)
    array([nan,  1.,  1., nan])
    """
    is_unknown = _of_last(np.isnan(values), bars) > 0
    return np.where(is_unknown | _lacks_rows(len(values), bars), np.nan, _of_last(values > 0, bars).astype(np.float64))


def bars_since(values: Floats, first: int) -> Floats:
    """How many rows ago a condition was true, 0 where it is; unknown before it was, and where it is unknown since.

    >>> bars_since(np.array([1.0, 0.0, 1.0, 0.0, np.nan]), 1)
    array([nan, nan,  0.,  1., nan])
    """
    rows = np.arange(len(values))
    counts = rows >= first
    last_true = np.maximum.accumulate(np.where(counts & (values > 0), rows, -1))
    last_unknown = np.maximum.accumulate(np.where(counts & np.isnan(values), rows, -1))
    return np.where((last_true < 0) | (last_unknown > last_true), np.nan, (rows - last_true).astype(np.float64))


def _extreme(values: Floats, bars: int, choose: Callable[[Floats, Floats], Floats]) -> Floats:
    """By doubling: the extreme of two stretches that meet or overlap is that of their union."""
    held, width = values + 0.0, 1  # zero without a sign: which of two equals is taken is the processor's choice
    while width < bars:
        step = min(width, bars - width)
        held[step:] = choose(held[step:], held[:-step])
        width += step
    held[: bars - 1] = np.nan
    return held


def _all_above(values: Floats, bars: int, sign: float) -> Floats:
    with np.errstate(invalid="ignore"):
        change = np.full(len(values), np.nan)
        change[1:] = np.where(values[1:] > values[:-1], 1.0, np.where(values[1:] < values[:-1], -1.0, 0.0))
        change[1:][np.isnan(values[1:]) | np.isnan(values[:-1])] = np.nan
    is_false = _of_last((change != sign) & ~np.isnan(change), bars) > 0
    is_unknown = (_of_last(np.isnan(change), bars) > 0) | _lacks_rows(len(values), bars)
    return np.where(is_false, 0.0, np.where(is_unknown, np.nan, 1.0))


def _of_last(flags: np.ndarray, bars: int) -> np.ndarray:
    """How many of the last rows are marked, of fewer at the beginning: int64[rows]."""
    total = np.cumsum(flags, dtype=np.int64)
    total[bars:] -= total[:-bars].copy()
    return total


def _lacks_rows(rows: int, bars: int) -> np.ndarray:
    return np.arange(rows) < bars - 1


_FUNCTIONS: dict[str, Callable[[Floats, int], Floats]] = {
    "highest": highest,
    "lowest": lowest,
    "rising": rising,
    "falling": falling,
    "count": count,
}
