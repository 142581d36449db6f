"""The only place that calls TA-Lib; importing it costs 0.2 s, so that happens at the first call."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from threading import Lock
from typing import Any

import numpy as np

from btcli.expressions.tree import Indicator
from btcli.features.candle_settings import PATIENCE_S, settle_candles
from btcli.features.catalog import PATTERN
from btcli.features.exact import EXACT
from btcli.market.series import Floats

UNSTABLE = (
    "ADX", "ATR", "CMO", "DX", "EMA", "HA", "HT_DCPERIOD", "HT_DCPHASE", "HT_PHASOR", "HT_SINE", "HT_TRENDLINE",
    "HT_TRENDMODE", "KAMA", "MAMA", "MINUS_DI", "MINUS_DM", "NATR", "PLUS_DI", "PLUS_DM", "RMA", "RSI", "RVI", "T3",
)  # fmt: skip
FRAMES = ("polars", "pandas")  # TA-Lib loads both where it finds them, to take their columns too
_settling = Lock()
_asking = Lock()


def load_for_arrays() -> None:
    """Load TA-Lib without the libraries of frames, for a process that runs no code of others: it takes arrays.

    A library that is loaded already stays known to it, and a TA-Lib that is loaded stays as it is.
    """
    hidden = [name for name in FRAMES if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: there is no such module
    try:
        import_module("talib")
    finally:
        for name in hidden:
            del sys.modules[name]


def lookback(indicator: Indicator) -> int:
    """The bars before a bar that TA-Lib itself needs for its first value."""
    return _lookback(indicator.function.name, tuple(_numbers(indicator)))


@lru_cache(4096)
def _lookback(name: str, numbers: tuple[int | float, ...]) -> int:
    _settle(import_module("talib"), name)
    with _asking:
        function, parameters = _asked(name)
        function.parameters = dict(zip(parameters, numbers, strict=True))
        return int(function.lookback)


@lru_cache(256)
def _asked(name: str) -> tuple[Any, tuple[str, ...]]:
    """What knows the lookback of a function once its parameters, by these names, are set; making it takes longer."""
    talib: Any = import_module("talib")
    called = name.upper()  # talib.abstract would make such a one for each of 200 functions
    function: Any = talib._ta_lib.Function(called, getattr(talib._ta_lib, called))
    return function, tuple(function.parameters)


def function_of(indicator: Indicator) -> Callable[[list[Floats]], Floats]:
    """What takes series without a hole, float64[n] each, and gives what TA-Lib returns of them: float64[n].

    What TA-Lib computes with a running sum is computed window by window; an index is bars ago, and what comes as
    whole numbers has no value before its first.
    """
    talib: Any = import_module("talib")
    function, numbers, least = indicator.function, _numbers(indicator), lookback(indicator)
    _settle(talib, function.name)
    exact = None if function.memory(indicator.numbers) else EXACT.get(function.name)
    called = exact or getattr(talib, function.name.upper())

    def values_of(inputs: list[Floats]) -> Floats:
        result = _patiently(called, inputs, numbers)
        values = np.asarray(result[indicator.output] if function.outputs else result)
        return values if values.dtype == np.float64 else _after_the_first(values, least)

    return values_of


def _patiently(called: Callable[..., Any], inputs: list[Floats], numbers: list[int | float]) -> Any:
    """What a function gives; TA-Lib 0.8 refuses to compute, too, for as long as another thread sets something."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return called(*inputs, *numbers)
        except RuntimeError:
            if time.monotonic() > end:
                raise
            time.sleep(0.0005)


def _after_the_first(whole_numbers: Any, least: int) -> Floats:
    """TA-Lib fills with 0 what comes before the first value of a function of whole numbers."""
    values = np.asarray(whole_numbers, dtype=np.float64)
    values[:least] = np.nan
    return values


def _settle(talib: Any, name: str) -> None:
    """Put back what is set for the whole process, where a strategy has changed it.

    TA-Lib 0.8 raises RuntimeError for whoever sets something, were it the same, while another thread computes or a
    stream is open.
    """
    with _settling:
        if any(map(talib.get_unstable_period, UNSTABLE)):
            talib.set_unstable_period("ALL", 0)
        if talib.get_compatibility():
            talib.set_compatibility(0)
        if name.startswith(PATTERN):
            settle_candles()


def _numbers(indicator: Indicator) -> list[int | float]:
    """TA-Lib takes whole numbers as int only, and all others as float only."""
    pairs = zip(indicator.numbers, indicator.function.parameters, strict=True)
    return [int(number) if parameter.whole else float(number) for number, parameter in pairs]
