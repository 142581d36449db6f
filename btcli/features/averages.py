"""Averages of windows, each window by itself, and the divisions that go with them, as TA-Lib defines them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from btcli.features.memory import HULL, SIMPLE, TRIANGULAR, WEIGHTED
from btcli.features.windows import mean, weighted_mean
from btcli.market.series import Floats

ZERO = 1e-14  # below it TA-Lib takes a divisor for 0


def wma(values: Floats, period: int) -> Floats:
    """The mean by weights 1, 2, ... to the newest."""
    return weighted_mean(values, [float(i + 1) for i in range(period)])


def trima(values: Floats, period: int) -> Floats:
    """The mean by weights that rise to the middle and fall again."""
    return weighted_mean(values, [float(min(i + 1, period - i)) for i in range(period)])


def hma(values: Floats, period: int) -> Floats:
    """Hull's average: wma(2 * wma(period // 2) - wma(period)) over the root of the period."""
    return wma(2.0 * wma(values, period // 2) - wma(values, period), int(period**0.5))


def average(values: Floats, period: int, kind: int) -> Floats:
    """One of TA-Lib's averages by its number; of a period of 1 the values themselves."""
    if period == 1:
        return values
    return {SIMPLE: mean, WEIGHTED: wma, TRIANGULAR: trima, HULL: hma}[kind](values, period)


def divided(top: Floats, bottom: Floats, is_nothing: Any) -> Floats:
    """top / bottom, 0 where there is nothing to divide by."""
    with np.errstate(all="ignore"):
        return np.where(is_nothing, 0.0, top / np.where(is_nothing, 1.0, bottom))


def place_in_range(high: Floats, low: Floats, close: Floats, period: int) -> Floats:
    """TA-Lib's own: highest and lowest carry no sum."""
    k: Floats = import_module("talib").STOCHF(high, low, close, period, 1, 0)[0]
    return k
