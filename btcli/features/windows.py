"""Sums over sliding windows, each window by itself: what lies before a window changes no bit of its value.

A running sum carries the rounding of everything it has ever held. Here every window is summed from its oldest bar to
its newest, block by block, as distances from its newest bar: a flat window has sums of exactly 0.
Arrays are float64[bars]; the result stands at a window's newest bar and is NaN where no whole window ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from btcli.market.series import Floats

BLOCK_BARS = 16_384  # a block of each array stays in the processor's cache
PAIR_BLOCK_BARS = 8192  # of two series, whose sums are five
Term = Callable[[slice, slice], Floats]


def _summed(bars: int, period: int, term: Term) -> Floats:
    """The sum over a window's bars, oldest first, of `term(those bars, newest bars)`."""
    sums = np.full(bars, np.nan)
    with np.errstate(all="ignore"):  # a price that is no number makes its windows none
        for first in range(period - 1, bars, BLOCK_BARS):
            newest = slice(first, min(first + BLOCK_BARS, bars))
            total = np.zeros(newest.stop - newest.start)
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
    both = np.stack([one, other])
    sums = np.full((3, len(one)), np.nan)
    with np.errstate(all="ignore"):
        for first in range(period - 1, len(one), PAIR_BLOCK_BARS):
            newest = slice(first, min(first + PAIR_BLOCK_BARS, len(one)))
            sums[:, newest] = _block_comoments(both, newest, period)
    return sums[0], sums[1], sums[2]


def _block_comoments(both: Floats, newest: slice, period: int) -> Floats:
    """float64[3, bars of the block]: the work arrays hold both series, or their product, side by side."""
    bars = newest.stop - newest.start
    totals, squares, distances, work = np.zeros((4, 2, bars))
    products, product = np.zeros(bars), np.empty(bars)
    at_newest = both[:, newest]
    for back in range(period - 1, 0, -1):
        np.subtract(both[:, newest.start - back : newest.stop - back], at_newest, out=distances)
        totals += distances
        squares += np.multiply(distances, distances, out=work)
        products += np.multiply(distances[0], distances[1], out=product)
    about_means = squares - totals * totals / period
    return np.vstack([about_means, products - totals[0] * totals[1] / period])


def distances_from(values: Floats, centre: Floats, period: int) -> Floats:
    """The sum of |value - centre| over a window; the centre stands at its newest bar."""
    return _summed(len(values), period, lambda those, newest: np.abs(values[those] - centre[newest]))
