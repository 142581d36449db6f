"""The only place that calls TA-Lib; importing it costs 0.2 s, so that happens at the first call."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib import import_module
from threading import Lock
from typing import Any

import numpy as np

from btcli.features.candle_settings import settle_candles
from btcli.features.catalog import PATTERN
from btcli.features.exact import EXACT
from btcli.features.expression import Call
from btcli.market.prices import price_of
from btcli.market.series import Bars, Floats

UNSTABLE = (
    "ADX", "ATR", "CMO", "DX", "EMA", "HA", "HT_DCPERIOD", "HT_DCPHASE", "HT_PHASOR", "HT_SINE", "HT_TRENDLINE",
    "HT_TRENDMODE", "KAMA", "MAMA", "MINUS_DI", "MINUS_DM", "NATR", "PLUS_DI", "PLUS_DM", "RMA", "RSI", "RVI", "T3",
)  # fmt: skip
FRAMES = ("polars", "pandas")  # TA-Lib loads both where it finds them, to take their columns too
_settling = Lock()


def load_for_arrays() -> None:
    """Load TA-Lib without the libraries of frames, for a process that runs no code of others: it takes arrays.

    A library that is loaded already stays known to it, and a TA-Lib that is loaded stays as it is.
    """
    hidden = [name for name in FRAMES if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: there is no such module
    try:
        import_module("talib.abstract")
    finally:
        for name in hidden:
            del sys.modules[name]


@lru_cache(4096)
def lookback(call: Call) -> int:
    """The bars before a bar that TA-Lib itself needs for its first value."""
    _settle(import_module("talib"), call)
    function: Any = import_module("talib.abstract").Function(call.function.name.upper())
    function.parameters = dict(zip(list(function.parameters), _numbers(call), strict=True))
    return int(function.lookback)


def evaluate(call: Call, bars: Bars, start: int = 0) -> Floats:
    """One call over the bars from index `start` on, as TA-Lib returns it: float64[n - start].

    What TA-Lib computes with a running sum is computed window by window; an index is bars ago, and what comes as
    whole numbers has no value before its first.
    """
    talib: Any = import_module("talib")
    _settle(talib, call)
    inputs = [np.ascontiguousarray(price_of(bars, price)[start:], dtype=np.float64) for price in call.prices]
    exact = None if call.function.memory(call.numbers) else EXACT.get(call.function.name)
    result = (exact or getattr(talib, call.function.name.upper()))(*inputs, *_numbers(call))
    values = np.asarray(result[call.output] if call.function.outputs else result)
    return values if values.dtype == np.float64 else _after_the_first(values, inputs, lookback(call))


def _after_the_first(whole_numbers: Any, inputs: list[Floats], least: int) -> Floats:
    """TA-Lib fills with 0 what comes before the first value of a function of whole numbers."""
    values = np.asarray(whole_numbers, dtype=np.float64)
    whole_rows = np.flatnonzero(~np.isnan(inputs).any(axis=0))
    values[: least + whole_rows[0] if len(whole_rows) else None] = np.nan
    return values


def _settle(talib: Any, call: Call) -> None:
    """Put back what is set for the whole process, where a strategy has changed it.

    TA-Lib 0.8 raises RuntimeError for whoever sets something, were it the same, while another thread computes or a
    stream is open.
    """
    with _settling:
        if any(talib.get_unstable_period(name) for name in UNSTABLE):
            talib.set_unstable_period("ALL", 0)
        if talib.get_compatibility():
            talib.set_compatibility(0)
        if call.function.name.startswith(PATTERN):
            settle_candles()


def _numbers(call: Call) -> list[int | float]:
    """TA-Lib takes whole numbers as int only, and all others as float only."""
    parameters = call.function.parameters
    return [int(number) if p.whole else float(number) for number, p in zip(call.numbers, parameters, strict=True)]
