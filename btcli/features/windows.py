"""Sums over sliding windows, each window by itself: what lies before a window changes no bit of its value.

A running sum carries the rounding of everything it has ever held. Here every window is summed from its oldest bar to
its newest, as distances from its newest bar: a flat window has sums of exactly 0.
Arrays are float64[bars]; the result stands at a window's newest bar and is NaN where no whole window ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from btcli.market.series import Floats

BLOCK_BARS = 16_384  # a block of each array stays in the processor's cache
PAIR_BLOCK_BARS = 8192  # of two series, whose sums are five
REACHES_A_BLOCK = 8  # the bars that lead into a block are a small part of it
Result = Floats | tuple[Floats, ...]
Term = Callable[[slice, slice], Floats]


def _summed(bars: int, period: int, term: Term) -> Floats:
    """The sum over a window's bars, oldest first, of `term(those bars, newest bars)`."""
    sums = np.full(bars, np.nan)
    newest = slice(period - 1, bars)
    if bars < period:
        return sums
    total = np.zeros(bars - period + 1)
    with np.errstate(all="ignore"):  # a price that is no number makes its windows none
        for back in range(period - 1, -1, -1):
            total += term(slice(newest.start - back, newest.stop - back), newest)
    sums[newest] = total
    return sums


def window_sum(values: Floats, period: int) -> Floats:
    """The plain sum of a window."""
    return _summed(len(values), period, lambda those, _: values[those])


def weighted_distances(values: Floats, weights: Sequence[float]) -> Floats:
    """The sum of weight * (value - newest value); `weights` are those of the oldest bar to the newest."""
    if all(weight == 1.0 for weight in weights):
        return _summed(len(values), len(weights), lambda those, newest: values[those] - values[newest])
    by_age = weights[::-1]
    return _summed(
        len(values),
        len(weights),
        lambda those, newest: by_age[newest.start - those.start] * (values[those] - values[newest]),
    )


def weighted_mean(values: Floats, weights: Sequence[float]) -> Floats:
    """The mean by weights: of a flat window its one value, to the last bit."""
    return values + weighted_distances(values, weights) / sum(weights)


def mean(values: Floats, period: int) -> Floats:
    """The mean of a window.

    >>> mean(np.array([1.0, 2.0, 6.0, 4.0]), 3).tolist()
    [nan, nan, 3.0, 4.0]
    """
    return weighted_mean(values, [1.0] * period)


def squares_about(values: Floats, centre: Floats, period: int) -> Floats:
    """The sum of (value - centre)^2 over a window; the centre stands at its newest bar."""
    return _summed(len(values), period, lambda those, newest: np.square(values[those] - centre[newest]))


def comoments(one: Floats, other: Floats, period: int) -> tuple[Floats, Floats, Floats]:
    """Of two series over a window: the sums of squares about their means, and of products about both.

    Summed as distances from the newest bar, and moved to the means then: a flat window still has exactly 0.
    """
    totals, squares, products = _distances_of_two(one, other, period, squares_of=2)
    ours, theirs = squares - totals * totals / period
    return ours, theirs, products - totals[0] * totals[1] / period


def squares_and_products(one: Floats, other: Floats, period: int) -> tuple[Floats, Floats]:
    """Of `comoments` the first and the last, for less work."""
    totals, squares, products = _distances_of_two(one, other, period, squares_of=1)
    return squares[0] - totals[0] * totals[0] / period, products - totals[0] * totals[1] / period


def _distances_of_two(one: Floats, other: Floats, period: int, squares_of: int) -> tuple[Floats, Floats, Floats]:
    """Sums of distances [2, bars], of the squares of the first so many [squares_of, bars], and of products [bars].

    The two series lie end to end, and so do the terms, a row of `bars` for each: one operation takes them all. What
    comes out between the windows of a row and the next row belongs to no window, and is left out at the end.
    """
    bars, rows = len(one), 3 + squares_of
    count = max(bars - period + 1, 0)
    ends, last = np.concatenate([one, other]), (rows - 1) * bars
    newest, width = ends[bars - count :], bars + count
    terms, sums = np.zeros((2, rows * bars))
    distances, ours, theirs = terms[:width], terms[:count], terms[bars:width]
    squared = distances if squares_of == 2 else ours
    squares, products = terms[2 * bars : 2 * bars + len(squared)], terms[last : last + count]
    with np.errstate(all="ignore"):
        for first in range(period - 1 if count else 0):
            np.subtract(ends[first : first + width], newest, distances)
            np.multiply(squared, squared, squares)
            np.multiply(ours, theirs, products)
            np.add(sums[: last + count], terms[: last + count], sums[: last + count])
    found = np.full((rows, bars), np.nan)
    found[:, bars - count :] = sums.reshape(rows, bars)[:, :count]
    return found[:2], found[2:-1], found[-1]


def distances_from(values: Floats, centre: Floats, period: int) -> Floats:
    """The sum of |value - centre| over a window; the centre stands at its newest bar."""
    return _summed(len(values), period, lambda those, newest: np.abs(values[those] - centre[newest]))


def by_blocks(function: Callable[..., Result], bars_a_block: int = BLOCK_BARS) -> Callable[..., Result]:
    """A function of prices, then numbers, evaluated for so many bars at a time: all it needs stays in the cache.

    No value may hang on bars further back than twice the sum of the whole numbers; that many lead into each block.
    """

    @wraps(function)
    def evaluated(*arguments: Any) -> Result:
        prices = [each for each in arguments if isinstance(each, np.ndarray)]
        numbers = arguments[len(prices) :]
        bars, reach = len(prices[0]), 2 * sum(each for each in numbers if isinstance(each, int))
        length = max(bars_a_block, REACHES_A_BLOCK * reach)
        if bars <= length:
            return function(*arguments)
        columns: list[Floats] = []
        for first in range(0, bars, length):
            lead = min(reach, first)
            found = function(*(each[first - lead : first + length] for each in prices), *numbers)
            block = found if isinstance(found, tuple) else (found,)
            columns = columns or [np.empty(bars) for _ in block]
            for column, values in zip(columns, block, strict=True):
                column[first : first + length] = values[lead:]
        return tuple(columns) if isinstance(found, tuple) else columns[0]

    return evaluated
