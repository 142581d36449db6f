"""The functions whose sums slide in TA-Lib, written with sums of each window alone.

Formulas and edge cases are TA-Lib's (its C sources, by the function's name), digits apart: TA-Lib 0.8 keeps one
running sum through the whole series. Each takes float64 arrays of the same bars and whole numbers of bars.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np

from btcli.features import oscillators
from btcli.features.averages import ZERO, average, divided, hma, place_in_range, trima, wma
from btcli.features.memory import SIMPLE
from btcli.features.windows import (
    PAIR_BLOCK_BARS,
    Result,
    by_blocks,
    comoments,
    distances_from,
    mean,
    squares_about,
    squares_and_products,
    weighted_distances,
    window_sum,
)
from btcli.market.series import Floats

ROUNDING = 2.0**-50  # relative: a window that moves no more does not move


def _line(values: Floats, period: int) -> tuple[Floats, Floats]:
    """Least squares over a window: its mean, and the slope per bar."""
    middle = (period - 1) / 2
    spread = period * (period * period - 1) / 12
    return mean(values, period), weighted_distances(values, [i - middle for i in range(period)]) / spread


def _on_line(bars_from_middle: Callable[[int], float]) -> Callable[[Floats, int], Floats]:
    def value(values: Floats, period: int) -> Floats:
        centre, slope = _line(values, period)
        return centre + slope * bars_from_middle(period)

    return value


def linearreg_slope(values: Floats, period: int) -> Floats:
    """The slope of the line through a window, per bar."""
    return _line(values, period)[1]


def linearreg_angle(values: Floats, period: int) -> Floats:
    """The slope as degrees; the arc tangent is TA-Lib's, the same on every processor."""
    degrees: Floats = import_module("talib").ATAN(linearreg_slope(values, period)) * (180.0 / np.pi)
    return degrees


def var(values: Floats, period: int, _: float) -> Floats:
    """The variance of a window (divided by n)."""
    return squares_about(values, mean(values, period), period) / period


def stddev(values: Floats, period: int, deviations: float) -> Floats:
    """So many standard deviations (divided by n)."""
    return np.sqrt(var(values, period, 1.0)) * deviations


def avgdev(values: Floats, period: int) -> Floats:
    """The mean distance from the mean."""
    return distances_from(values, mean(values, period), period) / period


def correl(one: Floats, other: Floats, period: int) -> Floats:
    """Pearson's correlation; 0 where one of them does not move."""
    ours, theirs, together = comoments(one, other, period)
    spread = np.maximum(ours, 0.0) * np.maximum(theirs, 0.0)
    return divided(together, np.sqrt(spread), spread < ZERO)


def beta(one: Floats, other: Floats, period: int) -> Floats:
    """The slope of the second one's returns over the first one's; 0 where the first does not move."""
    ours, together = squares_and_products(_returns(one), _returns(other), period)
    return divided(together, ours, np.abs(ours * period) < ZERO)


def _returns(values: Floats) -> Floats:
    """Change from bar to bar as a fraction, NaN at the first; 0 after a value of 0."""
    before = np.concatenate([[np.nan], values[:-1]]) if len(values) else values
    return divided(values - before, before, np.abs(before) < ZERO)


def bbands(values: Floats, period: int, up: float, down: float, kind: int) -> Result:
    """Bollinger's bands: an average and so many standard deviations above and below."""
    centre = mean(values, period)
    deviation = np.sqrt(squares_about(values, centre, period) / period)
    middle = centre if kind == SIMPLE else average(values, period, kind)
    return middle + up * deviation, middle, middle - down * deviation


def accbands(high: Floats, low: Floats, close: Floats, period: int) -> Result:
    """Headley's acceleration bands."""
    around = high + low
    share = divided(4.0 * (high - low), around, np.abs(around) < ZERO)
    return mean(high * (1.0 + share), period), mean(close, period), mean(low * (1.0 - share), period)


def stoch(
    high: Floats, low: Floats, close: Floats, period: int, smooth_k: int, kind_k: int, smooth_d: int, kind_d: int
) -> Result:
    """The slow stochastic: place in the window's range, smoothed once (k) and twice (d)."""
    k = average(place_in_range(high, low, close, period), smooth_k, kind_k)
    d = average(k, smooth_d, kind_d)
    return np.where(np.isnan(d), np.nan, k), d


def stochf(high: Floats, low: Floats, close: Floats, period: int, smooth: int, kind: int) -> Result:
    """The fast stochastic: place in the window's range (k), and smoothed (d)."""
    k = place_in_range(high, low, close, period)
    d = average(k, smooth, kind)
    return np.where(np.isnan(d), np.nan, k), d


def cci(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """Lambert's commodity channel index; 0 where the window does not move."""
    typical = (high + low + close) / 3.0
    centre = mean(typical, period)
    spread = distances_from(typical, centre, period) / period
    is_flat = spread <= np.abs(centre) * ROUNDING
    return divided(typical - centre, 0.015 * spread, is_flat)


def mfi(high: Floats, low: Floats, close: Floats, volume: Floats, period: int) -> Floats:
    """The money flow index; 0 where less than one unit of money flowed."""
    typical = (high + low + close) / 3.0
    before = np.concatenate([[np.nan], typical[:-1]]) if len(typical) else typical
    flow = np.where(np.isnan(before), np.nan, typical * volume)
    step, least = typical - before, np.abs(before) * ROUNDING  # a third of a sum is rounded: no move is no flow
    up, down = (window_sum(np.where(moved, flow, flow * 0.0), period) for moved in (step > least, step < -least))
    return divided(100.0 * up, up + down, up + down < 1.0)


def ultosc(high: Floats, low: Floats, close: Floats, *periods: int) -> Floats:
    """Williams' ultimate oscillator: buying pressure over true range in three windows, weighed 4, 2 and 1."""
    before = np.concatenate([[np.nan], close[:-1]]) if len(close) else close
    true_low = np.minimum(low, before)
    pressure = close - true_low
    true_range = np.maximum(high, before) - true_low
    longest = max(periods)
    total = np.full(len(close), 0.0)
    total[:longest] = np.nan
    for weight, period in zip((4.0, 2.0, 1.0), sorted(periods), strict=True):
        whole = window_sum(true_range, period)
        total += weight * divided(window_sum(pressure, period), whole, np.abs(whole) < ZERO)
    return 100.0 * (total / 7.0)


_FORMULAS: dict[str, Callable[..., Result]] = {
    "sma": mean,
    "sum": window_sum,
    "wma": wma,
    "trima": trima,
    "hma": hma,
    "tsf": _on_line(lambda period: (period + 1) / 2),
    "linearreg": _on_line(lambda period: (period - 1) / 2),
    "linearreg_intercept": _on_line(lambda period: -(period - 1) / 2),
    "linearreg_slope": linearreg_slope,
    "linearreg_angle": linearreg_angle,
    "stddev": stddev,
    "var": var,
    "avgdev": avgdev,
    "correl": correl,
    "beta": beta,
    "bbands": bbands,
    "accbands": accbands,
    "stoch": stoch,
    "stochf": stochf,
    "cci": cci,
    "mfi": mfi,
    "ultosc": ultosc,
    **oscillators.FORMULAS,
}
_OF_PAIRS = {name: by_blocks(_FORMULAS[name], PAIR_BLOCK_BARS) for name in ("correl", "beta")}
EXACT = {name: by_blocks(formula) for name, formula in _FORMULAS.items()} | _OF_PAIRS
