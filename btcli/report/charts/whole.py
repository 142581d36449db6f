"""Prices and features as whole numbers in deltas, in the narrowest form that holds them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from btcli.market.series import Bars, Floats, Millis

MOST_DECIMALS = 12
LINE_DIGITS = 1e-5  # of its usual size a feature is drawn to
SPIKE = 1e-9
FIRST_EXACT = 2.0**53

Columns = dict[str, NDArray[Any]]


class Coded(NamedTuple):
    """Columns for the page, and the few numbers that tell how to read them."""

    columns: Columns
    facts: dict[str, float]


def decimals_of(*columns: Floats) -> int | None:
    """The decimals after which every value ends, so that `whole / 10**decimals` gives it back; None without such."""
    for decimals in range(MOST_DECIMALS + 1):
        scale = 10.0**decimals
        if all((np.rint(each * scale) / scale == each).all() for each in columns):
            biggest = max((float(np.abs(each).max(initial=0.0)) for each in columns), default=0.0)
            return decimals if biggest * scale < FIRST_EXACT else None
    return None


def narrow(whole: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers as int16 or int32 where they fit, as float64 otherwise: browsers know no int64 in arrays."""
    for kind in (np.int16, np.int32):
        limits = np.iinfo(kind)
        if whole.size == 0 or (whole.min() >= limits.min and whole.max() <= limits.max):
            return whole.astype(kind)
    return whole.astype(np.float64)


def coded_times(ts_ms: Millis | Floats, step_ms: int) -> Coded:
    """Moments on a grid with holes: the first, how many, and the place and length (ms) of each hole."""
    moments = ts_ms.astype(np.float64)
    beyond = np.diff(moments) - step_ms
    holes = np.flatnonzero(beyond)
    facts = {"first_ms": float(moments[0]) if moments.size else 0.0, "rows": float(moments.size), "step_ms": step_ms}
    return Coded({"hole_at": (holes + 1).astype(np.float64), "hole_ms": beyond[holes]}, facts)


def coded_candles(bars: Bars) -> Coded:
    """Candles as steps from close to open, bodies and wicks, each a whole number of the last decimal.

    `decimals` is -1 where prices have more decimals than that: then the columns are prices, in floats.
    """
    prices = (bars.open, bars.high, bars.low, bars.close)
    decimals = decimals_of(*prices)
    if decimals is None:
        return Coded(dict(zip(("open", "high", "low", "close"), prices, strict=True)), {"decimals": -1.0})
    opened, high, low, closed = (np.rint(each * 10.0**decimals) for each in prices)
    start = opened[0] if opened.size else 0.0
    columns = {
        "step": opened - np.concatenate(([start], closed[:-1])),
        "body": closed - opened,
        "above": high - np.maximum(opened, closed),
        "below": np.minimum(opened, closed) - low,
    }
    return Coded(
        {name: narrow(column) for name, column in columns.items()}, {"decimals": float(decimals), "start": float(start)}
    )


def coded_line(value: Floats) -> Coded:
    """A feature in steps of about a hundred thousandth of its usual size; `missing` are the places without a value.

    Where there is none, the value before stands in the steps.
    """
    there = np.isfinite(value)
    filled = _filled(value, there)
    usual = _usual_size(filled)
    step = usual * LINE_DIGITS
    decimals = int(np.clip(-np.floor(np.log10(step)), -300, 300)) if step > 0.0 else 300 if usual > 0.0 else 0
    whole = np.rint(filled / 10.0**-decimals)
    missing = np.flatnonzero(~there).astype(np.float64)
    return Coded({"step": narrow(np.diff(whole, prepend=0.0)), "missing": missing}, {"unit": 10.0**-decimals})


def _usual_size(value: Floats) -> float:
    """The middle one of all sizes but zero; of a feature with wild spikes what leaves these countable."""
    sizes = np.abs(value[value != 0.0])
    return max(float(np.median(sizes)), float(sizes.max()) * SPIKE) if sizes.size else 0.0


def _filled(value: Floats, there: NDArray[np.bool_]) -> Floats:
    if not there.any():
        return np.zeros(value.size)
    last = np.maximum.accumulate(np.where(there, np.arange(value.size), -1))
    first = int(np.argmax(there))
    return value[np.where(last < 0, first, last)]
