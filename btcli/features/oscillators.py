"""Further functions whose sums slide in TA-Lib, written with sums of each window alone, see `exact`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from btcli.features.averages import ZERO, average, divided, place_in_range, wma
from btcli.features.windows import Result, mean, weighted_distances, window_sum
from btcli.market.series import Floats


def before(values: Floats, bars: int = 1) -> Floats:
    """The values so many bars ago, NaN where there are none."""
    return np.concatenate([np.full(min(bars, len(values)), np.nan), values[:-bars]])


def ma(values: Floats, period: int, kind: int) -> Floats:
    """An average by its number."""
    return average(values, period, kind)


def apo(values: Floats, fast: int, slow: int, kind: int) -> Floats:
    """The faster average less the slower one."""
    return average(values, min(fast, slow), kind) - average(values, max(fast, slow), kind)


def ppo(values: Floats, fast: int, slow: int, kind: int) -> Floats:
    """The faster average over the slower one, in percent of it."""
    slower = average(values, max(fast, slow), kind)
    return divided(100.0 * apo(values, fast, slow, kind), slower, np.abs(slower) < ZERO)


def macdext(
    values: Floats, fast: int, kind_fast: int, slow: int, kind_slow: int, signal: int, kind_signal: int
) -> Result:
    """Appel's convergence of two averages, its average, and their distance."""
    pairs = sorted(((fast, kind_fast), (slow, kind_slow)), key=lambda pair: pair[0])
    line = average(values, *pairs[0]) - average(values, *pairs[1])
    smoothed = average(line, signal, kind_signal)
    return np.where(np.isnan(smoothed), np.nan, line), smoothed, line - smoothed


def kdj(
    high: Floats, low: Floats, close: Floats, period: int, smooth_k: int, kind_k: int, smooth_d: int, kind_d: int
) -> Result:
    """The slow stochastic and its lead: three times k less twice d."""
    k = average(place_in_range(high, low, close, period), smooth_k, kind_k)
    d = average(k, smooth_d, kind_d)
    return np.where(np.isnan(d), np.nan, k), d, 3.0 * k - 2.0 * d


def ao(high: Floats, low: Floats, fast: int, slow: int) -> Floats:
    """Williams' awesome oscillator: two averages of the middle of each bar."""
    middle = (high + low) / 2.0
    return mean(middle, fast) - mean(middle, slow)


def ac(high: Floats, low: Floats, fast: int, slow: int, signal: int) -> Floats:
    """Williams' accelerator: the awesome oscillator less its average."""
    line = ao(high, low, fast, slow)
    return line - mean(line, signal)


def adr(high: Floats, low: Floats, period: int) -> Floats:
    """The average range of a bar."""
    return mean(high - low, period)


def cmf(high: Floats, low: Floats, close: Floats, volume: Floats, period: int) -> Floats:
    """Chaikin's money flow: volume by the place of the close in its bar, over all volume; 0 without volume."""
    spread = high - low
    flow = divided((close - low) - (high - close), spread, spread <= 0.0) * volume
    whole = window_sum(volume, period)
    return divided(window_sum(flow, period), whole, np.abs(whole) < ZERO)


def cmou(values: Floats, period: int) -> Floats:
    """Chande's momentum without smoothing: rises less falls over both, in percent; 0 where nothing moves."""
    step = values - before(values)
    up, down = (window_sum(np.where(np.isnan(step), step, np.maximum(s, 0.0)), period) for s in (step, -step))
    return divided(100.0 * (up - down), up + down, np.abs(up + down) < ZERO)


def coppock(values: Floats, period: int, first: int, second: int) -> Floats:
    """Coppock's curve: the weighted average of two rates of change."""
    return wma(_change_pct(values, first) + _change_pct(values, second), period)


def _change_pct(values: Floats, bars: int) -> Floats:
    past = before(values, bars)
    return divided(values - past, past, past == 0.0) * 100.0


def dpo(values: Floats, period: int) -> Floats:
    """The price of half a period ago less the average of today."""
    return before(values, period // 2 + 1) - mean(values, period)


def er(values: Floats, period: int) -> Floats:
    """Kaufman's efficiency: the way made over the way gone; 0 where nothing moves."""
    way = window_sum(np.abs(values - before(values)), period)
    return divided(np.abs(values - before(values, period)), way, way < ZERO)


def fosc(values: Floats, period: int) -> Floats:
    """The distance from what the line through the bars before foretold, in percent."""
    slope = weighted_distances(values, [i - (period - 1) / 2 for i in range(period)])
    slope /= period * (period * period - 1) / 12
    foretold = before(mean(values, period) + slope * (period + 1) / 2)
    return divided(100.0 * (values - foretold), values, np.abs(values) < ZERO)


def qstick(open_: Floats, close: Floats, period: int) -> Floats:
    """The average body of a candle."""
    return mean(close - open_, period)


def rvol(volume: Floats, period: int) -> Floats:
    """Volume over the average of the bars before; none where these had none."""
    usual = before(mean(volume, period))
    with np.errstate(all="ignore"):
        return volume / usual


def vwma(values: Floats, volume: Floats, period: int) -> Floats:
    """The average weighed by volume; none where there is none."""
    with np.errstate(all="ignore"):
        return window_sum(values * volume, period) / window_sum(volume, period)


def vortex(high: Floats, low: Floats, close: Floats, period: int) -> Result:
    """Botes' and Siepman's vortex: ways up and down from the bar before over the true range."""
    last = before(close)
    spread = window_sum(np.maximum(high, last) - np.minimum(low, last), period)
    ways = (np.abs(high - before(low)), np.abs(low - before(high)))
    plus, minus = (divided(window_sum(way, period), spread, np.abs(spread) < ZERO) for way in ways)
    return plus, minus


def _bars_ago(values: Floats, period: int, place: Callable[..., Floats]) -> Floats:
    """How many bars ago a window had its extreme; of equal ones the newest."""
    ago = np.full(len(values), np.nan)
    if len(values) >= period:
        found = place(sliding_window_view(values, period)[:, ::-1], axis=1)
        ago[period - 1 :] = np.where(np.isnan(window_sum(values, period)[period - 1 :]), np.nan, found)
    return ago


def maxindex(values: Floats, period: int) -> Floats:
    """How many bars ago the highest value was."""
    return _bars_ago(values, period, np.argmax)


def minindex(values: Floats, period: int) -> Floats:
    """How many bars ago the lowest value was."""
    return _bars_ago(values, period, np.argmin)


def minmaxindex(values: Floats, period: int) -> Result:
    """How many bars ago the lowest and the highest value were."""
    return minindex(values, period), maxindex(values, period)


FORMULAS: dict[str, Callable[..., Result]] = {
    "ma": ma,
    "apo": apo,
    "ppo": ppo,
    "pvo": ppo,
    "macdext": macdext,
    "kdj": kdj,
    "ao": ao,
    "ac": ac,
    "adr": adr,
    "cmf": cmf,
    "cmou": cmou,
    "coppock": coppock,
    "dpo": dpo,
    "er": er,
    "fosc": fosc,
    "qstick": qstick,
    "rvol": rvol,
    "vwma": vwma,
    "vortex": vortex,
    "maxindex": maxindex,
    "minindex": minindex,
    "minmaxindex": minmaxindex,
}
